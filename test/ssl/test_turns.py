"""One connection, several threads: who waits, who wakes, and that nothing is held up."""

import contextlib
import ctypes
import errno
import gc
import hashlib
import os
import signal
import socket
import threading
import time

import pytest

import support
from OpenSSL import SSL


@contextlib.contextmanager
def closing(*pair):
    try:
        yield pair
    finally:
        for one in pair:
            one.close()


@pytest.fixture
def pair():
    with closing(*support.connected("tcp")) as pair:
        yield pair


def strike_when_waiting(interruption):
    support.waits(threading.main_thread())
    interruption.strike()


class TestDuplex:
    """One direction never waits for the other; test/whole/test_threads.py has the load."""

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_a_writer_is_not_held_up_by_a_reader(self, version):
        """Each message has arrived before the next is sent, and the reader waits all the while for
        one that is sent after the last: no clock tells whether the writer waited for it."""
        context = support.server_context()
        context.set_max_proto_version(version)
        with closing(*support.connected("tcp", None, context)) as (client, server):
            with support.Threads() as threads:
                support.waits(threads.start(client.recv, 10))
                for number in range(500):
                    client.sendall(b"%04d" % number)
                    assert server.recv(10) == b"%04d" % number
                    if version == SSL.TLS1_3_VERSION and number % 50 == 0:
                        client.key_update(False)  # new keys of its own, without an answer
                assert threads.results == [None]
                server.send(b"pong")
            assert threads.results == [b"pong"]

    def test_writers_are_not_held_up_by_readers_in_a_queue(self, pair):
        """Nor by those who wait for their turn behind the one that reads."""
        client, server = pair
        with support.Threads() as threads:
            for _ in range(4):
                support.waits(threads.start(client.recv, 1))
            with support.Threads() as writers:
                for letter in (b"a", b"b", b"c", b"d"):
                    for _ in range(25):
                        writers.start(client.sendall, letter)
            received = b""
            while len(received) < 100:
                received += server.recv(100)
            assert threads.results == [None] * 4
            server.sendall(b"1234")
        assert sorted(received) == sorted(b"abcd" * 25)
        assert sorted(threads.results) == [b"1", b"2", b"3", b"4"]

    def test_a_reader_is_not_held_up_by_a_writer(self, pair):
        client, server = pair
        data = bytes(20_000_000)
        with support.Threads() as threads:
            support.waits(threads.start(client.sendall, data))
            for _ in range(100):
                server.send(b"ping")
                assert client.recv(4) == b"ping"
            left = len(data)
            while left:
                left -= len(server.recv(65536))
        assert threads.results == [len(data)]


class TestTurns:
    def test_each_sendall_stays_in_one_piece(self, pair):
        client, server = pair
        pieces = [bytes([65 + i]) * 100_000 for i in range(8)]
        with support.Threads() as threads:
            for piece in pieces:
                threads.start(client.sendall, piece)
            received = bytearray()
            while len(received) < 800_000:
                received += server.recv(65536)
        seen = [bytes(received[i : i + 100_000]) for i in range(0, 800_000, 100_000)]
        assert sorted(seen) == pieces

    def test_readers_take_turns(self, pair):
        """First come, first served."""
        client, server = pair
        with support.Threads() as threads:
            for _ in range(4):
                support.waits(threads.start(client.recv, 10))
            for i in range(4):
                server.send(b"%d" % i)
                while sum(result is not None for result in threads.results) <= i:
                    time.sleep(0.001)
        assert threads.results == [b"0", b"1", b"2", b"3"]

    def test_handshake_from_two_threads(self):
        with closing(*support.tcp_pair()) as (client, server), support.Threads() as threads:
            threads.start(server.do_handshake)
            threads.start(server.recv, 10)
            threads.start(client.do_handshake)
            threads.start(client.do_handshake)
            client.send(b"hello")
        assert b"hello" in threads.results


