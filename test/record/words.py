#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""words.py [--hustings PATH]: what the record's commands say to somebody who is new to them: every mistake that is easily made names what was given, and what to do.

A real server with a real record. Last line: "record words: N passed, N failed".
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

from servers import PATIENCE, ROOT, Serve, folder, until

EXAMPLE = ROOT / 'examples' / 'labour-2010-totals'
passed = failed = 0


def tally(what, good, found=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print('ok      ' if good else 'FAILED  ', what, '' if good else f': {found}', flush=True)


class Desk:
    """Somebody's terminal in an empty folder."""

    def __init__(self, program, where):
        self.program, self.where = program, where

    def run(self, *words, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.lower().endswith('_proxy') and not k.startswith('HUSTINGS_')}
        return subprocess.run([self.program, *map(str, words)], cwd=self.where, env={**clean, **environment}, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)

    def says(self, what, status, expected, *words, **environment):
        r = self.run(*words, **environment)
        tally(what, r.returncode == status and all(one in r.stderr + r.stdout for one in expected), r)
        return r


def check_proof(desk, site, key):
    proof = pathlib.Path(desk.where, 'p')
    proof.write_bytes(site.get('/record/leaves/0/proof').body)
    desk.says('a proof under any name is one', 0, ['RIGHT: this act is leaf 0'], 'record', 'verify', proof, '--key', key)
    desk.says('and is told so without a key', 2, ['a proof is checked with'], 'record', 'verify', proof)
    proof.write_bytes(b'x' + proof.read_bytes())
    desk.says('what does not begin as one is none', 2, ['a file that is none'], 'record', 'verify', proof, '--key', key)


def check_show(desk, site):
    r = desk.says('a kind that nobody knows', 2, ["'nosuch'", 'contest.published', 'store.recovered'], 'record', 'show', site.url, '--kind', 'nosuch', '--csv')
    tally('nothing is printed then', not r.stdout, r)
    r = desk.says('a kind of which there is no act yet', 0, ['RIGHT: 0 of'], 'record', 'show', site.url, '--kind', 'store.recovered', '--csv')
    tally('it is a table without rows', r.stdout.startswith('leaf,at,act') and r.stdout.count('\n') == 1, r)
    desk.says('a contest of which nothing is known', 0, ["Nothing about the contest 'nosuch' is in the record", 'RIGHT: 0 of'],
              'record', 'show', site.url, '--contest', 'nosuch')
    desk.says('a unit of which nothing is known', 0, ["Nothing about the unit 'nosuch'"], 'record', 'show', site.url, '--unit', 'nosuch')
    slug = json.loads(desk.run('record', 'show', site.url, '--kind', 'contest.published', '--json').stdout.splitlines()[0])['contest']
    r = desk.run('record', 'show', site.url, '--contest', slug, '--kind', 'store.recovered')
    tally('a contest that is there is not said to be missing', r.returncode == 0 and 'Nothing about' not in r.stderr, r)
    desk.says('a day that is none', 2, ['--since', "'yesterday'"], 'record', 'show', site.url, '--since', 'yesterday')


def check_keys(desk, site):
    keys = pathlib.Path(desk.where, 'keys.txt')
    keys.write_text('nonsense in a file\n')
    desk.says('a key that is none', 2, ['--key: ', "'nonsense'", 'NAME+KEYID+BASE64'], 'record', 'verify', site.url, '--key', 'nonsense')
    desk.says('a witness that is none', 2, ['--witness: ', "'zz'"], 'record', 'verify', site.url, '--witness', 'zz')
    desk.says('a file with something else', 2, ['keys.txt: ', "'nonsense in a file'"], 'record', 'verify', site.url, '--key', keys.name)


def check_addresses(desk, site):
    port = site.url.rsplit(':', 1)[1]
    desk.says('a page of the site', 2, [f'{site.url}/contests: ', "give the site's address, or that of its /record"], 'record', 'verify', site.url + '/contests')
    desk.says('TLS to a port without it', 3, ['begins with http://'], 'record', 'verify', f'https://127.0.0.1:{port}')
    for what in ('ftp://vote.example.org', 'gopher://x'):
        desk.says(f'{what} is not read', 2, ['https:// or http://', what], 'record', 'verify', what)
    pathlib.Path(desk.where, 'a:b').mkdir()
    desk.says('a folder with a colon is a folder', 2, ['a:b/checkpoint'], 'record', 'verify', 'a:b')


def check_tls(desk, program):
    """A server that speaks TLS, asked without it."""
    made = subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                           '-keyout', f'{desk.where}/tls.key', '-out', f'{desk.where}/tls.pem'], capture_output=True, check=False)
    assert made.returncode == 0, made
    site = Serve(program, f'{desk.where}/tls')
    site.command += ['--certificate', f'{desk.where}/tls.pem', '--key', f'{desk.where}/tls.key']
    with site:
        desk.says('no TLS to a port with it', 3, ['begins with https://'], 'record', 'verify', site.url.replace('https:', 'http:'))


