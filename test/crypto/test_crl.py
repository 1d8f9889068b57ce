"""Revocation lists: made, signed, loaded; against openssl, GnuTLS and the package cryptography."""

import copy
import datetime
import functools
import gc
import itertools
import pickle
import re
import shutil
import subprocess
import sys
import threading
import time
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from loading import OfLoading
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT
DAY = 24 * 3600


def entry(serial=b"3ab", reason=None, date=b"20240229123000Z"):
    revoked = crypto.Revoked()
    revoked.set_serial(serial)
    revoked.set_rev_date(date)
    revoked.set_reason(reason)
    return revoked


def fields(revoked):
    return revoked.get_serial(), revoked.get_rev_date(), revoked.get_reason()


def contents(crl):
    return [fields(one) for one in crl.get_revoked() or ()]


def with_entries(*entries):
    crl = crypto.CRL()
    for one in entries:
        crl.add_revoked(one)
    return crl


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    head = [tag, size] if size < 0x80 else [tag, 0x82, *size.to_bytes(2, "big")]
    return bytes(head) + content


def unsigned(*tail):
    """The DER of a list of version 1 without issuer: *tail* comes behind its time."""
    algorithm = bytes.fromhex("300d06092a864886f70d01010b0500")
    start = algorithm, tlv(0x30), tlv(0x17, b"240101000000Z")
    return tlv(0x30, tlv(0x30, *start, *tail), algorithm, tlv(0x03, b"\0"))


def printed(pem):
    return support.openssl("crl", "-text", "-noout", stdin=pem).decode()


def verified_by_openssl(pem, authority):
    result = subprocess.run(
        ["openssl", "crl", "-noout", "-CAfile", authority.cert_path],
        input=pem,
        capture_output=True,
        timeout=support.TIMEOUT,
    )
    return b"verify OK" in result.stderr


def serials(text):
    return re.findall(r"Serial Number: (\w+)", text)


@functools.cache
def some_list():
    """A list's DER, always the same."""
    authority = support.pki().ec_ca
    crl = with_entries(entry(b"1", b"superseded"), entry(b"2"))
    return crl.export(authority.x509(), authority.pkey(), ASN1)


@pytest.fixture(scope="module")
def authority(pki):
    return pki.ec_ca


@pytest.fixture(scope="module")
def cert(authority):
    return authority.x509()


@pytest.fixture(scope="module")
def key(authority):
    return authority.pkey()


class TestNew:
    def test_empty(self):
        crl = crypto.CRL()
        assert type(crl) is crypto.CRL
        assert crl.get_revoked() is None
        assert crl.get_issuer().get_components() == []
        assert crl._crl

    def test_alias(self):
        assert crypto.CRLType is crypto.CRL

    @pytest.mark.parametrize("args", [(None,), (1, 2)])
    def test_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.CRL(*args)

    def test_cannot_be_encoded(self):
        crl = crypto.CRL()
        for kind in (PEM, ASN1):
            with pytest.raises(crypto.Error) as failure:
                crypto.dump_crl(kind, crl)
            assert failure.value.args[0]
        assert b"No Revoked Certificates" in crypto.dump_crl(TEXT, crl)

    def test_without_init(self, cert, key):
        crl = crypto.CRL.__new__(crypto.CRL)
        crl.add_revoked(entry())
        assert serials(printed(crl.export(cert, key))) == ["03AB"]

    def test_init_again(self):
        crl = with_entries(entry())
        crl.__init__()
        assert len(crl.get_revoked()) == 1

    def test_subclass(self):
        class Mine(crypto.CRL):
            pass

        mine = Mine()
        mine.number = 7
        mine.add_revoked(entry())
        assert contents(mine) == [(b"03AB", b"20240229123000Z", None)]
        assert weakref.ref(mine)() is mine

    def test_collected(self):
        crl = crypto.CRL()
        crl.cycle = crl
        gone = weakref.ref(crl)
        del crl
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, duplicate):
        with pytest.raises(TypeError):
            duplicate(crypto.CRL())


class TestAddRevoked:
    def test_copies(self):
        revoked = entry(b"1", b"superseded")
        crl = crypto.CRL()
        assert crl.add_revoked(revoked=revoked) is None
        revoked.set_serial(b"2")
        revoked.set_reason(None)
        crl.add_revoked(revoked)
        assert contents(crl) == [
            (b"01", b"20240229123000Z", b"Superseded"),
            (b"02", b"20240229123000Z", None),
        ]

    def test_without_a_date(self):
        revoked = crypto.Revoked()
        revoked.set_serial(b"1")
        crl = crypto.CRL()
        with pytest.raises(crypto.Error) as failure:
            crl.add_revoked(revoked)
        assert failure.value.args[0]
        assert crl.get_revoked() is None

    @pytest.mark.parametrize("wrong", [1, None, b"x", crypto.CRL, crypto.Revoked])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="revoked"):
            crypto.CRL().add_revoked(wrong)

    @pytest.mark.parametrize("args", [(), (1, 2)])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.CRL().add_revoked(*args)


