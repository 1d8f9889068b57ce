"""A network that cuts, splits, holds back and resets, at every point of a connection's life."""

import errno
import select
import socket

import pytest

import support
from interop import peers
from OpenSSL import SSL

EOF = -1, "Unexpected EOF"
GONE = {errno.ECONNRESET: "ECONNRESET", errno.EPIPE: "EPIPE"}
AT_ONCE = b"\1\0\0\0\0\0\0\0"  # SO_LINGER: closing is a reset

# How much of a record arrives, of so many bytes.
PARTS = {
    "nothing": lambda size: 0,
    "a byte": lambda size: 1,
    "half of the header": lambda size: 3,
    "the header": lambda size: 5,
    "half": lambda size: 5 + (size - 5) // 2,
    "all but a byte": lambda size: size - 1,
}


class Line:
    """A Connection of ours over TCP, a peer in memory, and in our hands what lies between.

    The peer shakes hands, says hello, and shuts down.  What it sends goes to ours record by
    record, until *cut*, (which record, a key of PARTS), or until the end; then the line ends with
    FIN or, if *reset*, with RST.
    """

    def __init__(self, stage, role, version, cut=None, reset=False, blocking=False):
        near, self.far = support.tcp_sockets()
        for one in (near, self.far):
            stage.socket(one)
        near.setblocking(blocking)
        self.far.setblocking(False)
        client = peers.limit(support.client_context(), version)
        server = peers.limit(support.server_context(), version)
        self.near = near
        self.ours = SSL.Connection(client if role == "client" else server, near)
        self.peer = SSL.Connection(server if role == "client" else client)
        (self.ours if role == "client" else self.peer).set_connect_state()
        (self.peer if role == "client" else self.ours).set_accept_state()
        self.cut, self.reset = cut, reset
        self.stream = b""
        self.count = 0
        self.ended = self.said_all = False

    # ---- the peer ----

    def converse(self):
        """Let the peer do what it can."""
        try:
            self.peer.do_handshake()
        except SSL.WantReadError:
            return
        if not self.said_all:
            self.said_all = True
            self.peer.send(b"hello")
            self.peer.shutdown()

    def next_record(self):
        while len(self.stream) < 5 or len(self.stream) < self.size():
            try:
                self.stream += self.peer.bio_read(65536)
            except SSL.WantReadError:
                return None
        record, self.stream = self.stream[: self.size()], self.stream[self.size() :]
        return record

    def size(self):
        return 5 + int.from_bytes(self.stream[3:5], "big")

    # ---- the network ----

    def end(self):
        self.ended = True
        if self.reset:
            self.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self.far.close()
        else:
            self.far.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.far.sendall(data)

    def forward(self):
        """Carry on what the peer has to say."""
        while not self.ended and (record := self.next_record()) is not None:
            if self.cut and self.count == self.cut[0]:
                self.send(record[: PARTS[self.cut[1]](len(record))])
                self.end()
            else:
                self.send(record)
                self.count += 1
        if self.said_all and not self.ended:
            self.end()

    def fetch(self):
        """Carry what ours has sent to the peer."""
        self.peer.bio_write(self.far.recv(65536))

    def work(self, sockets):
        """Wait for something to arrive, and if it is at the peer's end, deal with it."""
        if self.ended:
            sockets = [one for one in sockets if one is not self.far]
            if not sockets:
                return
        ready = select.select(sockets, [], [], support.TIMEOUT)[0]
        assert ready, "it stands still"
        if self.far in ready:
            self.fetch()
            self.converse()
            self.forward()

    # ---- ours ----

    def wait(self):
        self.work([self.near, self.far])

    def run(self, operation, *args):
        while True:
            try:
                return operation(*args)
            except SSL.WantReadError:
                self.wait()

    def listen(self):
        """(whether the handshake was done, the messages that came, the exception at the end)."""
        done, messages = False, []
        try:
            self.run(self.ours.do_handshake)
            done = True
            while True:
                messages.append(self.run(self.ours.recv, 100))
        except SSL.Error as error:
            return done, messages, error

    def start(self):
        self.converse()
        self.forward()


