"""One thread that serves many clients: sockets that do not block, and a selector.

    python nonblocking_server.py FOLDER [PORT [PATIENCE]]

FOLDER is what make_certificates.py has written.  What a client sends comes back to it.  A client
that moves no byte for PATIENCE seconds (30) is dropped.  On SIGTERM the server takes no more
clients, and ends when the last one has gone.
"""

import contextlib
import selectors
import signal
import socket
import sys
import time

import echo_server

from OpenSSL import SSL

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
LIMIT = 1 << 18  # of what waits to be sent to a client: then nothing more is read from it
TURN = 1 << 16  # of what is read from a client before the others have their turn

PLAIN_ANSWER = b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis port speaks TLS.\n"


class Client:
    """A connection, and what waits to be sent over it."""

    def __init__(self, context, plain):
        self.plain = plain
        plain.setblocking(False)
        self.connection = SSL.Connection(context, plain)
        self.connection.set_accept_state()
        self.waiting = bytearray()
        self.moved = time.monotonic()  # when it last did something useful
        self.finished = False  # the client has said good-bye
        self.closed = False  # and so have we

    def receive(self):
        """Read what there is.  Whether it stopped before the end, for the sake of the others."""
        turn = TURN
        while not self.finished and len(self.waiting) < LIMIT:
            if turn <= 0:
                return True
            try:
                data = self.connection.recv(16384)
            except SSL.ZeroReturnError:
                self.finished = True
                break
            self.waiting += data
            self.moved = time.monotonic()
            turn -= len(data)
        return False

    def send(self):
        while self.waiting:
            sent = self.connection.send(self.waiting)
            del self.waiting[:sent]
            self.moved = time.monotonic()

    def say_goodbye(self):
        if self.finished and not self.waiting:
            self.connection.shutdown()
            self.closed = True

    def work(self):
        """Do all that can be done now.  (The events to wait for, whether there is more at once.)

        What is wanted has nothing to do with what was called: a handshake goes both ways.
        """
        events, more = 0, False
        for step in (self.receive, self.send, self.say_goodbye):
            try:
                more = step() or more
            except SSL.WantReadError:
                events |= READ
            except SSL.WantWriteError:
                events |= WRITE
        return events, more or not events

    def refuse_http(self):
        """Somebody has typed http:// for https://; tell in the language that is understood."""
        with contextlib.suppress(OSError):
            self.plain.send(PLAIN_ANSWER)
            self.plain.shutdown(socket.SHUT_WR)
            self.plain.recv(65536)  # what is left unread would take the answer away with it


class Server:
    def __init__(self, listener, context, patience=30):
        self.listener = listener
        self.context = context
        self.patience = patience
        self.clients = set()
        self.ready = set()  # who has more to do, whatever the selector says
        self.stopping = False
        self.served = self.lost = 0
        self.selector = selectors.DefaultSelector()
        listener.setblocking(False)
        self.listen()

    def listen(self):
        if not self.stopping and self.listener not in self.selector.get_map():
            self.selector.register(self.listener, READ)

    def pause(self):
        if self.listener in self.selector.get_map():
            self.selector.unregister(self.listener)

    def stop(self, *unused):
        """A signal handler: it only leaves word for run()."""
        self.stopping = True

    def close_listener(self):
        if self.listener.fileno() >= 0:
            self.pause()
            self.listener.close()

    def accept(self):
        """Take all who knock; if there are too many, wait until somebody has gone."""
        while True:
            try:
                plain, _ = self.listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                print("no more clients for now:", error, file=sys.stderr)
                self.pause()
                return
            client = Client(self.context, plain)
            self.clients.add(client)
            self.selector.register(plain, READ, client)

    def drop(self, client):
        self.clients.discard(client)
        self.ready.discard(client)
        self.selector.unregister(client.plain)
        client.connection.close()
        self.listen()

    def work(self, client):
        self.ready.discard(client)
        try:
            events, more = client.work()
        except SSL.Error as error:
            self.lose(client, error)
            return
        if client.closed:
            self.served += 1
            self.drop(client)
            return
        if more:
            self.ready.add(client)
        # Nothing to wait for, with more to do: it gets its turn, and the selector is not asked.
        if self.selector.get_key(client.plain).events != (events or READ):
            self.selector.modify(client.plain, events or READ, client)

    def lose(self, client, reason):
        self.lost += 1
        print("a client is lost:", reason, file=sys.stderr)
        if "http request" in str(reason):
            client.refuse_http()
        self.drop(client)

    def drop_idle(self):
        latest = time.monotonic() - self.patience
        for client in [one for one in self.clients if one.moved < latest]:
            self.lose(client, "it does nothing")

    def run(self):
        looked = time.monotonic()
        while self.clients or not self.stopping:
            if self.stopping:
                self.close_listener()
            # Bytes may lie in OpenSSL, of which the selector knows nothing: then it must not wait.
            found = self.selector.select(0 if self.ready else 0.5)
            turns = {key.data for key, _ in found} | self.ready
            for client in turns:
                if client is None:
                    self.accept()
                elif client in self.clients:
                    self.work(client)
            if time.monotonic() > looked + 0.5:
                looked = time.monotonic()
                self.drop_idle()
        self.selector.close()


def main(folder, port=0, patience=30):
    with socket.create_server(("127.0.0.1", int(port)), backlog=1024) as listener:
        server = Server(listener, echo_server.make_context(folder), float(patience))
        signal.signal(signal.SIGTERM, server.stop)
        print("listening on port", listener.getsockname()[1], flush=True)
        server.run()
    print(f"{server.served} served, {server.lost} lost", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
