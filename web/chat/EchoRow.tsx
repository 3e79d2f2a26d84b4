/* SPDX-License-Identifier: MIT */
/* A message of one's own on its way: seen at once, with what has become of it so far. */
import type { JSX } from 'preact';
import { timeOf } from '../ui/format';
import { Icon } from '../ui/icons';
import { Avatar } from './Avatar';
import type { Echo, RoomModel } from './room-model';
import { store } from './store';
import { Text } from './Text';

const SAYS = {
  sending: 'Sending…',
  waiting: 'Waiting for the connection',
  sent: 'Sent',
  held: 'Waiting for a moderator',
  failed: 'Not sent',
} as const;

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
        <Text text={text} />
        <div class="fate" role={state === 'failed' ? 'alert' : undefined}>
          <Icon name={state === 'failed' ? 'warn' : state === 'sent' ? 'check' : 'clock'} />
          <span>
            {SAYS[state]}
            {entry.error ? `: ${entry.error.message}` : ''}
          </span>
          {state === 'failed' && <Remedies room={room} cid={entry.cid} text={text} />}
          {state === 'held' && (
            <button type="button" class="link" onClick={() => room.dismissHeld(entry.cid)}>
              Hide
            </button>
          )}
        </div>
      </div>
    </article>
  );
}

function Remedies(props: { room: RoomModel; cid: string; text: string }): JSX.Element {
  const { room, cid, text } = props;
  const takeBack = (): void => {
    store.discard(cid);
    room.takeBack.value = text;
  };
  return (
    <>
      <button type="button" class="link" onClick={() => store.retry(cid)}>
        Try again
      </button>
      <button type="button" class="link" onClick={takeBack}>
        Edit
      </button>
      <button type="button" class="link" onClick={() => store.discard(cid)}>
        Discard
      </button>
    </>
  );
}
