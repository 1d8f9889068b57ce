/* To and from the package `cryptography`, through DER, so that either side owns what it has.
   It is imported only to make one of its objects. */
#ifndef CRYPTO_INTEROP_H
#define CRYPTO_INTEROP_H
#include "util/openssl.h"
#include "util/python.h"

/* What one of its modules makes of an encoding; takes the bytes over and passes NULL on.
   Serves load_der_x509_csr and load_der_x509_crl too. */
PyObject *crypto_interop_load(const char *module, const char *loader, PyObject *der);

/* Whether value is an instance of a class there.  Never imports: while the module is not
   there, there are no instances. */
int crypto_interop_check(PyObject *value, const char *module, const char *class_name);

/* value.public_bytes(Encoding.DER) of a certificate, request or revocation list, once it has
   been found to be an instance of the class: bytes, or TypeError, naming the argument. */
PyObject *crypto_interop_der(PyObject *value, const char *class_name, const char *name);

/* Each way for the types that more than one file asks for.  *exc* is raised for what OpenSSL
   refuses; *name* is the argument's. */
PyObject *crypto_interop_from_x509(X509 *cert, PyObject *exc);
X509 *crypto_interop_as_x509(PyObject *value, const char *name, PyObject *exc);
PyObject *crypto_interop_from_name(const X509_NAME *name, PyObject *exc);
X509_NAME *crypto_interop_as_name(PyObject *value, const char *name, PyObject *exc);
PyObject *crypto_interop_from_pkey(EVP_PKEY *pkey, int only_public, PyObject *exc);
EVP_PKEY *crypto_interop_as_pkey(PyObject *value, const char *name, PyObject *exc,
                                 int *only_public);

/* The methods of X509 and PKey. */
PyObject *crypto_x509_to_cryptography(PyObject *self, PyObject *unused);
PyObject *crypto_x509_from_cryptography(PyObject *type, PyObject *const *args, Py_ssize_t nargs,
                                        PyObject *kwnames);
PyObject *crypto_pkey_to_cryptography_key(PyObject *self, PyObject *unused);
PyObject *crypto_pkey_from_cryptography_key(PyObject *type, PyObject *const *args, Py_ssize_t nargs,
                                            PyObject *kwnames);

#endif
