"""Certificate requests: every field, alone and against openssl, GnuTLS and cryptography."""

import copy
import functools
import gc
import pickle
import re
import shutil
import subprocess
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from loading import OfLoading
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT

MS_EXTENSIONS = bytes.fromhex("060a2b06010401823702010e")  # 1.3.6.1.4.1.311.2.1.14
EXTENSIONS = bytes.fromhex("06092a864886f70d01090e")  # 1.2.840.113549.1.9.14


@functools.cache
def pem_of(kind):
    return support.new_key(kind)


def new_key(kind="ec"):
    return crypto.load_privatekey(PEM, pem_of(kind))


@pytest.fixture
def key():
    return new_key()


def extension(name, value, critical=False):
    return crypto.X509Extension(name, critical, value)


CA = (b"basicConstraints", b"CA:TRUE", True)
NAMES = (b"subjectAltName", b"DNS:a.example, DNS:b.example")
USAGE = (b"keyUsage", b"digitalSignature", True)


def build(key=None, name="built", extensions=(), digest="sha256"):
    key = key or new_key()
    request = crypto.X509Req()
    request.get_subject().CN = name
    request.set_pubkey(key)
    request.add_extensions([extension(*one) for one in extensions])
    request.sign(key, digest)
    return request


def dumped(key):
    return crypto.dump_publickey(ASN1, key)


def texts(request):
    return [
        (one.get_short_name(), str(one), one.get_critical()) for one in request.get_extensions()
    ]


def printed(request, *options):
    # How names are printed unless told has changed in OpenSSL 3.2.
    return support.openssl(
        *("req", "-noout", "-nameopt", "oneline", *options),
        stdin=crypto.dump_certificate_request(PEM, request),
    ).decode()


def der_of(tag, *parts):
    """One DER value of any size."""
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def with_attributes(*attributes):
    """A request, unsigned, that has these attributes (DER)."""
    content = der_of(
        0x30,
        b"\x02\x01\x00\x30\x00",
        dumped(new_key()),
        der_of(0xA0, *attributes),
    )
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    der = der_of(0x30, content, algorithm, b"\x03\x01\x00")
    return crypto.load_certificate_request(ASN1, der)


def extension_list(*names):
    """DER of a SEQUENCE OF Extension, each a subjectAltName with one name."""
    return der_of(
        0x30,
        *(
            der_of(
                0x30,
                bytes.fromhex("0603551d11"),
                der_of(0x04, der_of(0x30, der_of(0x82, name))),
            )
            for name in names
        ),
    )


class TestNew:
    def test_empty(self):
        request = crypto.X509Req()
        assert type(request) is crypto.X509Req
        assert request.get_version() == 0
        assert request.get_subject().get_components() == []
        assert request.get_extensions() == []
        assert request._req
        with pytest.raises(crypto.Error) as failure:
            request.get_pubkey()
        assert failure.value.args[0]

    def test_alias(self):
        assert crypto.X509ReqType is crypto.X509Req

    @pytest.mark.parametrize("args", [(None,), (1, 2)])
    def test_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.X509Req(*args)

    def test_cannot_be_encoded(self, key):
        empty, unsigned = crypto.X509Req(), crypto.X509Req()
        unsigned.set_pubkey(key)
        unsigned.get_subject().CN = "here"
        for request in (empty, unsigned):
            for kind in (PEM, ASN1):
                with pytest.raises(crypto.Error) as failure:
                    crypto.dump_certificate_request(kind, request)
                assert failure.value.args[0]
        assert b"CN=here" in crypto.dump_certificate_request(TEXT, unsigned)

    def test_without_init(self):
        request = crypto.X509Req.__new__(crypto.X509Req)
        request.get_subject().CN = "made"
        assert request.get_subject().CN == "made"

    def test_init_again(self, key):
        request = build(key)
        request.__init__()
        assert request.verify(key) is True

    def test_subclass(self):
        class Mine(crypto.X509Req):
            pass

        mine = Mine()
        mine.note = "x"
        assert mine.get_version() == 0
        assert weakref.ref(mine)() is mine

    def test_collected(self):
        request = crypto.X509Req()
        request.name = request.get_subject()
        gone = weakref.ref(request)
        del request
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, duplicate):
        with pytest.raises(TypeError):
            duplicate(crypto.X509Req())

    def test_identity(self, key):
        one, other = build(key), build(key)
        assert one == one and one != other
        assert len({one, other}) == 2


