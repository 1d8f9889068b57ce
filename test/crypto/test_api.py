"""What OpenSSL.SSL takes of OpenSSL.crypto: the capsule ``_api``, and what goes through it."""

import pytest

import support
from OpenSSL import SSL, crypto


class TestCapsule:
    def test_kind(self):
        assert type(crypto._api).__name__ == "PyCapsule"
        assert '"OpenSSL.crypto._api"' in repr(crypto._api)

    @pytest.mark.parametrize(
        ("capsule", "error"),
        [
            ("capsule(b'OpenSSL.crypto._api', 999)", "ImportError"),
            ("capsule(b'OpenSSL.crypto._other', 1)", "ValueError"),
            ("None", "ValueError"),
        ],
    )
    def test_another_build_is_refused(self, capsule, error):
        code = f"""
import ctypes, importlib, sys, types
import OpenSSL.SSL

kept = []

def capsule(name, version):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    kept.append((name, ctypes.c_int(version)))
    return new(ctypes.addressof(kept[-1][1]), name, None)

other = types.ModuleType("OpenSSL.crypto")
other._api = {capsule}
sys.modules["OpenSSL.crypto"] = other
del sys.modules["OpenSSL.SSL"]
try:
    importlib.import_module("OpenSSL.SSL")
except {error}:
    print("refused")
"""
        assert support.run_script(code) == "refused\n"

    def test_outlives_the_module(self, pki):
        """Certificates come out of a Connection after crypto has been cleared away."""
        code = """
import gc, sys
import support
from OpenSSL import SSL

client, server = support.connected()
crypto = sys.modules["OpenSSL.crypto"]
names = vars(crypto)
for name in list(names):
    names[name] = None
del sys.modules["OpenSSL.crypto"], names
sys.modules["OpenSSL"].crypto = support.crypto = crypto = None
gc.collect()
cert = client.get_peer_certificate()
assert cert.get_subject().CN == "localhost"
store = client.get_context().get_cert_store()
store.add_cert(cert)
store.set_flags(0)
try:
    store.add_cert(None)
except TypeError:
    print("works")
"""
        assert support.run_script(code) == "works\n"


class TestCertificates:
    """x509_wrap and as_x509."""

    def test_same_certificate(self, pki):
        client, _ = support.connected()
        cert = client.get_peer_certificate()
        assert type(cert) is crypto.X509
        assert cert.digest("sha256") == pki.ec_server.x509().digest("sha256")

    def test_a_change_does_not_reach_the_connection(self, pki):
        client, server = support.connected()
        for connection, ask in ((client, "get_peer_certificate"), (server, "get_certificate")):
            cert = getattr(connection, ask)()
            cert.get_subject().CN = "changed"
            cert.set_serial_number(7)
            again = getattr(connection, ask)()
            assert again.get_subject().CN == "localhost"
            assert cert.get_subject().CN == "changed"
            assert cert.get_serial_number() == 7

    def test_a_change_does_not_reach_the_context(self, pki):
        context = SSL.Context(SSL.TLS_METHOD)
        cert = pki.ec_server.x509()
        context.use_certificate(cert)
        context.use_privatekey(pki.ec_server.pkey())
        cert.set_pubkey(pki.ec_ca.pkey())
        context.check_privatekey()
        client, _ = support.connected(server=context)
        assert client.get_peer_certificate().get_subject().CN == "localhost"

    @pytest.mark.parametrize("cert", [None, "hello, world", object(), 1])
    def test_wrong_type(self, cert):
        context = SSL.Context(SSL.TLS_METHOD)
        for method in (
            context.use_certificate,
            context.add_extra_chain_cert,
            context.add_client_ca,
        ):
            with pytest.raises(TypeError):
                method(cert)

    def test_incomplete(self):
        with pytest.raises((SSL.Error, crypto.Error)):
            SSL.Context(SSL.TLS_METHOD).use_certificate(crypto.X509())


class TestKeys:
    """as_private_key."""

    @pytest.mark.parametrize("pkey", [None, "", object(), 1])
    def test_wrong_type(self, pkey):
        with pytest.raises(TypeError):
            SSL.Context(SSL.TLS_METHOD).use_privatekey(pkey)

    def test_empty(self):
        with pytest.raises(ValueError, match="empty"):
            SSL.Context(SSL.TLS_METHOD).use_privatekey(crypto.PKey())

    def test_public(self, pki):
        with pytest.raises(ValueError, match="public"):
            SSL.Context(SSL.TLS_METHOD).use_privatekey(pki.ec_server.x509().get_pubkey())


class TestNames:
    """as_name and name_wrap."""

    def test_there_and_back(self, pki):
        context = support.server_context()
        names = [pki.ca.x509().get_subject(), pki.ec_ca.x509().get_subject()]
        context.set_client_ca_list(names)
        names[0].CN = "changed"  # a copy was taken
        context.set_verify(SSL.VERIFY_PEER)
        client, server = support.connected(server=context)
        for connection in (client, server):
            found = connection.get_client_ca_list()
            assert [name.CN for name in found] == ["RSA CA", "EC CA"]
            assert all(type(name) is crypto.X509Name for name in found)

    @pytest.mark.parametrize("names", [["spam"], [None], [crypto.X509()]])
    def test_wrong_type(self, names):
        with pytest.raises(TypeError):
            SSL.Context(SSL.TLS_METHOD).set_client_ca_list(names)
