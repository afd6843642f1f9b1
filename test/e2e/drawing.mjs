// SPDX-License-Identifier: AGPL-3.0-or-later
// drawing.mjs: the drawing of a count, on the page and as a file of its own: legible, titled, and true to the figures.
import { checkAccessible, checkNothingElse } from './page.mjs';
import { open } from './browser.mjs';
import { grouped } from './figures.mjs';

/** Each text of a drawing lies in it, and on no other text; no name lies on a bar. */
export async function checkDrawing(f, page) {
  for (const what of await page.evaluate(findIllegible)) f.expect(false, what);
}

/** In the page. */
function findIllegible() {
  const out = [];
  const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left); // pixels that two boxes share
  const down = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  for (const svg of document.querySelectorAll('svg.hst')) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const bars = [...svg.querySelectorAll('rect.bar,rect.win,rect.edge,rect.edge-out')].map((bar) => bar.getBoundingClientRect());
    const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim()).map((t) => {
      const { left, right, top, bottom, height } = t.getBoundingClientRect(), spare = height * 0.16; // letters fill the middle of their box
      return { text: t.textContent, isName: t.matches('.name'), left, right, top: top + spare, bottom: bottom - spare, spare };
    });
    for (const t of texts) {
      const inside = t.left >= frame.left - 1 && t.right <= frame.right + 1 && t.top - t.spare >= frame.top - 2 && t.bottom + t.spare <= frame.bottom + 2;
      if (!inside) out.push(`"${t.text}" leaves the drawing`);
      if (t.isName && bars.some((bar) => across(t, bar) > 1 && down(t, bar) > 2)) out.push(`"${t.text}" lies on a bar`);
    }
    texts.sort((a, b) => a.top - b.top);
    texts.forEach((a, i) => {
      for (let j = i + 1; j < texts.length && texts[j].top < a.bottom; j++)
        if (across(a, texts[j]) > 1 && down(a, texts[j]) > 1) out.push(`"${a.text}" and "${texts[j].text}" overlap`);
    });
  }
  return out;
}

/** Every stage's figure of every candidate is written in the drawing. */
function checkTexts(f, texts, result) {
  for (const stage of result.stages)
    for (const [name, votes] of Object.entries(stage.tally)) {
      const figure = result.method === 'college' ? `${Number(stage.points_decimal[name]).toFixed(2)}%` : grouped(votes);
      f.expect(texts.some((text) => text.startsWith(figure) || text.includes(` ${figure}`)), `the drawing lacks ${figure} of ${name} at stage ${stage.number}`);
    }
}

/** Bars are as long as the votes are many: the length of each, divided by its votes, is the same everywhere. */
function checkBars(f, bars) {
  const big = bars.filter(({ width }) => width > 20), scales = big.map(({ width, votes }) => width / votes);
  f.expect(big.length > 0, 'no bar is longer than 20 pixels');
  for (const [i, { text }] of big.entries()) f.expect(Math.abs(scales[i] / scales[0] - 1) < 0.01, `the bar of ${text} is not to scale`);
}

function readBars() {
  return [...document.querySelectorAll('text.fig')].flatMap((text) => {
    const bar = text.nextElementSibling;
    if (!bar?.matches('rect.bar,rect.win,rect.edge-out')) return [];
    return [{ text: text.textContent, votes: parseFloat(text.textContent.replaceAll(',', '')), width: Number(bar.getAttribute('width')) }];
  });
}

export async function checkDrawingFile(f, browser, url, result) {
  const { page, wrongs } = await f.closes(open(browser, url, { width: 1040, height: 900 }));
  const root = await page.evaluate(() => {
    const svg = document.documentElement, child = (name) => [...svg.children].find((e) => e.localName === name)?.textContent ?? '';
    return {
      name: svg.localName, role: svg.getAttribute('role'), title: child('title'), desc: child('desc'), labelled: svg.getAttribute('aria-labelledby'),
      texts: [...svg.querySelectorAll('text')].map((t) => t.textContent), active: svg.querySelectorAll('script,foreignObject,image,use,a,animate,set').length,
      markup: new XMLSerializer().serializeToString(svg),
    };
  });
  f.same(root.name, 'svg', 'the root');
  f.same(root.role, 'img', 'the role');
  f.expect(root.title.length > 5 && root.desc.length > 20, `title "${root.title}", description "${root.desc}"`);
  f.expect(root.labelled?.split(' ').length === 2, `labelled by ${root.labelled}`);
  f.same(root.active, 0, 'elements that act or fetch');
  for (const text of root.texts) f.expect(!/[\u0590-\u08ff][^\u200e]*\d/.test(text), `the figure of "${text}" stands before the name`);
  for (const one of result.posts ? result.posts.filter((p) => !p.unopposed).map((p) => p.result) : [result]) checkTexts(f, root.texts, one);
  if (result.method !== 'college' && !result.posts) checkBars(f, await page.evaluate(readBars));
  await checkDrawing(f, page);
  await checkNothingElse(f, page, wrongs);
  await checkInPage(f, browser, root.markup);
}

/** The same drawing as part of somebody's page. */
async function checkInPage(f, browser, markup) {
  const { page } = await f.closes(open(browser, 'about:blank', { width: 1100, height: 900 }));
  await page.setContent(`<!DOCTYPE html><html lang="en"><title>A drawing in a page</title><main><h1>A drawing</h1>${markup}</main></html>`);
  await checkAccessible(f, page);
}
