#include "crypto/crl.h"
#include "crypto/pem.h"
#include "util/args.h"
#include "util/error.h"
#include "util/thread.h"

#include <time.h>

typedef struct {
    X509_NAME *issuer;
    ASN1_TIME *last, *next; /* NULL: as they are */
    EVP_PKEY *key;
    EVP_MD *md;
    int sorted;
} signing;

/* Of the CRL itself or an entry: version 1 has none. */
static int
has_extensions(X509_CRL *crl)
{
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
    int found = X509_CRL_get_ext_count(crl) > 0;

    for (int i = 0; !found && i < sk_X509_REVOKED_num(entries); i++)
        found = X509_REVOKED_get_ext_count(sk_X509_REVOKED_value(entries, i)) > 0;
    return found;
}

static int
put_time(X509_CRL *crl, int (*put)(X509_CRL *, const ASN1_TIME *), const ASN1_TIME *time,
         const ASN1_TIME *old)
{
    if (time == NULL)
        time = old;
    return time == NULL || ASN1_STRING_length(time) == 0 || put(crl, time);
}

static int
put_copy(X509_CRL *crl, const X509_EXTENSION *extension)
{
    X509_EXTENSION *copy = X509_EXTENSION_dup(extension);
    int done = copy != NULL && X509_CRL_add_ext(crl, copy, -1);

    X509_EXTENSION_free(copy);
    return done;
}

static int
fill(X509_CRL *fresh, const CRLObject *self, const signing *how)
{
    X509_CRL *old = self->ptr;
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(old);
    long version = X509_CRL_get_version(old);
    int done;

    if (version == 0 && !self->version_set && has_extensions(old))
        version = 1;
    done = (version == 0 || X509_CRL_set_version(fresh, version))
           && X509_CRL_set_issuer_name(fresh, how->issuer)
           && put_time(fresh, X509_CRL_set1_lastUpdate, how->last, X509_CRL_get0_lastUpdate(old))
           && put_time(fresh, X509_CRL_set1_nextUpdate, how->next, X509_CRL_get0_nextUpdate(old));
    for (int i = 0; done && i < X509_CRL_get_ext_count(old); i++)
        done = put_copy(fresh, X509_CRL_get_ext(old, i));
    for (int i = 0; done && i < sk_X509_REVOKED_num(entries); i++)
        done = X509_CRL_add0_revoked(fresh, sk_X509_REVOKED_value(entries, i));
    return done && (!how->sorted || X509_CRL_sort(fresh));
}

/* Of two lists that share their entries: free one, but not these. */
static void
free_without_entries(X509_CRL *crl)
{
    if (crl != NULL && X509_CRL_get_REVOKED(crl) != NULL)
        sk_X509_REVOKED_zero(X509_CRL_get_REVOKED(crl));
    X509_CRL_free(crl);
}

/* A new list with the same entries: if it fails, the old one is as it was. */
static X509_CRL *
signed_list(const CRLObject *self, const signing *how)
{
    X509_CRL *fresh = X509_CRL_new();

    if (fresh != NULL && fill(fresh, self, how) && X509_CRL_sign(fresh, how->key, how->md) > 0)
        return fresh;
    free_without_entries(fresh);
    return NULL;
}

/* OpenSSL would sign a list without, which nobody can read. */
static int
has_time(const CRLObject *self, const signing *how)
{
    return how->last != NULL || ASN1_STRING_length(X509_CRL_get0_lastUpdate(self->ptr)) > 0;
}

/* With *type* the encoding is given back, else None. */
static PyObject *
sign(CRLObject *self, const signing *how, PyObject *type)
{
    crypto_state *state = crypto_state_of((PyObject *)self);
    X509_CRL *fresh = NULL, *unwanted;
    PyObject *result = NULL;
    int complete;

    if (crypto_crl_lock(self) < 0)
        return NULL;
    util_errors_clear();
    complete = has_time(self, how);
    if (complete)
        DETACHED(fresh = signed_list(self, how));
    if (fresh != NULL) {
        result = type == NULL ? Py_NewRef(Py_None)
                              : crypto_dump(state, &crypto_revocation_list, type, fresh);
        unwanted = result == NULL ? fresh : self->ptr;
        if (result != NULL)
            self->ptr = fresh;
        free_without_entries(unwanted);
    }
    crypto_crl_unlock(self);
    if (!complete)
        return util_raise_reason(state->Error, "x509 certificate routines", "no last update");
    return fresh == NULL ? crypto_raise_unsigned(state->Error) : result;
}

