#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py: the program as a person meets it: exit statuses, messages, help, man page, completion, files it writes.

Each function whose name starts with check_ runs the real binary and yields (what was checked, whether it held, what was
seen). run.py [--hustings PATH] [WORD...] runs those whose name contains a WORD. Last line: "cli: N passed, N failed".
"""
import argparse
import base64
import csv
import datetime
import gzip
import hashlib
import html.parser
import io
import json
import os
import pathlib
import pty
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
HUSTINGS = ROOT / 'build' / 'hustings'
COMMANDS = ('count', 'compare', 'reconcile', 'rules', 'convert', 'publish', 'unpublish', 'contests', 'config', 'serve', 'sign-in', 'routes', 'openapi', 'backup', 'restore',
            'move', 'export', 'record verify', 'record show', 'record copy', 'record recover', 'record key', 'record seal', 'witness', 'help',
            'version',
            'demo people', 'roll audit', 'roll freeze', 'roll check', 'roll sweep', 'people units', 'people columns', 'people role', 'people show', 'people import', 'people imports', 'people undo', 'people export', 'people search', 'people audience', 'people reindex', 'people duplicates', 'people merge')

PAPERS = """# title: A choir's treasurer
# candidates: Ann; Bob; Cat
count,1,2,3
4,Ann,,
3,Bob,Cat,
2,Cat,Bob,Ann
"""
TIED = """# candidates: Ann; Bob
count,1,2
2,Ann,
2,Bob,
"""


class Skip(Exception):
    """Something this machine lacks."""


class Ran:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace')

    def __str__(self):
        return f'status {self.status}\n--- stdout\n{self.out[:1500]}\n--- stderr\n{self.err[:1500]}'


def run(*arguments, stdin=b'', cwd=None, env=None, **more):
    env = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', **(env or {})}
    return Ran(subprocess.run([str(HUSTINGS), *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, env=env, timeout=120, **more))


def fine(r):
    """Did it end well, and quietly?"""
    return r.status == 0 and r.err == ''


class Desk:
    """A directory with the two small elections in it."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix='hustings-cli-'))
        (self.path / 'papers.csv').write_text(PAPERS)
        (self.path / 'tied.csv').write_text(TIED)
        return self.path

    def __exit__(self, *_):
        for p in self.path.rglob('*'):
            if p.is_dir():
                p.chmod(0o755)
        shutil.rmtree(self.path)


# --- help


def check_no_arguments():
    r = run()
    yield 'no arguments: help on stderr, status 2', r.status == 2 and 'hustings COMMAND' in r.err and r.out == '', r


def check_help_of_the_program():
    named = re.findall(r'^  ([a-z-]+(?: [a-z-]+)?)  +\S', run('help').out.split('COMMAND ...')[1], re.M)
    yield 'the tests know every command', sorted(named) == sorted(COMMANDS), named
    for arguments in (['help'], ['--help'], ['-h']):
        r = run(*arguments)
        missing = [c for c in COMMANDS if not re.search(rf'^ +{c} ', r.out, re.M)]
        yield f'{arguments}: names every command', fine(r) and not missing, r


def options_of(command):
    return re.findall(r'^ +(?:-\w, )?--([a-z0-9-]+)', run(*command.split(), '--help').out, re.M)


def check_help_of_each_command():
    for command in COMMANDS:
        r = run(*command.split(), '--help')
        yield f'{command} --help', fine(r) and r.out.startswith(f'hustings {command}') and '--help' in r.out, r
        yield f'{command} -h says the same', run(*command.split(), '-h').out == r.out, r
        yield f'help {command} says the same', run('help', *command.split()).out == r.out, r
        yield f'{command} --help ends no line in a blank', not re.search(r' $', r.out, re.M), r
        letters = re.findall(r'^  -(\w), ', r.out, re.M)
        yield f'{command}: a letter is one option', len(letters) == len(set(letters)), letters
        if command.split()[0] in ('demo', 'people', 'roll'):
            told = re.sub(r'\s+', ' ', r.out)
            yield f'{command} --help says the exit statuses', re.search(r'Exit status: 0 .+; 2 .+; 3 ', told), r
        wide = [line for line in r.out.splitlines() if len(line) > 100]
        yield f'{command} --help fits 100 columns', not wide or all('hustings ' in w or '--' in w for w in wide), wide


def check_help_of_a_group():
    """Of a first word: the commands that begin with it. Asked for, it is the answer; else it is a mistake's."""
    for group in sorted({c.split()[0] for c in COMMANDS if ' ' in c}):
        r = run('help', group)
        named = re.findall(rf'^  hustings ({group} [a-z-]+)  +\S', r.out, re.M)
        yield f'help {group}', fine(r) and sorted(named) == sorted(c for c in COMMANDS if c.startswith(group + ' ')), r
        yield f'{group} --help says the same', run(group, '--help').out == run(group, '-h').out == r.out, run(group, '--help')
        for words in ([group], [group, 'sing']):
            told = run(*words)
            yield f'{words}: told what there is', told.status == 2 and told.out == '' and told.err == f'hustings {group}: expected one of these:\n' + r.out, told


def check_help_of_nothing():
    r = run('help', 'sing')
    yield 'help for a command that is none', r.status == 2 and 'sing' in r.err and r.out == '', r
    r = run('sing')
    yield 'a command that is none', r.status == 2 and 'sing' in r.err and 'help' in r.err and r.out == '', r


def check_version():
    version = re.search(r"version: '([0-9.]+)'", (ROOT / 'meson.build').read_text())[1]
    for arguments in (['version'], ['--version'], ['-V']):
        r = run(*arguments)
        yield f'{arguments}', fine(r) and version in r.out and r.out.count('\n') == 1, r


def check_man_page():
    r = run('help', '--man')
    yield 'man page is made', fine(r) and '.TH HUSTINGS 1' in r.out, r
    plain = r.out.replace('\\-', '-')
    for command in COMMANDS:
        yield f'man page tells {command}', f'hustings {command}' in plain, ''
        for option in options_of(command):
            yield f'man page tells {command} --{option}', f'--{option}' in plain, ''
    if not shutil.which('groff'):
        raise Skip('no groff to read the man page with')
    done = subprocess.run(['groff', '-man', '-Tutf8', '-ww', '-k'], input=r.out.encode(), capture_output=True)
    text = re.sub(rb'\x1b\[[0-9;]*m|.\x08', b'', done.stdout)
    yield 'groff takes the man page without a warning', done.returncode == 0 and done.stderr == b'', done.stderr.decode()
    yield 'and sets its headings', b'EXIT STATUS' in text and b'COMMANDS' in text, text[:500]


def completions(script, *words):
    """What bash would offer for the last of `words`."""
    quoted = ' '.join(f"'{w}'" for w in words)
    code = f'{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); _hustings; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(['bash', '-c', code], capture_output=True, text=True).stdout.split()


def check_completion():
    r = run('help', '--completion')
    yield 'completion is made', fine(r), r
    parsed = subprocess.run(['bash', '-n'], input=r.out.encode(), capture_output=True)
    yield 'bash can read it', parsed.returncode == 0 and parsed.stderr == b'', parsed.stderr
    meant = {c for c in COMMANDS if c.startswith('co')}
    seconds = {c.split()[1] for c in COMMANDS if c.startswith('record ')}
    yield 'commands of two words', completions(r.out, 'hustings', 'rec') == ['reconcile', 'record'] and set(completions(r.out, 'hustings', 'record', '')) == seconds, seconds
    yield 'commands', len(meant) > 2 and set(completions(r.out, 'hustings', 'co')) == meant, completions(r.out, 'hustings', 'co')
    yield 'presets', 'av-2011' in completions(r.out, 'hustings', 'count', '--rules', 'av'), completions(r.out, 'hustings', 'count', '--rules', 'av')
    yield 'formats', completions(r.out, 'hustings', 'count', '--format', 'j') == ['json'], completions(r.out, 'hustings', 'count', '--format', 'j')
    for command in COMMANDS:
        offered = completions(r.out, 'hustings', *command.split(), '--')
        yield f'every option of {command}', sorted(offered) == sorted('--' + o for o in options_of(command)), offered


