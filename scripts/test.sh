#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# test.sh [STEP...]: run every test, or the steps named; the last line is "N passed, N failed[, N skipped]" over all of it.
#
# A step's last line says how many it ran: "STEP: N passed, N failed[, N skipped]". A step that ran nothing, or that ends
# badly without saying what failed, counts as one failure. What counts as one: a cmocka test, once per way it is run
# (gcc, clang, sanitizers, valgrind); a counting case; a check of the command line; a build without warnings; a fuzz
# target; a lint check; and the whole comparison with the reference counter, however many elections are in it.
#
# HUSTINGS_TEST_AGAIN: when set, a step with servers, processes or a browser in it that fails is run once more, and what it says then counts; that it was unsteady is
# said at the end, with what failed. CI sets it, so that it can tell what is broken from what depends on chance. A person's `make test` does not: both are to be mended.
# FUZZ_SECONDS (12): time for each fuzz target; `make fuzz` gives them 600. REFERENCE_ELECTIONS (20000): random elections to compare.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export FUZZ_SECONDS=${FUZZ_SECONDS:-12}
export REFERENCE_ELECTIONS=${REFERENCE_ELECTIONS:-20000}
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
all_steps=(build-gcc unit-gcc build-clang unit-clang build-sanitize unit-sanitize build-release cases reference cli http net service security deploy deb contest people record interop kill kill-acts
    valgrind e2e fuzz lint)

# One thing that either works or does not, as a step that counts 1.
one() {
    local name=$1
    shift
    if "$@"; then echo "$name: 1 passed, 0 failed"; else echo "$name: 0 passed, 1 failed"; return 1; fi
}

# A step whose build failed would run programs of an earlier one: it is not run, and that counts as its failure.
needs() {
    case " ${failures[*]} " in *" $1 "*) echo "not run: $1 failed"; return 1 ;; esac
}

# What a step does. Unit tests run beside a PostgreSQL that is started for them. Warnings are errors here; `make` itself is lenient, for compilers we have not met.
step_build-gcc() { CC=gcc one "build with gcc" scripts/build.sh build-gcc -Dwerror=true -Dtests=enabled -Dbench=true; }
step_unit-gcc() { needs build-gcc && test/postgres.py run scripts/unit.py gcc build-gcc; }
step_build-clang() { CC=clang one "build with clang" scripts/build.sh build-clang -Dwerror=true -Dtests=enabled -Dbench=true; }
step_unit-clang() { needs build-clang && test/postgres.py run scripts/unit.py clang build-clang; }
step_build-sanitize() {
    CC=clang one "build with sanitizers" scripts/build.sh build-sanitize -Dwerror=true -Dtests=enabled \
        -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-sanitize-recover=all
}
step_unit-sanitize() { needs build-sanitize && test/postgres.py run scripts/unit.py "ASan and UBSan" build-sanitize; }
step_build-release() { one "build for release" scripts/build.sh build --buildtype=release; }
step_cases() { needs build-release && python3 test/cases/run.py; }
step_reference() { needs build-release && one reference python3 test/reference/compare.py --elections "$REFERENCE_ELECTIONS"; }
step_http() { needs build-gcc && python3 test/http/run.py; }
step_net() { needs build-gcc && python3 test/net/run.py; }
step_cli() { needs build-release && python3 test/cli/run.py; }
step_contest() { needs build-release && test/postgres.py run python3 test/contest/run.py; }
step_security() { needs build-release && python3 test/security/walk.py; }
step_service() { needs build-release && python3 test/deploy/service.py; }
step_deploy() { needs build-release && python3 test/deploy/proxies.py; }
step_deb() { needs build-release && python3 test/deploy/deb.py; }
step_people() { needs build-release && test/postgres.py run python3 test/people/run.py; }
step_record() { needs build-release && test/postgres.py run python3 test/record/run.py; }
step_interop() { needs build-gcc && python3 test/interop/run.py build-gcc/hustings build-gcc/test/interop/record_tool; }
step_kill() { needs build-release && test/kill/run.py; }
step_kill-acts() { needs build-gcc && python3 test/kill/acts.py build-gcc/test/kill/acts_server; }
step_valgrind() {
    needs build-gcc && HUSTINGS_TEST_EACH=16 test/postgres.py run scripts/unit.py valgrind build-gcc valgrind --quiet --error-exitcode=99 --leak-check=full \
        --errors-for-leak-kinds=definite,indirect,possible --suppressions=test/valgrind.supp --child-silent-after-fork=yes
}
step_e2e() {
    if [ -x test/e2e/run ]; then test/e2e/run; else echo "no browser tests yet"; echo "e2e: 0 passed, 0 failed, 1 skipped"; fi
}
step_fuzz() { scripts/fuzz.sh; }
step_lint() { scripts/lint.sh; }

passed=0 failed=0 skipped=0
failures=()
unsteady=()
summary=()
among_others=(unit-gcc unit-clang unit-sanitize http net service security deploy deb contest people record interop kill kill-acts e2e)

# The step's log; true when it ended well.
try_step() {
    echo
    echo "=== $1"
    "step_$1" </dev/null 2>&1 | tee "build-test-logs/$1.log"
    return "${PIPESTATUS[0]}"
}

may_run_again() {
    [ -n "${HUSTINGS_TEST_AGAIN-}" ] || return 1
    case " ${among_others[*]} " in *" $1 "*) ;; *) return 1 ;; esac
}

run_step() {
    local step=$1 log status=0 counts began=$SECONDS p=0 f=0 s=0
    log=build-test-logs/$step.log
    try_step "$step" || status=$?
    if [ $status != 0 ] && may_run_again "$step"; then
        mv "$log" "${log%.log}.first.log"
        echo "=== $step failed: once more"
        status=0
        try_step "$step" || status=$?
        [ $status != 0 ] || unsteady+=("$step")
    fi
    counts=$(grep -Eo '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
    read -r p f s < <(sed -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/' <<<"$counts")
    p=${p:-0} f=${f:-0} s=${s:-0}
    if [ $((p + f + s)) = 0 ]; then
        echo "$step: it ran nothing (exit status $status)"
        f=1
    elif [ "$status" != 0 ] && [ "$f" = 0 ]; then
        echo "$step: exit status $status, though it counted no failure"
        f=1
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" = 0 ] || failures+=("$step")
    summary+=("$(printf '%-15s %6d passed %4d failed %4d skipped %5d s' "$step" "$p" "$f" "$s" $((SECONDS - began)))")
}

sections=(build test fuzz lint deploy deb interop)
[ ! -x test/e2e/run ] || sections+=(e2e)
scripts/install.sh "${sections[@]}" || { echo "0 passed, 1 failed"; exit 1; }
mkdir -p build-test-logs
[ $# != 0 ] || set -- "${all_steps[@]}"
for step in "$@"; do
    declare -F "step_$step" >/dev/null || { echo "test: no step '$step'; there are: ${all_steps[*]}" >&2; exit 2; }
done
for step in "$@"; do run_step "$step"; done

echo
printf '%s\n' "=== summary" "${summary[@]}"
for step in "${unsteady[@]}"; do
    echo "unsteady: $step failed, and passed when it was run again:"
    grep -hE -A3 '^(FAILED|not ok|        not ok)' "build-test-logs/$step.first.log" | head -n 40
done
[ ${#failures[@]} = 0 ] || echo "failed steps: ${failures[*]} (logs in build-test-logs/)"
if [ "$skipped" = 0 ]; then echo "$passed passed, $failed failed"; else echo "$passed passed, $failed failed, $skipped skipped"; fi
[ "$failed" = 0 ]
