#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""service.py [--hustings PATH] [WORD...]: hustings serve as whoever runs it meets it: how it starts, what it says when it cannot, how it ends, and what
it tells systemd. Each function named check_... starts real servers on 127.0.0.1. Last line: "service: N passed, N failed[, N skipped]".
"""
import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time

import deploy
from deploy import ROOT, Skip, Tally, ask, free_port, line_with, server, stop, wait_for

sys.path.insert(0, str(ROOT / 'test'))

BARE = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count'}


def run(*arguments, folder, environment=None):
    """A command that ends by itself: (status, what it printed, what it said)."""
    done = subprocess.run([str(deploy.HUSTINGS), *map(str, arguments)], cwd=folder, env={**BARE, **(environment or {})}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def refused(tally, what, status, words, *arguments, folder, environment=None):
    """It ends at once with that status and one line that has all the words."""
    seen = run(*arguments, folder=folder, environment=environment)
    said = seen[2].strip()
    held = seen[0] == status and seen[1] == '' and all(w in said for w in words) and said.count('\n') == 0 and said.startswith('hustings serve: ')
    tally(what, held, seen)


# --- starting


def check_start(tally, folder):
    with server(folder) as (process, url):
        tally('the address it says is the one it answers on', ask(url + '/healthz').status == 200)
        tally('a folder with nothing in it now has a store', sorted(p.name.split('-')[0] for p in folder.iterdir())[0] == 'hustings.db', list(folder.iterdir()))
    tally('SIGTERM ends it well', process.returncode == 0, process.returncode)
    for name in ('SIGINT', 'SIGHUP'):
        with server(folder) as (process, url):
            process.send_signal(getattr(signal, name))
            tally(f'{name} ends it well', process.wait(20) == 0, process.returncode)


def check_settings(tally, folder):
    port = free_port()
    (folder / 'hustings.conf').write_text(f'[server]\nlisten = 127.0.0.1:{port}\n[site]\nname = A choir\n[store]\nurl = choir.db\n')
    environment = {'HUSTINGS_SITE_TIME_ZONE': 'UTC', 'PATH': BARE['PATH']}
    process = subprocess.Popen([deploy.HUSTINGS, 'serve'], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        match, said = line_with(process, rb'event=serving url=(\S+)')
        tally('the file of settings is followed', match and match[1].decode() == f'http://127.0.0.1:{port}', said)
        page = ask(f'http://127.0.0.1:{port}/none-such')
        tally('and on the pages', b'A choir' in page.body and (folder / 'choir.db').exists(), page)
    finally:
        stop(process)
        process.stderr.close()
    (folder / 'hustings.conf').write_text('[server]\nlistn = 127.0.0.1:1\n')
    seen = run('serve', folder=folder, environment={'HUSTINGS_CONFIG': 'hustings.conf'})
    tally('a wrong one stops it before anything is opened', seen[0] == 2 and 'hustings.conf:2' in seen[2] and not (folder / 'hustings.db').exists(), seen)


def check_it_says_why_not(tally, folder):
    with server(folder) as (process, url):
        address = url.removeprefix('http://')
        refused(tally, 'a port that is taken', 3, [address, 'already in use'], 'serve', '--listen', address, '--store', 'other.db', folder=folder)
        tally('the first goes on', ask(url + '/healthz').status == 200)
        refused(tally, 'a second server on the same file', 2, ['a server (process', 'stop it first', 'hustings.db', str(process.pid)], 'serve', '--listen', '127.0.0.1:0', folder=folder)
        tally('the first goes on still', ask(url + '/healthz').status == 200)
    with server(folder) as (_, url):
        tally('its place is free once it has ended', ask(url + '/healthz').status == 200)
    refused(tally, 'a folder that is not there', 3, ['/none-such/x.db', 'No such file'], 'serve', '--store', '/none-such/x.db', '--listen', '127.0.0.1:0', folder=folder)
    (folder / 'text.db').write_text('this is no store\n' * 400)
    refused(tally, 'a file that is none', 3, ['text.db'], 'serve', '--store', 'text.db', '--listen', '127.0.0.1:0', folder=folder)
    refused(tally, 'an address of another machine', 3, ['192.0.2.1:80'], 'serve', '--listen', '192.0.2.1:80', folder=folder)
    refused(tally, 'a certificate that is not there', 3, ['none.pem', 'No such file'], 'serve', '--listen', '127.0.0.1:0', '--certificate', 'none.pem', '--key', 'none.key',
            folder=folder)
    for name in ('a.pem', 'a.key'):
        (folder / name).write_text('nonsense\n')
    seen = run('serve', '--listen', '127.0.0.1:0', '--certificate', 'a.pem', '--key', 'a.key', folder=folder)
    tally('a certificate that is none', seen[0] in (2, 3) and seen[2].startswith('hustings serve: ') and 'certificate' in seen[2], seen)
    refused(tally, 'templates that are not there', 2, ['none-such'], 'serve', '--listen', '127.0.0.1:0', '--templates', 'none-such', folder=folder)
    refused(tally, 'a time zone that is none', 2, ['Atlantis'], 'serve', '--listen', '127.0.0.1:0', '--time-zone', 'Europe/Atlantis', folder=folder)


def check_newer_schema(tally, folder):
    with server(folder):
        pass
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db')) as db:
        last = db.execute('SELECT max(number) FROM migration').fetchone()[0]
        db.execute('INSERT INTO migration VALUES (?, ?, ?, 0)', (last + 1, f'{last + 1:04}_of_tomorrow', hashlib.sha256(b'x').digest()))
        db.commit()
    refused(tally, 'a store that a newer program has changed', 2, ['newer'], 'serve', '--listen', '127.0.0.1:0', folder=folder)


def keep(url, key):
    """A durable write under that idempotency key."""
    headers = {'Content-Type': 'application/x-www-form-urlencoded', 'Accept': 'application/json', 'Idempotency-Key': key}
    return ask(url + '/kept', 'POST', 'rules=av-2011&text=Ann%2CBob%0A1%2C2%0A2%2C1%0A1%2C2%0A', headers)


def refuses_until_mended(tally, what, url, folder, mend):
    """Writes are told 503 while `what` lasts, pages are still read, and afterwards the same writes are done, once each."""
    broken = [keep(url, f'{what}-{i}') for i in range(3)]
    tally(f'{what}: writes are told to come back', all(a.status == 503 and a.headers['Retry-After'] and b'"detail"' in a.body for a in broken), broken[0])
    tally(f'{what}: pages are still shown', ask(url + '/contests').status == 200)
    mend()
    done = [keep(url, f'{what}-{i}') for i in range(3)]
    again = [keep(url, f'{what}-{i}') for i in range(3)]
    tally(f'{what}: the same writes are done when it is over', all(a.status == 201 for a in done), done[0])
    tally(f'{what}: and once', [a.body for a in again] == [a.body for a in done], again[0])
    tally(f'{what}: the site is well again', ask(url + '/healthz').status == 200)
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db')) as db:
        tally(f'{what}: the file is whole', db.execute('PRAGMA integrity_check').fetchone()[0] == 'ok' and db.execute('SELECT count(*) FROM kept_count').fetchone()[0] == 4)


def check_disk_that_fails(tally, folder):
    with server(folder) as (process, url):
        tally('a write before', keep(url, 'first').status == 201)
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))  # every write beyond fails, as on a broken disk
        refuses_until_mended(tally, 'a disk that fails', url, folder, lambda: resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before))


def check_full_disk(tally, folder):
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], capture_output=True).returncode:
        raise Skip('no mount: a disk cannot be filled')
    try:
        with server(folder) as (_, url), open(folder / 'filler', 'wb', 0) as filler:
            tally('a write before', keep(url, 'first').status == 201)
            with contextlib.suppress(OSError):
                while True:
                    filler.write(bytes(4096))
            refuses_until_mended(tally, 'a full disk', url, folder, lambda: filler.truncate(0))
    finally:
        subprocess.run(['umount', folder], check=True)


def check_open_files(tally, folder):
    if not shutil.which('prlimit'):
        raise Skip('no prlimit')
    with server(folder, before=('prlimit', '--nofile=256:2048')) as (process, _):
        line = re.search(r'^Max open files +(\d+) +(\d+)', pathlib.Path(f'/proc/{process.pid}/limits').read_text(), re.M)
        tally('the limit on open files is raised to what is allowed', line and line[1] == line[2] == '2048', line)


def check_tls(tally, folder):
    made = subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                           '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', folder / 'k.pem', '-out', folder / 'c.pem'], capture_output=True)
    if made.returncode != 0:
        raise Skip('no openssl')
    with server(folder, '--certificate', 'c.pem', '--key', 'k.pem') as (_, url):
        trusting = ssl.create_default_context(cafile=folder / 'c.pem')
        page = ask(url + '/none-such', tls=trusting)
        tally('TLS alone, without a proxy', url.startswith('https://') and page.status == 404 and 'Strict-Transport-Security' in page.headers, (url, page))


def check_unix_socket(tally, folder):
    place = folder / 'socket'
    process = subprocess.Popen([deploy.HUSTINGS, 'serve', '--listen', f'unix:{place}'], cwd=folder, env=BARE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        match, said = line_with(process, rb'event=serving url=(\S+)')
        tally('it listens on a socket file', match and place.is_socket(), said)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(place))
            s.sendall(b'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
            tally('and answers there', s.makefile('rb').readline().split()[1] == b'200')
    finally:
        status = stop(process)
        process.stderr.close()
    tally('and takes it away', status == 0 and not place.exists(), (status, place.exists()))


def check_postgres(tally, folder):
    """A server that is still starting is waited for, up to a bound."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))  # bound, not listening: nobody answers there, and nobody else takes it
    port = listener.getsockname()[1]
    refused(tally, 'PostgreSQL without a place for the key of the record', 2, ['record.key', 'docs/record.md'], 'serve', '--store', f'postgres://x@127.0.0.1:{port}/x',
            folder=folder)
    (folder / 'wait.conf').write_text('[store]\nwait_seconds = 1\n[record]\nkey = record-key\n')
    seen = run('serve', '--config', 'wait.conf', '--store', f'postgres://sesame:open@127.0.0.1:{port}/x', '--listen', '127.0.0.1:0', folder=folder)
    tally('it waits, says so, and gives up', seen[0] == 3 and 'event=waiting_for_store' in seen[2] and 'refused' in seen[2], seen)
    tally('without telling the password', 'open' not in seen[2], seen)
    (folder / 'wait.conf').write_text('[store]\nwait_seconds = 600\n[record]\nkey = record-key\n')
    process = subprocess.Popen([deploy.HUSTINGS, 'serve', '--config', 'wait.conf', '--store', f'postgres://x@127.0.0.1:{port}/x'], cwd=folder, env=BARE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    line_with(process, rb'event=waiting_for_store')
    tally('a signal ends the waiting', stop(process, 20) in (0, 3), process.returncode)
    process.stderr.close()
    listener.close()


# --- ending


def half_a_request(url):
    """A POST whose body is not all there yet."""
    host, port = url.removeprefix('http://').split(':')
    s = socket.create_connection((host, int(port)), 20)
    s.sendall(f'POST /sign-out HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n_csr'.encode())
    return s


def has_it(url, process):
    """Has the server seen the half request? It has when a later one on another connection was answered."""
    ask(url + '/healthz')
    ask(url + '/healthz')
    return process.poll() is None


def refuses(url):
    host, port = url.removeprefix('http://').split(':')
    try:
        socket.create_connection((host, int(port)), 2).close()
    except OSError:
        return True
    return False


def check_drain(tally, folder):
    (folder / 'slow.conf').write_text('[server]\ndrain_seconds = 120\nbody_seconds = 120\n')
    with server(folder, '--config', 'slow.conf') as (process, url):
        s = half_a_request(url)
        tally('a request is under way', has_it(url, process))
        process.send_signal(signal.SIGTERM)
        tally('new connections are refused while it ends', wait_for(lambda: refuses(url)) and process.poll() is None, process.poll())
        s.sendall(b'f=abcdef')
        answer = s.makefile('rb').readline()
        tally('the request under way is answered', re.match(rb'HTTP/1.1 \d{3} ', answer), answer)
        s.close()
        tally('and then it ends', process.wait(20) == 0, process.returncode)
    with server(folder, '--config', 'slow.conf') as (process, url):
        s = half_a_request(url)
        has_it(url, process)
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(url))
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        tally('a second signal does not wait', process.poll() == 0, process.poll())
        s.close()


