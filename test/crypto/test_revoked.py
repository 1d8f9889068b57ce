"""Entries of revocation lists: serial number, date, reason."""

import copy
import datetime
import gc
import pickle
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT

# In the order of their numbers (RFC 5280, 5.3.1); 7 is not used.
NAMES = [
    b"unspecified",
    b"keyCompromise",
    b"CACompromise",
    b"affiliationChanged",
    b"superseded",
    b"cessationOfOperation",
    b"certificateHold",
    b"removeFromCRL",
]
PRINTED = [
    b"Unspecified",
    b"Key Compromise",
    b"CA Compromise",
    b"Affiliation Changed",
    b"Superseded",
    b"Cessation Of Operation",
    b"Certificate Hold",
    b"Remove From CRL",
]


def entry(serial=b"3ab", reason=None, date=b"20240229123000Z"):
    revoked = crypto.Revoked()
    revoked.set_serial(serial)
    revoked.set_rev_date(date)
    revoked.set_reason(reason)
    return revoked


def printed(pki, revoked):
    """What the openssl command makes of a list with this entry."""
    crl = crypto.CRL()
    crl.add_revoked(revoked)
    pem = crl.export(pki.ec_ca.x509(), pki.ec_ca.pkey())
    text = support.openssl("crl", "-text", "-noout", stdin=pem).decode()
    return text[text.index("Revoked Certificates") : text.index("Signature Algorithm", 200)]


def loaded(pki, *extensions):
    """The first entry of a list of another make, with these as its extensions."""
    x509 = pytest.importorskip("cryptography.x509")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    now = datetime.datetime(2024, 1, 1)
    one = x509.RevokedCertificateBuilder().serial_number(0x1234).revocation_date(now)
    for extension, critical in extensions:
        one = one.add_extension(extension, critical)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.Name([]))
        .last_update(now)
        .next_update(now + datetime.timedelta(1))
        .add_revoked_certificate(one.build())
        .sign(
            serialization.load_pem_private_key(pki.ec_ca.key_pem, None),
            hashes.SHA256(),
        )
    )
    der = crl.public_bytes(serialization.Encoding.DER)
    return crypto.load_crl(ASN1, der).get_revoked()[0]


def unknown(oid="1.2.3.4.5", value=b"\x04\x01x"):
    x509 = pytest.importorskip("cryptography.x509")
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


class TestNew:
    def test_empty(self):
        revoked = crypto.Revoked()
        assert type(revoked) is crypto.Revoked
        assert revoked.get_serial() == b"00"
        assert revoked.get_rev_date() is None
        assert revoked.get_reason() is None

    @pytest.mark.parametrize("args", [(None,), (1, 2)])
    def test_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.Revoked(*args)

    def test_without_init(self):
        revoked = crypto.Revoked.__new__(crypto.Revoked)
        revoked.set_serial(b"1")
        assert revoked.get_serial() == b"01"

    def test_init_again(self):
        revoked = entry(reason=b"superseded")
        revoked.__init__()
        assert revoked.get_serial() == b"03AB"
        assert revoked.get_reason() == b"Superseded"

    def test_subclass(self):
        class Mine(crypto.Revoked):
            def __init__(self, number):
                self.set_serial(b"%x" % number)

        mine = Mine(255)
        mine.why = "because"
        assert mine.get_serial() == b"FF"
        assert weakref.ref(mine)() is mine

    def test_collected(self):
        revoked = crypto.Revoked()
        revoked.cycle = revoked
        gone = weakref.ref(revoked)
        del revoked
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, duplicate):
        with pytest.raises(TypeError):
            duplicate(crypto.Revoked())

    def test_identity(self):
        one, other = entry(), entry()
        assert one == one and one != other
        assert len({one, other}) == 2

    def test_handle(self):
        assert int(crypto.Revoked()._revoked)


class TestGetSerial:
    def test_even_number_of_upper_case_digits(self):
        for text, shown in ((b"3ab", b"03AB"), (b"10b", b"010B"), (b"ff", b"FF"), (b"0", b"00")):
            assert entry(text).get_serial() == shown

    @pytest.mark.parametrize("size", [1, 34, 35, 36, 70, 1000])
    def test_in_one_line(self, size):
        assert entry(b"ab" * size).get_serial() == b"AB" * size

    def test_openssl_shows_the_same(self, pki):
        assert "Serial Number: 010203AB" in printed(pki, entry(b"10203ab"))

    def test_negative(self):
        assert entry(b"-1f").get_serial() == b"-1F"

    def test_argument(self):
        with pytest.raises(TypeError):
            crypto.Revoked().get_serial(0)


