#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""audit.py [HUSTINGS]: does 'hustings roll audit' find what 'hustings demo people' planted, and how often does it ask for nothing?

Found: a question of the right check (a note is none) has at least half of the case's rows in its evidence. A false alarm: a question in whose evidence stands no
planted row. Organisations of several sizes and seeds, and innocent ones, in which every question is a false alarm. Last line: "audit: N passed, N failed".
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HUSTINGS = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / 'build/hustings')
TODAY = '2026-10-01'
MOST_FALSE = 5  # in 10,000 members
CHECK_OF = {'mandate-twice': 'mandate', 'no-mandate': 'mandate', 'signature-twice': 'signature', 'no-signature': 'signature'}
KINDS = {'one-payer', 'one-account', 'one-phone', 'one-email', 'one-device', 'one-address', 'before-receipt', 'backdated', 'surge', 'no-mandate', 'mandate-twice', 'no-signature',
         'signature-twice', 'two-names', 'two-sections', 'one-recruiter', 'revived'}
ORGANISATIONS = [(20000, seed) for seed in range(8)] + [(5000, 21), (5000, 22), (60000, 31), (150000, 41)]
INNOCENT = [(20000, 51), (60000, 52), (2000, 53)]

passed = failed = 0


def check(name, good, detail=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f'FAILED  {name}: {detail}')


def run(*arguments, statuses=(0,)):
    done = subprocess.run([HUSTINGS, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode not in statuses:
        raise RuntimeError(f'{arguments}: status {done.returncode}: {done.stderr}')
    return done


def audit(folder, people, seed, *more):
    """The audit of one organisation as JSON, and its planted cases: (kind, case) -> lines."""
    members, planted = folder / 'members.csv', folder / 'planted.csv'
    run('demo', 'people', '-n', people, '--seed', seed, '--today', TODAY, '-o', members, '--planted', planted, *more)
    cases = {}
    with planted.open(newline='') as file:
        for row in csv.DictReader(file):
            cases.setdefault((row['kind'], row['case']), set()).add(int(row['line']))
    done = run('roll', 'audit', members, '--freeze', TODAY, '-f', 'json', statuses=(0, 1))
    report = json.loads(done.stdout)
    asked = [q for q in report['questions'] if q['weight'] != 'note']
    check(f'{people} people, seed {seed}: the status says whether there are questions', done.returncode == (1 if asked else 0), done.returncode)
    check(f'{people} people, seed {seed}: no row is refused', done.stderr == '', done.stderr[:300])
    return report, asked, cases


def lines_of(question):
    return {row['line'] for row in question['evidence']}


def false_alarms(asked, cases):
    planted = set().union(*cases.values()) if cases else set()
    return [q for q in asked if not lines_of(q) & planted]


def test_planted(folder):
    alarms = members = 0
    for people, seed in ORGANISATIONS:
        report, asked, cases = audit(folder, people, seed)
        check(f'{people} people, seed {seed}: every kind is planted', {kind for kind, _ in cases} == KINDS, KINDS - {kind for kind, _ in cases})
        for (kind, case), lines in sorted(cases.items()):
            right = [q for q in asked if q['check'] == CHECK_OF.get(kind, kind)]
            found = any(2 * len(lines_of(q) & lines) >= len(lines) for q in right)
            check(f'{people} people, seed {seed}: {kind} {case} is found', found, f'{len(lines)} rows; asked: {[q["because"] for q in right]}')
        false = false_alarms(asked, cases)
        alarms += len(false)
        members += report['memberships']
    figure = alarms * 10000 / members
    print(f'with manipulations: {alarms} false alarms in {members} memberships, {figure:.2f} in 10,000')
    check('false alarms beside manipulations', figure < MOST_FALSE, figure)


def test_innocent(folder):
    alarms = members = 0
    for people, seed in INNOCENT:
        report, asked, cases = audit(folder, people, seed, '--innocent')
        check(f'{people} people, seed {seed}: nothing is planted', not cases, cases)
        alarms += len(asked)
        members += report['memberships']
    figure = alarms * 10000 / members
    print(f'without: {alarms} false alarms in {members} memberships, {figure:.2f} in 10,000')
    check('false alarms in innocent lists', figure < MOST_FALSE, figure)


def without_places(report):
    """What must not depend on the order of the rows: questions and their people, without lines."""
    return sorted((q['check'], q['weight'], q['key'], q['because'], tuple(sorted(row['person'] for row in q['evidence']))) for q in report['questions'])


def test_order(folder):
    report, _, _ = audit(folder, 5000, 3)
    members = folder / 'members.csv'
    header, *rows = members.read_text(encoding='utf-8').splitlines()
    (folder / 'turned.csv').write_text('\n'.join([header, *reversed(rows)]) + '\n', encoding='utf-8')
    turned = json.loads(run('roll', 'audit', folder / 'turned.csv', '--freeze', TODAY, '-f', 'json', statuses=(0, 1)).stdout)
    check('the order of the rows does not matter', without_places(report) == without_places(turned))


def test_forms(folder):
    report, asked, _ = audit(folder, 5000, 4)
    members = folder / 'members.csv'
    text = run('roll', 'audit', members, '--freeze', TODAY, statuses=(1,)).stdout
    page = run('roll', 'audit', members, '--freeze', TODAY, '-f', 'html', statuses=(1,)).stdout
    for q in report['questions']:
        check('the text has every question', q['key'] in text and q['because'] in text, q['key'])
        check('the page has every question', f'q-{q["key"]}' in page and q['because'] in page, q['key'])
    names = {row['name'] for q in report['questions'] for row in q['evidence']}
    bare = run('roll', 'audit', members, '--freeze', TODAY, '--no-names', statuses=(1,)).stdout
    check('names can be left out', names and not any(name in bare for name in names))
    none = run('roll', 'audit', members, '--freeze', TODAY, '--rows', '0', statuses=(1,)).stdout
    check('evidence can be left out', not any(name in none for name in names))


def test_mistakes(folder):
    members = folder / 'members.csv'
    for arguments, words in (
            ((members, '--freeze', '2013-02-30'), 'a date like'),
            ((folder / 'none.csv',), 'none.csv'),
            ((members, '--format', 'pdf'), 'text, json or html'),
            ((members, members), 'one file'),
    ):
        done = run('roll', 'audit', *arguments, statuses=(2,))
        check(f'{arguments[1:] or arguments}: told', words in done.stderr and done.stdout == '', done.stderr)
    rules = folder / 'rules.json'
    for text, words in (('{"payer_most":0}', 'from 1 to 1000'), ('{"payer":1}', "'payer'"), ('{"leave_out":["x"]}', 'names of checks'), ('{', "rules.json:1")):
        rules.write_text(text)
        done = run('roll', 'audit', members, '--rules', rules, statuses=(2,))
        check(f'rules {text}: told', words in done.stderr, done.stderr)
    rules.write_text('{"leave_out":["one-payer","one-account"],"household_most":8}')
    report = json.loads(run('roll', 'audit', members, '--freeze', TODAY, '--rules', rules, '-f', 'json', statuses=(0, 1)).stdout)
    check('checks can be left out', not {'one-payer', 'one-account'} & {q['check'] for q in report['questions']})


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for test in (test_planted, test_innocent, test_order, test_forms, test_mistakes):
            test(folder)
    print(f'audit: {passed} passed, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
