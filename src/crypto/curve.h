/* Elliptic curves: the objects that stand for OpenSSL's curves. */
#ifndef CRYPTO_CURVE_H
#define CRYPTO_CURVE_H
#include "crypto/state.h"

#define CRYPTO_CURVE_FUNCTION(name)                                                    \
    PyObject *crypto_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs, \
                            PyObject *kwnames);
CRYPTO_CURVE_FUNCTION(get_elliptic_curve)
PyObject *crypto_get_elliptic_curves(PyObject *module, PyObject *unused);

#endif
