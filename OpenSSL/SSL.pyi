"""Secure connections: OpenSSL's libssl.

A :class:`Context` holds what several connections share: versions, ciphers, certificates and
keys, whom to trust, callbacks.  A :class:`Connection` is one end of one connection, over a
socket or in memory.
"""

from collections.abc import Callable, Iterable
from os import PathLike
from typing import Any, Final, TypeAlias

from OpenSSL.crypto import X509, X509Name, X509Store

_Path: TypeAlias = str | bytes | PathLike[str] | PathLike[bytes]

OPENSSL_VERSION_NUMBER: int
OPENSSL_VERSION: int
OPENSSL_CFLAGS: int
OPENSSL_BUILT_ON: int
OPENSSL_PLATFORM: int
OPENSSL_DIR: int
SSLEAY_VERSION: int
SSLEAY_CFLAGS: int
SSLEAY_BUILT_ON: int
SSLEAY_PLATFORM: int
SSLEAY_DIR: int

SSLv2_METHOD: int
SSLv3_METHOD: int
SSLv23_METHOD: int
TLSv1_METHOD: int
TLSv1_1_METHOD: int
TLSv1_2_METHOD: int
TLS_METHOD: int
TLS_SERVER_METHOD: int
TLS_CLIENT_METHOD: int
DTLS_METHOD: int
DTLS_SERVER_METHOD: int
DTLS_CLIENT_METHOD: int
SSL3_VERSION: int
TLS1_VERSION: int
TLS1_1_VERSION: int
TLS1_2_VERSION: int
TLS1_3_VERSION: int
FILETYPE_PEM: int
FILETYPE_ASN1: int
VERIFY_NONE: int
VERIFY_PEER: int
VERIFY_FAIL_IF_NO_PEER_CERT: int
VERIFY_CLIENT_ONCE: int
SENT_SHUTDOWN: int
RECEIVED_SHUTDOWN: int
SESS_CACHE_OFF: int
SESS_CACHE_CLIENT: int
SESS_CACHE_SERVER: int
SESS_CACHE_BOTH: int
SESS_CACHE_NO_AUTO_CLEAR: int
SESS_CACHE_NO_INTERNAL_LOOKUP: int
SESS_CACHE_NO_INTERNAL_STORE: int
SESS_CACHE_NO_INTERNAL: int
MODE_ENABLE_PARTIAL_WRITE: int
MODE_ACCEPT_MOVING_WRITE_BUFFER: int
MODE_AUTO_RETRY: int
MODE_RELEASE_BUFFERS: int
OP_ALL: int
OP_ALLOW_CLIENT_RENEGOTIATION: int
OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION: int
OP_CIPHER_SERVER_PREFERENCE: int
OP_COOKIE_EXCHANGE: int
OP_DONT_INSERT_EMPTY_FRAGMENTS: int
OP_ENABLE_MIDDLEBOX_COMPAT: int
OP_IGNORE_UNEXPECTED_EOF: int
OP_LEGACY_SERVER_CONNECT: int
OP_NO_COMPRESSION: int
OP_NO_ENCRYPT_THEN_MAC: int
OP_NO_EXTENDED_MASTER_SECRET: int
OP_NO_QUERY_MTU: int
OP_NO_RENEGOTIATION: int
OP_NO_SSLv3: int
OP_NO_TICKET: int
OP_NO_TLSv1: int
OP_NO_TLSv1_1: int
OP_NO_TLSv1_2: int
OP_NO_TLSv1_3: int
OP_TLS_ROLLBACK_BUG: int
OP_EPHEMERAL_RSA: int
OP_MICROSOFT_BIG_SSLV3_BUFFER: int
OP_MICROSOFT_SESS_ID_BUG: int
OP_MSIE_SSLV2_RSA_PADDING: int
OP_NETSCAPE_CA_DN_BUG: int
OP_NETSCAPE_CHALLENGE_BUG: int
OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG: int
OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG: int
OP_NO_SSLv2: int
OP_PKCS1_CHECK_1: int
OP_PKCS1_CHECK_2: int
OP_SINGLE_DH_USE: int
OP_SINGLE_ECDH_USE: int
OP_SSLEAY_080_CLIENT_DH_BUG: int
OP_SSLREF2_REUSE_CERT_TYPE_BUG: int
OP_TLS_BLOCK_PADDING_BUG: int
OP_TLS_D5_BUG: int
SSL_ST_CONNECT: int
SSL_ST_ACCEPT: int
SSL_ST_MASK: int
SSL_ST_INIT: int
SSL_ST_BEFORE: int
SSL_ST_OK: int
SSL_ST_RENEGOTIATE: int
SSL_CB_LOOP: int
SSL_CB_EXIT: int
SSL_CB_READ: int
SSL_CB_WRITE: int
SSL_CB_ALERT: int
SSL_CB_READ_ALERT: int
SSL_CB_WRITE_ALERT: int
SSL_CB_ACCEPT_LOOP: int
SSL_CB_ACCEPT_EXIT: int
SSL_CB_CONNECT_LOOP: int
SSL_CB_CONNECT_EXIT: int
SSL_CB_HANDSHAKE_START: int
SSL_CB_HANDSHAKE_DONE: int

class Error(Exception):
    """What went wrong in OpenSSL.

    Its one argument is a list, never empty, of triples (library, function, reason) of str,
    oldest first.  A part that OpenSSL does not tell is ``""``.

    When a peer's certificate is refused, a note below the message says why.
    """

class ZeroReturnError(Error):
    """The peer has closed the connection properly, and no more data will come."""

class WantReadError(Error):
    """The call cannot go on before something is read from the peer: repeat it then."""

class WantWriteError(Error):
    """The call cannot go on before the socket takes more: repeat it then, with the same data."""

class WantX509LookupError(Error):
    """The call waits for a callback that has asked to be called again."""

class SysCallError(Error):
    """The transport failed.

    The arguments are an error number and its name, as ``(32, 'EPIPE')``; or
    ``(-1, 'Unexpected EOF')`` when the transport ended without the peer's close_notify.
    """

class _NoOverlappingProtocols:
    """The class of NO_OVERLAPPING_PROTOCOLS."""

NO_OVERLAPPING_PROTOCOLS: Final[_NoOverlappingProtocols]

