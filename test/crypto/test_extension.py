"""Extensions, from OpenSSL's configuration language and from certificates."""

import copy
import gc
import pickle

import pytest

import support
from OpenSSL import SSL, crypto


def make(name, value, critical=False, **certs):
    return crypto.X509Extension(name, critical, value, **certs)


def from_der(kind, der):
    return make(kind, b"DER:" + der.hex(":").encode())


class TestInit:
    def test_basic_constraints(self):
        extension = make(b"basicConstraints", b"CA:true", critical=True)
        assert extension.get_critical() == 1
        assert extension.get_short_name() == b"basicConstraints"
        assert extension.get_data() == b"0\x03\x01\x01\xff"
        assert str(extension) == "CA:TRUE"
        assert extension._extension and extension._nid == 87

    def test_names(self):
        extension = crypto.X509Extension(
            type_name=b"nsComment", critical=False, value=b"foo", subject=None, issuer=None
        )
        assert extension.get_critical() == 0
        assert str(extension) == "foo"

    def test_critical_in_the_value(self):
        assert make(b"basicConstraints", b"critical,CA:FALSE").get_critical() == 1
        assert make(b"basicConstraints", b"critical,CA:FALSE", critical=True).get_critical() == 1

    @pytest.mark.parametrize(
        "name, value, reason",
        [
            (b"1.2.3", b"ASN1:NUMERIC:x", "illegal characters"),
            (b"1.2.3", b"ASN1:FORMAT:UTF8,BMP:\xff", "invalid utf8string"),
            (b"subjectAltName", b"otherName:1.2.3;NUMERIC:x", "illegal characters"),
        ],
    )
    def test_text_of_other_characters(self, name, value, reason):
        """OpenSSL 3.0 says behind it that memory has run out."""
        with pytest.raises(crypto.Error) as caught:
            make(name, value)
        assert caught.value.args[0][0] == ("asn1 encoding routines", "", reason)

    def test_any_truth(self):
        assert make(b"basicConstraints", b"CA:FALSE", critical=[1]).get_critical() == 1

        class Odd:
            def __bool__(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            make(b"basicConstraints", b"CA:FALSE", critical=Odd())

    @pytest.mark.parametrize(
        "name, value",
        [
            (b"thisIsMadeUp", b"hi"),
            (b"basicConstraints", b"blah blah"),
            (b"", b""),
            (b"subjectAltName", b""),
            (b"1.2.3.4", b"text"),
            (b"1.2.3.4", b"DER:zz"),
            (b"basicConstraints", b"@section"),
            (b"subjectAltName", b"dirName:section"),
            (b"subjectAltName", b"@section"),
            (b"subjectAltName", b"otherName:1.2.3.4;@x"),
            (b"proxyCertInfo", b"language:id-ppl-anyLanguage,pathlen:1,policy:text:AB"),
            (b"proxyCertInfo", b"language:id-ppl-anyLanguage,pathlen:1,policy:file:/etc/passwd"),
            (b"proxyCertInfo", b"@x"),
            (b"certificatePolicies", b"@x"),
            (b"certificatePolicies", b"1.2.3.4,@x"),
            (b"sbgp-ipAddrBlock", b"@x"),
            (b"sbgp-autonomousSysNum", b"@x"),
            (b"nameConstraints", b"permitted;dirName:x"),
            (b"crlDistributionPoints", b"x"),
            (b"issuingDistributionPoint", b"x"),
            (b"policyConstraints", b"x:y"),
            (b"authorityKeyIdentifier", b"keyid:always"),
            (b"subjectKeyIdentifier", b"hash"),
            (b"keyUsage", b"none such"),
            (b"1.2.3.4", b"ASN1:SEQUENCE:section"),
        ],
    )
    def test_refused(self, name, value):
        for critical in (False, True):
            with pytest.raises(crypto.Error) as caught:
                make(name, value, critical)
            assert caught.value.args[0]

    KINDS = [
        b"basicConstraints",
        b"subjectAltName",
        b"issuerAltName",
        b"nameConstraints",
        b"certificatePolicies",
        b"policyMappings",
        b"proxyCertInfo",
        b"1.3.6.1.5.5.7.1.14",
        b"crlDistributionPoints",
        b"issuingDistributionPoint",
        b"authorityInfoAccess",
        b"authorityKeyIdentifier",
        b"keyUsage",
        b"extendedKeyUsage",
        b"nsComment",
        b"nsCertType",
        b"sbgp-ipAddrBlock",
        b"sbgp-autonomousSysNum",
        b"tlsfeature",
        b"noCheck",
        b"1.2.3.4",
    ]

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_file_is_read(self, kind, tmp_path):
        """Whatever a value looks like, it comes from nowhere else."""
        path = tmp_path / "file"
        path.write_bytes(b"[section]\nUTF8 = CONTENT\nDNS.1 = CONTENT\n")
        name = str(path).encode()
        words = [
            b"%s",
            b"file:%s",
            b"@%s",
            b"@section",
            b"DNS:%s",
            b"URI:%s",
            b"dirName:%s",
            b"otherName:1.2.3.4;%s",
            b"permitted;dirName:%s",
            b"language:1.3.6.1.5.5.7.21.0,policy:file:%s",
            b"language:1.3.6.1.5.5.7.21.0,pathlen:1,policy:text:AB",
            b"1.2.3.4,@%s",
            b"ASN1:SEQUENCE:%s",
            b"ASN1:FORMAT:UTF8,OCT:file:%s",
            b"DER:%s",
            b"CA:TRUE,@%s",
            b"IPv4:%s",
            b"AS:%s",
            b"$ENV::HOME",
            b"critical,file:%s",
        ]
        for word in words:
            value = word.replace(b"%s", name)
            for critical in (False, True):
                try:
                    extension = make(kind, value, critical)
                except crypto.Error as error:
                    assert error.args[0]
                else:
                    assert b"CONTENT" not in extension.get_data()
                    assert "CONTENT" not in str(extension)
            assert support.queued_errors() == []

    def test_a_policy(self):
        extension = make(b"certificatePolicies", b"1.2.3.4, 2.5.29.32.0")
        assert str(extension).strip() == "Policy: 1.2.3.4\nPolicy: X509v3 Any Policy"

    def test_what_is_wrong_comes_first(self):
        support.push_error()  # somebody else's
        for kind, reason in (
            (b"noSuchName", "unknown extension name"),
            (b"keyUsage", "unknown bit"),
        ):
            with pytest.raises(crypto.Error) as caught:
                make(kind, b"none such")
            assert caught.value.args[0][0][0] == "X509 V3 routines"
            assert reason in caught.value.args[0][0][2]

    @pytest.mark.parametrize(
        "name, value",
        [
            ("basicConstraints", b"CA:TRUE"),
            (b"basicConstraints", "CA:TRUE"),
            (None, b""),
            (b"nsComment", bytearray(b"x")),
        ],
    )
    def test_wrong_types(self, name, value):
        with pytest.raises(TypeError):
            make(name, value)

    def test_nul(self):
        with pytest.raises(ValueError, match="value"):
            make(b"subjectAltName", b"DNS:good.example\0.evil.example")
        with pytest.raises(ValueError, match="type_name"):
            make(b"nsComment\0x", b"x")

    @pytest.mark.parametrize("wrong", [True, object(), "hello", []])
    def test_wrong_certificates(self, wrong):
        for name in ("subject", "issuer"):
            with pytest.raises(TypeError, match=name):
                make(b"nsComment", b"x", **{name: wrong})

    def test_key_identifiers(self, pki):
        ca = pki.ca.x509()
        ski = make(b"subjectKeyIdentifier", b"hash", subject=ca)
        aki = make(b"authorityKeyIdentifier", b"keyid:always,issuer:always", issuer=ca)
        assert str(ski) in str(aki)
        assert "DirName:" in str(aki)
        del ca
        gc.collect()
        assert str(ski)

    def test_identifier_of_no_key(self):
        with pytest.raises(crypto.Error) as caught:
            make(b"subjectKeyIdentifier", b"hash", subject=crypto.X509())
        assert caught.value.args[0]
        assert (
            make(b"subjectKeyIdentifier", b"01:02", subject=crypto.X509()).get_data() == b"\4\2\1\2"
        )

    @pytest.fixture
    def addressed(self, pki):
        cert = pki.ca.x509()
        cert.get_subject().emailAddress = "a@b.example"
        cert.sign(pki.ca.pkey(), "sha256")
        return cert

    def test_address_copied(self, addressed):
        extension = make(b"subjectAltName", b"email:copy", subject=addressed)
        assert str(extension) == "email:a@b.example"
        assert addressed.get_subject().emailAddress == "a@b.example"

    @pytest.mark.parametrize("issued", [False, True])
    def test_address_moved(self, pki, addressed, issued):
        """OpenSSL takes it out of the subject: of this certificate, and of none that shares it."""
        store = crypto.X509Store()
        store.add_cert(addressed)
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        (shared,) = crypto.X509StoreContext(store, addressed).get_verified_chain()
        certs = {"issuer": addressed} if issued else {}
        if SSL.OPENSSL_VERSION_NUMBER >= 0x40000000:  # where nobody's subject is changed any more
            with pytest.raises(crypto.Error, match="error in extension"):
                make(b"subjectAltName", b"email:move", subject=addressed, **certs)
            assert addressed.get_subject().emailAddress == "a@b.example"
        else:
            extension = make(b"subjectAltName", b"email:move", subject=addressed, **certs)
            assert str(extension) == "email:a@b.example"
            assert addressed.get_subject().emailAddress is None
        assert shared.get_subject().emailAddress == "a@b.example"

    def test_numbers(self):
        extension = make(b"1.2.3.4.5", b"DER:05:00", critical=True)
        assert (extension.get_data(), extension.get_critical()) == (b"\x05\x00", 1)
        assert extension.get_short_name() == b"UNDEF"
        assert "05 00" in str(extension)
        assert make(b"1.2.3.4.5", b"ASN1:UTF8String:hello").get_data() == b"\x0c\x05hello"

    def test_again(self):
        extension = make(b"nsComment", b"x")
        with pytest.raises(ValueError):
            extension.__init__(b"nsComment", False, b"y")
        assert str(extension) == "x"

    def test_by_many_threads(self, pki):
        """Only one makes it, and what it is made from may change meanwhile."""
        cert = pki.ca.x509()
        half_made = [crypto.X509Extension.__new__(crypto.X509Extension) for _ in range(200)]
        made = []

        def initialize():
            for extension in half_made:
                try:
                    extension.__init__(
                        b"authorityKeyIdentifier", False, b"keyid,issuer:always", issuer=cert
                    )
                except ValueError:
                    continue
                made.append(extension)

        def change():
            for i in range(200):
                cert.get_issuer().CN = f"number {i}"
                cert.set_serial_number(i)

        support.run_together(initialize, initialize, change)
        assert len(made) == len(half_made)
        assert all("DirName:" in str(extension) for extension in half_made)

    def test_without_init(self):
        extension = crypto.X509Extension.__new__(crypto.X509Extension)
        for call in (
            extension.get_critical,
            extension.get_short_name,
            extension.get_data,
            lambda: str(extension),
            lambda: extension._nid,
            lambda: extension._extension,
            extension._subjectAltNameString,
            lambda: crypto.X509().add_extensions([extension]),
        ):
            with pytest.raises(ValueError):
                call()

    def test_object(self):
        assert crypto.X509ExtensionType is crypto.X509Extension
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(make(b"nsComment", b"x"))
        for name in ("get_critical", "get_short_name", "get_data"):
            with pytest.raises(TypeError):
                getattr(make(b"nsComment", b"x"), name)(1)


class TestText:
    @pytest.mark.parametrize(
        "name, value, text",
        [
            (b"basicConstraints", b"CA:FALSE", "CA:FALSE"),
            (
                b"keyUsage",
                b"digitalSignature, keyEncipherment",
                "Digital Signature, Key Encipherment",
            ),
            (b"extendedKeyUsage", b"serverAuth", "TLS Web Server Authentication"),
            (
                b"subjectAltName",
                b"DNS:a.example, IP:192.0.2.1, email:x@y.example",
                "DNS:a.example, IP Address:192.0.2.1, email:x@y.example",
            ),
            (
                b"subjectAltName",
                b"URI:http://x, IP:2001:db8::1",
                "URI:http://x, IP Address:2001:DB8:0:0:0:0:0:1",
            ),
            (b"subjectAltName", b"RID:1.2.3.4", "Registered ID:1.2.3.4"),
        ],
    )
    def test_text(self, name, value, text):
        assert str(make(name, value)) == text

    def test_nul_is_seen(self):
        """CVE-2013-4314: a name with a NUL must not look like its beginning."""
        names = b""
        for tag, text in (
            (0x82, b"good.example\0.evil.example"),
            (0x81, b"a@b\0c"),
            (0x86, b"http://x\0y"),
        ):
            names += bytes([tag, len(text)]) + text
        extension = from_der(b"subjectAltName", bytes([0x30, len(names)]) + names)
        assert str(extension) == ("DNS:good.example\0.evil.example, email:a@b\0c, URI:http://x\0y")

    @pytest.mark.parametrize(
        "kind, tag, shown",
        [
            ("2b060104018237140203", 0x0C, "othername:UPN:good\0evil"),
            ("2b06010505070809", 0x0C, "othername:SmtpUTF8Mailbox:good\0evil"),
            ("2b06010505070807", 0x16, "othername:SRVName:good\0evil"),
        ],
    )
    def test_nul_is_seen_in_other_names(self, kind, tag, shown):
        def tlv(tag, content):
            return bytes([tag, len(content)]) + content

        value = tlv(0xA0, tlv(tag, b"good\0evil"))
        names = tlv(0x30, tlv(0xA0, tlv(6, bytes.fromhex(kind)) + value))
        assert str(from_der(b"subjectAltName", names)) == shown

    def test_nul_is_seen_in_directory_names(self):
        name = crypto.X509().get_subject()
        name.CN = "good\0evil"
        der = name.der()
        names = bytes([0x30, len(der) + 2, 0xA4, len(der)]) + der
        assert str(from_der(b"subjectAltName", names)) == "DirName:CN = good\\00evil"

    def test_nul_in_other_extensions(self, pki):
        """Each shows that there is more, and a certificate with all of them has a text."""
        name = b"good\0evil"
        names = b"\x30\x0b\x82\x09" + name
        access = bytes.fromhex("3017301506082b060105050730018609") + name
        cases = {
            b"issuerAltName": (names, "DNS:good\0evil"),
            b"nameConstraints": (b"\x30\x0f\xa0\x0d\x30\x0b\x82\x09" + name, "DNS:good.evil"),
            b"crlDistributionPoints": (
                bytes.fromhex("300f300da00ba0098607") + b"a:b\0c:d",
                "URI:a:b.c:d",
            ),
            b"authorityInfoAccess": (access, access.hex(":").upper()),  # OpenSSL prints nothing
            b"subjectAltName": (names, "DNS:good\0evil"),
        }
        cert = pki.server.x509()
        for kind, (der, text) in cases.items():
            extension = from_der(kind, der)
            assert str(extension).endswith(text) or str(extension).endswith(text + "\n")
            assert extension.get_data() == der
            cert.add_extensions([extension])
        assert b"Subject Alternative Name" in crypto.dump_certificate(crypto.FILETYPE_TEXT, cert)

    @pytest.mark.parametrize("kind", [b"nsComment", b"nsSslServerName"])
    def test_nul_in_a_text(self, kind):
        text = b"good\0evil"
        der = b"\x16" + bytes([len(text)]) + text
        assert str(from_der(kind, der)) == der.hex(":").upper()
        text = b"x" * 256  # a NUL in its length
        assert str(from_der(kind, b"\x16\x82\x01\x00" + text)) == text.decode()

    def test_the_private_name(self):
        extension = make(b"subjectAltName", b"DNS:a.example, IP:192.0.2.1")
        assert extension._subjectAltNameString() == str(extension)
        with pytest.raises(ValueError):
            make(b"nsComment", b"x")._subjectAltNameString()

    def test_no_utf8(self):
        assert "\udcff" in str(from_der(b"subjectAltName", b"\x30\x03\x82\x01\xff"))

    def test_cannot_be_read(self):
        assert str(from_der(b"subjectAltName", b"\x05\x00")) == "05:00"
        assert str(from_der(b"basicConstraints", b"\x04\x00"))

    def test_as_the_command_prints_it(self, pki):
        cert = pki.server.x509()
        printed = support.openssl(
            "x509", "-noout", "-ext", "subjectAltName", stdin=pki.server.cert_pem
        )
        texts = [str(cert.get_extension(i)) for i in range(cert.get_extension_count())]
        assert any(text.encode() in printed for text in texts)
