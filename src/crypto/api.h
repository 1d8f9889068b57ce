/* What SSL may know of crypto.  The only header of this folder that it includes. */
#ifndef CRYPTO_API_H
#define CRYPTO_API_H
#include "util/object.h"
#include "util/openssl.h"
#include "util/python.h"
#include "util/rwlock.h"

#define CRYPTO_API_NAME "OpenSSL.crypto._api"
#define CRYPTO_API_VERSION 1

typedef struct crypto_api crypto_api;

/* One per interpreter, on the heap, owned by the capsule: it outlives the module. */
struct crypto_api {
    int version;
    PyTypeObject *X509_Type, *X509Name_Type, *X509Store_Type, *PKey_Type, *Curve_Type;

    /* Take the pointer over, in failure too. */
    PyObject *(*x509_wrap)(PyTypeObject *type, X509 *taken);
    PyObject *(*name_wrap)(PyTypeObject *type, X509_NAME *taken);
    /* The store of a Context: *owner* is kept, and *lock*, which lives in it, guards the store:
       who verifies reads, who sets something writes. */
    PyObject *(*store_wrap)(PyTypeObject *type, X509_STORE *taken, PyObject *owner,
                            util_rwlock *lock);

    /* A reference of the caller's own, from our object or one of the package `cryptography`;
       NULL with an exception that names the argument, exc where OpenSSL refuses.  The
       certificate is never changed any more (an X509 that is edited gets a copy first), so
       threads may share it.  The key is a whole private one; the name is a copy. */
    X509 *(*as_x509)(const crypto_api *api, PyObject *value, const char *name, PyObject *exc);
    EVP_PKEY *(*as_private_key)(const crypto_api *api, PyObject *value, const char *name,
                                PyObject *exc);
    X509_NAME *(*as_name)(const crypto_api *api, PyObject *value, const char *name, PyObject *exc);

    /* As objects of the package `cryptography`, which is imported then. */
    PyObject *(*x509_to_cryptography)(X509 *cert, PyObject *exc);
    PyObject *(*name_to_cryptography)(const X509_NAME *name, PyObject *exc);
};

#endif
