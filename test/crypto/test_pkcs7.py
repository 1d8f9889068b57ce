"""OpenSSL.crypto.PKCS7 and load_pkcs7_data: on messages made by the openssl command."""

import array
import copy
import gc
import pickle
import weakref

import pytest

import support
from OpenSSL import crypto

PEM, ASN1 = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1
QUESTIONS = ["type_is_data", "type_is_enveloped", "type_is_signed", "type_is_signedAndEnveloped"]


def der(tag, *parts):
    """One value in DER."""
    content = b"".join(parts)
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def sequence(*parts):
    return der(0x30, *parts)


def octets(content):
    return der(0x04, content)


def message(kind, *content):
    """A message: its kind and, tagged, its content."""
    return sequence(kind, der(0xA0, *content))


# What the openssl command cannot make: a message of each of these kinds with next to nothing in it.
KINDS = [None] + [der(0x06, bytes.fromhex("2a864886f70d0107") + bytes([n])) for n in range(1, 7)]
AES = sequence(der(0x06, bytes.fromhex("60864801650304 0102")), octets(bytes(16)))
SHA1 = sequence(der(0x06, bytes.fromhex("2b0e03021a")), der(0x05))
ENCRYPTED_CONTENT = sequence(KINDS[1], AES, der(0x80, bytes(16)))
NOTHING = der(0x31)
ONE = der(0x02, b"\1")

DATA = message(KINDS[1], octets(b""))
SIGNED_AND_ENVELOPED = message(
    KINDS[4], sequence(ONE, NOTHING, NOTHING, ENCRYPTED_CONTENT, NOTHING)
)
DIGEST = message(KINDS[5], sequence(ONE, SHA1, message(KINDS[1], octets(b"")), octets(bytes(20))))
ENCRYPTED = message(KINDS[6], sequence(ONE, ENCRYPTED_CONTENT))
UNKNOWN = message(der(0x06, b"\x2a\3\4"), octets(b""))


@pytest.fixture(scope="module")
def messages(pki):
    """A message of each kind by its name, in DER."""

    def smime(*options):
        return support.openssl("smime", "-outform", "DER", *options, stdin=b"hello\n")

    rsa = pki.server
    return {
        b"pkcs7-data": DATA,
        b"pkcs7-signedData": smime("-sign", "-signer", rsa.cert_path, "-inkey", rsa.key_path),
        b"pkcs7-envelopedData": smime("-encrypt", "-aes128", rsa.cert_path),
        b"pkcs7-signedAndEnvelopedData": SIGNED_AND_ENVELOPED,
        b"pkcs7-encryptedData": ENCRYPTED,
        b"pkcs7-digestData": DIGEST,
    }


@pytest.fixture
def signed(messages):
    return crypto.load_pkcs7_data(ASN1, messages[b"pkcs7-signedData"])


def to_pem(der):
    return support.openssl("pkcs7", "-inform", "DER", stdin=der)


class TestType:
    def test_alias(self):
        assert crypto.PKCS7Type is crypto.PKCS7
        assert crypto.PKCS7.__name__ == "PKCS7"
        assert crypto.PKCS7.__module__ == "OpenSSL.crypto"
        assert isinstance(crypto.PKCS7Type, type)

    @pytest.mark.parametrize(
        "make",
        [
            crypto.PKCS7,
            lambda: crypto.PKCS7(b"x"),
            lambda: crypto.PKCS7.__new__(crypto.PKCS7),
            lambda: object.__new__(crypto.PKCS7),
        ],
    )
    def test_cannot_be_made(self, make):
        with pytest.raises(TypeError):
            make()

    def test_unknown_attribute(self, signed):
        with pytest.raises(AttributeError):
            signed.me

    def test_attributes_and_weak_references(self, signed):
        other = crypto.load_pkcs7_data(ASN1, DATA)
        other.itself = other
        gone = weakref.ref(other)
        del other
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, signed, duplicate):
        with pytest.raises(TypeError):
            duplicate(signed)

    def test_handle(self, signed):
        """What others of its kind have too: where the native object is."""
        assert int(signed._pkcs7) != 0
        assert signed._pkcs7 == signed._pkcs7

    def test_identity(self, messages, signed):
        assert signed != crypto.load_pkcs7_data(ASN1, messages[b"pkcs7-signedData"])
        assert hash(signed) == hash(signed)


