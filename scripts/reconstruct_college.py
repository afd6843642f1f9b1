#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers that reproduce the published stage totals of Labour's electoral college of 2010: reconstruct_college.py [--check]

The papers of members and affiliates were never published; the totals of each stage were. From the totals alone, this
makes the simplest set of papers that gives all of them: examples/labour-2010/members.csv and affiliates.csv. With
--check nothing is written: both files must be what this program makes, and a count of all three sections, done here
anew, must give every tally of college-stages.json and every published percentage within half of its last digit.

The choice. Between two stages each candidate still in gains what the totals say, and the rest of the eliminated pile
has no further preference. Who in the pile goes where the totals do not say, except at the first transfer. We fill in one
order: papers leave a pile in the order in which they reached it (own first preferences before those transferred in);
receivers take them in the order of the candidates of the file; what is left over has no further preference. This makes
the fewest kinds of papers. There are many other sets of papers with the same totals; so what depends on more than the
totals (other eliminations, head-to-heads other than between the last two, later preferences) must not be read off these.
"""
import csv
import fractions
import io
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent / 'examples' / 'labour-2010'
FILES = {'Members': 'members.csv', 'Affiliates': 'affiliates.csv'}
PUBLISHED = {'MPs and MEPs': 'mps-and-meps.csv'}


def reconstruct(candidates, tallies, eliminated):
    """[(ranking, papers)] whose count gives `tallies`, one dict a stage; eliminated[k] goes out after stage k."""
    piles = {c: [((c,), tallies[0][c])] for c in candidates}
    done = []
    for before, after, out in zip(tallies, tallies[1:], eliminated):
        gains = [(c, after[c] - before[c]) for c in candidates if c in after]
        if min(gain for _, gain in gains) < 0 or sum(gain for _, gain in gains) > before[out]:
            raise ValueError(f'impossible: after {out} went out, the gains are {gains}, of a pile of {before[out]}')
        pile = piles.pop(out)
        for receiver, gain in gains:
            while gain:
                ranking, papers = pile.pop(0)
                moved = min(gain, papers)
                piles[receiver].append((ranking + (receiver,), moved))
                gain -= moved
                if papers > moved:
                    pile.insert(0, (ranking, papers - moved))
        done += pile
    return done + [group for c in candidates for group in piles.get(c, [])]


def csv_text(title, section, candidates, groups):
    width = max(len(ranking) for ranking, _ in groups)
    out = io.StringIO()
    out.write('# note: reconstructed from stage totals; the papers of this section were never published, and others give the same totals\n')
    out.write(f'# title: {title} ({section.lower()}: reconstructed from stage totals)\n# candidates: {"; ".join(candidates)}\n')
    write = csv.writer(out, lineterminator='\n').writerow
    write(['count', *range(1, width + 1)])
    for ranking, papers in sorted(groups, key=lambda group: (-group[1], group[0])):
        write([papers, *ranking, *[''] * (width - len(ranking))])
    return out.getvalue()


def read_papers(path):
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if not line.startswith('#')]
    for row in csv.DictReader(lines):
        yield tuple(cell for column, cell in row.items() if column.isdigit() and cell), int(row['count'])


def stage_tally(groups, still_in):
    tally = dict.fromkeys(still_in, 0)
    for ranking, papers in groups:
        first = next((c for c in ranking if c in tally), None)
        if first:
            tally[first] += papers
    return tally


def check(data, texts):
    """Complaints; none means that the files give every published figure."""
    for section, text in texts.items():
        if (HERE / FILES[section]).read_text(encoding='utf-8') != text:
            yield f'{FILES[section]} is not what this program makes'
    papers = {section: list(read_papers(HERE / name)) for section, name in {**PUBLISHED, **FILES}.items()}
    still_in = list(data['candidates'])
    for number, stage in enumerate(data['stages'], 1):
        points = dict.fromkeys(still_in, fractions.Fraction(0))
        for section, expected in stage['sections'].items():
            tally = stage_tally(papers[section], still_in)
            if tally != expected:
                yield f'stage {number}, {section}: {tally}, expected {expected}'
            for c in still_in:
                points[c] += fractions.Fraction(100 * tally[c], len(papers) * sum(tally.values()))
        for c, printed in stage['published_points'].items():
            if abs(points[c] - fractions.Fraction(printed)) > fractions.Fraction(5, 1000):
                yield f'stage {number}, {c}: {float(points[c]):.5f} points, published {printed}'
        lowest, highest = min(still_in, key=points.get), max(still_in, key=points.get)
        if stage.get('eliminated', lowest) != lowest or stage.get('elected', highest) != highest:
            yield f'stage {number}: lowest {lowest}, highest {highest}'
        still_in.remove(lowest)


def main():
    data = json.loads((HERE / 'college-stages.json').read_text(encoding='utf-8'))
    eliminated = [stage.get('eliminated') for stage in data['stages']]
    texts = {}
    for section in FILES:
        groups = reconstruct(data['candidates'], [stage['sections'][section] for stage in data['stages']], eliminated)
        texts[section] = csv_text(data['title'], section, data['candidates'], groups)
    if sys.argv[1:] == ['--check']:
        complaints = list(check(data, texts))
        print(*complaints, f'reconstruct: {0 if complaints else 1} passed, {1 if complaints else 0} failed', sep='\n')
        return 1 if complaints else 0
    for section, text in texts.items():
        (HERE / FILES[section]).write_text(text, encoding='utf-8')
        print(f'{FILES[section]}: {len(text.splitlines()) - 4} kinds of papers')
    return 0


if __name__ == '__main__':
    sys.exit(main())