class TestVersion:
    def test_zero(self):
        request = crypto.X509Req()
        assert request.set_version(version=0) is None
        assert request.get_version() == 0

    @pytest.mark.parametrize("version", [1, 3, 1234, 2**31])
    def test_another(self, version):
        """Taken by OpenSSL up to 3.4."""
        request = crypto.X509Req()
        try:
            request.set_version(version)
        except crypto.Error as error:
            assert error.args[0]
            assert request.get_version() == 0
        else:
            assert request.get_version() == version
            key = new_key()
            request.set_pubkey(key)
            request.sign(key, "sha256")
            der = crypto.dump_certificate_request(ASN1, request)
            assert crypto.load_certificate_request(ASN1, der).get_version() == version

    @pytest.mark.parametrize("wrong", ["foo", None, 1.0, b"1", object()])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="version"):
            crypto.X509Req().set_version(wrong)

    def test_out_of_range(self):
        request = crypto.X509Req()
        with pytest.raises(ValueError):
            request.set_version(-1)
        with pytest.raises(OverflowError):
            request.set_version(2**64)
        assert request.get_version() == 0

    def test_number_of_arguments(self):
        request = crypto.X509Req()
        for call in (
            lambda: request.get_version(1),
            lambda: request.set_version(),
            lambda: request.set_version(0, 0),
        ):
            with pytest.raises(TypeError):
                call()


class TestGetSubject:
    def test_view(self):
        request = crypto.X509Req()
        subject, other = request.get_subject(), request.get_subject()
        assert type(subject) is crypto.X509Name
        subject.commonName = "foo"
        other.O = "bar"
        assert (other.CN, subject.O) == ("foo", "bar")
        assert subject.get_components() == [(b"CN", b"foo"), (b"O", b"bar")]

    def test_outlives_the_request(self):
        request = crypto.X509Req()
        subject = request.get_subject()
        subject.CN = "foo"
        del request
        gc.collect()
        assert subject.CN == "foo"
        subject.CN = "bar"
        assert subject.CN == "bar"

    def test_refused_value_changes_nothing(self):
        request = crypto.X509Req()
        request.get_subject().C = "DE"
        with pytest.raises(crypto.Error):
            request.get_subject().C = "DEU"
        assert request.get_subject().C == "DE"

    def test_openssl_shows_it(self, key):
        request = build(key, "a name")
        assert "CN = a name" in printed(request, "-subject")
        request.get_subject().O = "later"
        request.sign(key, "sha256")
        assert "CN = a name, O = later" in printed(request, "-subject")

    def test_argument(self):
        with pytest.raises(TypeError):
            crypto.X509Req().get_subject(1)


class TestPubkey:
    @pytest.mark.parametrize("kind", ["rsa", "ec", "ed25519", "ed448"])
    def test_set_and_get(self, kind):
        request, key = crypto.X509Req(), new_key(kind)
        assert request.set_pubkey(pkey=key) is None
        public = request.get_pubkey()
        assert dumped(public) == dumped(key)
        assert public._only_public is True
        assert public is not key

    def test_replaced(self, key):
        request = build(new_key("rsa"))
        request.set_pubkey(key)
        assert dumped(request.get_pubkey()) == dumped(key)
        with pytest.raises(crypto.Error):
            request.verify(key)

    def test_empty(self):
        with pytest.raises(crypto.Error):
            crypto.X509Req().set_pubkey(crypto.PKey())

    @pytest.mark.parametrize("wrong", [None, b"x", object(), crypto.PKey])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="pkey"):
            crypto.X509Req().set_pubkey(wrong)

    def test_number_of_arguments(self):
        with pytest.raises(TypeError):
            crypto.X509Req().set_pubkey()
        with pytest.raises(TypeError):
            crypto.X509Req().get_pubkey(1)


