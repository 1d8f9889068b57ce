#include "crypto/crl.h"

#include "crypto/interop.h"
#include "crypto/name.h"
#include "crypto/pem.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"
#include "util/thread.h"

enum { MANY = 1000 }; /* entries: from here on, others may run while we copy */

/* ---- life ---- */

UTIL_OWNER(crl, CRLObject, X509_CRL, X509_CRL_free)

static PyObject *
crl_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    X509_CRL *crl = X509_CRL_new();

    /* Readers would encode the empty issuer when they need it, several at once. */
    if (crl != NULL && i2d_X509_NAME(X509_CRL_get_issuer(crl), NULL) > 0)
        return crl_wrap(type, crl);
    X509_CRL_free(crl);
    util_errors_clear();
    return PyErr_NoMemory();
}

/* What every setter does. */
#define CHANGE(self, done, ...)                                        \
    do {                                                               \
        util_errors_clear();                                           \
        UTIL_WRITING(self, (self)->changes++; (done) = (__VA_ARGS__)); \
    } while (0)

/* ---- fields ---- */

static PyObject *
crl_set_version(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_version", 1, 1, "version");
    CRLObject *self = (CRLObject *)op;
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
    CHANGE(self, done, X509_CRL_set_version(self->ptr, version) && (self->version_set = 1));
    return crypto_none_or_raise((PyObject *)self, done);
}

#define TIME_SETTER(method, put)                                                         \
    static PyObject *crl_##method(PyObject *op, PyObject *const *args, Py_ssize_t nargs, \
                                  PyObject *kwnames)                                     \
    {                                                                                    \
        UTIL_PARAMS(#method, 1, 1, "when");                                              \
        CRLObject *self = (CRLObject *)op;                                               \
        PyObject *given;                                                                 \
        ASN1_TIME *when;                                                                 \
        int done;                                                                        \
                                                                                         \
        if (util_bind(&params, args, nargs, kwnames, &given) < 0                         \
            || (when = util_as_asn1_time(given, "when")) == NULL)                        \
            return NULL;                                                                 \
        CHANGE(self, done, put(self->ptr, when));                                        \
        ASN1_TIME_free(when);                                                            \
        return crypto_none_or_raise((PyObject *)self, done);                             \
    }

TIME_SETTER(set_lastUpdate, X509_CRL_set1_lastUpdate)
TIME_SETTER(set_nextUpdate, X509_CRL_set1_nextUpdate)

static PyObject *
crl_get_issuer(PyObject *op, PyObject *unused)
{
    crypto_state *state = crypto_state_of(op);
    CRLObject *self = (CRLObject *)op;
    X509_NAME *copy;

    util_errors_clear();
    UTIL_READING(self, copy = X509_NAME_dup(X509_CRL_get_issuer(self->ptr)));
    return copy == NULL ? util_raise_new(state->Error)
                        : crypto_name_wrap(state->X509Name_Type, copy);
}

/* ---- entries ---- */

static PyObject *
crl_add_revoked(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add_revoked", 1, 1, "revoked");
    crypto_state *state = crypto_state_of(op);
    CRLObject *self = (CRLObject *)op;
    X509_REVOKED *copy;
    PyObject *given;
    int done;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_check_instance(given, state->Revoked_Type, "revoked") < 0
        || (copy = crypto_revoked_copy(given, state->Error)) == NULL)
        return NULL;
    CHANGE(self, done, X509_CRL_add0_revoked(self->ptr, copy));
    if (!done)
        X509_REVOKED_free(copy);
    return crypto_none_or_raise((PyObject *)self, done);
}

static STACK_OF(X509_REVOKED) * copy_entries(const STACK_OF(X509_REVOKED) * entries)
{
    STACK_OF(X509_REVOKED) * copies;

    if (sk_X509_REVOKED_num(entries) < MANY)
        return sk_X509_REVOKED_deep_copy(entries, X509_REVOKED_dup, X509_REVOKED_free);
    DETACHED(copies = sk_X509_REVOKED_deep_copy(entries, X509_REVOKED_dup, X509_REVOKED_free));
    return copies;
}

/* Each is taken over by an object of its own. */
static PyObject *
wrapped(crypto_state *state, STACK_OF(X509_REVOKED) * entries)
{
    Py_ssize_t at = sk_X509_REVOKED_num(entries);
    PyObject *tuple = PyTuple_New(at);

    while (tuple != NULL && at-- > 0) {
        PyObject *one = crypto_revoked_wrap(state->Revoked_Type, sk_X509_REVOKED_pop(entries));

        if (one == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, at, one);
    }
    return tuple;
}

