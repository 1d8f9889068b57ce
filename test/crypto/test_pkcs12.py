"""OpenSSL.crypto.PKCS12 and load_pkcs12: against the openssl command, GnuTLS and cryptography."""

import array
import copy
import gc
import pickle
import shutil
import subprocess
import sys
import threading
import time
import weakref

import pytest

import support
from OpenSSL import crypto

PEM = crypto.FILETYPE_PEM
certtool = pytest.mark.skipif(shutil.which("certtool") is None, reason="needs GnuTLS's certtool")


def pem(cert):
    return crypto.dump_certificate(PEM, cert)


def key_pem(pkey):
    return crypto.dump_privatekey(PEM, pkey)


def container(credential=None, *, cas=None, name=None):
    """A PKCS12 of a Credential."""
    p12 = crypto.PKCS12()
    if credential is not None:
        p12.set_privatekey(credential.pkey())
        p12.set_certificate(credential.x509())
    if cas is not None:
        p12.set_ca_certificates([ca.x509() for ca in cas])
    if name is not None:
        p12.set_friendlyname(name)
    return p12


def run(*command, stdin=None):
    """What a command writes, complaints included."""
    return subprocess.run(
        [str(word) for word in command],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=support.TIMEOUT,
        check=True,
    ).stdout


def openssl_pkcs12(data, *options, passphrase="pw"):
    """What ``openssl pkcs12`` reads out of a container."""
    return support.openssl(
        *("pkcs12", "-passin", f"pass:{passphrase}", "-noenc", *options), stdin=data
    )


def made_by_openssl(credential, *options, passphrase="pw"):
    """A container that ``openssl pkcs12`` has made."""
    return support.openssl(
        *("pkcs12", "-export", "-in", credential.cert_path, "-inkey", credential.key_path),
        *("-passout", f"pass:{passphrase}", *options),
    )


def blocks(text, label=b"CERTIFICATE"):
    """The PEM blocks in a text, each as it would stand in a file of its own."""
    begin, end = b"-----BEGIN %s-----" % label, b"-----END %s-----\n" % label
    return [begin + part.partition(end)[0] + end for part in text.split(begin)[1:]]


@pytest.fixture(scope="module")
def exported(pki):
    """A container with all that can be in one."""
    return container(pki.server, cas=[pki.ca, pki.intermediate], name=b"a name").export(b"pw")


class TestType:
    def test_alias(self):
        assert crypto.PKCS12Type is crypto.PKCS12
        assert crypto.PKCS12.__name__ == "PKCS12"
        assert crypto.PKCS12.__module__ == "OpenSSL.crypto"

    def test_takes_no_arguments(self):
        with pytest.raises(TypeError):
            crypto.PKCS12(None)
        with pytest.raises(TypeError):
            crypto.PKCS12(cert=None)

    def test_subclass(self, pki):
        class Mine(crypto.PKCS12):
            def __init__(self, credential):
                super().__init__()
                self.set_certificate(credential.x509())

        mine = Mine(pki.server)
        assert pem(mine.get_certificate()) == pki.server.cert_pem
        mine.anything = 1
        assert mine.anything == 1

    def test_works_without_init(self):
        p12 = crypto.PKCS12.__new__(crypto.PKCS12)
        assert p12.get_privatekey() is None
        with pytest.raises(crypto.Error):
            p12.export()

    def test_second_init_keeps_what_is_there(self):
        p12 = crypto.PKCS12()
        p12.set_friendlyname(b"x")
        p12.__init__()
        assert p12.get_friendlyname() == b"x"

    def test_is_collected(self, pki):
        p12 = container(pki.server)
        p12.itself = p12
        gone = weakref.ref(p12)
        del p12
        gc.collect()
        assert gone() is None

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, duplicate):
        with pytest.raises(TypeError):
            duplicate(crypto.PKCS12())

    def test_unknown_attribute(self):
        with pytest.raises(AttributeError):
            crypto.PKCS12().no_such_thing

    @pytest.mark.parametrize(
        "name", ["get_certificate", "get_privatekey", "get_ca_certificates", "get_friendlyname"]
    )
    def test_getters(self, name):
        getter = getattr(crypto.PKCS12(), name)
        assert getter() is None
        with pytest.raises(TypeError):
            getter(1)

    def test_private_names(self, pki):
        """What programs for the newer releases look into."""
        p12 = crypto.PKCS12()
        for name in ("_cert", "_pkey", "_cacerts", "_friendlyname"):
            assert getattr(p12, name) is None
            with pytest.raises(AttributeError):
                setattr(p12, name, None)
        p12 = container(pki.server, cas=[pki.ca], name=b"a name")
        assert p12._cert is p12.get_certificate()
        assert p12._pkey is p12.get_privatekey()
        assert p12._cacerts is p12.get_ca_certificates()
        assert p12._friendlyname == b"a name"


