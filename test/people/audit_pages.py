#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""audit_pages.py [--hustings PATH]: the audit of a roll in the store, from outside, on SQLite, and on PostgreSQL too when
HUSTINGS_TEST_POSTGRES names one (test/postgres.py run). A real server: a draft is audited, every freeze is audited by itself, a release is
refused while a critical question has no answer, answers stay with their question, are withdrawn, and stop counting when the evidence is another; what was asked
about a frozen roll is not forgotten when the list is changed; another unit's officers and members see nothing of it, and this unit's nothing of theirs; who is
erased is no evidence any more; kill -9 in the middle of an audit. Last line: "audit pages: N passed, N failed".
"""
import contextlib
import csv
import io
import json
import pathlib
import re
import signal
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'security'), str(HERE.parent / 'deploy')]
import rows
import walk
from walk import deploy

ROLL, NEW = '/units/leeds/rolls/leeds-2013', '/units/leeds/new-roll'
AUDIT = ROLL + '/audit'
DRAFT = {'title': 'Selection 2013', 'slug': 'leeds-2013', 'freeze': '2023-03-12', 'months': '0', 'statuses': 'active', 'one_paper': 'person'}
PAID_BY_ONE = 9  # of whom six are in Leeds and three in Hull


@contextlib.contextmanager
def site(folder):
    with walk.server(folder, environment={'HUSTINGS_LIMITS_RATES': '0', **rows.settings(folder)}) as (process, url):
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, url


def ask(folder, query):
    return rows.Rows(folder).ask(query)


def post(browser, path, fields, page=None):
    return browser.post(path, fields, browser.token(page or path))


def text(answer):
    return answer.body.decode(errors='replace')


def until(what, seconds=60, pause=0.1):
    for _ in range(int(seconds / pause)):
        if what():
            return True
        time.sleep(pause)
    return False


def a_member(store, n, unit, now, **of_membership):
    """Two statements: a person, and her membership."""
    person = walk.b64(walk.hashlib.sha256(f'member {n}'.encode()).digest()[:16])
    return [store.insert('person', id=person, number=1000 + n, version=1, identifier=f'M{n}', given_name='Given', family_name=f'Family{n}', address=f'{n} High Street',
                 postcode=f'LS{n % 29} {n % 9}AA', country='GB', added=now, changed=now),
            store.insert('membership', **{**dict(unit=unit, person=person, id=person[::-1], status='active', status_since='2020-01-01', history='active 2020-01-01', section='members',
                                             joined=f'20{10 + n % 12}-0{1 + n % 9}-03', payer=f'payer {n}', method='card', added=now), **of_membership})]


def fill(folder):
    """A hundred in each of two units below one top: one payer for nine, at nine addresses; one signature for two."""
    store, now = rows.Rows(folder), int(time.time() * 1000)
    put = [store.insert('unit', slug='hull', name='Hull', kind='branch', above=walk.REGION, folded='hull', added=now)]
    for above, steps in (('hull', 0), (walk.REGION, 1)):
        put.append(store.insert('unit_over', above=above, unit='hull', steps=steps))
    for n in range(200):
        planted = {'payer': 'one purse'} if n < PAID_BY_ONE else {'signature': 'same hand'} if n in (20, 21) else {}
        put += a_member(store, n, 'leeds' if n < 6 or 9 <= n < 100 else 'hull', now, **planted)
    store.tell(*put)


def is_audited(folder, runs):
    return until(lambda: ask(folder, 'SELECT count(*) FROM audit_job')[0][0] == 0 and ask(folder, 'SELECT COALESCE(max(run), 0) FROM audit_run')[0][0] == runs)


def again(folder, who, runs):
    return post(who['first'], AUDIT + '/run', {}, AUDIT).status == 303 and is_audited(folder, runs)


def questions(who, path=AUDIT):
    """By check: the path of each question on the page."""
    found = {}
    for link, title in re.findall(rf'<a href="({AUDIT}/questions/\w+)">([^<]*)</a>', text(who['first'].ask(path))):
        found.setdefault(title, []).append(link)
    return found


def check_draft(t, folder, who):
    post(who['first'], NEW, DRAFT)
    t('a draft was not audited', 'was not audited yet' in text(who['first'].ask(AUDIT)))
    t('it is audited when that is asked', again(folder, who, 1))
    asked = questions(who)
    t('one payer is asked about, and one signature', len(asked.get('One payer for many', ())) == 1 and len(asked.get('Missing or doubled signatures', ())) == 1, asked)
    page = text(who['first'].ask(asked['One payer for many'][0]))
    names = {int(n) for n in re.findall(r'Family(\d+)<', page)}
    t('the evidence of this unit is shown', names == set(range(6)), names)
    t('and how much of it is elsewhere', '6 of these 9 memberships are in your units' in page)
    t('its members\' numbers, to find the papers by', '>M3<' in page and 'one purse' in page)
    page = text(who['first'].ask(AUDIT + '/units'))
    t('units below the roll stand beside the base rate, others do not', 'All units' in page and 'Leeds' in page and 'Hull' not in page)
    both = json.loads(who['first'].ask(AUDIT + '.json').body)
    t('programs read the same', {q['title'] for q in both['questions']} == set(asked) and both['audit']['memberships'] != both['audit']['organisation'], both['audit'])
    t('a list that is chosen', set(questions(who, AUDIT + '?weight=note')) == {q['title'] for q in both['questions'] if q['weight'] == 'note'}
      and who['first'].ask(AUDIT + '?weight=grave').status in (400, 422))


def check_nobody_else(t, who):
    link = questions(who)['One payer for many'][0]
    for path in ('', '/units', '/answers', '/report', link.removeprefix(AUDIT), link.removeprefix(AUDIT) + '/answer'):
        there = AUDIT.replace('leeds', 'york', 1) + path
        t(f'{path or "/"}: nobody else\'s', who['elsewhere'].ask(AUDIT + path).status == 403 and who['elsewhere'].ask(there).status == 404
          and who['member'].ask(AUDIT + path).status == 403 and who['visitor'].ask(AUDIT + path).status in (303, 403))
    t('no question of another roll', who['first'].ask(AUDIT + '/questions/' + '0' * 24).status == 404)


def check_release(t, folder, who):
    post(who['first'], ROLL + '/freeze', {'sure': 'yes'})
    t('a freeze is audited by itself', is_audited(folder, 2) and ask(folder, 'SELECT version FROM audit_run WHERE run = 2') == [(1,)])
    asked = questions(who)
    payer, signature = asked['One payer for many'][0], asked['Missing or doubled signatures'][0]
    t('older evidence goes', ask(folder, 'SELECT DISTINCT run FROM audit_evidence') == [(2,)])
    answer = post(who['first'], ROLL + '/release', {'contest': 'selection-2013'})
    t('a release is refused while critical questions are open', answer.status == 422 and '2 critical questions without an answer' in text(answer), text(answer))
    t('an answer has words', post(who['first'], payer + '/answer', {'words': 'ok'}).status == 422)
    t('a question is answered', post(who['first'], payer + '/answer', {'words': 'The treasurer paid at the meeting; I saw nine receipts.'}).status == 303)
    page = text(who['first'].ask(payer))
    t('which stands beside it, with her name', 'I saw nine receipts' in page and 'Ann Number' in page and 'returning officer of' in page)
    t('her answer is nothing public', 'receipts' not in text(who['visitor'].ask('/rolls/leeds-2013')) and 'receipts' not in text(who['visitor'].ask('/record')))
    t('one is left', '1 critical question without an answer' in text(post(who['first'], ROLL + '/release', {'contest': 'selection-2013'})))
    t('it is withdrawn', post(who['first'], payer + '/withdraw', {'words': 'They were other receipts.'}).status == 303)
    t('once', post(who['first'], payer + '/withdraw', {'words': 'They were other receipts.'}).status == 422)
    page = text(who['first'].ask(payer))
    t('both are read, and it is open again', 'I saw nine receipts' in page and 'They were other receipts' in page and 'its answer was withdrawn' in page)
    post(who['second'], payer + '/answer', {'words': 'Nine members said that they knew.'})
    return payer, signature


def check_kept(t, folder, who, payer, signature):
    """Runs 3 to 5: the same list; another payer more; and the open question taken away by changing the list."""
    t('audited again', again(folder, who, 3))
    t('an answer stays', 'Critical question, answered' in text(who['first'].ask(payer)) and 'without an answer' not in text(who['first'].ask(payer)))
    store = rows.Rows(folder)
    store.tell(*a_member(store, 500, 'hull', int(time.time() * 1000), payer='one purse'))
    again(folder, who, 4)
    page = text(who['first'].ask(payer))
    t('an answer about other evidence does not count', 'the evidence is another now' in page and 'about other evidence' in page)
    store.tell("UPDATE membership SET signature = '' WHERE signature <> ''")
    again(folder, who, 5)
    page = text(who['first'].ask(signature))
    t('what was asked is not forgotten when the list is changed', 'no longer asks this' in page and 'Family20<' in page and 'Family21<' in page)
    t('and is open', '2 critical questions' in text(post(who['first'], ROLL + '/release', {'contest': 'selection-2013'})))
    t('in the next audit, too', again(folder, who, 6) and 'Audit 4 did' in text(who['first'].ask(signature)))
    post(who['first'], signature + '/answer', {'words': 'One form was filed twice; the second is here now.'})
    post(who['first'], payer + '/answer', {'words': 'The tenth is her sister; both were asked.'})
    again(folder, who, 7)
    t('answered, it is asked no more', who['first'].ask(signature).status == 404)
    t('its answer stays', 'filed twice' in text(who['first'].ask(AUDIT + '/answers')))


def check_files(t, who):
    answer = who['first'].ask(AUDIT + '/report?format=csv')
    table = list(csv.DictReader(io.StringIO(answer.body.decode())))
    t('a file has the questions and the answers', any(row['check'] == 'one-payer' and row['state'] == 'answered' and 'sister' in row['answer'] and row['memberships'] == '10'
                                                     and row['memberships_here'] == '6' for row in table), table)
    whole = who['first'].ask(AUDIT + '/report?format=json').body
    t('as JSON, too', {q['key'] for q in json.loads(whole)['questions']} == {row['key'] for row in table})
    t('and names nobody', b'Family' not in whole and b'Family' not in answer.body)


def check_erased(t, folder, who, payer):
    person = ask(folder, "SELECT id FROM person WHERE family_name = 'Family3'")[0][0]
    path = f'/units/leeds/people/{person}'
    answer = post(who['secretary'], path + '/erase', {'sure': 'yes', 'reason': 'she asked for it'})
    t('somebody is erased', answer.status == 303 and ask(folder, f"SELECT count(*) FROM person WHERE id = '{person}'") == [(0,)], answer)
    t('and is no evidence any more', 'Family3<' not in text(who['first'].ask(payer)) and ask(folder, f"SELECT count(*) FROM audit_evidence WHERE person = '{person}'") == [(0,)])


def newest_leaf(folder):
    return json.loads(ask(folder, 'SELECT entry FROM record_leaf ORDER BY number DESC LIMIT 1')[0][0])


def check_released(t, folder, who):
    t('it is released', post(who['first'], ROLL + '/release', {'contest': 'selection-2013'}).status == 303)
    leaf = newest_leaf(folder)
    t('with how much was asked and answered', leaf['act'] == 'roll.released' and leaf['data']['audit'] == {'critical': 1, 'critical_answered': 1, 'questions': 0, 'questions_answered': 0}, leaf)
    t('and nobody\'s name', 'Family' not in json.dumps(leaf))


def check_overridden(t, folder, who):
    """Another roll, whose critical question nobody answers."""
    roll = ROLL.replace('2013', '2014')
    post(who['first'], NEW, {**DRAFT, 'slug': 'leeds-2014', 'title': 'Selection 2014'})
    post(who['first'], roll + '/freeze', {'sure': 'yes'})
    t('each roll has its own questions', until(lambda: ask(folder, "SELECT count(*) FROM audit_run WHERE roll = 'leeds-2014'")[0][0] == 1)
      and post(who['first'], roll + '/release', {'contest': 'selection-2014'}).status == 422)
    link = post(who['first'], roll + '/override', {'reason': 'the papers are at the police'}).headers['Location']
    t('its override is proposed in public', newest_leaf(folder)['act'] == 'roll.proposed')
    t('its override takes another officer', post(who['first'], link + '/confirm-override', {}, link).status == 403
      and post(who['second'], link + '/confirm-override', {}, link).status == 303)
    leaf = newest_leaf(folder)
    t('which is a leaf: why, and that two meant it', leaf['act'] == 'roll.overridden' and 'police' in json.dumps(leaf), leaf)
    rows.Rows(folder).tell("UPDATE roll_proposal SET critical = 0 WHERE roll = 'leeds-2014'")
    t('it overrides as many questions as were published with it, and no more', post(who['first'], roll + '/release', {'contest': 'selection-2014'}).status == 422)
    rows.Rows(folder).tell("UPDATE roll_proposal SET critical = 1 WHERE roll = 'leeds-2014'")
    t('then it is released', post(who['first'], roll + '/release', {'contest': 'selection-2014'}).status == 303)


def check_dropped(t, folder, who):
    roll = ROLL.replace('2013', '2015')
    post(who['first'], NEW, {**DRAFT, 'slug': 'leeds-2015', 'title': 'Selection 2015'})
    post(who['first'], roll + '/audit/run', {}, roll + '/audit')
    until(lambda: ask(folder, "SELECT count(*) FROM audit_run WHERE roll = 'leeds-2015'")[0][0] == 1)
    t('a draft that is deleted takes its audit with it', post(who['first'], roll + '/delete', {}, roll).status == 303 and not any(
        ask(folder, f"SELECT count(*) FROM {table} WHERE roll = 'leeds-2015'")[0][0] for table in ('audit_job', 'audit_run', 'audit_question', 'audit_evidence', 'audit_answer')))


def check_killed(t, folder):
    """kill -9 while it writes: nothing of it is seen, and it is done again by itself."""
    store, now = rows.Rows(folder), int(time.time() * 1000)
    store.tell(*(statement for n in range(1000, 31000) for statement in a_member(store, n, 'leeds', now, signature=f'hand {n // 2}')))
    half = 0
    for turn in range(20):  # as many as it takes: an audit may be faster than the signal
        slug = f'killed-{turn}'
        asked, done = f"SELECT count(*) FROM audit_question WHERE roll = '{slug}'", f"SELECT count(*) FROM audit_run WHERE roll = '{slug}'"
        with site(folder) as (process, url):
            who = {'first': walk.make('returning-officer of leeds', folder, url)}
            post(who['first'], NEW, {**DRAFT, 'slug': slug, 'title': 'Killed'})
            path = f'/units/leeds/rolls/{slug}/audit'
            post(who['first'], path + '/run', {}, path)
            until(lambda: ask(folder, asked)[0][0] > 0, pause=0.005)
            process.send_signal(signal.SIGKILL)
            process.wait()
        half = ask(folder, asked)[0][0]
        if half > 0 and ask(folder, done) == [(0,)]:
            break
    t('it was killed in the middle', half > 0 and ask(folder, done) == [(0,)], half)
    if rows.Rows(folder).is_postgres:  # another server might be at it: it is waited for, five minutes
        rows.Rows(folder).tell('UPDATE audit_job SET touched = touched - 360000')
    with site(folder) as (_, url):
        t('and done again by itself', until(lambda: ask(folder, done)[0][0] == 1 and ask(folder, 'SELECT count(*) FROM audit_job')[0][0] == 0))
    whole = ask(folder, f"SELECT critical FROM audit_run WHERE roll = '{slug}'")[0][0]
    t('all of it, once', whole == 15001
      and ask(folder, f"SELECT count(*), count(DISTINCT question) FROM audit_question WHERE roll = '{slug}' AND weight = 'critical'") == [(whole, whole)], whole)


def on_server(t, folder):
    with site(folder) as (_, url):
        walk.people(folder)
        fill(folder)
        make = lambda role: walk.make(role, folder, url)
        who = {'first': make('returning-officer of leeds'), 'second': make('returning-officer of north'), 'member': make('member'),
               'elsewhere': make('returning-officer of york'), 'secretary': make('secretary of leeds'), 'visitor': make('visitor')}
        check_draft(t, folder, who)
        check_nobody_else(t, who)
        payer, signature = check_release(t, folder, who)
        check_kept(t, folder, who, payer, signature)
        check_files(t, who)
        check_erased(t, folder, who, payer)
        check_released(t, folder, who)
        check_overridden(t, folder, who)
        check_dropped(t, folder, who)
    check_killed(t, folder)


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--hustings':
        deploy.HUSTINGS = pathlib.Path(sys.argv[2]).resolve()
    tally = deploy.Tally('audit pages')
    rows.on_each_engine(tally, on_server)
    tally.end()


if __name__ == '__main__':
    main()
