"""Every callback, and everything that one may do."""

import asyncio
import contextlib
import errno
import gc
import sys
import threading
import weakref

import pytest

import support
from OpenSSL import SSL, crypto

TRY_LATER = bytes.fromhex("30030a0103")  # the smallest OCSP response that OpenSSL passes on
NO_MEMORY = 0xC0100  # an error's reason when an allocation failed


class Kind:
    """A way in which OpenSSL calls back: what it takes to be called, and what it expects."""

    name = ""
    right = True  # an answer with which all goes well
    refusing = ()  # answers that end the handshake with Error
    wrong = ()  # answers that are a mistake, and the exception
    method = SSL.TLS_METHOD
    unheard = False  # OpenSSL takes no answer

    def contexts(self, callback):
        """(client, server), of which one has the callback."""
        client = support.client_context(method=self.method)
        server = support.server_context(method=self.method)
        self.install(client, server, callback)
        return client, server

    def prepare(self, client, server):
        """Before the handshake."""

    def caller(self, client, server):
        """The Connection whose callback it is."""
        return server

    def run(self, callback, kind="memory"):
        client, server = support.PAIRS[kind](*self.contexts(callback))
        self.prepare(client, server)
        return support.handshake(client, server)

    def __repr__(self):
        return self.name


class Verify(Kind):
    name = "verify"
    refusing = (False, None, 0, "", [])

    def install(self, client, server, callback):
        client.set_verify(SSL.VERIFY_PEER, callback)

    def caller(self, client, server):
        return client


class VerifyOfConnection(Verify):
    name = "verify of the Connection"

    def install(self, client, server, callback):
        self.callback = callback

    def prepare(self, client, server):
        client.set_verify(SSL.VERIFY_PEER, self.callback)
        del self.callback


class VerifyOnServer(Kind):
    name = "verify on a server"
    refusing = Verify.refusing

    def contexts(self, callback):
        server = support.server_context(verify=support.pki().ec_ca)
        server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, callback)
        return support.client_context(credential=support.pki().ec_client), server


class Info(Kind):
    name = "info"
    right = None
    unheard = True

    def install(self, client, server, callback):
        server.set_info_callback(callback)


class InfoOfConnection(Kind):
    name = "info of the Connection"
    right = None
    unheard = True

    def install(self, client, server, callback):
        self.callback = callback

    def prepare(self, client, server):
        client.set_info_callback(self.callback)
        del self.callback

    def caller(self, client, server):
        return client


class Keylog(Kind):
    name = "keylog"
    right = None
    unheard = True

    def install(self, client, server, callback):
        server.set_keylog_callback(callback)


class Servername(Kind):
    name = "servername"
    right = None

    def install(self, client, server, callback):
        server.set_tlsext_servername_callback(callback)


class Alpn(Kind):
    name = "ALPN"
    right = b"two"
    refusing = (b"", b"other", b"tw", b"two\0", b"onetwo")
    wrong = (
        ("two", TypeError),
        (None, TypeError),
        (0, TypeError),
        (bytearray(b"two"), TypeError),
        (2**70, TypeError),
        ([b"two"], TypeError),
        (b"x" * 256, ValueError),
        (b"x" * 70000, ValueError),
    )

    def install(self, client, server, callback):
        client.set_alpn_protos([b"one", b"two"])
        server.set_alpn_select_callback(callback)


class OcspServer(Kind):
    name = "OCSP on a server"
    right = TRY_LATER
    wrong = (
        ("x", TypeError),
        (None, TypeError),
        (0, TypeError),
        (bytearray(b"x"), TypeError),
        (2**70, TypeError),
    )

    def install(self, client, server, callback):
        client.set_ocsp_client_callback(lambda *args: True)
        server.set_ocsp_server_callback(callback)

    def prepare(self, client, server):
        client.request_ocsp()


class OcspClient(Kind):
    name = "OCSP on a client"
    refusing = (False, None, 0, b"")

    def install(self, client, server, callback):
        client.set_ocsp_client_callback(callback)
        server.set_ocsp_server_callback(lambda *args: TRY_LATER)

    def prepare(self, client, server):
        client.request_ocsp()

    def caller(self, client, server):
        return client


class Cookies(Kind):
    """A DTLS server that listens, over memory only."""

    method = SSL.DTLS_METHOD

    def prepare(self, client, server):
        for connection in (client, server):
            connection.set_ciphertext_mtu(1500)

    def contexts(self, callback):
        client, server = super().contexts(callback)
        for context in (client, server):
            context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_COOKIE_EXCHANGE)
        return client, server

    def run(self, callback, kind="memory"):
        client, server = support.memory_pair(*self.contexts(callback))
        self.prepare(client, server)
        for expected in range(2):
            hello = self.hello(client)
            server.bio_write(hello)
            try:
                server.DTLSv1_listen()
            except SSL.WantReadError as wait:
                if wait.args:  # the callback's own
                    raise
                assert expected == 0
            else:
                assert expected == 1
            support.move(server, client)
        server.bio_write(hello)
        return support.handshake(client, server)

    def hello(self, client):
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        return support.newest(client)


class CookieGenerate(Cookies):
    name = "cookie generate"
    right = b"a cookie"
    wrong = (
        ("x", TypeError),
        (None, TypeError),
        (0, TypeError),
        (bytearray(b"x"), TypeError),
        (b"x" * 256, ValueError),
        (b"x" * 70000, ValueError),
        (2**70, TypeError),
    )

    def install(self, client, server, callback):
        server.set_cookie_generate_callback(callback)
        server.set_cookie_verify_callback(lambda connection, cookie: True)


