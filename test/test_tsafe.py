"""OpenSSL.tsafe."""

import threading

import pytest

import OpenSSL
import support
from OpenSSL import SSL, tsafe

FORWARDED = """
    get_context pending send write recv read renegotiate bind listen connect accept setblocking
    fileno shutdown close get_cipher_list getpeername getsockname getsockopt setsockopt makefile
    get_app_data set_app_data state_string sock_shutdown get_peer_certificate get_peer_cert_chain
    want_read want_write set_connect_state set_accept_state connect_ex sendall do_handshake
""".split()


def connected():
    left, right = support.tcp_sockets()
    client = tsafe.Connection(support.client_context(), left)
    server = tsafe.Connection(support.server_context(), right)
    client.set_connect_state()
    server.set_accept_state()
    support.run_together(client.do_handshake, server.do_handshake)
    return client, server


class TestConnection:
    def test_imported_with_the_package(self):
        assert OpenSSL.tsafe is tsafe

    def test_is_no_connection_itself(self):
        connection = tsafe.Connection(SSL.Context(SSL.TLS_METHOD), None)
        assert not isinstance(connection, SSL.Connection)
        assert type(connection._ssl_conn) is SSL.Connection

    def test_arguments(self):
        with pytest.raises(TypeError):
            tsafe.Connection()
        with pytest.raises(TypeError):
            tsafe.Connection(None)

    @pytest.mark.parametrize("name", FORWARDED)
    def test_forwarded(self, name):
        client, server = connected()
        method = getattr(client, name)
        assert callable(method)
        assert method.__name__ == name
        client.close()
        server.close()

    def test_unknown(self):
        connection = tsafe.Connection(SSL.Context(SSL.TLS_METHOD), None)
        with pytest.raises(AttributeError):
            connection.nothing  # noqa: B018

    def test_without_init(self):
        with pytest.raises(AttributeError):
            tsafe.Connection.__new__(tsafe.Connection).send(b"x")

    def test_data(self):
        client, server = connected()
        assert client.send(b"abc") == 3
        assert server.recv(10) == b"abc"
        server.sendall(b"def" * 10000)
        received = b""
        while len(received) < 30000:
            received += client.read(100000)
        assert received == b"def" * 10000
        assert client.get_peer_certificate().get_subject().CN == "localhost"
        assert client.pending() == 0
        data = object()
        client.set_app_data(data)
        assert client.get_app_data() is data
        for connection in (client, server):
            connection.close()

    def test_attribute_that_is_no_method(self):
        client, server = connected()
        client._ssl_conn.mark = 5
        assert client.mark == 5
        client.close()
        server.close()

    def test_exception(self):
        client, server = connected()
        client.setblocking(False)
        with pytest.raises(SSL.WantReadError):
            client.recv(1)
        assert client.send(b"x") == 1  # the lock is free again
        client.close()
        server.close()

    def test_waits_for_who_holds_the_lock(self):
        client, server = connected()
        sent = threading.Event()

        def send():
            client.send(b"from the other thread")
            sent.set()

        with support.Threads() as threads:
            with client._lock:
                threads.start(send)
                client.send(b"first, ")
                assert not sent.wait(0.05)
                client.send(b"second, ")
            threads.join()
        received = b""
        while len(received) < 36:
            received += server.recv(100)
        assert received == b"first, second, from the other thread"
        client.close()
        server.close()

    def test_many_threads(self):
        client, server = connected()

        def send():
            for _ in range(200):
                client.sendall(b"x" * 100)

        received = bytearray()

        def receive():
            while len(received) < 4 * 200 * 100:
                received.extend(server.recv(65536))

        support.run_together(*[send] * 4, receive)
        assert received == b"x" * 80000
        client.close()
        server.close()
