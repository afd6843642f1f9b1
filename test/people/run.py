#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py [PROGRAM...]: the tests of people and of the roll from outside, some programs at a time, as they mostly wait for servers; the last line is over all of them: "people: N passed, N failed".

A program is a file beside this one whose own last line says how many of its checks passed and failed; one that ends badly without saying so counts as one
failure. They are asked with HUSTINGS_TEST_POSTGRES as it is (test/postgres.py run): signin.py has that database, import.py, roll.py and search_quality.py make their own in its server.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from programs import run_all

AT_A_TIME = 2
PROGRAMS = [  # the longest first
    'import.py',
    'import_pages.py',
    'search.py',
    'search_quality.py',
    'signin.py',
    'roll.py',
    'export_pages.py',
    'erase.py',
    'audit_pages.py',
    'audit.py',
    'demo.py',
    'tutorial.py',
]

if __name__ == '__main__':
    sys.exit(run_all('people', HERE, PROGRAMS, AT_A_TIME))
