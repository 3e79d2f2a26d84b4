/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, type Notice } from '../client';
import { MemoryStorage } from '../platform';
import { FarEnd, message, seqs, world, type World } from './help';

interface Play {
  world: World;
  client: Client;
  notices: Notice[];
  of<T extends Notice['type']>(type: T): Extract<Notice, { type: T }>[];
  shown(): number[];
}

function play(storage = new MemoryStorage()): Play {
  const w = world(storage);
  const notices: Notice[] = [];
  const options = { url: 'ws://x/ws', agent: 'test', platform: w };
  const client = new Client({ ...options, notify: (n) => notices.push(n) });
  const of = <T extends Notice['type']>(type: T) =>
    notices.filter((n): n is Extract<Notice, { type: T }> => n.type === type);
  const shown = (): number[] =>
    notices.flatMap((n) => (n.type === 'events' || n.type === 'opened' ? seqs(n.events) : []));
  return { world: w, client, notices, of, shown };
}

/** Waits out the backoff: the far end of the next connection. */
async function reconnected(p: Play): Promise<FarEnd> {
  const before = p.world.ends.length;
  for (let i = 0; i < 1000 && p.world.ends.length === before; i++)
    await p.world.clock.pass(100);
  assert.equal(p.world.ends.length, before + 1);
  return p.world.last();
}

async function joined(p: Play, top = 0): Promise<FarEnd> {
  p.client.join('lobby');
  p.client.start('ada');
  const end = p.world.last();
  await end.greet();
  await end.ok(end.take('join'), {
    room: 'lobby',
    epoch: 'e1',
    seq: top,
    members: 1,
    events: [],
  });
  return end;
}

test('a message is sent, acknowledged and gone from storage', async () => {
  const p = play();
  const end = await joined(p);
  const entry = p.client.send('lobby', 'hi');
  const send = end.take('send');
  assert.equal(send.cid, entry.cid);
  assert.equal(p.world.storage.keys('parley/outbox/').length, 1);
  await end.ok(send, { room: 'lobby', cid: entry.cid, seq: 1, ts: 1, state: 'delivered' });
  assert.equal(p.of('entry-gone')[0]?.reply?.seq, 1);
  assert.equal(p.world.storage.keys('parley/outbox/').length, 0);
});

test('an unacknowledged message is sent again with the same cid after a reconnect', async () => {
  const p = play();
  const end = await joined(p);
  const entry = p.client.send('lobby', 'hi');
  end.take('send');
  end.die();
  const next = await reconnected(p);
  assert.notEqual(next, end);
  await next.greet();
  assert.equal(next.has('send'), false, 'nothing is sent before the room is joined again');
  await next.ok(next.take('join'), {
    epoch: 'e1',
    seq: 1,
    recovered: true,
    events: [message(1)],
  });
  assert.equal(next.take('send').cid, entry.cid);
});

test('a network that is gone is known at once, and its return is not waited for', async () => {
  const p = play();
  await joined(p);
  p.client.unplug();
  assert.equal(p.client.state.is, 'waiting');
  p.client.unplug();
  const entry = p.client.send('lobby', 'in a tunnel');
  const before = p.world.ends.length;
  p.client.nudge();
  assert.equal(p.world.ends.length, before + 1);
  const end = p.world.last();
  await end.greet();
  await end.ok(end.take('join'), { room: 'lobby', epoch: 'e1', seq: 0, members: 1, events: [] });
  assert.equal(end.take('send').cid, entry.cid);
});

test('a reload loses nothing: the next client of the same user sends what was kept', async () => {
  const before = play();
  await joined(before);
  const entry = before.client.send('lobby', 'written in a tunnel');
  const after = play(before.world.storage);
  assert.equal(after.client.knownName, 'ada');
  after.client.start();
  const end = after.world.last();
  const hello = await end.greet();
  assert.equal(hello.token, 'session-of-u1');
  await end.ok(end.take('join'), { epoch: 'e1', seq: 0, events: [] });
  const send = end.take('send');
  assert.equal(send.cid, entry.cid);
  assert.equal(send.text, 'written in a tunnel');
});

test('the sender’s order holds when the server turns one message away for a moment', async () => {
  const p = play();
  const end = await joined(p);
  p.client.send('lobby', 'first');
  p.client.send('lobby', 'second');
  await end.error(end.take('send'), 'rate_limited', { temporary: true, retry_after_ms: 800 });
  await p.world.clock.pass(700);
  assert.equal(end.has('send'), false);
  await p.world.clock.pass(200);
  const again = end.take('send');
  assert.equal(again.text, 'first');
  await end.ok(again, { seq: 1 });
  assert.equal(end.take('send').text, 'second');
});

test('a refused message fails visibly, and can be tried again or discarded', async () => {
  const p = play();
  const end = await joined(p);
  const entry = p.client.send('lobby', 'bad words');
  await end.error(end.take('send'), 'rejected');
  assert.equal(p.of('entry').at(-1)?.entry.state, 'failed');
  p.client.retry(entry.cid);
  const again = end.take('send');
  assert.equal(again.cid, entry.cid);
  await end.error(again, 'rejected');
  p.client.discard(entry.cid);
  assert.equal(p.of('entry-gone').length, 1);
  assert.equal(p.world.storage.keys('parley/outbox/').length, 0);
});

