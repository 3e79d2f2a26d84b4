/* SPDX-License-Identifier: MIT */
/*
 * A search of a room (GET /api/v1/rooms/{room}/search), checked for its outline, and the part of a
 * long message that is shown of it. Pure but for `fetchFound`.
 */
import type { Span } from '../sdk/index';

export type Mode = 'words' | 'meaning';

export interface Hit {
  seq: number;
  ts: number;
  user: string;
  text: string;
  edited: boolean;
  spans: Span[];
}

export interface Found {
  hits: Hit[];
  /** Older messages were not looked at; `before` goes on with them. */
  more: boolean;
  before: number;
}

type Raw = Record<string, unknown>;
const isObject = (v: unknown): v is Raw =>
  typeof v === 'object' && v !== null && !Array.isArray(v);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const number = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0);
const isSpan = (v: unknown): v is Span =>
  Array.isArray(v) && Number.isInteger(v[0]) && Number.isInteger(v[1]);

function toHit(v: unknown): Hit | undefined {
  if (!isObject(v) || !Number.isInteger(v.seq)) return undefined;
  const places = v.spans ?? v.words;
  return {
    seq: v.seq as number,
    ts: number(v.ts),
    user: isObject(v.user) ? text(v.user.name) : '',
    text: text(v.text),
    edited: v.edited === true,
    spans: Array.isArray(places) ? places.filter(isSpan) : [],
  };
}

export function toFound(v: unknown): Found | undefined {
  if (!isObject(v) || !Array.isArray(v.hits)) return undefined;
  return {
    hits: v.hits.map(toHit).filter((h): h is Hit => h !== undefined),
    more: v.more === true,
    before: number(v.from),
  };
}

const BEFORE = 40;
const AROUND = 240;

/** About the first match, where a message is long; in code points, as spans are. */
export function excerpt(hit: Hit): { text: string; spans: Span[] } {
  const points = Array.from(hit.text);
  if (points.length <= AROUND) return { text: hit.text, spans: hit.spans };
  const first = hit.spans.length > 0 ? Math.min(...hit.spans.map(([start]) => start)) : 0;
  const from = Math.max(0, Math.min(first - BEFORE, points.length - AROUND));
  const to = Math.min(points.length, from + AROUND);
  const lead = from > 0 ? '…' : '';
  const shift = lead.length - from;
  const spans = hit.spans
    .filter(([start, end]) => end > from && start < to)
    .map(([start, end]): Span => [Math.max(start, from) + shift, Math.min(end, to) + shift]);
  const tail = to < points.length ? '…' : '';
  return { text: lead + points.slice(from, to).join('') + tail, spans };
}

const PATIENCE_MS = 12_000;

/** One page, below `before` where that is given. Rejects with an Error whose message is for people. */
export async function fetchFound(
  room: string,
  question: string,
  mode: Mode,
  before: number | undefined,
  token: string,
): Promise<Found> {
  const query = new URLSearchParams({ q: question });
  if (mode === 'meaning') query.set('mode', 'semantic');
  if (before !== undefined) query.set('before', String(before));
  const response = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/search?${query}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => {
    throw new Error('the server did not answer');
  });
  /* A room in which nothing was ever said. */
  if (response.status === 404) return { hits: [], more: false, before: 0 };
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const error = isObject(body) && isObject(body.error) ? text(body.error.message) : '';
    throw new Error(error || `the server answered ${response.status}`);
  }
  const found = toFound(body);
  if (!found) throw new Error('the server answered with something else');
  return found;
}
