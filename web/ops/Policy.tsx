/* SPDX-License-Identifier: MIT */
/*
 * A room's gate and rules: read, changed, and tried on what was said before anybody is touched by
 * them.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { whole } from '../ui/format';
import { call } from './api';

const TEMPLATE = {
  gate: { mode: 'open', deadline_ms: 150 },
  rules: [{ label: 'toxicity.toxic', at: 0.9, action: 'flag' }],
};

interface DryRun {
  [figure: string]: unknown;
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
      const policy = await call<object>('GET', path());
      text.value = JSON.stringify(policy, null, 2);
      tried.value = undefined;
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

/** Numbers first, then what they are made of. */
function Outcome({ run }: { run: DryRun }): JSX.Element {
  const numbers = Object.entries(run).filter((e): e is [string, number] => typeof e[1] === 'number');
  const rest = Object.fromEntries(Object.entries(run).filter(([, v]) => typeof v === 'object'));
  return (
    <div class="policy-outcome">
      <h3>It would have done this; nothing was changed.</h3>
      <dl class="facts">
        {numbers.map(([name, n]) => (
          <div key={name}>
            <dt>{name.replace(/_/g, ' ')}</dt>
            <dd>{whole(n)}</dd>
          </div>
        ))}
      </dl>
      <pre>{JSON.stringify(rest, null, 1)}</pre>
    </div>
  );
}
