#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""seal.py [--hustings PATH] [WORD...]: the signing of the public record, at real servers: that it happens soon, that keys change, that nothing is signed which does not extend
what was signed before, and that no witness, however bad, holds it up.

Signatures, proofs and roots are checked by tlog.py, which shares no code with the program. Each function named check_... starts servers of its own; those with
PostgreSQL need HUSTINGS_TEST_POSTGRES (test/postgres.py run). Last line: "seal: N passed, N failed[, N skipped]".
"""
import argparse
import base64
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('deploy', 'contest')]
import deploy
import servers
import tlog
from client import Browser
from deploy import Skip, Tally, ask, line_with, stop, wait_for

PATIENCE = 60  # seconds until something that must happen is said not to; nothing is measured by it
BARE = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count', 'HUSTINGS_LIMITS_RATES': '0',
        'HUSTINGS_RECORD_ORIGIN': 'vote.example.org/record'}


class Site:
    """A store, a key, and at times a server on them. What it says on standard error is kept."""

    def __init__(self, folder, store=None, key='key', **settings):
        self.folder, self.store, self.key = folder, store or str(folder / 'store.db'), folder / key
        self.environment = {**BARE, 'HUSTINGS_RECORD_KEY': str(self.key), **settings}
        self.process, self.url = None, None
        self.log = folder / f'log-{os.urandom(4).hex()}'

    @property
    def last(self):
        return self.key.with_name(self.key.name + '.last')

    def run(self, *words, status=0, environment=None):
        done = subprocess.run([str(deploy.HUSTINGS), *map(str, words), '--store', self.store], cwd=self.folder, env={**self.environment, **(environment or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if done.returncode != status:
            raise RuntimeError(f'{words}: {done.returncode} {done.stdout}{done.stderr}')
        return done.stdout if status == 0 else done.stderr

    def act(self, times=1):
        """A small act: a link for a steward is offered."""
        for _ in range(times):
            self.run('sign-in', '--for', 'Ada Poll')

    def start(self):
        out = open(self.log, 'ab')
        at = out.seek(0, 2)
        self.process = subprocess.Popen([str(deploy.HUSTINGS), 'serve', '--store', self.store, '--listen', '127.0.0.1:0'], cwd=self.folder, env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out)
        out.close()

        def up():
            return re.search(r'event=serving url=(\S+)', self.said()[at:]) or self.process.poll() is not None
        wait_for(up, PATIENCE)
        found = re.search(r'event=serving url=(\S+)', self.said()[at:])
        if not found:
            raise RuntimeError(f'it did not start: {self.said()}')
        self.url = found[1]

    def begin(self):
        """The store and the key are made, and an empty record is signed."""
        with self.serving():
            return self

    def said(self):
        return self.log.read_text(errors='replace')

    def stop(self):
        return stop(self.process)

    @contextlib.contextmanager
    def serving(self):
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def get(self, path):
        answer = ask(self.url + path)
        if answer.status != 200:
            raise RuntimeError(f'{path}: {answer}')
        return answer.body.decode()

    def note(self):
        return self.get('/record/checkpoint')

    def size(self):
        return tlog.checkpoint_parts(self.note())[1]

    def metric(self, name):
        return int(re.search(rf'^hustings_record_{name} (-?\d+)$', self.get('/metrics'), re.M)[1])

    def leaves(self):
        """Hashes of all leaves, from the tiles that are served."""
        size, hashes = self.size(), []
        for n in range((size + 255) // 256):
            width = min(256, size - n * 256)
            path = f'/record/tile/0/{n:03d}' + (f'.p/{width}' if width < 256 else '')
            tile = ask(self.url + path).body
            hashes += [tile[i:i + 32] for i in range(0, len(tile), 32)]
        return hashes[:size]

    def sql(self, text):
        with contextlib.closing(sqlite3.connect(self.store, timeout=20)) as db:
            db.executescript(text)

    def rows(self, text):
        if self.store.startswith('postgres'):
            done = subprocess.run(['psql', '-q', '-A', '-t', '-R', '\x1e', '-F', '\x1f', '-d', self.store, '-c', text], check=True, capture_output=True, text=True)
            return [tuple(row.split('\x1f')) for row in done.stdout.removesuffix('\n').split('\x1e') if row]
        with contextlib.closing(sqlite3.connect(self.store, timeout=20)) as db:
            return db.execute(text).fetchall()

    def vkeys(self):
        return self.run('record', 'key').split()


def signed_by(vkey, note):
    """Does the key sign this note? Ed25519, by other code than the program's."""
    verifier = tlog.Verifier(vkey)
    text, lines = tlog.note_parts(note)
    for line in lines.splitlines():
        _, name, data = line.split(' ')
        data = base64.b64decode(data)
        if name == verifier.name and data[:4] == verifier.id and len(data) == 68 and tlog.ed25519_is_right(verifier.public, text.encode(), data[4:]):
            return True
    return False


