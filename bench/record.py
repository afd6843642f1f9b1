#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""record.py HUSTINGS RECORD_FILL RECORD_APPEND [--leaves N] [append] [fill] [verify] [pages]...: what the public record costs.

  append   the same command with its act and without, on SQLite and in a private PostgreSQL: microseconds that an act adds, and how many times it is
  fill     a record of N leaves (1,000,000), as acts make it, with its first seal: what the other figures are measured on
  verify   all of that record verified, from a folder and from the server on this machine, beside sha256sum over the same bytes; memory of the verifier
  pages    what a server's pages of that record take, and what it needs in memory beside one with a short record (record_pages.py)

Each figure says whether it meets its target. docs/performance.md has what it was on the machine that is named there.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'test'))
import record_pages  # noqa: E402
from postgres import Postgres  # noqa: E402

VERIFY_S = 10  # all of a record of a million leaves is verified sooner
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


def timed(measure, *command):
    seconds, kib = run(measure, *command).split()
    return float(seconds), int(kib) / 1024


def verify(given, folder):
    """From a folder three times, the quickest and the slowest told; once from a server, whose own work on the same processors is in it."""
    store, copy = folder / 'filled.db', folder / 'copy'
    if not store.exists():
        fill(given, folder)
    run(given.hustings, 'record', 'seal', '--config', '/dev/null', '--store', store)
    run(given.hustings, 'record', 'copy', store, copy, '--no-files')
    measure = given.fill.parent / 'measure'
    files = [p for p in copy.rglob('*') if p.is_file()]
    begun = time.monotonic()
    with subprocess.Popen(['sha256sum'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as yardstick:
        for path in files:
            yardstick.stdin.write(path.read_bytes())
    hashing = time.monotonic() - begun
    rounds = [timed(measure, given.hustings, 'record', 'verify', copy) for _ in range(3)]
    seconds, mib = min(s for s, _ in rounds), max(m for _, m in rounds)
    figure(f'{given.leaves:,} leaves verified from a folder', f'{seconds:.1f} to {max(s for s, _ in rounds):.1f} s, {mib:.0f} MiB '
           f'(sha256sum of the {sum(p.stat().st_size for p in files) / 1e6:,.0f} MB: {hashing:.1f} s; target {VERIFY_S} s)', seconds < VERIFY_S)
    server = record_pages.Server(given.hustings, store, f'{store}.record-key')
    try:
        seconds, mib = timed(measure, given.hustings, 'record', 'verify', f'http://{server.connection.host}:{server.connection.port}')
    finally:
        server.stop()
    figure(f'{given.leaves:,} leaves verified over HTTP on this machine', f'{seconds:.1f} s, {mib:.0f} MiB')


FIGURES = {'append': append, 'fill': fill, 'verify': verify, 'pages': pages}


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