def all_records(stage, role, version):
    """How many records a peer sends; the last two are hello and close_notify."""
    line = Line(stage, role, version)
    line.start()
    assert line.listen()[:2] == (True, [b"hello"])
    return line.count


def every_cut(stage, role, version, parts=PARTS):
    count = all_records(stage, role, version)
    return count, [(record, part) for record in range(count) for part in parts]


def repeat(operation, *args):
    """The same operation three times: what each of them raises."""
    found = []
    for _ in range(3):
        with pytest.raises(SSL.Error) as caught:
            operation(*args)
        found.append(caught.value)
    return found


@pytest.fixture(params=["client", "server"])
def role(request):
    """What ours is."""
    return request.param


class TestCut:
    def check(self, line, count):
        hello, goodbye = count - 2, count - 1
        done, messages, error = line.listen()
        assert messages == ([b"hello"] if line.count > hello else []), line.cut
        assert done or line.count < hello, line.cut
        assert type(error) is SSL.SysCallError and error.args == EOF, (line.cut, error)
        assert line.count <= goodbye

    def operations(self, ours):
        yield ours.recv, 100
        yield ours.recv_into, bytearray(100)
        yield ours.recv, 100, socket.MSG_PEEK
        yield ours.send, b"x"
        yield ours.sendall, bytes(40_000)
        yield (ours.shutdown,)

    def test_everywhere(self, stage, role, version):
        count, cuts = every_cut(stage, role, version)
        for cut in cuts:
            line = Line(stage, role, version, cut)
            line.start()
            self.check(line, count)
            for operation in self.operations(line.ours):
                errors = repeat(*operation)
                assert [error.args for error in errors] == [EOF] * 3, (cut, operation, errors)
            stage.pop_all().close()

    def test_while_ours_waits(self, stage, role, version):
        """The same on a socket that blocks, where the end comes into the middle of a call."""
        count, cuts = every_cut(stage, role, version, ["nothing", "half"])
        for cut in cuts:
            line = Line(stage, role, version, cut, blocking=True)
            with support.Threads() as threads:
                threads.start(self.check, line, count)
                line.start()
                while not line.ended:
                    line.work([line.far])
            for operation in (line.ours.recv, 100), (line.ours.send, b"x"):
                assert [error.args for error in repeat(*operation)] == [EOF] * 3
            stage.pop_all().close()


class TestNoCut:
    def test_close_notify(self, stage, role, version):
        line = Line(stage, role, version)
        line.start()
        done, messages, error = line.listen()
        assert (done, messages, type(error)) == (True, [b"hello"], SSL.ZeroReturnError)
        assert [type(error) for error in repeat(line.ours.recv, 1)] == [SSL.ZeroReturnError] * 3
        for _ in range(3):
            assert line.ours.send(b"still open this way") == 19
        assert line.ours.shutdown() is True
        for error in repeat(line.ours.send, b"x"):
            assert error.args[0][0] == ("SSL routines", "", "protocol is shutdown")

    @pytest.mark.parametrize("operation", ["send", "shutdown"])
    def test_answering_who_has_gone(self, stage, role, version, operation):
        """That the peer has shut down does not hide that nothing reaches it any more."""
        line = Line(stage, role, version)
        line.start()
        line.listen()
        line.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        line.far.close()
        line.near.setblocking(True)
        assert select.select([line.near], [], [], support.TIMEOUT)[0]
        for error in repeat(getattr(line.ours, operation), *[b"x"][: operation == "send"]):
            assert type(error) is SSL.SysCallError
            assert error.args in [*GONE.items()]
        assert [type(error) for error in repeat(line.ours.recv, 1)] == [SSL.ZeroReturnError] * 3

    def test_sending_to_who_has_gone(self, role, version):
        """The system says so at the second try, or the third; and then it stays so."""
        contexts = support.client_context(), support.server_context()
        pair = support.connected("tcp", *(peers.limit(one, version) for one in contexts))
        ours, other = pair if role == "client" else reversed(pair)
        other.close()
        with pytest.raises(SSL.SysCallError) as caught:
            while True:
                ours.sendall(b"x")
        assert caught.value.args in [*GONE.items()]
        for operation in (ours.send, b"x"), (ours.sendall, b"x"), (ours.shutdown,):
            assert [error.args for error in repeat(*operation)] == [caught.value.args] * 3
        ours.close()


