/* SPDX-License-Identifier: MIT */
/*
 * For the SDK's tests: a clock that is turned by hand and a server end of the socket. The
 * state machines under test are the real ones; what is played is the world outside of them.
 */
import { MemoryStorage, type Clock, type Platform, type Socket } from '../platform';
import type { MessageEvent, RoomEvent } from '../protocol';

export function message(seq: number, text = `m${seq}`): MessageEvent {
  const user = { id: 'u1', name: 'ada' };
  return { type: 'event', room: 'lobby', seq, ts: seq, kind: 'message', user, text };
}

export const seqs = (events: readonly RoomEvent[]): number[] => events.map((e) => e.seq);

export class HandClock implements Clock {
  private time = 1_000_000;
  private timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }
  after(ms: number, run: () => void): unknown {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return timer;
  }
  cancel(timer: unknown): void {
    this.timers = this.timers.filter((t) => t !== timer);
  }
  /** Lets time pass, running what falls due, with room for promises in between. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const due = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.cancel(due);
      this.time = Math.max(this.time, due.at);
      due.run();
    }
    this.time = end;
    await settle();
  }
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

type Sent = Record<string, unknown> & { id: number; type: string };

/** The far end of one connection: sees what the client sends, answers by hand. */
export class FarEnd implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: Sent[] = [];
  closed = false;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Sent);
  }
  close(): void {
    this.closed = true;
  }
  push(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  die(code = 1006): void {
    this.onclose?.({ code, reason: '' });
  }
  /** The oldest request of a type that has not been answered. */
  take(type: string): Sent {
    const at = this.sent.findIndex((f) => f.type === type);
    const [found] = at < 0 ? [] : this.sent.splice(at, 1);
    if (!found) throw new Error(`no ${type} among ${this.sent.map((f) => f.type).join(', ')}`);
    return found;
  }
  has(type: string): boolean {
    return this.sent.some((f) => f.type === type);
  }
  async ok(request: Sent, fields: Record<string, unknown> = {}): Promise<void> {
    this.push({ ...fields, id: request.id, type: 'ok' });
    await settle();
  }
  async error(
    request: Sent,
    code: string,
    fields: Record<string, unknown> = {},
  ): Promise<void> {
    this.push({
      message: code,
      temporary: false,
      ...fields,
      id: request.id,
      type: 'error',
      code,
    });
    await settle();
  }
  async greet(id = 'u1', name = 'ada'): Promise<Sent> {
    this.onopen?.();
    const hello = this.take('hello');
    await this.ok(hello, {
      user: { id, name },
      session: `session-of-${id}`,
      heartbeat_ms: 20_000,
      limits: { text: 8192, frame: 65536 },
      server: { version: '0', proto: 1 },
    });
    return hello;
  }
}

export interface World extends Platform {
  clock: HandClock;
  storage: MemoryStorage;
  ends: FarEnd[];
  last(): FarEnd;
}

export function world(storage = new MemoryStorage()): World {
  const ends: FarEnd[] = [];
  return {
    clock: new HandClock(),
    storage,
    ends,
    random: Math.random,
    connect: () => {
      const end = new FarEnd();
      ends.push(end);
      return end;
    },
    last: () => {
      const end = ends.at(-1);
      if (!end) throw new Error('nothing has connected yet');
      return end;
    },
  };
}
