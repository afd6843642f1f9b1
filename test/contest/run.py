#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contests from outside: publish and take out while the server runs, every page in both faces, and the way of one's own papers through the form.

run.py [PROGRAM]: starts `hustings serve` on a free port with a store of its own, and ends it by itself. All of it once more on
PostgreSQL when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run).
"""
import base64
import contextlib
import csv
import gzip
import html
import io
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

from client import Browser

root = pathlib.Path(__file__).resolve().parents[2]
program = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else root / 'build/hustings').resolve()
examples = root / 'examples'
labour = examples / 'labour-2010'
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def same(found, expected, what=''):
    if found != expected:
        raise AssertionError(f'{what}: expected {expected!r}, found {found!r}')


def holds(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f'{part!r} is not in: {text[:600]!r}')


class Site:
    def __init__(self, folder, store):
        self.store = store or str(folder / 'contests.db')
        own = {'HUSTINGS_RECORD_KEY': str(folder / 'record-key'), 'HUSTINGS_RECORD_OFFICER': 'Carol Count'}
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith('HUSTINGS_')} | own
        self.folder = folder
        self.start()

    def start(self):
        self.log = open(self.folder / 'serve.log', 'ab+')
        at = self.log.seek(0, 2)
        self.process = subprocess.Popen([program, 'serve', '--store', self.store, '--listen', '127.0.0.1:0'], cwd=self.folder, stderr=self.log,
                                        stdout=subprocess.DEVNULL, env={**self.environment, 'HUSTINGS_LIMITS_RATES': '0'})
        found = None
        while not found:
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / 'serve.log').read_text())
            self.log.seek(at)
            found = re.search(rb'event=serving url=http://([0-9.]+):(\d+)', self.log.read())
            if not found:
                try:
                    self.process.wait(0.05)
                except subprocess.TimeoutExpired:
                    pass
        self.host, self.port = found[1].decode(), int(found[2])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        same(self.process.wait(30), 0, 'exit status of the server')
        self.log.close()

    def browser(self):
        return Browser(self.host, self.port)

    def run(self, *words, status=0, cwd=None):
        done = subprocess.run([program, *map(str, words), '--store', self.store], capture_output=True, text=True, env=self.environment,
                              cwd=cwd or self.folder)
        same(done.returncode, status, f'{" ".join(map(str, words))}: {done.stderr}')
        return done.stdout + done.stderr


def tables(value):
    """Every table in a view."""
    if isinstance(value, dict):
        if 'rows' in value and 'columns' in value:
            yield value
        for v in value.values():
            yield from tables(v)
    elif isinstance(value, list):
        for v in value:
            yield from tables(v)


def counted(*words):
    """What the command line makes of papers, as the object of docs/json.md."""
    done = subprocess.run([program, 'count', *map(str, words), '--format', 'json', '--report', 'full'], capture_output=True, check=False)
    return json.loads(done.stdout)


def figures(result):
    """The figures of a count, without what the caller named it."""
    return {k: result[k] for k in ('candidates', 'papers', 'sections', 'stages', 'elected', 'elimination_order', 'open_question')}


# ---- published contests ----

@test
def nothing_yet(site):
    same(site.browser().get('/contests.json').json()['contests'], [], 'contests')


@test
def published_while_serving(site):
    b = site.browser()
    first = b.get('/contests').headers.get('etag')
    for name in ('labour-2010', 'labour-2010-totals', 'labour-2015', 'glasgow-2007', 'burlington-2009'):
        holds(site.run('publish', examples / name), 'Published')
    page = b.get('/contests')
    holds(page.words, 'Labour Party leadership 2010', 'Mayor of Burlington', 'Ed Miliband is elected')
    assert page.headers.get('etag') != first, 'the page is another, so must its ETag be'
    slugs = [c['slug'] for c in b.get('/contests.json').json()['contests']]
    same(slugs, ['labour-2015', 'labour-2010-totals', 'labour-2010', 'burlington-2009', 'glasgow-2007-anderston-city'], 'newest first')


@test
def published_once(site):
    holds(site.run('publish', labour, status=2), 'a contest is published at', '--replace')
    holds(site.run('publish', labour, '--replace'), 'Published')


PAGES = {'': 'overview', '/stages': 'stages', '/head-to-heads': 'pairs', '/other-rules': 'other_rules', '/how-close': 'close', '/files': 'files'}


@test
def every_page_in_both_faces(site):
    b = site.browser()
    for contest in [c['slug'] for c in b.get('/contests.json').json()['contests']]:
        for path, part in PAGES.items():
            page, data = b.get(f'/contests/{contest}{path}'), b.get(f'/contests/{contest}{path}.json')
            same((page.status, data.status), (200, 200), f'{contest}{path}')
            view = data.json()
            same(view['contest']['slug'], contest, 'contest')
            assert view[part], part
            same([t['here'] for t in view['contest']['tabs']].count(True), 1, 'tabs here')
            assert 'style=' not in page.text.replace('style-src', ''), f'{contest}{path}: a style in the page'
            for table in tables(view[part]):
                for row in table['rows']:
                    same(len(row['cells']), len(table['columns']) - 1, table['caption'])
            same(b.ask('GET', f'/contests/{contest}{path}', headers={'Accept': 'application/json'}).json()['contest']['slug'], contest, 'by Accept')


@test
def the_published_figures_of_2010(site):
    b = site.browser()
    stages = b.get('/contests/labour-2010/stages')
    for figure in ('37.78', '34.33', '11.79', '8.68', '7.42', '38.89', '37.47', '13.23', '10.41', '42.72', '41.26', '16.02', '49.35', '50.65',
                   '55,905', '37,980', '126,874', '119,405', '80,266', '140', '122'):
        holds(stages.words, figure)
    one = b.get('/contests/labour-2010/stages.json').json()['stages']['counts'][0]
    known = json.loads((labour / 'college-stages.json').read_text())
    for shown, stage in zip(one['stages'], known['stages'], strict=True):
        rows = {r['name']: {c['label']: c['value'] for c in r['cells']} for r in shown['table']['rows']}
        for name, points in stage['published_points'].items():
            same(rows[name]['Points, %'], points, f'{name} at stage {shown["number"]}')
            for section, votes in stage['sections'].items():
                same(rows[name][section], f'{votes[name]:,}', f'{name} in {section}')
    note = 'reconstructed from stage totals'
    for path in PAGES:
        holds(b.get(f'/contests/labour-2010{path}').words, note)


@test
def how_close_in_short(site):
    b = site.browser()
    holds(b.get('/contests/labour-2010').words, 'How close 6 papers with so many changed, David Miliband would have been elected')
    for slug, value in (('labour-2010', '6 papers'), ('labour-2015', None), ('glasgow-2007-anderston-city', None), ('labour-2010-totals', None)):
        one = b.get(f'/contests/{slug}.json').json()['overview']['counts'][0]
        words = ' '.join(w['text'] for w in b.get(f'/contests/{slug}/how-close.json').json()['close']['counts'][0]['words'])
        if slug == 'labour-2010-totals':
            same(one['close'], None, 'totals cannot say it')
            continue
        if value:
            same(one['close']['value'], value)
        if one['close'] is None:
            assert 'ower bound' not in words.replace('No lower bound', '') and 'pper bound' not in words and 'Exact' not in words, f'{slug}: {words}'
            continue
        for figure in re.findall(r'[0-9][0-9,]*', one['close']['value']):
            assert re.search(rf'\b{figure} paper|between .*\b{figure}\b', words), f'{slug}: {figure} is not in: {words}'


@test
def errors_are_not_pages(site):
    b = site.browser()
    for path in ('/contests/no-such', '/contests?page=99', '/no-such'):
        page = b.get(path)
        same(page.status, 404, path)
        for part in ('data-live', 'as data', 'application/json'):
            assert part not in page.text, f'{path}: an error offers "{part}"'


@test
def totals_say_what_papers_say_and_no_more(site):
    b = site.browser()
    papers, totals = (b.get(f'/contests/{slug}/stages.json').json() for slug in ('labour-2010', 'labour-2010-totals'))
    same(totals['contest']['is_totals'], True, 'is_totals')
    for mine, theirs in zip(totals['stages']['counts'][0]['stages'], papers['stages']['counts'][0]['stages'], strict=True):
        same(mine, theirs, 'a stage')
    known = json.loads((labour / 'college-stages.json').read_text())
    rows = list(csv.DictReader(line for line in (examples / 'labour-2010-totals/stages.csv').open() if not line.startswith('#')))
    from_json = [(str(k), s, c, str(v)) for k, stage in enumerate(known['stages'], 1) for s, t in stage['sections'].items() for c, v in t.items()]
    same(sorted(tuple(r[c] for c in ('stage', 'section', 'candidate', 'votes')) for r in rows), sorted(from_json), 'stages.csv')
    for path in ('/head-to-heads', '/other-rules', '/how-close'):
        holds(b.get(f'/contests/labour-2010-totals{path}').words, 'Only the totals of each stage were published')
    same(totals['count'], None, 'the object of docs/json.md needs papers')


@test
def other_rules_of_2010(site):
    rows = site.browser().get('/contests/labour-2010/other-rules.json').json()['other_rules']['rows']
    elected = {r['rules']: r['elected'] for r in rows}
    same(elected['labour-2010'], 'Ed Miliband')
    for rules in ('college-first-stage.rules', 'av-2011@MPs and MEPs', 'omov@Members'):
        same(elected[rules], 'David Miliband', rules)
    assert next(r for r in rows if r['rules'] == 'omov@Members')['another_result']


@test
def files_as_they_were_and_counted_again(site):
    b = site.browser()
    shown = b.get('/contests/labour-2010/files.json').json()['files']
    folder = site.folder / 'downloads'
    folder.mkdir()
    for f in shown['files']:
        got = b.get(f['path'])
        same(got.status, 200, f['path'])
        same(got.body, (labour / f['name']).read_bytes(), f['name'])
        holds(got.headers['content-disposition'], 'attachment', f['name'])
        holds(got.headers['content-security-policy'], 'sandbox')
        (folder / f['name']).write_bytes(got.body)
    command = shown['again'][0]['text']
    done = subprocess.run(['bash', '-c', command.replace('hustings', f'"{program}"', 1) + ' --format json'], cwd=folder, capture_output=True, check=True)
    again, published = json.loads(done.stdout), b.get('/contests/labour-2010/stages.json').json()['count']
    same(figures(again), figures(published), 'counted again from the downloads')
    same(b.get('/contests/labour-2010/files/nothing').status, 404)
    same(b.get('/contests/labour-2010/files/..%2fcontest').status, 404)


@test
def documents(site):
    b = site.browser()
    declaration = b.get('/contests/labour-2010/declaration')
    holds(declaration.text, '<!DOCTYPE html>', 'Declaration of the result', '50.65', '<style>')
    holds(declaration.headers['content-security-policy'], 'sandbox')
    table = list(csv.DictReader(io.StringIO(b.get('/contests/labour-2010/stages.csv').text)))
    assert any(r['stage'] == '4' and r['candidate'] == 'Ed Miliband' and r['votes'] == '175519' for r in table), table[-3:]
    holds(b.get('/contests/labour-2010/chart.svg').text, '<svg', '</svg>')


@test
def taken_out_and_back(site):
    b = site.browser()
    same(b.get('/contests/labour-2015').status, 200)
    holds(site.run('unpublish', 'labour-2015', status=2), '--reason')
    site.run('unpublish', 'labour-2015', '--reason', 'published by mistake')
    gone = b.get('/contests/labour-2015')
    same(gone.status, 404)
    holds(gone.words, 'Labour Party leadership 2015', 'was taken out on', 'published by mistake')
    same(b.get('/contests/labour-2015/files/papers-csv').status, 404)
    assert 'labour-2015' not in b.get('/contests').text
    holds(site.run('unpublish', 'labour-2015', '--reason', 'again', status=2), 'published contest')
    site.run('publish', examples / 'labour-2015')
    same(b.get('/contests/labour-2015').status, 200)


@test
def a_steward_takes_one_out(site):
    b = site.browser()
    same(b.get('/contests/labour-2015/unpublish').status, 403)
    link = site.run('sign-in', '--for', 'Ada Poll').strip().split('/', 3)[3]
    page = b.get('/' + link)
    entered = b.send(page, page.page.forms[-1]['action'])
    same(entered.status, 303, entered.words[:300])
    form = b.get('/contests/labour-2015/unpublish')
    same(form.status, 200)
    short = b.send(form, '/contests/labour-2015/unpublish', {'reason': ''})
    same(short.status, 422)
    done = b.send(form, '/contests/labour-2015/unpublish', {'reason': 'the steward tries it'})
    same(done.status, 303, done.words[:300])
    holds(b.follow(done).words, 'taken out')
    holds(site.browser().get('/contests/labour-2015').words, 'the steward tries it')
    site.run('publish', examples / 'labour-2015')


@test
def counted_again(site):
    holds(site.run('contests', '--recount'), 'labour-2010: counted again, the same figures')
    holds(site.run('contests'), '2010-09-25\tlabour-2010\tLabour Party leadership 2010')


@test
def a_count_that_differs_is_told(site):
    """Somebody changed a file inside the store: the count is another, so nothing is replaced. (Only where a test can reach into the store: SQLite.)"""
    if site.store.startswith('postgres'):
        return
    b = site.browser()
    before = b.get('/contests/burlington-2009/stages.json').json()
    site.stop()
    db = sqlite3.connect(site.store)
    kept = db.execute("SELECT bytes FROM contest_file WHERE slug = 'burlington-2009' AND address = 'papers-csv'").fetchone()[0]
    changed = kept.replace(b'Bob Kiss', b'\0').replace(b'Kurt Wright', b'Bob Kiss').replace(b'\0', b'Kurt Wright')
    assert changed != kept
    db.execute("UPDATE contest_file SET bytes = ? WHERE slug = 'burlington-2009' AND address = 'papers-csv'", (changed,))
    db.execute("UPDATE contest SET views_version = 0")
    db.commit()
    db.close()
    told = site.run('contests', '--recount', status=2)
    holds(told, 'burlington-2009', 'expected the figures that were published', 'nothing of it was changed', 'labour-2010: counted again')
    site.start()
    b = site.browser()
    same(b.get('/contests/burlington-2009/stages.json').json()['stages'], before['stages'], 'the stages that were published')
    db = sqlite3.connect(site.store)
    db.execute("UPDATE contest_file SET bytes = ? WHERE slug = 'burlington-2009' AND address = 'papers-csv'", (kept,))
    db.execute("UPDATE contest SET views_version = 0")
    db.execute("UPDATE contest_view SET bytes = x'00' WHERE name = 'overview' AND slug = 'burlington-2009'")
    db.commit()
    db.close()
    site.stop()
    site.start()
    for _ in range(200):
        if site.browser().get('/contests/burlington-2009').status == 200:
            break
        subprocess.run(['sleep', '0.05'], check=True)
    same(site.browser().get('/contests/burlington-2009').status, 200, 'made anew at the start')


# ---- papers of one's own ----

def count(b, fields, files=(), headers=None):
    return b.send(b.get('/count'), '/count', fields, [('papers', n, d) for n, d in files], headers)


@test
def each_format(site):
    b = site.browser()
    mps = (labour / 'mps-and-meps.csv').read_bytes()
    cases = [('mps.csv', mps, 'av-2011', '', counted(labour / 'mps-and-meps.csv', '--rules', 'av-2011')),
             ('mps.csv.gz', gzip.compress(mps), 'av-2011', '', counted(labour / 'mps-and-meps.csv', '--rules', 'av-2011')),
             ('hillhead.blt', (examples / 'glasgow-2007/hillhead.blt').read_bytes(), 'stv-scottish', '',
              counted(examples / 'glasgow-2007/hillhead.blt', '--rules', 'stv-scottish')),
             ('hillhead', (examples / 'glasgow-2007/hillhead.blt').read_bytes(), 'stv-meek', '',
              counted(examples / 'glasgow-2007/hillhead.blt', '--rules', 'stv-meek'))]
    preflib = b'# NUMBER ALTERNATIVES: 3\n# ALTERNATIVE NAME 1: Ann\n# ALTERNATIVE NAME 2: Bob\n# ALTERNATIVE NAME 3: Cyd\n5: 1,2,3\n4: 2,3,1\n'
    (site.folder / 'x.soc').write_bytes(preflib)
    cases.append(('x.soc', preflib, 'condorcet', 'a seed', counted(site.folder / 'x.soc', '--rules', 'condorcet', '--seed', 'a seed')))
    for name, data, rules, seed, expected in cases:
        form = b.get('/count')
        page = b.send(form, '/count', {'rules': rules, 'seed': seed}, [('papers', name, data)])
        same(page.status, 200, name + ': ' + page.words[:300])
        again = b.send(form, '/count', {'rules': rules, 'seed': seed}, [('papers', name, data)], {'Accept': 'application/json'})
        same(figures(again.json()['count']), figures(expected), name)


@test
def a_college_of_files(site):
    b = site.browser()
    files = [(n, (labour / n).read_bytes()) for n in ('mps-and-meps.csv', 'members.csv', 'affiliates.csv')]
    page = count(b, {'rules': 'labour-2010', 'sections': 'yes', 'title': 'Mine <b>&'}, files)
    same(page.status, 200, page.words[:400])
    holds(page.words, 'Ed Miliband is elected', '50.65', 'Mine <b>&')


@test
def typed_papers_and_own_rules(site):
    b = site.browser()
    text = 'Ann,Bob,Cyd\n1,2,3\n1,2,3\n2,1,3\n,1,\n'
    rules = (examples / 'burlington-2009/burlington-2009.rules').read_text()
    page = count(b, {'text': text, 'rules': 'own', 'own_rules': rules})
    same(page.status, 200, page.words[:400])
    holds(page.words, 'Ann', 'Bob')


@test
def downloads_are_the_same_count(site):
    b = site.browser()
    data = (labour / 'mps-and-meps.csv').read_bytes()
    expected = counted(labour / 'mps-and-meps.csv', '--rules', 'av-2011')
    page = count(b, {'rules': 'av-2011'}, [('mps-and-meps.csv', data)])
    form = next(f for f in page.page.forms if f['buttons'])
    same([v for _, v in form['buttons']], ['html', 'csv', 'json', 'svg', 'text'], 'downloads')
    got = {want: b.post('/count', {**form['hidden'], 'other_rules': '', 'want': want}) for _, want in form['buttons']}
    for want, answer in got.items():
        same(answer.status, 200, want + answer.words[:300])
        holds(answer.headers['content-disposition'], 'attachment')
        holds(answer.headers['content-security-policy'], 'sandbox')
    same(figures(got['json'].json()), figures(expected), 'json')
    holds(got['html'].text, '<!DOCTYPE html>', '140')
    holds(got['svg'].text, '<svg')
    holds(got['text'].text, 'David Miliband')
    last = [r for r in csv.DictReader(io.StringIO(got['csv'].text)) if r['stage'] == '4' and r['candidate'] == 'David Miliband']
    same(last[0]['votes'], '140', 'csv')
    others = b.post('/count', {**form['hidden'], 'other_rules': 'plurality'})
    same(others.status, 200, 'under other rules')
    holds(others.words, 'plurality')


@test
def wrong_papers_are_told_where(site):
    b = site.browser()
    for fields, files, words in [
            ({'rules': 'av-2011'}, [('x.csv', b'1,2\nAnn,Bob\nAnn,"Bob\n')], ('x.csv:3', 'expected')),
            ({'rules': 'av-2011', 'text': '# candidates: Ann; Bob\ncount,1,2\n3,Ann,Bbo\n'}, [], ('what was typed:3', 'Bbo')),
            ({'rules': 'av-2011'}, [], ('Choose a file of papers',)),
            ({'rules': 'own', 'own_rules': '[rules]\nmethod = lottery\n', 'text': 'Ann\n1\n'}, [], (':2', 'lottery')),
            ({'rules': 'own', 'text': 'Ann\n1\n'}, [], ('Write the rules',)),
            ({'rules': 'av-2011', 'seats': '3', 'text': 'Ann,Bob\n1,2\n'}, [], ('one seat',)),
            ({'rules': 'labour-2010', 'text': 'Ann,Bob\n1,2\n'}, [], ('section',)),
            ({'rules': 'av-2011'}, [('x.gz', b'\x1f\x8b\x08\x00broken')], ('gzip',)),
            ({'rules': 'av-2011'}, [('x.csv', b'\xff\xfe\0\0')], ('x.csv',)),
    ]:
        answer = count(b, fields, files)
        same(answer.status, 422, f'{fields} {answer.words[:300]}')
        holds(answer.words, *words)
        if fields.get('text'):
            assert 'Ann' in answer.text, 'what was typed is still there'
        wrong = count(b, fields, files, {'Accept': 'application/json'})
        same(wrong.status, 422, 'as JSON')


@test
def a_form_sent_by_another_site(site):
    b = site.browser()
    b.get('/count')
    for path in ('/count', '/kept'):
        same(b.post(path, {'text': 'Ann\n1\n', 'rules': 'av-2011'}, headers={'Origin': 'https://elsewhere.example'}).status, 403, path)
    same(b.post('/kept', {'text': 'Ann\n1\n', 'rules': 'av-2011'}).status, 403, 'without a token')


@test
def damaged_and_hostile_repeats(site):
    b = site.browser()
    form = next(f for f in b.get('/count').page.forms if f['action'] == '/count')
    for same_again in ('!!!', 'AAAA', base64.urlsafe_b64encode(os.urandom(300)).decode().rstrip('=')):
        answer = b.post('/count', {**form['hidden'], 'same': same_again})
        assert answer.status in (400, 422), (answer.status, answer.words[:200])


@test
def too_large(site):
    b = site.browser()
    answer = count(b, {'rules': 'av-2011'}, [('x.csv', b'Ann,Bob\n' + b'1,2\n' * 4500000)])
    same(answer.status, 413, answer.words[:200])


@test
def a_large_file_has_no_repeats(site):
    b = site.browser()
    rows = b''.join(b'%d,Ann,Bob,%s\n' % (i % 9 + 1, b'Cyd' if i % 2 else b'') for i in range(100000))
    page = count(b, {'rules': 'av-2011'}, [('x.csv', b'count,1,2,3\n' + rows)])
    same(page.status, 200, page.words[:200])
    holds(page.words, 'Ann', 'too many to be sent again')


@test
def a_bomb_ends_alone(site):
    """Papers that unpack to gigabytes, or that no count could hold: told, and the server goes on."""
    b = site.browser()
    row = b'x' * 500000 + b'\n'
    bomb = gzip.compress(b'Ann,Bob\n' + (b'1,2\n' * 250000) * 200)
    page = count(b, {'rules': 'av-2011'}, [('bomb.csv.gz', bomb)])
    assert page.status in (200, 422), page.status
    names = ','.join(f'n{i}' for i in range(1000))
    wide = count(b, {'rules': 'stv-meek', 'seats': '50'}, [('wide.csv', (names + '\n' + ','.join(str(i + 1) for i in range(1000)) + '\n').encode() * 2 + row)])
    same(wide.status, 422, wide.words[:200])
    same(b.get('/healthz').status, 200)
    same(b.get('/contests').status, 200)


# ---- kept counts ----

def packed(value):
    """As view_pack writes it (src/core/view.c): texts, numbers, lists and objects are all that is asked with."""
    def number(n):
        out = b''
        while n >= 0x80:
            out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
        return out + bytes([n])
    if isinstance(value, int):
        return b'\x02' + number(value << 1)
    if isinstance(value, bytes):
        return b'\x03' + number(len(value)) + value
    if isinstance(value, list):
        return b'\x05' + b''.join(map(packed, value)) + b'\xff'
    return b'\x06' + b''.join(b'\0' + number(len(key)) + key.encode() + packed(v) for key, v in value.items()) + b'\xff'


def packed_asked(papers):
    """Papers as the hidden field `same` of a result's page holds them."""
    return b'view1\n' + packed({'title': b'', 'format': b'auto', 'rules': b'av-2011', 'own_rules': b'', 'seats': 0, 'seed': b'', 'want': b'page',
                                'files': [{'name': b'papers.csv.gz', 'section': b'', 'bytes': papers}]})


