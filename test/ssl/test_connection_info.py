"""Connection's questions about its state and what was negotiated."""

import hashlib

import pytest

import support
from OpenSSL import SSL

NO_ARGUMENTS = [
    "pending",
    "want_read",
    "want_write",
    "get_shutdown",
    "get_verify_mode",
    "get_protocol_version",
    "get_protocol_version_name",
    "get_state_string",
    "state_string",
    "renegotiate_pending",
    "total_renegotiations",
    "get_cleartext_mtu",
    "DTLSv1_get_timeout",
    "get_cipher_name",
    "get_cipher_bits",
    "get_cipher_version",
    "get_cipher_list",
    "get_group_name",
    "get_servername",
    "get_alpn_proto_negotiated",
    "get_next_proto_negotiated",
    "get_selected_srtp_profile",
    "client_random",
    "server_random",
    "master_key",
    "get_finished",
    "get_peer_finished",
    "get_session",
]


@pytest.fixture
def fresh():
    return SSL.Connection(support.client_context(False))


@pytest.fixture
def pair():
    return support.connected()


def pair_of(version, **options):
    client, server = support.client_context(), support.server_context()
    client.set_max_proto_version(version)
    return support.connected("memory", client, server)


class TestAll:
    """What holds for every question."""

    @pytest.mark.parametrize("name", NO_ARGUMENTS)
    def test_fresh(self, fresh, name):
        first = getattr(fresh, name)()
        assert getattr(fresh, name)() == first
        assert support.queued_errors() == []

    @pytest.mark.parametrize("name", NO_ARGUMENTS)
    def test_arguments(self, fresh, name):
        with pytest.raises(TypeError):
            getattr(fresh, name)(None)

    @pytest.mark.parametrize("name", NO_ARGUMENTS)
    def test_without_init(self, name):
        with pytest.raises(SSL.Error, match="uninitialized"):
            getattr(SSL.Connection.__new__(SSL.Connection), name)()

    @pytest.mark.parametrize("name", NO_ARGUMENTS)
    def test_error_of_others(self, fresh, name):
        """An entry that somebody else left on the queue changes nothing."""
        support.push_error()
        getattr(fresh, name)()
        support.queued_errors()

    def test_while_others_work(self, pair):
        """Questions from several threads while data goes over."""
        client, server = pair

        def ask():
            for _ in range(20):
                for name in NO_ARGUMENTS:
                    getattr(client, name)()

        def work():
            for _ in range(20):
                assert support.transfer(client, server, b"x" * 1000) == b"x" * 1000

        support.run_together(ask, ask, work)

    def test_during_the_handshake(self):
        """At every point of a handshake there are answers."""
        client, server = support.memory_pair()
        for _ in range(10):
            for connection in (client, server):
                for name in NO_ARGUMENTS:
                    getattr(connection, name)()
                try:
                    connection.do_handshake()
                except SSL.WantReadError:
                    pass
            support.pump(client, server)


class TestPending:
    def test_counts(self, pair):
        client, server = pair
        client.send(b"x" * 100)
        support.pump(client, server)
        assert server.pending() == 0  # not decrypted yet
        assert server.recv(30) == b"x" * 30
        assert server.pending() == 70
        server.recv(100)
        assert server.pending() == 0

    def test_fresh(self, fresh):
        assert fresh.pending() == 0


class TestWant:
    def test_read(self, pair):
        client, _ = pair
        assert (client.want_read(), client.want_write()) == (0, 0)
        with pytest.raises(SSL.WantReadError):
            client.recv(1)
        assert (client.want_read(), client.want_write()) == (1, 0)
        assert type(client.want_read()) is int

    def test_write(self):
        client, server = support.connected("socketpair")
        client.setblocking(False)
        with pytest.raises(SSL.WantWriteError):
            while True:
                client.send(b"x" * 16384)
        assert client.want_write() == 1
        client.close()
        server.close()


