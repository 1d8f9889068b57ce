"""A server for one client after the other.

    python first_server.py FOLDER [PORT]

FOLDER is what make_certificates.py has written.
"""

import contextlib
import socket
import sys

from make_certificates import PASSPHRASE

from OpenSSL import SSL

folder, port = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 0
context = SSL.Context(SSL.TLS_SERVER_METHOD)
context.set_passwd_cb(lambda maxlen, verify, userdata: PASSPHRASE)
context.use_certificate_chain_file(f"{folder}/server.pem")
context.use_privatekey_file(f"{folder}/server.key")
listener = SSL.Connection(context, socket.create_server(("127.0.0.1", port)))
print("listening on port", listener.getsockname()[1], flush=True)
while True:
    connection, address = listener.accept()
    with contextlib.suppress(SSL.Error):  # then this client is lost, and no other
        connection.sendall(b"You said: " + connection.recv(1024))
        connection.shutdown()
    connection.close()
