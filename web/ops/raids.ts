/* SPDX-License-Identifier: MIT */
/* Which of the liveliest rooms are being raided; asked while the page is open. Owns its signal. */
import { signal } from '@preact/signals';
import { toInsights } from '../ui/insights';
import { call } from './api';

export const raids = signal<{ room: string; why: string[] }[]>([]);

const EVERY_MS = 15_000;
const ROOMS = 8;

async function ask(): Promise<void> {
  if (document.hidden) return;
  const { rooms } = await call<{ rooms: { room: string }[] }>(
    'GET',
    `/api/v1/rooms?limit=${ROOMS}`,
  );
  const found: { room: string; why: string[] }[] = [];
  for (const { room } of rooms) {
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/insights`;
    const { raid } = toInsights(await call('GET', path));
    if (raid) found.push({ room, why: raid });
  }
  raids.value = found;
}

/** Begins asking again and again; returns how to stop. */
export function watchRaids(): () => void {
  /* Who does not answer has no news; that the server is silent is told elsewhere. */
  const attempt = (): void => void ask().catch(() => undefined);
  attempt();
  const timer = window.setInterval(attempt, EVERY_MS);
  return () => window.clearInterval(timer);
}
