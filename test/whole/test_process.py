"""Processes that are short of something, or that run in an unusual way."""

import ctypes

import pytest

import support

START = """
import sys
import support
from OpenSSL import SSL, crypto, rand

pki = support.pki()


def work():
    client, server = support.connected()
    assert support.transfer(client, server, b"x" * 40000) == b"x" * 40000
    client.get_peer_certificate().get_subject().get_components()
    cert, key = pki.ec_server.x509(), pki.ec_server.pkey()
    crypto.verify(cert, crypto.sign(key, b"data", "sha256"), b"data", "sha256")
    store = crypto.X509Store()
    store.add_cert(pki.ec_ca.x509())
    crypto.X509StoreContext(store, cert).verify_certificate()
    crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes128", lambda verify: b"secret")
    try:
        crypto.load_certificate(crypto.FILETYPE_PEM, b"x")
    except crypto.Error as error:
        if not error.args[0]:
            raise SystemExit("an empty list")
    rand.bytes(10)


work()
"""

# What comes before the work, or the flags and variables of the process.
WAYS = {
    "no assertions, no docstrings": ("", ["-OO"], {}),
    # LeakSanitizer does not look into the interpreter's own arenas.
    "memory is watched": (
        "",
        support.STRICT,
        {"PYTHONMALLOC": "debug", **support.UNFINISHED},
    ),
    # A free-threaded CPython has its own only.
    "the C library's memory": (
        "",
        support.STRICT,
        {} if support.FREE_THREADED else {"PYTHONMALLOC": "malloc"},
    ),
    "collected all the time": ("import gc; gc.set_threshold(1, 1, 1)", support.STRICT, {}),
    "little recursion": ("import sys; sys.setrecursionlimit(400)", support.STRICT, {}),
    "no streams": ("import os; [os.close(number) for number in range(3)]", support.STRICT, {}),
}

SANITIZED = any(hasattr(ctypes.CDLL(None), f"__{name}_init") for name in ("asan", "tsan"))


class TestWays:
    @pytest.mark.parametrize("way", WAYS)
    def test_works(self, way):
        before, flags, environment = WAYS[way]
        again = f"{START}\n{before}\nfor _ in range(3):\n    work()\n"
        assert support.run_script(again, flags=flags, **environment) == ""


class TestShortages:
    @pytest.mark.skipif(SANITIZED, reason="sanitizers reserve more than there is")
    def test_memory(self):
        """Where there is no more, MemoryError or Error says so; then it is as before."""
        code = f"""{START}
import resource
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (8 << 20), resource.RLIM_INFINITY))
kept = []
try:
    while True:
        kept.append(support.connected())
except (MemoryError, SSL.Error, crypto.Error) as error:
    kept.clear()
client, server = support.connected()
for call in (
    lambda: client.sendall(b"x" * (1 << 30)),
    lambda: crypto.load_certificate(crypto.FILETYPE_PEM, b"x" * (1 << 30)),
    lambda: rand.bytes(1 << 30),
):
    try:
        call()
    except MemoryError:
        continue
    raise SystemExit("there is enough")
del client, server
work()
"""
        assert support.run_script(code) == ""

    def test_descriptors(self):
        code = f"""{START}
import errno, os, resource

one, authority = pki.ec_server, pki.ec_ca.cert_path
context, store = SSL.Context(SSL.TLS_METHOD), crypto.X509Store()
calls = [
    lambda: context.use_certificate_file(one.cert_path),
    lambda: context.use_certificate_chain_file(one.chain_path),
    lambda: context.use_privatekey_file(one.key_path),
    lambda: context.load_verify_locations(authority),
    lambda: context.load_client_ca(os.fsencode(authority)),
    lambda: store.load_locations(authority),
]
free = os.open(os.devnull, os.O_RDONLY)
before = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, before[1]))
for call in calls:
    try:
        call()
    except (SSL.Error, crypto.Error) as error:
        if error.args[0][0][-1] == os.strerror(errno.EMFILE):
            continue
    raise SystemExit("there was one")
if rand.load_file(one.cert_path) != -1:
    raise SystemExit("it was read")
resource.setrlimit(resource.RLIMIT_NOFILE, before)
for call in calls:
    call()
os.close(free)
work()
"""
        assert support.run_script(code) == ""
