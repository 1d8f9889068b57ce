"""The contract of doc/threads.rst, under load: everything at once, everything compared.

STRESS_SECONDS is how long each load runs; `make stress` gives it minutes.  Of the many cases of
one load, as the settings of a Context, each takes a part of that.
"""

import contextlib
import datetime
import functools
import gc
import hashlib
import itertools
import os
import random
import select
import signal
import socket
import threading
import time
import types

import _probe
import pytest

import support
from OpenSSL import SSL, crypto, rand

SECONDS = float(os.environ.get("STRESS_SECONDS", "0.7"))
ALLOW_CLIENT_RENEGOTIATION = 0x100
END = b"<end of the stream>"
PEM, DER, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT

pytestmark = pytest.mark.timeout(2 * support.TIMEOUT + 3 * SECONDS)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """What waits for threads waits as long as they are told to run."""
    monkeypatch.setattr(support, "TIMEOUT", support.TIMEOUT + 2 * SECONDS)


def repeated(seconds, work):
    """How often *work* was done in that time, once at least."""
    end, count = time.monotonic() + seconds, 0
    while count == 0 or time.monotonic() < end:
        work()
        count += 1
    return count


# ---- one connection ----


def wait(connection, error):
    """Until a call that raised *error* is worth another try; in memory: let others run."""
    if support.is_memory(connection):
        time.sleep(0.0005)
    elif isinstance(error, SSL.WantReadError):
        select.select([connection.fileno()], [], [], 0.05)
    else:
        select.select([], [connection.fileno()], [], 0.05)


def again(connection, call, *args):
    """What *call* gives back when it neither wants to read nor to write."""
    while True:
        try:
            return call(*args)
        except (SSL.WantReadError, SSL.WantWriteError) as error:
            wait(connection, error)


def send_all(connection, data):
    view = memoryview(data)
    while view:
        view = view[again(connection, connection.send, view) :]


