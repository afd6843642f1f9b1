#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py: asking other servers (src/net/fetch.h), against real ones: run.py [--program build-gcc/test/net/net_fetch] [--under "valgrind ..."] [NAME...]

Each test_... function starts the servers it needs and ends them. Last line: "net: N passed, N failed".
"""
import argparse
import contextlib
import gzip
import hashlib
import http.server
import os
import pathlib
import shlex
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until something that must happen is said not to; nothing is measured by it
program, under = str(ROOT / 'build-gcc/test/net/net_fetch'), ''


def letters(n):
    return (b'abcdefghijklmnopqrstuvwxyz' * (n // 26 + 1))[:n]


# ---- servers ---------------------------------------------------------------------------------------------------------

class Pages(http.server.BaseHTTPRequestHandler):
    """What a good server says, and some that a bad one might."""
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        with self.server.mutex:
            self.server.connections += 1

    def say(self, status, body=b'', **headers):
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def meet(self):
        """Answer only when as many as the test wants are here at once."""
        try:
            self.server.barrier.wait(PATIENCE)
            self.say(200, b'met')
        except threading.BrokenBarrierError:
            self.say(503, b'alone')

    def do_GET(self):
        path, _, query = self.path.partition('?')
        with self.server.mutex:
            self.server.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        if path == '/bytes':
            self.say(200, letters(int(query)), Content_Type='application/octet-stream')
        elif path == '/status':
            self.say(int(query), b'words', Content_Type='text/plain')
        elif path == '/to':
            status, _, to = query.partition(',')
            self.say(int(status), b'moved', Location=to)
        elif path == '/round':
            self.say(302, b'', Location=f'/round?{int(query or 0) + 1}')
        elif path == '/down':
            n = int(query)
            self.say(302, b'', Location=f'/down?{n - 1}') if n else self.say(200, b'there')
        elif path == '/gzip':
            self.say(200, gzip.compress(letters(int(query))), Content_Encoding='gzip', Content_Type='text/plain')
        elif path == '/odd-coding':
            self.say(200, b'xyz', Content_Encoding='rot13')
        elif path == '/bad-gzip':
            self.say(200, b'no gzip at all', Content_Encoding='gzip')
        elif path == '/short':
            self.send_response(200)
            self.send_header('Content-Length', '100')
            self.end_headers()
            self.wfile.write(b'only this')
            self.close_connection = True
        elif path == '/endless':
            self.endless()
        elif path == '/drips':
            self.drips()
        elif path == '/never':
            self.server.let_go.wait(PATIENCE)
            self.close_connection = True
        elif path == '/meet':
            self.meet()
        elif path == '/cookie':
            self.say(200, b'', Set_Cookie='a=b; Path=/')
        else:
            self.say(404, b'nothing here')

    def endless(self):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.let_go.is_set():
                self.wfile.write(b'2000\r\n' + letters(0x2000) + b'\r\n')
        self.close_connection = True

    def drips(self):
        self.send_response(200)
        self.send_header('Content-Length', '1000000')
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.let_go.wait(0.05):
                self.wfile.write(b'.')
                self.wfile.flush()
        self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with self.server.mutex:
            self.server.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        path, _, query = self.path.partition('?')
        if path == '/to':
            status, _, to = query.partition(',')
            self.say(int(status), b'moved', Location=to)
        else:
            self.say(200, body, Content_Type=self.headers['Content-Type'])


class Six(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


class Web:
    """A server with the pages above, on a free port; over TLS when it is given a certificate."""

    def __init__(self, host='127.0.0.1', certificate=None):
        kind = Six if ':' in host else http.server.ThreadingHTTPServer
        self.server = kind((host, 0), Pages)
        self.server.daemon_threads = True
        self.server.connections, self.server.seen = 0, []
        self.server.mutex, self.server.let_go = threading.Lock(), threading.Event()
        self.server.barrier = None
        self.server.handle_error = lambda *_: None  # a client that refuses our certificate, or has had enough, is no error here
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = ("https" if certificate else "http") + (f'://[{host}]:{self.port}' if ':' in host else f'://{host}:{self.port}')
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.02})
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.let_go.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Raw:
    """Says fixed bytes to whoever connects, then ends the connection; `says` None: takes connections and is silent."""

    def __init__(self, says):
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.says, self.open = says, []
        self.url = f'http://127.0.0.1:{self.socket.getsockname()[1]}'
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                if self.says is None:
                    self.open.append(connection)
                    continue
                connection.recv(65536)
                connection.sendall(self.says)
                connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for connection in self.open:
            connection.close()


def certificate(folder, name, subject):
    """A self-signed certificate for `subject`: (certificate, key)."""
    files = f'{folder}/{name}.pem', f'{folder}/{name}.key'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files[1], '-out', files[0],
                    '-subj', '/CN=test', '-days', '2', '-addext', f'subjectAltName={subject}'], check=True, capture_output=True)
    return files


def expired(folder, name, subject):
    """One that was good until 2021."""
    files = certificate(folder, name, subject)
    base = f'{folder}/{name}'
    pathlib.Path(f'{base}.cnf').write_text(f'[ca]\ndefault_ca=x\n[x]\ndatabase={base}.db\nnew_certs_dir={folder}\nserial={base}.serial\ndefault_md=sha256\n'
                                           f'policy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName={subject}\nbasicConstraints=CA:true\n')
    pathlib.Path(f'{base}.db').touch()
    pathlib.Path(f'{base}.serial').write_text('01\n')
    for command in (['req', '-new', '-key', files[1], '-subj', '/CN=test', '-out', f'{base}.csr'],
                    ['ca', '-batch', '-selfsign', '-notext', '-config', f'{base}.cnf', '-keyfile', files[1], '-in', f'{base}.csr', '-out', files[0],
                     '-startdate', '20200101000000Z', '-enddate', '20210101000000Z']):
        subprocess.run(['openssl', *command], check=True, capture_output=True)
    return files


# ---- asking ----------------------------------------------------------------------------------------------------------

class Answer:
    def __init__(self, line):
        self.line = line
        self.err = line[4:].split(' ')[0] if line.startswith('err=') else None
        self.fields = {} if self.err else dict(pair.split('=', 1) for pair in line.split(' '))
        self.status = int(self.fields.get('status', 0))

    def has(self, body):
        return self.fields.get('sha256') == hashlib.sha256(body).hexdigest() and self.fields['len'] == str(len(body))

    def __repr__(self):
        return self.line


def fetch(*lines, environment=None):
    """The answers to all that is asked; each list among `lines` is asked at once."""
    text, count = '', 0
    for line in lines:
        group = [line] if isinstance(line, str) else line
        text += ''.join(f'{one}\n' for one in group) + 'go\n'
        count += sum(not one.startswith('stop ') for one in group)
    clean = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy') and k != 'SSL_CERT_FILE'}
    run = subprocess.run([*shlex.split(under), program], input=text, text=True, capture_output=True, timeout=PATIENCE * 4, env={**clean, **(environment or {})},
                         check=False)
    assert run.returncode == 0, (run.returncode, run.stdout, run.stderr)
    answers = [Answer(line) for line in run.stdout.splitlines()]
    assert len(answers) == count, run.stdout
    return answers


def one(line, **more):
    return fetch(line, **more)[0]


def refused(answer, err, *words):
    assert answer.err == err, answer
    for word in words:
        assert word.lower() in answer.line.lower(), (word, answer)


# ---- answers ---------------------------------------------------------------------------------------------------------

def test_an_answer_comes_whole():
    with Web() as web:
        for n in (0, 1, 1000, 70000, 1 << 20):
            answer = one(f'get {web.url}/bytes?{n}')
            assert answer.status == 200 and answer.has(letters(n)) and answer.fields['type'] == 'application/octet-stream', (n, answer)


def test_every_status_is_an_answer():
    with Web() as web:
        for status in (200, 400, 403, 404, 409, 422, 429, 500, 503):
            answer = one(f'get {web.url}/status?{status}')
            assert answer.status == status and answer.has(b'words'), answer


def test_ipv6():
    with Web('::1') as web:
        assert one(f'get {web.url}/bytes?3').has(b'abc')


def test_a_post():
    with Web() as web:
        answer = one(f'post {web.url}/in text/x.tlog old')
        assert answer.status == 200 and answer.has(b'old') and answer.fields['type'] == 'text/x.tlog', answer
        large = 'x' * 60000
        assert one(f'post {web.url}/in text/plain {large}').has(large.encode())
        method, _, headers = web.server.seen[-1]
        assert method == 'POST' and headers['content-length'] == '60000' and 'expect' not in headers, headers
        assert one(f'post {web.url}/in text/plain ').has(b''), 'an empty body is a POST too'


def test_nothing_is_sent_that_was_not_asked_for():
    with Web() as web:
        fetch(f'get {web.url}/cookie', f'get {web.url}/bytes?1', f'get {web.url}/to?302,/bytes?2')
        assert len(web.server.seen) == 4
        for _, _, headers in web.server.seen:
            assert set(headers) == {'host', 'user-agent', 'accept', 'accept-encoding'}, headers
            assert headers['user-agent'] == 'hustings'


# ---- limits ----------------------------------------------------------------------------------------------------------

def test_size():
    with Web() as web:
        assert one(f'get {web.url}/bytes?1000 most=1000').has(letters(1000))
        refused(one(f'get {web.url}/bytes?1001 most=1000'), 'LIMIT', 'larger than 1000 bytes')
        refused(one(f'get {web.url}/bytes?1 most=0'), 'LIMIT')
        assert one(f'get {web.url}/bytes?0 most=0').has(b'')
        refused(one(f'get {web.url}/endless most=100000'), 'LIMIT', 'larger than 100000 bytes')


def test_gzip_is_unpacked_and_counted_unpacked():
    with Web() as web:
        assert one(f'get {web.url}/gzip?100000').has(letters(100000))
        assert one(f'get {web.url}/gzip?100000 most=100000').has(letters(100000))
        refused(one(f'get {web.url}/gzip?100001 most=100000'), 'LIMIT')
        refused(one(f'get {web.url}/gzip?30000000 most=100000'), 'LIMIT')
        refused(one(f'get {web.url}/bad-gzip'), 'IO', 'no good answer')
        refused(one(f'get {web.url}/odd-coding'), 'IO', 'no good answer')


def test_time():
    with Web() as web, Raw(None) as silent:
        refused(one(f'get {web.url}/never all_ms=200'), 'IO', 'timed out')
        refused(one(f'get {web.url}/drips all_ms=300'), 'IO', 'timed out')
        refused(one(f'get {silent.url}/ all_ms=200'), 'IO', 'timed out')
        tls = silent.url.replace('http:', 'https:')
        refused(one(f'get {tls}/ connect_ms=200'), 'IO', 'timeout')


def test_time_is_for_all_redirects_together():
    with Web() as web:
        refused(one(f'get {web.url}/to?302,/never all_ms=300'), 'IO', 'timed out')


def test_stopped_from_another_thread():
    with Web() as web:
        waits = [f'get {web.url}/never all_ms=50000'] * 12
        for answer in fetch(['stop 300', *waits]):
            refused(answer, 'IO', 'this program is ending')
        after = fetch(['stop 1', waits[0]], f'get {web.url}/bytes?1')
        refused(after[1], 'IO', 'not asked: this program is ending')


# ---- what goes wrong -------------------------------------------------------------------------------------------------

def test_nobody_there():
    free = socket.create_server(('127.0.0.1', 0))
    port = free.getsockname()[1]
    free.close()
    refused(one(f'get http://127.0.0.1:{port}/x'), 'IO', f'http://127.0.0.1:{port}/x: no good answer', 'connect')
    refused(one('get http://nowhere.invalid/'), 'IO', 'nowhere.invalid')


def test_answers_that_are_none():
    for says in (b'', b'hello\r\n\r\nthere', b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', b'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc',
                 b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab', b'SSH-2.0-x\r\n', b'\x16\x03\x01\0\0'):
        with Raw(says) as raw:
            refused(one(f'get {raw.url}/'), 'IO', 'no good answer')
    with Web() as web:
        refused(one(f'get {web.url}/short'), 'IO', 'no good answer')


def test_only_the_web():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(f'{folder}/secret').write_text('secret')
        for url in (f'file://{folder}/secret', f'{folder}/secret', 'ftp://127.0.0.1/x', 'gopher://127.0.0.1:70/x', 'dict://127.0.0.1/x', 'ws://127.0.0.1/',
                    'javascript:alert(1)', '127.0.0.1:80', 'http://', 'http://a\tb/', 'http://127.0.0.1:99999/', 'http://me:secret@127.0.0.1/',
                    'https://me@127.0.0.1/', '-'):
            refused(one(f'get {url}'), 'INPUT', 'not an address of the form http://')


# ---- redirects -------------------------------------------------------------------------------------------------------

def test_redirects_within_the_same_server():
    with Web() as web:
        for status in (301, 302, 303, 307, 308):
            assert one(f'get {web.url}/to?{status},/bytes?3').has(b'abc'), status
        assert one(f'get {web.url}/to?302,{web.url}/bytes?3').has(b'abc'), 'the whole address'
        assert one(f'get {web.url}/to?302,bytes?3').has(b'abc'), 'a relative one'
        assert one(f'get {web.url}/down?3').has(b'there')
        refused(one(f'get {web.url}/down?4'), 'IO', 'more than 3 times')
        refused(one(f'get {web.url}/round'), 'IO', 'more than 3 times')


def test_redirects_to_elsewhere():
    with Web() as web, Web() as other:
        for status in (301, 302, 303, 307, 308):
            refused(one(f'get {web.url}/to?{status},{other.url}/bytes?3'), 'IO', 'another place')
        for to in (f'http://localhost:{web.port}/bytes?3', f'https://127.0.0.1:{web.port}/bytes?3', f'//127.0.0.2:{web.port}/', 'file:///etc/passwd',
                   'ftp://127.0.0.1/', f'http://me:x@127.0.0.1:{web.port}/'):
            refused(one(f'get {web.url}/to?302,{to}'), 'IO', 'another place')
        assert other.server.connections == 0 and len(web.server.seen) == 11


def test_a_redirect_without_a_place_is_an_answer():
    with Web() as web:
        assert one(f'get {web.url}/status?302').status == 302
        assert one(f'get {web.url}/status?304').status == 304


def test_a_post_stays_a_post():
    with Web() as web:
        for status in (307, 308):
            assert one(f'post {web.url}/to?{status},/in text/plain words').has(b'words')
        for status in (301, 302, 303):
            refused(one(f'post {web.url}/to?{status},/in text/plain words'), 'IO', 'as a GET')
        assert [method for method, _, _ in web.server.seen] == ['POST'] * 7


# ---- TLS -------------------------------------------------------------------------------------------------------------

def test_certificates():
    with tempfile.TemporaryDirectory() as folder:
        good = certificate(folder, 'good', 'IP:127.0.0.1')
        other = certificate(folder, 'other', 'DNS:elsewhere.example')
        old = expired(folder, 'old', 'IP:127.0.0.1')
        with Web(certificate=good) as web:
            refused(one(f'get {web.url}/bytes?3'), 'IO', 'certificate')
            assert web.server.seen == [], 'nothing was said to it'
            answer = one(f'get {web.url}/bytes?3', environment={'SSL_CERT_FILE': good[0]})
            assert answer.has(b'abc'), answer
            refused(one(f'get {web.url}/bytes?3', environment={'SSL_CERT_FILE': other[0]}), 'IO', 'certificate')
            refused(one(f'get {web.url}/bytes?3', environment={'SSL_CERT_FILE': '/nowhere'}), 'IO')
            plain = web.url.replace('https:', 'http:')
            refused(one(f'get {plain}/bytes?3'), 'IO')
        with Web(certificate=other) as web:
            refused(one(f'get {web.url}/bytes?3', environment={'SSL_CERT_FILE': other[0]}), 'IO', '127.0.0.1')
            assert web.server.seen == []
        with Web(certificate=old) as web:
            refused(one(f'get {web.url}/bytes?3', environment={'SSL_CERT_FILE': old[0]}), 'IO', 'certificate')
            assert web.server.seen == []
        with Web() as web:
            refused(one(f'get {web.url.replace("http:", "https:")}/bytes?3'), 'IO')


# ---- connections, and many at once -----------------------------------------------------------------------------------

def test_connections_are_kept():
    with Web() as web:
        answers = fetch(*[f'get {web.url}/bytes?{n}' for n in range(20)], *[f'post {web.url}/in text/plain {n}' for n in range(5)])
        assert all(answer.status == 200 for answer in answers)
        assert web.server.connections == 1, web.server.connections


def test_a_kept_connection_that_the_server_ended():
    with Web() as web:
        answers = fetch(f'get {web.url}/bytes?3', f'get {web.url}/short', f'get {web.url}/bytes?3', f'get {web.url}/endless most=10', f'get {web.url}/bytes?3')
        assert [answer.err for answer in answers] == [None, 'IO', None, 'LIMIT', None], answers


def test_many_at_once():
    with Web() as web:
        answers = fetch([f'get {web.url}/bytes?{n}' for n in range(200)])
        for n, answer in enumerate(answers):
            assert answer.has(letters(n)), (n, answer)
        assert 1 <= web.server.connections <= 8, web.server.connections


def test_they_are_asked_at_the_same_time():
    with Web() as web:
        web.server.barrier = threading.Barrier(8)
        answers = fetch([f'get {web.url}/meet'] * 8)
        assert all(answer.has(b'met') for answer in answers), answers
    with contextlib.ExitStack() as stack:
        webs = [stack.enter_context(Web()) for _ in range(8)]
        meeting = threading.Barrier(8)
        for web in webs:
            web.server.barrier = meeting
        answers = fetch([f'get {web.url}/meet' for web in webs])
        assert all(answer.has(b'met') for answer in answers), answers


def test_each_of_many_has_its_own_end():
    with Web() as web, Raw(b'') as raw:
        answers = fetch([f'get {web.url}/never all_ms=300', f'get {web.url}/bytes?5', 'get file:///etc/passwd', f'get {web.url}/bytes?50 most=5', f'get {raw.url}/',
                         f'get {web.url}/to?302,{raw.url}/', f'get {web.url}/status?500', f'post {web.url}/in text/plain x', f'get {web.url}/down?3',
                         f'get {web.url}/down?4'])
        assert [answer.err or answer.status for answer in answers] == ['IO', 200, 'INPUT', 'LIMIT', 'IO', 'IO', 500, 200, 200, 'IO'], answers


def test_those_who_wait_their_turn_do_not_run_out_of_time():
    """12 slow ones, 8 at a time: each has its own time from when it is asked."""
    with Web() as web:
        slow = [f'get {web.url}/never all_ms=400'] * 12
        answers = fetch([*slow, f'get {web.url}/bytes?3 all_ms=400'])
        assert answers[-1].has(b'abc'), answers[-1]
        for answer in answers[:-1]:
            refused(answer, 'IO', 'time')


# ---- the library -----------------------------------------------------------------------------------------------------

def test_without_the_library():
    """The system has none: said so, with the name of the package. (A folder of our own is searched first, where that name is no library.)"""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(f'{folder}/libcurl-gnutls.so.4').write_text('no library')
        clean = {k: v for k, v in os.environ.items() if k != 'LD_LIBRARY_PATH'}
        run = subprocess.run([program], input='', text=True, capture_output=True, timeout=PATIENCE, env={**clean, 'LD_LIBRARY_PATH': folder}, check=False)
        assert run.returncode == 3 and 'libcurl3-gnutls' in run.stdout, run


def test_the_program_is_not_linked_with_it():
    linked = subprocess.run(['ldd', program], text=True, capture_output=True, check=True).stdout
    assert 'curl' not in linked, linked


# ---- running ---------------------------------------------------------------------------------------------------------

def main():
    global program, under
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--program', default=program)
    parser.add_argument('--under', default='')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    program, under = str(pathlib.Path(options.program).resolve()), options.under
    failed = passed = 0
    for name, test in list(globals().items()):
        if not name.startswith('test_') or (options.names and name.removeprefix('test_') not in options.names and name not in options.names):
            continue
        try:
            test()
            passed += 1
        except Exception:
            failed += 1
            print(f'net: {name} FAILED')
            traceback.print_exc()
    print(f'net: {passed} passed, {failed} failed')
    return failed > 0 or not passed


if __name__ == '__main__':
    sys.exit(main())
