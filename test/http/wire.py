# SPDX-License-Identifier: AGPL-3.0-or-later
"""wire.py: a server process, and sockets on which a test writes bytes and reads answers. Standard library only."""
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 30  # seconds until something that must happen is said not to; nothing is measured by it


class Server:
    """http_echo on a free port with a store of its own; ended with SIGTERM, and its end must be a clean one."""

    def __init__(self, program, under='', tls=False, **options):
        self.folder = tempfile.mkdtemp(prefix='hustings-http-')
        options.setdefault('listen', '127.0.0.1:0')
        command = [*shlex.split(under), program, f'{self.folder}/store.db', *(f'{k}={v}' for k, v in options.items())]
        self.tls = tls
        self.log = open(f'{self.folder}/log', 'wb')
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        self.url = self.process.stdout.readline().decode().strip()
        port = re.search(r':(\d+)$', self.url)
        self.address = ('127.0.0.1', int(port[1])) if port else self.url.removeprefix('unix:')

    def said(self):
        return pathlib.Path(f'{self.folder}/log').read_text(errors='replace')

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.stop()
        status = self.wait()
        self.process.stdout.close()
        self.log.close()
        said = self.said()
        shutil.rmtree(self.folder)
        assert status == 0, f'the server ended with {status}: {said}'

    def __enter__(self):
        assert self.url, f'the server did not start: {self.said()}'
        return self

    def __exit__(self, *_):
        self.close()

    def connect(self, **more):
        return Wire(self.address, **more)

    def ask(self, raw):
        with self.connect() as wire:
            wire.send(raw)
            return wire.answer()

    def get(self, target, *headers):
        return self.ask(request('GET', target, *headers))

    def figure(self, name):
        for line in self.get('/metrics').body.decode().splitlines():
            if line.startswith(name + ' '):
                return int(line.split()[1])
        raise AssertionError(f'no figure {name}')

    def until(self, what, wanted):
        """Wait for it: things that another thread does have no moment of their own."""
        end = time.monotonic() + PATIENCE
        while (found := self.figure(what)) != wanted:
            assert time.monotonic() < end, f'{what} is {found}, not {wanted}'
            time.sleep(0.02)


def request(method, target, *headers, body=None, host='here'):
    lines = [f'{method} {target} HTTP/1.1', f'Host: {host}', *headers]
    if body is not None:
        lines.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(lines).encode() + b'\r\n\r\n' + (body or b'')


def chunked(*parts, trailer=b''):
    return b''.join(b'%x\r\n%s\r\n' % (len(p), p) for p in parts) + b'0\r\n' + trailer + b'\r\n'


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def lines(self):
        return self.body.decode().splitlines()

    def __repr__(self):
        return f'<{self.status} {self.headers} {self.body[:200]!r}>'


class Wire:
    """One connection. Reading gives up with an error after PATIENCE."""

    def __init__(self, address, source=None, small=False, context=None):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname='localhost')
        self.kept = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def try_send(self, data):
        """As much as the other side takes: it may have closed already."""
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b''
        self.kept += data
        return bool(data)

    def until(self, mark):
        while mark not in self.kept:
            assert self.more(), f'closed before {mark!r}; got {self.kept[-300:]!r}'
        found, _, self.kept = self.kept.partition(mark)
        return found

    def exactly(self, n):
        while len(self.kept) < n:
            assert self.more(), f'closed after {len(self.kept)} of {n} bytes'
        found, self.kept = self.kept[:n], self.kept[n:]
        return found

    def head(self):
        lines = self.until(b'\r\n\r\n').decode().split('\r\n')
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(': ')
            assert name.lower() not in headers, f'{name} came twice'
            headers[name.lower()] = value
        return int(lines[0].split()[1]), headers

    def answer(self, head_only=False):
        status, headers = self.head()
        body = b'' if head_only or status in (100, 204, 304) else self.exactly(int(headers['content-length']))
        return Answer(status, headers, body)

    def at_end(self):
        """Whatever still comes until the other side closes."""
        while self.more():
            pass
        rest, self.kept = self.kept, b''
        return rest

    def chunk(self):
        size = int(self.until(b'\r\n'), 16)
        data = self.exactly(size)
        assert self.exactly(2) == b'\r\n'
        return data


class Stream:
    """A live stream, read event by event as a browser reads it (HTML, 9.2.6)."""

    def __init__(self, server, topics, *headers, **more):
        self.wire = server.connect(**more)
        self.wire.send(request('GET', '/stream?' + topics, *headers))
        self.status, self.headers = self.wire.head()
        self.text, self.id, self.retry, self.beats = b'', '', None, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def block(self):
        while b'\n\n' not in self.text:
            piece = self.wire.chunk()
            assert piece, 'the stream ended'
            self.text += piece
        block, _, self.text = self.text.partition(b'\n\n')
        return block.decode().split('\n')

    def next(self):
        """(event, data) of the next event; remembers its id."""
        while True:
            event, data = 'message', []
            for line in self.block():
                name, _, value = line.partition(':')
                value = value.removeprefix(' ')
                if not name:
                    self.beats += 1
                elif name == 'id':
                    self.id = value
                elif name == 'retry':
                    self.retry = int(value)
                elif name == 'event':
                    event = value
                elif name == 'data':
                    data.append(value)
            if data:
                return event, '\n'.join(data)

    def begin(self):
        """Until the stream has said where it begins."""
        while not self.id:
            for line in self.block():
                if line.startswith('id: '):
                    self.id = line[4:]
        return self

    def at_end(self):
        while self.wire.chunk():
            pass
        return True
