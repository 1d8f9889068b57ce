"""Bytes from strangers: loaders refuse what is broken, and what loads can be asked anything."""

import base64
import functools
import inspect
import mmap
import random

import pytest

import support
from OpenSSL import crypto

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT
SEEDS = 100  # in every run; the slow test has more


def to_pem(label, der):
    body = base64.encodebytes(der)
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label, body, label)


# ---- one good sample of each kind ----


def certificate():
    return support.pki().deep.cert_der


def request():
    req = crypto.X509Req()
    key = support.pki().ec_server.pkey()
    req.set_pubkey(key)
    req.get_subject().CN = "asked for"
    req.add_extensions([crypto.X509Extension(b"subjectAltName", False, b"DNS:a, IP:192.0.2.1")])
    req.sign(key, "sha256")
    return crypto.dump_certificate_request(ASN1, req)


def revocations():
    crl = crypto.CRL()
    for number, reason in enumerate(crypto.Revoked().all_reasons()):
        revoked = crypto.Revoked()
        revoked.set_serial(b"%x" % number)
        revoked.set_rev_date(b"20240229123000Z")
        revoked.set_reason(reason)
        crl.add_revoked(revoked)
    authority = support.pki().ec_ca
    return crl.export(authority.x509(), authority.pkey(), ASN1)


def private_key():
    return crypto.dump_privatekey(ASN1, support.pki().ec_server.pkey())


def public_key():
    return crypto.dump_publickey(ASN1, support.pki().server.pkey())


def signed_message():
    server = support.pki().server
    signer = ("-signer", server.cert_path, "-inkey", server.key_path)
    return support.openssl("smime", "-sign", *signer, "-outform", "DER", stdin=b"hello\n")


def container():
    p12 = crypto.PKCS12()
    p12.set_certificate(support.pki().ec_server.x509())
    p12.set_privatekey(support.pki().ec_server.pkey())
    p12.set_ca_certificates([support.pki().ec_ca.x509()])
    p12.set_friendlyname(b"a name")
    return p12.export(b"pw", 1, 1)


def spki():
    made = crypto.NetscapeSPKI()
    key = support.pki().ec_server.pkey()
    made.set_pubkey(key)
    made.sign(key, "sha256")
    return base64.b64decode(made.b64_encode())


def of_type(load, label):
    """{form: loader} and the label of a kind that is PEM or DER."""
    return {PEM: functools.partial(load, PEM), ASN1: functools.partial(load, ASN1)}, label


KINDS = {
    "certificate": (certificate, *of_type(crypto.load_certificate, b"CERTIFICATE")),
    "request": (request, *of_type(crypto.load_certificate_request, b"CERTIFICATE REQUEST")),
    "list": (revocations, *of_type(crypto.load_crl, b"X509 CRL")),
    "private key": (private_key, *of_type(crypto.load_privatekey, b"EC PRIVATE KEY")),
    "public key": (public_key, *of_type(crypto.load_publickey, b"PUBLIC KEY")),
    "PKCS 7": (signed_message, *of_type(crypto.load_pkcs7_data, b"PKCS7")),
    "PKCS 12": (container, {ASN1: lambda data: crypto.load_pkcs12(data, b"pw")}, None),
    "SPKI": (spki, {ASN1: lambda data: crypto.NetscapeSPKI(base64.b64encode(data))}, None),
}
sample = functools.cache(lambda kind: KINDS[kind][0]())

DUMPS = {
    crypto.X509: crypto.dump_certificate,
    crypto.X509Req: crypto.dump_certificate_request,
    crypto.CRL: crypto.dump_crl,
    crypto.PKey: crypto.dump_privatekey,
}
# Not asked for their answer: this one would ask another library.
LEFT_OUT = ("to_cryptography", "to_cryptography_key")


def allowed(error):
    """What a broken object may answer with; an Error says something."""
    if isinstance(error, crypto.Error):
        assert error.args and error.args[0]
    else:
        assert isinstance(error, (ValueError, TypeError, IndexError)), error


def ask(question, *args):
    try:
        return question(*args)
    except Exception as error:
        allowed(error)


