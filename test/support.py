"""Keys, certificates, connections, threads and processes for the tests.

Certificates are made by the ``openssl`` command, so that nothing is tested with itself.
"""

import atexit
import contextlib
import ctypes
import ctypes.util
import datetime
import functools
import inspect
import itertools
import os
import queue
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import traceback
import warnings
from pathlib import Path

import OpenSSL
from OpenSSL import SSL, crypto, rand

# Seconds after which something hangs: half of what a test may take.
TIMEOUT = int(os.environ.get("PYTEST_TIMEOUT") or 600) // 2 or 3600
HERE = Path(__file__).parent
PACKAGE = Path(OpenSSL.__file__).parent
ENDS_WITH_THREADS = sys.version_info >= (3, 13)  # an interpreter, when it is destroyed
TSAN = hasattr(ctypes.CDLL(None), "__tsan_init")
NO_THREADS_IN_CHILD = "ThreadSanitizer knows no threads of a process that was forked beside threads"
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# ---- the library that our modules loaded ----

# The same tests run on the original, whose library is hidden inside of another package.
OURS = not rand.__file__.endswith(".py")

# A look-up through one of our modules finds what that module is linked with.
libcrypto = ctypes.PyDLL(rand.__file__ if OURS else ctypes.util.find_library("crypto"))
libcrypto.ERR_get_error.restype = ctypes.c_ulong
libcrypto.ERR_peek_error.restype = ctypes.c_ulong
libcrypto.ERR_error_string_n.argtypes = (ctypes.c_ulong, ctypes.c_char_p, ctypes.c_size_t)
libcrypto.ERR_error_string_n.restype = None


def queued_errors():
    """What lies on this thread's error queue, which is empty afterwards."""
    found = []
    while code := libcrypto.ERR_get_error():
        text = ctypes.create_string_buffer(256)
        libcrypto.ERR_error_string_n(code, text, len(text))
        found.append(text.value.decode())
    return found


def push_error(library=6, reason=1112):
    """Put an entry on this thread's queue, as somebody else in the process might."""
    libcrypto.ERR_new()
    libcrypto.ERR_set_error(library, reason, None)


# ---- certificates ----


@functools.cache
def directory():
    """A folder for this process's files, gone when it ends."""
    path = Path(tempfile.mkdtemp(prefix="pyopenssl-test-"))
    owner = os.getpid()

    def remove():
        if os.getpid() == owner:  # not from a forked child
            shutil.rmtree(path, ignore_errors=True)

    atexit.register(remove)
    return path


_numbers = itertools.count(1)


def fresh_path(suffix=""):
    """A path in directory() where nothing is yet."""
    return directory() / f"{next(_numbers)}{suffix}"


def openssl(*args, stdin=None):
    """Run the ``openssl`` command and give back what it writes."""
    result = subprocess.run(
        ["openssl", *map(str, args)], input=stdin, capture_output=True, timeout=TIMEOUT
    )
    if result.returncode != 0:
        raise AssertionError(f"openssl {args[0]}: {result.stderr.decode(errors='replace')}")
    return result.stdout


KEY_KINDS = {
    "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "ec": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "ed25519": ("-algorithm", "ED25519"),
    "ed448": ("-algorithm", "ED448"),
}


def new_key(kind="ec"):
    """A new private key's PEM: see KEY_KINDS."""
    return openssl("genpkey", *KEY_KINDS[kind])


CA_CONFIG = """
[ca]
default_ca = here
[here]
database = {folder}/index
new_certs_dir = {folder}
default_md = {digest}
default_crl_days = 3650
policy = any
unique_subject = no
rand_serial = yes
email_in_dn = no
[any]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
[req]
distinguished_name = nothing
[nothing]
[extensions]
{extensions}
"""

CA_EXTENSIONS = """
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""

LEAF_EXTENSIONS = """
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def stamp(days=0):
    """The time so many days from now, as certificates have it: YYYYMMDDhhmmssZ."""
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days)
    return then.strftime("%Y%m%d%H%M%SZ")


