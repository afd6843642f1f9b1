// SPDX-License-Identifier: AGPL-3.0-or-later
// site.mjs: the pages of a running server, looked at in every way, and walked through by mouse, by keyboard and without scripts.
import { desk, openIn, openSite, phone, show, siteGroups, withContext } from './browser.mjs';
import { countEachFormat, countLarge, countWithoutScript, countWithKeyboard, keepAndDelete, sendMistakes } from './counting.mjs';
import { checkLive } from './live.mjs';
import { checkAccessible, checkLayout, checkReaderTables, checkSpacing, checkTabs, COLOURS } from './page.mjs';
import { checkDrawing } from './drawing.mjs';
import { checkPaper } from './print.mjs';
import { judgeMany } from './many.mjs';
import { judgeRecord, judgeTampered } from './record.mjs';
import { Server } from './server.mjs';
import { judgeSteward } from './steward.mjs';

const FAILED = 'build-e2e/failed', WORKERS = 2;
const parts = ['', '/stages', '/head-to-heads', '/other-rules', '/how-close', '/files'];

/** Every page that anybody can open: of one contest all, of others those that differ. */
const paths = ['/', '/contests', '/count', '/count/formats', '/no-such-page', '/contests/no-such', '/contests?find=nobody+of+that+name',
  ...parts.map((part) => `/contests/labour-2010${part}`), ...parts.map((part) => `/contests/hostile${part}`),
  '/contests/labour-2010-totals', '/contests/labour-2010-totals/stages', '/contests/labour-2010-totals/other-rules', '/contests/labour-2010-totals/how-close',
  '/contests/glasgow-2007-anderston-city/stages', '/contests/agm', '/contests/agm/stages', '/contests/agm/head-to-heads',
  '/record/powers', '/record/witnesses', '/record/leaves/0', '/record/leaves/999999', '/record?contest=nobody-of-that-name', '/record?kind=contest.published', '/record?contest=hostile', '/record'];

