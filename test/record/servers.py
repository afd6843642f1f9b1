# SPDX-License-Identifier: AGPL-3.0-or-later
"""servers.py: a real `hustings witness`, and requests to it: for the tests of this folder. Standard library only."""
import http.client
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until something that must happen is said not to; nothing is measured by it


class Program:
    """A server of the program: started, waited for until it says where it answers, ended by its own process id. `event`: the log line that has its url."""

    def __init__(self, command, event, folder, under=''):
        self.command, self.event = [*shlex.split(under), *command], event
        self.log = pathlib.Path(f'{folder}/log-{os.urandom(4).hex()}')
        self.process = None
        self.url = None

    def start(self):
        already = self.log.stat().st_size if self.log.exists() else 0
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy')}
        with open(self.log, 'ab') as out:
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=out, stdin=subprocess.DEVNULL, env=clean)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            said = self.log.read_text(errors='replace')[already:]
            found = re.search(rf'event={self.event} url="?([^ "]+)', said)
            if found:
                self.url = found[1]
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.end(signal.SIGKILL)
        raise AssertionError(f'it did not start: {self.said()}')

    def said(self):
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def end(self, number=signal.SIGTERM):
        """The exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        status = self.end()
        assert kind or status == 0, f'it ended with {status}: {self.said()}'


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.type = response.headers['Content-Type']

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.type} {self.body[:300]}'


def connect(url):
    if url.startswith('unix:'):
        connection = http.client.HTTPConnection('localhost')
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(url.removeprefix('unix:'))
        return connection
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)


def ask(url, method, path, body=None, connection=None, **headers):
    own = connection or connect(url)
    try:
        body = body.encode() if isinstance(body, str) else body
        own.request(method, path, body, {name.replace('_', '-'): value for name, value in headers.items()})
        return Answer(own.getresponse())
    finally:
        if not connection:
            own.close()


class Witness(Program):
    """`hustings witness` on a free port; its state survives in `folder` when it is started again."""

    def __init__(self, program, folder, logs, *more, name='witness.example/w1', under=''):
        self.folder, self.state = folder, f'{folder}/{name.replace("/", "-")}'
        self.name = name
        options = [word for vkey in logs for word in ('--log', vkey)]
        super().__init__([program, 'witness', '--listen', '127.0.0.1:0', '--state', self.state, '--name', name, '--posts', '0', *options, *more], 'witnessing',
                         folder, under)

    @property
    def vkey(self):
        return re.search(r'event=witnessing url=\S+ vkey="?([^ "]+)', self.said())[1]

    def add(self, body, connection=None):
        return ask(self.url, 'POST', '/add-checkpoint', body, connection)

    def get(self, path):
        return ask(self.url, 'GET', path)

    def logs(self):
        return {log['origin']: log for log in self.get('/index.json').json()['logs']}


def folder():
    return tempfile.TemporaryDirectory(prefix='hustings-record-')


def until(what, probe):
    """Wait until probe() is true, and return that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = probe()
        if value:
            return value
        time.sleep(0.15)  # reads are limited to 600 a minute
    raise AssertionError(f'it never came to this: {what}')


class Serve(Program):
    """`hustings serve` on a store of its own: everything is in `folder`, which can be copied when it has ended."""

    def __init__(self, program, folder, witnesses=(), origin='vote.example.org/record', under=''):
        self.program, self.folder, self.conf = program, folder, f'{folder}/hustings.conf'
        self.origin = origin
        pathlib.Path(folder).mkdir(exist_ok=True)
        self.ask_witnesses(*witnesses)
        super().__init__([program, 'serve', '--config', self.conf], 'serving', folder, under)

    def ask_witnesses(self, *witnesses):
        """From its next start on: pairs of a vkey and an address."""
        asked = ''.join(f'witness = {vkey} {url}\n' for vkey, url in witnesses)
        pathlib.Path(self.conf).write_text(f'[store]\nurl = {self.folder}/store.db\n[server]\nlisten = 127.0.0.1:0\n[limits]\nrates = 0\n'
                                           f'[record]\norigin = {self.origin}\nofficer = Ada Archer\n{asked}')

    def get(self, path):
        return ask(self.url, 'GET', path)

    def checkpoint(self):
        """(text, signature lines) of what it shows now."""
        answer = self.get('/record/checkpoint')
        assert answer.status == 200, answer
        at = answer.text.rindex('\n\n') + 1
        return answer.text[:at], answer.text[at + 1:]

    def size(self):
        return int(self.checkpoint()[0].split('\n')[1])

    def vkey(self):
        return self.get('/record/keys').text.splitlines()[0]

    def act(self, *command):
        """A command of the operator beside the running server: it leaves a leaf."""
        run = subprocess.run([self.program, *command, '--config', self.conf], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert run.returncode == 0, run
