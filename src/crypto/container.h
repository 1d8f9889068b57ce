/* PKCS #12 as OpenSSL has it.  Nothing here speaks Python. */
#ifndef CRYPTO_CONTAINER_H
#define CRYPTO_CONTAINER_H
#include "util/openssl.h"

/* What is to be written.  Begin with the passphrase and the name, the numbers and the key, then
   add the certificates; what is in there is freed by container_discard. */
typedef struct {
    const char *passphrase; /* NULL: none, which is not the same as an empty one */
    const char *name;       /* NULL: none */
    int iter, maciter;      /* -1 for maciter: no MAC */
    EVP_PKEY *key;
    STACK_OF(PKCS12_SAFEBAG) * certs;
    unsigned char id[EVP_MAX_MD_SIZE]; /* which certificate is the key's */
    unsigned id_size;
} container_contents;

/* These two pack a certificate, so that it may change afterwards.  0: failed. */
int container_add_own(container_contents *contents, X509 *cert); /* the key's, and first */
int container_add_authority(container_contents *contents, X509 *cert);
int container_is_empty(const container_contents *contents);
/* Encrypt it all; takes long.  NULL: failed. */
PKCS12 *container_seal(const container_contents *contents);
void container_discard(container_contents *contents);

/* What was read. */
typedef struct {
    EVP_PKEY *key;
    X509 *cert; /* the key's */
    STACK_OF(X509) * others;
    const char *refused; /* our reason, where OpenSSL gives none */
} container_findings;

/* Takes long.  0: failed. */
int container_open(const unsigned char *data, long size, const char *passphrase,
                   container_findings *findings);
void container_drop(container_findings *findings);

#endif
