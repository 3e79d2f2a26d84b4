/* SPDX-License-Identifier: MIT */
/*
 * The client: one Connection, the Rooms it attends and the Outbox, tied together. It owns the
 * set of rooms and the stored session; everything that happens is told to one subscriber as a
 * Notice.
 */
import {
  Connection,
  type ConnectionState,
  type Credentials,
  type Listener,
  type Push,
} from './connection';
import { Outbox, type Entry, type OutboxListener } from './outbox';
import type { Platform } from './platform';
import {
  toRooms,
  toUser,
  type HelloReply,
  type Moderated,
  type OkReply,
  type Presence,
  type RequestError,
  type RoomEvent,
  type RoomSummary,
  type Typing,
  type User,
} from './protocol';
import { toRecap, type Recap } from './recap';
import { Room, type Opened, type RoomListener, type RoomState } from './room';

export type Notice =
  | { type: 'connection'; state: ConnectionState }
  | { type: 'hello'; hello: HelloReply }
  | { type: 'room'; room: string; state: RoomState; error: RequestError | undefined }
  | ({ type: 'opened'; room: string } & Opened)
  | { type: 'events'; room: string; events: RoomEvent[] }
  | { type: 'recovered'; room: string; count: number }
  | { type: 'entry'; entry: Entry }
  | { type: 'entry-gone'; entry: Entry; reply: OkReply | undefined }
  | Typing
  | Presence
  | Moderated;

export interface ClientOptions {
  url: string;
  /** Told to the server in hello. */
  agent: string;
  platform: Platform;
  /** Called for everything that happens, in order. */
  notify(notice: Notice): void;
}

const SESSION_KEY = 'parley/session';

export class Client implements Listener, RoomListener, OutboxListener {
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  private readonly rooms = new Map<string, Room>();

  constructor(private readonly options: ClientOptions) {
    const { url, agent, platform } = options;
    this.connection = new Connection(url, agent, platform, this);
    this.outbox = new Outbox(platform, this.ask, (room) => this.isLive(room), this);
    this.connection.credentials = this.storedSession();
  }

  /** Who this client was last time; undefined when a name must be asked for. */
  get knownName(): string | undefined {
    const { token, name } = this.connection.credentials;
    return token ? name : undefined;
  }

