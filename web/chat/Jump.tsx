/* SPDX-License-Identifier: MIT */
/* Ctrl/Cmd-K: type a few letters, Enter goes there; a name that no room has yet makes one. */
import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Dialog } from './Dialog';
import { isRoomName, toRoomName } from './route';
import { store } from './store';

interface Choice {
  name: string;
  detail: string;
}

const SHOWN = 8;

export function Jump(): JSX.Element {
  /* Signals, so that Enter pressed before the next frame is drawn sees what was just typed. */
  const typed = useSignal('');
  const at = useSignal(0);
  const choices = useComputed(() => choicesFor(toRoomName(typed.value)));
  const chosen = useComputed(() => choices.value[Math.min(at.value, choices.value.length - 1)]);

  const onKeyDown = (e: KeyboardEvent): void => {
    const count = choices.value.length;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      const by = e.key === 'ArrowDown' ? 1 : count - 1;
      at.value = (Math.min(at.value, count - 1) + by) % Math.max(1, count);
    } else if (e.key === 'Enter') {
      e.preventDefault();
      if (chosen.value) store.go(chosen.value.name);
    }
  };

  return (
    <Dialog label="Go to a room" onClose={() => (store.dialog.value = 'none')}>
      <input
        class="jump-field"
        role="combobox"
        aria-label="Room name"
        aria-expanded="true"
        aria-controls="jump-list"
        aria-activedescendant={chosen.value ? `jump-${chosen.value.name}` : undefined}
        placeholder="Room name"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={typed.value}
        onInput={(e) => {
          typed.value = e.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="jump-list" id="jump-list" role="listbox" aria-label="Rooms">
        {choices.value.map((choice) => (
          <li
            key={choice.name}
            id={`jump-${choice.name}`}
            role="option"
            aria-selected={choice === chosen.value}
            onClick={() => store.go(choice.name)}
          >
            <span class="hash">#</span>
            <span class="room-name">{choice.name}</span>
            <span class="detail">{choice.detail}</span>
          </li>
        ))}
      </ul>
      {choices.value.length === 0 && (
        <p class="hint">
          Names have letters, digits, and . _ : - and begin with a letter or digit.
        </p>
      )}
    </Dialog>
  );
}

/** Own rooms first, then the server's; a new name comes last, as the offer to make it. */
function choicesFor(query: string): Choice[] {
  const mine = [...store.rooms.value.values()].map((room) => ({
    name: room.name,
    detail: room.unread.value > 0 ? `${room.unread.value} unread` : 'joined',
  }));
  const others = store.directory.value
    .filter((r) => !store.rooms.value.has(r.room))
    .map((r) => ({ name: r.room, detail: peopleIn(r.members) }));
  const found = [...mine, ...others].filter((c) => c.name.includes(query));
  found.sort((a, b) => Number(b.name.startsWith(query)) - Number(a.name.startsWith(query)));
  const shown = found.slice(0, SHOWN);
  const exists = [...mine, ...others].some((c) => c.name === query);
  if (isRoomName(query) && !exists) shown.push({ name: query, detail: 'make this room' });
  return shown;
}

function peopleIn(members: number): string {
  if (members === 0) return 'nobody here now';
  return members === 1 ? '1 person here' : `${members} people here`;
}
