#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Copy files, byte for byte, into C arrays, so that the program is one file: embed.py KIND OUTPUT.c INPUT...

presets  rules/*.rules         count/presets.h   name: the file's, without its ending
sql      src/**/*.sql          db/sql.h          name: the path below src; those in a folder "schema" are migrations
pages    src/*/pages/*.html    http/embedded.h   name: "room/page"
static   web/*                 http/embedded.h   as they are and gzipped, with the name by which browsers may keep them for ever

Nothing is changed on the way: what these files mean is read by the program.
"""
import gzip
import hashlib
import pathlib
import sys

# src/http/static.c has the same ones, for files that are not compiled in.
TYPES = {'.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.ico': 'image/x-icon',
         '.jpg': 'image/jpeg', '.png': 'image/png', '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json', '.woff2': 'font/woff2'}


class Arrays:
    def __init__(self, header):
        self.lines = ['/* Made by scripts/embed.py; do not edit. */', f'#include "{header}"', '']
        self.count = 0

    def add(self, data):
        """An array with `data`; what makes a Str of it."""
        name = f'bytes_{self.count}'
        self.count += 1
        body = ',\n    '.join(', '.join(str(b) for b in data[k:k + 24]) for k in range(0, len(data), 24)) or '0'
        self.lines.append(f'static const unsigned char {name}[] = {{\n    {body}}};\n')
        return f'{{(const char *){name}, {len(data)}}}'

    def table(self, kind, name, count, rows):
        self.lines += [f'const {kind} {name}[] = {{', *(f'    {{{row}}},' for row in rows), *([] if rows else ['    {.name = {0}},']), '};', '',
                       f'const int {count} = {len(rows)};', '']

    def write(self, out):
        pathlib.Path(out).write_text('\n'.join(self.lines))


def text(s):
    return f'{{"{s}", {len(s.encode())}}}'


def below(path, folder):
    """`path` as it is called below the last folder of that name."""
    parts = path.parts
    at = len(parts) - 1 - parts[::-1].index(folder)
    return '/'.join(parts[at + 1:])


def presets(paths):
    c = Arrays('count/presets.h')
    c.table('Preset', 'presets', 'preset_count', [f'{text(p.stem)}, {c.add(p.read_bytes())}' for p in paths])
    return c


def sql(paths):
    c = Arrays('db/sql.h')
    named = sorted((below(p, 'src'), p) for p in paths)
    migrations = sorted((n for n in named if '/schema/' in n[0]), key=lambda n: n[1].name)
    statements = [n for n in named if '/schema/' not in n[0]]
    for kind, files in (('statement', statements), ('migration', migrations)):
        c.table('SqlFile', f'sql_{kind}_files', f'sql_{kind}_file_count', [f'{text(n)}, {c.add(p.read_bytes())}' for n, p in files])
    return c


def pages(paths):
    c = Arrays('http/embedded.h')
    rows = []
    for p in sorted(paths):
        room, _, page = below(p, 'src').partition('/pages/')
        rows.append(f'{text(room + "/" + page.removesuffix(".html"))}, {c.add(p.read_bytes())}')
    c.table('EmbeddedPage', 'embedded_pages', 'embedded_page_count', rows)
    return c


def static(paths):
    c = Arrays('http/embedded.h')
    rows = []
    for p in sorted(paths):
        data = p.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        packed = gzip.compress(data, 9, mtime=0)
        hashed = f'{p.stem}-{digest[:16]}{p.suffix}'
        rows.append(f'{text(p.name)}, {text(hashed)}, {text(TYPES[p.suffix])}, {text(digest)}, {c.add(data)}, '
                    f'{c.add(packed if len(packed) < len(data) else b"")}')
    c.table('EmbeddedFile', 'embedded_files', 'embedded_file_count', rows)
    return c


def main():
    kind, out, *inputs = sys.argv[1:]
    twice = {i for i in inputs if inputs.count(i) > 1}
    if twice:
        sys.exit(f'embed.py: named twice in src/meson.build: {", ".join(sorted(twice))}')
    {'presets': presets, 'sql': sql, 'pages': pages, 'static': static}[kind]([pathlib.Path(i).resolve() for i in inputs]).write(out)


if __name__ == '__main__':
    main()