class CookieVerify(Cookies):
    name = "cookie verify"

    def install(self, client, server, callback):
        server.set_cookie_generate_callback(lambda connection: b"a cookie")
        server.set_cookie_verify_callback(callback)


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    """The sockets of support.socket_pair are closed in the end."""
    opened = []

    def pair(*args, **kwargs):
        connections = make(*args, **kwargs)
        opened.extend(connection._socket for connection in connections)
        return connections

    make = support.PAIRS["socketpair"]
    monkeypatch.setitem(support.PAIRS, "socketpair", pair)
    yield
    for one in opened:
        one.close()


KINDS = [
    Verify(),
    VerifyOfConnection(),
    VerifyOnServer(),
    Info(),
    InfoOfConnection(),
    Keylog(),
    Servername(),
    Alpn(),
    OcspServer(),
    OcspClient(),
    CookieGenerate(),
    CookieVerify(),
]
ERRORS = [
    ZeroDivisionError("x"),
    KeyboardInterrupt("x"),
    SystemExit("x"),
    GeneratorExit("x"),
    asyncio.CancelledError("x"),
    SSL.WantReadError("x"),
    SSL.Error("x"),
    StopIteration("x"),
    MemoryError("x"),
]

every = pytest.mark.parametrize("kind", KINDS, ids=repr)
over = pytest.mark.parametrize("transport", ["memory", "socketpair"])


def answers(which):
    return pytest.mark.parametrize(
        "kind, answer",
        [(kind, answer) for kind in KINDS for answer in getattr(kind, which)],
        ids=lambda value: repr(value)[:30],
    )


class Recorder:
    """A callback that remembers how it was called."""

    def __init__(self, answer):
        self.answer = answer
        self.calls = []

    def __call__(self, *args):
        self.calls.append(args)
        return self.answer


@every
@over
class TestRight:
    def test_right(self, kind, transport):
        recorder = Recorder(kind.right)
        client, server = kind.run(recorder, transport)
        assert recorder.calls
        expected = kind.caller(client, server)
        assert all(args[0] is expected for args in recorder.calls)
        assert support.transfer(client, server, b"there") == b"there"
        assert support.transfer(server, client, b"and back") == b"and back"


class Unlike:
    """Is neither true nor false."""

    def __init__(self, error):
        self.error = error

    def __bool__(self):
        raise self.error


class TestAnswers:
    @answers("refusing")
    def test_refusing(self, kind, answer):
        recorder = Recorder(answer)
        with pytest.raises(SSL.Error) as caught:
            kind.run(recorder)
        assert type(caught.value) is SSL.Error and caught.value.args[0]
        assert len(recorder.calls) == 1

    @pytest.mark.parametrize(
        "kind, answer, error",
        [(kind, answer, error) for kind in KINDS for answer, error in kind.wrong],
        ids=lambda value: repr(value)[:30],
    )
    def test_wrong(self, kind, answer, error):
        recorder = Recorder(answer)
        with pytest.raises(error):
            kind.run(recorder)
        assert len(recorder.calls) == 1

    @pytest.mark.parametrize("kind", [k for k in KINDS if not k.wrong], ids=repr)
    @pytest.mark.parametrize(
        "answer", [1, 2**70, "x", object(), b"x" * 70000], ids=lambda v: repr(v)[:20]
    )
    def test_true(self, kind, answer):
        kind.run(Recorder(answer))

    @pytest.mark.parametrize(
        "kind", [k for k in KINDS if k.unheard or k.name == "servername"], ids=repr
    )
    @pytest.mark.parametrize("answer", [0, False, "", Unlike(ZeroDivisionError)])
    def test_that_does_not_matter(self, kind, answer):
        kind.run(Recorder(answer))

    @pytest.mark.parametrize("kind", [k for k in KINDS if k.right is True], ids=repr)
    @pytest.mark.parametrize("error", [ZeroDivisionError("x"), KeyboardInterrupt("x")])
    def test_whose_truth_raises(self, kind, error):
        with pytest.raises(type(error)) as caught:
            kind.run(Recorder(Unlike(error)))
        assert caught.value is error

    def test_cookie_that_is_not_known(self):
        """No answer to a stranger: the listening goes on."""
        kind, recorder = CookieVerify(), Recorder(False)
        client, server = support.memory_pair(*kind.contexts(recorder))
        kind.prepare(client, server)
        for _ in range(2):
            hello = kind.hello(client)
            server.bio_write(hello)
            with pytest.raises(SSL.WantReadError):
                server.DTLSv1_listen()
            support.move(server, client)
        for count in range(2, 5):
            assert recorder.calls == [(server, b"a cookie")] * (count - 1)
            server.bio_write(hello)
            with pytest.raises(SSL.WantReadError):
                server.DTLSv1_listen()

    def test_cookie_that_nobody_could_check(self):
        """A listening that ends with an exception has found no client."""
        kind = CookieVerify()
        client, server = support.memory_pair(*kind.contexts(lambda *args: 1 / 0))
        kind.prepare(client, server)
        server.bio_write(kind.hello(client))
        with pytest.raises(SSL.WantReadError):
            server.DTLSv1_listen()
        support.move(server, client)
        server.bio_write(kind.hello(client))
        with pytest.raises(ZeroDivisionError):
            server.DTLSv1_listen()
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        with pytest.raises(SSL.WantReadError):
            server.bio_read(1)

    def test_cookie_too_long_says_so(self):
        with pytest.raises(ValueError, match="Cookie too long"):
            CookieGenerate().run(Recorder(b"x" * 256))

    @pytest.mark.parametrize("size", [1, 254, 255])
    def test_longest_cookie(self, size):
        CookieGenerate().run(Recorder(b"x" * size))


