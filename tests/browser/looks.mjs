/* SPDX-License-Identifier: MIT */
/*
 * Every page in light, dark and on a phone: readable, named, nothing sticking out. Takes the
 * pictures.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { complaints } from './a11y.mjs';
import { say, setTheme } from './browser.mjs';
import { until } from './server.mjs';

/** In the page: what moves for ever, as dots do while somebody types, is not waited for. */
function transitionsOver() {
  const isFinite = (a) => a.effect.getComputedTiming().endTime !== Infinity;
  const ends = document.getAnimations().filter(isFinite).map((a) => a.finished);
  return Promise.allSettled(ends).then(() => undefined);
}

async function look(world, page, name) {
  await page.waitForTimeout(400);
  await page.evaluate(transitionsOver); /* which takes longer on a machine that is slow */
  if (world.shots) {
    await mkdir(world.shots, { recursive: true });
    await page.screenshot({ path: join(world.shots, `${name}.png`) });
  }
  assert.deepEqual(await complaints(page), [], name);
}

export const looks = {
  'the name page': async (world) => {
    const page = await world.visitors.page();
    await page.goto(world.server.url);
    await page.getByLabel('Your name').waitFor();
    await page.getByLabel('Your name').fill('n'.repeat(40));
    await page.keyboard.press('Enter');
    await page.getByText('Your name must have at most 32 characters').waitFor();
    for (const theme of ['light', 'dark']) {
      await setTheme(page, theme);
      await look(world, page, `name-${theme}`);
    }
    await page.context().close();
  },

  'the chat page': async (world) => {
    for (const theme of ['light', 'dark']) {
      await setTheme(world.bob, theme);
      await look(world, world.bob, `chat-${theme}`);
    }
    await world.bob.keyboard.press('Control+k');
    await world.bob.getByRole('dialog').waitFor();
    await look(world, world.bob, 'jump-dark');
    await world.bob.keyboard.press('Escape');
    await setTheme(world.bob, 'light');
  },

  'the log is a log, new messages are announced politely, one’s own are not': async (world) => {
    const { ada, bob } = world;
    assert.equal(await bob.getByRole('log').getAttribute('aria-live'), 'off');
    const live = bob.locator('[aria-live="polite"].sr');
    await ada.locator('.composer textarea').fill('Can you hear me.');
    await ada.keyboard.press('Enter');
    await live.getByText('ada: Can you hear me.').waitFor({ state: 'attached' });
    await bob.locator('.composer textarea').fill('Loud and clear.');
    await bob.keyboard.press('Enter');
    await bob.waitForTimeout(1300);
    assert.doesNotMatch(await live.innerText(), /Loud and clear/);
    assert.equal(await bob.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
  },

  'the chat page on a phone': async (world) => {
    const page = await world.visitors.person('pia', {
      viewport: { width: 390, height: 780 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
    });
    await page.locator('.message').last().tap();
    await page.getByRole('button', { name: 'Reply' }).waitFor();
    await page.locator('.composer textarea').tap();
    await look(world, page, 'chat-phone');
    await page.getByRole('button', { name: /^Rooms/ }).tap();
    await page.locator('.sidebar[data-open="true"]').waitFor();
    await look(world, page, 'rooms-phone');
    await page.keyboard.press('Escape');
    await page.locator('.sidebar[data-open="false"]').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: /^Members/ }).tap();
    await page.locator('.members[data-open="true"]').waitFor();
    await page.getByRole('button', { name: 'Close the member list' }).tap();
    await page.context().close();
  },

  'on a phone long names get in nobody’s way, and only the log scrolls': async (world) => {
    const { visitors } = world;
    const room = `a-room-${'with-a-long-name-'.repeat(4)}`.slice(0, 60);
    const names = ['Wolfeschlegelsteinhausenbergerdo', 'Hubert-Blaine-Wolfeschlegelstein'];
    const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, room };
    const page = await visitors.person('phil', phone);
    const others = await Promise.all(names.map((name) => visitors.person(name, { room })));
    for (const other of others) await other.locator('.composer textarea').pressSequentially('Hm');
    const typing = page.locator('.typing');
    await typing.getByText('are typing').waitFor();
    const line = await typing.boundingBox();
    const said = await typing.locator('> :last-child').boundingBox();
    assert.ok(said.y + said.height <= line.y + line.height + 1, 'the names take one line');
    const grown = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    assert.ok(grown <= 0, `the page is ${grown} px too high`);
    await page.getByRole('button', { name: /^Rooms/ }).tap();
    await page.locator('.sidebar[data-open="true"]').waitFor();
    const item = page.locator('.room-item', { hasText: room });
    const name = await item.locator('.room-name').boundingBox();
    const leave = await item.locator('.room-leave').boundingBox();
    assert.ok(name.x + name.width <= leave.x, 'the name ends before the button');
    await look(world, page, 'long-names-phone');
    await Promise.all([page, ...others].map((p) => p.context().close()));
  },

  'the theme can be chosen and is remembered': async ({ ada }) => {
    const shows = (theme) =>
      until(`the page to be ${theme}`, () =>
        ada.evaluate((t) => document.documentElement.dataset.theme === t, theme),
      );
    await setTheme(ada, 'light');
    const button = ada.getByRole('button', { name: /^Theme/ });
    const choose = (name) =>
      until(`the choice ${name}`, async () => {
        if ((await button.getAttribute('aria-label')).includes(name)) return true;
        await button.click();
        return false;
      });
    await choose('dark');
    await shows('dark');
    await ada.reload();
    await ada.locator('.composer').waitFor();
    await shows('dark');
    await choose('system');
    await shows('light');
  },

  'the operator page': async (world) => {
    for (const theme of ['light', 'dark']) {
      await setTheme(world.ops, theme);
      await look(world, world.ops, `ops-${theme}`);
    }
    await world.ops.setViewportSize({ width: 390, height: 780 });
    await look(world, world.ops, 'ops-phone');
  },

  'a bounced message, an explanation and what was missed': async (world) => {
    const { dave, finn } = world;
    await say(dave, 'Once more: you are a stupid idiot and I hate you');
    await dave.locator('.echo .fate[role="alert"]').waitFor();
    for (const theme of ['light', 'dark']) {
      await setTheme(dave, theme);
      await look(world, dave, `bounced-${theme}`);
      await dave.locator('.verdict[data-label="toxic"]').last().click();
      await dave.locator('.why-steps').waitFor();
      await look(world, dave, `explanation-${theme}`);
      await dave.keyboard.press('Escape');
      await dave.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await say(finn, '/recap all');
    await finn.locator('.recap h3').first().waitFor();
    for (const theme of ['light', 'dark']) {
      await setTheme(finn, theme);
      await look(world, finn, `recap-${theme}`);
    }
    for (const [page, name] of [
      [dave, 'bounced'],
      [finn, 'recap'],
    ]) {
      await page.setViewportSize({ width: 390, height: 780 });
      await look(world, page, `${name}-phone`);
    }
    const fate = dave.locator('.echo .fate[role="alert"]').last();
    const icon = await fate.locator('.icon').boundingBox();
    const words = await fate.locator('.icon + span').boundingBox();
    assert.ok(icon.y < words.y + words.height && words.y < icon.y + icon.height, 'side by side');
    await dave.locator('.verdict[data-label="toxic"]').last().click();
    await dave.locator('.why-steps').waitFor();
    await look(world, dave, 'explanation-phone');
  },

  'a search and where it led': async (world) => {
    const { iris } = world;
    await iris.keyboard.press('Control+Shift+F');
    await iris.locator('.find-field').fill('lantern');
    await iris.keyboard.press('Enter');
    await iris.locator('.find-hit').first().waitFor();
    for (const theme of ['light', 'dark']) {
      await setTheme(iris, theme);
      await iris.locator('.find-hit').nth(1).click();
      await iris.locator('.message[data-found]').waitFor();
      await look(world, iris, `search-${theme}`);
    }
    await iris.setViewportSize({ width: 390, height: 780 });
    await look(world, iris, 'search-phone');
  },

  'the review queue and the rules of a room': async (world) => {
    const { moderator: page } = world;
    for (const [width, suffix] of [
      [1280, ''],
      [390, '-phone'],
    ]) {
      await page.setViewportSize({ width, height: 860 });
      for (const theme of suffix ? ['light'] : ['light', 'dark']) {
        await setTheme(page, theme);
        await page.getByRole('link', { name: 'Review' }).click();
        await page.locator('.case blockquote').waitFor();
        await look(world, page, `review-${theme}${suffix}`);
        await page.getByRole('link', { name: 'Room rules' }).click();
        await page.getByRole('button', { name: 'Read' }).click();
        await page.locator('.policy-said', { hasText: 'rules' }).waitFor();
        await page.getByRole('button', { name: /^Try on/ }).click();
        await page.locator('.policy-outcome').waitFor();
        await look(world, page, `rules-${theme}${suffix}`);
      }
    }
  },

  'the policy is the strict one': async ({ server }) => {
    for (const path of ['/', '/ops']) {
      const policy =
        (await fetch(server.url + path)).headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/, path);
      assert.match(policy, /require-trusted-types-for 'script'/, path);
      assert.doesNotMatch(policy, /unsafe/, path);
    }
  },

  'no page complained: no error, no warning, no policy violation': async ({ visitors }) => {
    assert.deepEqual(visitors.findings, []);
  },
};