class TestGetRevoked:
    @pytest.mark.parametrize("entries", [(), (tlv(0x30),)])
    def test_loaded_without_entries(self, entries):
        assert crypto.load_crl(ASN1, unsigned(*entries)).get_revoked() is None

    def test_tuple_of_copies(self):
        crl = with_entries(entry(b"2"), entry(b"1"))
        entries = crl.get_revoked()
        assert type(entries) is tuple
        assert all(type(one) is crypto.Revoked for one in entries)
        entries[0].set_serial(b"77")
        entries[1].set_reason(b"superseded")
        assert contents(crl) == [
            (b"02", b"20240229123000Z", None),
            (b"01", b"20240229123000Z", None),
        ]

    def test_copies_outlive_the_list(self):
        entries = with_entries(entry(b"5", b"certificateHold")).get_revoked()
        gc.collect()
        assert fields(entries[0]) == (b"05", b"20240229123000Z", b"Certificate Hold")

    def test_order_survives_everything_but_sign(self, cert, key):
        order = [b"09", b"03", b"07", b"01"]
        crl = with_entries(*map(entry, order))
        loaded = crypto.load_crl(ASN1, crl.export(cert, key, ASN1))
        crypto.X509Store().add_crl(loaded)
        for one in (crl, loaded):
            assert [revoked.get_serial() for revoked in one.get_revoked()] == order
        assert serials(printed(crypto.dump_crl(PEM, loaded))) == [n.decode() for n in order]

    def test_argument(self):
        with pytest.raises(TypeError):
            crypto.CRL().get_revoked(1)


class TestGetIssuer:
    def test_copy(self, cert, key):
        crl = crypto.CRL()
        crl.export(cert, key)
        issuer = crl.get_issuer()
        assert type(issuer) is crypto.X509Name
        assert issuer == cert.get_subject()
        issuer.CN = "another"
        assert crl.get_issuer() == cert.get_subject()

    def test_outlives_the_list(self, cert, key):
        crl = crypto.CRL()
        crl.export(cert, key)
        issuer = crl.get_issuer()
        del crl
        gc.collect()
        assert issuer == cert.get_subject()

    def test_argument(self):
        with pytest.raises(TypeError):
            crypto.CRL().get_issuer(1)


def version_of(crl):
    """As the text has it: Version 2 (0x1), or Version unknown (5)."""
    text = crypto.dump_crl(TEXT, crl).decode()
    return int(re.search(r"Version \w+ \((?:0x)?(\w+)\)", text)[1], 16)


class TestSetVersion:
    @pytest.mark.parametrize("version", [0, 1, 5])
    def test_signed_as_set(self, cert, key, version):
        crl = with_entries(entry(reason=b"superseded"))
        assert crl.set_version(version=version) is None
        crl.export(cert, key)
        assert version_of(crl) == version

    def test_raised_by_an_entrys_extension(self, cert, key):
        crl = with_entries(entry(b"1"))
        crl.export(cert, key)
        assert version_of(crl) == 0
        crl.add_revoked(entry(b"2", b"superseded"))
        crl.export(cert, key)
        assert version_of(crl) == 1
        assert version_of(crypto.load_crl(ASN1, crypto.dump_crl(ASN1, crl))) == 1

    def test_raised_by_sign(self, cert, key):
        crl = with_entries(entry(b"2", b"superseded"))
        crl.set_lastUpdate(b"20240101000000Z")
        crl.sign(cert, key, b"sha256")
        assert version_of(crl) == 1

    @pytest.mark.parametrize("wrong", [None, "1", 1.0, object()])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="version"):
            crypto.CRL().set_version(wrong)

    def test_out_of_range(self):
        crl = crypto.CRL()
        with pytest.raises(ValueError):
            crl.set_version(-1)
        with pytest.raises(OverflowError):
            crl.set_version(2**64)
        with pytest.raises(TypeError):
            crl.set_version()


class TestSetUpdates:
    @pytest.mark.parametrize("method", ["set_lastUpdate", "set_nextUpdate"])
    @pytest.mark.parametrize("wrong", [b"", b"foo bar", b"20241301000000Z", b"20240101000000Z\0"])
    def test_no_time(self, method, wrong):
        with pytest.raises(ValueError, match="when"):
            getattr(crypto.CRL(), method)(wrong)

    @pytest.mark.parametrize("method", ["set_lastUpdate", "set_nextUpdate"])
    @pytest.mark.parametrize("wrong", ["20240101000000Z", None, 20240101])
    def test_wrong_type(self, method, wrong):
        with pytest.raises(TypeError, match="when"):
            getattr(crypto.CRL(), method)(wrong)

    @pytest.mark.parametrize("method", ["set_lastUpdate", "set_nextUpdate"])
    def test_number_of_arguments(self, method):
        with pytest.raises(TypeError):
            getattr(crypto.CRL(), method)()

    def test_openssl_shows_them(self, cert, key):
        crl = crypto.CRL()
        assert crl.set_lastUpdate(when=b"20240101020304Z") is None
        assert crl.set_nextUpdate(when=b"20510102030405Z") is None
        crl.sign(cert, key, "sha256")
        text = printed(crypto.dump_crl(PEM, crl))
        assert "Last Update: Jan  1 02:03:04 2024 GMT" in text
        assert "Next Update: Jan  2 03:04:05 2051 GMT" in text

    def test_next_update_of_a_list_without(self, cert, key):
        crl = crypto.CRL()
        crl.set_lastUpdate(b"20240101020304Z")
        crl.sign(cert, key, "sha256")
        loaded = crypto.load_crl(ASN1, crypto.dump_crl(ASN1, crl))
        assert b"Next Update: NONE" in crypto.dump_crl(TEXT, loaded)
        loaded.set_nextUpdate(b"20240201020304Z")
        loaded.sign(cert, key, "sha256")
        assert "Next Update: Feb  1 02:03:04 2024 GMT" in printed(crypto.dump_crl(PEM, loaded))


