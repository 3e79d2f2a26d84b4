/* SPDX-License-Identifier: MIT */
/*
 * The page's state and the only place that talks to the SDK. Components read its signals and
 * call its methods; what the SDK tells arrives in `notify` and goes to the room it is about.
 */
import { batch, computed, signal } from '@preact/signals';
import {
  Client,
  type ConnectionState,
  type Entry,
  type HelloReply,
  type Notice,
  type OkReply,
  type RoomEvent,
  type RoomSummary,
  type User,
} from '../sdk/index';
import { platform, socketUrl, storage } from '../ui/browser';
import { Announcer } from './announcer';
import { Prefs } from './prefs';
import { RoomModel } from './room-model';
import { currentRoute, isRoomName, setRoute } from './route';

export interface Banner {
  tone: 'info' | 'good' | 'warn';
  text: string;
  /** Goes away by itself. */
  brief: boolean;
}

export interface Toast {
  id: number;
  text: string;
}

const DEFAULT_ROOM = 'lobby';
const BRIEF_MS = 6_000;
const TYPING_EVERY_MS = 3_000;
const DIRECTORY_EVERY_MS = 15_000;
/** How far a jump loads back: 10,000 events. */
const BACK_PAGES = 50;
const BACK_PAGE = 200;

export class Store {
  readonly connection = signal<ConnectionState>({ is: 'idle' });
  readonly me = signal<User | undefined>(undefined);
  readonly textLimit = signal(8192);
  readonly rooms = signal<ReadonlyMap<string, RoomModel>>(new Map());
  readonly directory = signal<RoomSummary[]>([]);
  readonly current = signal('');
  readonly banner = signal<Banner | undefined>(undefined);
  readonly toasts = signal<Toast[]>([]);
  readonly dialog = signal<'none' | 'jump' | 'keys'>('none');
  readonly drawer = signal<'none' | 'rooms' | 'members'>('none');
  readonly announcer = new Announcer();

  readonly room = computed(() => this.rooms.value.get(this.current.value));
  readonly unreadElsewhere = computed(() =>
    [...this.rooms.value.values()].reduce((sum, room) => sum + room.unread.value, 0),
  );

  private readonly client: Client;
  private prefs = new Prefs(storage, '');
  /** A connection was lost and what came of it has not been told yet. */
  private outage = false;
  private recovered = 0;
  private toastId = 0;
  private bannerTimer = 0;
  private typingSent = 0;

  constructor() {
    this.client = new Client({
      url: socketUrl(),
      agent: 'parley-web/0.1',
      platform,
      notify: (notice) => batch(() => this.notify(notice)),
    });
  }

  get knownName(): string | undefined {
    return this.client.knownName;
  }

  /** Reads this user's rooms over HTTP. */
  get token(): string | undefined {
    return this.client.token;
  }

  start(): void {
    if (this.client.knownName) this.client.start();
    window.addEventListener('online', () => this.client.nudge());
    window.addEventListener('offline', () => this.client.unplug());
    window.addEventListener('hashchange', () => this.followRoute());
    document.addEventListener('visibilitychange', () => this.onVisible());
    window.setInterval(() => this.expireTyping(), 1_000);
    window.setInterval(() => void this.refreshDirectory(), DIRECTORY_EVERY_MS);
  }

  signIn(name: string): void {
    this.client.start(name);
  }

  signOut(): void {
    this.client.signOut();
    this.rooms.value = new Map();
    this.me.value = undefined;
    this.current.value = '';
    this.banner.value = undefined;
  }

  reconnect(): void {
    this.client.start();
  }

  /* Rooms */

  go(name: string): void {
    if (!isRoomName(name)) return;
    this.attend(name);
    const before = this.room.value;
    if (before && before.name !== name) before.unreadAfter.value = undefined;
    const room = this.rooms.value.get(name);
    if (room) void this.learnRead(room, room.readSeq.value);
    if (room) room.unreadAfter.value = room.unread.value > 0 ? room.readSeq.value : undefined;
    this.current.value = name;
    this.drawer.value = 'none';
    this.dialog.value = 'none';
    setRoute(name);
    void this.refreshMembers(name);
  }

  leave(name: string): void {
    this.client.leave(name);
    const rooms = new Map(this.rooms.value);
    rooms.delete(name);
    this.rooms.value = rooms;
    this.prefs.rooms = [...rooms.keys()];
    if (this.current.value !== name) return;
    const next = rooms.keys().next();
    if (next.done) {
      this.current.value = '';
      setRoute('');
    } else {
      this.go(next.value);
    }
  }

