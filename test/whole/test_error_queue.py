"""OpenSSL's error queue is shared with others in the process: what they left there is not ours."""

import functools

import pytest

import support
from OpenSSL import SSL, crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT


def ec():
    return support.pki().ec_server


def context():
    return SSL.Context(SSL.TLS_METHOD)


def connection():
    return SSL.Connection(context(), None)


@functools.cache  # what a wrong passphrase makes of another one may be called something else
def encrypted():
    return crypto.dump_privatekey(PEM, ec().pkey(), "aes128", b"secret")


def request():
    made = crypto.X509Req()
    made.set_pubkey(ec().pkey())
    made.sign(ec().pkey(), "sha256")
    return made


def spki():
    made = crypto.NetscapeSPKI()
    made.set_pubkey(ec().pkey())
    made.sign(ec().pkey(), "sha256")
    return made


def crl():
    return crypto.load_crl(PEM, support.pki().ec_ca.crl_pem())


def verified(trusted, credential):
    store = crypto.X509Store()
    store.add_cert(trusted.x509())
    crypto.X509StoreContext(store, credential.x509()).verify_certificate()


FAIL = {
    "load_certificate": lambda: crypto.load_certificate(PEM, b"x"),
    "load_certificate of DER": lambda: crypto.load_certificate(ASN1, b"x"),
    "load_privatekey": lambda: crypto.load_privatekey(PEM, b"x"),
    "load_privatekey, wrong passphrase": lambda: crypto.load_privatekey(PEM, encrypted(), b"x"),
    "load_publickey": lambda: crypto.load_publickey(PEM, b"x"),
    "load_certificate_request": lambda: crypto.load_certificate_request(PEM, b"x"),
    "load_crl": lambda: crypto.load_crl(PEM, b"x"),
    "load_pkcs12": lambda: crypto.load_pkcs12(b"x", b""),
    "load_pkcs7_data": lambda: crypto.load_pkcs7_data(PEM, b"x"),
    "dump_certificate": lambda: crypto.dump_certificate(PEM, crypto.X509()),
    "dump_certificate as DER": lambda: crypto.dump_certificate(ASN1, crypto.X509()),
    "verify": lambda: crypto.verify(ec().x509(), b"wrong", b"data", "sha256"),
    "X509Extension, value": lambda: crypto.X509Extension(b"keyUsage", False, b"x"),
    "X509Extension, name": lambda: crypto.X509Extension(b"x", False, b"x"),
    "X509Name": lambda: setattr(crypto.X509().get_subject(), "C", "too long"),
    "PKey.generate_key": lambda: crypto.PKey().generate_key(crypto.TYPE_RSA, 5),
    "X509.get_pubkey": lambda: crypto.X509().get_pubkey(),
    "X509.digest": lambda: crypto.X509().digest("sha256"),
    "X509.sign": lambda: crypto.X509().sign(ec().pkey(), "sha256"),
    "X509Req.get_pubkey": lambda: crypto.X509Req().get_pubkey(),
    "X509Req.verify": lambda: crypto.X509Req().verify(ec().pkey()),
    "X509Req.verify, other key": lambda: request().verify(support.pki().ec_client.pkey()),
    "NetscapeSPKI": lambda: crypto.NetscapeSPKI("x"),
    "NetscapeSPKI.get_pubkey": lambda: crypto.NetscapeSPKI().get_pubkey(),
    "NetscapeSPKI.verify": lambda: crypto.NetscapeSPKI().verify(ec().pkey()),
    "NetscapeSPKI.verify, other key": lambda: spki().verify(support.pki().ec_client.pkey()),
    "NetscapeSPKI.b64_encode": lambda: crypto.NetscapeSPKI().b64_encode(),
    "PKCS12.export": lambda: crypto.PKCS12().export(),
    "X509Store.load_locations": lambda: crypto.X509Store().load_locations("/nowhere"),
    "verify_certificate": lambda: verified(support.pki().ca, ec()),
    "use_certificate_file": lambda: context().use_certificate_file("/nowhere"),
    "use_certificate_chain_file": lambda: context().use_certificate_chain_file("/nowhere"),
    "use_privatekey_file": lambda: context().use_privatekey_file("/nowhere"),
    "use_certificate": lambda: context().use_certificate(crypto.X509()),
    "check_privatekey": lambda: context().check_privatekey(),
    "set_cipher_list": lambda: context().set_cipher_list(b"x"),
    "set_tls13_ciphersuites": lambda: context().set_tls13_ciphersuites(b"x"),
    "load_verify_locations": lambda: context().load_verify_locations("/nowhere"),
    "load_tmp_dh": lambda: context().load_tmp_dh("/nowhere"),
    "load_client_ca": lambda: context().load_client_ca(b"/nowhere"),
    "set_session_id": lambda: context().set_session_id(b"x" * 100),
    "set_min_proto_version": lambda: context().set_min_proto_version(12345),
    "set_tlsext_use_srtp": lambda: context().set_tlsext_use_srtp(b"x"),
    "recv": lambda: connection().recv(1),
    "send": lambda: connection().send(b"x"),
    "shutdown": lambda: connection().shutdown(),
    "do_handshake": lambda: connection().do_handshake(),
    "export_keying_material": lambda: connection().export_keying_material(b"x", 10),
    "set_tlsext_host_name": lambda: connection().set_tlsext_host_name(b"x" * 300),
    "handshake": lambda: support.connected("memory", support.client_context(support.pki().ca)),
}

