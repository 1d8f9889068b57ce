"""OpenSSL._util, and what programs reach through SSL._lib and its like."""

import contextlib
import ctypes
import itertools
import os
import pathlib
import re

import pytest

import support
from OpenSSL import SSL, _util, crypto
from OpenSSL._util import ffi, lib

NULL = ffi.NULL


def pkcs7(pki):
    der = support.openssl("crl2pkcs7", "-nocrl", "-certfile", pki.ca.cert_path, "-outform", "DER")
    return crypto.load_pkcs7_data(crypto.FILETYPE_ASN1, der)


def tls_context():
    return SSL.Context(SSL.TLS_METHOD)


class TestHandles:
    """The private attributes that hold native objects."""

    def objects(self, pki):
        context = tls_context()
        client, _ = support.connected()
        crl = crypto.load_crl(crypto.FILETYPE_PEM, pki.ca.crl_pem())
        return [
            (pki.ca.x509(), "_x509", "X509 *"),
            (pki.ca.pkey(), "_pkey", "EVP_PKEY *"),
            (pki.ca.x509().get_subject(), "_name", "X509_NAME *"),
            (crypto.X509Store(), "_store", "X509_STORE *"),
            (crypto.X509Req(), "_req", "X509_REQ *"),
            (crl, "_crl", "X509_CRL *"),
            (crypto.Revoked(), "_revoked", "X509_REVOKED *"),
            (crypto.NetscapeSPKI(), "_spki", "NETSCAPE_SPKI *"),
            (pkcs7(pki), "_pkcs7", "PKCS7 *"),
            (context, "_context", "SSL_CTX *"),
            (SSL.Connection(context), "_ssl", "SSL *"),
            (client.get_session(), "_session", "SSL_SESSION *"),
        ]

    def test_all(self, pki):
        for owner, name, pointed in self.objects(pki):
            handle = getattr(owner, name)
            assert handle is not None, name
            assert handle, name
            assert type(handle) is _util.Handle, name
            assert handle.owner is owner, name
            assert handle.pointed == pointed, name
            assert handle == getattr(owner, name), name
            assert handle != NULL, name
            assert pointed in repr(handle), name
            with pytest.raises(AttributeError):
                setattr(owner, name, None)

    def test_nothing_there(self):
        assert crypto.PKey()._pkey is None
        assert SSL.Session()._session is None
        assert SSL.Context.__new__(SSL.Context)._context is None
        assert SSL.Connection.__new__(SSL.Connection)._ssl is None

    def test_address(self):
        """It is what OpenSSL takes."""
        context = tls_context()
        native = ctypes.PyDLL(SSL.__file__)
        native.SSL_CTX_get_options.restype = ctypes.c_uint64
        options = native.SSL_CTX_get_options(ctypes.c_void_p(context._context))
        assert options == context.set_options(0)

    def test_cast_by_cffi(self):
        cffi = pytest.importorskip("cffi")
        context = tls_context()
        assert int(cffi.FFI().cast("intptr_t", context._context)) == context._context

    def test_keeps_the_owner(self):
        handle = tls_context()._context
        assert lib.SSL_CTX_get_options(handle) == tls_context().set_options(0)


