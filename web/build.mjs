/* SPDX-License-Identifier: MIT */
/*
 * Builds the pages into dist/: hashed, minified assets that may be cached for ever, and two
 * small HTML files that name them. `--tests` bundles the unit tests into .test/ instead;
 * `--watch` rebuilds.
 */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const pages = { index: 'chat/chat.tsx', ops: 'ops/ops.tsx' };

const shared = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
};

function fillPage(name, outputs, icon) {
  const entry = Object.entries(outputs).find(([, o]) => o.entryPoint === pages[name]);
  const values = {
    js: `/assets/${basename(entry[0])}`,
    css: `/assets/${basename(entry[1].cssBundle)}`,
    icon,
  };
  const html = readFileSync(join(here, 'html', `${name}.html`), 'utf8');
  const filled = html.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key]);
  writeFileSync(join(dist, `${name}.html.new`), filled);
  renameSync(join(dist, `${name}.html.new`), join(dist, `${name}.html`));
}

/* The page names its assets, so it is written after them; assets nobody names any more go last. */
function finish(outputs) {
  const svg = readFileSync(join(here, 'public/icon.svg'));
  const hash = createHash('sha256').update(svg).digest('hex').slice(0, 8).toUpperCase();
  const icon = `/assets/icon-${hash}.svg`;
  writeFileSync(join(dist, icon), svg);
  for (const name of Object.keys(pages)) fillPage(name, outputs, icon);
  const kept = new Set([...Object.keys(outputs).map((o) => basename(o)), basename(icon)]);
  for (const file of readdirSync(join(dist, 'assets'))) {
    if (!kept.has(file)) rmSync(join(dist, 'assets', file));
  }
  for (const path of Object.keys(outputs)) {
    const data = readFileSync(join(here, path));
    const gzipped = gzipSync(data, { level: 9 }).length;
    console.log(
      `${path}  ${(data.length / 1000).toFixed(1)} KB, gzipped ${(gzipped / 1000).toFixed(1)} KB`,
    );
  }
}

const finisher = {
  name: 'finish',
  setup: (build) => build.onEnd((r) => r.errors.length === 0 && finish(r.metafile.outputs)),
};

async function buildPages(watch) {
  mkdirSync(join(dist, 'assets'), { recursive: true });
  const context = await esbuild.context({
    ...shared,
    entryPoints: Object.values(pages),
    outdir: 'dist/assets',
    entryNames: '[name]-[hash]',
    minify: true,
    metafile: true,
    plugins: [finisher],
  });
  if (watch) {
    await context.watch();
  } else {
    await context.rebuild();
    await context.dispose();
  }
}

async function buildTests() {
  const tests = ['sdk/test', 'chat/test', 'ui/test'].flatMap((dir) =>
    readdirSync(join(here, dir))
      .filter((f) => f.endsWith('.test.ts'))
      .map((f) => `${dir}/${f}`),
  );
  rmSync(join(here, '.test'), { recursive: true, force: true });
  await esbuild.build({
    ...shared,
    entryPoints: tests,
    outdir: '.test',
    outbase: '.',
    platform: 'node',
    target: 'node18',
    outExtension: { '.js': '.mjs' },
    sourcemap: 'inline',
  });
}

if (process.argv.includes('--tests')) await buildTests();
else await buildPages(process.argv.includes('--watch'));
