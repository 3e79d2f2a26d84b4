/* SPDX-License-Identifier: MIT */
/*
 * The review queue as this moderator sees it: the open items, the one looked at with what was said
 * around it, and the acts. Owner of its signals; asks the server while the tab is open.
 */
import { batch, signal } from '@preact/signals';
import { toEvents, type RoomEvent, type Span } from '../sdk/index';
import { call } from './api';

export interface ItemLabel {
  analyzer: string;
  label: string;
  score: number;
  flagged?: boolean;
  spans?: Span[];
}

export interface Item {
  id: number;
  kind: 'held' | 'flagged';
  state: string;
  room: string;
  seq: number | null;
  user: { id: string; name: string };
  text: string;
  /** What others see instead of the text; null: they see the text, or nothing. */
  shown: string | null;
  ts: number;
  labels: ItemLabel[] | null;
  rule: { label: string; at: number; action: string } | null;
  action: string;
  claimed_by: string | null;
}

export interface Opened extends Item {
  context: RoomEvent[];
}

export interface Precision {
  rule: { label: string; at: number; action: string } | null;
  approved: number;
  rejected: number;
  masked: number;
  open: number;
  precision: number | null;
}

export type Act = 'claim' | 'release' | 'approve' | 'reject' | 'mask' | 'undo';

export const items = signal<Item[]>([]);
export const total = signal(0);
export const opened = signal<Opened | undefined>(undefined);
export const precision = signal<Precision[]>([]);
/** What happened last, for people. */
export const said = signal('');
export const problem = signal('');

const EVERY_MS = 3_000;
const PAGE = 50;
const done: number[] = []; /* decided here, the newest last: what u takes back */
let timer = 0;
/** What was asked for last; until it is shown nothing is decided, lest it hit the one before. */
let wanted: number | undefined;

export async function refresh(): Promise<void> {
  try {
    const [list, rules] = await Promise.all([
      call<{ total: number; items: Item[] }>('GET', `/api/v1/review?state=open&limit=${PAGE}`),
      call<{ rules: Precision[] }>('GET', '/api/v1/review/precision'),
    ]);
    batch(() => {
      items.value = list.items;
      total.value = list.total;
      precision.value = rules.rules;
      problem.value = '';
    });
    const at = opened.value?.id;
    const stillThere = list.items.some((i) => i.id === at);
    if (!stillThere) await open(list.items[0]?.id);
  } catch (error) {
    problem.value = `The queue could not be read: ${(error as Error).message}`;
  }
}

/** Begins asking again and again; returns how to stop. */
export function watchQueue(): () => void {
  void refresh();
  timer = window.setInterval(() => {
    if (!document.hidden) void refresh();
  }, EVERY_MS);
  return () => window.clearInterval(timer);
}

export async function open(id: number | undefined): Promise<void> {
  wanted = id;
  if (id === undefined) {
    opened.value = undefined;
    return;
  }
  try {
    const item = await call<Item & { context: unknown }>('GET', `/api/v1/review/${id}`);
    if (wanted === id) opened.value = { ...item, context: toEvents(item.context) };
  } catch (error) {
    problem.value = (error as Error).message;
  }
}

/** The next or the one before in the queue. */
export function step(by: 1 | -1): void {
  const at = items.value.findIndex((i) => i.id === wanted);
  const next = items.value[Math.min(Math.max(at + by, 0), items.value.length - 1)];
  if (next && next.id !== wanted) void open(next.id);
}

const DONE: Record<Act, string> = {
  claim: 'is yours for ten minutes',
  release: 'is anybody’s again',
  approve: 'approved',
  reject: 'rejected',
  mask: 'masked',
  undo: 'taken back: it is open again',
};

/** Acts on the item that is shown. */
export async function act(name: Act): Promise<void> {
  const id = opened.value?.id;
  if (id !== undefined && id === wanted) await decide(name, id);
}

async function decide(name: Act, id: number): Promise<void> {
  const rest = items.value.filter((i) => i.id !== id);
  const at = items.value.findIndex((i) => i.id === id);
  let answer: { restored?: boolean };
  try {
    answer = await call('POST', `/api/v1/review/${id}`, { act: name });
  } catch (error) {
    problem.value = `${name}: ${(error as Error).message}`;
    return;
  }
  const seen = answer.restored === false ? ' What was seen stays seen.' : '';
  said.value = `No. ${id} ${DONE[name]}.${seen}`;
  if (name === 'claim' || name === 'release') {
    await open(id);
  } else if (name !== 'undo') {
    done.push(id);
    items.value = rest;
    await open(rest[Math.min(at, rest.length - 1)]?.id);
  }
  await refresh();
}

/** Takes the last decision made here back. */
export async function undo(): Promise<void> {
  const id = done.pop();
  if (id === undefined) {
    said.value = 'Nothing was decided here that could be taken back.';
    return;
  }
  await decide('undo', id);
  await open(id);
}
