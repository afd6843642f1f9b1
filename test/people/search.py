#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""search.py [--hustings PATH]: officers find people, save searches and merge those who stand on the list twice, through a server; what they get of the people of
another branch is nothing. And the commands of the same. Last line: "people search: N passed, N failed".
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('security', 'deploy')]
import deploy
import walk
from deploy import Tally, server

HEAD = 'id,given_name,family_name,email,phone,postcode,born,unit,status,joined,consent\n'
LEEDS = HEAD + """L1,Zoë,Ó Súilleabháin,zoe@example.org,0113 496 0123,LS6 2AB,1990-01-02,leeds,active,2026-02-03,phone email
L2,Ada,Polkinghorne,ada@example.org,0113 496 0456,LS12 1AA,1980-05-05,leeds,active,2012-01-03,phone
L3,Adda,Polkinghorne,ada@example.org,,LS12 1AA,1980-05-05,leeds,active,2013-01-03,
L4,Bo,Teller,,0113 496 0999,LS6 1ZZ,,leeds,lapsed,2013-01-03,phone
"""
YORK = HEAD + """Y1,Quentin,Xanthopoulos,q.x@example.net,0114 496 0001,YO1 7HH,1970-01-01,york,active,2026-03-03,phone
Y2,Quentina,Xanthopoulos,q.x@example.net,0114 496 0001,YO1 7HH,1970-01-01,york,active,2026-03-03,phone
Y3,Ada,Polkinghorne,ada.york@example.net,,YO1 7HH,,york,active,2026-03-03,
"""
NAME = re.compile(rb'<th scope="row" role="rowheader"><a href="[^"]+"><bdi>([^<]*)</bdi>')
TOKEN = re.compile(r'[A-Za-z0-9_-]{22}')


def fill(folder):
    walk.run(folder, 'publish', '--store', 'hustings.db', walk.EXAMPLE)
    walk.people(folder)
    for unit, text in (('leeds', LEEDS), (walk.ELSEWHERE, YORK.replace(',york,', f',{walk.ELSEWHERE},'))):
        (folder / f'{unit}.csv').write_text(text, encoding='utf-8')
        walk.run(folder, 'people', 'import', '--store', 'hustings.db', '--unit', unit, f'{unit}.csv')
    # Those whom walk.py put in stand in no index: what a restore leaves behind, too.
    walk.run(folder, 'people', 'reindex', '--store', 'hustings.db')


def find(browser, unit, words):
    answer = browser.post(f'/units/{unit}/search', {'words': words}, browser.token(f'/units/{unit}/search'))
    return answer, [name.decode() for name in NAME.findall(answer.body)]


def finding(tally, folder, url):
    for role in ('organiser of leeds', 'secretary of leeds'):
        hers = walk.signed_in(folder, url, walk.person_id(role))
        for words, names in (('suilleabhain', ['Zoë Ó Súilleabháin']), ('ZOE', ['Zoë Ó Súilleabháin']), ('0113 4960456', ['Ada Polkinghorne']), ('+44113496 0456', ['Ada Polkinghorne']),
                             ('ls6', ['Zoë Ó Súilleabháin', 'Bo Teller']), ('1zz', ['Bo Teller']), ('ada@exam', ['Ada Polkinghorne', 'Adda Polkinghorne']),
                             ('kingh', ['Ada Polkinghorne', 'Adda Polkinghorne']), ('l4', ['Bo Teller']), ('Polkinghonre', ['Ada Polkinghorne', 'Adda Polkinghorne']),
                             ('poulos', []), ('Xanthopoulos', []), ('quentin', []), ('0114 496', []), ('yo1', []), ('Xantopoulos', []), ('"\'%_*', None)):
            answer, found = find(hers, 'leeds', words)
            if names is None:
                tally(f'{role}: what cannot be searched is told in words', answer.status == 422 and b'Type a part of a name' in answer.body, answer.status)
            else:
                tally(f'{role}: {words}', answer.status == 200 and found == names, (answer.status, found))
    answer, _ = find(hers, 'leeds', 'Polkinghonre')
    tally('a mended word is told', b'Showing people called' in answer.body)
    answer, _ = find(hers, 'leeds', 'Xanthopuolos')
    tally('and never with the name of somebody elsewhere', b'anthopoulos' not in answer.body.replace(b'Xanthopuolos', b''))
    answer = hers.ask('/units/leeds/search?words=zoe')
    tally('names stand in no address', answer.status != 200 or not NAME.findall(answer.body))
    for unit in (walk.ELSEWHERE, 'no-such-unit'):
        answer = hers.ask(f'/units/{unit}/search')
        tally(f'she cannot search in {unit}', answer.status in (403, 404), answer.status)
        answer = hers.post(f'/units/{unit}/search', {'words': 'ada'}, hers.token('/units/leeds/search'))
        tally(f'nor ask without the form in {unit}', answer.status in (403, 404) and b'Polkinghorne' not in answer.body, answer.status)


