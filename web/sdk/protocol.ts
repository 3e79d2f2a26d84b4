/* SPDX-License-Identifier: MIT */
/*
 * The client protocol, version 1, as types. `proto/` is the source of truth; this file names
 * only what the SDK and the pages read. A frame is checked for its outline here, once, so that
 * nothing behind this file meets a value that is not what its type says.
 */

export interface User {
  id: string;
  name: string;
  role?: string;
}

/** Half-open range of Unicode code points (not UTF-16 units) of a message's text. */
export type Span = [start: number, end: number];

export interface Label {
  analyzer: string;
  version: string;
  label: string;
  score: number;
  spans?: Span[];
}

/** What was decided about a text, and why. */
export interface Judgement {
  action: string;
  labels: Label[];
}

export interface VerdictItem extends Judgement {
  on: number;
  /** The edit that was judged; absent: the text as it was first sent. */
  edit?: number;
}

interface EventBase {
  type: 'event';
  room: string;
  seq: number;
  ts: number;
  user?: User;
  cid?: string;
}
export interface MessageEvent extends EventBase {
  kind: 'message';
  user: User;
  text: string;
  reply_to?: number;
}
export interface EditEvent extends EventBase {
  kind: 'edit';
  on: number;
  text: string;
}
export interface DeleteEvent extends EventBase {
  kind: 'delete';
  on: number;
}
export interface ReactionEvent extends EventBase {
  kind: 'reaction';
  user: User;
  on: number;
  emoji: string;
  add: boolean;
}
export interface VerdictEvent extends EventBase {
  kind: 'verdict';
  items: VerdictItem[];
}
export interface NoticeEvent extends EventBase {
  kind: 'notice';
  text: string;
}
/** It takes its place in the numbering, and is shown to its author only. */
export interface HiddenEvent extends EventBase {
  kind: 'hidden';
}
/** A kind this client does not know still takes its place in the numbering. */
export interface UnknownEvent extends EventBase {
  kind: 'unknown';
}
export type RoomEvent =
  | MessageEvent
  | EditEvent
  | DeleteEvent
  | ReactionEvent
  | VerdictEvent
  | NoticeEvent
  | HiddenEvent
  | UnknownEvent;

export interface OkReply {
  id: number;
  type: 'ok';
  [field: string]: unknown;
}
export interface ErrorReply {
  id?: number;
  type: 'error';
  code: string;
  message: string;
  temporary: boolean;
  retry_after_ms?: number;
  suggest?: string;
  verdict?: Judgement;
}
export interface Bye {
  type: 'bye';
  code: number;
  reason: string;
  reconnect: boolean;
  spread_ms: number;
}
export interface Ping {
  type: 'ping';
  tops: Record<string, number>;
}
export interface Typing {
  type: 'typing';
  room: string;
  user: User;
  active: boolean;
}
export interface Presence {
  type: 'presence';
  room: string;
  user?: User;
  online?: boolean;
  members?: number;
}
/** A moderator has decided about a message of ours that was held. */
export interface Moderated {
  type: 'moderated';
  room: string;
  cid: string;
  state: string;
}
export type Frame = OkReply | ErrorReply | Bye | Ping | Typing | Presence | Moderated | RoomEvent;

export interface Limits {
  text: number;
  frame: number;
}
export interface HelloReply {
  user: User;
  session: string;
  server: { version: string; proto: string };
  limits: Limits;
  heartbeatMs: number;
}
export interface RoomSummary {
  room: string;
  members: number;
  seq: number;
}

/** A request the server answered with an error. */
export class RequestError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly temporary: boolean,
    readonly retryAfterMs: number | undefined,
    readonly suggest: string | undefined,
    /** With `rejected`: what was found, and what was done about it. */
    readonly verdict?: Judgement,
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

/** The connection ended before the reply came: the request may or may not have been carried out. */
export class Disconnected extends Error {
  constructor() {
    super('the connection ended before the server answered');
    this.name = 'Disconnected';
  }
}

type Raw = Record<string, unknown>;

const isObject = (v: unknown): v is Raw =>
  typeof v === 'object' && v !== null && !Array.isArray(v);
const text = (v: unknown, other = ''): string => (typeof v === 'string' ? v : other);
const count = (v: unknown, other = 0): number =>
  typeof v === 'number' && Number.isFinite(v) ? v : other;

export function toUser(v: unknown): User | undefined {
  if (!isObject(v) || typeof v.id !== 'string') return undefined;
  const user: User = { id: v.id, name: text(v.name, v.id) };
  if (typeof v.role === 'string') user.role = v.role;
  return user;
}

const NOBODY: User = { id: '', name: 'unknown' };

function toLabel(v: unknown): Label | undefined {
  if (!isObject(v) || typeof v.label !== 'string') return undefined;
  const spans = Array.isArray(v.spans)
    ? v.spans.filter(
        (s): s is Span => Array.isArray(s) && Number.isInteger(s[0]) && Number.isInteger(s[1]),
      )
    : [];
  return {
    analyzer: text(v.analyzer, 'unknown'),
    version: text(v.version),
    label: v.label,
    score: count(v.score),
    spans,
  };
}

function toJudgement(v: unknown): Judgement | undefined {
  if (!isObject(v)) return undefined;
  const labels = Array.isArray(v.labels) ? v.labels.map(toLabel) : [];
  return {
    action: text(v.action, 'none'),
    labels: labels.filter((l): l is Label => l !== undefined),
  };
}

