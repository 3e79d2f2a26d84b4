/* SPDX-License-Identifier: MIT */
/* The parts of the operator page below the headline numbers. */
import type { ComponentChildren, JSX } from 'preact';
import { bytes, fullTimeOf, plural, short, span, whole } from '../ui/format';
import { Chart } from './Chart';
import { State, Table, type Column } from './Table';
import type {
  Analyzer,
  History,
  Loop,
  Stats,
  Worker,
  WorkerException,
  WorkersReport,
} from './types';

export function Panel(props: {
  title: string;
  aside?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="panel">
      <header>
        <h2>{props.title}</h2>
        {props.aside && <span>{props.aside}</span>}
      </header>
      {props.children}
    </section>
  );
}

const us = (v: number): string => span(v / 1000);

const WORKER_COLUMNS: readonly Column<Worker>[] = [
  { head: 'Worker', cell: (w) => <strong>{w.slot}</strong>, text: true },
  { head: 'State', cell: (w) => <State state={w.state} />, text: true },
  { head: 'PID', cell: (w) => w.pid || '–' },
  { head: 'Jobs/s', cell: (w) => short(w.jobs_per_s) },
  {
    head: 'p50',
    hint: 'Median time from sending to answer',
    cell: (w) => span(w.latency_p50_ms),
  },
  { head: 'p99', hint: '99% were answered within', cell: (w) => span(w.latency_p99_ms) },
  { head: 'In flight', cell: (w) => whole(w.in_flight) },
  { head: 'Oldest', hint: 'Age of its oldest unanswered job', cell: (w) => span(w.oldest_ms) },
  { head: 'Jobs', cell: (w) => short(w.jobs) },
  { head: 'Errors', cell: (w) => <Count n={w.errors} /> },
  { head: 'Restarts', cell: (w) => <Count n={w.restarts} /> },
  { head: 'Memory', cell: (w) => bytes(w.rss_bytes) },
  {
    head: 'Heartbeat',
    hint: 'Since it last said that it is alive',
    cell: (w) => span(w.heartbeat_age_ms),
  },
  {
    head: 'Started in',
    hint: 'From exec to ready; loading the models took…',
    cell: (w) => <Start worker={w} />,
  },
  { head: 'Last exit', cell: (w) => w.exit ?? '–', text: true },
];

function Start({ worker }: { worker: Worker }): JSX.Element {
  if (!worker.start_ms) return <>–</>;
  return <span title={`Models: ${span(worker.load_ms)}`}>{span(worker.start_ms)}</span>;
}

function Count({ n }: { n: number }): JSX.Element {
  return <span class={n > 0 ? 'notable' : undefined}>{whole(n)}</span>;
}

export function Workers({ report }: { report: WorkersReport }): JSX.Element {
  const python = report.workers.find((w) => w.python)?.python;
  return (
    <Panel title="Workers" {...(python ? { aside: `Python ${python}` } : {})}>
      {report.workers.length > 0 ? (
        <Table
          caption="Workers"
          columns={WORKER_COLUMNS}
          rows={report.workers}
          keyOf={(w) => w.slot}
        />
      ) : (
        <p class="none">
          No workers are configured: chat runs, nothing is analysed. Start with{' '}
          <code>--workers 2</code>.
        </p>
      )}
    </Panel>
  );
}

export function Ledger({ report }: { report: WorkersReport }): JSX.Element {
  const { queue, ledger } = report;
  const sum = ledger.done + ledger.failed + ledger.quarantined + ledger.in_flight;
  return (
    <Panel title="Queue and ledger">
      <Facts
        facts={[
          ['Waiting', whole(queue.depth)],
          ['Oldest waiting', queue.depth > 0 ? span(queue.oldest_ms) : '–'],
          ['Deferred', whole(queue.deferred)],
          ['Sent', whole(ledger.sent)],
          ['Done', whole(ledger.done)],
          ['Failed', <Count n={ledger.failed} />],
          ['Quarantined', <Count n={ledger.quarantined} />],
          ['In flight', whole(ledger.in_flight)],
        ]}
      />
      <p class="balance" data-good={sum === ledger.sent}>
        {sum === ledger.sent
          ? 'Every job sent is accounted for.'
          : `${whole(Math.abs(ledger.sent - sum))} jobs are not accounted for.`}
      </p>
    </Panel>
  );
}

export function StorePanel({ stats }: { stats: Stats }): JSX.Element {
  const { store } = stats;
  return (
    <Panel title="Store" aside={`durability ${stats.durability}`}>
      <Facts
        facts={[
          ['Commit p50', us(store.commit_p50_us)],
          ['Commit p99', us(store.commit_p99_us)],
          ['Batch p50', plural(store.batch_p50, 'event')],
          ['Waiting', whole(store.queue)],
          ['Commits', short(store.commits)],
          ['Events', short(store.events)],
          ['Failed commits', <Count n={store.failed_commits} />],
        ]}
      />
    </Panel>
  );
}