def check_stores(desk, site):
    desk.says('no record named, and no store', 2, ['there is no store at hustings.db', 'address', 'folder'], 'record', 'verify')
    desk.says('keys of no store', 2, ['there is no store at none.db'], 'record', 'key', '--store', 'none.db')
    tally('none was made', not list(pathlib.Path(desk.where).glob('none*')), os.listdir(desk.where))
    r = desk.says('leaves are not put back beside a server', 2, ['stop it first', str(site.process.pid)],
                  'record', 'recover', site.url, '--config', site.conf, '--reason', 'the disk failed')
    tally('nor is it told of several servers alone', 'then give this command again' in r.stderr, r)


def check_files(desk, site):
    """Every file that is named is in one of the counts; the same totals were published twice."""
    tally('a copy', desk.run('record', 'copy', site.url, 'copy').returncode == 0)
    r = desk.run('record', 'verify', 'copy', '--files')
    named, *parts = map(int, re.search(r'files +named (\d+) times: (\d+) .*?, (\d+) .*?, (\d+) ', r.stdout).groups())
    tally('files: the counts add up', r.returncode == 0 and named == sum(parts) and parts[0] > 0 and parts[1] > 0, r)
    report = json.loads(desk.run('record', 'verify', 'copy', '--files', '--json').stdout)
    counts = [report[name] for name in ('files', 'files_checked', 'files_named_again', 'files_taken_away')]
    tally('and are the same in JSON', counts == [named, *parts], report)


def check_witness(desk, key):
    words = ['witness', '--name', 'witness.example/w', '--listen', '127.0.0.1:0']
    for url in ('ftp://x', 'vote.example.org', 'https://', 'http:///record', 'http://a b'):
        desk.says(f'follow {url!r}', 2, ['--follow', f"'{url}'"], *words, '--log', key, '--follow', url)
    desk.says('a log that is neither a key nor a file', 2, ['--log', "'bad'", 'a file with such keys'], *words, '--log', 'bad')
    tally('no key was made', not pathlib.Path(desk.where, 'witness').exists(), os.listdir(desk.where))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hustings', default=str(ROOT / 'build/hustings'))
    program = str(pathlib.Path(parser.parse_args().hustings).resolve())
    with folder() as where, Serve(program, f'{where}/site') as site:
        os.mkdir(f'{where}/desk')
        desk = Desk(program, f'{where}/desk')
        site.act('publish', str(EXAMPLE))
        site.act('publish', str(EXAMPLE), '--replace')
        until('both are signed', lambda: site.get('/record/checkpoint').status == 200 and site.size() >= 2)
        key = site.vkey()
        check_proof(desk, site, key)
        check_show(desk, site)
        check_keys(desk, site)
        check_addresses(desk, site)
        check_stores(desk, site)
        check_files(desk, site)
        check_witness(desk, key)
        check_tls(desk, program)
    print(f'record words: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
