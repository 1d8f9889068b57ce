"""Certificates: every field, written and read, alone and against the openssl command."""

import copy
import datetime
import gc
import pickle
import re
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT


@pytest.fixture(scope="module")
def key():
    return crypto.load_privatekey(PEM, support.new_key("ec"))


def build(key, name="built", issuer=None, issuer_key=None, digest="sha256", extensions=()):
    cert = crypto.X509()
    cert.set_version(2)
    cert.set_serial_number(0x1234)
    cert.get_subject().CN = name
    cert.set_issuer((issuer or cert).get_subject())
    cert.set_notBefore(b"20200101000000Z")
    cert.set_notAfter(b"20491231235959Z")
    cert.set_pubkey(key)
    cert.add_extensions(extensions)
    cert.sign(issuer_key or key, digest)
    return cert


def signed_by_itself(cert):
    """Whether the signature is by the certificate's own key, and of what the certificate has."""
    der = crypto.dump_certificate(ASN1, cert)
    again = crypto.load_certificate(ASN1, der)
    store = crypto.X509Store()
    store.add_cert(again)
    store.set_flags(crypto.X509StoreFlags.CHECK_SS_SIGNATURE)
    crypto.X509StoreContext(store, again).verify_certificate()
    return again.get_serial_number() == cert.get_serial_number()


def printed(cert, *options):
    return (
        support.openssl("x509", "-noout", *options, stdin=crypto.dump_certificate(PEM, cert))
        .decode()
        .strip()
    )


class TestNew:
    def test_empty(self):
        cert = crypto.X509()
        assert cert.get_version() == 0
        assert cert.get_serial_number() == 0
        assert cert.get_notBefore() is None and cert.get_notAfter() is None
        assert cert.get_subject().get_components() == cert.get_issuer().get_components() == []
        assert cert.get_extension_count() == 0
        assert cert.subject_name_hash() >= 0
        assert cert._x509
        with pytest.raises(crypto.Error):
            cert.get_pubkey()
        with pytest.raises(crypto.Error):
            cert.digest("sha256")
        with pytest.raises(ValueError):
            cert.has_expired()

    def test_object(self):
        with pytest.raises(TypeError):
            crypto.X509(None)
        assert crypto.X509Type is crypto.X509
        one, two = crypto.X509(), crypto.X509()
        assert one == one and one != two and hash(one) != hash(two)
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(one)

    def test_calls_with_wrong_arguments(self):
        cert = crypto.X509()
        for name in dir(cert):
            method = getattr(cert, name)
            if not name.startswith("_") and not name.startswith("from_"):
                with pytest.raises(TypeError):
                    method(1, 2, 3, 4, 5)
                with pytest.raises(TypeError):
                    method(no_such_name=1)


class TestVersion:
    @pytest.mark.parametrize("version", [0, 1, 2, 1234])
    def test_round_trip(self, version):
        cert = crypto.X509()
        cert.set_version(version=version)
        assert cert.get_version() == version

    @pytest.mark.parametrize(
        "wrong, error",
        [
            (None, TypeError),
            ("2", TypeError),
            (2.0, TypeError),
            (-1, ValueError),
            (1 << 70, OverflowError),
        ],
    )
    def test_refused(self, wrong, error):
        cert = crypto.X509()
        cert.set_version(2)
        with pytest.raises(error, match="version"):
            cert.set_version(wrong)
        assert cert.get_version() == 2


