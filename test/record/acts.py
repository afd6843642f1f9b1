#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""acts.py [--hustings PATH] [WORD...]: every act there is, done from outside, by the browser's forms and by the command line, and what the public record says of it.

ROUTES has every POST of `hustings routes` that is an act, and COMMANDS every command of `hustings help`: which acts (kinds of leaves) each leaves, in order. A
route or command without a row fails, as does a row without one; a row that leaves other leaves, more or fewer, fails. So whoever adds an act says so here.
What fails, what is sent twice and what is clicked twice must leave none, one and one.
SQLite, and PostgreSQL too when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run). Last line: "record acts: N passed, N failed".
"""
import argparse
import concurrent.futures
import contextlib
import datetime
import functools
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
import uuid

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('deploy', 'contest')]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import deploy
from client import Browser
from deploy import ROOT, Tally, server, wait_for

EXAMPLE, OTHER = ROOT / 'examples/labour-2010-totals', ROOT / 'examples/burlington-2009'
SLUG, OTHER_SLUG = 'labour-2010-totals', 'burlington-2009'
BARE = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null'}
OPERATOR, STEWARD = 'Carol Count', 'Ada Poll'
NONE = ()
RECOVERING = 'COPY'  # not beside a server, as the others are called: alone_recovers

# Every POST that is an act: what one good request leaves. One that is none needs no row: the server itself undoes a write that leaves a leaf which its row does not
# name (test/unit/http/site_acts.c). /enter is done by somebody who is not signed in.
ROUTES = {
    '/enter/:token': ('role.given',),
    '/sign-out': ('role.ended',),
    '/sign-out/everywhere': ('role.ended', 'role.ended'),  # of two who are signed in
    '/contests/:contest/unpublish': ('contest.withdrawn',),
    '/kept': NONE,
    '/kept/:kept/delete': NONE,
    '/steward/unit': ('unit.changed',),
    '/units/:unit/name': ('unit.changed',),
    '/units/:unit/place': ('unit.changed',),
    '/units/:unit/roles': ('role.given',),
    '/units/:unit/roles/:role/end': ('role.ended',),
}
# Acts that want a person with a role, and more around them than this file makes: what each leaves is compared in the file named.
ROLL = '/units/:unit/rolls/:roll'
ELSEWHERE = {
    '/units/:unit/people/export': ('people.exported', 'test/people/export_pages.py'),
    ROLL + '/corrections/new': ('roll.corrected', 'test/people/roll.py'),
    ROLL + '/challenges/:challenge/correct': ('roll.corrected', 'test/people/roll.py'),
    ROLL + '/move': ('roll.proposed', 'test/people/roll.py'),
    ROLL + '/proposals/:proposal/withdraw': ('roll.proposed', 'test/people/roll.py'),
    ROLL + '/release': ('roll.released', 'test/people/roll.py'),
    ROLL + '/override': ('roll.proposed', 'test/people/audit_pages.py'),
    ROLL + '/proposals/:proposal/confirm-override': ('roll.overridden', 'test/people/audit_pages.py'),
}
# Every command, and ways to call it: what one good call leaves; None: it has no store, or is not called here (why).
COMMANDS = {
    'publish': {'': ('contest.published',), '--replace': ('contest.replaced',), '--check': NONE}, 'unpublish': {'': ('contest.withdrawn',)},
    'sign-in': {'': ('role.offered',)}, 'export': {'': ('export.made',)}, 'contests': {'': NONE, '--recount': NONE}, 'backup': {'': NONE},
    'people units': {'': NONE, '--add': ('unit.changed',), '--import': ('unit.changed',), '--rename': ('unit.changed',), '--move': ('unit.changed',)},
    'people role': {'': NONE, '--give': ('role.given',), '--end': ('role.ended',)}, 'people show': {'': NONE},
    'people import': {'': ('people.imported',), '--dry-run': NONE}, 'people imports': {'': NONE}, 'people undo': {'': ('people.import_undone',)},
    'people export': {'': ('people.exported',)}, 'people search': None, 'people audience': None, 'people duplicates': None, 'people reindex': None, 'people merge': None,  # keep and show what is there
    'record key': {'': NONE, '--new': ('record.key_added',), '--end': ('record.key_ended',)}, 'record seal': {'': NONE},
    'record verify': None, 'record show': None, 'record copy': None,  # only read
    'record recover': {RECOVERING: ('role.offered', 'role.offered', 'store.recovered')},  # two that were lost, and that they were
    'restore': None, 'move': None,  # into an empty store: docs/backup.md says what becomes of the record
    'demo people': None, 'people columns': None, 'roll audit': None, 'roll freeze': None, 'roll check': None, 'roll sweep': None,  # read and write files alone
    'serve': None,  # all of this file
    'witness': None,  # has no store
    'record verify': None, 'record copy': None, 'record show': None,  # read a record, wherever it is; a store they open for reading alone
    'count': None, 'compare': None, 'reconcile': None, 'rules': None, 'convert': None, 'config': None, 'routes': None, 'openapi': None, 'help': None, 'version': None,
}


class Place:
    """A store of either engine, commands on it, and what its record says."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url or str(folder / 'store.db')
        self.engine = 'PostgreSQL' if url else 'SQLite'
        self.environment = {**BARE, 'HUSTINGS_RECORD_KEY': str(folder / 'record-key')}
        self.site = None

    def run(self, *words, status=0, officer=OPERATOR):
        environment = {**self.environment, **({'HUSTINGS_RECORD_OFFICER': officer} if officer else {})}
        done = subprocess.run([str(deploy.HUSTINGS), *map(str, words), '--store', self.url], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        if done.returncode != status:
            raise RuntimeError(f'{words}: {done.returncode} {done.stdout}{done.stderr}')
        return done.stdout + done.stderr

    def sql(self, statements):
        """As somebody who has the store in her hands."""
        if self.engine == 'SQLite':
            with contextlib.closing(sqlite3.connect(self.url, timeout=20)) as db:
                db.executescript(statements)
                return
        subprocess.run(['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-d', self.url, '-c', statements], check=True, capture_output=True)

    def values(self, query):
        if self.engine == 'SQLite':
            with contextlib.closing(sqlite3.connect(self.url, timeout=20)) as db:
                return [str(row[0]) for row in db.execute(query)]
        done = subprocess.run(['psql', '-q', '-A', '-t', '-d', self.url, '-c', query], check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    def size(self):
        return int(self.values('SELECT size FROM record_head')[0])

    def paths(self, digest):
        """Where the record says that a file is; '' when it was taken away, or is kept by the record itself."""
        hexed = 'hex(digest)' if self.engine == 'SQLite' else "upper(encode(digest, 'hex'))"
        return sorted(self.values(f"SELECT path FROM record_file WHERE {hexed} = '{digest.upper()}' AND path LIKE '/contests/its-leaves/%' OR {hexed} = '{digest.upper()}' AND path = ''"))

    @contextlib.contextmanager
    def serving(self):
        with server(self.folder, '--store', self.url, environment={**self.environment, 'HUSTINGS_LIMITS_RATES': '0'}) as (process, url):
            self.site = urllib.parse.urlsplit(url)
            if not wait_for(lambda: self.browser().get('/record/checkpoint').status == 200):  # by then its key is in the record
                raise RuntimeError('nothing was sealed')
            yield process

    def browser(self):
        return Browser(self.site.hostname, self.site.port)

    def leaf(self, number):
        text = 'CAST(entry AS TEXT)' if self.engine == 'SQLite' else "convert_from(entry, 'UTF8')"
        return json.loads(self.values(f'SELECT {text} FROM record_leaf WHERE number = {number}')[0])

    def link(self, name=STEWARD):
        return urllib.parse.urlsplit(self.run('sign-in', '--for', name).split()[-1]).path

    def steward(self, name=STEWARD):
        browser, path = self.browser(), self.link(name)
        page = browser.get(path)
        if browser.send(page, path).status != 303:
            raise RuntimeError('could not sign in')
        return browser


class Leaves:
    """What was appended while it was watched."""

    def __init__(self, place):
        self.place, self.before = place, place.size()

    def new(self):
        return [self.place.leaf(number) for number in range(self.before, self.place.size())]

    def kinds(self):
        return tuple(leaf['act'] for leaf in self.new())


def body_of(page, action, **fields):
    """What a browser would send for that form of the page: the same bytes each time, as with a double click."""
    form = next(f for f in page.page.forms if f['action'] == action)
    return urllib.parse.urlencode({**form['hidden'], **fields})


def send(browser, path, body, **headers):
    return browser.ask('POST', path, body, {'Content-Type': 'application/x-www-form-urlencoded', **headers})


# --- every route


def kept(browser):
    """A count that is kept, and what deletes it."""
    page = browser.ask('POST', '/kept', urllib.parse.urlencode({'rules': 'av-2011', 'text': 'Ann,Bob\n1,2\n2,1\n1,2\n'}),
                       {'Content-Type': 'application/x-www-form-urlencoded', 'Idempotency-Key': uuid.uuid4().hex, 'Accept': 'application/json'})
    return page, page.json() if page.status == 201 else {}


def route_enter(place):
    browser, path = place.browser(), place.link()
    return browser, path, functools.partial(body_of, browser.get(path), path)


def route_sign_out(place):
    browser = place.steward()
    return browser, '/sign-out', functools.partial(body_of, browser.get('/steward'), '/sign-out')


def route_sign_out_everywhere(place):
    others = place.steward('Bob Box')
    send(others, '/sign-out/everywhere', body_of(others.get('/steward'), '/sign-out/everywhere'))
    place.steward('Bob Box')
    browser = place.steward()
    return browser, '/sign-out/everywhere', functools.partial(body_of, browser.get('/steward'), '/sign-out/everywhere')


def route_unpublish(place):
    place.run('publish', EXAMPLE, *(['--replace'] if place.browser().get(f'/contests/{SLUG}').status == 200 else []))
    browser, path = place.steward(), f'/contests/{SLUG}/unpublish'
    return browser, path, functools.partial(body_of, browser.get(path), path, reason='it was counted by the wrong rules')


def route_kept(place):
    browser = place.browser()
    browser.cookies.clear()
    return browser, '/kept', lambda: urllib.parse.urlencode({'rules': 'av-2011', 'text': 'Ann,Bob\n1,2\n2,1\n1,2\n'})


def route_kept_delete(place):
    browser = place.browser()
    _, answer = kept(browser)
    path = answer['path'] + '/delete'
    return browser, path, functools.partial(body_of, browser.get(path), path, word=answer['word'])


def new_unit(place):
    slug = 'u-' + uuid.uuid4().hex[:8]
    place.run('people', 'units', '--add', slug, '--name', f'Unit {slug}', '--kind', 'branch')
    return slug


def new_person(place, unit):
    """Past the program, as no command adds one person alone. Her id in the organisation's list."""
    ours, hers = uuid.uuid4().hex[:22], 'M-' + uuid.uuid4().hex[:8]
    number = int(place.values('SELECT next FROM person_head')[0])
    person = {'id': ours, 'number': number, 'version': 1, 'identifier': hers, 'given_name': 'Ann', 'family_name': 'Private', 'added': 1, 'changed': 1}
    member = {'unit': unit, 'person': ours, 'id': uuid.uuid4().hex[:22], 'status': 'active', 'history': 'active -', 'added': 1}
    columns = {'person': 'name_key born email email_key phone phone_other address address_more locality postcode country language consent consent_since import',
               'membership': 'section class status_since status_reason joined recorded first_receipt paid_until payer bank method recruiter mandate signature device declared import'}
    statements = f'UPDATE person_head SET next = {number + 1};'
    for table, row in (('person', person), ('membership', member)):
        row = {**row, **{name: '' for name in columns[table].split()}}
        values = ', '.join(str(value) if isinstance(value, int) else f"'{value}'" for value in row.values())
        statements += f'INSERT INTO {table} ({", ".join(row)}) VALUES ({values});'
    place.sql(statements)
    return hers


def steward_form(place, path, **fields):
    browser = place.steward()
    return browser, path, functools.partial(body_of, browser.get(path), path, **fields)


def route_unit(place):
    return steward_form(place, '/steward/unit', name='Leeds', slug='leeds-' + uuid.uuid4().hex[:8], kind='branch', above=new_unit(place))


def route_unit_name(place):
    return steward_form(place, f'/units/{new_unit(place)}/name', name='Leeds North', kind='union')


def route_unit_place(place):
    return steward_form(place, f'/units/{new_unit(place)}/place', above=new_unit(place))


def route_role(place):
    unit = new_unit(place)
    return steward_form(place, f'/units/{unit}/roles', role='secretary', to=new_person(place, unit), name='Olu Nay', until=in_a_year(), reason='elected')


def route_role_end(place):
    unit = new_unit(place)
    role = give_role(place, unit)
    return steward_form(place, f'/units/{unit}/roles/{role}/end', reason='she moved away')


def in_a_year():
    return str(datetime.date.today() + datetime.timedelta(days=365))


def give_role(place, unit):
    return place.run('people', 'role', '--give', 'organiser', '--unit', unit, '--to', new_person(place, unit), '--name', 'Olu Nay', '--until', in_a_year()).split()[0]


DOING = {'/steward/unit': route_unit, '/units/:unit/name': route_unit_name, '/units/:unit/place': route_unit_place, '/units/:unit/roles': route_role,
         '/units/:unit/roles/:role/end': route_role_end, '/enter/:token': route_enter, '/sign-out': route_sign_out, '/sign-out/everywhere': route_sign_out_everywhere,
         '/contests/:contest/unpublish': route_unpublish, '/kept': route_kept, '/kept/:kept/delete': route_kept_delete}
ENDS = {'/sign-out', '/sign-out/everywhere'}  # a second request, sent later, comes from nobody


def check_tables(tally, place):
    """What the program says of itself is what this file says."""
    rows = [line.split('\t') for line in place_free_run('routes').splitlines()]
    writes = {path: act for method, path, *_, act in rows if method == 'POST' and act != '-'}
    for path in sorted(writes.keys() | ROUTES.keys()):
        said = writes.get(path, 'nothing')
        kinds = set() if said.startswith('none: ') else set(said.split())
        if said.startswith('none: ') and path not in ROUTES:
            continue
        if path in ELSEWHERE:
            kind, file = ELSEWHERE[path]
            tally(f'POST {path}: {kind}, {file}', kinds == {kind} and (file is None or kind in (ROOT / file).read_text(encoding='utf-8')), said)
            continue
        tally(f'POST {path}: has a row here', path in ROUTES and path in DOING and set(ROUTES[path]) <= kinds and (kinds == set() or ROUTES[path]), f'{said}; here: {ROUTES.get(path)}')
    stewards = {path for method, path, who, *_ in rows if method == 'POST' and who == 'steward'}
    tally('every POST of stewards says whether it is an act', stewards <= writes.keys(), stewards - writes.keys())
    named = re.findall(r'^  ([a-z][a-z -]*?) {2,}\S', place_free_run('help').split('COMMAND ...')[1], re.M)
    tally('every command has a row here', set(named) == COMMANDS.keys(), set(named) ^ COMMANDS.keys())


def place_free_run(*words):
    return subprocess.run([str(deploy.HUSTINGS), *words], env=BARE, capture_output=True, text=True, check=True).stdout


def check_routes(tally, place):
    for path, kinds in ROUTES.items():
        browser, real, body = DOING[path](place)
        body, watch, cookies = body(), Leaves(place), dict(browser.cookies)
        extra = {'Idempotency-Key': uuid.uuid4().hex} if path == '/kept' else {}
        answer = send(browser, real, body, **extra)
        tally(f'POST {path}: {" ".join(kinds) or "no act"}', answer.status in (201, 303) and watch.kinds() == kinds, (answer.status, answer.text[:300], watch.new()))
        told = [leaf for leaf in watch.new() if leaf['act'] != 'role.ended' or leaf['by']['name'] != STEWARD or leaf['by']['role'] != 'steward']
        tally(f'POST {path}: by whom it was done', all(leaf['by'] == {'name': STEWARD, 'role': 'steward'} for leaf in watch.new()), told)
        browser.cookies = cookies  # as if the first answer had never come
        again = send(browser, real, body, **extra)
        tally(f'POST {path} once more: nothing', watch.kinds() == kinds, (again.status, watch.new()))
        if path not in ENDS:
            tally(f'POST {path} once more: the first answer', (again.status, again.headers.get('location')) == (answer.status, answer.headers.get('location')), again.text[:300])


def check_double_clicks(tally, place):
    """Sent twice at the same moment, on two connections, the browser waiting for neither."""
    for path, kinds in ROUTES.items():
        browser, real, body = DOING[path](place)
        body, watch = body(), Leaves(place)
        extra = {'Idempotency-Key': uuid.uuid4().hex} if path == '/kept' else {}
        twins = [Browser(browser.host, browser.port) for _ in range(2)]
        for twin in twins:
            twin.cookies = dict(browser.cookies)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda twin: send(twin, real, body, **extra), twins))
        done = [a.status for a in answers if a.status in (201, 303)]
        tally(f'POST {path}, a double click: {" ".join(kinds) or "no act"}, once', watch.kinds() == kinds and done, ([a.status for a in answers], watch.new()))


