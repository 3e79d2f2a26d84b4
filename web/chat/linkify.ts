/* SPDX-License-Identifier: MIT */
/* Finds the web addresses in a text. Only http and https ever become links. Pure. */

export interface Chunk {
  text: string;
  href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/giu;
/** Closing marks that end a sentence rather than an address. */
const TAIL = /[.,;:!?…]+$/u;

export function linkify(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimTail(match[0]);
    const href = safeHref(address);
    if (!href) continue;
    if (match.index > at) chunks.push({ text: text.slice(at, match.index) });
    chunks.push({ text: address, href });
    at = match.index + address.length;
  }
  if (at < text.length) chunks.push({ text: text.slice(at) });
  return chunks;
}

/** "(see https://a.b/c)." links `https://a.b/c`, but `https://a.b/c_(d)` keeps its bracket. */
function trimTail(address: string): string {
  for (;;) {
    const shorter = address.replace(TAIL, '');
    const unpaired = shorter.endsWith(')') && count(shorter, ')') > count(shorter, '(');
    const next = unpaired ? shorter.slice(0, -1) : shorter;
    if (next === address) return address;
    address = next;
  }
}

const count = (s: string, mark: string): number => s.split(mark).length - 1;

function safeHref(address: string): string | undefined {
  try {
    const url = new URL(address);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
  } catch {
    return undefined;
  }
}
