/* Passphrases: bytes, a callable or none, as what OpenSSL asks for them. */
#ifndef CRYPTO_PASSPHRASE_H
#define CRYPTO_PASSPHRASE_H
#include "util/openssl.h"
#include "util/python.h"

/* Borrowed; on the caller's stack for the length of a call. */
typedef struct {
    PyObject *answer; /* bytes, a callable, or NULL: there is none, and nobody is asked */
} crypto_passphrase;

/* 0, or -1 with TypeError for what is neither.  None is NULL. */
int crypto_passphrase_init(crypto_passphrase *self, PyObject *given);

/* A pem_password_cb, to be called with the crypto_passphrase.  Never asks on the terminal:
   without a passphrase the call fails. */
int crypto_passphrase_ask(char *buffer, int size, int writing, void *self);

#endif
