// SPDX-License-Identifier: AGPL-3.0-or-later
// roll.mjs: a newcomer's whole way, on each engine: a secretary brings a list of her own in, a returning officer freezes a roll and reads its audit, a member
// checks herself on it from a phone. On SQLite with scripts, on PostgreSQL without. Then every page that they saw, and those beside it, in every width.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { desk, show, siteGroups, watch, withContext } from './browser.mjs';
import { quiet } from './counting.mjs';
import { Outbox, signInBy } from './member.mjs';
import { checkAccessible, checkLayout, checkSpacing, checkTabs } from './page.mjs';
import { checkFrame, checkPrinted } from './site.mjs';

const run = promisify(execFile);
const PHONE = { name: 'phone 390', width: 390, height: 844 };
const SUE = 'sue@example.org', RHEA = 'rhea@example.org', MEG = 'meg@example.org', UNIT = '/units/hebden', ROLL = `${UNIT}/rolls/chair-2026`;

/** Her list as she keeps it: her own headings, semicolons, national numbers, one payer for six, two rows that are wrong. */
function herList() {
  const rows = [['Mem no', 'First names', 'Surname', 'E-mail', 'Mobile', 'House and street', 'Town', 'Post code', 'Kind', 'Came in', 'First money', 'Paid to', 'Cheque from', 'Notes']];
  const people = ['Meg Marsh', 'Nia Nettle', 'Olu Oak', 'Pia Pine', 'Qi Quince', 'Roz Rush', 'Sid Sedge', 'Tam Thorn', 'Una Umber', 'Vic Vetch', 'Wyn Willow', 'Zoë Zinnia'];
  people.forEach((name, i) => {
    const [given, family] = name.split(' ');
    rows.push([`H${i + 1}`, given, family, `${given.toLowerCase().replace('ë', 'e')}@example.org`, `07700 9001${10 + i}`, `${i + 1} Weir Lane`, 'Hebden', `HX7 ${1 + i % 9}AB`,
      'full', `0${1 + i % 9}/02/2019`, `1${i % 9}/02/2019`, '31/12/2027', i >= 6 ? 'Acme Ltd' : name, i ? '' : 'likes jam']);
  });
  rows.push(['H13', 'Una', 'Umberr', 'una@example.org', '07700 900118', '9 Weir Lane', 'Hebden', 'HX7 9AB', 'full', '03/02/2019', '13/02/2019', '31/12/2027', 'Una Umber', '']);
  rows.push(['H20', 'Xan', 'Yarrow', 'xan at example.org', '', '', 'Hebden', '', 'full', '01/02/2019', '', '', '', '']);
  rows.push(['H21', 'Yas', 'Yew', 'yas@example.org', '', '', 'Hebden', '', 'full', '31/02/2019', '', '', '', '']);
  return rows.map((row) => row.join(';')).join('\r\n') + '\r\n';
}

/** A server on a store of `engine` with one unit, and two who hold a role there: all of it done at the machine. */
class Newcomers extends Outbox {
  constructor(engine) {
    super();
    this.engine = engine;
  }

  async start() {
    if (this.engine === 'PostgreSQL') this.store = (await run('python3', ['test/postgres.py', 'start', `${this.home}-pg`])).stdout.trim();
    this.environment.HUSTINGS_RECORD_KEY = `${this.home}/record-key`;
    const act = (...words) => this.command(...words, '--store', this.store, '--by', 'Carol Count');
    await act('people', 'units', '--add', 'hebden', '--name', 'Hebden', '--kind', 'branch');
    writeFileSync(`${this.home}/officers.csv`, `id,name,email,status,joined\nH101,Sue Sorb,${SUE},active,2015-01-02\nH102,Rhea Rowan,${RHEA},active,2016-03-04\n`);
    await act('people', 'import', `${this.home}/officers.csv`, '--unit', 'hebden');
    const until = new Date(Date.now() + 180 * 86_400_000).toISOString().slice(0, 10);
    await act('people', 'role', '--give', 'secretary', '--unit', 'hebden', '--to', SUE, '--name', 'Sue Sorb', '--until', until);
    await act('people', 'role', '--give', 'returning-officer', '--unit', 'hebden', '--to', RHEA, '--name', 'Rhea Rowan', '--until', until);
    writeFileSync(`${this.home}/hebden.csv`, herList());
    await this.serve();
  }

  async stop() {
    await this.stopServing();
    if (this.engine === 'PostgreSQL') await run('python3', ['test/postgres.py', 'stop', `${this.home}-pg`]);
    await super.stop();
  }
}

