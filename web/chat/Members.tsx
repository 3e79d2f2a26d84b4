/* SPDX-License-Identifier: MIT */
/* Right column: who is in the room now. */
import type { JSX } from 'preact';
import { whole } from '../ui/format';
import { Icon } from '../ui/icons';
import { Avatar } from './Avatar';
import { Pulse } from './Pulse';
import type { RoomModel } from './room-model';
import { store } from './store';

export function Members({ room }: { room: RoomModel }): JSX.Element {
  const members = [...room.members.value].sort((a, b) => a.name.localeCompare(b.name));
  const total = room.memberCount.value;
  return (
    <aside
      class="members"
      data-open={store.drawer.value === 'members'}
      aria-label={`Members of ${room.name}`}
    >
      <header>
        <h2>This room</h2>
        <button
          type="button"
          class="icon-button drawer-close"
          aria-label="Close the member list"
          onClick={() => (store.drawer.value = 'none')}
        >
          <Icon name="close" />
        </button>
      </header>
      <Pulse key={room.name} room={room} />
      <h3>
        Here now <span class="count">{whole(total)}</span>
      </h3>
      <ul>
        {members.map((user) => (
          <li key={user.id}>
            <Avatar user={user} />
            <bdi>{user.name}</bdi>
            {user.id === room.me.id && <span class="tag">you</span>}
            {user.role && user.role !== 'guest' && user.role !== 'member' && (
              <span class="tag">{user.role}</span>
            )}
          </li>
        ))}
      </ul>
      {total > members.length && <p class="more">and {whole(total - members.length)} more</p>}
    </aside>
  );
}