class TestSign:
    def test_sorts(self, cert, key, authority):
        crl = with_entries(*map(entry, (b"9", b"03", b"ff00", b"1")))
        crl.set_lastUpdate(b"20240101000000Z")
        assert crl.sign(issuer_cert=cert, issuer_key=key, digest="sha256") is None
        assert [one.get_serial() for one in crl.get_revoked()] == [b"01", b"03", b"09", b"FF00"]
        pem = crypto.dump_crl(PEM, crl)
        assert verified_by_openssl(pem, authority)
        assert serials(printed(pem)) == ["01", "03", "09", "FF00"]

    def test_sets_the_issuer(self, cert, key):
        crl = crypto.CRL()
        crl.set_lastUpdate(b"20240101000000Z")
        crl.sign(cert, key, b"sha384")
        assert crl.get_issuer() == cert.get_subject()
        assert "ecdsa-with-SHA384" in printed(crypto.dump_crl(PEM, crl))

    def test_without_a_time(self, cert, key):
        with pytest.raises(crypto.Error, match="last update"):
            crypto.CRL().sign(cert, key, "sha256")

    def test_wrong_types(self, cert, key):
        crl = crypto.CRL()
        for args in ((None, key, "sha256"), (key, key, "sha256")):
            with pytest.raises(TypeError, match="issuer_cert"):
                crl.sign(*args)
        for args in ((cert, None, "sha256"), (cert, cert, "sha256")):
            with pytest.raises(TypeError, match="issuer_key"):
                crl.sign(*args)
        with pytest.raises(TypeError, match="digest"):
            crl.sign(cert, key, 5)
        for args in ((), (cert,), (cert, key), (cert, key, "sha256", 1)):
            with pytest.raises(TypeError):
                crl.sign(*args)

    def test_a_digest_that_does_not_fit(self, cert, key):
        crl = crypto.CRL()
        crl.set_lastUpdate(b"20240101000000Z")
        with pytest.raises(crypto.Error) as failure:
            crl.sign(cert, key, "shake256")
        assert failure.value.args[0][0][0] and failure.value.args[0][-1][2]

    @pytest.mark.parametrize("digest", ["strange", b"strange", "sha256\0zzz", None, ""])
    def test_unknown_digest(self, cert, key, digest):
        crl = crypto.CRL()
        crl.set_lastUpdate(b"20240101000000Z")
        with pytest.raises(ValueError, match="digest"):
            crl.sign(cert, key, digest)

    def test_failure_changes_nothing(self, cert, key, pki, authority):
        crl = with_entries(entry(b"2"), entry(b"1"))
        crl.export(cert, key)
        before = crypto.dump_crl(ASN1, crl)
        ed25519 = crypto.load_privatekey(PEM, support.new_key("ed25519"))
        public = crypto.load_publickey(PEM, crypto.dump_publickey(PEM, key))
        other = pki.other_ca.x509()
        for attempt in (
            lambda: crl.sign(other, ed25519, "sha256"),
            lambda: crl.export(other, ed25519, ASN1, 5, "sha256"),
            lambda: crl.sign(other, public, "sha256"),
            lambda: crl.sign(other, crypto.PKey(), "sha256"),
            lambda: crl.export(other, key, 100),
        ):
            with pytest.raises((crypto.Error, ValueError)):
                attempt()
            assert crypto.dump_crl(ASN1, crl) == before
            assert crl.get_issuer() == cert.get_subject()
        assert verified_by_openssl(crypto.dump_crl(PEM, crl), authority)
        assert [one.get_serial() for one in crl.get_revoked()] == [b"02", b"01"]

    def test_again(self, cert, key, authority):
        crl = with_entries(entry(b"1"))
        crl.export(cert, key)
        crl.add_revoked(entry(b"2"))
        crl.sign(cert, key, "sha512")
        crl.add_revoked(entry(b"3"))
        pem = crl.export(cert, key)
        assert verified_by_openssl(pem, authority)
        assert serials(printed(pem)) == ["01", "02", "03"]


