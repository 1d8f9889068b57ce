"""Connection's traffic in one thread: what goes in, what comes out, what is refused."""

import array
import contextlib
import ctypes
import errno
import select
import socket
import struct
import threading
import time
import warnings

import pytest

import support
from OpenSSL import SSL

WARNING = "str for buf is no longer accepted, use bytes"


def close(*connections):
    for one in connections:
        if not support.is_memory(one):
            one.close()


@pytest.fixture(params=["memory", "socketpair", "tcp"])
def pair(request):
    pair = support.connected(request.param)
    yield pair
    close(*pair)


@pytest.fixture
def memory():
    return support.connected("memory")


@pytest.fixture
def sockets():
    pair = support.connected("socketpair")
    yield pair
    close(*pair)


def carry(one, other):
    if support.is_memory(one):
        support.pump(one, other)


class TestSend:
    def test_each_kind_of_buffer(self, pair):
        client, server = pair
        for data in (
            b"bytes",
            bytearray(b"bytearray"),
            memoryview(b"memoryview"),
            array.array("i", [1, 2, 3]),
            memoryview(array.array("i", [4, 5])),
        ):
            raw = bytes(memoryview(data).cast("B"))
            assert client.send(data) == len(raw)
            carry(client, server)
            assert server.recv(100) == raw

    def test_write_is_send(self, memory):
        client, server = memory
        assert client.write(buf=b"x", flags=0) == 1
        support.pump(client, server)
        assert server.read(bufsiz=1) == b"x"

    def test_str_warns(self, memory):
        client, server = memory
        with pytest.warns(DeprecationWarning, match=WARNING) as caught:
            assert client.send("h\xe9") == 3
        assert caught[0].filename == __file__
        support.pump(client, server)
        assert server.recv(10) == "h\xe9".encode()

    @pytest.mark.parametrize("wrong", [None, 1, 1.5, object(), [1], memoryview(b"abcd")[::2]])
    def test_wrong_type(self, memory, wrong):
        with pytest.raises(TypeError, match="buf"):
            memory[0].send(wrong)
        with pytest.raises(TypeError, match="buf"):
            memory[0].sendall(wrong)

    def test_too_long(self, memory):
        class Long(bytes):
            def __len__(self):
                return 1 << 31

        for method in (memory[0].send, memory[0].sendall):
            with pytest.raises(ValueError, match="2\\*\\*31-1"):
                method(Long(b"x"))

    def test_length_that_raises(self, memory):
        class Odd(bytes):
            def __len__(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            memory[0].send(Odd(b"x"))

    def test_nothing(self, pair):
        assert pair[0].send(b"") == 0
        assert pair[0].sendall(b"") == 0

    def test_nothing_needs_no_handshake(self):
        client, _ = support.memory_pair()
        assert client.send(b"") == 0
        with pytest.raises(SSL.WantReadError):
            client.bio_read(1)

    def test_one_record_at_most(self, memory):
        client, server = memory
        assert client.send(bytes(2**15)) == 16384

    def test_flags_must_be_an_integer(self, memory):
        with pytest.raises(TypeError, match="flags"):
            memory[0].send(b"x", "y")

    def test_before_the_handshake(self):
        client, server = support.memory_pair()
        with pytest.raises(SSL.WantReadError):
            client.send(b"early")
        support.handshake(client, server)
        assert client.send(b"early") == 5

    def test_without_a_role(self):
        connection = SSL.Connection(support.client_context())
        for call in (
            lambda: connection.send(b"x"),
            lambda: connection.recv(1),
            connection.shutdown,
        ):
            with pytest.raises(SSL.Error) as caught:
                call()
            assert caught.value.args[0][0] == ("SSL routines", "", "uninitialized")
        with pytest.raises(SSL.Error) as caught:
            connection.do_handshake()
        assert caught.value.args[0][0][2] == "connection type not set"


class TestSendall:
    @pytest.mark.parametrize("size", [1, 16384, 16385, 65536, 300_000])
    def test_all_of_it(self, memory, size):
        client, server = memory
        data = bytes(range(256)) * (size // 256 + 1)
        assert client.sendall(data[:size]) == size
        support.pump(client, server)
        received = b""
        while len(received) < size:
            received += server.recv(65536)
        assert received == data[:size]

    def test_over_a_socket(self, sockets):
        client, server = sockets
        data = bytes(range(256)) * 10_000
        with support.Threads() as threads:
            threads.start(client.sendall, data)
            received = b""
            while len(received) < len(data):
                received += server.recv(65536)
        assert threads.results == [len(data)]
        assert received == data

    def test_a_socket_that_does_not_block(self, sockets):
        client, server = sockets
        client.setblocking(False)
        with pytest.raises(SSL.WantWriteError):
            client.sendall(bytes(50_000_000))

    def test_a_socket_that_is_shut_down(self, sockets):
        client, server = sockets
        server.sock_shutdown(socket.SHUT_RDWR)
        client.sock_shutdown(socket.SHUT_RDWR)
        with pytest.raises(SSL.SysCallError) as caught:
            client.sendall(b"x")
        assert caught.value.args == (errno.EPIPE, "EPIPE")

    def test_the_buffer_cannot_be_resized_meanwhile(self, sockets):
        client, server = sockets
        data = bytearray(10_000_000)
        with support.Threads() as threads:
            threads.start(client.sendall, data)
            assert server.recv(1)
            with pytest.raises(BufferError):
                data.append(1)
            left = len(data) - 1
            while left:
                left -= len(server.recv(65536))
        data.append(1)


class TestRecv:
    def test_no_more_than_asked_for(self, pair):
        client, server = pair
        client.send(b"0123456789")
        carry(client, server)
        assert [server.recv(4), server.recv(4), server.recv(4)] == [b"0123", b"4567", b"89"]

    def test_peek(self, pair):
        client, server = pair
        client.send(b"data")
        carry(client, server)
        assert server.recv(2, socket.MSG_PEEK) == b"da"
        assert server.recv(bufsiz=10, flags=socket.MSG_PEEK) == b"data"
        assert server.recv(10) == b"data"

    def test_other_flags_do_nothing(self, memory):
        client, server = memory
        client.send(b"data")
        support.pump(client, server)
        assert server.recv(10, 1 << 20) == b"data"

    def test_nothing_there(self, memory):
        with pytest.raises(SSL.WantReadError) as caught:
            memory[0].recv(10)
        assert caught.value.args == ()

    def test_zero(self, memory):
        assert memory[0].recv(0) == b""

    @pytest.mark.parametrize(
        "size, error",
        [(-1, ValueError), (1 << 31, OverflowError), (1.0, TypeError), (None, TypeError)],
    )
    def test_wrong_sizes(self, memory, size, error):
        with pytest.raises(error, match="bufsiz"):
            memory[0].recv(size)

    def test_large_records_one_after_the_other(self, memory):
        client, server = memory
        data = bytes(range(256)) * 64
        for _ in range(5):
            client.send(data)
            support.pump(client, server)
            assert server.recv(65536) == data
        client.send(b"small")
        support.pump(client, server)
        assert server.recv(65536) == b"small"

    def test_a_huge_size_costs_nothing(self, memory):
        client, server = memory
        client.send(b"x")
        support.pump(client, server)
        before = support.resident()
        assert server.recv((1 << 31) - 1) == b"x"
        assert support.resident() - before < 1000

    def test_what_comes_behind_tickets(self):
        """Is read at once, whatever the Context's mode."""
        context = support.client_context()
        context.clear_mode(SSL.MODE_AUTO_RETRY)
        client, server = support.connected("memory", context)
        server.send(b"data")
        support.move(server, client)
        assert client.recv(10) == b"data"

    def test_close_notify(self, pair):
        client, server = pair
        client.send(b"last")
        assert client.shutdown() is False
        carry(client, server)
        assert server.recv(10) == b"last"
        for _ in range(3):
            with pytest.raises(SSL.ZeroReturnError) as caught:
                server.recv(10)
            assert caught.value.args == ()


class TestRecvInto:
    def test_bytearray(self, pair):
        client, server = pair
        client.send(b"0123456789")
        carry(client, server)
        into = bytearray(b"." * 12)
        assert server.recv_into(into) == 10
        assert into == b"0123456789.."

    def test_part_of_it(self, memory):
        client, server = memory
        client.send(b"0123456789")
        support.pump(client, server)
        into = bytearray(b"." * 5)
        assert server.recv_into(memoryview(into)[1:], nbytes=2, flags=socket.MSG_PEEK) == 2
        assert into == b".01.."
        assert server.recv_into(into, 100) == 5
        assert into == b"01234"
        assert server.recv(10) == b"56789"

    def test_array(self, memory):
        client, server = memory
        client.send(array.array("i", [7, 8]).tobytes())
        support.pump(client, server)
        into = array.array("i", [0, 0, 9])
        assert server.recv_into(into) == 8
        assert list(into) == [7, 8, 9]

    @pytest.mark.parametrize("wrong", [b"bytes", "text", None, memoryview(bytearray(4))[::2]])
    def test_not_writable(self, memory, wrong):
        client, server = memory
        client.send(b"data")
        support.pump(client, server)
        with pytest.raises(TypeError, match="buffer"):
            server.recv_into(wrong)
        assert server.recv(10) == b"data"

    def test_nothing_asked_for(self, memory):
        assert memory[0].recv_into(bytearray(0)) == 0
        assert memory[0].recv_into(bytearray(5), 0) == 0
        with pytest.raises(ValueError, match="nbytes"):
            memory[0].recv_into(bytearray(5), -1)


class TestBio:
    def test_nothing_to_send(self, memory):
        with pytest.raises(SSL.WantReadError):
            memory[0].bio_read(10)

    def test_a_few_bytes(self):
        client, _ = support.memory_pair()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        assert client.bio_read(2) == b"\x16\x03"

    @pytest.mark.parametrize("wrong", [1.0, None, object(), "bufsize"])
    def test_size_is_no_integer(self, memory, wrong):
        with pytest.raises(TypeError, match="bufsiz"):
            memory[0].bio_read(wrong)

    def test_odd_sizes(self, memory):
        assert memory[0].bio_read(0) == b""
        with pytest.raises(ValueError, match="bufsiz"):
            memory[0].bio_read(-1)

    @pytest.mark.parametrize("wrong", [object(), None, 1, [1, 2, 3]])
    def test_no_buffer(self, memory, wrong):
        with pytest.raises(TypeError, match="buf"):
            memory[0].bio_write(wrong)

    def test_str_warns(self, memory):
        with pytest.warns(DeprecationWarning, match=WARNING):
            assert memory[0].bio_write("abc") == 3

    def test_others_are_not_kept_waiting_by_a_warning(self, memory):
        """It may run anything."""
        connection = memory[0]

        def ask_elsewhere(*args, **kwargs):
            with support.Threads() as threads:
                threads.start(connection.get_state_string)

        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = ask_elsewhere
            assert connection.bio_write("abc") == 3

    def test_nothing_written(self, memory):
        assert memory[0].bio_write(b"") == 0

    @pytest.mark.parametrize("rubbish", [b"", bytearray(), bytearray(b"rubbish")])
    def test_each_datagram_by_itself(self, rubbish):
        """What is no datagram, or no good one, takes nothing of the next along."""
        client = SSL.Connection(support.client_context(method=SSL.DTLS_METHOD))
        server = SSL.Connection(support.server_context(method=SSL.DTLS_METHOD))
        client.set_connect_state()
        server.set_accept_state()
        for one in (client, server):
            one.set_ciphertext_mtu(1400)
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        assert server.bio_write(rubbish) == len(rubbish)
        server.bio_write(bytearray(support.newest(client)))
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        assert server.bio_read(10000)

    def test_with_a_socket(self, sockets):
        for call in (
            lambda: sockets[0].bio_read(1),
            lambda: sockets[0].bio_write(b"x"),
            sockets[0].bio_shutdown,
        ):
            with pytest.raises(TypeError):
                call()

    def test_end_of_input(self, memory):
        client, server = memory
        client.send(b"last")
        support.pump(client, server)
        server.bio_shutdown()
        assert server.recv(10) == b"last"
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                server.recv(10)
            assert caught.value.args == (-1, "Unexpected EOF")
        for _ in range(3):
            with pytest.raises(SSL.Error) as caught:
                server.send(b"x")
            assert caught.value.args != ([],)

    def test_end_during_the_handshake(self):
        client, server = support.memory_pair()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        client.bio_shutdown()
        with pytest.raises(SSL.SysCallError) as caught:
            client.do_handshake()
        assert caught.value.args == (-1, "Unexpected EOF")


class TestShutdown:
    def test_both_ways(self, pair):
        client, server = pair
        assert client.shutdown() is False
        carry(client, server)
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(1)
        assert server.shutdown() is True
        carry(client, server)
        assert client.shutdown() is True

    def test_nothing_after_it(self, memory):
        client, server = memory
        client.shutdown()
        with pytest.raises(SSL.Error) as caught:
            client.send(b"x")
        assert caught.value.args[0][0] == ("SSL routines", "", "protocol is shutdown")

    def test_the_peer_has_not_answered(self, memory):
        client, server = memory
        assert client.shutdown() is False
        with pytest.raises(SSL.WantReadError):
            client.shutdown()
        client.bio_shutdown()
        with pytest.raises(SSL.Error):
            client.shutdown()

    def test_during_the_handshake(self):
        client, server = support.memory_pair()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        with pytest.raises(SSL.Error) as caught:
            client.shutdown()
        assert caught.value.args[0][0][2] == "shutdown while in init"

    def test_a_dead_socket(self, sockets):
        client, server = sockets
        client.sock_shutdown(socket.SHUT_RDWR)
        with pytest.raises(SSL.SysCallError) as caught:
            client.shutdown()
        assert caught.value.args == (errno.EPIPE, "EPIPE")


class TestEnds:
    """An end without close_notify, again and again, is never mistaken for data or a close."""

    def eof(self, connection):
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                connection.recv(10)
            assert caught.value.args == (-1, "Unexpected EOF")

    def test_the_peer_closes(self, sockets):
        client, server = sockets
        client.send(b"last")
        with support.non_blocking(client), pytest.raises(SSL.WantReadError):
            client.recv(1)  # tickets that nobody has read would make it a reset
        client.close()
        assert server.recv(10) == b"last"
        self.eof(server)
        for _ in range(3):
            with pytest.raises(SSL.SysCallError):
                server.send(b"x")

    def test_is_remembered(self, pair):
        """By send and shutdown, too: whatever else fails then, it comes of the end."""
        client, server = pair
        if support.is_memory(server):
            server.bio_shutdown()
        else:
            client.sock_shutdown(socket.SHUT_WR)
        self.eof(server)
        for call in [lambda: server.send(b"x"), server.shutdown, lambda: server.recv(1)] * 2:
            with pytest.raises(SSL.SysCallError) as caught:
                call()
            assert caught.value.args == (-1, "Unexpected EOF")

    def test_half_a_record(self, memory):
        client, server = memory
        client.send(b"cut")
        server.bio_write(client.bio_read(100)[:-1])
        server.bio_shutdown()
        self.eof(server)

    def test_reset(self):
        client, server = support.connected("tcp")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        with pytest.raises(SSL.SysCallError) as caught:
            server.recv(10)
        assert caught.value.args == (errno.ECONNRESET, "ECONNRESET")
        with pytest.raises(SSL.Error):
            server.send(b"x")
        server.close()

    def test_tolerated(self, sockets):
        """What fails after an end that is taken for a close is told as it is."""
        client, server = sockets
        server.set_options(SSL.OP_IGNORE_UNEXPECTED_EOF)
        with support.non_blocking(client), pytest.raises(SSL.WantReadError):
            client.recv(1)
        client.close()
        for _ in range(3):
            with pytest.raises(SSL.ZeroReturnError):
                server.recv(10)
        for _ in range(3):
            with pytest.raises(SSL.SysCallError) as caught:
                server.send(b"x")
            assert caught.value.args == (errno.EPIPE, "EPIPE")

    def test_garbage_before_the_end(self, memory):
        client, server = memory
        server.bio_write(b"no record" * 10)
        server.bio_shutdown()
        with pytest.raises(SSL.Error) as caught:
            server.recv(10)
        assert type(caught.value) is SSL.Error
        assert caught.value.args[0]

    def test_a_handshake_that_failed_is_no_end(self):
        """Nor is what OpenSSL says when it is asked again."""
        client, server = support.memory_pair(server=support.server_context(support.pki().other))
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.handshake(client, server)
        for call in (client.do_handshake, lambda: client.recv(1)):
            with pytest.raises(SSL.Error):
                call()
        with pytest.raises(SSL.Error) as caught:
            client.shutdown()
        assert type(caught.value) is SSL.Error

    def test_plain_text(self, sockets):
        left, right = socket.socketpair()
        server = SSL.Connection(support.server_context(), left)
        server.set_accept_state()
        right.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(SSL.Error) as caught:
            server.do_handshake()
        assert caught.value.args[0][0] == ("SSL routines", "", "http request")
        right.close()
        server.close()


class TestHurry:
    """A client that closes once it has said what it has to say, and wants no tickets."""

    @pytest.mark.parametrize("drive", ["do_handshake", "recv"])
    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    @pytest.mark.parametrize("kind", ["tcp", "socketpair"])
    def test_is_heard(self, kind, version, drive):
        context = support.client_context()
        context.set_max_proto_version(version)
        client, server = support.PAIRS[kind](context, blocking=False)
        waiting = True
        while waiting:
            try:
                client.do_handshake()
                waiting = False
            except SSL.WantReadError:
                select.select([server], [], [], support.TIMEOUT)
                with contextlib.suppress(SSL.WantReadError):
                    server.do_handshake()
                select.select([client], [], [], support.TIMEOUT)
        client.send(b"hello")
        client.close()
        select.select([server], [], [], support.TIMEOUT)
        if drive == "do_handshake":
            for _ in range(2):
                server.do_handshake()
        assert server.recv(100) == b"hello"
        for _ in range(3):
            with pytest.raises(SSL.SysCallError):
                server.recv(100)
        server.close()

    def test_not_before_its_last_word(self):
        """Without which the server knows nothing of the client: it is no handshake then."""
        client, server = support.socket_pair(blocking=False)
        for one in (client, server):
            with pytest.raises(SSL.WantReadError):
                one.do_handshake()
        with pytest.raises(BlockingIOError):
            while True:
                client._socket.send(bytes(65536))
        with pytest.raises(SSL.WantWriteError):
            client.do_handshake()
        server.close()
        with pytest.raises(SSL.SysCallError):
            client.do_handshake()
        client.close()


class TestNonBlocking:
    """The contract that event loops rely on."""

    @pytest.fixture
    def pair(self):
        # Over TCP a full socket may have room a moment later, though nobody has read.
        client, server = support.connected("socketpair", *self.contexts())
        client.setblocking(False)
        yield client, server
        close(client, server)

    def contexts(self):
        return support.client_context(), support.server_context()

    def fill(self, client):
        """Send until the kernel takes no more; what was sent, and what was refused."""
        sent = bytearray()
        for i in range(100_000):
            data = bytes([i & 255]) * 16000
            try:
                assert client.send(data) == len(data)
            except SSL.WantWriteError:
                return sent, data
            sent += data
        raise AssertionError("it never blocks")

    def drain(self, server, size):
        received = bytearray()
        while len(received) < size:
            received += server.recv(65536)
        return received

    def test_a_retry_finishes_what_was_begun(self, pair):
        client, server = pair
        sent, refused = self.fill(client)
        assert client.want_write()
        with pytest.raises(SSL.WantWriteError):
            client.send(refused)
        received = bytearray()
        while True:
            received += server.recv(65536)
            try:
                assert client.send(bytes(bytearray(refused))) == len(refused)
                break
            except SSL.WantWriteError:
                pass
        assert not client.want_write()
        sent += refused
        assert received + self.drain(server, len(sent) - len(received)) == sent

    def test_a_retry_may_be_longer(self, pair):
        client, server = pair
        sent, refused = self.fill(client)
        received = bytearray()
        while True:
            received += server.recv(65536)
            try:
                assert client.send(refused + b"more") == len(refused)
                break
            except SSL.WantWriteError:
                pass
        assert received + self.drain(server, len(sent + refused) - len(received)) == sent + refused

    def test_a_retry_may_not_be_shorter(self, pair):
        client, server = pair
        sent, refused = self.fill(client)
        with pytest.raises(SSL.Error) as caught:
            client.send(refused[:-1])
        assert caught.value.args[0][0] == ("SSL routines", "", "bad length")

    def test_reading_goes_on(self, pair):
        client, server = pair
        self.fill(client)
        server.send(b"answer")
        select.select([client], [], [])
        assert client.recv(10) == b"answer"
        with pytest.raises(SSL.WantReadError):
            client.recv(10)

    def test_the_socket_may_block_again(self, pair):
        client, server = pair
        sent, refused = self.fill(client)
        client.setblocking(True)
        with support.Threads() as threads:
            threads.start(client.sendall, refused)
            received = self.drain(server, len(sent) + len(refused))
        assert received == sent + refused

    def test_a_reader_sends_what_is_left(self, pair):
        """Nobody else may be there to do it."""
        client, server = pair
        sent, refused = self.fill(client)
        client.setblocking(True)

        def answer():
            received = self.drain(server, len(sent) + len(refused))
            server.sendall(b"answer")
            return received

        with support.Threads() as threads:
            support.waits(threads.start(client.recv, 10))
            threads.start(answer)
        assert threads.results == [b"answer", sent + refused]

    def test_a_timeout_means_not_to_block(self, pair):
        client, server = pair
        client.settimeout(60)
        with pytest.raises(SSL.WantReadError):
            client.recv(1)

    def test_shutdown_is_taken_up_again(self, pair):
        client, server = pair
        sent, refused = self.fill(client)
        with pytest.raises(SSL.WantWriteError):
            client.shutdown()
        received = bytearray()
        while True:
            received += server.recv(65536)
            try:
                assert client.shutdown() is False
                break
            except SSL.WantWriteError:
                pass
        with pytest.raises(SSL.ZeroReturnError):
            while True:
                received += server.recv(65536)
        assert received == sent + refused

    def test_shutdown_is_taken_up_once(self, pair):
        """It was made, but did not go out; after that it is asked for the peer's."""
        client, server = pair
        full, other = socket.socketpair()
        full.setblocking(False)
        with full, other:
            with pytest.raises(BlockingIOError):
                while True:
                    full.send(bytes(65536))
            with support.replaced(client, full), pytest.raises(SSL.WantWriteError):
                client.shutdown()
        assert client.shutdown() is False
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(1)
        with pytest.raises(SSL.WantReadError):
            client.shutdown()
        assert server.shutdown() is True
        select.select([client], [], [], support.TIMEOUT)
        assert client.shutdown() is True

    def test_a_sendall_is_not_taken_up(self, pair):
        """Nobody can tell how much of it went: what comes after it is something new."""
        client, server = pair
        with pytest.raises(SSL.WantWriteError):
            client.sendall(bytes(50_000_000))
        sent, received = 0, bytearray()
        while not sent or not received.endswith(b"anew"):
            received += server.recv(65536)
            if not sent:
                with contextlib.suppress(SSL.WantWriteError):
                    sent = client.send(b"anew")
        assert sent == 4 and not any(received[:-4])


class TestSocketTimeouts:
    """SO_RCVTIMEO and SO_SNDTIMEO bound each wait of a socket that blocks."""

    LIMIT = struct.pack("ll", 0, 100_000)

    @pytest.fixture
    def pair(self):
        client, server = support.connected("socketpair")
        yield client, server
        close(client, server)

    def test_recv(self, pair):
        client, server = pair
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self.LIMIT)
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(SSL.WantReadError):
                client.recv(100)
            assert time.monotonic() - began >= 0.1
        server.send(b"data")
        assert client.recv(100) == b"data"

    def test_begins_anew_with_each_byte(self, pair):
        """Who hears something waits on, though all of it takes longer than the limit."""
        client, server = pair
        mine, others = socket.socketpair()
        with support.replaced(server, mine):
            server.send(b"data")
        record = others.recv(1000)
        mine.close()
        others.close()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 2, 0))
        began = time.monotonic()
        with support.Threads() as threads:
            threads.start(client.recv, 100)
            for part in (record[:1], record[1:2], record[2:]):
                threading.Event().wait(0.8)
                server._socket.send(part)
        assert threads.results == [b"data"]
        assert time.monotonic() - began > 2

    def test_is_that_of_each_direction(self, pair):
        """With a limit for sending, who receives waits until something comes."""
        client, server = pair
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, self.LIMIT)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self.LIMIT)
        with support.Threads() as threads:
            threads.start(client.recv, 100)
            with pytest.raises(SSL.WantReadError):
                server.recv(100)
            server.send(b"data")
        assert threads.results == [b"data"]

    def test_send(self, pair):
        client, server = pair
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, self.LIMIT)
        data = bytes(16000)
        sent = 0
        with pytest.raises(SSL.WantWriteError):
            while True:
                sent += client.send(data)
        sent += len(data)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bytes(16))
        with support.Threads() as threads:
            threads.start(client.send, data)
            while sent:
                sent -= len(server.recv(65536))
        assert threads.results == [len(data)]

    def test_handshake(self):
        client, server = support.socket_pair()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self.LIMIT)
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        support.handshake(client, server)
        close(client, server)


