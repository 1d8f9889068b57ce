"""Keys, certificates and what belongs to them: OpenSSL's libcrypto."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Self, TypeAlias, final

from _typeshed import ReadableBuffer, StrOrBytesPath

# Objects of the package cryptography, which may not be there.
_CryptographyCertificate: TypeAlias = Any
_CryptographyKey: TypeAlias = Any
_CryptographyRequest: TypeAlias = Any
_CryptographyRevocationList: TypeAlias = Any

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

class PKey:
    """A public key, with or without its private part.

    ``PKey()`` is empty: fill it with :meth:`generate_key`, or get one from
    :func:`load_privatekey`, :func:`load_publickey` or :meth:`X509.get_pubkey`.

    One key may be used by several threads at once.  An ``EVP_PKEY``.
    """

    def __init__(self) -> None: ...
    def generate_key(self, type: int, bits: int) -> None:
        """Make a new key pair, in place of what was there.

        Other threads run meanwhile.  When it fails, the old key stays.

        :param type: TYPE_RSA or TYPE_DSA
        :param bits: the size of the modulus, in bits; at least 512.  That of a DSA key is rounded
            up to a multiple of 64
        :raises Error: ``"No such key type"``; or a size that OpenSSL refuses
        :raises ValueError: the size of an RSA key is not positive
        :raises TypeError: an argument is no integer
        :raises OverflowError: an argument is out of range

        ``EVP_PKEY_keygen``; RSA keys have the public exponent 65537.
        """

    def type(self) -> int:
        """What kind of key it is: TYPE_RSA, or another of OpenSSL's numbers (NIDs); 0 if empty.

        ``EVP_PKEY_get_base_id``.
        """

    def bits(self) -> int:
        """The key's size in bits; 0 if it is empty.  ``EVP_PKEY_get_bits``."""

    def check(self) -> bool:
        """Check an RSA private key for consistency.

        :returns: True
        :raises Error: the parts do not fit together
        :raises TypeError: it is no RSA key, or has no private part

        ``EVP_PKEY_check``, ``EVP_PKEY_pairwise_check``.
        """

    def to_cryptography_key(self) -> _CryptographyKey:
        """The same key as an object of the package ``cryptography``.

        :returns: one of its private keys, or a public one if this has no private part
        :raises Error: if there is no key
        :raises ImportError: if ``cryptography`` is not installed
        """

    @classmethod
    def from_cryptography_key(cls, crypto_key: _CryptographyKey) -> Self:
        """Make one from a key of the package ``cryptography``.

        :param crypto_key: an RSA, DSA, EC, Ed25519 or Ed448 key, private or public
        :returns: a new one, with or without a private part
        :raises TypeError: if it is anything else
        """

@final
class _EllipticCurve:
    """An elliptic curve that OpenSSL knows: an element of :func:`get_elliptic_curves`.

    Each curve is one object in each interpreter, equal to itself alone.
    """

    @property
    def name(self) -> str:
        """The curve's short name, such as ``"prime256v1"``.  ``OBJ_nid2sn``."""

    @classmethod
    def from_nid(cls, lib: object, nid: int) -> _EllipticCurve:
        """The curve with one of OpenSSL's numbers.

        :param lib: not used
        :param nid: the number (NID) of the curve
        :returns: the element of :func:`get_elliptic_curves`
        :raises ValueError: there is none; the arguments are a message and the number

        ``EC_get_builtin_curves``.
        """

def get_elliptic_curves() -> set[_EllipticCurve]:
    """All curves that OpenSSL knows.

    :returns: a new set, with the same objects each time

    ``EC_get_builtin_curves``.
    """

def get_elliptic_curve(name: str) -> _EllipticCurve:
    """The curve with a short name.

    :param name: OpenSSL's short name, such as ``"prime256v1"``; other names of the same curve,
        such as ``"P-256"``, are not known
    :returns: the element of :func:`get_elliptic_curves`
    :raises ValueError: there is none; the arguments are a message and the name

    ``EC_get_builtin_curves``, ``OBJ_nid2sn``.
    """

def X509_verify_cert_error_string(errnum: int) -> str:
    """What a number of a verification error means, in words.

    :param errnum: the number; that of no error at all is 0
    :returns: English text; also for a number that OpenSSL does not know
    :raises TypeError: *errnum* is no integer
    :raises OverflowError: it is no C int

    ``X509_verify_cert_error_string``.
    """

class X509Name:
    """A distinguished name.

    Its fields are attributes, by their short or long name or number: ``name.CN``,
    ``name.commonName`` and ``getattr(name, "2.5.4.3")`` are the same field.  Reading gives the
    first value as :class:`str`, or None; writing takes str, or bytes of UTF-8, and puts the new
    value at the end, in place of the first old one.

    The name of a certificate, request or revocation list is a view: it shows what that has
    now, and writing changes it.  ``X509Name(name)`` is a copy of its own.

    Names are compared as OpenSSL does, without regard to case and repeated spaces.

    :raises AttributeError: there is no such field
    :raises Error: the value is empty, too long, or has a character that the field cannot have
    :raises TypeError: the value is neither str nor bytes; *name* is no X509Name

    An ``X509_NAME``.
    """

    def __init__(self, name: X509Name) -> None: ...
    def __getattr__(self, name: str, /) -> str | None: ...
    def __setattr__(self, name: str, value: str | bytes, /) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __lt__(self, other: X509Name, /) -> bool: ...
    def __le__(self, other: X509Name, /) -> bool: ...
    def __gt__(self, other: X509Name, /) -> bool: ...
    def __ge__(self, other: X509Name, /) -> bool: ...
    def hash(self) -> int:
        """The number by which a directory of certificates finds the name's owner.

        ``X509_NAME_hash_ex``.
        """

    def der(self) -> bytes:
        """The name's encoding.  ``i2d_X509_NAME``."""

    def get_components(self) -> list[tuple[bytes, bytes]]:
        """All fields in order: short name and value, as it is encoded.

        A field that OpenSSL has no name for is ``b"UNDEF"``.  ``X509_NAME_get_entry``.
        """

