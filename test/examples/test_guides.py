"""The programs of the guides, and what the guides show of them."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import support
from OpenSSL import SSL

DOC = Path(__file__).parents[2] / "doc"
EXAMPLES = DOC / "examples"
UNFINISHED = support.UNFINISHED


def run(name, *args, check=True, **environment):
    result = support.run_file(EXAMPLES / name, *args, check=False, **UNFINISHED, **environment)
    assert not check or result.returncode == 0, result.stdout
    return result.stdout


def shown(page, command):
    """What the page shows below a command, up to the next one."""
    text = (DOC / page).read_text()
    block = re.search(rf"^   \$ {re.escape(command)}.*\n((?:   (?!\$).*\n)*)", text, re.MULTILINE)
    return [line.strip() for line in block[1].splitlines()]


@contextlib.contextmanager
def server(name, *args):
    """The port of a program that runs until the end."""
    process = subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", EXAMPLES / name, *args],
        env={**os.environ, **UNFINISHED},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield int(process.stdout.readline().removeprefix("listening on port "))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("certificates")
    run("make_certificates.py", path)
    return path


class TestDtlsEcho:
    """dtls_echo.py: clients, strangers and noise."""

    def test_clients(self, folder):
        with server("dtls_echo.py", "server", folder) as port:
            for words in (["hello", "world"], ["again"]):
                first, *rest = run("dtls_echo.py", "client", folder, port, *words).splitlines()
                assert first.startswith("DTLSv1.2 ")
                assert rest == words

    def test_noise_harms_nobody(self, folder):
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        with server("dtls_echo.py", "server", folder) as port:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
                plain.connect(("127.0.0.1", port))
                client = SSL.Connection(context, plain)
                client.set_connect_state()
                client.do_handshake()
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                    for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", bytes(2000)):
                        plain.send(noise)
                        other.sendto(noise, ("127.0.0.1", port))
                client.send(b"still here")
                assert client.recv(100) == b"still here"

    def test_who_brings_no_cookie_gets_little(self, folder):
        """The answer to a stranger is shorter than the question, and the same each time."""
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        client = SSL.Connection(context)
        client.set_ciphertext_mtu(1400)
        client.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        hello = client.bio_read(65536)
        with server("dtls_echo.py", "server", folder) as port:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
                plain.connect(("127.0.0.1", port))
                plain.settimeout(support.TIMEOUT)
                answers = []
                for _ in range(3):
                    plain.send(hello)
                    answers.append(plain.recv(65536))
        assert len(set(answers)) == 1
        assert len(answers[0]) < len(hello)


class TestEchoServer:
    """echo_server.py: a client that says nothing goes, one that speaks stays."""

    def test_silent_clients_are_dropped(self, folder):
        with server("echo_server.py", folder, "0", "0.2") as port:
            with socket.create_connection(("127.0.0.1", port), support.TIMEOUT) as plain:
                assert plain.recv(100) == b""

    def test_others_are_not(self, folder):
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        with server("echo_server.py", folder, "0", "30") as port:
            with socket.create_connection(("127.0.0.1", port)) as plain:
                client = SSL.Connection(context, plain)
                client.set_connect_state()
                for number in range(3):
                    client.sendall(b"%d" % number)
                    assert client.recv(100) == b"%d" % number
                client.shutdown()
                assert client.shutdown() is True


class TestTrace:
    """trace.py: steps, certificates, alerts, keys."""

    def test_good(self, folder, tmp_path):
        keys = tmp_path / "keys"
        with server("echo_server.py", folder) as port:
            said = run("trace.py", "localhost", port, folder / "ca.pem", SSLKEYLOGFILE=str(keys))
        assert "  certificate 1: Example/Example Root: good\n" in said
        assert "  certificate 0: Example/Example Server: good\n" in said
        assert "  done\nTLSv1.3 " in said
        assert "  said alert 0 (warning)\n" in said
        assert re.search(
            r"^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$", keys.read_text(), re.M
        )
        assert keys.stat().st_mode & 0o77 == 0

    def test_as_the_page_shows_it(self, folder, pki):
        with server("echo_server.py", folder) as port:
            said = run("trace.py", "localhost", port, pki.other_ca.cert_path, check=False)
        lines = [line.strip() for line in said.splitlines()]
        for line in shown("debugging.rst", "python trace.py localhost 4433"):
            assert line == "..." or line in lines


def test_debug_prints_what_the_page_shows():
    labels = [line.partition(": ")[0] for line in shown("debugging.rst", "python -m OpenSSL.debug")]
    said = support._run_python(["-m", "OpenSSL.debug"], True, support.STRICT, support.TIMEOUT, {})
    assert [line.partition(": ")[0] for line in said.splitlines()][: len(labels) - 1] == labels[:-1]


def test_names_that_are_back_are_here():
    """What doc/migrating.rst lists as gone from the original."""
    import OpenSSL.tsafe
    from OpenSSL import crypto

    text = (DOC / "migrating.rst").read_text()
    rows = re.findall(r"^   \* - \d\d\.\d\n     - ((?:.*\n(?=       ))*.*)\n", text, re.MULTILINE)
    places = {
        **{"SSL": SSL, "crypto": crypto, "rand": OpenSSL.rand, "tsafe": OpenSSL.tsafe},
        **{"Connection": SSL.Connection, "Context": SSL.Context},
        **{name: getattr(crypto, name) for name in ("X509", "X509Req", "X509StoreFlags")},
    }
    names = re.findall(r"``([\w.]+)``", "\n".join(rows))
    assert len(names) > 45
    for name in names:
        owner, _, attribute = name.rpartition(".")
        assert hasattr(places[owner], attribute) if owner else name in places, name


def test_what_newer_originals_lack_is_in_the_list():
    """Whatever the newest release has lost since each older one that is here to compare with."""
    newest, *older = (
        names_of(support.HERE.parent / f".venv-{name}")
        for name in ("upstream", "upstream-23", "upstream-20")
    )
    text = (DOC / "migrating.rst").read_text()
    shown = {name.rpartition(".")[2] for name in re.findall(r"``([\w.]+)``", text)}
    lost = set.union(*older) - newest - {"OpenSSL.SSL.integer_types"}  # six's
    lost -= {name for name in lost if name.rpartition(".")[0] in lost}  # of a class that is lost
    assert len(lost) > 20
    assert {name for name in lost if name.rpartition(".")[2] not in shown} == set()


def names_of(environment):
    """module.name, module.class.name of what is public in an original pyOpenSSL."""
    python = environment / "bin" / "python"
    if not python.exists():
        pytest.skip("the original is not here: make upstream")
    code = """if True:
        import types, warnings
        warnings.simplefilter("ignore")
        from OpenSSL import SSL, crypto
        for module in SSL, crypto:
            for name in dir(module):
                value = getattr(module, name)
                if name.startswith("_") or isinstance(value, types.ModuleType):
                    continue
                if getattr(value, "__module__", module.__name__) != module.__name__:
                    continue
                print(f"{module.__name__}.{name}")
                if isinstance(value, type):
                    for member in vars(value):
                        if not member.startswith("_"):
                            print(f"{module.__name__}.{name}.{member}")
    """
    result = subprocess.run(
        [python, "-I", "-c", code],
        capture_output=True,
        text=True,
        timeout=support.TIMEOUT,
        check=True,
    )
    return set(result.stdout.split())


def pictures():
    """The tool that draws them, as a module."""
    folder = str(support.HERE.parent / "tools")
    sys.path.insert(0, folder)
    try:
        import pictures

        return pictures
    finally:
        sys.path.remove(folder)


def test_order_of_callbacks(pki):
    """As the picture of a handshake has it, each end's from top to bottom."""
    places = re.findall(r"^([cs]) (set_\w+)$", pictures().HANDSHAKE, re.MULTILINE)
    assert len(places) == 6
    called = []
    client = support.client_context(pki.ca, credential=pki.client)
    server = support.server_context(pki.server, verify=pki.ca)

    def note(end, setter, answer):
        def callback(connection, *args):
            if called[-1:] != [(end, setter)]:
                called.append((end, setter))
            return answer

        return callback

    for end, context in (("client", client), ("server", server)):
        mode = context.get_verify_mode()
        context.set_verify(mode, note(end, "set_verify", True))
    client.set_alpn_protos([b"h2"])
    client.set_ocsp_client_callback(note("client", "set_ocsp_client_callback", True))
    for setter, answer in (
        ("set_tlsext_servername_callback", None),
        ("set_alpn_select_callback", b"h2"),
        ("set_ocsp_server_callback", b"answer"),
    ):
        getattr(server, setter)(note("server", setter, answer))
    ends = support.memory_pair(client, server)
    ends[0].request_ocsp()
    support.handshake(*ends)
    assert [({"c": "client", "s": "server"}[end], name) for end, name in places] == called


