#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""import_pages.py [--hustings PATH]: a secretary brings a list in with her browser: upload, columns, dry run, import, taking back; the server is killed on the way.
What another branch's secretary gets of it is nothing. Last line: "people import pages: N passed, N failed".
"""
import argparse
import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('security', 'deploy')]
import deploy
import walk
from deploy import Tally, server

CSV = 'Mem no,First Name,Surname,E-mail,Town,Shoe size\r\n' + ''.join(f'W{i:05d},Nia,Number{i},nia.{i}@example.org,Leeds,{i % 9}\r\n' for i in range(12_000))
KILLED_ROWS = 25_000
BAD = 'id,family_name,joined\r\nX1,Good,2012-01-01\r\nX2,Bad,2012-02-31\r\n'


def upload(browser, unit, text):
    path, mark = f'/units/{unit}/imports/new', uuid.uuid4().hex
    token = browser.token(path)
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in (('_csrf', token), ('_key', uuid.uuid4().hex))]
    parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n--{mark}--\r\n')
    answer = browser.ask(path, 'POST', ''.join(parts), {'Content-Type': f'multipart/form-data; boundary={mark}'})
    if answer.status != 303:
        raise RuntimeError(f'upload: {answer.status} {answer.body[:500]}')
    return answer.headers['Location'].removesuffix('/columns')


def press(browser, path, what, page=None, **fields):
    return browser.post(f'{path}/{what}', fields, browser.token(page or path))


def state(browser, path):
    return json.loads(browser.ask(f'{path}.json').body)


def until(browser, path, *wanted):
    for _ in range(600):
        found = state(browser, path)
        if any(found.get(name) for name in wanted):
            return found
        time.sleep(0.1)
    raise RuntimeError(f'{path}: {found["state_words"]}')


def choose(browser, path, choices, **fields):
    """The columns' form, as it stands but for `choices`."""
    body = browser.ask(f'{path}/columns').body.decode()
    chosen = re.findall(r'<option value="(\d+:[^"]+)" selected>', body)
    chosen = [f'{n}:{choices.get(int(n), c)}' for n, _, c in (pair.partition(':') for pair in chosen)]
    token = browser.token(f'{path}/columns')
    sent = urllib.parse.urlencode([('_csrf', token), ('_key', uuid.uuid4().hex), *(('map', c) for c in chosen), ('mode', 'all'), *fields.items()])
    return chosen, browser.ask(f'{path}/columns', 'POST', sent, {'Content-Type': 'application/x-www-form-urlencoded'})


def people_in(browser, unit='leeds'):
    return browser.ask(f'/units/{unit}/people').body


def whole_way(tally, folder, url, kill):
    hers = walk.signed_in(folder, url(), walk.person_id('secretary of leeds'))
    other = walk.signed_in(folder, url(), walk.person_id('secretary of york'))
    tally('the list of imports is empty', b'No list was imported' in hers.ask('/units/leeds/imports').body)
    path = upload(hers, 'leeds', CSV)
    chosen, answer = choose(hers, path, {0: 'id'})
    tally('headings are understood, and one is not', chosen [1:] == ['1:given_name', '2:family_name', '3:email', '4:locality', '5:-'], chosen)
    tally('the columns are taken', answer.status == 303, (answer.status, answer.body[:800]))
    found = until(hers, path, 'checked', 'refused')
    tally('the dry run counts', found['checks']['added'] == '12,000' and found['can_apply'], found)
    tally('nobody was added by it', b'Number77' not in people_in(hers))
    for one, what in ((other, 'york'), (other, 'leeds')):
        tally(f'nobody else sees it below {what}', one.ask(path.replace('leeds', what)).status in (403, 404))
    answer = press(hers, path, 'apply')
    tally('it is begun', answer.status == 303, (answer.status, answer.body[:500]))
    hers.url = other.url = kill()
    found = until(hers, path, 'done', 'undone')
    tally('a server that was killed goes on', found.get('done') and found['applied']['added'] == '12,000', found)
    tally('they are there', b'Number' in people_in(hers))
    tally('the page says so', b'Entry' in hers.ask(path).body)
    answer = press(hers, path, 'undo')
    found = until(hers, path, 'undone')
    tally('it is taken back', found['gone'] == '12,000' and found['left_alone'] == '0', found)
    answer = press(hers, path, 'undo', '/units/leeds/imports/new')
    tally('once', answer.status == 409, answer.status)


