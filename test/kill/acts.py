#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""acts.py SERVER [--kills N] [--seed N] [sqlite] [postgresql]: acts and their leaves never part, whenever the server dies.

Starts SERVER (acts_server.c), lets several connections act as fast as they can while another fetches checkpoints, and kills it with SIGKILL at a random
moment, in one of eight while it starts. Then again, KILLS times (50) on each engine. After every kill the rows are read past the program, and checked:

  - leaves are numbered 0, 1, 2... without gaps, as many as record_head says, each with the hash of its entry (RFC 6962)
  - every act has its leaf and every leaf its act; an act that was acknowledged is there, with the number that was acknowledged
  - every checkpoint that was ever fetched is still the root of the first leaves, so no leaf that somebody was shown was changed
  - the server starts again, seals all that is there at once, and the root it signs is that of the entries, computed here

SEED repeats the moments. Last line: "kill-acts: N passed, N failed".
"""
import argparse
import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import selectors
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'test'))
from postgres import BIN, Postgres  # noqa: E402

WRITERS = 6
LONGEST_S = 0.4  # of load before a kill
PATIENCE_S = 60  # until a server must be up
passed = failed = 0


def check(what, held, seen=''):
    global passed, failed
    passed, failed = passed + bool(held), failed + (not held)
    print(f'{"ok     " if held else "FAILED "} {what}' + (f': {seen}' if seen != '' and not held else ''), flush=True)


# ---- the tree, from RFC 6962 section 2.1 ----

def leaf_hash(entry):
    return hashlib.sha256(b'\0' + entry).digest()


def roots_of(hashes):
    """The root at every size, 0 first."""
    peaks, roots = [], [hashlib.sha256().digest()]
    for number, node in enumerate(hashes):
        count = number
        while count & 1:
            node, count = hashlib.sha256(b'\1' + peaks.pop() + node).digest(), count >> 1
        peaks.append(node)
        root = peaks[-1]
        for peak in reversed(peaks[:-1]):
            root = hashlib.sha256(b'\1' + peak + root).digest()
        roots.append(root)
    return roots


def checkpoint_of(note):
    """(size, root) of a signed checkpoint."""
    origin, size, root, *_ = note.split('\n')
    assert origin == 'killed.example/record', note
    return int(size), base64.b64decode(root)


# ---- the store, past the program ----

class SqliteRows:
    def __init__(self, path):
        self.path = path

    def query(self, sql, blobs):
        del blobs
        db = sqlite3.connect(self.path, timeout=PATIENCE_S)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


class PostgresRows:
    def __init__(self, url):
        self.url = url

    def query(self, sql, blobs):
        """`blobs`: which columns are bytes."""
        done = subprocess.run([str(BIN / 'psql'), '-X', '-A', '-t', '-F', '\t', '-d', self.url, '-c', sql], capture_output=True, text=True, check=True)
        rows = [line.split('\t') for line in done.stdout.splitlines()]
        return [tuple(bytes.fromhex(v[2:]) if i in blobs else int(v) if v.lstrip('-').isdigit() else v for i, v in enumerate(row)) for row in rows]


# ---- the server ----

class Server:
    def __init__(self, program, store, folder, wait=True):
        self.process = subprocess.Popen([program, '127.0.0.1:0', store, str(folder / 'key')], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=open(folder / 'log', 'ab'))
        self.port = self.wait_until_up(folder) if wait else None

    def wait_until_up(self, folder):
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        said = self.process.stdout.readline() if selector.select(PATIENCE_S) else b''
        if said.startswith(b'http://'):
            return urllib.parse.urlsplit(said.decode().strip()).port
        self.kill()
        raise RuntimeError('the server did not start: ' + (folder / 'log').read_text(errors='replace')[-2000:])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def get_checkpoint(connection):
    connection.request('GET', '/record/checkpoint')
    answer = connection.getresponse()
    content = answer.read()
    return checkpoint_of(content.decode()) if answer.status == 200 else None


class Actor(threading.Thread):
    """Acts until the server is gone. `acknowledged`: mark -> leaf; `refused`: what was answered otherwise."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.port, self.mark = port, name
        self.acknowledged, self.refused, self.open = {}, [], None

    def run(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE_S)
        for n in range(10 ** 9):
            self.open = f'{self.mark}n{n}e'
            try:
                connection.request('POST', '/acts/one', urllib.parse.urlencode({'mark': self.open}),
                                   {'Content-Type': 'application/x-www-form-urlencoded', 'Accept': 'application/json', 'Idempotency-Key': self.open})
                answer = connection.getresponse()
                content = answer.read()
                if answer.status in (200, 201):
                    self.acknowledged[self.open] = json.loads(content)['leaf']
                else:
                    self.refused.append((answer.status, content))
            except (OSError, http.client.HTTPException, ValueError):
                return


