#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""proxies.py [--hustings PATH]: the configurations in deploy/ as they stand are accepted by their programs, and Hustings behind nginx and behind
Caddy does what it does alone: pages, uploads, live streams, and it knows who asks, and how, only when it was told whom to believe.

Everything is on 127.0.0.x with a certificate of its own. Last line: "deploy: N passed, N failed[, N skipped]".
"""
import argparse
import contextlib
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

import deploy
from deploy import ROOT, Skip, Tally, ask, free_port, server, stop, wait_for

PAPERS = ROOT / 'examples/labour-2010/mps-and-meps.csv'
ENTRY = '/enter/AAAAAAAAAAAAAAAAAAAAAA'  # the sign-in route: so many tries an address, and no link is good
TRIES = 40


def sh(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)


# --- the unit and the configurations, unchanged but for names and places


def check_unit(tally):
    if not shutil.which('systemd-analyze'):
        raise Skip('no systemd-analyze to read the unit with')
    for name in ('hustings.service', 'hustings-witness.service'):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / name
            text = (ROOT / 'deploy' / name).read_text()
            unit.write_text(text.replace('ExecStart=/usr/bin/hustings', f'ExecStart={deploy.HUSTINGS}').replace('Documentation=man:hustings(1) ', 'Documentation='))
            said = sh('systemd-analyze', 'verify', unit)
            tally(f'systemd has nothing to say about {name}', said.returncode == 0 and not said.stderr.strip(), said.stderr)
            judged = sh('systemd-analyze', 'security', '--offline=true', unit)
            level = re.search(rf'exposure level for {name}: ([0-9.]+)', judged.stdout)
            tally('and finds little exposed (below 2 of 10)', level and float(level[1]) < 2, judged.stdout[-500:] + judged.stderr)


def allowed_calls():
    """Names of the system calls that the unit's filter lets through."""
    def members(group):
        listed = sh('systemd-analyze', 'syscall-filter', group).stdout
        names = set()
        for word in re.findall(r'^    (\S+)', listed, re.M):
            names |= members(word) if word.startswith('@') else {word} if word != '#' else set()
        return names

    allowed = set()
    for line in re.findall(r'^SystemCallFilter=(.*)', (ROOT / 'deploy/hustings.service').read_text(), re.M):
        for word in line.lstrip('~').split():
            names = members(word) if word.startswith('@') else {word}
            allowed = allowed - names if line.startswith('~') else allowed | names
    return allowed


def check_system_calls(tally):
    """What the server and the process it counts in really ask of the system is what the unit lets them ask."""
    if not shutil.which('systemd-analyze') or not shutil.which('strace') or sh('strace', '-f', 'true').returncode != 0:
        raise Skip('no strace, or no systemd-analyze: the filter of system calls is not compared with what is used')
    allowed = allowed_calls()
    tally('the filter names system calls', len(allowed) > 200 and 'epoll_wait' in allowed and 'reboot' not in allowed, len(allowed))
    with tempfile.TemporaryDirectory() as folder:
        trace = pathlib.Path(folder) / 'trace'
        with server(folder, before=('strace', '-f', '-qq', '-o', str(trace))) as (process, url):
            counted = upload(url, None)
            tally('a count under strace', counted.status == 200 and b'David Miliband' in counted.body, counted)
            ask(url + '/'), ask(url + '/healthz')
            publish(folder)
            ask(url + '/contests')
            child = pathlib.Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
            os.kill(int(child[0]), 15)  # the server; strace ends with it
            process.wait(30)
        used = set(re.findall(r'^\d+ +([a-z_0-9]+)\(', trace.read_text(), re.M))
    tally('they are few', 20 < len(used) < 120, sorted(used))
    if os.geteuid() == 0:
        used.discard('fchown')  # SQLite's, for root alone: it gives its files to the owner of the store
    tally('and the unit lets them all through', used <= allowed, sorted(used - allowed))


def certificate(folder):
    made = sh('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
              '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', folder / 'key.pem', '-out', folder / 'certificate.pem')
    if made.returncode != 0:
        raise Skip(f'no certificate: {made.stderr[-200:]}')
    trusting = ssl.create_default_context(cafile=folder / 'certificate.pem')
    return trusting


def replaced(text, pairs):
    for old, new in pairs:
        if old not in text:
            raise ValueError(f'the configuration does not say {old!r} any more')
        text = text.replace(old, new)
    return text


