/* SPDX-License-Identifier: MIT */
/* The first screen: a name, and what is wrong with it when the server says no. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { RequestError } from '../sdk/index';
import { ThemeButton } from '../ui/ThemeButton';
import { store } from './store';

export function SignIn(): JSX.Element {
  const name = useSignal(store.knownName ?? '');
  const input = useRef<HTMLInputElement>(null);
  const state = store.connection.value;
  const busy = ['connecting', 'greeting', 'online'].includes(state.is);
  const suggest = state.is === 'refused' ? state.error.suggest : undefined;
  const problem = problemOf(name.value);

  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (state.is === 'refused') input.current?.select();
  }, [state.is]);

  const enter = (chosen: string): void => {
    name.value = chosen;
    if (chosen.trim()) store.signIn(chosen.trim());
    else input.current?.focus();
  };

  return (
    <main class="sign-in">
      <div class="corner">
        <ThemeButton />
      </div>
      <form
        class="card"
        onSubmit={(e) => {
          e.preventDefault();
          enter(name.value);
        }}
      >
        <Mark />
        <h1>Parley</h1>
        <p class="lead">Pick a name and come in.</p>
        <label for="name">Your name</label>
        <input
          id="name"
          ref={input}
          autocomplete="nickname"
          autocapitalize="none"
          spellcheck={false}
          maxLength={64}
          placeholder="ada"
          value={name.value}
          aria-invalid={problem !== ''}
          aria-describedby="name-problem"
          onInput={(e) => (name.value = e.currentTarget.value)}
        />
        <p class="problem" id="name-problem" role="alert">
          {problem}
          {suggest && (
            <button type="button" class="link" onClick={() => enter(suggest)}>
              Use “{suggest}”
            </button>
          )}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Coming in…' : 'Start chatting'}
        </button>
      </form>
    </main>
  );
}

function problemOf(name: string): string {
  const state = store.connection.value;
  if (state.is === 'waiting') return 'The server cannot be reached. Trying again…';
  if (state.is === 'stopped' && state.reason !== 'signed out') return state.reason;
  if (state.is !== 'refused' || !(state.error instanceof RequestError)) return '';
  if (state.error.code === 'conflict') return `“${name.trim()}” is taken right now. `;
  if (state.error.code === 'unauthenticated')
    return 'Your last visit has ended. Come in again.';
  return state.error.message.replace(/^'name'/, 'Your name');
}

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path
        class="mark-bubble"
        d="M6 4h20a4 4 0 0 1 4 4v11a4 4 0 0 1-4 4H15l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4Z"
      />
      <path class="mark-lines" d="M9 11.5h14M9 15.5h8" />
      <circle class="mark-dot" cx="22.5" cy="15.5" r="1.8" />
    </svg>
  );
}