class TestExtensions:
    def test_added(self, key):
        request = crypto.X509Req()
        assert request.add_extensions(extensions=[extension(*CA)]) is None
        assert texts(request) == [(b"basicConstraints", "CA:TRUE", 1)]

    def test_merged(self, key):
        request = build(key, extensions=[CA])
        request.add_extensions([extension(*NAMES)])
        request.add_extensions(iter([extension(*USAGE)]))
        expected = [
            (b"basicConstraints", "CA:TRUE", 1),
            (b"subjectAltName", "DNS:a.example, DNS:b.example", 0),
            (b"keyUsage", "Digital Signature", 1),
        ]
        assert texts(request) == texts(request) == expected
        request.sign(key, "sha256")
        text = printed(request, "-text", "-verify")
        assert text.count("Requested Extensions") == 1
        assert all(value in text for _, value, _ in expected)
        loaded = crypto.load_certificate_request(
            ASN1, crypto.dump_certificate_request(ASN1, request)
        )
        assert texts(loaded) == expected
        loaded.add_extensions([extension(b"nsComment", b"four")])
        loaded.sign(key, "sha256")
        again = crypto.load_certificate_request(ASN1, crypto.dump_certificate_request(ASN1, loaded))
        assert texts(again) == [*expected, (b"nsComment", "four", 0)]

    def test_the_same_twice(self):
        request = crypto.X509Req()
        for _ in range(2):
            request.add_extensions([extension(*USAGE)])
        assert len(request.get_extensions()) == 2

    def test_copies(self):
        request = crypto.X509Req()
        request.add_extensions([extension(*CA)])
        (one,) = request.get_extensions()
        del request
        gc.collect()
        assert str(one) == "CA:TRUE"
        assert type(one) is crypto.X509Extension

    def test_none(self, key):
        request = crypto.X509Req()
        request.add_extensions([])
        assert request.get_extensions() == []
        request = build(key)
        assert EXTENSIONS not in crypto.dump_certificate_request(ASN1, request)

    @pytest.mark.parametrize("wrong", [None, object(), 5])
    def test_not_iterable(self, wrong):
        with pytest.raises(TypeError):
            crypto.X509Req().add_extensions(wrong)

    @pytest.mark.parametrize("wrong", [None, object(), b"basicConstraints"])
    def test_wrong_element(self, wrong):
        request = crypto.X509Req()
        request.add_extensions([extension(*CA)])
        with pytest.raises(ValueError):
            request.add_extensions([extension(*USAGE), wrong])
        assert len(request.get_extensions()) == 1

    def test_iterator_that_fails(self):
        def broken():
            yield extension(*CA)
            raise ZeroDivisionError

        request = crypto.X509Req()
        with pytest.raises(ZeroDivisionError):
            request.add_extensions(broken())
        assert request.get_extensions() == []

    def test_number_of_arguments(self):
        with pytest.raises(TypeError):
            crypto.X509Req().add_extensions()
        with pytest.raises(TypeError):
            crypto.X509Req().get_extensions(1)

    def test_microsofts_attribute(self, key):
        attribute = der_of(0x30, MS_EXTENSIONS, der_of(0x31, extension_list(b"ms.example")))
        request = with_attributes(attribute)
        assert texts(request) == [(b"subjectAltName", "DNS:ms.example", 0)]
        request.add_extensions([extension(*USAGE)])
        assert [name for name, _, _ in texts(request)] == [b"subjectAltName", b"keyUsage"]
        request.sign(key, "sha256")
        der = crypto.dump_certificate_request(ASN1, request)
        assert MS_EXTENSIONS not in der and EXTENSIONS in der

    def test_other_attributes_stay(self, key):
        challenge = der_of(
            0x30, bytes.fromhex("06092a864886f70d010907"), der_of(0x31, der_of(0x0C, b"secret"))
        )
        request = with_attributes(challenge)
        assert request.get_extensions() == []
        request.add_extensions([extension(*USAGE)])
        request.sign(key, "sha256")
        text = printed(request, "-text")
        assert re.search(r"challengePassword\s*:\s*secret", text)
        assert "Digital Signature" in text

    @pytest.mark.parametrize(
        "value", [b"\x04\x01x", b"\x30\x01\x30", b"\x30\x03\x02\x01\x05", b"\x05\x00"]
    )
    def test_no_extensions_where_they_should_be(self, value):
        try:
            request = with_attributes(der_of(0x30, EXTENSIONS, der_of(0x31, value)))
        except crypto.Error:  # so says a newer OpenSSL, of some of them
            return
        for call in (request.get_extensions, lambda: request.add_extensions([extension(*CA)])):
            with pytest.raises(crypto.Error) as failure:
                call()
            assert failure.value.args[0]

    def test_unknown_extension(self):
        unknown = der_of(0x30, der_of(0x30, bytes.fromhex("06032a0304"), der_of(0x04, b"abc")))
        request = with_attributes(der_of(0x30, EXTENSIONS, der_of(0x31, unknown)))
        (one,) = request.get_extensions()
        assert (one.get_short_name(), one.get_data()) == (b"UNDEF", b"abc")


