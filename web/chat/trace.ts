/* SPDX-License-Identifier: MIT */
/*
 * How one verdict came about, as the server tells it (GET /api/v1/rooms/{room}/events/{seq}/trace),
 * checked for its outline. Pure but for `fetchTrace`.
 */
import type { Span } from '../sdk/index';

export interface TraceLabel {
  analyzer: string;
  version: string;
  label: string;
  score: number;
  threshold: number;
  flagged: boolean;
  spans: Span[];
}

export interface Step {
  what: string;
  /** Milliseconds. */
  ms: number;
}

export interface Trace {
  labels: TraceLabel[];
  action: string;
  rule: { label: string; at: number; action: string } | undefined;
  gate: { mode: string; deadlineMs: number; outcome: string; waitedMs: number } | undefined;
  worker: { slot: number; pid: number } | undefined;
  batchSize: number | undefined;
  steps: Step[];
}

type Raw = Record<string, unknown>;
const isObject = (v: unknown): v is Raw =>
  typeof v === 'object' && v !== null && !Array.isArray(v);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const number = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0);

function toLabel(v: unknown): TraceLabel | undefined {
  if (!isObject(v) || typeof v.label !== 'string') return undefined;
  const spans = Array.isArray(v.spans) ? v.spans : [];
  return {
    analyzer: text(v.analyzer),
    version: text(v.version),
    label: v.label,
    score: number(v.score),
    threshold: number(v.threshold),
    flagged: v.flagged === true,
    spans: spans.filter(
      (s): s is Span => Array.isArray(s) && Number.isInteger(s[0]) && Number.isInteger(s[1]),
    ),
  };
}

/** The stages that the server timed, in the order in which they happen. */
function toSteps(v: Raw): Step[] {
  const stages: [string, unknown][] = [
    ['waited for a worker', v.queue_ms],
    ['was analysed', v.compute_ms],
    ['was stored', v.commit_ms],
    ['was shown to everybody', v.fanout_ms],
  ];
  return stages
    .filter((stage): stage is [string, number] => typeof stage[1] === 'number')
    .map(([what, ms]) => ({ what, ms }));
}

export function toTrace(v: unknown): Trace | undefined {
  if (!isObject(v) || !Array.isArray(v.labels)) return undefined;
  const { rule, gate, worker, batch } = v;
  return {
    labels: v.labels.map(toLabel).filter((l): l is TraceLabel => l !== undefined),
    action: text(v.action) || 'none',
    rule: isObject(rule)
      ? { label: text(rule.label), at: number(rule.at), action: text(rule.action) }
      : undefined,
    gate: isObject(gate)
      ? {
          mode: text(gate.mode),
          deadlineMs: number(gate.deadline_ms),
          outcome: text(gate.outcome),
          waitedMs: number(gate.waited_ms),
        }
      : undefined,
    worker: isObject(worker)
      ? { slot: number(worker.slot), pid: number(worker.pid) }
      : undefined,
    batchSize: isObject(batch) ? number(batch.size) : undefined,
    steps: toSteps(v),
  };
}

const PATIENCE_MS = 8_000;

/** Rejects with an Error whose message is for people. */
export async function fetchTrace(room: string, seq: number, token: string): Promise<Trace> {
  const response = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/events/${seq}/trace`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const error = isObject(body) && isObject(body.error) ? text(body.error.message) : '';
    throw new Error(error || `the server answered ${response.status}`);
  }
  const trace = toTrace(body);
  if (!trace) throw new Error('the server answered with something else');
  return trace;
}
