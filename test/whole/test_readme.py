"""What README shows works as it stands there."""

import re
import shlex
import textwrap
import threading
from pathlib import Path

from OpenSSL import version

ROOT = Path(__file__).resolve().parents[2]


def blocks(text):
    """The literal blocks of a document."""
    found = re.findall(r"::\n\n((?:    .*\n|\n)+)", text)
    return [textwrap.dedent(block) for block in found]


def test_server_and_client_talk(pki, tmp_path, monkeypatch, capsys):
    server, client, *_ = blocks((ROOT / "README").read_text())
    (tmp_path / "server.pem").write_bytes(pki.server.chain_pem)
    (tmp_path / "server.key").write_bytes(pki.server.key_pem)
    (tmp_path / "ca.pem").write_bytes(pki.ca.cert_pem)
    monkeypatch.chdir(tmp_path)
    port = "4433"
    assert port in server
    assert port in client
    listening, accepting, serving = server.partition("connection, address")

    scope = {}
    exec(listening.replace(port, "0"), scope)
    listener = scope["listener"]
    thread = threading.Thread(target=exec, args=(accepting + serving, scope))
    thread.start()
    seen = {}
    exec(client.replace(port, str(listener.getsockname()[1])), seen)
    thread.join()
    for connection in (listener, scope["connection"], seen["connection"]):
        connection.close()
    assert capsys.readouterr().out == "TLSv1.3 b'You said: hello'\n"


def test_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    readme = (ROOT / "README").read_text()
    named = re.findall(r"``make ([a-z-]+)``|^    make ([a-z-]+)$", readme, re.M)
    assert len(named) >= 3
    for name in map("".join, named):
        assert re.search(rf"^{name}:.*## ", makefile, re.M), name


def test_integration_runs_the_command_that_tests():
    """What README tells everybody to type, ``make test``, is what every change is judged by."""
    steps = re.search(r"^for step in (.*); do$", (ROOT / ".ci/run").read_text(), re.M)[1]
    readme = (ROOT / "README").read_text()
    assert "\n    make demo\n    make test\n" in readme
    assert "test" in shlex.split(steps)


def test_changelog_begins_with_this_version():
    sections = re.findall(r"^(\S+)\n-{4,}$", (ROOT / "ChangeLog").read_text(), re.M)
    assert sections[0] == version.__version__
