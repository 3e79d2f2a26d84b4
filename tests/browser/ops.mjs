/* SPDX-License-Identifier: MIT */
/* The operator page, opened the way an operator opens it. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { say } from './browser.mjs';
import { PATIENCE_MS, until } from './server.mjs';

export const ops = {
  'without a link the page says exactly what to run': async ({ visitors, server }) => {
    const page = await visitors.page();
    await page.goto(`${server.url}/ops`);
    await page.getByText('build/bin/parleyctl ops-link').waitFor();
    await page.context().close();
  },

  'a link opens the page once, and the ticket leaves the address': async (world) => {
    const { visitors, server } = world;
    const link = await server.opsLink();
    const page = await visitors.page({ viewport: { width: 1360, height: 1400 } });
    await page.goto(link);
    await page.getByRole('region', { name: 'Workers' }).waitFor();
    assert.equal(await page.evaluate(() => location.hash), '');
    world.ops = page;
    const other = await visitors.page();
    visitors.outage = true; /* the browser reports the 401 as a failed resource */
    await other.goto(link);
    await other.getByText('used already').waitFor();
    visitors.outage = false;
    await other.getByText('build/bin/parleyctl ops-link').waitFor();
    await other.context().close();
  },

  'both workers are ready and the three analyzers with them': async ({ ops: page, server }) => {
    await server.workersReady();
    const workers = page.getByRole('region', { name: 'Workers' });
    await until('two ready workers', async () => {
      const states = await workers.locator('.state').allInnerTexts();
      return states.length === 2 && states.every((s) => s === 'ready' || s === 'busy');
    });
    const analyzers = page.getByRole('region', { name: 'Analyzers' });
    for (const name of ['sentiment', 'toxicity', 'question']) {
      const row = analyzers
        .getByRole('row')
        .filter({ has: page.getByText(name, { exact: true }) });
      await row.locator('.state[data-state="ready"]').waitFor();
    }
  },

  'what an analyzer lacks and why one failed is read in full': async (world) => {
    const { ops: page, server } = world;
    const folder = join(server.data, 'analyzers.d');
    const file = join(folder, 'toxicity.py');
    await mkdir(folder, { recursive: true });
    await writeFile(file, 'def broken(text)\n    return True\n');
    const row = (name) =>
      page
        .getByRole('region', { name: 'Analyzers' })
        .getByRole('row')
        .filter({ has: page.getByText(name, { exact: true }) })
        .first();
    const broken = row('toxicity (2)');
    await broken.locator('summary').waitFor({ timeout: 30_000 });
    assert.match(await broken.locator('summary').innerText(), /^SyntaxError/);
    await broken.locator('summary').click();
    assert.match(await broken.locator('pre').innerText(), /toxicity\.py", line 1/);
    assert.equal(await row('toxicity').locator('.state').innerText(), 'ready');
    const needs = row('near-duplicate').locator('[data-head="Detail"]');
    assert.match(await needs.innerText(), /pip install wordllama/);
    const wide = page.viewportSize();
    for (const width of [wide.width, 390]) {
      await page.setViewportSize({ ...wide, width });
      for (const cell of [needs, broken.locator('pre')]) {
        const box = await cell.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= width, `${width}: ${JSON.stringify(box)}`);
        const hidden = await cell.evaluate((e) => e.scrollWidth - e.clientWidth);
        assert.ok(hidden <= 0, `${hidden} px of it are out of sight at ${width}`);
      }
    }
    await page.setViewportSize(wide);
    await rm(file);
    await broken.waitFor({ state: 'detached', timeout: 30_000 });
    await server.workersReady();
  },

  'the numbers follow the chat': async ({ ops: page, ada }) => {
    const tile = page.locator('.tile', { hasText: 'Messages/s' }).locator('dd span');
    const count = async () => Number((await tile.innerText()).replace(/\D/g, ''));
    const before = await count();
    for (let i = 0; i < 5; i++) await say(ada, `counted ${i}.`);
    await until('five more messages', async () => (await count()) >= before + 5);
    await page.locator('.balance[data-good="true"]').waitFor();
    assert.equal(await page.locator('.chart canvas').count(), 4);
  },

  'a killed worker is seen to fall and to come back': async ({ ops: page, server }) => {
    const { workers } = await server.api('/api/v1/workers');
    assert.equal(
      await parentOf(workers[0].pid),
      server.process.pid,
      'only a child of our server is killed',
    );
    process.kill(workers[0].pid, 'SIGKILL');
    const row = page.getByRole('region', { name: 'Workers' }).getByRole('row').nth(1);
    await row.locator('[data-head="Last exit"]', { hasText: 'SIGKILL' }).waitFor();
    await until('its replacement', async () => {
      const pid = Number(await row.locator('[data-head="PID"]').innerText());
      const state = await row.locator('.state').innerText();
      return pid !== workers[0].pid && (state === 'ready' || state === 'busy');
    });
    assert.ok(Number(await row.locator('[data-head="Restarts"]').innerText()) >= 1);
  },

  'a worker that was given up is started again by a click': async ({ ops: page, server }) => {
    const slot = async () => (await server.api('/api/v1/workers')).workers[0];
    let ended = false;
    const killing = (async () => {
      while (!ended) {
        for (const pid of await workersOf(server.process.pid, 0)) kill(pid);
        await new Promise((resume) => setTimeout(resume, 20));
      }
    })();
    try {
      await until('it to be given up', async () => (await slot()).given_up);
    } finally {
      ended = true;
      await killing;
    }
    const alarm = page.locator('.alarm', { hasText: 'given up after five crashes' });
    await alarm.getByRole('button', { name: 'Start it now' }).click();
    await alarm.waitFor({ state: 'detached', timeout: PATIENCE_MS });
    await server.workersReady();
    assert.equal((await slot()).given_up, false);
  },
};

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; /* it had ended by itself */
  }
}

/** The processes that are worker `slot` of this server. */
async function workersOf(parent, slot) {
  const found = [];
  for (const thread of await readdir(`/proc/${parent}/task`)) {
    const children = await readFile(`/proc/${parent}/task/${thread}/children`, 'utf8');
    for (const pid of children.split(' ').filter(Boolean)) {
      const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (args.includes(`\0--slot\0${slot}\0`)) found.push(Number(pid));
    }
  }
  return found;
}

async function parentOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)$/m.exec(status)[1]);
}
