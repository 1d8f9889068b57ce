"""To and from the package ``cryptography``."""

import datetime
import warnings

import pytest

import support
from OpenSSL import SSL, crypto

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed448,
    ed25519,
    padding,
    rsa,
    x448,
    x25519,
)

DER = serialization.Encoding.DER

KEYS = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "dsa": lambda: dsa.generate_private_key(2048),
    "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ec521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}


def finite_field_key():
    pem = support.openssl("genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its newest versions advise against such keys
        return serialization.load_pem_private_key(pem, None)


@pytest.fixture(scope="module", params=KEYS)
def key(request):
    return KEYS[request.param]()


def private_der(key):
    return key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_der(key):
    return key.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def without_cryptography(code):
    """What a process prints where the package is not installed."""
    return support.run_script(
        f"""
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "cryptography":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hidden())
from OpenSSL import SSL, crypto
{code}
"""
    )


class TestImport:
    def test_not_imported_by_us(self):
        code = """
import sys
import OpenSSL
from OpenSSL import SSL, crypto, rand

for call in (
    lambda: crypto.X509.from_cryptography(object()),
    lambda: crypto.PKey.from_cryptography_key("key"),
    lambda: crypto.X509Store().add_crl("crl"),
    lambda: SSL.Context(SSL.TLS_METHOD).use_certificate("hello, world"),
    lambda: SSL.Context(SSL.TLS_METHOD).use_privatekey(""),
    lambda: SSL.Context(SSL.TLS_METHOD).add_client_ca("spam"),
    lambda: SSL.Context(SSL.TLS_METHOD).add_extra_chain_cert(object()),
):
    try:
        call()
    except TypeError:
        print("TypeError")
print(sorted(name for name in sys.modules if name.startswith("cryptography")))
"""
        assert support.run_script(code) == "TypeError\n" * 7 + "[]\n"

    def test_not_installed(self, pki):
        code = f"""
cert = crypto.load_certificate(crypto.FILETYPE_PEM, {pki.ec_server.cert_pem!r})
key = crypto.load_privatekey(crypto.FILETYPE_PEM, {pki.ec_server.key_pem!r})
for call in (cert.to_cryptography, key.to_cryptography_key, cert.get_pubkey().to_cryptography_key):
    try:
        call()
    except ImportError as error:
        print(type(error).__name__)
connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD))
print(connection.get_peer_certificate(as_cryptography=True))
print(connection.get_client_ca_list(as_cryptography=True))
"""
        assert without_cryptography(code) == "ModuleNotFoundError\n" * 3 + "None\n[]\n"

    def test_in_the_middle_of_being_imported(self):
        """Modules that have no classes yet have no instances either."""
        code = """
import sys, types
from OpenSSL import crypto

for name in ("cryptography.x509", "cryptography.hazmat.primitives.asymmetric.rsa"):
    sys.modules[name] = types.ModuleType(name)
for call in (crypto.X509.from_cryptography, crypto.PKey.from_cryptography_key):
    try:
        call(object())
    except TypeError as error:
        print("TypeError")
"""
        assert support.run_script(code) == "TypeError\n" * 2


class TestX509:
    @pytest.fixture(scope="class")
    def cert(self, pki):
        return x509.load_pem_x509_certificate(pki.server.cert_pem)

    def test_to(self, pki, cert):
        made = pki.server.x509().to_cryptography()
        assert isinstance(made, x509.Certificate)
        assert made == cert
        assert made.public_bytes(DER) == pki.server.cert_der

    def test_from(self, pki, cert):
        made = crypto.X509.from_cryptography(cert)
        assert type(made) is crypto.X509
        assert crypto.dump_certificate(crypto.FILETYPE_ASN1, made) == pki.server.cert_der

    def test_by_name(self, cert):
        assert crypto.X509.from_cryptography(crypto_cert=cert).to_cryptography() == cert

    def test_subclass(self, cert):
        class Mine(crypto.X509):
            pass

        assert type(Mine.from_cryptography(cert)) is Mine
        assert Mine.from_cryptography(cert).to_cryptography() == cert

    def test_independent(self, cert):
        made = crypto.X509.from_cryptography(cert)
        made.set_serial_number(5)
        assert cert.serial_number != 5

    def test_after_a_change(self, pki):
        cert = pki.server.x509()
        before = cert.to_cryptography()
        cert.set_serial_number(77)
        cert.sign(pki.ca.pkey(), "sha256")
        assert cert.to_cryptography().serial_number == 77
        assert before.serial_number != 77

    @pytest.mark.parametrize("value", [None, object(), b"cert", crypto.X509(), x509.Name([])])
    def test_from_wrong_type(self, value):
        with pytest.raises(TypeError, match="crypto_cert"):
            crypto.X509.from_cryptography(value)

    def test_arguments(self, cert):
        with pytest.raises(TypeError):
            crypto.X509.from_cryptography()
        with pytest.raises(TypeError):
            crypto.X509.from_cryptography(cert, cert)
        with pytest.raises(TypeError):
            crypto.X509().to_cryptography(1)

    def test_incomplete(self):
        with pytest.raises(crypto.Error):
            crypto.X509().to_cryptography()

    def test_built_by_cryptography(self):
        """Signed there, read here, and valid."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(
                    x509.NameOID.COMMON_NAME, "b\N{LATIN SMALL LETTER U WITH DIAERESIS}ilt"
                )
            ]
        )
        now = datetime.datetime.now(datetime.UTC)
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(2**100)
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(1))
            .add_extension(x509.BasicConstraints(True, None), True)
            .sign(key, hashes.SHA256())
        )
        made = crypto.X509.from_cryptography(cert)
        assert made.get_subject().CN == "b\N{LATIN SMALL LETTER U WITH DIAERESIS}ilt"
        assert made.get_serial_number() == 2**100
        store = crypto.X509Store()
        store.add_cert(made)
        crypto.X509StoreContext(store, made).verify_certificate()


class TestPKey:
    def test_private(self, key):
        made = crypto.PKey.from_cryptography_key(key)
        assert type(made) is crypto.PKey
        assert made._initialized is True
        assert made._only_public is False
        assert crypto.dump_privatekey(crypto.FILETYPE_ASN1, made) == crypto.dump_privatekey(
            crypto.FILETYPE_ASN1, crypto.load_privatekey(crypto.FILETYPE_ASN1, private_der(key))
        )
        back = made.to_cryptography_key()
        assert type(back) is type(key)
        assert private_der(back) == private_der(key)

    def test_public(self, key):
        public = key.public_key()
        made = crypto.PKey.from_cryptography_key(public)
        assert made._initialized is True
        assert made._only_public is True
        back = made.to_cryptography_key()
        assert type(back) is type(public)
        assert public_der(back) == public_der(public)

    def test_sign_here_verify_there(self, pki):
        key = pki.server.pkey()
        signature = crypto.sign(key, b"data", "sha256")
        key.to_cryptography_key().public_key().verify(
            signature, b"data", padding.PKCS1v15(), hashes.SHA256()
        )

    def test_public_key_of_a_certificate(self, pki):
        public = pki.server.x509().get_pubkey().to_cryptography_key()
        assert isinstance(public, rsa.RSAPublicKey)

    def test_by_name(self, key):
        crypto.PKey.from_cryptography_key(crypto_key=key)

    def test_subclass(self, key):
        class Mine(crypto.PKey):
            pass

        assert type(Mine.from_cryptography_key(key)) is Mine

    @pytest.mark.parametrize(
        "make",
        [
            x25519.X25519PrivateKey.generate,
            x448.X448PrivateKey.generate,
            lambda: x25519.X25519PrivateKey.generate().public_key(),
            finite_field_key,
            object,
            lambda: None,
            lambda: b"key",
            crypto.PKey,
        ],
    )
    def test_from_wrong_type(self, make):
        with pytest.raises(TypeError, match="crypto_key"):
            crypto.PKey.from_cryptography_key(make())

    def test_implementation_of_another(self):
        """Whatever implements the interface is taken by it."""
        real = ed25519.Ed25519PrivateKey.generate()
        given = private_der(real)

        class Token(ed25519.Ed25519PrivateKey):
            def public_key(self):
                return real.public_key()

            def private_bytes(self, encoding, format, encryption_algorithm):
                return given

            def private_bytes_raw(self):
                raise NotImplementedError

            def sign(self, data):
                raise NotImplementedError

            def __copy__(self):
                raise NotImplementedError

            def __deepcopy__(self, memo):
                raise NotImplementedError

        made = crypto.PKey.from_cryptography_key(Token())
        assert private_der(made.to_cryptography_key()) == private_der(real)
        assert given == private_der(real)  # what others hold is not wiped

    def test_implementation_that_refuses(self):
        class Token(ed25519.Ed25519PrivateKey):
            public_key = private_bytes_raw = sign = __copy__ = __deepcopy__ = None

            def private_bytes(self, encoding, format, encryption_algorithm):
                raise LookupError("it stays inside")

        with pytest.raises(LookupError):
            crypto.PKey.from_cryptography_key(Token())

    def test_implementation_that_gives_garbage(self):
        class Token(ed25519.Ed25519PrivateKey):
            public_key = private_bytes_raw = sign = __copy__ = __deepcopy__ = None

            def private_bytes(self, encoding, format, encryption_algorithm):
                return self.answer

        for answer, error in ((b"garbage", crypto.Error), ("text", TypeError), (None, TypeError)):
            token = Token()
            token.answer = answer
            with pytest.raises(error):
                crypto.PKey.from_cryptography_key(token)

    def test_empty(self):
        with pytest.raises(crypto.Error):
            crypto.PKey().to_cryptography_key()


class TestSsl:
    """What a Connection and a Context exchange with it."""

    def test_certificates_of_a_connection(self, pki):
        server = support.server_context(pki.deep)
        client = support.client_context(pki.ca)
        client, server = support.connected(client=client, server=server)
        leaf = x509.load_pem_x509_certificate(pki.deep.cert_pem)
        middle = x509.load_pem_x509_certificate(pki.intermediate.cert_pem)
        root = x509.load_pem_x509_certificate(pki.ca.cert_pem)
        assert client.get_peer_certificate(as_cryptography=True) == leaf
        assert server.get_certificate(as_cryptography=True) == leaf
        assert client.get_peer_cert_chain(as_cryptography=True) == [leaf, middle]
        assert client.get_verified_chain(as_cryptography=True) == [leaf, middle, root]
        assert server.get_peer_certificate(as_cryptography=True) is None

    def test_names(self, pki):
        """With all kinds of strings, several to a set, and none."""
        odd = support.ca("/C=DE/O=\N{SNOWMAN}/CN=a+OU=b/emailAddress=x@example.com")
        context = support.server_context()
        certs = [x509.load_pem_x509_certificate(one.cert_pem) for one in (pki.ca, odd)]
        context.set_client_ca_list([certs[0].subject, odd.x509().get_subject(), x509.Name([])])
        context.set_verify(SSL.VERIFY_PEER)
        client, _ = support.connected(server=context)
        found = client.get_client_ca_list(as_cryptography=True)
        assert found == [certs[0].subject, certs[1].subject, x509.Name([])]
        assert [name.public_bytes() for name in found[:2]] == [
            cert.subject.public_bytes() for cert in certs
        ]

    def test_long_name(self):
        parts = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "x" * 60)] * 1000
        name = x509.Name(parts)
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_client_ca_list([name])
        connection = SSL.Connection(context)
        connection.set_accept_state()
        assert connection.get_client_ca_list(as_cryptography=True) == [name]

    def test_credentials(self, pki):
        context = SSL.Context(SSL.TLS_METHOD)
        certs = [
            x509.load_pem_x509_certificate(one.cert_pem) for one in (pki.deep, pki.intermediate)
        ]
        key = serialization.load_pem_private_key(pki.deep.key_pem, None)
        context.use_certificate(certs[0])
        context.add_extra_chain_cert(certs[1])
        context.use_privatekey(key)
        context.check_privatekey()
        context.add_client_ca(certs[1])
        client, _ = support.connected(client=support.client_context(pki.ca), server=context)
        assert client.get_peer_cert_chain(as_cryptography=True) == certs

    def test_public_key_as_private(self, pki):
        key = serialization.load_pem_private_key(pki.ec_server.key_pem, None)
        with pytest.raises(ValueError, match="public"):
            SSL.Context(SSL.TLS_METHOD).use_privatekey(key.public_key())
