"""doc/examples/nonblocking_server.py: 500 clients at a time, and some that behave badly."""

import contextlib
import hashlib
import os
import selectors
import socket
import ssl
import struct
import time

import pytest

import support
from OpenSSL import SSL

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
CLIENTS = 500
LIMIT = 1 << 18  # as in the program
PLAIN_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def folder():
    return support.example_certificates()


@pytest.fixture(scope="module")
def trust(folder):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(folder / "ca.pem")
    context.set_verify(SSL.VERIFY_PEER)
    return context


# The good ones may take their time, on a busy machine.
IMPATIENT = f"""
import sys
sys.path.insert(0, {str(support.EXAMPLES)!r})
import nonblocking_server

class Server(nonblocking_server.Server):
    def lose(self, client, reason):
        super().lose(client, reason)
        self.patience = {support.TIMEOUT}

nonblocking_server.Server = Server
nonblocking_server.main(*sys.argv[1:])
"""


def serving(folder, patience=None, files=None):
    """The program, until it is told to stop; with *patience* for the first to lose it only."""
    program = "nonblocking_server.py"
    if patience:
        program = support.fresh_path(".py")
        program.write_text(IMPATIENT)
    return support.Example(program, folder, 0, patience or support.TIMEOUT, files=files)


def secure(trust, plain):
    connection = SSL.Connection(trust, plain)
    connection.set_connect_state()
    return connection


def ours(trust, plain):
    """(what to select, send, recv, close) of a client; the methods raise when they must wait."""
    connection = secure(trust, plain)

    def close():
        assert connection.shutdown() or connection.shutdown()  # the server's good-bye too

    return plain, connection.send, connection.recv, close


def others(context, plain):
    """The same with Python's own ssl."""
    connection = context.wrap_socket(
        plain, server_hostname="localhost", do_handshake_on_connect=False
    )

    def patient(method):
        def call(*args):
            try:
                return method(*args)
            except ssl.SSLWantReadError:
                raise SSL.WantReadError from None
            except ssl.SSLWantWriteError:
                raise SSL.WantWriteError from None

        return call

    handshake = patient(connection.do_handshake)

    def send(data):
        handshake()
        return patient(connection.send)(data)

    return connection, send, patient(connection.recv), patient(connection.unwrap)


def until_done(method, *args):
    """Call it until it need not wait; in between, yield what it waits for."""
    while True:
        try:
            return method(*args)
        except SSL.WantReadError:
            yield READ
        except SSL.WantWriteError:
            yield WRITE


def talk(end, payload):
    """A client as a generator: it yields the event that it waits for, and 0 to be held."""
    _, send, recv, close = end
    yield from until_done(send, payload[:1])
    first = yield from until_done(recv, 1)
    yield 0
    received = hashlib.sha256(first)
    for start in range(1, len(payload), 20000):
        piece = payload[start : start + 20000]
        left = len(piece)
        while piece:
            piece = piece[(yield from until_done(send, piece)) :]
        while left:
            data = yield from until_done(recv, 16384)
            assert data
            left -= len(data)
            received.update(data)
    assert received.digest() == hashlib.sha256(payload).digest()
    yield from until_done(close)


def drive(clients):
    """Run generators, {what to select: generator}, to where they are held, or end."""
    end = time.monotonic() + support.TIMEOUT
    with selectors.DefaultSelector() as selector:
        for which in clients:
            selector.register(which, WRITE)
        while selector.get_map():
            assert time.monotonic() < end, f"{len(selector.get_map())} of them hang"
            for key, _ in selector.select(1):
                event = next(clients[key.fileobj], 0)
                if not event:
                    selector.unregister(key.fileobj)
                elif event != key.events:
                    selector.modify(key.fileobj, event)


def exchange(connection, data=b"hello"):
    connection.sendall(data)
    received = b""
    while len(received) < len(data):
        received += connection.recv(len(data))
    assert received == data


class TestManyClients:
    def test_all_at_once(self, folder, trust):
        """Every byte comes back to each of 500 that are there together, two kinds of them."""
        standard = ssl.create_default_context(cafile=folder / "ca.pem")
        with serving(folder) as server, contextlib.ExitStack() as stack:
            clients = {}
            for number in range(CLIENTS):
                plain = server.connect(blocking=False)
                end = ours(trust, plain) if number % 5 else others(standard, plain)
                stack.enter_context(end[0])
                size = (1, 100, 17000, 70000)[number % 4]
                clients[end[0]] = talk(end, number.to_bytes(2, "big") * size)
            drive(clients)  # all have shaken hands, and each got its first byte
            drive(clients)
        assert server.output == f"{CLIENTS} served, 0 lost\n"

    def test_more_than_it_can_take(self, folder, trust):
        """Out of descriptors, it goes on, and takes the others as soon as some have gone."""
        with serving(folder, files=16) as server, contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(server.connect()) for _ in range(20)]
            for plain in waiting:
                connection = secure(trust, plain)
                exchange(connection)
                assert connection.shutdown() or connection.shutdown()
                connection.close()
        assert "no more clients for now: [Errno 24]" in server.output
        assert server.output.endswith("20 served, 0 lost\n")


