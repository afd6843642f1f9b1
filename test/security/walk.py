#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""walk.py [--hustings PATH]: every route of a real server, asked as every role, and the same with what an attacker would add or leave out.

ROUTES below has a row for every line of `hustings routes`; a route without a row fails, as does a row without a route. So whoever adds a page says here
who may see it. Roles: a visitor; a steward; somebody whose session is over, who must be treated like a visitor; a member; the officers of the unit "leeds" and of
the region above it, who may do what their role does there; the same officers of another unit, who may not. Last line: "security: N passed, N failed".
"""
import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'deploy'))
import deploy
from deploy import ROOT, Tally, ask, server
from rows import Rows

EXAMPLE = ROOT / 'examples/labour-2010-totals'
CONTEST = '/contests/labour-2010-totals'
TOKEN = 'A' * 22
BARE = {'PATH': deploy.os.environ['PATH'], 'LC_ALL': 'C.UTF-8', 'HUSTINGS_CONFIG': '/dev/null', 'HUSTINGS_RECORD_OFFICER': 'Carol Count'}
ROLL = '/units/leeds/rolls/no-such-roll'
UNIT, ELSEWHERE, REGION = 'leeds', 'york', 'north'
LEAVES = 900_000 # beyond those that this test leaves: roles are given here without a leaf of the record
ANYONE, MEMBER, ORGANISER, SECRETARY, RETURNING, STEWARD = 'anyone', 'member', 'organiser', 'secretary', 'returning-officer', 'steward'
OFFICERS = (ORGANISER, SECRETARY, RETURNING)
# Who is asked as: role -> (its kind, the unit it is held on).
PERSONS = {'member': (None, None), **{f'{kind} of {unit}': (kind, unit) for kind in OFFICERS for unit in (UNIT, REGION, ELSEWHERE)}}
ROLES = ('visitor', 'steward', 'expired', 'expired member', *PERSONS)
ALL_PERSONS = set(PERSONS)
MAY = {ANYONE: set(ROLES), STEWARD: {'steward'}, MEMBER: ALL_PERSONS, **{kind: {f'{kind} of {UNIT}', f'{kind} of {REGION}'} for kind in OFFICERS}}
MAY[ORGANISER] |= MAY[SECRETARY]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def person_id(role):
    return b64(hashlib.sha256(role.encode()).digest()[:16])


HERE, THERE = person_id('secretary of leeds'), person_id('secretary of york') # of people of UNIT and ELSEWHERE
HERS = person_id('secretary of leeds membership')


def expected(role, method, path):
    """What this role gets: what the row says for those who may (a number, or by role where it differs); else the refusal that its kind of page gives."""
    who, _, _, status = ROUTES[method, path]
    if isinstance(status, dict) and role in status:
        return status[role]
    over = role.startswith('expired')
    if role in MAY[who] and not (over and method == 'POST' and path in ACTS):
        return status[None] if isinstance(status, dict) else status
    return 303 if method == 'GET' and who not in (ANYONE, STEWARD) and (over or role == 'visitor') else 403


BUT_PERSONS = {None: 200, **{role: 303 for role in PERSONS}} # who is signed in goes on
# What one good request of those who may is answered with; the others get what `expected` says. POSTs are sent with their fields, a right token and a new key;
# those that would end sessions are asked apart, each by a browser of its own. A dead session's cookie has no token that could be right: it may calculate, and
# write nothing. Where a role that may gets another answer: {None: the usual one, 'steward': 404}.
# method, path in the table: (who may, a real path, fields or None, status)
ROUTES = {
    ('GET', '/static/:file'): (ANYONE, '/static/hustings.css', None, 200),
    ('GET', '/favicon.ico'): (ANYONE, '/favicon.ico', None, 200),
    ('GET', '/robots.txt'): (ANYONE, '/robots.txt', None, 200),
    ('GET', '/.well-known/security.txt'): (ANYONE, '/.well-known/security.txt', None, 404),
    ('GET', '/openapi.json'): (ANYONE, '/openapi.json', None, 200),
    ('GET', '/healthz'): (ANYONE, '/healthz', None, 200),
    ('GET', '/metrics'): (ANYONE, '/metrics', None, 200),
    ('GET', '/live'): (ANYONE, '/live?topic=no-such-topic', None, 404),
    ('GET', '/enter/:token'): (ANYONE, f'/enter/{TOKEN}', None, 404),
    ('POST', '/enter/:token'): (ANYONE, f'/enter/{TOKEN}', {}, 404),
    ('GET', '/steward'): (STEWARD, '/steward', None, 200),
    ('POST', '/sign-out'): (STEWARD, '/sign-out', {}, 303),
    ('POST', '/sign-out/everywhere'): (STEWARD, '/sign-out/everywhere', {}, 303),
    ('GET', '/sign-in'): (ANYONE, '/sign-in', None, BUT_PERSONS),
    ('POST', '/sign-in'): (ANYONE, '/sign-in', {'email': 'nobody@example.org'}, 303),
    ('GET', '/sign-in/code'): (ANYONE, '/sign-in/code', None, BUT_PERSONS),
    ('POST', '/sign-in/code'): (ANYONE, '/sign-in/code', {'code': '12345678'}, 303),
    ('GET', '/sign-in/password'): (ANYONE, '/sign-in/password', None, BUT_PERSONS),
    ('POST', '/sign-in/password'): (ANYONE, '/sign-in/password', {'email': 'nobody@example.org', 'password': 'a wrong one'}, 303),
    ('GET', '/sign-in/letter/:token'): (ANYONE, f'/sign-in/letter/{TOKEN}', None, 404),
    ('POST', '/sign-in/letter/:token'): (ANYONE, f'/sign-in/letter/{TOKEN}', {}, 404),
    ('GET', '/me'): (MEMBER, '/me', None, 200),
    ('GET', '/me/download'): (MEMBER, '/me/download', None, 200),
    ('GET', '/me/change'): (MEMBER, '/me/change', None, 200),
    ('POST', '/me/change'): (MEMBER, '/me/change', {'given_name': 'Ann', 'version': '999'}, 409),
    ('GET', '/me/e-mail'): (MEMBER, '/me/e-mail', None, 200),
    ('POST', '/me/e-mail'): (MEMBER, '/me/e-mail', {'email': 'no address'}, 422),
    ('GET', '/me/e-mail/:token'): (MEMBER, f'/me/e-mail/{TOKEN}', None, 404),
    ('POST', '/me/e-mail/:token'): (MEMBER, f'/me/e-mail/{TOKEN}', {}, 404),
    ('GET', '/me/password'): (MEMBER, '/me/password', None, 200),
    ('POST', '/me/password'): (MEMBER, '/me/password', {'password': 'too short', 'again': 'too short'}, 422),
    ('POST', '/me/password/remove'): (MEMBER, '/me/password/remove', {}, 303),
    ('GET', '/me/sessions'): (MEMBER, '/me/sessions', None, 200),
    ('POST', '/me/sessions/:session/end'): (MEMBER, f'/me/sessions/{TOKEN}/end', {}, 404),
    ('POST', '/me/sign-out'): (MEMBER, '/me/sign-out', {}, 303),
    ('POST', '/me/sign-out/elsewhere'): (MEMBER, '/me/sign-out/elsewhere', {}, 303),
    ('GET', '/me/ask'): (MEMBER, '/me/ask', None, 200),
    ('POST', '/me/ask'): (MEMBER, '/me/ask', {}, 422),
    ('GET', '/me/erase'): (MEMBER, '/me/erase', None, 200),
    ('POST', '/me/erase'): (MEMBER, '/me/erase', {'word': 'no'}, 422),
    ('GET', '/units'): (ANYONE, '/units', None, 200),
    ('GET', '/units/:unit'): (ANYONE, f'/units/{UNIT}', None, 200),
    ('GET', '/steward/unit'): (STEWARD, '/steward/unit', None, 200),
    ('POST', '/steward/unit'): (STEWARD, '/steward/unit', {}, 422),
    ('GET', '/units/:unit/name'): (STEWARD, f'/units/{UNIT}/name', None, 200),
    ('POST', '/units/:unit/name'): (STEWARD, f'/units/{UNIT}/name', {}, 422),
    ('GET', '/units/:unit/place'): (STEWARD, f'/units/{UNIT}/place', None, 200),
    ('POST', '/units/:unit/place'): (STEWARD, '/units/no-such-unit/place', {}, 404),
    ('GET', '/units/:unit/duplicates'): (SECRETARY, f'/units/{UNIT}/duplicates', None, 200),
    ('GET', '/units/:unit/duplicates/:one/:other'): (SECRETARY, f'/units/{UNIT}/duplicates/{TOKEN}/{TOKEN}', None, 404),
    ('POST', '/units/:unit/duplicates/:one/:other/two'): (SECRETARY, f'/units/{UNIT}/duplicates/{TOKEN}/{TOKEN}/two', {}, 404),
    ('POST', '/units/:unit/duplicates/:one/:other/merge'): (SECRETARY, f'/units/{UNIT}/duplicates/{TOKEN}/{TOKEN}/merge', {'one_version': '1', 'other_version': '1'}, 404),
    ('GET', '/units/:unit/merges/:merge/undo'): (SECRETARY, f'/units/{UNIT}/merges/{TOKEN}/undo', None, 404),
    ('POST', '/units/:unit/merges/:merge/undo'): (SECRETARY, f'/units/{UNIT}/merges/{TOKEN}/undo', {}, 404),
    ('GET', '/units/:unit/search'): (ORGANISER, f'/units/{UNIT}/search', None, 200),
    ('POST', '/units/:unit/search'): (ORGANISER, f'/units/{UNIT}/search', {'words': 'nobody at all'}, 200),
    ('GET', '/units/:unit/searches'): (ORGANISER, f'/units/{UNIT}/searches', None, 200),
    ('GET', '/units/:unit/searches/new'): (ORGANISER, f'/units/{UNIT}/searches/new', None, 200),
    ('POST', '/units/:unit/searches/count'): (ORGANISER, f'/units/{UNIT}/searches/count', {'status': 'active'}, 200),
    ('POST', '/units/:unit/searches/new'): (ORGANISER, f'/units/{UNIT}/searches/new', {}, 422),
    ('GET', '/units/:unit/searches/:search'): (ORGANISER, f'/units/{UNIT}/searches/{TOKEN}', None, 404),
    ('GET', '/units/:unit/searches/:search/edit'): (ORGANISER, f'/units/{UNIT}/searches/{TOKEN}/edit', None, 404),
    ('POST', '/units/:unit/searches/:search/edit'): (ORGANISER, f'/units/{UNIT}/searches/{TOKEN}/edit', {'name': 'x', 'version': '1'}, 404),
    ('GET', '/units/:unit/searches/:search/delete'): (ORGANISER, f'/units/{UNIT}/searches/{TOKEN}/delete', None, 404),
    ('POST', '/units/:unit/searches/:search/delete'): (ORGANISER, f'/units/{UNIT}/searches/{TOKEN}/delete', {}, 404),
    ('GET', '/units/:unit/requests'): (SECRETARY, f'/units/{UNIT}/requests', None, 200),
    ('POST', '/units/:unit/requests/:request'): (SECRETARY, f'/units/{UNIT}/requests/{TOKEN}', {'answer': 'done'}, 404),
    ('GET', '/outbox'): (ANYONE, '/outbox', None, 200),
    ('GET', '/'): (ANYONE, '/', None, 200),
    ('GET', '/contests'): (ANYONE, '/contests', None, 200),
    ('GET', '/contests/:contest'): (ANYONE, CONTEST, None, 200),
    ('GET', '/contests/:contest/stages'): (ANYONE, f'{CONTEST}/stages', None, 200),
    ('GET', '/contests/:contest/head-to-heads'): (ANYONE, f'{CONTEST}/head-to-heads', None, 200),
    ('GET', '/contests/:contest/other-rules'): (ANYONE, f'{CONTEST}/other-rules', None, 200),
    ('GET', '/contests/:contest/how-close'): (ANYONE, f'{CONTEST}/how-close', None, 200),
    ('GET', '/contests/:contest/files'): (ANYONE, f'{CONTEST}/files', None, 200),
    ('GET', '/contests/:contest/files/:name'): (ANYONE, f'{CONTEST}/files/no-such-file', None, 404),
    ('GET', '/contests/:contest/declaration'): (ANYONE, f'{CONTEST}/declaration', None, 200),
    ('GET', '/contests/:contest/stages.csv'): (ANYONE, f'{CONTEST}/stages.csv', None, 200),
    ('GET', '/contests/:contest/chart.svg'): (ANYONE, f'{CONTEST}/chart.svg', None, 200),
    ('GET', '/contests/:contest/unpublish'): (STEWARD, f'{CONTEST}/unpublish', None, 200),
    ('POST', '/contests/:contest/unpublish'): (STEWARD, '/contests/no-such-contest/unpublish', {'reason': 'a test'}, 404),
    ('GET', '/record'): (ANYONE, '/record', None, 200),
    ('GET', '/record.csv'): (ANYONE, '/record.csv', None, 200),
    ('GET', '/record/feed.atom'): (ANYONE, '/record/feed.atom', None, 200),
    ('GET', '/record/leaves/:leaf'): (ANYONE, '/record/leaves/0', None, 200),
    ('GET', '/record/leaves/:leaf/proof'): (ANYONE, '/record/leaves/999999/proof', None, 404),
    ('GET', '/record/powers'): (ANYONE, '/record/powers', None, 200),
    ('GET', '/record/witnesses'): (ANYONE, '/record/witnesses', None, 200),
    ('GET', '/record/checkpoint'): (ANYONE, '/record/checkpoint', None, 200),
    ('GET', '/record/keys'): (ANYONE, '/record/keys', None, 200),
    ('GET', '/record/tile/*path'): (ANYONE, '/record/tile/0/000.p/1', None, 200),
    ('GET', '/record/side/:digest'): (ANYONE, f'/record/side/{"0" * 64}', None, 404),
    ('GET', '/units/:unit/roles'): (STEWARD, f'/units/{UNIT}/roles', None, 200),
    ('POST', '/units/:unit/roles'): (STEWARD, f'/units/{UNIT}/roles', {'role': 'secretary', 'to': 'nobody@example.org', 'name': 'N', 'until': '2027-03-31'}, 422),
    ('GET', '/units/:unit/roles/:role/end'): (STEWARD, f'/units/{UNIT}/roles/{TOKEN}/end', None, 404),
    ('POST', '/units/:unit/roles/:role/end'): (STEWARD, f'/units/{UNIT}/roles/{TOKEN}/end', {'reason': 'a test'}, 404),
    ('GET', '/units/:unit/people'): (ORGANISER, f'/units/{UNIT}/people', None, 200),
    ('GET', '/units/:unit/people/new'): (SECRETARY, f'/units/{UNIT}/people/new', None, 200),
    ('POST', '/units/:unit/people/new'): (SECRETARY, f'/units/{UNIT}/people/new', {'family_name': '', 'status': 'active'}, 422),
    ('GET', '/units/:unit/people/export'): (SECRETARY, f'/units/{UNIT}/people/export', None, 200),
    ('POST', '/units/:unit/people/export'): (SECRETARY, f'/units/{UNIT}/people/export', {}, 422),
    ('GET', '/units/:unit/people/exports/:export'): (SECRETARY, f'/units/{UNIT}/people/exports/{TOKEN}', None, 404),
    ('GET', '/units/:unit/people/exports/:export/file'): (SECRETARY, f'/units/{UNIT}/people/exports/{TOKEN}/file', None, 404),
    ('GET', '/units/:unit/people/:person'): (ORGANISER, f'/units/{UNIT}/people/{HERE}', None, 200),
    ('GET', '/units/:unit/people/:person/change'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/change', None, 200),
    ('POST', '/units/:unit/people/:person/change'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/change', {'family_name': 'X', 'version': '999'}, 422),
    ('GET', '/units/:unit/people/:person/memberships/new'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/memberships/new', None, 200),
    ('POST', '/units/:unit/people/:person/memberships/new'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/memberships/new', {'in_unit': ELSEWHERE, 'status': 'active'}, 422),
    ('GET', '/units/:unit/people/:person/memberships/:membership'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/memberships/{HERS}', None, 200),
    ('POST', '/units/:unit/people/:person/memberships/:membership'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/memberships/{HERS}', {'status': 'active', 'version': '999'}, 422),
    ('GET', '/units/:unit/people/:person/erase'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/erase', None, 200),
    ('POST', '/units/:unit/people/:person/erase'): (SECRETARY, f'/units/{UNIT}/people/{HERE}/erase', {'reason': 'a test'}, 422),
    ('GET', '/units/:unit/imports'): (SECRETARY, f'/units/{UNIT}/imports', None, 200),
    ('GET', '/units/:unit/imports/new'): (SECRETARY, f'/units/{UNIT}/imports/new', None, 200),
    ('POST', '/units/:unit/imports/new'): (SECRETARY, f'/units/{UNIT}/imports/new', {}, 422),
    ('GET', '/units/:unit/imports/:import'): (SECRETARY, f'/units/{UNIT}/imports/{TOKEN}', None, 404),
    ('GET', '/units/:unit/imports/:import/columns'): (SECRETARY, f'/units/{UNIT}/imports/{TOKEN}/columns', None, 404),
    ('GET', '/units/:unit/imports/:import/bad-rows'): (SECRETARY, f'/units/{UNIT}/imports/{TOKEN}/bad-rows', None, 404),
    **{('POST', f'/units/:unit/imports/:import/{what}'): (SECRETARY, f'/units/{UNIT}/imports/{TOKEN}/{what}', {}, 404) for what in ('columns', 'apply', 'undo', 'drop')},
    ('GET', '/rolls'): (ANYONE, '/rolls', None, 200),
    ('GET', '/rolls/:roll'): (ANYONE, '/rolls/frozen-2013', None, 404),
    ('GET', '/rolls/:roll/versions/:version/published'): (ANYONE, '/rolls/frozen-2013/versions/1/published', None, 404),
    ('GET', '/rolls/:roll/versions/:version/hashes'): (ANYONE, '/rolls/frozen-2013/versions/1/hashes', None, 404),
    ('GET', '/me/rolls'): (MEMBER, '/me/rolls', None, 200),
    ('GET', '/me/rolls/:roll'): (MEMBER, '/me/rolls/frozen-2013', None, 404),
    ('GET', '/me/rolls/:roll/proof'): (MEMBER, '/me/rolls/frozen-2013/proof', None, 404),
    ('GET', '/me/rolls/:roll/challenge'): (MEMBER, '/me/rolls/frozen-2013/challenge', None, 404),
    ('POST', '/me/rolls/:roll/challenge'): (MEMBER, '/me/rolls/frozen-2013/challenge', {'words': 'I joined in 2011.'}, 404),
    ('GET', '/units/:unit/rolls'): (RETURNING, '/units/leeds/rolls', None, 200),
    ('GET', '/units/:unit/new-roll'): (RETURNING, '/units/leeds/new-roll', None, 200),
    ('POST', '/units/:unit/new-roll'): (RETURNING, '/units/leeds/new-roll', {'title': 'A roll', 'slug': 'a-roll', 'freeze': 'soon'}, 422),
    ('GET', '/units/:unit/rolls/:roll'): (RETURNING, f'{ROLL}', None, 404),
    ('GET', '/units/:unit/rolls/:roll/rules'): (RETURNING, f'{ROLL}/rules', None, 404),
    ('GET', '/units/:unit/rolls/:roll/preview'): (RETURNING, f'{ROLL}/preview', None, 404),
    ('GET', '/units/:unit/rolls/:roll/sweep'): (RETURNING, f'{ROLL}/sweep', None, 404),
    ('GET', '/units/:unit/rolls/:roll/moved'): (RETURNING, f'{ROLL}/moved', None, 404),
    ('GET', '/units/:unit/rolls/:roll/freeze'): (RETURNING, f'{ROLL}/freeze', None, 404),
    ('GET', '/units/:unit/rolls/:roll/corrections'): (RETURNING, f'{ROLL}/corrections', None, 404),
    ('GET', '/units/:unit/rolls/:roll/corrections/new'): (RETURNING, f'{ROLL}/corrections/new', None, 404),
    ('GET', '/units/:unit/rolls/:roll/challenges'): (RETURNING, f'{ROLL}/challenges', None, 404),
    ('GET', '/units/:unit/rolls/:roll/move'): (RETURNING, f'{ROLL}/move', None, 404),
    ('GET', '/units/:unit/rolls/:roll/override'): (RETURNING, f'{ROLL}/override', None, 404),
    ('GET', '/units/:unit/rolls/:roll/release'): (RETURNING, f'{ROLL}/release', None, 404),
    ('GET', '/units/:unit/rolls/:roll/challenges/:challenge'): (RETURNING, f'{ROLL}/challenges/{TOKEN}', None, 404),
    ('GET', '/units/:unit/rolls/:roll/challenges/:challenge/answer'): (RETURNING, f'{ROLL}/challenges/{TOKEN}/answer', None, 404),
    ('GET', '/units/:unit/rolls/:roll/challenges/:challenge/correct'): (RETURNING, f'{ROLL}/challenges/{TOKEN}/correct', None, 404),
    ('GET', '/units/:unit/rolls/:roll/proposals/:proposal'): (RETURNING, f'{ROLL}/proposals/{TOKEN}', None, 404),
    ('GET', '/units/:unit/rolls/:roll/audit'): (RETURNING, f'{ROLL}/audit', None, 404),
    ('POST', '/units/:unit/rolls/:roll/audit/run'): (RETURNING, f'{ROLL}/audit/run', {}, 404),
    ('GET', '/units/:unit/rolls/:roll/audit/units'): (RETURNING, f'{ROLL}/audit/units', None, 404),
    ('GET', '/units/:unit/rolls/:roll/audit/answers'): (RETURNING, f'{ROLL}/audit/answers', None, 404),
    ('GET', '/units/:unit/rolls/:roll/audit/report'): (RETURNING, f'{ROLL}/audit/report', None, 404),
    ('GET', '/units/:unit/rolls/:roll/audit/questions/:question'): (RETURNING, f'{ROLL}/audit/questions/abc', None, 404),
    ('GET', '/units/:unit/rolls/:roll/audit/questions/:question/answer'): (RETURNING, f'{ROLL}/audit/questions/abc/answer', None, 404),
    ('GET', '/units/:unit/rolls/:roll/audit/questions/:question/withdraw'): (RETURNING, f'{ROLL}/audit/questions/abc/withdraw', None, 404),
    ('POST', '/units/:unit/rolls/:roll/audit/questions/:question/answer'): (RETURNING, f'{ROLL}/audit/questions/abc/answer', {'words': 'an answer of a test'}, 404),
    ('POST', '/units/:unit/rolls/:roll/audit/questions/:question/withdraw'): (RETURNING, f'{ROLL}/audit/questions/abc/withdraw', {'words': 'a reason of a test'}, 404),
    ('POST', '/units/:unit/rolls/:roll/rules'): (RETURNING, f'{ROLL}/rules', {'title': 'A roll', 'freeze': '2013-03-12', 'one_paper': 'person'}, 404),
    ('POST', '/units/:unit/rolls/:roll/delete'): (RETURNING, f'{ROLL}/delete', {}, 404),
    ('POST', '/units/:unit/rolls/:roll/freeze'): (RETURNING, f'{ROLL}/freeze', {'sure': 'yes'}, 404),
    ('POST', '/units/:unit/rolls/:roll/corrections/new'): (RETURNING, f'{ROLL}/corrections/new', {'who': 'nobody', 'kind': 'off', 'reason': 'a test'}, 404),
    ('POST', '/units/:unit/rolls/:roll/challenges/:challenge/answer'): (RETURNING, f'{ROLL}/challenges/{TOKEN}/answer', {'answer': 'an answer'}, 404),
    ('POST', '/units/:unit/rolls/:roll/challenges/:challenge/correct'): (RETURNING, f'{ROLL}/challenges/{TOKEN}/correct', {'answer': 'an answer', 'kind': 'off', 'reason': 'a test'}, 404),
    ('POST', '/units/:unit/rolls/:roll/move'): (RETURNING, f'{ROLL}/move', {'day': '2012-01-15', 'reason': 'a reason of a test'}, 404),
    ('POST', '/units/:unit/rolls/:roll/override'): (RETURNING, f'{ROLL}/override', {'reason': 'a reason of a test'}, 404),
    ('POST', '/units/:unit/rolls/:roll/proposals/:proposal/confirm-move'): (RETURNING, f'{ROLL}/proposals/{TOKEN}/confirm-move', {}, 404),
    ('POST', '/units/:unit/rolls/:roll/proposals/:proposal/confirm-override'): (RETURNING, f'{ROLL}/proposals/{TOKEN}/confirm-override', {}, 404),
    ('POST', '/units/:unit/rolls/:roll/proposals/:proposal/withdraw'): (RETURNING, f'{ROLL}/proposals/{TOKEN}/withdraw', {}, 404),
    ('POST', '/units/:unit/rolls/:roll/release'): (RETURNING, f'{ROLL}/release', {'contest': 'a-contest'}, 404),
    ('GET', '/count'): (ANYONE, '/count', None, 200),
    ('GET', '/count/formats'): (ANYONE, '/count/formats', None, 200),
    ('POST', '/count'): (ANYONE, '/count', {'rules': 'no-such-rules'}, 422),
    ('POST', '/kept'): (ANYONE, '/kept', {'rules': 'no-such-rules'}, 422),
    ('GET', '/kept/:kept'): (ANYONE, f'/kept/{TOKEN}', None, 404),
    ('GET', '/kept/:kept/papers'): (ANYONE, f'/kept/{TOKEN}/papers', None, 404),
    ('GET', '/kept/:kept/delete'): (ANYONE, f'/kept/{TOKEN}/delete', None, 404),
    ('POST', '/kept/:kept/delete'): (ANYONE, f'/kept/{TOKEN}/delete', {'word': 'none'}, 404),
}
# Of which acts a POST leaves a leaf of the public record; 'none': it writes, and is no act; not here: it writes nothing. (test/record/acts.py does them.)
ACTS = {'/enter/:token': 'role.given role.ended', '/sign-out': 'role.ended', '/sign-out/everywhere': 'role.ended',
        '/contests/:contest/unpublish': 'contest.withdrawn', '/kept': 'none', '/kept/:kept/delete': 'none',
        '/units/:unit/roles': 'role.given', '/units/:unit/roles/:role/end': 'role.ended', '/steward/unit': 'unit.changed', '/units/:unit/name': 'unit.changed', '/units/:unit/place': 'unit.changed',
        **{f'/units/:unit/people/{what}': 'none' for what in ('new', ':person/change', ':person/memberships/new', ':person/memberships/:membership', ':person/erase')},
        **{path: 'none' for path in ('/sign-in', '/sign-in/code', '/sign-in/password', '/sign-in/letter/:token', '/me/change', '/me/e-mail', '/me/e-mail/:token',
                                     '/me/password', '/me/password/remove', '/me/sessions/:session/end', '/me/sign-out', '/me/sign-out/elsewhere', '/me/ask',
                                     '/me/erase', '/units/:unit/requests/:request', '/units/:unit/duplicates/:one/:other/two', '/units/:unit/duplicates/:one/:other/merge', '/units/:unit/merges/:merge/undo', '/units/:unit/searches/new', '/units/:unit/searches/:search/edit',
                                     '/units/:unit/searches/:search/delete')}}
ENDS_SESSIONS = {'/sign-out', '/sign-out/everywhere', '/me/sign-out'}
GUARDS = {'Content-Security-Policy': "default-src 'none'", 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin',
          'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Resource-Policy': 'same-origin', 'Permissions-Policy': 'camera=()', 'Cache-Control': ''}
ACTS['/units/:unit/people/export'] = 'people.exported'
ACTS |= {f'/units/:unit/imports/{what}': 'none' for what in ('new', ':import/columns', ':import/apply', ':import/undo', ':import/drop')}
# Those of rolls.
ACTS |= {'/me/rolls/:roll/challenge': 'none', '/units/:unit/new-roll': 'none', **{f'/units/:unit/rolls/:roll{path}': act for path, act in {
    '/rules': 'none', '/delete': 'none', '/freeze': 'none', '/corrections/new': 'roll.corrected', '/challenges/:challenge/answer': 'none',
    '/challenges/:challenge/correct': 'roll.corrected', '/move': 'roll.proposed', '/override': 'roll.proposed', '/proposals/:proposal/confirm-move': 'none',
    '/audit/run': 'none', '/audit/questions/:question/answer': 'none', '/audit/questions/:question/withdraw': 'none',
    '/proposals/:proposal/confirm-override': 'roll.overridden', '/proposals/:proposal/withdraw': 'roll.proposed', '/release': 'roll.released'}.items()}}


def run(folder, *arguments):
    done = subprocess.run([str(deploy.HUSTINGS), *map(str, arguments)], cwd=folder, env=BARE, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f'{arguments}: {done.stderr}')
    return done.stdout


class Browser:
    """Cookies, and the tokens of the forms it was shown."""

    def __init__(self, url):
        self.url, self.cookies = url, {}

    def ask(self, path, method='GET', body=None, headers=None):
        headers = dict(headers or {})
        if self.cookies:
            headers['Cookie'] = '; '.join(f'{k}={v}' for k, v in self.cookies.items())
        answer = ask(self.url + path, method, body, headers)
        for line in answer.headers.get_all('Set-Cookie') or []:
            pair, _, attributes = line.partition(';')
            name, _, value = pair.partition('=')
            self.cookies.pop(name, None)
            if 'Max-Age=0' not in attributes:
                self.cookies[name] = value
        return answer

    def token(self, page='/count'):
        return re.search(rb'name="_csrf" value="([^"]+)"', self.ask(page).body)[1].decode()

    def post(self, path, fields, token, headers=None):
        fields = {**fields, '_key': deploy.os.urandom(16).hex(), **({'_csrf': token} if token else {})}
        return self.ask(path, 'POST', urllib.parse.urlencode(fields), {'Content-Type': 'application/x-www-form-urlencoded', **(headers or {})})


def steward(folder, url):
    link = run(folder, 'sign-in', '--for', 'Ada Poll', '--store', Rows(folder).url).strip().split()[-1]
    browser = Browser(url)
    path = urllib.parse.urlsplit(link).path
    answer = browser.post(path, {}, browser.token(path))
    if answer.status != 303:
        raise RuntimeError(f'could not sign in: {answer}')
    return browser


def all_signed_in(folder, url, persons):
    """A browser for each of them, with a session as the server would have begun it: test/people/signin.py does so by letters, codes and passwords; here it must only be there."""
    browsers, put, now, rows = [], [], int(deploy.time.time() * 1000), Rows(folder)
    secret = rows.ask("SELECT value FROM setting WHERE name = 'http_secret'")[0][0]
    for person in persons:
        browser, token = Browser(url), deploy.os.urandom(32)
        put.append(rows.insert('session', token_hash=hashlib.sha256(token).digest(), id=b64(token[:16]), who=MEMBER, person=person, power=-1, begun=now, seen=now, ends=now + 3600_000))
        sealed = b'\x02' + token
        browser.cookies['hustings'] = b64(sealed + hmac.digest(secret, b'\x06cookie' + sealed, 'sha256')[:16])
        browsers.append(browser)
    rows.tell(*put)
    return browsers


def signed_in(folder, url, person):
    return all_signed_in(folder, url, [person])[0]


def people(folder):
    """Units, a person for every role, and the roles."""
    now, rows = int(deploy.time.time() * 1000), Rows(folder)
    put = [f'UPDATE person_head SET next = {len(PERSONS) + 1}']
    add = lambda table, **values: put.append(rows.insert(table, **values))
    for slug, above in ((REGION, ''), (UNIT, REGION), (ELSEWHERE, 'south'), ('south', '')):
        add('unit', slug=slug, name=slug.title(), kind='branch' if above else 'region', above=above, folded=slug, added=now)
        add('unit_over', above=slug, unit=slug, steps=0)
        if above:
            add('unit_over', above=above, unit=slug, steps=1)
    for number, (role, (kind, unit)) in enumerate(PERSONS.items(), 1):
        add('person', id=person_id(role), number=number, version=1, given_name='Ann', family_name=f'Number{number}', email=f'ann{number}@example.org',
            email_key=f'ann{number}@example.org', country='GB', added=now, changed=now)
        add('membership', unit=UNIT if not unit or unit == REGION else unit, person=person_id(role), id=person_id(role + ' membership'), status='active',
            status_since='2020-01-01', history='active 2020-01-01', joined='2020-01-01', added=now)
        if kind:
            add('role', id=person_id(role + ' role'), person=person_id(role), name=f'Ann Number{number}', kind=kind, unit=unit, begun=now - 1, until=now + 86400_000,
                leaf=LEAVES + number)
            add('record_power', number=LEAVES + number, ended='role.ended', holder=f'Ann Number{number}', what=f'the role of {kind}', unit=unit, until=now + 86400_000)
    rows.tell(*put)


def expired(folder, url, begin=steward):
    """A session whose time is over, as it looks to the browser that still has its cookie."""
    rows = Rows(folder)
    before = rows.ask('SELECT id FROM session')
    browser = begin(folder, url)
    for new in set(rows.ask('SELECT id FROM session')) - set(before):
        rows.tell(f"UPDATE session SET ends = 1 WHERE id = '{new[0]}'")
    return browser


def make(role, folder, url):
    if role in PERSONS:
        return signed_in(folder, url, person_id(role))
    member = lambda *where: signed_in(*where, person_id('member'))
    return {'visitor': lambda: Browser(url), 'steward': lambda: steward(folder, url), 'expired': lambda: expired(folder, url),
            'expired member': lambda: expired(folder, url, member)}[role]()


# --- the walk


def check_table(tally, folder, _):
    lines = [line.split('\t') for line in run(folder, 'routes').splitlines()]
    served = {(method, path): (who, act) for method, path, who, *_, act in lines}
    for route in sorted(served.keys() | ROUTES.keys()):
        row, (who, act) = ROUTES.get(route), served.get(route, (None, None))
        tally(f'{route[0]} {route[1]}: has a row that says who may', row and who == row[0], f'the table of routes: {served.get(route)}; ROUTES: {row}')
        wanted = ACTS.get(route[1], '-') if route[0] == 'POST' else '-'
        tally(f'{route[0]} {route[1]}: is an act, or is none, as ACTS says', act and act.split(':')[0] == wanted, f'the table of routes: {act}; ACTS: {wanted}')


def send(browser, method, path, fields, token=None):
    return browser.ask(path) if method == 'GET' else browser.post(path, fields, token)


def check_every_route_as_every_role(tally, folder, url):
    for role in ROLES:
        browser = make(role, folder, url)
        cookie = dict(browser.cookies)
        for (method, path), (_, real, fields, _) in ROUTES.items():
            if path in ENDS_SESSIONS:
                continue
            browser.cookies = dict(cookie) # an answer to somebody whose session is over takes the cookie away
            token = None if method == 'GET' else ('A' * 86 if role.startswith('expired') else browser.token())
            browser.cookies = dict(cookie) if role != 'visitor' else browser.cookies
            answer = send(browser, method, real, fields, token)
            right = expected(role, method, path)
            tally(f'{role}: {method} {path}: {right}', answer.status == right, answer)
            if right == 303 and method == 'GET' and answer.status == 303 and role not in MAY[ROUTES[method, path][0]]:
                tally(f'{role}: GET {path}: is shown where to sign in, and comes back', answer.headers['Location'] == '/sign-in?next=' + urllib.parse.quote(real), answer)


def check_ids_of_others(tally, folder, url):
    """Whoever holds a role on one unit asks for people of another by their right ids, and for her own people under the other's address."""
    paths = [path for (method, path) in ROUTES if method == 'GET' and '/people/:person' in path]
    for role in (f'secretary of {UNIT}', f'organiser of {UNIT}', f'secretary of {REGION}'):
        browser = make(role, folder, url)
        for path in paths:
            for unit, person, right in ((UNIT, THERE, 404), (ELSEWHERE, THERE, 403), (ELSEWHERE, HERE, 403)):
                real = path.replace(':unit', unit).replace(':person', person).replace(':membership', HERS)
                answer = browser.ask(real)
                refused = 403 if role.startswith('organiser') and ROUTES['GET', path][0] == SECRETARY else right
                tally(f'{role}: GET {real}: {refused}', answer.status == refused and b'Number' not in answer.body.split(b'<main')[1], answer)
            if ('POST', path) in ROUTES and role.startswith('secretary'):
                real = path.replace(':unit', UNIT).replace(':person', THERE).replace(':membership', HERS)
                fields = {**ROUTES['POST', path][2], **({'sure': 'yes'} if 'erase' in path else {}), **({'in_unit': UNIT} if 'memberships' in path else {})}
                answer = browser.post(real, fields, browser.token())
                tally(f'{role}: POST {real}: 404', answer.status == 404, answer)