const words = (page) => page.locator('main').innerText();

/** Follow a link or send a form; the page that comes is there when this returns. */
async function follow(page, what, how = 'click') {
  await Promise.all([page.waitForEvent('load'), what[how]()]);
}

/** The same, of what is in `main` and is called `name`. */
async function press(page, name, how) {
  const main = page.locator('main'), link = main.getByRole('link', { name, exact: true });
  await follow(page, main.getByRole('button', { name, exact: true }).or(link).first(), how);
}

/** Press "Look again" until `done` stands on the page. */
async function lookAgain(page, done) {
  for (let tries = 0; tries < 300 && !await page.getByText(done).count(); tries++)
    if (await page.getByRole('link', { name: 'Look again' }).count()) await press(page, 'Look again'); else await page.reload();
}

/** Until `done` stands on the page, which follows the work by itself: by scripts, or by being loaded again. */
async function untilSaid(page, done) {
  await page.getByText(done).first().waitFor({ timeout: 60_000 });
  await page.waitForLoadState('load');
}

/** The page as it stands fits; and axe, which is a script, finds nothing on it. */
async function sound(f, { page, view, scripts }) {
  await checkLayout(f, page, view);
  if (scripts) await checkAccessible(f, page);
}

/** The secretary: uploads, says what the columns are, reads what is wrong, imports, finds a person. */
const secretary = {
  'signs in by the letter, and finds her unit': async (f, { page, server }) => {
    await signInBy(f, page, server.origin, SUE, '/me', 'Sue Sorb');
    await press(page, 'Hebden');
    f.same(new URL(page.url()).pathname, UNIT, 'her unit');
  },
  'uploads a list with her own headings': async (f, { page, server }) => {
    await press(page, 'Imports');
    f.same(await page.locator('main tbody th').innerText(), 'officers.csv', 'the list that was read at the machine');
    await press(page, 'Import a list of members');
    await press(page, 'Upload');
    f.expect(await page.locator('.errors').isVisible(), 'nothing says that a file is missing');
    await page.setInputFiles('[name=file]', `${server.home}/hebden.csv`);
    await press(page, 'Upload');
    f.expect(/Cheque from/.test(await words(page)) && /Acme Ltd|Meg Marsh/.test(await words(page)), 'her headings and first rows');
  },
  'says what they are': async (f, actor) => {
    const { page } = actor;
    const is = (heading) => page.getByLabel(heading, { exact: true });
    f.same(await is('Surname').evaluate((e) => e.value.split(':')[1]), 'family_name', 'what is understood by itself');
    for (const [heading, column] of [['Mem no', 'id'], ['First names', 'given_name'], ['House and street', 'address'], ['Kind', 'class'], ['Came in', 'joined'],
      ['First money', 'first_receipt'], ['Paid to', 'paid_until'], ['Cheque from', 'payer']])
      await is(heading).selectOption(await is(heading).locator('option').evaluateAll((all, name) => all.find((o) => o.value.endsWith(`:${name}`)).value, column));
    await sound(f, actor);
    await press(page, 'Check the list');
    await untilSaid(page, 'What would change');
  },
  'reads which rows are bad, and why': async (f, actor) => {
    const { page } = actor;
    const said = await words(page);
    for (const what of ['xan at example.org', '31/02/2019', 'Nothing is imported while a row is bad']) f.expect(said.includes(what), `not said: ${what}`);
    f.same(await page.locator('main tr', { hasText: 'xan at' }).locator('th').innerText(), '15', 'the line of the first');
    f.same(await page.getByRole('button', { name: 'Import it' }).count(), 0, 'buttons to import it all the same');
    await sound(f, actor);
  },
  'leaves them out and imports': async (f, { page }) => {
    await press(page, 'Choose the columns again');
    f.same(await page.getByLabel('Cheque from', { exact: true }).evaluate((e) => e.value.split(':')[1]), 'payer', 'what she chose before');
    await page.getByLabel('Leave bad rows out, and import the others').check();
    await press(page, 'Check the list');
    await untilSaid(page, 'What would change');
    await press(page, 'Import it');
    await untilSaid(page, 'What changed');
    await press(page, 'Hebden');
  },
  'finds a person': async (f, actor) => {
    const { page } = actor;
    await press(page, 'People');
    f.same(await page.locator('main tbody tr').count(), 15, 'people');
    await press(page, 'Find people');
    await page.getByLabel('Whom do you look for?').fill('zoe zinia');
    await press(page, 'Find');
    await press(page, 'Zoë Zinnia');
    const said = await words(page);
    f.expect(said.includes('07700 900121') && said.includes('HX7 3AB') && said.includes('Acme Ltd'), `what is held of her: ${said}`);
    await sound(f, actor);
  },
};

