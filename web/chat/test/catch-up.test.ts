/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRecap } from '../../sdk/recap';
import { raidWords, toInsights } from '../../ui/insights';
import { readLine } from '../commands';

test('a slash is a command, two are a text with one, and nothing unknown is sent', () => {
  assert.deepEqual(readLine('a/b'), { is: 'text', text: 'a/b' });
  assert.deepEqual(readLine('//etc is a path'), { is: 'text', text: '/etc is a path' });
  assert.deepEqual(readLine('/recap'), { is: 'recap', all: false });
  assert.deepEqual(readLine('/recap  all'), { is: 'recap', all: true });
  for (const line of ['/', '/recaps', '/recap none', '/etc/passwd', '/ x'])
    assert.equal(readLine(line).is, 'unknown', line);
});

test('a recap is read as far as it has the right outline', () => {
  const reply = { id: 1, type: 'ok' as const };
  const quote = { seq: 3, user: 'ada', text: 'when?' };
  const recap = toRecap({
    ...reply,
    recap: {
      since: 2,
      messages: 4,
      people: [{ name: 'ada', messages: 4 }, 7],
      threads: [{ title: 'tea', messages: 4, people: ['ada', null], highlights: [quote, {}] }],
      questions: [{ ...quote, answer: null }, 'what'],
      decisions: null,
    },
  });
  assert.deepEqual(recap, {
    since: 2,
    more: false,
    messages: 4,
    people: [{ name: 'ada', messages: 4 }],
    threads: [{ title: 'tea', messages: 4, people: ['ada', ''], highlights: [quote] }],
    questions: [{ ...quote, answer: undefined }],
    decisions: [],
  });
  assert.equal(toRecap(reply), undefined);
});

test('insights: what trends comes first, moods stay in range, a raid says why', () => {
  const told = toInsights({
    room: 'r',
    analyzers: {
      trending: { keywords: [{ term: 'tea' }, { term: 'milk' }], trending: [{ term: 'milk' }] },
      health: { '1m': { mood: -3 }, '15m': { mood: null } },
      raid: { raid: true, why: ['joins', 'duplicates', 'tomorrow'] },
    },
  });
  assert.deepEqual(told.topics, ['milk', 'tea']);
  assert.deepEqual(
    told.moods.map((m) => m.mood),
    [-1, undefined, undefined],
  );
  assert.equal(
    raidWords(told.raid ?? []),
    'many come in, the same is said again and again, tomorrow',
  );
  const over = toInsights({ analyzers: { raid: { raid: false, since_ms: 1 } } });
  assert.equal(over.raid, undefined);
  assert.deepEqual(toInsights(null).topics, []);
});
