/* SPDX-License-Identifier: MIT */
/* The rules that keep text text, checked on the sources themselves. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const MARKUP = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|srcdoc/;
const CODE = /\beval\(|new Function/;

function sources(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (name === 'test') return [];
    return statSync(path).isDirectory() ? sources(path) : [path];
  });
}

test('no source turns text into markup or code', () => {
  const files = ['chat', 'ops', 'sdk', 'ui'].flatMap(sources);
  assert.ok(files.length > 40, `only ${files.length} sources found`);
  const bad = files.filter((file) => {
    const text = readFileSync(file, 'utf8');
    return MARKUP.test(text) || CODE.test(text);
  });
  assert.deepEqual(bad, []);
});

test('the pages have no inline script, style or handler', () => {
  for (const name of readdirSync('html')) {
    const html = readFileSync(join('html', name), 'utf8');
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)[^>]*>/, name);
    assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=/, name);
  }
});

test('the lock file names no download addresses', () => {
  assert.doesNotMatch(readFileSync('package-lock.json', 'utf8'), /"resolved"/);
});
