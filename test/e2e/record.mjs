// SPDX-License-Identifier: AGPL-3.0-or-later
// record.mjs: the public record as a branch secretary and a journalist use it, and what it says when somebody has laid hands on it.
import { execFile } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';

import { desk, openIn, openSite, phone, show, siteGroups, withContext } from './browser.mjs';
import { quiet, tabTo } from './counting.mjs';
import { checkAccessible, checkLayout } from './page.mjs';
import { checkFrame, look } from './site.mjs';
import { Server } from './server.mjs';

const run = promisify(execFile);

/** From any page to the proof of an entry, by keyboard alone. */
async function byKeyboard(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/contests', desk));
  await tabTo(f, page, '.site-nav a[href="/record"]');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/record');
  await tabTo(f, page, 'details:has(#check) summary');
  await page.keyboard.press('Enter');
  f.expect(await page.locator('#check pre').first().isVisible(), 'the command to check with is not shown');
  await tabTo(f, page, 'details:has(.choose) summary');
  await page.keyboard.press('Enter');
  await tabTo(f, page, '#contest');
  await page.keyboard.type(`${server.origin}/contests/labour-2010`);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/record?*');
  f.same(await page.inputValue('#contest'), 'labour-2010', 'what is looked for');
  f.expect(await page.locator('.acts > li').count() > 0, 'nothing is found');
  f.same(await page.locator('.acts > li').count(), await page.locator('.acts a[href="/contests/labour-2010"]').count(), 'entries that lead to the contest');
  await tabTo(f, page, '.acts h3 a');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/record/leaves/*');
  await tabTo(f, page, 'main .button');
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  f.expect(/^leaf-\d+\.tlog-proof$/.test(file.suggestedFilename()), `the proof is called ${file.suggestedFilename()}`);
  quiet(f, wrongs);
}

/** From page to page and back, and by kind, without scripts and on a phone. */
async function turnPages(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/record', phone, { javaScriptEnabled: false }));
  const first = () => page.locator('.acts h3 .box').first().innerText();
  const newest = await first();
  await page.click('.pages a[rel=next]');
  f.expect(await first() !== newest, 'the second page begins as the first');
  await checkLayout(f, page, phone);
  await page.click('.pages a[rel=prev]');
  f.same(await first(), newest, 'the newest, on the way back');
  await page.click('details:has(.choose) summary');
  await page.selectOption('#kind', 'contest.published');
  await page.fill('#day', '3 February 2001');
  await page.click('.choose button');
  f.expect(/Nothing here matches/.test(await page.locator('main').innerText()), 'something was published in 2001');
  await page.fill('#day', '');
  await page.click('.choose button');
  const titles = await page.locator('.acts h3 a > :last-child').allInnerTexts();
  f.expect(titles.length > 0 && new Set(titles).size === 1, `kinds: ${titles}`);
  quiet(f, wrongs);
}

/** A contest leads to its entry. */
async function fromContest(f, browser, server) {
  const { page, wrongs } = await f.closes(openSite(browser, server.origin, '/contests/labour-2010', phone));
  await page.click('a[href^="/record/leaves/"]:not([href$="/proof"])');
  await page.waitForURL('**/record/leaves/*');
  f.same(await page.locator('dl.pairs a[href="/contests/labour-2010"]').count(), 1, 'links back');
  f.same(await page.locator('.alarm').count(), 0, 'alarms');
  quiet(f, wrongs);
}

export async function judgeRecord(runner, browser, server) {
  await runner.check('record: to a proof, by keyboard alone', (f) => byKeyboard(f, browser, server));
  await runner.check('record: pages and filters, without scripts, on a phone', (f) => turnPages(f, browser, server));
  await runner.check('record: from a contest to its entry', (f) => fromContest(f, browser, server));
}

// ---- what was done by hand ----

const FORGE = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as db:
    at = db.execute("SELECT max(number) FROM record_leaf WHERE kind = 'contest.published'").fetchone()[0]
    db.execute("UPDATE record_leaf SET entry = CAST(replace(CAST(entry AS TEXT), 'published', 'PUBLISHED') AS BLOB) WHERE number = ?", (at,))
    print(at)
db.close()
`;

async function signed(server) {
  for (let i = 0; i < 200; i++) {
    const { standing } = await (await fetch(`${server.origin}/record.json`)).json();
    if (standing.all_signed) return;
    await new Promise((yes) => { setTimeout(yes, 50); });
  }
  throw new Error('the record is not signed');
}

/** The alarm on a page, in every view. */
async function lookAtAlarm(runner, browser, server, path, words, pictures) {
  for (const views of siteGroups)
    await withContext(browser, views[0], {}, async (context) => {
      const { page, status } = await openIn(context, server.origin, path);
      await runner.check(`${path}: "${words}", ${views[0].name}`, async (f) => {
        await checkFrame(f, page, status);
        f.expect((await page.locator('main').innerText()).includes(words), 'it does not say so');
        for (const view of views) {
          await show(page, view);
          f.expect(await page.getByText(words).first().isVisible(), `it cannot be seen, ${view.name}`);
        }
        await show(page, views[0]);
        await checkAccessible(f, page);
      });
      for (const view of views) await look(runner, `${words}: ${path}`, view, { page, context }, pictures);
    });
}

/** A server whose rows were changed, and one that was set back to an older state. */
export async function judgeTampered(runner, browser, pictures) {
  const server = new Server();
  let entry;
  const held = await runner.check('record: rows are changed by hand', async () => {
    await server.start();
    await signed(server);
    await server.stopServing();
    copyFileSync(server.store, `${server.home}/older.db`);
    await server.publish('examples/labour-2015');
    await server.serve();
    await signed(server);
    entry = (await run('python3', ['-c', FORGE, server.store])).stdout.trim();
  });
  try {
    if (!held) return;
    await lookAtAlarm(runner, browser, server, `/record/leaves/${entry}`, 'This entry was changed after it was written', pictures);
    await lookAtAlarm(runner, browser, server, '/record?kind=contest.published', 'it no longer fits its fingerprint', pictures);
    const back = await runner.check('record: the store is set back', async () => {
      await server.stopServing();
      for (const end of ['', '-wal', '-shm']) rmSync(`${server.store}${end}`, { force: true });
      copyFileSync(`${server.home}/older.db`, server.store);
      await server.publish('examples/burlington-2009');
      await server.serve();
      for (let i = 0; i < 200; i++) {
        if ((await (await fetch(`${server.origin}/record.json?kind=`)).json()).standing.stopped) return;
        await new Promise((yes) => { setTimeout(yes, 50); });
      }
      throw new Error('signing goes on');
    });
    if (back) await lookAtAlarm(runner, browser, server, '/record', 'Signing has stopped', pictures);
  } finally {
    await server.stop();
  }
}
