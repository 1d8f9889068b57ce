#include "ssl/context.h"
#include "ssl/wire.h"
#include "util/args.h"
#include "util/error.h"

#include <string.h>

/* Context's settings that are numbers or lists of names. */

/* ---- numbers ---- */

static PyObject *
ask(PyObject *self, long (*get)(SSL_CTX *))
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_read(self, &hold);
    long value;

    if (ctx == NULL)
        return NULL;
    value = get(ctx);
    util_rwlock_release(&hold);
    return PyLong_FromLong(value);
}

/* Set a number, and answer with one. */
static PyObject *
exchange(PyObject *self, long value, long (*set)(SSL_CTX *, long))
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(self, &hold);

    if (ctx == NULL)
        return NULL;
    value = set(ctx, value);
    util_rwlock_release(&hold);
    return PyLong_FromLong(value);
}

static long
set_mode(SSL_CTX *ctx, long mode)
{
    return SSL_CTX_set_mode(ctx, mode);
}

/* The same for a set of bits, of which OpenSSL keeps 32.  In one mode it works on a stack of 32 kB,
   callbacks included. */
static PyObject *
exchange_bits(PyObject *self, PyObject *value, const char *name, long (*set)(SSL_CTX *, long))
{
    uint64_t bits;

    if (util_as_options(value, name, &bits) < 0)
        return NULL;
    if (bits > UINT32_MAX)
        return PyErr_Format(PyExc_OverflowError, "%s is out of range", name);
    if (set == set_mode && (bits & SSL_MODE_ASYNC))
        return PyErr_Format(PyExc_ValueError,
                            "%s must not have SSL_MODE_ASYNC, whose stack is too small for Python",
                            name);
    return exchange(self, (long)bits, set);
}

PyObject *
context_set_options(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_options", 1, 1, "options");
    PyObject *given;
    uint64_t options;
    util_hold hold;
    SSL_CTX *ctx;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_options(given, "options", &options) < 0
        || (ctx = ssl_context_write(self, &hold)) == NULL)
        return NULL;
    options = SSL_CTX_set_options(ctx, options);
    util_rwlock_release(&hold);
    return PyLong_FromUnsignedLongLong(options);
}

static long
clear_mode(SSL_CTX *ctx, long mode)
{
    return SSL_CTX_clear_mode(ctx, mode);
}

PyObject *
context_set_mode(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_mode", 1, 1, "mode");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return exchange_bits(self, given, "mode", set_mode);
}

PyObject *
context_clear_mode(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("clear_mode", 1, 1, "mode_to_clear");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return exchange_bits(self, given, "mode_to_clear", clear_mode);
}

static long
set_cache_mode(SSL_CTX *ctx, long mode)
{
    return SSL_CTX_set_session_cache_mode(ctx, mode);
}

static long
get_cache_mode(SSL_CTX *ctx)
{
    return SSL_CTX_get_session_cache_mode(ctx);
}

PyObject *
context_set_session_cache_mode(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *kwnames)
{
    UTIL_PARAMS("set_session_cache_mode", 1, 1, "mode");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return exchange_bits(self, given, "mode", set_cache_mode);
}

PyObject *
context_get_session_cache_mode(PyObject *self, PyObject *unused)
{
    return ask(self, get_cache_mode);
}

static long
set_timeout(SSL_CTX *ctx, long seconds)
{
    return SSL_CTX_set_timeout(ctx, seconds);
}

static long
get_timeout(SSL_CTX *ctx)
{
    return SSL_CTX_get_timeout(ctx);
}

PyObject *
context_set_timeout(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_timeout", 1, 1, "timeout");
    PyObject *given;
    long seconds;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_long(given, "timeout", &seconds) < 0)
        return NULL;
    if (seconds < 0) { /* some versions would take it for very long */
        PyErr_SetString(PyExc_ValueError, "timeout must not be negative");
        return NULL;
    }
    return exchange(self, seconds, set_timeout);
}

PyObject *
context_get_timeout(PyObject *self, PyObject *unused)
{
    return ask(self, get_timeout);
}

static long
get_verify_mode(SSL_CTX *ctx)
{
    return SSL_CTX_get_verify_mode(ctx);
}

PyObject *
context_get_verify_mode(PyObject *self, PyObject *unused)
{
    return ask(self, get_verify_mode);
}

static long
get_verify_depth(SSL_CTX *ctx)
{
    return SSL_CTX_get_verify_depth(ctx);
}

PyObject *
context_set_verify_depth(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_verify_depth", 1, 1, "depth");
    PyObject *given;
    util_hold hold;
    SSL_CTX *ctx;
    int depth;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_int(given, "depth", &depth) < 0
        || (ctx = ssl_context_write(self, &hold)) == NULL)
        return NULL;
    SSL_CTX_set_verify_depth(ctx, depth);
    return ssl_context_done(self, &hold, 1);
}

PyObject *
context_get_verify_depth(PyObject *self, PyObject *unused)
{
    return ask(self, get_verify_depth);
}

/* ---- versions ---- */

static int
set_min_version(SSL_CTX *ctx, int version)
{
    return SSL_CTX_set_min_proto_version(ctx, version);
}

