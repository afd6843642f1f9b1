#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""signin.py [--hustings PATH] [WORD...]: persons sign in by letter, code and password, and do with their data what is theirs to do; from outside, with a real
server and a real (if small) mail server (sink.py).

SQLite, and PostgreSQL too when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run). Last line: "sign in: N passed, N failed".
"""
import argparse
import base64
import contextlib
import datetime
import functools
import hashlib
import html
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('deploy', 'security', 'people')]
import deploy
import walk
from deploy import Tally, ask, wait_for
from sink import Sink, certificate

BASE = 'https://vote.example.org'
BARE = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count'}
ANN, BEA, CIS, DEE, SEC, FAR = 'ann@example.org', 'bea@example.org', 'both@example.org', 'dee@example.org', 'sec@example.org', 'far@example.org'
PASSWORD = 'correct horse battery'
WRONG = 'not that one at all'


def identity(word):
    return base64.urlsafe_b64encode(hashlib.sha256(word.encode()).digest()[:16]).rstrip(b'=').decode()


class Store:
    """Rows put in and read from beside the server."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url or str(folder / 'hustings.db')
        self.is_pg = bool(url)

    def run(self, text):
        if self.is_pg:
            done = subprocess.run(['psql', '-X', '-q', '-A', '-t', '-F', '\x1f', '-v', 'ON_ERROR_STOP=1', '-c', text, self.url], capture_output=True, text=True, timeout=60)
            if done.returncode:
                raise RuntimeError(done.stderr)
            return [tuple(line.split('\x1f')) for line in done.stdout.splitlines() if line]
        with contextlib.closing(sqlite3.connect(self.url, timeout=30)) as db:
            rows = [tuple(str(v) for v in row) for row in db.execute(text).fetchall()]
            db.commit()
            return rows

    @functools.cache
    def columns(self, table):
        if self.is_pg:
            return [(n, k.upper()) for n, k in self.run(f"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position")]
        return [(row[1], row[2]) for row in self.run(f'PRAGMA table_info({table})')]

    def tables(self):
        if self.is_pg:
            return [row[0] for row in self.run("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")]
        return [row[0] for row in self.run("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]

    def add(self, table, **values):
        """What is not said is empty, or nought."""
        row = [values.get(name, 0 if kind == 'BIGINT' else '') for name, kind in self.columns(table)]
        assert not values.keys() - {name for name, _ in self.columns(table)}, values
        quoted = [str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'" for v in row]
        self.run(f'INSERT INTO {table} VALUES ({", ".join(quoted)})')

    def holding(self, words):
        """Tables in which these words stand anywhere."""
        pairs = [(table, name) for table in self.tables() for name, kind in self.columns(table) if kind == 'TEXT']
        looks = [f"SELECT '{table}.{name}' WHERE EXISTS (SELECT 1 FROM {table} WHERE {name} LIKE '%{words}%')" for table, name in pairs]
        return [row[0] for i in range(0, len(looks), 100) for row in self.run(' UNION ALL '.join(looks[i:i + 100]))]


def command(folder, store, *arguments):
    done = subprocess.run([str(deploy.HUSTINGS), *arguments, '--store', store.url], cwd=folder, env=BARE, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f'{arguments}: {done.stderr}')
    return done.stdout


def people(folder, store):
    now = int(time.time() * 1000)
    for slug in ('leeds', 'york'):
        command(folder, store, 'people', 'units', '--add', slug, '--name', slug.title(), '--kind', 'branch')
    rows = [('Ann', 'Alder', ANN, 'leeds'), ('Bea', 'Birch', BEA, 'leeds'), ('Cis', 'Cedar', CIS, 'leeds'), ('Cora', 'Cedar', CIS, 'leeds'), ('Dee', 'Dogwood', DEE, 'leeds'),
            ('Sue', 'Sorb', SEC, 'leeds'), ('Fay', 'Fir', FAR, 'york')]
    for number, (given, family, address, unit) in enumerate(rows, 1):
        store.add('person', id=identity(given), number=number, version=1, given_name=given, family_name=family, email=address, email_key=address, country='GB',
                  name_key=f'{family} {given}'.lower(), postcode='LS1 1AA', added=now, changed=now)
        store.add('membership', unit=unit, person=identity(given), id=identity(given + ' m'), status='active', status_since='2020-01-02', history='active 2020-01-02',
                  joined='2020-01-02', section='members', payer='P-17', added=now)
    in_half_a_year = str(datetime.date.today() + datetime.timedelta(days=180))
    for address, name, unit in ((SEC, 'Sue Sorb', 'leeds'), (FAR, 'Fay Fir', 'york')):
        command(folder, store, 'people', 'role', '--give', 'secretary', '--unit', unit, '--to', address, '--name', name, '--until', in_half_a_year)


class Browser(walk.Browser):
    def ask(self, path, method='GET', body=None, headers=None):
        answer = super().ask(path, method, body, {'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', **(headers or {})})
        answer.text = answer.body.decode()
        answer.location = answer.headers.get('Location', '')
        return answer

    def post(self, path, fields=None, page=None, headers=None):
        """The form of `page` (the path's own), filled in."""
        form = self.ask(page or path)
        token, key = re.search(r'name="_csrf" value="([^"]+)"', form.text), re.search(r'name="_key" value="([^"]+)"', form.text)
        hidden = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="([a-z]\w*)" value="([^"]*)"', form.text)}
        body = {'_csrf': token[1] if token else '', '_key': key[1] if key else '', **hidden, **(fields or {})}
        return self.ask(path, 'POST', urllib.parse.urlencode(body, doseq=True), {'Content-Type': 'application/x-www-form-urlencoded', **(headers or {})})


class Log(list):
    """What a server said, and who it is."""


class Place:
    """A server, its store and its mail."""

    def __init__(self, tally, folder, store, sink, url, log):
        self.tally, self.folder, self.store, self.sink, self.url, self.log = tally, folder, store, sink, url, log

    def browser(self):
        return Browser(self.url)

    def steward(self):
        done = subprocess.run([str(deploy.HUSTINGS), 'sign-in', '--for', 'Ada Poll', '--store', self.store.url], cwd=self.folder, timeout=60, capture_output=True, text=True, check=True,
                              env={**BARE, 'HUSTINGS_RECORD_KEY': str(self.folder / 'record-key')})
        browser = self.browser()
        browser.post(urllib.parse.urlsplit(done.stdout.strip().split()[-1]).path)
        return browser

    def letter_to(self, address, browser=None, next=None):
        """Ask for one, and wait for it: (browser, letter)."""
        browser, before = browser or self.browser(), len(self.sink.about('Sign in'))
        self.store.run('DELETE FROM sign_in_pause')
        answer = browser.post('/sign-in', {'email': address}, page='/sign-in' + (f'?next={urllib.parse.quote(next)}' if next else ''))
        assert answer.status == 303, answer
        letters = self.sink.wait(before + 1)
        assert len(letters) == before + 1, self.log[-5:]
        return browser, letters[-1]

    def in_as(self, address, next=None):
        browser, letter = self.letter_to(address, next=next)
        answer = browser.post(link(letter))
        assert answer.status == 303, answer
        browser.landed = answer.location
        return browser


def link(letter, nth=0, kind='sign-in/letter'):
    return re.findall(rf'^{BASE}(/{kind}/[\w-]+)$', letter.text, re.M)[nth]


def code(letter, nth=0):
    return re.findall(r'asked for it: (\d{4} \d{4})$', letter.text, re.M)[nth]


# --- letters


def check_a_letter(p):
    browser, letter = p.letter_to(ANN.upper())
    m = letter.message
    p.tally('it is to her', letter.to == [f'TO:<{ANN.upper()}>'] and m['To'] == ANN.upper(), letter.raw)
    p.tally('its headers', m['From'] == 'Hustings <office@example.org>' and m['Subject'] == 'Sign in at Hustings' and m['Auto-Submitted'] == 'auto-generated'
            and m['Message-ID'].endswith('@example.org>') and m['Date'], letter.raw)
    p.tally('it begins links with the address that is set', link(letter) and letter.text.count('http') == 1, letter.text)
    p.tally('lines of a letter are short and ASCII', all(len(line) <= 78 and max(line, default=0) < 128 for line in letter.raw.split(b'\r\n')), letter.raw)
    waiting = p.store.run("SELECT count(*) FROM mail WHERE state = 'waiting' OR words <> '' OR recipient <> ''")
    p.tally('once sent its words and its address are forgotten', wait_for(lambda: not p.store.run("SELECT id FROM mail WHERE words <> '' OR recipient <> ''")), waiting)
    p.tally('as is what was typed', not p.store.run("SELECT id FROM sign_in WHERE email <> ''"))
    shown = p.browser().ask(link(letter))
    p.tally('a look at the link shows for whom it is', shown.status == 200 and 'Ann Alder' in shown.text, shown)
    other = p.browser()
    used = other.post(link(letter))
    p.tally('it lets in any browser', used.status == 303 and used.location == '/me' and 'Ann Alder' in other.ask('/me').text, used)
    p.tally('once', p.browser().ask(link(letter)).status == 404)
    late = browser.post('/sign-in/code', {'code': code(letter)})
    p.tally('and the code beside it is gone with it', late.location == '/sign-in/code?wrong=yes', late)


def check_a_host_that_somebody_made_up(p):
    browser = p.browser()
    form = browser.ask('/sign-in')
    token, key = re.search(r'name="_csrf" value="([^"]+)"', form.text)[1], re.search(r'name="_key" value="([^"]+)"', form.text)[1]
    before = len(p.sink.about('Sign in'))
    browser.ask('/sign-in', 'POST', urllib.parse.urlencode({'_csrf': token, '_key': key, 'email': BEA}),
                {'Content-Type': 'application/x-www-form-urlencoded', 'Host': 'evil.example', 'X-Forwarded-Host': 'evil.example'})
    letters = p.sink.wait(before + 1)
    p.tally('is in no letter', len(letters) == before + 1 and 'evil' not in letters[-1].text and link(letters[-1]), letters[-1].text)


def check_a_code(p):
    browser, letter = p.letter_to(ANN)
    right = code(letter)
    elsewhere = p.browser().post('/sign-in/code', {'code': right})
    p.tally('is worth nothing in another browser', elsewhere.location == '/sign-in/code?wrong=yes', elsewhere)
    wrong = browser.post('/sign-in/code', {'code': '0000 0000' if right != '0000 0000' else '1111 1111'})
    page = browser.ask(wrong.location)
    p.tally('a wrong one is told', wrong.status == 303 and 'There is a problem' in page.text and 'is not the code' in page.text, page)
    used = browser.post('/sign-in/code', {'code': right.replace(' ', '-')})
    p.tally('the right one lets in', used.location == '/me' and browser.ask('/me').status == 200, used)
    again = p.letter_to(ANN, p.browser())
    for _ in range(5):
        again[0].post('/sign-in/code', {'code': '12345678' if code(again[1]) != '1234 5678' else '87654321'})
    late = again[0].post('/sign-in/code', {'code': code(again[1])})
    p.tally('after five wrong ones the right one is none', late.location == '/sign-in/code?wrong=yes', late)
    p.tally('and the link is', p.browser().post(link(again[1])).location == '/me')


def check_who_is_on_the_list_is_not_told(p):
    seen = []
    for address in (BEA, 'nobody@example.org'):
        answer = p.browser().post('/sign-in', {'email': address})
        names = [n for n, v in answer.headers.items() if n not in ('Date',)]
        seen.append((answer.status, answer.location, answer.body, names))
    p.tally('the same answer', seen[0] == seen[1] and seen[0][1] == '/sign-in/code', seen)
    p.tally('and what was asked is looked at', wait_for(lambda: not p.store.run("SELECT id FROM sign_in WHERE email <> ''")))
    p.tally('but no letter', not [l for l in p.sink.wait(0) if 'nobody' in str(l.to)])
    p.store.run('DELETE FROM sign_in_pause')
    told = [p.browser().post('/sign-in/password', {'email': address, 'password': WRONG}) for address in (BEA, 'nobody@example.org')]
    p.tally('nor by a password', told[0].location == told[1].location == '/sign-in/password?wrong=yes', [str(t) for t in told])


def check_addresses_that_are_none(p):
    before = len(p.sink.about('Sign in'))
    for typed in ('ann', 'ann@example.org, bea@example.org', 'ann@example.org>', '"a b"@example.org', 'ann@example..org', 'ann@-example.org', 'ann@example.org\r\nBcc: x@y.z', '<ann@example.org>'):
        answer = p.browser().post('/sign-in', {'email': typed})
        p.tally(f'{typed!r}: refused', answer.status == 422, answer)
    p.tally('and nothing is sent', len(p.sink.wait(before)) == before)


def check_two_with_one_address(p):
    browser, letter = p.letter_to(CIS)
    p.tally('each has a part under her name', letter.text.index('For Cis Cedar') < letter.text.index('For Cora Cedar') and code(letter, 0) != code(letter, 1), letter.text)
    browser.post('/sign-in/code', {'code': code(letter, 1)})
    p.tally('the second code is the second one', 'Cora Cedar' in browser.ask('/me').text)
    other = p.browser()
    other.post(link(letter, 0))
    p.tally('and the first link still the first one', 'Cis Cedar' in other.ask('/me').text)


def check_going_on(p):
    browser = p.browser()
    sent = browser.ask('/me/sessions')
    p.tally('a visitor is sent to sign in', sent.status == 303 and sent.location == '/sign-in?next=/me/sessions', sent)
    p.tally('and from there back', p.in_as(ANN, '/me/sessions').landed == '/me/sessions')
    for bad in ('//evil.example/', 'https://evil.example/', '/\\evil.example', '/%09/evil.example', 'javascript:alert(1)'):
        landed = p.in_as(ANN, bad).landed
        p.tally(f'{bad}: never elsewhere', landed == '/me' or (landed.startswith('/%') and not landed.startswith('//')), landed)


def check_many_letters(p):
    p.store.run('DELETE FROM sign_in_pause')
    before = len(p.sink.about('Sign in'))
    for _ in range(9):
        p.browser().post('/sign-in', {'email': DEE})
    p.tally('all are looked at', wait_for(lambda: not p.store.run("SELECT id FROM sign_in WHERE email <> ''")))
    wait_for(lambda: not p.store.run("SELECT id FROM mail WHERE state = 'waiting'"))
    letters = [l for l in p.sink.wait(before) if DEE in l.to[0]]
    p.tally('of nine letters asked for in a row four go', len(letters) == 4, len(letters))
    p.tally('and the last lets her in', p.browser().post(link(letters[-1])).location == '/me')
    longest = max(int(row[0]) for row in p.store.run('SELECT until FROM sign_in_pause')) - time.time() * 1000
    p.tally('no pause is longer than a quarter of an hour', longest <= 15 * 60 * 1000, longest)


# --- passwords


def check_passwords(p):
    browser = p.in_as(ANN)
    other = p.in_as(ANN)
    short = browser.post('/me/password', {'password': 'short', 'again': 'short'})
    p.tally('a short one is refused', short.status == 422 and 'value="short"' not in short.text, short)
    unlike = browser.post('/me/password', {'password': PASSWORD, 'again': PASSWORD + 'x'})
    p.tally('two that differ are refused', unlike.status == 422 and PASSWORD not in unlike.text, unlike)
    done = browser.post('/me/password', {'password': PASSWORD, 'again': PASSWORD})
    p.tally('one is set', done.location == '/me', done)
    p.tally('who else was signed in is not any more', other.ask('/me').status == 303 and browser.ask('/me').status == 200)
    p.tally('she is told by a letter, in case it was not she', len(p.sink.wait(1, subject='password', to=ANN)) == 1)
    held = p.store.run('SELECT password FROM account')[0][0]
    p.tally('argon2id is kept of it, and nothing else', held.startswith('$argon2id$v=19$m=65536,t=2,p=1$') and not p.store.holding(PASSWORD), held)
    p.store.run('DELETE FROM sign_in_pause')
    fresh = p.browser()
    p.tally('it lets in', fresh.post('/sign-in/password', {'email': ANN.title(), 'password': PASSWORD, 'keep': 'yes'}).location == '/me' and fresh.ask('/me').status == 200)
    for _ in range(5):
        p.browser().post('/sign-in/password', {'email': ANN, 'password': WRONG})
    paused = p.browser().post('/sign-in/password', {'email': ANN, 'password': PASSWORD})
    p.tally('after five wrong ones there is a pause', paused.location == '/sign-in/password?soon=yes' and p.browser().ask('/me').status == 303, paused)
    told = p.browser().ask(paused.location)
    p.tally('which is told, with the way in', 'A letter lets you in at once' in told.text, told)
    p.tally('a letter lets her in meanwhile', p.in_as(ANN).landed == '/me')
    p.store.run('DELETE FROM sign_in_pause')
    p.tally('and it ends', p.browser().post('/sign-in/password', {'email': ANN, 'password': PASSWORD}).location == '/me')
    going = browser.post('/me/password/remove', page='/me/password')
    gone = p.browser().post('/sign-in/password', {'email': ANN, 'password': PASSWORD})
    p.tally('one that is taken away lets nobody in', going.location == '/me' and gone.location == '/sign-in/password?wrong=yes', gone)


def check_passwords_and_next(p):
    browser = p.in_as(BEA)
    browser.post('/me/password', {'password': PASSWORD, 'again': PASSWORD})
    for asked, right in (('/units?x=1&y=2', '/units?x=1&y=2'), ('//evil.example', '/me')):
        fresh = p.browser()
        p.store.run('DELETE FROM sign_in_pause')
        back = fresh.post('/sign-in/password', {'email': BEA, 'password': WRONG}, page='/sign-in/password?next=' + urllib.parse.quote(asked, safe=''))
        form = fresh.ask(back.location)
        sent = re.search(r'name="next" value="([^"]*)"', form.text)[1]
        sent = html.unescape(sent)
        done = fresh.post('/sign-in/password', {'email': BEA, 'password': PASSWORD, 'next': sent}, page=back.location)
        p.tally(f'{asked}: leads to {right}, also after a mistake', done.location == right, (back.location, sent, str(done)))


# --- sessions


def check_sessions(p):
    here, there, third = p.in_as(BEA), p.in_as(BEA), p.in_as(BEA)
    page = here.ask('/me/sessions')
    ids = re.findall(r'/me/sessions/([\w-]{22})/end', page.text)
    p.tally('all are shown, with what they were begun with', page.text.count('Firefox on Linux') >= 3 and '(this one)' in page.text and len(ids) >= 2, page)
    stranger = p.in_as(ANN)
    p.tally('those of others cannot be ended', stranger.post(f'/me/sessions/{ids[0]}/end', page='/me/sessions').status == 404)
    here.post(f'/me/sessions/{ids[0]}/end', page='/me/sessions')
    still = [b.ask('/me').status for b in (there, third)]
    p.tally('one is ended', sorted(still) == [200, 303], still)
    here.post('/me/sign-out/elsewhere', page='/me/sessions')
    p.tally('then all others', [b.ask('/me').status for b in (here, there, third)] == [200, 303, 303])
    here.ask('/me')
    copied = dict(here.cookies)
    here.post('/me/sign-out', page='/me')
    here.cookies = dict(copied)
    p.tally('whoever copied the cookie of one that ended has nothing', here.ask('/me').status == 303)
    p.tally('the store has no token of any', not p.store.holding(copied['hustings'][2:30]))


# --- what is held


def check_what_is_held(p):
    browser = p.in_as(DEE)
    page = browser.ask('/me')
    p.tally('all of it is shown, with who sees it', all(w in page.text for w in ('Dogwood', 'LS1 1AA', 'P-17', 'your secretary', 'organisers who find you', 'Leeds')), page)
    got = browser.ask('/me/download')
    held = json.loads(got.body)
    p.tally('and comes as a file', 'attachment' in got.headers['Content-Disposition'] and held['name'] == 'Dee Dogwood' and held['memberships'][0]['unit'] == 'leeds'
            and any(h['column'] == 'payer' and h['value'] == 'P-17' for h in held['memberships'][0]['held']), held)
    bad = browser.post('/me/change', {'given_name': 'Dee', 'family_name': '', 'phone': '12', 'postcode': 'nonsense', 'country': 'GB'})
    p.tally('what cannot be is told beside it', bad.status == 422 and 'field-phone-error' in bad.text and 'field-postcode-error' in bad.text, bad)
    done = browser.post('/me/change', {'given_name': 'Dée', 'family_name': 'Dogwood', 'phone': '020 7946 0123', 'postcode': 'ls2 2bb', 'country': 'GB', 'consent': ['phone', 'email']})
    after = browser.ask('/me')
    p.tally('what is hers she changes', done.location == '/me' and all(w in after.text for w in ('Dée', '020 7946 0123', 'LS2 2BB', 'phone email')), after)
    p.tally('and sees that she did', 'by yourself' in after.text and 'LS1 1AA' in after.text, after)
    since = [h['value'] for h in json.loads(browser.ask('/me/download').body)['held'] if h['column'] == 'consent_since']
    p.tally('a consent has its day', since and re.fullmatch(r'\d{4}-\d\d-\d\d', since[0]), since)
    stale = browser.ask('/me/change')
    version = re.search(r'name="version" value="(\d+)"', stale.text)[1]
    late = browser.post('/me/change', {'given_name': 'X', 'version': str(int(version) - 1)})
    p.tally('what somebody changed meanwhile is not written over', late.status == 409, late)


def check_asking_the_secretary(p):
    member, secretary, elsewhere = p.in_as(ANN), p.in_as(SEC), p.in_as(FAR)
    member.post('/me/ask', {'words': 'I joined in 2019 <b>not</b> 2020.'})
    listed = secretary.ask('/units/leeds/requests')
    path = re.search(r'action="(/units/leeds/requests/[\w-]{22})"', listed.text)
    p.tally('the secretary sees it', path and 'Ann Alder' in listed.text and '&lt;b&gt;' in listed.text, listed)
    p.tally('one of another unit does not', elsewhere.ask('/units/leeds/requests').status == 403 and 'Ann' not in elsewhere.ask('/units/york/requests').text)
    moved = elsewhere.post(path[1].replace('leeds', 'york'), {'answer': 'mine now'}, page='/units/york/requests')
    p.tally('nor can she answer it', moved.status in (403, 404) and not p.store.run('SELECT id FROM person_request WHERE answered > 0'), moved)
    done = secretary.post(path[1], {'answer': 'Put right.'}, page='/units/leeds/requests')
    page = member.ask('/me/ask')
    p.tally('her answer is on the member\'s page, with her name', done.status == 303 and 'Put right.' in page.text and 'Sue Sorb' in page.text, page)


def check_a_new_address(p):
    browser, other = p.in_as(BEA), p.in_as(BEA)
    _, old_letter = p.letter_to(BEA)
    asked = browser.post('/me/e-mail', {'email': 'bea.new@example.org'})
    letter = p.sink.wait(1, subject='Confirm', to='bea.new')[-1]
    path = link(letter, kind='me/e-mail')
    p.tally('a letter goes to the new one', asked.location == '/me' and 'bea.new' in letter.to[0], letter.text)
    stranger = p.in_as(ANN)
    p.tally('which is worth nothing to another person', stranger.ask(path).status == 404)
    p.tally('until then nothing is changed', 'bea.new' not in browser.ask('/me').text)
    done = browser.post(path)
    p.tally('then it is', done.location == '/me' and 'bea.new@example.org' in browser.ask('/me').text, done)
    p.tally('who else was signed in is not any more', other.ask('/me').status == 303)
    p.tally('links that lie in the old box are worth nothing', p.browser().ask(link(old_letter)).status == 404)
    p.tally('and the old one is told', len(p.sink.wait(1, subject='changed', to=BEA)) == 1)
    p.tally('the new one lets her in', p.in_as('bea.new@example.org').landed == '/me')


def check_erasing(p):
    officer = p.in_as(SEC)
    held = officer.post('/me/erase', {'word': 'erase'})
    p.tally('whoever holds a role must end it first', held.status == 409 and officer.ask('/me').status == 200, held)
    browser, other = p.in_as(DEE), p.in_as(DEE)
    _, letter = p.letter_to(DEE)
    other.post('/me/password', {'password': PASSWORD, 'again': PASSWORD})
    browser = p.in_as(DEE)
    browser.post('/me/ask', {'words': 'Dee Dogwood asks.'})
    p.tally('it must be meant', browser.post('/me/erase', {'word': 'erased'}).status == 422 and browser.ask('/me').status == 200)
    done = browser.post('/me/erase', {'word': 'Erase'})
    p.tally('then she is gone', done.location == '/' and browser.ask('/me').status == 303 and other.ask('/me').status == 303, done)
    p.tally('her links are worth nothing', p.browser().ask(link(letter)).status == 404)
    wait_for(lambda: not p.store.run("SELECT id FROM mail WHERE state = 'waiting'"))
    p.tally('nothing of hers is in any table', not p.store.holding('ogwood') and not p.store.holding(DEE) and not p.store.holding('+442079460123'),
            p.store.holding('ogwood') + p.store.holding(DEE))
    kept = [t for t in p.store.holding(identity('Dee')) if not t.startswith('person_gone')]
    p.tally('nor her id, but that there was one', not kept, kept)


# --- mail servers as they are


def due_now(p):
    p.store.run('UPDATE mail SET due = 0')


def check_bad_mail_servers(p):
    for mode, state in (('later', 'waiting'), ('drop', 'waiting'), ('not from you', 'waiting')):
        p.sink.mode = mode
        browser, before = p.browser(), len(p.sink.about('Sign in'))
        p.store.run('DELETE FROM sign_in_pause')
        browser.post('/sign-in', {'email': ANN})
        p.tally(f'{mode}: it waits, and is tried again', wait_for(lambda: p.store.run(f"SELECT id FROM mail WHERE state = '{state}' AND tries > 0")), p.store.run('SELECT state, tries, trouble FROM mail'))
        if mode == 'not from you':
            kept = p.store.run("SELECT state, trouble FROM mail WHERE state = 'waiting' AND words <> '' AND recipient <> ''")
            p.tally('a refused sender is the setting\'s fault: the letter keeps its words', kept and '553' in str(kept), kept)
            p.tally('the log names the setting', wait_for(lambda: any('refused=mail.from' in line for line in p.log)), p.log[-5:])
            page = p.steward().ask('/steward').text
            p.tally('the steward is told', 'mail.from' in page and '553' in page, page[:2000])
        p.sink.mode = ''
        due_now(p)
        p.tally(f'{mode}: then it goes', len(p.sink.wait(before + 1)) == before + 1)
        if mode == 'not from you':
            p.tally('and the steward is told no more', wait_for(lambda: 'mail.from' not in p.steward().ask('/steward').text))
        wait_for(lambda: not p.store.run("SELECT id FROM mail WHERE state = 'waiting'"))
    for mode in ('never', 'refuse words'):
        p.sink.mode = mode
        p.store.run('DELETE FROM sign_in_pause')
        p.store.run("DELETE FROM mail")
        p.browser().post('/sign-in', {'email': ANN})
        gone = lambda: p.store.run("SELECT trouble FROM mail WHERE state = 'given-up' AND words = '' AND recipient = ''")
        p.tally(f'{mode}: given up, and forgotten', wait_for(gone), p.store.run('SELECT state, tries, trouble FROM mail'))
        p.sink.mode = ''
    figures = ask(p.url + '/metrics').body.decode()
    p.tally('figures of it', re.search(r'^hustings_mail_total\{became="sent"\} [1-9]', figures, re.M) and re.search(r'became="given_up"\} 2$', figures, re.M), figures[-600:])


def memory_of(pid):
    """All that a process may write to, piece by piece."""
    with open(f'/proc/{pid}/maps') as maps, open(f'/proc/{pid}/mem', 'rb', 0) as memory:
        for line in maps:
            span, kind, *_ = line.split()
            begin, end = (int(part, 16) for part in span.split('-'))
            if kind.startswith('rw') and '[v' not in line:
                with contextlib.suppress(OSError):
                    memory.seek(begin)
                    yield memory.read(end - begin)


def check_a_password_leaves_memory(p):
    typed = f'typed-{os.urandom(6).hex()}'
    browser = p.browser()
    answer = browser.post('/sign-in/password', {'email': ANN, 'password': typed})
    p.tally('a wrong password is refused', answer.status == 303, answer)
    for _ in range(30):  # the connection and its buffers are used by others
        p.browser().ask('/healthz')
    found = lambda: sum(piece.count(typed.encode()) for piece in memory_of(p.log.pid))
    p.tally('and is nowhere in the memory of the server afterwards', wait_for(lambda: found() == 0), found())


def check_the_log(p):
    told = [line for line in p.log if re.search(r'@|example\.org|Alder|Dogwood|/letter/[\w-]{22}|[?&]next=', line)]
    p.tally('has no names, addresses or links', p.log and not told, told[:5])


def check_nothing_of_it_is_a_leaf(p):
    leaves = p.store.run('SELECT count(*) FROM record_leaf')
    p.in_as(ANN)
    p.tally('signing in leaves no leaf', p.store.run('SELECT count(*) FROM record_leaf') == leaves)


# --- other servers


@contextlib.contextmanager
def served(folder, store, environment):
    with deploy.server(folder, '--store', store.url, environment={'HUSTINGS_LIMITS_RATES': '0', **environment}) as (process, url):
        log = Log()
        log.pid = process.pid
        thread = threading.Thread(target=lambda: log.extend(line.decode() for line in process.stderr), daemon=True)
        thread.start()
        yield url, log


def mail_settings(sink, **more):
    return {'HUSTINGS_MAIL_SMTP': f'smtp://127.0.0.1:{sink.port}', 'HUSTINGS_MAIL_FROM': 'office@example.org', 'HUSTINGS_SERVER_BASE': BASE,
            'HUSTINGS_RECORD_KEY': 'record-key', **more}


def alone_without_mail(tally, folder, store):
    with served(folder, store, {'HUSTINGS_RECORD_KEY': 'record-key'}) as (url, _):
        page = Browser(url).ask('/sign-in')
        tally('without mail the page says so', 'No letters are sent from here' in page.text and '<form' not in page.text, page)
        tally('and there is no outbox', ask(url + '/outbox').status == 404)


def alone_outbox(tally, folder, store):
    store.run('DELETE FROM sign_in_pause')
    with served(folder, store, {'HUSTINGS_MAIL_SMTP': 'outbox', 'HUSTINGS_RECORD_KEY': 'record-key'}) as (url, _):
        browser = Browser(url)
        browser.post('/sign-in', {'email': ANN})
        shown = lambda: re.search(r'href="(/sign-in/letter/[\w-]{22})"', ask(url + '/outbox').body.decode())
        tally('the outbox shows the letter', wait_for(shown), ask(url + '/outbox'))
        tally('and its link lets in', browser.post(shown()[1]).location == '/me')
        for headers in ({'Host': 'evil.example'}, {'X-Forwarded-For': '198.51.100.7'}, {'Forwarded': 'for=198.51.100.7'}):
            tally(f'not through {headers}', ask(url + '/outbox', headers=headers).status == 404)


def alone_tls(tally, folder, store):
    pair = certificate(folder)
    (folder / 'word').write_text('sesame open\n')
    (folder / 'word').chmod(0o600)
    user = {'HUSTINGS_MAIL_USER': 'office', 'HUSTINGS_MAIL_PASSWORD_FILE': str(folder / 'word'), 'SSL_CERT_FILE': pair[0]}
    for tls in (False, True):
        with Sink(pair, tls=tls, password=('office', 'sesame open')) as sink:
            settings = mail_settings(sink, **user, HUSTINGS_MAIL_SMTP=f'smtp{"s" if tls else ""}://localhost:{sink.port}')
            with served(folder, store, settings) as (url, log):
                store.run('DELETE FROM sign_in_pause')
                Browser(url).post('/sign-in', {'email': ANN})
                tally(f'{"smtps" if tls else "STARTTLS"}, with a password', len(sink.wait(1)) == 1, sink.said + log[-3:])
    with Sink(password=('office', 'sesame open')) as sink:
        with served(folder, store, mail_settings(sink, **user)) as (url, _):
            store.run('DELETE FROM sign_in_pause')
            Browser(url).post('/sign-in', {'email': ANN})
            tally('a password is not sent without TLS', wait_for(lambda: store.run("SELECT id FROM mail WHERE state = 'waiting' AND tries > 0")) and not sink.letters
                  and not any('AUTH' in line for line in sink.said), sink.said)
        store.run('DELETE FROM mail')
    (folder / 'word').chmod(0o644)
    done = subprocess.run([str(deploy.HUSTINGS), 'serve', '--store', store.url, '--listen', '127.0.0.1:0'], cwd=folder, timeout=60, capture_output=True, text=True,
                          env={**BARE, **mail_settings(sink), **user})
    tally('a password that others can read stops the start', done.returncode == 2 and 'owner alone' in done.stderr, done.stderr)


def as_part(check):
    def run(_, place):
        check(place)
    run.__name__ = check.__name__
    return run


def run_on(tally, url, words):
    with tempfile.TemporaryDirectory(prefix='hustings-signin-') as name:
        folder = pathlib.Path(name)
        store = Store(folder, url)
        people(folder, store)
        with Sink() as sink, served(folder, store, mail_settings(sink)) as (address, log):
            place = Place(tally, folder, store, sink, address, log)
            for check in [value for name, value in globals().items() if name.startswith('check_') and all(w in name for w in words)]:
                tally.run(as_part(check), place)
        for alone in [value for name, value in globals().items() if name.startswith('alone_') and all(w in name for w in words)]:
            tally.run(alone, folder, store)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    options.add_argument('--put', metavar='STORE', type=pathlib.Path, help='only put the persons of this test into a new store, for the tests of the browser')
    options.add_argument('words', nargs='*', metavar='WORD')
    o = options.parse_args()
    deploy.HUSTINGS = o.hustings.resolve()
    if o.put:
        store = Store(o.put.parent, None)
        store.url = str(o.put.resolve())
        people(o.put.parent, store)
        return
    tally = Tally('sign in')
    run_on(tally, None, o.words)
    if url := os.environ.get('HUSTINGS_TEST_POSTGRES'):
        run_on(tally, url, o.words)
    tally.end()


if __name__ == '__main__':
    main()