_CRYPTOGRAPHY_MANYLINUX_CA_DIR: bytes
_CRYPTOGRAPHY_MANYLINUX_CA_FILE: bytes
_CERTIFICATE_FILE_LOCATIONS: list[str]
_CERTIFICATE_PATH_LOCATIONS: list[str]

class X509VerificationCodes:
    """The numbers by which OpenSSL tells a verify callback what is wrong.

    ``X509_V_OK`` and so on, without the ``X509_V_``.  What each means is told in OpenSSL's
    manual page X509_STORE_CTX_get_error(3), and by
    :func:`OpenSSL.crypto.X509_verify_cert_error_string`.
    """

    OK: int
    ERR_UNABLE_TO_GET_ISSUER_CERT: int
    ERR_UNABLE_TO_GET_CRL: int
    ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE: int
    ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE: int
    ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: int
    ERR_CERT_SIGNATURE_FAILURE: int
    ERR_CRL_SIGNATURE_FAILURE: int
    ERR_CERT_NOT_YET_VALID: int
    ERR_CERT_HAS_EXPIRED: int
    ERR_CRL_NOT_YET_VALID: int
    ERR_CRL_HAS_EXPIRED: int
    ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD: int
    ERR_ERROR_IN_CERT_NOT_AFTER_FIELD: int
    ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD: int
    ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD: int
    ERR_OUT_OF_MEM: int
    ERR_DEPTH_ZERO_SELF_SIGNED_CERT: int
    ERR_SELF_SIGNED_CERT_IN_CHAIN: int
    ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY: int
    ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: int
    ERR_CERT_CHAIN_TOO_LONG: int
    ERR_CERT_REVOKED: int
    ERR_INVALID_CA: int
    ERR_PATH_LENGTH_EXCEEDED: int
    ERR_INVALID_PURPOSE: int
    ERR_CERT_UNTRUSTED: int
    ERR_CERT_REJECTED: int
    ERR_SUBJECT_ISSUER_MISMATCH: int
    ERR_AKID_SKID_MISMATCH: int
    ERR_AKID_ISSUER_SERIAL_MISMATCH: int
    ERR_KEYUSAGE_NO_CERTSIGN: int
    ERR_UNABLE_TO_GET_CRL_ISSUER: int
    ERR_UNHANDLED_CRITICAL_EXTENSION: int
    ERR_KEYUSAGE_NO_CRL_SIGN: int
    ERR_UNHANDLED_CRITICAL_CRL_EXTENSION: int
    ERR_INVALID_NON_CA: int
    ERR_PROXY_PATH_LENGTH_EXCEEDED: int
    ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE: int
    ERR_PROXY_CERTIFICATES_NOT_ALLOWED: int
    ERR_INVALID_EXTENSION: int
    ERR_INVALID_POLICY_EXTENSION: int
    ERR_NO_EXPLICIT_POLICY: int
    ERR_DIFFERENT_CRL_SCOPE: int
    ERR_UNSUPPORTED_EXTENSION_FEATURE: int
    ERR_UNNESTED_RESOURCE: int
    ERR_PERMITTED_VIOLATION: int
    ERR_EXCLUDED_VIOLATION: int
    ERR_SUBTREE_MINMAX: int
    ERR_APPLICATION_VERIFICATION: int
    ERR_UNSUPPORTED_CONSTRAINT_TYPE: int
    ERR_UNSUPPORTED_CONSTRAINT_SYNTAX: int
    ERR_UNSUPPORTED_NAME_SYNTAX: int
    ERR_CRL_PATH_VALIDATION_ERROR: int
    ERR_HOSTNAME_MISMATCH: int
    ERR_EMAIL_MISMATCH: int
    ERR_IP_ADDRESS_MISMATCH: int

def OpenSSL_version(type: int) -> bytes:
    """Something about the OpenSSL in use.

    :param type: OPENSSL_VERSION, OPENSSL_CFLAGS, OPENSSL_BUILT_ON, OPENSSL_PLATFORM or
        OPENSSL_DIR
    :returns: what it says; ``b"not available"`` for another number
    :raises TypeError: *type* is no integer

    ``OpenSSL_version``.
    """

SSLeay_version = OpenSSL_version

class Session:
    """What a client can take up again in a later connection.

    Got from :meth:`Connection.get_session`, given to :meth:`Connection.set_session`.  It keeps
    the Context of its Connection alive.  One that is made by calling the class is empty and good
    for nothing.
    """

    def __init__(self) -> None: ...

