"""A client that verifies its server, sends data and compares what comes back.

python echo_client.py FOLDER PORT [MEBIBYTES]
"""

import hashlib
import os
import socket
import sys
import threading
import time

from OpenSSL import SSL, rand

MEBIBYTE = 1 << 20


def make_context(folder):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(os.path.join(folder, "ca.pem"))
    context.set_verify(SSL.VERIFY_PEER)
    context.set_alpn_protos([b"echo/1", b"echo/2"])
    return context


def connect(context, port, name=b"localhost"):
    connection = SSL.Connection(context, socket.create_connection(("127.0.0.1", port)))
    connection.set_tlsext_host_name(name)
    connection.set_connect_state()
    connection.do_handshake()
    return connection


def describe(connection):
    """What was negotiated, a line each."""
    subject = connection.get_peer_certificate().get_subject()
    yield "version", connection.get_protocol_version_name()
    yield "suite", connection.get_cipher_name()
    try:
        yield "group", connection.get_group_name()
    except NotImplementedError:  # OpenSSL before 3.2 does not tell
        pass
    yield "ALPN", connection.get_alpn_proto_negotiated().decode()
    yield "server", f"{subject.CN} of {subject.O}, verified"
    chain = [cert.get_subject().CN for cert in connection.get_verified_chain()]
    yield "chain", " < ".join(chain)


def echo(connection, mebibytes):
    """Send from one thread, receive in another; the seconds that it took."""
    block = rand.bytes(MEBIBYTE)
    sent, received = hashlib.sha256(), hashlib.sha256()

    def send():
        for _ in range(mebibytes):
            connection.sendall(block)
            sent.update(block)

    start = time.perf_counter()
    sender = threading.Thread(target=send)
    sender.start()
    left = mebibytes * MEBIBYTE
    while left:
        data = connection.recv(65536)
        received.update(data)
        left -= len(data)
    sender.join()
    if sent.digest() != received.digest():
        raise AssertionError("what came back is not what was sent")
    return time.perf_counter() - start


def close(connection):
    connection.shutdown()  # says good-bye
    try:
        connection.shutdown()  # waits for the server's
    except SSL.Error:
        pass
    connection.close()


def main(folder, port, mebibytes):
    connection = connect(make_context(folder), port)
    for what, value in describe(connection):
        print(f"  {what:8} {value}")
    seconds = echo(connection, mebibytes)
    print(f"  echoed   {mebibytes} MiB each way, hashes equal, {mebibytes / seconds:.0f} MiB/s")
    close(connection)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 64)
