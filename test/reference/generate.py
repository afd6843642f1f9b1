#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""generate.py: random elections, small and nasty, the same ones for the same seed.

Why: few candidates and few papers make ties, empty sections and vanished majorities the usual thing, not the rare one.
     Now and then a larger election (12 candidates, 2,000 papers) exercises size.
Use: election(seed, number) gives one Election. `generate.py SEED NUMBER` prints it in the line protocol of many.c.
"""
import random
import sys

from counter import OVERVOTE, TIE_STEPS, Candidate, Election, Paper

NAMES = ['Ada Lovelace', 'Bea', 'Chloë', "D'Arcy O'Neil", 'Érik', 'Fay', 'Gus-Adolf', 'Hal', 'Ida', 'Józef', 'Kim', 'Лев', '李', 'Mo']
SECTIONS = ['Members', 'MPs and MEPs', 'Affiliates', 'Région']
WEIGHTS = ['1/3', '1/2', '0.40', '30%', '1/10', '2', '5/7', '0.333']
POSTS = ['Chair', 'Treasurer', 'Secretary']
METHODS = ['alternative-vote'] * 5 + ['college'] * 4 + ['plurality'] * 3 + ['posts'] * 2 + ['yes-no'] + ['stv-gregory'] * 4 + \
    ['stv-meek'] * 3 + ['condorcet'] * 4


class Generator:
    def __init__(self, seed, number):
        self.random = random.Random(f'{seed}/{number}')

    def chance(self, probability):
        return self.random.random() < probability

    def either(self, *choices):
        return self.random.choice(choices)

    # Rules.

    def rules(self, method, sections, posts, names):
        """The rules text. Sections and keys are those the method reads; now and then a key is left to its default."""
        lines = ['; made by generate.py', '[rules]', 'name = random', f'method = {method}']
        drop = 0.15 if self.chance(0.2) else 0

        def section(title, keys):
            lines.append('')
            lines.append(f'[{title}]')
            for key, value in keys.items():
                if value is not None and not self.chance(drop):
                    lines.append(f'{key} = {value}')

        transferable = method in ('alternative-vote', 'college') or (method == 'posts' and self.each == 'alternative-vote')
        count = {}
        if method in ('stv-gregory', 'stv-meek', 'plurality'):
            count['seats'] = self.random.randint(1, 5)
        elif self.chance(0.5) and method in ('alternative-vote', 'college', 'condorcet'):
            count['seats'] = 1
        if transferable:
            count['stop'] = self.either('majority', 'majority', 'last-two', 'last-two', 'first-stage')
            count['batch_elimination'] = self.either('yes', 'no')
            if self.chance(0.3) and method != 'posts':
                count['write_ins'] = self.either(*names)
        if count:
            section('count', count)
        papers = {
            'equal_ranks': self.either('overvote', 'allow') if method == 'condorcet' else 'overvote',
            'skipped_rank': self.either('skip', 'exhaust'),
            'overvote': self.either('skip', 'exhaust'),
            'duplicate': self.either('skip', 'exhaust'),
        }
        if papers['skipped_rank'] == 'exhaust':
            papers['skipped_ranks_allowed'] = self.either(0, 1, 1, 2)
        if self.chance(0.3):
            papers['max_ranks'] = self.random.randint(0, 5)
        section('papers', papers)
        kinds = []
        if transferable:
            kinds = ['exclude', 'elect']
        elif method in ('plurality', 'posts', 'condorcet'):
            kinds = ['elect']
        elif method == 'stv-gregory':
            kinds = ['exclude', 'surplus']
        elif method == 'stv-meek':
            kinds = ['exclude']
        if kinds:
            section('ties', {kind: self.steps() for kind in kinds})
        if method == 'college':
            drop = 0
            section('sections', {name: self.either(*WEIGHTS) for name in sections})
        if method == 'plurality':
            section('plurality', {'marks': self.either('first', 'seats', 'seats', self.random.randint(1, 4))})
        if method == 'posts':
            drop = 0
            section('posts', {'each': self.each})
            if self.each == 'plurality' and self.chance(0.9):
                section('plurality', {'marks': self.either('seats', 'seats', 'first', self.random.randint(1, 4))})
            for post, (seats, listed) in posts.items():
                if seats == 1 and not listed and self.chance(0.2):
                    continue
                keys = {'seats': seats}
                if listed:
                    keys['candidates'] = ', '.join(listed)
                section(f'post {post}', keys)
        if method == 'yes-no':
            section('yes-no', {'yes': 'Yes', 'no': 'No', 'pass': self.either('1/2', '1/2', '2/3', '0.6', '50%', '1/4', '0', '1'),
                               'of': self.either('papers', 'papers', 'roll'), 'turnout': self.either('0', '0', '1/2', '40%', '1')})
        if method == 'stv-gregory':
            section('stv', {'quota': 'droop', 'decimals': self.either(0, 1, 2, 3, 4, 5, 5, 6, 9, 10 if self.chance(0.05) else 5)})
        if method == 'stv-meek':
            decimals = self.random.randint(8 if self.chance(0.02) else 9, 12)
            section('stv', {'quota': 'droop', 'decimals': decimals, 'omega': self.random.randint(1, decimals + self.chance(0.02))})
        if method == 'condorcet':
            section('condorcet', {'completion': self.either('schulze', 'ranked-pairs'), 'strength': self.either('winning-votes', 'margins')})
        text = '\n'.join(lines) + '\n'
        if self.chance(0.01):
            before, after = self.either(('[papers]', '[papers]\novervotes = skip'), ('[papers]', '[nonsense]'), ('seats = ', 'seats = some'),
                                        (f'method = {method}', 'method = fptp'), ('duplicate = ', 'duplicate = re'), ('lot', 'coin'))
            text = text.replace(before, after, 1)
        return text

    def steps(self):
        steps = self.random.sample(TIE_STEPS, self.random.randint(1, 3))
        if self.chance(0.5):
            steps.sort(key=lambda step: step not in ('forward', 'backward'))
        if self.chance(0.6) and 'lot' not in steps:
            steps.append('lot')
        return ', '.join(steps)

    # Papers.

    def paper(self, candidates, style):
        """Ranks of one paper."""
        ranks = []
        order = list(candidates)
        self.random.shuffle(order)
        for c in order[:self.random.randint(0 if self.chance(style['blank']) else 1, len(order))]:
            while self.chance(style['empty']):
                ranks.append([])
            if self.chance(style['overvote']):
                ranks.append(OVERVOTE)
            if self.chance(style['duplicate']):
                ranks.append([self.random.choice(order)])
                if self.chance(style['equal']):
                    ranks[-1].append(self.random.choice(order))
            if ranks and ranks[-1] and ranks[-1] != OVERVOTE and self.chance(style['equal']):
                ranks[-1].append(c)
            else:
                ranks.append([c])
        if self.chance(style['empty']):
            ranks.append([])
        return ranks

    def papers(self, candidates, how_many, place, style):
        """Papers that often come in symmetric sets, so that ties are common and go deep. place() gives a section."""
        if style['few']:
            pool = [self.paper(candidates, style) for _ in range(self.random.randint(1, 4))]
            return [Paper(self.either(*pool), place(), 1) for _ in range(how_many)]
        papers = []
        left = how_many
        while left > 0:
            ranks = self.paper(candidates, style)
            number = min(left, self.either(1, 1, 1, 2, 3, max(1, how_many // 8)))
            papers.append(Paper(ranks, place(), number))
            left -= number
            if self.chance(style['mirror']) and left > 0:
                # The same paper with the names turned round once or more.
                for turn in range(1, self.either(2, len(candidates)) if len(candidates) > 1 else 1):
                    turned = [r if r == OVERVOTE else [candidates[(candidates.index(c) + turn) % len(candidates)] for c in r] for r in ranks]
                    papers.append(Paper(turned, papers[-1].section if self.chance(0.5) else place(), number))
                    left -= number
        return papers

    def style(self):
        clean = self.chance(0.4)
        return {key: 0 if clean or self.chance(0.4) else self.random.uniform(0, most)
                for key, most in (('empty', 0.4), ('overvote', 0.2), ('duplicate', 0.25), ('equal', 0.3), ('blank', 0.6))} | \
            {'mirror': self.either(0, 0.3, 0.8), 'few': self.chance(0.15)}

    # The whole.

    def election(self):
        method = self.either(*METHODS)
        large = self.chance(0.006)
        number = self.random.randint(self.either(1, 3, 3), 12 if large else 8)
        how_many = self.random.randint(100, 400 if method == 'stv-meek' else 2000) if large else self.random.randint(1, self.either(3, 8, 20, 20, 60, 60))
        names = self.random.sample(NAMES, number)
        self.each = self.either('plurality', 'plurality', 'alternative-vote')
        style = self.style()
        sections = self.random.sample(SECTIONS, self.random.randint(1, 4)) if method == 'college' or self.chance(0.2) else []
        stray = 0.002 if method == 'college' else 0.1

        def place():
            return -1 if not sections or self.chance(stray) else self.random.randrange(len(sections))

        posts = {}
        if method == 'yes-no':
            names = self.either(['Yes', 'No'], ['Yes', 'No'], ['Yes', 'No'], ['Yes'], ['No'], ['Yes', 'No', 'Abstain'])
            self.random.shuffle(names)
        candidates = [Candidate(name) for name in names]
        if method == 'posts':
            candidates = []
            for post in self.random.sample(POSTS, self.random.randint(1, 3)):
                standing = self.random.sample(NAMES, self.random.randint(1, 5))
                listed = self.random.sample(NAMES, self.random.randint(1, 2)) if self.chance(0.15) else []
                posts[post] = (1 if self.each == 'alternative-vote' else self.random.randint(1, 3), listed)
                candidates += [Candidate(name, post) for name in standing]
            papers = []
            style['empty'] = style['overvote'] = 0  # which post an unnamed mark belongs to is not in the rules
            for _ in range(how_many):
                ranks = []
                for post in posts:
                    mine = [i for i, candidate in enumerate(candidates) if candidate.post == post]
                    part = self.paper(mine, style)
                    ranks += part[:self.random.randint(1, posts[post][0] + 1)] if self.each == 'plurality' and self.chance(0.8) else part
                papers.append(Paper(ranks, place(), 1))
        else:
            papers = self.papers(list(range(len(candidates))), how_many, place, style)
        if method == 'college' and self.chance(0.8):
            for s in range(len(sections)):
                papers.append(Paper(self.paper(list(range(len(candidates))), style), s, 1))
        if self.chance(0.02):
            times = [1, 1000, 999983, 10 ** 6][:4 if sum(paper.how_many for paper in papers) < 1000 else 2]
            for paper in papers:
                paper.how_many *= self.either(*times)
        if method == 'posts' and self.chance(0.3):
            for paper in papers:  # names of two posts in one rank
                if len(paper.ranks) > 1 and self.chance(0.3):
                    paper.ranks[-2:] = [paper.ranks[-2] + paper.ranks[-1]]
        if method != 'yes-no' and self.chance(0.3):
            for candidate in candidates:
                candidate.withdrawn = self.chance(0.25)
        tie_order = []
        if self.chance(0.4):
            tie_order = sorted({candidate.name for candidate in candidates})
            self.random.shuffle(tie_order)
            if self.chance(0.1):
                tie_order.append('Nobody At All')
            if self.chance(0.2):
                tie_order = tie_order[:self.random.randint(0, len(tie_order))]
        seats = 0
        if method in ('plurality', 'stv-gregory', 'stv-meek') and self.chance(0.3):
            seats = self.random.randint(1, 5)
        elif method != 'posts' and self.chance(0.01):
            seats = 2
        roll = 0
        if method == 'yes-no' and self.chance(0.9):
            voted = max(1, sum(paper.how_many for paper in papers))
            roll = self.random.randint(voted if self.chance(0.95) else 1, 3 * voted)
        seed = self.either('', '2010-09-25', 'ab c', '7', 'ż') if self.chance(0.8) else ''
        rules = self.rules(method, sections, posts, names + ['Nobody At All'])
        return Election(rules, candidates, papers, sections, seed, tie_order, seats, roll)


def election(seed, number):
    return Generator(seed, number).election()


def protocol(e):
    """The election as lines for many.c."""
    lines = [f'rules {line}' for line in e.rules.rstrip('\n').split('\n')]
    post = ''
    for candidate in e.candidates:
        if candidate.post != post:
            post = candidate.post
            lines.append(f'post {post}')
        lines.append(f'{"withdrawn" if candidate.withdrawn else "candidate"} {candidate.name}')
    lines += [f'section {name}' for name in e.sections]
    for paper in e.papers:
        ranks = ' '.join('!' if r == OVERVOTE else '-' if r == [] else '='.join(map(str, r)) for r in paper.ranks)
        lines.append(f'paper {paper.how_many} {paper.section} {ranks}'.rstrip())
    if e.seed:
        lines.append(f'seed {e.seed}')
    lines += [f'prefer {name}' for name in e.tie_order]
    if e.seats:
        lines.append(f'seats {e.seats}')
    if e.roll:
        lines.append(f'roll {e.roll}')
    return '\n'.join(lines + ['count']) + '\n'


if __name__ == '__main__':
    sys.stdout.write(protocol(election(sys.argv[1], sys.argv[2])))
