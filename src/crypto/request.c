#include "crypto/extension.h"
#include "crypto/interop.h"
#include "crypto/name.h"
#include "crypto/pem.h"
#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"
#include "util/thread.h"

#include <string.h>

typedef struct {
    UTIL_HEAD
    X509_REQ *ptr;
} RequestObject;

UTIL_OWNER(request, RequestObject, X509_REQ, X509_REQ_free)

static X509_REQ *
request_of(PyObject *self)
{
    return ((RequestObject *)self)->ptr;
}

static PyObject *
request_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    X509_REQ *request = X509_REQ_new();

    /* Up to 3.4 it has no version at first.  Readers would encode the empty subject when they need
       it, several at once. */
    if (request != NULL && X509_REQ_set_version(request, 0)
        && i2d_X509_NAME(X509_REQ_get_subject_name(request), NULL) > 0)
        return request_wrap(type, request);
    X509_REQ_free(request);
    util_errors_clear();
    return PyErr_NoMemory();
}

/* ---- version, subject, key ---- */

static PyObject *
request_get_version(PyObject *self, PyObject *unused)
{
    long version;

    UTIL_READING(self, version = X509_REQ_get_version(request_of(self)));
    return PyLong_FromLong(version);
}

static PyObject *
request_set_version(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_version", 1, 1, "version");
    PyObject *given;
    long version;
    int done;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_long(given, "version", &version) < 0)
        return NULL;
    if (version < 0) {
        PyErr_SetString(PyExc_ValueError, "version must not be negative");
        return NULL;
    }
    util_errors_clear();
    UTIL_WRITING(self, done = X509_REQ_set_version(request_of(self), version));
    return crypto_none_or_raise(self, done);
}

static const X509_NAME *
subject_get(PyObject *owner)
{
    return X509_REQ_get_subject_name(request_of(owner));
}

static int
subject_put(PyObject *owner, const X509_NAME *edited)
{
    return X509_REQ_set_subject_name(request_of(owner), edited);
}

static const name_source subject = {subject_get, subject_put};

static PyObject *
request_get_subject(PyObject *self, PyObject *unused)
{
    return crypto_name_view(crypto_state_of(self), self, &subject);
}

static PyObject *
request_get_pubkey(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    EVP_PKEY *key;

    util_errors_clear();
    UTIL_READING(self, key = X509_REQ_get_pubkey(request_of(self)));
    if (key != NULL)
        return crypto_pkey_wrap(state->PKey_Type, key, 1);
    if (!util_errors_pending())
        return util_raise_reason(state->Error, "x509 certificate routines", "no public key");
    return util_raise(state->Error);
}

static PyObject *
request_set_pubkey(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_pubkey", 1, 1, "pkey");
    PyObject *given;
    EVP_PKEY *key;
    int done;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (key = crypto_as_pkey(crypto_state_of(self), given, "pkey")) == NULL)
        return NULL;
    util_errors_clear();
    UTIL_WRITING(self, done = X509_REQ_set_pubkey(request_of(self), key));
    EVP_PKEY_free(key);
    return crypto_none_or_raise(self, done);
}

/* ---- extensions ---- */

/* Those asked for, as copies, and the attribute that they are in; *at is -1 without any.  NULL:
   they cannot be read. */
static STACK_OF(X509_EXTENSION) * read_extensions(X509_REQ *request, int *at)
{
    *at = X509_REQ_get_attr_by_NID(request, NID_ext_req, -1);
    if (*at < 0)
        *at = X509_REQ_get_attr_by_NID(request, NID_ms_ext_req, -1);
    return *at < 0 ? sk_X509_EXTENSION_new_null() : X509_REQ_get_extensions(request);
}

