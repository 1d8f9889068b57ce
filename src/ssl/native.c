#include "ssl/context.h"
#include "util/args.h"
#include "util/error.h"

#include <string.h>

/* Private functions behind OpenSSL._util.lib, for other packages that call OpenSSL through it.
   As there, success is what they give back; OpenSSL's reason is dropped, unless it is that memory
   has run out: MemoryError then, since few look at what a setter gives back. */

static PyObject *
answer(int done)
{
    if (!done && util_errors_swallow() < 0)
        return NULL;
    util_errors_clear();
    return PyBool_FromLong(done);
}

/* ---- how a peer's certificate is looked at ---- */

typedef enum { HOST_FLAGS, HOST, ADDRESS } parameter;

/* Either a number or bytes, as the parameter has it. */
typedef struct {
    parameter which;
    unsigned int number;
    Py_buffer bytes;
} setting;

static int
set_parameter(X509_VERIFY_PARAM *param, const setting *what)
{
    /* To OpenSSL a length of 0 means that it has to look for the end. */
    void *start = what->bytes.len == 0 ? NULL : what->bytes.buf;
    size_t size = (size_t)what->bytes.len;

    switch (what->which) {
    case HOST_FLAGS:
        X509_VERIFY_PARAM_set_hostflags(param, what->number);
        return 1;
    case HOST:
        return X509_VERIFY_PARAM_set1_host(param, start, size);
    default:
        return X509_VERIFY_PARAM_set1_ip(param, start, size);
    }
}

/* Whether OpenSSL takes what it is given, if it has the memory: it does not say why it fails. */
static int
is_acceptable(const setting *what)
{
    size_t size = (size_t)what->bytes.len;

    if (what->which == ADDRESS)
        return size == 0 || size == 4 || size == 16;
    return what->which != HOST || size == 0
           || memchr(what->bytes.buf, '\0', size > 1 ? size - 1 : size) == NULL;
}

/* On a Connection or a Context. */
static PyObject *
apply(PyObject *module, PyObject *owner, const setting *what)
{
    ssl_state *state = PyModule_GetState(module);
    util_hold hold;
    SSL_CTX *ctx;
    int done;
    SSL *ssl;

    if (PyObject_TypeCheck(owner, state->Context_Type)) {
        if ((ctx = ssl_context_write(owner, &hold)) == NULL)
            return NULL;
        done = set_parameter(SSL_CTX_get0_param(ctx), what);
        util_rwlock_release(&hold);
    } else {
        if (util_check_instance(owner, state->Connection_Type, "owner") < 0
            || (ssl = ssl_connection_enter(owner)) == NULL)
            return NULL;
        done = set_parameter(SSL_get0_param(ssl), what);
        ssl_connection_leave(owner);
    }
    return !done && is_acceptable(what) ? util_raise_memory() : answer(done);
}

static PyObject *
native_set_host_flags(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_set_host_flags", 2, 2, "owner", "flags");
    setting what = {.which = HOST_FLAGS};
    PyObject *given[2];
    int flags;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[1], "flags", &flags) < 0)
        return NULL;
    what.number = (unsigned int)flags;
    return apply(module, given[0], &what);
}

static PyObject *
apply_bytes(PyObject *module, PyObject *const *given, parameter which)
{
    setting what = {.which = which};
    PyObject *result;

    if (util_as_buffer(given[1], "value", &what.bytes) < 0)
        return NULL;
    result = apply(module, given[0], &what);
    PyBuffer_Release(&what.bytes);
    return result;
}

static PyObject *
native_set_host(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_set_host", 2, 2, "owner", "value");
    PyObject *given[2];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    return apply_bytes(module, given, HOST);
}

static PyObject *
native_set_address(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_set_address", 2, 2, "owner", "value");
    PyObject *given[2];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    return apply_bytes(module, given, ADDRESS);
}

static PyObject *
native_verify_result(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_verify_result", 1, 1, "connection");
    ssl_state *state = PyModule_GetState(module);
    PyObject *given[1];
    long result;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[0], state->Connection_Type, "connection") < 0
        || (ssl = ssl_connection_enter(given[0])) == NULL)
        return NULL;
    result = SSL_get_verify_result(ssl);
    ssl_connection_leave(given[0]);
    return PyLong_FromLong(result);
}

