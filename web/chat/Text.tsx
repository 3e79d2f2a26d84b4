/* SPDX-License-Identifier: MIT */
/* A message's text: text, line breaks, and http(s) links. Nothing in it is ever taken as markup. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { linkify } from './linkify';

export function Text({ text }: { text: string }): JSX.Element {
  const chunks = useMemo(() => linkify(text), [text]);
  return (
    <p class="text" dir="auto">
      {chunks.map((chunk) =>
        chunk.href ? (
          <a href={chunk.href} target="_blank" rel="noopener noreferrer nofollow">
            {chunk.text}
          </a>
        ) : (
          chunk.text
        ),
      )}
    </p>
  );
}