class TestSerialNumber:
    @pytest.mark.parametrize(
        "serial", [0, 1, 127, 128, 2**32 + 1, 2**64 + 1, 2**128 + 1, -1, -128, -(2**90), True]
    )
    def test_round_trip(self, serial):
        cert = crypto.X509()
        cert.set_serial_number(serial)
        assert cert.get_serial_number() == serial

    @given(st.integers())
    def test_any_integer(self, serial):
        cert = crypto.X509()
        cert.set_serial_number(serial)
        assert cert.get_serial_number() == serial

    @given(st.integers(min_value=1, max_value=2**159))
    def test_through_the_encoding(self, serial):
        key = support.pki().ec_ca.pkey()
        cert = build(key)
        cert.set_serial_number(serial)
        cert.sign(key, "sha256")
        again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        assert again.get_serial_number() == serial

    def test_negative_through_the_encoding(self, key):
        for serial in (-1, -128, -129, -(2**63), -(2**64), -(2**159)):
            cert = build(key)
            cert.set_serial_number(serial)
            cert.sign(key, "sha256")
            again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
            assert again.get_serial_number() == serial

    def test_huge(self):
        cert = crypto.X509()
        cert.set_serial_number(2**20000)
        assert cert.get_serial_number() == 2**20000

    @pytest.mark.parametrize("wrong", ["1", None, 1.0, object()])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="serial"):
            crypto.X509().set_serial_number(wrong)

    def test_the_command_agrees(self, key):
        cert = build(key)
        cert.set_serial_number(0xABCDEF0123456789ABCDEF)
        cert.sign(key, "sha256")
        assert printed(cert, "-serial") == "serial=ABCDEF0123456789ABCDEF"


class TestTimes:
    SETTERS = [("set_notBefore", "get_notBefore"), ("set_notAfter", "get_notAfter")]

    @pytest.mark.parametrize("setter, getter", SETTERS)
    @pytest.mark.parametrize(
        "when, shown",
        [
            (b"20040203040506Z", b"20040203040506Z"),
            (b"20040203040506+0530", b"20040203040506+0530"),
            (b"20040203040506-0115", b"20040203040506-0115"),
            (b"700203040506Z", b"19700203040506Z"),
            (b"490203040506Z", b"20490203040506Z"),
            (b"500203040506Z", b"19500203040506Z"),
            (b"99991231235959Z", b"99991231235959Z"),
        ],
    )
    def test_round_trip(self, setter, getter, when, shown):
        cert = crypto.X509()
        assert getattr(cert, setter)(when=when) is None
        assert getattr(cert, getter)() == shown

    @pytest.mark.parametrize("setter, getter", SETTERS)
    @pytest.mark.parametrize(
        "wrong, error",
        [
            (b"foo bar", ValueError),
            (b"", ValueError),
            (b"20041303040506Z", ValueError),
            (b"20040230040506Z", ValueError),
            (b"20040203040506", ValueError),
            (b"20040203040506Z\0", ValueError),
            (b"2" * 5000, ValueError),
            ("20040203040506Z", TypeError),
            (None, TypeError),
            (1, TypeError),
        ],
    )
    def test_refused_and_the_old_time_stays(self, setter, getter, wrong, error):
        cert = crypto.X509()
        getattr(cert, setter)(b"20040203040506Z")
        with pytest.raises(error, match="when"):
            getattr(cert, setter)(wrong)
        assert getattr(cert, getter)() == b"20040203040506Z"

    @given(
        st.datetimes(
            min_value=datetime.datetime(1950, 1, 1), max_value=datetime.datetime(9999, 12, 31)
        ),
        st.one_of(st.just("Z"), st.integers(-12 * 60, 12 * 60)),
    )
    def test_any_time_through_the_encoding(self, moment, zone):
        if zone != "Z":
            zone = f"{'-' if zone < 0 else '+'}{abs(zone) // 60:02}{abs(zone) % 60:02}"
        when = (moment.strftime("%Y%m%d%H%M%S") + zone).encode()
        key = support.pki().ec_ca.pkey()
        cert = build(key)
        cert.set_notBefore(when)
        cert.set_notAfter(when)
        assert cert.get_notBefore() == cert.get_notAfter() == when
        cert.sign(key, "sha256")
        again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        assert again.get_notBefore() == again.get_notAfter() == when

    def test_the_command_agrees(self, key):
        cert = build(key)
        assert "notAfter=Dec 31 23:59:59 2049 GMT" in printed(cert, "-dates")


