"""Every allocation fails once: an exception, no crash, nothing lost, nothing on the error queue."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import fault_scenarios
import ssl_scenarios
import support

DRIVER = support.HERE / "faults_driver.py"
SCENARIOS = support.scenarios(fault_scenarios, ssl_scenarios)
# What cryptography keeps until the process ends LeakSanitizer finds; the driver counts all else.
NOT_OURS = support.UNFINISHED
SAMPLE = 25  # how many points are tried unless all are
WHOSE = ["openssl", "python", "lasting"]


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
        PYTHONHASHSEED="0",  # each time the same allocations
        **(NOT_OURS if scenario == "objects_of_cryptography" else {}),
    )
    reached = progress.read_text().strip() if progress.exists() else "none"
    assert result.returncode == 0, (
        f"exit status {result.returncode} at allocation {reached}:\n{result.stdout}"
    )
    reports = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert [report["whose"] for report in reports] == whose.split(",")
    noticed = {outcome for report in reports for outcome in report["outcomes"]} - {"success"}
    assert noticed, "no allocation's failure was noticed"
    for report in reports:
        assert report["points"] > 0
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


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.usefixtures("what_it_needs")
class TestFaults:
    def test_some(self, tmp_path, scenario):
        """In one process, since making the certificates takes longer than this."""
        drive(tmp_path, scenario, ",".join(WHOSE), SAMPLE, support.TIMEOUT)

    @pytest.mark.slow
    @pytest.mark.timeout(3600)
    @pytest.mark.parametrize("whose", WHOSE)
    def test_all(self, runs, scenario, whose):
        runs[scenario, whose].result()


class TestScenarios:
    def test_call_every_function(self):
        pytest.importorskip("cryptography")
        assert support.run_file(DRIVER, **NOT_OURS).split() == []


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

    @pytest.mark.parametrize("version", ["TLS1_2_VERSION", "TLS1_3_VERSION"])
    def test_has_sent(self, version):
        """From 3.2 on OpenSSL takes a write that wrote nothing for one that did."""
        support.run_script(f"""
import _faults
import support
from OpenSSL import SSL

client, server = support.client_context(), support.server_context()
client.set_max_proto_version(SSL.{version})
reached, n, failed = True, 0, 0
while reached:
    one, other = support.connected("memory", client, server)
    sent = 0
    _faults.arm(n, _faults.PYTHON)
    try:
        sent = one.send(b"x" * 4000)
    except MemoryError:
        failed += 1
    asked, where = _faults.disarm()
    if sent:
        support.pump(one, other)
        assert other.recv(5000) == b"x" * 4000, (n, where)
    reached, n = asked > n, n + 1
assert failed
""")


class TestBeginnings:
    @pytest.mark.parametrize("begin", ["set_connect_state", "set_accept_state", "do_handshake"])
    def test_can_be_used_whatever_failed(self, begin):
        """From OpenSSL 3.2 on a connection that failed so early lacks parts that its library uses
        unseen."""
        support.run_script(f"""
import _faults
import support
from OpenSSL import SSL

USE = dict(do_handshake=(), recv=(1,), send=(b"x",), renegotiate=(), bio_read=(1,), shutdown=(),
           key_update=(), bio_shutdown=(), get_finished=())

def begun(again):
    client, server = support.memory_pair(support.client_context(), support.server_context())
    one = server if {begin!r} == "set_accept_state" else client
    if again:
        support.handshake(client, server)
        if {begin!r} == "do_handshake":
            one.set_connect_state()
    return one

for again in False, True:
    reached, n = True, 0
    while reached and n < 50:
        one, failed = begun(again), False
        _faults.arm(n, _faults.OPENSSL)
        try:
            one.{begin}()
        except SSL.WantReadError:
            pass
        except (MemoryError, SSL.Error):
            failed = True
        asked, _ = _faults.disarm()
        assert one.pending() == 0
        try:
            assert one.set_options(SSL.OP_NO_TICKET) & SSL.OP_NO_TICKET
        except MemoryError:
            assert failed
        for method, arguments in USE.items():
            try:
                getattr(one, method)(*arguments)
            except MemoryError:
                assert failed
            except SSL.Error:
                pass
        one.set_connect_state()
        assert one.set_options(SSL.OP_NO_TICKET) & SSL.OP_NO_TICKET
        assert one.pending() == 0
        reached, n = asked > n, n + 1
""")

    @pytest.mark.parametrize("role", ["client", "server"])
    def test_nothing_goes_out_as_it_is(self, role):
        """OpenSSL takes itself to be shaking hands, where it could not even begin to."""
        support.run_script(f"""
import _faults
import support
from OpenSSL import SSL

reached, n = True, 0
while reached and n < 200:
    pair = support.memory_pair(support.client_context(), support.server_context())
    one = pair[{role!r} == "server"]
    _faults.arm(n, _faults.OPENSSL)
    try:
        one.do_handshake()
    except (MemoryError, SSL.Error):
        pass
    asked, where = _faults.disarm()
    try:
        one.send(b"a secret")
    except (MemoryError, SSL.Error):
        pass
    try:
        assert b"a secret" not in one.bio_read(100000), (n, where)
    except SSL.WantReadError:
        pass
    reached, n = asked > n, n + 1
assert n > 5
""")
