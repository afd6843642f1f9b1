#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""serve.py HUSTINGS STREAMS NOTES [FIGURE...]: what the server does in a second, each figure beside a yardstick taken in the same run.

page      the page of a result at 64 connections, beside nginx sending a file of the same size (wrk, rounds in turn)
start     from exec to the first answer; memory when idle
writes    durable one-row commands (POST /notes/one of bench/notes.c) at 64 and 512 connections on SQLite
postgres  the same commands on PostgreSQL, beside its own one-row commits (pgbench, same disk)
streams   19,000 idle live streams: memory, and when one event had reached them all

Everything is on 127.0.0.x; the load generators share the processors with what they measure. Every process is ended by its pid.
HUSTINGS_BENCH_SECONDS (4): length of a round; HUSTINGS_BENCH_ROUNDS (3); HUSTINGS_BENCH_STREAMS (19000).
"""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / 'test'), str(ROOT / 'test/deploy')]
import deploy  # noqa: E402
import postgres  # noqa: E402

SECONDS = int(os.environ.get('HUSTINGS_BENCH_SECONDS', '4'))
ROUNDS = int(os.environ.get('HUSTINGS_BENCH_ROUNDS', '3'))
STREAMS = int(os.environ.get('HUSTINGS_BENCH_STREAMS', '19000'))
MIB = 1 << 20
UNLIMITED = {'HUSTINGS_LIMITS_RATES': '0', 'HUSTINGS_SERVER_STREAMS_PER_ADDRESS': '1000000', 'HUSTINGS_SERVER_CONNECTIONS_PER_ADDRESS': '1000000'}
WRITES = """
-- Each request leaves a note of its own: a new idempotency key, so a row of its own. The text is put together by hand:
-- the load generator should not take the processors from what it measures.
local thread_number = 0
function setup(thread) thread:set("number", thread_number); thread_number = thread_number + 1 end
function init(args)
    math.randomseed(os.time() * 1000 + number)
    local body = "words=I+shall+come+and+bring+two+others"
    before = "POST /notes/one HTTP/1.1\\r\\nHost: " .. wrk.host .. "\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\nAccept: application/json\\r\\n" ..
        "Content-Length: " .. #body .. "\\r\\nIdempotency-Key: " .. string.format("%08x%04d", math.random(0, 0x7fffffff), number)
    after = "\\r\\n\\r\\n" .. body
    sent = 0
end
function request()
    sent = sent + 1
    return before .. sent .. after
