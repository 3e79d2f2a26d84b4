/* SPDX-License-Identifier: MIT */
/*
 * A real parleyd of one's own: temporary data, free port, can be killed and started again in
 * place.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const START_MS = 60_000;
const STOP_MS = 12_000;
/** Waiting costs time only when it fails. */
export const PATIENCE_MS = 60_000;
const MODELS_MS = 90_000;

export class Server {
  constructor(options) {
    this.options = options;
    this.listen = '127.0.0.1:0';
    this.log = '';
  }

  async start() {
    const { parleyd, web } = this.options;
    this.data ??= await mkdtemp(join(tmpdir(), 'parley-browser-'));
    const args = ['--listen', this.listen, '--data', this.data, '--web', web];
    args.push('--workers', '2', '--loops', '2', '--limits', 'off');
    this.process = spawn(parleyd, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stderr.on('data', (d) => (this.log += d));
    this.url = await this.readyLine();
    this.listen = new URL(this.url).host;
  }

  readyLine() {
    return new Promise((resolve, reject) => {
      let out = '';
      const fail = (why) => reject(new Error(`parleyd ${why}\n${this.log.slice(-2000)}`));
      const timer = setTimeout(() => fail(`was not ready after ${START_MS} ms`), START_MS);
      this.process.once('error', (e) => fail(`could not be started: ${e.message}`));
      this.process.once('exit', (code) => fail(`ended with ${code} before it was ready`));
      this.process.stdout.on('data', (d) => {
        out += d;
        const ready = /^parley ready (http:\/\/\S+)$/m.exec(out);
        if (!ready) return;
        clearTimeout(timer);
        resolve(ready[1]);
      });
    });
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode) return;
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(late);
  }

  async remove() {
    await this.stop();
    if (this.data) await rm(this.data, { recursive: true, force: true });
  }

  async opsLink() {
    const { stdout } = await run(this.options.ctl, ['--data', this.data, 'ops-link']);
    const link = /http:\/\/\S+#ticket=\S+/.exec(stdout)?.[0];
    if (!link) throw new Error(`parleyctl ops-link printed no link: ${stdout}`);
    return link;
  }

  /** An operator's GET. */
  api(path) {
    return this.call(path, {});
  }

  /** An operator's POST. */
  post(path, body) {
    return this.give('POST', path, body);
  }

  /** An operator's PUT. */
  put(path, body) {
    return this.give('PUT', path, body);
  }

  give(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    return this.call(path, { method, headers, body: JSON.stringify(body) });
  }

  async call(path, init) {
    const token = (await readFile(join(this.data, 'admin-token'), 'utf8')).trim();
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const response = await fetch(this.url + path, { ...init, headers });
    if (!response.ok)
      throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Waits until the workers have loaded their models. */
  async workersReady() {
    const ready = async () => {
      const response = await fetch(`${this.url}/readyz`);
      return (await response.json()).workers_ready === 2;
    };
    await until('the workers to be ready', ready, MODELS_MS);
  }
}

/** Asks again and again until the answer is yes (and returns it): for what is not about time. */
export async function until(what, ask, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`waited ${patience} ms in vain for ${what}`, { cause: last });
    await new Promise((resume) => setTimeout(resume, 50));
  }
}