def stays_shut(caller, peer, errors):
    """After a failed handshake its end is no connection, and the other gets nothing from it."""
    calls = (
        caller.do_handshake,
        lambda: caller.recv(1),
        lambda: caller.send(b"secret"),
        lambda: peer.recv(1),
        lambda: peer.recv(1),
    )
    for call in calls * 2:
        with pytest.raises(errors):
            call()
        if support.is_memory(caller):
            support.pump(caller, peer)


@every
@over
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
class TestRaises:
    def test_raises(self, kind, transport, error):
        """That very exception comes out, once, and the connection is good for nothing."""
        calls = []

        def fail(*args):
            calls.append(args)
            raise error

        if isinstance(kind, Cookies):
            with pytest.raises(type(error)) as caught:
                kind.run(fail)
            assert caught.value is error and len(calls) == 1
            return
        client, server = support.PAIRS[transport](*kind.contexts(fail))
        kind.prepare(client, server)
        if transport == "socketpair":
            for connection in (client, server):
                connection.setblocking(False)
        with pytest.raises(type(error)) as caught:
            for _ in range(20):
                for connection in (client, server):
                    try:
                        connection.do_handshake()
                    except SSL.WantReadError as maybe:
                        if maybe is error:
                            raise
                if transport == "memory":
                    support.pump(client, server)
        assert caught.value is error
        assert len(calls) == 1
        assert "fail" in [entry.name for entry in caught.traceback]
        caller = kind.caller(client, server)
        peer = server if caller is client else client
        stays_shut(caller, peer, (SSL.Error, type(error)) if kind.unheard else SSL.Error)
        assert len(calls) == 1 or kind.unheard


class TestAlerts:
    """What the peer is told of a handshake that a callback ends."""

    # One that refuses, and one that raises.
    ALERTS = [
        (Verify(), "handshake failure", "handshake failure"),
        (VerifyOfConnection(), "handshake failure", "handshake failure"),
        (VerifyOnServer(), "handshake failure", "handshake failure"),
        (Servername(), None, "internal error"),
        (Alpn(), "no application protocol", "no application protocol"),
        (OcspServer(), None, "internal error"),
        (OcspClient(), "bad certificate status response", "internal error"),
    ]

    def told(self, kind, callback):
        client, server = support.memory_pair(*kind.contexts(callback))
        kind.prepare(client, server)
        caller = kind.caller(client, server)
        peer = client if caller is server else server
        with pytest.raises((SSL.Error, ZeroDivisionError)):
            support.handshake(client, server)
        support.move(caller, peer)
        with pytest.raises(SSL.Error) as caught:
            peer.do_handshake()
            peer.recv(1)
        return caught.value.args[0][-1][2]

    @pytest.mark.parametrize("kind, refused, raised", ALERTS, ids=repr)
    def test_alert(self, kind, refused, raised):
        def fail(*args):
            raise ZeroDivisionError

        assert self.told(kind, fail).endswith(raised)
        for answer in kind.refusing:
            assert self.told(kind, Recorder(answer)).endswith(refused)


@every
@over
class TestOddThings:
    def test_drops_everything(self, kind, transport):
        """All references but those of OpenSSL's call go, and garbage is collected."""
        held = {}

        def callback(*args):
            held.clear()
            gc.collect()
            return kind.right

        if isinstance(kind, Cookies):
            kind.run(callback)
            return
        held["contexts"] = kind.contexts(callback)
        client, server = support.PAIRS[transport](*held["contexts"])
        kind.prepare(client, server)
        del callback
        support.handshake(client, server)
        assert not held

    def test_comes_back(self, kind, transport):
        """From inside its own callback a Connection is not driven: Error, and all goes on."""
        refused = []

        def callback(*args):
            connection = args[0]
            calls = [
                connection.do_handshake,
                lambda: connection.send(b"x"),
                lambda: connection.sendall(b"x"),
                lambda: connection.recv(1),
                lambda: connection.recv_into(bytearray(1)),
                connection.shutdown,
                connection.set_connect_state,
                connection.set_accept_state,
                connection.DTLSv1_listen,
                connection.DTLSv1_handle_timeout,
                connection.key_update,
            ]
            for call in calls:
                with pytest.raises(SSL.Error) as caught:
                    call()
                refused.append(caught.value.args[0][0][2])
            return kind.right

        client, server = kind.run(callback, transport)
        assert "callback" in refused[0]
        assert support.transfer(client, server, b"x") == b"x"

    def test_asks(self, kind, transport):
        """It may be asked anything."""
        questions = [
            name
            for name in dir(SSL.Connection)
            if name.startswith(("get_", "want_", "total_", "state_", "DTLSv1_get"))
        ]
        questions += [
            "pending",
            "client_random",
            "server_random",
            "master_key",
            "renegotiate_pending",
        ]

        def callback(*args):
            for name in questions:
                getattr(args[0], name)()
            return kind.right

        kind.run(callback, transport)

    def test_sets(self, kind, transport):
        """It may be set, and the callable that runs lives on."""
        other = support.client_context(False)
        gone = []

        def callback(*args):
            connection = args[0]
            weakref.finalize(held.pop(), gone.append, True) if held else None
            if not isinstance(kind, (Verify, VerifyOnServer)):
                connection.set_verify(SSL.VERIFY_NONE)
            else:
                connection.set_verify(connection.get_verify_mode(), lambda *args: True)
            connection.set_info_callback(lambda *args: None)
            connection.set_app_data(other)
            connection.set_options(SSL.OP_NO_TICKET)
            gc.collect()
            return kind.right

        held = [callback]
        entry = callback
        del callback
        kind.run(entry, transport)

    def test_replaces_itself_on_the_context(self, kind, transport):
        """A Context is not changed from inside its own handshake, so the callback stays."""
        refused = []

        def callback(*args):
            context = args[0].get_context()
            with pytest.raises(RuntimeError, match="callback") as caught:
                context.set_info_callback(print)
            refused.append(caught.value)
            with pytest.raises(RuntimeError, match="callback"):
                context.set_verify(SSL.VERIFY_NONE)
            return kind.right

        kind.run(callback, transport)
        assert refused

    def test_recursion(self, kind, transport):
        """Another whole connection of the same Contexts, from inside a callback."""
        depth = []

        def callback(*args):
            if len(depth) < 3:
                depth.append(args)
                support.connected("memory", *contexts) if not isinstance(kind, Cookies) else None
            return kind.right

        contexts = kind.contexts(callback)
        client, server = support.memory_pair(*contexts)
        if isinstance(kind, Cookies):
            return
        kind.prepare(client, server)
        support.handshake(client, server)

    def test_closes(self, kind, transport):
        """close() from inside a callback: no crash, and nothing more moves."""
        if transport == "memory" or isinstance(kind, Cookies):
            return

        def callback(*args):
            args[0].close()
            return kind.right

        client, server = support.PAIRS[transport](*kind.contexts(callback))
        kind.prepare(client, server)
        with pytest.raises((SSL.Error, OSError)):
            for connection in (client, server):
                connection.setblocking(False)
            for _ in range(10):
                for connection in (client, server):
                    try:
                        connection.do_handshake()
                    except SSL.WantReadError:
                        pass


