#include "util/convert.h"

#include "util/error.h"

#include <limits.h>
#include <string.h>

PyObject *
util_from_bio(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);

    return PyBytes_FromStringAndSize(size > 0 ? data : "", size > 0 ? size : 0);
}

/* ---- ASN.1 ---- */

PyObject *
util_from_asn1_text(const ASN1_STRING *string, PyObject *exc)
{
    unsigned char *text = NULL;
    int size = ASN1_STRING_to_UTF8(&text, string);
    PyObject *result;

    if (size < 0)
        return util_errors_pending()
                   ? util_raise(exc)
                   : util_raise_reason(exc, "asn1 encoding routines", "value is not a text");
    result = PyUnicode_DecodeUTF8((char *)text, size, "surrogateescape");
    OPENSSL_free(text);
    return result;
}

PyObject *
util_from_asn1_octets(const ASN1_STRING *string)
{
    return PyBytes_FromStringAndSize((const char *)ASN1_STRING_get0_data(string),
                                     ASN1_STRING_length(string));
}

/* Two digits of a year say which century: RFC 5280, 4.1.2.5.1. */
static PyObject *
from_utctime(const char *text, int size)
{
    PyObject *result = PyBytes_FromStringAndSize(NULL, size + 2);

    if (result != NULL) {
        memcpy(PyBytes_AS_STRING(result), text[0] >= '5' ? "19" : "20", 2);
        memcpy(PyBytes_AS_STRING(result) + 2, text, (size_t)size);
    }
    return result;
}

/* One without seconds or with an offset, which certificates must not have but may. */
static PyObject *
from_odd_utctime(const ASN1_TIME *time)
{
    ASN1_GENERALIZEDTIME *whole;
    PyObject *result;

    util_errors_clear();
    whole = ASN1_TIME_to_generalizedtime(time, NULL);
    if (whole == NULL) { /* it is no time */
        if (util_errors_swallow() < 0)
            return NULL;
        return from_utctime((const char *)ASN1_STRING_get0_data(time), ASN1_STRING_length(time));
    }
    result = util_from_asn1_octets(whole);
    ASN1_GENERALIZEDTIME_free(whole);
    return result;
}

PyObject *
util_from_asn1_time(const ASN1_TIME *time)
{
    const char *text;
    int size;

    if (time == NULL || ASN1_STRING_length(time) == 0)
        Py_RETURN_NONE;
    if (ASN1_STRING_type(time) != V_ASN1_UTCTIME)
        return util_from_asn1_octets(time);
    text = (const char *)ASN1_STRING_get0_data(time);
    size = ASN1_STRING_length(time);
    if (size == (int)strlen("YYMMDDhhmmssZ") && text[size - 1] == 'Z')
        return from_utctime(text, size);
    return from_odd_utctime(time);
}

const char *
util_short_name(const ASN1_OBJECT *object)
{
    const char *name = OBJ_nid2sn(OBJ_obj2nid(object));

    return name == NULL ? "UNDEF" : name; /* as OpenSSL 3.1.0 alone does not say itself */
}

/* Whether it can be read as a time: asking so allocates nothing. */
static int
is_time(const char *text, Py_ssize_t size)
{
    int answer;

    if (strlen(text) != (size_t)size)
        return 0;
    util_errors_mark();
    answer = ASN1_TIME_set_string(NULL, text);
    util_errors_forget();
    return answer;
}

ASN1_TIME *
util_as_asn1_time(PyObject *value, const char *name)
{
    ASN1_TIME *time;

    if (!PyBytes_Check(value))
        return (void *)PyErr_Format(PyExc_TypeError, "%s must be bytes, not %.100s", name,
                                    Py_TYPE(value)->tp_name);
    if (!is_time(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)))
        return (void *)PyErr_Format(PyExc_ValueError,
                                    "%s is no valid time such as b'20300131235959Z'", name);
    time = ASN1_TIME_new();
    if (time == NULL || !ASN1_TIME_set_string(time, PyBytes_AS_STRING(value))) {
        ASN1_TIME_free(time);
        return util_raise_memory();
    }
    return time;
}

PyObject *
util_from_i2d(int (*i2d)(const void *, unsigned char **), const void *object, PyObject *exc)
{
    unsigned char *encoding = NULL;
    int size = i2d(object, &encoding);
    PyObject *result;

    if (size <= 0)
        return util_raise(exc);
    result = PyBytes_FromStringAndSize((char *)encoding, size);
    OPENSSL_clear_free(encoding, (size_t)size); /* it may be a key */
    return result;
}

PyObject *
util_from_i2d_sized(int (*i2d)(const void *, unsigned char **), const void *object, int size,
                    PyObject *exc)
{
    unsigned char *at;
    PyObject *result;

    if (size <= 0)
        return util_raise(exc);
    assert(i2d(object, NULL) == size);
    result = PyBytes_FromStringAndSize(NULL, size);
    if (result == NULL)
        return NULL;
    at = (unsigned char *)PyBytes_AS_STRING(result);
    if (i2d(object, &at) == size)
        return result;
    Py_DECREF(result);
    return util_raise(exc);
}

/* And a NUL. */
static char *
put(char *to, const char *text)
{
    size_t size = strlen(text);

    memcpy(to, text, size + 1);
    return to + size;
}

static char *
put_line(char *to, const char *begin, const char *label)
{
    return put(put(put(to, begin), label), "-----\n");
}

