#include "ssl/connection.h"
#include "ssl/error.h"
#include "ssl/io.h"
#include "ssl_doc.h"
#include "util/args.h"
#include "util/error.h"

/* Connection's life, and what it shares with its socket.  Speaks Python. */

/* ---- making and freeing ---- */

static PyObject *
connection_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    ConnectionObject *self = (ConnectionObject *)type->tp_alloc(type, 0);

    if (self == NULL)
        return NULL;
    util_mutex_init(&self->mutex);
    util_guard_init(&self->gate);
    return (PyObject *)self;
}

/* A new SSL on the Context as it is now, with the callables of this moment. */
static SSL *
new_ssl(ConnectionObject *self, ContextObject *context, PyObject **calls)
{
    util_hold hold;
    SSL *ssl;

    if (util_read_lock(&context->lock, &hold) < 0)
        return NULL;
    ssl = SSL_new(context->ptr);
    /* SSL_new does not look whether it could copy, say, the name that the peer must have. */
    if (ssl != NULL
        && !X509_VERIFY_PARAM_inherit(SSL_get0_param(ssl), SSL_CTX_get0_param(context->ptr))) {
        SSL_free(ssl);
        ssl = NULL;
    }
    *calls = Py_XNewRef(context->calls);
    util_rwlock_release(&hold);
    if (ssl == NULL)
        util_raise_new(ssl_state_of((PyObject *)self)->Error);
    return ssl;
}

/* Takes the SSL and the callables over, in failure too. */
static int
fill(ConnectionObject *self, ContextObject *context, PyObject *socket, int fd, SSL *ssl,
     PyObject *calls)
{
    PyObject *old = calls;
    int result = -1;

    if (self->ptr != NULL) { /* by fileno(), or what ran while we waited for the Context */
        PyErr_SetString(PyExc_ValueError, "this Connection is already initialized");
        goto done;
    }
    transport_open(&self->transport, fd, SSL_is_dtls(ssl));
    if (transport_attach(&self->transport, ssl) < 0 || !SSL_set_app_data(ssl, (char *)self)) {
        util_raise_new(ssl_state_of((PyObject *)self)->Error);
        goto done;
    }
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    old = self->calls;
    self->calls = calls;
    self->context = Py_NewRef((PyObject *)context);
    self->home_context = Py_NewRef((PyObject *)context);
    self->socket = Py_NewRef(socket);
    self->ptr = ssl; /* last: an SSL means that all else is there */
    ssl = NULL;
    result = 0;
done:
    SSL_free(ssl);
    Py_XDECREF(old);
    return result;
}

static int
open_connection(ConnectionObject *self, ContextObject *context, PyObject *socket, int fd)
{
    PyObject *calls = NULL;
    int result = 0;
    SSL *ssl;

    ssl = new_ssl(self, context, &calls);
    if (ssl == NULL) {
        Py_XDECREF(calls);
        return -1;
    }
    UTIL_WITH(self, result = fill(self, context, socket, fd, ssl, calls));
    return result;
}

static int
connection_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("Connection", 1, 2, "context", "socket");
    ConnectionObject *self = (ConnectionObject *)op;
    ContextObject *context;
    PyObject *given[2];
    int fd = -1;

    if (util_bind_tuple(&params, args, kwargs, given) < 0)
        return -1;
    if (self->ptr != NULL) {
        PyErr_SetString(PyExc_ValueError, "this Connection is already initialized");
        return -1;
    }
    context = ssl_as_context(ssl_state_of(op), given[0], "context");
    if (context == NULL)
        return -1;
    if (given[1] == NULL)
        given[1] = Py_None;
    if (given[1] != Py_None && util_as_fd(given[1], "socket", &fd) < 0)
        return -1;
    return open_connection(self, context, given[1], fd);
}

PyObject *
ssl_connection_new(ssl_state *state, PyObject *context, PyObject *socket)
{
    return PyObject_CallFunctionObjArgs((PyObject *)state->Connection_Type, context, socket, NULL);
}

static int
connection_traverse(PyObject *op, visitproc visit, void *arg)
{
    ConnectionObject *self = (ConnectionObject *)op;

    Py_VISIT(self->context);
    Py_VISIT(self->home_context);
    Py_VISIT(self->parted_context);
    Py_VISIT(self->calls);
    Py_VISIT(self->socket);
    Py_VISIT(self->app_data);
    return util_object_traverse(op, visit, arg);
}

/* The Contexts stay: an SSL must not outlive them, and they hold no reference to us but
   through their callables and app data, which they give up themselves. */
static int
connection_clear(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;

    Py_CLEAR(self->calls);
    Py_CLEAR(self->socket);
    Py_CLEAR(self->app_data);
    return util_object_clear(op);
}

/* A DTLS handshake that failed between two keys: from OpenSSL 3.2 on SSL_free would free the old
   record layer twice.  SSL_clear knows better. */
static void
free_ssl(ConnectionObject *self)
{
    util_errors_mark();
    SSL_set_app_data(self->ptr, NULL);
    if (self->transport.datagrams && SSL_in_init(self->ptr) && !SSL_in_before(self->ptr))
        SSL_clear(self->ptr);
    SSL_free(self->ptr);
    util_errors_forget();
}

