#include "crypto/container.h"

#include "util/error.h"

/* ---- writing ---- */

/* Every version of every program can read this. */
enum { ENCRYPTION = NID_pbe_WithSHA1And3_Key_TripleDES_CBC };

static int
describe(PKCS12_SAFEBAG *bag, const char *name, int name_size)
{
    return name == NULL || PKCS12_add_friendlyname_utf8(bag, name, name_size);
}

static int
identify(PKCS12_SAFEBAG *bag, const container_contents *contents)
{
    return contents->id_size == 0
           || PKCS12_add_localkeyid(bag, (unsigned char *)contents->id, (int)contents->id_size);
}

static int
push(container_contents *contents, PKCS12_SAFEBAG *bag)
{
    if (contents->certs == NULL)
        contents->certs = sk_PKCS12_SAFEBAG_new_null();
    return contents->certs != NULL && sk_PKCS12_SAFEBAG_push(contents->certs, bag) > 0;
}

/* OpenSSL takes a certificate that cannot be encoded for exhausted memory. */
static PKCS12_SAFEBAG *
pack(X509 *cert)
{
    return i2d_X509(cert, NULL) < 0 ? NULL : PKCS12_SAFEBAG_create_cert(cert);
}

int
container_add_own(container_contents *contents, X509 *cert)
{
    PKCS12_SAFEBAG *bag;

    if (contents->key != NULL
        && (X509_check_private_key(cert, contents->key) != 1
            || !X509_digest(cert, EVP_sha1(), contents->id, &contents->id_size)))
        return 0;
    bag = pack(cert);
    if (bag != NULL && describe(bag, contents->name, -1) && identify(bag, contents)
        && push(contents, bag))
        return 1;
    PKCS12_SAFEBAG_free(bag);
    return 0;
}

/* An authority keeps the name that it had in the container that it came from. */
int
container_add_authority(container_contents *contents, X509 *cert)
{
    int size = 0;
    const char *name = (const char *)X509_alias_get0(cert, &size);
    PKCS12_SAFEBAG *bag = pack(cert);

    if (bag != NULL && describe(bag, name, size) && push(contents, bag))
        return 1;
    PKCS12_SAFEBAG_free(bag);
    return 0;
}

int
container_is_empty(const container_contents *contents)
{
    return contents->key == NULL && contents->certs == NULL;
}

static int
seal_certificates(const container_contents *contents, STACK_OF(PKCS7) * *safes)
{
    return contents->certs == NULL
           || PKCS12_add_safe(safes, contents->certs, ENCRYPTION, contents->iter,
                              contents->passphrase);
}

static int
seal_key(const container_contents *contents, STACK_OF(PKCS7) * *safes)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12_SAFEBAG *bag;
    int good;

    if (contents->key == NULL)
        return 1;
    bag = PKCS12_add_key(&bags, contents->key, 0, contents->iter, ENCRYPTION, contents->passphrase);
    good = bag != NULL && describe(bag, contents->name, -1) && identify(bag, contents)
           && PKCS12_add_safe(safes, bags, -1, 0, NULL);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return good;
}

/* PKCS12_create does nearly the same, but it invents a name out of the certificate when it is
   given none, and goes on without the certificate when memory runs out. */
PKCS12 *
container_seal(const container_contents *contents)
{
    STACK_OF(PKCS7) *safes = NULL;
    PKCS12 *result = NULL;
    int maciter = contents->maciter ? contents->maciter : 1; /* 0 is something else by version */

    if (seal_certificates(contents, &safes) && seal_key(contents, &safes))
        result = PKCS12_add_safes(safes, 0);
    if (result != NULL && maciter != -1
        && !PKCS12_set_mac(result, contents->passphrase, -1, NULL, 0, maciter, NULL)) {
        PKCS12_free(result);
        result = NULL;
    }
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return result;
}

void
container_discard(container_contents *contents)
{
    EVP_PKEY_free(contents->key);
    sk_PKCS12_SAFEBAG_pop_free(contents->certs, PKCS12_SAFEBAG_free);
}

/* ---- reading ---- */

static int
parse(PKCS12 *p12, const char *passphrase, container_findings *findings)
{
    if (PKCS12_parse(p12, passphrase, &findings->key, &findings->cert, &findings->others))
        return 1;
    findings->key = NULL; /* OpenSSL has freed these two, and not always the others */
    findings->cert = NULL;
    return 0;
}

/* Whether the key's certificate is perhaps among the others, not recognised because memory ran out
   when its public key was decoded or compared: OpenSSL says nothing of that. */
static int
is_doubtful(const container_findings *findings)
{
    int result = 0;

    if (findings->key == NULL || findings->cert != NULL)
        return 0;
    for (int i = 0; i < sk_X509_num(findings->others) && !result; i++) {
        X509 *cert = sk_X509_value(findings->others, i);

        result = X509_get0_pubkey(cert) == NULL || X509_check_private_key(cert, findings->key) == 1;
    }
    util_errors_clear();
    return result;
}

int
container_open(const unsigned char *data, long size, const char *passphrase,
               container_findings *findings)
{
    PKCS12 *p12 = d2i_PKCS12(NULL, &data, size);
    int good = 0;

    if (p12 != NULL && !PKCS12_mac_present(p12)) /* what then happens depends on the version */
        findings->refused = "mac absent";
    else if (p12 != NULL)
        good = parse(p12, passphrase, findings);
    if (good && is_doubtful(findings)) {
        container_drop(findings);
        *findings = (container_findings){0};
        good = parse(p12, passphrase, findings);
    }
    PKCS12_free(p12);
    return good;
}

void
container_drop(container_findings *findings)
{
    EVP_PKEY_free(findings->key);
    X509_free(findings->cert);
    sk_X509_pop_free(findings->others, X509_free);
}
