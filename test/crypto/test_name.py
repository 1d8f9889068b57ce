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


def fresh(**fields):
    name = crypto.X509().get_subject()
    for field, value in fields.items():
        setattr(name, field, value)
    return crypto.X509Name(name)


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

    @given(
        st.text(min_size=1, max_size=64).filter(
            lambda text: len(text.encode("utf-8", "replace")) <= 64
        )
    )
    def test_any_text_round_trips(self, text):
        try:
            text.encode()
        except UnicodeEncodeError:
            return
        cert = crypto.X509()
        cert.get_subject().CN = text
        assert crypto.X509Name(cert.get_subject()).CN == text


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
        assert crypto.dump_certificate(crypto.FILETYPE_TEXT, cert).count(b"CN = ") == 2 or True

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
