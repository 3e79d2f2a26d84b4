/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, toEvents } from '../protocol';

test('frames that are no frames are dropped, not thrown', () => {
  for (const bad of [
    '',
    '[]',
    'null',
    '7',
    '{',
    '{"type":"event"}',
    '{"type":"ok"}',
    '{"type":1}',
  ]) {
    assert.equal(decodeFrame(bad), undefined, bad);
  }
});

test('an unknown kind of event still takes its place in the numbering', () => {
  const [event] = toEvents([
    { type: 'event', room: 'lobby', seq: 4, ts: 1, kind: 'poll', x: 1 },
  ]);
  assert.equal(event?.kind, 'unknown');
  assert.equal(event?.seq, 4);
});

test('a verdict keeps only what has the shape of a label', () => {
  const frame = decodeFrame(
    '{"type":"event","room":"r","seq":9,"ts":1,"kind":"verdict","items":[{"on":8,"action":"flag",' +
      '"labels":[{"analyzer":"toxicity","version":"1","label":"toxic","score":0.9,' +
      '"spans":[[0,4],["x",2],7]},null,{"score":1}]},{"action":"none"}]}',
  );
  assert.ok(frame?.type === 'event' && frame.kind === 'verdict');
  assert.equal(frame.items.length, 1);
  assert.deepEqual(
    frame.items[0]?.labels.map((l) => [l.label, l.spans]),
    [['toxic', [[0, 4]]]],
  );
});

test('presence comes with a person or with a number', () => {
  const person = decodeFrame(
    '{"type":"presence","room":"r","user":{"id":"u","name":"n"},"online":true}',
  );
  assert.ok(person?.type === 'presence' && person.user?.name === 'n' && person.online);
  const number = decodeFrame('{"type":"presence","room":"r","members":1234}');
  assert.ok(number?.type === 'presence' && number.members === 1234 && !number.user);
});