class TestSetSerial:
    def test_longest_prefix(self):
        for text, shown in (
            (b"31ppp", b"31"),
            (b"0x1f", b"00"),
            (b"1 2", b"01"),
            (b"2\0f", b"02"),
        ):
            assert entry(text).get_serial() == shown

    @pytest.mark.parametrize("wrong", [b"", b"pqrst", b"-", b" 1", b"\0", b"x1"])
    def test_no_digits(self, wrong):
        revoked = entry(b"77")
        with pytest.raises(ValueError, match="hex_str"):
            revoked.set_serial(wrong)
        assert revoked.get_serial() == b"77"

    @pytest.mark.parametrize("wrong", [100, "10b", None, 1.5, bytearray(b"1")])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="hex_str"):
            crypto.Revoked().set_serial(wrong)

    def test_returns_none(self):
        assert crypto.Revoked().set_serial(hex_str=b"1") is None

    @pytest.mark.parametrize("args", [(), (b"1", b"2")])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.Revoked().set_serial(*args)

    @given(st.integers(-(2**300), 2**300))
    def test_any_number(self, number):
        shown = entry(b"%x" % number).get_serial()
        assert int(shown, 16) == number
        assert shown.upper() == shown
        assert len(shown.lstrip(b"-")) % 2 == 0

    @given(st.binary(max_size=20))
    def test_any_bytes(self, text):
        revoked = crypto.Revoked()
        digits = text.removeprefix(b"-")
        size = next(
            (i for i, c in enumerate(digits) if c not in b"0123456789abcdefABCDEF"), len(digits)
        )
        if size == 0:
            with pytest.raises(ValueError):
                revoked.set_serial(text)
        else:
            revoked.set_serial(text)
            number = int(digits[:size], 16) * (-1 if text[:1] == b"-" else 1)
            assert int(revoked.get_serial(), 16) == number


class TestRevDate:
    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            (b"20240229123000Z", b"20240229123000Z"),
            (b"20991231235959Z", b"20991231235959Z"),
            (b"20040203040506+0530", b"20040203040506+0530"),
            (b"20040203040506-0115", b"20040203040506-0115"),
            (b"240229123000Z", b"20240229123000Z"),
            (b"500101000000Z", b"19500101000000Z"),
        ],
    )
    def test_set_and_get(self, given, shown):
        revoked = crypto.Revoked()
        assert revoked.set_rev_date(when=given) is None
        assert revoked.get_rev_date() == shown

    @pytest.mark.parametrize(
        "wrong",
        [
            b"",
            b"foo bar",
            b"20240229123000",
            b"20230229123000Z",
            b"20241301000000Z",
            b"20240101000000Z\0",
            b"2024",
            b"9" * 5000,
        ],
    )
    def test_no_time(self, wrong):
        revoked = entry(date=b"20200101000000Z")
        with pytest.raises(ValueError, match="when"):
            revoked.set_rev_date(wrong)
        assert revoked.get_rev_date() == b"20200101000000Z"

    @pytest.mark.parametrize("wrong", ["20240229123000Z", None, 20240229, 1.0])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="when"):
            crypto.Revoked().set_rev_date(wrong)

    def test_number_of_arguments(self):
        with pytest.raises(TypeError):
            crypto.Revoked().set_rev_date()
        with pytest.raises(TypeError):
            crypto.Revoked().get_rev_date(1)

    def test_openssl_shows_the_same(self, pki):
        assert "Revocation Date: Feb 29 12:30:00 2024 GMT" in printed(pki, entry())


class TestAllReasons:
    def test_names(self):
        assert crypto.Revoked().all_reasons() == NAMES

    def test_private_name(self):
        assert crypto.Revoked()._crl_reasons == crypto.Revoked().all_reasons()

    def test_fresh_list(self):
        revoked = crypto.Revoked()
        reasons = revoked.all_reasons()
        assert reasons is not revoked.all_reasons()
        reasons[:] = [b"blue"]
        assert revoked.all_reasons() == NAMES
        with pytest.raises(ValueError):
            revoked.set_reason(b"blue")

    def test_argument(self):
        with pytest.raises(TypeError):
            crypto.Revoked().all_reasons(1)