SUCCEED = {
    "load_certificate": lambda: ec().x509(),
    "load_privatekey": lambda: ec().pkey(),
    "load_privatekey, encrypted": lambda: crypto.load_privatekey(PEM, encrypted(), b"secret"),
    "load_crl": crl,
    "dump_certificate": lambda: crypto.dump_certificate(TEXT, ec().x509()),
    "dump_crl": lambda: crypto.dump_crl(TEXT, crl()),
    "dump_certificate_request": lambda: crypto.dump_certificate_request(TEXT, request()),
    "sign": lambda: crypto.sign(ec().pkey(), b"data", "sha256"),
    "str(X509Extension)": lambda: str(ec().x509().get_extension(0)),
    "X509Name of an unknown field": lambda: hasattr(ec().x509().get_subject(), "nonsense"),
    "PKey.check": lambda: support.pki().server.pkey().check(),
    "X509Req.verify": lambda: request().verify(ec().pkey()),
    "NetscapeSPKI.verify": lambda: spki().verify(ec().pkey()),
    "verify_certificate": lambda: verified(support.pki().ec_ca, ec()),
    "set_default_verify_paths": lambda: context().set_default_verify_paths(),
    "handshake": lambda: support.connected("memory"),
    "pending": lambda: connection().pending(),
    "recv": lambda: pytest.raises(SSL.WantReadError, support.memory_pair()[0].do_handshake),
}


def outcome(call):
    """What is raised, without addresses."""
    with pytest.raises(Exception) as caught:
        call()
    assert support.queued_errors() == []
    return type(caught.value), repr(caught.value.args)


@pytest.mark.parametrize("name", FAIL)
class TestFailures:
    def test_leave_nothing(self, name):
        outcome(FAIL[name])

    def test_do_not_report_what_is_not_theirs(self, name):
        alone = outcome(FAIL[name])
        support.push_error()
        assert outcome(FAIL[name]) == alone


@pytest.mark.parametrize("name", SUCCEED)
class TestSuccesses:
    def test_leave_nothing(self, name):
        SUCCEED[name]()
        assert support.queued_errors() == []

    def test_are_not_disturbed_by_what_is_not_theirs(self, name):
        support.push_error()
        SUCCEED[name]()
        assert len(support.queued_errors()) <= 1
