#include "ssl/callbacks.h"
#include "ssl/context.h"
#include "ssl/constants.h"
#include "ssl_doc.h"
#include "util/args.h"
#include "util/error.h"

/* Context's life.  Its settings live in context_options.c, context_keys.c, context_trust.c
   and callbacks.c.  They can be changed at any time: a setter holds the Context's lock as
   the only writer, and whatever else reads the SSL_CTX holds it as a reader. */

/* ---- making and freeing ---- */

typedef struct {
    int number;
    const SSL_METHOD *(*make)(void);
    int version; /* the only one, or 0 */
} method_row;

static const method_row methods[] = {
    {METHOD_SSLV23, TLS_method, 0},
    {METHOD_TLSV1, TLS_method, TLS1_VERSION},
    {METHOD_TLSV1_1, TLS_method, TLS1_1_VERSION},
    {METHOD_TLSV1_2, TLS_method, TLS1_2_VERSION},
    {METHOD_TLS, TLS_method, 0},
    {METHOD_TLS_SERVER, TLS_server_method, 0},
    {METHOD_TLS_CLIENT, TLS_client_method, 0},
    {METHOD_DTLS, DTLS_method, 0},
    {METHOD_DTLS_SERVER, DTLS_server_method, 0},
    {METHOD_DTLS_CLIENT, DTLS_client_method, 0},
};

static const method_row *
find_method(int number)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(methods); i++)
        if (methods[i].number == number)
            return &methods[i];
    PyErr_SetString(PyExc_ValueError, "No such protocol");
    return NULL;
}

/* It may fail to tidy a table up when memory has run out. */
static void
discard(SSL_CTX *ctx)
{
    util_errors_mark();
    SSL_CTX_free(ctx);
    util_errors_forget();
}

/* Detached: a first SSL_CTX reads OpenSSL's configuration. */
static SSL_CTX *
new_ctx(const method_row *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method->make());

    if (ctx == NULL)
        return NULL;
    SSL_CTX_set_cert_verify_callback(ctx, callbacks_verify_chain, NULL);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_tlsext_servername_callback(ctx, callbacks_servername); /* see there why always */
    if (method->version == 0
        || (SSL_CTX_set_min_proto_version(ctx, method->version)
            && SSL_CTX_set_max_proto_version(ctx, method->version)))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

static PyObject *
context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    ContextObject *self = (ContextObject *)type->tp_alloc(type, 0);

    if (self == NULL)
        return NULL;
    util_rwlock_init(&self->lock, UTIL_ORDER_SETTINGS);
    self->calls = Py_NewRef(ssl_state_of((PyObject *)self)->no_calls);
    return (PyObject *)self;
}

static int
context_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("Context", 1, 1, "method");
    ContextObject *self = (ContextObject *)op;
    const method_row *method;
    PyObject *given;
    SSL_CTX *ctx;
    util_hold hold;
    int number, again;

    if (util_bind_tuple(&params, args, kwargs, &given) < 0
        || util_as_int(given, "method", &number) < 0 || (method = find_method(number)) == NULL)
        return -1;
    DETACHED(ctx = new_ctx(method));
    if (ctx == NULL) {
        util_raise_new(ssl_state_of(op)->Error);
        return -1;
    }
    if (util_errors_swallow() < 0) { /* it goes on with fewer groups when memory has run out */
        discard(ctx);
        return -1;
    }
    if (util_write_lock(&self->lock, &hold) < 0) {
        discard(ctx);
        return -1;
    }
    again = self->ptr != NULL;
    if (!again)
        self->ptr = ctx;
    util_rwlock_release(&hold);
    if (!again)
        return 0;
    discard(ctx);
    PyErr_SetString(PyExc_ValueError, "this Context is already initialized");
    return -1;
}

static int
context_traverse(PyObject *op, visitproc visit, void *arg)
{
    ContextObject *self = (ContextObject *)op;

    Py_VISIT(self->calls);
    Py_VISIT(self->passphrase);
    Py_VISIT(self->passphrase_data);
    Py_VISIT(self->app_data);
    return util_object_traverse(op, visit, arg);
}

static int
context_clear(PyObject *op)
{
    ContextObject *self = (ContextObject *)op;

    Py_CLEAR(self->calls);
    Py_CLEAR(self->passphrase);
    Py_CLEAR(self->passphrase_data);
    Py_CLEAR(self->app_data);
    return util_object_clear(op);
}

static void
context_dealloc(PyObject *op)
{
    ContextObject *self = (ContextObject *)op;

    UTIL_DEALLOC_BEGIN(op, context_dealloc)
    util_object_dealloc_start(op);
    discard(self->ptr);
    context_clear(op);
    util_object_dealloc_end(op);
    UTIL_DEALLOC_END
}

