#include "crypto/x509.h"
#include "util/args.h"
#include "util/thread.h"

/* 1, or -1: somebody has changed it since.  For a writer. */
static int
take(X509Object *self, X509 *taken, unsigned before)
{
    if (self->changes != before)
        return -1;
    crypto_x509_replace(self, taken);
    return 1;
}

/* 1, 0 (the reason is on OpenSSL's queue), or -1: somebody has changed it meanwhile. */
static int
sign_beside_others(X509Object *self, EVP_PKEY *key, const EVP_MD *md)
{
    unsigned before;
    int done = 0;
    X509 *copy;

    UTIL_READING(self, before = self->changes; copy = crypto_x509_copy(self->ptr));
    if (copy == NULL)
        return 0;
    DETACHED(done = X509_sign(copy, key, md) > 0);
    if (done)
        UTIL_WRITING(self, done = take(self, copy, before));
    if (done <= 0)
        X509_free(copy);
    return done;
}

/* For a writer. */
static int
sign_alone(X509Object *self, EVP_PKEY *key, const EVP_MD *md)
{
    X509 *copy = crypto_x509_copy(self->ptr);

    if (copy != NULL && X509_sign(copy, key, md) > 0) {
        crypto_x509_replace(self, copy);
        return 1;
    }
    X509_free(copy);
    return 0;
}

/* Signing takes long, so that others run meanwhile, and they may read and change the certificate:
   what is signed is a copy, which then takes the place of what there was.  If that has been
   changed since, it is signed once more, and this time nobody gets in between: no change is lost,
   and the signature is always that of what is there. */
static int
sign(X509Object *self, EVP_PKEY *key, const EVP_MD *md)
{
    int done = sign_beside_others(self, key, md);

    if (done < 0)
        UTIL_WRITING(self, done = sign_alone(self, key, md));
    return done;
}

PyObject *
crypto_x509_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sign", 2, 2, "pkey", "digest");
    PyObject *given[2];
    EVP_PKEY *key;
    EVP_MD *md;
    int done;

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
    done = sign((X509Object *)self, key, md);
    EVP_PKEY_free(key);
    EVP_MD_free(md);
    if (!done)
        return crypto_raise_unsigned(crypto_state_of(self)->Error);
    Py_RETURN_NONE;
}