class TestAdjust:
    @pytest.mark.parametrize("name", ["notBefore", "notAfter"])
    def test_from_now(self, name):
        cert = crypto.X509()
        for amount in (0, 100, -100, 10**9):
            before = int(time.time()) - 1  # the clock that C's time() reads may be a little late
            getattr(cert, f"gmtime_adj_{name}")(amount)
            after = time.time()
            shown = getattr(cert, f"get_{name}")().decode()
            moment = datetime.datetime.strptime(shown, "%Y%m%d%H%M%SZ")
            seconds = moment.replace(tzinfo=datetime.UTC).timestamp()
            assert before <= seconds - amount <= after

    @pytest.mark.parametrize(
        "wrong, error",
        [
            (None, TypeError),
            ("1", TypeError),
            (1.0, TypeError),
            (1 << 62, ValueError),
            (-(1 << 62), ValueError),
            (1 << 70, OverflowError),
            (10**12, ValueError),
        ],
    )
    def test_refused(self, wrong, error):
        cert = crypto.X509()
        cert.set_notAfter(b"20040203040506Z")
        with pytest.raises(error, match="amount"):
            cert.gmtime_adj_notAfter(wrong)
        assert cert.get_notAfter() == b"20040203040506Z"

    def test_has_expired(self):
        cert = crypto.X509()
        for amount, expired in ((-2, True), (100, False)):
            cert.gmtime_adj_notAfter(amount)
            assert cert.has_expired() is expired

    def test_its_last_second_is_good(self):
        cert, now, then = crypto.X509(), 0, 1
        while now != then:
            now = int(time.time())
            cert.gmtime_adj_notAfter(0)
            expired = cert.has_expired()
            then = int(time.time())
        assert expired is False

    def test_has_expired_with_an_offset(self):
        cert = crypto.X509()
        now = datetime.datetime.now(datetime.UTC)
        east = now + datetime.timedelta(hours=5)
        cert.set_notAfter(
            (east + datetime.timedelta(minutes=9)).strftime("%Y%m%d%H%M%S+0500").encode()
        )
        assert cert.has_expired() is False
        cert.set_notAfter(
            (east - datetime.timedelta(minutes=9)).strftime("%Y%m%d%H%M%S+0500").encode()
        )
        assert cert.has_expired() is True


class TestKeys:
    def test_round_trip(self, key):
        cert = crypto.X509()
        cert.set_pubkey(pkey=key)
        public = cert.get_pubkey()
        assert crypto.dump_publickey(PEM, public) == crypto.dump_publickey(PEM, key)
        assert public._only_public is True

    @pytest.mark.parametrize("wrong", [None, object(), b"x", crypto.X509()])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="pkey"):
            crypto.X509().set_pubkey(wrong)

    def test_empty_key(self):
        with pytest.raises(crypto.Error):
            crypto.X509().set_pubkey(crypto.PKey())


