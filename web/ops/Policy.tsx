/* SPDX-License-Identifier: MIT */
/*
 * A room's gate and rules: read, changed, and tried on what was said before anybody is touched by
 * them.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { percent, whole } from '../ui/format';
import { call } from './api';
import { Table, type Column } from './Table';

const TEMPLATE = {
  gate: { mode: 'open', deadline_ms: 150 },
  rules: [{ label: 'toxicity.toxic', at: 0.9, action: 'flag' }],
};

interface Rule {
  label: string;
  at: number;
  action: string;
}

/** What POST …/policy/dry-run answers. */
interface DryRun {
  messages: number;
  unknown: number;
  exempt: number;
  actions: Record<string, number>;
  rules: { rule: Rule; matched: number; decided: number }[];
  examples: { seq: number; text: string; rule: Rule; action: string }[];
}

/** What GET …/policy answers: the policy, and whose it is. */
interface Told {
  room: string;
  own: boolean;
  [field: string]: unknown;
}

export function RoomRules(): JSX.Element {
  const room = useSignal('lobby');
  const text = useSignal('');
  const said = useSignal('');
  const tried = useSignal<DryRun | undefined>(undefined);
  const path = (): string => `/api/v1/rooms/${encodeURIComponent(room.value)}/policy`;

  const attempt = async (what: string, run: () => Promise<void>): Promise<void> => {
    said.value = '';
    try {
      await run();
    } catch (error) {
      said.value = `${what}: ${(error as Error).message}`;
    }
  };
  const load = (): Promise<void> =>
    attempt('Not read', async () => {
      const { room: name, own, ...policy } = await call<Told>('GET', path());
      text.value = JSON.stringify(policy, null, 2);
      tried.value = undefined;
      said.value = own
        ? `These are the rules of #${name}.`
        : `#${name} has no rules of its own: these are the server's.`;
    });
  const save = (): Promise<void> =>
    attempt('Not saved', async () => {
      await call('PUT', path(), JSON.parse(text.value));
      said.value = `Saved: #${room.value} follows these rules from now on.`;
    });
  const dryRun = (): Promise<void> =>
    attempt('Not tried', async () => {
      const policy: unknown = JSON.parse(text.value);
      tried.value = await call<DryRun>('POST', `${path()}/dry-run`, { policy, last: 10000 });
    });

  return (
    <section class="panel policy" aria-label="Room rules">
      <header>
        <h2>Rules of a room</h2>
        <span>gate: off, open or closed; actions: flag, mask, bounce, hold, block, shadow</span>
      </header>
      <form
        class="policy-room"
        onSubmit={(e) => {
          e.preventDefault();
          void load();
        }}
      >
        <label>
          Room{' '}
          <input
            value={room.value}
            onInput={(e) => (room.value = e.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <button type="submit" class="small">
          Read
        </button>
        <button
          type="button"
          class="small"
          onClick={() => (text.value = JSON.stringify(TEMPLATE, null, 2))}
        >
          Example
        </button>
      </form>
      <textarea
        aria-label="Policy as JSON"
        rows={14}
        spellcheck={false}
        value={text.value}
        onInput={(e) => (text.value = e.currentTarget.value)}
      />
      <div class="acts">
        <button type="button" class="small" onClick={() => void dryRun()} disabled={!text.value}>
          Try on the last 10,000 messages
        </button>
        <button type="button" class="small" onClick={() => void save()} disabled={!text.value}>
          Save
        </button>
      </div>
      <p role="status" class="policy-said">
        {said.value}
      </p>
      {tried.value && <Outcome run={tried.value} />}
    </section>
  );
}

const RULE_COLUMNS: readonly Column<DryRun['rules'][number]>[] = [
  {
    head: 'Rule',
    text: true,
    cell: ({ rule }) => `${rule.label} from ${percent(rule.at)}: ${rule.action}`,
  },
  { head: 'Matched', hint: 'Messages the rule fits', cell: (r) => whole(r.matched) },
  { head: 'Decided', hint: 'Messages it would have decided', cell: (r) => whole(r.decided) },
];

/** Numbers first, then what they are made of. */
function Outcome({ run }: { run: DryRun }): JSX.Element {
  const done = Object.entries(run.actions).filter(([action, n]) => action !== 'none' && n > 0);
  return (
    <div class="policy-outcome">
      <h3>It would have done this; nothing was changed.</h3>
      <dl class="facts">
        <Fact name="messages looked at" n={run.messages} />
        <Fact name="never analysed" n={run.unknown} />
        <Fact name="exempt" n={run.exempt} />
        <Fact name="left alone" n={run.actions.none ?? 0} />
        {done.map(([action, n]) => (
          <Fact key={action} name={action} n={n} />
        ))}
      </dl>
      {run.rules.length > 0 && (
        <Table
          caption="What each rule would have done"
          columns={RULE_COLUMNS}
          rows={run.rules}
          keyOf={(r) => JSON.stringify(r.rule)}
        />
      )}
      {run.examples.length > 0 && (
        <ul class="policy-examples" aria-label="Examples">
          {run.examples.map((e) => (
            <li key={e.seq}>
              <span class="kind">{e.action}</span> {e.text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Fact({ name, n }: { name: string; n: number }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{whole(n)}</dd>
    </div>
  );
}
