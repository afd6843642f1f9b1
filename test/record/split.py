#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""split.py: a server that shows one record to some and another to others, and how two witnesses and a scrutineer catch it: split.py [--program build/hustings]

The liar is two real servers on copies of one store, with the same key, that went different ways. The witnesses are real ones. What cosignatures say is checked
by tlog.py, which shares no code with the program. Last line: "split: N passed, N failed".
"""
import base64
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import runner
import tlog
from servers import PATIENCE, ROOT, Serve, Witness, folder, until

program = str(ROOT / 'build/hustings')


def verify(*words):
    """(exit status, all it said)."""
    run = subprocess.run([program, 'record', 'verify', *words], capture_output=True, text=True, timeout=PATIENCE * 2, check=False)
    return run.returncode, run.stdout + run.stderr


def shown(title, text):
    print(f'        {title}:')
    for line in text.strip().splitlines():
        print(f'        | {line}')


def act(server, n):
    """Something that the record must have: one more link for a steward, made by an officer. Until it is signed."""
    before = server.size()
    server.act('sign-in', '--for', f'Bo Baker {n}')
    until('the act is in the signed record', lambda: server.size() > before)


def cosigners(server, *witnesses):
    """The names of those who have cosigned what this server shows now."""
    text, lines = server.checkpoint()
    return {w.name for w in witnesses if tlog.Verifier(w.vkey).cosigned(text, lines)}


def cosigned_by(server, *witnesses):
    names = {w.name for w in witnesses}
    until(f'cosigned by {names}', lambda: cosigners(server, *witnesses) == names)


def first_server(where):
    """A server that has acted once and ended, and its record's key."""
    server = Serve(program, f'{where}/one')
    with server:
        act(server, 0)
        return server, server.vkey()


def copy_of(server, where):
    """The same store and the same key once more: how a liar begins."""
    shutil.copytree(server.folder, where)
    return Serve(program, where)


def pair(w):
    return w.vkey, w.url


# ---- the honest case: what all the following must be told from -------------------------------------------------------

def test_an_honest_record_has_both():
    with folder() as where:
        server, vkey = first_server(where)
        with Witness(program, where, [vkey], name='witness.example/a') as a, Witness(program, where, [vkey], name='witness.example/b') as b:
            server.ask_witnesses(pair(a), pair(b))
            with server:
                act(server, 1)
                cosigned_by(server, a, b)
                both = ['--key', vkey, '--witness', a.vkey, '--witness', b.vkey]
                status, said = verify(server.url, *both, '--quorum', '2')
                assert status == 0, said
                assert a.name in said and b.name in said, said
                status, said = verify(server.url, *both)
                assert status == 0, said
                stranger = tlog.Key('witness.example/c', tlog.COSIGNATURE).vkey
                status, said = verify(server.url, *both, '--witness', stranger, '--quorum', '3')
                assert status == 1, said
                status, said = verify(server.url, *both, '--witness', stranger, '--quorum', '2')
                assert status == 0, said


# ---- the split view --------------------------------------------------------------------------------------------------

def test_each_view_asks_one_witness():
    """One view is cosigned by one witness, the other by the other: neither has both, and whoever compares sees it."""
    with folder() as where:
        one, vkey = first_server(where)
        with Witness(program, where, [vkey], name='witness.example/a') as a, Witness(program, where, [vkey], name='witness.example/b') as b:
            one.ask_witnesses(pair(a), pair(b))
            with one:
                act(one, 1)
                cosigned_by(one, a, b)
                common = one.checkpoint()
            other = copy_of(one, f'{where}/other')
            one.ask_witnesses(pair(a))
            other.ask_witnesses(pair(b))
            with one, other:
                act(one, 'to some')
                act(other, 'to others')
                cosigned_by(one, a)
                cosigned_by(other, b)
                assert one.checkpoint()[0] != other.checkpoint()[0] and one.vkey() == other.vkey() == vkey
                print('        each view on its own, by the witness that it asked, looks right:')
                for server, w in ((one, a), (other, b)):
                    status, said = verify(server.url, '--key', vkey, '--witness', w.vkey)
                    assert status == 0, said
                both = ['--key', vkey, '--witness', a.vkey, '--witness', b.vkey, '--quorum', '2']
                for server, missing in ((one, b), (other, a)):
                    status, said = verify(server.url, *both)
                    assert status == 1 and missing.name in said, said
                shown('record verify of the second view, with both witnesses', said)
                first_different = int(common[0].split('\n')[1])
                status, said = verify(one.url, '--key', vkey, '--against', other.url)
                assert status == 1 and f'Leaf {first_different} is the first that differs' in said, (first_different, said)
                assert all(line in said for server in (one, other) for line in server.checkpoint()[1].splitlines()), 'both notes are told: proof to anybody'
                shown('record verify of the first view against the second', said)
                status, again = verify(other.url, '--key', vkey, '--against', one.url)
                assert status == 1 and f'Leaf {first_different} is the first that differs' in again, again
                kept = f'{where}/kept'
                pathlib.Path(kept).write_text(one.get('/record/checkpoint').text)
                status, said = verify(other.url, '--key', vkey, '--earlier', kept)
                assert status == 1 and 'cannot both be true' in said, said
                shown('record verify of the second view with a checkpoint kept from the first', said)


