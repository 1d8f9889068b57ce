"""DTLS between two of ours over a network that loses, doubles and reorders, as real ones do."""

import ctypes
import errno
import random
import select
import socket
import sys

import pytest

import support
from OpenSSL import SSL

ATTEMPTS = 12  # OpenSSL gives up after so many
HEADER = 13  # of a record; its last two bytes are how much follows
HANDSHAKE, DATA = 22, 23  # what a record's first byte says

native = ctypes.PyDLL(SSL.__file__)
native.DTLS_set_timer_cb.argtypes = ctypes.c_void_p, ctypes.c_void_p


def timer(wait):
    """What tells OpenSSL how many milliseconds come after so many, which are 0 at first."""
    early = 15_000  # microseconds: what is due within them is taken for due
    return ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_uint)(
        lambda ssl, last: early + 1000 * wait(max(last - early, 0) // 1000)
    )


SOON = timer(lambda last: 1)
# As real ones do: only so many may run out, and a busy machine is slow to answer.
DOUBLING = timer(lambda last: 2 * last or 1)
NEVER = timer(lambda last: 3_600_000)


def set_timers(how, *connections):
    for connection in connections:
        native.DTLS_set_timer_cb(connection._ssl, ctypes.cast(how, ctypes.c_void_p))


def expire(*connections):
    """Until a timer has run out, of those that run."""
    running = [one for one in connections if one.DTLSv1_get_timeout() is not None]
    assert running
    while not any(one.DTLSv1_handle_timeout() for one in running):
        pass


def contexts(credential=None):
    """(client's, server's); either may be changed."""
    client = support.client_context(credential and credential.root, SSL.DTLS_METHOD)
    server = support.server_context(credential, SSL.DTLS_METHOD)
    for context in (client, server):
        context.set_options(SSL.OP_NO_QUERY_MTU)
    return client, server


def memory_pair(mtu=1400, **options):
    pair = support.memory_pair(*contexts(**options))
    for connection in pair:
        connection.set_ciphertext_mtu(mtu)
    set_timers(NEVER, *pair)
    return pair


@pytest.fixture
def pair():
    """(client, server) after the handshake."""
    return support.handshake(*memory_pair())


def outgoing(connection):
    """The datagrams that a Connection wants to send."""
    found = []
    while True:
        try:
            found.append(connection.bio_read(65536))
        except SSL.WantReadError:
            return found


def records(datagram):
    """The types of the records that make it up, which they do without rest."""
    types = []
    while datagram:
        size = HEADER + int.from_bytes(datagram[HEADER - 2 : HEADER], "big")
        assert len(datagram) >= size
        types.append(datagram[0])
        datagram = datagram[size:]
    return types


def step(connection):
    """Whether its handshake is over."""
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        return False
    return True


def received(connection):
    """All messages that are there for it."""
    found = []
    while True:
        try:
            found.append(connection.recv(65536))
        except SSL.WantReadError:
            return found


class Network:
    """Carries datagrams; what becomes of each is drawn from a generator with a seed."""

    def __init__(self, seed, loss=0.25, twice=0.1, late=0.2):
        self.random = random.Random(seed)
        self.loss, self.twice, self.late = loss, twice, late
        self.waiting = []
        self.lost = 0

    def carry(self, datagrams):
        """What arrives of these, and of those that were late, in what order."""
        arriving, held = [], []
        for datagram in datagrams:
            if self.random.random() < self.loss:
                self.lost += 1
                continue
            copies = 2 if self.random.random() < self.twice else 1
            for _ in range(copies):
                (held if self.random.random() < self.late else arriving).append(datagram)
        arriving += self.waiting
        self.waiting = held
        self.random.shuffle(arriving)
        return arriving


def drive(client, server, there, back, limit=200):
    """The handshake over a Network each way."""
    for _ in range(limit):
        # Who is done reads on: it repeats what the other has missed.
        done = [step(one) and not received(one) for one in (client, server)]
        if all(done):
            return
        moved = 0
        for source, target, network in ((client, server, there), (server, client, back)):
            arriving = network.carry(outgoing(source))
            for datagram in arriving:
                target.bio_write(datagram)
            moved += len(arriving) + len(network.waiting)
        if not moved:
            expire(client, server)
    raise AssertionError("the handshake does not come to an end")


class TestMemory:
    """One bio_read, one datagram; one bio_write, one datagram."""

    def test_each_is_whole(self, pki):
        client, server = memory_pair(300, credential=pki.deep)
        counts = []
        while not (step(client) and step(server)):
            for source, target in ((client, server), (server, client)):
                step(source)
                flight = outgoing(source)
                counts.append(len(flight))
                for datagram in flight:
                    assert records(datagram)
                    assert len(datagram) <= 300
                    target.bio_write(datagram)
        assert max(counts) > 5  # the chain of certificates
        assert client.get_verified_chain()

    def test_never_two(self, pair):
        client, server = pair
        for size in (1, 1, 1000, 1):
            client.send(b"x" * size)
        flight = outgoing(client)
        assert [records(datagram) for datagram in flight] == [[DATA]] * 4
        for datagram in flight:
            server.bio_write(datagram)
        assert [len(message) for message in received(server)] == [1, 1, 1000, 1]

    def test_what_does_not_fit_is_cut_off(self, pair):
        client, server = pair
        client.send(b"first")
        client.send(b"second")
        cut = client.bio_read(20)
        assert len(cut) == 20
        for datagram in (cut, *outgoing(client)):
            server.bio_write(datagram)
        assert received(server) == [b"second"]

    def test_several_records_in_one(self, pair):
        client, server = pair
        for message in (b"first", b"second"):
            client.send(message)
        server.bio_write(bytearray(b"".join(outgoing(client))))
        assert received(server) == [b"first", b"second"]

    def test_a_message_is_cut_when_less_is_asked_for(self, pair):
        client, server = pair
        client.send(b"message")
        support.pump(*pair)
        assert server.recv(3) == b"mes"
        assert server.pending() == 4
        assert server.recv(10) == b"sage"

    def test_mtu(self, pair):
        client, server = pair
        for mtu in (1400, 600, 300):
            client.set_ciphertext_mtu(mtu)
            room = client.get_cleartext_mtu()
            assert "GCM" in client.get_cipher_name()
            client.send(b"x" * room)
            client.send(b"x" * (room + 1))
            assert [len(datagram) for datagram in outgoing(client)] == [mtu, mtu + 1]

    def test_shutdown(self, pair):
        client, server = pair
        assert client.shutdown() is False
        support.pump(*pair)
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(1)
        assert server.shutdown() is True

    def test_the_end(self, pair):
        client, server = pair
        client.send(b"last")
        support.pump(*pair)
        server.bio_shutdown()
        assert server.recv(10) == b"last"
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                server.recv(10)
            assert caught.value.args == (-1, "Unexpected EOF")


class TestNetwork:
    @pytest.mark.parametrize("seed", range(20))
    def test_handshake(self, pki, seed):
        client, server = memory_pair(400, credential=pki.deep)
        set_timers(DOUBLING, client, server)
        there, back = Network(seed), Network(-seed)
        drive(client, server, there, back)
        assert client.get_finished() == server.get_peer_finished()
        assert client.export_keying_material(b"x", 32) == server.export_keying_material(b"x", 32)
        client.send(b"hello")
        support.move(client, server)
        assert b"hello" in received(server)

    @pytest.mark.parametrize("seed", range(5))
    def test_data(self, pair, seed):
        """Comes once or not at all, in whatever order."""
        client, server = pair
        network, got = Network(seed), []
        sent = [b"message %d" % number for number in range(50)]
        for message in sent:
            client.send(message)
            for datagram in network.carry(outgoing(client)):
                server.bio_write(datagram)
            got += received(server)
        for datagram in network.carry([]):
            server.bio_write(datagram)
        got += received(server)
        assert len(got) == len(sent) - network.lost
        assert len(set(got)) == len(got)
        assert set(got) < set(sent)
        assert got != sorted(got, key=sent.index)

    def test_old_datagrams_do_not_come_again(self, pair):
        client, server = pair
        client.send(b"once")
        flight = outgoing(client)
        for _ in range(3):
            for datagram in flight:
                server.bio_write(datagram)
        assert received(server) == [b"once"]

    @pytest.mark.parametrize(
        "rubbish",
        [
            b"\0",
            b"GET / HTTP/1.0\r\n\r\n",
            bytes(2000),
            b"\x17\xfe\xfd" + bytes(8) + b"\0\x20" + bytes(32),  # data without a key
            b"\x17\xfe\xfd\0\1" + bytes(5) + b"\x63\0\x20" + bytes(32),  # with a wrong one
            b"\x17\xfe\xfd\0\1" + bytes(5) + b"\x64\xff\xff" + bytes(32),  # longer than it is
            b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x28",  # a forged alert
        ],
    )
    def test_rubbish_is_dropped(self, pair, rubbish):
        client, server = pair
        for _ in range(3):
            server.bio_write(rubbish)
            client.send(b"hello")
            support.pump(*pair)
            assert received(server) == [b"hello"]
            server.send(b"hello")
            support.pump(*pair)
            assert received(client) == [b"hello"]

    def test_changed_datagrams_are_dropped(self, pair):
        client, server = pair
        client.send(b"hello")
        (datagram,) = outgoing(client)
        for place in range(len(datagram)):
            changed = bytearray(datagram)
            changed[place] ^= 1
            server.bio_write(changed)
        assert received(server) == []
        server.bio_write(datagram)
        assert received(server) == [b"hello"]


class TestTimers:
    def test_when_it_runs(self):
        client, server = memory_pair()
        assert client.DTLSv1_get_timeout() is None
        assert client.DTLSv1_handle_timeout() is False
        step(client)
        assert 3000 < client.DTLSv1_get_timeout() < 3601
        assert client.DTLSv1_handle_timeout() is False  # it is early
        support.handshake(client, server)
        assert client.DTLSv1_get_timeout() is None
        assert server.DTLSv1_get_timeout() is None

    def test_sends_again(self):
        client, server = memory_pair()
        set_timers(SOON, client)
        step(client)
        first = outgoing(client)
        for _ in range(3):
            expire(client)
            again = outgoing(client)
            # only the records' numbers are new
            assert {one[HEADER:] for one in again} == {one[HEADER:] for one in first}
            assert set(again).isdisjoint(first)

    def test_gives_up(self):
        client, server = memory_pair()
        set_timers(SOON, client)
        step(client)
        with pytest.raises(SSL.Error) as caught:
            for _ in range(ATTEMPTS + 1):
                expire(client)
        assert caught.value.args[0][0] == ("SSL routines", "", "read timeout expired")


class TestListen:
    """A server that has not yet decided to have anything to do with a client."""

    @pytest.fixture
    def pair(self):
        self.verified = []
        client, server = contexts()
        server.set_options(SSL.OP_COOKIE_EXCHANGE)
        server.set_cookie_generate_callback(lambda connection: b"the right one")
        server.set_cookie_verify_callback(self.verify)
        client, server = support.memory_pair(client, server)
        for connection in (client, server):
            connection.set_ciphertext_mtu(1400)
        set_timers(NEVER, client, server)
        return client, server

    def verify(self, connection, cookie):
        self.verified.append(cookie)
        return cookie == b"the right one"

    def hello(self, client):
        """The client's one datagram."""
        step(client)
        (hello,) = outgoing(client)
        return hello

    def listen(self, server, datagram):
        server.bio_write(datagram)
        server.DTLSv1_listen()

    def test_asks_for_a_cookie(self, pair):
        client, server = pair
        hello = self.hello(client)
        for _ in range(3):  # each is asked, and nothing is remembered
            with pytest.raises(SSL.WantReadError):
                self.listen(server, hello)
            (answer,) = outgoing(server)
            assert len(answer) < len(hello)  # so that nobody can use it against others
        client.bio_write(answer)
        with_cookie = self.hello(client)
        assert b"the right one" in with_cookie
        assert self.listen(server, with_cookie) is None
        assert self.verified == [b"the right one"]
        server.bio_write(with_cookie)
        support.handshake(client, server)
        assert self.verified == [b"the right one"] * 2

    def test_a_wrong_cookie(self, pair):
        client, server = pair
        with pytest.raises(SSL.WantReadError):
            self.listen(server, self.hello(client))
        client.bio_write(outgoing(server)[0])
        with_cookie = self.hello(client)
        with pytest.raises(SSL.WantReadError):
            self.listen(server, with_cookie.replace(b"the right one", b"the wrong one"))
        assert self.verified == [b"the wrong one"]
        assert len(outgoing(server)) == 1
        assert self.listen(server, with_cookie) is None

    @pytest.mark.parametrize("rubbish", [b"\0", bytes(60), b"\x16\xfe\xfd" + bytes(60)])
    def test_rubbish(self, pair, rubbish):
        client, server = pair
        with pytest.raises(SSL.WantReadError):
            self.listen(server, rubbish)
        assert outgoing(server) == []
        with pytest.raises(SSL.WantReadError):
            self.listen(server, self.hello(client))
        assert len(outgoing(server)) == 1

    def test_one_server_many_clients(self, pair):
        """Whoever has no cookie costs nothing: the same Connection goes on listening."""
        _, server = pair
        for _ in range(3):
            stranger = SSL.Connection(pair[0].get_context())
            stranger.set_connect_state()
            stranger.set_ciphertext_mtu(1400)
            with pytest.raises(SSL.WantReadError):
                self.listen(server, self.hello(stranger))
            outgoing(server)
        self.test_asks_for_a_cookie(pair)


class TestSockets:
    @pytest.fixture
    def sockets(self, stage):
        one, other = stage.datagrams(), stage.datagrams()
        one.connect(other.getsockname())
        other.connect(one.getsockname())
        return one, other

    def pair(self, one, other, **options):
        client, server = contexts(**options)
        client, server = SSL.Connection(client, one), SSL.Connection(server, other)
        client.set_connect_state()
        server.set_accept_state()
        for connection in (client, server):
            connection.set_ciphertext_mtu(400)
        set_timers(NEVER, client, server)
        return client, server

    @pytest.mark.parametrize("seed", range(4))
    def test_who_blocks_sends_again(self, stage, pki, seed):
        """Both ends wait in do_handshake and recv; nobody but they looks at the clock."""
        ends = [stage.datagrams() for _ in range(4)]  # client, relay, relay, server
        for one, other in (ends[:2], ends[2:]):
            one.connect(other.getsockname())
            other.connect(one.getsockname())
        client, server = self.pair(ends[0], ends[3], credential=pki.deep)
        set_timers(DOUBLING, client, server)
        networks = {ends[1]: (ends[2], Network(seed)), ends[2]: (ends[1], Network(-seed))}

        def relay():
            open_ends = list(networks)
            while open_ends:
                for source in select.select(open_ends, [], [], support.TIMEOUT)[0]:
                    datagram = source.recv(65536)
                    target, network = networks[source]
                    if not datagram:
                        open_ends.remove(source)
                    elif datagram[0] == DATA:
                        target.send(datagram)
                    else:
                        for arriving in network.carry([datagram]):
                            target.send(arriving)

        def serve():
            server.do_handshake()
            message = server.recv(100)
            server.sendall(message * 2)

        with support.Threads() as threads:
            threads.start(relay)
            threads.start(serve)
            client.do_handshake()
            client.sendall(b"hello")
            assert client.recv(100) == b"hellohello"
            for end in (ends[0], ends[3]):
                end.send(b"")

    def test_an_empty_datagram_is_nothing(self, sockets):
        client, server = self.pair(*sockets)
        sockets[0].send(b"")
        sockets[1].send(b"")
        support.handshake(client, server)
        for _ in range(3):
            sockets[0].send(b"")
            client.send(b"hello")
            assert server.recv(10) == b"hello"
        with support.non_blocking(server):
            sockets[0].send(b"")
            for _ in range(2):
                with pytest.raises(SSL.WantReadError):
                    server.recv(10)

    @pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
    def test_mtu_is_the_systems(self, stage, family):
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        ends = []
        for _ in range(2):
            end = stage.socket(socket.socket(family, socket.SOCK_DGRAM))
            try:
                end.bind((host, 0))
            except OSError as error:
                pytest.skip(f"no {host} here: {error}")
            ends.append(end)
        ends[0].connect(ends[1].getsockname())
        ends[1].connect(ends[0].getsockname())
        pair = []
        for make, end in ((support.client_context, ends[0]), (support.server_context, ends[1])):
            pair.append(SSL.Connection(make(method=SSL.DTLS_METHOD), end))
        pair[0].set_connect_state()
        pair[1].set_accept_state()
        client, server = support.handshake(*pair)
        room = client.get_cleartext_mtu()
        assert room > 1000  # a loopback interface takes much
        if sys.platform == "linux":
            of_ipv4 = family == socket.AF_INET
            level, option = (socket.IPPROTO_IP, 14) if of_ipv4 else (socket.IPPROTO_IPV6, 24)
            headers = 20 + 8 if of_ipv4 else 40 + 8
            client.set_ciphertext_mtu(ends[0].getsockopt(level, option) - headers)
            assert client.get_cleartext_mtu() == room
        client.send(b"x" * 16000)
        assert server.recv(20000) == b"x" * 16000

    def test_the_end_of_a_sequence(self, stage):
        """Of datagrams over a socket that has an end."""
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in ends:
            stage.socket(end)
        client, server = support.handshake(*self.pair(*ends))
        client.send(b"last")
        client.close()
        assert server.recv(10) == b"last"
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                server.recv(10)
            assert caught.value.args == (-1, "Unexpected EOF")

    def test_nobody_there(self, stage):
        one, other = stage.datagrams(), stage.datagrams()
        one.connect(other.getsockname())
        other.connect(other.getsockname())  # and hears nobody else, while nobody takes its port
        client, _ = self.pair(one, one)
        with pytest.raises(SSL.SysCallError) as caught:
            client.do_handshake()
        assert caught.value.args == (errno.ECONNREFUSED, "ECONNREFUSED")
        client.close()
