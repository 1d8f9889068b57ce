"""The module itself: functions, exceptions, aliases."""

import pickle
import sys

import pytest

import support
from OpenSSL import SSL, crypto, rand

ERRORS = [
    "WantReadError",
    "WantWriteError",
    "WantX509LookupError",
    "ZeroReturnError",
    "SysCallError",
]


class TestOpenSSLVersion:
    def test_five_texts(self):
        kinds = (
            SSL.OPENSSL_VERSION,
            SSL.OPENSSL_CFLAGS,
            SSL.OPENSSL_BUILT_ON,
            SSL.OPENSSL_PLATFORM,
            SSL.OPENSSL_DIR,
        )
        texts = [SSL.OpenSSL_version(kind) for kind in kinds]
        assert len(set(texts)) == 5
        assert all(type(text) is bytes for text in texts)
        assert texts[0].startswith(b"OpenSSL ")

    @pytest.mark.parametrize("kind", [-1, 100, 2**31 - 1])
    def test_unknown(self, kind):
        assert SSL.OpenSSL_version(kind) == b"not available"

    @pytest.mark.parametrize("wrong", [None, "0", 0.0, b"0"])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="type"):
            SSL.OpenSSL_version(wrong)

    def test_out_of_range(self):
        with pytest.raises(OverflowError):
            SSL.OpenSSL_version(2**31)

    def test_name(self):
        assert SSL.OpenSSL_version(type=0) == SSL.OpenSSL_version(0)
        for args in ((), (0, 0)):
            with pytest.raises(TypeError):
                SSL.OpenSSL_version(*args)


class TestSSLeayVersion:
    def test_is_the_same(self):
        assert SSL.SSLeay_version(SSL.SSLEAY_VERSION) == SSL.OpenSSL_version(SSL.OPENSSL_VERSION)


class TestErrors:
    def test_error(self):
        assert SSL.Error.__bases__ == (Exception,)
        assert not issubclass(SSL.Error, (OSError, crypto.Error, rand.Error))

    @pytest.mark.parametrize("name", ERRORS)
    def test_derived(self, name):
        assert getattr(SSL, name).__bases__ == (SSL.Error,)

    @pytest.mark.parametrize("name", ["Error", *ERRORS])
    def test_name(self, name):
        error = getattr(SSL, name)
        assert f"{error.__module__}.{error.__qualname__}" == f"OpenSSL.SSL.{name}"
        assert error.__doc__
        assert pickle.loads(pickle.dumps(error(1, "x"))).args == (1, "x")


class TestAliases:
    def test_types(self):
        assert SSL.ContextType is SSL.Context
        assert SSL.ConnectionType is SSL.Connection


class TestNoOverlappingProtocols:
    def test_is_one_object(self):
        assert SSL.NO_OVERLAPPING_PROTOCOLS is SSL.NO_OVERLAPPING_PROTOCOLS
        assert SSL.NO_OVERLAPPING_PROTOCOLS != SSL._NoOverlappingProtocols()
        assert "_NoOverlappingProtocols" in repr(SSL.NO_OVERLAPPING_PROTOCOLS)


class TestImport:
    def test_other_build_of_crypto(self):
        """A crypto module whose capsule is of another kind is refused, not believed."""
        support.run_script(
            """
            import sys, types, OpenSSL
            from OpenSSL import SSL
            stranger = types.ModuleType("OpenSSL.crypto")
            sys.modules["OpenSSL.crypto"] = stranger
            del sys.modules["OpenSSL.SSL"]
            for capsule in (None, object(), 7):
                if capsule is not None:
                    stranger._api = capsule
                try:
                    import OpenSSL.SSL
                except (AttributeError, ValueError):
                    assert "OpenSSL.SSL" not in sys.modules
                else:
                    raise AssertionError(capsule)
        """.replace("\n            ", "\n")
        )

    def test_is_public(self):
        assert sys.modules["OpenSSL.SSL"] is SSL
        assert SSL.__name__ == "OpenSSL.SSL"
