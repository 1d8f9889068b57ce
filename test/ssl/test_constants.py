"""The names that stand for numbers."""

import ctypes

import pytest

from OpenSSL import SSL

VALUES = {
    "SSLv2_METHOD": 1,
    "SSLv3_METHOD": 2,
    "SSLv23_METHOD": 3,
    "TLSv1_METHOD": 4,
    "TLSv1_1_METHOD": 5,
    "TLSv1_2_METHOD": 6,
    "TLS_METHOD": 7,
    "TLS_SERVER_METHOD": 8,
    "TLS_CLIENT_METHOD": 9,
    "DTLS_METHOD": 10,
    "DTLS_SERVER_METHOD": 11,
    "DTLS_CLIENT_METHOD": 12,
    "FILETYPE_PEM": 1,
    "FILETYPE_ASN1": 2,
    "VERIFY_NONE": 0,
    "VERIFY_PEER": 1,
    "VERIFY_FAIL_IF_NO_PEER_CERT": 2,
    "VERIFY_CLIENT_ONCE": 4,
    "SENT_SHUTDOWN": 1,
    "RECEIVED_SHUTDOWN": 2,
    "SSL3_VERSION": 0x300,
    "TLS1_VERSION": 0x301,
    "TLS1_1_VERSION": 0x302,
    "TLS1_2_VERSION": 0x303,
    "TLS1_3_VERSION": 0x304,
    "SESS_CACHE_OFF": 0,
    "SESS_CACHE_CLIENT": 1,
    "SESS_CACHE_SERVER": 2,
    "SESS_CACHE_BOTH": 3,
    "SESS_CACHE_NO_AUTO_CLEAR": 0x80,
    "SESS_CACHE_NO_INTERNAL_LOOKUP": 0x100,
    "SESS_CACHE_NO_INTERNAL_STORE": 0x200,
    "SESS_CACHE_NO_INTERNAL": 0x300,
    "MODE_ENABLE_PARTIAL_WRITE": 1,
    "MODE_ACCEPT_MOVING_WRITE_BUFFER": 2,
    "MODE_AUTO_RETRY": 4,
    "MODE_RELEASE_BUFFERS": 0x10,
    "SSL_ST_CONNECT": 0x1000,
    "SSL_ST_ACCEPT": 0x2000,
    "SSL_ST_MASK": 0xFFF,
    "SSL_ST_INIT": 0x3000,
    "SSL_ST_BEFORE": 0x4000,
    "SSL_ST_OK": 3,
    "SSL_ST_RENEGOTIATE": 0x3004,
    "SSL_CB_LOOP": 1,
    "SSL_CB_EXIT": 2,
    "SSL_CB_READ": 4,
    "SSL_CB_WRITE": 8,
    "SSL_CB_HANDSHAKE_START": 0x10,
    "SSL_CB_HANDSHAKE_DONE": 0x20,
    "SSL_CB_ALERT": 0x4000,
    "SSL_CB_READ_ALERT": 0x4004,
    "SSL_CB_WRITE_ALERT": 0x4008,
    "SSL_CB_ACCEPT_LOOP": 0x2001,
    "SSL_CB_ACCEPT_EXIT": 0x2002,
    "SSL_CB_CONNECT_LOOP": 0x1001,
    "SSL_CB_CONNECT_EXIT": 0x1002,
    "OP_ALL": 0x80000850,
    "OP_LEGACY_SERVER_CONNECT": 4,
    "OP_IGNORE_UNEXPECTED_EOF": 0x80,
    "OP_DONT_INSERT_EMPTY_FRAGMENTS": 0x800,
    "OP_NO_QUERY_MTU": 0x1000,
    "OP_COOKIE_EXCHANGE": 0x2000,
    "OP_NO_TICKET": 0x4000,
    "OP_NO_COMPRESSION": 0x20000,
    "OP_CIPHER_SERVER_PREFERENCE": 0x400000,
    "OP_TLS_ROLLBACK_BUG": 0x800000,
    "OP_NO_SSLv3": 0x02000000,
    "OP_NO_TLSv1": 0x04000000,
    "OP_NO_TLSv1_2": 0x08000000,
    "OP_NO_TLSv1_1": 0x10000000,
    "OP_NO_TLSv1_3": 0x20000000,
    "OP_NO_RENEGOTIATION": 0x40000000,
    "OPENSSL_VERSION": 0,
    "OPENSSL_CFLAGS": 1,
    "OPENSSL_BUILT_ON": 2,
    "OPENSSL_PLATFORM": 3,
    "OPENSSL_DIR": 4,
    "SSLEAY_VERSION": 0,
    "SSLEAY_CFLAGS": 1,
    "SSLEAY_BUILT_ON": 2,
    "SSLEAY_PLATFORM": 3,
    "SSLEAY_DIR": 4,
}
GONE = [
    "OP_EPHEMERAL_RSA",
    "OP_MICROSOFT_BIG_SSLV3_BUFFER",
    "OP_MICROSOFT_SESS_ID_BUG",
    "OP_MSIE_SSLV2_RSA_PADDING",
    "OP_NETSCAPE_CA_DN_BUG",
    "OP_NETSCAPE_CHALLENGE_BUG",
    "OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG",
    "OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG",
    "OP_NO_SSLv2",
    "OP_PKCS1_CHECK_1",
    "OP_PKCS1_CHECK_2",
    "OP_SINGLE_DH_USE",
    "OP_SINGLE_ECDH_USE",
    "OP_SSLEAY_080_CLIENT_DH_BUG",
    "OP_SSLREF2_REUSE_CERT_TYPE_BUG",
    "OP_TLS_BLOCK_PADDING_BUG",
    "OP_TLS_D5_BUG",
]
CODES = {
    "OK": 0,
    "ERR_UNABLE_TO_GET_ISSUER_CERT": 2,
    "ERR_UNABLE_TO_GET_CRL": 3,
    "ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE": 4,
    "ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE": 5,
    "ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY": 6,
    "ERR_CERT_SIGNATURE_FAILURE": 7,
    "ERR_CRL_SIGNATURE_FAILURE": 8,
    "ERR_CERT_NOT_YET_VALID": 9,
    "ERR_CERT_HAS_EXPIRED": 10,
    "ERR_CRL_NOT_YET_VALID": 11,
    "ERR_CRL_HAS_EXPIRED": 12,
    "ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD": 13,
    "ERR_ERROR_IN_CERT_NOT_AFTER_FIELD": 14,
    "ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD": 15,
    "ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD": 16,
    "ERR_OUT_OF_MEM": 17,
    "ERR_DEPTH_ZERO_SELF_SIGNED_CERT": 18,
    "ERR_SELF_SIGNED_CERT_IN_CHAIN": 19,
    "ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY": 20,
    "ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE": 21,
    "ERR_CERT_CHAIN_TOO_LONG": 22,
    "ERR_CERT_REVOKED": 23,
    "ERR_PATH_LENGTH_EXCEEDED": 25,
    "ERR_INVALID_PURPOSE": 26,
    "ERR_CERT_UNTRUSTED": 27,
    "ERR_CERT_REJECTED": 28,
    "ERR_SUBJECT_ISSUER_MISMATCH": 29,
    "ERR_AKID_SKID_MISMATCH": 30,
    "ERR_AKID_ISSUER_SERIAL_MISMATCH": 31,
    "ERR_KEYUSAGE_NO_CERTSIGN": 32,
    "ERR_UNABLE_TO_GET_CRL_ISSUER": 33,
    "ERR_UNHANDLED_CRITICAL_EXTENSION": 34,
    "ERR_KEYUSAGE_NO_CRL_SIGN": 35,
    "ERR_UNHANDLED_CRITICAL_CRL_EXTENSION": 36,
    "ERR_INVALID_NON_CA": 37,
    "ERR_PROXY_PATH_LENGTH_EXCEEDED": 38,
    "ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE": 39,
    "ERR_PROXY_CERTIFICATES_NOT_ALLOWED": 40,
    "ERR_INVALID_EXTENSION": 41,
    "ERR_INVALID_POLICY_EXTENSION": 42,
    "ERR_NO_EXPLICIT_POLICY": 43,
    "ERR_DIFFERENT_CRL_SCOPE": 44,
    "ERR_UNSUPPORTED_EXTENSION_FEATURE": 45,
    "ERR_UNNESTED_RESOURCE": 46,
    "ERR_PERMITTED_VIOLATION": 47,
    "ERR_EXCLUDED_VIOLATION": 48,
    "ERR_SUBTREE_MINMAX": 49,
    "ERR_APPLICATION_VERIFICATION": 50,
    "ERR_UNSUPPORTED_CONSTRAINT_TYPE": 51,
    "ERR_UNSUPPORTED_CONSTRAINT_SYNTAX": 52,
    "ERR_UNSUPPORTED_NAME_SYNTAX": 53,
    "ERR_CRL_PATH_VALIDATION_ERROR": 54,
    "ERR_HOSTNAME_MISMATCH": 62,
    "ERR_EMAIL_MISMATCH": 63,
    "ERR_IP_ADDRESS_MISMATCH": 64,
    "ERR_INVALID_CA": 79,
}


