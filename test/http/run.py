#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py: the server alone, tested with raw bytes: run.py [--program build-gcc/test/http/http_echo] [--under "valgrind ..."] [NAME...]

Each test_... function starts the servers it needs and ends them; a server that does not end cleanly fails its test.
Last line: "http: N passed, N failed".
"""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import resource
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import runner
from wire import PATIENCE, Server, Stream, Wire, chunked, request

ROOT = pathlib.Path(__file__).resolve().parents[2]
program, under = str(ROOT / 'build-gcc/test/http/http_echo'), ''
SECOND = request('GET', '/echo?second')


def serving(**options):
    return Server(program, under, **options)


def head(*lines):
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'


# ---- the header lint -------------------------------------------------------------------------------------------------

UNSOUND = {
    'two lengths': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: 3', 'Content-Length: 5') + b'abcde'),
    'two equal lengths': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: 3', 'Content-Length: 3') + b'abc'),
    'two lengths in one': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: 3, 3') + b'abc'),
    'length and coding': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: 3', 'Transfer-Encoding: chunked') + chunked(b'abc')),
    'coding and length': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 3') + chunked(b'abc')),
    'signed length': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: +3') + b'abc'),
    'negative length': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: -3') + b'abc'),
    'hexadecimal length': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: 0x3') + b'abc'),
    'empty length': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Length: ') + b'abc'),
    'other coding': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip') + chunked(b'abc')),
    'coding after another': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked') + chunked(b'abc')),
    'coding twice': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunked(b'abc')),
    'coding with identity': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding: identity', 'Content-Length: 3') + b'abc'),
    'coding in capitals': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding: Chunked') + chunked(b'abc')),
    'coding with a tab': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Transfer-Encoding:\tchunked\x0b') + chunked(b'abc')),
    'coding in 1.0': (400, head('POST /echo HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked') + chunked(b'abc')),
    'no host': (400, head('GET /echo HTTP/1.1', 'Accept: */*')),
    'no headers': (400, head('GET /echo HTTP/1.1')),
    'two hosts': (400, head('GET /echo HTTP/1.1', 'Host: a', 'Host: a')),
    'empty host': (400, head('GET /echo HTTP/1.1', 'Host: ')),
    'host with a path': (400, head('GET /echo HTTP/1.1', 'Host: a/b')),
    'host with a name before it': (400, head('GET /echo HTTP/1.1', 'Host: me@a')),
    'host with a bad port': (400, head('GET /echo HTTP/1.1', 'Host: a:80x')),
    'host list': (400, head('GET /echo HTTP/1.1', 'Host: a, b')),
    'space before the colon': (400, head('GET /echo HTTP/1.1', 'Host: a', 'Accept : b')),
    'space before the first colon': (400, head('GET /echo HTTP/1.1', 'Host : a')),
    'no name': (400, head('GET /echo HTTP/1.1', 'Host: a', ': b')),
    'name with a bracket': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X(y): b')),
    'zero byte in a value': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X-Y: b\0c')),
    'zero byte in the last value': (400, head('GET /echo HTTP/1.1', 'Host: a\0')),
    'zero bytes as line ends': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X-Y: b\0\0Content-Length: 5')),
    'zero byte in a name': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X\0-Y: b')),
    'zero byte in the target': (400, head('GET /ec\0ho HTTP/1.1', 'Host: a')),
    'zero byte in the method': (400, head('GE\0T /echo HTTP/1.1', 'Host: a')),
    'carriage return in a value': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X-Y: b\rc')),
    'escape in a value': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X-Y: b\x1bc')),
    'delete in a value': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X-Y: b\x7f')),
    'line feed alone': (400, b'GET /echo HTTP/1.1\nHost: a\n\n'),
    'one line feed alone': (400, b'GET /echo HTTP/1.1\r\nHost: a\nAccept: b\r\n\r\n'),
    'last line feed alone': (400, b'GET /echo HTTP/1.1\r\nHost: a\r\n\n'),
    'folded line': (400, b'GET /echo HTTP/1.1\r\nHost: a\r\nX-Y: b\r\n c\r\n\r\n'),
    'folded first line': (400, b'GET /echo HTTP/1.1\r\n Host: a\r\nX-Y: b\r\n\r\n'),
    'repeated content-type': (400, head('POST /echo HTTP/1.1', 'Host: a', 'Content-Type: a/b', 'Content-Type: a/b', 'Content-Length: 0')),
    'repeated authorization': (400, head('GET /echo HTTP/1.1', 'Host: a', 'Authorization: b', 'Authorization: c')),
    'repeated unknown': (400, head('GET /echo HTTP/1.1', 'Host: a', 'X-Y: b', 'x-y: c')),
    'another host in the target': (400, head('GET http://b/echo HTTP/1.1', 'Host: a')),
    'a user in the target': (400, head('GET http://a@b/echo HTTP/1.1', 'Host: b')),
    'no slash': (400, head('GET echo HTTP/1.1', 'Host: a')),
    'other scheme': (400, head('GET ftp://a/echo HTTP/1.1', 'Host: a')),
    'star': (400, head('GET * HTTP/1.1', 'Host: a')),
    'fragment': (400, head('GET /echo#there HTTP/1.1', 'Host: a')),
    'control byte in the target': (400, head('GET /ec\x01ho HTTP/1.1', 'Host: a')),
    'tab in the target': (400, head('GET /ec\tho HTTP/1.1', 'Host: a')),
    'high byte in the target': (400, head('GET /ec\xffho HTTP/1.1', 'Host: a')),
    'two spaces': (400, head('GET  /echo HTTP/1.1', 'Host: a')),
    'space at the end of the line': (400, head('GET /echo HTTP/1.1 ', 'Host: a')),
    'connect': (400, head('CONNECT a:443 HTTP/1.1', 'Host: a:443')),
    'trace': (400, head('TRACE /echo HTTP/1.1', 'Host: a')),
    'method with a bracket': (400, head('GE(T /echo HTTP/1.1', 'Host: a')),
    'long method': (400, head('ABCDEFGHIJKLMNOPQ /echo HTTP/1.1', 'Host: a')),
    'long target': (414, head('GET /' + 'a' * 4096 + ' HTTP/1.1', 'Host: a')),
    'too many headers': (431, head('GET /echo HTTP/1.1', 'Host: a', *(f'X-{n}: y' for n in range(64)))),
    'other expectation': (417, head('POST /echo HTTP/1.1', 'Host: a', 'Expect: a-biscuit', 'Content-Length: 0')),
    'other version': (505, head('GET /echo HTTP/1.2', 'Host: a')),
}


def test_lint():
    """Every unsound request is refused, its connection ends, and what comes behind it is never answered."""
    with serving() as server:
        for name, (status, raw) in UNSOUND.items():
            with server.connect() as wire:
                wire.try_send(raw + SECOND)
                rest = wire.at_end()
            first = rest.split(b'\r\n', 1)[0]
            # Whatever libmicrohttpd itself does not take it may also close without a word.
            assert not rest or first.startswith(b'HTTP/1.1 %d ' % status), f'{name}: {rest[:300]!r}'
            # Its own refusal of a Content-Length that is no number writes its head twice (0.9.75).
            assert len(re.findall(rb'HTTP/1.1 \d', rest)) <= 1 or b'<title>Request malformed' in rest, f'{name}: answered twice: {rest!r}'
            assert b'second' not in rest and b'\nmethod ' not in rest, f'{name}: reached the site: {rest!r}'
        assert server.figure('hustings_requests_malformed_total') >= 45
        server.until('echo_owed', 1)
        server.until('hustings_connections', 1)


def test_unsound_heads_are_told_why():
    with serving() as server:
        for name in ('two lengths', 'length and coding', 'no host', 'folded line', 'zero byte in a value', 'line feed alone', 'repeated unknown'):
            with server.connect() as wire:
                wire.send(UNSOUND[name][1])
                answer = wire.answer()
                assert answer.status == 400 and answer.headers['connection'] == 'close', f'{name}: {answer}'
                assert answer.body.startswith(b'refused: '), f'{name}: {answer}'
                assert wire.at_end() == b'', name


def test_sound_requests():
    """What is in order, odd as it may be."""
    with serving() as server:
        with server.connect() as wire:
            wire.send(head('GET http://A:80/echo?x HTTP/1.1', 'Host: a:80'))
            assert 'target /echo?x' in wire.answer().lines()
            wire.send(head('GET http://a HTTP/1.1', 'Host: a'))
            assert wire.answer().body == b'hello\n'
            wire.send(head('OPTIONS * HTTP/1.1', 'Host: [::1]:8080'))
            assert wire.answer().status == 404
            wire.send(head('GET /echo HTTP/1.1', 'Host: a', 'ACCEPT:b', 'Accept: \t c \t', 'Cookie: d=e', 'Cookie: f=g', 'X-Latin: \xe9'))
            lines = set(wire.answer().body.decode('latin-1').splitlines())
            assert {'header accept=b, c', 'header cookie=d=e; f=g', 'header x-latin=\xe9', 'host a'} <= lines, lines
            wire.send(b'\r\n' + request('GET', '/'))
            assert wire.answer().body == b'hello\n'
            wire.send(head('GET /echo HTTP/1.1', 'Host: a', *(f'X-{n}: y' for n in range(40))))
            assert len(wire.answer().lines()) == 9 + 41
        with server.connect() as wire:
            wire.send(head('GET / HTTP/1.0', 'Host: a'))
            assert wire.answer().body == b'hello\n' and wire.at_end() == b''


def test_pipelining():
    """Several sound requests in one packet are answered in order; a request in a body is no request."""
    with serving() as server, server.connect() as wire:
        wire.send(b''.join(request('GET', f'/echo?{n}') for n in range(50)))
        for n in range(50):
            assert f'query {n}' in wire.answer().lines()
        wire.send(request('POST', '/echo?a', body=SECOND) + request('GET', '/echo?b'))
        assert f'body {len(SECOND)} {hashlib.sha256(SECOND).hexdigest()}' in wire.answer().lines()
        assert 'query b' in wire.answer().lines()
        wire.send(request('GET', '/wait?20') + request('GET', '/echo?after') + request('GET', '/worked?5') + request('GET', '/'))
        assert wire.answer().body == b'waited\n' and 'query after' in wire.answer().lines()
        assert wire.answer().body == b'worked\n' and wire.answer().body == b'hello\n'


def test_head_is_get_without_a_body():
    with serving() as server, server.connect() as wire:
        for target in ('/plain?5000', '/kept?5000', '/wait?1'):
            wire.send(request('GET', target))
            got = wire.answer()
            wire.send(request('HEAD', target))
            assert {**wire.answer(head_only=True).headers, 'date': ''} == {**got.headers, 'date': ''}
        wire.send(request('HEAD', '/echo'))
        wire.answer(head_only=True)
        wire.send(request('HEAD', '/stream?a') + request('GET', '/'))
        status, headers = wire.head()
        assert status == 200 and headers['content-type'].startswith('text/event-stream')
        assert wire.answer().body == b'hello\n'


def test_header_that_would_split_an_answer():
    with serving() as server:
        answer = server.get('/header')
        assert answer.status == 500 and 'set-cookie' not in answer.headers and 'x-split' not in answer.headers


# ---- bodies ----------------------------------------------------------------------------------------------------------

def body_line(body):
    return f'body {len(body)} {hashlib.sha256(body).hexdigest()}'


def test_bodies():
    """In memory and in a file, by length and in chunks, at every size where one becomes the other."""
    with serving() as server, server.connect() as wire:
        for size in (0, 1, 4095, 65535, 65536, 65537, 200_000, 4 * 1024 * 1024):
            body = os.urandom(size)
            wire.send(request('POST', '/echo', body=body))
            assert body_line(body) in wire.answer().lines(), size
            parts = [body[i:i + 30_000] for i in range(0, size, 30_000)]
            wire.send(request('POST', '/echo', 'Transfer-Encoding: chunked') + chunked(*parts, trailer=b'X-Sum: 1\r\n'))
            lines = wire.answer().lines()
            assert body_line(body) in lines and 'header x-sum=1' not in lines, size
        body = b'one byte at a time'
        wire.send(request('POST', '/echo', f'Content-Length: {len(body)}'))
        for n in range(len(body)):
            wire.send(body[n:n + 1])
        assert body_line(body) in wire.answer().lines()


def test_continue():
    with serving() as server:
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Expect: 100-continue', 'Content-Length: 3'))
            assert wire.head()[0] == 100
            wire.send(b'abc')
            assert body_line(b'abc') in wire.answer().lines()
        with server.connect() as wire:
            wire.send(request('POST', '/small', 'Expect: 100-continue', 'Content-Length: 1001'))
            assert wire.answer().status == 413 and wire.at_end() == b''


def test_bodies_that_are_too_large():
    """413 as soon as it is known, readable although more was sent, and then the end."""
    with serving() as server:
        for raw in (request('POST', '/small', 'Content-Length: 1001'), request('POST', '/small', 'Content-Length: 999999999999'),
                    request('POST', '/small', body=b'x' * 2_000_000), request('POST', '/small', 'Transfer-Encoding: chunked') + chunked(b'x' * 1001),
                    request('POST', '/small', 'Transfer-Encoding: chunked') + b'ffffff\r\n' + b'x' * 2_000_000,
                    request('POST', '/admit', body=b'x' * 2_000_000)):
            with server.connect() as wire:
                wire.try_send(raw + SECOND)
                answer = wire.answer()
                assert answer.status == (403 if b'/admit' in raw else 413), answer
                assert answer.headers['connection'] == 'close' and wire.at_end() == b'', raw[:80]
        assert 'body 1000 ' in server.ask(request('POST', '/small', body=b'x' * 1000)).body.decode()
        for raw in (b'zz\r\n', b'fffffffffffffffff\r\n', b'5\r\nabcdeX\r\n', b'-5\r\nabcde\r\n'):
            with server.connect() as wire:
                wire.try_send(request('POST', '/echo', 'Transfer-Encoding: chunked') + raw + SECOND)
                rest = wire.at_end()
                assert b' 200 ' not in rest, rest
        server.until('echo_owed', 1)


def test_heads_that_are_too_large():
    with serving() as server:
        for raw in (b'GET /' + b'a' * 20_000, head('GET / HTTP/1.1', 'Host: a', 'X: ' + 'b' * 20_000), b'GET / HTTP/1.1\r\n' + b'X: y\r\n' * 5000):
            with server.connect() as wire:
                wire.try_send(raw)
                rest = wire.at_end()
                assert re.match(rb'HTTP/1.1 4(00|14|31) ', rest) or not rest, rest[:200]
        assert server.get('/').status == 200


# ---- time ------------------------------------------------------------------------------------------------------------

def drip(wire, data, pause=0.05):
    """A byte at a time until the other side has closed; how many it took."""
    for n, byte in enumerate(data):
        try:
            wire.send(bytes([byte]))
        except OSError:
            return n
        if select.select([wire.socket], [], [], pause)[0] and not wire.more():
            return n
    raise AssertionError(f'still open after {len(data)} bytes')


def test_deadlines():
    """Slow heads, bodies and readers are cut although they never stop moving; so is who says nothing."""
    with serving(header_ms=300, body_ms=300, answer_ms=300, idle_ms=300) as server:
        with server.connect() as wire:
            drip(wire, request('GET', '/', *('X-%d: y' % n for n in range(60))))
            assert wire.kept == b''
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Content-Length: 100000'))
            drip(wire, b'x' * 600)
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Transfer-Encoding: chunked'))
            drip(wire, b'1\r\nx\r\n' * 100)
        with server.connect(small=True) as wire:
            wire.send(request('GET', '/kept?30000000'))
            got = len(drain_slowly(wire))
            assert got < 30_000_000, got
        cut = server.figure('hustings_connections_slow_total')
        assert cut >= 4, cut
        with server.connect() as wire:
            assert wire.at_end() == b''
        with server.connect() as wire:
            wire.send(request('GET', '/'))
            assert wire.answer().status == 200 and wire.at_end() == b''
        server.until('hustings_connections', 1)
        server.until('echo_owed', 1)


def drain_slowly(wire):
    """1 KB at a time with pauses, until it is cut."""
    got = b''
    while True:
        select.select([], [], [], 0.02)
        try:
            piece = wire.socket.recv(1024)
        except ConnectionResetError:
            return got
        if not piece:
            return got
        got += piece


def test_quick_enough_is_not_cut():
    """A large body and a large answer take longer than one deadline, and a waiting request has none."""
    with serving(header_ms=400, body_ms=400, answer_ms=400, idle_ms=400) as server, server.connect() as wire:
        body = b'x' * (3 * 1024 * 1024)
        wire.send(request('POST', '/echo', f'Content-Length: {len(body)}'))
        for at in range(0, len(body), 512 * 1024):
            select.select([], [], [], 0.13)
            wire.send(body[at:at + 512 * 1024])
        assert body_line(body) in wire.answer().lines()
        wire.send(request('GET', '/wait?1500'))
        assert wire.answer().body == b'waited\n'


# ---- limits ----------------------------------------------------------------------------------------------------------

def is_refused(server, *headers, **more):
    with server.connect(**more) as wire:
        wire.try_send(request('GET', '/', *headers))
        return wire.at_end() == b''


def test_connections_per_address():
    with serving(connections_per_address=3, count_local=1) as server:
        wires = [server.connect(source='127.0.0.2') for _ in range(3)]
        for wire in wires:
            wire.send(request('GET', '/'))
            assert wire.answer().status == 200
        assert is_refused(server, source='127.0.0.2')
        assert server.get('/').status == 200, 'another address is not concerned'
        assert server.figure('hustings_connections_refused_total') == 1
        wires.pop().close()
        server.until('hustings_connections', 3)
        with server.connect(source='127.0.0.2') as wire:
            wire.send(request('GET', '/'))
            assert wire.answer().status == 200
        for wire in wires:
            wire.close()
    with serving(connections_per_address=3, count_local=1, trusted='127.0.0.2') as server:
        wires = [server.connect(source='127.0.0.2') for _ in range(10)]
        for wire in wires:
            wire.send(request('GET', '/'))
            assert wire.answer().status == 200, 'a trusted proxy has no limit'
            wire.close()
    with serving(connections_per_address=3) as server:
        wires = [server.connect() for _ in range(10)]
        for wire in wires:
            wire.send(request('GET', '/'))
            assert wire.answer().status == 200, 'this machine has no limit'
            wire.close()


def test_connections_in_all():
    with serving(connections_most=5) as server:
        wires = [server.connect() for _ in range(5)]
        for wire in wires:
            wire.send(request('GET', '/'))
            assert wire.answer().status == 200
        assert is_refused(server)
        for wire in wires:
            wire.close()
        end = time.monotonic() + PATIENCE
        while is_refused(server, 'Connection: close'):
            assert time.monotonic() < end, 'refused although all have left'
        server.until('hustings_connections', 1)


def test_many_ready_at_once():
    """128 ready connections stalled libmicrohttpd's own epoll thread; 256 as well."""
    for count in (127, 128, 129, 256):
        with serving(loops=1) as server:
            wires = [server.connect() for _ in range(count)]
            for _ in range(5):
                for wire in wires:
                    wire.send(request('GET', '/'))
                for wire in wires:
                    assert wire.answer().body == b'hello\n'
            for wire in wires:
                wire.close()


