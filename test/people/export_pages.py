#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""export_pages.py [--hustings PATH]: a secretary takes her list away with her browser: the page that asks why, the entry of the public record, the file, and what nobody
else gets of it. Last line: "people export pages: N passed, N failed".
"""
import argparse
import contextlib
import csv
import io
import json
import pathlib
import re
import sqlite3
import sys
import tempfile
import threading
import urllib.parse

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('security', 'deploy')]
import deploy
import walk
from deploy import Tally, server

MANY = 3000  # some pages of the store, and more than is kept in memory
LIST = 'id,given_name,family_name,email,status,section,consent,phone\r\n' + ''.join(
    f'L{i:05d},Nia,Number {i},nia.{i}@example.org,{"active" if i % 3 else "lapsed"},{"members" if i % 2 else "affiliates"},phone,+44207946{i:04d}\r\n' for i in range(MANY))
TRICKY = 'id,given_name,family_name,locality,payer\r\nT1,Ada,"Comma, Quote ""x""",=HYPERLINK("http://example.org"),@SUM(A1)\r\nT2,"Órlaith",Ní Bhriain,"+1-2",-2+3\r\n'
EXPORT = '/units/leeds/people/export'


def bring(folder, unit, text, name):
    (folder / name).write_text(text, newline='')
    walk.run(folder, 'people', 'import', name, '--unit', unit, '--by', 'Ada Poll', '--store', 'hustings.db')


def rows_of(body):
    return list(csv.DictReader(io.StringIO(body.decode(), newline='')))


def leaves(folder):
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db', timeout=20)) as db:
        return [bytes(entry) for entry, in db.execute("SELECT entry FROM record_leaf WHERE kind = 'people.exported' ORDER BY number")]


def ask_for(browser, query='', **fields):
    page = EXPORT + query
    return browser.post(EXPORT, {**{key: values[0] for key, values in urllib.parse.parse_qs(query[1:]).items()}, **fields}, browser.token(page))


def whole_list(tally, folder, url):
    hers, now = walk.signed_in(folder, url, walk.person_id('secretary of leeds')), len(leaves(folder))
    page = hers.ask(EXPORT).body.decode()
    tally('the list leads there', f'href="{EXPORT}"' in hers.ask('/units/leeds/people').body.decode())
    tally('the page of finding leads there', f'href="{EXPORT}"' in hers.ask('/units/leeds/search').body.decode())
    tally('the page says how many and that it is public', '3,0' in page and 'That you did this is public' in page and 'first_receipt' in page, page)
    tally('without a reason there is none', ask_for(hers).status == 422 and len(leaves(folder)) == now)
    tally('without the token there is none', hers.post(EXPORT, {'reason': 'a test'}, None).status == 403 and len(leaves(folder)) == now)
    answer = ask_for(hers, reason='the branch’s copy for the annual meeting')
    ready = answer.headers.get('Location', '')
    tally('asked for', answer.status == 303 and re.fullmatch(r'/units/leeds/people/exports/[\w-]{22}', ready), (answer.status, ready, answer.body[:300]))
    entries = leaves(folder)
    tally('one entry of the record', len(entries) == now + 1, entries)
    data = json.loads(entries[-1])
    said = json.dumps(data, ensure_ascii=False)
    tally('it says who, whose list, how many and why', all(word in said for word in ('people.exported', 'leeds', 'annual meeting', 'secretary')) and data['data']['rows'] > MANY, said)
    tally('and names nobody of it', b'Nia' not in entries[-1] and b'@' not in entries[-1], said)
    page = hers.ask(ready).body.decode()
    tally('the page leads to the file and the entry', f'{ready}/file' in page and '/record/leaves/' in page, page)
    answer = hers.ask(f'{ready}/file')
    kind = answer.headers.get('Content-Type', ''), answer.headers.get('Content-Disposition', ''), answer.headers.get('Cache-Control', '')
    tally('it is a file, kept by nobody on the way', kind[0].startswith('text/csv') and 'members-leeds.csv' in kind[1] and 'public' not in kind[2], kind)
    rows = rows_of(answer.body)
    tally('all of the unit and nobody else', len(rows) == data['data']['rows'] and {row['unit'] for row in rows} == {'leeds'}, len(rows))
    tally('as they were imported', any(row['id'] == 'L00007' and row['email'] == 'nia.7@example.org' and row['phone'] == '+442079460007' for row in rows))
    walk.run(folder, 'people', 'export', '--unit', 'leeds', '--output', 'machine.csv', '--reason', 'to compare', '--by', 'Ada Poll', '--store', 'hustings.db')
    tally('byte for byte what the machine writes', (folder / 'machine.csv').read_bytes() == answer.body)
    tally('fetching it again is no other act', hers.ask(f'{ready}/file').body == answer.body and len(leaves(folder)) == now + 2)
    head = hers.ask(f'{ready}/file', 'HEAD')
    tally('asked for its head alone', head.status == 200 and not head.body and int(head.headers['Content-Length']) == len(answer.body), head.headers)
    return ready


