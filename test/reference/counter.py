# SPDX-License-Identifier: AGPL-3.0-or-later
"""counter.py: a slow, independent counter of elections, to check the fast one against.

Why: two programs that share no line and were written from the same page of rules are unlikely to share a mistake.
     This one was written from docs/counting-rules.md alone; section numbers below are sections of that page.
How: the straightforward way, exact: whole numbers (in STV, whole numbers of 10^-decimals votes) and fractions.
Use: count(Election) gives a dictionary in the shape of docs/json.md. Votes are Fractions in it, not text, and what
     the rules leave undefined is UNSPECIFIED. Refused is raised for input that is not counted.
"""
import dataclasses
import hashlib
from dataclasses import dataclass, field
from fractions import Fraction

OVERVOTE = '!'  # a rank: several names, not known which. Other ranks are lists of candidate indexes; [] is an empty rank.


class Refused(Exception):
    """The input is not counted (exit 2)."""


class _Unspecified:
    def __repr__(self):
        return 'UNSPECIFIED'


UNSPECIFIED = _Unspecified()


@dataclass
class Candidate:
    name: str
    post: str = ''
    withdrawn: bool = False


@dataclass
class Paper:
    ranks: list
    section: int = -1  # or -1: none
    how_many: int = 1


@dataclass
class Election:
    rules: str  # the text of a rules file
    candidates: list
    papers: list
    sections: list = field(default_factory=list)
    seed: str = ''
    tie_order: list = field(default_factory=list)
    seats: int = 0
    roll: int = 0


# --- the rules file

METHODS = ('alternative-vote', 'college', 'plurality', 'posts', 'yes-no', 'stv-gregory', 'stv-meek', 'condorcet')
TIE_STEPS = ('forward', 'backward', 'lot', 'order', 'ask')


def one_of(*words):
    def check(text):
        if text not in words:
            raise Refused(f'expected one of {words}, found {text!r}')
        return text
    return check


def whole(low, high):
    def check(text):
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise Refused(f'expected a number from {low} to {high}, found {text!r}')
        return int(text)
    return check


def text_of(text):
    return text


def fraction(text):
    """1/3, 0.40, 40% or 2."""
    try:
        value = Fraction(text[:-1]) / 100 if text.endswith('%') else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise Refused(f'expected a fraction, found {text!r}') from None
    if value < 0:
        raise Refused('a fraction below 0')
    return value


def names_of(text):
    return [name.strip() for name in text.split(',') if name.strip()]


def steps_of(text):
    steps = names_of(text)
    for step in steps:
        one_of(*TIE_STEPS)(step)
    return steps


def marks_of(text):
    return text if text in ('first', 'seats') else whole(1, 1000)(text)


# section: {key: (reader, default)}
KEYS = {
    'rules': {'name': (text_of, ''), 'title': (text_of, ''), 'source': (text_of, ''), 'method': (one_of(*METHODS), None)},
    'count': {'seats': (whole(1, 1000), 1), 'stop': (one_of('majority', 'last-two', 'first-stage'), 'majority'),
              'batch_elimination': (one_of('yes', 'no'), 'no'), 'write_ins': (text_of, '')},
    'papers': {'equal_ranks': (one_of('overvote', 'allow'), 'overvote'), 'skipped_rank': (one_of('skip', 'exhaust'), 'skip'),
               'skipped_ranks_allowed': (whole(0, 1000), 0), 'overvote': (one_of('skip', 'exhaust'), 'skip'),
               'duplicate': (one_of('skip', 'exhaust'), 'skip'), 'max_ranks': (whole(0, 1000), 0)},
    'ties': {'exclude': (steps_of, []), 'elect': (steps_of, []), 'surplus': (steps_of, [])},
    'plurality': {'marks': (marks_of, None)},
    'posts': {'each': (one_of('plurality', 'alternative-vote'), 'plurality')},
    'yes-no': {'yes': (text_of, 'Yes'), 'no': (text_of, 'No'), 'pass': (fraction, Fraction(1, 2)),
               'of': (one_of('papers', 'roll'), 'papers'), 'turnout': (fraction, Fraction(0))},
    'stv': {'quota': (one_of('droop'), 'droop'), 'decimals': (whole(0, 12), None), 'omega': (whole(1, 12), 6)},
    'condorcet': {'completion': (one_of('schulze', 'ranked-pairs'), 'schulze'),
                  'strength': (one_of('winning-votes', 'margins'), 'winning-votes')},
}
POST_KEYS = {'seats': (whole(1, 1000), 1), 'candidates': (names_of, [])}


