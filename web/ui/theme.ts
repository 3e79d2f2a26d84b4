/* SPDX-License-Identifier: MIT */
/* Light, dark, or as the system says; remembered. The colours themselves are in tokens.css. */
import { effect, signal } from '@preact/signals';
import { storage } from './browser';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'parley/theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];
const stored = storage.get(KEY) as Theme | null;

export const theme = signal<Theme>(stored && ORDER.includes(stored) ? stored : 'system');

/** Changes whenever the colours on the screen do, for what must be redrawn by hand. */
export const shade = signal<'light' | 'dark'>('light');

export function startTheme(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const resolve = (): void => {
    const system = dark.matches ? 'dark' : 'light';
    shade.value = theme.value === 'system' ? system : theme.value;
    document.documentElement.dataset.theme = shade.value;
  };
  dark.addEventListener('change', resolve);
  effect(resolve);
}

export function nextTheme(): void {
  const at = ORDER.indexOf(theme.value);
  theme.value = ORDER[(at + 1) % ORDER.length] ?? 'system';
  storage.set(KEY, theme.value);
}