def nobody_else(tally, folder, url, ready):
    for who, right in (('member', 403), ('organiser of leeds', 403), ('returning of leeds', 403), ('secretary of york', 403), ('secretary of north', 404)):
        if who not in walk.PERSONS:
            continue
        other = walk.signed_in(folder, url, walk.person_id(who))
        for path in (ready, f'{ready}/file'):
            answer = other.ask(path)
            tally(f'{who}: {"the file" if path.endswith("file") else "the page"}: {right}', answer.status == right and b'Number' not in answer.body.split(b'<main')[-1], answer.status)
    york = walk.signed_in(folder, url, walk.person_id('secretary of york'))
    tally('nor below an address of her own', york.ask(ready.replace('leeds', 'york') + '/file').status == 404)
    tally('a visitor signs in first', walk.Browser(url).ask(f'{ready}/file').status == 303)
    page = walk.signed_in(folder, url, walk.person_id('organiser of leeds')).ask('/units/leeds/people').body
    tally('an organiser is not led there', EXPORT.encode() not in page)


def parts(tally, folder, url):
    hers = walk.signed_in(folder, url, walk.person_id('secretary of leeds'))
    page = hers.ask('/units/leeds/people?status=lapsed&section=affiliates').body.decode()
    query = '?status=lapsed&section=affiliates'
    tally('a chosen list leads to its own export', f'{EXPORT}{query}'.replace('&', '&amp;') in page, page[:600])
    wanted = {f'L{i:05d}' for i in range(MANY) if i % 3 == 0 and i % 2 == 0}
    page = hers.ask(EXPORT + query).body.decode()
    tally('its page counts them', f'{len(wanted)} people now' in page, page)
    answer = ask_for(hers, query)
    tally('a form without a reason keeps what was chosen', answer.status == 422 and 'name="status" value="lapsed"' in answer.body.decode(), answer.body[-900:])
    ready = ask_for(hers, query, reason='reminders').headers['Location']
    rows = rows_of(hers.ask(f'{ready}/file').body)
    tally('those alone', {row['id'] for row in rows} == wanted and len(rows) == len(wanted), len(rows))
    entry = json.loads(leaves(folder)[-1])
    tally('the entry says that it was a part', entry['data'].get('part') is True and entry['data']['people'] == len(wanted) and 'A part of' in entry['says'], entry)
    fields = {'name': 'Called so', 'status': 'active', 'text': 'L00077'}
    saved = hers.post('/units/leeds/searches/new', fields, hers.token('/units/leeds/searches/new')).headers['Location']
    query = f'?search={saved.rsplit("/", 1)[1]}'
    tally('a saved search leads there', f'{EXPORT}{query}' in hers.ask(saved).body.decode())
    ready = ask_for(hers, query, reason='a second look').headers['Location']
    rows = rows_of(hers.ask(f'{ready}/file').body)
    tally('those whom it selects', [row['id'] for row in rows] == ['L00077'], len(rows))
    tally('what it looks for is in no entry', b'Called' not in leaves(folder)[-1] and b'L00077' not in leaves(folder)[-1])
    tally('a search of nobody', hers.ask(f'{EXPORT}?search={walk.TOKEN}').status == 404)


def spreadsheets(tally, folder, url):
    bring(folder, 'leeds', TRICKY, 'tricky.csv')
    hers = walk.signed_in(folder, url, walk.person_id('secretary of leeds'))
    body = hers.ask(ask_for(hers, reason='a test').headers['Location'] + '/file').body
    rows = {row['id']: row for row in rows_of(body)}
    tally('nothing in it calculates', all(not cell or cell[0] not in '=+-@\t' or re.fullmatch(r'\+\d+', cell) for row in rows.values() for cell in row.values()), rows['T1'])
    tally('commas, quotes and accents stay', rows['T1']['family_name'] == 'Comma, Quote "x"' and rows['T2']['given_name'] == 'Órlaith', rows['T1'])
    (folder / 'again.csv').write_bytes(body)
    said = walk.run(folder, 'people', 'import', 'again.csv', '--unit', 'leeds', '--dry-run', '--by', 'Ada Poll', '--store', 'hustings.db')
    tally('and imported again it would change nothing', re.search(r'\b0\b[^\n]*(added|new)', said) or 'added 0' in said, said)


def it_ends(tally, folder, url):
    hers = walk.signed_in(folder, url, walk.person_id('secretary of leeds'))
    ready = ask_for(hers, reason='a test').headers['Location']
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db', timeout=20)) as db:
        left = db.execute('SELECT ends FROM people_export WHERE id = ?', [ready.rsplit('/', 1)[1]]).fetchone()[0]
        tally('it can be fetched for an hour', 3_500_000 < left - deploy.time.time() * 1000 <= 3_600_000, left)
        db.execute('UPDATE people_export SET ends = 1')
        db.commit()
    tally('and then no more', hers.ask(ready).status == 404 and hers.ask(f'{ready}/file').status == 404)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hustings', default=str(deploy.HUSTINGS))
    deploy.HUSTINGS = pathlib.Path(parser.parse_args().hustings).resolve()
    tally = Tally('people export pages')
    with tempfile.TemporaryDirectory(prefix='hustings-export-') as name:
        folder = pathlib.Path(name)
        walk.run(folder, 'publish', '--store', 'hustings.db', walk.EXAMPLE)
        walk.people(folder)
        bring(folder, 'leeds', LIST, 'list.csv')
        with server(folder, '--store', 'hustings.db', environment={'HUSTINGS_LIMITS_RATES': '0'}) as (process, url):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            ready = whole_list(tally, folder, url)
            tally.run(nobody_else, folder, url, ready)
            tally.run(parts, folder, url)
            tally.run(spreadsheets, folder, url)
            tally.run(it_ends, folder, url)
    tally.end()


if __name__ == '__main__':
    main()
