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
    browser.post('/sign-in', {'email': address})
    letters = []

    def there():
        shown = browser.ask('/outbox').text
        at = shown.find(address)
        letters[:] = re.findall(r'(/sign-in/letter/[\w-]+)', shown[at:])[:1] if at >= 0 else []
        return bool(letters)

    wait_for(there)
    browser.landed = browser.post(letters[0]).location if letters else ''
    return browser


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
            check_officers(t, url)
            again = run(folder)
            t('a second one takes its place', again.returncode == 0 and 'Ending the demo' in again.stdout, again.stdout + again.stderr)
        finally:
            ended = run(folder, 'stop')
        t('it can be ended', ended.returncode == 0 and not (pathlib.Path(folder) / 'pid').exists(), ended)
    t.end()


if __name__ == '__main__':
    main()
