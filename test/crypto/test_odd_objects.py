"""Objects in odd states, as self and as every argument: an exception at most, and never a crash."""

import copy
import datetime
import gc
import inspect
import itertools
import pickle
import random

import pytest

import support
from OpenSSL import crypto

PEM, ASN1 = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1

CLASSES = [
    *(crypto.X509, crypto.X509Name, crypto.X509Req, crypto.X509Extension, crypto.CRL),
    *(crypto.Revoked, crypto.PKey, crypto.PKCS12, crypto.NetscapeSPKI, crypto.X509Store),
    crypto.X509StoreContext,
]
ALLOWED = (
    *(crypto.Error, crypto.X509StoreContextError, ValueError, TypeError, IndexError),
    *(OverflowError, AttributeError),
)
LEFT_OUT = {
    *("to_cryptography", "to_cryptography_key", "from_cryptography", "from_cryptography_key"),
    "generate_key",  # an odd size may take minutes
}


def without_init(cls):
    """A subclass that does not call what it overrides."""

    class Careless(cls):
        def __init__(self, *args, **kwargs):
            pass

    return Careless()


def half_made(cls):
    """Objects that nobody has made, or has filled."""
    made = [cls.__new__(cls), without_init(cls)]
    try:
        made.append(cls())
    except TypeError:
        pass
    return made


def complete():
    """{class: objects with everything in them}"""
    pki = support.pki()
    cert, key = pki.ec_server.x509(), pki.ec_server.pkey()
    store = crypto.X509Store()
    store.add_cert(pki.ec_ca.x509())
    request = crypto.X509Req()
    request.set_pubkey(key)
    request.sign(key, "sha256")
    revoked = crypto.Revoked()
    revoked.set_rev_date(b"20240229123000Z")
    crl = crypto.CRL()
    crl.add_revoked(revoked)
    crl.export(pki.ec_ca.x509(), pki.ec_ca.pkey())
    p12 = crypto.PKCS12()
    p12.set_certificate(cert)
    p12.set_privatekey(key)
    spki = crypto.NetscapeSPKI()
    spki.set_pubkey(key)
    spki.sign(key, "sha256")
    return {
        crypto.X509: [cert],
        crypto.X509Name: [cert.get_subject(), crypto.X509Name(cert.get_issuer())],
        crypto.X509Req: [request],
        crypto.X509Extension: [cert.get_extension(0)],
        crypto.CRL: [crl],
        crypto.Revoked: [revoked],
        crypto.PKey: [key, cert.get_pubkey()],
        crypto.PKCS12: [p12],
        crypto.NetscapeSPKI: [spki],
        crypto.X509Store: [store],
        crypto.X509StoreContext: [crypto.X509StoreContext(store, cert)],
    }


def odd_values():
    """Arguments: each class's odd objects, and what is no object of ours."""
    objects = [one for cls in CLASSES for one in half_made(cls)]
    objects += [one for many in complete().values() for one in many]
    return objects + [
        *(None, True, 0, -1, 1, 2**31, 2**63, 2**70, -(2**63) - 1, 1.5, float("nan")),
        *(b"", b"x", b"\0", b"sha256", b"20240229123000Z", b"a" * 10000, bytearray(b"x")),
        *("", "x", "\0", "sha256", "\udc80", "\u540d", "a" * 10000),
        *((), [], [None], {}, set(), object(), object, len, crypto, iter([1])),
        *(memoryview(b"x"), memoryview(b"abcd")[::2], datetime.datetime.max, range(3)),
        lambda *args: b"x",
    ]


def parameters(function):
    """(fewest, most) positional arguments; of those that do not say, up to two."""
    try:
        known = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return 0, 2
    needed = [one for one in known if one.default is one.empty]
    return len(needed), len(known)


def attempts(function, values, chance):
    """Argument lists: each value in each place once, and some mixtures."""
    fewest, most = parameters(function)
    for count in range(fewest, most + 1):
        if count == 0:
            yield ()
        elif count == 1:
            yield from ((value,) for value in values)
        else:
            for value in values:
                yield (value,) * count
            for _ in range(60):
                yield tuple(chance.choice(values) for _ in range(count))


def try_all(function, values, chance):
    for args in attempts(function, values, chance):
        try:
            function(*args)
        except ALLOWED as error:
            assert not isinstance(error, crypto.Error) or error.args[0]


def members(thing):
    for name in dir(type(thing)):
        if name not in LEFT_OUT and (not name.startswith("__") or name in ("__init__", "__eq__")):
            yield name


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.__name__)
def cls(request):
    return request.param


@pytest.mark.filterwarnings("ignore:str for")
class TestEveryMethod:
    def test_of_half_made_objects(self, cls):
        chance, values = random.Random(cls.__name__), odd_values()
        for number in range(len(half_made(cls))):
            for name in members(half_made(cls)[number]):
                try:
                    member = getattr(half_made(cls)[number], name)
                except ALLOWED:
                    continue
                if callable(member):
                    try_all(member, values, chance)

    def test_of_complete_objects(self, cls):
        chance, values = random.Random(cls.__name__), odd_values()
        for number, thing in enumerate(complete()[cls]):
            for name in members(thing):
                member = getattr(complete()[cls][number], name)
                if callable(member):
                    try_all(member, values, chance)

    def test_plain_questions_to_half_made_objects(self, cls):
        for thing in half_made(cls):
            for question in (repr, str, hash, bool, dir, vars, len, iter, abs, list):
                try:
                    question(thing)
                except ALLOWED:
                    pass
            for other in (thing, 1, half_made(cls)[0]):
                try:
                    thing == other, thing != other
                except ValueError as error:
                    assert "initialized" in str(error)
            thing._attribute = 1  # of a name, others are its fields
            assert thing._attribute == 1