def nginx_files(folder, hustings, port, plain):
    site = replaced((ROOT / 'deploy/nginx.conf').read_text(), [
        ('127.0.0.1:8080', hustings), ('listen 80;', f'listen 127.0.0.1:{plain};'), ('    listen [::]:80;\n', ''),
        ('listen 443 ssl', f'listen 127.0.0.1:{port} ssl'), ('    listen [::]:443 ssl http2;\n', ''), ('server_name vote.example.org', 'server_name localhost'),
        ('/etc/letsencrypt/live/vote.example.org/fullchain.pem', f'{folder}/certificate.pem'),
        ('/etc/letsencrypt/live/vote.example.org/privkey.pem', f'{folder}/key.pem')])
    (folder / 'site.conf').write_text(site)
    paths = ''.join(f'    {name}_temp_path {folder}/{name};\n' for name in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    (folder / 'nginx.conf').write_text(f'{"user root;" if os.geteuid() == 0 else ""}\nworker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\n'
                                       f'error_log {folder}/error.log;\nevents {{ worker_connections 512; }}\nhttp {{\n{paths}    include {folder}/site.conf;\n}}\n')
    return ['nginx', '-p', str(folder), '-c', str(folder / 'nginx.conf'), '-e', str(folder / 'error.log')]


def caddy_files(folder, hustings, port, plain):
    text = replaced((ROOT / 'deploy/Caddyfile').read_text(), [
        ('127.0.0.1:8080', hustings), ('vote.example.org {', f'localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {folder}/certificate.pem {folder}/key.pem'),
        ('{\n\tservers {', f'{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {plain}\n\thttps_port {port}\n\tauto_https disable_redirects\n\tservers {{')])
    (folder / 'Caddyfile').write_text(text)
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', str(folder / 'Caddyfile')]


def home_of_caddy(folder):
    return {'PATH': os.environ['PATH'], 'HOME': str(folder), 'XDG_DATA_HOME': str(folder), 'XDG_CONFIG_HOME': str(folder)}


def check_nginx_accepts(tally):
    if not shutil.which('nginx'):
        raise Skip('no nginx')
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        certificate(folder)
        said = sh(*nginx_files(folder, '127.0.0.1:8080', free_port(), free_port()), '-t')
        tally('nginx accepts deploy/nginx.conf, without a warning', said.returncode == 0 and 'warn' not in said.stderr, said.stderr)


def check_caddy_accepts(tally):
    if not shutil.which('caddy'):
        raise Skip('no caddy')
    with tempfile.TemporaryDirectory() as folder:
        said = sh('caddy', 'validate', '--adapter', 'caddyfile', '--config', ROOT / 'deploy/Caddyfile', env=home_of_caddy(folder))
        warned = [line for line in said.stderr.splitlines() if '"level":"warn"' in line and 'formatted' in line]
        tally('caddy accepts deploy/Caddyfile as it stands, and its layout', said.returncode == 0 and not warned, said.stderr[-800:])


# --- end to end


@contextlib.contextmanager
def proxy(files, folder, hustings_url, kind):
    """(https URL, http URL, TLS context) of the proxy in front of the server at that URL."""
    trusting = certificate(folder)
    port, plain = free_port(), free_port()
    command = files(folder, hustings_url.removeprefix('http://'), port, plain)
    environment = home_of_caddy(folder) if kind == 'caddy' else None
    with open(folder / 'said', 'wb') as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment)
    try:
        def listens():
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
                return True
            return process.poll() is not None
        if not wait_for(listens) or process.poll() is not None:
            raise RuntimeError(f'{kind} did not start: {(folder / "said").read_text()[-1500:]}')
        yield f'https://localhost:{port}', f'http://localhost:{plain}', trusting
    finally:
        stop(process)


def multipart(parts):
    """(body, content type) of a form with fields and one file."""
    edge = 'edge-of-a-part-7c1f'
    body = b''
    for name, value in parts.items():
        if isinstance(value, tuple):
            head = f'Content-Disposition: form-data; name="{name}"; filename="{value[0]}"\r\nContent-Type: text/csv\r\n'
            value = value[1]
        else:
            head, value = f'Content-Disposition: form-data; name="{name}"\r\n', value.encode()
        body += f'--{edge}\r\n{head}\r\n'.encode() + value + b'\r\n'
    return body + f'--{edge}--\r\n'.encode(), f'multipart/form-data; boundary={edge}'