class TestVerify:
    def test_protocol(self):
        """From the root to the leaf, each once, with what OpenSSL thinks of it."""
        pki = support.pki()
        recorder = Recorder(True)
        client = support.client_context(pki.ca)
        client.set_verify(SSL.VERIFY_PEER, recorder)
        connection, _ = support.connected("memory", client, support.server_context(pki.deep))
        assert [args[2:] for args in recorder.calls] == [(0, 2, 1), (0, 1, 1), (0, 0, 1)]
        subjects = [args[1].get_subject().CN for args in recorder.calls]
        assert subjects == ["RSA CA", "Middle CA", "localhost"]
        assert all(type(args[1]) is crypto.X509 for args in recorder.calls)
        assert all(type(number) is int for args in recorder.calls for number in args[2:])

    def test_certificates_outlive(self):
        recorder = Recorder(True)
        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, recorder)
        support.connected("memory", client)
        certs = [args[1] for args in recorder.calls]
        del recorder, client
        gc.collect()
        assert [cert.get_subject().CN for cert in certs] == ["EC CA", "localhost"]

    def test_accepts_an_error(self):
        """What is accepted is not held against the peer later."""
        recorder = Recorder(True)
        client = support.client_context(support.pki().other_ca)
        client.set_verify(SSL.VERIFY_PEER, recorder)
        connection, _ = support.connected("memory", client)
        errors = [args[2] for args in recorder.calls]
        assert SSL.X509VerificationCodes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY in errors
        assert connection.get_verified_chain()

    def test_rejects_what_is_good(self):
        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, lambda *args: False)
        connection, server = support.memory_pair(client)
        with pytest.raises(SSL.Error) as caught:
            support.handshake(connection, server)
        assert caught.value.args[0][-1][2] == "certificate verify failed"
        assert connection.get_verified_chain() is None
        with pytest.raises(SSL.Error):
            support.handshake(connection, server)

    def test_raises_at_the_last_certificate(self):
        """After which nobody is asked any more."""

        def callback(connection, cert, number, depth, ok):
            return ok if depth > 0 else 1 / 0

        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, callback)
        one, two = support.memory_pair(client)
        with pytest.raises(ZeroDivisionError):
            support.handshake(one, two)
        stays_shut(one, two, SSL.Error)

    def test_pinned(self):
        """A Connection asks whom its Context knew when it was made."""
        first, second = Recorder(True), Recorder(True)
        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, first)
        one, server = support.memory_pair(client)
        client.set_verify(SSL.VERIFY_PEER, second)
        reference = weakref.ref(first)
        support.handshake(one, server)
        assert first.calls and not second.calls
        support.connected("memory", client)
        assert second.calls
        del first, one
        gc.collect()
        assert reference() is None

    def test_connection_overrides(self):
        mine, theirs = Recorder(True), Recorder(True)
        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, theirs)
        one, server = support.memory_pair(client)
        one.set_verify(SSL.VERIFY_PEER, mine)
        support.handshake(one, server)
        assert mine.calls and not theirs.calls
        assert client.get_verify_mode() == SSL.VERIFY_PEER
        support.connected("memory", client)
        assert theirs.calls

    def test_connection_gives_up(self):
        theirs = Recorder(False)
        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, theirs)
        one, server = support.memory_pair(client)
        one.set_verify(mode=SSL.VERIFY_PEER, callback=None)
        support.handshake(one, server)
        assert not theirs.calls

    def test_without_one_what_is_wrong_is_refused_again(self):
        lenient = Recorder(True)
        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, lenient)
        one, server = support.memory_pair(client, support.server_context(support.pki().other))
        one.set_verify(SSL.VERIFY_PEER)
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.handshake(one, server)
        assert not lenient.calls

    def test_contexts_are_dropped(self):
        """Connections whose Contexts nobody holds any more shake hands all the same."""
        pairs = []
        for _ in range(5):
            client = support.client_context()
            client.set_verify(SSL.VERIFY_PEER, lambda connection, *args: args[-1])
            pairs.append(support.memory_pair(client))
        del client
        gc.collect()
        for pair in pairs:
            support.handshake(*pair)

    def test_exceptions_stay_apart(self):
        """Connections of one Context, in threads: each gets its own exception."""
        local = threading.local()

        def fail(*args):
            raise ZeroDivisionError(local.number)

        client, server = support.client_context(), support.server_context()
        client.set_verify(SSL.VERIFY_PEER, fail)

        def run(number):
            for _ in range(10):
                local.number = (number, _)
                with pytest.raises(ZeroDivisionError) as caught:
                    support.connected("memory", client, server)
                assert caught.value.args == ((number, _),)

        with support.Threads() as threads:
            for number in range(4):
                threads.start(run, number)

    def test_odd_numbers(self):
        """An expired certificate's error comes with its number."""
        recorder = Recorder(True)
        client = support.client_context(support.pki().ca)
        client.set_verify(SSL.VERIFY_PEER, recorder)
        support.connected("memory", client, support.server_context(support.pki().expired))
        assert (SSL.X509VerificationCodes.ERR_CERT_HAS_EXPIRED, 0, 0) in [
            args[2:] for args in recorder.calls
        ]