def with_bad_rows(tally, folder, url):
    hers = walk.signed_in(folder, url(), walk.person_id('secretary of leeds'))
    path = upload(hers, 'leeds', BAD)
    choose(hers, path, {})
    found = until(hers, path, 'checked', 'refused')
    tally('a bad row is told with its line', found['checks']['bad'] == '1' and found['faults'][0]['line'] == 3 and not found['can_apply'], found)
    tally('all of them as CSV', hers.ask(f'{path}/bad-rows').body.count(b'\r\n') == 2)
    tally('and it cannot be begun', press(hers, path, 'apply').status == 409)
    tally('it is thrown away', press(hers, path, 'drop').status == 303 and hers.ask(path).status == 404)
    path = upload(hers, 'leeds', 'PK\x03\x04 a spreadsheet')
    tally('what is no list is refused in words', b'CSV' in hers.ask(f'{path}/columns').body)


def left_by_a_kill(hers, folder, number):
    """An import at the machine that was killed while it wrote: its path; None: the kill came too late."""
    rows = ''.join(f'K{number}-{i},Nia,Killed{i},k{number}.{i}@example.org\r\n' for i in range(KILLED_ROWS))
    (folder / 'left.csv').write_text('id,given_name,family_name,email\r\n' + rows)
    p = subprocess.Popen([deploy.HUSTINGS, 'people', 'import', 'left.csv', '--unit', 'leeds', '--by', 'Carol Count', '--store', 'hustings.db'], cwd=folder, env=walk.BARE,
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    newest = None
    while p.poll() is None and not newest:
        at_work = (i for i in state(hers, '/units/leeds/imports')['imports'] if i['state_words'] == 'being imported')
        newest = next((i for i in at_work if state(hers, i['path'])['applied']['rows'] != '0'), None)
    p.kill()
    p.wait()
    return newest['path'] if newest and state(hers, newest['path']).get('applying') else None


def interrupted(tally, folder, url):
    """One at the machine was killed: its page says so after some minutes, and what can be done; until then it keeps others waiting, and says so."""
    hers = walk.signed_in(folder, url(), walk.person_id('secretary of leeds'))
    path = next(found for found in (left_by_a_kill(hers, folder, number) for number in range(20)) if found)
    page = hers.ask(path).body.decode()
    tally('a part of it is there', b'Killed' in people_in(hers))
    tally('at first it is at work, for all that is known', 'data-at-work' in page and 'http-equiv="refresh"' in page and 'interrupted after' not in page, page)
    tally('and the page says when it will be known better', 'stands still for three minutes' in page, page)
    with contextlib.closing(sqlite3.connect(folder / 'hustings.db', timeout=60)) as db, db:
        db.execute('UPDATE import SET changed = changed - 240000 WHERE id = ?', [path.rpartition('/')[2]])
    page = hers.ask(path).body.decode()
    tally('then its page says that it was interrupted', 'interrupted after' in page and 'no other list of these units can be imported' in page, page)
    tally('and it is not followed any more', 'data-at-work' not in page and 'http-equiv="refresh"' not in page, page)
    tally('the list says so, too', 'interrupted' in hers.ask('/units/leeds/imports').body.decode())
    other = upload(hers, 'leeds', 'id,family_name\r\nL1,Later\r\n')
    choose(hers, other, {})
    until(hers, other, 'checked')
    answer = press(hers, other, 'apply')
    tally('another one is told why it must wait', answer.status == 409 and b'is at work on these units' in answer.body, (answer.status, answer.body[:800]))
    tally('it can be taken back here', press(hers, path, 'undo').status == 303)
    until(hers, path, 'undone')
    tally('nobody of it is left', b'Killed' not in people_in(hers))
    tally('and the other one begins', press(hers, other, 'apply').status == 303)
    until(hers, other, 'done')


class Servers:
    """One server after another on the same store."""

    def __init__(self, folder):
        self.folder = folder
        self.open()

    def open(self):
        self.stack = contextlib.ExitStack()
        self.process, self.url = self.stack.enter_context(server(self.folder, '--store', 'hustings.db', environment={'HUSTINGS_LIMITS_RATES': '0'}))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.stack.close()
        self.open()
        return self.url


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hustings', default=str(deploy.HUSTINGS))
    deploy.HUSTINGS = pathlib.Path(parser.parse_args().hustings).resolve()
    tally = Tally('people import pages')
    with tempfile.TemporaryDirectory(prefix='hustings-import-') as name:
        folder = pathlib.Path(name)
        walk.run(folder, 'publish', '--store', 'hustings.db', walk.EXAMPLE)
        walk.people(folder)
        servers = Servers(folder)
        try:
            tally.run(whole_way, folder, lambda: servers.url, servers.kill)
            tally.run(with_bad_rows, folder, lambda: servers.url)
            tally.run(interrupted, folder, lambda: servers.url)
        finally:
            servers.stack.close()
    tally.end()


if __name__ == '__main__':
    main()
