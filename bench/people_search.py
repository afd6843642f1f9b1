#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""people_search.py HUSTINGS PEOPLE_SEARCH [PEOPLE | FOLDER] [ROUNDS]: how long it takes to find people, to count what saved searches select, and to find those on the list twice, among
PEOPLE invented ones (600,000): in the whole organisation, in a region and in a branch, in SQLite, and in PostgreSQL where HUSTINGS_TEST_POSTGRES says one. The yardstick is
how long the index takes to be made, beside the import (people.py). FOLDER: the list and the store that people.py kept there, which is used up. ROUNDS: how often each
kind is asked (100). Figures only: nothing is asserted."""
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time


def timed(what, *arguments, **more):
    begun = time.monotonic()
    done = subprocess.run([str(a) for a in arguments], check=True, **more)
    print(f'{what}: {time.monotonic() - begun:.1f} s', flush=True)
    return done


def ask(measure, store, units, rounds):
    """The top, a region, and the unit that comes last."""
    tree = list(csv.DictReader(units.open(encoding='utf-8')))
    chosen = [tree[0]['slug'], next(u['slug'] for u in tree if u['kind'] == 'region'), tree[-1]['slug']]
    subprocess.run([str(measure), str(store), rounds, *chosen], check=True)


def bring_in(hustings, people, units, members, store, quiet):
    subprocess.run([hustings, 'demo', 'people', '-n', people, '--units-output', units, '-o', members], check=True, **quiet)
    subprocess.run([hustings, 'people', 'units', '--store', store, '--import', units], check=True, **quiet)
    top = next(csv.DictReader(units.open(encoding='utf-8')))['slug']
    timed(f'import of {people}, with the index', hustings, 'people', 'import', '--store', store, '--unit', top, members, **quiet)


def main():
    hustings, measure = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    people = sys.argv[3] if len(sys.argv) > 3 else '600000'
    rounds = sys.argv[4] if len(sys.argv) > 4 else '100'
    environment = {**os.environ, 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count'}
    with tempfile.TemporaryDirectory(prefix='hustings-bench-') as name:
        folder = pathlib.Path(name)
        units, members, store = folder / 'units.csv', folder / 'members.csv', folder / 'hustings.db'
        quiet = {'env': environment, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
        if people.isdigit():
            bring_in(hustings, people, units, members, store, quiet)
        else:
            shutil.copy(pathlib.Path(people, 'units.csv'), units)
            shutil.move(pathlib.Path(people, 'store.db'), store)
        timed('the index alone, made anew', hustings, 'people', 'reindex', '--store', store, **quiet)
        ask(measure, store, units, rounds)
        server = os.environ.get('HUSTINGS_TEST_POSTGRES')
        if server:
            subprocess.run([hustings, 'move', store, server], check=True, **quiet)
            timed('PostgreSQL: the index alone', hustings, 'people', 'reindex', '--store', server, **quiet)
            ask(measure, server, units, rounds)


if __name__ == '__main__':
    main()