# --- a call that cannot be used


def check_wrong_calls():
    """Status 2, the reason on stderr, nothing on stdout."""
    rows = [
        (['count'], 'rules'),
        (['count', 'papers.csv'], '--rules'),
        (['count', '--rules', 'av-2011'], 'file of papers'),
        (['count', 'papers.csv', '--rules'], 'needs a value'),
        (['count', 'papers.csv', '--rules', 'av-2012'], 'av-2012'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--rules', 'omov'], 'twice'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--colour'], '--colour'),
        (['count', 'papers.csv', '--rules', 'av-2011', '-z'], '-z'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--help=yes'], 'no value'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--format', 'pdf'], 'pdf'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--report', 'long'], 'long'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--from', 'xls'], '--from'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--seats', 'two'], 'two'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--seats', '0'], '--seats'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--seats', '-1'], '--seats'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--seats', '99999999999999999999'], '--seats'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--seats', '2'], 'one seat'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--seed', ''], '--seed'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--withdraw', 'Dan'], 'Dan'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--slate', 'Ann'], '--slate'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--slate', 'S=Ann,Dan'], 'Dan'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--slate', 'S=Ann,Ann'], 'twice'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--rejected', 'torn'], '--rejected'),
        (['count', 'papers.csv', '--rules', 'av-2011', '--rejected', 'torn=x'], '--rejected'),
        (['count', 'papers.csv', '--rules', 'labour-2010'], 'section'),
        (['compare'], 'papers'),
        (['convert', 'papers.csv'], '--to'),
        (['convert', 'papers.csv', '--to', 'xls'], '--to'),
        (['rules'], 'list'),
        (['config'], 'check'),
        (['config', 'burn'], 'check'),
        (['config', 'show', 'more'], 'check'),
        (['rules', 'burn'], 'list'),
        (['rules', 'show', 'none-such'], 'none-such'),
        (['rules', 'list', 'more'], 'list'),
        (['version', '--loud'], '--loud'),
    ]
    with Desk() as desk:
        for arguments, word in rows:
            r = run(*arguments, cwd=desk)
            yield ' '.join(arguments) or '(nothing)', r.status == 2 and word in r.err and r.out == '' and r.err.startswith('hustings'), r


def check_forms_of_options():
    with Desk() as desk:
        plain = run('count', 'papers.csv', '--rules', 'av-2011', cwd=desk)
        yield 'counted', fine(plain) and 'Ann' in plain.out, plain
        for arguments in (['count', '--rules=av-2011', 'papers.csv'], ['count', '-r', 'av-2011', 'papers.csv'], ['count', '-rav-2011', 'papers.csv'],
                          ['count', '--rules', 'av-2011', '--', 'papers.csv']):
            r = run(*arguments, cwd=desk)
            yield ' '.join(arguments), fine(r) and r.out == plain.out, r


# --- exit statuses


def check_open_questions():
    with Desk() as desk:
        r = run('count', 'tied.csv', '--rules', 'av-2011', cwd=desk)
        yield 'a lot without a seed: status 1, and the question is in the result', r.status == 1 and 'Ann' in r.out and 'Bob' in r.out, r
        j = run('count', 'tied.csv', '--rules', 'av-2011', '--format', 'json', cwd=desk)
        yield 'the same as JSON', j.status == 1 and json.loads(j.out), j
        first = run('count', 'tied.csv', '--rules', 'av-2011', '--seed', 'dice 4 2', cwd=desk)
        again = run('count', 'tied.csv', '--rules', 'av-2011', '--seed', 'dice 4 2', cwd=desk)
        yield 'with a seed it is drawn', first.status == 0 and 'dice 4 2' in first.out, first
        yield 'and always the same way', first.out == again.out, again
        elected = {json.loads(run('count', 'tied.csv', '--rules', 'av-2011', '--seed', f'{i}', '-f', 'json', cwd=desk).out)['elected'][0]
                   for i in range(20)}
        yield 'other seeds draw others', elected == {'Ann', 'Bob'}, elected


def check_bad_input():
    """Status 2; the message begins with where, and says what was expected and found; nothing on stdout."""
    rows = [
        ('nobody of that name', 'p.csv', '# candidates: Ann; Bob\n1,2\nAnn,Dan\n', r'p\.csv:3:5: expected .*found .*Dan'),
        ('a count that is none', 'p.csv', 'count,1,2\nmany,Ann,Bob\n', r'p\.csv:2:1: expected .*found .*many'),
        ('a count below nothing', 'p.csv', 'count,1,2\n-3,Ann,Bob\n', r'p\.csv:2:1: expected .*found .*-3'),
        ('a count past all bounds', 'p.csv', 'count,1,2\n99999999999999999999,Ann,Bob\n', r'p\.csv:2:1: '),
        ('a quote without an end', 'p.csv', 'count,1,2\n1,"Ann,Bob\n', r'p\.csv:2:'),
        ('bytes that are not UTF-8', 'p.csv', b'count,1,2\n1,Jos\xe9,Bob\n', r'p\.csv:2:3: '),
        ('a zero byte', 'p.csv', b'count,1,2\n1,An\0n,Bob\n', r'p\.csv:2:3: '),
        ('an empty file', 'p.csv', '', r'p\.csv'),
        ('no paper', 'p.csv', '# candidates: Ann; Bob\ncount,1,2\n', r'no valid paper|paper'),
        ('BLT: a number that is nobody', 'p.blt', '2 1\n1 3 0\n0\n"A"\n"B"\n"T"\n', r'p\.blt:2:3: expected .*found .*3'),
        ('BLT: cut short', 'p.blt', '2 1\n1 1 2 0\n', r'p\.blt:'),
        ('PrefLib: a name twice', 'p.soi', '# NUMBER ALTERNATIVES: 2\n# ALTERNATIVE NAME 1: A\n# ALTERNATIVE NAME 2: A\n1: 1,2\n', r'p\.soi:3'),
        ('a gzip file that is cut', 'p.csv.gz', gzip.compress(PAPERS.encode())[:-12], r'p\.csv\.gz'),
        ('a gzip file that is changed', 'p.csv.gz', gzip.compress(PAPERS.encode())[:-6] + b'xxxxxx', r'p\.csv\.gz'),
    ]
    with Desk() as desk:
        for what, name, content, pattern in rows:
            (desk / name).write_bytes(content if isinstance(content, bytes) else content.encode())
            r = run('count', name, '--rules', 'av-2011', cwd=desk)
            status = (2, 3) if name.endswith('.gz') else (2,)  # a damaged archive may be the disk's fault
            yield what, r.status in status and re.search(pattern, r.err) and r.out == '' and r.err.count('\n') <= 2, r


def check_bad_rules():
    good = run('rules', 'show', 'av-2011').out
    rows = [
        ('an unknown key', good + '\n[count]\nspeed = 3\n', 'speed'),
        ('an unknown section', good + '\n[weather]\nrain = 1\n', 'weather'),
        ('an unknown method', good.replace('method = alternative-vote', 'method = guess'), 'guess'),
        ('nothing', '', 'method'),
        ('no rules at all', 'Ann,Bob\n', 'mine.rules:1'),
        ('binary', '\0\1\2\3', 'mine.rules'),
        ('far too long', '; x\n' * 1000000, '64 KiB'),
    ]
    with Desk() as desk:
        for what, text, word in rows:
            (desk / 'mine.rules').write_text(text)
            for arguments in (['rules', 'check', 'mine.rules'], ['count', 'papers.csv', '--rules', 'mine.rules']):
                r = run(*arguments, cwd=desk)
                yield f'{what}: {arguments[0]}', r.status == 2 and word in r.err and r.out == '', r


