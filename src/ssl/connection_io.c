#include "ssl/connection.h"
#include "ssl/error.h"
#include "ssl/io.h"
#include "util/args.h"
#include "util/error.h"

#include <limits.h>
#include <string.h>
#include <sys/socket.h>

/* Connection's traffic: arguments in, io_run, result out.  Speaks Python. */

enum { RECORD = SSL3_RT_MAX_PLAIN_LENGTH };

/* ---- receiving ---- */

static int
flags_of(PyObject *given, io_kind *kind)
{
    int flags = 0;

    if (given != NULL && given != Py_None && util_as_int(given, "flags", &flags) < 0)
        return -1;
    *kind = flags & MSG_PEEK ? IO_PEEK : IO_READ;
    return 0;
}

static void
remember_size(ConnectionObject *self, const io_op *op)
{
    atomic_store_explicit(&self->filled, op->done == RECORD, memory_order_relaxed);
}

/* No record holds more than RECORD bytes, so no call gives more: a small answer is copied out
   of the stack, a large one is read into its bytes object right away if the last was large. */
static PyObject *
receive_small(ConnectionObject *self, io_op *op)
{
    char record[RECORD];

    op->data = record;
    if (io_run(self, op) < 0)
        return NULL;
    remember_size(self, op);
    return PyBytes_FromStringAndSize(record, (Py_ssize_t)op->done);
}

static PyObject *
receive_large(ConnectionObject *self, io_op *op)
{
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)op->size);

    if (result == NULL)
        return NULL;
    op->data = PyBytes_AS_STRING(result);
    if (io_run(self, op) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    remember_size(self, op);
    if (op->done < op->size)
        _PyBytes_Resize(&result, (Py_ssize_t)op->done);
    return result;
}

PyObject *
connection_recv(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("recv", 1, 2, "bufsiz", "flags");
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *given[2];
    Py_ssize_t size;
    io_op read = {0};

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_size(given[0], "bufsiz", &size) < 0 || flags_of(given[1], &read.kind) < 0)
        return NULL;
    if (size == 0)
        return PyBytes_FromStringAndSize(NULL, 0);
    read.size = size < RECORD ? (size_t)size : RECORD;
    return read.size == RECORD && atomic_load_explicit(&self->filled, memory_order_relaxed)
               ? receive_large(self, &read)
               : receive_small(self, &read);
}

PyObject *
connection_recv_into(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("recv_into", 1, 3, "buffer", "nbytes", "flags");
    PyObject *given[3], *result = NULL;
    Py_ssize_t size = PY_SSIZE_T_MAX;
    io_op read = {0};
    Py_buffer view;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (given[1] != NULL && given[1] != Py_None && util_as_size(given[1], "nbytes", &size) < 0)
        || flags_of(given[2], &read.kind) < 0 || util_as_writable(given[0], "buffer", &view) < 0)
        return NULL;
    read.data = view.buf;
    read.size = (size_t)(size < view.len ? size : view.len);
    if (read.size > RECORD)
        read.size = RECORD;
    if (read.size == 0 || io_run((ConnectionObject *)op, &read) == 0)
        result = PyLong_FromLong((long)read.done); /* of a record at most; and the quickest way */
    PyBuffer_Release(&view);
    return result;
}

/* ---- sending ---- */

/* The length is asked in Python's way first, as upstream does: what says that it is too long
   is not even looked at. */
static int
check_length(PyObject *data)
{
    Py_ssize_t length = PyObject_Size(data);

    if (length < 0)
        return PyErr_ExceptionMatches(PyExc_TypeError) ? (PyErr_Clear(), 0) : -1;
    if (length > INT_MAX) {
        PyErr_SetString(PyExc_ValueError, "buf is too long: cannot send more than 2**31-1 bytes");
        return -1;
    }
    return 0;
}

static PyObject *
send_view(ConnectionObject *self, const Py_buffer *view, int all)
{
    io_op write = {.kind = IO_WRITE, .data = view->buf, .size = (size_t)view->len, .all = all};

    if (write.size > 0 && io_run(self, &write) < 0)
        return NULL;
    return PyLong_FromSize_t(write.done);
}

static PyObject *
send_any(const util_params *params, PyObject *op, PyObject *const *args, Py_ssize_t nargs,
         PyObject *kwnames, int all)
{
    PyObject *given[2], *result;
    Py_buffer view;
    int flags;

    if (util_bind(params, args, nargs, kwnames, given) < 0)
        return NULL;
    if (given[1] != NULL && util_as_int(given[1], "flags", &flags) < 0)
        return NULL;
    if (PyBytes_CheckExact(given[0]) && PyBytes_GET_SIZE(given[0]) <= INT_MAX) {
        view.buf = PyBytes_AS_STRING(given[0]); /* immutable, and held by our caller */
        view.len = PyBytes_GET_SIZE(given[0]);
        return send_view((ConnectionObject *)op, &view, all);
    }
    if (check_length(given[0]) < 0 || util_as_warned_buffer(given[0], "buf", &view) < 0)
        return NULL;
    result = send_view((ConnectionObject *)op, &view, all);
    PyBuffer_Release(&view);
    return result;
}

PyObject *
connection_send(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("send", 1, 2, "buf", "flags");

    return send_any(&params, op, args, nargs, kwnames, 0);
}

