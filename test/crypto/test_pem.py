"""Loading and dumping: every kind of object in every format, and what is refused."""

import pytest

import support
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT
NO_TYPE = [object(), None, 100, "1", 1.0, -1, 1 << 70, TEXT]


@pytest.fixture(scope="module")
def server(pki):
    return pki.server


class TestCertificate:
    def test_pem_round_trip(self, server):
        cert = crypto.load_certificate(PEM, server.cert_pem)
        assert crypto.dump_certificate(PEM, cert) == server.cert_pem

    def test_der_round_trip(self, server):
        cert = crypto.load_certificate(type=ASN1, buffer=server.cert_der)
        assert crypto.dump_certificate(type=ASN1, cert=cert) == server.cert_der

    def test_text(self, server):
        text = crypto.dump_certificate(TEXT, server.x509())
        assert text == support.openssl(
            "x509", "-noout", "-text", "-nameopt", "compat", stdin=server.cert_pem
        )

    def test_kinds_of_buffers(self, server):
        for buffer in (
            bytearray(server.cert_pem),
            memoryview(server.cert_pem),
            server.cert_pem.decode(),
        ):
            assert crypto.load_certificate(PEM, buffer).get_subject().CN == "localhost"
        with pytest.raises(UnicodeEncodeError):
            crypto.load_certificate(PEM, "\xe9")
        for wrong in (None, 1, [], object()):
            with pytest.raises(TypeError, match="buffer"):
                crypto.load_certificate(PEM, wrong)

    def test_other_blocks_are_skipped(self, server, pki):
        pem = b"hello\n" + server.key_pem + b"Bag Attributes\n" + server.cert_pem + pki.ca.cert_pem
        assert crypto.dump_certificate(PEM, crypto.load_certificate(PEM, pem)) == server.cert_pem

    @pytest.mark.parametrize("label", [b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"])
    def test_other_labels(self, server, label):
        pem = server.cert_pem.replace(b"CERTIFICATE", label)
        assert crypto.load_certificate(PEM, pem).get_subject().CN == "localhost"

    def test_what_follows_is_ignored(self, server):
        cert = crypto.load_certificate(ASN1, server.cert_der + b"more")
        assert crypto.dump_certificate(ASN1, cert) == server.cert_der

    @pytest.mark.parametrize(
        "junk",
        [
            b"",
            b"x",
            b"-----BEGIN CERTIFICATE-----\n",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x80" * 5000,
        ],
    )
    @pytest.mark.parametrize("kind", [PEM, ASN1])
    def test_junk(self, junk, kind):
        for load in (crypto.load_certificate, crypto.load_privatekey, crypto.load_publickey):
            with pytest.raises(crypto.Error) as caught:
                load(kind, junk)
            assert caught.value.args[0]
            assert all(len(entry) == 3 for entry in caught.value.args[0])

    @pytest.mark.parametrize("wrong", NO_TYPE)
    def test_no_type(self, wrong, server):
        for load in (crypto.load_certificate, crypto.load_privatekey, crypto.load_publickey):
            with pytest.raises(ValueError, match="type"):
                load(wrong, b"")
        if wrong != TEXT:
            with pytest.raises(ValueError, match="type"):
                crypto.dump_certificate(wrong, server.x509())
            with pytest.raises(ValueError, match="type"):
                crypto.dump_privatekey(wrong, server.pkey())
        with pytest.raises(ValueError, match="type"):
            crypto.dump_publickey(wrong, server.pkey())

    @pytest.mark.parametrize("wrong", [None, 1, object(), b"x", crypto.X509])
    def test_no_object(self, wrong):
        for dump in (crypto.dump_certificate, crypto.dump_privatekey, crypto.dump_publickey):
            with pytest.raises(TypeError):
                dump(PEM, wrong)

    def test_unsigned(self):
        empty = crypto.X509()
        for kind in (PEM, ASN1):
            with pytest.raises(crypto.Error):
                crypto.dump_certificate(kind, empty)
        assert b"Certificate" in crypto.dump_certificate(TEXT, empty)

    def test_truncated_everywhere(self, server):
        for size in range(len(server.cert_der)):
            with pytest.raises(crypto.Error):
                crypto.load_certificate(ASN1, server.cert_der[:size])
        for size in range(0, len(server.cert_pem) - 30, 7):
            with pytest.raises(crypto.Error):
                crypto.load_certificate(PEM, server.cert_pem[:size])

    def test_flipped_bits(self, server):
        """Whatever still loads can be asked everything."""
        for at in range(len(server.cert_der)):
            der = bytearray(server.cert_der)
            der[at] ^= 1 << at % 8
            try:
                cert = crypto.load_certificate(ASN1, bytes(der))
            except crypto.Error:
                continue
            for name in (
                "get_version",
                "get_serial_number",
                "get_notBefore",
                "get_notAfter",
                "has_expired",
                "subject_name_hash",
                "get_pubkey",
                "get_signature_algorithm",
                "get_extension_count",
            ):
                try:
                    getattr(cert, name)()
                except (crypto.Error, ValueError):
                    pass
            for name in (cert.get_subject(), cert.get_issuer()):
                try:
                    repr(name), name.get_components(), name.der(), name.hash(), name.CN, name.O
                except crypto.Error:
                    pass
            for i in range(cert.get_extension_count()):
                extension = cert.get_extension(i)
                try:
                    str(extension), extension.get_short_name(), extension.get_data()
                except crypto.Error:
                    pass
            try:
                crypto.dump_certificate(TEXT, cert)
            except crypto.Error:
                pass

    def test_large_input_lets_others_run(self, server):
        pem = b"x" * 1_000_000 + b"\n" + server.cert_pem
        assert crypto.load_certificate(PEM, pem).get_subject().CN == "localhost"


class TestPrivateKey:
    @pytest.mark.parametrize("kind", support.KEY_KINDS)
    def test_round_trip_through_the_command(self, kind):
        pem = support.new_key(kind)
        key = crypto.load_privatekey(PEM, pem)
        assert crypto.dump_privatekey(PEM, key) == pem
        der = crypto.dump_privatekey(ASN1, key)
        assert support.openssl("pkey", "-inform", "DER", stdin=der) == pem
        again = crypto.load_privatekey(ASN1, der)
        assert crypto.dump_privatekey(PEM, again) == pem

    def test_traditional_forms(self):
        rsa = support.new_key("rsa")
        traditional = support.openssl("rsa", "-traditional", stdin=rsa)
        assert b"RSA PRIVATE KEY" in traditional
        key = crypto.load_privatekey(PEM, traditional)
        assert crypto.dump_privatekey(PEM, key) == rsa
        der = support.openssl("rsa", "-traditional", "-outform", "DER", stdin=rsa)
        assert crypto.dump_privatekey(ASN1, key) == der
        pkcs8 = support.openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", stdin=rsa)
        assert crypto.dump_privatekey(ASN1, crypto.load_privatekey(ASN1, pkcs8)) == der

    def test_text(self):
        assert (
            len(crypto.dump_privatekey(TEXT, crypto.load_privatekey(PEM, support.new_key("rsa"))))
            > 500
        )
        with pytest.raises(TypeError):
            crypto.dump_privatekey(TEXT, crypto.load_privatekey(PEM, support.new_key("ec")))

    def test_neither_public_keys_nor_certificates(self, server):
        public = crypto.dump_publickey(PEM, server.pkey())
        for pem in (public, server.cert_pem):
            with pytest.raises(crypto.Error):
                crypto.load_privatekey(PEM, pem)


class TestPublicKey:
    @pytest.mark.parametrize("kind", support.KEY_KINDS)
    def test_round_trip_through_the_command(self, kind):
        pem = support.openssl("pkey", "-pubout", stdin=support.new_key(kind))
        key = crypto.load_publickey(PEM, pem)
        assert crypto.dump_publickey(PEM, key) == pem
        der = crypto.dump_publickey(ASN1, key)
        assert crypto.dump_publickey(PEM, crypto.load_publickey(ASN1, der)) == pem
        assert support.openssl("pkey", "-pubin", "-inform", "DER", stdin=der) == pem

    def test_of_a_private_key(self, server):
        pem = crypto.dump_publickey(PEM, server.pkey())
        assert pem == support.openssl("pkey", "-pubout", stdin=server.key_pem)

    def test_pem_is_not_asn1(self, server):
        with pytest.raises(crypto.Error):
            crypto.load_publickey(ASN1, crypto.dump_publickey(PEM, server.pkey()))
        assert crypto.load_publickey(PEM, crypto.dump_publickey(PEM, server.pkey()).decode())