class X509Extension:
    """An extension of a certificate or request.

    :param type_name: which one, as OpenSSL's configuration files call it, such as
        ``b"basicConstraints"``; or its number, with a value of the form ``DER:`` or ``ASN1:``
    :param critical: whether who does not know it must refuse the certificate; the same as
        ``critical,`` before the value
    :param value: the value as in OpenSSL's configuration files, such as ``b"CA:TRUE"``.  There is
        no file that it could refer to
    :param subject: the certificate that it is for, where the value is made from that
        (``subjectKeyIdentifier=hash``, of its public key)
    :param issuer: the certificate of who signs it, where the value is made from that
        (``authorityKeyIdentifier=keyid``)
    :raises Error: OpenSSL does not know the name or understand the value
    :raises TypeError: a name or value that is not bytes; *subject* or *issuer* is no X509
    :raises ValueError: there is a NUL in the name or value

    ``str()`` of it is the value for people to read.  ``X509V3_EXT_nconf``, ``X509V3_EXT_print``.
    """

    def __init__(
        self,
        type_name: bytes,
        critical: bool,
        value: bytes,
        subject: X509 | None = None,
        issuer: X509 | None = None,
    ) -> None: ...
    def get_critical(self) -> int:
        """1 if the extension is critical, else 0.  ``X509_EXTENSION_get_critical``."""

    def get_short_name(self) -> bytes:
        """Its short name; ``b"UNDEF"`` if OpenSSL has none for it.  ``OBJ_nid2sn``."""

    def get_data(self) -> bytes:
        """Its value, encoded.  ``X509_EXTENSION_get_data``."""

class X509:
    """A certificate.

    ``X509()`` is an empty one, to be filled and signed.  One that was signed or loaded must be
    signed again after a change; until then, what :func:`dump_certificate` and :meth:`digest`
    show of it depends on OpenSSL's version: the old encoding, or one that the signature does not
    fit.

    Several threads may use one certificate at once.  An ``X509``.
    """

    def __init__(self) -> None: ...
    def get_version(self) -> int:
        """The version, counted from zero: 2 is version 3.  ``X509_get_version``."""

    def set_version(self, version: int) -> None:
        """Set the version.

        :param version: the version, counted from zero: 2 is version 3, which has extensions
        :raises ValueError: *version* is negative
        :raises OverflowError: it is no C long
        :raises TypeError: it is no integer

        ``X509_set_version``.
        """

    def get_serial_number(self) -> int:
        """The serial number, of any size.  ``X509_get0_serialNumber``."""

    def set_serial_number(self, serial: int) -> None:
        """Set the serial number.

        :param serial: any integer; RFC 5280 wants a positive one of at most 20 bytes
        :raises TypeError: *serial* is no integer

        ``X509_set_serialNumber``.
        """

    def get_notBefore(self) -> bytes | None:
        """When it becomes valid: ``YYYYMMDDhhmmssZ``, or as it is encoded if that has an offset.

        None if it is not set.  ``X509_get0_notBefore``.
        """

    def get_notAfter(self) -> bytes | None:
        """When its validity ends, as :meth:`get_notBefore`.  ``X509_get0_notAfter``."""

    def set_notBefore(self, when: bytes) -> None:
        """Set when it becomes valid.

        :param when: ``YYYYMMDDhhmmssZ``, or with ``+hhmm`` or ``-hhmm`` in place of Z; or
            ``YYMMDDhhmmssZ``
        :raises ValueError: that is no time
        :raises TypeError: it is not bytes

        ``ASN1_TIME_set_string``, ``X509_set1_notBefore``.
        """

    def set_notAfter(self, when: bytes) -> None:
        """Set when its validity ends, as :meth:`set_notBefore`.  ``X509_set1_notAfter``."""

    def gmtime_adj_notBefore(self, amount: int) -> None:
        """Let it become valid so many seconds from now.

        :param amount: seconds, negative for the past
        :raises ValueError: the time is out of the years 1900 to 9999
        :raises OverflowError: *amount* is out of range
        :raises TypeError: it is no integer

        ``ASN1_TIME_adj``.
        """

    def gmtime_adj_notAfter(self, amount: int) -> None:
        """Let its validity end so many seconds from now, as :meth:`gmtime_adj_notBefore`.

        ``ASN1_TIME_adj``.
        """

    def has_expired(self) -> bool:
        """Whether its validity has ended.

        :raises ValueError: there is no valid end

        ``ASN1_TIME_cmp_time_t``.
        """

    def get_subject(self) -> X509Name:
        """Whose certificate it is: a view, which changes the certificate when written to.

        ``X509_get_subject_name``.
        """

    def get_issuer(self) -> X509Name:
        """Who signed it: a view, as :meth:`get_subject`.  ``X509_get_issuer_name``."""

    def set_subject(self, subject: X509Name) -> None:
        """Set whose certificate it is, to a copy of a name.

        :raises TypeError: *subject* is no X509Name

        ``X509_set_subject_name``.
        """

    def set_issuer(self, issuer: X509Name) -> None:
        """Set who signs it, to a copy of a name.

        :raises TypeError: *issuer* is no X509Name

        ``X509_set_issuer_name``.
        """

    def subject_name_hash(self) -> int:
        """The subject's :meth:`X509Name.hash`: ``"%08x.0"`` of it is the file's name in a directory
        of trusted certificates.  ``X509_NAME_hash_ex``.
        """

    def get_pubkey(self) -> PKey:
        """The public key.

        :raises Error: there is none, or one that OpenSSL does not know

        ``X509_get_pubkey``.
        """

    def set_pubkey(self, pkey: PKey) -> None:
        """Set the public key.

        :raises Error: the key is empty
        :raises TypeError: *pkey* is no PKey

        ``X509_set_pubkey``.
        """

    def sign(self, pkey: PKey, digest: str | bytes | None) -> None:
        """Sign it.  The issuer's name is not touched.

        :param pkey: the issuer's key
        :param digest: the name of a digest, such as ``"sha256"``; None or ``""`` for keys that
            take none, as Ed25519
        :raises ValueError: the key is empty or has no private part; the digest is not known
        :raises Error: the certificate lacks something, or the key cannot sign
        :raises TypeError: *pkey* is no PKey

        ``X509_sign``.
        """

    def get_signature_algorithm(self) -> bytes:
        """The long name of the algorithm that it is signed with.

        :raises ValueError: OpenSSL does not know it

        ``X509_get0_tbs_sigalg``.
        """

    def digest(self, digest_name: str | bytes) -> bytes:
        """A digest of the encoded certificate, its fingerprint.

        :param digest_name: such as ``"sha256"``
        :returns: upper-case hex digits in pairs, with colons between them
        :raises ValueError: the digest is not known
        :raises Error: the certificate cannot be encoded: it was never signed; or the digest has
            no length of its own, as SHAKE

        ``X509_digest``.
        """

    def get_extension_count(self) -> int:
        """How many extensions it has.  ``X509_get_ext_count``."""

    def get_extension(self, index: int) -> X509Extension:
        """A copy of an extension.

        :param index: counted from zero
        :returns: a new X509Extension
        :raises IndexError: there is none at *index*

        ``X509_get_ext``.
        """

    def add_extensions(self, extensions: Any) -> None:
        """Append extensions: all of them, or none if it fails.

        :param extensions: any iterable of X509Extension objects
        :raises ValueError: there is something else among them
        :raises TypeError: it cannot be iterated over

        ``X509_add_ext``.
        """

    def to_cryptography(self) -> _CryptographyCertificate:
        """The same certificate as an object of the package ``cryptography``.

        Both are independent of each other.

        :returns: a ``cryptography.x509.Certificate``
        :raises Error: if the certificate is not complete
        :raises ImportError: if ``cryptography`` is not installed
        """

    @classmethod
    def from_cryptography(cls, crypto_cert: _CryptographyCertificate) -> Self:
        """Make one from a certificate of the package ``cryptography``.

        :param crypto_cert: a ``cryptography.x509.Certificate``
        :returns: a new one, independent of it
        :raises TypeError: if it is anything else
        """