def upload(url, tls, papers=None):
    """Count a file as the form on /count does."""
    form = ask(url + '/count', tls=tls)
    cookie = '; '.join(c.split(';')[0] for c in form.headers.get_all('Set-Cookie') or [])
    hidden = {m[1].decode(): m[2].decode() for m in re.finditer(rb'<input type="hidden" name="(_\w+)" value="([^"]*)"', form.body)}
    body, kind = multipart({**hidden, 'rules': 'av-2011', 'papers': ('papers.csv', papers or PAPERS.read_bytes())})
    headers = {'Content-Type': kind, 'Accept': 'text/html', 'Origin': url, **({'Cookie': cookie} if cookie else {})}
    return ask(url + '/count', 'POST', body, headers, tls, timeout=60)


def publish(folder, replace=False):
    return sh(deploy.HUSTINGS, 'publish', ROOT / 'examples/labour-2010', '--store', pathlib.Path(folder) / 'hustings.db', *(['--replace'] if replace else []),
              env={'PATH': os.environ['PATH'], 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count'})


def tries_until_refused(url, source, headers=None, tls=None):
    """Send sign-ins from one address until they are refused as too many; how many, or None."""
    at = re.match(r'(https?)://([^:/]+):(\d+)', url)
    for n in range(TRIES):
        raw = socket.create_connection(('127.0.0.1', int(at[3])), 10, source_address=(source, 0))
        with (tls.wrap_socket(raw, server_hostname='localhost') if tls else raw) as s:
            lines = [f'POST {ENTRY} HTTP/1.1', f'Host: {at[2]}:{at[3]}', 'Content-Length: 0', 'Connection: close', *(headers(n) if headers else [])]
            s.sendall('\r\n'.join([*lines, '', '']).encode())
            status = s.makefile('rb').readline().split()[1]
        if status == b'429':
            return n
    return None


class Stream(threading.Thread):
    """Reads a live stream and keeps what came, with the time."""

    def __init__(self, url, tls):
        super().__init__(daemon=True)
        at = re.match(r'(https?)://([^:/]+):(\d+)', url)
        raw = socket.create_connection(('127.0.0.1', int(at[3])), 20)
        self.socket = tls.wrap_socket(raw, server_hostname='localhost') if tls else raw
        self.socket.sendall(f'GET /live?topic=contests HTTP/1.1\r\nHost: {at[2]}:{at[3]}\r\nAccept: text/event-stream\r\n\r\n'.encode())
        self.seen = b''

    def run(self):
        with contextlib.suppress(OSError):
            while piece := self.socket.recv(65536):
                self.seen += piece


def check_behind(tally, kind, files):
    if not shutil.which(kind):
        raise Skip(f'no {kind}')
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with server(folder, '--trusted-proxies', '127.0.0.1') as (_, direct), proxy(files, folder, direct, kind) as (url, plain, tls):
            published = publish(folder)
            tally(f'{kind}: a contest is published', published.returncode == 0, published.stdout + published.stderr)
            pages(tally, kind, direct, url, tls)
            streams(tally, kind, folder, url, tls)
            addresses(tally, kind, direct, url, tls)
            if kind == 'nginx':
                moved = ask(plain + '/contests')
                tally('nginx: plain http is sent on to https', moved.status == 308 and moved.headers['Location'] == 'https://vote.example.org/contests', moved)


def pages(tally, kind, direct, url, tls):
    page, alone = ask(url + '/contests', tls=tls), ask(direct + '/contests')
    tally(f'{kind}: a page', page.status == 200 and b'2010' in page.body, page)
    tally(f'{kind}: https is known', 'Strict-Transport-Security' in page.headers and 'Strict-Transport-Security' not in alone.headers, page)
    packed = ask(url + '/contests', headers={'Accept-Encoding': 'gzip'}, tls=tls)
    tally(f'{kind}: compressed pages pass', packed.headers.get('Content-Encoding') == 'gzip' and packed.body[:2] == b'\x1f\x8b', packed)
    same = ask(url + '/contests', headers={'If-None-Match': page.headers.get('ETag', 'none')}, tls=tls)
    tally(f'{kind}: what the browser has already is not sent again', same.status == 304, same)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(['h2', 'http/1.1'])
    with socket.create_connection(('127.0.0.1', int(url.rsplit(':', 1)[1])), 10) as raw, context.wrap_socket(raw, server_hostname='localhost') as s:
        tally(f'{kind}: HTTP/2 is spoken', s.selected_alpn_protocol() == 'h2', s.selected_alpn_protocol())
    counted = upload(url, tls)
    tally(f'{kind}: papers are sent and counted', counted.status == 200 and b'David Miliband' in counted.body, counted)
    head, line = PAPERS.read_bytes().split(b'\n', 1)[0], PAPERS.read_bytes().rstrip().rsplit(b'\n', 1)[1]
    large = PAPERS.read_bytes().rstrip() + (b'\n' + line) * 60000 + b'\n'
    counted = upload(url, tls, large)
    tally(f'{kind}: megabytes of them too', counted.status == 200 and len(large) > 1 << 20 and b'60,' in counted.body, (len(large), head, counted))


def streams(tally, kind, folder, url, tls):
    stream = Stream(url, tls)
    stream.start()
    opened = wait_for(lambda: b'text/event-stream' in stream.seen and b'\r\n\r\n' in stream.seen)
    tally(f'{kind}: a stream opens', opened, stream.seen)
    before = len(stream.seen)
    published = publish(folder, replace=True)
    came = wait_for(lambda: b'contests' in stream.seen[before:] and b'data:' in stream.seen[before:], 20)
    tally(f'{kind}: an event comes while the stream is open', published.returncode == 0 and came and stream.is_alive(), (published.stderr, stream.seen))
    stream.socket.close()


def addresses(tally, kind, direct, url, tls):
    inner = ask(url + '/metrics', tls=tls)
    tally(f'{kind}: a page for this machine alone is not shown through it', inner.status in (403, 404) and ask(direct + '/metrics').status == 200, inner)
    first = tries_until_refused(url, '127.0.0.21', tls=tls)
    tally(f'{kind}: one address is told that it tries too often', first is not None and first > 0, first)
    other = tries_until_refused(url, '127.0.0.22', tls=tls)
    tally(f'{kind}: another has its own measure', other is not None and other > 0, other)
    spoofed = tries_until_refused(url, '127.0.0.21', lambda n: [f'X-Forwarded-For: 203.0.113.{n}', f'Forwarded: for=203.0.113.{n}'], tls)
    tally(f'{kind}: a claim to be somebody else changes nothing', spoofed is not None and spoofed < TRIES - 1 and spoofed <= 2, spoofed)


def check_not_believed(tally):
    """A server that trusts nobody takes no client's word."""
    with tempfile.TemporaryDirectory() as folder, server(folder) as (_, url):
        page = ask(url + '/', headers={'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.1'})
        tally('untrusted: https is not believed', page.status == 200 and 'Strict-Transport-Security' not in page.headers, page)
        n = tries_until_refused(url, '127.0.0.31', lambda n: [f'X-Forwarded-For: 203.0.113.{n}'])
        tally('untrusted: many claimed addresses are one', n is not None, n)
        other = tries_until_refused(url, '127.0.0.32')
        tally('untrusted: real ones are two', other is not None and other > 0, other)
    with tempfile.TemporaryDirectory() as folder, server(folder, '--trusted-proxies', '127.0.0.1') as (_, url):
        n = tries_until_refused(url, '127.0.0.33', lambda n: [f'X-Forwarded-For: 203.0.113.{n}'])
        tally('another address than the trusted one is not believed', n is not None, n)
        n = tries_until_refused(url, '127.0.0.1', lambda n: [f'X-Forwarded-For: 203.0.113.{n}'])
        tally('the trusted one is', n is None, n)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    options.add_argument('words', nargs='*', metavar='WORD')
    o = options.parse_args()
    deploy.HUSTINGS = o.hustings.resolve()
    tally = Tally('deploy')
    parts = {'unit': (check_unit,), 'calls': (check_system_calls,), 'nginx-file': (check_nginx_accepts,), 'caddy-file': (check_caddy_accepts,),
             'nginx': (check_behind, 'nginx', nginx_files), 'caddy': (check_behind, 'caddy', caddy_files), 'trust': (check_not_believed,)}
    for name, (part, *arguments) in parts.items():
        if not o.words or name in o.words:
            tally.run(part, *arguments)
    tally.end()


if __name__ == '__main__':
    main()
