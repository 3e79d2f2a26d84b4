/* SPDX-License-Identifier: MIT */
/*
 * What the SDK needs from where it runs. Everything with a side effect (sockets, time, chance,
 * storage) comes in through here, so the SDK runs in a page, in Node, and in a test with its
 * own clock.
 */

export interface Socket {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
}

export type Timer = unknown;

export interface Clock {
  now(): number;
  after(ms: number, run: () => void): Timer;
  cancel(timer: Timer): void;
}

/** String storage; localStorage fits. A write that fails must not stop the chat. */
export interface Storage {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

export interface Platform {
  connect(url: string): Socket;
  clock: Clock;
  random(): number;
  storage: Storage;
}

export class MemoryStorage implements Storage {
  private readonly map = new Map<string, string>();

  get(key: string): string | null {
    return this.map.get(key) ?? null;
  }
  set(key: string, value: string): void {
    this.map.set(key, value);
  }
  remove(key: string): void {
    this.map.delete(key);
  }
  keys(prefix: string): string[] {
    return [...this.map.keys()].filter((k) => k.startsWith(prefix));
  }
}

const CID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A client message id: sorts by time, 72 random bits behind it, 23 bytes. */
export function newCid(now: number, random: () => number): string {
  let tail = '';
  for (let i = 0; i < 14; i++) tail += CID_ALPHABET[Math.floor(random() * 36)];
  return `${now.toString(36).padStart(9, '0')}${tail}`;
}