def check_readers_who_leave(tally, folder):
    with server(folder) as (process, url):
        host, port = url.removeprefix('http://').split(':')
        for _ in range(50):
            s = socket.create_connection((host, int(port)), 20)
            s.sendall(b'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n' * 20)
            s.close()
        tally('clients that leave before the answer do it no harm', ask(url + '/healthz').status == 200 and process.poll() is None, process.poll())


# --- systemd


def check_notify(tally, folder):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(folder / 'notify'))
        s.settimeout(20)
        heard = []

        def hear(word):
            with contextlib.suppress(TimeoutError):
                while not any(word in h for h in heard):
                    heard.append(s.recv(4096).decode())
            return any(word in h for h in heard)

        environment = {'NOTIFY_SOCKET': str(folder / 'notify'), 'WATCHDOG_USEC': '400000'}
        with server(folder, environment=environment) as (process, url):
            tally('READY=1', hear('READY=1'), heard)
            tally('when it is: it answers', ask(url + '/healthz').status == 200)
            tally('WATCHDOG=1, again and again', hear('WATCHDOG=1') and not heard.clear() and hear('WATCHDOG=1'), heard)
            process.send_signal(signal.SIGTERM)
            tally('STOPPING=1', hear('STOPPING=1'), heard)
            tally('and it ends', process.wait(20) == 0)
        with server(folder, environment={**environment, 'WATCHDOG_PID': '1'}) as (process, url):
            heard.clear()
            hear('READY=1')
            heard.clear()
            s.settimeout(1)
            tally('a watchdog meant for another process is not ours', not hear('WATCHDOG=1'), heard)
        if os.uname().sysname == 'Linux':
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hidden:
                name = f'hustings-test-{os.getpid()}'
                hidden.bind('\0' + name)
                hidden.settimeout(20)
                with server(folder, environment={'NOTIFY_SOCKET': '@' + name}):
                    tally('a socket without a file', b'READY=1' in hidden.recv(4096))


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