@test
def kept_shown_and_deleted(site):
    b = site.browser()
    page = count(b, {'rules': 'av-2011', 'title': 'The committee'}, [('mps.csv', (labour / 'mps-and-meps.csv').read_bytes())])
    kept = b.send(page, '/kept')
    same(kept.status, 303, kept.words[:400])
    path = kept.headers['location']
    shown = b.follow(kept)
    same(shown.status, 200)
    holds(shown.words, 'David Miliband', 'The committee', '30 days')
    word = re.search(r'not shown again: (\S{22})', shown.words)[1]
    assert word not in b.get(path).text, 'the word is shown once'
    other = site.browser()
    same(other.get(path).status, 200, 'whoever has the address can read')
    papers = other.get(path + '/papers').json()
    same(papers['files'][0]['bytes'].encode(), (labour / 'mps-and-meps.csv').read_bytes(), 'the papers')
    form = other.get(path + '/delete')
    same(other.send(form, path + '/delete', {'word': 'x' * 22}).status, 422, 'another word')
    same(other.get(path).status, 200)
    done = other.send(other.get(path + '/delete'), path + '/delete', {'word': word})
    same(done.status, 303, done.words[:300])
    same(b.get(path).status, 404)


@test
def kept_once_for_one_key(site):
    b = site.browser()
    form = next(f for f in b.get('/count').page.forms if f['action'] == '/count')
    fields = {**form['hidden'], 'text': 'Ann,Bob\n1,2\n2,1\n1,\n', 'rules': 'av-2011'}
    first, second = (b.post('/kept', fields, headers={'Accept': 'application/json'}) for _ in range(2))
    assert first.status in (200, 201), first.text
    same(first.json()['path'], second.json()['path'], 'the first answer again')


