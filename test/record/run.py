#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py [PROGRAM...]: the tests of the public record from outside, some programs at a time, as they mostly wait for servers; the last line is over all of them: "record: N passed, N failed".

A program is a file beside this one whose own last line says how many of its checks passed and failed; one that ends badly without saying so counts as one
failure. They are asked with HUSTINGS_TEST_POSTGRES as it is (test/postgres.py run): acts.py has that database, the others make their own in its server.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from programs import run_all

AT_A_TIME = 3
PROGRAMS = [  # the longest first
    'acts.py',
    'seal.py',
    'tamper.py',
    'tamper_postgres.py',
    'pages.py',
    'witness.py',
    'split.py',
    'words.py',
]

if __name__ == '__main__':
    sys.exit(run_all('record', HERE, PROGRAMS, AT_A_TIME))
