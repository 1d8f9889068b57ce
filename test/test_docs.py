"""What the manual shows works, and everything that is public is in the manual."""

import ast
import contextlib
import doctest
import importlib
import os
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import support
from OpenSSL import SSL, crypto, rand

ROOT = Path(__file__).resolve().parent.parent
DOC = ROOT / "doc"
EXAMPLES = support.EXAMPLES
PAGES = [*sorted(DOC.rglob("*.rst")), ROOT / "README", ROOT / "INSTALL"]
STUBS = sorted(support.PACKAGE.glob("*.pyi"))


# Whose attributes the text speaks of, by the names that they have there.
OWNERS = {
    **{"SSL": SSL, "crypto": crypto, "rand": rand},
    **{"context": SSL.Context, "connection": SSL.Connection},
    **{name: getattr(SSL, name) for name in ("Context", "Connection", "Session")},
    **{name: getattr(crypto, name) for name in vars(crypto) if name[0].isupper()},
}


def sessions(text):
    """The doctest of a page, or of a docstring; None if it has no examples."""
    return doctest.DocTestParser().get_doctest(text, {}, "manual", None, 0)


def docstrings(path):
    """(name, docstring) of all that a stub documents."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield getattr(node, "name", path.stem), ast.get_docstring(node) or ""


def run_sessions(test):
    lines = []
    flags = doctest.ELLIPSIS | doctest.REPORT_NDIFF
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=lines.append)
    assert lines == [], "".join(lines)


class TestSessions:
    """What looks like a session with the interpreter."""

    @pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
    def test_page(self, page, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        run_sessions(sessions(page.read_text()))

    @pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
    def test_docstrings(self, stub, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for _, text in docstrings(stub):
            run_sessions(sessions(text))

    def test_mistakes_are_noticed(self):
        with pytest.raises(AssertionError, match="Differences"):
            run_sessions(sessions(">>> 1 + 1\n3\n"))

    def test_there_are_some(self):
        assert len(sessions((DOC / "tutorial.rst").read_text()).examples) > 50


def run_example(name, *args, check=True):
    command = [sys.executable, "-X", "dev", "-W", "error", EXAMPLES / name, *map(str, args)]
    # Its daemon threads hold what they hold when the process ends, and service_identity brings in
    # cryptography, which keeps things too: no leaks of ours.
    environment = {**os.environ, **support.UNFINISHED}
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=support.TIMEOUT,
        check=check,
    )


@pytest.fixture
def folder():
    """What make_certificates.py writes."""
    return support.example_certificates()


class TestExamples:
    """The programs in doc/examples/."""

    def test_make_certificates(self, folder):
        assert {path.name for path in folder.iterdir()} == {"ca.pem", "server.pem", "server.key"}
        assert (folder / "server.key").stat().st_mode & 0o77 == 0
        support.openssl("verify", "-CAfile", folder / "ca.pem", folder / "server.pem")

    def test_demo(self):
        output = run_example("demo.py", 1).stdout
        assert output.endswith("All of it works.\n")
        assert "verified" in output

    @pytest.mark.parametrize("server", ["echo_server.py", "nonblocking_server.py"])
    def test_echo(self, folder, server):
        with support.Example(server, folder) as program:
            for _ in range(2):
                output = run_example("echo_client.py", folder, program.port, 3).stdout
                assert "hashes equal" in output

    def test_many_clients_at_once(self, folder):
        """Slow ones hold up nobody, and one that breaks off disturbs nobody."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.load_verify_locations(folder / "ca.pem")
        context.set_verify(SSL.VERIFY_PEER)
        with support.Example("nonblocking_server.py", folder) as program:

            def connect():
                connection = SSL.Connection(context, program.connect())
                connection.set_connect_state()
                return connection

            clients = [connect() for _ in range(5)]
            clients.pop().close()
            for client in reversed(clients):
                client.do_handshake()
            clients.pop(0).close()
            for number, client in enumerate(clients):
                client.sendall(b"%d" % number)
            for number, client in reversed(list(enumerate(clients))):
                assert client.recv(10) == b"%d" % number
                client.shutdown()
                assert client.shutdown() is True
                client.close()

    @pytest.mark.parametrize(
        ("names", "trusted", "reason"),
        [
            ("DNS:elsewhere.example", "it", "VerificationError"),
            ("DNS:localhost", "another", "certificate verify failed"),
            ("DNS:localhost", "it", None),
        ],
    )
    def test_verified_client(self, tmp_path, pki, names, trusted, reason):
        """It refuses another name than the one asked for, and whom nobody trusted has signed."""
        pytest.importorskip("service_identity.pyopenssl")
        server = support.leaf(pki.ca, names=names)
        cafile = (pki.ca if trusted == "it" else pki.other_ca).cert_path
        with HttpServer(server) as running:
            result = run_example(
                "verified_client.py", "localhost", running.port, cafile, check=False
            )
        if reason is None:
            assert result.returncode == 0, result.stderr
            assert result.stdout == "HTTP/1.0 200 OK\n\nhello"
            return
        assert result.returncode != 0
        assert reason in result.stderr
        assert "hello" not in result.stdout

    def test_all_are_run(self):
        """By a test that names it, by a command that a page shows, or by another program."""
        tests = [Path(__file__), Path(support.__file__), *(support.HERE / "examples").glob("*.py")]
        named = "".join(path.read_text() for path in tests)
        shown = "".join(path.read_text() for path in DOC.glob("*.rst"))
        imports = "".join(path.read_text() for path in EXAMPLES.glob("*.py"))

        def is_run(path):
            return (
                f'"{path.name}"' in named
                or re.search(rf"^   \$ .*\bpython .*\b{path.name}\b", shown, re.MULTILINE)
                or re.search(rf"^(from|import) {path.stem}\b", imports, re.MULTILINE)
            )

        assert [path.name for path in EXAMPLES.glob("*.py") if not is_run(path)] == []

    def test_all_are_mentioned(self):
        pages = "".join(page.read_text() for page in PAGES) + (ROOT / "Makefile").read_text()
        assert [path.name for path in EXAMPLES.glob("*.py") if path.name not in pages] == []


