/* Names: what others need of X509Name. */
#ifndef CRYPTO_NAME_H
#define CRYPTO_NAME_H
#include "crypto/state.h"

/* Where a name inside another object is read and written.  Called in the owner's critical
   section; put takes a copy. */
typedef struct {
    const X509_NAME *(*get)(PyObject *owner);
    int (*put)(PyObject *owner, const X509_NAME *edited);
} name_source;

/* An X509Name that shows, and changes, the name in *owner*. */
PyObject *crypto_name_view(crypto_state *state, PyObject *owner, const name_source *source);
/* An X509Name of its own. */
PyObject *crypto_name_wrap(PyTypeObject *type, X509_NAME *taken);
/* A copy of what an X509Name shows now. */
X509_NAME *crypto_name_copy(PyObject *name, PyObject *exc);
/* The same for any object: TypeError for another object. */
X509_NAME *crypto_as_name(crypto_state *state, PyObject *value, const char *name);

#endif
