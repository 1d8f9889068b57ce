"""Connection's life, and what it shares with its Context and its socket."""

import copy
import errno
import gc
import os
import pickle
import select
import socket
import threading
import weakref

import pytest

import support
from OpenSSL import SSL


@pytest.fixture
def context():
    return support.client_context(False)


class TestInit:
    @pytest.mark.parametrize("wrong", [object(), "context", None, 1, SSL.Context])
    def test_wrong_context(self, wrong):
        with pytest.raises(TypeError, match="context"):
            SSL.Connection(wrong)

    @pytest.mark.parametrize("wrong", [object(), "socket", 1.5, []])
    def test_wrong_socket(self, context, wrong):
        with pytest.raises(TypeError, match="socket"):
            SSL.Connection(context, wrong)

    def test_negative_descriptor(self, context):
        with pytest.raises(ValueError, match="negative"):
            SSL.Connection(context, -1)
        with socket.socket() as closed:
            closed.close()
            with pytest.raises(ValueError, match="negative"):
                SSL.Connection(context, closed)

    def test_descriptor_out_of_range(self, context):
        with pytest.raises(OverflowError, match="socket"):
            SSL.Connection(context, 1 << 40)

    def test_names(self, context):
        left, right = socket.socketpair()
        with left, right:
            assert SSL.Connection(context=context, socket=left).fileno() == left.fileno()
        for args, kwargs in (((), {}), ((context, None, 1), {}), ((context,), {"sock": None})):
            with pytest.raises(TypeError):
                SSL.Connection(*args, **kwargs)

    def test_once(self, context):
        connection = SSL.Connection(context)
        with pytest.raises(ValueError, match="already"):
            connection.__init__(context)
        assert connection.get_context() is context

    def test_fileno_that_initializes(self, context):
        class Odd:
            def fileno(self):
                connection.__init__(context)
                return 0

        connection = SSL.Connection.__new__(SSL.Connection)
        with pytest.raises(ValueError, match="already"):
            connection.__init__(context, Odd())

    def test_fileno_that_raises(self, context):
        class Odd:
            def fileno(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            SSL.Connection(context, Odd())

    def test_without_init(self):
        connection = SSL.Connection.__new__(SSL.Connection)
        arguments = {
            "recv": (1,),
            "read": (1,),
            "recv_into": (bytearray(1),),
            "send": (b"x",),
            "write": (b"x",),
            "sendall": (b"x",),
            "bio_read": (1,),
            "bio_write": (b"x",),
            "set_context": (support.client_context(False),),
        }
        for name in (
            "do_handshake",
            "shutdown",
            "bio_shutdown",
            "renegotiate",
            "key_update",
            "set_accept_state",
            "set_connect_state",
            "get_context",
            "pending",
            "DTLSv1_listen",
            "DTLSv1_handle_timeout",
            *arguments,
        ):
            with pytest.raises(SSL.Error) as caught:
                getattr(connection, name)(*arguments.get(name, ()))
            assert caught.value.args == ([("SSL routines", "", "uninitialized")],), name
        assert connection.get_app_data() is None
        with pytest.raises(AttributeError):
            connection.fileno
        with pytest.raises(AttributeError):
            connection.close()

    def test_subclass(self, context):
        class Named(SSL.Connection):
            def __init__(self, context, name):
                super().__init__(context)
                self.name = name

        connection = Named(context, "n")
        assert connection.name == "n"
        with pytest.raises(SSL.WantReadError):
            connection.set_connect_state() or connection.do_handshake()

    def test_twice_at_a_time(self, monkeypatch, tmp_path):
        """The second comes while the first waits for its Context, which is being set."""
        first, second = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        monkeypatch.setenv("SSL_CERT_FILE", str(fifo))
        connection, waits = SSL.Connection.__new__(SSL.Connection), threading.Event()

        def again():
            waits.set()
            with pytest.raises(ValueError, match="already initialized"):
                connection.__init__(first)

        with support.Threads() as threads:
            threads.start(first.set_default_verify_paths)
            with open(fifo, "wb"):  # it is reading now
                threads.start(again)
                assert waits.wait(support.TIMEOUT)
                connection.__init__(second)
        assert connection.get_context() is second


class TestObject:
    def test_attributes_and_weak_references(self, context):
        connection = SSL.Connection(context)
        connection.anything = 1
        reference = weakref.ref(connection)
        assert reference().anything == 1
        del connection
        assert reference() is None

    def test_goes_without_the_collector(self, context):
        gc.disable()
        try:
            client, server = support.connected()
            references = weakref.ref(client), weakref.ref(server)
            del client, server
            assert [reference() for reference in references] == [None, None]
        finally:
            gc.enable()

    def test_cycles_are_collected(self, context):
        connection = SSL.Connection(context)
        connection.set_app_data(connection)
        connection.itself = connection
        reference = weakref.ref(connection)
        del connection
        gc.collect()
        assert reference() is None

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, context, duplicate):
        with pytest.raises(TypeError):
            duplicate(SSL.Connection(context))

    def test_outlives_its_context(self):
        client, server = support.memory_pair()
        gc.collect()
        support.handshake(client, server)
        client.send(b"x")
        support.pump(client, server)
        assert server.recv(1) == b"x"

    def test_dropped_in_the_middle_of_a_handshake(self):
        for moves in range(4):
            client, server = support.memory_pair()
            for _ in range(moves):
                for one in (client, server):
                    with support.contextlib.suppress(SSL.WantReadError):
                        one.do_handshake()
                support.move(client, server)
            del client, server


