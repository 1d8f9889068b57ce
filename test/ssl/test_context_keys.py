"""Context's certificates and keys."""

import os
import pathlib

import pytest

import support
from OpenSSL import SSL, crypto

UNICODE = "h\u00e4llo-\u4e16.pem"


@pytest.fixture
def context():
    return SSL.Context(SSL.TLS_METHOD)


@pytest.fixture
def empty(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    return path


def encrypted(key_pem, passphrase=b"secret"):
    """A file with the key under a passphrase, which may hold anything but a line's end."""
    path = support.fresh_path(".pem")
    support.openssl(
        "pkey",
        "-aes-128-cbc",
        "-passout",
        "stdin",
        "-out",
        path,
        "-in",
        _file(key_pem),
        stdin=passphrase + b"\n",
    )
    return path


def _file(content):
    path = support.fresh_path()
    path.write_bytes(content)
    return path


def shown(context):
    """The DER of what a server with this Context shows."""
    client, _ = support.connected("memory", support.client_context(False), context)
    return [
        crypto.dump_certificate(crypto.FILETYPE_ASN1, cert) for cert in client.get_peer_cert_chain()
    ]


class OfFiles:
    """What the setters that read a file have in common; a path of any kind will do."""

    good = "cert_path"

    def prepare(self, context):
        pass

    def use(self, context, *args, **kwargs):
        self.prepare(context)
        return getattr(context, self.setter)(*args, **kwargs)

    @pytest.fixture
    def good_path(self):
        return getattr(support.pki().ec_server, self.good)

    def test_path_kinds(self, context, good_path):
        for path in (good_path, str(good_path), os.fsencode(good_path)):
            assert self.use(context, path) is None

    def test_not_ascii(self, context, good_path, tmp_path):
        path = tmp_path / UNICODE
        path.write_bytes(good_path.read_bytes())
        self.use(context, str(path))
        self.use(context, os.fsencode(path))

    def test_undecodable(self, context, good_path, tmp_path):
        name = os.fsencode(tmp_path) + b"/\xff\xfe"
        pathlib.Path(os.fsdecode(name)).write_bytes(good_path.read_bytes())
        self.use(context, name)
        self.use(context, os.fsdecode(name))

    def test_missing(self, context, tmp_path):
        with pytest.raises(SSL.Error) as caught:
            self.use(context, tmp_path / "missing")
        assert caught.value.args[0]

    def test_empty(self, context, empty):
        with pytest.raises(SSL.Error) as caught:
            self.use(context, empty)
        assert caught.value.args[0]

    def test_garbage(self, context):
        for content in (
            b"garbage" * 100,
            b"-----BEGIN CERTIFICATE-----\nAAAA\n",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ):
            with pytest.raises(SSL.Error):
                self.use(context, _file(content))

    def test_directory(self, context, tmp_path):
        with pytest.raises(SSL.Error):
            self.use(context, tmp_path)

    @pytest.mark.parametrize("wrong", [object(), None, 1, 1.0, ["x"]])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError):
            self.use(context, wrong)

    def test_nul(self, context, good_path):
        for wrong in (f"{good_path}\0.txt", os.fsencode(good_path) + b"\0.txt"):
            with pytest.raises(ValueError, match="NUL"):
                self.use(context, wrong)


class OfFileTypes(OfFiles):
    def test_type(self, context, good_path):
        self.use(context, good_path, SSL.FILETYPE_PEM)
        self.use(context, good_path, filetype=SSL.FILETYPE_PEM)
        self.use(context, **{self.parameter: good_path})

    @pytest.mark.parametrize("wrong", [object(), "", None, 1.0])
    def test_type_wrong_type(self, context, good_path, wrong):
        with pytest.raises(TypeError, match="filetype"):
            self.use(context, good_path, wrong)

    @pytest.mark.parametrize("wrong", [0, 3, 65535, -1])
    def test_type_unknown(self, context, good_path, wrong):
        with pytest.raises(SSL.Error) as caught:
            self.use(context, good_path, wrong)
        assert caught.value.args[0][0][0] == "SSL routines"

    def test_other_type(self, context, good_path):
        with pytest.raises(SSL.Error):
            self.use(context, good_path, SSL.FILETYPE_ASN1)

    def test_der(self, context):
        credential = support.pki().ec_server
        path = _file(getattr(credential, self.der))
        self.use(context, path, SSL.FILETYPE_ASN1)
        with pytest.raises(SSL.Error):
            self.use(context, path)


