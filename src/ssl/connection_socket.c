#include "ssl/connection.h"
#include "ssl/io.h"
#include "util/args.h"
#include "util/error.h"

/* What Connection does with its socket, and the roles that go with it.  Speaks Python. */

/* The socket to call a method of, or AttributeError on a memory connection. */
static PyObject *
socket_of(PyObject *op, const char *method)
{
    PyObject *socket = ((ConnectionObject *)op)->socket;

    if (socket != NULL && socket != Py_None)
        return Py_NewRef(socket);
    PyErr_Format(PyExc_AttributeError,
                 "'%.100s' object has no attribute '%s': it has no socket, but works in memory",
                 Py_TYPE(op)->tp_name, method);
    return NULL;
}

/* Call a method of the socket with what we were called with. */
static PyObject *
delegate(PyObject *op, const char *method, PyObject *const *args, Py_ssize_t nargs,
         PyObject *kwnames)
{
    PyObject *socket = socket_of(op, method), *function, *result = NULL;

    if (socket == NULL)
        return NULL;
    function = util_get(socket, method);
    if (function != NULL)
        result = PyObject_Vectorcall(function, args, (size_t)nargs, kwnames);
    Py_XDECREF(function);
    Py_DECREF(socket);
    return result;
}

/* Who has listened is the server already: to begin anew would be to forget that the client's cookie
   was good, and to wait for a first hello that it does not send again. */
static int
set_role(PyObject *op, void (*set)(SSL *))
{
    ConnectionObject *self = (ConnectionObject *)op;
    SSL *ssl = ssl_connection_enter(op);
    const char *complaint = NULL;
    int failed;

    if (ssl == NULL)
        return -1;
    if (self->listened && self->nested == 0 && set == SSL_set_accept_state) {
        ssl_connection_leave(op);
        return 0;
    }
    if (self->nested > 0)
        complaint = "called from inside a callback of the same connection";
    else if (SSL_renegotiate_pending(ssl)) /* no handshake could begin any more */
        complaint = "a renegotiation is pending";
    if (complaint != NULL) {
        ssl_connection_leave(op);
        util_raise_reason(ssl_state_of(op)->Error, "SSL routines", complaint);
        return -1;
    }
    util_errors_clear();
    set(ssl);
    failed = util_errors_pending(); /* the only sign that it gives */
    connection_forget_unverified(ssl);
    self->settled = self->established = self->cut = 0;
    self->lost = self->transport.hushed = 0;
    self->quick = 0;
    self->listened = 0;
    self->bare = (char)failed;
    ssl_connection_leave(op);
    if (failed)
        util_raise(ssl_state_of(op)->Error);
    return failed ? -1 : 0;
}

PyObject *
connection_set_connect_state(PyObject *op, PyObject *unused)
{
    return set_role(op, SSL_set_connect_state) < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
connection_set_accept_state(PyObject *op, PyObject *unused)
{
    return set_role(op, SSL_set_accept_state) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
connect_with(const util_params *params, PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    PyObject *given[1];

    if (util_bind(params, args, nargs, kwnames, given) < 0
        || set_role(op, SSL_set_connect_state) < 0)
        return NULL;
    return delegate(op, params->function, given, 1, NULL);
}

PyObject *
connection_connect(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("connect", 1, 1, "addr");

    return connect_with(&params, op, args, nargs, kwnames);
}

PyObject *
connection_connect_ex(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("connect_ex", 1, 1, "addr");

    return connect_with(&params, op, args, nargs, kwnames);
}

/* (Connection, address): a plain Connection, as a subclass may want other arguments. */
static PyObject *
accepted(PyObject *op, PyObject *pair)
{
    PyObject *context, *conn, *result = NULL;

    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "the socket's accept() must return a pair");
        return NULL;
    }
    context = connection_get_context(op, NULL);
    if (context == NULL)
        return NULL;
    conn = ssl_connection_new(ssl_state_of(op), context, PyTuple_GET_ITEM(pair, 0));
    Py_DECREF(context);
    if (conn != NULL && set_role(conn, SSL_set_accept_state) == 0)
        result = PyTuple_Pack(2, conn, PyTuple_GET_ITEM(pair, 1));
    Py_XDECREF(conn);
    return result;
}

PyObject *
connection_accept(PyObject *op, PyObject *unused)
{
    PyObject *pair = delegate(op, "accept", NULL, 0, NULL), *result;

    if (pair == NULL)
        return NULL;
    result = accepted(op, pair);
    Py_DECREF(pair);
    return result;
}

PyObject *
connection_close(PyObject *op, PyObject *unused)
{
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *socket = socket_of(op, "close"), *result = NULL;

    if (socket == NULL)
        return NULL;
    if (self->ptr == NULL || io_close(self) == 0)
        result = PyLong_Check(socket) ? Py_NewRef(Py_None) : util_call(socket, "close", NULL, 0);
    Py_DECREF(socket);
    return result;
}

PyObject *
connection_sock_shutdown(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return delegate(op, "shutdown", args, nargs, kwnames);
}

PyObject *
connection_makefile(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyErr_SetString(PyExc_NotImplementedError, "a Connection cannot be made into a file object");
    return NULL;
}
