/* SPDX-License-Identifier: MIT */
/*
 * What this user wrote and the server has not yet acknowledged. Every entry is in storage
 * before it is sent and stays there until its reply came, so a reload, a crash or a dead
 * connection loses nothing; it is always sent with the same `cid`, so the server never stores
 * it twice. One entry a room is in flight at a time: a sender's order holds even when the
 * server turns one away for a moment.
 *
 *   queued ──▶ sending ──▶ (gone: acknowledged)
 *     ▲           │
 *     ├───────────┤ connection lost, or a temporary error
 *   retry()       ▼
 *     └──────── failed ──▶ (gone: discarded)
 */
import { BACKOFF_FIRST_MS } from './backoff';
import { newCid, type Platform } from './platform';
import { Disconnected, RequestError, type Judgement, type OkReply } from './protocol';
import type { Ask } from './room';

export type Operation = 'send' | 'edit' | 'delete' | 'react';

export interface Entry {
  readonly cid: string;
  readonly room: string;
  readonly op: Operation;
  readonly fields: Readonly<Record<string, unknown>>;
  /** When it was written, by the local clock. */
  readonly at: number;
  readonly state: 'queued' | 'sending' | 'failed';
  /** Sent at least once: the server may already have it. */
  readonly tried: boolean;
  readonly error?: { code: string; message: string; verdict?: Judgement };
}

export interface OutboxListener {
  /** An entry is new or has changed its state. */
  onEntry(entry: Entry): void;
  /** An entry left: acknowledged by `reply`, or given up (undefined). */
  onEntryGone(entry: Entry, reply: OkReply | undefined): void;
}

const PREFIX = 'parley/outbox/';
const KEEP_MS = 14 * 24 * 3600 * 1000;

export class Outbox {
  private readonly entries = new Map<string, Entry>();
  private readonly busy = new Set<string>();
  private user = '';

  constructor(
    private readonly platform: Platform,
    private readonly ask: Ask,
    private readonly isLive: (room: string) => boolean,
    private readonly listener: OutboxListener,
  ) {}

  /** Takes over what an earlier page of the same user left behind. */
  open(user: string): void {
    if (user === this.user) return;
    this.user = user;
    this.entries.clear();
    for (const entry of loadEntries(this.platform, user)) {
      this.entries.set(entry.cid, entry);
      this.listener.onEntry(entry);
    }
  }

  get rooms(): string[] {
    return [...new Set([...this.entries.values()].map((e) => e.room))];
  }

  add(op: Operation, room: string, fields: Record<string, unknown>): Entry {
    const at = this.platform.clock.now();
    const cid = newCid(at, this.platform.random);
    const entry: Entry = { cid, room, op, fields, at, state: 'queued', tried: false };
    this.put(entry);
    this.flush(room);
    return entry;
  }

  retry(cid: string): void {
    const entry = this.entries.get(cid);
    if (entry?.state !== 'failed') return;
    const { error: _, ...rest } = entry;
    this.put({ ...rest, state: 'queued' });
    this.flush(entry.room);
  }

  discard(cid: string): void {
    const entry = this.entries.get(cid);
    if (entry && entry.state !== 'sending') this.drop(entry, undefined);
  }

  /** Sends what is due in `room`; harmless at any time. */
  flush(room: string): void {
    if (this.busy.has(room) || !this.isLive(room)) return;
    const next = [...this.entries.values()].find(
      (e) => e.room === room && e.state === 'queued',
    );
    if (next) void this.send({ ...next, state: 'sending', tried: true });
  }

  private async send(entry: Entry): Promise<void> {
    this.busy.add(entry.room);
    this.put(entry);
    let wait = 0;
    try {
      const { room, cid, fields } = entry;
      const reply = await this.ask(entry.op, { ...fields, room, cid });
      this.drop(entry, reply);
    } catch (error) {
      wait = this.setBack(entry, error);
    }
    this.busy.delete(entry.room);
    if (wait > 0) this.platform.clock.after(wait, () => this.flush(entry.room));
    else this.flush(entry.room);
  }

  /** Returns how long to wait before the room's next attempt. */
  private setBack(entry: Entry, error: unknown): number {
    if (error instanceof Disconnected) {
      this.put({ ...entry, state: 'queued' });
      return 0;
    }
    if (!(error instanceof RequestError)) throw error;
    if (error.temporary) {
      this.put({ ...entry, state: 'queued' });
      return error.retryAfterMs ?? BACKOFF_FIRST_MS;
    }
    const { code, message, verdict } = error;
    const why = { code, message, ...(verdict ? { verdict } : {}) };
    this.put({ ...entry, state: 'failed', error: why });
    return 0;
  }

  private put(entry: Entry): void {
    this.entries.set(entry.cid, entry);
    this.platform.storage.set(this.key(entry), JSON.stringify(entry));
    this.listener.onEntry(entry);
  }

  private drop(entry: Entry, reply: OkReply | undefined): void {
    this.entries.delete(entry.cid);
    this.platform.storage.remove(this.key(entry));
    this.listener.onEntryGone(entry, reply);
  }

  private key(entry: Entry): string {
    return `${PREFIX}${this.user}/${entry.cid}`;
  }
}

/** A user's stored entries, oldest first; forgets the hopelessly old and the unreadable. */
function loadEntries(platform: Platform, user: string): Entry[] {
  const { storage, clock } = platform;
  const found: Entry[] = [];
  for (const key of storage.keys(`${PREFIX}${user}/`)) {
    const entry = parseEntry(storage.get(key));
    if (!entry || clock.now() - entry.at > KEEP_MS) storage.remove(key);
    else found.push(entry);
  }
  return found.sort((a, b) => a.at - b.at || (a.cid < b.cid ? -1 : 1));
}

function parseEntry(stored: string | null): Entry | undefined {
  try {
    const v = JSON.parse(stored ?? '') as Entry;
    if (typeof v.cid !== 'string' || typeof v.room !== 'string') return undefined;
    if (typeof v.op !== 'string' || typeof v.at !== 'number') return undefined;
    const state = v.state === 'failed' ? 'failed' : 'queued';
    return { ...v, state, tried: true };
  } catch {
    return undefined;
  }
}
