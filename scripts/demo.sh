#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# demo.sh: publish Labour's leadership election of 2010, invent an organisation of three thousand members with two frozen rolls, and show both on http://127.0.0.1:8080
# (the next free port when that is taken). Its letters are sent to nobody: they are shown on the page /outbox, to this machine alone.
#
# At a terminal the server runs until Ctrl-C. Elsewhere (a script, CI) it stays behind for DEMO_SECONDS (3600) and this returns once a page
# has been fetched from it; "demo.sh stop" ends it sooner. A second demo takes the place of the first and begins with an empty store, in DEMO_PLACE
# (out/demo).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hustings=$PWD/build/hustings
place=${DEMO_PLACE:-out/demo}
pid_file=$place/pid
log=$place/log
page=/contests/labour-2010
mkdir -p "$place"

# The pid of the demo that runs, if one does; another program's that got the same number since is none.
running_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "hustings serve.* $place/" && echo "$pid"
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

# Do it in the demo's store, as the demo.
act() {
    "$hustings" "$@" --by "The demo" --config /dev/null --store "$place/hustings.db"
}

# A national organisation with manipulations planted in its list, two officers who could be asked about it, and a member who looks herself up.
invent_organisation() {
    local end officer
    end=$(date -u -d '+180 days' +%F)
    "$hustings" demo people --people 3000 --seed 2013 --today 2026-06-30 --output "$place/members.csv" --units-output "$place/units.csv" --planted "$place/planted.csv"
    cat >"$place/officers.csv" <<'CSV'
id,given_name,family_name,email,postcode,unit,section,class,status,joined,first_receipt,paid_until
S1,Sue,Sorb,secretary@example.org,QA1 1AA,constituency-1,members,standard,active,2015-02-03,2015-02-10,2030-12-31
S2,Rhea,Rowan,returning@example.org,QA1 2AA,constituency-1,members,standard,active,2016-03-04,2016-03-10,2030-12-31
S3,Thea,Thorn,second@example.org,QA1 3AA,constituency-4,members,standard,active,2014-05-06,2014-05-10,2030-12-31
S4,Meg,Marsh,member@example.org,QA1 4AA,constituency-1,members,standard,active,2019-06-07,2019-06-10,2030-12-31
CSV
    act people units --import "$place/units.csv"
    act people import "$place/members.csv" --unit organisation
    act people import "$place/officers.csv" --unit organisation
    for officer in secretary:secretary:Sue:Sorb returning-officer:returning:Rhea:Rowan returning-officer:second:Thea:Thorn; do
        IFS=: read -r role address given family <<<"$officer"
        act people role --give "$role" --unit organisation --to "$address@example.org" --name "$given $family" --until "$end"
    done
}

# What the server answers to a GET, headers and all.
fetch() {
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$1" "$port" >&3
    cat <&3
    exec 3<&-
}

# Two rolls, frozen and audited through the pages, as its returning officer would have by now.
freeze_rolls() {
    python3 scripts/demo_rolls.py "http://127.0.0.1:$port"
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

An invented organisation of 3,000 members, in whose list manipulations are planted:

    http://127.0.0.1:$port/units                          its units and their officers
    http://127.0.0.1:$port/rolls                          two frozen rolls: one whose audit asks what nobody answered, one that was released
    http://127.0.0.1:$port/sign-in                        with secretary@example.org, returning@example.org or member@example.org;
    http://127.0.0.1:$port/outbox                         the letter that lets you in appears here
    As returning officer: The Organisation, Rolls, Leadership election 2026, Audit (or a draft of your own, and freeze it); as member: "Am I on the roll?"
    (second@example.org is the other returning officer, for what takes two.) What was planted: $place/planted.csv

    build/hustings roll audit $place/members.csv          the same questions in this terminal, with no server

The rest:

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
act publish examples/labour-2010
invent_organisation
export HUSTINGS_MAIL_SMTP=outbox
# Whoever tries all of its officers and members is one address.
export HUSTINGS_LIMITS_RATES=${HUSTINGS_LIMITS_RATES:-1000}
serve=("$hustings" serve --config /dev/null --store "$place/hustings.db" --listen "127.0.0.1:$port")
if [ -t 0 ] && [ -t 1 ]; then
    "${serve[@]}" >"$log" 2>&1 &
    pid=$!
    echo "$pid" >"$pid_file"
    trap 'rm -f "$pid_file"' EXIT
    trap 'kill "$pid" 2>/dev/null || true' INT TERM
    wait_until_well "$pid"
    freeze_rolls
    tell
    echo "Ctrl-C ends it. Its log: $log"
    wait "$pid" || wait "$pid" || true # the first wait ends with the signal, the second with the server
else
    seconds=${DEMO_SECONDS:-3600}
    setsid timeout "$seconds" "${serve[@]}" </dev/null >"$log" 2>&1 &
    pid=$!
    echo "$pid" >"$pid_file"
    wait_until_well "$pid"
    freeze_rolls
    fetch "$page" | grep -q 'Ed Miliband' || { echo "demo: the page of the contest does not show its result" >&2; exit 1; }
    fetch /units/organisation | grep -q 'Rhea Rowan' || { echo "demo: the page of a unit does not show its officers" >&2; exit 1; }
    tell
    echo "It runs in the background (process $pid) for $seconds s; scripts/demo.sh stop ends it. Its log: $log"
fi