def test_workers_that_are_busy():
    """More work than the queue takes is refused at once with Retry-After; the rest is done."""
    with serving(workers=1) as server:
        wires = [server.connect() for _ in range(1300)]
        for wire in wires:
            wire.send(request('GET', '/worked?1'))
        statuses = []
        for wire in wires:
            answer = wire.answer()
            statuses.append(answer.status)
            assert answer.status == 200 or (answer.status == 503 and answer.headers['retry-after']), answer
            wire.close()
        assert statuses.count(200) >= 1024, statuses.count(200)
        server.until('hustings_working', 0)


# ---- waiting ---------------------------------------------------------------------------------------------------------

def test_waiting():
    """Resumed by another thread, before the wait has begun, from a worker; many at once."""
    with serving() as server:
        for target, words in (('/wait?0', b'waited\n'), ('/resumed', b'waited\n'), ('/worked?1', b'worked\n'), ('/twice', b'waited\n')):
            with server.connect() as wire:
                for _ in range(50):
                    wire.send(request('GET', target))
                    assert wire.answer().body == words, target
        wires = [server.connect() for _ in range(300)]
        for n, wire in enumerate(wires):
            wire.send(request('GET', f'/wait?{n % 50}') + request('POST', '/echo', body=b'abc'))
        for wire in wires:
            assert wire.answer().body == b'waited\n' and body_line(b'abc') in wire.answer().lines()
            wire.close()
        server.until('echo_owed', 1)