class Watcher(threading.Thread):
    """Fetches checkpoints until the server is gone."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.seen = port, {}

    def run(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE_S)
        try:
            while True:
                newest = get_checkpoint(connection)
                if newest:
                    self.seen[newest[0]] = newest[1]
                time.sleep(0.01)
        except (OSError, http.client.HTTPException, ValueError):
            return


class Life:
    """All the lives of one store."""

    def __init__(self, program, store, rows, folder, seed):
        self.program, self.store, self.rows, self.folder = program, store, rows, folder
        self.random = random.Random(seed)
        self.acknowledged, self.checkpoints, self.size = {}, {}, 0
        self.unanswered_there = self.unanswered_not = 0
        self.wrong = {what: [] for what in ('numbers', 'hashes', 'acts', 'acknowledged', 'checkpoints', 'sealed', 'refused')}

    def look(self, life, unanswered):
        """At the rows as the kill left them; the roots of the entries at every size."""
        leaves = self.rows.query('SELECT number, hash, entry FROM record_leaf ORDER BY number', (1, 2))
        head = self.rows.query('SELECT size FROM record_head', ())
        acts = dict(self.rows.query('SELECT id, seats FROM note', ()))
        if [n for n, _, _ in leaves] != list(range(len(leaves))) or head != [(len(leaves),)] or len(leaves) < self.size:
            self.wrong['numbers'].append((life, len(leaves), head))
        hashes = [leaf_hash(entry) for _, _, entry in leaves]
        if hashes != [kept for _, kept, _ in leaves]:
            self.wrong['hashes'].append(life)
        told = {json.loads(entry)['says'].split(' ')[1]: number for number, _, entry in leaves}
        if told != acts or len(told) != len(leaves):
            self.wrong['acts'].append((life, sorted(set(told.items()) ^ set(acts.items()))[:3]))
        self.wrong['acknowledged'] += [(life, mark) for mark, leaf in self.acknowledged.items() if told.get(mark) != leaf]
        roots = roots_of(hashes)
        self.wrong['checkpoints'] += [(life, size) for size, root in self.checkpoints.items() if size >= len(roots) or roots[size] != root]
        there = sum(mark in told for mark in unanswered)
        self.unanswered_there += there
        self.unanswered_not += len(unanswered) - there
        self.size = len(leaves)
        return roots

    def start(self, life, roots):
        """It seals what is there before it serves; what it signs must be what is there."""
        if self.random.randrange(8) == 0:  # a start that is killed itself; the next one must cope
            early = Server(self.program, self.store, self.folder, wait=False)
            time.sleep(self.random.uniform(0, 0.15))
            early.kill()
        server = Server(self.program, self.store, self.folder)
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=PATIENCE_S)
        newest = get_checkpoint(connection)
        connection.close()
        size = len(roots) - 1
        if newest != (size, roots[size]) and (size or newest):
            self.wrong['sealed'].append((life, size, newest))
        if newest:
            self.checkpoints[newest[0]] = newest[1]
        return server

    def live_once(self, life, roots):
        server = self.start(life, roots)
        actors, watcher = [Actor(server.port, f'm{life}w{i}') for i in range(WRITERS)], Watcher(server.port)
        for thread in [*actors, watcher]:
            thread.start()
        time.sleep(self.random.uniform(0.02, LONGEST_S))
        server.kill()
        for thread in [*actors, watcher]:
            thread.join()
        for actor in actors:
            self.acknowledged.update(actor.acknowledged)
            self.wrong['refused'] += actor.refused
        self.checkpoints.update(watcher.seen)
        return self.look(life, [a.open for a in actors])


def try_engine(name, program, store, rows, folder, kills, seed):
    life, roots, lives = Life(program, store, rows, folder, seed), roots_of([]), 0
    began = time.monotonic()
    try:
        for lives in range(kills):
            roots = life.live_once(lives, roots)
        ended = life.start(kills, roots).stop()
        life.look(kills, [])
    except (RuntimeError, OSError, http.client.HTTPException, subprocess.CalledProcessError) as why:
        check(f'{name}: every start after a kill', False, f'kill {lives}: {why!r}')
        return
    wrong = life.wrong
    check(f'{name}: every start after a kill', ended == 0, ended)
    check(f'{name}: leaves have no gaps after any kill', not wrong['numbers'], wrong['numbers'][:5])
    check(f'{name}: every leaf has the hash of its entry', not wrong['hashes'], wrong['hashes'][:5])
    check(f'{name}: every act has its leaf and every leaf its act ({life.size})', life.size > kills and not wrong['acts'], wrong['acts'][:5])
    check(f'{name}: {len(life.acknowledged)} acknowledged acts are there under the numbers that were acknowledged',
          len(life.acknowledged) > kills and not wrong['acknowledged'], wrong['acknowledged'][:5])
    check(f'{name}: {len(life.checkpoints)} checkpoints that were shown still hold', len(life.checkpoints) >= kills // 2 and not wrong['checkpoints'],
          wrong['checkpoints'][:5])
    check(f'{name}: every start seals all that is there, and the root is that of the entries', not wrong['sealed'], wrong['sealed'][:5])
    check(f'{name}: nothing was refused', not wrong['refused'], wrong['refused'][:5])
    check(f'{name}: kills came while acts were under way (of those, {life.unanswered_there} were done, {life.unanswered_not} were not)',
          life.unanswered_there + life.unanswered_not > kills)
    print(f'{name}: {kills} kills in {time.monotonic() - began:.0f} s, seed {seed}', flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('server')
    parser.add_argument('--kills', type=int, default=50)
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument('engines', nargs='*', default=[])
    given = parser.parse_args()
    program = str(pathlib.Path(given.server).resolve())
    with tempfile.TemporaryDirectory(prefix='hustings-kill-') as folder:
        folder = pathlib.Path(folder)
        for engine in given.engines or ['sqlite', 'postgresql']:
            own = folder / engine
            own.mkdir()
            if engine == 'sqlite':
                try_engine('SQLite', program, 'store.db', SqliteRows(own / 'store.db'), own, given.kills, given.seed)
                sound = sqlite3.connect(own / 'store.db').execute('PRAGMA integrity_check').fetchone()[0]
                check('SQLite: the file is sound', sound == 'ok', sound)
            else:
                with Postgres() as server:
                    try_engine('PostgreSQL', program, server.url(), PostgresRows(server.url()), own, given.kills, given.seed)
    print(f'kill-acts: {passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
