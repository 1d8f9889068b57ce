"""Loading and dumping: every kind of object in every format, and what is refused."""

import base64
import ctypes
import ssl
import sys
import threading
import time
import types

import pytest

import support
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT
STALE = ("digital envelope routines", "", "")  # what support.push_error() leaves
NO_MEMORY = 0xC0100  # its reason when an allocation failed
NO_TYPE = [object(), None, 100, "1", 1.0, -1, 1 << 70, TEXT]


# Each makes the encoding longer or shorter.
CHANGES = {
    "set_version": lambda cert, key: cert.set_version(0),
    "set_serial_number": lambda cert, key: cert.set_serial_number(1),
    "set_notAfter": lambda cert, key: cert.set_notAfter(b"20991231235959Z"),
    "set_notBefore": lambda cert, key: cert.set_notBefore(b"20501231235959Z"),
    "gmtime_adj_notAfter": lambda cert, key: cert.gmtime_adj_notAfter(1 << 32),
    "set_pubkey": lambda cert, key: cert.set_pubkey(key),
    "set_subject": lambda cert, key: cert.set_subject(crypto.X509().get_subject()),
    "set_issuer": lambda cert, key: cert.set_issuer(crypto.X509().get_subject()),
    "a subject's field": lambda cert, key: setattr(cert.get_subject(), "OU", "u" * 60),
    "an issuer's field": lambda cert, key: setattr(cert.get_issuer(), "OU", "u" * 60),
    "add_extensions": lambda cert, key: cert.add_extensions(
        [crypto.X509Extension(b"nsComment", False, b"x" * 100)]
    ),
    "sign": lambda cert, key: cert.sign(key, "sha512"),
}


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

    @pytest.mark.parametrize("lent", [False, True])
    @pytest.mark.parametrize("change", CHANGES)
    def test_der_after_a_change(self, server, pki, change, lent):
        cert = server.x509()
        if lent:
            crypto.X509Store().add_cert(cert)
        before = crypto.dump_certificate(ASN1, cert)
        CHANGES[change](cert, pki.ec_server.pkey())
        self.check_der(cert)
        cert.sign(pki.ec_server.pkey(), "sha256")  # older versions encode no change before
        self.check_der(cert)
        assert len(crypto.dump_certificate(ASN1, cert)) != len(before)

    def check_der(self, cert):
        pem = crypto.dump_certificate(PEM, cert)
        for _ in range(2):
            assert crypto.dump_certificate(ASN1, cert) == ssl.PEM_cert_to_DER_cert(pem.decode())

    @pytest.mark.parametrize("size", [65000, 70000])
    def test_der_of_a_large_one(self, server, size):
        """Whatever is remembered of how long it was."""
        cert = server.x509()
        octets = b"\x04\x83" + size.to_bytes(3, "big") + bytes(size)
        value = b"DER:" + octets.hex().encode()
        cert.add_extensions([crypto.X509Extension(b"1.2.3.4", False, value)])
        cert.sign(server.pkey(), "sha256")
        for _ in range(3):
            der = crypto.dump_certificate(ASN1, cert)
            assert len(der) > size and octets in der
            assert crypto.load_certificate(ASN1, der).digest("sha256") == cert.digest("sha256")

    def test_der_after_a_change_from_outside(self, server):
        cert = server.x509()
        crypto.dump_certificate(ASN1, cert)
        function = support.libcrypto.X509_set_serialNumber
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        support.libcrypto.ASN1_INTEGER_new.restype = ctypes.c_void_p
        zero = support.libcrypto.ASN1_INTEGER_new()
        pointer = int(cert._x509)
        crypto.dump_certificate(ASN1, cert)
        assert function(pointer, zero) == 1
        support.libcrypto.i2d_re_X509_tbs(ctypes.c_void_p(pointer), None)
        support.libcrypto.ASN1_INTEGER_free(ctypes.c_void_p(zero))
        after = crypto.dump_certificate(ASN1, cert)
        assert len(after) < len(server.cert_der)
        assert crypto.load_certificate(ASN1, after).get_serial_number() == 0

    def test_pem_of_every_length(self, server):
        cert = server.x509()
        for length in range(1, 65):
            cert.get_subject().CN = "x" * length
            pem = crypto.dump_certificate(PEM, cert)
            assert pem.decode() == ssl.DER_cert_to_PEM_cert(crypto.dump_certificate(ASN1, cert))

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

    def test_large_input(self, server):
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

    @pytest.mark.parametrize("kind", support.KEY_KINDS)
    @pytest.mark.parametrize("form", [PEM, ASN1])
    def test_truncated_and_flipped(self, kind, form):
        """An Error, or a key that can be asked everything."""
        der = crypto.dump_privatekey(form, crypto.load_privatekey(PEM, support.new_key(kind)))
        step = max(1, len(der) // 50)
        variants = [der[:size] for size in range(0, len(der), step)]
        for at in range(0, len(der), step):
            flipped = bytearray(der)
            flipped[at] ^= 1 << at % 8
            variants.append(bytes(flipped))
        public = crypto.dump_publickey(form, crypto.load_privatekey(form, der))
        for at in range(len(public)):
            flipped = bytearray(public)
            flipped[at] ^= 1 << at % 8
            variants += [public[:at], bytes(flipped)]
        for variant in variants:
            for load in (crypto.load_privatekey, crypto.load_publickey):
                try:
                    key = load(form, variant)
                except crypto.Error as error:
                    assert error.args[0]
                    continue
                key.type(), key.bits(), repr(key)
                for dump in (crypto.dump_privatekey, crypto.dump_publickey):
                    for how in (PEM, ASN1, TEXT):
                        try:
                            dump(how, key)
                        except (crypto.Error, TypeError, ValueError):
                            pass
                try:
                    key.check()
                except (crypto.Error, TypeError):
                    pass

    @pytest.mark.parametrize(
        "options",
        [
            ("DSA", "dsa_paramgen_bits:1024"),
            ("EC", "ec_paramgen_curve:P-256"),
            ("DH", "group:ffdhe2048"),
        ],
    )
    def test_parameters_are_no_key(self, options):
        pem = support.openssl(
            "genpkey", "-genparam", "-algorithm", options[0], "-pkeyopt", options[1]
        )
        der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        for load in (crypto.load_privatekey, crypto.load_publickey):
            for kind, content in ((PEM, pem), (ASN1, der)):
                with pytest.raises(crypto.Error):
                    load(kind, content)

    def test_public_der_is_no_private_key(self, server):
        for key in ("rsa", "ec", "ed25519"):
            public = support.openssl(
                "pkey", "-pubout", "-outform", "DER", stdin=support.new_key(key)
            )
            with pytest.raises(crypto.Error):
                crypto.load_privatekey(ASN1, public)
        with pytest.raises(crypto.Error):
            crypto.load_privatekey(ASN1, server.cert_der)

    def test_broken_encryption(self, server):
        header = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        footer = b"\nYWJjZGVmZ2hpamtsbW5vcA==\n-----END RSA PRIVATE KEY-----\n"
        for line in (
            b"",
            b"DEK-Info: AES-128-CBC\n",
            b"DEK-Info: AES-128-CBC,xx\n",
            b"DEK-Info: AES-128-CBC,00\n",
            b"DEK-Info: AES-128-GCM," + b"00" * 16 + b"\n",
            b"DEK-Info: NO-CIPHER," + b"00" * 16 + b"\n",
            b"DEK-Info: AES-128-CBC," + b"00" * 16 + b"\n",
            b"DEK-Info: " + b"A" * 100_000 + b"\n",
        ):
            for passphrase in (None, b"secret", lambda writing: b"secret"):
                with pytest.raises(crypto.Error) as caught:
                    crypto.load_privatekey(PEM, header + line + footer, passphrase)
                assert caught.value.args[0]

    def test_number_that_is_too_large(self):
        """OpenSSL 3.0 calls it "malloc failure" when a key cannot be encoded."""
        curve = bytes.fromhex("a00a06082a8648ce3d030107")
        number = b"\x04\x28" + b"\x01" * 40
        der = b"\x30\x39\x02\x01\x01" + number + curve
        for kind in (crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1):
            with pytest.raises(crypto.Error) as caught:
                crypto.dump_privatekey(kind, crypto.load_privatekey(crypto.FILETYPE_ASN1, der))
            assert caught.value.args[0]

    def test_long_label(self):
        pem = b"-----BEGIN " + b"A" * 100_000 + b"-----\nYQ==\n-----END A-----\n"
        for load in (crypto.load_certificate, crypto.load_privatekey, crypto.load_publickey):
            with pytest.raises(crypto.Error):
                load(PEM, pem)

    @pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-128-ccm", "aes-256-xts", "null"])
    def test_ciphers_that_cannot_encrypt_keys(self, server, cipher):
        with pytest.raises(crypto.Error) as caught:
            crypto.dump_privatekey(PEM, server.pkey(), cipher, b"secret")
        assert caught.value.args[0]


class TestStaleErrors:
    """What somebody else has left on the queue is not ours, and changes nothing."""

    def test_failures(self, server):
        certificate = crypto.X509()
        for call in (
            lambda: crypto.load_certificate(PEM, b"junk"),
            lambda: crypto.load_certificate(ASN1, b"junk"),
            lambda: crypto.load_privatekey(PEM, b"junk"),
            lambda: crypto.load_privatekey(ASN1, b"junk"),
            lambda: crypto.load_publickey(ASN1, b"junk"),
            lambda: crypto.dump_certificate(PEM, certificate),
            lambda: crypto.dump_certificate(ASN1, certificate),
            lambda: crypto.dump_privatekey(PEM, server.pkey(), "null", b"secret"),
        ):
            for reason in (1112, NO_MEMORY):
                support.push_error(reason=reason)
                with pytest.raises(crypto.Error) as caught:
                    call()
                assert STALE not in caught.value.args[0]
                assert support.queued_errors() == []

    def test_successes(self, server):
        cert, key = server.x509(), server.pkey()
        for call in (
            lambda: crypto.load_certificate(PEM, server.cert_pem),
            lambda: crypto.load_privatekey(PEM, server.key_pem),
            lambda: [crypto.dump_certificate(kind, cert) for kind in (PEM, ASN1, TEXT)],
            lambda: [crypto.dump_privatekey(kind, key) for kind in (PEM, ASN1, TEXT)],
            lambda: crypto.dump_privatekey(PEM, key, "aes-128-cbc", b"secret"),
            lambda: [crypto.dump_publickey(kind, key) for kind in (PEM, ASN1)],
        ):
            for reason in (1112, NO_MEMORY):
                support.push_error(reason=reason)
                assert call()
                assert support.queued_errors() == []

    def test_unknown_ciphers(self, server):
        support.push_error(reason=NO_MEMORY)
        with pytest.raises(ValueError, match="cipher"):
            crypto.dump_privatekey(PEM, server.pkey(), "no cipher", b"secret")


class TestOthersRunMeanwhile:
    """With no switch between threads but at waits, another one runs only if we let it."""

    @pytest.fixture
    def ticks(self):
        count, stop = [0], threading.Event()

        def tick():
            while not stop.is_set():
                count[0] += 1
                time.sleep(0)

        before = sys.getswitchinterval()
        sys.setswitchinterval(1000)
        try:
            with support.Threads() as threads:
                threads.start(tick)
                while not count[0]:
                    time.sleep(0)
                yield count
                stop.set()
        finally:
            sys.setswitchinterval(before)

    @pytest.mark.parametrize("what", ["certificate", "private", "public"])
    def test_load(self, server, ticks, what):
        public = crypto.dump_publickey(PEM, server.pkey())
        load, content = {
            "certificate": (crypto.load_certificate, b"x\n" * 50_000 + server.cert_pem),
            "private": (crypto.load_privatekey, server.key_pem),
            "public": (crypto.load_publickey, public),
        }[what]
        before = ticks[0]
        for _ in range(20_000):
            load(PEM, content)
            if ticks[0] != before:
                return
        raise AssertionError("nobody else ran")


class TestSameKeyInSeveralThreads:
    @pytest.mark.parametrize("other", ["PEM", "PEM with a passphrase", "PKCS12", "cryptography"])
    def test_dump_private_key(self, pki, other, monkeypatch):
        """Each gives what it gives alone, then and afterwards."""
        # The package is not there for interpreters without the global lock: something in its place.
        taker = types.SimpleNamespace(load_der_private_key=lambda der, password: der)
        for name in ("cryptography", "cryptography.hazmat.primitives.serialization"):
            monkeypatch.setitem(sys.modules, name, taker)
        key, cert = pki.ec_server.pkey(), pki.ec_server.x509()
        expected = crypto.dump_privatekey(ASN1, key)
        done = threading.Event()
        container = crypto.PKCS12()
        container.set_privatekey(key)
        container.set_certificate(cert)
        work = {
            "PEM": lambda: crypto.dump_privatekey(PEM, key),
            "PEM with a passphrase": lambda: crypto.dump_privatekey(PEM, key, "aes128", b"x"),
            "PKCS12": lambda: container.export(b"x", iter=1, maciter=1),
            "cryptography": key.to_cryptography_key,
        }[other]

        def encode():
            while not done.is_set():
                work()

        with support.Threads() as threads:
            for _ in range(3):
                threads.start(encode)
            try:
                for _ in range(300):
                    assert crypto.dump_privatekey(ASN1, key) == expected
                    time.sleep(0)
            finally:
                done.set()
        assert crypto.dump_privatekey(ASN1, key) == expected


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
