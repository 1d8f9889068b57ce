#!/bin/sh
# freethreaded.sh PREFIX [CONFIGURE-OPTION...]: build a free-threaded CPython into PREFIX.
#
# Debian has no package of one, so it is built from the source package.  Nothing is installed outside
# of PREFIX but the packages that a build needs.  Takes about ten minutes.
set -eu
prefix=$(realpath -m "$1")
shift
[ ! -x "$prefix/bin/python3" ] || exit 0
here=$(dirname "$(realpath "$0")")
"$here/packages.sh" gcc make libc6-dev libssl-dev zlib1g-dev libffi-dev libsqlite3-dev xz-utils

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/source.sh" python3.13 "$work/source"
cd "$work/source"
{ ./configure -q --disable-gil --prefix="$prefix" --with-ensurepip=no --disable-test-modules "$@" \
    && make -s -j2 && make -s install; } >../build.log 2>&1 || { tail -n 30 ../build.log >&2; exit 1; }
"$prefix/bin/python3" -c 'import sys, ssl; print(sys.version, "with", ssl.OPENSSL_VERSION)'