class TestCircles:
    """Two threads, each in a callback, that ask for each other's connection: one is told so."""

    CALLS = {
        "mutex": lambda connection: connection.get_cipher_list(),
        "turn": lambda connection: connection.do_handshake(),
    }

    def run(self, pairs, ask):
        """Each pair's client shakes hands and from its callback asks the next pair's client."""
        clients = [client for client, _ in pairs]
        barrier = threading.Barrier(len(pairs))
        asked, results = [False] * len(pairs), [None] * len(pairs)

        def callback(number):
            def verify(connection, *args):
                if not asked[number]:
                    asked[number] = True
                    barrier.wait(support.TIMEOUT)  # all of them are inside now
                    try:
                        ask(clients[(number + 1) % len(clients)])
                    except (RuntimeError, SSL.Error) as error:
                        results[number] = error
                return True

            return verify

        for number, client in enumerate(clients):
            client.set_verify(SSL.VERIFY_PEER, callback(number))
        with support.Threads() as threads:
            for pair in pairs:
                threads.start(support.handshake, *pair)
        return results

    @pytest.mark.parametrize("what", CALLS)
    @pytest.mark.parametrize("kind", ["memory", "tcp"])
    @pytest.mark.parametrize("count", [2, 3])
    def test_one_is_told(self, what, kind, count):
        pairs = [support.PAIRS[kind](None, None) for _ in range(count)]
        results = self.run(pairs, self.CALLS[what])
        told = [error for error in results if isinstance(error, RuntimeError)]
        assert [str(error) for error in told] == [
            "callbacks of two connections wait for each other's connection"
        ]
        for client, server in pairs:  # and all of them go on
            assert support.transfer(client, server, b"x") == b"x"
            if kind == "tcp":
                client.close()
                server.close()

    def test_no_circle(self):
        """A callback may use a connection that another thread is using."""
        pairs = [support.memory_pair() for _ in range(2)]
        other = support.connected()
        stopped = threading.Event()

        def use():
            while not stopped.is_set():
                other[0].get_cipher_list()

        def ask(unused):
            for _ in range(100):
                other[0].get_cipher_list()

        with support.Threads() as threads:
            threads.start(use)
            try:
                assert self.run(pairs, ask) == [None, None]
            finally:
                stopped.set()


class TestFlood:
    """OpenSSL drops bad datagrams and asks for the next, for as long as there is one."""

    @pytest.fixture
    def inside(self):
        """Set as soon as the handshake has begun."""
        return threading.Event()

    @pytest.fixture
    def flooded(self, inside):
        context = support.server_context(method=SSL.DTLS_METHOD)
        context.set_info_callback(lambda *args: inside.set())
        with open("/dev/zero", "rb") as source:
            connection = SSL.Connection(context, source)
            connection.set_accept_state()
            yield connection

    def test_others_have_their_turn(self, flooded, inside):
        with pytest.raises(SSL.SysCallError) as caught:
            with support.Threads() as threads:
                threads.start(flooded.do_handshake)
                inside.wait(support.TIMEOUT)
                for _ in range(10):
                    flooded.get_state_string()
                flooded.close()
        assert caught.value.args == (errno.EBADF, "EBADF")

    def test_signals_are_handled(self, flooded, inside):
        def strike():
            inside.wait(support.TIMEOUT)
            interruption.strike()

        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads, pytest.raises(KeyboardInterrupt):
                threads.start(strike)
                flooded.do_handshake()


