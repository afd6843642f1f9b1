#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""tamper.py [--hustings PATH]: docs/tampering.md done as it is written, in bash, and what it shows held against what the program prints; then the same record
through a folder and an address, and leaves that were lost put back. (Every byte of every value: test/unit/record/verify.c and verify_store.c.)

Hashes differ from run to run, so 16 hexadecimal digits stand for any 16. Last line: "record tamper: N passed, N failed".
"""
import argparse
import functools
import http.server
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('deploy',)]
import deploy  # noqa: E402
from deploy import ROOT, Tally  # noqa: E402


def blocks(text):
    """[(command, shown)] of the console blocks."""
    found = []
    for block in re.findall(r'^```console\n(.*?)^```', text, re.M | re.S):
        for part in re.split(r'^\$ ', block, flags=re.M)[1:]:
            command, shown = part.split('\n', 1)
            if '<<' in command:
                body, shown = shown.split('END\n', 1)
                command += '\n' + body + 'END\n'
            found.append((command, shown))
    return found


def masked(text):
    return re.sub(r'\b[0-9a-f]{16}\b', 'HASH', text)


def walk(tally, hustings, place, port):
    environment = {'PATH': f'{place}/bin:{os.environ["PATH"]}', 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null'}
    for command, shown in blocks((ROOT / 'docs/tampering.md').read_text()):
        command = command.replace('8090', str(port))
        server = command.startswith('hustings serve')
        if server:  # which must not hold on to what we read from
            command = re.sub(r'2>.*', '>log 2>&1 & echo $! > pid; sleep 3', command)
        done = subprocess.run(['bash', '-c', command], cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        seen = masked(done.stdout) == masked(shown) and not done.stderr
        tally(command.split('\n')[0][:90], seen, f'{done.stdout}{done.stderr}')


def run(hustings, place, *words):
    done = subprocess.run([str(hustings), *map(str, words)], cwd=place, capture_output=True, text=True, timeout=60,
                          env={'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null'})
    return done.returncode, done.stdout + done.stderr


def statuses(tally, hustings, place, url):
    status, said = run(hustings, place, 'record', 'verify', url)
    tally('a forged record: status 1', status == 1, said)
    status, said = run(hustings, place, 'record', 'verify', 'copy', '--state', 'state', '--files')
    tally('its copy is right, offline', status == 0 and 'Remembered in state' in said, said)
    status, said = run(hustings, place, 'record', 'verify', 'copy', '--state', 'state')
    tally('and the second time it is known', status == 0 and 'nothing that it held before was rewritten' in said, said)
    status, said = run(hustings, place, 'record', 'verify', url, '--state', 'state')
    tally('the forged one does not fit what is remembered', status == 1 and 'does not fit' in said, said)
    status, said = run(hustings, place, 'record', 'verify', 'http://127.0.0.1:1')
    tally('what cannot be read: status 3', status == 3, said)
    status, said = run(hustings, place, 'record', 'verify', 'nowhere')
    tally('what is not there: status 2', status == 2, said)
    status, said = run(hustings, place, 'record', 'show', 'copy', '--contest', 'labour-2010', '--csv')
    tally('show: only that contest', status == 0 and said.count('contest.published') == 1 and said.startswith('leaf,at,act'), said)


def overtaken(tally, hustings, place):
    """A site keeps one run waiting, and another one remembers more meanwhile."""
    other = '\n'.join(['hustings record state 1', 'what another run wrote'])

    class Slow(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            (place / 'slow-state').write_text(other)
            super().do_GET()

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Slow, directory=place / 'copy')) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        status, said = run(hustings, place, 'record', 'verify', f'http://127.0.0.1:{server.server_port}', '--state', 'slow-state')
        server.shutdown()
    tally('what another run remembered meanwhile stays', status == 3 and 'another run' in said and (place / 'slow-state').read_text() == other, (status, said))


def recovered(tally, hustings, place):
    store = sqlite3.connect(place / 'demo.db')
    store.executescript('DELETE FROM record_leaf WHERE number = 1; UPDATE record_head SET size = 1; DELETE FROM record_checkpoint; DELETE FROM record_file')
    store.close()
    given = ('--store', 'demo.db', '--by', 'Cy Clerk', '--reason', 'the disk failed on Sunday')
    status, said = run(hustings, place, 'record', 'seal', '--store', 'demo.db')
    tally('a store that lost a leaf signs nothing', status != 0 and 'were signed' in said, said)
    status, said = run(hustings, place, 'record', 'recover', 'copy', '--store', 'demo.db', '--dry-run')
    tally('recover --dry-run tells what is missing', status == 0 and 'One leaf, 1, is missing' in said, said)
    status, said = run(hustings, place, 'record', 'recover', 'copy', '--store', 'demo.db', '--by', 'Cy Clerk')
    tally('recover wants a reason', status == 2 and '--reason' in said, said)
    status, said = run(hustings, place, 'record', 'recover', 'copy', *given)
    tally('recover puts it back', status == 0 and 'was put back' in said, said)
    status, said = run(hustings, place, 'record', 'seal', '--store', 'demo.db')
    tally('and signing goes on', status == 0 and said.startswith('3 leaves'), said)
    status, said = run(hustings, place, 'record', 'show', 'demo.db', '--kind', 'store.recovered')
    tally('with a leaf that tells of it', 'the disk failed on Sunday' in said, said)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--hustings', type=pathlib.Path, default=ROOT / 'build' / 'hustings')
    hustings = parser.parse_args().hustings.resolve()
    tally = Tally('record tamper')
    with tempfile.TemporaryDirectory(prefix='hustings-tamper-') as folder:
        place = pathlib.Path(folder)
        (place / 'bin').mkdir()
        (place / 'bin/hustings').symlink_to(hustings)
        (place / 'examples').symlink_to(ROOT / 'examples')
        port = deploy.free_port()
        try:
            walk(tally, hustings, place, port)
            statuses(tally, hustings, place, f'http://127.0.0.1:{port}')
        finally:
            if (place / 'pid').exists():
                os.kill(int((place / 'pid').read_text()), signal.SIGTERM)
                time.sleep(1)
        overtaken(tally, hustings, place)
        recovered(tally, hustings, place)
    print(f'record tamper: {tally.passed} passed, {tally.failed} failed')
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())
