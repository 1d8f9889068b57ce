#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/error.h"

/* A verification to be done: what is kept is Python objects, and each call makes the native
   context anew, so that one object can be asked again, by several threads too. */
typedef struct {
    UTIL_HEAD
    PyObject *store; /* an X509Store; NULL before __init__ */
    PyObject *cert;
    PyObject *chain; /* a tuple of X509, or None */
} StoreContextObject;

/* ---- life ---- */

static int
storectx_traverse(PyObject *op, visitproc visit, void *arg)
{
    StoreContextObject *self = (StoreContextObject *)op;

    Py_VISIT(self->store);
    Py_VISIT(self->cert);
    Py_VISIT(self->chain);
    return util_object_traverse(op, visit, arg);
}

static int
storectx_clear(PyObject *op)
{
    StoreContextObject *self = (StoreContextObject *)op;

    Py_CLEAR(self->store);
    Py_CLEAR(self->cert);
    Py_CLEAR(self->chain);
    return util_object_clear(op);
}

static void
storectx_dealloc(PyObject *self)
{
    util_object_dealloc_start(self);
    storectx_clear(self);
    util_object_dealloc_end(self);
}

/* Any iterable of X509 as a tuple, None as None. */
static PyObject *
as_chain(crypto_state *state, PyObject *value)
{
    if (value == NULL || value == Py_None)
        return Py_NewRef(Py_None);
    return util_as_instances(value, state->X509_Type, "chain");
}

/* Takes the chain over. */
static void
fill(StoreContextObject *self, PyObject *store, PyObject *cert, PyObject *chain)
{
    Py_XSETREF(self->store, Py_NewRef(store));
    Py_XSETREF(self->cert, Py_NewRef(cert));
    Py_XSETREF(self->chain, chain);
}

static int
storectx_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("X509StoreContext", 2, 3, "store", "certificate", "chain");
    crypto_state *state = crypto_state_of(self);
    PyObject *given[3], *chain;

    if (util_bind_tuple(&params, args, kwargs, given) < 0
        || util_check_instance(given[0], state->X509Store_Type, "store") < 0
        || util_check_instance(given[1], state->X509_Type, "certificate") < 0
        || (chain = as_chain(state, given[2])) == NULL)
        return -1;
    UTIL_WITH(self, fill((StoreContextObject *)self, given[0], given[1], chain));
    return 0;
}

/* ---- a verification ---- */

typedef struct {
    /* What is to be verified: references of its own. */
    PyObject *store, *cert_object;
    X509 *cert;
    STACK_OF(X509) * untrusted;
    /* What came of it. */
    int valid;
    int error, depth;
    X509 *culprit; /* NULL where OpenSSL names none */
    STACK_OF(X509) * verified;
} verification;

static void
finish(verification *v)
{
    sk_X509_pop_free(v->verified, X509_free);
    X509_free(v->culprit);
    sk_X509_pop_free(v->untrusted, X509_free);
    X509_free(v->cert);
    Py_XDECREF(v->cert_object);
    Py_XDECREF(v->store);
}

/* A certificate to read from any thread.  One that is not complete, so that it has no encoding,
   gives NULL without an exception: nothing can be said for it. */
static X509 *
borrow(crypto_state *state, PyObject *cert)
{
    X509 *lent = crypto_x509_lend(cert, state->Error);

    if (lent == NULL && PyErr_ExceptionMatches(state->Error))
        PyErr_Clear();
    return lent;
}

static STACK_OF(X509) * borrow_chain(crypto_state *state, PyObject *chain)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    if (stack == NULL) {
        util_errors_clear();
        util_raise_memory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(chain) && !PyErr_Occurred(); i++) {
        X509 *cert = borrow(state, PyTuple_GET_ITEM(chain, i));

        if (cert != NULL && !sk_X509_push(stack, cert)) {
            X509_free(cert);
            util_errors_clear();
            util_raise_memory();
        }
    }
    if (!PyErr_Occurred())
        return stack;
    sk_X509_pop_free(stack, X509_free);
    return NULL;
}

/* All of them, or none before __init__. */
static void
take(const StoreContextObject *self, verification *v, PyObject **chain)
{
    *chain = Py_XNewRef(self->chain);
    v->store = Py_XNewRef(self->store);
    v->cert_object = Py_XNewRef(self->cert);
}

static int
start(StoreContextObject *self, crypto_state *state, verification *v)
{
    PyObject *chain;

    *v = (verification){0};
    UTIL_WITH(self, take(self, v, &chain));
    if (chain == NULL) {
        PyErr_SetString(PyExc_ValueError, "this X509StoreContext was not initialized");
        return -1;
    }
    v->cert = borrow(state, v->cert_object);
    if (chain != Py_None && !PyErr_Occurred())
        v->untrusted = borrow_chain(state, chain);
    Py_DECREF(chain);
    return PyErr_Occurred() ? -1 : 0;
}

static void
run(X509_STORE_CTX *ctx, X509_STORE *store, verification *v)
{
    X509 *culprit;

    v->valid = X509_STORE_CTX_init(ctx, store, v->cert, v->untrusted) && X509_verify_cert(ctx) > 0;
    if (v->valid) {
        v->verified = X509_STORE_CTX_get1_chain(ctx);
        return;
    }
    v->error = X509_STORE_CTX_get_error(ctx);
    v->depth = X509_STORE_CTX_get_error_depth(ctx);
    culprit = X509_STORE_CTX_get_current_cert(ctx);
    if (culprit != NULL && X509_up_ref(culprit))
        v->culprit = culprit;
}

