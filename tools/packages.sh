#!/bin/sh
# packages.sh PACKAGE...: see to it that what these Debian packages give is there.
#
# Looks for the thing itself, so that other systems and other Pythons do as well.  Installs what is
# missing when it may (root, or sudo without a password); otherwise says what to type and fails.
# PYTHON and CC tell which interpreter and which compiler are meant.
set -eu
PYTHON=${PYTHON:-python3}
CC=${CC:-cc}

compiles() {
    printf '#include <%s>\n' "$1" | $CC ${OPENSSL_DIR:+-I"$OPENSSL_DIR/include"} -E - >/dev/null 2>&1
}

there() {
    case $1 in
    gcc) $CC --version >/dev/null 2>&1 ;;
    libc6-dev) compiles stdio.h ;;
    libssl-dev) compiles openssl/ssl.h ;;
    python3-dev) "$PYTHON" -c 'import os, sysconfig
os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null ;;
    python3-venv) "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ;;
    binutils) command -v nm >/dev/null ;;
    zlib1g-dev) compiles zlib.h ;;
    libffi-dev) compiles ffi.h ;;
    libsqlite3-dev) compiles sqlite3.h ;;
    xz-utils) command -v xz >/dev/null ;;
    musl-tools) command -v musl-gcc >/dev/null ;;
    libltdl-dev) compiles ltdl.h ;;
    libtool) command -v libtoolize >/dev/null ;;
    gnutls-bin) command -v certtool >/dev/null ;;
    chromium-headless-shell) # or any other of its family
        for one in chromium-headless-shell chromium chromium-browser google-chrome; do
            ! command -v "$one" >/dev/null || return 0
        done
        return 1 ;;
    ca-certificates) [ -s /etc/ssl/certs/ca-certificates.crt ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

missing() {
    for package in "$@"; do
        there "$package" || printf ' %s' "$package"
    done
}

wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0
if command -v apt-get >/dev/null; then
    line="apt-get install -y --no-install-recommends$wanted"
    if [ "$(id -u)" = 0 ]; then
        as=
    elif sudo -n true 2>/dev/null; then
        as='sudo -n'
    else
        printf 'Packages are missing.  Please type\n\n    sudo %s\n\nand try again.\n' "$line" >&2
        exit 1
    fi
    echo "installing$wanted"
    $as env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086
    $as env DEBIAN_FRONTEND=noninteractive $line
    wanted=$(missing "$@")
    [ -n "$wanted" ] || exit 0
fi
cat >&2 <<END
Missing here, by Debian's names:$wanted

    Fedora   dnf install gcc openssl-devel python3-devel openssl gnutls-utils
    Alpine   apk add gcc musl-dev openssl-dev python3-dev openssl gnutls-utils
    macOS    xcode-select --install; brew install python openssl@3 gnutls

PYTHON=$PYTHON, CC=$CC and OPENSSL_DIR=${OPENSSL_DIR:-} were asked; INSTALL tells how to choose others.
END
exit 1