class Ferry:
    """Carries what a memory Connection wants to send to the other, in a thread of its own."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            if not support.move(self.source, self.target):
                self.stopped.wait(0.0005)


@contextlib.contextmanager
def ferries(client, server):
    """In memory: both ways at once."""
    if not support.is_memory(client):
        yield
        return
    both = [Ferry(client, server), Ferry(server, client)]
    with support.Threads() as threads:
        for one in both:
            threads.start(one.run)
        try:
            yield
        finally:
            for one in both:
                one.stopped.set()


def connected(kind, version):
    client, server = support.client_context(), support.server_context()
    for context in (client, server):
        context.set_max_proto_version(version)
    server.set_options(ALLOW_CLIENT_RENEGOTIATION)
    pair = support.connected("memory" if kind == "memory" else "tcp", client, server)
    if kind == "narrow":
        for one in pair:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    if kind == "non-blocking":
        for one in pair:
            one.setblocking(False)
    return pair


def close(*connections):
    for one in connections:
        if not support.is_memory(one):
            one.close()


KINDS = pytest.mark.parametrize("kind", ["blocking", "narrow", "non-blocking", "memory"])
VERSIONS = pytest.mark.parametrize(
    "version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION], ids=["renegotiating", "key updates"]
)


@KINDS
@VERSIONS
class TestDuplex:
    """Two threads on each end, and new keys from both: every byte is compared."""

    AHEAD = 2_000_000  # bytes that a sender may be ahead of its receiver

    def exchange(self, client, server, refresh, seconds):
        """60 messages each way at least, so that there are new keys."""
        end = time.monotonic() + seconds
        sent, received = {client: 0, server: 0}, {client: 0, server: 0}

        def send(one, other):
            digest, count, draw = hashlib.sha256(), 0, random.Random(1)
            while time.monotonic() < end or count < 60:
                data = draw.randbytes(draw.choice((1, 10, 500, 16384, 40000)))
                send_all(one, data)
                digest.update(data)
                sent[one] += len(data)
                count += 1
                if count % 50 == 0:
                    refresh(one)
                while sent[one] - received[other] > self.AHEAD:
                    time.sleep(0.0005)
            send_all(one, END)
            return digest.digest()

        def receive(one):
            digest, tail = hashlib.sha256(), b""
            while not tail.endswith(END):
                data = again(one, one.recv, 65536)
                received[one] += len(data)
                tail += data
                digest.update(tail[: -len(END)])
                tail = tail[-len(END) :]
            return digest.digest()

        with ferries(client, server), support.Threads() as threads:
            threads.start(send, client, server)
            threads.start(send, server, client)
            threads.start(receive, server)
            threads.start(receive, client)
        one, other, *digests = threads.results
        assert digests == [one, other]

    def test_every_byte_arrives(self, kind, version):
        if version == SSL.TLS1_2_VERSION:
            refresh = SSL.Connection.renegotiate
        else:

            def refresh(connection):
                connection.key_update(True)

        pair = connected(kind, version)
        self.exchange(*pair, refresh, SECONDS)
        if version == SSL.TLS1_2_VERSION:
            assert sum(one.total_renegotiations() for one in pair) > 0
        close(*pair)

    def test_a_third_thread_asks(self, kind, version):
        """Questions and settings between the records of others."""
        pair = client, server = connected(kind, version)
        stopped = threading.Event()
        questions = [
            *("pending", "want_read", "want_write", "get_cipher_list", "get_shutdown"),
            *("state_string", "get_session", "get_finished", "get_peer_finished", "client_random"),
            *("get_peer_certificate", "get_peer_cert_chain", "get_verified_chain", "master_key"),
            *("get_cipher_name", "get_protocol_version_name", "get_context", "get_servername"),
            *("get_group_name", "renegotiate_pending", "get_app_data", "get_client_ca_list"),
        ]

        def ask():
            draw = random.Random(2)
            while not stopped.is_set():
                one = draw.choice(pair)
                getattr(one, draw.choice(questions))()
                one.export_keying_material(b"EXPERIMENTAL x", 20)
                one.set_app_data(object())
                one.set_info_callback(lambda *args: None)

        with support.Threads() as threads:
            for _ in range(2):
                threads.start(ask)
            try:
                self.exchange(*pair, lambda connection: None, SECONDS / 4)
            finally:
                stopped.set()
        close(*pair)


class TestAnyMoment:
    """close, shutdown, signals and the collector, while four threads are at work on a pair."""

    def traffic(self, pair, meddle):
        client, server = pair

        def send(one):
            with contextlib.suppress(SSL.Error):
                while True:
                    one.sendall(bytes(5000))

        def receive(one):
            with contextlib.suppress(SSL.Error):
                while True:
                    one.recv(10000)

        with support.Threads() as threads:
            for one in pair:
                threads.start(send, one)
                threads.start(receive, one)
            time.sleep(random.random() / 100)
            meddle(*pair)
        close(*pair)

    def lose_a_handshake(self):
        """In the midst of it, the two and their Contexts in a cycle."""
        pair = support.memory_pair()
        for one in pair:
            one.set_app_data(pair)
            one.get_context().set_info_callback(lambda *args: pair)
            with pytest.raises(SSL.WantReadError):
                one.do_handshake()
            support.pump(*pair)

    @pytest.mark.parametrize(
        "how", ["close", "shutdown", "close_twice", "abort", "drop", "collect"]
    )
    def test_they_all_end(self, how):
        def meddle(client, server):
            if how == "shutdown":
                for one in (client, server):
                    with contextlib.suppress(SSL.Error):
                        one.shutdown()
                    one.close()  # nobody reads there any more: the other must not wait for that
            elif how == "abort":
                server.sock_shutdown(socket.SHUT_RDWR)
            elif how == "drop":
                gc.collect()
                client.close()
                del client, server
                gc.collect()
            elif how == "collect":
                for _ in range(5):
                    self.lose_a_handshake()
                    gc.collect()
                client.close()
            else:
                client.close()
                if how == "close_twice":
                    server.close()
                    client.close()

        repeated(SECONDS, lambda: self.traffic(support.connected("tcp"), meddle))

    def test_signals(self):
        """Handlers run while the main thread waits, and raise out of what it waits in."""

        class Struck(Exception):
            pass

        client, server = support.connected("tcp")
        main, stopped = threading.main_thread().ident, threading.Event()
        struck = got = 0
        raising = over = False

        def handle(number, frame):
            nonlocal raising
            if raising:  # and not again before that has been caught
                raising = False
                raise Struck

        def strike():
            while not stopped.wait(0.002):
                signal.pthread_kill(main, signal.SIGUSR1)

        def feed():
            total = 0
            while not stopped.is_set():
                total += server.sendall(b"x")
                time.sleep(0.001)
            return total

        end = time.monotonic() + SECONDS
        before = signal.signal(signal.SIGUSR1, handle)
        try:
            with support.Threads() as threads:
                threads.start(strike)
                threads.start(feed)
                while not over:
                    try:
                        raising = True
                        while time.monotonic() < end or not struck or not got:
                            got += len(client.recv(1))
                        over, raising = True, False
                    except Struck:
                        struck += 1
                raising = False
                stopped.set()
        finally:
            signal.signal(signal.SIGUSR1, before)
        server.sendall(b"<end>")
        while not (data := client.recv(100000)).endswith(b"<end>"):
            got += len(data)
        got += len(data) - 5
        assert threads.results[1] - got in range(struck + 1)  # a handler may raise after the call
        close(client, server)


# ---- one context ----


def shake(client, server):
    """A handshake over memory and a byte each way."""
    pair = support.connected("memory", client, server)
    assert support.transfer(*pair, b"x") == b"x"
    assert support.transfer(*reversed(pair), b"y") == b"y"


class Marked(Exception):
    pass


class TestCallbacks:
    """Eight threads share two Contexts, whose callbacks raise what their own thread made."""

    HANDSHAKES = 300  # of each thread, and each one raises
    KINDS = ("verify", "info", "keylog", "servername", "alpn")

    def test_they_run_in_the_thread_that_drives(self):
        """The connections are made elsewhere, and each is handed to a thread of its own."""
        client, server = support.client_context(), support.server_context()
        seen = {}

        def note(connection, *args):
            seen.setdefault(connection, set()).add(threading.get_ident())
            return True

        def serve(connection, *args):
            note(connection)
            return b"a"

        client.set_verify(SSL.VERIFY_PEER, note)
        client.set_keylog_callback(note)
        client.set_alpn_protos([b"a"])
        server.set_info_callback(note)
        server.set_tlsext_servername_callback(note)
        server.set_alpn_select_callback(serve)
        pairs = [support.tcp_pair(client, server) for _ in range(8)]
        drivers = {}

        def drive(connection):
            drivers[connection] = {threading.get_ident()}
            connection.do_handshake()

        with support.Threads() as threads:
            for pair in pairs:
                pair[0].set_tlsext_host_name(b"localhost")
                for one in pair:
                    threads.start(drive, one)
        assert seen == drivers
        for pair in pairs:
            close(*pair)

    def test_no_exception_is_lost_or_misplaced(self):
        """By count, and by identity: what a thread catches is what it had raised, one by one."""
        here = threading.local()
        client, server = support.client_context(), support.server_context()

        def callback(kind, result=True):
            def call(*args):
                if here.kind == kind:
                    here.kind = None
                    here.raised.append(Marked(threading.get_ident(), len(here.raised)))
                    raise here.raised[-1]
                return result

            return call

        client.set_verify(SSL.VERIFY_PEER, callback("verify"))
        client.set_info_callback(callback("info"))
        client.set_keylog_callback(callback("keylog"))
        client.set_alpn_protos([b"a"])
        server.set_tlsext_servername_callback(callback("servername"))
        server.set_alpn_select_callback(callback("alpn", b"a"))

        def connect(kind):
            here.kind = kind
            pair = support.memory_pair(client, server)
            pair[0].set_tlsext_host_name(b"localhost")
            support.handshake(*pair)

        def work():
            here.raised, caught = [], []
            for number in range(self.HANDSHAKES):
                try:
                    connect(self.KINDS[number % len(self.KINDS)])
                except Marked as error:
                    caught.append(error)
                if number % 10 == 0:
                    connect(None)  # nothing of the others' comes out here
            assert caught == here.raised  # exceptions are equal only to themselves
            return len(caught)

        def all_of_them():
            assert support.run_together(*[work] * 8) == [self.HANDSHAKES] * 8

        repeated(SECONDS, all_of_them)


FLAGS = crypto.X509StoreFlags
SUITES = (b"TLS_AES_128_GCM_SHA256", b"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")
VERSION = (SSL.TLS1_3_VERSION, SSL.TLS1_2_VERSION)
CURVES = [types.SimpleNamespace(name=name) for name in ("prime256v1", "secp384r1")]


def server():
    return support.pki().ec_server


def root():
    return support.pki().ec_ca


def longer_chain(context, number):
    """Up to what a handshake takes: no message with more than 100 KiB of certificates."""
    length = context.get_app_data() or 0
    if length < 100:
        context.add_extra_chain_cert(root().x509())
    context.set_app_data(length + 1)


# Every setter of Context, each with two values.
SETTINGS = {
    "set_options": lambda c, n: c.set_options((SSL.OP_NO_COMPRESSION, SSL.OP_NO_TICKET)[n]),
    "set_mode": lambda c, n: c.set_mode(SSL.MODE_RELEASE_BUFFERS),
    "clear_mode": lambda c, n: c.clear_mode(SSL.MODE_RELEASE_BUFFERS),
    "set_min_proto_version": lambda c, n: c.set_min_proto_version((0, SSL.TLS1_2_VERSION)[n]),
    "set_max_proto_version": lambda c, n: c.set_max_proto_version(VERSION[n]),
    "set_cipher_list": lambda c, n: c.set_cipher_list((b"ALL", b"HIGH")[n]),
    "set_tls13_ciphersuites": lambda c, n: c.set_tls13_ciphersuites(SUITES[n]),
    "set_session_id": lambda c, n: c.set_session_id(bytes([n]) * (n + 1)),
    "set_session_cache_mode": lambda c, n: c.set_session_cache_mode(n * SSL.SESS_CACHE_BOTH),
    "set_timeout": lambda c, n: c.set_timeout(100 + n),
    "set_tlsext_use_srtp": lambda c, n: c.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80"),
    "set_alpn_protos": lambda c, n: c.set_alpn_protos([b"x%d" % n, b"y" * 200]),
    "set_verify_depth": lambda c, n: c.set_verify_depth(5 + n),
    "use_certificate": lambda c, n: c.use_certificate(server().x509()),
    "use_certificate_file": lambda c, n: c.use_certificate_file(server().cert_path),
    "use_certificate_chain_file": lambda c, n: c.use_certificate_chain_file(server().chain_path),
    "add_extra_chain_cert": longer_chain,
    "use_privatekey": lambda c, n: c.use_privatekey(server().pkey()),
    "use_privatekey_file": lambda c, n: c.use_privatekey_file(server().key_path),
    "check_privatekey": lambda c, n: c.get_verify_mode() or c.check_privatekey(),
    "set_passwd_cb": lambda c, n: c.set_passwd_cb(lambda *args: b"x", n),
    "set_tmp_ecdh": lambda c, n: c.set_tmp_ecdh(CURVES[n]),
    "load_tmp_dh": lambda c, n: c.load_tmp_dh(parameters()),
    "load_verify_locations": lambda c, n: c.load_verify_locations(root().cert_path),
    "set_default_verify_paths": lambda c, n: c.set_default_verify_paths(),
    "get_cert_store": lambda c, n: c.get_cert_store().set_flags(n * FLAGS.NOTIFY_POLICY),
    "load_client_ca": lambda c, n: c.load_client_ca(root().cert_path),
    "set_client_ca_list": lambda c, n: c.set_client_ca_list([root().x509().get_subject()] * n),
    "add_client_ca": lambda c, n: c.add_client_ca(root().x509()),
    "set_verify": lambda c, n: c.set_verify(SSL.VERIFY_PEER, (None, lambda *args: True)[n]),
    "set_info_callback": lambda c, n: c.set_info_callback(lambda *args: None),
    "set_keylog_callback": lambda c, n: c.set_keylog_callback(lambda *args: None),
    "set_tlsext_servername_callback": lambda c, n: c.set_tlsext_servername_callback(id),
    "set_alpn_select_callback": lambda c, n: c.set_alpn_select_callback(lambda *args: args[1][n]),
    "set_npn_advertise_callback": None,  # there is no NPN
    "set_npn_select_callback": None,
    "set_ocsp_server_callback": lambda c, n: c.set_ocsp_server_callback(lambda *args: b"staple"),
    "set_ocsp_client_callback": lambda c, n: c.set_ocsp_client_callback(lambda *args: True),
    "set_cookie_generate_callback": lambda c, n: c.set_cookie_generate_callback(lambda *args: b""),
    "set_cookie_verify_callback": lambda c, n: c.set_cookie_verify_callback(lambda *args: True),
    "set_app_data": lambda c, n: c.set_app_data([n]),
}


# What a client offers must hold until the answer comes, and be what the server takes.
SERVER_ONLY = {"set_tmp_ecdh", "set_tls13_ciphersuites"}


@functools.cache
def parameters():
    """A file with Diffie-Hellman parameters."""
    path = support.fresh_path()
    path.write_bytes(
        support.openssl(
            "genpkey", "-genparam", *"-algorithm DH -pkeyopt".split(), "dh_param:ffdhe2048"
        )
    )
    return path


class TestContext:
    def test_every_setter_is_here(self):
        change = ("set_", "clear_", "use_", "add_", "load_", "check_")
        assert {name for name in vars(SSL.Context) if name.startswith(change)} <= set(SETTINGS)

    @pytest.mark.parametrize("name", [name for name, change in SETTINGS.items() if change])
    def test_changes_harm_no_handshake(self, name):
        """Four threads shake hands while a fifth changes both Contexts."""
        datagrams = "cookie" in name or "srtp" in name  # nothing that streams have
        method = SSL.DTLS_METHOD if datagrams else SSL.TLS_METHOD
        client = support.client_context(method=method)
        server = support.server_context(method=method)
        client.set_alpn_protos([b"a", b"b"])
        stopped = threading.Event()

        def change():
            for number in itertools.cycle((0, 1)):
                SETTINGS[name](server, number)
                if name not in SERVER_ONLY:
                    SETTINGS[name](client, number)
                if stopped.is_set():
                    return

        with support.Threads() as threads:
            threads.start(change)
            try:
                support.run_together(
                    *[lambda: repeated(SECONDS / 10, lambda: shake(client, server))] * 4
                )
            finally:
                stopped.set()


class TestSession:
    @VERSIONS
    def test_eight_threads_resume_one(self, version):
        """Each connection takes up the same session, while others read from it and drop it."""
        client, server = support.client_context(), support.server_context()
        server.set_max_proto_version(version)
        server.set_session_id(b"one for all")
        pair = support.connected("memory", client, server)
        support.transfer(*reversed(pair), b"the ticket comes first")
        session = pair[0].get_session()
        shown = []  # certificates: none where a session is taken up
        client.set_verify(SSL.VERIFY_PEER, lambda conn, cert, *args: not shown.append(cert))

        def resume():
            one, other = support.memory_pair(client, server)
            one.set_session(session)
            support.handshake(one, other)
            assert support.transfer(one, other, b"x") == b"x"
            one.get_session()

        support.run_together(*[lambda: repeated(SECONDS, resume)] * 8)
        assert not shown
        shake(client, server)
        assert shown


# ---- crypto ----


def new_request():
    request = crypto.X509Req()
    request.get_subject().CN = "request"
    request.set_pubkey(server().pkey())
    request.sign(server().pkey(), "sha256")
    return request


def new_crl():
    return crypto.load_crl(PEM, root().crl_pem())


def new_revoked():
    revoked = crypto.Revoked()
    revoked.set_serial(b"0a")
    revoked.set_rev_date(b"20260101000000Z")
    return revoked


def new_pkcs12():
    container = crypto.PKCS12()
    container.set_certificate(server().x509())
    container.set_privatekey(server().pkey())
    return container


def new_spki():
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(server().pkey())
    spki.sign(server().pkey(), "sha256")
    return spki


def new_store():
    store = crypto.X509Store()
    store.add_cert(root().x509())
    return store


def set_name(name, number):
    name.CN = f"name {number}"
    name.O = "x" * (number % 50 + 1)


def verify(store):
    crypto.X509StoreContext(store, server().x509()).verify_certificate()


# For each type: a new one, and what eight threads do to it at once, with a number that changes.
USES = {
    "PKey": (
        lambda: server().pkey(),
        [
            lambda k, n: crypto.sign(k, b"x", "sha256"),
            lambda k, n: (k.bits(), k.type() == crypto.TYPE_RSA and n % 50 == 0 and k.check()),
            lambda k, n: crypto.dump_privatekey(DER, k),
            lambda k, n: crypto.dump_publickey(PEM, k),
            lambda k, n: k.generate_key(crypto.TYPE_RSA, 512) if n % 200 == 0 else None,
        ],
    ),
    "X509": (
        lambda: server().x509(),
        [
            lambda c, n: c.set_serial_number(n + 1),
            lambda c, n: c.get_serial_number(),
            lambda c, n: set_name(c.get_subject(), n),
            lambda c, n: c.set_subject(c.get_issuer()),
            lambda c, n: c.get_subject().get_components(),
            lambda c, n: crypto.dump_certificate((PEM, DER, TEXT)[n % 3], c),
            lambda c, n: c.digest("sha256"),
            lambda c, n: c.gmtime_adj_notAfter(n),
            lambda c, n: (c.get_notAfter(), c.has_expired(), c.get_version()),
            lambda c, n: [str(c.get_extension(i)) for i in range(c.get_extension_count())],
            lambda c, n: c.sign(server().pkey(), "sha256") if n % 10 == 0 else None,
            lambda c, n: c.get_pubkey().bits(),
            lambda c, n: c.set_pubkey(server().pkey()),
        ],
    ),
    "X509Name": (
        lambda: server().x509().get_subject(),
        [
            lambda name, n: set_name(name, n),
            lambda name, n: (name.CN, name.O, name.emailAddress),
            lambda name, n: (name.get_components(), name.der(), name.hash(), repr(name)),
            lambda name, n: crypto.X509Name(name) == name,
            lambda name, n: delattr(name, "L") if name.L else None,
        ],
    ),
    "X509Extension": (
        lambda: crypto.X509Extension(b"subjectAltName", False, b"DNS:a.example"),
        [
            lambda e, n: (str(e), e.get_data(), e.get_critical(), e.get_short_name()),
            lambda e, n: server().x509().add_extensions([e]),
        ],
    ),
    "X509Req": (
        new_request,
        [
            lambda r, n: set_name(r.get_subject(), n),
            lambda r, n: r.set_version(0),
            lambda r, n: crypto.dump_certificate_request((PEM, DER, TEXT)[n % 3], r),
            lambda r, n: r.sign(server().pkey(), "sha256"),
            lambda r, n: r.get_pubkey().bits(),
            lambda r, n: r.get_extensions(),
        ],
    ),
    "CRL": (
        new_crl,
        [
            lambda c, n: c.add_revoked(new_revoked()),
            lambda c, n: [r.get_serial() for r in c.get_revoked() or ()][-1:],
            lambda c, n: crypto.dump_crl((PEM, DER)[n % 2], c),
            lambda c, n: c.sign(root().x509(), root().pkey(), b"sha256") if n % 10 == 0 else None,
            lambda c, n: c.get_issuer().CN,
            lambda c, n: c.set_nextUpdate(b"20300101000000Z"),
        ],
    ),
    "Revoked": (
        new_revoked,
        [
            lambda r, n: r.set_serial(b"%x" % n),
            lambda r, n: int(r.get_serial(), 16),
            lambda r, n: r.set_reason((None, b"keyCompromise")[n % 2]),
            lambda r, n: r.get_reason(),
            lambda r, n: r.get_rev_date(),
        ],
    ),
    "PKCS12": (
        new_pkcs12,
        [
            lambda p, n: p.export(b"x", iter=1, maciter=1),
            lambda p, n: p.set_friendlyname((None, b"name")[n % 2]),
            lambda p, n: p.set_ca_certificates([root().x509()] * (n % 3)),
            lambda p, n: (p.get_certificate(), p.get_privatekey(), p.get_ca_certificates()),
        ],
    ),
    "NetscapeSPKI": (
        new_spki,
        [
            lambda s, n: s.sign(server().pkey(), "sha256"),
            lambda s, n: crypto.NetscapeSPKI(s.b64_encode()),
            lambda s, n: s.get_pubkey().bits(),
            lambda s, n: s.set_pubkey(server().pkey()),
        ],
    ),
    "X509Store": (
        new_store,
        [
            lambda s, n: verify(s),
            lambda s, n: s.add_cert(root().x509()),
            lambda s, n: s.add_crl(new_empty_crl()),
            lambda s, n: s.set_flags(FLAGS.NOTIFY_POLICY),
            lambda s, n: s.set_time(datetime.datetime.now(datetime.UTC)),
            lambda s, n: s.load_locations(root().cert_path),
        ],
    ),
    "X509StoreContext": (
        lambda: crypto.X509StoreContext(new_store(), server().x509()),
        [
            lambda c, n: c.verify_certificate(),
            lambda c, n: c.get_verified_chain(),
            lambda c, n: c.set_store(new_store()),
        ],
    ),
    "_EllipticCurve": (
        lambda: crypto.get_elliptic_curve("prime256v1"),
        [
            lambda c, n: (c.name, repr(c), hash(c), c == crypto.get_elliptic_curve("secp384r1")),
            lambda c, n: c in crypto.get_elliptic_curves(),
        ],
    ),
    "PKCS7": (
        lambda: crypto.load_pkcs7_data(PEM, signed()),
        [lambda p, n: (p.type_is_signed(), p.type_is_data(), p.get_type_name())],
    ),
    "rand": (
        lambda: rand,
        [
            lambda r, n: r.bytes(n % 1000),
            lambda r, n: r.add(b"x", 0.0),
            lambda r, n: r.status(),
        ],
    ),
}


@functools.cache
def new_empty_crl():
    return new_crl()


@functools.cache
def signed():
    """A PKCS #7 structure."""
    signer = server()
    made = support.openssl(
        "smime",
        "-sign",
        "-outform",
        "PEM",
        "-nocerts",
        "-signer",
        signer.cert_path,
        "-inkey",
        signer.key_path,
        stdin=b"text",
    )
    return made