def check_watchdog(tally, folder):
    """One thread that is stuck (held by ptrace) while all others go on: systemd is told no more, and again when it goes on."""
    trace = ctypes.CDLL(None, use_errno=True).ptrace
    trace.argtypes = [ctypes.c_long] * 4
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(folder / 'notify'))
        with server(folder, environment={'NOTIFY_SOCKET': str(folder / 'notify'), 'WATCHDOG_USEC': '400000', 'HUSTINGS_SERVER_LOOPS': '2'}) as (process, _):
            def pings(seconds):
                count, end = 0, time.monotonic() + seconds
                while (left := end - time.monotonic()) > 0:
                    s.settimeout(left)
                    with contextlib.suppress(TimeoutError):
                        count += b'WATCHDOG=1' in s.recv(4096)
                return count

            def name_of(task):
                with contextlib.suppress(OSError):  # it may have ended since it was listed
                    return (task / 'comm').read_text().strip()

            def loops_of_it():
                return [int(t.name) for t in pathlib.Path(f'/proc/{process.pid}/task').iterdir() if name_of(t) == 'loop']

            if not tally('the loops are threads of that name', wait_for(lambda: len(loops_of_it()) == 2), loops_of_it()):
                return
            loops = loops_of_it()
            if trace(PTRACE_SEIZE, loops[1], 0, 0) != 0:
                raise Skip('no ptrace: a stuck thread cannot be made')
            try:
                trace(PTRACE_INTERRUPT, loops[1], 0, 0)
                quiet = any(pings(1) == 0 for _ in range(20))
                tally('one loop is stuck: WATCHDOG=1 stays away', quiet)
            finally:
                os.waitpid(loops[1], 0x40000000)  # __WALL: it must have stopped before it can be let go
                trace(PTRACE_DETACH, loops[1], 0, 0)
            tally('it goes on: so does WATCHDOG=1', any(pings(1) > 0 for _ in range(20)))