class TestInfo:
    def test_events(self):
        recorder = Recorder(None)
        server = support.server_context()
        server.set_info_callback(recorder)
        support.connected("memory", None, server)
        events = {where for _, where, _ in recorder.calls}
        assert {SSL.SSL_CB_HANDSHAKE_START, SSL.SSL_CB_HANDSHAKE_DONE} <= events
        assert all(type(n) is int for _, where, value in recorder.calls for n in (where, value))

    def test_connection_alone(self):
        """That of a Connection is told of it alone, instead of the Context's."""
        theirs, mine = Recorder(None), Recorder(None)
        client = support.client_context()
        client.set_info_callback(theirs)
        one, server = support.memory_pair(client)
        one.set_info_callback(callback=mine)
        support.handshake(one, server)
        assert mine.calls and not theirs.calls
        count = len(mine.calls)
        support.connected("memory", client)
        assert theirs.calls and len(mine.calls) == count
        assert {SSL.SSL_CB_HANDSHAKE_START, SSL.SSL_CB_HANDSHAKE_DONE} <= {
            where for _, where, _ in mine.calls
        }

    @over
    def test_nothing_goes_out_after_an_exception(self, transport):
        """Even an exception at the very end, when the handshake is as good as done."""

        def fail(connection, where, value):
            if where & SSL.SSL_CB_HANDSHAKE_DONE:
                raise ZeroDivisionError

        server = support.server_context()
        server.set_info_callback(fail)
        with pytest.raises(ZeroDivisionError):
            support.connected(transport, None, server)

    def test_in_established_connections(self):
        """It is called from send, recv and shutdown too, and its exception comes from there."""
        armed = []

        def fail(connection, where, value):
            if armed:
                raise ZeroDivisionError

        server = support.server_context()
        server.set_info_callback(fail)
        client, connection = support.connected("memory", None, server)
        armed.append(True)
        with pytest.raises(ZeroDivisionError):
            connection.shutdown()
        assert support.queued_errors() == []

    @over
    def test_nothing_comes_in_after_an_exception(self, transport):
        armed = []

        def fail_once(connection, where, value):
            if armed:
                raise armed.pop()

        client, server = support.connected(transport)
        client.set_info_callback(fail_once)
        server.send(b"data")
        if transport == "memory":
            support.move(server, client)
        armed.append(ZeroDivisionError)
        with pytest.raises(ZeroDivisionError):
            client.shutdown()
        for _ in range(2):
            with pytest.raises(SSL.SysCallError) as caught:
                client.recv(100)
            assert caught.value.args == (errno.ECONNABORTED, "ECONNABORTED")

    def test_the_end_is_not_blamed(self):
        """It stays our own failure when the peer goes, too."""
        errors = [ZeroDivisionError]

        def fail_once(connection, where, value):
            if errors:
                raise errors.pop()

        client, _ = support.connected("memory")
        client.set_info_callback(fail_once)
        with pytest.raises(ZeroDivisionError):
            client.key_update()
        client.bio_shutdown()
        for call in [lambda: client.send(b"x"), lambda: client.recv(1)] * 2:
            with pytest.raises(SSL.SysCallError) as caught:
                call()
            assert caught.value.args == (errno.ECONNABORTED, "ECONNABORTED")


class TestKeylog:
    @pytest.mark.parametrize(
        "version, labels",
        [
            (SSL.TLS1_2_VERSION, {b"CLIENT_RANDOM"}),
            (
                SSL.TLS1_3_VERSION,
                {
                    b"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                    b"CLIENT_TRAFFIC_SECRET_0",
                    b"EXPORTER_SECRET",
                    b"SERVER_HANDSHAKE_TRAFFIC_SECRET",
                    b"SERVER_TRAFFIC_SECRET_0",
                },
            ),
        ],
    )
    def test_lines(self, version, labels):
        recorder = Recorder(None)
        client = support.client_context()
        client.set_max_proto_version(version)
        client.set_keylog_callback(recorder)
        connection, _ = support.connected("memory", client)
        lines = [line for _, line in recorder.calls]
        assert {line.split()[0] for line in lines} == labels
        random = connection.client_random().hex().encode()
        assert all(type(line) is bytes and line.split()[1] == random for line in lines)
        assert not any(line.endswith(b"\n") for line in lines)