class X509Req:
    """A certificate request: a name and a public key, signed with the private one.

    ``X509Req()`` is an empty one, to be filled and signed.  Its extensions are wishes: whoever
    signs the certificate decides.

    Several threads may use one request at once.  An ``X509_REQ``.
    """

    def __init__(self) -> None: ...
    def get_version(self) -> int:
        """The version, counted from zero; there is only 0.  ``X509_REQ_get_version``."""

    def set_version(self, version: int) -> None:
        """Set the version.

        :param version: the version, counted from zero; there is only 0
        :raises ValueError: *version* is negative
        :raises Error: OpenSSL refuses it: from 3.5 on, whatever is not 0
        :raises OverflowError: it is no C long
        :raises TypeError: it is no integer

        ``X509_REQ_set_version``.
        """

    def get_subject(self) -> X509Name:
        """Who wants the certificate: a view, which changes the request when written to.

        It stays good when the request goes.  ``X509_REQ_get_subject_name``.
        """

    def get_pubkey(self) -> PKey:
        """The public key.

        :raises Error: there is none, or one that OpenSSL does not know

        ``X509_REQ_get_pubkey``.
        """

    def set_pubkey(self, pkey: PKey) -> None:
        """Set the public key.

        :raises Error: the key is empty
        :raises TypeError: *pkey* is no PKey

        ``X509_REQ_set_pubkey``.
        """

    def get_extensions(self) -> list[X509Extension]:
        """Copies of the extensions asked for, in their order.

        :raises Error: what should be extensions is something else

        ``X509_REQ_get_extensions``: also those in Microsoft's attribute.
        """

    def add_extensions(self, extensions: Any) -> None:
        """Ask for extensions, besides those asked for already: all of them, or none if it fails.

        :param extensions: any iterable of X509Extension objects
        :raises ValueError: there is something else among them
        :raises TypeError: it cannot be iterated over
        :raises Error: what should be the old extensions is something else

        ``X509_REQ_add_extensions``.
        """

    def sign(self, pkey: PKey, digest: str | bytes | None) -> None:
        """Sign it.  Other threads run meanwhile.

        :param pkey: the private key that belongs to the public one
        :param digest: the name of a digest, such as ``"sha256"``; None or ``""`` for keys that
            take none, as Ed25519
        :raises ValueError: the key is empty or has no private part; the digest is not known
        :raises Error: the request has no public key, or the key cannot sign so; an old signature
            stays
        :raises TypeError: *pkey* is no PKey

        ``X509_REQ_sign``.
        """

    def verify(self, pkey: PKey) -> bool:
        """Verify the signature.

        :param pkey: the public key that belongs to the private one that should have signed
        :returns: True
        :raises Error: it was not, or there is no signature; the key is empty
        :raises TypeError: *pkey* is no PKey

        ``X509_REQ_verify``.
        """

    def to_cryptography(self) -> _CryptographyRequest:
        """The same request as an object of the package ``cryptography``.

        Both are independent of each other.

        :returns: a ``cryptography.x509.CertificateSigningRequest``
        :raises Error: if the request is not complete
        :raises ImportError: if ``cryptography`` is not installed
        """

    @classmethod
    def from_cryptography(cls, crypto_req: _CryptographyRequest) -> Self:
        """Make one from a request of the package ``cryptography``.

        :param crypto_req: a ``cryptography.x509.CertificateSigningRequest``
        :returns: a new one, independent of it
        :raises TypeError: if it is anything else
        """

