#!/bin/sh
# sanitized.sh SANITIZER FOLDER PYTEST-ARGUMENT...: run pytest on the modules in FOLDER.
#
# The interpreter itself must bring the sanitizer in before anything else, and what it starts (a
# compiler, the openssl command) must not get it.  So a small interpreter is linked with it, that
# thinks it lives in a virtual environment of its own: FOLDER/python.
set -eu
sanitizer=$1
tree=$2
shift 2
PYTHON=${PYTHON:-.venv/bin/python}
top=$PWD
home=$top/$tree/python
mkdir -p "$home/bin"

config() {
    "$PYTHON" -c "import sysconfig; print(sysconfig.get_config_var('$1') or '')"
}
include=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("include"))')
version=$(config LDVERSION)
printf '%s\n' '#include <Python.h>' 'int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }' \
    >"$home/main.c"
# shellcheck disable=SC2046,SC2086
${CC:-cc} -g -fsanitize="$sanitizer" -isystem "$include" "$home/main.c" -o "$home/bin/python" \
    -L"$(config LIBDIR)" -L"$(config LIBPL)" -Wl,-rpath,"$(config LIBDIR)" \
    $(config LINKFORSHARED) "-lpython$version" $(config LIBS) $(config SYSLIBS)
cp .venv/pyvenv.cfg "$home/"
[ -e "$home/lib" ] || ln -s "$top/.venv/lib" "$home/lib"

# Objects that CPython keeps until the process ends are not ours; see tools/lsan.supp.
# A test preloads a library of its own, which does no harm.
# LeakSanitizer crashes on the thread-local storage of threads that end meanwhile, if it follows it.
export ASAN_OPTIONS="detect_leaks=1:intercept_tls_get_addr=0:verify_asan_link_order=0:allocator_may_return_null=1:abort_on_error=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export LSAN_OPTIONS="suppressions=$top/tools/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
export PYTHONMALLOC=malloc
export PYTEST_TIMEOUT="${PYTEST_TIMEOUT:-600}"
export PYTHONPATH="$top/$tree:$top/tools"
exec "$home/bin/python" -P -X dev -m pytest -p preload -o "pythonpath=$tree test" "$@"
