"""A client that does not wait for ever.

    python time_limit.py FOLDER PORT [SECONDS]

FOLDER is what make_certificates.py has written; at PORT is echo_server.py.
"""

import select
import socket
import sys
import time

import echo_client

from OpenSSL import SSL


def within(end, connection, call, *args):
    """Make a call, as often as it takes; TimeoutError if it is not done at that time."""
    while True:
        try:
            return call(*args)
        except SSL.WantReadError:
            wanted = select.POLLIN
        except SSL.WantWriteError:
            wanted = select.POLLOUT
        poll = select.poll()
        poll.register(connection, wanted)
        if not poll.poll(max(0, end - time.monotonic()) * 1000):
            raise TimeoutError("the peer takes too long")


def send_all(end, connection, data):
    """As sendall, which is for sockets that block."""
    view = memoryview(data)
    while view:
        view = view[within(end, connection, connection.send, view) :]


def connect(context, address, end):
    """A socket with a timeout of its own does not block, as far as a Connection is concerned."""
    plain = socket.create_connection(address, timeout=max(0, end - time.monotonic()))
    connection = SSL.Connection(context, plain)
    connection.set_tlsext_host_name(b"localhost")
    connection.set_connect_state()
    within(end, connection, connection.do_handshake)
    return connection


def main(folder, port, seconds=10.0):
    end = time.monotonic() + seconds
    connection = connect(echo_client.make_context(folder), ("127.0.0.1", port), end)
    send_all(end, connection, b"hello")
    print(within(end, connection, connection.recv, 100).decode())
    try:  # there is no more
        within(time.monotonic() + 0.1, connection, connection.recv, 100)
    except TimeoutError as error:
        print("TimeoutError:", error)
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:]))