class TestFunctions:
    def test_names(self):
        for name in _util.__all__:
            assert hasattr(_util, name)

    def test_text_to_bytes_and_warn(self):
        def caller(value):
            return _util.text_to_bytes_and_warn("thing", value)

        message = "^str for thing is no longer accepted, use bytes$"
        with pytest.warns(DeprecationWarning, match=message) as caught:
            assert caller("b\N{SNOWMAN}") == "b\N{SNOWMAN}".encode()
        assert caught[0].filename == __file__
        for value in (b"bytes", None, 1, bytearray(b"x")):
            assert caller(value) is value

    def test_path_bytes(self):
        for path in ("a\udcff", b"a\xff", pathlib.Path("a\udcff")):
            assert _util.path_bytes(path) == b"a\xff"
        with pytest.raises(TypeError):
            _util.path_bytes(1)

    def test_path_string(self):
        assert _util.path_string("a\udcff") == _util.path_string(b"a\xff") == b"a\xff"
        for path in (1, None, pathlib.Path("a")):
            with pytest.raises(TypeError):
                _util.path_string(path)

    def test_byte_string(self):
        assert _util.byte_string("SHA256\xff") == b"SHA256\xff"

    def test_native(self):
        assert _util.native("x") == _util.native(b"x") == "x"
        with pytest.raises(TypeError):
            _util.native(1)

    def test_text(self):
        assert _util.text(b"abc\0def") == "abc"
        assert _util.text(NULL) == ""

    def test_no_zero_allocator(self):
        assert _util.no_zero_allocator("char[]", 5) == bytearray(5)

    def test_binding(self):
        assert _util.binding.lib is lib
        assert _util.binding.ffi is ffi


class TestErrorQueue:
    @pytest.mark.parametrize("error", [ValueError, crypto.Error])
    def test_exception(self, error):
        lib.ERR_put_error(lib.ERR_LIB_EVP, 0, 1112, b"", 10)
        lib.ERR_put_error(lib.ERR_LIB_PEM, 0, 108, b"", 10)
        with pytest.raises(error) as caught:
            _util.exception_from_error_queue(error)
        assert caught.value.args == (
            [
                ("digital envelope routines", "", ""),
                ("PEM routines", "", "no start line"),
            ],
        )

    def test_empty(self):
        with pytest.raises(ValueError) as caught:
            _util.exception_from_error_queue(ValueError)
        assert caught.value.args == ([("", "", "unknown error")],)

    def test_not_an_exception(self):
        for wrong in (int, None, ValueError()):
            with pytest.raises(TypeError):
                _util.exception_from_error_queue(wrong)

    @pytest.mark.parametrize(("module", "name"), [(SSL, "SSL"), (crypto, "crypto")])
    def test_assert(self, module, name):
        for good in (True, 1, "x"):
            assert module._openssl_assert(good) is None
        for bad in (False, 0, None):
            lib.ERR_put_error(lib.ERR_LIB_PEM, 0, 108, b"", 10)
            with pytest.raises(module.Error) as caught:
                module._openssl_assert(bad)
            assert caught.value.args[0][0][2] == "no start line"

    def test_of_crypto(self):
        support.push_error()
        with pytest.raises(crypto.Error):
            crypto._exception_from_error_queue()
        support.push_error()
        with pytest.raises(SSL.Error):
            crypto._exception_from_error_queue(SSL.Error)

    def test_raise_current_error(self):
        for module in (SSL, crypto):
            lib.ERR_put_error(lib.ERR_LIB_PEM, 0, 108, b"", 10)
            with pytest.raises(module.Error):
                module._raise_current_error()


class TestMakeRequires:
    def test_there(self):
        def function():
            return 1

        assert SSL._make_requires(1, "missing")(function) is function

    def test_not_there(self):
        @SSL._make_requires(0, "missing")
        def function(a, b=1):
            """What it does."""

        with pytest.raises(NotImplementedError, match="^missing$"):
            function()
        with pytest.raises(NotImplementedError):
            function(1, b=2)
        assert (function.__name__, function.__doc__) == ("function", "What it does.")


class TestBorrowed:
    def test_modules(self):
        for module in (SSL, crypto):
            assert module._lib is lib
            assert module._ffi is ffi
            assert module.StrOrBytesPath == _util.StrOrBytesPath
        assert SSL.X509 is crypto.X509
        assert SSL.X509Name is crypto.X509Name
        assert SSL.X509Store is crypto.X509Store
        assert SSL.PKey is crypto.PKey
        for name in ("_Key", "_PrivateKey", "_PublicKey", "PassphraseCallableT"):
            assert hasattr(crypto, name)

    def test_unknown(self):
        for module in (SSL, crypto):
            with pytest.raises(AttributeError, match=rf"'{module.__name__}'.*'nothing'"):
                module.nothing  # noqa: B018
            assert getattr(module, "nothing", 1) == 1

    def test_from_import(self):
        scope = {}
        exec("from OpenSSL.SSL import X509, _lib\nfrom OpenSSL._util import lib as same", scope)
        assert scope["_lib"] is scope["same"] is lib

    def test_not_before_it_is_asked_for(self):
        code = """
import sys
import OpenSSL
print("OpenSSL._util" in sys.modules)
OpenSSL.SSL.Error
print("OpenSSL._util" in sys.modules)
OpenSSL.SSL._lib
print("OpenSSL._util" in sys.modules, "cffi" in sys.modules)
"""
        assert support.run_script(code).split() == ["False", "False", "True", "False"]