/* OpenSSL's own writers take it through many small buffers. */
PyObject *
util_from_der(const char *label, const unsigned char *der, size_t size)
{
    enum { TAKEN = 48 }; /* bytes of a line, which make 64 characters */
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    size_t lines = (size + TAKEN - 1) / TAKEN;
    size_t room = sizeof begin + sizeof end - 2 + 2 * (strlen(label) + strlen("-----\n"))
                  + (size + 2) / 3 * 4 + lines;
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    char *to;

    if (result == NULL)
        return NULL;
    to = put_line(PyBytes_AS_STRING(result), begin, label);
    while (size > 0) {
        size_t now = size < TAKEN ? size : TAKEN;

        to += EVP_EncodeBlock((unsigned char *)to, der, (int)now); /* and a NUL */
        *to++ = '\n';
        der += now;
        size -= now;
    }
    to = put_line(to, end, label);
    assert(to == PyBytes_AS_STRING(result) + room);
    return result;
}

/* ---- big numbers ---- */

static PyObject *
negated_if(int negative, PyObject *result)
{
    if (result != NULL && negative)
        Py_SETREF(result, PyNumber_Negative(result));
    return result;
}

PyObject *
util_from_bignum(const BIGNUM *number)
{
    unsigned char small[64], *digits = small;
    int size = BN_num_bytes(number);
    PyObject *result;

    if (size > (int)sizeof small && (digits = PyMem_Malloc((size_t)size)) == NULL)
        return PyErr_NoMemory();
    (void)BN_bn2lebinpad(number, digits, size); /* it has the room that it asked for */
#if HAVE_LONG_NATIVE_BYTES
    result = PyLong_FromUnsignedNativeBytes(digits, (size_t)size, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
#else
    result = _PyLong_FromByteArray(digits, (size_t)size, 1, 0);
#endif
    if (digits != small)
        PyMem_Free(digits);
    return negated_if(BN_is_negative(number), result);
}

/* OpenSSL keeps the magnitude's bytes, the highest first, and the sign in the type. */
PyObject *
util_from_asn1_integer(const ASN1_INTEGER *number)
{
    const unsigned char *digits = ASN1_STRING_get0_data(number);
    size_t size = (size_t)ASN1_STRING_length(number);
    PyObject *result;

    if (size == 0) /* never set; there are no digits to point to */
        return PyLong_FromLong(0);
#if HAVE_LONG_NATIVE_BYTES
    result = PyLong_FromUnsignedNativeBytes(digits, size, Py_ASNATIVEBYTES_BIG_ENDIAN);
#else
    result = _PyLong_FromByteArray(digits, size, 0, 0);
#endif
    return negated_if(ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER, result);
}

/* The magnitude's little-endian bytes, in PyMem memory. */
static unsigned char *
digits_of(PyObject *magnitude, Py_ssize_t *size)
{
    unsigned char *digits = NULL;

#if HAVE_LONG_NATIVE_BYTES
    const int how = Py_ASNATIVEBYTES_LITTLE_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER;

    *size = PyLong_AsNativeBytes(magnitude, NULL, 0, how);
    if (*size < 0)
        return NULL;
#else
    *size = (Py_ssize_t)(_PyLong_NumBits(magnitude) / 8 + 1);
#endif
    if (*size > INT_MAX || (digits = PyMem_Malloc((size_t)*size)) == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
#if HAVE_LONG_NATIVE_BYTES
    if (PyLong_AsNativeBytes(magnitude, digits, *size, how) >= 0)
        return digits;
#else
    if (_PyLong_AsByteArray((PyLongObject *)magnitude, digits, (size_t)*size, 1, 0) >= 0)
        return digits;
#endif
    PyMem_Free(digits);
    return NULL;
}

BIGNUM *
util_as_bignum(PyObject *value, const char *name)
{
    PyObject *magnitude = NULL;
    unsigned char *digits = NULL;
    BIGNUM *result = NULL;
    Py_ssize_t size = 0;
    int overflow, negative;

    if (!PyLong_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be an integer, not %.100s", name,
                     Py_TYPE(value)->tp_name);
        return NULL;
    }
    negative = PyLong_AsLongAndOverflow(value, &overflow) < 0;
    if (overflow)
        negative = overflow < 0;
    magnitude = PyLong_Type.tp_as_number->nb_absolute(value); /* not a subclass's __abs__ */
    if (magnitude == NULL || (digits = digits_of(magnitude, &size)) == NULL)
        goto done;
    result = BN_lebin2bn(digits, (int)size, NULL);
    if (result == NULL)
        util_raise_memory();
    else
        BN_set_negative(result, negative);
done:
    PyMem_Free(digits);
    Py_XDECREF(magnitude);
    return result;
}

ASN1_INTEGER *
util_as_asn1_integer(PyObject *value, const char *name)
{
    BIGNUM *number = util_as_bignum(value, name);
    ASN1_INTEGER *result;

    if (number == NULL)
        return NULL;
    result = BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    return result == NULL ? util_raise_memory() : result;
}

PyObject *
util_from_hex(const unsigned char *data, size_t size, char separator)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t step = separator ? 3 : 2;
    PyObject *result;
    char *at;

    result = PyBytes_FromStringAndSize(
        NULL, (Py_ssize_t)(size == 0 ? 0 : size * step - (separator ? 1 : 0)));
    if (result == NULL)
        return NULL;
    at = PyBytes_AS_STRING(result);
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && separator)
            *at++ = separator;
        *at++ = digits[data[i] >> 4];
        *at++ = digits[data[i] & 15];
    }
    return result;
}
