"""Whom a Context trusts, and whom a server says that it trusts."""

import gc
import os

import pytest

import support
from OpenSSL import SSL, crypto


@pytest.fixture
def context():
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_verify(SSL.VERIFY_PEER)
    return context


def trusts(context, credential):
    """Whether a client with this Context accepts a server with that certificate."""
    try:
        support.connected("memory", context, support.server_context(credential))
    except SSL.Error as error:
        assert "certificate verify failed" in str(error)
        return False
    return True


@pytest.fixture
def hashed(tmp_path):
    """A directory with the RSA root's certificate under its hash."""
    ca = support.pki().ca
    name = support.openssl("x509", "-noout", "-subject_hash", stdin=ca.cert_pem).decode().strip()
    (tmp_path / f"{name}.0").write_bytes(ca.cert_pem)
    return tmp_path


class TestLoadVerifyLocations:
    def test_file(self, context):
        pki = support.pki()
        assert not trusts(context, pki.server)
        assert context.load_verify_locations(pki.ca.cert_path) is None
        assert trusts(context, pki.server)
        assert not trusts(context, pki.ec_server)

    def test_adds(self, context):
        pki = support.pki()
        for root in (pki.ca, pki.ec_ca, pki.ca):
            context.load_verify_locations(root.cert_path)
        assert trusts(context, pki.server) and trusts(context, pki.ec_server)

    def test_bundle(self, context, tmp_path):
        pki = support.pki()
        path = tmp_path / "bundle"
        path.write_bytes(b"# text\n" + pki.ca.cert_pem + b"more text\n" + pki.ec_ca.cert_pem)
        context.load_verify_locations(path)
        assert trusts(context, pki.server) and trusts(context, pki.ec_server)

    def test_bundle_with_a_bad_end(self, context, tmp_path):
        """Nothing of a file counts if one part of it is broken."""
        pki = support.pki()
        path = tmp_path / "bundle"
        path.write_bytes(
            pki.ca.cert_pem + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        )
        with pytest.raises(SSL.Error):
            context.load_verify_locations(path)
        assert not trusts(context, pki.server)

    @pytest.mark.parametrize("kind", [lambda p: p, str, os.fsencode])
    def test_directory(self, context, hashed, kind):
        assert context.load_verify_locations(None, kind(hashed)) is None
        assert trusts(context, support.pki().server)

    def test_both(self, context, hashed):
        pki = support.pki()
        context.load_verify_locations(cafile=str(pki.ec_ca.cert_path), capath=str(hashed))
        assert trusts(context, pki.server) and trusts(context, pki.ec_server)

    @pytest.mark.parametrize("apart", [False, True])
    def test_crl(self, context, tmp_path, apart):
        """A list of the revoked in a file counts once checking is asked for."""
        root = support.ca("own root")
        good, bad = root.issue("good"), root.issue("bad")
        root.revoke(bad)
        files = [root.cert_pem, root.crl_pem()] if apart else [root.cert_pem + root.crl_pem()]
        for content in files:
            path = tmp_path / "trusted"
            path.write_bytes(content)
            context.load_verify_locations(path)
        context.get_cert_store().set_flags(crypto.X509StoreFlags.CRL_CHECK)
        assert trusts(context, good) and not trusts(context, bad)

    def test_not_ascii(self, context, tmp_path):
        path = tmp_path / "h\u00e4llo\u4e16"
        path.write_bytes(support.pki().ca.cert_pem)
        context.load_verify_locations(str(path))
        context.load_verify_locations(os.fsencode(path))
        assert trusts(context, support.pki().server)

    def test_neither(self, context):
        with pytest.raises(SSL.Error) as caught:
            context.load_verify_locations(None)
        assert caught.value.args[0]

    def test_missing(self, context, tmp_path):
        with pytest.raises(SSL.Error):
            context.load_verify_locations(tmp_path / "missing")
        context.load_verify_locations(None, tmp_path / "missing")

    @pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\n"])
    def test_nothing_in_it(self, context, tmp_path, content):
        path = tmp_path / "file"
        path.write_bytes(content)
        with pytest.raises(SSL.Error) as caught:
            context.load_verify_locations(path)
        assert caught.value.args[0][0][2]

    @pytest.mark.parametrize("args", [(object(),), (1,), (None, object()), ("x", 1.0)])
    def test_wrong_type(self, context, args):
        with pytest.raises(TypeError, match="cafile|capath"):
            context.load_verify_locations(*args)

    def test_nul(self, context, hashed):
        for args in ((f"{support.pki().ca.cert_path}\0",), (None, f"{hashed}\0x")):
            with pytest.raises(ValueError, match="NUL"):
                context.load_verify_locations(*args)