def check_organisers_see_what_was_agreed(tally, folder, url):
    """How a person may be reached is hers to say; the rest an organiser does not see at all, in no face of the page."""
    Rows(folder).tell(f"UPDATE person SET born = '1980-02-03', phone = '+442079460000', address = '1 Secret Street', consent = 'phone' WHERE id = '{HERE}'",
                      f"UPDATE membership SET payer = 'secret payer', bank = 'secret bank' WHERE person = '{HERE}'")
    for suffix in ('', '.json'):
        organiser = make(f'organiser of {UNIT}', folder, url).ask(f'/units/{UNIT}/people/{HERE}{suffix}').body
        secretary = make(f'secretary of {UNIT}', folder, url).ask(f'/units/{UNIT}/people/{HERE}{suffix}').body
        for word, seen in ((b'020 7946 0000', True), (b'1980', False), (b'@example.org', False), (b'Secret Street', False), (b'secret payer', False), (b'secret bank', False)):
            tally(f'person{suffix}: an organiser sees {word}: {seen}', (word in organiser) == seen and word in secretary.replace(b'&#43;', b'+'), organiser)


def check_signing_out(tally, folder, url):
    for path in sorted(ENDS_SESSIONS):
        for role in ROLES:
            browser = make(role, folder, url)
            token = 'A' * 86 if role.startswith('expired') or role == 'visitor' else browser.token()
            answer = browser.post(path, {}, token)
            right = expected(role, 'POST', path)
            tally(f'{role}: POST {path}: {right}', answer.status == right, answer)


