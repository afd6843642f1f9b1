#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""demo.py: what scripts/demo.sh starts is what it says: a counted contest, and an organisation whose officers and members go in by letters shown on /outbox.

The demo is started in a folder of its own, used as its words say, and ended by the script's own "stop". Last line: "demo: N passed, N failed".
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / 'deploy'), str(HERE.parent / 'security')]
import deploy
from deploy import wait_for
from signin import Browser

SCRIPT = HERE.parents[1] / 'scripts' / 'demo.sh'
ROLL = '/units/organisation/rolls/demo'
DRAFT = {'title': 'Selection', 'slug': 'demo', 'freeze': '2026-01-31', 'months': '0', 'statuses': 'active', 'one_paper': 'person'}


def run(folder, *words):
    return subprocess.run([SCRIPT, *words], env={**os.environ, 'HUSTINGS_LIMITS_RATES': '0', 'DEMO_PLACE': folder, 'DEMO_SECONDS': '300'}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def enter(url, address):
    """In the way that the demo says: ask for a letter, find it on /outbox, press its button."""
    browser = Browser(url)

    def letters():
        return set(re.findall(r'(/sign-in/letter/[\w-]+)', browser.ask('/outbox').text))
    before, new = letters(), []
    browser.post('/sign-in', {'email': address})

    def there():
        new[:] = letters() - before
        return bool(new)

    wait_for(there)
    browser.landed = browser.post(new[0]).location if new else ''
    return browser


def check_rolls(t, url):
    """Before anybody does anything: two frozen rolls, which the secretary, a returning officer and a member find as they are told of them."""
    anybody = Browser(url)
    rolls = anybody.ask('/rolls').text
    t('two rolls are frozen when it starts', 'Leadership election 2026' in rolls and 'Selection in Yarwick' in rolls and 'released to yarwick-2026' in rolls, rolls)
    shown = anybody.ask('/rolls/leadership-2026').text
    t('a roll tells units by their names', '<th scope="row">Sedgepole No. 3</th>' in shown and 'constituency-3' not in shown, shown)
    secretary = enter(url, 'secretary@example.org')
    t('the secretary finds them', 'Leadership election 2026' in secretary.ask('/rolls').text)
    hers = secretary.ask('/me').text
    t('her role ends with a day', re.search(r'Until the end of \d+ \w+ 20\d\d\.', hers), hers)
    t('and her unit has a name', 'Yarwick No. 1</bdi>' in hers and '<bdi>constituency-1</bdi>' not in hers, hers)
    officer = enter(url, 'returning@example.org')
    asked = {r: json.loads(officer.ask(f'/units/{r}/audit/report?format=json').text)['questions'] for r in ('organisation/rolls/leadership-2026', 'constituency-1/rolls/yarwick-selection')}
    critical = {r: [q for q in questions if q['weight'] == 'critical'] for r, questions in asked.items()}
    waiting = {r: len(re.findall(r'kicker">Critical[^<]*, waits for an answer', officer.ask(f'/units/{r}/audit').text)) for r in asked}
    t('one of them has open questions, the other none that is critical', all(critical.values()) and sorted(map(bool, waiting.values())) == [False, True]
      and waiting['organisation/rolls/leadership-2026'] == len(critical['organisation/rolls/leadership-2026']), (waiting, critical))
    member = enter(url, 'member@example.org')
    for slug in 'leadership-2026', 'yarwick-selection':
        page = member.ask(f'/me/rolls/{slug}').text
        t(f'a member checks herself: {slug}', 'You are on this roll.' in page, page)
    with tempfile.TemporaryDirectory() as folder:
        proof = re.search(r'/me/rolls/yarwick-selection/proof\?entry=\d+', page)[0]
        pathlib.Path(folder, 'proof').write_text(member.ask(proof).text)
        pathlib.Path(folder, 'roll.json').write_text(anybody.ask('/rolls/yarwick-selection/versions/1/published').text)
        checked = subprocess.run([deploy.HUSTINGS, 'roll', 'check', 'roll.json', 'proof'], cwd=folder, capture_output=True, text=True, timeout=60)
        t('and with no server', checked.returncode == 0 and '"name":"Meg Marsh"' in checked.stdout, checked)


def check_officers(t, url):
    secretary = enter(url, 'secretary@example.org')
    t('the secretary goes in by a letter on /outbox', secretary.landed == '/me', secretary.landed)
    t('and finds a member', 'Meg Marsh' in secretary.post('/units/organisation/search', {'words': 'meg marhs'}).text)
    officer = enter(url, 'returning@example.org')
    made = officer.post('/units/organisation/new-roll', DRAFT)
    frozen = officer.post(f'{ROLL}/freeze', {'sure': 'yes'}, page=ROLL)
    t('the returning officer freezes a roll', made.status == 303 and frozen.status == 303, (made.status, frozen.status))
    report = f'{ROLL}/audit/report?format=json'
    t('which is audited', wait_for(lambda: officer.ask(report).status == 200, 60), officer.ask(report).text[:1000])
    asked = {q['check'] for q in json.loads(officer.ask(report).text)['questions'] if q['weight'] == 'critical'}
    t('and asks about what was planted', {'one-payer', 'one-account', 'before-receipt'} <= asked, asked)
    member = enter(url, 'member@example.org')
    t('a member finds herself on it', 'You are on this roll.' in member.ask('/me/rolls/demo').text, member.ask('/me/rolls/demo').text)


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--hustings':
        deploy.HUSTINGS = pathlib.Path(sys.argv[2]).resolve()
    t = deploy.Tally('demo')
    with tempfile.TemporaryDirectory() as folder:
        done = run(folder)
        try:
            t('it starts, and asks nothing', done.returncode == 0, done.stdout + done.stderr)
            url = re.search(r'(http://127\.0\.0\.1:\d+)/contests', done.stdout)[1]
            t('it shows a contest', 'Ed Miliband' in Browser(url).ask('/contests/labour-2010').text)
            check_rolls(t, url)
            check_officers(t, url)
            again = run(folder)
            t('a second one takes its place', again.returncode == 0 and 'Ending the demo' in again.stdout, again.stdout + again.stderr)
        finally:
            ended = run(folder, 'stop')
        t('it can be ended', ended.returncode == 0 and not (pathlib.Path(folder) / 'pid').exists(), ended)
    t.end()


if __name__ == '__main__':
    main()
