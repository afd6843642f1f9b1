// SPDX-License-Identifier: AGPL-3.0-or-later
// counting.mjs: somebody counts papers of her own: without scripts, by keyboard alone, on a phone, with each kind of file, and keeps the count.
import { readFileSync, writeFileSync } from 'node:fs';

import { desk, openIn, openSite, phone, show, siteGroups, withContext } from './browser.mjs';
import { checkAccessible, checkLayout, COLOURS } from './page.mjs';

const papers = 'count,1st,2nd,3rd\n4,Ada,Bo,Cy\n3,Bo,Cy,\n2,Cy,Bo,Ada\n';
const outcome = (page) => page.locator('.outcome').innerText();

export function quiet(f, wrongs) { f.same(wrongs.join('; '), '', 'wrongs'); }

/** The way of somebody whose browser runs no scripts: from the first page, with a mistake, to the declaration in her hands. */
export async function countWithoutScript(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/', phone, { javaScriptEnabled: false, acceptDownloads: true }));
  await page.locator('main a[href="/count"]').first().click();
  await page.locator('[name=title]').evaluate((e) => { for (const d of document.querySelectorAll('details')) d.open = true; });
  await page.fill('[name=title]', 'Chair of the allotments');
  await page.fill('[name=seats]', '0');
  await page.click('form button:not([name])');

  // A mistake: the form comes back, says what is wrong at the top and at each field, and has all that was typed.
  f.expect((await page.title()).startsWith('Error: '), `the title is "${await page.title()}"`);
  f.expect(await page.locator('.errors').isVisible(), 'no summary of errors');
  f.same(await page.evaluate(() => document.activeElement?.className), 'errors', 'the focus is on');
  f.same(await page.inputValue('[name=title]'), 'Chair of the allotments', 'what was typed');
  const links = await page.locator('.errors a').all();
  f.expect(links.length >= 1, 'the summary has no links');
  for (const link of links) {
    const target = page.locator(await link.getAttribute('href'));
    f.expect(await target.isVisible(), `the field of "${await link.innerText()}" is not visible`);
    const described = (await target.getAttribute('aria-describedby'))?.split(' ') ?? [];
    const said = await Promise.all(described.map((id) => page.locator(`#${id}`).innerText()));
    f.expect(said.some((words) => words.includes('Error:')), `the field of "${await link.innerText()}" is not described by its error`);
  }
  await checkLayout(f, page, phone);

  writeFileSync(`${server.home}/own.csv`, papers);
  await page.setInputFiles('[name=papers]', `${server.home}/own.csv`);
  await page.selectOption('[name=rules]', 'av-2011');
  await page.fill('[name=seats]', '');
  await page.click('form button:not([name])');
  f.expect((await outcome(page)).includes('Bo is elected'), `the outcome is "${await outcome(page)}"`);
  f.expect((await page.locator('h1').innerText()).includes('Chair of the allotments'), 'the title is not there');
  f.expect(await page.locator('.stage').count() >= 2, 'no stages');
  await checkLayout(f, page, phone);

  const [download] = await Promise.all([page.waitForEvent('download'), page.click('button[name=want][value=html]')]);
  const declaration = readFileSync(await download.path(), 'utf8');
  f.expect(/Bo is elected/.test(declaration) && declaration.includes('</html>'), 'the declaration is not whole');
  quiet(f, wrongs);
}

/** A form that came back, with scripts: axe finds nothing on it in any view, and the focus is on the summary. */
export async function sendMistakes(f, browser, server) {
  for (const views of siteGroups) {
    const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/count', views[0]));
    await page.locator('summary').nth(2).click();
    await page.fill('[name=seats]', '0');
    await page.click('form button:not([name])');
    await page.waitForSelector('.errors');
    f.same(await page.evaluate(() => document.activeElement?.className), 'errors', 'the focus is on');
    for (const view of views.filter(({ print }) => !print)) {
      await show(page, view);
      await checkAccessible(f, page, view.dark ? COLOURS : undefined);
      await checkLayout(f, page, view);
    }
    quiet(f, wrongs);
  }
}

/** Press Tab until what `matches` has the focus. */
export async function tabTo(f, page, what, most = 80) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), what)) return true;
  }
  f.expect(false, `Tab does not reach ${what}`);
  return false;
}

/** No pointer: skip link, link, disclosure, typing, choosing, sending. */
export async function countWithKeyboard(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/', desk));
  await page.keyboard.press('Tab');
  f.expect(await page.evaluate(() => document.activeElement?.matches('a.skip') && document.activeElement.getBoundingClientRect().top >= 0), 'no visible skip link');
  await page.keyboard.press('Enter');
  f.same(await page.evaluate(() => document.activeElement?.id), 'main', 'after the skip link the focus is on');
  await tabTo(f, page, 'main a[href="/count"]');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/count');
  await tabTo(f, page, 'summary');
  await page.keyboard.press('Enter');
  await tabTo(f, page, '[name=text]');
  await page.keyboard.insertText(papers);
  await tabTo(f, page, '[name=rules]');
  await page.keyboard.type('Alternative');
  await tabTo(f, page, 'form button');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.outcome');
  f.expect(/Bo is elected/.test(await outcome(page)), `the outcome is "${await outcome(page)}"`);
  quiet(f, wrongs);
}