/** The returning officer: drafts, previews, freezes; reads the audit, answers, releases. */
const returning = {
  'signs in, and drafts a roll': async (f, actor) => {
    const { page, server } = actor;
    await signInBy(f, page, server.origin, RHEA, '/me', 'Rhea Rowan');
    await press(page, 'Hebden');
    await press(page, 'Rolls');
    await press(page, 'A new roll');
    await page.getByLabel('What it is for').fill('Chair 2026');
    await page.getByLabel('Address').fill('chair-2026');
    await page.getByRole('textbox', { name: 'Freeze date' }).evaluate((box) => { box.type = 'text'; });  // as a browser that knows no calendar has it
    await page.getByRole('textbox', { name: 'Freeze date' }).fill('1 March');
    await press(page, 'Keep the draft');
    f.expect(await page.locator('.errors').isVisible(), 'a day that is none is taken');
    f.same(await page.getByRole('textbox', { name: 'Freeze date' }).inputValue(), '1 March', 'what was typed');
    await sound(f, actor);
    await page.getByRole('textbox', { name: 'Freeze date' }).fill('2026-03-01');
    await page.getByLabel('Months of membership without a break before it').fill('12');
    await press(page, 'Keep the draft');
  },
  'previews it, and sees other dates': async (f, actor) => {
    const { page } = actor;
    await press(page, 'Preview, and other freeze dates');
    const said = await words(page);
    f.expect(said.includes('15 of 15 memberships'), `the preview: ${said.slice(0, 300)}`);
    f.expect(await page.locator('svg.sweep').isVisible(), 'no drawing of the sweep');
    await page.getByLabel('From').fill('2019-01-01');
    await page.getByLabel('To').fill('2026-12-31');
    await press(page, 'Draw it');
    await sound(f, actor);
    await press(page, 'Chair 2026');
  },
  'freezes it': async (f, { page }) => {
    await press(page, 'Freeze it');
    await press(page, 'Freeze it');
    f.expect(await page.locator('.errors').isVisible(), 'it is frozen without a tick');
    await page.locator('main input[type=checkbox]').check();
    await press(page, 'Freeze it');
    await lookAgain(page, 'Frozen, version 1');
  },
  'reads the audit': async (f, actor) => {
    const { page } = actor;
    await press(page, 'Audit');
    await lookAgain(page, 'What was looked at');
    const said = await words(page);
    f.expect(/Critical/.test(said) && /Acme Ltd|one payer/i.test(said), `the audit: ${said.slice(0, 600)}`);
    await sound(f, actor);
  },
  'cannot release it while a critical question waits': async (f, { page }) => {
    await press(page, 'Chair 2026');
    await press(page, 'Release it to a contest');
    await page.getByLabel('The contest').fill('chair-2026');
    await press(page, 'Release it');
    f.expect(await page.locator('.errors').isVisible(), 'it is released');
    await press(page, 'Chair 2026');
  },
  'answers it, and releases the roll': async (f, actor) => {
    const { page } = actor;
    await press(page, 'Audit');
    await follow(page, page.locator('main section', { hasText: 'Critical' }).locator('h3 a').first());
    f.expect(/Sid Sedge/.test(await words(page)), 'no evidence');
    await sound(f, actor);
    await press(page, 'Answer');
    await page.getByLabel('Your answer').fill('Acme Ltd pays the fees of its staff; each of the six was rung up and knows of hers.');
    await press(page, 'Answer');
    await press(page, 'Chair 2026');
    await press(page, 'Release it to a contest');
    await page.getByLabel('The contest').fill('chair-2026');
    await press(page, 'Release it');
    f.expect(/released to chair-2026/.test(await page.locator('.kicker').first().innerText()), 'it is not released');
  },
  'drafts the next one': async (f, { page }) => {
    await press(page, 'Rolls');
    await press(page, 'A new roll');
    await page.getByLabel('What it is for').fill('Next year');
    await page.getByLabel('Address').fill('next-year');
    await page.getByRole('textbox', { name: 'Freeze date' }).fill('2027-03-01');
    await press(page, 'Keep the draft');
    f.same(await page.locator('h1').innerText(), 'Next year', 'the draft');
  },
};

