"""Context's settings that are numbers or lists of names."""

import pytest

import support
from OpenSSL import SSL

NOT_NUMBERS = [None, "1", 1.0, b"1", object()]


@pytest.fixture
def context():
    return SSL.Context(SSL.TLS_METHOD)


class OfNumbers:
    """What all setters of one number have in common."""

    @pytest.mark.parametrize("wrong", NOT_NUMBERS)
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match=self.parameter):
            getattr(context, self.setter)(wrong)

    def test_out_of_range(self, context):
        with pytest.raises(OverflowError, match=self.parameter):
            getattr(context, self.setter)(2**64)

    def test_name(self, context):
        getattr(context, self.setter)(**{self.parameter: 0})
        for args, kwargs in (((), {}), ((0, 0), {}), ((), {"what": 0})):
            with pytest.raises(TypeError):
                getattr(context, self.setter)(*args, **kwargs)


class TestSetOptions(OfNumbers):
    setter, parameter = "set_options", "options"

    def test_adds(self, context):
        before = context.set_options(0)
        assert context.set_options(SSL.OP_NO_TICKET) == before | SSL.OP_NO_TICKET
        assert context.set_options(SSL.OP_NO_SSLv3) & SSL.OP_NO_TICKET

    def test_high_bits(self, context):
        assert context.set_options(1 << 63) >> 63 == 1

    def test_negative(self, context):
        with pytest.raises(OverflowError):
            context.set_options(-1)

    def test_bool(self, context):
        assert context.set_options(True) & 1

    def test_counts(self):
        server, client = support.server_context(), support.client_context()
        client.set_options(SSL.OP_NO_TLSv1_3)
        one, _ = support.connected("memory", client, server)
        assert one.get_protocol_version_name() == "TLSv1.2"


class TestSetMode(OfNumbers):
    setter, parameter = "set_mode", "mode"

    def test_adds(self, context):
        before = context.set_mode(0)
        assert context.set_mode(SSL.MODE_RELEASE_BUFFERS) == before | SSL.MODE_RELEASE_BUFFERS

    def test_limits(self, context):
        for wrong in (-1, 2**32):
            with pytest.raises(OverflowError):
                context.set_mode(wrong)
        assert context.set_mode(2**31) & 2**31

    def test_not_on_a_small_stack(self, context):
        before = context.set_mode(0)
        with pytest.raises(ValueError, match="SSL_MODE_ASYNC"):
            context.set_mode(0x100 | SSL.MODE_RELEASE_BUFFERS)
        assert context.set_mode(0) == before


class TestClearMode(OfNumbers):
    setter, parameter = "clear_mode", "mode_to_clear"

    def test_takes_away(self, context):
        before = context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        assert context.clear_mode(SSL.MODE_RELEASE_BUFFERS) == before & ~SSL.MODE_RELEASE_BUFFERS
        assert context.set_mode(0) == before & ~SSL.MODE_RELEASE_BUFFERS


class TestSetSessionCacheMode(OfNumbers):
    setter, parameter = "set_session_cache_mode", "mode"

    def test_gives_the_one_before(self, context):
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        assert context.set_session_cache_mode(SSL.SESS_CACHE_BOTH) == SSL.SESS_CACHE_OFF
        assert context.get_session_cache_mode() == SSL.SESS_CACHE_BOTH


class TestSetTimeout(OfNumbers):
    setter, parameter = "set_timeout", "timeout"

    def test_gives_the_one_before(self, context):
        assert context.set_timeout(1234) == 7200
        assert context.set_timeout(5) == 1234
        assert context.get_timeout() == 5

    def test_negative(self, context):
        with pytest.raises(ValueError, match="negative"):
            context.set_timeout(-1)
        assert context.get_timeout() == 7200


class TestSetVerifyDepth(OfNumbers):
    setter, parameter = "set_verify_depth", "depth"

    def test_round_trip(self, context):
        assert context.set_verify_depth(11) is None
        assert context.get_verify_depth() == 11
        context.set_verify_depth(-1)
        assert context.get_verify_depth() == -1

    def test_counts(self):
        """With depth 0 nothing may be between the server's certificate and the root."""
        pki = support.pki()
        for depth, good in ((0, False), (1, True)):
            client = support.client_context(pki.ca)
            client.set_verify_depth(depth)
            server = support.server_context(pki.deep)
            if good:
                support.connected("memory", client, server)
            else:
                with pytest.raises(SSL.Error, match="verify failed"):
                    support.connected("memory", client, server)


