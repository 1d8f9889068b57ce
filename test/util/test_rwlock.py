"""src/util/rwlock.c: a lock for many readers or one writer."""

import os
import signal
import threading
import time

import _probe
import pytest

import support

DETACHED = pytest.mark.parametrize("detached", [False, True])


@pytest.fixture
def lock():
    return _probe.RWLock()


FREE = (0, 0, 0, 0)


class TestRWLock:
    @DETACHED
    def test_read(self, lock, detached):
        assert lock.read(lock.look, detached) == (1, 0, 0, 0)
        assert lock.look() == FREE

    @DETACHED
    def test_write(self, lock, detached):
        assert lock.write(lock.look, detached) == (0, 0, 1, 0)
        assert lock.look() == FREE

    @DETACHED
    def test_exception_releases(self, lock, detached):
        for hold in (lock.read, lock.write):
            with pytest.raises(ZeroDivisionError):
                hold(lambda: 1 / 0, detached)
            assert lock.look() == FREE

    def test_readers_together(self, lock):
        barrier = threading.Barrier(4)
        support.run_together(*[lambda: lock.read(lambda: barrier.wait(support.TIMEOUT), True)] * 4)
        assert lock.look() == FREE

    @DETACHED
    def test_reading_again_inside(self, lock, detached):
        def inner():
            return lock.read(lock.look, detached)

        assert lock.read(inner, detached) == (1, 0, 0, 0)
        assert lock.write(inner, detached) == (0, 0, 1, 0)
        assert lock.look() == FREE

    @DETACHED
    def test_writing_again_inside(self, lock, detached):
        assert lock.write(lambda: lock.write(lock.look, detached), detached) == (0, 0, 1, 0)
        assert lock.look() == FREE

    @DETACHED
    def test_writing_inside_reading(self, lock, detached):
        def inner():
            with pytest.raises(RuntimeError, match="from inside a callback"):
                lock.write(lambda: None, detached)
            return lock.look()

        assert lock.read(inner, detached) == (1, 0, 0, 0)
        assert lock.read(lambda: lock.read(inner, detached), detached) == (1, 0, 0, 0)
        assert lock.look() == FREE

    def test_reading_again_while_a_writer_waits(self, lock):
        """The second hold of one thread must not queue behind a writer that waits for the first."""
        with support.Threads() as threads:

            def inner():
                threads.start(lambda: lock.write(lambda: None, False))
                support.wait_until(lambda: lock.look()[1] == 1)
                return lock.read(lambda: "read", True)

            assert lock.read(inner, True) == "read"
        assert lock.look() == FREE

    def test_two_locks_crosswise(self, lock):
        other = _probe.RWLock()
        assert lock.read(lambda: other.write(lambda: lock.read(lambda: 3, True), True), True) == 3
        assert lock.look() == other.look() == FREE

    def test_readers_crosswise_while_writers_wait(self, lock):
        """Each of two threads holds one lock and wants the other's, where a writer waits for it."""
        other, met = _probe.RWLock(), threading.Barrier(2)

        def cross(mine, yours):
            def inner():
                threads.start(lambda: mine.write(lambda: None, True))
                support.wait_until(lambda: mine.look()[1] == 1)
                met.wait(support.TIMEOUT)
                return yours.read(lambda: "read", True)

            return mine.read(inner, True)

        with support.Threads() as threads:
            threads.start(cross, lock, other)
            threads.start(cross, other, lock)
        assert threads.results.count("read") == 2
        assert lock.look() == other.look() == FREE

    def test_writer_waits_for_readers(self, lock):
        order = []
        with support.Threads() as threads:

            def reading():
                threads.start(lambda: lock.write(lambda: order.append("write"), True))
                support.wait_until(lambda: lock.look()[1] == 1)
                order.append("read")

            lock.read(reading, True)
        assert order == ["read", "write"]

    def test_readers_wait_for_a_writer(self, lock):
        order = []
        with support.Threads() as threads:

            def writing():
                for _ in range(3):
                    threads.start(lambda: lock.read(lambda: order.append("read"), True))
                support.wait_until(lambda: lock.look()[3])
                order.append("write")

            lock.write(writing, True)
        assert order == ["write"] + ["read"] * 3

    def test_waiting_writer_comes_before_later_readers(self, lock):
        """Unless a reader's patience ends before the writer has run."""
        order, times = [], []

        def got():
            order.append("read")
            times.append(time.monotonic())

        def read():
            times.append(time.monotonic())
            lock.read(got, True)

        with support.Threads() as threads:

            def reading():
                threads.start(lambda: lock.write(lambda: order.append("write"), True))
                support.wait_until(lambda: lock.look()[1] == 1)
                threads.start(read)

            lock.read(reading, True)
        assert order == ["write", "read"] or times[1] - times[0] > 0.009

    def test_exclusion(self, lock):
        value = [0, 0]

        def write(number):
            def change():
                value[0] += 1
                _probe.detached(lambda: None)  # let others run
                value[1] += 1

            for turn in range(150):
                lock.write(change, bool((turn + number) % 2))

        def read(number):
            def look():
                one = value[0]
                _probe.detached(lambda: None)
                assert one == value[0] == value[1]

            for turn in range(300):
                lock.read(look, bool((turn + number) % 2))

        work = [lambda n=n: write(n) for n in range(3)] + [lambda n=n: read(n) for n in range(5)]
        support.run_together(*work)
        assert value == [450, 450]
        assert lock.look() == FREE

    def hold_in_thread(self, lock, threads, until):
        held = threading.Event()

        def hold():
            held.set()
            until()

        threads.start(lambda: lock.write(hold, True))
        assert held.wait(support.TIMEOUT)

    @DETACHED
    @pytest.mark.parametrize("kind", ["read", "write"])
    def test_signal_whose_handler_returns(self, lock, kind, detached):
        with support.Interruption() as interruption, support.Threads() as threads:
            self.hold_in_thread(lock, threads, interruption.strike)
            assert getattr(lock, kind)(interruption.handled.is_set, detached)
        assert lock.look() == FREE

    @DETACHED
    @pytest.mark.parametrize("kind", ["read", "write"])
    def test_signal_whose_handler_raises(self, lock, kind, detached):
        done = threading.Event()

        def until():
            support.wait_until(lambda: lock.look()[3])
            interruption.strike()
            assert done.wait(support.TIMEOUT)

        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads:
                self.hold_in_thread(lock, threads, until)
                with pytest.raises(KeyboardInterrupt):
                    getattr(lock, kind)(lambda: None, detached)
                assert lock.look() == (0, 0, 1, 0)
                done.set()
        assert lock.look() == FREE

    @DETACHED
    @pytest.mark.parametrize("inner", ["read", "write"])
    @pytest.mark.parametrize("outer", ["read", "write"])
    def test_handler_locks_the_same(self, lock, outer, inner, detached):
        """A handler that runs while the thread waits to write is not kept waiting by that."""

        class Nested(support.Interruption):
            def _handle(self, number, frame):
                if not self.handled.is_set():
                    self.handled.set()
                    getattr(lock, inner)(lambda: None, detached)

        def until():
            support.wait_until(lambda: lock.look()[3])
            interruption.strike()

        with Nested() as interruption, support.Threads() as threads:
            self.hold_in_thread(lock, threads, until)
            assert getattr(lock, outer)(lambda: 3, detached) == 3
        assert lock.look() == FREE

    def test_writer_that_gives_up_lets_readers_go(self, lock):
        """A reader that queued behind the waiting writer goes on when that one is called off."""
        reading, done = threading.Event(), threading.Event()
        with support.Interruption(KeyboardInterrupt) as interruption, support.Threads() as threads:

            def hold():
                reading.set()
                assert done.wait(support.TIMEOUT)

            def late_reader():
                support.wait_until(lambda: lock.look()[1] == 1)
                threads.start(interruption.strike)
                lock.read(done.set, True)

            threads.start(lambda: lock.read(hold, True))
            assert reading.wait(support.TIMEOUT)
            with pytest.raises(KeyboardInterrupt):
                threads.start(late_reader)
                lock.write(lambda: None, False)
        assert lock.look() == FREE