class TestServername:
    def test_without_a_name(self):
        seen = []
        server = support.server_context()
        server.set_tlsext_servername_callback(
            lambda connection: seen.append((connection, connection.get_servername()))
        )
        _, connection = support.connected("memory", None, server)
        assert seen == [(connection, None)]

    def test_with_a_name(self):
        seen = []
        server = support.server_context()
        server.set_tlsext_servername_callback(
            lambda connection: seen.append((connection, connection.get_servername()))
        )
        client, connection = support.memory_pair(None, server)
        client.set_tlsext_host_name(b"foo1.example.com")
        support.handshake(client, connection)
        assert seen == [(connection, b"foo1.example.com")]

    def test_old_one_is_forgotten(self):
        def old(connection):
            pass

        server = support.server_context()
        server.set_tlsext_servername_callback(old)
        reference = weakref.ref(old)
        server.set_tlsext_servername_callback(lambda connection: None)
        del old
        gc.collect()
        assert reference() is None

    @over
    def test_switches(self, transport):
        """To a Context that nobody else holds, away from one that nobody else holds."""
        pki = support.pki()
        references = []

        def switch(connection):
            other = support.server_context(pki.server)
            connection.set_context(other)
            references.append(weakref.ref(other))
            assert connection.get_context() is other
            del other
            gc.collect()

        server = support.server_context()
        server.set_tlsext_servername_callback(switch)
        references.append(weakref.ref(server))
        client, connection = support.PAIRS[transport](support.client_context(pki.ca), server)
        del server
        gc.collect()
        support.handshake(client, connection)
        peer = client.get_peer_certificate(), pki.server.x509()
        assert peer[0].digest("sha256") == peer[1].digest("sha256")
        assert support.transfer(client, connection, b"x" * 20000) == b"x" * 20000
        connection.shutdown()
        del client, connection
        gc.collect()
        assert [reference() for reference in references] == [None, None]

    def test_switches_back_and_forth(self):
        contexts = [support.server_context() for _ in range(3)]

        def switch(connection):
            for context in contexts * 3:
                connection.set_context(context)
            connection.set_context(contexts[0])

        contexts[0].set_tlsext_servername_callback(switch)
        _, connection = support.connected("memory", None, contexts[0])
        assert connection.get_context() is contexts[0]
        for context in contexts:  # nobody holds them any more
            context.set_timeout(5)

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_may_be_changed_when_the_handshake_is_over(self, count):
        """All of those through which it has come."""
        others = [support.server_context() for _ in range(count)]

        def switch(connection):
            for other in others:
                connection.set_context(other)

        context = support.server_context()
        context.set_tlsext_servername_callback(switch)
        support.connected("memory", support.client_context(), context)
        for one in (context, *others):
            one.set_timeout(17)
            assert one.get_timeout() == 17

    def test_callbacks_of_the_other(self):
        """After the switch the other Context's ALPN callback counts, and one's own verify."""
        verify, alpn = Recorder(True), Recorder(b"two")
        other = support.server_context()
        other.set_alpn_select_callback(alpn)
        other.set_verify(SSL.VERIFY_PEER, Recorder(False))
        server = support.server_context(verify=support.pki().ec_ca)
        server.set_verify(SSL.VERIFY_PEER, verify)
        server.set_alpn_select_callback(Recorder(b"one"))
        server.set_tlsext_servername_callback(lambda connection: connection.set_context(other))
        client = support.client_context(credential=support.pki().ec_client)
        client.set_alpn_protos([b"one", b"two"])
        one, _ = support.connected("memory", client, server)
        assert one.get_alpn_proto_negotiated() == b"two"
        assert alpn.calls and verify.calls

    @pytest.mark.parametrize("of_connection", [False, True])
    @pytest.mark.parametrize("of_other", [False, True])
    def test_who_is_told_after_the_switch(self, of_other, of_connection):
        """The other Context's, or nobody; but whom the Connection itself was told stays."""
        told = []

        def tells(who):
            return lambda connection, where, value: told.append(who)

        server, other = support.server_context(), support.server_context()
        server.set_info_callback(tells("first"))
        if of_other:
            other.set_info_callback(tells("other"))

        server.set_tlsext_servername_callback(lambda connection: connection.set_context(other))
        client, connection = support.memory_pair(None, server)
        if of_connection:
            connection.set_info_callback(tells("connection"))
        for one in (client, connection):
            with pytest.raises(SSL.WantReadError):
                one.do_handshake()
            support.pump(client, connection)
        assert ("connection" if of_connection else "first") in told
        told.clear()  # OpenSSL itself may go on with whom it began the step
        support.handshake(client, connection)
        expected = ["connection"] if of_connection else ["other"] if of_other else []
        assert set(told) == set(expected)

    def test_the_one_before_lives_until_the_step_is_over(self):
        """It is not the first, which a Connection keeps; the step that runs has locked it."""
        first, last, alive = support.server_context(), support.server_context(), []

        def switch(connection):
            connection.set_context(last)
            gc.collect()
            alive.append(before() is not None)

        first.set_tlsext_servername_callback(switch)
        client, connection = support.memory_pair(None, first)
        second = support.server_context()
        connection.set_context(second)
        before = weakref.ref(second)
        del second
        support.handshake(client, connection)
        assert alive == [True]
        assert support.transfer(client, connection, b"x") == b"x"

    def test_other_context_is_locked(self):
        """What a handshake goes on with does not change before the step is over."""
        switched, changed = threading.Event(), threading.Event()
        other = support.server_context()

        def switch(connection):
            connection.set_context(other)
            switched.set()
            assert not changed.wait(0.05)

        def change():
            switched.wait(support.TIMEOUT)
            other.set_timeout(77)
            changed.set()

        server = support.server_context()
        server.set_tlsext_servername_callback(switch)
        with support.Threads() as threads:
            threads.start(change)
            support.connected("memory", None, server)
        assert other.get_timeout() == 77

    def test_before_the_handshake(self):
        """set_context before the handshake, and the first Context dropped."""
        seen = []
        first, second = support.server_context(), support.server_context(support.pki().server)
        first.set_tlsext_servername_callback(lambda connection: seen.append("first"))
        client, connection = support.memory_pair(support.client_context(support.pki().ca), first)
        connection.set_context(second)
        del first
        gc.collect()
        support.handshake(client, connection)
        assert seen == ["first"]
        second.set_tlsext_servername_callback(lambda connection: seen.append("second"))
        client, connection = support.memory_pair(
            support.client_context(support.pki().ca), support.server_context()
        )
        connection.set_context(second)
        support.handshake(client, connection)
        assert seen == ["first", "second"]


