"""A server of the classic kind: one thread, select(), and clients that must show a certificate.

    python server.py FOLDER

FOLDER is what certificates.py has written.
"""

import os
import select
import signal
import socket
import sys

from OpenSSL import SSL


def verify(connection, certificate, error, depth, ok):
    print("shown:", certificate.get_subject().CN, flush=True)
    return ok


def make_context(folder):
    context = SSL.Context(SSL.SSLv23_METHOD)
    context.set_options(SSL.OP_NO_SSLv2)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verify)
    context.use_privatekey_file(os.path.join(folder, "server.pkey"))
    context.use_certificate_file(os.path.join(folder, "server.cert"))
    context.load_verify_locations(os.path.join(folder, "CA.cert"))
    context.set_session_id(b"simple server")
    return context


def serve(server):
    unsent = {}  # of each client, what is to go back to it

    def drop(client, reason=None):
        print("gone:", reason or "well", flush=True)
        del unsent[client]
        if not reason:
            client.shutdown()
        client.close()

    while True:
        readable, writable, _ = select.select(
            [server, *unsent], [client for client in unsent if unsent[client]], []
        )
        for ready in readable:
            if ready is server:
                client, _ = server.accept()
                client.setblocking(0)
                unsent[client] = b""
                continue
            try:
                unsent[ready] += ready.recv(1024)
                while ready.pending():
                    unsent[ready] += ready.recv(1024)
            except (SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError):
                pass
            except SSL.ZeroReturnError:
                drop(ready)
            except SSL.Error as error:
                drop(ready, error)
        for ready in writable:
            if not unsent.get(ready):
                continue
            try:
                sent = ready.send(unsent[ready])
            except (SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError):
                pass
            except SSL.ZeroReturnError:
                drop(ready)
            except SSL.Error as error:
                drop(ready, error)
            else:
                unsent[ready] = unsent[ready][sent:]


def main(folder):
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    server = SSL.Connection(make_context(folder), socket.socket())
    server.bind(("127.0.0.1", 0))
    server.listen(3)
    server.setblocking(0)
    print("listening on port", server.getsockname()[1], flush=True)
    try:
        serve(server)
    finally:
        server.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
