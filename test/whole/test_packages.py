"""tools/packages.sh: install what is missing when we may, else say what to type."""

import os
import subprocess
from pathlib import Path

import pytest

import support

TOOL = Path(__file__).resolve().parents[2] / "tools" / "packages.sh"
LINE = "apt-get install -y --no-install-recommends"


@pytest.fixture
def machine(tmp_path):
    """A function that runs the tool on a machine with these commands before the real ones."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def run(*packages, **commands):
        for name, script in commands.items():
            path = folder / name.replace("_", "-")
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        result = subprocess.run(
            [TOOL, *packages],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=support.TIMEOUT,
            check=False,
        )
        return result.returncode, result.stdout, result.stderr

    return run


INSTALL = 'echo "$@" >>calls; [ "$1" = update ] || install -m 755 /dev/null bin/not-there'


def test_what_is_there_is_left_alone(machine, tmp_path):
    assert machine("libc6-dev", "awk", apt_get=INSTALL) == (0, "", "")
    assert not (tmp_path / "calls").exists()


def test_root_installs_only_what_is_missing(machine, tmp_path):
    status, said, _ = machine("awk", "not-there", apt_get=INSTALL, id="echo 0")
    assert status == 0
    assert said == "installing not-there\n"
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == ["update -q", f"{LINE} not-there".partition(" ")[2]]


def test_sudo_without_a_password_installs(machine, tmp_path):
    sudo = '[ "$1" = -n ] && shift && exec "$@"'
    status, _, _ = machine("not-there", apt_get=INSTALL, id="echo 1000", sudo=sudo)
    assert status == 0
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


def test_others_are_told_the_line_to_type(machine, tmp_path):
    status, _, said = machine(
        "not-there", "nor-this", apt_get=INSTALL, id="echo 1000", sudo="exit 1"
    )
    assert status == 1
    assert f"\n    sudo {LINE} not-there nor-this\n" in said
    assert not (tmp_path / "calls").exists()


def test_what_cannot_be_installed_is_named(machine):
    status, _, said = machine("not-there", apt_get="exit 0", id="echo 0")
    assert status == 1
    assert "not-there" in said
    for system in ("dnf install gcc", "apk add gcc", "brew install"):
        assert system in said


def test_any_browser_of_the_family_will_do(machine, tmp_path):
    assert machine("chromium-headless-shell", google_chrome="", apt_get=INSTALL) == (0, "", "")
    assert not (tmp_path / "calls").exists()
