"""GnuTLS's programs: ours as server to gnutls-cli, as client to gnutls-serv."""

import contextlib
import shutil

import pytest

import support
from interop import peers
from OpenSSL import SSL, _util

pytestmark = pytest.mark.skipif(
    not (shutil.which("gnutls-cli") and shutil.which("gnutls-serv")),
    reason="the programs of GnuTLS are not here (Debian: gnutls-bin)",
)

LABEL = b"EXPORTER-of-a-test"
METHODS = {"1.2": SSL.TLS_METHOD, "1.3": SSL.TLS_METHOD, "datagrams": SSL.DTLS_METHOD}


# Over datagrams gnutls-serv says nothing to whom it refuses.
OVER_STREAMS = pytest.mark.parametrize("version", ["1.2", "1.3"])


def priority(version, extra=""):
    """What a program is told of versions and algorithms."""
    name = {"datagrams": "DTLS1.2"}.get(version, f"TLS{version}")
    return "--priority", f"NORMAL:-VERS-ALL:+VERS-{name}{extra}"


def limited(context, version):
    return context if version == "datagrams" else peers.limit(context, version)


def reason(caught):
    """Of an Error's first entry."""
    return caught.value.args[0][0][2]


def digits(found):
    return bytes.fromhex(found[1].decode())


def finish(connection):
    """The peer has shut down: so do we."""
    for _ in range(3):
        with pytest.raises(SSL.ZeroReturnError):
            connection.recv(1)
    assert connection.shutdown() is True


@pytest.fixture(params=METHODS)
def version(request):
    return request.param


