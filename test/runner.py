# SPDX-License-Identifier: AGPL-3.0-or-later
"""runner.py: how a file of functions test_... is run: FILE [--program PROGRAM] [--under "valgrind ..."] [NAME...]"""
import argparse
import pathlib
import time
import traceback


def options(program, under=True):
    """.program, .under and .names, of the command line; without `under` there is no such option."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--program', default=program)
    if under:
        parser.add_argument('--under', default='')
    parser.add_argument('names', nargs='*')
    given = parser.parse_args()
    given.program = str(pathlib.Path(given.program).resolve())
    return given


def run(label, found, names):
    """Run what is called test_... in `found` (or only what is named); the exit status. The last line is "LABEL: N passed, N failed"."""
    passed = failed = 0
    for name, test in [(n, f) for n, f in found.items() if n.startswith('test_')]:
        if names and name not in names:
            continue
        began = time.monotonic()
        try:
            test()
            passed += 1
            print(f'ok      {name} ({time.monotonic() - began:.1f} s)', flush=True)
        except Exception:
            failed += 1
            print('FAILED ', name, '\n', traceback.format_exc(), flush=True)
    print(f'{label}: {passed} passed, {failed} failed')
    return 1 if failed or not passed else 0
