"""Signatures over data, with the openssl command as the other party."""

import threading

import pytest

import support
from OpenSSL import crypto

PEM = crypto.FILETYPE_PEM
DATA = b"some\0data" * 100
KINDS = [
    ("rsa", "sha256"),
    ("rsa", "SHA512"),
    ("rsa-pss", "sha256"),
    ("dsa", "sha256"),
    ("ec", "sha256"),
    ("p521", "sha3-256"),
    ("ed25519", None),
    ("ed448", ""),
]
NEWEST = ["ML-DSA-44", "SLH-DSA-SHA2-128f"]  # from OpenSSL 3.5 on


def key_pem(kind):
    """A new private key: of support.KEY_KINDS, or of a kind that only these tests need."""
    if kind in support.KEY_KINDS:
        return support.new_key(kind)
    if kind == "rsa-pss":
        return support.openssl("genpkey", "-algorithm", kind, "-pkeyopt", "rsa_keygen_bits:2048")
    if kind == "p521":
        return support.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521")
    if kind != "dsa":
        return support.openssl("genpkey", "-algorithm", kind)
    path = support.fresh_path(".pem")
    bits = "dsa_paramgen_bits:1024"
    support.openssl("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", bits, "-out", path)
    return support.openssl("genpkey", "-paramfile", path)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}")
def signer(request):
    kind, digest = request.param
    return support.ca("signer", key=key_pem(kind)), digest