# --- housekeeping


def check_housekeeping(tally, folder):
    with server(folder):
        pass
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db')) as db:
        far = int(time.time() * 1000) + 10**9
        db.execute("INSERT INTO session (token_hash, id, who, name, begun, seen, ends) VALUES (x'01', 'over', 'steward', 'Ada Poll', 1, 1, 2)")
        db.execute("INSERT INTO session (token_hash, id, who, name, begun, seen, ends) VALUES (x'02', 'good', 'steward', 'Ada Poll', 1, ?, ?)", (far, far))
        db.execute("INSERT INTO session (token_hash, id, who, begun, seen, ends) VALUES (x'04', 'nameless', 'steward', 1, ?, ?)", (far, far))
        db.execute("INSERT INTO entry (token_hash, who, ends) VALUES (x'03', 'steward', 2)")
        db.execute("INSERT INTO command_key VALUES ('old', x'00', x'00', 1)")
        db.commit()

    def left():
        with contextlib.closing(sqlite3.connect(folder / 'hustings.db', timeout=10)) as db:
            return [db.execute(f'SELECT count(*) FROM {t}').fetchone()[0] for t in ('session', 'entry', 'command_key')]

    with server(folder):
        tally('what is past its time is dropped, and nothing else', wait_for(lambda: left() == [1, 0, 0]), left())


