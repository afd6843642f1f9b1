#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""record.py HUSTINGS RECORD_FILL RECORD_APPEND [--leaves N] [append] [fill] [pages]...: what the public record costs.

  append   the same command with its act and without, on SQLite and in a private PostgreSQL: microseconds that an act adds, and how many times it is
  fill     a record of N leaves (1,000,000), as acts make it, with its first seal: what the other figures are measured on
  pages    what a server's pages of that record take, and what it needs in memory beside one with a short record (record_pages.py)

Each figure says whether it meets its target. docs/performance.md has what it was on the machine that is named there.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'test'))
import record_pages  # noqa: E402
from postgres import Postgres  # noqa: E402

APPEND_US = 100  # an act adds less to a command among others
missed = 0


def figure(what, said, held=True):
    global missed
    missed += not held
    print(f'{what:<58} {said}{"" if held else "   MISSED"}', flush=True)


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f'{command[0]}: {done.stderr}')
    return done.stdout


def append_on(engine, program, store):
    for line in run(program, store).splitlines():
        how, without, with_it, times, added, _ = re.match(
            r'(\w+): ([\d.]+) us without, ([\d.]+) us with, ([\d.]+) times, added (-?[\d.]+) us \(fastest round: (-?[\d.]+)\)', line).groups()
        target = how == 'queued'
        figure(f'{engine}, an act in a command, {"among 5,000 others" if target else "alone in its commit"}',
               f'{added} us more ({with_it} against {without}, {times} times{f"; target {APPEND_US} us" if target else ""})',
               not target or float(added) < APPEND_US)


def append(given, folder):
    append_on('SQLite', given.append, folder / 'append.db')
    with Postgres() as server:
        append_on('PostgreSQL', given.append, server.url())


def fill(given, folder):
    """The store and its key: folder/filled.db, folder/filled.db.record-key."""
    store = folder / 'filled.db'
    figure(f'a record of {given.leaves:,} leaves made', run(given.fill, store, f'{store}.record-key', given.leaves).strip())
    size = sum(f.stat().st_size for f in folder.glob('filled.db*'))
    figure('its store', f'{size / 1e6:,.0f} MB, {size / given.leaves:,.0f} bytes a leaf')


def pages(given, folder):
    if not (folder / 'filled.db').exists():
        fill(given, folder)
    record_pages.pages(given, folder, figure)


FIGURES = {'append': append, 'fill': fill, 'pages': pages}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('hustings', type=pathlib.Path)
    parser.add_argument('fill', type=pathlib.Path)
    parser.add_argument('append', type=pathlib.Path)
    parser.add_argument('--leaves', type=int, default=1000000)
    parser.add_argument('figures', nargs='*', choices=[[], *FIGURES], default=[])
    given = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory(prefix='hustings-bench-') as folder:
        for name in given.figures or FIGURES:
            FIGURES[name](given, pathlib.Path(folder))
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
