#include "ssl/wire.h"

#include <string.h>

#define NAME_LIMIT 255
#define LIST_LIMIT 65535

/* The bytes that *names* takes on the wire, or -1 with an exception. */
static Py_ssize_t
measure(PyObject *names, const char *name)
{
    Py_ssize_t total = 0;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *item = PyTuple_GET_ITEM(names, i);

        if (!PyBytes_Check(item)) {
            PyErr_Format(PyExc_TypeError, "%s must consist of bytes, not %.100s", name,
                         Py_TYPE(item)->tp_name);
            return -1;
        }
        if (PyBytes_GET_SIZE(item) > NAME_LIMIT) {
            PyErr_Format(PyExc_ValueError, "%s: a name has at most %d bytes", name, NAME_LIMIT);
            return -1;
        }
        total += 1 + PyBytes_GET_SIZE(item);
    }
    if (total == 0)
        PyErr_Format(PyExc_ValueError, "%s must name at least one protocol", name);
    else if (total > LIST_LIMIT)
        PyErr_Format(PyExc_ValueError, "%s is too long: at most %d bytes in all", name, LIST_LIMIT);
    return total == 0 || total > LIST_LIMIT ? -1 : total;
}

PyObject *
wire_from_protocols(PyObject *protocols, const char *name)
{
    PyObject *names = NULL, *result = NULL;
    Py_ssize_t size;
    char *at;

    if (protocols == Py_None) {
        PyErr_Format(PyExc_ValueError, "%s must name at least one protocol", name);
        return NULL;
    }
    names = PySequence_Tuple(protocols); /* a copy, which nobody changes meanwhile */
    if (names == NULL || (size = measure(names, name)) < 0)
        goto done;
    result = PyBytes_FromStringAndSize(NULL, size);
    if (result == NULL)
        goto done;
    at = PyBytes_AS_STRING(result);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *item = PyTuple_GET_ITEM(names, i);

        *at++ = (char)PyBytes_GET_SIZE(item);
        memcpy(at, PyBytes_AS_STRING(item), (size_t)PyBytes_GET_SIZE(item));
        at += PyBytes_GET_SIZE(item);
    }
done:
    Py_XDECREF(names);
    return result;
}

/* The next name of the list: its length is *at[0], and *at moves on.  NULL at the end. */
static const unsigned char *
next(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *name = *at;

    if (name >= end || name[0] > end - name - 1)
        return NULL;
    *at = name + 1 + name[0];
    return name;
}

PyObject *
wire_as_protocols(const unsigned char *data, size_t size)
{
    const unsigned char *end = data + size, *name;
    PyObject *list = PyList_New(0);

    while (list != NULL && (name = next(&data, end)) != NULL) {
        PyObject *item = PyBytes_FromStringAndSize((const char *)name + 1, name[0]);

        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

const unsigned char *
wire_find(const unsigned char *data, size_t size, const char *wanted, size_t length)
{
    const unsigned char *end = data + size, *name;

    while ((name = next(&data, end)) != NULL)
        if (name[0] == length && memcmp(name + 1, wanted, length) == 0)
            return name + 1;
    return NULL;
}
