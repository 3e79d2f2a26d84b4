/* SPDX-License-Identifier: MIT */
/* The chat page: rooms on the left, the open room, who is here on the right. */
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { whole } from '../ui/format';
import { Icon } from '../ui/icons';
import { Banner, Toasts } from './Banner';
import { Composer } from './Composer';
import { Explanation } from './Explanation';
import { FindPanel } from './Find';
import { Jump } from './Jump';
import { Keys } from './Keys';
import { Members } from './Members';
import { MessageList } from './MessageList';
import { RecapPanel } from './Recap';
import type { RoomModel } from './room-model';
import { Sidebar } from './Sidebar';
import { SignIn } from './SignIn';
import { store } from './store';
import { VerdictCard } from './Verdict';

export function App(): JSX.Element {
  useSignalEffect(() => {
    const unread = store.unreadElsewhere.value;
    const room = store.current.value;
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${room ? `#${room} · ` : ''}Parley`;
  });
  const entering = !store.me.value && !(store.knownName && isConnecting());
  return (
    <>
      {entering ? <SignIn /> : <Chat />}
      <Toasts />
      {store.dialog.value === 'jump' && <Jump />}
      {store.dialog.value === 'keys' && <Keys />}
      <Explanation />
      <VerdictCard />
      <div class="sr" aria-live="polite">
        {store.announcer.text.value}
      </div>
    </>
  );
}

/** Someone known is on the way in: show the page at once rather than the name form. */
function isConnecting(): boolean {
  return ['connecting', 'greeting', 'waiting', 'online'].includes(store.connection.value.is);
}

function Chat(): JSX.Element {
  const room = store.room.value;
  const drawer = store.drawer.value;
  return (
    <div class="chat">
      <Sidebar />
      <main class="room" inert={drawer !== 'none' && isNarrow()}>
        <RoomHeader room={room} />
        <Banner />
        {room ? (
          <>
            <RecapPanel room={room} />
            <FindPanel key={`find-${room.name}`} room={room} />
            <MessageList key={`list-${room.name}`} room={room} />
            <Composer key={`write-${room.name}`} room={room} />
          </>
        ) : (
          <NoRoom />
        )}
      </main>
      {room && <Members room={room} />}
      {drawer !== 'none' && (
        <div class="backdrop" onClick={() => (store.drawer.value = 'none')} />
      )}
    </div>
  );
}

const isNarrow = (): boolean => matchMedia('(max-width: 720px)').matches;

function RoomHeader({ room }: { room: RoomModel | undefined }): JSX.Element {
  const count = room?.memberCount.value ?? 0;
  const unread = store.unreadElsewhere.value;
  return (
    <header class="room-header">
      <button
        type="button"
        class="icon-button open-rooms"
        aria-label={unread > 0 ? `Rooms, ${unread} unread` : 'Rooms'}
        onClick={() => (store.drawer.value = 'rooms')}
      >
        <Icon name="menu" />
        {unread > 0 && <span class="dot" />}
      </button>
      <h1>
        {room && <span class="hash">#</span>}
        {room?.name ?? 'Parley'}
      </h1>
      {room && (
        <button
          type="button"
          class="icon-button"
          title="Search this room (Ctrl/⌘ Shift F)"
          aria-label={`Search ${room.name}`}
          aria-expanded={room.finding.value !== undefined}
          onClick={() => store.find(room)}
        >
          <Icon name="search" />
        </button>
      )}
      {room && (
        <button
          type="button"
          class="people"
          title="Who is here"
          aria-label={`Members: ${whole(count)}`}
          onClick={() =>
            (store.drawer.value = store.drawer.value === 'members' ? 'none' : 'members')
          }
        >
          <Icon name="people" />
          {whole(count)}
        </button>
      )}
    </header>
  );
}

function NoRoom(): JSX.Element {
  return (
    <div class="empty">
      <h2>No room is open</h2>
      <p>Join one from the list, or make your own.</p>
      <button type="button" class="primary" onClick={() => (store.dialog.value = 'jump')}>
        Find or make a room
      </button>
    </div>
  );
}