def check_guards(tally, folder, url):
    browser = steward(folder, url)
    for who in (browser, Browser(url)):
        for (method, path), (_, real, fields, _) in ROUTES.items():
            if path in ENDS_SESSIONS:
                continue
            answer = send(who, method, real, fields)
            missing = [name for name, word in GUARDS.items() if word not in answer.headers.get(name, '\0')]
            policy = answer.headers.get('Content-Security-Policy', '')
            held = not missing and "'unsafe-inline'" not in re.sub(r"sandbox;.*", '', policy) and 'Server' not in answer.headers
            tally(f'{method} {path}: headers that protect its reader', held, f'{missing}\n{answer}')


# --- forgery


def posts():
    return [(path, real, fields) for (method, path), (_, real, fields, _) in ROUTES.items() if method == 'POST']


def check_forged(tally, folder, url):
    browser = steward(folder, url)
    token = browser.token('/steward')
    visitor = Browser(url)
    foreign = visitor.token()
    cookies = dict(browser.cookies)
    for path, real, fields in posts():
        cases = {'without a token': (None, {}), "with a visitor's token": (foreign, {}), 'with a bent token': (token[:-3] + 'AAA', {}),
                 'from another site': (token, {'Origin': 'https://evil.example'}), 'from a page of nowhere': (token, {'Origin': 'null'}),
                 'as the browser says, from another site': (token, {'Sec-Fetch-Site': 'cross-site'})}
        for what, (sent, headers) in cases.items():
            browser.cookies = dict(cookies)
            answer = browser.post(real, fields, sent, headers)
            tally(f'POST {path} {what}: refused', answer.status == 403, answer)
    browser.cookies = dict(cookies)
    tally('and the session still stands', browser.ask('/steward').status == 200)


