"""DTLS over one UDP socket: an echo server for many clients, and a client.

    python dtls_echo.py server FOLDER [PORT]
    python dtls_echo.py client FOLDER PORT WORD...

FOLDER is what make_certificates.py has written.
"""

import hmac
import os
import secrets
import socket
import sys
import time

from make_certificates import PASSPHRASE

from OpenSSL import SSL

MTU = 1400  # what goes through nearly everywhere
IDLE = 60  # seconds after which a client is forgotten


class Server:
    def __init__(self, context, plain):
        self.context = context
        self.plain = plain
        self.clients = {}  # address: its Connection, and when it was last heard of
        self.secret = secrets.token_bytes(32)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_COOKIE_EXCHANGE)
        context.set_cookie_generate_callback(self.cookie)
        context.set_cookie_verify_callback(self.is_cookie)

    def cookie(self, connection):
        """Only who gets mail at this address can know it; we need not remember it."""
        return hmac.digest(self.secret, repr(connection.get_app_data()).encode(), "sha256")

    def is_cookie(self, connection, cookie):
        return hmac.compare_digest(cookie, self.cookie(connection))

    def flush(self, connection):
        """Send what waits: each piece that bio_read gives is one datagram."""
        while True:
            try:
                self.plain.sendto(connection.bio_read(65536), connection.get_app_data())
            except SSL.WantReadError:
                return

    def stranger(self, address, datagram):
        """Ask for the cookie, and keep nothing; keep the Connection of who brings it."""
        connection = SSL.Connection(self.context)
        connection.set_app_data(address)
        connection.set_ciphertext_mtu(MTU)
        connection.set_accept_state()
        connection.bio_write(datagram)
        try:
            connection.DTLSv1_listen()
        except SSL.WantReadError:
            self.flush(connection)
            return
        except SSL.Error:
            return  # it was no DTLS
        self.clients[address] = connection, time.monotonic()
        self.go_on(address, connection)

    def go_on(self, address, connection):
        try:
            while True:
                connection.send(connection.recv(16384))
        except SSL.WantReadError:
            self.flush(connection)
        except SSL.ZeroReturnError:
            connection.shutdown()
            self.flush(connection)
            del self.clients[address]
        except SSL.Error:
            self.flush(connection)  # an alert
            del self.clients[address]

    def wait(self):
        """How long: until the first of the clients wants something sent again."""
        timeouts = [one.DTLSv1_get_timeout() for one, _ in self.clients.values()]
        return min([IDLE, *(one for one in timeouts if one is not None)])

    def look_at_the_clock(self):
        now = time.monotonic()
        for address, (connection, heard) in list(self.clients.items()):
            try:
                if connection.DTLSv1_handle_timeout():
                    self.flush(connection)
            except SSL.Error:
                heard = now - IDLE  # it was tried often enough
            if now - heard >= IDLE:
                del self.clients[address]

    def run(self):
        while True:
            self.plain.settimeout(max(self.wait(), 0.001))
            try:
                datagram, address = self.plain.recvfrom(65536)
            except TimeoutError:
                pass
            else:
                if address in self.clients:
                    connection, _ = self.clients[address]
                    self.clients[address] = connection, time.monotonic()
                    connection.bio_write(datagram)
                    self.go_on(address, connection)
                else:
                    self.stranger(address, datagram)
            self.look_at_the_clock()


def server_context(folder):
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.set_passwd_cb(lambda maxlen, verify, userdata: PASSPHRASE)
    context.use_certificate_chain_file(os.path.join(folder, "server.pem"))
    context.use_privatekey_file(os.path.join(folder, "server.key"))
    return context


def client(folder, port, words):
    """A socket that blocks has somebody who looks at the clock: the Connection itself."""
    context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
    context.load_verify_locations(os.path.join(folder, "ca.pem"))
    context.set_verify(SSL.VERIFY_PEER)
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.connect(("127.0.0.1", port))
    connection = SSL.Connection(context, plain)
    connection.set_connect_state()
    connection.do_handshake()
    print(connection.get_protocol_version_name(), connection.get_cipher_name())
    for word in words:
        connection.send(word.encode())
        print(connection.recv(16384).decode())
    connection.shutdown()
    connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "server":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
            plain.bind(("127.0.0.1", int(sys.argv[3]) if sys.argv[3:] else 0))
            print("listening on port", plain.getsockname()[1], flush=True)
            Server(server_context(sys.argv[2]), plain).run()
    else:
        client(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
