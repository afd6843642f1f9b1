// SPDX-License-Identifier: AGPL-3.0-or-later
// figures.mjs: the figures that a declaration shows are those of the JSON of the same count (docs/json.md), every cell.
//
// Shares are worked out again here from whole numbers, so that a slip in rounding shows.

/** A decimal such as "927.98248" as a whole number of 10^-digits. */
function scaled(decimal, digits) {
  const [whole, part = ''] = String(decimal).replace('-', '').split('.');
  const value = BigInt(whole + part.padEnd(digits, '0').slice(0, digits));
  return String(decimal).startsWith('-') ? -value : value;
}

/** 100 * numerator / denominator with `places` decimals, halves away from zero. */
function percent(numerator, denominator, places) {
  const ten = 10n ** BigInt(places), top = numerator * 100n * ten * 2n + denominator;
  const value = top / (denominator * 2n), digits = String(value).padStart(places + 1, '0');
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
}

function percentOfVotes(votes, of, places) { return percent(scaled(votes, 12), scaled(of, 12), places); }

function percentOfFraction(fraction, places, less = '0') {
  const [a, b = '1'] = fraction.split('/').map(String), [c, d = '1'] = less.split('/').map(String);
  const top = BigInt(a) * BigInt(d) - BigInt(c) * BigInt(b), bottom = BigInt(b) * BigInt(d);
  return top < 0n ? `-${percent(-top, bottom, places)}` : percent(top, bottom, places);
}

/** 1234567.5 as 1,234,567.5 */
export function grouped(number) {
  const [whole, part] = String(number).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part === undefined ? '' : `.${part}`);
}

/** The page's tables: [{ caption, post, heads, rows: [{ name, cells: { head: text }, elected }] }]. */
function readTables() {
  const text = (e) => e.textContent.trim();
  return [...document.querySelectorAll('table')].map((table) => {
    const heads = [...table.tHead.rows[0].cells].map(text);
    const rows = [...table.tBodies[0].rows].map((row) => ({
      name: text(row.cells[0].querySelector('bdi') ?? row.cells[0]), list: [...row.cells].slice(1).map(text), elected: row.classList.contains('elected'),
    }));
    return { caption: text(table.caption), post: table.closest('section')?.id.match(/^post-(\d+)$/)?.[1] ?? '', heads: heads.slice(1), rows };
  });
}