function Facts({ facts }: { facts: [string, ComponentChildren][] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const ANALYZER_COLUMNS: readonly Column<Analyzer>[] = [
  { head: 'Analyzer', cell: (a) => <strong>{a.name}</strong>, text: true },
  { head: 'Status', cell: (a) => <State state={a.status} />, text: true },
  { head: 'Version', cell: (a) => a.version, text: true },
  { head: 'Messages', cell: (a) => short(a.jobs) },
  { head: 'Errors', cell: (a) => <Count n={a.errors} /> },
  {
    head: 'Each',
    hint: 'Median time a message',
    cell: (a) => (a.jobs > 0 ? span(a.ms_per_message_p50) : '–'),
  },
  {
    head: 'Model',
    hint: 'Start of the weights’ SHA-256',
    cell: (a) => <Model hash={a.model} />,
    text: true,
  },
  { head: 'Detail', cell: (a) => a.detail && <Detail text={a.detail} />, text: true },
];

/** Of a traceback the line that says what happened; the rest on demand. */
function Detail({ text }: { text: string }): JSX.Element {
  const last = text.trimEnd().split('\n').at(-1);
  if (last === text) return <>{text}</>;
  return (
    <details>
      <summary>{last}</summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}

function Model({ hash }: { hash: string | null }): JSX.Element {
  return hash ? <code title={hash}>{hash.slice(0, 10)}</code> : <>–</>;
}

export function Analyzers({ report }: { report: WorkersReport }): JSX.Element {
  return (
    <Panel title="Analyzers">
      {report.analyzers.length > 0 ? (
        <Table
          caption="Analyzers"
          columns={ANALYZER_COLUMNS}
          rows={report.analyzers}
          keyOf={(a) => a.name}
        />
      ) : (
        <p class="none">No worker has reported its analyzers yet.</p>
      )}
    </Panel>
  );
}

const LOOP_COLUMNS: readonly Column<Loop>[] = [
  { head: 'Loop', cell: (l) => <strong>{l.loop}</strong>, text: true },
  { head: 'Connections', cell: (l) => whole(l.connections) },
  { head: 'Rooms', hint: 'Rooms whose home is this loop', cell: (l) => whole(l.rooms) },
  { head: 'Lag p50', cell: (l) => us(l.lag_p50_us) },
  { head: 'Lag p99', cell: (l) => us(l.lag_p99_us) },
  { head: 'Lag max', cell: (l) => us(l.lag_max_us) },
  { head: 'Deliveries', cell: (l) => short(l.deliveries) },
];

export function Loops({ loops }: { loops: readonly Loop[] }): JSX.Element {
  return (
    <Panel title="Event loops">
      <Table caption="Event loops" columns={LOOP_COLUMNS} rows={loops} keyOf={(l) => l.loop} />
    </Panel>
  );
}

export function Charts({ history: h }: { history: History }): JSX.Element {
  const lag = h.lag_p99_us.map((v) => v / 1000);
  return (
    <div class="charts">
      <Chart
        title="Chat"
        times={h.t}
        lines={[
          { label: 'messages/s', colour: 'accent', values: h.messages, show: short },
          { label: 'deliveries/s', colour: 'warm', values: h.deliveries, show: short },
        ]}
      />
      <Chart
        title="Analysis"
        times={h.t}
        lines={[
          { label: 'analysed/s', colour: 'good', values: h.analysed, show: short },
          { label: 'waiting', colour: 'bad', values: h.queue, show: short },
        ]}
      />
      <Chart
        title="Event loop lag"
        times={h.t}
        lines={[{ label: 'p99', colour: 'info', values: lag, show: span }]}
      />
      <Chart
        title="Connections"
        times={h.t}
        lines={[{ label: 'open', colour: 'accent', values: h.connections, show: short }]}
      />
    </div>
  );
}

export function Exceptions({ report }: { report: WorkersReport }): JSX.Element {
  return (
    <Panel title="Recent exceptions">
      {report.exceptions.length === 0 && <p class="none">None. The analyzers are behaving.</p>}
      <ul class="exceptions">
        {report.exceptions.map((e) => (
          <li key={keyOf(e)}>
            <details>
              <summary>
                <code class="type">{e.type}</code>
                <span class="what">{e.message}</span>
                <span class="where">
                  {e.analyzer}, worker {e.worker}
                </span>
                {e.count > 1 && <span class="times">{whole(e.count)} times</span>}
                <time title={fullTimeOf(e.ts)}>
                  {span(Math.max(0, report.now_ms - e.ts))} ago
                </time>
              </summary>
              <pre tabIndex={0}>{e.traceback}</pre>
            </details>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Stable while a group's count and time go up, so that an opened traceback stays open. */
function keyOf(e: WorkerException): string {
  return `${e.analyzer}/${e.type}/${e.message}/${e.worker}`;
}
