#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Copy files, byte for byte, into a C array: embed.py OUTPUT.c INPUT... (order kept; name = file name without its ending)."""
import pathlib
import sys

out, *inputs = sys.argv[1:]
lines = ['/* Made by scripts/embed.py from rules/; do not edit. */', '#include "count/presets.h"', '']
rows = []
for i, name in enumerate(inputs):
    path = pathlib.Path(name)
    data = path.read_bytes()
    body = ',\n    '.join(', '.join(str(b) for b in data[k:k + 24]) for k in range(0, len(data), 24))
    lines.append(f'static const unsigned char text_{i}[] = {{\n    {body}}};\n')
    rows.append(f'    {{{{"{path.stem}", {len(path.stem)}}}, {{(const char *)text_{i}, sizeof text_{i}}}}},')
lines += ['const Preset presets[] = {', *rows, '};', '', f'const int preset_count = {len(rows)};', '']
pathlib.Path(out).write_text('\n'.join(lines))