PyObject *
connection_sendall(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sendall", 1, 2, "buf", "flags");

    return send_any(&params, op, args, nargs, kwnames, 1);
}

/* ---- handshake and shutdown ---- */

static PyObject *
run_plain(PyObject *self, io_kind kind)
{
    io_op op = {.kind = kind};

    return io_run((ConnectionObject *)self, &op) < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
connection_do_handshake(PyObject *op, PyObject *unused)
{
    return run_plain(op, IO_HANDSHAKE);
}

PyObject *
connection_shutdown(PyObject *op, PyObject *unused)
{
    io_op shutdown = {.kind = IO_SHUTDOWN};

    if (io_run((ConnectionObject *)op, &shutdown) < 0)
        return NULL;
    return PyBool_FromLong(shutdown.answer);
}

PyObject *
connection_renegotiate(PyObject *op, PyObject *unused)
{
    ConnectionObject *self = (ConnectionObject *)op;
    SSL *ssl = ssl_connection_enter(op);
    int pending, result = 1;

    if (ssl == NULL)
        return NULL;
    util_errors_clear();
    pending = SSL_renegotiate_pending(ssl);
    if (!pending && self->established) /* else the first handshake is what is to come */
        result = io_renegotiate(self);
    ssl_connection_leave(op);
    if (!pending && result != 1)
        return util_raise(ssl_state_of(op)->Error);
    return PyBool_FromLong(!pending);
}

PyObject *
connection_key_update(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("key_update", 0, 1, "request_peer");
    PyObject *given[1];
    io_op update = {.kind = IO_KEY_UPDATE};
    int request = 0;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (given[0] != NULL && util_as_truth(given[0], &request) < 0))
        return NULL;
    update.size = request ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    return io_run((ConnectionObject *)op, &update) < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- datagrams ---- */

PyObject *
connection_DTLSv1_listen(PyObject *op, PyObject *unused)
{
    PyObject *result = run_plain(op, IO_LISTEN);

    util_errors_clear(); /* it drops a datagram that is no good, but not what it says of it */
    return result;
}

PyObject *
connection_DTLSv1_handle_timeout(PyObject *op, PyObject *unused)
{
    io_op timeout = {.kind = IO_TIMEOUT};

    if (io_run((ConnectionObject *)op, &timeout) < 0)
        return NULL;
    return PyBool_FromLong(timeout.answer);
}

/* ---- the memory transport ---- */

/* The connection with its mutex held, if it works in memory; else TypeError. */
static ConnectionObject *
enter_memory(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;

    if (ssl_connection_enter(op) == NULL)
        return NULL;
    if (self->transport.kind == TRANSPORT_MEMORY)
        return self;
    ssl_connection_leave(op);
    PyErr_SetString(PyExc_TypeError, "this Connection has a socket: only one made without a "
                                     "socket is fed and read through bio_* methods");
    return NULL;
}

PyObject *
connection_bio_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("bio_read", 1, 1, "bufsiz");
    PyObject *given[1], *result = NULL;
    ConnectionObject *self;
    Py_ssize_t size;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_size(given[0], "bufsiz", &size) < 0 || (self = enter_memory(op)) == NULL)
        return NULL;
    if (size == 0)
        result = PyBytes_FromStringAndSize(NULL, 0);
    else if (queue_is_empty(&self->transport.outgoing))
        ssl_raise(ssl_state_of(op), SSL_ERROR_WANT_READ, 0);
    else {
        result =
            queue_get_bytes(&self->transport.outgoing, (size_t)size, self->transport.datagrams);
        queue_tidy(&self->transport.outgoing);
    }
    ssl_connection_leave(op);
    return result;
}

/* Bytes are lent as they are; of anything else that may change, a copy is made. */
static int
feed(PyObject *op, PyObject *bytes, const Py_buffer *view)
{
    ConnectionObject *self = enter_memory(op);
    ssl_queue *incoming;
    int result = 0;

    if (self == NULL)
        return -1;
    incoming = &self->transport.incoming;
    if (bytes != NULL && PyBytes_GET_SIZE(bytes) > 0)
        result = queue_put_bytes(incoming, bytes);
    else if (bytes == NULL && view->len > 0)
        result = queue_put(incoming, view->buf, (size_t)view->len, self->transport.datagrams);
    ssl_connection_leave(op);
    if (result < 0)
        util_raise_memory();
    return result;
}

PyObject *
connection_bio_write(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("bio_write", 1, 1, "buf");
    PyObject *given[1];
    Py_buffer view;
    Py_ssize_t size;
    int failed;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    if (PyBytes_CheckExact(given[0]) && PyBytes_GET_SIZE(given[0]) <= INT_MAX)
        return feed(op, given[0], NULL) < 0 ? NULL : PyLong_FromSsize_t(PyBytes_GET_SIZE(given[0]));
    if (util_as_warned_buffer(given[0], "buf", &view) < 0)
        return NULL;
    failed = feed(op, NULL, &view);
    size = view.len;
    PyBuffer_Release(&view);
    return failed < 0 ? NULL : PyLong_FromSsize_t(size);
}

PyObject *
connection_bio_shutdown(PyObject *op, PyObject *unused)
{
    ConnectionObject *self = enter_memory(op);

    if (self == NULL)
        return NULL;
    self->transport.eof = 1;
    ssl_connection_leave(op);
    Py_RETURN_NONE;
}
