#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""embed.py EMBED OUTPUT.c SQL-FILE...: scripts/embed.py's "sql", with the example's migration numbered after the last of the program's own."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

embed, out, *files = sys.argv[1:]
paths = [pathlib.Path(f).resolve() for f in files]
own = [p for p in paths if p.parent.name == 'schema' and p.name[:4].isdigit()]
number = 1 + max(int(p.name[:4]) for p in own)
with tempfile.TemporaryDirectory() as folder:
    numbered = pathlib.Path(folder) / 'src/notes/schema' / f'{number:04d}_notes.sql'
    numbered.parent.mkdir(parents=True)
    shutil.copyfile(next(p for p in paths if p.name == 'notes.sql' and p.parent.name == 'schema'), numbered)
    rest = [p for p in paths if p.parent.name != 'schema' or p in own]
    subprocess.run([sys.executable, embed, 'sql', out, *map(str, rest), str(numbered)], check=True)