# What only reads, of each type that somebody can change and that reads more than a reference.
READERS = {
    "X509": (
        lambda: server().x509(),
        [
            lambda c: (c.get_version(), c.get_serial_number(), c.get_signature_algorithm()),
            lambda c: (c.get_notBefore(), c.get_notAfter(), c.has_expired()),
            lambda c: (c.get_subject().CN, c.get_issuer().der(), c.subject_name_hash()),
            lambda c: (c.get_subject().get_components(), repr(c.get_subject())),
            lambda c: (c.get_subject() == c.get_issuer(), crypto.X509Name(c.get_subject())),
            lambda c: crypto.X509().set_subject(c.get_subject()),
            lambda c: (c.digest("sha256"), c.get_pubkey().bits()),
            lambda c: [c.get_extension(i) for i in range(c.get_extension_count())],
            lambda c: [crypto.dump_certificate(kind, c) for kind in (PEM, DER, TEXT)],
            lambda c: crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=c),
            lambda c: new_store().add_cert(c),
            lambda c: crypto.X509StoreContext(new_store(), c).verify_certificate(),
            lambda c: crypto.CRL().export(c, server().pkey()),
        ],
    ),
    "X509Req": (
        new_request,
        [
            lambda r: (r.get_version(), r.get_subject().CN, r.get_extensions()),
            lambda r: (r.get_pubkey().bits(), r.verify(server().pkey())),
            lambda r: [crypto.dump_certificate_request(kind, r) for kind in (PEM, DER, TEXT)],
        ],
    ),
    "CRL": (
        new_crl,
        [
            lambda c: (c.get_issuer().CN, c.get_revoked()),
            lambda c: [crypto.dump_crl(kind, c) for kind in (PEM, DER, TEXT)],
            lambda c: new_store().add_crl(c),
        ],
    ),
    "Revoked": (
        new_revoked,
        [
            lambda r: (r.get_serial(), r.get_rev_date(), r.get_reason()),
            lambda r: crypto.CRL().add_revoked(r),
        ],
    ),
    "NetscapeSPKI": (
        new_spki,
        [lambda s: (s.b64_encode(), s.get_pubkey().bits(), s.verify(server().pkey()))],
    ),
}


