/* The module's state, its objects' structs, and what the files offer each other. */
#ifndef SSL_STATE_H
#define SSL_STATE_H
#include "crypto/api.h"
#include "ssl/transport.h"
#include "util/module.h"
#include "util/object.h"
#include "util/rwlock.h"

#define SSL_STATE(X)                 \
    X(PyObject, Error)               \
    X(PyObject, ZeroReturnError)     \
    X(PyObject, WantReadError)       \
    X(PyObject, WantWriteError)      \
    X(PyObject, WantX509LookupError) \
    X(PyObject, SysCallError)        \
    X(PyObject, errorcode)           \
    X(PyObject, no_calls)            \
    X(PyObject, no_overlap)          \
    X(PyTypeObject, Context_Type)    \
    X(PyTypeObject, Connection_Type) \
    X(PyTypeObject, Session_Type)    \
    X(PyObject, crypto_capsule)

typedef struct {
    SSL_STATE(UTIL_STATE_FIELD)
    const crypto_api *crypto; /* lives as long as the capsule */
} ssl_state;

extern PyModuleDef ssl_module;

static inline ssl_state *
ssl_state_of(PyObject *self)
{
    return PyModule_GetState(PyType_GetModuleByDef(Py_TYPE(self), &ssl_module));
}

/* ---- callables ----
   What the user gave as callbacks, as one immutable tuple with None for "not set".  Setting
   one makes a new tuple, so a Connection keeps what its Context had when it was made by
   holding the tuple, and nothing is freed under a running handshake. */
typedef enum {
    SSL_CALL_VERIFY,
    SSL_CALL_INFO,
    SSL_CALL_KEYLOG,
    SSL_CALL_SERVERNAME,
    SSL_CALL_ALPN_SELECT,
    SSL_CALL_OCSP_SERVER,
    SSL_CALL_OCSP_CLIENT,
    SSL_CALL_OCSP_DATA, /* not called: handed to the OCSP callback */
    SSL_CALL_COOKIE_GENERATE,
    SSL_CALL_COOKIE_VERIFY,
    SSL_CALLS
} ssl_call;

typedef struct {
    ssl_call which;
    PyObject *value; /* NULL: None */
} ssl_change;

/* A new tuple: *calls* (NULL: nothing set) with some items replaced. */
PyObject *ssl_calls_changed(PyObject *calls, const ssl_change *changes, int count);
/* A new tuple for an SSL that goes on with another SSL_CTX: *theirs* but for what the SSL itself
   keeps, which stays *mine*. */
PyObject *ssl_calls_merged(const SSL *ssl, PyObject *mine, PyObject *theirs);

/* ---- Context: context.c ---- */

typedef struct {
    UTIL_HEAD
    SSL_CTX *ptr;     /* NULL before __init__ */
    util_rwlock lock; /* setters write; handshake steps and SSL_new read */
    PyObject *calls;
    PyObject *passphrase, *passphrase_data; /* set_passwd_cb */
    PyObject *app_data;
} ContextObject;

extern PyType_Spec context_spec;
/* The object if it is a Context that __init__ has made; else TypeError, or ValueError. */
ContextObject *ssl_as_context(ssl_state *state, PyObject *value, const char *name);

/* ---- Connection: connection.c ---- */

typedef struct ssl_waiter ssl_waiter;

typedef struct {
    UTIL_HEAD
    SSL *ptr;                 /* NULL before __init__ */
    PyObject *context;        /* the Context in force */
    PyObject *home_context;   /* the first one: OpenSSL goes on using it for sessions */
    PyObject *locked_context; /* whose lock the running step holds; borrowed */
    PyObject *parted_context; /* left by set_context while a step still held its lock */
    util_hold entered[2];     /* the lock of one that set_context has brought into a running step */
    PyObject *calls;          /* guarded by mutex */
    PyObject *socket;         /* what was given; None for memory */
    PyObject *app_data;
    util_mutex mutex;        /* around every use of ptr; never held while waiting */
    ssl_transport transport; /* guarded by it, as all up to the gate */
    ssl_queue later;         /* application data read past by a renegotiation */
    char raised;             /* a callback of the running step left an exception */
    char cut;                /* the peer has gone without close_notify */
    int lost;                /* errno of the last step that the system failed */
    char settled;            /* TLS 1.3, handshake done: no step reads the SSL_CTX any more */
    atomic_bool quick;       /* settled, in memory, and nothing is wrong: see io.c */
    char established;        /* a handshake has been completed */
    char listened;           /* DTLSv1_listen has found a client, and nothing came after that */
    char bare;               /* memory ran out before that: see step.c */
    char renegotiate_asked;  /* SSL_renegotiate was called and OpenSSL has not begun yet */
    long renegotiations;     /* how many there were then */
    atomic_bool filled;      /* the last record was of RECORD bytes; a hint, without the mutex */
    int nested;              /* how often the mutex's owner has entered again */
    char alerting;           /* our close_notify was made, but is not out yet */
    size_t accepted;         /* what SSL took of a send whose output is not out yet */
    const void *accepted_data;
    util_guard gate; /* around the rest: who waits, and whose turn it is */
    ssl_waiter *waiters;
    atomic_uintptr_t turn_of[2]; /* whose: util_thread_id, or 0 */
    atomic_uint calls_off;       /* counts close() and shutdown(): those that wait give up */
    atomic_bool closed;
} ConnectionObject;

extern PyType_Spec connection_spec;
/* A new Connection as Connection(context, socket) makes it. */
PyObject *ssl_connection_new(ssl_state *state, PyObject *context, PyObject *socket);

/* For methods that ask or set something: the SSL, with its mutex held (nested inside a
   callback of the same connection), or NULL with an exception.  Give it back in any case
   in which it was not NULL. */
SSL *ssl_connection_enter_slowly(PyObject *self);

static inline SSL *
ssl_connection_enter(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;

    if (self->ptr != NULL && util_mutex_trylock(&self->mutex))
        return self->ptr;
    return ssl_connection_enter_slowly(op);
}

static inline void
ssl_connection_leave(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;

    if (self->nested > 0)
        self->nested--;
    else
        util_mutex_unlock(&self->mutex);
}

/* ---- for OpenSSL._util: native.c ---- */

extern PyMethodDef ssl_native_methods[];

/* ---- Session: session.c ---- */

typedef struct {
    UTIL_HEAD
    SSL_SESSION *ptr;  /* NULL for Session() */
    PyObject *context; /* the Context of the Connection it comes from */
    char unverified;   /* whether that Connection's peer was not verified, or did not pass */
} SessionObject;

extern PyType_Spec session_spec;
PyObject *ssl_session_wrap(ssl_state *state, SSL_SESSION *taken, PyObject *context, int unverified);

#endif
