#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""pages.py [--hustings PATH]: the public record as the world reads it from a real server: pages, feed, table, tiles, proofs, files.

The tree is computed once more here, from nothing but what the server sends: RFC 6962 in thirty lines that share none with the program's. All of it on SQLite, and
on PostgreSQL when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run). Last line: "record pages: N passed, N failed".
"""
import argparse
import base64
import csv
import gzip
import hashlib
import http.client
import io
import json
import os
import pathlib
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'deploy'))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'contest'))
import deploy
import seal
from client import Browser
from deploy import ROOT, Tally, ask, server, wait_for

EXAMPLES = ROOT / 'examples'
PUBLISHED, REPLACED = 'labour-2010-totals', 'burlington-2009'
OFFICER = 'Ada Poll'
ATOM = '{http://www.w3.org/2005/Atom}'
FOR_EVER = 'public, max-age=31536000, immutable'


# --- RFC 6962


def leaf_hash(entry):
    return hashlib.sha256(b'\0' + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def root_of(hashes):
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256().digest()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def root_by_proof(index, size, leaf, proof):
    """RFC 9162, 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def tile_name(index):
    digits = f'{index:0{-(-len(str(index)) // 3) * 3}d}'
    parts = [digits[k:k + 3] for k in range(0, len(digits), 3)]
    return '/'.join([f'x{p}' for p in parts[:-1]] + parts[-1:])


def checkpoint_of(text):
    origin, size, root, *_ = text.split('\n')
    return origin, int(size), base64.b64decode(root)


BASE = 'https://vote.example.org'


