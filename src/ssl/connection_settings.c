#include "ssl/callbacks.h"
#include "ssl/connection.h"
#include "ssl/wire.h"
#include "util/args.h"
#include "util/error.h"

#include <string.h>

/* What can be set on one Connection alone. */

/* The SSL, with nothing of anybody on the error queue. */
static SSL *
enter(PyObject *op)
{
    SSL *ssl = ssl_connection_enter(op);

    if (ssl != NULL)
        util_errors_clear();
    return ssl;
}

static PyObject *
leave(PyObject *op, int success)
{
    ssl_connection_leave(op);
    if (!success)
        return util_raise(ssl_state_of(op)->Error);
    util_errors_clear();
    Py_RETURN_NONE;
}

/* ---- callbacks ---- */

/* Let *install* tell OpenSSL, unless it refuses with an exception, and put a callable in place.
   What it replaces is let go of afterwards: that may run anything. */
static PyObject *
change(PyObject *op, ssl_call which, PyObject *value, int mode, int (*install)(SSL *, int, int))
{
    ConnectionObject *self = (ConnectionObject *)op;
    const ssl_change one = {which, value};
    PyObject *calls, *old = NULL;
    SSL *ssl = enter(op);

    if (ssl == NULL)
        return NULL;
    calls = ssl_calls_changed(self->calls, &one, 1);
    if (calls != NULL && install(ssl, value != NULL, mode) < 0)
        Py_CLEAR(calls);
    if (calls != NULL) {
        old = self->calls;
        self->calls = calls;
    }
    ssl_connection_leave(op);
    Py_XDECREF(old);
    return calls == NULL ? NULL : Py_NewRef(Py_None);
}

static int
is_established(const SSL *ssl)
{
    return ((const ConnectionObject *)SSL_get_app_data(ssl))->established;
}

/* A renegotiation that is to verify the peer must not end with the session that there is: as a
   server we take none up, as a client we offer none.  The option is heeded by servers only. */
static void
keep_from_resuming(SSL *ssl)
{
    SSL_set_options(ssl, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    if (!SSL_is_server(ssl))
        SSL_CTX_remove_session(SSL_get_SSL_CTX(ssl), SSL_get0_session(ssl)); /* marks it, too */
}

/* A session that was set for a peer that nobody verified is not taken up under a mode that
   asks for more; once it is offered it is too late. */
static int
install_verify(SSL *ssl, int set, int mode)
{
    if ((mode & SSL_VERIFY_PEER) && !SSL_is_init_finished(ssl)
        && SSL_get_verify_result(ssl) != X509_V_OK) {
        if (!SSL_in_before(ssl)) {
            PyErr_SetString(PyExc_ValueError, "mode comes too late: a session is offered, or a "
                                              "peer was met, that was not verified");
            return -1;
        }
        SSL_set_session(ssl, NULL);
    }
    if ((mode & SSL_VERIFY_PEER) && is_established(ssl))
        keep_from_resuming(ssl);
    SSL_set_verify(ssl, mode, set ? callbacks_verify : NULL);
    return 0;
}

PyObject *
connection_set_verify(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_verify", 1, 2, "mode", "callback");
    PyObject *given[2];
    int mode;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "mode", &mode) < 0)
        return NULL;
    if (given[1] == Py_None)
        given[1] = NULL;
    if (given[1] != NULL && util_check_callable(given[1], "callback") < 0)
        return NULL;
    return change(op, SSL_CALL_VERIFY, given[1], mode, install_verify);
}

static int
install_info(SSL *ssl, int set, int unused)
{
    SSL_set_info_callback(ssl, callbacks_info);
    return 0;
}

PyObject *
connection_set_info_callback(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames)
{
    UTIL_PARAMS("set_info_callback", 1, 1, "callback");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_check_callable(given, "callback") < 0)
        return NULL;
    return change(op, SSL_CALL_INFO, given, 0, install_info);
}

/* ---- certificate and key ---- */

