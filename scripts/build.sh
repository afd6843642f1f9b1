#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# build.sh DIRECTORY [MESON-OPTION...]: configure DIRECTORY if it is new or its options have changed, then build it.
# CC chooses the compiler, as meson reads it when a directory is new.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
directory=$1
shift

# The options a directory was made with; other options, another compiler, another place or a broken set-up make it anew.
stamp="$directory/.made-with"
made_with="CC=${CC:-} CFLAGS=${CFLAGS:-} $PWD $*"
if [ ! -f "$directory/build.ninja" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$made_with" ]; then
    rm -rf "$directory"
    meson setup "$directory" "$@"
    printf '%s\n' "$made_with" >"$stamp"
fi
ninja -C "$directory"
