"""src/util/lock.c: a mutex."""

import os
import signal
import threading

import _probe
import pytest

import support

DETACHED = pytest.mark.parametrize("detached", [False, True])


@pytest.fixture
def mutex():
    return _probe.Mutex()


def hold_in_thread(mutex, threads, until):
    """Have another thread hold it until that returns."""
    held = threading.Event()

    def hold():
        mutex.lock(False)
        held.set()
        try:
            until()
        finally:
            mutex.unlock()

    threads.start(hold)
    assert held.wait(support.TIMEOUT)


def in_child_of_holder(mutex, work):
    """Fork while another thread holds it; how *work* ended in the child."""
    go_on = threading.Event()
    with support.Threads() as threads:
        hold_in_thread(mutex, threads, lambda: go_on.wait(support.TIMEOUT))
        ended = support.in_child(work)
        go_on.set()
    return ended


class TestMutex:
    @DETACHED
    def test_lock(self, mutex, detached):
        assert not mutex.is_mine()
        mutex.lock(detached)
        assert mutex.is_mine()
        mutex.unlock()
        assert not mutex.is_mine()
        assert mutex.wanted() == 0

    def test_trylock(self, mutex):
        assert mutex.trylock()
        assert mutex.is_mine()
        assert not mutex.trylock()
        mutex.unlock()
        assert mutex.trylock()
        mutex.unlock()

    def test_is_mine_in_one_thread_only(self, mutex):
        mutex.lock(False)
        assert support.run_together(mutex.is_mine, mutex.trylock) == [False, False]
        mutex.unlock()

    @DETACHED
    def test_waits(self, mutex, detached):
        order = []

        def work():
            mutex.lock(detached)
            order.append("theirs")
            mutex.unlock()

        mutex.lock(False)
        with support.Threads() as threads:
            threads.start(work)
            support.wait_until(lambda: mutex.wanted() == 2)
            order.append("ours")
            mutex.unlock()
        assert order == ["ours", "theirs"]
        assert mutex.wanted() == 0

    def test_exclusion(self, mutex):
        inside, counter = [], [0]

        def work(number):
            for turn in range(400):
                mutex.lock(bool((turn + number) % 2))
                inside.append(number)
                assert inside == [number]
                before = counter[0]
                assert mutex.is_mine()
                counter[0] = before + 1
                inside.pop()
                mutex.unlock()

        support.run_together(*[lambda number=number: work(number) for number in range(8)])
        assert counter == [3200]
        assert mutex.wanted() == 0

    @DETACHED
    def test_signal_whose_handler_returns(self, mutex, detached):
        with support.Interruption() as interruption, support.Threads() as threads:
            hold_in_thread(mutex, threads, interruption.strike)
            mutex.lock(detached)
            assert interruption.handled.is_set()
            assert mutex.is_mine()
            mutex.unlock()
        assert mutex.wanted() == 0

    @DETACHED
    def test_signal_whose_handler_raises(self, mutex, detached):
        done = threading.Event()

        def until():
            support.wait_until(lambda: mutex.wanted() == 2)
            interruption.strike()
            assert done.wait(support.TIMEOUT)

        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads:
                hold_in_thread(mutex, threads, until)
                with pytest.raises(KeyboardInterrupt):
                    mutex.lock(detached)
                assert not mutex.is_mine()
                assert mutex.wanted() == 1
                done.set()
        assert mutex.trylock()
        mutex.unlock()

    @DETACHED
    def test_handler_locks_the_same(self, mutex, detached):
        class Nested(support.Interruption):
            def _handle(self, number, frame):
                if not self.handled.is_set():
                    self.handled.set()
                    mutex.lock(False)
                    mutex.unlock()

        with Nested() as interruption, support.Threads() as threads:
            hold_in_thread(mutex, threads, interruption.strike)
            mutex.lock(detached)
            mutex.unlock()
        assert mutex.wanted() == 0

    def test_giving_up_among_many(self, mutex):
        """Signals call the main thread off the queue while others come and go."""
        stop = threading.Event()

        def work():
            while not stop.is_set():
                mutex.lock(True)
                mutex.unlock()

        def alarm(number, frame):
            raise InterruptedError

        got = given_up = 0
        before = signal.signal(signal.SIGALRM, alarm)
        try:
            with support.Threads() as threads:
                for _ in range(4):
                    threads.start(work)
                try:
                    while given_up < 20 and got < 100000:
                        try:
                            signal.setitimer(signal.ITIMER_REAL, 0.002)
                            mutex.lock(False)
                            signal.setitimer(signal.ITIMER_REAL, 0)
                        except InterruptedError:
                            given_up += 1
                        if mutex.is_mine():
                            got += 1
                            mutex.unlock()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    stop.set()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert mutex.wanted() == 0
        assert mutex.trylock()
        mutex.unlock()

    def test_callback_under_the_lock(self, mutex):
        """Whoever waits for it is detached: so the holder may come back to Python."""
        mutex.lock(False)
        with support.Threads() as threads:
            threads.start(lambda: (mutex.lock(False), mutex.unlock()))
            support.wait_until(lambda: mutex.wanted() == 2)
            assert _probe.detached(mutex.is_mine)
            mutex.unlock()


