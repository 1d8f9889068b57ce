#include "crypto/interop.h"

#include "crypto/state.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

#include <limits.h>
#include <string.h>

#define X509_MODULE "cryptography.x509"
#define ASYMMETRIC "cryptography.hazmat.primitives.asymmetric."
#define SERIALIZATION "cryptography.hazmat.primitives.serialization"

/* ---- what all of them need ---- */

/* util_call, of at most two arguments: before version 3.1 a backend must stand behind them. */
static PyObject *
call(PyObject *object, const char *method, PyObject *const *args, size_t count)
{
    PyObject *result = util_call(object, method, args, count), *with_backend[3];
    PyObject *backends;

    if (result != NULL || !PyErr_ExceptionMatches(PyExc_TypeError))
        return result;
    PyErr_Clear();
    for (size_t i = 0; i < count; i++)
        with_backend[i] = args[i];
    backends = PyImport_ImportModule("cryptography.hazmat.backends");
    with_backend[count] = backends == NULL ? NULL : util_call(backends, "default_backend", NULL, 0);
    if (with_backend[count] != NULL)
        result = util_call(object, method, with_backend, count + 1);
    Py_XDECREF(with_backend[count]);
    Py_XDECREF(backends);
    return result;
}

PyObject *
crypto_interop_load(const char *module, const char *loader, PyObject *der)
{
    PyObject *imported, *result = NULL;

    if (der == NULL)
        return NULL;
    imported = PyImport_ImportModule(module);
    if (imported != NULL)
        result = call(imported, loader, &der, 1);
    Py_XDECREF(imported);
    Py_DECREF(der);
    return result;
}

int
crypto_interop_check(PyObject *value, const char *module, const char *class_name)
{
    PyObject *name = PyUnicode_FromString(module), *imported = NULL, *class = NULL;
    int result = -1;

    if (name == NULL)
        return -1;
    imported = PyImport_GetModule(name);
    if (imported != NULL)
        class = util_get(imported, class_name);
    if (class != NULL)
        result = PyObject_IsInstance(value, class);
    else if (!PyErr_Occurred())
        result = 0;
    else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear(); /* another thread is importing it just now */
        result = 0;
    }
    Py_XDECREF(class);
    Py_XDECREF(imported);
    Py_DECREF(name);
    return result;
}

static void
refuse(PyObject *value, const char *what, const char *name)
{
    PyErr_Format(PyExc_TypeError, "%s must be %s, not %.100s", name, what, Py_TYPE(value)->tp_name);
}

/* What a method gave back, which has to be bytes. */
static PyObject *
bytes_of(PyObject *result)
{
    if (result != NULL && util_check_bytes(result, "an encoding") < 0)
        Py_CLEAR(result);
    return result;
}

/* A member of an enumeration of the module `serialization`. */
static PyObject *
member_of(PyObject *serialization, const char *enumeration, const char *name)
{
    PyObject *class = util_get(serialization, enumeration), *member;

    if (class == NULL)
        return NULL;
    member = util_get(class, name);
    Py_DECREF(class);
    return member;
}

PyObject *
crypto_interop_der(PyObject *value, const char *class_name, const char *name)
{
    int is_instance = crypto_interop_check(value, X509_MODULE, class_name);
    PyObject *serialization, *encoding = NULL, *result = NULL;

    if (is_instance < 0)
        return NULL;
    if (!is_instance) {
        PyErr_Format(PyExc_TypeError, "%s must be a cryptography.x509.%s, not %.100s", name,
                     class_name, Py_TYPE(value)->tp_name);
        return NULL;
    }
    serialization = PyImport_ImportModule(SERIALIZATION);
    if (serialization != NULL)
        encoding = member_of(serialization, "Encoding", "DER");
    if (encoding != NULL)
        result = bytes_of(util_call(value, "public_bytes", &encoding, 1));
    Py_XDECREF(encoding);
    Py_XDECREF(serialization);
    return result;
}

/* Decode bytes, unless they are NULL, by a d2i function. */
#define DECODE(result, d2i, der, exc)                                                \
    do {                                                                             \
        if ((der) != NULL) {                                                         \
            const unsigned char *at = (const unsigned char *)PyBytes_AS_STRING(der); \
                                                                                     \
            util_errors_clear();                                                     \
            (result) = d2i(NULL, &at, (long)PyBytes_GET_SIZE(der));                  \
            if ((result) == NULL)                                                    \
                util_raise(exc);                                                     \
            else                                                                     \
                util_errors_clear(); /* what was tried in vain on the way */         \
        }                                                                            \
    } while (0)

/* ---- certificates and names ---- */

PyObject *
crypto_interop_from_x509(X509 *cert, PyObject *exc)
{
    return crypto_interop_load(X509_MODULE, "load_der_x509_certificate",
                               UTIL_FROM_I2D(i2d_X509, cert, exc));
}

