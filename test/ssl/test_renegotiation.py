"""A new handshake: clients that ask for it once, again and again, and without an end; servers."""

import contextlib
import hmac
import select
import socket
import threading

import pytest

import support
from OpenSSL import SSL

HELLO = b"\1\0\0\0"  # the head of a ClientHello, which is all that is looked at to refuse one
ALERT, HANDSHAKE, DATA = 21, 22, 23
NO_RENEGOTIATION = b"\1\x64"  # a warning


def contexts(allowed=False):
    """(client's, server's), for TLS 1.2."""
    pair = support.client_context(), support.server_context()
    for context in pair:
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    if allowed:
        pair[1].set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
    return pair


def exchange(one, other):
    """Let both read what the other says, until they have nothing more to say."""
    for _ in range(10):
        for end in (one, other):
            with pytest.raises(SSL.WantReadError):
                end.recv(1)
        support.pump(one, other)


def expand(secret, seed, size):
    """TLS 1.2's PRF."""
    result, link = b"", seed
    while len(result) < size:
        link = hmac.digest(secret, link, "sha256")
        result += hmac.digest(secret, link + seed, "sha256")
    return result[:size]


class Forger:
    """A client that, after its handshake, sends whatever records a test wants.

    The cipher does not encrypt, and the test knows the key that proves a record's origin.
    """

    MAC = 32

    def __init__(self, kind, allowed=False):
        pki = support.pki()
        client, server = support.client_context(pki.ca), support.server_context(pki.server)
        for context in (client, server):
            context.set_max_proto_version(SSL.TLS1_2_VERSION)
            context.set_cipher_list(b"NULL-SHA256:@SECLEVEL=0")
        if allowed:
            server.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
        self.client, self.server = support.connected(kind, client, server)
        seed = b"key expansion" + self.client.server_random() + self.client.client_random()
        self.key = expand(self.client.master_key(), seed, self.MAC)
        self.number = 1  # the handshake's last was 0

    def record(self, kind, content):
        head = bytes([kind]) + b"\3\3"
        signed = self.number.to_bytes(8, "big") + head + len(content).to_bytes(2, "big") + content
        self.number += 1
        size = (len(content) + self.MAC).to_bytes(2, "big")
        return head + size + content + hmac.digest(self.key, signed, "sha256")

    def parse(self, stream):
        """(kind, content) of the records that the server has sent."""
        found = []
        while stream:
            end = 5 + int.from_bytes(stream[3:5], "big")
            found.append((stream[0], stream[5 : end - self.MAC]))
            stream = stream[end:]
        return found

    def hellos(self, count):
        return b"".join(self.record(HANDSHAKE, HELLO) for _ in range(count))


