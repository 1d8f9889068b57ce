#include "ssl/error.h"

#include "util/error.h"

#include <errno.h>
#include <string.h>

static void *
raise_eof(ssl_state *state)
{
    PyObject *args;

    util_errors_clear();
    args = Py_BuildValue("(is)", -1, "Unexpected EOF");
    if (args != NULL) {
        PyErr_SetObject(state->SysCallError, args);
        Py_DECREF(args);
    }
    return NULL;
}

/* (number, name): the name as module errno spells it, or what the system calls it. */
static void *
raise_system(ssl_state *state, int number)
{
    PyObject *key, *name, *args = NULL;

    if (number == ENOMEM)
        return util_raise_memory();
    util_errors_clear();
    key = PyLong_FromLong(number);
    if (key == NULL)
        return NULL;
    name = PyDict_GetItemWithError(state->errorcode, key);
    if (name != NULL)
        args = PyTuple_Pack(2, key, name);
    else if (!PyErr_Occurred())
        args = Py_BuildValue("(Os)", key, strerror(number));
    if (args != NULL)
        PyErr_SetObject(state->SysCallError, args);
    Py_XDECREF(args);
    Py_DECREF(key);
    return NULL;
}

void *
ssl_raise(ssl_state *state, int error, int sys)
{
    if (PyErr_Occurred()) {
        util_errors_clear();
        return NULL;
    }
    switch (error) {
    case SSL_ERROR_WANT_READ:
        PyErr_SetNone(state->WantReadError);
        return NULL;
    case SSL_ERROR_WANT_WRITE:
        PyErr_SetNone(state->WantWriteError);
        return NULL;
    case SSL_ERROR_ZERO_RETURN:
        PyErr_SetNone(state->ZeroReturnError);
        return NULL;
    case SSL_ERROR_WANT_X509_LOOKUP:
    case SSL_ERROR_WANT_CLIENT_HELLO_CB:
    case SSL_ERROR_WANT_RETRY_VERIFY:
        PyErr_SetNone(state->WantX509LookupError);
        return NULL;
    case SSL_ERROR_SYSCALL:
        if (util_errors_pending() && sys == 0)
            return util_raise(state->Error);
        return sys != 0 ? raise_system(state, sys) : raise_eof(state);
    default:
        if (util_errors_first_is(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING))
            return raise_eof(state);
        if (!util_errors_pending()) /* 4.0 repeats a fatal error without a word */
            return util_raise_reason(state->Error, "SSL routines", "connection has failed");
        return util_raise(state->Error);
    }
}
