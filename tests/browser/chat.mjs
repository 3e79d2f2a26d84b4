/* SPDX-License-Identifier: MIT */
/* What two people in two browsers see of each other. Each entry is a claim and its proof. */
import assert from 'node:assert/strict';
import { arrived, roomOpen, rows, say } from './browser.mjs';
import { until } from './server.mjs';

export const chat = {
  'a taken name is turned down with a free one to take': async ({ visitors, server }) => {
    const first = await visitors.person('taken');
    const page = await visitors.page();
    await page.goto(server.url);
    await page.getByLabel('Your name').fill('taken');
    await page.getByRole('button', { name: 'Start chatting' }).click();
    await page.getByText('is taken right now').waitFor();
    const offer = page.getByRole('button', { name: /^Use “/ });
    const suggested = /“(.+)”/.exec(await offer.innerText())[1];
    assert.notEqual(suggested, 'taken');
    await offer.click();
    await roomOpen(page, 'lobby');
    assert.equal(await page.locator('.self-name').innerText(), suggested);
    await Promise.all([first, page].map((p) => p.context().close()));
  },

  'what one writes the other reads, once': async ({ ada, bob }) => {
    await say(ada, 'Good morning, Bob.');
    await arrived(bob, 'Good morning, Bob.');
    await say(bob, 'Good morning, Ada.');
    await arrived(ada, 'Good morning, Ada.');
    for (const page of [ada, bob]) {
      for (const text of ['Good morning, Bob.', 'Good morning, Ada.']) {
        await until(
          `one row of ${text}`,
          async () => (await rows(page, text).count()) === 1,
        );
      }
      await until('no echo', async () => (await page.locator('.echo').count()) === 0);
    }
  },

  'many messages in a row keep their order on both sides': async ({ ada, bob }) => {
    const texts = Array.from({ length: 20 }, (_, i) => `in a row ${i}.`);
    for (const text of texts) await say(ada, text);
    for (const page of [ada, bob]) {
      await arrived(page, 'in a row 19.');
      const all = await page.locator('.message[data-seq] .text').allInnerTexts();
      assert.deepEqual(
        all.filter((t) => t.startsWith('in a row')),
        texts,
      );
    }
  },

  'markup is shown as text and only web addresses become links': async ({ ada, bob }) => {
    const evil = '<img src=x onerror="document.title=1"> <b>bold</b> javascript:alert(1)';
    await say(ada, `${evil} https://example.org/a?b=c.`);
    await arrived(bob, evil);
    const row = bob.locator('.message[data-seq]').filter({ hasText: evil }).first();
    assert.equal(await row.locator('img, b, script').count(), 0);
    const links = row.locator('.text a');
    assert.equal(await links.count(), 1);
    assert.equal(await links.getAttribute('href'), 'https://example.org/a?b=c');
    assert.equal(await links.getAttribute('rel'), 'noopener noreferrer nofollow');
  },

  'a verdict appears, with its reason on hover and on focus': async ({ ada, bob }) => {
    await say(ada, '🤖🤖 you are a stupid idiot and I hate you');
    const row = bob.locator('.message[data-seq]').filter({ hasText: 'stupid idiot' }).first();
    const badge = row.locator('.verdict').first();
    await badge.waitFor();
    const label = await badge.getAttribute('data-label');
    const card = bob.locator('.verdict-card');
    await badge.hover();
    await card.waitFor();
    assert.match(await card.innerText(), new RegExp(`^${label}`));
    assert.match(await card.innerText(), /\d+%[^]*\b(toxicity|sentiment|emotion)\b \d+\.\d+/);
    await bob.mouse.move(640, 5);
    await card.waitFor({ state: 'detached' });
    await row.focus();
    await badge.focus();
    await card.waitFor();
    assert.equal(await badge.getAttribute('aria-describedby'), await card.getAttribute('id'));
    await bob.keyboard.press('Escape');
    await card.waitFor({ state: 'detached' });
  },

  'the marked words are the ones meant, though emoji stand before them': async ({ bob }) => {
    const row = bob.locator('.message[data-seq]').filter({ hasText: 'stupid idiot' }).first();
    await row.locator('.verdict[data-label="toxic"]').first().hover();
    await bob.locator('.verdict-card mark').first().waitFor();
    const marks = await bob.locator('.verdict-card mark').allInnerTexts();
    assert.ok(
      marks.some((m) => /stupid|idiot/.test(m)),
      `marked: ${JSON.stringify(marks)}`,
    );
    for (const mark of marks)
      assert.match(mark, /^[\w\s]+$/, 'the marks begin and end at words');
    await bob.mouse.move(640, 5);
  },

  'a question is called one': async ({ ada, bob }) => {
    await say(bob, 'When does the train to Utrecht leave?');
    const row = ada.locator('.message[data-seq]').filter({ hasText: 'Utrecht' }).first();
    await row.locator('.verdict[data-label="question"]').waitFor();
  },

  'typing is seen and ends': async ({ ada, bob }) => {
    await ada.locator('.composer textarea').pressSequentially('let me think', { delay: 10 });
    await bob.locator('.typing', { hasText: 'ada is typing' }).waitFor();
    await ada.locator('.composer textarea').fill('');
    await until(
      'typing to end',
      async () => (await bob.locator('.typing span').count()) === 0,
    );
  },

  'a language that its reader does not read is told by its name': async ({ ada, bob }) => {
    await say(ada, '今日はとても良い天気ですね。一緒に散歩に行きませんか。');
    const badge = bob.locator('.verdict[data-label="ja"]').last();
    await badge.waitFor();
    assert.match(await badge.innerText(), /^Japanese/);
    assert.match(await badge.getAttribute('aria-label'), /^Japanese, \d+% sure$/);
  },

  'who comes and goes is seen': async ({ visitors, ada }) => {
    /* The pulse beside them names people too, once it knows what the room talks about. */
    const member = (name) => ada.locator('.members li bdi').getByText(name, { exact: true });
    await member('bob').waitFor();
    const guest = await visitors.person('passer-by');
    await member('passer-by').waitFor();
    await guest.context().close();
    await member('passer-by').waitFor({ state: 'detached' });
  },

  'a reply quotes what it answers, and the quote leads there': async ({ ada, bob }) => {
    const row = bob
      .locator('.message[data-seq]')
      .filter({ hasText: 'Good morning, Bob.' })
      .first();
    await row.hover();
    await row.getByRole('button', { name: 'Reply' }).click();
    await bob.locator('.composer-context', { hasText: 'Replying to ada' }).waitFor();
    await say(bob, 'And a good day.');
    const reply = ada
      .locator('.message[data-seq]')
      .filter({ hasText: 'And a good day.' })
      .first();
    const quote = reply.locator('.quote');
    assert.match(await quote.innerText(), /Good morning, Bob\./);
    await quote.click();
    const focused = ada.locator('.message:focus');
    assert.match(await focused.innerText(), /Good morning, Bob\./);
  },

  'an edit, a reaction and a deletion are seen by the other': async ({ ada, bob }) => {
    await say(ada, 'A mesage to mend.');
    for (const page of [ada, bob]) await arrived(page, 'A mesage to mend.');
    await ada.keyboard.press('ArrowUp');
    await ada.locator('.composer-context', { hasText: 'Editing your message' }).waitFor();
    await say(ada, 'A message to mend.');
    const row = bob.locator('.message[data-seq]').filter({ hasText: 'A message to mend.' });
    await row.locator('.edited').waitFor();
    await row.hover();
    await row.getByRole('button', { name: 'React' }).click();
    await row.getByRole('button', { name: 'React with 👍' }).click();
    const own = ada.locator('.message[data-seq]').filter({ hasText: 'A message to mend.' });
    const reaction = own.locator('.reaction', { hasText: '👍' });
    assert.equal(await reaction.getAttribute('aria-pressed'), 'false');
    await reaction.click();
    await row.locator('.reaction', { hasText: '2' }).waitFor();
    await own.hover();
    await own.getByRole('button', { name: 'Delete' }).click();
    await own.getByRole('button', { name: 'Delete?' }).click();
    await row.waitFor({ state: 'detached' });
    await bob.getByText('This message was deleted.').waitFor();
  },

  'a room made by name has its own history, and unread is counted': async ({ ada, bob }) => {
    for (const page of [ada, bob]) {
      await page.keyboard.press('Control+k');
      await page.getByLabel('Room name').fill('side room');
      await page.keyboard.press('Enter');
      await roomOpen(page, 'side-room');
    }
    await bob.getByText('side-room is quiet').waitFor();
    await ada.getByRole('button', { name: /lobby/ }).first().click();
    await roomOpen(ada, 'lobby');
    await say(bob, 'Anybody here.');
    await say(bob, 'Nobody here.');
    const link = ada.locator('.room-link', { hasText: 'side-room' });
    await link.locator('.badge', { hasText: '2' }).waitFor();
    await until('the title to count', async () => (await ada.title()).startsWith('(2)'));
    await link.click();
    await ada.locator('.unread-line').waitFor();
    await until(
      'the badge to go',
      async () => (await link.locator('.badge').count()) === 0,
    );
    await bob.getByRole('button', { name: /lobby/ }).first().click();
    await ada.getByRole('button', { name: /lobby/ }).first().click();
    await Promise.all([ada, bob].map((page) => roomOpen(page, 'lobby')));
  },

  'a reload keeps who one is, the room and the draft': async ({ ada }) => {
    await ada.locator('.composer textarea').fill('half a thou');
    await ada.reload();
    await roomOpen(ada, 'lobby');
    assert.equal(await ada.locator('.self-name').innerText(), 'ada');
    await until(
      'the draft',
      async () => (await ada.locator('.composer textarea').inputValue()) === 'half a thou',
    );
    await ada.locator('.composer textarea').fill('');
    await until('the history', async () => (await rows(ada, 'Good morning, Bob.').count()) === 1);
  },

  'an oversize message is stopped before it is sent': async ({ ada }) => {
    const field = ada.locator('.composer textarea');
    await field.fill('é'.repeat(4200));
    await ada.locator('.size[data-over="true"]', { hasText: '208 too many' }).waitFor();
    assert.equal(await ada.getByRole('button', { name: 'Send' }).isDisabled(), true);
    await field.fill('');
  },

  'the keys work: sheet, jump, edit last, cancel': async ({ ada }) => {
    await ada.mouse.move(640, 5);
    await ada.locator('.scroll').focus();
    await ada.keyboard.press('?');
    await ada.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await ada.keyboard.press('Escape');
    await ada.getByRole('dialog').waitFor({ state: 'detached' });
    /* Faster than any hand: the page may still be putting the sheet away. */
    await until('the focus back in the composer', async () => {
      await ada.keyboard.press('Escape');
      return ada.evaluate(() => document.activeElement.tagName === 'TEXTAREA');
    });
    await ada.keyboard.press('ArrowUp');
    await ada.locator('.composer-context', { hasText: 'Editing your message' }).waitFor();
    const value = () => ada.locator('.composer textarea').inputValue();
    await until('the text to edit', async () => (await value()) !== '');
    await ada.keyboard.press('Escape');
    await until('the empty field', async () => (await value()) === '');
    await ada.keyboard.press('Shift+Tab');
    await ada.locator('.scroll').focus();
    await ada.keyboard.press('ArrowUp');
    await until('the focus on a message', () =>
      ada.evaluate(() => document.activeElement.className === 'message'),
    );
    await ada.keyboard.press('Escape');
  },
};