class HttpServer:
    """Python's own ssl, serving one client."""

    def __init__(self, credential):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(credential.cert_path, credential.key_path)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = support.Threads()

        def serve():
            plain, _ = self.listener.accept()
            with plain, contextlib.suppress(OSError):
                with context.wrap_socket(plain, server_side=True) as secure:
                    if secure.recv(1000).startswith(b"GET / "):
                        secure.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
                        secure.unwrap()

        self.threads.start(serve)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.threads.join()
        self.listener.close()


DIRECTIVE = re.compile(
    r"^\.\. (?:auto(?:class|exception|function)|py:(?:data|function)):: "
    r"(.+\n(?:[ ]{13,}\S.*\n)*)",
    re.MULTILINE,
)


class TestCompleteness:
    @pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
    def test_every_name_is_in_the_manual(self, stub):
        text = (DOC / f"{stub.stem.lower()}.rst").read_text()
        documented = {
            line.strip().partition("(")[0]
            for names in DIRECTIVE.findall(text)
            for line in names.splitlines()
        }
        if re.search(r"^\.\. automodule:: .*\n   :members:", text, re.MULTILINE):
            return  # all there is
        module = importlib.import_module(f"OpenSSL.{stub.stem}")
        public = {name for name in vars(module) if not name.startswith("_")}
        assert public - documented == set()
        assert {name for name in documented - public if not name.startswith("_")} == set()

    def test_compatibility_has_no_empty_rows(self):
        text = (DOC / "compatibility.rst").read_text()
        count = 0
        for table in text.split("\n.. list-table::")[1:]:
            rows = re.findall(r"^   \* - .*\n(?:     .*\n)+", table, re.MULTILINE)
            head, *cells = [len(re.findall(r"^   [* ] - \S", row, re.MULTILINE)) for row in rows]
            assert [row for row, found in zip(rows[1:], cells) if found != head] == []
            count += len(cells)
        assert count > 20

    def test_promises_name_tests_that_exist(self):
        names = re.findall(r"``(test/[^`]*)``", (DOC / "threads.rst").read_text())
        for name in names:
            path, *qualified = name.split("::")
            if qualified:
                kind, method = qualified
                code = ast.parse((DOC.parent / path).read_text())
                [found] = [node for node in code.body if getattr(node, "name", "") == kind]
                assert method in [node.name for node in found.body if hasattr(node, "name")], name
        assert len(names) > 20

    @pytest.mark.parametrize("page", sorted(DOC.glob("*.rst")), ids=lambda path: path.stem)
    def test_no_code_that_nobody_runs(self, page):
        """Code in the manual is a session, comes from a program in examples/, or is typed into a
        terminal (test_consoles.py); but for internals, which shows C."""
        text = page.read_text()
        kinds = set(re.findall(r"^ *\.\. (?:code-block|code|parsed-literal)::(.*)$", text, re.M))
        assert kinds <= {" console"}
        assert re.findall(r"^ *\.\. highlight:: (.*)$", text, re.M) == (
            ["c"] if page.stem == "internals" else []
        )
        blocks = [line for line in text.splitlines() if line.endswith("::") and ".. " not in line]
        assert blocks == [] or page.stem == "internals"

    @pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
    def test_names_in_the_text_exist(self, page):
        """``context.set_verify`` and the like; but for other libraries', and those that are told
        to be missing."""
        missing = []
        for literal in re.findall(r"``(.+?)``", page.read_text(), re.DOTALL):
            for owner, name in re.findall(r"(?<![\w./])(\w+)\.([a-zA-Z]\w*)", literal):
                known = [OWNERS[owner], ssl.SSLContext, socket.socket] if owner in OWNERS else []
                if known and not any(hasattr(one, name) for one in known):
                    missing.append(f"{owner}.{name}")
        assert missing == {"internals": ["X509.get_key_usage"], "migrating": ["rand.screen"]}.get(
            page.stem, []
        )

    def test_pictures_are_told_in_words(self):
        """For those who do not see them."""
        images = []
        for page in DOC.glob("*.rst"):
            images += re.findall(r"^\.\. image:: (\S+)\n(.*)", page.read_text(), re.M)
        assert len(images) >= 5
        assert [name for name, line in images if not re.match(r"   :alt: .{20}", line)] == []

    def test_c_in_the_manual_is_ours(self):
        """What internals.rst shows as C has names that are in the sources."""
        text = (DOC / "internals.rst").read_text()
        blocks = "".join(re.findall(r"::\n\n((?: {4,}.*\n|\n)+)", text))
        sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.[ch]"))
        code = re.sub(r"/\*.*?\*/", "", blocks, flags=re.DOTALL)
        names = set(re.findall(r"\b[A-Za-z]\w*_\w+", code))
        names -= {"x509_get_key_usage", "X509_get_key_usage", "get_key_usage"}
        assert len(names) > 15
        assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", sources)] == []


def test_plots(tmp_path):
    """A bar for each number, the longest for the largest."""
    figures, picture = tmp_path / "figures.csv", tmp_path / "pictures" / "plot.svg"
    figures.write_text("What,Plain C,Here\na < b,100,50\nc,1,25\n")
    subprocess.run([sys.executable, ROOT / "tools/plots.py", figures, picture], check=True)
    root = ElementTree.parse(picture).getroot()
    widths = [
        float(one.get("width"))
        for one in root
        if one.tag.endswith("rect") and one.get("x") == "210"
    ]
    assert sorted(widths[1:], reverse=True) == [widths[1], widths[2], widths[4], widths[3]]
    assert widths[1] == pytest.approx(2 * widths[2])
    assert {"a < b", "Plain C", "100"} <= {one.text for one in root}