class Credential:
    """A certificate and its private key, as PEM in memory and in files.

    *issuer* is the Credential that signed it; None: it signed itself.
    """

    def __init__(self, subject, key_pem, cert_pem, issuer):
        self.subject = subject
        self.key_pem = key_pem
        self.cert_pem = cert_pem
        self.issuer = issuer
        self.folder = fresh_path()
        self.folder.mkdir()
        self.key_path = self._write("key.pem", key_pem)
        self.cert_path = self._write("cert.pem", cert_pem)
        self.chain_path = self._write("chain.pem", self.chain_pem)
        self.revoked = []

    def _write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    @property
    def chain_pem(self):
        """The certificate and those above it, the root left out unless it is all there is."""
        above = self.issuer
        parts = [self.cert_pem]
        while above is not None and above.issuer is not None:
            parts.append(above.cert_pem)
            above = above.issuer
        return b"".join(parts)

    @property
    def root(self):
        """The Credential at the top of the chain."""
        return self if self.issuer is None else self.issuer.root

    @functools.cached_property
    def cert_der(self):
        return openssl("x509", "-outform", "DER", stdin=self.cert_pem)

    @functools.cached_property
    def key_der(self):
        return openssl("pkey", "-outform", "DER", stdin=self.key_pem)

    def x509(self):
        """A new crypto.X509."""
        return crypto.load_certificate(crypto.FILETYPE_PEM, self.cert_pem)

    def pkey(self):
        """A new crypto.PKey."""
        return crypto.load_privatekey(crypto.FILETYPE_PEM, self.key_pem)

    def issue(self, subject, **options):
        """A certificate signed by this one: see leaf()."""
        return leaf(self, subject, **options)

    def revoke(self, *credentials):
        """Put certificates onto the list that crl_pem() gives."""
        self.revoked += credentials

    def crl_pem(self):
        """A revocation list, signed with this key."""
        config = _config(fresh_path(), "", "sha256")
        mine = ("-config", config, "-cert", self.cert_path, "-keyfile", self.key_path)
        for credential in self.revoked:
            openssl("ca", *mine, "-revoke", credential.cert_path)
        return openssl("ca", *mine, "-gencrl")


def _config(folder, extensions, digest):
    folder.mkdir()
    (folder / "index").touch()
    path = folder / "ca.conf"
    path.write_text(CA_CONFIG.format(folder=folder, extensions=extensions, digest=digest))
    return path


def _sign(issuer, subject, key_pem, extensions, start, end, digest):
    folder = fresh_path()
    config = _config(folder, extensions, digest)
    key, request = folder / "key", folder / "request"
    key.write_bytes(key_pem)
    openssl(
        "req", "-new", "-config", config, "-key", key, "-subj", subject, "-out", request, "-utf8"
    )
    if issuer is None:
        signer = ("-selfsign", "-keyfile", key)
    else:
        signer = ("-cert", issuer.cert_path, "-keyfile", issuer.key_path)
    openssl(
        *("ca", "-batch", "-notext", "-utf8", "-config", config, *signer, "-in", request),
        *("-extensions", "extensions", "-startdate", start, "-enddate", end),
        *("-out", folder / "cert"),
    )
    cert_pem = (folder / "cert").read_bytes()
    shutil.rmtree(folder)
    return Credential(subject, key_pem, cert_pem, issuer)


def _subject(name):
    return name if name.startswith("/") else f"/O=pyOpenSSL tests/CN={name}"


def ca(
    name="Test CA", *, key="ec", issuer=None, extensions="", start=None, end=None, digest="sha256"
):
    """A certificate authority: a root, or below *issuer*.

    *key* is a kind of KEY_KINDS or PEM.  *name* is the common name, or a whole ``/X=y/...``.
    *extensions* are further lines as openssl's configuration has them.  The times are as stamp()
    gives them.
    """
    key_pem = key if isinstance(key, bytes) else new_key(key)
    lines = CA_EXTENSIONS + extensions
    if issuer is not None:
        lines += "authorityKeyIdentifier = keyid\n"
    times = start or stamp(-30), end or stamp(3650)
    return _sign(issuer, _subject(name), key_pem, lines, *times, digest)