def test_both_views_ask_both_witnesses():
    """The liar asks both witnesses for both views, again and again: never has more than one view the cosignatures of both."""
    with folder() as where:
        one, vkey = first_server(where)
        with Witness(program, where, [vkey], name='witness.example/a') as a, Witness(program, where, [vkey], name='witness.example/b') as b:
            other = copy_of(one, f'{where}/other')
            for server in (one, other):
                server.ask_witnesses(pair(a), pair(b))
            whole = set()
            with one, other:
                act(one, 'to some')
                act(other, 'to others')
                assert one.checkpoint()[0] != other.checkpoint()[0]
                for n, server in enumerate((one, other, other, other, one, one, one, other)):  # each is the longer one for a while
                    act(server, f'more {n}')
                    for server in (one, other):
                        if len(cosigners(server, a, b)) == 2:
                            whole.add(server.folder)
                    time.sleep(0.3)
                for w in (a, b):
                    until('the witness goes with one view', lambda: len(views_of(w, one, other)) == 1)
                    refused = other if views_of(w, one, other) == [one] else one
                    until('and has refused the other', lambda: trouble_with(w, refused))
                for server in (one, other):
                    if len(cosigners(server, a, b)) == 2:
                        whole.add(server.folder)
                assert len(whole) <= 1, 'two views have the cosignatures of both witnesses'
                loser = other if one.folder in whole else one
                status, said = verify(loser.url, '--key', vkey, '--witness', a.vkey, '--witness', b.vkey, '--quorum', '2')
                assert status == 1, said
                shown('record verify of the view that did not get both', said)
                print(f'        views with the cosignatures of both witnesses: {len(whole)}')


def trouble_with(witness, server):
    """What the server tells everybody of this witness's last answer, if that was no cosignature."""
    return next(w['trouble'] for w in server.get('/record/witnesses.json').json()['witnesses'] if w['name'] == witness.name)


def root_of(server, size):
    """Of the first `size` leaves that it serves, computed here; None: it has fewer."""
    whole, tree = server.size(), tlog.Tree()
    assert whole < 256
    tile = server.get(f'/record/tile/0/000.p/{whole}').body
    tree.leaves = [tile[i:i + 32] for i in range(0, len(tile), 32)]
    return base64.b64encode(tree.root(size)).decode() if size <= whole else None


def views_of(witness, *servers):
    """Those of the servers whose record contains what the witness remembers."""
    log = witness.logs()[servers[0].origin]
    return [server for server in servers if root_of(server, log['size']) == log['root']]


def test_two_views_of_one_size():
    """A witness that is shown the second of two signed trees of one size keeps both notes: proof against the log that needs nobody's word."""
    with folder() as where:
        one, vkey = first_server(where)
        with Witness(program, where, [vkey], name='witness.example/a') as a:
            other = copy_of(one, f'{where}/other')
            one.ask_witnesses(pair(a))
            with one, other:
                act(one, 'to some')
                act(other, 'to others')
                cosigned_by(one, a)
                assert one.size() == other.size(), 'the views are as long as each other'
            other.ask_witnesses(pair(a))
            with other:
                until('the witness has caught it', lambda: a.logs()[one.origin]['split'])
                notes = a.get(f'/split/{a.logs()[one.origin]["hash"]}').text
                assert 'CAUGHT' in a.get('/').text and not cosigners(other, a)
            shown('what the witness keeps', notes)
            texts = set()
            for text in notes.split(f'{one.origin}\n')[1:]:
                body, lines = tlog.note_parts(f'{one.origin}\n{text.rstrip()}\n')
                assert any(tlog.Verifier(vkey).signed(body, line) for line in lines.splitlines()), lines
                texts.add(body)
            assert len(texts) == 2 and len({text.split('\n')[1] for text in texts}) == 1, 'two texts of one size, both with a good signature'


# ---- a witness that goes away and comes back -------------------------------------------------------------------------

def test_a_witness_goes_and_comes_back():
    with folder() as where:
        server, vkey = first_server(where)
        a, b = (Witness(program, where, [vkey], name=f'witness.example/{name}') for name in 'ab')
        with a, b:
            server.ask_witnesses(pair(a), pair(b))
            with server:
                act(server, 1)
                cosigned_by(server, a, b)
                port = b.url.rsplit(':', 1)[1]
                b.end(signal.SIGKILL)
                act(server, 2)
                until('the one that is there cosigns', lambda: cosigners(server, a, b) == {a.name})
                until('the page says so', lambda: trouble_with(b, server))
                b.command[b.command.index('--listen') + 1] = f'127.0.0.1:{port}'
                b.start()
                cosigned_by(server, a, b)
                text, lines = server.checkpoint()
                proof = server.get('/record/leaves/0/proof').text
                assert text in proof and all(line in proof for line in lines.splitlines()), proof
                for w in (a, b):
                    origin, size, root = tlog.checkpoint_parts(text)
                    assert w.logs()[origin]['size'] == size


def test_a_witness_that_nobody_asks():
    """It looks by itself at a real server's checkpoint and tiles; what it keeps is what the server shows."""
    with folder() as where:
        server, vkey = first_server(where)
        with server, Witness(program, where, [vkey], '--follow', f'{server.url}/record', '--every', '1') as w:
            for n in range(3):
                act(server, n)
                size = server.size()
                until('it has looked', lambda: w.logs()[server.origin]['size'] == size)
                assert w.logs()[server.origin]['root'] == root_of(server, size)
            text, lines = tlog.note_parts(w.get(f'/checkpoint/{w.logs()[server.origin]["hash"]}').text)
            assert text == server.checkpoint()[0] and tlog.Verifier(w.vkey).cosigned(text, lines)
            assert not cosigners(server, w), 'the server knows nothing of it'


# ---- running ---------------------------------------------------------------------------------------------------------

def main():
    global program
    given = runner.options(program, under=False)
    program = given.program
    return runner.run('split', globals(), given.names)


if __name__ == '__main__':
    sys.exit(main())
