"""src/util/args.c: arguments bound to names, and converted."""

import array
import mmap
import os
import socket
import sys
from pathlib import Path

import _probe
import pytest

MISSING = ...


class TestBind:
    def test_by_position(self):
        assert _probe.bind_one(1) == (1,)
        assert _probe.bind_three(1, 2, 3) == (1, 2, 3)
        assert _probe.bind_eight(*range(8)) == tuple(range(8))

    def test_by_name(self):
        assert _probe.bind_one(only=1) == (1,)
        assert _probe.bind_three(third=3, second=2, first=1) == (1, 2, 3)
        assert _probe.bind_eight(**{name: name for name in "hgfedcba"}) == tuple("abcdefgh")

    def test_both(self):
        assert _probe.bind_three(1, third=3) == (1, MISSING, 3)
        assert _probe.bind_three(1, 2, third=3) == (1, 2, 3)

    def test_what_is_left_out(self):
        assert _probe.bind_three(1) == (1, MISSING, MISSING)
        assert _probe.bind_named() == (MISSING, MISSING)

    def test_none_is_a_value(self):
        assert _probe.bind_three(None, None) == (None, None, MISSING)

    def test_by_a_name_that_was_made_just_now(self):
        name = "".join(["thi", "rd"])
        assert _probe.bind_three(1, **{name: 3}) == (1, MISSING, 3)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: _probe.bind_one(), "bind_one() missing required argument: 'only'"),
            (
                lambda: _probe.bind_three(second=2),
                "bind_three() missing required argument: 'first'",
            ),
            (lambda: _probe.bind_eight(*range(7)), "bind_eight() missing required argument: 'h'"),
            (
                lambda: _probe.bind_one(1, 2),
                "bind_one() takes 1 positional arguments but 2 were given",
            ),
            (
                lambda: _probe.bind_three(1, 2, 3, 4),
                "bind_three() takes 3 positional arguments but 4 were given",
            ),
            (
                lambda: _probe.bind_named(1),
                "bind_named() takes 0 positional arguments but 1 were given",
            ),
            (
                lambda: _probe.bind_one(1, only=1),
                "bind_one() got multiple values for argument 'only'",
            ),
            (
                lambda: _probe.bind_three(1, 2, first=1),
                "bind_three() got multiple values for argument 'first'",
            ),
            (
                lambda: _probe.bind_one(1, other=1),
                "bind_one() got an unexpected keyword argument 'other'",
            ),
            (lambda: _probe.bind_one(onl=1), "bind_one() got an unexpected keyword argument 'onl'"),
            (
                lambda: _probe.bind_one(**{"only\0": 1}),
                "bind_one() got an unexpected keyword argument 'only\0'",
            ),
            (
                lambda: _probe.bind_one(**{"\udc80": 1}),
                "bind_one() got an unexpected keyword argument '\udc80'",
            ),
            (
                lambda: _probe.bind_one(**{"": 1}),
                "bind_one() got an unexpected keyword argument ''",
            ),
        ],
    )
    def test_wrong_call(self, call, message):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value) == message

    def test_does_not_keep_what_it_was_given(self):
        value = object()
        before = sys.getrefcount(value)
        for _ in range(100):
            _probe.bind_three(value, third=value)
            with pytest.raises(TypeError):
                _probe.bind_three(value, third=value, fourth=value)
        assert sys.getrefcount(value) == before


class TestBindTuple:
    @pytest.mark.parametrize(
        ("args", "kwargs", "result"),
        [
            ((1,), None, (1, MISSING, MISSING)),
            ((1, 2, 3), None, (1, 2, 3)),
            ((1,), {}, (1, MISSING, MISSING)),
            ((), {"first": 1}, (1, MISSING, MISSING)),
            ((1,), {"third": 3, "second": 2}, (1, 2, 3)),
        ],
    )
    def test_bind(self, args, kwargs, result):
        assert _probe.bind_tuple(args, kwargs) == result

    @pytest.mark.parametrize(
        ("args", "kwargs", "message"),
        [
            ((), None, "missing required"),
            ((), {"second": 1}, "missing required argument: 'first'"),
            ((1, 2, 3, 4), None, "takes 3 positional arguments but 4"),
            ((1,), {"first": 1}, "multiple values"),
            ((1,), {"other": 1}, "unexpected keyword argument 'other'"),
            ((1,), {1: 1}, "keywords must be strings"),
            ((1,), {None: 1}, "keywords must be strings"),
            ((1,), {b"second": 1}, "keywords must be strings"),
        ],
    )
    def test_wrong_call(self, args, kwargs, message):
        with pytest.raises(TypeError, match=message):
            _probe.bind_tuple(args, kwargs)


