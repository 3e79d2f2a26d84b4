/* SPDX-License-Identifier: MIT */
/*
 * Where one writes. Enter sends, Shift+Enter breaks the line, Up in an empty field edits the
 * last own message, Esc gives an edit or reply up. What is typed survives a reload (a draft a
 * room).
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { utf8Length } from '../sdk/index';
import { whole } from '../ui/format';
import { Icon } from '../ui/icons';
import { readLine } from './commands';
import type { RoomModel } from './room-model';
import { store } from './store';

export function Composer({ room }: { room: RoomModel }): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  /* A signal, so that a key pressed before the next frame is drawn sees what was just typed. */
  const written = useSignal('');
  const text = written.value;
  /** Why what was written is no command. */
  const said = useSignal('');
  const setText = (next: string): void => {
    written.value = next;
  };
  const editing = room.editing.value;
  const replying = room.replyingTo.value;
  const takenBack = room.takeBack.value;
  const limit = store.textLimit.value;
  const size = utf8Length(text);
  const tooLong = size > limit;

  useLayoutEffect(() => setText(store.draft(room.name)), []);
  useLayoutEffect(() => {
    if (field.current) fit(field.current);
  }, [text]);
  useLayoutEffect(() => {
    if (editing) setText(editing.text);
    if (editing || replying) field.current?.focus();
  }, [editing, replying]);
  useEffect(() => {
    if (takenBack === undefined) return;
    room.takeBack.value = undefined;
    setText(takenBack);
    field.current?.focus();
  }, [takenBack]);
  useEffect(() => {
    if (!matchMedia('(pointer: coarse)').matches) field.current?.focus();
  }, []);

  const change = (next: string): void => {
    setText(next);
    said.value = '';
    if (room.editing.value) return;
    store.setDraft(room.name, next);
    store.typing(room, next.trim() !== '' && readLine(next).is === 'text');
  };

  const giveUp = (): void => {
    room.replyingTo.value = undefined;
    if (!room.editing.value) return;
    room.editing.value = undefined;
    setText(store.draft(room.name));
  };

  const submit = (): void => {
    const line = written.value.trim();
    const edited = room.editing.value;
    if (line === '' || utf8Length(line) > limit) return;
    if (edited) {
      if (line !== edited.text) store.edit(room, edited.seq, line);
      giveUp();
    } else if (!obey(line)) {
      return;
    }
    field.current?.focus();
  };

  /** Sends it, or does what it says; false: something else has the focus now, or it stays. */
  const obey = (typed: string): boolean => {
    const line = readLine(typed);
    if (line.is === 'unknown') {
      said.value = line.problem;
      return false;
    }
    store.setDraft(room.name, '');
    setText('');
    if (line.is === 'text') store.send(room, line.text);
    else if (line.is === 'find') store.find(room, line.words);
    else void store.recap(room, line.all ? 0 : undefined);
    return line.is === 'text';
  };

  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.isComposing) return;
    if (e.key === 'Enter' && !e.shiftKey) {
      e.preventDefault();
      submit();
    } else if (e.key === 'Escape' && (editing || replying)) {
      e.stopPropagation();
      giveUp();
    } else if (e.key === 'ArrowUp' && written.value === '' && !e.altKey) {
      const last = room.lastOwn();
      if (!last) return;
      e.preventDefault();
      room.editing.value = last;
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
    >
      <Typists room={room} />
      <p class="composer-said" role="status">
        {said.value}
      </p>
      <div class="composer-box" data-mode={editing ? 'edit' : 'send'}>
        {(editing || replying) && (
          <div class="composer-context">
            <Icon name={editing ? 'edit' : 'reply'} />
            <span class="composer-about">
              {editing ? (
                'Editing your message'
              ) : (
                <>
                  Replying to <bdi>{replying?.user.name}</bdi>: {replying?.text}
                </>
              )}
            </span>
            <button type="button" class="icon-button" aria-label="Cancel" onClick={giveUp}>
              <Icon name="close" />
            </button>
          </div>
        )}
        <div class="composer-line">
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            value={text}
            placeholder={`Message #${room.name}`}
            aria-label={editing ? 'Edit your message' : `Message ${room.name}`}
            aria-invalid={tooLong}
            enterkeyhint="send"
            onInput={(e) => change(e.currentTarget.value)}
            onKeyDown={onKeyDown}
            onBlur={() => store.typing(room, false)}
          />
          {size > limit * 0.8 && (
            <span class="size" data-over={tooLong} role="status">
              {tooLong ? `${whole(size - limit)} too many` : `${whole(limit - size)} left`}
            </span>
          )}
          <button
            type="submit"
            class="send"
            aria-label={editing ? 'Save' : 'Send'}
            disabled={text.trim() === '' || tooLong}
          >
            <Icon name={editing ? 'check' : 'send'} />
          </button>
        </div>
      </div>
    </form>
  );
}

function Typists({ room }: { room: RoomModel }): JSX.Element {
  const names = room.typing.value.map((t) => t.user.name);
  return (
    <div class="typing" aria-live="off">
      {names.length > 0 && (
        <>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span>
            {names.length === 1 && (
              <>
                <bdi>{names[0]}</bdi> is typing
              </>
            )}
            {names.length === 2 && (
              <>
                <bdi>{names[0]}</bdi> and <bdi>{names[1]}</bdi> are typing
              </>
            )}
            {names.length > 2 && 'Several people are typing'}
          </span>
        </>
      )}
    </div>
  );
}

/** Grows the field with its text; the stylesheet sets where it stops. */
function fit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
