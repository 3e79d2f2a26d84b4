/* SPDX-License-Identifier: MIT */
/* The server dies and comes back: nothing may be lost, doubled or hidden. */
import assert from 'node:assert/strict';
import { arrived, roomOpen, rows, say } from './browser.mjs';
import { until } from './server.mjs';

export const outage = {
  'kill -9 and restart: what was and is written is there once': async (world) => {
    const { ada, bob, server, visitors } = world;
    await say(ada, 'Before the storm.');
    await arrived(bob, 'Before the storm.');
    visitors.outage = true;
    await say(ada, 'As it strikes.');
    await server.kill();
    await ada.locator('.banner', { hasText: 'Connection lost' }).waitFor();
    await say(ada, 'In the dark one.');
    await say(ada, 'In the dark two.');
    await ada.locator('.echo[data-state="waiting"]').first().waitFor();
    await server.start();
    await bothBack(world);
    const written = [
      'Before the storm.',
      'As it strikes.',
      'In the dark one.',
      'In the dark two.',
    ];
    for (const page of [ada, bob]) {
      for (const text of written) await arrived(page, text);
      await until(
        'the echoes to go',
        async () => (await page.locator('.echo').count()) === 0,
      );
      const shown = await page.locator('.message .text').allInnerTexts();
      assert.deepEqual(
        shown.filter((t) => written.includes(t)),
        written,
      );
    }
  },

  'the banner says what came of it': async (world) => {
    const { bob, server, visitors } = world;
    visitors.outage = true;
    await server.kill();
    await bob.locator('.banner', { hasText: 'Connection lost' }).waitFor();
    /* It is shown for a moment only: waited for from before it can be there. */
    const told = bob
      .locator('.banner', { hasText: /Back online: (nothing was|\d+ messages?)/ })
      .waitFor({ timeout: 120_000 });
    await Promise.all([told, server.start()]);
    await bothBack(world);
  },

  'a page reloaded in the dark still sends what was written': async (world) => {
    const { ada, bob, server, visitors } = world;
    visitors.outage = true;
    await ada.context().setOffline(true);
    await ada.evaluate(() => window.dispatchEvent(new Event('offline')));
    await server.kill();
    await ada.locator('.banner', { hasText: 'Connection lost' }).waitFor();
    await say(ada, 'Written in a tunnel.');
    await ada.locator('.echo[data-state="waiting"]').first().waitFor();
    await ada.context().setOffline(false);
    await server.start();
    await ada.reload();
    await roomOpen(ada, 'lobby');
    await bothBack(world);
    for (const page of [ada, bob]) {
      await arrived(page, 'Written in a tunnel.');
      await until(
        'one row',
        async () => (await rows(page, 'Written in a tunnel.').count()) === 1,
      );
    }
  },

  'after all that the room on disk has no gap and no double': async ({ server }) => {
    const { events, seq } = await wholeRoom(server, 'lobby');
    assert.deepEqual(
      events.map((e) => e.seq),
      Array.from({ length: seq }, (_, i) => i + 1),
    );
    const texts = events.filter((e) => e.kind === 'message').map((e) => e.text);
    for (const once of ['As it strikes.', 'In the dark one.', 'Written in a tunnel.']) {
      assert.equal(texts.filter((t) => t === once).length, 1, once);
    }
  },
};

async function wholeRoom(server, room) {
  const events = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? 0;
    const page = await server.api(`/api/v1/rooms/${room}/events?after=${after}&limit=200`);
    events.push(...page.events);
    if (!page.more) return { events, seq: page.seq };
  }
}

/** From here on nobody may complain any more. */
async function bothBack({ ada, bob, visitors }) {
  for (const page of [ada, bob]) await backOnline(page);
  visitors.outage = false;
}

/** Backoff may have grown to its ceiling; the button does not wait. */
async function backOnline(page) {
  const now = page.getByRole('button', { name: 'Try now' });
  await until('the page to be online', async () => {
    if (await now.count()) await now.click({ timeout: 500 }).catch(() => undefined);
    return (await page.locator('.banner', { hasText: 'Connection lost' }).count()) === 0;
  });
}