def saving(tally, folder, url):
    hers = walk.signed_in(folder, url, walk.person_id('organiser of leeds'))
    other = walk.signed_in(folder, url, walk.person_id('organiser of york'))
    new = '/units/leeds/searches/new'
    criteria = {'name': 'To be rung', 'status': 'active', 'joined_from': '2026-01-01', 'may_be_rung': 'yes'}
    answer = hers.post('/units/leeds/searches/count', criteria, hers.token(new))
    tally('it is counted before it is saved', answer.status == 200 and b'<strong>1 person</strong>' in answer.body, (answer.status, answer.body[-1500:]))
    tally('what was typed stays', b'value="To be rung"' in answer.body and b'value="2026-01-01"' in answer.body)
    answer = hers.post(new, {**criteria, 'joined_from': 'soon'}, hers.token(new))
    tally('a date that is none is refused', answer.status == 422 and b'2013-06-25' in answer.body, answer.status)
    answer = hers.post(new, {**criteria, 'below': walk.ELSEWHERE}, hers.token(new))
    tally('a unit that is not below is refused', answer.status == 422, answer.status)
    answer = hers.post(new, criteria, hers.token(new))
    tally('it is saved', answer.status == 303, (answer.status, answer.body[:500]))
    path = answer.headers['Location']
    view = json.loads(hers.ask(f'{path}.json').body)
    tally('it selects whom it says', [p['name'] for p in view['found']] == ['Zoë Ó Súilleabháin'] and view['people'] == 1, view)
    tally('in words', view['selects'] == 'active members who joined on 2026-01-01 or later and may be rung', view['selects'])
    tally('the list has it', b'To be rung' in hers.ask('/units/leeds/searches').body)
    tally('nobody else has', other.ask(path).status in (403, 404) and b'To be rung' not in other.ask(f'/units/{walk.ELSEWHERE}/searches').body)
    tally('not below her own unit either', other.ask(path.replace('leeds', walk.ELSEWHERE)).status == 404)
    edit = f'{path}/edit'
    body = hers.ask(edit).body
    version = re.search(rb'name="version" value="(\d+)"', body)[1].decode()
    tally('the form is filled', b'value="To be rung"' in body and b'name="may_be_rung" value="yes" checked' in body, body[-3000:])
    changed = {'name': 'All who left', 'status': 'lapsed', 'version': version}
    tally('it is changed', hers.post(edit, changed, hers.token(edit)).status == 303)
    tally('not by whoever looked before', hers.post(edit, changed, hers.token(edit)).status == 409)
    view = json.loads(hers.ask(f'{path}.json').body)
    tally('and selects others', [p['name'] for p in view['found']] == ['Bo Teller'], view['found'])
    tally('it is deleted', hers.post(f'{path}/delete', {}, hers.token(f'{path}/delete')).status == 303 and hers.ask(path).status == 404)


