/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BACKOFF_MAX_MS, BACKOFF_MIN_MS, backoffCeiling, backoffDelay } from '../backoff';

const always = (value: number) => () => value;

test('the ceiling doubles from half a second to thirty', () => {
  assert.deepEqual([0, 1, 2, 3].map(backoffCeiling), [500, 1000, 2000, 4000]);
  assert.equal(backoffCeiling(6), BACKOFF_MAX_MS);
  assert.equal(backoffCeiling(10_000), BACKOFF_MAX_MS);
});

test('the jitter is full: from nearly nothing up to the ceiling', () => {
  assert.equal(backoffDelay(3, always(0)), BACKOFF_MIN_MS);
  assert.equal(backoffDelay(3, always(0.5)), 2000);
  assert.ok(backoffDelay(3, always(0.999)) > 3900);
});

test('a thousand clients cut off together come back spread out', () => {
  const delays = Array.from({ length: 1000 }, () =>
    backoffDelay(0, Math.random, { spreadMs: 4000 }),
  );
  const perSecond = [0, 1000, 2000, 3000].map(
    (from) => delays.filter((d) => d >= from && d < from + 1000).length,
  );
  assert.ok(Math.max(...perSecond) < 400, `most in one second: ${Math.max(...perSecond)}`);
  assert.ok(Math.max(...delays) <= 4500);
});

test('what the server asks for is never undercut', () => {
  assert.ok(backoffDelay(0, always(0), { retryAfterMs: 7000 }) >= 7000);
  assert.equal(backoffDelay(0, always(0.5), { spreadMs: 4000 }), 2000 + 250);
});
