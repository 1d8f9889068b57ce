#include "ssl/callbacks.h"

#include "ssl/wire.h"
#include "util/error.h"

#include <string.h>

/* Every way from OpenSSL into Python, all of one shape: the answer that refuses is decided
   first and stands unless Python has said otherwise.  An exception stays set in the thread;
   it stops the step that called us, whatever OpenSSL makes of the answer. */

/* ---- one question ---- */

typedef struct {
    ConnectionObject *conn; /* own references, for as long as Python runs */
    PyObject *callable;
    util_callback cb;
} question;

typedef enum {
    ASK_NOT,   /* an earlier callback has failed: refuse */
    ASK_UNSET, /* nobody wants to be asked */
    ASK
} ask_result;

/* ASK: Python may be run until end(). */
static UTIL_INSIDE ask_result
begin(question *q, const SSL *ssl, ssl_call which)
{
    PyObject *callable;

    q->conn = SSL_get_app_data(ssl);
    if (q->conn == NULL || q->conn->calls == NULL || !util_callback_enter(&q->cb))
        return ASK_NOT;
    callable = PyTuple_GET_ITEM(q->conn->calls, which);
    if (callable == Py_None) {
        util_callback_leave(&q->cb);
        return ASK_UNSET;
    }
    q->callable = Py_NewRef(callable);
    Py_INCREF(q->conn);
    return ASK;
}

/* UNHEARD: OpenSSL does not listen to an answer.  If there was an exception, nothing more goes out
   or comes in. */
enum { UNHEARD, HEARD };

static UTIL_INSIDE void
end(question *q, int heard)
{
    if (PyErr_Occurred()) {
        q->conn->raised = 1;
        if (!heard)
            q->conn->transport.dead = 1;
    }
    Py_DECREF(q->callable);
    Py_DECREF(q->conn);
    util_callback_leave(&q->cb);
}

/* Whether the answer is true: 1, 0, or -1 with an exception.  Takes the reference. */
static int
is_yes(PyObject *answer)
{
    int result = answer == NULL ? -1 : PyObject_IsTrue(answer);

    Py_XDECREF(answer);
    return result;
}

/* The answer if it is bytes, else NULL with an exception.  Takes the reference. */
static PyObject *
only_bytes(PyObject *answer, const char *who)
{
    if (answer == NULL || PyBytes_Check(answer))
        return answer;
    PyErr_Format(PyExc_TypeError, "%s callback must return bytes, not %.100s", who,
                 Py_TYPE(answer)->tp_name);
    Py_DECREF(answer);
    return NULL;
}

static PyObject *
new_bytes(const unsigned char *data, long size)
{
    return PyBytes_FromStringAndSize((const char *)data, size > 0 ? size : 0);
}

/* ---- verify ---- */

static PyObject *
current_cert(question *q, X509_STORE_CTX *store)
{
    const crypto_api *crypto = ssl_state_of((PyObject *)q->conn)->crypto;
    X509 *cert = X509_STORE_CTX_get_current_cert(store);

    if (cert == NULL)
        return Py_NewRef(Py_None);
    X509_up_ref(cert);
    return crypto->x509_wrap(crypto->X509_Type, cert);
}

/* This and the next are called often: without a format, which would be read each time. */
static int
ask_verify(question *q, X509_STORE_CTX *store, int ok)
{
    PyObject *args[5] = {
        (PyObject *)q->conn,
        current_cert(q, store),
        PyLong_FromLong(X509_STORE_CTX_get_error(store)),
        PyLong_FromLong(X509_STORE_CTX_get_error_depth(store)),
        PyLong_FromLong(ok),
    };
    PyObject *answer = NULL;

    if (args[1] != NULL && args[2] != NULL && args[3] != NULL && args[4] != NULL)
        answer = PyObject_Vectorcall(q->callable, args, 5, NULL);
    for (int i = 1; i < 5; i++)
        Py_XDECREF(args[i]);
    return is_yes(answer);
}

