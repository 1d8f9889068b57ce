#!/bin/bash
# matrix.sh SUITE...: run `make test` on freshly made Debian systems, from a clone of what is committed.
#
# The trees are made by debootstrap from the mirror that this machine itself uses, once, and kept
# in $MATRIX_CACHE; each run works in a throw-away copy with nothing but git, make and python3 added.
# Needs root.  MATRIX_COMMAND says what to run there instead of `make test`.
set -euo pipefail
cache=${MATRIX_CACHE:-/var/cache/pyopenssl-matrix}
command=${MATRIX_COMMAND:-make test}
top=$(git rev-parse --show-toplevel)
[ "$(id -u)" = 0 ] || { echo 'matrix.sh makes chroots: run it as root' >&2; exit 1; }
command -v debootstrap >/dev/null || apt-get install -y -q debootstrap

work=
finish() {
    if [ -n "$work" ]; then
        umount -l "$work/proc" "$work/dev" 2>/dev/null || true
        rm -rf --one-file-system "$work"
    fi
    work=
}
trap finish EXIT

mkdir -p "$cache"
failed=()
for suite in "$@"; do
    base=$cache/$suite
    if [ ! -f "$base.made" ]; then
        rm -rf "$base"
        debootstrap --variant=minbase --include=git,make,python3,ca-certificates "$suite" "$base" "$("$top/tools/mirror.sh")" \
            >"$base.log" 2>&1 || { tail -n 20 "$base.log"; exit 1; }
        touch "$base.made"
    fi
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
    echo "== $suite: $command"
    start=$SECONDS
    if chroot "$work" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        PIP_ROOT_USER_ACTION=ignore ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} \
        sh -c "cd /srv/checkout && $command"; then
        echo "== $suite: passed in $((SECONDS - start)) s"
    else
        echo "== $suite: failed"
        failed+=("$suite")
    fi
    finish
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
