/* SPDX-License-Identifier: MIT */
/* The SDK's Platform as a browser page provides it. */
import {
  MemoryStorage,
  type Clock,
  type Platform,
  type Socket,
  type Storage,
} from '../sdk/index';

/** localStorage, or memory where the browser refuses it; a full store never stops the chat. */
function openStorage(): Storage {
  try {
    const local = window.localStorage;
    local.setItem('parley/probe', '1');
    local.removeItem('parley/probe');
    return {
      get: (key) => local.getItem(key),
      set: (key, value) => {
        try {
          local.setItem(key, value);
        } catch (error) {
          console.warn('parley: could not store', key, error);
        }
      },
      remove: (key) => local.removeItem(key),
      keys: (prefix) => Object.keys(local).filter((k) => k.startsWith(prefix)),
    };
  } catch {
    return new MemoryStorage();
  }
}

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => window.setTimeout(run, ms),
  cancel: (timer) => window.clearTimeout(timer as number | undefined),
};

function random(): number {
  const word = new Uint32Array(1);
  crypto.getRandomValues(word);
  return (word[0] ?? 0) / 2 ** 32;
}

export const storage = openStorage();

export const platform: Platform = {
  connect: (url) => new WebSocket(url, 'parley.v1') as unknown as Socket,
  clock,
  random,
  storage,
};

export function socketUrl(): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/ws`;
}
