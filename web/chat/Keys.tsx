/* SPDX-License-Identifier: MIT */
/* The ? sheet, and the keys that work anywhere on the page. */
import type { JSX } from 'preact';
import { Icon } from '../ui/icons';
import { Dialog } from './Dialog';
import { store } from './store';
import { hideVerdict } from './Verdict';

const KEYS: readonly [keys: string[], does: string][] = [
  [['Ctrl/⌘', 'K'], 'Go to a room, or make one'],
  [['Alt', '↑ ↓'], 'Previous or next room'],
  [['Alt', 'Shift', '↑ ↓'], 'Previous or next unread room'],
  [['Enter'], 'Send'],
  [['Shift', 'Enter'], 'New line'],
  [['↑'], 'Edit your last message (in an empty field)'],
  [['Shift', 'Tab'], 'From the field to the messages; ↑ ↓ walk, Tab acts'],
  [['Esc'], 'Close, cancel, back to the field'],
  [['Ctrl/⌘', 'Shift', 'F'], 'Search this room; ↑ ↓ walk, Enter goes there'],
  [['/find'], 'The same: /find some words'],
  [['/recap'], 'What you missed; /recap all: the whole room'],
  [['?'], 'This sheet'],
];

export function Keys(): JSX.Element {
  const close = (): void => {
    store.dialog.value = 'none';
  };
  return (
    <Dialog label="Keyboard shortcuts" onClose={close}>
      <header class="dialog-head">
        <h2>Keyboard shortcuts</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

export function listenToKeys(): void {
  document.addEventListener('keydown', onKey);
}

function onKey(e: KeyboardEvent): void {
  if (!store.me.value || e.isComposing) return;
  const writing = (e.target as HTMLElement).closest('input, textarea, select') !== null;
  if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'k') {
    e.preventDefault();
    store.dialog.value = store.dialog.value === 'jump' ? 'none' : 'jump';
  } else if (store.dialog.value !== 'none') {
    return;
  } else if ((e.ctrlKey || e.metaKey) && e.shiftKey && e.key.toLowerCase() === 'f') {
    e.preventDefault();
    if (store.room.value) store.find(store.room.value);
  } else if (e.altKey && (e.key === 'ArrowUp' || e.key === 'ArrowDown')) {
    e.preventDefault();
    store.step(e.key === 'ArrowUp' ? -1 : 1, e.shiftKey);
  } else if (e.key === '?' && !writing) {
    store.dialog.value = 'keys';
  } else if (e.key === 'Escape') {
    escape();
  }
}

/** The innermost open thing goes first. */
function escape(): void {
  if (hideVerdict()) return;
  if (store.drawer.value !== 'none') store.drawer.value = 'none';
  else document.querySelector<HTMLElement>('.composer textarea')?.focus();
}