class TestServer:
    """gnutls-cli comes to us."""

    @pytest.fixture
    def context(self, version):
        def context(*args, **options):
            made = support.server_context(*args, method=METHODS[version], **options)
            return limited(made, version)

        return context

    @pytest.fixture
    def start(self, stage, version):
        """start(context, OPTION...): what makes the next Connection, and the program."""

        def start(context, *options, extra="", **environment):
            udp = version == "datagrams"
            bound = stage.datagrams() if udp else stage.listener()
            child = stage.child(
                *("gnutls-cli", "--x509cafile", support.pki().ec_ca.cert_path),
                *priority(version, extra),
                *(["--udp"] if udp else []),
                *("--sni-hostname", "localhost", "--verify-hostname", "localhost"),
                *("--inline-commands", "-p", bound.getsockname()[1], *options, "127.0.0.1"),
                **environment,
            )
            accept = stage.accept_datagrams if udp else stage.accept
            return lambda: accept(bound, context), child

        return start

    @pytest.fixture
    def meet(self, start):
        def meet(*args, **options):
            accept, child = start(*args, **options)
            return accept(), child

        return meet

    def both_ways(self, connection, child, words=b"hello"):
        connection.sendall(words + b"\n")
        child.expect(words + b"\n")
        child.write(words + b"\n")
        assert peers.receive(connection, len(words) + 1) == words + b"\n"

    def test_data(self, meet, context, version):
        connection, child = meet(context())
        connection.do_handshake()
        child.expect(rb"Simple Client Mode:\n\n")
        self.both_ways(connection, child)
        if version != "datagrams":
            peers.exchange(connection, child)

    def test_we_shut_down(self, meet, context):
        connection, child = meet(context())
        self.both_ways(connection, child)
        assert connection.shutdown() is False
        child.expect(rb"Peer has closed the GnuTLS connection\n")

    def test_peer_shuts_down(self, meet, context):
        connection, child = meet(context())
        self.both_ways(connection, child)
        child.end_input()
        finish(connection)

    def test_client_certificate(self, meet, context, pki):
        shown = "--x509certfile", pki.ec_client.cert_path, "--x509keyfile", pki.ec_client.key_path
        connection, child = meet(context(verify=pki.ec_ca), *shown)
        self.both_ways(connection, child)
        chain = connection.get_verified_chain()
        assert [one.get_subject().CN for one in chain] == ["client", "EC CA"]

    def test_client_without_certificate(self, meet, context, pki):
        connection, child = meet(context(verify=pki.ec_ca))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reason(caught) == "peer did not return a certificate"
        child.expect(rb"alert.*: (Handshake failed|Certificate is required)")

    def test_peer_refuses_us(self, meet, context, pki):
        connection, child = meet(context(pki.other))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
            connection.recv(1)
        assert "alert" in reason(caught) or caught.type is SSL.SysCallError
        child.expect(rb"The certificate issuer is unknown")

    def test_server_name(self, meet, context, pki):
        names, other = [], context(pki.ec_server)

        def choose(connection):
            names.append(connection.get_servername())
            connection.set_context(other)

        first = context(pki.other)
        first.set_tlsext_servername_callback(choose)
        connection, child = meet(first)
        self.both_ways(connection, child)
        assert names == [b"localhost"]
        assert b"The certificate is trusted" in child.so_far()

    def test_alpn(self, meet, context):
        offered, ours = [], context()
        ours.set_alpn_select_callback(lambda _, names: (offered.extend(names), b"h2")[1])
        connection, child = meet(ours, "--alpn", "http/1.1", "--alpn", "h2")
        connection.do_handshake()
        assert offered == [b"http/1.1", b"h2"]
        child.expect(rb"- Application protocol: h2\n")

    def test_ocsp(self, meet, context, pki, tmp_path):
        staple, ours = peers.ocsp_response(pki.ec_server).read_bytes(), context()
        ours.set_ocsp_server_callback(lambda *_: staple)
        connection, child = meet(ours, "--save-ocsp", tmp_path / "staple")
        self.both_ways(connection, child)
        assert (tmp_path / "staple").read_bytes() == staple

    @OVER_STREAMS
    @pytest.mark.parametrize("tickets", [True, False])
    def test_resumption(self, start, context, tickets):
        ours = context()
        ours.set_session_id(b"here")
        if not tickets:
            ours.set_options(SSL.OP_NO_TICKET)
        accept, child = start(ours, "--resume", "--waitresumption")
        first = accept()
        first.do_handshake()
        with pytest.raises(SSL.ZeroReturnError):
            first.recv(1)
        with contextlib.suppress(SSL.SysCallError):  # it may have gone already
            first.shutdown()
        first.close()
        second = accept()
        self.both_ways(second, child)
        child.end_input()
        finish(second)
        assert b"*** This is a resumed session" in child.so_far()

    def test_exporter(self, meet, context):
        options = "--keymatexport", LABEL.decode(), "--keymatexportsize", "48"
        connection, child = meet(context(), *options)
        connection.do_handshake()
        found = child.expect(rb"- Key material: ([0-9a-f]+)\n")
        assert digits(found) == connection.export_keying_material(LABEL, 48)

    def test_key_log(self, meet, context, tmp_path):
        lines, path, ours = set(), tmp_path / "log", context()
        ours.set_keylog_callback(lambda _, line: lines.add(line))
        connection, child = meet(ours, SSLKEYLOGFILE=str(path))
        self.both_ways(connection, child)
        assert lines == set(path.read_bytes().splitlines()) != set()

    @pytest.mark.parametrize("version", ["1.2", "datagrams"])
    def test_peer_renegotiates(self, meet, context):
        ours = context()
        ours.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
        connection, child = meet(ours)
        self.both_ways(connection, child)
        before = connection.get_finished()
        child.write(b"^renegotiate^\n")
        with support.Threads() as threads:
            threads.start(peers.receive, connection, 6)
            child.expect(rb"- ReHandshake was completed\n")
            child.write(b"again\n")
        assert threads.results == [b"again\n"]
        self.both_ways(connection, child)
        assert connection.get_finished() != before

    @pytest.mark.parametrize("version", ["1.2", "datagrams"])
    def test_we_renegotiate(self, meet, context):
        connection, child = meet(context())
        self.both_ways(connection, child)
        before = connection.get_finished()
        connection.renegotiate()
        connection.do_handshake()
        with support.Threads() as threads:
            threads.start(peers.receive, connection, 6)
            child.expect(rb"Rehandshake was performed")
            child.write(b"again\n")
        assert threads.results == [b"again\n"]
        self.both_ways(connection, child)
        assert connection.total_renegotiations() == 1
        assert connection.get_finished() != before

    @pytest.mark.parametrize("version", ["1.3"])
    @pytest.mark.parametrize("command", ["rekey", "rekey1"])
    def test_peer_updates_keys(self, meet, context, command):
        connection, child = meet(context())
        self.both_ways(connection, child)
        for i in range(3):
            child.write(f"^{command}^\n".encode())
            child.expect(rb"- Rekey was completed\n")
            self.both_ways(connection, child, b"again %d" % i)

    @pytest.mark.parametrize("version", ["1.3"])
    @pytest.mark.parametrize("request_peer", [False, True])
    def test_we_update_keys(self, meet, context, request_peer):
        connection, child = meet(context())
        self.both_ways(connection, child)
        for i in range(3):
            connection.key_update(request_peer)
            self.both_ways(connection, child, b"again %d" % i)

    @pytest.mark.parametrize("version", ["datagrams"])
    def test_cookies(self, meet, context):
        made, ours = [], context()
        ours.set_cookie_generate_callback(lambda _: made.append(b"cookie") or made[-1])
        ours.set_cookie_verify_callback(lambda _, cookie: [cookie] == made)
        connection, child = meet(ours)
        connection.DTLSv1_listen()
        self.both_ways(connection, child)
        assert made == [b"cookie"]

    @pytest.mark.parametrize("version", ["datagrams"])
    def test_srtp(self, meet, context):
        ours = context()
        ours.set_tlsext_use_srtp(b"SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
        connection, child = meet(ours, "--srtp-profiles", "SRTP_AES128_CM_HMAC_SHA1_80")
        connection.do_handshake()
        assert connection.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"
        child.expect(rb"- SRTP profile: SRTP_AES128_CM_HMAC_SHA1_80\n")

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_no_common_version(self, meet, version):
        other = {"1.2": "1.3", "1.3": "1.2"}[version]
        connection, child = meet(peers.limit(support.server_context(), other))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reason(caught) == "unsupported protocol"
        child.expect(rb"alert.*: Error in protocol version")

    @OVER_STREAMS
    def test_no_common_group(self, meet, context):
        ours = context()
        ours.set_tmp_ecdh(type("Curve", (), {"name": "secp384r1"}))
        connection, child = meet(ours, extra=":-GROUP-ALL:+GROUP-X25519")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reason(caught) in ("no suitable key share", "no shared cipher", "no shared groups")
        child.expect(rb"alert.*: Handshake failed")


class TestClient:
    """We go to gnutls-serv, which echoes."""

    @pytest.fixture
    def context(self, version):
        def context(*args, **options):
            made = support.client_context(*args, method=METHODS[version], **options)
            return limited(made, version)

        return context

    @pytest.fixture
    def serve(self, stage, version):
        """serve(OPTION...): what makes the next Connection with a Context, and the program."""

        def serve(*options, credential=None, extra="", **environment):
            udp = version == "datagrams"
            credential = credential or support.pki().ec_server
            child = stage.child(
                *("gnutls-serv", "--echo", "--port", "0", *priority(version, extra)),
                *("--x509certfile", credential.chain_path),
                *("--x509keyfile", credential.key_path),
                *(["--udp"] if udp else []),
                *options,
                **environment,
            )
            child.expect(rb"listening on IPv4.*done\n")
            port = child.port("udp" if udp else "tcp")
            connect = stage.connect_datagrams if udp else stage.connect
            return lambda context: connect(context, port), child

        return serve

    @pytest.fixture
    def meet(self, serve):
        def meet(context, *options, **more):
            connect, child = serve(*options, **more)
            return connect(context), child

        return meet

    def echo(self, connection, words=b"hello"):
        connection.sendall(words + b"\n")
        assert peers.receive(connection, len(words) + 1) == words + b"\n"

    def test_data(self, meet, context):
        connection, child = meet(context())
        for size in (1, 100, 1300):
            self.echo(connection, b"x" * size)

    def test_we_shut_down(self, meet, context, version):
        connection, child = meet(context())
        self.echo(connection)
        assert connection.shutdown() is False
        if version != "datagrams":  # where it does not answer
            finish(connection)

    def test_client_certificate(self, meet, context, version, pki):
        options = "--require-client-cert", "--verify-client-cert"
        connection, child = meet(
            context(credential=pki.ec_client), *options, "--x509cafile", pki.ec_ca.cert_path
        )
        self.echo(connection)
        assert connection.get_client_ca_list() == [pki.ec_ca.x509().get_subject()]
        if version != "datagrams":  # over which it tells nothing
            child.expect(rb"[Ss]ubject:? `?CN=client")

    @OVER_STREAMS
    @pytest.mark.parametrize("shown", [None, "other"])
    def test_client_certificate_refused(self, meet, context, pki, shown):
        options = "--require-client-cert", "--verify-client-cert"
        ours = context(credential=shown and getattr(pki, shown))
        connection, child = meet(ours, *options, "--x509cafile", pki.ec_ca.cert_path)
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
            connection.recv(1)
        assert "alert" in reason(caught)

    def test_we_refuse(self, meet, context, pki):
        connection, child = meet(context(pki.other_ca))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reason(caught) == "certificate verify failed"
        child.expect(rb"Error in handshake")

    def test_chain(self, meet, context, pki):
        connection, child = meet(context(pki.ca), credential=pki.deep)
        self.echo(connection)
        assert len(connection.get_verified_chain()) == 3

    def test_server_name(self, serve, context):
        connect, child = serve("--sni-hostname", "localhost", "--sni-hostname-fatal")
        connection = connect(context())
        connection.set_tlsext_host_name(b"localhost")
        self.echo(connection)

    @OVER_STREAMS
    def test_wrong_server_name(self, serve, context):
        connect, child = serve("--sni-hostname", "localhost", "--sni-hostname-fatal")
        connection = connect(context())
        connection.set_tlsext_host_name(b"elsewhere")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reason(caught).endswith("unrecognized name")

    def test_alpn(self, meet, context):
        ours = context()
        ours.set_alpn_protos([b"http/1.1", b"h2"])
        connection, child = meet(ours, "--alpn", "h2", "--alpn-fatal")
        self.echo(connection)
        assert connection.get_alpn_proto_negotiated() == b"h2"

    @OVER_STREAMS
    def test_alpn_refused(self, meet, context):
        ours = context()
        ours.set_alpn_protos([b"http/1.1"])
        connection, child = meet(ours, "--alpn", "h2", "--alpn-fatal")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reason(caught).endswith("alert no application protocol")

    def test_ocsp(self, serve, context, pki):
        got, ours, staple = [], context(), peers.ocsp_response(pki.ec_server)
        ours.set_ocsp_client_callback(lambda _, response, data: got.append(response) or True)
        connect, child = serve("--ocsp-response", staple)
        connection = connect(ours)
        connection.request_ocsp()
        self.echo(connection)
        assert got == [staple.read_bytes()]

    @pytest.mark.parametrize(
        ("version", "tickets"),
        [(version, True) for version in METHODS] + [("1.2", False), ("datagrams", False)],
    )
    def test_resumption(self, serve, context, version, tickets):
        connect, child = serve(*() if tickets else ("--noticket",))
        ours = context()
        first = connect(ours)
        self.echo(first)
        session = first.get_session()
        first.shutdown()
        first.close()
        second = connect(ours)
        second.set_session(session)
        self.echo(second)
        if version != "datagrams":
            child.expect(rb"This is a resumed session")
        if version != "1.3":
            assert second.master_key() == first.master_key()

    @OVER_STREAMS  # over datagrams it tells nothing
    def test_exporter_and_channel_bindings(self, meet, context, version, pki):
        options = "--keymatexport", LABEL.decode(), "--keymatexportsize", "48"
        connection, child = meet(context(), *options)
        self.echo(connection)
        if version != "1.3":
            found = child.expect(rb" - 'tls-unique': ([0-9a-f]+)\n")
            assert digits(found) == connection.get_finished()
        found = child.expect(rb" - 'tls-exporter': ([0-9a-f]+)\n")
        name = b"EXPORTER-Channel-Binding"
        assert digits(found) == connection.export_keying_material(name, 32, b"")
        found = child.expect(rb"- Key material: ([0-9a-f]+)\n")
        assert digits(found) == connection.export_keying_material(LABEL, 48)

    def test_key_log(self, serve, context, tmp_path):
        lines, path, ours = set(), tmp_path / "log", context()
        ours.set_keylog_callback(lambda _, line: lines.add(line))
        connect, child = serve(SSLKEYLOGFILE=str(path))
        self.echo(connect(ours))
        assert lines == set(path.read_bytes().splitlines()) != set()

    @pytest.mark.parametrize("version", ["1.2", "datagrams"])
    def test_we_renegotiate(self, meet, context):
        connection, child = meet(context())
        self.echo(connection)
        before = connection.get_finished()
        connection.renegotiate()
        connection.do_handshake()
        self.echo(connection)
        assert connection.total_renegotiations() == 1
        assert connection.get_finished() != before

    @pytest.mark.parametrize("version", ["1.3"])
    def test_peer_asks_for_a_certificate_later(self, meet, context, pki):
        ours = context(credential=pki.ec_client)
        _util.lib.SSL_CTX_set_post_handshake_auth(ours._context, 1)
        options = "--disable-client-cert", "--x509cafile", pki.ec_ca.cert_path
        connection, child = meet(ours, *options)
        self.echo(connection)
        connection.sendall(b"**REAUTH**\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += connection.recv(100)
        assert b"Success" in answer
        child.expect(rb"Sending re-auth request\n")
        child.expect(rb"Peer's certificate was")
        self.echo(connection)

    @pytest.mark.parametrize("version", ["1.3"])
    @pytest.mark.parametrize("request_peer", [False, True])
    def test_we_update_keys(self, meet, context, request_peer):
        connection, child = meet(context())
        self.echo(connection)
        for i in range(3):
            connection.key_update(request_peer)
            self.echo(connection, b"again %d" % i)

    @pytest.mark.parametrize("version", ["datagrams"])
    def test_srtp(self, meet, context):
        ours = context()
        ours.set_tlsext_use_srtp(b"SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
        connection, child = meet(ours, "--srtp-profiles", "SRTP_AES128_CM_HMAC_SHA1_80")
        self.echo(connection)
        assert connection.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"

    @pytest.mark.parametrize("version", ["datagrams"])
    @pytest.mark.parametrize("mtu", [400, 1000])
    def test_mtu(self, meet, context, pki, mtu):
        ours = context(pki.ca)
        ours.set_options(SSL.OP_NO_QUERY_MTU)
        connection, child = meet(ours, "--mtu", mtu, credential=pki.deep)
        connection.set_ciphertext_mtu(mtu)
        self.echo(connection, b"x" * (connection.get_cleartext_mtu() - 50))

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_no_common_version(self, meet, version):
        other = {"1.2": "1.3", "1.3": "1.2"}[version]
        connection, child = meet(peers.limit(support.client_context(), other))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert "alert" in reason(caught)
