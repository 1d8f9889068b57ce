"""The process ends well, whatever is alive then."""

import pytest

import support

# Each piece leaves something alive; the ends below put it into cycles and the like.
ALIVE = {
    "certificates": """
pki = support.pki()
cert, key = pki.ec_server.x509(), pki.ec_server.pkey()
name = cert.get_subject()
store = crypto.X509Store()
store.add_cert(cert)
keep = [cert, key, name, cert.get_extension(0), store, crypto.X509StoreContext(store, cert)]
cert.keep = keep
""",
    "connections": """
client, server = support.connected("memory")
client.set_app_data(client)
client.get_context().set_info_callback(lambda *args, client=client: None)
keep = [client, server, client.get_session(), client.get_peer_certificate()]
""",
    "a handshake that is not done": """
client, server = support.memory_pair()
client.get_context().set_verify(SSL.VERIFY_PEER, lambda *args: client)
try:
    client.do_handshake()
except SSL.WantReadError:
    pass
keep = [client, server]
""",
    "modules": "keep = [OpenSSL, rand, crypto, SSL]",
    "exceptions": """
keep = [rand.Error([("a", "b", "c")])]
try:
    raise crypto.Error([])
except crypto.Error as error:
    keep.append(error)  # with its traceback
""",
}

ENDINGS = {
    "plain": "",
    "cycle": "class Cycle: pass\ncycle = Cycle()\ncycle.self = cycle\ncycle.keep = keep",
    "exit": "raise SystemExit(0)",
    "atexit": """
import atexit
atexit.register(lambda: rand.bytes(10))
atexit.register(keep.clear)
""",
    "del": """
class Last:
    def __del__(self, bytes=rand.bytes, keep=keep):
        bytes(10)
        repr(keep)
last = Last()
import builtins
builtins.last = Last()
""",
    "no modules": "import sys\nsys.modules.clear()",
    "our modules gone": """
import gc, sys
for name in [name for name in sys.modules if name.startswith("OpenSSL")]:
    del sys.modules[name]
del OpenSSL, rand, crypto, SSL
gc.collect()
""",
    "daemon thread": """
import threading
def work(bytes=rand.bytes):
    while True:
        started.set()
        bytes(200000)
started = threading.Event()
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
started.wait()
""",
    "closed streams": "import os\nfor number in (0, 1, 2):\n    os.close(number)",
    "many threads that have ended": """
import threading
threads = [threading.Thread(target=rand.bytes, args=(20000,)) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
}

START = "import OpenSSL\nfrom OpenSSL import SSL, crypto, rand\nimport support\n"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("alive", ALIVE)
class TestExit:
    def test_quietly(self, alive, ending):
        environment = support.UNFINISHED if "daemon" in ending else {}
        code = "\n".join([START, ALIVE[alive], ENDINGS[ending]])
        assert support.run_script(code, **environment) == ""


SEND = "client.sendall(bytes(50_000_000))"


class TestBlockedThread:
    @pytest.mark.parametrize(
        "calls",
        [
            ["client.recv(1)"],
            ["server.recv(1)"],
            ["client.accept()"],
            [SEND],
            ["client.recv(1)", SEND, "client.recv(1)", SEND],  # two of them wait for their turn
        ],
        ids=" ".join,
    )
    def test_in_a_connection(self, calls):
        """Daemon threads wait for their peer, or for each other, when the interpreter goes."""
        setup = "client, server = support.connected('tcp')"
        if "accept" in calls[0]:
            setup = """
import socket
client = SSL.Connection(support.client_context(), socket.create_server(("127.0.0.1", 0)))
"""
        assert (
            support.run_script(
                f"""{START}
import threading
{setup}
for call in {calls!r}:
    thread = threading.Thread(target=eval, args=(call, globals()), daemon=True)
    thread.start()
    support.waits(thread)
sockets = [item._socket for item in (client, globals().get("server")) if item]
import atexit
atexit.register(lambda: [item.detach() for item in sockets])  # no ResourceWarning
""",
                **support.UNFINISHED,
            )
            == ""
        )

    def test_in_egd(self, tmp_path):
        """A daemon thread waits, detached, when the interpreter goes."""
        assert (
            support.run_script(
                """
import socket, sys, threading
from OpenSSL import rand
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
threading.Thread(target=rand.egd, args=(sys.argv[1],), daemon=True).start()
connection, _ = listener.accept()
assert connection.recv(2)
connection.detach(), listener.detach()
""",
                tmp_path / "egd",
                **support.UNFINISHED,
            )
            == ""
        )


class TestFork:
    def test_child_exits_well(self):
        assert (
            support.run_script(
                START
                + """
import os
rand.bytes(10)
child = os.fork()
if child == 0:
    rand.bytes(10)
    raise SystemExit(0)
assert os.waitpid(child, 0)[1] == 0
""",
                **support.UNFINISHED,
            )
            == ""
        )
