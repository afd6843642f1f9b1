// SPDX-License-Identifier: AGPL-3.0-or-later
// member.mjs: a member signs in by a letter on her phone, without scripts, looks at what is held about her, changes it, and ends her sessions.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { desk, openSite, phone, show, siteGroups, withContext } from './browser.mjs';
import { quiet } from './counting.mjs';
import { checkAccessible, checkLayout } from './page.mjs';
import { look } from './site.mjs';
import { Server } from './server.mjs';

const ANN = 'ann@example.org';
const PAGES = ['/me', '/me/change', '/me/e-mail', '/me/password', '/me/sessions', '/me/ask', '/me/erase'];

/** A server whose letters lie in its outbox. */
export class Outbox extends Server {
  constructor() {
    super();
    this.environment = { HUSTINGS_MAIL_SMTP: 'outbox' };
  }
}

/** One with the persons of test/people/signin.py. */
class Demo extends Outbox {
  async start() {
    await promisify(execFile)('python3', ['test/people/signin.py', '--hustings', process.env.HUSTINGS, '--put', this.store], { timeout: 60_000 });
    await this.serve();
  }
}

/** How many letters to her the outbox shows. */
async function lettersTo(page, origin, address) {
  await page.goto(`${origin}/outbox`);
  return page.locator('article', { hasText: address }).count();
}

/** The link of the letter that comes after `before` others: the newest stands first. */
async function follow(f, page, origin, address, before) {
  for (let tries = 0; tries < 100; tries++) {
    if (await lettersTo(page, origin, address) > before) break;
    await new Promise((yes) => { setTimeout(yes, 200); });
  }
  const letter = page.locator('article', { hasText: address }).first();
  f.expect(/Somebody, probably you, asked to sign in/.test(await letter.innerText()), 'the letter is not in the outbox');
  await letter.locator('a').first().click();
}

/** Sign in by the letter to `address`, on the way to the page `path`; null: the form for it is open. */
export async function signInBy(f, page, origin, address, path, name) {
  const form = path ? `${origin}${path}` : page.url(), before = await lettersTo(page, origin, address);
  await page.goto(form);
  f.same(new URL(page.url()).pathname, '/sign-in', 'where a visitor is sent');
  await page.fill('#field-email', address);
  await page.click('main form button');
  await page.waitForURL('**/sign-in/code');
  await follow(f, page, origin, address, before);
  f.expect((await page.locator('main').innerText()).includes(`This link signs in ${name}`), 'the link does not say for whom it is');
  await page.click('main form button');
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

async function signIn(f, page, origin) {
  await signInBy(f, page, origin, ANN, '/me/sessions', 'Ann Alder');
  f.same(new URL(page.url()).pathname, '/me/sessions', 'where she gets');
}

/** The whole way on a phone, without scripts. */
async function wholeWay(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/', phone, { javaScriptEnabled: false }));
  await page.click('.site-you a');
  f.same(new URL(page.url()).pathname, '/sign-in', 'the link at the top');
  await page.fill('#field-email', 'no address');
  await page.click('main form button');
  f.expect(/There is a problem/.test(await page.locator('.errors').innerText()), 'a mistake is not told');
  await checkLayout(f, page, phone);
  await signIn(f, page, server.origin);
  await page.click('.site-you a');
  f.expect(/Ann Alder/.test(await page.locator('h1').innerText()), 'her page');
  await page.click('a[href="/me/change"]');
  await page.fill('#field-locality', 'Otley');
  await page.check('#field-consent');
  await page.click('main form button');
  f.expect(/What you changed is kept/.test(await page.locator('.flash').innerText()) && /Otley/.test(await page.locator('main').innerText()), 'the change is not there');
  await page.goto(`${server.origin}/me`);
  await page.click('main form button');
  f.same(await page.locator('.site-you a').innerText(), 'Sign in', 'after signing out');
  quiet(f, wrongs);
}

/** Every page of hers, in the views of a group. */
async function lookAtPages(runner, server, context, views, pictures) {
  const page = await context.newPage(), check = (what, body) => runner.check(`member, ${views[0].name}: ${what}`, body);
  for (const path of ['/sign-in', '/sign-in/code', '/sign-in/password']) {
    await page.goto(`${server.origin}${path}`);
    for (const view of views) await look(runner, path, view, { page, context }, pictures);
    await show(page, views[0]);
  }
  await check('signs in', (f) => signIn(f, page, server.origin));
  for (const path of PAGES) {
    await page.goto(`${server.origin}${path}`);
    for (const view of views) await look(runner, path, view, { page, context }, pictures);
    await show(page, views[0]);
  }
  await check('a form with a mistake', async (f) => {
    await page.goto(`${server.origin}/me/change`);
    await page.fill('#field-postcode', 'nonsense');
    await page.click('main form button');
    await page.waitForSelector('.errors');
    await checkLayout(f, page, views[0]);
    await checkAccessible(f, page);
  });
  await page.goto(`${server.origin}/outbox`);
  for (const view of views) await look(runner, '/outbox', view, { page, context }, pictures);
}

/** All checks of it. */
export async function judgeMembers(runner, browser, pictures) {
  const server = new Demo();
  try {
    if (!await runner.check('the server starts with its members', () => server.start())) return;
    await runner.check('sign in and look at what is held, on a phone without scripts', (f) => wholeWay(f, browser, server));
    for (const [views, view] of [[siteGroups[0], desk], [siteGroups[1], phone]])
      await withContext(browser, view, {}, (context) => lookAtPages(runner, server, context, views, pictures));
  } finally {
    await server.stop();
  }
}