def test_locks_in_the_picture():
    """Two never have the same; who waits for a lock gets it; nobody has a mutex and waits."""
    rows = {}
    for line in pictures().LOCKS.strip().splitlines():
        if ": " in line:
            thread = line.partition(":")[0]
        else:
            rows[thread, line[:24].strip()] = line[24:].ljust(50)

    def held(thread, name):
        return {place for place, mark in enumerate(rows[thread, name]) if mark == "="}

    assert not held("Thread 1", "mutex") & held("Thread 2", "mutex")
    assert not held("Thread 3", "Context, to read") & held("Thread 4", "Context, to write")
    for (thread, name), bar in rows.items():
        assert len(bar) == 50
        if name == "network":
            assert not held(thread, "mutex") & {n for n, mark in enumerate(bar) if mark == "."}
        else:
            assert not re.search(r"\.( |$)", bar)


def test_pictures_are_drawn(tmp_path):
    """Each is well-formed, stays within its frame, and shows every word of its text."""
    tools = pictures()
    tools.draw_all(tmp_path / "pictures")
    for name, (_, lines) in tools.PICTURES.items():
        root = ElementTree.parse(tmp_path / "pictures" / f"{name}.svg").getroot()
        _, _, width, height = map(float, root.get("viewBox").split())
        boxes = [one for one in root.iter() if one.tag.endswith("}rect")]
        assert all(float(one.get("x")) + float(one.get("width")) <= width for one in boxes)
        assert all(0 < float(one.get("y")) < height for one in root.iter() if one.get("y"))
        shown = " ".join(root.itertext())
        for word in re.findall(r"\w+", lines):
            assert word in shown or word in ("c", "s"), word
