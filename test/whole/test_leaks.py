"""Doing something again and again needs no more memory than doing it once."""

import ctypes

import pytest

import fault_scenarios
import ssl_scenarios
import support

DRIVER = support.HERE / "leaks_driver.py"
SCENARIOS = support.scenarios(fault_scenarios, ssl_scenarios)
PATIENCE = 10  # seconds of the processor until a heap that grows is a leak
PER_ROUND = 4  # bytes: the least that anything can lose each time is a block of 16

process = ctypes.CDLL(None)
pytestmark = [
    pytest.mark.skipif(
        not hasattr(process, "mallinfo2"), reason="the heap is measured by glibc's mallinfo2"
    ),
    pytest.mark.skipif(
        hasattr(process, "__asan_init"), reason="AddressSanitizer has a heap of its own"
    ),
]


def measure(scenario, rounds, timeout, patience):
    """What the driver says."""
    environment = {
        # A free-threaded CPython has no choice: of its own objects nothing is seen then.
        **({} if support.FREE_THREADED else {"PYTHONMALLOC": "malloc"}),
        # What glibc keeps at hand for each thread would count as in use.
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
        "PYTHONHASHSEED": "0",  # each time the same
    }
    return support.run_file(
        *(DRIVER, scenario, rounds, rounds * PER_ROUND, patience),
        timeout=timeout,
        flags=("-W", "error"),
        **environment,
    )


def growth(scenario, rounds, timeout=support.TIMEOUT, patience=PATIENCE):
    """Bytes that each round costs for good: the least of several measurements."""
    output = measure(scenario, rounds, timeout, patience)
    return min(int(line) for line in output.split()) / rounds


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.usefixtures("what_it_needs")
class TestLeaks:
    def test_some_rounds(self, scenario):
        assert growth(scenario, 30) < PER_ROUND

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    def test_many_rounds(self, scenario):
        assert growth(scenario, 1000, 1800) < PER_ROUND


@pytest.mark.parametrize(("collection", "size"), [("operations", 40), ("connections", 17)])
class TestCollections:
    """Each load, dump, signature, verification and construction of OpenSSL.crypto; each kind of
    connection, from its handshake to its end."""

    def check(self, collection, size, rounds, timeout, kib):
        grown = {}
        for line in measure(collection, rounds, timeout, PATIENCE).splitlines():
            name, resident, numbers = line.split(":")
            grown[name] = min(map(int, numbers.split())) / rounds
            before, after = map(int, resident.split())
            assert after - before <= kib, line
        assert len(grown) >= size
        assert {name: size for name, size in grown.items() if size >= PER_ROUND} == {}

    def test_some_rounds(self, collection, size):
        self.check(collection, size, 30, support.TIMEOUT, 8192)

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    def test_ten_thousand_rounds(self, collection, size):
        self.check(collection, size, 10000, 1800, 2048)


class TestMeasurement:
    @pytest.mark.parametrize("library", (["python"] * (not support.FREE_THREADED)) + ["openssl"])
    def test_notices_a_leak(self, library):
        assert growth(f"_leak_of_{library}", 30, patience=1) >= 16
