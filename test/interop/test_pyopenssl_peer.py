"""The original pyOpenSSL as the peer, in a process of its own, with a newer OpenSSL perhaps.

What both ends say of one connection is compared: names, secrets, errors.
"""

import json
import os
from pathlib import Path

import pytest

import support
from interop import peers
from OpenSSL import SSL, crypto

PYTHON = Path(__file__).parents[2] / ".venv-upstream/bin/python"
SCRIPT = Path(__file__).with_name("original_peer.py")

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="the original is not here: make upstream"
)


class Raised(Exception):
    """What the original raised: (the name of its class, its arguments)."""


def pack(value):
    return {"hex": bytes(value).hex()} if isinstance(value, (bytes, memoryview)) else value


def unpack(value):
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return [unpack(item) for item in value] if isinstance(value, list) else value


def same(error):
    """An exception of ours, or a Raised, so that they compare."""
    if isinstance(error, Raised):
        return error.args
    return type(error).__name__, json.loads(json.dumps(error.args))


class Original:
    """The process; call() runs one of its methods, or begin() and end() do.

    One serves many tests, each of which makes a Connection of its own there.
    """

    def __init__(self, stage):
        self.stage, self.child, self.asked = stage, None, False

    def new(self, wish):
        if not self.child or self.asked or not self.child.is_alive():  # the last test went wrong
            self.stage.pop_all().close()
            self.child = self.stage.child(PYTHON, "-I", SCRIPT)
        self.child.watch()
        self.call("new", wish)

    def begin(self, name, *args):
        self.asked = True
        self.child.write(json.dumps([name, *map(pack, args)]).encode() + b"\n")

    def end(self):
        kind, *rest = json.loads(self.child.line())
        self.asked = False
        if kind == "error":
            raise Raised(*rest)
        return unpack(rest[0])

    def call(self, name, *args):
        self.begin(name, *args)
        return self.end()


@pytest.fixture(scope="module")
def original():
    with peers.Stage() as stage:
        yield Original(stage)


class Pair:
    """*ours* and *theirs* over TCP, both of which block."""

    def __init__(self, stage, original, ours, server, wish):
        self.stage, self.theirs = stage, original
        self.context, self.server, self.wish = ours, server, wish
        self.connect()

    def connect(self):
        listener = self.stage.listener()
        self.theirs.new({**self.wish, "port": listener.getsockname()[1]})
        self.ours = self.stage.accept(listener, self.context)
        self.set_role()

    def set_role(self):
        (self.ours.set_accept_state if self.server else self.ours.set_connect_state)()

    def together(self, ours, name, *args):
        """A function and a method of theirs at the same time; what they give back or raise."""
        self.theirs.begin(name, *args)
        results = []
        for function in (ours, self.theirs.end):
            try:
                results.append(function())
            except (SSL.Error, Raised) as error:
                results.append(error)
        return results

    def shake(self):
        return self.together(self.ours.do_handshake, "do_handshake")


class MemoryPair(Pair):
    """The same without sockets: pieces are carried by hand."""

    carried = 0

    def connect(self):
        self.theirs.new(self.wish)
        self.renew()

    def renew(self):
        self.ours = SSL.Connection(self.context)
        self.set_role()

    def carry(self):
        moved = 0
        for read, write in (
            (self.ours.bio_read, lambda data: self.theirs.call("bio_write", data)),
            (lambda size: self.theirs.call("bio_read", size), self.ours.bio_write),
        ):
            while True:
                try:
                    data = read(65536)
                except (SSL.WantReadError, Raised):
                    break
                moved += len(data)
                write(data)
        self.carried += moved
        return moved

    def together(self, ours, name, *args):
        waiting = {"ours": ours, "theirs": lambda: self.theirs.call(name, *args)}
        results = {}
        while waiting:
            for which, function in list(waiting.items()):
                try:
                    results[which] = function()
                except SSL.WantReadError:
                    continue
                except Raised as error:
                    if error.args[0] == "WantReadError":
                        continue
                    results[which] = error
                except SSL.Error as error:
                    results[which] = error
                del waiting[which]
            assert self.carry() or not waiting, "it stands still"
        return [results["ours"], results["theirs"]]


@pytest.fixture(params=["client", "server"])
def role(request):
    """What ours is."""
    return request.param


@pytest.fixture(params=[Pair, MemoryPair])
def kind(request):
    return request.param


