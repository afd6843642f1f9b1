#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# install.sh SECTION...: install what is missing of those sections of packages.txt, asking nothing.
#
# When dpkg says that everything is there, nothing else runs: no network, no root. On a system without dpkg the names
# are shown and the build goes on, for its own checks say best what is really missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wanted_packages() {
    awk -v wanted=" $* " '
        { sub(/#.*/, "") }
        /^\[/ { gsub(/[][ \t]/, ""); on = index(wanted, " " $0 " "); seen = seen " " $0 " "; next }
        NF && on { print $1, $2 }
        END {
            n = split(wanted, names, " ")
            for (i = 1; i <= n; i++) if (!index(seen, " " names[i] " ")) { print "install: packages.txt has no section " names[i] > "/dev/stderr"; exit 1 }
        }' packages.txt | sort -u
}

# Reads lines of a package and, maybe, a command that makes it needless.
missing_packages() {
    local name suffices
    while read -r name suffices; do
        if [ -n "$suffices" ] && command -v "$suffices" >/dev/null; then continue; fi
        [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | cut -c1-2)" = ii ] || echo "$name"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then env "$@"; else sudo -n env "$@"; fi
}

apt() {
    as_root DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1 \
        apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# Debian makes and starts a database cluster when postgresql-15 comes in. Tests start their own and want none: so the first install of PostgreSQL
# on a machine finds this set-up, and afterwards the standard one takes its place. Where PostgreSQL is used already, nothing is touched.
cluster_conf=/etc/postgresql-common/createcluster.conf
cluster_mark='# put here by install.sh of hustings, for one installation'

keep_cluster_away() {
    case " $* " in *" postgresql-15 "*) ;; *) return 0 ;; esac
    [ ! -e "$cluster_conf" ] && [ ! -e /usr/share/postgresql-common ] || return 0
    as_root mkdir -p "$(dirname "$cluster_conf")"
    printf '%s\ncreate_main_cluster = false\n' "$cluster_mark" | as_root tee "$cluster_conf" >/dev/null
}

standard_cluster_again() {
    [ "$(head -n 1 "$cluster_conf" 2>/dev/null)" = "$cluster_mark" ] || return 0
    if [ -e /usr/share/postgresql-common/createcluster.conf ]; then
        as_root cp /usr/share/postgresql-common/createcluster.conf "$cluster_conf"
    else
        as_root rm -f "$cluster_conf"
    fi
}

wanted=$(wanted_packages "$@")
if ! command -v dpkg-query >/dev/null; then
    echo "install: this is not Debian; these packages, or their like, are needed:" $(cut -d ' ' -f 1 <<<"$wanted")
    exit 0
fi
missing=$(missing_packages <<<"$wanted")
[ -n "$missing" ] || exit 0

echo "install: missing Debian packages:" $missing
if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    echo "install: neither root nor sudo without a password. Run this once, then try again:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends" $missing >&2
    exit 1
fi
keep_cluster_away $missing
trap standard_cluster_again EXIT
for try in 1 2 3; do
    # A mirror of some other product that is down must not stop us: only the install decides.
    apt update || echo "install: apt-get update had errors, going on"
    if apt install --no-install-recommends $missing; then
        echo "install: done"
        exit 0
    fi
    [ "$try" = 3 ] || { echo "install: try $try failed, once more in $((try * 5)) s"; sleep $((try * 5)); }
done
echo "install: apt-get could not install:" $missing >&2
exit 1
