// SPDX-License-Identifier: AGPL-3.0-or-later
// main.mjs: makes each declaration with the real program, opens it in every view, and runs the checks on it; then the site (site.mjs). See run.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { launch, open, show, viewGroups } from './browser.mjs';
import { declarations } from './declarations.mjs';
import { checkAccessible, checkKeyboard, checkLayout, checkNothingElse, checkReaderTables, checkSpacing, checkStructure, COLOURS } from './page.mjs';
import { checkFigures } from './figures.mjs';
import { checkDrawing, checkDrawingFile } from './drawing.mjs';
import { checkPaper, checkPrint } from './print.mjs';
import { Runner } from './runner.mjs';
import { judgeMembers } from './member.mjs';
import { judgeRolls } from './roll.mjs';
import { judgeSite } from './site.mjs';

const run = promisify(execFile);
const HERE = 'build-e2e/pages', FAILED = 'build-e2e/failed', WORKERS = 2;
const [[desk]] = viewGroups;

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

function pictureOf(declaration, view) { return `${declaration.name}-${view.name}.png`.replaceAll(/[ ,]+/g, '-'); }

/** Every check of an open page as one view shows it. */
async function look(runner, declaration, view, { page, context }, pictures) {
  await show(page, view);
  const picture = () => page.screenshot({ path: `${FAILED}/${pictureOf(declaration, view)}`, fullPage: true });
  const check = (what, body) => runner.check(`${declaration.name}, ${view.name}: ${what}`, body, picture);
  if (pictures) await page.screenshot({ path: `${pictures}/${pictureOf(declaration, view)}`, fullPage: true });
  // In the dark only the colours differ from the desk's.
  if (view.dark) {
    await check('axe finds no fault in the colours', (f) => checkAccessible(f, page, COLOURS));
    return;
  }
  await check('fits and clips nothing', (f) => checkLayout(f, page, view));
  await check('drawings are legible', (f) => checkDrawing(f, page));
  await check('axe finds nothing', (f) => checkAccessible(f, page));
  if (view.print) {
    await check('prints without navigation', (f) => checkPrint(f, page));
    return;
  }
  await check('the keyboard reaches all, visibly', (f) => checkKeyboard(f, page));
  await check('tables are tables to a screen reader', (f) => checkReaderTables(f, page, context));
  if (view.width === 320) await check('wider spacing of text still fits', (f) => checkSpacing(f, page, view));
}

/** With scripts switched off the page must be the one that `seen` is the text of. */
async function compareWithoutScript(f, browser, url, seen) {
  const { page, wrongs } = await f.closes(open(browser, url, desk, { javaScriptEnabled: false }));
  const text = await page.locator('body').innerText();
  await page.locator('nav a').last().click();
  f.expect(/#check$/.test(page.url()), `the last link of the navigation led to ${page.url()}`);
  f.same(wrongs.length, 0, `wrongs ${wrongs.join('; ')}`);
  f.expect(text.length > 200 && seen === text, 'the text differs when scripts are switched off');
}

/** All checks of one declaration; each group of views is one page, loaded once. */
async function judge(runner, browser, declaration, pictures) {
  const { name } = declaration, check = (what, body) => runner.check(`${name}: ${what}`, body), paths = {};
  const made = await check('is made', async () => {
    for (const format of ['html', 'svg', 'json']) paths[format] = await count(declaration, format);
  });
  if (!made) return;
  const result = JSON.parse(readFileSync(paths.json, 'utf8')), url = addressOf(paths.html);
  let text = '';
  for (const views of viewGroups) {
    const opened = await open(browser, url, views[0]), { page } = opened;
    try {
      for (const view of views) await look(runner, declaration, view, opened, pictures);
      if (views[0] === desk) {
        await show(page, desk);
        await check('is in order', (f) => checkStructure(f, page));
        await check('figures are those of the JSON', (f) => checkFigures(f, page, result));
        text = await page.locator('body').innerText();
        await check('comes out whole on paper', (f) => checkPaper(f, page, paths.html.replace(/html$/, 'pdf')));
      }
      await check(`${views[0].name} and its like: does nothing else`, (f) => checkNothingElse(f, page, opened.wrongs));
    } finally {
      await opened.context.close();
    }
  }
  await check('is the same without scripts', (f) => compareWithoutScript(f, browser, url, text));
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
    if (!words.length || words.includes('members')) await judgeMembers(runner, browser, pictures);
    if (!words.length || words.includes('rolls')) await judgeRolls(runner, browser, pictures);
  } finally {
    await browser.close();
  }
  process.exitCode = runner.finish() ? 0 : 1;
}

await main().catch((error) => {
  console.log(`e2e: ${error.stack ?? error}\ne2e: 0 passed, 1 failed`);
  process.exitCode = 1;
});
