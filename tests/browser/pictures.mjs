/* SPDX-License-Identifier: MIT */
/*
 * Makes the pictures of the README from a real server: people talk, real workers judge,
 * Chromium looks.
 *
 *   node tests/browser/pictures.mjs --parleyd build/bin/parleyd --ctl build/bin/parleyctl \
 *                                   --web web/dist --out web/pictures
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { arrived, launch, say, setTheme, Visitors } from './browser.mjs';
import { Server } from './server.mjs';

const TALK = [
  ['grace', 'Good morning! The new build is up since six.'],
  ['linus', 'Nice work, the page feels so much faster today. I love it.'],
  ['grace', 'Thanks! Did anybody look at how the workers did over night?'],
  ['ada', 'One was killed at four, its jobs went to the other, nobody noticed a thing.'],
  ['linus', 'What did the log say?'],
  ['ada', 'That this stupid, disgusting proxy can go to hell.'],
  ['grace', 'I will take that as a no. Shall we move the restart test to Friday?'],
  ['linus', 'Friday is fine. I am a little worried about the old data, though.'],
];

const string = { type: 'string' };
const { values } = parseArgs({
  options: { parleyd: string, ctl: string, web: string, out: string },
});
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

const server = new Server(values);
const browser = await launch();
try {
  await server.start();
  await server.workersReady();
  const visitors = new Visitors(browser, server);
  const people = {};
  for (const name of ['ada', 'grace', 'linus']) people[name] = await visitors.person(name);
  for (const [name, text] of TALK) {
    await say(people[name], text);
    await arrived(people.ada, text);
  }
  await people.linus.locator('.composer textarea').pressSequentially('Ada, could you');
  await people.ada.waitForTimeout(500);
  await people.ada.locator('.verdict[data-tone="bad"]').first().hover();
  for (const theme of ['light', 'dark']) {
    await setTheme(people.ada, theme);
    await people.ada.waitForTimeout(200);
    await people.ada.screenshot({ path: join(out, `chat-${theme}.png`) });
  }
  const ops = await visitors.page({ viewport: { width: 1280, height: 1180 } });
  await ops.goto(await server.opsLink());
  await ops.locator('.chart canvas').first().waitFor();
  for (let i = 0; i < 60; i++) {
    await say(people.grace, `Measurement ${i} looks ${i % 3 ? 'good' : 'odd'} to me.`);
    await ops.waitForTimeout(200 + 150 * Math.sin(i / 6));
  }
  await ops.waitForTimeout(1500);
  await ops.screenshot({ path: join(out, 'ops.png') });
} finally {
  await browser.close();
  await server.remove();
}
