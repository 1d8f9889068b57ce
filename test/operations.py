"""Each load, dump, signature, verification and construction of OpenSSL.crypto by itself.

Each function here prepares something and gives back {name: a function that does it once}.
test_leaks.py runs each of them ten thousand times.
"""

import support
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT
KINDS = {"PEM": PEM, "DER": ASN1}


def _both(name, load, dump, item, formats=KINDS):
    """Load and dump in each format."""
    made = {}
    for label, kind in formats.items():
        data = dump(kind, item)
        made[f"load {name} from {label}"] = lambda kind=kind, data=data: load(kind, data)
        made[f"dump {name} to {label}"] = lambda kind=kind: dump(kind, item)
    return made


def _revoked(number):
    revoked = crypto.Revoked()
    revoked.set_serial(b"%x" % number)
    revoked.set_rev_date(b"20240229123000Z")
    revoked.set_reason(b"superseded")
    return revoked


def _list():
    crl = crypto.CRL()
    crl.add_revoked(_revoked(5))
    crl.set_lastUpdate(b"20240229123000Z")
    return crl


def _request(key):
    request = crypto.X509Req()
    request.get_subject().CN = "name"
    request.set_pubkey(key)
    request.add_extensions([crypto.X509Extension(b"keyUsage", True, b"digitalSignature")])
    return request


def _certificate(key, issuer):
    cert = crypto.X509()
    cert.set_version(2)
    cert.set_serial_number(1 << 100)
    cert.set_notBefore(b"20200101000000Z")
    cert.gmtime_adj_notAfter(3600)
    cert.get_subject().CN = "name"
    cert.set_issuer(issuer.get_subject())
    cert.set_pubkey(key)
    cert.add_extensions(
        [
            crypto.X509Extension(b"basicConstraints", True, b"CA:FALSE"),
            crypto.X509Extension(b"subjectAltName", False, b"DNS:name"),
            crypto.X509Extension(b"authorityKeyIdentifier", False, b"keyid", issuer=issuer),
        ]
    )
    return cert


def _container(key, cert, others):
    p12 = crypto.PKCS12()
    p12.set_privatekey(key)
    p12.set_certificate(cert)
    p12.set_ca_certificates(others)
    p12.set_friendlyname(b"name")
    return p12


def loading_and_dumping():
    pki = support.pki()
    key, cert = pki.ec_server.pkey(), pki.ec_server.x509()
    request = _request(key)
    request.sign(key, "sha256")
    crl = crypto.load_crl(PEM, pki.ec_ca.crl_pem())
    options = ("-signer", pki.ec_server.cert_path, "-inkey", pki.ec_server.key_path)
    message = support.openssl("smime", "-sign", *options, "-outform", "PEM", stdin=b"hello")
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(key)
    spki.sign(key, "sha256")
    p12 = _container(key, cert, [pki.ec_ca.x509()])
    sealed, text = p12.export(b"pw", 1, 1), spki.b64_encode()
    return {
        **_both("a certificate", crypto.load_certificate, crypto.dump_certificate, cert),
        **_both("a key", crypto.load_privatekey, crypto.dump_privatekey, key),
        **_both("a public key", crypto.load_publickey, crypto.dump_publickey, key),
        **_both(
            "a request",
            crypto.load_certificate_request,
            crypto.dump_certificate_request,
            request,
        ),
        **_both("a list", crypto.load_crl, crypto.dump_crl, crl),
        "dump a certificate as text": lambda: crypto.dump_certificate(TEXT, cert),
        "dump a request as text": lambda: crypto.dump_certificate_request(TEXT, request),
        "dump a list as text": lambda: crypto.dump_crl(TEXT, crl),
        "load a message": lambda: crypto.load_pkcs7_data(PEM, message),
        "load a container": lambda: crypto.load_pkcs12(sealed, b"pw"),
        "dump a container": lambda: p12.export(b"pw", 1, 1),
        "load an SPKI": lambda: crypto.NetscapeSPKI(text),
        "dump an SPKI": spki.b64_encode,
        "get what a list revokes": crl.get_revoked,
    }


def signing_and_verifying():
    pki = support.pki()
    key, cert = pki.ec_server.pkey(), pki.ec_server.x509()
    authority, authority_key = pki.ec_ca.x509(), pki.ec_ca.pkey()
    made, request, crl, spki = (
        _certificate(key, authority),
        _request(key),
        _list(),
        crypto.NetscapeSPKI(),
    )
    spki.set_pubkey(key)
    request.sign(key, "sha256")
    spki.sign(key, "sha256")
    signature = crypto.sign(key, b"data", "sha256")
    store = crypto.X509Store()
    store.add_cert(authority)

    def refused(function, *args):
        def call():
            try:
                function(*args)
            except crypto.Error:
                return
            raise AssertionError("a wrong signature is accepted")

        return call

    return {
        "sign data": lambda: crypto.sign(key, b"data", "sha256"),
        "sign a certificate": lambda: made.sign(authority_key, "sha256"),
        "sign a request": lambda: request.sign(key, "sha256"),
        "sign a list": lambda: crl.sign(authority, authority_key, b"sha256"),
        "export a list": lambda: crl.export(authority, authority_key, PEM, 10, b"sha256"),
        "sign an SPKI": lambda: spki.sign(key, "sha256"),
        "verify data": lambda: crypto.verify(cert, signature, b"data", "sha256"),
        "refuse other data": refused(crypto.verify, cert, signature, b"other", "sha256"),
        "verify a request": lambda: request.verify(key),
        "refuse a request": refused(request.verify, authority_key),
        "verify an SPKI": lambda: spki.verify(key),
        "verify a certificate": lambda: crypto.X509StoreContext(store, cert).verify_certificate(),
        "verify a chain": lambda: crypto.X509StoreContext(store, cert).get_verified_chain(),
    }


def building():
    pki = support.pki()
    key, issuer = pki.ec_server.pkey(), pki.ec_ca.x509()
    others = [issuer]

    def store():
        made = crypto.X509Store()
        made.add_cert(issuer)
        made.set_flags(crypto.X509StoreFlags.CRL_CHECK)

    return {
        "build a certificate": lambda: _certificate(key, issuer),
        "build a request": lambda: _request(key),
        "build a list": _list,
        "build an entry": lambda: _revoked(7),
        "build a container": lambda: _container(key, issuer, others),
        "build an extension": lambda: crypto.X509Extension(b"nsComment", False, b"text"),
        "build a name": lambda: setattr(crypto.X509Name(issuer.get_subject()), "CN", "other"),
        "build a store": store,
    }


def all_of_them():
    return {**loading_and_dumping(), **signing_and_verifying(), **building()}
