"""A client that knows whom it talks to.

python verified_client.py HOST [PORT [CAFILE]]
"""

import socket
import sys

from service_identity.pyopenssl import verify_hostname

from OpenSSL import SSL


def connect(host, port=443, cafile=None):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if cafile is None:
        context.set_default_verify_paths()
    else:
        context.load_verify_locations(cafile)
    context.set_verify(SSL.VERIFY_PEER)
    connection = SSL.Connection(context, socket.create_connection((host, port)))
    connection.set_tlsext_host_name(host.encode("idna"))
    connection.set_connect_state()
    connection.do_handshake()
    verify_hostname(connection, host)  # raises if the certificate is for somebody else
    return connection


if __name__ == "__main__":
    host, port = sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 443
    connection = connect(host, port, *sys.argv[3:4])
    connection.sendall(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    try:
        while True:
            sys.stdout.buffer.write(connection.recv(16384))
    except SSL.ZeroReturnError:
        connection.shutdown()
    connection.close()
