/* Extensions: what others need of X509Extension. */
#ifndef CRYPTO_EXTENSION_H
#define CRYPTO_EXTENSION_H
#include "crypto/state.h"

PyObject *crypto_extension_wrap(PyTypeObject *type, X509_EXTENSION *taken);
/* An element of what crypto_as_extensions gave; valid while that lives. */
X509_EXTENSION *crypto_extension_borrow(PyObject *extension);
/* A new list of any iterable's elements, all of them found to be extensions: TypeError for
   what cannot be iterated over, ValueError for another element. */
PyObject *crypto_as_extensions(crypto_state *state, PyObject *value);

/* The text of alternative names, NULs included, and of a value that has no text: its bytes. */
PyObject *crypto_general_names_text(crypto_state *state, X509_EXTENSION *extension);
PyObject *crypto_extension_hex(X509_EXTENSION *extension);
/* What *print* writes about *what*; None if it answers 0: it cannot.  -1: with an exception. */
PyObject *crypto_printed(crypto_state *state, int (*print)(crypto_state *, BIO *, void *),
                         void *what);

#endif