PyObject *
connection_use_certificate(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("use_certificate", 1, 1, "cert");
    ssl_state *state = ssl_state_of(op);
    PyObject *given, *result = NULL;
    X509 *cert;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (cert = state->crypto->as_x509(state->crypto, given, "cert", state->Error)) == NULL)
        return NULL;
    ssl = enter(op);
    if (ssl != NULL)
        result = leave(op, SSL_use_certificate(ssl, cert));
    X509_free(cert);
    return result;
}

PyObject *
connection_use_privatekey(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("use_privatekey", 1, 1, "pkey");
    ssl_state *state = ssl_state_of(op);
    PyObject *given, *result = NULL;
    EVP_PKEY *key;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (key = state->crypto->as_private_key(state->crypto, given, "pkey", state->Error))
               == NULL)
        return NULL;
    ssl = enter(op);
    if (ssl != NULL)
        result = leave(op, SSL_use_PrivateKey(ssl, key));
    EVP_PKEY_free(key);
    return result;
}

/* ---- extensions ---- */

PyObject *
connection_set_tlsext_host_name(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    UTIL_PARAMS("set_tlsext_host_name", 1, 1, "name");
    PyObject *given;
    Py_ssize_t size;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0 || util_check_bytes(given, "name") < 0)
        return NULL;
    size = PyBytes_GET_SIZE(given);
    if (strlen(PyBytes_AS_STRING(given)) != (size_t)size) {
        PyErr_SetString(PyExc_TypeError, "name must not contain a NUL byte");
        return NULL;
    }
    if (size == 0 || size > TLSEXT_MAXLEN_host_name) /* OpenSSL would drop the old name first */
        return util_raise_reason(ssl_state_of(op)->Error, "SSL routines",
                                 "ssl3 ext invalid servername");
    ssl = enter(op);
    if (ssl == NULL)
        return NULL;
    return leave(op, SSL_set_tlsext_host_name(ssl, PyBytes_AS_STRING(given)) == 1);
}

PyObject *
connection_set_alpn_protos(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_alpn_protos", 1, 1, "protos");
    PyObject *given, *list, *result = NULL;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (list = wire_from_protocols(given, "protos")) == NULL)
        return NULL;
    ssl = enter(op);
    if (ssl != NULL)
        result = leave(op, SSL_set_alpn_protos(ssl, (unsigned char *)PyBytes_AS_STRING(list),
                                               (unsigned)PyBytes_GET_SIZE(list))
                               == 0);
    Py_DECREF(list);
    return result;
}

PyObject *
connection_request_ocsp(PyObject *op, PyObject *unused)
{
    SSL *ssl = enter(op);

    if (ssl == NULL)
        return NULL;
    return leave(op, SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp) == 1);
}

/* ---- numbers ---- */

/* See step.c of why not where memory has run out. */
PyObject *
connection_set_options(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_options", 1, 1, "options");
    PyObject *given;
    uint64_t options;
    SSL *ssl;
    int bare;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_options(given, "options", &options) < 0 || (ssl = enter(op)) == NULL)
        return NULL;
    bare = ((ConnectionObject *)op)->bare;
    if (!bare)
        options = SSL_set_options(ssl, options);
    ssl_connection_leave(op);
    if (bare)
        return util_raise_memory();
    return PyLong_FromUnsignedLongLong(options);
}

PyObject *
connection_set_shutdown(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_shutdown", 1, 1, "state");
    PyObject *given;
    int mask;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_int(given, "state", &mask) < 0 || (ssl = enter(op)) == NULL)
        return NULL;
    SSL_set_shutdown(ssl, mask);
    return leave(op, 1);
}

PyObject *
connection_set_ciphertext_mtu(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    UTIL_PARAMS("set_ciphertext_mtu", 1, 1, "mtu");
    PyObject *given;
    int mtu, success;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0 || util_as_int(given, "mtu", &mtu) < 0
        || (ssl = enter(op)) == NULL)
        return NULL;
    success = SSL_set_mtu(ssl, mtu) > 0;
    if (success)
        return leave(op, 1);
    ssl_connection_leave(op);
    return util_raise_reason(ssl_state_of(op)->Error, "SSL routines",
                             "mtu too small, or no DTLS connection");
}
