#include "util/error.h"

/* The second place was the function's name, which OpenSSL 3 does not number any more. */
static PyObject *
entry(unsigned long code)
{
    const char *library = ERR_lib_error_string(code);
    const char *reason = ERR_reason_error_string(code);

    return Py_BuildValue("(sss)", library ? library : "", "", reason ? reason : "");
}

static PyObject *
drain(void)
{
    PyObject *list = PyList_New(0);
    unsigned long code;

    while (list != NULL && (code = ERR_get_error()) != 0) {
        PyObject *item = entry(code);

        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    util_errors_clear();
    return list;
}

void *
util_raise(PyObject *exc)
{
    PyObject *list;
    unsigned long first = ERR_peek_error();

    if (PyErr_Occurred()) { /* a callback's exception says more than OpenSSL's */
        util_errors_clear();
        return NULL;
    }
    if (first == 0)
        return util_raise_reason(exc, "", "unknown error");
    if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE) {
        util_errors_clear();
        return PyErr_NoMemory();
    }
    list = drain();
    if (list != NULL) {
        PyErr_SetObject(exc, list);
        Py_DECREF(list);
    }
    return NULL;
}

void *
util_raise_reason(PyObject *exc, const char *library, const char *reason)
{
    PyObject *list;

    util_errors_clear();
    if (PyErr_Occurred())
        return NULL;
    list = Py_BuildValue("[(sss)]", library, "", reason);
    if (list != NULL) {
        PyErr_SetObject(exc, list);
        Py_DECREF(list);
    }
    return NULL;
}

void *
util_raise_new(PyObject *exc)
{
    if (ERR_peek_error() == 0 && !PyErr_Occurred())
        return PyErr_NoMemory();
    return util_raise(exc);
}

void
util_errors_mark(void)
{
    ERR_set_mark(); /* on 3.0 it fails on an empty queue: then forgetting all is right */
}

void
util_errors_forget(void)
{
    ERR_pop_to_mark();
}

void
util_errors_clear(void)
{
    if (ERR_peek_error() != 0) /* asking costs a sixth of clearing */
        ERR_clear_error();
}

int
util_errors_pending(void)
{
    return ERR_peek_error() != 0;
}

int
util_errors_first_is(int library, int reason)
{
    unsigned long first = ERR_peek_error();

    return ERR_GET_LIB(first) == library && ERR_GET_REASON(first) == reason;
}