class TestShutdown:
    def test_masks(self, pair):
        client, server = pair
        assert client.get_shutdown() == 0
        client.shutdown()
        assert client.get_shutdown() == SSL.SENT_SHUTDOWN
        support.pump(client, server)
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(1)
        assert server.get_shutdown() == SSL.RECEIVED_SHUTDOWN
        server.shutdown()
        assert server.get_shutdown() == SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN


class TestProtocolVersion:
    @pytest.mark.parametrize(
        "version, name",
        [
            (SSL.TLS1_2_VERSION, "TLSv1.2"),
            (SSL.TLS1_3_VERSION, "TLSv1.3"),
        ],
    )
    def test_negotiated(self, version, name):
        for connection in pair_of(version):
            assert connection.get_protocol_version() == version
            assert connection.get_protocol_version_name() == name

    def test_before(self, fresh):
        assert fresh.get_protocol_version() == SSL.TLS1_3_VERSION
        assert fresh.get_protocol_version_name() == "TLSv1.3"

    def test_dtls(self):
        connection = SSL.Connection(SSL.Context(SSL.DTLS_METHOD))
        assert connection.get_protocol_version_name().startswith("DTLS")


class TestStateString:
    def test_texts(self, fresh):
        assert fresh.get_state_string() == b"before SSL initialization"
        assert fresh.state_string() == "before SSL initialization"
        client, _ = support.connected()
        assert b"finished" in client.get_state_string()
        assert client.state_string() == client.get_state_string().decode()


class TestCipher:
    def test_before(self, fresh):
        assert fresh.get_cipher_name() is None
        assert fresh.get_cipher_bits() is None
        assert fresh.get_cipher_version() is None

    def test_after(self):
        client, server = support.client_context(), support.server_context()
        client.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        for connection in support.connected("memory", client, server):
            assert connection.get_cipher_name() == "TLS_AES_128_GCM_SHA256"
            assert connection.get_cipher_bits() == 128
            assert connection.get_cipher_version() == "TLSv1.3"

    def test_is_in_the_list(self, pair):
        client, server = pair
        assert client.get_cipher_name() == server.get_cipher_name()
        assert client.get_cipher_name() in client.get_cipher_list()

    def test_list(self, fresh):
        names = fresh.get_cipher_list()
        assert names[:1] == ["TLS_AES_256_GCM_SHA384"] and len(names) > 10
        assert all(type(name) is str for name in names)

    def test_list_follows_the_switch(self):
        """After set_context a connection has the other's ciphers."""
        one, two = support.client_context(False), support.client_context(False)
        two.set_cipher_list(b"AES128-SHA")
        connection = SSL.Connection(one)
        connection.set_context(two)
        assert "AES128-SHA" in connection.get_cipher_list()
        del one, two
        connection.get_cipher_list()


class TestGroupName:
    def test_after(self):
        server = support.server_context()
        server.set_tmp_ecdh(type("Curve", (), {"name": "secp384r1"}))
        for connection in support.connected("memory", None, server):
            assert connection.get_group_name() == "secp384r1"

    def test_before(self, fresh):
        assert fresh.get_group_name() is None

    def test_tls12(self):
        client, server = pair_of(SSL.TLS1_2_VERSION)
        assert client.get_group_name() == server.get_group_name()
        assert type(client.get_group_name()) is str

    def test_without_key_exchange(self):
        """RSA key exchange uses no group."""
        pki = support.pki()
        server = support.server_context(pki.server, SSL.TLSv1_2_METHOD)
        client = support.client_context(pki.ca, SSL.TLSv1_2_METHOD)
        client.set_cipher_list(b"AES256-SHA256")
        for connection in support.connected("memory", client, server):
            assert connection.get_group_name() is None


