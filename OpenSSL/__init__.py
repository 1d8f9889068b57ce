"""A Python interface to the OpenSSL library."""

from OpenSSL import SSL, crypto, rand, tsafe, version
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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def _lend(module: "ModuleType") -> None:
    """Let *module* show what programs take of the original's private parts."""

    def __getattr__(name: str) -> object:  # noqa: N807
        from OpenSSL import _util

        return _util.borrowed(module.__name__, name)

    vars(module)["__getattr__"] = __getattr__


_lend(crypto)
_lend(SSL)
del _lend, TYPE_CHECKING
