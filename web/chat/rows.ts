/* SPDX-License-Identifier: MIT */
/* From items to what stands under each other on the screen: days, the unread line, groups. Pure. */
import { dayAround } from '../ui/format';
import type { Item, Message, Notice } from './timeline';

export type Row =
  | { row: 'day'; key: string; ts: number }
  | { row: 'unread'; key: string }
  | { row: 'notice'; key: string; notice: Notice }
  | { row: 'message'; key: string; message: Message; head: boolean };

/** Messages of one person this close together share one heading. */
const GROUP_MS = 5 * 60_000;

/** `unreadAfter`: the line goes before the first message of somebody else beyond this seq. */
export function toRows(
  items: readonly Item[],
  unreadAfter: number | undefined,
  me: string,
): Row[] {
  const rows: Row[] = [];
  let lineDrawn = unreadAfter === undefined;
  let before: Item | undefined;
  let day = { start: 0, end: 0 };
  for (const item of items) {
    const newDay = item.ts < day.start || item.ts >= day.end;
    if (newDay) {
      day = dayAround(item.ts);
      rows.push({ row: 'day', key: `d${item.seq}`, ts: item.ts });
    }
    const isNew =
      item.kind === 'message' && item.user.id !== me && item.seq > (unreadAfter ?? 0);
    const line = !lineDrawn && isNew;
    if (line) {
      rows.push({ row: 'unread', key: 'unread' });
      lineDrawn = true;
    }
    if (item.kind === 'notice') {
      rows.push({ row: 'notice', key: `n${item.seq}`, notice: item });
    } else {
      const head = newDay || line || !groups(before, item);
      rows.push({ row: 'message', key: `m${item.seq}`, message: item, head });
    }
    before = item;
  }
  return rows;
}

function groups(before: Item | undefined, item: Message): boolean {
  return (
    before?.kind === 'message' &&
    before.user.id === item.user.id &&
    item.replyTo === undefined &&
    item.ts - before.ts < GROUP_MS
  );
}
