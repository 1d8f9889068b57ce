/* Names: what others need of X509Name. */
#ifndef CRYPTO_NAME_H
#define CRYPTO_NAME_H
#include "crypto/state.h"

/* Where a name inside another object is read and written.  Called as the owner's reader, or its
   writer; put takes a copy. */
typedef struct {
    const X509_NAME *(*get)(PyObject *owner);
    int (*put)(PyObject *owner, const X509_NAME *edited);
} name_source;

/* Either a name of its own, or a view of the name inside another object.  A view keeps no
   pointer: it asks its owner each time, so that nothing can dangle, and an edit is made on a
   copy that is put back whole.  Its readers and writers are the owner's. */
typedef struct {
    UTIL_HEAD
    X509_NAME *ptr; /* NULL for a view */
    PyObject *owner;
    const name_source *source;
} NameObject;

/* An X509Name that shows, and changes, the name in *owner*. */
PyObject *crypto_name_view(crypto_state *state, PyObject *owner, const name_source *source);
/* An X509Name of its own. */
PyObject *crypto_name_wrap(PyTypeObject *type, X509_NAME *taken);
/* A copy of what an X509Name shows now. */
X509_NAME *crypto_name_copy(PyObject *name, PyObject *exc);
/* The same for any object: TypeError for another object. */
X509_NAME *crypto_as_name(crypto_state *state, PyObject *value, const char *name);

/* ---- between name.c and name_fields.c ---- */

/* Of what one is a reader or writer, who is one of the name. */
static inline PyObject *
crypto_name_holder(PyObject *op)
{
    PyObject *owner = ((NameObject *)op)->owner;

    return owner == NULL ? op : owner;
}

/* get, for a reader: what is there, or NULL with an exception.  put, for a writer, takes *edited*
   over; 0: it failed, and the reason is on OpenSSL's queue. */
const X509_NAME *crypto_name_get(PyObject *op);
int crypto_name_put(PyObject *op, X509_NAME *edited);

PyObject *crypto_name_getattro(PyObject *op, PyObject *attribute);
/* A field and nothing else, as __getattr__ gives it to subclasses that have one of their own. */
PyObject *crypto_name_getattr(PyObject *op, PyObject *attribute);
int crypto_name_setattro(PyObject *op, PyObject *attribute, PyObject *value);

#endif
