#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py [--hustings PATH] [--kills N] [--seed N] [sqlite] [postgresql]: nothing that was acknowledged is ever lost.

Starts the real `hustings serve`, writes to it over HTTP from several connections (POST /kept, each with an Idempotency-Key and papers that no other
request has), and kills it with SIGKILL at a random moment, in one of eight while it starts. Then starts it again, and again, KILLS times (50). Checked:

  - a write that was acknowledged is there, exactly once, with the address that was acknowledged
  - one that was not is there whole (with its key) or not at all; and sent again under its key it is there exactly once, whichever it was
  - an acknowledged one sent again under its key gives the first answer
  - every start after a kill succeeds, and SQLite finds its file sound

The rows are counted in a backup made at the end, so that also sees every one of them. SEED repeats the moments. Last line: "kill: N passed, N failed".
"""
import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import re
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
from postgres import Postgres  # noqa: E402

WRITERS = 12
LONGEST_S = 0.5  # of load before a kill
PATIENCE_S = 30  # until a server must be up
passed = failed = 0


def check(what, held, seen=''):
    global passed, failed
    passed, failed = passed + bool(held), failed + (not held)
    print(f'{"ok     " if held else "FAILED "} {what}' + (f': {seen}' if seen != '' and not held else ''), flush=True)


class Server:
    """A real server on a free port. `wait`: until it says where it is; else it may be killed while it starts."""

    def __init__(self, program, store, folder, wait=True):
        environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_LIMITS_RATES': '0',
                       'HUSTINGS_RECORD_KEY': str(folder / 'record-key')}
        self.process = subprocess.Popen([program, 'serve', '--listen', '127.0.0.1:0', '--store', store], cwd=folder, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.port = None
        if wait:
            self.port = self.wait_until_up()

    def wait_until_up(self):
        said, end = b'', time.monotonic() + PATIENCE_S
        selector = selectors.DefaultSelector()
        selector.register(self.process.stderr, selectors.EVENT_READ)
        while time.monotonic() < end:
            if selector.select(0.5):
                piece = os.read(self.process.stderr.fileno(), 65536)
                said += piece
                up = re.search(rb'event=serving url=http://127\.0\.0\.1:(\d+)', said)
                if up:
                    # Whatever else it logs must not fill the pipe.
                    threading.Thread(target=self.process.stderr.read, daemon=True).start()
                    return int(up[1])
                if not piece:
                    break
        self.kill()
        raise RuntimeError('the server did not start: ' + said.decode(errors='replace'))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def send(connection, mark):
    """Keep papers that only this request has, under its own key. (path, word), or None when it was not done."""
    body = urllib.parse.urlencode({'text': f'First,Second\n{mark},Bob\nBob,{mark}\n'})
    connection.request('POST', '/kept', body, {'Content-Type': 'application/x-www-form-urlencoded', 'Accept': 'application/json', 'Idempotency-Key': mark})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 201:
        return None
    said = json.loads(content)
    return said['path'], said['word']


class Writer(threading.Thread):
    """Writes until the server is gone. `acknowledged`: mark -> answer; `open`: what was sent last, and never answered; `refused`: what was answered no."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.port, self.name_of_it = port, name
        self.acknowledged, self.open, self.refused = {}, [], []

    def run(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE_S)
        for n in range(10 ** 9):
            mark = f'm{self.name_of_it}n{n}e'
            try:
                answer = send(connection, mark)
            except (OSError, http.client.HTTPException, ValueError):
                self.open.append(mark)
                return
            if answer:
                self.acknowledged[mark] = answer
            else:
                self.refused.append(mark)