def check_rules_command():
    r = run('rules', 'list')
    presets = [line.split()[0] for line in r.out.splitlines()]
    on_disk = sorted(p.stem for p in (ROOT / 'rules').glob('*.rules'))
    yield 'list names every preset', fine(r) and sorted(presets) == on_disk, r
    with Desk() as desk:
        for name in presets:
            shown = run('rules', 'show', name)
            yield f'show {name}: byte for byte', fine(shown) and shown.out == (ROOT / 'rules' / f'{name}.rules').read_text(), shown
            (desk / 'mine.rules').write_text(shown.out)
            r = run('rules', 'check', 'mine.rules', cwd=desk)
            yield f'check {name}', fine(r) and re.search(r'[0-9a-f]{64}', r.out), r


def check_failures_of_the_system():
    with Desk() as desk:
        def count(*more, **how):
            return run('count', 'papers.csv', '--rules', 'av-2011', *more, cwd=desk, **how)
        r = run('count', 'nowhere.csv', '--rules', 'av-2011', cwd=desk)
        yield 'no such file is the caller\'s mistake', r.status == 2 and 'nowhere.csv' in r.err and r.out == '', r
        r = run('count', '.', '--rules', 'av-2011', cwd=desk)
        yield 'a directory', r.status in (2, 3) and r.err and r.out == '', r
        r = run('count', 'papers.csv', '--rules', './nowhere.rules', cwd=desk)
        yield 'no such rules file, too', r.status == 2 and 'nowhere.rules' in r.err, r
        r = count('-o', 'no/such/place.txt')
        yield 'nowhere to write to', r.status == 3 and 'no/such/place.txt' in r.err, r
        full = subprocess.run([str(HUSTINGS), 'count', 'papers.csv', '--rules', 'av-2011'], cwd=desk, stdout=open('/dev/full', 'w'), stderr=subprocess.PIPE)
        yield 'a full disk', full.returncode == 3 and full.stderr, full
        if os.getuid() != 0:
            (desk / 'papers.csv').chmod(0)
            r = count()
            yield 'a file that may not be read', r.status == 3 and 'papers.csv' in r.err, r

        def small_memory():
            resource.setrlimit(resource.RLIMIT_AS, (56 << 20, 56 << 20))
        with (desk / 'big.csv').open('w') as f:  # every paper another: nothing to merge
            f.write('1,2,3,4\n')
            for i in range(1000000):
                f.write(f'N{i % 200},M{i // 200 % 200},P{i // 40000},Q{i * 7919 % 199}\n')
        r = run('count', 'big.csv', '--rules', 'av-2011', cwd=desk, preexec_fn=small_memory)
        yield 'too little memory: status 3, a word, and nothing that looks like a result', r.status == 3 and 'memory' in r.err and r.out == '', r


def check_files_are_written_whole_or_not_at_all():
    with Desk() as desk:
        (desk / 'out.txt').write_text('before')
        r = run('count', 'papers.csv', '--rules', 'av-2012', '-o', 'out.txt', cwd=desk)
        yield 'a failed count leaves the old file', r.status == 2 and (desk / 'out.txt').read_text() == 'before', r
        r = run('count', 'papers.csv', '--rules', 'av-2011', '-o', 'out.txt', cwd=desk)
        yield 'a good one replaces it, and says nothing', fine(r) and r.out == '' and 'Ann' in (desk / 'out.txt').read_text(), r
        yield 'no other file is left', sorted(p.name for p in desk.iterdir()) == ['out.txt', 'papers.csv', 'tied.csv'], list(desk.iterdir())

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
        (desk / 'out.txt').write_text('before')
        r = run('count', 'papers.csv', '--rules', 'av-2011', '-o', 'out.txt', cwd=desk, preexec_fn=small_files)
        kept = (desk / 'out.txt').read_text() == 'before'
        yield 'a disk that fills up leaves the old file', r.status != 0 and kept, r
        yield 'nothing half written stays', r.status < 0 or sorted(p.name for p in desk.iterdir()) == ['out.txt', 'papers.csv', 'tied.csv'], list(desk.iterdir())


# --- the same papers, however they come


def check_ways_to_read():
    with Desk() as desk:
        def stages(*files, stdin=b'', **how):
            r = run('count', *files, '--rules', 'av-2011', '-f', 'json', stdin=stdin, cwd=desk, **how)
            return json.loads(r.out)['stages'] if r.status == 0 else str(r)
        from_file = stages('papers.csv')
        yield 'a file', isinstance(from_file, list) and from_file, from_file
        yield 'standard input', stages('-', stdin=PAPERS.encode()) == from_file, ''
        (desk / 'papers.csv.gz').write_bytes(gzip.compress(PAPERS.encode()))
        yield 'gzip', stages('papers.csv.gz') == from_file, stages('papers.csv.gz')
        yield 'gzip on standard input', stages('-', stdin=gzip.compress(PAPERS.encode())) == from_file, ''
        yield 'Windows line ends', stages('-', stdin=PAPERS.replace('\n', '\r\n').encode()) == from_file, ''
        yield 'a byte order mark', stages('-', stdin=b'\xef\xbb\xbf' + PAPERS.encode()) == from_file, ''
        yield 'no line end at the end', stages('-', stdin=PAPERS.rstrip('\n').encode()) == from_file, ''
        for form, ending in (('blt', 'blt'), ('preflib', 'soi'), ('csv', 'csv')):
            r = run('convert', 'papers.csv', '--to', form, '-o', f'copy.{ending}', cwd=desk)
            yield f'converted to {form}', fine(r), r
            yield f'and counted from there', stages(f'copy.{ending}') == from_file, stages(f'copy.{ending}')
        head, tail = PAPERS.split('count,1,2,3\n')
        for i, line in enumerate(tail.splitlines()):
            (desk / f'part{i}.csv').write_text(f'{head}count,1,2,3\n{line}\n')
        yield 'in parts', stages('part0.csv', 'part1.csv', 'part2.csv') == from_file, ''


def check_the_same_answer_always():
    college = [f'{name}={ROOT}/examples/labour-2010/{file}' for name, file in
               (('MPs and MEPs', 'mps-and-meps.csv'), ('Members', 'members.csv'), ('Affiliates', 'affiliates.csv'))]
    for form in ('text', 'json', 'csv', 'svg', 'html'):
        first = run('count', *college, '--rules', 'labour-2010', '-f', form)
        other = run('count', *college, '--rules', 'labour-2010', '-f', form, env={'LC_ALL': 'de_DE.UTF-8', 'TZ': 'Asia/Tokyo', 'COLUMNS': '40'})
        yield f'{form}: counted', fine(first) and 'Miliband' in first.out, first
        yield f'{form}: the same bytes in another place', first.out == other.out, ''


# --- what it writes