class TestSign:
    @pytest.mark.parametrize(
        "kind, digest, algorithm",
        [
            ("rsa", "sha256", b"sha256WithRSAEncryption"),
            ("rsa", b"SHA512", b"sha512WithRSAEncryption"),
            ("ec", "sha384", b"ecdsa-with-SHA384"),
            ("ed25519", None, b"ED25519"),
            ("ed448", "", b"ED448"),
        ],
    )
    def test_the_command_verifies(self, kind, digest, algorithm, tmp_path):
        key = crypto.load_privatekey(PEM, support.new_key(kind))
        ca = build(
            key,
            digest=digest,
            extensions=[crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE")],
        )
        assert ca.get_signature_algorithm() == algorithm
        leaf = build(key, "leaf", ca, key, digest)
        paths = tmp_path / "ca", tmp_path / "leaf"
        for path, cert in zip(paths, (ca, leaf)):
            path.write_bytes(crypto.dump_certificate(PEM, cert))
        support.openssl("verify", "-CAfile", *paths)

    def test_dsa(self):
        key = crypto.PKey()
        key.generate_key(crypto.TYPE_DSA, 1024)
        assert build(key).get_signature_algorithm() == b"dsa_with_SHA256"

    def test_order_of_checks(self, key):
        cert = build(key)
        public = cert.get_pubkey()
        for wrong in (object(), None, b"x"):
            with pytest.raises(TypeError, match="pkey"):
                cert.sign(wrong, "no digest")
        for wrong in (public, crypto.PKey()):
            with pytest.raises(ValueError, match="pkey"):
                cert.sign(wrong, "no digest")
        for digest in ("no digest", None, "", "sha256\0x"):
            with pytest.raises(ValueError, match="digest"):
                cert.sign(key, digest)
        with pytest.raises(TypeError, match="digest"):
            cert.sign(key, 1)

    def test_an_incomplete_certificate(self, key):
        with pytest.raises(crypto.Error):
            crypto.X509().sign(key, "sha256")

    def test_a_change_counts_when_signed_again(self, key):
        cert = build(key)
        before = cert.digest("sha256")
        cert.get_subject().CN = "changed"
        assert b"changed" in crypto.dump_certificate(TEXT, cert)
        cert.sign(key, "sha256")
        assert cert.digest("sha256") != before
        again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        assert again.get_subject().CN == "changed"

    def test_a_failure_changes_nothing(self, pki):
        cert = pki.server.x509()
        cert.set_serial_number(5)
        before = crypto.dump_certificate(ASN1, cert)
        with pytest.raises(crypto.Error):
            cert.sign(pki.server.pkey(), "shake256")  # RSA signs no such digest
        with pytest.raises(crypto.Error) as failure:
            cert.sign(pki.ec_server.pkey(), "md5")
        assert failure.value.args[0][0][0] and failure.value.args[0][-1][2]
        assert crypto.dump_certificate(ASN1, cert) == before
        assert cert.get_serial_number() == 5

    def test_again_without_a_change(self, pki):
        """Whatever the certificate has stays as it is encoded, but for the signature."""
        cert = pki.server.x509()
        cert.sign(pki.ca.pkey(), "sha256")
        assert crypto.dump_certificate(ASN1, cert) == pki.server.cert_der

    def test_every_change_is_signed(self, pki, key):
        cert = pki.server.x509()
        cert.set_serial_number(99)
        cert.get_subject().CN = "subject"
        cert.get_issuer().CN = "issuer"
        cert.set_notBefore(b"20010101000000Z")
        cert.set_notAfter(b"20610101000000Z")
        cert.set_pubkey(key)
        count = cert.get_extension_count()
        cert.add_extensions([crypto.X509Extension(b"nsComment", False, b"new")])
        cert.sign(key, "sha256")
        again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        for one in (cert, again):
            assert one.get_serial_number() == 99
            assert (one.get_subject().CN, one.get_issuer().CN) == ("subject", "issuer")
            assert one.get_notBefore() == b"20010101000000Z"
            assert one.get_notAfter() == b"20610101000000Z"
            assert crypto.dump_publickey(PEM, one.get_pubkey()) == crypto.dump_publickey(PEM, key)
            assert str(one.get_extension(count)) == "new"
            assert one.get_extension_count() == count + 1

    def test_the_version(self, key):
        cert = build(key)
        cert.set_version(0)  # without extensions OpenSSL leaves it so
        cert.sign(key, "sha256")
        again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        assert cert.get_version() == again.get_version() == 0

    def test_others_run_meanwhile(self, pki):
        """The interpreter is let go while it is signed, and a change made then is kept."""
        key = pki.ca.pkey()
        cert = build(key)
        go, changed = threading.Event(), []

        def change():
            go.wait()
            cert.set_serial_number(77)
            changed.append(True)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)  # nobody else runs unless the interpreter is let go
        try:
            with support.Threads() as threads:
                threads.start(change)
                go.set()
                for _ in range(1000):  # the machine may have other things to do
                    cert.sign(key, "sha256")
                    if changed:
                        break
                assert changed
                assert cert.get_serial_number() == 77
                assert signed_by_itself(cert)
        finally:
            sys.setswitchinterval(interval)

    def test_what_is_signed_is_what_is_there(self, key):
        """Each signature fits, whoever changes and signs meanwhile."""
        cert = build(key)

        def work():
            for i in range(50):
                cert.set_serial_number(i)
                cert.sign(key, "sha256")

        support.run_together(work, work, work)
        assert signed_by_itself(cert)

    def test_undefined_algorithm(self, key):
        der = crypto.dump_certificate(ASN1, build(key))
        ecdsa = bytes.fromhex("2a8648ce3d040302")
        assert der.count(ecdsa) == 2
        cert = crypto.load_certificate(ASN1, der.replace(ecdsa, bytes.fromhex("2a8648ce3d0403 7f")))
        with pytest.raises(ValueError):
            cert.get_signature_algorithm()


