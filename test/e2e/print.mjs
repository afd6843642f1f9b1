// SPDX-License-Identifier: AGPL-3.0-or-later
// print.mjs: a declaration pinned to a wall: no navigation, and every figure on the paper.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** In the print view. */
export async function checkPrint(f, page) {
  f.same(await page.locator('nav').isVisible(), false, 'the navigation is visible');
  for (const what of ['h1', '.outcome', 'table', '#check']) f.expect(await page.locator(what).first().isVisible(), `${what} is not visible`);
  const frames = await page.evaluate(() => [...document.querySelectorAll('.scroll')].map((e) => getComputedStyle(e).overflowX));
  f.expect(frames.every((overflow) => overflow === 'visible'), 'a table would be cut off at its frame');
}

const MARGIN = 36; // points; the page asks for 14 mm, about 40

/** Print to A4 and read the PDF back: the figures of all tables are there, inside the margins. */
export async function checkPaper(f, page, path) {
  await page.pdf({ path, format: 'A4' });
  const { stdout } = await run('pdftotext', ['-bbox', path, '-'], { maxBuffer: 1 << 26 });
  const words = new Map();
  const wide = Number(stdout.match(/<page width="([\d.]+)"/)[1]);
  for (const [, left, right, text] of stdout.matchAll(/<word xMin="(-?[\d.]+)" yMin="[^"]*" xMax="(-?[\d.]+)" yMax="[^"]*">([^<]*)</g)) {
    if (Number(left) < MARGIN || Number(right) > wide - MARGIN) f.expect(false, `"${text}" leaves the margins (${left} to ${right} of ${wide})`);
    else words.set(text, (words.get(text) ?? 0) + 1);
  }
  f.expect(words.size > 50, `only ${words.size} words on paper`);
  await page.emulateMedia({ media: 'print' });
  const cells = await page.evaluate(() => [...document.querySelectorAll('td')].map((e) => e.textContent.trim()));
  const figures = cells.filter((text) => /^[+-]?[\d,.]+%?$/.test(text));
  await page.emulateMedia({ media: null });
  const need = new Map();
  for (const figure of figures) need.set(figure, (need.get(figure) ?? 0) + 1);
  for (const [figure, times] of need) f.expect((words.get(figure) ?? 0) >= times, `${figure} is ${words.get(figure) ?? 0} times on paper and ${times} times on the page`);
}
