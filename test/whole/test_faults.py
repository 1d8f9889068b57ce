"""Every allocation fails once: an exception, no crash, nothing lost, nothing on the error queue."""

import json

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


@pytest.mark.parametrize("whose", ["openssl", "python", "lasting"])
@pytest.mark.parametrize("scenario", SCENARIOS)
class TestFaults:
    def test_some(self, tmp_path, scenario, whose):
        drive(tmp_path, scenario, whose, SAMPLE, support.TIMEOUT)

    @pytest.mark.slow
    @pytest.mark.timeout(3600)
    def test_all(self, tmp_path, scenario, whose):
        drive(tmp_path, scenario, whose, 0, 3600)