def merging(tally, folder, url):
    hers = walk.signed_in(folder, url, walk.person_id('secretary of leeds'))
    other = walk.signed_in(folder, url, walk.person_id('secretary of york'))
    queue = '/units/leeds/duplicates'
    view = json.loads(hers.ask(f'{queue}.json').body)
    tally('those who are alike are asked about', view['in_all'] == 1 and view['pairs'][0]['reasons'].startswith('the same e-mail address'), view)
    tally('the other branch\'s are not', b'Xanthopoulos' not in hers.ask(queue).body and 'Xanthopoulos' in other.ask(f'/units/{walk.ELSEWHERE}/duplicates').body.decode())
    path = view['pairs'][0]['path']
    pair = json.loads(hers.ask(f'{path}.json').body)
    if pair['one']['name'] != 'Ada Polkinghorne':
        path = pair['turned_path']
        pair = json.loads(hers.ask(f'{path}.json').body)
    tally('side by side', pair['one']['name'] == 'Ada Polkinghorne' and pair['other']['name'] == 'Adda Polkinghorne', pair['one'])
    theirs = json.loads(other.ask(f'/units/{walk.ELSEWHERE}/duplicates.json').body)['pairs'][0]['path']
    one, foreign = TOKEN.findall(path)[0], TOKEN.findall(theirs)[0]
    mixed = f'{queue}/{one}/{foreign}'
    sent = {'one_version': '1', 'other_version': '1'}
    tally('nobody of another branch can stand beside', hers.ask(mixed).status == 404)
    tally('nor be merged', hers.post(f'{mixed}/merge', sent, hers.token(path)).status == 404)
    tally('nor be said to be another', hers.post(f'{mixed}/two', {}, hers.token(path)).status == 404)
    tally('whoever looked at something else is told', hers.post(f'{path}/merge', {**sent, 'one_version': '9'}, hers.token(path)).status == 409)
    answer = hers.post(f'{path}/merge', {**sent, 'take': 'given_name'}, hers.token(path))
    tally('they are merged', answer.status == 303, (answer.status, answer.body[:800]))
    kept, gone = pair['one']['path'], pair['other']['path']
    tally('the one who is kept has what was chosen', b'Adda Polkinghorne' in hers.ask(kept).body)
    answer = hers.ask(gone)
    tally('the other leads to her, or is no more', answer.status in (301, 302, 303, 308, 404, 410), answer.status)
    tally('one is found', find(hers, 'leeds', 'polkinghorne')[1] == ['Adda Polkinghorne'])
    view = json.loads(hers.ask(f'{queue}.json').body)
    tally('the queue is empty, and the merge can be taken back', view['in_all'] == 0 and len(view['merges']) == 1, view)
    undo = view['merges'][0]['path']
    tally('not by another branch', other.post(undo.replace('leeds', walk.ELSEWHERE), {}, other.token(f'/units/{walk.ELSEWHERE}/search')).status == 404)
    tally('it is taken back', hers.post(undo, {}, hers.token(undo)).status == 303)
    tally('once', hers.post(undo, {}, hers.token('/units/leeds/search')).status == 404)
    tally('both are there', find(hers, 'leeds', 'polkinghorne')[1] == ['Ada Polkinghorne', 'Adda Polkinghorne'])
    tally('they are said to be two', hers.post(f'{path}/two', {}, hers.token(path)).status == 303)
    tally('and not asked about again', json.loads(hers.ask(f'{queue}.json').body)['in_all'] == 0)
    record = hers.ask('/record.csv').body
    tally('the record names nobody', b'Polkinghorne' not in record and b'Suilleabh' not in record)


