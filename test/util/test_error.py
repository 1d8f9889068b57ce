"""src/util/error.c: OpenSSL's error queue as an exception."""

import errno
import os

import _probe
import pytest

import support

EVP, PEM, SYSTEM = _probe.LIB_EVP, _probe.LIB_PEM, _probe.LIB_SYS
NO_START_LINE, MALLOC_FAILURE = _probe.NO_START_LINE, _probe.MALLOC_FAILURE
WHO_KNOWS = 3999


class FailedError(Exception):
    pass


class TestRaise:
    def test_triples(self):
        _probe.push(PEM, NO_START_LINE)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert caught.value.args == ([("PEM routines", "", "no start line")],)

    def test_the_whole_queue_oldest_first(self):
        for reason in (100, NO_START_LINE, 104):
            _probe.push(PEM, reason)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        [triples] = caught.value.args
        assert [reason for _, _, reason in triples] == [
            "bad base64 decode",
            "no start line",
            "bad password read",
        ]
        assert all(type(text) is str for triple in triples for text in triple)
        assert support.queued_errors() == []

    def test_more_than_the_queue_holds(self):
        for _ in range(100):
            _probe.push(PEM, NO_START_LINE)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert 1 < len(caught.value.args[0]) < 100
        assert support.queued_errors() == []

    def test_past_empty_places(self):
        """As OpenSSL 3.6 leaves them when memory runs out while it makes an entry."""
        for _ in range(2):
            support.libcrypto.ERR_new()
            _probe.push(PEM, NO_START_LINE)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert caught.value.args == ([("PEM routines", "", "no start line")] * 2,)
        assert [support.queued_errors() for _ in range(3)] == [[]] * 3

    def test_unknown_reason(self):
        _probe.push(EVP, WHO_KNOWS)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert caught.value.args == ([("digital envelope routines", "", "")],)

    def test_unknown_library(self):
        _probe.push(201, WHO_KNOWS)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert caught.value.args == ([("", "", "")],)

    @pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ECONNRESET])
    def test_what_the_system_says(self, number):
        _probe.push(SYSTEM, number)
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert caught.value.args == ([("system library", "", os.strerror(number))],)

    def test_empty_queue(self):
        with pytest.raises(FailedError) as caught:
            _probe.raise_(FailedError)
        assert caught.value.args == ([("", "", "unknown error")],)

    @pytest.mark.parametrize("before", [0, 2])
    def test_memory(self, before):
        for _ in range(before):
            _probe.push(PEM, NO_START_LINE)
        _probe.push(EVP, MALLOC_FAILURE)
        _probe.push(PEM, NO_START_LINE)
        with pytest.raises(MemoryError):
            _probe.raise_(FailedError)
        assert support.queued_errors() == []


class TestRaiseNew:
    def test_empty_queue_is_no_memory(self):
        with pytest.raises(MemoryError):
            _probe.raise_new(FailedError)

    def test_else_as_raise(self):
        _probe.push(PEM, NO_START_LINE)
        with pytest.raises(FailedError) as caught:
            _probe.raise_new(FailedError)
        assert caught.value.args == ([("PEM routines", "", "no start line")],)


class TestRaiseReason:
    def test_triple(self):
        _probe.push(PEM, NO_START_LINE)  # of no interest
        with pytest.raises(FailedError) as caught:
            _probe.raise_reason(FailedError, "SSL routines", "so it is")
        assert caught.value.args == ([("SSL routines", "", "so it is")],)
        assert support.queued_errors() == []


@pytest.mark.parametrize("how", ["raise", "new", "reason"])
@pytest.mark.parametrize("pending", [KeyError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("queued", [0, 3])
class TestPendingException:
    def test_wins(self, how, pending, queued):
        for _ in range(queued):
            _probe.push(PEM, NO_START_LINE)
        with pytest.raises(pending):
            _probe.raise_over(how, pending)
        assert support.queued_errors() == []


class TestMarks:
    def test_what_came_before_stays(self):
        _probe.push(PEM, NO_START_LINE)
        _probe.mark()
        _probe.push(EVP, WHO_KNOWS)
        _probe.push(EVP, WHO_KNOWS)
        _probe.forget()
        assert _probe.first_is(PEM, NO_START_LINE)
        assert len(support.queued_errors()) == 1

    def test_empty_queue(self):
        _probe.mark()
        _probe.push(EVP, WHO_KNOWS)
        _probe.forget()
        assert support.queued_errors() == []

    def test_nothing_came(self):
        _probe.push(PEM, NO_START_LINE)
        _probe.mark()
        _probe.forget()
        assert len(support.queued_errors()) == 1

    def test_nested(self):
        _probe.push(PEM, NO_START_LINE)
        _probe.mark()
        _probe.push(EVP, WHO_KNOWS)
        _probe.mark()
        _probe.push(EVP, WHO_KNOWS)
        _probe.forget()
        _probe.push(EVP, WHO_KNOWS)
        _probe.forget()
        assert len(support.queued_errors()) == 1


class TestSwallow:
    @pytest.mark.parametrize("queued", [0, 1, 3])
    def test_drops(self, queued):
        for _ in range(queued):
            _probe.push(PEM, NO_START_LINE)
        _probe.swallow()
        assert support.queued_errors() == []

    @pytest.mark.parametrize("before", [0, 2])
    def test_memory(self, before):
        for _ in range(before):
            _probe.push(PEM, NO_START_LINE)
        _probe.push(EVP, MALLOC_FAILURE)
        _probe.push(PEM, NO_START_LINE)
        with pytest.raises(MemoryError):
            _probe.swallow()
        assert support.queued_errors() == []


class TestClear:
    def test_past_an_empty_place(self):
        support.libcrypto.ERR_new()
        _probe.push(PEM, NO_START_LINE)
        _probe.drop()
        assert [support.queued_errors() for _ in range(2)] == [[], []]

    def test_clear(self):
        _probe.drop()
        assert not _probe.pending()
        for _ in range(3):
            _probe.push(PEM, NO_START_LINE)
        assert _probe.pending()
        _probe.drop()
        assert not _probe.pending()
        assert support.queued_errors() == []


class TestFirstIs:
    def test_first(self):
        _probe.push(PEM, NO_START_LINE)
        _probe.push(EVP, WHO_KNOWS)
        assert _probe.first_is(PEM, NO_START_LINE)
        assert not _probe.first_is(EVP, WHO_KNOWS)
        assert not _probe.first_is(PEM, NO_START_LINE + 1)
        assert not _probe.first_is(EVP, NO_START_LINE)
        assert len(support.queued_errors()) == 2

    def test_empty(self):
        assert not _probe.first_is(PEM, NO_START_LINE)


class TestLastIs:
    def test_last(self):
        _probe.push(PEM, NO_START_LINE)
        _probe.push(EVP, WHO_KNOWS)
        assert _probe.last_is(EVP, WHO_KNOWS)
        assert not _probe.last_is(PEM, NO_START_LINE)
        assert not _probe.last_is(EVP, WHO_KNOWS + 1)
        assert len(support.queued_errors()) == 2

    def test_empty(self):
        assert not _probe.last_is(PEM, NO_START_LINE)


class TestThreads:
    def test_each_has_its_own_queue(self):
        def fail(reason):
            for _ in range(2000):
                _probe.push(PEM, reason)
                with pytest.raises(FailedError) as caught:
                    _probe.raise_(FailedError)
                assert len(caught.value.args[0]) == 1

        support.run_together(*[lambda reason=reason: fail(reason) for reason in range(100, 108)])
