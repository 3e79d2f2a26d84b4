/* SPDX-License-Identifier: MIT */
/*
 * Left column: the rooms attended with what is unread, the other rooms of the server, who one
 * is.
 */
import type { JSX } from 'preact';
import { Icon } from '../ui/icons';
import { ThemeButton } from '../ui/ThemeButton';
import { Avatar } from './Avatar';
import type { RoomModel } from './room-model';
import { Mark } from './SignIn';
import { store } from './store';

const OTHERS_SHOWN = 12;

export function Sidebar(): JSX.Element {
  const rooms = [...store.rooms.value.values()];
  const others = store.directory.value.filter((r) => !store.rooms.value.has(r.room));
  return (
    <aside class="sidebar" data-open={store.drawer.value === 'rooms'} aria-label="Rooms">
      <header class="brand">
        <Mark />
        <span>Parley</span>
        <button
          type="button"
          class="icon-button drawer-close"
          aria-label="Close the room list"
          onClick={() => (store.drawer.value = 'none')}
        >
          <Icon name="close" />
        </button>
      </header>
      <button type="button" class="jump" onClick={() => (store.dialog.value = 'jump')}>
        <Icon name="search" />
        <span>Find or make a room</span>
        <kbd>{isMac ? '⌘' : 'Ctrl'} K</kbd>
      </button>
      <nav class="room-lists" aria-label="Rooms">
        <h2>Your rooms</h2>
        <ul>
          {rooms.map((room) => (
            <RoomLink key={room.name} room={room} />
          ))}
        </ul>
        {others.length > 0 && <h2>More rooms</h2>}
        <ul>
          {others.slice(0, OTHERS_SHOWN).map((r) => (
            <li key={r.room}>
              <button type="button" class="room-link other" onClick={() => store.go(r.room)}>
                <span class="hash">#</span>
                <span class="room-name">{r.room}</span>
                {r.members > 0 && (
                  <span class="room-size" title={`${r.members} here`}>
                    {r.members}
                    <span class="sr"> here</span>
                  </span>
                )}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <Self />
    </aside>
  );
}

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

function RoomLink({ room }: { room: RoomModel }): JSX.Element {
  const current = store.current.value === room.name;
  const unread = room.unread.value;
  const count = `${unread}${room.unreadIsMore ? '+' : ''}`;
  return (
    <li class="room-item">
      <button
        type="button"
        class="room-link"
        aria-current={current ? 'page' : undefined}
        data-unread={unread > 0}
        onClick={() => store.go(room.name)}
      >
        <span class="hash">#</span>
        <span class="room-name">{room.name}</span>
        {unread > 0 && (
          <span class="badge">
            {count}
            <span class="sr"> unread</span>
          </span>
        )}
      </button>
      <button
        type="button"
        class="icon-button room-leave"
        title={`Leave #${room.name}`}
        aria-label={`Leave ${room.name}`}
        onClick={() => store.leave(room.name)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

function Self(): JSX.Element | null {
  const me = store.me.value;
  if (!me) return null;
  return (
    <footer class="self">
      <Avatar user={me} />
      <bdi class="self-name">{me.name}</bdi>
      <button
        type="button"
        class="icon-button"
        title="Keyboard shortcuts (?)"
        aria-label="Keyboard shortcuts"
        onClick={() => (store.dialog.value = 'keys')}
      >
        <Icon name="keyboard" />
      </button>
      <ThemeButton />
      <button
        type="button"
        class="icon-button"
        title="Sign out"
        aria-label="Sign out"
        onClick={() => store.signOut()}
      >
        <Icon name="leave" />
      </button>
    </footer>
  );
}
