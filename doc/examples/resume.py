"""A client that comes back, and goes on where it was.

    python resume.py FOLDER PORT

FOLDER is what make_certificates.py has written; at PORT is echo_server.py.
"""

import os
import socket
import sys

from OpenSSL import SSL


class Client:
    """Connections to many servers, of one Context, with the last session of each."""

    def __init__(self, cafile):
        self.looked_at = 0  # certificates: none, when a session is taken up again
        self.sessions = {}  # (host, port): what to come back with
        self.context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        self.context.load_verify_locations(cafile)
        self.context.set_verify(SSL.VERIFY_PEER, self.look)

    def look(self, connection, cert, number, depth, ok):
        self.looked_at += 1
        return ok

    def connect(self, host, port):
        connection = SSL.Connection(self.context, socket.create_connection((host, port)))
        connection.set_tlsext_host_name(host.encode())
        connection.set_connect_state()
        session = self.sessions.pop((host, port), None)  # a ticket is good for once
        if session is not None:
            connection.set_session(session)
        connection.do_handshake()
        return connection

    def close(self, connection, host, port):
        """With TLS 1.3 the ticket came with the first data: now it is there."""
        session = connection.get_session()
        if session is not None:
            self.sessions[host, port] = session
        connection.shutdown()
        connection.close()


def main(folder, port):
    client = Client(os.path.join(folder, "ca.pem"))
    for _ in range(3):
        client.looked_at = 0
        connection = client.connect("localhost", port)
        connection.sendall(b"hello")
        connection.recv(100)
        how = "full handshake" if client.looked_at else "session taken up"
        print(f"{connection.get_protocol_version_name()}: {how}")
        client.close(connection, "localhost", port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