class TestSign:
    @pytest.mark.parametrize("kind", ["rsa", "ec"])
    @pytest.mark.parametrize("digest", ["sha1", "sha256", b"sha384", "SHA512"])
    def test_openssl_verifies(self, kind, digest):
        request = build(new_key(kind), digest=digest)
        name = digest.decode() if isinstance(digest, bytes) else digest
        text = printed(request, "-verify", "-text")
        assert re.search(f"Signature Algorithm: .*{name}", text, re.IGNORECASE)

    @pytest.mark.parametrize("kind", ["ed25519", "ed448"])
    @pytest.mark.parametrize("digest", [None, ""])
    def test_without_a_digest(self, kind, digest):
        key = new_key(kind)
        request = build(key, digest=digest)
        assert request.verify(key) is True
        printed(request, "-verify")

    def test_dsa(self):
        key = crypto.PKey()
        key.generate_key(crypto.TYPE_DSA, 1024)
        request = build(key)
        assert request.verify(key) is True
        printed(request, "-verify")

    def test_ml_dsa(self):
        try:
            pem = support.openssl("genpkey", "-algorithm", "ML-DSA-65")
        except AssertionError:
            pytest.skip("this OpenSSL has no ML-DSA")
        key = crypto.load_privatekey(PEM, pem)
        request = build(key, digest=None)
        assert request.verify(key) is True
        printed(request, "-verify")

    def test_returns_none(self, key):
        request = crypto.X509Req()
        request.set_pubkey(key)
        assert request.sign(pkey=key, digest="sha256") is None

    def test_every_part_is_signed(self, key):
        request = build(key, "one", [CA])
        request.set_version(0)
        before = crypto.dump_certificate_request(TEXT, request)
        loaded = crypto.load_certificate_request(
            ASN1, crypto.dump_certificate_request(ASN1, request)
        )
        assert crypto.dump_certificate_request(TEXT, loaded) == before
        assert loaded.verify(key) is True

    def test_changed_afterwards(self, key):
        request = build(key)
        request.get_subject().O = "changed"
        with pytest.raises(crypto.Error):
            request.verify(key)
        request.sign(key, "sha256")
        assert request.verify(key) is True

    def test_loaded_and_signed_again(self, key):
        der = crypto.dump_certificate_request(ASN1, build(new_key("rsa"), "again", [NAMES]))
        request = crypto.load_certificate_request(ASN1, der)
        request.set_pubkey(key)
        request.sign(key, "sha512")
        text = printed(request, "-verify", "-text")
        assert "ecdsa-with-SHA512" in text and "CN = again" in text and "DNS:b.example" in text

    def test_without_public_key(self, key):
        request = crypto.X509Req()
        with pytest.raises(crypto.Error) as failure:
            request.sign(key, "sha256")
        assert failure.value.args[0]

    def test_failure_keeps_the_signature(self, key):
        request = build(key)
        before = crypto.dump_certificate_request(ASN1, request)
        with pytest.raises(crypto.Error):
            request.sign(new_key("ed25519"), "sha256")
        assert crypto.dump_certificate_request(ASN1, request) == before
        assert request.verify(key) is True

    def test_empty_and_public_keys(self, key):
        public = crypto.load_publickey(ASN1, dumped(key))
        for wrong in (crypto.PKey(), public):
            with pytest.raises(ValueError):
                build(key).sign(wrong, "sha256")

    @pytest.mark.parametrize("digest", ["strange", b"strange", "sha256\0zzz", None, ""])
    def test_unknown_digest(self, key, digest):
        with pytest.raises(ValueError, match="digest"):
            build(key).sign(key, digest)

    @pytest.mark.parametrize("wrong", [None, 3, object(), crypto.PKey])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="pkey"):
            crypto.X509Req().sign(wrong, "sha256")

    def test_a_digest_that_does_not_fit(self):
        with pytest.raises(crypto.Error) as caught:
            build(support.pki().ec_ca.pkey(), digest="shake256")
        assert caught.value.args[0][0][0] and caught.value.args[0][-1][2]

    @pytest.mark.parametrize("wrong", [3, object(), bytearray(b"sha256")])
    def test_wrong_digest_type(self, key, wrong):
        with pytest.raises(TypeError, match="digest"):
            build(key).sign(key, wrong)

    def test_number_of_arguments(self, key):
        for args in ((), (key,), (key, "sha256", 1)):
            with pytest.raises(TypeError):
                crypto.X509Req().sign(*args)


