"""src/util/convert.c: what OpenSSL holds as Python values, numbers and times both ways."""

import random
import sys

import _probe
import pytest

# The tags of ASN.1 types.
OCTET, UTF8, PRINTABLE, T61, IA5, UTC, GENERALIZED, UNIVERSAL, BMP = (
    4,
    12,
    19,
    20,
    22,
    23,
    24,
    28,
    30,
)


class TestFromBio:
    @pytest.mark.parametrize("size", [0, 1, 1000, 1 << 20])
    def test_content(self, size):
        content = random.Random(size).randbytes(size)
        assert _probe.from_bio(content) == content


class TestFromAsn1Text:
    @pytest.mark.parametrize(
        ("kind", "content", "text"),
        [
            (UTF8, "h\u00e9llo \u20ac \U0001f600".encode(), "h\u00e9llo \u20ac \U0001f600"),
            (PRINTABLE, b"plain", "plain"),
            (IA5, b"a@example.com", "a@example.com"),
            (T61, b"caf\xe9", "caf\u00e9"),
            (BMP, "\u20ac1".encode("utf-16-be"), "\u20ac1"),
            (UNIVERSAL, "\U0001f600".encode("utf-32-be"), "\U0001f600"),
            (UTF8, b"a\0b", "a\0b"),
            (UTF8, b"", ""),
        ],
    )
    def test_text(self, kind, content, text):
        assert _probe.from_string("text", kind, content) == text

    @pytest.mark.parametrize(
        ("kind", "content"), [(UTF8, b"\xff\xfe"), (BMP, b"odd"), (UNIVERSAL, b"abc")]
    )
    def test_broken(self, kind, content):
        with pytest.raises(ValueError) as caught:
            _probe.from_string("text", kind, content)
        assert caught.value.args[0][0][0] == "asn1 encoding routines"

    def test_no_text(self):
        with pytest.raises(ValueError) as caught:
            _probe.from_string("text", OCTET, b"x")
        assert caught.value.args == ([("asn1 encoding routines", "", "value is not a text")],)


class TestFromAsn1Octets:
    @pytest.mark.parametrize("content", [b"", b"a\0b", b"\xff" * 1000])
    def test_content(self, content):
        assert _probe.from_string("octets", OCTET, content) == content


class TestFromAsn1Time:
    @pytest.mark.parametrize(
        ("kind", "content", "time"),
        [
            (UTC, b"301231235959Z", b"20301231235959Z"),
            (UTC, b"491231235959Z", b"20491231235959Z"),
            (UTC, b"500101000000Z", b"19500101000000Z"),
            (UTC, b"991231235959Z", b"19991231235959Z"),
            (GENERALIZED, b"20500101000000Z", b"20500101000000Z"),
            (GENERALIZED, b"20500101000000+0130", b"20500101000000+0130"),
            (GENERALIZED, b"nonsense", b"nonsense"),
            (UTC, b"x", b"19x"),
            (UTC, b"040102030405+0530", b"20040101213405Z"),
            (UTC, b"990102030405-0115", b"19990102041905Z"),
            (UTC, b"991302030405Z", b"19991302030405Z"),
            (UTC, b"99130203040506Z", b"1999130203040506Z"),
            (UTC, b"", None),
            (GENERALIZED, b"", None),
        ],
    )
    def test_time(self, kind, content, time):
        assert _probe.from_string("time", kind, content) == time

    def test_none(self):
        assert _probe.from_no_time() is None


