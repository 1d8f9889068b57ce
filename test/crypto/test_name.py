"""Distinguished names: fields, views, comparisons."""

import copy
import gc
import pickle
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import support
from OpenSSL import crypto

NO_MEMORY = 0xC0100  # an error's reason when an allocation failed


def fresh(**fields):
    name = crypto.X509().get_subject()
    for field, value in fields.items():
        setattr(name, field, value)
    return crypto.X509Name(name)


def through_a_certificate(name, old=b"", new=b""):
    """The name as it is read from a certificate in which *old* was made *new*."""
    key = support.pki().ec_ca.pkey()
    cert = crypto.X509()
    cert.set_subject(name)
    cert.set_notBefore(b"20200101000000Z")
    cert.set_notAfter(b"20491231235959Z")
    cert.set_pubkey(key)
    cert.sign(key, "sha256")
    der = crypto.dump_certificate(crypto.FILETYPE_ASN1, cert)
    assert len(old) == len(new) and (not old or der.count(old) == 1)
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der.replace(old, new)).get_subject()


class TestFields:
    @pytest.mark.parametrize(
        "short, long",
        [
            ("C", "countryName"),
            ("ST", "stateOrProvinceName"),
            ("L", "localityName"),
            ("O", "organizationName"),
            ("OU", "organizationalUnitName"),
            ("CN", "commonName"),
            ("emailAddress", "emailAddress"),
            ("serialNumber", "serialNumber"),
        ],
    )
    def test_short_and_long(self, short, long):
        name = fresh()
        assert getattr(name, short) is None
        setattr(name, short, "de")
        assert getattr(name, long) == "de"
        setattr(name, long, "fr")
        assert getattr(name, short) == "fr"

    def test_by_number(self):
        name = fresh(CN="x")
        assert getattr(name, "2.5.4.3") == "x"

    @pytest.mark.parametrize(
        "field", ["foobar", "cn", "no such thing", "1.2.3.4.5", "", "CN\0", "\udc80", "x" * 10000]
    )
    def test_unknown(self, field):
        name = fresh()
        with pytest.raises(AttributeError):
            getattr(name, field)
        with pytest.raises(AttributeError):
            setattr(name, field, None)  # the name is looked at first

    def test_values(self):
        name = fresh()
        name.CN = b"bytes"
        assert name.CN == "bytes"
        name.CN = "\u20ac"
        assert name.CN == "\u20ac"
        name.CN = "a\0b"
        assert name.CN == "a\0b"
        assert crypto.X509Name(name).der().endswith(b"\x0c\x03a\0b")
        assert name.get_components() == [(b"CN", b"a\0b")]

    @pytest.mark.parametrize(
        "field, value, error",
        [
            ("O", "x" * 65, crypto.Error),
            ("CN", "", crypto.Error),
            ("C", "deu", crypto.Error),
            ("CN", b"\xff", crypto.Error),
            ("emailAddress", "\xe9", crypto.Error),
            ("CN", None, TypeError),
            ("CN", 1, TypeError),
            ("CN", object(), TypeError),
            ("CN", "\udc80", UnicodeEncodeError),
        ],
    )
    def test_refused_and_the_old_value_stays(self, field, value, error):
        name = fresh(**{field: "de"})
        before = name.der()
        with pytest.raises(error):
            setattr(name, field, value)
        assert name.der() == before

    def test_deleting(self):
        name = fresh(CN="x")
        with pytest.raises(AttributeError):
            del name.CN
        assert name.CN == "x"

    def test_a_new_value_goes_to_the_end(self):
        name = fresh(CN="one", O="two")
        name.CN = "three"
        assert name.get_components() == [(b"O", b"two"), (b"CN", b"three")]

    def test_no_other_goes(self):
        name = fresh(C="DE", CN="one", O="two")
        name.CN = "three"
        assert name.get_components() == [(b"C", b"DE"), (b"O", b"two"), (b"CN", b"three")]

    def test_only_the_first_of_several(self):
        cert = support.ca("/CN=one/OU=a/OU=b/OU=c").x509()
        name = cert.get_subject()
        assert name.OU == "a"
        name.OU = "d"
        assert [value for field, value in name.get_components() if field == b"OU"] == [
            b"b",
            b"c",
            b"d",
        ]

    def test_private_attributes(self):
        name = fresh(CN="x")
        name._mine = 1
        assert name._mine == 1
        assert name._name
        assert not hasattr(name, "__len__")

    def test_what_is_no_string(self):
        name = fresh(CN="x")
        for wrong in (30, None, b"CN", ("CN",)):
            with pytest.raises(TypeError):
                name.__setattr__(wrong, "y")
            with pytest.raises(TypeError):
                name.__delattr__(wrong)
            with pytest.raises(TypeError):
                name.__getattribute__(wrong)
        assert name.CN == "x"

    def test_a_subclass_with_a_getattr_of_its_own(self):
        short = {"town": "L", "nothing": "foobar"}

        class Mine(crypto.X509Name):
            def __getattr__(self, attribute):
                return super().__getattr__(short.get(attribute, attribute))

        name = Mine(fresh(CN="x", L="Town"))
        assert (name.CN, name.town) == ("x", "Town")
        with pytest.raises(AttributeError, match="foobar"):
            name.nothing
        for wrong in ("hash", "_x", "\udc80", None, 5):
            with pytest.raises(AttributeError):
                fresh().__getattr__(wrong)

    def test_a_subclass_comes_first(self):
        class Mine(crypto.X509Name):
            OU = "the class's"

            @property
            def title(self):
                raise AttributeError("none today")

            @property
            def initials(self):
                raise LookupError("of its own")

            def surname(self):
                return "a method"

        name = Mine(fresh(CN="x", OU="the name's", title="Dr", initials="X"))
        with pytest.raises(LookupError, match="of its own"):
            name.initials
        assert (name.CN, name.OU, name.surname()) == ("x", "the class's", "a method")
        assert name.title == "Dr"  # as __getattr__ would be asked then
        assert name.__getattr__("title") == name.__getattr__("2.5.4.12") == "Dr"
        with pytest.raises(AttributeError):
            name.foobar

    @pytest.mark.parametrize(
        "encoding, text",
        [
            ("1e04 20ac 00e9", "\u20ac\xe9"),  # BMPString
            ("1404 e9 61 62 63", "\xe9abc"),  # T61String, read as Latin-1
            ("1c04 0001f600", "\U0001f600"),  # UniversalString
            ("1304 61 62 63 64", "abcd"),  # PrintableString
            ("1604 61 00 62 63", "a\0bc"),  # IA5String
        ],
    )
    def test_every_kind_of_string(self, encoding, text):
        encoding = bytes.fromhex(encoding)
        name = through_a_certificate(fresh(CN="1234"), b"\x0c\x041234", encoding)
        assert name.CN == text
        assert name.get_components() == [(b"CN", encoding[2:])]
        assert encoding in name.der()

    @pytest.mark.parametrize("encoding", ["0c04 ff 61 62 63", "1e03 61 62 63"])
    def test_broken_strings_are_not_read_at_all(self, encoding):
        new = bytes.fromhex(encoding)
        old = b"\x0c" + bytes([len(new) - 2]) + b"1234"[: len(new) - 2]
        with pytest.raises(crypto.Error):
            through_a_certificate(fresh(CN=old[2:]), old, new)
        assert support.queued_errors() == []

    @given(
        st.dictionaries(
            st.sampled_from(["CN", "O", "OU", "title", "pseudonym", "L", "ST"]),
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64),
            max_size=7,
        )
    )
    def test_any_text_through_the_encoding(self, fields):
        name = fresh(**fields)
        again = through_a_certificate(name)
        assert again.der() == name.der() and again == name and again.hash() == name.hash()
        for field, value in fields.items():
            assert getattr(again, field) == value
        values = [value.decode() for _, value in again.get_components()]
        assert values == list(fields.values())

    @given(st.binary(min_size=1, max_size=80))
    def test_any_bytes(self, value):
        name = fresh(CN="old")
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = None
        if text is None or len(text) > 64:
            with pytest.raises(crypto.Error):
                name.CN = value
            assert name.CN == "old"
        else:
            name.CN = value
            assert name.CN == text

    def test_nobody_elses_errors(self):
        name = fresh(CN="x")
        support.push_error()
        with pytest.raises(crypto.Error) as caught:
            name.C = "too long"
        assert caught.value.args[0][0][2] == "string too long"
        support.push_error(reason=NO_MEMORY)
        with pytest.raises(AttributeError):
            name.foobar
        assert support.queued_errors() == []