def check_made_up_cookies(tally, folder, url):
    good = steward(folder, url).cookies['hustings']
    made_up = {'empty': '', 'letters': 'x' * 66, 'another length': good + 'A', 'bent': ('B' if good[0] != 'B' else 'C') + good[1:],
               'bent at its end': good[:-4] + 'AAAA', 'a SQL string': "' OR 1=1 --", 'bytes': '%00%ff'}
    for what, value in made_up.items():
        browser = Browser(url)
        browser.cookies = {'hustings': value}
        answer = browser.ask('/steward')
        tally(f'a cookie that is {what}: no steward', answer.status == 403, answer)


def check_fixation(tally, folder, url):
    browser = Browser(url)
    browser.token()
    planted = dict(browser.cookies)
    link = run(folder, 'sign-in', '--for', 'Ada Poll', '--store', Rows(folder).url).strip().split()[-1]
    path = urllib.parse.urlsplit(link).path
    browser.post(path, {}, browser.token(path))
    tally('signed in', browser.ask('/steward').status == 200)
    attacker = Browser(url)
    attacker.cookies = planted
    tally('the cookie from before is no session', attacker.ask('/steward').status == 403 and planted['hustings'] != browser.cookies['hustings'])
    late = Browser(url)
    tally('the link is good once', late.ask(path).status == 404)