class TestReaders:
    """Who reads does not wait for another who does."""

    @pytest.mark.parametrize("name", READERS)
    def test_go_side_by_side(self, name):
        make, reads = READERS[name]
        thing = make()
        if name == "X509":
            new_store().add_cert(thing)  # lent: the first one who lends it still has to write

        def others():
            with support.Threads() as threads:
                for read in reads:
                    threads.start(read, thing)

        _probe.reading(thing, others)

    def test_every_changeable_type_is_here(self):
        unchanging = {"X509Extension", "PKCS7", "_EllipticCurve", "rand"}
        references = {"PKey", "PKCS12", "X509StoreContext"}
        elsewhere = {"X509Name", "X509Store"}  # with X509; in OpenSSL, see test_storectx.py
        assert set(READERS) | unchanging | references | elsewhere == set(USES)


class TestCrypto:
    def test_every_type_is_here(self):
        types = {item for item in vars(crypto).values() if isinstance(item, type)}
        types = {item for item in types if not issubclass(item, BaseException)}
        assert {item.__name__ for item in types} - {"X509StoreFlags"} == set(USES) - {"rand"}

    @pytest.mark.parametrize("name", USES)
    def test_eight_threads_at_one_object(self, name):
        make, uses = USES[name]
        thing = make()

        def work():
            draw = random.Random()
            repeated(SECONDS / 2, lambda: draw.choice(uses)(thing, draw.randrange(1000)))

        support.run_together(*[work] * 8)

    def test_no_certificate_is_torn(self):
        """What is read is always one of the values that were set, whole."""
        cert, names = server().x509(), []
        for letter in "ab":
            name = crypto.X509().get_subject()
            name.CN, name.O = letter * 60, letter * 60
            names.append(name)
        cert.set_subject(names[0])
        valid = {name.der() for name in names}
        stopped = threading.Event()

        def change(name):
            while not stopped.is_set():
                cert.set_subject(name)

        def read():
            def look():
                assert cert.get_subject().der() in valid

            repeated(SECONDS, look)
            stopped.set()

        support.run_together(*[functools.partial(change, name) for name in names], read, read)


