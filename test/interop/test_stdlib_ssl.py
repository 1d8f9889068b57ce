"""Python's own ssl module as the peer, in both roles, over sockets and over memory.

Both work in this process with the same library, often in the same thread, with one error queue.
"""

import os
import ssl

import pytest

import support
from interop import peers
from OpenSSL import SSL, _util

LIMITS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
WAITS = SSL.WantReadError, SSL.WantWriteError, ssl.SSLWantReadError, ssl.SSLWantWriteError


class Pair:
    """*ours* and *theirs*, over TCP: both block."""

    def __init__(self, stage, role, ours, theirs, **options):
        near, far = map(stage.socket, support.tcp_sockets())
        self.ours = SSL.Connection(ours, near)
        self.theirs = theirs.wrap_socket(
            far, do_handshake_on_connect=False, **self.options(role, **options)
        )
        stage.socket(self.theirs)
        self._set_role(role)

    def options(self, role, **options):
        if role == "client":
            return {"server_side": True, **options}
        return {"server_hostname": "localhost", **options}

    def _set_role(self, role):
        (self.ours.set_connect_state if role == "client" else self.ours.set_accept_state)()

    def together(self, ours, theirs):
        """Two functions at the same time; what they give back."""
        with support.Threads() as threads:
            threads.start(theirs)
            result = ours()
        return result, threads.results[0]

    def do(self, operation, *args):
        """One operation, of either."""
        return operation(*args)

    def read_all(self, read, size):
        data = bytearray()
        while len(data) < size:
            data += self.do(read, size - len(data))
        return bytes(data)

    def handshake(self):
        self.together(self.ours.do_handshake, self.theirs.do_handshake)


class MemoryPair(Pair):
    """The same with a Connection without a socket, and an SSLObject with two MemoryBIOs."""

    def __init__(self, stage, role, ours, theirs, **options):
        self.ours = SSL.Connection(ours)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.theirs = theirs.wrap_bio(self.incoming, self.outgoing, **self.options(role, **options))
        self._set_role(role)

    def carry(self):
        moved = self.outgoing.pending
        while self.outgoing.pending:
            self.ours.bio_write(self.outgoing.read(1000))
        while True:
            try:
                moved += self.incoming.write(self.ours.bio_read(1000))
            except SSL.WantReadError:
                return moved

    def do(self, operation, *args):
        while True:
            try:
                result = operation(*args)
                self.carry()
                return result
            except WAITS:
                assert self.carry(), "it stands still"

    def together(self, ours, theirs):
        waiting, results = [ours, theirs], {}
        while waiting:
            for function in list(waiting):
                try:
                    results[function] = function()
                    waiting.remove(function)
                except WAITS:
                    pass
            assert self.carry() or not waiting, "it stands still"
        return results[ours], results[theirs]


@pytest.fixture(params=["client", "server"])
def role(request):
    """What ours is."""
    return request.param


@pytest.fixture(params=[Pair, MemoryPair])
def meet(request, stage, role, version):
    """meet(ours, theirs): a Pair that has shaken hands.  The contexts have defaults."""

    def meet(ours=None, theirs=None, *, prepare=None, shake=True, **options):
        ours = ours or our_context(role, version)
        theirs = theirs or their_context(role, version)
        pair = request.param(stage, role, ours, theirs, **options)
        if prepare:
            prepare(pair.ours)
        if shake:
            pair.handshake()
        return pair

    return meet


def our_context(role, version, *args, **options):
    make = support.client_context if role == "client" else support.server_context
    return peers.limit(make(*args, **options), version)


def their_context(role, version, credential=None, verify=None):
    """For who is not *role*; as a server it shows *credential*, and asks for one if *verify*."""
    pki = support.pki()
    server = role == "client"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = LIMITS[version]
    credential = credential or (pki.ec_server if server else None)
    if credential:
        context.load_cert_chain(credential.chain_path, credential.key_path)
    if not server or verify:
        context.load_verify_locations((verify or pki.ec_ca).cert_path)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def both_ways(pair, words=b"hello"):
    pair.do(pair.theirs.write, words)
    assert pair.read_all(pair.ours.recv, len(words)) == words
    pair.do(pair.ours.sendall, words)
    assert pair.read_all(pair.theirs.read, len(words)) == words


