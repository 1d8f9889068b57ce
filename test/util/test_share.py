"""src/util/share.c: a lock for what many read and few change."""

import threading

import _probe
import pytest

import support

FREE = (0, 0, 0)


@pytest.fixture
def share():
    share = _probe.Share()
    share.read(lambda: None)  # from here on it is this process's
    return share


class TestShare:
    def test_new(self):
        assert _probe.Share().look() == (1, 0, 0)

    def test_read(self, share):
        assert share.read(share.look) == (0, 0, 1)
        assert share.look() == FREE

    def test_write(self, share):
        assert share.write(share.look) == (0, 1, 0)
        assert share.look() == FREE

    def test_exception_releases(self, share):
        for hold in (share.read, share.write, lambda function: share.read2(None, function)):
            with pytest.raises(ZeroDivisionError):
                hold(lambda: 1 / 0)
            assert share.look() == FREE

    def test_readers_together(self, share):
        barrier = threading.Barrier(4)
        support.run_together(*[lambda: share.read(lambda: barrier.wait(support.TIMEOUT))] * 4)
        assert share.look() == FREE

    def test_a_writer_waits_for_readers(self, share):
        order = []
        with support.Threads() as threads:

            def reading():
                threads.start(share.write, lambda: order.append("write"))
                support.wait_until(lambda: share.look()[1])
                assert share.look() == (0, 1, 1)
                order.append("read")

            share.read(reading)
        assert order == ["read", "write"]
        assert share.look() == FREE

    def test_others_wait_for_a_writer(self, share):
        order, begun = [], [threading.Event() for _ in range(4)]

        def come(hold, event, word):
            event.set()
            hold(lambda: order.append(word))

        with support.Threads() as threads:

            def writing():
                for event, hold in zip(begun, [share.read, share.write] * 2):
                    threads.start(come, hold, event, "other")
                for event in begun:
                    assert event.wait(support.TIMEOUT)
                order.append("write")

            share.write(writing)
        assert order == ["write"] + ["other"] * 4
        assert share.look() == FREE

    def test_a_waiting_writer_comes_before_later_readers(self, share):
        order = []
        with support.Threads() as threads:

            def reading():
                threads.start(share.write, lambda: order.append("write"))
                support.wait_until(lambda: share.look()[1])
                threads.start(share.read, lambda: order.append("read"))

            share.read(reading)
        assert order == ["write", "read"]

    def test_exclusion(self, share):
        value = [0, 0]

        def write():
            def change():
                value[0] += 1
                _probe.detached(lambda: None)  # let others run
                value[1] += 1

            for _ in range(100):
                share.write(change)

        def read():
            def look():
                one = value[0]
                _probe.detached(lambda: None)
                assert one == value[0] == value[1]

            for _ in range(200):
                share.read(look)

        support.run_together(*[write] * 3, *[read] * 4)
        assert value == [300, 300]
        assert share.look() == FREE

    def test_a_child_does_not_wait_for_its_parents_readers(self, share):
        held, done = threading.Event(), threading.Event()

        def hold():
            held.set()
            assert done.wait(support.TIMEOUT)

        def work():
            assert share.write(share.look) == (0, 1, 0)
            assert share.look() == FREE

        with support.Threads() as threads:
            threads.start(share.read, hold)
            assert held.wait(support.TIMEOUT)
            ended = support.in_child(work)
            done.set()
        assert ended == 0


class TestTwo:
    def test_two(self, share):
        other = _probe.Share()
        assert share.read2(other, lambda: (share.look(), other.look())) == ((0, 0, 1), (0, 0, 1))
        assert share.look() == other.look() == FREE

    def test_one_and_the_same(self, share):
        assert share.read2(share, share.look) == (0, 0, 1)
        assert share.look() == FREE

    def test_one_alone(self, share):
        assert share.read2(None, share.look) == (0, 0, 1)
        assert share.look() == FREE

    def test_crosswise_beside_writers(self, share):
        """However the two are given, each thread takes them in the same order."""
        other = _probe.Share()

        def repeat(function):
            for _ in range(300):
                function(lambda: None)

        support.run_together(
            lambda: repeat(lambda call: share.read2(other, call)),
            lambda: repeat(lambda call: other.read2(share, call)),
            lambda: repeat(share.write),
            lambda: repeat(other.write),
        )
        assert share.look() == other.look() == FREE