def leaf(
    issuer,
    name="localhost",
    *,
    key="ec",
    names="DNS:localhost, IP:127.0.0.1",
    usage="serverAuth, clientAuth",
    extensions="",
    start=None,
    end=None,
    digest="sha256",
):
    """A certificate for a server or client, signed by *issuer*; see ca().

    *names* and *usage* are the subject's alternative names and the extended key usage, None to
    leave them out.
    """
    key_pem = key if isinstance(key, bytes) else new_key(key)
    lines = LEAF_EXTENSIONS + extensions
    if names:
        lines += f"subjectAltName = {names}\n"
    if usage:
        lines += f"extendedKeyUsage = {usage}\n"
    times = start or stamp(-10), end or stamp(3600)
    return _sign(issuer, _subject(name), key_pem, lines, *times, digest)


class Pki:
    """The certificates that most tests need, each made when first asked for.

    ca            an RSA-2048 root, with below it:
    server        RSA, for localhost
    client        RSA
    expired       EC, its last day was years ago
    future        EC, its first day is years ahead
    intermediate  an EC authority, with below it:
    deep          EC, for localhost: its chain has two certificates
    ec_ca         an EC P-256 root, with below it:
    ec_server     EC, for localhost
    ec_client     EC
    other_ca      a root that nobody trusts, with below it:
    other         EC, for localhost
    """

    ca = functools.cached_property(lambda self: ca("RSA CA", key="rsa"))
    server = functools.cached_property(lambda self: leaf(self.ca, key="rsa"))
    client = functools.cached_property(lambda self: leaf(self.ca, "client", key="rsa", names=None))
    expired = functools.cached_property(
        lambda self: leaf(self.ca, "expired", start=stamp(-2000), end=stamp(-1000))
    )
    future = functools.cached_property(
        lambda self: leaf(self.ca, "future", start=stamp(1000), end=stamp(2000))
    )
    intermediate = functools.cached_property(lambda self: ca("Middle CA", issuer=self.ca))
    deep = functools.cached_property(lambda self: leaf(self.intermediate))
    ec_ca = functools.cached_property(lambda self: ca("EC CA"))
    ec_server = functools.cached_property(lambda self: leaf(self.ec_ca))
    ec_client = functools.cached_property(lambda self: leaf(self.ec_ca, "client", names=None))
    other_ca = functools.cached_property(lambda self: ca("Other CA"))
    other = functools.cached_property(lambda self: leaf(self.other_ca))


@functools.cache
def pki():
    """This process's Pki.  Tests take the fixture of the same name."""
    return Pki()


# ---- contexts and connections ----


def server_context(credential=None, method=None, *, verify=None):
    """A Context that shows *credential* (EC by default) and, with *verify*, a Credential, asks
    clients for certificates below it."""
    credential = credential or pki().ec_server
    context = SSL.Context(SSL.TLS_METHOD if method is None else method)
    context.use_certificate_chain_file(credential.chain_path)
    context.use_privatekey_file(credential.key_path)
    if verify is not None:
        context.load_verify_locations(verify.cert_path)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    return context


def client_context(trusted=None, method=None, *, credential=None):
    """A Context that trusts the Credential *trusted* (the EC root by default; False: does not
    verify) and shows *credential*, if any."""
    context = SSL.Context(SSL.TLS_METHOD if method is None else method)
    if trusted is not False:
        context.load_verify_locations((trusted or pki().ec_ca).cert_path)
        context.set_verify(SSL.VERIFY_PEER)
    if credential is not None:
        context.use_certificate_file(credential.cert_path)
        context.use_privatekey_file(credential.key_path)
    return context


def _pair(client_socket, server_socket, client, server):
    client = SSL.Connection(client or client_context(), client_socket)
    server = SSL.Connection(server or server_context(), server_socket)
    client.set_connect_state()
    server.set_accept_state()
    return client, server


def memory_pair(client=None, server=None):
    """Two Connections, (client, server), that know nothing of each other: see pump().

    *client* and *server* are Contexts.  No handshake has been made.
    """
    return _pair(None, None, client, server)


def socket_pair(client=None, server=None, *, blocking=True):
    """Two Connections over a socketpair, otherwise as memory_pair()."""
    left, right = socket.socketpair()
    left.setblocking(blocking)
    right.setblocking(blocking)
    return _pair(left, right, client, server)


