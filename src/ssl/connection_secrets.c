#include "ssl/connection.h"
#include "util/args.h"
#include "util/error.h"

/* What only the two ends of a Connection know, and the random bytes that it was made from. */

enum { SECRET_SIZE = 2 * EVP_MAX_MD_SIZE };

#define NO_BYTES SIZE_MAX

/* Bytes that *get* puts into a buffer; None for NO_BYTES. */
static PyObject *
ask_bytes(PyObject *op, size_t (*get)(const SSL *, unsigned char *, size_t))
{
    unsigned char data[SECRET_SIZE];
    SSL *ssl = ssl_connection_enter(op);
    PyObject *result;
    size_t size;

    if (ssl == NULL)
        return NULL;
    size = get(ssl, data, sizeof data);
    ssl_connection_leave(op);
    result = size == NO_BYTES ? Py_NewRef(Py_None)
                              : PyBytes_FromStringAndSize((char *)data, (Py_ssize_t)size);
    OPENSSL_cleanse(data, sizeof data);
    return result;
}

static size_t
get_client_random(const SSL *ssl, unsigned char *data, size_t size)
{
    return SSL_get_session(ssl) == NULL ? NO_BYTES : SSL_get_client_random(ssl, data, size);
}

static size_t
get_server_random(const SSL *ssl, unsigned char *data, size_t size)
{
    return SSL_get_session(ssl) == NULL ? NO_BYTES : SSL_get_server_random(ssl, data, size);
}

static size_t
get_master_key(const SSL *ssl, unsigned char *data, size_t size)
{
    const SSL_SESSION *session = SSL_get_session(ssl);

    return session == NULL ? NO_BYTES : SSL_SESSION_get_master_key(session, data, size);
}

/* These two tell the whole size, however much fits. */
static size_t
get_finished(const SSL *ssl, unsigned char *data, size_t size)
{
    size_t whole = SSL_get_finished(ssl, data, size);

    return whole == 0 ? NO_BYTES : whole < size ? whole : size;
}

static size_t
get_peer_finished(const SSL *ssl, unsigned char *data, size_t size)
{
    size_t whole = SSL_get_peer_finished(ssl, data, size);

    return whole == 0 ? NO_BYTES : whole < size ? whole : size;
}

PyObject *
connection_client_random(PyObject *op, PyObject *unused)
{
    return ask_bytes(op, get_client_random);
}

PyObject *
connection_server_random(PyObject *op, PyObject *unused)
{
    return ask_bytes(op, get_server_random);
}

PyObject *
connection_master_key(PyObject *op, PyObject *unused)
{
    return ask_bytes(op, get_master_key);
}

PyObject *
connection_get_finished(PyObject *op, PyObject *unused)
{
    return ask_bytes(op, get_finished);
}

PyObject *
connection_get_peer_finished(PyObject *op, PyObject *unused)
{
    return ask_bytes(op, get_peer_finished);
}

static PyObject *
export_material(PyObject *op, Py_ssize_t size, const Py_buffer *label, const Py_buffer *context)
{
    PyObject *result = PyBytes_FromStringAndSize(NULL, size);
    SSL *ssl;
    int success;

    if (result == NULL)
        return NULL;
    ssl = ssl_connection_enter(op);
    if (ssl == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    util_errors_clear();
    success = SSL_export_keying_material(ssl, (unsigned char *)PyBytes_AS_STRING(result),
                                         (size_t)size, label->buf, (size_t)label->len, context->buf,
                                         (size_t)context->len, context->obj != NULL)
              == 1;
    ssl_connection_leave(op);
    if (success)
        return result;
    Py_DECREF(result);
    return util_raise(ssl_state_of(op)->Error);
}

PyObject *
connection_export_keying_material(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                                  PyObject *kwnames)
{
    UTIL_PARAMS("export_keying_material", 2, 3, "label", "olen", "context");
    Py_buffer label = {0}, context = {0};
    PyObject *given[3], *result = NULL;
    Py_ssize_t size;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_buffer(given[0], "label", &label) < 0
        || util_as_size(given[1], "olen", &size) < 0
        || (given[2] != NULL && given[2] != Py_None
            && util_as_buffer(given[2], "context", &context) < 0))
        goto done;
    result = export_material(op, size, &label, &context);
done:
    PyBuffer_Release(&label);
    PyBuffer_Release(&context);
    return result;
}