X509 *
crypto_interop_as_x509(PyObject *value, const char *name, PyObject *exc)
{
    PyObject *der = crypto_interop_der(value, "Certificate", name);
    X509 *cert = NULL;

    DECODE(cert, d2i_X509, der, exc);
    Py_XDECREF(der);
    return cert;
}

PyObject *
crypto_x509_to_cryptography(PyObject *self, PyObject *unused)
{
    PyObject *exc = crypto_state_of(self)->Error, *result;
    X509 *cert = crypto_x509_lend(self, exc);

    if (cert == NULL)
        return NULL;
    result = crypto_interop_from_x509(cert, exc);
    X509_free(cert);
    return result;
}

PyObject *
crypto_x509_from_cryptography(PyObject *type, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    UTIL_PARAMS("from_cryptography", 1, 1, "crypto_cert");
    crypto_state *state = crypto_state_of_type((PyTypeObject *)type);
    PyObject *given;
    X509 *cert;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (cert = crypto_interop_as_x509(given, "crypto_cert", state->Error)) == NULL)
        return NULL;
    return crypto_x509_wrap((PyTypeObject *)type, cert);
}

/* Octets between a SEQUENCE's header and its end. */
static unsigned char *
put_sequence(unsigned char *at, int size)
{
    ASN1_put_object(&at, 1, size, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    return at;
}

static unsigned char *
put(unsigned char *at, const void *octets, size_t size)
{
    memcpy(at, octets, size);
    return at + size;
}

/* A revocation list that has an issuer and else only what it must have. */
static PyObject *
list_issued_by(const unsigned char *name, size_t size)
{
    static const unsigned char algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                              0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
    static const char time[] = "\x17\x0d"
                               "000101000000Z",
                      signature[] = {0x03, 0x01, 0x00};
    int signed_size = (int)(sizeof algorithm + size + sizeof time - 1);
    int whole = ASN1_object_size(1, signed_size, V_ASN1_SEQUENCE) + (int)sizeof algorithm
                + (int)sizeof signature;
    PyObject *result = PyBytes_FromStringAndSize(NULL, ASN1_object_size(1, whole, V_ASN1_SEQUENCE));
    unsigned char *at;

    if (result == NULL)
        return NULL;
    at = put_sequence((unsigned char *)PyBytes_AS_STRING(result), whole);
    at = put_sequence(at, signed_size);
    at = put(at, algorithm, sizeof algorithm);
    at = put(at, name, size);
    at = put(at, time, sizeof time - 1);
    at = put(at, algorithm, sizeof algorithm);
    put(at, signature, sizeof signature);
    return result;
}

/* Only its newest versions load a name by itself; all of them load one inside something. */
PyObject *
crypto_interop_from_name(const X509_NAME *name, PyObject *exc)
{
    unsigned char *octets = NULL;
    int size = i2d_X509_NAME(name, &octets);
    PyObject *list, *result = NULL;

    if (size < 0 || size > INT_MAX / 2) {
        OPENSSL_free(octets);
        return util_raise(exc);
    }
    list =
        crypto_interop_load(X509_MODULE, "load_der_x509_crl", list_issued_by(octets, (size_t)size));
    OPENSSL_free(octets);
    if (list != NULL)
        result = util_get(list, "issuer");
    Py_XDECREF(list);
    return result;
}

X509_NAME *
crypto_interop_as_name(PyObject *value, const char *name, PyObject *exc)
{
    int is_name = crypto_interop_check(value, X509_MODULE, "Name");
    PyObject *der = NULL;
    X509_NAME *result = NULL;

    if (is_name == 0)
        refuse(value, "an X509Name or a cryptography.x509.Name", name);
    else if (is_name > 0)
        der = bytes_of(call(value, "public_bytes", NULL, 0));
    DECODE(result, d2i_X509_NAME, der, exc);
    Py_XDECREF(der);
    return result;
}

/* ---- keys ---- */

/* Give a private key's encoding back without leaving it in memory. */
static void
forget_secret(PyObject *der)
{
    if (der != NULL && Py_REFCNT(der) == 1)
        OPENSSL_cleanse(PyBytes_AS_STRING(der), (size_t)PyBytes_GET_SIZE(der));
    Py_XDECREF(der);
}

static PyObject *
private_der(EVP_PKEY *pkey, PyObject *exc)
{
    PKCS8_PRIV_KEY_INFO *info;
    PyObject *result;

    util_errors_clear();
    info = EVP_PKEY2PKCS8(pkey);
    if (info == NULL)
        return util_raise(exc);
    result = UTIL_FROM_I2D(i2d_PKCS8_PRIV_KEY_INFO, info, exc);
    PKCS8_PRIV_KEY_INFO_free(info);
    util_errors_clear(); /* what the search for an encoder has left */
    return result;
}

PyObject *
crypto_interop_from_pkey(EVP_PKEY *pkey, int only_public, PyObject *exc)
{
    PyObject *der, *imported, *args[2], *result = NULL;

    if (only_public) {
        der = UTIL_FROM_I2D(i2d_PUBKEY, pkey, exc);
        util_errors_clear();
        return crypto_interop_load(SERIALIZATION, "load_der_public_key", der);
    }
    der = private_der(pkey, exc);
    if (der == NULL)
        return NULL;
    args[0] = der;
    args[1] = Py_None; /* it is not encrypted */
    imported = PyImport_ImportModule(SERIALIZATION);
    if (imported != NULL)
        result = call(imported, "load_der_private_key", args, 2);
    Py_XDECREF(imported);
    forget_secret(der);
    return result;
}

/* The kinds that PKey has; others, such as X25519, agree on keys but sign nothing. */
static const struct {
    const char *module, *private_class, *public_class;
} key_kinds[] = {
    {ASYMMETRIC "rsa", "RSAPrivateKey", "RSAPublicKey"},
    {ASYMMETRIC "ec", "EllipticCurvePrivateKey", "EllipticCurvePublicKey"},
    {ASYMMETRIC "ed25519", "Ed25519PrivateKey", "Ed25519PublicKey"},
    {ASYMMETRIC "dsa", "DSAPrivateKey", "DSAPublicKey"},
    {ASYMMETRIC "ed448", "Ed448PrivateKey", "Ed448PublicKey"},
};

/* 1 and which half it is, 0 if it is none of them, -1. */
static int
is_key(PyObject *value, int *only_public)
{
    int found = 0;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(key_kinds) && found == 0; i++) {
        *only_public = 0;
        found = crypto_interop_check(value, key_kinds[i].module, key_kinds[i].private_class);
        if (found == 0) {
            *only_public = 1;
            found = crypto_interop_check(value, key_kinds[i].module, key_kinds[i].public_class);
        }
    }
    return found;
}

