#!/bin/bash
# freethreaded.sh PREFIX [CONFIGURE-OPTION...]: build a free-threaded CPython into PREFIX.
#
# Debian has no package of one, so it is built from the source package of the newest 3.13 that the
# mirror of this machine still holds.  Nothing is installed outside of PREFIX but the packages that
# a build needs.  Takes about ten minutes.
set -euo pipefail
prefix=$(realpath -m "$1")
shift
[ ! -x "$prefix/bin/python3" ] || exit 0
here=$(dirname "$(realpath "$0")")
"$here/packages.sh" gcc make libc6-dev libssl-dev zlib1g-dev libffi-dev libsqlite3-dev xz-utils

mirror=$("$here/mirror.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
printf 'deb-src %s %s main\n' "$mirror" sid "$mirror" trixie >"$work/sources.list"
apt() {
    command apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o APT::Sandbox::User=root "$@"
}
cd "$work"
apt update >apt.log 2>&1 || { cat apt.log >&2; exit 1; }
# An index may be ahead of the files behind it: the newest version of which there is an archive.
versions=$(apt-cache -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" showsrc python3.13 | sed -n 's/^Version: //p' | sort -rVu)
for version in $versions; do
    if apt --download-only source "python3.13=$version" >apt.log 2>&1; then break; fi
    rm -f ./*.dsc ./*.tar.*
done
ls ./*.orig.tar.xz >/dev/null 2>&1 || { echo "no source package of python3.13 can be had" >&2; exit 1; }
mkdir source
tar -xf ./*.orig.tar.xz -C source --strip-components 1
cd source
./configure -q --disable-gil --prefix="$prefix" --with-ensurepip=no --disable-test-modules "$@" >../build.log 2>&1 \
    && make -s -j"$(nproc)" >>../build.log 2>&1 && make -s install >>../build.log 2>&1 \
    || { tail -n 30 ../build.log >&2; exit 1; }
"$prefix/bin/python3" -c 'import sys, ssl; print(sys.version, "with", ssl.OPENSSL_VERSION)'
