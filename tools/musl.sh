#!/bin/sh
# musl.sh PREFIX: build a CPython, and the OpenSSL that it loads, upon the C library musl into PREFIX.
#
# From Debian's source packages with Debian's musl-gcc, since Debian has no Python for musl.  PREFIX/bin
# has python3, and musl-cc, the compiler to build extension modules with.  Nothing is
# installed outside of PREFIX but the packages that a build needs.  Takes about a quarter of an hour.
set -eu
prefix=$(realpath -m "$1")
[ ! -x "$prefix/bin/python3" ] || exit 0
here=$(dirname "$(realpath "$0")")
"$here/packages.sh" gcc make libc6-dev perl musl-tools autoconf automake libtool libltdl-dev pkg-config xz-utils

# The compiler finds what is in PREFIX by itself, as that of a system of musl's would.  musl's headers
# lack the kernel's, and gcc would name the folder of its own C library.
mkdir -p "$prefix/bin" "$prefix/kernel"
ln -sfn /usr/include/linux /usr/include/asm-generic /usr/include/mtd "$prefix/kernel/"
ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$prefix/kernel/asm"
cat >"$prefix/bin/musl-cc" <<END
#!/bin/sh
case " \$* " in *-print-multiarch*) exec echo "\$(uname -m)-linux-musl" ;; esac
exec musl-gcc "\$@" -idirafter $prefix/include -idirafter $prefix/kernel -L$prefix/lib \\
    -Wl,-rpath,$prefix/lib
END
chmod 755 "$prefix/bin/musl-cc"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CC="$prefix/bin/musl-cc" PKG_CONFIG_LIBDIR="$prefix/lib/pkgconfig"

# PACKAGE COMMAND...: configure and build it.
build() {
    "$here/source.sh" "$1" "$work/$1"
    cd "$work/$1"
    shift
    "$@" >../build.log 2>&1 && make -s -j2 >>../build.log 2>&1 || { tail -n 30 ../build.log >&2; exit 1; }
}

build zlib ./configure --prefix="$prefix"
make -s install >/dev/null
# shellcheck disable=SC2016
build libffi sh -c './autogen.sh && ./configure --prefix="$0" --disable-docs --disable-builddir \
    --disable-multi-os-directory' "$prefix"
make -s install >/dev/null
build openssl ./Configure --prefix="$prefix" --libdir=lib no-tests no-docs no-apps no-afalgeng
make -s install_sw >/dev/null
build python3.13 ./configure -q --prefix="$prefix" --with-openssl="$prefix" --disable-test-modules
make -s install >/dev/null 2>&1
"$prefix/bin/python3" -c 'import sys, ctypes, ssl, zlib; print(sys.version, "with", ssl.OPENSSL_VERSION)'