class TestServername:
    def test_both_ends(self):
        client, server = support.memory_pair()
        assert client.get_servername() is None
        client.set_tlsext_host_name(b"foo.example")
        assert client.get_servername() == b"foo.example"
        support.handshake(client, server)
        assert server.get_servername() == b"foo.example"

    def test_none(self, pair):
        assert [connection.get_servername() for connection in pair] == [None, None]


class TestAlpn:
    def test_none(self, fresh, pair):
        for connection in (fresh, *pair):
            assert connection.get_alpn_proto_negotiated() == b""
            assert connection.get_next_proto_negotiated() == b""


class TestSrtp:
    def test_none(self, fresh, pair):
        for connection in (fresh, *pair):
            assert connection.get_selected_srtp_profile() == b""


class TestRandoms:
    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_after(self, version):
        client, server = pair_of(version)
        assert client.client_random() == server.client_random()
        assert client.server_random() == server.server_random()
        assert client.client_random() != client.server_random()
        assert len(client.client_random()) == len(client.server_random()) == 32

    def test_before(self, fresh):
        assert fresh.client_random() is None
        assert fresh.server_random() is None
        assert fresh.master_key() is None


class TestMasterKey:
    def test_tls12(self):
        client, server = pair_of(SSL.TLS1_2_VERSION)
        assert client.master_key() == server.master_key()
        assert len(client.master_key()) == 48

    def test_tls13(self):
        client, server = pair_of(SSL.TLS1_3_VERSION)
        assert type(client.master_key()) is type(server.master_key()) is bytes
        assert client.master_key() == b""  # it has not read a ticket yet
        with pytest.raises(SSL.WantReadError):
            client.recv(1)
        assert client.master_key() == server.master_key()
        assert len(client.master_key()) >= 32


class TestFinished:
    def test_before(self, fresh):
        assert fresh.get_finished() is None
        assert fresh.get_peer_finished() is None

    @pytest.mark.parametrize("version, size", [(SSL.TLS1_2_VERSION, 12), (SSL.TLS1_3_VERSION, 48)])
    def test_are_each_other_s(self, version, size):
        client, server = pair_of(version)
        assert client.get_finished() == server.get_peer_finished()
        assert server.get_finished() == client.get_peer_finished()
        assert len(client.get_finished()) == len(server.get_finished()) == size


class TestRenegotiations:
    def test_counts(self):
        client, server = support.client_context(), support.server_context()
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        one, two = support.connected("memory", client, server)
        assert two.total_renegotiations() == 0
        assert two.renegotiate_pending() is False
        assert two.renegotiate() is True
        assert two.renegotiate_pending() is True
        for _ in range(4):
            for connection in (two, one):
                try:
                    connection.do_handshake()
                except SSL.WantReadError:
                    pass
                try:
                    connection.recv(1)
                except SSL.WantReadError:
                    pass
                support.pump(one, two)
        assert two.total_renegotiations() == 1
        assert two.renegotiate_pending() is False


class TestExportKeyingMaterial:
    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_same_on_both_ends(self, version):
        client, server = pair_of(version)
        for args in (
            (b"LABEL", 32),
            (b"LABEL", 32, b"context"),
            (b"OTHER", 7),
            (b"", 1),
            (b"LABEL", 1000),
        ):
            one, two = client.export_keying_material(*args), server.export_keying_material(*args)
            assert one == two and len(one) == args[1]

    def test_depends(self, pair):
        client, _ = pair
        found = {
            client.export_keying_material(b"A", 32),
            client.export_keying_material(b"B", 32),
            client.export_keying_material(label=b"A", olen=32, context=b"x"),
            client.export_keying_material(b"A", 32, bytearray(b"y")),
        }
        assert len(found) == 4

    def test_empty_context(self):
        client, _ = pair_of(SSL.TLS1_2_VERSION)
        assert client.export_keying_material(b"A", 32) == client.export_keying_material(
            b"A", 32, None
        )
        assert client.export_keying_material(b"A", 32) != client.export_keying_material(
            b"A", 32, b""
        )

    def test_label_of_tls_itself(self):
        client, _ = pair_of(SSL.TLS1_2_VERSION)
        with pytest.raises(SSL.Error) as caught:
            client.export_keying_material(b"master secret", 32)
        assert caught.value.args[0]

    def test_before(self, fresh):
        with pytest.raises(SSL.Error) as caught:
            fresh.export_keying_material(b"A", 32)
        assert caught.value.args[0]

    def test_numbers(self, pair):
        client, _ = pair
        with pytest.raises(ValueError, match="olen"):
            client.export_keying_material(b"A", -1)
        with pytest.raises(OverflowError, match="olen"):
            client.export_keying_material(b"A", 2**40)

    @pytest.mark.parametrize(
        "args",
        [
            ("A", 32),
            (None, 32),
            (b"A", "32"),
            (b"A", None),
            (b"A", 1.0),
            (b"A", 32, "x"),
            (b"A", 32, 1),
        ],
    )
    def test_wrong_type(self, pair, args):
        with pytest.raises(TypeError):
            pair[0].export_keying_material(*args)


