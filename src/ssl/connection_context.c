#include "ssl/connection.h"
#include "util/args.h"
#include "util/error.h"

/* The Context in force, and how a Connection goes on with another one. */

PyObject *
connection_get_context(PyObject *op, PyObject *unused)
{
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *context;

    if (ssl_connection_enter(op) == NULL)
        return NULL;
    context = Py_NewRef(self->context);
    ssl_connection_leave(op);
    return context;
}

/* A handshake that goes on with this Context must not see it change: the running step gives
   the lock back at its end. */
static util_hold *
hold_for(ConnectionObject *self, util_hold *own)
{
    if (self->locked_context == NULL)
        return own;
    return self->entered[0].lock == NULL ? &self->entered[0] : &self->entered[1];
}

/* Swap the Context and the callables; on return *context* and *calls* are the old ones. */
static int
switch_context(ConnectionObject *self, PyObject **context, PyObject **calls)
{
    PyObject *old = self->context;

    assert(old != NULL); /* as ptr is not */
    *calls = ssl_calls_merged(self->ptr, self->calls, ((ContextObject *)*context)->calls);
    if (*calls == NULL)
        return -1;
    util_errors_clear();
    if (SSL_set_SSL_CTX(self->ptr, ((ContextObject *)*context)->ptr) == NULL) {
        util_raise(ssl_state_of((PyObject *)self)->Error);
        return -1;
    }
    if (old == self->locked_context)
        Py_XSETREF(self->parted_context, Py_NewRef(old));
    self->context = Py_NewRef(*context);
    *context = old;
    old = self->calls;
    self->calls = *calls;
    *calls = old;
    return 0;
}

PyObject *
connection_set_context(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_context", 1, 1, "context");
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *given, *calls = NULL;
    util_hold own, *hold, *other;
    int result = -1;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || ssl_as_context(ssl_state_of(op), given, "context") == NULL
        || ssl_connection_enter(op) == NULL)
        return NULL;
    hold = hold_for(self, &own);
    if (util_read_lock(&((ContextObject *)given)->lock, hold) == 0) {
        result = switch_context(self, &given, &calls);
        other = hold == &self->entered[0] ? &self->entered[1] : &self->entered[0];
        if (result < 0 || hold == &own) {
            util_rwlock_release(hold);
            *hold = (util_hold){0};
        } else {
            util_rwlock_release(other);
            *other = (util_hold){0};
        }
    }
    ssl_connection_leave(op);
    Py_XDECREF(calls);
    if (result < 0)
        return NULL;
    Py_DECREF(given);
    Py_RETURN_NONE;
}