class TestCallingOff:
    """close() and shutdown() wake whoever waits."""

    @pytest.mark.parametrize("what", ["recv", "send"])
    def test_close(self, pair, what):
        client, server = pair
        work = (client.recv, 10) if what == "recv" else (client.sendall, bytes(20_000_000))
        with pytest.raises(SSL.SysCallError) as caught:
            with support.Threads() as threads:
                support.waits(threads.start(*work))
                client.close()
        assert caught.value.args == (errno.EBADF, "EBADF")

    def test_close_wakes_those_who_wait_for_their_turn(self, pair):
        client, server = pair
        with pytest.raises(BaseExceptionGroup) as caught:
            with support.Threads() as threads:
                for _ in range(3):
                    support.waits(threads.start(client.recv, 10))
                client.close()
        assert [error.args for error in caught.value.exceptions] == [(errno.EBADF, "EBADF")] * 3
        with pytest.raises(SSL.SysCallError):
            client.recv(10)

    def test_close_while_a_callback_runs(self):
        """Who waits for the turn is told at once, and who has it when the callback is over."""
        inside, go = threading.Event(), threading.Event()
        context = support.server_context()
        context.set_info_callback(lambda *args: inside.set() or go.wait(support.TIMEOUT))
        client, server = support.socket_pair(server=context)
        with pytest.raises(BaseExceptionGroup) as caught:
            with support.Threads() as threads:
                threads.start(server.do_handshake)
                inside.wait(support.TIMEOUT)
                other = threads.start(server.send, b"x")
                support.waits(other)
                threads.start(server.close)
                other.join(support.TIMEOUT)
                still_there = other.is_alive()
                go.set()
        assert not still_there
        assert [error.args for error in caught.value.exceptions] == [(errno.EBADF, "EBADF")] * 2
        client.close()

    def test_shutdown(self, pair):
        client, server = pair
        with pytest.raises(SSL.Error) as caught:
            with support.Threads() as threads:
                support.waits(threads.start(client.recv, 10))
                assert client.shutdown() is False
        assert caught.value.args == ([("SSL routines", "", "protocol is shutdown")],)
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(10)
        server.send(b"half closed")
        assert client.recv(20) == b"half closed"

    def test_a_closed_connection_forgets_the_descriptor(self):
        """Who asks OpenSSL for it is given none that may be another file's by then."""
        native = ctypes.PyDLL(SSL.__file__)
        native.SSL_get_rbio.restype = ctypes.c_void_p
        native.BIO_ctrl.restype = ctypes.c_long

        def asked():
            bio = native.SSL_get_rbio(ctypes.c_void_p(client._ssl))
            return native.BIO_ctrl(ctypes.c_void_p(bio), 105, ctypes.c_long(0), None)  # GET_FD

        client, server = support.connected("socketpair")
        assert asked() == client.fileno()
        client.close()
        assert asked() == -1
        server.close()

    def test_a_closed_connection_leaves_the_descriptor_alone(self):
        client, server = support.connected("socketpair")
        number = client.fileno()
        client.close()
        left, right = socket.socketpair()
        if left.fileno() != number:
            os.dup2(left.fileno(), number)  # another file has the number now
        for call in (
            lambda: client.send(b"x"),
            lambda: client.recv(1),
            client.shutdown,
            client.do_handshake,
        ):
            with pytest.raises(SSL.SysCallError) as caught:
                call()
            assert caught.value.args == (errno.EBADF, "EBADF")
        right.setblocking(False)
        with pytest.raises(BlockingIOError):
            right.recv(1)
        if left.fileno() != number:
            os.close(number)
        left.close()
        right.close()
        server.close()

    def test_what_was_read_already_is_gone(self, pair):
        client, server = pair
        server.send(b"ab")
        assert client.recv(1) == b"a" and client.pending() == 1
        client.close()
        with pytest.raises(SSL.SysCallError) as caught:
            client.recv(1)
        assert caught.value.args == (errno.EBADF, "EBADF")

    def test_close_twice(self, pair):
        pair[0].close()
        pair[0].close()


