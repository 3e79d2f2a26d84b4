/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLine } from '../commands';
import { excerpt, toFound, type Hit } from '../found';

const hit = (text: string, ...spans: [number, number][]): Hit => ({
  seq: 1,
  ts: 2,
  user: 'ada',
  text,
  edited: false,
  spans,
});
const marked = (h: Hit): string[] => {
  const { text, spans } = excerpt(h);
  return spans.map(([start, end]) => Array.from(text).slice(start, end).join(''));
};

test('/find opens a search, with words or without', () => {
  assert.deepEqual(readLine('/find red  boat'), { is: 'find', words: 'red boat' });
  assert.deepEqual(readLine('/find'), { is: 'find', words: '' });
  assert.deepEqual(readLine('//find x'), { is: 'text', text: '/find x' });
  const unknown = readLine('/finds x');
  assert.ok(unknown.is === 'unknown' && unknown.problem.includes('only /find and /recap'));
});

test('answers of both modes have one outline; what is none is dropped', () => {
  const words = toFound({
    from: 7,
    more: true,
    hits: [
      { seq: 9, ts: 1, user: { id: 'u', name: 'ada' }, text: 'x', edited: true, spans: [[0, 1]] },
      { seq: 'no' },
      null,
    ],
  });
  assert.deepEqual(words, {
    hits: [{ seq: 9, ts: 1, user: 'ada', text: 'x', edited: true, spans: [[0, 1]] }],
    more: true,
    before: 7,
  });
  const meaning = toFound({ from: 1, hits: [{ seq: 2, text: 'y', words: [[0, 1], ['a', 2]] }] });
  assert.deepEqual(meaning?.hits[0]?.spans, [[0, 1]]);
  assert.equal(meaning?.more, false);
  for (const v of [null, [], 'x', {}, { hits: {} }]) assert.equal(toFound(v), undefined);
});

test('of a long message the part with the match is shown, and its marks fit', () => {
  assert.deepEqual(excerpt(hit('short', [0, 5])), { text: 'short', spans: [[0, 5]] });
  const long = hit(`${'😀 '.repeat(300)}needle ${'hay '.repeat(300)}needle`, [600, 606], [1807, 1813]);
  const part = excerpt(long);
  assert.ok(part.text.startsWith('…') && part.text.endsWith('…'));
  assert.ok(Array.from(part.text).length <= 242);
  assert.deepEqual(marked(long), ['needle']);
  const end = hit(`${'hay '.repeat(300)}needle`, [1200, 1206]);
  assert.ok(excerpt(end).text.endsWith('needle'));
  assert.deepEqual(marked(end), ['needle']);
  assert.ok(excerpt(hit('x'.repeat(500))).text.endsWith('…'));
});
