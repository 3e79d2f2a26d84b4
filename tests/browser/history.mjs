/* SPDX-License-Identifier: MIT */
/* Scrolling back through a long room. */
import assert from 'node:assert/strict';
import { until } from './server.mjs';

const MANY = 240;

export const history = {
  'scrolling back loads everything once and keeps the place': async ({ visitors, server }) => {
    await fill(server, 'long', MANY);
    const page = await visitors.person('reader', { room: 'long' });
    const list = page.locator('.scroll');
    await page.locator('.message', { hasText: `line ${MANY - 1}.` }).waitFor();
    const texts = () => page.locator('.message[data-seq] .text').allInnerTexts();
    assert.ok((await texts()).length < MANY, 'not everything is loaded at first');
    const jumps = [];
    for (let i = 0; i < 60 && (await page.locator('.beginning').count()) === 0; i++) {
      jumps.push(await scrollUp(page, list));
    }
    assert.deepEqual(
      await texts(),
      Array.from({ length: MANY }, (_, i) => `line ${i}.`),
    );
    assert.ok(Math.max(...jumps) <= 2, `the view jumped by ${Math.max(...jumps)} px`);
    await page.context().close();
  },

  'one who reads older messages is not pulled down, but told': async ({ visitors, server }) => {
    const page = await visitors.person('browser', { room: 'long' });
    await page.locator('.message', { hasText: `line ${MANY - 1}.` }).waitFor();
    await page.locator('.scroll').evaluate((e) => e.scrollBy(0, -500));
    const button = page.locator('.to-bottom');
    await button.waitFor();
    const list = page.locator('.scroll');
    const mark = await topmost(list);
    await fill(server, 'long', 1, 'brand new');
    await button.filter({ hasText: '1 new' }).waitFor();
    assert.ok((await shiftOf(list, mark)) <= 2, 'what is read stays where it is');
    await button.click();
    await button.waitFor({ state: 'detached' });
    await page.locator('.message', { hasText: 'brand new 0.' }).waitFor();
    await page.context().close();
  },
};

/** Scrolls up a little; returns how far what was read then moved once things settled. */
async function scrollUp(page, list) {
  await list.evaluate((box) => box.scrollBy(0, -400));
  const mark = await topmost(list);
  await page.waitForTimeout(60);
  await until('the older page', () =>
    list.evaluate((box) => !box.querySelector('.older:disabled')),
  );
  return shiftOf(list, mark);
}

/** The first message in view, and where it stands there. */
function topmost(list) {
  return list.evaluate((box) => {
    const row = [...box.querySelectorAll('[data-seq]')].find(
      (r) => r.offsetTop + r.offsetHeight > box.scrollTop,
    );
    return { seq: row.dataset.seq, top: row.offsetTop - box.scrollTop };
  });
}

/** How many pixels that message has moved on the screen since. */
function shiftOf(list, mark) {
  return list.evaluate((box, { seq, top }) => {
    const row = box.querySelector(`[data-seq="${seq}"]`);
    return Math.abs(row.offsetTop - box.scrollTop - top);
  }, mark);
}

/** Posts numbered lines over HTTP, as a bot would. */
async function fill(server, room, count, word = 'line') {
  for (let i = 0; i < count; i++) {
    await server.post(`/api/v1/rooms/${room}/messages`, {
      text: `${word} ${i}.`,
      cid: `${word}-${i}-${Date.now()}`,
      name: 'writer',
    });
  }
}
