"""The behaviour tests on the original: what fails there is what doc/compatibility.rst tells of."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from interop.differences import DIFFERENCES

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-upstream/bin/python"
COMPATIBILITY = ROOT / "doc/compatibility.rst"

# What these look at is ours alone: the capsule, and how threads share a connection.
LEFT_OUT = ["test_api.py", "test_turns.py"]


def run(report):
    """All behaviour tests in the original's environment, each worker's crash being one failure.

    In a copy, since the checkout has a package of the same name.
    """
    folder = Path(report).parent / "copy"
    shutil.copytree(ROOT / "test", folder / "test", ignore=shutil.ignore_patterns("*.so"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    command = [
        *(PYTHON, "-P", "-m", "pytest", "-q", "-n", "2", "--max-worker-restart", "100"),
        *(
            "-W",
            "ignore",
            "-p",
            "no:cacheprovider",
            "--timeout",
            "10",
            "--timeout-method",
            "signal",
        ),
        *("--continue-on-collection-errors", f"--junitxml={report}"),
        *(f"--ignore-glob=*/{name}" for name in LEFT_OUT),
        *("test/crypto", "test/ssl"),
    ]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONPATH"] = str(folder / "test")
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900
    )
    assert Path(report).exists(), result.stdout[-3000:] + result.stderr[-3000:]


def outcomes(report):
    """(how many passed, {test: what it said} of the others)."""
    passed, failed = 0, {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        said = [
            (part.get("message") or "") + "\n" + (part.text or "")[-2000:]
            for part in case
            if part.tag in ("failure", "error")
        ]
        if said:
            failed[name] = "\n".join(said)
        elif case.find("skipped") is None:
            passed += 1
    return passed, failed


def explained(name, said):
    """The row of the table for a failure, or None."""
    for pattern, _ in DIFFERENCES:
        if re.search(pattern, f"{name}: {said}", re.DOTALL):
            return pattern
    return None


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_difference_is_told(tmp_path):
    report = tmp_path / "report.xml"
    run(report)
    passed, failed = outcomes(report)
    rows = {name: explained(name, said) for name, said in failed.items()}
    unexplained = {name: failed[name].split("\n")[0] for name, row in rows.items() if row is None}
    assert unexplained == {}
    assert [pattern for pattern, _ in DIFFERENCES if pattern not in rows.values()] == []
    assert passed > 1000


def test_the_page_has_each_of_them():
    text = " ".join(COMPATIBILITY.read_text().split())
    assert [words for _, words in DIFFERENCES if words not in text] == []
