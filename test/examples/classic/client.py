"""Its client: sends each line of its input, and prints what comes back.

    python client.py FOLDER PORT [NAME]

NAME is whose certificate to show.
"""

import os
import socket
import sys

from OpenSSL import SSL


def verify(connection, certificate, error, depth, ok):
    print("shown:", certificate.get_subject().CN)
    return ok


def make_context(folder, name):
    context = SSL.Context(SSL.SSLv23_METHOD)
    context.set_verify(SSL.VERIFY_PEER, verify)
    context.use_privatekey_file(os.path.join(folder, f"{name}.pkey"))
    context.use_certificate_file(os.path.join(folder, f"{name}.cert"))
    context.load_verify_locations(os.path.join(folder, "CA.cert"))
    return context


def main(folder, port, name="client"):
    client = SSL.Connection(make_context(folder, name), socket.socket())
    client.connect(("127.0.0.1", int(port)))
    for line in sys.stdin:
        try:
            client.send(line.encode())
            print("back:", client.recv(1024).decode(), end="")
        except SSL.Error:
            print("the connection died")
            break
    client.shutdown()
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
