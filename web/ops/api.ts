/* SPDX-License-Identifier: MIT */
/*
 * The operator's HTTP calls. A `#ticket=` in the address (from `parleyctl ops-link`) is traded
 * once for a session token, which lives in sessionStorage: it ends with the tab and is never
 * in an address.
 */
import type { Stats, WorkersReport } from './types';

const KEY = 'parley/ops-token';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export function hasToken(): boolean {
  return sessionStorage.getItem(KEY) !== null;
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** Takes the ticket out of the address, so that a bookmark or a screenshot does not carry it. */
export function takeTicket(): string | undefined {
  const ticket = /^#ticket=(.+)$/.exec(location.hash)?.[1];
  if (ticket !== undefined) history.replaceState(null, '', location.pathname);
  return ticket;
}

export async function tradeTicket(ticket: string): Promise<void> {
  const response = await fetch('/api/v1/ops/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  });
  const { token } = (await read(response)) as { token: string };
  sessionStorage.setItem(KEY, token);
}

export async function fetchAll(): Promise<[Stats, WorkersReport]> {
  const [stats, workers] = await Promise.all([get('/api/v1/stats'), get('/api/v1/workers')]);
  return [stats as Stats, workers as WorkersReport];
}

const PATIENCE_MS = 5_000;

const get = (path: string): Promise<unknown> => call('GET', path);

/** An API call of the operator's; rejects with an ApiError that is for people. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return (await read(response)) as T;
}

async function read(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  const body = (await response.json().catch(() => undefined)) as
    { error?: { message?: string } } | undefined;
  throw new ApiError(response.status, body?.error?.message ?? `HTTP ${response.status}`);
}