class TestSetCertificate:
    def test_same_object_comes_back(self, pki):
        cert, p12 = pki.server.x509(), crypto.PKCS12()
        assert p12.set_certificate(cert) is None
        assert p12.get_certificate() is cert

    def test_none_removes(self, pki):
        p12 = container(pki.server)
        p12.set_certificate(None)
        assert p12.get_certificate() is None

    @pytest.mark.parametrize("wrong", [3, b"x", "x", crypto.X509, crypto.PKey()])
    def test_wrong_type(self, pki, wrong):
        p12 = container(pki.server)
        before = p12.get_certificate()
        with pytest.raises(TypeError, match="cert"):
            p12.set_certificate(wrong)
        assert p12.get_certificate() is before

    def test_by_name(self, pki):
        p12, cert = crypto.PKCS12(), pki.server.x509()
        p12.set_certificate(cert=cert)
        assert p12.get_certificate() is cert
        for args in ((), (cert, cert)):
            with pytest.raises(TypeError):
                p12.set_certificate(*args)


class TestSetPrivatekey:
    def test_same_object_comes_back(self, pki):
        pkey, p12 = pki.server.pkey(), crypto.PKCS12()
        assert p12.set_privatekey(pkey) is None
        assert p12.get_privatekey() is pkey

    def test_none_removes(self, pki):
        p12 = container(pki.server)
        p12.set_privatekey(None)
        assert p12.get_privatekey() is None

    @pytest.mark.parametrize("wrong", [3, b"x", crypto.PKey, crypto.X509()])
    def test_wrong_type(self, wrong):
        p12 = crypto.PKCS12()
        with pytest.raises(TypeError, match="pkey"):
            p12.set_privatekey(wrong)
        assert p12.get_privatekey() is None

    def test_by_name(self, pki):
        p12, pkey = crypto.PKCS12(), pki.server.pkey()
        p12.set_privatekey(pkey=pkey)
        assert p12.get_privatekey() is pkey


class TestSetCaCertificates:
    @pytest.mark.parametrize("kind", [list, tuple, iter, lambda certs: (cert for cert in certs)])
    def test_any_iterable(self, pki, kind):
        certs, p12 = [pki.ca.x509(), pki.intermediate.x509()], crypto.PKCS12()
        assert p12.set_ca_certificates(kind(certs)) is None
        assert p12.get_ca_certificates() == tuple(certs)
        assert isinstance(p12.get_ca_certificates(), tuple)

    def test_is_copied(self, pki):
        certs, p12 = [pki.ca.x509()], crypto.PKCS12()
        p12.set_ca_certificates(certs)
        certs.append(pki.server.x509())
        assert len(p12.get_ca_certificates()) == 1

    def test_none_and_empty_differ(self, pki):
        p12 = container(cas=[pki.ca])
        p12.set_ca_certificates([])
        assert p12.get_ca_certificates() == ()
        p12.set_ca_certificates(None)
        assert p12.get_ca_certificates() is None

    @pytest.mark.parametrize("wrong", [3, crypto.X509(), (3, 4), (crypto.PKey(),), "x", [None]])
    def test_wrong_type(self, pki, wrong):
        p12 = container(cas=[pki.ca])
        before = p12.get_ca_certificates()
        with pytest.raises(TypeError, match="cacerts"):
            p12.set_ca_certificates(wrong)
        assert p12.get_ca_certificates() is before

    def test_iterable_that_fails(self):
        def fails():
            yield crypto.X509()
            raise ZeroDivisionError

        p12 = crypto.PKCS12()
        with pytest.raises(ZeroDivisionError):
            p12.set_ca_certificates(cacerts=fails())
        assert p12.get_ca_certificates() is None