static void
free_extensions(STACK_OF(X509_EXTENSION) * extensions)
{
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static PyObject *
raise_unreadable(PyObject *exc)
{
    if (util_errors_pending())
        return util_raise(exc);
    return util_raise_reason(exc, "x509 certificate routines", "invalid attributes");
}

static PyObject *
request_get_extensions(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    STACK_OF(X509_EXTENSION) * extensions;
    PyObject *list;
    int at;

    util_errors_clear();
    UTIL_READING(self, extensions = read_extensions(request_of(self), &at));
    if (extensions == NULL)
        return at < 0 ? util_raise_new(state->Error) : raise_unreadable(state->Error);
    at = sk_X509_EXTENSION_num(extensions);
    list = PyList_New(at);
    while (list != NULL && at-- > 0) {
        PyObject *one =
            crypto_extension_wrap(state->X509Extension_Type, sk_X509_EXTENSION_pop(extensions));

        if (one == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, at, one);
    }
    free_extensions(extensions);
    return list;
}

static int
append(STACK_OF(X509_EXTENSION) * extensions, PyObject *list)
{
    int done = 1;

    for (Py_ssize_t i = 0; done && i < PyList_GET_SIZE(list); i++) {
        X509_EXTENSION *copy =
            X509_EXTENSION_dup(crypto_extension_borrow(PyList_GET_ITEM(list, i)));

        done = copy != NULL && sk_X509_EXTENSION_push(extensions, copy) > 0;
        if (!done)
            X509_EXTENSION_free(copy);
    }
    return done;
}

/* There may be one such attribute only: the old one makes room, and comes back upon failure. */
static int
replace_extensions(X509_REQ *request, int at, const STACK_OF(X509_EXTENSION) * extensions)
{
    X509_ATTRIBUTE *old = at < 0 ? NULL : X509_REQ_delete_attr(request, at);
    int done = X509_REQ_add_extensions(request, extensions);

    if (!done && old != NULL)
        X509_REQ_add1_attr(request, old);
    X509_ATTRIBUTE_free(old);
    return done;
}

/* *readable*: those that there are. */
static int
add(X509_REQ *request, PyObject *list, int *readable)
{
    int at, done;
    STACK_OF(X509_EXTENSION) *extensions = read_extensions(request, &at);

    *readable = extensions != NULL;
    done = extensions != NULL
           && (PyList_GET_SIZE(list) == 0
               || (append(extensions, list) && replace_extensions(request, at, extensions)));
    free_extensions(extensions);
    return done;
}

static PyObject *
request_add_extensions(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add_extensions", 1, 1, "extensions");
    crypto_state *state = crypto_state_of(self);
    PyObject *given, *list;
    int done, readable;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (list = crypto_as_extensions(state, given)) == NULL)
        return NULL;
    util_errors_clear();
    UTIL_WRITING(self, done = add(request_of(self), list, &readable));
    Py_DECREF(list);
    return readable ? crypto_none_or_raise(self, done) : raise_unreadable(state->Error);
}

/* ---- signature ---- */

/* What is to be signed, alone: the original may change while the copy is being signed.  OpenSSL
   copies none that has not been signed, so it gets something in a signature's place.  For a writer:
   it notes down that the request must be encoded again. */
static X509_REQ *
unsigned_copy(X509_REQ *request)
{
    static const unsigned char no_signature[] = {0x30, 0x03, 0x06, 0x01, 0x2a, 0x03, 0x01, 0x00};
    int size = i2d_re_X509_REQ_tbs(request, NULL);
    int content = size + (int)sizeof no_signature;
    unsigned char *whole, *at;
    const unsigned char *start;
    X509_REQ *copy = NULL;

    if (size <= 0)
        return NULL;
    whole = at = OPENSSL_malloc((size_t)ASN1_object_size(1, content, V_ASN1_SEQUENCE));
    if (whole == NULL)
        return NULL;
    ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    if (i2d_re_X509_REQ_tbs(request, &at) == size) {
        memcpy(at, no_signature, sizeof no_signature);
        start = whole;
        copy = d2i_X509_REQ(NULL, &start, (long)(at - whole) + (long)sizeof no_signature);
    }
    OPENSSL_free(whole);
    return copy;
}

static int
take_signature(X509_REQ *request, const X509_REQ *copy)
{
    const ASN1_BIT_STRING *signature;
    const X509_ALGOR *algorithm;
    ASN1_BIT_STRING *own_signature;
    X509_ALGOR *own_algorithm;
    int done;

    X509_REQ_get0_signature(copy, &signature, &algorithm);
    own_signature = ASN1_STRING_dup(signature);
    own_algorithm = X509_ALGOR_dup(algorithm);
    done = own_signature != NULL && own_algorithm != NULL
           && X509_REQ_set1_signature_algo(request, own_algorithm);
    if (done)
        X509_REQ_set0_signature(request, own_signature);
    else
        ASN1_BIT_STRING_free(own_signature);
    X509_ALGOR_free(own_algorithm);
    return done;
}

