"""Interpreters beside the main one, each with modules, types and exceptions of its own."""

import pytest

import support

# What every script starts with: run(code, times) runs code in so many interpreters, one after the
# other, each dead before the next, and report(text) inside adds to what run gives back.
START = """
import os, sys, threading
from OpenSSL import SSL, crypto, rand

try:
    import _interpreters
    def create():
        return _interpreters.create("isolated")
    def execute(interpreter, code):
        problem = _interpreters.exec(interpreter, code)
        if problem is not None:
            raise AssertionError(problem.formatted)
    destroy = _interpreters.destroy
except ImportError:
    import warnings
    warnings.simplefilter("ignore")  # "use the module that comes with 3.12"
    import _xxsubinterpreters
    def create():
        return _xxsubinterpreters.create(isolated=True)
    execute, destroy = _xxsubinterpreters.run_string, _xxsubinterpreters.destroy

INSIDE = '''
import os, sys
sys.path[:] = %r
def report(text):
    os.write(%d, (text + chr(10)).encode())
'''

def run(code, times=1):
    reading, writing = os.pipe()
    for _ in range(times):
        interpreter = create()
        try:
            execute(interpreter, INSIDE % (sys.path, writing) + code)
        finally:
            destroy(interpreter)
    os.close(writing)
    with open(reading) as file:
        return file.read().split(chr(10))[:-1]
"""

# Something of everything, in an interpreter.
USE = {
    "rand": """
from OpenSSL import rand
assert len(rand.bytes(100000)) == 100000
rand.seed(b"x" * 100000)
assert rand.load_file("/dev/urandom") == 256
try:
    rand.bytes(-1)
except ValueError:
    report("done")
""",
}


def run(code):
    return support.run_script(START + code, timeout=100)


@pytest.mark.parametrize("what", USE)
class TestUse:
    def test_twenty_one_after_the_other(self, what):
        assert run(f"print(run({USE[what]!r}, 20) == ['done'] * 20)") == "True\n"

    def test_several_at_once(self, what):
        assert (
            run(
                f"""
results = []
def work():
    results.append(run({USE[what]!r}, 5))
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(results == [['done'] * 5] * 4)
"""
            )
            == "True\n"
        )

    def test_main_goes_on(self, what):
        assert (
            run(
                f"""
code = {USE[what]!r}
run(code)
inside = []
exec("report = inside.append" + code)
run(code)
print(inside)
"""
            )
            == "['done']\n"
        )


class TestIsolation:
    @pytest.mark.parametrize("name", ["rand.Error", "crypto.Error", "SSL.Error"])
    def test_types_are_its_own(self, name):
        assert (
            run(
                f"""
# They live at one time, so that one's address cannot be the other's later.
import _thread
code = "from OpenSSL import SSL, crypto, rand; report(str(id({name})))"
[theirs] = run(code)
print(int(theirs) != id({name}))
"""
            )
            == "True\n"
        )

    def test_what_is_changed_stays_there(self):
        assert (
            run(
                """
print(run("from OpenSSL import rand; rand.Error.mark = rand.mark = 1; report('set')"))
print(hasattr(rand, "mark"), hasattr(rand.Error, "mark"))
print(run("from OpenSSL import rand; report(str(hasattr(rand, 'mark')))"))
"""
            )
            == "['set']\nFalse False\n['False']\n"
        )

    def test_exceptions_do_not_cross(self):
        assert (
            run(
                """
code = '''
from OpenSSL import rand
try:
    raise rand.Error([("a", "b", "c")])
except Exception as error:
    report(type(error).__module__ + repr(error.args))
'''
print(run(code, 2))
"""
            )
            == """["OpenSSL.rand([('a', 'b', 'c')],)", "OpenSSL.rand([('a', 'b', 'c')],)"]\n"""
        )

    def test_not_imported_by_main(self):
        """The interpreter that imports first is gone when the next one does."""
        code = START.replace("from OpenSSL import SSL, crypto, rand\n", "")
        assert (
            support.run_script(
                code
                + f"print(run({USE['rand']!r}, 5))\nimport OpenSSL\nprint(run({USE['rand']!r}))"
            )
            == "['done', 'done', 'done', 'done', 'done']\n['done']\n"
        )


class TestReload:
    def test_modules_of_one_interpreter_twice(self):
        assert (
            support.run_script(
                """
import gc, importlib, sys
import OpenSSL
for _ in range(5):
    for name in [name for name in sys.modules if name.startswith("OpenSSL")]:
        del sys.modules[name]
    fresh = importlib.import_module("OpenSSL")
    assert fresh.rand.Error is not OpenSSL.rand.Error
    assert len(fresh.rand.bytes(10)) == 10 == len(OpenSSL.rand.bytes(10))
    importlib.reload(fresh.rand).bytes(3)
    del fresh
    gc.collect()
"""
            )
            == ""
        )
