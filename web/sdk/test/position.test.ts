/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELD_MAX, Position } from '../position';
import { message, seqs } from './help';

test('events in order pass through', () => {
  const position = new Position();
  position.reset('e', 10);
  assert.deepEqual(seqs(position.take([message(11), message(12)])), [11, 12]);
  assert.equal(position.seq, 12);
  assert.equal(position.hasGap, false);
});

test('what comes twice is shown once', () => {
  const position = new Position();
  position.reset('e', 0);
  position.take([message(1), message(2)]);
  assert.deepEqual(seqs(position.take([message(2), message(1)])), []);
  assert.equal(position.seq, 2);
});

test('what comes too early waits for what is missing', () => {
  const position = new Position();
  position.reset('e', 5);
  assert.deepEqual(seqs(position.take([message(8)])), []);
  assert.equal(position.hasGap, true);
  assert.deepEqual(seqs(position.take([message(6), message(7)])), [6, 7, 8]);
  assert.equal(position.hasGap, false);
});

test('any order of arrival leaves in order, each once', () => {
  for (let round = 0; round < 200; round++) {
    const position = new Position();
    position.reset('e', 0);
    const arrivals = [1, 2, 3, 4, 5, 6, 7, 8, 3, 5]
      .map((seq) => ({ seq, key: Math.random() }))
      .sort((a, b) => a.key - b.key);
    const shown = arrivals.flatMap(({ seq }) => seqs(position.take([message(seq)])));
    assert.deepEqual(shown, [1, 2, 3, 4, 5, 6, 7, 8]);
  }
});

test('a new epoch forgets what was held of the old one', () => {
  const position = new Position();
  position.reset('old', 5);
  position.hold(message(7));
  position.reset('new', 6);
  assert.equal(position.hasGap, false);
  assert.deepEqual(seqs(position.take([])), []);
});

test('the same epoch at a later place keeps what is beyond it', () => {
  const position = new Position();
  position.reset('e', 1);
  position.hold(message(3));
  position.hold(message(9));
  position.reset('e', 8);
  assert.deepEqual(seqs(position.take([])), [9]);
});

test('a flood behind a gap does not grow without end', () => {
  const position = new Position();
  position.reset('e', 0);
  for (let seq = 2; seq < HELD_MAX * 2; seq++) position.hold(message(seq));
  const shown = position.take([message(1)]);
  assert.ok(shown.length <= HELD_MAX + 1);
  assert.equal(shown.at(-1)?.seq, shown.length);
});