class TestSign:
    def test_round_trip(self, signer):
        credential, digest = signer
        signature = crypto.sign(pkey=credential.pkey(), data=DATA, digest=digest)
        assert crypto.verify(credential.x509(), signature, DATA, digest) is None
        assert (
            crypto.verify(
                cert=credential.x509(),
                signature=bytearray(signature),
                data=memoryview(DATA),
                digest=digest.encode() if digest else digest,
            )
            is None
        )

    def test_the_command_verifies(self, signer, tmp_path):
        credential, digest = signer
        signature, data = tmp_path / "signature", tmp_path / "data"
        signature.write_bytes(crypto.sign(credential.pkey(), DATA, digest))
        data.write_bytes(DATA)
        public = tmp_path / "public"
        public.write_bytes(crypto.dump_publickey(PEM, credential.pkey()))
        support.openssl(
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            public,
            "-rawin",
            "-in",
            data,
            "-sigfile",
            signature,
            *(("-digest", digest) if digest else ()),
        )

    def test_the_command_signs(self, signer, tmp_path):
        credential, digest = signer
        data = tmp_path / "data"
        data.write_bytes(DATA)
        signature = support.openssl(
            "pkeyutl",
            "-sign",
            "-inkey",
            credential.key_path,
            "-rawin",
            "-in",
            data,
            *(("-digest", digest) if digest else ()),
        )
        crypto.verify(credential.x509(), signature, DATA, digest)

    def test_wrong_signatures(self, signer):
        credential, digest = signer
        cert = credential.x509()
        signature = crypto.sign(credential.pkey(), DATA, digest)
        flipped = bytearray(signature)
        flipped[len(flipped) // 2] ^= 1
        for wrong in (bytes(flipped), signature[:-1], signature + b"x", b"", b"x" * 10000):
            with pytest.raises(crypto.Error) as caught:
                crypto.verify(cert, wrong, DATA, digest)
            assert caught.value.args[0]
        with pytest.raises(crypto.Error):
            crypto.verify(cert, signature, DATA + b"x", digest)

    def test_text_warns(self, signer):
        credential, digest = signer
        warning = "str for data is no longer accepted, use bytes"
        with pytest.warns(DeprecationWarning, match=warning):
            signature = crypto.sign(credential.pkey(), "d\xe4ta", digest)
        with pytest.warns(DeprecationWarning, match=warning):
            crypto.verify(credential.x509(), signature, "d\xe4ta", digest)
        crypto.verify(credential.x509(), signature, "d\xe4ta".encode(), digest)


class TestStaleErrors:
    def test_not_ours(self, signer):
        credential, digest = signer
        key, cert = credential.pkey(), credential.x509()
        for reason in (1112, 0xC0100):  # that one: an allocation failed
            support.push_error(reason=reason)
            signature = crypto.sign(key, DATA, digest)
            assert support.queued_errors() == []
            support.push_error(reason=reason)
            crypto.verify(cert, signature, DATA, digest)
            assert support.queued_errors() == []
            support.push_error(reason=reason)
            with pytest.raises(crypto.Error) as caught:
                crypto.verify(cert, signature, b"other", digest)
            assert caught.value.args[0]
            assert ("digital envelope routines", "", "") not in caught.value.args[0]
            support.push_error(reason=reason)
            with pytest.raises(ValueError, match="digest"):
                crypto.sign(key, DATA, "no digest")


class TestRefusals:
    def test_digests(self, pki):
        key, cert = pki.server.pkey(), pki.server.x509()
        for digest in ("no digest", b"no digest", "sha256\0", "md4", None, ""):
            with pytest.raises(ValueError, match="digest"):
                crypto.sign(key, DATA, digest)
            with pytest.raises(ValueError, match="digest"):
                crypto.verify(cert, b"x", DATA, digest)
        with pytest.raises(TypeError, match="digest"):
            crypto.sign(key, DATA, 1)

    def test_keys(self, pki):
        key = pki.server.pkey()
        public = crypto.load_publickey(PEM, crypto.dump_publickey(PEM, key))
        for wrong in (crypto.PKey(), public):
            with pytest.raises(ValueError, match="pkey"):
                crypto.sign(wrong, DATA, "sha256")
        with pytest.raises(TypeError, match="pkey"):
            crypto.sign(pki.server.x509(), DATA, "sha256")
        with pytest.raises(TypeError, match="cert"):
            crypto.verify(key, b"", DATA, "sha256")
        with pytest.raises(crypto.Error):
            crypto.verify(crypto.X509(), b"", DATA, "sha256")

    def test_ed25519_with_a_digest(self):
        key = crypto.load_privatekey(PEM, support.new_key("ed25519"))
        with pytest.raises(crypto.Error):
            crypto.sign(key, DATA, "sha256")

    def test_keys_that_cannot_sign(self):
        key = crypto.load_privatekey(PEM, key_pem("x25519"))
        cert = crypto.X509()
        cert.set_pubkey(key)
        for digest in (None, "", "sha256"):
            with pytest.raises(crypto.Error) as caught:
                crypto.sign(key, DATA, digest)
            assert caught.value.args[0]
            with pytest.raises(crypto.Error) as caught:
                crypto.verify(cert, b"x" * 64, DATA, digest)
            assert caught.value.args[0]

    def test_no_digest_that_the_library_lacks(self, pki):
        """Its table of names has more than it can do."""
        for digest in ("md4", "whirlpool", "MD4", b"mdc2"):
            with pytest.raises(ValueError, match="digest"):
                crypto.sign(pki.server.pkey(), DATA, digest)

    def test_data(self, pki):
        key, cert = pki.ec_server.pkey(), pki.ec_server.x509()
        for wrong in (None, 1, object(), [b"x"], memoryview(b"abcdef")[::2]):
            with pytest.raises((TypeError, BufferError, ValueError), match="data|contiguous"):
                crypto.sign(key, wrong, "sha256")
            with pytest.raises((TypeError, BufferError, ValueError), match="data|contiguous"):
                crypto.verify(cert, b"", wrong, "sha256")
        with pytest.raises(TypeError, match="signature"):
            crypto.verify(cert, "text", DATA, "sha256")
        crypto.verify(cert, crypto.sign(key, b"", "sha256"), b"", "sha256")

    def test_large_keys(self):
        key = crypto.load_privatekey(
            PEM, support.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4160")
        )
        cert = crypto.X509()
        cert.set_pubkey(key)
        signature = crypto.sign(key, DATA, "sha512")
        assert len(signature) == 520
        crypto.verify(cert, signature, DATA, "sha512")


class TestNewestKinds:
    @pytest.mark.parametrize("kind", NEWEST)
    def test_round_trip(self, kind):
        if kind.encode() not in support.openssl("list", "-signature-algorithms"):
            with pytest.raises(AssertionError):
                key_pem(kind)
            return
        credential = support.ca("signer", key=key_pem(kind))
        key, cert = credential.pkey(), credential.x509()
        signature = crypto.sign(key, DATA, None)
        crypto.verify(cert, signature, DATA, "")
        with pytest.raises(crypto.Error):
            crypto.verify(cert, signature, b"other", None)
        with pytest.raises(crypto.Error):
            crypto.sign(key, DATA, "md5")


class TestThreads:
    def test_one_key_signs_in_several(self, pki):
        key, cert = pki.server.pkey(), pki.server.x509()

        def work():
            for _ in range(30):
                crypto.verify(cert, crypto.sign(key, DATA, "sha256"), DATA, "sha256")

        support.run_together(work, work, work, work)

    def test_while_another_key_takes_its_place(self):
        key = crypto.load_privatekey(PEM, key_pem("rsa"))
        done = threading.Event()

        def replace():
            try:
                for _ in range(20):
                    key.generate_key(crypto.TYPE_RSA, 1024)
            finally:
                done.set()

        def sign():
            while not done.is_set():
                assert len(crypto.sign(key, DATA, "sha256")) in (128, 256)

        support.run_together(replace, sign, sign)