def root_of(hashes):
    """RFC 6962, section 2.1, of leaf hashes, as it is written there."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = tlog.split_at(len(hashes))
    return tlog.node_hash(root_of(hashes[:k]), root_of(hashes[k:]))


def all_extend(tally, what, site, vkey, notes):
    """Every note is signed, and is of the first leaves of what is served now."""
    hashes = site.leaves()
    wrong = [n for n in notes if not signed_by(vkey, n) or tlog.checkpoint_parts(n)[1] > len(hashes)
             or root_of(hashes[:tlog.checkpoint_parts(n)[1]]) != tlog.checkpoint_parts(n)[2]]
    return tally(f'{what}: {len(notes)} checkpoints are signed and fit the {len(hashes)} leaves', notes and not wrong, wrong)


# --- the ordinary day


def check_soon(tally, folder):
    site = Site(folder)
    with site.serving():
        vkey, = site.vkeys()
        first = site.note()
        tally('from the first answer on there is a checkpoint', tlog.checkpoint_parts(first)[0] == 'vote.example.org/record' and signed_by(vkey, first), first)
        tally('the key is told of once, and its secret never', site.said().count('event=record_key_made') == 1 and 'PRIVATE' not in site.said(), site.said())
        notes = [first]
        for n in range(6):
            before = site.size()
            site.act(n % 3 + 1)
            held = wait_for(lambda: site.size() >= before + n % 3 + 1, PATIENCE)
            notes.append(site.note())
            tally(f'act {n}: a checkpoint holds it soon', held, notes[-1])
        all_extend(tally, 'soon', site, vkey, notes)
        tally('the figures say the same', site.metric('leaves') == site.metric('sealed_leaves') == site.size() and site.metric('stopped') == 0
              and 0 <= site.metric('sealed_seconds') < 3600, site.get('/metrics'))
        site.act()
        size = site.rows('SELECT size FROM record_head')[0][0]
    tally('what came last is sealed before it ends', site.rows('SELECT max(size) FROM record_checkpoint')[0][0] == size and site.process.returncode == 0, site.said())
    site.act(2)
    tally('with no server running, record seal does it', site.run('record', 'seal').startswith(f'{size + 2} leaves, signed by vote.example.org/record+'))
    with site.serving():
        tally('and a server takes it up', site.size() == size + 2 and site.vkeys() == [vkey], site.note())
        all_extend(tally, 'after a restart', site, vkey, notes + [site.note()])


def check_key_file(tally, folder):
    site = Site(folder)
    with site.serving():
        site.act()
    mode = site.key.stat().st_mode & 0o7777
    tally('only its owner may read the key', mode == 0o600, oct(mode))
    site.key.chmod(0o640)
    site.process = None
    for words in (('serve', '--listen', '127.0.0.1:0'), ('record', 'seal'), ('record', 'key')):
        said = site.run(*words, status=2)
        tally(f'{words}: a key that others can read is refused, and how to mend it told', f'chmod 600 {site.key}' in said, said)
    site.key.chmod(0o600)
    secret = site.key.read_bytes()
    site.key.rename(folder / 'away')
    for words in (('serve', '--listen', '127.0.0.1:0'), ('record', 'seal')):
        said = site.run(*words, status=2)
        tally(f'{words}: a lost key is not replaced by another', 'signed before' in said and 'docs/record.md' in said and not site.key.exists(), said)
    said = site.run('serve', '--listen', '127.0.0.1:0', status=2, environment={'HUSTINGS_RECORD_KEY': str(folder / 'away'), 'HUSTINGS_RECORD_ORIGIN': 'another.example/record'})
    tally('a key of another record is refused', 'another.example/record' in said and 'vote.example.org/record' in said, said)
    (folder / 'away').rename(site.key)
    tally('and nobody touched it', site.key.read_bytes() == secret)
    with site.serving():
        site.key.chmod(0o644)
        tally('a server whose key is opened to others stops signing', wait_for(lambda: site.metric('stopped') == 1, PATIENCE), site.get('/metrics'))
        before = site.size()
        site.act()
        site.key.chmod(0o600)
        tally('and goes on when it is closed again', wait_for(lambda: site.size() > before and site.metric('stopped') == 0, PATIENCE), site.said())
        tally('with a line in the log for each', site.said().count('event=record_not_signed') == 1 and site.said().count('event=record_signed_again') == 1, site.said())


def check_rotation(tally, folder):
    """End to end, with a server that runs all the time."""
    site = Site(folder)
    with site.serving():
        old, = site.vkeys()
        site.act()
        new = site.run('record', 'key', '--new', '--reason', 'every two years').strip()
        tally('the new key is another one', new != old and site.vkeys() == [old, new], site.vkeys())
        site.act()
        tally('both sign', wait_for(lambda: signed_by(old, site.note()) and signed_by(new, site.note()) and site.metric('leaves') == site.size(), PATIENCE), site.note())
        tally('and both are shown', wait_for(lambda: site.get('/record/keys').split() == [old, new], PATIENCE), site.get('/record/keys'))
        kept = [site.note()]
        number = tlog.Verifier(old).id.hex()
        site.run('record', 'key', '--end', number)
        at_end = site.note()
        tally('its end is signed by it too', signed_by(old, at_end) and signed_by(new, at_end), at_end)
        site.act()
        tally('and then the newer signs alone', wait_for(lambda: signed_by(new, site.note()) and not signed_by(old, site.note()), PATIENCE), site.note())
        tally('and it alone is shown', wait_for(lambda: site.get('/record/keys').split() == [new], PATIENCE), site.get('/record/keys'))
        tally('nothing else can be ended', 'the only key' in site.run('record', 'key', '--end', tlog.Verifier(new).id.hex(), status=2))
        all_extend(tally, 'after the change', site, new, kept + [at_end, site.note()])
        acts = [json.loads(row[0]) for row in site.rows('SELECT CAST(entry AS TEXT) FROM record_leaf ORDER BY number')]
        told = [(leaf['act'], leaf['data']['vkey'], leaf['by']['name']) for leaf in acts if leaf['act'].startswith('record.key')]
        tally('the record says who changed it', told == [('record.key_added', new, 'Carol Count'), ('record.key_ended', old, 'Carol Count')], told)
        handed = next(leaf['data']['signed'] for leaf in acts if leaf['act'] == 'record.key_added')
        tally('and the leaf is signed by the older one', signed_by(old, handed) and tlog.note_parts(handed)[0] == f'vote.example.org/record\nrecord.key_added\n{new}\n', handed)
        for name, key in (('older', old), ('newer', new)):
            verified = subprocess.run([str(deploy.HUSTINGS), 'record', 'verify', site.url, '--key', key], env=BARE, capture_output=True, text=True, timeout=120)
            tally(f'whoever knows the {name} key verifies all of it', verified.returncode == 0, verified.stdout + verified.stderr)
        stranger = tlog.Key('vote.example.org/record').vkey
        verified = subprocess.run([str(deploy.HUSTINGS), 'record', 'verify', site.url, '--key', stranger], env=BARE, capture_output=True, text=True, timeout=120)
        tally('and with a key that never was its own it does not verify', verified.returncode == 1, verified.stdout + verified.stderr)
        tally('nothing was ever not signed', 'record_not_signed' not in site.said(), site.said())


def check_another_name(tally, folder):
    """The last way out: the key is gone for good."""
    site = Site(folder)
    with site.serving():
        site.act(2)
        wait_for(lambda: site.size() >= 2, PATIENCE)
        before = site.note()
    site.key.unlink()
    words = ('record', 'key', '--begin-again', '--reason', 'the machine and its backup burnt')
    tally('it wants a new name', 'record.origin' in site.run(*words, status=2))
    tally('and a reason', '--reason' in site.run(*words[:3], status=2, environment={'HUSTINGS_RECORD_ORIGIN': 'vote.example.org/record2'}))
    site.environment['HUSTINGS_RECORD_ORIGIN'] = 'vote.example.org/record2'
    last = pathlib.Path(f'{site.key}.last')
    signed = last.read_bytes()
    pathlib.Path(f'{last}.before').write_bytes(signed)  # as if it was killed when the older files were put aside
    vkey = site.run(*words).strip()
    tally('what was signed last stays beside', pathlib.Path(f'{last}.before').read_bytes() == signed and last.read_bytes() != signed)
    with site.serving():
        after = site.note()
        tally('the record goes on under it', tlog.checkpoint_parts(after)[0] == 'vote.example.org/record2' and signed_by(vkey, after), after)
        hashes = site.leaves()
        size = tlog.checkpoint_parts(before)[1]
        tally('with all its leaves, and what was signed before fits them', tlog.checkpoint_parts(after)[1] == size + 1 and root_of(hashes[:size]) == tlog.checkpoint_parts(before)[2])
        site.act()
        tally('and sealing goes on', wait_for(lambda: site.size() == size + 2, PATIENCE), site.said())

    def verified():
        done = subprocess.run([str(deploy.HUSTINGS), 'record', 'verify', site.store, '--key', vkey], env=BARE, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr
    status, said = verified()
    tally('the store verifies, with checkpoints of both names', status == 0 and len(site.rows('SELECT 1 FROM record_checkpoint')) >= 3, said)
    for what, change in (('its root and frontier', 'root = (SELECT hash FROM record_leaf WHERE number = 0)'), ('its name', "note = replace(note, 'org/record', 'org/recorx')"),
                         ('the newer name', "note = replace(note, 'org/record', 'org/record2')"), ('its size', 'size = 1')):
        site.sql(f"CREATE TABLE kept AS SELECT * FROM record_checkpoint; UPDATE record_checkpoint SET {change} WHERE size = {size}")
        status, said = verified()
        tally(f'of a checkpoint of the old name, {what} changed: it is told', status == 1 and 'record_checkpoint' in said, said)
        site.sql('DELETE FROM record_checkpoint; INSERT INTO record_checkpoint SELECT * FROM kept; DROP TABLE kept')
    tally('put back, all is right', verified()[0] == 0)


# --- killed, set back, changed by hand


def copy_store(site, to):
    """As it is on the disk at one moment, with what is not in the main file yet."""
    with contextlib.closing(sqlite3.connect(site.store)) as from_db, contextlib.closing(sqlite3.connect(to)) as to_db:
        from_db.backup(to_db)


def put_back(site, copy):
    for ending in ('', '-wal', '-shm'):
        pathlib.Path(site.store + ending).unlink(missing_ok=True)
    shutil.copyfile(copy, site.store)
    os.chmod(site.store, 0o600)


def check_killed_in_between(tally, folder):
    """SIGKILL after FILE.last was written and before the checkpoint was committed: what is on the disk then, made step by step."""
    site = Site(folder).begin()
    site.act()
    site.run('record', 'seal')
    for n in range(5):
        site.act(n + 1)
        copy_store(site, folder / 'before')  # the acts are there, the checkpoint is not
        site.run('record', 'seal')
        signed = site.rows('SELECT note FROM record_checkpoint ORDER BY size DESC LIMIT 1')[0][0]
        put_back(site, folder / 'before')
        if n % 2:
            site.act()  # somebody acts before the server is back
        with site.serving():
            vkey, = site.vkeys()
            tally(f'killed {n}: it goes on', site.metric('stopped') == 0 and site.metric('leaves') == site.size(), site.said())
            all_extend(tally, f'killed {n}', site, vkey, [signed, site.note()])


def check_really_killed(tally, folder):
    """SIGKILL at any moment, thirty times, while acts go on: every checkpoint that anybody saw stays true."""
    site, seen = Site(folder).begin(), []
    site.act()
    for n in range(30):
        site.start()
        site.act()
        with contextlib.suppress(OSError, RuntimeError):
            seen.append(site.note())
        time.sleep(n % 10 * 0.08)
        with contextlib.suppress(OSError, RuntimeError):
            seen.append(site.note())
        site.process.send_signal(signal.SIGKILL)
        site.process.wait()
    with site.serving():
        vkey, = site.vkeys()
        tally('it goes on after all of them', wait_for(lambda: site.metric('leaves') == site.size() and site.metric('stopped') == 0, PATIENCE), site.said())
        all_extend(tally, 'after thirty kills', site, vkey, seen + [row[0] for row in site.rows('SELECT note FROM record_checkpoint')])


def sign_in(site, link):
    at = urllib.parse.urlsplit(site.url)
    browser = Browser(at.hostname, at.port)
    answer = browser.send(browser.get(link), link)
    return answer.status, answer.words


def check_set_back(tally, folder):
    site = Site(folder)
    with site.serving():
        link = urllib.parse.urlsplit(site.run('sign-in', '--for', 'Bo Baker').split()[-1]).path
        site.act(2)
        wait_for(lambda: site.size() == 3, PATIENCE)
        site.run('backup', folder / 'backup')
        site.act(4)
        wait_for(lambda: site.size() == 7, PATIENCE)
        newest = site.note()
        copied = subprocess.run([str(deploy.HUSTINGS), 'record', 'copy', site.url, folder / 'copy'], env=BARE, capture_output=True, text=True)
        if copied.returncode:
            raise RuntimeError(copied.stdout + copied.stderr)
    for ending in ('', '-wal', '-shm'):
        pathlib.Path(site.store + ending).unlink(missing_ok=True)
    site.run('restore', folder / 'backup')
    site.sql("UPDATE entry SET ends = 1 WHERE name <> 'Bo Baker'")  # a backup is old: what it offers is over, or nearly
    with site.serving():
        said = site.said()
        tally('a restored backup is shown and not signed', site.metric('stopped') == 1 and site.size() == 3, said)
        tally('the log says why, and what to do, once', said.count('event=record_not_signed') == 1 and '3 leaves, and 7 were signed' in said and 'record recover' in said, said)
        tally('the page says it to everybody', 'were signed' in site.get('/record'), site.get('/record')[:3000])
        status, words = sign_in(site, link)
        tally('an act is refused, with why and what is to be done', status == 503 and 'set back to an older backup' in words and 'record recover' in words, (status, words))
        tally('record seal says the same', '7 were signed' in site.run('record', 'seal', status=2))
        time.sleep(3)  # the first housekeeping is a second after the start
        tally('what is over by then adds no leaf, behind which nothing could be put back', site.rows('SELECT count(*) FROM record_leaf') == [(3,)])
        refused = site.run('record', 'recover', folder / 'copy', '--reason', 'the disk failed', status=2)
        tally('record recover: not while a server has the store', 'stop it first' in refused and site.rows('SELECT size FROM record_head') == [(3,)], refused)
    said = site.run('record', 'recover', folder / 'copy', '--reason', 'the disk failed')
    tally('and then it puts back what is missing', said.startswith('4 leaves, 3 to 6, were put back'), said)
    with site.serving():
        tally('after it signing goes on by itself', wait_for(lambda: site.size() >= 8 and site.metric('stopped') == 0, PATIENCE), site.said())
        vkey, = site.vkeys()
        all_extend(tally, 'recovered', site, vkey, [newest, site.note()])
        status, words = sign_in(site, link)
        tally('and acts are taken again', status == 303, (status, words))
        tally('and on', wait_for(lambda: site.size() >= 9, PATIENCE), site.said())


def by_hand(site, statements):
    if site.store.startswith('postgres'):
        subprocess.run(['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-d', site.store, '-c', statements], check=True, capture_output=True)
    else:
        site.sql(statements)


def set_back_by_hand(site, size):
    """As a database is that was restored to an older moment: rows of after it are not there."""
    by_hand(site, f'DELETE FROM record_leaf WHERE number >= {size}; DELETE FROM record_checkpoint WHERE size > {size}; UPDATE record_head SET size = {size};'
                  f'DELETE FROM record_power WHERE number >= {size}; DELETE FROM record_node WHERE (number + 1) * 256 > {size}')


def leaves_of(site):
    return int(site.rows('SELECT count(*) FROM record_leaf')[0][0]), int(site.rows('SELECT size FROM record_head')[0][0])


def check_recover_all_or_nothing(tally, folder):
    """What fails in the second bundle leaves nothing of the first. On both engines."""
    for store in (str(folder / 'store.db'), fresh_postgres('recovering')):
        site = Site(folder, store, key='key' + store[:1]).begin()
        engine = 'PostgreSQL' if store.startswith('postgres') else 'SQLite'
        copy = folder / f'copy of {engine}'
        site.act(262)
        with site.serving():
            wait_for(lambda: site.size() == 262, PATIENCE)
            newest = site.note()
            copied = subprocess.run([str(deploy.HUSTINGS), 'record', 'copy', site.url, copy], env=BARE, capture_output=True, text=True)
            tally(f'{engine}: a copy of 262 leaves', copied.returncode == 0, copied.stdout + copied.stderr)
        set_back_by_hand(site, 3)
        row = "INSERT INTO record_leaf SELECT 260, hash, entry, at, kind, contest, unit, power FROM record_leaf WHERE number = 1"
        by_hand(site, row)
        said = site.run('record', 'recover', copy, '--reason', 'the disk failed', status=1)
        tally(f'{engine}: a row in the way of leaf 260: nothing is put back', leaves_of(site) == (4, 3), (said, leaves_of(site)))
        by_hand(site, 'DELETE FROM record_leaf WHERE number = 260')
        said = site.run('record', 'recover', copy, '--reason', 'the disk failed')
        tally(f'{engine}: when it is gone, all of it', leaves_of(site) == (263, 263), (said, leaves_of(site)))
        with site.serving():
            vkey, = site.vkeys()
            tally(f'{engine}: and it is signed', wait_for(lambda: site.size() == 263, PATIENCE), site.said())
            all_extend(tally, f'{engine}: recovered', site, vkey, [newest, site.note()])
        verified = subprocess.run([str(deploy.HUSTINGS), 'record', 'verify', site.store, '--key', vkey], env=BARE, capture_output=True, text=True)
        tally(f'{engine}: the store is right, every row', verified.returncode == 0, verified.stdout + verified.stderr)


def check_recover_beside_servers(tally, folder):
    """A PostgreSQL store may have servers while it is recovered: one that is idle goes on signing; an act made meanwhile is noticed, and nothing is put back."""
    site = Site(folder, fresh_postgres('recovering beside a server')).begin()
    site.act(6)
    with site.serving():
        wait_for(lambda: site.size() == 6, PATIENCE)
        newest = site.note()
        copied = subprocess.run([str(deploy.HUSTINGS), 'record', 'copy', site.url, folder / 'copy'], env=BARE, capture_output=True, text=True)
        tally('a copy', copied.returncode == 0, copied.stdout + copied.stderr)
        words = ('record', 'recover', folder / 'copy', '--reason', 'it failed over')
        set_back_by_hand(site, 2)
        tally('the server sees that it was set back', wait_for(lambda: site.metric('stopped') == 1, PATIENCE), site.said())
        other = subprocess.Popen(['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-d', site.store], stdin=subprocess.PIPE, text=True)
        other.stdin.write("SET application_name = 'somebody'; BEGIN; UPDATE record_head SET size = 3;"
                          "INSERT INTO record_leaf SELECT 2, hash, entry, at, kind, contest, unit, power FROM record_leaf WHERE number = 0;\n")
        other.stdin.flush()
        wait_for(lambda: site.rows("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'somebody' AND state = 'idle in transaction'") == [('1',)], PATIENCE)
        recover = subprocess.Popen([str(deploy.HUSTINGS), *map(str, words), '--store', site.store], cwd=folder, env=site.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        waits = wait_for(lambda: site.rows("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") != [('0',)], PATIENCE)
        other.stdin.write('COMMIT;\n')
        other.stdin.close()
        said = recover.communicate(timeout=PATIENCE)[0]
        tally('somebody acts meanwhile: it waits, notices and says so', waits and other.wait(PATIENCE) == 0 and recover.returncode == 1 and 'nobody acts meanwhile' in said,
              (recover.returncode, said))
        tally('and nothing was put back', leaves_of(site) == (3, 3), leaves_of(site))
        said = site.run(*words, status=1)
        tally('that act is in the way from then on, and is named', 'leaf 2 is not' in said, said)
        set_back_by_hand(site, 2)
        said = site.run(*words)
        tally('with a server and no act it is done', said.startswith('4 leaves, 2 to 5'), said)
        tally('and the server signs on by itself', wait_for(lambda: site.size() == 7 and site.metric('stopped') == 0, PATIENCE), site.said())
        vkey, = site.vkeys()
        all_extend(tally, 'recovered beside a server', site, vkey, [newest, site.note()])


def check_acts_on_a_store_that_was_set_back(tally, folder):
    """Worse: somebody acted on it before anybody looked."""
    site = Site(folder).begin()
    site.act(3)
    copy_store(site, folder / 'before')
    site.act(2)
    site.run('record', 'seal')
    last = site.last.read_bytes()
    put_back(site, folder / 'before')
    site.act(9)
    with site.serving():
        tally('it is not signed, however many leaves it has', site.metric('stopped') == 1 and 'not those that were signed' in site.said(), site.said())
    tally('and what was signed last is still known', site.last.read_bytes() == last)


def check_changed_by_hand(tally, folder):
    rows = {
        'leaf 3 was changed by hand': 'UPDATE record_leaf SET entry = (SELECT entry FROM record_leaf WHERE number = 1) WHERE number = 3',
        'leaf 4 was changed by hand': 'UPDATE record_leaf SET hash = (SELECT hash FROM record_leaf WHERE number = 1) WHERE number = 4',
        'leaf 3 is not in the store': 'DELETE FROM record_leaf WHERE number = 3',
        'leaves were taken out by hand': 'UPDATE record_head SET size = 1',
        'is of the record': "UPDATE record_checkpoint SET note = replace(note, 'vote', 'vole')",
        'is not what its note says': "UPDATE record_checkpoint SET note = replace(note, char(10) || '2' || char(10), char(10) || '3' || char(10))",
        'its signature is wrong': "UPDATE record_checkpoint SET note = substr(note, 1, length(note) - 8) || 'AAAAAA=' || char(10)",
        'a row or file was changed by hand': 'UPDATE record_checkpoint SET root = (SELECT hash FROM record_leaf WHERE number = 1)',
    }
    site = Site(folder).begin()
    site.act(2)
    site.run('record', 'seal')
    site.act(3)
    copy_store(site, folder / 'good')
    for words, sql in rows.items():
        site.sql(sql)
        last = site.last.read_bytes()
        said = site.run('record', 'seal', status=2)
        tally(f'{sql[:40]}: {words}', words in said and site.last.read_bytes() == last, said)
        put_back(site, folder / 'good')
    site.sql(rows['leaf 3 was changed by hand'])
    with site.serving():
        tally('a server says so too', 'leaf 3 was changed by hand' in site.said() and site.size() == 2, site.said())
        tally('the page as well', 'leaf 3' in site.get('/record'))
        with contextlib.closing(sqlite3.connect(folder / 'good')) as db:
            entry = db.execute('SELECT entry FROM record_leaf WHERE number = 3').fetchone()[0]
        with contextlib.closing(sqlite3.connect(site.store, timeout=20)) as db:
            db.execute('UPDATE record_leaf SET entry = ? WHERE number = 3', (entry,))
            db.commit()
        tally('and goes on by itself when the row is right again', wait_for(lambda: site.size() == 5 and site.metric('stopped') == 0, PATIENCE), site.said())


# --- how it is told


def check_telling(tally, folder):
    """The log signs two things that cannot both be true, and writes characters into one that would steer a terminal; a witness is given twice."""
    site = Site(folder).begin()
    site.act(2)
    site.run('record', 'seal')
    private = next(line for line in site.key.read_text().splitlines() if line.startswith('PRIVATE+KEY+'))
    key = tlog.Key('vote.example.org/record', tlog.NOTE, base64.b64decode(private.split('+', 4)[4])[1:])
    tally('the key is the one of the file', [key.vkey] == site.vkeys(), key.vkey)
    text = f'vote.example.org/record\n2\n{base64.b64encode(bytes(32)).decode()}\n\x9b31mred \u202eder\n'
    (folder / 'earlier').write_text(text + '\n' + key.sign(text))

    def verified(*words):
        done = subprocess.run([str(deploy.HUSTINGS), 'record', 'verify', site.store, '--key', key.vkey, *words], env=BARE, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr
    status, said = verified('--earlier', folder / 'earlier')
    tally('an earlier checkpoint that does not fit: both notes are shown', status == 1 and 'which together prove it' in said, said)
    tally('and it is not said that none was given', 'no checkpoint from before was given' not in said and 'of 1 checkpoints from before that were given, it fits 0' in said, said)
    tally('what would steer a terminal is shown by its number', '\x9b' not in said and '\u202e' not in said and '<U+009B>31mred <U+202E>der' in said, ascii(said))
    status, said = verified('--earlier', folder / 'earlier', '--json')
    tally('programs get both notes as they are', json.loads(said)['evidence'].count(text + '\n' + key.sign(text)) == 1, said)
    witness = tlog.Key('witness.example', tlog.COSIGNATURE).vkey
    status, said = verified('--witness', witness, '--witness', witness, '--quorum', '2')
    tally('a witness given twice is one, for the quorum too', status == 2 and 'only 1 different witnesses' in said, said)
    status, said = verified('--witness', witness, '--witness', witness)
    tally('and asked for once', status == 1 and '0 of the witnesses you named' in said and 'you asked for 1' in said, said)


# --- several servers


def fresh_postgres(what):
    """The url of a database with nothing in it."""
    store = os.environ.get('HUSTINGS_TEST_POSTGRES')
    if not store:
        raise Skip(f'no PostgreSQL: {what}')
    name = f'seal_{os.urandom(4).hex()}'
    subprocess.run(['psql', '-q', '-d', store, '-c', f'CREATE DATABASE {name}'], check=True, capture_output=True)
    return store.replace('/hustings?', f'/{name}?') if '?' in store else store.rsplit('/', 1)[0] + f'/{name}'


def check_move(tally, folder):
    """To the other engine and back, with the key: it is the same record."""
    stores, notes = [str(folder / 'store.db'), fresh_postgres('a move'), str(folder / 'back.db')], []
    site = Site(folder).begin()
    vkey, = site.vkeys()
    for n, store in enumerate(stores):
        if n:
            moved = subprocess.run([str(deploy.HUSTINGS), 'move', site.store, store], cwd=folder, env=site.environment, capture_output=True, text=True)
            tally(f'move {n}', moved.returncode == 0, moved.stdout + moved.stderr)
            site.store = store
        with site.serving():
            site.act(2)
            tally(f'store {n}: it is sealed', wait_for(lambda: site.size() == 2 * n + 2, PATIENCE) and site.metric('stopped') == 0, site.said())
            notes.append(site.note())
            all_extend(tally, f'store {n}', site, vkey, notes)


def check_two_servers(tally, folder):
    """On one PostgreSQL store: the same key file, then a copy of it; one of them is killed; every checkpoint fits."""
    store = fresh_postgres('two servers on one store')
    one = Site(folder, store)
    with one.serving():
        two, three = Site(folder, store), Site(folder, store, key='copy/key')
        three.key.parent.mkdir(mode=0o700)
        shutil.copy2(one.key, three.key)
        vkey, = one.vkeys()
        with two.serving():
            for _ in range(4):
                one.act(2)
                held = wait_for(lambda: one.size() == two.size() == int(one.rows('SELECT size FROM record_head')[0][0]), PATIENCE)
            tally('two with one key file seal everything', held and one.metric('stopped') == two.metric('stopped') == 0, one.said() + two.said())
            with three.serving():
                for n in range(4):
                    three.act(2)
                    wait_for(lambda: three.size() == int(one.rows('SELECT size FROM record_head')[0][0]), PATIENCE)
                    if n == 1:
                        two.process.send_signal(signal.SIGKILL)
                        two.process.wait()
                    if n == 2:
                        two.start()
                size = int(one.rows('SELECT size FROM record_head')[0][0])
                sites = (one, two, three)
                tally('and a third with a copy; one was killed', wait_for(lambda: all(s.size() == size for s in sites), PATIENCE), [s.said() for s in sites])
                tally('none of them ever stopped', all(s.metric('stopped') == 0 and 'record_not_signed' not in s.said() for s in sites), [s.said() for s in sites])
                tally('each knows what was signed last, whoever did it', wait_for(lambda: tlog.checkpoint_parts(one.last.read_text().split('\n', 1)[1])[1]
                      == tlog.checkpoint_parts(three.last.read_text().split('\n', 1)[1])[1] == size, PATIENCE), one.last.read_text() + three.last.read_text())
                all_extend(tally, 'three servers', one, vkey, [row[0] for row in one.rows('SELECT note FROM record_checkpoint')])


# --- witnesses


class Bad(http.server.BaseHTTPRequestHandler):
    """A witness that answers, but how."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        self.server.asked += 1
        with contextlib.suppress(OSError):
            self.server.how(self, body)

    def answer(self, status, body, kind='text/plain'):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def huge(it, _):
    it.send_response(200)
    it.end_headers()
    for _ in range(4096):
        it.wfile.write(b'x' * 65536)