@pytest.fixture
def meet(kind, stage, original, role, version):
    """meet(): a Pair after the handshake.  *ours* are arguments of our context, the rest theirs."""
    pki = support.pki()
    server = role == "server"

    def meet(ours=None, *, prepare=None, shake=True, version=version, **wish):
        make = support.server_context if server else support.client_context
        context = make(**(ours or {}))
        context.set_session_id(b"ours")
        peers.limit(context, version)
        if prepare:
            prepare(context)
        defaults = {"method": "TLS_METHOD", "server": not server}
        if "version" not in wish:
            defaults["version"] = peers.VERSIONS[version]
        credential = wish.pop("credential", None if server else pki.ec_server)
        if credential:
            defaults["chain"] = str(credential.chain_path)
            defaults["key"] = str(credential.key_path)
        trusted = wish.pop("trusted", pki.ec_ca if server else None)
        if trusted:
            defaults["trusted"] = str(trusted.cert_path)
        pair = kind(stage, original, context, server, {**defaults, **wish})
        if shake:
            assert pair.shake() == [None, None]
        return pair

    return meet


def both_ways(pair, data=b"hello"):
    sent, received = pair.together(lambda: pair.ours.sendall(data), "receive", len(data))
    assert (sent, received) == (len(data), data)
    received, sent = pair.together(lambda: peers.receive(pair.ours, len(data)), "sendall", data)
    assert (sent, received) == (len(data), data)


def agree(pair, *names):
    for name in names:
        assert getattr(pair.ours, name)() == pair.theirs.call(name), name


def refused(pair):
    """Both shake hands and read, in vain: what ours and theirs raise."""

    ours, theirs = pair.shake()
    if ours is None:
        (ours, _) = pair.together(lambda: pair.ours.recv(1), "get_shutdown")
    if theirs is None:
        (_, theirs) = pair.together(lambda: None, "recv", 1)
    return ours, theirs


class TestTraffic:
    def test_data(self, meet):
        pair = meet()
        both_ways(pair, os.urandom(100))
        both_ways(pair, os.urandom(100_000))

    def test_what_was_agreed_on(self, meet):
        pair = meet()
        both_ways(pair)
        agree(
            *(pair, "get_cipher_name", "get_cipher_bits", "get_cipher_version"),
            *("get_protocol_version", "get_protocol_version_name", "get_state_string"),
            *("get_alpn_proto_negotiated", "get_servername", "get_shutdown", "pending"),
            *("client_random", "server_random", "get_group_name"),
        )

    def test_secrets(self, meet, version):
        keys = []
        pair = meet(prepare=lambda one: one.set_keylog_callback(lambda _, line: keys.append(line)))
        both_ways(pair)
        assert pair.ours.get_finished() == pair.theirs.call("get_peer_finished")
        assert pair.ours.get_peer_finished() == pair.theirs.call("get_finished")
        for context in (None, b"", b"context"):
            exported = pair.ours.export_keying_material(b"EXPORTER-test", 40, context)
            assert exported == pair.theirs.call(
                "export_keying_material", b"EXPORTER-test", 40, context
            )
        assert set(keys) == set(pair.theirs.call("ask", "keys")) != set()
        if version == "1.2":
            agree(pair, "master_key")


class TestCertificates:
    def der(self, certificate):
        return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)

    def test_both_show_one(self, meet, role, pki):
        if role == "server":
            pair = meet({"verify": pki.ec_ca}, credential=pki.ec_client)
        else:
            pair = meet({"credential": pki.ec_client}, trusted=pki.ec_ca)
        both_ways(pair)
        ours, theirs = pair.ours, pair.theirs
        assert self.der(ours.get_peer_certificate()) == theirs.call("get_certificate")
        assert self.der(ours.get_certificate()) == theirs.call("get_peer_certificate")
        assert len(ours.get_verified_chain()) == len(theirs.call("get_verified_chain")) == 2

    def test_chain(self, meet, role, pki):
        if role == "server":
            pair = meet({"credential": pki.deep}, trusted=pki.ca)
            assert len(pair.theirs.call("get_peer_cert_chain")) == 2
            assert len(pair.theirs.call("get_verified_chain")) == 3
        else:
            pair = meet({"trusted": pki.ca}, credential=pki.deep)
            assert len(pair.ours.get_peer_cert_chain()) == 2
            assert len(pair.ours.get_verified_chain()) == 3

    @pytest.mark.parametrize("refusing", ["server", "client"])
    def test_refused(self, meet, role, pki, refusing):
        """Who refuses and who is refused raise the same, whichever is ours."""
        if refusing == "client":
            pair = (
                meet(trusted=pki.other_ca, shake=False)
                if role == "server"
                else meet({"trusted": pki.other_ca}, shake=False)
            )
        else:
            pair = (
                meet({"verify": pki.ec_ca}, shake=False)
                if role == "server"
                else meet(trusted=pki.ec_ca, shake=False)
            )
        ours, theirs = map(same, refused(pair))
        refuses, is_refused = (ours, theirs) if role == refusing else (theirs, ours)
        why = {"client": "certificate verify failed", "server": "peer did not return a certificate"}
        assert refuses == ("Error", [[["SSL routines", "", why[refusing]]]])
        assert is_refused[0] == "Error" and " alert " in is_refused[1][0][0][2]