class TestExport:
    def test_defaults(self, cert, key, authority):
        crl = with_entries(entry(b"3ab", b"superseded"))
        # The clock that C's time() reads may be some milliseconds late.
        before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=1.1)
        pem = crl.export(cert, key)
        after = datetime.datetime.now(datetime.UTC)
        assert pem.startswith(b"-----BEGIN X509 CRL-----\n")
        assert verified_by_openssl(pem, authority)
        text = printed(pem)
        assert "ecdsa-with-SHA256" in text and "Superseded" in text
        assert "critical" not in text  # who knows no reasons must know the list all the same
        assert serials(text) == ["03AB"]
        last, next_ = (
            datetime.datetime.strptime(
                re.search(rf"{which} Update: (.*) GMT", text)[1], "%b %d %H:%M:%S %Y"
            ).replace(tzinfo=datetime.UTC)
            for which in ("Last", "Next")
        )
        assert before <= last <= after
        assert next_ - last == datetime.timedelta(100)

    def test_types(self, cert, key):
        crl = with_entries(entry(b"3ab"))
        der = crl.export(cert, key, ASN1)
        assert der[:1] == b"\x30"
        assert contents(crypto.load_crl(ASN1, der)) == [(b"03AB", b"20240229123000Z", None)]
        text = crl.export(cert, key, TEXT)
        assert text.startswith(b"Certificate Revocation List (CRL):")
        assert serials(text.decode()) == ["03AB"]

    @pytest.mark.parametrize("digest", ["md5", "shake256"])
    def test_a_digest_that_does_not_fit(self, cert, key, digest):
        crl = with_entries(entry(b"7"))
        with pytest.raises(crypto.Error) as failure:
            crl.export(cert, key, digest=digest)
        assert failure.value.args[0][0][0] and failure.value.args[0][-1][2]
        assert [one.get_serial() for one in crl.get_revoked()] == [b"07"]

    def test_names(self, cert, key):
        pem = crypto.CRL().export(cert=cert, key=key, type=PEM, days=20, digest=b"sha512")
        assert "ecdsa-with-SHA512" in printed(pem)

    @pytest.mark.parametrize("digest", [b"sha1", "sha384", b"md5", "SHA512"])
    def test_digests(self, pki, digest):
        pem = crypto.CRL().export(pki.ca.x509(), pki.ca.pkey(), digest=digest)
        name = digest if isinstance(digest, str) else digest.decode()
        assert f"{name.lower()}WithRSAEncryption" in printed(pem)

    @pytest.mark.parametrize("kind", ["ed25519", "ed448"])
    @pytest.mark.parametrize("options", [{}, {"digest": None}, {"digest": b""}])
    def test_keys_without_digest(self, kind, options):
        authority = support.ca(key=kind)
        pem = with_entries(entry()).export(authority.x509(), authority.pkey(), **options)
        assert verified_by_openssl(pem, authority)

    def test_key_with_its_own_digest_given_another(self):
        authority = support.ca(key="ed25519")
        with pytest.raises(crypto.Error):
            crypto.CRL().export(authority.x509(), authority.pkey(), digest="sha256")

    def test_dsa(self, tmp_path):
        parameters, key = tmp_path / "parameters", tmp_path / "key"
        support.openssl(
            *("genpkey", "-genparam", "-algorithm", "DSA"),
            *("-pkeyopt", "dsa_paramgen_bits:1024", "-out", parameters),
        )
        support.openssl("genpkey", "-paramfile", parameters, "-out", key)
        authority = support.ca(key=key.read_bytes())
        pem = with_entries(entry()).export(authority.x509(), authority.pkey())
        assert verified_by_openssl(pem, authority)

    def test_ml_dsa(self):
        try:
            key_pem = support.openssl("genpkey", "-algorithm", "ML-DSA-65")
        except AssertionError:
            pytest.skip("this OpenSSL has no ML-DSA")
        authority = support.ca(key=key_pem)
        pem = with_entries(entry()).export(authority.x509(), authority.pkey())
        assert verified_by_openssl(pem, authority)

    @pytest.mark.parametrize("days", [0, 1, -1, 40000, 1000000, -40000])
    def test_days(self, cert, key, days):
        now = datetime.datetime.now(datetime.UTC)
        text = crypto.CRL().export(cert, key, TEXT, days).decode()
        year = int(re.search(r"Next Update: .* (\d+) GMT", text)[1])
        expected = now + datetime.timedelta(days)
        assert abs(year - expected.year) <= 1

    @pytest.mark.parametrize("days", [2**31 - 1, -(2**31), 10**7, -(10**6)])
    def test_days_out_of_the_calendar(self, cert, key, days):
        crl = crypto.CRL()
        with pytest.raises(ValueError, match="days"):
            crl.export(cert, key, PEM, days)
        with pytest.raises(crypto.Error):
            crypto.dump_crl(PEM, crl)

    def test_days_that_are_no_int(self, cert, key):
        with pytest.raises(OverflowError):
            crypto.CRL().export(cert, key, PEM, 2**31)
        for wrong in (None, "1", 1.5):
            with pytest.raises(TypeError, match="days"):
                crypto.CRL().export(cert, key, PEM, wrong)

    def test_wrong_types(self, cert, key):
        crl = crypto.CRL()
        for args in ((None, key), (key, key), (b"x", key)):
            with pytest.raises(TypeError, match="cert"):
                crl.export(*args)
        for args in ((cert, None), (cert, cert), (cert, PEM, None)):
            with pytest.raises(TypeError, match="key"):
                crl.export(*args)
        for wrong in (None, "PEM", 1.0):
            with pytest.raises(TypeError, match="type"):
                crl.export(cert, key, wrong, 10)
        with pytest.raises(TypeError, match="digest"):
            crl.export(cert, key, PEM, 10, 5)

    def test_number_of_arguments(self, cert, key):
        for args in ((), (cert,), (cert, key, PEM, 10, b"sha256", 1)):
            with pytest.raises(TypeError):
                crypto.CRL().export(*args)

    @pytest.mark.parametrize("kind", [100, 0, -1, 2**70])
    def test_unknown_type(self, cert, key, kind):
        with pytest.raises(ValueError, match="type"):
            crypto.CRL().export(cert, key, kind, 10, digest=b"sha256")

    @pytest.mark.parametrize("digest", [b"strange", "strange", "sha256\0zzz", None])
    def test_unknown_digest(self, cert, key, digest):
        with pytest.raises(ValueError, match="digest"):
            crypto.CRL().export(cert, key, PEM, 10, digest)

    def test_empty_certificate_and_key(self, cert, key):
        for args in ((crypto.X509(), crypto.PKey()), (cert, crypto.PKey())):
            with pytest.raises(crypto.Error) as failure:
                crypto.CRL().export(*args)
            assert failure.value.args[0]
        with pytest.raises(ValueError):  # as said before the key is looked at
            crypto.CRL().export(cert, crypto.PKey(), digest=b"strange")

    def test_public_key(self, cert, key):
        public = crypto.load_publickey(PEM, crypto.dump_publickey(PEM, key))
        with pytest.raises(crypto.Error, match="not a private key"):
            crypto.CRL().export(cert, public)

    def test_version_for_what_was_loaded(self, cert, key):
        """A list of version 1 has no extensions: with some it becomes one of version 2."""
        number = bytes.fromhex("300a0603551d140403020105")
        crl = crypto.load_crl(ASN1, unsigned(tlv(0xA0, tlv(0x30, number))))
        text = printed(crl.export(cert, key))
        assert "Version 2 (0x1)" in text and re.search(r"CRL Number:\s*5\b", text)

    def test_loaded_list(self, cert, key, authority, pki):
        foreign = pki.other_ca
        loaded = crypto.load_crl(
            PEM,
            with_entries(entry(b"5"), entry(b"4", b"superseded")).export(
                foreign.x509(), foreign.pkey()
            ),
        )
        loaded.add_revoked(entry(b"1"))
        pem = loaded.export(cert, key)
        assert verified_by_openssl(pem, authority) and not verified_by_openssl(pem, foreign)
        assert contents(crypto.load_crl(PEM, pem)) == [
            (b"05", b"20240229123000Z", None),
            (b"04", b"20240229123000Z", b"Superseded"),
            (b"01", b"20240229123000Z", None),
        ]

    def test_extensions_of_a_loaded_list_stay(self, cert, key, authority):
        x509 = pytest.importorskip("cryptography.x509")
        made = crypto.CRL()
        made.export(cert, key)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(made.to_cryptography().issuer)
            .last_update(datetime.datetime(2024, 1, 1))
            .next_update(datetime.datetime(2024, 2, 1))
            .add_extension(x509.CRLNumber(77), False)
        )
        hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
        crl = crypto.CRL.from_cryptography(builder.sign(key.to_cryptography_key(), hashes.SHA256()))
        pem = crl.export(cert, key)
        assert verified_by_openssl(pem, authority)
        text = printed(pem)
        assert re.search(r"X509v3 CRL Number:\s+77", text)
        assert "Version 2 (0x1)" in text

    def test_list_that_became_empty_has_no_entries(self, cert, key):
        # An empty list of entries must not be encoded at all (RFC 5280, 5.1.2.6).
        assert b"No Revoked Certificates" in crypto.CRL().export(cert, key, TEXT)
        loaded = crypto.load_crl(ASN1, crypto.CRL().export(cert, key, ASN1))
        assert loaded.get_revoked() is None


