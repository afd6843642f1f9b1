// SPDX-License-Identifier: AGPL-3.0-or-later
// steward.mjs: a steward signs in by a link, sees to the installation, takes a contest out, and signs out.
import { desk, openIn, openSite, phone, show, siteGroups, withContext } from './browser.mjs';
import { quiet, tabTo } from './counting.mjs';
import { checkAccessible, checkLayout } from './page.mjs';
import { checkFrame, look } from './site.mjs';

const TAKE_OUT = '/contests/agm/unpublish', REASON = 'published by "mistake" & <i>too early</i>';

/** Every page that only a steward sees, in all the views of a group; and what a form with a mistake says. */
async function lookAtStewards(runner, server, context, views, pictures) {
  const path = await server.stewardsPath(), { page, wrongs, status } = await openIn(context, server.origin, path);
  const all = async (name) => {
    for (const view of views) await look(runner, name, view, { page, context }, pictures);
    await show(page, views[0]);
  };
  const check = (what, body) => runner.check(`steward, ${views[0].name}: ${what}`, body);
  await check('the link opens', (f) => checkFrame(f, page, status));
  await all('/enter/:token');
  await check('the button signs in', async (f) => {
    await page.click('main form button');
    await page.waitForURL('**/steward');
    f.same(await page.locator('main h1').innerText(), 'Steward', 'the heading');
    f.same(await page.locator('tbody tr', { hasText: '(this one)' }).count(), 1, 'sessions that are this one');
    f.same(await page.locator('.site-foot a[href="/steward"]').count(), 1, 'words in the footer');
    await checkFrame(f, page, 200);
  });
  await all('/steward');
  await check('the form for taking out opens', async (f) => {
    const answer = await page.goto(`${server.origin}${TAKE_OUT}`);
    await checkFrame(f, page, answer.status());
  });
  await all(TAKE_OUT);
  await check('without a reason nothing is taken out', async (f) => {
    await page.click('main form button');
    await page.waitForSelector('.errors');
    f.same(await page.evaluate(() => document.activeElement?.className), 'errors', 'the focus is on');
    f.same((await page.request.get(`${server.origin}/contests/agm`)).status(), 200, 'status of the contest');
    await checkLayout(f, page, views[0]);
    await checkAccessible(f, page);
  });
  await check('leave it in', async (f) => {
    await page.click('main form a');
    f.same(new URL(page.url()).pathname, '/contests/agm', 'the contest');
  });
  await check('sign out', async (f) => {
    await page.goto(`${server.origin}/steward`);
    await page.click('form[action="/sign-out"] button');
    await page.waitForLoadState();
    f.same(await page.locator('.site-foot a[href="/steward"]').count(), 0, 'words in the footer');
    const refused = await page.goto(`${server.origin}/steward`);
    f.same(refused.status(), 403, 'status of the steward\'s page');
    await checkFrame(f, page, 403);
    await checkAccessible(f, page);
  });
  await check('a link that was used signs nobody in', async (f) => {
    await page.goto(`${server.origin}${path}`);
    const button = page.locator('main form button');
    if (await button.count()) await Promise.all([page.waitForResponse((answer) => answer.request().method() === 'POST'), button.click()]);
    f.same((await page.goto(`${server.origin}/steward`)).status(), 403, 'status of the steward\'s page');
  });
  await check('asks for nothing else and says nothing', async (f) => quiet(f, wrongs));
}

/** By keyboard alone: from the link to signing out everywhere. */
async function byKeyboard(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, await server.stewardsPath(), desk));
  await tabTo(f, page, 'main form button');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/steward');
  await page.goto(`${server.origin}${TAKE_OUT}`);
  await tabTo(f, page, '[name=reason]');
  await page.keyboard.type('x');
  await page.keyboard.press('Enter'); // too short
  await page.waitForSelector('.errors');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  f.same(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'reason', 'the link of the error leads to');
  await page.goto(`${server.origin}/steward`);
  await tabTo(f, page, 'form[action="/sign-out/everywhere"] button');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname !== '/steward');
  f.same((await page.goto(`${server.origin}/steward`)).status(), 403, 'status of the steward\'s page');
  quiet(f, wrongs);
}

/** Without scripts, on a phone: a contest is taken out, and whoever looks for it is told that it was and why. */
async function takeOut(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, await server.stewardsPath(), phone, { javaScriptEnabled: false }));
  await page.click('main form button');
  f.same(new URL(page.url()).pathname, '/steward', 'after signing in');
  await page.goto(`${server.origin}${TAKE_OUT}`);
  await page.fill('[name=reason]', REASON);
  await page.click('main form button');
  f.same(new URL(page.url()).pathname, '/contests', 'after taking out');
  f.expect(/taken out/.test(await page.locator('.flash').innerText()), `it says "${await page.locator('.flash').innerText()}"`);
  f.same(await page.locator('main a[href="/contests/agm"]').count(), 0, 'links to it in the list');
  await checkLayout(f, page, phone);
  await page.goto(`${server.origin}/steward`);
  await page.click('form[action="/sign-out"] button');
  quiet(f, wrongs);
}

async function toldThatItIsOut(f, browser, server) {
  for (const path of ['/contests/agm', '/contests/agm/stages', '/contests/agm/declaration', '/contests/agm/files/papers-csv']) {
    const { page, wrongs, status } = await f.closes(openSite(browser, server.origin, path, phone));
    f.same(status, 404, `status of ${path}`);
    const words = await page.locator('main').innerText();
    for (const part of ['Annual general meeting', 'was taken out on', REASON]) f.expect(words.includes(part), `"${part}" is not in: ${words}`);
    await checkFrame(f, page, status);
    await checkLayout(f, page, phone);
    await checkAccessible(f, page);
    quiet(f, wrongs);
    await f.close();
  }
}

export async function judgeSteward(runner, browser, server, pictures) {
  for (const views of siteGroups) await withContext(browser, views[0], {}, (context) => lookAtStewards(runner, server, context, views, pictures));
  await runner.check('steward: by keyboard alone', (f) => byKeyboard(f, browser, server));
  await runner.check('steward: take a contest out, without scripts, on a phone', (f) => takeOut(f, browser, server));
  await runner.check('a contest that was taken out says when and why', (f) => toldThatItIsOut(f, browser, server));
}