class Revoked:
    """An entry of a revocation list: which certificate, since when, and why.

    It belongs to no list: :meth:`CRL.add_revoked` and :meth:`CRL.get_revoked` copy.  An
    ``X509_REVOKED``.
    """

    def __init__(self) -> None: ...
    def get_serial(self) -> bytes:
        """The certificate's serial number: upper-case hex digits, an even number of them.

        ``b"00"`` if it is not set.  ``X509_REVOKED_get0_serialNumber``.
        """

    def set_serial(self, hex_str: bytes) -> None:
        """Set the certificate's serial number.

        :param hex_str: hex digits, of which as many count as there are from the beginning on
        :raises ValueError: it does not begin with a hex digit
        :raises TypeError: it is not bytes

        ``X509_REVOKED_set_serialNumber``, ``BN_hex2bn``.
        """

    def get_rev_date(self) -> bytes | None:
        """When it was revoked, as :meth:`X509.get_notBefore`; None if that is not set.

        ``X509_REVOKED_get0_revocationDate``.
        """

    def set_rev_date(self, when: bytes) -> None:
        """Set when it was revoked.

        :param when: as for :meth:`X509.set_notBefore`
        :raises ValueError: that is no time
        :raises TypeError: it is not bytes

        ``X509_REVOKED_set_revocationDate``.
        """

    def all_reasons(self) -> list[bytes]:
        """The names of all reasons, which :meth:`set_reason` takes, in a new list."""

    def get_reason(self) -> bytes | None:
        """Why it was revoked, as people read it, such as ``b"Key Compromise"``.

        None if no reason is given.  ``X509_REVOKED_get_ext``.
        """

    def set_reason(self, reason: bytes | None) -> None:
        """Set why it was revoked.

        :param reason: one of :meth:`all_reasons`, or as :meth:`get_reason` gives it: case and
            spaces do not matter.  None removes it
        :raises ValueError: it is none of these
        :raises TypeError: it is neither bytes nor None

        ``X509_REVOKED_add_ext``.
        """

class CRL:
    """A revocation list: the certificates that their issuer has declared void.

    ``CRL()`` is an empty one: fill it with :meth:`add_revoked`, then :meth:`export` it.

    Several threads may use one list at once; while one signs it the others wait.  An ``X509_CRL``.
    """

    def __init__(self) -> None: ...
    def set_version(self, version: int) -> None:
        """Set the version.  Without it, signing sets the version that is needed.

        :param version: the version, counted from zero: 1 is version 2, which has extensions
        :raises ValueError: *version* is negative
        :raises OverflowError: it is no C long
        :raises TypeError: it is no integer

        ``X509_CRL_set_version``.
        """

    def set_lastUpdate(self, when: bytes) -> None:
        """Set when the list was made.

        :param when: as for :meth:`X509.set_notBefore`
        :raises ValueError: that is no time
        :raises TypeError: it is not bytes

        ``X509_CRL_set1_lastUpdate``.
        """

    def set_nextUpdate(self, when: bytes) -> None:
        """Set when the next list will be made at the latest, as :meth:`set_lastUpdate`.

        ``X509_CRL_set1_nextUpdate``.
        """

    def get_issuer(self) -> X509Name:
        """A copy of the name of who signed it.  ``X509_CRL_get_issuer``."""

    def add_revoked(self, revoked: Revoked) -> None:
        """Add a copy of an entry.

        :raises Error: the entry has no date
        :raises TypeError: *revoked* is no Revoked

        ``X509_CRL_add0_revoked``.
        """

    def get_revoked(self) -> tuple[Revoked, ...] | None:
        """Copies of all entries in their order; None if there are none.

        ``X509_CRL_get_REVOKED``.
        """

    def sign(self, issuer_cert: X509, issuer_key: PKey, digest: bytes | str | None) -> None:
        """Sort the entries by serial number, and sign.  Other threads run meanwhile.

        A list with extensions, its own or an entry's, becomes version 2 unless :meth:`set_version`
        was called.  If it fails, nothing changes.

        :param issuer_cert: the certificate whose subject becomes the issuer
        :param issuer_key: its private key
        :param digest: the name of a digest, such as ``b"sha256"``; None or ``b""`` for keys that
            take none, as Ed25519
        :raises ValueError: the digest is not known
        :raises Error: the time of the last update is not set; the key is empty or has no private
            part, or cannot sign so
        :raises TypeError: *issuer_cert* is no X509, *issuer_key* no PKey

        ``X509_CRL_sort``, ``X509_CRL_sign``.
        """

    def export(
        self,
        cert: X509,
        key: PKey,
        type: int = 1,
        days: int = 100,
        digest: bytes | str | None = b"sha256",
    ) -> bytes:
        """Sign the list as of now, and dump it.

        The entries keep their order; otherwise as :meth:`sign`.

        :param cert: the certificate whose subject becomes the issuer
        :param key: its private key
        :param type: FILETYPE_PEM, FILETYPE_ASN1, or FILETYPE_TEXT for people
        :param days: in how many days, at the latest, there will be a new list
        :param digest: as for :meth:`sign`; if it is not given, SHA-256, or none for keys that take
            none
        :returns: bytes, in all three
        :raises ValueError: the digest is not known; *type* is none of the three; *days* leads out
            of the years 1900 to 9999
        :raises Error: the key is empty or has no private part, or cannot sign so
        :raises OverflowError: *days* is no C int
        :raises TypeError: *cert* is no X509, *key* no PKey, *type* or *days* no integer

        ``X509_CRL_sign``.
        """

    def to_cryptography(self) -> _CryptographyRevocationList:
        """The same list as an object of the package ``cryptography``.

        Both are independent of each other.

        :returns: a ``cryptography.x509.CertificateRevocationList``
        :raises Error: if the list is not complete
        :raises ImportError: if ``cryptography`` is not installed
        """

    @classmethod
    def from_cryptography(cls, crypto_crl: _CryptographyRevocationList) -> Self:
        """Make one from a revocation list of the package ``cryptography``.

        :param crypto_crl: a ``cryptography.x509.CertificateRevocationList``
        :returns: a new one, independent of it
        :raises TypeError: if it is anything else
        """

