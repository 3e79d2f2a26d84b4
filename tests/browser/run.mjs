/* SPDX-License-Identifier: MIT */
/*
 * Drives the built pages in Chromium against a real parleyd with real workers.
 *
 *   node tests/browser/run.mjs --parleyd build/bin/parleyd --ctl build/bin/parleyctl --web web/dist
 *                              [--shots DIR] [--only WORDS]
 *
 * The cases share one server and two people, ada and bob, and run in order.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));

function options() {
  const string = { type: 'string' };
  const { values } = parseArgs({
    options: { parleyd: string, ctl: string, web: string, shots: string, only: string },
  });
  for (const name of ['parleyd', 'ctl', 'web']) {
    if (!values[name]) throw new Error(`--${name} PATH is missing`);
    values[name] = resolve(values[name]);
    if (!existsSync(values[name])) throw new Error(`--${name}: there is no ${values[name]}`);
  }
  if (values.shots) values.shots = resolve(values.shots);
  return values;
}

/**
 * Installs playwright-core when the lock file is newer than what is there; else needs no
 * network.
 */
function install() {
  const stamp = join(here, 'node_modules/.installed');
  const lock = join(here, 'package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  execFileSync('npm', ['ci', '--prefer-offline', '--loglevel=error'], {
    cwd: here,
    stdio: 'inherit',
  });
  writeFileSync(stamp, '');
}

async function main() {
  const chosen = options();
  install();
  const [{ Server }, { launch, Visitors }, ...suites] = await Promise.all([
    import('./server.mjs'),
    import('./browser.mjs'),
    import('./chat.mjs'),
    import('./history.mjs'),
    import('./outage.mjs'),
    import('./ops.mjs'),
    import('./gate.mjs'),
    import('./catchup.mjs'),
    import('./find.mjs'),
    import('./looks.mjs'),
  ]);
  const cases = suites
    .flatMap((suite) => Object.values(suite))
    .flatMap((claims) => Object.entries(claims));
  const server = new Server(chosen);
  const browser = await launch();
  let failed = 1;
  try {
    await server.start();
    await server.workersReady();
    const visitors = new Visitors(browser, server);
    const world = { server, visitors, shots: chosen.shots };
    world.ada = await visitors.person('ada');
    world.bob = await visitors.person('bob');
    failed = await prove(cases, world, chosen.only);
  } finally {
    await browser.close();
    await server.remove();
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

async function prove(cases, world, only) {
  let passed = 0;
  let failed = 0;
  for (const [claim, proof] of cases) {
    if (only && !claim.includes(only)) continue;
    const began = Date.now();
    try {
      await proof(world);
      passed++;
      console.log(`ok      ${claim} (${Date.now() - began} ms)`);
    } catch (error) {
      failed++;
      console.log(
        `not ok  ${claim}\n${error.stack}${error.cause ? `\n${error.cause.stack}` : ''}`,
      );
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

await main();
