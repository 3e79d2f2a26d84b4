/* SPDX-License-Identifier: MIT */
/*
 * One room as the page shows it: signals that the components read. Fed by the store with what
 * the SDK tells of this room; asks nothing of the server itself.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Entry, OkReply, Recap, RoomEvent, RoomState, User } from '../sdk/index';
import { toRows, type Row } from './rows';
import { Timeline, type Item, type Message } from './timeline';

/** A message of one's own that is not (yet) among the room's events. */
export interface Echo {
  entry: Entry;
  state: 'sending' | 'waiting' | 'failed' | 'held' | 'declined' | 'sent';
  /** Known once acknowledged; the echo goes when the event of that number comes. */
  seq?: number;
}

export type CatchUp =
  { is: 'asked' } | { is: 'told'; recap: Recap } | { is: 'failed'; why: string };

export const TYPING_MS = 6_000;
const KEEP_ITEMS = 400;
const TRIM_AT = 800;

export class RoomModel {
  readonly timeline = new Timeline();
  readonly items = signal<Item[]>([]);
  readonly echoes = signal<Echo[]>([]);
  readonly state = signal<RoomState>('offline');
  readonly problem = signal('');
  readonly opened = signal(false);
  readonly loadingOlder = signal(false);
  readonly members = signal<User[]>([]);
  readonly memberCount = signal(0);
  readonly typing = signal<{ user: User; until: number }[]>([]);
  readonly readSeq = signal(0);
  /** Where the unread line stands while the room is looked at. */
  readonly unreadAfter = signal<number | undefined>(undefined);
  readonly replyingTo = signal<Message | undefined>(undefined);
  readonly editing = signal<Message | undefined>(undefined);
  /** The text of a failed message, on its way back into the composer. */
  readonly takeBack = signal<string | undefined>(undefined);

  /** What was missed, while somebody wants to know. */
  readonly catchUp = signal<CatchUp | undefined>(undefined);
  /** The search that stands open, and the words it was opened with. */
  readonly finding = signal<{ words: string } | undefined>(undefined);
  /** The message to go to next. */
  readonly jumpTo = signal<number | undefined>(undefined);

  /** The reader is at the newest message: what is far above may be let go. */
  following = true;

  readonly rows: ReadonlySignal<Row[]>;
  readonly unread: ReadonlySignal<number>;

