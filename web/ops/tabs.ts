/* SPDX-License-Identifier: MIT */
/* Which part of the operator page is looked at; in the address, so that it can be kept and sent. */
import { signal } from '@preact/signals';

export const TABS = { status: 'Status', review: 'Review', rooms: 'Room rules' } as const;
export type Tab = keyof typeof TABS;

const read = (): Tab => {
  const name = location.hash.slice(1);
  return name in TABS ? (name as Tab) : 'status';
};

export const tab = signal<Tab>(read());

window.addEventListener('hashchange', () => (tab.value = read()));
