/* SPDX-License-Identifier: MIT */
/*
 * A room with a policy: what its members see of it, what a moderator does about it, and why each
 * verdict is as it is.
 */
import assert from 'node:assert/strict';
import { arrived, say } from './browser.mjs';
import { until } from './server.mjs';

const ROOM = 'gated';
const RUDE = 'you are a stupid idiot and I hate you';

/** Toxic texts get this action from now on; everybody in the room is told. */
async function setAction({ server }, action) {
  await server.put(`/api/v1/rooms/${ROOM}/policy`, {
    gate: { mode: 'closed', deadline_ms: 10_000 },
    rules: [{ label: 'toxicity.toxic', at: 0.6, action }],
  });
}

const echoOf = (page, text) => page.locator('.message.echo').filter({ hasText: text });
const numbered = (page, text) => page.locator('.message[data-seq]').filter({ hasText: text });

async function isOnce(page, text) {
  await arrived(page, text);
  await page.waitForTimeout(300); /* a second one would come now */
  assert.equal(await numbered(page, text).count(), 1, text);
}

/** Walks with j and k to the item of this text. */
async function walkTo(page, text) {
  const all = page.locator('.queue li button');
  const shown = page.locator('.case blockquote', { hasText: text });
  await all.filter({ hasText: text }).waitFor();
  const place = (await all.allInnerTexts()).findIndex((item) => item.includes(text));
  for (let i = 0; i < 20; i++) await page.keyboard.press('k');
  for (let i = 0; i < place; i++) await page.keyboard.press('j');
  await shown.waitFor();
}

/** What the explanation shows is what the server tells of the message, to the last figure. */
async function assertExplains({ server }, page, seq) {
  const dialog = page.getByRole('dialog', { name: 'Why this verdict' });
  await dialog.locator('.why-labels').waitFor();
  const trace = await server.api(`/api/v1/rooms/${ROOM}/events/${seq}/trace`);
  const top = trace.labels.filter((l) => l.flagged).sort((a, b) => b.score - a.score)[0];
  const percent = (share) => `${Math.round(share * 100)}%`;
  const first = (await dialog.locator('.why-labels tbody tr').first().innerText()).split(/\s+/);
  const expected = [top.label, percent(top.score), percent(top.threshold), top.analyzer];
  assert.deepEqual(first, [...expected, top.version]);
  const told = await dialog.innerText();
  const { slot, pid } = trace.worker;
  assert.ok(told.includes(`Worker ${slot}, process ${pid}`), told);
  assert.match(told, /waited for a worker\s+[\d.]+ m?s\s+was analysed\s+[\d.]+ m?s/);
  assert.match(told, /was stored\s+[\d.]+ m?s\s+was shown to everybody\s+[\d.]+ m?s/);
  return told;
}

