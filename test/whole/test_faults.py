"""Every allocation fails once: an exception, no crash, nothing lost, nothing on the error queue."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import fault_scenarios
import support

DRIVER = support.HERE / "faults_driver.py"
SCENARIOS = support.scenarios(fault_scenarios)
SAMPLE = 100  # how many points are tried unless all are


def drive(tmp_path, scenario, whose, limit, timeout):
    progress = tmp_path / "progress"
    result = support.run_file(
        DRIVER,
        scenario,
        whose,
        limit,
        progress,
        check=False,
        timeout=timeout,
    )
    reached = progress.read_text().strip() if progress.exists() else "none"
    assert result.returncode == 0, (
        f"exit status {result.returncode} at allocation {reached}:\n{result.stdout}"
    )
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["points"] > 0
    assert report["outcomes"].keys() - {"success"}, "no allocation's failure was noticed"
    assert not report["problems"], "\n".join(report["problems"])


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """The long runs that were asked for, by name, in as many processes as there are processors."""
    asked = [
        (item.callspec.params["scenario"], item.callspec.params["whose"])
        for item in request.session.items
        if getattr(item, "originalname", None) == "test_all"
    ]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield {
            one: pool.submit(drive, tmp_path_factory.mktemp("run"), *one, 0, 3600) for one in asked
        }


@pytest.mark.parametrize("whose", ["openssl", "python", "lasting"])
@pytest.mark.parametrize("scenario", SCENARIOS)
class TestFaults:
    def test_some(self, tmp_path, scenario, whose):
        drive(tmp_path, scenario, whose, SAMPLE, support.TIMEOUT)

    @pytest.mark.slow
    @pytest.mark.timeout(3600)
    def test_all(self, runs, scenario, whose):
        runs[scenario, whose].result()


class TestScenarios:
    def test_call_every_function(self):
        assert support.run_file(DRIVER).split() == []


class TestSuccess:
    def test_has_set_the_curve(self):
        """What did not fail is done, and what failed has changed nothing."""
        support.run_script("""
import _faults
import support
from OpenSSL import SSL

class Curve:
    name = "secp384r1"

def group(server):
    client, _ = support.connected("memory", support.client_context(), server)
    return client.get_group_name()

before = group(support.server_context())
assert before != Curve.name
reached, n = True, 0
while reached:
    server, expected = support.server_context(), Curve.name
    _faults.arm(n, _faults.OPENSSL)
    try:
        server.set_tmp_ecdh(Curve)
    except (MemoryError, SSL.Error):
        expected = before
    asked, where = _faults.disarm()
    assert group(server) == expected, (n, where)
    reached, n = asked > n, n + 1
assert n > 5
""")
