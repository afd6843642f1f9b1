#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# bench.sh [all | people]: build the yardsticks in release form and run them; their numbers and how to read them: docs/performance.md.
#
# people: those of people and the roll alone (bring in, audit, search, freeze, check), on both engines, of one list of PEOPLE (600000) that is brought in once.
# Each part has PART_SECONDS (900); one that needs longer is ended, the others still run, and the exit status is 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
what=${1:-all} failed=0
people=${PEOPLE:-600000}

build() {
    scripts/install.sh build bench
    scripts/build.sh build --buildtype=release
    scripts/build.sh build-bench --buildtype=release -Dbench=true -Dtests=disabled
}

part() {
    local name=$1 began=$SECONDS
    shift
    echo "== $name (load $(cut -d' ' -f1 /proc/loadavg))"
    timeout --kill-after=60 "${PART_SECONDS:-900}" "$@" || { echo "== $name: FAILED, status $?"; failed=1; }
    echo "== $name: $((SECONDS - began)) s"
}

people() {
    local kept programs=build-bench/bench
    kept=$(mktemp -d)
    trap "rm -rf '$kept'" EXIT
    part 'bring in, export, take back' python3 bench/people.py --hustings build/hustings --people "$people" --keep "$kept"
    part 'audit of the list' python3 bench/audit.py build/hustings $programs/measure "$kept/members.csv"
    part 'freeze and check' python3 test/postgres.py run python3 -u bench/roll.py --hustings build/hustings --store "$kept/store.db" --list "$kept/members.csv"
    part 'search' python3 bench/people_search.py build/hustings $programs/people_search "$kept" "${ROUNDS:-30}"
}

case $what in
    all)
        build
        meson test -C build-bench --benchmark --verbose || failed=1
        people
        ;;
    people)
        build
        people
        ;;
    *)
        echo 'usage: bench.sh [all | people]' >&2
        exit 2
        ;;
esac
exit $failed
