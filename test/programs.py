# SPDX-License-Identifier: AGPL-3.0-or-later
"""programs.py: programs of tests beside each other, some at a time, as they mostly wait for servers; for test/record/run.py and test/people/run.py.

A program's own last line says how many of its checks passed and failed; one that ends badly without saying so counts as one failure.
"""
import concurrent.futures
import functools
import re
import subprocess
import sys


def run(folder, name):
    """(what it said, passed, failed, skipped) of one program."""
    done = subprocess.run([sys.executable, str(folder / name)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    said = f'--- {name}\n{done.stdout}'
    counts = re.findall(r'(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', done.stdout, re.M)
    passed, failed, skipped = (int(n or 0) for n in counts[-1]) if counts else (0, 0, 0)
    if not passed + failed + skipped or (done.returncode and not failed):
        said += f'FAILED  {name}: exit status {done.returncode}\n'
        failed += 1
    return said, passed, failed, skipped


def run_all(label, folder, programs, at_a_time):
    """The exit status; the last line printed is over all of them: "LABEL: N passed, N failed"."""
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        for said, *counts in pool.map(functools.partial(run, folder), sys.argv[1:] or programs):
            print(said, end='', flush=True)
            totals = [total + count for total, count in zip(totals, counts)]
    passed, failed, skipped = totals
    print(f'{label}: {passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed else 0
