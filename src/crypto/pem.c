#include "crypto/pem.h"

#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"
#include "util/thread.h"

#include <limits.h>

enum { MUCH = 65536 }; /* from here on, others may run while we parse */

/* ---- the table ---- */

/* OpenSSL's functions with the types of a row. */
#define READERS(kind, Type, d2i, pem_read)                                \
    static void *kind##_from_der(const unsigned char **at, long size)     \
    {                                                                     \
        return d2i(NULL, at, size);                                       \
    }                                                                     \
    static void *kind##_from_pem(BIO *bio, crypto_passphrase *passphrase) \
    {                                                                     \
        return pem_read(bio, NULL, crypto_passphrase_ask, passphrase);    \
    }
#define WRITER(name, Type, call)                   \
    static int name(BIO *bio, const void *pointer) \
    {                                              \
        Type *object = (Type *)pointer;            \
                                                   \
        return call;                               \
    }
#define ENCODER(name, Type, call)                            \
    static int name(const void *pointer, unsigned char **at) \
    {                                                        \
        Type *object = (Type *)pointer;                      \
                                                             \
        return call;                                         \
    }

READERS(certificate, X509, d2i_X509, PEM_read_bio_X509_AUX) /* takes all three labels */
ENCODER(certificate_to_der, X509, i2d_X509(object, at))
WRITER(certificate_to_text, X509, X509_print_ex(bio, object, 0, 0))

const crypto_kind crypto_certificate = {certificate_from_der, certificate_from_pem,
                                        certificate_to_der, PEM_STRING_X509, certificate_to_text};

READERS(private_key, EVP_PKEY, d2i_AutoPrivateKey, PEM_read_bio_PrivateKey)
ENCODER(private_key_to_der, EVP_PKEY, i2d_PrivateKey(object, at))
WRITER(private_key_to_text, EVP_PKEY, EVP_PKEY_print_private(bio, object, 0, NULL))

/* PEM takes a cipher too: see dump_privatekey. */
const crypto_kind crypto_private_key = {
    private_key_from_der, private_key_from_pem, private_key_to_der, NULL, private_key_to_text, 1};

READERS(public_key, EVP_PKEY, d2i_PUBKEY, PEM_read_bio_PUBKEY)
ENCODER(public_key_to_der, EVP_PKEY, i2d_PUBKEY(object, at))

const crypto_kind crypto_public_key = {
    public_key_from_der, public_key_from_pem, public_key_to_der, PEM_STRING_PUBLIC, NULL, 1};

READERS(request, X509_REQ, d2i_X509_REQ, PEM_read_bio_X509_REQ)
ENCODER(request_to_der, X509_REQ, i2d_X509_REQ(object, at))
WRITER(request_to_text, X509_REQ, X509_REQ_print_ex(bio, object, 0, 0))

const crypto_kind crypto_request = {request_from_der, request_from_pem, request_to_der,
                                    PEM_STRING_X509_REQ, request_to_text};

READERS(revocation_list, X509_CRL, d2i_X509_CRL, PEM_read_bio_X509_CRL)
ENCODER(revocation_list_to_der, X509_CRL, i2d_X509_CRL(object, at))
WRITER(revocation_list_to_text, X509_CRL, X509_CRL_print(bio, object))

const crypto_kind crypto_revocation_list = {revocation_list_from_der, revocation_list_from_pem,
                                            revocation_list_to_der, PEM_STRING_X509_CRL,
                                            revocation_list_to_text};

READERS(pkcs7, PKCS7, d2i_PKCS7, PEM_read_bio_PKCS7)

const crypto_kind crypto_pkcs7 = {pkcs7_from_der, pkcs7_from_pem, NULL, NULL, NULL};

/* ---- formats ---- */

int
crypto_format_of(PyObject *type)
{
    long number;
    int overflow;

    if (!PyLong_Check(type))
        return 0;
    number = PyLong_AsLongAndOverflow(type, &overflow);
    if (number == X509_FILETYPE_PEM || number == X509_FILETYPE_ASN1
        || number == CRYPTO_FILETYPE_TEXT)
        return (int)number;
    return 0;
}

