"""The package ``cryptography-vectors``: every certificate, list, request, key and container in it,
read by us and by ``cryptography``, with the same verdicts and the same contents.

Where it differs, vector_differences.py says why; a row there that is not needed is an error.
"""

import email
import functools
import re
import warnings
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

import support
from interop.vector_differences import DIFFERENCES
from OpenSSL import crypto

pytest.importorskip("cryptography")
pytest.importorskip("cryptography_vectors")

import cryptography_vectors
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    dh,
    dsa,
    ec,
    ed448,
    ed25519,
    rsa,
    x448,
    x25519,
)
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

FOLDER = Path(cryptography_vectors.__file__).parent
PKITS = "x509/PKITS_data/"  # half of the files; NIST's
DER = serialization.Encoding.DER

# ---- the files ----

PEM_BLOCK = re.compile(rb"-----BEGIN ([^-]+)-----.*?-----END \1-----\n?", re.DOTALL)


def element(data):
    """(contents, what follows) of the DER element at the beginning of *data*."""
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]


def parts_of(path, data):
    """What is inside of a file that holds several things."""
    if path.suffix == ".eml":
        parts = email.message_from_bytes(data).walk()
        return [
            part.get_payload(decode=True) for part in parts if "pkcs7" in part.get_content_type()
        ]
    if path.suffix == ".cp":  # a pair of certificates, one of them may be missing
        rest, parts = element(data)[0], []
        while rest:
            part, rest = element(rest)
            parts.append(part)
        return parts
    blocks = [match[0] for match in PEM_BLOCK.finditer(data)]
    return blocks if len(blocks) > 1 else []


@functools.cache
def everything():
    """{name: bytes} of all that is DER, PEM or S/MIME, and of the parts inside."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if not path.is_file() or path.suffix in (".py", ".pyc"):
            continue
        data = path.read_bytes()
        name = path.relative_to(FOLDER).as_posix()
        if data[:1] == b"\x30" or b"-----BEGIN " in data:
            found[name] = data
        elif path.suffix != ".eml":
            continue
        for number, part in enumerate(parts_of(path, data)):
            found[f"{name}#{number}"] = part
    return found


# The passphrase of what is encrypted: the first row whose words are in the file's name.
PASSPHRASES = [
    (PKITS + "pkcs12/", b"password"),
    ("pkcs12/cert-", b"cryptography"),
    ("pkcs12/no-cert-key-", b"cryptography"),
    ("-pwd.p12", b"password"),
    ("scrypt", b"hunter42"),
    ("rsa-pbewithmd5anddescbc", b"hunter2"),
    ("rsa-aes-192-cbc", b"PolarSSLTest"),
    ("pbes2_pbkdf2", b"PolarSSLTest"),
    ("rsa-rc2-cbc.pem", b"Red Hat Enterprise Linux 7.4"),
    ("rsa-40bitrc2", b"baz"),
    ("enc2-rsa-pkcs8", b"baz"),
    ("enc-rsa-pkcs8", b"foobar"),
    ("Traditional_OpenSSL_Serialization/key2", b"a123456"),
    ("Traditional_OpenSSL_Serialization/testrsa", b"password"),
    ("PKCS8/pkcs12_s2k", b"123456"),
    ("rsa-pbe-3des-long-salt", b"password"),
    ("enc-", b"password"),
    ("-enc", b"password"),
    ("", b"123456"),
]


def passphrase_of(name):
    return next(word for words, word in PASSPHRASES if words in name)


# ---- questions, and answers that can be compared ----


def library_name(oid, long=False):
    """What OpenSSL calls a kind of object that cryptography knows by its number."""
    lib = support.libcrypto
    kind = lib.OBJ_txt2nid(oid.dotted_string.encode())
    support.queued_errors()
    name = lib.OBJ_nid2ln if long else lib.OBJ_nid2sn
    name.restype = support.ctypes.c_char_p
    return name(kind)


STRINGS = {"BMPString": "utf-16-be", "UniversalString": "utf-32-be", "T61String": "latin-1"}


def raw(attribute):
    """The bytes of an attribute's string, as they are in the encoding."""
    if isinstance(attribute.value, bytes):
        return attribute.value[1:]  # a BIT STRING, with the number of unused bits before it
    return attribute.value.encode(STRINGS.get(attribute._type.name, "utf-8"))


