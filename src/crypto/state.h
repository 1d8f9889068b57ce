/* The module's state, the objects' structs, and what the types offer each other. */
#ifndef CRYPTO_STATE_H
#define CRYPTO_STATE_H
#include "crypto/api.h"
#include "util/error.h"
#include "util/module.h"

#define CRYPTO_STATE(X)                 \
    X(PyObject, Error)                  \
    X(PyObject, X509StoreContextError)  \
    X(PyObject, curves)                 \
    X(PyTypeObject, PKey_Type)          \
    X(PyTypeObject, Curve_Type)         \
    X(PyTypeObject, X509_Type)          \
    X(PyTypeObject, X509Name_Type)      \
    X(PyTypeObject, X509Extension_Type) \
    X(PyTypeObject, X509Req_Type)       \
    X(PyTypeObject, CRL_Type)           \
    X(PyTypeObject, Revoked_Type)       \
    X(PyTypeObject, PKCS7_Type)         \
    X(PyTypeObject, PKCS12_Type)        \
    X(PyTypeObject, SPKI_Type)          \
    X(PyTypeObject, X509Store_Type)     \
    X(PyTypeObject, X509StoreContext_Type)

typedef struct {
    CRYPTO_STATE(UTIL_STATE_FIELD)
} crypto_state;

extern PyModuleDef crypto_module;

static inline crypto_state *
crypto_state_of_type(PyTypeObject *type)
{
    return PyModule_GetState(PyType_GetModuleByDef(type, &crypto_module));
}

static inline crypto_state *
crypto_state_of(PyObject *self)
{
    return crypto_state_of_type(Py_TYPE(self));
}

/* What a setter ends with. */
static inline PyObject *
crypto_none_or_raise(PyObject *self, int done)
{
    if (!done)
        return util_raise_new(crypto_state_of(self)->Error);
    Py_RETURN_NONE;
}

/* ---- keys: pkey.c ---- */

typedef struct {
    UTIL_HEAD
    EVP_PKEY *ptr; /* generate_key replaces all three: see crypto_pkey_get1 */
    char only_public, initialized;
} PKeyObject;

extern PyType_Spec pkey_spec, curve_spec;
PyObject *crypto_pkey_wrap(PyTypeObject *type, EVP_PKEY *taken, int only_public);
/* The key with a reference of the caller's own; value has been checked to be a PKey. */
EVP_PKEY *crypto_pkey_get1(PyObject *pkey);
/* And whether that key, not what another thread has put in its place, has only its public part. */
EVP_PKEY *crypto_pkey_get1_part(PyObject *pkey, int *only_public);
/* The same for a value that may be anything: TypeError, or Error for an empty key. */
EVP_PKEY *crypto_as_pkey(crypto_state *state, PyObject *value, const char *name);
/* Instead of a PKey's private key a copy, where its kind has copies: while OpenSSL encodes a key it
   changes a flag of it, so another thread that encodes the same would get, or leave behind,
   something else. */
EVP_PKEY *crypto_pkey_to_encode(PyObject *pkey, EVP_PKEY *taken);
/* The same for a PKey whose private part is written out: Error if it has none. */
EVP_PKEY *crypto_private_part(crypto_state *state, PyObject *pkey);
/* The same for a key that is to sign: TypeError, or ValueError for an empty or public one. */
EVP_PKEY *crypto_as_signer(crypto_state *state, PyObject *value, const char *name);

/* ---- digests: sign.c ---- */

/* A fetched digest by name, to be freed; *md is NULL for None and "" (Ed25519 and its like
   take none).  ValueError when the library does not know it. */
int crypto_as_digest(PyObject *value, const char *name, EVP_MD **md);
/* The same for use with a key: ValueError for None when the key needs a digest.  value NULL, not
   given: SHA-256 if it does.  key NULL: any digest is right. */
int crypto_as_signing_digest(EVP_PKEY *key, PyObject *value, const char *name, EVP_MD **md);
/* Why an object could not be signed. */
void *crypto_raise_unsigned(PyObject *exc);

