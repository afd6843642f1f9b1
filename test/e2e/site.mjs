// SPDX-License-Identifier: AGPL-3.0-or-later
// site.mjs: the pages of a running server, looked at in every way, and walked through by mouse, by keyboard and without scripts.
import { openSite, siteViews } from './browser.mjs';
import { countEachFormat, countLarge, countWithoutScript, countWithKeyboard, keepAndDelete, sendMistakes } from './counting.mjs';
import { checkLive } from './live.mjs';
import { checkAccessible, checkLayout, checkReaderTables, checkSpacing, checkTabs } from './page.mjs';
import { checkDrawing } from './drawing.mjs';
import { checkPaper } from './print.mjs';
import { Server } from './server.mjs';

const FAILED = 'build-e2e/failed', WORKERS = 2;
const parts = ['', '/stages', '/head-to-heads', '/other-rules', '/how-close', '/files'];

/** Every page that anybody can open: of one contest all, of others those that differ. */
const paths = ['/', '/contests', '/count', '/count/formats', '/no-such-page',
  ...parts.map((part) => `/contests/labour-2010${part}`), ...parts.map((part) => `/contests/hostile${part}`),
  '/contests/labour-2010-totals', '/contests/labour-2010-totals/stages', '/contests/labour-2010-totals/other-rules', '/contests/labour-2010-totals/how-close',
  '/contests/glasgow-2007-anderston-city/stages', '/contests/agm', '/contests/agm/stages', '/contests/agm/head-to-heads'];

/** What holds of a page of ours, whatever it is about. */
async function checkFrame(f, page, status) {
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
  f.expect([200, 404].includes(status), `status ${status}`);
}

async function look(runner, browser, server, path, view, pictures) {
  const name = `${path}, ${view.name}`, file = `${name}.png`.replaceAll(/[ ,/]+/g, '-');
  let visit;
  const opened = await runner.check(`${name}: opens`, async (f) => {
    visit = await openSite(browser, server.origin, path, view);
    await checkFrame(f, visit.page, visit.status);
  });
  if (!opened) return;
  const { page, context, wrongs } = visit;
  if (pictures) await page.screenshot({ path: `${pictures}/${file}`, fullPage: true });
  const check = (what, body) => runner.check(`${name}: ${what}`, body, () => page.screenshot({ path: `${FAILED}/${file}`, fullPage: true }));
  if (!view.dark) await check('fits and clips nothing', (f) => checkLayout(f, page, view)); // in the dark only the colours differ
  if (view.tabs || view.print) await check('drawings are legible', (f) => checkDrawing(f, page));
  if (view.tabs) await check('axe finds nothing', (f) => checkAccessible(f, page));
  if (view.dark) await check('axe finds no fault in the colours', (f) => checkAccessible(f, page, ['color-contrast', 'link-in-text-block']));
  if (view.tabs) {
    await check('tables are tables to a screen reader', (f) => checkReaderTables(f, page, context));
    await check('the keyboard reaches all, visibly', (f) => checkTabs(f, page));
  }
  if (view.width === 320 && view.tabs) await check('wider spacing of text still fits', (f) => checkSpacing(f, page, view));
  if (view.print) await check('prints without navigation', (f) => checkPrinted(f, page));
  await check('asks for nothing else and says nothing', async (f) => {
    f.same(wrongs.join('; '), '', 'wrongs');
    f.same(await page.evaluate(() => window.hit ?? null), null, 'a script from a name');
  });
  await context.close();
}

async function checkPrinted(f, page) {
  for (const what of ['nav', '.skip', 'button', '.site-foot ul'])
    for (const e of await page.locator(what).all()) f.same(await e.isVisible(), false, `${what} is visible`);
  f.expect(await page.locator('h1').isVisible(), 'h1 is not visible');
}

/** What a page says does not depend on scripts. */
async function compareWithoutScript(f, browser, server, path) {
  const seen = [];
  for (const javaScriptEnabled of [true, false]) {
    const { page, context } = await openSite(browser, server.origin, path, siteViews[0], { javaScriptEnabled });
    seen.push(await page.evaluate(() => {
      for (const e of document.querySelectorAll('[data-print],.chosen,.hash')) e.remove(); // a button, an empty place; a reference is new each time
      return document.body.innerText.replaceAll(/\s+/g, ' ');
    }));
    await context.close();
  }
  f.expect(seen[0].length > 100 && seen[0] === seen[1], 'the text differs when scripts are switched off');
}

/** All checks of the site. */
export async function judgeSite(runner, browser, pictures) {
  const server = new Server();
  try {
    if (!await runner.check('the server starts with its contests', () => server.start())) return;
    const queue = paths.flatMap((path) => siteViews.map((view) => ({ path, view })));
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await look(runner, browser, server, next.path, next.view, pictures);
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    for (const path of paths) await runner.check(`${path}: is the same without scripts`, (f) => compareWithoutScript(f, browser, server, path));
    for (const path of ['', '/stages', '/how-close'].map((part) => `/contests/labour-2010${part}`))
      await runner.check(`${path}: comes out whole on paper`, async (f) => {
        const { page, context } = await openSite(browser, server.origin, path, siteViews[0]);
        await checkPaper(f, page, `build-e2e/pages/${path.replaceAll('/', '-')}.pdf`);
        await context.close();
      });
    await runner.check('count your own, without scripts, a mistake first', (f) => countWithoutScript(f, browser, server));
    await runner.check('a form with mistakes, in every view', (f) => sendMistakes(f, browser, server));
    await runner.check('count your own, by keyboard alone', (f) => countWithKeyboard(f, browser, server));
    await countEachFormat(runner, browser, server);
    await runner.check('count a large file: progress, once, and back', (f) => countLarge(f, browser, server));
    await runner.check('keep a count, and delete it', (f) => keepAndDelete(f, browser, server));
    await runner.check('two tabs hear of a change by one stream', (f) => checkLive(f, browser, server));
  } finally {
    await server.stop();
  }
}