class TestInitNothing:
    def test_nothing(self):
        assert _probe.init_nothing(object(), (), None) is None
        assert _probe.init_nothing(object(), (), {}) is None

    @pytest.mark.parametrize(("args", "kwargs"), [((1,), None), ((), {"x": 1}), ((1,), {"x": 1})])
    def test_something(self, args, kwargs):
        with pytest.raises(TypeError, match=r"^_probe.Owner\(\) takes no arguments$"):
            _probe.init_nothing(_probe.Owner(), args, kwargs)

    def test_as_a_slot(self):
        assert _probe.Owner().__init__() is None
        with pytest.raises(TypeError, match="takes no arguments"):
            _probe.Owner(1)


class Number(int):
    def __int__(self):
        raise AssertionError("its value counts, not what it says")

    __index__ = __int__


class Index:
    def __index__(self):
        return 3


NO_INTEGERS = [None, "3", b"3", 3.0, 3j, [], object(), Index()]

RANGES = {
    _probe.as_int: (-(1 << 31), (1 << 31) - 1),
    _probe.as_long: (-sys.maxsize - 1, sys.maxsize),
    _probe.as_options: (0, (1 << 64) - 1),
    _probe.as_size: (0, (1 << 31) - 1),
}


@pytest.mark.parametrize("convert", RANGES)
class TestIntegers:
    @pytest.mark.parametrize("value", [0, 1, 255, 65536, True, False, Number(7)])
    def test_usual(self, convert, value):
        assert convert(value) == int.__add__(value, 0)

    def test_ends_of_the_range(self, convert):
        for end in RANGES[convert]:
            assert convert(end) == end

    def test_beyond(self, convert):
        low, high = RANGES[convert]
        for value in (high + 1, high * 3, 1 << 64, 1 << 20000):
            with pytest.raises(OverflowError, match=r"^number is out of range$"):
                convert(value)
        for value in (low - 1, -(1 << 64), -(1 << 20000)):
            with pytest.raises((OverflowError, ValueError), match=r"^number "):
                convert(value)

    @pytest.mark.parametrize("value", NO_INTEGERS, ids=repr)
    def test_no_integer(self, convert, value):
        with pytest.raises(TypeError) as caught:
            convert(value)
        assert str(caught.value) == f"number must be an integer, not {type(value).__name__}"


class TestAsInt:
    def test_minus_one(self):
        assert _probe.as_int(-1) == -1
        assert _probe.as_long(-1) == -1


class TestAsOptions:
    def test_negative(self):
        with pytest.raises(OverflowError):
            _probe.as_options(-1)


class TestAsSize:
    def test_negative(self):
        for value in (-1, -(1 << 31)):
            with pytest.raises(ValueError, match=r"^number must not be negative$"):
                _probe.as_size(value)


