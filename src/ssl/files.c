#include "ssl/files.h"

#include "util/error.h"

/* OpenSSL's own functions that read a file into an SSL_CTX would keep it locked meanwhile, and
   some of them ask for a passphrase on the terminal. */

X509 *
files_read_certificate(const char *path, int type, ssl_asker *asker)
{
    BIO *file = BIO_new_file(path, "rb");
    X509 *cert = NULL;

    if (file == NULL)
        return NULL;
    if (type == SSL_FILETYPE_PEM)
        cert = PEM_read_bio_X509_AUX(file, NULL, callbacks_passphrase, asker);
    else
        cert = d2i_X509_bio(file, NULL);
    BIO_free(file);
    return cert;
}

EVP_PKEY *
files_read_key(const char *path, int type, ssl_asker *asker)
{
    BIO *file = BIO_new_file(path, "rb");
    EVP_PKEY *key = NULL;

    if (file == NULL)
        return NULL;
    if (type == SSL_FILETYPE_PEM)
        key = PEM_read_bio_PrivateKey(file, NULL, callbacks_passphrase, asker);
    else
        key = d2i_PrivateKey_bio(file, NULL);
    BIO_free(file);
    return key;
}

/* Whether reading ended because there is no more, rather than because of what is there. */
static int
at_end(void)
{
    if (!util_errors_first_is(ERR_LIB_PEM, PEM_R_NO_START_LINE))
        return 0;
    util_errors_clear();
    return 1;
}

STACK_OF(X509) * files_read_certificates(const char *path, ssl_asker *asker)
{
    BIO *file = BIO_new_file(path, "rb");
    STACK_OF(X509) *list = NULL;
    X509 *cert;

    if (file == NULL)
        return NULL;
    cert = PEM_read_bio_X509_AUX(file, NULL, callbacks_passphrase, asker);
    if (cert != NULL) {
        list = sk_X509_new_null();
        util_errors_clear();
    }
    while (list != NULL && cert != NULL && sk_X509_push(list, cert))
        cert = PEM_read_bio_X509(file, NULL, callbacks_passphrase, asker);
    if (list != NULL && (cert != NULL || !at_end())) {
        sk_X509_pop_free(list, X509_free);
        list = NULL;
    }
    if (list == NULL)
        X509_free(cert);
    BIO_free(file);
    return list;
}

STACK_OF(X509_INFO) * files_read_trusted(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    STACK_OF(X509_INFO) *list = NULL;
    ssl_asker nobody = {NULL, NULL};

    if (file == NULL)
        return NULL;
    list = PEM_X509_INFO_read_bio(file, NULL, callbacks_passphrase, &nobody);
    BIO_free(file);
    return list;
}

EVP_PKEY *
files_read_parameters(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    EVP_PKEY *parameters = NULL;

    if (file == NULL)
        return NULL;
    parameters = PEM_read_bio_Parameters(file, NULL);
    BIO_free(file);
    return parameters;
}
