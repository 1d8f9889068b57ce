"""What the tests with peers share."""

import pytest

from interop import peers


@pytest.fixture
def stage():
    """A peers.Stage: ends the children, sockets and connections that the test began."""
    with peers.Stage() as stage:
        yield stage


@pytest.fixture(params=peers.VERSIONS)
def version(request):
    """Each version of TLS in turn: a key of peers.VERSIONS."""
    return request.param