test('resume: position of a room in which nothing was seen, then of what was', async () => {
  const p = play();
  const end = await joined(p, 7);
  end.die();
  const second = await reconnected(p);
  await second.greet();
  const join = second.take('join');
  assert.deepEqual([join.epoch, join.seq], ['e1', 7]);
  const missed = [message(8), message(9)];
  await second.ok(join, { epoch: 'e1', seq: 9, recovered: true, events: missed });
  assert.equal(p.of('recovered').at(-1)?.count, 2);
  second.push({ ...message(10) });
  second.die();
  const third = await reconnected(p);
  await third.greet();
  assert.equal(third.take('join').seq, 10);
  assert.deepEqual(p.shown(), [8, 9, 10]);
});

test('a gap is never shown: the room is asked again and the order holds', async () => {
  const p = play();
  const end = await joined(p);
  end.push({ ...message(1) });
  end.push({ ...message(4) });
  const join = end.take('join');
  assert.equal(join.seq, 1);
  end.push({ ...message(5) });
  const missed = [message(2), message(3), message(4)];
  await end.ok(join, { epoch: 'e1', seq: 4, recovered: true, events: missed });
  assert.deepEqual(p.shown(), [1, 2, 3, 4, 5]);
  assert.equal(p.client.room('lobby')?.state, 'live');
});

test('more:true is paged with history while newer pushes are held', async () => {
  const p = play();
  const end = await joined(p);
  end.die();
  const next = await reconnected(p);
  await next.greet();
  const first = [message(1), message(2)];
  const join = next.take('join');
  await next.ok(join, { epoch: 'e1', seq: 5, recovered: true, more: true, events: first });
  next.push({ ...message(6) });
  const page = next.take('history');
  assert.equal(page.after, 2);
  await next.ok(page, { events: [message(3), message(4), message(5)], more: false });
  assert.deepEqual(p.shown(), [1, 2, 3, 4, 5, 6]);
});

test('recovered:false replaces everything by the newest page and says so', async () => {
  const p = play();
  const end = await joined(p, 3);
  end.die();
  const next = await reconnected(p);
  await next.greet();
  const page = [message(90), message(91)];
  await next.ok(next.take('join'), { epoch: 'e2', seq: 91, recovered: false, events: page });
  const opened = p.of('opened').at(-1);
  assert.equal(opened?.lost, true);
  assert.deepEqual(seqs(opened?.events ?? []), [90, 91]);
  next.push({ ...message(92) });
  assert.deepEqual(p.shown(), [90, 91, 92]);
});

test('history that no longer exists ends in the newest page, not in an endless loop', async () => {
  const p = play();
  const end = await joined(p, 3);
  end.push({ ...message(9) });
  await end.ok(end.take('join'), { epoch: 'e1', seq: 9, recovered: true, events: [] });
  await end.ok(end.take('history'), { events: [message(8), message(9)], more: false });
  assert.equal(end.has('join'), false);
  await p.world.clock.pass(1_100);
  const page = [message(8), message(9)];
  await end.ok(end.take('join'), { epoch: 'e1', seq: 9, recovered: false, events: page });
  assert.equal(p.of('opened').at(-1)?.lost, true);
  assert.equal(p.client.room('lobby')?.state, 'live');
});

test('a heartbeat is answered, and a lasting lag behind its tops is made good', async () => {
  const p = play();
  const end = await joined(p, 3);
  end.push({ type: 'ping', tops: { lobby: 5 } });
  end.take('pong');
  assert.equal(end.has('join'), false, 'the events may be right behind the heartbeat');
  await p.world.clock.pass(2_000);
  assert.equal(end.take('join').seq, 3);
});

test('a server that goes quiet is left', async () => {
  const p = play();
  const end = await joined(p);
  await p.world.clock.pass(39_000);
  assert.equal(end.closed, false);
  await p.world.clock.pass(3_000);
  assert.equal(end.closed, true);
});

test('bye spreads the return; bye without reconnect ends it', async () => {
  const p = play();
  const end = await joined(p);
  end.push({ type: 'bye', code: 1001, reason: 'restarting', reconnect: true, spread_ms: 4000 });
  end.die(1001);
  const state = p.client.state;
  assert.equal(state.is === 'waiting' && state.reason, 'restarting');
  const next = await reconnected(p);
  await next.greet();
  next.push({ type: 'bye', code: 4003, reason: 'kicked', reconnect: false, spread_ms: 0 });
  next.die(4003);
  await p.world.clock.pass(120_000);
  assert.equal(p.client.state.is, 'stopped');
  assert.equal(p.world.last(), next);
});

test('a taken name is refused with a suggestion, and another name gets in', async () => {
  const p = play();
  p.client.start('ada');
  const end = p.world.last();
  end.onopen?.();
  await end.error(end.take('hello'), 'conflict', { suggest: 'ada2' });
  const state = p.client.state;
  assert.equal(state.is === 'refused' && state.error.suggest, 'ada2');
  assert.equal(p.world.ends.length, 1, 'no retry by itself');
  p.client.start('ada2');
  const next = p.world.last();
  await next.greet('u2', 'ada2');
  assert.equal(p.client.state.is, 'online');
});
