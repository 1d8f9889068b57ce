#!/bin/sh
# openssl.sh PREFIX [CONFIGURE-OPTION...]: build OpenSSL's libraries into PREFIX.
#
# From Debian's source package, for what Debian's own package cannot give, as a sanitizer in it.
# OPENSSL_SERIES=4.0 chooses another version than the newest released.  Takes about ten minutes.
set -eu
prefix=$(realpath -m "$1")
shift
[ ! -f "$prefix/include/openssl/ssl.h" ] || exit 0
here=$(dirname "$(realpath "$0")")
"$here/packages.sh" gcc make libc6-dev perl

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/source.sh" openssl "$work/source" ${OPENSSL_SERIES:+"$OPENSSL_SERIES"}
cd "$work/source"
{ ./Configure --prefix="$prefix" --libdir=lib no-tests no-docs no-apps "$@" \
    && make -s -j2 && make -s install_sw install_ssldirs; } >../build.log 2>&1 || { tail -n 30 ../build.log >&2; exit 1; }
