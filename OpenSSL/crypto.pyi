"""Keys, certificates and what belongs to them: OpenSSL's libcrypto."""

FILETYPE_PEM: int
FILETYPE_ASN1: int
FILETYPE_TEXT: int
TYPE_RSA: int
TYPE_DSA: int
TYPE_DH: int
TYPE_EC: int

class Error(Exception):
    """A failure inside OpenSSL's crypto library.

    Its one argument is a list of ``(library, function, reason)`` triples of :class:`str`, oldest
    first and never empty; what OpenSSL leaves out is ``""``.
    """
