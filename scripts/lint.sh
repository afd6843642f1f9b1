#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# lint.sh: everything that reads the sources without running them: clang-format, clang-tidy, cppcheck, the shell's own
# parser, TypeScript (the types in web/*.js) and scripts/check.py. Last line: "lint: N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CPUS
CPUS=$(nproc)

check_format() {
    find src test bench -name '*.[ch]' -print0 | xargs -0 -r clang-format --dry-run --Werror
}

# One file a process: with several, clang-tidy 14 takes every va_list but the first for uninitialised. Each file once, however many programs it is built
# into, and the largest first, so that no processor waits at the end for a long one.
check_tidy() {
    python3 - <<'PYTHON' | xargs -0 -r -n 1 -P "$CPUS" clang-tidy --quiet -p build-clang 2>&1 | sed '/warnings\? generated\.$/d'
import json, os, sys
root = os.getcwd() + os.sep
paths = {os.path.normpath(os.path.join(entry['directory'], entry['file'])) for entry in json.load(open('build-clang/compile_commands.json'))}
ours = [path for path in paths if path.startswith((root + 'src', root + 'test', root + 'bench'))]
for path in sorted(ours, key=lambda path: (-os.path.getsize(path), path)): sys.stdout.write(path + '\0')
PYTHON
}

check_cppcheck() {
    cppcheck --quiet --enable=warning,performance,portability --std=c11 --language=c --inline-suppr --error-exitcode=1 \
        --suppressions-list=.cppcheck-suppressions --library=posix --library=gnu --library=scripts/cppcheck.cfg -D__x86_64__ -D__LP64__ -D_GNU_SOURCE -I src -j "$CPUS" -i src/people/phone_shim.cc src test bench
}

check_shell() {
    local script bad=0
    for script in scripts/*.sh .ci/run test/e2e/run; do bash -n "$script" || bad=1; done
    return $bad
}

check_types() {
    test/e2e/run --types
}

passed=0 failed=0
check() {
    echo "lint: $1"
    if "$2"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "lint: $1 FAILED"; fi
}

scripts/install.sh build test lint || exit 1
check "shell scripts parse" check_shell
check "house rules" scripts/check.py
check "clang-format" check_format
if CC=clang scripts/build.sh build-clang -Dwerror=true -Dtests=enabled -Dbench=true; then
    check "clang-tidy" check_tidy
else
    echo "lint: clang-tidy FAILED: it needs a build"
    failed=$((failed + 1))
fi
check "cppcheck" check_cppcheck
check "types of what the browser runs" check_types
echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
