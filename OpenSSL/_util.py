"""What programs take of the original's ``OpenSSL._util``: there is no cffi here.

``lib`` has OpenSSL's constants, and those of its functions that are known to be called through it.
Any other name is an :exc:`AttributeError`, so that ``hasattr`` tells the truth.  Their arguments
are handles, such as ``Context._context`` or ``X509._x509``.  ``ffi`` is as much of cffi's interface
as goes with that.

The package imports this when it is asked for: see ``OpenSSL/__init__.py``.
"""

from __future__ import annotations

import os
import warnings

from OpenSSL import SSL, crypto

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeVar

    _Function = TypeVar("_Function", bound=Callable[..., Any])

__all__ = [
    "UNSPECIFIED",
    "Handle",
    "StrOrBytesPath",
    "binding",
    "byte_string",
    "exception_from_error_queue",
    "ffi",
    "from_buffer",
    "lib",
    "make_assert",
    "native",
    "no_zero_allocator",
    "path_bytes",
    "path_string",
    "text",
    "text_to_bytes_and_warn",
]

StrOrBytesPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]

# With the private functions of src/crypto/native.c and src/ssl/native.c.
_crypto: Any = crypto
_ssl: Any = SSL

# Stands for "not given" where None is a value.
UNSPECIFIED = object()


class Handle(int):
    """Where a native object is: its address, with the Python object that owns it.

    It can be cast by cffi and ctypes, for those who have functions of their own.
    """

    owner: Any
    pointed: str

    def __new__(cls, address: int, pointed: str, owner: Any = None) -> Handle:
        self = super().__new__(cls, address)
        self.pointed = pointed
        self.owner = owner
        return self

    def __repr__(self) -> str:
        return f"<{self.pointed} {int(self):#x} of {self.owner!r}>"


# ---- functions ----


def text_to_bytes_and_warn(label: str, obj: Any) -> Any:
    """*obj*, or its UTF-8 with a warning if it is str; *label* is what the argument is called."""
    if isinstance(obj, str):
        warnings.warn(
            f"str for {label} is no longer accepted, use bytes", DeprecationWarning, stacklevel=3
        )
        return obj.encode("utf-8")
    return obj


def path_bytes(s: Any) -> bytes:
    """A path as the file system has it."""
    return os.fsencode(s)


def path_string(s: str | bytes) -> bytes:
    """The same for str and bytes only."""
    if not isinstance(s, (str, bytes)):
        raise TypeError("Path must be represented as bytes or unicode string")
    return os.fsencode(s)


def byte_string(s: str) -> bytes:
    """str in which each character stands for a byte."""
    return s.encode("charmap")


def native(s: str | bytes) -> str:
    """str, decoded if it is not."""
    if not isinstance(s, (str, bytes)):
        raise TypeError(f"{s!r} is neither bytes nor unicode")
    return s.decode("utf-8") if isinstance(s, bytes) else s


def text(charp: Any) -> str:
    """What is in a buffer up to its first NUL, as str."""
    return "" if charp == ffi.NULL else ffi.string(charp).decode("utf-8")


def exception_from_error_queue(exception_type: type[BaseException]) -> NoReturn:
    """Empty this thread's queue of errors, and raise what was there."""
    _crypto._raise_errors(exception_type)
    raise AssertionError  # it has raised


def make_assert(error: type[BaseException]) -> Callable[[Any], None]:
    """A function that raises *error*, as :func:`exception_from_error_queue` does, unless it is
    given something true."""

    def openssl_assert(ok: Any) -> None:
        if not ok:
            exception_from_error_queue(error)

    return openssl_assert


def _make_requires(flag: Any, error: str) -> Callable[[_Function], _Function]:
    """A decorator for functions that need something of OpenSSL: without *flag* they raise."""

    def decorator(function: _Function) -> _Function:
        def missing(*args: Any, **kwargs: Any) -> NoReturn:
            raise NotImplementedError(error)

        if flag:
            return function
        missing.__name__ = getattr(function, "__name__", "missing")
        missing.__doc__ = function.__doc__
        return missing  # type: ignore[return-value]

    return decorator