  /** The next room in the list, or the next with something unread. */
  step(by: 1 | -1, unreadOnly: boolean): void {
    const names = [...this.rooms.value.keys()];
    const at = names.indexOf(this.current.value);
    for (let i = 1; i <= names.length; i++) {
      const name = names[(at + by * i + names.length * i) % names.length];
      const room = name ? this.rooms.value.get(name) : undefined;
      if (room && (!unreadOnly || room.unread.value > 0)) return this.go(room.name);
    }
  }

  async refreshDirectory(): Promise<void> {
    if (document.hidden || this.connection.value.is !== 'online') return;
    try {
      this.directory.value = await this.client.listRooms();
    } catch {
      /* the list stays as it was; the connection tells its own story */
    }
  }

  async loadOlder(room: RoomModel): Promise<void> {
    if (room.loadingOlder.value || !room.timeline.hasOlder) return;
    room.loadingOlder.value = true;
    try {
      const page = await this.client.room(room.name)?.older(room.timeline.oldest);
      if (page) batch(() => room.prepend(page.events));
    } catch {
      /* offline: scrolling up again asks again */
    } finally {
      room.loadingOlder.value = false;
    }
  }

  /**
   * Everything from `seq` on, in large pages that are shown at once: edits and deletions come behind
   * the messages that they are about, so nothing in between can be left out. Not further than
   * `BACK_PAGES`.
   */
  async loadBackTo(room: RoomModel, seq: number): Promise<void> {
    /* A page that scrolling asked for comes first. */
    while (room.loadingOlder.value) await new Promise((r) => setTimeout(r, 20));
    room.loadingOlder.value = true;
    let events: RoomEvent[] = [];
    let oldest = room.timeline.oldest;
    try {
      for (let i = 0; i < BACK_PAGES && oldest > seq; i++) {
        const page = await this.client.room(room.name)?.older(oldest, BACK_PAGE);
        if (!page || page.events.length === 0) break;
        events = [...page.events, ...events];
        oldest = page.events[0]?.seq ?? 1;
      }
    } catch {
      /* offline: what came is shown, and the rest can be asked for again */
    } finally {
      room.loadingOlder.value = false;
    }
    /* What was trimmed or reset meanwhile would leave a hole. */
    if (events.length > 0 && events.at(-1)?.seq === room.timeline.oldest - 1)
      batch(() => room.prepend(events));
  }

  /** Everything up to the newest event has been seen. */
  markRead(room: RoomModel): void {
    const seq = room.timeline.newest;
    if (document.hidden || seq <= room.readSeq.value) return;
    const newMessages = room.unread.value > 0;
    room.readSeq.value = seq;
    this.prefs.markRead(room.name, seq);
    if (newMessages) this.client.hint('read', { room: room.name, seq });
  }

  /**
   * What was read on another device is read here too. `here`: how far this one had come when the
   * question goes out, before it marks anything itself.
   */
  private async learnRead(room: RoomModel, here: number): Promise<void> {
    const mark = await this.client.readMark(room.name);
    if (mark <= here) return;
    batch(() => {
      if (mark > room.readSeq.value) {
        room.readSeq.value = mark;
        this.prefs.markRead(room.name, mark);
      }
      const line = room.unreadAfter.value;
      if (line !== undefined && mark > line) room.unreadAfter.value = mark;
    });
  }

  /** A device that never saw the room goes on where its user stopped reading on another one. */
  private async beginReading(room: RoomModel, top: number): Promise<void> {
    const mark = await this.client.readMark(room.name);
    if (mark === 0 || mark >= top) return;
    if (room.name === this.current.value) room.unreadAfter.value = mark;
    else room.readSeq.value = mark;
  }

  /* Writing */

  send(room: RoomModel, text: string): void {
    const replyTo = room.replyingTo.value?.seq;
    room.replyingTo.value = undefined;
    room.unreadAfter.value = undefined;
    this.client.send(room.name, text, replyTo);
    this.typing(room, false);
  }

  edit(room: RoomModel, on: number, text: string): void {
    room.editing.value = undefined;
    this.client.edit(room.name, on, text);
  }

  delete(room: RoomModel, on: number): void {
    this.client.delete(room.name, on);
  }