# --- for people


def check_terminal(tally, folder):
    """Started by hand it says what to do next, with addresses that work; in a pipe it prints nothing."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([deploy.HUSTINGS, 'serve', '--listen', '127.0.0.1:0'], cwd=folder, env=BARE, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    text, end = b'', time.monotonic() + 20
    try:
        while b'sign-in' not in text and time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                text += os.read(ours, 4096)
        url = re.search(rb'http://127\.0\.0\.1:\d+', text)
        tally('at a terminal it says where it is, and what to do next', url and b'hustings publish' in text and b'Ctrl-C' in text, text)
        tally('and is there', url and ask(url[0].decode() + '/healthz').status == 200)
    finally:
        stop(process)
        os.close(ours)
    process = subprocess.Popen([deploy.HUSTINGS, 'serve', '--listen', '127.0.0.1:0'], cwd=folder, env=BARE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    line_with(process, rb'event=serving url=(\S+)')
    stop(process)
    tally('in a pipe it prints nothing', process.stdout.read() == b'')
    process.stdout.close()
    process.stderr.close()


def check_dev(tally, folder):
    seen = run('serve', '--dev', '--listen', 'nonsense', folder=ROOT)
    tally('--dev finds the source tree', seen[0] == 2 and '--listen' in seen[2], seen)
    shutil.copy(deploy.HUSTINGS, folder / 'alone')
    done = subprocess.run([folder / 'alone', 'serve', '--dev'], cwd=folder, env=BARE, capture_output=True, text=True, timeout=60)
    tally('or says that there is none', done.returncode == 2 and '--dev' in done.stderr, done)
    for part in ('src/http/pages', 'src/contest/pages', 'src/people/pages', 'src/record/pages', 'src/roll/pages', 'web'):
        shutil.copytree(ROOT / part, folder / part)
    with server(folder, '--dev') as (_, url):
        error = folder / 'src/http/pages/error.html'
        before = ask(url + '/none-such').body
        error.write_text(error.read_text() + '<p>changed while it runs</p>\n')
        after = ask(url + '/none-such').body
        tally('a changed template shows at once', b'changed while it runs' in after and b'changed while it runs' not in before, after)


def check_sign_in(tally, folder):
    with server(folder) as (_, url):
        address = url.removeprefix('http://')
        status, link, said = run('sign-in', '--for', 'Ada Poll', '--listen', address, folder=folder)
        tally('a link for the steward', status == 0 and link.startswith(url + '/enter/'), (link, said))
        page = ask(link.strip())
        tally('it shows its button, and signs nobody in by itself', page.status == 200 and b'<form' in page.body, page)
        based = run('sign-in', '--for', 'Ada Poll', folder=folder, environment={'HUSTINGS_SERVER_BASE': 'https://vote.example.org'})
        tally('with the address that people use', based[1].startswith('https://vote.example.org/enter/'), based)
        log_free = re.search(r'/enter/(\S+)', link)[1]
        raw = b''.join(p.read_bytes() for p in folder.glob('hustings.db*'))
        tally('the store does not hold the link itself', log_free.encode() not in raw)
    seen = run('sign-in', '--for', 'Ada Poll', '--store', 'none.db', folder=folder)
    tally('no store is made for it', seen[0] == 2 and 'none.db' in seen[2] and not (folder / 'none.db').exists(), seen)
    for minutes, what in (('100000', 'nor a link for months'), ('0', 'nor one that is over at once')):
        seen = run('sign-in', '--for', 'Ada Poll', '--minutes', minutes, folder=folder)
        tally(what, seen[0] == 2 and '--minutes' in seen[2], seen)


def check_other_commands_say_why_not(tally, folder):
    for words in (('contests',), ('unpublish', 'a', '--reason', 'b'), ('backup', 'copy.db'), ('export', 'copy')):
        seen = run(*words, folder=folder)
        tally(f'{words[0]}: a store that is not there is named, and not made', seen[0] == 2 and 'hustings.db' in seen[2] and not list(folder.iterdir()), seen)
    (folder / 'notes.txt').write_text('no backup')
    seen = run('restore', 'notes.txt', '--store', 'new.db', folder=folder)
    tally('restore: a file that is no backup is named', seen[0] == 2 and 'notes.txt' in seen[2] and not (folder / 'new.db').exists(), seen)
    for command in ('routes', 'openapi'):
        seen = run(command, 'more', folder=folder)
        tally(f'{command}: a word too many is told', seen[0] == 2 and "'more'" in seen[2] and not seen[1], seen)
    with server(folder):
        pass
    seen = run('contests', folder=folder)
    tally('contests: that there is none is said, apart from the list', seen[0] == 0 and not seen[1] and 'nothing is published' in seen[2], seen)


def check_tables(tally, folder):
    status, routes, _ = run('routes', folder=folder)
    rows = [line.split('\t') for line in routes.splitlines()]
    tally('routes: a line each, seven columns', status == 0 and len(rows) > 10 and all(len(r) == 7 for r in rows), routes)
    status, text, _ = run('openapi', folder=folder)
    described = json.loads(text)
    with server(folder) as (_, url):
        served = json.loads(ask(url + '/openapi.json').body)
    tally('openapi: as the server gives it', status == 0 and described['paths'] == served['paths'] and described['openapi'].startswith('3.1'), text[:300])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    options.add_argument('words', nargs='*', metavar='WORD')
    o = options.parse_args()
    deploy.HUSTINGS = o.hustings.resolve()
    tally = Tally('service')
    for name, check in list(globals().items()):
        if name.startswith('check_') and (not o.words or any(w in name for w in o.words)):
            with tempfile.TemporaryDirectory(prefix='hustings-service-') as folder:
                tally.run(check, pathlib.Path(folder))
    tally.end()


if __name__ == '__main__':
    main()
