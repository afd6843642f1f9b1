#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""people.py [--hustings PATH] [--people N]: a list of members brought in (checked, compared, written, found by the search) with SQLite at FULL, beside sqlite3's own
.import of the same file into one table without an index; then the same list once more (nothing changes), the export, and taking the import back."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


def measured(command, folder, environment):
    """(seconds, MB at the most) of a program that must end well."""
    began = time.monotonic()
    child = subprocess.Popen(list(map(str, command)), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f'people.py: {command}: status {child.returncode}')
    return time.monotonic() - began, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hustings', default=str(ROOT / 'build/hustings'))
    parser.add_argument('--people', type=int, default=600_000)
    o = parser.parse_args()
    hustings = str(pathlib.Path(o.hustings).resolve())
    with tempfile.TemporaryDirectory(prefix='hustings-bench-') as name:
        folder = pathlib.Path(name)
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_STORE_URL': 'store.db', 'HUSTINGS_RECORD_OFFICER': 'Ada Poll'}

        def run(*words):
            return measured([hustings, *words], folder, environment)

        run('demo', 'people', '-n', o.people, '--today', '2026-10-01', '-o', 'members.csv', '--units-output', 'units.csv')
        run('people', 'units', '--import', 'units.csv')
        top = next(line.split(',')[0] for line in (folder / 'units.csv').read_text().splitlines()[1:] if line.endswith(','))
        print(f'{o.people:,} memberships, {(folder / "members.csv").stat().st_size / 1e6:.0f} MB of CSV')
        yardstick, _ = measured(['sqlite3', 'yardstick.db', '.mode csv', '.import members.csv members'], folder, environment)
        print(f'sqlite3 .import             {yardstick:7.1f} s')
        steps = (('import', ('people', 'import', 'members.csv', '--unit', top, '--skip-bad')), ('import, nothing changes', ('people', 'import', 'members.csv', '--unit', top, '--skip-bad')),
                 ('export', ('people', 'export', '--unit', top, '--output', 'out.csv', '--reason', 'a benchmark')))
        for what, words in steps:
            seconds, megabytes = run(*words)
            print(f'{what:<27} {seconds:7.1f} s   {seconds / yardstick:6.1f} times   {megabytes:5.0f} MB', flush=True)
        imports = subprocess.run([hustings, 'people', 'imports'], cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
        seconds, megabytes = run('people', 'undo', imports[-1].split('\t')[0])
        print(f'{"taken back":<27} {seconds:7.1f} s   {seconds / yardstick:6.1f} times   {megabytes:5.0f} MB')


if __name__ == '__main__':
    main()