class TestSetFriendlyname:
    @pytest.mark.parametrize(
        "name", ["set_friendlyname", "set_certificate", "set_privatekey", "set_ca_certificates"]
    )
    def test_none_is_not_used_up(self, name):
        """Each reference to None counts, on a CPython where it is not immortal."""
        setter = getattr(crypto.PKCS12(), name)
        before = sys.getrefcount(None)
        for _ in range(1000):
            setter(None)
        assert abs(sys.getrefcount(None) - before) < 500

    def test_bytes(self):
        p12 = crypto.PKCS12()
        assert p12.set_friendlyname(name=b"A Friendly Name") is None
        assert p12.get_friendlyname() == b"A Friendly Name"
        p12.set_friendlyname(None)
        assert p12.get_friendlyname() is None

    @pytest.mark.parametrize("wrong", [6, ("foo", "bar"), "foo", bytearray(b"foo")])
    def test_wrong_type(self, wrong):
        p12 = crypto.PKCS12()
        p12.set_friendlyname(b"before")
        with pytest.raises(TypeError, match="name"):
            p12.set_friendlyname(wrong)
        assert p12.get_friendlyname() == b"before"

    def test_nul(self):
        with pytest.raises(ValueError, match="name"):
            crypto.PKCS12().set_friendlyname(b"a\0b")

    @pytest.mark.parametrize("name", [b"", b"###", "Gr\u00fc\u00dfe \u4f60".encode(), b"x" * 1000])
    def test_survives(self, pki, name):
        data = container(pki.server, name=name).export(b"pw")
        assert crypto.load_pkcs12(data, b"pw").get_friendlyname() == name
        if name.isascii():
            assert b"friendlyName: %s\n" % name in openssl_pkcs12(data)

    @pytest.mark.parametrize("name", [b"\xff\xfe", "\U0001f511".encode()])
    @pytest.mark.parametrize("with_key", [True, False])
    def test_cannot_be_written(self, pki, name, with_key):
        p12 = container(pki.server, name=name)
        if not with_key:
            p12.set_privatekey(None)
        with pytest.raises(crypto.Error) as failure:
            p12.export()
        assert failure.value.args[0][0][0] == "asn1 encoding routines"

    def test_is_the_only_name(self, pki):
        """The name that a certificate had in another container does not come back by itself."""
        loaded = crypto.load_pkcs12(made_by_openssl(pki.server, "-name", "old"), b"pw")
        assert loaded.get_friendlyname() == b"old"
        loaded.set_friendlyname(None)
        data = loaded.export(b"pw")
        assert crypto.load_pkcs12(data, b"pw").get_friendlyname() is None
        assert b"friendlyName" not in openssl_pkcs12(data)