class TestMovingBuffer(TestNonBlocking):
    def contexts(self):
        client, server = super().contexts()
        client.clear_mode(2)  # SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        return client, server

    def test_a_retry_finishes_what_was_begun(self, pair):
        client, server = pair
        sent, refused = self.fill(client)
        with pytest.raises(SSL.Error) as caught:
            client.send(bytes(bytearray(refused)))
        assert caught.value.args[0][0] == ("SSL routines", "", "bad write retry")

    test_a_retry_may_be_longer = None


class TestDescriptors:
    """What is no socket works too: a pseudo terminal would, and so does a pair of FIFOs."""

    def test_an_integer(self):
        left, right = socket.socketpair()
        client = SSL.Connection(support.client_context(), left.fileno())
        server = SSL.Connection(support.server_context(), right.fileno())
        client.set_connect_state()
        server.set_accept_state()
        with support.Threads() as threads:
            threads.start(server.do_handshake)
            client.do_handshake()
        client.send(b"x")
        assert server.recv(1) == b"x"
        left.close()
        right.close()

    @pytest.mark.parametrize("kind", ["stream", "datagrams"])
    def test_what_was_queued_cannot_go(self, kind):
        """Of a stream a part is lost then, and nothing may come behind it; datagrams get lost."""
        stream = kind == "stream"
        client, server = support.handshake(*self.pair(stream))
        client.setblocking(False)
        server.setblocking(False)
        with pytest.raises(SSL.WantWriteError):
            while True:
                client.send(bytes(1000))
        other, gone = socket.socketpair(type=client._socket.type)
        gone.close()
        with other, support.replaced(client, other), pytest.raises(SSL.SysCallError) as caught:
            client.send(bytes(1000))
        with pytest.raises(BlockingIOError):
            while True:
                server._socket.recv(65536)
        if stream:
            assert caught.value.args == (errno.EPIPE, "EPIPE")
            for _ in range(3):
                with pytest.raises(SSL.SysCallError) as again:
                    client.send(bytes(1000))
                assert again.value.args == caught.value.args
            with pytest.raises(BlockingIOError):
                server._socket.recv(1)
        else:
            assert caught.value.args == (errno.ECONNREFUSED, "ECONNREFUSED")
            assert client.send(b"after it") == 8
            assert server.recv(100) == b"after it"
        close(client, server)

    def test_what_fails_after_a_close(self):
        """Is told as it is: the peer's close_notify is no answer to a send."""
        client, server = support.handshake(*self.pair(stream=False))
        client.shutdown()
        client.close()
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(1)
        with pytest.raises(SSL.SysCallError) as caught:
            server.send(b"x")
        assert caught.value.args == (errno.ECONNREFUSED, "ECONNREFUSED")
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(1)
        server.close()

    def test_datagrams_over_a_stream(self):
        """Which has an end, while an empty datagram is none."""
        left, right = socket.socketpair()
        server = SSL.Connection(support.server_context(method=SSL.DTLS_METHOD), left)
        server.set_accept_state()
        right.close()
        with support.non_blocking(server), pytest.raises(SSL.SysCallError) as caught:
            server.do_handshake()
        assert caught.value.args == (-1, "Unexpected EOF")
        server.close()

    def pair(self, stream):
        if stream:
            return support.socket_pair()
        client = support.client_context(method=SSL.DTLS_METHOD)
        server = support.server_context(method=SSL.DTLS_METHOD)
        left, right = socket.socketpair(type=socket.SOCK_DGRAM)
        pair = SSL.Connection(client, left), SSL.Connection(server, right)
        for context, connection in zip((client, server), pair):
            connection.set_options(SSL.OP_NO_QUERY_MTU)
            connection.set_ciphertext_mtu(1400)
        pair[0].set_connect_state()
        pair[1].set_accept_state()
        return pair

    def test_a_file(self, tmp_path):
        path = tmp_path / "out"
        with open(path, "w+b") as file:
            client = SSL.Connection(support.client_context(), file)
            client.set_connect_state()
            with pytest.raises(SSL.Error):
                client.do_handshake()  # reads behind its own ClientHello: the end
        assert path.read_bytes()[:2] == b"\x16\x03"

    def test_close_sends_what_goes_at_once(self):
        client, server = support.connected("socketpair")
        with support.non_blocking(client):
            with pytest.raises(SSL.WantWriteError):
                while True:
                    client.sendall(b"x" * 100_000)
        plain = server._socket
        plain.setblocking(False)
        there = len(plain.recv(1 << 24))
        client.close()
        assert there > 0 and len(plain.recv(1 << 24)) > 0
        server.close()

    def test_pipes(self):
        import os

        class Ends:
            def __init__(self, number):
                self.number = number

            def fileno(self):
                return self.number

        reading, writing = os.pipe()
        client = SSL.Connection(support.client_context(), Ends(writing))
        client.set_connect_state()
        with pytest.raises(SSL.SysCallError) as caught:
            client.do_handshake()  # the end of a pipe that can only be written
        assert caught.value.args == (errno.EBADF, "EBADF")
        assert os.read(reading, 2) == b"\x16\x03"
        client = SSL.Connection(support.client_context(), Ends(reading))
        client.set_connect_state()
        with pytest.raises(SSL.SysCallError) as caught:
            client.do_handshake()  # and the end that can only be read
        assert caught.value.args == (errno.EBADF, "EBADF")
        os.close(reading)
        os.close(writing)

    def test_a_pipe_does_not_hold_others_up(self):
        import os

        reading, writing = os.pipe()
        server = SSL.Connection(support.server_context(), reading)
        server.set_accept_state()
        ticks = threading.Event()
        with support.Threads() as threads:

            def shake():
                with pytest.raises(SSL.Error):
                    server.do_handshake()

            threads.start(shake)
            threads.start(ticks.set)
            assert ticks.wait(support.TIMEOUT)
            server.get_app_data()
            os.close(writing)
        os.close(reading)