class TestUseCertificate:
    def test_counts(self, context):
        pki = support.pki()
        assert context.use_certificate(pki.ec_server.x509()) is None
        context.use_privatekey(cert_key := pki.ec_server.pkey())
        context.use_privatekey(pkey=cert_key)
        assert shown(context) == [pki.ec_server.cert_der]

    def test_is_a_copy(self, context):
        pki = support.pki()
        cert = pki.ec_server.x509()
        context.use_certificate(cert=cert)
        cert.set_serial_number(1)
        context.use_privatekey(pki.ec_server.pkey())
        assert shown(context) == [pki.ec_server.cert_der]

    @pytest.mark.parametrize("wrong", ["hello, world", None, 1, object(), b"x"])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="cert"):
            context.use_certificate(wrong)

    def test_empty(self, context):
        with pytest.raises(SSL.Error):
            context.use_certificate(crypto.X509())

    def test_cryptography(self, context):
        x509 = pytest.importorskip("cryptography.x509")
        pki = support.pki()
        context.use_certificate(x509.load_pem_x509_certificate(pki.ec_server.cert_pem))
        context.use_privatekey_file(pki.ec_server.key_path)
        assert shown(context) == [pki.ec_server.cert_der]


def _trusted(credential, others=b""):
    trusted = support.openssl(
        "x509", "-trustout", "-addtrust", "serverAuth", stdin=credential.cert_pem
    )
    assert b"TRUSTED" in trusted
    return _file(trusted + others)


class TestUseCertificateFile(OfFileTypes):
    setter, parameter, der = "use_certificate_file", "certfile", "cert_der"

    def test_counts(self, context):
        pki = support.pki()
        context.use_certificate_file(pki.deep.chain_path)
        context.use_privatekey_file(pki.deep.key_path)
        assert shown(context)[0] == pki.deep.cert_der

    def test_encrypted(self, context):
        """A certificate file may be encrypted too; without a passphrase nobody is asked."""
        body = support.pki().ec_server.cert_pem.replace(
            b"-----BEGIN CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
            b"DEK-Info: AES-128-CBC,000102030405060708090A0B0C0D0E0F\n\n",
        )
        with pytest.raises(SSL.Error):
            context.use_certificate_file(_file(body))
        asked = []
        context.set_passwd_cb(lambda *args: asked.append(args) or b"wrong")
        with pytest.raises(SSL.Error):
            context.use_certificate_file(_file(body))
        assert asked == [(1024, 0, None)]

    def test_trusted(self, context):
        """What the certificate is trusted for may be added to it."""
        pki = support.pki()
        context.use_certificate_file(_trusted(pki.ec_server))
        context.use_privatekey_file(pki.ec_server.key_path)
        assert shown(context) == [pki.ec_server.cert_der]


