"""Whole connections, from the first byte to the end, over memory and over sockets.

Each function of all_of_them() makes a connection, sends data there and back, and closes it.
test_leaks.py runs each of them ten thousand times.
"""

import contextlib
import socket

import support
from OpenSSL import SSL

VERSIONS = {"TLS 1.2": SSL.TLS1_2_VERSION, "TLS 1.3": SSL.TLS1_3_VERSION}


@contextlib.contextmanager
def _memory(client, server):
    yield support.memory_pair(client, server)


@contextlib.contextmanager
def _sockets(client, server):
    pair = support.socket_pair(client, server, blocking=False)
    try:
        yield pair
    finally:
        for connection in pair:
            connection.close()


TRANSPORTS = {"memory": _memory, "a socketpair": _sockets}


def _close(one, other):
    """Both say that they are through, and hear it."""
    for connection in (one, other, one):
        with contextlib.suppress(SSL.WantReadError):
            connection.shutdown()
        if support.is_memory(one):
            support.pump(one, other)
    assert one.get_shutdown() == SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN


def _talk(one, other):
    for source, target in ((one, other), (other, one)):
        assert support.transfer(source, target, b"echo" * 100) == b"echo" * 100


def _plain(transport, client, server):
    def connect():
        with transport(client, server) as pair:
            support.handshake(*pair)
            _talk(*pair)
            _close(*pair)

    return connect


def _resumed(transport, client, server):
    """Each time a session that an earlier connection has left."""
    seen = []
    client.set_verify(SSL.VERIFY_PEER, lambda *args: seen.append(args[3]) or args[4])
    server.set_session_id(b"id")
    one, two = support.connected("memory", client, server)
    _talk(one, two)
    session = one.get_session()
    _close(one, two)

    def connect():
        seen.clear()
        with transport(client, server) as (one, two):
            one.set_session(session)
            support.handshake(one, two)
            assert not seen
            _talk(one, two)
            _close(one, two)

    return connect


def _refused(transport, client, server):
    def connect():
        with transport(client, server) as pair:
            try:
                support.handshake(*pair)
            except SSL.Error:
                return
            raise AssertionError("a stranger is trusted")

    return connect


def _cut(transport, client, server):
    """The peer goes without a word."""

    def connect():
        with transport(client, server) as (one, two):
            support.handshake(one, two)
            _talk(one, two)
            if support.is_memory(one):
                one.bio_shutdown()
            else:
                two.sock_shutdown(socket.SHUT_RDWR)
            try:
                one.recv(1)
            except SSL.SysCallError:
                return
            raise AssertionError("the end was not noticed")

    return connect


def _datagrams():
    client, server = (
        make(method=SSL.DTLS_METHOD) for make in (support.client_context, support.server_context)
    )
    return _plain(_memory, client, server)


def all_of_them():
    stranger = support.pki().other
    found = {"DTLS over memory": _datagrams()}
    for name, version in VERSIONS.items():
        for place, transport in TRANSPORTS.items():
            for kind, make in (("", _plain), (" resumed", _resumed), (" cut", _cut)):
                client, server = support.client_context(), support.server_context()
                client.set_max_proto_version(version)
                found[f"{name}{kind} over {place}"] = make(transport, client, server)
            client, server = support.client_context(), support.server_context(stranger)
            client.set_max_proto_version(version)
            found[f"{name} refused over {place}"] = _refused(transport, client, server)
    return found