class TestSetMinProtoVersion(OfNumbers):
    setter, parameter = "set_min_proto_version", "version"

    @pytest.mark.parametrize("version", [1, 0x305, 0x7FFF, -1])
    def test_unsupported(self, context, version):
        with pytest.raises(SSL.Error) as caught:
            context.set_min_proto_version(version)
        assert caught.value.args[0]

    def test_counts(self):
        server, client = support.server_context(), support.client_context()
        server.set_min_proto_version(SSL.TLS1_3_VERSION)
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        with pytest.raises(SSL.Error, match="(?i)unsupported.protocol"):
            support.connected("memory", client, server)

    def test_zero_is_no_limit(self):
        server, client = support.server_context(), support.client_context()
        client.set_min_proto_version(SSL.TLS1_3_VERSION)
        client.set_min_proto_version(0)
        server.set_max_proto_version(SSL.TLS1_2_VERSION)
        one, _ = support.connected("memory", client, server)
        assert one.get_protocol_version() == SSL.TLS1_2_VERSION


class TestSetMaxProtoVersion(OfNumbers):
    setter, parameter = "set_max_proto_version", "version"

    def test_unsupported(self, context):
        with pytest.raises(SSL.Error):
            context.set_max_proto_version(0x999)

    def test_counts(self):
        server, client = support.server_context(), support.client_context()
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        one, _ = support.connected("memory", client, server)
        assert one.get_protocol_version() == SSL.TLS1_2_VERSION
        client.set_max_proto_version(0)
        one, _ = support.connected("memory", client, server)
        assert one.get_protocol_version() == SSL.TLS1_3_VERSION


DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD


class TestVersionsOfDtls:
    """Their numbers fall; and those of the other protocol are passed over."""

    def meet(self, limit_client, limit_server, level=0):
        pair = []
        for make, limit in (
            (support.client_context, limit_client),
            (support.server_context, limit_server),
        ):
            context = make(method=SSL.DTLS_METHOD)
            context.set_cipher_list(b"DEFAULT:@SECLEVEL=%d" % level)
            context.set_options(SSL.OP_NO_QUERY_MTU)
            limit(context)
            pair.append(context)
        connections = support.memory_pair(*pair)
        for connection in connections:
            connection.set_ciphertext_mtu(1400)
        support.handshake(*connections)
        return [connection.get_protocol_version() for connection in connections]

    def anything(self, context):
        pass

    def oldest(self, context):
        context.set_max_proto_version(DTLS_1_0)

    def newest(self, context):
        context.set_min_proto_version(DTLS_1_2)

    def test_counts(self):
        assert self.meet(self.anything, self.anything) == [DTLS_1_2, DTLS_1_2]
        assert self.meet(self.oldest, self.anything) == [DTLS_1_0, DTLS_1_0]
        assert self.meet(self.anything, self.oldest) == [DTLS_1_0, DTLS_1_0]
        assert self.meet(self.newest, self.newest) == [DTLS_1_2, DTLS_1_2]

    @pytest.mark.parametrize("ends", [("oldest", "newest"), ("newest", "oldest")])
    def test_nothing_in_common(self, ends):
        with pytest.raises(SSL.Error, match="(?i)unsupported.protocol|no.protocols.available"):
            self.meet(*(getattr(self, end) for end in ends))

    @pytest.mark.parametrize("ends", [("oldest", "anything"), ("anything", "oldest")])
    def test_the_oldest_is_insecure(self, ends):
        with pytest.raises(SSL.Error):
            self.meet(*(getattr(self, end) for end in ends), level=1)

    @pytest.mark.parametrize(
        "version", [SSL.TLS1_VERSION, SSL.TLS1_1_VERSION, SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION]
    )
    def test_of_tls(self, version):
        def limit(context):
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)

        assert self.meet(limit, limit) == [DTLS_1_2, DTLS_1_2]

    @pytest.mark.parametrize("version", [DTLS_1_0, DTLS_1_2])
    def test_in_tls(self, version):
        pair = support.client_context(), support.server_context()
        for context in pair:
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
        one, _ = support.connected("memory", *pair)
        assert one.get_protocol_version() == SSL.TLS1_3_VERSION

    @pytest.mark.parametrize("version", [1, 0x305, 0xFE00, 0x1FEFD, -1])
    def test_unsupported(self, version):
        context = SSL.Context(SSL.DTLS_METHOD)
        for setter in (context.set_min_proto_version, context.set_max_proto_version):
            with pytest.raises(SSL.Error) as caught:
                setter(version)
            assert caught.value.args[0]

    def test_methods(self):
        """For one role each: the other is none that they can take."""
        for ours, theirs in (
            (SSL.DTLS_CLIENT_METHOD, "set_accept_state"),
            (SSL.DTLS_SERVER_METHOD, "set_connect_state"),
        ):
            connection = SSL.Connection(SSL.Context(ours))
            getattr(connection, theirs)()
            with pytest.raises(SSL.Error) as caught:
                connection.do_handshake()
            assert caught.value.args[0]