class Life:
    """What was acknowledged, over all the lives of one store."""

    def __init__(self, program, store, folder, seed):
        self.program, self.store, self.folder = program, store, folder
        self.random = random.Random(seed)
        self.acknowledged, self.unanswered = {}, 0
        self.different, self.refused, self.lost_starts = [], [], []

    def again(self, port, marks):
        """Send under the same keys once more: who was answered before gets that answer, who was not is done now."""
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE_S)
        for mark in marks:
            answer = send(connection, mark)
            before = self.acknowledged.get(mark)
            if not answer or (before and before != answer):
                self.different.append((mark, before, answer))
            elif not before:
                self.acknowledged[mark] = answer
        connection.close()

    def live_once(self, life, unanswered):
        """One start, load, and kill. What was under way at the kill."""
        if self.random.randrange(8) == 0:  # a start that is killed itself; the next one must cope
            early = Server(self.program, self.store, self.folder, wait=False)
            time.sleep(self.random.uniform(0, 0.15))
            early.kill()
        server = Server(self.program, self.store, self.folder)
        self.again(server.port, unanswered)
        known = list(self.acknowledged)
        self.again(server.port, self.random.sample(known, min(5, len(known))))
        writers = [Writer(server.port, f'{life}w{i}') for i in range(WRITERS)]
        for w in writers:
            w.start()
        time.sleep(self.random.uniform(0.02, LONGEST_S))
        server.kill()
        for w in writers:
            w.join()
            self.acknowledged.update(w.acknowledged)
            self.refused += w.refused
        under_way = [m for w in writers for m in w.open]
        self.unanswered += len(under_way)
        return under_way

    def last(self, unanswered):
        """The last start: everything is asked once more, so every key gives its first answer; then it ends in peace."""
        server = Server(self.program, self.store, self.folder)
        self.again(server.port, unanswered)
        known = list(self.acknowledged)
        self.again(server.port, self.random.sample(known, min(500, len(known))))
        return server.stop()


def rows_of(program, store, folder):
    """mark -> addresses, and how many keys there are, from a backup."""
    backup = folder / 'after.backup'
    made = subprocess.run([program, 'backup', '--store', store, str(backup)], cwd=folder, capture_output=True, text=True,
                          env={'PATH': os.environ['PATH'], 'HUSTINGS_CONFIG': '/dev/null'})
    if made.returncode:
        raise RuntimeError('backup: ' + made.stderr)
    db = sqlite3.connect(backup)
    found = collections.defaultdict(list)
    for token, asked in db.execute('SELECT token, asked FROM kept_count'):
        mark = re.search(rb'm\d+w\d+n\d+e', asked)
        found[mark[0].decode() if mark else 'nobody'].append(token)
    keys = db.execute('SELECT count(*) FROM command_key').fetchone()[0]
    db.close()
    return found, keys


def try_engine(name, program, store, folder, kills, seed):
    life, unanswered, lives = Life(program, store, folder, seed), [], 0
    began = time.monotonic()
    try:
        for lives in range(kills):
            unanswered = life.live_once(lives, unanswered)
        ended = life.last(unanswered)
    except (RuntimeError, OSError, http.client.HTTPException) as why:
        check(f'{name}: every start after a kill', False, f'kill {lives}: {why!r}')
        return
    check(f'{name}: every start after a kill', ended == 0, ended)
    found, keys = rows_of(program, store, folder)
    lost = [m for m, answer in life.acknowledged.items() if [answer[0].rsplit('/', 1)[1]] != found.get(m)]
    check(f'{name}: {len(life.acknowledged)} acknowledged writes are there, each once, as acknowledged', life.acknowledged and not lost, lost[:5])
    strange = [m for m in found if m not in life.acknowledged]
    check(f'{name}: nothing else is there', not strange, strange[:5])
    check(f'{name}: every row has its key', keys == len(life.acknowledged), (keys, len(life.acknowledged)))
    check(f'{name}: the same key gives the first answer', not life.different, life.different[:5])
    check(f'{name}: no write was refused', not life.refused, life.refused[:5])
    check(f'{name}: kills came while writes were under way ({life.unanswered} of them)', life.unanswered > kills, life.unanswered)
    print(f'{name}: {kills} kills in {time.monotonic() - began:.0f} s, seed {seed}', flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--hustings', default=str(ROOT / 'build' / 'hustings'))
    parser.add_argument('--kills', type=int, default=50)
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument('engines', nargs='*', default=[])
    given = parser.parse_args()
    program = str(pathlib.Path(given.hustings).resolve())
    with tempfile.TemporaryDirectory(prefix='hustings-kill-') as folder:
        folder = pathlib.Path(folder)
        for engine in given.engines or ['sqlite', 'postgresql']:
            (folder / engine).mkdir()
            if engine == 'sqlite':
                try_engine('SQLite', program, 'store.db', folder / engine, given.kills, given.seed)
                sound = sqlite3.connect(folder / engine / 'store.db').execute('PRAGMA integrity_check').fetchone()[0]
                check('SQLite: the file is sound', sound == 'ok', sound)
            else:
                with Postgres() as server:
                    try_engine('PostgreSQL', program, server.url(), folder / engine, given.kills, given.seed)
    print(f'kill: {passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