static void *
wrong_format(int with_text)
{
    PyErr_SetString(PyExc_ValueError,
                    with_text ? "type must be FILETYPE_PEM, FILETYPE_ASN1 or FILETYPE_TEXT"
                              : "type must be FILETYPE_PEM or FILETYPE_ASN1");
    return NULL;
}

/* ---- loading ---- */

static void *
from_pem(const crypto_kind *kind, const Py_buffer *view, crypto_passphrase *passphrase)
{
    BIO *bio = BIO_new_mem_buf(view->buf, (int)view->len);
    void *object = bio == NULL ? NULL : kind->from_pem(bio, passphrase);

    BIO_free(bio);
    return object;
}

static void *
from_buffer(const crypto_kind *kind, int format, const Py_buffer *view,
            crypto_passphrase *passphrase)
{
    const unsigned char *at = view->buf;

    return format == X509_FILETYPE_PEM ? from_pem(kind, view, passphrase)
                                       : kind->from_der(&at, (long)view->len);
}

static void *
load(crypto_state *state, const crypto_kind *kind, int format, PyObject *buffer,
     crypto_passphrase *passphrase)
{
    void *object = NULL;
    Py_buffer view;

    if (util_as_ascii_buffer(buffer, "buffer", &view) < 0)
        return NULL;
    util_errors_clear();
    if (kind->is_slow || view.len >= MUCH)
        DETACHED(object = from_buffer(kind, format, &view, passphrase));
    else
        object = from_buffer(kind, format, &view, passphrase);
    PyBuffer_Release(&view);
    if (object == NULL)
        return util_raise(state->Error);
    util_errors_clear(); /* what the search for the right block or type has left */
    return object;
}

void *
crypto_load(crypto_state *state, const crypto_kind *kind, PyObject *type, PyObject *buffer,
            crypto_passphrase *passphrase)
{
    int format = crypto_format_of(type);

    if (format != X509_FILETYPE_PEM && format != X509_FILETYPE_ASN1)
        return wrong_format(0);
    return load(state, kind, format, buffer, passphrase);
}

void *
crypto_decode(crypto_state *state, const crypto_kind *kind, PyObject *der)
{
    crypto_passphrase none = {NULL};
    void *object = NULL;

    if (der != NULL)
        object = load(state, kind, X509_FILETYPE_ASN1, der, &none);
    Py_XDECREF(der);
    return object;
}

/* ---- dumping ---- */

static PyObject *
as_der(crypto_state *state, const crypto_kind *kind, const void *object)
{
    if (kind->is_slow)
        return util_from_i2d(kind->to_der, object, state->Error);
    return util_from_i2d_sized(kind->to_der, object, kind->to_der(object, NULL), state->Error);
}

static PyObject *
as_pem(crypto_state *state, const crypto_kind *kind, const void *object)
{
    unsigned char *der = NULL;
    int size = kind->to_der(object, &der);
    PyObject *result;

    if (size <= 0)
        return util_raise(state->Error);
    result = util_from_der(kind->label, der, (size_t)size);
    OPENSSL_free(der);
    return result;
}

static PyObject *
as_text(crypto_state *state, const crypto_kind *kind, const void *object)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PyObject *result = NULL;

    if (bio == NULL)
        return util_raise_new(state->Error);
    if (kind->to_text(bio, object) <= 0)
        util_raise(state->Error);
    else if (util_errors_swallow() == 0) /* writers go on when memory has run out */
        result = util_from_bio(bio);
    BIO_free(bio);
    return result;
}