def slow(it, _):
    it.server.release.wait(120)


def drip(it, _):
    it.send_response(200)
    it.end_headers()
    while not it.server.release.wait(0.1):
        it.wfile.write(b'\xe2')
        it.wfile.flush()


def elsewhere(it, _):
    it.send_response(307)
    it.send_header('Location', 'http://127.0.0.1:1/add-checkpoint')
    it.send_header('Content-Length', '0')
    it.end_headers()


def text_in(body):
    return tlog.note_parts(body.split('\n\n', 1)[1])[0]


def cosigns(seconds=0, more='', key=None):
    """With its own key or another one, at that distance from now, that text and more."""
    return lambda it, body: it.answer(200, (key or it.server.key).cosign(text_in(body) + more, int(time.time()) + seconds).encode())


def says(status, body, kind='text/plain'):
    return lambda it, asked: it.answer(status, body(it, asked) if callable(body) else body, kind)


SIZE = 'text/x.tlog.size'
# name: (how it answers, words of what is then said about it)
BAD = {
    'garbage': (says(200, b'\x00\xff nonsense \n\n\n'), 'no signature'),
    'nothing': (says(200, b''), 'no signature of its key'),
    'huge': (huge, 'larger'),
    'slow': (slow, 'could not be reached, or did not answer in time'),
    'drip': (drip, 'could not be reached, or did not answer in time'),
    'elsewhere': (elsewhere, 'could not be reached'),
    'broken': (says(500, b'oh'), 'it refused (500)'),
    'stranger': (cosigns(key=tlog.Key('bad.example/stranger', tlog.COSIGNATURE)), 'no signature of its key'),
    'wrong': (cosigns(more='more\n'), 'wrong'),
    'tomorrow': (cosigns(86400), 'clock'),
    'yesterday': (cosigns(-86400), 'clock'),
    'plain': (says(200, lambda it, body: tlog.Key(it.server.key.name, tlog.NOTE, it.server.key.seed).sign(text_in(body)).encode()), 'no signature of its key'),
    'ahead': (says(409, b'999999\n', SIZE), '999999'),
    'undecided': (says(409, lambda it, _: b'%d\n' % (it.server.asked % 2), SIZE), ' '),
    'split': (says(409, lambda _, body: text_in(body).split('\n')[1].encode() + b'\n', SIZE), 'split view'),
    'same': (says(409, lambda _, body: re.match(r'old (\d+)', body)[1].encode() + b'\n', SIZE), 'the very size'),
    'no-size': (says(409, b'-1\n', SIZE), 'did not say which size'),
    'unknown': (says(404, b''), '404'),
    'forbidden': (says(403, b''), '403'),
    'no-proof': (says(422, b''), '422'),
}


