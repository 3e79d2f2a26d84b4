/* SPDX-License-Identifier: MIT */
/* The operator page: is it well, what is it doing, and what went wrong. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { bytes, plural, short, span, timeOf, whole } from '../ui/format';
import { Icon } from '../ui/icons';
import { raidWords } from '../ui/insights';
import { ThemeButton } from '../ui/ThemeButton';
import { call } from './api';
import { Analyzers, Charts, Exceptions, Ledger, Loops, StorePanel, Workers } from './Panels';
import { RoomRules } from './Policy';
import { access, silentSince, stats, workers } from './poll';
import { raids, watchRaids } from './raids';
import { Review } from './Review';
import { tab, TABS, type Tab } from './tabs';
import type { Stats, WorkersReport } from './types';

export function OpsApp(): JSX.Element {
  const entry = access.value;
  return (
    <div class="ops">
      <header class="top">
        <h1>
          Parley <span>operations</span>
        </h1>
        {stats.value && (
          <p class="about">
            {stats.value.version} · up {span(stats.value.uptime_s * 1000)}
          </p>
        )}
        {entry.is === 'open' && <Tabs />}
        <a href="/">Chat</a>
        <ThemeButton />
      </header>
      {entry.is === 'closed' ? <Closed why={entry.why} /> : <Open />}
    </div>
  );
}

function Tabs(): JSX.Element {
  return (
    <nav class="tabs" aria-label="Parts of this page">
      {(Object.keys(TABS) as Tab[]).map((name) => (
        <a
          key={name}
          href={`#${name}`}
          aria-current={tab.value === name ? 'page' : undefined}
        >
          {TABS[name]}
        </a>
      ))}
    </nav>
  );
}

const COMMAND = 'build/bin/parleyctl ops-link';

function Closed({ why }: { why: string }): JSX.Element {
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(COMMAND);
    copied.value = true;
  };
  return (
    <main class="closed">
      <h2>{why}</h2>
      <p>On the machine that runs the server, make a link that opens it once:</p>
      <div class="command">
        <code>{COMMAND}</code>
        {'clipboard' in navigator && (
          <button type="button" class="small" onClick={() => void copy()}>
            {copied.value ? 'Copied' : 'Copy'}
          </button>
        )}
      </div>
      <p>
        Then open the address that it prints in this browser. The link is good for one minute.
      </p>
    </main>
  );
}

function Open(): JSX.Element {
  const s = stats.value;
  const w = workers.value;
  const configured = w?.configured ?? 0;
  useEffect(() => (configured > 0 ? watchRaids() : undefined), [configured > 0]);
  return (
    <main>
      <div role="status">
        {silentSince.value !== undefined && (
          <p class="alarm">
            <Icon name="warn" />
            The server has not answered since {timeOf(silentSince.value)}.
            {s ? ' These are the last numbers it gave.' : ''}
          </p>
        )}
        {w?.problem && (
          <p class="alarm">
            <Icon name="warn" />
            {w.problem}
            {w.workers.some((worker) => worker.given_up) && <StartAgain />}
          </p>
        )}
        {raids.value.map(({ room, why }) => (
          <p class="alarm" key={room}>
            <Icon name="warn" />
            This looks like a raid on #{room}: {raidWords(why)}.
          </p>
        ))}
      </div>
      {tab.value === 'review' && <Review />}
      {tab.value === 'rooms' && <RoomRules />}
      {tab.value === 'status' &&
        (s && w ? <Report s={s} w={w} /> : <p class="none">Asking the server…</p>)}
    </main>
  );
}

/** Ends the pause of the workers that were given up; what came of it, the next report says. */
function StartAgain(): JSX.Element {
  const said = useSignal('');
  const start = async (): Promise<void> => {
    said.value = 'Asked for';
    try {
      await call('POST', '/api/v1/workers/retry');
    } catch (error) {
      said.value = (error as Error).message;
    }
  };
  return (
    <>
      <button type="button" class="small" onClick={() => void start()}>
        Start it now
      </button>
      {said.value}
    </>
  );
}

function Report({ s, w }: { s: Stats; w: WorkersReport }): JSX.Element {
  return (
    <>
      <Headline s={s} w={w} />
      <Workers report={w} />
      <Charts history={s.history} />
      <div class="pair">
        <Ledger report={w} />
        <StorePanel stats={s} />
      </div>
      <Analyzers report={w} />
      <Loops loops={s.loops} />
      <Exceptions report={w} />
    </>
  );
}

function Headline({ s, w }: { s: Stats; w: WorkersReport }): JSX.Element {
  const h = s.history;
  const ready = w.workers.filter((x) => x.state === 'ready' || x.state === 'busy').length;
  const lag = Math.max(0, ...s.loops.map((l) => l.lag_p99_us));
  return (
    <dl class="headline">
      <Tile
        name="Workers ready"
        value={`${ready} of ${w.configured}`}
        more={`${short(w.workers.reduce((n, x) => n + x.jobs_per_s, 0))} jobs/s`}
        tone={ready < w.configured ? 'warm' : 'good'}
      />
      <Tile
        name="Messages/s"
        value={short(h.messages.at(-1) ?? 0)}
        more={`${whole(s.totals.messages)} since start`}
      />
      <Tile
        name="Deliveries/s"
        value={short(h.deliveries.at(-1) ?? 0)}
        more={`${short(s.totals.deliveries)} since start`}
      />
      <Tile name="Connections" value={whole(s.connections)} more={plural(s.rooms, 'room')} />
      <Tile
        name="Waiting for analysis"
        value={whole(w.queue.depth)}
        more={w.queue.depth > 0 ? `oldest ${span(w.queue.oldest_ms)}` : 'nothing waits'}
      />
      <Tile
        name="Loop lag p99"
        value={span(lag / 1000)}
        more={plural(s.loops.length, 'loop')}
      />
      <Tile name="Memory" value={bytes(s.rss_bytes)} more={`${span(s.cpu_s * 1000)} of CPU`} />
    </dl>
  );
}

function Tile(props: {
  name: string;
  value: string;
  more: string;
  tone?: string;
}): JSX.Element {
  return (
    <div class="tile" data-tone={props.tone}>
      <dt>{props.name}</dt>
      <dd>
        <strong>{props.value}</strong>
        <span>{props.more}</span>
      </dd>
    </div>
  );
}
