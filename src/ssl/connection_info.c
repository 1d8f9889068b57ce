#include "ssl/connection.h"
#include "util/error.h"

#include <sys/time.h>

/* Connection's read-only questions about its state and what was negotiated.  Those about
   certificates are in connection_peer.c, those about secrets in connection_secrets.c.  The SSL is
   left before Python makes the answer. */

/* ---- numbers ---- */

static PyObject *
ask(PyObject *op, long (*get)(const ConnectionObject *))
{
    long value;

    if (ssl_connection_enter(op) == NULL)
        return NULL;
    value = get((ConnectionObject *)op);
    ssl_connection_leave(op);
    return PyLong_FromLong(value);
}

/* Before the first handshake is over there is nothing; and SSL_pending, from OpenSSL 3.2 on,
   crashes if memory ran out at its beginning. */
static long
get_pending(const ConnectionObject *self)
{
    int pending = self->established ? SSL_pending(self->ptr) : 0;

    return pending + (long)self->later.size;
}

PyObject *
connection_pending(PyObject *op, PyObject *unused)
{
    return ask(op, get_pending);
}

static long
get_want_read(const ConnectionObject *self)
{
    return SSL_want_read(self->ptr);
}

PyObject *
connection_want_read(PyObject *op, PyObject *unused)
{
    return ask(op, get_want_read);
}

/* The SSL never waits to write: what the kernel does not take yet is kept below it. */
static long
get_want_write(const ConnectionObject *self)
{
    return SSL_want_write(self->ptr) || !transport_is_flushed(&self->transport);
}

PyObject *
connection_want_write(PyObject *op, PyObject *unused)
{
    return ask(op, get_want_write);
}

static long
get_shutdown(const ConnectionObject *self)
{
    return SSL_get_shutdown(self->ptr);
}

PyObject *
connection_get_shutdown(PyObject *op, PyObject *unused)
{
    return ask(op, get_shutdown);
}

static long
get_verify_mode(const ConnectionObject *self)
{
    return SSL_get_verify_mode(self->ptr);
}

PyObject *
connection_get_verify_mode(PyObject *op, PyObject *unused)
{
    return ask(op, get_verify_mode);
}

static long
get_version(const ConnectionObject *self)
{
    return SSL_version(self->ptr);
}

PyObject *
connection_get_protocol_version(PyObject *op, PyObject *unused)
{
    return ask(op, get_version);
}

static long
get_renegotiations(const ConnectionObject *self)
{
    return SSL_total_renegotiations(self->ptr);
}

PyObject *
connection_total_renegotiations(PyObject *op, PyObject *unused)
{
    return ask(op, get_renegotiations);
}

PyObject *
connection_renegotiate_pending(PyObject *op, PyObject *unused)
{
    SSL *ssl = ssl_connection_enter(op);
    int pending;

    if (ssl == NULL)
        return NULL;
    pending = SSL_renegotiate_pending(ssl);
    ssl_connection_leave(op);
    return PyBool_FromLong(pending);
}

/* Without a cipher, and on TLS, where 3.0 would crash, there is no room at all. */
static long
get_cleartext_mtu(const ConnectionObject *self)
{
    return SSL_is_dtls(self->ptr) ? (long)DTLS_get_data_mtu(self->ptr) : 0;
}

PyObject *
connection_get_cleartext_mtu(PyObject *op, PyObject *unused)
{
    return ask(op, get_cleartext_mtu);
}

PyObject *
connection_DTLSv1_get_timeout(PyObject *op, PyObject *unused)
{
    struct timeval left = {0, 0};
    SSL *ssl = ssl_connection_enter(op);
    int running;

    if (ssl == NULL)
        return NULL;
    running = DTLSv1_get_timeout(ssl, &left);
    ssl_connection_leave(op);
    if (!running)
        Py_RETURN_NONE;
    return PyFloat_FromDouble((double)left.tv_sec + (double)left.tv_usec * 1e-6);
}

/* ---- texts, which live as long as the library ---- */

static const char *
state_text(PyObject *op)
{
    SSL *ssl = ssl_connection_enter(op);
    const char *text;

    if (ssl == NULL)
        return NULL;
    text = SSL_state_string_long(ssl);
    ssl_connection_leave(op);
    return text;
}

PyObject *
connection_get_state_string(PyObject *op, PyObject *unused)
{
    const char *text = state_text(op);

    return text == NULL ? NULL : PyBytes_FromString(text);
}

PyObject *
connection_state_string(PyObject *op, PyObject *unused)
{
    const char *text = state_text(op);

    return text == NULL ? NULL : PyUnicode_FromString(text);
}

PyObject *
connection_get_protocol_version_name(PyObject *op, PyObject *unused)
{
    SSL *ssl = ssl_connection_enter(op);
    const char *text;

    if (ssl == NULL)
        return NULL;
    text = SSL_get_version(ssl);
    ssl_connection_leave(op);
    return PyUnicode_FromString(text);
}

/* ---- ciphers ---- */

