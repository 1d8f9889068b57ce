#include "ssl/callbacks.h"
#include "ssl/context.h"
#include "util/args.h"

/* The setters of Context's callbacks.  OpenSSL gets a trampoline only for what is set, but for
   servername's, which every Context has (context.c); a Connection takes the callables along that
   the Context has when it is made. */

/* ---- the callables ---- */

PyObject *
ssl_calls_changed(PyObject *calls, const ssl_change *changes, int count)
{
    PyObject *result = PyTuple_New(SSL_CALLS);

    if (result == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < SSL_CALLS; i++) {
        PyObject *value = calls == NULL ? NULL : PyTuple_GET_ITEM(calls, i);

        for (int k = 0; k < count; k++)
            if ((Py_ssize_t)changes[k].which == i)
                value = changes[k].value;
        PyTuple_SET_ITEM(result, i, Py_NewRef(value == NULL ? Py_None : value));
    }
    return result;
}

/* SSL_new copies how to verify; an SSL may have been told whom to inform; whom to ask about the
   server's name is looked up in the second SSL_CTX first, and all others in the second alone. */
PyObject *
ssl_calls_merged(const SSL *ssl, PyObject *mine, PyObject *theirs)
{
    ssl_change kept[3] = {0};
    int count = 0;

    if (mine == NULL)
        return ssl_calls_changed(theirs, NULL, 0);
    kept[count++] = (ssl_change){SSL_CALL_VERIFY, PyTuple_GET_ITEM(mine, SSL_CALL_VERIFY)};
    if (SSL_get_info_callback(ssl) != NULL)
        kept[count++] = (ssl_change){SSL_CALL_INFO, PyTuple_GET_ITEM(mine, SSL_CALL_INFO)};
    if (theirs == NULL || PyTuple_GET_ITEM(theirs, SSL_CALL_SERVERNAME) == Py_None)
        kept[count++] =
            (ssl_change){SSL_CALL_SERVERNAME, PyTuple_GET_ITEM(mine, SSL_CALL_SERVERNAME)};
    return ssl_calls_changed(theirs, kept, count);
}

/* Put the callables in place and let *install* tell OpenSSL.  What they replace is let go of
   without the lock: that may run anything. */
static PyObject *
change(PyObject *op, const ssl_change *changes, int count, int mode,
       void (*install)(SSL_CTX *, int, int))
{
    ContextObject *self = (ContextObject *)op;
    PyObject *calls, *old = NULL;
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(op, &hold);

    if (ctx == NULL)
        return NULL;
    calls = ssl_calls_changed(self->calls, changes, count);
    if (calls != NULL) {
        old = self->calls;
        self->calls = calls;
        install(ctx, changes[0].value != NULL, mode);
    }
    util_rwlock_release(&hold);
    Py_XDECREF(old);
    return calls == NULL ? NULL : Py_NewRef(Py_None);
}

/* A setter with one parameter, which must be callable. */
static PyObject *
change_one(PyObject *op, const util_params *params, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames, ssl_call which, void (*install)(SSL_CTX *, int, int))
{
    PyObject *given;
    ssl_change one = {which, NULL};

    if (util_bind(params, args, nargs, kwnames, &given) < 0
        || util_check_callable(given, "callback") < 0)
        return NULL;
    one.value = given;
    return change(op, &one, 1, 0, install);
}

/* ---- verify ---- */

static void
install_verify(SSL_CTX *ctx, int set, int mode)
{
    SSL_CTX_set_verify(ctx, mode, set ? callbacks_verify : NULL);
}

PyObject *
context_set_verify(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_verify", 1, 2, "mode", "callback");
    PyObject *given[2];
    ssl_change one = {SSL_CALL_VERIFY, NULL};
    int mode;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "mode", &mode) < 0)
        return NULL;
    if (given[1] != NULL && given[1] != Py_None) {
        if (util_check_callable(given[1], "callback") < 0)
            return NULL;
        one.value = given[1];
    }
    return change(self, &one, 1, mode, install_verify);
}

/* ---- what is only told ---- */

static void
install_info(SSL_CTX *ctx, int set, int unused)
{
    SSL_CTX_set_info_callback(ctx, callbacks_info);
}

PyObject *
context_set_info_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    UTIL_PARAMS("set_info_callback", 1, 1, "callback");

    return change_one(self, &params, args, nargs, kwnames, SSL_CALL_INFO, install_info);
}

