"""What every test shares."""

import gc
import os
import sys
from pathlib import Path

import hypothesis
import pytest

import support

pytest.register_assert_rewrite("loading")  # tests that are inherited from there say what is wrong

# On a busy machine an example may take long, and so may drawing one.  Each run tries the same ones;
# `pytest --hypothesis-profile=search` tries others.
hypothesis.settings.register_profile(
    "search", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "here", hypothesis.settings.get_profile("search"), derandomize=True
)
hypothesis.settings.load_profile("here")

# A child process finds the same package and the same test modules as this one.
os.environ["PYTHONPATH"] = os.pathsep.join(
    path
    for path in sys.path
    if Path(path, "OpenSSL").is_dir() or path == str(Path(__file__).parent)
)


@pytest.fixture(scope="session", autouse=True)
def beside_the_package():
    """Python started with -c imports from the current folder: let the tested package lie there."""
    os.chdir(support.PACKAGE.parent)


@pytest.fixture(scope="module", autouse=True)
def long_lived():
    """Thousands of tests and their reports are there to stay: let no collection look at them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def error_queue():
    """Nothing of ours stays on OpenSSL's error queue, where it would mislead others."""
    support.queued_errors()
    yield
    assert support.queued_errors() == []


@pytest.fixture(scope="session")
def pki():
    """The keys and certificates of support.Pki."""
    return support.pki()


@pytest.fixture
def what_it_needs(scenario):
    """One of fault_scenarios.py is about what may not be here."""
    if scenario == "objects_of_cryptography":
        pytest.importorskip("cryptography")