  react(room: RoomModel, on: number, emoji: string): void {
    const users = room.find(on)?.reactions.find((r) => r.emoji === emoji)?.users ?? [];
    const add = !users.some((u) => u.id === room.me.id);
    this.client.react(room.name, on, emoji, add);
  }

  retry(cid: string): void {
    this.client.retry(cid);
  }

  discard(cid: string): void {
    this.client.discard(cid);
  }

  /** Asks what was missed since the unread line, or else since what was read here. */
  async recap(
    room: RoomModel,
    since = room.unreadAfter.value ?? room.readSeq.value,
  ): Promise<void> {
    room.finding.value = undefined;
    room.catchUp.value = { is: 'asked' };
    try {
      const recap = await this.client.recap(room.name, since);
      if (room.catchUp.value) room.catchUp.value = { is: 'told', recap };
    } catch (error) {
      if (!room.catchUp.value) return;
      const why = `There is no summary: ${(error as Error).message}.`;
      room.catchUp.value = { is: 'failed', why };
    }
  }

  /** Opens the search of a room; it stands where the summary of what was missed stood. */
  find(room: RoomModel, words = ''): void {
    room.catchUp.value = undefined;
    room.finding.value = { words };
  }

  typing(room: RoomModel, active: boolean): void {
    const now = Date.now();
    if (active ? now - this.typingSent < TYPING_EVERY_MS : this.typingSent === 0) return;
    this.typingSent = active ? now : 0;
    this.client.hint('typing', { room: room.name, active });
  }

  draft(room: string): string {
    return this.prefs.draft(room);
  }
  setDraft(room: string, text: string): void {
    this.prefs.setDraft(room, text);
  }

  toast(text: string): void {
    const id = ++this.toastId;
    this.toasts.value = [...this.toasts.value, { id, text }];
    window.setTimeout(() => this.dropToast(id), BRIEF_MS);
  }
  dropToast(id: number): void {
    this.toasts.value = this.toasts.value.filter((t) => t.id !== id);
  }

  /* What the SDK tells */

  private notify(notice: Notice): void {
    if (notice.type === 'connection') return this.onConnection(notice.state);
    if (notice.type === 'hello') return this.onHello(notice.hello);
    if (notice.type === 'entry') return this.onEntry(notice.entry);
    if (notice.type === 'entry-gone') return this.onEntryGone(notice.entry, notice.reply);
    const room = this.rooms.value.get(notice.room);
    if (!room) return;
    switch (notice.type) {
      case 'room':
        room.state.value = notice.state;
        room.problem.value = notice.error?.message ?? '';
        if (notice.state === 'live') void this.refreshMembers(room.name);
        break;
      case 'opened':
        this.onOpened(room, notice.events, notice.members, notice.lost);
        break;
      case 'events':
        this.onEvents(room, notice.events);
        break;
      case 'recovered':
        this.onRecovered();
        break;
      case 'typing':
        room.setTyping(notice.user, notice.active);
        break;
      case 'moderated':
        room.moderated(notice.cid, notice.state);
        break;
      case 'presence':
        room.presence(notice.user, notice.online === true, notice.members);
    }
  }

  private onConnection(state: ConnectionState): void {
    if (this.connection.value.is === 'online' && state.is !== 'online') this.outage = true;
    if (state.is === 'online') this.recovered = 0;
    this.connection.value = state;
    if (state.is === 'refused' && this.me.value) this.signedOutByServer(state.error.message);
  }

  /** The server no longer knows our session: ask for a name again and say why. */
  private signedOutByServer(reason: string): void {
    this.client.forgetSession();
    this.me.value = undefined;
    this.rooms.value = new Map();
    this.toast(`You were signed out: ${reason}`);
  }

  private onHello(hello: HelloReply): void {
    const changed = this.me.value?.id !== hello.user.id;
    this.me.value = hello.user;
    this.textLimit.value = hello.limits.text;
    if (changed) {
      this.prefs = new Prefs(storage, hello.user.id);
      this.rooms.value = new Map();
      const wanted = currentRoute() || this.prefs.rooms[0] || DEFAULT_ROOM;
      for (const name of this.prefs.rooms.filter(isRoomName)) this.attend(name);
      this.go(isRoomName(wanted) ? wanted : DEFAULT_ROOM);
    }
    void this.refreshDirectory();
  }

