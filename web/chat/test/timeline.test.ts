/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoomEvent } from '../../sdk/index';
import { Timeline } from '../timeline';

const ada = { id: 'u1', name: 'ada' };
const base = (seq: number) => ({ type: 'event' as const, room: 'r', seq, ts: seq });
const said = (seq: number, text = `m${seq}`): RoomEvent => ({
  ...base(seq),
  kind: 'message',
  user: ada,
  text,
});
const edit = (seq: number, on: number, text: string): RoomEvent => ({
  ...base(seq),
  kind: 'edit',
  on,
  text,
});
const verdict = (seq: number, on: number, edit?: number): RoomEvent => ({
  ...base(seq),
  kind: 'verdict',
  items: [{ on, ...(edit ? { edit } : {}), action: 'flag', labels: [] }],
});
const react = (seq: number, on: number, add: boolean): RoomEvent => ({
  ...base(seq),
  kind: 'reaction',
  user: ada,
  on,
  emoji: '👍',
  add,
});

test('a page read backwards shows the same as one read forwards', () => {
  const events = [
    said(1),
    said(2),
    edit(3, 1, 'one'),
    verdict(4, 1),
    react(5, 2, true),
    said(6),
    react(7, 2, false),
    { ...base(8), kind: 'delete', on: 6 } satisfies RoomEvent,
  ];
  const forwards = new Timeline();
  forwards.reset(events);
  const backwards = new Timeline();
  backwards.reset(events.slice(5));
  backwards.add(events.slice(2, 5));
  backwards.add(events.slice(0, 2));
  assert.deepEqual(backwards.items, forwards.items);
  assert.equal(forwards.find(1)?.text, 'one');
  assert.equal(forwards.find(6)?.deleted, true);
  assert.deepEqual(forwards.find(2)?.reactions, []);
});

test('events that are known already change nothing', () => {
  const timeline = new Timeline();
  timeline.reset([said(5), react(6, 5, true)]);
  const before = timeline.items;
  timeline.add([said(5), react(6, 5, true)]);
  assert.equal(timeline.items, before);
});

test('only the message that an event speaks of gets a new identity', () => {
  const timeline = new Timeline();
  timeline.reset([said(1), said(2)]);
  const [one, two] = timeline.items;
  timeline.add([verdict(3, 2)]);
  assert.equal(timeline.items[0], one);
  assert.notEqual(timeline.items[1], two);
});

test('an edit outdates the verdict before it, and the verdict on that edit is fresh', () => {
  const timeline = new Timeline();
  timeline.reset([said(1), verdict(2, 1), edit(3, 1, 'other')]);
  assert.equal(timeline.find(1)?.verdict?.outdated, true);
  timeline.add([verdict(4, 1, 3)]);
  assert.equal(timeline.find(1)?.verdict?.outdated, false);
});

test('a verdict on an earlier text never replaces the one on the newest', () => {
  const timeline = new Timeline();
  timeline.reset([said(1), edit(2, 1, 'other'), verdict(3, 1, 2), verdict(4, 1)]);
  assert.equal(timeline.find(1)?.verdict?.edit, 2);
  assert.equal(timeline.find(1)?.verdict?.outdated, false);
  timeline.add([edit(5, 1, 'third'), verdict(6, 1, 2)]);
  assert.equal(timeline.find(1)?.verdict?.outdated, true);
});

test('what was trimmed comes back whole', () => {
  const events: RoomEvent[] = [];
  for (let seq = 1; seq <= 20; seq += 2)
    events.push(said(seq), verdict(seq + 1, Math.max(1, seq - 4)));
  const whole = new Timeline();
  whole.reset(events);
  const trimmed = new Timeline();
  trimmed.reset(events);
  trimmed.trim(3);
  assert.equal(trimmed.items.length, 3);
  assert.equal(trimmed.hasOlder, true);
  trimmed.add(events.filter((e) => e.seq < trimmed.oldest));
  assert.deepEqual(trimmed.items, whole.items);
});