class TestFork:
    """In a child the parent's other threads are gone, and so is what they held or waited for."""

    @pytest.mark.skipif(support.TSAN, reason=support.NO_THREADS_IN_CHILD)
    @pytest.mark.parametrize("held", ["read", "write"])
    def test_a_lock_that_others_held_and_waited_for(self, lock, held):
        inside, go_on = threading.Event(), threading.Event()

        def hold():
            inside.set()
            go_on.wait(support.TIMEOUT)

        def work():
            assert lock.write(lock.look, False) == (0, 0, 1, 0)
            support.run_together(*[lambda: lock.read(lambda: None, False)] * 4)
            assert lock.look() == FREE

        with support.Threads() as threads:
            threads.start(getattr(lock, held), hold, False)
            inside.wait(support.TIMEOUT)
            threads.start(lock.write, lambda: None, False)
            support.wait_until(lambda: lock.look()[1] == 1)
            ended = support.in_child(work)
            go_on.set()
        assert ended == 0
        assert lock.look() == FREE

    def test_a_hold_of_this_thread_is_lost(self, lock):
        ends = []

        def fork():
            ends.append(support.in_child(lambda: lock.write(lock.look, False)))

        lock.read(fork, False)
        assert ends == [0]
        assert lock.look() == FREE

    @pytest.mark.parametrize("way", ["read", "write"])
    def test_a_handler_forks_while_we_wait(self, lock, way):
        """The child goes on with the call that its parent waits in, and nobody holds it up."""
        inside, go_on, ends = threading.Event(), threading.Event(), []

        def hold():
            inside.set()
            go_on.wait(support.TIMEOUT)

        def fork(number, frame):
            if not ends:
                ends.append(support.fork())

        def strike():
            support.wait_until(lambda: lock.look()[3])
            support.waits(threading.main_thread(), "lock")
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
            go_on.set()

        before = signal.signal(signal.SIGUSR1, fork)
        try:
            with support.Threads() as threads:
                threads.start(lock.write, hold, False)
                inside.wait(support.TIMEOUT)
                threads.start(strike)
                code = 3
                try:
                    assert getattr(lock, way)(lambda: "here", False) == "here"
                    code = 0
                finally:
                    if ends[0] == 0:
                        os._exit(code)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert os.waitstatus_to_exitcode(os.waitpid(ends[0], 0)[1]) == 0
