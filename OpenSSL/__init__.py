"""A Python interface to the OpenSSL library."""

try:
    from OpenSSL import SSL, crypto, rand
except ImportError as _error:
    if _error.name == __name__:
        _error.add_note("pyOpenSSL's modules that are written in C are not here: build them.")
    elif _error.path is not None:
        _error.add_note("pyOpenSSL was built with another OpenSSL than the one here: see INSTALL.")
    raise

from OpenSSL import tsafe, version
from OpenSSL.version import (
    __author__,
    __copyright__,
    __email__,
    __license__,
    __summary__,
    __title__,
    __uri__,
    __version__,
)

__all__ = [
    "SSL",
    "__author__",
    "__copyright__",
    "__email__",
    "__license__",
    "__summary__",
    "__title__",
    "__uri__",
    "__version__",
    "crypto",
    "rand",
    "tsafe",
    "version",
]


def _lend(module: object) -> None:
    """Let *module* show what programs take of the original's private parts."""
    names = vars(module)

    def __getattr__(name: str) -> object:  # noqa: N807
        from OpenSSL import _util

        return _util.borrowed(names["__name__"], name)

    names["__getattr__"] = __getattr__


_lend(crypto)
_lend(SSL)
del _lend