/** A member, on her phone: is she on it? Her proof, and a challenge. */
const member = {
  'signs in on her phone, and finds herself': async (f, actor) => {
    const { page, server } = actor;
    await page.goto(`${server.origin}/rolls`);
    await press(page, 'Chair 2026', 'tap');
    await press(page, 'Am I on it?', 'tap');
    await signInBy(f, page, server.origin, MEG, null, 'Meg Marsh');
    f.same(new URL(page.url()).pathname, '/me/rolls/chair-2026', 'where she gets after signing in');
    f.expect(/You are on this roll/.test(await words(page)), 'she is not on it');
    await sound(f, actor);
  },
  'checks her proof': async (f, { page, server }) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /your entry with its proof/ }).tap()]);
    await file.saveAs(`${server.home}/proof.txt`);
    const published = await page.request.get(`${server.origin}/rolls/chair-2026/versions/1/published`);
    writeFileSync(`${server.home}/roll.json`, await published.body());
    const { stdout } = await server.command('roll', 'check', `${server.home}/roll.json`, `${server.home}/proof.txt`);
    f.expect(/\S/.test(stdout) && readFileSync(`${server.home}/proof.txt`, 'utf8').length > 100, 'the proof');
  },
  'challenges it': async (f, actor) => {
    const { page } = actor;
    await press(page, 'Challenge it', 'tap');
    await sound(f, actor);
    await page.locator('main textarea').fill('My name is Margaret, and the list says Meg.');
    await press(page, 'Send it', 'tap');
    f.expect(/Waits for the returning officer/.test(await words(page)), 'it is not there');
    await sound(f, actor);
  },
};

/* ---- every page ---- */

const NARROW = { name: 'phone 320', width: 320, height: 640 };
const PRINT = siteGroups[0].find(({ print }) => print);
/** What links lead to and is no page. */
const FILES = /\.json|\/(download|export|bad-rows|proof|report|published|hashes|entries|sweep)\b/;

