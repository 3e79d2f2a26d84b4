/* SPDX-License-Identifier: MIT */
/*
 * Where a client stands in one room's numbering, and what to do with an event that arrives.
 * Pure: the Room that owns a Position does the asking. Invariant: events leave here exactly
 * once, in order, with no number left out; what comes too early is held until the numbers
 * before it have come.
 */
import type { RoomEvent } from './protocol';

/** Beyond this many held events it is cheaper to ask again than to remember. */
export const HELD_MAX = 2_000;

export class Position {
  epoch = '';
  /** Last event handed on; 0 before the first. */
  seq = 0;
  private held = new Map<number, RoomEvent>();

  /** Start over at `seq` of `epoch`: everything up to it counts as seen. */
  reset(epoch: string, seq: number): void {
    if (epoch !== this.epoch) this.held.clear();
    this.epoch = epoch;
    this.seq = seq;
    this.forgetOld();
  }

  /** Takes events in, returns those that may be shown now, in order. */
  take(events: readonly RoomEvent[]): RoomEvent[] {
    for (const event of events) if (event.seq > this.seq) this.held.set(event.seq, event);
    const ready: RoomEvent[] = [];
    for (;;) {
      const next = this.held.get(this.seq + 1);
      if (!next) break;
      this.held.delete(next.seq);
      this.seq = next.seq;
      ready.push(next);
    }
    if (this.held.size > HELD_MAX) this.held.clear();
    return ready;
  }

  /** Puts an event aside without showing it (while a join or page is under way). */
  hold(event: RoomEvent): void {
    if (event.seq > this.seq && this.held.size < HELD_MAX) this.held.set(event.seq, event);
  }

  /** True when something was received that cannot be shown yet: numbers are missing. */
  get hasGap(): boolean {
    return this.held.size > 0;
  }

  private forgetOld(): void {
    for (const seq of this.held.keys()) if (seq <= this.seq) this.held.delete(seq);
  }
}