def parse_rules(text):
    """A rules file as {'section': {'key': value}}, defaults filled in; 'sections' is {name: weight}, 'post' {name: {...}}."""
    rules = {section: {key: default for key, (_, default) in keys.items()} for section, keys in KEYS.items()}
    rules['sections'] = {}
    rules['post'] = {}
    section = None
    for line in text.split('\n'):
        line = line.strip()
        if not line or line.startswith(';'):
            continue
        if line.startswith('['):
            if not line.endswith(']'):
                raise Refused(f'expected [section], found {line!r}')
            section = line[1:-1]
            if section.startswith('post '):
                name = section[len('post '):].strip()
                rules['post'].setdefault(name, {key: default for key, (_, default) in POST_KEYS.items()})
            elif section != 'sections' and section not in KEYS:
                raise Refused(f'unknown section {section!r}')
            continue
        key, equals, value = line.partition('=')
        key, value = key.strip(), value.strip()
        if not equals or section is None:
            raise Refused(f'expected key = value, found {line!r}')
        if section == 'sections':
            rules['sections'][key] = fraction(value)
        elif section.startswith('post '):
            if key not in POST_KEYS:
                raise Refused(f'unknown key {key!r}')
            rules['post'][section[len('post '):].strip()][key] = POST_KEYS[key][0](value)
        else:
            if key not in KEYS[section]:
                raise Refused(f'unknown key {key!r} in [{section}]')
            rules[section][key] = KEYS[section][key][0](value)
    method = rules['rules']['method']
    if method is None:
        raise Refused('no method')
    if rules['papers']['equal_ranks'] == 'allow' and method != 'condorcet':
        raise Refused('equal_ranks = allow is for condorcet only')
    if rules['papers']['skipped_ranks_allowed'] and rules['papers']['skipped_rank'] == 'skip':
        raise Refused('skipped_ranks_allowed goes with skipped_rank = exhaust')
    if method in ('stv-gregory', 'stv-meek') and rules['stv']['decimals'] is None:
        raise Refused('an STV count needs its decimals')
    if method == 'stv-gregory' and rules['stv']['decimals'] > 9:
        raise Refused('Gregory counts with 0 to 9 decimals')
    if method == 'stv-meek' and not 9 <= rules['stv']['decimals'] <= 12:
        raise Refused('Meek counts with 9 to 12 decimals')
    if method == 'stv-meek' and rules['stv']['omega'] > rules['stv']['decimals']:
        raise Refused('omega is at most decimals')
    return rules


# --- section 2: from a paper to its ranking


def without(ranks, gone):
    """Take the candidates in `gone` off the paper. A rank that held only those disappears; two equal marks in a rank are one."""
    kept = []
    for rank in ranks:
        if rank == OVERVOTE or rank == []:
            kept.append(rank)
            continue
        names = []
        for candidate in rank:
            if candidate not in gone and candidate not in names:
                names.append(candidate)
        if names:
            kept.append(names)
    return kept


def readable(ranks, withdrawn, max_ranks):
    """Steps 1 and 2."""
    ranks = without(ranks, withdrawn)
    while ranks and ranks[-1] == []:
        ranks.pop()
    return ranks[:max_ranks] if max_ranks else ranks


def head_of(ranks, withdrawn, overvote_met):
    """Step 4: why an empty ranking is rejected. `ranks`: as handed in."""
    if all(rank == [] for rank in ranks):
        return 'unmarked'
    if OVERVOTE not in ranks and all(candidate in withdrawn for rank in ranks for candidate in rank):
        return 'withdrawn'
    return 'overvote' if overvote_met else 'skipped'


def read_ranking(ranks, withdrawn, settings):
    """(ranking, head): the ranking is a list of places, each a list of candidates; head is None when it is not empty."""
    ranking = []
    taken = set()
    skips = 0
    overvote_met = False
    for rank in readable(ranks, withdrawn, settings['max_ranks']):
        if rank == []:
            skips += 1
            if settings['skipped_rank'] == 'exhaust' and skips > settings['skipped_ranks_allowed']:
                break
            continue
        skips = 0
        if rank == OVERVOTE or (len(rank) > 1 and settings['equal_ranks'] == 'overvote'):
            overvote_met = True
            if settings['overvote'] == 'exhaust':
                break
            continue
        if settings['duplicate'] == 'exhaust' and any(candidate in taken for candidate in rank):
            break
        fresh = [candidate for candidate in rank if candidate not in taken]
        if fresh:
            ranking.append(fresh)
            taken.update(fresh)
    if ranking:
        return ranking, None
    return ranking, head_of(ranks, withdrawn, overvote_met)


def read_crosses(ranks, withdrawn, settings, most):
    """Section 6, papers with several marks: (one place with all names, head)."""
    names = []
    overvote_met = False
    for rank in readable(ranks, withdrawn, settings['max_ranks']):
        if rank == OVERVOTE:
            overvote_met = True
            continue
        for candidate in rank:
            if candidate not in names:
                names.append(candidate)
    if overvote_met or len(names) > most:
        return [], 'overvote'
    if names:
        return [names], None
    return [], head_of(ranks, withdrawn, False)