class TestSetDefaultVerifyPaths:
    def test_environment(self, context, monkeypatch, hashed):
        monkeypatch.setenv("SSL_CERT_FILE", str(support.pki().ec_ca.cert_path))
        monkeypatch.setenv("SSL_CERT_DIR", str(hashed))
        assert context.set_default_verify_paths() is None
        assert trusts(context, support.pki().ec_server) and trusts(context, support.pki().server)

    def test_nothing_there(self, context, monkeypatch, tmp_path):
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.setenv(name, str(tmp_path / "missing"))
        context.set_default_verify_paths()
        assert not trusts(context, support.pki().server)

    @pytest.fixture
    def knows_nothing(self, monkeypatch):
        """As if OpenSSL were the one of a wheel."""
        folder = SSL.OpenSSL_version(SSL.OPENSSL_DIR).decode().split('"')[1].encode()
        monkeypatch.setattr(SSL, "_CRYPTOGRAPHY_MANYLINUX_CA_DIR", folder + b"/certs")
        monkeypatch.setattr(SSL, "_CRYPTOGRAPHY_MANYLINUX_CA_FILE", folder + b"/cert.pem")
        monkeypatch.setattr(
            SSL, "_CERTIFICATE_FILE_LOCATIONS", ["/nowhere", str(support.pki().ca.cert_path)]
        )
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name, raising=False)

    @pytest.mark.parametrize("place", ["DIR", "FILE"])
    def test_no_fallback(self, context, knows_nothing, monkeypatch, place):
        """An OpenSSL that knows where to look is believed."""
        monkeypatch.setattr(SSL, f"_CRYPTOGRAPHY_MANYLINUX_CA_{place}", b"/elsewhere")
        context.set_default_verify_paths()
        assert not trusts(context, support.pki().server)

    def test_fallback(self, context, knows_nothing):
        context.set_default_verify_paths()
        assert trusts(context, support.pki().server)

    def test_environment_before_fallback(self, context, knows_nothing, monkeypatch, tmp_path):
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        context.set_default_verify_paths()
        assert not trusts(context, support.pki().server)

    def test_methods_are_looked_up(self, knows_nothing):
        """Subclasses and tests may put other methods in place."""
        seen = []

        class Mine(SSL.Context):
            def _check_env_vars_set(self, *args):
                seen.append(args)
                return False

            def _fallback_default_verify_paths(self, *args):
                seen.append(args)

        Mine(SSL.TLS_METHOD).set_default_verify_paths()
        assert seen == [
            ("SSL_CERT_DIR", "SSL_CERT_FILE"),
            (SSL._CERTIFICATE_FILE_LOCATIONS, SSL._CERTIFICATE_PATH_LOCATIONS),
        ]

    def test_exception(self):
        class Mine(SSL.Context):
            def _check_env_vars_set(self, *args):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            Mine(SSL.TLS_METHOD).set_default_verify_paths()


class TestCheckEnvVarsSet:
    def test_either(self, context, monkeypatch):
        names = "PYOPENSSL_TEST_DIR", "PYOPENSSL_TEST_FILE"
        assert context._check_env_vars_set(*names) is False
        for name in names:
            with monkeypatch.context() as patch:
                patch.setenv(name, "value")
                assert context._check_env_vars_set(*names) is True
        assert context._check_env_vars_set(dir_env_var=names[0], file_env_var=names[1]) is False


class TestFallbackDefaultVerifyPaths:
    def test_nothing_exists(self, context):
        assert context._fallback_default_verify_paths(["/nowhere/file"], ["/nowhere/dir"]) is None
        assert context._fallback_default_verify_paths([], []) is None

    def test_first(self, context, hashed):
        pki = support.pki()
        context._fallback_default_verify_paths(
            [str(hashed), "/nowhere", str(pki.ec_ca.cert_path), str(pki.other_ca.cert_path)],
            [str(pki.ca.cert_path), str(hashed)],
        )
        assert trusts(context, pki.ec_server) and trusts(context, pki.server)
        assert not trusts(context, pki.other)

    def test_wrong_type(self, context):
        for args in ((1, []), ([], 1), ([1], []), ([], [1])):
            with pytest.raises(TypeError):
                context._fallback_default_verify_paths(*args)


class TestGetCertStore:
    def test_is_shared(self, context):
        pki = support.pki()
        store = context.get_cert_store()
        assert type(store) is crypto.X509Store
        store.add_cert(pki.ca.x509())
        assert trusts(context, pki.server)

    def test_sees_what_was_loaded(self, context):
        pki = support.pki()
        context.load_verify_locations(pki.ca.cert_path)
        crypto.X509StoreContext(context.get_cert_store(), pki.server.x509()).verify_certificate()

    def test_outlives_the_context(self, context):
        pki = support.pki()
        context.load_verify_locations(pki.ca.cert_path)
        store = context.get_cert_store()
        del context
        gc.collect()
        store.add_cert(pki.ec_ca.x509())
        crypto.X509StoreContext(store, pki.ec_server.x509()).verify_certificate()


def sent_names(context):
    """The names that a server with this Context sends to a client."""
    client, _ = support.connected("memory", support.client_context(), context)
    return client.get_client_ca_list()


