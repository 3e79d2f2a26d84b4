/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, type Entry, type RoomEvent } from '../../sdk/index';
import { RoomModel } from '../room-model';
import { toTrace } from '../trace';

const me = { id: 'u1', name: 'ada' };
const entry = (cid: string, text: string): Entry => ({
  cid,
  room: 'r',
  op: 'send',
  fields: { text },
  at: 1,
  state: 'sending',
  tried: true,
});
const hidden = (seq: number): RoomEvent => ({
  type: 'event',
  room: 'r',
  seq,
  ts: 2,
  kind: 'hidden',
});
const ok = (fields: object) => ({ id: 1, type: 'ok' as const, ...fields });

test('a refusal carries what was found and where', () => {
  const frame = decodeFrame(
    '{"id":3,"type":"error","code":"rejected","message":"no","temporary":false,' +
      '"verdict":{"action":"bounce","labels":[{"analyzer":"toxicity","version":"1",' +
      '"label":"insult","score":0.97,"spans":[[0,3]]}]}}',
  );
  assert.ok(frame?.type === 'error');
  assert.equal(frame.verdict?.action, 'bounce');
  assert.deepEqual(frame.verdict?.labels[0]?.spans, [[0, 3]]);
});

test('what is hidden from the others stays in sight of its author, and of nobody else', () => {
  const room = new RoomModel('r', me);
  room.open([], 1);
  const written = entry('c1', 'psst');
  room.putEntry(written);
  room.removeEntry(written, ok({ seq: 1, state: 'delivered' }));
  room.append([hidden(1), hidden(2)], true);
  assert.deepEqual(
    room.items.value.map((i) => (i.kind === 'message' ? i.text : i.kind)),
    ['psst'],
  );
  assert.equal(room.timeline.newest, 2);
});

test('a held message waits, is declined, or makes room for its event', () => {
  const room = new RoomModel('r', me);
  room.open([], 1);
  for (const cid of ['c1', 'c2']) {
    room.putEntry(entry(cid, 'hm'));
    room.removeEntry(entry(cid, 'hm'), ok({ state: 'held' }));
  }
  assert.deepEqual(
    room.echoes.value.map((e) => e.state),
    ['held', 'held'],
  );
  room.moderated('c1', 'rejected');
  room.moderated('c2', 'approved');
  room.moderated('c9', 'approved');
  assert.deepEqual(
    room.echoes.value.map((e) => [e.entry.cid, e.state]),
    [['c1', 'declined']],
  );
});

test('a trace is read whatever is missing from it, and not read when it is none', () => {
  const label = { analyzer: 'toxicity', version: '1', label: 'toxic', score: 0.9 };
  const trace = toTrace({
    labels: [{ ...label, threshold: 0.8, flagged: true, spans: [[0, 2], 'x'] }, 7],
    gate: null,
    worker: { slot: 1, pid: 99 },
    batch: { id: 4, size: 3 },
    queue_ms: 1.5,
    compute_ms: 4,
    action: 'mask',
    rule: { label: 'toxicity.toxic', at: 0.8, action: 'mask' },
  });
  assert.deepEqual(trace?.labels[0]?.spans, [[0, 2]]);
  assert.equal(trace?.labels.length, 1);
  assert.deepEqual(
    trace?.steps.map((s) => s.ms),
    [1.5, 4],
  );
  assert.equal(trace?.gate, undefined);
  assert.equal(trace?.batchSize, 3);
  assert.equal(toTrace({ error: {} }), undefined);
  assert.equal(toTrace(null), undefined);
});