class TestUseCertificateChainFile(OfFiles):
    setter, parameter = "use_certificate_chain_file", "certfile"

    def test_chain(self, context):
        pki = support.pki()
        context.use_certificate_chain_file(certfile=pki.deep.chain_path)
        context.use_privatekey_file(pki.deep.key_path)
        assert shown(context) == [pki.deep.cert_der, pki.intermediate.cert_der]
        client, _ = support.connected("memory", support.client_context(pki.ca), context)
        assert len(client.get_verified_chain()) == 3

    def test_alone(self, context):
        """No chain is not an empty one: what add_extra_chain_cert has put there counts."""
        pki = support.pki()
        context.use_certificate_chain_file(pki.deep.cert_path)
        context.use_privatekey_file(pki.deep.key_path)
        context.add_extra_chain_cert(pki.intermediate.x509())
        assert shown(context) == [pki.deep.cert_der, pki.intermediate.cert_der]

    def test_replaces(self, context):
        pki = support.pki()
        context.use_certificate_chain_file(pki.deep.chain_path)
        context.use_certificate_chain_file(pki.ec_server.chain_path)
        context.use_privatekey_file(pki.ec_server.key_path)
        assert shown(context) == [pki.ec_server.cert_der]

    def test_trusted(self, context):
        """The first certificate may be; see above."""
        pki = support.pki()
        context.use_certificate_chain_file(_trusted(pki.deep, pki.intermediate.cert_pem))
        context.use_privatekey_file(pki.deep.key_path)
        assert shown(context) == [pki.deep.cert_der, pki.intermediate.cert_der]

    def test_bad_tail(self, context):
        """If one certificate of the file is bad, the others are not used either."""
        pki = support.pki()
        context.use_certificate_chain_file(pki.ec_server.chain_path)
        context.use_privatekey_file(pki.ec_server.key_path)
        broken = (
            pki.deep.cert_pem + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        )
        with pytest.raises(SSL.Error):
            context.use_certificate_chain_file(_file(broken))
        assert shown(context) == [pki.ec_server.cert_der]

    def test_weak_tail(self, context):
        """Nor if one of them is too weak."""
        pki = support.pki()
        weak = support.ca(
            "weak",
            key=support.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
        )
        context.use_certificate_chain_file(pki.ec_server.chain_path)
        context.use_privatekey_file(pki.ec_server.key_path)
        with pytest.raises(SSL.Error, match="too small|too weak"):
            context.use_certificate_chain_file(_file(pki.deep.cert_pem + weak.cert_pem))
        assert shown(context) == [pki.ec_server.cert_der]

    def test_weak_tail_where_it_may_be(self, context):
        weak = support.ca(
            "weak",
            key=support.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
        )
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        context.use_certificate_chain_file(_file(support.pki().deep.cert_pem + weak.cert_pem))
        context.use_privatekey_file(support.pki().deep.key_path)
        assert shown(context) == [support.pki().deep.cert_der, weak.cert_der]

    def test_one_parameter(self, context):
        with pytest.raises(TypeError):
            context.use_certificate_chain_file(support.pki().ec_server.cert_path, SSL.FILETYPE_PEM)


class TestAddExtraChainCert:
    def test_is_sent(self, context):
        pki = support.pki()
        context.use_certificate_file(pki.deep.cert_path)
        context.use_privatekey_file(pki.deep.key_path)
        assert context.add_extra_chain_cert(pki.intermediate.x509()) is None
        assert shown(context) == [pki.deep.cert_der, pki.intermediate.cert_der]
        context.add_extra_chain_cert(certobj=pki.ca.x509())
        assert len(shown(context)) == 3

    def test_cryptography(self, context):
        x509 = pytest.importorskip("cryptography.x509")
        pki = support.pki()
        context.use_certificate_file(pki.deep.cert_path)
        context.use_privatekey_file(pki.deep.key_path)
        context.add_extra_chain_cert(x509.load_pem_x509_certificate(pki.intermediate.cert_pem))
        assert len(shown(context)) == 2

    @pytest.mark.parametrize("wrong", [object(), None, "x", b"x"])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="certobj"):
            context.add_extra_chain_cert(wrong)

    def test_empty(self, context):
        with pytest.raises(SSL.Error):
            context.add_extra_chain_cert(crypto.X509())


class TestUsePrivatekey:
    def test_mismatch(self, context):
        pki = support.pki()
        context.use_certificate(pki.ec_server.x509())
        with pytest.raises(SSL.Error, match="key values mismatch"):
            context.use_privatekey(pki.ec_client.pkey())
        context.use_privatekey(pki.ec_server.pkey())
        context.check_privatekey()

    @pytest.mark.parametrize("wrong", ["", None, 1, object(), b"x"])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="pkey"):
            context.use_privatekey(wrong)

    def test_empty(self, context):
        with pytest.raises((ValueError, SSL.Error)):
            context.use_privatekey(crypto.PKey())

    def test_public(self, context):
        public = support.pki().ec_server.x509().get_pubkey()
        with pytest.raises((ValueError, SSL.Error)):
            context.use_privatekey(public)

    def test_cryptography(self, context):
        serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
        pki = support.pki()
        key = serialization.load_pem_private_key(pki.ec_server.key_pem, None)
        context.use_certificate_file(pki.ec_server.cert_path)
        context.use_privatekey(key)
        assert shown(context) == [pki.ec_server.cert_der]
        with pytest.raises((TypeError, ValueError)):
            context.use_privatekey(key.public_key())


