/* SPDX-License-Identifier: MIT */
/* Search of a room: what one looks for, the messages that have it, and the way to them. */
import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { markSpans } from '../sdk/index';
import { dayOf, fullTimeOf, plural, timeOf } from '../ui/format';
import { Icon } from '../ui/icons';
import { excerpt, fetchFound, type Hit, type Mode } from './found';
import type { RoomModel } from './room-model';
import { store } from './store';

/** Pages without a match that are passed over before the reader is asked whether to go on. */
const PAGES_PASSED = 25;

interface Results {
  question: string;
  mode: Mode;
  hits: Hit[];
  /** Where older messages begin that were not looked at. */
  before: number | undefined;
  state: 'asking' | 'told' | { problem: string };
}

export function FindPanel({ room }: { room: RoomModel }): JSX.Element | null {
  return room.finding.value ? <Panel room={room} /> : null;
}

function Panel({ room }: { room: RoomModel }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const place = useRef<HTMLElement>(null);
  const typed = useSignal('');
  const mode = useSignal<Mode>('words');
  const results = useSignal<Results | undefined>(undefined);
  const wanted = room.finding.value;

  const search = (): void => {
    const question = typed.value.trim();
    if (question === '') return;
    results.value = {
      question,
      mode: mode.value,
      hits: [],
      before: undefined,
      state: 'asking',
    };
    void look(room, results);
  };
  const close = (): void => {
    room.finding.value = undefined;
    document.querySelector<HTMLElement>('.composer textarea')?.focus();
  };
  useLayoutEffect(() => {
    typed.value = wanted?.words ?? '';
    field.current?.focus();
    search();
  }, [wanted]);

  return (
    <section
      class="find"
      role="search"
      aria-label={`Search ${room.name}`}
      ref={place}
      onKeyDown={(e) => {
        if (e.key === 'Escape') {
          e.stopPropagation();
          close();
        } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
          walk(e, place.current, field.current);
        }
      }}
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          search();
        }}
      >
        <Icon name="search" />
        <input
          ref={field}
          type="text"
          class="find-field"
          aria-label={`Search for words in ${room.name}`}
          placeholder={`Search #${room.name}`}
          enterkeyhint="search"
          maxLength={200}
          autocomplete="off"
          dir="auto"
          value={typed.value}
          onInput={(e) => (typed.value = e.currentTarget.value)}
        />
        <Modes
          mode={mode.value}
          choose={(next) => {
            mode.value = next;
            search();
          }}
        />
        <button type="button" class="icon-button" aria-label="Close the search" onClick={close}>
          <Icon name="close" />
        </button>
      </form>
      <Answers room={room} results={results} />
    </section>
  );
}

function Modes({ mode, choose }: { mode: Mode; choose(mode: Mode): void }): JSX.Element {
  const modes: [Mode, string][] = [
    ['words', 'Words'],
    ['meaning', 'Meaning'],
  ];
  return (
    <div class="find-modes" role="group" aria-label="Search by">
      {modes.map(([name, label]) => (
        <button
          type="button"
          key={name}
          aria-pressed={mode === name}
          onClick={() => mode !== name && choose(name)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function Answers(props: {
  room: RoomModel;
  results: Signal<Results | undefined>;
}): JSX.Element | null {
  const { room, results } = props;
  const found = results.value;
  const list = useRef<HTMLUListElement>(null);
  const shown = useRef(0);
  const count = found?.hits.length ?? 0;
  useLayoutEffect(() => {
    /* What came with "Look further back" goes on where the reader was. */
    if (shown.current > 0 && count > shown.current)
      list.current?.querySelectorAll<HTMLElement>('.find-hit')[shown.current]?.focus();
    shown.current = count;
  }, [count]);
  if (!found) return null;
  const { state } = found;
  return (
    <div class="find-body">
      <p class="aside" role="status">
        {summary(found)}
      </p>
      {typeof state === 'object' && (
        <p role="alert">
          {state.problem}{' '}
          <button type="button" class="link" onClick={() => void look(room, results)}>
            Try again
          </button>
        </p>
      )}
      <ul ref={list}>
        {found.hits.map((hit) => (
          <li key={hit.seq}>
            <Match room={room} hit={hit} />
          </li>
        ))}
      </ul>
      {state === 'told' && found.before !== undefined && (
        <button type="button" class="older" onClick={() => void look(room, results)}>
          Look further back
        </button>
      )}
    </div>
  );
}

function summary({ hits, state, before, mode }: Results): string {
  if (state === 'asking') return hits.length > 0 ? 'Looking further back…' : 'Searching…';
  if (typeof state === 'object') return '';
  if (hits.length > 0) {
    const order = mode === 'words' ? 'newest first' : 'best first';
    return `${plural(hits.length, 'message')}${before === undefined ? '' : ' so far'}, ${order}`;
  }
  if (before !== undefined) return 'Nothing in the newer part of this room.';
  return mode === 'words'
    ? 'No message has all of these words.'
    : 'No message comes near to this.';
}

function Match({ room, hit }: { room: RoomModel; hit: Hit }): JSX.Element {
  const part = excerpt(hit);
  return (
    <button type="button" class="find-hit" onClick={() => (room.jumpTo.value = hit.seq)}>
      <span class="find-head">
        <bdi>{hit.user}</bdi>
        <time title={fullTimeOf(hit.ts)}>
          {dayOf(hit.ts, Date.now())}, {timeOf(hit.ts)}
        </time>
        {hit.edited && <span class="aside">edited</span>}
      </span>
      <span class="find-text" dir="auto">
        {markSpans(part.text, part.spans).map((piece) =>
          piece.marked ? <mark>{piece.text}</mark> : piece.text,
        )}
      </span>
    </button>
  );
}

/** The next page of what is asked for; pages without a match are passed over. */
async function look(room: RoomModel, results: Signal<Results | undefined>): Promise<void> {
  if (!results.value) return;
  let now: Results = { ...results.value, state: 'asking' };
  results.value = now;
  const isOver = (): boolean => results.value !== now;
  try {
    for (let passed = 0; passed < PAGES_PASSED; passed++) {
      const { question, mode, hits, before } = now;
      const page = await fetchFound(room.name, question, mode, before, store.token ?? '');
      if (isOver()) return;
      now = {
        ...now,
        hits: [...hits, ...page.hits],
        before: page.more ? page.before : undefined,
      };
      results.value = now;
      if (page.hits.length > 0 || !page.more) break;
    }
    results.value = { ...now, state: 'told' };
  } catch (error) {
    if (isOver()) return;
    results.value = { ...now, state: { problem: sentence((error as Error).message) } };
  }
}

const sentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?`]$/.test(message) ? '' : '.'}`;

/** Down from the field to the newest match, up from there back to the field. */
function walk(
  e: KeyboardEvent,
  panel: HTMLElement | null,
  field: HTMLInputElement | null,
): void {
  const all = [...(panel?.querySelectorAll<HTMLElement>('.find-hit, .older') ?? [])];
  const at = all.indexOf(document.activeElement as HTMLElement);
  if (at < 0 && (document.activeElement !== field || e.key === 'ArrowUp')) return;
  const next = at === 0 && e.key === 'ArrowUp' ? field : all[at + (e.key === 'ArrowUp' ? -1 : 1)];
  if (!next) return;
  e.preventDefault();
  next.focus();
}
