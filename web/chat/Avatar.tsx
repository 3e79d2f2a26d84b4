/* SPDX-License-Identifier: MIT */
import type { JSX } from 'preact';
import type { User } from '../sdk/index';

/** One of twelve hues, always the same for the same person. */
function hueOf(id: string): number {
  let hash = 0;
  for (const c of id) hash = (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return hash % 12;
}

export function Avatar({ user }: { user: User }): JSX.Element {
  const initial = (Array.from(user.name.trim())[0] ?? '?').toLocaleUpperCase();
  return (
    <span class="avatar" data-hue={hueOf(user.id)} aria-hidden="true">
      {initial}
    </span>
  );
}
