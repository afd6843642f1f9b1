#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The record opened by programs that are not ours: Go's golang.org/x/mod (sumdb/note, sumdb/tlog), as Debian packages it.

run.py [PROGRAM [TOOL]]: PROGRAM is hustings (build-gcc/hustings), TOOL writes and reads what a record consists of without a server
(build-gcc/test/interop/record_tool). test/interop/main.go is built into a folder that is thrown away, with nothing from the network.
Last line: "interop: N passed, N failed".
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60
TEXT = b'example.org/record\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
program = str(ROOT / 'build-gcc/hustings')
tool = str(ROOT / 'build-gcc/test/interop/record_tool')
go = ''
tests = []
wrong = []  # what did not hold in the test that runs


def test(function):
    tests.append(function)
    return function


def check(right, what):
    if not right:
        wrong.append(what)
        if len(wrong) <= 20:
            print(f'FAILED  {what}', flush=True)


def build(folder):
    """The Go program, from Debian's sources alone."""
    global go
    go = str(folder / 'interop')
    env = {**os.environ, 'GO111MODULE': 'off', 'GOPATH': '/usr/share/gocode', 'GOFLAGS': '', 'GOPROXY': 'off', 'GOCACHE': str(folder / 'cache'), 'CGO_ENABLED': '0'}
    subprocess.run(['go', 'build', '-o', go, str(ROOT / 'test/interop/main.go')], env=env, check=True, timeout=PATIENCE)


def run(*words, stdin=b'', cwd=None):
    """(exit status, what it printed) of a program."""
    done = subprocess.run([str(w) for w in words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, timeout=PATIENCE)
    return done.returncode, done.stdout


def lines(*words):
    status, out = run(*words)
    if status:
        raise RuntimeError(f'{words[1]}: exit status {status}')
    return out.decode().splitlines()


def spoiled(data, step, end=None):
    """Copies with one bit changed, every `step` bytes up to `end`."""
    for i in range(0, len(data) if end is None else end, step):
        yield i, data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1:]