PyObject *
crypto_dump(crypto_state *state, const crypto_kind *kind, PyObject *type, const void *object)
{
    PyObject *result;

    util_errors_clear();
    switch (crypto_format_of(type)) {
    case X509_FILETYPE_ASN1:
        result = as_der(state, kind, object);
        break;
    case X509_FILETYPE_PEM:
        result = as_pem(state, kind, object);
        break;
    case CRYPTO_FILETYPE_TEXT:
        if (kind->to_text != NULL) {
            result = as_text(state, kind, object);
            break;
        }
        /* fall through */
    default:
        return wrong_format(kind->to_text != NULL);
    }
    if (kind->is_slow)
        util_errors_clear(); /* what the search for an encoder has left */
    return result;
}

/* ---- certificates ---- */

PyObject *
crypto_load_certificate(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames)
{
    UTIL_PARAMS("load_certificate", 2, 2, "type", "buffer");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase none = {NULL};
    PyObject *given[2];
    X509 *cert;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    cert = crypto_load(state, &crypto_certificate, given[0], given[1], &none);
    return cert == NULL ? NULL : crypto_x509_wrap(state->X509_Type, cert);
}

/* It remembers how long it was, so that it need not be encoded for that alone. */
static PyObject *
certificate_as_der(crypto_state *state, X509Object *self)
{
    int size = atomic_load_explicit(&self->size, memory_order_relaxed);
    PyObject *result;

    util_errors_clear();
    if (size == 0)
        size = certificate_to_der(self->ptr, NULL);
    result = util_from_i2d_sized(certificate_to_der, self->ptr, size, state->Error);
    if (result != NULL && !self->shown && size <= USHRT_MAX)
        crypto_x509_set_size(self, size);
    return result;
}

PyObject *
crypto_dump_certificate(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames)
{
    UTIL_PARAMS("dump_certificate", 2, 2, "type", "cert");
    crypto_state *state = PyModule_GetState(module);
    PyObject *given[2], *result;
    X509Object *cert;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[1], state->X509_Type, "cert") < 0)
        return NULL;
    cert = (X509Object *)given[1];
    if (crypto_format_of(given[0]) == X509_FILETYPE_ASN1)
        UTIL_READING(cert, result = certificate_as_der(state, cert));
    else
        UTIL_READING(cert, result = crypto_dump(state, &crypto_certificate, given[0], cert->ptr));
    return result;
}

/* ---- keys ---- */

/* In this order: a format that is none; a passphrase where none can be; one of a wrong type. */
static int
check_passphrase(PyObject *type, PyObject *given, crypto_passphrase *passphrase)
{
    int format = crypto_format_of(type);

    if (given != NULL && given != Py_None && format != 0 && format != X509_FILETYPE_PEM) {
        PyErr_SetString(PyExc_ValueError, "only FILETYPE_PEM can be encrypted");
        return -1;
    }
    return crypto_passphrase_init(passphrase, given);
}

PyObject *
crypto_load_privatekey(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_privatekey", 2, 3, "type", "buffer", "passphrase");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase passphrase;
    PyObject *given[3];
    EVP_PKEY *key;
    int format;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    format = crypto_format_of(given[0]);
    if (format != X509_FILETYPE_PEM && format != X509_FILETYPE_ASN1)
        return wrong_format(0);
    if (check_passphrase(given[0], given[2], &passphrase) < 0)
        return NULL;
    key = crypto_load(state, &crypto_private_key, given[0], given[1], &passphrase);
    return key == NULL ? NULL : crypto_pkey_wrap(state->PKey_Type, key, 0);
}

/* The cipher by name, to be freed; *cipher NULL if none was given. */
static int
as_cipher(PyObject *given, EVP_CIPHER **cipher)
{
    PyObject *name;

    *cipher = NULL;
    if (given == NULL || given == Py_None)
        return 0;
    name = util_as_identifier(given, "cipher");
    if (name == NULL)
        return -1;
    util_errors_clear();
    *cipher = EVP_CIPHER_fetch(NULL, PyBytes_AS_STRING(name), NULL);
    if (*cipher == NULL && util_errors_swallow() == 0)
        PyErr_SetString(PyExc_ValueError,
                        EVP_get_cipherbyname(PyBytes_AS_STRING(name)) != NULL
                            ? "cipher is one that no active provider of OpenSSL offers"
                            : "cipher is no name of a cipher that is known");
    Py_DECREF(name);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *
key_as_pem(crypto_state *state, EVP_PKEY *key, const EVP_CIPHER *cipher,
           crypto_passphrase *passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PyObject *result = NULL;
    int done = 0;

    if (bio == NULL)
        return util_raise_new(state->Error);
    util_errors_clear();
    DETACHED(done = PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, NULL, 0, crypto_passphrase_ask,
                                                  passphrase));
    if (done)
        result = util_from_bio(bio);
    else
        util_raise(state->Error);
    util_errors_clear();
    BIO_free(bio);
    return result;
}

