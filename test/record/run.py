#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py [PROGRAM...]: the tests of the public record from outside, one program after another; the last line is over all of them: "record: N passed, N failed".

A program is a file beside this one whose own last line says how many of its checks passed and failed; one that ends badly without saying so counts as one
failure. They are asked with HUSTINGS_TEST_POSTGRES as it is (test/postgres.py run).
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = [
    'acts.py',
    'seal.py',
    'tamper.py',
    'tamper_postgres.py',
    'pages.py',
    'witness.py',
    'split.py',
    'words.py',
]


def run(name):
    """(passed, failed, skipped) of one program; what it prints is shown as it comes."""
    print(f'--- {name}', flush=True)
    process = subprocess.Popen([sys.executable, str(HERE / name)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    counts = None
    for line in process.stdout:
        print(line, end='', flush=True)
        counts = re.search(r'(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', line.strip()) or counts
    status = process.wait()
    passed, failed, skipped = (int(n or 0) for n in counts.groups()) if counts else (0, 0, 0)
    if not passed + failed + skipped or (status and not failed):
        print(f'FAILED  {name}: exit status {status}', flush=True)
        failed += 1
    return passed, failed, skipped


def main():
    passed, failed, skipped = map(sum, zip(*map(run, sys.argv[1:] or PROGRAMS)))
    print(f'record: {passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