def check_failed_requests(tally, place):
    place.run('publish', EXAMPLE)
    browser, path = place.steward(), f'/contests/{SLUG}/unpublish'
    page, used = browser.get(path), place.link()
    helper = place.browser()
    send(helper, used, body_of(helper.get(used), used))
    stranger, watch = place.browser(), Leaves(place)
    nobody = body_of(stranger.get('/count'), '/count')
    token = re.search(r'name="_csrf" value="([^"]+)"', page.text)[1]
    cases = {
        'without a reason': (send(browser, path, body_of(page, path, reason='')), 422),
        'of a contest that is not there': (send(browser, '/contests/none/unpublish', urllib.parse.urlencode({'_csrf': token, '_key': uuid.uuid4().hex, 'reason': 'why not'})), 404),
        'by a visitor': (send(stranger, path, nobody), 403),
        'without a token': (send(browser, path, urllib.parse.urlencode({'reason': 'why not'})), 403),
        'from another site': (send(browser, path, body_of(page, path, reason='why not'), Origin='https://evil.example'), 403),
        'a link that was used': (send(stranger, used, nobody), 404),
        'a link that never was': (send(stranger, '/enter/' + 'A' * 22, nobody), 404),
        'signing out without being in': (send(stranger, '/sign-out', nobody), 403),
    }
    for what, (answer, status) in cases.items():
        tally(f'{what}: {status}', answer.status == status, (answer.status, answer.text[:300]))
    tally('what fails leaves no leaf', watch.kinds() == (), watch.new())
    right = send(browser, path, body_of(page, path, reason='now it is right'))
    tally('and the same form, filled in rightly, leaves one', right.status == 303 and watch.kinds() == ('contest.withdrawn',), (right.status, watch.new()))


