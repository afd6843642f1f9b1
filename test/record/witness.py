#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""witness.py: `hustings witness` against the specification (C2SP tlog-witness) and against accidents: witness.py [--program build/hustings] [--under ...] [NAME...]

The logs are made by tlog.py, which shares no code with the program. Last line: "witness: N passed, N failed".
"""
import base64
import hashlib
import http.client
import http.server
import os
import pathlib
import random
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import runner
import tlog
from servers import PATIENCE, ROOT, Witness, ask, connect, folder, until

program, under = str(ROOT / 'build/hustings'), ''
ORIGIN = 'log.example/record'


class Log:
    """A log of so many entries, that signs any size it ever had."""

    def __init__(self, size, key=None, entry='entry %d'):
        self.key = key or tlog.Key(ORIGIN)
        self.tree = tlog.Tree((entry % i).encode() for i in range(size))

    def text(self, size, *extensions):
        return tlog.checkpoint_text(self.key.name, size, self.tree.root(size), *extensions)

    def signed(self, size, *extensions):
        text = self.text(size, *extensions)
        return tlog.note(text, self.key.sign(text))

    def request(self, old, size):
        return tlog.add_checkpoint(old, self.tree.consistency(old, size), self.signed(size))


def fork_of(log, common, size):
    """Another record of the same log, that went another way after `common` entries."""
    fork = Log(0, log.key)
    fork.tree.leaves = log.tree.leaves[:common] + [tlog.leaf_hash(b'another %d' % i) for i in range(size - common)]
    return fork


def witness(where, logs, *more, **named):
    keys = [log.key.vkey if isinstance(log, Log) else log for log in logs]
    return Witness(program, where, keys, *more, under=under, **named)


def cosigned(w, answer, text):
    """The answer is a good cosignature of `text` by this witness, and nothing else."""
    assert answer.status == 200, answer
    time_of = tlog.Verifier(w.vkey).cosigned(text, answer.text)
    assert time_of and abs(time_of - time.time()) < PATIENCE and answer.text.count('\n') == 1, answer
    return time_of


def conflict(answer, size):
    assert answer.status == 409 and answer.type == 'text/x.tlog.size' and answer.body == b'%d\n' % size, answer


def refused(answer, status):
    assert answer.status == status, answer
    assert 'witness.example' not in answer.text, answer


# ---- the specification, status by status -----------------------------------------------------------------------------

def test_200_from_nothing_and_on():
    log = Log(700)
    with folder() as where, witness(where, [log]) as w:
        known = 0
        for size in (1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 700):
            cosigned(w, w.add(log.request(known, size)), log.text(size))
            assert w.logs()[ORIGIN]['size'] == size
            known = size
        conflict(w.add(log.request(0, 700)), 700)


def test_200_for_an_empty_log():
    log = Log(3)
    with folder() as where, witness(where, [log]) as w:
        cosigned(w, w.add(log.request(0, 0)), log.text(0))
        cosigned(w, w.add(log.request(0, 0)), log.text(0))
        cosigned(w, w.add(log.request(0, 3)), log.text(3))
        wrong = tlog.checkpoint_text(ORIGIN, 0, os.urandom(32))
        conflict(w.add(tlog.add_checkpoint(0, [], tlog.note(wrong, log.key.sign(wrong)))), 3)
    other = Log(3, tlog.Key('other.example'))
    wrong = tlog.checkpoint_text('other.example', 0, os.urandom(32))
    with folder() as where, witness(where, [other]) as w:
        conflict(w.add(tlog.add_checkpoint(0, [], tlog.note(wrong, other.key.sign(wrong)))), 0)


def test_200_again_for_the_same():
    log = Log(9)
    with folder() as where, witness(where, [log]) as w:
        cosigned(w, w.add(log.request(0, 9)), log.text(9))
        for _ in range(3):
            cosigned(w, w.add(log.request(9, 9)), log.text(9))


def test_the_cosigned_text_has_the_extension_lines():
    log = Log(9)
    with folder() as where, witness(where, [log]) as w:
        text = log.text(9, 'extension of ours', 'and another')
        signed = log.signed(9, 'extension of ours', 'and another')
        cosigned(w, w.add(tlog.add_checkpoint(0, [], signed)), text)
        note = w.get(f'/checkpoint/{hashlib.sha256(ORIGIN.encode()).hexdigest()}').text
        assert tlog.note_parts(note)[0] == text


def test_unknown_signatures_are_ignored():
    log, stranger, impostor = Log(9), tlog.Key('stranger.example'), tlog.Key(ORIGIN)
    with folder() as where, witness(where, [log]) as w:
        text = log.text(9)
        lines = stranger.sign(text), impostor.sign(text), stranger.cosign(text, 5), log.key.sign(text), impostor.sign('else')
        answer = w.add(tlog.add_checkpoint(0, [], tlog.note(text, *lines)))
        cosigned(w, answer, text)
        kept = tlog.note_parts(w.get(f'/checkpoint/{hashlib.sha256(ORIGIN.encode()).hexdigest()}').text)[1]
        assert kept == lines[3] + answer.text, kept


def test_400_forms():
    log = Log(40)
    with folder() as where, witness(where, [log]) as w:
        cosigned(w, w.add(log.request(0, 20)), log.text(20))
        good = log.request(20, 40)
        proof = good.split('\n\n')[0].split('\n')[1:]
        bad = ['', '\n', 'old\n', 'old 20', 'old 20\n', 'old 20\n\n', good[:-1], good.replace('old ', ''), good.replace('old ', 'Old '), good.replace('old ', 'old  '),
               good.replace('old 20', 'old 020'), good.replace('old 20', 'old +20'), good.replace('old 20', 'old -20'), good.replace('old 20', 'old 0x14'),
               good.replace('old 20', 'old 20 '), good.replace('old 20', 'old '), good.replace('old 20', 'old 99999999999999999999'), ' ' + good, '\n' + good,
               good.replace('\n', '\r\n'), good.replace('\n\n', '\n', 1), good.replace(proof[0], proof[0][:-1]), good.replace(proof[0], proof[0] + '='),
               good.replace(proof[0], ' ' + proof[0]), good.replace(proof[0], proof[0][:-4]), good.replace(proof[0], base64.b64encode(b'x' * 31).decode()),
               good.replace(proof[0], base64.b64encode(b'x' * 33).decode()), good.replace(proof[0], base64.urlsafe_b64encode(b'\xff' * 32).decode()),
               good.replace(proof[0], proof[0].replace('=', '')), good.replace('\u2014 ', '- '), good.replace('\u2014 ', '\u2014'), good + 'more\n', good + '\n',
               good.replace(f'{ORIGIN}\n40', f'{ORIGIN}\n040'), good.replace(f'{ORIGIN}\n40', f'{ORIGIN}\n-40'), good.replace(f'{ORIGIN}\n40', f'{ORIGIN}\n'),
               good.replace(f'{ORIGIN}\n40', '\n40'), 'old 20\n\n' + tlog.note_parts(log.signed(40))[0]]
        for body in bad:
            answer = w.add(body)
            assert answer.status == 400, (body, answer)
        for body in (b'\0' * 100, b'\xff\xfe' * 50, good.encode() + b'\0', good.encode().replace(b'example', b'ex\0mple'), good.encode().replace(b'example', b'ex\xffmple'),
                     os.urandom(5000)):
            answer = w.add(body)
            assert answer.status == 400, (body, answer)
        assert w.logs()[ORIGIN]['size'] == 20
        cosigned(w, w.add(good), log.text(40))


def test_400_a_proof_too_long():
    log = Log(40)
    with folder() as where, witness(where, [log]) as w:
        cosigned(w, w.add(log.request(0, 20)), log.text(20))
        hashes = [os.urandom(32) for _ in range(64)]
        refused(w.add(tlog.add_checkpoint(20, hashes, log.signed(40))), 400)
        refused(w.add(tlog.add_checkpoint(20, hashes[:63], log.signed(40))), 422)


def test_400_old_larger_than_new():
    log = Log(40)
    with folder() as where, witness(where, [log]) as w:
        cosigned(w, w.add(log.request(0, 20)), log.text(20))
        for old, size in ((20, 19), (20, 0), (30, 20), (1, 0)):
            refused(w.add(tlog.add_checkpoint(old, [], log.signed(size))), 400)


def test_403_no_known_key():
    log, impostor, stranger = Log(9), tlog.Key(ORIGIN), tlog.Key('stranger.example')
    with folder() as where, witness(where, [log]) as w:
        text = log.text(9)
        forged = log.key.sign(text).split(' ')
        data = bytearray(base64.b64decode(forged[2]))
        data[20] ^= 1
        forged = f'{forged[0]} {forged[1]} {base64.b64encode(data).decode()}\n'
        as_cosigner = tlog.Key(ORIGIN, tlog.COSIGNATURE, log.key.seed)
        for line in (impostor.sign(text), stranger.sign(text), forged, log.key.sign(text + 'x'), as_cosigner.cosign(text, 9), as_cosigner.sign(text)):
            refused(w.add(tlog.add_checkpoint(0, [], tlog.note(text, line))), 403)
        changed = log.signed(9).replace('\n9\n', '\n8\n')
        refused(w.add(tlog.add_checkpoint(0, [], changed)), 403)
        assert w.logs()[ORIGIN]['size'] == 0


def test_404_an_unknown_log():
    log, other = Log(9), Log(9, tlog.Key('other.example'))
    with folder() as where, witness(where, [log]) as w:
        refused(w.add(other.request(0, 9)), 404)
        for name in (ORIGIN.upper(), ORIGIN + '/', ORIGIN[:-1]):
            text = tlog.checkpoint_text(name, 9, log.tree.root(9))
            refused(w.add(tlog.add_checkpoint(0, [], tlog.note(text, log.key.sign(text)))), 404)


def test_409_another_old_size():
    log = Log(40)
    with folder() as where, witness(where, [log]) as w:
        conflict(w.add(log.request(5, 9)), 0)
        cosigned(w, w.add(log.request(0, 20)), log.text(20))
        for old, size in ((0, 40), (19, 40), (21, 40), (40, 40), (0, 20), (19, 20), (0, 5), (5, 19)):
            conflict(w.add(log.request(old, size)), 20)


def test_409_equal_size_another_root():
    log = Log(40)
    fork = fork_of(log, 10, 40)
    with folder() as where, witness(where, [log]) as w:
        cosigned(w, w.add(log.request(0, 20)), log.text(20))
        conflict(w.add(fork.request(20, 20)), 20)
        cosigned(w, w.add(log.request(20, 20)), log.text(20))


def test_422_proofs_that_do_not_prove():
    log = Log(40)
    fork = fork_of(log, 10, 40)
    with folder() as where, witness(where, [log]) as w:
        for hashes in ([os.urandom(32)], log.tree.consistency(5, 20)):
            refused(w.add(tlog.add_checkpoint(0, hashes, log.signed(20))), 422)
        cosigned(w, w.add(log.request(0, 20)), log.text(20))
        proof = log.tree.consistency(20, 40)
        wrong = bytearray(proof[1])
        wrong[31] ^= 1
        for hashes in ([], proof[:-1], proof[1:], proof + [os.urandom(32)], proof[::-1], [proof[0], bytes(wrong), *proof[2:]], log.tree.consistency(19, 40),
                       log.tree.consistency(20, 39), fork.tree.consistency(20, 40)):
            refused(w.add(tlog.add_checkpoint(20, hashes, log.signed(40))), 422)
        refused(w.add(fork.request(20, 40)), 422)
        refused(w.add(tlog.add_checkpoint(20, proof, log.signed(20))), 422)
        assert w.logs()[ORIGIN]['size'] == 20
        cosigned(w, w.add(log.request(20, 40)), log.text(40))


def test_large_bodies():
    log = Log(9)
    with folder() as where, witness(where, [log]) as w:
        refused(w.add('x' * (64 * 1024)), 400)
        refused(w.add('x' * (64 * 1024 + 1)), 413)
        refused(w.add('x' * (1 << 20)), 413)
        with connect(w.url).sock or socket.create_connection(('127.0.0.1', int(w.url.rsplit(':', 1)[1])), PATIENCE) as wire:
            wire.sendall(b'POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
            said = b''
            try:
                for _ in range(20):
                    wire.sendall(b'2000\r\n' + b'x' * 0x2000 + b'\r\n')
                while chunk := wire.recv(4096):
                    said += chunk
            except OSError:
                pass
            assert said.startswith(b'HTTP/1.1 413 '), said
        text = log.text(9, *['x' * 1000 for _ in range(70)])
        refused(w.add(tlog.add_checkpoint(0, [], tlog.note(text, log.key.sign(text)))), 413)
        text = log.text(9, *['x' * 1000 for _ in range(60)])
        cosigned(w, w.add(tlog.add_checkpoint(0, [], tlog.note(text, log.key.sign(text)))), text)


def test_a_checkpoint_without_room_for_a_cosignature():
    """What the witness writes down it can read at its next start, whatever the log has signed."""
    log = Log(9)
    with folder() as where:
        with witness(where, [log]) as w:
            seen = set()
            for extra in range(64600, 65536, 12):
                text = log.text(9, 'x' * extra)
                body = tlog.add_checkpoint(0 if 200 not in seen else 9, [], tlog.note(text, log.key.sign(text)))
                answer = w.add(body)
                seen.add(answer.status)
                assert answer.status == (413 if len(body.encode()) > 65536 else answer.status) and answer.status in (200, 400, 413), answer
            assert seen == {200, 400, 413}, seen
        with witness(where, [log]) as w:
            assert w.logs()[ORIGIN]['size'] == 9
            cosigned(w, w.add(log.request(9, 9)), log.text(9))


def test_a_connection_is_kept():
    log = Log(20)
    with folder() as where, witness(where, [log]) as w:
        connection = connect(w.url)
        for size in range(1, 20):
            cosigned(w, w.add(log.request(size - 1, size), connection), log.text(size))
        connection.close()


# ---- keys and logs ---------------------------------------------------------------------------------------------------

def test_rotation_of_a_logs_key():
    log = Log(40)
    new = tlog.Key(ORIGIN)
    renewed = Log(0, new)
    renewed.tree = log.tree
    with folder() as where:
        with witness(where, [log]) as w:
            cosigned(w, w.add(log.request(0, 10)), log.text(10))
            refused(w.add(renewed.request(10, 20)), 403)
        with witness(where, [log, new.vkey]) as w:
            cosigned(w, w.add(renewed.request(10, 20)), log.text(20))
            text = log.text(30)
            both = tlog.note(text, log.key.sign(text), new.sign(text))
            cosigned(w, w.add(tlog.add_checkpoint(20, log.tree.consistency(20, 30), both)), text)
            kept = w.get(f'/checkpoint/{hashlib.sha256(ORIGIN.encode()).hexdigest()}').text
            assert log.key.sign(text) in kept and new.sign(text) in kept
            assert w.logs()[ORIGIN]['vkeys'] == [log.key.vkey, new.vkey]
        with witness(where, [new.vkey]) as w:
            refused(w.add(log.request(30, 40)), 403)
            cosigned(w, w.add(renewed.request(30, 40)), log.text(40))


def test_many_logs_and_keys_in_a_file():
    logs = [Log(5 + i, tlog.Key(f'log{i}.example')) for i in range(64)]
    with folder() as where:
        file = pathlib.Path(f'{where}/keys')
        file.write_text('# those of the year\n\n' + ''.join(f'  {log.key.vkey}  \n' for log in logs))
        with Witness(program, where, [str(file)], under=under) as w:
            for log in random.sample(logs, 20):
                size = len(log.tree.leaves)
                cosigned(w, w.add(log.request(0, size)), log.text(size))
                assert w.logs()[log.key.name]['size'] == size
            assert len(w.logs()) == 64
        file.write_text(file.read_text() + tlog.Key('one.more').vkey)
        fails(['--log', str(file), '--name', 'x.example', '--state', f'{where}/other'], 2, 'at most 64 logs')


def fails(options, status, *words, env=None):
    run = subprocess.run([program, 'witness', '--listen', '127.0.0.1:0', *options], capture_output=True, text=True, timeout=PATIENCE, check=False,
                         env={**os.environ, **(env or {})})
    assert run.returncode == status, run
    for word in words:
        assert word in run.stderr, (word, run.stderr)


def test_what_it_does_not_start_with():
    log = Log(1)
    vkey = log.key.vkey
    with folder() as where:
        state = ['--state', f'{where}/w']
        key = pathlib.Path(f'{where}/w/key')
        fails([*state, '--name', 'a.example'], 2, '--log')
        fails([*state, '--log', vkey], 2, 'give the witness a name')
        assert not key.exists()
        for name in ('a b', 'a+b', 'a\u2003b', 'x' * 201):
            fails([*state, '--log', vkey, '--name', name], 2, 'a name of 1 to 200 bytes')
        fails([*state, '--log', vkey[:-4], '--name', 'a.example'], 2)
        fails([*state, '--log', 'nowhere', '--name', 'a.example'], 2, 'nowhere')
        fails([*state, '--log', tlog.Key('w.example', tlog.COSIGNATURE).vkey, '--name', 'a.example'], 2, 'type 1')
        pathlib.Path(f'{where}/keys').write_text(f'{vkey}\nno key\n')
        fails([*state, '--log', f'{where}/keys', '--name', 'a.example'], 2, f'{where}/keys:2')
        fails(['--state', f'{where}/no/where', '--log', vkey, '--name', 'a.example'], 3, f'{where}/no/where')
        with witness(where, [log], name='a.example') as w:
            fails(['--state', w.state, '--log', vkey], 2, 'locked')
            own = pathlib.Path(f'{w.state}/key')
        fails(['--state', w.state, '--log', vkey, '--name', 'other.example'], 2, 'that of a.example')
        own.chmod(0o640)
        fails(['--state', w.state, '--log', vkey], 2, 'chmod 600')
        own.chmod(0o600)
        good = own.read_text()
        for text in ('', 'no key\n', good.replace('PRIVATE', 'PUBLIC'), good[:-5]):
            own.write_text(text)
            fails(['--state', w.state, '--log', vkey], 2, str(own))
        own.write_text(good)
        fails(['--state', w.state, '--log', vkey, '--every', '0'], 2, '--every')
        fails(['--state', w.state, '--log', vkey, '--listen', 'nonsense'], 2)
        with witness(where, [log], name='a.example') as again:
            assert again.vkey == w.vkey


def test_the_key():
    log = Log(1)
    with folder() as where:
        old = os.umask(0)
        try:
            with witness(where, [log]) as w:
                key = pathlib.Path(f'{w.state}/key')
                assert stat.S_IMODE(key.stat().st_mode) == 0o600 and stat.S_IMODE(pathlib.Path(w.state).stat().st_mode) == 0o700
                first = w.vkey
                assert 'event=new_key' in w.said() and key.read_text().split('+')[4].strip() not in w.said(), 'the secret is not logged'
        finally:
            os.umask(old)
        with witness(where, [log]) as w:
            assert w.vkey == first and 'event=new_key' not in w.said()
        with witness(where, [log], '--key', f'{where}/elsewhere') as w:
            assert w.vkey != first


# ---- what it remembers -----------------------------------------------------------------------------------------------

def test_a_restart_changes_nothing():
    log = Log(40)
    fork = fork_of(log, 10, 40)
    with folder() as where:
        known = 0
        for size in (10, 20, 21, 40):
            with witness(where, [log]) as w:
                assert w.logs()[ORIGIN]['size'] == known
                if known > 10:
                    conflict(w.add(fork.request(known, known)), known)
                    refused(w.add(fork.request(known, 40)), 409 if known == 40 else 422)
                cosigned(w, w.add(log.request(known, size)), log.text(size))
            known = size


def test_a_state_that_is_damaged():
    log = Log(40)
    with folder() as where:
        with witness(where, [log]) as w:
            cosigned(w, w.add(log.request(0, 20)), log.text(20))
            file = pathlib.Path(f'{w.state}/{hashlib.sha256(ORIGIN.encode()).hexdigest()}.checkpoint')
        good = file.read_bytes()
        other = Log(9, tlog.Key('other.example'))
        for damaged in (b'', good[:-20], good.replace(b'\n20\n', b'\n19\n'), b'x' + good, other.signed(9).encode(), good * 1000):
            file.write_bytes(damaged)
            fails(['--state', w.state, '--log', log.key.vkey], 2, str(file))
        file.write_bytes(good)
        with witness(where, [log]) as w:
            conflict(w.add(log.request(0, 40)), 20)


def test_the_disk_is_full():
    """What cannot be written down is not cosigned, and nothing is forgotten; afterwards it goes on."""
    log = Log(40)
    with folder() as where:
        with witness(where, [log]) as w:
            cosigned(w, w.add(log.request(0, 20)), log.text(20))
            blocked = pathlib.Path(f'{w.state}/{hashlib.sha256(ORIGIN.encode()).hexdigest()}.checkpoint.new')
            blocked.mkdir()  # where the new file would be
            (blocked / 'x').touch()
            answer = w.add(log.request(20, 40))
            refused(answer, 500)
            assert w.logs()[ORIGIN]['size'] == 20 and 'level=error' in w.said()
            (blocked / 'x').unlink()
            blocked.rmdir()
            cosigned(w, w.add(log.request(20, 40)), log.text(40))


def test_evidence_is_kept():
    log = Log(40)
    fork = fork_of(log, 10, 40)
    with folder() as where:
        digest = hashlib.sha256(ORIGIN.encode()).hexdigest()
        with witness(where, [log]) as w:
            cosigned(w, w.add(log.request(0, 20)), log.text(20))
            assert w.get(f'/split/{digest}').status == 404 and not w.logs()[ORIGIN]['split'] and 'CAUGHT' not in w.get('/').text
            refused(w.add(fork.request(20, 40)), 422)
            forged = tlog.checkpoint_text(ORIGIN, 20, os.urandom(32))
            refused(w.add(tlog.add_checkpoint(20, [], tlog.note(forged, tlog.Key(ORIGIN).sign(forged)))), 403)
            assert w.get(f'/split/{digest}').status == 404, 'neither is proof of anything'
            conflict(w.add(fork.request(0, 20)), 20)
        with witness(where, [log]) as w:
            assert w.logs()[ORIGIN]['split'] and 'CAUGHT' in w.get('/').text
            kept = w.get(f'/split/{digest}').text
            assert log.signed(20) in kept and fork.signed(20) in kept, kept
            third = fork_of(log, 5, 40)
            conflict(w.add(third.request(20, 20)), 20)
            assert w.get(f'/split/{digest}').text == kept, 'the first proof stays'
            cosigned(w, w.add(log.request(20, 40)), log.text(40))
            assert 'event=split_view' in w.said()


# ---- at the same time, and killed ------------------------------------------------------------------------------------

class Book:
    """Every tree that was ever shown to a witness, and which it cosigned: of any two of these the larger must contain the smaller, unchanged."""

    def __init__(self):
        self.trees, self.seen, self.mutex = {(0, tlog.Tree().root()): tlog.Tree()}, set(), threading.Lock()
        self.wrong = []  # what threads found

    def branch(self, size, root, more):
        """Another tree that extends one that was shown: its new entries are in no other."""
        tree = tlog.Tree()
        tree.leaves = self.trees[size, root].leaves[:size] + [os.urandom(32) for _ in range(more)]
        with self.mutex:
            self.trees[size + more, tree.root()] = tree
        return tree

    def put(self, size, root):
        with self.mutex:
            assert (size, root) in self.trees, 'a cosignature of a tree that nobody showed'
            self.seen.add((size, root))

    def check(self):
        assert not self.wrong, self.wrong
        for size, root in self.seen:
            for older, older_root in self.seen:
                assert older > size or self.trees[size, root].root(older) == older_root, f'{older} and {size} were both cosigned, and do not go together'
        return len(self.seen)


def test_at_the_same_time():
    """Many ask at once, each for another size: whoever is first wins, all others are told so, and it never goes back."""
    log = Log(200)
    with folder() as where, witness(where, [log]) as w:
        known = 0
        for _ in range(15):
            sizes = random.sample(range(known + 1, known + 12), 8)
            bodies = {size: log.request(known, size) for size in sizes}
            answers, threads = {}, []
            barrier = threading.Barrier(len(sizes))

            def post(size):
                connection = connect(w.url)
                connection.connect()
                barrier.wait(PATIENCE)
                answers[size] = w.add(bodies[size], connection)
                connection.close()
            for size in sizes:
                threads.append(threading.Thread(target=post, args=(size,)))
                threads[-1].start()
            for thread in threads:
                thread.join()
            good = [size for size in sizes if answers[size].status == 200]
            assert len(good) == 1, answers
            cosigned(w, answers[good[0]], log.text(good[0]))
            for size in sizes:
                if size != good[0]:
                    conflict(answers[size], good[0])
            known = good[0]
            assert w.logs()[ORIGIN]['size'] == known


KILLS = 50


def post_branches(w, key, verifier, book, stop):
    """Extend what it remembers, each time another way, until it is gone."""
    connection, dice = connect(w.url), random.Random()
    while not stop.is_set():
        try:
            log = ask(w.url, 'GET', '/index.json', connection=connection).json()['logs'][0]
            old, root = log['size'], base64.b64decode(log['root'])
            tree = book.branch(old, root, dice.choice((0, 1, 1, 1, 2)) if old else 1)
            text = tlog.checkpoint_text(key.name, len(tree.leaves), tree.root())
            answer = w.add(tlog.add_checkpoint(old, tree.consistency(old, len(tree.leaves)), tlog.note(text, key.sign(text))), connection)
            if answer.status == 200:
                assert verifier.cosigned(text, answer.text), answer
                book.put(len(tree.leaves), tree.root())
        except (OSError, http.client.HTTPException):
            return  # it was killed
        except Exception as wrong:
            book.wrong.append(wrong)
            raise


def remembered(w):
    answer = w.get(f'/checkpoint/{hashlib.sha256(ORIGIN.encode()).hexdigest()}')
    return tlog.checkpoint_parts(answer.text)[1:] if answer.status == 200 else (0, tlog.Tree().root())


def test_killed_50_times():
    """kill -9 while several extend one log, each another way: whatever it cosigned, before or after, belongs together, and nothing is forgotten."""
    log, book = Log(0), Book()
    with folder() as where:
        for _ in range(KILLS):
            w = witness(where, [log]).start()
            book.put(*remembered(w))
            stop = threading.Event()
            threads = [threading.Thread(target=post_branches, args=(w, log.key, tlog.Verifier(w.vkey), book, stop)) for _ in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(0.0, 0.2))
            w.end(signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join()
        with witness(where, [log]) as w:
            size, root = remembered(w)
            book.put(size, root)
            assert size == max(seen for seen, _ in book.seen), 'it went back'
        assert book.check() >= 10, 'it hardly cosigned anything'
        print(f'        {KILLS} kills; {len(book.trees)} different trees shown, {len(book.seen)} cosigned, the last of {size} entries')


def test_it_ends_well_while_it_is_asked():
    log = Log(20)
    with folder() as where:
        for _ in range(3):
            w = witness(where, [log]).start()
            connection = connect(w.url)
            w.add(log.request(0, 20), connection)
            assert w.end() == 0, w.said()
            connection.close()


# ---- what others see -------------------------------------------------------------------------------------------------

def test_what_it_says_of_itself():
    log, quiet = Log(20), Log(5, tlog.Key('quiet.example'))
    with folder() as where, witness(where, [log, quiet]) as w:
        cosigned_at = cosigned(w, w.add(log.request(0, 20)), log.text(20))
        page = w.get('/')
        assert page.status == 200 and page.type.startswith('text/plain') and page.headers['X-Content-Type-Options'] == 'nosniff'
        for word in (w.vkey, log.key.vkey, ORIGIN, 'quiet.example', '20 entries', 'nothing cosigned yet'):
            assert word in page.text, (word, page.text)
        about = w.get('/index.json').json()
        assert about['vkey'] == w.vkey and about['name'] == 'witness.example/w1' and about['followed'] == []
        one, other = about['logs']
        assert one == {'origin': ORIGIN, 'hash': hashlib.sha256(ORIGIN.encode()).hexdigest(), 'size': 20, 'root': base64.b64encode(log.tree.root(20)).decode(),
                       'time': cosigned_at, 'split': False, 'vkeys': [log.key.vkey]}
        assert other['size'] == 0 and other['time'] == 0 and w.get(f'/checkpoint/{other["hash"]}').status == 404
        kept = w.get(f'/checkpoint/{one["hash"]}')
        text, lines = tlog.note_parts(kept.text)
        assert text == log.text(20) and tlog.Verifier(w.vkey).cosigned(text, lines) == cosigned_at and log.key.sign(text) in lines
        assert w.get('/healthz').body == b'ok\n'
        assert ask(w.url, 'HEAD', '/').body == b''
        for path in ('/nope', '/checkpoint/', '/checkpoint/xyz', f'/checkpoint/{one["hash"][:-1]}', f'/checkpoint/{one["hash"]}/x', '/split/', '/checkpoint/../key', '/key'):
            assert w.get(path).status == 404, path
        assert ask(w.url, 'GET', '/add-checkpoint').status == 405 and ask(w.url, 'GET', '/add-checkpoint').headers['Allow'] == 'POST'
        assert ask(w.url, 'POST', '/', 'x').status == 405 and ask(w.url, 'DELETE', '/checkpoint/x').status == 405


def test_rates():
    log = Log(3)
    with folder() as where:
        w = Witness(program, where, [log.key.vkey], '--key', f'{where}/key')
        w.command[w.command.index('--posts') + 1] = '60'
        with w:
            answers = [w.add(log.request(0 if i == 0 else 3, 3)) for i in range(30)]
            assert {answer.status for answer in answers} == {200, 429} and answers[-1].headers['Retry-After'], answers
            assert w.get('/healthz').status == 200, 'reading goes on'


def test_what_systemd_hears():
    log = Log(3)
    with folder() as where, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f'{where}/notify')
        heard.settimeout(PATIENCE)
        os.environ.update(NOTIFY_SOCKET=f'{where}/notify', WATCHDOG_USEC='400000')
        try:
            w = witness(where, [log]).start()
        finally:
            del os.environ['NOTIFY_SOCKET'], os.environ['WATCHDOG_USEC']
        try:
            assert heard.recv(1000).startswith(b'READY=1\n')
            assert [heard.recv(1000) for _ in range(3)] == [b'WATCHDOG=1'] * 3
        finally:
            assert w.end() == 0
        while (word := heard.recv(1000)) == b'WATCHDOG=1':
            pass
        assert word == b'STOPPING=1'


def test_a_unix_socket():
    log = Log(3)
    with folder() as where:
        w = witness(where, [log])
        w.command[w.command.index('--listen') + 1] = f'unix:{where}/socket'
        with w:
            assert w.url == f'unix:{where}/socket'
            cosigned(w, w.add(log.request(0, 3)), log.text(3))


# ---- looking by itself -----------------------------------------------------------------------------------------------

class Site:
    """A log as files over HTTP (C2SP tlog-tiles): checkpoint and tiles of what it shows now."""

    def __init__(self, log, size, full_only=False):
        self.log, self.size, self.broken, self.full_only, self.asked = log, size, None, full_only, []
        site = self

        class Pages(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *_):
                pass

            def do_GET(self):
                site.asked.append(self.path)
                body = site.answer(self.path.removeprefix('/some/where/'))
                self.send_response(200 if body is not None else 404)
                self.send_header('Content-Length', str(len(body or b'')))
                self.end_headers()
                self.wfile.write(body or b'')

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Pages)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/some/where'
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.02})
        self.thread.start()

    def answer(self, path):
        if path == 'checkpoint':
            return self.log.signed(self.size).encode()
        if not path.startswith('tile/'):
            return None
        level, index, width = tlog.tile_of_path(path)
        if self.broken and self.broken in path:
            return os.urandom(32 * width)
        if self.full_only and width < 256 and (index + 1) * 256 ** (level + 1) <= len(self.log.tree.leaves):
            return None  # the part is gone, as the whole is there
        width = min(256, width if not self.full_only else 256, len(self.log.tree.leaves) // 256 ** level - index * 256)
        return self.log.tree.tile(level, index, width)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_following():
    log = Log(70000)
    digest = hashlib.sha256(ORIGIN.encode()).hexdigest()
    with folder() as where, Site(log, 3) as site, witness(where, [log], '--follow', site.url, '--every', '1') as w:
        for size in (3, 3, 250, 256, 300, 65535, 65537, 70000):
            site.size = size
            until(f'{size} entries are cosigned', lambda: w.logs()[ORIGIN]['size'] == size)
            text, lines = tlog.note_parts(w.get(f'/checkpoint/{digest}').text)
            assert text == log.text(size) and tlog.Verifier(w.vkey).cosigned(text, lines)
        seen = until('it says so', lambda: [one for one in w.get('/index.json').json()['followed'] if one['words'] == '70000 entries, cosigned'])
        assert seen[0]['good'] and seen[0]['url'] == site.url and seen[0]['time'] and site.url in w.get('/').text
        assert len(site.asked) < 200, 'a proof takes a few tiles'


def test_following_where_parts_are_gone():
    log = Log(1000)
    with folder() as where, Site(log, 100, full_only=True) as site, witness(where, [log], '--follow', site.url, '--every', '1') as w:
        for size in (100, 300, 1000):
            site.size = size
            until(f'{size} entries are cosigned', lambda: w.logs()[ORIGIN]['size'] == size)


def test_following_a_log_that_lies():
    log = Log(1000)
    fork = fork_of(log, 200, 1000)
    stranger = Log(10, tlog.Key('stranger.example'))
    with folder() as where, Site(log, 500) as site, witness(where, [log], '--follow', site.url + '/', '--every', '1') as w:
        def says(words):
            until(words, lambda: words in w.get('/index.json').json()['followed'][0]['words'])
            assert w.logs()[ORIGIN]['size'] == 500
        until('500 entries are cosigned', lambda: w.logs()[ORIGIN]['size'] == 500)
        site.log, site.size = fork, 600
        says('not cosigned (422)')
        site.log, site.size, site.broken = log, 600, 'tile/0/'
        says('not cosigned (422)')
        site.log, site.size, site.broken = log, 400, None
        says('fewer than the 500')
        site.log, site.size = stranger, 10
        says('a log that this witness knows')
        assert not w.logs()[ORIGIN]['split'] and 'level=error' not in w.said()
        site.log, site.size = fork, 500
        says('and another one')
        assert w.logs()[ORIGIN]['split'] and 'CAUGHT' in w.get('/').text and 'TROUBLE' in w.get('/').text
        site.log, site.size = log, 600
        until('it goes on', lambda: w.logs()[ORIGIN]['size'] == 600)


def test_following_one_that_is_away():
    log = Log(50)
    free = socket.create_server(('127.0.0.1', 0))
    silent = f'http://127.0.0.1:{free.getsockname()[1]}'  # takes connections and says nothing
    with folder() as where, Site(log, 50) as site:
        w = witness(where, [log], '--follow', site.url, '--follow', 'http://127.0.0.1:1/x', '--follow', silent, '--every', '1').start()
        until('it is cosigned', lambda: w.logs()[ORIGIN]['size'] == 50)
        until('it says so', lambda: w.get('/index.json').json()['followed'][1]['words'] == 'it could not be reached, or gave no good answer')
        assert 'no good answer: ' in w.said(), 'what the library says is for the log'
        assert w.end() == 0, 'it does not wait for those who are silent'
    free.close()


# ---- running ---------------------------------------------------------------------------------------------------------

def main():
    global program, under
    given = runner.options(program)
    program, under = given.program, given.under
    return runner.run('witness', globals(), given.names)


if __name__ == '__main__':
    sys.exit(main())