/* Detached.  -1: interrupted while waiting for who sets something. */
static int
run_locked(X509_STORE_CTX *ctx, StoreObject *store, verification *v)
{
    util_hold hold;

    if (util_read_lock(store->lock, &hold) < 0)
        return -1;
    run(ctx, store->ptr, v);
    util_rwlock_release(&hold);
    return 0;
}

/* What the exception says is OpenSSL's; a failure that has no name is "unspecified". */
static void
raise_invalid(crypto_state *state, const verification *v)
{
    int error = v->error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : v->error;
    const char *message = X509_verify_cert_error_string(error);
    PyObject *cert = NULL, *exception;

    if (v->culprit != NULL && X509_up_ref(v->culprit))
        cert = crypto_x509_wrap_lent(state->X509_Type, v->culprit);
    else
        cert = v->cert == NULL ? Py_NewRef(v->cert_object) : Py_NewRef(Py_None);
    if (cert == NULL)
        return;
    exception = PyObject_CallFunction(state->X509StoreContextError, "s[iis]O", message, error,
                                      v->depth, message, cert);
    Py_DECREF(cert);
    if (exception == NULL)
        return;
    PyErr_SetObject(state->X509StoreContextError, exception);
    Py_DECREF(exception);
}

/* 0 and *v*, to be finished, or -1 with an exception and nothing to finish. */
static int
verify(PyObject *self, verification *v)
{
    crypto_state *state = crypto_state_of(self);
    X509_STORE_CTX *ctx = NULL;
    int interrupted;

    if (start((StoreContextObject *)self, state, v) < 0)
        goto failed;
    util_errors_clear();
    if (v->cert != NULL) {
        ctx = X509_STORE_CTX_new();
        if (ctx == NULL) {
            util_errors_clear();
            util_raise_memory();
            goto failed;
        }
        DETACHED(interrupted = run_locked(ctx, (StoreObject *)v->store, v));
        if (interrupted)
            goto failed;
    }
    if (util_errors_no_memory() || v->error == X509_V_ERR_OUT_OF_MEM
        || (v->valid && v->verified == NULL)) {
        util_raise_memory();
        goto failed;
    }
    if (v->valid) {
        X509_STORE_CTX_free(ctx);
        return 0;
    }
    raise_invalid(state, v);
failed:
    X509_STORE_CTX_free(ctx);
    finish(v);
    return -1;
}

/* ---- methods ---- */

static PyObject *
storectx_verify_certificate(PyObject *self, PyObject *unused)
{
    verification v;

    if (verify(self, &v) < 0)
        return NULL;
    finish(&v);
    Py_RETURN_NONE;
}

static PyObject *
storectx_get_verified_chain(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    verification v;
    PyObject *result;

    if (verify(self, &v) < 0)
        return NULL;
    result = PyList_New(sk_X509_num(v.verified));
    for (int i = 0; result != NULL && i < sk_X509_num(v.verified); i++) {
        X509 *cert = sk_X509_value(v.verified, i);
        PyObject *item = NULL;

        if (X509_up_ref(cert))
            item = crypto_x509_wrap_lent(state->X509_Type, cert);
        if (item == NULL)
            Py_CLEAR(result);
        else
            PyList_SET_ITEM(result, i, item);
    }
    finish(&v);
    return result;
}

static PyObject *
storectx_set_store(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_store", 1, 1, "store");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_check_instance(given, crypto_state_of(self)->X509Store_Type, "store") < 0)
        return NULL;
    if (((StoreContextObject *)self)->store == NULL) {
        PyErr_SetString(PyExc_ValueError, "this X509StoreContext was not initialized");
        return NULL;
    }
    Py_SETREF(((StoreContextObject *)self)->store, Py_NewRef(given));
    Py_RETURN_NONE;
}

UTIL_LOCKED(storectx, set_store)

/* ---- the type ---- */

static PyMethodDef storectx_methods[] = {
    UTIL_ROW_NOARGS(storectx, verify_certificate),
    UTIL_ROW_NOARGS(storectx, get_verified_chain),
    UTIL_LOCKED_ROW(storectx, set_store),
    {NULL},
};

static PyMemberDef storectx_members[] = {
    UTIL_MEMBERS(StoreContextObject),
    {"_store", Py_T_OBJECT_EX, offsetof(StoreContextObject, store), Py_READONLY},
    {"_cert", Py_T_OBJECT_EX, offsetof(StoreContextObject, cert), Py_READONLY},
    {"_chain", Py_T_OBJECT_EX, offsetof(StoreContextObject, chain), Py_READONLY},
    {NULL},
};

static PyType_Slot storectx_slots[] = {
    UTIL_OWNER_SLOTS(storectx),
    {Py_tp_init, storectx_init},
    {Py_tp_methods, storectx_methods},
    {0, NULL},
};

PyType_Spec storectx_spec = {
    .name = "OpenSSL.crypto.X509StoreContext",
    .basicsize = sizeof(StoreContextObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = storectx_slots,
};

/* ---- a function of the module ---- */

PyObject *
crypto_X509_verify_cert_error_string(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                     PyObject *kwnames)
{
    UTIL_PARAMS("X509_verify_cert_error_string", 1, 1, "errnum");
    PyObject *given[1];
    int number;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "errnum", &number) < 0)
        return NULL;
    return PyUnicode_FromString(X509_verify_cert_error_string(number));
}
