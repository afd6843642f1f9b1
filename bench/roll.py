#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""roll.py [--hustings PATH] [--people N] [--store FILE] [--list FILE]: how long it takes to freeze a roll of N (600,000) members, from the store through a running
server (SQLite, and PostgreSQL too when HUSTINGS_TEST_POSTGRES names one: test/postgres.py run) and from a list without one, and how long a member waits for her own
check and her proof, over HTTP. Yardsticks: sqlite3's own .import of the same list, and as many bytes as the freeze wrote, written and synced.

The people are invented (hustings demo people) and imported first, which is not measured here; --store and --list name those of an earlier run.
"""
import argparse
import contextlib
import datetime
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'test/security'), str(HERE.parent / 'test/deploy')]
import rows
import walk
from walk import deploy

CHECKS = 400
TODAY = datetime.date.today().isoformat()


def run(folder, *words):
    subprocess.run([str(deploy.HUSTINGS), *map(str, words)], cwd=folder, env={**walk.BARE, **rows.settings(folder)}, stdin=subprocess.DEVNULL, capture_output=True, check=True)


def number(folder, query):
    return rows.Rows(folder).ask(query)[0][0]


def prepare(folder, people, store, listed):
    if listed:
        shutil.copy(listed, folder / 'list.csv')
    else:
        run(folder, 'demo', 'people', '-n', people, '--innocent', '-o', 'list.csv', '--units-output', 'units.csv')
    if store:
        shutil.copy(store, folder / 'hustings.db')
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(f'{store}.record-key', folder / 'record-key')
        return
    run(folder, 'people', 'units', '--import', 'units.csv')
    run(folder, 'people', 'import', 'list.csv', '--unit', 'organisation', '--skip-bad')


def officer(folder):
    """A person who holds the role on the whole organisation."""
    now, store = int(time.time() * 1000), rows.Rows(folder)
    person = number(folder, 'SELECT person FROM membership ORDER BY person LIMIT 1')
    store.tell(store.insert('role', id=person, person=person, name='Ada Poll', kind='returning-officer', unit='organisation', begun=now - 1, until=now + 86400_000, leaf=900_000),
               store.insert('record_power', number=900_000, ended='role.ended', holder='Ada Poll', what='the role', unit='organisation', until=now + 86400_000))
    return person


def freeze(folder, url, person):
    browser, path = walk.signed_in(folder, url, person), '/units/organisation/rolls/bench'
    page = '/units/organisation/new-roll'
    answer = browser.post(page, {'title': 'A bench', 'slug': 'bench', 'freeze': TODAY, 'statuses': 'active', 'one_paper': 'person'}, browser.token(page))
    assert answer.status == 303, answer
    answer = browser.post(f'{path}/freeze', {'sure': 'yes'}, browser.token(f'{path}/freeze'))
    assert answer.status == 303, answer
    began = time.monotonic()
    while not number(folder, 'SELECT count(*) FROM roll_version'):
        time.sleep(0.05)
        assert time.monotonic() - began < 600
    return time.monotonic() - began


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def check(folder, url):
    """Different members, one after the other, each signed in."""
    persons = [row[0] for row in rows.Rows(folder).ask('SELECT person FROM membership ORDER BY id LIMIT 20000')]
    persons = random.Random(1).sample(persons, min(CHECKS, len(persons)))
    pages, proofs, found = [], [], 0
    for browser in walk.all_signed_in(folder, url, persons):
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


def imported(folder):
    """What sqlite3 itself needs to read the list into a table."""
    began = time.monotonic()
    subprocess.run(['sqlite3', 'yardstick.db', '.mode csv', '.import list.csv members'], cwd=folder, check=True, capture_output=True)
    (folder / 'yardstick.db').unlink()
    return time.monotonic() - began


def on_server(folder, engine, reading):
    person = officer(folder)
    with walk.server(folder, environment={'HUSTINGS_LIMITS_RATES': '0', **rows.settings(folder)}) as (process, url):
        threading.Thread(target=process.stderr.read, daemon=True).start()
        took = freeze(folder, url, person)
        count = number(folder, 'SELECT count FROM roll_version')
        size = int(number(folder, 'SELECT (SELECT sum(length(entries)) FROM roll_page) + (SELECT sum(length(hashes)) FROM roll_tile) + (SELECT sum(length(body)) FROM roll_finder) AS bytes'))
        peak = int(pathlib.Path(f'/proc/{process.pid}/status').read_text().split('VmHWM:')[1].split()[0]) // 1024
        writing = yardstick(folder, size)
        print(f'{engine}: frozen through a server: {count:,} entries in {took:.1f} s, {size / 1e6:.0f} MB written, at most {peak} MB of memory; {took / reading:.1f} times sqlite3 .import '
              f'({reading:.1f} s), {took / writing:.0f} times so many bytes written and synced ({writing:.1f} s)', flush=True)
        while number(folder, 'SELECT count(*) FROM audit_job'):
            time.sleep(0.2)  # its audit, which follows by itself, is another figure
        check(folder, url)


def without_a_server(folder):
    (folder / 'rules.json').write_text('{"freeze": "' + TODAY + '"}')
    began = time.monotonic()
    run(folder, 'roll', 'freeze', 'list.csv', '--rules', 'rules.json', '--skip-bad', '--out', 'frozen')
    print(f'frozen from a list without a server: {time.monotonic() - began:.1f} s', flush=True)
    began = time.monotonic()
    run(folder, 'roll', 'check', 'frozen')
    print(f'checked, every entry: {time.monotonic() - began:.1f} s', flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument('--hustings', type=pathlib.Path, default=deploy.HUSTINGS)
    options.add_argument('--people', type=int, default=600000)
    options.add_argument('--store')
    options.add_argument('--list')
    given = options.parse_args()
    deploy.HUSTINGS = given.hustings.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name, 'SQLite')
        folder.mkdir()
        prepare(folder, given.people, given.store, given.list)
        with walk.server(folder, environment=rows.settings(folder)):
            pass  # an earlier run's store may be of an older version
        if 'PostgreSQL' in rows.engines():  # before anything is frozen
            other = pathlib.Path(name, 'PostgreSQL')
            other.mkdir()
            rows.on_postgres(other)
            run(other, 'move', folder / 'hustings.db', rows.url(other))
            shutil.copy(folder / 'record-key', other / 'record-key')
            run(other, 'people', 'reindex')  # what is searched does not travel: the server would make it beside the freeze
        reading = imported(folder)
        for engine in rows.engines():
            on_server(folder.parent / engine, engine, reading)
        without_a_server(folder)


if __name__ == '__main__':
    main()
