/* Revocation lists: what the files of the type share. */
#ifndef CRYPTO_CRL_H
#define CRYPTO_CRL_H
#include "crypto/state.h"

/* A list may be large, so that it is not copied to be signed or read while others run; instead it
   has a lock of its own, which may be held by a thread that is detached.  Whatever of it leaves
   its methods is a copy. */
typedef struct {
    UTIL_HEAD
    X509_CRL *ptr; /* replaced by export and sign */
    util_mutex mutex;
    char version_set;
} CRLObject;

/* Ours while it returns 0; else an exception is set.  Nothing but C should run until it is given
   back. */
int crypto_crl_lock(CRLObject *self);
void crypto_crl_unlock(CRLObject *self);

/* Methods: crl_sign.c. */
PyObject *crypto_crl_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames);
PyObject *crypto_crl_export(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames);

#endif
