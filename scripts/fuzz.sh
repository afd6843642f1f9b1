#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# fuzz.sh: run every libFuzzer target for FUZZ_SECONDS (600), FUZZ_JOBS (2) at a time, under ASan and UBSan.
#
# Each target starts from its seeds in test/fuzz/seeds/TARGET and gathers what it learns in build-fuzz/corpus/TARGET, so
# that the next run goes further. A crashing input is kept in build-fuzz/crashes and the log of its run is shown.
# Last line: "fuzz: N passed, N failed". No target at all is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${FUZZ_SECONDS:-600}
jobs=${FUZZ_JOBS:-2}

scripts/install.sh build fuzz
CC=clang scripts/build.sh build-fuzz -Dfuzz=true -Dtests=disabled --buildtype=debugoptimized \
    -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-sanitize-recover=all

mkdir -p build-fuzz/corpus build-fuzz/crashes build-fuzz/logs
mapfile -t targets < <(find build-fuzz/test/fuzz -maxdepth 1 -type f -executable -name 'fuzz_*' 2>/dev/null | sort)
if [ ${#targets[@]} = 0 ]; then
    echo "fuzz: no target was built"
    echo "fuzz: 0 passed, 1 failed"
    exit 1
fi

# Exit status 0: the target ran its time and found nothing; the log says how many inputs it tried.
run_target() {
    local name corpus seeds log
    name=$(basename "$1")
    corpus=build-fuzz/corpus/$name
    seeds=test/fuzz/seeds/$name
    log=build-fuzz/logs/$name.log
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    if "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="build-fuzz/crashes/$name-" "$corpus" $seeds >"$log" 2>&1 </dev/null &&
        [ "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" -gt 0 ]; then
        echo "ok      $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
    else
        echo "FAILED  $name; its log ends:"
        tail -n 40 "$log" | sed 's/^/        /'
    fi
}
export -f run_target
export seconds

echo "fuzz: ${#targets[@]} targets, $seconds s each, $jobs at a time"
printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'run_target "$1"' run_target | tee build-fuzz/results
passed=$(grep -c '^ok ' build-fuzz/results || true)
echo "fuzz: $passed passed, $((${#targets[@]} - passed)) failed"
[ "$passed" = ${#targets[@]} ]
