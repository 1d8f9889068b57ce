#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

/* Locking.  OpenSSL locks the certificates and revocation lists in a store by itself, so adding
   some may go on beside verification.  It does not lock the store's parameters (flags, time) nor
   the list of files and folders where it looks: who sets them writes under the lock below,
   who verifies, detached and for as long as that takes, reads under it.

   The store of a Context is one native object with the SSL_CTX, whose handshakes read it under
   the Context's lock.  So its X509Store takes that lock, of which there must be one only, and
   keeps the Context, in which it lives.  The native store of an X509Store is never lent to
   anyone else. */

const util_constant crypto_store_flags[] = {
    {"CRL_CHECK", X509_V_FLAG_CRL_CHECK},
    {"CRL_CHECK_ALL", X509_V_FLAG_CRL_CHECK_ALL},
    {"IGNORE_CRITICAL", X509_V_FLAG_IGNORE_CRITICAL},
    {"X509_STRICT", X509_V_FLAG_X509_STRICT},
    {"ALLOW_PROXY_CERTS", X509_V_FLAG_ALLOW_PROXY_CERTS},
    {"POLICY_CHECK", X509_V_FLAG_POLICY_CHECK},
    {"EXPLICIT_POLICY", X509_V_FLAG_EXPLICIT_POLICY},
    {"INHIBIT_MAP", X509_V_FLAG_INHIBIT_MAP},
    {"NOTIFY_POLICY", X509_V_FLAG_NOTIFY_POLICY},
    {"CHECK_SS_SIGNATURE", X509_V_FLAG_CHECK_SS_SIGNATURE},
    {"PARTIAL_CHAIN", X509_V_FLAG_PARTIAL_CHAIN},
    {"CB_ISSUER_CHECK", 0}, /* OpenSSL has no use for it any more */
    {NULL, 0},
};

/* ---- life ---- */

static PyMemberDef store_members[] = {UTIL_MEMBERS(StoreObject), {NULL}};

PyObject *
crypto_store_wrap(PyTypeObject *type, X509_STORE *taken, PyObject *owner, util_rwlock *lock)
{
    StoreObject *self = (StoreObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        X509_STORE_free(taken);
        return NULL;
    }
    self->ptr = taken;
    self->owner = Py_XNewRef(owner);
    self->lock = owner == NULL ? &self->own : lock;
    util_rwlock_init(&self->own, UTIL_ORDER_STORE);
    return (PyObject *)self;
}

static PyObject *
store_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    X509_STORE *store;

    util_errors_clear();
    store = X509_STORE_new();
    if (store == NULL) {
        util_errors_clear();
        return util_raise_memory();
    }
    return crypto_store_wrap(type, store, NULL, NULL);
}

static int
store_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((StoreObject *)self)->owner);
    return util_object_traverse(self, visit, arg);
}

/* The owner stays, because the lock lives in it; a cycle through it is broken at its end. */
static int
store_clear(PyObject *self)
{
    return util_object_clear(self);
}

static void
store_dealloc(PyObject *op)
{
    StoreObject *self = (StoreObject *)op;

    util_object_dealloc_start(op);
    util_errors_mark(); /* OpenSSL 4.0 allocates for that, and may find no memory */
    X509_STORE_free(self->ptr);
    util_errors_forget();
    Py_XDECREF(self->owner);
    util_object_dealloc_end(op);
}

/* ---- content ---- */

static PyObject *
none_or_error(PyObject *self, int success)
{
    if (!success)
        return util_raise(crypto_state_of(self)->Error);
    util_errors_clear();
    Py_RETURN_NONE;
}

static PyObject *
store_add_cert(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add_cert", 1, 1, "cert");
    crypto_state *state = crypto_state_of(self);
    PyObject *given;
    int success;
    X509 *cert;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_check_instance(given, state->X509_Type, "cert") < 0
        || (cert = crypto_x509_lend(given, state->Error)) == NULL)
        return NULL;
    util_errors_clear();
    success = X509_STORE_add_cert(((StoreObject *)self)->ptr, cert);
    X509_free(cert);
    return none_or_error(self, success);
}

static PyObject *
store_add_crl(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add_crl", 1, 1, "crl");
    PyObject *given;
    X509_CRL *crl;
    int success;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (crl = crypto_as_crl(crypto_state_of(self), given, "crl")) == NULL)
        return NULL;
    util_errors_clear();
    success = X509_STORE_add_crl(((StoreObject *)self)->ptr, crl);
    X509_CRL_free(crl);
    return none_or_error(self, success);
}

/* A path, or NULL for None; the bytes that hold it are the caller's. */
static int
as_optional_path(PyObject *value, const char *name, PyObject **bytes, const char **path)
{
    if (value == NULL || value == Py_None)
        return 0;
    *bytes = util_as_path(value, name);
    if (*bytes == NULL)
        return -1;
    *path = PyBytes_AS_STRING(*bytes);
    return 0;
}