def poke(thing, depth=0):
    """Ask an object everything that can be asked, and what comes out of it too."""
    if depth > 3:
        return
    if isinstance(thing, (list, tuple)):
        for one in thing[:5]:
            poke(one, depth)
    if not type(thing).__module__.startswith("OpenSSL"):
        return
    for name in dir(type(thing)):
        if name.startswith("_") or name in LEFT_OUT:
            continue
        member = getattr(thing, name)
        if callable(member):
            poke(ask(member), depth + 1)
    ask(str, thing)
    ask(repr, thing)
    if isinstance(thing, crypto.X509Name):
        for field in ("CN", "O", "emailAddress", "2.5.4.5"):
            ask(getattr, thing, field)
    if isinstance(thing, crypto.X509):
        for index in range(min(thing.get_extension_count(), 20)):
            poke(ask(thing.get_extension, index), depth + 1)
        ask(thing.digest, "sha256")
        ask(crypto.verify, thing, b"signature", b"data", "sha256")
        ask(crypto.X509Store().add_cert, thing)
    if isinstance(thing, crypto.CRL):
        ask(crypto.X509Store().add_crl, thing)
    if isinstance(thing, (crypto.X509Req, crypto.NetscapeSPKI)):
        ask(thing.verify, ask(thing.get_pubkey) or crypto.PKey())
    if isinstance(thing, crypto.PKey):
        ask(crypto.dump_publickey, PEM, thing)
        ask(crypto.sign, thing, b"data", "sha256")
    for form in (PEM, ASN1, TEXT):
        ask(DUMPS.get(type(thing), str), *((form, thing) if type(thing) in DUMPS else (thing,)))


def loads(load, data):
    """What is in some bytes; None if they are refused, with a reason."""
    try:
        return load(data)
    except crypto.Error as error:
        assert error.args[0]
        assert all(len(entry) == 3 for entry in error.args[0])
    return None


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


class TestCut:
    """At every length."""

    def test_der(self, kind):
        der = sample(kind)
        load = KINDS[kind][1][ASN1]
        assert loads(load, der) is not None
        step = 1 if kind != "PKCS 7" else 5  # it has certificates inside
        for size in range(0, len(der), step):
            assert loads(load, der[:size]) is None

    def test_pem(self, kind):
        _, forms, label = KINDS[kind]
        if PEM in forms:
            pem = to_pem(label, sample(kind))
            assert loads(forms[PEM], pem) is not None
            for size in range(0, len(pem) - len(label) - 20, 3):
                assert loads(forms[PEM], pem[:size]) is None

    def test_base64(self):
        text = base64.b64encode(sample("SPKI"))
        for size in range(len(text)):
            assert loads(crypto.NetscapeSPKI, text[:size]) is None