class TestVerify:
    @pytest.mark.parametrize("kind", ["rsa", "ec", "ed25519"])
    def test_right_and_wrong_key(self, kind):
        key = new_key(kind)
        request = build(key, digest=None if kind == "ed25519" else "sha256")
        assert request.verify(pkey=key) is True
        assert request.verify(request.get_pubkey()) is True
        for other in (
            crypto.load_privatekey(PEM, support.new_key(kind)),
            new_key("ed448"),
        ):
            with pytest.raises(crypto.Error) as failure:
                request.verify(other)
            assert failure.value.args[0]
            assert failure.value.args[0] != [("", "", "unknown error")]

    def test_unsigned(self, key):
        request = crypto.X509Req()
        request.set_pubkey(key)
        with pytest.raises(crypto.Error):
            request.verify(key)

    def test_empty_key(self, key):
        with pytest.raises(crypto.Error):
            build(key).verify(crypto.PKey())

    @pytest.mark.parametrize("wrong", [None, 3, b"x", crypto.PKey])
    def test_wrong_type(self, key, wrong):
        with pytest.raises(TypeError, match="pkey"):
            build(key).verify(wrong)

    @pytest.mark.parametrize("args", [(), (1, 2)])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.X509Req().verify(*args)

    @given(st.data())
    def test_any_changed_byte(self, data):
        der = bytearray(some_request())
        der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
        try:
            request = crypto.load_certificate_request(ASN1, der)
        except crypto.Error:
            return
        for call in (request.get_extensions, request.get_pubkey, request.get_version):
            try:
                call()
            except crypto.Error:
                pass
        repr(request.get_subject())
        for kind in (PEM, ASN1, TEXT):
            try:
                crypto.dump_certificate_request(kind, request)
            except crypto.Error:
                pass
        with pytest.raises(crypto.Error):
            request.verify(new_key())
        try:
            request.add_extensions([extension(*CA)])
            request.sign(new_key(), "sha256")
        except crypto.Error:
            pass


@functools.cache
def some_request():
    """A request's DER, always the same."""
    return crypto.dump_certificate_request(ASN1, build(new_key(), "some", [CA, NAMES, USAGE]))