@contextlib.contextmanager
def bad_witness(name):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Bad)
    server.key, server.how = tlog.Key(f'bad.example/{name}', tlog.COSIGNATURE), BAD[name][0]
    server.asked, server.release, server.daemon_threads = 0, threading.Event(), True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()


def check_witness(tally, folder):
    """A real one: it cosigns; it is killed and comes back; the server is restarted; it lost its state."""
    site = Site(folder)
    tally('record seal makes no store', 'no store' in site.run('record', 'seal', status=2))
    vkey, = site.begin().vkeys()
    with servers.Witness(str(deploy.HUSTINGS), str(folder), [vkey]) as witness:
        site.environment['HUSTINGS_RECORD_WITNESS'] = f'{witness.vkey} {witness.url}'
        verifier = tlog.Verifier(witness.vkey)

        def cosigned(least):
            text, lines = tlog.note_parts(site.note())
            return tlog.checkpoint_parts(text)[1] >= least and verifier.cosigned(text, lines)

        with site.serving():
            site.act(2)
            tally('it cosigns what was sealed', wait_for(lambda: cosigned(2), PATIENCE), site.said())
            site.act(1)
            tally('and what comes after, with a proof', wait_for(lambda: cosigned(3), PATIENCE), site.said())
            rows = site.rows('SELECT witness, size, line FROM record_cosignature ORDER BY size')
            tally('the store keeps its words', rows and rows[-1][0] == verifier.name and rows[-1][1] == 3, rows)
            witness.end(signal.SIGKILL)
            site.act(2)
            tally('while it is down, sealing goes on', wait_for(lambda: site.rows('SELECT max(size) FROM record_checkpoint')[0][0] == 5, PATIENCE), site.said())
            tally('and it is said that it is down', wait_for(lambda: site.metric('witnesses_troubled') == 1, PATIENCE), site.get('/metrics'))
            listen = witness.url.split('//')[1]
            witness.command[witness.command.index('--listen') + 1] = listen
            witness.start()
            tally('when it is back, it is asked again', wait_for(lambda: cosigned(5), PATIENCE), site.said())
            tally('one line when it failed, one when it was well', site.said().count('event=witness_fails') == 1 and site.said().count('event=witness_well') == 1, site.said())
        with site.serving():
            site.act()
            tally('after a restart of the server it goes on from there', wait_for(lambda: cosigned(6), PATIENCE), site.said())
        site.sql('DELETE FROM record_cosignature')
        with site.serving():
            tally('a server that forgot what it had is told, and gets the newest again', wait_for(lambda: cosigned(6), PATIENCE), site.said())