def test_clients_that_leave():
    """In the middle of a head, of a body, while waiting, while being worked for, while the answer comes."""
    with serving() as server:
        for raw in (b'GET / HT', request('POST', '/echo', 'Content-Length: 1000') + b'x' * 500, request('POST', '/echo', 'Content-Length: 200000') + b'x' * 100_000,
                    request('GET', '/wait?50'), request('GET', '/worked?20'), request('GET', '/twice'), request('GET', '/kept?5000000'), request('GET', '/stream?a')):
            for abrupt in (False, True):
                wires = [server.connect() for _ in range(20)]
                for wire in wires:
                    wire.send(raw)
                    if abrupt:
                        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
                    wire.close()
        server.until('hustings_connections', 1)
        server.until('hustings_streams', 0)
        server.until('echo_owed', 1)
        assert server.figure('process_open_fds') < 60


# ---- the end ---------------------------------------------------------------------------------------------------------

def test_draining():
    """SIGTERM: who is being served gets her answer, streams end, nobody new is let in, the program ends."""
    with serving(drain_ms=60000) as server:
        wires = [server.connect() for _ in range(40)]
        for n, wire in enumerate(wires):
            wire.send(request('GET', ('/wait?400', '/worked?100')[n % 2]))
        idle = server.connect()
        idle.send(request('GET', '/'))
        assert idle.answer().status == 200
        with Stream(server, 'a') as stream:
            stream.begin()
            server.stop()
            for wire in wires:
                answer = wire.answer()
                assert answer.status == 200, answer
                assert wire.at_end() == b''
                wire.close()
            assert stream.at_end()
        assert idle.at_end() == b''
        assert server.wait() == 0
        try:
            server.connect().close()
            raise AssertionError('still listening')
        except ConnectionRefusedError:
            pass


