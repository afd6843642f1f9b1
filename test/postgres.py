#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""postgres.py: a PostgreSQL server of one's own, for tests and figures.

    postgres.py run COMMAND...    start one, run COMMAND with HUSTINGS_TEST_POSTGRES set to its url, stop it; COMMAND's exit status
    postgres.py start FOLDER      start one whose files are in FOLDER (made for it); print the url
    postgres.py stop FOLDER       stop it and remove FOLDER

It comes from Debian's postgresql-15 (POSTGRES_BIN names another place), listens on a Unix socket in its own temporary folder, and on a free port of
127.0.0.1 too with --tcp. It is as durable as a real one (fsync on). PostgreSQL refuses to run as root: root starts it as the user postgres, or nobody.
The database `hustings` is there, empty. Its order of words is that of English, as an operator's may be: what relies on the order of bytes must say so.
"""
import argparse
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get('POSTGRES_BIN', '/usr/lib/postgresql/15/bin'))
PATIENCE = 60  # seconds until it must be up, or down
SETTINGS = """
unix_socket_directories = '{folder}'
listen_addresses = '{listen}'
port = {port}
max_connections = 60
shared_buffers = 256MB
max_wal_size = 2GB
logging_collector = off
log_min_messages = warning
log_min_error_statement = panic
"""


def unprivileged():
    """The user who runs it: whoever we are, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ('postgres', 'nobody'):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise SystemExit('postgres.py: root needs a user `postgres` or `nobody` to run the server as')


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Postgres:
    """A running server. Use as `with Postgres() as server:`, or call stop(). It also ends when this process does, however that is."""

    def __init__(self, folder=None, tcp=False, outlive=False):
        self.user = unprivileged()
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix='hustings-pg-'))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.outlive = outlive
        self.port = free_port() if tcp else 5432
        self.tcp = tcp
        self.process = None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        os.chmod(self.folder, 0o700)
        try:
            self.initdb()
            self.start()
            self.make_database('hustings')
        except BaseException:
            self.stop()
            raise

    def as_user(self, **more):
        ids = {'user': self.user.pw_uid, 'group': self.user.pw_gid, 'extra_groups': []} if self.user else {}
        env = {k: v for k, v in os.environ.items() if not k.startswith('PG')}
        return {**ids, 'env': {**env, 'LC_ALL': 'C.UTF-8', 'HOME': str(self.folder)}, 'cwd': self.folder, 'stdin': subprocess.DEVNULL, **more}

    @property
    def data(self):
        return self.folder / 'data'

    def initdb(self):
        made = subprocess.run([BIN / 'initdb', '--pgdata', self.data, '--username', 'hustings', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C.UTF-8',
                               '--locale-provider', 'icu', '--icu-locale', 'en', '--no-sync'],
                              **self.as_user(stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        if made.returncode:
            raise RuntimeError('initdb: ' + made.stdout.decode(errors='replace'))
        with open(self.data / 'postgresql.conf', 'a') as conf:
            conf.write(SETTINGS.format(folder=self.folder, listen='127.0.0.1' if self.tcp else '', port=self.port))

    def start(self):
        """Start it, again after kill() too."""
        libc = ctypes.CDLL(None, use_errno=True)

        def end_with_us():
            libc.prctl(1, int(signal.SIGQUIT), 0, 0, 0)  # PR_SET_PDEATHSIG

        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen([BIN / 'postgres', '-D', self.data], start_new_session=True,
                                            preexec_fn=None if self.outlive else end_with_us, **self.as_user(stdout=log, stderr=log))
        until = time.monotonic() + PATIENCE
        while subprocess.run([BIN / 'pg_isready', '-q', '-h', self.folder, '-p', str(self.port), '-U', 'hustings', '-d', 'postgres'], **self.as_user()).returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError('postgres did not start: ' + (self.folder / 'log').read_text(errors='replace'))
            time.sleep(0.02)

    def sql(self, text, database='postgres'):
        """Run `text` by psql; its output, unadorned."""
        done = subprocess.run([BIN / 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', self.folder, '-p', str(self.port), '-U', 'hustings', '-d', database,
                               '-c', text], **self.as_user(stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors='replace'))
        return done.stdout.decode()

    def make_database(self, name):
        self.sql(f'CREATE DATABASE {name}')
        return self.url(name)

    def url(self, database='hustings'):
        return f'postgresql:///{database}?host={self.folder}&port={self.port}&user=hustings'

    def url_tcp(self, database='hustings'):
        return f'postgresql://hustings@127.0.0.1:{self.port}/{database}'

    def kill(self):
        """As a machine that loses power would end it, less the disk's own cache."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": whoever is connected is cut off
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def run(command, tcp):
    with Postgres(tcp=tcp) as server:
        return subprocess.run(command, env={**os.environ, 'HUSTINGS_TEST_POSTGRES': server.url_tcp() if tcp else server.url()}).returncode


def stop(folder):
    pid = int((folder / 'data' / 'postmaster.pid').read_text().split()[0])
    os.kill(pid, signal.SIGINT)
    until = time.monotonic() + PATIENCE
    while (folder / 'data' / 'postmaster.pid').exists() and time.monotonic() < until:
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--tcp', action='store_true')
    parser.add_argument('verb', choices=['run', 'start', 'stop'])
    parser.add_argument('rest', nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if not given.rest:
        parser.error('run what, or where?')
    if given.verb == 'run':
        # Asked to end, end as usual: the server is stopped on the way out.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return run(given.rest, given.tcp)
    if given.verb == 'stop':
        return stop(pathlib.Path(given.rest[0]))
    server = Postgres(pathlib.Path(given.rest[0]).resolve(), given.tcp, outlive=True)
    print(server.url_tcp() if given.tcp else server.url())
    return 0


if __name__ == '__main__':
    sys.exit(main())
