#include "ssl/connection.h"
#include "util/args.h"
#include "util/error.h"

/* Connection's certificates, names and session.  What the SSL holds is copied, or gets a
   reference, while the SSL is ours; Python makes objects of it afterwards. */

/* ---- certificates ---- */

/* What *as_cryptography*, the one parameter of some methods, says. */
static int
bind_form(const char *method, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
          int *foreign)
{
    const util_params params = {method, 0, 1, 0, {"as_cryptography"}};
    PyObject *given;

    *foreign = 0;
    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return -1;
    return given == NULL ? 0 : util_as_truth(given, foreign);
}

/* Takes the certificate over. */
static PyObject *
from_cert(ssl_state *state, X509 *cert, int foreign)
{
    PyObject *result;

    if (!foreign)
        return state->crypto->x509_wrap(state->crypto->X509_Type, cert);
    result = state->crypto->x509_to_cryptography(cert, state->Error);
    X509_free(cert);
    return result;
}

/* Takes the list over; NULL is None. */
static PyObject *
from_certs(ssl_state *state, STACK_OF(X509) * certs, int foreign)
{
    PyObject *result, *item;
    X509 *cert;

    if (certs == NULL)
        Py_RETURN_NONE;
    result = PyList_New(0);
    while (result != NULL && (cert = sk_X509_shift(certs)) != NULL) {
        item = from_cert(state, cert, foreign);
        if (item == NULL || PyList_Append(result, item) < 0)
            Py_CLEAR(result);
        Py_XDECREF(item);
    }
    sk_X509_pop_free(certs, X509_free);
    return result;
}

static X509 *
get1_own_certificate(const SSL *ssl)
{
    X509 *cert = SSL_get_certificate(ssl);

    if (cert != NULL)
        X509_up_ref(cert);
    return cert;
}

static PyObject *
ask_cert(PyObject *op, const char *method, PyObject *const *args, Py_ssize_t nargs,
         PyObject *kwnames, X509 *(*get1)(const SSL *))
{
    SSL *ssl;
    X509 *cert;
    int foreign;

    if (bind_form(method, args, nargs, kwnames, &foreign) < 0
        || (ssl = ssl_connection_enter(op)) == NULL)
        return NULL;
    cert = get1(ssl);
    ssl_connection_leave(op);
    return cert == NULL ? Py_NewRef(Py_None) : from_cert(ssl_state_of(op), cert, foreign);
}

PyObject *
connection_get_peer_certificate(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *kwnames)
{
    return ask_cert(op, "get_peer_certificate", args, nargs, kwnames, SSL_get1_peer_certificate);
}

PyObject *
connection_get_certificate(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_cert(op, "get_certificate", args, nargs, kwnames, get1_own_certificate);
}

static const STACK_OF(X509) * get0_peer_chain(const SSL *ssl)
{
    return SSL_get_peer_cert_chain(ssl);
}

/* After a failure OpenSSL still has what it had come to. */
static const STACK_OF(X509) * get0_verified_chain(const SSL *ssl)
{
    return SSL_get_verify_result(ssl) == X509_V_OK ? SSL_get0_verified_chain(ssl) : NULL;
}

static PyObject *
ask_certs(PyObject *op, const char *method, PyObject *const *args, Py_ssize_t nargs,
          PyObject *kwnames, const STACK_OF(X509) * (*get0)(const SSL *))
{
    STACK_OF(X509) *copy = NULL;
    const STACK_OF(X509) * certs;
    int foreign, failed;
    SSL *ssl;

    if (bind_form(method, args, nargs, kwnames, &foreign) < 0
        || (ssl = ssl_connection_enter(op)) == NULL)
        return NULL;
    certs = get0(ssl);
    if (certs != NULL)
        copy = X509_chain_up_ref((STACK_OF(X509) *)certs);
    failed = certs != NULL && copy == NULL;
    ssl_connection_leave(op);
    return failed ? util_raise_new(ssl_state_of(op)->Error)
                  : from_certs(ssl_state_of(op), copy, foreign);
}

PyObject *
connection_get_peer_cert_chain(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *kwnames)
{
    return ask_certs(op, "get_peer_cert_chain", args, nargs, kwnames, get0_peer_chain);
}

PyObject *
connection_get_verified_chain(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    return ask_certs(op, "get_verified_chain", args, nargs, kwnames, get0_verified_chain);
}

/* ---- names of authorities ---- */

static STACK_OF(X509_NAME) * copy_names(const STACK_OF(X509_NAME) * names)
{
    STACK_OF(X509_NAME) *copy = sk_X509_NAME_new_null();

    for (int i = 0; copy != NULL && i < sk_X509_NAME_num(names); i++) {
        X509_NAME *name = X509_NAME_dup(sk_X509_NAME_value(names, i));

        if (name == NULL || !sk_X509_NAME_push(copy, name)) {
            X509_NAME_free(name);
            sk_X509_NAME_pop_free(copy, X509_NAME_free);
            copy = NULL;
        }
    }
    return copy;
}