class Tags(html.parser.HTMLParser):
    VOID = {'meta', 'link', 'br', 'hr', 'img', 'input', 'col', 'wbr', 'area', 'base', 'source', 'track', 'embed'}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.seen = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def check_formats_are_well_formed():
    nasty = '# title: <script>alert("1")</script> & co\n# candidates: A & B; <b>Bob</b>; Quo "Q" Te\ncount,1,2\n3,A & B,\n2,<b>Bob</b>,A & B\n1,"Quo ""Q"" Te",\n'
    with Desk() as desk:
        (desk / 'nasty.csv').write_text(nasty)
        for name, rules in (('papers.csv', 'av-2011'), ('nasty.csv', 'av-2011'), ('papers.csv', 'condorcet'), ('papers.csv', 'stv-meek'), ('papers.csv', 'plurality')):
            def made(form):
                return run('count', name, '--rules', rules, '--seed', 's', '-f', form, cwd=desk)
            r = made('json')
            try:
                good = isinstance(json.loads(r.out), dict)
            except ValueError:
                good = False
            yield f'{name}, {rules}: JSON', fine(r) and good, r
            r = made('csv')
            rows = list(csv.reader(io.StringIO(r.out), strict=True))
            yield f'{name}, {rules}: CSV, every row as wide', fine(r) and rows and len({len(row) for row in rows if row}) == 1, r
            r = made('svg')
            try:
                good = xml.etree.ElementTree.fromstring(r.out).tag.endswith('svg')
            except xml.etree.ElementTree.ParseError as why:
                good, r.err = False, str(why)
            yield f'{name}, {rules}: SVG', fine(r) and good, r
            r = made('html')
            tags = Tags()
            tags.feed(r.out)
            yield f'{name}, {rules}: HTML, every tag closed', fine(r) and not tags.open and not tags.wrong and 'table' in tags.seen, f'{tags.open} {tags.wrong}\n{r}'
            yield f'{name}, {rules}: HTML runs nothing and fetches nothing', 'script' not in tags.seen and not re.search(r'(src|href)="https?:', r.out), r
            yield f'{name}, {rules}: names are text', '<b>Bob' not in r.out and '<script>alert' not in r.out, r


def check_format_by_ending():
    with Desk() as desk:
        for ending, start in (('json', '{'), ('svg', '<'), ('html', '<!'), ('txt', '')):
            r = run('count', 'papers.csv', '--rules', 'av-2011', '-o', f'out.{ending}', cwd=desk)
            text = (desk / f'out.{ending}').read_text() if fine(r) else ''
            yield f'out.{ending}', fine(r) and text.lstrip().startswith(start) and 'Ann' in text, r


def on_terminal(arguments, cwd, env):
    """What a person at a terminal sees."""
    seen = b''
    try:
        pid, fd = pty.fork()
    except OSError as why:
        raise Skip(f'no terminal to be had: {why}') from why
    if pid == 0:
        os.chdir(cwd)
        os.execve(str(HUSTINGS), [str(HUSTINGS), *arguments], env)
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.waitpid(pid, 0)
    os.close(fd)
    return seen.decode(errors='replace')


def check_colour():
    with Desk() as desk:
        arguments = ['count', 'papers.csv', '--rules', 'av-2011']
        env = {'PATH': os.environ['PATH'], 'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8'}
        seen = on_terminal(arguments, desk, env)
        yield 'colour on a terminal', '\x1b[' in seen and 'Ann' in seen, seen
        yield 'none with NO_COLOR', '\x1b[' not in on_terminal(arguments, desk, {**env, 'NO_COLOR': '1'}), ''
        yield 'none in a pipe', '\x1b[' not in run(*arguments, cwd=desk).out, ''


def check_nothing_reaches_the_terminal_raw():
    """Control characters in a hostile file never reach the terminal, in messages either."""
    with Desk() as desk:
        (desk / 'evil.csv').write_bytes(b'count,1,2\n1,\x1b]0;owned\x07Ann,Bob\n')
        r = run('count', 'evil.csv', '--rules', 'av-2011', cwd=desk)
        yield 'names with control characters are refused', r.status == 2 and '\x1b' not in r.err and '\x07' not in r.err, r


# --- how it was built


def check_hardening():
    if not shutil.which('readelf'):
        raise Skip('no readelf to look into the binary with')

    def readelf(option):
        return subprocess.run(['readelf', '-W', option, str(HUSTINGS)], capture_output=True, text=True).stdout
    yield 'position independent', re.search(r'Type: +DYN', readelf('-h')), readelf('-h')
    yield 'relocations read-only', 'GNU_RELRO' in readelf('-l') and 'NOW' in readelf('-d'), readelf('-d')
    yield 'stack not executable', re.search(r'GNU_STACK .* RW ', readelf('-l')), readelf('-l')
    symbols = readelf('--dyn-syms')
    yield 'stack protector', '__stack_chk_fail' in symbols, ''
    yield 'checked library calls', re.search(r'__\w+_chk@', symbols), ''


# --- other commands


def check_compare():
    with Desk() as desk:
        r = run('compare', 'papers.csv', '--rules', 'av-2011', '--rules', 'plurality', '--rules', 'condorcet', cwd=desk)
        yield 'three rules side by side', fine(r) and all(w in r.out for w in ('av-2011', 'plurality', 'condorcet', 'Ann')), r
        r = run('compare', 'papers.csv', cwd=desk)
        yield 'all that can count these papers', r.status == 0 and 'av-2011' in r.out, r
        r = run('compare', 'papers.csv', '--format', 'json', cwd=desk)
        yield 'as JSON', r.status == 0 and json.loads(r.out), r


def check_convert_refuses_what_a_format_cannot_say():
    with Desk() as desk:
        (desk / 's.csv').write_text('section,1,2\nMPs,Ann,Bob\nMembers,Bob,Ann\n')
        for form in ('blt', 'preflib'):
            r = run('convert', 's.csv', '--to', form, cwd=desk)
            yield f'sections into {form}', r.status == 2 and 'section' in r.err and r.out == '', r
        r = run('convert', 's.csv', '--to', 'csv', cwd=desk)
        yield 'sections into CSV', fine(r) and 'MPs' in r.out, r


# --- the figures that the README and the issue name


COLLEGE = ('MPs and MEPs=examples/labour-2010/mps-and-meps.csv', 'Members=examples/labour-2010/members.csv', 'Affiliates=examples/labour-2010/affiliates.csv')


def check_the_college_under_other_rules():
    rules = ('labour-2010', 'examples/labour-2010/college-first-stage.rules', 'omov@MPs and MEPs', 'omov@Members', 'omov', 'plurality')
    r = run('compare', *COLLEGE, *(w for name in rules for w in ('--rules', name)), '--format', 'json', cwd=ROOT)
    rows = {row['rules']: row for row in json.loads(r.out)['compare']} if fine(r) else {}
    for name, winner in zip(rules, ('Ed', 'David', 'David', 'David', 'Ed', 'Ed')):
        yield f'{name}: {winner}', name in rows and rows[name]['elected'] == [f'{winner} Miliband'], r
    pooled = rows.get('plurality', {'places': {}})['places']
    yield 'pooled first preferences: Ed first, Burnham and not Abbott last', pooled.get('Ed Miliband') == 1 and pooled.get('Andy Burnham') == 5, r
    yield 'the note stands beside them', 'reconstructed from stage totals' in json.loads(r.out)['note'], r


def check_how_close_2010_was():
    r = run('count', *COLLEGE, '--rules', 'labour-2010', '--report', 'full', '--format', 'json', cwd=ROOT)
    margin = json.loads(r.out)['analysis']['margin']
    change = margin['upper_bound_change']
    yield 'six papers, exactly', margin['lower_bound'] == margin['upper_bound'] == '6' and margin['exact'], margin
    yield "and MPs' papers", change['section'] == 'MPs and MEPs' and margin['upper_bound_elects'] == 'David Miliband', margin


def check_single_marks_cannot_tell():
    r = run('compare', 'examples/single-mark/papers.csv', '--rules', 'av-2011', '--rules', 'plurality', cwd=ROOT)
    yield '59.3 % of 27 votes', fine(r) and 'cannot be known' in r.out and '59.3 % of the 27 votes' in r.out, r
    r = run('count', 'examples/single-mark/papers.csv', '--rules', 'av-2011', cwd=ROOT)
    yield 'also where it is counted', fine(r) and 'cannot be known from these papers' in ' '.join(r.out.split()), r


