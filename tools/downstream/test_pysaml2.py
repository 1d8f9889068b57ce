"""What pysaml2 makes with OpenSSL.crypto."""

import base64

from saml2.cert import OpenSSLWrapper
from saml2.sigver import extract_rsa_key_from_x509_cert

INFO = {
    "cn": "localhost",
    "country_code": "se",
    "state": "ac",
    "city": "Umea",
    "organization": "ITS",
    "organization_unit": "DIRG",
}


def test_certificate():
    cert, key = OpenSSLWrapper().create_certificate(INFO, request=False)
    assert cert.startswith(b"-----BEGIN CERTIFICATE") and b"PRIVATE KEY" in key
    body = b"".join(cert.splitlines()[1:-1])
    base64.b64decode(body)
    assert extract_rsa_key_from_x509_cert(cert)


def test_signed_by_an_authority():
    wrapper = OpenSSLWrapper()
    root, root_key = wrapper.create_certificate({**INFO, "cn": "root"}, request=False)
    request, _ = wrapper.create_certificate(INFO, request=True)
    signed = wrapper.create_cert_signed_certificate(root, root_key, request)
    valid, message = wrapper.verify(root, signed)
    assert valid, message
    other, _ = wrapper.create_certificate({**INFO, "cn": "other"}, request=False)
    assert not wrapper.verify(other, signed)[0]


def test_encrypted_key():
    cipher = {"cipher": "aes-256-cbc", "passphrase": "qwerty"}
    _, key = OpenSSLWrapper().create_certificate(INFO, cipher_passphrase=cipher)
    assert b"ENCRYPTED" in key
