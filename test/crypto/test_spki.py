"""OpenSSL.crypto.NetscapeSPKI: against the openssl command."""

import base64
import copy
import gc
import pickle
import weakref

import pytest

import support
from OpenSSL import crypto

PEM = crypto.FILETYPE_PEM


def public_of(credential):
    return support.openssl("pkey", "-pubout", stdin=credential.key_pem)


def dump_public(pkey):
    return crypto.dump_publickey(PEM, pkey)


def signed(credential, digest="sha256"):
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(credential.pkey())
    spki.sign(credential.pkey(), digest)
    return spki


def made_by_openssl(credential, challenge="hello"):
    """The base64 that ``openssl spkac`` writes."""
    out = support.openssl(
        *("spkac", "-key", credential.key_path, "-challenge", challenge, "-digest", "sha256")
    )
    return out.strip().removeprefix(b"SPKAC=")


def read_by_openssl(encoded, *options):
    return support.openssl("spkac", *options, stdin=b"SPKAC=" + encoded + b"\n")


@pytest.fixture(scope="module")
def encoded(pki):
    return signed(pki.server).b64_encode()


class TestType:
    def test_alias(self):
        assert crypto.NetscapeSPKIType is crypto.NetscapeSPKI
        assert crypto.NetscapeSPKI.__name__ == "NetscapeSPKI"
        assert crypto.NetscapeSPKI.__module__ == "OpenSSL.crypto"
        assert type(crypto.NetscapeSPKI()) is crypto.NetscapeSPKI

    def test_unknown_attribute(self):
        with pytest.raises(AttributeError):
            crypto.NetscapeSPKI().foo

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, duplicate):
        with pytest.raises(TypeError):
            duplicate(crypto.NetscapeSPKI())

    def test_is_collected(self):
        spki = crypto.NetscapeSPKI()
        spki.itself = spki
        gone = weakref.ref(spki)
        del spki
        gc.collect()
        assert gone() is None

    def test_handle(self):
        """What others of its kind have too: where the native object is."""
        spki = crypto.NetscapeSPKI()
        assert int(spki._spki) != 0
        assert spki._spki == spki._spki != crypto.NetscapeSPKI()._spki

    def test_subclass(self, pki):
        class Mine(crypto.NetscapeSPKI):
            def __init__(self, credential, number):
                super().__init__(made_by_openssl(credential))
                self.number = number

        mine = Mine(pki.server, number=3)
        assert mine.number == 3
        assert mine.verify(mine.get_pubkey()) is True

    def test_works_without_init(self, pki):
        spki = crypto.NetscapeSPKI.__new__(crypto.NetscapeSPKI)
        with pytest.raises(crypto.Error):
            spki.get_pubkey()
        spki.set_pubkey(pki.server.pkey())
        spki.sign(pki.server.pkey(), "sha256")
        assert spki.verify(pki.server.pkey()) is True


