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

/* A list that is to take the other's place. */
typedef struct {
    X509_CRL *fresh;
    STACK_OF(X509_REVOKED) * entries; /* the other's, to be shared with it */
    unsigned changes;                 /* as many as there were when we looked */
    int may_upgrade;                  /* nobody has chosen a version */
} draft;

/* All but the entries, of which there may be many.  For a reader. */
static int
begin(const CRLObject *self, const signing *how, draft *d)
{
    X509_CRL *old = self->ptr, *fresh = X509_CRL_new();
    long version = X509_CRL_get_version(old);
    int done;

    d->fresh = fresh;
    d->entries = sk_X509_REVOKED_dup(X509_CRL_get_REVOKED(old));
    d->changes = self->changes;
    d->may_upgrade = version == 0 && !self->version_set;
    done = fresh != NULL && d->entries != NULL
           && (version == 0 || X509_CRL_set_version(fresh, version))
           && X509_CRL_set_issuer_name(fresh, how->issuer)
           && put_time(fresh, X509_CRL_set1_lastUpdate, how->last, X509_CRL_get0_lastUpdate(old))
           && put_time(fresh, X509_CRL_set1_nextUpdate, how->next, X509_CRL_get0_nextUpdate(old));
    for (int i = 0; done && i < X509_CRL_get_ext_count(old); i++)
        done = put_copy(fresh, X509_CRL_get_ext(old, i));
    return done;
}

/* What takes long: with nothing held, since entries do not change.  X509_CRL_sort would number
   them, which two signers may not do at once. */
static int
finish(const draft *d, const signing *how)
{
    int done = 1;

    for (int i = 0; done && i < sk_X509_REVOKED_num(d->entries); i++)
        done = X509_CRL_add0_revoked(d->fresh, sk_X509_REVOKED_value(d->entries, i));
    if (done && d->may_upgrade && has_extensions(d->fresh))
        done = X509_CRL_set_version(d->fresh, 1);
    if (done && how->sorted && X509_CRL_get_REVOKED(d->fresh) != NULL)
        sk_X509_REVOKED_sort(X509_CRL_get_REVOKED(d->fresh));
    return done && X509_CRL_sign(d->fresh, how->key, how->md) > 0;
}

/* 1, or -1: somebody has changed what the draft was made of.  For a writer. */
static int
take(CRLObject *self, draft *d)
{
    X509_CRL *old = self->ptr;

    if (self->changes != d->changes)
        return -1;
    self->changes++;
    self->ptr = d->fresh;
    d->fresh = old;
    return 1;
}

/* Two lists share the entries; this is the one that does not stay. */
static void
discard(draft *d)
{
    if (d->fresh != NULL && X509_CRL_get_REVOKED(d->fresh) != NULL)
        sk_X509_REVOKED_zero(X509_CRL_get_REVOKED(d->fresh));
    X509_CRL_free(d->fresh);
    sk_X509_REVOKED_free(d->entries);
}

/* With *type* the encoding, else None. */
static PyObject *
answer(crypto_state *state, const draft *d, PyObject *type)
{
    return type == NULL ? Py_NewRef(Py_None)
                        : crypto_dump(state, &crypto_revocation_list, type, d->fresh);
}

/* Both: 1 and a result, 0 (an exception, or the reason on OpenSSL's queue), or -1: somebody has
   changed it meanwhile.  If it fails, all is as it was. */
static int
sign_beside_others(CRLObject *self, const signing *how, PyObject *type, PyObject **result)
{
    crypto_state *state = crypto_state_of((PyObject *)self);
    draft d = {NULL};
    int done;

    UTIL_READING(self, done = begin(self, how, &d));
    if (done)
        DETACHED(done = finish(&d, how));
    if (done) {
        *result = answer(state, &d, type);
        done = *result != NULL;
    }
    if (done)
        UTIL_WRITING(self, done = take(self, &d));
    if (done < 0)
        Py_CLEAR(*result);
    discard(&d);
    return done;
}

static int
sign_alone(CRLObject *self, const signing *how, PyObject *type, PyObject **result)
{
    crypto_state *state = crypto_state_of((PyObject *)self);
    draft d = {NULL};

    UTIL_WRITING(self,
                 *result = begin(self, how, &d) && finish(&d, how) ? answer(state, &d, type) : NULL;
                 if (*result != NULL) take(self, &d));
    discard(&d);
    return *result != NULL;
}

/* OpenSSL would sign a list without, which nobody can read. */
static int
has_time(const CRLObject *self, const signing *how)
{
    return how->last != NULL || ASN1_STRING_length(X509_CRL_get0_lastUpdate(self->ptr)) > 0;
}

/* As with certificates: if somebody has changed the list while it was signed, it is signed once
   more, and this time nobody gets in between. */
static PyObject *
sign(CRLObject *self, const signing *how, PyObject *type)
{
    PyObject *exc = crypto_state_of((PyObject *)self)->Error, *result = NULL;
    int done;

    util_errors_clear();
    UTIL_READING(self, done = has_time(self, how));
    if (!done)
        return util_raise_reason(exc, "x509 certificate routines", "no last update");
    done = sign_beside_others(self, how, type, &result);
    if (done < 0)
        done = sign_alone(self, how, type, &result);
    return done || PyErr_Occurred() ? result : crypto_raise_unsigned(exc);
}

static X509_NAME *
subject_of(PyObject *cert, PyObject *exc)
{
    X509_NAME *copy;

    UTIL_READING(cert, copy = X509_NAME_dup(X509_get_subject_name(((X509Object *)cert)->ptr)));
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
