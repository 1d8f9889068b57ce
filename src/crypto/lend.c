#include "crypto/state.h"
#include "util/error.h"

/* Stores, Contexts and Connections read certificates while their thread is detached, when nobody
   may change them.  So an X509 whose pointer has been handed out, or came from there, is lent: its
   next change is made on a copy.  In most programs there never is one. */

static X509 *
lend(X509Object *self)
{
    if (!self->lent) {
        /* Encoding fills in what readers would encode lazily, which races. */
        util_errors_clear();
        if (i2d_X509(self->ptr, NULL) < 0)
            return NULL;
        self->lent = 1;
    }
    return X509_up_ref(self->ptr) ? self->ptr : NULL;
}

X509 *
crypto_x509_lend(PyObject *cert, PyObject *exc)
{
    X509 *lent;

    UTIL_WITH(cert, lent = lend((X509Object *)cert));
    return lent == NULL ? util_raise(exc) : lent;
}

PyObject *
crypto_x509_wrap_lent(PyTypeObject *type, X509 *taken)
{
    PyObject *self = crypto_x509_wrap(type, taken);

    if (self != NULL)
        ((X509Object *)self)->lent = 1;
    return self;
}

int
crypto_x509_own(PyObject *cert, PyObject *exc)
{
    X509Object *self = (X509Object *)cert;
    X509 *copy;

    if (!self->lent)
        return 0;
    util_errors_clear();
    copy = X509_dup(self->ptr);
    if (copy == NULL) {
        util_raise_new(exc);
        return -1;
    }
    X509_free(self->ptr);
    self->ptr = copy;
    self->lent = 0;
    return 0;
}
