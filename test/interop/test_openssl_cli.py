"""TLS with OpenSSL's own programs: ours as server to s_client, as client to s_server."""

import re
import select

import pytest

import support
from interop import peers
from OpenSSL import SSL

LABEL = b"EXPORTER-of-a-test"
CERTIFICATE = 11


class Curve:
    name = "secp384r1"


def reasons(caught):
    """What an Error says went wrong."""
    return [reason for _, _, reason in caught.value.args[0]]


def exported(child):
    """The keying material that a program has printed."""
    return bytes.fromhex(child.expect(rb"Keying material: ([0-9A-F]+)\n")[1].decode())


def messages(child, direction, kind):
    """How many messages of a handshake a program has shown, with -msg."""
    return len(re.findall(rb"\n%s .*\n    %02x 00 " % (direction, kind), child.so_far()))


def secrets(path):
    """The lines of a key log's file."""
    return {line for line in path.read_bytes().splitlines() if not line.startswith(b"#")}


def keylog_of(context):
    """A set that fills with what a Context's connections log."""
    lines = set()
    context.set_keylog_callback(lambda connection, line: lines.add(line))
    return lines


def say(connection, child, words):
    """Send a line, and see it come out."""
    connection.sendall(words + b"\n")
    child.expect(words + rb"\n")


def hear(connection, child, words):
    """Receive the line that the program is given."""
    child.write(words + b"\n")
    assert peers.receive(connection, len(words) + 1) == words + b"\n"


def both_ways(connection, child, words=b"hello"):
    """Ours first: s_server that has to say something forgets to tell about the handshake."""
    say(connection, child, words)
    hear(connection, child, words)


def renew(connection, before):
    """Read until there are new keys: *before* is what get_finished() gave."""
    with support.non_blocking(connection):
        while connection.get_finished() == before or connection.renegotiate_pending():
            select.select([connection.fileno()], [], [], 1)
            with pytest.raises(SSL.WantReadError):
                connection.recv(1)


def finish(connection):
    """The peer shuts down: so do we."""
    with pytest.raises(SSL.ZeroReturnError):
        connection.recv(1)
    assert connection.shutdown() is True
    connection.close()


def read_on(connection):
    """Let a read do what there is to do besides, until the peer says something."""
    return connection.recv(100)


class OfBoth:
    """What is the same whoever comes to whom."""

    def test_exporter(self, meet):
        connection, child = meet(
            self.context(), "-keymatexport", LABEL.decode(), "-keymatexportlen", "48"
        )
        connection.do_handshake()
        assert exported(child) == connection.export_keying_material(LABEL, 48)

    def test_key_log(self, meet, tmp_path):
        context = self.context()
        lines = keylog_of(context)
        connection, child = meet(context, "-keylogfile", tmp_path / "log")
        both_ways(connection, child)
        assert lines == secrets(tmp_path / "log") != set()

    @pytest.mark.parametrize("version", ["1.3"])
    @pytest.mark.parametrize("command", [b"K\n", b"k\n"])
    def test_peer_updates_keys(self, meet, command):
        connection, child = meet(self.context(), "-msg")
        both_ways(connection, child)
        for i in range(3):
            child.write(command)
            child.expect(rb">>> TLS 1.3, Handshake.*KeyUpdate\n")
            both_ways(connection, child, b"again %d" % i)

    @pytest.mark.parametrize("version", ["1.3"])
    @pytest.mark.parametrize("request_peer", [False, True])
    def test_we_update_keys(self, meet, request_peer):
        connection, child = meet(self.context(), "-msg")
        both_ways(connection, child)
        for i in range(3):
            connection.key_update(request_peer)
            child.expect(rb"<<< TLS 1.3, Handshake.*KeyUpdate\n")
            both_ways(connection, child, b"again %d" % i)

    @pytest.mark.parametrize("version", ["1.3"])
    def test_ciphersuites(self, meet):
        context = self.context()
        context.set_tls13_ciphersuites(b"TLS_CHACHA20_POLY1305_SHA256")
        connection, child = meet(context)
        connection.do_handshake()
        assert connection.get_cipher_name() == "TLS_CHACHA20_POLY1305_SHA256"
        child.expect(rb"(?i)cipher is TLS_CHACHA20_POLY1305_SHA256")


# With s_client, whose input ends when it is asked to read on while new keys are made, the words
# after a renegotiation are ours; test_gnutls.py has both ways.


