"""GnuTLS's certtool: what we make it reads, what it makes we read, and each field is the same."""

import base64
import datetime
import hashlib
import os
import re
import shutil
import subprocess

import pytest

import support
from OpenSSL import crypto

pytestmark = pytest.mark.skipif(shutil.which("certtool") is None, reason="needs GnuTLS's certtool")

PEM, ASN1 = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1

RSA, DSA, EC = crypto.TYPE_RSA, crypto.TYPE_DSA, crypto.TYPE_EC

# kind: (type, bits, openssl genpkey's options, certtool's options, its name for the kind)
KEYS = {
    "rsa": (RSA, 2048, ["RSA", "rsa_keygen_bits:2048"], ["rsa", "--bits", 2048], "RSA"),
    "rsa-pss": (912, 2048, ["RSA-PSS"], ["rsa-pss", "--bits", 2048], "RSA-PSS"),
    "p256": (EC, 256, ["EC", "ec_paramgen_curve:P-256"], ["ecdsa"], "EC/ECDSA"),
    "p384": (
        *(EC, 384, ["EC", "ec_paramgen_curve:P-384"]),
        *(["ecdsa", "--curve", "secp384r1"], "EC/ECDSA"),
    ),
    "p521": (
        *(EC, 521, ["EC", "ec_paramgen_curve:P-521"]),
        *(["ecdsa", "--curve", "secp521r1"], "EC/ECDSA"),
    ),
    "ed25519": (1087, 256, ["ED25519"], ["ed25519"], "EdDSA (Ed25519)"),
    "ed448": (1088, 456, ["ED448"], ["ed448"], "EdDSA (Ed448)"),
}
SIGNATURES = {  # with SHA-512 where there is a digest; our name, certtool's
    "rsa": (b"sha512WithRSAEncryption", "RSA-SHA512"),
    "rsa-pss": (b"rsassaPss", "RSA-PSS-SHA512"),
    "p256": (b"ecdsa-with-SHA512", "ECDSA-SHA512"),
    "p384": (b"ecdsa-with-SHA512", "ECDSA-SHA512"),
    "p521": (b"ecdsa-with-SHA512", "ECDSA-SHA512"),
    "ed25519": (b"ED25519", "EdDSA-Ed25519"),
    "ed448": (b"ED448", "EdDSA-Ed448"),
}


