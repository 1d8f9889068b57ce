"""A server and a client with Twisted, whose TLS is done by this package.

    python twisted_echo.py FOLDER                    a server, which sends back what it gets
    python twisted_echo.py FOLDER PORT [MEBIBYTES]   a client of it

FOLDER is what make_certificates.py has written.
"""

import hashlib
import os
import sys
from pathlib import Path

import echo_client
from make_certificates import PASSPHRASE
from twisted.internet import defer, endpoints, error, interfaces, protocol, ssl, task
from zope.interface import implementer

from OpenSSL import crypto

PROTOCOLS = [b"echo/1"]
PEM = crypto.FILETYPE_PEM


# ---- the server ----


def server_options(folder):
    """The certificate and the key may be objects of ours, wherever they come from."""
    folder = Path(folder)
    return ssl.CertificateOptions(
        certificate=crypto.load_certificate(PEM, (folder / "server.pem").read_bytes()),
        privateKey=crypto.load_privatekey(PEM, (folder / "server.key").read_bytes(), PASSPHRASE),
        acceptableProtocols=PROTOCOLS,
    )


class Echo(protocol.Protocol):
    def connectionMade(self):
        # As long as what goes back is not taken, nothing more is read.
        self.transport.registerProducer(self.transport, streaming=True)

    def dataReceived(self, data):
        self.transport.write(data)

    def connectionLost(self, reason):
        if not reason.check(error.ConnectionDone):
            print("a client is lost:", reason.value, file=sys.stderr)


async def serve(reactor, folder):
    endpoint = endpoints.SSL4ServerEndpoint(
        reactor, 0, server_options(folder), interface="127.0.0.1"
    )
    port = await endpoint.listen(protocol.Factory.forProtocol(Echo))
    print("listening on port", port.getHost().port, flush=True)
    await defer.Deferred()  # until the reactor is stopped


# ---- the client ----


def client_options(folder):
    """Trust this authority, and make sure that it is localhost that answers."""
    authority = ssl.Certificate.loadPEM((Path(folder) / "ca.pem").read_bytes())
    return ssl.optionsForClientTLS("localhost", authority, acceptableProtocols=PROTOCOLS)


@implementer(interfaces.IHandshakeListener, interfaces.IPullProducer)
class Client(protocol.Protocol):
    """Sends so much, whenever the transport asks for more, and compares what comes back."""

    def __init__(self, mebibytes):
        self.to_send = self.to_receive = mebibytes << 20
        self.sent, self.received = hashlib.sha256(), hashlib.sha256()
        self.done = defer.Deferred()

    def handshakeCompleted(self):
        for what, value in echo_client.describe(self.transport.getHandle()):
            print(f"  {what:8} {value}")
        self.transport.registerProducer(self, streaming=False)

    def resumeProducing(self):
        block = os.urandom(min(self.to_send, 65536))
        self.sent.update(block)
        self.to_send -= len(block)
        self.transport.write(block)
        if self.to_send == 0:
            self.transport.unregisterProducer()

    def stopProducing(self):
        pass  # the connection is gone

    def dataReceived(self, data):
        self.received.update(data)
        self.to_receive -= len(data)
        if self.to_receive == 0:
            self.transport.loseConnection()

    def connectionLost(self, reason):
        if self.to_receive == 0 and reason.check(error.ConnectionDone):
            self.done.callback(self.sent.digest() == self.received.digest())
        else:
            self.done.errback(reason)


async def ask(reactor, folder, port, mebibytes=64):
    plain = endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", int(port))
    endpoint = endpoints.wrapClientTLS(client_options(folder), plain)
    client = await endpoints.connectProtocol(endpoint, Client(int(mebibytes)))
    if not await client.done:
        raise AssertionError("what came back is not what was sent")
    print(f"  echoed   {mebibytes} MiB each way, hashes equal")


if __name__ == "__main__":
    task.react(ask if sys.argv[2:] else serve, sys.argv[1:])