# --- every command


def oldest_key(place):
    """The number of the first of the keys that sign."""
    return place.run('record', 'key').split('\n')[0].split('+')[1]


def call_import(place, command, way, unit):
    path = place.folder / f'members-{uuid.uuid4().hex[:8]}.csv'
    path.write_text(f'id,family_name\nM-{uuid.uuid4().hex[:8]},Private\n')
    bring = ['people', 'import', path, '--unit', unit]
    if command == 'people undo':
        place.run(*bring)
        return ['people', 'undo', place.run('people', 'imports', '--unit', unit).split()[0]]
    if command == 'people export':
        return ['people', 'export', '--unit', unit, '--output', place.folder / 'members-export.csv', '--reason', 'a test']
    return [*bring, *filter(None, [way])] if command == 'people import' else ['people', 'imports']


def call_people(place, command, way):
    unit = new_unit(place)
    if command in ('people import', 'people imports', 'people undo', 'people export'):
        return call_import(place, command, way, unit)
    (place.folder / 'units.csv').write_text(f'name,slug,above\nEast,{unit}-east,{unit}\nWest,{unit}-west,{unit}\n')
    words = {'people units': {'--add': (f'{unit}-one', '--name', 'One', '--above', unit), '--import': (place.folder / 'units.csv',), '--rename': (unit, '--name', 'Another'),
                              '--move': (unit, '--above', new_unit(place))},
             'people role': {'--give': ('secretary', '--unit', unit, '--to', new_person(place, unit), '--name', 'Olu Nay', '--until', in_a_year()),
                             '--end': (give_role(place, unit), '--reason', 'she moved away')},
             'people show': {'': (new_person(place, unit),)}}[command].get(way, ())
    return [*command.split(), *filter(None, [way]), *words]


