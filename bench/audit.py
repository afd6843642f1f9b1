#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""audit.py HUSTINGS MEASURE [PEOPLE | LIST.csv]: `hustings roll audit` of a list of PEOPLE (600,000) invented memberships with planted manipulations: wall time, processor time and
peak memory (MB of 1,000,000 bytes), beside sqlite3's own .import of the same file into one table without an index. Targets at 600,000: under 10 s, under 500 MB. LIST.csv: one that people.py kept, instead.
"""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

FREEZE = '2026-10-01'


def measured(measure, command, folder):
    """(seconds, seconds of processors, MB at the most) of one process. An audit that asks something ends with 1, and so does measure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null'}
    done = subprocess.run([measure, *map(str, command)], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1) or len(done.stdout.split()) != 2:
        sys.exit(f'audit.py: {command}: status {done.returncode}')
    seconds, kib = done.stdout.split()
    return float(seconds), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(kib) * 1024 / 1e6


def main():
    hustings, measure = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    sqlite3 = shutil.which('sqlite3') or sys.exit('audit.py: sqlite3 is not installed')
    asked = sys.argv[3] if len(sys.argv) > 3 else '600000'
    with tempfile.TemporaryDirectory(prefix='hustings-bench-') as name:
        folder = pathlib.Path(name)
        if asked.isdigit():
            measured(measure, [hustings, 'demo', 'people', '-n', asked, '--today', FREEZE, '-o', 'members.csv'], folder)
        else:
            shutil.copy(asked, folder / 'members.csv')
        with open(folder / 'members.csv', 'rb') as rows:
            people = sum(1 for _ in rows) - 1
        print(f'{people:,} memberships, {(folder / "members.csv").stat().st_size / 1e6:.0f} MB of CSV')
        yardstick, processors, megabytes = measured(measure, [sqlite3, 'yardstick.db', '.mode csv', '.import members.csv members'], folder)
        print(f'sqlite3 .import   {yardstick:6.1f} s, {processors:5.1f} s of processors, {megabytes:4.0f} MB', flush=True)
        seconds, processors, megabytes = measured(measure, [hustings, 'roll', 'audit', 'members.csv', '--freeze', FREEZE, '-f', 'json', '-o', 'audit.json'], folder)
        if not (folder / 'audit.json').stat().st_size:
            sys.exit('audit.py: the audit wrote nothing')
        print(f'hustings audit    {seconds:6.1f} s, {processors:5.1f} s of processors, {megabytes:4.0f} MB; {seconds / yardstick:.1f} times the yardstick')


if __name__ == '__main__':
    main()
