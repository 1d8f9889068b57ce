/* OpenSSL.rand: OpenSSL's random number generator. */
#include "rand/seed.h"
#include "rand_doc.h"
#include "util/args.h"
#include "util/error.h"
#include "util/module.h"
#include "util/object.h"
#include "util/openssl.h"
#include "util/thread.h"

#define DETACH_ABOVE 16384      /* bytes: less is done before another thread would get its turn */
#define BYTES_AT_ONCE (1 << 24) /* how many are made between two looks for signals */
#define EGD_BYTES 255           /* what is asked of a daemon, unless told */

#define RAND_STATE(X) X(PyObject, Error)

typedef struct {
    RAND_STATE(UTIL_STATE_FIELD)
} rand_state;

static void *
raise_error(PyObject *module)
{
    const rand_state *state = PyModule_GetState(module);

    return util_raise(state->Error);
}

/* ---- into the generator ---- */

static PyObject *
mix_buffer(PyObject *module, Py_buffer *view, double entropy)
{
    int failed;

    if (view->len > DETACH_ABOVE)
        DETACHED(failed = rand_mix(view->buf, (int)view->len, entropy));
    else
        failed = rand_mix(view->buf, (int)view->len, entropy);
    PyBuffer_Release(view);
    if (failed)
        return raise_error(module);
    Py_RETURN_NONE;
}

