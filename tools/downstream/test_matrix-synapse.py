"""Synapse's contexts for servers and for clients of the federation, in memory."""

from types import SimpleNamespace

import pytest
import trustme
from synapse.crypto import context_factory
from twisted.internet import ssl

from OpenSSL import SSL, crypto

PEM = crypto.FILETYPE_PEM


@pytest.fixture
def config(tmp_path):
    authority = trustme.CA()
    leaf = authority.issue_cert("matrix.example", "192.0.2.1")
    for number, blob in enumerate(leaf.cert_chain_pems):
        blob.write_to_path(tmp_path / "chain.pem", append=number > 0)
    key = crypto.load_privatekey(PEM, leaf.private_key_pem.bytes())
    root = ssl.Certificate.loadPEM(authority.cert_pem.bytes())
    return SimpleNamespace(
        tls=SimpleNamespace(
            tls_certificate_file=str(tmp_path / "chain.pem"),
            tls_private_key=key,
            federation_ca_trust_root=ssl.trustRootFromCertificates([root]),
            federation_client_minimum_tls_version="1.2",
            federation_verify_certificates=True,
            federation_certificate_verification_whitelist=[],
        )
    )


class Protocol:
    """As much of Twisted's as the callbacks want."""

    failure = None

    def failVerification(self, failure):
        self.failure = failure


def shake_hands(config, host):
    """(the client's protocol, the name that the server was asked for, client, server)."""
    names = []
    context = context_factory.ServerContextFactory(config).getContext()
    context.set_tlsext_servername_callback(
        lambda connection: names.append(connection.get_servername())
    )
    server = SSL.Connection(context, None)
    server.set_accept_state()
    protocol = Protocol()
    policy = context_factory.FederationPolicyForHTTPS(config)
    client = policy.get_options(host).clientConnectionForTLS(protocol)
    client.set_connect_state()
    for _ in range(5):
        for one, other in ((client, server), (server, client)):
            try:
                one.do_handshake()
            except SSL.WantReadError:
                pass
            try:
                other.bio_write(one.bio_read(65536))
            except SSL.WantReadError:
                pass
    return protocol, names, client, server


@pytest.mark.parametrize("host", [b"matrix.example", b"192.0.2.1"])
def test_verified(config, host):
    protocol, names, client, server = shake_hands(config, host)
    assert protocol.failure is None
    assert set(names) == {None if host[:1] == b"1" else host}  # twice, if it asks for another group
    client.send(b"hello")
    server.bio_write(client.bio_read(65536))
    assert server.recv(100) == b"hello"


@pytest.mark.parametrize("host", [b"other.example", b"192.0.2.2"])
def test_another(config, host):
    protocol, *_ = shake_hands(config, host)
    assert "VerificationError" in repr(protocol.failure)


def test_untrusted(config):
    other = ssl.Certificate.loadPEM(trustme.CA().cert_pem.bytes())
    config.tls.federation_ca_trust_root = ssl.trustRootFromCertificates([other])
    with pytest.raises(SSL.Error, match="certificate verify failed"):
        shake_hands(config, b"matrix.example")


def test_context_is_configured(config):
    context = context_factory.ServerContextFactory(config).getContext()
    options = SSL._lib.SSL_CTX_get_options(context._context)
    assert options & SSL.OP_NO_SSLv3 and options & SSL.OP_NO_TLSv1