class TestSignals:
    """Handlers run at once in whatever waits, and what they raise comes out."""

    def calls(self, client):
        yield "recv", lambda: client.recv(10)
        yield "recv_into", lambda: client.recv_into(bytearray(10))
        yield "sendall", lambda: client.sendall(bytes(20_000_000))

    @pytest.mark.parametrize("what", ["recv", "recv_into", "sendall"])
    def test_an_exception_comes_out(self, pair, what):
        client, server = pair
        call = dict(self.calls(client))[what]
        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads:
                threads.start(strike_when_waiting, interruption)
                with pytest.raises(KeyboardInterrupt):
                    call()

    def test_in_a_handshake(self):
        with closing(*support.tcp_pair()) as (client, server):
            with support.Interruption(KeyboardInterrupt) as interruption:
                with support.Threads() as threads:
                    threads.start(strike_when_waiting, interruption)
                    with pytest.raises(KeyboardInterrupt):
                        client.do_handshake()
            with support.Threads() as threads:
                threads.start(server.do_handshake)
                client.do_handshake()

    def test_while_it_waits_for_its_turn(self, pair):
        client, server = pair
        with support.Threads() as threads:
            support.waits(threads.start(client.recv, 10))
            with support.Interruption(KeyboardInterrupt) as interruption:
                threads.start(strike_when_waiting, interruption)
                with pytest.raises(KeyboardInterrupt):
                    client.recv(10)
            server.send(b"done")
        assert threads.results[0] == b"done"

    def test_a_handler_that_returns(self, pair):
        client, server = pair

        def strike():
            strike_when_waiting(interruption)
            server.send(b"after")

        with support.Interruption() as interruption, support.Threads() as threads:
            threads.start(strike)
            assert client.recv(10) == b"after"
        assert interruption.handled.is_set()

    def test_a_handler_that_closes_the_connection(self, pair):
        client, server = pair
        before = signal.signal(signal.SIGUSR1, lambda number, frame: client.close())
        main = threading.main_thread()

        def strike():
            support.waits(main)
            signal.pthread_kill(main.ident, signal.SIGUSR1)

        try:
            with support.Threads() as threads:
                threads.start(strike)
                with pytest.raises(SSL.SysCallError) as caught:
                    client.recv(10)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert caught.value.args == (errno.EBADF, "EBADF")


def strike_once(*what):
    """One signal to the main thread, which is waiting and goes on waiting: it is not repeated."""
    main = threading.main_thread()
    for _ in range(20):  # not only for the interpreter, on its way there
        support.waits(main, *what)
        time.sleep(0.001)
    signal.pthread_kill(main.ident, signal.SIGUSR1)


