// SPDX-License-Identifier: AGPL-3.0-or-later
// browser.mjs: Chromium, the ways in which people look at a page, and a page that notes all that it should not do.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../build-e2e/', import.meta.url));
const { chromium } = require('playwright-core');
export const axeSource = require('axe-core').source;

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--disable-smooth-scrolling', '--host-resolver-rules=MAP * ~NOTFOUND'],
  });
}

// A4 less 14 mm on each side is 688 CSS pixels wide.
export const views = [
  { name: 'desk', width: 1200, height: 900 },
  { name: 'desk, dark', width: 1200, height: 900, dark: true },
  { name: 'phone 360', width: 360, height: 740 },
  { name: 'phone 320', width: 320, height: 640 },
  { name: 'print', width: 688, height: 1017, print: true },
];

/**
 * Open `url` as `view` says. Returns { page, context, wrongs }: `wrongs` holds what a declaration must not do: say
 * anything on the console, throw, ask for anything but itself, open a dialog or another page.
 */
export async function open(browser, url, view, more = {}) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height }, colorScheme: view.dark ? 'dark' : 'light', reducedMotion: 'reduce', ...more,
  });
  const page = await context.newPage();
  const wrongs = [];
  page.on('console', (message) => wrongs.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => wrongs.push(`error thrown: ${error.message}`));
  page.on('request', (request) => { if (request.url().split('#')[0] !== url) wrongs.push(`request: ${request.url()}`); });
  page.on('requestfailed', (request) => wrongs.push(`request failed: ${request.url()}`));
  page.on('dialog', (dialog) => { wrongs.push(`dialog: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  context.on('page', (other) => wrongs.push(`another page: ${other.url()}`));
  if (view.print) await page.emulateMedia({ media: 'print' });
  await page.goto(url, { waitUntil: 'load' });
  return { page, context, wrongs };
}
