/* SPDX-License-Identifier: MIT */
/*
 * What the server's room analyzers know of a room (GET /api/v1/rooms/{room}/insights), checked for
 * its outline. Pure.
 */

export interface Mood {
  span: string;
  /** From -1 to 1; undefined: too little was said. */
  mood: number | undefined;
}

export interface Insights {
  topics: string[];
  moods: Mood[];
  /** A raid goes on, noticed by these measures. */
  raid: string[] | undefined;
}

type Raw = Record<string, unknown>;
const object = (v: unknown): Raw =>
  typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Raw) : {};
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const texts = (v: unknown[]): string[] =>
  v.filter((t): t is string => typeof t === 'string' && t !== '');

const TOPICS = 6;
const SPANS: readonly [key: string, says: string][] = [
  ['1m', '1 min'],
  ['15m', '15 min'],
  ['24h', '24 h'],
];

/** What stands out now comes first, then what is spoken of anyway. */
function topicsOf(trending: Raw): string[] {
  const terms = [...list(trending.trending), ...list(trending.keywords)];
  return [...new Set(texts(terms.map((t) => object(t).term)))].slice(0, TOPICS);
}

function moodsOf(health: Raw): Mood[] {
  return SPANS.map(([key, span]) => {
    const { mood } = object(health[key]);
    return { span, mood: typeof mood === 'number' ? Math.max(-1, Math.min(1, mood)) : undefined };
  });
}

export function toInsights(v: unknown): Insights {
  const { trending, health, raid } = object(object(v).analyzers);
  const alarm = object(raid);
  return {
    topics: topicsOf(object(trending)),
    moods: moodsOf(object(health)),
    raid: alarm.raid === true ? texts(list(alarm.why)) : undefined,
  };
}

const MEASURES: Record<string, string> = {
  joins: 'many come in',
  messages: 'much is said',
  newcomers: 'many are new',
  duplicates: 'the same is said again and again',
};

export const raidWords = (why: string[]): string =>
  why.map((measure) => MEASURES[measure] ?? measure).join(', ');