def call(place, command, way):
    """As somebody at the machine would, when all is well: the words to run."""
    if command.startswith('people '):
        return call_people(place, command, way)
    options = {'unpublish': ('--reason', 'by mistake'), 'sign-in': ('--for', STEWARD), 'record key': ('--reason', 'it is time') if way else ()}.get(command, ())
    operands = {'publish': (OTHER,), 'unpublish': (OTHER_SLUG,), 'export': (place.folder / 'export',), 'backup': (place.folder / 'backup.db',)}.get(command, ())
    key = (oldest_key(place),) if way == '--end' else ()
    return [*command.split(), *operands, *filter(None, [way]), *key, *options]


def check_commands(tally, place):
    published = place.browser().get(f'/contests/{OTHER_SLUG}').status == 200
    if published:
        place.run('unpublish', OTHER_SLUG, '--reason', 'to begin with')
    for command, ways in COMMANDS.items():
        for way, kinds in (ways or {}).items():
            if way == RECOVERING:
                continue
            words = call(place, command, way)
            watch = Leaves(place)
            said = place.run(*words)
            name = f'{command} {way}'.strip()
            tally(f'{name}: {" ".join(kinds) or "no act"}', watch.kinds() == kinds, (said, watch.new()))
            tally(f'{name}: by whom it was done', all(leaf['by'] == {'name': OPERATOR, 'role': 'operator'} for leaf in watch.new()), watch.new())