class TestReset:
    def test_everywhere(self, stage, role, version):
        count, cuts = every_cut(stage, role, version)
        for cut in cuts:
            line = Line(stage, role, version, cut, reset=True)
            line.start()
            done, messages, error = line.listen()
            assert type(error) is SSL.SysCallError, (cut, error)
            # A server's tickets, which go unnoticed if they fail, may get to hear of it first.
            told = [*GONE.items()] + [EOF] * (done and role == "server")
            assert error.args in told, (cut, error)
            assert messages in ([], [b"hello"]) and (not messages or cut[0] == count - 1)
            for operation in (line.ours.recv, 100), (line.ours.send, b"x"):
                for error in repeat(*operation):
                    assert type(error) is SSL.SysCallError, (cut, error)
                    assert error.args in [EOF, *GONE.items()], (cut, error)
            stage.pop_all().close()


class Drops(Line):
    """Brings everything byte by byte, both ways, and lets ours look at each."""

    def __init__(self, *args):
        super().__init__(*args)
        self.looks, self.heard, self.error = 0, [], None

    def send(self, data):
        for number in range(len(data)):
            self.far.sendall(data[number : number + 1])
            assert select.select([self.near], [], [], support.TIMEOUT)[0]
            self.look()

    def look(self):
        """Let ours go on as far as it can."""
        self.looks += 1
        try:
            self.ours.do_handshake()
            while True:
                self.heard.append(self.ours.recv(100))
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.error = error

    def fetch(self):
        for byte in self.far.recv(65536):
            self.peer.bio_write(bytes([byte]))
            self.converse()


class Bursts(Line):
    """Keeps what the peer says until both stand still, and then brings it all at once."""

    def __init__(self, *args):
        super().__init__(*args)
        self.kept = b""

    def send(self, data):
        self.kept += data

    def end(self):
        """Not yet."""

    def wait(self):
        while select.select([self.far], [], [], 0)[0]:
            self.work([self.far])
        if self.kept:
            self.far.sendall(self.kept)
            self.kept = b""
            if self.said_all:
                super().end()
        self.work([self.near, self.far])


class TestSplit:
    def test_byte_by_byte(self, stage, role, version):
        line = Drops(stage, role, version)
        line.look()
        line.start()
        while line.error is None:
            line.work([line.far])
        assert line.heard == [b"hello"]
        assert type(line.error) is SSL.ZeroReturnError
        assert line.looks > 300

    def test_data_byte_by_byte(self, stage):
        """Each way, in records of every size up to a few hundred."""
        client, server = support.connected("memory")
        for source, target in ((client, server), (server, client)):
            for size in range(1, 300, 7):
                source.send(b"x" * size)
                stream = source.bio_read(65536)
                for number in range(len(stream) - 1):
                    target.bio_write(stream[number : number + 1])
                    with pytest.raises(SSL.WantReadError):
                        target.recv(1000)
                target.bio_write(stream[-1:])
                assert target.recv(1000) == b"x" * size


class TestHeldBack:
    def test_in_bursts(self, stage, role, version):
        line = Bursts(stage, role, version)
        line.start()
        done, messages, error = line.listen()
        assert (done, messages, type(error)) == (True, [b"hello"], SSL.ZeroReturnError)

    def test_tickets_after_everything_else(self):
        """A client that has said all before the server's last word of the handshake came."""
        client, server = support.memory_pair()
        for one, other in ((client, server), (server, client)):
            with pytest.raises(SSL.WantReadError):
                one.do_handshake()
            support.move(one, other)
        client.do_handshake()
        client.sendall(b"all of it")
        assert client.shutdown() is False
        support.move(client, server)
        server.do_handshake()
        assert server.recv(100) == b"all of it"
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(100)
        server.sendall(b"answer")
        assert server.shutdown() is True
        support.move(server, client)
        assert client.recv(100) == b"answer"
        assert client.get_session() is not None
        with pytest.raises(SSL.ZeroReturnError):
            client.recv(100)
        assert client.shutdown() is True

    def test_answers_cross(self):
        """Both have shut down before either has heard of it."""
        client, server = support.connected("memory")
        for one in (client, server):
            one.sendall(b"last")
            assert one.shutdown() is False
        support.pump(client, server)
        for one in (client, server):
            assert one.recv(100) == b"last"
            with pytest.raises(SSL.ZeroReturnError):
                one.recv(100)
            assert one.shutdown() is True