static PyObject *
crl_get_revoked(PyObject *op, PyObject *unused)
{
    crypto_state *state = crypto_state_of(op);
    CRLObject *self = (CRLObject *)op;
    STACK_OF(X509_REVOKED) * entries, *copies = NULL;
    PyObject *result;
    util_errors_clear();
    UTIL_READING(self, entries = sk_X509_REVOKED_dup(X509_CRL_get_REVOKED(self->ptr)));
    if (entries != NULL)
        copies = copy_entries(entries);
    sk_X509_REVOKED_free(entries);
    if (copies == NULL)
        return util_raise_new(state->Error);
    result = sk_X509_REVOKED_num(copies) == 0 ? Py_NewRef(Py_None) : wrapped(state, copies);
    sk_X509_REVOKED_pop_free(copies, X509_REVOKED_free);
    return result;
}

/* ---- loading and dumping ---- */

PyObject *
crypto_load_crl(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_crl", 2, 2, "type", "buffer");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase none = {NULL};
    PyObject *given[2];
    X509_CRL *crl;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    crl = crypto_load(state, &crypto_revocation_list, given[0], given[1], &none);
    return crl == NULL ? NULL : crl_wrap(state->CRL_Type, crl);
}

PyObject *
crypto_dump_crl(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("dump_crl", 2, 2, "type", "crl");
    crypto_state *state = PyModule_GetState(module);
    PyObject *given[2], *result;
    CRLObject *self;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[1], state->CRL_Type, "crl") < 0)
        return NULL;
    self = (CRLObject *)given[1];
    UTIL_READING(self, result = crypto_dump(state, &crypto_revocation_list, given[0], self->ptr));
    return result;
}

/* ---- from and to others ---- */

static PyObject *
encoding_of(CRLObject *self)
{
    PyObject *exc = crypto_state_of((PyObject *)self)->Error, *result;

    util_errors_clear();
    UTIL_READING(self, result = UTIL_FROM_I2D(i2d_X509_CRL, self->ptr, exc));
    return result;
}

/* Look-ups want it sorted: the first of them would do that in the midst of others.  What is
   encoded does not change. */
static int
sort_for_lookups(X509_CRL *crl)
{
    ASN1_INTEGER *zero = ASN1_INTEGER_new();
    X509_REVOKED *found;

    if (zero != NULL)
        X509_CRL_get0_by_serial(crl, &found, zero);
    ASN1_INTEGER_free(zero);
    return zero != NULL;
}

X509_CRL *
crypto_as_crl(crypto_state *state, PyObject *value, const char *name)
{
    PyObject *der = PyObject_TypeCheck(value, state->CRL_Type)
                        ? encoding_of((CRLObject *)value)
                        : crypto_interop_der(value, "CertificateRevocationList", name);
    X509_CRL *crl = crypto_decode(state, &crypto_revocation_list, der);

    if (crl == NULL || sort_for_lookups(crl))
        return crl;
    X509_CRL_free(crl);
    util_errors_clear();
    return (void *)PyErr_NoMemory();
}

static PyObject *
crl_to_cryptography(PyObject *self, PyObject *unused)
{
    return crypto_interop_load("cryptography.x509", "load_der_x509_crl",
                               encoding_of((CRLObject *)self));
}

static PyObject *
crl_from_cryptography(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("from_cryptography", 1, 1, "crypto_crl");
    crypto_state *state = crypto_state_of_type((PyTypeObject *)type);
    PyObject *given;
    X509_CRL *crl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    crl = crypto_decode(state, &crypto_revocation_list,
                        crypto_interop_der(given, "CertificateRevocationList", "crypto_crl"));
    return crl == NULL ? NULL : crl_wrap((PyTypeObject *)type, crl);
}

/* ---- the type ---- */

static PyObject *
crl_get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, ((CRLObject *)self)->ptr, "X509_CRL *");
}

static PyGetSetDef crl_getset[] = {
    {"_crl", crl_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef crl_methods[] = {
    UTIL_ROW(crl, set_version),
    UTIL_ROW(crl, set_lastUpdate),
    UTIL_ROW(crl, set_nextUpdate),
    UTIL_ROW_NOARGS(crl, get_issuer),
    UTIL_ROW(crl, add_revoked),
    UTIL_ROW_NOARGS(crl, get_revoked),
    UTIL_ROW_OF(sign, crypto_crl_sign, crl_sign_doc),
    UTIL_ROW_OF(export, crypto_crl_export, crl_export_doc),
    UTIL_ROW_NOARGS(crl, to_cryptography),
    UTIL_CLASS_ROW_OF(from_cryptography, crl_from_cryptography, crl_from_cryptography_doc),
    {NULL},
};

static PyType_Slot crl_slots[] = {
    UTIL_OWNER_SLOTS(crl),        {Py_tp_new, crl_new},       {Py_tp_init, util_init_nothing},
    {Py_tp_methods, crl_methods}, {Py_tp_getset, crl_getset}, {0, NULL},
};

PyType_Spec crl_spec = {
    .name = "OpenSSL.crypto.CRL",
    .basicsize = sizeof(CRLObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = crl_slots,
};