class TestAsAsn1Time:
    @pytest.mark.parametrize(
        "text",
        [
            b"20300131235959Z",
            b"19700101000000Z",
            b"00000101000000Z",
            b"99991231235959Z",
            b"20240229120000Z",
            b"20300131235959+0130",
            b"20300131235959-1100",
        ],
    )
    def test_generalized(self, text):
        assert _probe.as_asn1_time(text) == (GENERALIZED, text)

    def test_utc(self):
        assert _probe.as_asn1_time(b"300131235959Z") == (UTC, b"300131235959Z")

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"Z",
            b"hello",
            b"20300131235959",
            b"20301331235959Z",
            b"20300230235959Z",
            b"20230229120000Z",
            b"20300131245959Z",
            b"20300131236059Z",
            b"20300131235959z",
            b"20300131235959Z\0",
            b"20300131\0235959Z",
            b"20300131235959Z ",
            b" 20300131235959Z",
            b"-2030131235959Z",
            b"0" * 5000 + b"Z",
        ],
        ids=lambda text: repr(text)[:24],
    )
    def test_garbage(self, text):
        with pytest.raises(ValueError, match=r"^when is no valid time such as b'20300131235959Z'$"):
            _probe.as_asn1_time(text)

    @pytest.mark.parametrize("value", ["20300131235959Z", None, 3, bytearray(b"20300131235959Z")])
    def test_no_bytes(self, value):
        with pytest.raises(TypeError, match=r"^when must be bytes, not "):
            _probe.as_asn1_time(value)


def numbers():
    found = {0, 1, 127, 128, 255, 256, sys.maxsize, sys.maxsize + 1, 1 << 20000}
    for bits in (7, 8, 15, 16, 30, 31, 32, 60, 63, 64, 65, 511, 512, 513, 2048, 4096):
        found |= {(1 << bits) - 1, 1 << bits, (1 << bits) + 1}
    picker = random.Random(1)
    found |= {picker.getrandbits(picker.randrange(1, 3000)) for _ in range(50)}
    return sorted(found | {-number for number in found})


NUMBERS = numbers()


class Number(int):
    def __abs__(self):
        raise AssertionError("its value counts, not what it says")

    __int__ = __index__ = __neg__ = __abs__


class TestBignum:
    def test_both_ways(self):
        for number in NUMBERS:
            text = _probe.as_bignum(number)
            assert int(text, 16) == number
            assert _probe.from_bignum(text) == number

    def test_subclasses(self):
        assert int(_probe.as_bignum(Number(-7)), 16) == -7
        assert int(_probe.as_bignum(True), 16) == 1

    @pytest.mark.parametrize("value", [None, "3", 3.0, object(), b"3"])
    def test_no_integer(self, value):
        for convert in (_probe.as_bignum, _probe.as_asn1_integer):
            with pytest.raises(TypeError, match=r"^number must be an integer, not "):
                convert(value)


def der_integer(number):
    """The encoding that X.690 demands, made without OpenSSL."""
    size = (number + (number < 0)).bit_length() // 8 + 1
    content = number.to_bytes(size, "big", signed=True)
    if size < 128:
        return bytes([2, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([2, 0x80 | len(length)]) + length + content


class TestAsn1Integer:
    def test_encoding(self):
        for number in NUMBERS:
            assert _probe.as_asn1_integer(number) == der_integer(number)

    def test_both_ways(self):
        for number in NUMBERS:
            assert _probe.from_asn1_integer(der_integer(number)) == number

    def test_broken(self):
        with pytest.raises(ValueError) as caught:
            _probe.from_asn1_integer(b"\x04\x01\x00")
        assert caught.value.args[0][0][0] == "asn1 encoding routines"


class TestFromI2d:
    def test_failure(self):
        with pytest.raises(ValueError) as caught:
            _probe.from_failing_i2d()
        assert caught.value.args == ([("asn1 encoding routines", "", "encode error")],)


class TestFromHex:
    @pytest.mark.parametrize("size", [0, 1, 2, 20, 1000])
    def test_plain(self, size):
        data = random.Random(size).randbytes(size)
        assert _probe.from_hex(data, 0) == data.hex().upper().encode()

    @pytest.mark.parametrize("size", [0, 1, 2, 20, 1000])
    def test_separated(self, size):
        data = random.Random(size).randbytes(size)
        expected = data.hex(":").upper().encode() if size else b""
        assert _probe.from_hex(data, ord(":")) == expected
