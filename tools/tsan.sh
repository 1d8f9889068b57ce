#!/bin/sh
# tsan.sh FOLDER TEST...: tests of threads under ThreadSanitizer.
#
# It must see every lock, so the interpreter has to be a free-threaded one that was itself built with
# --with-thread-sanitizer, and OpenSSL should be built with -fsanitize=thread.  TSAN_PYTHON and
# OPENSSL_DIR tell where they are; what is not told is built first, into .tsan, which takes half an
# hour.  OPENSSL_DIR=/usr is Debian's OpenSSL: what happens inside of that cannot be seen.
set -eu
tree=$1
shift
here=$(dirname "$(realpath "$0")")
python=${TSAN_PYTHON:-.tsan/python/bin/python3}
openssl=${OPENSSL_DIR:-$PWD/.tsan/openssl}
[ -n "${TSAN_PYTHON:-}" ] \
    || "$here/freethreaded.sh" .tsan/python --with-thread-sanitizer --with-pydebug
[ -n "${OPENSSL_DIR:-}" ] || "$here/openssl.sh" "$openssl" -g -O1 -fsanitize=thread -DOSSL_TSAN_BUILD

if ! "$python" -c 'import sysconfig
raise SystemExit(not (sysconfig.get_config_var("Py_GIL_DISABLED")
                      and "--with-thread-sanitizer" in sysconfig.get_config_var("CONFIG_ARGS")))'
then
    echo "$python is no free-threaded CPython that was built with ThreadSanitizer" >&2
    exit 1
fi

# pip itself would take an hour there, so another Python's installs what is wanted.
venv=$tree/venv
if [ ! -f "$venv/.ready" ]; then
    "$python" -m venv --clear --without-pip "$venv"
    packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir -p "$tree"
    grep -v '^sphinx' requirements-freethreaded.txt >"$tree/wanted.txt"
    .venv/bin/python -m pip install -q --disable-pip-version-check --target "$packages" -r "$tree/wanted.txt"
    touch "$venv/.ready"
fi

cat tools/tsan.supp >"$tree/suppressions"
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -f "$packages/openssl.pth"
if [ "$openssl" = /usr ]; then
    unset OPENSSL_DIR
    cat tools/tsan-openssl.supp >>"$tree/suppressions"
else
    export OPENSSL_DIR="$openssl"
    # The first library of that name in a process is everybody's, and Python's own modules ask for
    # the system's.  The commands that tests start keep that one.
    for library in crypto ssl; do
        path=$(ls "$openssl"/lib*/lib$library.so | head -n 1)
        echo "import ctypes; ctypes.CDLL('$path')"
    done >"$packages/openssl.pth"
fi

mkdir -p "$tree/OpenSSL"
cp OpenSSL/*.py OpenSSL/*.pyi OpenSSL/py.typed "$tree/OpenSSL/"
PYOPENSSL_SANITIZE=thread "$venv/bin/python" setup.py -q build_ext -b "$tree" build_test -b "$tree"
export TSAN_OPTIONS="suppressions=$PWD/$tree/suppressions:halt_on_error=0:exitcode=66:die_after_fork=0:log_path=$PWD/$tree/report"
export PYTHON_GIL=0 PYTEST_TIMEOUT=1800
PYTHONPATH=$tree "$venv/bin/python" -P -c '
import OpenSSL.SSL
with open("/proc/self/maps") as maps:
    libraries = {line.split()[-1] for line in maps if "/libcrypto" in line or "/libssl" in line}
print(OpenSSL.SSL.SSLeay_version(0).decode(), *sorted(libraries))'
rm -f "$tree"/report.*
status=0
"$venv/bin/python" -P -m pytest -m '' -o "pythonpath=$tree test" "$@" || status=$?
if ls "$tree"/report.* >/dev/null 2>&1; then cat "$tree"/report.*; fi # the tests' own output is captured
exit $status
