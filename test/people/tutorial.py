#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""tutorial.py [--hustings PATH]: docs/tutorial-first-roll.md done as it is written: its console blocks in bash, what they show held against what is printed, and
its steps in a browser through the same forms, where every word that it prints in bold must be on a page that was seen.

Hashes, ids and the order of entries differ from run to run: any stands for any. Last line: "tutorial: N passed, N failed".
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / 'deploy'), str(HERE.parent / 'security'), str(HERE.parent / 'record')]
import deploy  # noqa: E402
from deploy import ROOT, Tally, wait_for  # noqa: E402
from signin import Browser  # noqa: E402
from tamper import blocks  # noqa: E402

TUTORIAL = (ROOT / 'docs/tutorial-first-roll.md').read_text()
PHONE = {'User-Agent': 'Mozilla/5.0 (Linux; Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0'}


def masked(text):
    text = re.sub(r'\b[0-9a-f]{64}\b', 'HASH', text)
    text = re.sub(r'\bentry \d of|(?<=entries\.jsonl:)\d+', 'NUMBER', text)
    return re.sub(r'(?<![\w-])(?=[\w-]{0,21}[0-9A-Z_-])[\w-]{22}(?![\w-])', 'ID', text)


class Reader:
    """A browser that remembers what it was shown."""

    def __init__(self, url, seen, headers=None):
        self.browser, self.seen, self.headers = Browser(url), seen, headers or {}

    def ask(self, path):
        answer = self.browser.ask(path, headers=self.headers)
        self.seen.append(answer.text)
        return answer.text

    def post(self, path, fields=None, page=None):
        self.ask(page or path)
        return self.browser.post(path, fields, page, headers=self.headers)

    def letter_to(self, address):
        """The outbox's newest, when it has come; the outbox is this machine's, whoever asked."""
        outbox, before = Browser(self.browser.url), []
        before.append(outbox.ask('/outbox').text.count('<article>'))
        self.post('/sign-in', {'email': address})
        wait_for(lambda: outbox.ask('/outbox').text.count('<article>') > before[0], 60)
        return outbox.ask('/outbox').text.split('<article>')[1]


def as_officer(t, url, seen):
    ann, desk = Reader(url, seen), '/units/branch/rolls/selection'
    link = re.search(r'/sign-in/letter/[\w-]+', ann.letter_to('ann@example.org'))[0]
    t('Ann signs in by the link of her letter', ann.post(link).status == 303)
    t('her unit leads to its rolls', 'href="/units/branch/rolls"' in ann.ask('/units/branch'))
    t('and they to a new one', 'href="/units/branch/new-roll"' in ann.ask('/units/branch/rolls'))
    made = ann.post('/units/branch/new-roll', {'title': 'Selection 2026', 'slug': 'selection', 'freeze': '2026-06-30', 'months': '6', 'statuses': 'active', 'one_paper': 'person'})
    t('she keeps a draft', made.status == 303 and made.location == desk, made)
    ann.ask(desk)
    preview = ann.ask(f'{desk}/preview')
    t('the preview counts as the command line did', '>8<' in preview, preview)
    t('she freezes it', ann.post(f'{desk}/freeze', {'sure': 'yes'}, page=f'{desk}/freeze').status == 303)
    t('its audit asks what the command line asked', wait_for(lambda: 'One payer for 6 members' in ann.ask(f'{desk}/audit'), 60), seen[-1])
    question = re.search(rf'{desk}/audit/questions/[\w-]+', seen[-1])[0]
    shown = ann.ask(question)
    t('with its rows', 'Cy Cedar' in shown and 'Dee Dogwood' in shown, shown)
    answered = ann.post(f'{question}/answer', {'words': 'Cy collects at the meeting: his receipts name each of the six, and all said so.'})
    t('she answers it', answered.status == 303 and 'Cy collects at the meeting' in ann.ask(question), answered)


def as_member(t, url, seen, place):
    bo = Reader(url, seen, PHONE)
    code = re.search(r'\d{4} \d{4}', bo.letter_to('bo@example.org'))[0]
    t('Bo signs in by the code of his letter', bo.post('/sign-in/code', {'code': code}).status == 303)
    t('his page leads to the rolls', 'href="/me/rolls"' in bo.ask('/me'))
    t('which lead to this one', 'href="/me/rolls/selection"' in bo.ask('/me/rolls'))
    page = bo.ask('/me/rolls/selection')
    t('he stands on it', 'You are on this roll.' in page, page)
    published = re.search(r'href="(/rolls/selection/versions/1/published)"', bo.ask('/rolls/selection'))
    (place / 'roll.json').write_text(bo.ask(published[1]))
    (place / 'entry.txt').write_text(bo.ask(re.search(r'/me/rolls/selection/proof\?entry=\d+', page)[0]))


def in_a_browser(t, url, place):
    seen = []
    as_officer(t, url, seen)
    as_member(t, url, seen, place)
    pages = re.sub(r'\s+', ' ', '\n'.join(seen))
    steps = TUTORIAL[TUTORIAL.index('### As the returning officer'):]
    for words in re.findall(r'\*\*(.+?)\*\*', steps):
        t(f'on a page: {words}', words.rstrip('.') in pages, '')


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--hustings':
        deploy.HUSTINGS = pathlib.Path(sys.argv[2]).resolve()
    t, serving = Tally('tutorial'), None
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / 'bin').mkdir()
        (place / 'bin/hustings').symlink_to(deploy.HUSTINGS)
        environment = {'PATH': f'{place}/bin:{os.environ["PATH"]}', 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_LIMITS_RATES': '0', 'no_proxy': '*'}
        port = deploy.free_port()
        try:
            for command, shown in blocks(TUTORIAL):
                command = command.replace('8090', str(port))
                if command.startswith('hustings serve'):
                    serving = subprocess.Popen(['bash', '-c', 'exec ' + command.removesuffix('&')], cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                    well = wait_for(lambda: is_well(port), 60)
                    t('the server starts', well)
                    in_a_browser(t, f'http://127.0.0.1:{port}', place)
                    continue
                done = subprocess.run(['bash', '-c', command], cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
                t(command.split('\n')[0][:100], masked(done.stdout) == masked(shown), f'{done.stdout}\nis not\n{shown}')
        finally:
            if serving:
                deploy.stop(serving)
    t.end()


def is_well(port):
    try:
        return deploy.ask(f'http://127.0.0.1:{port}/healthz').status == 200
    except OSError:
        return False


if __name__ == '__main__':
    main()
