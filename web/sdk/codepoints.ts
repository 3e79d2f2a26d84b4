/* SPDX-License-Identifier: MIT */
/*
 * Spans count Unicode code points; JavaScript strings count UTF-16 units. An emoji before a
 * span shifts it by one, so every span is translated here and nowhere else.
 */
import type { Span } from './protocol';

export interface Piece {
  text: string;
  marked: boolean;
}

/** Cuts `text` at the spans' borders. Spans may overlap, be unordered, or reach past the end. */
export function markSpans(text: string, spans: readonly Span[]): Piece[] {
  const points = Array.from(text);
  const marked = new Array<boolean>(points.length).fill(false);
  for (const [start, end] of spans) {
    for (let i = Math.max(0, start); i < Math.min(end, points.length); i++) marked[i] = true;
  }
  const pieces: Piece[] = [];
  points.forEach((point, i) => {
    const last = pieces.at(-1);
    if (last && last.marked === marked[i]) last.text += point;
    else pieces.push({ text: point, marked: marked[i] === true });
  });
  return pieces;
}

/** Length in UTF-8 bytes, the unit of the server's limits. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const point of text) {
    const c = point.codePointAt(0) ?? 0;
    bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }
  return bytes;
}
