#include "crypto/name.h"
#include "crypto/x509.h"
#include "util/args.h"

static const X509_NAME *
subject_get(PyObject *owner)
{
    return X509_get_subject_name(((X509Object *)owner)->ptr);
}

static int
subject_put(PyObject *owner, const X509_NAME *edited)
{
    return crypto_x509_own(owner) && X509_set_subject_name(((X509Object *)owner)->ptr, edited);
}

static const X509_NAME *
issuer_get(PyObject *owner)
{
    return X509_get_issuer_name(((X509Object *)owner)->ptr);
}

static int
issuer_put(PyObject *owner, const X509_NAME *edited)
{
    return crypto_x509_own(owner) && X509_set_issuer_name(((X509Object *)owner)->ptr, edited);
}

static const name_source subject = {subject_get, subject_put};
static const name_source issuer = {issuer_get, issuer_put};

PyObject *
crypto_x509_get_subject(PyObject *self, PyObject *unused)
{
    return crypto_name_view(crypto_state_of(self), self, &subject);
}

PyObject *
crypto_x509_get_issuer(PyObject *self, PyObject *unused)
{
    return crypto_name_view(crypto_state_of(self), self, &issuer);
}

static PyObject *
set_name(PyObject *self, const name_source *source, PyObject *value, const char *name)
{
    X509_NAME *copy = crypto_as_name(crypto_state_of(self), value, name);
    int done;

    if (copy == NULL)
        return NULL;
    UTIL_WRITING(self, done = source->put(self, copy));
    X509_NAME_free(copy);
    return crypto_none_or_raise(self, done);
}

PyObject *
crypto_x509_set_subject(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_subject", 1, 1, "subject");
    PyObject *given[1];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    return set_name(self, &subject, given[0], "subject");
}

PyObject *
crypto_x509_set_issuer(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_issuer", 1, 1, "issuer");
    PyObject *given[1];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    return set_name(self, &issuer, given[0], "issuer");
}
