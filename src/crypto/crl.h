/* Revocation lists: what the files of the type share. */
#ifndef CRYPTO_CRL_H
#define CRYPTO_CRL_H
#include "crypto/state.h"

/* A list may be large, so that its entries are not copied to be signed or read while others run.
   They need not be: nobody changes an entry, nor takes one out before the object is freed; they
   only become more, and move on to the next list when one is signed.  So who is inside of a method
   may read the entries that it has found there, with nothing held, for as long as it likes.
   Whatever of them leaves the methods is a copy. */
typedef struct {
    UTIL_HEAD
    X509_CRL *ptr;    /* replaced by export and sign */
    unsigned changes; /* how many there were */
    char version_set;
} CRLObject;

/* Methods: crl_sign.c. */
PyObject *crypto_crl_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames);
PyObject *crypto_crl_export(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames);

#endif