class TestAlpn:
    def pair(self, callback, protos=(b"one", b"two")):
        client, server = support.client_context(), support.server_context()
        if protos:
            client.set_alpn_protos(protos)
        if callback is not None:
            server.set_alpn_select_callback(callback)
        return support.connected("memory", client, server)

    @pytest.mark.parametrize("choice", [b"one", b"two"])
    def test_choice(self, choice):
        recorder = Recorder(choice)
        client, server = self.pair(recorder)
        assert recorder.calls == [(server, [b"one", b"two"])]
        assert client.get_alpn_proto_negotiated() == server.get_alpn_proto_negotiated() == choice

    def test_connection_offers(self):
        recorder = Recorder(b"mine")
        server = support.server_context()
        server.set_alpn_select_callback(recorder)
        client, connection = support.memory_pair(None, server)
        client.set_alpn_protos([b"mine"])
        support.handshake(client, connection)
        assert recorder.calls == [(connection, [b"mine"])]
        assert client.get_alpn_proto_negotiated() == b"mine"

    def test_no_overlap(self):
        client, server = self.pair(Recorder(SSL.NO_OVERLAPPING_PROTOCOLS))
        assert client.get_alpn_proto_negotiated() == server.get_alpn_proto_negotiated() == b""

    def test_no_callback(self):
        client, server = self.pair(None)
        assert client.get_alpn_proto_negotiated() == b""

    def test_nothing_offered(self):
        recorder = Recorder(b"one")
        client, server = self.pair(recorder, ())
        assert not recorder.calls and client.get_alpn_proto_negotiated() == b""

    def test_answer_is_not_kept(self):
        """What OpenSSL reads afterwards does not depend on the answer's life."""

        def select(connection, names):
            return b"".join([b"t", b"w", b"o"])

        client, server = self.pair(select)
        gc.collect()
        assert server.get_alpn_proto_negotiated() == b"two"

    def test_answer_is_a_subclass(self):
        class Mine(bytes):
            pass

        client, _ = self.pair(Recorder(Mine(b"two")))
        assert client.get_alpn_proto_negotiated() == b"two"