class TestFfi:
    def test_null(self):
        assert ffi.NULL == ffi.NULL
        assert not ffi.NULL

    def test_new(self):
        assert ffi.new("char[]", 3) == bytearray(3)
        assert ffi.new("unsigned char []", b"ab") == bytearray(b"ab")
        assert ffi.new("char[]", b"ab") == bytearray(b"ab\0")
        assert ffi.new("char[4]") == bytearray(4)
        assert ffi.new("int *") == [0]
        assert ffi.new("int *", 7) == [7]
        assert ffi.new("EVP_PKEY **") == [NULL]
        for wrong in ("int[]", "int", "X509"):
            with pytest.raises(TypeError):
                ffi.new(wrong, 1)

    def test_string(self):
        assert ffi.string(b"ab\0c") == b"ab"
        assert ffi.string(bytearray(b"abc"), 2) == b"ab"

    def test_buffer(self):
        buffer = ffi.new("char[]", b"abc")
        ffi.buffer(buffer, 2)[:] = b"xy"
        assert ffi.string(buffer) == b"xyc"
        assert bytes(ffi.from_buffer(buffer)) == b"xyc\0"

    def test_gc(self):
        value = object()
        assert ffi.gc(value, lib.DH_free) is value
        assert ffi.gc(value, lib.DH_free, size=3) is value

    def test_cast(self):
        handle = tls_context()._context
        assert ffi.cast("void *", handle) is handle
        assert ffi.cast("int", 3) == 3


class TestConstants:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SSL_MODE_ENABLE_PARTIAL_WRITE", 1),
            ("SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER", 2),
            ("SSL_MODE_AUTO_RETRY", 4),
            ("SSL_VERIFY_PEER", 1),
            ("SSL_OP_NO_TICKET", 1 << 14),
            ("SSL_OP_LEGACY_SERVER_CONNECT", 4),
            ("SSL_CB_HANDSHAKE_DONE", 0x20),
            ("SSL_ST_CONNECT", 0x1000),
            ("TLS1_2_VERSION", 0x303),
            ("X509_V_FLAG_CRL_CHECK", 4),
            ("X509_V_ERR_CERT_HAS_EXPIRED", 10),
            ("X509_V_OK", 0),
            ("X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS", 4),
            ("EVP_PKEY_RSA", 6),
            ("EVP_PKEY_EC", 408),
            ("ERR_LIB_EVP", 6),
            ("Cryptography_HAS_KEYLOG", 1),
            ("Cryptography_HAS_ALPN", 1),
            ("Cryptography_HAS_SSL2", 0),
        ],
    )
    def test_value(self, name, value):
        assert getattr(lib, name) == value
        assert hasattr(lib, name)

    @pytest.mark.parametrize(
        "name",
        [
            "nothing",
            "Cryptography_HAS_WINGS",
            "SSL_get_server_tmp_keys",
            "Context",
            "SSL_Context",
            "X509_V_FLAG___doc__",
            "_lib",
        ],
    )
    def test_unknown(self, name):
        assert not hasattr(lib, name)
        assert getattr(lib, name, None) is None

    def test_can_be_replaced(self, monkeypatch):
        """Tests of other packages do that."""
        monkeypatch.setattr(lib, "SSL_CTX_set_default_verify_paths", lambda context: 0)
        assert lib.SSL_CTX_set_default_verify_paths(None) == 0


