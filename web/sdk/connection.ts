/* SPDX-License-Identifier: MIT */
/*
 * One connection to the server, for ever re-made: socket, hello, requests in flight,
 * heartbeat, backoff. Owner of `state`: only `to()` changes it, and only along NEXT. Rooms and
 * the outbox hear of it through `Listener` and never touch the socket.
 *
 *   idle ──▶ connecting ──▶ greeting ──▶ online
 *                ▲  │            │          │
 *                │  ▼            ▼          ▼
 *              waiting ◀─────────┴──────────┘
 *
 * refused: hello was turned down, other credentials are wanted.
 * stopped: told to stay away, or stop() was called.
 */
import { backoffDelay } from './backoff';
import type { Platform, Socket, Timer } from './platform';
import {
  decodeFrame,
  Disconnected,
  RequestError,
  toHello,
  type Bye,
  type ErrorReply,
  type HelloReply,
  type OkReply,
  type Moderated,
  type Presence,
  type RoomEvent,
  type Typing,
} from './protocol';

export type ConnectionState =
  | { is: 'idle' }
  | { is: 'connecting' }
  | { is: 'greeting' }
  | { is: 'online'; hello: HelloReply }
  | { is: 'waiting'; until: number; reason: string }
  | { is: 'refused'; error: RequestError }
  | { is: 'stopped'; reason: string };

type StateName = ConnectionState['is'];

const NEXT: Record<StateName, readonly StateName[]> = {
  idle: ['connecting', 'stopped'],
  connecting: ['greeting', 'waiting', 'stopped'],
  greeting: ['online', 'refused', 'waiting', 'stopped'],
  online: ['waiting', 'stopped'],
  waiting: ['connecting', 'stopped'],
  refused: ['connecting', 'stopped'],
  stopped: ['connecting'],
};

export type Push = RoomEvent | Typing | Presence | Moderated;

export interface Listener {
  onState(state: ConnectionState): void;
  onPush(push: Push): void;
  onTops(tops: Record<string, number>): void;
}

export interface Credentials {
  token?: string;
  name?: string;
}

interface Pending {
  resolve(reply: OkReply): void;
  reject(error: Error): void;
  deadline: number;
}

/** The server gets this long to open the socket and answer hello. */
const OPEN_MS = 10_000;
/** A request unanswered for this long means that the connection is broken. */
const REPLY_MS = 15_000;
/** Online for this long counts as success: the backoff starts from its first step again. */
const STABLE_MS = 10_000;
const WATCH_MS = 1_000;

export class Connection {
  private current: ConnectionState = { is: 'idle' };
  private socket: Socket | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private attempt = 0;
  private since = 0;
  private heard = 0;
  private heartbeatMs = 25_000;
  private bye: Bye | undefined;
  private retryTimer: Timer;
  private watchTimer: Timer;

  constructor(
    private readonly url: string,
    private readonly agent: string,
    private readonly platform: Platform,
    private readonly listener: Listener,
  ) {}

  get state(): ConnectionState {
    return this.current;
  }

  credentials: Credentials = {};

  /**
   * Connects now, whatever was waited for. Does nothing while a connection is being made or is
   * up.
   */
  start(): void {
    if (['connecting', 'greeting', 'online'].includes(this.current.is)) return;
    this.platform.clock.cancel(this.retryTimer);
    this.open();
  }

  stop(reason: string): void {
    if (this.current.is === 'stopped') return;
    this.release();
    this.to({ is: 'stopped', reason });
  }

  /**
   * Gives a connection up that cannot be any more (the network is gone), without waiting for
   * its silence to tell.
   */
  giveUp(reason: string): void {
    if (['connecting', 'greeting', 'online'].includes(this.current.is)) this.lose(reason);
  }

  /** Sends a request; rejects with RequestError, or with Disconnected when no answer will come. */
  request(type: string, fields: Record<string, unknown> = {}): Promise<OkReply> {
    if (this.current.is !== 'online') return Promise.reject(new Disconnected());
    return this.ask(type, fields);
  }

