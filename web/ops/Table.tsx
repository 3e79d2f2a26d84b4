/* SPDX-License-Identifier: MIT */
/* A table that a phone shows as cards: every cell carries its column's name for the stylesheet. */
import type { ComponentChildren, JSX } from 'preact';

export interface Column<T> {
  head: string;
  /** Explains the head, where it is not plain. */
  hint?: string;
  text?: boolean;
  cell(row: T): ComponentChildren;
}

interface Props<T> {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf(row: T): string | number;
}

export function Table<T>({ caption, columns, rows, keyOf }: Props<T>): JSX.Element {
  return (
    <div class="table-place" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th scope="col" key={c.head} title={c.hint} class={c.text ? 'text' : undefined}>
                {c.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((c) => (
                <td key={c.head} data-head={c.head} class={c.text ? 'text' : undefined}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A coloured dot and the word: the colour alone never carries the meaning. */
export function State({ state }: { state: string }): JSX.Element {
  return (
    <span class="state" data-state={state}>
      <i aria-hidden="true" />
      {state}
    </span>
  );
}
