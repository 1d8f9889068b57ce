#include "crypto/extension.h"
#include "crypto/interop.h"
#include "crypto/x509.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

#include <time.h>

UTIL_OWNER(x509, X509Object, X509, X509_free)

static X509 *
cert_of(PyObject *self)
{
    return ((X509Object *)self)->ptr;
}

PyObject *
crypto_x509_wrap(PyTypeObject *type, X509 *taken)
{
    return x509_wrap(type, taken);
}

static PyObject *
x509_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    X509 *cert = X509_new();

    /* Readers would encode the empty names when they need them, several at once. */
    if (cert != NULL && i2d_X509_NAME(X509_get_subject_name(cert), NULL) > 0
        && i2d_X509_NAME(X509_get_issuer_name(cert), NULL) > 0)
        return x509_wrap(type, cert);
    X509_free(cert);
    util_errors_clear();
    return util_raise_memory();
}

/* ---- version and serial number ---- */

static PyObject *
x509_get_version(PyObject *self, PyObject *unused)
{
    long version;

    UTIL_READING(self, version = X509_get_version(cert_of(self)));
    return PyLong_FromLong(version);
}

static PyObject *
x509_set_version(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_version", 1, 1, "version");
    PyObject *given[1];
    long version;
    int done;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_long(given[0], "version", &version) < 0)
        return NULL;
    if (version < 0) {
        PyErr_SetString(PyExc_ValueError, "version must not be negative");
        return NULL;
    }
    UTIL_WRITING(self, done = crypto_x509_own(self) && X509_set_version(cert_of(self), version));
    return crypto_none_or_raise(self, done);
}

static PyObject *
x509_get_serial_number(PyObject *self, PyObject *unused)
{
    PyObject *number;

    UTIL_READING(self, number = util_from_asn1_integer(X509_get0_serialNumber(cert_of(self))));
    return number;
}

static PyObject *
x509_set_serial_number(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_serial_number", 1, 1, "serial");
    ASN1_INTEGER *serial;
    PyObject *given[1];
    int done;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    serial = util_as_asn1_integer(given[0], "serial");
    if (serial == NULL)
        return NULL;
    UTIL_WRITING(self,
                 done = crypto_x509_own(self) && X509_set_serialNumber(cert_of(self), serial));
    ASN1_INTEGER_free(serial);
    return crypto_none_or_raise(self, done);
}

/* ---- times ---- */

static PyObject *
x509_get_notBefore(PyObject *self, PyObject *unused)
{
    PyObject *start;

    UTIL_READING(self, start = util_from_asn1_time(X509_get0_notBefore(cert_of(self))));
    return start;
}

static PyObject *
x509_get_notAfter(PyObject *self, PyObject *unused)
{
    PyObject *end;

    UTIL_READING(self, end = util_from_asn1_time(X509_get0_notAfter(cert_of(self))));
    return end;
}

/* So many seconds from now. */
static ASN1_TIME *
as_moment(PyObject *value, const char *name)
{
    ASN1_TIME *moment;
    long amount;

    if (util_as_long(value, name, &amount) < 0)
        return NULL;
    util_errors_clear();
    moment = ASN1_TIME_adj(NULL, time(NULL), 0, amount);
    if (moment == NULL && util_errors_swallow() == 0)
        PyErr_Format(PyExc_ValueError, "%s leads out of the years 1900 to 9999", name);
    return moment;
}