class TestUsePrivatekeyFile(OfFileTypes):
    setter, parameter, der, good = "use_privatekey_file", "keyfile", "key_der", "key_path"

    def test_mismatch(self, context):
        pki = support.pki()
        context.use_certificate_file(pki.ec_server.cert_path)
        with pytest.raises(SSL.Error, match="key values mismatch"):
            context.use_privatekey_file(pki.ec_client.key_path)

    def test_public(self, context):
        public = support.openssl("pkey", "-pubout", stdin=support.pki().ec_server.key_pem)
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(_file(public))


class TestCheckPrivatekey:
    def test_good(self):
        assert support.server_context().check_privatekey() is None

    def test_nothing(self, context):
        with pytest.raises(SSL.Error) as caught:
            context.check_privatekey()
        assert caught.value.args[0]

    def test_no_key(self, context):
        context.use_certificate_file(support.pki().ec_server.cert_path)
        with pytest.raises(SSL.Error):
            context.check_privatekey()

    def test_mismatch(self, context):
        pki = support.pki()
        context.use_privatekey_file(pki.ec_client.key_path)
        context.use_certificate_file(pki.ec_server.cert_path)  # drops the key
        with pytest.raises(SSL.Error):
            context.check_privatekey()


@pytest.fixture(scope="module")
def key_path():
    return encrypted(support.pki().ec_server.key_pem)