def test_work_that_waits_is_not_begun_at_the_end():
    """What is still in the workers' queue when connections are cut is not worked on for nobody: that would be ten minutes here."""
    with serving(workers=1, drain_ms=100) as server:
        wires = [server.connect() for _ in range(300)]
        for wire in wires:
            wire.send(request('GET', '/worked?2000'))
        server.until('hustings_working', 300)
        server.stop()
        assert server.wait() == 0
        for wire in wires:
            wire.close()


def test_draining_under_load():
    """While requests pour in: each of them is answered whole or not at all, and the program ends."""
    load = r'''
import sys; sys.path.insert(0, sys.argv[1])
from wire import Wire, request
answered = 0
try:
    wire = Wire(('127.0.0.1', int(sys.argv[2])))
    while True:
        wire.send(request('GET', '/plain?20000'))
        if not wire.kept and not wire.more(): break
        assert len(wire.answer().body) == 20000
        answered += 1
        if answered == 100: print('going', flush=True)
except (ConnectionError, BrokenPipeError):
    assert not wire.kept, 'cut in the middle of an answer'
print('whole', answered)
'''
    with serving() as server:
        clients = [subprocess.Popen([sys.executable, '-c', load, str(ROOT / 'test/http'), str(server.address[1])], stdout=subprocess.PIPE, text=True)
                   for _ in range(4)]
        for client in clients:
            assert client.stdout.readline() == 'going\n'
        server.stop()
        assert server.wait() == 0
        for client in clients:
            out, _ = client.communicate(timeout=PATIENCE)
            assert client.returncode == 0 and out.startswith('whole '), out