static int
set_max_version(SSL_CTX *ctx, int version)
{
    return SSL_CTX_set_max_proto_version(ctx, version);
}

static PyObject *
set_version(PyObject *self, PyObject *value, int (*set)(SSL_CTX *, int))
{
    util_hold hold;
    SSL_CTX *ctx;
    int version;

    if (util_as_int(value, "version", &version) < 0
        || (ctx = ssl_context_write(self, &hold)) == NULL)
        return NULL;
    return ssl_context_done(self, &hold, set(ctx, version));
}

PyObject *
context_set_min_proto_version(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    UTIL_PARAMS("set_min_proto_version", 1, 1, "version");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return set_version(self, given, set_min_version);
}

PyObject *
context_set_max_proto_version(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    UTIL_PARAMS("set_max_proto_version", 1, 1, "version");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return set_version(self, given, set_max_version);
}

/* ---- lists of names ---- */

/* The ciphers of *list*, as set_cipher_list takes them; those of TLS 1.3 it passes over. */
static char *
join_ciphers(const STACK_OF(SSL_CIPHER) * list)
{
    size_t size = 1;
    char *text, *at;

    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
        size += strlen(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i))) + 1;
    text = at = OPENSSL_zalloc(size);
    for (int i = 0; text != NULL && i < sk_SSL_CIPHER_num(list); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(list, i);
        size_t length = strlen(SSL_CIPHER_get_name(cipher));

        if (at != text)
            *at++ = ':';
        memcpy(at, SSL_CIPHER_get_name(cipher), length);
        at += length;
    }
    return text;
}

/* OpenSSL replaces the list before it finds that nothing is in it, and takes @SECLEVEL from
   a list that it refuses: so put back what was there. */
static int
set_ciphers(SSL_CTX *ctx, const char *list)
{
    char *before = join_ciphers(SSL_CTX_get_ciphers(ctx));
    int level = SSL_CTX_get_security_level(ctx), result = 0;

    if (before == NULL)
        return 0;
    result = SSL_CTX_set_cipher_list(ctx, list);
    if (!result) {
        util_errors_mark();
        SSL_CTX_set_cipher_list(ctx, before);
        SSL_CTX_set_security_level(ctx, level);
        util_errors_forget();
    }
    OPENSSL_free(before);
    return result;
}

PyObject *
context_set_cipher_list(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_cipher_list", 1, 1, "cipher_list");
    PyObject *given, *list, *result = NULL;
    util_hold hold;
    SSL_CTX *ctx;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (list = util_as_warned_bytes(given, "cipher_list")) == NULL)
        return NULL;
    ctx = ssl_context_write(self, &hold);
    if (ctx != NULL)
        result = ssl_context_done(self, &hold, set_ciphers(ctx, PyBytes_AS_STRING(list)));
    Py_DECREF(list);
    return result;
}

static PyObject *
set_from_bytes(PyObject *self, PyObject *value, const char *name,
               int (*set)(SSL_CTX *, const char *), int success)
{
    PyObject *list = util_as_plain_bytes(value, name), *result = NULL;
    util_hold hold;
    SSL_CTX *ctx;

    if (list == NULL)
        return NULL;
    ctx = ssl_context_write(self, &hold);
    if (ctx != NULL)
        result = ssl_context_done(self, &hold, set(ctx, PyBytes_AS_STRING(list)) == success);
    Py_DECREF(list);
    return result;
}

PyObject *
context_set_tls13_ciphersuites(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *kwnames)
{
    UTIL_PARAMS("set_tls13_ciphersuites", 1, 1, "ciphersuites");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return set_from_bytes(self, given, "ciphersuites", SSL_CTX_set_ciphersuites, 1);
}

PyObject *
context_set_tlsext_use_srtp(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    UTIL_PARAMS("set_tlsext_use_srtp", 1, 1, "profiles");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    return set_from_bytes(self, given, "profiles", SSL_CTX_set_tlsext_use_srtp, 0);
}

PyObject *
context_set_alpn_protos(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_alpn_protos", 1, 1, "protos");
    PyObject *given, *list, *result = NULL;
    util_hold hold;
    SSL_CTX *ctx;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (list = wire_from_protocols(given, "protos")) == NULL)
        return NULL;
    ctx = ssl_context_write(self, &hold);
    if (ctx != NULL)
        result =
            ssl_context_done(self, &hold,
                             SSL_CTX_set_alpn_protos(ctx, (unsigned char *)PyBytes_AS_STRING(list),
                                                     (unsigned)PyBytes_GET_SIZE(list))
                                 == 0);
    Py_DECREF(list);
    return result;
}

/* ---- the session id context ---- */

PyObject *
context_set_session_id(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_session_id", 1, 1, "buf");
    PyObject *given, *result = NULL;
    Py_buffer view;
    util_hold hold;
    SSL_CTX *ctx;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_warned_buffer(given, "buf", &view) < 0)
        return NULL;
    ctx = ssl_context_write(self, &hold);
    if (ctx != NULL)
        result = ssl_context_done(
            self, &hold, SSL_CTX_set_session_id_context(ctx, view.buf, (unsigned)view.len));
    PyBuffer_Release(&view);
    return result;
}
