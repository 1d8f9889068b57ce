"""Twisted's own tests of TLS end with this package as they end with the original."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import support

ROOT = Path(__file__).parents[2]
UPSTREAM = ROOT / ".venv-upstream"
RUNNER = Path(__file__).with_name("trial_outcomes.py")

# What takes a few seconds: protocols, reactors, HTTP/2, where hardly any RSA key is made.
QUICK = [
    "twisted.protocols.test.test_tls",
    "twisted.internet.test.test_tls",
    "twisted.internet.test.test_endpoints.WrapClientTLSTests",
    "twisted.test.test_ssl.TLSTests",
    "twisted.test.test_ssl.SpammyTLSTests",
    "twisted.test.test_ssl.BufferingTests",
    "twisted.test.test_sslverify.OpenSSLOptionsECDHIntegrationTests",
    "twisted.web.test.test_http2.EndToEndTests",
]

WHOLE = [
    "twisted.test.test_sslverify",
    "twisted.test.test_ssl",
    "twisted.protocols.test.test_tls",
    "twisted.internet.test.test_tls",
    "twisted.internet.test.test_endpoints",
    "twisted.web.test.test_agent",
    "twisted.web.test.test_http2",
]

TIMEOUT = 2 * support.TIMEOUT - 10

# Tests that fail with the original for something that it no longer has.
REMOVED = "has no attribute 'X509Req'"

# Where the original's environment has Twisted, if it was made for this Python.
LIBRARY = Path(sysconfig.get_path("purelib", vars={"base": UPSTREAM}))

if not (LIBRARY / "twisted").exists():
    pytest.skip("there is no .venv-upstream for this Python", allow_module_level=True)


class Run:
    """A child that runs tests, with this package or with the original."""

    def __init__(self, folder, names, ours):
        self.ours = ours
        self.report = folder / "report.json"
        self.log = folder / "log"
        folder.mkdir()
        environment = {**os.environ, **support.UNFINISHED}
        environment.pop("PYTHONPATH", None)
        # The same Twisted for both.  Ours is run by the interpreter that it was built for.
        python = UPSTREAM / "bin/python"
        if ours:
            python = sys.executable
            path = [str(support.PACKAGE.parent), str(LIBRARY)]
            environment["PYTHONPATH"] = os.pathsep.join(path)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [python, "-P", RUNNER, self.report, folder / "trial", *names],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def outcomes(self, timeout):
        try:
            self.process.wait(timeout)
        finally:
            self.process.kill()
            self.process.wait()
        assert self.report.exists(), self.log.read_text(errors="replace")[-3000:]
        found = json.loads(self.report.read_text())
        _, package = found.pop("")
        assert (Path(package).parent == support.PACKAGE) == self.ours
        return found


def run(folder, names, timeout):
    """{test: [how it ended, what it said]} with this package, and with the original."""
    folder.mkdir()
    runs = [Run(folder / "ours", names, True), Run(folder / "original", names, False)]
    return [one.outcomes(timeout) for one in runs]


def different(ours, original):
    """{test: (with ours, with the original)} of those that do not end in the same way."""
    nothing = ["missing", ""]
    pairs = {
        test: (ours.get(test, nothing), original.get(test, nothing)) for test in {*ours, *original}
    }
    return {
        test: pair
        for test, pair in pairs.items()
        if pair[0][0] != pair[1][0] and not (pair[0][0] == "passed" and REMOVED in pair[1][1])
    }


def compare(folder, names, timeout):
    """What passed with ours; fails if a test ends differently, and does so again by itself."""
    ours, original = run(folder / "first", names, timeout)
    suspects = different(ours, original)
    if suspects and "missing" not in {outcome for pair in suspects.values() for outcome, _ in pair}:
        suspects = different(*run(folder / "again", sorted(suspects), timeout))
    assert suspects == {}
    failed = {test: said for test, (outcome, said) in ours.items() if outcome == "failed"}
    assert failed == {}
    return [test for test, (outcome, _) in ours.items() if outcome == "passed"]


def test_quick(tmp_path):
    """With ours all of these pass: the original is only asked about those that do not."""
    found = Run(tmp_path / "ours", QUICK, True).outcomes(TIMEOUT)
    left = [test for test, (outcome, _) in found.items() if outcome != "passed"]
    suspects = [test for test in left if "GIReactor" not in test]
    if suspects:
        compare(tmp_path, suspects, TIMEOUT)
    assert len(found) - len(left) > 150


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_whole(tmp_path):
    assert len(compare(tmp_path, WHOLE, timeout=1700)) > 750


class TestComparison:
    """It notices what it is there for."""

    PASSED, FAILED = ["passed", ""], ["failed", "AssertionError"]

    def test_same(self):
        assert different({"a": self.PASSED}, {"a": self.PASSED}) == {}
        assert different({"a": self.FAILED}, {"a": ["failed", "another"]}) == {}

    @pytest.mark.parametrize("other", [FAILED, ["skipped", "no SSL"]])
    def test_different(self, other):
        assert list(different({"a": other}, {"a": self.PASSED})) == ["a"]
        assert list(different({"a": self.PASSED}, {"a": other})) == ["a"]

    def test_missing(self):
        assert list(different({}, {"a": self.PASSED})) == ["a"]

    def test_removed_by_the_original(self):
        without = ["failed", f"AttributeError: module 'OpenSSL.crypto' {REMOVED}"]
        assert different({"a": self.PASSED}, {"a": without}) == {}
        assert list(different({"a": self.FAILED}, {"a": self.PASSED})) == ["a"]