def check_commands_that_fail(tally, place):
    if place.browser().get(f'/contests/{SLUG}').status != 200:
        place.run('publish', EXAMPLE)
    (place.folder / 'taken').mkdir()
    (place.folder / 'taken/file').write_text('somebody has this already')
    watch = Leaves(place)
    for words in (('publish', EXAMPLE, '--replace'), ('unpublish', SLUG, '--reason', 'why not'), ('sign-in', '--for', STEWARD), ('export', place.folder / 'nameless'),
                  ('record', 'key', '--new', '--reason', 'why not')):
        said = place.run(*words, status=2, officer=None)
        tally(f'{words[0]} by nobody: refused, and told how', '--by NAME' in said and 'record.officer' in said and 'HUSTINGS_RECORD_OFFICER' in said, said)
    for officer in ('', ' ', 'two\nlines', 'x' * 201, '\u202eevil', '\u00a0', '\u2800', '\u200b\u3164'):
        done = subprocess.run([str(deploy.HUSTINGS), 'unpublish', SLUG, '--reason', 'why not', '--by', officer, '--store', place.url], env=place.environment, capture_output=True, text=True)
        tally(f'--by {officer[:10]!r}: refused', done.returncode == 2 and ('--by' in done.stderr), done.stderr)
    for words in (('publish', EXAMPLE), ('publish', place.folder / 'none'), ('unpublish', 'none', '--reason', 'why not'), ('unpublish', SLUG), ('sign-in',),
                  ('sign-in', '--for', ''), ('sign-in', '--for', '\u00a0'), ('sign-in', '--for', '\u2800\u200b'), ('export', place.folder / 'taken')):
        place.run(*words, status=2)
    place.run('publish', EXAMPLE, '--check', officer=None)
    tally('what fails, and what only looks, leaves no leaf', watch.kinds() == (), watch.new())
    tally('and no export', not (place.folder / 'nameless').exists() and [p.name for p in (place.folder / 'taken').iterdir()] == ['file'])