  /** What HTTP wants as a bearer to read this user's rooms; undefined before the first hello. */
  get token(): string | undefined {
    return this.connection.credentials.token;
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** Connects with the stored session, or as the guest `name`. */
  start(name?: string): void {
    if (name !== undefined) this.connection.credentials = { name };
    this.connection.start();
  }

  /** The network is back, or the page is seen again: do not wait out the backoff. */
  nudge(): void {
    if (this.state.is === 'waiting') this.connection.start();
  }

  /** The network is gone: say so now, not when the silence has lasted two heartbeats. */
  unplug(): void {
    this.connection.giveUp('the network is gone');
  }

  /** Leaves for good and forgets the session. */
  signOut(): void {
    this.connection.stop('signed out');
    this.forgetSession();
  }

  /** The session is of no more use: the next start needs a name. */
  forgetSession(): void {
    this.options.platform.storage.remove(SESSION_KEY);
    this.connection.credentials = {};
    this.rooms.clear();
  }

  join(name: string): Room {
    const known = this.rooms.get(name);
    if (known) {
      if (known.state === 'refused' && this.state.is === 'online') known.online();
      return known;
    }
    const room = new Room(name, this.ask, this.options.platform.clock, this);
    this.rooms.set(name, room);
    if (this.state.is === 'online') room.online();
    return room;
  }

  leave(name: string): void {
    const room = this.rooms.get(name);
    if (!room) return;
    room.offline();
    this.rooms.delete(name);
    this.ask('leave', { room: name }).catch(
      () => undefined,
    ); /* a lost connection leaves as well */
  }

  room(name: string): Room | undefined {
    return this.rooms.get(name);
  }

  send(room: string, text: string, replyTo?: number): Entry {
    const fields = replyTo === undefined ? { text } : { text, reply_to: replyTo };
    return this.outbox.add('send', room, fields);
  }

  edit(room: string, on: number, text: string): Entry {
    return this.outbox.add('edit', room, { on, text });
  }

  delete(room: string, on: number): Entry {
    return this.outbox.add('delete', room, { on });
  }

  react(room: string, on: number, emoji: string, add: boolean): Entry {
    return this.outbox.add('react', room, { on, emoji, add });
  }

  retry(cid: string): void {
    this.outbox.retry(cid);
  }

  discard(cid: string): void {
    this.outbox.discard(cid);
  }

  /** Typing and reading are hints: when they fail nobody needs to know. */
  hint(type: 'typing' | 'read', fields: Record<string, unknown>): void {
    this.ask(type, fields).catch(() => undefined);
  }

  /** How far this user has read the room, on whatever device; 0 when that cannot be told. */
  async readMark(room: string): Promise<number> {
    try {
      /* A mark only moves forward: this leaves it where it is, and is told where. */
      return Number((await this.ask('read', { room, seq: 0 })).seq) || 0;
    } catch {
      return 0;
    }
  }

  async listRooms(): Promise<RoomSummary[]> {
    return toRooms((await this.ask('rooms', {})).rooms);
  }

  async members(room: string): Promise<{ members: User[]; total: number }> {
    const reply = await this.ask('members', { room });
    const list = Array.isArray(reply.members) ? reply.members.map(toUser) : [];
    const members = list.filter((u): u is User => u !== undefined);
    return { members, total: Number(reply.total) || members.length };
  }

  /** What was said since `since`, or since what this user last read; workers sum it up. */
  async recap(room: string, since?: number): Promise<Recap> {
    const fields = since === undefined ? { room } : { room, since };
    const recap = toRecap(await this.ask('recap', fields));
    if (!recap) throw new Error('the server answered with something else');
    return recap;
  }

  readonly ask = (type: string, fields: Record<string, unknown>): Promise<OkReply> =>
    this.connection.request(type, fields);

  private isLive(room: string): boolean {
    return this.rooms.get(room)?.state === 'live';
  }

  private storedSession(): Credentials {
    const stored = this.options.platform.storage.get(SESSION_KEY);
    try {
      const v = JSON.parse(stored ?? '{}') as Credentials;
      return typeof v.token === 'string' ? v : {};
    } catch {
      return {};
    }
  }

  private welcomed(hello: HelloReply): void {
    const session = JSON.stringify(this.connection.credentials);
    this.options.platform.storage.set(SESSION_KEY, session);
    this.options.notify({ type: 'hello', hello });
    this.outbox.open(hello.user.id);
    for (const room of this.outbox.rooms) this.join(room);
    for (const room of this.rooms.values()) if (room.state === 'offline') room.online();
  }

  /* Listener: the connection speaks. */
  onState(state: ConnectionState): void {
    if (state.is !== 'online') for (const room of this.rooms.values()) room.offline();
    this.options.notify({ type: 'connection', state });
    if (state.is === 'online') this.welcomed(state.hello);
  }

  onPush(push: Push): void {
    if (push.type === 'event') this.rooms.get(push.room)?.push(push);
    else this.options.notify(push);
  }

  onTops(tops: Record<string, number>): void {
    for (const [room, top] of Object.entries(tops)) this.rooms.get(room)?.checkTop(top);
  }

  /* RoomListener: a room speaks. */
  onOpened(room: string, opened: Opened): void {
    this.options.notify({ type: 'opened', room, ...opened });
  }

  onEvents(room: string, events: RoomEvent[]): void {
    this.options.notify({ type: 'events', room, events });
  }

  onRecovered(room: string, count: number): void {
    this.options.notify({ type: 'recovered', room, count });
  }

  onRoomState(room: string, state: RoomState, error?: RequestError): void {
    this.options.notify({ type: 'room', room, state, error });
    if (state === 'live') this.outbox.flush(room);
  }

  /* OutboxListener: the outbox speaks. */
  onEntry(entry: Entry): void {
    this.options.notify({ type: 'entry', entry });
  }

  onEntryGone(entry: Entry, reply: OkReply | undefined): void {
    this.options.notify({ type: 'entry-gone', entry, reply });
  }
}
