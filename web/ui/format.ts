/* SPDX-License-Identifier: MIT */
/* Numbers and times as people read them, in the browser's own language. */

const clockTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const dated = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
const relativeDay = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const grouped = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

export const timeOf = (ms: number): string => clockTime.format(ms);
export const fullTimeOf = (ms: number): string => fullTime.format(ms);

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** The local day that holds `ms`: [start, end). Days are not all 24 hours long. */
export function dayAround(ms: number): { start: number; end: number } {
  const start = startOfDay(ms);
  return { start, end: new Date(start).setDate(new Date(start).getDate() + 1) };
}

/** "today", "yesterday", "Monday, 3 March", "3 March 2024". */
export function dayOf(ms: number, now: number): string {
  const days = Math.round((startOfDay(ms) - startOfDay(now)) / 86_400_000);
  if (days > -2 && days < 1) return capital(relativeDay.format(days, 'day'));
  return now - ms < 300 * 86_400_000 ? weekday.format(ms) : dated.format(ms);
}

function capital(s: string): string {
  return s.charAt(0).toLocaleUpperCase() + s.slice(1);
}

export const whole = (n: number): string => grouped.format(n);

/** "1 room", "7 rooms": for words whose plural is an s. */
export const plural = (n: number, word: string): string =>
  `${whole(n)} ${word}${n === 1 ? '' : 's'}`;

/** 950, 12.3k, 4.1M: three figures, whatever the size. */
export function short(n: number): string {
  if (!Number.isFinite(n)) return '–';
  const abs = Math.abs(n);
  if (abs < 10 && !Number.isInteger(n)) return n.toFixed(1);
  if (abs < 1000) return String(Math.round(n));
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (abs >= size) return (n / size).toFixed(abs / size < 100 ? 1 : 0) + unit;
  }
  return String(n);
}

export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${n < 10 && i > 0 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

/** A length of time given in milliseconds: 0.24 ms, 12 ms, 3.4 s, 5 min, 2 h 10 min, 3 d 4 h. */
export function span(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 0.005) return '0 ms';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

export const percent = (score: number): string => `${Math.round(score * 100)}%`;