def tcp_sockets():
    """Two sockets connected over 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = socket.create_connection(listener.getsockname(), timeout=TIMEOUT)
        right, _ = listener.accept()
    left.settimeout(None)
    right.settimeout(None)
    for one in (left, right):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return left, right


def tcp_pair(client=None, server=None, *, blocking=True):
    """Two Connections over TCP, otherwise as memory_pair()."""
    left, right = tcp_sockets()
    left.setblocking(blocking)
    right.setblocking(blocking)
    return _pair(left, right, client, server)


def is_memory(connection):
    """Whether a Connection was made without a socket."""
    return not hasattr(connection, "fileno")


def move(source, target, size=65536):
    """Carry what one memory Connection wants to send to another; how many bytes that was."""
    total = 0
    while True:
        try:
            data = source.bio_read(size)
        except SSL.WantReadError:
            return total
        total += len(data)
        while data:
            data = data[target.bio_write(data) :]


def newest(source):
    """The last datagram that a memory Connection wants to send: on a slow machine the one before
    may come again first."""
    found = None
    with contextlib.suppress(SSL.WantReadError):
        while True:
            found = source.bio_read(65536)
    return found


def pump(one, other):
    """Carry bytes between two memory Connections both ways, until neither has any."""
    total = 0
    while moved := move(one, other) + move(other, one):
        total += moved
    return total


def _step(connection):
    """Go on with the handshake; the events to wait for, None when it is done."""
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        return select.POLLIN
    except SSL.WantWriteError:
        return select.POLLOUT
    return None


def _memory_handshake(client, server):
    while True:
        done = [_step(client) is None, _step(server) is None]
        if not pump(client, server):
            if all(done):
                return
            raise AssertionError("the handshake stands still")


def _socket_handshake(client, server):
    waiting = {client: select.POLLOUT, server: select.POLLIN}
    while waiting:
        poller = select.poll()
        for connection, events in waiting.items():
            poller.register(connection.fileno(), events)
        ready = poller.poll(TIMEOUT * 1000)
        if not ready:
            raise AssertionError("the handshake stands still")
        descriptors = {descriptor for descriptor, _ in ready}
        for connection in list(waiting):
            if connection.fileno() in descriptors:
                events = _step(connection)
                if events is None:
                    del waiting[connection]
                else:
                    waiting[connection] = events


@contextlib.contextmanager
def non_blocking(*connections):
    """Within it the Connections' sockets do not block."""
    before = [connection.gettimeout() for connection in connections]
    for connection in connections:
        connection.setblocking(False)
    try:
        yield
    finally:
        for connection, timeout in zip(connections, before):
            connection.settimeout(timeout)


def handshake(client, server):
    """Shake hands, in this thread, over memory or sockets; gives back the two."""
    if is_memory(client):
        _memory_handshake(client, server)
    else:
        with non_blocking(client, server):
            _socket_handshake(client, server)
    return client, server


@contextlib.contextmanager
def replaced(connection, other):
    """Within it the Connection's descriptor is that of another socket."""
    number = connection.fileno()
    mine = os.dup(number)
    os.dup2(other.fileno(), number)
    try:
        yield
    finally:
        os.dup2(mine, number)
        os.close(mine)


PAIRS = {"memory": memory_pair, "socketpair": socket_pair, "tcp": tcp_pair}


def connected(kind="memory", client=None, server=None):
    """(client, server) after the handshake; *kind* is one of PAIRS."""
    return handshake(*PAIRS[kind](client, server))


def transfer(source, target, data):
    """Send through one Connection and receive all of it from the other, in this thread."""
    view, received = memoryview(data), bytearray()
    memory = is_memory(source)
    with contextlib.nullcontext() if memory else non_blocking(source, target):
        while len(received) < len(data):
            if view:
                with contextlib.suppress(SSL.WantReadError, SSL.WantWriteError):
                    view = view[source.send(view) :]
            if memory:
                pump(source, target)
            else:
                select.select([target.fileno()], [], [], TIMEOUT)
            with contextlib.suppress(SSL.WantReadError):
                received += target.recv(65536)
    return bytes(received)


# ---- threads ----


