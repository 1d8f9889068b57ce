/* Binding call arguments to parameters, and the way from Python values to C. */
#ifndef UTIL_ARGS_H
#define UTIL_ARGS_H
#include "util/python.h"

#include <stdint.h>

#define UTIL_MAX_PARAMS 8

typedef struct {
    const char *function;
    int required, total;
    int positional; /* how many may be given by position */
    const char *names[UTIL_MAX_PARAMS];
} util_params;

/* For parameters of which all may be given by position. */
#define UTIL_PARAMS(function, required, total, ...) \
    static const util_params params = {function, required, total, total, {__VA_ARGS__}}
/* For parameters that are keyword-only. */
#define UTIL_KEYWORD_PARAMS(function, total, ...) \
    static const util_params params = {function, 0, total, 0, {__VA_ARGS__}}

int util_bind_names(const util_params *params, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames, PyObject **values);

/* Fills values[0..total) with borrowed references, NULL where not given. */
static inline int
util_bind(const util_params *params, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
          PyObject **values)
{
    if (kwnames != NULL || nargs < params->required || nargs > params->positional)
        return util_bind_names(params, args, nargs, kwnames, values);
    for (int i = 0; i < params->total; i++) /* as most calls are: by position */
        values[i] = i < nargs ? args[i] : NULL;
    return 0;
}

/* The same for tp_new and tp_init. */
int util_bind_tuple(const util_params *params, PyObject *args, PyObject *kwargs, PyObject **values);
/* A tp_init for types that take no arguments. */
int util_init_nothing(PyObject *self, PyObject *args, PyObject *kwargs);

/* Each of these: 0, or -1 with an exception that names the argument. */
int util_as_int(PyObject *value, const char *name, int *result);
int util_as_long(PyObject *value, const char *name, long *result);
int util_as_options(PyObject *value, const char *name, uint64_t *result); /* unsigned 64 bit */
int util_as_fd(PyObject *value, const char *name, int *result); /* an int or what has fileno() */
int util_as_truth(PyObject *value, int *result);

int util_as_size_slowly(PyObject *value, const char *name, Py_ssize_t *result);

static inline int
util_as_size(PyObject *value, const char *name, Py_ssize_t *result) /* 0 .. INT_MAX */
{
    *result = util_small_size(value);
    return *result >= 0 ? 0 : util_as_size_slowly(value, name, result);
}

/* Any C-contiguous buffer, of at most INT_MAX bytes; release it with PyBuffer_Release. */
int util_as_buffer(PyObject *value, const char *name, Py_buffer *view);
int util_as_writable(PyObject *value, const char *name, Py_buffer *view);
/* As util_as_buffer; str is taken too, silently as ASCII, or as UTF-8 with upstream's warning. */
int util_as_ascii_buffer(PyObject *value, const char *name, Py_buffer *view);
int util_as_warned_buffer(PyObject *value, const char *name, Py_buffer *view);

/* Each of these: a new reference to bytes without NUL, or NULL with an exception. */
PyObject *util_as_path(PyObject *value, const char *name);         /* str, bytes or PathLike */
PyObject *util_as_identifier(PyObject *value, const char *name);   /* str or bytes: algorithms */
PyObject *util_as_plain_bytes(PyObject *value, const char *name);  /* bytes only */
PyObject *util_as_warned_bytes(PyObject *value, const char *name); /* str with a warning */

/* A new tuple of the items of any iterable, each of which is of that type. */
PyObject *util_as_instances(PyObject *value, PyTypeObject *type, const char *name);

/* Checks only. */
int util_check_instance(PyObject *value, PyTypeObject *type, const char *name);
int util_check_callable(PyObject *value, const char *name);
int util_check_bytes(PyObject *value, const char *name);

#endif
