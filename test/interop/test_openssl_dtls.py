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