# --- what they say


def slug_of(name):
    return re.sub(r'[^a-z0-9]+', '-', name.lower())


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_a_contest_from_its_leaves(tally, place):
    """From a copy of an example: published, published again (the same; a file changed, one new, one gone), taken out."""
    source = place.folder / 'contest'
    shutil.copytree(OTHER, source)
    conf = (source / 'contest.conf').read_text().replace(f'slug = {OTHER_SLUG}', 'slug = its-leaves')
    (source / 'contest.conf').write_text(conf)
    watch = Leaves(place)
    place.run('publish', source)
    first = watch.new()[-1]
    on_disk = {p.name: sha256_of(p) for p in source.iterdir()}
    named = {f['name']: f['sha256'] for f in first['files']}
    tally('published: every file by its digest', named.items() <= on_disk.items() and 'contest.conf' in named and 'papers.csv' in named, (named, on_disk))
    tally('published: the rules are among them, and in its words', any(name.endswith('.rules') and name in first['says'] for name in named), first)
    tally('published: who is elected, in its words', 'Bob Kiss is elected' in first['says'] and first['contest'] == 'its-leaves', first)
    kept = {f['name']: [path for path in place.paths(f['sha256']) if path] for f in first['files']}  # others may have had the same file, and be gone
    tally('published: the record knows where each is', kept == {name: [f'/contests/its-leaves/files/{slug_of(name)}'] for name in named}, kept)
    served = {name: place.browser().get(paths[0]).body for name, paths in kept.items()}
    tally('published: and there it is', {name: hashlib.sha256(body).hexdigest() for name, body in served.items()} == named, named)
    place.run('publish', source, '--replace')
    same = watch.new()[-1]
    tally('replaced by the same: an act, and it says so', same['act'] == 'contest.replaced' and 'Nothing changed in its files' in same['says'], same)
    (source / 'README.md').write_text('Changed.\n')
    (source / 'contest.conf').write_text(conf.replace('title = ', 'title = Again: ', 1))
    place.run('publish', source, '--replace')
    changed = watch.new()[-1]
    before = {f['name']: f['sha256'] for f in changed['data']['before']['files']}
    tally('replaced by others: which files', set(changed['data'].get('changed', [])) == {'README.md', 'contest.conf'} - (set() if 'README.md' in named else {'README.md'}), changed)
    tally('replaced by others: the digests of before', before == named, (before, named))
    tally('replaced: what it was called before and is now', changed['data']['before']['title'] != changed['data']['title'] and 'Every figure of the count is as before' in changed['says'],
          changed)
    place.run('unpublish', 'its-leaves', '--reason', 'the wrong year')
    out = watch.new()[-1]
    tally('taken out: why, and every file that was there', out['reason'] == 'the wrong year' and {f['name']: f['sha256'] for f in out['files']}.items() <= {f['name']: f['sha256'] for f in changed['files']}.items(), out)
    gone = [place.paths(f['sha256']) for f in out['files']]
    tally('taken out: the files are gone, and the record knows that they were there', gone == [['']] * len(out['files']), gone)
    tally('each kind once in its order', watch.kinds() == ('contest.published', 'contest.replaced', 'contest.replaced', 'contest.withdrawn'), watch.kinds())