class TestFork:
    """In a child the parent's other threads are gone, and so is what they held or waited for."""

    def test_a_mutex_that_was_free(self, mutex):
        mutex.lock(False)
        mutex.unlock()

        def work():
            mutex.lock(False)
            mutex.unlock()
            assert mutex.trylock()
            mutex.unlock()
            assert mutex.wanted() == 0

        assert support.in_child(work) == 0

    def test_a_mutex_that_this_thread_holds(self, mutex):
        mutex.lock(False)

        def work():
            assert mutex.is_mine()
            mutex.unlock()
            mutex.lock(False)
            mutex.unlock()
            assert mutex.wanted() == 0

        assert support.in_child(work) == 0
        mutex.unlock()
        assert mutex.wanted() == 0

    @DETACHED
    def test_a_mutex_that_another_thread_held(self, mutex, detached):
        def work():
            for _ in range(2):
                with pytest.raises(RuntimeError, match="when the process was forked"):
                    mutex.lock(detached)
                assert not mutex.trylock()

        assert in_child_of_holder(mutex, work) == 0
        mutex.lock(False)
        mutex.unlock()

    @pytest.mark.skipif(support.TSAN, reason=support.NO_THREADS_IN_CHILD)
    def test_a_new_thread_is_not_the_holder(self, mutex):
        """It gets the stack of the one that is gone, usually, and so its number."""

        def work():
            assert not any(support.run_together(*[mutex.is_mine] * 8))
            with pytest.raises(RuntimeError, match="when the process was forked"):
                mutex.lock(False)

        assert in_child_of_holder(mutex, work) == 0

    @DETACHED
    def test_handler_that_forks_and_raises(self, mutex, detached):
        """In the child, where the mutex is free."""
        children = []

        class Forks(support.Interruption):
            def _handle(self, number, frame):
                if not self.handled.is_set():
                    self.handled.set()
                    support.wait_until(lambda: mutex.wanted() == 1)
                    children.append(support.fork())
                    if children[0] == 0:
                        raise KeyboardInterrupt

        def until():
            support.wait_until(lambda: mutex.wanted() == 2)
            interruption.strike()

        def lock():
            try:
                mutex.lock(detached)
            except BaseException as error:
                return type(error)

        with Forks() as interruption, support.Threads() as threads:
            hold_in_thread(mutex, threads, until)
            got = lock()
            if children[0] == 0:
                os._exit(0 if got is KeyboardInterrupt and lock() is None else 3)
            mutex.unlock()
        assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
        assert got is None
        assert mutex.wanted() == 0

    @pytest.mark.skipif(support.TSAN, reason=support.NO_THREADS_IN_CHILD)
    def test_a_mutex_that_others_waited_for(self, mutex):
        mutex.lock(False)

        def work():
            mutex.unlock()
            support.run_together(*[lambda: (mutex.lock(False), mutex.unlock())] * 4)
            assert mutex.wanted() == 0

        with support.Threads() as threads:
            for _ in range(3):
                threads.start(lambda: (mutex.lock(False), mutex.unlock()))
            support.wait_until(lambda: mutex.wanted() == 4)
            ended = support.in_child(work)
            mutex.unlock()
        assert ended == 0
