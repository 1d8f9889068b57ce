#!/bin/sh
# tsan.sh PYTHON FOLDER: the thread tests under ThreadSanitizer.
#
# It must see every lock, so the interpreter has to be a free-threaded one that was itself built with
# --with-thread-sanitizer.  It gets a virtual environment of its own, FOLDER/venv.
set -eu
python=$1
tree=$2

if ! "$python" -c 'import sysconfig
raise SystemExit(not (sysconfig.get_config_var("Py_GIL_DISABLED")
                      and "--with-thread-sanitizer" in sysconfig.get_config_var("CONFIG_ARGS")))' \
    2>/dev/null
then
    cat >&2 <<END
make tsan needs a free-threaded CPython that was built with ThreadSanitizer, and $python is not one.
From CPython's sources, 3.13 or newer:

    ./configure --disable-gil --with-thread-sanitizer --with-pydebug --prefix=/some/where
    make -j2 install

and then  make tsan TSAN_PYTHON=/some/where/bin/python3
END
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
mkdir -p "$tree/OpenSSL"
cp OpenSSL/*.py OpenSSL/*.pyi OpenSSL/py.typed "$tree/OpenSSL/"
PYOPENSSL_SANITIZE=thread "$venv/bin/python" setup.py -q build_ext -b "$tree" build_test -b "$tree"
export TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp:halt_on_error=0:exitcode=66:log_path=$PWD/$tree/report"
export PYTHON_GIL=0 PYTEST_TIMEOUT=1800
rm -f "$tree"/report.*
status=0
"$venv/bin/python" -P -m pytest -m '' -o "pythonpath=$tree test" test/whole/test_threads.py || status=$?
if ls "$tree"/report.* >/dev/null 2>&1; then cat "$tree"/report.*; fi # the tests' own output is captured
exit $status