def refused(pair):
    """What each raises when the handshake fails, of which a TLS 1.3 client hears when it reads."""
    errors = {}

    def of(name, handshake, read):
        def run():
            try:
                handshake()
                read(1)
            except WAITS:
                raise
            except (ssl.SSLError, SSL.Error) as error:
                errors[name] = error

        return run

    pair.together(
        of("ours", pair.ours.do_handshake, pair.ours.recv),
        of("theirs", pair.theirs.do_handshake, pair.theirs.read),
    )
    return errors["ours"], errors["theirs"]


def reason(error):
    """Of one of ours."""
    return error.args[0][0][2]


class TestTraffic:
    def test_data(self, meet):
        pair = meet()
        data = os.urandom(300_000)
        view = memoryview(data)
        for part in range(0, len(data), 16000):
            piece = view[part : part + 16000]
            pair.do(pair.theirs.write, piece)
            assert pair.read_all(pair.ours.recv, len(piece)) == piece
            pair.do(pair.ours.sendall, piece)
            assert pair.read_all(pair.theirs.read, len(piece)) == piece

    def test_duplex(self, stage, role, version):
        """As much as neither takes without reading."""
        pair = Pair(stage, role, our_context(role, version), their_context(role, version))
        pair.handshake()
        data = os.urandom(3_000_000)
        with support.Threads() as threads:
            threads.start(pair.ours.sendall, data)
            threads.start(pair.theirs.sendall, data)
            threads.start(pair.read_all, pair.theirs.recv, len(data))
            assert pair.read_all(pair.ours.recv, len(data)) == data
        assert threads.results[2] == data

    def test_what_was_agreed_on(self, meet):
        pair = meet()
        name, version, bits = pair.theirs.cipher()
        assert pair.ours.get_cipher_name() == name
        assert pair.ours.get_cipher_bits() == bits
        assert pair.ours.get_cipher_version() == version
        assert pair.ours.get_protocol_version_name() == pair.theirs.version()

    def test_errors_stay_with_their_owner(self, meet):
        """A failure of either, in this thread, is not taken for the other's."""
        pair = meet()
        for _ in range(3):
            with pytest.raises(SSL.Error):
                SSL.Context(SSL.TLS_METHOD).use_certificate_file("/nowhere")
            both_ways(pair)
            with pytest.raises(OSError):
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain("/nowhere")
            both_ways(pair)


class TestCertificates:
    def test_of_the_server(self, meet, role, pki):
        pair = meet()
        shown = pki.ec_server.cert_der
        if role == "client":
            assert pair.ours.get_peer_certificate().digest("sha256") == (
                pki.ec_server.x509().digest("sha256")
            )
        else:
            assert pair.theirs.getpeercert(binary_form=True) == shown
            assert pair.theirs.getpeercert()["subjectAltName"][0] == ("DNS", "localhost")

    def test_of_the_client(self, meet, role, version, pki):
        if role == "client":
            pair = meet(
                our_context(role, version, credential=pki.ec_client),
                their_context(role, version, verify=pki.ec_ca),
            )
            both_ways(pair)
            assert pair.theirs.getpeercert(binary_form=True) == pki.ec_client.cert_der
        else:
            pair = meet(
                our_context(role, version, verify=pki.ec_ca),
                their_context(role, version, pki.ec_client),
            )
            both_ways(pair)
            assert pair.ours.get_peer_certificate().get_subject().CN == "client"

    def test_server_is_refused(self, meet, role, version, pki):
        if role == "client":
            pair = meet(our_context(role, version, pki.other_ca), shake=False)
            ours, theirs = refused(pair)
            assert reason(ours) == "certificate verify failed"
            assert theirs.reason.endswith("ALERT_UNKNOWN_CA")
        else:
            pair = meet(our_context(role, version, pki.other), shake=False)
            ours, theirs = refused(pair)
            assert isinstance(theirs, ssl.SSLCertVerificationError)
            assert reason(ours).endswith("alert unknown ca")

    def test_client_is_refused(self, meet, role, version, pki):
        if role == "client":
            theirs = their_context(role, version, verify=pki.ec_ca)
            ours, theirs = refused(meet(None, theirs, shake=False))
            assert theirs.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
            assert reason(ours).endswith(
                "alert certificate required" if version == "1.3" else "alert handshake failure"
            )
        else:
            ours, theirs = refused(meet(our_context(role, version, verify=pki.ec_ca), shake=False))
            assert reason(ours) == "peer did not return a certificate"
            assert theirs.reason.endswith(
                "ALERT_CERTIFICATE_REQUIRED" if version == "1.3" else "ALERT_HANDSHAKE_FAILURE"
            )

    @pytest.mark.parametrize("version", ["1.3"])
    @pytest.mark.parametrize("role", ["client"])
    def test_after_the_handshake(self, meet, role, version, pki):
        ours = our_context(role, version, credential=pki.ec_client)
        _util.lib.SSL_CTX_set_post_handshake_auth(ours._context, 1)
        theirs = their_context(role, version, verify=pki.ec_ca)
        theirs.verify_mode = ssl.CERT_OPTIONAL
        theirs.post_handshake_auth = True
        pair = meet(ours, theirs)
        pair.theirs.verify_client_post_handshake()
        both_ways(pair)
        both_ways(pair)
        assert pair.theirs.getpeercert(binary_form=True) == pki.ec_client.cert_der