class TestInit:
    @pytest.mark.parametrize("kind", [bytes, bytes.decode])
    def test_encoded(self, pki, kind):
        """The manual's argument."""
        spki = crypto.NetscapeSPKI(kind(made_by_openssl(pki.server)))
        assert dump_public(spki.get_pubkey()) == public_of(pki.server)
        assert spki.verify(spki.get_pubkey()) is True

    def test_by_name(self, encoded):
        assert crypto.NetscapeSPKI(enc=encoded).b64_encode() == encoded

    def test_white_space_around(self, encoded):
        assert crypto.NetscapeSPKI(encoded + b"\n").b64_encode() == encoded

    def test_none_is_empty(self):
        for spki in (crypto.NetscapeSPKI(None), crypto.NetscapeSPKI(enc=None)):
            with pytest.raises(crypto.Error):
                spki.get_pubkey()

    @pytest.mark.parametrize(
        "bad", [b"", "", b"x", b"!!!!", b"AAAA", "\u00fc", b"foo bar", base64.b64encode(b"0" * 99)]
    )
    def test_bad_text(self, bad):
        with pytest.raises(crypto.Error) as failure:
            crypto.NetscapeSPKI(bad)
        assert failure.value.args[0]

    def test_cut(self, encoded):
        for size in range(0, len(encoded), 4):
            with pytest.raises(crypto.Error):
                crypto.NetscapeSPKI(encoded[:size])

    def test_cut_where_zeros_would_be_filled_in(self, pki):
        """base64 is decoded in threes, so one or two bytes may be missing."""
        encoded = b"=="
        while encoded.endswith(b"="):
            encoded = signed(pki.ec_server).b64_encode()
        der = base64.b64decode(encoded)
        for missing in (1, 2, 3):
            with pytest.raises(crypto.Error) as failure:
                crypto.NetscapeSPKI(base64.b64encode(der[:-missing]))
            assert failure.value.args[0]

    def test_changed(self, encoded):
        der = base64.b64decode(encoded)
        for at in range(0, len(der), 2):
            changed = bytearray(der)
            changed[at] ^= 1 << at % 8
            try:
                spki = crypto.NetscapeSPKI(base64.b64encode(changed))
                key = spki.get_pubkey()
            except crypto.Error:
                continue
            with pytest.raises(crypto.Error):
                spki.verify(key)

    @pytest.mark.parametrize("wrong", [3, object(), [b"x"], bytearray(b"x")])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="enc"):
            crypto.NetscapeSPKI(wrong)

    def test_nul(self, encoded):
        with pytest.raises(ValueError, match="enc"):
            crypto.NetscapeSPKI(encoded + b"\0")

    def test_arguments(self, encoded):
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI(encoded, encoded)
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI(text=encoded)

    def test_again(self, pki, encoded):
        """A second time replaces all or nothing."""
        spki = crypto.NetscapeSPKI(encoded)
        with pytest.raises(crypto.Error):
            spki.__init__(b"junk")
        assert spki.b64_encode() == encoded
        spki.__init__(made_by_openssl(pki.client))
        assert dump_public(spki.get_pubkey()) == public_of(pki.client)


class TestB64Encode:
    def test_one_line_of_base64(self, encoded):
        assert type(encoded) is bytes
        assert base64.b64encode(base64.b64decode(encoded, validate=True)) == encoded

    def test_openssl_reads_it(self, pki, encoded):
        assert read_by_openssl(encoded, "-noout", "-verify") == b""
        assert read_by_openssl(encoded, "-noout", "-pubkey") == public_of(pki.server)

    def test_challenge_is_kept(self, pki):
        made = made_by_openssl(pki.server, challenge="who are you?")
        spki = crypto.NetscapeSPKI(made)
        assert spki.b64_encode() == made
        spki.sign(pki.server.pkey(), "sha512")
        text = read_by_openssl(spki.b64_encode())
        assert b"Challenge String: who are you?" in text
        assert b"sha512WithRSAEncryption" in text

    def test_empty(self):
        with pytest.raises(crypto.Error):
            crypto.NetscapeSPKI().b64_encode()

    def test_unsigned(self, pki):
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(pki.server.pkey())
        with pytest.raises(crypto.Error):
            spki.b64_encode()

    def test_no_arguments(self):
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI().b64_encode(None)


class TestGetPubkey:
    def test_is_public(self, pki):
        key = signed(pki.server).get_pubkey()
        assert key._only_public is True
        with pytest.raises(ValueError):
            crypto.NetscapeSPKI().sign(key, "sha256")

    def test_outlives_the_spki(self, pki, encoded):
        key = crypto.NetscapeSPKI(encoded).get_pubkey()
        gc.collect()
        assert dump_public(key) == public_of(pki.server)

    def test_none(self):
        with pytest.raises(crypto.Error):
            crypto.NetscapeSPKI().get_pubkey()

    def test_no_arguments(self):
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI().get_pubkey(None)