class File:
    def __init__(self, answer):
        self.answer = answer

    def fileno(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class TestAsFd:
    def test_number(self):
        assert _probe.as_fd(0) == 0
        assert _probe.as_fd(5) == 5
        assert _probe.as_fd(Number(5)) == 5

    def test_fileno(self):
        assert _probe.as_fd(File(7)) == 7
        with socket.socket() as sock:
            assert _probe.as_fd(sock) == sock.fileno()

    @pytest.mark.parametrize("value", [None, "3", 3.0, object()])
    def test_neither(self, value):
        with pytest.raises(
            TypeError, match=r"^file must be an integer or have a fileno\(\) method"
        ):
            _probe.as_fd(value)

    @pytest.mark.parametrize("value", [None, "3", 3.0])
    def test_fileno_gives_no_number(self, value):
        with pytest.raises(TypeError, match=r"^file must be an integer"):
            _probe.as_fd(File(value))

    @pytest.mark.parametrize("value", [-1, -(1 << 31), File(-1)])
    def test_negative(self, value):
        with pytest.raises(ValueError, match=r"^file: a file descriptor cannot be negative"):
            _probe.as_fd(value)

    @pytest.mark.parametrize("value", [1 << 31, File(1 << 31), 1 << 100])
    def test_out_of_range(self, value):
        with pytest.raises(OverflowError, match="file"):
            _probe.as_fd(value)

    def test_closed_socket(self):
        sock = socket.socket()
        sock.close()
        with pytest.raises(ValueError, match="negative"):
            _probe.as_fd(sock)

    @pytest.mark.parametrize(
        "error", [OSError("so"), AttributeError("within"), KeyboardInterrupt()]
    )
    def test_fileno_raises(self, error):
        with pytest.raises(type(error)) as caught:
            _probe.as_fd(File(error))
        assert caught.value is error

    def test_attribute_look_up_raises(self):
        class Strange:
            @property
            def fileno(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            _probe.as_fd(Strange())


class TestAsTruth:
    @pytest.mark.parametrize("value", [0, 1, "", "x", None, [], [0], 1 << 70, object()])
    def test_truth(self, value):
        assert _probe.as_truth(value) is bool(value)

    def test_raises(self):
        class Strange:
            def __bool__(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            _probe.as_truth(Strange())


class Bytes(bytes):
    def __len__(self):
        return 1 << 40


def buffers():
    area = mmap.mmap(-1, 4)
    area[:] = b"abcd"
    return [
        (b"abcd", b"abcd"),
        (b"", b""),
        (b"a\0b", b"a\0b"),
        (bytearray(b"abcd"), b"abcd"),
        (memoryview(b"abcd"), b"abcd"),
        (memoryview(b"abcd")[1:3], b"bc"),
        (memoryview(b"abcd").cast("H"), b"abcd"),
        (memoryview(b"abcd").cast("B", (2, 2)), b"abcd"),
        (array.array("H", b"abcd"), b"abcd"),
        (area, b"abcd"),
        (Bytes(b"abcd"), b"abcd"),
    ]


NO_BUFFERS = [None, 3, 3.0, [1], object(), memoryview(b"abcd")[::2]]
READERS = [_probe.as_buffer, _probe.as_ascii_buffer, _probe.as_warned_buffer]


@pytest.mark.parametrize("convert", READERS)
class TestBuffers:
    @pytest.mark.parametrize(("value", "content"), buffers())
    def test_content(self, convert, value, content):
        assert convert(value) == content

    @pytest.mark.parametrize("value", NO_BUFFERS, ids=repr)
    def test_no_buffer(self, convert, value):
        with pytest.raises(TypeError) as caught:
            convert(value)
        assert str(caught.value) == (
            f"data must be bytes or another contiguous buffer, not {type(value).__name__}"
        )

    def test_is_let_go(self, convert):
        value = bytearray(b"abcd")
        convert(value)
        value += b"e"

    def test_released_view(self, convert):
        view = memoryview(b"abcd")
        view.release()
        with pytest.raises(ValueError, match="released"):
            convert(view)

    def test_too_long(self, convert):
        # Never touched, so that it costs no memory.
        with mmap.mmap(-1, 1 << 31) as area, memoryview(area) as view:
            with pytest.raises(ValueError, match=r"^data is too long: at most 2\*\*31-1 bytes$"):
                convert(view)


class TestAsBuffer:
    def test_text(self):
        with pytest.raises(TypeError, match="not str"):
            _probe.as_buffer("abcd")


class TestAsWritable:
    @pytest.mark.parametrize(
        "value", [bytearray(4), bytearray(), array.array("H", [1, 2]), memoryview(bytearray(4))]
    )
    def test_writable(self, value):
        _probe.as_writable(value)
        assert bytes(value) == b"x" * memoryview(value).nbytes

    @pytest.mark.parametrize(
        "value",
        [b"abcd", "abcd", None, 3, memoryview(b"abcd"), memoryview(bytearray(4))[::2], []],
        ids=repr,
    )
    def test_not(self, value):
        with pytest.raises(TypeError, match=r"^data must be a writable contiguous buffer, not "):
            _probe.as_writable(value)

    def test_part_of_a_buffer(self):
        value = bytearray(b"abcd")
        _probe.as_writable(memoryview(value)[1:3])
        assert value == b"axxd"


class TestAsAsciiBuffer:
    def test_text(self):
        assert _probe.as_ascii_buffer("abcd\n") == b"abcd\n"
        assert _probe.as_ascii_buffer("") == b""

    @pytest.mark.parametrize("value", ["\u00e9", "abc\u20ac", "\udc80"])
    def test_not_ascii(self, value):
        with pytest.raises(UnicodeEncodeError):
            _probe.as_ascii_buffer(value)


WARNING = "^str for data is no longer accepted, use bytes$"


@pytest.mark.parametrize("convert", [_probe.as_warned_buffer, _probe.as_warned_bytes])
class TestWarned:
    def test_text(self, convert):
        with pytest.warns(DeprecationWarning, match=WARNING) as caught:
            assert convert("h\u00e9") == b"h\xc3\xa9"
        assert caught[0].filename == __file__

    def test_warning_as_error(self, convert):
        with pytest.raises(DeprecationWarning, match=WARNING):  # as pytest is told to do
            convert("abc")

    def test_not_encodable(self, convert):
        with pytest.warns(DeprecationWarning, match=WARNING):
            with pytest.raises(UnicodeEncodeError):
                convert("\udc80")

    def test_bytes(self, convert):
        assert convert(b"abc") == b"abc"


class FsPath:
    def __init__(self, answer):
        self.answer = answer

    def __fspath__(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class TestAsPath:
    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ("a/b", b"a/b"),
            (b"a/b", b"a/b"),
            ("", b""),
            ("\u00e9", os.fsencode("\u00e9")),
            ("\udcff", b"\xff"),
            (Path("a/b"), b"a/b"),
            (FsPath("x"), b"x"),
            (FsPath(b"x"), b"x"),
            ("x" * 100000, b"x" * 100000),
        ],
        ids=lambda value: repr(value)[:20],
    )
    def test_path(self, value, path):
        assert _probe.as_path(value) == path

    @pytest.mark.parametrize(
        "value", [None, 3, object(), bytearray(b"x"), memoryview(b"x"), FsPath(3), ["x"]], ids=repr
    )
    def test_no_path(self, value):
        with pytest.raises(TypeError, match=r"^path must be a path \(str, bytes or os.PathLike\)"):
            _probe.as_path(value)

    @pytest.mark.parametrize("value", ["a\0b", b"a\0", "\0", Path("a\0b"), FsPath(b"\0")], ids=repr)
    def test_nul(self, value):
        with pytest.raises(ValueError, match=r"^path must not contain a NUL byte$"):
            _probe.as_path(value)

    def test_not_encodable(self):
        with pytest.raises(UnicodeEncodeError):
            _probe.as_path("\ud800")

    def test_fspath_raises(self):
        with pytest.raises(ZeroDivisionError):
            _probe.as_path(FsPath(ZeroDivisionError()))


class TestAsIdentifier:
    @pytest.mark.parametrize("value", ["sha256", b"sha256"])
    def test_name(self, value):
        assert _probe.as_identifier(value) == b"sha256"

    @pytest.mark.parametrize("value", ["sha256\0zzz", b"sha256\0", "\0"])
    def test_nul(self, value):
        with pytest.raises(ValueError, match=r"^name must not contain a NUL byte$"):
            _probe.as_identifier(value)

    @pytest.mark.parametrize("value", [None, 3, bytearray(b"x"), object(), ["x"]])
    def test_no_name(self, value):
        with pytest.raises(TypeError, match=r"^name must be str or bytes, not "):
            _probe.as_identifier(value)

    def test_not_encodable(self):
        with pytest.raises(UnicodeEncodeError):
            _probe.as_identifier("\ud800")


@pytest.mark.parametrize("convert", [_probe.as_plain_bytes, _probe.as_warned_bytes])
class TestBytesWithoutNul:
    def test_bytes(self, convert):
        assert convert(b"abc") == b"abc"
        assert convert(b"") == b""

    def test_nul(self, convert):
        with pytest.raises(ValueError, match=r"^data must not contain a NUL byte$"):
            convert(b"a\0b")

    @pytest.mark.parametrize("value", [None, 3, bytearray(b"x"), memoryview(b"x"), object()])
    def test_nothing_else(self, convert, value):
        with pytest.raises(TypeError, match=r"^data must be bytes, not "):
            convert(value)


class TestAsPlainBytes:
    def test_text(self):
        with pytest.raises(TypeError, match=r"^data must be bytes, not str$"):
            _probe.as_plain_bytes("abc")


class TestAsWarnedBytes:
    def test_nul_in_text(self):
        with (
            pytest.warns(DeprecationWarning, match=WARNING),
            pytest.raises(ValueError, match="NUL"),
        ):
            _probe.as_warned_bytes("a\0b")


class TestAsInstances:
    @pytest.mark.parametrize("kind", [list, tuple, set, iter, lambda items: (x for x in items)])
    def test_iterables(self, kind):
        items = [_probe.Owner(), _probe.Owner()]
        result = _probe.as_instances(kind(items), _probe.Owner)
        assert type(result) is tuple
        assert set(result) == set(items)

    def test_nothing(self):
        assert _probe.as_instances([], _probe.Owner) == ()

    def test_old_sequence(self):
        class Old:
            def __getitem__(self, index):
                return [1, 2][index]

        assert _probe.as_instances(Old(), int) == (1, 2)

    @pytest.mark.parametrize("value", [None, 3, object(), _probe.Owner, _probe.Owner()])
    def test_not_iterable(self, value):
        with pytest.raises(TypeError, match=r"^values must be iterable, not "):
            _probe.as_instances(value, _probe.Owner)

    def test_wrong_item(self):
        message = r"^each item of values must be an instance of _probe.Owner, not int$"
        with pytest.raises(TypeError, match=message):
            _probe.as_instances([_probe.Owner(), 3], _probe.Owner)

    def test_failure_on_the_way(self):
        def failing():
            yield _probe.Owner()
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            _probe.as_instances(failing(), _probe.Owner)


class TestCheckInstance:
    def test_instance(self):
        class Sub(_probe.Owner):
            pass

        assert _probe.check_instance(_probe.Owner(), _probe.Owner) is None
        assert _probe.check_instance(Sub(), _probe.Owner) is None

    @pytest.mark.parametrize("value", [None, 3, object(), _probe.Owner])
    def test_not(self, value):
        with pytest.raises(TypeError, match=r"^value must be an instance of _probe.Owner, not "):
            _probe.check_instance(value, _probe.Owner)

    def test_what_only_says_so(self):
        class Pretender:
            __class__ = _probe.Owner

        assert isinstance(Pretender(), _probe.Owner)
        with pytest.raises(TypeError):
            _probe.check_instance(Pretender(), _probe.Owner)


class TestCheckCallable:
    @pytest.mark.parametrize("value", [len, lambda: None, int])
    def test_callable(self, value):
        assert _probe.check_callable(value) is None

    @pytest.mark.parametrize("value", [None, 3, "len", object()])
    def test_not(self, value):
        with pytest.raises(TypeError, match=r"^callback must be callable, not "):
            _probe.check_callable(value)


class TestCheckBytes:
    def test_bytes(self):
        assert _probe.check_bytes(b"a\0b") is None

    @pytest.mark.parametrize("value", [None, "x", bytearray(b"x")])
    def test_not(self, value):
        with pytest.raises(TypeError, match=r"^data must be bytes, not "):
            _probe.check_bytes(value)