def check_published_figures():
    r = run('reconcile', '--published', 'examples/brighton-2016/agm.ini', cwd=ROOT)
    yield 'Brighton fits 609 papers only', r.status == 1 and 'only 609 fits' in r.out and '610, the number given, does not fit' in r.out, r
    r = run('reconcile', '--published', 'examples/bassetlaw-2010/primary.ini', cwd=ROOT)
    yield 'Bassetlaw adds up to 100.1', r.status == 1 and '100.1' in r.out, r
    yield '50.3 per cent of those balloted is refused', 'refused' in r.out and '16.1 to 16.6 %' in r.out, r


def check_boxes():
    with Desk() as desk:
        (desk / 'boxes.csv').write_text('box,issued,counted,spoilt,unused\nHall,100,80,2,18\nSchool,50,40,1,8\n')
        r = run('reconcile', 'boxes.csv', cwd=desk)
        yield 'a box that does not balance is named', r.status == 1 and 'School' in r.out and '1' in r.out, r
        (desk / 'boxes.csv').write_text('box,issued,counted,spoilt,unused\nHall,5,3,1,1\n')
        (desk / 'read.csv').write_text('box,1,2\nHall,Ann,Bob\nHall,Bob,\nHall,Bob,Ann\nHall,,\n')
        r = run('reconcile', 'boxes.csv', '--papers', 'read.csv', cwd=desk)
        yield 'and compared with the papers read', r.status == 0, r


def check_what_a_review_found():
    with Desk() as desk:
        (desk / 'yn.rules').write_text('[rules]\nmethod = yes-no\n[yes-no]\nturnout = 40%\n')
        (desk / 'yn.csv').write_text('count,1\n3,Yes\n')
        r = run('count', 'yn.csv', '-r', 'yn.rules', '--roll', 10, '--rejected', 'torn=2', '-f', 'json', cwd=desk)
        yield 'papers rejected by hand are turnout', fine(r) and json.loads(r.out)['yes_no']['carried'], r
        (desk / 'posts.csv').write_text('Chair,Treasurer\nAda,Ada\nBo,Ada\nBo,Cy\n')
        r = run('count', 'posts.csv', '-r', 'posts', '--withdraw', 'Ada', '-f', 'json', cwd=desk)
        elected = [p['result']['elected'] for p in json.loads(r.out)['posts']] if fine(r) else None
        yield 'who withdraws withdraws from every post', elected == [['Bo'], ['Cy']], r
        (desk / 'posts.rules').write_text('[rules]\nmethod = posts\n[post Chiar]\nseats = 2\n')
        r = run('count', 'posts.csv', '-r', 'posts.rules', cwd=desk)
        yield 'a misspelt post is refused', r.status == 2 and 'Chiar' in r.err and r.out == '', r
        (desk / 'noted.csv').write_text('# note: reconstructed\n1,2\nA,B\n')
        r = run('count', 'noted.csv', '-r', 'av-2011', '--note', 'typed by hand', cwd=desk)
        yield "a note of one's own stands beside that of the file", fine(r) and 'reconstructed; typed by hand' in r.out, r
        for order, status in (('Ann,Bob,Ann', 2), ('Ann,Bob', 0)):
            r = run('count', 'tied.csv', '-r', 'av-2011', '--tie-order', order, cwd=desk)
            yield f'--tie-order {order}', r.status == status, r
        for option in ('--issued', '--roll'):
            r = run('count', 'papers.csv', '-r', 'av-2011', option, 8, cwd=desk)
            yield f'{option} below the papers that came back', r.status == 2 and '9' in r.err and r.out == '', r
        r = run('count', 'papers.csv', '-r', 'av-2011', '--seed', 'one\ntwo', cwd=desk)
        yield 'a seed of two lines', r.status == 2 and r.out == '', r


def check_the_order_of_rows_does_not_show():
    rows = ['X,Cy,Ann,', 'Y,Bo,Cy,Ann', 'X,Ann,,', 'Y,Cy,Bo,', 'X,Bo,Ann,', 'Y,Dee,Cy,Bo', 'X,Ann,Dee,']
    with Desk() as desk:
        seen = set()
        for k in range(len(rows)):
            turned = rows[k:] + rows[:k]
            (desk / 'rows.csv').write_text('\n'.join(['section,1,2,3', *(turned if k % 2 else turned[::-1]), '']))
            for form in ('text', 'json', 'csv', 'svg', 'html'):
                r = run('count', 'rows.csv', '-r', 'omov', '--seed', 'x', '--report', 'full', '-f', form, cwd=desk)
                seen.add((form, r.status, r.out))
        yield 'seven orders, five forms, one answer each', len(seen) == 5 and {s for _, s, _ in seen} == {0}, sorted(s[:2] for s in seen)


def config(desk, text, *arguments, env=None):
    (desk / 'hustings.conf').write_text(text) if isinstance(text, str) else (desk / 'hustings.conf').write_bytes(text)
    return run('config', *arguments, cwd=desk, env=env)


def vkey(name, kind):
    """A public key as text (C2SP signed-note), of any 32 bytes."""
    key = bytes([kind]) + bytes(range(32))
    number = hashlib.sha256(name.encode() + b'\n' + key).hexdigest()[:8]
    return f'{name}+{number}+{base64.b64encode(key).decode()}'


W1, W2, NO_WITNESS = vkey('witness.example/w1', 4), vkey('witness.example/w2', 4), vkey('vote.example.org/record', 1)


