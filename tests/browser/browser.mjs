/* SPDX-License-Identifier: MIT */
/* Chromium, people in it, and a guard on every page: errors and policy violations are findings. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { PATIENCE_MS } from './server.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** What the browser itself says while the server is down is not the page's fault. */
const OUTAGE =
  /ERR_CONNECTION_(REFUSED|RESET)|WebSocket connection to .* failed|Failed to load resource/;
/** Nor that it tells of searches which are answered with what is wrong or missing. */
const REFUSED = /Failed to load resource: .* status of (400|503) .*\/search\?/;

export async function launch() {
  if (!existsSync(CHROMIUM))
    throw new Error(`no Chromium at ${CHROMIUM}; CHROMIUM=PATH names another`);
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export class Visitors {
  constructor(browser, server) {
    this.browser = browser;
    this.server = server;
    this.findings = [];
    /** Set while the server is meant to be unreachable. */
    this.outage = false;
  }

  /** A fresh browser profile with one page. */
  async page(options = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      ...options,
    });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) =>
        console.error(`policy violation: ${e.effectiveDirective} ${e.blockedURI} ${e.sample}`),
      );
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.findings.push(`page error: ${error.stack}`));
    page.on('console', (message) => this.onConsole(message));
    return page;
  }

  onConsole(message) {
    if (!['error', 'warning'].includes(message.type())) return;
    const text = `${message.text()} ${message.location().url}`;
    if (this.outage && OUTAGE.test(text)) return;
    if (REFUSED.test(text)) return;
    this.findings.push(`console ${message.type()}: ${text}`);
  }

  /** Somebody who has come in by name and sees the room. */
  async person(name, { room = 'lobby', ...options } = {}) {
    const page = await this.page(options);
    await page.goto(`${this.server.url}/#/${room}`);
    await page.getByLabel('Your name').fill(name);
    await page.keyboard.press('Enter');
    await roomOpen(page, room);
    return page;
  }
}

export async function roomOpen(page, room) {
  await page.locator('.room-header h1', { hasText: room }).waitFor();
  await page.locator('.skeleton').waitFor({ state: 'detached' });
}

export async function say(page, text) {
  const field = page.locator('.composer textarea');
  await field.fill(text);
  await field.press('Enter');
}

/** The message rows that show exactly this text (echoes included). */
export function rows(page, text) {
  const exactly = new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
  return page.locator('.message').filter({ has: page.locator('.text', { hasText: exactly }) });
}

/** Waits until the text is there as a numbered message. */
export async function arrived(page, text) {
  await page.locator('.message[data-seq]').filter({ hasText: text }).first().waitFor();
}

export async function setTheme(page, theme) {
  await page.emulateMedia({ colorScheme: theme });
  await page.waitForFunction((t) => document.documentElement.dataset.theme === t, theme);
}
