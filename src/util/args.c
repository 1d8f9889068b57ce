#include "util/args.h"

#include "util/object.h"

#include <limits.h>
#include <string.h>

/* ---- names to slots ---- */

static int
fail(PyObject *exc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    PyErr_FormatV(exc, format, args);
    va_end(args);
    return -1;
}

static int
index_of(const util_params *params, PyObject *name)
{
    for (int i = 0; i < params->total; i++)
        if (PyUnicode_EqualToUTF8(name, params->names[i]))
            return i;
    return -1;
}

static int
put(const util_params *params, PyObject *name, PyObject *value, PyObject **values)
{
    int i;

    if (!PyUnicode_Check(name))
        return fail(PyExc_TypeError, "%s() keywords must be strings", params->function);
    i = index_of(params, name);
    if (i < 0)
        return fail(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'",
                    params->function, name);
    if (values[i] != NULL)
        return fail(PyExc_TypeError, "%s() got multiple values for argument '%U'", params->function,
                    name);
    values[i] = value;
    return 0;
}

static int
start(const util_params *params, PyObject *const *args, Py_ssize_t nargs, PyObject **values)
{
    if (nargs > params->positional)
        return fail(PyExc_TypeError, "%s() takes %d positional arguments but %zd were given",
                    params->function, params->positional, nargs);
    for (int i = 0; i < params->total; i++)
        values[i] = i < nargs ? args[i] : NULL;
    return 0;
}

static int
finish(const util_params *params, PyObject **values)
{
    for (int i = 0; i < params->required; i++)
        if (values[i] == NULL)
            return fail(PyExc_TypeError, "%s() missing required argument: '%s'", params->function,
                        params->names[i]);
    return 0;
}

int
util_bind_names(const util_params *params, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames, PyObject **values)
{
    Py_ssize_t named = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;

    if (start(params, args, nargs, values) < 0)
        return -1;
    for (Py_ssize_t k = 0; k < named; k++)
        if (put(params, PyTuple_GET_ITEM(kwnames, k), args[nargs + k], values) < 0)
            return -1;
    return finish(params, values);
}

int
util_bind_tuple(const util_params *params, PyObject *args, PyObject *kwargs, PyObject **values)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;

    if (start(params, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args), values) < 0)
        return -1;
    while (kwargs != NULL && PyDict_Next(kwargs, &at, &name, &value))
        if (put(params, name, value, values) < 0)
            return -1;
    return finish(params, values);
}

int
util_init_nothing(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) > 0 || (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0))
        return fail(PyExc_TypeError, "%.100s() takes no arguments", Py_TYPE(self)->tp_name);
    return 0;
}

/* ---- numbers ---- */

static int
wanted(const char *name, const char *what, PyObject *value)
{
    return fail(PyExc_TypeError, "%s must be %s, not %.100s", name, what, Py_TYPE(value)->tp_name);
}

int
util_as_long(PyObject *value, const char *name, long *result)
{
    int overflow;

    if (!PyLong_Check(value))
        return wanted(name, "an integer", value);
    *result = PyLong_AsLongAndOverflow(value, &overflow);
    if (overflow)
        return fail(PyExc_OverflowError, "%s is out of range", name);
    return *result == -1 && PyErr_Occurred() ? -1 : 0;
}

int
util_as_int(PyObject *value, const char *name, int *result)
{
    long number = 0;

    if (util_as_long(value, name, &number) < 0)
        return -1;
    if (number < INT_MIN || number > INT_MAX)
        return fail(PyExc_OverflowError, "%s is out of range", name);
    *result = (int)number;
    return 0;
}

int
util_as_options(PyObject *value, const char *name, uint64_t *result)
{
    if (!PyLong_Check(value))
        return wanted(name, "an integer", value);
    *result = PyLong_AsUnsignedLongLong(value);
    if (*result != UINT64_MAX || !PyErr_Occurred())
        return 0;
    if (PyErr_ExceptionMatches(PyExc_OverflowError))
        fail(PyExc_OverflowError, "%s is out of range", name);
    return -1;
}

int
util_as_size_slowly(PyObject *value, const char *name, Py_ssize_t *result)
{
    long number = 0;

    if (util_as_long(value, name, &number) < 0)
        return -1;
    if (number < 0)
        return fail(PyExc_ValueError, "%s must not be negative", name);
    if (number > INT_MAX)
        return fail(PyExc_OverflowError, "%s is out of range", name);
    *result = number;
    return 0;
}

/* What an object's fileno() gives; an AttributeError of its own making stays one. */
static PyObject *
fileno_of(PyObject *value, const char *name)
{
    PyObject *method = util_get(value, "fileno"), *number;

    if (method == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            wanted(name, "an integer or have a fileno() method", value);
        return NULL;
    }
    number = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    return number;
}

int
util_as_fd(PyObject *value, const char *name, int *result)
{
    PyObject *number = PyLong_Check(value) ? Py_NewRef(value) : fileno_of(value, name);
    int failed = number == NULL ? -1 : util_as_int(number, name, result);

    Py_XDECREF(number);
    if (failed < 0)
        return -1;
    if (*result < 0)
        return fail(PyExc_ValueError, "%s: a file descriptor cannot be negative (%d)", name,
                    *result);
    return 0;
}

