#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# deb.sh: make out/hustings_VERSION_ARCHITECTURE.deb of build/hustings, for the Debian it is made on. deploy/deb has what a package adds.
# The same commit gives the same bytes: times are those of the commit, owners are root. DEBFULLNAME and DEBEMAIL: who answers for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
umask 022

version=$(build/hustings version | cut -d " " -f 2)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c safe.directory='*' log -1 --format=%ct 2>/dev/null || stat -c %Y meson.build)}
export SOURCE_DATE_EPOCH
maintainer="${DEBFULLNAME:-The Hustings contributors} <${DEBEMAIL:-hustings@localhost}>"
package=out/hustings_${version}_$architecture.deb
mkdir -p out
work=$(mktemp -d out/deb.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/root
doc=$root/usr/share/doc/hustings
modules=/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/hustings

put() { # mode, source, target
    install -D -m "$1" "$2" "$root$3"
}

put_program() {
    put 755 build/hustings /usr/bin/hustings
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/hustings"
    put 644 build/hustings-phone.so "$modules/hustings-phone.so"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root$modules/hustings-phone.so"
    put 644 build/hustings.1 /usr/share/man/man1/hustings.1
    put 644 build/hustings.bash /usr/share/bash-completion/completions/hustings
    put 644 deploy/hustings.service /lib/systemd/system/hustings.service
    put 644 deploy/hustings-witness.service /lib/systemd/system/hustings-witness.service
    put 640 deploy/hustings.conf /etc/hustings/hustings.conf
}

put_documents() {
    local file
    for file in docs/*.md docs/*.svg README.md; do put 644 "$file" "/usr/share/doc/hustings/$([ "$file" = README.md ] || echo docs/)${file##*/}"; done
    for file in docs/decisions/*.md; do put 644 "$file" "/usr/share/doc/hustings/$file"; done
    for file in deploy/nginx.conf deploy/Caddyfile; do put 644 "$file" "/usr/share/doc/hustings/examples/${file##*/}"; done
    for file in examples/labour-2010/* examples/people/*; do put 644 "$file" "/usr/share/doc/hustings/$file"; done
}

# The licence is not one of those that every Debian system has, so all of it goes in.
put_copyright() {
    {
        printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Hustings\n\n'
        printf 'Files: *\nCopyright: The Hustings contributors\nLicense: AGPL-3.0-or-later\n\nLicense: AGPL-3.0-or-later\n'
        sed -e 's/^$/./' -e 's/^/ /' -e 's/[ \t]*$//' LICENSE
    } >"$work/copyright"
    put 644 "$work/copyright" /usr/share/doc/hustings/copyright
    {
        printf 'hustings (%s) unstable; urgency=medium\n\n  * Version %s.\n\n' "$version" "$version"
        printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
    } >"$work/changelog"
    put 644 "$work/changelog" /usr/share/doc/hustings/changelog
}

# What a file was linked with, as names and versions of packages.
needed() { # file in the package
    mkdir -p "$work/debian"
    printf 'Source: hustings\n\nPackage: hustings\nArchitecture: any\n' >"$work/debian/control"
    (cd "$work" && dpkg-shlibdeps -O "root$1" 2>/dev/null) | sed 's/^shlibs:Depends=//'
}

# What the module needs beside what the program does: only who reads telephone numbers wants it.
recommended() {
    needed "$modules/hustings-phone.so" | sed -e 's/, */\n/g' | grep -v '^libc6 ' | paste -sd, | sed 's/,/, /g'
}

put_control() {
    local depends recommends size script
    depends=$(needed /usr/bin/hustings)
    recommends=$(recommended)
    [ -n "$depends" ] && [ -n "$recommends" ] || { echo "deb: dpkg-shlibdeps named no package" >&2; exit 1; }
    mkdir -p "$root/DEBIAN"
    (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$work/md5sums"
    mv "$work/md5sums" "$root/DEBIAN/md5sums"
    size=$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f 1)
    sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" -e "s/@RECOMMENDS@/$recommends/" \
        -e "s/@MAINTAINER@/$maintainer/" deploy/deb/control >"$root/DEBIAN/control"
    echo /etc/hustings/hustings.conf >"$root/DEBIAN/conffiles"
    for script in postinst prerm postrm; do install -m 755 "deploy/deb/$script" "$root/DEBIAN/$script"; done
}

put_program
put_documents
put_copyright
find "$root/usr/share/man" -type f -exec gzip -9n {} +
gzip -9n "$doc/changelog"
chmod -R u+rwX,go+rX,go-w "$root/usr" "$root/lib"
put_control
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
echo "$PWD/$package"
