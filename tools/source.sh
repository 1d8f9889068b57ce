#!/bin/bash
# source.sh PACKAGE FOLDER [SERIES]: unpack what Debian's source package of that name was made from.
#
# It is the newest version of which the mirror of this machine holds the archive; with a SERIES, such
# as 4.0, of those that begin so, whether released or not.  Nothing is installed and no list of the
# system's is touched.
set -euo pipefail
package=$1
folder=$(realpath -m "$2")
series=${3:-}
mirror=$("$(dirname "$(realpath "$0")")/mirror.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$folder"
for suite in sid trixie ${series:+experimental}; do
    echo "deb-src $mirror $suite main"
done >"$work/sources.list"
options=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
cd "$work"
apt-get "${options[@]}" update >apt.log 2>&1 || { cat apt.log >&2; exit 1; }
# An index may be ahead of the files behind it, so older versions are tried too.
versions=$(apt-cache "${options[@]}" showsrc --only-source "$package" | sed -n 's/^Version: //p' | sort -rVu)
for version in $versions; do
    case $version in "$series"*) ;; *) continue ;; esac
    if apt-get "${options[@]}" --download-only source "$package=$version" >apt.log 2>&1; then break; fi
    rm -f ./*.dsc ./*.tar.*
done
ls ./*.orig.tar.?z >/dev/null 2>&1 || { echo "no source package of $package $series can be had" >&2; exit 1; }
tar -xf ./*.orig.tar.?z -C "$folder" --strip-components 1