class TestTeardown:
    """Everything may go in every order, also while threads wait inside."""

    PARTS = ("client context", "server context", "client", "server", "sockets", "store", "session")

    def test_every_order(self):
        orders = list(itertools.permutations(self.PARTS))
        random.shuffle(orders)
        orders = iter(orders)

        def tear_down():
            contexts = support.client_context(), support.server_context()
            left, right = support.tcp_sockets()
            connections = [SSL.Connection(c, s) for c, s in zip(contexts, (left, right))]
            connections[0].set_connect_state()
            connections[1].set_accept_state()
            support.handshake(*connections)
            parts = {
                "client context": contexts[0],
                "server context": contexts[1],
                "client": connections[0],
                "server": connections[1],
                "sockets": (left, right),
                "store": contexts[0].get_cert_store(),
                "session": connections[0].get_session(),
            }

            def receive(one):
                with contextlib.suppress(SSL.Error):
                    one.recv(10)

            threads = support.Threads()
            for one in connections:
                threads.start(receive, one)
            del contexts, connections
            for part in next(orders, self.PARTS):
                del parts[part]
                gc.collect(0)
            for one in (left, right):  # wakes the threads, which alone have the connections now
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            threads.join()
            left.close()
            right.close()

        repeated(SECONDS, tear_down)