class TestNames:
    def test_server_name(self, meet, role):
        names = []
        if role == "server":
            pair = meet(
                prepare=lambda one: one.set_tlsext_servername_callback(
                    lambda connection: names.append(connection.get_servername())
                ),
                shake=False,
            )
            pair.theirs.call("set_tlsext_host_name", b"localhost")
        else:
            pair = meet(shake=False)
            pair.ours.set_tlsext_host_name(b"localhost")
        assert pair.shake() == [None, None]
        assert (names if role == "server" else pair.theirs.call("ask", "names")) == [b"localhost"]
        agree(pair, "get_servername")

    def test_alpn(self, meet, role):
        if role == "server":
            pair = meet(
                prepare=lambda one: one.set_alpn_select_callback(lambda _, names: names[-1]),
                alpn=[pack(b"h2"), pack(b"http/1.1")],
            )
        else:
            pair = meet(
                prepare=lambda one: one.set_alpn_protos([b"h2", b"http/1.1"]),
                alpn=pack(b"http/1.1"),
            )
            assert pair.theirs.call("ask", "offered") == [b"h2", b"http/1.1"]
        assert pair.ours.get_alpn_proto_negotiated() == b"http/1.1"
        agree(pair, "get_alpn_proto_negotiated")

    def test_ocsp(self, meet, role, pki):
        staple, got = peers.ocsp_response(pki.ec_server).read_bytes(), []
        if role == "server":
            pair = meet(
                prepare=lambda one: one.set_ocsp_server_callback(lambda *_: staple), shake=False
            )
            pair.theirs.call("request_ocsp")
        else:
            pair = meet(
                prepare=lambda one: one.set_ocsp_client_callback(
                    lambda _, response, data: got.append(response) or True
                ),
                staple=pack(staple),
                shake=False,
            )
            pair.ours.request_ocsp()
        assert pair.shake() == [None, None]
        assert (pair.theirs.call("ask", "staple") if role == "server" else got) == [staple]


class TestResumption:
    @pytest.mark.parametrize("kind", [MemoryPair])
    @pytest.mark.parametrize("tickets", [True, False])
    def test_taken_up(self, meet, role, version, tickets):
        options = 0 if tickets else SSL.OP_NO_TICKET
        pair = meet(prepare=lambda one: one.set_options(options), options=options)
        both_ways(pair)
        key = pair.ours.master_key()
        session = None if role == "server" else pair.ours.get_session()
        for _ in range(2):
            pair.together(pair.ours.shutdown, "shutdown")
        first = pair.carried
        pair.renew()
        pair.theirs.call("again")
        if session:
            pair.ours.set_session(session)
        assert pair.shake() == [None, None]
        both_ways(pair)
        assert pair.carried - first < first - 500  # no certificate was sent
        if version == "1.2":
            assert pair.ours.master_key() == key
            agree(pair, "master_key")


class TestChanges:
    @pytest.mark.parametrize("version", ["1.2"])
    def test_we_renegotiate(self, meet, role):
        allow = {"options": SSL.OP_ALLOW_CLIENT_RENEGOTIATION}
        pair = meet(**allow)
        both_ways(pair)
        before = pair.ours.get_finished()
        assert pair.ours.renegotiate() is True
        for _ in range(2):  # sending drives it
            both_ways(pair)
        assert pair.ours.total_renegotiations() == 1
        assert pair.ours.get_finished() != before
        assert pair.ours.get_finished() == pair.theirs.call("get_peer_finished")