class TestDatagrams:
    @pytest.fixture
    def dtls(self):
        client, server = (
            make(method=SSL.DTLS_METHOD)
            for make in (support.client_context, support.server_context)
        )
        for context in (client, server):
            context.set_options(SSL.OP_NO_QUERY_MTU)
        return support.memory_pair(client, server)

    def test_mtu(self, dtls):
        client, server = dtls
        for connection in dtls:
            assert connection.get_cleartext_mtu() == 0
            connection.set_ciphertext_mtu(1000)
        support.handshake(client, server)
        assert 500 < client.get_cleartext_mtu() < 1000
        client.set_ciphertext_mtu(mtu=500)
        assert 0 < client.get_cleartext_mtu() < 500

    @pytest.mark.parametrize("mtu", [0, 1, -1, 200])
    def test_too_small(self, dtls, mtu):
        with pytest.raises(SSL.Error):
            dtls[0].set_ciphertext_mtu(mtu)

    def test_mtu_of_tls(self, fresh, pair):
        for connection in (fresh, *pair):
            assert connection.get_cleartext_mtu() == 0
            with pytest.raises(SSL.Error):
                connection.set_ciphertext_mtu(1000)

    @pytest.mark.parametrize("wrong", [None, "1000", 1.0])
    def test_wrong_type(self, dtls, wrong):
        with pytest.raises(TypeError, match="mtu"):
            dtls[0].set_ciphertext_mtu(wrong)

    def test_timeout(self, dtls):
        client, _ = dtls
        assert client.DTLSv1_get_timeout() is None
        client.set_ciphertext_mtu(1500)
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        assert 0 < client.DTLSv1_get_timeout() <= 1
        assert type(client.DTLSv1_get_timeout()) is float

    def test_timeout_of_tls(self, fresh):
        assert fresh.DTLSv1_get_timeout() is None

    def test_srtp(self):
        client, server = (
            make(method=SSL.DTLS_METHOD)
            for make in (support.client_context, support.server_context)
        )
        for context in (client, server):
            context.set_options(SSL.OP_NO_QUERY_MTU)
            context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
        client, server = support.memory_pair(client, server)
        for connection in (client, server):
            connection.set_ciphertext_mtu(1500)
        support.handshake(client, server)
        assert client.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"
        assert server.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"


class TestVerifyMode:
    def test_of_the_context(self):
        context = support.client_context(False)
        assert SSL.Connection(context).get_verify_mode() == SSL.VERIFY_NONE
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE)
        mode = SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE
        assert SSL.Connection(context).get_verify_mode() == mode


def test_channel_binding(pair):
    """tls-exporter, RFC 9266: what programs use keying material for."""
    client, server = pair
    bindings = {
        hashlib.sha256(
            connection.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        ).digest()
        for connection in (client, server)
    }
    assert len(bindings) == 1