  private readonly topWhenWritten = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly me: User,
  ) {
    this.rows = computed(() => toRows(this.items.value, this.unreadAfter.value, me.id));
    this.unread = computed(() => this.items.value.filter((i) => this.isUnread(i)).length);
  }

  /** There may be unread messages beyond what is loaded: the count is a lower bound. */
  get unreadIsMore(): boolean {
    return this.timeline.hasOlder && this.readSeq.value < this.timeline.oldest - 1;
  }

  open(events: RoomEvent[], members: number): void {
    this.timeline.reset(events);
    this.memberCount.value = members;
    this.opened.value = true;
    this.changed();
  }

  append(events: RoomEvent[], looking: boolean): void {
    this.timeline.add(events.map((event) => this.asWritten(event)));
    if ((this.following || !looking) && this.timeline.items.length > TRIM_AT)
      this.timeline.trim(KEEP_ITEMS);
    for (const event of events) if (event.user) this.setTyping(event.user, false);
    this.changed();
  }

  prepend(events: RoomEvent[]): void {
    this.timeline.add(events);
    if (events.length === 0) this.timeline.oldest = 1;
    this.changed();
  }

  putEntry(entry: Entry): void {
    if (!this.topWhenWritten.has(entry.cid)) {
      this.topWhenWritten.set(entry.cid, entry.tried ? 0 : this.timeline.newest);
    }
    const states = { queued: 'waiting', sending: 'sending', failed: 'failed' } as const;
    this.setEcho({ entry, state: states[entry.state] });
  }

  removeEntry(entry: Entry, reply: OkReply | undefined): void {
    const seq = Number(reply?.seq) || 0;
    if (reply?.state === 'held') this.setEcho({ entry, state: 'held' });
    else if (seq > this.timeline.newest) this.setEcho({ entry, state: 'sent', seq });
    else this.echoes.value = this.echoes.value.filter((e) => e.entry.cid !== entry.cid);
    this.topWhenWritten.delete(entry.cid);
  }

  /** A moderator has decided about a held message; one that was let through comes as an event. */
  moderated(cid: string, state: string): void {
    const echo = this.echoes.value.find((e) => e.entry.cid === cid);
    if (!echo) return;
    if (state === 'rejected') this.setEcho({ ...echo, state: 'declined' });
    else this.dismissHeld(cid);
  }

  dismissHeld(cid: string): void {
    this.echoes.value = this.echoes.value.filter((e) => e.entry.cid !== cid);
  }

  /**
   * After a reconnect the event of a message may come before the answer to its second sending.
   * For that moment the echo is not shown beside it. (The answer decides; this is about looks
   * only.)
   */
  isShownAlready(echo: Echo): boolean {
    if (echo.state !== 'sending') return false;
    const since = this.topWhenWritten.get(echo.entry.cid) ?? 0;
    return this.items.value
      .slice(-50)
      .some(
        (i) =>
          i.kind === 'message' &&
          i.seq > since &&
          i.user.id === this.me.id &&
          i.text === echo.entry.fields.text,
      );
  }

  setTyping(user: User, active: boolean): void {
    if (user.id === this.me.id) return;
    const now = Date.now();
    const others = this.typing.value.filter((t) => t.user.id !== user.id && t.until > now);
    if (others.length === this.typing.value.length && !active) return;
    this.typing.value = active ? [...others, { user, until: now + TYPING_MS }] : others;
  }

  expireTyping(): void {
    const now = Date.now();
    const still = this.typing.value.filter((t) => t.until > now);
    if (still.length !== this.typing.value.length) this.typing.value = still;
  }

  setMembers(members: User[], total: number): void {
    this.members.value = members;
    this.memberCount.value = total;
  }

  presence(user: User | undefined, online: boolean, total: number | undefined): void {
    if (user) {
      const others = this.members.value.filter((m) => m.id !== user.id);
      const known = others.length !== this.members.value.length;
      this.members.value = online ? [...others, user] : others;
      if (online !== known) this.memberCount.value += online ? 1 : -1;
      if (!online) this.setTyping(user, false);
    }
    if (total !== undefined) this.memberCount.value = total;
  }

  /** A loaded message; whoever draws it is drawn again when the items change. */
  find(seq: number): Message | undefined {
    const item = this.items.value.find((i) => i.seq === seq);
    return item?.kind === 'message' ? item : undefined;
  }

  lastOwn(): Message | undefined {
    return this.items.value.findLast(
      (i): i is Message => i.kind === 'message' && i.user.id === this.me.id && !i.deleted,
    );
  }

  /** What is hidden from the others stays in its author's sight. */
  private asWritten(event: RoomEvent): RoomEvent {
    const own = this.echoes.value.find((e) => e.seq === event.seq);
    if (event.kind !== 'hidden' || !own) return event;
    const text = String(own.entry.fields.text ?? '');
    return { ...event, kind: 'message', user: this.me, text };
  }

  private isUnread(item: Item): boolean {
    return (
      item.kind === 'message' &&
      item.seq > this.readSeq.value &&
      item.user.id !== this.me.id &&
      !item.deleted
    );
  }

  private changed(): void {
    this.items.value = this.timeline.items;
    const newest = this.timeline.newest;
    if (this.echoes.value.some((e) => e.seq !== undefined && e.seq <= newest)) {
      this.echoes.value = this.echoes.value.filter(
        (e) => e.seq === undefined || e.seq > newest,
      );
    }
  }

  private setEcho(echo: Echo): void {
    const at = this.echoes.value.findIndex((e) => e.entry.cid === echo.entry.cid);
    const next = [...this.echoes.value];
    if (at < 0) next.push(echo);
    else next[at] = echo;
    this.echoes.value = next;
  }
}
