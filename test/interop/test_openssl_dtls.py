"""DTLS with OpenSSL's own programs: what they do over TLS 1.2, and what is about datagrams."""

import errno
import hashlib
import hmac
import re

import pytest

import support
from interop import peers
from interop import test_openssl_cli as tls
from OpenSSL import SSL

PROFILES = b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"
OVERHEAD = 28  # IP and UDP
HELLO_VERIFY_REQUEST = 3


def exchange(connection, child):
    """Large datagrams, one at a time: those that come too fast are lost."""
    for size in (1, 100, 1400, 9000, 16000):
        tls.both_ways(connection, child, b"x" * size)


def sizes(child, direction):
    """Of the datagrams that a program has read or written, with -debug."""
    pattern = rb"%s 0x.* => (\d+)" % direction
    return [int(size) for size in re.findall(pattern, child.so_far())]


def narrow(context):
    """The Context's connections are told how much a datagram holds."""
    context.set_options(SSL.OP_NO_QUERY_MTU)
    return context


@pytest.fixture
def version():
    return "1.2"  # 1.3 is not in OpenSSL yet


class TestServer(tls.TestServer):
    """s_client comes to us."""

    method = SSL.DTLS_METHOD

    @pytest.fixture
    def meet(self, stage, version):
        def meet(context, *options):
            bound = stage.datagrams()
            child = stage.child(
                *("openssl", "s_client", "-nbio", "-connect", peers.address_of(bound)),
                *("-CAfile", support.pki().ec_ca.cert_path, f"-dtls{version.replace('.', '_')}"),
                *options,
            )
            return stage.accept_datagrams(bound, context), child

        return meet

    # TLS 1.3 only, or only over a stream
    test_peer_updates_keys = test_we_update_keys = test_ciphersuites = None
    test_no_common_version = test_peer_goes_away = None

    def test_data(self, meet):
        connection, child = meet(self.context())
        exchange(connection, child)

    def test_peer_shuts_down(self, meet):
        connection, child = meet(self.context())
        tls.both_ways(connection, child)
        child.end_input()
        for _ in range(3):
            with pytest.raises(SSL.ZeroReturnError):
                connection.recv(1)
        assert connection.get_shutdown() == SSL.RECEIVED_SHUTDOWN
        connection.sendall(b"half closed")
        try:
            assert connection.shutdown() is True
        except SSL.SysCallError as error:  # the program has ended, and its system says so
            assert error.args == (errno.ECONNREFUSED, "ECONNREFUSED")

    @pytest.mark.parametrize("listens", [True, False])
    def test_cookies(self, meet, listens):
        made, secret = [], b"of this test"

        def make(connection):
            made.append(hmac.digest(secret, b"the address", hashlib.sha256))
            return made[-1]

        context = self.context()
        context.set_options(SSL.OP_COOKIE_EXCHANGE)
        context.set_cookie_generate_callback(make)
        context.set_cookie_verify_callback(lambda connection, cookie: cookie == made[-1])
        connection, child = meet(context, "-msg")
        if listens:
            assert connection.DTLSv1_listen() is None
            assert len(made) == 1
        tls.both_ways(connection, child)
        assert len(made) == 1
        assert tls.messages(child, b"<<<", HELLO_VERIFY_REQUEST) == 1

    @pytest.mark.parametrize("mtu", [500, 1000])
    def test_our_mtu(self, meet, pki, mtu):
        connection, child = meet(narrow(self.context(pki.deep)), "-debug")
        connection.set_ciphertext_mtu(mtu)
        tls.both_ways(connection, child)
        assert mtu - 100 < max(sizes(child, b"read from")) <= mtu
        assert mtu - 100 < connection.get_cleartext_mtu() < mtu

    @pytest.mark.parametrize("mtu", [500, 1000])
    def test_its_mtu(self, meet, pki, mtu):
        context = self.context(verify=pki.ec_ca)
        client = pki.ec_client
        shown = "-cert", client.cert_path, "-key", client.key_path
        connection, child = meet(context, "-mtu", mtu, "-debug", *shown)
        tls.both_ways(connection, child)
        assert connection.get_peer_certificate().get_subject().CN == "client"
        assert max(sizes(child, b"write to")) <= mtu - OVERHEAD

    def test_srtp(self, meet):
        context = self.context()
        context.set_tlsext_use_srtp(b":".join(reversed(PROFILES)))
        connection, child = meet(context, "-use_srtp", b":".join(PROFILES).decode())
        connection.do_handshake()
        child.expect(rb"SRTP Extension negotiated, profile=%s\n" % PROFILES[1])
        assert connection.get_selected_srtp_profile() == PROFILES[1]