# --- addresses


def check_redirects(tally, folder, url):
    for path in ('//evil.example/', '/\\evil.example/', '/%2f%2fevil.example/', '/https://evil.example/', '/.//evil.example/', '/contests//evil.example/'):
        answer = raw(url, path)
        tally(f'{path!r} leads nowhere', b'\r\nlocation:' not in answer.lower() and answer.split()[1] in (b'400', b'404'), answer[:300])
    answer = raw(url, '/contests/?next=//evil.example')
    tally('a slash too many: the same path without it', b'\r\nLocation: /contests?next=//evil.example\r\n' in answer, answer[:400])


def raw(url, target):
    """One request line, byte for byte."""
    at = urllib.parse.urlsplit(url)
    with deploy.socket.create_connection((at.hostname, at.port), timeout=20) as s:
        s.sendall(f'GET {target} HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n\r\n'.encode())
        answer = b''
        while piece := s.recv(65536):
            answer += piece
    return answer


def check_traversal(tally, folder, url):
    (folder / 'secret.txt').write_text('the secret\n')
    for path in ('/static/../secret.txt', '/static/..%2fsecret.txt', '/static/%2e%2e/secret.txt', '/static/....//secret.txt', '/static//etc/passwd',
                 f'{CONTEST}/files/..%2f..%2fsecret.txt', f'{CONTEST}/files/../files', '/static/hustings.css%00.txt', '/..', '/static/'):
        answer = raw(url, path)
        tally(f'{path!r}: nothing there', answer.split()[1] in (b'400', b'404', b'308') and b'secret' not in answer.split(b'\r\n\r\n', 1)[1].replace(path.encode(), b''), answer[:300])