function toItem(v: unknown): VerdictItem | undefined {
  const judged = toJudgement(v);
  if (!judged || !isObject(v) || !Number.isInteger(v.on)) return undefined;
  const edit = Number.isInteger(v.edit) ? { edit: v.edit as number } : {};
  return { on: v.on as number, ...edit, ...judged };
}

/** A numbered event, or undefined when it is not one (no room or no seq). */
export function toEvent(v: unknown): RoomEvent | undefined {
  if (!isObject(v) || typeof v.room !== 'string' || !Number.isInteger(v.seq)) return undefined;
  const user = toUser(v.user);
  const base = {
    type: 'event' as const,
    room: v.room,
    seq: v.seq as number,
    ts: count(v.ts),
    ...(user ? { user } : {}),
    ...(typeof v.cid === 'string' ? { cid: v.cid } : {}),
  };
  switch (v.kind) {
    case 'message':
      return {
        ...base,
        kind: 'message',
        user: user ?? NOBODY,
        text: text(v.text),
        ...(Number.isInteger(v.reply_to) ? { reply_to: v.reply_to as number } : {}),
      };
    case 'edit':
      return { ...base, kind: 'edit', on: count(v.on), text: text(v.text) };
    case 'delete':
      return { ...base, kind: 'delete', on: count(v.on) };
    case 'reaction':
      return {
        ...base,
        kind: 'reaction',
        user: user ?? NOBODY,
        on: count(v.on),
        emoji: text(v.emoji),
        add: v.add !== false,
      };
    case 'verdict': {
      const items = Array.isArray(v.items) ? v.items.map(toItem) : [];
      const known = items.filter((i): i is VerdictItem => i !== undefined);
      return { ...base, kind: 'verdict', items: known };
    }
    case 'notice':
      return { ...base, kind: 'notice', text: text(v.text) };
    case 'hidden':
      return { ...base, kind: 'hidden' };
    default:
      return { ...base, kind: 'unknown' };
  }
}

/** The events of a `join` or `history` reply, in order. */
export function toEvents(v: unknown): RoomEvent[] {
  if (!Array.isArray(v)) return [];
  const events = v.map(toEvent).filter((e): e is RoomEvent => e !== undefined);
  return events.sort((a, b) => a.seq - b.seq);
}

export function toHello(v: OkReply): HelloReply | undefined {
  const user = toUser(v.user);
  if (!user || typeof v.session !== 'string') return undefined;
  const server = isObject(v.server) ? v.server : {};
  const limits = isObject(v.limits) ? v.limits : {};
  return {
    user,
    session: v.session,
    server: { version: text(server.version), proto: String(server.proto ?? '') },
    limits: { text: count(limits.text, 8192), frame: count(limits.frame, 65536) },
    heartbeatMs: count(v.heartbeat_ms, 25000),
  };
}

export function toRooms(v: unknown): RoomSummary[] {
  if (!Array.isArray(v)) return [];
  return v
    .filter((r): r is Raw => isObject(r) && typeof r.room === 'string')
    .map((r) => ({ room: r.room as string, members: count(r.members), seq: count(r.seq) }));
}

function toTops(v: unknown): Record<string, number> {
  if (!isObject(v)) return {};
  return Object.fromEntries(
    Object.entries(v).filter((e): e is [string, number] => Number.isInteger(e[1])),
  );
}

/** One text frame, decoded; undefined for what this version does not know. */
export function decodeFrame(data: string): Frame | undefined {
  let v: unknown;
  try {
    v = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (!isObject(v)) return undefined;
  switch (v.type) {
    case 'ok':
      return Number.isInteger(v.id) ? (v as OkReply) : undefined;
    case 'error': {
      const verdict = toJudgement(v.verdict);
      return {
        type: 'error',
        code: text(v.code, 'internal'),
        message: text(v.message, 'the server gave no reason'),
        temporary: v.temporary === true,
        ...(Number.isInteger(v.id) ? { id: v.id as number } : {}),
        ...(typeof v.retry_after_ms === 'number' ? { retry_after_ms: v.retry_after_ms } : {}),
        ...(typeof v.suggest === 'string' ? { suggest: v.suggest } : {}),
        ...(verdict ? { verdict } : {}),
      };
    }
    case 'event':
      return toEvent(v);
    case 'bye':
      return {
        type: 'bye',
        code: count(v.code, 1001),
        reason: text(v.reason),
        reconnect: v.reconnect !== false,
        spread_ms: count(v.spread_ms),
      };
    case 'ping':
      return { type: 'ping', tops: toTops(v.tops) };
    case 'typing': {
      const user = toUser(v.user);
      if (!user || typeof v.room !== 'string') return undefined;
      return { type: 'typing', room: v.room, user, active: v.active === true };
    }
    case 'moderated':
      if (typeof v.room !== 'string' || typeof v.cid !== 'string') return undefined;
      return { type: 'moderated', room: v.room, cid: v.cid, state: text(v.state) };
    case 'presence': {
      if (typeof v.room !== 'string') return undefined;
      const user = toUser(v.user);
      return {
        type: 'presence',
        room: v.room,
        ...(user ? { user, online: v.online === true } : {}),
        ...(typeof v.members === 'number' ? { members: v.members } : {}),
      };
    }
    default:
      return undefined;
  }
}