class TestExport:
    def test_is_bytes(self, exported):
        assert type(exported) is bytes
        assert exported[0] == 0x30

    def test_key_and_certificate(self, pki, exported):
        out = openssl_pkcs12(exported, "-nocerts")
        assert b"Key Attributes: <No Attributes>" in out
        assert out.endswith(pki.server.key_pem)
        assert b"friendlyName: a name" in out

    def test_clcerts(self, pki, exported):
        """The id that key and certificate share makes it the client's."""
        out = openssl_pkcs12(exported, "-clcerts", "-nokeys")
        assert blocks(out) == [pki.server.cert_pem]
        assert b"friendlyName: a name" in out
        digest = support.openssl(
            "x509", "-noout", "-fingerprint", "-sha1", stdin=pki.server.cert_pem
        )
        wanted = digest.partition(b"=")[2].strip().replace(b":", b" ")
        assert b"localKeyID: " + wanted in out
        assert b"localKeyID: " + wanted in openssl_pkcs12(exported, "-nocerts")

    def test_cacerts(self, pki, exported):
        out = openssl_pkcs12(exported, "-cacerts", "-nokeys")
        assert blocks(out) == [pki.ca.cert_pem, pki.intermediate.cert_pem]
        assert b"localKeyID" not in out
        assert b"friendlyName" not in out

    def test_certificate_of_another_container_among_the_others(self, pki):
        """It was marked as a key's in there; here it is not."""
        loaded = crypto.load_pkcs12(container(pki.client, name=b"x").export(b"pw"), b"pw")
        p12 = container(pki.server)
        p12.set_ca_certificates([loaded.get_certificate()])
        data = p12.export(b"pw")
        assert blocks(openssl_pkcs12(data, "-clcerts", "-nokeys")) == [pki.server.cert_pem]
        assert blocks(openssl_pkcs12(data, "-cacerts", "-nokeys")) == [pki.client.cert_pem]

    def test_names_of_authorities_are_kept(self, pki):
        made = made_by_openssl(
            pki.server, "-certfile", pki.ca.cert_path, "-caname", "the authority", "-name", "leaf"
        )
        data = crypto.load_pkcs12(made, b"pw").export(b"pw")
        assert b"friendlyName: the authority" in openssl_pkcs12(data, "-cacerts", "-nokeys")

    @pytest.mark.parametrize("kind", ["server", "ec_server"])
    def test_kinds_of_keys(self, pki, kind):
        credential = getattr(pki, kind)
        loaded = crypto.load_pkcs12(container(credential).export(b"pw"), b"pw")
        assert key_pem(loaded.get_privatekey()) == credential.key_pem
        assert pem(loaded.get_certificate()) == credential.cert_pem

    @pytest.mark.parametrize("kind", ["ed25519", "ed448"])
    def test_edwards(self, pki, kind):
        credential = support.leaf(pki.ec_ca, key=kind)
        data = container(credential).export(b"pw")
        assert openssl_pkcs12(data, "-nocerts").endswith(credential.key_pem)

    def test_key_only(self, pki):
        p12 = crypto.PKCS12()
        p12.set_privatekey(pki.server.pkey())
        p12.set_friendlyname(b"alone")
        data = p12.export(b"pw")
        out = openssl_pkcs12(data)
        assert out.endswith(pki.server.key_pem)
        assert b"friendlyName: alone" in out
        loaded = crypto.load_pkcs12(data, b"pw")
        assert key_pem(loaded.get_privatekey()) == pki.server.key_pem
        assert loaded.get_certificate() is None
        assert loaded.get_ca_certificates() is None

    def test_certificate_only(self, pki):
        p12 = crypto.PKCS12()
        p12.set_certificate(pki.server.x509())
        data = p12.export(b"pw")
        assert blocks(openssl_pkcs12(data)) == [pki.server.cert_pem]
        loaded = crypto.load_pkcs12(data, b"pw")
        assert loaded.get_privatekey() is None
        assert loaded.get_certificate() is None
        assert [pem(cert) for cert in loaded.get_ca_certificates()] == [pki.server.cert_pem]

    def test_authorities_only(self, pki):
        loaded = crypto.load_pkcs12(container(cas=[pki.ca]).export(b"pw"), b"pw")
        assert [pem(cert) for cert in loaded.get_ca_certificates()] == [pki.ca.cert_pem]

    @pytest.mark.parametrize("cas", [None, []])
    def test_empty(self, cas):
        with pytest.raises(crypto.Error) as failure:
            container(cas=cas).export(b"pw")
        assert failure.value.args[0][0][0] == "PKCS12 routines"

    def test_key_of_another_certificate(self, pki):
        p12 = container(pki.server)
        p12.set_privatekey(pki.client.pkey())
        with pytest.raises(crypto.Error) as failure:
            p12.export()
        assert failure.value.args[0][0][2] == "key values mismatch"

    def test_empty_key(self, pki):
        for p12 in (crypto.PKCS12(), container(pki.server)):
            p12.set_privatekey(crypto.PKey())
            with pytest.raises(crypto.Error):
                p12.export()

    def test_public_key(self, pki):
        public = support.openssl("pkey", "-pubout", stdin=pki.server.key_pem)
        for p12 in (crypto.PKCS12(), container(pki.server)):
            p12.set_privatekey(crypto.load_publickey(PEM, public))
            with pytest.raises(crypto.Error) as failure:
                p12.export()
            assert failure.value.args[0][0][2] == "not a private key"

    def test_empty_certificate(self, pki):
        p12 = container(pki.server)
        p12.set_certificate(crypto.X509())
        with pytest.raises(crypto.Error):
            p12.export()
        p12 = container(pki.server)
        p12.set_ca_certificates([crypto.X509()])
        with pytest.raises(crypto.Error):
            p12.export()

    def test_changes_nothing(self, pki):
        p12 = container(pki.server, cas=[pki.ca], name=b"n")
        before = p12.get_privatekey(), p12.get_certificate(), p12.get_ca_certificates()
        p12.export(b"pw")
        assert (p12.get_privatekey(), p12.get_certificate(), p12.get_ca_certificates()) == before

    @staticmethod
    def info(data):
        return run(
            "openssl", "pkcs12", "-info", "-noout", "-passin", "pass:pw", stdin=data
        ).decode()

    def test_defaults(self, exported):
        info = self.info(exported)
        assert "Iteration 1\n" in info.splitlines(keepends=True)[0]
        assert info.count("pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048") == 2

    def test_iter(self, pki):
        info = self.info(container(pki.server).export(b"pw", iter=1234))
        assert info.count("Iteration 1234") == 2
        info = self.info(container(pki.server).export(b"pw", 77))
        assert info.count("Iteration 77") == 2

    @pytest.mark.parametrize(("maciter", "shown"), [(0, 1), (1, 1), (5000, 5000)])
    def test_maciter(self, pki, maciter, shown):
        data = container(pki.server).export(b"pw", 2048, maciter)
        assert self.info(data).splitlines()[0].endswith(f"Iteration {shown}")
        assert crypto.load_pkcs12(data, b"pw").get_certificate() is not None

    def test_no_mac(self, pki):
        data = container(pki.server).export(passphrase=b"pw", iter=2048, maciter=-1)
        assert openssl_pkcs12(data, "-nocerts", "-nomacver").endswith(pki.server.key_pem)
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs12(data, b"pw")
        assert failure.value.args[0] == [("PKCS12 routines", "", "mac absent")]

    @pytest.mark.parametrize("name", ["iter", "maciter"])
    def test_wrong_numbers(self, pki, name):
        p12 = container(pki.server)
        for wrong in ("1", 1.0, None, b"1"):
            with pytest.raises(TypeError, match=name):
                p12.export(**{name: wrong})
        for wrong in (2**31, -(2**31) - 1, 2**100):
            with pytest.raises(OverflowError, match=name):
                p12.export(**{name: wrong})

    def test_str_passphrase_warns(self, pki):
        text = "str for passphrase is no longer accepted, use bytes"
        with pytest.warns(DeprecationWarning) as caught:
            data = container(pki.server).export("pw\u00e9")
        assert [str(one.message) for one in caught] == [text]
        assert caught[0].filename == __file__
        assert crypto.load_pkcs12(data, "pw\u00e9".encode()).get_certificate() is not None
        with pytest.warns(DeprecationWarning, match=text):
            assert crypto.load_pkcs12(data, "pw\u00e9").get_certificate() is not None

    @pytest.mark.parametrize("wrong", [3, lambda *args: b"pw", bytearray(b"pw"), [b"pw"]])
    def test_wrong_passphrase_type(self, pki, exported, wrong):
        with pytest.raises(TypeError, match="passphrase"):
            container(pki.server).export(wrong)
        with pytest.raises(TypeError, match="passphrase"):
            crypto.load_pkcs12(exported, wrong)

    def test_nul_in_passphrase(self, pki, exported):
        with pytest.raises(ValueError, match="passphrase"):
            container(pki.server).export(b"p\0w")
        with pytest.raises(ValueError, match="passphrase"):
            crypto.load_pkcs12(exported, b"pw\0")

    def test_too_many_arguments(self, pki):
        with pytest.raises(TypeError):
            container(pki.server).export(b"pw", 1, 1, 1)
        with pytest.raises(TypeError):
            container(pki.server).export(password=b"pw")

    def test_other_threads_run(self, pki):
        p12 = container(pki.server)
        done, turns = threading.Event(), []

        def others():
            while not done.is_set():
                turns.append(None)
                time.sleep(0)

        before = sys.getswitchinterval()
        with support.Threads() as threads:
            threads.start(others)
            sys.setswitchinterval(support.TIMEOUT)  # nobody gets it who is not given it
            try:
                for _ in range(20):  # the machine may have other things to do
                    start = len(turns)
                    p12.export(b"pw", 300_000, 300_000)
                    end = len(turns)
                    if end - start > 10:
                        break
            finally:
                sys.setswitchinterval(before)
                done.set()
        assert end - start > 10

    def test_threads(self, pki):
        """Parts are exchanged while others export: each export is whole."""
        p12 = container(pki.server)
        pairs = [(pki.server.pkey(), pki.server.x509()), (None, pki.client.x509())]

        def exchange():
            for number in range(100):
                pkey, cert = pairs[number % 2]
                p12.set_privatekey(pkey)
                p12.set_certificate(cert)
                p12.set_ca_certificates([cert])
                p12.set_friendlyname(b"%d" % number)

        def export():
            for _ in range(30):
                try:
                    data = p12.export(b"pw", 1, 1)
                except crypto.Error as error:
                    assert error.args[0][0][2] in ("key values mismatch",)
                else:
                    crypto.load_pkcs12(data, b"pw")

        support.run_together(exchange, exchange, export, export)

    def test_threads_that_use_the_parts(self, pki):
        """What export waits for because another thread uses it, a third one may take out."""
        p12, done = container(pki.ec_server), threading.Event()

        def exchange():
            try:
                for _ in range(40):
                    p12.set_ca_certificates([pki.ec_ca.x509() for _ in range(20)])
                    p12.set_privatekey(pki.ec_server.pkey())
                    p12.set_certificate(pki.ec_server.x509())
                    p12.set_ca_certificates(None)
            finally:
                done.set()

        def use():
            while not done.is_set():
                for cert in p12.get_ca_certificates() or ():
                    cert.digest("sha512")
                    crypto.dump_certificate(crypto.FILETYPE_TEXT, cert)

        def export():
            while not done.is_set():
                crypto.load_pkcs12(p12.export(b"pw", 1, 1), b"pw")

        support.run_together(exchange, export, export, use, use)


