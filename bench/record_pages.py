#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""record_pages.py HUSTINGS STORE KEY: what the pages of the public record take over HTTP, and what the server needs in memory; a part of record.py.

The record is served and asked, one request after another, for pages that are not kept: each is asked for with a query, which is made anew every time. Median and
95th part of a hundred of the wall time, the connection's part in it. HUSTINGS_BENCH_ROUNDS: how often each is asked for (200).
"""
import http.client
import json
import os
import pathlib
import re
import selectors
import signal
import subprocess
import sys
import time

ROUNDS = int(os.environ.get('HUSTINGS_BENCH_ROUNDS', '200'))
PAGE_MS = 20  # a page of the list takes less, however long the record is
FEW = 10000  # leaves of the record that the server's memory is compared with: enough for the longest table
GROWTH = 8 * 2**20
START_SECONDS = 60


class Server:
    def __init__(self, hustings, store, key):
        environment = {**{k: v for k, v in os.environ.items() if not k.startswith('HUSTINGS_')}, 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_LIMITS_RATES': '0',
                       'HUSTINGS_RECORD_KEY': str(key)}
        self.process = subprocess.Popen([hustings, 'serve', '--store', store, '--listen', '127.0.0.1:0'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=environment)
        said, end = b'', time.monotonic() + START_SECONDS
        selector = selectors.DefaultSelector()
        selector.register(self.process.stderr, selectors.EVENT_READ)
        while not (found := re.search(rb'event=serving url=http://([0-9.]+):(\d+)', said)):
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f'the server did not start: {said.decode()}')
            if selector.select(0.2):
                said += os.read(self.process.stderr.fileno(), 65536)
        self.connection = http.client.HTTPConnection(found[1].decode(), int(found[2]), timeout=60)

    def ask(self, path):
        self.connection.request('GET', path)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f'{path}: {answer.status}')
        return body

    def resident(self):
        return int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{self.process.pid}/status').read_text())[1]) * 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stderr.close()


def timed(server, path):
    """(median, 95th part of a hundred) in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        server.ask(path)
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    return times[len(times) // 2], times[len(times) * 95 // 100]


def pages_of(leaves):
    """[(name, path, is it a page of the list)]"""
    middle, tile = leaves // 2, tile_name(leaves // 512)
    return [
        ('the newest entries', '/record?kind=', True),
        ('entries in the middle', f'/record?before={middle}', True),
        ('one kind', '/record?kind=contest.withdrawn', True),
        ('one contest', '/record?contest=branch-77', True),
        ('one kind, one contest', '/record?contest=branch-77&kind=contest.published', True),
        ('one unit', '/record?unit=unit-7', True),
        ('up to a day', '/record?day=2024-06-01', True),
        ('nothing matches', '/record?kind=store.recovered', True),
        ('one entry, checked against the root', f'/record/leaves/{middle}', True),
        ('its proof', f'/record/leaves/{middle}/proof', True),
        ('the feed', '/record/feed.atom?kind=', True),
        ('a table of 5,000', '/record.csv?kind=', False),
        ('a tile of hashes', f'/record/tile/0/{tile}', False),
        ('a bundle of 256 entries', f'/record/tile/entries/{tile}', False),
    ]


def tile_name(index):
    digits = f'{index:0{-(-len(str(index)) // 3) * 3}d}'
    parts = [digits[k:k + 3] for k in range(0, len(digits), 3)]
    return '/'.join([f'x{p}' for p in parts[:-1]] + parts[-1:])


def bench(hustings, store, key, figure):
    """Resident bytes after all pages were read."""
    server = Server(hustings, store, key)
    try:
        leaves = json.loads(server.ask('/record.json?kind='))['standing']['signed_size']
        for name, path, listed in pages_of(leaves):
            median, most = timed(server, path)
            figure(f'{leaves:,} leaves: {name}', f'{median:.2f} ms, 95 in 100 within {most:.2f} ms{f"; target {PAGE_MS} ms" if listed else ""}', not listed or median < PAGE_MS)
        resident = server.resident()
        figure(f'{leaves:,} leaves: resident after {ROUNDS * len(pages_of(leaves)):,} requests', f'{resident / 1e6:.1f} MB')
        return resident
    finally:
        server.stop()


def pages(given, folder, figure):
    """For record.py: at FEW leaves and at those of the record that `fill` made."""
    few = folder / 'few.db'
    subprocess.run([given.fill, few, f'{few}.record-key', str(FEW)], stdout=subprocess.DEVNULL, check=True)
    with_few = bench(given.hustings, few, f'{few}.record-key', figure)
    with_many = bench(given.hustings, folder / 'filled.db', folder / 'filled.db.record-key', figure)
    figure('the server needs for the longer record', f'{(with_many - with_few) / 1e6:.1f} MB more; target {GROWTH / 1e6:.0f} MB', with_many - with_few < GROWTH)


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    bench(*sys.argv[1:4], lambda what, said, held=True: print(f'{what:<58} {said}{"" if held else "   MISSED"}', flush=True))
