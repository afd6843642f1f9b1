#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Run the counting cases of this directory against `hustings count`: run.py [WORD...]

With words, only cases whose file name contains one of them. HUSTINGS names another program than build/hustings.
What a case may say is in test/cases/README.md. Exit 1 if a case fails; the last line is "cases: N passed, N failed".
"""
import decimal
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = pathlib.Path(os.environ.get('HUSTINGS', ROOT / 'build' / 'hustings')).resolve()
FILE_NAME = re.compile(r'^[\w.-]+\.[a-z]+$')


class Wrong(Exception):
    """A case that fails, or that cannot be read, with the reason."""


def read_case(text):
    """(facts, files, runs): facts are the lines `key: value`; a run is a command line and its expectations."""
    facts, files, runs, block = {}, {}, [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line[:1] in (' ', '\t') and block is not None and line.strip():
            block.append(line.strip())
            continue
        if not line.strip() or line.startswith('#'):
            continue
        key, colon, value = line.partition(':')
        value = value.strip()
        if not colon:
            raise Wrong(f'line {number}: expected KEY: VALUE, found {line!r}')
        block = None
        if key == 'count':
            runs.append((value, []))
        elif key == 'expect' and runs and not value:
            block = runs[-1][1]
        elif FILE_NAME.match(key) and not value:
            block = files[key] = []
        elif key in ('why', 'source') and value:
            facts[key] = facts.get(key, '') + value + '\n'
        else:
            raise Wrong(f'line {number}: no such key: {key}')
    for needed in ('why', 'source'):
        if needed not in facts:
            raise Wrong(f'it does not say {needed}')
    if not runs or not all(expectations for _, expectations in runs):
        raise Wrong('a count with nothing expected of it')
    return facts, files, runs


def execute(arguments, files):
    """(exit status, JSON or None, standard error) of one count."""
    with tempfile.TemporaryDirectory() as place:
        for name, lines in files.items():
            (pathlib.Path(place) / name).write_text('\n'.join(lines) + '\n', encoding='utf-8')

        def here(word):
            section, equals, name = word.rpartition('=')
            return f'{section}{equals}{place}/{name}' if name in files else word

        command = [PROGRAM, 'count', *map(here, shlex.split(arguments)), '--format', 'json']
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    output = done.stdout.decode()
    return done.returncode, json.loads(output) if output.strip() else None, done.stderr.decode()


def listed(text):
    return [] if text == 'none' else [item.strip() for item in text.split(',')]


def numbered(text):
    """{'Ada': 10, ...} of `Ada 10, Ben Okri 8`."""
    pairs = {}
    for item in listed(text):
        name, _, value = item.rpartition(' ')
        if not name or name in pairs:
            raise Wrong(f'expected NAME NUMBER, found {item!r}')
        pairs[name.strip()] = decimal.Decimal(value)
    return pairs


def numbers(tally):
    return {name: decimal.Decimal(value) for name, value in tally.items()}


def ranked(text):
    """[['A'], ['B', 'C']] of `A > B = C`."""
    return [[name.strip() for name in rank.split('=')] for rank in text.split('>')]


def same(what, expected, found):
    if expected != found:
        raise Wrong(f'{what}\n      expected {show(expected)}\n      found    {show(found)}')


def show(value):
    if isinstance(value, dict):
        return ', '.join(f'{k} {show(v)}' for k, v in value.items()) or 'none'
    if isinstance(value, list):
        return ', '.join(map(show, value)) or 'none'
    return str(value)


def same_points(what, text, found):
    text, _, within = text.partition('; within ')
    within, found = decimal.Decimal(within or 0), numbers(found)
    expected = numbered(text)
    near = expected.keys() == found.keys() and all(abs(found[name] - value) <= within for name, value in expected.items())
    if not near:
        same(f'{what}, within {within}', expected, found)


def same_tie(what, text, tie):
    """`exclude A, B: A by lot`, `elect A, B: open`, `exclude A, B: A by backward at stage 2`."""
    match = re.match(r'(\w+) (.+): (?:(open)|(.+) by (\w+)(?: at stage (\d+))?)$', text)
    if text == 'none' or tie is None or not match:
        same(what, None if text == 'none' else text, tie)
        return
    kind, names, is_open, chosen, how, stage = match.groups()
    same(f'{what}: kind', kind, tie['kind'])
    same(f'{what}: between', sorted(listed(names)), sorted(tie['candidates']))
    same(f'{what}: open', bool(is_open), tie['open'])
    if not is_open:
        same(f'{what}: chosen', sorted(listed(chosen)), sorted(tie['chosen']))
        same(f'{what}: how', how, tie['how'])
        same(f'{what}: decided at stage', int(stage) if stage else None, tie['decided_stage'])


STAGE_VALUES = {'quota': 'quota', 'continuing': 'continuing', 'not reallocated': 'not_reallocated', 'lost': 'lost_to_rounding'}
STAGE_LISTS = {'out': 'eliminated', 'elected': 'elected'}


def check_stage(what, part, expected, stage):
    word, _, name = part.partition(' ')
    if not part:
        same(what, numbered(expected), numbers(stage['tally']))
    elif part in STAGE_VALUES:
        same(what, decimal.Decimal(expected), decimal.Decimal(stage[STAGE_VALUES[part]]))
    elif part in STAGE_LISTS:
        same(what, sorted(listed(expected)), sorted(stage[STAGE_LISTS[part]]))
    elif part == 'points':
        same_points(what, expected, stage['points_decimal'])
    elif part == 'exact points':
        same(what, dict(item.rsplit(' ', 1) for item in listed(expected)), stage['points'])
    elif part == 'keep':
        same(what, numbered(expected), numbers(stage['keep_factors']))
    elif part == 'tie':
        same_tie(what, expected, stage['tie'])
    elif part == 'surplus of':
        same(what, None if expected == 'none' else expected, stage['surplus_of'])
    elif word == 'section':
        same(what, numbered(expected), numbers(stage['section_tally'][name]))
    elif word == 'from':
        moved = {to or 'not reallocated': votes for to, votes in stage['transfers'][name].items()}
        same(what, numbered(expected), {to: votes for to, votes in numbers(moved).items() if votes})
    else:
        raise Wrong(f'no such expectation of a stage: {part}')


def check_papers(what, expected, result):
    papers = result['papers']
    everything = {**papers['rejected'], **{key: papers[key] for key in ('read', 'valid', 'issued', 'roll') if papers[key] is not None}}
    for head, number in numbered(expected).items():
        same(f'{what}: {head}', number, decimal.Decimal(everything.get(head, -1)))


def check_pairwise(what, key, expected, pairwise):
    word, _, name = key.partition(' ')
    if key == 'condorcet winner':
        same(what, None if expected == 'none' else expected, pairwise['condorcet_winner'])
    elif key == 'smith':
        same(what, sorted(listed(expected)), sorted(pairwise['smith_set']))
    elif key == 'schulze':
        same(what, [sorted(rank) for rank in ranked(expected)], [sorted(rank) for rank in pairwise['schulze']['ranking']])
    elif key == 'ranked pairs':
        same(what, [sorted(rank) for rank in ranked(expected)], [sorted(rank) for rank in pairwise['ranked_pairs']['ranking']])
    elif key == 'locked':
        same(what, [[name.strip() for name in pair.split('>')] for pair in listed(expected)], pairwise['ranked_pairs']['locked'])
    elif word in ('over', 'path'):
        found = (pairwise['over'] if word == 'over' else pairwise['schulze']['paths'])[name]
        same(what, numbered(expected), {other: votes for other, votes in numbers(found).items() if other != name})
    else:
        return False
    return True


def check(line, result):
    key, colon, expected = line.partition(': ')
    if not colon:
        raise Wrong(f'expected KEY: VALUE, found {line!r}')
    expected = expected.strip()
    what, key = key, key.strip()
    if key.startswith('post '):
        post, _, rest = key[5:].partition(', ')
        found = next((p for p in result['posts'] if p['post'] == post), None)
        if found is None:
            raise Wrong(f'no post {post} in the result')
        if rest == 'unopposed':
            same(what, expected, 'yes' if found['unopposed'] else 'no')
        else:
            check(f'{rest}: {expected}', found['result'])
        return
    stage = re.match(r'stage (\d+) ?(.*)$', key)
    if stage:
        if int(stage[1]) > len(result['stages']):
            raise Wrong(f'{what}: there are only {len(result["stages"])} stages')
        check_stage(what, stage[2], expected, result['stages'][int(stage[1]) - 1])
    elif key == 'stages':
        same(what, int(expected), len(result['stages']))
    elif key == 'papers':
        check_papers(what, expected, result)
    elif key == 'elected':
        same(what, listed(expected), result['elected'])
    elif key == 'out':
        same(what, listed(expected), result['elimination_order'])
    elif key == 'places':
        same(what, numbered(expected), {c['name']: decimal.Decimal(c['place']) for c in result['candidates'] if c['place'] is not None})
    elif key == 'open':
        same_tie(what, expected if expected == 'none' else f'{expected}: open', result['open_question'])
    elif key == 'unopposed':
        same(what, expected, 'yes' if result['unopposed'] else 'no')
    elif key == 'carried':
        same(what, expected, 'yes' if result['yes_no']['carried'] else 'no')
    elif key == 'turnout':
        same(what, decimal.Decimal(expected), decimal.Decimal(result['yes_no']['turnout_percent']))
    elif key.startswith('json '):
        found = result
        for step in key[5:].split(' / '):
            found = found[int(step)] if isinstance(found, list) else found[step]
        same(what, expected, show(found))
    elif key == 'posts':
        same(what, listed(expected), [post['post'] for post in result['posts']])
    elif not (result.get('pairwise') and check_pairwise(what, key, expected, result['pairwise'])):
        raise Wrong(f'no such expectation, or not of this method: {key}')


def run(arguments, files, expectations):
    """Complaints about one count."""
    wanted = {'exit': 0, 'error': None}
    for line in list(expectations):
        key, _, value = line.partition(': ')
        if key in wanted:
            wanted[key] = int(value) if key == 'exit' else value
    status, result, errors = execute(arguments, files)
    if status != wanted['exit']:
        yield f'exit {status}, expected {wanted["exit"]}: {errors.strip() or "it said nothing"}'
        return
    if wanted['error'] and wanted['error'] not in errors:
        yield f'standard error lacks {wanted["error"]!r}: {errors.strip()}'
    for line in expectations:
        if line.partition(': ')[0] in wanted:
            continue
        try:
            if result is None:
                raise Wrong('there is no result')
            check(line, result)
        except Wrong as wrong:
            yield str(wrong)
        except (KeyError, IndexError, TypeError, ValueError, decimal.InvalidOperation) as odd:
            yield f'{line}: cannot be checked against the JSON ({type(odd).__name__}: {odd})'


def main():
    words = sys.argv[1:]
    passed = failed = 0
    for path in sorted(HERE.glob('**/*.case')):
        name = str(path.relative_to(HERE))[:-len('.case')]
        if words and not any(word in name for word in words):
            continue
        try:
            _, files, runs = read_case(path.read_text(encoding='utf-8'))
        except Wrong as wrong:
            print(f'FAILED  {name}: {wrong}')
            failed += 1
            continue
        for number, (arguments, expectations) in enumerate(runs, 1):
            label = name if len(runs) == 1 else f'{name} {number}'
            try:
                complaints = list(run(arguments, files, expectations))
            except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as odd:
                complaints = [f'{type(odd).__name__}: {odd}']
            passed, failed = passed + (not complaints), failed + bool(complaints)
            print(f'{"FAILED" if complaints else "ok":7} {label}', *(f'    {complaint}' for complaint in complaints), sep='\n', flush=True)
    print(f'cases: {passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
