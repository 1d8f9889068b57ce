"""OpenSSL.rand: the generator, and what it is seeded from."""

import array
import contextlib
import math
import os
import socket
import stat
import struct
import sys
import threading
from pathlib import Path

import pytest

import support
from OpenSSL import SSL, crypto, rand


class Number(int):
    pass


class TestError:
    def test_is_a_plain_exception(self):
        assert rand.Error.__bases__ == (Exception,)
        assert rand.Error.__module__ == "OpenSSL.rand"
        assert rand.Error.__name__ == "Error"

    def test_is_no_other_module_s(self):
        assert rand.Error is not crypto.Error
        assert not issubclass(rand.Error, getattr(SSL, "Error", crypto.Error))


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (rand.add, {"buffer": b"x", "entropy": 1}),
        (rand.bytes, {"num_bytes": 1}),
        (rand.cleanup, {}),
        (rand.egd, {"path": "x", "bytes": 1}),
        (rand.load_file, {"filename": "x", "maxbytes": 1}),
        (rand.seed, {"buffer": b"x"}),
        (rand.status, {}),
        (rand.write_file, {"filename": os.devnull}),
    ],
)
class TestArguments:
    def test_by_name(self, function, arguments):
        function(**arguments)

    def test_too_many(self, function, arguments):
        with pytest.raises(TypeError):
            function(*arguments.values(), 1)

    def test_unknown(self, function, arguments):
        with pytest.raises(TypeError):
            function(*arguments.values(), unheard=1)

    def test_too_few(self, function, arguments):
        if arguments:
            with pytest.raises(TypeError, match=next(iter(arguments))):
                function()


class TestBytes:
    @pytest.mark.parametrize("size", [0, 1, 16, 50, 16384, 16385, 1 << 20])
    def test_length(self, size):
        result = rand.bytes(size)
        assert type(result) is bytes
        assert len(result) == size

    def test_is_random(self):
        assert rand.bytes(32) != rand.bytes(32)
        # Of each of the 256 values 4096 are expected: 10 % off would be 6 standard deviations.
        counts = [0] * 256
        for value in rand.bytes(1 << 20):
            counts[value] += 1
        assert min(counts) > 3680
        assert max(counts) < 4510

    def test_end_of_a_large_result_is_filled(self):
        size = (1 << 24) + 40000  # more than is made at once
        result = rand.bytes(size)
        assert len(result) == size
        assert len(set(result[-4096:])) > 200

    def test_negative(self):
        with pytest.raises(ValueError) as caught:
            rand.bytes(-1)
        assert str(caught.value) == "num_bytes must not be negative"

    @pytest.mark.parametrize("wrong", [None, "3", b"3", 3.0, object(), [3]])
    def test_no_integer(self, wrong):
        with pytest.raises(TypeError, match="num_bytes"):
            rand.bytes(wrong)

    def test_more_than_there_is_room_for(self):
        with pytest.raises(MemoryError):
            rand.bytes(sys.maxsize)
        with pytest.raises(MemoryError):
            rand.bytes(sys.maxsize - 100)

    @pytest.mark.parametrize("huge", [1 << 63, 1 << 200, -(1 << 200)])
    def test_out_of_range(self, huge):
        with pytest.raises(OverflowError, match="num_bytes"):
            rand.bytes(huge)

    def test_subclass_of_int(self):
        assert len(rand.bytes(Number(7))) == 7
        assert len(rand.bytes(True)) == 1

    def test_signals_interrupt_a_large_request(self):
        with support.Interruption(KeyboardInterrupt) as interruption, support.Threads() as threads:
            with pytest.raises(KeyboardInterrupt):
                threads.start(interruption.strike)
                while True:
                    rand.bytes(1 << 30)

    def test_many_threads(self):
        results = support.run_together(*[lambda: [rand.bytes(20000) for _ in range(20)]] * 8)
        assert len({value for result in results for value in result}) == 8 * 20

    @pytest.mark.filterwarnings("ignore:This process")  # pytest-timeout has a thread
    def test_after_fork(self):
        rand.bytes(1)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, rand.bytes(32))
            os._exit(0)
        os.close(writing)
        with open(reading, "rb") as file:
            theirs = file.read()
        assert os.waitpid(child, 0)[1] == 0
        assert len(theirs) == 32
        assert theirs != rand.bytes(32)