class TestBadClients:
    """The others do not notice them, and the server survives."""

    @contextlib.contextmanager
    def good_one(self, server, trust):
        """A client that is served before, meanwhile and after."""
        with server.connect() as plain:
            connection = secure(trust, plain)
            exchange(connection)
            yield connection
            exchange(connection)
            assert connection.shutdown() or connection.shutdown()

    def check(self, server, reason):
        lines = server.output.splitlines()
        assert lines[1:] == ["1 served, 1 lost"], server.output
        assert lines[0].startswith("a client is lost: ") and reason in lines[0], server.output

    def test_reads_nothing(self, folder, trust):
        """The server stops reading from it, and drops it in the end."""
        with serving(folder, patience=3) as server:
            with server.connect(blocking=False, window=4096) as plain:
                deaf = secure(trust, plain)
                accepted = 0
                with selectors.DefaultSelector() as selector, pytest.raises(SSL.SysCallError):
                    selector.register(plain, READ)
                    while True:
                        try:
                            while True:
                                accepted += deaf.send(bytes(16384))
                        except SSL.WantReadError:
                            selector.modify(plain, READ)
                        except SSL.WantWriteError:
                            selector.modify(plain, WRITE)
                        assert selector.select(support.TIMEOUT)
            with self.good_one(server, trust):
                pass
        assert LIMIT <= accepted < 32 << 20
        self.check(server, "it does nothing")

    def test_does_not_shake_hands(self, folder, trust):
        with serving(folder, patience=0.5) as server:
            with server.connect() as plain:
                plain.send(b"\x16")  # the first byte of it
                assert plain.recv(100) == b""
            with self.good_one(server, trust):
                pass
        self.check(server, "it does nothing")

    @pytest.mark.parametrize("handshake", [False, True])
    def test_resets(self, folder, trust, handshake):
        with serving(folder) as server, self.good_one(server, trust) as good:
            with server.connect() as plain:
                if handshake:
                    exchange(secure(trust, plain))
                else:
                    hello = secure(trust, None)
                    with pytest.raises(SSL.WantReadError):
                        hello.do_handshake()
                    plain.sendall(hello.bio_read(65536))
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            exchange(good)
        self.check(server, "ECONNRESET")

    def test_goes_without_good_bye(self, folder, trust):
        with serving(folder) as server, self.good_one(server, trust) as good:
            with server.connect() as plain:
                bad = secure(trust, plain)
                exchange(bad)
                # The session's tickets: what is left unread would make a reset of it.
                plain.setblocking(False)
                with pytest.raises(SSL.WantReadError):
                    bad.recv(1)
            exchange(good)
        self.check(server, "Unexpected EOF")

    def test_speaks_http(self, folder, trust):
        with serving(folder) as server, self.good_one(server, trust) as good:
            with server.connect() as plain, plain.makefile("rb") as answer:
                plain.sendall(PLAIN_REQUEST)
                assert answer.read().startswith(b"HTTP/1.0 400 Bad Request\r\n")
            exchange(good)
        self.check(server, "http request")

    def test_speaks_nonsense(self, folder, trust):
        with serving(folder) as server, self.good_one(server, trust) as good:
            with server.connect() as plain:
                plain.sendall(bytes(range(256)))
                exchange(good)
        self.check(server, "routines")

    def test_greedy_one(self, folder, trust):
        """Who sends megabytes, and reads them, has no more than its turn."""
        with serving(folder) as server, self.good_one(server, trust) as good:
            with server.connect() as plain, support.Threads() as threads:
                greedy = secure(trust, plain)
                exchange(greedy)
                data = os.urandom(1 << 20) * 8
                threads.start(greedy.sendall, data)
                received = bytearray()
                for _ in range(20):
                    exchange(good)
                while len(received) < len(data):
                    received += greedy.recv(65536)
                assert received == data
            exchange(good)
        assert server.output.splitlines()[-1] == "1 served, 1 lost"