@test
def what_is_not_kept(site):
    b = site.browser()
    form = next(f for f in b.get('/count').page.forms if f['action'] == '/count')
    broken = b.post('/kept', {**form['hidden'], 'text': 'count,1\n3,Ann,"\n', 'rules': 'av-2011'})
    same(broken.status, 422, broken.words[:200])
    large = b.post('/kept', {**form['hidden'], 'text': 'Ann,Bob\n' + '1,2\n' * 20000, 'rules': 'av-2011'})
    assert large.status in (413, 422), large.status
    same(b.get('/kept/' + 'A' * 22).status, 404)


@test
def kept_bombs_are_read_apart(site):
    """A few KiB that unpack to megabytes are no event loop's work: the process that reads them has a limit of its own."""
    b = site.browser()
    form = next(f for f in b.get('/count').page.forms if f['action'] == '/count')
    bomb = gzip.compress(b'Ann,Bob\n' + b'1,2\n' * 3000000 + b'1,"\n')
    assert len(bomb) < 60000, len(bomb)
    sent = b.post('/kept', {**form['hidden'], 'same': base64.urlsafe_b64encode(packed_asked(bomb)).rstrip(b'=').decode()})
    same(sent.status, 422, sent.words[:300])
    holds(sent.words, '3000002')


@test
def kept_only_so_many(site):
    if site.store.startswith('postgres'):
        return
    fields = {'text': 'Ann,Bob\n1,2\n2,1\n1,\n', 'rules': 'av-2011'}
    with contextlib.closing(sqlite3.connect(site.store)) as db, db:
        db.executemany("INSERT INTO kept_count VALUES (?, x'00', x'00', 0, 9000000000000)", ((f'full-{i}',) for i in range(20000)))
    site.stop()
    site.start()
    statuses = []
    while len(statuses) < 100 and (not statuses or statuses[-1] in (200, 201)):
        time.sleep(0.1)  # housekeeping comes a second after the start
        statuses.append(site.browser().post('/kept', fields, headers={'Accept': 'application/json', 'Idempotency-Key': str(len(statuses))}).status)
    with contextlib.closing(sqlite3.connect(site.store)) as db, db:
        db.execute("DELETE FROM kept_count WHERE token LIKE 'full-%'")
    site.stop()
    site.start()
    same(statuses[-1], 413)


