#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# format.sh: rewrite every C source in the house style (.clang-format).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
find src test bench -name '*.[ch]' -print0 | xargs -0 clang-format -i