/* What the four setters do; each has its own converter, place and parameter's name. */
#define TIME_SETTER(method, parameter, as_time, put)                                        \
    static PyObject *x509_##method(PyObject *self, PyObject *const *args, Py_ssize_t nargs, \
                                   PyObject *kwnames)                                       \
    {                                                                                       \
        UTIL_PARAMS(#method, 1, 1, parameter);                                              \
        PyObject *given[1];                                                                 \
        ASN1_TIME *moment;                                                                  \
        int done;                                                                           \
                                                                                            \
        if (util_bind(&params, args, nargs, kwnames, given) < 0                             \
            || (moment = as_time(given[0], parameter)) == NULL)                             \
            return NULL;                                                                    \
        UTIL_WRITING(self, done = crypto_x509_own(self) && put(cert_of(self), moment));     \
        ASN1_TIME_free(moment);                                                             \
        return crypto_none_or_raise(self, done);                                            \
    }

TIME_SETTER(set_notBefore, "when", util_as_asn1_time, X509_set1_notBefore)
TIME_SETTER(set_notAfter, "when", util_as_asn1_time, X509_set1_notAfter)
TIME_SETTER(gmtime_adj_notBefore, "amount", as_moment, X509_set1_notBefore)
TIME_SETTER(gmtime_adj_notAfter, "amount", as_moment, X509_set1_notAfter)

/* -2: it has none, or none that can be read. */
static int
compare_end(X509 *cert, time_t now)
{
    const ASN1_TIME *end = X509_get0_notAfter(cert);
    int order = -2;

    if (end != NULL && ASN1_STRING_length(end) > 0) {
        util_errors_mark();
        order = ASN1_TIME_cmp_time_t(end, now);
        util_errors_forget();
    }
    return order;
}

static PyObject *
x509_has_expired(PyObject *self, PyObject *unused)
{
    time_t now = time(NULL);
    int order;

    UTIL_READING(self, order = compare_end(cert_of(self), now));
    if (order == -2) {
        PyErr_SetString(PyExc_ValueError, "the certificate has no valid notAfter");
        return NULL;
    }
    return PyBool_FromLong(order < 0);
}

/* ---- key, signature and hashes ---- */

static PyObject *
x509_get_pubkey(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    EVP_PKEY *key;

    util_errors_clear();
    UTIL_READING(self, key = X509_get_pubkey(cert_of(self)));
    return key == NULL ? util_raise(state->Error) : crypto_pkey_wrap(state->PKey_Type, key, 1);
}

static PyObject *
x509_set_pubkey(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_pubkey", 1, 1, "pkey");
    PyObject *given[1];
    EVP_PKEY *key;
    int done;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    key = crypto_as_pkey(crypto_state_of(self), given[0], "pkey");
    if (key == NULL)
        return NULL;
    UTIL_WRITING(self, done = crypto_x509_own(self) && X509_set_pubkey(cert_of(self), key));
    EVP_PKEY_free(key);
    return crypto_none_or_raise(self, done);
}

static int
algorithm_of(const X509 *cert)
{
    const ASN1_OBJECT *object;

    X509_ALGOR_get0(&object, NULL, NULL, X509_get0_tbs_sigalg(cert));
    return OBJ_obj2nid(object);
}

static PyObject *
x509_get_signature_algorithm(PyObject *self, PyObject *unused)
{
    int nid;

    UTIL_READING(self, nid = algorithm_of(cert_of(self)));
    if (nid == NID_undef) {
        PyErr_SetString(PyExc_ValueError, "the signature algorithm is undefined");
        return NULL;
    }
    return PyBytes_FromString(OBJ_nid2ln(nid));
}

static PyObject *
x509_digest(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("digest", 1, 1, "digest_name");
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = sizeof hash;
    PyObject *given[1];
    EVP_MD *md;
    int done;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || crypto_as_digest(given[0], "digest_name", &md) < 0)
        return NULL;
    if (md == NULL) {
        PyErr_SetString(PyExc_ValueError, "digest_name must name a digest");
        return NULL;
    }
    if (EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) { /* versions of OpenSSL differ in what they do */
        EVP_MD_free(md);
        return util_raise_reason(crypto_state_of(self)->Error, "digital envelope routines",
                                 "a digest of any length needs to be told one");
    }
    util_errors_clear();
    UTIL_READING(self, done = X509_digest(cert_of(self), md, hash, &size));
    EVP_MD_free(md);
    return done ? util_from_hex(hash, size, ':') : util_raise(crypto_state_of(self)->Error);
}

static PyObject *
x509_subject_name_hash(PyObject *self, PyObject *unused)
{
    unsigned long hash;
    int done = 0;

    util_errors_clear();
    UTIL_READING(self,
                 hash = X509_NAME_hash_ex(X509_get_subject_name(cert_of(self)), NULL, NULL, &done));
    return done ? PyLong_FromUnsignedLong(hash) : util_raise(crypto_state_of(self)->Error);
}

/* ---- extensions ---- */

static PyObject *
x509_get_extension_count(PyObject *self, PyObject *unused)
{
    int count;

    UTIL_READING(self, count = X509_get_ext_count(cert_of(self)));
    return PyLong_FromLong(count);
}

/* NULL: it could not be copied, or *there* is 0. */
static X509_EXTENSION *
copy_extension(const X509 *cert, long index, int *there)
{
    *there = index >= 0 && index < X509_get_ext_count(cert);
    return *there ? X509_EXTENSION_dup(X509_get_ext(cert, (int)index)) : NULL;
}