class TestNames:
    def test_server_name(self, meet, role, version, pki):
        names = []
        if role == "client":
            theirs = their_context(role, version)
            other = their_context(role, version, pki.deep)

            def choose(one, name, context):
                names.append(name)
                one.context = other

            theirs.sni_callback = choose
            ours = our_context(role, version, pki.ca)
            pair = meet(ours, theirs, prepare=lambda one: one.set_tlsext_host_name(b"localhost"))
            assert len(pair.ours.get_verified_chain()) == 3
            assert names == ["localhost"]
        else:
            ours, other = our_context(role, version), our_context(role, version, pki.ec_server)
            ours.set_tlsext_servername_callback(
                lambda one: (names.append(one.get_servername()), one.set_context(other))
            )
            pair = meet(ours)
            assert names == [b"localhost"]
        both_ways(pair)

    @pytest.mark.parametrize("role", ["server"])
    def test_wrong_name(self, meet):
        ours, theirs = refused(meet(shake=False, server_hostname="elsewhere"))
        assert isinstance(theirs, ssl.SSLCertVerificationError)
        assert "Hostname mismatch" in str(theirs)
        assert reason(ours).endswith("alert bad certificate")

    def test_alpn(self, meet, role, version):
        ours, theirs = our_context(role, version), their_context(role, version)
        theirs.set_alpn_protocols(["h2", "http/1.1"])
        if role == "client":
            ours.set_alpn_protos([b"http/1.1", b"spdy/3"])
        else:
            ours.set_alpn_select_callback(lambda _, offered: offered[-1])
        pair = meet(ours, theirs)
        assert pair.ours.get_alpn_proto_negotiated() == b"http/1.1"
        assert pair.theirs.selected_alpn_protocol() == "http/1.1"

    def test_no_alpn_in_common(self, meet, role, version):
        ours, theirs = our_context(role, version), their_context(role, version)
        theirs.set_alpn_protocols(["h2"])
        if role == "client":
            ours.set_alpn_protos([b"spdy/3"])
        else:
            ours.set_alpn_select_callback(lambda *_: SSL.NO_OVERLAPPING_PROTOCOLS)
        pair = meet(ours, theirs)
        assert pair.ours.get_alpn_proto_negotiated() == b""
        assert pair.theirs.selected_alpn_protocol() is None


class TestNothingInCommon:
    def test_versions(self, meet, role, version):
        other = {"1.2": "1.3", "1.3": "1.2"}[version]
        ours, theirs = refused(meet(our_context(role, other), shake=False))
        if role == "client":
            assert reason(ours).endswith("alert protocol version")
            assert theirs.reason == "UNSUPPORTED_PROTOCOL"
        else:
            assert reason(ours) == "unsupported protocol"
            assert theirs.reason.endswith("ALERT_PROTOCOL_VERSION")

    @pytest.mark.parametrize("version", ["1.2"])
    def test_ciphers(self, meet, role, version):
        ours, theirs = our_context(role, version), their_context(role, version)
        ours.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
        theirs.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
        ours, theirs = refused(meet(ours, theirs, shake=False))
        if role == "client":
            assert reason(ours).endswith("alert handshake failure")
            assert theirs.reason == "NO_SHARED_CIPHER"
        else:
            assert reason(ours) == "no shared cipher"
            assert theirs.reason.endswith("ALERT_HANDSHAKE_FAILURE")


