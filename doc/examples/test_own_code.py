"""Tests of a program that speaks TLS, with certificates and peers made for the occasion.

python -m pytest test_own_code.py
"""

import datetime
import socket
import threading
import time

import pytest
import time_limit
from throwaway import HOUR, Authority, carry, in_memory, over_sockets, shake_hands

from OpenSSL import SSL, crypto


def receive_all(connection):
    """What is tested here; yours comes out of your program."""
    parts = []
    try:
        while True:
            parts.append(connection.recv(16384))
    except SSL.ZeroReturnError:
        return b"".join(parts)


@pytest.fixture(scope="session")
def authority():
    return Authority()


@pytest.fixture(scope="session")
def stranger():
    """An authority that the client does not know."""
    return Authority()


@pytest.fixture
def ends(authority):
    """A client and a server that have shaken hands."""
    client, server = in_memory(authority.client(), authority.server())
    shake_hands(client, server)
    return client, server


# ---- what goes well ----


def test_all_arrives(ends):
    client, server = ends
    server.sendall(b"hello ")
    server.sendall(b"world")
    server.shutdown()
    while carry(server, client):
        pass
    assert receive_all(client) == b"hello world"


# ---- how connections end ----


def test_half_a_message_is_none(ends):
    client, server = ends
    server.sendall(b"hello ")
    carry(server, client)
    client.bio_shutdown()  # the line is cut: no good-bye of the server's
    with pytest.raises(SSL.SysCallError, match="Unexpected EOF"):
        receive_all(client)


# ---- certificates that must be refused ----


def reason(client, server):
    """Why the client breaks off."""
    with pytest.raises(SSL.Error, match="certificate verify failed") as caught:
        shake_hands(client, server)
    return caught.value.__notes__[-1].removeprefix("the peer's certificate: ")


def test_expired(authority):
    cert = authority.issue(begins=-2 * HOUR, ends=-HOUR)
    ends = in_memory(authority.client(), authority.server(cert))
    assert reason(*ends) == "certificate has expired"


def test_tomorrow(authority):
    """The other way: the certificate stays, the client's clock goes ahead."""
    context = authority.client()
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    context.get_cert_store().set_time(tomorrow)
    assert reason(*in_memory(context, authority.server())) == "certificate has expired"


def test_of_a_stranger(authority, stranger):
    ends = in_memory(authority.client(), stranger.server())
    assert reason(*ends) == "unable to get local issuer certificate"


def test_of_another_host(authority):
    verify_hostname = pytest.importorskip("service_identity.pyopenssl").verify_hostname
    cert = authority.issue(names=b"DNS:elsewhere.example")
    client, server = in_memory(authority.client(), authority.server(cert))
    shake_hands(client, server)  # OpenSSL does not mind
    with pytest.raises(Exception, match=r"hostname=b'localhost'"):
        verify_hostname(client, "localhost")


def test_what_the_server_hears_of_it(authority, stranger):
    client, server = in_memory(authority.client(), stranger.server())
    reason(client, server)
    carry(client, server)
    with pytest.raises(SSL.Error, match="alert unknown ca"):
        server.do_handshake()


# ---- peers that do not answer ----


def test_silence(authority):
    """Short limits keep tests short: nobody is there who could be late by accident."""
    client, server = over_sockets(authority.client(), authority.server(), timeout=1)
    with pytest.raises(TimeoutError):
        time_limit.within(time.monotonic() + 0.05, client, client.do_handshake)
    client.close()
    server.close()


# ---- the whole program, over the network ----


@pytest.fixture
def connect():
    """What is tested here.  Without service_identity it cannot be."""
    return pytest.importorskip("verified_client").connect


@pytest.fixture
def address(authority):
    """Where a server listens that says hello to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:  # 0: a port that is free

        def serve():
            connection, _ = SSL.Connection(authority.server(), listener).accept()
            connection.sendall(b"hello")
            connection.shutdown()
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()
        thread.join(10)


def test_over_the_network(connect, address, authority, tmp_path):
    cafile = tmp_path / "ca.pem"
    cafile.write_bytes(crypto.dump_certificate(crypto.FILETYPE_PEM, authority.cert))
    connection = connect("localhost", address[1], cafile)
    assert receive_all(connection) == b"hello"
    connection.close()
