"""Keys: making them, asking them, and what refuses to be one."""

import copy
import gc
import pickle
import subprocess
import threading
import weakref

import pytest

import support
from OpenSSL import crypto


def public(key):
    return crypto.load_publickey(
        crypto.FILETYPE_PEM, crypto.dump_publickey(crypto.FILETYPE_PEM, key)
    )


def load(kind):
    return crypto.load_privatekey(crypto.FILETYPE_PEM, support.new_key(kind))


class TestPKey:
    def test_empty(self):
        key = crypto.PKey()
        assert (key.type(), key.bits()) == (0, 0)
        assert (key._initialized, key._only_public, key._pkey) == (False, False, None)
        with pytest.raises(TypeError):
            key.check()
        for dump in (crypto.dump_privatekey, crypto.dump_publickey):
            with pytest.raises(crypto.Error) as caught:
                dump(crypto.FILETYPE_PEM, key)
            assert caught.value.args[0]

    def test_no_arguments(self):
        for args, kwargs in (((1,), {}), ((), {"key": 1})):
            with pytest.raises(TypeError):
                crypto.PKey(*args, **kwargs)

    def test_subclass_with_arguments(self):
        class Named(crypto.PKey):
            def __init__(self, name):
                super().__init__()
                self.name = name

        assert Named("x").name == "x"

    def test_object(self):
        key = crypto.PKey()
        key.anything = key
        reference = weakref.ref(key)
        del key
        gc.collect()
        assert reference() is None
        assert crypto.PKeyType is crypto.PKey
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(crypto.PKey())


class TestGenerateKey:
    def test_rsa_then_dsa(self):
        key = crypto.PKey()
        assert key.generate_key(crypto.TYPE_RSA, 2048) is None
        assert (key.type(), key.bits()) == (crypto.TYPE_RSA, 2048)
        assert key.check() is True
        assert (key._initialized, key._only_public) == (True, False)
        key.generate_key(type=crypto.TYPE_DSA, bits=1024)
        assert (key.type(), key.bits()) == (crypto.TYPE_DSA, 1024)
        with pytest.raises(TypeError):
            key.check()

    @pytest.mark.parametrize("bits", [512, 576, 768, 1088])
    def test_small_dsa_keys(self, bits):
        key = crypto.PKey()
        key.generate_key(crypto.TYPE_DSA, bits)
        assert (key.type(), key.bits()) == (crypto.TYPE_DSA, bits)
        cert = crypto.X509()
        cert.set_pubkey(key)
        crypto.verify(cert, crypto.sign(key, b"data", "sha1"), b"data", "sha1")

    def test_in_place_of_a_public_key(self):
        key = public(load("ec"))
        key.generate_key(crypto.TYPE_RSA, 1024)
        assert key._only_public is False
        assert crypto.sign(key, b"data", "sha256")
        assert crypto.dump_privatekey(crypto.FILETYPE_PEM, key)

    def test_exponent(self):
        key = crypto.PKey()
        key.generate_key(crypto.TYPE_RSA, 1024)
        text = support.openssl(
            "pkey",
            "-noout",
            "-text",
            stdin=crypto.dump_privatekey(crypto.FILETYPE_PEM, key),
        )
        assert b"publicExponent: 65537" in text

    @pytest.mark.parametrize(
        "kind, bits, error",
        [
            (-1, 0, crypto.Error),
            (crypto.TYPE_EC, 256, crypto.Error),
            (crypto.TYPE_DH, 512, crypto.Error),
            (True, 0, crypto.Error),
            (crypto.TYPE_RSA, -1, ValueError),
            (crypto.TYPE_RSA, 0, ValueError),
            (crypto.TYPE_RSA, 100, crypto.Error),
            (crypto.TYPE_DSA, -1, crypto.Error),
            (crypto.TYPE_DSA, 0, crypto.Error),
            (crypto.TYPE_DSA, 511, crypto.Error),
            ("6", 512, TypeError),
            (crypto.TYPE_RSA, "512", TypeError),
            (crypto.TYPE_RSA, 512.0, TypeError),
            (None, None, TypeError),
            (crypto.TYPE_RSA, 1 << 40, OverflowError),
            (1 << 70, 512, OverflowError),
        ],
    )
    def test_refused_and_the_old_key_stays(self, kind, bits, error):
        key = load("ec")
        with pytest.raises(error) as caught:
            key.generate_key(kind, bits)
        assert caught.value.args != ([],)
        assert (key.type(), key.bits()) == (crypto.TYPE_EC, 256)

    def test_message_for_unknown_types(self):
        with pytest.raises(crypto.Error) as caught:
            crypto.PKey().generate_key(crypto.TYPE_EC, 256)
        assert caught.value.args == ("No such key type",)

    def test_others_run_meanwhile(self):
        ticks = 0
        done = threading.Event()

        def generate():
            key = crypto.PKey()
            key.generate_key(crypto.TYPE_RSA, 3072)
            done.set()

        with support.Threads() as threads:
            threads.start(generate)
            while not done.wait(0):
                ticks += 1
        assert ticks > 100

    def test_a_certificate_keeps_the_key_that_it_got(self):
        key = load("ec")
        cert = crypto.X509()
        cert.set_pubkey(key)
        key.generate_key(crypto.TYPE_RSA, 1024)
        gc.collect()
        assert cert.get_pubkey().type() == crypto.TYPE_EC

    def test_one_key_from_several_threads(self):
        key = load("rsa")

        def work():
            for _ in range(20):
                key.generate_key(crypto.TYPE_RSA, 512)
                key.bits(), key.type(), key.check()
                crypto.dump_privatekey(crypto.FILETYPE_PEM, key)

        support.run_together(work, work, work, work)


class TestQuestions:
    @pytest.mark.parametrize(
        "kind, number, bits",
        [("rsa", 6, 2048), ("ec", 408, 256), ("ed25519", 1087, 256), ("ed448", 1088, 456)],
    )
    def test_type_and_bits(self, kind, number, bits):
        key = load(kind)
        assert (key.type(), key.bits()) == (number, bits)

    def test_public_keys(self):
        key = public(load("rsa"))
        assert (key._only_public, key._initialized) == (True, True)
        assert key._pkey
        with pytest.raises(TypeError):
            key.check()
        with pytest.raises(crypto.Error):
            crypto.dump_privatekey(crypto.FILETYPE_ASN1, key)

    def test_stale_errors_are_not_ours(self):
        support.push_error()
        with pytest.raises(crypto.Error) as caught:
            crypto.PKey().generate_key(crypto.TYPE_RSA, 100)
        assert ("digital envelope routines", "", "") not in caught.value.args[0]
        support.push_error()
        assert load("rsa").check() is True

    def test_check_finds_a_wrong_modulus(self):
        pem = support.new_key("rsa")
        der = bytearray(support.openssl("rsa", "-traditional", "-outform", "DER", stdin=pem))
        der[60] ^= 4  # inside the modulus
        try:
            key = crypto.load_privatekey(crypto.FILETYPE_ASN1, bytes(der))
        except crypto.Error:
            return
        with pytest.raises(crypto.Error) as caught:
            key.check()
        assert caught.value.args[0]

    def test_newest_kinds(self):
        try:
            pem = subprocess.run(
                ["openssl", "genpkey", "-algorithm", "ML-DSA-44"], capture_output=True, check=True
            ).stdout
        except subprocess.CalledProcessError:
            return  # before OpenSSL 3.5
        key = crypto.load_privatekey(crypto.FILETYPE_PEM, pem)
        assert key.type() > 0
        assert key.bits() > 0
