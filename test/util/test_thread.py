"""src/util/thread.c: leaving Python, and callbacks back into it."""

import gc
import os
import sys
import threading

import _probe
import pytest

import support

EACH_WAY = pytest.mark.parametrize("way", [_probe.detached, _probe.attached])
DETACHED = pytest.mark.parametrize("detached", [False, True])


class TestCallback:
    @EACH_WAY
    def test_result(self, way):
        value = object()
        assert way(lambda: value) is value

    @EACH_WAY
    @pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3)])
    def test_exception_arrives(self, way, error):
        def fail():
            raise error

        with pytest.raises(type(error)) as caught:
            way(fail)
        assert caught.value is error

    @EACH_WAY
    def test_traceback_leads_to_the_callback(self, way):
        with pytest.raises(ZeroDivisionError) as caught:
            way(lambda: 1 / 0)
        assert caught.traceback[-1].name == "<lambda>"

    def test_nested(self):
        def nest(depth):
            if depth == 0:
                return "bottom"
            way = _probe.detached if depth % 2 else _probe.attached
            return way(lambda: nest(depth - 1))

        assert nest(50) == "bottom"

    def test_nested_exception(self):
        with pytest.raises(ZeroDivisionError):
            _probe.detached(lambda: _probe.detached(lambda: 1 / 0))

    def test_inner_exception_that_is_caught(self):
        def outer():
            with pytest.raises(ZeroDivisionError):
                _probe.detached(lambda: 1 / 0)
            return 3

        assert _probe.detached(outer) == 3

    def test_endless_recursion_comes_back(self):
        def again():
            return _probe.detached(again)

        with pytest.raises(RecursionError):
            again()

    def test_second_runs_after_success(self):
        seen = []
        assert _probe.detached_twice(lambda: seen.append(1), lambda: seen.append(2)) == 2
        assert seen == [1, 2]

    def test_second_does_not_run_on_top_of_an_exception(self):
        seen = []
        with pytest.raises(ZeroDivisionError):
            _probe.detached_twice(lambda: 1 / 0, lambda: seen.append(2))
        assert seen == []

    def test_garbage_is_collected_inside(self):
        class Cycle:
            pass

        def litter():
            for _ in range(100):
                one = Cycle()
                one.self = one
            gc.collect()

        _probe.detached(litter)

    def test_is_detached(self):
        assert _probe.is_detached() == (0, 1)
        assert _probe.detached(_probe.is_detached) == (0, 1)

    def test_thread_that_python_never_saw(self):
        assert _probe.enter_in_foreign_thread() == 0

    def test_many_threads(self):
        def work():
            return [_probe.detached(lambda: threading.get_ident()) for _ in range(500)]

        for result in support.run_together(*[work] * 8):
            assert len(set(result)) == 1

    def test_exceptions_stay_with_their_thread(self):
        def work(number):
            def fail():
                raise ValueError(number)

            for _ in range(300):
                with pytest.raises(ValueError) as caught:
                    _probe.detached(fail)
                assert caught.value.args == (number,)

        support.run_together(*[lambda number=number: work(number) for number in range(6)])

    def test_other_threads_run_meanwhile(self):
        gate, reading = threading.Event(), os.pipe()

        def callback():
            gate.set()
            return os.read(reading[0], 1)

        with support.Threads() as threads:
            threads.start(lambda: gate.wait(support.TIMEOUT) and os.write(reading[1], b"x"))
            assert _probe.detached(callback) == b"x"
        os.close(reading[0])
        os.close(reading[1])

    def test_with_profiling_and_tracing(self):
        calls = []
        sys.setprofile(lambda frame, event, arg: calls.append(event))
        try:
            _probe.detached(lambda: None)
        finally:
            sys.setprofile(None)
        assert "call" in calls


class TestCheckSignals:
    @DETACHED
    def test_nothing(self, detached):
        assert _probe.check_signals(detached) is None

    @DETACHED
    def test_handler_raises(self, detached):
        with support.Interruption(KeyboardInterrupt) as interruption:
            with support.Threads() as threads, pytest.raises(KeyboardInterrupt):
                threads.start(interruption.strike)
                while True:
                    _probe.check_signals(detached)

    @DETACHED
    def test_handler_returns(self, detached):
        with support.Interruption() as interruption, support.Threads() as threads:
            threads.start(interruption.strike)
            while not interruption.handled.is_set():
                _probe.check_signals(detached)

    @DETACHED
    def test_not_the_main_thread(self, detached):
        [result] = support.run_together(lambda: _probe.check_signals(detached))
        assert result is None
