/* SPDX-License-Identifier: MIT */
/*
 * Line icons on a 20-unit grid, drawn in the text's colour; decoration only, so hidden from
 * readers.
 */
import type { JSX } from 'preact';

const PATHS = {
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  people:
    'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 16.5c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5' +
    'M13 3.8a3 3 0 0 1 0 5.4M15 12.3c1.9.6 3 2 3 4.2',
  close: 'M5 5l10 10M15 5L5 15',
  plus: 'M10 4v12M4 10h12',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5L17 17',
  send: 'M3.5 10L17 3.5 13.5 17l-3.2-5.3L3.5 10ZM10.3 11.7L17 3.5',
  reply: 'M8 5L3.5 9.5 8 14M3.5 9.5H11c3.5 0 5.5 2 5.5 5.5',
  edit: 'M4 16l.8-3.5L13.3 4a1.8 1.8 0 0 1 2.6 2.6L7.5 15.2 4 16Z',
  trash: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5',
  smile:
    'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z' +
    'M7 12c.8 1.2 1.8 1.8 3 1.8s2.2-.6 3-1.8M7.5 8v.01M12.5 8v.01',
  flag: 'M5 17V3.5h9.5L12.5 7.5l2 4H5',
  down: 'M10 4v12M5 11l5 5 5-5',
  sun:
    'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.5M10 16.5V18M2 10h1.5' +
    'M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  moon: 'M16.5 11.5A7 7 0 0 1 8.5 3.5a7 7 0 1 0 8 8Z',
  auto: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 3v14M10 6h5.5M10 10h7M10 14h5.5',
  leave: 'M11.5 5.5V3.5h-8v13h8v-2M8 10h9.5M14.5 7l3 3-3 3',
  keyboard: 'M2.5 5h15v10h-15V5ZM5.5 8v.01M8.5 8v.01M11.5 8v.01M14.5 8v.01M6 12h8',
  warn: 'M10 3l7.5 13.5h-15L10 3ZM10 8v4M10 14.2v.01',
  check: 'M4 10.5l4 4 8-9',
  why:
    'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z' +
    'M8 8a2 2 0 1 1 2.8 1.8c-.5.3-.8.7-.8 1.4M10 13.8v.01',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4l2.5 2',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