class TestContext:
    def test_identity(self, context):
        connection = SSL.Connection(context)
        assert connection.get_context() is context
        other = support.client_context(False)
        connection.set_context(other)
        assert connection.get_context() is other
        assert connection._context is other

    @pytest.mark.parametrize("wrong", [object(), "context", None, 1])
    def test_wrong_context(self, context, wrong):
        connection = SSL.Connection(context)
        with pytest.raises(TypeError, match="context"):
            connection.set_context(wrong)
        assert connection.get_context() is context

    def test_the_first_may_go(self):
        connection = SSL.Connection(support.client_context(False))
        connection.set_context(support.client_context(False))
        gc.collect()
        connection.set_context(support.client_context(False))
        gc.collect()
        connection.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            connection.do_handshake()


class TestAppData:
    def test_any_object(self, context):
        connection = SSL.Connection(context)
        assert connection.get_app_data() is None
        data = object()
        connection.set_app_data(data)
        assert connection.get_app_data() is data
        connection.set_app_data(data=None)
        assert connection.get_app_data() is None

    @pytest.mark.parametrize("kind", [SSL.Connection, SSL.Context])
    def test_a_chain_that_is_longer_than_the_stack_is_deep(self, kind):
        last = None
        for _ in range(200_000):
            one = kind.__new__(kind)
            one.set_app_data(last)
            last = one
        first = weakref.ref(last)
        del one, last
        assert first() is None