class TestLoadDump(OfLoading):
    load, dump, type, parameter = "load_crl", "dump_crl", "CRL", "crl"

    def der(self):
        return some_list()

    def test_text(self, cert, key):
        pem = with_entries(entry(b"3ab")).export(cert, key)
        text = crypto.dump_crl(TEXT, crypto.load_crl(PEM, pem)).decode()
        # The command puts spaces around the equal signs of names.
        assert text.replace("=", " = ") == printed(pem).replace(" = ", "=").replace("=", " = ")

    def test_what_else_there_is_in_pem(self, cert, key, authority):
        first = with_entries(entry(b"1")).export(cert, key)
        second = with_entries(entry(b"2")).export(cert, key)
        crl = crypto.load_crl(PEM, b"noise\n" + authority.cert_pem + first + second)
        assert crypto.dump_crl(PEM, crl) == first

    @given(st.data())
    def test_flipped_bits(self, pki, data):
        der = bytearray(some_list())
        for _ in range(data.draw(st.integers(1, 8))):
            at = data.draw(st.integers(0, len(der) * 8 - 1))
            der[at // 8] ^= 1 << at % 8
        try:
            crl = crypto.load_crl(ASN1, der)
        except crypto.Error:
            return
        for one in crl.get_revoked() or ():
            fields(one)
        repr(crl.get_issuer())
        for kind in (PEM, ASN1, TEXT):
            crypto.dump_crl(kind, crl)
        crypto.X509Store().add_crl(crl)
        try:
            crl.export(pki.ec_ca.x509(), pki.ec_ca.pkey())
        except crypto.Error:  # extensions or entries that are empty, for instance
            pass

    def test_hostile_shapes(self):
        for der in (
            b"\x30\x80" * 5000,
            b"".join(b"\x30\x84" + (6 * n).to_bytes(4, "big") for n in range(3000, 0, -1)),
            b"\x30\x88" + b"\xff" * 8,
        ):
            with pytest.raises(crypto.Error):
                crypto.load_crl(ASN1, der)


class TestOpenssl:
    """Lists of the openssl command, and ours in its hands."""

    def test_loaded(self, authority):
        leaves = [support.leaf(authority, f"gone {n}") for n in range(3)]
        issuer = support.Credential(authority.subject, authority.key_pem, authority.cert_pem, None)
        issuer.revoke(*leaves)
        pem = issuer.crl_pem()
        crl = crypto.load_crl(PEM, pem)
        expected = sorted(leaf.x509().get_serial_number() for leaf in leaves)
        assert sorted(int(one.get_serial(), 16) for one in crl.get_revoked()) == expected
        assert [one.get_serial().decode() for one in crl.get_revoked()] == serials(printed(pem))
        assert crl.get_issuer() == authority.x509().get_subject()
        assert crypto.dump_crl(PEM, crl) == pem
        for one in crl.get_revoked():
            age = (
                time.time()
                - datetime.datetime.strptime(
                    one.get_rev_date().decode(), "%Y%m%d%H%M%S%z"
                ).timestamp()
            )
            assert 0 <= age < 3600

    def test_verifies_a_chain_with_ours(self, pki, tmp_path):
        root, middle = support.ca("Root"), None
        middle = support.ca("Middle", issuer=root)
        good, bad = support.leaf(middle, "good"), support.leaf(middle, "bad")
        revoked = entry(b"%x" % bad.x509().get_serial_number(), b"keyCompromise")
        lists = tmp_path / "lists.pem"
        lists.write_bytes(
            crypto.CRL().export(root.x509(), root.pkey())
            + with_entries(revoked).export(middle.x509(), middle.pkey())
        )
        command = ["openssl", "verify", "-crl_check_all", "-CAfile", root.cert_path]
        command += ["-untrusted", middle.cert_path, "-CRLfile", lists]
        results = [
            subprocess.run([*command, leaf.cert_path], capture_output=True, timeout=support.TIMEOUT)
            for leaf in (good, bad)
        ]
        assert [result.returncode for result in results] == [0, 2]
        assert b"certificate revoked" in results[1].stderr


@pytest.mark.skipif(shutil.which("certtool") is None, reason="GnuTLS is not installed")
class TestGnutls:
    def run(self, *args, stdin=None):
        result = subprocess.run(
            ["certtool", *map(str, args)], input=stdin, capture_output=True, timeout=support.TIMEOUT
        )
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout.decode()

    def test_reads_ours(self, cert, key, authority):
        crl = with_entries(entry(b"3ab", b"superseded"), entry(b"10203"))
        crl.set_lastUpdate(b"20240101020304Z")
        crl.set_nextUpdate(b"20990101020304Z")
        crl.sign(cert, key, "sha256")
        pem = crypto.dump_crl(PEM, crl)
        text = self.run("--crl-info", stdin=pem)
        assert "Version: 2" in text and "Revoked certificates (2)" in text
        assert re.findall(r"Serial Number \(hex\): (\w+)", text) == ["03ab", "010203"]
        assert text.count("Revoked at: Thu Feb 29 12:30:00 UTC 2024") == 2
        assert "Issued: Mon Jan 01 02:03:04 UTC 2024" in text
        assert f"CN={cert.get_subject().CN}" in text
        text = self.run("--verify-crl", "--load-ca-certificate", authority.cert_path, stdin=pem)
        assert "Verified. The certificate is trusted." in text

    def test_we_read_theirs(self, cert, authority, tmp_path):
        leaf = support.leaf(authority, "revoked by GnuTLS")
        template = tmp_path / "template"
        template.write_text("crl_next_update = 43\ncrl_number = 5\n")
        text = self.run(
            *("--generate-crl", "--load-ca-privkey", authority.key_path, "--hash", "SHA256"),
            *("--load-ca-certificate", authority.cert_path, "--load-certificate", leaf.cert_path),
            *("--template", template),
        )
        crl = crypto.load_crl(PEM, text)
        (revoked,) = crl.get_revoked()
        assert int(revoked.get_serial(), 16) == leaf.x509().get_serial_number()
        assert revoked.get_reason() is None
        assert crl.get_issuer() == cert.get_subject()
        assert verified_by_openssl(crypto.dump_crl(PEM, crl), authority)


class TestCryptography:
    def test_both_ways(self, cert, key):
        x509 = pytest.importorskip("cryptography.x509")
        crl = with_entries(entry(b"3ab", b"superseded"), entry(b"1"))
        crl.export(cert, key)
        theirs = crl.to_cryptography()
        assert isinstance(theirs, x509.CertificateRevocationList)
        assert [one.serial_number for one in theirs] == [0x3AB, 1]
        assert theirs.is_signature_valid(key.to_cryptography_key().public_key())
        ours = crypto.CRL.from_cryptography(crypto_crl=theirs)
        assert type(ours) is crypto.CRL
        assert crypto.dump_crl(ASN1, ours) == crypto.dump_crl(ASN1, crl)

    def test_subclass(self, cert, key):
        pytest.importorskip("cryptography.x509")

        class Mine(crypto.CRL):
            pass

        crl = crypto.CRL()
        crl.export(cert, key)
        assert type(Mine.from_cryptography(crl.to_cryptography())) is Mine

    @pytest.mark.parametrize("wrong", [None, b"x", object(), crypto.CRL])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="crypto_crl"):
            crypto.CRL.from_cryptography(wrong)

    def test_not_complete(self):
        with pytest.raises(crypto.Error):
            crypto.CRL().to_cryptography()