class Threads:
    """Threads that start together and whose exceptions are not lost.

        with Threads() as threads:
            threads.start(serve, connection)
            ...

    Leaving waits for them, TIMEOUT seconds at most, and raises what they raised.  Each one must
    leave its own error queue empty.
    """

    def __init__(self):
        self._threads = []
        self.exceptions = []
        self.results = []

    def _run(self, index, function, args):
        try:
            self.results[index] = function(*args)
            assert queued_errors() == []
        except BaseException as error:
            self.exceptions.append(error)

    def start(self, function, *args):
        """Run a function in a thread of its own; results[i] is what the i-th gave back."""
        self.results.append(None)
        target = (len(self.results) - 1, function, args)
        thread = threading.Thread(target=self._run, args=target, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def join(self):
        """Wait for all of them; raise what they raised."""
        for thread in self._threads:
            thread.join(TIMEOUT)
        if any(thread.is_alive() for thread in self._threads):
            self.exceptions.append(AssertionError("a thread hangs"))
        failed, self.exceptions = self.exceptions, []
        if len(failed) == 1:
            raise failed[0]
        if failed:
            raise BaseExceptionGroup("in threads", failed)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if error is None:
            self.join()
        else:
            with contextlib.suppress(BaseException):
                self.join()


def run_together(*functions):
    """Run functions in threads that start at one moment; what they gave back."""
    barrier = threading.Barrier(len(functions))

    def run(function):
        barrier.wait(TIMEOUT)
        return function()

    with Threads() as threads:
        for function in functions:
            threads.start(run, function)
    return threads.results


class Mark:
    """As much of an Event as a signal's handler may use: it takes no lock, which the code that it
    has interrupted, perhaps another run of itself, may hold."""

    def __init__(self):
        self._set = False
        self._told = queue.SimpleQueue()

    def is_set(self):
        return self._set

    def set(self):
        self._set = True
        self._told.put(None)

    def wait(self, timeout):
        with contextlib.suppress(queue.Empty):
            self._told.get(timeout=timeout)
        return self._set


class Interruption:
    """A signal whose handler, in the main thread, returns or once raises *error*.

        with Interruption(KeyboardInterrupt) as interruption:
            threads.start(..., interruption.strike, ...)
            the_call_that_waits()

    A signal that comes just before a system call does not interrupt it, so strike() sends it until
    the handler has run.
    """

    def __init__(self, error=None, number=signal.SIGUSR1):
        self.error = error
        self.number = number
        self.handled = Mark()

    def _handle(self, number, frame):
        first = not self.handled.is_set()
        self.handled.set()
        if first and self.error is not None:
            raise self.error

    def strike(self):
        """Interrupt what the main thread is waiting in; for another thread to call."""
        main = threading.main_thread().ident
        for _ in range(TIMEOUT * 100):
            signal.pthread_kill(main, self.number)
            if self.handled.wait(0.01):
                return
        raise AssertionError("the signal's handler did not run")

    def __enter__(self):
        self._before = signal.signal(self.number, self._handle)
        return self

    def __exit__(self, kind, error, traceback):
        signal.signal(self.number, self._before)


# ---- threads that wait ----


def wait_until(condition):
    """Let other threads run until something is so."""
    ready = threading.Event()
    for _ in range(TIMEOUT * 1000):
        if condition():
            return
        ready.wait(0.001)
    raise AssertionError("it did not happen")


# poll, ppoll, accept4 and futex: x86-64 and most others.
SYSTEM_CALLS = {"descriptor": {"7", "271", "73", "288", "242"}, "lock": {"202", "98"}}


def waits(thread, what="descriptor"):
    """Return once another thread waits, in the kernel, for a descriptor or a lock."""
    path = Path(f"/proc/self/task/{thread.native_id}/syscall")
    for _ in range(TIMEOUT * 1000):
        if path.read_text().split()[0] in SYSTEM_CALLS[what]:
            return
        time.sleep(0.001)
    raise AssertionError("the thread does not wait")


# ---- processes ----

# A thread that nobody waits for, and a child that comes of a fork, take memory with them when
# they go: LeakSanitizer is not to look for it.
UNFINISHED = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}