class TestServer(OfBoth):
    """s_client comes to us."""

    method = SSL.TLS_METHOD

    def context(self, *args, **more):
        return support.server_context(*args, method=self.method, **more)

    @pytest.fixture
    def meet(self, stage, version):
        def meet(context, *options, version=version, **more):
            listener = stage.listener()
            child = stage.child(
                *("openssl", "s_client", "-nbio", "-connect", peers.address_of(listener)),
                *("-CAfile", support.pki().ec_ca.cert_path),
                *([f"-tls{version.replace('.', '_')}"] if version else []),
                *options,
                **more,
            )
            return stage.accept(listener, context), child

        return meet

    def test_data(self, meet):
        connection, child = meet(self.context(), "-quiet", stderr=None)
        connection.do_handshake()
        peers.exchange(connection, child)

    def test_we_shut_down(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        assert connection.shutdown() is False
        with pytest.raises(SSL.ZeroReturnError):
            connection.recv(1)
        assert connection.get_shutdown() == SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN
        assert connection.shutdown() is True
        child.expect(rb"closed\n")

    def test_peer_shuts_down(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        child.end_input()
        for _ in range(3):
            with pytest.raises(SSL.ZeroReturnError):
                connection.recv(1)
        assert connection.get_shutdown() == SSL.RECEIVED_SHUTDOWN
        connection.sendall(b"half closed")
        assert connection.shutdown() is True

    def test_client_certificate(self, meet, pki):
        context = self.context(verify=pki.ec_ca)
        context.load_client_ca(pki.ec_ca.cert_path)
        connection, child = meet(
            context, "-cert", pki.ec_client.cert_path, "-key", pki.ec_client.key_path
        )
        both_ways(connection, child)
        assert connection.get_peer_certificate().digest("sha256") == (
            pki.ec_client.x509().digest("sha256")
        )
        chain = connection.get_verified_chain()
        assert [one.get_subject().CN for one in chain] == ["client", "EC CA"]

    @pytest.mark.parametrize(
        ("shown", "ours", "theirs"),
        [
            (
                None,
                "peer did not return a certificate",
                rb"alert (handshake failure|certificate required)",
            ),
            ("other", "certificate verify failed", rb"alert unknown ca"),
        ],
    )
    def test_client_certificate_refused(self, meet, pki, shown, ours, theirs):
        credential = getattr(pki, shown) if shown else None
        options = ("-cert", credential.cert_path, "-key", credential.key_path) if shown else ()
        connection, child = meet(self.context(verify=pki.ec_ca), *options)
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught) == [ours]
        child.expect(theirs)

    def test_client_authorities(self, meet, pki):
        context = self.context(verify=pki.ec_ca)
        context.set_client_ca_list([pki.ca.x509().get_subject(), pki.ec_ca.x509().get_subject()])
        connection, child = meet(context)
        with pytest.raises(SSL.Error):
            connection.do_handshake()
        child.expect(rb"Acceptable client certificate CA names\n.*RSA CA\n.*EC CA\n")

    @pytest.mark.parametrize("name", [b"localhost", None])
    def test_server_name(self, meet, pki, name):
        names, other = [], self.context(pki.deep)
        context = self.context()

        def choose(connection):
            names.append(connection.get_servername())
            if names[-1] is not None:
                connection.set_context(other)

        context.set_tlsext_servername_callback(choose)
        options = ("-servername", name.decode()) if name else ("-noservername",)
        connection, child = meet(context, *options)
        connection.do_handshake()
        assert names == [name] and connection.get_servername() == name
        child.expect(rb" 0 s:.*\n   i:.*%s\n" % (b"Middle CA" if name else b"EC CA"))

    @pytest.mark.parametrize("chosen", [b"h2", SSL.NO_OVERLAPPING_PROTOCOLS])
    def test_alpn(self, meet, chosen):
        offered, context = [], self.context()
        context.set_alpn_select_callback(lambda _, names: (offered.extend(names), chosen)[1])
        connection, child = meet(context, "-alpn", "http/1.1,h2")
        connection.do_handshake()
        assert offered == [b"http/1.1", b"h2"]
        if chosen == b"h2":
            assert connection.get_alpn_proto_negotiated() == b"h2"
            child.expect(rb"ALPN protocol: h2\n")
        else:
            assert connection.get_alpn_proto_negotiated() == b""
            child.expect(rb"No ALPN negotiated")

    def test_alpn_refused(self, meet):
        context = self.context()
        context.set_alpn_select_callback(lambda _, names: b"")
        connection, child = meet(context, "-alpn", "h3")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught) == ["no application protocol"]
        child.expect(rb"alert no application protocol")

    @pytest.mark.parametrize("staple", ["none", "try later", "good"])
    def test_ocsp(self, meet, pki, staple):
        context = self.context()
        answer, words = {
            "none": (b"", rb"OCSP responses?: no "),
            "try later": (peers.TRY_LATER, rb"OCSP Response Status: trylater"),
            "good": (peers.ocsp_response(pki.ec_server).read_bytes(), rb"Cert Status: good"),
        }[staple]
        context.set_ocsp_server_callback(lambda connection, data: data, answer)
        connection, child = meet(context, "-status")
        connection.do_handshake()
        child.expect(words)

    @pytest.mark.parametrize("tickets", [True, False])
    def test_resumption(self, meet, tmp_path, tickets):
        context = self.context(verify=support.pki().ec_ca)
        context.set_session_id(b"here")
        if not tickets:
            context.set_options(SSL.OP_NO_TICKET)
        client = support.pki().ec_client
        shown = ("-cert", client.cert_path, "-key", client.key_path)
        connection, child = meet(context, *shown, "-sess_out", tmp_path / "session")
        say(connection, child, b"behind the tickets")
        child.end_input()
        finish(connection)
        connection, child = meet(context, *shown, "-sess_in", tmp_path / "session")
        connection.do_handshake()
        child.expect(rb"Reused, TLS")
        both_ways(connection, child)
        assert connection.get_peer_certificate().get_subject().CN == "client"

    @pytest.mark.parametrize("version", ["1.2"])
    def test_we_renegotiate(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        before = connection.get_finished()
        assert connection.renegotiate() is True
        connection.do_handshake()
        renew(connection, before)
        say(connection, child, b"again")
        assert connection.total_renegotiations() == 1
        assert connection.renegotiate_pending() is False
        assert connection.get_finished() != before

    @pytest.mark.parametrize("version", ["1.2"])
    def test_peer_renegotiates(self, meet):
        context = self.context()
        context.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
        connection, child = meet(context)
        both_ways(connection, child)
        before = connection.get_finished()
        child.write(b"R\n")
        child.expect(rb"RENEGOTIATING\n")
        renew(connection, before)
        say(connection, child, b"through")

    @pytest.mark.parametrize("version", ["1.2"])
    def test_peer_may_not_renegotiate(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        child.write(b"R\n")
        with pytest.raises(SSL.Error):
            read_on(connection)
        child.expect(rb"no renegotiation")

    def test_group(self, meet):
        context = self.context()
        context.set_tmp_ecdh(Curve)
        connection, child = meet(context, "-groups", "X25519:P-256:P-384")
        connection.do_handshake()
        child.expect(rb"Temp Key: ECDH, secp384r1, 384 bits")

    def test_no_common_group(self, meet):
        context = self.context()
        context.set_tmp_ecdh(Curve)
        connection, child = meet(context, "-groups", "X25519")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught)[0] in ("no suitable key share", "no shared cipher")
        child.expect(rb"alert handshake failure")

    @pytest.mark.parametrize("version", ["1.2"])
    def test_cipher_list(self, meet):
        names = "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"
        context = self.context()
        context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
        context.set_cipher_list(":".join(reversed(names)).encode())
        connection, child = meet(context, "-cipher", ":".join(names))
        connection.do_handshake()
        assert connection.get_cipher_name() == names[1]
        child.expect(rb"Cipher is ECDHE-ECDSA-CHACHA20-POLY1305")

    def test_no_common_cipher(self, meet, version):
        context = self.context()
        context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
        context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        other = ("-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
        if version == "1.3":
            other = ("-ciphersuites", "TLS_AES_256_GCM_SHA384")
        connection, child = meet(context, *other)
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught) == ["no shared cipher"]
        child.expect(rb"alert handshake failure")

    @pytest.mark.parametrize(("ours", "version"), [("1.2", "1.3"), ("1.3", "1.2")])
    def test_no_common_version(self, meet, ours, version):
        connection, child = meet(peers.limit(self.context(), ours))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught) == ["unsupported protocol"]
        child.expect(rb"alert protocol version")

    def test_peer_refuses_us(self, meet, pki):
        connection, child = meet(self.context(pki.other), "-verify_return_error")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
            read_on(connection)
        assert reasons(caught)[0].endswith("alert unknown ca")
        child.expect(rb"certificate verify failed")

    def test_peer_goes_away(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        connection.sendall(b"unread")
        child.kill()
        for _ in range(3):
            with pytest.raises(SSL.SysCallError):
                read_on(connection)


class TestClient(OfBoth):
    """We go to s_server."""

    method = SSL.TLS_METHOD

    def context(self, *args, **more):
        return support.client_context(*args, method=self.method, **more)

    @pytest.fixture
    def serve(self, stage, version):
        def serve(*options, credential=None):
            credential = credential or support.pki().ec_server
            child = stage.child(
                *("openssl", "s_server", "-accept", "127.0.0.1:0"),
                *("-cert", credential.cert_path, "-key", credential.key_path),
                f"-tls{version.replace('.', '_')}",
                *options,
            )
            return child, int(child.expect(rb"ACCEPT 127.0.0.1:(\d+)\n")[1])

        return serve

    def connect(self, stage, context, port):
        return stage.connect(context, port)

    @pytest.fixture
    def meet(self, stage, serve):
        def meet(context, *options, **more):
            child, port = serve(*options, **more)
            return self.connect(stage, context, port), child

        return meet

    def test_data(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        peers.exchange(connection, child)

    def test_we_shut_down(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        assert connection.shutdown() is False
        finish(connection)
        child.expect(rb"CONNECTION CLOSED\n")

    def test_peer_shuts_down(self, meet):
        connection, child = meet(self.context(), "-rev")
        connection.do_handshake()
        connection.sendall(b"drawer\n")
        assert peers.receive(connection, 7) == b"reward\n"
        connection.sendall(b"CLOSE\n")
        for _ in range(3):
            with pytest.raises(SSL.ZeroReturnError):
                connection.recv(1)
        assert connection.get_shutdown() == SSL.RECEIVED_SHUTDOWN
        finish(connection)

    def test_peer_goes_away(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        child.write(b"Q\n")  # closes its socket first
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                connection.recv(1)
            assert caught.value.args == (-1, "Unexpected EOF")

    def test_client_certificate(self, meet, pki):
        context = self.context(credential=pki.ec_client)
        connection, child = meet(context, "-Verify", "1", "-CAfile", pki.ec_ca.cert_path)
        both_ways(connection, child)
        assert connection.get_client_ca_list() == [pki.ec_ca.x509().get_subject()]
        assert re.search(rb"Client certificate\n(?s:.*)\nsubject=.*CN ?= ?client", child.so_far())

    @pytest.mark.parametrize(
        ("shown", "alerts", "theirs"),
        [
            (None, ("handshake failure", "certificate required"), rb"peer did not return a cert"),
            ("other", ("unknown ca",), rb"certificate verify failed"),
        ],
    )
    def test_client_certificate_refused(self, meet, pki, shown, alerts, theirs):
        context = self.context(credential=shown and getattr(pki, shown))
        # From 4.0 on -verify_return_error would take back what a -Verify before it says.
        connection, child = meet(
            context, *("-verify_return_error", "-Verify", "1", "-CAfile", pki.ec_ca.cert_path)
        )
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
            read_on(connection)
        assert reasons(caught)[0].endswith(tuple(f"alert {alert}" for alert in alerts))
        child.expect(theirs)

    @pytest.mark.parametrize("name", [b"localhost", None])
    def test_server_name(self, meet, pki, name):
        self.name_server(meet, pki, name)

    def test_other_server_name(self, meet, pki):
        self.name_server(meet, pki, b"elsewhere")

    def name_server(self, meet, pki, name):
        connection, child = meet(
            self.context(False),
            *("-servername", "localhost", "-cert2", pki.other.cert_path),
            *("-key2", pki.other.key_path),
        )
        if name:
            connection.set_tlsext_host_name(name)
        connection.do_handshake()
        shown = pki.other if name == b"localhost" else pki.ec_server
        assert connection.get_peer_certificate().digest("sha256") == shown.x509().digest("sha256")
        if name:
            child.expect(rb'Hostname in TLS extension: "%s"\n' % name)

    def test_chain(self, meet, pki):
        context = self.context(pki.ca)
        connection, child = meet(context, "-cert_chain", pki.deep.chain_path, credential=pki.deep)
        connection.do_handshake()
        assert [one.get_subject().CN for one in connection.get_verified_chain()] == [
            *("localhost", "Middle CA", "RSA CA")
        ]

    def test_peer_is_refused(self, meet, pki):
        connection, child = meet(self.context(pki.other_ca))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught) == ["certificate verify failed"]
        child.expect(rb"alert unknown ca")

    def test_alpn(self, meet):
        context = self.context()
        context.set_alpn_protos([b"http/1.1", b"h2"])
        connection, child = meet(context, "-alpn", "h2,h3")
        connection.do_handshake()
        assert connection.get_alpn_proto_negotiated() == b"h2"
        child.expect(rb"ALPN protocols selected: h2\n")

    def test_alpn_refused(self, meet):
        context = self.context()
        context.set_alpn_protos([b"http/1.1"])
        connection, child = meet(context, "-alpn", "h2")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught)[0].endswith("alert no application protocol")
        child.expect(rb"no application protocol")

    @pytest.mark.parametrize("kind", ["none", "try later", "good"])
    def test_ocsp(self, meet, pki, tmp_path, kind):
        got, context = [], self.context()
        context.set_ocsp_client_callback(lambda _, staple, data: got.append(staple) or True)
        options, staple = (), tmp_path / "staple"
        if kind != "none":
            good = peers.ocsp_response(pki.ec_server) if kind == "good" else None
            staple.write_bytes(good.read_bytes() if good else peers.TRY_LATER)
            options = "-status_file", staple
        connection, child = meet(context, *options)
        connection.request_ocsp()
        connection.do_handshake()
        assert got == [b"" if kind == "none" else staple.read_bytes()]

    @pytest.mark.parametrize("tickets", [True, False])
    def test_resumption(self, stage, serve, tickets):
        child, port = serve(*() if tickets else ("-no_ticket",))
        context = self.context()
        connection = self.connect(stage, context, port)
        both_ways(connection, child)  # what comes back comes behind the tickets
        session = connection.get_session()
        key = connection.master_key()
        connection.shutdown()
        finish(connection)
        again = self.connect(stage, context, port)
        again.set_session(session)
        both_ways(again, child)
        assert b"Reused session-id" in child.so_far()
        assert again.get_peer_certificate().get_subject().CN == "localhost"
        if again.get_protocol_version() == SSL.TLS1_2_VERSION:
            assert again.master_key() == key

    @pytest.mark.parametrize("version", ["1.2"])
    def test_we_renegotiate(self, meet):
        connection, child = meet(self.context(), "-client_renegotiation")
        both_ways(connection, child)
        before = connection.get_finished()
        assert connection.renegotiate() is True
        connection.do_handshake()
        both_ways(connection, child, b"again")
        assert connection.total_renegotiations() == 1
        assert connection.get_finished() != before

    @pytest.mark.parametrize("version", ["1.2"])
    def test_we_may_not_renegotiate(self, meet):
        connection, child = meet(self.context())
        both_ways(connection, child)
        connection.renegotiate()
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught)[0] == "no renegotiation"

    @pytest.mark.parametrize("version", ["1.2"])
    @pytest.mark.parametrize("command", [b"r\n", b"R\n"])
    def test_peer_renegotiates(self, meet, pki, command):
        context = self.context(credential=pki.ec_client)
        connection, child = meet(
            context, *("-CAfile", pki.ec_ca.cert_path, "-msg", "-no_resumption_on_reneg")
        )
        both_ways(connection, child)
        before = connection.get_finished()
        child.write(command)  # the second wants a certificate
        child.expect(rb"SSL_do_handshake -> 1\n")
        both_ways(connection, child, b"on the way")
        both_ways(connection, child, b"again")
        assert connection.get_finished() != before
        assert messages(child, b"<<<", CERTIFICATE) == (command == b"R\n")

    def test_group(self, meet, pki):
        context = self.context(pki.ca)
        context.set_tmp_ecdh(Curve)
        connection, child = meet(context, credential=pki.server)
        connection.do_handshake()
        child.expect(rb"Shared groups: secp384r1\n")

    def test_no_common_group(self, meet):
        context = self.context()
        context.set_tmp_ecdh(Curve)
        connection, child = meet(context, "-groups", "P-256")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught)[0].endswith("alert handshake failure")

    @pytest.mark.parametrize("version", ["1.2"])
    def test_cipher_list(self, meet):
        context = self.context()
        context.set_cipher_list(b"ECDHE-ECDSA-CHACHA20-POLY1305")
        connection, child = meet(context)
        connection.do_handshake()
        assert connection.get_cipher_name() == "ECDHE-ECDSA-CHACHA20-POLY1305"
        child.expect(rb"CIPHER is ECDHE-ECDSA-CHACHA20-POLY1305\n")

    @pytest.mark.parametrize(("ours", "version"), [("1.2", "1.3"), ("1.3", "1.2")])
    def test_no_common_version(self, meet, ours):
        connection, child = meet(peers.limit(self.context(), ours))
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert reasons(caught)[0].endswith("alert protocol version")
        child.expect(rb"unsupported protocol")
