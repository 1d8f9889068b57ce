"""Interpreters beside the main one, each with modules, types and exceptions of its own."""

import os

import pytest

import support

SECONDS = float(os.environ.get("STRESS_SECONDS", "0"))

pytestmark = pytest.mark.timeout(2 * support.TIMEOUT + 3 * SECONDS)

# What every script starts with, FILES being the folder of a key and a certificate.
# run(code, times) runs code in so many interpreters, each dead before the next, and gives back what
# report(text) was called with inside.
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
FILES = %r
def report(text):
    os.write(%d, (text + chr(10)).encode())
'''

def run(code, times=1):
    reading, writing = os.pipe()
    for _ in range(times):
        interpreter = create()
        try:
            execute(interpreter, INSIDE % (sys.path, FILES, writing) + code)
        finally:
            destroy(interpreter)
    os.close(writing)
    with open(reading) as file:
        return file.read().split(chr(10))[:-1]
"""

# Something of everything, in an interpreter.
USE = {
    "crypto": """
import gc
from OpenSSL import crypto
PEM = crypto.FILETYPE_PEM
with open(FILES + "key.pem") as file:
    key = crypto.load_privatekey(PEM, file.read())
with open(FILES + "cert.pem") as file:
    cert = crypto.load_certificate(PEM, file.read())
locked = crypto.dump_privatekey(PEM, key, "aes128", lambda *args: b"secret")
assert crypto.load_privatekey(PEM, locked, lambda *args: b"secret").bits() == 256
try:
    crypto.load_privatekey(PEM, locked, lambda *args: 1 / 0)
except ZeroDivisionError:
    pass
try:
    crypto.load_certificate(PEM, b"junk")
except crypto.Error as error:
    assert error.args[0]
name = cert.get_subject()
name.CN = "changed"
assert crypto.verify(cert, crypto.sign(key, b"x", "sha256"), b"x", "sha256") is None
store = crypto.X509Store()
store.add_cert(cert)
cert.cycle = [cert, store, name]
gc.collect()
report("done")
""",
    "handshake": """
from OpenSSL import SSL, crypto
server_context = SSL.Context(SSL.TLS_METHOD)
server_context.use_certificate_file(FILES + "cert.pem")
server_context.use_privatekey_file(FILES + "key.pem")
seen = []
server_context.set_info_callback(lambda conn, where, code: seen.append(where))
server_context.set_alpn_select_callback(lambda conn, offered: offered[0])
client_context = SSL.Context(SSL.TLS_METHOD)
client_context.set_alpn_protos([b"a", b"b"])

def shake():
    server, client = SSL.Connection(server_context), SSL.Connection(client_context)
    server.set_accept_state()
    client.set_connect_state()
    for _ in range(5):
        for one, other in (client, server), (server, client):
            try:
                one.do_handshake()
            except SSL.WantReadError:
                pass
            try:
                other.bio_write(one.bio_read(100000))
            except SSL.WantReadError:
                pass
    return client, server

client_context.set_verify(SSL.VERIFY_PEER, lambda conn, cert, error, depth, ok: True)
client, server = shake()
client.send(b"hello")
server.bio_write(client.bio_read(100000))
assert server.recv(100) == b"hello"
assert server.get_alpn_proto_negotiated() == b"a"
assert type(client.get_peer_certificate()) is crypto.X509
assert seen

client_context.set_verify(SSL.VERIFY_PEER, lambda *args: 1 / 0)
try:
    shake()
except ZeroDivisionError:
    report("done")
""",
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


def run(code, **environment):
    code = f"FILES = {files()!r}\n" + START + code
    return support.run_script(code, timeout=1.5 * support.TIMEOUT + 3 * SECONDS, **environment)


def files():
    return f"{support.pki().ec_server.folder}/"


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
""",
                **support.UNFINISHED,  # CPython 3.11 loses some of one that ends beside others
            )
            == "True\n"
        )

    def test_fifty_in_eight_threads(self, what):
        """For as long as STRESS_SECONDS tells; they begin and end while others are at work."""
        assert (
            run(
                f"""
import itertools, os, time
end = time.monotonic() + float(os.environ.get("STRESS_SECONDS", "0"))
numbers, wrong = itertools.count(), []
def work():
    while next(numbers) < 50 or time.monotonic() < end:
        if run({USE[what]!r}) != ["done"]:
            wrong.append(1)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong)
""",
                **support.UNFINISHED,  # CPython 3.11 loses some of one that ends beside others
            )
            == "[]\n"
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

    def test_callbacks_are_called_inside(self):
        """What they import is found among the modules of the interpreter that they are of."""
        inside = USE["handshake"].replace("append(where)", "append(__import__('sys') is sys)")
        code = f"print(run({inside + 'report(str(set(seen)))'!r}, 2))"
        assert inside != USE["handshake"]
        assert run(code) == "['done', '{True}', 'done', '{True}']\n"

    def test_not_imported_by_main(self):
        """The interpreter that imports first is gone when the next one does."""
        code = START.replace("from OpenSSL import SSL, crypto, rand\n", "")
        assert (
            support.run_script(
                f"FILES = {files()!r}\n{code}"
                f"print(run({USE['rand']!r}, 5))\nimport OpenSSL\nprint(run({USE['rand']!r}))"
            )
            == "['done', 'done', 'done', 'done', 'done']\n['done']\n"
        )


# An interpreter whose client is connected with a server of the main one.  At its end everything is
# dropped, in an order of its own; threads, if any, hold the client alone then.
CLIENT = """
import gc, random, socket, threading, warnings
from OpenSSL import SSL
warnings.simplefilter("ignore", ResourceWarning)
context = SSL.Context(SSL.TLS_METHOD)
context.load_verify_locations(FILES + "chain.pem")
client = SSL.Connection(context, socket.socket(fileno=NUMBER))
client.set_connect_state()
client.do_handshake()
parts = dict(context=context, client=client, session=client.get_session())
parts.update(store=context.get_cert_store(), cycle=[client, context])
context.set_info_callback(lambda *args, cycle=parts["cycle"]: None)
def receive(client=client, error=SSL.Error):
    try:
        client.recv(1)
    except error:
        os.write(OUT, b"ended\\n")
for _ in range(THREADS):
    threading.Thread(target=receive).start()
if not THREADS:
    sys.client = client  # until the end
del context, client, receive
for name in random.sample(list(parts), len(parts)):
    del parts[name]
    gc.collect(0)
if random.random() < 0.5:
    for name in [name for name in sys.modules if name.startswith("OpenSSL")]:
        del sys.modules[name]
    del SSL
"""

# The main interpreter's part.
SERVER = r"""
import support

def server_and_client(threads):
    left, right = support.tcp_sockets()
    server = SSL.Connection(support.server_context(), right)
    server.set_accept_state()
    shaking = threading.Thread(target=server.do_handshake)
    shaking.start()
    interpreter = create()
    values = left.detach(), writing, threads
    start = INSIDE % (sys.path, FILES, writing) + f"NUMBER, OUT, THREADS = {values}\n"
    execute(interpreter, start + CLIENT)
    shaking.join()
    return server, interpreter

reading, writing = os.pipe()
"""


class TestTeardown:
    """Threads are alive when an interpreter goes; test_threads.py asks that within one."""

    @pytest.mark.skipif(
        not support.ENDS_WITH_THREADS,
        reason="this CPython destroys no interpreter whose threads are alive",
    )
    def test_its_threads_wait_for_the_network(self):
        assert (
            run(
                f"""
CLIENT = {CLIENT!r}
{SERVER}
for number in range(10):
    server, interpreter = server_and_client(3)
    ending = threading.Thread(target=destroy, args=(interpreter,))
    ending.start()
    support.waits(ending, "lock")
    server.close()
    ending.join()
    print(os.read(reading, 100).split() == [b"ended"] * 3)
"""
            )
            == "True\n" * 10
        )

    def test_threads_elsewhere_wait_for_it(self):
        assert (
            run(
                f"""
CLIENT = {CLIENT!r}
{SERVER}
import errno
def receive(server):
    try:
        server.recv(1)
    except SSL.SysCallError as error:
        ended.append(error.args[0] in (-1, errno.ECONNRESET))
for number in range(10):
    server, interpreter = server_and_client(0)
    ended = []
    waiting = [threading.Thread(target=receive, args=(server,)) for _ in range(3)]
    for thread in waiting:
        thread.start()
        support.waits(thread)
    destroy(interpreter)
    for thread in waiting:
        thread.join()
    server.close()
    print(ended == [True] * 3)
"""
            )
            == "True\n" * 10
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


@pytest.mark.skipif(not support.FREE_THREADED, reason="this CPython is not free-threaded")
class TestFreeThreading:
    def test_the_lock_stays_off(self):
        """A module that does not declare that it needs no lock switches it on."""
        support.run_script(
            "import sys; from OpenSSL import SSL, crypto, rand; assert not sys._is_gil_enabled()",
            PYTHON_GIL="",
        )