class TestSocket:
    def test_unknown_names_are_the_sockets(self, context):
        with socket.socket() as plain:
            connection = SSL.Connection(context, plain)
            assert connection.fileno() == plain.fileno()
            assert connection.family == socket.AF_INET
            connection.settimeout(5)
            assert plain.gettimeout() == 5
            assert connection._socket is plain
            with pytest.raises(AttributeError, match="no_such_name"):
                connection.no_such_name
            assert select.select([], [connection], [], 0) is not None

    def test_subclasses_may_look_them_up_themselves(self, context):
        class Mine(SSL.Connection):
            def __getattr__(self, name):
                return 42 if name == "answer" else super().__getattr__(name)

        with socket.socket() as plain:
            for connection in (Mine(context, plain), Mine(context)):
                assert connection.answer == 42
                assert connection.get_context() is context
                with pytest.raises(AttributeError, match="no_such_name"):
                    connection.no_such_name
            assert Mine(context, plain).family == socket.AF_INET

    def test_it_may_be_its_own_socket(self, context):
        class Itself(SSL.Connection):
            def fileno(self):
                return plain.fileno()

        with socket.socket() as plain:
            connection = Itself.__new__(Itself)
            connection.__init__(context, connection)
            with pytest.raises(RecursionError):
                connection.no_such_name

    def test_memory_has_no_socket(self, context):
        connection = SSL.Connection(context)
        for name in ("fileno", "bind", "getpeername", "settimeout"):
            assert not hasattr(connection, name)
        for call in (
            connection.close,
            connection.accept,
            connection.sock_shutdown,
            lambda: connection.connect(("127.0.0.1", 1)),
            lambda: connection.connect_ex(("127.0.0.1", 1)),
        ):
            with pytest.raises(AttributeError):
                call()
        assert connection._socket is None

    def test_connect_and_accept(self):
        server_context = support.server_context()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listening = SSL.Connection(server_context, listener)
            client = SSL.Connection(support.client_context(), socket.socket())
            assert client.connect(listener.getsockname()) is None
            server, address = listening.accept()
            assert type(server) is SSL.Connection
            assert server.get_context() is server_context
            assert address == client.getsockname()
            support.handshake(client, server)
            client.close()
            server.close()

    def test_connect_fails(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()
            client = SSL.Connection(support.client_context(), socket.socket())
            with pytest.raises(TypeError):
                client.connect(None)
            with pytest.raises(ConnectionRefusedError):
                client.connect(address)
            assert client.connect_ex(address) == errno.ECONNREFUSED
            client.close()

    def test_connect_ex_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = SSL.Connection(support.client_context(), socket.socket())
            client.setblocking(False)
            assert client.connect_ex(listener.getsockname()) in (0, errno.EINPROGRESS)
            client.close()

    def test_a_subclass_accepts_plain_connections(self):
        class Special(SSL.Connection):
            def __init__(self, one, two, three):
                super().__init__(two, three)

        with socket.create_server(("127.0.0.1", 0)) as listener:
            listening = Special(0, support.server_context(), listener)
            with socket.create_connection(listener.getsockname()):
                server, _ = listening.accept()
                assert type(server) is SSL.Connection
                server.close()

    def test_makefile(self, context):
        with pytest.raises(NotImplementedError):
            SSL.Connection(context).makefile("rb", bufsize=1)

    def test_sock_shutdown(self):
        client, server = support.socket_pair()
        server.sock_shutdown(socket.SHUT_WR)
        client.setblocking(True)
        with pytest.raises(SSL.SysCallError) as caught:
            client.do_handshake()
        assert caught.value.args == (-1, "Unexpected EOF")
        client.close()
        server.close()

    @pytest.mark.parametrize("role", ["connect", "accept"])
    def test_a_role_anew_after_an_end(self, context, role):
        """The end was that of what was there before: now the descriptor leads elsewhere."""
        left, right = socket.socketpair()
        connection = SSL.Connection(context, left)
        getattr(connection, f"set_{role}_state")()
        right.shutdown(socket.SHUT_WR)
        with pytest.raises(SSL.SysCallError) as caught:
            connection.do_handshake()
        assert caught.value.args == (-1, "Unexpected EOF")
        other, peer = socket.socketpair()
        os.dup2(other.fileno(), left.fileno())
        getattr(connection, f"set_{role}_state")()
        connection.setblocking(False)
        for _ in range(2):
            with pytest.raises(SSL.WantReadError):
                connection.do_handshake()
        for one in (left, right, other, peer):
            one.close()

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_a_role_anew_after_a_handshake(self, version):
        """Means another handshake, which counts as the first one did."""
        context = support.client_context()
        context.set_max_proto_version(version)
        client, first = support.connected("memory", context)
        support.transfer(first, client, b"x")
        client.set_connect_state()
        _, second = support.memory_pair()
        support.handshake(client, second)
        second.send(b"data")
        support.move(second, client)
        assert client.recv(1) == b"d"
        assert client.pending() == 3

    def test_roles_may_change(self):
        client, server = support.memory_pair()
        client.set_accept_state()
        server.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        client.set_connect_state()
        server.set_accept_state()
        support.handshake(client, server)
