/* SPDX-License-Identifier: MIT */
/* What happened to the connection, in words; and small messages that go by. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ConnectionState } from '../sdk/index';
import { Icon } from '../ui/icons';
import { store } from './store';

export function Banner(): JSX.Element {
  const state = store.connection.value;
  const told = store.banner.value;
  return (
    <div class="banner-place" role="status">
      {state.is !== 'online' ? (
        <Outage state={state} />
      ) : (
        told && (
          <div class="banner" data-tone={told.tone}>
            <Icon name={told.tone === 'good' ? 'check' : 'warn'} />
            <span>{told.text}</span>
            <button
              type="button"
              class="icon-button"
              aria-label="Dismiss"
              onClick={() => (store.banner.value = undefined)}
            >
              <Icon name="close" />
            </button>
          </div>
        )
      )}
    </div>
  );
}

function Outage({ state }: { state: ConnectionState }): JSX.Element | null {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => (now.value = Date.now()), 500);
    return () => window.clearInterval(timer);
  }, []);
  if (state.is === 'stopped') {
    return (
      <div class="banner" data-tone="warn">
        <Icon name="warn" />
        <span>Disconnected: {state.reason}.</span>
        <button type="button" class="small" onClick={() => store.reconnect()}>
          Reconnect
        </button>
      </div>
    );
  }
  const left = state.is === 'waiting' ? Math.ceil((state.until - now.value) / 1000) : 0;
  return (
    <div class="banner" data-tone="info">
      <Icon name="clock" />
      <span>
        Connection lost.{' '}
        {left > 0 && <span aria-hidden="true">Trying again in {left} s. </span>}
        {left <= 0 && 'Reconnecting… '}
        What you write is kept and sent later.
      </span>
      {left > 0 && (
        <button type="button" class="small" onClick={() => store.reconnect()}>
          Try now
        </button>
      )}
    </div>
  );
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="alert">
      {store.toasts.value.map((toast) => (
        <div class="toast" key={toast.id}>
          <span>{toast.text}</span>
          <button
            type="button"
            class="icon-button"
            aria-label="Dismiss"
            onClick={() => store.dropToast(toast.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