class TestOcsp:
    def pair(self, server_callback, client_callback, request=True, **data):
        client, server = support.client_context(), support.server_context()
        if server_callback is not None:
            server.set_ocsp_server_callback(server_callback, **data)
        if client_callback is not None:
            client.set_ocsp_client_callback(client_callback, **data)
        one, two = support.memory_pair(client, server)
        if request:
            one.request_ocsp()
        return support.handshake(one, two)

    @staticmethod
    def answer(size):
        """An OCSPResponse with so many bytes of something inside."""

        def der(tag, content):
            size = len(content)
            octets = (size.bit_length() + 7) // 8
            return bytes([tag, 0x80 + octets]) + size.to_bytes(octets, "big") + content

        of_kind = bytes.fromhex("06092b0601050507300101")
        inside = der(0x30, of_kind + der(0x04, b"x" * size))
        return der(0x30, bytes.fromhex("0a0100") + der(0xA0, inside))

    def test_protocol(self):
        server_side, client_side = Recorder(TRY_LATER), Recorder(True)
        client, server = self.pair(server_side, client_side)
        assert server_side.calls == [(server, None)]
        assert client_side.calls == [(client, TRY_LATER, None)]

    def test_data(self):
        data = object()
        server_side, client_side = Recorder(TRY_LATER), Recorder(True)
        client, server = self.pair(server_side, client_side, data=data)
        assert server_side.calls == [(server, data)]
        assert client_side.calls == [(client, TRY_LATER, data)]

    def test_nothing_stapled(self):
        server_side, client_side = Recorder(b""), Recorder(True)
        client, server = self.pair(server_side, client_side)
        assert server_side.calls and client_side.calls == [(client, b"", None)]

    def test_no_server_callback(self):
        client_side = Recorder(True)
        client, server = self.pair(None, client_side)
        assert client_side.calls == [(client, b"", None)]

    def test_client_has_one_for_servers_only(self):
        client = support.client_context()
        client.set_ocsp_server_callback(Recorder(TRY_LATER))
        server = support.server_context()
        server.set_ocsp_server_callback(Recorder(TRY_LATER))
        one, two = support.memory_pair(client, server)
        one.request_ocsp()
        support.handshake(one, two)
        assert support.transfer(two, one, b"x") == b"x"

    def test_not_requested(self):
        server_side, client_side = Recorder(TRY_LATER), Recorder(True)
        self.pair(server_side, client_side, request=False)
        assert not server_side.calls and not client_side.calls

    def test_one_place(self):
        """Setting the one forgets the other."""
        gone = []
        context = support.server_context()

        def first(*args):
            return TRY_LATER

        weakref.finalize(first, gone.append, True)
        context.set_ocsp_server_callback(first, object())
        del first
        context.set_ocsp_client_callback(Recorder(True))
        gc.collect()
        assert gone
        client_side = Recorder(True)
        client = support.client_context()
        client.set_ocsp_client_callback(client_side)
        one, two = support.memory_pair(client, context)
        one.request_ocsp()
        support.handshake(one, two)
        assert [args[1] for args in client_side.calls] == [b""]

    def test_errors_of_others_do_not_count(self):
        def callback(*args):
            support.push_error(reason=NO_MEMORY)
            return TRY_LATER

        client_side = Recorder(True)
        client, server = self.pair(callback, client_side)
        assert client_side.calls == [(client, TRY_LATER, None)]

    def test_long_response(self):
        """60 kB go over whole; 70 kB do not fit."""
        client_side = Recorder(True)
        response = self.answer(60000)
        self.pair(Recorder(response), client_side)
        assert client_side.calls[0][1] == response
        with contextlib.suppress(SSL.Error):
            self.pair(Recorder(self.answer(70000)), client_side)
        assert client_side.calls[1:] in ([], [(client_side.calls[-1][0], b"", None)])

    def test_several_responses(self):
        """From 3.6 on OpenSSL takes the first of what it is given, before that all."""
        client_side = Recorder(True)
        self.pair(Recorder(TRY_LATER * 3), client_side)
        assert client_side.calls[0][1] in (TRY_LATER * 3, TRY_LATER)


class TestSetters:
    """What every setter refuses."""

    ONE = [
        "set_info_callback",
        "set_keylog_callback",
        "set_tlsext_servername_callback",
        "set_alpn_select_callback",
        "set_cookie_generate_callback",
        "set_cookie_verify_callback",
    ]
    OCSP = ["set_ocsp_server_callback", "set_ocsp_client_callback"]

    @pytest.mark.parametrize("name", [*ONE, *OCSP])
    @pytest.mark.parametrize("wrong", [None, 1, "x", b"x", object(), ()])
    def test_not_callable(self, name, wrong):
        with pytest.raises(TypeError, match="callback"):
            getattr(SSL.Context(SSL.TLS_METHOD), name)(wrong)

    @pytest.mark.parametrize("name", [*ONE, *OCSP])
    def test_names(self, name):
        context = SSL.Context(SSL.TLS_METHOD)
        assert getattr(context, name)(callback=print) is None
        for args, kwargs in (((), {}), ((print, 1, 2), {}), ((), {"what": print})):
            with pytest.raises(TypeError):
                getattr(context, name)(*args, **kwargs)

    @pytest.mark.parametrize("name", [*ONE, *OCSP])
    def test_references(self, name):
        def callback(*args):
            pass

        context = SSL.Context(SSL.TLS_METHOD)
        before = sys.getrefcount(callback)
        for _ in range(10):
            getattr(context, name)(callback)
        assert sys.getrefcount(callback) == before + 1
        getattr(context, name)(print)
        assert sys.getrefcount(callback) == before

    @pytest.mark.parametrize("mode", [None, 1.0, object(), "mode"])
    def test_verify_mode(self, mode):
        for target in (SSL.Context(SSL.TLS_METHOD), SSL.Connection(SSL.Context(SSL.TLS_METHOD))):
            with pytest.raises(TypeError, match="mode"):
                target.set_verify(mode)

    @pytest.mark.parametrize("callback", [1.0, "mode", ("foo", "bar"), object()])
    def test_verify_callback(self, callback):
        for target in (SSL.Context(SSL.TLS_METHOD), SSL.Connection(SSL.Context(SSL.TLS_METHOD))):
            with pytest.raises(TypeError, match="callback"):
                target.set_verify(SSL.VERIFY_PEER, callback)
            assert target.get_verify_mode() == SSL.VERIFY_NONE

    def test_verify_none(self):
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_verify(SSL.VERIFY_PEER, lambda *args: False)
        context.set_verify(SSL.VERIFY_NONE, None)
        context.set_verify(mode=SSL.VERIFY_NONE, callback=None)
        support.connected("memory", context)

    def test_deleter_that_sets(self):
        """What a replaced callable does when it goes finds the Context in order."""

        class Callback:
            def __call__(self, *args):
                pass

            def __del__(self):
                context.set_keylog_callback(print)
                context.set_timeout(41)

        context = SSL.Context(SSL.TLS_METHOD)
        context.set_info_callback(Callback())
        context.set_info_callback(print)
        assert context.get_timeout() == 41

    @pytest.mark.parametrize("name", ["set_npn_advertise_callback", "set_npn_select_callback"])
    def test_npn(self, name):
        with pytest.raises(NotImplementedError):
            getattr(SSL.Context(SSL.TLS_METHOD), name)(print)
