/* SPDX-License-Identifier: MIT */
/*
 * The room shown is in the address (`/#/lobby`), so that it can be linked, reloaded and gone
 * back to.
 */

const ROOM = /^[a-z0-9][a-z0-9._:-]{0,63}$/;

export const isRoomName = (name: string): boolean => ROOM.test(name);

/** What somebody typed, as a room name: "Team Room!" becomes "team-room". */
export function toRoomName(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .replace(/^#+/, '')
    .replace(/[^a-z0-9._:-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, 64);
}

export function currentRoute(): string {
  return /^#\/(.+)$/.exec(location.hash)?.[1] ?? '';
}

export function setRoute(room: string): void {
  if (currentRoute() === room) return;
  if (room) location.hash = `#/${room}`;
  else history.replaceState(null, '', location.pathname);
}
