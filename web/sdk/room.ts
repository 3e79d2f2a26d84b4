/* SPDX-License-Identifier: MIT */
/*
 * One room that this client attends: joins it, resumes it after every reconnect, and closes
 * any hole in the numbering before it shows what comes behind. Owner of `state` and of the
 * room's Position.
 *
 *   offline ──▶ joining ──▶ paging ──▶ live        any ──▶ offline when the connection goes
 *                  ▲                     │         refused: the server does not let us in
 *                  └──── a gap is seen ──┘
 */
import type { Clock, Timer } from './platform';
import { Position } from './position';
import { Disconnected, RequestError, toEvents, type OkReply, type RoomEvent } from './protocol';

export type RoomState = 'offline' | 'joining' | 'paging' | 'live' | 'refused';

export interface Opened {
  /** Newest page, in order; whatever was shown before is void. */
  events: RoomEvent[];
  members: number;
  /** True when there was a position to resume from and the server could not. */
  lost: boolean;
}

export interface RoomListener {
  onOpened(room: string, opened: Opened): void;
  onEvents(room: string, events: RoomEvent[]): void;
  /** A resume ended well; `count` events were caught up on. */
  onRecovered(room: string, count: number): void;
  onRoomState(room: string, state: RoomState, error?: RequestError): void;
}

export type Ask = (type: string, fields: Record<string, unknown>) => Promise<OkReply>;

export const PAGE = 50;
const CATCH_UP_PAGE = 200;
/** A heartbeat may overtake the events it counts; only a lag that lasts is one. */
const LAG_GRACE_MS = 1_500;
const RETRY_MS = 1_000;

export class Room {
  private current: RoomState = 'offline';
  private readonly position = new Position();
  /** Counts the attempts to join: an answer to an earlier one is ignored. */
  private turn = 0;
  private timer: Timer;

  constructor(
    readonly name: string,
    private readonly ask: Ask,
    private readonly clock: Clock,
    private readonly listener: RoomListener,
  ) {}

  get state(): RoomState {
    return this.current;
  }

  /** Last event handed on. */
  get seq(): number {
    return this.position.seq;
  }

  online(): void {
    void this.sync();
  }

  offline(): void {
    this.turn++;
    this.clock.cancel(this.timer);
    this.to('offline');
  }

  push(event: RoomEvent): void {
    if (this.current !== 'live') {
      this.position.hold(event);
      return;
    }
    this.show(this.position.take([event]));
    if (this.position.hasGap) void this.sync();
  }

  /** The server says where the room's numbering stands. */
  checkTop(top: number): void {
    if (this.current !== 'live' || top <= this.position.seq) return;
    this.clock.cancel(this.timer);
    this.timer = this.clock.after(LAG_GRACE_MS, () => {
      if (this.current === 'live' && top > this.position.seq) void this.sync();
    });
  }

  async older(before: number, limit = PAGE): Promise<{ events: RoomEvent[]; more: boolean }> {
    const reply = await this.ask('history', { room: this.name, before, limit });
    return { events: toEvents(reply.events), more: reply.more === true };
  }

  private to(state: RoomState, error?: RequestError): void {
    if (this.current === state) return;
    this.current = state;
    this.listener.onRoomState(this.name, state, error);
  }

  private async sync(): Promise<void> {
    const turn = ++this.turn;
    this.clock.cancel(this.timer);
    this.to('joining');
    try {
      await this.join(turn);
    } catch (error) {
      if (turn === this.turn) this.failed(error);
    }
  }

  private async join(turn: number): Promise<void> {
    const { epoch, seq } = this.position;
    const resuming = epoch !== '';
    const where = resuming ? { epoch, seq } : { limit: PAGE };
    const reply = await this.ask('join', { room: this.name, ...where });
    if (turn !== this.turn) return;
    const top = Number(reply.seq) || 0;
    const kept = resuming && reply.recovered === true && reply.epoch === epoch;
    const events = toEvents(reply.events);
    if (kept) this.show(this.position.take(events));
    else
      this.restart(
        String(reply.epoch ?? ''),
        top,
        events,
        Number(reply.members) || 0,
        resuming,
      );
    this.to('paging');
    if (!(await this.catchUp(turn, top))) return;
    this.to('live');
    if (kept) this.listener.onRecovered(this.name, this.position.seq - seq);
  }

  private restart(
    epoch: string,
    top: number,
    page: RoomEvent[],
    members: number,
    lost: boolean,
  ): void {
    this.position.reset(epoch, (page[0]?.seq ?? top + 1) - 1);
    this.listener.onOpened(this.name, { events: this.position.take(page), members, lost });
  }

  /** Pages forward to `top` and to whatever was pushed meanwhile. False: another turn took over. */
  private async catchUp(turn: number, top: number): Promise<boolean> {
    while (this.position.seq < top || this.position.hasGap) {
      const after = this.position.seq;
      const fields = { room: this.name, after, limit: CATCH_UP_PAGE };
      const reply = await this.ask('history', fields);
      if (turn !== this.turn) return false;
      this.show(this.position.take(toEvents(reply.events)));
      if (this.position.seq === after) {
        this.abandon();
        return false;
      }
    }
    return true;
  }

  /**
   * The numbers we need no longer exist: ask with an epoch that no room has, which brings the
   * newest page and `recovered:false`. After a pause: a server whose pages have holes must not
   * be asked without end.
   */
  private abandon(): void {
    this.position.reset('?', 0);
    this.timer = this.clock.after(RETRY_MS, () => void this.sync());
  }

  private failed(error: unknown): void {
    if (error instanceof Disconnected) return; /* offline() comes, or came */
    if (!(error instanceof RequestError)) throw error;
    if (!error.temporary) {
      this.to('refused', error);
      return;
    }
    this.timer = this.clock.after(error.retryAfterMs ?? RETRY_MS, () => void this.sync());
  }

  private show(events: RoomEvent[]): void {
    if (events.length > 0) this.listener.onEvents(this.name, events);
  }
}
