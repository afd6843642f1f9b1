#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make the example papers from the files that were published: import.py preflib|rctab INPUT OUTPUT TITLE NAME...

The originals are not in the repository; each example's README says where they are. Whoever has one can make the example
again, byte for byte:

    import.py preflib 00030-00000001.soi labour-2010/mps-and-meps.csv "TITLE" "NAME OF ALTERNATIVE 1" ...
    import.py rctab 2017_minneapolis_mayor_cvr.csv minneapolis-2017-mayor/papers.csv "TITLE" "NAME" ...

preflib  orders (`34: 4,5` or `1: {5,6},2`) become rows; a NAME is given for each alternative, in order.
rctab    one row a paper becomes one row a kind of paper; the precinct is dropped, cells stay as they were.

Equal rows are merged, the most numerous first. An output that ends in .gz is compressed, without a date or a name inside.
"""
import collections
import csv
import gzip
import io
import pathlib
import re
import sys


def preflib(text, names):
    """Counter of rows: a row is a tuple of cells, an equal rank one cell with its names between =."""
    rows = collections.Counter()
    for line in text.splitlines():
        if line.startswith('#') or not line.strip():
            continue
        count, order = line.split(':')
        cells = []
        for equal, single in re.findall(r'\{([\d,]+)\}|(\d+)', order):
            cells.append('='.join(names[int(n) - 1] for n in (equal or single).split(',')))
        rows[tuple(cells)] += int(count)
    return rows


def rctab(text, names):
    rows = collections.Counter()
    for record in csv.DictReader(io.StringIO(text)):
        cells = tuple(value for column, value in record.items() if column.endswith('Choice'))
        unknown = set(cells) - set(names) - {'undervote', 'overvote'}
        assert not unknown, unknown
        rows[cells] += int(record['Count'])
    return rows


def main():
    kind, source, target, title, *names = sys.argv[1:]
    rows = {'preflib': preflib, 'rctab': rctab}[kind](pathlib.Path(source).read_text(encoding='utf-8'), names)
    width = max(map(len, rows))
    out = io.StringIO()
    out.write(f'# title: {title}\n# candidates: {"; ".join(names)}\n')
    write = csv.writer(out, lineterminator='\n').writerow
    write(['count', *range(1, width + 1)])
    for cells, count in sorted(rows.items(), key=lambda row: (-row[1], row[0])):
        write([count, *cells, *[''] * (width - len(cells))])
    data = out.getvalue().encode()
    if target.endswith('.gz'):
        packed = io.BytesIO()
        with gzip.GzipFile(filename='', mode='wb', fileobj=packed, compresslevel=9, mtime=0) as stream:
            stream.write(data)
        data = packed.getvalue()
    pathlib.Path(target).write_bytes(data)
    print(f'{target}: {sum(rows.values())} papers in {len(rows)} rows, {len(data)} bytes')


if __name__ == '__main__':
    main()
