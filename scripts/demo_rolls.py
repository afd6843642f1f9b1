#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""demo_rolls.py URL: in a demo that has just begun (scripts/demo.sh), go in as its returning officer and do what she would have done by now, through the pages
that she would use: two rolls are frozen and audited. One has every question open. Of the other the critical ones are answered, and it is released."""
import html
import http.cookiejar
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 60  # seconds, for what takes less than one
OFFICER = 'returning@example.org'
RULES = {'freeze': '2026-01-31', 'months': '6', 'statuses': 'active', 'one_paper': 'person'}
OPEN = ('organisation', {'slug': 'leadership-2026', 'title': 'Leadership election 2026', **RULES})
RELEASED = ('constituency-1', {'slug': 'yarwick-selection', 'title': 'Selection in Yarwick', **RULES})
ANSWER = 'The treasurer looked at the bank\'s own list: the mandates were copied twice when two branches were joined in 2024. Each member confirmed hers by letter.'


class Officer:
    def __init__(self, url):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def get(self, path):
        with self.opener.open(self.url + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def post(self, path, fields, page=None):
        """The form of `page` (the path's own), filled in."""
        hidden = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.get(page or path))}
        with self.opener.open(self.url + path, urllib.parse.urlencode({**hidden, **fields}).encode(), timeout=PATIENCE) as answer:
            return answer.read().decode()

    def wait(self, path, words):
        """Until the page has something that matches; it is returned."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                found = re.search(words, self.get(path), re.S)
            except urllib.error.HTTPError as missing:
                if missing.code not in (404, 429):  # not there yet; asked too often
                    raise
                found = None
            if found:
                return found
            time.sleep(0.1)
        raise SystemExit(f'demo: {path} did not come to say {words}')

    def sign_in(self):
        self.post('/sign-in', {'email': OFFICER})
        letter = self.wait('/outbox', re.escape(OFFICER) + r'.*?(/sign-in/letter/[\w-]+)')
        self.post(letter[1], {})

    def freeze(self, unit, draft):
        """The path of the roll, when it is frozen and audited."""
        desk = f'/units/{unit}/rolls/{draft["slug"]}'
        self.post(f'/units/{unit}/new-roll', draft)
        self.post(f'{desk}/freeze', {'sure': 'yes'}, page=desk)
        self.wait(f'{desk}/audit', 'What was looked at')
        return desk

    def answer_critical(self, desk):
        critical = re.findall(r'<p class="kicker">Critical[^<]*</p>\s*<h3><a href="([^"]+)"', self.get(f'{desk}/audit'))
        for path in critical:
            self.post(f'{path}/answer', {'words': ANSWER})


def main():
    officer = Officer(sys.argv[1].rstrip('/'))
    officer.sign_in()
    officer.freeze(*OPEN)
    released = officer.freeze(*RELEASED)
    officer.answer_critical(released)
    officer.post(f'{released}/release', {'contest': 'yarwick-2026'})


if __name__ == '__main__':
    main()
