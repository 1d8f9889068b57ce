#include "util/error.h"

#include "util/object.h"

#include <stdarg.h>
#include <string.h>

/* What the system says of a failed call: "error:NUMBER:system library::TEXT" from its fourth
   field on, since OpenSSL's reason strings leave it out. */
static const char *
system_reason(unsigned long code, char *buffer, size_t size)
{
    const char *text;

    ERR_error_string_n(code, buffer, size);
    text = strstr(buffer, "::");
    return text == NULL ? "" : text + 2;
}

/* OpenSSL 3 has no numbers for functions any more: the middle is always empty. */
static PyObject *
entry(unsigned long code)
{
    const char *library = ERR_lib_error_string(code);
    const char *reason = ERR_reason_error_string(code);
    char buffer[256];

    if (reason == NULL)
        reason = ERR_SYSTEM_ERROR(code) ? system_reason(code, buffer, sizeof buffer) : "";
    return Py_BuildValue("(sss)", library ? library : "", "", reason);
}

static int
is(unsigned long entry, int library, int reason)
{
    return ERR_GET_LIB(entry) == library && ERR_GET_REASON(entry) == reason;
}

/* Whether an entry, behind *previous* (0: none), says that an allocation failed.  OpenSSL 3.0 says
   so of other failures too: its encoders of any, which is not the first entry then; extensions of a
   name with a NUL inside; and whoever copies a text, of characters that cannot be in it.  From 3.2
   on a failed allocation has an entry of its own. */
static int
says_no_memory(unsigned long code, unsigned long previous)
{
    if (ERR_GET_REASON(code) != ERR_R_MALLOC_FAILURE)
        return 0;
    switch (ERR_GET_LIB(code)) {
    case ERR_LIB_PROV:
        return previous == 0;
    case ERR_LIB_X509V3:
        return 0;
    default:
        return !is(previous, ERR_LIB_ASN1, ASN1_R_ILLEGAL_CHARACTERS)
               && !is(previous, ERR_LIB_ASN1, ASN1_R_INVALID_UTF8STRING);
    }
}

/* The oldest entry, taken off the queue; 0 if there is none.  Where memory for an entry's text has
   run out, OpenSSL 3.6 leaves an empty place in the queue, and reads it as the end; the newest
   never is one. */
static unsigned long
next_entry(void)
{
    unsigned long code = 0;

    while (code == 0 && util_errors_pending())
        code = ERR_get_error();
    return code;
}

/* The whole queue as a list; *no_memory* tells whether an allocation failed among all that. */
static PyObject *
drain(int *no_memory)
{
    PyObject *list = PyList_New(0);
    unsigned long code, previous = 0;

    *no_memory = 0;
    while ((code = next_entry()) != 0) {
        PyObject *item = list == NULL ? NULL : entry(code);

        if (says_no_memory(code, previous))
            *no_memory = 1;
        previous = code;
        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

void *
util_raise(PyObject *exc)
{
    PyObject *list;
    int no_memory;

    if (PyErr_Occurred()) { /* a callback's exception says more than OpenSSL's */
        util_errors_clear();
        return NULL;
    }
    if (!util_errors_pending())
        return util_raise_reason(exc, "", "unknown error");
    list = drain(&no_memory);
    if (list != NULL && no_memory)
        PyErr_NoMemory();
    else if (list != NULL)
        PyErr_SetObject(exc, list);
    Py_XDECREF(list);
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

void
util_note(const char *format, ...)
{
    PyObject *exception = PyErr_GetRaisedException();
    PyObject *note, *result = NULL;
    va_list values;

    va_start(values, format);
    note = PyUnicode_FromFormatV(format, values);
    va_end(values);
    if (note != NULL)
        result = util_call(exception, "add_note", &note, 1);
    Py_XDECREF(note);
    Py_XDECREF(result);
    PyErr_Clear();
    PyErr_SetRaisedException(exception);
}

void *
util_raise_memory(void)
{
    util_errors_clear();
    return PyErr_Occurred() ? NULL : PyErr_NoMemory();
}

void *
util_raise_new(PyObject *exc)
{
    return util_errors_pending() ? util_raise(exc) : util_raise_memory();
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

int
util_errors_swallow(void)
{
    int no_memory = util_errors_no_memory();

    if (no_memory && !PyErr_Occurred())
        PyErr_NoMemory();
    return no_memory ? -1 : 0;
}

void
util_errors_clear(void)
{
    if (util_errors_pending()) /* asking costs a sixth of clearing */
        ERR_clear_error();
}

int
util_errors_no_memory(void)
{
    unsigned long code, previous = 0;
    int found = 0;

    for (; (code = next_entry()) != 0; previous = code)
        found |= says_no_memory(code, previous);
    return found;
}

void
util_errors_push(int library, int reason)
{
    ERR_raise(library, reason);
}

int
util_errors_pending(void)
{
    return ERR_peek_last_error() != 0;
}

int
util_errors_first_is(int library, int reason)
{
    return is(ERR_peek_error(), library, reason);
}

int
util_errors_last_is(int library, int reason)
{
    return is(ERR_peek_last_error(), library, reason);
}
