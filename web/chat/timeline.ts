/* SPDX-License-Identifier: MIT */
/*
 * What a room shows, folded from its numbered events. Pure. Edits, deletions, reactions and
 * verdicts are events on an earlier `seq` and may be loaded before the message they speak of
 * (the history is read backwards), so they are kept by target and a message is folded anew
 * when one of them comes.
 */
import type { MessageEvent, NoticeEvent, RoomEvent, User, VerdictItem } from '../sdk/index';

export interface Reaction {
  emoji: string;
  users: User[];
}

export interface Verdict extends VerdictItem {
  /** Server time of the verdict event. */
  ts: number;
  /** The text was edited after it was judged: spans no longer fit. */
  outdated: boolean;
}

export interface Message {
  kind: 'message';
  seq: number;
  ts: number;
  user: User;
  text: string;
  replyTo: number | undefined;
  edited: boolean;
  /** Of the newest edit; 0: the text is the first one. */
  edit: number;
  deleted: boolean;
  reactions: Reaction[];
  verdict: Verdict | undefined;
}

export interface Notice {
  kind: 'notice';
  seq: number;
  ts: number;
  text: string;
}

export type Item = Message | Notice;

type Annotation = Exclude<RoomEvent, MessageEvent | NoticeEvent>;

export class Timeline {
  /** In order of `seq`. A new array after every change; an unchanged item keeps its identity. */
  items: Item[] = [];
  /** Lowest seq loaded, of whatever kind; what is below can be asked for. */
  oldest = 0;
  /** Highest seq loaded. */
  newest = 0;

  private readonly sources = new Map<number, MessageEvent>();
  private readonly annotations = new Map<number, Annotation[]>();

  get hasOlder(): boolean {
    return this.oldest > 1;
  }

  /** Forgets everything and starts from one page. */
  reset(events: readonly RoomEvent[]): void {
    this.items = [];
    this.sources.clear();
    this.annotations.clear();
    this.oldest = this.newest = 0;
    this.add(events);
  }

  /** Takes events of any age in; those already known change nothing. */
  add(events: readonly RoomEvent[]): void {
    const changed = new Set<number>();
    const fresh: Item[] = [];
    for (const event of events) {
      if (this.oldest !== 0 && event.seq >= this.oldest && event.seq <= this.newest) continue;
      if (event.kind === 'notice') fresh.push(toNotice(event));
      else if (event.kind === 'message') this.sources.set(event.seq, event);
      else for (const on of targets(event)) this.annotate(on, event, changed);
      if (event.kind === 'message') fresh.push(this.fold(event));
    }
    const first = events[0];
    const last = events.at(-1);
    if (!first || !last) return;
    this.oldest = this.oldest === 0 ? first.seq : Math.min(this.oldest, first.seq);
    this.newest = Math.max(this.newest, last.seq);
    this.merge(fresh, changed);
  }

  /** Drops all but the newest `keep` items; they can be loaded again. */
  trim(keep: number): void {
    const first = this.items[this.items.length - keep];
    if (!first) return;
    this.items = this.items.slice(-keep);
    this.oldest = first.seq;
    for (const seq of this.sources.keys()) if (seq < first.seq) this.sources.delete(seq);
    /* Annotations from here on are not loaded again with their older targets: keep those. */
    for (const [on, notes] of this.annotations) {
      if (on < first.seq)
        this.annotations.set(
          on,
          notes.filter((n) => n.seq >= first.seq),
        );
    }
  }

  find(seq: number): Message | undefined {
    const item = this.items.find((i) => i.seq === seq);
    return item?.kind === 'message' ? item : undefined;
  }

  private annotate(on: number, event: Annotation, changed: Set<number>): void {
    const list = this.annotations.get(on) ?? [];
    list.push(event);
    list.sort((a, b) => a.seq - b.seq);
    this.annotations.set(on, list);
    changed.add(on);
  }

  private merge(fresh: Item[], changed: Set<number>): void {
    if (fresh.length === 0 && changed.size === 0) return;
    const refold = (item: Item): Item => {
      const source = changed.has(item.seq) ? this.sources.get(item.seq) : undefined;
      return source ? this.fold(source) : item;
    };
    const kept = changed.size > 0 ? this.items.map(refold) : this.items;
    /* Within one batch an annotation may follow the message it is about. */
    const added = fresh.map(refold);
    const behind = (added[0]?.seq ?? Infinity) > (kept.at(-1)?.seq ?? 0);
    this.items = behind
      ? [...kept, ...added]
      : [...added, ...kept].sort((a, b) => a.seq - b.seq);
  }

  private fold(event: MessageEvent): Message {
    const message: Message = {
      kind: 'message',
      seq: event.seq,
      ts: event.ts,
      user: event.user,
      text: event.text,
      replyTo: event.reply_to,
      edited: false,
      edit: 0,
      deleted: false,
      reactions: [],
      verdict: undefined,
    };
    for (const note of this.annotations.get(event.seq) ?? []) apply(message, note);
    return message;
  }
}

function toNotice(event: NoticeEvent): Notice {
  return { kind: 'notice', seq: event.seq, ts: event.ts, text: event.text };
}

function targets(event: Annotation): number[] {
  if (event.kind === 'verdict') return event.items.map((i) => i.on);
  return event.kind === 'unknown' || event.kind === 'hidden' ? [] : [event.on];
}

function apply(message: Message, note: Annotation): void {
  switch (note.kind) {
    case 'edit':
      message.text = note.text;
      message.edited = true;
      message.edit = note.seq;
      if (message.verdict) message.verdict = { ...message.verdict, outdated: true };
      break;
    case 'delete':
      message.deleted = true;
      break;
    case 'reaction':
      react(message, note.user, note.emoji, note.add);
      break;
    case 'verdict':
      for (const item of note.items) if (item.on === message.seq) judge(message, item, note.ts);
  }
}

/** Of the verdicts on several texts of a message, the one on the newest counts. */
function judge(message: Message, item: VerdictItem, ts: number): void {
  const edit = item.edit ?? 0;
  if (message.verdict && (message.verdict.edit ?? 0) > edit) return;
  message.verdict = { ...item, ts, outdated: edit !== message.edit };
}

function react(message: Message, user: User, emoji: string, add: boolean): void {
  const known = message.reactions.find((r) => r.emoji === emoji);
  const others = known?.users.filter((u) => u.id !== user.id) ?? [];
  const users = add ? [...others, user] : others;
  const rest = message.reactions.filter((r) => r !== known);
  if (users.length === 0) message.reactions = rest;
  else if (known) known.users = users;
  else message.reactions = [...rest, { emoji, users }];
}