/** What holds of a page of ours, whatever it is about. */
export async function checkFrame(f, page, status) {
  const found = await page.evaluate(() => {
    const out = [], all = (what) => [...document.querySelectorAll(what)];
    const say = (holds, what) => { if (!holds) out.push(what); };
    say(document.documentElement.lang === 'en-GB', `language ${document.documentElement.lang}`);
    say(document.title.includes(' – '), `title "${document.title}"`);
    for (const [what, number] of [['h1', 1], ['main', 1], ['header.site-head', 1], ['footer.site-foot', 1], ['nav[aria-label=Main]', 1], ['a.skip', 1]])
      say(all(what).length === number, `${all(what).length} of ${what}`);
    let level = 0;
    for (const h of all('h1,h2,h3,h4,h5,h6')) {
      const own = Number(h.tagName[1]);
      say(own <= level + 1, `heading "${h.textContent}" jumps from level ${level} to ${own}`);
      say(/\S/.test(h.textContent) && !/^\s*[a-z]/.test(h.textContent), `a heading "${h.textContent}"`);
      level = own;
    }
    const ids = all('[id]').map((e) => e.id);
    say(new Set(ids).size === ids.length, `ids that come twice: ${ids.filter((id, i) => ids.indexOf(id) !== i)}`);
    for (const a of all('a[href^="#"]')) say(document.getElementById(a.hash.slice(1)), `a link to ${a.getAttribute('href')}`);
    for (const a of all('a')) say(/^(\/|#|https?:\/\/)/.test(a.getAttribute('href') ?? ''), `a link to "${a.getAttribute('href')}"`);
    for (const e of all('*')) for (const { name } of e.attributes) say(name !== 'style' && !name.startsWith('on'), `attribute ${name} of ${e.tagName}`);
    say(!all('style,script:not([src]),iframe,object,embed').length, 'an element that pages must not have');
    say(!document.body.innerText.replaceAll('{{7*7}}', '').includes('{{'), 'a tag of a template'); // that is somebody's name
    return out;
  });
  for (const what of found) f.expect(false, what);
  f.expect([200, 403, 404].includes(status), `status ${status}`);
  if (status >= 400) for (const what of ['[data-live]', 'a[href*=".json"]:not([href="/openapi.json"])', 'link[rel=alternate]'])
    f.same(await page.locator(what).count(), 0, `an error has ${what}`);
}

/** Every check of an open page as one view shows it. */
export async function look(runner, name, view, { page, context }, pictures) {
  const file = `${name}, ${view.name}.png`.replaceAll(/[ ,/?=&]+/g, '-');
  await show(page, view);
  if (pictures) await page.screenshot({ path: `${pictures}/${file}`, fullPage: true });
  const check = (what, body) => runner.check(`${name}, ${view.name}: ${what}`, body, () => page.screenshot({ path: `${FAILED}/${file}`, fullPage: true }));
  if (view.dark) { // only the colours differ
    await check('axe finds no fault in the colours', (f) => checkAccessible(f, page, COLOURS));
    return;
  }
  await check('fits and clips nothing', (f) => checkLayout(f, page, view));
  if (view.tabs || view.print) await check('drawings are legible', (f) => checkDrawing(f, page));
  if (view.tabs) {
    await check('axe finds nothing', (f) => checkAccessible(f, page));
    await check('tables are tables to a screen reader', (f) => checkReaderTables(f, page, context));
    await check('the keyboard reaches all, visibly', (f) => checkTabs(f, page));
  }
  if (view.width === 320) await check('wider spacing of text still fits', (f) => checkSpacing(f, page, view));
  if (view.print) await check('prints without navigation', (f) => checkPrinted(f, page));
}

/** Open a page once and look at it in every view of a group; returns its text, or null when it does not open. */
async function lookAtGroup(runner, context, server, path, views, pictures) {
  let opened;
  const good = await runner.check(`${path}, ${views[0].name}: opens`, async (f) => {
    opened = await openIn(context, server.origin, path);
    await checkFrame(f, opened.page, opened.status);
  });
  const { page, wrongs } = opened ?? {};
  try {
    if (!good) return null;
    for (const view of views) await look(runner, path, view, { page, context }, pictures);
    await show(page, views[0]);
    await runner.check(`${path}, ${views[0].name}: asks for nothing else and says nothing`, async (f) => {
      f.same(wrongs.join('; '), '', 'wrongs');
      f.same(await page.evaluate(() => window.hit ?? null), null, 'a script from a name');
    });
    return await textOf(page);
  } finally {
    await page?.close();
  }
}

/** All checks of one page. `contexts`: one for each group of views, and one without scripts. */
async function judgePage(runner, contexts, server, path, pictures) {
  const [atDesk] = [await lookAtGroup(runner, contexts[0], server, path, siteGroups[0], pictures),
    await lookAtGroup(runner, contexts[1], server, path, siteGroups[1], pictures)];
  await runner.check(`${path}: is the same without scripts`, async (f) => {
    const { page } = await openIn(contexts[2], server.origin, path);
    try {
      const text = await textOf(page);
      f.expect(text.length > 100 && text === atDesk, 'the text differs when scripts are switched off');
    } finally {
      await page.close();
    }
  });
}

export async function checkPrinted(f, page) {
  for (const what of ['nav', '.skip', 'button', '.site-foot ul'])
    for (const e of await page.locator(what).all()) f.same(await e.isVisible(), false, `${what} is visible`);
  f.expect(await page.locator('h1').isVisible(), 'h1 is not visible');
}

/** What a page says, which does not depend on scripts. */
function textOf(page) {
  return page.evaluate(() => {
    for (const e of document.querySelectorAll('[data-print],.chosen,.hash')) e.remove(); // a button, an empty place; a reference is new each time
    return document.body.innerText.replaceAll(/\s+/g, ' ');
  });
}

/** All pages, by so many at once; each has its own contexts, in which it opens one page at a time. */
async function judgePages(runner, browser, server, pictures) {
  const queue = [...paths];
  const worker = () => withContext(browser, desk, {}, (first) => withContext(browser, phone, {}, (second) =>
    withContext(browser, desk, { javaScriptEnabled: false }, async (third) => {
      for (let next = queue.shift(); next; next = queue.shift()) await judgePage(runner, [first, second, third], server, next, pictures);
    })));
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

/** All checks of the site. */
export async function judgeSite(runner, browser, pictures) {
  const server = new Server();
  try {
    if (!await runner.check('the server starts with its contests', () => server.start())) return;
    await judgePages(runner, browser, server, pictures);
    for (const path of ['', '/stages', '/how-close'].map((part) => `/contests/labour-2010${part}`))
      await runner.check(`${path}: comes out whole on paper`, async (f) => {
        const { page } = await f.closes(openSite(browser, server.origin, path, desk));
        await checkPaper(f, page, `build-e2e/pages/${path.replaceAll('/', '-')}.pdf`);
      });
    await runner.check('count your own, without scripts, a mistake first', (f) => countWithoutScript(f, browser, server));
    await runner.check('a form with mistakes, in every view', (f) => sendMistakes(f, browser, server));
    await runner.check('count your own, by keyboard alone', (f) => countWithKeyboard(f, browser, server));
    await countEachFormat(runner, browser, server);
    await runner.check('count a large file: progress, once, and back', (f) => countLarge(f, browser, server));
    await runner.check('keep a count, and delete it', (f) => keepAndDelete(f, browser, server));
    await judgeMany(runner, browser, server);
    await judgeRecord(runner, browser, server);
    await judgeSteward(runner, browser, server, pictures);
    await runner.check('two tabs hear of a change by one stream', (f) => checkLive(f, browser, server));
  } finally {
    await server.stop();
  }
  await judgeTampered(runner, browser, pictures);
}