/** A candidate's name as the page may show it: what would turn the direction of writing is not shown. */
export function shown(name) { return name.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd'); }

/** One contest of a page, and its JSON. */
class Contest {
  constructor(f, tables, result) {
    this.f = f;
    this.tables = tables;
    this.result = result;
    this.stages = result.stages;
    this.college = result.method === 'college';
  }

  find(start, wanted = true) {
    const table = this.tables.find(({ caption }) => caption.startsWith(start));
    if (!table && wanted) this.f.expect(false, `no table "${start}"`);
    return table;
  }

  row(table, name) {
    const row = table.rows.find((r) => r.name === shown(name));
    if (!row) this.f.expect(false, `no row "${name}" in "${table.caption}"`);
    return row;
  }

  cell(table, name, head, expected) {
    const column = table.heads.indexOf(head), row = this.row(table, name);
    if (column < 0) this.f.expect(false, `no column "${head}" in "${table.caption}"`);
    else if (row) this.f.same(row.list[column], expected, `"${name}", "${head}" in "${table.caption}"`);
  }

  lastStage(name) { return this.stages.findLast((stage) => name in stage.tally); }

  elected() { return this.result.method === 'yes-no' ? [] : this.result.elected; }

  checkCandidates() {
    const { papers, candidates } = this.result, table = this.find('From the fewest'), several = this.stages.length > 1;
    if (!table) return;
    this.f.same(table.rows.length, candidates.length, 'candidates listed');
    this.f.same(table.rows.filter((r) => r.elected).map((r) => r.name).sort().join('; '), this.elected().map(shown).sort().join('; '), 'marked as elected');
    for (const { name } of candidates) {
      const last = this.lastStage(name), votes = last?.tally[name];
      if (!last) continue;
      if (several) this.cell(table, name, 'First stage, votes', grouped(this.stages[0].tally[name]));
      if (this.college) this.cell(table, name, 'Last stage, points', `${percentOfFraction(last.points[name], 2)}%`);
      this.cell(table, name, several ? 'Last stage, votes' : this.result.pairwise ? 'First preferences' : 'Votes', grouped(votes));
      this.cell(table, name, 'of papers counted', `${percentOfVotes(votes, papers.valid, 1)}%`);
      if (papers.roll) this.cell(table, name, 'of the roll', `${percentOfVotes(votes, papers.roll, 1)}%`);
    }
  }

  checkEveryStage() {
    if (this.stages.length < 2) return;
    const table = this.find(this.college ? 'Share of the points' : 'Votes at each stage');
    if (!table) return;
    for (const stage of this.stages) {
      const head = `Stage ${stage.number}`;
      for (const { name } of this.result.candidates) {
        if (!this.lastStage(name)) continue;
        const own = this.college ? name in stage.tally && percentOfFraction(stage.points[name], 2) : name in stage.tally && grouped(stage.tally[name]);
        this.cell(table, name, head, own === false ? '–' : own);
      }
      this.cell(table, 'Continuing', head, grouped(stage.continuing));
      this.cell(table, 'Not reallocated', head, grouped(stage.not_reallocated));
      if (stage.quota && this.result.method.startsWith('stv')) this.cell(table, 'Quota', head, grouped(stage.quota));
    }
  }

  checkStage(stage, before) {
    const table = this.find(this.stages.length > 1 ? `Stage ${stage.number},` : this.result.pairwise ? 'First preferences' : 'Votes');
    if (!table) return;
    const names = Object.keys(stage.tally), share = table.heads.find((head) => /^of (continuing|all votes), %$/.test(head));
    this.f.same(table.rows.filter((r) => names.map(shown).includes(r.name)).length, names.length, `candidates at stage ${stage.number}`);
    for (const name of names) {
      for (const [section, tally] of Object.entries(stage.section_tally)) this.cell(table, name, section, grouped(tally[name]));
      if (this.college) {
        this.cell(table, name, 'Points, %', percentOfFraction(stage.points[name], 2));
        if (before) {
          const change = percentOfFraction(stage.points[name], 2, before.points[name]);
          this.cell(table, name, 'Change', `${Number(change) > 0 ? '+' : ''}${change}`);
        }
      } else {
        this.cell(table, name, 'Votes', grouped(stage.tally[name]));
        if (share) this.cell(table, name, share, percentOfVotes(stage.tally[name], stage.continuing, 2));
      }
    }
    const foot = names.length && table.rows.find((r) => ['Continuing', 'All votes'].includes(r.name));
    this.f.expect(foot, `stage ${stage.number} does not say how many votes there are`);
    if (foot && !this.college) this.cell(table, foot.name, 'Votes', grouped(stage.continuing));
    if (foot) for (const [section, votes] of Object.entries(stage.section_continuing)) this.cell(table, foot.name, section, grouped(votes));
  }

  checkPapers() {
    const { papers } = this.result, table = this.find('Papers counted, and');
    if (!table) return;
    const numbers = (starts) => table.rows.filter((r) => r.name.startsWith(starts)).map((r) => r.list[0]);
    const rejected = Object.values(papers.rejected), total = rejected.reduce((sum, n) => sum + BigInt(n), BigInt(papers.valid));
    this.f.same(numbers('Counted').join(), grouped(papers.valid), 'papers counted');
    this.f.same(numbers('Rejected').sort().join('; '), rejected.map(grouped).sort().join('; '), 'papers rejected');
    this.f.same(numbers('Returned').join(), grouped(total), 'papers returned');
    if (papers.issued) this.f.same(numbers('Issued').join(), grouped(papers.issued), 'papers issued');
    if (papers.roll) this.f.same(numbers('On the roll').join(), grouped(papers.roll), 'the roll');
  }

  checkSections() {
    const { sections } = this.result;
    if (!sections.length) return;
    const table = this.find('At every stage each section', this.college);
    for (const { name, papers, weight } of table ? sections : []) {
      this.cell(table, name, 'Papers', grouped(papers));
      if (weight) this.cell(table, name, 'Weight', weight);
    }
  }

  checkMatrix(start, figures) {
    const table = figures && this.find(start);
    if (!table) return;
    const names = Object.keys(figures);
    this.f.same(table.rows.length, names.length, `rows of "${start}"`);
    for (const a of names)
      for (const [b, papers] of Object.entries(figures[a])) if (a !== b) this.cell(table, a, b ? shown(b) : 'Nobody', grouped(papers));
  }

  checkWeights() {
    const weights = this.result.analysis?.paper_weights, table = weights && this.find('The part of the whole result');
    for (const { stage, weights: own } of table ? weights : [])
      for (const [section, weight] of Object.entries(own)) {
        if (weight === null) this.cell(table, `Stage ${stage}`, section, 'no paper left');
        else if (weight.startsWith('1/')) this.cell(table, `Stage ${stage}`, section, weight);
      }
  }

  check() {
    if (this.result.unopposed) return;
    this.checkCandidates();
    this.checkEveryStage();
    this.stages.forEach((stage, i) => this.checkStage(stage, this.stages[i - 1]));
    this.checkPapers();
    this.checkSections();
    this.checkMatrix('Papers that rank the candidate of the row above', this.result.pairwise?.over ?? this.beyondFirst()?.head_to_head);
    this.checkMatrix('Of the papers that rank the candidate of the row first', this.beyondFirst()?.next_preferences);
    this.checkWeights();
  }

  /** The analysis, unless each paper has one mark: then nothing is known beyond first preferences, and the page leaves it out. */
  beyondFirst() { return this.result.analysis?.single_mark ? null : this.result.analysis; }
}

/** What the outside world knows: the share of the points in the college of 2010, at the first stage and the last. */
function checkCollege(f, contest) {
  const table = contest.find('Share of the points');
  const published = {
    'David Miliband': ['37.78', '38.89', '42.72', '49.35'], 'Ed Miliband': ['34.33', '37.47', '41.26', '50.65'],
    'Ed Balls': ['11.79', '13.23', '16.02', '–'], 'Andy Burnham': ['8.68', '10.41', '–', '–'], 'Diane Abbott': ['7.42', '–', '–', '–'],
  };
  for (const [name, shares] of Object.entries(published)) f.same(contest.row(table, name)?.list.join(' '), shares.join(' '), `published shares of ${name}`);
}

export async function checkFigures(f, page, result) {
  const tables = await page.evaluate(readTables);
  const outcome = (await page.locator('.outcome').textContent()).replaceAll('\u200e', '');
  if (result.posts) {
    new Contest(f, tables.filter((t) => !t.post), result).checkPapers();
    result.posts.forEach(({ post, unopposed, result: own }, i) => {
      f.expect(tables[0].rows.some((r) => r.name === post && own.elected.every((name) => r.list[0].includes(name))), `the list of posts does not say who is ${post}`);
      if (!unopposed) new Contest(f, tables.filter((t) => t.post === String(i + 1)), own).check();
    });
    return;
  }
  const contest = new Contest(f, tables, result);
  contest.check();
  f.same(await page.locator('.open').count(), result.open_question ? 1 : 0, 'warnings that a question is open');
  if (!result.open_question && !result.yes_no) f.expect(result.elected.every((name) => outcome.includes(shown(name))), `"${outcome}" does not name ${result.elected}`);
  if (result.yes_no) f.same(outcome.trim(), result.yes_no.carried ? 'Carried.' : 'Not carried.', 'the outcome');
  if (result.yes_no?.turnout_percent) f.expect((await page.locator('.lead').textContent()).includes(`${result.yes_no.turnout_percent}%`), 'the turnout is missing');
  if (result.rules === 'labour-2010' && result.papers.valid === '338374') checkCollege(f, contest);
}