class TestRefused:
    """By default a client is told no, and the connection goes on."""

    def test_client_of_ours(self):
        client, server = support.connected("memory", *contexts())
        client.renegotiate()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        support.pump(client, server)
        with pytest.raises(SSL.WantReadError):
            server.recv(1)
        support.pump(client, server)
        with pytest.raises(SSL.Error) as caught:
            client.do_handshake()
        assert caught.value.args[0][0][2] == "no renegotiation"
        assert server.total_renegotiations() == 0

    @pytest.mark.parametrize("count", [1, 2000])
    def test_again_and_again(self, count):
        """Each is answered, in its place; what lies between them is data as ever."""
        peer = Forger("memory")
        for part in range(3):
            peer.server.bio_write(peer.hellos(count) + peer.record(DATA, b"part %d" % part))
        assert [peer.server.recv(100) for _ in range(3)] == [b"part 0", b"part 1", b"part 2"]
        with pytest.raises(SSL.WantReadError):
            peer.server.recv(100)
        peer.server.send(b"answer")
        sent = peer.parse(peer.server.bio_read(1 << 20))
        assert sent == [(ALERT, NO_RENEGOTIATION)] * (3 * count) + [(DATA, b"answer")]
        assert peer.server.total_renegotiations() == 0
        assert peer.server.renegotiate_pending() is False

    def test_flood(self):
        """While a thread reads what a flood brings, others write; all of it comes to an end."""
        peer = Forger("tcp")
        plain = peer.client._socket
        flood = peer.hellos(5_000) + peer.record(DATA, b"through")
        with support.Threads() as threads:
            support.waits(threads.start(peer.server.recv, 100))
            threads.start(plain.sendall, flood)
            threads.start(peer.server.sendall, b"other")
            received, size = bytearray(), 5_000 * (5 + 2 + peer.MAC) + 5 + 5 + peer.MAC
            while len(received) < size:
                received += plain.recv(1 << 20)
        assert threads.results == [b"through", None, 5]
        sent = peer.parse(bytes(received))
        assert sorted(sent) == [(ALERT, NO_RENEGOTIATION)] * 5_000 + [(DATA, b"other")]
        for one in (peer.client, peer.server):
            one.close()

    def test_peer_that_reads_no_answers(self):
        """It is not listened to before it does, so that the answers do not pile up."""
        peer = Forger("socketpair")
        plain, ours = peer.client._socket, peer.server._socket
        count, received = 20_000, bytearray()
        flood = peer.hellos(count) + peer.record(DATA, b"through")

        def read():
            with support.non_blocking(peer.server):
                while True:
                    try:
                        return peer.server.recv(100)
                    except SSL.WantReadError:
                        answers = [ours] if peer.server.want_write() else []
                        select.select([ours], answers, [], support.TIMEOUT)

        def drain():
            while len(received) < count * (5 + 2 + peer.MAC):
                received.extend(plain.recv(1 << 20))

        with support.Threads() as threads:
            threads.start(plain.sendall, flood)
            for _ in range(1000):
                with pytest.raises(SSL.WantWriteError):
                    read()
            threads.start(peer.server.recv, 100)
            threads.start(drain)
        assert threads.results[1] == b"through"
        assert peer.parse(bytes(received)) == [(ALERT, NO_RENEGOTIATION)] * count
        for one in (peer.client, peer.server):
            one.close()

    def test_no_answer_goes_behind_what_was_lost(self):
        """But what the peer sends can go on being read."""
        peer = Forger("socketpair")
        plain = peer.client._socket
        other, gone = socket.socketpair()
        gone.close()
        with other, support.replaced(peer.server, other), pytest.raises(SSL.SysCallError):
            peer.server.send(b"lost")
        plain.sendall(peer.hellos(1) + peer.record(DATA, b"heard"))
        assert peer.server.recv(100) == b"heard"
        plain.setblocking(False)
        with pytest.raises(BlockingIOError):
            plain.recv(1)
        for one in (peer.client, peer.server):
            one.close()

    def test_close_ends_it(self):
        """One that is not read from any more takes nothing in."""
        peer = Forger("tcp")
        plain = peer.client._socket
        stop = threading.Event()

        def flood():
            with contextlib.suppress(ConnectionError):
                while not stop.is_set():
                    plain.sendall(peer.hellos(100))

        def drain():
            with contextlib.suppress(ConnectionError):
                while plain.recv(1 << 20):
                    pass

        with support.Threads() as threads:
            threads.start(flood)
            threads.start(drain)
            peer.server.setblocking(False)
            with contextlib.suppress(SSL.WantReadError):
                peer.server.recv(1)
            peer.server.close()
            stop.set()
        plain.close()


