/* SPDX-License-Identifier: MIT */
/* What /api/v1/stats and /api/v1/workers answer; proto/openapi.yaml is the source of truth. */

export interface Loop {
  loop: number;
  connections: number;
  sessions: number;
  rooms: number;
  lag_p50_us: number;
  lag_p99_us: number;
  lag_max_us: number;
  deliveries: number;
}

export interface History {
  interval_ms: number;
  t: number[];
  messages: number[];
  deliveries: number[];
  analysed: number[];
  connections: number[];
  lag_p99_us: number[];
  queue: number[];
}

export interface Stats {
  version: string;
  now_ms: number;
  uptime_s: number;
  durability: string;
  connections: number;
  sessions: number;
  rooms: number;
  rss_bytes: number;
  cpu_s: number;
  totals: {
    messages: number;
    events: number;
    deliveries: number;
    bytes_out: number;
    errors: number;
    commits: number;
    analysed: number;
  };
  loops: Loop[];
  store: {
    commits: number;
    events: number;
    batch_p50: number;
    commit_p50_us: number;
    commit_p99_us: number;
    queue: number;
    failed_commits: number;
  };
  history: History;
}

export interface Worker {
  slot: number;
  pid: number;
  state: string;
  since_ms: number;
  python: string;
  jobs: number;
  jobs_per_s: number;
  batches: number;
  latency_p50_ms: number;
  latency_p99_ms: number;
  in_flight: number;
  oldest_ms: number;
  errors: number;
  restarts: number;
  rss_bytes: number;
  heartbeat_age_ms: number;
  exit: string | null;
  given_up: boolean;
  start_ms: number;
  load_ms: number;
}

export interface Analyzer {
  name: string;
  version: string;
  model: string | null;
  status: string;
  detail: string | null;
  jobs: number;
  errors: number;
  ms_per_message_p50: number;
}

export interface WorkerException {
  ts: number;
  worker: number;
  pid: number;
  analyzer: string;
  type: string;
  message: string;
  traceback: string;
  count: number;
}

export interface WorkersReport {
  now_ms: number;
  configured: number;
  problem: string | null;
  queue: { depth: number; oldest_ms: number; deferred: number };
  ledger: {
    sent: number;
    done: number;
    failed: number;
    quarantined: number;
    in_flight: number;
  };
  workers: Worker[];
  analyzers: Analyzer[];
  exceptions: WorkerException[];
}
