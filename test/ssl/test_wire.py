"""Lists of protocol names, as they go onto the wire and come off it."""

import pytest

import support
from OpenSSL import SSL


def offered(protos):
    """What a server is offered by a client whose Context was given *protos*."""
    seen = []

    def select(connection, names):
        seen.extend(names)
        return SSL.NO_OVERLAPPING_PROTOCOLS

    server, client = support.server_context(), support.client_context()
    server.set_alpn_select_callback(select)
    client.set_alpn_protos(protos)
    support.connected("memory", client, server)
    return seen


@pytest.mark.parametrize(
    "protos",
    [
        [b"h2"],
        [b"h2", b"http/1.1"],
        [b"a", b"a", b"b"],
        [b"\0", b"\xff" * 255],
        [bytes([n]) * n for n in range(1, 120)],
        (b"tuple",),
    ],
)
def test_round_trip(protos):
    assert offered(protos) == list(protos)


def test_iterable():
    assert offered(name for name in (b"x", b"y")) == [b"x", b"y"]


class OfBoth:
    """The setters of Context and Connection, which refuse the same."""

    @pytest.fixture(params=["Context", "Connection"])
    def target(self, request):
        context = support.client_context(False)
        return context if request.param == "Context" else SSL.Connection(context)


class TestRefusals(OfBoth):
    @pytest.mark.parametrize(
        "protos",
        [
            None,
            [],
            (),
            [b"x" * 256],
            [b"a", b"y" * 300],
            iter(()),
            [b"x" * 255] * 257,
            [b"x" * 255] * 256,  # one byte too many
        ],
    )
    def test_value(self, target, protos):
        with pytest.raises(ValueError, match="protos"):
            target.set_alpn_protos(protos)

    @pytest.mark.parametrize(
        "protos", ["h2", ["h2"], [b"h2", "h2"], [None], [bytearray(b"h2")], 1, object(), b"h2"]
    )
    def test_type(self, target, protos):
        with pytest.raises(TypeError):
            target.set_alpn_protos(protos)

    @pytest.mark.parametrize("protos", [[b""], [b"h2", b""], [b"", b"h2"]])
    def test_empty_name(self, target, protos):
        with pytest.raises(SSL.Error) as caught:
            target.set_alpn_protos(protos)
        assert caught.value.args[0][0][2]

    def test_iterable_that_raises(self, target):
        def names():
            yield b"h2"
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            target.set_alpn_protos(names())

    def test_largest(self, target):
        target.set_alpn_protos([b"x" * 255] * 255 + [b"y" * 254])


def test_refusal_changes_nothing():
    server, client = support.server_context(), support.client_context()
    seen = []
    server.set_alpn_select_callback(lambda connection, names: seen.extend(names) or names[0])
    client.set_alpn_protos([b"good"])
    for bad in ([], [b""], [b"x" * 256]):
        with pytest.raises((ValueError, SSL.Error)):
            client.set_alpn_protos(bad)
    support.connected("memory", client, server)
    assert seen == [b"good"]
