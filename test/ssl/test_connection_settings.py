"""What can be set on one Connection alone."""

import pytest

import support
from OpenSSL import SSL, crypto


@pytest.fixture
def connection():
    return SSL.Connection(support.client_context(False))


def shown(connection):
    """The DER of the certificate that a server shows."""
    one = SSL.Connection(support.client_context(False))
    one.set_connect_state()
    connection.set_accept_state()
    support.handshake(one, connection)
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, one.get_peer_certificate())


class TestUseCertificate:
    def test_for_this_connection_alone(self):
        pki = support.pki()
        context = support.server_context()
        mine, other = SSL.Connection(context), SSL.Connection(context)
        assert mine.use_certificate(pki.ec_client.x509()) is None
        mine.use_privatekey(pkey=pki.ec_client.pkey())
        assert shown(mine) == pki.ec_client.cert_der
        assert shown(other) == pki.ec_server.cert_der

    def test_in_a_callback(self):
        """A servername callback may choose a certificate without another Context."""
        pki = support.pki()

        def choose(connection):
            connection.use_certificate(cert=pki.ec_client.x509())
            connection.use_privatekey(pki.ec_client.pkey())

        context = support.server_context()
        context.set_tlsext_servername_callback(choose)
        assert shown(SSL.Connection(context)) == pki.ec_client.cert_der

    @pytest.mark.parametrize("wrong", ["hello, world", None, 1, object()])
    def test_wrong_type(self, connection, wrong):
        with pytest.raises(TypeError, match="cert"):
            connection.use_certificate(wrong)

    def test_empty(self, connection):
        with pytest.raises(SSL.Error):
            connection.use_certificate(crypto.X509())

    def test_cryptography(self):
        x509 = pytest.importorskip("cryptography.x509")
        serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
        pki = support.pki()
        mine = SSL.Connection(SSL.Context(SSL.TLS_METHOD))
        mine.use_certificate(x509.load_pem_x509_certificate(pki.server.cert_pem))
        mine.use_privatekey(serialization.load_pem_private_key(pki.server.key_pem, None))
        assert shown(mine) == pki.server.cert_der


class TestUsePrivatekey:
    def test_mismatch(self, connection):
        pki = support.pki()
        connection.use_certificate(pki.ec_server.x509())
        with pytest.raises(SSL.Error, match="key values mismatch"):
            connection.use_privatekey(pki.ec_client.pkey())

    @pytest.mark.parametrize("wrong", ["", None, 1, object()])
    def test_wrong_type(self, connection, wrong):
        with pytest.raises(TypeError, match="pkey"):
            connection.use_privatekey(wrong)

    def test_unusable(self, connection):
        for key in (crypto.PKey(), support.pki().ec_server.x509().get_pubkey()):
            with pytest.raises(ValueError, match="pkey"):
                connection.use_privatekey(key)


class TestSetTlsextHostName:
    @pytest.mark.parametrize("name", [b"x", b"example.com.", b"127.0.0.1", b"\xff\xfe", b"x" * 255])
    def test_good(self, connection, name):
        assert connection.set_tlsext_host_name(name) is None
        assert connection.get_servername() == name

    @pytest.mark.parametrize(
        "wrong", ["example.com", None, 1, object(), bytearray(b"x"), b"with\0nul", b"\0"]
    )
    def test_wrong_type(self, connection, wrong):
        with pytest.raises(TypeError, match="name"):
            connection.set_tlsext_host_name(wrong)

    @pytest.mark.parametrize("wrong", [b"", b"x" * 256, b"x" * 100000])
    def test_length(self, connection, wrong):
        connection.set_tlsext_host_name(name=b"before")
        with pytest.raises(SSL.Error) as caught:
            connection.set_tlsext_host_name(wrong)
        assert caught.value.args[0][0][2] == "ssl3 ext invalid servername"
        assert connection.get_servername() == b"before"


class TestSetOptions:
    def test_for_this_connection_alone(self, connection):
        context = connection.get_context()
        before = context.set_options(0)
        assert connection.set_options(SSL.OP_NO_TICKET) == before | SSL.OP_NO_TICKET
        assert connection.set_options(options=0) & SSL.OP_NO_TICKET
        assert context.set_options(0) == before

    def test_counts(self):
        client, server = support.memory_pair()
        client.set_options(SSL.OP_NO_TLSv1_3)
        support.handshake(client, server)
        assert client.get_protocol_version() == SSL.TLS1_2_VERSION

    @pytest.mark.parametrize("wrong", [None, "1", 1.0])
    def test_wrong_type(self, connection, wrong):
        with pytest.raises(TypeError, match="options"):
            connection.set_options(wrong)

    @pytest.mark.parametrize("wrong", [-1, 2**64])
    def test_out_of_range(self, connection, wrong):
        with pytest.raises(OverflowError, match="options"):
            connection.set_options(wrong)


class TestSetShutdown:
    @pytest.mark.parametrize("mask", [0, SSL.SENT_SHUTDOWN, SSL.RECEIVED_SHUTDOWN, 3])
    def test_round_trip(self, connection, mask):
        assert connection.set_shutdown(mask) is None
        assert connection.get_shutdown() == mask
        connection.set_shutdown(state=0)
        assert connection.get_shutdown() == 0

    @pytest.mark.parametrize("wrong", [None, "1", 1.0, object()])
    def test_wrong_type(self, connection, wrong):
        with pytest.raises(TypeError, match="state"):
            connection.set_shutdown(wrong)

    def test_out_of_range(self, connection):
        with pytest.raises(OverflowError):
            connection.set_shutdown(2**40)


class TestSetVerify:
    def test_mode(self, connection):
        assert connection.set_verify(SSL.VERIFY_PEER) is None
        assert connection.get_verify_mode() == SSL.VERIFY_PEER
        assert connection.get_context().get_verify_mode() == SSL.VERIFY_NONE

    def test_counts(self):
        client, server = support.memory_pair(support.client_context(support.pki().ca))
        client.set_verify(SSL.VERIFY_NONE)
        support.handshake(client, server)


class TestRequestOcsp:
    def test_requests(self):
        seen = []
        server = support.server_context()
        server.set_ocsp_server_callback(lambda *args: seen.append(args) or b"")
        client, connection = support.memory_pair(None, server)
        assert client.request_ocsp() is None
        support.handshake(client, connection)
        assert seen == [(connection, None)]


class TestSetInfoCallback:
    @pytest.mark.parametrize("wrong", [None, 1, "x", object()])
    def test_not_callable(self, connection, wrong):
        with pytest.raises(TypeError, match="callback"):
            connection.set_info_callback(wrong)


@pytest.mark.parametrize(
    "name, args",
    [
        ("use_certificate", lambda: (support.pki().ec_server.x509(),)),
        ("use_privatekey", lambda: (support.pki().ec_server.pkey(),)),
        ("set_tlsext_host_name", lambda: (b"x",)),
        ("set_alpn_protos", lambda: ([b"x"],)),
        ("set_options", lambda: (0,)),
        ("set_shutdown", lambda: (0,)),
        ("set_verify", lambda: (0,)),
        ("request_ocsp", lambda: ()),
        ("set_info_callback", lambda: (print,)),
        ("set_ciphertext_mtu", lambda: (1000,)),
    ],
)
def test_without_init(name, args):
    connection = SSL.Connection.__new__(SSL.Connection)
    with pytest.raises(SSL.Error, match="uninitialized"):
        getattr(connection, name)(*args())
    with pytest.raises(TypeError):
        getattr(connection, name)(*args(), 1, 2, 3)