@pytest.mark.filterwarnings("ignore:str for")
class TestEveryFunction:
    @pytest.mark.parametrize(
        "name",
        [
            name
            for name, member in inspect.getmembers(crypto, inspect.isbuiltin)
            if not name.startswith("_")
        ],
    )
    def test_arguments(self, name):
        try_all(getattr(crypto, name), odd_values(), random.Random(name))


class TestConstructors:
    def test_arguments(self, cls):
        try_all(cls, odd_values(), random.Random(cls.__name__))

    def test_again(self, cls):
        """With a view, an owner or a user alive."""
        for things in (complete()[cls], half_made(cls)):
            for thing in things:
                views = [
                    getattr(thing, name)()
                    for name in ("get_subject", "get_issuer")
                    if hasattr(thing, name)
                ]
                for args in ((), (None,), (thing,), (1, 2), (b"x", 0, b"y")):
                    try:
                        thing.__init__(*args)
                    except ALLOWED:
                        pass
                for view in views:
                    repr(view), view.der(), view.CN

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, cls, duplicate):
        for thing in [*complete()[cls], *half_made(cls)]:
            with pytest.raises(TypeError):
                duplicate(thing)

    def test_subclass_with_a_careless_init(self, cls):
        """What needs no arguments is whole; the others say what is missing."""
        thing = without_init(cls)
        needs = {
            *(crypto.X509Name, crypto.X509Extension, crypto.X509StoreContext),
        }
        question = {
            crypto.X509: lambda: thing.set_version(2),
            crypto.X509Req: lambda: thing.set_version(0),
            crypto.CRL: lambda: thing.set_version(1),
            crypto.Revoked: lambda: thing.set_serial(b"1"),
            crypto.PKey: lambda: thing.generate_key(crypto.TYPE_RSA, 512),
            crypto.PKCS12: lambda: thing.set_friendlyname(b"x"),
            crypto.NetscapeSPKI: lambda: thing.set_pubkey(support.pki().ec_server.pkey()),
            crypto.X509Store: lambda: thing.set_flags(0),
            crypto.X509Name: lambda: thing.CN,
            crypto.X509Extension: lambda: thing.get_data(),
            crypto.X509StoreContext: lambda: thing.verify_certificate(),
        }[cls]
        if cls in needs:
            with pytest.raises((ValueError, crypto.Error)):
                question()
        else:
            assert question() is None


class TestIdentity:
    def test_equality_and_hash(self, cls):
        """An object is equal to itself alone; names by what they say, and they have no hash."""
        one, other = complete()[cls][0], complete()[cls][0]
        assert one == one and not one != one
        assert one != str(one) and one != 1 and one is not None and one != object()
        if cls is crypto.X509Name:
            assert one == other
            with pytest.raises(TypeError):
                hash(one)
        else:
            assert one != other and len({one, other, one}) == 2
        with pytest.raises(TypeError):
            one < "x"
        assert ("x" == one) is False


class TestOwners:
    """What is handed out outlives who handed it out."""

    def test_views(self):
        things = complete()
        cert, request = things[crypto.X509][0], things[crypto.X509Req][0]
        crl, p12 = things[crypto.CRL][0], things[crypto.PKCS12][0]
        kept = [
            *(cert.get_subject(), cert.get_issuer(), cert.get_pubkey(), cert.get_extension(0)),
            *(request.get_subject(), request.get_pubkey(), crl.get_issuer(), *crl.get_revoked()),
            *(p12.get_certificate(), p12.get_privatekey()),
        ]
        del things, cert, request, crl, p12
        gc.collect()
        for thing in kept:
            for name in members(thing):
                member = getattr(thing, name)
                if callable(member):
                    try:
                        member()
                    except ALLOWED:
                        pass


class TestAttributes:
    """Odd names, of which only an AttributeError, a ValueError or a TypeError may come."""

    NAMES = [
        *(
            "",
            "x",
            "CN\0",
            "a" * 10000,
            "1.2.3",
            "2.5.4.3",
            "2.5.4.",
            ".",
            "..1",
            "\udc80",
            "\u540d",
        ),
        *("9.9.9.9", "1." * 500, "__len__", "__class_getitem__", "_x", "-1", " CN", "cn"),
    ]

    @pytest.mark.parametrize("name", NAMES)
    def test_names(self, cls, name):
        for thing in [*complete()[cls], *half_made(cls)]:
            for question in (getattr, hasattr, delattr):
                try:
                    question(thing, name)
                except ALLOWED:
                    pass
            try:
                setattr(thing, name, "value")
            except ALLOWED:
                pass

    def test_no_names(self, cls):
        for thing, name in itertools.product(complete()[cls], [None, 1, b"CN", object()]):
            with pytest.raises(TypeError):
                setattr(thing, name, "value")
            with pytest.raises(TypeError):
                getattr(thing, name)
