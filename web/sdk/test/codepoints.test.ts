/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markSpans, utf8Length } from '../codepoints';

const marked = (text: string, spans: [number, number][]): string[] =>
  markSpans(text, spans)
    .filter((p) => p.marked)
    .map((p) => p.text);

test('spans count code points, not UTF-16 units', () => {
  assert.deepEqual(marked('🤖🤖 you idiot', [[7, 12]]), ['idiot']);
  assert.deepEqual(marked('𝒽𝑒𝓁𝓁𝑜', [[1, 3]]), ['𝑒𝓁']);
});

test('the pieces are the text again, whatever the spans', () => {
  const text = 'a 🤖 b é c';
  for (const spans of [
    [],
    [[0, 99]],
    [[3, 1]],
    [
      [5, 7],
      [0, 6],
    ],
    [[-4, 2]],
  ] as [number, number][][]) {
    const pieces = markSpans(text, spans);
    assert.equal(pieces.map((p) => p.text).join(''), text);
  }
});

test('overlapping spans are one mark', () => {
  assert.deepEqual(
    marked('abcdef', [
      [1, 3],
      [2, 5],
    ]),
    ['bcde'],
  );
});

test('lengths are bytes of UTF-8', () => {
  for (const text of ['', 'abc', 'é', '日本', '🤖', 'a🤖é日']) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
  }
});
