"""What this package is called and which release it is: the only place with the number."""

__all__ = [
    "__author__",
    "__copyright__",
    "__email__",
    "__license__",
    "__summary__",
    "__title__",
    "__uri__",
    "__version__",
]

__version__ = "26.11.0"

__title__ = "pyOpenSSL"
__summary__ = "Python's interface to OpenSSL, written in C"
__author__ = "The pyOpenSSL developers"
__license__ = "Apache License, Version 2.0"
__copyright__ = f"Copyright 2026 {__author__}"

# Others read these names; this package has neither a page nor an address of its own.
__uri__ = ""
__email__ = ""
