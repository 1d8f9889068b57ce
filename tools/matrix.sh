#!/bin/bash
# matrix.sh [ROW...]: run `make test` on freshly made Debian systems, from a clone of what is committed.
#
# A row is a suite and, behind plus signs, what is to be different there:
#
#     clang           that compiler in place of gcc
#     python3.15      another interpreter than the suite's default
#     experimental    OpenSSL as it is in Debian's experimental suite (for sid)
#     openssl3.6      OpenSSL of that series, built from its sources
#     freethreaded    `make freethreaded`: a CPython without the global lock, built from its sources
#     fips            OpenSSL's FIPS provider and no other (for trixie and sid).  Many tests want what it
#                     does not offer, so their failures do not count, but a crash does, and
#                     test_fips.py, which looks at what is said
#     musl            that C library, a CPython and an OpenSSL built upon it from their sources
#
# Without any, all that there is.  Warnings are errors.  What each row was and how it went is told
# at the end; its whole output is in $MATRIX_CACHE/ROW.log.
#
# The trees are made by debootstrap from the mirror that this machine itself uses, once, and kept
# in $MATRIX_CACHE; each run works in a throw-away copy with nothing but git, make and python3 added.
# Needs root.  MATRIX_COMMAND says what to run there instead.
set -euo pipefail
cache=${MATRIX_CACHE:-/var/cache/pyopenssl-matrix}
top=$(git rev-parse --show-toplevel)
[ $# != 0 ] || set -- bookworm bookworm+clang bookworm+openssl3.6 bookworm+openssl4.0 \
    trixie trixie+clang trixie+freethreaded trixie+fips trixie+musl \
    sid sid+clang sid+python3.15 sid+experimental sid+experimental+clang
[ "$(id -u)" = 0 ] || { echo 'matrix.sh makes chroots: run it as root' >&2; exit 1; }
command -v debootstrap >/dev/null || apt-get install -y -q debootstrap
mirror=$("$top/tools/mirror.sh")

work=
finish() {
    if [ -n "$work" ]; then
        umount -l "$work/proc" "$work/dev" 2>/dev/null || true
        rm -rf --one-file-system "$work"
    fi
    work=
}
trap finish EXIT

inside() {
    chroot "$work" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        PIP_ROOT_USER_ACTION=ignore DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} "${settings[@]}" sh -c "cd /srv/checkout && $1"
}

make_base() {
    [ ! -f "$base.made" ] || return 0
    rm -rf "$base"
    debootstrap --variant=minbase --include=git,make,python3,ca-certificates "$suite" "$base" "$mirror" \
        >"$base.made.log" 2>&1 || { tail -n 20 "$base.made.log"; return 1; }
    touch "$base.made"
}

make_copy() {
    work=$(mktemp -d "$cache/$suite.XXXXXX")
    cp -a "$base/." "$work"
    # What this machine needs to reach its mirror and its package index, the copy needs too.
    cp -L /etc/resolv.conf /etc/hosts "$work/etc/" 2>/dev/null || true
    cp -a /etc/apt/apt.conf.d/. "$work/etc/apt/apt.conf.d/" 2>/dev/null || true
    for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
        if [ -f "$file" ]; then cp -L "$file" "$work$file"; fi
    done
    mount -t proc proc "$work/proc"
    mount --rbind --make-rslave /dev "$work/dev"
    git clone -q "$top" "$work/srv/checkout"
}

add() {
    inside "apt-get update -q && apt-get install -y -q --no-install-recommends $*" >"$cache/$row.apt.log" 2>&1 \
        || { tail -n 20 "$cache/$row.apt.log"; return 1; }
}

