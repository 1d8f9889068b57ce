"""The behaviour tests on the original: what fails there is what doc/compatibility.rst tells of."""

import os
import re
import resource
import shutil
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from interop.differences import DIFFERENCES, LEFT_OUT, OLDER_DIFFERENCES, SOMETIMES

ROOT = Path(__file__).parents[2]
COMPATIBILITY = ROOT / "doc/compatibility.rst"

# Environment: which tests run there, and how many must pass.  The older ones are for what the
# newest has lost.
ORIGINALS = {
    "upstream": (["test/crypto", "test/ssl"], 1000),
    "upstream-23": (["test/crypto"], 800),
    "upstream-20": (["test/crypto"], 700),
}
MEMORY = 6 << 30  # bytes for each worker: some of what it must not do takes more and more
TIMEOUT = 900


def _limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _copy(folder):
    """The tests and no more, since the checkout has a package of the same name."""
    shutil.copytree(ROOT / "test", folder / "test", ignore=shutil.ignore_patterns("*.so"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def _command(original, report):
    return [
        *(ROOT / f".venv-{original}/bin/python", "-P", "-m", "pytest", "-q", "-W", "ignore"),
        *("-p", "no:cacheprovider", "-p", "interop.original"),
        *("-n", "2", "--max-worker-restart", "200", "--continue-on-collection-errors"),
        # A test that waits in Python fails; a worker that is lost in C is ended.
        *("--timeout", "10", "--timeout-method", "signal"),
        *("-o", "faulthandler_timeout=25", "-o", "faulthandler_exit_on_timeout=true"),
        f"--junitxml={report}",
        *(f"--deselect={test}" for test in LEFT_OUT),
        *(f"--ignore={test.partition('::')[0]}" for test in LEFT_OUT if "::" not in test),
        *ORIGINALS[original][0],
    ]


def run(original, report):
    """All behaviour tests in the original's environment, each worker's crash being one failure."""
    folder = Path(report).parent / "copy"
    _copy(folder)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONPATH"] = str(folder / "test")
    process = subprocess.Popen(
        _command(original, report),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=_limit_memory,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait()
    assert Path(report).exists(), output[-5000:]


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


def explained(name, said, rows):
    """The row of the table for a failure, or None."""
    for pattern, _ in rows:
        if re.search(pattern, f"{name}: {said}", re.DOTALL):
            return pattern
    return None


def compare(original, folder, rows):
    """Run it; which rows of the table were needed."""
    report = folder / "report.xml"
    run(original, report)
    passed, failed = outcomes(report)
    found = {name: explained(name, said, rows + SOMETIMES) for name, said in failed.items()}
    unexplained = [f"{name}: {failed[name][:200]}" for name, row in found.items() if row is None]
    assert not unexplained, "\n".join(unexplained)
    assert passed > ORIGINALS[original][1]
    return set(found.values())


@pytest.mark.slow
@pytest.mark.timeout(3 * TIMEOUT)
class TestDifferences:
    def test_newest(self, tmp_path):
        needed = compare("upstream", tmp_path, DIFFERENCES)
        assert [pattern for pattern, _ in DIFFERENCES if pattern not in needed] == []

    def test_older(self, tmp_path):
        needed = set()
        for original in ("upstream-23", "upstream-20"):
            (tmp_path / original).mkdir()
            needed |= compare(original, tmp_path / original, OLDER_DIFFERENCES + DIFFERENCES)
        assert [pattern for pattern, _ in OLDER_DIFFERENCES if pattern not in needed] == []


def test_the_page_has_each_of_them():
    text = " ".join(COMPATIBILITY.read_text().split())
    assert [
        words for _, words in DIFFERENCES + OLDER_DIFFERENCES + SOMETIMES if words not in text
    ] == []
