/* SPDX-License-Identifier: MIT */
/* What this browser remembers for a user: rooms attended, how far read, unsent drafts. */
import type { Storage } from '../sdk/index';

export class Prefs {
  constructor(
    private readonly storage: Storage,
    private readonly user: string,
  ) {}

  get rooms(): string[] {
    const v = this.load('rooms');
    return Array.isArray(v) ? v.filter((r): r is string => typeof r === 'string') : [];
  }
  set rooms(rooms: string[]) {
    this.save('rooms', rooms);
  }

  readSeq(room: string): number | undefined {
    const v = this.load(`read/${room}`);
    return typeof v === 'number' ? v : undefined;
  }
  /** Only moves forward, whatever another tab of the same user wrote. */
  markRead(room: string, seq: number): void {
    if (seq > (this.readSeq(room) ?? -1)) this.save(`read/${room}`, seq);
  }
  /** The room's numbering began anew: what was read no longer means anything. */
  resetRead(room: string, seq: number): void {
    this.save(`read/${room}`, seq);
  }

  draft(room: string): string {
    const v = this.load(`draft/${room}`);
    return typeof v === 'string' ? v : '';
  }
  setDraft(room: string, text: string): void {
    if (text) this.save(`draft/${room}`, text);
    else this.storage.remove(this.key(`draft/${room}`));
  }

  private key(name: string): string {
    return `parley/prefs/${this.user}/${name}`;
  }
  private load(name: string): unknown {
    try {
      return JSON.parse(this.storage.get(this.key(name)) ?? 'null');
    } catch {
      return null;
    }
  }
  private save(name: string, value: unknown): void {
    this.storage.set(this.key(name), JSON.stringify(value));
  }
}