/** One of each kind: ids and numbers do not make another kind of page; a preview of a draft is as that of a frozen roll. */
function kindOf(path) {
  return path.replace(/[?#].*/, '').replace(/next-year\/(preview|moved)/, 'chair-2026/$1').replace(/(\/questions)\/[^/]+/, '$1/:id').replace(/\/[\w-]{22}(?=\/|$)/g, '/:id').replace(/\/\d+(?=\/|$)/g, '/:n');
}

/** One page as every width shows it, by mouse, keyboard and on paper. */
async function lookAtPage(f, page, status, pictures, name) {
  const picture = async (view) => { if (pictures) await page.screenshot({ path: `${pictures}/${name}-${view.width}.png`, fullPage: true }); };
  f.same(status, 200, 'status');
  await checkFrame(f, page, status);
  await checkAccessible(f, page);
  await checkTabs(f, page);
  for (const view of [desk, PRINT, PHONE, NARROW]) {
    await show(page, view);
    await checkLayout(f, page, view);
    if (view === PRINT) await checkPrinted(f, page);
    await picture(view);
  }
  await checkSpacing(f, page, NARROW);
  await show(page, PHONE);
  await checkAccessible(f, page);
  await show(page, desk);
}

/** Every kind of page `within` that links lead to from `start`, as the one who is signed in in `state` sees it; `all` must be among them. */
async function lookRound(runner, browser, server, { who, state, start, within, all }, pictures) {
  await withContext(browser, desk, { storageState: state }, async (context) => {
    const page = await context.newPage(), wrongs = [], queue = [...start], seen = new Set(queue.map(kindOf));
    watch(page, server.origin, wrongs);
    for (let path = queue.shift(); path; path = queue.shift()) {
      const name = `${who}-${kindOf(path)}`.replaceAll(/[ /:]+/g, '-');
      await runner.check(`${who}: ${kindOf(path)}, in every width`, async (f) => {
        const answer = await page.goto(`${server.origin}${path}`);
        const links = await page.locator('main a[href^="/"], .site-you a').evaluateAll((list) => list.map((a) => a.getAttribute('href')));
        for (const link of links.filter((to) => within.test(to) && !FILES.test(to))) {
          if (seen.has(kindOf(link))) continue;
          seen.add(kindOf(link));
          queue.push(link);
        }
        await lookAtPage(f, page, answer.status(), pictures, name);
      }, () => page.screenshot({ path: `build-e2e/failed/${name}.png`, fullPage: true }));
    }
    await runner.check(`${who}: links lead to every page of hers`, async (f) => {
      for (const kind of all) f.expect(seen.has(kind), `nothing leads to ${kind}`);
      quiet(f, wrongs);
    });
  });
}

/** The steward's browser: by a link that is made at the machine. */
async function stewardsState(browser, server) {
  const path = await server.stewardsPath();
  return withContext(browser, desk, {}, async (context) => {
    const page = await context.newPage();
    await page.goto(`${server.origin}${path}`);
    await press(page, await page.locator('main form button').innerText());
    return context.storageState();
  });
}

async function lookAtEveryPage(runner, browser, server, states, pictures) {
  const below = (unit, ...parts) => parts.map((part) => unit + part);
  const rounds = [
    { who: 'the secretary', state: states['the secretary'], start: [UNIT, '/outbox'], within: /^\/units\/hebden\/(?!rolls|new-roll)/,
      all: below(UNIT, '/people', '/people/:id', '/people/:id/change', '/people/:id/erase', '/people/:id/memberships/new', '/people/:id/memberships/:id', '/people/new',
        '/search', '/searches', '/searches/new', '/duplicates', '/duplicates/:id/:id', '/imports', '/imports/new', '/imports/:id', '/requests') },
    { who: 'the returning officer', state: states['the returning officer'], start: [`${UNIT}/rolls`, '/units/hebden/rolls/next-year', ...below(ROLL, '/move', '/override', '/release')], within: /^\/units\/hebden\/(rolls|new-roll)/,
      all: [`${UNIT}/new-roll`, ...below(ROLL, '', '/preview', '/moved', '/corrections', '/corrections/new', '/challenges', '/challenges/:id', '/challenges/:id/answer',
        '/challenges/:id/correct', '/audit', '/audit/units', '/audit/answers', '/audit/questions/:id', '/audit/questions/:id/answer'),
      ...below(`${UNIT}/rolls/next-year`, '/rules', '/freeze', '/audit')] },
    { who: 'a member', state: states['a member'], start: ['/me/rolls'], within: /^\/(me\/)?rolls/,
      all: ['/me/rolls/chair-2026', '/rolls/chair-2026'] },
    { who: 'a steward', state: await stewardsState(browser, server), start: [UNIT, '/units'], within: /^\/(steward\/unit|units\/hebden\/(roles|name|place))/,
      all: ['/steward/unit', ...below(UNIT, '/roles', '/roles/:id/end', '/name', '/place')] },
    { who: 'a visitor', state: undefined, start: ['/rolls', '/sign-in', '/sign-in/code', '/sign-in/password'], within: /^$/, all: [] },
  ];
  const worker = async () => { for (let round = rounds.shift(); round; round = rounds.shift()) await lookRound(runner, browser, server, round, pictures); };
  await Promise.all([worker(), worker()]);
}

/* ---- all of it ---- */

/** Three persons, each with her own browser, one after another; returns what keeps each signed in. */
async function wholeWay(runner, browser, server, scripts) {
  const states = {};
  const actors = [['the secretary', secretary, desk, {}], ['the returning officer', returning, desk, {}],
    ['a member', member, PHONE, { hasTouch: true, isMobile: true, deviceScaleFactor: 2, acceptDownloads: true }]];
  for (const [who, steps, view, more] of actors)
    await withContext(browser, view, { javaScriptEnabled: scripts, ...more }, async (context) => {
      const page = await context.newPage(), wrongs = [];
      page.setDefaultTimeout(15_000);
      watch(page, server.origin, wrongs);
      for (const [what, step] of Object.entries(steps)) {
        const name = `${server.engine}, ${who}: ${what}`, picture = `build-e2e/failed/${name.replaceAll(/[ ,:]+/g, '-')}.png`;
        if (!await runner.check(name, (f) => step(f, { page, server, view, scripts }), () => page.screenshot({ path: picture, fullPage: true }))) return;
      }
      states[who] = await context.storageState();
      await runner.check(`${server.engine}, ${who}: asks for nothing else`, async (f) => quiet(f, wrongs));
    });
  return states;
}

async function judgeOn(runner, browser, engine, scripts, pictures) {
  const server = new Newcomers(engine);
  try {
    if (!await runner.check(`${engine}: a server for a newcomer`, () => server.start())) return;
    const states = await wholeWay(runner, browser, server, scripts);
    if (scripts) await lookAtEveryPage(runner, browser, server, states, pictures);
  } finally {
    await server.stop();
  }
}

/** All checks of it; the two engines beside each other. */
export async function judgeRolls(runner, browser, pictures) {
  await Promise.all([judgeOn(runner, browser, 'SQLite', true, pictures), judgeOn(runner, browser, 'PostgreSQL', false, pictures)]);
}