@final
class PKCS7:
    """A PKCS #7 message, as :func:`load_pkcs7_data` reads it; cannot be made otherwise.

    It tells what kind of message it is, and no more.
    """

    def get_type_name(self) -> bytes:
        """The short name of the kind of message, such as ``b"pkcs7-signedData"``.

        ``b"UNDEF"`` for one that OpenSSL has no name for.  Wraps ``OBJ_nid2sn``.
        """

    def type_is_data(self) -> bool:
        """Whether it is plain data.  Wraps ``PKCS7_type_is_data``."""

    def type_is_enveloped(self) -> bool:
        """Whether it is enveloped: encrypted for somebody.  Wraps ``PKCS7_type_is_enveloped``."""

    def type_is_signed(self) -> bool:
        """Whether it is signed.  Wraps ``PKCS7_type_is_signed``."""

    def type_is_signedAndEnveloped(self) -> bool:
        """Whether it is both in one.  Wraps ``PKCS7_type_is_signedAndEnveloped``.

        A message that was signed first and then enveloped is just enveloped.
        """

class PKCS12:
    """A private key, its certificate and those of the authorities, to be kept in one file.

    What is put in comes out as the very same objects.
    """

    def __init__(self) -> None:
        """A new one is empty; :func:`load_pkcs12` reads one."""

    def export(self, passphrase: bytes | None = None, iter: int = 2048, maciter: int = 1) -> bytes:
        """The container in DER, encrypted with 3DES so that any program can read it.

        The key and its certificate are marked as belonging together, so that
        ``openssl pkcs12 -clcerts`` finds the certificate.

        :param passphrase: encrypts and authenticates it.  Without one it is encrypted all the same,
            with a key that everybody can derive.  :class:`str` is taken with a
            :exc:`DeprecationWarning`.
        :param iter: how many times the passphrase is hashed into the key that encrypts; 0 for 2048
        :param maciter: the same for the key that authenticates; 0 is 1, and -1 stands for a
            container without any authentication, which :func:`load_pkcs12` refuses
        :returns: bytes
        :raises Error: the container is empty; the key is empty or public, or belongs to another
            certificate; the friendly name is no UTF-8
        :raises ValueError: there is a NUL in *passphrase*
        :raises TypeError: *passphrase* is something else, such as a callable
        :raises OverflowError: *iter* or *maciter* is no C int

        Does what ``PKCS12_create`` does.
        """

    def get_ca_certificates(self) -> tuple[X509, ...] | None:
        """The other certificates, as a tuple; None if there never were any."""

    def get_certificate(self) -> X509 | None:
        """The certificate that belongs to the key; None if there is none."""

    def get_friendlyname(self) -> bytes | None:
        """The name under which programs show the key, in UTF-8; None if there is none."""

    def get_privatekey(self) -> PKey | None:
        """The private key; None if there is none."""

    def set_ca_certificates(self, cacerts: Iterable[X509] | None) -> None:
        """Put other certificates in the place of those that are there; None removes them.

        :param cacerts: an iterable, which is copied
        :raises TypeError: it is none, or not of :class:`X509` objects
        """

    def set_certificate(self, cert: X509 | None) -> None:
        """Put another certificate in the place of the one that is there; None removes it.

        Whether it belongs to the key is looked at by :meth:`export`.

        :raises TypeError: *cert* is neither an :class:`X509` nor None
        """

    def set_friendlyname(self, name: bytes | None) -> None:
        """Give another friendly name, in UTF-8; None removes it.

        :raises TypeError: *name* is neither bytes nor None
        :raises ValueError: there is a NUL in it
        """

    def set_privatekey(self, pkey: PKey | None) -> None:
        """Put another private key in the place of the one that is there; None removes it.

        :raises TypeError: *pkey* is neither a :class:`PKey` nor None
        """

