/* SPDX-License-Identifier: MIT */
/* The messages of a room, oldest first, with scroll-back that keeps the reader's place. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { dayOf } from '../ui/format';
import { Icon } from '../ui/icons';
import { EchoRow } from './EchoRow';
import { MessageRow } from './MessageRow';
import type { RoomModel } from './room-model';
import type { Row } from './rows';
import { ScrollKeeper } from './scroll';
import { store } from './store';

/** This close to the top the next older page is asked for. */
const LOAD_AT = 600;

export function MessageList({ room }: { room: RoomModel }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper>(undefined);
  const below = useSignal(false);
  const rows = room.rows.value;
  const echoes = room.echoes.value.filter((e) => !room.isShownAlready(e));

  const onScroll = (): void => {
    const { current } = keeper;
    if (!current) return;
    current.look();
    below.value = !current.atBottom;
    room.following = current.atBottom;
    if (current.atBottom) store.markRead(room);
    if (current.box.scrollTop < LOAD_AT) void store.loadOlder(room);
  };
  const toBottom = (): void => {
    keeper.current?.toBottom();
    onScroll();
  };
  const jump = useCallback((seq: number) => void jumpTo(room, box.current, seq), [room]);

  useLayoutEffect(() => {
    if (!box.current) return;
    keeper.current ??= new ScrollKeeper(box.current);
    keeper.current.keep();
    onScroll();
  });
  const wanted = room.jumpTo.value;
  useEffect(() => {
    if (wanted === undefined) return;
    room.jumpTo.value = undefined;
    jump(wanted);
  }, [wanted]);
  useOpeningPlace(room, box, keeper);
  useSizeWatch(box, keeper);
  useEffect(() => {
    document.addEventListener('visibilitychange', onScroll);
    return () => document.removeEventListener('visibilitychange', onScroll);
  }, []);
  const ownWaiting = echoes.length;
  useLayoutEffect(() => {
    if (ownWaiting > 0) toBottom();
  }, [ownWaiting]);

  const last = rows.at(-1);
  const follows = last?.row === 'message' && last.message.user.id === room.me.id;
  return (
    <div class="list-place">
      <div
        class="scroll"
        ref={box}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`Messages in ${room.name}`}
        onScroll={onScroll}
        onKeyDown={walk}
      >
        <div class="rows">
          <Beginning room={room} />
          {rows.map((row) => drawRow(row, room, jump))}
          {echoes.map((echo, i) => (
            <EchoRow key={echo.entry.cid} room={room} echo={echo} head={i === 0 && !follows} />
          ))}
        </div>
      </div>
      {below.value && (
        <button type="button" class="to-bottom" onClick={toBottom}>
          <Icon name="down" />
          {room.unread.value > 0 ? `${room.unread.value} new` : 'Newest'}
        </button>
      )}
    </div>
  );
}

function drawRow(row: Row, room: RoomModel, jump: (seq: number) => void): JSX.Element {
  switch (row.row) {
    case 'day':
      return (
        <div class="day" key={row.key}>
          <span>{dayOf(row.ts, Date.now())}</span>
        </div>
      );
    case 'unread':
      return (
        <div class="unread-line" key={row.key}>
          <span>New</span>
          <button type="button" class="catch-up" onClick={() => void store.recap(room)}>
            Catch me up
          </button>
        </div>
      );
    case 'notice':
      return (
        <p class="notice" key={row.key} data-seq={row.notice.seq}>
          {row.notice.text}
        </p>
      );
    case 'message':
      return (
        <MessageRow
          key={row.key}
          room={room}
          message={row.message}
          head={row.head}
          onJump={jump}
        />
      );
  }
}

function Beginning({ room }: { room: RoomModel }): JSX.Element | null {
  const some = room.items.value.length > 0;
  if (room.state.value === 'refused')
    return <Empty title="You cannot read this room" text={room.problem.value} />;
  if (!room.opened.value) return <Skeleton />;
  if (room.timeline.hasOlder) {
    return (
      <button
        type="button"
        class="older"
        disabled={room.loadingOlder.value}
        onClick={() => void store.loadOlder(room)}
      >
        {room.loadingOlder.value ? 'Loading earlier messages…' : 'Load earlier messages'}
      </button>
    );
  }
  if (some) return <p class="beginning">This is where #{room.name} began.</p>;
  if (room.echoes.value.length > 0) return null;
  return (
    <Empty title={`#${room.name} is quiet`} text="Nobody has written here yet. Say hello." />
  );
}

function Empty({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{text}</p>
    </div>
  );
}

function Skeleton(): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label="Loading messages">
      {[1, 2, 3, 4, 5].map((i) => (
        <div key={i} class="bone" data-size={i}>
          <i />
          <b />
          <b />
        </div>
      ))}
    </div>
  );
}

/** On opening: at the unread line when there is one, else at the newest message. */
function useOpeningPlace(
  room: RoomModel,
  box: { current: HTMLDivElement | null },
  keeper: { current: ScrollKeeper | undefined },
): void {
  const opened = room.opened.value;
  useLayoutEffect(() => {
    if (!opened || !box.current || !keeper.current) return;
    keeper.current.toBottom();
    const line = box.current.querySelector<HTMLElement>('.unread-line');
    if (line) box.current.scrollTop = Math.min(box.current.scrollTop, line.offsetTop - 48);
    keeper.current.look();
  }, [opened]);
}

/** A taller composer or a keyboard on a phone must not push the newest message out of sight. */
function useSizeWatch(
  box: { current: HTMLDivElement | null },
  keeper: { current: ScrollKeeper | undefined },
): void {
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(() => keeper.current?.keep());
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
}

/** Up and Down walk from message to message; Tab then reaches what one can do with it. */
function walk(e: KeyboardEvent): void {
  if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown') return;
  const box = e.currentTarget as HTMLElement;
  const all = [...box.querySelectorAll<HTMLElement>('.message[data-seq]')];
  const at = all.indexOf((e.target as HTMLElement).closest('.message') as HTMLElement);
  const next = at < 0 ? all.at(-1) : all[at + (e.key === 'ArrowUp' ? -1 : 1)];
  if (!next) return;
  e.preventDefault();
  next.focus();
}

async function jumpTo(room: RoomModel, box: HTMLElement | null, seq: number): Promise<void> {
  room.following = false; /* what is loaded now must not be trimmed again */
  if (room.timeline.oldest > seq) {
    await store.loadBackTo(room, seq);
    await new Promise((drawn) => requestAnimationFrame(drawn));
  }
  const target = box?.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
  if (!target) return store.toast('That message is too far back to show.');
  target.scrollIntoView({ block: 'center' });
  target.focus({ preventScroll: true });
  target.dataset.found = '';
  target.addEventListener('blur', () => delete target.dataset.found, { once: true });
}
