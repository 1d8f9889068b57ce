#include "crypto/state.h"
#include "util/error.h"

#include <string.h>

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
    X509Object *self = (X509Object *)cert;
    X509 *lent;

    UTIL_READING(cert, lent = self->lent && X509_up_ref(self->ptr) ? self->ptr : NULL);
    if (lent == NULL)
        UTIL_WRITING(cert, lent = lend(self));
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

/* ---- copying ---- */

static int
same_name(const X509_NAME *one, const X509_NAME *other)
{
    const unsigned char *left, *right;
    size_t left_size, right_size;

    return X509_NAME_get0_der(one, &left, &left_size)
           && X509_NAME_get0_der(other, &right, &right_size) && left_size == right_size
           && memcmp(left, right, left_size) == 0;
}

static int
copy_names(X509 *copy, const X509 *cert)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    const X509_NAME *issuer = X509_get_issuer_name(cert);

    return (same_name(X509_get_subject_name(copy), subject) || X509_set_subject_name(copy, subject))
           && (same_name(X509_get_issuer_name(copy), issuer) || X509_set_issuer_name(copy, issuer));
}

/* Whether there is nothing to copy: it is the same, or not set. */
static int
same_time(const ASN1_TIME *one, const ASN1_TIME *other)
{
    return ASN1_STRING_length(other) == 0 || ASN1_STRING_cmp(one, other) == 0;
}

static int
copy_times(X509 *copy, const X509 *cert)
{
    const ASN1_TIME *start = X509_get0_notBefore(cert), *end = X509_get0_notAfter(cert);

    return (same_time(X509_get0_notBefore(copy), start) || X509_set1_notBefore(copy, start))
           && (same_time(X509_get0_notAfter(copy), end) || X509_set1_notAfter(copy, end));
}

static int
copy_key(X509 *copy, const X509 *cert)
{
    EVP_PKEY *key, *old;
    int same;

    util_errors_mark();
    key = X509_get0_pubkey(cert); /* NULL too for one that cannot be read, nor was it set then */
    old = X509_get0_pubkey(copy);
    same = key == NULL || (old != NULL && EVP_PKEY_eq(key, old) == 1);
    util_errors_forget();
    return same || X509_set_pubkey(copy, key);
}

/* Extensions are only ever added. */
static int
copy_extensions(X509 *copy, const X509 *cert)
{
    int done = 1;

    for (int at = X509_get_ext_count(copy); done && at < X509_get_ext_count(cert); at++)
        done = X509_add_ext(copy, X509_get_ext(cert, at), -1);
    return done;
}

/* X509_dup copies what was signed, perhaps without what setters have changed since, and nothing at
   all of what was never signed.  So each field that differs is copied after it. */
X509 *
crypto_x509_copy(X509 *cert)
{
    ASN1_INTEGER *serial = X509_get_serialNumber(cert);
    const ASN1_OBJECT *algorithm;
    X509 *copy;

    X509_ALGOR_get0(&algorithm, NULL, NULL, X509_get0_tbs_sigalg(cert));
    copy = OBJ_length(algorithm) == 0 ? X509_new() : X509_dup(cert);
    if (copy == NULL)
        return NULL;
    if ((X509_get_version(copy) == X509_get_version(cert)
         || X509_set_version(copy, X509_get_version(cert)))
        && (ASN1_INTEGER_cmp(X509_get0_serialNumber(copy), serial) == 0
            || X509_set_serialNumber(copy, serial))
        && copy_names(copy, cert) && copy_times(copy, cert) && copy_key(copy, cert)
        && copy_extensions(copy, cert))
        return copy;
    X509_free(copy);
    return NULL;
}

/* ---- changing ---- */

void
crypto_x509_replace(X509Object *self, X509 *taken)
{
    X509_free(self->ptr);
    self->ptr = taken;
    self->lent = 0;
    self->changes++;
    crypto_x509_set_size(self, 0);
}

int
crypto_x509_own(PyObject *cert)
{
    X509Object *self = (X509Object *)cert;
    X509 *copy;

    util_errors_clear();
    self->changes++;
    crypto_x509_set_size(self, 0);
    if (!self->lent)
        return 1;
    copy = crypto_x509_copy(self->ptr);
    if (copy != NULL)
        crypto_x509_replace(self, copy);
    return copy != NULL;
}