def check_nothing_inside_is_shown(tally, folder, url):
    for path in ('/no-such-page', f'/enter/{TOKEN}', '/steward', f'{CONTEST}/files/none', '/live?topic=%00', '/contests/%ff'):
        for face in ('text/html', 'application/json'):
            answer = ask(url + path, headers={'Accept': face})
            told = re.search(rb'src/|\.c:|sqlite|SELECT |/tmp/|0x[0-9a-f]{6}', answer.body)
            tally(f'{path} as {face}: nothing of how it is made', answer.status >= 400 and not told, answer)


# --- the description


def check_description(tally, folder, url):
    """The shape that OpenAPI 3.1 demands, and that it describes all routes and nothing else."""
    described = json.loads(ask(url + '/openapi.json').body)
    tally('openapi: version and info', described['openapi'].startswith('3.1.') and described['info']['title'] and described['info']['version'])
    rows = {(method.lower(), re.sub(r'[:*]([a-z_]+)', r'{\1}', path)) for method, path in ROUTES}
    operations = {(method, path): operation for path, item in described['paths'].items() for method, operation in item.items()}
    tally('openapi: every route, and nothing else', operations.keys() == rows, operations.keys() ^ rows)
    ids = [o['operationId'] for o in operations.values()]
    tally('openapi: every operation has a name of its own', len(set(ids)) == len(ids), ids)
    for (method, path), operation in operations.items():
        wrong = wrong_with(method, path, operation, described)
        tally(f'openapi: {method} {path}', not wrong, wrong)