def check_roles_from_their_leaves(tally, place):
    watch = Leaves(place)
    browser = place.steward('Nia Aye')
    offered, given = watch.new()
    number = watch.before + 1
    tally('offered: for whom, until when, by whom', 'Nia Aye' in offered['says'] and offered['by'] == {'name': OPERATOR, 'role': 'operator'} and offered['until'] > offered['at'], offered)
    tally('given: with which link', given['data']['offer'] == watch.before and OPERATOR in given['says'] and given['until'] > given['at'], given)
    form = browser.get('/steward')
    tally('the page says who is signed in', 'Nia Aye' in form.words, form.words)
    send(browser, '/sign-out', body_of(form, '/sign-out'))
    ended = watch.new()[-1]
    tally('ended: which power', ended['power'] == number and ended['by']['name'] == 'Nia Aye' and 'Nia Aye' in ended['says'], ended)
    path = place.link('Olu <b>Nay</b>')
    page = place.browser().get(path)
    tally('the page of a link says whose name will stand in public for ever', 'Olu <b>Nay</b>' in page.words and 'for ever' in page.words and '<b>Nay' not in page.text, page.words)
    browser = place.steward('Nia Aye')
    again = place.link('Olu Nay')
    watch = Leaves(place)
    send(browser, again, body_of(browser.get(again), again))
    tally('signing in anew ends the role before', watch.kinds() == ('role.ended', 'role.given') and [leaf['by']['name'] for leaf in watch.new()] == ['Nia Aye', 'Olu Nay'], watch.new())
    holders = place.values('SELECT holder FROM record_power')
    tally('and the new one is in force', 'Olu Nay' in holders and 'Nia Aye' not in holders, holders)


# --- by itself


@contextlib.contextmanager
def several(place):
    """As many servers at once as the engine takes."""
    with contextlib.ExitStack() as stack:
        for _ in range(1 if place.engine == 'SQLite' else 3):
            stack.enter_context(place.serving())
        yield


def alone_ends(tally, place):
    """What is over when servers start: housekeeping comes a second after, in each of them."""
    with place.serving():
        place.run('sign-in', '--for', 'Never Came')
        for name in ('Long Here', 'Not Seen', 'From Before'):
            place.steward(name)
    watch = Leaves(place)
    place.sql("UPDATE session SET ends = 1 WHERE name = 'Long Here'; UPDATE session SET seen = 1 WHERE name = 'Not Seen'; UPDATE entry SET ends = 1;"
              "UPDATE session SET name = '', power = -1 WHERE name = 'From Before'")  # as from a version without a record
    with several(place):
        held = wait_for(lambda: place.values('SELECT count(*) FROM session') == ['0'] and place.values('SELECT count(*) FROM entry') == ['0'])
    reasons = sorted((leaf['act'], leaf.get('reason', '')) for leaf in watch.new())
    tally('a role whose time was over, one that nobody used and a link that nobody used: a leaf each, once', held and
          [kind for kind, _ in reasons] == ['role.ended', 'role.ended', 'role.offer_ended'], reasons)
    tally('with their reasons', any('its time was over' in r for _, r in reasons) and any('not used for 120 minutes' in r for _, r in reasons), reasons)
    tally('by the program', all(leaf['by'] == {'name': 'hustings', 'role': 'program'} for leaf in watch.new()), watch.new())
    tally('each says which power or offer it was', all('power' in leaf for leaf in watch.new()), watch.new())


