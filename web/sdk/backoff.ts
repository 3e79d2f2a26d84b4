/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before the next attempt: full jitter (anything between 0 and a doubling
 * ceiling), so that thousands of clients cut off together do not come back together. What the
 * server asks for (`spread_ms` of a bye, `retry_after_ms` of an error) comes on top and is
 * never undercut.
 */

export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
/** Even a lucky draw waits this long: a server that refuses at once must not be hammered. */
export const BACKOFF_MIN_MS = 50;

/** Highest wait before attempt `attempt` (0 is the first retry). */
export function backoffCeiling(attempt: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 16));
}

export interface Asked {
  spreadMs?: number | undefined;
  retryAfterMs?: number | undefined;
}

export function backoffDelay(attempt: number, random: () => number, asked: Asked = {}): number {
  const drawn = Math.max(BACKOFF_MIN_MS, random() * backoffCeiling(attempt));
  const spread = random() * Math.max(0, asked.spreadMs ?? 0);
  return Math.round(Math.max(0, asked.retryAfterMs ?? 0) + spread + drawn);
}
