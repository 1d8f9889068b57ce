"""The oldest ``cryptography`` that there is for CPython 3.11: every conversion, both ways.

What the newest does is in test/crypto/test_interop.py.  `make same` makes the environment.
"""

import ctypes
import os
import subprocess
from pathlib import Path

import pytest

import support

PYTHON = Path(__file__).parents[2] / ".venv-cryptography-2/bin/python"

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="`make same` makes its environment"),
    pytest.mark.skipif(
        hasattr(ctypes.CDLL(None), "__asan_init"), reason="its interpreter has no sanitizer"
    ),
]

START = """
import sys
from pathlib import Path
from OpenSSL import SSL, crypto

PEM, ASN1 = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1
files = [Path(name).read_bytes() for name in sys.argv[1:]]
cert = crypto.load_certificate(PEM, files[0])
keys = [crypto.load_privatekey(PEM, pem) for pem in files[1:]]
assert "cryptography" not in sys.modules

import cryptography
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption

assert cryptography.__version__ == "2.2"
"""


def run(code, *paths):
    """Run code, with the names above, where the old release is installed."""
    result = subprocess.run(
        [PYTHON, "-c", START + code, *paths],
        env={**os.environ, "PYTHONPATH": str(support.PACKAGE.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=support.TIMEOUT,
    )
    assert result.returncode == 0, result.stdout


@pytest.fixture
def paths(pki):
    """A certificate, its key, and one of another kind."""
    return pki.ec_server.cert_path, pki.ec_server.key_path, pki.server.key_path


def test_certificates(paths):
    run(
        """
theirs = cert.to_cryptography()
assert theirs.serial_number == cert.get_serial_number()
assert theirs.not_valid_after.strftime("%Y%m%d%H%M%SZ").encode() == cert.get_notAfter()
assert theirs.public_bytes(Encoding.DER) == crypto.dump_certificate(ASN1, cert)
again = crypto.X509.from_cryptography(theirs)
assert crypto.dump_certificate(ASN1, again) == crypto.dump_certificate(ASN1, cert)
""",
        *paths,
    )


def test_requests(paths):
    run(
        """
request = crypto.X509Req()
request.get_subject().CN = "somebody"
request.set_pubkey(keys[0])
request.sign(keys[0], "sha256")
theirs = request.to_cryptography()
assert theirs.is_signature_valid
assert list(theirs.subject)[0].value == "somebody"
again = crypto.X509Req.from_cryptography(theirs)
assert again.verify(keys[0]) and again.get_subject().CN == "somebody"
""",
        *paths,
    )


def test_revocation_lists(paths):
    run(
        """
entry = crypto.Revoked()
entry.set_serial(b"3ab")
entry.set_rev_date(b"20240229123000Z")
crl = crypto.CRL()
crl.add_revoked(entry)
der = crl.export(cert, keys[0], ASN1)
theirs = crl.to_cryptography()
assert [one.serial_number for one in theirs] == [0x3ab]
assert theirs.public_bytes(Encoding.DER) == der
assert crypto.dump_crl(ASN1, crypto.CRL.from_cryptography(theirs)) == der
crypto.X509Store().add_crl(theirs)
""",
        *paths,
    )


def test_keys(paths):
    run(
        """
for key in keys:
    theirs = key.to_cryptography_key()
    der = theirs.private_bytes(Encoding.DER, serialization.PrivateFormat.PKCS8, NoEncryption())
    again = crypto.PKey.from_cryptography_key(theirs)
    assert crypto.dump_privatekey(PEM, again) == crypto.dump_privatekey(PEM, key)
    public = crypto.load_publickey(ASN1, crypto.dump_publickey(ASN1, key)).to_cryptography_key()
    assert public.public_numbers() == theirs.public_key().public_numbers()
    again = crypto.PKey.from_cryptography_key(public)
    assert again._only_public
    assert crypto.dump_publickey(PEM, again) == crypto.dump_publickey(PEM, key)
""",
        *paths,
    )


def test_contexts_and_connections(paths):
    run(
        """
context = SSL.Context(SSL.TLS_METHOD)
context.use_certificate(cert.to_cryptography())
context.use_privatekey(keys[0].to_cryptography_key())
context.check_privatekey()
context.add_client_ca(cert.to_cryptography())
context.set_client_ca_list([cert.to_cryptography().subject])
server = SSL.Connection(context)
server.set_accept_state()
assert server.get_client_ca_list(as_cryptography=True) == [cert.to_cryptography().subject]
assert server.get_certificate(as_cryptography=True) == cert.to_cryptography()
""",
        *paths,
    )


def test_what_is_wrong_stays_wrong(paths):
    run(
        """
for convert in (
    crypto.X509.from_cryptography,
    crypto.X509Req.from_cryptography,
    crypto.CRL.from_cryptography,
    crypto.PKey.from_cryptography_key,
):
    for value in (None, object(), cert, keys[0].to_cryptography_key().curve):
        try:
            convert(value)
        except TypeError:
            continue
        raise AssertionError(f"{convert} takes {value}")
""",
        *paths,
    )