class TestSetPasswdCb:
    def test_protocol(self, context, key_path):
        asked = []
        context.set_passwd_cb(lambda *args: asked.append(args) or b"secret")
        context.use_privatekey_file(key_path)
        data = object()
        context.set_passwd_cb(callback=lambda *args: asked.append(args) or b"secret", userdata=data)
        context.use_privatekey_file(key_path)
        assert asked == [(1024, 0, None), (1024, 0, data)]
        context.use_certificate_file(support.pki().ec_server.cert_path)
        context.check_privatekey()

    def test_none_set(self, context, key_path):
        with pytest.raises(SSL.Error) as caught:
            context.use_privatekey_file(key_path)
        assert caught.value.args[0]

    def test_wrong(self, context, key_path):
        context.set_passwd_cb(lambda *args: b"wrong")
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(key_path)

    @pytest.mark.parametrize("answer", [None, "", 0, [], False])
    def test_false(self, context, key_path, answer):
        context.set_passwd_cb(lambda *args: answer)
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(key_path)

    def test_empty(self, context, key_path):
        """A passphrase of no bytes is one, and mostly the wrong one."""
        context.set_passwd_cb(lambda *args: b"")
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(key_path)
        path = support.fresh_path(".pem")
        key = support.pki().ec_server.key_pem
        path.write_bytes(
            support.openssl("pkcs8", "-topk8", "-v2", "aes128", "-passout", "pass:", stdin=key)
        )
        context.use_privatekey_file(path)
        context.use_certificate_file(support.pki().ec_server.cert_path)
        context.check_privatekey()

    @pytest.mark.parametrize("answer", ["secret", 10, bytearray(b"secret"), object(), True])
    def test_wrong_answer(self, context, key_path, answer):
        context.set_passwd_cb(lambda *args: answer)
        with pytest.raises(ValueError, match="bytes"):
            context.use_privatekey_file(key_path)

    @pytest.mark.parametrize(
        "error",
        [ZeroDivisionError("x"), KeyboardInterrupt("x"), SystemExit("x"), GeneratorExit("x")],
    )
    def test_raises(self, context, key_path, error):
        calls = []

        def fail(*args):
            calls.append(args)
            raise error

        context.set_passwd_cb(fail)
        with pytest.raises(type(error)) as caught:
            context.use_privatekey_file(key_path)
        assert caught.value is error
        assert len(calls) == 1

    def test_wrong_arity(self, context, key_path):
        context.set_passwd_cb(lambda: b"secret")
        with pytest.raises(TypeError):
            context.use_privatekey_file(key_path)

    def test_answer_whose_truth_raises(self, context, key_path):
        class Odd:
            def __bool__(self):
                raise ZeroDivisionError

        context.set_passwd_cb(lambda *args: Odd())
        with pytest.raises(ZeroDivisionError):
            context.use_privatekey_file(key_path)

    def test_too_long(self, context):
        """What is over the limit is cut off: 1025 bytes open what 1024 have closed."""
        path = support.fresh_path(".pem")
        passphrase = b"x" * 1024
        crypto_pem = crypto.dump_privatekey(
            crypto.FILETYPE_PEM, support.pki().ec_server.pkey(), "aes-128-cbc", passphrase
        )
        path.write_bytes(crypto_pem)
        for answer in (passphrase, passphrase + b"y", passphrase + b"z" * 10000):
            context.set_passwd_cb(lambda *args, answer=answer: answer)
            context.use_privatekey_file(path)
        context.set_passwd_cb(lambda *args: passphrase[:-1])
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(path)

    def test_nul(self, context):
        """A NUL byte is a byte."""
        path = support.fresh_path(".pem")
        path.write_bytes(
            crypto.dump_privatekey(
                crypto.FILETYPE_PEM, support.pki().ec_server.pkey(), "aes-128-cbc", b"a\0b"
            )
        )
        context.set_passwd_cb(lambda *args: b"a\0c")
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(path)
        context.set_passwd_cb(lambda *args: b"a\0b")
        context.use_privatekey_file(path)

    def test_replaces_itself(self, context, key_path):
        """The callable that runs lives on, whatever it does to the Context."""

        def first(*args):
            context.set_passwd_cb(lambda *args: b"wrong")
            context.set_timeout(31)
            return b"secret"

        context.set_passwd_cb(first)
        del first
        context.use_privatekey_file(key_path)
        assert context.get_timeout() == 31
        with pytest.raises(SSL.Error):
            context.use_privatekey_file(key_path)

    def test_loads_another(self, context, key_path):
        """A passphrase may be found by way of another file, with the same Context or not."""
        other = SSL.Context(SSL.TLS_METHOD)
        other.set_passwd_cb(lambda *args: b"secret")

        def nested(*args):
            other.use_privatekey_file(key_path)
            context.use_certificate_file(support.pki().ec_server.cert_path)
            return b"secret"

        context.set_passwd_cb(nested)
        context.use_privatekey_file(key_path)
        context.check_privatekey()

    @pytest.mark.parametrize("wrong", [None, 1, "secret", b"secret", object()])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="callback"):
            context.set_passwd_cb(wrong)

    def test_never_the_terminal(self, key_path):
        """Without a callback nobody is asked: not the terminal either, if there is one."""
        printed = support.run_script(
            """if True:
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0:
                from OpenSSL import SSL
                context = SSL.Context(SSL.TLS_METHOD)
                for use in (context.use_privatekey_file, context.use_certificate_file,
                            context.use_certificate_chain_file, context.load_client_ca,
                            context.load_verify_locations):
                    try:
                        use(os.fsencode(sys.argv[1]))
                    except SSL.Error:
                        os.write(1, b"refused ")
                os._exit(0)
            text = b""
            try:
                while data := os.read(terminal, 1000):
                    text += data
            except OSError:
                pass
            assert os.waitpid(pid, 0)[1] == 0
            print(text.decode())
        """,
            key_path,
        )
        assert printed.split() == ["refused"] * 5


@pytest.fixture(
    scope="module", params=[("DH", "group:ffdhe2048"), ("DHX", "dh_rfc5114:3")], ids=["DH", "X9.42"]
)
def parameters(request):
    kind, option = request.param
    path = support.fresh_path(".pem")
    support.openssl("genpkey", "-genparam", "-algorithm", kind, "-pkeyopt", option, "-out", path)
    return path


