#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""run.py HUSTINGS YARDSTICK MAKE_PAPERS MEASURE [FOLDER]: time whole counts against the bare C loop, side by side.

Every round runs each command once, in turn, so that a busy moment of the machine falls on all of them; the figures are
medians over the rounds of the wall time of the whole process, start and end included. The papers are made up by
MAKE_PAPERS in FOLDER (default: beside YARDSTICK). Before anything is timed, the program and the yardstick must agree on
every stage. HUSTINGS_BENCH_ROUNDS: how many rounds (15).
"""
import gzip
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get('HUSTINGS_BENCH_ROUNDS', '15'))
MIB = 1 << 20


def make(make_papers, folder, kind):
    path = folder / f'{kind}.csv'
    if not path.exists() or path.stat().st_mtime < os.stat(make_papers).st_mtime:
        half = path.with_suffix('.half')
        with open(half, 'wb') as out:
            subprocess.run([make_papers, kind], stdout=out, check=True)
        half.rename(path)
    return path


def pack(path):
    packed = path.with_suffix('.csv.gz')
    if not packed.exists() or packed.stat().st_mtime < path.stat().st_mtime:
        half = packed.with_suffix('.half')
        with open(path, 'rb') as text, gzip.open(half, 'wb', compresslevel=6) as out:
            shutil.copyfileobj(text, out)
        half.rename(packed)
    return packed


def run(measure, command, stdin_from=None):
    """(seconds, peak resident bytes) of one process; `stdin_from` is written into its standard input by cat."""
    cat = subprocess.Popen(['cat', stdin_from], stdout=subprocess.PIPE) if stdin_from else None
    done = subprocess.run([measure, *command], stdin=cat.stdout if cat else subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if cat:
        cat.stdout.close()
        cat.wait()
    if done.returncode != 0:
        sys.exit(f'{" ".join(map(str, command))}: exit status {done.returncode}')
    seconds, kib = done.stdout.split()
    return float(seconds), int(kib) * 1024


def yardstick_stages(yardstick, path):
    """[{name: votes}] as the yardstick prints them: "stage 1: D. Miliband 12 Balls 3"."""
    lines = subprocess.run([yardstick, path], capture_output=True, text=True, check=True).stdout.splitlines()
    stages = []
    for line in lines[:-1]:
        words, votes, name = line.split(': ', 1)[1].split(), {}, []
        for word in words:
            if word.isdigit():
                votes[' '.join(name)] = int(word)
                name = []
            else:
                name.append(word)
        stages.append(votes)
    return stages, lines[-1].removeprefix('elected: ')


def check_agreement(hustings, yardstick, path):
    counted = json.loads(subprocess.run([hustings, 'count', path, '--rules', 'av-2011', '--seed', '1', '--format', 'json'],
                                        capture_output=True, check=True).stdout)
    stages, elected = yardstick_stages(yardstick, path)
    ours = [{name: int(votes) for name, votes in stage['tally'].items()} for stage in counted['stages']]
    if ours != stages or counted['elected'] != [elected]:
        sys.exit(f'{path.name}: the program and the yardstick disagree:\n{ours}\n{stages}')


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    hustings, yardstick, make_papers, measure = (os.path.abspath(program) for program in sys.argv[1:5])
    folder = pathlib.Path(sys.argv[5] if len(sys.argv) == 6 else pathlib.Path(yardstick).parent)
    five, twenty = make(make_papers, folder, 'five'), make(make_papers, folder, 'twenty')
    packed = pack(five)
    check_agreement(hustings, yardstick, five)

    def count(source, *more):
        return [hustings, 'count', source, *more, '--seed', '1']

    av, stv = ('--rules', 'av-2011'), ('--rules', 'stv-scottish', '--seats', '3')
    cases = {  # name: (command, standard input, target as (ratio, seconds), file whose size is not counted as memory)
        'yardstick, 5 candidates': ([yardstick, five], None, None, five),
        'AV, file': (count(five, *av), None, 1.5, five),
        'AV, pipe': (count('-', *av), five, None, None),
        'AV, gzip': (count(packed, *av), None, None, None),
        'STV 3 seats, file': (count(five, *stv), None, 2.0, five),
        'yardstick, 20 candidates': ([yardstick, twenty], None, None, twenty),
        'AV, 20 candidates': (count(twenty, *av), None, '1 s', twenty),
        'STV 3 seats, 20 candidates': (count(twenty, *stv), None, '1 s', twenty),
    }
    for command, stdin, _, _ in cases.values():  # warm up
        run(measure, command, stdin)
    times = {name: [] for name in cases}
    memory = dict.fromkeys(cases, 0)
    for _ in range(ROUNDS):
        for name, (command, stdin, _, _) in cases.items():
            seconds, resident = run(measure, command, stdin)
            times[name].append(seconds)
            memory[name] = max(memory[name], resident)

    base = statistics.median(times['yardstick, 5 candidates'])
    print(f'{five.name}: 1,000,000 papers, {five.stat().st_size / 1e6:.1f} MB; {twenty.name}: 1,000,000 papers, 300,000 orders, '
          f'{twenty.stat().st_size / 1e6:.1f} MB; {ROUNDS} rounds, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}')
    print(f'{"":28}{"median":>9}{"fastest":>9}{"ratio":>7}  {"target":8}{"":8}{"memory beside the file":>23}')
    for name, (_, _, target, file) in cases.items():
        median, beside = statistics.median(times[name]), memory[name] - (file.stat().st_size if file else 0)
        met = '' if target is None else 'met' if (median < 1 if target == '1 s' else median / base <= target) else 'MISSED'
        wanted = '' if target is None else f'< {target}' if target == '1 s' else f'<= {target}'
        print(f'{name:28}{median * 1e3:6.1f} ms{min(times[name]) * 1e3:6.1f} ms{median / base:7.2f}  {wanted:8}{met:8}{beside / MIB:19.1f} MiB')


if __name__ == '__main__':
    main()