class TestClient(tls.TestClient):
    """We go to s_server."""

    method = SSL.DTLS_METHOD

    @pytest.fixture
    def serve(self, stage, version):
        def serve(*options, credential=None):
            credential = credential or support.pki().ec_server
            child = stage.child(
                *(
                    "openssl",
                    "s_server",
                    "-accept",
                    "127.0.0.1:0",
                    f"-dtls{version.replace('.', '_')}",
                ),
                *("-cert", credential.cert_path, "-key", credential.key_path),
                *options,
            )
            return child, int(child.expect(rb"ACCEPT 127.0.0.1:(\d+)\n")[1])

        return serve

    def connect(self, stage, context, port):
        return stage.connect_datagrams(context, port)

    # TLS 1.3 only, or only over a stream
    test_peer_updates_keys = test_we_update_keys = test_ciphersuites = None
    test_no_common_version = test_peer_goes_away = test_peer_shuts_down = None
    test_other_server_name = None  # OpenSSL takes a warning for many, over datagrams

    def test_data(self, meet):
        connection, child = meet(self.context())
        exchange(connection, child)

    def test_cookies(self, meet):
        states, context = set(), self.context()
        context.set_info_callback(lambda connection, *_: states.add(connection.state_string()))
        connection, child = meet(context, "-listen")
        exchange(connection, child)
        assert "DTLS1 read hello verify request" in states

    @pytest.mark.parametrize("mtu", [500, 1000])
    def test_our_mtu(self, meet, pki, mtu):
        context = narrow(self.context(credential=pki.ec_client))
        options = "-Verify", "1", "-CAfile", pki.ec_ca.cert_path
        connection, child = meet(context, "-debug", *options)
        connection.set_ciphertext_mtu(mtu)
        tls.both_ways(connection, child)
        assert max(sizes(child, b"read from")) <= mtu
        assert mtu - 100 < connection.get_cleartext_mtu() < mtu

    @pytest.mark.parametrize("mtu", [500, 1000])
    def test_its_mtu(self, meet, pki, mtu):
        connection, child = meet(self.context(), "-mtu", mtu, "-debug")
        tls.both_ways(connection, child)
        assert max(sizes(child, b"write to")) <= mtu - OVERHEAD

    def test_srtp(self, meet):
        context = self.context()
        context.set_tlsext_use_srtp(b":".join(PROFILES))
        connection, child = meet(context, "-use_srtp", PROFILES[1].decode())
        connection.do_handshake()
        assert connection.get_selected_srtp_profile() == PROFILES[1]


OLD = "-cipher", "DEFAULT:@SECLEVEL=0"  # DTLS 1.0 needs what is not secure
DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD


def level_zero(context):
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    return context


class OfVersions:
    """What is refused is refused at both ends, and they say so; see meet() of either role."""

    REFUSED = "unsupported protocol", "no protocols available", "alert protocol version"

    @pytest.fixture
    def context(self):
        return self.make(method=SSL.DTLS_METHOD)

    # Or its signatures are, which are of SHA-1.
    WEAK = "no suitable signature algorithm", "legacy sigalg disallowed or unsupported"

    def refused(self, connection, child, weak=()):
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert tls.reasons(caught)[0].endswith(self.REFUSED + weak)
        child.expect(rb"SSL alert number \d+|unsupported protocol")

    @pytest.mark.parametrize("method", ["DTLS_METHOD", None])
    def test_new(self, meet, method):
        """Also with a Context that is for this role only."""
        context = self.make(method=getattr(SSL, method or self.own_method))
        connection, child = meet(context, "-dtls")
        tls.both_ways(connection, child)
        assert connection.get_protocol_version() == DTLS_1_2
        assert connection.get_protocol_version_name() == "DTLSv1.2"

    def test_old(self, meet, context):
        connection, child = meet(level_zero(context), "-dtls1", *OLD)
        tls.both_ways(connection, child)
        assert connection.get_protocol_version() == DTLS_1_0
        assert connection.get_protocol_version_name() == "DTLSv1"

    def test_old_is_not_secure(self, meet, context):
        connection, child = meet(context, "-dtls1", *OLD)
        self.refused(connection, child, self.WEAK)

    def test_too_old_for_us(self, meet, context):
        level_zero(context).set_min_proto_version(DTLS_1_2)
        connection, child = meet(context, "-dtls1", *OLD)
        self.refused(connection, child)

    def test_too_new_for_us(self, meet, context):
        level_zero(context).set_max_proto_version(DTLS_1_0)
        connection, child = meet(context, "-dtls1_2", *OLD)
        self.refused(connection, child)

    def test_limit_of_tls_means_nothing(self, meet, context):
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_max_proto_version(SSL.TLS1_3_VERSION)
        connection, child = meet(context, "-dtls")
        tls.both_ways(connection, child)
        assert connection.get_protocol_version() == DTLS_1_2


class TestVersionsOfServer(OfVersions):
    make = staticmethod(support.server_context)
    own_method = "DTLS_SERVER_METHOD"

    @pytest.fixture
    def meet(self, stage):
        def meet(context, *options):
            bound = stage.datagrams()
            child = stage.child(
                *("openssl", "s_client", "-nbio", "-connect", peers.address_of(bound), *options)
            )
            return stage.accept_datagrams(bound, context), child

        return meet


class TestVersionsOfClient(OfVersions):
    make = staticmethod(support.client_context)
    own_method = "DTLS_CLIENT_METHOD"

    @pytest.fixture
    def meet(self, stage):
        def meet(context, *options):
            server = support.pki().ec_server
            child = stage.child(
                *("openssl", "s_server", "-accept", "127.0.0.1:0", *options),
                *("-cert", server.cert_path, "-key", server.key_path),
            )
            port = int(child.expect(rb"ACCEPT 127.0.0.1:(\d+)\n")[1])
            return stage.connect_datagrams(context, port), child

        return meet