class NetscapeSPKI:
    """A public key, signed with the private one: what browsers sent to certificate authorities.

    :param enc: one in base64, as :meth:`b64_encode` gives it, bytes or str; None for an empty one
    :raises Error: *enc* is no such thing
    :raises TypeError: it is neither bytes nor str
    :raises ValueError: there is a NUL in it

    Wraps ``NETSCAPE_SPKI_b64_decode``.
    """

    def __init__(self, enc: bytes | str | None = None) -> None: ...
    def b64_encode(self) -> bytes:
        """The whole in base64, in one line.

        :raises Error: it has not been signed

        Does what ``NETSCAPE_SPKI_b64_encode`` does.
        """

    def get_pubkey(self) -> PKey:
        """The public key.

        :raises Error: there is none, or OpenSSL does not know its kind

        Wraps ``NETSCAPE_SPKI_get_pubkey``.
        """

    def set_pubkey(self, pkey: PKey) -> None:
        """Set the public key.  A signature that was there holds no longer.

        :raises TypeError: *pkey* is no :class:`PKey`
        :raises Error: it is empty

        Wraps ``NETSCAPE_SPKI_set_pubkey``.
        """

    def sign(self, pkey: PKey, digest: bytes | str | None) -> None:
        """Sign it.

        :param pkey: the private key that belongs to the public one
        :param digest: the name of a digest, such as ``"sha256"``; None for a key that brings its
            own, such as Ed25519
        :raises TypeError: *pkey* is no :class:`PKey`
        :raises ValueError: *pkey* is empty or public, or *digest* is unknown
        :raises Error: there is no public key, or the key cannot sign so

        Wraps ``NETSCAPE_SPKI_sign``.
        """

    def verify(self, key: PKey) -> bool:
        """Verify the signature.

        :param key: the public key that belongs to the private one that should have signed
        :returns: True
        :raises TypeError: *key* is no :class:`PKey`
        :raises Error: it was not, or there is no signature

        Wraps ``NETSCAPE_SPKI_verify``.
        """

def load_certificate(type: int, buffer: Any) -> X509:
    """Load a certificate.

    :param type: FILETYPE_PEM or FILETYPE_ASN1
    :param buffer: bytes, another contiguous buffer, or str of ASCII.  Of PEM, the first
        certificate counts, whatever else there is; of ASN1, what comes behind is ignored
    :returns: a new X509
    :raises Error: there is no certificate in it
    :raises UnicodeEncodeError: a character that is not ASCII
    :raises ValueError: *type* is none of the two
    :raises TypeError: *buffer* is no buffer

    ``d2i_X509``, ``PEM_read_bio_X509``.
    """

def dump_certificate(type: int, cert: X509) -> bytes:
    """Dump a certificate.

    :param type: FILETYPE_PEM, FILETYPE_ASN1, or FILETYPE_TEXT for people
    :param cert: the X509
    :returns: bytes, in all three
    :raises Error: the certificate cannot be encoded: it was never signed
    :raises ValueError: *type* is none of the three
    :raises TypeError: *cert* is no X509

    ``i2d_X509``, ``PEM_write_bio_X509``, ``X509_print_ex``.
    """

def load_privatekey(
    type: int, buffer: Any, passphrase: bytes | Callable[[bool], bytes] | None = None
) -> PKey:
    """Load a private key: PKCS #8 or the traditional form of its kind, encrypted or not.

    Nobody is ever asked on the terminal: an encrypted key without a passphrase is an Error.

    :param type: FILETYPE_PEM or FILETYPE_ASN1
    :param buffer: bytes, another contiguous buffer, or str of ASCII
    :param passphrase: bytes; or a callable that is given False and returns bytes, at most
        1024, and whose exceptions come out as they are.  Only for FILETYPE_PEM; not asked for a
        key that is not encrypted
    :returns: a new PKey
    :raises Error: there is no private key in it, or the passphrase is wrong or missing
    :raises UnicodeEncodeError: a character in *buffer* that is not ASCII
    :raises ValueError: *type* is none of the two; a passphrase for FILETYPE_ASN1; one that is
        too long or, from the callable, not bytes
    :raises TypeError: *buffer* is no buffer; *passphrase* is neither bytes nor callable

    ``PEM_read_bio_PrivateKey``, ``d2i_AutoPrivateKey``.
    """

def dump_privatekey(
    type: int,
    pkey: PKey,
    cipher: str | None = None,
    passphrase: bytes | Callable[[bool], bytes] | None = None,
) -> bytes:
    """Dump a private key.

    PEM is PKCS #8, encrypted if a cipher is given; ASN1 is the traditional form where the
    kind of key has one; TEXT is for people, and for RSA keys only.

    :param type: FILETYPE_PEM, FILETYPE_ASN1 or FILETYPE_TEXT
    :param cipher: the name of a cipher, such as ``"aes-256-cbc"``; None not to encrypt
    :param passphrase: bytes, at most 1024; or a callable that is given True and returns such
        bytes, and whose exceptions come out as they are.  Only for FILETYPE_PEM; not used without a
        cipher
    :returns: bytes, in all three
    :raises Error: the key is empty, or has no private part; the cipher cannot encrypt keys
    :raises ValueError: *type* is none of the three; the cipher is not known; a passphrase for
        another type than FILETYPE_PEM; one that is too long or, from the callable, not bytes
    :raises TypeError: *pkey* is no PKey; a cipher without a passphrase; *passphrase* is neither
        bytes nor callable; TEXT of a key that is not RSA

    ``PEM_write_bio_PKCS8PrivateKey``, ``i2d_PrivateKey``, ``EVP_PKEY_print_private``.
    """

def load_publickey(type: int, buffer: Any) -> PKey:
    """Load a public key, a SubjectPublicKeyInfo.

    :param type: FILETYPE_PEM or FILETYPE_ASN1
    :param buffer: bytes, another contiguous buffer, or str of ASCII
    :returns: a new PKey, which has no private part
    :raises Error: there is no public key in it
    :raises UnicodeEncodeError: a character in *buffer* that is not ASCII
    :raises ValueError: *type* is none of the two
    :raises TypeError: *buffer* is no buffer

    ``PEM_read_bio_PUBKEY``, ``d2i_PUBKEY``.
    """