def wrong_with(method, path, operation, described):
    wrong = []
    parameters = operation.get('parameters', [])
    in_path = {p['name'] for p in parameters if p['in'] == 'path'}
    if in_path != set(re.findall(r'{([^}]+)}', path)):
        wrong.append(f'parts of the path: {in_path}')
    if len({(p['name'], p['in']) for p in parameters}) != len(parameters):
        wrong.append('a parameter twice')
    wrong += [f'parameter {p}' for p in parameters if p['in'] not in ('path', 'query', 'header') or not isinstance(p['required'], bool) or 'schema' not in p
              or (p['in'] == 'path' and not p['required'])]
    if not operation.get('summary') or not operation['responses'] or any(not r.get('description') for r in operation['responses'].values()):
        wrong.append('no summary, or a response without a description')
    if ('requestBody' in operation) != (method == 'post'):
        wrong.append('a body')
    for content in operation.get('requestBody', {}).get('content', {}).values():
        if not set(content['schema'].get('required', [])) <= content['schema']['properties'].keys():
            wrong.append('a required field that is none')
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(operation)):
        at = described
        for key in reference.split('/'):
            at = at.get(key, {})
        if not at:
            wrong.append(f'nothing at {reference}')
    for scheme in operation.get('security', []):
        wrong += [f'no scheme {name}' for name in scheme if name not in described['components']['securitySchemes']]
    return wrong