static PyObject *
request_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sign", 2, 2, "pkey", "digest");
    crypto_state *state = crypto_state_of(self);
    PyObject *given[2], *result = NULL;
    X509_REQ *copy = NULL;
    EVP_PKEY *key = NULL;
    EVP_MD *md = NULL;
    int done = 0;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    key = crypto_as_signer(state, given[0], "pkey");
    if (key == NULL || crypto_as_signing_digest(key, given[1], "digest", &md) < 0)
        goto done;
    util_errors_clear();
    UTIL_WRITING(self, copy = unsigned_copy(request_of(self)));
    if (copy != NULL)
        DETACHED(done = X509_REQ_sign(copy, key, md) > 0);
    if (done)
        UTIL_WRITING(self, done = take_signature(request_of(self), copy));
    if (done)
        result = Py_NewRef(Py_None);
    else
        crypto_raise_unsigned(state->Error);
done:
    X509_REQ_free(copy);
    EVP_MD_free(md);
    EVP_PKEY_free(key);
    return result;
}

static PyObject *
request_verify(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("verify", 1, 1, "pkey");
    crypto_state *state = crypto_state_of(self);
    PyObject *given;
    EVP_PKEY *key;
    int good;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (key = crypto_as_pkey(state, given, "pkey")) == NULL)
        return NULL;
    util_errors_clear();
    UTIL_READING(self, good = X509_REQ_verify(request_of(self), key));
    EVP_PKEY_free(key);
    return crypto_verdict(state, good > 0, Py_True, "x509 certificate routines");
}

/* ---- loading, dumping, cryptography ---- */

PyObject *
crypto_load_certificate_request(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    UTIL_PARAMS("load_certificate_request", 2, 2, "type", "buffer");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase none = {NULL};
    PyObject *given[2];
    X509_REQ *request;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    request = crypto_load(state, &crypto_request, given[0], given[1], &none);
    return request == NULL ? NULL : request_wrap(state->X509Req_Type, request);
}

PyObject *
crypto_dump_certificate_request(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    UTIL_PARAMS("dump_certificate_request", 2, 2, "type", "req");
    crypto_state *state = PyModule_GetState(module);
    PyObject *given[2], *result;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[1], state->X509Req_Type, "req") < 0)
        return NULL;
    UTIL_READING(given[1],
                 result = crypto_dump(state, &crypto_request, given[0], request_of(given[1])));
    return result;
}

static PyObject *
request_to_cryptography(PyObject *self, PyObject *unused)
{
    PyObject *exc = crypto_state_of(self)->Error, *der;

    util_errors_clear();
    UTIL_READING(self, der = UTIL_FROM_I2D(i2d_X509_REQ, request_of(self), exc));
    return crypto_interop_load("cryptography.x509", "load_der_x509_csr", der);
}

static PyObject *
request_from_cryptography(PyObject *type, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    UTIL_PARAMS("from_cryptography", 1, 1, "crypto_req");
    crypto_state *state = crypto_state_of_type((PyTypeObject *)type);
    X509_REQ *request;
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    request = crypto_decode(state, &crypto_request,
                            crypto_interop_der(given, "CertificateSigningRequest", "crypto_req"));
    return request == NULL ? NULL : request_wrap((PyTypeObject *)type, request);
}

/* ---- the type ---- */

static PyObject *
request_get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, request_of(self), "X509_REQ *");
}

static PyGetSetDef request_getset[] = {
    {"_req", request_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef request_methods[] = {
    UTIL_ROW_NOARGS(request, get_version),
    UTIL_ROW(request, set_version),
    UTIL_ROW_NOARGS(request, get_subject),
    UTIL_ROW_NOARGS(request, get_pubkey),
    UTIL_ROW(request, set_pubkey),
    UTIL_ROW_NOARGS(request, get_extensions),
    UTIL_ROW(request, add_extensions),
    UTIL_ROW(request, sign),
    UTIL_ROW(request, verify),
    UTIL_ROW_NOARGS(request, to_cryptography),
    UTIL_CLASS_ROW_OF(from_cryptography, request_from_cryptography, request_from_cryptography_doc),
    {NULL},
};

static PyType_Slot request_slots[] = {
    UTIL_OWNER_SLOTS(request),       {Py_tp_new, request_new},
    {Py_tp_init, util_init_nothing}, {Py_tp_methods, request_methods},
    {Py_tp_getset, request_getset},  {0, NULL},
};

PyType_Spec request_spec = {
    .name = "OpenSSL.crypto.X509Req",
    .basicsize = sizeof(RequestObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = request_slots,
};