def certtool(*args, stdin=None):
    result = subprocess.run(
        ["certtool", *map(str, args)],
        input=stdin,
        capture_output=True,
        timeout=support.TIMEOUT,
        env=os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


def pin(key):
    """A public key's digest, as certtool prints it."""
    digest = hashlib.sha256(crypto.dump_publickey(ASN1, key)).digest()
    return base64.b64encode(digest).decode()


def shown_pin(text):
    return re.search(r"pin-sha256:(\S+)", text)[1]


def public_pin(path, secret):
    """The pin of a private key in a file."""
    return shown_pin(certtool("--pubkey-info", "--load-privkey", path, "--password", secret))


def shown_bits(key):
    return f"({(key.bits() + 7) // 8 * 8} bits)"  # certtool counts in bytes


def pem_of(kind):
    algorithm, *options = KEYS[kind][2]
    return support.openssl(
        "genpkey",
        "-algorithm",
        algorithm,
        *(part for each in options for part in ("-pkeyopt", each)),
    )


def algorithm_of(text):
    return re.search(r"Public Key Algorithm: (.*)", text)[1]


def stamp_of(text):
    """certtool's form of a time, as we have it."""
    moment = datetime.datetime.strptime(text, "%a %b %d %H:%M:%S UTC %Y")
    return moment.strftime("%Y%m%d%H%M%SZ").encode()


@pytest.fixture(scope="module", params=KEYS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def key(kind):
    return crypto.load_privatekey(PEM, pem_of(kind))


class TestKeys:
    def test_reads_ours(self, kind, key):
        text = certtool("--key-info", stdin=crypto.dump_privatekey(PEM, key))
        assert algorithm_of(text) == KEYS[kind][4]
        assert shown_bits(key) in text
        assert shown_pin(text) == pin(key)

    def test_reads_ours_encrypted(self, key, tmp_path):
        path = tmp_path / "key"
        path.write_bytes(crypto.dump_privatekey(PEM, key, "aes256", b"secret"))
        assert public_pin(path, "secret") == pin(key)

    def test_reads_our_public_key(self, kind, key):
        text = certtool("--pubkey-info", stdin=crypto.dump_publickey(PEM, key))
        assert algorithm_of(text) == KEYS[kind][4]
        assert shown_bits(key) in text
        assert shown_pin(text) == pin(key)

    def test_we_read_theirs(self, kind, tmp_path):
        number, bits, _, options, _ = KEYS[kind]
        path = tmp_path / "key"
        certtool("--generate-privkey", "--key-type", *options, "--pkcs8", "--outfile", path)
        theirs = crypto.load_privatekey(PEM, path.read_bytes())
        assert (theirs.type(), theirs.bits()) == (number, bits)
        assert pin(theirs) == public_pin(path, "")

    def test_we_read_their_public_key(self, kind, key, tmp_path):
        path = tmp_path / "key"
        path.write_bytes(crypto.dump_privatekey(PEM, key))
        text = certtool("--pubkey-info", "--load-privkey", path)
        theirs = crypto.load_publickey(PEM, text[text.index("-----BEGIN") :])
        assert (theirs.type(), theirs.bits()) == KEYS[kind][:2]
        assert pin(theirs) == pin(key)


class TestEncrypted:
    """One kind: certtool's encryption takes a second."""

    def test_we_read_theirs(self, tmp_path):
        path = tmp_path / "key"
        made = ("--generate-privkey", "--key-type", "ecdsa", "--pkcs8", "--password", "secret")
        certtool(*made, "--outfile", path)
        theirs = crypto.load_privatekey(PEM, path.read_bytes(), b"secret")
        assert pin(theirs) == public_pin(path, "secret")
        with pytest.raises(crypto.Error):
            crypto.load_privatekey(PEM, path.read_bytes(), b"wrong")


class TestDsa:
    """Only of the smallest size, since its numbers take long to find."""

    def test_both_ways(self, tmp_path):
        ours = crypto.PKey()
        ours.generate_key(DSA, 1024)
        text = certtool("--key-info", stdin=crypto.dump_privatekey(PEM, ours))
        assert algorithm_of(text) == "DSA" and "(1024 bits)" in text
        assert shown_pin(text) == pin(ours)
        path = tmp_path / "key"
        made = ("--generate-privkey", "--key-type", "dsa", "--bits", 1024, "--outfile", path)
        certtool(*made)
        theirs = crypto.load_privatekey(PEM, path.read_bytes())
        assert (theirs.type(), theirs.bits()) == (DSA, 1024)
        assert pin(theirs) == shown_pin(certtool("--key-info", "--infile", path))


EXTENSIONS = [  # ours, and certtool's text of them
    (
        (b"basicConstraints", True, b"CA:TRUE, pathlen:2"),
        """
        Basic Constraints (critical):
            Certificate Authority (CA): TRUE
            Path Length Constraint: 2
        """,
    ),
    (
        (b"keyUsage", True, b"digitalSignature, keyCertSign, cRLSign"),
        """
        Key Usage (critical):
            Digital signature.
            Certificate signing.
            CRL signing.
        """,
    ),
    (
        (b"extendedKeyUsage", False, b"serverAuth, 1.2.3.4"),
        """
        Key Purpose (not critical):
            TLS WWW Server.
            1.2.3.4
        """,
    ),
    (
        (
            b"subjectAltName",
            False,
            b"DNS:a.example, email:a@b.example, IP:192.0.2.1, IP:2001:db8::1",
        ),
        """
        Subject Alternative Name (not critical):
            DNSname: a.example
            RFC822Name: a@b.example
            IPAddress: 192.0.2.1
            IPAddress: 2001:db8::1
        """,
    ),
    (
        (b"nameConstraints", True, b"permitted;DNS:example, excluded;DNS:x.example"),
        """
        Name Constraints (critical):
            Permitted:
                DNSname: example
            Excluded:
                DNSname: x.example
        """,
    ),
    (
        (b"crlDistributionPoints", False, b"URI:http://crl.example/"),
        """
        CRL Distribution points (not critical):
            URI: http://crl.example/
        """,
    ),
    (
        (b"1.2.3.4.5", False, b"DER:0500"),
        """
        Unknown extension 1.2.3.4.5 (not critical):
            ASCII: ..
            Hexdump: 0500
        """,
    ),
]


def build(key, kind, serial=0x1234):
    cert = crypto.X509()
    cert.set_version(2)
    cert.set_serial_number(serial)
    subject = cert.get_subject()
    subject.C, subject.O, subject.CN = "DE", "A, B + C", "M\u00fcller \u540d"
    cert.set_issuer(subject)
    cert.set_notBefore(b"20240229123000Z")
    cert.set_notAfter(b"20510228123000Z")
    cert.set_pubkey(key)
    cert.add_extensions([crypto.X509Extension(*ours) for ours, _ in EXTENSIONS])
    cert.add_extensions(
        [crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=cert)]
    )
    cert.sign(key, None if kind.startswith("ed") else "sha512")
    return cert


def plain(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


class TestCertificates:
    def test_reads_ours(self, kind, key):
        cert = build(key, kind)
        text = certtool("--certificate-info", stdin=crypto.dump_certificate(PEM, cert))
        shown = dict(re.findall(r"^\t+([A-Z][\w ()]*): (.+)$", text, re.MULTILINE))
        assert shown["Version"] == "3"
        assert int(shown["Serial Number (hex)"], 16) == 0x1234
        assert shown["Subject"] == shown["Issuer"] == "CN=M\u00fcller \u540d,O=A\\, B \\+ C,C=DE"
        assert stamp_of(shown["Not Before"]) == cert.get_notBefore()
        assert stamp_of(shown["Not After"]) == cert.get_notAfter()
        assert shown["Subject Public Key Algorithm"] == KEYS[kind][4]
        algorithm, theirs = SIGNATURES[kind]
        assert (cert.get_signature_algorithm(), shown["Signature Algorithm"]) == (algorithm, theirs)
        assert shown_pin(text) == pin(key)
        digest = re.search(r"Fingerprint:\s+sha1:(\w+)\s+sha256:(\w+)", text)
        for name, value in zip(("sha1", "sha256"), digest.groups()):
            assert bytes.fromhex(value).hex(":").upper().encode() == cert.digest(name)
        extensions = plain(text[text.index("Extensions:") : text.index("\tSignature Algorithm:")])
        identifier = cert.get_extension(len(EXTENSIONS)).get_data()[2:].hex()
        wanted = "".join(theirs for _, theirs in EXTENSIONS)
        wanted += f"Subject Key Identifier (not critical):\n{identifier}"
        assert extensions == ["Extensions:", *plain(wanted)]

    def test_verifies_ours(self, key, kind, tmp_path):
        path = tmp_path / "cert"
        path.write_bytes(crypto.dump_certificate(PEM, build(key, kind)))
        text = certtool("--verify", "--load-ca-certificate", path, "--infile", path)
        assert "Chain verification output: Verified. The certificate is trusted." in text

    TEMPLATE = """
        organization = "Org"
        unit = "\u00dc"
        country = DE
        cn = "\u540d\u524d"
        serial = 0x123456789abcdef0123456
        activation_date = "2024-02-29 12:30:00"
        expiration_date = "2051-02-28 12:30:00"
        ca
        path_len = 2
        dns_name = "a.example"
        ip_address = "192.0.2.1"
        uri = "http://a.example/"
        signing_key
        cert_signing_key
        tls_www_server
        crl_dist_points = "http://crl.example/"
        nc_permit_dns = example.com
        add_extension = "1.2.3.4.5 0x0500"
    """

    def made(self, kind, key, folder):
        template, path = folder / "template", folder / "key"
        template.write_text("\n".join(plain(self.TEMPLATE)))
        path.write_bytes(crypto.dump_privatekey(PEM, key))
        options = () if kind.startswith("ed") else ("--hash", "SHA512")
        certtool(
            *("--generate-self-signed", "--load-privkey", path, "--template", template),
            *(*options, "--outfile", folder / "cert"),
        )
        return crypto.load_certificate(PEM, (folder / "cert").read_bytes())

    def test_we_read_theirs(self, kind, key, tmp_path):
        cert = self.made(kind, key, tmp_path)
        assert cert.get_version() == 2
        assert cert.get_serial_number() == 0x123456789ABCDEF0123456
        assert cert.get_subject() == cert.get_issuer()
        fields = {
            name.decode(): value.decode() for name, value in cert.get_subject().get_components()
        }
        assert fields == {"C": "DE", "O": "Org", "OU": "\u00dc", "CN": "\u540d\u524d"}
        assert cert.get_notBefore() == b"20240229123000Z"
        assert cert.get_notAfter() == b"20510228123000Z"
        assert pin(cert.get_pubkey()) == pin(key)
        assert cert.get_signature_algorithm() == SIGNATURES[kind][0]
        extensions = [cert.get_extension(i) for i in range(cert.get_extension_count())]
        texts = {
            one.get_short_name(): (one.get_critical(), " ".join(str(one).split()))
            for one in extensions
            if one.get_short_name() != b"UNDEF"
        }
        identifier = texts.pop(b"subjectKeyIdentifier")[1].replace(":", "").lower()
        assert texts == {
            b"basicConstraints": (1, "CA:TRUE, pathlen:2"),
            b"subjectAltName": (
                0,
                "DNS:a.example, URI:http://a.example/, IP Address:192.0.2.1",
            ),
            b"extendedKeyUsage": (0, "TLS Web Server Authentication"),
            b"nameConstraints": (1, "Permitted: DNS:example.com"),
            b"keyUsage": (1, "Digital Signature, Certificate Sign"),
            b"crlDistributionPoints": (0, "Full Name: URI:http://crl.example/"),
        }
        (unknown,) = [one for one in extensions if one.get_short_name() == b"UNDEF"]
        assert (unknown.get_critical(), unknown.get_data()) == (0, b"\5\0")
        text = certtool("--certificate-info", "--infile", tmp_path / "cert")
        assert identifier in text
        digest = re.search(r"sha256:(\w+)", text[text.index("Fingerprint") :])[1]
        assert bytes.fromhex(digest).hex(":").upper().encode() == cert.digest("sha256")

    def test_we_verify_theirs(self, kind, key, tmp_path):
        cert = self.made(kind, key, tmp_path)
        store = crypto.X509Store()
        store.add_cert(cert)
        store.set_flags(crypto.X509StoreFlags.CHECK_SS_SIGNATURE)
        crypto.X509StoreContext(store, cert).verify_certificate()


class TestContainers:
    """PKCS #12: what is inside, beyond test_pkcs12.py's reading it at all."""

    def test_reads_ours(self, kind, key, tmp_path):
        cert = build(key, kind)
        container = crypto.PKCS12()
        container.set_certificate(cert)
        container.set_privatekey(key)
        container.set_friendlyname("n\u00e4me".encode())
        path = tmp_path / "ours.p12"
        path.write_bytes(container.export(b"secret"))
        text = certtool("--p12-info", "--inder", "--infile", path, "--password", "secret")
        assert "Friendly name: n\u00e4me" in text
        text = text.replace("\u00e4", "a")
        begin = text.index("-----BEGIN CERTIFICATE")
        assert crypto.load_certificate(PEM, text[begin:]).digest("sha256") == cert.digest("sha256")
        block = re.search(
            r"-----BEGIN ENCRYPTED PRIVATE KEY.*?-----END ENCRYPTED PRIVATE KEY-----",
            text,
            re.DOTALL,
        )
        inside = crypto.load_privatekey(PEM, block[0], b"secret")
        assert pin(inside) == pin(key)

    @pytest.mark.parametrize("kind", ["rsa-pss", "ed25519"], scope="module", indirect=True)
    def test_we_read_theirs(self, kind, key, tmp_path):
        cert = build(key, kind)
        (tmp_path / "key").write_bytes(crypto.dump_privatekey(PEM, key))
        (tmp_path / "cert").write_bytes(crypto.dump_certificate(PEM, cert))
        path = tmp_path / "theirs.p12"
        certtool(
            *("--to-p12", "--load-privkey", tmp_path / "key"),
            *("--load-certificate", tmp_path / "cert", "--p12-name", "theirs"),
            *("--password", "secret", "--outder", "--outfile", path),
        )
        container = crypto.load_pkcs12(path.read_bytes(), b"secret")
        assert container.get_certificate().digest("sha256") == cert.digest("sha256")
        assert pin(container.get_privatekey()) == pin(key)
        assert container.get_friendlyname() == b"theirs"