class TestSecrets:
    def check_binding(self, pair, of_the_client):
        ours = pair.ours
        mine = of_the_client is (ours.get_context().get_app_data() == "client")
        unique = ours.get_finished() if mine else ours.get_peer_finished()
        assert pair.theirs.get_channel_binding("tls-unique") == unique
        assert len(unique) == 12

    @pytest.mark.parametrize("version", ["1.2"])
    def test_channel_binding(self, meet, role, version):
        """tls-unique: the first Finished, which is the client's unless a session is resumed."""
        ours, theirs = our_context(role, version), their_context(role, version)
        ours.set_session_id(b"here")
        ours.set_app_data(role)
        pair = meet(ours, theirs)
        self.check_binding(pair, True)
        self.check_binding(resume(meet, pair, role), False)

    def test_key_log(self, meet, role, version, tmp_path):
        lines, path = set(), tmp_path / "log"
        ours, theirs = our_context(role, version), their_context(role, version)
        ours.set_keylog_callback(lambda _, line: lines.add(line))
        theirs.keylog_filename = path
        both_ways(meet(ours, theirs))
        logged = path.read_bytes().splitlines()
        assert lines == {line for line in logged if not line.startswith(b"#")} != set()


def resume(meet, pair, role):
    """Another Pair like this one, with its session."""
    both_ways(pair)  # the tickets come before it
    ours, theirs = pair.ours.get_context(), pair.theirs.context
    if role == "client":
        session = pair.ours.get_session()
        return meet(ours, theirs, prepare=lambda one: one.set_session(session))
    return meet(ours, theirs, session=session_of(pair.theirs))


def session_of(theirs):
    with support.leaks_of_others():  # the certificate in it
        return theirs.session


class TestResumption:
    @pytest.mark.parametrize("tickets", [True, False])
    def test_taken_up(self, meet, role, version, tickets):
        ours, theirs = our_context(role, version), their_context(role, version)
        if not tickets:
            ours.set_options(SSL.OP_NO_TICKET)
            theirs.options |= ssl.OP_NO_TICKET
        ours.set_session_id(b"here")
        first = meet(ours, theirs)
        assert not first.theirs.session_reused
        again = resume(meet, first, role)
        assert again.theirs.session_reused
        both_ways(again)
        if version == "1.2":
            assert again.ours.master_key() == first.ours.master_key()

    def test_not_taken_up_by_another(self, meet, role, version):
        """A server that does not know the session makes a new one."""
        first = meet()
        both_ways(first)
        if role == "client":
            session = first.ours.get_session()
            again = meet(first.ours.get_context(), prepare=lambda one: one.set_session(session))
        else:
            again = meet(None, first.theirs.context, session=session_of(first.theirs))
        assert not again.theirs.session_reused
        both_ways(again)


class TestEnds:
    def test_they_unwrap(self, meet):
        pair = meet()
        both_ways(pair)

        def answer():
            with pytest.raises(SSL.ZeroReturnError):
                pair.ours.recv(1)
            return pair.ours.shutdown()

        assert pair.together(answer, pair.theirs.unwrap)[0] is True

    def test_we_shut_down(self, meet):
        pair = meet()
        both_ways(pair)
        assert pair.do(pair.ours.shutdown) is False
        assert pair.do(pair.theirs.read, 1) == b""
        pair.do(pair.theirs.unwrap)
        for _ in range(3):
            with pytest.raises(SSL.ZeroReturnError):
                pair.ours.recv(1)
        assert pair.ours.shutdown() is True

    def test_plain_text_afterwards(self, stage, role, version):
        pair = Pair(stage, role, our_context(role, version), their_context(role, version))
        pair.handshake()
        both_ways(pair)
        assert pair.ours.shutdown() is False
        far = stage.socket(pair.theirs.unwrap())
        with pytest.raises(SSL.ZeroReturnError):
            pair.ours.recv(1)
        near = stage.socket(support.socket.socket(fileno=os.dup(pair.ours.fileno())))
        near.sendall(b"plain")
        assert far.recv(100) == b"plain"
        far.sendall(b"plain")
        assert near.recv(100) == b"plain"

    def test_they_go_away(self, stage, role, version):
        pair = Pair(stage, role, our_context(role, version), their_context(role, version))
        pair.handshake()
        both_ways(pair)
        pair.theirs.close()
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                pair.ours.recv(1)
            assert caught.value.args == (-1, "Unexpected EOF")

    def test_we_go_away(self, stage, role, version):
        options = {"suppress_ragged_eofs": False}
        ours, theirs = our_context(role, version), their_context(role, version)
        theirs.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # CPython 3.11.2 sets it
        pair = Pair(stage, role, ours, theirs, **options)
        pair.handshake()
        both_ways(pair)
        pair.ours.close()
        with pytest.raises(ssl.SSLError) as caught:
            pair.theirs.read(1)
        # CPython 3.11.2 has no SSLEOFError for what OpenSSL 3 says.
        assert (
            caught.type is ssl.SSLEOFError or caught.value.reason == "UNEXPECTED_EOF_WHILE_READING"
        )