def test_stopping_twice():
    """A reader who does not read cannot hold the server up when it is told twice; nor beyond drain_ms when told once."""
    for options, times in (({'drain_ms': 600000}, 2), ({'drain_ms': 200}, 1)):
        with serving(**options) as server:
            wire = server.connect(small=True)
            wire.send(request('GET', '/kept?30000000'))
            wire.head()
            for _ in range(times):
                server.stop()
                while 'event=draining' not in server.said():
                    select.select([], [], [], 0.02)
            assert server.wait() == 0
            wire.close()


# ---- where a request came from ---------------------------------------------------------------------------------------

def told(answer):
    return dict(line.split(' ', 1) for line in answer.lines() if not line.startswith('header'))


def test_forwarded():
    forged = ('X-Forwarded-For: 192.0.2.7, 203.0.113.9', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: vote.example.org')
    v4 = '00000000000000000000ffff'
    with serving() as server:
        got = told(server.get('/echo', *forged))
        assert (got['client'], got['secure'], got['host'], got['local']) == (v4 + '7f000001', '0', 'here', '0'), got
        assert told(server.get('/echo'))['local'] == '1'
    with serving(trusted='127.0.0.1, 203.0.113.0/24') as server:
        got = told(server.get('/echo', *forged))
        assert (got['client'], got['secure'], got['host'], got['local']) == (v4 + 'c0000207', '1', 'vote.example.org', '0'), got
        got = told(server.get('/echo', 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 198.51.100.4, unknown, [2001:db8::5]:99'))
        assert got['client'] == '20010db8000000000000000000000005', got
        assert told(server.get('/echo', 'X-Forwarded-Host: a b'))['host'] == 'here'
        assert told(server.get('/echo'))['local'] == '1'


def test_unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = f'{folder}/socket'
        with serving(listen=f'unix:{path}', trusted='unix') as server:
            assert server.url == f'unix:{path}' and told(server.get('/echo'))['local'] == '1'
            assert told(server.get('/echo', 'X-Forwarded-For: 192.0.2.1'))['client'].endswith('c0000201')
            assert (os.stat(path).st_mode & 0o777) == 0o660
            refused = subprocess.run([program, f'{folder}/b.db', f'listen=unix:{path}'], capture_output=True, text=True, timeout=PATIENCE)
            assert refused.returncode == 1 and 'Address already in use' in refused.stderr, refused
            assert server.get('/').status == 200
        assert not os.path.exists(path)
        left = socket.socket(socket.AF_UNIX)
        left.bind(path)
        left.close()
        with serving(listen=f'unix:{path}') as server:
            assert server.get('/').status == 200, 'a dead server\'s socket is in nobody\'s way'


def test_wrong_options():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / 'empty').write_text('')
        with serving() as server:
            cases = {f'listen=127.0.0.1:{server.address[1]}': 'Address already in use', 'listen=nowhere': 'an address and a port', 'listen=127.0.0.1:99999': 'an address and a port',
                     'trusted=10.0.0.0/33': 'trusted proxy', 'certificate=a': 'both a certificate and a key', f'certificate={folder}/none key={folder}/none': 'No such file',
                     f'certificate={folder}/empty key={folder}/empty': 'PEM'}
            for options, words in cases.items():
                got = subprocess.run([program, f'{folder}/s.db', *options.split()], capture_output=True, text=True, timeout=PATIENCE)
                assert got.returncode == 1 and words in got.stderr, (options, got)
        with serving(listen='[::1]:0') as server:
            assert server.url.startswith('http://[::1]:')


# ---- TLS -------------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def certificates(*names):
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                            '-addext', 'subjectAltName=DNS:localhost', '-keyout', f'{folder}/{name}.key', '-out', f'{folder}/{name}.pem'], check=True, capture_output=True)
        yield folder