static PyObject *
dump_key(crypto_state *state, PyObject *type, EVP_PKEY *key, const EVP_CIPHER *cipher,
         crypto_passphrase *passphrase)
{
    int format = crypto_format_of(type);

    if (format == X509_FILETYPE_PEM)
        return key_as_pem(state, key, cipher, passphrase);
    if (format == CRYPTO_FILETYPE_TEXT && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        PyErr_SetString(PyExc_TypeError, "only RSA keys can be dumped as text");
        return NULL;
    }
    return crypto_dump(state, &crypto_private_key, type, key);
}

EVP_PKEY *
crypto_pkey_to_encode(PyObject *pkey, EVP_PKEY *taken)
{
    EVP_PKEY *copy;

    util_errors_mark();
    UTIL_WITH(pkey, copy = EVP_PKEY_dup(taken));
    util_errors_forget();
    if (copy == NULL)
        return taken;
    EVP_PKEY_free(taken);
    return copy;
}

EVP_PKEY *
crypto_private_part(crypto_state *state, PyObject *pkey)
{
    int only_public;
    EVP_PKEY *key = crypto_pkey_get1_part(pkey, &only_public);

    if (key != NULL && !only_public)
        return crypto_pkey_to_encode(pkey, key);
    EVP_PKEY_free(key);
    return util_raise_reason(state->Error, "digital envelope routines",
                             key == NULL ? "no key set" : "not a private key");
}

PyObject *
crypto_dump_privatekey(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("dump_privatekey", 2, 4, "type", "pkey", "cipher", "passphrase");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase passphrase;
    PyObject *given[4], *result = NULL;
    EVP_CIPHER *cipher = NULL;
    EVP_PKEY *key;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[1], state->PKey_Type, "pkey") < 0)
        return NULL;
    if (given[2] != NULL && given[2] != Py_None && (given[3] == NULL || given[3] == Py_None)) {
        PyErr_SetString(PyExc_TypeError, "with a cipher, a passphrase must be given");
        return NULL;
    }
    if (as_cipher(given[2], &cipher) < 0)
        return NULL;
    if (check_passphrase(given[0], given[3], &passphrase) < 0)
        goto done;
    if (crypto_format_of(given[0]) == 0) {
        wrong_format(1);
        goto done;
    }
    key = crypto_private_part(state, given[1]);
    if (key != NULL) {
        result = dump_key(state, given[0], key, cipher, &passphrase);
        EVP_PKEY_free(key);
    }
done:
    EVP_CIPHER_free(cipher);
    return result;
}

PyObject *
crypto_load_publickey(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_publickey", 2, 2, "type", "buffer");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase none = {NULL};
    PyObject *given[2];
    EVP_PKEY *key;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    key = crypto_load(state, &crypto_public_key, given[0], given[1], &none);
    return key == NULL ? NULL : crypto_pkey_wrap(state->PKey_Type, key, 1);
}

PyObject *
crypto_dump_publickey(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("dump_publickey", 2, 2, "type", "pkey");
    crypto_state *state = PyModule_GetState(module);
    PyObject *given[2], *result;
    EVP_PKEY *key;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    key = crypto_as_pkey(state, given[1], "pkey");
    if (key == NULL)
        return NULL;
    result = crypto_dump(state, &crypto_public_key, given[0], key);
    EVP_PKEY_free(key);
    return result;
}