class TestDigest:
    def test_the_command_agrees(self, pki):
        cert = pki.server.x509()
        for name in ("sha256", "SHA256", b"sha1", "MD5", "sha512"):
            option = "-" + (name.decode() if isinstance(name, bytes) else name.lower())
            shown = support.openssl(
                "x509", "-noout", "-fingerprint", option, stdin=pki.server.cert_pem
            )
            assert cert.digest(digest_name=name) == shown.strip().partition(b"=")[2]
        assert re.fullmatch(rb"([0-9A-F]{2}:){31}[0-9A-F]{2}", cert.digest("sha256"))

    def test_unknown(self, pki):
        for wrong in ("no digest", "", None, "sha256\0", "md4"):
            with pytest.raises(ValueError, match="digest_name"):
                pki.server.x509().digest(wrong)
        with pytest.raises(TypeError, match="digest_name"):
            pki.server.x509().digest(1)

    @pytest.mark.parametrize("name", ["shake128", "SHAKE256"])
    def test_of_no_length(self, pki, name):
        with pytest.raises(crypto.Error, match="length"):
            pki.server.x509().digest(name)


class TestNames:
    def test_set(self, pki):
        cert = crypto.X509()
        cert.set_subject(subject=pki.server.x509().get_subject())
        cert.set_issuer(issuer=pki.ca.x509().get_subject())
        assert cert.get_subject() == pki.server.x509().get_subject()
        assert cert.get_issuer() == pki.server.x509().get_issuer()

    @pytest.mark.parametrize("wrong", [None, 1, "x", crypto.X509()])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="subject"):
            crypto.X509().set_subject(wrong)
        with pytest.raises(TypeError, match="issuer"):
            crypto.X509().set_issuer(wrong)

    def test_the_command_agrees(self, pki):
        name = pki.server.x509().get_subject()
        shown = (
            support.openssl(
                "x509",
                "-noout",
                "-subject",
                "-nameopt",
                "RFC2253,-esc_msb",
                stdin=pki.server.cert_pem,
            )
            .decode()
            .strip()
        )
        assert shown == f"subject=CN={name.CN},O={name.O}"


