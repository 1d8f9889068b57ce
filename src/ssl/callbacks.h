/* From OpenSSL back into Python. */
#ifndef SSL_CALLBACKS_H
#define SSL_CALLBACKS_H
#include "ssl/state.h"

/* The trampolines.  They find the Connection through SSL_get_app_data, and the callable in its
   calls: what they need to know comes with the SSL. */
int callbacks_verify(int ok, X509_STORE_CTX *store);
int callbacks_verify_chain(X509_STORE_CTX *store, void *unused); /* does not ask Python itself */
void callbacks_info(const SSL *ssl, int where, int value);
void callbacks_keylog(const SSL *ssl, const char *line);
int callbacks_servername(SSL *ssl, int *alert, void *unused);
int callbacks_alpn_select(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                          const unsigned char *in, unsigned in_size, void *unused);
int callbacks_ocsp(SSL *ssl, void *unused);
int callbacks_cookie_generate(SSL *ssl, unsigned char *cookie, unsigned *size);
int callbacks_cookie_verify(SSL *ssl, const unsigned char *cookie, unsigned size);

/* Whom to ask for a passphrase: what set_passwd_cb was given.  Without a callable every
   question is refused; the terminal is never asked. */
typedef struct {
    PyObject *callable, *data; /* own references */
} ssl_asker;

/* A pem_password_cb; *asker* is an ssl_asker. */
int callbacks_passphrase(char *buffer, int size, int writing, void *asker);

#endif
