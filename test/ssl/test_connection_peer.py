"""Connection's certificates and names."""

import gc
import sys

import pytest

import support
from OpenSSL import SSL, crypto

FORMS = [
    "get_peer_certificate",
    "get_certificate",
    "get_peer_cert_chain",
    "get_verified_chain",
    "get_client_ca_list",
]


def der(cert):
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, cert)


@pytest.fixture
def mutual():
    """Client and server that both have shown a certificate; the server's has a chain."""
    pki = support.pki()
    server = support.server_context(pki.deep, verify=pki.ec_ca)
    server.set_client_ca_list([pki.ec_ca.x509().get_subject()])
    return support.connected(
        "memory", support.client_context(pki.ca, credential=pki.ec_client), server
    )


class TestAll:
    @pytest.mark.parametrize("name", FORMS)
    def test_fresh(self, name):
        connection = SSL.Connection(support.client_context(False))
        for flag in (False, True):
            assert getattr(connection, name)(as_cryptography=flag) in (None, [])

    @pytest.mark.parametrize("name", FORMS)
    def test_arguments(self, mutual, name):
        for args, kwargs in (((True,), {}), ((), {"what": True}), ((None,), {})):
            with pytest.raises(TypeError):
                getattr(mutual[0], name)(*args, **kwargs)
        assert getattr(mutual[0], name)(as_cryptography=0)

    @pytest.mark.parametrize("name", FORMS)
    def test_flag_that_raises(self, mutual, name):
        class Odd:
            def __bool__(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            getattr(mutual[0], name)(as_cryptography=Odd())

    @pytest.mark.parametrize("name", FORMS)
    def test_without_init(self, name):
        with pytest.raises(SSL.Error, match="uninitialized"):
            getattr(SSL.Connection.__new__(SSL.Connection), name)()

    @pytest.mark.parametrize("name", FORMS)
    def test_cryptography(self, mutual, name):
        x509 = pytest.importorskip("cryptography.x509")
        found = getattr(mutual[0], name)(as_cryptography=True)
        for one in found if isinstance(found, list) else [found]:
            assert isinstance(one, (x509.Certificate, x509.Name))

    @pytest.mark.parametrize("name", FORMS)
    def test_without_cryptography(self, mutual, name, monkeypatch):
        monkeypatch.setitem(sys.modules, "cryptography", None)
        monkeypatch.setitem(sys.modules, "cryptography.x509", None)
        with pytest.raises(ImportError):
            getattr(mutual[0], name)(as_cryptography=True)
        assert getattr(mutual[0], name)()


class TestGetPeerCertificate:
    def test_both_ends(self, mutual):
        client, server = mutual
        pki = support.pki()
        assert der(client.get_peer_certificate()) == pki.deep.cert_der
        assert der(server.get_peer_certificate()) == pki.ec_client.cert_der

    def test_none(self):
        _, server = support.connected()
        assert server.get_peer_certificate() is None

    def test_is_new_and_outlives(self, mutual):
        client, server = mutual
        one, two = client.get_peer_certificate(), client.get_peer_certificate()
        assert type(one) is crypto.X509 and one is not two
        del client, server, mutual, two
        gc.collect()
        assert one.get_subject().CN == "localhost"

    def test_editing_is_private(self, mutual):
        client, _ = mutual
        cert = client.get_peer_certificate()
        cert.set_serial_number(1)
        assert der(client.get_peer_certificate()) == support.pki().deep.cert_der


class TestGetCertificate:
    def test_own(self, mutual):
        client, server = mutual
        assert der(client.get_certificate()) == support.pki().ec_client.cert_der
        assert der(server.get_certificate()) == support.pki().deep.cert_der

    def test_before_the_handshake(self):
        connection = SSL.Connection(support.server_context())
        assert der(connection.get_certificate()) == support.pki().ec_server.cert_der


class TestGetPeerCertChain:
    def test_client(self, mutual):
        pki = support.pki()
        found = [der(cert) for cert in mutual[0].get_peer_cert_chain()]
        assert found == [pki.deep.cert_der, pki.intermediate.cert_der]

    def test_server(self, mutual):
        """Without the client's own certificate."""
        assert mutual[1].get_peer_cert_chain() in (None, [])

    def test_none(self):
        assert support.connected()[1].get_peer_cert_chain() is None


class TestGetVerifiedChain:
    def test_both_ends(self, mutual):
        pki = support.pki()
        client, server = mutual
        assert [der(cert) for cert in client.get_verified_chain()] == [
            pki.deep.cert_der,
            pki.intermediate.cert_der,
            pki.ca.cert_der,
        ]
        assert [der(cert) for cert in server.get_verified_chain()] == [
            pki.ec_client.cert_der,
            pki.ec_ca.cert_der,
        ]

    def test_unverified(self):
        client, server = support.connected("memory", support.client_context(False))
        assert client.get_verified_chain() is None
        assert server.get_verified_chain() is None

    def test_after_a_failure(self):
        client, server = support.memory_pair(support.client_context(support.pki().ca))
        with pytest.raises(SSL.Error):
            support.handshake(client, server)
        assert client.get_verified_chain() is None
        with pytest.raises(SSL.Error):
            support.handshake(client, server)


class TestGetClientCaList:
    def test_both_ends(self, mutual):
        names = [support.pki().ec_ca.x509().get_subject()]
        client, server = mutual
        assert client.get_client_ca_list() == server.get_client_ca_list() == names

    def test_server_before_the_handshake(self):
        pki = support.pki()
        context = support.server_context()
        connection = SSL.Connection(context)
        connection.set_accept_state()
        assert connection.get_client_ca_list() == []
        context.add_client_ca(pki.ca.x509())
        assert connection.get_client_ca_list() == [pki.ca.x509().get_subject()]

    def test_names_are_copies(self, mutual):
        client, _ = mutual
        name = client.get_client_ca_list()[0]
        name.CN = "changed"
        assert client.get_client_ca_list()[0].CN == "EC CA"

    def test_while_it_changes(self):
        """A server's list is the Context's, which another thread may be setting."""
        context = support.server_context()
        connection = SSL.Connection(context)
        connection.set_accept_state()
        names = [one.x509().get_subject() for one in (support.pki().ca, support.pki().ec_ca)]

        def change():
            for number in range(300):
                context.set_client_ca_list(names[: number % 3])

        def ask():
            for _ in range(300):
                assert len(connection.get_client_ca_list()) in (0, 1, 2)

        support.run_together(change, ask, ask)
