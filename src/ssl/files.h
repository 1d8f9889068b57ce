/* Certificates, keys and parameters from files.  Called detached: what went wrong is on
   OpenSSL's queue, or was raised by the passphrase callback. */
#ifndef SSL_FILES_H
#define SSL_FILES_H
#include "ssl/callbacks.h"
#include "util/openssl.h"

/* *type* is SSL_FILETYPE_PEM or SSL_FILETYPE_ASN1. */
X509 *files_read_certificate(const char *path, int type, ssl_asker *asker);
EVP_PKEY *files_read_key(const char *path, int type, ssl_asker *asker);

/* All certificates of a PEM file, at least one. */
STACK_OF(X509) * files_read_certificates(const char *path, ssl_asker *asker);

/* Certificates and CRLs, trusted or not, of a PEM file. */
STACK_OF(X509_INFO) * files_read_trusted(const char *path);

/* Diffie-Hellman parameters of a PEM file. */
EVP_PKEY *files_read_parameters(const char *path);

#endif
