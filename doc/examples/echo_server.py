"""A server with a thread for each client, which sends back what it gets.

    python echo_server.py FOLDER [PORT [PATIENCE]]

FOLDER is what make_certificates.py has written.  A client that says nothing for PATIENCE seconds
(60) is dropped.
"""

import contextlib
import os
import socket
import sys
import threading
import time

from make_certificates import PASSPHRASE

from OpenSSL import SSL

PROTOCOLS = [b"echo/2", b"echo/1"]  # what we speak, best first


def choose_protocol(connection, offered):
    """ALPN: the best of ours that the client offers."""
    for protocol in PROTOCOLS:
        if protocol in offered:
            return protocol
    return SSL.NO_OVERLAPPING_PROTOCOLS


def make_context(folder):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_passwd_cb(lambda maxlen, verify, userdata: PASSPHRASE)
    context.use_certificate_chain_file(os.path.join(folder, "server.pem"))
    context.use_privatekey_file(os.path.join(folder, "server.key"))
    context.set_alpn_select_callback(choose_protocol)
    context.set_session_id(b"echo server")
    return context


def serve_client(connection, heard):
    """Echo until the client says good-bye."""
    buffer = bytearray(16384)
    view = memoryview(buffer)
    try:
        with contextlib.suppress(SSL.ZeroReturnError):
            while True:
                size = connection.recv_into(buffer)
                heard[connection] = time.monotonic()
                connection.sendall(view[:size])
        connection.shutdown()
    except SSL.Error as error:
        print("a client is lost:", error, file=sys.stderr)
    finally:
        del heard[connection]
        connection.close()


def drop_silent(heard, patience, over):
    """Close connections that have been silent for long: whoever waits for them is told."""
    while not over.wait(min(1, patience)):
        now = time.monotonic()
        for connection, last in heard.copy().items():
            if now - last > patience:
                connection.close()


def serve(listener, context, patience=60):
    """Accept clients until the listening socket is closed."""
    listening = SSL.Connection(context, listener)
    heard, over = {}, threading.Event()  # when each client was heard last
    threading.Thread(target=drop_silent, args=(heard, patience, over), daemon=True).start()
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            over.set()
            return
        heard[connection] = time.monotonic()
        threading.Thread(target=serve_client, args=(connection, heard), daemon=True).start()


def main(folder, port=0, patience=60):
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        print("listening on port", listener.getsockname()[1], flush=True)
        serve(listener, make_context(folder), float(patience))


if __name__ == "__main__":
    main(*sys.argv[1:])