static PyObject *
x509_get_extension(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("get_extension", 1, 1, "index");
    crypto_state *state = crypto_state_of(self);
    X509_EXTENSION *copy;
    PyObject *given[1];
    long index;
    int there;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_long(given[0], "index", &index) < 0)
        return NULL;
    util_errors_clear();
    UTIL_READING(self, copy = copy_extension(cert_of(self), index, &there));
    if (!there) {
        PyErr_SetString(PyExc_IndexError, "index is out of range");
        return NULL;
    }
    if (copy == NULL)
        return util_raise_new(state->Error);
    return crypto_extension_wrap(state->X509Extension_Type, copy);
}

/* All of them, or none. */
static int
add_copies(PyObject *self, PyObject *list)
{
    int done = crypto_x509_own(self), before;
    X509 *cert = cert_of(self);

    before = X509_get_ext_count(cert);
    for (Py_ssize_t i = 0; done && i < PyList_GET_SIZE(list); i++)
        done = X509_add_ext(cert, crypto_extension_borrow(PyList_GET_ITEM(list, i)), -1);
    while (!done && X509_get_ext_count(cert) > before)
        X509_EXTENSION_free(X509_delete_ext(cert, X509_get_ext_count(cert) - 1));
    return done;
}

static PyObject *
x509_add_extensions(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add_extensions", 1, 1, "extensions");
    PyObject *given[1], *list;
    int done;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    list = crypto_as_extensions(crypto_state_of(self), given[0]);
    if (list == NULL)
        return NULL;
    UTIL_WRITING(self, done = add_copies(self, list));
    Py_DECREF(list);
    return crypto_none_or_raise(self, done);
}

/* ---- private names that other packages look at ---- */

static X509 *
show(X509Object *self)
{
    self->shown = 1;
    crypto_x509_set_size(self, 0);
    return self->ptr;
}

static PyObject *
x509_get_handle(PyObject *self, void *unused)
{
    X509 *cert;

    UTIL_WRITING(self, cert = show((X509Object *)self));
    return util_handle_new(self, cert, "X509 *");
}

static PyGetSetDef x509_getset[] = {
    {"_x509", x509_get_handle, NULL, NULL, NULL},
    {NULL},
};

/* ---- the type ---- */

static PyMethodDef x509_methods[] = {
    UTIL_ROW_NOARGS(x509, get_version),
    UTIL_ROW(x509, set_version),
    UTIL_ROW_NOARGS(x509, get_serial_number),
    UTIL_ROW(x509, set_serial_number),
    UTIL_ROW_NOARGS(x509, get_notBefore),
    UTIL_ROW_NOARGS(x509, get_notAfter),
    UTIL_ROW(x509, set_notBefore),
    UTIL_ROW(x509, set_notAfter),
    UTIL_ROW(x509, gmtime_adj_notBefore),
    UTIL_ROW(x509, gmtime_adj_notAfter),
    UTIL_ROW_NOARGS(x509, has_expired),
    UTIL_ROW_NOARGS_OF(get_subject, crypto_x509_get_subject, x509_get_subject_doc),
    UTIL_ROW_NOARGS_OF(get_issuer, crypto_x509_get_issuer, x509_get_issuer_doc),
    UTIL_ROW_OF(set_subject, crypto_x509_set_subject, x509_set_subject_doc),
    UTIL_ROW_OF(set_issuer, crypto_x509_set_issuer, x509_set_issuer_doc),
    UTIL_ROW_NOARGS(x509, subject_name_hash),
    UTIL_ROW_NOARGS(x509, get_pubkey),
    UTIL_ROW(x509, set_pubkey),
    UTIL_ROW_OF(sign, crypto_x509_sign, x509_sign_doc),
    UTIL_ROW_NOARGS(x509, get_signature_algorithm),
    UTIL_ROW(x509, digest),
    UTIL_ROW_NOARGS(x509, get_extension_count),
    UTIL_ROW(x509, get_extension),
    UTIL_ROW(x509, add_extensions),
    UTIL_ROW_NOARGS_OF(to_cryptography, crypto_x509_to_cryptography, x509_to_cryptography_doc),
    UTIL_CLASS_ROW_OF(from_cryptography, crypto_x509_from_cryptography, x509_from_cryptography_doc),
    {NULL},
};

static PyType_Slot x509_slots[] = {
    UTIL_OWNER_SLOTS(x509),        {Py_tp_new, x509_new},       {Py_tp_init, util_init_nothing},
    {Py_tp_methods, x509_methods}, {Py_tp_getset, x509_getset}, {0, NULL},
};

PyType_Spec x509_spec = {
    .name = "OpenSSL.crypto.X509",
    .basicsize = sizeof(X509Object),
    .flags = UTIL_TYPE_FLAGS,
    .slots = x509_slots,
};