static void
connection_dealloc(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;

    UTIL_DEALLOC_BEGIN(op, connection_dealloc)
    util_object_dealloc_start(op);
    if (self->ptr != NULL && !util_mutex_is_lost(&self->mutex))
        free_ssl(self);
    transport_close(&self->transport);
    queue_clear(&self->later);
    util_mutex_destroy(&self->mutex);
    connection_clear(op);
    Py_CLEAR(self->context);
    Py_CLEAR(self->home_context);
    Py_CLEAR(self->parted_context);
    util_object_dealloc_end(op);
    UTIL_DEALLOC_END
}

SSL *
ssl_connection_enter_slowly(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;

    if (self->ptr == NULL)
        return util_raise_reason(ssl_state_of(op)->Error, "SSL routines", "uninitialized");
    if (util_mutex_is_mine(&self->mutex)) {
        self->nested++;
        return self->ptr;
    }
    return util_mutex_lock(&self->mutex) < 0 ? NULL : self->ptr;
}

/* ---- app data ---- */

PyObject *
connection_get_app_data(PyObject *op, PyObject *unused)
{
    PyObject *data;

    Py_BEGIN_CRITICAL_SECTION(op);
    data = ((ConnectionObject *)op)->app_data;
    data = Py_NewRef(data == NULL ? Py_None : data);
    Py_END_CRITICAL_SECTION();
    return data;
}

PyObject *
connection_set_app_data(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_app_data", 1, 1, "data");
    PyObject *given[1], *old;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    Py_BEGIN_CRITICAL_SECTION(op);
    old = ((ConnectionObject *)op)->app_data;
    ((ConnectionObject *)op)->app_data = Py_NewRef(given[0]);
    Py_END_CRITICAL_SECTION();
    Py_XDECREF(old);
    Py_RETURN_NONE;
}

/* ---- the socket ---- */

/* Which may be a Connection again, or this very one. */
static PyObject *
ask_socket(PyObject *socket, PyObject *name)
{
    PyObject *found;

    if (Py_EnterRecursiveCall(" while a Connection asks its socket for an attribute"))
        return NULL;
    Py_INCREF(socket);
    found = PyObject_GetAttr(socket, name);
    Py_DECREF(socket);
    Py_LeaveRecursiveCall();
    return found;
}

/* Unknown names are the socket's.  Python asks this method once it has found none itself. */
static PyObject *
connection_getattr(PyObject *op, PyObject *name)
{
    PyObject *socket = ((ConnectionObject *)op)->socket;

    if (socket == NULL || socket == Py_None)
        return PyObject_GenericGetAttr(op, name); /* for its AttributeError */
    return ask_socket(socket, name);
}

#if !UTIL_QUICK_GETATTR
static PyObject *
connection_getattro(PyObject *op, PyObject *name)
{
    PyObject *socket = ((ConnectionObject *)op)->socket, *found = PyObject_GenericGetAttr(op, name);

    if (found != NULL || socket == NULL || socket == Py_None
        || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found;
    PyErr_Clear();
    return ask_socket(socket, name);
}
#endif

/* ---- private names that other packages look at ---- */

static PyObject *
get_ssl(PyObject *op, void *unused)
{
    return util_handle_new(op, ((ConnectionObject *)op)->ptr, "SSL *");
}

static PyObject *
get_private_context(PyObject *op, void *unused)
{
    return connection_get_context(op, NULL);
}

static PyObject *
get_socket(PyObject *op, void *unused)
{
    PyObject *socket = ((ConnectionObject *)op)->socket;

    return Py_NewRef(socket == NULL ? Py_None : socket);
}

static PyGetSetDef connection_getset[] = {
    {"_ssl", get_ssl, NULL, NULL, NULL},
    {"_context", get_private_context, NULL, NULL, NULL},
    {"_socket", get_socket, NULL, NULL, NULL},
    {NULL},
};

/* ---- the type ---- */

#define ROW(name) UTIL_ROW(connection, name),
#define ROW_NOARGS(name) UTIL_ROW_NOARGS(connection, name),

static PyMethodDef connection_methods[] = {
    CONNECTION_LIFE_METHODS(ROW, ROW_NOARGS) CONNECTION_CONTEXT_METHODS(ROW, ROW_NOARGS)
        CONNECTION_IO_METHODS(ROW, ROW_NOARGS) CONNECTION_INFO_METHODS(ROW, ROW_NOARGS)
            CONNECTION_SECRET_METHODS(ROW, ROW_NOARGS) CONNECTION_PEER_METHODS(ROW, ROW_NOARGS)
                CONNECTION_SETTING_METHODS(ROW, ROW_NOARGS)
                    UTIL_ROW_OF(read, connection_recv, connection_read_doc),
    UTIL_ROW_OF(write, connection_send, connection_write_doc),
    {"__getattr__", connection_getattr, METH_O, NULL},
    {NULL},
};

static PyMemberDef connection_members[] = {UTIL_MEMBERS(ConnectionObject), {NULL}};

static PyType_Slot connection_slots[] = {
    {Py_tp_doc, (char *)connection_doc},
    {Py_tp_new, connection_new},
    {Py_tp_init, connection_init},
    {Py_tp_traverse, connection_traverse},
    {Py_tp_clear, connection_clear},
    {Py_tp_dealloc, connection_dealloc},
    {Py_tp_methods, connection_methods},
    {Py_tp_members, connection_members},
    {Py_tp_getset, connection_getset},
#if !UTIL_QUICK_GETATTR
    {Py_tp_getattro, connection_getattro},
#endif
    {0, NULL},
};

PyType_Spec connection_spec = {
    .name = "OpenSSL.SSL.Connection",
    .basicsize = sizeof(ConnectionObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = connection_slots,
};
