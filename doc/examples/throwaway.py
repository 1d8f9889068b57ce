"""Certificates and connections for tests: made in memory, gone with the process."""

import contextlib
import secrets
import socket

from OpenSSL import SSL, crypto

HOUR = 3600


def new_key():
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    return key


class Authority:
    """A root that nobody trusts who is not told to, and one key for all whom it signs.

    To make a key takes some 100 ms, to sign a certificate one.
    """

    def __init__(self):
        self.key, self.leaf_key = new_key(), new_key()
        self.cert = crypto.X509()
        self.cert.get_subject().CN = f"Throw-away Root {secrets.token_hex(4)}"
        self.finish(self.cert, self.key, [(b"basicConstraints", b"CA:TRUE")])

    def issue(self, names=b"DNS:localhost", begins=-HOUR, ends=HOUR, usage=b"serverAuth"):
        """A certificate; *begins* and *ends* are seconds from now."""
        cert = crypto.X509()
        cert.get_subject().CN = "somebody"
        extensions = [(b"subjectAltName", names), (b"extendedKeyUsage", usage)]
        self.finish(cert, self.leaf_key, extensions, begins, ends)
        return cert

    def finish(self, cert, key, extensions, begins=-HOUR, ends=HOUR):
        cert.set_version(2)
        cert.set_serial_number(secrets.randbits(158) + 1)
        cert.set_issuer(self.cert.get_subject())
        cert.gmtime_adj_notBefore(begins)
        cert.gmtime_adj_notAfter(ends)
        cert.set_pubkey(key)
        cert.add_extensions([crypto.X509Extension(name, False, text) for name, text in extensions])
        cert.sign(self.key, "sha256")

    def server(self, cert=None):
        """The Context of a server that shows *cert*."""
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate(cert or self.issue())
        context.use_privatekey(self.leaf_key)
        return context

    def client(self):
        """The Context of a client that trusts this authority alone."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.get_cert_store().add_cert(self.cert)
        context.set_verify(SSL.VERIFY_PEER)
        return context


def in_memory(client, server):
    """Two Connections, which say nothing until their bytes are carried."""
    ends = SSL.Connection(client), SSL.Connection(server)
    ends[0].set_connect_state()
    ends[1].set_accept_state()
    return ends


def over_sockets(client, server, timeout=None):
    """Two Connections over sockets that are connected to each other."""
    plain = socket.socketpair()
    for one in plain:
        one.settimeout(timeout)
    ends = SSL.Connection(client, plain[0]), SSL.Connection(server, plain[1])
    ends[0].set_connect_state()
    ends[1].set_accept_state()
    return ends


def carry(source, target):
    """What one end in memory has to say, to the other; whether it was anything."""
    try:
        target.bio_write(source.bio_read(65536))
    except SSL.WantReadError:
        return False
    return True


def shake_hands(client, server):
    """In memory: each end in turn, until neither has anything left to say."""
    busy = True
    while busy:
        for end in (client, server):
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
        busy = carry(client, server) | carry(server, client)
