/* SPDX-License-Identifier: MIT */
/* What one has missed, commands in the field, and the pulse of a room. */
import assert from 'node:assert/strict';
import { arrived, roomOpen, say } from './browser.mjs';
import { until } from './server.mjs';

const ROOM = 'harbour';
const QUESTION = 'When do we meet on saturday?';
const ANSWER = 'At nine, at the pier.';

const panelOf = (page) => page.getByRole('region', { name: 'What you missed' });

/** Signed in, but nothing was ever read in this browser. */
function withoutReading({ cookies, origins }) {
  const isKept = (entry) => !entry.name.includes('/read/');
  const rest = origins.map((o) => ({ ...o, localStorage: o.localStorage.filter(isKept) }));
  return { cookies, origins: rest };
}

export const catchup = {
  'unread messages offer to catch one up, and the button tells what was missed': async (
    world,
  ) => {
    const { visitors } = world;
    world.erin = await visitors.person('erin', { room: ROOM });
    world.finn = await visitors.person('finn', { room: ROOM });
    const { erin, finn } = world;
    const gwen = await visitors.person('gwen', { room: ROOM });
    await say(finn, 'The lighthouse needs new paint.');
    await arrived(erin, 'The lighthouse');
    await finn.keyboard.press('Control+k');
    await finn.getByLabel('Room name').fill('elsewhere');
    await finn.keyboard.press('Enter');
    await finn.getByText('elsewhere is quiet').waitFor();
    await say(erin, QUESTION);
    await arrived(gwen, QUESTION);
    const row = gwen.locator('.message[data-seq]').filter({ hasText: QUESTION });
    await row.hover();
    await row.getByRole('button', { name: 'Reply' }).click();
    await say(gwen, ANSWER);
    await arrived(erin, ANSWER);
    await gwen.context().close();
    await say(erin, 'We decided to paint the lighthouse white.');
    const link = finn.locator('.room-link', { hasText: ROOM });
    await link.locator('.badge', { hasText: '3' }).waitFor();
    await link.click();
    const offer = finn.getByRole('button', { name: 'Catch me up' });
    await offer.focus();
    await finn.keyboard.press('Enter');
    const panel = panelOf(finn);
    await panel.getByText('3 messages of 2 people: erin, gwen').waitFor();
    const asked = panel.locator('li').filter({ hasText: QUESTION }).first();
    assert.match(await asked.innerText(), /At nine, at the pier/);
    await panel.getByRole('heading', { name: 'Decided', exact: true }).waitFor();
  },

  'each quote leads to its message, and Esc closes the panel': async ({ finn }) => {
    const panel = panelOf(finn);
    const quote = panel.getByRole('button', { name: new RegExp(`gwen.*${ANSWER}`) }).first();
    await quote.focus();
    await finn.keyboard.press('Enter');
    const focused = finn.locator('.message:focus');
    await focused.waitFor();
    assert.match(await focused.innerText(), /At nine, at the pier/);
    await quote.focus();
    await finn.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    assert.equal(await finn.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
  },

  '/recap says that nothing was missed, and sums the whole room up on wish': async ({ finn }) => {
    await say(finn, 'I am back.');
    await arrived(finn, 'I am back.');
    await finn.reload();
    await finn.locator('.message[data-seq]').first().waitFor();
    const field = finn.locator('.composer textarea');
    await field.fill('/recap');
    await field.press('Enter');
    await panelOf(finn).getByText('Nothing was missed.').waitFor();
    await panelOf(finn).getByRole('button', { name: 'Sum up the whole room' }).click();
    await panelOf(finn).getByText(/5 messages of 3 people/).waitFor();
    assert.equal(await finn.getByText('/recap').count(), 0, 'a command is no message');
    await finn.getByRole('button', { name: 'Close what you missed' }).click();
    await panelOf(finn).waitFor({ state: 'detached' });
  },

  'what was read on another device was not missed here': async ({ visitors, server, erin, finn }) => {
    const elsewhere = async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByLabel('Room name').fill('elsewhere');
      await page.keyboard.press('Enter');
      await roomOpen(page, 'elsewhere');
    };
    const storageState = await erin.context().storageState();
    const second = await visitors.page({ storageState });
    await second.goto(`${server.url}/#/${ROOM}`);
    await roomOpen(second, ROOM);
    await elsewhere(second);
    for (const text of ['Bring brushes.', 'And a ladder.']) {
      await say(finn, text);
      await arrived(erin, text);
    }
    const link = second.locator('.room-link', { hasText: ROOM });
    await link.locator('.badge', { hasText: '2' }).waitFor();
    await elsewhere(erin);
    await say(finn, 'Never mind the ladder.');
    await link.locator('.badge', { hasText: '3' }).waitFor();
    await link.click();
    await say(second, '/recap');
    await panelOf(second).getByText('1 message of one person: finn').waitFor();
    await second.context().close();

    /* A device that never saw the room: what was not read on the first one. */
    const third = await visitors.page({ storageState: withoutReading(storageState) });
    await say(finn, 'Or do bring it.');
    await third.goto(`${server.url}/#/${ROOM}`);
    await roomOpen(third, ROOM);
    await third.locator('.composer textarea').waitFor();
    await third.locator('.unread-line').waitFor();
    await say(third, '/recap');
    await panelOf(third).getByText('1 message of one person: finn').waitFor();
    await third.context().close();
    await erin.locator('.room-link', { hasText: ROOM }).click();
    await roomOpen(erin, ROOM);
  },

  'an unknown command is told and never sent, and // sends a slash': async ({ erin, finn }) => {
    const field = finn.locator('.composer textarea');
    await say(finn, '/shrug so what');
    await finn.getByText('There is no command /shrug').waitFor();
    assert.equal(await field.inputValue(), '/shrug so what');
    await say(finn, '//shrug is no command');
    await arrived(erin, '/shrug is no command');
    assert.equal(await erin.getByText('so what').count(), 0);
    assert.equal(await finn.getByText('There is no command').count(), 0);
    const row = erin.locator('.message[data-seq]').filter({ hasText: '/shrug' });
    assert.match(await row.locator('.text').innerText(), /^\/shrug is no command$/);
  },

  'the pulse tells what a room is about and how it feels': async ({ erin, finn }) => {
    for (let i = 0; i < 10; i++) {
      await say(erin, `The lighthouse needs new paint, plan ${i}.`);
      await say(finn, 'Wonderful, I love the lighthouse.');
    }
    const pulse = erin.getByRole('region', { name: 'Room pulse' });
    await until('the pulse', async () => {
      const told = await pulse.innerText();
      return /lighthouse/.test(told) && /1 min\s+good/.test(told);
    });
  },
};
