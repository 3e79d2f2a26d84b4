/* SPDX-License-Identifier: MIT */
/*
 * Tells screen readers what is new: messages of others in the open room, gathered for a second
 * so that a busy room is summed up instead of read out without end. Own messages are never
 * read back.
 */
import { signal } from '@preact/signals';
import type { RoomEvent } from '../sdk/index';

const GATHER_MS = 1_000;
const READ_OUT = 3;

export class Announcer {
  readonly text = signal('');
  private waiting: string[] = [];
  private timer = 0;

  say(events: readonly RoomEvent[]): void {
    for (const e of events)
      if (e.kind === 'message') this.waiting.push(`${e.user.name}: ${e.text}`);
    if (this.waiting.length === 0 || this.timer !== 0) return;
    this.timer = window.setTimeout(() => this.flush(), GATHER_MS);
  }

  private flush(): void {
    const lines = this.waiting;
    this.waiting = [];
    this.timer = 0;
    const more = lines.length - READ_OUT;
    const end = more > 0 ? ` And ${more} more.` : '';
    this.text.value = lines.slice(0, READ_OUT).join('. ') + end;
  }
}
