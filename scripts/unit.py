#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""unit.py LABEL BUILD_DIR [WRAPPER...]: run the cmocka programs under BUILD_DIR/test/unit and count what they ran.

Meson says which programs there are, so none can be forgotten. Each is run in TAP form and believed only when its plan,
its lines and its exit status agree; a program that plans nothing has failed. WRAPPER goes in front of each, e.g.
valgrind. How long each took is kept in BUILD_DIR, so that the next run (the one under valgrind comes after the plain one)
starts with the longest and no processor waits at the end. Last line: "unit (LABEL): N passed, N failed[, N skipped]".
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

TIMEOUT = 900  # seconds a program may take, valgrind included


def programs(build_dir):
    """(name, command, environment) of every meson test that lives under test/unit."""
    listed = json.loads(subprocess.run(['meson', 'introspect', '--tests', build_dir], check=True, capture_output=True).stdout)
    inside = os.path.realpath(os.path.join(build_dir, 'test', 'unit')) + os.sep
    return [(t['name'], t['cmd'], t['env']) for t in listed if os.path.realpath(t['cmd'][0]).startswith(inside)]


def judge(output, status):
    """(passed, failed, skipped, complaint) of one program's TAP output."""
    planned = sum(int(n) for n in re.findall(r'^1\.\.(\d+)$', output, re.M))
    skipped = len(re.findall(r'^(?:not )?ok \d+ # SKIP', output, re.M))
    passed = len(re.findall(r'^ok \d+ (?!# SKIP)', output, re.M))
    failed = len(re.findall(r'^not ok \d+ (?!# SKIP)', output, re.M))
    if planned == 0:
        return passed, failed + 1, skipped, 'it ran no test'
    if passed + failed + skipped != planned:
        return passed, failed + 1, skipped, f'it planned {planned} tests and ran {passed + failed + skipped} (exit status {status})'
    if status != 0 and failed == 0:
        return passed, 1, skipped, f'its tests passed, but its exit status is {status}'
    if status == 0 and failed:
        return passed, failed, skipped, 'tests failed, but its exit status is 0'
    return passed, failed, skipped, ''


def run(program, wrapper):
    name, command, extra = program
    env = {**os.environ, **extra, 'CMOCKA_MESSAGE_OUTPUT': 'TAP'}
    began = time.monotonic()
    try:
        done = subprocess.run(wrapper + command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT)
        output, status = done.stdout.decode(errors='replace'), done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b'').decode(errors='replace'), f'none: stopped after {TIMEOUT} s'
    except OSError as why:
        output, status = str(why), 'none: it could not be run'
    return name, output, time.monotonic() - began, judge(output, status)


def times_read(path):
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def main():
    label, build_dir, *wrapper = sys.argv[1:]
    times_file = os.path.join(build_dir, 'unit-times.json')
    known, times = times_read(times_file), {}
    found = sorted(programs(build_dir), key=lambda p: -known.get(p[0], 0))
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for name, output, times[name], (passed, failed, skipped, complaint) in pool.map(lambda p: run(p, wrapper), found):
            totals = [t + n for t, n in zip(totals, (passed, failed, skipped))]
            print(f'{"FAILED" if failed else "ok":7} {name}: {passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else '')
                  + f' ({times[name]:.1f} s)', flush=True)
            for line in re.findall(r'^not ok \d+ # SKIP.*', output, re.M):
                print(f'        skipped: {line.split("# SKIP", 1)[1].strip()}')
            if failed:
                print(f'        {complaint}' if complaint else '', *('        ' + line for line in output.splitlines()[-80:]), sep='\n')
    with open(times_file, 'w', encoding='utf-8') as file:
        json.dump(times, file)
    if not found:
        print('unit: no test program was built')
        totals[1] += 1
    print(f'unit ({label}): {totals[0]} passed, {totals[1]} failed' + (f', {totals[2]} skipped' if totals[2] else ''), flush=True)
    return 1 if totals[1] else 0


if __name__ == '__main__':
    sys.exit(main())
