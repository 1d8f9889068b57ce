"""An authority, a server and a client, as scripts made them when the manual was young: a key, a
request with a name in it, and a certificate out of that, of version 1, without extensions.

    python certificates.py FOLDER
"""

import sys
from pathlib import Path

from OpenSSL import crypto

PEM = crypto.FILETYPE_PEM
YEARS = 60 * 60 * 24 * 365


def make_key(kind, bits):
    key = crypto.PKey()
    key.generate_key(kind, bits)
    return key


def ask(key, digest="sha256", **name):
    request = crypto.X509Req()
    subject = request.get_subject()
    for field, value in name.items():
        setattr(subject, field, value)
    request.set_pubkey(key)
    request.sign(key, digest)
    return request


def certify(request, serial, issuer=None, issuer_key=None, years=5, digest="sha256"):
    """Without an issuer, the certificate of an authority: its own."""
    assert request.verify(request.get_pubkey())
    certificate = crypto.X509()
    certificate.set_serial_number(serial)
    certificate.gmtime_adj_notBefore(0)
    certificate.gmtime_adj_notAfter(years * YEARS)
    certificate.set_subject(request.get_subject())
    certificate.set_issuer((issuer or request).get_subject())
    certificate.set_pubkey(request.get_pubkey())
    certificate.sign(issuer_key, digest)
    return certificate


def main(folder):
    authority_key = make_key(crypto.TYPE_RSA, 2048)
    authority = certify(ask(authority_key, CN="Certificate Authority"), 0, None, authority_key)
    Path(folder, "CA.pkey").write_bytes(crypto.dump_privatekey(PEM, authority_key))
    Path(folder, "CA.cert").write_bytes(crypto.dump_certificate(PEM, authority))
    for serial, name in enumerate(("server", "client"), 1):
        key = make_key(crypto.TYPE_RSA, 2048)
        certificate = certify(ask(key, CN=f"Simple {name}"), serial, authority, authority_key)
        Path(folder, f"{name}.pkey").write_bytes(crypto.dump_privatekey(PEM, key))
        Path(folder, f"{name}.cert").write_bytes(crypto.dump_certificate(PEM, certificate))


if __name__ == "__main__":
    main(*sys.argv[1:])
