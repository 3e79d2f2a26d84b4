/* SPDX-License-Identifier: MIT */
/* Asks the server once a second while the page is looked at, and keeps the last answer. */
import { batch, signal } from '@preact/signals';
import { ApiError, fetchAll, forgetToken, hasToken, takeTicket, tradeTicket } from './api';
import type { Stats, WorkersReport } from './types';

export type Access = { is: 'opening' } | { is: 'open' } | { is: 'closed'; why: string };

export const access = signal<Access>({ is: 'opening' });
export const stats = signal<Stats | undefined>(undefined);
export const workers = signal<WorkersReport | undefined>(undefined);
/** Since when the server has not answered; undefined while it does. */
export const silentSince = signal<number | undefined>(undefined);

const EVERY_MS = 1_000;

export async function startPolling(): Promise<void> {
  window.addEventListener('hashchange', () => void enter());
  await enter();
  for (;;) {
    const began = performance.now();
    if (!document.hidden && access.value.is === 'open') await ask();
    const left = EVERY_MS - (performance.now() - began);
    await new Promise((resume) => setTimeout(resume, Math.max(100, left)));
  }
}

async function enter(): Promise<void> {
  const ticket = takeTicket();
  try {
    if (ticket !== undefined) await tradeTicket(ticket);
    else if (!hasToken()) return close('This page is for whoever runs the server.');
    access.value = { is: 'open' };
  } catch (error) {
    const used = error instanceof ApiError && error.status === 401;
    close(
      used
        ? 'This link has been used already, or is too old.'
        : `No entry: ${messageOf(error)}.`,
    );
  }
}

async function ask(): Promise<void> {
  try {
    const [s, w] = await fetchAll();
    batch(() => {
      stats.value = s;
      workers.value = w;
      silentSince.value = undefined;
    });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      forgetToken();
      close('Your session has ended.');
    } else {
      silentSince.value ??= Date.now();
    }
  }
}

function close(why: string): void {
  access.value = { is: 'closed', why };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