/** The examples of the page about formats, each as a file and counted on a phone; and one of each format that the examples of the project have. */
export async function countEachFormat(runner, browser, server) {
  const examples = await withContext(browser, phone, {}, async (context) => {
    const { page } = await openIn(context, server.origin, '/count/formats');
    return page.evaluate(() => [...document.querySelectorAll('[data-example]')].map((e) => ({ name: e.dataset.example, text: e.textContent })));
  });
  await runner.check('the page about formats has its examples', async (f) => f.expect(examples.length >= 8, `${examples.length} examples`));
  const files = examples.filter(({ name }) => name !== 'own-rules').map(({ name, text }) => {
    const path = `${server.home}/${name}.${{ blt: 'blt', preflib: 'soi' }[name] ?? 'csv'}`;
    writeFileSync(path, text);
    return { name, path, rules: name === 'posts' ? 'posts' : 'av-2011' };
  });
  files.push({ name: 'gzipped', path: 'examples/dublin-north-2002/papers.csv.gz', rules: 'stv-meek', seats: '4' });
  for (const file of files) await runner.check(`count your own on a phone: ${file.name}`, (f) => countFile(f, browser, server, file));
  const rules = examples.find(({ name }) => name === 'own-rules');
  await runner.check('count your own on a phone: rules of her own', (f) => countFile(f, browser, server, { ...files[0], own: rules.text }));
}

async function countFile(f, browser, server, file) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/count', phone));
  await page.setInputFiles('[name=papers]', file.path);
  f.expect((await page.locator('.chosen').innerText()).includes(file.path.split('/').at(-1)), 'the chosen file is not named');
  await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
  if (file.own) await page.fill('[name=own_rules]', file.own);
  await page.selectOption('[name=rules]', file.own ? 'own' : file.rules);
  if (file.seats) await page.fill('[name=seats]', file.seats);
  await page.click('form button:not([name])');
  await page.waitForSelector('.outcome, .errors');
  f.expect(await page.locator('.errors').count() === 0, `refused: ${await page.locator('.errors').allInnerTexts()}`);
  f.expect(/ (is|are) elected|posts, all decided/.test(await page.locator('.sheet').innerText()), `the outcome is "${await page.locator('.sheet').innerText()}"`);
  await checkLayout(f, page, phone);
  await checkAccessible(f, page);
  quiet(f, wrongs);
}

/** A file that takes a while on its way: a bar that moves, the result, and the way back to the form. */
export async function countLarge(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/count', phone));
  const rows = Array.from({ length: 60_000 }, (_, i) => ['Ada,Bo,Cy', 'Bo,Cy,', 'Cy,Bo,Ada', 'Bo,Ada,Cy', 'Bo,,'][i % 5]);
  writeFileSync(`${server.home}/large.csv`, `1,2,3\n${rows.join('\n')}\n`);
  await page.setInputFiles('[name=papers]', `${server.home}/large.csv`);
  f.expect(/large\.csv, \d+ kB/.test(await page.locator('.chosen').innerText()), `the chosen file: "${await page.locator('.chosen').innerText()}"`);
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => { const e = document.querySelector('.progress p'); if (e) window.seen.push(e.textContent); }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  const sent = [];
  page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.url()); });
  await page.selectOption('[name=rules]', 'av-2011');
  await page.locator('form button:not([name])').dblclick();
  await page.waitForSelector('.outcome', { timeout: 30_000 });
  f.same(sent.length, 1, 'times it was sent');
  const seen = await page.evaluate(() => window.seen);
  f.expect(seen.some((words) => /^Sending \d+ kB/.test(words)), `progress: ${seen}`);
  f.expect(/Bo is elected/.test(await outcome(page)), `the outcome is "${await outcome(page)}"`);
  f.same(await page.evaluate(() => document.activeElement?.id), 'main', 'the focus is on');
  await checkAccessible(f, page);
  await page.click('.parts a[href="#rules"]');
  await page.goBack();
  f.expect(/Bo is elected/.test(await outcome(page)), 'back from a place within the page');
  await Promise.all([page.waitForSelector('[name=papers]'), page.goBack()]);
  quiet(f, wrongs);
}

/** Keep a count; somebody else reads it at its address; whoever kept it deletes it. */
export async function keepAndDelete(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/count', phone));
  await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
  await page.fill('[name=text]', papers);
  await page.selectOption('[name=rules]', 'av-2011');
  await page.click('form button:not([name])');
  await page.click('form[action="/kept"] button');
  await page.waitForURL('**/kept/*');
  const address = page.url(), word = (await page.locator('.flash').innerText()).match(/[A-Za-z0-9_-]{8,}(?=[^A-Za-z0-9_-]*$)/)?.[0] ?? '';
  f.expect(word.length >= 8, `no word for deleting in "${await page.locator('.flash').innerText()}"`);
  await checkAccessible(f, page);
  const other = await f.closes(openSite(browser, server.origin, new URL(address).pathname, phone, { javaScriptEnabled: false }));
  f.same(other.status, 200, 'status for somebody else');
  f.expect(/Bo is elected/.test(await outcome(other.page)), 'somebody else does not see the outcome');
  await page.click('a[href$="/delete"]');
  await checkAccessible(f, page);
  await page.fill('[name=word]', word);
  await page.click('form button:not([name])');
  await page.waitForLoadState();
  f.same((await page.goto(address)).status(), 404, 'status after it was deleted');
  quiet(f, wrongs);
}