  private ask(type: string, fields: Record<string, unknown>): Promise<OkReply> {
    const id = this.nextId++;
    const deadline = this.platform.clock.now() + REPLY_MS;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, deadline });
      this.socket?.send(JSON.stringify({ ...fields, id, type }));
    });
  }

  private to(state: ConnectionState): void {
    if (!NEXT[this.current.is].includes(state.is)) {
      throw new Error(`connection: ${this.current.is} cannot become ${state.is}`);
    }
    this.current = state;
    this.since = this.platform.clock.now();
    this.listener.onState(state);
  }

  private open(): void {
    this.bye = undefined;
    this.heard = this.platform.clock.now();
    this.to({ is: 'connecting' });
    const socket = this.platform.connect(this.url);
    this.socket = socket;
    socket.onopen = () => this.greet();
    socket.onmessage = (event) => this.onData(event.data);
    socket.onclose = (event) => this.onClose(event.code, event.reason);
    socket.onerror = () => undefined; /* a close always follows */
    this.watch();
  }

  private greet(): void {
    this.to({ is: 'greeting' });
    const { token, name } = this.credentials;
    this.ask('hello', { ...(token ? { token } : { name }), client: this.agent }).then(
      (reply) => this.onHello(reply),
      (error: Error) => this.onHelloError(error),
    );
  }

  private onHello(reply: OkReply): void {
    if (this.current.is !== 'greeting') return;
    const hello = toHello(reply);
    if (!hello) {
      this.lose('the server answered hello with something else');
      return;
    }
    this.credentials = { token: hello.session, name: hello.user.name };
    this.heartbeatMs = hello.heartbeatMs;
    this.to({ is: 'online', hello });
  }

  private onHelloError(error: Error): void {
    if (this.current.is !== 'greeting' || !(error instanceof RequestError)) return;
    if (error.temporary) {
      this.lose(error.message, error.retryAfterMs);
      return;
    }
    this.release();
    this.to({ is: 'refused', error });
  }

  private onData(data: unknown): void {
    this.heard = this.platform.clock.now();
    const frame = typeof data === 'string' ? decodeFrame(data) : undefined;
    if (!frame) return;
    switch (frame.type) {
      case 'ok':
        this.settle(frame.id)?.resolve(frame);
        break;
      case 'error':
        this.onError(frame);
        break;
      case 'ping':
        this.socket?.send('{"type":"pong"}');
        this.listener.onTops(frame.tops);
        break;
      case 'bye':
        this.bye = frame;
        break;
      default:
        this.listener.onPush(frame);
    }
  }

  private onError(frame: ErrorReply): void {
    const pending = frame.id === undefined ? undefined : this.settle(frame.id);
    pending?.reject(
      new RequestError(
        frame.code,
        frame.message,
        frame.temporary,
        frame.retry_after_ms,
        frame.suggest,
        frame.verdict,
      ),
    );
  }

  private settle(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private onClose(code: number, reason: string): void {
    const why = this.bye?.reason || reason || `the connection closed (${code})`;
    if (code === 4003 || this.bye?.reconnect === false) {
      this.stop(why);
      return;
    }
    this.lose(why);
  }

  /** The connection is gone: tell everybody who waits, then come back after a while. */
  private lose(reason: string, retryAfterMs?: number): void {
    const { clock, random } = this.platform;
    const stable = this.current.is === 'online' && clock.now() - this.since >= STABLE_MS;
    if (stable) this.attempt = 0;
    const asked = { spreadMs: this.bye?.spread_ms, retryAfterMs };
    const delay = backoffDelay(this.attempt++, random, asked);
    this.release();
    this.retryTimer = clock.after(delay, () => this.open());
    this.to({ is: 'waiting', until: clock.now() + delay, reason });
  }

  private release(): void {
    const { clock } = this.platform;
    clock.cancel(this.retryTimer);
    clock.cancel(this.watchTimer);
    const socket = this.socket;
    this.socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close(1000);
    }
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const pending of waiting) pending.reject(new Disconnected());
  }

  /**
   * Once a second: has the server gone quiet? Catches half-open connections and waking from
   * sleep.
   */
  private watch(): void {
    const { clock } = this.platform;
    this.watchTimer = clock.after(WATCH_MS, () => {
      const now = clock.now();
      const overdue = [...this.pending.values()].some((p) => p.deadline <= now);
      if (this.current.is === 'online') {
        if (now - this.heard > 2 * this.heartbeatMs) return this.lose('the server went quiet');
        if (overdue) return this.lose('the server did not answer in time');
      } else if (now - this.heard > OPEN_MS) {
        return this.lose('the server could not be reached in time');
      }
      this.watch();
    });
  }
}