class TestMethods:
    def test_der(self):
        name = fresh(C="US", CN="foo")
        assert name.der() == bytes.fromhex(
            "301b310b3009060355040613025553310c300a06035504030c03666f6f"
        )

    def test_hash(self, pki):
        cert = pki.ca.x509()
        number = int(support.openssl("x509", "-noout", "-subject_hash", stdin=pki.ca.cert_pem), 16)
        assert cert.get_subject().hash() == cert.subject_name_hash() == number
        assert fresh(CN="a").hash() != fresh(CN="b").hash()

    def test_components(self):
        assert fresh().get_components() == []
        assert fresh(C="US", CN="\xe9").get_components() == [(b"C", b"US"), (b"CN", b"\xc3\xa9")]

    def test_a_component_of_nothing(self):
        """A bit string without a bit, for which OpenSSL has no place at all."""
        name = through_a_certificate(fresh(CN="A"), b"\x0c\x01A", b"\x03\x01\x00")
        assert name.get_components() == [(b"CN", b"")]

    def test_repr(self):
        assert (
            repr(fresh(emailAddress="bar", CN="foo\n"))
            == "<X509Name object '/emailAddress=bar/CN=foo\\x0A'>"
        )
        name = fresh()
        for field in ("CN", "O", "OU", "L", "ST", "title", "surname", "givenName"):
            setattr(name, field, "\x01" * 60)
        assert len(repr(name)) > 8 * 60 * 4

    def test_no_arguments(self):
        for name in ("hash", "der", "get_components"):
            with pytest.raises(TypeError):
                getattr(fresh(), name)(1)