# --- what all methods share


class Count:
    """One count in progress: who stands, the papers as rankings, and the stages so far."""

    def __init__(self, election, rules, seats):
        self.election = election
        self.rules = rules
        self.seats = seats
        self.names = [candidate.name for candidate in election.candidates]
        self.withdrawn = {i for i, candidate in enumerate(election.candidates) if candidate.withdrawn}
        self.standing = [i for i in range(len(self.names)) if i not in self.withdrawn]
        self.pile = [c for c in self.standing if self.names[c] == rules['count']['write_ins']]
        self.unit = 1  # votes are whole numbers of 1/unit
        self.stages = []
        self.past = []  # of each stage: {candidate: votes, or points}
        self.elected = []
        self.out = []  # of each elimination: {candidate: votes or points when it went out}
        self.open = None
        self.ballots = []  # (ranking, section, how many)
        self.valid = 0
        self.rejected = {'unmarked': 0, 'withdrawn': 0, 'overvote': 0, 'skipped': 0}

    def read_papers(self, crosses=0):
        merged = {}
        for paper in self.election.papers:
            if crosses:
                ranking, head = read_crosses(paper.ranks, self.withdrawn, self.rules['papers'], crosses)
            else:
                ranking, head = read_ranking(paper.ranks, self.withdrawn, self.rules['papers'])
            if head:
                self.rejected[head] += paper.how_many
            else:
                self.valid += paper.how_many
                key = (tuple(tuple(sorted(place)) for place in ranking), paper.section)
                merged[key] = merged.get(key, 0) + paper.how_many
        self.ballots = [(ranking, section, how_many) for (ranking, section), how_many in merged.items()]
        if self.valid == 0:
            raise Refused('no valid paper')

    def gone(self):
        return {candidate for batch in self.out for candidate in batch}

    def still_in(self):
        """Neither elected nor out, in the order of the candidates."""
        gone = self.gone()
        return [c for c in self.standing if c not in gone and c not in self.elected]

    def listed(self, candidates, votes):
        """By votes, most first; equal votes: in candidate order."""
        return sorted(candidates, key=lambda c: (-votes[c], c))

    def stage(self, tally, sections=None, measure=None, **more):
        """Open a new stage. `tally`: {candidate: votes}; `sections`: {section: ({candidate: votes}, continuing papers)}, None where
        they have no tally of their own (section 12); `measure`: what ranks the candidates, if not the votes."""
        name = self.names
        shown = [c for c in self.standing if c in tally]
        stage = {
            'number': len(self.stages) + 1,
            'tally': {name[c]: Fraction(tally[c], self.unit) for c in shown},
            'section_tally': {},
            'section_continuing': {},
            'points': {},
            'quota': None,
            'keep_factors': {},
            'continuing': Fraction(sum(tally.values()), self.unit),
            'not_reallocated': Fraction(0),
            'lost_to_rounding': Fraction(0),
            'eliminated': [],
            'elected': [],
            'surplus_of': None,
            'transfers': {},
            'tie': None,
        }
        if sections is not None:
            for s, section in enumerate(self.election.sections):
                votes, papers = sections.get(s, ({}, 0))
                stage['section_tally'][section] = {name[c]: Fraction(votes.get(c, 0)) for c in shown}
                stage['section_continuing'][section] = Fraction(papers)
        stage.update(more)
        self.stages.append(stage)
        self.past.append(dict(tally if measure is None else measure))
        return stage

    def elect(self, candidates):
        self.elected += candidates
        self.stages[-1]['elected'] += [self.names[c] for c in candidates]

    def eliminate(self, candidates):
        measure = self.past[-1]
        candidates = sorted(candidates, key=lambda c: (measure[c], c))
        self.out.append({c: measure[c] for c in candidates})
        self.stages[-1]['eliminated'] += [self.names[c] for c in candidates]

    def moved(self, origin, target, votes):
        """Note a transfer; target None is: not reallocated."""
        if votes:
            row = self.stages[-1]['transfers'].setdefault(self.names[origin], {})
            key = '' if target is None else self.names[target]
            row[key] = row.get(key, Fraction(0)) + Fraction(votes, self.unit)

    # Section 3.

    def lot_key(self, candidate, stage):
        return hashlib.sha256(f'{self.election.seed}\n{stage}\n{self.names[candidate]}'.encode()).digest()

    def settle(self, kind, tied, take=1):
        """Choose `take` of the tied candidates; the choice in order, or None when the question stays open. Notes it at the stage."""
        chosen = []
        left = sorted(tied)
        how, decided_stage = None, None
        while len(chosen) < take:
            one, how, decided_stage = self.settle_one(kind, left)
            if one is None:
                chosen = None
                break
            chosen.append(one)
            left.remove(one)
        tie = {
            'kind': kind,
            'candidates': [self.names[c] for c in sorted(tied)],
            'chosen': [self.names[c] for c in chosen or []],
            'how': how,
            'decided_stage': decided_stage,
            'open': chosen is None,
        }
        self.stages[-1]['tie'] = tie
        if chosen is None:
            self.open = tie
        return chosen

    def settle_one(self, kind, tied):
        """(candidate or None, step, decided stage or None)."""
        left = list(tied)
        pick = min if kind == 'exclude' else max
        present = len(self.stages)
        for step in self.rules['ties'][kind] + ['ask']:
            if step in ('forward', 'backward'):
                earlier = list(range(1, present))
                for stage in earlier if step == 'forward' else reversed(earlier):
                    votes = self.past[stage - 1]
                    best = pick(votes[c] for c in left)
                    left = [c for c in left if votes[c] == best]
                    if len(left) == 1:
                        return left[0], step, stage
            elif step == 'lot':
                if self.election.seed:
                    return pick(left, key=lambda c: self.lot_key(c, present)), step, None
                by_hand = self.by_order(kind, left)
                return by_hand, step if by_hand is None else 'order', None
            else:  # `order`; `ask`, answered by the order if there is one
                return self.by_order(kind, left), step, None

    def by_order(self, kind, left):
        order = self.election.tie_order
        if any(self.names[c] not in order for c in left):
            return None
        most_favoured_first = sorted(left, key=lambda c: order.index(self.names[c]))
        return most_favoured_first[-1 if kind == 'exclude' else 0]

    # Section 13.

    def places(self):
        place = {candidate: None for candidate in range(len(self.names))}
        groups = [[c] for c in self.elected]
        measure = self.past[-1] if self.past else {c: 0 for c in self.standing}
        groups += by_votes(self.still_in(), measure)
        for batch in reversed(self.out):
            groups += by_votes(list(batch), batch)
        rank = 1
        for group in groups:
            for c in group:
                place[c] = rank
            rank += len(group)
        return place

    def result(self, **more):
        place = self.places()
        result = {
            'method': self.rules['rules']['method'],
            'seats': self.seats,
            'candidates': [{'name': c.name, 'withdrawn': c.withdrawn, 'place': place[i]}
                           for i, c in enumerate(self.election.candidates)],
            'papers': {'read': Fraction(sum(paper.how_many for paper in self.election.papers)), 'valid': Fraction(self.valid), 
                       'rejected': {k: Fraction(v) for k, v in self.rejected.items()}},
            'sections': [{'name': name, 'papers': Fraction(sum(p.how_many for p in self.election.papers if p.section == s))}
                         for s, name in enumerate(self.election.sections)],
            'stages': self.stages,
            'elected': [self.names[c] for c in self.elected],
            'elimination_order': [self.names[c] for batch in self.out for c in batch],
            'open_question': self.open,
            'unopposed': len([c for c in self.standing if c not in self.pile]) <= self.seats,
        }
        result.update(more)
        return result


