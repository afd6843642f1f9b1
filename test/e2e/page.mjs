// SPDX-License-Identifier: AGPL-3.0-or-later
// page.mjs: what must hold of any page, however it is looked at. Nothing here knows about elections.
import { axeSource } from './browser.mjs';

const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

/** The rules of axe that look at colours: all that is left to ask where only the colours differ. */
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/** axe-core's rules for WCAG 2.2 A and AA, and its good practices; `rules`: these only. */
export async function checkAccessible(f, page, rules) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axeSource);
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: AXE_TAGS };
  const violations = await page.evaluate(async (only) => {
    const result = await window.axe.run(document, { runOnly: only, resultTypes: ['violations'] });
    return result.violations.map((v) => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
  }, runOnly);
  for (const violation of violations) f.expect(false, violation);
}

/** Nothing wider than the window, save inside a frame that scrolls by itself and takes the focus; no text cut off. */
export async function checkLayout(f, page, view) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth, out = [];
    const name = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute('class') ?? ''}"> ${(e.textContent ?? '').trim().slice(0, 50)}`;
    const framed = (e) => e.closest('.scroll') && getComputedStyle(e.closest('.scroll')).overflowX === 'auto';
    if (document.documentElement.scrollWidth > wide) out.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${wide}`);
    for (const e of document.body.querySelectorAll('*')) {
      const style = getComputedStyle(e), box = e.getBoundingClientRect();
      if (box.width === 0 || style.visibility === 'hidden' || e.closest('svg') && e.tagName !== 'svg') continue;
      const hidden = e.closest('thead') && getComputedStyle(e.closest('thead')).position === 'absolute' || e.closest('.unseen');
      if (!framed(e) && !hidden && (box.right > wide + 1 || box.left < -1))
        out.push(`sticks out (${Math.round(box.left)} to ${Math.round(box.right)}): ${name(e)}`);
      const scrolls = e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && style.display !== 'inline';
      if (scrolls && ['hidden', 'clip'].includes(style.overflowX) && !hidden && e.tagName !== 'INPUT') // a box moves what is typed along
        out.push(`is cut off: ${name(e)}`);
      if (scrolls && ['auto', 'scroll'].includes(style.overflowX) && e.tabIndex < 0) out.push(`scrolls but takes no focus: ${name(e)}`);
    }
    for (const frame of document.querySelectorAll('.scroll')) {
      const caption = frame.querySelector('caption')?.getBoundingClientRect(), box = frame.getBoundingClientRect();
      if (caption && caption.width > box.width + 1) out.push(`a caption is wider than its frame: ${name(frame)}`);
    }
    return out;
  });
  for (const what of found) f.expect(false, what);
  f.same(await page.evaluate(() => window.innerWidth), view.width, 'width of the window');
}

/** WCAG 1.4.12: nothing is lost when a reader sets text wider. */
export async function checkSpacing(f, page, view) {
  await page.evaluate((rules) => { // a sheet that a page's policy does not forbid
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets = [sheet];
  }, '*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}');
  await checkLayout(f, page, view);
  await page.evaluate(() => { document.adoptedStyleSheets = []; });
}

/** No script, no word on the console, no request. */
export async function checkNothingElse(f, page, wrongs) {
  for (const wrong of wrongs) f.expect(false, wrong);
  f.same(await page.evaluate(() => window.hit ?? null), null, 'a script from a name set window.hit');
}

/** Walk a declaration with Tab: every link and frame in its order, each with a ring that stands out; links lead on. */
export async function checkKeyboard(f, page) {
  await checkTabs(f, page);
  await followLinks(f, page);
}

/** Walk a page with Tab. */
export async function checkTabs(f, page) {
  const expected = await page.evaluate(() => {
    // Of radio buttons with one name, the one that is chosen, or the first.
    const chosen = (e) => { const all = [...document.querySelectorAll(`input[type=radio][name="${e.name}"]`)]; return all.find((other) => other.checked) ?? all[0]; };
    const list = [...document.querySelectorAll('a[href],button,input,select,textarea,summary,[tabindex]')]
      .filter((e) => e.tabIndex >= 0 && e.checkVisibility() && (e.type !== 'radio' || chosen(e) === e));
    list.forEach((e, i) => { e.dataset.stop = i; });
    return list.length;
  });
  f.expect(expected >= 3, `only ${expected} places take the focus`);
  for (let i = 0; i < expected; i++) {
    await page.keyboard.press('Tab');
    let at = await page.evaluate(describeFocus);
    for (let part = 0; part < 4 && at.isDate && at.stop === String(i - 1); part++) {  // month, year and calendar of the date before
      f.expect(at.ring >= 2, `the ring is ${at.ring} pixels on a part of a date`);
      await page.keyboard.press('Tab');
      at = await page.evaluate(describeFocus);
    }
    f.same(at.stop, String(i), `after ${i + 1} times Tab the focus is on`);
    f.expect(at.ring >= 2, `the ring is ${at.ring} pixels on ${at.what}`);
    f.expect(at.contrast >= 3, `the ring's contrast is ${at.contrast.toFixed(1)} on ${at.what}`);
    f.expect(at.seen, `out of sight: ${at.what}`);
    if (at.scrolls) await scrollByKey(f, page, at.what);
  }
}

/** In the page: where the focus is, how it shows, and whether there is something to scroll. */
function describeFocus() {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  const numbers = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let under = e.parentElement;
  while (under.parentElement && numbers(getComputedStyle(under).backgroundColor)[3] === 0) under = under.parentElement;
  const pair = [light(style.outlineColor), light(getComputedStyle(under).backgroundColor)].sort((a, b) => b - a);
  return {
    stop: e.dataset.stop, isDate: e.type === 'date', what: `<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 40)}`,
    ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), contrast: (pair[0] + 0.05) / (pair[1] + 0.05),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    scrolls: e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'auto',
  };
}