class TestExtensions:
    def test_add_and_get(self, key):
        added = [
            crypto.X509Extension(b"basicConstraints", True, b"CA:FALSE"),
            crypto.X509Extension(b"subjectAltName", False, b"DNS:a.example"),
        ]
        cert = build(key, extensions=iter(added))
        cert.add_extensions(extensions=[])
        assert cert.get_extension_count() == 2
        got = [cert.get_extension(index=i) for i in range(2)]
        del cert
        gc.collect()
        assert [one.get_data() for one in got] == [one.get_data() for one in added]
        assert [one.get_critical() for one in got] == [1, 0]

    def test_twice_the_same(self):
        cert = crypto.X509()
        extension = crypto.X509Extension(b"nsComment", False, b"x")
        cert.add_extensions([extension, extension])
        assert cert.get_extension_count() == 2

    def test_a_sequence_of_the_old_kind(self):
        class Two:
            def __getitem__(self, index):
                if index > 1:
                    raise IndexError
                return crypto.X509Extension(b"nsComment", False, b"%d" % index)

        cert = crypto.X509()
        cert.add_extensions(Two())
        assert [str(cert.get_extension(i)) for i in range(2)] == ["0", "1"]
        container = crypto.PKCS12()
        container.set_ca_certificates(type("Certs", (), {"__getitem__": [cert].__getitem__})())
        assert container.get_ca_certificates() == (cert,)

    def test_all_or_nothing(self):
        cert = crypto.X509()
        good = crypto.X509Extension(b"nsComment", False, b"x")
        for wrong in ([object()], [good, None], [good, good, "x"]):
            with pytest.raises(ValueError, match="extensions"):
                cert.add_extensions(wrong)
        for wrong in (object(), None, 1):
            with pytest.raises(TypeError, match="extensions must be iterable"):
                cert.add_extensions(wrong)

        def broken():
            yield good
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            cert.add_extensions(broken())
        assert cert.get_extension_count() == 0

    def test_index(self, pki):
        cert = pki.server.x509()
        for wrong in (-1, cert.get_extension_count(), 1 << 40):
            with pytest.raises(IndexError):
                cert.get_extension(wrong)
        for wrong in ("0", None, 0.0):
            with pytest.raises(TypeError, match="index"):
                cert.get_extension(wrong)

    def test_the_command_reads_them(self, key):
        cert = build(
            key, extensions=[crypto.X509Extension(b"subjectAltName", True, b"IP:192.0.2.7")]
        )
        assert "IP Address:192.0.2.7" in printed(cert, "-ext", "subjectAltName")


class TestTheCommand:
    """What the openssl command has made is read as it was meant, and the other way round."""

    SUBJECT = "/C=DE/ST=Bayern/L=M\xfcnchen/O=Ex+OU=a/OU=b/CN=\u540d\u524d/emailAddress=a@b.example"

    def test_its_certificates(self, tmp_path):
        key = tmp_path / "key"
        key.write_bytes(support.new_key("ec"))
        pem = support.openssl(
            *(
                "req",
                "-x509",
                "-new",
                "-key",
                key,
                "-utf8",
                "-subj",
                self.SUBJECT,
                "-multivalue-rdn",
            ),
            *("-days", "30", "-set_serial", "0x7fffffffffffffffffffffff", "-sha384"),
            *("-addext", "subjectAltName=DNS:x.example,URI:http://x/,IP:::1"),
            *(
                "-addext",
                "keyUsage=critical,keyCertSign",
                "-addext",
                "nameConstraints=permitted;DNS:x",
            ),
        )
        cert = crypto.load_certificate(PEM, pem)
        fields = [
            (field.decode(), value.decode()) for field, value in cert.get_subject().get_components()
        ]
        assert fields == [
            *(("C", "DE"), ("ST", "Bayern"), ("L", "M\xfcnchen"), ("OU", "a"), ("O", "Ex")),
            *(("OU", "b"), ("CN", "\u540d\u524d"), ("emailAddress", "a@b.example")),
        ]
        assert cert.get_subject() == cert.get_issuer()
        assert cert.get_serial_number() == 0x7FFFFFFFFFFFFFFFFFFFFFFF
        assert (cert.get_version(), cert.has_expired()) == (2, False)
        assert cert.get_signature_algorithm() == b"ecdsa-with-SHA384"
        days = [
            datetime.datetime.strptime(when.decode(), "%Y%m%d%H%M%SZ")
            for when in (cert.get_notBefore(), cert.get_notAfter())
        ]
        assert days[1] - days[0] == datetime.timedelta(30)
        extensions = [cert.get_extension(i) for i in range(cert.get_extension_count())]
        texts = {one.get_short_name(): (one.get_critical(), str(one)) for one in extensions}
        assert texts[b"keyUsage"] == (1, "Certificate Sign")
        assert texts[b"subjectAltName"][1] == (
            "DNS:x.example, URI:http://x/, IP Address:0:0:0:0:0:0:0:1"
        )
        assert texts[b"nameConstraints"][1].split() == ["Permitted:", "DNS:x"]
        assert crypto.dump_certificate(PEM, cert) == pem

    def test_our_certificates(self, key, pki):
        issuer = pki.ec_ca.x509()
        extensions = [
            crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE, pathlen:2"),
            crypto.X509Extension(b"keyUsage", False, b"digitalSignature, cRLSign"),
            crypto.X509Extension(b"extendedKeyUsage", False, b"serverAuth, 1.2.3.4"),
            crypto.X509Extension(
                b"subjectAltName", False, b"DNS:x, email:a@b, IP:192.0.2.1, RID:1.2.3"
            ),
            crypto.X509Extension(b"authorityKeyIdentifier", False, b"keyid", issuer=issuer),
            crypto.X509Extension(b"crlDistributionPoints", False, b"URI:http://crl.example/"),
            crypto.X509Extension(b"1.2.3.4.5", True, b"ASN1:UTF8String:ours"),
        ]
        cert = build(key, "a name", issuer, pki.ec_ca.pkey(), "sha512", extensions)
        text = printed(cert, "-text")
        lines = [line.strip() for line in text.splitlines()]
        assert "Version: 3 (0x2)" in lines
        assert "Serial Number: 4660 (0x1234)" in lines
        assert "Signature Algorithm: ecdsa-with-SHA512" in lines
        assert "Not Before: Jan  1 00:00:00 2020 GMT" in lines
        assert "Not After : Dec 31 23:59:59 2049 GMT" in lines
        assert re.search(r"Subject: CN ?= ?a name\n", text)
        assert re.search(rf"Issuer: O ?= ?pyOpenSSL tests, CN ?= ?{issuer.get_issuer().CN}\n", text)
        assert "X509v3 Basic Constraints: critical" in lines
        assert "1.2.3.4.5: critical" in lines
        for i, extension in enumerate(extensions):
            assert cert.get_extension(i).get_data() == extension.get_data()
            shown = [line.strip() for line in str(extension).splitlines()]
            assert extension._nid == 0 or any(
                shown == lines[at : at + len(shown)] for at in range(len(lines))
            )


