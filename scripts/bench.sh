#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# bench.sh: build the yardsticks in release form and run each; their numbers and how to read them: docs/performance.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install.sh build bench
scripts/build.sh build --buildtype=release
scripts/build.sh build-bench --buildtype=release -Dbench=true -Dtests=disabled
meson test -C build-bench --benchmark --verbose