def dump_publickey(type: int, pkey: PKey) -> bytes:
    """Dump the public part of a key as SubjectPublicKeyInfo.

    :param type: FILETYPE_PEM or FILETYPE_ASN1
    :param pkey: a key with or without a private part
    :returns: bytes
    :raises Error: the key is empty
    :raises ValueError: *type* is none of the two
    :raises TypeError: *pkey* is no PKey

    ``PEM_write_bio_PUBKEY``, ``i2d_PUBKEY``.
    """

def load_certificate_request(type: int, buffer: Any) -> X509Req:
    """Load a certificate request.

    :param type: FILETYPE_PEM or FILETYPE_ASN1
    :param buffer: bytes, another contiguous buffer, or str of ASCII.  Of PEM, the first request
        counts, whatever else there is; of ASN1, what comes behind is ignored
    :returns: a new X509Req
    :raises Error: there is no request in it
    :raises ValueError: *type* is none of the two
    :raises TypeError: *buffer* is no buffer

    ``d2i_X509_REQ``, ``PEM_read_bio_X509_REQ``.
    """

def dump_certificate_request(type: int, req: X509Req) -> bytes:
    """Dump a certificate request.

    :param type: FILETYPE_PEM, FILETYPE_ASN1, or FILETYPE_TEXT for people
    :param req: the X509Req
    :returns: bytes, in all three
    :raises Error: the request cannot be encoded: it was never signed
    :raises ValueError: *type* is none of the three
    :raises TypeError: *req* is no X509Req

    ``i2d_X509_REQ``, ``PEM_write_bio_X509_REQ``, ``X509_REQ_print_ex``.
    """

def load_crl(type: int, buffer: Any) -> CRL:
    """Load a revocation list.

    :param type: FILETYPE_PEM or FILETYPE_ASN1
    :param buffer: bytes, another contiguous buffer, or str of ASCII.  Of PEM, the first list
        counts, whatever else there is; of ASN1, what comes behind is ignored
    :returns: a new CRL
    :raises Error: there is no revocation list in it
    :raises ValueError: *type* is none of the two
    :raises TypeError: *buffer* is no buffer

    ``d2i_X509_CRL``, ``PEM_read_bio_X509_CRL``.
    """

def dump_crl(type: int, crl: CRL) -> bytes:
    """Dump a revocation list.

    :param type: FILETYPE_PEM, FILETYPE_ASN1, or FILETYPE_TEXT for people
    :param crl: the CRL
    :returns: bytes, in all three
    :raises Error: the list cannot be encoded: it was never signed
    :raises ValueError: *type* is none of the three
    :raises TypeError: *crl* is no CRL

    ``i2d_X509_CRL``, ``PEM_write_bio_X509_CRL``, ``X509_CRL_print``.
    """

def sign(pkey: PKey, data: Any, digest: str | bytes | None) -> bytes:
    """Sign data with a private key.  Other threads run meanwhile.

    :param data: bytes or another contiguous buffer; :class:`str` is taken as UTF-8, with a
        :exc:`DeprecationWarning`
    :param digest: the name of a digest, such as ``"sha256"``; None or ``""`` for keys that
        take none: Ed25519, Ed448, ML-DSA and SLH-DSA
    :returns: the signature as bytes; RSA pads as PKCS #1 v1.5 says
    :raises ValueError: the digest is not known, or is None for a key that takes one; the key is
        empty or has no private part
    :raises Error: the key cannot sign so
    :raises TypeError: *pkey* is no PKey, *data* no buffer

    ``EVP_DigestSign``.
    """

def verify(cert: X509, signature: Any, data: Any, digest: str | bytes | None) -> None:
    """Verify a signature over data with a certificate's key.  Other threads run meanwhile.

    Nothing is returned: an exception tells that the signature is wrong.

    :param signature: bytes or another contiguous buffer
    :param data: as for :func:`sign`
    :param digest: as for :func:`sign`
    :raises Error: the signature is wrong, or the key cannot verify any
    :raises ValueError: the digest is not known, or is None for a key that takes one
    :raises TypeError: *cert* is no X509, *signature* or *data* no buffer

    ``EVP_DigestVerify``.
    """

def load_pkcs7_data(type: int, buffer: ReadableBuffer | str) -> PKCS7:
    """Read a PKCS #7 message.

    :param type: ``FILETYPE_PEM`` or ``FILETYPE_ASN1``
    :param buffer: the message: bytes, another contiguous buffer, or str of ASCII
    :returns: a new PKCS7
    :raises ValueError: *type* is something else
    :raises TypeError: *buffer* is something else
    :raises Error: it is no PKCS #7 message

    Wraps ``PEM_read_bio_PKCS7`` and ``d2i_PKCS7``.
    """

def load_pkcs12(buffer: ReadableBuffer | str, passphrase: bytes | None = None) -> PKCS12:
    """Read a PKCS #12 container.

    The certificate that belongs to the private key becomes the container's, with its friendly name;
    all others, and without a private key all of them, become the other ones, in their order.

    :param buffer: the container in DER, bytes or another contiguous buffer
    :param passphrase: None and ``b""`` are the same here, whichever it was written with.
        :class:`str` is taken with a :exc:`DeprecationWarning`.
    :returns: a new PKCS12
    :raises Error: it is no such container, the passphrase is wrong, there is no authentication
        (MAC), or it is encrypted in an old way (RC2) that needs OpenSSL's legacy provider
    :raises ValueError: there is a NUL in *passphrase*
    :raises TypeError: an argument is something else

    Wraps ``PKCS12_parse``.
    """

PKeyType = PKey
X509Type = X509
X509NameType = X509Name
X509ExtensionType = X509Extension
X509ReqType = X509Req
CRLType = CRL
PKCS7Type = PKCS7
PKCS12Type = PKCS12
NetscapeSPKIType = NetscapeSPKI