def our_name(name):
    return name.der(), name.get_components()


def their_name(name):
    return name.public_bytes(), [(library_name(each.oid), raw(each)) for each in name]


def our_time(text):
    return text and datetime.strptime(text.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


KEY_TYPES = {
    rsa.RSAPublicKey: crypto.TYPE_RSA,
    dsa.DSAPublicKey: crypto.TYPE_DSA,
    ec.EllipticCurvePublicKey: crypto.TYPE_EC,
    dh.DHPublicKey: crypto.TYPE_DH,
    ed25519.Ed25519PublicKey: 1087,
    ed448.Ed448PublicKey: 1088,
    x25519.X25519PublicKey: 1034,
    x448.X448PublicKey: 1035,
}
NEW_KEY_TYPES = {"MLDSA44PublicKey": 1457, "MLKEM768PublicKey": 1455}  # not in every release
# Where cryptography has no number.
KEY_BITS = {1087: 256, 1088: 456, 1034: 253, 1035: 448, 1457: 10496, 1455: 768}


def their_type(key):
    names = (number for kind, number in KEY_TYPES.items() if isinstance(key, kind))
    return next(names, None) or NEW_KEY_TYPES[type(key).__name__]


def our_key(get):
    return {
        "key type": lambda: get().type(),
        "key bits": lambda: get().bits(),
        "key": lambda: crypto.dump_publickey(crypto.FILETYPE_ASN1, get()),
    }


def their_key(get):
    def bits():
        key = get()
        return key.key_size if hasattr(key, "key_size") else KEY_BITS[their_type(key)]

    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return {
        "key type": lambda: their_type(get()),
        "key bits": bits,
        "key": lambda: get().public_bytes(DER, spki),
    }


def our_private(key):
    lines = crypto.dump_privatekey(crypto.FILETYPE_PEM, key).splitlines()
    return b64decode(b"".join(lines[1:-1]))


def their_private(key):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(DER, form, serialization.NoEncryption())


def our_extensions(extensions):
    return [(each.get_short_name(), each.get_critical(), each.get_data()) for each in extensions]


def their_extensions(extensions):
    return [
        (library_name(each.oid), int(each.critical), each.value.public_bytes())
        for each in extensions
    ]


def our_certificate(cert):
    count = cert.get_extension_count
    return {
        "encoding": lambda: crypto.dump_certificate(crypto.FILETYPE_ASN1, cert),
        "converted": cert.to_cryptography,
        "version": cert.get_version,
        "serial": cert.get_serial_number,
        "subject": lambda: our_name(cert.get_subject()),
        "issuer": lambda: our_name(cert.get_issuer()),
        "not before": lambda: our_time(cert.get_notBefore()),
        "not after": lambda: our_time(cert.get_notAfter()),
        "expired": cert.has_expired,
        "extension count": count,
        "extensions": lambda: our_extensions(map(cert.get_extension, range(count()))),
        "signature algorithm": cert.get_signature_algorithm,
        "digest": lambda: bytes.fromhex(cert.digest("sha256").decode().replace(":", " ")),
        **our_key(cert.get_pubkey),
    }


def their_certificate(cert):
    return {
        "encoding": lambda: cert.public_bytes(DER),
        "converted": lambda: cert,
        "version": lambda: cert.version.value,
        "serial": lambda: cert.serial_number,
        "subject": lambda: their_name(cert.subject),
        "issuer": lambda: their_name(cert.issuer),
        "not before": lambda: cert.not_valid_before_utc,
        "not after": lambda: cert.not_valid_after_utc,
        "expired": lambda: cert.not_valid_after_utc < datetime.now(UTC),
        "extension count": lambda: len(cert.extensions),
        "extensions": lambda: their_extensions(cert.extensions),
        "signature algorithm": lambda: library_name(cert.signature_algorithm_oid, long=True),
        "digest": lambda: cert.fingerprint(hashes.SHA256()),
        **their_key(cert.public_key),
    }


def printed(crl, label):
    """What the text of a list has behind a label: it has no getters for that."""
    text = crypto.dump_crl(crypto.FILETYPE_TEXT, crl)
    return re.search(rb"^ *%b: (.*)$" % label, text, re.MULTILINE)[1].strip()


def printed_time(crl, label):
    text = printed(crl, label).decode()
    if text == "NONE":
        return None
    return datetime.strptime(text, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)


def their_reason(entry):
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return None


def our_reason(entry):
    reason = entry.get_reason()
    return reason and reason.decode().lower().replace(" ", "")


def our_list(crl):
    entries = crl.get_revoked() or ()
    return {
        "encoding": lambda: crypto.dump_crl(crypto.FILETYPE_ASN1, crl),
        "converted": crl.to_cryptography,
        "issuer": lambda: our_name(crl.get_issuer()),
        "last update": lambda: printed_time(crl, b"Last Update"),
        "next update": lambda: printed_time(crl, b"Next Update"),
        "signature algorithm": lambda: printed(crl, b"Signature Algorithm"),
        "serials": lambda: [int(entry.get_serial(), 16) for entry in entries],
        "dates": lambda: [our_time(entry.get_rev_date()) for entry in entries],
        "reasons": lambda: list(map(our_reason, entries)),
    }


def their_list(crl):
    def reasons():
        found = map(their_reason, crl)
        return [reason and reason.lower() for reason in found]

    return {
        "encoding": lambda: crl.public_bytes(DER),
        "converted": lambda: crl,
        "issuer": lambda: their_name(crl.issuer),
        "last update": lambda: crl.last_update_utc,
        "next update": lambda: crl.next_update_utc,
        "signature algorithm": lambda: library_name(crl.signature_algorithm_oid, long=True),
        "serials": lambda: [entry.serial_number for entry in crl],
        "dates": lambda: [entry.revocation_date_utc for entry in crl],
        "reasons": reasons,
    }


def is_valid(request):
    try:
        return request.verify(request.get_pubkey())
    except crypto.Error:
        return False


def our_request(request):
    return {
        "encoding": lambda: crypto.dump_certificate_request(crypto.FILETYPE_ASN1, request),
        "converted": request.to_cryptography,
        "version": request.get_version,
        "subject": lambda: our_name(request.get_subject()),
        "extension count": lambda: len(request.get_extensions()),
        "extensions": lambda: our_extensions(request.get_extensions()),
        "valid": lambda: is_valid(request),
        **our_key(request.get_pubkey),
    }


def their_request(request):
    return {
        "encoding": lambda: request.public_bytes(DER),
        "converted": lambda: request,
        "version": lambda: 0,  # it loads no other
        "subject": lambda: their_name(request.subject),
        "extension count": lambda: len(request.extensions),
        "extensions": lambda: their_extensions(request.extensions),
        "valid": lambda: request.is_signature_valid,
        **their_key(request.public_key),
    }


def our_container(p12):
    def der(cert):
        return cert and crypto.dump_certificate(crypto.FILETYPE_ASN1, cert)

    return {
        "certificate": lambda: der(p12.get_certificate()),
        "private key": lambda: p12.get_privatekey() and our_private(p12.get_privatekey()),
        "authorities": lambda: list(map(der, p12.get_ca_certificates() or ())),
        "friendly name": p12.get_friendlyname,
    }


def their_container(p12):
    def der(item):
        return item and item.certificate.public_bytes(DER)

    return {
        "certificate": lambda: der(p12.cert),
        "private key": lambda: p12.key and their_private(p12.key),
        "authorities": lambda: list(map(der, p12.additional_certs)),
        "friendly name": lambda: p12.cert and p12.cert.friendly_name,
    }


# ---- loading ----


def with_passphrase(load):
    """A loader that takes the passphrase when without one it fails."""

    def attempt(data, name):
        try:
            return load(data, None)
        except (crypto.Error, TypeError, ValueError):
            return load(data, passphrase_of(name))

    return attempt


def plain(load):
    return lambda data, name: load(data)


FORMATS = {"pem": crypto.FILETYPE_PEM, "der": crypto.FILETYPE_ASN1}


def ours(load, form):
    return functools.partial(load, FORMATS[form])


def kinds(form):
    """{kind: (our loader, theirs, our answers, theirs)}"""
    return {
        "certificate": (
            plain(ours(crypto.load_certificate, form)),
            plain(getattr(x509, f"load_{form}_x509_certificate")),
            our_certificate,
            their_certificate,
        ),
        "list": (
            plain(ours(crypto.load_crl, form)),
            plain(getattr(x509, f"load_{form}_x509_crl")),
            our_list,
            their_list,
        ),
        "request": (
            plain(ours(crypto.load_certificate_request, form)),
            plain(getattr(x509, f"load_{form}_x509_csr")),
            our_request,
            their_request,
        ),
        "private key": (
            with_passphrase(ours(crypto.load_privatekey, form)),
            with_passphrase(getattr(serialization, f"load_{form}_private_key")),
            lambda key: {"private key": lambda: our_private(key), **our_key(lambda: key)},
            lambda key: {"private key": lambda: their_private(key), **their_key(key.public_key)},
        ),
        "public key": (
            plain(ours(crypto.load_publickey, form)),
            plain(getattr(serialization, f"load_{form}_public_key")),
            lambda key: our_key(lambda: key),
            lambda key: their_key(lambda: key),
        ),
        "pkcs7": (
            plain(ours(crypto.load_pkcs7_data, form)),
            plain(getattr(pkcs7, f"load_{form}_pkcs7_certificates")),
            lambda p7: {"type": p7.get_type_name},
            lambda certs: {"type": lambda: b"pkcs7-signedData"},  # it loads no other
        ),
    }


KINDS = {form: kinds(form) for form in FORMATS}
KINDS["der"]["pkcs12"] = (
    with_passphrase(crypto.load_pkcs12),
    with_passphrase(pkcs12.load_pkcs12),
    our_container,
    their_container,
)


def refused(error):
    """Whether an exception is a verdict on the data."""
    own = (crypto.Error, ValueError, UnsupportedAlgorithm, x509.InvalidVersion)
    their = (x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
    # Of a passphrase that is missing or not needed cryptography says TypeError.
    return isinstance(error, own + their) or "assword was" in str(error)


REFUSED = "refused"


def answers(load, ask, data, name):
    """{question: answer}; None if it is not loaded."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = load(data, name)
        except Exception as error:
            if not refused(error):
                raise
            return None
        for question, get in ask(loaded).items():
            try:
                found[question] = get()
            except Exception as error:
                if not refused(error):
                    raise
                found[question] = REFUSED
    return found


def compare(name, kind):
    """[(question, who has an answer)] of all that differs; None if neither of us loads it."""
    data = everything()[name]
    our_load, their_load, our_ask, their_ask = kind
    mine = answers(our_load, our_ask, data, name)
    theirs = answers(their_load, their_ask, data, name)
    if mine is None and theirs is None:
        return None
    if mine is None or theirs is None:
        return [("loads", "they" if mine is None else "we")]
    assert mine.keys() == theirs.keys()
    return [
        (question, who_answers(mine[question], theirs[question]))
        for question in mine
        if mine[question] != theirs[question]
    ]


def who_answers(mine, theirs):
    return "they" if mine == REFUSED else "we" if theirs == REFUSED else "both"


def form_of(data):
    return "pem" if b"-----BEGIN " in data else "der"


def compare_all(names):
    """(how many of each kind were loaded by us or them, {(kind, name, question, who)})"""
    loaded, different = Counter(), set()
    for name in names:
        for kind, how in KINDS[form_of(everything()[name])].items():
            found = compare(name, how)
            if found is not None:
                loaded[kind] += 1
                different |= {(kind, name, *difference) for difference in found}
    return loaded, different


# ---- the table ----


def covered(row):
    """What a row says of: {(kind, name, question, who)}."""
    kinds, questions, who, _, files, *_ = row
    return {
        (kind, name, question, who)
        for kind in kinds.split(", ")
        for name in files.split()
        for question in questions.split(", ")
    }


def is_true(row, different):
    """Whether each file of a row shows what the row says, and each kind is needed."""
    kinds, questions, _, _, files, *_ = row
    shown = covered(row) & different
    wanted = {(name, question) for name in files.split() for question in questions.split(", ")}
    return wanted == {(name, question) for _, name, question, _ in shown} and set(
        kinds.split(", ")
    ) == {kind for kind, *_ in shown}


def is_of_this_version(row):
    lib = support.libcrypto
    version = lib.OPENSSL_version_major(), lib.OPENSSL_version_minor()
    return len(row) == 5 or row[5] <= version < row[6]


def judge(different, rows):
    """(the differences that no row explains, the rows that do not hold)"""
    rows = list(filter(is_of_this_version, rows))
    unexplained = different.difference(*map(covered, rows))
    return sorted(unexplained), [row for row in rows if not is_true(row, different)]


# ---- the tests ----

CONTAINERS = [name for name in everything() if name.startswith(PKITS + "pkcs12/")]


@pytest.fixture(scope="module")
def compared():
    """The comparison of all, but of NIST's many containers a few and those in the table:
    cryptography takes 20 ms to check the key in each."""
    told = " ".join(row[4] for row in DIFFERENCES)
    late = {name for name in CONTAINERS[10:] if name not in told}
    return compare_all(name for name in everything() if name not in late)


def test_every_difference_is_told(compared):
    assert judge(compared[1], DIFFERENCES) == ([], [])


@pytest.mark.parametrize(
    "kind, count",
    [
        ("certificate", 893),
        ("list", 198),
        ("request", 26),
        ("private key", 120),
        ("public key", 58),
        ("pkcs7", 231),
        ("pkcs12", 41),
    ],
)
def test_so_many_are_read(compared, kind, count):
    assert compared[0][kind] >= count


def test_a_difference_that_is_not_told_is_seen(compared):
    for row in DIFFERENCES:
        if is_of_this_version(row):
            unexplained, _ = judge(compared[1], [each for each in DIFFERENCES if each is not row])
            assert set(unexplained) == covered(row) & compared[1]


def test_a_row_that_is_not_true_is_seen(compared):
    """One file too many, another question, another kind, another answer: each is an error."""
    kinds, questions, who, why, files = DIFFERENCES[0]
    for wrong in [
        (kinds, questions, who, why, files + " x509/cryptography.io.pem"),
        (kinds, questions + ", serial", who, why, files),
        (kinds + ", list", questions, who, why, files),
        (kinds, questions, "they", why, files),
    ]:
        assert judge(compared[1], [*DIFFERENCES, wrong]) == ([], [wrong])


def test_nists_containers():
    """We read every one, and the certificate in it is the one that lies beside it."""
    assert len(CONTAINERS) == 405
    told = " ".join(row[4] for row in DIFFERENCES)
    for name in CONTAINERS:
        container = crypto.load_pkcs12(everything()[name], b"password")
        found = our_container(container)
        alone = name.replace("pkcs12/", "certs/").replace(".p12", ".crt")
        if name in told:  # its key lacks what is needed to find the certificate to it
            assert everything()[alone] in found["authorities"](), name
            continue
        assert found["certificate"]() == everything()[alone], name
        cert = container.get_certificate()
        key = our_key(container.get_privatekey)["key"]
        assert key() == our_key(cert.get_pubkey)["key"](), name
        assert container.get_friendlyname() is not None, name


@pytest.mark.slow
def test_all_of_nists_containers():
    told = [row for row in DIFFERENCES if PKITS + "pkcs12/" in row[4]]
    loaded, different = compare_all(CONTAINERS)
    assert judge(different, told) == ([], [])
    assert loaded["pkcs12"] == 405