  private onOpened(room: RoomModel, events: RoomEvent[], members: number, lost: boolean): void {
    room.open(events, members);
    const top = room.timeline.newest;
    const read = this.prefs.readSeq(room.name);
    /* Never seen before: nothing in it is news. A top below what was read: the numbering is new. */
    if (read === undefined || read > top) this.prefs.resetRead(room.name, top);
    room.readSeq.value = read === undefined || read > top ? top : read;
    if (room.name === this.current.value && room.unread.value > 0) {
      room.unreadAfter.value = room.readSeq.value;
    }
    if (read === undefined) void this.beginReading(room, top);
    else void this.learnRead(room, room.readSeq.value);
    if (!lost) return;
    this.outage = false;
    const what = `Part of the history of #${room.name} could not be recovered.`;
    this.show({ tone: 'warn', text: `${what} Showing the newest messages.`, brief: false });
  }

  private onEvents(room: RoomModel, events: RoomEvent[]): void {
    const messages = events.filter((e) => e.kind === 'message' && e.user.id !== room.me.id);
    const looking = room.name === this.current.value && !document.hidden;
    if (room.state.value !== 'live') this.recovered += messages.length;
    if (!looking && room.unread.value === 0 && messages.length > 0) {
      room.unreadAfter.value = room.readSeq.value;
    }
    room.append(events, looking);
    if (room.name === this.current.value) this.announcer.say(messages);
  }

  private onRecovered(): void {
    const all = [...this.rooms.value.values()];
    if (
      !this.outage ||
      all.some((r) => r.state.value !== 'live' && r.state.value !== 'refused')
    ) {
      return;
    }
    this.outage = false;
    const n = this.recovered;
    const what =
      n === 0
        ? 'nothing was missed'
        : n === 1
          ? '1 message recovered'
          : `${n} messages recovered`;
    this.show({ tone: 'good', text: `Back online: ${what}.`, brief: true });
  }

  private onEntry(entry: Entry): void {
    if (entry.op === 'send') {
      this.attend(entry.room).putEntry(entry);
    } else if (entry.state === 'failed') {
      const verb = { edit: 'edited', delete: 'deleted', react: 'saved' }[entry.op];
      if (entry.op === 'edit' && entry.error?.code === 'rejected') this.editAgain(entry);
      this.toast(`This could not be ${verb}: ${entry.error?.message ?? 'the server refused'}`);
      this.client.discard(entry.cid);
    }
  }

  /** An edit was turned down for its words: they go back to where they can be mended. */
  private editAgain(entry: Entry): void {
    const room = this.rooms.value.get(entry.room);
    const message = room?.find(Number(entry.fields.on));
    if (!room || !message || message.deleted || room.editing.value) return;
    room.editing.value = message;
    room.takeBack.value = String(entry.fields.text ?? '');
  }

  private onEntryGone(entry: Entry, reply: OkReply | undefined): void {
    if (entry.op === 'send') this.rooms.value.get(entry.room)?.removeEntry(entry, reply);
  }

  private show(banner: Banner): void {
    window.clearTimeout(this.bannerTimer);
    this.banner.value = banner;
    if (!banner.brief) return;
    this.bannerTimer = window.setTimeout(() => (this.banner.value = undefined), BRIEF_MS);
  }

  /** The model of a room, attending it from now on when it is new. */
  private attend(name: string): RoomModel {
    const known = this.rooms.value.get(name);
    if (known) return known;
    const room = new RoomModel(name, this.me.value ?? { id: '', name: '' });
    this.rooms.value = new Map([...this.rooms.value, [name, room]]);
    this.prefs.rooms = [...this.rooms.value.keys()];
    this.client.join(name);
    return room;
  }

  private async refreshMembers(name: string): Promise<void> {
    const room = this.rooms.value.get(name);
    if (!room || room.state.value !== 'live') return;
    try {
      const { members, total } = await this.client.members(name);
      room.setMembers(members, total);
    } catch {
      /* presence goes on from what is known */
    }
  }

  private followRoute(): void {
    const name = currentRoute();
    if (this.me.value && isRoomName(name) && name !== this.current.value) this.go(name);
  }

  private onVisible(): void {
    if (document.hidden) return;
    this.client.nudge();
    for (const room of this.rooms.value.values()) void this.learnRead(room, room.readSeq.value);
    void this.refreshDirectory();
  }

  private expireTyping(): void {
    for (const room of this.rooms.value.values()) room.expireTyping();
  }
}

export const store = new Store();
