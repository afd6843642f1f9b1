#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py [PROGRAM...]: the tests of people and of the roll from outside, some programs at a time, as they mostly wait for servers; the last line is over all of them: "people: N passed, N failed".

A program is a file beside this one whose own last line says how many of its checks passed and failed; one that ends badly without saying so counts as one
failure. They are asked with HUSTINGS_TEST_POSTGRES as it is (test/postgres.py run): signin.py has that database, import.py makes its own in its server.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
AT_A_TIME = 2
PROGRAMS = [  # the longest first
    'import.py',
    'import_pages.py',
    'search.py',
    'signin.py',
    'roll.py',
    'audit.py',
]


def run(name):
    """(what it said, passed, failed, skipped) of one program."""
    done = subprocess.run([sys.executable, str(HERE / name)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    said = f'--- {name}\n{done.stdout}'
    counts = re.findall(r'(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', done.stdout, re.M)
    passed, failed, skipped = (int(n or 0) for n in counts[-1]) if counts else (0, 0, 0)
    if not passed + failed + skipped or (done.returncode and not failed):
        said += f'FAILED  {name}: exit status {done.returncode}\n'
        failed += 1
    return said, passed, failed, skipped


def main():
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for said, *counts in pool.map(run, sys.argv[1:] or PROGRAMS):
            print(said, end='', flush=True)
            totals = [total + count for total, count in zip(totals, counts)]
    passed, failed, skipped = totals
    print(f'people: {passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