class TestRenegotiate:
    def contexts(self):
        client, server = support.client_context(), support.server_context()
        for context in (client, server):
            context.set_max_proto_version(SSL.TLS1_2_VERSION)
        return client, server

    @pytest.mark.parametrize("kind", ["memory", "tcp"])
    def test_asked_for_by_the_server(self, kind):
        client, server = support.connected(kind, *self.contexts())
        assert server.total_renegotiations() == 0
        assert server.renegotiate_pending() is False
        assert server.renegotiate() is True
        assert server.renegotiate_pending() is True
        assert server.renegotiate() is False
        server.do_handshake()
        with contextlib.nullcontext() if kind == "memory" else support.non_blocking(client, server):
            for _ in range(10):
                for one in (client, server):
                    with pytest.raises(SSL.WantReadError):
                        one.recv(10)
                carry(client, server)
        assert server.total_renegotiations() == 1
        assert server.renegotiate_pending() is False
        close(client, server)

    def test_data_on_the_way_is_kept(self):
        client, server = support.connected("memory", *self.contexts())
        client.send(b"on the way")
        support.move(client, server)
        server.renegotiate()
        assert server.send(b"answer") == 6  # reads on, for the client's reply to the request
        assert server.pending() == len(b"on the way")
        assert server.recv(2, socket.MSG_PEEK) == b"on"
        assert server.recv(100) == b"on the way"
        support.pump(client, server)
        assert client.recv(100) == b"answer"
        for _ in range(5):
            for one in (client, server):
                with pytest.raises(SSL.WantReadError):
                    one.recv(10)
            support.pump(client, server)
        assert server.total_renegotiations() == 1

    @pytest.mark.parametrize("begun", [False, True])
    def test_before_the_first_handshake_is_over(self, begun):
        """There is nothing to do anew; what is sent waits for the handshake and goes encrypted."""
        client, server = support.memory_pair(*self.contexts())
        if begun:
            with pytest.raises(SSL.WantReadError):
                client.do_handshake()
        assert client.renegotiate() is True
        assert client.renegotiate_pending() is False
        for data in (b"secret", b"secret" * 100_000):
            with pytest.raises(SSL.WantReadError):
                client.send(data)
        sent = client.bio_read(1 << 20)
        assert sent[0] == 22 and b"secret" not in sent
        server.bio_write(sent)
        support.handshake(client, server)
        assert support.transfer(client, server, b"secret") == b"secret"
        assert client.total_renegotiations() == 0

    def test_in_a_role_taken_anew(self):
        """There is a first handshake to come again, and nothing goes before it."""
        client, server = support.connected("memory", *self.contexts())
        client.set_connect_state()
        server.set_accept_state()
        assert client.renegotiate() is True
        assert client.renegotiate_pending() is False
        with pytest.raises(SSL.WantReadError):
            client.send(b"secret")
        sent = client.bio_read(1 << 20)
        assert sent[0] == 22 and b"secret" not in sent
        server.bio_write(sent)
        support.handshake(client, server)
        assert support.transfer(client, server, b"secret") == b"secret"

    def test_after_a_handshake_that_could_not_begin(self):
        """Others, who have the SSL, can still make OpenSSL believe that it is in a handshake."""
        native = ctypes.PyDLL(SSL.__file__)
        client, _ = support.memory_pair(*self.contexts())
        assert native.SSL_renegotiate(ctypes.c_void_p(client._ssl)) == 1
        with pytest.raises(SSL.Error, match="internal error"):
            client.do_handshake()
        for call in (client.send, client.sendall):
            with pytest.raises(SSL.Error, match="internal error"):
                call(b"secret" * 100_000)
        with pytest.raises(SSL.WantReadError):
            client.bio_read(1)

    @pytest.mark.parametrize("role", ["set_connect_state", "set_accept_state"])
    def test_no_other_role_meanwhile(self, role):
        client, server = support.connected("memory", *self.contexts())
        assert server.renegotiate() is True
        with pytest.raises(SSL.Error, match="renegotiation is pending"):
            getattr(server, role)()
        assert support.transfer(client, server, b"x") == b"x"

    def test_not_in_tls_1_3(self, memory):
        with pytest.raises(SSL.Error) as caught:
            memory[0].renegotiate()
        assert caught.value.args[0][0][2] == "wrong ssl version"