int
callbacks_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    int verdict = 0;
    question q;

    switch (begin(&q, ssl, SSL_CALL_VERIFY)) {
    case ASK:
        verdict = ask_verify(&q, store, ok) == 1;
        end(&q, HEARD);
        break;
    case ASK_UNSET:
        return ok;
    case ASK_NOT:
        break;
    }
    if (verdict)
        X509_STORE_CTX_set_error(store, X509_V_OK);
    else if (X509_STORE_CTX_get_error(store) == X509_V_OK)
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return verdict;
}

/* OpenSSL does not look whether it could copy what is demanded of the certificate, the host's name
   above all: where memory runs out it would verify without.  Copied again, it is there. */
int
callbacks_verify_chain(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    if (!X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(store), SSL_get0_param(ssl))) {
        util_errors_push(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
        X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
        return 0;
    }
    return X509_verify_cert(store) > 0;
}

/* ---- what is only told ---- */

static PyObject *
tell_info(question *q, int where, int value)
{
    PyObject *args[3] = {(PyObject *)q->conn, PyLong_FromLong(where), PyLong_FromLong(value)};
    PyObject *answer = NULL;

    if (args[1] != NULL && args[2] != NULL)
        answer = PyObject_Vectorcall(q->callable, args, 3, NULL);
    Py_XDECREF(args[2]);
    Py_XDECREF(args[1]);
    return answer;
}

void
callbacks_info(const SSL *ssl, int where, int value)
{
    question q;

    if (begin(&q, ssl, SSL_CALL_INFO) != ASK)
        return;
    Py_XDECREF(tell_info(&q, where, value));
    end(&q, UNHEARD);
}

void
callbacks_keylog(const SSL *ssl, const char *line)
{
    question q;

    if (begin(&q, ssl, SSL_CALL_KEYLOG) != ASK)
        return;
    Py_XDECREF(PyObject_CallFunction(q.callable, "Oy", q.conn, line));
    end(&q, UNHEARD);
}

/* ---- servername ---- */

/* So that nobody waits for the interpreter only to hear that there is nobody to ask. */
static int
is_unset(const SSL *ssl, ssl_call which)
{
    const ConnectionObject *conn = SSL_get_app_data(ssl);

    return conn != NULL && conn->calls != NULL && PyTuple_GET_ITEM(conn->calls, which) == Py_None;
}

/* A session that a client got before it had to show a certificate does not stand in for one. */
static int
is_without_certificate(SSL *ssl)
{
    enum { MUST_SHOW = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };

    return SSL_is_server(ssl) && SSL_session_reused(ssl)
           && (SSL_get_verify_mode(ssl) & MUST_SHOW) == MUST_SHOW
           && SSL_get0_peer_certificate(ssl) == NULL;
}

static int
ask_servername(SSL *ssl)
{
    int verdict = SSL_TLSEXT_ERR_ALERT_FATAL;
    PyObject *answer;
    question q;

    if (is_unset(ssl, SSL_CALL_SERVERNAME))
        return SSL_TLSEXT_ERR_NOACK;
    switch (begin(&q, ssl, SSL_CALL_SERVERNAME)) {
    case ASK:
        answer = PyObject_CallOneArg(q.callable, (PyObject *)q.conn);
        if (answer != NULL)
            verdict = SSL_TLSEXT_ERR_OK; /* any answer will do */
        Py_XDECREF(answer);
        end(&q, HEARD);
        break;
    case ASK_UNSET:
        verdict = SSL_TLSEXT_ERR_NOACK;
        break;
    case ASK_NOT:
        break;
    }
    return verdict;
}

/* Also the place, the only one, where a server that takes up a session can still refuse: how it
   verifies is decided, and nothing has gone out. */