class TestLoadPkcs12:
    def test_all_of_it(self, pki, exported):
        p12 = crypto.load_pkcs12(exported, b"pw")
        assert type(p12) is crypto.PKCS12
        assert key_pem(p12.get_privatekey()) == pki.server.key_pem
        assert pem(p12.get_certificate()) == pki.server.cert_pem
        assert p12.get_friendlyname() == b"a name"
        cas = [pem(cert) for cert in p12.get_ca_certificates()]
        assert cas == [pki.ca.cert_pem, pki.intermediate.cert_pem]
        assert p12.get_privatekey() is p12.get_privatekey()
        assert p12.get_certificate() is p12.get_certificate()

    def test_private_key_is_private(self, exported):
        assert crypto.load_pkcs12(exported, b"pw").get_privatekey()._only_public is False

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda d: array.array("B", d)])
    def test_buffers(self, exported, kind):
        assert crypto.load_pkcs12(buffer=kind(exported), passphrase=b"pw").get_certificate()

    def test_trailing_bytes(self, exported):
        assert crypto.load_pkcs12(exported + b"more", b"pw").get_certificate() is not None

    @pytest.mark.parametrize("wrong", [None, 3, ["x"], object()])
    def test_wrong_buffer(self, wrong):
        with pytest.raises(TypeError, match="buffer"):
            crypto.load_pkcs12(wrong, b"pw")

    @pytest.mark.parametrize("args", [(), (b"", b"", b"")])
    def test_number_of_arguments(self, args):
        with pytest.raises(TypeError):
            crypto.load_pkcs12(*args)

    def test_text_is_ascii(self):
        with pytest.raises(crypto.Error):
            crypto.load_pkcs12("fruit loops", b"pw")
        with pytest.raises(UnicodeEncodeError):
            crypto.load_pkcs12("fr\u00fcit", b"pw")

    @pytest.mark.parametrize("garbage", [b"", b"fruit loops", b"\x30", b"\x30\x80" * 1000])
    def test_garbage(self, garbage):
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs12(garbage)
        first = failure.value.args[0][0]
        assert first[0] == "asn1 encoding routines"
        assert len(first) == 3

    @pytest.mark.parametrize("passphrase", [b"wrong", b"", None, b"pw "])
    def test_wrong_passphrase(self, exported, passphrase):
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs12(exported, passphrase)
        assert ("PKCS12 routines", "", "mac verify failure") in failure.value.args[0]

    @pytest.mark.parametrize("written", [None, b""])
    @pytest.mark.parametrize("read", [None, b""])
    def test_none_and_empty_are_the_same(self, pki, written, read):
        data = container(pki.server, cas=[pki.ca]).export(written)
        loaded = crypto.load_pkcs12(data, read)
        assert key_pem(loaded.get_privatekey()) == pki.server.key_pem
        assert pem(loaded.get_certificate()) == pki.server.cert_pem
        assert openssl_pkcs12(data, "-nocerts", passphrase="").endswith(pki.server.key_pem)

    def test_without_a_passphrase_argument(self, pki):
        assert crypto.load_pkcs12(container(pki.server).export()).get_certificate() is not None

    @pytest.mark.parametrize("read", [None, b""])
    def test_none_and_empty_of_openssl(self, pki, read):
        data = made_by_openssl(pki.server, passphrase="")
        assert pem(crypto.load_pkcs12(data, read).get_certificate()) == pki.server.cert_pem

    @pytest.mark.parametrize("cipher", ["AES-256-CBC", "AES-128-CBC", "PBE-SHA1-3DES", "NONE"])
    def test_modern_ciphers(self, pki, cipher):
        data = made_by_openssl(
            *(pki.server, "-certpbe", cipher, "-keypbe", cipher, "-macalg", "sha512"),
            *("-name", "modern", "-certfile", pki.ca.cert_path),
        )
        loaded = crypto.load_pkcs12(data, b"pw")
        assert key_pem(loaded.get_privatekey()) == pki.server.key_pem
        assert pem(loaded.get_certificate()) == pki.server.cert_pem
        assert [pem(cert) for cert in loaded.get_ca_certificates()] == [pki.ca.cert_pem]
        assert loaded.get_friendlyname() == b"modern"

    @pytest.mark.parametrize("options", [["-certpbe", "RC2-40-CBC"], ["-keypbe", "RC2-40-CBC"]])
    def test_legacy_ciphers(self, pki, options):
        try:
            data = made_by_openssl(pki.server, "-legacy", *options)
        except AssertionError:
            pytest.skip("the openssl command has no legacy provider")
        with pytest.raises(crypto.Error, match="legacy provider") as failure:
            crypto.load_pkcs12(data, b"pw")
        assert [len(triple) for triple in failure.value.args[0]] == [3]
        with pytest.raises(crypto.Error, match="mac verify failure"):
            crypto.load_pkcs12(data, b"wrong")

    def test_no_mac(self, pki):
        for options in (["-nomac"], ["-nomac", "-certpbe", "NONE", "-keypbe", "NONE"]):
            with pytest.raises(crypto.Error, match="mac absent"):
                crypto.load_pkcs12(made_by_openssl(pki.server, *options), b"pw")

    def test_no_iterations(self, pki):
        data = made_by_openssl(pki.server, "-noiter", "-nomaciter")
        assert crypto.load_pkcs12(data, b"pw").get_certificate() is not None

    def test_key_without_its_certificate(self, pki):
        """A key and the certificates of others: none of them is the key's."""
        p12 = crypto.PKCS12()
        p12.set_privatekey(pki.server.pkey())
        p12.set_ca_certificates([pki.ca.x509(), pki.client.x509()])
        loaded = crypto.load_pkcs12(p12.export(b"pw"), b"pw")
        assert loaded.get_certificate() is None
        assert [pem(cert) for cert in loaded.get_ca_certificates()] == [
            pki.ca.cert_pem,
            pki.client.cert_pem,
        ]

    def test_leaf_after_the_authorities(self, pki):
        certs = support.fresh_path(".pem")
        certs.write_bytes(pki.ca.cert_pem + pki.intermediate.cert_pem + pki.server.cert_pem)
        data = support.openssl(
            *("pkcs12", "-export", "-in", certs, "-inkey", pki.server.key_path),
            *("-passout", "pass:pw"),
        )
        loaded = crypto.load_pkcs12(data, b"pw")
        assert pem(loaded.get_certificate()) == pki.server.cert_pem
        assert len(loaded.get_ca_certificates()) == 2

    def test_what_the_container_says_stays_there(self, pki, exported):
        """The key's name and id do not appear in the certificate's text."""
        cert = crypto.load_pkcs12(exported, b"pw").get_certificate()
        plain, text = pki.server.x509(), crypto.FILETYPE_TEXT
        assert crypto.dump_certificate(text, cert) == crypto.dump_certificate(text, plain)

    def test_cut(self, exported):
        for size in range(0, len(exported), 37):
            with pytest.raises(crypto.Error) as failure:
                crypto.load_pkcs12(exported[:size], b"pw")
            assert failure.value.args[0]

    def test_changed(self, exported):
        """The MAC notices; nothing ever crashes."""
        for at in range(0, len(exported), 11):
            changed = bytearray(exported)
            changed[at] ^= 1 << at % 8
            try:
                loaded = crypto.load_pkcs12(changed, b"pw")
            except (crypto.Error, MemoryError):
                continue
            assert loaded.get_certificate() is not None

    def test_stale_errors_are_not_ours(self, exported):
        support.push_error()
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs12(b"", b"pw")
        assert failure.value.args[0][0][0] == "asn1 encoding routines"
        support.push_error()
        with pytest.raises(crypto.Error) as failure:
            crypto.load_pkcs12(exported, b"wrong")
        assert failure.value.args[0] == [("PKCS12 routines", "", "mac verify failure")]

    def test_outlives_the_container(self, pki, exported):
        p12 = crypto.load_pkcs12(exported, b"pw")
        cert, cas = p12.get_certificate(), p12.get_ca_certificates()
        del p12
        gc.collect()
        assert pem(cert) == pki.server.cert_pem
        assert pem(cas[1]) == pki.intermediate.cert_pem


