/* SPDX-License-Identifier: MIT */
/* A message of one's own on its way: seen at once, with what has become of it so far. */
import type { JSX } from 'preact';
import { markSpans, type Entry, type Judgement } from '../sdk/index';
import { percent, timeOf } from '../ui/format';
import { Icon, type IconName } from '../ui/icons';
import { labelWord } from '../ui/labels';
import { Avatar } from './Avatar';
import type { Echo, RoomModel } from './room-model';
import { store } from './store';
import { Text } from './Text';

const SAYS = {
  sending: 'Sending…',
  waiting: 'Waiting for the connection',
  sent: 'Sent',
  held: 'Waiting for a moderator',
  declined: 'A moderator did not let this through',
  failed: 'Not sent',
} as const;

/** What kept a message from being sent, where the server says which words it means. */
function Found({ text, verdict }: { text: string; verdict: Judgement }): JSX.Element {
  const spans = verdict.labels.flatMap((l) => l.spans ?? []);
  const located = verdict.labels.filter((l) => l.spans && l.spans.length > 0);
  const found = located.length > 0 ? located : verdict.labels;
  return (
    <p class="found">
      {markSpans(text, spans).map((piece) =>
        piece.marked ? <mark>{piece.text}</mark> : piece.text,
      )}
      <span class="found-labels">
        {found.map((l) => `${labelWord(l.analyzer, l.label)} ${percent(l.score)}`).join(', ')}
      </span>
    </p>
  );
}

const ICONS: Partial<Record<Echo['state'], IconName>> = {
  failed: 'warn',
  declined: 'warn',
  sent: 'check',
};

export function EchoRow(props: { room: RoomModel; echo: Echo; head: boolean }): JSX.Element {
  const { room, echo, head } = props;
  const { entry, state } = echo;
  const text = String(entry.fields.text ?? '');
  return (
    <article
      class="message echo"
      data-head={head}
      data-own
      data-state={state}
      data-cid={entry.cid}
    >
      <div class="gutter">{head && <Avatar user={room.me} />}</div>
      <div class="body">
        {head && (
          <header>
            <bdi class="name">{room.me.name}</bdi>
            <time>{timeOf(entry.at)}</time>
          </header>
        )}
        {entry.error?.verdict ? (
          <Found text={text} verdict={entry.error.verdict} />
        ) : (
          <Text text={text} />
        )}
        <div class="fate" role={state === 'failed' ? 'alert' : undefined}>
          <Icon name={ICONS[state] ?? 'clock'} />
          <span>
            {SAYS[state]}
            {entry.error ? `: ${entry.error.message}` : ''}
          </span>
          {state === 'failed' && <Remedies room={room} entry={entry} text={text} />}
          {(state === 'held' || state === 'declined') && (
            <button type="button" class="link" onClick={() => room.dismissHeld(entry.cid)}>
              Hide
            </button>
          )}
        </div>
      </div>
    </article>
  );
}

/** Sending the same again helps when something broke, not when the text itself was turned down. */
function Remedies(props: { room: RoomModel; entry: Entry; text: string }): JSX.Element {
  const { room, entry, text } = props;
  const { cid } = entry;
  const isRejected = entry.error?.code === 'rejected';
  const takeBack = (): void => {
    store.discard(cid);
    room.takeBack.value = text;
  };
  return (
    <>
      {!isRejected && (
        <button type="button" class="link" onClick={() => store.retry(cid)}>
          Try again
        </button>
      )}
      <button type="button" class="link" onClick={takeBack}>
        {isRejected ? 'Edit and resend' : 'Edit'}
      </button>
      <button type="button" class="link" onClick={() => store.discard(cid)}>
        Discard
      </button>
    </>
  );
}