# ---- ffi ----


class _FFI:
    """Buffers are bytearrays, pointers are handles or other numbers, NULL is zero."""

    NULL = Handle(0, "void *")

    class error(Exception):  # noqa: N801, N818
        """What cffi raises."""

    class CData:
        """The type of what cffi gives out: nothing here is one."""

    @staticmethod
    def new(ctype: str, init: Any = None) -> Any:
        """A buffer for an array of characters, a list of one item for a pointer to something."""
        kind = ctype.replace(" ", "")
        if kind.endswith("]"):
            element, _, length = kind[:-1].partition("[")
            if element not in ("char", "unsignedchar", "uint8_t"):
                raise TypeError(f"there are no arrays of {element} here")
            if isinstance(init, int):
                return bytearray(init)
            if length:
                return bytearray(init or b"").ljust(int(length), b"\0")
            return bytearray(init) + (b"\0" if element == "char" else b"")
        if kind.endswith("*"):
            empty = _FFI.NULL if kind.endswith("**") else 0
            return [empty if init is None else init]
        raise TypeError(f"expected a pointer or array ctype, got '{ctype}'")

    def new_allocator(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """:meth:`new`, since everything is cleared here anyway."""
        return self.new

    @staticmethod
    def gc(cdata: Any, destructor: Any, size: int = 0) -> Any:
        """*cdata*, which goes by itself."""
        return cdata

    @staticmethod
    def string(cdata: Any, maxlen: int = -1) -> bytes:
        """What is there up to the first NUL."""
        data = bytes(memoryview(cdata))
        return (data if maxlen < 0 else data[:maxlen]).partition(b"\0")[0]

    @staticmethod
    def buffer(cdata: Any, size: int = -1) -> memoryview:
        """A view of what is there."""
        view = memoryview(cdata)
        return view if size < 0 else view[:size]

    from_buffer = buffer

    @staticmethod
    def cast(ctype: str, value: Any) -> Any:
        """The number *value*."""
        return value if isinstance(value, Handle) else int(value)


ffi = _FFI()
from_buffer = ffi.from_buffer
no_zero_allocator = ffi.new_allocator(should_clear_after_alloc=False)


# ---- lib ----

# What differs from the names in SSL, and what only the original's users know.
_CONSTANTS = {
    "X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT": 0x1,
    "X509_CHECK_FLAG_NO_WILDCARDS": 0x2,
    "X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS": 0x4,
    "X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS": 0x8,
    "X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS": 0x10,
    "X509_CHECK_FLAG_NEVER_CHECK_SUBJECT": 0x20,
    "ERR_LIB_SYS": 2,
    "ERR_LIB_BN": 3,
    "ERR_LIB_RSA": 4,
    "ERR_LIB_DH": 5,
    "ERR_LIB_EVP": 6,
    "ERR_LIB_BUF": 7,
    "ERR_LIB_OBJ": 8,
    "ERR_LIB_PEM": 9,
    "ERR_LIB_DSA": 10,
    "ERR_LIB_X509": 11,
    "ERR_LIB_ASN1": 13,
    "ERR_LIB_CONF": 14,
    "ERR_LIB_CRYPTO": 15,
    "ERR_LIB_EC": 16,
    "ERR_LIB_SSL": 20,
    "ERR_LIB_BIO": 32,
    "ERR_LIB_PKCS7": 33,
    "ERR_LIB_X509V3": 34,
    "ERR_LIB_PKCS12": 35,
    "ERR_LIB_RAND": 36,
    "EVP_PKEY_RSA": crypto.TYPE_RSA,
    "EVP_PKEY_DSA": crypto.TYPE_DSA,
    "EVP_PKEY_DH": crypto.TYPE_DH,
    "EVP_PKEY_EC": crypto.TYPE_EC,
    "EVP_PKEY_X25519": 1034,
    "EVP_PKEY_X448": 1035,
    "EVP_PKEY_ED25519": 1087,
    "EVP_PKEY_ED448": 1088,
    "NID_undef": 0,
    "TLSEXT_NAMETYPE_host_name": 0,
    "Cryptography_HAS_ALPN": 1,
    "Cryptography_HAS_COMPRESSION": 0,
    "Cryptography_HAS_DTLS_GET_DATA_MTU": 1,
    "Cryptography_HAS_EC": 1,
    "Cryptography_HAS_ED25519": 1,
    "Cryptography_HAS_ED448": 1,
    "Cryptography_HAS_ENGINE": 0,
    "Cryptography_HAS_GENERIC_DTLS_METHOD": 1,
    "Cryptography_HAS_GET_SERVER_TMP_KEY": 0,
    "Cryptography_HAS_KEYLOG": 1,
    "Cryptography_HAS_OP_IGNORE_UNEXPECTED_EOF": 1,
    "Cryptography_HAS_OP_NO_COMPRESSION": 1,
    "Cryptography_HAS_OP_NO_RENEGOTIATION": 1,
    "Cryptography_HAS_RELEASE_BUFFERS": 1,
    "Cryptography_HAS_SET_ECDH_AUTO": 1,
    "Cryptography_HAS_SIGALGS": 1,
    "Cryptography_HAS_SSL2": 0,
    "Cryptography_HAS_SSL3_METHOD": 0,
    "Cryptography_HAS_SSL_COOKIE": 1,
    "Cryptography_HAS_SSL_CTX_CLEAR_OPTIONS": 0,
    "Cryptography_HAS_SSL_GET0_GROUP_NAME": 1,
    "Cryptography_HAS_SSL_SET_SSL_CTX": 1,
    "Cryptography_HAS_TLSEXT_HOSTNAME": 1,
    "Cryptography_HAS_TLSv1_1": 1,
    "Cryptography_HAS_TLSv1_2": 1,
    "Cryptography_HAS_TLSv1_3": 1,
    "Cryptography_HAS_TLSv1_3_FUNCTIONS": 1,
    "Cryptography_HAS_TLSv1_3_HS_FUNCTIONS": 1,
    "Cryptography_HAS_VERIFIED_CHAIN": 1,
    "Cryptography_HAS_X509_STORE_CTX_GET_ISSUER": 0,
}

# Where the rest is, under another name: (prefix here, where, prefix there).
_PREFIXES: tuple[tuple[str, Any, str], ...] = (
    ("", SSL, ""),
    ("SSL_", SSL, ""),
    ("X509_V_FLAG_", crypto.X509StoreFlags, ""),
    ("X509_V_", SSL.X509VerificationCodes, ""),
)

_METHODS = {
    "TLS_method": SSL.TLS_METHOD,
    "TLS_client_method": SSL.TLS_CLIENT_METHOD,
    "TLS_server_method": SSL.TLS_SERVER_METHOD,
    "DTLS_method": SSL.DTLS_METHOD,
    "DTLS_client_method": SSL.DTLS_CLIENT_METHOD,
    "DTLS_server_method": SSL.DTLS_SERVER_METHOD,
}


def _constant(name: str) -> int | None:
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    for prefix, where, other in _PREFIXES:
        if name.startswith(prefix):
            value = vars(where).get(other + name[len(prefix) :])
            if isinstance(value, int):
                return value
    return None


def _owner(handle: Any, kind: type) -> Any:
    """The Python object that a handle belongs to."""
    owner = getattr(handle, "owner", None)
    if not isinstance(owner, kind):
        raise TypeError(f"{handle!r} is no handle of an object of {kind.__qualname__}")
    return owner


def _context(handle: Any) -> SSL.Context:
    owner: SSL.Context = _owner(handle, SSL.Context)
    return owner


def _bytes_of(data: Any, length: int) -> bytes:
    """A C string, or *length* bytes of it."""
    if data == ffi.NULL:
        return b""
    return bytes(memoryview(data)[:length]) if length else ffi.string(data)


def _succeeds(function: Callable[..., Any], *args: Any) -> int:
    """1, or 0 where our function raises what OpenSSL says."""
    try:
        function(*args)
    except (SSL.Error, crypto.Error):
        return 0
    return 1


def _key(pkey: Any) -> Handle:
    """A PKey's handle."""
    handle: Handle = pkey._pkey
    return handle


def _key_of_kind(pkey: Any, kind: int) -> Any:
    """The key itself, which is what the older functions call RSA, DSA or EC_KEY, or NULL."""
    return pkey if _owner(pkey, crypto.PKey).type() == kind else ffi.NULL


def _get_numbers(key: Any, **wanted: Any) -> None:
    """Put the numbers that a key is made of, NULL for what it lacks, where C wants them."""
    for name, place in wanted.items():
        if place != ffi.NULL:
            digits = _crypto._key_number(_owner(key, crypto.PKey), name)
            place[0] = ffi.NULL if digits is None else Handle(key, "BIGNUM *", digits)


def _oneline(name: crypto.X509Name) -> bytes:
    """A name as ``/CN=...``; what is not printable ASCII is escaped."""
    return b"".join(
        b"/%b=%b"
        % (
            key,
            b"".join(b"%c" % c if 32 <= c < 127 else b"\\x%02X" % c for c in value),
        )
        for key, value in name.get_components()
    )


class _Lib:
    """The functions that are called on it, and, found by ``__getattr__``, constants."""

    # Integers are the results of C functions: 1 is success.

    def __getattr__(self, name: str) -> Any:
        value = _constant(name)
        if value is not None:
            return value
        if name in _METHODS:
            return lambda: _METHODS[name]
        raise AttributeError(f"OpenSSL._util.lib has no {name}")

    # contexts

    def SSL_CTX_get_options(self, ctx: Any) -> int:
        return _context(ctx).set_options(0)

    def SSL_CTX_set_options(self, ctx: Any, options: int) -> int:
        return _context(ctx).set_options(options)

    def SSL_CTX_get_mode(self, ctx: Any) -> int:
        return _context(ctx).set_mode(0)

    def SSL_CTX_set_mode(self, ctx: Any, mode: int) -> int:
        return _context(ctx).set_mode(mode)

    def SSL_CTX_get_verify_mode(self, ctx: Any) -> int:
        return _context(ctx).get_verify_mode()

    def SSL_CTX_set_min_proto_version(self, ctx: Any, version: int) -> int:
        return _succeeds(_context(ctx).set_min_proto_version, version)

    def SSL_CTX_set_max_proto_version(self, ctx: Any, version: int) -> int:
        return _succeeds(_context(ctx).set_max_proto_version, version)

    def SSL_CTX_set_cipher_list(self, ctx: Any, names: Any) -> int:
        return _succeeds(_context(ctx).set_cipher_list, _bytes_of(names, 0))

    def SSL_CTX_set_ciphersuites(self, ctx: Any, names: Any) -> int:
        return _succeeds(_context(ctx).set_tls13_ciphersuites, _bytes_of(names, 0))

    def SSL_CTX_set_default_verify_paths(self, ctx: Any) -> int:
        return _succeeds(_context(ctx).set_default_verify_paths)

    def SSL_CTX_set_ecdh_auto(self, ctx: Any, on: int) -> int:
        return 1  # it always is

    def SSL_CTX_set1_groups_list(self, ctx: Any, names: Any) -> int:
        return int(_ssl._set_groups(_context(ctx), _bytes_of(names, 0)))

    SSL_CTX_set1_curves_list = SSL_CTX_set1_groups_list

    def SSL_CTX_set1_sigalgs_list(self, ctx: Any, names: Any) -> int:
        return int(_ssl._set_signature_algorithms(_context(ctx), _bytes_of(names, 0)))

    def SSL_CTX_set_post_handshake_auth(self, ctx: Any, enabled: int) -> None:
        _ssl._set_post_handshake_auth(_context(ctx), enabled)

    def SSL_CTX_set_tmp_dh(self, ctx: Any, parameters: Any) -> int:
        return _succeeds(_context(ctx).load_tmp_dh, parameters)

    # Diffie-Hellman parameters, which stay in their file

    def BIO_new_file(self, path: Any, mode: Any) -> Any:
        name = _bytes_of(path, 0)
        return name if os.access(name, os.R_OK) else ffi.NULL

    def PEM_read_bio_DHparams(self, bio: Any, parameters: Any, callback: Any, data: Any) -> Any:
        return bio if _succeeds(SSL.Context(SSL.TLS_METHOD).load_tmp_dh, bio) else ffi.NULL

    def BIO_free(self, bio: Any) -> int:
        return 1

    def DH_free(self, parameters: Any) -> None:
        pass

    # how a peer's certificate is looked at

    def SSL_get0_param(self, ssl: Any) -> Handle:
        return Handle(ssl, "X509_VERIFY_PARAM *", _owner(ssl, SSL.Connection))

    def SSL_CTX_get0_param(self, ctx: Any) -> Handle:
        return Handle(ctx, "X509_VERIFY_PARAM *", _context(ctx))

    def X509_VERIFY_PARAM_set_hostflags(self, param: Any, flags: int) -> None:
        _ssl._set_host_flags(param.owner, flags)

    def X509_VERIFY_PARAM_set1_host(self, param: Any, name: Any, length: int) -> int:
        return int(_ssl._set_host(param.owner, _bytes_of(name, length)))

    def X509_VERIFY_PARAM_set1_ip(self, param: Any, address: Any, length: int) -> int:
        return int(_ssl._set_address(param.owner, bytes(memoryview(address)[:length])))

    def SSL_get_verify_result(self, ssl: Any) -> int:
        return int(_ssl._verify_result(_owner(ssl, SSL.Connection)))

    def X509_verify_cert_error_string(self, code: int) -> bytes:
        return crypto.X509_verify_cert_error_string(code).encode()

    def SSL_get_peer_tmp_key(self, ssl: Any, key: Any) -> int:
        der = _ssl._peer_tmp_key(_owner(ssl, SSL.Connection))
        if der is None:
            return 0
        made = crypto.load_publickey(crypto.FILETYPE_ASN1, der)
        if made.type() <= 0:  # of a kind that has a name only
            return 0
        key[0] = _key(made)
        return 1

    SSL_get_server_tmp_key = SSL_get_peer_tmp_key

    # certificates, names, keys

    def X509_NAME_oneline(self, name: Any, buffer: Any, size: int) -> Any:
        line = _oneline(_owner(name, crypto.X509Name))
        if buffer == ffi.NULL:
            return line
        line = line[: size - 1] + b"\0"
        buffer[: len(line)] = line
        return buffer

    def X509_STORE_get0_objects(self, store: Any) -> Any:
        return _owner(store, crypto.X509Store)

    def sk_X509_OBJECT_num(self, objects: Any) -> int:
        return int(_crypto._count_trusted(objects))

    def EVP_PKEY_id(self, pkey: Any) -> int:
        return int(_owner(pkey, crypto.PKey).type())

    def EVP_PKEY_bits(self, pkey: Any) -> int:
        return int(_owner(pkey, crypto.PKey).bits())

    def EVP_PKEY_get1_RSA(self, pkey: Any) -> Any:
        return _key_of_kind(pkey, crypto.TYPE_RSA)

    def EVP_PKEY_get1_DSA(self, pkey: Any) -> Any:
        return _key_of_kind(pkey, crypto.TYPE_DSA)

    def EVP_PKEY_get1_EC_KEY(self, pkey: Any) -> Any:
        return _key_of_kind(pkey, crypto.TYPE_EC)

    def EVP_PKEY_free(self, pkey: Any) -> None:
        pass

    RSA_free = DSA_free = EC_KEY_free = EVP_PKEY_free

    def EC_KEY_get0_group(self, key: Any) -> Any:
        return key

    def EC_GROUP_get_curve_name(self, group: Any) -> int:
        return int(_crypto._curve(_owner(group, crypto.PKey)))

    def EC_curve_nid2nist(self, nid: int) -> Any:
        return _crypto._nist_name(nid) or ffi.NULL

    def RSA_get0_key(self, key: Any, n: Any, e: Any, d: Any) -> None:
        _get_numbers(key, n=n, e=e, d=d)

    def RSA_get0_factors(self, key: Any, p: Any, q: Any) -> None:
        _get_numbers(key, **{"rsa-factor1": p, "rsa-factor2": q})

    def DSA_get0_pqg(self, key: Any, p: Any, q: Any, g: Any) -> None:
        _get_numbers(key, p=p, q=q, g=g)

    def DSA_get0_key(self, key: Any, pub_key: Any, priv_key: Any) -> None:
        _get_numbers(key, pub=pub_key, priv=priv_key)

    def BN_bn2hex(self, number: Any) -> bytes:
        return bytes(_owner(number, bytes))

    def ASN1_STRING_set_default_mask_asc(self, mask: Any) -> int:
        return int(_crypto._set_string_mask(_bytes_of(mask, 0)))

    def OBJ_txt2nid(self, name: Any) -> int:
        return int(_crypto._nid(_bytes_of(name, 0)))

    def OBJ_nid2sn(self, nid: int) -> Any:
        return _crypto._nid_names(nid)[0] or ffi.NULL

    def OBJ_nid2ln(self, nid: int) -> Any:
        return _crypto._nid_names(nid)[1] or ffi.NULL

    def OPENSSL_free(self, pointer: Any) -> None:
        pass

    # the library

    def ERR_put_error(self, library: int, function: int, reason: int, file: Any, line: int) -> None:
        _crypto._push_error(library, reason)

    def OpenSSL_version(self, kind: int) -> bytes:
        return SSL.OpenSSL_version(kind)

    def X509_get_default_cert_file(self) -> bytes:
        return bytes(_crypto._default_places()[0])

    def X509_get_default_cert_dir(self) -> bytes:
        return bytes(_crypto._default_places()[1])

    def X509_get_default_cert_file_env(self) -> bytes:
        return bytes(_crypto._default_places()[2])

    def X509_get_default_cert_dir_env(self) -> bytes:
        return bytes(_crypto._default_places()[3])


lib = _Lib()


class _Binding:
    lib = lib
    ffi = ffi


binding = _Binding()


# ---- what the original's modules have by the way ----


def _raise_current_error(module: Any) -> Callable[[], NoReturn]:
    def raise_current_error() -> NoReturn:
        exception_from_error_queue(module.Error)

    return raise_current_error


def _exception_from_error_queue(exception_type: type[BaseException] = crypto.Error) -> NoReturn:
    exception_from_error_queue(exception_type)


BORROWED = {
    "OpenSSL.crypto": {
        "_lib": lib,
        "_ffi": ffi,
        "_openssl_assert": make_assert(crypto.Error),
        "_raise_current_error": _raise_current_error(crypto),
        "_exception_from_error_queue": _exception_from_error_queue,
        # Only for annotations.
        "_Key": crypto.PKey,
        "_PrivateKey": crypto.PKey,
        "_PublicKey": crypto.PKey,
        "PassphraseCallableT": bytes,
        "StrOrBytesPath": StrOrBytesPath,
    },
    "OpenSSL.SSL": {
        "_lib": lib,
        "_ffi": ffi,
        "_openssl_assert": make_assert(SSL.Error),
        "_raise_current_error": _raise_current_error(SSL),
        "_make_requires": _make_requires,
        "PKey": crypto.PKey,
        "X509": crypto.X509,
        "X509Name": crypto.X509Name,
        "X509Store": crypto.X509Store,
        "F": object,
        "StrOrBytesPath": StrOrBytesPath,
    },
}


def borrowed(module: str, name: str) -> Any:
    """What *module* has under a name that it does not define itself."""
    try:
        return BORROWED[module][name]
    except KeyError:
        raise AttributeError(f"module {module!r} has no attribute {name!r}") from None