class Context:
    """What connections have in common.

    Settings can be changed at any time, also while connections are at work: one that is made
    later sees the change, one that exists keeps the callbacks, the verification mode, the options
    and the certificates that it was made with.  Only from inside a callback of a handshake that
    uses the Context nothing can be set: that raises RuntimeError.

    :param method: TLS_METHOD, TLS_SERVER_METHOD or TLS_CLIENT_METHOD; DTLS_METHOD,
        DTLS_SERVER_METHOD or DTLS_CLIENT_METHOD.  SSLv23_METHOD is an old name of TLS_METHOD;
        TLSv1_METHOD, TLSv1_1_METHOD and TLSv1_2_METHOD allow that version only.
    :raises TypeError: *method* is no integer
    :raises ValueError: *method* is another number, or SSLv2_METHOD or SSLv3_METHOD: these
        protocols exist no longer; or the Context is already initialized

    Made with ``SSL_CTX_new``.
    """

    def __init__(self, method: int) -> None: ...

    # ---- options ----

    def set_options(self, options: int) -> int:
        """Add options.

        :param options: OP_x, combined with ``|``
        :returns: all options that are now set
        :raises TypeError: *options* is no integer
        :raises OverflowError: it is negative, or has more than 64 bits

        ``SSL_CTX_set_options``.
        """

    def set_mode(self, mode: int) -> int:
        """Add modes.

        MODE_ENABLE_PARTIAL_WRITE and MODE_ACCEPT_MOVING_WRITE_BUFFER are set to begin with, and
        each Connection adds MODE_AUTO_RETRY.

        :param mode: MODE_x, combined with ``|``
        :returns: all modes that are now set
        :raises TypeError: *mode* is no integer
        :raises ValueError: it has ``SSL_MODE_ASYNC``, whose stack is too small for callbacks
        :raises OverflowError: it is negative, or has more than 32 bits

        ``SSL_CTX_set_mode``.
        """

    def clear_mode(self, mode_to_clear: int) -> int:
        """Take modes away.

        :param mode_to_clear: MODE_x, combined with ``|``
        :returns: all modes that are still set
        :raises TypeError: *mode_to_clear* is no integer
        :raises OverflowError: it is negative, or has more than 32 bits

        ``SSL_CTX_clear_mode``.
        """

    def set_min_proto_version(self, version: int) -> None:
        """Set the lowest version of the protocol that is allowed.

        :param version: TLS1_VERSION to TLS1_3_VERSION, for DTLS 0xFEFF (1.0) or 0xFEFD (1.2); 0 for
            the lowest that the library has.  A version of TLS means nothing to a Context for DTLS,
            nor the other way round.
        :raises TypeError: *version* is no integer
        :raises Error: the library does not have it

        ``SSL_CTX_set_min_proto_version``.
        """

    def set_max_proto_version(self, version: int) -> None:
        """Set the highest version of the protocol that is allowed.

        :param version: TLS1_VERSION to TLS1_3_VERSION, for DTLS 0xFEFF (1.0) or 0xFEFD (1.2); 0 for
            the highest that the library has.  A version of TLS means nothing to a Context for DTLS,
            nor the other way round.
        :raises TypeError: *version* is no integer
        :raises Error: the library does not have it

        ``SSL_CTX_set_max_proto_version``.
        """

    def set_cipher_list(self, cipher_list: bytes) -> None:
        """Choose the ciphers for TLS 1.2 and before.

        If it fails, the ciphers stay as they were.

        :param cipher_list: a list in the form of ciphers(1), such as ``b"ECDHE+AESGCM"``;
            unknown names in it are passed over; str is taken too, with a DeprecationWarning
        :raises TypeError: it is neither
        :raises ValueError: it has a NUL byte
        :raises Error: no cipher matches

        ``SSL_CTX_set_cipher_list``.
        """

    def set_tls13_ciphersuites(self, ciphersuites: bytes) -> None:
        """Choose the cipher suites for TLS 1.3.

        :param ciphersuites: names with ``:`` between them, such as
            ``b"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"``; unknown names beside
            known ones are passed over
        :raises TypeError: it is not bytes
        :raises ValueError: it has a NUL byte
        :raises Error: no name is known

        ``SSL_CTX_set_ciphersuites``.
        """

    def set_session_id(self, buf: Any) -> None:
        """Set in which setting sessions are valid.

        A server that asks for client certificates must set one, or it refuses whoever comes back
        with a session.

        :param buf: at most 32 bytes; str is taken too, with a DeprecationWarning
        :raises TypeError: it is neither
        :raises Error: it is too long

        ``SSL_CTX_set_session_id_context``.
        """

    def set_session_cache_mode(self, mode: int) -> int:
        """Set how sessions are kept.

        :param mode: SESS_CACHE_x, combined with ``|``; SESS_CACHE_SERVER to begin with
        :returns: the mode before
        :raises TypeError: *mode* is no integer
        :raises OverflowError: it is negative, or has more than 32 bits

        ``SSL_CTX_set_session_cache_mode``.
        """

    def get_session_cache_mode(self) -> int:
        """How sessions are kept.  ``SSL_CTX_get_session_cache_mode``."""

    def set_timeout(self, timeout: int) -> int:
        """Set how long a new session is valid.

        :param timeout: seconds
        :returns: the number before
        :raises TypeError: *timeout* is no integer
        :raises ValueError: it is negative
        :raises OverflowError: it is out of range

        ``SSL_CTX_set_timeout``.
        """

    def get_timeout(self) -> int:
        """How long a new session is valid, in seconds.  ``SSL_CTX_get_timeout``."""

    def set_tlsext_use_srtp(self, profiles: bytes) -> None:
        """Offer, or accept, protection profiles for SRTP.

        Only for DTLS: a TLS server refuses a client that offers them.

        :param profiles: names with ``:`` between them, such as ``b"SRTP_AES128_CM_SHA1_80"``
        :raises TypeError: it is not bytes
        :raises ValueError: it has a NUL byte
        :raises Error: a name is unknown

        ``SSL_CTX_set_tlsext_use_srtp``.
        """

    def set_alpn_protos(self, protos: Iterable[bytes]) -> None:
        """Set what a client offers by ALPN.

        :param protos: names of protocols, the best first, such as ``[b"h2", b"http/1.1"]``
        :raises TypeError: an item is not bytes
        :raises ValueError: there is none; one is longer than 255 bytes; all together are longer
            than 65535 bytes
        :raises Error: one is empty

        ``SSL_CTX_set_alpn_protos``.
        """

    def get_verify_mode(self) -> int:
        """The mode given to :meth:`set_verify`.  ``SSL_CTX_get_verify_mode``."""

    def set_verify_depth(self, depth: int) -> None:
        """Set how many certificates may be between the peer's and a trusted one.

        :param depth: that number; -1 for OpenSSL's own limit
        :raises TypeError: *depth* is no integer
        :raises OverflowError: it is out of range

        ``SSL_CTX_set_verify_depth``.
        """

    def get_verify_depth(self) -> int:
        """The depth given to :meth:`set_verify_depth`, or -1.  ``SSL_CTX_get_verify_depth``."""

    # ---- certificates and keys ----

    def use_certificate(self, cert: Any) -> None:
        """Set the own certificate, as a copy.

        A key that is there already, and does not fit, is dropped.

        :param cert: an :class:`OpenSSL.crypto.X509` or a certificate of the package
            ``cryptography``
        :raises TypeError: it is neither
        :raises Error: the certificate is not complete, or too weak

        ``SSL_CTX_use_certificate``.
        """

    def use_certificate_file(self, certfile: _Path, filetype: int = 1) -> None:
        """Set the own certificate from a file.

        :param certfile: the file; the first certificate in it counts
        :param filetype: FILETYPE_PEM or FILETYPE_ASN1
        :raises TypeError: *certfile* is no path, or *filetype* no integer
        :raises ValueError: *certfile* has a NUL byte
        :raises Error: the file cannot be read, or holds no certificate; *filetype* is another
            number

        ``SSL_CTX_use_certificate``.
        """

    def use_certificate_chain_file(self, certfile: _Path) -> None:
        """Set the own certificate, and those that lead to its root, from a file.

        If it fails, nothing is changed.

        :param certfile: a PEM file: first the own certificate, then its issuer's and so on
        :raises TypeError: *certfile* is no path
        :raises ValueError: it has a NUL byte
        :raises Error: the file cannot be read, or a certificate in it is not to be used

        ``SSL_CTX_use_certificate``, ``SSL_CTX_set1_chain``.
        """

    def add_extra_chain_cert(self, certobj: Any) -> None:
        """Send one more certificate along with the own, as a copy.

        Those of :meth:`use_certificate_chain_file`, if it has read any, are sent instead.

        :param certobj: an :class:`OpenSSL.crypto.X509` or a certificate of the package
            ``cryptography``
        :raises TypeError: it is neither
        :raises Error: the certificate is not complete

        ``SSL_CTX_add_extra_chain_cert``.
        """

    def use_privatekey(self, pkey: Any) -> None:
        """Set the own key.

        :param pkey: a :class:`OpenSSL.crypto.PKey` or a private key of the package
            ``cryptography``
        :raises TypeError: it is neither
        :raises ValueError: the PKey is empty, or holds a public key only
        :raises Error: it does not fit the certificate, if there is one

        ``SSL_CTX_use_PrivateKey``.
        """

    def use_privatekey_file(self, keyfile: _Path, filetype: int = 1) -> None:
        """Set the own key from a file.

        What an encrypted file needs is asked of the callback of :meth:`set_passwd_cb`, never of
        the terminal; an exception of the callback comes out here.

        :param keyfile: the file
        :param filetype: FILETYPE_PEM or FILETYPE_ASN1
        :raises TypeError: *keyfile* is no path, or *filetype* no integer
        :raises ValueError: *keyfile* has a NUL byte
        :raises Error: the file cannot be read, holds no key or one that does not fit the
            certificate; there is no passphrase, or a wrong one; *filetype* is another number

        ``SSL_CTX_use_PrivateKey``.
        """

    def check_privatekey(self) -> None:
        """Check that the own key fits the own certificate.

        :raises Error: it does not, or one of them is not there

        ``SSL_CTX_check_private_key``.
        """

    def set_passwd_cb(self, callback: Callable[[int, int, Any], Any], userdata: Any = None) -> None:
        """Set who knows the passphrases of encrypted files.

        :param callback: called with the most bytes that count, with 0 (1 would mean that a
            file is written), and with *userdata*; returns bytes, of which what is too much is cut
            off; None or anything else that is false, but ``b""``, means that there is no
            passphrase
        :param userdata: anything
        :raises TypeError: *callback* cannot be called

        ``pem_password_cb``.
        """

    def load_tmp_dh(self, dhfile: _Path) -> None:
        """Set the parameters for Diffie-Hellman key exchange, TLS 1.2 and before.

        :param dhfile: a PEM file
        :raises TypeError: *dhfile* is no path
        :raises ValueError: it has a NUL byte
        :raises Error: the file cannot be read, or holds no such parameters, or weak ones

        ``SSL_CTX_set0_tmp_dh_pkey``.
        """

    def set_tmp_ecdh(self, curve: Any) -> None:
        """Allow key exchange on one elliptic curve only.

        A curve for which TLS has no group changes nothing.

        :param curve: anything whose ``name`` is the name of a curve as str: a curve of the
            package ``cryptography``, or one of :func:`OpenSSL.crypto.get_elliptic_curves`,
            which gives a DeprecationWarning
        :raises TypeError: it has no name
        :raises Error: the name is no curve's

        ``SSL_CTX_set1_groups``.
        """

    # ---- whom to trust ----

    def load_verify_locations(self, cafile: _Path | None, capath: _Path | None = None) -> None:
        """Trust certificates in a file, in a directory or both.

        :param cafile: a PEM file of certificates and CRLs, or None
        :param capath: a directory whose files have names as ``openssl rehash`` makes them, or
            None; they are looked up when one is needed
        :raises TypeError: one is no path
        :raises ValueError: one has a NUL byte
        :raises Error: the file cannot be read or holds nothing; both are None

        ``X509_STORE_add_cert``, ``SSL_CTX_load_verify_dir``.
        """

    def set_default_verify_paths(self) -> None:
        """Trust what the system trusts.

        Where that is OpenSSL knows from how it was built; the environment variables
        ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` may tell otherwise.  It is no error when nothing is
        there.

        ``SSL_CTX_set_default_verify_paths``.
        """

    def _check_env_vars_set(self, dir_env_var: str, file_env_var: str) -> bool:
        """Whether one of two environment variables is set."""

    def _fallback_default_verify_paths(
        self, file_path: Iterable[_Path], dir_path: Iterable[_Path]
    ) -> None:
        """Trust the first file, and the first directory, that exist."""

    def get_cert_store(self) -> X509Store:
        """The store of what is trusted: what is added to it counts for the Context.

        ``SSL_CTX_get_cert_store``.
        """

    def load_client_ca(self, cafile: _Path) -> None:
        """Take the names that a server sends to say whose certificates it wants from a file.

        They replace what was there before.  Whom the server trusts is not changed.

        :param cafile: a PEM file of certificates, whose subjects count; str gives a
            DeprecationWarning
        :raises TypeError: it is no path
        :raises ValueError: it has a NUL byte
        :raises Error: the file cannot be read or holds nothing

        ``SSL_CTX_set_client_CA_list``.
        """

    def set_client_ca_list(self, certificate_authorities: Iterable[X509Name]) -> None:
        """Set the names that a server sends to say whose certificates it wants.

        Copies of the names replace what was there before.

        :param certificate_authorities: names, perhaps none
        :raises TypeError: an item is no :class:`OpenSSL.crypto.X509Name`

        ``SSL_CTX_set_client_CA_list``.
        """

    def add_client_ca(self, certificate_authority: Any) -> None:
        """Add a name to those that a server sends to say whose certificates it wants.

        :param certificate_authority: a certificate, whose subject counts: an
            :class:`OpenSSL.crypto.X509` or one of the package ``cryptography``
        :raises TypeError: it is neither

        ``SSL_CTX_add_client_CA``.
        """

    # ---- callbacks ----

    def set_verify(
        self, mode: int, callback: Callable[[Connection, X509, int, int, int], Any] | None = None
    ) -> None:
        """Set whether, and how, the peer's certificate is verified.

        The callback is called for each certificate, from the root to the peer's, and for each
        error, with the Connection, the certificate, the error (see
        :class:`X509VerificationCodes`), its place (0 is the peer's) and whether OpenSSL would
        accept it (1 or 0).  A true answer accepts it, whatever the error; any other ends the
        handshake.  So does an exception, which comes out of the call that drives the handshake.

        :param mode: VERIFY_NONE; or VERIFY_PEER, to which a server may add, with ``|``,
            VERIFY_FAIL_IF_NO_PEER_CERT and VERIFY_CLIENT_ONCE
        :param callback: what to call; None leaves it to OpenSSL
        :raises TypeError: *mode* is no integer, or *callback* cannot be called

        ``SSL_CTX_set_verify``.
        """

    def set_info_callback(self, callback: Callable[[Connection, int, int], Any]) -> None:
        """Set who is told what happens in a connection.

        :param callback: called with the Connection, where it happens (SSL_CB_x, combined
            with ``|``) and a number; an exception ends the connection and comes out of the call
            that drives it
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_info_callback``.
        """

    def set_keylog_callback(self, callback: Callable[[Connection, bytes], Any]) -> None:
        """Set who is told the secrets of a connection, so that a sniffer can read along.

        :param callback: called with the Connection and a line of a key log file, without its
            end; an exception ends the connection and comes out of the call that drives it
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_keylog_callback``.
        """

    def set_tlsext_servername_callback(self, callback: Callable[[Connection], Any]) -> None:
        """Set who is told when the client has named the server, or could have.

        The callback may look at :meth:`Connection.get_servername` and switch with
        :meth:`Connection.set_context`.

        :param callback: called with the Connection; what it returns does not matter; an
            exception ends the handshake and comes out of the call that drives it
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_tlsext_servername_callback``.
        """

    def set_alpn_select_callback(
        self, callback: Callable[[Connection, list[bytes]], bytes | _NoOverlappingProtocols]
    ) -> None:
        """Set who chooses, on a server, among the protocols that a client offers by ALPN.

        :param callback: called with the Connection and the offered names; returns one of
            them, or NO_OVERLAPPING_PROTOCOLS to go on without; anything else ends the
            handshake, as does an exception, which comes out of the call that drives it
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_alpn_select_cb``.
        """

    def set_ocsp_server_callback(
        self, callback: Callable[[Connection, Any], bytes], data: Any = None
    ) -> None:
        """Set who gives a server the OCSP response that it staples to its certificate.

        It replaces a callback of :meth:`set_ocsp_client_callback`.

        :param callback: called with the Connection and *data*, when the client asks for a
            response; returns the DER of one, or ``b""``; anything else ends the handshake, as
            does an exception, which comes out of the call that drives it
        :param data: anything
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_tlsext_status_cb``.
        """

    def set_ocsp_client_callback(
        self, callback: Callable[[Connection, bytes, Any], Any], data: Any = None
    ) -> None:
        """Set who judges, on a client, the OCSP response that a server has stapled.

        It replaces a callback of :meth:`set_ocsp_server_callback`.

        :param callback: called with the Connection, the DER of the response (``b""`` if there
            is none) and *data*, when :meth:`Connection.request_ocsp` had asked for one; a true
            answer accepts it, any other ends the handshake, as does an exception, which comes
            out of the call that drives it
        :param data: anything
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_tlsext_status_cb``.
        """

    def set_cookie_generate_callback(self, callback: Callable[[Connection], bytes]) -> None:
        """Set who makes the cookie by which a DTLS server knows that a client is there.

        :param callback: called with the Connection; returns at most 255 bytes; an exception
            comes out of the call that needs the cookie
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_cookie_generate_cb``.
        """

    def set_cookie_verify_callback(self, callback: Callable[[Connection, bytes], Any]) -> None:
        """Set who knows again the cookies of :meth:`set_cookie_generate_callback`.

        :param callback: called with the Connection and the cookie; returns whether it is
            good; an exception comes out of the call that has received it
        :raises TypeError: *callback* cannot be called

        ``SSL_CTX_set_cookie_verify_cb``.
        """

    def set_npn_advertise_callback(self, callback: Any) -> None:
        """NPN is what ALPN has replaced, and OpenSSL has it no longer.

        :param callback: anything
        :raises NotImplementedError: always
        """

    def set_npn_select_callback(self, callback: Any) -> None:
        """NPN is what ALPN has replaced, and OpenSSL has it no longer.

        :param callback: anything
        :raises NotImplementedError: always
        """

    # ---- app data ----

    def get_app_data(self) -> Any:
        """What :meth:`set_app_data` was given last; None before."""

    def set_app_data(self, data: Any) -> None:
        """Keep an object with the Context, for callbacks to find.

        :param data: anything
        """