def records(connection):
    """What a memory Connection wants to send, by records."""
    stream, found = connection.bio_read(65536), []
    while stream:
        size = 5 + int.from_bytes(stream[3:5], "big")
        found.append(stream[:size])
        stream = stream[size:]
    return found


def flipped(data, at):
    changed = bytearray(data)
    changed[at] ^= 1 << at % 8
    return bytes(changed)


def pair_in_memory(version):
    return support.memory_pair(
        peers.limit(support.client_context(), version),
        peers.limit(support.server_context(), version),
    )


class TestChanged:
    """Somebody on the way changes what is sent."""

    def answer(self, version):
        """A client that waits for the server's first flight, its server, and that flight."""
        client, server = pair_in_memory(version)
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        support.move(client, server)
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        return client, server, records(server)

    def looked_at(self, flight):
        """The places of what counts: not the minor version of records that are not encrypted."""
        places, at = [], 0
        for record in flight:
            plain = record[0] in (20, 22)
            places += [at + place for place in range(len(record)) if place != 2 or not plain]
            at += len(record)
        return places[:-10]  # a signature may be shorter another time

    def test_no_handshake(self, version):
        """Whatever bit it is, nobody takes such a handshake for a good one."""
        for at in self.looked_at(self.answer(version)[2])[::3]:
            client, server, flight = self.answer(version)
            client.bio_write(flipped(b"".join(flight), at))
            for _ in range(3):
                for connection in (client, server):
                    with pytest.raises(SSL.Error):
                        connection.do_handshake()
                support.pump(client, server)
            with pytest.raises(SSL.Error):
                client.send(b"secret")

    def test_no_end_within_it(self, version):
        """The stream ends after any of its bytes."""
        for at in range(1, len(b"".join(self.answer(version)[2])) - 10, 5):
            client, _, flight = self.answer(version)
            client.bio_write(b"".join(flight)[:at])
            client.bio_shutdown()
            for _ in range(2):
                with pytest.raises(SSL.SysCallError) as caught:
                    client.do_handshake()
                assert caught.value.args == EOF, at

    def data(self, version):
        """A client after its handshake, and the records of three messages for it."""
        client, server = support.handshake(*pair_in_memory(version))
        with pytest.raises(SSL.WantReadError):
            client.recv(1)  # the tickets
        for message in (b"zero", b"one.", b"two."):
            server.send(message)
        return client, records(server)

    def check(self, client, stream, messages):
        client.bio_write(stream)
        for message in messages:
            assert client.recv(100) == message
        with pytest.raises(SSL.Error) as caught:
            client.recv(100)
        assert type(caught.value) is SSL.Error
        for error in repeat(client.recv, 100):
            assert type(error) in (SSL.Error, SSL.SysCallError)

    @pytest.mark.parametrize(
        "order, good", [("00", 1), ("1", 0), ("10", 0), ("02", 1), ("0121", 3)]
    )
    def test_order_of_records(self, version, order, good):
        """They come twice, or not at all, or too early: what came before arrives."""
        client, sent = self.data(version)
        stream = b"".join(sent[int(number)] for number in order)
        self.check(client, stream, [b"zero", b"one.", b"two."][:good])

    @pytest.mark.parametrize("number", [0, 1])
    def test_bits_of_records(self, version, number):
        for at in range(5, len(self.data(version)[1][number])):
            client, sent = self.data(version)
            stream = b"".join(sent[:number]) + flipped(sent[number], at)
            self.check(client, stream, [b"zero"][:number])
