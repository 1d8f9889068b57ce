#include "crypto/x509.h"
#include "util/args.h"
#include "util/thread.h"

/* 1, 0 (the reason is on OpenSSL's queue), or -1: somebody has changed it meanwhile.  In the
   certificate's critical section, which a detached thread leaves. */
static int
sign_copy(X509Object *self, EVP_PKEY *key, const EVP_MD *md, int detached)
{
    X509 *copy = crypto_x509_copy(self->ptr);
    unsigned before = self->changes;
    int done = 0;

    if (copy == NULL)
        return 0;
    if (detached)
        DETACHED(done = X509_sign(copy, key, md) > 0);
    else
        done = X509_sign(copy, key, md) > 0;
    if (done && self->changes != before)
        done = -1;
    if (done > 0)
        crypto_x509_replace(self, copy);
    else
        X509_free(copy);
    return done;
}

/* Signing takes long, so that others run meanwhile, and they may read and change the certificate:
   what is signed is a copy, which then takes the place of what there was.  If that has been
   changed since, it is signed once more, and this time nobody gets in between: no change is lost,
   and the signature is always that of what is there. */
static int
sign(PyObject *op, EVP_PKEY *key, const EVP_MD *md)
{
    X509Object *self = (X509Object *)op;
    int done = sign_copy(self, key, md, 1);

    return done < 0 ? sign_copy(self, key, md, 0) : done;
}

PyObject *
crypto_x509_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sign", 2, 2, "pkey", "digest");
    PyObject *given[2];
    EVP_PKEY *key;
    EVP_MD *md;
    int done = 0;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    key = crypto_as_signer(crypto_state_of(self), given[0], "pkey");
    if (key == NULL)
        return NULL;
    if (crypto_as_signing_digest(key, given[1], "digest", &md) < 0) {
        EVP_PKEY_free(key);
        return NULL;
    }
    util_errors_clear();
    UTIL_WITH(self, done = sign(self, key, md));
    EVP_PKEY_free(key);
    EVP_MD_free(md);
    if (!done)
        return crypto_raise_unsigned(crypto_state_of(self)->Error);
    Py_RETURN_NONE;
}
