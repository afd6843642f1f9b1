#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""import.py [--hustings PATH]: lists of members brought in, changed, taken back and exported, at the machine, on SQLite, and in a database of its own in the
PostgreSQL that HUSTINGS_TEST_POSTGRES names (test/postgres.py run). Last line: "people import: N passed, N failed".
"""
import argparse
import csv
import gzip
import io
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = ['id', 'given_name', 'family_name', 'email', 'phone', 'locality', 'unit', 'section', 'class', 'status', 'joined']
OFFICER = 'Ada Poll'
KILLS, KILLED_ROWS = 20, 25_000


class Tally:
    passed = failed = 0

    def __call__(self, name, good, more=''):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f'FAILED {name}: {str(more)[:2000]}')


def members(count, seed=1):
    r = random.Random(seed)
    given, family = ['Ada', 'Beth', 'Siân', 'José', 'Nia', 'Owen'], ['Ashe', 'Ó Súilleabháin', 'Nguyễn', 'Denby', 'Kerr', 'Vane']
    return [[f'M{i:06d}', r.choice(given), r.choice(family), f'member.{i}@example.org', f'+4420794{i % 100000:05d}' if i % 3 == 0 else '', r.choice(['Leeds', 'York']),
             r.choice(['leeds', 'harehills']), 'members', r.choice(['standard', 'youth']), 'active', f'20{r.randrange(10, 13)}-0{r.randrange(1, 9)}-1{r.randrange(9)}']
            for i in range(count)]


class Place:
    """A store, commands on it, and what it holds."""

    def __init__(self, folder, url, hustings):
        self.folder, self.url, self.hustings = folder, url, hustings
        self.environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_STORE_URL': url, 'HUSTINGS_RECORD_OFFICER': OFFICER,
                            'HUSTINGS_RECORD_KEY': str(folder / 'key')}
        for slug, above in (('north', ''), ('leeds', 'north'), ('harehills', 'leeds'), ('york', 'north')):
            self.run('people', 'units', '--add', slug, '--name', slug.capitalize(), '--kind', 'branch', *(['--above', above] if above else []))

    def begin(self, *words):
        return subprocess.Popen([self.hustings, *map(str, words)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def ask(self, *words):
        p = self.begin(*words)
        out, err = p.communicate(timeout=300)
        return p.returncode, out, err

    def run(self, *words):
        status, out, err = self.ask(*words)
        if status:
            raise RuntimeError(f'{words}: {status} {out} {err}')
        return out

    def write(self, name, rows, header=HEADER):
        with open(self.folder / name, 'w', newline='', encoding='utf-8') as f:
            csv.writer(f).writerows([header, *rows])
        return self.folder / name

    def bring(self, name, rows, *words, unit='leeds', header=HEADER):
        return self.ask('people', 'import', self.write(name, rows, header), '--unit', unit, *words)

    def export(self, unit='north'):
        path = self.folder / 'export.csv'
        self.run('people', 'export', '--unit', unit, '--output', path, '--reason', 'a test')
        with open(path, newline='', encoding='utf-8') as f:
            return sorted(tuple(sorted(row.items())) for row in csv.DictReader(f))

    def newest(self):
        return self.run('people', 'imports').split('\t')[0]


def counts(text, what='Checked'):
    found = re.search(rf'{what}: (\d+) rows: (\d+) new persons, (\d+) more memberships.*?, (\d+) changed, (\d+) the same, (\d+) bad', text)
    return tuple(map(int, found.groups())) if found else None


def plain(place, tally):
    rows = members(60)
    status, out, err = place.bring('a.csv', rows, '--dry-run')
    tally('a dry run counts', (status, counts(out)) == (0, (60, 60, 0, 0, 0, 0)), (status, out, err))
    tally('and writes nobody', place.export() == [], place.export())
    status, out, err = place.bring('a.csv', rows)
    tally('an import', (status, counts(out, 'Imported')) == (0, (60, 60, 0, 0, 0, 0)), (status, out, err))
    before = place.export()
    tally('everybody is there', len(before) == 60, len(before))
    status, out, err = place.bring('a.csv', rows)
    tally('once more: the same', (status, counts(out, 'Imported')) == (0, (60, 0, 0, 0, 60, 0)), (status, out, err))
    tally('and nothing changed', place.export() == before)
    path = place.folder / 'again.csv'
    place.run('people', 'export', '--unit', 'leeds', '--output', path, '--reason', 'a test')
    status, out, err = place.ask('people', 'import', path, '--unit', 'leeds', '--dry-run')
    tally('what was exported changes nothing', (status, counts(out)) == (0, (60, 0, 0, 0, 60, 0)), (status, out, err))
    changed = [[*row[:5], 'Ripon', *row[6:]] if i < 7 else row for i, row in enumerate(rows)]
    status, out, err = place.bring('b.csv', changed)
    tally('seven changed', counts(out, 'Imported') == (60, 0, 0, 7, 53, 0), (out, err))
    place.run('people', 'undo', place.newest())
    tally('taken back: as before', place.export() == before)
    status, out, err = place.bring('c.csv', [[row[0], ''] for row in rows[:5]], header=['id', 'locality'])
    tally('columns that are not there and empty cells change nothing', counts(out, 'Imported') == (5, 0, 0, 0, 5, 0), (out, err))
    status, out, err = place.bring('d.csv', [[row[0], ''] for row in rows[:5]], '--empty', header=['id', 'locality'])
    tally('empty cells empty when asked', counts(out, 'Imported') == (5, 0, 0, 5, 0, 0), (out, err))
    place.run('people', 'undo', place.newest())
    more = [[*rows[0][:7], 'affiliates', *rows[0][8:]], [rows[1][0], '', '', '', '', '', 'harehills' if rows[1][6] == 'leeds' else 'leeds', *rows[1][7:]]]
    status, out, err = place.bring('e.csv', more)
    tally('more memberships of two', counts(out, 'Imported') == (2, 0, 2, 0, 0, 0), (out, err))
    tally('are rows of theirs', len(place.export()) == 62)
    place.run('people', 'undo', place.newest())
    tally('and go with the import', place.export() == before)


def matching(place, tally):
    status, out, err = place.bring('f.csv', [['', 'Zoe', 'Quick', 'Zoe@Example.org', '020 7946 0999', 'Leeds', 'leeds', 'members', '', 'active', '2012-01-01']])
    tally('somebody without an id', counts(out, 'Imported') == (1, 1, 0, 0, 0, 0), (out, err))
    status, out, err = place.bring('g.csv', [['Z1', 'ZOE', 'quick', 'zoe@example.ORG', '', '', 'leeds', 'members', '', '', '']], '--dry-run')
    tally('is found by e-mail and name', counts(out) == (1, 0, 0, 1, 0, 0), (out, err))
    status, out, err = place.bring('h.csv', [['Z2', 'Zoe', 'Quick', '', '02079460999', '', 'leeds', 'members', '', '', '']], '--dry-run')
    tally('is found by number and name', counts(out) == (1, 0, 0, 1, 0, 0), (out, err))
    status, out, err = place.bring('i.csv', [['', 'Una', 'Quick', 'zoe@example.org', '', '', 'leeds', 'members', '', '', '']], '--dry-run')
    tally('another name at the same address is somebody new', counts(out) == (1, 1, 0, 0, 0, 0), (out, err))
    status, out, err = place.bring('j.csv', [['', 'Zoe', 'Quick', 'zoe@example.org', '', '', 'york', 'members', '', '', '']], '--dry-run', unit='york')
    tally('whom another branch does not see is not found there', counts(out) == (1, 1, 0, 0, 0, 0), (out, err))
    status, out, err = place.bring('k.csv', [['M000001', 'Ada', 'Ashe', '', '', '', 'york', 'members', '', '', '']], '--dry-run', unit='york')
    tally('an id of somebody outside is a bad row', status == 2 and 'k.csv:2' in err and 'nobody outside' in err, (out, err))
    status, out, err = place.bring('l.csv', [['', 'Zoe', 'Quick', 'zoe@example.org', '', '', 'york', 'members', '', '', '']])
    tally('a unit outside is a bad row', status == 2 and 'l.csv:2' in err and "'unit'" in err, (out, err))
    two = [['T1', 'Tess', 'Thorn', 't@example.org', '', '', 'leeds', 'members', '', '', ''], ['T1', 'Tess', 'Thorn', 'other@example.org', '', '', 'leeds', 'affiliates', '', '', '']]
    status, out, err = place.bring('m.csv', two)
    tally('rows of one person that contradict', status == 2 and 'm.csv:3' in err and 'line 2' in err, (out, err))


def bad_rows(place, tally):
    before = place.export()
    rows = members(30, seed=5)
    rows = [[f'B{row[0]}', *row[1:3], f'b.{row[3]}', *row[4:]] for row in rows]
    rows[3][3] = 'no address'
    rows[9][10] = '2012-02-31'
    status, out, err = place.bring('n.csv', rows, '--report', place.folder / 'report.txt')
    told = (place.folder / 'report.txt').read_text()
    tally('all or nothing: nothing', status == 2 and counts(out) == (30, 28, 0, 0, 0, 2), (status, out, err))
    tally('each bad row with line and column', re.search(r'n\.csv:5:\d+: ', err) and re.search(r'n\.csv:11:\d+: ', err) and told.count('\n') == 2, (err, told))
    tally('and nobody was added', place.export() == before)
    status, out, err = place.bring('n.csv', rows, '--skip-bad')
    tally('bad rows are left out', (status, counts(out, 'Imported')) == (0, (30, 28, 0, 0, 0, 2)), (status, out, err))
    changed = [['BM000000', 'Newtown']]
    place.bring('o.csv', changed, header=['id', 'locality'])
    first = [line.split('\t')[0] for line in place.run('people', 'imports').splitlines()][1]
    out = place.run('people', 'undo', first)
    tally('who was changed since is left alone', '27 persons are gone' in out and '1 were changed since' in out, out)
    status, out, err = place.ask('people', 'undo', first)
    tally('and it is not taken back twice', status != 0, out)
    status, out, err = place.bring('p.csv', rows[:1], '--map', 'id=-', '--map', 'nothing=id', '--dry-run')
    tally('a mapping of a heading that is not there', status == 2 and 'nothing' in err, (status, out, err))


def killed(place, tally):
    """Killed again and again while it is written, and begun again each time: as if nothing had been."""
    rows = members(KILLED_ROWS, seed=9)
    rows = [[f'K{row[0]}', *row[1:3], f'k.{row[3]}', *row[4:]] for row in rows]
    path = place.write('kill.csv', rows)
    r, kills = random.Random(4), 0
    for _ in range(200):
        p = place.begin('people', 'import', path, '--unit', 'leeds')
        if kills < KILLS:
            try:
                p.wait(timeout=r.uniform(0.05, 2.5))
            except subprocess.TimeoutExpired:
                p.send_signal(signal.SIGKILL)
                kills += 1
        out, err = p.communicate(timeout=300)
        if p.returncode == 0:
            break
        if p.returncode > 0:
            tally('goes on after a kill', False, (p.returncode, out, err))
            return
    held = [row for row in place.export('leeds') if dict(row)['id'].startswith('KM')]
    wanted = sorted((row[0], row[2], row[5], row[6], row[8]) for row in rows)
    tally('nobody is lost or doubled', sorted((d['id'], d['family_name'], d['locality'], d['unit'], d['class']) for d in map(dict, held)) == wanted, len(held))
    tally(f'killed {kills} times', kills > 0, kills)
    status, out, err = place.ask('people', 'import', path, '--unit', 'leeds', '--dry-run')
    tally('and all is as in the file', counts(out) == (KILLED_ROWS, 0, 0, 0, KILLED_ROWS, 0), (out, err))


def stacked(place, tally):
    """Imports of the same people taken back one after another, the latest first: each time as it was before."""
    rows = [[f'S{row[0]}', *row[1:3], f's.{row[3]}', '', *row[5:]] for row in members(12, seed=7)]
    states = [place.export()]
    lists = (('s1.csv', rows, HEADER), ('s2.csv', [[row[0], 'Ripon'] for row in rows[:9]], ['id', 'locality']),
             ('s3.csv', [[*row[:5], 'Selby', row[6], 'affiliates', *row[8:]] for row in rows[2:11]], HEADER), ('s4.csv', [[row[0], 'Thirsk'] for row in rows[1:5]], ['id', 'locality']))
    for name, list_of, header in lists:
        status, out, err = place.bring(name, list_of, header=header)
        if status:
            raise RuntimeError(f'{name}: {out} {err}')
        states.append(place.export())
    tally('each of four imports changed something', len({str(state) for state in states}) == 5)
    newest = [line.split('\t')[0] for line in place.run('people', 'imports').splitlines()][:4]
    for left, one in zip((3, 2, 1, 0), newest):
        out = place.run('people', 'undo', one)
        tally(f'taken back to {left}: nobody left alone', ' 0 were changed since' in out, out)
        tally(f'taken back to {left}: as before', place.export() == states[left])
    one, two = (place.bring(name, [[row[0], town] for row in members(60)[:5]], header=['id', 'locality']) and place.newest() for name, town in (('s5.csv', 'Ripon'), ('s6.csv', 'Selby')))
    out = place.run('people', 'undo', one)
    tally('the earlier one first: all are left alone', ' 5 were changed since' in out, out)
    out = place.run('people', 'undo', two)
    tally('and the later one can still be taken back', ' 0 were changed since' in out, out)


def damaged(place, tally):
    """A compressed file that was cut off, or in which bytes are wrong, is named, and nothing of it is imported."""
    before = place.export()
    whole = gzip.compress(place.write('g.csv', members(3000, seed=3)).read_bytes(), mtime=0)
    middle = len(whole) // 2
    for what, packed in (('cut off', whole[:middle]), ('without its end', whole[:-4]), ('with wrong bytes', whole[:middle] + bytes(40) + whole[middle + 40:])):
        path = place.folder / 'damaged.csv.gz'
        path.write_bytes(packed)
        status, out, err = place.ask('people', 'import', path, '--unit', 'leeds')
        tally(f'a gzip file {what}', status == 2 and 'damaged.csv.gz' in err and 'gzip' in err, (status, out, err))
    tally('nothing of them was imported', place.export() == before)


def interrupted(place, tally):
    """One that was killed and is not begun again: it says so, others are told, and it can be taken back."""
    before = place.export('leeds')
    rows = [[f'I{row[0]}', *row[1:3], f'i.{row[3]}', '', *row[5:]] for row in members(KILLED_ROWS, seed=11)]
    p = place.begin('people', 'import', place.write('left.csv', rows), '--unit', 'leeds')
    until = time.monotonic() + 120
    while p.poll() is None and time.monotonic() < until and '\tapplying\t' not in place.run('people', 'imports').split('\n')[0]:
        pass
    p.kill()
    p.communicate()
    one = place.newest()
    # As if some minutes had gone by.
    ago = f"UPDATE import SET changed = changed - 600000 WHERE id = '{one}'"
    if place.url.startswith('postgres'):
        subprocess.run(['psql', '-q', '-d', place.url, '-c', ago], check=True, capture_output=True)
    else:
        with sqlite3.connect(place.url, timeout=30) as db:
            db.execute(ago)
        db.close()
    status, out, err = place.ask('people', 'imports')
    tally('it is listed as interrupted', out.split('\t')[3] == 'interrupted', out)
    tally('with what can be done', f'people undo {one}' in err and 'left.csv' in err, err)
    status, out, err = place.bring('other.csv', rows[:3])
    tally('another one is told why it must wait', status != 0 and f'people undo {one}' in err, (status, out, err))
    place.run('people', 'undo', one)
    tally('it can be taken back', place.export('leeds') == before)
    status, out, err = place.bring('other.csv', rows[:3])
    tally('and keeps nobody waiting then', status == 0, (status, out, err))


def on_one(tally, name, url, hustings):
    with tempfile.TemporaryDirectory(prefix='hustings-import-') as folder:
        place = Place(pathlib.Path(folder), url or f'{folder}/store.db', hustings)
        began = time.monotonic()
        for step in (plain, matching, bad_rows, stacked, damaged, interrupted, killed):
            try:
                step(place, tally)
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as e:
                tally(f'{name}: {step.__name__}', False, e)
        print(f'{name}: {time.monotonic() - began:.0f} s')


def fresh_postgres():
    """The url of a database with nothing in it, in the server that there is."""
    store, name = os.environ['HUSTINGS_TEST_POSTGRES'], f'import_{os.urandom(4).hex()}'
    subprocess.run(['psql', '-q', '-d', store, '-c', f'CREATE DATABASE {name}'], check=True, capture_output=True)
    return store.replace('/hustings?', f'/{name}?') if '?' in store else store.rsplit('/', 1)[0] + f'/{name}'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hustings', default=str(ROOT / 'build/hustings'))
    options = parser.parse_args()
    tally = Tally()
    hustings = str(pathlib.Path(options.hustings).resolve())
    on_one(tally, 'SQLite', '', hustings)
    if os.environ.get('HUSTINGS_TEST_POSTGRES'):
        on_one(tally, 'PostgreSQL', fresh_postgres(), hustings)
    print(f'people import: {tally.passed} passed, {tally.failed} failed')
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())