def client_context(certificate, version=None):
    context = ssl.create_default_context(cafile=certificate)
    if version:
        context.minimum_version = context.maximum_version = version
        context.set_ciphers('ALL:@SECLEVEL=0')
    return context


def test_tls():
    with certificates('a', 'b') as folder:
        with serving(certificate=f'{folder}/a.pem', key=f'{folder}/a.key') as server:
            assert server.url.startswith('https://')
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with server.connect(context=client_context(f'{folder}/a.pem', version)) as wire:
                    for body in (b'', b'abc', os.urandom(300_000)):
                        wire.send(request('POST', '/echo', body=body))
                        lines = wire.answer().lines()
                        assert body_line(body) in lines and 'secure 1' in lines
                    wire.send(request('GET', '/wait?5') + request('GET', '/plain?1000000'))
                    assert wire.answer().body == b'waited\n' and len(wire.answer().body) == 1_000_000
            with server.connect(context=client_context(f'{folder}/a.pem')) as wire:
                wire.send(request('POST', '/small', 'Transfer-Encoding: chunked') + b'ffff\r\n' + b'x' * 5000)
                assert wire.answer().status == 413
            with contextlib.suppress(ssl.SSLError, ConnectionError), server.connect(context=client_context(f'{folder}/a.pem', ssl.TLSVersion.TLSv1_1)):
                raise AssertionError('TLS 1.1 was spoken')
            with server.connect() as wire:
                wire.send(request('GET', '/'))
                assert b'HTTP/' not in wire.at_end(), 'plain text was answered on a TLS port'
            with Wire(server.address, context=client_context(f'{folder}/a.pem')) as wire:
                wire.send(request('GET', '/stream?a'))
                wire.until(b'id: ')
                with server.connect(context=client_context(f'{folder}/a.pem')) as other:
                    other.send(request('POST', '/announce?a', body=b'1'))
                    assert other.answer().status == 200
                wire.until(b'"version":1')
        got = subprocess.run([program, f'{folder}/s.db', f'certificate={folder}/a.pem', f'key={folder}/b.key'], capture_output=True, text=True, timeout=PATIENCE)
        assert got.returncode == 1 and 'work together' in got.stderr, got


