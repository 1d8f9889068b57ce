"""One thread that serves many clients: sockets that do not block, and a selector.

    python many_clients.py FOLDER [PORT]

FOLDER is what make_certificates.py has written.  What a client sends comes back to it.
"""

import selectors
import socket
import sys

import echo_server

from OpenSSL import SSL

LIMIT = 1 << 20  # of what waits to be sent: then nothing more is read


class Client:
    """A connection, and what waits to be sent over it."""

    def __init__(self, context, plain):
        plain.setblocking(False)
        self.connection = SSL.Connection(context, plain)
        self.connection.set_accept_state()
        self.waiting = bytearray()
        self.finished = False  # the client has said good-bye

    def receive(self):
        try:
            while len(self.waiting) < LIMIT and not self.finished:
                self.waiting += self.connection.recv(16384)
        except SSL.ZeroReturnError:
            self.finished = True

    def send(self):
        while self.waiting:
            sent = self.connection.send(self.waiting)
            del self.waiting[:sent]

    def work(self):
        """Do all that can be done now.  The events to wait for before there is more; 0: all done.

        What is wanted has nothing to do with what was called: a handshake goes both ways.
        """
        while not (self.finished and not self.waiting):
            events = 0
            for step in (self.receive, self.send):
                try:
                    step()
                except SSL.WantReadError:
                    events |= selectors.EVENT_READ
                except SSL.WantWriteError:
                    events |= selectors.EVENT_WRITE
            if events:
                return events
        return 0


class Server:
    def __init__(self, listener, context):
        self.listener = listener
        self.context = context
        self.selector = selectors.DefaultSelector()
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ)

    def accept(self):
        client = Client(self.context, self.listener.accept()[0])
        self.selector.register(client.connection, selectors.EVENT_READ, client)

    def work(self, client):
        try:
            events = client.work()
            if not events:
                client.connection.shutdown()
        except SSL.Error as error:
            print("a client is lost:", error, file=sys.stderr)
            events = 0
        if events:
            self.selector.modify(client.connection, events, client)
        else:
            self.selector.unregister(client.connection)
            client.connection.close()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    self.work(key.data)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", int(sys.argv[2]) if sys.argv[2:] else 0)) as listener:
        print("listening on port", listener.getsockname()[1], flush=True)
        Server(listener, echo_server.make_context(sys.argv[1])).run()