class TestStore:
    """X509Store.add_crl takes our lists."""

    def verify(self, chain, *lists, flags=crypto.X509StoreFlags.CRL_CHECK):
        store = crypto.X509Store()
        store.add_cert(chain.root.x509())
        for one in lists:
            store.add_crl(one)
        store.set_flags(flags)
        crypto.X509StoreContext(store, chain.x509()).verify_certificate()

    def test_revoked_or_not(self, authority, cert, key):
        good, bad = support.leaf(authority, "good"), support.leaf(authority, "bad")
        crl = with_entries(
            *(entry(b"%x" % n) for n in range(1, 50)),
            entry(b"%x" % bad.x509().get_serial_number()),
        )
        crl.export(cert, key)
        self.verify(good, crl)
        with pytest.raises(crypto.X509StoreContextError, match="revoked"):
            self.verify(bad, crl)
        with pytest.raises(crypto.X509StoreContextError, match="unable to get certificate CRL"):
            self.verify(good)

    def test_keeps_a_copy(self, authority, cert, key):
        leaf = support.leaf(authority, "leaf")
        crl = crypto.CRL()
        crl.export(cert, key)
        store = crypto.X509Store()
        store.add_cert(cert)
        store.add_crl(crl)
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
        crl.add_revoked(entry(b"%x" % leaf.x509().get_serial_number()))
        crl.export(cert, key)
        crypto.X509StoreContext(store, leaf.x509()).verify_certificate()
        with pytest.raises(crypto.X509StoreContextError, match="revoked"):
            self.verify(leaf, crl)

    def test_never_signed(self):
        with pytest.raises(crypto.Error):
            crypto.X509Store().add_crl(crypto.CRL())

    def test_threads(self, authority, cert, key):
        leaf = support.leaf(authority, "leaf").x509()
        store = crypto.X509Store()
        store.add_cert(cert)
        store.add_crl(
            crypto.load_crl(
                PEM, with_entries(*(entry(b"%x" % n) for n in range(500, 1, -1))).export(cert, key)
            )
        )
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)

        def verify():
            for _ in range(50):
                crypto.X509StoreContext(store, leaf).verify_certificate()

        support.run_together(*[verify] * 4)


