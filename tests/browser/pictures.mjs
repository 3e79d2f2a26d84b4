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

const HELD = [
  'Hello? My parcel is three days late.',
  'You are all useless idiots and I hate this stupid shop.',
  'Answer me, you pathetic morons!',
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
  await setTheme(people.ada, 'light');
  await people.ada.locator('.verdict[data-label="toxic"]').first().click();
  await people.ada.locator('.why-steps').waitFor();
  await people.ada.waitForTimeout(300);
  await people.ada.getByRole('dialog').screenshot({ path: join(out, 'explanation.png') });
  await people.ada.keyboard.press('Escape');
  await server.put('/api/v1/rooms/support/policy', {
    gate: { mode: 'closed', deadline_ms: 2000 },
    rules: [{ label: 'toxicity.toxic', at: 0.7, action: 'hold' }],
  });
  const upset = await visitors.person('upset', { room: 'support' });
  for (const text of HELD) {
    await say(upset, text);
    await upset.locator('.echo[data-state="sending"]').waitFor({ state: 'detached' });
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
  await ops.setViewportSize({ width: 1280, height: 560 });
  await ops.getByRole('link', { name: 'Review' }).click();
  await ops.locator('.case mark').first().waitFor();
  await ops.waitForTimeout(300);
  await ops.screenshot({ path: join(out, 'review.png') });
} finally {
  await browser.close();
  await server.remove();
}
