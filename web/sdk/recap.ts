/* SPDX-License-Identifier: MIT */
/* What the server answers to `recap`: what was said since somebody last looked, in quotes. */
import type { OkReply } from './protocol';

export interface Quote {
  seq: number;
  user: string;
  text: string;
}

export interface RecapThread {
  title: string;
  messages: number;
  people: string[];
  highlights: Quote[];
}

export interface Recap {
  /** The seq up to which everything was known. */
  since: number;
  /** Older messages were left out. */
  more: boolean;
  messages: number;
  people: { name: string; messages: number }[];
  threads: RecapThread[];
  questions: (Quote & { answer: Quote | undefined })[];
  decisions: Quote[];
}

type Raw = Record<string, unknown>;
const isObject = (v: unknown): v is Raw =>
  typeof v === 'object' && v !== null && !Array.isArray(v);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const count = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0);

/** The items of a list that have the outline asked for. */
function each<T>(v: unknown, to: (item: Raw) => T | undefined): T[] {
  const list = Array.isArray(v) ? v.filter(isObject).map(to) : [];
  return list.filter((item): item is Exclude<typeof item, undefined> => item !== undefined);
}

function toQuote(v: unknown): Quote | undefined {
  if (!isObject(v) || !Number.isInteger(v.seq)) return undefined;
  return { seq: v.seq as number, user: text(v.user), text: text(v.text) };
}

const toThread = (v: Raw): RecapThread => ({
  title: text(v.title),
  messages: count(v.messages),
  people: Array.isArray(v.people) ? v.people.map(text) : [],
  highlights: each(v.highlights, toQuote),
});

export function toRecap(reply: OkReply): Recap | undefined {
  const v = reply.recap;
  if (!isObject(v)) return undefined;
  return {
    since: count(v.since),
    more: v.more === true,
    messages: count(v.messages),
    people: each(v.people, (p) => ({ name: text(p.name), messages: count(p.messages) })),
    threads: each(v.threads, toThread),
    questions: each(v.questions, (q) => {
      const quote = toQuote(q);
      return quote && { ...quote, answer: toQuote(q.answer) };
    }),
    decisions: each(v.decisions, toQuote),
  };
}
