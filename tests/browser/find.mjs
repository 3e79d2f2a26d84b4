/* SPDX-License-Identifier: MIT */
/* Search of a room: what is found, how it is walked, and the way to the message. */
import assert from 'node:assert/strict';
import { arrived, roomOpen, say } from './browser.mjs';
import { until } from './server.mjs';

const ROOM = 'attic';
const BOXES = 120;
const OLD = 'The brass lantern hangs behind the old chest 🏮';
const EDITED = 'A lantern of paper, the lantern of the fair.';

const panelOf = (page) => page.getByRole('search', { name: `Search ${ROOM}` });
const fieldOf = (page) => page.getByLabel(`Search for words in ${ROOM}`);
const hitsOf = (page) => panelOf(page).locator('.find-hit');
const focusedText = (page) => page.evaluate(() => document.activeElement.textContent);

/** Many messages without a page for each: over HTTP, as a bot. */
async function fill(server, count, textOf) {
  for (let n = 0; n < count; n++) {
    const body = { text: textOf(n), cid: `attic-${n}`, name: `porter ${n % 20}` };
    await server.give('POST', `/api/v1/rooms/${ROOM}/messages`, body);
  }
}

export const find = {
  '/find shows the messages with the words, newest first, and marks the words': async (world) => {
    const { server, visitors } = world;
    world.iris = await visitors.person('iris', { room: ROOM });
    const { iris } = world;
    await say(iris, OLD);
    await arrived(iris, OLD);
    await fill(server, BOXES, (n) => `box number ${n} of the attic`);
    await say(iris, 'paper');
    await arrived(iris, 'paper');
    await iris.keyboard.press('ArrowUp');
    await iris.getByText('Editing your message').waitFor();
    await say(iris, EDITED);
    await arrived(iris, EDITED);
    /* An edit is found once the index has it. */
    await until('both to be found', async () => {
      await say(iris, '/find LANTERN the');
      await panelOf(iris).getByText('2 messages, newest first').waitFor({ timeout: 2_000 });
      const texts = await hitsOf(iris).locator('.find-text').allInnerTexts();
      assert.deepEqual(texts, [EDITED, OLD]);
      const marks = await hitsOf(iris).nth(0).locator('mark').allInnerTexts();
      assert.deepEqual(marks, ['lantern', 'the', 'lantern', 'the']);
      assert.match(await hitsOf(iris).nth(0).innerText(), /^iris[\s\S]*edited/);
      return true;
    });
    assert.equal(await iris.getByText('/find').count(), 0, 'a command is no message');
  },

  'arrows walk the matches, and Enter goes to a message far back and marks it': async ({ iris }) => {
    assert.equal(await iris.locator('.message', { hasText: OLD }).count(), 1);
    /* Opened anew, the page has only the newest messages. */
    await iris.reload();
    await roomOpen(iris, ROOM);
    await arrived(iris, EDITED);
    assert.equal(await iris.locator('.message', { hasText: OLD }).count(), 0);
    await iris.keyboard.press('Control+Shift+F');
    await fieldOf(iris).fill('lantern');
    await iris.keyboard.press('Enter');
    await hitsOf(iris).nth(1).waitFor();
    await iris.keyboard.press('ArrowDown');
    assert.match(await focusedText(iris), /A lantern of paper/);
    await iris.keyboard.press('ArrowDown');
    assert.match(await focusedText(iris), /brass lantern/);
    await iris.keyboard.press('ArrowUp');
    await iris.keyboard.press('ArrowUp');
    assert.equal(await fieldOf(iris).evaluate((e) => e === document.activeElement), true);
    await iris.keyboard.press('ArrowDown');
    await iris.keyboard.press('ArrowDown');
    await iris.keyboard.press('Enter');
    const marked = iris.locator('.message:focus');
    await marked.waitFor();
    assert.match(await marked.innerText(), /brass lantern/);
    await iris.locator('.message[data-found]', { hasText: 'brass lantern' }).waitFor();
    const inView = await marked.evaluate((row) => {
      const box = row.closest('.scroll').getBoundingClientRect();
      const { top, bottom } = row.getBoundingClientRect();
      return top >= box.top - 1 && bottom <= box.bottom + 1;
    });
    assert.ok(inView, 'the message is in sight');
    assert.equal(await iris.getByText('too far back').count(), 0);
  },

  'what was left out comes on demand, each message once': async ({ iris }) => {
    await fieldOf(iris).fill('box attic');
    await fieldOf(iris).press('Enter');
    await panelOf(iris).getByText('20 messages so far, newest first').waitFor();
    await panelOf(iris).getByRole('button', { name: 'Look further back' }).click();
    await panelOf(iris).getByText('40 messages so far').waitFor();
    const texts = await hitsOf(iris).locator('.find-text').allInnerTexts();
    const wanted = Array.from({ length: 40 }, (_, i) => `box number ${BOXES - 1 - i} of the attic`);
    assert.deepEqual(texts, wanted);
    assert.match(await focusedText(iris), /box number 99 /, 'the reader goes on here');
  },

  'nothing found, signs, emoji and by meaning are answered in words': async ({ iris, visitors }) => {
    const ask = async (question) => {
      await fieldOf(iris).fill(question);
      await fieldOf(iris).press('Enter');
    };
    await ask('lantern submarine');
    await panelOf(iris).getByText('No message has all of these words.').waitFor();
    await ask('🏮');
    await hitsOf(iris).locator('mark', { hasText: '🏮' }).waitFor();
    await ask('"NEAR( *');
    await panelOf(iris).getByText('No message has all of these words.').waitFor();
    visitors.outage = true; /* the browser reports the 400 and the 503 as failed resources */
    await ask('a b c d e f g h i j k l m n o p q');
    await panelOf(iris).getByRole('alert').getByText('16 different').waitFor();
    await ask('something that shines');
    await panelOf(iris).getByRole('button', { name: 'Meaning' }).click();
    await panelOf(iris).getByRole('alert').getByText('pip install').waitFor({ timeout: 30_000 });
    await panelOf(iris).getByRole('button', { name: 'Words' }).click();
    await panelOf(iris).getByText('No message has all of these words.').waitFor();
    await iris.keyboard.press('Escape');
    await panelOf(iris).waitFor({ state: 'detached' });
    visitors.outage = false;
    assert.equal(await iris.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
  },

  'a deleted message is not found, and the button opens the search': async ({ iris }) => {
    const row = iris.locator('.message[data-seq]').filter({ hasText: EDITED });
    await iris.locator('.to-bottom').click().catch(() => undefined);
    await row.hover();
    await row.getByRole('button', { name: 'Delete' }).click();
    await row.getByRole('button', { name: 'Delete?' }).click();
    await iris.locator('.text', { hasText: EDITED }).waitFor({ state: 'detached' });
    await iris.getByRole('button', { name: `Search ${ROOM}` }).click();
    await fieldOf(iris).fill('lantern');
    await fieldOf(iris).press('Enter');
    await panelOf(iris).getByText('1 message, newest first').waitFor();
    assert.match(await hitsOf(iris).innerText(), /brass lantern/);
    await panelOf(iris).getByRole('button', { name: 'Close the search' }).click();
    await panelOf(iris).waitFor({ state: 'detached' });
    await say(iris, 'Another lantern came today.');
    await arrived(iris, 'Another lantern came today.');
  },
};