class TestAllowed:
    """With OP_ALLOW_CLIENT_RENEGOTIATION."""

    def test_again_and_again(self):
        client, server = support.connected("memory", *contexts(allowed=True))
        keys = set()
        for count in range(1, 11):
            assert client.renegotiate() is True
            while client.total_renegotiations() < count:
                assert support.transfer(server, client, b"down") == b"down"
                assert support.transfer(client, server, b"up") == b"up"
            assert client.get_finished() == server.get_peer_finished()
            keys.add(client.get_finished())
        assert len(keys) == 10

    def test_of_one_that_answers(self):
        """Whose recv and send do what there is to do."""
        client, server = support.connected("tcp", *contexts(allowed=True))

        def echo():
            with contextlib.suppress(SSL.ZeroReturnError):
                while True:
                    server.sendall(server.recv(100))

        with support.Threads() as threads:
            threads.start(echo)
            for count in range(1, 11):
                assert client.renegotiate() is True
                client.do_handshake()
                assert client.total_renegotiations() == count
                client.sendall(b"%d" % count)
                assert client.recv(100) == b"%d" % count
            client.shutdown()
        for one in (client, server):
            one.close()

    def test_one_that_cannot_be(self):
        """It ends the connection, and the peer is told."""
        peer = Forger("memory", allowed=True)
        peer.server.bio_write(peer.hellos(1000))
        with pytest.raises(SSL.Error) as caught:
            peer.server.recv(1)
        assert type(caught.value) is SSL.Error and caught.value.args[0]
        for call in [lambda: peer.server.recv(1), lambda: peer.server.send(b"x")] * 2:
            with pytest.raises(SSL.Error):
                call()
        (kind, content), *more = peer.parse(peer.server.bio_read(1 << 20))
        assert (kind, content[0], more) == (ALERT, 2, [])

    def test_one_that_is_never_gone_on_with(self):
        """Data that comes in its stead is read; what is to be sent waits."""
        client, server = support.connected("memory", *contexts(allowed=True))
        client.renegotiate()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        support.move(client, server)
        for call in [lambda: server.recv(1), lambda: server.send(b"x")] * 2:
            with pytest.raises(SSL.WantReadError):
                call()
        support.pump(client, server)
        assert support.transfer(client, server, b"on") == b"on"
        assert support.transfer(server, client, b"and back") == b"and back"
        assert client.total_renegotiations() == 1


class TestAsks:
    """A server that asks for a new handshake while a thread of it reads."""

    def test_a_sender_waits_for_no_answer(self):
        """Though it is the reader who asks: once that is done it goes on."""
        client, server = support.connected("socketpair", *contexts())
        for _ in range(20):
            with support.Threads() as threads:
                support.waits(threads.start(server.recv, 1))
                server.renegotiate()
                assert server.send(b"x") == 1
                assert client.recv(1) == b"x"
                assert client.send(b"y") == 1
            assert threads.results == [b"y"]
        assert server.total_renegotiations() == 20
        client.close()
        server.close()

    def test_not_within_a_record(self):
        """While half a record is there none can begin, and the handshake is not over."""
        client, server = support.connected("memory", *contexts())
        for count in range(1, 3):
            client.send(b"data")
            record = client.bio_read(1000)
            server.bio_write(record[:-1])
            with pytest.raises(SSL.WantReadError):
                server.recv(1)
            server.renegotiate()
            for _ in range(2):
                with pytest.raises(SSL.WantReadError):
                    server.do_handshake()
                with pytest.raises(SSL.WantReadError):
                    server.bio_read(1)
            server.bio_write(record[-1:])
            assert server.recv(10) == b"data"
            with pytest.raises(SSL.WantReadError):
                server.recv(10)
            server.do_handshake()
            exchange(server, client)
            assert server.total_renegotiations() == count

    def test_no_more_is_read_past_than_a_megabyte(self):
        client, server = support.connected("memory", *contexts(allowed=True))
        server.sendall(bytes(3 << 20))
        support.move(server, client)
        client.renegotiate()
        with pytest.raises(SSL.WantReadError):
            client.send(b"x")
        assert 1 << 20 <= client.pending() < 2 << 20

    def test_data_before_the_answer(self):
        """Does not disturb the client that has asked for the handshake."""
        client, server = support.connected("memory", *contexts(allowed=True))
        server.send(b"early")
        client.renegotiate()
        for _ in range(2):
            with pytest.raises(SSL.WantReadError):
                client.do_handshake()
            support.pump(client, server)
            with pytest.raises(SSL.WantReadError):
                server.recv(1)
            support.pump(client, server)
        client.do_handshake()
        assert client.recv(10) == b"early"
        assert client.total_renegotiations() == 1
        assert client.renegotiate_pending() is False