/* The cipher in use, which lives as long as the library; -1 with an exception. */
static int
current_cipher(PyObject *op, const SSL_CIPHER **cipher)
{
    SSL *ssl = ssl_connection_enter(op);

    if (ssl == NULL)
        return -1;
    *cipher = SSL_get_current_cipher(ssl);
    ssl_connection_leave(op);
    return 0;
}

PyObject *
connection_get_cipher_name(PyObject *op, PyObject *unused)
{
    const SSL_CIPHER *cipher;

    if (current_cipher(op, &cipher) < 0)
        return NULL;
    return cipher == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(SSL_CIPHER_get_name(cipher));
}

PyObject *
connection_get_cipher_bits(PyObject *op, PyObject *unused)
{
    const SSL_CIPHER *cipher;

    if (current_cipher(op, &cipher) < 0)
        return NULL;
    return cipher == NULL ? Py_NewRef(Py_None) : PyLong_FromLong(SSL_CIPHER_get_bits(cipher, NULL));
}

PyObject *
connection_get_cipher_version(PyObject *op, PyObject *unused)
{
    const SSL_CIPHER *cipher;

    if (current_cipher(op, &cipher) < 0)
        return NULL;
    return cipher == NULL ? Py_NewRef(Py_None)
                          : PyUnicode_FromString(SSL_CIPHER_get_version(cipher));
}

/* The list may be the Context's own, so it is copied while nobody sets another one. */
static int
copy_ciphers(PyObject *op, STACK_OF(SSL_CIPHER) * *list)
{
    ConnectionObject *self = (ConnectionObject *)op;
    util_hold hold;
    int result = -1;

    if (ssl_connection_enter(op) == NULL)
        return -1;
    if (util_read_lock(&((ContextObject *)self->context)->lock, &hold) == 0) {
        const STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(self->ptr);

        *list = ciphers == NULL ? sk_SSL_CIPHER_new_null() : sk_SSL_CIPHER_dup(ciphers);
        util_rwlock_release(&hold);
        result = 0;
    }
    ssl_connection_leave(op);
    if (result == 0 && *list == NULL) {
        util_raise_memory();
        result = -1;
    }
    return result;
}

PyObject *
connection_get_cipher_list(PyObject *op, PyObject *unused)
{
    STACK_OF(SSL_CIPHER) *list = NULL;
    PyObject *result, *name;

    if (copy_ciphers(op, &list) < 0)
        return NULL;
    result = PyList_New(sk_SSL_CIPHER_num(list));
    for (int i = 0; result != NULL && i < sk_SSL_CIPHER_num(list); i++) {
        name = PyUnicode_FromString(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
        if (name == NULL)
            Py_CLEAR(result);
        else
            PyList_SET_ITEM(result, i, name);
    }
    sk_SSL_CIPHER_free(list);
    return result;
}

/* Where the group's name is asked for without a session, OpenSSL crashes. */
static const char *
group_name(SSL *ssl)
{
    if (SSL_get_session(ssl) == NULL)
        return NULL;
#if HAVE_SSL_GROUP_NAME
    return SSL_get0_group_name(ssl);
#else
    return SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl));
#endif
}

PyObject *
connection_get_group_name(PyObject *op, PyObject *unused)
{
    SSL *ssl = ssl_connection_enter(op);
    PyObject *result;
    const char *name;

    if (ssl == NULL)
        return NULL;
    name = group_name(ssl); /* lives in the SSL_CTX */
    result = name == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(name);
    ssl_connection_leave(op);
    return result;
}

/* ---- what the extensions have settled ---- */

PyObject *
connection_get_servername(PyObject *op, PyObject *unused)
{
    SSL *ssl = ssl_connection_enter(op);
    PyObject *result;
    const char *name;

    if (ssl == NULL)
        return NULL;
    name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    result = name == NULL ? Py_NewRef(Py_None) : PyBytes_FromString(name);
    ssl_connection_leave(op);
    return result;
}

PyObject *
connection_get_alpn_proto_negotiated(PyObject *op, PyObject *unused)
{
    SSL *ssl = ssl_connection_enter(op);
    const unsigned char *name = NULL;
    unsigned size = 0;
    PyObject *result;

    if (ssl == NULL)
        return NULL;
    SSL_get0_alpn_selected(ssl, &name, &size);
    result = PyBytes_FromStringAndSize((const char *)name, (Py_ssize_t)size);
    ssl_connection_leave(op);
    return result;
}

PyObject *
connection_get_next_proto_negotiated(PyObject *op, PyObject *unused)
{
    if (ssl_connection_enter(op) == NULL)
        return NULL;
    ssl_connection_leave(op);
    return PyBytes_FromString(""); /* OpenSSL has NPN no longer */
}

PyObject *
connection_get_selected_srtp_profile(PyObject *op, PyObject *unused)
{
    SSL *ssl = ssl_connection_enter(op);
    SRTP_PROTECTION_PROFILE *profile;

    if (ssl == NULL)
        return NULL;
    profile = SSL_get_selected_srtp_profile(ssl); /* an entry of the library's table */
    ssl_connection_leave(op);
    return PyBytes_FromString(profile == NULL ? "" : profile->name);
}