end
function done(summary, latency, requests)
    io.write(string.format("failed %d\\n", summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


class Missing(Exception):
    """A yardstick that this machine lacks."""


def tool(name, *places):
    found = shutil.which(name) or next((p for p in places if os.access(p, os.X_OK)), None)
    if not found:
        raise Missing(f'no {name}')
    return found


def wrk(url, connections, script=None, seconds=SECONDS):
    """(requests a second, p99 in ms, how many failed)"""
    command = [tool('wrk'), '-t2', f'-c{connections}', f'-d{seconds}s', '--latency', *(['-s', str(script)] if script else []), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    number, unit = re.search(r'99%\s+([0-9.]+)(us|ms|s)', said).groups()
    failed = re.search(r'^failed (\d+)', said, re.M) or re.search(r'Non-2xx or 3xx responses: (\d+)', said)
    return (float(re.search(r'Requests/sec:\s+([0-9.]+)', said)[1]), float(number) * {'us': 1e-3, 'ms': 1, 's': 1e3}[unit],
            int(failed[1]) if failed else 0)


def resident(pid):
    return int(re.search(r'^VmRSS:\s+(\d+) kB', pathlib.Path(f'/proc/{pid}/status').read_text(), re.M)[1]) * 1024


def publish(folder):
    subprocess.run([deploy.HUSTINGS, 'publish', ROOT / 'examples/labour-2010', '--replace', '--store', folder / 'hustings.db', '--config', '/dev/null', '--by', 'Carol Count'],
                   check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def nginx(folder, body):
    """nginx, as many workers as processors, sending `body` from an open file; its URL."""
    port = deploy.free_port()
    (folder / 'www').mkdir()
    (folder / 'www/page.html').write_bytes(body)
    folder.chmod(0o755)
    paths = ''.join(f'{name}_temp_path {folder}/{name};\n' for name in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    (folder / 'nginx.conf').write_text(f'''{"user root;" if os.geteuid() == 0 else ""}
worker_processes auto; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ {paths} types {{ text/html html; }} access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
open_file_cache max=10 inactive=60s; open_file_cache_valid 60s;
server {{ listen 127.0.0.1:{port} reuseport; root {folder}/www; }} }}
''')
    process = subprocess.Popen([tool('nginx'), '-p', str(folder), '-c', str(folder / 'nginx.conf'), '-e', str(folder / 'error.log')])
    try:
        url = f'http://127.0.0.1:{port}/page.html'

        def answers():
            with contextlib.suppress(OSError):
                return deploy.ask(url).status == 200
            return False
        if not deploy.wait_for(answers):
            raise Missing('nginx did not start: ' + (folder / 'error.log').read_text())
        yield url
    finally:
        deploy.stop(process)


def figure_page(folder):
    publish(folder)
    with deploy.server(folder, environment=UNLIMITED) as (process, url):
        page = deploy.ask(url + '/contests/labour-2010').body
        with tempfile.TemporaryDirectory(dir=folder) as www, nginx(pathlib.Path(www), page) as file_url:
            rounds = {'page': [], 'file': []}
            for _ in range(ROUNDS):
                rounds['page'].append(wrk(url + '/contests/labour-2010', 64))
                rounds['file'].append(wrk(file_url, 64))
        memory = resident(process.pid)
    rate, yard = (statistics.median(r[0] for r in rounds[k]) for k in ('page', 'file'))
    p99, yard99 = (statistics.median(r[1] for r in rounds[k]) for k in ('page', 'file'))
    yield f'result page, {len(page):,} bytes, 64 connections', f'{rate:,.0f}/s, p99 {p99:.1f} ms', 'half of nginx, p99 < 10 ms', rate >= yard / 2 and p99 < 10
    yield 'yardstick: nginx, a file of the same size', f'{yard:,.0f}/s, p99 {yard99:.1f} ms; ratio {rate / yard:.2f}', '', None
    yield 'answers that were none', str(sum(r[2] for r in rounds['page'])), '0', sum(r[2] for r in rounds['page']) == 0
    yield 'memory after it', f'{memory / MIB:.1f} MiB', '', None


def first_answer(folder, port):
    """Seconds from exec to the first answer on a connection."""
    began = time.perf_counter()
    process = subprocess.Popen([deploy.HUSTINGS, 'serve', '--listen', f'127.0.0.1:{port}', '--config', '/dev/null'], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1) as s:
                s.sendall(b'GET /contests/labour-2010 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
                if s.recv(64).startswith(b'HTTP/1.1 200'):
                    return time.perf_counter() - began
            if process.poll() is not None:
                sys.exit('serve: the server did not start')
            time.sleep(0.001)
    finally:
        deploy.stop(process)


def figure_start(folder):
    publish(folder)
    port = deploy.free_port()
    times = [first_answer(folder, port) for _ in range(5 * ROUNDS)]
    yield 'from exec to the first page', f'{statistics.median(times) * 1e3:.0f} ms, worst {max(times) * 1e3:.0f} ms', '< 150 ms', statistics.median(times) < 0.15
    with deploy.server(folder) as (process, url):
        for path in ('/', '/contests', '/contests/labour-2010', '/count'):
            deploy.ask(url + path)
        time.sleep(1.5)  # housekeeping's first round is over
        memory = resident(process.pid)
    yield 'memory when idle', f'{memory / MIB:.1f} MiB', '< 40 MiB', memory < 40 * MIB


def run_writes(folder, url, connections):
    script = folder / 'writes.lua'
    script.write_text(WRITES)
    wrk(url, connections, script, 1)
    rounds = [wrk(url, connections, script) for _ in range(ROUNDS)]
    return statistics.median(r[0] for r in rounds), statistics.median(r[1] for r in rounds), sum(r[2] for r in rounds)


@contextlib.contextmanager
def notes(program, store):
    """bench/notes.c on that store; its URL."""
    process = subprocess.Popen([program, '127.0.0.1:0', store], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        if not url.startswith('http://'):
            sys.exit('serve: the server of notes did not start')
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def figure_writes(folder, program):
    for connections, wanted in ((64, 10000), (512, 20000)):
        store = folder / f'notes-{connections}.db'
        with notes(program, store) as url:
            rate, p99, failed = run_writes(folder, url, connections)
        yield f'durable one-row commands on SQLite, {connections} connections', f'{rate:,.0f}/s, p99 {p99:.1f} ms, {failed} failed', f'{wanted:,}/s', rate >= wanted and not failed
        with contextlib.closing(sqlite3.connect(store)) as db:
            rows, keys = (db.execute(f'SELECT count(*) FROM {table}').fetchone()[0] for table in ('note', 'command_key'))
        yield '  rows and keys found in the file afterwards', f'{rows:,} and {keys:,}', 'as many', rows == keys


def pgbench(server, folder, clients):
    """One-row commits a second, as PostgreSQL's own load generator makes them."""
    script = folder / 'commit.sql'
    script.write_text('\\set n random(1, 2000000000)\nINSERT INTO yardstick VALUES (:client_id, :n, :n, repeat(\'x\', 100)) ON CONFLICT DO NOTHING;\n')
    server.sql('DROP TABLE IF EXISTS yardstick; CREATE TABLE yardstick (a BIGINT, b BIGINT, c BIGINT, d TEXT, PRIMARY KEY (a, b))', 'hustings')
    said = subprocess.run([tool('pgbench', str(postgres.BIN / 'pgbench')), '-n', '-M', 'prepared', '-c', str(clients), '-j', '2', '-T', str(SECONDS * ROUNDS),
                           '-f', str(script), '-h', str(server.folder), '-p', str(server.port), '-U', 'hustings', 'hustings'], capture_output=True, text=True)
    found = re.search(r'tps = ([0-9.]+)', said.stdout)
    if not found:
        raise Missing('pgbench: ' + said.stderr[-300:])
    return float(found[1])


def figure_postgres(folder, program):
    if not (postgres.BIN / 'postgres').exists():
        raise Missing('no PostgreSQL')
    with tempfile.TemporaryDirectory(dir=folder) as place, contextlib.ExitStack() as stack:
        for parent in (folder, pathlib.Path(place)):
            parent.chmod(0o755)  # it runs as a user of its own
        server = stack.enter_context(postgres.Postgres(pathlib.Path(place) / 'pg'))
        yard = pgbench(server, folder, 50)
        yield 'yardstick: pgbench, one-row commits, 50 clients', f'{yard:,.0f}/s', '', None
        with notes(program, server.url()) as url:
            for connections in (64, 512):
                rate, p99, failed = run_writes(folder, url, connections)
                wanted = connections == 512
                yield (f'durable one-row commands on PostgreSQL, {connections} connections', f'{rate:,.0f}/s, p99 {p99:.1f} ms, {failed} failed; {rate / yard:.2f} of pgbench',
                       '8,000/s' if wanted else '', rate >= 8000 and not failed if wanted else None)


class Browser:
    """A steward's session, as a browser has it: cookies, and the hidden fields of forms."""

    def __init__(self, url):
        at = urllib.parse.urlsplit(url)
        self.url, self.connection, self.cookies = url, http.client.HTTPConnection(at.hostname, at.port, timeout=60), {}

    def ask(self, method, path, fields=None):
        headers = {'Cookie': '; '.join(f'{k}={v}' for k, v in self.cookies.items())} if self.cookies else {}
        body = urllib.parse.urlencode(fields) if fields is not None else None
        if body is not None:
            headers |= {'Content-Type': 'application/x-www-form-urlencoded', 'Origin': self.url}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all('Set-Cookie') or []:
            name, _, value = cookie.split(';')[0].partition('=')
            self.cookies[name] = value
        return answer.status, text

    def form(self, path, **fields):
        hidden = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', self.ask('GET', path)[1]))
        return lambda: self.ask('POST', path, {**hidden, **fields})


def steward(folder, url):
    link = subprocess.run([deploy.HUSTINGS, 'sign-in', '--for', 'Ada Poll', '--by', 'Carol Count', '--store', folder / 'hustings.db', '--config', '/dev/null', '--listen', url.removeprefix('http://')],
                          capture_output=True, text=True, check=True).stdout.strip()
    browser = Browser(url)
    status, text = browser.form(link.removeprefix(url))()
    if status not in (200, 303):
        sys.exit(f'serve: the steward could not sign in: {status} {text[:300]}')
    return browser


@contextlib.contextmanager
def readers(program, port, path, count):
    """That many streams, in client processes of at most 9,500."""
    processes = []
    try:
        for start in range(0, count, 9500):
            processes.append(subprocess.Popen([program, str(port), path, str(min(9500, count - start)), str(2 + 4 * len(processes))], stdin=subprocess.PIPE,
                                              stdout=subprocess.PIPE, text=True, bufsize=1))
        for p in processes:
            line = p.stdout.readline()
            if not line.startswith('open '):
                sys.exit(f'serve: the streams did not open: {line}')
        yield processes
    finally:
        for p in processes:
            p.send_signal(signal.SIGTERM)
            p.wait()


def figure_streams(folder, program):
    publish(folder)
    with deploy.server(folder, environment=UNLIMITED) as (process, url):
        browser = steward(folder, url)
        time.sleep(1.5)
        before = resident(process.pid)
        began = time.perf_counter()
        with readers(program, int(url.rsplit(':', 1)[1]), '/live?topic=contests', STREAMS) as clients:
            opening = time.perf_counter() - began
            time.sleep(1)
            memory = resident(process.pid)
            yield f'{STREAMS:,} idle live streams: memory', f'{memory / MIB:.0f} MiB, {(memory - before) / STREAMS / 1024:.1f} KiB each; opened in {opening:.1f} s', '< 450 MiB', memory < 450 * MIB
            send = browser.form('/contests/labour-2010/unpublish', reason='for a measurement')
            for p in clients:
                p.stdin.write('go\n')
                p.stdin.flush()
                p.stdout.readline()
            began = time.monotonic_ns()
            status, text = send()
            answered = time.monotonic_ns()
            if status not in (200, 303):
                sys.exit(f'serve: the event could not be made: {status} {text[:300]}')
            times = [tuple(map(int, p.stdout.readline().split()[1:])) for p in clients]
            took = (max(t[1] for t in times) - began) / 1e9
            spread = (max(t[1] for t in times) - min(t[0] for t in times)) / 1e9
            yield 'one event to all of them, from the request that makes it', f'{took * 1e3:.0f} ms (first to last {spread * 1e3:.0f} ms; the request was answered after {(answered - began) / 1e6:.0f} ms)', '< 1 s', took < 1
            yield 'memory after it', f'{resident(process.pid) / MIB:.0f} MiB', '', None


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    deploy.HUSTINGS, streams, server = pathlib.Path(sys.argv[1]).resolve(), os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    figures = {'page': figure_page, 'start': figure_start, 'writes': lambda f: figure_writes(f, server), 'postgres': lambda f: figure_postgres(f, server),
               'streams': lambda f: figure_streams(f, streams)}
    print(f'{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {ROUNDS} rounds of {SECONDS} s, medians')
    for name, figure in figures.items():
        if sys.argv[4:] and name not in sys.argv[4:]:
            continue
        with tempfile.TemporaryDirectory(prefix='bench-', dir=os.environ.get('HUSTINGS_BENCH_FOLDER') or pathlib.Path(streams).parent) as folder:
            try:
                for what, seen, wanted, met in figure(pathlib.Path(folder)):
                    print(f'{what:66} {seen:60} {wanted:28}{"" if met is None else "met" if met else "MISSED"}', flush=True)
            except Missing as why:
                print(f'{name}: not measured: {why}', flush=True)


if __name__ == '__main__':
    main()
