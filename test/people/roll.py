#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""roll.py [--hustings PATH]: rolls from outside, on SQLite, and on PostgreSQL too when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run). A real server: draft, preview, freeze, each member's own proof checked by the command line, a challenge and its
answer, corrections, a freeze date moved by two officers, a release; another unit's officers and members see nothing of it; kill -9 in the middle of a freeze. And
without a server: freeze, check, sweep, every byte of what was written changed. Last line: "roll: N passed, N failed".
"""
import contextlib
import csv
import datetime
import html.parser
import io
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'security'), str(HERE.parent / 'deploy')]
import rows
import walk
from walk import deploy

ROLL, NEW = '/units/leeds/rolls/leeds-2013', '/units/leeds/new-roll'
DRAFT = {'title': 'Selection 2013', 'slug': 'leeds-2013', 'freeze': '2023-03-12', 'months': '12', 'statuses': 'active', 'one_paper': 'person'}
LIST = '''id,name,unit,section,class,status,joined,first_receipt,paid_until
1,Ann One,leeds,members,standard,active,2011-01-03,2011-01-03,2014-01-03
2,Bea Two,leeds,affiliates,standard,active,2012-06-03,2012-06-03,2014-01-03
3,Cy Three,york,members,standard,active,2010-06-03,2010-06-03,2013-01-03
4,Di Four,york,members,youth,lapsed,2010-06-03,2010-06-03,2013-01-03
5,Ed Five,hull,members,standard,active,2009-06-03,2009-06-03,2015-01-03
'''


@contextlib.contextmanager
def site(folder):
    with walk.server(folder, environment={'HUSTINGS_LIMITS_RATES': '0', **rows.settings(folder)}) as (process, url):
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, url


def hustings(*words):
    return subprocess.run([str(deploy.HUSTINGS), *map(str, words)], env=walk.BARE, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def post(browser, path, fields, page=None):
    return browser.post(path, fields, browser.token(page or path))


def text(answer):
    return answer.body.decode(errors='replace')


def until(what, seconds=30, pause=0.1):
    for _ in range(int(seconds / pause)):
        if what():
            return True
        time.sleep(pause)
    return False


def is_frozen(browser, version):
    return until(lambda: f'Frozen, version {version}' in text(browser.ask(ROLL)))


def ask(folder, query):
    return rows.Rows(folder).ask(query)


def number(folder, query):
    return ask(folder, query)[0][0]


def leaves(folder):
    return [json.loads(entry) for entry, in ask(folder, 'SELECT entry FROM record_leaf ORDER BY number')]


class Form(html.parser.HTMLParser):
    """What a browser would send of the form for POST that a page shows, as it is shown."""

    def __init__(self, page):
        super().__init__()
        self.inside, self.sent = False, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == 'form':
            self.inside = a.get('method') == 'post'
        if not self.inside or tag != 'input' or a['name'] in ('_csrf', '_key'):
            return
        if a.get('type') not in ('checkbox', 'radio') or 'checked' in a:
            self.sent.append((a['name'], a.get('value', 'on')))

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != 'form'


def send(browser, path, pairs):
    """Fields that repeat, in their order."""
    sealed = [*pairs, ('_key', walk.deploy.os.urandom(16).hex()), ('_csrf', browser.token(path))]
    return browser.ask(path, 'POST', walk.urllib.parse.urlencode(sealed), {'Content-Type': 'application/x-www-form-urlencoded'})


# In their one form, as the store has them: what the form shows of each and is sent back unchanged must be each again.
RULES = [
    '{"freeze":"2013-03-12","months":0,"grace_days":0,"joined_by":null,"statuses":["active"],"sections":null,"classes":null,"units":null,"fee_paid":false,"declared":null,"one_paper":"person"}',
    '{"freeze":"2013-03-12","months":12,"grace_days":31,"joined_by":"2012-01-31","statuses":["applied","active","lapsed","died"],"sections":["unions","members","affiliates"],'
    '"classes":{"not":["honorary","supporter"]},"units":{"not":["leeds"]},"fee_paid":true,"declared":["affiliates","unions"],"one_paper":"section"}',
    '{"freeze":"2013-03-12","months":600,"grace_days":0,"joined_by":null,"statuses":["suspended"],"sections":{"not":["affiliates"]},"classes":["standard","youth"],"units":["leeds"],'
    '"fee_paid":false,"declared":null,"one_paper":"person"}',
]


def check_form(t, folder, who):
    """What the list does not have today, or the form cannot tick, would be lost without a word."""
    path, browser = '/units/leeds/rolls/of-a-form/rules', who['first']
    kept = lambda: ask(folder, "SELECT rules FROM roll WHERE slug = 'of-a-form'")[0][0]
    t('a draft for the form', post(browser, NEW, {**DRAFT, 'slug': 'of-a-form'}).status == 303)
    for number, rules in enumerate(RULES, 1):
        store = rows.Rows(folder)
        store.tell(f"UPDATE roll SET rules = {store.literal(rules)} WHERE slug = 'of-a-form'")
        form = Form(text(browser.ask(path))).sent
        answer = send(browser, path, form)
        t(f'rules {number}: the form sent back as it is shown changes nothing', answer.status == 303 and kept() == rules, (answer, kept()))
    form = dict(form)
    t('what somebody else changed meanwhile is not written over', send(browser, path, {**form, 'was': '0' * 64}.items()).status == 422 and kept() == rules)
    answer = send(browser, path, {**form, 'units': 'leeds leds'}.items())
    t('a unit that is none is named', answer.status == 422 and 'There is no unit leds' in text(answer) and kept() == rules, answer)
    answer = send(browser, path, {**form, 'order': 'members'}.items())
    t('an order of sections that are not ticked is refused', answer.status == 422 and 'members is not ticked' in text(answer), answer)
    order = [(name, value) for name, value in form.items() if name not in ('sections', 'sections_how', 'order')]
    order += [('sections', 'affiliates'), ('sections', 'members'), ('sections', 'unions'), ('order', 'unions, members')]
    t('sections in the order that is asked for', send(browser, path, order).status == 303 and json.loads(kept())['sections'] == ['unions', 'members', 'affiliates'], kept())
    answer = send(browser, path, [*(pair for pair in order if pair[0] != 'was'), ('classes', 'No such Class')])
    t('a word that is none is told', answer.status == 422 and 'words of lower-case letters' in text(answer), answer)
    t('an empty draft is deleted', post(browser, path.replace('/rules', '/delete'), {}, path).status == 303)


def check_sweep(t, folder, who):
    def sweep(query):
        answer = who['first'].ask(f'{ROLL}/sweep?{query}')
        return list(csv.DictReader(io.StringIO(text(answer)))) if answer.status == 200 else answer
    day = lambda row: datetime.date.fromisoformat(row['freeze'])
    days, weeks, months = (sweep(f'from=2019-11-30&to=2020-02-10&step={step}') for step in ('day', 'week', 'month'))
    t('a sweep of every day', len(days) == 73 and days[0] == {'freeze': '2019-11-30', 'on': '0', 'gained': '0', 'lost': '7'}, days[:2])
    t('has the day on which they are members for so long', [row['on'] for row in sweep('from=2020-12-31&to=2021-01-01&step=day')] == ['0', '7'])
    t('of every week, with its ends', [row['freeze'] for row in weeks[:2]] == ['2019-11-30', '2019-12-01'] and all((day(b) - day(a)).days == 7 for a, b in zip(weeks[1:], weeks[2:-1])), weeks)
    t('of every month', [row['freeze'] for row in months] == ['2019-11-30', '2019-12-12', '2020-01-12', '2020-02-10'], months)
    by_day = {row['freeze']: row for row in days}
    t('each step has the figures of its day', all(by_day[row['freeze']] == row for row in weeks + months))
    page = text(who['first'].ask(ROLL + '/preview?from=2019-11-30&to=2020-02-10&step=week'))
    t('the page has the same rows', page.count('/moved?to=') == len(weeks) and 'step=week' in page)
    for query, says in (('from=2019-02-30', 'There is no day'), ('from=2020-01-02&to=2020-01-01', 'not before the first'), ('from=1950-01-01&to=2020-01-01', 'at most 3660 days')):
        answer = who['first'].ask(f'{ROLL}/preview?{query}')
        t(f'{query}: is told', answer.status == 422 and says in text(answer), answer)
    t('a sweep names nobody', 'Number' not in text(who['first'].ask(f'{ROLL}/sweep')))
    t('a sweep is nobody else\'s', [who[name].ask(ROLL + '/sweep').status for name in ('member', 'elsewhere')] == [403, 403])


def check_draft(t, folder, who):
    answer = post(who['first'], NEW, {**DRAFT, 'freeze': '2023-02-30'})
    t('a freeze date that is none is told beside its box', answer.status == 422 and 'Expected a day from' in text(answer), answer)
    t('a draft is made', post(who['first'], NEW, DRAFT).status == 303)
    t('its address is taken', post(who['first'], NEW, DRAFT).status == 422)
    page = text(who['first'].ask(ROLL + '/preview'))
    t('the preview draws the sweep, with its table', '<svg class="sweep"' in page and 'Were the freeze date another' in page and page.count('/moved?to=') > 20)
    t('who would gain and lose, by name', 'Ann Number' in text(who['first'].ask(ROLL + '/moved?to=2019-12-01')))
    t('a draft is nobody else\'s', all(who[name].ask(path).status == status for name, path, status in (
        ('member', '/rolls/leeds-2013', 404), ('member', '/me/rolls/leeds-2013', 404), ('member', ROLL, 403), ('elsewhere', ROLL, 403))))
    t('not under another unit of hers', who['second'].ask('/units/north/rolls/leeds-2013').status == 404)
    t('a freeze wants the box ticked', post(who['first'], ROLL + '/freeze', {}).status == 422)


def check_freeze(t, folder, who):
    before = len(leaves(folder))
    t('a freeze is asked for', post(who['first'], ROLL + '/freeze', {'sure': 'yes'}).status == 303)
    t('and done', is_frozen(who['first'], 1))
    kinds = [leaf['act'] for leaf in leaves(folder)[before:]]
    t('with one leaf', kinds == ['roll.frozen'], kinds)
    (folder / 'roll.json').write_bytes(who['visitor'].ask('/rolls/leeds-2013/versions/1/published').body)
    t('what is published has the digest in the record', leaves(folder)[-1]['files'][0]['sha256'] == walk.hashlib.sha256((folder / 'roll.json').read_bytes()).hexdigest())
    t('and names nobody', b'Number' not in (folder / 'roll.json').read_bytes())
    (folder / 'whole').mkdir()
    shutil.copy(folder / 'roll.json', folder / 'whole/roll.json')
    (folder / 'whole/hashes.bin').write_bytes(who['visitor'].ask('/rolls/leeds-2013/versions/1/hashes').body)
    t('the hashes have its root', hustings('roll', 'check', folder / 'whole').returncode == 0)


def check_proofs(t, folder, who, url):
    """Every person's own; and nobody else's."""
    on = 0
    for role in walk.PERSONS:
        browser = walk.make(role, folder, url)
        answer, here = browser.ask('/me/rolls/leeds-2013/proof'), 'york' not in role
        (folder / 'proof').write_bytes(answer.body)
        checked = hustings('roll', 'check', folder / 'roll.json', folder / 'proof')
        right = answer.status == 200 and checked.returncode == 0 and walk.person_id(role) in checked.stdout
        t(f'{role}: {"her own entry, proved" if here else "nothing of a roll of another unit"}', right if here else answer.status == 404, checked.stderr)
        on += right
    t('as many as were frozen', on == json.loads((folder / 'roll.json').read_text())['count'])
    numbers = [who['member'].ask(f'/me/rolls/leeds-2013/proof?entry={n}').status for n in range(12)]
    t('of all numbers a member gets her own alone', numbers.count(200) == 1 and numbers.count(404) == 11, numbers)
    proof, wrong = who['member'].ask('/me/rolls/leeds-2013/proof').body, []
    for at in range(0, len(proof), 7):  # each byte of it: test/unit/roll/freeze.c
        (folder / 'proof').write_bytes(proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1:])
        if hustings('roll', 'check', folder / 'roll.json', folder / 'proof').returncode != 2:
            wrong.append(at)
    t('a changed proof is refused', not wrong, wrong)


def check_challenge(t, folder, who):
    path, page = '/me/rolls/leeds-2013/challenge', lambda: text(who['member'].ask('/me/rolls/leeds-2013'))
    t('a member challenges', post(who['member'], path, {'words': 'My section is another one.'}).status == 303)
    t('one waits at a time', post(who['member'], path, {'words': 'My section is another one.'}).status == 422)
    link = re.search(rf'{ROLL}/challenges/[\w-]+', text(who['first'].ask(ROLL + '/challenges')))[0]
    t('another unit\'s officer cannot read it', who['elsewhere'].ask(link).status == 403 and who['elsewhere'].ask(link.replace('leeds', 'york', 1)).status == 404)
    fields = {'answer': 'You are right.', 'kind': 'section', 'section': 'affiliates', 'reason': 'her form says Number1'}
    t('a public reason that names her is refused', post(who['first'], link + '/correct', fields).status == 422)
    before = len(leaves(folder))
    t('it is answered with a correction', post(who['first'], link + '/correct', {**fields, 'reason': 'the form says another section'}).status == 303)
    t('once', post(who['first'], link + '/answer', {'answer': 'Once more'}).status == 422)
    new = leaves(folder)[before:]
    t('which is a leaf without a name', [leaf['act'] for leaf in new] == ['roll.corrected'] and 'Ann Number1"' not in json.dumps(new) and walk.person_id('member') not in json.dumps(new), new)
    t('she sees both', 'You are right.' in page() and 'affiliates' in page())
    t('everybody sees the reason', 'the form says another section' in text(who['visitor'].ask('/rolls/leeds-2013')) and 'Ann Number1<' not in text(who['visitor'].ask('/rolls/leeds-2013')))
    t('she is taken off', post(who['first'], ROLL + '/corrections/new', {'who': 'ann1@example.org', 'kind': 'off', 'reason': 'it was ruled so'}).status == 303)
    t('and told so', 'You are not on this roll' in page())
    t('somebody of another unit cannot be added', post(who['first'], ROLL + '/corrections/new', {'who': 'ann4@example.org', 'kind': 'add', 'reason': 'it was ruled so'}).status == 422)


def check_not_frozen(t, folder, who):
    """What cannot be taken back is not done by a slip: each is refused in words, and leaves a draft."""
    store, draft = rows.Rows(folder), lambda unit, slug, **more: post(who['first'], f'/units/{unit}/new-roll', {**DRAFT, 'slug': slug, **more})
    store.tell(store.insert('unit', slug='hull', name='Hull', kind='branch', above='leeds', folded='hull', added=1), store.insert('unit_over', above='hull', unit='hull', steps=0),
               store.insert('unit_over', above='leeds', unit='hull', steps=1), store.insert('unit_over', above='north', unit='hull', steps=2))
    before = len(leaves(folder))
    for unit, slug, more, says in (('leeds', 'later', {'freeze': '2098-01-01', 'months': '0'}, 'is in the future'), ('leeds', 'nobody', {'months': '600'}, 'nobody would stand on the roll'),
                                   ('hull', 'empty', {}, 'has no members')):
        path = f'/units/{unit}/rolls/{slug}'
        t(f'a draft: {slug}', draft(unit, slug, **more).status == 303)
        t(f'its preview: {slug}', who['first'].ask(path + '/preview').status == 200)
        answer = post(who['first'], path + '/freeze', {'sure': 'yes'})
        t(f'it is not frozen: {says}', answer.status == 422 and says in text(answer) and number(folder, 'SELECT count(*) FROM roll_job') == 0, answer)
    answer = post(who['first'], ROLL + '/move', {'day': '2098-01-01', 'reason': 'to see who will be there'})
    t('nor is its date moved into the future', answer.status == 422 and 'is in the future' in text(answer), answer)
    t('none of it is an act', len(leaves(folder)) == before)


def check_one_officer_twice(t, folder, who, link):
    """She who proposed is an officer still, and the second is not of her making: another mailbox, and the one that she had when she was given the role."""
    store, first, second = rows.Rows(folder), walk.person_id('returning-officer of leeds'), walk.person_id('returning-officer of north')
    token = who['second'].token(link)  # of the page, which she opened in time
    confirm = lambda: who['second'].post(link + '/confirm-move', {}, token)

    def refused(what, status, says, do, undo):
        store.tell(do)
        answer = confirm()
        store.tell(undo)
        t(what, answer.status == status and says in text(answer), answer)

    key = ask(folder, f"SELECT email_key FROM person WHERE id = '{second}'")[0][0]
    refused('not by her own other membership, with the same mailbox', 403, 'the same e-mail address', f"UPDATE person SET email_key = (SELECT email_key FROM person WHERE id = '{first}') WHERE id = '{second}'",
            f"UPDATE person SET email_key = '{key}' WHERE id = '{second}'")
    change = lambda by: store.insert('person_change', person=second, version=77, at=int(time.time() * 1000) + 1000, made_by=by, what='{"person":{"email":["old@example.org","new@example.org"]}}')
    gone = "DELETE FROM person_change WHERE version = 77"
    refused('not when somebody else changed the address of one of them', 403, 'was changed by somebody else', change('Ann Number7'), gone)
    refused('nor by an import', 403, 'was changed by somebody else', change('import AAAA'), gone)
    refused('not when she who proposed is no officer any more', 409, 'no returning officer of this unit any more', f"UPDATE role SET ended = 1 WHERE person = '{first}'", f"UPDATE role SET ended = 0 WHERE person = '{first}'")
    refused('not by one whose role ended', 403, '', f"UPDATE role SET ended = 1 WHERE person = '{second}'", f"UPDATE role SET ended = 0 WHERE person = '{second}'")
    refused('nor by one whose role ran out', 403, '', f"UPDATE role SET until = 1 WHERE person = '{second}'", f"UPDATE role SET until = {int(time.time() * 1000) + 86400_000} WHERE person = '{second}'")
    store.tell(change('self'))
    t('of all this nothing is left', ask(folder, 'SELECT state FROM roll_proposal') == [('open',)])


def check_two_officers(t, folder, who):
    before = len(leaves(folder))
    answer = post(who['first'], ROLL + '/move', {'day': '2019-12-01', 'reason': 'to let nobody take part'})
    link = answer.headers['Location']
    leaf = leaves(folder)[-1]
    t('a proposal is public at once, with its counts', leaf['act'] == 'roll.proposed' and leaf['data']['lost'] == 7 and leaf['reason'] == 'to let nobody take part', leaf)
    t('who proposed cannot confirm', post(who['first'], link + '/confirm-move', {}, link).status == 403)
    t('it is no override', post(who['second'], link + '/confirm-override', {}, link).status == 409)
    check_one_officer_twice(t, folder, who, link)
    t('another confirms', post(who['second'], link + '/confirm-move', {}, link).status == 303)
    t('it is frozen anew', is_frozen(who['first'], 2))
    new = [leaf['act'] for leaf in leaves(folder)[before:]]
    t('all of it is in the record', new == ['roll.proposed', 'roll.moved', 'roll.frozen'], new)
    t('the first version stays', who['visitor'].ask('/rolls/leeds-2013/versions/1/published').body == (folder / 'roll.json').read_bytes())
    t('the version is audited by itself', until(lambda: number(folder, 'SELECT count(*) FROM audit_job') == 0 and number(folder, 'SELECT max(version) FROM audit_run') == 2))
    t('nothing to override', post(who['first'], ROLL + '/override', {'reason': 'a reason of a test'}).status == 422)
    t('it is released', post(who['first'], ROLL + '/release', {'contest': 'selection-2013'}).status == 303 and leaves(folder)[-1]['act'] == 'roll.released')
    t('a second release is refused', post(who['first'], ROLL + '/release', {'contest': 'another-2013'}).status == 422)
    before = len(leaves(folder))
    t('it is corrected still, and that is a leaf', post(who['first'], ROLL + '/corrections/new', {'who': 'ann2@example.org', 'kind': 'add', 'reason': 'it was ruled so'}).status == 303
      and [leaf['act'] for leaf in leaves(folder)[before:]] == ['roll.corrected'], leaves(folder)[before:])
    t('and moves no more', post(who['first'], ROLL + '/move', {'day': '2022-12-01', 'reason': 'to move it again'}).status == 422)


def check_killed(t, folder):
    """kill -9 while it writes: a draft again, and nothing left of it."""
    store, now, put = rows.Rows(folder), int(time.time() * 1000), []
    for n in range(30000):
        person = walk.b64(walk.hashlib.sha256(f'many {n}'.encode()).digest()[:16])
        put.append(store.insert('person', id=person, number=1000 + n, version=1, given_name='Many', family_name=f'M{n}', country='GB', added=now, changed=now))
        put.append(store.insert('membership', unit='leeds', person=person, id=person[::-1], status='active', status_since='2020-01-01', history='active 2020-01-01',
                                joined='2020-01-01', added=now))
    store.tell(*put)
    cut, slug, fresh = 0, 'killed', True
    for turn in range(20):  # as many as it takes: a freeze may be faster than the signal, and then another roll is begun
        with site(folder) as (process, url):
            first = walk.make('returning-officer of leeds', folder, url)
            if fresh:
                post(first, NEW, {**DRAFT, 'slug': slug})
            post(first, f'/units/leeds/rolls/{slug}/freeze', {'sure': 'yes'})
            until(lambda: number(folder, f"SELECT count(*) FROM roll_page WHERE roll = '{slug}'") > 0, 10, pause=0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
        fresh = number(folder, f"SELECT version FROM roll WHERE slug = '{slug}'") > 0
        if fresh:
            slug = f'killed-{turn}'
            continue
        rows.Rows(folder).tell('UPDATE roll_job SET touched = 0')  # as after the minute in which another server on a PostgreSQL store might still be at it
        cut += number(folder, f"SELECT count(*) FROM roll_page WHERE roll = '{slug}'") > 0
        with site(folder) as (_, url):
            gone = until(lambda: number(folder, 'SELECT count(*) FROM roll_job') == 0 and number(folder, f"SELECT count(*) FROM roll_page WHERE roll = '{slug}'") == 0)
            t(f'killed, time {turn + 1}: a draft again, nothing left of it', gone and ask(folder, f"SELECT state, version FROM roll WHERE slug = '{slug}'") == [('draft', 0)])
        if cut >= 2:
            break
    t('it was killed in the middle', cut >= 1)
    with site(folder) as (_, url):
        first = walk.make('returning-officer of leeds', folder, url)
        if fresh:
            post(first, NEW, {**DRAFT, 'slug': slug})
        post(first, f'/units/leeds/rolls/{slug}/freeze', {'sure': 'yes'})
        until(lambda: number(folder, f"SELECT version FROM roll WHERE slug = '{slug}'") == 1)
    count = ask(folder, f"SELECT count FROM roll_version WHERE roll = '{slug}'")
    t('asked for again, it is frozen whole', count and count[0][0] >= 30000, count)


def check_without_a_server(t, folder):
    (folder / 'list.csv').write_text(LIST)
    (folder / 'rules.json').write_text('{"freeze": "2013-03-12", "months": 12, "fee_paid": true}')
    done = hustings('roll', 'freeze', folder / 'list.csv', '--rules', folder / 'rules.json', '--out', folder / 'frozen')
    t('a list is frozen', done.returncode == 0 and '2 of 5' in done.stdout, done)
    t('its entries are nobody else\'s to read', (folder / 'frozen/entries.jsonl').stat().st_mode & 0o777 == 0o600)
    t('it is right', hustings('roll', 'check', folder / 'frozen').returncode == 0)
    t('it is never written over', hustings('roll', 'freeze', folder / 'list.csv', '--rules', folder / 'rules.json', '--out', folder / 'frozen').returncode == 2)
    for name in ('roll.json', 'hashes.bin', 'entries.jsonl'):
        path, wrong = folder / 'frozen' / name, []
        whole = path.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 60)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            if hustings('roll', 'check', folder / 'frozen').returncode != 2:
                wrong.append(at)
        path.write_bytes(whole)
        t(f'{name}: changed bytes are refused', not wrong, wrong)
    done = hustings('roll', 'sweep', folder / 'list.csv', '--rules', folder / 'rules.json', '--from', '2012-01-01', '--to', '2013-12-31', '--format', 'json')
    (folder / 'none.csv').write_text(LIST.split('\n')[0] + '\n')
    for words in (('freeze', '--rules', folder / 'rules.json', '--out', folder / 'of-none'), ('sweep', '--rules', folder / 'rules.json'), ('audit',)):
        empty = hustings('roll', *words, folder / 'none.csv')
        t(f'{words[0]}: a list of nobody is refused', empty.returncode == 2 and 'none.csv' in empty.stderr and 'at least one membership' in empty.stderr, empty)
    days = {day['freeze']: day for day in json.loads(done.stdout)['days']}
    t('the sweep has each day', len(days) == 731)
    t('Bea gains a place when the date is her first birthday as a member', days['2013-06-03'] == {'freeze': '2013-06-03', 'on': 3, 'gained': 1, 'lost': 0}, days['2013-06-03'])
    t('and Cy has one before her fee ran out', days['2013-01-03']['gained'] == 1 and days['2013-01-04']['gained'] == 0)
    (folder / 'rules.json').write_text('{"freeze": "2013-03-12", "month": 12}')
    done = hustings('roll', 'sweep', folder / 'list.csv', '--rules', folder / 'rules.json')
    t('a rule that there is not is refused by name', done.returncode == 2 and "found 'month'" in done.stderr and 'rules.json' in done.stderr, done)
    (folder / 'list.csv').write_text(LIST.replace('2011-01-03,2011', '2011-13-03,2011'))
    (folder / 'rules.json').write_text('{"freeze": "2013-03-12"}')
    done = hustings('roll', 'freeze', folder / 'list.csv', '--rules', folder / 'rules.json', '--out', folder / 'other')
    t('a row that cannot be read stops the freeze, with its line', done.returncode == 2 and 'list.csv:2:' in done.stderr and not (folder / 'other').exists(), done)


def on_server(t, folder):
    with site(folder) as (_, url):
        walk.people(folder)
        make = lambda role: walk.make(role, folder, url)
        who = {'first': make('returning-officer of leeds'), 'second': make('returning-officer of north'), 'member': make('member'),
               'elsewhere': make('returning-officer of york'), 'visitor': make('visitor')}
        check_draft(t, folder, who)
        check_form(t, folder, who)
        check_sweep(t, folder, who)
        check_freeze(t, folder, who)
        check_proofs(t, folder, who, url)
        check_challenge(t, folder, who)
        check_not_frozen(t, folder, who)
        check_two_officers(t, folder, who)
    check_killed(t, folder)


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--hustings':
        deploy.HUSTINGS = pathlib.Path(sys.argv[2]).resolve()
    tally = deploy.Tally('roll')
    with tempfile.TemporaryDirectory() as name:
        check_without_a_server(tally, pathlib.Path(name))
    rows.on_each_engine(tally, on_server)
    tally.end()


if __name__ == '__main__':
    main()