def check_bad_witnesses(tally, folder):
    """At a server that goes on sealing, all at once (it asks sixteen at most), beside a good one, which is not held up."""
    names = list(BAD)
    for first in range(0, len(names), 14):
        with contextlib.ExitStack() as stack:
            bad = {name: stack.enter_context(bad_witness(name)) for name in names[first:first + 14]}
            try_bad_witnesses(tally, Site(folder, str(folder / f'store-{first}.db'), f'key-{first}').begin(), bad, stack)


def try_bad_witnesses(tally, site, bad, stack):
    place = site.key.with_name(site.key.name + '-witness')
    place.mkdir()
    good = stack.enter_context(servers.Witness(str(deploy.HUSTINGS), str(place), site.vkeys(), name='good.example/w'))
    away = tlog.Key('bad.example/away', tlog.COSIGNATURE)
    urls = [f'{w.key.vkey} http://127.0.0.1:{w.server_address[1]}/' for w in bad.values()] + [f'{away.vkey} http://127.0.0.1:{deploy.free_port()}', f'{good.vkey} {good.url}']
    site.environment['HUSTINGS_RECORD_WITNESS'] = ', '.join(urls)
    verifier, all_bad = tlog.Verifier(good.vkey), len(bad) + 1

    def cosigned(least):
        text, lines = tlog.note_parts(site.note())
        return tlog.checkpoint_parts(text)[1] >= least and verifier.cosigned(text, lines)

    with site.serving():
        for n in range(1, 5):
            site.act()
            tally(f'among {all_bad} bad ones, act {n}: sealed, and the good one cosigned it', wait_for(lambda: cosigned(n), PATIENCE), site.said())
        tally('all of the bad ones are in trouble', wait_for(lambda: site.metric('witnesses_troubled') == all_bad, PATIENCE), site.get('/metrics'))
        shown = {w['name']: w['trouble'] for w in json.loads(site.get('/record/witnesses.json'))['witnesses']}
        for name, server in bad.items():
            trouble = shown[f'bad.example/{name}']
            tally(f'{name}: it is said what is wrong with it: {trouble}', BAD[name][1] in trouble and server.asked > 0, shown)
        tally(f'one that is not there: {shown[away.name]}', shown[away.name] != '', shown)
        tally('what everybody reads names no address, as the log does', '127.0.0.1' not in ''.join(shown.values()) and 'why="no good answer' in site.said(), (shown, site.said()))
        tally('nothing is said against the good one', shown[verifier.name] == '', shown)
        tally('none of their words is believed', site.rows('SELECT DISTINCT witness FROM record_cosignature') == [(verifier.name,)])
        tally('the log has a line for each', site.said().count('event=witness_fails') == all_bad, site.said())
        began = time.monotonic()
        site.process.send_signal(signal.SIGTERM)
        status = site.process.wait(PATIENCE)
        tally(f'and it ends, whoever is being waited for ({time.monotonic() - began:.1f} s)', status == 0 and 'record_not_signed' not in site.said(), (status, site.said()))
    for server in bad.values():
        server.release.set()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    parser.add_argument('words', nargs='*', metavar='WORD')
    given = parser.parse_args()
    deploy.HUSTINGS = given.hustings.resolve()
    tally = Tally('seal')
    for name, part in list(globals().items()):
        if name.startswith('check_') and (not given.words or any(word in name for word in given.words)):
            print(f'--- {name}', flush=True)
            with tempfile.TemporaryDirectory(prefix='hustings-seal-') as folder:
                tally.run(part, pathlib.Path(folder))
    tally.end()


if __name__ == '__main__':
    main()
