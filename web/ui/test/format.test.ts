/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, short, span } from '../format';

test('numbers keep three figures', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [7, '7'],
    [0.25, '0.3'],
    [950, '950'],
    [12_345, '12.3k'],
    [123_456, '123k'],
    [4_100_000, '4.1M'],
  ];
  for (const [n, says] of cases) assert.equal(short(n), says);
});

test('lengths of time read as people say them', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [0.24, '0.24 ms'],
    [0.004, '0 ms'],
    [3.1, '3.1 ms'],
    [812, '812 ms'],
    [3_400, '3.4 s'],
    [59_900, '60 s'],
    [300_000, '5 min'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ];
  for (const [ms, says] of cases) assert.equal(span(ms), says);
});

test('memory', () => {
  assert.equal(bytes(0), '0 B');
  assert.equal(bytes(61_000_000), '61 MB');
  assert.equal(bytes(1_500_000_000), '1.5 GB');
});