int
callbacks_servername(SSL *ssl, int *alert, void *unused)
{
    int verdict = ask_servername(ssl);

    if (verdict == SSL_TLSEXT_ERR_ALERT_FATAL)
        *alert = SSL_AD_INTERNAL_ERROR;
    else if (is_without_certificate(ssl)) {
        util_errors_push(ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE);
        *alert = SSL_AD_CERTIFICATE_REQUIRED;
        verdict = SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return verdict;
}

/* ---- ALPN ---- */

typedef struct {
    const unsigned char *data;
    size_t size;
} bytes_view;

/* Find the answer in the client's list, which outlives us. */
static int
choose(question *q, PyObject *answer, bytes_view list, bytes_view *choice)
{
    if (answer == ssl_state_of((PyObject *)q->conn)->no_overlap)
        return SSL_TLSEXT_ERR_NOACK;
    if (!PyBytes_Check(answer)) {
        PyErr_Format(PyExc_TypeError,
                     "ALPN callback must return bytes or NO_OVERLAPPING_PROTOCOLS, not %.100s",
                     Py_TYPE(answer)->tp_name);
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    choice->size = (size_t)PyBytes_GET_SIZE(answer);
    if (choice->size > 255) {
        PyErr_SetString(PyExc_ValueError, "ALPN callback: a protocol has at most 255 bytes");
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    choice->data = wire_find(list.data, list.size, PyBytes_AS_STRING(answer), choice->size);
    return choice->size == 0 || choice->data == NULL ? SSL_TLSEXT_ERR_ALERT_FATAL
                                                     : SSL_TLSEXT_ERR_OK;
}

static int
ask_alpn(question *q, bytes_view list, bytes_view *choice)
{
    PyObject *offered = wire_as_protocols(list.data, list.size), *answer = NULL;
    int verdict = SSL_TLSEXT_ERR_ALERT_FATAL;

    if (offered != NULL)
        answer = PyObject_CallFunctionObjArgs(q->callable, q->conn, offered, NULL);
    if (answer != NULL)
        verdict = choose(q, answer, list, choice);
    Py_XDECREF(offered);
    Py_XDECREF(answer);
    return verdict;
}

int
callbacks_alpn_select(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                      const unsigned char *in, unsigned in_size, void *unused)
{
    bytes_view list = {in, in_size}, choice = {NULL, 0};
    int verdict = SSL_TLSEXT_ERR_ALERT_FATAL;
    question q;

    switch (begin(&q, ssl, SSL_CALL_ALPN_SELECT)) {
    case ASK:
        verdict = ask_alpn(&q, list, &choice);
        end(&q, HEARD);
        break;
    case ASK_UNSET:
        verdict = SSL_TLSEXT_ERR_NOACK;
        break;
    case ASK_NOT:
        break;
    }
    if (verdict == SSL_TLSEXT_ERR_OK) {
        *out = choice.data;
        *out_size = (unsigned char)choice.size;
    }
    return verdict;
}

/* ---- OCSP ---- */

/* A new reference to what was registered with the callable. */
static PyObject *
ocsp_data(question *q)
{
    return Py_NewRef(PyTuple_GET_ITEM(q->conn->calls, SSL_CALL_OCSP_DATA));
}

/* Give OpenSSL a copy, which it owns; from 3.6 on it decodes it, and is silent when that fails. */
static int
staple(SSL *ssl, PyObject *response)
{
    size_t size = (size_t)PyBytes_GET_SIZE(response);
    unsigned char *copy;

    if (size == 0)
        return SSL_TLSEXT_ERR_NOACK;
    copy = OPENSSL_memdup(PyBytes_AS_STRING(response), size);
    if (copy == NULL) {
        util_raise_memory();
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    util_errors_clear();
    if (SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)size) != 1)
        OPENSSL_free(copy);
    else if (util_errors_swallow() == 0)
        return SSL_TLSEXT_ERR_OK;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int
ask_ocsp_server(question *q, SSL *ssl)
{
    PyObject *data = ocsp_data(q), *response;
    int verdict = SSL_TLSEXT_ERR_ALERT_FATAL;

    response = only_bytes(PyObject_CallFunctionObjArgs(q->callable, q->conn, data, NULL), "OCSP");
    if (response != NULL)
        verdict = staple(ssl, response);
    Py_DECREF(data);
    Py_XDECREF(response);
    return verdict;
}

/* On a client: 1 yes, 0 no, -1 failed. */
static int
ask_ocsp_client(question *q, SSL *ssl)
{
    PyObject *data = ocsp_data(q), *response, *answer = NULL;
    const unsigned char *stapled = NULL;
    long size = SSL_get_tlsext_status_ocsp_resp(ssl, &stapled);

    /* From 3.6 on OpenSSL has decoded it and encodes it here: it may lack memory for either. */
    response = size <= 0 && util_errors_swallow() < 0 ? NULL : new_bytes(stapled, size);
    if (response != NULL)
        answer = PyObject_CallFunctionObjArgs(q->callable, q->conn, response, data, NULL);
    Py_DECREF(data);
    Py_XDECREF(response);
    return is_yes(answer);
}

int
callbacks_ocsp(SSL *ssl, void *unused)
{
    int server = SSL_is_server(ssl);
    int verdict = server ? SSL_TLSEXT_ERR_ALERT_FATAL : -1;
    question q;

    switch (begin(&q, ssl, server ? SSL_CALL_OCSP_SERVER : SSL_CALL_OCSP_CLIENT)) {
    case ASK:
        verdict = server ? ask_ocsp_server(&q, ssl) : ask_ocsp_client(&q, ssl);
        end(&q, HEARD);
        break;
    case ASK_UNSET:
        verdict = server ? SSL_TLSEXT_ERR_NOACK : 1;
        break;
    case ASK_NOT:
        break;
    }
    return verdict;
}

/* ---- cookies ---- */

static int
ask_cookie(question *q, unsigned char *cookie, unsigned *size)
{
    PyObject *answer = only_bytes(PyObject_CallOneArg(q->callable, (PyObject *)q->conn), "Cookie");
    int verdict = 0;

    if (answer == NULL)
        return 0;
    if (PyBytes_GET_SIZE(answer) > DTLS1_COOKIE_LENGTH)
        PyErr_Format(PyExc_ValueError, "Cookie too long: got %zd bytes, at most %d fit",
                     PyBytes_GET_SIZE(answer), DTLS1_COOKIE_LENGTH);
    else {
        *size = (unsigned)PyBytes_GET_SIZE(answer);
        memcpy(cookie, PyBytes_AS_STRING(answer), *size);
        verdict = 1;
    }
    Py_DECREF(answer);
    return verdict;
}

int
callbacks_cookie_generate(SSL *ssl, unsigned char *cookie, unsigned *size)
{
    int verdict = 0;
    question q;

    if (begin(&q, ssl, SSL_CALL_COOKIE_GENERATE) == ASK) {
        verdict = ask_cookie(&q, cookie, size);
        end(&q, HEARD);
    }
    return verdict;
}

int
callbacks_cookie_verify(SSL *ssl, const unsigned char *cookie, unsigned size)
{
    int verdict = 0;
    question q;

    if (begin(&q, ssl, SSL_CALL_COOKIE_VERIFY) == ASK) {
        PyObject *bytes = new_bytes(cookie, (long)size);

        if (bytes != NULL)
            verdict = is_yes(PyObject_CallFunctionObjArgs(q.callable, q.conn, bytes, NULL)) == 1;
        Py_XDECREF(bytes);
        end(&q, HEARD);
    }
    return verdict;
}

/* ---- passphrases ---- */

static int
ask_passphrase(const ssl_asker *asker, char *buffer, int size, int writing)
{
    PyObject *answer = PyObject_CallFunction(asker->callable, "iiO", size, writing, asker->data);
    int length = -1;

    if (answer != NULL && PyBytes_Check(answer)) {
        length = PyBytes_GET_SIZE(answer) < size ? (int)PyBytes_GET_SIZE(answer) : size;
        memcpy(buffer, PyBytes_AS_STRING(answer), (size_t)length);
    } else if (answer != NULL && PyObject_IsTrue(answer) == 1)
        PyErr_Format(PyExc_ValueError, "passphrase callback must return bytes, not %.100s",
                     Py_TYPE(answer)->tp_name);
    Py_XDECREF(answer);
    return length;
}

int
callbacks_passphrase(char *buffer, int size, int writing, void *data)
{
    const ssl_asker *asker = data;
    util_callback cb;
    int length = -1;

    if (asker->callable == NULL || !util_callback_enter(&cb))
        return -1;
    length = ask_passphrase(asker, buffer, size, writing);
    util_callback_leave(&cb);
    return length;
}
