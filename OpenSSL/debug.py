"""What to put into a report of a bug: ``python -m OpenSSL.debug`` prints it."""

import platform
import sys
from typing import Any

from OpenSSL import SSL, crypto, version

__all__: list[str] = []


def _cryptography() -> str:
    try:
        import cryptography
    except ImportError:
        return "not installed"
    return cryptography.__version__


def _built_with() -> str:
    private: Any = crypto
    return str(private._built_with())


def _libssl(kind: int) -> str:
    return SSL.OpenSSL_version(kind).decode()


_env_info = f"""\
pyOpenSSL: {version.__version__} ({SSL.__file__})
cryptography: {_cryptography()}
OpenSSL it was built with: {_built_with()}
OpenSSL that it uses: {_libssl(SSL.OPENSSL_VERSION)}
OpenSSL's {_libssl(SSL.OPENSSL_BUILT_ON)}
OpenSSL's {_libssl(SSL.OPENSSL_PLATFORM)}
OpenSSL's {_libssl(SSL.OPENSSL_DIR)}
Python: {sys.version}
Python's executable: {sys.executable}
Platform: {platform.platform()}
sys.path: {sys.path}"""

if __name__ == "__main__":
    print(_env_info)
