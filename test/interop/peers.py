"""Other programs as peers: children that are talked to, and connections of ours that meet them.

A test takes the fixture *stage*, a Stage, which ends all that it began.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import support
from OpenSSL import SSL

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}

# A test that hangs ends this process at once: the system takes its children along.  And a program
# shall not keep what it has to say to itself because nobody watches.
DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()
SPEAK_UP = ("stdbuf", "-oL") if shutil.which("stdbuf") else ()

# An OCSPResponse that says tryLater: the smallest that every version passes on.
TRY_LATER = bytes.fromhex("30030a0103")


def limit(context, version):
    """The Context, for one version of the protocol only: a key of VERSIONS."""
    context.set_min_proto_version(VERSIONS[version])
    context.set_max_proto_version(VERSIONS[version])
    return context


class Child:
    """A program, with its output (its errors among it) and its input at hand.

    It is killed after TIMEOUT (see watch()), so nothing that waits for it, over whatever pipe or
    socket, does so for longer; and reaped at the end of the block in any case.
    """

    def __init__(self, *command, stderr=subprocess.STDOUT, **environment):
        self.command = [str(part) for part in command]
        environment = {**os.environ, **environment}
        environment.pop("LD_PRELOAD", None)  # the sanitizers are for us
        # Python may be of another C library than stdbuf, and needs it not.
        speak_up = () if Path(self.command[0]).name.startswith("python") else SPEAK_UP
        self._process = subprocess.Popen(
            [*DIE_WITH_US, *speak_up, *self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            env=environment,
        )
        self._watch = None
        self.watch()
        self._all = self._ahead = b""

    def watch(self):
        """From now on it has TIMEOUT again."""
        if self._watch:
            self._watch.cancel()
        self._watch = threading.Timer(support.TIMEOUT, self._process.kill)
        self._watch.daemon = True
        self._watch.start()

    def is_alive(self):
        return self._process.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._watch.cancel()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self._process.wait()

    def write(self, data):
        """Put all of it into the program's input."""
        view = memoryview(data)
        while view:
            view = view[self._process.stdin.write(view) :]

    def end_input(self):
        """Let the program find the end of its input."""
        self._process.stdin.close()

    def kill(self):
        """End it at once, without a word to its peer."""
        self._process.kill()
        self._process.wait()

    def _read(self):
        more = self._process.stdout.read(65536)
        self._all += more
        self._ahead += more
        return more

    def read(self, size):
        """The next *size* bytes of its output, fewer at its end."""
        while len(self._ahead) < size and self._read():
            pass
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def expect(self, pattern):
        """Read its output until a regular expression has been found; the match."""
        while not (match := re.search(pattern, self._ahead)):
            if not self._read():
                said = self._all.decode(errors="replace")
                raise AssertionError(f"{' '.join(self.command)}: no {pattern} in\n{said}")
        self._ahead = self._ahead[match.end() :]
        return match

    def line(self):
        """The next line of its output."""
        while b"\n" not in self._ahead:
            assert self._read(), f"{' '.join(self.command)}: {self._all[-3000:]}"
        line, _, self._ahead = self._ahead.partition(b"\n")
        self._all = b""
        return line

    def so_far(self):
        """All that has been read of its output."""
        return self._all

    def output(self):
        """All that it has written, when it has ended."""
        while self._read():
            pass
        self._process.wait()
        return self._all

    def port(self, protocol="tcp"):
        """The port that it listens on, having chosen one that was free."""
        folder = Path(f"/proc/{self._process.pid}/fd")
        mine = {os.readlink(entry) for entry in folder.iterdir()}
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in mine:
                return int(fields[1].split(":")[1], 16)
        raise AssertionError(f"{self.command[0]} has no {protocol} port")


class Stage(contextlib.ExitStack):
    """Where a test's children, sockets and connections are, until it ends."""

    def child(self, *command, **options):
        return self.enter_context(Child(*command, **options))

    def socket(self, made):
        return self.enter_context(contextlib.closing(made))

    def listener(self):
        """A socket of ours that listens; its address is address_of()."""
        made = self.socket(socket.create_server(("127.0.0.1", 0)))
        made.settimeout(support.TIMEOUT)
        return made

    def accept(self, listener, context):
        """A Connection over who comes next."""
        peer, _ = listener.accept()
        peer.settimeout(None)
        connection = self._connection(context, peer)
        connection.set_accept_state()
        return connection

    def connect(self, context, port):
        """A Connection to a port of this machine."""
        connection = self._connection(context, socket.create_connection(("127.0.0.1", port)))
        connection.set_connect_state()
        return connection

    def _connection(self, context, connected):
        self.socket(connected)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return SSL.Connection(context, connected)

    def datagrams(self):
        """A socket of ours for datagrams, with a port of its own."""
        made = self.socket(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        made.bind(("127.0.0.1", 0))
        return made

    def accept_datagrams(self, bound, context):
        """A Connection with who first sends something."""
        bound.settimeout(support.TIMEOUT)
        _, sender = bound.recvfrom(1, socket.MSG_PEEK)
        bound.connect(sender)
        bound.settimeout(None)
        connection = SSL.Connection(context, bound)
        connection.set_accept_state()
        return connection

    def connect_datagrams(self, context, port):
        """A Connection to a port for datagrams of this machine."""
        bound = self.datagrams()
        bound.connect(("127.0.0.1", port))
        connection = SSL.Connection(context, bound)
        connection.set_connect_state()
        return connection


def address_of(one):
    """HOST:PORT of a socket, as programs want it."""
    return "{}:{}".format(*one.getsockname())


def receive(connection, size):
    """Exactly *size* bytes."""
    data = bytearray()
    while len(data) < size:
        data += connection.recv(size - len(data))
    return bytes(data)


# Programs take some letters for commands, and take line ends for what they like.
DIGITS = bytes(b"0123456789"[number % 10] for number in range(256))


def exchange(connection, child, size=300_000):
    """So many bytes to the child, which shows them, and as many from it, at the same time."""
    data = os.urandom(size).translate(DIGITS)
    with support.Threads() as threads:
        threads.start(connection.sendall, data)
        threads.start(child.write, data)
        threads.start(child.read, size)
        assert receive(connection, size) == data
    assert threads.results[2] == data


def ocsp_response(credential):
    """What the authority of a Credential has to say: its certificate is good."""
    folder = support.fresh_path()
    folder.mkdir()
    number = support.openssl("x509", "-noout", "-serial", stdin=credential.cert_pem)
    serial = number.decode().strip().split("=")[1]
    index, response = folder / "index", folder / "response"
    index.write_text(f"V\t{support.stamp(300)[2:]}\t\t{serial}\tunknown\t/CN=x\n")
    authority = credential.issuer
    support.openssl(
        *("ocsp", "-index", index, "-CA", authority.cert_path, "-issuer", authority.cert_path),
        *("-rsigner", authority.cert_path, "-rkey", authority.key_path),
        *("-cert", credential.cert_path, "-respout", response, "-noverify", "-ndays", "1"),
    )
    return response