class TestAdd:
    @pytest.mark.parametrize(
        "buffer",
        [
            b"hello",
            b"",
            bytearray(b"hello"),
            memoryview(b"hello"),
            array.array("I", [1, 2]),
            b"x" * 100000,
        ],
        ids=["bytes", "empty", "bytearray", "memoryview", "array", "large"],
    )
    @pytest.mark.parametrize("entropy", [3, 0, 2.5, -1, True, math.inf])
    def test_add(self, buffer, entropy):
        assert rand.add(buffer, entropy) is None

    @pytest.mark.parametrize("wrong", ["text", None, 3, object(), [1], memoryview(b"abcd")[::2]])
    def test_no_buffer(self, wrong):
        with pytest.raises(TypeError, match="buffer"):
            rand.add(wrong, 3)

    @pytest.mark.parametrize("wrong", [None, "3", b"3", object(), 3j])
    def test_no_number(self, wrong):
        with pytest.raises(TypeError, match="entropy"):
            rand.add(b"foo", wrong)

    def test_too_large_a_number(self):
        with pytest.raises(OverflowError):
            rand.add(b"foo", 10**400)

    def test_buffer_is_let_go(self):
        buffer = bytearray(b"abc")
        rand.add(buffer, 3)
        with pytest.raises(TypeError):
            rand.add(buffer, None)
        buffer += b"def"  # a BufferError if it were still held

    def test_generator_works_on(self):
        rand.add(b"\0" * 64, 64)
        assert rand.bytes(32) != rand.bytes(32)


class TestSeed:
    @pytest.mark.parametrize("buffer", [b"hello", b"", bytearray(b"hello"), b"x" * 100000])
    def test_seed(self, buffer):
        assert rand.seed(buffer) is None

    @pytest.mark.parametrize("wrong", ["text", None, 3, object()])
    def test_no_buffer(self, wrong):
        with pytest.raises(TypeError, match="buffer"):
            rand.seed(wrong)

    def test_same_seed_gives_no_same_bytes(self):
        rand.seed(b"always the same")
        first = rand.bytes(32)
        rand.seed(b"always the same")
        assert rand.bytes(32) != first


class TestStatus:
    def test_seeded(self):
        assert rand.status() == 1
        assert type(rand.status()) is int


class TestCleanup:
    def test_generator_works_on(self):
        assert rand.cleanup() is None
        assert rand.cleanup() is None
        assert rand.status() == 1
        assert rand.bytes(32) != rand.bytes(32)


class TestScreen:
    def test_is_for_windows_only(self):
        assert not hasattr(rand, "screen")


NAMES = ["plain", "na\u00efve", "\u7533\u3057\u8a33", "\udcff\udcfe"]


def path_forms(path):
    return [str(path), os.fsencode(path), Path(path)]