class TestLoadDump(OfLoading):
    load, dump = "load_certificate_request", "dump_certificate_request"
    type, parameter = "X509Req", "req"

    def der(self):
        return some_request()

    def test_label(self):
        pem = self.dump_as(PEM, self.load_as(ASN1, self.der()))
        assert pem.startswith(b"-----BEGIN CERTIFICATE REQUEST-----\n")

    def test_labels_and_noise(self, key):
        pem = crypto.dump_certificate_request(PEM, build(key))
        old = pem.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
        loaded = crypto.load_certificate_request(PEM, b"noise\n" + pem_of("ec") + old)
        assert crypto.dump_certificate_request(PEM, loaded) == pem

    def test_text(self, key):
        text = crypto.dump_certificate_request(TEXT, build(key, "shown", [NAMES]))
        assert b"CN=shown" in text and b"DNS:b.example" in text

    def test_trailing_bytes(self):
        loaded = crypto.load_certificate_request(ASN1, some_request() + b"more")
        assert crypto.dump_certificate_request(ASN1, loaded) == some_request()


class TestOpenssl:
    def test_loaded(self, tmp_path):
        config = tmp_path / "config"
        config.write_text(
            "[req]\ndistinguished_name = dn\nreq_extensions = ext\nprompt = no\n"
            "[dn]\nC = DE\nO = Organization\nCN = made by openssl\n"
            "[ext]\nbasicConstraints = critical, CA:TRUE, pathlen:2\n"
            "subjectAltName = DNS:x.example, IP:192.0.2.1\n"
        )
        path = tmp_path / "key"
        path.write_bytes(pem_of("ec"))
        pem = support.openssl("req", "-new", "-config", config, "-key", path)
        request = crypto.load_certificate_request(PEM, pem)
        assert request.get_version() == 0
        assert request.get_subject().get_components() == [
            (b"C", b"DE"),
            (b"O", b"Organization"),
            (b"CN", b"made by openssl"),
        ]
        assert texts(request) == [
            (b"basicConstraints", "CA:TRUE, pathlen:2", 1),
            (b"subjectAltName", "DNS:x.example, IP Address:192.0.2.1", 0),
        ]
        assert dumped(request.get_pubkey()) == dumped(new_key())
        assert request.verify(request.get_pubkey()) is True
        assert crypto.dump_certificate_request(PEM, request) == pem

    def test_signed_by_an_authority(self, tmp_path, pki):
        """What openssl issues for a request of ours has what we asked for."""
        request = build(new_key(), "asked for", [NAMES])
        path = tmp_path / "request"
        path.write_bytes(crypto.dump_certificate_request(PEM, request))
        pem = support.openssl(
            *("x509", "-req", "-in", path, "-CA", pki.ec_ca.cert_path, "-set_serial", 77),
            *("-CAkey", pki.ec_ca.key_path, "-copy_extensions", "copyall"),
        )
        cert = crypto.load_certificate(PEM, pem)
        assert cert.get_subject() == request.get_subject()
        assert dumped(cert.get_pubkey()) == dumped(request.get_pubkey())
        assert str(cert.get_extension(0)) == "DNS:a.example, DNS:b.example"


@pytest.mark.skipif(shutil.which("certtool") is None, reason="GnuTLS is not installed")
class TestGnutls:
    def run(self, *args, stdin=None):
        result = subprocess.run(
            ["certtool", *map(str, args)], input=stdin, capture_output=True, timeout=support.TIMEOUT
        )
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout.decode()

    @pytest.mark.parametrize("kind", ["rsa", "ec", "ed25519"])
    def test_reads_ours(self, kind):
        digest = None if kind == "ed25519" else "sha256"
        request = build(new_key(kind), "for GnuTLS", [CA, NAMES, USAGE], digest)
        text = self.run("--crq-info", stdin=crypto.dump_certificate_request(PEM, request))
        assert "Self signature: verified" in text
        assert "Subject: CN=for GnuTLS" in text
        assert "Version: 1" in text
        assert "DNSname: a.example" in text and "DNSname: b.example" in text
        assert "Certificate Authority (CA): TRUE" in text
        assert re.search(r"Key Usage \(critical\):\s+Digital signature", text)

    def test_we_read_theirs(self, tmp_path):
        template, path = tmp_path / "template", tmp_path / "key"
        template.write_text('cn = "Name"\norganization = "Org"\ndns_name = "g.example"\nca\n')
        path.write_bytes(pem_of("ec"))
        text = self.run(
            *("--generate-request", "--load-privkey", path, "--template", template),
            *("--hash", "SHA384"),
        )
        request = crypto.load_certificate_request(PEM, text)
        assert request.get_subject().CN == "Name" and request.get_subject().O == "Org"
        assert request.verify(new_key()) is True
        found = texts(request)
        assert (b"subjectAltName", "DNS:g.example", 0) in found
        assert (b"basicConstraints", "CA:TRUE", 1) in found