class TestSetPubkey:
    def test_returns_none(self, pki):
        spki = crypto.NetscapeSPKI()
        assert spki.set_pubkey(pkey=pki.server.pkey()) is None
        assert dump_public(spki.get_pubkey()) == public_of(pki.server)

    def test_public_key(self, pki):
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(crypto.load_publickey(PEM, public_of(pki.ec_server)))
        assert dump_public(spki.get_pubkey()) == public_of(pki.ec_server)

    def test_old_signature_holds_no_longer(self, pki):
        spki = signed(pki.server)
        spki.set_pubkey(pki.client.pkey())
        for credential in (pki.server, pki.client):
            with pytest.raises(crypto.Error):
                spki.verify(credential.pkey())

    def test_empty_key(self, pki):
        spki = signed(pki.server)
        with pytest.raises(crypto.Error):
            spki.set_pubkey(crypto.PKey())
        assert dump_public(spki.get_pubkey()) == public_of(pki.server)

    @pytest.mark.parametrize("wrong", [None, 3, b"x", crypto.PKey])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="pkey"):
            crypto.NetscapeSPKI().set_pubkey(wrong)

    @pytest.mark.parametrize("args", [(), (crypto.PKey(), crypto.PKey())])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI().set_pubkey(*args)


class TestSign:
    @pytest.mark.parametrize("kind", ["server", "ec_server"])
    @pytest.mark.parametrize("digest", ["sha1", "sha256", b"sha384", "SHA512"])
    def test_openssl_verifies(self, pki, kind, digest):
        encoded = signed(getattr(pki, kind), digest).b64_encode()
        assert read_by_openssl(encoded, "-noout", "-verify") == b""

    @pytest.mark.parametrize("kind", ["ed25519", "ed448"])
    @pytest.mark.parametrize("digest", [None, ""])
    def test_without_a_digest(self, pki, kind, digest):
        credential = support.leaf(pki.ec_ca, key=kind)
        spki = signed(credential, digest)
        assert spki.verify(credential.pkey()) is True
        assert read_by_openssl(spki.b64_encode(), "-noout", "-verify") == b""

    def test_returns_none(self, pki):
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(pki.server.pkey())
        assert spki.sign(pkey=pki.server.pkey(), digest="sha256") is None

    def test_again(self, pki):
        spki = signed(pki.server, "sha256")
        spki.sign(pki.server.pkey(), "sha512")
        assert b"sha512WithRSAEncryption" in read_by_openssl(spki.b64_encode())

    def test_with_another_key(self, pki):
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(pki.server.pkey())
        spki.sign(pki.client.pkey(), "sha256")
        assert spki.verify(pki.client.pkey()) is True
        with pytest.raises(crypto.Error):
            spki.verify(spki.get_pubkey())

    def test_without_public_key(self, pki):
        spki = crypto.NetscapeSPKI()
        with pytest.raises(crypto.Error):
            spki.sign(pki.server.pkey(), "sha256")

    @pytest.mark.parametrize("digest", ["md5", "shake256"])
    def test_a_digest_that_does_not_fit(self, pki, digest):
        with pytest.raises(crypto.Error) as failure:
            signed(pki.ec_server, digest)
        assert failure.value.args[0][0][0] and failure.value.args[0][-1][2]

    def test_failure_keeps_the_signature(self, pki):
        spki = signed(pki.server)
        before = spki.b64_encode()
        ed25519 = crypto.load_privatekey(PEM, support.new_key("ed25519"))
        with pytest.raises(crypto.Error):
            spki.sign(ed25519, "sha256")
        assert spki.b64_encode() == before

    def test_empty_key(self):
        with pytest.raises(ValueError):
            crypto.NetscapeSPKI().sign(crypto.PKey(), "sha256")

    def test_public_key(self, pki):
        with pytest.raises(ValueError):
            crypto.NetscapeSPKI().sign(crypto.load_publickey(PEM, public_of(pki.server)), "sha256")

    @pytest.mark.parametrize("digest", ["strange", b"strange", "sha256\0zzz"])
    def test_unknown_digest(self, pki, digest):
        with pytest.raises(ValueError):
            signed(pki.server).sign(pki.server.pkey(), digest)

    @pytest.mark.parametrize("wrong", [None, 3, object()])
    def test_wrong_type(self, pki, wrong):
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI().sign(wrong, "sha256")

    @pytest.mark.parametrize("wrong", [3, object()])
    def test_wrong_digest_type(self, pki, wrong):
        with pytest.raises(TypeError):
            signed(pki.server).sign(pki.server.pkey(), wrong)

    def test_number_of_arguments(self, pki):
        key = pki.server.pkey()
        for args in ((), (key,), (key, "sha256", 1)):
            with pytest.raises(TypeError):
                crypto.NetscapeSPKI().sign(*args)