class TestKeyUpdate:
    @pytest.mark.parametrize("request_peer", [False, True])
    def test_data_goes_on(self, pair, request_peer):
        client, server = pair
        for i in range(3):
            client.key_update(request_peer=request_peer)
            client.send(b"to server")
            carry(client, server)
            assert server.recv(100) == b"to server"
            server.send(b"to client")
            carry(client, server)
            assert client.recv(100) == b"to client"

    def test_the_peer_has_new_keys_too_if_asked(self, memory):
        """It says so before it sends anything else."""
        client, server = memory
        sizes = []
        for request in (False, True, False):
            client.key_update(request)
            support.move(client, server)
            with pytest.raises(SSL.WantReadError):
                server.recv(1)
            server.send(b"data")
            sizes.append(support.move(server, client))
            assert client.recv(10) == b"data"
        assert sizes[0] == sizes[2] < sizes[1]

    def test_refused(self):
        client, server = support.client_context(), support.server_context()
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        client, server = support.connected("memory", client, server)
        with pytest.raises(SSL.Error):
            client.key_update()
        fresh, _ = support.memory_pair()
        with pytest.raises(SSL.Error):
            fresh.key_update(True)


class TestListen:
    @pytest.mark.parametrize("place", [0, 1, 3, 4, 13])
    def test_garbage(self, place):
        """A datagram that is no good is dropped, and with it what OpenSSL says of it."""
        client = SSL.Connection(SSL.Context(SSL.DTLS_CLIENT_METHOD))
        client.set_ciphertext_mtu(1400)
        client.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        hello = bytearray(client.bio_read(2000))
        hello[place] ^= 0xFF
        server = SSL.Connection(SSL.Context(SSL.DTLS_SERVER_METHOD))
        server.bio_write(hello)
        with pytest.raises(SSL.WantReadError):
            server.DTLSv1_listen()
        assert support.queued_errors() == []

    @pytest.fixture
    def listened(self):
        """(client, server, cookies), to be called with what is done before DTLSv1_listen and after
        it: the server knows the client."""

        def make(before=lambda server: None, after=lambda server: None):
            asked = []
            context = support.server_context(method=SSL.DTLS_METHOD)
            context.set_cookie_generate_callback(lambda connection: b"cookie")
            context.set_cookie_verify_callback(lambda _, cookie: asked.append(cookie) or True)
            client = SSL.Connection(support.client_context(method=SSL.DTLS_METHOD))
            client.set_connect_state()
            server = SSL.Connection(context)
            for connection in (client, server):
                connection.set_ciphertext_mtu(1400)
            before(server)
            for good in (False, True):
                with pytest.raises(SSL.WantReadError):
                    client.do_handshake()
                server.bio_write(support.newest(client))
                if good:
                    server.DTLSv1_listen()
                else:
                    with pytest.raises(SSL.WantReadError):
                        server.DTLSv1_listen()
                    assert asked == []
                    support.move(server, client)
            after(server)
            return client, server, asked

        return make

    @pytest.mark.parametrize("role", [(), ("before",), ("after",), ("before", "after")])
    def test_role(self, listened, role):
        """Who listens is the server, and stays the one who knows the client's cookie."""
        accept = SSL.Connection.set_accept_state
        client, server, asked = listened(**dict.fromkeys(role, accept))
        support.handshake(client, server)
        assert asked == [b"cookie"] * 2  # the handshake asks again
        assert support.transfer(client, server, b"on") == b"on"
        server.set_accept_state()
        assert server.get_state_string() == b"before SSL initialization"

    def test_becomes_the_client_and_the_server_again(self, listened):
        def change(server):
            server.set_connect_state()
            server.set_accept_state()

        _, server, _ = listened(after=change)
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        with pytest.raises(SSL.WantReadError):
            server.bio_read(1)  # it waits for a hello, and says none

    def test_becomes_the_client(self, listened):
        client, server, _ = listened(after=SSL.Connection.set_connect_state)
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        assert server.get_state_string() == b"SSLv3/TLS write client hello"