class TestSignalsBesideOthers:
    """Another thread is at work on the same connection, and does not end before the handler has
    run: whatever held the handler up would be seen as a test that hangs."""

    DATA = bytes(20_000_000)

    @pytest.mark.parametrize("what", ["recv", "sendall"])
    def test_who_waits_in_the_other_direction(self, pair, what):
        """One reads, one writes, both wait for the peer, which does nothing."""
        client, server = pair
        read, write = (client.recv, 10), (client.sendall, self.DATA)
        ours, theirs = (read, write) if what == "recv" else (write, read)
        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads:
                other = threads.start(*theirs)
                support.waits(other)
                threads.start(strike_once)
                with pytest.raises(KeyboardInterrupt):
                    ours[0](*ours[1:])
                assert interruption.handled.is_set()
                assert other.is_alive() and threads.results[0] is None
                if what == "recv":
                    left = len(self.DATA)
                    while left:
                        left -= len(server.recv(65536))
                else:
                    server.sendall(b"x")
        assert threads.results[0] == (len(self.DATA) if what == "recv" else b"x")

    @pytest.mark.parametrize("what", ["recv", "sendall"])
    def test_who_has_the_turn(self, pair, what):
        """Both read, or both write."""
        client, server = pair
        call = (client.recv, 10) if what == "recv" else (client.sendall, self.DATA)
        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads:
                other = threads.start(*call)
                support.waits(other)
                threads.start(strike_once)
                with pytest.raises(KeyboardInterrupt):
                    call[0](*call[1:])
                assert interruption.handled.is_set()
                assert other.is_alive() and threads.results[0] is None
                if what == "recv":
                    server.sendall(b"x")
                else:  # what was interrupted has sent nothing
                    left = len(self.DATA)
                    while left:
                        left -= len(server.recv(65536))
                    client.sendall(b"x")
                    assert server.recv(10) == b"x"

    @pytest.mark.parametrize("error", [None, KeyboardInterrupt])
    def test_who_sends_without_a_pause(self, pair, error):
        """Message by message, until the handler has run and for a while after that."""
        client, server = pair
        count = after = 0

        def send():
            nonlocal count, after
            while not interruption.handled.is_set():
                client.sendall(b"ping")
                assert server.recv(4) == b"ping"
                count += 1
            for after in range(100):
                client.sendall(b"pong")
                assert server.recv(4) == b"pong"
            server.sendall(b"done")

        with support.Interruption(error) as interruption, support.Threads() as threads:
            threads.start(send)
            threads.start(strike_once)
            if error is not None:
                with pytest.raises(error):
                    client.recv(10)
            assert client.recv(10) == b"done"
        assert count > 0 and after == 99

    CALLS = {
        "recv": lambda connection: connection.recv(1),
        "do_handshake": lambda connection: connection.do_handshake(),
        "shutdown": lambda connection: connection.shutdown(),
        "get_cipher_list": lambda connection: connection.get_cipher_list(),
        "set_info_callback": lambda connection: connection.set_info_callback(id),
    }

    @pytest.mark.parametrize("call", CALLS)
    def test_who_is_in_a_callback(self, call):
        """It has the connection's mutex, and the turn of a writer."""
        inside, go_on, last = threading.Event(), threading.Event(), []

        def verify(*args):
            inside.set()
            assert go_on.wait(support.TIMEOUT)
            last.append("the callback")
            return True

        client = support.client_context()
        client.set_verify(SSL.VERIFY_PEER, verify)
        waits_for = "descriptor" if call in ("do_handshake", "shutdown") else "lock"
        with closing(*support.tcp_pair(client)) as (client, server):
            with support.Interruption(KeyboardInterrupt), support.Threads() as threads:
                threads.start(server.do_handshake)
                threads.start(client.do_handshake)
                assert inside.wait(support.TIMEOUT)
                threads.start(strike_once, waits_for)
                try:
                    with pytest.raises(KeyboardInterrupt):
                        self.CALLS[call](client)
                    last.append("the handler")
                finally:
                    go_on.set()
            assert support.transfer(client, server, b"x") == b"x"
        assert last[:2] == ["the handler", "the callback"]

    def test_ctrl_c(self):
        """As the terminal sends it, to the process, with the handler that Python has for it, unless
        it was started in the background."""
        assert (
            support.run_script("""
import os, signal, threading, time
import support

signal.signal(signal.SIGINT, signal.default_int_handler)
client, server = support.connected("tcp")
stopped, count = threading.Event(), 0

def send():
    global count
    while not stopped.is_set():
        client.sendall(b"ping")
        assert server.recv(4) == b"ping"
        count += 1

def strike():  # once, as in strike_once
    for _ in range(20):
        support.waits(threading.main_thread())
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)

with support.Threads() as threads:
    threads.start(send)
    threads.start(strike)
    try:
        client.recv(10)
    except KeyboardInterrupt:
        print("interrupted", client.get_shutdown())
    stopped.set()
assert count > 0
server.send(b"here")
print(client.recv(10))
client.close()
server.close()
""")
            == "interrupted 0\nb'here'\n"
        )


def reuse_stacks():
    """New threads get the memory that those of the parent had as stacks."""
    support.run_together(*[lambda: hashlib.sha256(bytes(100_000))] * 20)


