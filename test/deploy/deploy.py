# SPDX-License-Identifier: AGPL-3.0-or-later
"""deploy.py: what the tests of this folder share: steps that count, and a server of their own on loopback that they end by its pid."""
import contextlib
import http.client
import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
HUSTINGS = ROOT / 'build' / 'hustings'


class Skip(Exception):
    """Something this machine lacks."""


class Tally:
    """Counts what held: tally('what it is', held, what was seen)."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0

    def __call__(self, what, held, seen=''):
        if held:
            self.passed += 1
            print(f'ok      {what}', flush=True)
        else:
            self.failed += 1
            print(f'FAILED  {what}\n        ' + str(seen)[:3000].replace('\n', '\n        '), flush=True)
        return bool(held)

    def run(self, part, *arguments):
        try:
            part(self, *arguments)
        except Skip as why:
            self.skip(why)
        except Exception as why:  # what a part did not foresee is a failure, told like any other
            self(f'{part.__name__}: {type(why).__name__}: {why}', False)

    def skip(self, why):
        self.skipped += 1
        print(f'skipped {why}', flush=True)

    def end(self):
        more = f', {self.skipped} skipped' if self.skipped else ''
        print(f'{self.name}: {self.passed} passed, {self.failed} failed{more}')
        sys.exit(1 if self.failed or not self.passed + self.skipped else 0)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for(what, seconds=20):
    """Until what() is true; a bound, not a measurement."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def stop(process, seconds=30):
    """End a process we started: politely, then not. Its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def line_with(process, pattern, seconds=20):
    """The first match in what it says on standard error; (None, all it said) when it never came."""
    said, end = b'', time.monotonic() + seconds
    selector = selectors.DefaultSelector()
    selector.register(process.stderr, selectors.EVENT_READ)
    while time.monotonic() < end:
        if not selector.select(0.2):
            continue
        piece = os.read(process.stderr.fileno(), 65536)
        said += piece
        match = re.search(pattern, said)
        if match or not piece:
            return match, said.decode(errors='replace')
    return None, said.decode(errors='replace')


@contextlib.contextmanager
def server(folder, *options, before=(), environment=None):
    """A real `hustings serve` on a free port with a store of its own: (process, URL)."""
    command = [*before, str(HUSTINGS), 'serve', '--listen', '127.0.0.1:0', *options]
    environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', **(environment or {})}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        match, said = line_with(process, rb'event=serving url=(\S+)')
        if not match:
            raise RuntimeError(f'the server did not start: {said}')
        yield process, match[1].decode()
    finally:
        stop(process)
        process.stderr.close()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __str__(self):
        return f'{self.status}\n{self.headers}\n{self.body[:500]!r}'


def ask(url, method='GET', body=None, headers=None, tls=None, timeout=20):
    """One request on a connection of its own; redirects are not followed."""
    at = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if at.scheme == 'https' else http.client.HTTPConnection
    connection = kind(at.hostname, at.port, timeout=timeout, **({'context': tls} if at.scheme == 'https' else {}))
    try:
        connection.request(method, (at.path or '/') + (f'?{at.query}' if at.query else ''), body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
