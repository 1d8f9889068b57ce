"""What the guides show of a terminal: their commands are run, one after the other, and compared.

In the output, three dots stand for anything within a line, and alone for any number of lines.  A
command with & behind it is a server; its port is another one than the page's, 4433.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

import support

DOC = support.EXAMPLES.parent
PORT = "4433"
COMMAND = re.compile(r"^   \$ (.*)\n((?:   (?!\$ ).*\n)*)", re.MULTILINE)
PAGES = (
    *("asyncio", "authority", "blocking", "dtls", "mutual", "nonblocking", "sessions", "testing"),
    *("tutorial", "twisted"),
)
NEEDS = {  # which packages a page's programs import
    "testing": ["service_identity.pyopenssl"],
    "tutorial": ["service_identity.pyopenssl"],
    "twisted": ["twisted.internet.ssl", "idna"],
}
# What is not run: it needs the network, other programs, or hours.  Of what trace.py and
# OpenSSL.debug print there are tests in test_guides.py.
NOT_RUN = {
    "debugging": (
        "openssl s_client",
        "openssl s_server",
        "openssl verify",
        "python -m OpenSSL.debug",
        "python trace.py",
        "SSLKEYLOGFILE=keys.txt python trace.py",
        "tcpdump",
        "tshark",
    ),
    "performance": ("make bench", "make bench-insns"),
    "tutorial": ("python first_client.py www.python.org 443",),
}


def commands(page):
    """(command, output) of a page; a command may go on in another line, as in a shell."""
    text = (DOC / f"{page}.rst").read_text().replace("\\\n", "")
    return COMMAND.findall(text)


def is_run(page, command):
    return not command.startswith(NOT_RUN.get(page, ()))


def pattern(shown):
    """What matches the output, trailing spaces and the group, of newer OpenSSLs, aside."""
    lines = [
        r"(.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in shown.splitlines()
    ]
    return "".join(lines)


def dedent(block):
    return "".join(f"{line[3:].rstrip()}\n" for line in block.splitlines())


def without_group(output):
    return "".join(line for line in output.splitlines(True) if not line.startswith("  group "))


class Terminal:
    """A folder with the programs, and what was set and started there."""

    def __init__(self, folder, stack):
        self.folder, self.stack = folder, stack
        self.environment = {**support.UNFINISHED, "PYTHONPATH": str(support.PACKAGE.parent)}
        self.port = PORT
        for path in support.EXAMPLES.glob("*.py"):
            shutil.copy(path, folder)

    def type(self, line):
        """What the command prints; of a server, the first line."""
        words = [word.replace(PORT, self.port) for word in shlex.split(line)]
        if words[0] == "export":
            self.environment.update(word.split("=", 1) for word in words[1:])
            return ""
        environment = dict(self.environment)
        while "=" in words[0]:
            environment.update([words.pop(0).split("=", 1)])
        if words[0] == "python":
            if words[1:] == ["make_certificates.py", "certs"]:  # once is enough
                shutil.copytree(support.example_certificates(), self.folder / "certs")
                return ""
            words[:1] = [sys.executable, "-W", "error"]
        if words[-1] == "&":
            return self.serve(words[:-1], environment)
        result = subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=support.TIMEOUT,
        )
        return result.stdout

    def serve(self, words, environment):
        process = subprocess.Popen(
            [word for word in words if word != PORT] if words[-1] == PORT else words,
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.stack.callback(process.communicate)
        self.stack.callback(process.kill)
        line = process.stdout.readline()
        self.port = line.split()[-1]
        return line.replace(self.port, PORT)


@pytest.mark.parametrize("page", PAGES)
def test_page(page, tmp_path):
    for name in NEEDS.get(page, ()):
        pytest.importorskip(name)
    with contextlib.ExitStack() as stack:
        terminal = Terminal(tmp_path, stack)
        for command, block in commands(page):
            if is_run(page, command):
                said = terminal.type(command)
                said = "".join(f"{line.rstrip()}\n" for line in without_group(said).splitlines())
                assert re.fullmatch(pattern(dedent(block)), said), f"$ {command}\n{said}"


def test_the_same_elsewhere():
    """A host of the internet's is shown to answer as the one here does."""
    outputs = {output for command, output in commands("tutorial") if "first_client.py" in command}
    assert len(outputs) == 1


def test_no_page_is_forgotten():
    found = {page.stem for page in DOC.glob("*.rst") if commands(page.stem)}
    assert found == {*PAGES, *NOT_RUN}
    for page, starts in NOT_RUN.items():
        lines = [command for command, _ in commands(page)]
        for start in starts:
            assert any(line.startswith(start) for line in lines), start
        assert page in PAGES or not [line for line in lines if is_run(page, line)]


def test_a_difference_is_noticed():
    shown = "one ... three\n...\nlast\n"
    assert re.fullmatch(pattern(shown), "one two three\nmore\nand more\nlast\n")
    assert re.fullmatch(pattern(shown), "one two three\nlast\n")
    assert not re.fullmatch(pattern(shown), "one two three\nlast\nand more\n")
    assert not re.fullmatch(pattern(shown), "one two\nlast\n")
