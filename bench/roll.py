#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""roll.py [--hustings PATH] [--people N] [--store FILE] [--list FILE]: how long it takes to freeze a roll of N (600,000) members, from the store through a running
server and from a list without one, and how long a member waits for her own check and her proof, over HTTP. Yardstick: `cp` of as many bytes as the freeze wrote.

The people are invented (hustings demo people) and imported first, which is not measured here; --store and --list name those of an earlier run.
"""
import argparse
import contextlib
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'test/security'), str(HERE.parent / 'test/deploy')]
import walk
from walk import deploy

CHECKS = 400


def run(folder, *words):
    subprocess.run([str(deploy.HUSTINGS), *map(str, words)], cwd=folder, env=walk.BARE, stdin=subprocess.DEVNULL, capture_output=True, check=True)


def rows(folder, query, *values):
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db', timeout=60)) as db:
        return db.execute(query, values).fetchall()


def prepare(folder, people, store, listed):
    if listed:
        shutil.copy(listed, folder / 'list.csv')
    else:
        run(folder, 'demo', 'people', '-n', people, '--innocent', '-o', 'list.csv', '--units-output', 'units.csv')
    if store:
        shutil.copy(store, folder / 'hustings.db')
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(f'{store}.record-key', folder / 'hustings.db.record-key')
        return
    run(folder, 'people', 'units', '--import', 'units.csv', '--store', 'hustings.db')
    run(folder, 'people', 'import', 'list.csv', '--unit', 'organisation', '--skip-bad', '--store', 'hustings.db')


def officer(folder):
    """A person who holds the role on the whole organisation."""
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db', timeout=60)) as db:
        person = db.execute('SELECT person FROM membership ORDER BY person LIMIT 1').fetchone()[0]
        walk.add_row(db, 'role', id=person, person=person, name='Ada Poll', kind='returning-officer', unit='organisation', begun=now - 1, until=now + 86400_000, leaf=900_000)
        walk.add_row(db, 'record_power', number=900_000, ended='role.ended', holder='Ada Poll', what='the role', unit='organisation', until=now + 86400_000)
        db.commit()
    return person


def freeze(folder, url, person):
    browser, path = walk.signed_in(folder, url, person), '/units/organisation/rolls/bench'
    page = '/units/organisation/new-roll'
    answer = browser.post(page, {'title': 'A bench', 'slug': 'bench', 'freeze': '2099-01-01', 'statuses': 'active', 'one_paper': 'person'}, browser.token(page))
    assert answer.status == 303, answer
    answer = browser.post(f'{path}/freeze', {'sure': 'yes'}, browser.token(f'{path}/freeze'))
    assert answer.status == 303, answer
    began = time.monotonic()
    while not rows(folder, 'SELECT count(*) FROM roll_version')[0][0]:
        time.sleep(0.02)
        assert time.monotonic() - began < 600
    return time.monotonic() - began


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def check(folder, url):
    """Different members, one after the other, each signed in."""
    persons = [row[0] for row in rows(folder, 'SELECT person FROM membership ORDER BY id LIMIT 20000')]
    persons = random.Random(1).sample(persons, min(CHECKS, len(persons)))
    pages, proofs, found = [], [], 0
    for person in persons:
        browser = walk.signed_in(folder, url, person)
        began = time.monotonic()
        page = browser.ask('/me/rolls/bench')
        pages.append(time.monotonic() - began)
        assert page.status == 200, page
        began = time.monotonic()
        proof = browser.ask('/me/rolls/bench/proof')
        if proof.status == 200:
            proofs.append(time.monotonic() - began)
            found += 1
    print(f"a member's own page: p50 {percentile(pages, .5):.1f} ms, p99 {percentile(pages, .99):.1f} ms; her proof: p50 {percentile(proofs, .5):.1f} ms, p99 {percentile(proofs, .99):.1f} ms "
          f'({len(pages)} members, {found} on the roll, each over a connection of her own)', flush=True)


def yardstick(folder, size):
    block = b'\0' * (1 << 20)
    began = time.monotonic()
    with open(folder / 'copied', 'wb') as file:
        for _ in range(size >> 20):
            file.write(block)
        file.flush()
        deploy.os.fsync(file.fileno())
    return time.monotonic() - began


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument('--hustings', type=pathlib.Path, default=deploy.HUSTINGS)
    options.add_argument('--people', type=int, default=600000)
    options.add_argument('--store')
    options.add_argument('--list')
    given = options.parse_args()
    deploy.HUSTINGS = given.hustings.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, given.people, given.store, given.list)
        person = officer(folder)
        with walk.server(folder, environment={'HUSTINGS_LIMITS_RATES': '0'}) as (process, url):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            took = freeze(folder, url, person)
            count = rows(folder, 'SELECT count FROM roll_version')[0][0]
            size = rows(folder, 'SELECT (SELECT sum(length(entries)) FROM roll_page) + (SELECT sum(length(hashes)) FROM roll_tile) + (SELECT sum(length(body)) FROM roll_finder)')[0][0]
            peak = int(pathlib.Path(f'/proc/{process.pid}/status').read_text().split('VmHWM:')[1].split()[0]) // 1024
            print(f'frozen through a server: {count:,} entries in {took:.1f} s, {size / 1e6:.0f} MB written, at most {peak} MB of memory; yardstick, so many bytes written and synced: {yardstick(folder, size):.1f} s', flush=True)
            check(folder, url)
        (folder / 'rules.json').write_text('{"freeze": "2099-01-01"}')
        began = time.monotonic()
        run(folder, 'roll', 'freeze', 'list.csv', '--rules', 'rules.json', '--skip-bad', '--out', 'frozen')
        print(f'frozen from a list without a server: {time.monotonic() - began:.1f} s', flush=True)
        began = time.monotonic()
        run(folder, 'roll', 'check', 'frozen')
        print(f'checked, every entry: {time.monotonic() - began:.1f} s', flush=True)


if __name__ == '__main__':
    main()