class TestSenderBesideReader:
    def test_one_that_may_not_wait(self):
        client, server = support.connected("socketpair", *contexts(allowed=True))
        with support.Threads() as threads:
            reader = threads.start(client.recv, 1)
            support.waits(reader)
            client.renegotiate()
            select.select([server], [], [], support.TIMEOUT)  # the reader has begun it
            support.waits(reader)
            client.setblocking(False)
            with pytest.raises(SSL.WantReadError):
                client.send(b"x")
            client.setblocking(True)
            threads.start(server.recv, 1)
            client.send(b"x")
            server.send(b"y")
        assert threads.results == [b"y", b"x"]
        client.close()
        server.close()

    def test_a_sender_takes_over(self):
        """The handshake that it waits for was the reader's to drive."""
        client, server = support.connected("socketpair", *contexts(allowed=True))

        def disturb():
            support.waits(threading.main_thread())
            client.renegotiate()
            support.waits(threads.start(client.send, b"x"))
            interruption.strike()

        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads:
                threads.start(disturb)
                with pytest.raises(KeyboardInterrupt):
                    client.recv(1)
                assert server.recv(1) == b"x"
        client.close()
        server.close()


class TestAsksForACertificate:
    """A server that wants to know who it is after all."""

    @pytest.mark.parametrize("ticket", [0, SSL.OP_NO_TICKET])
    @pytest.mark.parametrize("shows", [True, False])
    def test_it_is_shown_or_that_is_the_end(self, shows, ticket):
        """A client would rather take up the session that there is, without one."""
        pki = support.pki()
        client = support.client_context(credential=pki.ec_client if shows else None)
        server = support.server_context()
        server.set_max_proto_version(SSL.TLS1_2_VERSION)
        server.set_options(ticket)
        server.set_session_id(b"x")
        server.load_verify_locations(pki.ec_ca.cert_path)
        client, server = support.connected("memory", client, server)
        assert server.get_peer_certificate() is None
        server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        server.renegotiate()
        if shows:
            assert support.transfer(server, client, b"down") == b"down"
            assert support.transfer(client, server, b"up") == b"up"
            assert server.get_peer_certificate().get_subject().CN == "client"
            assert len(server.get_verified_chain()) == 2
        else:
            with pytest.raises(SSL.Error, match="peer did not return a certificate"):
                for _ in range(10):
                    for reader in (server, client):
                        with contextlib.suppress(SSL.WantReadError):
                            reader.recv(1)
                        support.pump(client, server)


class TestVerifiesTheServer:
    """A client that wants to know after all who it talks to; the server asks for the handshake.

    To such a request OpenSSL would answer with the session that there is, as if it were verified.
    """

    @pytest.fixture(params=[0, SSL.OP_NO_TICKET], ids=["ticket", "id"])
    def make(self, request):
        def connected(client):
            server = support.server_context()
            server.set_max_proto_version(SSL.TLS1_2_VERSION)
            server.set_options(request.param)
            return support.connected("memory", client, server)

        return connected

    def test_known(self, make):
        context = support.client_context(support.pki().ec_ca)
        context.set_verify(SSL.VERIFY_NONE)
        client, server = make(context)
        keys, asked = [client.master_key()], []
        client.set_verify(SSL.VERIFY_PEER, lambda *args: asked.append(args[3]) or args[4])
        for _ in range(2):
            server.renegotiate()
            assert support.transfer(server, client, b"down") == b"down"
            assert support.transfer(client, server, b"up") == b"up"
            keys.append(client.master_key())
        assert asked == [1, 0]
        assert keys[0] != keys[1] == keys[2]  # a session that is verified is taken up
        assert len(client.get_verified_chain()) == 2

    def test_unknown(self, make):
        client, server = make(support.client_context(False))
        client.set_verify(SSL.VERIFY_PEER)
        server.renegotiate()
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.transfer(server, client, b"down")
            support.transfer(client, server, b"up")
        with pytest.raises(SSL.Error):
            client.recv(1)
