#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""check.py: the house's own rules about files, each printed as ok or FAILED with the places that break it.

licence  every source file has an SPDX line near its top
size     no file is larger than 1 MiB
later    no source file carries a note to do something later
links    relative links in Markdown lead to a file, and to a heading of it where they name one
made     nothing that a build makes is committed
places   no path of one person's machine
headers  every header has the include guard that its path gives it
shown    code that a document shows under a file's name is in that file, letter for letter
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = {'.c', '.h', '.py', '.sh', '.js', '.mjs', '.css'}
TEXTS = SOURCES | {'.md', '.build', '.txt', '.rules', '.yml', '.toml', ''}
LIMIT = 1 << 20


def tracked():
    """Every file that is, or would be, in git; without git (a tarball), every file outside build directories."""
    git = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=ROOT, capture_output=True)
    if git.returncode == 0:
        names = [n for n in git.stdout.decode().split('\0') if n]
    else:
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob('*') if not re.match(r'(build|out|\.git)', str(p.relative_to(ROOT)))]
    return [ROOT / n for n in sorted(names) if (ROOT / n).is_file()]


def is_source(path):
    return path.suffix in SOURCES or (path.suffix == '' and path.read_bytes()[:2] == b'#!')


def text_of(path):
    return path.read_text(encoding='utf-8', errors='replace')


def licence(files):
    for p in filter(is_source, files):
        if 'SPDX-License-Identifier: AGPL-3.0-or-later' not in '\n'.join(text_of(p).splitlines()[:5]):
            yield p, 'no SPDX line in its first five lines'


def size(files):
    for p in files:
        if p.stat().st_size > LIMIT:
            yield p, f'{p.stat().st_size} bytes'


def later(files):
    marker = re.compile(r'\b(TO' + r'DO|FIX' + r'ME)\b')
    for p in filter(is_source, files):
        for n, line in enumerate(text_of(p).splitlines(), 1):
            if marker.search(line):
                yield f'{p}:{n}', line.strip()


def anchors(markdown):
    """The anchors that headings get on the common forges."""
    found, fenced = set(), False
    for line in markdown.splitlines():
        if line.startswith('```'):
            fenced = not fenced
        heading = re.match(r'#{1,6} +(.*?)#* *$', line)
        if heading and not fenced:
            words = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', heading[1]).lower()
            name = base = re.sub(r'[^\w\- ]', '', words).strip().replace(' ', '-')
            n = 1
            while name in found:
                name, n = f'{base}-{n}', n + 1
            found.add(name)
    found.update(re.findall(r'<a (?:id|name)="([^"]+)"', markdown))
    return found


def links(files):
    for p in (f for f in files if f.suffix == '.md'):
        prose = re.sub(r'```.*?```|`[^`\n]*`', '', text_of(p), flags=re.S)
        for target in re.findall(r'\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)', prose) + re.findall(r'^\[[^]]+\]: *(\S+)', prose, re.M):
            if re.match(r'[a-z][a-z0-9+.-]*:', target):
                continue
            name, _, anchor = target.partition('#')
            there = (p.parent / name).resolve() if name else p
            if not there.exists():
                yield p, f'{target}: no such file'
            elif anchor and there.suffix == '.md' and anchor not in anchors(text_of(there)):
                yield p, f'{target}: no such heading'


def made(files):
    for p in files:
        name = str(p.relative_to(ROOT))
        if re.search(r'(^|/)(build[^/]*|out|__pycache__|node_modules)/|\.(o|a|so|pyc|gcda|gcno)$', name) and not name.endswith('meson.build'):
            yield p, 'made by a build'
        elif p.suffix in {'.c', '.h'} and re.match(r'/\* Made by scripts/', text_of(p)):
            yield p, 'made by a script'


def places(files):
    private = re.compile(r'(?<![\w.])/(work|home|root|Users)/\w')
    for p in (f for f in files if f.suffix in TEXTS):
        for n, line in enumerate(text_of(p).splitlines(), 1):
            if private.search(line):
                yield f'{p}:{n}', line.strip()


def headers(files):
    for p in (f for f in files if f.suffix == '.h' and f.relative_to(ROOT).parts[0] == 'src'):
        guard = 'HUSTINGS_' + re.sub(r'\W', '_', str(p.relative_to(ROOT / 'src'))).upper()
        if f'#ifndef {guard}\n#define {guard}\n' not in text_of(p):
            yield p, f'no include guard {guard}'


def shown(files):
    for p in (f for f in files if f.suffix == '.md'):
        for name, code in re.findall(r'^```\w+ (\S+/\S+)\n(.*?)^```$', text_of(p), re.S | re.M):
            source = ROOT / name
            if not source.is_file():
                yield p, f'{name}: no such file'
            elif code not in text_of(source):
                yield p, f'{name} does not hold: {code[:60]!r}...'


def indexed(files):
    """Whoever begins at docs/start-here.md must be able to find every other page."""
    start = ROOT / 'docs/start-here.md'
    for p in (f for f in files if f.suffix == '.md' and f.parent == start.parent and f != start):
        if f'({p.name}' not in text_of(start):
            yield p, f'{start.name} does not lead to it'


def main():
    files = tracked()
    failed = 0
    checks = (licence, size, later, links, made, places, headers, shown, indexed)
    for check in checks:
        broken = [(str(where).replace(f'{ROOT}/', ''), why) for where, why in check(files)]
        failed += bool(broken)
        print(f'{"FAILED" if broken else "ok":7} {check.__name__}')
        for where, why in broken:
            print(f'        {where}: {why}')
    print(f'check: {len(checks) - failed} passed, {failed} failed ({len(files)} files)')
    return 1 if failed or not files else 0


if __name__ == '__main__':
    sys.exit(main())