def by_votes(candidates, votes):
    """Groups of candidates with equal votes, most votes first."""
    amounts = sorted({votes[c] for c in candidates}, reverse=True)
    return [[c for c in candidates if votes[c] == amount] for amount in amounts]


def first_of(ranking, allowed):
    """The first candidate of a ranking without equal ranks who is in `allowed`, or None."""
    for place in ranking:
        if place[0] in allowed:
            return place[0]
    return None


def add_up(count, among, votes_of):
    """(tally, sections as Count.stage wants them) where votes_of(ranking) lists the candidates one paper gives a vote."""
    tally = {c: 0 for c in among}
    sections = {}
    for ranking, section, how_many in count.ballots:
        chosen = votes_of(ranking)
        votes, papers = sections.get(section, ({}, 0))
        for c in chosen:
            tally[c] += how_many
            votes[c] = votes.get(c, 0) + how_many
        sections[section] = votes, papers + (how_many if chosen else 0)
    return tally, sections


# --- sections 4 and 5: alternative vote, and the same with points


def points_of(count, tally, sections):
    """Section 5: {candidate: points}."""
    points = {c: Fraction(0) for c in tally}
    for s, name in enumerate(count.election.sections):
        if name not in count.rules['sections']:
            continue
        votes, continuing = sections.get(s, ({}, 0))
        if continuing:
            for c, v in votes.items():
                points[c] += count.rules['sections'][name] * Fraction(v, continuing)
    return points


def decimal(value, places):
    """Text with so many decimals, halves away from zero; value >= 0."""
    digits = str(int(value * 10 ** places + Fraction(1, 2))).rjust(places + 1, '0')
    return f'{digits[:-places]}.{digits[-places:]}'


