#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# demo.sh: publish Labour's leadership election of 2010 and show it on http://127.0.0.1:8080 (the next free port when that is taken).
#
# At a terminal the server runs until Ctrl-C. Elsewhere (a script, CI) it stays behind for DEMO_SECONDS (3600) and this returns once a page
# has been fetched from it; "demo.sh stop" ends it sooner. A second demo takes the place of the first and begins with an empty store, in out/demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hustings=$PWD/build/hustings
place=out/demo
pid_file=$place/pid
log=$place/log
page=/contests/labour-2010
mkdir -p "$place"

# The pid of the demo that runs, if one does; another program's that got the same number since is none.
running_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "hustings serve.* $place/" && echo "$pid"
}

stop_running() {
    local pid
    pid=$(running_pid) || return 0
    echo "Ending the demo that runs already (process $pid)."
    kill "$pid" 2>/dev/null || true
    for _ in {1..150}; do
        if ! kill -0 "$pid" 2>/dev/null; then break; fi
        sleep 0.1
    done
    rm -f "$pid_file"
}

# Does something answer on that port?
taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
    local port
    for port in {8080..8179}; do
        if ! taken "$port"; then echo "$port" && return; fi
    done
    echo "demo: no port from 8080 to 8179 is free" >&2
    return 1
}

# What the server answers to a GET, headers and all.
fetch() {
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$1" "$port" >&3
    cat <&3
    exec 3<&-
}

wait_until_well() {
    for _ in {1..100}; do
        if fetch /healthz 2>/dev/null | head -n 1 | grep -q ' 200 '; then return 0; fi
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    echo "demo: the server did not start; it said:" >&2
    cat "$log" >&2
    return 1
}

tell() {
    cat <<TEXT

Labour's leadership election of 2010, counted from its papers:

    http://127.0.0.1:$port$page           the result, and how close it was
    http://127.0.0.1:$port$page/stages    every stage, drawn and in words
    http://127.0.0.1:$port/count                          count a file of your own
    http://127.0.0.1:$port/record                         what the apparatus did: the public record

    build/hustings sign-in --for 'Your Name' --by 'Your Name' --store $place/hustings.db --listen 127.0.0.1:$port
                                                          a link that lets you in as steward
    make count-demo                                       the same count in this terminal

TEXT
}

case ${1:-serve} in
    stop) stop_running; exit ;;
    serve) ;;
    *) echo "demo: expected 'stop' or nothing" >&2; exit 2 ;;
esac

stop_running
port=$(free_port)
[ "$port" = 8080 ] || echo "Port 8080 is taken by another program; the demo takes $port."
rm -f "$place"/hustings.db*
"$hustings" publish examples/labour-2010 --by "The demo" --config /dev/null --store "$place/hustings.db"
serve=("$hustings" serve --config /dev/null --store "$place/hustings.db" --listen "127.0.0.1:$port")
if [ -t 0 ] && [ -t 1 ]; then
    "${serve[@]}" >"$log" 2>&1 &
    pid=$!
    echo "$pid" >"$pid_file"
    trap 'rm -f "$pid_file"' EXIT
    trap 'kill "$pid" 2>/dev/null || true' INT TERM
    wait_until_well "$pid"
    tell
    echo "Ctrl-C ends it. Its log: $log"
    wait "$pid" || wait "$pid" || true # the first wait ends with the signal, the second with the server
else
    seconds=${DEMO_SECONDS:-3600}
    setsid timeout "$seconds" "${serve[@]}" </dev/null >"$log" 2>&1 &
    pid=$!
    echo "$pid" >"$pid_file"
    wait_until_well "$pid"
    fetch "$page" | grep -q 'Ed Miliband' || { echo "demo: the page of the contest does not show its result" >&2; exit 1; }
    tell
    echo "It runs in the background (process $pid) for $seconds s; scripts/demo.sh stop ends it. Its log: $log"
fi
