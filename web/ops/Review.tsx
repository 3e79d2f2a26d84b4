/* SPDX-License-Identifier: MIT */
/* The review queue: what waits, what is looked at with its surroundings, and one key an act. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { markSpans, type RoomEvent } from '../sdk/index';
import { fullTimeOf, percent, plural, span, timeOf, whole } from '../ui/format';
import * as queue from './queue';
import type { Act, Item, Opened, Precision } from './queue';
import { Table, type Column } from './Table';

const ACTS: readonly { act: Act; key: string; says: string; tone: string }[] = [
  { act: 'approve', key: 'a', says: 'Approve', tone: 'good' },
  { act: 'reject', key: 'r', says: 'Reject', tone: 'bad' },
  { act: 'mask', key: 'm', says: 'Mask', tone: 'warm' },
];

export function Review(): JSX.Element {
  useEffect(() => queue.watchQueue(), []);
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  const item = queue.opened.value;
  return (
    <>
      <div role="status" class="review-said">
        {queue.problem.value || queue.said.value}
      </div>
      {queue.items.value.length === 0 && !item ? (
        <section class="panel" aria-label="Review queue">
          <p class="none">Nothing waits for a moderator.</p>
        </section>
      ) : (
        <div class="review">
          <Queue />
          {item && <Case item={item} />}
        </div>
      )}
      <Rules />
      <p class="review-keys">
        <kbd>j</kbd> <kbd>k</kbd> next, previous · <kbd>a</kbd> approve · <kbd>r</kbd> reject ·{' '}
        <kbd>m</kbd> mask · <kbd>c</kbd> claim or release · <kbd>u</kbd> undo the last
      </p>
    </>
  );
}

function onKey(e: KeyboardEvent): void {
  const target = e.target as HTMLElement | null;
  if (e.ctrlKey || e.metaKey || e.altKey || target?.closest('input, textarea, select')) return;
  const found = ACTS.find((a) => a.key === e.key);
  if (found) void queue.act(found.act);
  else if (e.key === 'j' || e.key === 'ArrowDown') queue.step(1);
  else if (e.key === 'k' || e.key === 'ArrowUp') queue.step(-1);
  else if (e.key === 'c') void queue.act(queue.opened.value?.claimed_by ? 'release' : 'claim');
  else if (e.key === 'u') void queue.undo();
  else return;
  e.preventDefault();
}

function Queue(): JSX.Element {
  const list = queue.items.value;
  const more = queue.total.value - list.length;
  return (
    <section class="panel queue" aria-label="Review queue">
      <header>
        <h2>{plural(queue.total.value, 'message')} to review</h2>
      </header>
      <ol>
        {list.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              aria-current={item.id === queue.opened.value?.id}
              onClick={() => void queue.open(item.id)}
            >
              <span class="queue-head">
                <span class="kind" data-kind={item.kind}>
                  {item.shown === null ? item.kind : 'masked'}
                </span>
                <bdi>{item.user.name}</bdi>
                <span class="aside">
                  #{item.room} · {span(Date.now() - item.ts)}
                </span>
              </span>
              <span class="queue-text">{item.text}</span>
            </button>
          </li>
        ))}
      </ol>
      {more > 0 && <p class="none">and {whole(more)} more behind these</p>}
    </section>
  );
}

function Case({ item }: { item: Opened }): JSX.Element {
  const before = item.context.filter((e) => item.seq === null || e.seq < item.seq);
  const after = item.context.filter((e) => item.seq !== null && e.seq > item.seq);
  return (
    <section class="panel case" aria-label={`Message ${item.id}`}>
      <header>
        <h2>
          <bdi>{item.user.name}</bdi> in #{item.room}
        </h2>
        <span>{fullTimeOf(item.ts)}</span>
      </header>
      <Around events={before} />
      <blockquote>
        {markSpans(item.text, spansOf(item)).map((piece) =>
          piece.marked ? <mark>{piece.text}</mark> : piece.text,
        )}
      </blockquote>
      {item.shown !== null && (
        <p class="case-shown">
          <span>Others see</span> {item.shown}
        </p>
      )}
      <Around events={after} />
      <p class="case-why">
        {fateOf(item)}{' '}
        {item.rule
          ? `Rule: ${item.rule.label} from ${percent(item.rule.at)}, ${item.rule.action}. `
          : ''}
        {foundIn(item)}
      </p>
      {item.claimed_by && <p class="case-why">Claimed by {item.claimed_by}.</p>}
      <div class="acts">
        {ACTS.map(({ act, key, says, tone }) => (
          <button
            type="button"
            key={act}
            class="small"
            data-tone={tone}
            onClick={() => void queue.act(act)}
          >
            {says} <kbd>{key}</kbd>
          </button>
        ))}
        <button
          type="button"
          class="small"
          onClick={() => void queue.act(item.claimed_by ? 'release' : 'claim')}
        >
          {item.claimed_by ? 'Release' : 'Claim'} <kbd>c</kbd>
        </button>
        <button type="button" class="small" onClick={() => void queue.undo()}>
          Undo <kbd>u</kbd>
        </button>
      </div>
    </section>
  );
}

function fateOf(item: Item): string {
  if (item.kind === 'held') return 'Nobody has seen it.';
  if (item.shown === null) return 'It was shown.';
  return 'It was shown masked: approve shows it as it was sent, mask leaves it so.';
}

const flaggedOf = (item: Item) => (item.labels ?? []).filter((l) => l.flagged !== false);
const spansOf = (item: Item) => flaggedOf(item).flatMap((l) => l.spans ?? []);
const foundIn = (item: Item): string =>
  flaggedOf(item)
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map((l) => `${l.analyzer}.${l.label} ${percent(l.score)}`)
    .join(', ');

/** What people said around it; other kinds of events tell a moderator little. */
function Around({ events }: { events: RoomEvent[] }): JSX.Element {
  return (
    <ul class="around">
      {events.map((e) =>
        e.kind === 'message' ? (
          <li key={e.seq}>
            <time>{timeOf(e.ts)}</time> <bdi>{e.user.name}</bdi> {e.text}
          </li>
        ) : null,
      )}
    </ul>
  );
}

const RULE_COLUMNS: readonly Column<Precision>[] = [
  {
    head: 'Rule',
    text: true,
    cell: (p) =>
      p.rule ? `${p.rule.label} from ${percent(p.rule.at)}: ${p.rule.action}` : 'none',
  },
  { head: 'Right', hint: 'Rejected or masked', cell: (p) => whole(p.rejected + p.masked) },
  { head: 'Wrong', hint: 'Approved', cell: (p) => whole(p.approved) },
  { head: 'Open', cell: (p) => whole(p.open) },
  { head: 'Precision', cell: (p) => (p.precision === null ? '–' : percent(p.precision)) },
];

function Rules(): JSX.Element | null {
  const rows = queue.precision.value;
  if (rows.length === 0) return null;
  return (
    <section class="panel" aria-label="Precision per rule">
      <header>
        <h2>How often each rule was right</h2>
        <span>by what moderators decided</span>
      </header>
      <Table
        caption="Precision per rule"
        columns={RULE_COLUMNS}
        rows={rows}
        keyOf={(p) => JSON.stringify(p.rule)}
      />
    </section>
  );
}
