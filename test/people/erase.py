#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""erase.py [--hustings PATH]: a member erases what is held about her, and nothing anywhere in the store is hers any more: every column of every table is looked through, before
and after, on SQLite, and on PostgreSQL too when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run). A frozen roll keeps its root, its count and everybody else's proof;
who is erased while a freeze is at work is not on it either. Last line: "people erase: N passed, N failed".
"""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'security'), str(HERE.parent / 'deploy')]
import rows
import walk
from walk import deploy

ROLL = '/units/leeds/rolls/leeds-2013'
DRAFT = {'title': 'Selection 2013', 'slug': 'leeds-2013', 'freeze': '2023-03-12', 'months': '0', 'statuses': 'active', 'one_paper': 'person'}
HEAD = 'id,given_name,family_name,born,email,phone,address,postcode,status,joined,payer\r\n'
HER = 'ZQ-777,Zenobia,Quillfeather,1971-04-05,zenobia.q@example.org,+442079460777,7 Quillfeather Mews,LS6 7ZQ,active,2015-01-01,Zenobia Quillfeather\r\n'
TWICE = 'ZQ-778,Zenobia,Quilfeather,1971-04-05,zenobia.q@example.org,+442079460778,7 Quillfeather Mews,LS6 7ZQ,active,2016-01-01,\r\n'
OTHERS = ''.join(f'O{i},Olu,Other{i},1980-01-0{i + 1},olu{i}@example.org,+44207946010{i},{i} High Street,LS1 1AA,active,2015-01-01,\r\n' for i in range(9))
NEEDLES = ['zenobia', 'quillfeather', 'quilfeather', 'zq-777', 'zq-778', '2079460777', '2079460778', 'ls6 7zq', 'ls67zq', '1971-04-05', 'what only she would say']
BEFORE = {'person', 'membership', 'person_change', 'person_search', 'person_word', 'account', 'session', 'mail', 'person_request', 'person_merge', 'person_gone', 'import',
          'import_piece', 'import_touched', 'roll_page', 'roll_finder', 'roll_correction', 'roll_challenge', 'audit_evidence', 'email_change', 'sign_in_link', 'person_fact'}
IDS_MAY_STAY = {'person_gone', 'command_key'}  # that there was somebody under a random id; what a program was answered, for a week


@contextlib.contextmanager
def site(folder):
    with walk.server(folder, environment={'HUSTINGS_LIMITS_RATES': '0', **rows.settings(folder)}) as (process, url):
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, url


def hustings(folder, *words):
    done = subprocess.run([str(deploy.HUSTINGS), *map(str, words)], cwd=folder, env={**walk.BARE, **rows.settings(folder)}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f'{words}: {done.stderr}')
    return done.stdout


def post(browser, path, fields, page=None):
    return browser.post(path, fields, browser.token(page or path))


def until(what, seconds=60):
    for _ in range(seconds * 10):
        if what():
            return True
        time.sleep(0.1)
    return False


def tables(store):
    if store.is_postgres:
        return [name for name, in store.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")]
    names = [name for name, in store.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    return [name for name in names if not name.startswith('person_index')]  # letters by threes, which lead to a row that is no more


def where(folder, needles):
    """table.column of every value in which one of them stands, in any case."""
    store, found = rows.Rows(folder), set()
    for table in tables(store):
        names = [name for name, _ in store.columns(table)]
        for row in store.ask(f'SELECT * FROM {table}'):
            for name, value in zip(names, row):
                text = value.decode('latin-1') if isinstance(value, bytes) else str(value)
                if any(needle.lower() in text.lower() for needle in needles):
                    found.add(f'{table}.{name}')
    return found


def bring(folder, text, name):
    (folder / name).write_text(text, newline='')
    hustings(folder, 'people', 'import', name, '--unit', 'leeds', '--by', 'Ada Poll')


def person(folder, identifier):
    return rows.Rows(folder).ask(f"SELECT id, number FROM person WHERE identifier = '{identifier}'")[0]


def prepare(t, folder, url):
    """All that can come to be held of somebody, made as people make it; what takes a mail server or half a minute is put in."""
    who = {name: walk.make(role, folder, url) for name, role in (('secretary', 'secretary of leeds'), ('returning', 'returning-officer of leeds'), ('visitor', 'visitor'))}
    bring(folder, HEAD + HER + TWICE + OTHERS, 'list.csv')
    bring(folder, HEAD + HER.replace('Mews', 'Mews East') + OTHERS, 'again.csv')
    (her, number), (twice, _), (other, _) = person(folder, 'ZQ-777'), person(folder, 'ZQ-778'), person(folder, 'O1')
    post(who['returning'], '/units/leeds/new-roll', DRAFT)
    answer = post(who['returning'], f'{ROLL}/freeze', {'sure': 'yes'})
    t('a roll is frozen', until(lambda: rows.Rows(folder).ask('SELECT count(*) FROM roll_version') == [(1,)]), answer)
    t('and audited', until(lambda: rows.Rows(folder).ask('SELECT count(*) FROM audit_run') == [(1,)]))
    for identifier, section in (('ZQ-777', 'affiliates'), ('ZQ-778', 'youth'), ('O2', 'youth')):
        answer = post(who['returning'], f'{ROLL}/corrections/new', {'who': identifier, 'kind': 'section', 'section': section, 'reason': 'the form says another section'})
        t('a correction', answer.status == 303, answer)
    pair = f'/units/leeds/duplicates/{her}/{twice}'
    versions = {f'{name}_version': str(rows.Rows(folder).ask(f"SELECT version FROM person WHERE id = '{id}'")[0][0]) for name, id in (('one', her), ('other', twice))}
    answer = post(who['secretary'], f'{pair}/merge', versions, pair)
    t('her two records are merged', answer.status == 303 and rows.Rows(folder).ask(f"SELECT merged_into FROM person_gone WHERE id = '{twice}'") == [(her,)], answer)
    member = walk.signed_in(folder, url, her)
    member.post('/me/ask', {'words': 'what only she would say'}, member.token('/me/ask'))
    page = who['secretary'].ask(f'/units/leeds/people/{her}').body
    t('her secretary sees on her page what she asked', b'What she asked' in page and b'what only she would say' in page, page)
    answer = post(member, '/me/password', {'password': 'correct horse battery', 'again': 'correct horse battery'})
    t('she has a password', answer.status == 303, answer)
    member = walk.signed_in(folder, url, her)
    answer = post(member, '/me/rolls/leeds-2013/challenge', {'words': 'what only she would say'})
    t('she challenges the roll', answer.status == 303, answer)
    store, now = rows.Rows(folder), int(time.time() * 1000)
    imports = store.ask('SELECT id FROM import ORDER BY added')
    report = json.dumps({'changes': [{'person': her, 'name': 'Zenobia Quillfeather'}]}).replace("'", "''")
    store.tell(store.insert('mail', id='M' * 22, person=her, recipient='zenobia.q@example.org', subject='To Zenobia', words='Quillfeather', queued=now, due=now + 10**9, ends=now + 10**9, state='waiting'),
               store.insert('email_change', person=her, email='new.zenobia@example.org', token_hash=b'1' * 32, ends=now + 10**9),
               store.insert('sign_in_link', token_hash=b'2' * 32, person=her, email_key='zenobia.q@example.org', sign_in='S' * 22, ends=now + 10**9),
               store.insert('import_piece', **{'import': imports[0][0], 'kind': 'bad', 'number': 0, 'bytes': 'line,column,expected,found,id,name\r\n3,,"a date",x,ZQ-9,Zenobia Quillfeather\r\n'.encode()}),
               store.insert('import_piece', **{'import': imports[1][0], 'kind': 'bad', 'number': 0, 'bytes': b'line,column,expected,found,id,name\r\n3,,"a date",x,O9,Somebody Else\r\n'}),
               f"UPDATE import SET report = '{report}' WHERE id = '{imports[0][0]}'")
    return who, member, her, twice, number, other


def roll_as_published(folder, who):
    return {path: who['visitor'].ask(f'/rolls/leeds-2013/versions/1/{path}').body for path in ('published', 'hashes')}


def in_force(who):
    return json.loads(who['visitor'].ask('/rolls/leeds-2013.json').body)['in_force']


def check_erased(t, folder, url):
    who, member, her, twice, number, other = prepare(t, folder, url)
    everything = [*NEEDLES, her, twice]
    before = where(folder, everything)
    t('before, she is in every table that has persons', BEFORE - {'person_fact'} <= {place.split('.')[0] for place in before}, sorted(BEFORE - {place.split('.')[0] for place in before}))
    others = walk.signed_in(folder, url, other)
    proof, published, count = others.ask('/me/rolls/leeds-2013/proof').body, roll_as_published(folder, who), in_force(who)
    hers = member.ask('/me/rolls/leeds-2013/proof')
    t('she has a proof', hers.status == 200 and b'Quil' in hers.body, hers)
    page = member.ask('/me/erase').body.decode()
    t('the page says what becomes of frozen rolls', 'the entry and the random number' in page and 'not take part' in page and '/me/rolls' in page, page)
    answer = post(member, '/me/erase', {'word': 'erase'})
    t('she erases it', answer.status == 303, answer)
    after = {place for place in where(folder, NEEDLES)}
    t('no value in any column of any table has her name, address, number or words', not after, sorted(after))
    after = {place for place in where(folder, [her, twice]) if place.split('.')[0] not in IDS_MAY_STAY}
    t('nor an id of hers', not after, sorted(after))
    store = rows.Rows(folder)
    t('her number leads to nobody', not store.ask(f'SELECT * FROM person_fact WHERE number = {number}') and not store.ask(f'SELECT * FROM person_search WHERE number = {number}'))
    t('old links lead to nobody', store.ask(f"SELECT id FROM person_gone WHERE merged_into <> ''") == [])
    t('a list of bad rows without her stays', store.ask("SELECT count(*) FROM import_piece WHERE kind = 'bad'") == [(1,)])
    t('what is published is what it was', roll_as_published(folder, who) == published)
    t('as many stand on the roll', in_force(who) == count, (in_force(who), count))
    page = who['visitor'].ask('/rolls/leeds-2013').body.decode()
    t('everybody sees that entries were erased', '2 entries were erased since' in page, page)
    t('another member has the same proof', others.ask('/me/rolls/leeds-2013/proof').body == proof)
    (folder / 'roll.json').write_bytes(published['published'])
    for name, text in (('another', proof), ('herself', hers.body)):
        (folder / name).write_bytes(text)
        done = subprocess.run([str(deploy.HUSTINGS), 'roll', 'check', folder / 'roll.json', folder / name], env=walk.BARE, capture_output=True, text=True)
        t(f'the proof of {name} still verifies', done.returncode == 0, done.stderr)
    (folder / 'whole').mkdir()
    (folder / 'whole/roll.json').write_bytes(published['published'])
    (folder / 'whole/hashes.bin').write_bytes(who['visitor'].ask('/rolls/leeds-2013/versions/1/hashes').body)
    done = subprocess.run([str(deploy.HUSTINGS), 'roll', 'check', folder / 'whole'], env=walk.BARE, capture_output=True, text=True)
    t('the hashes still make the root', done.returncode == 0, done.stderr)
    page = who['returning'].ask(f'{ROLL}/challenges').body.decode()
    t('her challenge waits for nobody', 'waits for an answer' not in page and 'what only she' not in page, page)
    page = who['returning'].ask(f'{ROLL}/corrections').body.decode()
    t('her corrections are somebody\'s', page.count('no longer in the list') >= 2 and 'the form says another section' in page, page)
    t('and the other one is still hers who has it', b'youth' in walk.signed_in(folder, url, person(folder, 'O2')[0]).ask('/me/rolls/leeds-2013').body)
    t('the server counts as before', who['returning'].ask(ROLL).status == 200 and who['secretary'].ask(f'/units/leeds/people/{her}').status == 404)
    answer = post(who['returning'], f'{ROLL}/corrections/new', {'who': 'O3', 'kind': 'off', 'reason': 'it was ruled so'})
    t('the roll goes on', answer.status == 303 and in_force(who) == count - 1, answer)
    return who


def check_while_it_freezes(t, folder, url, who):
    """A freeze that read the list before she went must not bring her back."""
    store, now, put = rows.Rows(folder), int(time.time() * 1000), []
    ids = [walk.b64(walk.hashlib.sha256(f'many {n}'.encode()).digest()[:16]) for n in range(20000)]
    for n, one in enumerate(ids):
        name = 'Wilhelmina' if n == 777 else 'Many'
        put.append(store.insert('person', id=one, number=10000 + n, version=1, given_name=name, family_name=f'M{n}', country='GB', added=now, changed=now))
        put.append(store.insert('membership', unit='leeds', person=one, id=one[::-1], status='active', status_since='2020-01-01', history='active 2020-01-01', joined='2020-01-01', added=now))
    store.tell(*put)
    member = walk.signed_in(folder, url, ids[777])
    token = member.token('/me/erase')
    post(who['returning'], '/units/leeds/new-roll', {**DRAFT, 'slug': 'busy'})
    post(who['returning'], '/units/leeds/rolls/busy/freeze', {'sure': 'yes'})
    until(lambda: store.ask("SELECT count(*) FROM roll_page WHERE roll = 'busy'")[0][0] > 0)
    answer = member.post('/me/erase', {'word': 'erase'}, token)
    t('she goes while a freeze is at work', answer.status == 303, answer)
    t('it ends', until(lambda: store.ask("SELECT version FROM roll WHERE slug = 'busy'") == [(1,)]))
    t('its audit, too', until(lambda: store.ask('SELECT count(*) FROM audit_job') == [(0,)]))
    left = {place for place in where(folder, ['Wilhelmina', ids[777]]) if place.split('.')[0] not in IDS_MAY_STAY}
    t('and has nothing of hers', not left, sorted(left))
    t('everybody else is on it', b'Many' in walk.signed_in(folder, url, ids[778]).ask('/me/rolls/busy/proof').body and store.ask("SELECT entries FROM roll_erased WHERE roll = 'busy'") in ([(1,)], []))


def on_server(t, folder):
    with site(folder) as (_, url):
        walk.people(folder)
        who = check_erased(t, folder, url)
        check_while_it_freezes(t, folder, url, who)


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--hustings':
        deploy.HUSTINGS = pathlib.Path(sys.argv[2]).resolve()
    tally = deploy.Tally('people erase')
    rows.on_each_engine(tally, on_server)
    tally.end()


if __name__ == '__main__':
    main()