/* A server's list may be the Context's own, so nobody may set another one meanwhile. */
static STACK_OF(X509_NAME) * get_names(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;
    STACK_OF(X509_NAME) *names = NULL;
    util_hold hold;
    int locked;

    if (ssl_connection_enter(op) == NULL)
        return NULL;
    locked = util_read_lock(&((ContextObject *)self->context)->lock, &hold) == 0;
    if (locked) {
        names = copy_names(SSL_get_client_CA_list(self->ptr));
        util_rwlock_release(&hold);
    }
    ssl_connection_leave(op);
    return names == NULL && locked ? util_raise_new(ssl_state_of(op)->Error) : names;
}

/* Takes the name over. */
static PyObject *
from_name(ssl_state *state, X509_NAME *name, int foreign)
{
    PyObject *result;

    if (!foreign)
        return state->crypto->name_wrap(state->crypto->X509Name_Type, name);
    result = state->crypto->name_to_cryptography(name, state->Error);
    X509_NAME_free(name);
    return result;
}

PyObject *
connection_get_client_ca_list(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    STACK_OF(X509_NAME) * names;
    PyObject *result, *item;
    X509_NAME *name;
    int foreign;

    if (bind_form("get_client_ca_list", args, nargs, kwnames, &foreign) < 0
        || (names = get_names(op)) == NULL)
        return NULL;
    result = PyList_New(0);
    while (result != NULL && (name = sk_X509_NAME_shift(names)) != NULL) {
        item = from_name(ssl_state_of(op), name, foreign);
        if (item == NULL || PyList_Append(result, item) < 0)
            Py_CLEAR(result);
        Py_XDECREF(item);
    }
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return result;
}

/* ---- sessions ---- */

/* If nobody asks for verification, OpenSSL goes on where there is no memory to try it, and takes
   the peer for verified; but there is no chain. */
static int
is_unverified(SSL *ssl)
{
    if (SSL_get_verify_result(ssl) == X509_V_OK && !SSL_session_reused(ssl)
        && SSL_get0_peer_certificate(ssl) != NULL && SSL_get0_verified_chain(ssl) == NULL)
        SSL_set_verify_result(ssl, X509_V_ERR_OUT_OF_MEM);
    return SSL_get_verify_result(ssl) != X509_V_OK;
}

PyObject *
connection_get_session(PyObject *op, PyObject *unused)
{
    ConnectionObject *self = (ConnectionObject *)op;
    SSL *ssl = ssl_connection_enter(op);
    SSL_SESSION *session;
    PyObject *context, *result;
    int unverified;

    if (ssl == NULL)
        return NULL;
    session = SSL_get1_session(ssl);
    unverified = is_unverified(ssl);
    context = Py_NewRef(self->context);
    ssl_connection_leave(op);
    result = session == NULL ? Py_NewRef(Py_None)
                             : ssl_session_wrap(ssl_state_of(op), session, context, unverified);
    Py_DECREF(context);
    return result;
}

/* A peer that nobody verified is not to be taken for verified because a session is taken up. */
static int
trusts_too_much(const SSL *ssl)
{
    return (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) && SSL_get_verify_result(ssl) != X509_V_OK;
}

void
connection_forget_unverified(SSL *ssl)
{
    if (trusts_too_much(ssl))
        SSL_set_session(ssl, NULL);
}

/* A handshake builds up the session that the SSL has; with another one in its place it crashes. */
static int
is_in_handshake(const ConnectionObject *self)
{
    return self->nested > 0 || (SSL_in_init(self->ptr) && !SSL_in_before(self->ptr));
}

/* OpenSSL writes to a session while it is in use, so each connection gets one of its own. */
static PyObject *
take_up(PyObject *op, SessionObject *session)
{
    ConnectionObject *self = (ConnectionObject *)op;
    ssl_state *state = ssl_state_of(op);
    SSL_SESSION *copy = SSL_SESSION_dup(session->ptr);
    const char *complaint = NULL;
    int success = 0, too_late;

    if (copy == NULL)
        return util_raise_new(state->Error);
    if (ssl_connection_enter(op) == NULL) {
        SSL_SESSION_free(copy);
        return NULL;
    }
    util_errors_clear();
    too_late = is_in_handshake(self);
    if (too_late)
        util_raise_reason(state->Error, "SSL routines", "a handshake is under way");
    else if (self->context != session->context)
        complaint = "the session is of a connection with another Context";
    else {
        success = SSL_set_session(self->ptr, copy);
        if (success && session->unverified && SSL_get_verify_result(self->ptr) == X509_V_OK)
            SSL_set_verify_result(self->ptr, X509_V_ERR_OUT_OF_MEM);
        if (success && trusts_too_much(self->ptr)) {
            complaint = "the session is of a connection whose peer was not verified";
            SSL_set_session(self->ptr, NULL);
        }
    }
    ssl_connection_leave(op);
    SSL_SESSION_free(copy);
    if (too_late)
        return NULL;
    if (complaint != NULL) {
        PyErr_SetString(PyExc_ValueError, complaint);
        return NULL;
    }
    return success ? Py_NewRef(Py_None) : util_raise(state->Error);
}

PyObject *
connection_set_session(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_session", 1, 1, "session");
    PyObject *given;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_check_instance(given, ssl_state_of(op)->Session_Type, "session") < 0)
        return NULL;
    if (((SessionObject *)given)->ptr == NULL) {
        PyErr_SetString(PyExc_ValueError, "session is empty: it comes from no connection");
        return NULL;
    }
    return take_up(op, (SessionObject *)given);
}