class TestSetReason:
    @pytest.mark.parametrize(("name", "shown"), zip(NAMES, PRINTED))
    def test_each(self, pki, name, shown):
        revoked = crypto.Revoked()
        assert revoked.set_reason(reason=name) is None
        assert revoked.get_reason() == shown
        assert shown.decode() in printed(pki, entry(reason=name))

    @pytest.mark.parametrize("shown", PRINTED + [b"Privilege Withdrawn", b"AA Compromise"])
    def test_printed_form(self, shown):
        revoked = crypto.Revoked()
        revoked.set_reason(shown)
        assert revoked.get_reason() == shown

    @pytest.mark.parametrize("name", [b"sUpErSeDEd", b" s u p e r s e d e d ", b"SUPERSEDED"])
    def test_case_and_spaces(self, name):
        revoked = crypto.Revoked()
        revoked.set_reason(name)
        assert revoked.get_reason() == b"Superseded"

    def test_replaces(self, pki):
        revoked = entry(reason=b"superseded")
        revoked.set_reason(b"keyCompromise")
        assert revoked.get_reason() == b"Key Compromise"
        assert printed(pki, revoked).count("Reason Code") == 1

    def test_none_removes(self, pki):
        revoked = entry(reason=b"superseded")
        revoked.set_reason(None)
        assert revoked.get_reason() is None
        assert (revoked.get_serial(), revoked.get_rev_date()) == (b"03AB", b"20240229123000Z")
        assert "extensions" not in printed(pki, revoked)
        revoked.set_reason(None)
        assert revoked.get_reason() is None

    def test_none_leaves_nothing_behind(self, pki):
        """Not even an empty list of extensions, which must not be (RFC 5280, 5.3)."""
        sizes = []
        for reasons in ((), (b"superseded", None), (None,)):
            revoked = entry()
            for reason in reasons:
                revoked.set_reason(reason)
            crl = crypto.CRL()
            crl.add_revoked(revoked)
            sizes.append(len(crl.export(pki.ca.x509(), pki.ca.pkey(), ASN1)))
        assert len(set(sizes)) == 1

    def test_none_without_a_date(self):
        revoked = crypto.Revoked()
        revoked.set_reason(b"superseded")
        revoked.set_reason(None)
        assert revoked.get_reason() is None
        assert revoked.get_rev_date() is None
        assert revoked.get_serial() == b"00"

    @pytest.mark.parametrize(
        "wrong", [b"blue", b"", b" ", b"superseded2", b"supersede", b"superseded\0"]
    )
    def test_unknown(self, wrong):
        revoked = entry(reason=b"superseded")
        with pytest.raises(ValueError, match="reason"):
            revoked.set_reason(wrong)
        assert revoked.get_reason() == b"Superseded"

    @pytest.mark.parametrize("wrong", [object(), 1.0, 100, "superseded", bytearray(b"superseded")])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="reason"):
            crypto.Revoked().set_reason(wrong)

    @pytest.mark.parametrize("args", [(), (None, None)])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.Revoked().set_reason(*args)

    def test_other_extensions_stay(self, pki):
        x509 = pytest.importorskip("cryptography.x509")
        revoked = loaded(
            pki, (unknown(), False), (x509.CRLReason(x509.ReasonFlags.superseded), False)
        )
        revoked.set_reason(b"keyCompromise")
        text = printed(pki, revoked)
        assert "1.2.3.4.5" in text and "Key Compromise" in text and "Superseded" not in text
        revoked.set_reason(None)
        text = printed(pki, revoked)
        assert "1.2.3.4.5" in text and "Reason" not in text


class TestGetReason:
    def test_unknown_extensions_are_skipped(self, pki):
        x509 = pytest.importorskip("cryptography.x509")
        assert loaded(pki, (unknown(), False)).get_reason() is None
        assert loaded(pki, (unknown(), True)).get_reason() is None
        reason = x509.CRLReason(x509.ReasonFlags.unspecified)
        assert loaded(pki, (unknown(), True), (reason, False)).get_reason() == b"Unspecified"
        assert loaded(pki, (reason, True), (unknown(), True)).get_reason() == b"Unspecified"

    def test_made_by_openssl(self, pki):
        leaf = support.leaf(pki.ec_ca, "revoked")
        authority = support.Credential(
            pki.ec_ca.subject, pki.ec_ca.key_pem, pki.ec_ca.cert_pem, None
        )
        authority.revoke(leaf)
        (revoked,) = crypto.load_crl(PEM, authority.crl_pem()).get_revoked()
        assert revoked.get_reason() is None
        assert int(revoked.get_serial(), 16) == leaf.x509().get_serial_number()

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (b"\x0a\x01\x07", b"7"),
            (b"\x0a\x01\x63", b"99"),
            (b"\x0a\x01\x0a", b"AA Compromise"),
            (b"\x04\x01A", b"..A"),
            (b"", b""),
        ],
    )
    def test_strange_values(self, pki, value, shown):
        assert loaded(pki, (unknown("2.5.29.21", value), False)).get_reason() == shown

    def test_argument(self):
        with pytest.raises(TypeError):
            crypto.Revoked().get_reason(1)


class TestThreads:
    def test_one_object(self):
        revoked = entry()

        def write():
            for number in range(300):
                revoked.set_serial(b"%x" % (number + 1))
                revoked.set_reason(NAMES[number % 8])
                revoked.set_rev_date(b"20240229123000Z")
                revoked.set_reason(None)

        def read():
            crl = crypto.CRL()
            for _ in range(300):
                assert revoked.get_reason() in [*PRINTED, None]
                assert revoked.get_serial() != b"00"
                assert revoked.get_rev_date() == b"20240229123000Z"
                crl.add_revoked(revoked)
            assert len(crl.get_revoked()) == 300

        support.run_together(write, write, read, read)