@pytest.fixture
def server():
    server = support.server_context()
    server.set_verify(SSL.VERIFY_PEER)
    return server


def subject(credential):
    return credential.x509().get_subject()


class TestLoadClientCa:
    def test_replaces(self, server):
        pki = support.pki()
        server.add_client_ca(pki.other_ca.x509())
        assert server.load_client_ca(os.fsencode(pki.ca.cert_path)) is None
        assert sent_names(server) == [subject(pki.ca)]
        server.load_client_ca(cafile=pki.ec_ca.cert_path)
        assert sent_names(server) == [subject(pki.ec_ca)]

    def test_each_once(self, server, tmp_path):
        pki = support.pki()
        path = tmp_path / "many"
        path.write_bytes((pki.ca.cert_pem + pki.ec_ca.cert_pem) * 2 + pki.other_ca.cert_pem)
        server.load_client_ca(path)
        assert sent_names(server) == [subject(one) for one in (pki.ca, pki.ec_ca, pki.other_ca)]

    def test_str(self, server):
        with pytest.warns(DeprecationWarning) as caught:
            server.load_client_ca(str(support.pki().ca.cert_path))
        assert str(caught[0].message) == "str for cafile is no longer accepted, use bytes"
        assert caught[0].filename == __file__

    def test_empty(self, server, tmp_path):
        server.add_client_ca(support.pki().ca.x509())
        path = tmp_path / "empty"
        path.touch()
        with pytest.raises(SSL.Error) as caught:
            server.load_client_ca(os.fsencode(path))
        assert caught.value.args[0][0][0] == "PEM routines"
        assert len(sent_names(server)) == 1

    def test_missing(self, server, tmp_path):
        with pytest.raises(SSL.Error):
            server.load_client_ca(os.fsencode(tmp_path / "missing"))

    @pytest.mark.parametrize("wrong", [None, 1, object(), bytearray(b"x")])
    def test_wrong_type(self, server, wrong):
        with pytest.raises(TypeError, match="cafile"):
            server.load_client_ca(wrong)

    def test_nul(self, server):
        with pytest.raises(ValueError, match="NUL"):
            server.load_client_ca(os.fsencode(support.pki().ca.cert_path) + b"\0")


class TestSetClientCaList:
    @pytest.mark.parametrize("wrong", ["spam", ["spam"], [None], 1, None, object(), [1, 2]])
    def test_wrong_type(self, server, wrong):
        with pytest.raises(TypeError):
            server.set_client_ca_list(wrong)

    def test_failure_changes_nothing(self, server):
        pki = support.pki()
        server.set_client_ca_list([subject(pki.ca)])
        with pytest.raises(TypeError, match="certificate_authorities"):
            server.set_client_ca_list([subject(pki.ec_ca), "spam"])
        assert sent_names(server) == [subject(pki.ca)]

    def test_any_iterable(self, server):
        pki = support.pki()
        names = [subject(pki.ca), subject(pki.ec_ca)]
        assert server.set_client_ca_list(name for name in names) is None
        assert sent_names(server) == names
        server.set_client_ca_list(certificate_authorities=tuple(reversed(names)))
        assert sent_names(server) == list(reversed(names))

    def test_none(self, server):
        server.set_client_ca_list([subject(support.pki().ca)])
        server.set_client_ca_list([])
        assert sent_names(server) == []

    def test_copies(self, server):
        name = subject(support.pki().ca)
        names = [name]
        server.set_client_ca_list(names)
        expected = crypto.X509Name(name)
        name.CN = "changed"
        names.clear()
        assert sent_names(server) == [expected]

    def test_iterable_that_raises(self, server):
        def names():
            yield subject(support.pki().ca)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            server.set_client_ca_list(names())


class TestAddClientCa:
    @pytest.mark.parametrize("wrong", ["spam", None, 1, object()])
    def test_wrong_type(self, server, wrong):
        with pytest.raises(TypeError, match="certificate_authority"):
            server.add_client_ca(wrong)

    def test_appends(self, server):
        pki = support.pki()
        assert server.add_client_ca(pki.ca.x509()) is None
        server.add_client_ca(certificate_authority=pki.ec_ca.x509())
        assert sent_names(server) == [subject(pki.ca), subject(pki.ec_ca)]

    def test_after_a_list(self, server):
        pki = support.pki()
        server.set_client_ca_list([subject(pki.ca)])
        server.add_client_ca(pki.ec_ca.x509())
        server.add_client_ca(pki.other_ca.x509())
        assert sent_names(server) == [subject(one) for one in (pki.ca, pki.ec_ca, pki.other_ca)]
        server.set_client_ca_list([subject(pki.ec_ca)])
        assert sent_names(server) == [subject(pki.ec_ca)]

    def test_cryptography(self, server):
        x509 = pytest.importorskip("cryptography.x509")
        pki = support.pki()
        server.add_client_ca(x509.load_pem_x509_certificate(pki.ca.cert_pem))
        assert sent_names(server) == [subject(pki.ca)]
