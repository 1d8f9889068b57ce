"""A server with a thread for each client, which sends back what it gets.

    python echo_server.py FOLDER [PORT]

FOLDER is what make_certificates.py has written.
"""

import os
import socket
import sys
import threading

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


def serve_client(connection):
    """Echo until the client says good-bye."""
    buffer = bytearray(16384)
    view = memoryview(buffer)
    try:
        while True:
            size = connection.recv_into(buffer)
            connection.sendall(view[:size])
    except SSL.ZeroReturnError:
        connection.shutdown()
    except SSL.Error as error:
        print("a client is lost:", error, file=sys.stderr)
    finally:
        connection.close()


def serve(listener, context):
    """Accept clients until the listening socket is closed."""
    listening = SSL.Connection(context, listener)
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=serve_client, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[2]) if sys.argv[2:] else 0)) as listener:
        print("listening on port", listener.getsockname()[1], flush=True)
        serve(listener, make_context(sys.argv[1]))