class TestProcess:
    def test_a_child_waits_with_a_bell_of_its_own(self, pair):
        client, server = pair
        with support.Threads() as threads:  # this thread makes its bell
            threads.start(server.send, b"x")
            assert client.recv(1) == b"x"

        def work():
            waker = threading.Timer(0.05, server.send, (b"to the child",))
            waker.start()
            assert client.recv(100) == b"to the child"

        assert support.in_child(work) == 0

    @pytest.mark.parametrize("how", ["close", "drop", "exit"])
    def test_a_child_leaves_without_a_word(self, how):
        """The peer gets no byte of it, and the parent's connections are as they were."""
        left, right = support.tcp_sockets()
        pair = [
            SSL.Connection(support.client_context(), left),
            SSL.Connection(support.server_context(), right),
        ]
        pair[0].set_connect_state()
        pair[1].set_accept_state()
        support.handshake(*pair)
        support.transfer(*pair, b"x")
        support.transfer(*reversed(pair), b"x")  # the tickets have been read

        def work():
            if how == "close":
                for one in pair:
                    one.close()
            elif how == "drop":
                pair.clear()
                gc.collect()

        with closing(*pair):
            assert support.in_child(work) == 0
            for one, below in zip(pair, (left, right)):
                assert one.get_shutdown() == 0
                with pytest.raises(BlockingIOError):
                    below.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            assert support.transfer(*pair, b"x" * 50_000) == b"x" * 50_000
            assert support.transfer(*reversed(pair), b"y") == b"y"

    @pytest.mark.skipif(support.TSAN, reason=support.NO_THREADS_IN_CHILD)
    @pytest.mark.parametrize("reused", [False, True])
    def test_a_child_is_not_held_up_by_who_read_in_its_parent(self, pair, reused):
        client, server = pair

        def work():
            if reused:
                reuse_stacks()
            client.setblocking(False)
            with pytest.raises(SSL.WantReadError):
                client.recv(1)
            client.close()

        with support.Threads() as threads:
            support.waits(threads.start(client.recv, 1))
            ended = support.in_child(work)
            server.send(b"x")
        assert threads.results == [b"x"]
        assert ended == 0

    @pytest.mark.skipif(support.TSAN, reason=support.NO_THREADS_IN_CHILD)
    def test_a_child_may_use_a_context_that_others_used_in_its_parent(self):
        client, server = support.client_context(), support.server_context()
        inside, go_on = threading.Event(), threading.Event()

        def ask(connection):
            inside.set()
            go_on.wait(support.TIMEOUT)

        server.set_tlsext_servername_callback(ask)
        one, other = support.memory_pair(client, server)
        one.set_tlsext_host_name(b"localhost")

        def work():
            reuse_stacks()
            server.set_timeout(100)
            client.set_timeout(100)
            server.set_tlsext_servername_callback(lambda connection: None)
            support.connected("memory", client, server)

        with support.Threads() as threads:
            threads.start(support.handshake, one, other)
            assert inside.wait(support.TIMEOUT)
            ended = support.in_child(work)
            go_on.set()
        assert ended == 0

    @pytest.mark.parametrize("kind", ["memory", "tcp"])
    def test_a_child_refuses_a_connection_that_was_in_use(self, kind):
        client, server = support.client_context(), support.server_context()
        inside, go_on = threading.Event(), threading.Event()

        def ask(*args):
            inside.set()
            go_on.wait(support.TIMEOUT)
            return True

        client.set_verify(SSL.VERIFY_PEER, ask)
        pair = (support.memory_pair if kind == "memory" else support.tcp_pair)(client, server)

        def work():
            for call in (pair[0].do_handshake, pair[0].pending, pair[0].do_handshake):
                with pytest.raises(RuntimeError, match="forked"):
                    call()
            if kind == "tcp":
                pair[0].close()

        with support.Threads() as threads:
            threads.start(support.handshake, *pair)
            assert inside.wait(support.TIMEOUT)
            ended = support.in_child(work)
            go_on.set()
        assert ended == 0
        if kind == "tcp":
            for one in pair:
                one.close()

    def test_a_child_of_a_callback_goes_on(self):
        client, server = support.client_context(), support.server_context()
        ends = []

        def ask(*args):
            if not ends:
                ends.append(support.fork())
            return True

        client.set_verify(SSL.VERIFY_PEER, ask)
        pair, ended = support.memory_pair(client, server), 3
        try:
            support.handshake(*pair)
            support.transfer(*pair, b"x" * 50_000)
            client.set_timeout(100)
            ended = 0
        finally:
            if ends[0] == 0:
                os._exit(ended)
        assert os.waitstatus_to_exitcode(os.waitpid(ends[0], 0)[1]) == 0

    def test_descriptors_of_threads_are_given_back(self, pair):
        client, server = pair

        def descriptors():
            gc.collect()
            support.let_threads_end()
            return len(os.listdir("/proc/self/fd"))

        def wait():
            with support.Threads() as threads:
                support.waits(threads.start(client.recv, 1))
                server.send(b"x")

        wait()
        before = descriptors()
        for _ in range(20):
            wait()
        assert descriptors() == before