# provide PART FOLDER COMMAND: what is built once for each suite, since its compiler goes into it.
provide() {
    local kept=$cache/$suite-$1
    if [ ! -d "$kept" ]; then
        inside "$3" || return 1
        cp -a "$work$2" "$kept"
    fi
    mkdir -p "$work$2"
    cp -a "$kept/." "$work$2"
    settings+=(PATH="$2/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}

# Then as in a system that has no other provider, but for what the tests' tools need before.
only_fips() {
    sed 's|{installed}|/srv/installed.cnf|' "$top/test/whole/fips.cnf" >"$work/srv/fips.cnf"
    inside 'openssl fipsinstall -module /usr/lib/*/ossl-modules/fips.so -out /srv/installed.cnf' || return 1
    command='make build-debug && make pytest T=test/whole/test_fips.py &&
        (PYTEST_ADDOPTS=--tb=short OPENSSL_CONF=/srv/fips.cnf .venv/bin/python -P -X dev -m pytest; test $? -le 1) \
            >/srv/log 2>&1; ended=$?; cat /srv/log
        test $ended = 0 && ! grep -aE "Fatal Python error|Segmentation fault|exit status -(4|6|7|8|11)" /srv/log'
}

apply() {
    case $1 in
    clang)
        add clang || return 1
        settings+=(CC=clang)
        ;;
    python3.*)
        add "$1-dev" "$1-venv" || return 1
        settings+=(PYTHON="$1")
        ;;
    experimental)
        echo "deb $mirror experimental main" >"$work/etc/apt/sources.list.d/experimental.list"
        add -t experimental libssl-dev openssl
        ;;
    openssl*)
        provide "$1" /opt/openssl "OPENSSL_SERIES=${1#openssl} tools/openssl.sh /opt/openssl \
            shared enable-apps -Wl,-rpath,/opt/openssl/lib" || return 1
        settings+=(OPENSSL_DIR=/opt/openssl LD_LIBRARY_PATH=/opt/openssl/lib)
        ;;
    fips) add openssl openssl-provider-fips && only_fips ;;
    musl)
        add musl-tools gcc libc6-dev && provide "$1" /opt/musl 'tools/musl.sh /opt/musl' || return 1
        settings+=(CC=/opt/musl/bin/musl-cc PYTHON=/opt/musl/bin/python3 REQUIREMENTS=requirements-freethreaded.txt)
        # What counts allocations needs a libgcc that is built for musl.
        command='make build-debug pytest T="test --ignore=test/whole/test_faults.py"'
        ;;
    freethreaded) command='make freethreaded' venv=.venv-freethreaded ;;
    *)
        echo "matrix.sh: what is $1?" >&2
        return 1
        ;;
    esac
}

# With what it was built, of the modules themselves.
describe() {
    inside "PYTHONPATH=. $venv/bin/python -P -c '
import platform
from OpenSSL import SSL
openssl = SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode().split()[1]
print(\"CPython\", platform.python_version() + \",\", \"OpenSSL\", openssl, end=\", \")
'; \${CC:-gcc} --version | head -n 1" 2>/dev/null || true
}

run_row() {
    local suite=${row%%+*} parts part base
    base=$cache/$suite
    make_base && make_copy || return 1
    IFS=+ read -ra parts <<<"$row"
    for part in "${parts[@]:1}"; do
        apply "$part" || return 1
    done
    inside "$command"
}

mkdir -p "$cache"
failed=0
summary=
for row in "$@"; do
    command=${MATRIX_COMMAND:-make test} venv=.venv settings=(PYOPENSSL_WERROR=1)
    echo "== $row"
    start=$SECONDS
    exec 3>&1 >"$cache/$row.log" 2>&1
    if run_row; then outcome=passed; else outcome=failed; fi
    exec >&3 2>&1 3>&-
    [ $outcome = passed ] || { failed=1 && tail -n 30 "$cache/$row.log"; }
    counts=$(sed -nE 's/^=+ (.*(passed|failed).*) in .*/\1/p' "$cache/$row.log" | tail -n 1)
    line="$row: $([ -z "$work" ] || describe): $outcome${counts:+ ($counts)}, $((SECONDS - start)) s"
    echo "== $line"
    summary+="$line"$'\n'
    finish
done
printf '\n%s' "$summary"
exit $failed
