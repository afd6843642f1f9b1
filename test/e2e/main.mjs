// SPDX-License-Identifier: AGPL-3.0-or-later
// main.mjs: makes each declaration with the real program, opens it in every view, and runs the checks on it; then the site (site.mjs). See run.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { launch, open, views } from './browser.mjs';
import { declarations } from './declarations.mjs';
import { checkAccessible, checkKeyboard, checkLayout, checkNothingElse, checkReaderTables, checkSpacing, checkStructure } from './page.mjs';
import { checkFigures } from './figures.mjs';
import { checkDrawing, checkDrawingFile } from './drawing.mjs';
import { checkPaper, checkPrint } from './print.mjs';
import { Runner } from './runner.mjs';
import { judgeSite } from './site.mjs';

const run = promisify(execFile);
const HERE = 'build-e2e/pages', FAILED = 'build-e2e/failed', WORKERS = 2;

/** Count as `declaration` says, in the form `format`; returns the path of what was written. */
async function count(declaration, format) {
  const path = `${HERE}/${declaration.name.replaceAll(' ', '-')}.${format}`;
  let status = 0, said = '';
  try {
    await run(process.env.HUSTINGS, ['count', ...declaration.operands, ...declaration.options, '--report', 'full', '-o', path]);
  } catch (error) {
    status = error.code;
    said = error.stderr;
  }
  if (status !== (declaration.status ?? 0)) throw new Error(`hustings count ended with ${status}, not ${declaration.status ?? 0}: ${said}`);
  return path;
}

function addressOf(path) { return pathToFileURL(path).href; }

/** Every check of the page as one view shows it. */
async function look(runner, browser, declaration, view, url, pictures) {
  const called = (what) => `${declaration.name}, ${view.name}: ${what}`;
  const { page, context, wrongs } = await open(browser, url, view);
  const picture = () => page.screenshot({ path: `${FAILED}/${declaration.name}-${view.name}.png`.replaceAll(/[ ,]+/g, '-'), fullPage: true });
  const check = (what, body) => runner.check(called(what), body, picture);
  if (pictures) await page.screenshot({ path: `${pictures}/${declaration.name}-${view.name}.png`.replaceAll(/[ ,]+/g, '-'), fullPage: true });
  await check('fits and clips nothing', (f) => checkLayout(f, page, view));
  await check('drawings are legible', (f) => checkDrawing(f, page));
  if (view.print) {
    await check('prints without navigation', (f) => checkPrint(f, page));
  } else {
    await check('the keyboard reaches all, visibly', (f) => checkKeyboard(f, page));
    await check('tables are tables to a screen reader', (f) => checkReaderTables(f, page, context));
  }
  // In the dark only the colours differ from the desk's.
  await check('axe finds nothing', (f) => checkAccessible(f, page, view.dark && ['color-contrast', 'link-in-text-block']));
  if (view.width === 320) await check('wider spacing of text still fits', (f) => checkSpacing(f, page, view));
  await check('does nothing else', (f) => checkNothingElse(f, page, wrongs));
  await context.close();
}

/** With scripts switched off the page must be the same one. */
async function compareWithoutScript(f, browser, url, view) {
  const seen = [];
  for (const javaScriptEnabled of [true, false]) {
    const { page, context, wrongs } = await open(browser, url, view, { javaScriptEnabled });
    seen.push(await page.locator('body').innerText());
    if (!javaScriptEnabled) {
      await page.locator('nav a').last().click();
      f.expect(/#check$/.test(page.url()), `the last link of the navigation led to ${page.url()}`);
    }
    f.same(wrongs.length, 0, `wrongs ${wrongs.join('; ')}`);
    await context.close();
  }
  f.expect(seen[0].length > 200 && seen[0] === seen[1], 'the text differs when scripts are switched off');
}

/** All checks of one declaration. */
async function judge(runner, browser, declaration, pictures) {
  const { name } = declaration, check = (what, body) => runner.check(`${name}: ${what}`, body), paths = {};
  const made = await check('is made', async () => {
    for (const format of ['html', 'svg', 'json']) paths[format] = await count(declaration, format);
  });
  if (!made) return;
  const result = JSON.parse(readFileSync(paths.json, 'utf8'));
  const url = addressOf(paths.html), desk = views[0];
  for (const view of views) await look(runner, browser, declaration, view, url, pictures);

  const { page, context, wrongs } = await open(browser, url, desk);
  await check('is in order', (f) => checkStructure(f, page));
  await check('figures are those of the JSON', (f) => checkFigures(f, page, result));
  await check('comes out whole on paper', (f) => checkPaper(f, page, paths.html.replace(/html$/, 'pdf')));
  await check('stayed quiet', (f) => checkNothingElse(f, page, wrongs));
  await context.close();
  await check('is the same without scripts', (f) => compareWithoutScript(f, browser, url, desk));
  await check('drawing as a file', (f) => checkDrawingFile(f, browser, addressOf(paths.svg), result));
}

async function main() {
  const words = process.argv.slice(2);
  const at = words.indexOf('--pictures');
  const pictures = at >= 0 ? words.splice(at, 2)[1] : null;
  for (const directory of [HERE, FAILED]) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
  }
  if (pictures) mkdirSync(pictures, { recursive: true });
  const runner = new Runner(), browser = await launch();
  const queue = declarations(HERE).filter(({ name }) => !words.length || words.includes(name));
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await judge(runner, browser, next, pictures);
  };
  try {
    await Promise.all(Array.from({ length: WORKERS }, worker));
    if (!words.length || words.includes('site')) await judgeSite(runner, browser, pictures);
  } finally {
    await browser.close();
  }
  process.exitCode = runner.finish() ? 0 : 1;
}

await main().catch((error) => {
  console.log(`e2e: ${error.stack ?? error}\ne2e: 0 passed, 1 failed`);
  process.exitCode = 1;
});