int
util_as_truth(PyObject *value, int *result)
{
    *result = PyObject_IsTrue(value);
    return *result < 0 ? -1 : 0;
}

/* ---- bytes ---- */

static int
limit(const char *name, Py_buffer *view)
{
    if (view->len <= INT_MAX)
        return 0;
    PyBuffer_Release(view);
    return fail(PyExc_ValueError, "%s is too long: at most 2**31-1 bytes", name);
}

static int
get_buffer(PyObject *value, const char *name, Py_buffer *view, int flags, const char *what)
{
    if (PyObject_GetBuffer(value, view, flags) < 0) {
        if (!PyObject_CheckBuffer(value) || PyErr_ExceptionMatches(PyExc_BufferError))
            wanted(name, what, value);
        return -1;
    }
    return limit(name, view);
}

int
util_as_buffer(PyObject *value, const char *name, Py_buffer *view)
{
    return get_buffer(value, name, view, PyBUF_SIMPLE, "bytes or another contiguous buffer");
}

int
util_as_writable(PyObject *value, const char *name, Py_buffer *view)
{
    return get_buffer(value, name, view, PyBUF_WRITABLE, "a writable contiguous buffer");
}

static int
buffer_of(PyObject *bytes, const char *name, Py_buffer *view)
{
    int result = bytes == NULL ? -1 : util_as_buffer(bytes, name, view);

    Py_XDECREF(bytes); /* the view keeps its own reference */
    return result;
}

int
util_as_ascii_buffer(PyObject *value, const char *name, Py_buffer *view)
{
    if (PyUnicode_Check(value))
        return buffer_of(PyUnicode_AsASCIIString(value), name, view);
    return util_as_buffer(value, name, view);
}

static PyObject *
encode_and_warn(PyObject *text, const char *name)
{
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1, "str for %s is no longer accepted, use bytes",
                         name)
        < 0)
        return NULL;
    return PyUnicode_AsUTF8String(text);
}

int
util_as_warned_buffer(PyObject *value, const char *name, Py_buffer *view)
{
    if (PyUnicode_Check(value))
        return buffer_of(encode_and_warn(value, name), name, view);
    return util_as_buffer(value, name, view);
}

static PyObject *
without_nul(PyObject *bytes, const char *name)
{
    if (bytes != NULL && strlen(PyBytes_AS_STRING(bytes)) != (size_t)PyBytes_GET_SIZE(bytes)) {
        fail(PyExc_ValueError, "%s must not contain a NUL byte", name);
        Py_CLEAR(bytes);
    }
    return bytes;
}

PyObject *
util_as_path(PyObject *value, const char *name)
{
    PyObject *path, *bytes = NULL;

    path = PyOS_FSPath(value);
    if (path == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError))
            wanted(name, "a path (str, bytes or os.PathLike)", value);
        return NULL;
    }
    if (PyUnicode_Check(path))
        bytes = PyUnicode_EncodeFSDefault(path);
    else
        bytes = Py_NewRef(path);
    Py_DECREF(path);
    return without_nul(bytes, name);
}

PyObject *
util_as_identifier(PyObject *value, const char *name)
{
    if (PyUnicode_Check(value))
        return without_nul(PyUnicode_AsUTF8String(value), name);
    if (PyBytes_Check(value))
        return without_nul(Py_NewRef(value), name);
    wanted(name, "str or bytes", value);
    return NULL;
}

PyObject *
util_as_plain_bytes(PyObject *value, const char *name)
{
    return util_check_bytes(value, name) < 0 ? NULL : without_nul(Py_NewRef(value), name);
}

PyObject *
util_as_warned_bytes(PyObject *value, const char *name)
{
    if (PyUnicode_Check(value))
        return without_nul(encode_and_warn(value, name), name);
    return util_as_plain_bytes(value, name);
}

/* ---- iterables ---- */

PyObject *
util_as_instances(PyObject *value, PyTypeObject *type, const char *name)
{
    PyObject *result;

    if (Py_TYPE(value)->tp_iter == NULL && !PySequence_Check(value)) {
        wanted(name, "iterable", value);
        return NULL;
    }
    result = PySequence_Tuple(value);
    if (result == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(result); i++) {
        PyObject *item = PyTuple_GET_ITEM(result, i);

        if (!PyObject_TypeCheck(item, type)) {
            fail(PyExc_TypeError, "each item of %s must be an instance of %.100s, not %.100s", name,
                 type->tp_name, Py_TYPE(item)->tp_name);
            Py_DECREF(result);
            return NULL;
        }
    }
    return result;
}

/* ---- checks ---- */

int
util_check_instance(PyObject *value, PyTypeObject *type, const char *name)
{
    if (PyObject_TypeCheck(value, type))
        return 0;
    return fail(PyExc_TypeError, "%s must be an instance of %.100s, not %.100s", name,
                type->tp_name, Py_TYPE(value)->tp_name);
}

int
util_check_callable(PyObject *value, const char *name)
{
    return PyCallable_Check(value) ? 0 : wanted(name, "callable", value);
}

int
util_check_bytes(PyObject *value, const char *name)
{
    return PyBytes_Check(value) ? 0 : wanted(name, "bytes", value);
}
