// SPDX-License-Identifier: AGPL-3.0-or-later
// many.mjs: more contests than one page of the list shows, and a contest with more candidates than a drawing has room for.
import { writeFileSync, mkdirSync } from 'node:fs';

import { desk, openSite, phone } from './browser.mjs';
import { quiet, tabTo } from './counting.mjs';
import { checkAccessible, checkLayout, checkReaderTables } from './page.mjs';
import { checkFrame } from './site.mjs';

const SMALL = 60, CANDIDATES = 60;

async function publish(server) {
  const folder = `${server.home}/small`;
  mkdirSync(folder);
  writeFileSync(`${folder}/papers.csv`, '1\nAda\nAda\nBo\n');
  for (let i = 0; i < SMALL; i++) {
    writeFileSync(`${folder}/contest.conf`, `[contest]\nslug = branch-${i}\ntitle = Branch ${i}\ndate = 2019-01-03\nrules = plurality\n[papers]\npapers = papers.csv\n`);
    await server.publish(folder);
  }
}

/** Sixty candidates, most with a name of many words, who go out one by one. */
function makeLarge(server) {
  const folder = `${server.home}/large`;
  mkdirSync(folder);
  const rows = Array.from({ length: CANDIDATES }, (_, i) => `${100 + i},${i % 4 ? `Candidate ${i} of the Association for the Constituency of Somewhere-upon-Water` : `Al ${i}`}`);
  writeFileSync(`${folder}/papers.csv`, `count,1\n${rows.join('\n')}\n`);
  writeFileSync(`${folder}/contest.conf`, '[contest]\nslug = large\ntitle = Sixty candidates\ndate = 2018-01-03\nrules = av-2011\n[papers]\npapers = papers.csv\n');
  return folder;
}

/** From page to page by keyboard, with what is looked for in the address. */
async function turnPages(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/contests', desk));
  const entries = () => page.locator('.slips > li').count(), here = () => page.locator('.pages [aria-current]').innerText();
  await tabTo(f, page, '#find');
  await page.keyboard.type('branch');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/contests?find=branch');
  f.same(await page.inputValue('#find'), 'branch', 'what is looked for');
  f.expect((await page.locator('main').innerText()).includes(`${SMALL} contests say`), 'how many were found');
  f.same([await entries(), await here()].join(), '50,Page 1 of 2', 'the first page');
  await checkAccessible(f, page);
  await tabTo(f, page, '.pages a[rel=next]', 120);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/contests?find=branch&page=2');
  f.same([await entries(), await here()].join(), `${SMALL - 50},Page 2 of 2`, 'the second page');
  f.same(await page.locator('.pages a[rel=next]').count(), 0, 'pages after the last');
  await page.click('.pages a[rel=prev]');
  f.same(new URL(page.url()).search, '?find=branch', 'the address of the page before');
  quiet(f, wrongs);
}

/** Without scripts, on a phone. */
async function findOnPhone(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/contests', phone, { javaScriptEnabled: false }));
  await checkLayout(f, page, phone);
  await page.fill('#find', 'branch 59');
  await page.click('.find button');
  f.same((await page.locator('.slips h3').allInnerTexts()).join(), 'Branch 59', 'found');
  f.same(await page.locator('.pages').count(), 0, 'pages of one page');
  await page.fill('#find', '<i>nobody');
  await page.click('.find button');
  f.expect((await page.locator('main').innerText()).includes('0 contests say “<i>nobody”'), 'it does not say that nothing was found');
  await checkLayout(f, page, phone);
  quiet(f, wrongs);
}

/** No drawing, and a sentence for it; tables that fit, with names that can be read. */
async function showLarge(f, browser, server, view) {
  for (const part of ['', '/stages', '/head-to-heads']) {
    const { page, context, wrongs, status } = await f.closes(openSite(browser, server.origin, `/contests/large${part}`, view));
    await checkFrame(f, page, status);
    await checkLayout(f, page, view);
    f.same(await page.locator('svg.hst').count(), 0, 'drawings');
    if (part !== '/head-to-heads') f.expect((await page.locator('main').innerText()).includes('There is no drawing'), `${part}: no word about the drawing`);
    const lines = await page.evaluate(() => {
      const lines = (e) => Math.round(e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight));
      return Math.max(...[...document.querySelectorAll('tbody th bdi')].map(lines));
    });
    f.expect(lines <= 8, `${part}: a name of ${lines} lines`);
    if (!part) {
      await checkAccessible(f, page);
      await checkReaderTables(f, page, context);
    }
    quiet(f, wrongs);
    await f.close();
  }
}

export async function judgeMany(runner, browser, server) {
  const published = await runner.check(`${SMALL} small contests and a large one are published`, async () => {
    await publish(server);
    await server.publish(makeLarge(server));
  });
  if (!published) return;
  await runner.check('the list by pages, by keyboard', (f) => turnPages(f, browser, server));
  await runner.check('the list, looked through on a phone without scripts', (f) => findOnPhone(f, browser, server));
  for (const view of [desk, phone]) await runner.check(`sixty candidates, ${view.name}`, (f) => showLarge(f, browser, server, view));
}
