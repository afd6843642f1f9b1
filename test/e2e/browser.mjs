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
      '--disable-sync', '--disable-smooth-scrolling', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
}

// A4 less 14 mm on each side is 688 CSS pixels wide.
//
// Views of a group are shown one after another by the same page, which is loaded once: they differ in nothing that a script or the server would see.
export const viewGroups = [
  [
    { name: 'desk', width: 1200, height: 900 },
    { name: 'desk, dark', width: 1200, height: 900, dark: true },
    { name: 'print', width: 688, height: 1017, print: true },
  ],
  [{ name: 'phone 360', width: 360, height: 740 }],
  [{ name: 'phone 320', width: 320, height: 640 }],
];

/** Show an open page as `view` says. */
export async function show(page, view) {
  await page.setViewportSize({ width: view.width, height: view.height });
  await page.emulateMedia({ media: view.print ? 'print' : null, colorScheme: view.dark ? 'dark' : 'light', reducedMotion: 'reduce' });
}

/** A context in which pages open as `view` says. */
function contextFor(browser, view, more) {
  return browser.newContext({
    viewport: { width: view.width, height: view.height }, colorScheme: view.dark ? 'dark' : 'light', reducedMotion: 'reduce', ...more,
  });
}

/** What `open` returns; if it fails, the context is closed. */
async function closedIfNot(context, open) {
  try { return await open(); } catch (error) {
    await context.close();
    throw error;
  }
}

/**
 * Open `url` as `view` says. Returns { page, context, wrongs }: `wrongs` holds what a declaration must not do: say
 * anything on the console, throw, ask for anything but itself, open a dialog or another page.
 */
export async function open(browser, url, view, more = {}) {
  const context = await contextFor(browser, view, more);
  return closedIfNot(context, () => openAlone(context, url));
}

async function openAlone(context, url) {
  const page = await context.newPage(), wrongs = [];
  page.on('console', (message) => wrongs.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => wrongs.push(`error thrown: ${error.message}`));
  page.on('request', (request) => { if (request.url().split('#')[0] !== url) wrongs.push(`request: ${request.url()}`); });
  page.on('requestfailed', (request) => wrongs.push(`request failed: ${request.url()}`));
  page.on('dialog', (dialog) => { wrongs.push(`dialog: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  context.on('page', (other) => wrongs.push(`another page: ${other.url()}`));
  await page.goto(url, { waitUntil: 'load' });
  return { page, context, wrongs };
}

export const siteGroups = [
  [
    { name: 'desk', width: 1280, height: 900, tabs: true },
    { name: 'desk, dark', width: 1280, height: 900, dark: true },
    { name: 'tablet', width: 768, height: 1024 },
    { name: 'print', width: 688, height: 1017, print: true },
  ],
  [
    { name: 'phone', width: 320, height: 640, tabs: true },
    { name: 'phone, dark', width: 320, height: 640, dark: true },
  ],
];
export const [[desk], [phone]] = siteGroups;

/** Note in `wrongs` whatever a page of a site must not do: say anything on the console, throw, fail to load, ask for anything of another origin. */
export function watch(page, origin, wrongs) {
  page.on('console', (message) => {
    // Chromium says of every error page that it could not be loaded.
    if (!/^Failed to load resource: the server responded with a status of (403|404|422)/.test(message.text())) wrongs.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrongs.push(`error thrown: ${error.message}`));
  page.on('request', (request) => { if (new URL(request.url()).origin !== origin) wrongs.push(`request: ${request.url()}`); });
  page.on('response', (response) => { if (response.status() >= 400 && response.request().resourceType() !== 'document') wrongs.push(`${response.status()}: ${response.url()}`); });
  page.on('dialog', (dialog) => { wrongs.push(`dialog: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
}

/** Open a page of a site in a context that others may share: { page, wrongs, status }. */
export async function openIn(context, origin, path) {
  const page = await context.newPage(), wrongs = [];
  watch(page, origin, wrongs);
  const answer = await page.goto(`${origin}${path}`, { waitUntil: 'load' });
  return { page, wrongs, status: answer.status() };
}

/** Open a page of a site in a context of its own. */
export async function openSite(browser, origin, path, view, more = {}) {
  const context = await contextFor(browser, view, more);
  return closedIfNot(context, async () => ({ context, ...await openIn(context, origin, path) }));
}

/** Run `body` with a context for pages of `view`, and close it and all its pages, whatever becomes of `body`. */
export async function withContext(browser, view, more, body) {
  const context = await contextFor(browser, view, more);
  try { return await body(context); } finally { await context.close(); }
}
