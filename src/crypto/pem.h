/* Loading and dumping, of every kind of object in every format, through one table. */
#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H
#include "crypto/passphrase.h"
#include "crypto/state.h"

enum { CRYPTO_FILETYPE_TEXT = 65535 }; /* beside OpenSSL's X509_FILETYPE_PEM and _ASN1 */

/* A row of the table: what OpenSSL has for one kind of object.  NULL: there is no such format. */
typedef struct {
    void *(*from_der)(const unsigned char **at, long size);
    void *(*from_pem)(BIO *bio, crypto_passphrase *passphrase);
    int (*to_der)(const void *object, unsigned char **at);
    const char *label; /* in PEM */
    int (*to_text)(BIO *bio, const void *object);
    int is_slow; /* a key: reading it lets other threads run, and encoding it is slow */
} crypto_kind;

/* The rows, in pem.c. */
extern const crypto_kind crypto_certificate, crypto_private_key, crypto_public_key, crypto_pkcs7,
    crypto_request, crypto_revocation_list;

/* A new native object from a buffer (bytes, str of ASCII, another buffer), or NULL with an
   exception.  *type* is the FILETYPE_ constant as it was given: ValueError for any other. */
void *crypto_load(crypto_state *state, const crypto_kind *kind, PyObject *type, PyObject *buffer,
                  crypto_passphrase *passphrase);
/* The same from DER that somebody else has made: bytes, which are taken over; NULL is passed on. */
void *crypto_decode(crypto_state *state, const crypto_kind *kind, PyObject *der);
/* The bytes of a native object, which the caller keeps alive; may run as its reader. */
PyObject *crypto_dump(crypto_state *state, const crypto_kind *kind, PyObject *type,
                      const void *object);

/* The format that an argument "type" names: X509_FILETYPE_PEM, _ASN1, CRYPTO_FILETYPE_TEXT, or
   0 for whatever else. */
int crypto_format_of(PyObject *type);

#define CRYPTO_FUNCTION(name)                                                          \
    PyObject *crypto_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs, \
                            PyObject *kwnames);
CRYPTO_FUNCTION(load_certificate)
CRYPTO_FUNCTION(dump_certificate)
CRYPTO_FUNCTION(load_privatekey)
CRYPTO_FUNCTION(dump_privatekey)
CRYPTO_FUNCTION(load_publickey)
CRYPTO_FUNCTION(dump_publickey)
CRYPTO_FUNCTION(load_certificate_request)
CRYPTO_FUNCTION(dump_certificate_request)
CRYPTO_FUNCTION(load_crl)
CRYPTO_FUNCTION(dump_crl)

#endif