class TestGnutls:
    @certtool
    def test_reads_ours(self, exported, tmp_path):
        path = tmp_path / "ours.p12"
        path.write_bytes(exported)
        shown = run(
            *("certtool", "--p12-info", "--inder", "--infile", path, "--password", "pw")
        ).decode()
        assert shown.count("BEGIN CERTIFICATE") == 3
        assert "Friendly name: a name" in shown
        assert "PRIVATE KEY" in shown

    @certtool
    def test_is_read(self, pki, tmp_path):
        path = tmp_path / "theirs.p12"
        run(
            *("certtool", "--to-p12", "--load-privkey", pki.server.key_path),
            *("--load-certificate", pki.server.cert_path, "--p12-name", "theirs"),
            *("--password", "pw", "--outder", "--outfile", path),
        )
        loaded = crypto.load_pkcs12(path.read_bytes(), b"pw")
        assert pem(loaded.get_certificate()) == pki.server.cert_pem
        assert loaded.get_friendlyname() == b"theirs"


class TestCryptography:
    @pytest.fixture(scope="class")
    def pkcs12(self):
        return pytest.importorskip("cryptography.hazmat.primitives.serialization.pkcs12")

    def test_reads_ours(self, pki, pkcs12, exported):
        from cryptography.hazmat.primitives.serialization import Encoding

        theirs = pkcs12.load_pkcs12(exported, b"pw")
        assert theirs.cert.friendly_name == b"a name"
        assert theirs.cert.certificate.public_bytes(Encoding.PEM) == pki.server.cert_pem
        cas = [one.certificate.public_bytes(Encoding.PEM) for one in theirs.additional_certs]
        assert cas == [pki.ca.cert_pem, pki.intermediate.cert_pem]

    @pytest.mark.parametrize("passphrase", [b"pw", "p\u00e4ss".encode()])
    def test_is_read(self, pki, pkcs12, passphrase):
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization

        made = pkcs12.serialize_key_and_certificates(
            b"theirs",
            serialization.load_pem_private_key(pki.server.key_pem, None),
            x509.load_pem_x509_certificate(pki.server.cert_pem),
            [x509.load_pem_x509_certificate(pki.ca.cert_pem)],
            serialization.BestAvailableEncryption(passphrase),
        )
        loaded = crypto.load_pkcs12(made, passphrase)
        assert key_pem(loaded.get_privatekey()) == pki.server.key_pem
        assert pem(loaded.get_certificate()) == pki.server.cert_pem
        assert [pem(cert) for cert in loaded.get_ca_certificates()] == [pki.ca.cert_pem]
        assert loaded.get_friendlyname() == b"theirs"