def alone_enters(tally, place):
    """Contests from before there was a record, and several servers that start at once."""
    for example in (EXAMPLE, OTHER):
        place.run('publish', example)
    place.sql('UPDATE contest SET leaf = -1; DELETE FROM record_leaf; DELETE FROM record_file; UPDATE record_head SET size = 0')
    with several(place):
        entered = "SELECT count(*) FROM record_leaf WHERE kind = 'contest.entered'"
        held = wait_for(lambda: place.values(entered) == ['2'] and place.values('SELECT count(*) FROM contest WHERE leaf < 0') == ['0'])
        tally('servers start at once: each contest is entered, once', held, place.values(entered))
    with place.serving():
        tally('and not again at the next start', wait_for(lambda: place.values(entered) == ['2']), place.values(entered))
        leaves = [leaf for leaf in (place.leaf(n) for n in range(place.size())) if leaf['act'] == 'contest.entered']
        names = {leaf['contest']: {f['name']: f['sha256'] for f in leaf['files']} for leaf in leaves}
        held = all(names[slug]['contest.conf'] == sha256_of(example / 'contest.conf') for slug, example in ((SLUG, EXAMPLE), (OTHER_SLUG, OTHER)))
        tally('with its files, by the program', held and all(leaf['by']['role'] == 'program' for leaf in leaves), leaves)


def alone_recovers(tally, place):
    """A store that was set back to a moment before two of its acts."""
    with place.serving():
        size = place.size()
        for name in ('Gone Soon', 'Gone Too'):
            place.run('sign-in', '--for', name)
        sealed = wait_for(lambda: place.values('SELECT max(size) FROM record_checkpoint') == [str(size + 2)])
        address = f'http://{place.site.hostname}:{place.site.port}'
        place_free_run('record', 'copy', address, str(place.folder / 'copy'))
    place.sql(f'DELETE FROM record_leaf WHERE number >= {size}; DELETE FROM record_checkpoint WHERE size > {size}; UPDATE record_head SET size = {size}')
    watch, command = Leaves(place), 'record recover'
    refused = place.run(*command.split(), place.folder / 'copy', '--reason', 'the disk failed', status=2, officer=None)
    tally(f'{command} by nobody: refused, and no leaf', '--by NAME' in refused and watch.kinds() == (), refused)
    place.run(*command.split(), place.folder / 'copy', '--dry-run')
    tally(f'{command} --dry-run: no leaf', watch.kinds() == (), watch.new())
    place.run(*command.split(), place.folder / 'copy', '--reason', 'the disk failed')
    told = watch.new()
    tally(f'{command}: what was lost, and that it was', sealed and watch.kinds() == COMMANDS[command][RECOVERING], told)
    tally(f'{command}: by whom, why, and which', told[-1]['by'] == {'name': OPERATOR, 'role': 'operator'} and told[-1]['reason'] == 'the disk failed'
          and f'leaves {size} to {size + 1}' in told[-1]['says'], told[-1])
    place.run(*command.split(), place.folder / 'copy', '--reason', 'once more')
    tally(f'{command} once more: nothing', watch.kinds() == COMMANDS[command][RECOVERING], watch.new())


def try_engine(tally, url, words):
    def wanted(function):
        return not words or any(w in function.__name__ for w in words)

    checks = [value for name, value in globals().items() if name.startswith('check_') and wanted(value)]
    alone = [value for name, value in globals().items() if name.startswith('alone_') and wanted(value)]
    for function in alone:
        with fresh(url) as place:
            tally.run(labelled(function, place), place)
    if not checks:
        return
    with fresh(url) as place, place.serving():
        for function in checks:
            tally.run(labelled(function, place), place)


def labelled(function, place):
    """What is told says on which engine."""
    @functools.wraps(function)
    def on_engine(tally, *arguments):
        function(lambda what, held, seen='': tally(f'{place.engine}: {what}', held, seen), *arguments)
    return on_engine


@contextlib.contextmanager
def fresh(url):
    with tempfile.TemporaryDirectory(prefix='hustings-acts-') as folder:
        place = Place(pathlib.Path(folder), url)
        if url:
            place.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
        yield place


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    options.add_argument('words', nargs='*', metavar='WORD')
    o = options.parse_args()
    deploy.HUSTINGS = o.hustings.resolve()
    tally = Tally('record acts')
    for url in (None, os.environ.get('HUSTINGS_TEST_POSTGRES')):
        if url is not None or not tally.passed + tally.failed:
            try_engine(tally, url, o.words)
    tally.end()


if __name__ == '__main__':
    main()