def ciphers(context):
    return SSL.Connection(context).get_cipher_list()


class TestSetCipherList:
    def test_chooses(self, context):
        assert context.set_cipher_list(b"hello world:AES128-SHA") is None
        assert [name for name in ciphers(context) if not name.startswith("TLS_")] == ["AES128-SHA"]

    def test_str(self, context):
        with pytest.warns(DeprecationWarning) as caught:
            context.set_cipher_list("hello world:AES128-SHA")
        assert str(caught[0].message) == "str for cipher_list is no longer accepted, use bytes"
        assert caught[0].filename == __file__
        assert "AES128-SHA" in ciphers(context)

    @pytest.mark.parametrize("wrong", [object(), None, 1, bytearray(b"ALL")])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="cipher_list"):
            context.set_cipher_list(wrong)

    def test_no_match(self, context):
        with pytest.raises(SSL.Error) as caught:
            context.set_cipher_list(b"imaginary-cipher")
        assert caught.value.args[0][0] == ("SSL routines", "", "no cipher match")

    @pytest.mark.parametrize("bad", [b"imaginary-cipher", b"imaginary:@SECLEVEL=0", b"-ALL"])
    def test_failure_changes_nothing(self, context, bad):
        context.set_cipher_list(b"AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256")
        before = ciphers(context)
        with pytest.raises(SSL.Error):
            context.set_cipher_list(bad)
        assert ciphers(context) == before

    def test_failure_keeps_the_level(self, context):
        """A list that is refused does not lower the security level in passing."""
        weak = support.leaf(
            support.pki().ec_ca,
            key=support.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
        )
        with pytest.raises(SSL.Error):
            context.set_cipher_list(b"imaginary:@SECLEVEL=0")
        with pytest.raises(SSL.Error, match="too small|too weak"):
            context.use_certificate_file(weak.cert_path)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        context.use_certificate_file(weak.cert_path)

    def test_nul(self, context):
        with pytest.raises(ValueError, match="NUL"):
            context.set_cipher_list(b"ALL\0zzz")


class TestSetTls13Ciphersuites:
    def test_chooses(self):
        server, client = support.server_context(), support.client_context()
        client.set_tls13_ciphersuites(b"TLS_CHACHA20_POLY1305_SHA256")
        one, _ = support.connected("memory", client, server)
        assert one.get_cipher_name() == "TLS_CHACHA20_POLY1305_SHA256"

    def test_unknown(self, context):
        before = ciphers(context)
        with pytest.raises(SSL.Error) as caught:
            context.set_tls13_ciphersuites(b"nonsense")
        assert caught.value.args[0]
        assert ciphers(context) == before

    @pytest.mark.parametrize("wrong", ["TLS_AES_128_GCM_SHA256", None, 1])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="ciphersuites"):
            context.set_tls13_ciphersuites(wrong)

    def test_nul(self, context):
        with pytest.raises(ValueError, match="NUL"):
            context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256\0")


class TestSetTlsextUseSrtp:
    def test_known(self, context):
        assert context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80") is None

    def test_unknown(self, context):
        with pytest.raises(SSL.Error) as caught:
            context.set_tlsext_use_srtp(b"SRTP_NOTHING")
        assert caught.value.args[0][0][0] == "SSL routines"

    @pytest.mark.parametrize("wrong", ["SRTP_AES128_CM_SHA1_80", None, 1])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="profiles"):
            context.set_tlsext_use_srtp(wrong)


class TestSetSessionId:
    @pytest.mark.parametrize(
        "buf", [b"", b"abc", b"x" * 32, b"\0" * 5, bytearray(b"abc"), memoryview(b"abc")]
    )
    def test_good(self, context, buf):
        assert context.set_session_id(buf) is None

    def test_too_long(self, context):
        with pytest.raises(SSL.Error) as caught:
            context.set_session_id(b"abc" * 1000)
        assert caught.value.args[0][0] == ("SSL routines", "", "ssl session id context too long")

    def test_str(self, context):
        with pytest.warns(DeprecationWarning, match="str for buf is no longer accepted, use bytes"):
            context.set_session_id("abc")

    @pytest.mark.parametrize("wrong", [None, 1, object(), ["x"]])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="buf"):
            context.set_session_id(wrong)


class TestGetters:
    @pytest.mark.parametrize(
        "mode",
        [
            SSL.VERIFY_NONE,
            SSL.VERIFY_PEER,
            SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
            SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE,
            7,
        ],
    )
    def test_verify_mode(self, context, mode):
        context.set_verify(mode)
        assert context.get_verify_mode() == mode