@pytest.mark.parametrize("name", VALUES)
def test_value(name):
    assert getattr(SSL, name) == VALUES[name]
    assert type(getattr(SSL, name)) is int


@pytest.mark.parametrize("name", GONE)
def test_gone_is_zero(name):
    assert getattr(SSL, name) == 0


@pytest.mark.parametrize("name", [name for name in dir(SSL) if name.startswith("OP_")])
def test_option_fits(name):
    """Every option can be set and is then reported."""
    context = SSL.Context(SSL.TLS_METHOD)
    value = getattr(SSL, name)
    assert context.set_options(value) & value == value


class TestX509VerificationCodes:
    def test_values(self):
        found = {
            name: value
            for name, value in vars(SSL.X509VerificationCodes).items()
            if not name.startswith("__")
        }
        assert found == CODES

    def test_class(self):
        assert isinstance(SSL.X509VerificationCodes, type)
        assert SSL.X509VerificationCodes.__module__ == "OpenSSL.SSL"
        assert SSL.X509VerificationCodes.__doc__


class TestVersionNumber:
    def test_is_of_the_headers(self):
        """The number of the headers has the same major part as that of the library."""
        loaded = ctypes.PyDLL(SSL.__file__).OpenSSL_version_num
        loaded.restype = ctypes.c_ulong
        assert SSL.OPENSSL_VERSION_NUMBER >> 28 == loaded() >> 28 >= 3