@test
def kept_after_a_restart(site):
    b = site.browser()
    form = next(f for f in b.get('/count').page.forms if f['action'] == '/count')
    kept = b.post('/kept', {**form['hidden'], 'text': 'Ann,Bob\n1,2\n2,1\n1,\n', 'rules': 'av-2011'}, headers={'Accept': 'application/json'})
    path = kept.json()['path']
    site.stop()
    site.start()
    shown = site.browser().get(path)
    same(shown.status, 200)
    holds(shown.words, 'Ann is elected')


def publish_many(site, number):
    """Small contests, one process each; the newest last."""
    folder = site.folder / 'small'
    folder.mkdir()
    for i in range(number):
        (folder / 'papers.csv').write_text('1\nAda\nAda\nBo\n')
        (folder / 'contest.conf').write_text(f'[contest]\nslug = branch-{i}\ntitle = Branch {i}: 100%_sure!\ndate = 2019-{i // 28 + 1:02}-{i % 28 + 1:02}\n'
                                             f'place = Café {i}\nrules = plurality\n[papers]\npapers = papers.csv\n')
        site.run('publish', folder)


def follow(b, path, which):
    """All entries of a list and of the pages after it, and how many pages there were."""
    found, pages = [], 0
    while path:
        page, data = b.get(path), b.get(path.replace('/contests', '/contests.json')).json()
        same(page.status, 200, path)
        links = [href for href in re.findall(r'href="([^"]*)" rel="next"', page.text)]
        same([html.unescape(href) for href in links], [data['next_path']] if data['next_path'] else [], f'{path}: the next page')
        for c in data['contests']:
            holds(page.words, c['title'])
        found += [c[which] for c in data['contests']]
        pages += 1
        path = data['next_path']
    return found, pages


