#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""people.py [--hustings PATH] [--people N] [--keep FOLDER]: a list of members brought in (checked, compared, written, found by the search) with SQLite at FULL, beside sqlite3's own
.import of the same file into one table without an index; then the same list once more (nothing changes), the export, and taking the import back. On PostgreSQL, too, where HUSTINGS_TEST_POSTGRES names one (test/postgres.py run).

--keep: the list, and the SQLite store as the import left it, are copied there, for roll.py, people_search.py and audit.py."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


LOOK = 0.05  # seconds between two looks at the threads: what a thread does after the last is not counted under its name


class Used:
    """What a program took: seconds of wall time, seconds of processors (in all, and by the name of the thread), MB at the most."""

    def __init__(self, wall, usage, threads):
        self.wall, self.processors, self.megabytes = wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        self.threads = sorted(threads.items(), key=lambda named: -named[1])

    def line(self, what, yardstick):
        shares = ', '.join(f'{name} {seconds:.1f}' for name, seconds in self.threads if seconds >= 0.5)
        return (f'{what:<27} {self.wall:7.1f} s {self.wall / yardstick.wall:6.1f} times   processors {self.processors:6.1f} s {self.processors / yardstick.processors:6.1f} times   '
                f'{self.megabytes:5.0f} MB   {shares}')


def look_at_threads(pid, seen):
    """{thread: (name, seconds of processors)}: those that ended since the last look keep what they had."""
    for stat in pathlib.Path(f'/proc/{pid}/task').glob('*/stat'):
        try:
            name, _, rest = stat.read_text().partition('(')[2].rpartition(')')
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = rest.split()
        seen[stat.parent.name] = (name, (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK'))


def measured(command, folder, environment):
    """What a program took that must end well."""
    began, seen = time.monotonic(), {}
    child = subprocess.Popen(list(map(str, command)), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ended = 0
    while not ended:
        look_at_threads(child.pid, seen)
        time.sleep(LOOK)
        ended, status, usage = os.wait4(child.pid, os.WNOHANG)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f'people.py: {command}: status {child.returncode}')
    threads = {}
    for name, seconds in seen.values():
        threads[name] = threads.get(name, 0) + seconds
    return Used(time.monotonic() - began, usage, threads)


def fresh_postgres(server):
    """The url of a database with nothing in it, in the server that there is."""
    name = f'people_{os.urandom(4).hex()}'
    subprocess.run(['psql', '-q', '-d', server, '-c', f'CREATE DATABASE {name}'], check=True, capture_output=True)
    return server.replace('/hustings?', f'/{name}?')


def on_one(engine, url, hustings, folder, environment, yardstick, keep=None):
    """The list brought in, brought in again, taken out, taken back, in a store that has nothing yet."""
    environment = {**environment, 'HUSTINGS_STORE_URL': url}

    def run(*words):
        return measured([hustings, *words], folder, environment)

    print(engine)
    run('people', 'units', '--import', 'units.csv')
    top = next(line.split(',')[0] for line in (folder / 'units.csv').read_text().splitlines()[1:] if line.endswith(','))
    bring = ('people', 'import', 'members.csv', '--unit', top, '--skip-bad')
    for what, words in (('import', bring), ('import, nothing changes', bring), ('export', ('people', 'export', '--unit', top, '--output', 'out.csv', '--reason', 'a benchmark'))):
        print(run(*words).line(what, yardstick), flush=True)
        if what == 'import' and keep:
            for kept in ('members.csv', 'units.csv', 'store.db'):
                shutil.copy(folder / kept, keep / kept)
    imports = subprocess.run([hustings, 'people', 'imports'], cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    print(run('people', 'undo', imports[-1].split('\t')[0]).line('taken back', yardstick), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hustings', default=str(ROOT / 'build/hustings'))
    parser.add_argument('--people', type=int, default=600_000)
    parser.add_argument('--keep', type=pathlib.Path)
    o = parser.parse_args()
    hustings = str(pathlib.Path(o.hustings).resolve())
    with tempfile.TemporaryDirectory(prefix='hustings-bench-') as name:
        folder = pathlib.Path(name)
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Ada Poll'}
        measured([hustings, 'demo', 'people', '-n', o.people, '--today', '2026-10-01', '-o', 'members.csv', '--units-output', 'units.csv'], folder, environment)
        print(f'{o.people:,} memberships, {(folder / "members.csv").stat().st_size / 1e6:.0f} MB of CSV')
        yardstick = measured(['sqlite3', 'yardstick.db', '.mode csv', '.import members.csv members'], folder, environment)
        print(yardstick.line('sqlite3 .import', yardstick))
        on_one('SQLite', 'store.db', hustings, folder, environment, yardstick, o.keep)
        if os.environ.get('HUSTINGS_TEST_POSTGRES'):
            on_one('PostgreSQL (processors: without those of its server)', fresh_postgres(os.environ['HUSTINGS_TEST_POSTGRES']), hustings, folder, environment, yardstick)


if __name__ == '__main__':
    main()
