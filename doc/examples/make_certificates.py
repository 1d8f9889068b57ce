"""A certificate authority and a server's certificate, written into a folder.

python make_certificates.py FOLDER
"""

import os
import sys

from OpenSSL import crypto

PASSPHRASE = b"correct horse battery staple"
YEAR = 365 * 24 * 3600


def new_key():
    """An RSA key.  Made in a few hundred milliseconds; other threads run meanwhile."""
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    return key


def new_certificate(common_name, key, serial, years):
    """What all certificates have: version 3, a name, a time and a key."""
    cert = crypto.X509()
    cert.set_version(2)  # counted from zero
    cert.set_serial_number(serial)
    subject = cert.get_subject()
    subject.O = "Example"
    subject.CN = common_name
    cert.gmtime_adj_notBefore(0)
    cert.gmtime_adj_notAfter(years * YEAR)
    cert.set_pubkey(key)
    return cert


def make_authority():
    """A root that signs certificates and lists of revoked ones, and nothing else."""
    key = new_key()
    cert = new_certificate("Example Root", key, serial=1, years=10)
    cert.set_issuer(cert.get_subject())
    cert.add_extensions(
        [
            crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE, pathlen:0"),
            crypto.X509Extension(b"keyUsage", True, b"keyCertSign, cRLSign"),
            crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=cert),
        ]
    )
    cert.sign(key, "sha256")
    return cert, key


def make_server(authority, authority_key, names):
    """A certificate for a server that has these names and addresses."""
    key = new_key()
    cert = new_certificate("Example Server", key, serial=2, years=1)
    cert.set_issuer(authority.get_subject())
    cert.add_extensions(
        [
            crypto.X509Extension(b"basicConstraints", True, b"CA:FALSE"),
            crypto.X509Extension(b"keyUsage", True, b"digitalSignature, keyEncipherment"),
            crypto.X509Extension(b"extendedKeyUsage", False, b"serverAuth"),
            crypto.X509Extension(b"subjectAltName", False, names),
            crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=cert),
            crypto.X509Extension(
                b"authorityKeyIdentifier", False, b"keyid:always", issuer=authority
            ),
        ]
    )
    cert.sign(authority_key, "sha256")
    return cert, key


def write(path, data, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)


def write_all(folder):
    """ca.pem, server.pem and the server's key, encrypted with PASSPHRASE."""
    os.makedirs(folder, exist_ok=True)
    authority, authority_key = make_authority()
    cert, key = make_server(authority, authority_key, b"DNS:localhost, IP:127.0.0.1")
    pem = crypto.FILETYPE_PEM
    write(os.path.join(folder, "ca.pem"), crypto.dump_certificate(pem, authority))
    write(os.path.join(folder, "server.pem"), crypto.dump_certificate(pem, cert))
    encrypted = crypto.dump_privatekey(pem, key, "aes-256-cbc", PASSPHRASE)
    write(os.path.join(folder, "server.key"), encrypted, 0o600)


if __name__ == "__main__":
    write_all(sys.argv[1])