def batch_of(candidates, measure):
    """Section 4 step 3: the largest k lowest who together have fewer than the next one, with two or more left; [] if none."""
    ascending = sorted(candidates, key=lambda c: (measure[c], c))
    for k in range(len(ascending) - 2, 0, -1):
        if sum(measure[c] for c in ascending[:k]) < measure[ascending[k]]:
            return ascending[:k]
    return []


def count_transferable(election, rules, seats):
    """alternative-vote and college."""
    count = Count(election, rules, seats)
    college = rules['rules']['method'] == 'college'
    if college:
        for paper in election.papers:
            if paper.section < 0 or election.sections[paper.section] not in rules['sections']:
                raise Refused('a paper of no section of the college')
    count.read_papers()
    if college:
        with_papers = {election.sections[section] for _, section, _ in count.ballots}
        if any(name not in with_papers for name in rules['sections']):
            raise Refused('a section without a valid paper')
    stop = rules['count']['stop']
    pile = count.pile
    while True:
        still_in = count.still_in()
        tally, sections = add_up(count, still_in, lambda ranking: [c for c in [first_of(ranking, still_in)] if c is not None])
        continuing = sum(tally.values())
        more = {'not_reallocated': Fraction(count.valid - continuing)}
        measure = tally
        if college:
            measure = points_of(count, tally, sections)
            more['points'] = {count.names[c]: measure[c] for c in still_in}
            more['points_decimal'] = {count.names[c]: decimal(100 * measure[c], 5) for c in still_in}
            more['points_given'] = sum(measure.values())
        count.stage(tally, sections, measure, **more)
        total = sum(measure.values())
        real = [c for c in still_in if c not in pile]

        # 1
        if not real:
            break
        if stop == 'first-stage':
            most = max(measure[c] for c in real)
            best = [c for c in real if measure[c] == most]
            if len(best) > 1:
                best = count.settle('elect', best)
            if best:
                count.elect(best)
            break
        if len(still_in) == 1:
            count.elect(still_in)
            break
        winner = [c for c in real if 2 * measure[c] > total]
        if winner and not (stop == 'last-two' and len(still_in) > 2):
            count.elect(winner)
            break
        # 2
        if len(real) == 2 and len(still_in) == 2 and measure[real[0]] == measure[real[1]]:
            chosen = count.settle('elect', real)
            if chosen:
                count.elect(chosen)
            break
        # 3
        if len(real) < len(still_in):
            leaving = [c for c in still_in if c in pile]
        else:
            leaving = batch_of(still_in, measure) if rules['count']['batch_elimination'] == 'yes' else []
            if not leaving:
                fewest = min(measure[c] for c in still_in)
                leaving = [c for c in still_in if measure[c] == fewest]
                if len(leaving) > 1:
                    leaving = count.settle('exclude', leaving)
        if leaving is None:
            break
        count.eliminate(leaving)
        # 4
        after = count.still_in()
        for ranking, _, how_many in count.ballots:
            before = first_of(ranking, still_in)
            if before in leaving:
                count.moved(before, first_of(ranking, after), how_many)
    return count.result()


# --- section 6: plurality


def count_plurality(election, rules, seats):
    count = Count(election, rules, seats)
    marks = rules['plurality']['marks'] or 'first'
    count.read_papers(crosses=0 if marks == 'first' else seats if marks == 'seats' else marks)
    if marks == 'first':
        tally, sections = add_up(count, count.standing, lambda ranking: ranking[0][:1])
    else:
        tally, sections = add_up(count, count.standing, lambda ranking: ranking[0])
    count.stage(tally, sections)
    order = count.listed(count.standing, tally)
    if len(order) <= seats:
        count.elect(order)
        return count.result()
    last = tally[order[seats - 1]]
    sure = [c for c in order if tally[c] > last]
    tied = [c for c in order if tally[c] == last]
    count.elect(sure)
    if len(sure) + len(tied) == seats:
        count.elect(tied)
    else:
        chosen = count.settle('elect', tied, seats - len(sure))
        if chosen:
            count.elect(chosen)
    return count.result()


# --- section 7: posts


