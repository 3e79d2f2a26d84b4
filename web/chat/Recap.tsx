/* SPDX-License-Identifier: MIT */
/* What was missed in a room, in quotes that lead to their messages. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Quote, Recap, RecapThread } from '../sdk/index';
import { plural, whole } from '../ui/format';
import { Icon } from '../ui/icons';
import type { RoomModel } from './room-model';
import { store } from './store';

export function RecapPanel({ room }: { room: RoomModel }): JSX.Element | null {
  return room.catchUp.value ? <Panel room={room} /> : null;
}

function Panel({ room }: { room: RoomModel }): JSX.Element {
  const head = useRef<HTMLHeadingElement>(null);
  const state = room.catchUp.value;
  const close = (): void => {
    room.catchUp.value = undefined;
    document.querySelector<HTMLElement>('.composer textarea')?.focus();
  };
  useLayoutEffect(() => head.current?.focus(), []);
  return (
    <section
      class="recap"
      aria-label="What you missed"
      onKeyDown={(e) => {
        if (e.key !== 'Escape') return;
        e.stopPropagation();
        close();
      }}
    >
      <header>
        <h2 tabIndex={-1} ref={head}>
          What you missed
        </h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Close what you missed"
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="recap-body" aria-live="polite">
        {state?.is === 'asked' && <p class="aside">The workers are reading…</p>}
        {state?.is === 'failed' && <p role="alert">{state.why}</p>}
        {state?.is === 'told' && <Told room={room} recap={state.recap} />}
      </div>
    </section>
  );
}

function Told({ room, recap }: { room: RoomModel; recap: Recap }): JSX.Element {
  if (recap.messages === 0) {
    return (
      <p>
        Nothing was missed.{' '}
        {recap.since > 0 && (
          <button type="button" class="link" onClick={() => void store.recap(room, 0)}>
            Sum up the whole room
          </button>
        )}
      </p>
    );
  }
  const { threads, questions, decisions } = recap;
  const quote = (q: Quote): JSX.Element => <Said room={room} quote={q} />;
  return (
    <>
      <p class="aside">
        {recap.more && 'The newest part: '}
        {plural(recap.messages, 'message')} of {people(recap.people.length)}
        {recap.people.length > 0 && `: ${namesOf(recap.people.map((p) => p.name))}`}.
      </p>
      {decisions.length > 0 && (
        <>
          <h3>Decided</h3>
          <ul>
            {decisions.map((d) => (
              <li key={d.seq}>{quote(d)}</li>
            ))}
          </ul>
        </>
      )}
      {questions.length > 0 && (
        <>
          <h3>Asked</h3>
          <ul>
            {questions.map((q) => (
              <li key={q.seq}>
                {quote(q)}
                {q.answer ? quote(q.answer) : <span class="aside">No answer yet.</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {threads.map((thread) => (
        <Thread key={thread.title} thread={thread} quote={quote} />
      ))}
    </>
  );
}

function Thread(props: {
  thread: RecapThread;
  quote(q: Quote): JSX.Element;
}): JSX.Element {
  const { thread, quote } = props;
  return (
    <>
      <h3>
        {thread.title} <span class="aside">{plural(thread.messages, 'message')}</span>
      </h3>
      <ul>
        {thread.highlights.map((q) => (
          <li key={q.seq}>{quote(q)}</li>
        ))}
      </ul>
    </>
  );
}

function Said({ room, quote }: { room: RoomModel; quote: Quote }): JSX.Element {
  return (
    <button
      type="button"
      class="recap-quote"
      onClick={() => (room.jumpTo.value = quote.seq)}
    >
      <bdi>{quote.user}</bdi> <span>{quote.text}</span>
    </button>
  );
}

const people = (n: number): string => (n === 1 ? 'one person' : `${whole(n)} people`);

const NAMES = 4;

function namesOf(names: string[]): string {
  const more = names.length - NAMES;
  return names.slice(0, NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