class TestEnds:
    def test_walk_through(self, meet):
        """Both say the same at every step, whoever begins."""
        pair = meet()
        both_ways(pair)
        assert pair.ours.shutdown() is False
        assert pair.ours.get_shutdown() == SSL.SENT_SHUTDOWN
        _, theirs = pair.together(lambda: None, "recv", 1)
        assert same(theirs) == ("ZeroReturnError", [])
        assert pair.theirs.call("get_shutdown") == SSL.RECEIVED_SHUTDOWN
        assert pair.theirs.call("shutdown") is True
        ours, _ = pair.together(lambda: pair.ours.recv(1), "get_shutdown")
        assert same(ours) == ("ZeroReturnError", [])
        agree(pair, "get_shutdown")

    def test_they_begin(self, meet):
        pair = meet()
        both_ways(pair)
        assert pair.theirs.call("shutdown") is False
        ours, _ = pair.together(lambda: pair.ours.recv(1), "get_shutdown")
        assert same(ours) == ("ZeroReturnError", [])
        assert pair.ours.shutdown() is True
        _, theirs = pair.together(lambda: None, "recv", 1)
        assert same(theirs) == ("ZeroReturnError", [])
        agree(pair, "get_shutdown")


class TestDatagrams:
    PROFILES = b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"

    @pytest.fixture
    def pair(self, stage, original, role, pki):
        """In memory, before the handshake."""
        server = role == "server"
        make = support.server_context if server else support.client_context
        context = make(method=SSL.DTLS_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_COOKIE_EXCHANGE)
        context.set_cookie_generate_callback(lambda _: b"cookie")
        context.set_cookie_verify_callback(lambda _, cookie: cookie == b"cookie")
        context.set_tlsext_use_srtp(b":".join(self.PROFILES))
        wish = {
            "method": "DTLS_METHOD",
            "server": not server,
            "options": SSL.OP_NO_QUERY_MTU | SSL.OP_COOKIE_EXCHANGE,
            "srtp": pack(self.PROFILES[1]),
        }
        if server:
            wish["trusted"] = str(pki.ec_ca.cert_path)
        else:
            wish["chain"] = str(pki.ec_server.chain_path)
            wish["key"] = str(pki.ec_server.key_path)
        pair = MemoryPair(stage, original, context, server, wish)
        pair.ours.set_ciphertext_mtu(1200)
        pair.theirs.call("set_ciphertext_mtu", 1200)
        return pair

    def test_handshake(self, pair):
        assert pair.shake() == [None, None]
        agree(
            *(pair, "get_cipher_name", "get_protocol_version_name", "master_key"),
            *("get_selected_srtp_profile", "get_cleartext_mtu"),
        )
        assert pair.ours.get_selected_srtp_profile() == self.PROFILES[1]
        assert pair.ours.get_finished() == pair.theirs.call("get_peer_finished")
        for size in (1, 500, pair.ours.get_cleartext_mtu()):
            both_ways(pair, b"x" * size)

    def hello(self, pair, role):
        """The client's next datagram, which is brought to the server.

        It is the last, behind the one before again if that had no answer for a second.
        """
        if role == "server":
            with pytest.raises(Raised):
                pair.theirs.call("do_handshake")
            with pytest.raises(Raised, match="WantReadError"):
                while True:
                    hello = pair.theirs.call("bio_read", 65536)
            pair.ours.bio_write(hello)
        else:
            with pytest.raises(SSL.WantReadError):
                pair.ours.do_handshake()
            pair.theirs.call("bio_write", hello := support.newest(pair.ours))
        return hello

    def test_listen(self, pair, role):
        self.hello(pair, role)
        if role == "server":
            with pytest.raises(SSL.WantReadError):
                pair.ours.DTLSv1_listen()
        else:
            with pytest.raises(Raised, match="WantReadError"):
                pair.theirs.call("DTLSv1_listen")
        assert pair.carry() > 0
        hello = self.hello(pair, role)
        assert b"cookie" in hello
        if role == "server":
            assert pair.ours.DTLSv1_listen() is None
            pair.ours.bio_write(hello)
        else:
            assert pair.theirs.call("DTLSv1_listen") is None
            pair.theirs.call("bio_write", hello)
        assert pair.shake() == [None, None]
        both_ways(pair)