/* The public key that the peer has made for this handshake, as DER; None: there is none that can be
   written so. */
static PyObject *
native_peer_tmp_key(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_peer_tmp_key", 1, 1, "connection");
    ssl_state *state = PyModule_GetState(module);
    PyObject *given[1], *result;
    unsigned char *der = NULL;
    EVP_PKEY *key = NULL;
    int size = 0;
    SSL *ssl;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[0], state->Connection_Type, "connection") < 0
        || (ssl = ssl_connection_enter(given[0])) == NULL)
        return NULL;
    util_errors_clear();
    if (SSL_get_peer_tmp_key(ssl, &key))
        size = i2d_PUBKEY(key, &der);
    ssl_connection_leave(given[0]);
    if (util_errors_swallow() < 0)
        result = NULL;
    else if (size > 0)
        result = PyBytes_FromStringAndSize((char *)der, size);
    else
        result = Py_NewRef(Py_None);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    return result;
}

/* ---- contexts ---- */

/* The SSL_CTX of any object to write to, or NULL with an exception. */
static SSL_CTX *
write_to(PyObject *module, PyObject *context, util_hold *hold)
{
    ssl_state *state = PyModule_GetState(module);

    if (util_check_instance(context, state->Context_Type, "context") < 0)
        return NULL;
    return ssl_context_write(context, hold);
}

static PyObject *
native_set_post_handshake_auth(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *kwnames)
{
    UTIL_PARAMS("_set_post_handshake_auth", 2, 2, "context", "enabled");
    PyObject *given[2];
    util_hold hold;
    SSL_CTX *ctx;
    int enabled;

    if (util_bind(&params, args, nargs, kwnames, given) < 0 || util_as_truth(given[1], &enabled) < 0
        || (ctx = write_to(module, given[0], &hold)) == NULL)
        return NULL;
    SSL_CTX_set_post_handshake_auth(ctx, enabled);
    util_rwlock_release(&hold);
    Py_RETURN_NONE;
}

/* Lists of names, separated by colons. */
static PyObject *
set_list(PyObject *module, PyObject *const *given, int signatures)
{
    PyObject *names = util_as_identifier(given[1], "names");
    util_hold hold;
    SSL_CTX *ctx;
    int done;

    if (names == NULL)
        return NULL;
    ctx = write_to(module, given[0], &hold);
    if (ctx == NULL) {
        Py_DECREF(names);
        return NULL;
    }
    done = (int)(signatures ? SSL_CTX_set1_sigalgs_list(ctx, PyBytes_AS_STRING(names))
                            : SSL_CTX_set1_groups_list(ctx, PyBytes_AS_STRING(names)));
    util_rwlock_release(&hold);
    Py_DECREF(names);
    return answer(done);
}

static PyObject *
native_set_groups(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_set_groups", 2, 2, "context", "names");
    PyObject *given[2];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    return set_list(module, given, 0);
}

static PyObject *
native_set_signature_algorithms(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    UTIL_PARAMS("_set_signature_algorithms", 2, 2, "context", "names");
    PyObject *given[2];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    return set_list(module, given, 1);
}

PyMethodDef ssl_native_methods[] = {
    UTIL_ROW_OF(_set_host_flags, native_set_host_flags, NULL),
    UTIL_ROW_OF(_set_host, native_set_host, NULL),
    UTIL_ROW_OF(_set_address, native_set_address, NULL),
    UTIL_ROW_OF(_verify_result, native_verify_result, NULL),
    UTIL_ROW_OF(_peer_tmp_key, native_peer_tmp_key, NULL),
    UTIL_ROW_OF(_set_post_handshake_auth, native_set_post_handshake_auth, NULL),
    UTIL_ROW_OF(_set_groups, native_set_groups, NULL),
    UTIL_ROW_OF(_set_signature_algorithms, native_set_signature_algorithms, NULL),
    {NULL},
};