def command(folder, *arguments):
    done = subprocess.run([str(deploy.HUSTINGS), 'people', *arguments, '--store', 'hustings.db'], cwd=folder, env=walk.BARE, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def commands(tally, folder):
    status, said = command(folder, 'search', '--unit', 'leeds', 'polk', 'ls12')
    tally('search in a unit', status == 0 and said.count('Polkinghorne') == 2 and '2 people' in said, said)
    tally('search of all', command(folder, 'search', 'polkinghorne')[1].count('Polkinghorne') == 3)
    tally('a unit that is not there', command(folder, 'search', '--unit', 'nowhere', 'polk')[0] == 2)
    tally('nothing to look for', command(folder, 'search')[0] == 2 and command(folder, 'search', '@')[0] == 2)
    status, said = command(folder, 'audience', '--unit', 'leeds', '--joined-from', '2026-01-01', '--may-be-rung')
    tally('an audience is counted', status == 0 and said == 'active members who joined on 2026-01-01 or later and may be rung, in leeds: 1 person\n', said)
    for more, people in ((['--status', 'lapsed', '--has-phone'], 1), (['--areas', 'LS6'], 1), (['--text', 'polk'], 2), (['--age-from', '40'], 2), (['--may-be-mailed'], 1)):
        status, said = command(folder, 'audience', '--unit', 'leeds', *more)
        tally(f'audience {more}', status == 0 and f': {people} p' in said, said)
    active, anybody, everywhere = (int(re.search(r': (\d+) people', command(folder, 'audience', *more)[1])[1]) for more in (['--unit', 'leeds'], ['--unit', 'leeds', '--status', 'any'], []))
    tally('of everybody', anybody == active + 1 and everywhere > active, (active, anybody, everywhere))
    for bad in (['--joined-from', 'soon'], ['--age-from', 'x'], ['--unit', 'nowhere'], ['--areas', 'a,b,c,d,e'], ['more']):
        tally(f'audience {bad} is refused', command(folder, 'audience', *bad)[0] == 2)
    status, said = command(folder, 'duplicates', '--unit', walk.ELSEWHERE)
    tally('duplicates', status == 0 and '1 pair' in said and 'Quentina' in said, said)
    one, other = TOKEN.findall(said)[:2]
    tally('a merge outside the unit', command(folder, 'merge', '--unit', 'leeds', one, other)[0] == 2)
    tally('a merge', command(folder, 'merge', '--unit', walk.ELSEWHERE, one, other)[0] == 0)
    tally('is done', '0 pairs' in command(folder, 'duplicates', '--unit', walk.ELSEWHERE)[1])
    status, said = command(folder, 'reindex')
    tally('reindex', status == 0 and 'made for' in said, said)
    tally('finds the same', '2 people' in command(folder, 'search', '--unit', 'leeds', 'polk', 'ls12')[1])


def crowded(tally, folder, url):
    """A list that is not whole says so; one that is does not."""
    rows = ''.join(f'C{i},Wim,Crowd{chr(97 + i % 26)}{chr(97 + i // 26 % 26)},,,LS9 9ZZ,,leeds,active,2013-01-03,\n' for i in range(2100))
    (folder / 'crowd.csv').write_text(HEAD + rows, encoding='utf-8')
    status, said = command(folder, 'import', '--unit', 'leeds', 'crowd.csv')
    tally('a crowd comes', status == 0, said[-300:])
    status, said = command(folder, 'search', '--unit', 'leeds', 'wim')
    tally('the command lists the first and says so', 'the first 1000 people, fifty of them above' in said and 'not complete' in said, said[-300:])
    tally('nothing of the sort of a whole list', 'not complete' not in command(folder, 'search', '--unit', 'leeds', 'crowdab')[1])
    hers = walk.signed_in(folder, url, walk.person_id('organiser of leeds'))
    answer, found = find(hers, 'leeds', 'wim')
    tally('the page, too', b'The first 1,000 people' in answer.body and b'This list is not complete' in answer.body and len(found) == 50, answer.body[-1500:])
    answer, found = find(hers, 'leeds', 'crowdab')
    tally('and nothing of the sort', b'not complete' not in answer.body and found, answer.body[-1500:])
    for words, more in (('wim', True), ('crowdab', False)):
        answer = hers.post('/units/leeds/search.json', {'words': words}, hers.token('/units/leeds/search'))
        view = json.loads(answer.body) if answer.status == 200 else {}
        tally(f'JSON says so, too: {words}', view.get('more') is more and (view.get('in_all') == 1000) is more, (answer.status, answer.body[:300]))
    for text, people in (('wim crowdab', len(found)), ('crowdab 4', 0), ('wim c20', 111)):
        said = command(folder, 'audience', '--unit', 'leeds', '--text', text)[1]
        tally(f'an audience has every word: {text}', f': {people:,} p' in said or f': {people} p' in said, said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--hustings', default=str(deploy.HUSTINGS))
    deploy.HUSTINGS = pathlib.Path(parser.parse_args().hustings).resolve()
    tally = Tally('people search')
    with tempfile.TemporaryDirectory(prefix='hustings-search-') as name:
        folder = pathlib.Path(name)
        fill(folder)
        with server(folder, '--store', 'hustings.db', environment={'HUSTINGS_LIMITS_RATES': '0'}) as (process, url):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            tally.run(finding, folder, url)
            tally.run(saving, folder, url)
            tally.run(merging, folder, url)
            tally.run(commands, folder)
            tally.run(crowded, folder, url)
    tally.end()


if __name__ == '__main__':
    main()
