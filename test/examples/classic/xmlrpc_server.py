"""A secure server for XML-RPC: the standard library's, with a Connection in its socket's place.

    python xmlrpc_server.py FOLDER

FOLDER is what certificates.py has written.
"""

import io
import os
import signal
import socketserver
import sys
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

from OpenSSL import SSL


class Stream(io.RawIOBase):
    """A Connection as a file: Python 2 made one of whatever had recv and send."""

    def __init__(self, connection):
        self.connection = connection

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, buffer):
        try:
            return self.connection.recv_into(buffer)
        except SSL.ZeroReturnError:
            return 0

    def write(self, data):
        self.connection.sendall(data)
        return len(data)


class Handler(SimpleXMLRPCRequestHandler):
    def setup(self):
        self.connection = self.request
        self.rfile = io.BufferedReader(Stream(self.request))
        self.wfile = Stream(self.request)


class Server(socketserver.ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True

    def __init__(self, address, context):
        super().__init__(address, Handler, logRequests=False, bind_and_activate=False)
        self.socket = SSL.Connection(context, self.socket)
        self.server_bind()
        self.server_activate()

    def shutdown_request(self, request):
        try:
            request.shutdown()
        except SSL.Error:
            pass  # there was no handshake, or there is nobody any more
        request.close()

    def handle_error(self, request, address):
        print("lost:", sys.exc_info()[1], flush=True)


class Functions:
    def add(self, one, other):
        return one + other

    def reverse(self, values):
        return values[::-1]

    def fail(self):
        raise LookupError("no such thing")


def main(folder):
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    context = SSL.Context(SSL.SSLv23_METHOD)
    context.use_privatekey_file(os.path.join(folder, "server.pkey"))
    context.use_certificate_file(os.path.join(folder, "server.cert"))
    with Server(("127.0.0.1", 0), context) as server:
        server.register_introspection_functions()
        server.register_instance(Functions())
        print("listening on port", server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