@test
def many_contests(site):
    publish_many(site, 120)
    b = site.browser()
    everything, pages = follow(b, '/contests', 'slug')
    same(len(set(everything)), len(everything), 'each once')
    same(pages, -(-len(everything) // 50), 'pages')
    same([slug for slug in everything if slug.startswith('branch-')], [f'branch-{i}' for i in reversed(range(120))], 'newest first')
    same(len(b.get('/').text.split('<li>\n<h3><a')) - 1, 12, 'contests on the first page')
    last = b.get('/contests?page=3')
    holds(last.words, 'Page 3 of 3', 'Previous')
    assert 'rel="next"' not in last.text
    same(b.get('/contests?page=4').status, 404)
    for wrong in ('page=0', 'page=x', 'page=-1', 'page=99999999999999999999', 'find=' + 'x' * 101):
        assert b.get(f'/contests?{wrong}').status in (400, 422), wrong


@test
def contests_that_say(site):
    b = site.browser()
    found, pages = follow(b, '/contests?find=bRANCH', 'slug')
    same((len(found), pages), (120, 3), 'by title')
    for words, slugs in (('branch+117', ['branch-117']), ('Caf%C3%A9+119', ['branch-119']), ('2019-01-05', ['branch-4']), ('ED+MILIBAND', None), ('%25', 120),
                         ('0%25_sure!', 120), ('1%25_sure', 0), ('_ranch', 0), ('%27%3B+--', 0)):
        data = b.get(f'/contests.json?find={words}').json()
        if isinstance(slugs, list):
            same([c['slug'] for c in data['contests']], slugs, words)
        elif slugs is None:
            assert 'labour-2010' in [c['slug'] for c in data['contests']], words
        else:
            same(data['found'], slugs, words)
    nothing = b.get('/contests?find=%3Cb%3Enobody')
    holds(nothing.words, '0 contests say', '<b>nobody', 'All contests')
    assert '<b>nobody' not in nothing.text and 'rel="next"' not in nothing.text


def run_on(store):
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix='hustings-contest-') as folder:
        site = Site(pathlib.Path(folder), store)
        try:
            for function in TESTS:
                try:
                    function(site)
                    passed += 1
                except Exception:  # a test that breaks is a failure, and the others still run
                    failed += 1
                    print(f'FAILED  {function.__name__} on {"PostgreSQL" if store else "SQLite"}')
                    traceback.print_exc(limit=-2)
                    if site.process.poll() is not None:
                        site.start()
        finally:
            if site.process.poll() is None:
                site.stop()
    return passed, failed


def main():
    stores = [None, *filter(None, [os.environ.get('HUSTINGS_TEST_POSTGRES')])]
    passed, failed = map(sum, zip(*map(run_on, stores)))
    print(f'contest: {passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
