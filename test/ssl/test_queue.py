"""The queues in memory, as bio_read and bio_write show them."""

import ctypes
import sys

import pytest

import support
from OpenSSL import SSL


@pytest.fixture
def pair():
    return support.connected()


def records(pair, *sizes):
    """Let the client send records of these sizes; what they are."""
    sent = [bytes([65 + i % 26]) * size for i, size in enumerate(sizes)]
    for data in sent:
        assert pair[0].send(data) == len(data)
    return sent


class TestPieces:
    def test_one_write_comes_out_whole(self, pair):
        client, server = pair
        (data,) = records(pair, 5000)
        wire = client.bio_read(65536)
        assert len(wire) > 5000
        assert server.bio_write(wire) == len(wire)
        assert server.recv(65536) == data

    def test_writes_are_joined_as_far_as_they_fit(self, pair):
        client, server = pair
        sent = records(pair, 100, 200, 300)
        wire = client.bio_read(65536)
        with pytest.raises(SSL.WantReadError):
            client.bio_read(1)
        server.bio_write(wire)
        assert [server.recv(65536) for _ in sent] == sent

    def test_a_write_that_does_not_fit_is_left(self, pair):
        client, server = pair
        sent = records(pair, 1000, 1000)
        first = client.bio_read(1500)
        second = client.bio_read(1500)
        assert len(first) == len(second) < 1500
        server.bio_write(first + second)
        assert [server.recv(65536) for _ in sent] == sent

    @pytest.mark.parametrize("cut", [0, 10])
    def test_writes_that_fit_exactly(self, pair, cut):
        client, _ = pair
        records(pair, 2000)
        size = len(client.bio_read(65536))
        records(pair, 2000, 2000, 2000)
        if cut:
            assert len(client.bio_read(cut)) == cut
        assert len(client.bio_read(2 * size - cut)) == 2 * size - cut
        assert len(client.bio_read(65536)) == size

    def test_a_cut_piece_counts_as_what_is_left_of_it(self, pair):
        client, _ = pair
        records(pair, 2000)
        size = len(client.bio_read(65536))
        records(pair, 2000, 2000, 2000)
        client.bio_read(size // 2)
        left = size - size // 2
        assert len(client.bio_read(left + size + 1)) == left + size

    @pytest.mark.parametrize("step", [1, 2, 7, 100])
    def test_a_piece_is_cut_when_asked_for_less(self, pair, step):
        client, server = pair
        (data,) = records(pair, 300)
        cut = []
        while True:
            try:
                cut.append(client.bio_read(step))
            except SSL.WantReadError:
                break
        assert all(len(piece) == step for piece in cut[:-1])
        for piece in cut:
            server.bio_write(piece)
        assert server.recv(65536) == data

    def test_a_cut_piece_and_one_as_long_as_the_cut(self, pair):
        client, server = pair
        sent = records(pair, 2000)
        wire = [client.bio_read(65536)]
        sent += records(pair, 5000)
        wire.append(client.bio_read(len(wire[0])))
        sent += records(pair, 2000)
        wire.append(client.bio_read(65536))
        for data in wire:
            server.bio_write(data)
        assert [server.recv(65536) for _ in sent] == sent

    def test_many_pieces(self, pair):
        client, server = pair
        sent = records(pair, *[10] * 300)
        support.pump(client, server)
        assert [server.recv(100) for _ in sent] == sent

    def test_what_was_read_in_a_detached_call_is_let_go(self, pair):
        client, server = pair
        data = bytes(100_000)
        assert client.sendall(data) == len(data)
        support.pump(client, server)
        received = b""
        while len(received) < len(data):
            received += server.recv(65536)
        assert received == data


class TestLending:
    def test_bytes_among_copies_are_let_go(self):
        client, server = support.memory_pair()
        for one in (client, server):
            with pytest.raises(SSL.WantReadError):
                one.do_handshake()
            support.move(client, server)
        flight = server.bio_read(65536)
        lent, rest = flight[:200], flight[200:]
        before = sys.getrefcount(lent)
        client.bio_write(lent)
        for at in range(0, len(rest), 500):
            client.bio_write(bytearray(rest[at : at + 500]))
        client.do_handshake()
        assert sys.getrefcount(lent) == before

    def test_bytes_that_are_lent_stay_as_they_are(self, pair):
        client, server = pair
        (data,) = records(pair, 64)
        wire = client.bio_read(65536)
        before = bytes(bytearray(wire))
        server.bio_write(wire)
        server.recv(100)
        assert wire == before

    def test_a_bytearray_may_change_afterwards(self, pair):
        client, server = pair
        (data,) = records(pair, 64)
        wire = bytearray(client.bio_read(65536))
        server.bio_write(wire)
        wire[:] = bytes(len(wire))
        assert server.recv(100) == data

    def test_a_subclass_of_bytes_is_copied(self, pair):
        class Odd(bytes):
            def __len__(self):
                return 1 << 40

        client, server = pair
        (data,) = records(pair, 64)
        wire = client.bio_read(65536)
        assert server.bio_write(Odd(wire)) == len(wire)
        assert server.recv(100) == data

    @pytest.mark.skipif(
        hasattr(ctypes.CDLL(None), "__asan_init"), reason="AddressSanitizer keeps what was freed"
    )
    def test_memory_goes_with_the_data(self, pair):
        client, server = pair
        for _ in range(200):
            client.sendall(bytes(100_000))
            support.pump(client, server)
            left = 100_000
            while left:
                left -= len(server.recv(65536))
        before = support.resident()
        for _ in range(500):
            client.sendall(bytes(100_000))
            support.pump(client, server)
            left = 100_000
            while left:
                left -= len(server.recv(65536))
        assert support.resident() - before < 2000
