// SPDX-License-Identifier: AGPL-3.0-or-later
// live.mjs: open pages hear that they are no longer true.
import { desk, openSite, watch } from './browser.mjs';

const NOTICE = '.changed button';

/** Two tabs of one browser share one stream; both hear of a change, once; the tab that is left goes on hearing when the other, which had the stream, is closed. */
export async function checkLive(f, browser, server) {
  const path = '/contests/labour-2010', { page, context, wrongs } = await f.closes(openSite(browser, server.origin, path, desk));
  let streams = 0;
  const counts = (tab) => tab.on('request', (request) => { if (request.url().includes('/live?')) streams++; });
  counts(page);
  const other = await context.newPage();
  counts(other);
  watch(other, server.origin, wrongs);
  const stream = page.waitForResponse((answer) => answer.url().includes('/live?'), { timeout: 10_000 }).catch(() => null);
  await page.reload();
  f.expect(await stream, 'no stream was opened');
  await other.goto(`${server.origin}${path}/stages`);
  f.same(await page.locator(NOTICE).count(), 0, 'notices before anything changed');
  const before = streams;
  await server.publish('examples/labour-2010', '--replace');
  for (const tab of [page, other]) {
    await tab.waitForSelector(NOTICE, { timeout: 20_000 });
    f.same(await tab.locator('.changed').getAttribute('role'), 'status', 'the role of the notice');
    f.same(await tab.locator(NOTICE).count(), 1, 'notices');
  }
  f.same(streams - before, 0, 'streams opened by the second tab or by the change');
  await page.close();
  await Promise.all([other.waitForRequest((request) => request.url().includes('/live?'), { timeout: 10_000 }), other.click(NOTICE)]);
  await other.waitForLoadState();
  f.same(await other.locator(NOTICE).count(), 0, 'notices after reloading');
  await server.publish('examples/labour-2010', '--replace');
  await other.waitForSelector(NOTICE, { timeout: 20_000 });
  f.same(wrongs.join('; '), '', 'wrongs');
}