class TestCompare:
    def test_equal(self):
        assert fresh(CN="Foo") == fresh(CN="foo")
        assert fresh(CN="a  b") == fresh(CN="a b")
        assert not fresh(CN="Foo") != fresh(CN="foo")
        assert fresh(CN="foo") != fresh(CN="bar")
        assert fresh(CN="foo", O="x") != fresh(O="x", CN="foo")

    def test_order(self):
        small, large = sorted([fresh(CN="a"), fresh(CN="b")])
        assert small < large and small <= large and large > small and large >= small
        assert small <= small and small >= small and not small < small

    def test_with_others(self):
        name = fresh()
        assert name != object() and not name == "x"
        for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
            assert getattr(name, compare)(1) is NotImplemented
        with pytest.raises(TypeError):
            name < 1

        class Equal:
            def __eq__(self, other):
                return "asked"

        assert (name == Equal()) == "asked"

    def test_unhashable(self):
        with pytest.raises(TypeError):
            hash(fresh())


class TestCopies:
    def test_independent(self):
        one = fresh(CN="one")
        two = crypto.X509Name(name=one)
        two.CN = "two"
        one.O = "x"
        assert (one.CN, two.CN, two.O) == ("one", "two", None)

    @pytest.mark.parametrize("wrong", [None, 1, "x", crypto.X509()])
    def test_wrong_argument(self, wrong):
        with pytest.raises(TypeError, match="name"):
            crypto.X509Name(wrong)

    def test_wrong_calls(self):
        for args in ((), (fresh(), 1)):
            with pytest.raises(TypeError):
                crypto.X509Name(*args)

    def test_init_again(self):
        name, other = fresh(CN="x"), fresh(CN="y")
        name.__init__(other)
        assert name.CN == "y"
        view = crypto.X509().get_subject()
        with pytest.raises(ValueError):
            view.__init__(other)

    def test_without_init(self):
        name = crypto.X509Name.__new__(crypto.X509Name)
        for call in (
            name.der,
            name.hash,
            name.get_components,
            lambda: name.CN,
            lambda: repr(name),
            lambda: setattr(name, "CN", "x"),
            lambda: name == fresh(),
            lambda: name._name,
            lambda: crypto.X509Name(name),
            lambda: crypto.X509().set_subject(name),
        ):
            with pytest.raises(ValueError):
                call()

    def test_no_other_copies(self):
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises((TypeError, AttributeError)):
                duplicate(fresh())

    def test_type(self):
        assert crypto.X509NameType is crypto.X509Name

        class Mine(crypto.X509Name):
            pass

        assert Mine(fresh(CN="x")).CN == "x"


class TestViews:
    def test_write_through(self):
        cert = crypto.X509()
        cert.get_subject().CN = "subject"
        cert.get_issuer().CN = "issuer"
        assert (cert.get_subject().CN, cert.get_issuer().CN) == ("subject", "issuer")
        text = crypto.dump_certificate(crypto.FILETYPE_TEXT, cert)
        assert b"subject" in text and b"issuer" in text

    def test_two_views_are_one_name(self):
        cert = crypto.X509()
        one, two = cert.get_subject(), cert.get_subject()
        one.CN = "x"
        assert two.CN == "x"

    def test_keeps_the_certificate(self):
        cert = crypto.X509()
        view, reference = cert.get_subject(), weakref.ref(cert)
        view.CN = "kept"
        del cert
        gc.collect()
        assert view.CN == "kept"
        view.O = "written"
        assert view.O == "written"
        del view
        assert reference() is None

    def test_shows_a_new_subject(self):
        cert = crypto.X509()
        view = cert.get_subject()
        view.CN = "old"
        cert.set_subject(fresh(CN="new"))
        assert view.CN == "new"
        view.CN = "newer"
        assert cert.get_subject().CN == "newer"

    def test_set_to_itself(self):
        cert = crypto.X509()
        cert.get_subject().CN = "x"
        cert.set_subject(cert.get_subject())
        cert.set_issuer(cert.get_subject())
        assert cert.get_subject().CN == cert.get_issuer().CN == "x"

    def test_compared_both_ways_at_once(self):
        one, other = crypto.X509().get_subject(), crypto.X509().get_subject()
        one.CN = other.CN = "same"

        def compare(left, right):
            for _ in range(2000):
                assert left == right and left == left
                left.O = "x"
                right.O = "x"

        support.run_together(lambda: compare(one, other), lambda: compare(other, one))

    def test_many_threads(self):
        cert = crypto.X509()
        view = cert.get_subject()
        view.CN = "start"
        stop = threading.Event()

        def write():
            for i in range(500):
                view.CN = f"name {i}"
                cert.set_issuer(view)

        def read():
            while not stop.is_set():
                view.CN, view.der(), repr(view), view == cert.get_issuer(), cert.get_subject().O

        with support.Threads() as threads:
            for _ in range(2):
                threads.start(read)
            support.run_together(write, write)
            stop.set()
        assert view.CN == "name 499"