def count_posts(election, rules):
    posts = list(rules['post'])
    for candidate in election.candidates:
        if candidate.post not in posts:
            posts.append(candidate.post)
    results = []
    for post in posts:
        seats = rules['post'][post]['seats'] if post in rules['post'] else 1
        mine = [i for i, candidate in enumerate(election.candidates) if candidate.post == post]
        candidates = [election.candidates[i] for i in mine]
        for name in rules['post'].get(post, {'candidates': []})['candidates']:
            if name not in [candidate.name for candidate in candidates]:
                candidates.append(Candidate(name, post))
        papers = []
        others = set(range(len(election.candidates))) - set(mine)
        for paper in election.papers:
            ranks = [rank if rank == OVERVOTE else [mine.index(c) for c in rank] for rank in without(paper.ranks, others)]
            papers.append(Paper(ranks, paper.section, paper.how_many))
        own = Election(election.rules, candidates, papers, election.sections,
                       f'{election.seed}/{post}' if election.seed else '', election.tie_order, seats)
        own_rules = dict(rules)
        own_rules['rules'] = dict(rules['rules'], method=rules['posts']['each'])
        own_rules['plurality'] = {'marks': rules['plurality']['marks'] or 'seats'}
        standing = [candidate.name for candidate in candidates if not candidate.withdrawn]
        if len(standing) <= seats:
            result = {'stages': [], 'elected': standing, 'elimination_order': [], 'open_question': None, 'unopposed': True}
        elif rules['posts']['each'] == 'plurality':
            result = count_plurality(own, own_rules, seats)
        else:
            result = count_transferable(own, own_rules, seats)
        result['method'] = UNSPECIFIED
        results.append({'post': post, 'unopposed': len(standing) <= seats, 'result': result})
    return {'method': 'posts', 'posts': results}


# --- section 8: yes or no


def count_yes_no(election, rules):
    settings = rules['yes-no']
    if (settings['of'] == 'roll' or settings['turnout'] > 0) and not election.roll:
        raise Refused('these rules need the roll')
    answers = [settings['yes'], settings['no']]
    named = [candidate.name for candidate in election.candidates]
    if any(name not in answers for name in named):
        raise Refused('an answer that is neither yes nor no')
    candidates = election.candidates + [Candidate(name) for name in answers if name not in named]
    count = Count(dataclasses.replace(election, candidates=candidates), rules, 1)
    count.read_papers()
    tally, sections = add_up(count, count.standing, lambda ranking: ranking[0][:1])
    count.stage(tally, sections)
    which = [count.names.index(name) for name in answers]
    yes, no = (tally.get(c, 0) for c in which)
    voted = count.valid + sum(count.rejected.values())
    enough = yes > settings['pass'] * (election.roll if settings['of'] == 'roll' else yes + no)
    carried = enough and (settings['turnout'] == 0 or voted >= settings['turnout'] * election.roll)
    count.elect([which[0] if carried else which[1]])
    return count.result(yes_no={'yes': answers[0], 'no': answers[1], 'carried': carried,
                                'turnout': Fraction(voted, election.roll) if election.roll else None})


# --- section 9: the single transferable vote of Scotland