static void
install_keylog(SSL_CTX *ctx, int set, int unused)
{
    SSL_CTX_set_keylog_callback(ctx, callbacks_keylog);
}

PyObject *
context_set_keylog_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    UTIL_PARAMS("set_keylog_callback", 1, 1, "callback");

    return change_one(self, &params, args, nargs, kwnames, SSL_CALL_KEYLOG, install_keylog);
}

/* ---- servername, ALPN ---- */

static void
install_nothing(SSL_CTX *ctx, int set, int unused)
{
}

PyObject *
context_set_tlsext_servername_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                       PyObject *kwnames)
{
    UTIL_PARAMS("set_tlsext_servername_callback", 1, 1, "callback");

    return change_one(self, &params, args, nargs, kwnames, SSL_CALL_SERVERNAME, install_nothing);
}

static void
install_alpn_select(SSL_CTX *ctx, int set, int unused)
{
    SSL_CTX_set_alpn_select_cb(ctx, callbacks_alpn_select, NULL);
}

PyObject *
context_set_alpn_select_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    UTIL_PARAMS("set_alpn_select_callback", 1, 1, "callback");

    return change_one(self, &params, args, nargs, kwnames, SSL_CALL_ALPN_SELECT,
                      install_alpn_select);
}

/* ---- OCSP: one place for the server's and the client's ---- */

static void
install_ocsp(SSL_CTX *ctx, int set, int unused)
{
    SSL_CTX_set_tlsext_status_cb(ctx, callbacks_ocsp);
}

static PyObject *
set_ocsp(PyObject *self, const util_params *params, PyObject *const *args, Py_ssize_t nargs,
         PyObject *kwnames, ssl_call which, ssl_call other)
{
    ssl_change changes[3] = {{which, NULL}, {other, NULL}, {SSL_CALL_OCSP_DATA, NULL}};
    PyObject *given[2];

    if (util_bind(params, args, nargs, kwnames, given) < 0
        || util_check_callable(given[0], "callback") < 0)
        return NULL;
    changes[0].value = given[0];
    changes[2].value = given[1];
    return change(self, changes, 3, 0, install_ocsp);
}

PyObject *
context_set_ocsp_server_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    UTIL_PARAMS("set_ocsp_server_callback", 1, 2, "callback", "data");

    return set_ocsp(self, &params, args, nargs, kwnames, SSL_CALL_OCSP_SERVER,
                    SSL_CALL_OCSP_CLIENT);
}

PyObject *
context_set_ocsp_client_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    UTIL_PARAMS("set_ocsp_client_callback", 1, 2, "callback", "data");

    return set_ocsp(self, &params, args, nargs, kwnames, SSL_CALL_OCSP_CLIENT,
                    SSL_CALL_OCSP_SERVER);
}

/* ---- cookies ---- */

static void
install_cookie_generate(SSL_CTX *ctx, int set, int unused)
{
    SSL_CTX_set_cookie_generate_cb(ctx, callbacks_cookie_generate);
}

PyObject *
context_set_cookie_generate_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                     PyObject *kwnames)
{
    UTIL_PARAMS("set_cookie_generate_callback", 1, 1, "callback");

    return change_one(self, &params, args, nargs, kwnames, SSL_CALL_COOKIE_GENERATE,
                      install_cookie_generate);
}

static void
install_cookie_verify(SSL_CTX *ctx, int set, int unused)
{
    SSL_CTX_set_cookie_verify_cb(ctx, callbacks_cookie_verify);
}

PyObject *
context_set_cookie_verify_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *kwnames)
{
    UTIL_PARAMS("set_cookie_verify_callback", 1, 1, "callback");

    return change_one(self, &params, args, nargs, kwnames, SSL_CALL_COOKIE_VERIFY,
                      install_cookie_verify);
}

/* ---- NPN, which OpenSSL has no longer ---- */

static PyObject *
refuse_npn(const util_params *params, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *given;

    if (util_bind(params, args, nargs, kwnames, &given) == 0)
        PyErr_SetString(PyExc_NotImplementedError, "NPN is not available: use ALPN");
    return NULL;
}

PyObject *
context_set_npn_advertise_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *kwnames)
{
    UTIL_PARAMS("set_npn_advertise_callback", 1, 1, "callback");

    return refuse_npn(&params, args, nargs, kwnames);
}

PyObject *
context_set_npn_select_callback(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    UTIL_PARAMS("set_npn_select_callback", 1, 1, "callback");

    return refuse_npn(&params, args, nargs, kwnames);
}