class TestCryptography:
    def test_both_ways(self, key):
        x509 = pytest.importorskip("cryptography.x509")
        request = build(key, "both", [NAMES])
        theirs = request.to_cryptography()
        assert isinstance(theirs, x509.CertificateSigningRequest)
        assert theirs.is_signature_valid
        assert theirs.subject.rfc4514_string() == "CN=both"
        names = theirs.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
        ours = crypto.X509Req.from_cryptography(crypto_req=theirs)
        assert type(ours) is crypto.X509Req
        assert crypto.dump_certificate_request(ASN1, ours) == crypto.dump_certificate_request(
            ASN1, request
        )

    def test_subclass(self, key):
        pytest.importorskip("cryptography.x509")

        class Mine(crypto.X509Req):
            pass

        assert type(Mine.from_cryptography(build(key).to_cryptography())) is Mine

    @pytest.mark.parametrize("wrong", [None, b"x", object(), crypto.X509Req])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="crypto_req"):
            crypto.X509Req.from_cryptography(wrong)

    def test_not_complete(self):
        with pytest.raises(crypto.Error):
            crypto.X509Req().to_cryptography()


class TestThreads:
    def test_one_object(self, key):
        request = build(key)
        other = new_key("rsa")
        subject = request.get_subject()

        def sign(one):
            for _ in range(20):
                request.sign(one, "sha256")

        def name(field):
            for number in range(200):
                setattr(subject, field, f"{field} {number}")

        def change():
            for number in range(100):
                request.set_pubkey(key if number % 2 else other)
                if number % 10 == 0:
                    request.add_extensions([extension(*USAGE)])

        def look():
            for _ in range(200):
                loaded = crypto.load_certificate_request(
                    ASN1, crypto.dump_certificate_request(ASN1, request)
                )
                loaded.get_pubkey()
                request.get_extensions()
                try:
                    request.verify(key)
                except crypto.Error:
                    pass

        support.run_together(
            lambda: sign(key),
            lambda: sign(other),
            lambda: name("CN"),
            lambda: name("OU"),
            change,
            look,
            look,
        )
        assert (subject.CN, subject.OU) == ("CN 199", "OU 199")  # no update was lost
        assert len(request.get_extensions()) == 10
        request.set_pubkey(key)
        request.sign(key, "sha256")
        assert request.verify(key) is True


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["CN", "O", "OU", "L", "ST"]),
            st.text(
                st.characters(blacklist_categories=["Cs"], min_codepoint=1),
                min_size=1,
                max_size=16,
            ),
        ),
        max_size=5,
        unique_by=lambda item: item[0],
    )
)
def test_any_subject_comes_back(fields):
    key = new_key()
    request = crypto.X509Req()
    request.set_pubkey(key)
    subject = request.get_subject()
    for field, value in fields:
        setattr(subject, field, value)
    request.sign(key, "sha256")
    loaded = crypto.load_certificate_request(ASN1, crypto.dump_certificate_request(ASN1, request))
    assert loaded.get_subject().get_components() == [
        (field.encode(), value.encode()) for field, value in fields
    ]
    assert loaded.verify(key) is True