class TestLarge:
    def seconds(self, function):
        start = time.thread_time()
        result = function()
        return time.thread_time() - start, result

    def steps(self, count, cert, key, leaf):
        """How long each step takes with so many entries."""
        crl, revoked = crypto.CRL(), entry()

        def add():
            for number in range(count):  # in no order
                revoked.set_serial(b"%x" % (number * 7919 % 1000003 + 1))
                crl.add_revoked(revoked)

        def verify():
            store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
            for _ in range(50):
                crypto.X509StoreContext(store, leaf).verify_certificate()

        store = crypto.X509Store()
        store.add_cert(cert)
        took = {"add": self.seconds(add)[0]}
        took["export"], der = self.seconds(lambda: crl.export(cert, key, ASN1))
        took["load"], loaded = self.seconds(lambda: crypto.load_crl(ASN1, der))
        took["get"], entries = self.seconds(loaded.get_revoked)
        assert len(entries) == count
        took["store"], _ = self.seconds(lambda: store.add_crl(loaded))
        took["verify"], _ = self.seconds(verify)
        took["sign"], _ = self.seconds(lambda: crl.sign(cert, key, "sha256"))
        return took

    def test_grows_with_its_input(self, authority, cert, key):
        leaf = support.leaf(authority, "leaf").x509()
        small = self.steps(10000, cert, key, leaf)
        large = self.steps(100000, cert, key, leaf)  # ten times; squared it would be 100
        for step, took in large.items():
            assert took < max(small[step], 0.002) * 40, (step, took, small[step])

    def test_others_run_meanwhile(self, cert, key):
        crl = with_entries(*(entry(b"%x" % n) for n in range(20000)))
        ticks, stop = [0], threading.Event()

        def tick():
            while not stop.is_set():
                ticks[0] += 1
                time.sleep(0)

        def work():
            for step in (
                lambda: crl.export(cert, key, ASN1),
                lambda: crl.sign(cert, key, "sha256"),
                crl.get_revoked,
                lambda: crypto.load_crl(ASN1, der),
            ):
                before = ticks[0]
                for _ in range(100):  # the machine may have other things to do
                    step()
                    if ticks[0] > before:
                        break
                assert ticks[0] > before

        der = crl.export(cert, key, ASN1)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(60)  # from here on, who does not let go keeps the interpreter
        try:
            with support.Threads() as threads:
                threads.start(tick)
                try:
                    work()
                finally:
                    stop.set()
        finally:
            sys.setswitchinterval(interval)


