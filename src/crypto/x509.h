/* Certificates: what the files of the type share. */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H
#include "crypto/state.h"

/* Methods which lock the certificate themselves: x509_names.c and x509_sign.c. */
PyObject *crypto_x509_get_subject(PyObject *self, PyObject *unused);
PyObject *crypto_x509_get_issuer(PyObject *self, PyObject *unused);
#define CRYPTO_X509_METHOD(name)                                                          \
    PyObject *crypto_x509_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, \
                                 PyObject *kwnames);
CRYPTO_X509_METHOD(set_subject)
CRYPTO_X509_METHOD(set_issuer)
CRYPTO_X509_METHOD(sign)

#endif