class TestLent:
    """Certificates that a store or a connection has, too: a change is made on a copy."""

    def test_changes_before_and_after(self, pki, key):
        cert = pki.server.x509()
        cert.set_serial_number(5)
        cert.get_subject().O = "before"
        cert.set_notAfter(b"20610101000000Z")
        cert.set_pubkey(key)
        cert.add_extensions([crypto.X509Extension(b"nsComment", False, b"before")])
        count = cert.get_extension_count()
        crypto.X509Store().add_cert(cert)
        view = cert.get_issuer()
        view.O = "after"
        assert view.O == cert.get_issuer().O == "after"
        assert cert.get_subject().O == "before"
        assert cert.get_serial_number() == 5
        assert cert.get_notAfter() == b"20610101000000Z"
        assert crypto.dump_publickey(PEM, cert.get_pubkey()) == crypto.dump_publickey(PEM, key)
        assert str(cert.get_extension(count - 1)) == "before"

    def test_the_store_has_what_it_was_given(self, pki):
        store, root = crypto.X509Store(), pki.ca.x509()
        store.add_cert(root)
        root.get_subject().CN = "somebody else"
        root.set_notAfter(b"20010101000000Z")
        root.sign(pki.ca.pkey(), "sha256")
        crypto.X509StoreContext(store, pki.server.x509()).verify_certificate()


class TestThreads:
    def test_readers_and_a_writer(self, key):
        cert = build(key)

        def read():
            for _ in range(300):
                cert.get_serial_number(), cert.get_notAfter(), cert.has_expired()
                cert.get_subject().CN, cert.get_pubkey(), cert.get_extension_count()
                crypto.dump_certificate(TEXT, cert)

        def write():
            for i in range(300):
                cert.set_serial_number(i)
                cert.get_subject().CN = str(i)
                cert.set_notAfter(b"20300101000000Z")
                cert.sign(key, "sha256")

        support.run_together(read, read, write, write)