class TestContext:
    def test_options(self):
        context = tls_context()
        before = lib.SSL_CTX_get_options(context._context)
        assert not before & SSL.OP_NO_TICKET
        after = before | SSL.OP_NO_TICKET
        assert lib.SSL_CTX_set_options(context._context, SSL.OP_NO_TICKET) == after
        assert lib.SSL_CTX_get_options(context._context) == context.set_options(0) == after

    def test_mode(self):
        context = tls_context()
        assert lib.SSL_CTX_get_mode(context._context) & lib.SSL_MODE_ENABLE_PARTIAL_WRITE
        mode = lib.SSL_CTX_set_mode(context._context, lib.SSL_MODE_RELEASE_BUFFERS)
        assert mode & lib.SSL_MODE_RELEASE_BUFFERS
        assert context.set_mode(0) == mode

    def test_verify_mode(self):
        context = tls_context()
        context.set_verify(SSL.VERIFY_PEER)
        assert lib.SSL_CTX_get_verify_mode(context._context) == SSL.VERIFY_PEER

    def test_versions(self):
        context = support.client_context()
        assert lib.SSL_CTX_set_min_proto_version(context._context, SSL.TLS1_2_VERSION) == 1
        assert lib.SSL_CTX_set_max_proto_version(context._context, SSL.TLS1_2_VERSION) == 1
        client, _ = support.connected(client=context)
        assert client.get_protocol_version_name() == "TLSv1.2"
        assert lib.SSL_CTX_set_min_proto_version(context._context, 0x7777) == 0
        assert lib.SSL_CTX_set_max_proto_version(context._context, 0x7777) == 0

    def test_ciphers(self):
        context = tls_context()
        names = b"ECDHE-RSA-AES128-GCM-SHA256"
        assert lib.SSL_CTX_set_cipher_list(context._context, names) == 1
        assert lib.SSL_CTX_set_ciphersuites(context._context, b"TLS_AES_128_GCM_SHA256") == 1
        found = SSL.Connection(context).get_cipher_list()
        assert found == ["TLS_AES_128_GCM_SHA256", names.decode()]
        assert lib.SSL_CTX_set_cipher_list(context._context, b"nothing") == 0
        assert lib.SSL_CTX_set_ciphersuites(context._context, b"nothing") == 0

    def test_default_verify_paths(self):
        assert lib.SSL_CTX_set_default_verify_paths(tls_context()._context) == 1

    def test_ecdh_auto(self):
        assert lib.SSL_CTX_set_ecdh_auto(tls_context()._context, True) == 1

    @pytest.mark.parametrize("function", ["SSL_CTX_set1_groups_list", "SSL_CTX_set1_curves_list"])
    def test_groups(self, function):
        context = support.client_context()
        assert getattr(lib, function)(context._context, b"P-384") == 1
        client, _ = support.connected(client=context)
        assert client.get_group_name() == "secp384r1"
        assert getattr(lib, function)(context._context, b"nothing") == 0

    def test_signature_algorithms(self):
        context = support.client_context()
        assert lib.SSL_CTX_set1_sigalgs_list(context._context, b"RSA+SHA256") == 1
        with pytest.raises(SSL.Error):
            support.connected(client=context)  # the server's key is EC
        assert lib.SSL_CTX_set1_sigalgs_list(context._context, b"nothing") == 0

    def test_post_handshake_auth(self):
        lib.SSL_CTX_set_post_handshake_auth(tls_context()._context, 1)
        with pytest.raises(TypeError):
            SSL._set_post_handshake_auth(None, 1)

    def test_diffie_hellman(self):
        path = support.fresh_path()
        path.write_bytes(
            support.openssl(
                "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"
            )
        )
        bio = lib.BIO_new_file(os.fsencode(path), b"r")
        assert bio != NULL
        bio = ffi.gc(bio, lib.BIO_free)
        parameters = lib.PEM_read_bio_DHparams(bio, NULL, NULL, NULL)
        assert parameters != NULL
        parameters = ffi.gc(parameters, lib.DH_free)
        server = support.server_context(support.pki().server)
        assert lib.SSL_CTX_set_tmp_dh(server._context, parameters) == 1
        client = support.client_context(support.pki().ca)
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        client.set_cipher_list(b"DHE-RSA-AES128-GCM-SHA256")
        client, _ = support.connected(client=client, server=server)
        assert client.get_cipher_name() == "DHE-RSA-AES128-GCM-SHA256"

    def test_no_diffie_hellman(self, pki):
        assert lib.BIO_new_file(b"/nowhere/at/all", b"r") == NULL
        bio = lib.BIO_new_file(os.fsencode(pki.ca.cert_path), b"r")
        assert lib.PEM_read_bio_DHparams(bio, NULL, NULL, NULL) == NULL

    def test_methods(self):
        assert lib.TLS_server_method() == SSL.TLS_SERVER_METHOD
        assert lib.DTLS_method() == SSL.DTLS_METHOD

    def test_handle_of_another_kind(self):
        for wrong in (None, 0, crypto.X509Store()._store, tls_context(), NULL):
            with pytest.raises(TypeError):
                lib.SSL_CTX_get_options(wrong)


