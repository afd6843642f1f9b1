#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""search_quality.py [--hustings PATH] [--people N] [--store URL]: is somebody found who is typed with a mistake, without her accents or in part? And are those found who stand on
the list twice? In an invented organisation (20,000 people), of which the answers are known: 500 people are looked for, each in one of nine ways, and must be among the first
ten in 95 of 100 cases, whichever way it is; 300 people stand on the list a second time, in six ways, and the finder must name 95 of 100 of them and, beside them, no more pairs
than one for each 1,000 people. In SQLite, and in a database of its own in the PostgreSQL that HUSTINGS_TEST_POSTGRES names. Prints its figures. Last line: "search quality: N passed, N failed".
"""
import argparse
import csv
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOOKED_FOR, TWICE, FIRST, LEAST = 500, 300, 10, 0.95
ACCENTS = {'a': 'á', 'e': 'é', 'i': 'í', 'o': 'ö', 'u': 'ü', 'n': 'ñ', 'c': 'ç'}
BARE = {**os.environ, 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count'}


class Tally:
    passed = failed = 0

    def __call__(self, what, good, found=''):
        self.passed += bool(good)
        self.failed += not good
        print('ok     ' if good else 'FAILED ', what, found, flush=True)


def swapped(r, word):
    """Two letters that stand side by side change places."""
    at = r.choice([i for i in range(len(word) - 1) if word[i] != word[i + 1]])
    return word[:at] + word[at + 1] + word[at] + word[at + 2:]


def dropped(r, word):
    at = r.randrange(1, len(word))
    return word[:at] + word[at + 1:]


def doubled(r, word):
    at = r.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def wrong(r, word):
    at = r.randrange(1, len(word))
    return word[:at] + r.choice([c for c in 'aeiourtnsl' if c != word[at]]) + word[at + 1:]


def plain(word):
    return ''.join(c for c in unicodedata.normalize('NFD', word) if not unicodedata.combining(c))


def ways(r, p):
    """What somebody types who looks for p, by the name of the way."""
    given, family = plain(p['given_name']), plain(p['family_name'])
    yield 'letters changed places', f'{given} {swapped(r, family)}'
    yield 'a letter is missing', f'{given} {dropped(r, family)}'
    yield 'a letter twice', f'{given} {doubled(r, family)}'
    yield 'a wrong letter', f'{given} {wrong(r, family)}'
    yield 'no accents', f'{given} {family}'.lower()
    yield 'beginnings and half a postcode', f'{given[:3]} {family[:4]} {p["postcode"].split()[0]}'
    yield 'a part of the surname', f'{given} {family[1:-1]}'
    yield 'the surname and the postcode so far', f'{family} {p["postcode"][:-2]}'
    yield 'the end of the identifier', p['id'][-7:]


def other_record(r, p, number):
    """The same person, as another list has her; in which way."""
    q = {**p, 'id': f'Z{number:08}'}
    way = number % 6
    if way == 0:
        q['id'] = re.sub(r'^M0*', 'M-', p['id'])
    elif way == 1:
        q['email'] = ''
    elif way == 2:
        q['family_name'], q['born'] = swapped(r, p['family_name']), ''
    elif way == 3:
        q['family_name'], q['given_name'], q['born'] = p['given_name'], p['family_name'], ''
    elif way == 4:
        q['given_name'], q['email'], q['born'] = dropped(r, p['given_name']), '', ''
    else:
        q['given_name'], q['email'] = plain(p['given_name']), ''
    return q


def organisation(hustings, folder, people):
    subprocess.run([hustings, 'demo', 'people', '-n', str(people), '--innocent', '--seed', '7', '--today', '2026-11-20', '--units-output', folder / 'units.csv', '-o', folder / 'all.csv'],
                   check=True, env=BARE)
    rows = list(csv.DictReader((folder / 'all.csv').open(encoding='utf-8')))
    r = random.Random(11)
    for row in rows:
        if r.random() < 0.1:
            row['family_name'] = ''.join(ACCENTS.get(c, c) if i == 2 else c for i, c in enumerate(row['family_name']))
    times = {}
    for row in rows:
        times[row['id']] = times.get(row['id'], 0) + 1
    single = [row for row in rows if times[row['id']] == 1 and row['postcode'] and row['email'] and row['born'] and len(row['family_name']) >= 5 and len(row['given_name']) >= 4]
    twice = [(p, other_record(r, p, i)) for i, p in enumerate(r.sample(single, TWICE))]
    with (folder / 'members.csv').open('w', encoding='utf-8', newline='') as out:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        writer.writerows(q for _, q in twice)
    return r, single, twice


def fill(hustings, folder, store):
    top = next(csv.DictReader((folder / 'units.csv').open(encoding='utf-8')))['slug']
    subprocess.run([hustings, 'people', 'units', '--store', store, '--import', folder / 'units.csv'], check=True, env=BARE, stdout=subprocess.DEVNULL)
    subprocess.run([hustings, 'people', 'import', '--store', store, '--unit', top, folder / 'members.csv'], check=True, env=BARE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finding(tally, hustings, store, r, single):
    asked, found = {}, {}
    for i, p in enumerate(r.sample(single, LOOKED_FOR)):
        way, typed = list(ways(r, p))[i % 9]
        said = subprocess.run([hustings, 'people', 'search', '--store', store, '--', *typed.split()], env=BARE, capture_output=True, text=True, check=True).stdout
        lines = [line for line in said.splitlines() if re.match(r'[A-Za-z0-9_-]{22}  ', line)][:FIRST]
        asked[way] = asked.get(way, 0) + 1
        found[way] = found.get(way, 0) + any(f'  {p["given_name"]} {p["family_name"]}, {p["postcode"]}' in line for line in lines)
    for way, count in asked.items():
        tally(f'{way}: at least 9 of 10 are found', found[way] >= 0.9 * count, f'{found[way]} of {count}')
    good = sum(found.values())
    tally(f'all ways: found among the first {FIRST}', good >= LEAST * LOOKED_FOR, f'{good} of {LOOKED_FOR}')


def twins(tally, hustings, store, twice, people):
    begun = time.monotonic()
    said = subprocess.run([hustings, 'people', 'duplicates', '--store', store], env=BARE, capture_output=True, text=True, check=True).stdout
    took, memory = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    in_all = int(re.search(r'^(\d+) pairs?', said, re.M)[1])
    blocks = re.split(r'\n(?=the same )', said)
    named = 0
    for p, q in twice:
        names = [f'{x["given_name"]} {x["family_name"]}' for x in (p, q)]
        named += any(names[0] in block and (names[0] == names[1] and block.count(names[0]) > 1 or names[0] != names[1] and names[1] in block) for block in blocks)
    tally('those who stand there twice are named', named >= LEAST * TWICE, f'{named} of {TWICE}')
    tally('and hardly anybody else', in_all - named <= people / 1000, f'{in_all - named} other pairs')
    print(f'        {took:.1f} s; the largest program so far had {memory} MB')


def one_engine(tally, hustings, folder, store, people, sample):
    r, single, twice = sample
    print(f'-- {"SQLite" if str(store).endswith(".db") else "PostgreSQL"}, {people} people')
    fill(hustings, folder, store)
    finding(tally, hustings, store, r, single)
    twins(tally, hustings, store, twice, people)


def fresh_postgres():
    """The url of a database with nothing in it, in the server that there is."""
    store, name = os.environ['HUSTINGS_TEST_POSTGRES'], f'quality_{os.urandom(4).hex()}'
    subprocess.run(['psql', '-q', '-d', store, '-c', f'CREATE DATABASE {name}'], check=True, capture_output=True)
    return store.replace('/hustings?', f'/{name}?') if '?' in store else store.rsplit('/', 1)[0] + f'/{name}'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hustings', default=str(ROOT / 'build' / 'hustings'))
    parser.add_argument('--people', type=int, default=20000)
    options = parser.parse_args()
    hustings, tally = pathlib.Path(options.hustings).resolve(), Tally()
    with tempfile.TemporaryDirectory(prefix='hustings-quality-') as name:
        folder = pathlib.Path(name)
        sample = organisation(hustings, folder, options.people)
        one_engine(tally, hustings, folder, folder / 'people.db', options.people, sample)
        if os.environ.get('HUSTINGS_TEST_POSTGRES'):
            one_engine(tally, hustings, folder, fresh_postgres(), options.people, sample)
    print(f'search quality: {tally.passed} passed, {tally.failed} failed')
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())
