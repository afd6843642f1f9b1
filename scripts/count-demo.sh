#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# count-demo.sh: count Labour's leadership election of 2010 with build/hustings: first the papers of its MPs and MEPs alone,
# under the alternative vote of the 2011 Act, then all three sections as the electoral college counted them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hustings=build/hustings
data=examples/labour-2010
papers=("MPs and MEPs=$data/mps-and-meps.csv" "Members=$data/members.csv" "Affiliates=$data/affiliates.csv")
mkdir -p out

show() {
    local word line='$'
    for word in "$@"; do
        case $word in *' '*) line+=" \"$word\"" ;; *) line+=" $word" ;; esac
    done
    printf '\n%s\n\n' "$line"
    "$@"
}

echo
echo "1. The papers of Labour's MPs and MEPs, September 2010, as published, under the alternative vote:"
show $hustings count $data/mps-and-meps.csv --rules av-2011

echo
echo "2. The papers of all three sections under other rules (members' and affiliates' papers are reconstructed):"
show $hustings compare "${papers[@]}" --rules labour-2010 --rules $data/college-first-stage.rules --rules "omov@MPs and MEPs" --rules omov@Members \
    --rules omov --rules plurality

echo
echo "3. The electoral college of 2010: MPs and MEPs, members, affiliates, a third of the result each:"
$hustings count "${papers[@]}" --rules labour-2010 --format html -o out/labour-2010.html
$hustings count "${papers[@]}" --rules labour-2010 --format svg -o out/labour-2010.svg
show $hustings count "${papers[@]}" --rules labour-2010 --report full

echo
echo "The same declaration as a page to publish:  $PWD/out/labour-2010.html"
echo "The transfers as a picture:                 $PWD/out/labour-2010.svg"