class TestCallbacks:
    """Other packages' tests ask a Context what was set."""

    @pytest.mark.parametrize("name", ["verify", "info", "keylog"])
    def test_set(self, name):
        context = tls_context()
        assert getattr(context, f"_{name}_callback") is None

        def callback(*args):
            return True

        if name == "verify":
            context.set_verify(SSL.VERIFY_PEER, callback)
        else:
            getattr(context, f"set_{name}_callback")(callback)
        assert getattr(context, f"_{name}_callback") is callback
        others = {"_verify_callback", "_info_callback", "_keylog_callback"} - {f"_{name}_callback"}
        assert [getattr(context, other) for other in others] == [None, None]
        with pytest.raises(AttributeError):
            setattr(context, f"_{name}_callback", None)

    def test_not_made(self):
        with pytest.raises(ValueError, match="__init__"):
            _ = SSL.Context.__new__(SSL.Context)._keylog_callback


class TestVerifyParam:
    """The host's name and address, on a Connection and a Context."""

    FLAGS = "X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS", "X509_CHECK_FLAG_NEVER_CHECK_SUBJECT"

    def shake(self, prepare, on_context, credential=None):
        context = support.client_context(credential and credential.root)
        server = support.server_context(credential)
        if on_context:
            prepare(lib.SSL_CTX_get0_param(context._context))
        client, server = support.memory_pair(client=context, server=server)
        if not on_context:
            prepare(lib.SSL_get0_param(client._ssl))
        support.handshake(client, server)

    @pytest.mark.parametrize("on_context", [False, True])
    @pytest.mark.parametrize(
        ("name", "length", "good"),
        [
            (b"localhost", 9, True),
            (b"localhost", 0, True),
            (b"localhostess", 9, True),
            (b"localhos", 0, False),
            (b"example.com", 11, False),
        ],
    )
    def test_host(self, on_context, name, length, good):
        def prepare(param):
            flags = [getattr(lib, flag) for flag in self.FLAGS]
            lib.X509_VERIFY_PARAM_set_hostflags(param, flags[0] | flags[1])
            assert lib.X509_VERIFY_PARAM_set1_host(param, name, length) == 1

        if good:
            self.shake(prepare, on_context)
        else:
            with pytest.raises(SSL.Error) as caught:
                self.shake(prepare, on_context)
            assert caught.value.args[0][-1][2] == "certificate verify failed"

    @pytest.mark.parametrize("on_context", [False, True])
    @pytest.mark.parametrize(("last", "good"), [(1, True), (2, False)])
    def test_address(self, on_context, last, good):
        address = bytes([127, 0, 0, last])

        def prepare(param):
            assert lib.X509_VERIFY_PARAM_set1_ip(param, address, 4) == 1

        if good:
            self.shake(prepare, on_context)
        else:
            with pytest.raises(SSL.Error):
                self.shake(prepare, on_context)

    def test_host_flags(self, pki):
        wild = pki.ec_ca.issue("x", names="DNS:w*.example.com")

        def strict(param):
            lib.X509_VERIFY_PARAM_set_hostflags(param, lib.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
            lib.X509_VERIFY_PARAM_set1_host(param, b"www.example.com", 0)

        def lax(param):
            lib.X509_VERIFY_PARAM_set1_host(param, b"www.example.com", 0)

        self.shake(lax, False, wild)
        with pytest.raises(SSL.Error):
            self.shake(strict, False, wild)

    def test_refused(self):
        param = lib.SSL_get0_param(SSL.Connection(tls_context())._ssl)
        assert lib.X509_VERIFY_PARAM_set1_host(param, b"a\0b", 3) == 0
        assert lib.X509_VERIFY_PARAM_set1_ip(param, b"123", 3) == 0
        assert lib.X509_VERIFY_PARAM_set1_host(param, NULL, 0) == 1
        assert lib.X509_VERIFY_PARAM_set1_ip(param, b"", 0) == 1

    def test_wrong_owner(self):
        for function in (SSL._set_host, SSL._set_address):
            with pytest.raises(TypeError):
                function(None, b"x")
            with pytest.raises(TypeError):
                function(tls_context(), None)
        with pytest.raises(TypeError):
            SSL._set_host_flags(crypto.X509(), 1)
        with pytest.raises(SSL.Error):
            SSL._set_host_flags(SSL.Connection.__new__(SSL.Connection), 1)


class TestVerifyResult:
    def test_handshake(self, pki):
        """What was wrong with the peer's certificate, in words."""
        results = []
        for trusted in (pki.ec_ca, pki.other_ca):
            client, server = support.memory_pair(client=support.client_context(trusted))
            assert lib.SSL_get_verify_result(client._ssl) == lib.X509_V_OK
            with contextlib.suppress(SSL.Error):
                support.handshake(client, server)
            results.append(lib.SSL_get_verify_result(client._ssl))
        assert results == [lib.X509_V_OK, lib.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY]
        words = ffi.string(lib.X509_verify_cert_error_string(results[1])).decode()
        assert words == "unable to get local issuer certificate"

    def test_wrong_owner(self):
        with pytest.raises(TypeError):
            lib.SSL_get_verify_result(tls_context()._context)
        with pytest.raises(TypeError):
            SSL._verify_result(None)
        with pytest.raises(SSL.Error):
            SSL._verify_result(SSL.Connection.__new__(SSL.Connection))


class TestTemporaryKey:
    """The key that the peer has made for the handshake, and what Scrapy makes of it."""

    def described(self, connection):
        place = ffi.new("EVP_PKEY **")
        if not lib.SSL_get_server_tmp_key(connection._ssl, place):
            return None
        key = ffi.gc(place[0], lib.EVP_PKEY_free)
        kind = lib.EVP_PKEY_id(key)
        if kind == lib.EVP_PKEY_EC:
            group = lib.EC_KEY_get0_group(ffi.gc(lib.EVP_PKEY_get1_EC_KEY(key), lib.EC_KEY_free))
            name = lib.EC_curve_nid2nist(lib.EC_GROUP_get_curve_name(group))
        else:
            name = lib.OBJ_nid2sn(kind)
        return ffi.string(name).decode(), lib.EVP_PKEY_bits(key)

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    @pytest.mark.parametrize(
        ("group", "expected"),
        [
            (b"P-256", ("P-256", 256)),
            (b"P-384:P-256", ("P-384", 384)),
            (b"X25519:P-256", ("X25519", 253)),
        ],
    )
    def test_groups(self, version, group, expected):
        contexts = support.client_context(), support.server_context()
        contexts[0].set_max_proto_version(version)
        # The certificate is on P-256, which TLS 1.2 wants among the groups.
        for context in contexts:
            assert lib.SSL_CTX_set1_groups_list(context._context, group) == 1
        client, _ = support.connected("memory", *contexts)
        assert self.described(client) == expected

    def test_none(self, pki):
        """Before the handshake; and where the client encrypts the secret for the server's key."""
        assert self.described(SSL.Connection(tls_context())) is None
        context = support.client_context(pki.ca)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(b"AES128-GCM-SHA256")
        client, _ = support.connected(client=context, server=support.server_context(pki.server))
        assert self.described(client) is None

    def test_wrong_owner(self):
        with pytest.raises(TypeError):
            lib.SSL_get_server_tmp_key(tls_context()._context, [NULL])
        with pytest.raises(TypeError):
            SSL._peer_tmp_key(None)


class TestName:
    def by_command(self, credential):
        out = support.openssl(
            "x509", "-noout", "-subject", "-nameopt", "compat", stdin=credential.cert_pem
        )
        return out.strip().removeprefix(b"subject=")

    @pytest.mark.parametrize(
        "subject", ["plain", "/C=DE/O=\N{SNOWMAN}/CN=a+OU=b/emailAddress=x@example.com/1.2.3.4=y"]
    )
    def test_oneline(self, subject):
        credential = support.ca(subject)
        name = credential.x509().get_subject()
        expected = self.by_command(credential)
        line = lib.X509_NAME_oneline(name._name, NULL, 0)
        assert ffi.string(line) == expected
        lib.OPENSSL_free(line)
        buffer = ffi.new("char[]", 512)
        lib.X509_NAME_oneline(name._name, buffer, len(buffer))
        assert ffi.string(buffer) == expected
        buffer = ffi.new("char[]", 8)
        lib.X509_NAME_oneline(name._name, buffer, len(buffer))
        assert ffi.string(buffer) == expected[:7]


class TestOther:
    def test_objects_of_a_store(self, pki):
        store = crypto.X509Store()
        for number, credential in enumerate((pki.ca, pki.ec_ca)):
            assert lib.sk_X509_OBJECT_num(lib.X509_STORE_get0_objects(store._store)) == number
            store.add_cert(credential.x509())
        with pytest.raises(TypeError):
            crypto._count_trusted(None)

    def test_keys(self, pki):
        handle = pki.ca.pkey()._pkey
        assert lib.EVP_PKEY_id(handle) == lib.EVP_PKEY_RSA
        assert lib.EVP_PKEY_bits(handle) == 2048

    def numbers(self, handle, function, *names):
        places = {name: ffi.new("BIGNUM **") for name in names}
        getattr(lib, function)(handle, *places.values())
        return {
            name: None if place[0] == NULL else int(ffi.string(lib.BN_bn2hex(place[0])), 16)
            for name, place in places.items()
        }

    def shown(self, pem, label):
        """A number as the command shows it."""
        text = support.openssl("pkey", "-noout", "-text", stdin=pem).decode()
        lines = re.split(rf"\n{label}: *\n", text)[1].splitlines()
        digits = itertools.takewhile(lambda line: line.startswith(" "), lines)
        return int("".join(digits).replace(":", "").replace(" ", ""), 16)

    def test_rsa(self, pki):
        pem = pki.ca.key_pem
        key = ffi.gc(lib.EVP_PKEY_get1_RSA(pki.ca.pkey()._pkey), lib.RSA_free)
        assert self.numbers(key, "RSA_get0_key", "n", "e", "d") == {
            "n": self.shown(pem, "modulus"),
            "e": 65537,
            "d": self.shown(pem, "privateExponent"),
        }
        assert self.numbers(key, "RSA_get0_factors", "p", "q") == {
            "p": self.shown(pem, "prime1"),
            "q": self.shown(pem, "prime2"),
        }
        lib.RSA_get0_key(key, NULL, NULL, NULL)
        public = lib.EVP_PKEY_get1_RSA(pki.ca.x509().get_pubkey()._pkey)
        assert self.numbers(public, "RSA_get0_key", "n", "e", "d")["d"] is None
        assert lib.EVP_PKEY_get1_DSA(key) == lib.EVP_PKEY_get1_EC_KEY(key) == NULL

    def test_dsa(self):
        parameters = support.openssl(
            "genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024"
        )
        path = support.fresh_path()
        path.write_bytes(parameters)
        pem = support.openssl("genpkey", "-paramfile", path)
        handle = crypto.load_privatekey(crypto.FILETYPE_PEM, pem)._pkey
        key = ffi.gc(lib.EVP_PKEY_get1_DSA(handle), lib.DSA_free)
        found = self.numbers(key, "DSA_get0_pqg", "P", "Q", "G")
        found |= self.numbers(key, "DSA_get0_key", "pub", "priv")
        assert found == {label: self.shown(pem, label) for label in ("P", "Q", "G", "pub", "priv")}
        assert lib.EVP_PKEY_get1_RSA(handle) == NULL

    @pytest.mark.parametrize(
        ("kind", "short", "nist"),
        [("ec", b"prime256v1", b"P-256"), ("rsa", b"UNDEF", None), ("ed25519", b"UNDEF", None)],
    )
    def test_curve(self, kind, short, nist):
        handle = crypto.load_privatekey(crypto.FILETYPE_PEM, support.new_key(kind))._pkey
        key = lib.EVP_PKEY_get1_EC_KEY(handle)
        assert (key == NULL) == (nist is None)
        nid = lib.EC_GROUP_get_curve_name(lib.EC_KEY_get0_group(handle))
        assert ffi.string(lib.OBJ_nid2sn(nid)) == short
        assert lib.EC_curve_nid2nist(nid) == (nist or NULL)

    def test_wrong_numbers(self, pki):
        for wrong in (None, 1, pki.ca.pkey()._pkey, NULL):
            with pytest.raises(TypeError):
                lib.BN_bn2hex(wrong)
        with pytest.raises(crypto.Error):
            crypto._key_number(crypto.PKey(), "n")
        with pytest.raises(TypeError):
            crypto._key_number(None, "n")
        with pytest.raises(TypeError):
            crypto._curve(None)

    def test_default_places(self):
        folder = support.openssl("version", "-d").decode().split('"')[1]
        assert lib.X509_get_default_cert_file() == f"{folder}/cert.pem".encode()
        assert lib.X509_get_default_cert_dir() == f"{folder}/certs".encode()
        assert lib.X509_get_default_cert_file_env() == b"SSL_CERT_FILE"
        assert lib.X509_get_default_cert_dir_env() == b"SSL_CERT_DIR"
        assert ffi.string(lib.X509_get_default_cert_dir_env()).decode("ascii") == "SSL_CERT_DIR"

    def test_objects(self):
        nid = lib.OBJ_txt2nid(b"subjectAltName")
        assert nid == lib.OBJ_txt2nid(b"2.5.29.17") == 85
        assert ffi.string(lib.OBJ_nid2sn(nid)) == b"subjectAltName"
        assert ffi.string(lib.OBJ_nid2ln(nid)) == b"X509v3 Subject Alternative Name"
        assert lib.OBJ_txt2nid(b"nothing") == lib.NID_undef
        assert lib.OBJ_nid2sn(12345678) == lib.OBJ_nid2ln(-1) == NULL

    def test_string_mask(self):
        code = """
from OpenSSL import crypto

def tag(value):
    name = crypto.X509().get_subject()
    name.O = value
    return name.der()[-len(value) - 2]

print(tag("abc"))
print(crypto._lib.ASN1_STRING_set_default_mask_asc(b"default"), tag("abc"))
print(crypto._lib.ASN1_STRING_set_default_mask_asc(b"utf8only"), tag("abc"))
print(crypto._lib.ASN1_STRING_set_default_mask_asc(b"nothing"))
"""
        assert support.run_script(code) == "12\n1 19\n1 12\n0\n"

    def test_version(self):
        assert lib.OpenSSL_version(0) == SSL.OpenSSL_version(SSL.OPENSSL_VERSION)
