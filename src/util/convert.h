/* The way back: what OpenSSL holds as Python values, and the two that go both ways. */
#ifndef UTIL_CONVERT_H
#define UTIL_CONVERT_H
#include "util/openssl.h"
#include "util/python.h"

/* All that a memory BIO holds, as bytes. */
PyObject *util_from_bio(BIO *bio);
/* A string of any ASN.1 kind as str; exc is what a broken one raises. */
PyObject *util_from_asn1_text(const ASN1_STRING *string, PyObject *exc);
/* Its content octets. */
PyObject *util_from_asn1_octets(const ASN1_STRING *string);
/* YYYYMMDDhhmmssZ as bytes; a GENERALIZEDTIME verbatim, whatever it holds; None when it is
   unset. */
PyObject *util_from_asn1_time(const ASN1_TIME *time);
PyObject *util_from_bignum(const BIGNUM *number);
PyObject *util_from_asn1_integer(const ASN1_INTEGER *number);
/* OpenSSL's short name for an object, "UNDEF" where it has none. */
const char *util_short_name(const ASN1_OBJECT *object);
/* Bytes as pairs of upper-case hex digits with *separator* between them (0: none). */
PyObject *util_from_hex(const unsigned char *data, size_t size, char separator);
/* The encoding made by an i2d function. */
#define UTIL_FROM_I2D(i2d, object, exc) \
    util_from_i2d((int (*)(const void *, unsigned char **))(void (*)(void))(i2d), (object), (exc))
PyObject *util_from_i2d(int (*i2d)(const void *, unsigned char **), const void *object,
                        PyObject *exc);
/* The same without a copy, where it is known how long the encoding is: *size* is what i2d without a
   place for the result has said, and nobody has changed the object since. */
PyObject *util_from_i2d_sized(int (*i2d)(const void *, unsigned char **), const void *object,
                              int size, PyObject *exc);

/* PEM of an encoding. */
PyObject *util_from_der(const char *label, const unsigned char *der, size_t size);

/* Any Python int, as a new BIGNUM; NULL with an exception. */
BIGNUM *util_as_bignum(PyObject *value, const char *name);
ASN1_INTEGER *util_as_asn1_integer(PyObject *value, const char *name);
/* A new ASN1_TIME from bytes (GENERALIZEDTIME, with offset too, or UTCTIME). */
ASN1_TIME *util_as_asn1_time(PyObject *value, const char *name);

#endif