async function scrollByKey(f, page, what) {
  const left = () => page.evaluate(() => document.activeElement.scrollLeft);
  const before = await left();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((was) => document.activeElement.scrollLeft > was, before, { timeout: 3000 })
    .catch(() => f.expect(false, `the arrow does not scroll ${what}`));
}

/** Enter on each link of the navigation: its heading comes into sight, and the next Tab goes on from there (or out, if nothing follows). */
async function followLinks(f, page) {
  const links = page.locator('nav a');
  for (let i = 0; i < await links.count(); i++) {
    await links.nth(i).focus();
    await page.keyboard.press('Enter');
    const id = await links.nth(i).evaluate((e) => e.hash.slice(1));
    await page.waitForFunction(showsHeading, id, { timeout: 3000 }).catch(() => f.expect(false, `the link to #${id} does not show it`));
    await page.keyboard.press('Tab');
    const onward = await page.evaluate((goalId) => {
      const goal = document.getElementById(goalId), follows = (e) => Boolean(goal.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING);
      return follows(document.activeElement) || ![...document.querySelectorAll('[data-stop]')].some(follows);
    }, id);
    f.expect(onward, `after the link to #${id} the focus goes elsewhere`);
  }
}

function showsHeading(id) {
  const box = document.getElementById(id)?.getBoundingClientRect();
  return location.hash === `#${id}` && box && box.top > -2 && box.top < innerHeight;
}

/** The tree that a screen reader gets: every table a table, with its rows and headers, also where style lays it out as cards. */
export async function checkReaderTables(f, page, context) {
  const session = await context.newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const roles = {};
  for (const node of nodes) if (!node.ignored) roles[node.role?.value] = (roles[node.role?.value] ?? 0) + 1;
  const seen = await page.evaluate(() => {
    const count = (what) => document.querySelectorAll(what).length;
    return { table: count('table'), row: count('tr'), rowheader: count('tbody th'), columnheader: count('thead th'), heading: count('h1,h2,h3,h4,h5,h6') };
  });
  for (const [role, number] of Object.entries(seen)) f.same(roles[role] ?? 0, number, `${role}s`);
}

/** Headings, landmarks, ids, tables and drawings are as they should be, and nothing in the markup could act or fetch. */
export async function checkStructure(f, page) {
  const found = await page.evaluate(() => {
    const out = [], all = (what) => [...document.querySelectorAll(what)];
    const say = (holds, what) => { if (!holds) out.push(what); };
    say(document.compatMode === 'CSS1Compat', 'no doctype');
    say(document.documentElement.lang === 'en-GB', `language ${document.documentElement.lang}`);
    say(document.title.length > 10, `title "${document.title}"`);
    say(document.characterSet === 'UTF-8', `characters are ${document.characterSet}`);
    for (const [what, number] of [['h1', 1], ['main', 1], ['header', 1], ['footer', 1], ['nav[aria-label]', 1], ['meta[name=viewport]', 1]])
      say(all(what).length === number, `${all(what).length} of ${what}`);
    let level = 0;
    for (const h of all('h1,h2,h3,h4,h5,h6')) {
      const own = Number(h.tagName[1]);
      say(own <= level + 1, `heading "${h.textContent}" jumps from level ${level} to ${own}`);
      say(h.textContent.trim().length > 0, `an empty h${own}`);
      level = own;
    }
    const ids = all('[id]').map((e) => e.id);
    say(new Set(ids).size === ids.length, `ids that come twice: ${ids.filter((id, i) => ids.indexOf(id) !== i)}`);
    for (const a of all('a')) say(a.getAttribute('href')?.startsWith('#') && document.getElementById(a.hash.slice(1)), `a link to ${a.getAttribute('href')}`);
    for (const t of all('table')) {
      const columns = t.querySelectorAll('thead th[scope=col]').length, name = t.caption?.textContent ?? '';
      say(name.length > 3, 'a table without a caption');
      say(columns > 0, `no column headers: ${name}`);
      for (const row of t.tBodies[0].rows) {
        say(row.cells.length === columns, `a row of ${row.cells.length} cells under ${columns} headers: ${name}`);
        say(row.cells[0].matches('th[scope=row]') && row.cells[0].textContent.length > 0, `a row without a header: ${name}`);
      }
    }
    for (const svg of all('svg')) {
      if (svg.getAttribute('aria-hidden') === 'true') continue;
      const names = (svg.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '');
      say(svg.getAttribute('role') === 'img' && names.length === 2 && names.every((n) => n.length > 10), `a drawing called ${JSON.stringify(names)}`);
    }
    for (const e of all('script,iframe,object,embed,link,base,form,img,audio,video,foreignObject,[src],[srcset],[action],[http-equiv]')) say(false, `<${e.tagName.toLowerCase()}>`);
    for (const e of all('*'))
      for (const { name, value } of e.attributes) {
        say(!name.startsWith('on'), `attribute ${name}`);
        if (!/^(xmlns|class|data-.*|aria-.*)$/.test(name)) say(!/^\s*(javascript|data|https?|file):|url\((?!#)/i.test(value), `attribute ${name}="${value.slice(0, 60)}"`);
      }
    for (const s of all('style')) say(!/@import|url\((?!#)/.test(s.textContent), 'the style fetches something');
    say(!/[\u2028-\u202e\u2066-\u2069]/.test(document.documentElement.outerHTML), 'a character that turns the direction of writing');
    say(/^Made by hustings [0-9.]+ from /.test(document.querySelector('footer')?.textContent.trim()), 'the footer does not name the program');
    return out;
  });
  for (const what of found) f.expect(false, what);
}