class Connection:
    """One end of a TLS connection.

    With *socket* it works over that socket: a :class:`socket.socket`, a descriptor, or whatever
    has a ``fileno()`` method.  Without, it works in memory: what :meth:`bio_write` is given
    comes in, and what goes out is fetched with :meth:`bio_read`.

    Unknown attributes are looked up on the socket, so that ``bind``, ``listen``, ``getpeername``,
    ``settimeout`` and ``fileno`` are there.

    One thread may read while another writes and a third asks or closes; two readers, or two
    writers, take turns.

    :param context: the :class:`Context` whose settings the connection starts with
    :param socket: what to work over; None for memory
    :raises TypeError: *context* is no Context, or *socket* has no descriptor
    :raises ValueError: the descriptor is negative; the Connection is already initialized

    Made with ``SSL_new``.
    """

    def __init__(self, context: Context, socket: Any = None) -> None: ...
    def get_context(self) -> Context:
        """The Context in force: the one given, or that of the last :meth:`set_context`."""

    def set_context(self, context: Context) -> None:
        """Go on with another Context, as a servername callback does.

        Its certificate, key, trusted certificates and servername, ALPN and info callbacks count
        from now on; how a peer is verified, options and session matters stay with the Context
        that the Connection was made with.

        :param context: the other one
        :raises TypeError: *context* is no Context

        ``SSL_set_SSL_CTX``.
        """

    def get_app_data(self) -> Any:
        """What :meth:`set_app_data` was given last; None before."""

    def set_app_data(self, data: Any) -> None:
        """Keep an object with the connection, for callbacks to find.

        :param data: anything
        """

    def connect(self, addr: Any) -> Any:
        """Become the client, and connect the socket.

        The handshake comes with :meth:`do_handshake`, or with the first reading or writing.

        :param addr: what the socket's own ``connect`` takes
        :returns: what that returns
        :raises AttributeError: the connection works in memory
        """

    def connect_ex(self, addr: Any) -> int:
        """Like :meth:`connect`, with the socket's ``connect_ex``.

        :returns: an error number, 0 for none
        :raises AttributeError: the connection works in memory
        """

    def accept(self) -> tuple[Connection, Any]:
        """Accept a connection on the listening socket.

        :returns: a new Connection, in the server's role and with the same Context, and the
            peer's address
        :raises AttributeError: the connection works in memory
        """

    def close(self) -> None:
        """Close the socket, without a word to the peer (that is :meth:`shutdown`).

        The descriptor is not touched any more, even if it is given to another file; threads
        that wait in a method of this connection get ``SysCallError(EBADF, 'EBADF')`` at once.

        :raises AttributeError: the connection works in memory
        """

    def makefile(self, *args: Any, **kwargs: Any) -> Any:
        """There is no file object on a Connection.

        :raises NotImplementedError: always
        """

    def sock_shutdown(self, *args: Any, **kwargs: Any) -> Any:
        """The socket's own ``shutdown``, which :meth:`shutdown` hides.

        :raises AttributeError: the connection works in memory
        """

    def set_connect_state(self) -> None:
        """Become the client.

        :raises Error: a renegotiation is pending, or in a callback of this connection

        ``SSL_set_connect_state``.
        """

    def set_accept_state(self) -> None:
        """Become the server.  Does nothing right after :meth:`DTLSv1_listen`, that has made it so.

        :raises Error: a renegotiation is pending, or in a callback of this connection

        ``SSL_set_accept_state``.
        """

    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """Receive data, shaking hands first if that was not done.

        :param bufsiz: how many bytes at most; one record, 16384 bytes, is the most that comes
        :param flags: ``socket.MSG_PEEK`` leaves the data to be received again; other flags
            do nothing
        :returns: 1 to *bufsiz* bytes; ``b""`` only if *bufsiz* is 0
        :raises WantReadError: nothing is there, and the socket does not block; or it does, and
            nothing has come within its ``SO_RCVTIMEO``
        :raises ZeroReturnError: the peer has closed the connection properly
        :raises SysCallError: ``(-1, "Unexpected EOF")``: it is closed without a word;
            ``(errno, name)``: the socket failed
        :raises Error: the connection failed
        :raises ValueError: *bufsiz* is negative
        :raises OverflowError: *bufsiz* is over 2**31-1

        ``SSL_read_ex``, ``SSL_peek_ex``.
        """

    read = recv
    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int | None = None) -> int:
        """Receive data straight into a buffer.

        :param buffer: a writable contiguous buffer; bytes behind what was received stay as
            they are
        :param nbytes: how many bytes at most, if less than the buffer's size
        :param flags: as in :meth:`recv`
        :returns: the number of bytes received
        :raises TypeError: the buffer cannot be written to

        Otherwise as :meth:`recv`.  ``SSL_read_ex``, ``SSL_peek_ex``.
        """

    def send(self, buf: Any, flags: int = 0) -> int:
        """Send data, shaking hands first if that was not done.

        :param buf: bytes or another contiguous buffer of at most 2**31-1 bytes
        :param flags: ignored
        :returns: how many bytes were sent: one record, 16384 bytes, at most, unless
            MODE_ENABLE_PARTIAL_WRITE was cleared
        :raises WantWriteError: the socket takes no more now and does not block, or has taken
            nothing within its ``SO_SNDTIMEO``; call again with the same data
        :raises WantReadError: the handshake needs the peer's answer first
        :raises SysCallError: the socket failed
        :raises Error: the connection failed, or is shut down, or a retry came with less data
        :raises ValueError: *buf* is too long

        ``SSL_write_ex``.
        """

    write = send
    def sendall(self, buf: Any, flags: int = 0) -> int:
        """Send all of the data.

        The same as :meth:`send` until nothing is left; data of other threads does not come in
        between.  On a socket that does not block, an exception leaves it unknown how much was
        sent.

        :returns: the number of bytes, which is the data's length

        ``SSL_write_ex``.
        """

    def do_handshake(self) -> None:
        """Shake hands, or carry a renegotiation out.  Does nothing when that was done.

        :raises WantReadError: the peer's answer is not there yet
        :raises WantWriteError: the socket takes no more now
        :raises SysCallError: the socket failed, or the peer closed it
        :raises Error: no agreement; the role is not set; a certificate was refused

        A callback's exception comes out as it was raised.  ``SSL_do_handshake``.
        """

    def shutdown(self) -> bool:
        """Tell the peer that nothing more will be sent, or wait for it to say so.

        The first call sends close_notify; the second waits for the peer's.  Threads that wait
        in another method of this connection get an Error.

        :returns: whether the peer has closed its direction too
        :raises WantReadError: the peer's close_notify is not there yet
        :raises SysCallError: the socket failed
        :raises Error: there is no connection, or a handshake is going on

        ``SSL_shutdown``.
        """

    def renegotiate(self) -> bool:
        """Ask for a new handshake on this connection, up to TLS 1.2.

        It is carried out by :meth:`do_handshake`, or by the next reading or writing.  Before the
        first handshake is over there is nothing to do anew.

        :returns: False if one is pending already
        :raises Error: TLS 1.3 has no renegotiation

        ``SSL_renegotiate``.
        """

    def key_update(self, request_peer: bool = False) -> None:
        """Go on with new keys for what we send, in TLS 1.3.

        :param request_peer: whether the peer shall do the same
        :raises Error: the connection is not TLS 1.3, or not established

        ``SSL_key_update``.
        """

    def bio_read(self, bufsiz: int) -> bytes:
        """Fetch what is to go to the peer.

        As much as is there: whole writes of OpenSSL, as many as fit into *bufsiz*, or *bufsiz*
        bytes if the first one does not.  With DTLS, one datagram.

        :param bufsiz: how many bytes at most
        :returns: 1 to *bufsiz* bytes; ``b""`` only if *bufsiz* is 0
        :raises WantReadError: there is nothing to send
        :raises TypeError: the connection has a socket
        :raises ValueError: *bufsiz* is negative
        """

    def bio_write(self, buf: Any) -> int:
        """Hand in what came from the peer.  With DTLS, one datagram.

        :param buf: bytes, which are kept without a copy until they are read, or another
            contiguous buffer
        :returns: the number of bytes
        :raises TypeError: the connection has a socket
        """

    def bio_shutdown(self) -> None:
        """The peer will send nothing more: what was handed in is read, then comes the end.

        :raises TypeError: the connection has a socket
        """

    def DTLSv1_listen(self) -> None:
        """Answer ClientHellos with cookies until one comes with a valid cookie.

        :raises WantReadError: none has come yet
        :raises Error: the connection is not DTLS

        ``DTLSv1_listen``.
        """

    def DTLSv1_handle_timeout(self) -> bool:
        """Send again what the peer has not answered in time.

        :returns: whether anything was due
        :raises Error: too many attempts

        ``DTLSv1_handle_timeout``.
        """

    def pending(self) -> int:
        """How many bytes :meth:`recv` can give without reading from the peer.  ``SSL_pending``."""

    # ---- questions ----

    def want_read(self) -> int:
        """Whether the last call stopped because it must read first: 1 or 0.  ``SSL_want``."""

    def want_write(self) -> int:
        """Whether something waits to be written: 1 or 0.  ``SSL_want``."""

    def get_shutdown(self) -> int:
        """Who has closed the connection: SENT_SHUTDOWN, RECEIVED_SHUTDOWN, both or 0.

        ``SSL_get_shutdown``.
        """

    def get_verify_mode(self) -> int:
        """The mode of :meth:`set_verify`, or of the Context.  ``SSL_get_verify_mode``."""

    def get_protocol_version(self) -> int:
        """The version in use, such as TLS1_3_VERSION; before the handshake, the highest known.

        ``SSL_version``.
        """

    def get_protocol_version_name(self) -> str:
        """The same by name, such as ``"TLSv1.3"``.  ``SSL_get_version``."""

    def get_state_string(self) -> bytes:
        """Where the handshake has come to, such as ``b"before SSL initialization"``.

        ``SSL_state_string_long``.
        """

    def state_string(self) -> str:
        """The same as str.  ``SSL_state_string_long``."""

    def renegotiate_pending(self) -> bool:
        """Whether a renegotiation was asked for and has not begun.

        ``SSL_renegotiate_pending``.
        """

    def total_renegotiations(self) -> int:
        """How many renegotiations there were.  ``SSL_total_renegotiations``."""

    def get_cleartext_mtu(self) -> int:
        """How many bytes fit into one datagram, over DTLS; 0 before a cipher is in use.

        ``DTLS_get_data_mtu``.
        """

    def DTLSv1_get_timeout(self) -> float | None:
        """After how many seconds :meth:`DTLSv1_handle_timeout` should be called.

        :returns: that number; None if no timer runs

        ``DTLSv1_get_timeout``.
        """

    def get_cipher_name(self) -> str | None:
        """The cipher in use, such as ``"TLS_AES_256_GCM_SHA384"``; None before there is one.

        ``SSL_get_current_cipher``.
        """

    def get_cipher_bits(self) -> int | None:
        """How many secret bits its key has; None before there is one.  ``SSL_CIPHER_get_bits``."""

    def get_cipher_version(self) -> str | None:
        """The version of the protocol that it came with; None before there is one.

        ``SSL_CIPHER_get_version``.
        """

    def get_cipher_list(self) -> list[str]:
        """The names of the ciphers that may be used, the best first.  ``SSL_get_ciphers``."""

    def get_group_name(self) -> str | None:
        """The group of the key exchange, such as ``"x25519"``; None if there was none.

        ``SSL_get0_group_name``.
        """

    def get_servername(self) -> bytes | None:
        """On a server, the name by which the client calls it; on a client, the one set.

        When a session of TLS 1.2 is taken up, it is the name that the session was made with,
        whatever the client says now.  None if there is none.  ``SSL_get_servername``.
        """

    def get_alpn_proto_negotiated(self) -> bytes:
        """The protocol chosen by ALPN; ``b""`` if there is none.  ``SSL_get0_alpn_selected``."""

    def get_next_proto_negotiated(self) -> bytes:
        """``b""``: NPN is what ALPN has replaced, and OpenSSL has it no longer."""

    def get_selected_srtp_profile(self) -> bytes:
        """The protection profile chosen for SRTP; ``b""`` if there is none.

        ``SSL_get_selected_srtp_profile``.
        """

    def client_random(self) -> bytes | None:
        """The random bytes of the client's hello; None before there is a session.

        ``SSL_get_client_random``.
        """

    def server_random(self) -> bytes | None:
        """The random bytes of the server's hello; None before there is a session.

        ``SSL_get_server_random``.
        """

    def master_key(self) -> bytes | None:
        """The session's master secret; None before there is a session.

        In TLS 1.3, that of the last ticket; empty before the first.
        ``SSL_SESSION_get_master_key``.
        """

    def get_finished(self) -> bytes | None:
        """The Finished message that was sent last; None before.  ``SSL_get_finished``."""

    def get_peer_finished(self) -> bytes | None:
        """The Finished message that came last; None before.  ``SSL_get_peer_finished``."""

    def export_keying_material(self, label: Any, olen: int, context: Any = None) -> bytes:
        """Secret bytes that both ends can compute, as RFC 5705 has it.

        :param label: what they are for, as bytes
        :param olen: how many
        :param context: more that both ends know, as bytes; below TLS 1.3 ``b""`` is not the
            same as None
        :returns: *olen* bytes
        :raises TypeError: *label* or *context* is not bytes, *olen* no integer
        :raises ValueError: *olen* is negative
        :raises OverflowError: *olen* is over 2**31-1
        :raises Error: the handshake is not done

        ``SSL_export_keying_material``.
        """

    def get_peer_certificate(self, *, as_cryptography: bool = False) -> Any:
        """The peer's certificate.

        :param as_cryptography: as one of the package ``cryptography``
        :returns: an :class:`OpenSSL.crypto.X509`, or what was asked for; None if there is none
        :raises ImportError: the package is not there

        ``SSL_get1_peer_certificate``.
        """

    def get_certificate(self, *, as_cryptography: bool = False) -> Any:
        """The own certificate.

        :param as_cryptography: as one of the package ``cryptography``
        :returns: an :class:`OpenSSL.crypto.X509`, or what was asked for; None if there is none
        :raises ImportError: the package is not there

        ``SSL_get_certificate``.
        """

    def get_peer_cert_chain(self, *, as_cryptography: bool = False) -> list[Any] | None:
        """The certificates that the peer has sent, as they came.

        On a client its own is the first; on a server only the others are here, and its own is
        :meth:`get_peer_certificate`.

        :param as_cryptography: as those of the package ``cryptography``
        :returns: a list of :class:`OpenSSL.crypto.X509`, or of what was asked for; None if
            there are none
        :raises ImportError: the package is not there

        ``SSL_get_peer_cert_chain``.
        """

    def get_verified_chain(self, *, as_cryptography: bool = False) -> list[Any] | None:
        """The certificates from the peer's to a trusted one.

        :param as_cryptography: as those of the package ``cryptography``
        :returns: a list of :class:`OpenSSL.crypto.X509`, or of what was asked for; None if
            the peer was not verified, or did not pass
        :raises ImportError: the package is not there

        ``SSL_get0_verified_chain``.
        """

    def get_client_ca_list(self, *, as_cryptography: bool = False) -> list[Any]:
        """Whose certificates a server wants to see from its client.

        :param as_cryptography: as names of the package ``cryptography``
        :returns: a list of :class:`OpenSSL.crypto.X509Name`, or of what was asked for: on a
            server what it will send, on a client what has come
        :raises ImportError: the package is not there

        ``SSL_get_client_CA_list``.
        """

    def get_session(self) -> Session | None:
        """What a client can take up again later.

        With TLS 1.3 that comes after the handshake: ask after data has been received.

        :returns: a new Session; None if there is none

        ``SSL_get1_session``.
        """

    # ---- settings ----

    def set_session(self, session: Session) -> None:
        """Take up a session again, instead of a full handshake; before the handshake.

        If :meth:`set_verify` asks for a verified peer afterwards, and that session's was not, the
        session is dropped.

        :param session: one of a Connection with the same Context
        :raises TypeError: *session* is no Session
        :raises ValueError: it is empty, or of a Connection with another Context, or its peer was
            not verified and this Connection's must be
        :raises Error: it does not fit, or the handshake has begun

        ``SSL_set_session``.
        """

    def set_verify(
        self, mode: int, callback: Callable[[Connection, X509, int, int, int], Any] | None = None
    ) -> None:
        """Set whether, and how, the peer's certificate is verified, for this connection alone.

        As :meth:`Context.set_verify`.  Where a handshake has been made it counts from the next
        :meth:`renegotiate` of either side on, which is a full handshake then.

        :raises TypeError: *mode* is no integer, or *callback* cannot be called
        :raises ValueError: it asks for verification in the midst of a handshake whose peer was not
            verified, or that takes up a session whose peer was not

        ``SSL_set_verify``.
        """

    def set_info_callback(self, callback: Callable[[Connection, int, int], Any]) -> None:
        """Set who is told what happens in this connection.

        As :meth:`Context.set_info_callback`.

        :raises TypeError: *callback* cannot be called

        ``SSL_set_info_callback``.
        """

    def use_certificate(self, cert: Any) -> None:
        """Set the own certificate, as a copy, for this connection alone.

        :param cert: an :class:`OpenSSL.crypto.X509` or a certificate of the package
            ``cryptography``
        :raises TypeError: it is neither
        :raises Error: the certificate is not complete, or too weak

        ``SSL_use_certificate``.
        """

    def use_privatekey(self, pkey: Any) -> None:
        """Set the own key, for this connection alone.

        :param pkey: a :class:`OpenSSL.crypto.PKey` or a private key of the package
            ``cryptography``
        :raises TypeError: it is neither
        :raises ValueError: the PKey is empty, or holds a public key only
        :raises Error: it does not fit the certificate, if there is one

        ``SSL_use_PrivateKey``.
        """

    def set_tlsext_host_name(self, name: bytes) -> None:
        """Set by which name a client calls the server.

        :param name: 1 to 255 bytes
        :raises TypeError: it is not bytes, or has a NUL byte
        :raises Error: it is empty or too long

        ``SSL_set_tlsext_host_name``.
        """

    def set_alpn_protos(self, protos: Iterable[bytes]) -> None:
        """Set what this client offers by ALPN.

        As :meth:`Context.set_alpn_protos`.

        :raises TypeError: an item is not bytes
        :raises ValueError: there is none, one is too long, or all together are
        :raises Error: one is empty

        ``SSL_set_alpn_protos``.
        """

    def request_ocsp(self) -> None:
        """Ask the server to staple an OCSP response; on a client, before the handshake.

        ``SSL_set_tlsext_status_type``.
        """

    def set_options(self, options: int) -> int:
        """Add options, for this connection alone.

        :param options: OP_x, combined with ``|``
        :returns: all options that are now set
        :raises TypeError: *options* is no integer
        :raises OverflowError: it is negative, or has more than 64 bits

        ``SSL_set_options``.
        """

    def set_shutdown(self, state: int) -> None:
        """Say who has closed the connection, without a word to the peer.

        :param state: SENT_SHUTDOWN, RECEIVED_SHUTDOWN, both or 0
        :raises TypeError: *state* is no integer

        ``SSL_set_shutdown``.
        """

    def set_ciphertext_mtu(self, mtu: int) -> None:
        """Set how large a datagram may be, over DTLS; together with OP_NO_QUERY_MTU.

        :param mtu: bytes, without the headers of UDP and IP
        :raises TypeError: *mtu* is no integer
        :raises Error: it is too small, or this is no DTLS connection

        ``SSL_set_mtu``.
        """

ContextType = Context
ConnectionType = Connection
