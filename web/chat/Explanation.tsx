/* SPDX-License-Identifier: MIT */
/*
 * Why a message was judged as it was: every label with its score beside its threshold, the very
 * characters meant, the rule that decided, who judged it and how long each step took.
 */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { markSpans } from '../sdk/index';
import { percent, span } from '../ui/format';
import { Icon } from '../ui/icons';
import { labelWord } from '../ui/labels';
import { Dialog } from './Dialog';
import { store } from './store';
import type { Message } from './timeline';
import { fetchTrace, type Step, type Trace, type TraceLabel } from './trace';
import { actionWord } from './Verdict';

interface Asked {
  room: string;
  message: Message;
}

const asked = signal<Asked | undefined>(undefined);

export function explain(room: string, message: Message): void {
  asked.value = { room, message };
}

export function Explanation(): JSX.Element | null {
  return asked.value ? <Sheet key={asked.value.message.seq} asked={asked.value} /> : null;
}

type Answer = { trace: Trace } | { problem: string } | undefined;

function Sheet({ asked: { room, message } }: { asked: Asked }): JSX.Element {
  const [answer, setAnswer] = useState<Answer>(undefined);
  const [seq] = useState(message.verdict?.edit ?? message.seq);
  const close = (): void => {
    asked.value = undefined;
  };
  useEffect(() => {
    fetchTrace(room, seq, store.token ?? '').then(
      (trace) => setAnswer({ trace }),
      (error: Error) => setAnswer({ problem: error.message }),
    );
  }, []);
  return (
    <Dialog label="Why this verdict" onClose={close}>
      <header class="dialog-head">
        <h2>Why this verdict</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="why" aria-live="polite">
        {answer === undefined && <p class="aside">Asking the server…</p>}
        {answer && 'problem' in answer && <p role="alert">{answer.problem}</p>}
        {answer && 'trace' in answer && <Story trace={answer.trace} message={message} />}
      </div>
    </Dialog>
  );
}

function Story({ trace, message }: { trace: Trace; message: Message }): JSX.Element {
  const spans = trace.labels.filter((l) => l.flagged).flatMap((l) => l.spans);
  return (
    <>
      <p class="why-text">
        {markSpans(message.text, spans).map((piece) =>
          piece.marked ? <mark>{piece.text}</mark> : piece.text,
        )}
      </p>
      <p>
        <strong>{actionWord(trace.action)}</strong>
        {trace.rule
          ? `: the room's rule says “${trace.rule.action}” from ${percent(trace.rule.at)} of ${trace.rule.label}`
          : ': no rule of this room asked for more'}
        .
      </p>
      <Labels labels={trace.labels} />
      <Times trace={trace} />
    </>
  );
}

/** The surest first, those above their threshold before the others. */
function Labels({ labels }: { labels: TraceLabel[] }): JSX.Element {
  const [all, setAll] = useState(false);
  const sorted = [...labels].sort(
    (a, b) => Number(b.flagged) - Number(a.flagged) || b.score - a.score,
  );
  const shown = all ? sorted : sorted.slice(0, Math.max(6, sorted.filter((l) => l.flagged).length));
  return (
    <>
      <table class="why-labels">
        <thead>
          <tr>
            <th scope="col">label</th>
            <th scope="col">score</th>
            <th scope="col">flags from</th>
            <th scope="col">analyzer</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((l) => (
            <tr key={`${l.analyzer}/${l.label}`} data-flagged={l.flagged}>
              <th scope="row">{labelWord(l.analyzer, l.label)}</th>
              <td>
                <span class="meter-line">
                  <meter min={0} max={1} value={l.score} aria-hidden="true" />
                  <span>{percent(l.score)}</span>
                </span>
              </td>
              <td>{percent(l.threshold)}</td>
              <td>
                {l.analyzer} <span class="aside">{l.version}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < sorted.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          Show all {sorted.length} labels
        </button>
      )}
    </>
  );
}

function Times({ trace }: { trace: Trace }): JSX.Element {
  const { gate, worker, batchSize, steps } = trace;
  const most = Math.max(...steps.map((s) => s.ms), 1);
  return (
    <>
      <h3>How long it took</h3>
      <dl class="why-steps">
        {steps.map((step) => (
          <Bar key={step.what} step={step} most={most} />
        ))}
      </dl>
      <p class="aside">
        {gate &&
          `Judged before anybody saw it (gate ${gate.mode}): ${gate.outcome} after ` +
            `${span(gate.waitedMs)} of at most ${span(gate.deadlineMs)}. `}
        {worker && `Worker ${worker.slot}, process ${worker.pid}`}
        {batchSize !== undefined && batchSize > 1 && `, with ${batchSize - 1} others`}
        {worker && '.'}
      </p>
    </>
  );
}

function Bar({ step, most }: { step: Step; most: number }): JSX.Element {
  return (
    <div>
      <dt>{step.what}</dt>
      <dd>
        <meter min={0} max={most} value={step.ms} aria-hidden="true" />
        <span>{span(step.ms)}</span>
      </dd>
    </div>
  );
}