def count_gregory(election, rules, seats):
    count = Count(election, rules, seats)
    count.read_papers()
    count.unit = 10 ** rules['stv']['decimals']
    quota = (count.valid // (seats + 1) + 1) * count.unit
    # A parcel is (ranking, how many papers, value of each).
    piles = {c: [] for c in count.standing}
    for ranking, _, how_many in count.ballots:
        piles[ranking[0][0]].append((ranking, how_many, count.unit))
    votes = {c: sum(how_many * value for _, how_many, value in piles[c]) for c in count.standing}
    not_reallocated = 0
    lost = 0
    pending = []  # elected with a surplus that is not transferred yet

    while True:
        gone = count.gone()
        tally = {c: votes[c] for c in count.standing if c not in gone}
        stage = count.stage(tally, quota=Fraction(quota, count.unit), not_reallocated=Fraction(not_reallocated, count.unit),
                            lost_to_rounding=Fraction(lost, count.unit))
        if len(count.standing) <= seats:
            count.elect(count.listed(count.standing, votes))
            break
        # 1
        reached = count.listed([c for c in count.still_in() if votes[c] >= quota], votes)
        count.elect(reached)
        pending += [c for c in reached if votes[c] > quota]
        # 2
        left = count.still_in()
        if len(count.elected) >= seats:
            break
        if len(count.elected) + len(left) == seats:
            count.elect(count.listed(left, votes))
            break
        # 3 or 4
        if pending:
            most = max(votes[c] for c in pending)
            largest = [c for c in pending if votes[c] == most]
            if len(largest) > 1:
                largest = count.settle('surplus', largest)
                if largest is None:
                    break
            origin = largest[0]
            pending.remove(origin)
            stage['surplus_of'] = count.names[origin]
            surplus = votes[origin] - quota
            parcels = [(ranking, how_many, surplus * value // votes[origin]) for ranking, how_many, value in piles[origin]]
            remains = quota
        else:
            fewest = min(votes[c] for c in left)
            lowest = [c for c in left if votes[c] == fewest]
            if len(lowest) > 1:
                lowest = count.settle('exclude', lowest)
                if lowest is None:
                    break
            origin = lowest[0]
            count.eliminate([origin])
            parcels = piles[origin]
            remains = 0
        piles[origin] = []
        receivers = count.still_in()
        passed = 0
        for ranking, how_many, value in parcels:
            target = first_of(ranking, receivers)
            passed += how_many * value
            count.moved(origin, target, how_many * value)
            if target is None:
                not_reallocated += how_many * value
            else:
                piles[target].append((ranking, how_many, value))
                votes[target] += how_many * value
        lost += votes[origin] - remains - passed
        votes[origin] = remains
    return count.result()


# --- section 10: Meek


def divide_up(numerator, denominator):
    return -(-numerator // denominator)


def count_meek(election, rules, seats):
    count = Count(election, rules, seats)
    count.read_papers()
    unit = count.unit = 10 ** rules['stv']['decimals']
    limit = 10 ** (rules['stv']['decimals'] - rules['stv']['omega'])
    if count.valid * unit > 2 ** 61:
        raise Refused('more papers than are counted with so many decimals')
    keep = {c: unit for c in count.standing}

    def distribute():
        """B (a), (b): (votes, excess, quota)."""
        gone = count.gone()
        votes = {c: 0 for c in count.standing if c not in gone}
        excess = 0
        for ranking, _, how_many in count.ballots:
            weight = unit
            for place in ranking:
                c = place[0]
                if c in gone:
                    continue
                part = divide_up(weight * keep[c], unit)
                votes[c] += how_many * part
                weight -= part
                if weight == 0:
                    break
            excess += how_many * weight
        quota = sum(votes.values()) // (seats + 1) + 1
        return votes, excess, quota

    def end_stage(votes, excess, quota):
        count.stage(votes, quota=Fraction(quota, unit), not_reallocated=Fraction(excess, unit),
                    keep_factors={count.names[c]: Fraction(keep[c], unit) for c in votes})

    # A
    while len(count.elected) < seats and len(count.elected) + len(count.still_in()) > seats:
        # B
        before = None
        while True:
            votes, excess, quota = distribute()
            hopeful = count.still_in()
            reached = count.listed([c for c in hopeful if votes[c] >= quota], votes)
            if reached:
                end_stage(votes, excess, quota)
                count.elect(reached)
                break
            surplus = max(0, sum(votes[c] - quota for c in count.elected))
            if surplus < limit or (before is not None and surplus >= before):
                # C
                end_stage(votes, excess, quota)
                fewest = min(votes[c] for c in hopeful)
                lowest = [c for c in hopeful if votes[c] <= fewest + surplus]
                if len(lowest) > 1:
                    lowest = count.settle('exclude', lowest)
                if lowest:
                    count.eliminate(lowest)
                    keep[lowest[0]] = 0
                break
            before = surplus
            for c in count.elected:
                keep[c] = divide_up(divide_up(keep[c] * quota, unit) * unit, votes[c])
        if count.open:
            return count.result()
    # D
    if not count.stages:
        end_stage(*distribute())
    if len(count.elected) < seats:
        count.elect(count.listed(count.still_in(), count.past[-1]))
    return count.result()


# --- section 11: Condorcet


def reach(candidates, edges):
    """{a: set of those that can be reached from a along edges (a, b)}."""
    reached = {a: set() for a in candidates}
    for a in candidates:
        todo = [a]
        while todo:
            at = todo.pop()
            for x, y in edges:
                if x == at and y not in reached[a]:
                    reached[a].add(y)
                    todo.append(y)
    return reached


def smith_set(candidates, defeats):
    """The smallest non-empty set whose members each defeat everyone outside: the closure of "does not defeat" from one member."""
    best = None
    for start in candidates:
        inside = {start}
        grown = True
        while grown:
            grown = False
            for outsider in candidates:
                if outsider not in inside and any((member, outsider) not in defeats for member in inside):
                    inside.add(outsider)
                    grown = True
        if best is None or len(inside) < len(best):
            best = inside
    return best


def ranking_of(candidates, above):
    """[[candidate]]: by how many stand above, fewest first."""
    return [[c for c in candidates if len(above[c]) == number] for number in sorted({len(above[c]) for c in candidates})]


def tie_step(rules):
    """The step that gives the tie-breaking order."""
    return next(step for step in rules['ties']['elect'] + ['ask'] if step in ('lot', 'order', 'ask'))


def tie_breaking_order(count):
    """(candidates, most favoured first; was it a proper one?)."""
    order = count.election.tie_order
    complete = all(count.names[c] in order for c in count.standing)
    for step in count.rules['ties']['elect'] + ['ask']:
        if step in ('forward', 'backward'):
            continue
        if step == 'lot' and count.election.seed:
            return sorted(count.standing, key=lambda c: count.lot_key(c, 1), reverse=True), True
        if complete:
            return sorted(count.standing, key=lambda c: order.index(count.names[c])), True
        return list(count.standing), False


def count_condorcet(election, rules, seats):
    count = Count(election, rules, seats)
    count.read_papers()
    standing = count.standing
    over = {(a, b): 0 for a in standing for b in standing if a != b}
    for ranking, _, how_many in count.ballots:
        position = {c: place for place, names in enumerate(ranking) for c in names}
        for a, b in over:
            if a in position and (b not in position or position[a] < position[b]):
                over[a, b] += how_many
    defeats = {}
    for a, b in over:
        if over[a, b] > over[b, a]:
            margin = over[a, b] - over[b, a]
            defeats[a, b] = margin if rules['condorcet']['strength'] == 'margins' else over[a, b]
    winners = [a for a in standing if all((a, b) in defeats for b in standing if b != a)]

    # Schulze: the strongest path, by trying each candidate as a middle one.
    path = {pair: defeats.get(pair, 0) for pair in over}
    for middle in standing:
        for a, b in over:
            if middle not in (a, b):
                path[a, b] = max(path[a, b], min(path[a, middle], path[middle, b]))
    schulze_above = {b: {a for a in standing if a != b and path[a, b] > path[b, a]} for b in standing}

    # Ranked pairs.
    order, proper = tie_breaking_order(count)
    sorted_defeats = sorted(defeats, key=lambda d: (-defeats[d], over[d[1], d[0]], order.index(d[0]), order.index(d[1])))
    locked = []
    mattered = False
    for a, b in sorted_defeats:
        if a not in reach([b], locked)[b]:
            locked.append((a, b))
            continue
        key = (-defeats[a, b], over[b, a])
        earlier = [d for d in locked if (-defeats[d], over[d[1], d[0]]) < key]
        if a not in reach([b], earlier)[b]:
            mattered = True
    below = reach(standing, locked)
    locked_above = {b: {a for a in standing if b in below[a]} for b in standing}

    # The one stage: first preferences.
    tally, _ = add_up(count, standing, lambda ranking: ranking[0] if len(ranking[0]) == 1 else [])
    count.stage(tally, not_reallocated=Fraction(count.valid - sum(tally.values())))
    ranked_pairs = rules['condorcet']['completion'] == 'ranked-pairs'
    above = locked_above if ranked_pairs else schulze_above
    first = [c for c in standing if not above[c]]
    if ranked_pairs and mattered and not proper and not winners:
        # Who is asked, between whom, is not in the rules.
        count.open = {'kind': 'elect', 'candidates': UNSPECIFIED, 'chosen': [], 'how': UNSPECIFIED, 'decided_stage': None, 'open': True}
        count.stages[-1]['tie'] = count.open
    elif len(first) > 1:
        chosen = count.settle('elect', first)
        if chosen:
            count.elect(chosen)
    else:
        count.elect(first)
        if ranked_pairs and mattered and not winners:
            how = 'lot' if election.seed and tie_step(rules) == 'lot' else 'order' if tie_step(rules) == 'lot' else tie_step(rules)
            count.stages[-1]['tie'] = {'kind': 'elect', 'candidates': [count.names[c] for c in standing], 'chosen': [count.names[first[0]]],
                                       'how': how, 'decided_stage': None, 'open': False}

    name = count.names
    result = count.result(pairwise={
        'over': {name[a]: {name[b]: Fraction(over[a, b]) for b in standing if b != a} for a in standing},
        'condorcet_winner': name[winners[0]] if winners else None,
        'smith_set': [name[c] for c in sorted(smith_set(standing, defeats))],
        'schulze': {'paths': {name[a]: {name[b]: Fraction(path[a, b]) for b in standing if b != a} for a in standing},
                    'ranking': [[name[c] for c in group] for group in ranking_of(standing, schulze_above)]},
        'ranked_pairs': {'locked': [[name[a], name[b]] for a, b in locked],
                         'ranking': [[name[c] for c in group] for group in ranking_of(standing, locked_above)]},
    })
    for i, candidate in enumerate(result['candidates']):
        candidate['place'] = None if i in count.withdrawn else 1 + len(above[i])
    return result


# --- the entrance


def count(election):
    """Count an election; docs/json.md has the shape of the answer."""
    rules = parse_rules(election.rules)
    method = rules['rules']['method']
    seats = election.seats or rules['count']['seats']
    if method == 'posts':
        return count_posts(election, rules)
    if method == 'plurality':
        return count_plurality(election, rules, seats)
    if method == 'stv-gregory':
        return count_gregory(election, rules, seats)
    if method == 'stv-meek':
        return count_meek(election, rules, seats)
    if seats != 1:
        raise Refused(f'{method} fills one seat')
    if method == 'yes-no':
        return count_yes_no(election, rules)
    if method == 'condorcet':
        return count_condorcet(election, rules, seats)
    return count_transferable(election, rules, seats)