# ---- live streams ----------------------------------------------------------------------------------------------------

def announce(server, topic, data):
    answer = server.ask(request('POST', '/announce?' + topic, body=data))
    assert answer.status == 200, answer


def test_stream():
    """Events of all its topics in order, one id for all of them, and back again without loss or doubling."""
    with serving() as server:
        announce(server, 'a', b'{"n":1}')
        with Stream(server, 'a,b,c') as stream:
            assert stream.status == 200 and stream.headers['content-type'].startswith('text/event-stream') and 'content-length' not in stream.headers
            stream.begin()
            assert 2000 <= stream.retry if stream.retry else True
            announce(server, 'b', b'')
            announce(server, 'a', b'{"n":2,\n "m": "x\\ny"}')
            announce(server, 'other', b'9')
            announce(server, 'c', b'[3]')
            events = [stream.next() for _ in range(3)]
            assert [e for e, _ in events] == ['message'] * 3
            assert [json.loads(d) for _, d in events] == [{'topic': 'b', 'version': 1, 'data': None}, {'topic': 'a', 'version': 2, 'data': {'n': 2, 'm': 'x\ny'}},
                                                          {'topic': 'c', 'version': 1, 'data': [3]}]
            seen = stream.id
        for n in range(3, 6):
            announce(server, 'a', b'%d' % n)
        announce(server, 'c', b'4')
        with Stream(server, 'c,a,d,b', f'Last-Event-ID: {seen}') as stream:  # another order, one more topic
            got = sorted((json.loads(stream.next()[1])['topic'], stream.id) for _ in range(4))
            assert [t for t, _ in got] == ['a', 'a', 'a', 'c'], got
            announce(server, 'd', b'1')
            assert json.loads(stream.next()[1]) == {'topic': 'd', 'version': 1, 'data': 1}
            last = stream.id
        with Stream(server, 'a,b,c,d', f'Last-Event-ID: {last}') as stream:
            stream.begin()
            announce(server, 'b', b'"end"')
            assert json.loads(stream.next()[1]) == {'topic': 'b', 'version': 2, 'data': 'end'}, 'something came twice'


def test_stream_while_events_pour_in():
    """Readers who come and go during 600 events: each sees a row of versions without a hole and without a double."""
    with serving() as server:
        announce(server, 'a', b'0')
        with Stream(server, 'a') as stream:
            cursor = stream.begin().id
        writer = subprocess.Popen([sys.executable, '-c', r'''
import sys; sys.path.insert(0, sys.argv[1])
from wire import Wire, request
wire = Wire(('127.0.0.1', int(sys.argv[2])))
for n in range(600):
    wire.send(request('POST', '/announce?a', body=b'%d' % n))
    assert wire.answer().status == 200
''', str(ROOT / 'test/http'), str(server.address[1])])
        versions = []
        while not versions or versions[-1] < 601:
            with Stream(server, 'a', f'Last-Event-ID: {cursor}') as stream:
                for _ in range(40):
                    if versions and versions[-1] == 601:
                        break
                    versions.append(json.loads(stream.next()[1])['version'])
                cursor = stream.id
        assert writer.wait(PATIENCE) == 0
        assert versions == list(range(2, 602)), versions