class Site:
    def __init__(self, folder, url, store, settings):
        self.folder, self.url, self.store, self.settings = folder, url, store, settings

    def get(self, path, **headers):
        return ask(self.url + path, headers={k.replace('_', '-'): v for k, v in headers.items()})

    def text(self, path):
        return self.get(path).body.decode()

    def json(self, path):
        return json.loads(self.get(path).body)

    def words(self, path):
        """The words of the page's content."""
        main = re.search(r'<main.*</main>', self.text(path), re.S)[0]
        return ' '.join(re.sub(r'<[^>]*>', '', main).split())

    def run(self, *words):
        return hustings(self.folder, self.settings, *words, '--store', self.store)

    def sealed(self):
        """Wait until all that was written is signed; the newest checkpoint."""
        held = wait_for(lambda: self.json('/record.json')['standing']['all_signed'])
        if not held:
            raise RuntimeError('an entry was not signed in time')
        return checkpoint_of(self.text('/record/checkpoint'))

    def entries(self, size):
        """All entries, from the bundles."""
        found = []
        for index in range(-(-size // 256)):
            width = min(256, size - index * 256)
            rest = self.get(f'/record/tile/entries/{tile_name(index)}' + ('' if width == 256 else f'.p/{width}')).body
            while rest:
                length = struct.unpack('>H', rest[:2])[0]
                found.append(rest[2:2 + length])
                rest = rest[2 + length:]
        return found


def hustings(folder, settings, *words):
    environment = {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', **settings}
    done = subprocess.run([str(deploy.HUSTINGS), *map(str, words)], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f'{words}: {done.stderr}')
    return done.stdout


# --- what was done


def check_list(tally, site):
    site.sealed()
    words = site.words('/record')
    for part in ('What the apparatus did', OFFICER, 'operator', 'Signed', f'hustings record verify {BASE}/record'):
        tally(f'/record says "{part}"', part in words, words)
    tally('no entry is said to be changed', 'no longer fits' not in words and 'cannot be read' not in words, words)
    tally('the page names its feed', b'<link rel="alternate" type="application/atom+xml"' in site.get('/record').body)
    view = site.json('/record.json')
    tally('as JSON: newest first, without gaps', [e['number'] for e in view['entries']] == list(range(view['standing']['size']))[::-1][:50], view['entries'])
    tally('the contest is led to', any(e.get('contest', {}).get('path') == f'/contests/{PUBLISHED}' for e in view['entries']), view['entries'])


def check_every_entry(tally, site):
    origin, size, root = site.sealed()
    entries = site.entries(size)
    hashes = [leaf_hash(e) for e in entries]
    tally('bundles hold all entries', len(entries) == size, f'{len(entries)} of {size}')
    tally('their root is the one that was signed', root_of(hashes) == root)
    for number, entry in enumerate(entries):
        view = site.json(f'/record/leaves/{number}.json')['entry']
        said = json.loads(entry)
        tally(f'entry {number}: its page says what was hashed', view['raw'].encode() == entry and view['hash'] == hashes[number].hex() and view['says'] == said['says']
              and view['by']['name'] == said['by']['name'] and view['kind'] == said['act'] and not view['is_changed'] and not view['is_off_tree'], view)
        words = site.words(f'/record/leaves/{number}')
        tally(f'entry {number}: no sentence ends twice', '..' not in said['says'], said['says'])
        tally(f'entry {number}: in words', ' '.join(said['says'].split()) in words.replace('&quot;', '"').replace('&#39;', "'").replace('&amp;', '&')
              or any(c in said['says'] for c in '<>"\''), words)
        lines = site.text(f'/record/leaves/{number}/proof').split('\n')
        end, at = lines.index(''), lines.index(f'index {number}')
        proof = [base64.b64decode(line) for line in lines[at + 1:end]]
        other, its_size, its_root = checkpoint_of('\n'.join(lines[end + 1:]))
        tally(f'entry {number}: its proof holds', lines[0] == 'c2sp.org/tlog-proof@v1' and at in (1, 2) and other == origin
              and (at == 1 or base64.b64decode(lines[1].removeprefix('extra ')) == entry)
              and root_by_proof(number, its_size, hashes[number], proof) == its_root, lines)


def check_contest_pages(tally, site):
    page = site.json(f'/contests/{PUBLISHED}.json')['contest']['acts']
    tally('a contest names who published it', page and page[0]['name'] == OFFICER and page[0]['role'] == 'operator', page)
    entry = site.json(page[0]['entry_path'] + '.json')['entry']
    tally('and the entry is the one about it', entry['contest']['slug'] == PUBLISHED and entry['kind'] == 'contest.published', entry)
    tally('and its proof is there', site.get(page[0]['proof_path']).status == 200)
    files = [f for f in entry['files'] if f['path']]
    tally('the entry names its files', len(files) >= 1, entry)
    for f in files:
        answer = site.get(f['path'])
        if answer.status == 303:
            answer = site.get(answer.headers['Location'])
        tally(f'{f["name"]}: its bytes are those of its SHA-256', hashlib.sha256(answer.body).hexdigest() == f['sha256'], answer)


def check_replaced_and_taken_out(tally, site):
    site.run('publish', EXAMPLES / REPLACED, '--by', OFFICER)
    first = site.json(f'/contests/{REPLACED}.json')['contest']['acts']
    site.run('publish', EXAMPLES / REPLACED, '--replace', '--by', 'Bea Ward')
    acts = site.json(f'/contests/{REPLACED}.json')['contest']['acts']
    tally('a contest that was replaced says by whom, and who came before',
          [a['name'] for a in acts] == ['Bea Ward', OFFICER] and acts[1] == first[0] and acts[0]['entry'] > acts[1]['entry'], acts)
    files = [f for f in site.json(acts[0]['entry_path'] + '.json')['entry']['files'] if f['path']]
    take_out(site)
    gone = site.get(f'/contests/{REPLACED}')
    leaf = re.search(rb'href="(/record/leaves/(\d+))"', gone.body)
    tally('a contest that was taken out leads to the entry', gone.status == 404 and leaf, gone.body)
    entry = site.json(leaf[1].decode() + '.json')['entry']
    tally('which says who and why', entry['kind'] == 'contest.withdrawn' and entry['by']['name'] == 'Cy Vane' and entry['reason'] == 'A test.', entry)
    for f in files:
        answer = site.get(f'/record/side/{f["sha256"]}')
        tally(f'{f["name"]}: was taken away with it', answer.status in (410, 404), answer)
    words = site.words('/record')
    tally('the list says it is no longer published', f'Contest {REPLACED}, no longer published' in words, words)


def take_out(site):
    """As a steward, in a browser."""
    at = urllib.parse.urlsplit(site.url)
    link = site.run('sign-in', '--for', 'Cy Vane', '--by', OFFICER, '--listen', at.netloc).strip().split()[-1]
    browser = Browser(at.hostname, at.port)
    path = urllib.parse.urlsplit(link).path
    browser.send(browser.get(path), path)
    form = f'/contests/{REPLACED}/unpublish'
    answer = browser.send(browser.get(form), form, {'reason': 'A test.'})
    if answer.status != 303:
        raise RuntimeError(f'could not take it out: {answer.status} {answer.words}')


def check_powers(tally, site):
    words, view = site.words('/record/powers'), site.json('/record/powers.json')
    held = [p for p in view['powers'] if p['holder'] == 'Cy Vane']
    tally('the steward is among the powers', held and held[0]['until_iso'] and 'Cy Vane' in words, view)
    given = site.json(held[0]['path'] + '.json')['entry']
    tally('whose entry says that it was given', given['kind'] == 'role.given' and given['until_iso'] == held[0]['until_iso'], given)


# --- filters, feed, table


def check_filters(tally, site):
    every = site.json('/record.json')['entries']
    for name, value in (('kind', 'contest.published'), ('contest', REPLACED)):
        chosen = site.json(f'/record.json?{name}={value}')['entries']
        right = [e['number'] for e in every if (e['kind'] if name == 'kind' else e.get('contest', {}).get('slug')) == value]
        tally(f'{name}={value}', [e['number'] for e in chosen] == right and right, chosen)
        feed = xml.etree.ElementTree.fromstring(site.get(f'/record/feed.atom?{name}={value}').body)
        tally(f'{name}={value} in the feed', len(feed.findall(ATOM + 'entry')) == len(right))
        rows = list(csv.DictReader(io.StringIO(site.text(f'/record.csv?{name}={value}'))))
        tally(f'{name}={value} in the table', [int(r['entry']) for r in rows] == right, rows)
    today = every[0]['at_iso'][:10]
    tally('up to a day long ago there is nothing', site.json('/record.json?day=2001-01-01')['entries'] == [])
    tally('up to a day to come there is everything', len(site.json(f'/record.json?day={int(today[:4]) + 1}{today[4:8]}01')['entries']) == len(every))
    tally('a day that is none', site.get('/record?day=2026-02-31').status == 422)


def check_feed(tally, site):
    answer = site.get('/record/feed.atom')
    feed = xml.etree.ElementTree.fromstring(answer.body)
    tally('the feed is Atom', feed.tag == ATOM + 'feed' and answer.headers['Content-Type'] == 'application/atom+xml; charset=utf-8', answer.headers)
    entries = feed.findall(ATOM + 'entry')
    stamp = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$')
    for what in [feed, *entries]:
        name = what.findtext(ATOM + 'title')
        tally(f'"{name}": one id, title and time', all(len(what.findall(ATOM + k)) == 1 for k in ('id', 'title', 'updated')) and stamp.match(what.findtext(ATOM + 'updated'))
              and re.match(r'urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', what.findtext(ATOM + 'id')))
        links = what.findall(ATOM + 'link')
        tally(f'"{name}": its links are whole', links and all(l.get('href').startswith(BASE + '/record') for l in links), [l.attrib for l in links])
    for entry in entries:
        tally(f'"{entry.findtext(ATOM + "title")}": has an author, content and an alternate',
              entry.findtext(f'{ATOM}author/{ATOM}name') and entry.findtext(ATOM + 'content') and [l for l in entry.findall(ATOM + 'link') if l.get('rel') == 'alternate'])
    tally('ids differ', len({e.findtext(ATOM + 'id') for e in [feed, *entries]}) == len(entries) + 1)
    tally('it names itself', [l.get('href') for l in feed.findall(ATOM + 'link') if l.get('rel') == 'self'] == [f'{BASE}/record/feed.atom'])
    tally('the feed is as new as its first entry', feed.findtext(ATOM + 'updated') == entries[0].findtext(ATOM + 'updated'))
    again = site.get('/record/feed.atom', If_None_Match=answer.headers['ETag'])
    tally('a reader that has it is told so', again.status == 304, again)


def check_table(tally, site):
    answer = site.get('/record.csv')
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    entries = site.entries(site.sealed()[1])
    tally('the table has a row an entry', [int(r['entry']) for r in rows] == list(range(len(entries)))[::-1], rows)
    for row in rows:
        entry = entries[int(row['entry'])]
        said = json.loads(entry)
        tally(f'row {row["entry"]} is the entry', row['hash'] == leaf_hash(entry).hex() and row['kind'] == said['act'] and row['name'] == said['by']['name']
              and row['fits its hash'] == 'yes' and row['says'].lstrip("'") == said['says'], row)


# --- what programs read


def check_resources(tally, site):
    origin, size, _ = site.sealed()
    width, index = size % 256, size // 256
    partial = f'{tile_name(index)}.p/{width}'
    for path, bytes_ in ((f'/record/tile/0/{partial}', 32 * width), (f'/record/tile/entries/{partial}', None)):
        answer = site.get(path)
        tally(f'{path}: kept for ever, by anybody, without a cookie', answer.status == 200 and answer.headers['Cache-Control'] == FOR_EVER and not answer.headers['Set-Cookie']
              and answer.headers['Content-Type'] == 'application/octet-stream' and (bytes_ is None or len(answer.body) == bytes_), answer)
        tally(f'{path}: HEAD', ask(site.url + path, 'HEAD').status == 200)
    packed = site.get(f'/record/tile/entries/{partial}', Accept_Encoding='gzip')
    tally('a bundle is compressed for who takes that', packed.headers['Content-Encoding'] == 'gzip'
          and gzip.decompress(packed.body) == site.get(f'/record/tile/entries/{partial}').body, packed.headers)
    for path in (f'0/{tile_name(index)}.p/{width + 1}', f'0/{tile_name(index)}', '0/0', '00/000', '0/000.p/0', '0/000.p/256', 'entries/000.p/01', '0/x000/000', '0/000.P/1',
                 '0%2f000', '../checkpoint', '0/000.p/1?x=1#', '', '7/000', 'data/000'):
        right = 200 if '?' in path else 404
        tally(f'tile/{path}: {right}', site.get(f'/record/tile/{path}').status == right)
    keys = site.get('/record/keys')
    tally('the keys are vkeys of that origin', keys.headers['Content-Type'] == 'text/plain; charset=utf-8'
          and all(line.startswith(f'{origin}+') for line in keys.body.decode().splitlines()) and keys.body, keys)
    note = site.get('/record/checkpoint')
    tally('the checkpoint is asked for each time', note.headers['Cache-Control'] == 'no-cache' and note.headers['Content-Type'] == 'text/plain; charset=utf-8', note.headers)
    tally('it is signed by one of them', f'— {origin} '.encode() in note.body, note.body)
    for path in ('/record/side/' + '0' * 64, '/record/side/' + 'g' * 64, '/record/side/' + '0' * 63):
        tally(f'{path}: 404', site.get(path).status == 404)


def check_rates(tally, site):
    """One who checks the record asks for thousands of tiles on one connection; ordinary pages would have stopped her at 500."""
    at = urllib.parse.urlsplit(site.url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    statuses = set()
    for _ in range(1500):
        connection.request('GET', '/record/tile/0/000.p/1')
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    connection.close()
    tally('1,500 tiles at once', statuses == {200}, statuses)


# --- when signing stops


def check_stopped(tally, site):
    """The page is kept, because its address is configured; it says so all the same, and that it goes on."""
    key = site.folder / 'record-key'
    os.chmod(key, 0o644)  # others could read it now: such a key is not used
    try:
        tally('the page says that signing has stopped', wait_for(lambda: 'Signing has stopped' in site.words('/record')), site.words('/record'))
        tally('and each entry', 'Signing has stopped' in site.words('/record/leaves/0'))
    finally:
        os.chmod(key, 0o600)
    tally('and that it goes on', wait_for(lambda: 'Signing has stopped' not in site.words('/record')))


# --- by hand


def check_tampering(tally, site):
    """Last: somebody changes a row while the server runs."""
    if not site.store.endswith('.db'):
        return
    size = site.sealed()[1]
    with sqlite3.connect(site.folder / site.store, timeout=20) as db:
        db.execute("UPDATE record_leaf SET entry = CAST(replace(CAST(entry AS TEXT), ?, 'Eve Poll') AS BLOB) WHERE number = ?", (OFFICER, size - 1))
        db.execute('UPDATE record_leaf SET entry = CAST(substr(CAST(entry AS TEXT), 1, 40) AS BLOB) WHERE number = 0')
    db.close()
    tally('a shortened entry is shown as such', 'no longer fits' in site.words('/record?before=1') and site.get('/record/leaves/0').status == 200, site.words('/record?before=1'))
    words = site.words('/record/leaves/0')
    tally('loudly, on its page', 'This entry was changed after it was written' in words, words)


def run_on(tally, store, folder):
    settings = {'HUSTINGS_RECORD_KEY': str(folder / 'record-key'), 'HUSTINGS_SERVER_BASE': BASE}
    hustings(folder, settings, 'publish', EXAMPLES / PUBLISHED, '--by', OFFICER, '--store', store)
    with server(folder, '--store', store, environment=settings) as (_, url):
        site = Site(folder, url, store, settings)
        for check in [value for name, value in globals().items() if name.startswith('check_')]:
            tally.run(check, site)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    deploy.HUSTINGS = options.parse_args().hustings.resolve()
    tally = Tally('record pages')
    for store in ['hustings.db', *([seal.fresh_postgres('pages')] if os.environ.get('HUSTINGS_TEST_POSTGRES') else [])]:
        with tempfile.TemporaryDirectory(prefix='hustings-record-') as folder:
            tally.run(run_on, store, pathlib.Path(folder))
    tally.end()


if __name__ == '__main__':
    main()