def go_reads(folder, vkey, *older):
    """What Go says of a whole record in a folder."""
    done = subprocess.run([go, 'record', str(folder), vkey, *map(str, older)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
    out = done.stdout.decode()
    counts = re.search(r'(\d+) passed, (\d+) failed$', out.strip())
    print(out, end='', flush=True)
    check(done.returncode == 0 and counts and int(counts[1]) > 0 and int(counts[2]) == 0, f'Go reads {folder}')


# ---- keys and notes, both ways -----------------------------------------------------------------------------------------------------------------------


@test
def our_keys_are_go_keys(folder):
    for name in ('example.org/record', 'PeterNeumann', '127.0.0.1:8080/record', 'è.example'):
        skey, vkey = lines(tool, 'keys', name, 1)
        check(run(go, 'keys', skey, vkey)[0] == 0, f'the keys of {name}')
        _, other = lines(tool, 'keys', name, 1)
        check(run(go, 'keys', skey, other)[0] != 0, f'keys of {name} that do not belong to each other')


@test
def go_opens_what_we_sign(folder):
    skey, vkey = lines(tool, 'keys', 'example.org/record', 1)
    status, note = run(tool, 'sign', skey, 0, stdin=TEXT)
    check(status == 0 and run(go, 'open', vkey, stdin=note) == (0, TEXT), 'our note')
    check(run(go, 'sign', skey, stdin=TEXT) == (0, note), 'our note is, byte for byte, what Go signs with the same key')
    _, other = lines(tool, 'keys', 'example.org/record', 1)
    check(run(go, 'open', other, stdin=note)[0] != 0, 'our note, another key')


@test
def we_open_what_go_signs(folder):
    skey, vkey = lines(go, 'generate', 'example.org/record')
    status, note = run(go, 'sign', skey, stdin=TEXT)
    check(status == 0 and run(tool, 'check', vkey, stdin=note)[0] == 0, "Go's note")
    check(run(tool, 'sign', skey, 0, stdin=TEXT) == (0, note), "Go's note is, byte for byte, what we sign with the same key")
    for i, changed in spoiled(note, 3):
        ours, theirs = run(tool, 'check', vkey, stdin=changed)[0], run(go, 'open', vkey, stdin=changed)[0]
        check(ours != 0 and theirs != 0, f"Go's note with a bit of byte {i} changed: we say {ours}, Go says {theirs}")


@test
def cosignatures_both_ways(folder):
    skey, vkey = lines(tool, 'keys', 'witness.example/w1', 4)
    ours, theirs = run(tool, 'sign', skey, 1679315147, stdin=TEXT), run(go, 'cosign', skey, 1679315147, stdin=TEXT)
    check(ours[0] == 0 and ours == theirs, 'the same cosignature from us and from Go')
    (folder / 'checkpoint').write_bytes(ours[1])
    check(run(go, 'cosigned', folder, vkey) == (0, b'1679315147\n'), 'Go reads our cosignature')
    check(run(tool, 'check', vkey, stdin=theirs[1])[0] == 0, "we read Go's cosignature")
    for i, changed in spoiled(ours[1], 3):
        (folder / 'checkpoint').write_bytes(changed)
        check(run(tool, 'check', vkey, stdin=changed)[0] != 0, f'a cosigned note with a bit of byte {i} changed, for us')
        check(run(go, 'cosigned', folder, vkey)[0] != 0, f'a cosigned note with a bit of byte {i} changed, for Go')


# ---- whole records, made without a server ------------------------------------------------------------------------------------------------------------


def forged(folder, skey, checkpoint):
    """A checkpoint of the same size and another tree, rightly signed: what a lying log would show."""
    text = checkpoint.split(b'\n\n')[0] + b'\n'
    origin, size, _ = text.splitlines()
    path = folder / 'forged'
    path.write_bytes(run(go, 'sign', skey, stdin=b'\n'.join([origin, size, b'A' * 43 + b'=']) + b'\n')[1])
    return path


@test
def records_of_many_sizes(folder):
    (skey, vkey), (witness, witness_vkey) = lines(tool, 'keys', 'example.org/record', 1), lines(tool, 'keys', 'witness.example/w1', 4)
    older = []
    for size in (1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000, 65536, 65537):
        here = folder / str(size)
        here.mkdir()
        check(run(tool, 'log', size, skey, witness, cwd=here)[0] == 0, f'a record of {size} leaves')
        go_reads(here, vkey, *older)
        check(run(go, 'cosigned', here, witness_vkey) == (0, b'1679315147\n'), f'{size} leaves, cosigned')
        for path in sorted(here.glob('leaves/*'))[:20]:
            proof = path.read_bytes()
            check(run(tool, 'prove', vkey, stdin=proof)[0] == 0, path)
            for i, changed in spoiled(proof, 97, proof.index('\n— witness'.encode())):
                check(run(tool, 'prove', vkey, stdin=changed)[0] != 0, f'{path} with a bit of byte {i} changed')
        for old in older:
            path = here / 'grown' / f'{old.parent.name}.request'
            if path.exists():
                check(run(tool, 'grown', vkey, old, stdin=path.read_bytes())[0] == 0, path)
                check(run(tool, 'grown', vkey, here / 'checkpoint', stdin=path.read_bytes())[0] != 0, f'{path} from another checkpoint')
        older.append(here / 'checkpoint')
    lie = forged(folder, skey, older[-2].read_bytes())
    check(run(go, 'open', vkey, stdin=lie.read_bytes())[0] == 0, 'the forged checkpoint is rightly signed')
    check(run(go, 'record', folder / '65537', vkey, lie)[0] != 0, 'and is no beginning of the record, says Go')
    check(run(tool, 'grown', vkey, lie, stdin=(folder / '65537/grown/65536.request').read_bytes())[0] != 0, 'and we say so too')


# ---- a real server -----------------------------------------------------------------------------------------------------------------------------------


class Site:
    """`hustings serve` with a store of its own, its commands, and what it says under /record/."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {'PATH': os.environ['PATH'], 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count', 'HUSTINGS_LIMITS_RATES': '0',
                    'HUSTINGS_RECORD_ORIGIN': 'interop.example/record'}
        self.store = folder / 'store.db'
        self.log = open(folder / 'serve.log', 'ab+')
        self.process = subprocess.Popen([program, 'serve', '--store', self.store, '--listen', '127.0.0.1:0'], cwd=folder, env=self.env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        self.base = self.wait(self.address)

    def address(self):
        self.log.seek(0)
        found = re.search(rb'event=serving url=(http://[0-9.]+:\d+)', self.log.read())
        return found and found[1].decode()

    def wait(self, answer):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            found = answer()
            if found:
                return found
            time.sleep(0.05)
        raise RuntimeError((self.folder / 'serve.log').read_text()[-2000:])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self.log.close()
        return self.process.returncode

    def run(self, *words):
        subprocess.run([program, *map(str, words), '--store', self.store], cwd=self.folder, env=self.env, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)

    def get(self, path):
        with urllib.request.urlopen(self.base + path, timeout=PATIENCE) as answer:
            return answer.read()

    def sealed(self, least):
        """A checkpoint of at least so many leaves, as soon as there is one."""

        def answer():
            with contextlib.suppress(urllib.error.HTTPError):
                checkpoint = self.get('/record/checkpoint')
                return int(checkpoint.split(b'\n')[1]) >= least and checkpoint

        return self.wait(answer)


def tile_paths(size):
    """Every tile and bundle of a tree of that size, as C2SP tlog-tiles names them."""
    level, hashes = -1, size
    while hashes:
        for n in range((hashes + 255) // 256):
            width = min(256, hashes - 256 * n)
            digits = f'{n % 1000:03}'
            for above in range(1, 4):
                if n >= 1000 ** above:
                    digits = f'x{n // 1000 ** above % 1000:03}/{digits}'
            yield f'tile/{"entries" if level < 0 else level}/{digits}' + (f'.p/{width}' if width < 256 else '')
        level += 1
        hashes = size >> 8 * level


def download(site, folder, checkpoint):
    """All of a record up to that checkpoint: what any visitor may fetch."""
    size = int(checkpoint.split(b'\n')[1])
    for path, name in [*((f'/record/{p}', p) for p in tile_paths(size)), *((f'/record/leaves/{n}/proof', f'leaves/{n}.tlog-proof') for n in range(size)),
                       ('/record/keys', 'keys')]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(site.get(path))
    (folder / 'checkpoint').write_bytes(checkpoint)
    return size


@test
def a_real_server(folder):
    """More acts than a tile holds, some of them while others are sealed; then everything it serves is read by Go, with two checkpoints kept from before."""
    site, copy = Site(folder), folder / 'copy'
    copy.mkdir()
    try:
        older = []
        for number in range(2):
            site.run('publish', ROOT / 'examples/burlington-2009', *(['--replace'] if number else []))
            older.append(folder / f'older-{number}')
            older[-1].write_bytes(site.sealed(number + 1))
        first = int(older[-1].read_bytes().split(b'\n')[1])
        for number in range(260):
            site.run('sign-in', '--for', f'Ada Poll {number}')
        size = download(site, copy, site.sealed(first + 260))
        vkey = (copy / 'keys').read_text().splitlines()[0]
        check(size >= 262 and vkey.startswith('interop.example/record+'), f'{size} leaves, {vkey}')
        go_reads(copy, vkey, *older)
        for n in range(size):
            proof = (copy / f'leaves/{n}.tlog-proof').read_bytes()
            check(run(tool, 'prove', vkey, stdin=proof)[0] == 0, f'the proof of leaf {n}')
        (skey,) = [line for line in (folder / 'store.db.record-key').read_text().splitlines() if line.startswith('PRIVATE+KEY+')]
        check(run(go, 'keys', skey, vkey)[0] == 0, "the server's key file, for Go")
        a_copy_that_was_changed(copy, vkey, older)
    finally:
        check(site.stop() == 0, 'the server ends cleanly')


def a_copy_that_was_changed(copy, vkey, older):
    """Every file of the copy once with one bit changed: Go says no to each."""
    for path in [copy / 'checkpoint', copy / 'tile/entries/000', copy / 'tile/0/000', *copy.glob('tile/*/*.p/*'), copy / 'leaves/0.tlog-proof', older[0]]:
        data = path.read_bytes()
        i, at = len(data) // 2, path.relative_to(copy.parent)
        path.write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1:])
        check(run(go, 'record', copy, vkey, *older)[0] != 0, f'{at} with a bit of byte {i} changed')
        path.write_bytes(data)
    check(run(go, 'record', copy, vkey, *older)[0] == 0, 'all put back')


def main():
    global program, tool
    program, tool = (str(pathlib.Path(p).resolve()) for p in (sys.argv[1:] + [program, tool][len(sys.argv) - 1:])[:2])
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        build(pathlib.Path(name))
        for function in tests:
            here = pathlib.Path(name) / function.__name__
            here.mkdir()
            print(f'--- {function.__name__}', flush=True)
            wrong.clear()
            try:
                function(here)
            except Exception:
                traceback.print_exc(file=sys.stdout)
                check(False, function.__name__)
            failed += bool(wrong)
    print(f'interop: {len(tests) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
