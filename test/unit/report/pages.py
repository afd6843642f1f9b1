#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""pages.py DIRECTORY: read what the reports wrote with parsers that are not ours.

json  parses, no key twice in an object
csv   all rows of one length, none starting a formula
svg   well-formed XML; titled for screen readers; ids unique and references lead somewhere; no two labels of one column closer
      than a line; nothing outside the picture
html  the same, read as XML; one h1; no level of heading left out; tables have captions and headed columns; nothing is fetched
"""
import csv
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

SVG = '{http://www.w3.org/2000/svg}'
complaints = []


def check(ok, path, words):
    if not ok:
        complaints.append(f'{path.name}: {words}')


def no_repeats(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f'a key stands twice in {keys}')
    return dict(pairs)


def check_json(path):
    json.loads(path.read_text(encoding='utf-8'), object_pairs_hook=no_repeats)


def check_csv(path):
    with path.open(newline='', encoding='utf-8') as file:
        rows = list(csv.reader(file, strict=True))
    check(len({len(row) for row in rows}) == 1, path, 'rows differ in length')
    for row in rows:
        for cell in row:
            number = re.fullmatch(r'-?[0-9.]+', cell)
            check(number or not cell.startswith(('=', '+', '-', '@')), path, f'a formula: {cell}')


def check_ids(path, root):
    ids = [e.get('id') for e in root.iter() if e.get('id')]
    check(len(ids) == len(set(ids)), path, 'an id stands twice')
    for e in root.iter():
        for value in e.attrib.values():
            for target in re.findall(r'url\(#([^)]+)\)', value):
                check(target in ids, path, f'nothing is called {target}')
        for target in (e.get('aria-labelledby') or '').split():
            check(target in ids, path, f'nothing is called {target}')
        if (e.get('href') or '').startswith('#'):
            check(e.get('href')[1:] in ids, path, f"nothing is called {e.get('href')}")


def check_labels(path, svg):
    """Labels that begin at one place across must be a line apart; about 10 pixels."""
    width, height = (float(n) for n in svg.get('viewBox').split()[2:])
    if len(svg.findall(f'{SVG}g')) > 1:
        return  # several posts, each with its own origin
    columns = {}
    for text in svg.iter(f'{SVG}text'):
        x, y = float(text.get('x')), float(text.get('y'))
        check(0 <= x <= width and 0 <= y <= height, path, f'outside the picture: {text.text}')
        columns.setdefault(x, []).append((y, text.text))
    for labels in columns.values():
        labels.sort()
        for (y, one), (z, other) in zip(labels, labels[1:]):
            check(z - y >= 10, path, f'"{one}" and "{other}" are {z - y} apart')


def check_svg_element(path, svg):
    check(svg.get('role') == 'img', path, 'no role="img"')
    check(len((svg.get('aria-labelledby') or '').split()) == 2, path, 'not labelled by title and desc')
    check(svg.find(f'{SVG}title') is not None and svg.find(f'{SVG}desc') is not None, path, 'no title or desc')
    check_labels(path, svg)


def check_nothing_fetched(path, text):
    outside = re.findall(r'(?:src|href)\s*=\s*"(?!#)[^"]*"|@import|<script|<link|<iframe|\son\w+\s*=\s*"|url\((?!#)', text)
    check(not outside, path, f'something active or from outside: {outside[:3]}')


def check_svg(path):
    root = ET.fromstring(path.read_text(encoding='utf-8'))
    check(root.tag == f'{SVG}svg', path, 'not an svg')
    check_svg_element(path, root)
    check_ids(path, root)
    check_nothing_fetched(path, path.read_text(encoding='utf-8'))


def check_html(path):
    text = path.read_text(encoding='utf-8')
    check(text.startswith('<!DOCTYPE html>\n<html lang="en-GB">'), path, 'does not begin as HTML in British English')
    root = ET.fromstring(text.removeprefix('<!DOCTYPE html>'))
    check_ids(path, root)
    check_nothing_fetched(path, text)
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch('h[1-6]', e.tag)]
    check(levels.count(1) == 1 and levels[0] == 1, path, 'not exactly one h1, first')
    check(all(b <= a + 1 for a, b in zip(levels, levels[1:])), path, 'a level of heading is left out')
    for table in root.iter('table'):
        check(table.find('caption') is not None, path, 'a table without a caption')
        width = len(table.findall('thead/tr/th'))
        for row in table.findall('tbody/tr'):
            check(len(list(row)) == width, path, 'a row does not fit its heads')
    for svg in root.iter(f'{SVG}svg'):
        check_svg_element(path, svg)


def main():
    checks = {'.json': check_json, '.csv': check_csv, '.svg': check_svg, '.html': check_html}
    files = sorted(pathlib.Path(sys.argv[1]).iterdir())
    for path in files:
        try:
            checks[path.suffix](path)
        except (ET.ParseError, ValueError, csv.Error) as why:
            complaints.append(f'{path.name}: {why}')
    for line in complaints[:40]:
        print(line, file=sys.stderr)
    sys.exit(1 if complaints or not files else 0)


main()
