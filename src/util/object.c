#include "util/object.h"

#include <stdint.h>

/* A fresh string for each look-up would fill the interpreter's cache of methods, whose key is
   the string's address. */
PyObject *
util_get(PyObject *object, const char *name)
{
    PyObject *key = PyUnicode_InternFromString(name), *result;

    if (key == NULL)
        return NULL;
    result = PyObject_GetAttr(object, key);
    Py_DECREF(key);
    return result;
}

PyObject *
util_call(PyObject *object, const char *method, PyObject *const *args, size_t count)
{
    PyObject *bound = util_get(object, method), *result;

    if (bound == NULL)
        return NULL;
    result = PyObject_Vectorcall(bound, args, count, NULL);
    Py_DECREF(bound);
    return result;
}

PyObject *
util_handle_new(PyObject *owner, const void *pointer, const char *name)
{
    PyObject *module, *args[3] = {NULL, NULL, owner}, *result = NULL;

    if (pointer == NULL)
        Py_RETURN_NONE;
    module = PyImport_ImportModule("OpenSSL._util");
    if (module == NULL)
        return NULL;
    args[0] = PyLong_FromVoidPtr((void *)(uintptr_t)pointer);
    args[1] = PyUnicode_FromString(name);
    if (args[0] != NULL && args[1] != NULL)
        result = util_call(module, "Handle", args, 3);
    Py_XDECREF(args[1]);
    Py_XDECREF(args[0]);
    Py_DECREF(module);
    return result;
}