class TestWriteFile:
    @pytest.mark.parametrize("name", NAMES)
    def test_writes_1024_bytes(self, tmp_path, name):
        for path in path_forms(tmp_path / name):
            assert rand.write_file(path) == 1024
            assert (tmp_path / name).stat().st_size == 1024

    def test_content_differs(self, tmp_path):
        one, two = tmp_path / "one", tmp_path / "two"
        rand.write_file(one)
        rand.write_file(two)
        assert one.read_bytes() != two.read_bytes()
        assert one.read_bytes() != bytes(1024)

    @pytest.mark.parametrize("umask", [0, 0o777])
    def test_mode(self, tmp_path, umask):
        before = os.umask(umask)
        try:
            assert rand.write_file(tmp_path / "file") == 1024
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600

    def test_replaces_a_longer_file(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"x" * 5000)
        path.chmod(0o644)
        assert rand.write_file(path) == 1024
        assert path.stat().st_size == 1024
        assert b"xxxxxxxx" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_cannot_be_written(self, tmp_path):
        assert rand.write_file(tmp_path / "missing" / "file") == -1
        assert rand.write_file(tmp_path) == -1

    def test_no_regular_file(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        assert rand.write_file(tmp_path / "pipe") == -1
        assert rand.write_file(os.devnull) == -1

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
    def test_disk_full(self, tmp_path):
        assert rand.write_file("/dev/full") == -1

    @pytest.mark.parametrize("wrong", [None, 3, object(), [], bytearray(b"x")])
    def test_no_path(self, wrong):
        with pytest.raises(TypeError, match="filename"):
            rand.write_file(wrong)

    @pytest.mark.parametrize("wrong", ["a\0b", b"a\0b", "\0"])
    def test_nul_in_path(self, wrong):
        with pytest.raises(ValueError, match="filename"):
            rand.write_file(wrong)

    def test_no_descriptor_is_left_open(self, tmp_path):
        def descriptors():
            return set(os.listdir("/dev/fd"))

        before = descriptors()
        rand.write_file(tmp_path / "file")
        rand.write_file(tmp_path)
        rand.load_file(tmp_path / "file")
        rand.load_file(tmp_path)
        rand.egd(tmp_path / "file")
        assert descriptors() == before


class TestLoadFile:
    @pytest.mark.parametrize("name", NAMES)
    def test_what_was_written(self, tmp_path, name):
        rand.write_file(tmp_path / name)
        for path in path_forms(tmp_path / name):
            assert rand.load_file(path) == 1024
            assert rand.load_file(path, 4) == 4
            assert rand.load_file(path, maxbytes=5000) == 1024

    @pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 1 << 20])
    def test_all_of_it(self, tmp_path, size):
        (tmp_path / "file").write_bytes(b"x" * size)
        assert rand.load_file(tmp_path / "file") == size
        assert rand.load_file(tmp_path / "file", -1) == size
        assert rand.load_file(tmp_path / "file", -1000) == size

    @pytest.mark.parametrize("size", [0, 1, 4096, 5000])
    def test_part_of_it(self, tmp_path, size):
        (tmp_path / "file").write_bytes(b"x" * 10000)
        assert rand.load_file(tmp_path / "file", size) == size

    def test_missing(self, tmp_path):
        assert rand.load_file(tmp_path / "missing") == -1
        assert rand.load_file(tmp_path / "missing", 10) == -1

    def test_directory(self, tmp_path):
        assert rand.load_file(tmp_path) == -1

    def test_device_without_an_end(self):
        assert rand.load_file("/dev/urandom") == 256
        assert rand.load_file("/dev/urandom", 1000) == 1000
        assert rand.load_file("/dev/null") == 0

    def test_pipe(self, tmp_path):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        with support.Threads() as threads:
            threads.start(path.write_bytes, b"x" * 100)
            assert rand.load_file(path) == 100

    @pytest.mark.parametrize("wrong", [None, 3, object(), [], bytearray(b"x")])
    def test_no_path(self, wrong):
        with pytest.raises(TypeError, match="filename"):
            rand.load_file(wrong, 1)

    @pytest.mark.parametrize("wrong", [None, "1", 1.0, object()])
    def test_no_integer(self, wrong):
        with pytest.raises(TypeError, match="maxbytes"):
            rand.load_file("foo", wrong)

    def test_out_of_range(self):
        with pytest.raises(OverflowError, match="maxbytes"):
            rand.load_file("foo", 1 << 70)

    def test_nul_in_path(self):
        with pytest.raises(ValueError, match="filename"):
            rand.load_file("a\0b")

    def interrupted(self, path, error):
        """Load from a pipe; a signal comes before what is in it."""
        os.mkfifo(path)
        done = threading.Event()

        def serve():
            with open(path, "wb") as file:
                interruption.strike()
                if error is None:
                    file.write(b"x" * 100)
                else:
                    assert done.wait(support.TIMEOUT)

        with support.Interruption(error) as interruption, support.Threads() as threads:
            threads.start(serve)
            try:
                return rand.load_file(path)
            finally:
                done.set()

    def test_signal_whose_handler_returns(self, tmp_path):
        assert self.interrupted(tmp_path / "pipe", None) == 100

    def test_signal_whose_handler_raises(self, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            self.interrupted(tmp_path / "pipe", KeyboardInterrupt)


class Daemon:
    """An entropy gathering daemon with so many bytes in its pool; requests tells what it was asked.

    *speak*, if given, serves the connection in its place.
    """

    def __init__(self, path, pool=0, speak=None):
        self.pool = pool
        self.requests = []
        self.speak = speak or self.answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.listener.settimeout(support.TIMEOUT)

    def serve(self):
        connection, _ = self.listener.accept()
        with connection, contextlib.suppress(ConnectionError):
            connection.settimeout(support.TIMEOUT)
            self.speak(connection)

    def answer(self, connection):
        while request := connection.recv(2, socket.MSG_WAITALL):
            kind, size = struct.unpack("BB", request)
            self.requests.append((kind, size))
            if kind == 1:
                size = min(size, self.pool)
                self.pool -= size
                connection.sendall(bytes([size]))
            connection.sendall(os.urandom(size))

    def __enter__(self):
        self.threads = support.Threads()
        self.threads.start(self.serve)
        return self

    def __exit__(self, kind, error, traceback):
        self.threads.__exit__(kind, error, traceback)
        self.listener.close()


class TestEgd:
    @pytest.fixture
    def path(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # a socket's name is short
        return "egd"

    def test_default_is_255(self, path):
        with Daemon(path, 10000) as daemon:
            assert rand.egd(path) == 255
        assert daemon.requests == [(1, 255)]

    @pytest.mark.parametrize("form", [os.fsencode, Path])
    def test_other_forms_of_path(self, path, form):
        with Daemon(path, 10000):
            assert rand.egd(form(path), bytes=10) == 10

    def test_more_than_one_request(self, path):
        with Daemon(path, 10000) as daemon:
            assert rand.egd(path, 600) == 600
        assert daemon.requests == [(1, 255), (1, 255), (1, 90)]

    def test_nothing_wanted(self, path):
        with Daemon(path, 10) as daemon:
            assert rand.egd(path, 0) == 0
        assert daemon.requests == []

    def test_pool_runs_dry(self, path):
        with Daemon(path, 100) as daemon:
            assert rand.egd(path, 300) == 300
        assert daemon.requests == [(1, 255), (1, 200), (2, 200)]

    def test_missing(self, path):
        assert rand.egd(path) == -1
        assert rand.egd(path, 255) == -1

    def test_nobody_listens(self, path):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(path)
        assert rand.egd(path) == -1

    def test_no_socket(self, path):
        Path(path).touch()
        assert rand.egd(path) == -1

    @pytest.mark.parametrize("length", [0, 100, 107, 108, 109, 1000, 100000])
    def test_path_of_any_length(self, length):
        assert rand.egd("x" * length) == -1

    def test_longest_path(self, path):
        longest = path.ljust(107, "x")
        with Daemon(longest, 1000):
            assert rand.egd(longest, 4) == 4

    def test_hangs_up(self, path):
        with Daemon(path, speak=lambda connection: None):
            assert rand.egd(path) == -1

    def test_hangs_up_in_the_middle(self, path):
        def speak(connection):
            connection.recv(2)
            connection.sendall(b"\x0aabc")

        with Daemon(path, speak=speak):
            assert rand.egd(path) == -1

    def test_what_came_before_it_hung_up_counts(self, path):
        def speak(connection):
            connection.recv(2)
            connection.sendall(b"\x03abc")
            connection.recv(2)

        with Daemon(path, speak=speak):
            assert rand.egd(path, 10) == 3

    def test_tears_its_answer(self, path):
        def speak(connection):
            connection.recv(2)
            for byte in b"\x03abc":
                connection.sendall(bytes([byte]))

        with Daemon(path, speak=speak):
            assert rand.egd(path, 3) == 3

    def test_promises_too_much(self, path):
        def speak(connection):
            connection.recv(2)
            connection.sendall(b"\xff" + b"x" * 255)

        with Daemon(path, speak=speak):
            assert rand.egd(path, 10) == -1

    def test_other_threads_run_meanwhile(self, path):
        # The daemon is Python too: it could not answer if the call kept the interpreter.
        with Daemon(path, 10000):
            assert rand.egd(path, 5000) == 5000

    def test_signal_whose_handler_returns(self, path):
        def speak(connection):
            connection.recv(2)
            interruption.strike()
            connection.sendall(b"\x03abc")

        with support.Interruption() as interruption, Daemon(path, speak=speak):
            assert rand.egd(path, 3) == 3

    def test_signal_whose_handler_raises(self, path):
        def speak(connection):
            connection.recv(2)
            interruption.strike()
            assert connection.recv(1) == b""  # hung up on

        with support.Interruption(KeyboardInterrupt) as interruption, Daemon(path, speak=speak):
            with pytest.raises(KeyboardInterrupt):
                rand.egd(path)

    @pytest.mark.parametrize("wrong", [None, 3, object(), [], bytearray(b"x")])
    def test_no_path(self, wrong):
        with pytest.raises(TypeError, match="path"):
            rand.egd(wrong)
        with pytest.raises(TypeError, match="path"):
            rand.egd(wrong, 255)

    @pytest.mark.parametrize("wrong", [None, "1", 1.0, object()])
    def test_no_integer(self, wrong):
        with pytest.raises(TypeError, match="bytes"):
            rand.egd("foo", wrong)

    def test_negative(self):
        with pytest.raises(ValueError, match="bytes"):
            rand.egd("foo", -1)

    def test_nul_in_path(self):
        with pytest.raises(ValueError, match="path"):
            rand.egd("a\0b")


BROKEN_GENERATOR = """
import sys
import support
from OpenSSL import rand

assert support.libcrypto.RAND_set_DRBG_type(None, b"NO-SUCH-GENERATOR", None, None, None) == 1
"""


class TestFailingGenerator:
    @pytest.mark.parametrize(
        "call",
        [
            "bytes(1)",
            "bytes(100000)",
            "add(b'x', 1)",
            "seed(b'x')",
            "seed(b'x' * 100000)",
            "load_file('/dev/urandom')",
        ],
    )
    def test_raises(self, call):
        assert (
            support.run_script(
                BROKEN_GENERATOR
                + f"""
support.push_error()  # somebody else's: not to be reported
try:
    rand.{call}
except rand.Error as error:
    [triples] = error.args
    print(triples[-1])
assert support.queued_errors() == []
"""
            )
            == "('random number generator', '', 'unable to fetch drbg')\n"
        )

    def test_write_file(self, tmp_path):
        assert (
            support.run_script(
                BROKEN_GENERATOR
                + """
print(rand.write_file(sys.argv[1]))
assert support.queued_errors() == []
""",
                tmp_path / "file",
            )
            == "-1\n"
        )

    def test_status(self):
        assert support.run_script(BROKEN_GENERATOR + "print(rand.status())") == "0\n"


class TestStaleErrors:
    """What somebody else left on the queue is neither reported as ours nor believed."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda: rand.add(b"x", 1),
            lambda: rand.seed(b"x"),
            lambda: rand.bytes(4),
            lambda: rand.status(),
            lambda: rand.load_file("/dev/urandom", 4),
            lambda: rand.load_file("/nowhere/at/all"),
            lambda: rand.write_file("/nowhere/at/all"),
            lambda: rand.egd("/nowhere/at/all"),
        ],
    )
    def test_is_ignored(self, call):
        support.push_error()
        call()
        assert support.queued_errors() == []