static PyObject *
key_bytes(PyObject *key, int only_public)
{
    PyObject *serialization = PyImport_ImportModule(SERIALIZATION);
    PyObject *how[3] = {NULL}, *result = NULL;

    if (serialization == NULL)
        return NULL;
    how[0] = member_of(serialization, "Encoding", "DER");
    if (how[0] == NULL)
        goto done;
    if (only_public) {
        how[1] = member_of(serialization, "PublicFormat", "SubjectPublicKeyInfo");
        if (how[1] != NULL)
            result = bytes_of(util_call(key, "public_bytes", how, 2));
        goto done;
    }
    how[1] = member_of(serialization, "PrivateFormat", "PKCS8");
    if (how[1] != NULL)
        how[2] = util_call(serialization, "NoEncryption", NULL, 0);
    if (how[2] != NULL)
        result = bytes_of(util_call(key, "private_bytes", how, 3));
done:
    for (size_t i = 0; i < Py_ARRAY_LENGTH(how); i++)
        Py_XDECREF(how[i]);
    Py_DECREF(serialization);
    return result;
}

EVP_PKEY *
crypto_interop_as_pkey(PyObject *value, const char *name, PyObject *exc, int *only_public)
{
    int found = is_key(value, only_public);
    PyObject *der = NULL;
    EVP_PKEY *result = NULL;

    if (found == 0)
        refuse(value, "an RSA, DSA, EC, Ed25519 or Ed448 key of the package cryptography", name);
    else if (found > 0)
        der = key_bytes(value, *only_public);
    if (*only_public)
        DECODE(result, d2i_PUBKEY, der, exc);
    else
        DECODE(result, d2i_AutoPrivateKey, der, exc);
    forget_secret(der);
    return result;
}

PyObject *
crypto_pkey_to_cryptography_key(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    int only_public;
    EVP_PKEY *key = crypto_pkey_get1_part(self, &only_public);
    PyObject *result;

    if (key == NULL)
        return util_raise_reason(state->Error, "digital envelope routines", "no key set");
    if (!only_public)
        key = crypto_pkey_to_encode(self, key);
    result = crypto_interop_from_pkey(key, only_public, state->Error);
    EVP_PKEY_free(key);
    return result;
}

PyObject *
crypto_pkey_from_cryptography_key(PyObject *type, PyObject *const *args, Py_ssize_t nargs,
                                  PyObject *kwnames)
{
    UTIL_PARAMS("from_cryptography_key", 1, 1, "crypto_key");
    crypto_state *state = crypto_state_of_type((PyTypeObject *)type);
    PyObject *given;
    EVP_PKEY *key;
    int only_public;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    key = crypto_interop_as_pkey(given, "crypto_key", state->Error, &only_public);
    if (key == NULL)
        return NULL;
    return crypto_pkey_wrap((PyTypeObject *)type, key, only_public);
}