def check_other_faces(tally, folder, url):
    """Every page of HTML that is there has the same address as JSON, by path and by Accept."""
    for (method, path), (_, real, _, _) in ROUTES.items():
        if method == 'POST' or expected('visitor', method, path) != 200 or 'text/html' not in (page := ask(url + real)).headers['Content-Type'] or 'Content-Disposition' in page.headers:
            continue
        if 'sandbox' in page.headers['Content-Security-Policy']:
            continue
        by_path, by_accept = ask(url + ('/index' if real == '/' else real) + '.json'), ask(url + real, headers={'Accept': 'application/json'})
        held = by_path.headers['Content-Type'] == 'application/json' and isinstance(json.loads(by_path.body), dict) and by_accept.status == 200
        tally(f'GET {path}: as JSON', held and json.loads(by_accept.body).keys() == json.loads(by_path.body).keys(), by_path)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    o = options.parse_args()
    deploy.HUSTINGS = o.hustings.resolve()
    tally = Tally('security')
    with tempfile.TemporaryDirectory(prefix='hustings-security-') as name:
        folder = pathlib.Path(name)
        run(folder, 'publish', '--store', 'hustings.db', EXAMPLE)
        people(folder)
        with server(folder, environment={'HUSTINGS_LIMITS_RATES': '0', 'HUSTINGS_MAIL_SMTP': 'outbox'}) as (process, url):
            threading.Thread(target=process.stderr.read, daemon=True).start() # a log that nobody reads stops whoever writes it
            for check in [value for name, value in globals().items() if name.startswith('check_')]:
                tally.run(check, folder, url)
    tally.end()


if __name__ == '__main__':
    main()