def test_stream_gap():
    """More was missed than is kept, or than is worth sending: one reset, and on from there."""
    with serving() as server:
        with Stream(server, 'a') as stream:
            beginning = stream.begin().id
        with server.connect() as wire:
            for _ in range(21):
                wire.send(b''.join(request('POST', '/announce?a', body=b'1') for _ in range(50)))
                for _ in range(50):
                    assert wire.answer().status == 200
        with Stream(server, 'a', f'Last-Event-ID: {beginning}') as stream:
            event, data = stream.next()
            assert (event, json.loads(data)) == ('reset', {'topic': 'a', 'version': 1050})
            announce(server, 'a', b'2')
            assert json.loads(stream.next()[1]) == {'topic': 'a', 'version': 1051, 'data': 2}
        tag = beginning.split('.')[0]
        for cursor in ('nonsense', '~~..', f'{tag}.-5', f'{tag}.99999999999999999999999', 'x' * 5000):
            with Stream(server, 'a', f'Last-Event-ID: {cursor}') as stream:
                stream.begin()
                assert stream.id == f'{tag}.1051'
                announce(server, 'b', b'1')
        with Stream(server, 'big') as stream:
            beginning = stream.begin().id
        for _ in range(40):
            announce(server, 'big', b'"' + b'x' * 8000 + b'"')
        with Stream(server, 'big', f'Last-Event-ID: {beginning}') as stream:
            assert stream.next()[0] == 'reset'


def test_stream_heartbeats_and_leavers():
    with serving(heartbeat_ms=100) as server:
        with Stream(server, 'a') as stream:
            stream.begin()
            while stream.beats < 3:
                stream.beats += stream.block() == [':']
            server.until('hustings_streams', 1)
        server.until('hustings_streams', 0)
    with serving(heartbeat_ms=3600000) as server:
        with Stream(server, 'a') as stream:
            stream.begin()
            server.until('hustings_streams', 1)
        server.until('hustings_streams', 0)


def test_stream_reader_who_does_not_read():
    with serving() as server:
        with Stream(server, 'a', small=True) as stream:
            stream.begin()
            sent = 0
            while server.figure('hustings_streams') == 1:
                announce(server, 'a', b'"' + b'x' * 8000 + b'"')
                sent += 1
                assert sent < 5000, 'never cut'


def test_streams_per_address():
    with serving(streams_per_address=2, trusted='127.0.0.1') as server:
        via = 'X-Forwarded-For: 192.0.2.1'
        with Stream(server, 'a', via) as one, Stream(server, 'a', via) as two:
            one.begin()
            two.begin()
            assert server.get('/stream?a', via).status == 429
            with Stream(server, 'a', 'X-Forwarded-For: 192.0.2.2') as other:
                assert other.status == 200
        server.until('hustings_streams', 0)
        with Stream(server, 'a', via) as again:
            assert again.status == 200


def test_thousands_of_streams():
    """2,000 (or what the limit on open files allows) get an event each; then all leave."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(2000, hard - 200)
    with serving() as server:
        streams = [Stream(server, 'a') for _ in range(count)]
        for stream in streams:
            stream.begin()
        server.until('hustings_streams', count)
        for n in range(3):
            announce(server, 'a', b'%d' % n)
            for stream in streams:
                assert json.loads(stream.next()[1]) == {'topic': 'a', 'version': n + 1, 'data': n}
        assert server.figure('hustings_stream_events_total') == 3 * count
        for stream in streams:
            stream.wire.close()
        server.until('hustings_streams', 0)


def test_metrics():
    with serving() as server:
        server.get('/'), server.get('/nope')
        text = server.get('/metrics').body.decode()
        seen = set()
        for line in text.splitlines():
            if line.startswith('# TYPE '):
                seen.add(line.split()[2])
            elif not line.startswith('#'):
                name = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"]*"\})? -?[0-9.]+', line)
                assert name, line
                assert name[1].startswith(tuple(seen)) or name[1] == 'echo_owed', line
        assert 'hustings_requests_total{status="2xx"} 1\n' in text and 'hustings_requests_total{status="4xx"} 1\n' in text
        assert 'hustings_request_seconds_count 2\n' in text and int(re.search(r'process_resident_memory_bytes (\d+)', text)[1]) > 1_000_000


def main():
    global program, under
    given = runner.options(program)
    program, under = given.program, given.under
    warnings.simplefilter('ignore', DeprecationWarning)  # TLS 1.1, which must be refused
    return runner.run('http', globals(), given.names)


if __name__ == '__main__':
    sys.exit(main())
