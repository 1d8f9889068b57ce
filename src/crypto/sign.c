#include "crypto/state.h"
#include "util/args.h"
#include "util/error.h"
#include "util/thread.h"

#include <string.h>

/* ---- digests ---- */

int
crypto_as_digest(PyObject *value, const char *name, EVP_MD **md)
{
    PyObject *digest;

    *md = NULL;
    if (value == Py_None)
        return 0;
    digest = util_as_identifier(value, name);
    if (digest == NULL)
        return -1;
    if (PyBytes_GET_SIZE(digest) > 0) {
        util_errors_clear();
        *md = EVP_MD_fetch(NULL, PyBytes_AS_STRING(digest), NULL);
        if (*md == NULL && util_errors_swallow() == 0)
            PyErr_Format(PyExc_ValueError,
                         EVP_get_digestbyname(PyBytes_AS_STRING(digest)) != NULL
                             ? "%s is a digest that no active provider of OpenSSL offers"
                             : "%s is no digest that is known",
                         name);
    }
    Py_DECREF(digest);
    return PyErr_Occurred() ? -1 : 0;
}

/* Ed25519 and its like hash by themselves. */
static int
takes_digest(EVP_PKEY *key)
{
    char name[80] = "";
    int known;

    if (key == NULL)
        return 0;
    util_errors_mark();
    known = EVP_PKEY_get_default_digest_name(key, name, sizeof name) > 0;
    util_errors_forget();
    return known && name[0] != '\0' && strcmp(name, "UNDEF") != 0;
}

static int
default_digest(EVP_MD **md)
{
    PyObject *name = PyUnicode_FromString("sha256");
    int result = name == NULL ? -1 : crypto_as_digest(name, "digest", md);

    Py_XDECREF(name);
    return result;
}

int
crypto_as_signing_digest(EVP_PKEY *key, PyObject *value, const char *name, EVP_MD **md)
{
    *md = NULL;
    if (value == NULL)
        return takes_digest(key) ? default_digest(md) : 0;
    if (crypto_as_digest(value, name, md) < 0)
        return -1;
    if (*md != NULL || !takes_digest(key))
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must name a digest for this kind of key", name);
    return -1;
}

/* No lack of memory, if there is no reason: OpenSSL 3.0 leaves out this one, which later versions
   have. */
void *
crypto_raise_unsigned(PyObject *exc)
{
    if (util_errors_pending())
        return util_raise(exc);
    return util_raise_reason(exc, "asn1 encoding routines", "digest and key type not supported");
}

/* ---- signatures over data ---- */

static int
sign_data(EVP_PKEY *key, const EVP_MD *md, const Py_buffer *data, unsigned char **signature,
          size_t *size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t room = 0;
    int done = 0;

    if (ctx != NULL && EVP_DigestSignInit(ctx, NULL, md, NULL, key) > 0
        && EVP_DigestSign(ctx, NULL, &room, data->buf, (size_t)data->len) > 0
        && (*signature = OPENSSL_malloc(room)) != NULL) {
        *size = room;
        /* Out of memory, ECDSA may say that it made -1 bytes. */
        done = EVP_DigestSign(ctx, *signature, size, data->buf, (size_t)data->len) > 0
               && *size <= room;
    }
    EVP_MD_CTX_free(ctx);
    return done;
}

PyObject *
crypto_sign(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sign", 3, 3, "pkey", "data", "digest");
    crypto_state *state = PyModule_GetState(module);
    PyObject *given[3], *result = NULL;
    unsigned char *signature = NULL;
    EVP_PKEY *key = NULL;
    EVP_MD *md = NULL;
    Py_buffer data = {0};
    size_t size = 0;
    int done = 0;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_warned_buffer(given[1], "data", &data) < 0)
        return NULL;
    if ((key = crypto_as_signer(state, given[0], "pkey")) == NULL
        || crypto_as_signing_digest(key, given[2], "digest", &md) < 0)
        goto done;
    util_errors_clear();
    DETACHED(done = sign_data(key, md, &data, &signature, &size));
    if (done)
        result = PyBytes_FromStringAndSize((char *)signature, (Py_ssize_t)size);
    else
        util_raise(state->Error);
done:
    util_errors_clear();
    OPENSSL_free(signature);
    EVP_PKEY_free(key);
    EVP_MD_free(md);
    PyBuffer_Release(&data);
    return result;
}

/* 1: it is this key's signature. */
static int
verify_data(EVP_PKEY *key, const EVP_MD *md, const Py_buffer *data, const Py_buffer *signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) > 0
               && EVP_DigestVerify(ctx, signature->buf, (size_t)signature->len, data->buf,
                                   (size_t)data->len)
                      == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

/* The certificate's key, with a reference of our own. */
static EVP_PKEY *
key_of(crypto_state *state, PyObject *cert)
{
    EVP_PKEY *key;

    if (util_check_instance(cert, state->X509_Type, "cert") < 0)
        return NULL;
    util_errors_clear();
    UTIL_READING(cert, key = X509_get_pubkey(((X509Object *)cert)->ptr));
    return key == NULL ? util_raise(state->Error) : key;
}

PyObject *
crypto_verdict(crypto_state *state, int good, PyObject *answer, const char *library)
{
    if (good)
        return Py_NewRef(answer);
    if (util_errors_pending())
        return util_raise(state->Error);
    return util_raise_reason(state->Error, library, "bad signature");
}

PyObject *
crypto_verify(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("verify", 4, 4, "cert", "signature", "data", "digest");
    crypto_state *state = PyModule_GetState(module);
    PyObject *given[4], *result = NULL;
    EVP_PKEY *key = NULL;
    EVP_MD *md = NULL;
    Py_buffer data = {0}, signature = {0};
    int good = 0;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_warned_buffer(given[2], "data", &data) < 0)
        return NULL;
    if (util_as_buffer(given[1], "signature", &signature) < 0
        || (key = key_of(state, given[0])) == NULL
        || crypto_as_signing_digest(key, given[3], "digest", &md) < 0)
        goto done;
    util_errors_clear();
    DETACHED(good = verify_data(key, md, &data, &signature));
    result = crypto_verdict(state, good, Py_None, "digital envelope routines");
done:
    util_errors_clear();
    EVP_PKEY_free(key);
    EVP_MD_free(md);
    PyBuffer_Release(&data);
    PyBuffer_Release(&signature);
    return result;
}
