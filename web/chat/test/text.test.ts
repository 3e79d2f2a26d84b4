/* SPDX-License-Identifier: MIT */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkify } from '../linkify';
import { isRoomName, toRoomName } from '../route';

const links = (text: string): string[] =>
  linkify(text).flatMap((c) => (c.href ? [c.text] : []));

test('only http and https become links', () => {
  const bad = 'javascript:alert(1) data:text/html,x ftp://a.b vbscript:x file:///etc //a.b a.b';
  assert.deepEqual(links(bad), []);
  assert.deepEqual(links('http://a.b and HTTPS://C.D/e'), ['http://a.b', 'HTTPS://C.D/e']);
});

test('what ends the sentence is not part of the address', () => {
  assert.deepEqual(links('See https://a.b/c.'), ['https://a.b/c']);
  assert.deepEqual(links('(https://a.b/c)'), ['https://a.b/c']);
  assert.deepEqual(links('https://a.b/c_(d)!'), ['https://a.b/c_(d)']);
});

test('nothing of the text is lost or added', () => {
  const text = 'a https://x.y/z?q=1&r=<b>, "https://q.w" b\nhttps://e.r';
  assert.equal(
    linkify(text)
      .map((c) => c.text)
      .join(''),
    text,
  );
});

test('what is typed becomes a room name', () => {
  assert.equal(toRoomName(' #Team Room! '), 'team-room');
  assert.equal(toRoomName('...x'), 'x');
  assert.equal(toRoomName('日本'), '');
  assert.ok(isRoomName('a.b_c:d-1'));
  for (const bad of ['', '-a', 'A', 'a b', 'a'.repeat(65)]) assert.ok(!isRoomName(bad), bad);
});