def _run_python(command, check, flags, timeout, environment):
    path = os.pathsep.join([str(PACKAGE.parent), str(HERE)])
    result = subprocess.run(
        [sys.executable, *flags, *map(str, command)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
    )
    if not check:
        return result
    assert result.returncode == 0, f"exit status {result.returncode}:\n{result.stdout}"
    return result.stdout


STRICT = ("-X", "dev", "-W", "error")


def run_script(code, *args, check=True, flags=STRICT, timeout=TIMEOUT, **environment):
    """Run Python code in a process of its own; what it printed, its errors included.

    Without *check* the CompletedProcess is given back, whatever became of it.  *environment* are
    further variables.
    """
    return _run_python(["-c", code, *args], check, flags, timeout, environment)


def run_file(path, *args, check=True, flags=STRICT, timeout=TIMEOUT, **environment):
    """The same with a file."""
    return _run_python([path, *args], check, flags, timeout, environment)


EXAMPLES = HERE.parent / "doc/examples"


class Example:
    """A program of doc/examples that serves until it is told to stop; where it listens is *port*.

    Then *output* is what it has written, and it must have ended well.  *files* limits its
    descriptors.
    """

    UNPREPARED = {"echo_server.py"}  # for a signal that ends them
    # What asyncio says in development mode, on a machine that has much to do.
    SLOW = re.compile(r"^Executing .* took [0-9.]+ seconds\n", re.MULTILINE)

    def __init__(self, name, *args, files=None):
        command = [sys.executable, *STRICT, EXAMPLES / name, *map(str, args)]
        if files:
            command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        self._status = -signal.SIGTERM if name in self.UNPREPARED else 0
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **UNFINISHED},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = iter(self._process.stdout.readline, "")
        line = next((line for line in lines if not self.SLOW.match(line)), "")
        if not line.startswith("listening on port "):
            self._process.kill()
            raise AssertionError(line + self._process.stdout.read())
        self.port = int(line.split()[-1])

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._process.send_signal(signal.SIGKILL if kind else signal.SIGTERM)
        output, _ = self._process.communicate(timeout=TIMEOUT)
        self.output = self.SLOW.sub("", output)
        if kind is None:
            assert self._process.returncode == self._status, self.output

    def connect(self, blocking=True, window=None):
        """A socket to it; *window* is how much it receives ahead."""
        plain = socket.socket()
        if window is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        plain.connect(("127.0.0.1", self.port))
        plain.setblocking(blocking)
        return plain


@functools.cache
def example_certificates():
    """The folder that make_certificates.py has filled."""
    path = fresh_path()
    run_file(EXAMPLES / "make_certificates.py", path)
    return path


def _threads_of_others():
    """How many there are that Python knows nothing of."""
    return len(os.listdir("/proc/self/task")) - threading.active_count()


THREADS_OF_OTHERS = _threads_of_others() if os.path.isdir("/proc/self/task") else 0


def let_threads_end():
    """A thread that was joined may still be in OpenSSL's clean-up, with a lock that a child would
    find taken, and with descriptors."""
    patience = time.monotonic() + 5  # another library may have begun one
    while _threads_of_others() > THREADS_OF_OTHERS and time.monotonic() < patience:
        os.sched_yield()


def fork():
    """os.fork, which newer Pythons warn about when there are threads: that is what is tested."""
    let_threads_end()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def in_child(work):
    """Fork, run *work* in the child and give back how that ended; what hangs there is killed."""
    child = fork()
    if child == 0:
        code = 3
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(TIMEOUT)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def refused(exception, function, *args):
    """Call a function that must raise so, and would do so wrongly if nothing were raised."""
    try:
        function(*args)
    except exception:
        return
    raise AssertionError(f"{function} accepts {args}")


def scenarios(*modules):
    """The modules' own public functions by name, in their order."""
    return {
        name: item
        for module in modules
        for name, item in vars(module).items()
        if inspect.isfunction(item) and item.__module__ == module.__name__ and name[0] != "_"
    }


@contextlib.contextmanager
def leaks_of_others():
    """What is allocated within and never freed is not ours: LeakSanitizer does not look for it."""
    program = ctypes.PyDLL(None)
    disable, enable = (getattr(program, f"__lsan_{what}able", int) for what in ("dis", "en"))
    disable()
    try:
        yield
    finally:
        enable()


def resident():
    """This process's memory in use, in KiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 1024