class X509StoreFlags:
    """Flags for :meth:`X509Store.set_flags`, to be combined with ``|``.

    OpenSSL explains them in *X509_VERIFY_PARAM_set_flags(3)*, as ``X509_V_FLAG_...``.
    """

    CRL_CHECK: int
    """Look for a revocation list for the certificate; without one it is refused."""
    CRL_CHECK_ALL: int
    """With :attr:`CRL_CHECK`: for all certificates of the chain."""
    IGNORE_CRITICAL: int
    """Accept critical extensions that OpenSSL does not know."""
    X509_STRICT: int
    """Accept nothing that is against the standard but often seen."""
    ALLOW_PROXY_CERTS: int
    """Accept proxy certificates (RFC 3820)."""
    POLICY_CHECK: int
    """Check certificate policies."""
    EXPLICIT_POLICY: int
    """Require a valid policy."""
    INHIBIT_MAP: int
    """Do not map policies."""
    NOTIFY_POLICY: int
    """Report the end of the policy check to a callback; here without effect."""
    CHECK_SS_SIGNATURE: int
    """Check the signature of the root certificate too."""
    PARTIAL_CHAIN: int
    """Let a chain end at any certificate of the store, not only at a root."""
    CB_ISSUER_CHECK: int
    """Zero: OpenSSL has no use for it any more."""

class X509Store:
    """Whom to trust: certificates, revocation lists, places to look for more, and how to verify.

    Several threads may use one store: adding certificates goes on beside verification, changing
    flags, time or places waits until nobody verifies.
    """

    def __init__(self) -> None:
        """Make an empty store, which trusts nobody."""

    def add_cert(self, cert: X509) -> None:
        """Trust a certificate.

        The store keeps it as it is now: if *cert* is changed later, the store does not see that.
        Adding one that is there already has no effect.

        :param cert: the certificate, complete and signed
        :raises TypeError: if it is no :class:`X509`
        :raises Error: if it is not complete

        Wraps ``X509_STORE_add_cert``.
        """

    def add_crl(self, crl: CRL | _CryptographyRevocationList) -> None:
        """Add a revocation list.

        The store keeps a copy.  Lists are looked at only after
        ``set_flags(X509StoreFlags.CRL_CHECK)``.

        :param crl: a :class:`CRL`, signed, or a ``cryptography.x509.CertificateRevocationList``
        :raises TypeError: if it is anything else
        :raises Error: if it was never signed

        Wraps ``X509_STORE_add_crl``.
        """

    def load_locations(
        self, cafile: StrOrBytesPath | None, capath: StrOrBytesPath | None = None
    ) -> None:
        """Trust the certificates in a file, and those in a directory.

        The file is read now, the directory whenever a certificate is looked for.  May be called
        more than once.

        :param cafile: the path of a file with certificates and revocation lists in PEM, or None
        :param capath: the path of a directory with one certificate or list a file, named as
            ``openssl rehash`` does, or None
        :raises Error: if both are None, or the file cannot be read or has nothing in it
        :raises ValueError: if there is a NUL in a path
        :raises TypeError: if a path is of another type
        :raises RuntimeError: if called from inside a callback of a handshake that uses this store

        Wraps ``X509_STORE_load_locations``.
        """

    def set_flags(self, flags: int) -> None:
        """Set flags, besides those set already.

        :param flags: attributes of :class:`X509StoreFlags`, combined with ``|``
        :raises TypeError: if *flags* is no integer
        :raises OverflowError: if it is negative or has more than 64 bits
        :raises RuntimeError: if called from inside a callback of a handshake that uses this store

        Wraps ``X509_STORE_set_flags``.
        """

    def set_time(self, vfy_time: datetime) -> None:
        """Verify as if it were another time.

        :param vfy_time: the time; without a time zone it is UTC; fractions of a second are dropped
        :raises TypeError: if it is no :class:`~datetime.datetime`
        :raises RuntimeError: if called from inside a callback of a handshake that uses this store

        Wraps ``X509_VERIFY_PARAM_set_time``.
        """

X509StoreType = X509Store

class X509StoreContextError(Exception):
    """A certificate is not valid.

    ``str()`` of it is OpenSSL's explanation, such as ``"certificate has expired"``.
    """

    errors: list[Any]
    """OpenSSL's number for what is wrong, how far from the certificate that was to be verified the
    one at fault is (0: it is that one), and the explanation."""
    certificate: X509
    """The certificate at fault; None if OpenSSL names none."""

    def __init__(self, message: str, errors: list[Any], certificate: X509) -> None:
        """Made by :meth:`X509StoreContext.verify_certificate`."""

class X509StoreContext:
    """A certificate to be verified against a store.

    It may be asked any number of times, and answers by what the store has then.
    """

    def __init__(
        self, store: X509Store, certificate: X509, chain: Sequence[X509] | None = None
    ) -> None:
        """
        :param store: whom to trust
        :param certificate: what to verify
        :param chain: further certificates that may help to lead from it to one of the store's;
            they are not trusted
        :raises TypeError: if one of these is of another type
        """

    def set_store(self, store: X509Store) -> None:
        """Verify against another store from now on.

        :param store: whom to trust
        :raises TypeError: if it is no :class:`X509Store`
        """

    def verify_certificate(self) -> None:
        """Verify the certificate.

        :raises X509StoreContextError: if it is not valid

        Wraps ``X509_verify_cert``.
        """

    def get_verified_chain(self) -> list[X509]:
        """Verify the certificate, and tell by which chain.

        :returns: the certificate first, the one that the store trusts last
        :raises X509StoreContextError: if it is not valid

        Wraps ``X509_STORE_CTX_get1_chain``.
        """
