#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""compare.py: thousands of random elections through the C engine and through counter.py; every figure must agree.

Differences mode (always): counts --elections N random elections both ways and compares every key that
docs/counting-rules.md defines. The first difference is made smaller, printed, and ends the run with status 1.
Property mode (a sample): shuffling papers, splitting and merging groups change nothing; a withdrawn candidate counts
like one nobody ranked, and like one who never stood.
"""
import argparse
import collections
import copy
import json
import multiprocessing
import pathlib
import random
import subprocess
import sys
import time
from fractions import Fraction

import counter
import generate

CHUNK = 100
PROPERTY_EVERY = 10


# --- the C engine


class Died(Exception):
    pass


def run_many(many, elections):
    """The JSON text of each election, or Died(what it said) from the one on which the program stopped."""
    text = ''.join(generate.protocol(e) for e in elections)
    done = subprocess.run([many], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = done.stdout.decode().splitlines()
    if done.returncode != 0 or len(lines) != len(elections):
        lines = lines[:len(elections) - 1]
        lines.append(Died(f'many stopped with status {done.returncode}: {done.stderr.decode().strip()[-2000:]}'))
    return lines


# --- comparing

MAPS = {'tally', 'section_tally', 'section_continuing', 'points', 'points_decimal', 'keep_factors', 'transfers', 'rejected', 'over', 'paths'}  # keys are names, all of them compared

IN_ORDER = {'tally', 'points', 'keep_factors'}  # in the order of the candidates


def difference(expected, actual, path='', is_map=False):
    """The first path at which they differ, with both values, or None. What is UNSPECIFIED agrees with anything."""
    here = (path or '(all)', expected, actual)
    if expected is counter.UNSPECIFIED:
        return None
    if isinstance(expected, dict):
        if not expected and actual is None:
            return None  # nothing to show: the key may be left out
        if not isinstance(actual, dict):
            return here
        if is_map and set(expected) != set(actual):
            return here
        if is_map and path.split('.')[-1] in IN_ORDER and list(expected) != list(actual):
            return f'{path} (order)', list(expected), list(actual)
        for key, value in expected.items():
            found = difference(value, actual.get(key), f'{path}.{key}', is_map or key in MAPS)
            if found:
                return found
        return None
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(expected) != len(actual):
            return here
        for i, (value, other) in enumerate(zip(expected, actual)):
            found = difference(value, other, f'{path}[{i}]')
            if found:
                return found
        return None
    if isinstance(expected, Fraction):
        try:
            return None if isinstance(actual, str) and Fraction(actual) == expected else here
        except ValueError:
            return here
    return None if expected == actual and isinstance(expected, bool) == isinstance(actual, bool) else here


def count_reference(e):
    try:
        return counter.count(e)
    except counter.Refused as refused:
        return refused


def judge(reference, text):
    """The first difference between the two answers to one election, or None."""
    if isinstance(text, Died):
        return 'died', str(reference), str(text)
    answer = json.loads(text)
    if isinstance(reference, counter.Refused) or 'error' in answer:
        if isinstance(reference, counter.Refused) and 'error' in answer:
            return None
        return 'refused', f'refused: {reference}' if isinstance(reference, counter.Refused) else 'counted', answer.get('error', 'counted')
    return difference(reference, answer)


def differs(many, e):
    return judge(count_reference(e), run_many(many, [e])[0])


# --- properties


def json_of(text):
    return text if isinstance(text, Died) else json.loads(text)


def singles(papers):
    return [counter.Paper(paper.ranks, paper.section, 1) for paper in papers for _ in range(paper.how_many)]


def variants(e, chooser):
    """(what was done, election, does it change the heads of rejected papers?, name taken off the list or None)."""
    shuffled = copy.deepcopy(e)
    chooser.shuffle(shuffled.papers)
    yield 'papers shuffled', shuffled, False, set()
    split = copy.deepcopy(e)
    split.papers = singles(e.papers)
    chooser.shuffle(split.papers)
    yield 'groups split and shuffled', split, False, set()
    merged = copy.deepcopy(e)
    groups = collections.Counter((json.dumps(paper.ranks), paper.section) for paper in singles(e.papers))
    merged.papers = [counter.Paper(json.loads(ranks), section, n) for (ranks, section), n in groups.items()]
    yield 'equal papers merged', merged, False, set()
    gone = {i for i, candidate in enumerate(e.candidates) if candidate.withdrawn}
    if not gone:
        return
    erased = copy.deepcopy(e)
    for paper in erased.papers:
        paper.ranks = counter.without(paper.ranks, gone)
    yield 'withdrawn names rubbed out', erased, True, set()
    names = {e.candidates[i].name for i in gone}
    if any(name in e.rules for name in names) or any(c.post for c in e.candidates):
        return
    fewer = copy.deepcopy(erased)
    left = [i for i in range(len(e.candidates)) if i not in gone]
    fewer.candidates = [e.candidates[i] for i in left]
    for paper in fewer.papers:
        paper.ranks = [r if r == counter.OVERVOTE else [left.index(c) for c in r] for r in paper.ranks]
    yield 'withdrawn candidates never stood', fewer, True, names


def broken_property(many, e, chooser):
    """The first property the C engine breaks on this election: (what, answer, other answer), or None."""
    changed = list(variants(e, chooser))
    plain, *others = [json_of(text) for text in run_many(many, [e] + [v for _, v, _, _ in changed])]
    for (what, _, heads_move, off_list), other in zip(changed, others):
        expected = copy.deepcopy(plain)
        for answer in (expected, other):
            if isinstance(answer, Died):
                return f'{what}: died', str(plain), str(answer)
            for part in [answer] + [p['result'] for p in answer.get('posts') or []]:
                if heads_move and 'papers' in part:
                    part['papers']['rejected'] = sum(int(n) for n in part['papers']['rejected'].values())
                if off_list and 'candidates' in part:
                    part['candidates'] = [c for c in part['candidates'] if c['name'] not in off_list]
        if 'error' in expected and 'error' in other:
            continue
        if expected != other:
            key = next((k for k in expected if expected.get(k) != other.get(k)), '?')
            return f'{what}: .{key}', expected.get(key), other.get(key)
    return None


# --- running


def features(reference):
    """What this election exercised, for the summary."""
    if isinstance(reference, counter.Refused):
        yield 'refused'
        return
    results = [reference] + [post['result'] for post in reference.get('posts', [])]
    stages = [stage for result in results for stage in result.get('stages', [])]
    ties = [stage['tie'] for stage in stages if isinstance(stage['tie'], dict)]
    steps = {tie['how'] for tie in ties if not tie['open']}
    if ties:
        yield 'with ties'
    if 'lot' in steps:
        yield 'with lots'
    for step in ('forward', 'backward', 'order', 'ask'):
        if step in steps:
            yield f'decided by {step}'
    if any(result.get('open_question') for result in results):
        yield 'open questions'
    if any(result.get('unopposed') is True for result in results):
        yield 'unopposed'
    if any(len(stage['eliminated']) > 1 for stage in stages):
        yield 'batches out'
    if any(stage['surplus_of'] for stage in stages):
        yield 'surpluses'
    if any(sum(result['papers']['rejected'].values()) for result in results if 'papers' in result):
        yield 'rejected papers'
    if any(candidate['withdrawn'] for result in results for candidate in result.get('candidates', [])):
        yield 'withdrawals'
    if 'pairwise' in reference and not reference['pairwise']['condorcet_winner']:
        yield 'no Condorcet winner'


def method_of(e):
    return next((line.split('=')[1].strip() for line in e.rules.split('\n') if line.startswith('method')), '?')


def work(job):
    """One chunk: (per method, features, properties tried, [(number, kind, difference)])."""
    many, seed, first, number, keep_going, properties = job
    numbers = range(first, first + number)
    elections = [generate.election(seed, n) for n in numbers]
    methods, seen, found = collections.Counter(), collections.Counter(), []
    tried = 0
    texts = run_many(many, elections)
    while len(texts) < len(elections):  # it died on the last one answered; go on after it
        texts += run_many(many, elections[len(texts):])
    for n, e, text in zip(numbers, elections, texts):
        methods[method_of(e)] += 1
        reference = count_reference(e)
        seen.update(features(reference))
        diff = judge(reference, text)
        if diff:
            found.append((n, 'differs', diff))
        elif properties and n % PROPERTY_EVERY == 0 and sum(paper.how_many for paper in e.papers) <= 100:
            tried += 1
            diff = broken_property(many, e, random.Random(f'{seed}/{n}/properties'))
            if diff:
                found.append((n, 'property', diff))
        if found and not keep_going:
            break
    return methods, seen, tried, found


def shrink(many, e):
    """Take away papers, then copies, options and ranks, while the two still differ."""
    def smaller(e):
        size = max(1, len(e.papers) // 2)
        while size >= 1:
            for at in range(0, len(e.papers), size):
                other = copy.deepcopy(e)
                del other.papers[at:at + size]
                yield other
            size //= 2
        for i, paper in enumerate(e.papers):
            if paper.how_many > 1:
                other = copy.deepcopy(e)
                other.papers[i].how_many -= 1
                yield other
            for rank in range(len(paper.ranks)):
                other = copy.deepcopy(e)
                del other.papers[i].ranks[rank]
                yield other
        for key, nothing in (('tie_order', []), ('seed', ''), ('seats', 0)):
            if getattr(e, key):
                other = copy.deepcopy(e)
                setattr(other, key, nothing)
                yield other

    kind = differs(many, e)[0].split('.')[-1]
    end = time.time() + 20
    again = True
    while again and time.time() < end:
        again = False
        for other in smaller(e):
            diff = differs(many, other)
            if diff and diff[0].split('.')[-1] == kind:
                e, again = other, True
                break
            if time.time() > end:
                break
    return e


def plain(value):
    return json.dumps(value, ensure_ascii=False, default=str)


def show(many, seed, number, kind, diff):
    e = generate.election(seed, number)
    print(f'\nelection {number} of seed {seed}: {kind}')
    if kind == 'differs':
        e = shrink(many, e)
        diff = differs(many, e)
        print(generate.protocol(e))
        print('reference:', plain(count_reference(e)))
        print('engine:   ', run_many(many, [e])[0])
    else:
        print(generate.protocol(e))
    path, expected, actual = diff
    print(f'first difference: {path}\n  expected: {plain(expected)}\n  found:    {plain(actual)}')


def find_many():
    """The driver that was built last, in whichever build directory."""
    root = pathlib.Path(__file__).resolve().parents[2]
    built = list(root.glob('*/test/reference/many'))
    return str(max(built, key=lambda place: place.stat().st_mtime)) if built else ''


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--elections', type=int, default=20000, metavar='N')
    options.add_argument('--seed', default='', help='default: a new one, printed')
    options.add_argument('--first', type=int, default=0, metavar='K', help='number of the first election')
    options.add_argument('--many', default=find_many(), metavar='PATH', help='the C driver (default: the one built last)')
    options.add_argument('--jobs', type=int, default=multiprocessing.cpu_count())
    options.add_argument('--keep-going', action='store_true', help='do not stop; list the kinds of difference, one example each')
    options.add_argument('--no-properties', action='store_true')
    o = options.parse_args()
    if not o.many:
        options.error('the C driver is not built; name it with --many')
    seed = o.seed or str(random.SystemRandom().randrange(10 ** 9))
    print(f'reference: seed {seed}, {o.elections} elections from number {o.first}', flush=True)
    start = time.time()
    jobs = [(o.many, seed, first, min(CHUNK, o.first + o.elections - first), o.keep_going, not o.no_properties)
            for first in range(o.first, o.first + o.elections, CHUNK)]
    methods, seen, found, tried = collections.Counter(), collections.Counter(), [], 0
    with multiprocessing.Pool(o.jobs) as pool:
        for m, s, t, f in pool.imap_unordered(work, jobs):
            methods += m
            seen += s
            tried += t
            found += f
            if found and not o.keep_going:
                break
    if found:
        kinds = collections.defaultdict(list)
        for number, kind, diff in sorted(found, key=lambda f: f[0]):
            shape = ''.join(c for c in diff[0] if not c.isdigit())
            kinds[kind, method_of(generate.election(seed, number)) if o.keep_going else '', shape if o.keep_going else ''].append((number, diff))
        if o.keep_going:
            for (kind, method, shape), cases in sorted(kinds.items(), key=lambda item: -len(item[1])):
                number, diff = cases[0]
                print(f'{len(cases):6} {kind} {method} {shape}  e.g. {number}: {plain(diff[1])[:200]} / {plain(diff[2])[:200]}')
            print(f'reference: {len(found)} differences')
        else:
            number, kind, diff = min(found, key=lambda f: f[0])
            show(o.many, seed, number, kind, diff)
        return 1
    per_method = ', '.join(f'{name} {n}' for name, n in sorted(methods.items()))
    per_feature = ', '.join(f'{n} {name}' for name, n in sorted(seen.items(), key=lambda item: -item[1]))
    print(f'reference: {o.elections} elections agree (per method: {per_method})')
    print(f'reference: of these {per_feature}; properties held on {tried}; {time.time() - start:.0f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main())