def flipped(data, seed):
    """One to eight bits of it are others."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) * 8)
        changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def try_flipped(kind, seeds):
    survived = 0
    for form, load in KINDS[kind][1].items():
        data = sample(kind) if form == ASN1 else to_pem(KINDS[kind][2], sample(kind))
        for seed in seeds:
            thing = loads(load, flipped(data, seed))
            if thing is not None:
                survived += 1
                poke(thing)
    return survived


class TestFlipped:
    def test_some(self, kind):
        survived = try_flipped(kind, range(SEEDS))
        assert survived > 0 or kind in ("PKCS 12", "SPKI", "private key")

    @pytest.mark.slow
    def test_many(self, kind):
        try_flipped(kind, range(SEEDS, 1500))


def nested(depth):
    """SEQUENCEs inside of each other, with the right lengths."""
    parts, size = [], 0
    for _ in range(depth):
        parts.append(b"\x30\x84" + size.to_bytes(4, "big"))
        size += 6
    return b"".join(reversed(parts))


SHAPES = {
    "nothing": b"",
    "one byte": b"\x30",
    "a length without an end": b"\x30\x80" * 5000,
    "nested": nested(3000),
    "longer than it is": b"\x30\x84\xff\xff\xff\xff" + bytes(100),
    "length of five bytes": b"\x30\x85\x01\x00\x00\x00\x00" + bytes(100),
    "length of eight bytes": b"\x30\x88" + b"\xff" * 8 + bytes(100),
    "127 bytes of length": b"\x30\xff" + b"\xff" * 127,
    "only zeros": bytes(10000),
    "only ones": b"\xff" * 10000,
    "endless tag": b"\x1f" + b"\xff" * 5000,
    "text": b"hello, world\n" * 100,
}


def armours(label, der):
    """PEM that is not as it should be: {what: bytes}."""
    good = to_pem(label, der)
    body = base64.encodebytes(der)
    head, tail = b"-----BEGIN %b-----\n" % label, b"-----END %b-----\n" % label
    info = b"Proc-Type: 4,ENCRYPTED\nDEK-Info: "
    return {
        "label of 100 kB": good.replace(label, b"A" * 100_000),
        "no end": head + body,
        "another end": head + body + b"-----END SOMETHING-----\n",
        "many beginnings": head * 5000,
        "encrypted, no information": head + b"Proc-Type: 4,ENCRYPTED\n\n" + body + tail,
        "encrypted, unknown cipher": head + info + b"NO-CIPHER,00\n\n" + body + tail,
        "encrypted, no vector": head + info + b"AES-128-CBC\n\n" + body + tail,
        "encrypted, short vector": head + info + b"AES-128-CBC,00\n\n" + body + tail,
        "encrypted, bad vector": head + info + b"AES-128-CBC,%b\n\n" % (b"z" * 32) + body + tail,
        "no base64": head + b"\0!$%&" * 100 + b"\n" + tail,
        "four megabytes of base64": head + (b"A" * 64 + b"\n") * 65536 + tail,
        "NULs": good.replace(b"\n", b"\0"),
        "NUL in the label": good.replace(label, label[:3] + b"\0" + label[3:]),
    }


class TestShapes:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_der(self, kind, shape):
        for load in KINDS[kind][1].values():
            assert loads(load, SHAPES[shape]) is None

    def test_pem(self, kind):
        _, forms, label = KINDS[kind]
        if PEM in forms:
            for what, pem in armours(label, sample(kind)).items():
                assert loads(forms[PEM], pem) is None, what

    def test_what_follows(self, kind):
        """Nobody looks at it, except that a container and an SPKI are one whole."""
        for tail in (b"\0", b"more", bytes(5000), sample(kind)):
            thing = loads(KINDS[kind][1][ASN1], sample(kind) + tail)
            assert thing is not None or kind == "SPKI"
            poke(thing)

    def test_shape_inside(self, kind):
        """A good beginning, and then one of the shapes."""
        der = sample(kind)
        for shape in SHAPES.values():
            thing = loads(KINDS[kind][1][ASN1], der[: len(der) // 2] + shape)
            if thing is not None:
                poke(thing)


class TestTypes:
    """What is no bytes, no type and no object: TypeError, or ValueError for a type."""

    @pytest.mark.parametrize("wrong", [None, 1, 1.5, object(), [], {}, crypto.X509, len])
    def test_data(self, kind, wrong):
        for form, load in KINDS[kind][1].items():
            if kind == "SPKI":
                load = crypto.NetscapeSPKI
                if wrong is None:
                    continue  # the same as nothing
            with pytest.raises(TypeError):
                load(wrong)

    @pytest.mark.parametrize("wrong", [None, 1, "x", b"x", object(), crypto.X509(), crypto.PKey])
    def test_setters_and_dumps(self, wrong):
        """Every method and function that wants objects of ours refuses others."""
        dumps = [dump for cls, dump in DUMPS.items() if not isinstance(wrong, cls)]
        questions = [
            *(functools.partial(dump, PEM) for dump in [*dumps, crypto.dump_publickey]),
            *(crypto.X509().set_pubkey, crypto.X509().set_subject, crypto.X509().set_issuer),
            *(crypto.X509Req().set_pubkey, crypto.X509Req().verify),
            *(crypto.NetscapeSPKI().set_pubkey, crypto.NetscapeSPKI().verify),
            *(crypto.CRL().add_revoked, crypto.X509Store().add_crl, crypto.X509Name),
            lambda value: crypto.X509().sign(value, "sha256"),
            lambda value: crypto.X509Req().sign(value, "sha256"),
            lambda value: crypto.NetscapeSPKI().sign(value, "sha256"),
            lambda value: crypto.CRL().sign(support.pki().ca.x509(), value, b"sha256"),
            lambda value: crypto.CRL().export(support.pki().ca.x509(), value),
            lambda value: crypto.sign(value, b"data", "sha256"),
        ]
        if not isinstance(wrong, crypto.X509):
            questions += [
                lambda value: crypto.verify(value, b"signature", b"data", "sha256"),
                lambda value: crypto.X509StoreContext(crypto.X509Store(), value),
                crypto.X509Store().add_cert,
            ]
            if wrong is not None:
                questions += [crypto.PKCS12().set_certificate, crypto.PKCS12().set_ca_certificates]
        if wrong is not None:
            questions.append(crypto.PKCS12().set_privatekey)
        for question in questions:
            with pytest.raises(TypeError):
                question(wrong)

    def test_two_gigabytes(self):
        """More than OpenSSL can take is refused at once, unread."""
        key, cert = support.pki().ec_server.pkey(), support.pki().ec_server.x509()
        loaders = [load for _, forms, _ in KINDS.values() for load in forms.values()]
        loaders.remove(KINDS["SPKI"][1][ASN1])  # takes no buffer
        with mmap.mmap(-1, 1 << 31) as area, memoryview(area) as view:
            for question in [
                *loaders,
                lambda data: crypto.sign(key, data, "sha256"),
                lambda data: crypto.verify(cert, b"signature", data, "sha256"),
                lambda data: crypto.verify(cert, data, b"data", "sha256"),
            ]:
                with pytest.raises(ValueError, match="too long"):
                    question(view)

    def test_all_loaders_are_here(self):
        known = {
            load.func
            for _, forms, _ in KINDS.values()
            for load in forms.values()
            if hasattr(load, "func")
        }
        loaders = {
            member for name, member in inspect.getmembers(crypto) if name.startswith("load_")
        }
        assert loaders - known == {crypto.load_pkcs12}