class TestVerify:
    @pytest.mark.parametrize("kind", ["server", "ec_server"])
    def test_made_by_openssl(self, pki, kind):
        spki = crypto.NetscapeSPKI(made_by_openssl(getattr(pki, kind)))
        assert spki.verify(key=spki.get_pubkey()) is True
        assert spki.verify(getattr(pki, kind).pkey()) is True

    @pytest.mark.parametrize("kind", ["client", "ec_server"])
    def test_another_key(self, pki, kind):
        with pytest.raises(crypto.Error) as failure:
            signed(pki.server).verify(getattr(pki, kind).pkey())
        assert failure.value.args[0]

    def test_changed_signature(self, pki):
        der = bytearray(base64.b64decode(signed(pki.ec_server).b64_encode()))
        der[-1] ^= 1
        with pytest.raises(crypto.Error) as failure:
            crypto.NetscapeSPKI(base64.b64encode(der)).verify(pki.ec_server.pkey())
        assert failure.value.args[0]
        assert failure.value.args[0] != [("", "", "unknown error")]

    @pytest.mark.parametrize("with_key", [True, False])
    def test_unsigned(self, pki, with_key):
        spki = crypto.NetscapeSPKI()
        if with_key:
            spki.set_pubkey(pki.server.pkey())
        with pytest.raises(crypto.Error):
            spki.verify(pki.server.pkey())

    def test_empty_key(self, pki):
        with pytest.raises(crypto.Error):
            signed(pki.server).verify(crypto.PKey())

    @pytest.mark.parametrize("wrong", [None, 3, b"x", crypto.PKey])
    def test_wrong_type(self, pki, wrong):
        with pytest.raises(TypeError, match="key"):
            signed(pki.server).verify(wrong)

    @pytest.mark.parametrize("args", [(), (crypto.PKey(), crypto.PKey())])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.NetscapeSPKI().verify(*args)


class TestThreads:
    def test_one_object(self, pki):
        spki = signed(pki.server)
        keys = [pki.server.pkey(), pki.client.pkey(), pki.ec_server.pkey()]
        others = [made_by_openssl(pki.server), made_by_openssl(pki.ec_server)]

        def sign(key):
            for _ in range(20):
                spki.sign(key, "sha256")

        def set_pubkey():
            for number in range(200):
                spki.set_pubkey(keys[number % 3])

        def look():
            for number in range(200):
                spki.get_pubkey()
                crypto.NetscapeSPKI(spki.b64_encode())
                try:
                    spki.verify(keys[number % 3])
                except crypto.Error:
                    pass

        def replace():
            for number in range(200):
                spki.__init__(others[number % 2])

        support.run_together(
            *(lambda key=key: sign(key) for key in keys), set_pubkey, look, look, replace
        )
        spki.set_pubkey(keys[0])
        spki.sign(keys[0], "sha256")
        assert spki.verify(keys[0]) is True