# Each is done sooner than a list of thousands is signed or copied.
OTHERS = {
    "get_issuer": lambda crl: crl.get_issuer(),
    "dump": lambda crl: crypto.dump_crl(ASN1, crl),
    "set": lambda crl: crl.set_nextUpdate(b"20300101000000Z"),
    "add": lambda crl: crl.add_revoked(entry()),
}


class TestThreads:
    def calls_inside(self, work, other):
        """Whether calls of *other* begin and end inside of one of *work*, which takes long."""
        turn, found, stop = [0], [0], threading.Event()

        def run():
            while not stop.is_set():
                began = turn[0]
                other()
                found[0] += began % 2 and began == turn[0]
                time.sleep(0)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(60)  # from here on, who does not let go keeps the interpreter
        try:
            with support.Threads() as threads:
                threads.start(run)
                try:
                    for _ in range(100):  # the machine may have other things to do
                        turn[0] += 1
                        work()
                        turn[0] += 1
                        if found[0]:
                            break
                finally:
                    stop.set()
        finally:
            sys.setswitchinterval(interval)
        return found[0] > 0

    @pytest.mark.parametrize("other", OTHERS)
    def test_nobody_waits_for_who_reads_entries(self, cert, key, other):
        crl = with_entries(*(entry(b"%x" % n) for n in range(5000)))
        crl.export(cert, key)
        assert self.calls_inside(crl.get_revoked, lambda: OTHERS[other](crl))

    @pytest.mark.parametrize("other", OTHERS)
    def test_nobody_waits_for_who_signs(self, cert, key, other):
        crl = with_entries(*(entry(b"%x" % n) for n in range(5000)))
        crl.export(cert, key)
        signs = functools.partial(crl.sign, cert, key, b"sha256")
        assert self.calls_inside(signs, lambda: OTHERS[other](crl))
        assert self.calls_inside(lambda: crl.export(cert, key), lambda: OTHERS[other](crl))

    def test_no_change_is_lost_while_it_is_signed(self, authority, cert, key):
        crl = with_entries(*(entry(b"%x" % n) for n in range(1, 5001)))
        crl.set_lastUpdate(b"20240101000000Z")
        numbers = itertools.count(5001)

        def add():
            crl.add_revoked(entry(b"%x" % next(numbers)))

        assert self.calls_inside(lambda: crl.sign(cert, key, b"sha256"), add)
        found = sorted(int(one.get_serial(), 16) for one in crl.get_revoked())
        assert found == list(range(1, next(numbers)))
        crl.sign(cert, key, b"sha256")
        assert verified_by_openssl(crypto.dump_crl(PEM, crl), authority)

    def test_one_object(self, cert, key, authority):
        crl = crypto.CRL()
        numbers = itertools.count(1)

        def add():
            for _ in range(200):
                crl.add_revoked(entry(b"%x" % next(numbers), b"superseded"))

        def sign():
            for turn in range(30):
                if turn % 2:
                    crl.export(cert, key, ASN1, 10)
                else:
                    crl.set_lastUpdate(b"20240101000000Z")
                    crl.sign(cert, key, "sha256")

        def look():
            for _ in range(100):
                crl.get_revoked()
                crl.get_issuer().get_components()
                try:
                    crypto.load_crl(ASN1, crypto.dump_crl(ASN1, crl))
                except crypto.Error:  # not signed yet
                    pass

        support.run_together(add, add, sign, sign, look, look)
        pem = crl.export(cert, key)
        assert verified_by_openssl(pem, authority)
        found = sorted(int(one.get_serial(), 16) for one in crl.get_revoked())
        assert found == list(range(1, 401))

    def test_used_by_a_finalizer(self):
        """What the garbage collector runs inside of one of its methods waits for nobody."""
        crl = with_entries(entry())
        found = []

        class Cycle:
            def __init__(self):
                self.me = self

            def __del__(self):
                found.append(len(crl.get_revoked()))

        before = gc.get_threshold()
        gc.disable()
        try:
            Cycle()
            gc.set_threshold(1, 1, 1)
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:  # with one at hand, the next exception is made at once
                gc.enable()
                try:  # and nothing else is made before
                    crypto.dump_crl(100, crl)
                except ValueError:
                    pass
        finally:
            gc.set_threshold(*before)
            gc.enable()
        gc.collect()
        assert found == [1]
        assert len(crl.get_revoked()) == 1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**160),
            st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(9999, 12, 31)),
            st.sampled_from([None, *crypto.Revoked().all_reasons()]),
        ),
        max_size=20,
    )
)
def test_any_entries_come_back(entries):
    authority = support.pki().ec_ca
    crl = crypto.CRL()
    for serial, date, reason in entries:
        crl.add_revoked(entry(b"%x" % serial, reason, date.strftime("%4Y%m%d%H%M%SZ").encode()))
    loaded = crypto.load_crl(ASN1, crl.export(authority.x509(), authority.pkey(), ASN1))
    assert contents(loaded) == contents(crl)
    assert [int(one[0], 16) for one in contents(loaded)] == [serial for serial, _, _ in entries]