export const gate = {
  'a bounced message shows the words and the reason, and is mended and sent': async (world) => {
    world.carol = await world.visitors.person('carol', { room: ROOM });
    world.dave = await world.visitors.person('dave', { room: ROOM });
    const { carol, dave } = world;
    await setAction(world, 'bounce');
    await carol.locator('.notice', { hasText: 'rules' }).first().waitFor();
    await say(carol, RUDE);
    const echo = echoOf(carol, RUDE);
    await echo.locator('.fate[role="alert"]').waitFor();
    assert.match(await echo.locator('.fate').innerText(), /edit/i);
    assert.match((await echo.locator('mark').allInnerTexts()).join(' '), /stupid|idiot/);
    assert.match(await echo.locator('.found-labels').innerText(), /toxic \d+%/);
    assert.equal(await echo.getByRole('button', { name: 'Try again' }).count(), 0);
    await echo.getByRole('button', { name: 'Edit and resend' }).press('Enter');
    const field = carol.locator('.composer textarea');
    await until('the text in the field', async () => (await field.inputValue()) === RUDE);
    await say(carol, 'I see this in another way.');
    await isOnce(dave, 'I see this in another way.');
    assert.equal(await dave.getByText(RUDE).count(), 0);
    await until('no echo', async () => (await carol.locator('.echo').count()) === 0);
  },

  'a bounced edit comes back into the field and what stood there stays': async ({
    carol,
    dave,
  }) => {
    await carol.locator('.composer textarea').press('ArrowUp');
    await carol.getByText('Editing your message').waitFor();
    await say(carol, RUDE);
    await carol.locator('.toast', { hasText: 'could not be edited' }).waitFor();
    await carol.getByText('Editing your message').waitFor();
    const field = carol.locator('.composer textarea');
    await until('the edit in the field', async () => (await field.inputValue()) === RUDE);
    await field.press('Escape');
    await until('the empty field', async () => (await field.inputValue()) === '');
    await isOnce(dave, 'I see this in another way.');
  },

  'the review tab is reached from the link, and says when nothing waits': async (world) => {
    const page = await world.visitors.page({ viewport: { width: 1280, height: 900 } });
    await page.goto(await world.server.opsLink());
    await page.getByRole('link', { name: 'Review' }).click();
    await page.getByText('Nothing waits for a moderator.').waitFor();
    world.moderator = page;
  },

  'held messages wait where only their author sees them': async (world) => {
    const { carol, dave, moderator } = world;
    await setAction(world, 'hold');
    for (const who of ['First', 'Second', 'Third']) {
      await say(carol, `${who}: ${RUDE}`);
      await echoOf(carol, who).getByText('Waiting for a moderator').waitFor();
    }
    await say(dave, 'Is anybody there.');
    await arrived(carol, 'Is anybody there.');
    assert.equal(await numbered(dave, RUDE).count(), 0);
    await moderator.getByRole('heading', { name: '3 messages to review' }).waitFor();
    await moderator.locator('.case mark').first().waitFor();
    assert.match(await moderator.locator('.case').innerText(), /Nobody has seen it/);
  },

  'with the keyboard a moderator walks, claims and lets go': async ({ moderator }) => {
    const shown = moderator.locator('.case blockquote');
    await shown.getByText('First').waitFor();
    await moderator.keyboard.press('j');
    await shown.getByText('Second').waitFor();
    await moderator.keyboard.press('k');
    await shown.getByText('First').waitFor();
    await moderator.keyboard.press('c');
    await moderator.locator('.case-why', { hasText: 'Claimed by ops-' }).waitFor();
    await moderator.keyboard.press('c');
    await moderator.locator('.case-why', { hasText: 'Claimed' }).waitFor({ state: 'detached' });
  },

  'an approved one appears once for everybody, and a decided one is no longer in the queue':
    async ({ carol, dave, moderator }) => {
      await walkTo(moderator, 'First');
      await moderator.keyboard.press('a');
      await moderator.getByRole('status').getByText('approved').waitFor();
      await isOnce(dave, `First: ${RUDE}`);
      await isOnce(carol, `First: ${RUDE}`);
      await echoOf(carol, 'First').waitFor({ state: 'detached' });
      await moderator.getByRole('heading', { name: '2 messages to review' }).waitFor();
    },

  'a rejected one is told to its author and shown to nobody': async (world) => {
    const { carol, dave, moderator } = world;
    await walkTo(moderator, 'Second');
    await moderator.keyboard.press('r');
    await echoOf(carol, 'Second').getByText('A moderator did not let this through').waitFor();
    assert.equal(await dave.getByText('Second:').count(), 0);
    await echoOf(carol, 'Second').getByRole('button', { name: 'Hide' }).click();
    await echoOf(carol, 'Second').waitFor({ state: 'detached' });
  },

  'a masked one appears without its words, and u takes a decision back': async (world) => {
    const { carol, dave, moderator } = world;
    await walkTo(moderator, 'Third');
    await moderator.keyboard.press('m');
    await isOnce(dave, 'Third:');
    const text = await numbered(dave, 'Third:').locator('.text').innerText();
    assert.match(text, /^Third: .*█{3,}/);
    await isOnce(carol, 'Third:');
    await moderator.getByText('Nothing waits for a moderator.').waitFor();
    await moderator.keyboard.press('u');
    await moderator.getByRole('heading', { name: '1 message to review' }).waitFor();
    await walkTo(moderator, 'Third');
    await moderator.keyboard.press('r');
    await moderator.getByText('Nothing waits for a moderator.').waitFor();
    await numbered(dave, 'Third:').waitFor({ state: 'detached' });
    await moderator.getByRole('region', { name: 'Precision per rule' }).first().waitFor();
  },

  'a masked message is masked for everybody, its author too': async (world) => {
    const { carol, dave } = world;
    await setAction(world, 'mask');
    await say(carol, `Masked: ${RUDE}`);
    for (const page of [carol, dave]) {
      await isOnce(page, 'Masked:');
      const text = await numbered(page, 'Masked:').locator('.text').innerText();
      assert.match(text, /█{3,}/);
      assert.doesNotMatch(text, /idiot/);
      await until('no echo', async () => (await page.locator('.echo').count()) === 0);
    }
  },

  'a moderator sees a masked one as it was sent beside what others see, and can put it back': async (
    world,
  ) => {
    const { dave, moderator } = world;
    await walkTo(moderator, 'Masked:');
    const sent = await moderator.locator('.case blockquote').innerText();
    assert.equal(sent.trim(), `Masked: ${RUDE}`);
    assert.match((await moderator.locator('.case mark').allInnerTexts()).join(' '), /stupid|idiot/);
    const seen = (await numbered(dave, 'Masked:').locator('.text').innerText()).trim();
    const shown = await moderator.locator('.case-shown').innerText();
    const entry = moderator.locator('.queue button[aria-current="true"] .kind');
    assert.equal(await entry.innerText(), 'masked');
    assert.ok(seen.includes('█') && shown.endsWith(seen), `${shown} | ${seen}`);

    await moderator.keyboard.press('a');
    await numbered(dave, `Masked: ${RUDE}`).waitFor();
    await moderator.keyboard.press('u');
    await numbered(dave, 'Masked:').locator('.text', { hasText: '█' }).waitFor();
    await walkTo(moderator, 'Masked:');
    await moderator.keyboard.press('m');
    await moderator.getByText('Nothing waits for a moderator.').waitFor();
    assert.equal((await numbered(dave, 'Masked:').locator('.text').innerText()).trim(), seen);
  },

  'every badge opens the explanation: scores, thresholds, analyzer, worker, times': async (
    world,
  ) => {
    const { dave } = world;
    const row = numbered(dave, 'First:');
    const seq = Number(await row.getAttribute('data-seq'));
    const dialog = dave.getByRole('dialog', { name: 'Why this verdict' });
    await row.locator('.verdict').first().waitFor();
    const count = await row.locator('.verdict').count();
    for (let i = 0; i < count; i++) {
      await row.locator('.verdict').nth(i).click();
      await assertExplains(world, dave, seq);
      await dialog.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'detached' });
    }
  },

  'the explanation opens by keyboard, and gives the focus back': async (world) => {
    const { dave } = world;
    const row = numbered(dave, 'First:');
    const seq = Number(await row.getAttribute('data-seq'));
    await row.focus();
    await row.locator('.verdict[tabindex="0"]').first().waitFor();
    await dave.keyboard.press('Tab');
    const badge = await dave.evaluate(() => document.activeElement.className);
    assert.equal(badge, 'verdict');
    await dave.keyboard.press('Enter');
    await assertExplains(world, dave, seq);
    await dave.keyboard.press('Escape');
    await dave.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await dave.evaluate(() => document.activeElement.className), 'verdict');
  },

  'an edited message is judged again, and explained by its new text': async (world) => {
    const { carol, dave } = world;
    await setAction(world, 'flag');
    await say(carol, 'What a lovely evening this is.');
    await numbered(dave, 'lovely evening').locator('[data-label="positive"]').waitFor();
    await carol.locator('.composer textarea').press('ArrowUp');
    await carol.getByText('Editing your message').waitFor();
    await say(carol, `What an evening, ${RUDE}`);
    const row = numbered(dave, 'What an evening,');
    const badge = row.locator('.verdict[data-label="toxic"]');
    await badge.waitFor();
    assert.equal(await row.locator('[data-label="positive"]').count(), 0);
    assert.equal(await badge.getAttribute('data-tone'), 'bad');
    await badge.click();
    const events = await world.server.api(`/api/v1/rooms/${ROOM}/events?limit=100`);
    const edit = events.events.filter((e) => e.kind === 'edit').at(-1);
    const told = await assertExplains(world, dave, edit.seq);
    assert.match(told, /What an evening, you are a stupid idiot/);
    assert.match(told, /flagged: the room's rule says “flag” from 60% of toxicity\.toxic/);
    assert.match(told, /gate closed/);
    await dave.keyboard.press('Escape');
    await dave.getByRole('dialog').waitFor({ state: 'detached' });
  },

  'the rules of a room are read, tried on what was said, and saved': async (world) => {
    const { moderator: page, server, dave } = world;
    await page.getByRole('link', { name: 'Room rules' }).click();
    await page.getByLabel('Room', { exact: true }).fill(ROOM);
    await page.getByRole('button', { name: 'Read' }).click();
    const field = page.getByLabel('Policy as JSON');
    await until('the policy', async () => (await field.inputValue()).includes('flag'));
    const policy = JSON.parse(await field.inputValue());
    assert.equal(policy.rules[0].label, 'toxicity.toxic');
    policy.rules = [{ label: 'toxicity.toxic', at: 0.6, action: 'block' }];
    await field.fill(JSON.stringify(policy));
    await page.getByRole('button', { name: /^Try on/ }).click();
    const outcome = page.locator('.policy-outcome');
    await outcome.getByText('nothing was changed').waitFor();
    const path = `/api/v1/rooms/${ROOM}/policy`;
    const told = await server.post(`${path}/dry-run`, { policy, last: 10000 });
    assert.ok(told.actions.block >= 3, JSON.stringify(told.actions));
    const block = outcome.locator('.facts > div').filter({ hasText: /^block/ });
    assert.equal(await block.locator('dd').innerText(), String(told.actions.block));
    assert.equal(await outcome.locator('li').count(), told.examples.length);
    assert.equal((await server.api(path)).rules[0].action, 'flag', 'a dry run changes nothing');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.policy-said', { hasText: 'Saved' }).waitFor();
    assert.equal((await server.api(path)).rules[0].action, 'block');
    await say(dave, `Blocked: ${RUDE}`);
    await echoOf(dave, 'Blocked:').locator('.fate[role="alert"]').waitFor();
    await echoOf(dave, 'Blocked:').getByRole('button', { name: 'Discard' }).click();
  },

  'rules that cannot be are told by name, and change nothing': async (world) => {
    const { moderator: page, visitors, server } = world;
    const field = page.getByLabel('Policy as JSON');
    const said = page.locator('.policy-said');
    await field.fill('{"rules": [');
    await page.getByRole('button', { name: 'Save' }).click();
    await said.getByText(/^Not saved: .*JSON/).waitFor();
    visitors.outage = true; /* the browser reports the 400s as failed resources */
    await field.fill('{"rulez": []}');
    await page.getByRole('button', { name: 'Save' }).click();
    await said.getByText("no field 'rulez'").waitFor();
    await field.fill('{"rules": [{"label": "toxicity.toxic", "at": 2, "action": "flag"}]}');
    await page.getByRole('button', { name: /^Try on/ }).click();
    await said.getByText('rules[0].at must be a number').waitFor();
    visitors.outage = false;
    const policy = await server.api(`/api/v1/rooms/${ROOM}/policy`);
    assert.equal(policy.rules[0].action, 'block');
  },
};
