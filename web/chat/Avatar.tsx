/* SPDX-License-Identifier: MIT */
import type { JSX } from 'preact';
import type { User } from '../sdk/index';

/**
 * One of twelve hues, always the same for the same person (FNV-1a, its bits mixed: ids look
 * alike).
 */
function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const c of id) hash = Math.imul(hash ^ (c.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % 12;
}

export function Avatar({ user }: { user: User }): JSX.Element {
  const initial = (Array.from(user.name.trim())[0] ?? '?').toLocaleUpperCase();
  return (
    <span class="avatar" data-hue={hueOf(user.id)} aria-hidden="true">
      {initial}
    </span>
  );
}