/* Detached. */
static int
load(StoreObject *self, const char *file, const char *folder, int *success)
{
    util_hold hold;

    if (util_write_lock(self->lock, &hold) < 0)
        return -1;
    *success = X509_STORE_load_locations(self->ptr, file, folder);
    util_rwlock_release(&hold);
    return 0;
}

static PyObject *
store_load_locations(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_locations", 1, 2, "cafile", "capath");
    PyObject *given[2], *held[2] = {NULL}, *result = NULL;
    const char *paths[2] = {NULL};
    int success = 0, failed;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || as_optional_path(given[0], "cafile", &held[0], &paths[0]) < 0
        || as_optional_path(given[1], "capath", &held[1], &paths[1]) < 0)
        goto done;
    /* These two OpenSSL would notice after it has taken the file, or without saying a word. */
    if ((paths[0] == NULL && paths[1] == NULL) || (paths[1] != NULL && paths[1][0] == '\0')) {
        util_raise_reason(crypto_state_of(self)->Error, "x509 certificate routines",
                          paths[1] == NULL ? "no file and no directory" : "invalid directory");
        goto done;
    }
    util_errors_clear();
    DETACHED(failed = load((StoreObject *)self, paths[0], paths[1], &success));
    if (failed == 0)
        result = none_or_error(self, success);
done:
    Py_XDECREF(held[0]);
    Py_XDECREF(held[1]);
    return result;
}

/* ---- parameters ---- */

static PyObject *
store_set_flags(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_flags", 1, 1, "flags");
    StoreObject *store = (StoreObject *)self;
    PyObject *given;
    util_hold hold;
    uint64_t flags;
    int success;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_options(given, "flags", &flags) < 0 || util_write_lock(store->lock, &hold) < 0)
        return NULL;
    util_errors_clear();
    success = X509_STORE_set_flags(store->ptr, (unsigned long)flags);
    util_rwlock_release(&hold);
    return none_or_error(self, success);
}

/* How far a datetime lies from 1970, as a timedelta; a naive one is taken as UTC. */
static PyObject *
since_epoch(PyObject *module, PyObject *when)
{
    PyObject *class = util_get(module, "datetime"), *zone = NULL, *epoch = NULL;
    PyObject *offset = NULL, *result = NULL;

    if (class == NULL)
        return NULL;
    if (PyObject_IsInstance(when, class) != 1) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "vfy_time must be a datetime.datetime, not %.100s",
                         Py_TYPE(when)->tp_name);
        goto done;
    }
    offset = util_call(when, "utcoffset", NULL, 0);
    if (offset == NULL)
        goto done;
    zone = offset == Py_None ? Py_NewRef(Py_None) : util_get(module, "UTC");
    if (zone != NULL)
        epoch = PyObject_CallFunction(class, "iiiiiiiO", 1970, 1, 1, 0, 0, 0, 0, zone);
    if (epoch != NULL)
        result = PyNumber_Subtract(when, epoch);
done:
    Py_XDECREF(epoch);
    Py_XDECREF(zone);
    Py_XDECREF(offset);
    Py_DECREF(class);
    return result;
}

static int
number_of(PyObject *object, const char *attribute, long *number)
{
    PyObject *value = util_get(object, attribute);
    int result;

    if (value == NULL)
        return -1;
    result = util_as_long(value, attribute, number);
    Py_DECREF(value);
    return result;
}

static int
as_time(PyObject *when, time_t *result)
{
    PyObject *module = PyImport_ImportModule("datetime"), *since = NULL;
    long days = 0, seconds = 0;
    int failed = -1;

    if (module != NULL)
        since = since_epoch(module, when);
    if (since != NULL && number_of(since, "days", &days) == 0
        && number_of(since, "seconds", &seconds) == 0) {
        *result = (time_t)days * 86400 + seconds;
        failed = 0;
    }
    Py_XDECREF(since);
    Py_XDECREF(module);
    return failed;
}

static PyObject *
store_set_time(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_time", 1, 1, "vfy_time");
    StoreObject *store = (StoreObject *)self;
    PyObject *given;
    util_hold hold;
    time_t when;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0 || as_time(given, &when) < 0
        || util_write_lock(store->lock, &hold) < 0)
        return NULL;
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store->ptr), when);
    util_rwlock_release(&hold);
    Py_RETURN_NONE;
}

/* ---- the type ---- */

static PyMethodDef store_methods[] = {
    UTIL_ROW(store, add_cert),  UTIL_ROW(store, add_crl),  UTIL_ROW(store, load_locations),
    UTIL_ROW(store, set_flags), UTIL_ROW(store, set_time), {NULL},
};

static PyObject *
store_get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, ((StoreObject *)self)->ptr, "X509_STORE *");
}

static PyGetSetDef store_getset[] = {
    {"_store", store_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyType_Slot store_slots[] = {
    UTIL_OWNER_SLOTS(store),        {Py_tp_new, store_new},       {Py_tp_init, util_init_nothing},
    {Py_tp_methods, store_methods}, {Py_tp_getset, store_getset}, {0, NULL},
};

PyType_Spec store_spec = {
    .name = "OpenSSL.crypto.X509Store",
    .basicsize = sizeof(StoreObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = store_slots,
};