/* The answer to verifying: *answer*, borrowed, or Error.  Some kinds of keys say no silently. */
PyObject *crypto_verdict(crypto_state *state, int good, PyObject *answer, const char *library);

PyObject *crypto_sign(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *crypto_verify(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames);

/* ---- certificates: x509.c ---- */

typedef struct {
    UTIL_HEAD
    X509 *ptr;
    unsigned changes;   /* how many there were */
    atomic_ushort size; /* of the encoding, since the last change; 0: not known */
    char lent;  /* others have references, in other threads perhaps: copied before a change */
    char shown; /* as a number, to who may change it behind our back */
} X509Object;

static inline void
crypto_x509_set_size(X509Object *self, int size)
{
    atomic_store_explicit(&self->size, (unsigned short)size, memory_order_relaxed);
}

extern PyType_Spec x509_spec, name_spec, extension_spec;
/* One that nobody else has a reference to. */
PyObject *crypto_x509_wrap(PyTypeObject *type, X509 *taken);

/* ---- requests: request.c ---- */

extern PyType_Spec request_spec;

/* ---- revocation lists: crl.c, revoked.c ---- */

extern PyType_Spec crl_spec, revoked_spec;
/* For a store: a copy that is the caller's alone, which threads may share, from a CRL or one of
   the package `cryptography`; TypeError for what is neither. */
X509_CRL *crypto_as_crl(crypto_state *state, PyObject *value, const char *name);
PyObject *crypto_revoked_wrap(PyTypeObject *type, X509_REVOKED *taken);
/* revoked has been checked to be a Revoked.  Error for one that cannot be encoded. */
X509_REVOKED *crypto_revoked_copy(PyObject *revoked, PyObject *exc);

/* ---- containers: pkcs7.c, pkcs12.c, spki.c ---- */

extern PyType_Spec pkcs7_spec, pkcs12_spec, spki_spec;
PyObject *crypto_load_pkcs7_data(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames);
PyObject *crypto_load_pkcs12(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames);

/* ---- sharing certificates: lend.c ---- */

/* For those who keep it: a reference to what nobody changes any more.  Error for one
   that cannot be encoded, since it is not complete.  cert has been checked to be an X509. */
X509 *crypto_x509_lend(PyObject *cert, PyObject *exc);
/* One that others have references to. */
PyObject *crypto_x509_wrap_lent(PyTypeObject *type, X509 *taken);
/* Before every change, as its writer: what was lent is left to the others.  Clears OpenSSL's queue
   for it, too.  0: there is no memory for that; why is on the queue. */
int crypto_x509_own(PyObject *cert);
/* A copy with all that setters have changed; NULL: why is on OpenSSL's queue.  For a reader. */
X509 *crypto_x509_copy(X509 *cert);
/* For a writer. */
void crypto_x509_replace(X509Object *self, X509 *taken);

/* ---- stores: store.c, storectx.c, storectx_error.c ---- */

typedef struct {
    UTIL_HEAD
    X509_STORE *ptr;
    PyObject *owner;   /* the Context whose store this is, or NULL */
    util_rwlock *lock; /* the owner's, or own */
    util_rwlock own;
} StoreObject;

extern PyType_Spec store_spec, storectx_spec, storectx_error_spec;
extern const util_constant crypto_store_flags[];
/* owner NULL: with a lock of its own. */
PyObject *crypto_store_wrap(PyTypeObject *type, X509_STORE *taken, PyObject *owner,
                            util_rwlock *lock);

/* ---- for OpenSSL._util: native.c ---- */

extern PyMethodDef crypto_native_methods[];

/* ---- the capsule for SSL: api.c ---- */

int crypto_add_api(PyObject *module, crypto_state *state);

PyObject *crypto_X509_verify_cert_error_string(PyObject *module, PyObject *const *args,
                                               Py_ssize_t nargs, PyObject *kwnames);

#endif
