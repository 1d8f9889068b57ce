"""Elliptic curves: names, identity, and that OpenSSL can use them."""

import copy
import pickle

import pytest

import support
from OpenSSL import crypto


class TestGetEllipticCurves:
    def test_the_same_objects_each_time(self):
        curves = crypto.get_elliptic_curves()
        assert isinstance(curves, set)
        assert {id(curve) for curve in curves} == {id(one) for one in crypto.get_elliptic_curves()}
        with pytest.raises(TypeError):
            crypto.get_elliptic_curves(1)

    def test_what_callers_do_to_the_set_is_their_own(self):
        curves = crypto.get_elliptic_curves()
        count = len(curves)
        curves.add("no curve")
        curves.add(5)
        with pytest.raises(ValueError):
            crypto.get_elliptic_curve("no such curve")
        curves.clear()
        assert len(crypto.get_elliptic_curves()) == count
        assert crypto.get_elliptic_curve("prime256v1").name == "prime256v1"

    def test_the_command_knows_the_same(self):
        printed = support.openssl("ecparam", "-list_curves").decode()
        names = {line.split(":")[0].strip() for line in printed.splitlines() if ":" in line}
        assert {curve.name for curve in crypto.get_elliptic_curves()} == names

    def test_from_several_threads(self):
        code = """
import support
from OpenSSL import crypto
sets = support.run_together(*[crypto.get_elliptic_curves] * 4)
assert len({frozenset(map(id, one)) for one in sets}) == 1
"""
        support.run_script(code)


class TestGetEllipticCurve:
    def test_by_name(self):
        curve = crypto.get_elliptic_curve(name="prime256v1")
        assert curve.name == "prime256v1"
        assert curve in crypto.get_elliptic_curves()
        assert curve._nid == 415
        assert curve._to_EC_KEY()

    @pytest.mark.parametrize(
        "name", ["no such curve", "P-256", "secp256r1", "", None, 1, b"prime256v1"]
    )
    def test_unknown(self, name):
        with pytest.raises(ValueError) as caught:
            crypto.get_elliptic_curve(name)
        assert caught.value.args == ("unknown curve name", name)

    def test_names_that_cannot_be_compared(self):
        class Odd:
            def __eq__(self, other):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            crypto.get_elliptic_curve(Odd())


class TestCurve:
    def test_object(self):
        curve = crypto.get_elliptic_curve("prime256v1")
        other = crypto.get_elliptic_curve("secp384r1")
        assert repr(curve) == "<Curve 'prime256v1'>"
        assert curve == curve and curve != other and not curve == other
        assert hash(curve) == hash(curve) and len({curve, other}) == 2
        with pytest.raises(TypeError):
            type(curve)()
        with pytest.raises(AttributeError):
            curve.name = "x"
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(curve)

    def test_every_regular_curve_can_be_used(self):
        for curve in crypto.get_elliptic_curves():
            if not curve.name.startswith("Oakley"):  # these two have no usable generator
                assert curve._to_EC_KEY()

    def test_numbers(self):
        curve = crypto.get_elliptic_curve("prime256v1")
        assert type(curve).from_nid(None, 415) is curve
        assert type(curve).from_nid(lib=None, nid=curve._nid) is curve
        for wrong in (0, -1, 1 << 70, "415", None):
            with pytest.raises(ValueError) as caught:
                type(curve).from_nid(None, wrong)
            assert caught.value.args == ("unknown curve number", wrong)

    def test_internal_names(self):
        kind = type(crypto.get_elliptic_curve("prime256v1"))
        for name in ("_get_elliptic_curves", "_load_elliptic_curves"):
            assert getattr(kind, name)(None) == crypto.get_elliptic_curves()

    def test_the_other_operand_is_asked(self):
        class Any:
            def __eq__(self, other):
                return "equal"

            def __ne__(self, other):
                return "unequal"

        curve = crypto.get_elliptic_curve("prime256v1")
        assert (curve == Any()) == "equal"
        assert (curve != Any()) == "unequal"


class TestVerifyErrorString:
    def test_words(self):
        assert crypto.X509_verify_cert_error_string(0) == "ok"
        assert "expired" in crypto.X509_verify_cert_error_string(errnum=10)
        assert crypto.X509_verify_cert_error_string(100000)
        for wrong in ("0", None, 1.0):
            with pytest.raises(TypeError, match="errnum"):
                crypto.X509_verify_cert_error_string(wrong)