static X509_NAME *
subject_of(PyObject *cert, PyObject *exc)
{
    X509_NAME *copy;

    UTIL_WITH(cert, copy = X509_NAME_dup(X509_get_subject_name(((X509Object *)cert)->ptr)));
    return copy == NULL ? util_raise_new(exc) : copy;
}

/* Who signs, and how; the rest of *how* is the caller's.  cert and pkey are of the right types. */
static int
as_signing(crypto_state *state, PyObject *cert, PyObject *pkey, PyObject *digest, signing *how)
{
    int only_public;

    how->key = crypto_pkey_get1_part(pkey, &only_public);
    if (crypto_as_signing_digest(how->key, digest, "digest", &how->md) < 0)
        return -1;
    if (how->key == NULL || only_public) {
        util_raise_reason(state->Error, "digital envelope routines",
                          how->key == NULL ? "no key set" : "not a private key");
        return -1;
    }
    util_errors_clear();
    how->issuer = subject_of(cert, state->Error);
    return how->issuer == NULL ? -1 : 0;
}

static void
signing_drop(signing *how)
{
    X509_NAME_free(how->issuer);
    ASN1_TIME_free(how->last);
    ASN1_TIME_free(how->next);
    EVP_PKEY_free(how->key);
    EVP_MD_free(how->md);
}

PyObject *
crypto_crl_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sign", 3, 3, "issuer_cert", "issuer_key", "digest");
    crypto_state *state = crypto_state_of(self);
    PyObject *given[3], *result = NULL;
    signing how = {.sorted = 1};

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[0], state->X509_Type, "issuer_cert") < 0
        || util_check_instance(given[1], state->PKey_Type, "issuer_key") < 0)
        return NULL;
    if (as_signing(state, given[0], given[1], given[2], &how) == 0)
        result = sign((CRLObject *)self, &how, NULL);
    signing_drop(&how);
    return result;
}

static int
as_validity(int days, signing *how)
{
    time_t now = time(NULL);

    util_errors_clear();
    how->last = ASN1_TIME_adj(NULL, now, 0, 0);
    how->next = how->last == NULL ? NULL : ASN1_TIME_adj(NULL, now, days, 0);
    if (how->next != NULL)
        return 0;
    if (util_errors_swallow() == 0)
        PyErr_SetString(PyExc_ValueError, "days leads out of the years 1900 to 9999");
    return -1;
}

PyObject *
crypto_crl_export(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("export", 2, 5, "cert", "key", "type", "days", "digest");
    crypto_state *state = crypto_state_of(self);
    PyObject *given[5], *type = NULL, *result = NULL;
    signing how = {.sorted = 0};
    int days = 100;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[0], state->X509_Type, "cert") < 0
        || util_check_instance(given[1], state->PKey_Type, "key") < 0)
        return NULL;
    type = given[2] == NULL ? PyLong_FromLong(X509_FILETYPE_PEM) : Py_NewRef(given[2]);
    if (type == NULL)
        return NULL;
    if (!PyLong_Check(type))
        PyErr_Format(PyExc_TypeError, "type must be an integer, not %.100s",
                     Py_TYPE(type)->tp_name);
    else if ((given[3] == NULL || util_as_int(given[3], "days", &days) == 0)
             && as_signing(state, given[0], given[1], given[4], &how) == 0
             && as_validity(days, &how) == 0)
        result = sign((CRLObject *)self, &how, type);
    signing_drop(&how);
    Py_DECREF(type);
    return result;
}