static int
as_entropy(PyObject *value, double *result)
{
    if (!PyLong_Check(value) && !PyFloat_Check(value)) {
        PyErr_Format(PyExc_TypeError, "entropy must be a number, not %.100s",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    *result = PyFloat_AsDouble(value);
    return *result == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *
rand_add(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add", 2, 2, "buffer", "entropy");
    PyObject *values[2];
    Py_buffer view;
    double entropy;

    if (util_bind(&params, args, nargs, kwnames, values) < 0
        || util_as_buffer(values[0], "buffer", &view) < 0)
        return NULL;
    if (as_entropy(values[1], &entropy) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    return mix_buffer(self, &view, entropy);
}

static PyObject *
rand_seed(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("seed", 1, 1, "buffer");
    PyObject *value;
    Py_buffer view;

    if (util_bind(&params, args, nargs, kwnames, &value) < 0
        || util_as_buffer(value, "buffer", &view) < 0)
        return NULL;
    return mix_buffer(self, &view, (double)view.len);
}

/* ---- out of the generator ---- */

/* 0; -1 with the reason on OpenSSL's queue, or with the exception of a signal's handler. */
static int
fill(unsigned char *at, Py_ssize_t size)
{
    util_errors_clear();
    while (size > 0) {
        int step = size < BYTES_AT_ONCE ? (int)size : BYTES_AT_ONCE;

        if (RAND_bytes(at, step) != 1)
            return -1;
        at += step;
        size -= step;
        if (size > 0 && util_check_signals() < 0)
            return -1;
    }
    return 0;
}

static PyObject *
new_bytes(long size)
{
    PyObject *result = NULL;

    if (size < 0)
        PyErr_SetString(PyExc_ValueError, "num_bytes must not be negative");
    else if ((result = PyBytes_FromStringAndSize(NULL, size)) == NULL)
        PyErr_NoMemory(); /* what CPython itself calls an overflow is still a lack of memory */
    return result;
}

static PyObject *
rand_bytes(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("bytes", 1, 1, "num_bytes");
    PyObject *value, *result;
    unsigned char *at;
    long size;
    int failed;

    if (util_bind(&params, args, nargs, kwnames, &value) < 0
        || util_as_long(value, "num_bytes", &size) < 0 || (result = new_bytes(size)) == NULL)
        return NULL;
    at = (unsigned char *)PyBytes_AS_STRING(result); /* nobody else has it yet */
    if (size > DETACH_ABOVE)
        DETACHED(failed = fill(at, size));
    else
        failed = fill(at, size);
    if (failed) {
        Py_DECREF(result);
        return raise_error(self);
    }
    return result;
}

static PyObject *
rand_status(PyObject *self, PyObject *unused)
{
    int seeded;

    DETACHED(seeded = RAND_status());
    util_errors_clear();
    return PyLong_FromLong(seeded);
}

static PyObject *
rand_cleanup(PyObject *self, PyObject *unused)
{
    Py_RETURN_NONE; /* OpenSSL frees its generators itself, when threads and the process end */
}

/* ---- files and the daemon ---- */

/* The result of a function of seed.h, of which a mere -1 is an answer and no exception. */
static PyObject *
from_count(PyObject *module, long count)
{
    if (PyErr_Occurred() || util_errors_pending())
        return raise_error(module);
    return PyLong_FromLong(count);
}

static PyObject *
rand_load_file(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_file", 1, 2, "filename", "maxbytes");
    PyObject *values[2], *path;
    long wanted = -1, count;

    if (util_bind(&params, args, nargs, kwnames, values) < 0
        || (path = util_as_path(values[0], "filename")) == NULL)
        return NULL;
    if (values[1] != NULL && util_as_long(values[1], "maxbytes", &wanted) < 0) {
        Py_DECREF(path);
        return NULL;
    }
    util_errors_clear();
    DETACHED(count = rand_load(PyBytes_AS_STRING(path), wanted));
    Py_DECREF(path);
    return from_count(self, count);
}

static PyObject *
rand_write_file(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("write_file", 1, 1, "filename");
    PyObject *value, *path;
    long count;

    if (util_bind(&params, args, nargs, kwnames, &value) < 0
        || (path = util_as_path(value, "filename")) == NULL)
        return NULL;
    util_errors_clear();
    DETACHED(count = rand_save(PyBytes_AS_STRING(path)));
    Py_DECREF(path);
    if (util_errors_swallow() < 0) /* of a generator without a seed the count tells */
        return NULL;
    return from_count(self, count);
}

static PyObject *
rand_egd(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("egd", 1, 2, "path", "bytes");
    PyObject *values[2], *path;
    Py_ssize_t wanted = EGD_BYTES;
    long count;

    if (util_bind(&params, args, nargs, kwnames, values) < 0
        || (path = util_as_path(values[0], "path")) == NULL)
        return NULL;
    if (values[1] != NULL && util_as_size(values[1], "bytes", &wanted) < 0) {
        Py_DECREF(path);
        return NULL;
    }
    util_errors_clear();
    DETACHED(count = rand_query_egd(PyBytes_AS_STRING(path), (long)wanted));
    Py_DECREF(path);
    return from_count(self, count);
}

/* ---- the module ---- */

static PyMethodDef rand_methods[] = {
    UTIL_ROW(rand, add),           UTIL_ROW(rand, bytes),      UTIL_ROW_NOARGS(rand, cleanup),
    UTIL_ROW(rand, egd),           UTIL_ROW(rand, load_file),  UTIL_ROW(rand, seed),
    UTIL_ROW_NOARGS(rand, status), UTIL_ROW(rand, write_file), {NULL},
};

static int
rand_exec(PyObject *module)
{
    rand_state *state = PyModule_GetState(module);

    if (util_start_openssl() < 0)
        return -1;
    return util_add_exception(module, "OpenSSL.rand.Error", error_doc, NULL, &state->Error);
}

UTIL_STATE_FUNCTIONS(rand, RAND_STATE)

static PyModuleDef_Slot rand_slots[] = {
    {Py_mod_exec, rand_exec},
    UTIL_SLOT_INTERPRETERS UTIL_SLOT_GIL{0, NULL},
};

static PyModuleDef rand_module = {
    PyModuleDef_HEAD_INIT,        .m_name = "OpenSSL.rand",  .m_doc = rand_module_doc,
    .m_size = sizeof(rand_state), .m_methods = rand_methods, .m_slots = rand_slots,
    .m_traverse = rand_traverse,  .m_clear = rand_clear,     .m_free = rand_free,
};

PyMODINIT_FUNC PyInit_rand(void);

PyMODINIT_FUNC
PyInit_rand(void)
{
    return PyModuleDef_Init(&rand_module);
}
