/* SPDX-License-Identifier: MIT */
/* One message: who, when, text, reactions, verdict, and what one can do with it. */
import type { JSX } from 'preact';
import { memo } from './memo';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fullTimeOf, timeOf } from '../ui/format';
import { Icon, type IconName } from '../ui/icons';
import { Avatar } from './Avatar';
import { explain } from './Explanation';
import type { RoomModel } from './room-model';
import { store } from './store';
import { Text } from './Text';
import type { Message, Reaction } from './timeline';
import { Verdicts } from './Verdict';

export const EMOJI = ['👍', '❤️', '😂', '🎉', '👀', '🙏', '✅', '🤔'];

interface Props {
  room: RoomModel;
  message: Message;
  head: boolean;
  onJump(seq: number): void;
}

export const MessageRow = memo(function MessageRow(props: Props): JSX.Element {
  const { room, message, head, onJump } = props;
  const [hover, setHover] = useState(false);
  const [focus, setFocus] = useState(false);
  const active = hover || focus;
  const { verdict } = message;
  const flagged = verdict !== undefined && verdict.action !== 'none' && !verdict.outdated;
  return (
    <article
      class="message"
      data-seq={message.seq}
      data-head={head}
      data-own={message.user.id === room.me.id}
      data-flagged={flagged}
      tabIndex={-1}
      aria-label={`${message.user.name}, ${timeOf(message.ts)}`}
      onPointerEnter={() => setHover(true)}
      onPointerLeave={() => setHover(false)}
      onFocusCapture={() => setFocus(true)}
      onBlurCapture={(e) => {
        if (!e.currentTarget.contains(e.relatedTarget as Node | null)) setFocus(false);
      }}
    >
      {message.replyTo !== undefined && (
        <Quote room={room} seq={message.replyTo} onJump={onJump} />
      )}
      <div class="gutter">
        {head ? <Avatar user={message.user} /> : <Time message={message} />}
      </div>
      <div class="body">
        {head && (
          <header>
            <bdi class="name">{message.user.name}</bdi>
            <Time message={message} />
          </header>
        )}
        {message.deleted ? (
          <p class="text gone">This message was deleted.</p>
        ) : (
          <>
            <Text text={message.text} />
            {message.edited && <span class="edited">edited</span>}
            <Verdicts
              message={message}
              tabbable={active}
              explain={() => explain(room.name, message)}
            />
            <Reactions room={room} message={message} />
          </>
        )}
      </div>
      {active && !message.deleted && <Actions room={room} message={message} />}
    </article>
  );
});

function Time({ message }: { message: Message }): JSX.Element {
  const iso = new Date(message.ts).toISOString();
  return (
    <time dateTime={iso} title={fullTimeOf(message.ts)}>
      {timeOf(message.ts)}
    </time>
  );
}

function Quote(props: {
  room: RoomModel;
  seq: number;
  onJump(seq: number): void;
}): JSX.Element {
  const { room, seq, onJump } = props;
  const quoted = room.find(seq);
  return (
    <button type="button" class="quote" onClick={() => onJump(seq)}>
      <Icon name="reply" />
      {quoted ? (
        <>
          <bdi>{quoted.user.name}</bdi>
          <span class="quote-text">{quoted.deleted ? 'deleted message' : quoted.text}</span>
        </>
      ) : (
        <span class="quote-text">an earlier message</span>
      )}
    </button>
  );
}

function Reactions({
  room,
  message,
}: {
  room: RoomModel;
  message: Message;
}): JSX.Element | null {
  if (message.reactions.length === 0) return null;
  return (
    <div class="reactions">
      {message.reactions.map((reaction) => (
        <button
          type="button"
          key={reaction.emoji}
          class="reaction"
          aria-pressed={reaction.users.some((u) => u.id === room.me.id)}
          title={namesOf(reaction)}
          aria-label={`${reaction.emoji} ${reaction.users.length}: ${namesOf(reaction)}`}
          onClick={() => store.react(room, message.seq, reaction.emoji)}
        >
          <span>{reaction.emoji}</span>
          <span>{reaction.users.length}</span>
        </button>
      ))}
    </div>
  );
}

function namesOf(reaction: Reaction): string {
  const names = reaction.users.slice(0, 10).map((u) => u.name);
  const more = reaction.users.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function Actions({ room, message }: { room: RoomModel; message: Message }): JSX.Element {
  const own = message.user.id === room.me.id;
  const [picking, setPicking] = useState(false);
  const [sure, setSure] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (bar.current) keepInView(bar.current);
  }, [picking]);
  if (picking) {
    return (
      <div class="actions" role="toolbar" aria-label="React with" ref={bar}>
        {EMOJI.map((emoji) => (
          <button
            type="button"
            key={emoji}
            class="emoji"
            aria-label={`React with ${emoji}`}
            onClick={() => {
              setPicking(false);
              store.react(room, message.seq, emoji);
            }}
          >
            {emoji}
          </button>
        ))}
      </div>
    );
  }
  return (
    <div class="actions" role="toolbar" aria-label="Message actions" ref={bar}>
      <Action icon="smile" says="React" run={() => setPicking(true)} />
      <Action icon="reply" says="Reply" run={() => startReply(room, message)} />
      {message.verdict && (
        <Action icon="why" says="Why this verdict" run={() => explain(room.name, message)} />
      )}
      {own && <Action icon="edit" says="Edit" run={() => startEdit(room, message)} />}
      {own && !sure && <Action icon="trash" says="Delete" run={() => setSure(true)} />}
      {own && sure && (
        <button type="button" class="sure" onClick={() => store.delete(room, message.seq)}>
          Delete?
        </button>
      )}
    </div>
  );
}

/** The bar stands on the message's upper edge, or inside it where that edge is out of sight. */
function keepInView(bar: HTMLElement): void {
  const view = bar.closest('.scroll')?.getBoundingClientRect();
  if (view && bar.getBoundingClientRect().top < view.top) bar.dataset.inside = 'true';
}

function Action(props: {
  icon: IconName;
  says: string;
  run(): void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button"
      title={props.says}
      aria-label={props.says}
      onClick={props.run}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function startReply(room: RoomModel, message: Message): void {
  room.editing.value = undefined;
  room.replyingTo.value = message;
}

function startEdit(room: RoomModel, message: Message): void {
  room.replyingTo.value = undefined;
  room.editing.value = message;
}