/* ---- getting at the SSL_CTX ---- */

static void *
uninitialized(PyObject *self)
{
    PyErr_Format(PyExc_ValueError, "%.100s.__init__() was not called", Py_TYPE(self)->tp_name);
    return NULL;
}

ContextObject *
ssl_as_context(ssl_state *state, PyObject *value, const char *name)
{
    if (util_check_instance(value, state->Context_Type, name) < 0)
        return NULL;
    return ((ContextObject *)value)->ptr == NULL ? uninitialized(value) : (ContextObject *)value;
}

static SSL_CTX *
locked(PyObject *op, util_hold *hold)
{
    ContextObject *self = (ContextObject *)op;

    util_errors_clear(); /* what comes after is ours */
    if (self->ptr != NULL)
        return self->ptr;
    util_rwlock_release(hold);
    return uninitialized(op);
}

SSL_CTX *
ssl_context_read(PyObject *self, util_hold *hold)
{
    return util_read_lock(&((ContextObject *)self)->lock, hold) < 0 ? NULL : locked(self, hold);
}

SSL_CTX *
ssl_context_write(PyObject *self, util_hold *hold)
{
    return util_write_lock(&((ContextObject *)self)->lock, hold) < 0 ? NULL : locked(self, hold);
}

PyObject *
ssl_context_done(PyObject *self, util_hold *hold, int success)
{
    util_rwlock_release(hold);
    if (!success)
        return util_raise(ssl_state_of(self)->Error);
    util_errors_clear();
    Py_RETURN_NONE;
}

/* ---- app data ---- */

static PyObject *
context_get_app_data(PyObject *self, PyObject *unused)
{
    PyObject *data = ((ContextObject *)self)->app_data;

    return Py_NewRef(data == NULL ? Py_None : data);
}
UTIL_LOCKED_NOARGS(context, get_app_data)

static PyObject *
context_set_app_data(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_app_data", 1, 1, "data");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    Py_XSETREF(((ContextObject *)self)->app_data, Py_NewRef(given));
    Py_RETURN_NONE;
}
UTIL_LOCKED(context, set_app_data)

static PyObject *
get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, ((ContextObject *)self)->ptr, "SSL_CTX *");
}

/* What was set, or None: other packages' tests look. */
static PyObject *
get_callable(PyObject *self, void *which)
{
    util_hold hold;
    PyObject *calls, *found;

    if (ssl_context_read(self, &hold) == NULL)
        return NULL;
    calls = ((ContextObject *)self)->calls;
    found = Py_NewRef(calls == NULL ? Py_None : PyTuple_GET_ITEM(calls, (intptr_t)which));
    util_rwlock_release(&hold);
    return found;
}

static PyGetSetDef context_getset[] = {
    {"_context", get_handle, NULL, NULL, NULL},
    {"_verify_callback", get_callable, NULL, NULL, (void *)SSL_CALL_VERIFY},
    {"_info_callback", get_callable, NULL, NULL, (void *)SSL_CALL_INFO},
    {"_keylog_callback", get_callable, NULL, NULL, (void *)SSL_CALL_KEYLOG},
    {NULL},
};

/* ---- the type ---- */

#define ROW(name) UTIL_ROW(context, name),
#define ROW_NOARGS(name) UTIL_ROW_NOARGS(context, name),

static PyMethodDef context_methods[] = {
    CONTEXT_OPTION_METHODS(ROW, ROW_NOARGS) CONTEXT_KEY_METHODS(ROW, ROW_NOARGS)
        CONTEXT_TRUST_METHODS(ROW, ROW_NOARGS) CONTEXT_CALLBACK_METHODS(ROW, ROW_NOARGS)
            UTIL_LOCKED_ROW(context, set_app_data),
    UTIL_LOCKED_ROW_NOARGS(context, get_app_data),
    {NULL},
};

static PyMemberDef context_members[] = {UTIL_MEMBERS(ContextObject), {NULL}};

static PyType_Slot context_slots[] = {
    {Py_tp_doc, (char *)context_doc}, {Py_tp_new, context_new},
    {Py_tp_init, context_init},       {Py_tp_traverse, context_traverse},
    {Py_tp_clear, context_clear},     {Py_tp_dealloc, context_dealloc},
    {Py_tp_methods, context_methods}, {Py_tp_members, context_members},
    {Py_tp_getset, context_getset},   {0, NULL},
};

PyType_Spec context_spec = {
    .name = "OpenSSL.SSL.Context",
    .basicsize = sizeof(ContextObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = context_slots,
};