def check_config_refuses_what_it_does_not_know():
    """Each with the file, the line, what was expected and what was found."""
    rows = [
        ('[server]\nlistn = 127.0.0.1:1\n', 'hustings.conf:2:', 'listen', "'listn'"),
        ('[sever]\nlisten = 127.0.0.1:1\n', 'hustings.conf:2:', '[server]', "'sever'"),
        ('listen = 127.0.0.1:1\n', 'hustings.conf:1:', 'sections', "'listen'"),
        ('[server]\nlisten\n', 'hustings.conf:2:', 'key = value', ''),
        ('[server\nlisten = 127.0.0.1:1\n', 'hustings.conf:1:', '[section]', ''),
        ('# x\n[server]\nlisten = 127.0.0.1:1\n\nlisten = 127.0.0.1:2\n', 'hustings.conf:5:', 'once', "'listen'"),
        ('[server]\nlisten = 127.0.0.1:1\n  metrics = all\n', 'hustings.conf:3:', 'begin with a space', 'metrics'),
        ('[server]\nbase = http://' + 'a' * 300 + '\n', 'hustings.conf:2:', 'bytes in a line', ''),
        (b'[site]\nname = A\0B\n', 'hustings.conf:2:', 'UTF-8', ''),
        (b'[site]\nname = \xff\n', 'hustings.conf:2:', 'UTF-8', ''),
        ('[server]\ncertificate = a.pem\n', 'hustings.conf', 'both or neither', 'no key'),
        ('[site]\n' + '# filler\n' * 10000, 'hustings.conf', '64 KiB', ''),
    ]
    values = {
        'server.listen': ('8080', ':8080', 'localhost:80', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:-1', '::1:80', '[::1]', '[', '[::1]80', '[127.0.0.1]:80', 'unix:',
                          '1.2.3:80', ''),
        'server.base': ('vote.example.org', 'http://', 'ftp://a', 'https://a/b', 'https://a b', 'https://a?b'),
        'server.trusted_proxies': ('10.0.0.0/33', '10.0.0', '::1/129', '127.0.0.1,,::1', 'unix/8', 'localhost'),
        'server.loops': ('-1', '257', 'two', '1.5', '', '99999999999999999999'),
        'server.log_level': ('loud', '', 'INFO', 'debug info'),
        'server.log_requests': ('true', '1', ''),
        'site.name': ('',),
        'site.time_zone': ('../../etc/passwd', '/etc/localtime', 'Europe London', ''),
        'people.country': ('', 'gb', 'GBR', 'UK', 'England'),
        'store.url': ('', 'sqlite:', 'mysql://root@localhost/x', 'https://a'),
        'record.origin': ('vote example', 'vote+example', 'v' * 180 + '\N{EN SPACE}'),
        'record.witness': (W1, 'https://w', f'{W1} w.example', f'{W1[:-1]} https://w', f'{NO_WITNESS} https://w', f'{W1} https://w, {W2}', f'{W1}, https://w'),
    }
    for name, wrong in values.items():
        section, key = name.split('.')
        rows += [(f'[{section}]\n{key} = {value}\n', 'hustings.conf:2:', f'expected {name}:', 'found') for value in wrong]
    with Desk() as desk:
        for text, *wanted in rows:
            r = config(desk, text, 'check', 'hustings.conf')
            yield f'{text[:60]!r}', r.status == 2 and r.out == '' and all(w in r.err for w in wanted) and r.err.count('\n') == 1, r
        r = run('config', 'check', 'none.conf', cwd=desk)
        yield 'a file that is not there', r.status == 2 and 'none.conf' in r.err and r.out == '', r


def check_config_takes_what_is_good():
    rows = [
        ('server.listen', ('[::]:443', '0.0.0.0:0', 'unix:/run/hustings/socket', '127.0.0.1:65535')),
        ('server.base', ('https://vote.example.org', 'http://[::1]:8080', 'https://a:1')),
        ('server.trusted_proxies', ('', 'unix', '127.0.0.1, ::1,10.0.0.0/8 , fd00::/8')),
        ('store.url', ('/srv/x.db', 'sqlite:x.db', 'postgres://u@h1,h2/db?target_session_attrs=read-write', 'postgresql:///db')),
        ('site.name', ('Une Assemblée', 'A; B')),
        ('record.key', ('', '/var/lib/hustings/key', 'a key')),
        ('record.origin', ('', 'vote.example.org/record', '127.0.0.1:8080/record')),
        ('record.witness', ('', f'{W1} https://w.example/x', f'{W1} http://[::1]:1,  {W2}  https://w')),
        ('people.country', ('GB', 'IE', 'AR')),
        ('site.time_zone', ('America/Argentina/Buenos_Aires', 'UTC', 'Etc/GMT+5')),
    ]
    with Desk() as desk:
        for name, values in rows:
            section, key = name.split('.')
            for value in values:
                r = config(desk, f'[{section}]\n{key} = {value}\n', 'check', 'hustings.conf')
                yield f'{name} = {value}', fine(r) and 'good; it sets 1 of' in r.out, r
        r = config(desk, '[server]\ntrusted_proxies = 10.0.0.1\ntrusted_proxies = 10.0.0.2\n', 'show')
        yield 'a list on two lines', fine(r) and 'server.trusted_proxies = 10.0.0.1, 10.0.0.2 ' in r.out, r
        r = config(desk, f'[record]\nwitness = {W1} https://a\nwitness = {W2} https://b\n', 'show')
        yield 'witnesses on two lines', fine(r) and f'record.witness = {W1} https://a, {W2} https://b ' in r.out, r
        r = config(desk, '[record]\n' + f'witness = {W1} https://a\n' * 17, 'check')
        yield 'too many witnesses', r.status == 2 and 'hustings.conf:18:' in r.err and 'at most 16' in r.err, r
        r = config(desk, '[site]\r\nname = A choir\r\n', 'show')
        yield 'a file with line ends of another system', fine(r) and 'site.name = A choir ' in r.out, r


def shown(r):
    return {m[1]: (m[2].strip(), m[3]) for m in re.finditer(r'^(\S+) = (.*?) +# (\S+)$', r.out, re.M)}


def check_config_comes_from_file_environment_and_options():
    with Desk() as desk:
        text = '# mine\n[server]\nlisten = 127.0.0.1:1\nlog_level = warn\n[site]\nname = A choir ; of ours\n'
        seen = shown(config(desk, text, 'show'))
        yield 'standard', seen['server.loops'] == ('0', 'standard'), seen
        yield 'file, with its line', seen['server.listen'] == ('127.0.0.1:1', 'hustings.conf:3'), seen
        yield 'a comment behind a value', seen['site.name'] == ('A choir', 'hustings.conf:6'), seen
        env = {'HUSTINGS_SERVER_LISTEN': '127.0.0.1:2', 'HUSTINGS_SITE_TIME_ZONE': 'UTC'}
        seen = shown(config(desk, text, 'show', env=env))
        yield 'the environment wins over the file', seen['server.listen'] == ('127.0.0.1:2', 'HUSTINGS_SERVER_LISTEN'), seen
        yield 'a variable of two words', seen['site.time_zone'] == ('UTC', 'HUSTINGS_SITE_TIME_ZONE'), seen
        seen = shown(config(desk, text, 'show', '--listen', '127.0.0.1:3', env=env))
        yield 'an option wins over both', seen['server.listen'] == ('127.0.0.1:3', '--listen'), seen
        (desk / 'other.conf').write_text('[server]\nlisten = 127.0.0.1:4\n')
        (desk / 'third.conf').write_text('[server]\nlisten = 127.0.0.1:5\n')
        seen = shown(config(desk, text, 'show', env={'HUSTINGS_CONFIG': 'other.conf'}))
        yield 'a file named by the environment', seen['server.listen'][1] == 'other.conf:2' and seen['server.log_level'][1] == 'standard', seen
        seen = shown(config(desk, text, 'show', '--config', 'third.conf', env={'HUSTINGS_CONFIG': 'other.conf'}))
        yield 'a file named by an option', seen['server.listen'][1] == 'third.conf:2', seen
        r = config(desk, text, 'show', '--config', 'none.conf')
        yield 'a named file that is not there', r.status == 2 and 'none.conf' in r.err and r.out == '', r


def check_config_says_which_variable_or_option_is_wrong():
    with Desk() as desk:
        r = config(desk, '', 'show', env={'HUSTINGS_SERVER_LISTEN': 'here'})
        yield 'a bad value in the environment', r.status == 2 and 'HUSTINGS_SERVER_LISTEN: expected' in r.err and "'here'" in r.err, r
        r = config(desk, '', 'show', env={'HUSTINGS_SERVER_LISTN': '127.0.0.1:1'})
        yield 'a variable that is meant to be a setting', r.status == 2 and 'HUSTINGS_SERVER_LISTN' in r.err, r
        r = config(desk, '', 'show', env={'HUSTINGS_BENCH_ROUNDS': '1', 'HUSTINGS': 'x'})
        yield 'a variable of something else', fine(r), r
        r = config(desk, '', 'show', '--log-level', 'loud')
        yield 'a bad option', r.status == 2 and '--log-level: expected' in r.err, r


def check_config_keeps_secrets():
    with Desk() as desk:
        for url in ('postgres://u:sesame@h/db', 'postgresql://h/db?password=sesame', 'postgres://u:sesame@h1,h2/db'):
            r = config(desk, f'[store]\nurl = {url}\n', 'show')
            yield f'shown without it: {url[:14]}', fine(r) and 'sesame' not in r.out + r.err and 'store.url = postgres' in r.out, r
            r = config(desk, '', 'show', '--store', url + '\n')
            yield f'not in a message: {url[:14]}', r.status == 2 and 'sesame' not in r.out + r.err, r
        (desk / 'hustings.conf').write_text('[store]\nurl = postgres://u:sesame@h/db\n')
        for mode, told in ((0o644, True), (0o640, False)):
            (desk / 'hustings.conf').chmod(mode)
            r = run('config', 'check', 'hustings.conf', cwd=desk)
            yield f'a file of mode {mode:o}', fine(r) and ('everybody' in r.out) == told, r


def check_columns_are_documented():
    """The table of columns in the manual is what the program writes; an empty list has them all."""
    table = run('people', 'columns')
    manual = (ROOT / 'docs/people-columns.md').read_text()
    yield 'docs/people-columns.md', fine(table) and len(table.out) > 1000 and manual.endswith('\n\n' + table.out), 'hustings people columns'
    header = run('people', 'columns', '--header')
    names = re.findall(r'^\| `(\w+)` \|', table.out, re.M)
    yield 'the header', fine(header) and header.out.strip().split(',') == [n for n in names if n != 'name'], header
    for name in 'members.csv', 'members-with-flaws.csv':
        with open(ROOT / 'examples/people' / name, newline='', encoding='utf-8') as file:
            first = next(csv.reader(file))
        yield f'examples/people/{name}', set(first) <= set(names), first


def check_config_is_documented():
    """The packaged file and the table in the manual are what the program writes."""
    example = run('config', 'example', '--system')
    yield 'deploy/hustings.conf', fine(example) and example.out == (ROOT / 'deploy/hustings.conf').read_text(), 'hustings config example --system'
    table = run('config', 'table')
    manual = (ROOT / 'docs/configuration.md').read_text()
    yield 'docs/configuration.md', fine(table) and len(table.out) > 1000 and manual.endswith('\n\n' + table.out), 'hustings config table'
    with Desk() as desk:
        r = config(desk, run('config', 'example').out, 'check')
        yield 'the example is good', fine(r) and 'it sets 0 of' in r.out, r
        bare = re.sub(r'^#(\w+ =)', r'\1', run('config', 'example').out, flags=re.M)
        r = config(desk, bare, 'check')
        count = table.out.count('\n') - 2
        yield 'and so it is with every setting uncommented', fine(r) and f'it sets {count} of {count}' in r.out, r
        standard, seen = shown(run('config', 'show', env={'HUSTINGS_CONFIG': '/dev/null'})), shown(config(desk, bare, 'show'))
        yield 'which sets the standard values', {k: v[0] for k, v in seen.items()} == {k: v[0] for k, v in standard.items()}, seen


def any_hash(text):
    """Roots, digests and ids are others each time."""
    return re.sub(r"\b[0-9a-f]{64}\b|(?<=Import )[\w-]{22}(?=,)|(?<=undo )[\w-]{22}(?=')", 'HASH', text)


def check_the_readme_shows_what_the_program_prints():
    readme = (ROOT / 'README.md').read_text()
    college = run('count', *COLLEGE, '--rules', 'labour-2010', '--report', 'full', cwd=ROOT)
    compared = run('compare', *COLLEGE, *(w for name in ('labour-2010', 'examples/labour-2010/college-first-stage.rules', 'omov@MPs and MEPs', 'omov@Members', 'omov', 'plurality')
                                         for w in ('--rules', name)), cwd=ROOT)
    blocks = re.findall(r'^```\n(.*?)^```$', readme, re.S | re.M)
    shown = [b for b in blocks if b.startswith(('Stage 4\n', 'Rules ', 'Audit of '))]
    yield 'all three transcripts are there', len(shown) == 3, readme
    invented = run('demo', 'people', '--people', '3000', '--seed', '2013', '--today', '2026-11-01')
    audited = run('roll', 'audit', '/dev/stdin', stdin=invented.out.encode())
    for block in shown:
        yield block.split('\n')[0], any(block.strip('\n') in r.out for r in (college, compared, audited)), block
    with Desk() as desk:
        (desk / 'examples').symlink_to(ROOT / 'examples')
        block = re.search(r'^```console\n(.*?)^```$', readme, re.S | re.M)
        commands = re.split(r'^\$ hustings ', block[1], flags=re.M)[1:]
        yield 'a list becomes a roll that is checked', [c.split()[1] for c in commands] == ['units', 'import', 'freeze', 'check'], block[1]
        for command in commands:
            words, said = command.split('\n', 1)
            r = run(*shlex.split(words), cwd=desk)
            yield f'hustings {words}', fine(r) and any_hash(r.out) == any_hash(said), (r, said)
    picture = run('count', *COLLEGE, '--rules', 'labour-2010', '--format', 'svg', cwd=ROOT)
    yield 'the picture is the one drawn now', picture.out == (ROOT / 'docs' / 'labour-2010.svg').read_text(), picture


# --- people and rolls: one way to say what is wrong

MEMBERS = 'id,given_name,family_name,email\n1,Ann,Alder,ann@example.org\n2,Bo,Beech,bo@example.org\n'
RULES = '{"freeze": "2026-01-01"}'


class Office(Desk):
    """A desk with a list of members, rules, a frozen roll of it and a store with one unit."""

    def __enter__(self):
        super().__enter__()
        for name, text in (('members.csv', MEMBERS), ('rules.json', RULES), ('nothing', ''), ('hustings.conf', '[record]\nofficer = Carol Count\n')):
            (self.path / name).write_text(text)
        (self.path / 'folder').mkdir()
        for words in (('roll', 'freeze', 'members.csv', '--rules', 'rules.json', '--out', 'roll'),
                      ('people', 'units', '--add', 'labour', '--name', 'Labour', '--kind', 'national')):
            made = run(*words, cwd=self.path)
            assert made.status == 0, made
        return self.path


READERS = (('people', 'import', '@', '--unit', 'labour'), ('people', 'units', '--import', '@'), ('roll', 'audit', '@'), ('roll', 'audit', 'members.csv', '--rules', '@'),
           ('roll', 'audit', 'members.csv', '--units', '@'), ('roll', 'freeze', '@', '--rules', 'rules.json', '--out', 'new'),
           ('roll', 'freeze', 'members.csv', '--rules', '@', '--out', 'new'), ('roll', 'freeze', 'members.csv', '--rules', 'rules.json', '--units', '@', '--out', 'new'),
           ('roll', 'sweep', '@', '--rules', 'rules.json'), ('roll', 'check', '@', 'members.csv'), ('roll', 'check', 'roll', '@'))


def check_a_path_that_names_no_file():
    """2, as every other mistake of the call; what is there and cannot be read is 3."""
    with Office() as desk:
        for words in READERS:
            shown = ' '.join(words)
            for path in 'missing', 'folder', 'missing/x', 'members.csv/x':
                if path == 'folder' and words[:3] == ('roll', 'check', '@'):
                    continue  # a folder is what it may be
                r = run(*(path if w == '@' else w for w in words), cwd=desk)
                yield f'{shown}: {path}', r.status == 2 and f'{path}: cannot ' in r.err and r.err.count('\n') == 1 and r.out == '', r
            r = run(*('/proc/self/mem' if w == '@' else w for w in words), cwd=desk)
            yield f'{shown}: what cannot be read', r.status == 3 and '/proc/self/mem: cannot read: ' in r.err and r.out == '', r
            r = run(*('nothing' if w == '@' else w for w in words), cwd=desk)
            yield f'{shown}: an empty file', r.status == 2 and re.search(r': nothing(:1)?(:1)?: expected .+, found .+\n$', r.err) and r.out == '', r
        for words in ('people', 'units'), ('people', 'role'), ('roll', 'audit', 'members.csv'), ('roll', 'sweep', 'members.csv', '--rules', 'rules.json'):
            r = run(*words, '-o', 'missing/x', cwd=desk)
            yield f'{" ".join(words)} -o missing/x', r.status == 3 and 'missing/x: cannot create: ' in r.err, r
        yield 'none of it left a roll behind', not (desk / 'new').exists(), sorted(desk.iterdir())


# What is in the file, the command, and the whole of what it says.
MESSAGES = (
    ('a proof\n', 'roll check roll @', "@:1: expected a member's proof, whose first line is 'roll-entry/1', found 'a proof'"),
    ('\n', 'roll check roll @', "@:1: expected a member's proof, whose first line is 'roll-entry/1', found nothing"),
    ('roll-entry/1\n', 'roll check roll @', "@:2: expected 'roll NAME version NUMBER', found nothing"),
    ('slug,kind\na,branch\n', 'people units --import @', "@:1: expected a first row with the column 'name' (and slug, kind, above), found 'slug', 'kind'"),
    ('name\n"Leeds\n', 'people units --import @', '@:2: expected a quote (") that ends what another began, found the end of the file'),
    ('name,slug\n,leeds\n', 'people units --import @', "@:2: expected the unit's name, at most 120 bytes on one line, found ''"),
    ('{"freeze": "soon"}', 'roll freeze members.csv --rules @ --out new', '@: expected freeze: a day from 1900 to 2099 such as "2013-03-12", found \'soon\''),
    (' ' * 16385, 'roll freeze members.csv --rules @ --out new', '@: the file may have at most 16 KiB'),
    (' ' * 65537, 'roll audit members.csv --rules @', '@: the file may have at most 64 KiB'),
    ('id,email\n1,nobody\n', 'roll freeze @ --rules rules.json --out new',
     'nothing was done: 1 row cannot be read; mend them, or leave them out with --skip-bad'),
    ('[1]', 'roll audit members.csv --rules @', '@: expected rules of an audit: an object, as {"payer_most": 4}, found \'[1]\''),
    ('{"payer_most": 0}', 'roll audit members.csv --rules @', "@: expected payer_most: a number from 1 to 1000, found '0'"),
    ('{"payer_most": "few"}', 'roll audit members.csv --rules @', "@: expected payer_most: a whole number, found 'few'"),
    ('{"leave_out": ["all"]}', 'roll audit members.csv --rules @', "@: expected leave_out: names of checks, as one-payer, found 'all'"),
    ('{"surge_one_in": 1}', 'roll audit members.csv --rules @', "@: expected surge_one_in: a number from 10 to 1,000,000,000, found '1'"),
    ('{"payers": 1}', 'roll audit members.csv --rules @', '@: expected payer_most, household_most, receipt_grace_days, backdated_days, window_days, recruits_most, surge_days, surge_one_in '
     "or leave_out, found 'payers'"),
    ('', 'roll freeze members.csv --rules rules.json --out folder', 'folder: expected a folder that is not there yet and can be made, found one that is'),
    ('', 'roll sweep members.csv --rules rules.json --from 2014-01-01 --to 2013-01-01',
     'expected a first day and one that is not before it, from 1900 to 2099, at most 3660 days, found 2014-01-01 to 2013-01-01'),
    ('', 'roll audit members.csv --freeze soon', "--freeze: expected a date like 2013-03-12, found 'soon'"),
    ('', 'roll sweep members.csv --rules rules.json --to soon', "--to: expected a date like 2013-03-12, found 'soon'"),
    ('', 'roll audit members.csv --country gb', "--country: expected two capitals, such as GB or IE, found 'gb'"),
    ('', 'people import members.csv --unit labour --country England', "--country: expected two capitals, such as GB or IE, found 'England'"),
    ('', 'people import members.csv --unit leeds', "expected as --unit the slug of a unit ('hustings people units'), found 'leeds'"),
)


def check_messages_about_people_and_rolls_are_sentences():
    with Office() as desk:
        for text, words, message in MESSAGES:
            (desk / 'it').write_text(text)
            words = words.replace('@', 'it').split()
            r = run(*words, cwd=desk)
            said = [line.removesuffix(' ') for line in r.err.splitlines() if line.startswith('hustings ')]
            want = f'hustings {words[0]} {words[1]}: ' + message.replace('@', 'it')
            yield f'{" ".join(words)}: {text[:20]!r}', r.status == 2 and said == [want] and r.out == '', (want, r)


def check_a_role_ends_with_its_last_day():
    """In the organisation's zone, wherever that is: the day that was given is the one that is told."""
    with Office() as desk:
        day = f'{datetime.date.today().year + 1}-06-30'
        ran = run('people', 'import', 'members.csv', '--unit', 'labour', cwd=desk)
        yield 'a list is there', ran.status == 0, ran
        for zone, ends in (('Europe/London', '23:00'), ('UTC', '00:00'), ('America/Argentina/Buenos_Aires', '03:00')):
            (desk / 'hustings.conf').write_text(f'[record]\nofficer = Carol Count\n[site]\ntime_zone = {zone}\n')
            r = run('people', 'role', '--give', 'secretary', '--unit', 'labour', '--to', 'ann@example.org', '--name', 'Ann Alder', '--until', day, cwd=desk)
            yield f'{zone}: given', fine(r), r
            listed = run('people', 'role', cwd=desk)
            yield f'{zone}: until that day', fine(listed) and f'until {day}' in listed.out, listed
            sealed, told = run('record', 'seal', cwd=desk), run('record', 'show', '--json', '--kind', 'role.given', cwd=desk)
            yield f'{zone}: the record says when, in UTC', f'{ends} UTC' in told.out.strip().split('\n')[-1], (sealed.err, told)
            r = run('people', 'role', '--end', r.out.split('\t')[0], '--reason', 'To give it anew.', cwd=desk)
            yield f'{zone}: ended', r.status == 0, r


def check_lists_are_read_as_at_home():
    """people.country says whose numbers and postcodes these are, with a server and without."""
    with Office() as desk:
        (desk / 'irish.csv').write_text('id,name,postcode\n1,Ann,D02 X285\n')
        for words in ('roll', 'audit', 'irish.csv'), ('roll', 'freeze', 'irish.csv', '--rules', 'rules.json', '--out', 'here'), ('roll', 'sweep', 'irish.csv', '--rules', 'rules.json'):
            r = run(*words, cwd=desk)
            yield f'{words[1]}: no British postcode', r.status == 2 and 'expected a British postcode' in r.err, r
            r = run(*words, '--country', 'IE', cwd=desk)
            yield f'{words[1]} --country', fine(r), r
            shutil.rmtree(desk / 'here', ignore_errors=True)
            (desk / 'other.conf').write_text('[people]\ncountry = IE\n')
            r = run(*words, '--config', 'other.conf', cwd=desk)
            yield f'{words[1]}: the setting', fine(r), r
            shutil.rmtree(desk / 'here', ignore_errors=True)
            r = run(*words, '--config', 'other.conf', '--country', 'GB', cwd=desk)
            yield f'{words[1]}: the option wins', r.status == 2 and 'expected a British postcode' in r.err, r


# --- running them


def main():
    global HUSTINGS
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=HUSTINGS, type=pathlib.Path, help='the binary (build/hustings)')
    options.add_argument('words', nargs='*', metavar='WORD')
    o = options.parse_args()
    HUSTINGS = o.hustings.resolve()
    if not os.access(HUSTINGS, os.X_OK):
        print(f'cli: there is no {HUSTINGS.name} to run; build it with make\ncli: 0 passed, 1 failed')
        return 1
    passed = failed = skipped = 0
    for name, check in list(globals().items()):
        if not name.startswith('check_') or (o.words and not any(w in name for w in o.words)):
            continue
        good = bad = 0
        try:
            for what, held, seen in check():
                if held:
                    good += 1
                else:
                    bad += 1
                    print(f'FAILED  {name}: {what}\n        ' + str(seen).replace('\n', '\n        '), flush=True)
        except Skip as why:
            skipped += 1
            print(f'skipped {name}: {why}')
        except Exception as why:  # what a check did not foresee is a failure of the check, told like any other
            bad += 1
            print(f'FAILED  {name}: {type(why).__name__}: {why}', flush=True)
        if good + bad == 0:
            bad = 1
            print(f'FAILED  {name}: it checked nothing')
        print(f'{"ok" if not bad else "FAILED":7} {name[6:].replace("_", " ")}: {good} passed, {bad} failed', flush=True)
        passed, failed = passed + good, failed + bad
    print(f'cli: {passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