class TestGetTypeName:
    def test_each_kind(self, messages):
        for name, der in messages.items():
            assert crypto.load_pkcs7_data(ASN1, der).get_type_name() == name

    def test_unknown_kind(self):
        message = crypto.load_pkcs7_data(ASN1, UNKNOWN)
        assert message.get_type_name() == b"UNDEF"
        assert [getattr(message, question)() for question in QUESTIONS] == [False] * 4

    def test_no_arguments(self, signed):
        with pytest.raises(TypeError):
            signed.get_type_name(None)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("type_is_data", b"pkcs7-data"),
        ("type_is_enveloped", b"pkcs7-envelopedData"),
        ("type_is_signed", b"pkcs7-signedData"),
        ("type_is_signedAndEnveloped", b"pkcs7-signedAndEnvelopedData"),
    ],
)
class TestTypeIs:
    def test_each_kind(self, messages, question, kind):
        for name, der in messages.items():
            answer = getattr(crypto.load_pkcs7_data(ASN1, der), question)()
            assert answer is (name == kind)

    def test_no_arguments(self, signed, question, kind):
        with pytest.raises(TypeError):
            getattr(signed, question)(None)


class TestLoadPkcs7Data:
    def test_pem(self, messages):
        for name, der in messages.items():
            if name in (b"pkcs7-signedData", b"pkcs7-envelopedData"):
                text = to_pem(der)
                assert crypto.load_pkcs7_data(PEM, text).get_type_name() == name
                assert crypto.load_pkcs7_data(PEM, text.decode()).get_type_name() == name

    def test_other_labels(self, pki):
        """What others write, and text around the block."""
        options = ("-signer", pki.server.cert_path, "-inkey", pki.server.key_path)
        text = support.openssl("smime", "-sign", *options, "-outform", "PEM", stdin=b"hello\n")
        assert crypto.load_pkcs7_data(PEM, b"before\n" + text + b"after\n").type_is_signed()
        text = text.replace(b"PKCS7-", b"PKCS #7 SIGNED DATA-")
        assert crypto.load_pkcs7_data(PEM, text).type_is_signed()

    def test_certificates_only(self, pki):
        """What authorities send: a signed message that nobody signed."""
        bundle = support.openssl("crl2pkcs7", "-nocrl", "-certfile", pki.ca.cert_path)
        assert crypto.load_pkcs7_data(PEM, bundle).type_is_signed() is True

    @pytest.mark.parametrize("kind", [bytearray, memoryview, lambda data: array.array("B", data)])
    def test_buffers(self, kind):
        assert crypto.load_pkcs7_data(type=ASN1, buffer=kind(DATA)).type_is_data()

    def test_trailing_bytes(self):
        assert crypto.load_pkcs7_data(ASN1, DATA + b"more").type_is_data()

    @pytest.mark.parametrize("wrong", [object(), None, 0, 3, 100, crypto.FILETYPE_TEXT, "1", -1])
    def test_unknown_type(self, wrong):
        with pytest.raises(ValueError):
            crypto.load_pkcs7_data(wrong, b"foo")

    @pytest.mark.parametrize("wrong", [None, 3, object()])
    def test_wrong_buffer(self, wrong):
        with pytest.raises(TypeError, match="buffer"):
            crypto.load_pkcs7_data(PEM, wrong)

    def test_text_is_ascii(self):
        with pytest.raises(UnicodeEncodeError):
            crypto.load_pkcs7_data(PEM, "\u00fc")

    @pytest.mark.parametrize("type", [PEM, ASN1])
    @pytest.mark.parametrize(
        "garbage", [b"", b"foo", b"\x30\x80" * 2000, b"-----BEGIN PKCS7-----\n"]
    )
    def test_garbage(self, type, garbage):
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs7_data(type, garbage)
        assert all(len(triple) == 3 for triple in failure.value.args[0])
        assert failure.value.args[0]

    def test_other_block(self, pki):
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs7_data(PEM, pki.server.key_pem)
        assert failure.value.args[0][0][2] == "no start line"

    def test_cut(self, messages):
        der = messages[b"pkcs7-signedData"]
        for size in range(0, len(der), 13):
            with pytest.raises(crypto.Error):
                crypto.load_pkcs7_data(ASN1, der[:size])

    def test_changed(self, messages):
        for der in messages.values():
            for at in range(0, len(der), 3):
                changed = bytearray(der)
                changed[at] ^= 1 << at % 8
                try:
                    message = crypto.load_pkcs7_data(ASN1, changed)
                except crypto.Error:
                    continue
                message.get_type_name()
                for question in QUESTIONS:
                    getattr(message, question)()

    @pytest.mark.parametrize("args", [(), (ASN1,), (ASN1, DATA, None)])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.load_pkcs7_data(*args)