class TestLoadTmpDh:
    def test_counts(self, parameters):
        pki = support.pki()
        server = support.server_context(pki.server, SSL.TLSv1_2_METHOD)
        client = support.client_context(pki.ca, SSL.TLSv1_2_METHOD)
        client.set_cipher_list(b"DHE-RSA-AES128-GCM-SHA256")
        # From 4.0 on the two otherwise find a group that both know by its name.
        client.set_tmp_ecdh(type("Curve", (), {"name": "prime256v1"}))
        with pytest.raises(SSL.Error):
            support.connected("memory", client, server)
        assert server.load_tmp_dh(parameters) is None
        server.load_tmp_dh(dhfile=str(parameters))
        one, _ = support.connected("memory", client, server)
        assert one.get_cipher_name() == "DHE-RSA-AES128-GCM-SHA256"

    def test_missing(self, context, tmp_path):
        with pytest.raises(SSL.Error):
            context.load_tmp_dh(tmp_path / "missing")

    def test_other_content(self, context, empty):
        curve = support.fresh_path(".pem")
        support.openssl(
            "genpkey",
            "-genparam",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            curve,
        )
        for path in (empty, support.pki().ec_server.cert_path, _file(b"garbage"), curve):
            with pytest.raises(SSL.Error) as caught:
                context.load_tmp_dh(path)
            assert caught.value.args[0]

    @pytest.mark.parametrize("wrong", [object(), None, 1])
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="dhfile"):
            context.load_tmp_dh(wrong)


class Curve:
    def __init__(self, name):
        self.name = name


class TestSetTmpEcdh:
    @pytest.mark.parametrize(
        "name, group",
        [
            ("prime256v1", "secp256r1"),
            ("secp256r1", "secp256r1"),
            ("secp384r1", "secp384r1"),
            ("secp521r1", "secp521r1"),
        ],
    )
    def test_counts(self, name, group):
        server = support.server_context()
        assert server.set_tmp_ecdh(curve=Curve(name)) is None
        client = support.client_context()
        one, _ = support.connected("memory", client, server)
        assert one.get_group_name() == group

    @pytest.mark.parametrize(
        "name",
        ["secp192r1", "prime192v1", "secp256k1", "sect163k1", "brainpoolP256r1", "secp112r1"],
    )
    def test_unknown_to_tls(self, context, name):
        assert context.set_tmp_ecdh(Curve(name)) is None

    def test_one_that_some_versions_have(self, pki):
        """OpenSSL may negotiate P-192, only know of it, or have no group; by both names."""

        def outcome(name):
            pair = support.client_context(pki.ca), support.server_context(pki.server)
            for context in pair:
                context.set_max_proto_version(SSL.TLS1_2_VERSION)
                context.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
                context.set_tmp_ecdh(Curve("secp384r1"))
                context.set_tmp_ecdh(Curve(name))
            try:
                return support.connected("memory", *pair)[0].get_group_name()
            except SSL.Error as error:
                return error.args

        assert outcome("secp192r1") == outcome("prime192v1")

    @pytest.mark.parametrize("name", ["", "nonsense", "sha256", "x" * 1000])
    def test_unknown(self, context, name):
        with pytest.raises(SSL.Error) as caught:
            context.set_tmp_ecdh(Curve(name))
        assert caught.value.args[0]

    @pytest.mark.parametrize(
        "wrong", [None, "prime256v1", 1, object(), Curve(None), Curve(1), Curve(b"prime256v1")]
    )
    def test_wrong_type(self, context, wrong):
        with pytest.raises(TypeError, match="curve"):
            context.set_tmp_ecdh(wrong)

    def test_nul(self, context):
        with pytest.raises(ValueError, match="NUL"):
            context.set_tmp_ecdh(Curve("prime256v1\0zzz"))

    def test_name_that_raises(self, context):
        class Odd:
            @property
            def name(self):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            context.set_tmp_ecdh(Odd())

    def test_ours(self, context):
        """Every curve that we name is taken, with a warning."""
        for curve in crypto.get_elliptic_curves():
            if curve.name.startswith("Oakley-"):
                continue
            with pytest.warns(DeprecationWarning):
                context.set_tmp_ecdh(curve)

    def test_cryptography(self, context):
        ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
        for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP256R1()):
            context.set_tmp_ecdh(curve)
