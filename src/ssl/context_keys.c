#include "ssl/context.h"
#include "ssl/files.h"
#include "util/args.h"
#include "util/error.h"

#include <string.h>

/* Context's certificates and keys.  What is slow, files above all, is done before the Context
   is locked. */

/* ---- whom to ask for a passphrase ---- */

PyObject *
context_set_passwd_cb(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_passwd_cb", 1, 2, "callback", "userdata");
    ContextObject *self = (ContextObject *)op;
    PyObject *given[2], *callable, *data;
    util_hold hold;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_callable(given[0], "callback") < 0 || ssl_context_write(op, &hold) == NULL)
        return NULL;
    callable = self->passphrase;
    data = self->passphrase_data;
    self->passphrase = Py_NewRef(given[0]);
    self->passphrase_data = Py_NewRef(given[1] == NULL ? Py_None : given[1]);
    util_rwlock_release(&hold);
    Py_XDECREF(callable);
    Py_XDECREF(data);
    Py_RETURN_NONE;
}

static int
get_asker(PyObject *op, ssl_asker *asker)
{
    ContextObject *self = (ContextObject *)op;
    util_hold hold;

    *asker = (ssl_asker){NULL, NULL};
    if (ssl_context_read(op, &hold) == NULL)
        return -1;
    asker->callable = Py_XNewRef(self->passphrase);
    asker->data = Py_XNewRef(self->passphrase_data);
    util_rwlock_release(&hold);
    return 0;
}

static void
put_asker(ssl_asker *asker)
{
    Py_CLEAR(asker->callable);
    Py_CLEAR(asker->data);
}

/* ---- arguments of use_x_file ---- */

typedef struct {
    PyObject *path;
    int type;
    ssl_asker asker;
} file_args;

static int
bind_file(PyObject *self, const util_params *params, PyObject *const *args, Py_ssize_t nargs,
          PyObject *kwnames, file_args *file)
{
    PyObject *given[2];

    *file = (file_args){NULL, SSL_FILETYPE_PEM, {NULL, NULL}};
    given[1] = NULL;
    if (util_bind(params, args, nargs, kwnames, given) < 0)
        return -1;
    file->path = util_as_path(given[0], params->names[0]);
    if (file->path == NULL
        || (given[1] != NULL && util_as_int(given[1], params->names[1], &file->type) < 0))
        return -1;
    if (file->type != SSL_FILETYPE_PEM && file->type != SSL_FILETYPE_ASN1) {
        util_raise_reason(ssl_state_of(self)->Error, "SSL routines", "bad ssl filetype");
        return -1;
    }
    util_errors_clear();
    return get_asker(self, &file->asker);
}

static void
release_file(file_args *file)
{
    Py_XDECREF(file->path);
    put_asker(&file->asker);
}

/* ---- certificates ---- */

static PyObject *
put_certificate(PyObject *self, X509 *cert)
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(self, &hold);

    return ctx == NULL ? NULL : ssl_context_done(self, &hold, SSL_CTX_use_certificate(ctx, cert));
}

PyObject *
context_use_certificate(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("use_certificate", 1, 1, "cert");
    ssl_state *state = ssl_state_of(self);
    PyObject *given, *result;
    X509 *cert;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (cert = state->crypto->as_x509(state->crypto, given, "cert", state->Error)) == NULL)
        return NULL;
    result = put_certificate(self, cert);
    X509_free(cert);
    return result;
}

PyObject *
context_use_certificate_file(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames)
{
    UTIL_PARAMS("use_certificate_file", 1, 2, "certfile", "filetype");
    PyObject *result = NULL;
    X509 *cert = NULL;
    file_args file;

    if (bind_file(self, &params, args, nargs, kwnames, &file) < 0)
        goto done;
    DETACHED(cert = files_read_certificate(PyBytes_AS_STRING(file.path), file.type, &file.asker));
    result = cert == NULL ? util_raise(ssl_state_of(self)->Error) : put_certificate(self, cert);
done:
    X509_free(cert);
    release_file(&file);
    return result;
}

/* Whether an SSL_CTX of this security level takes the chain: it takes it wholly or not at
   all, while OpenSSL would leave the certificate behind when it refuses what follows. */
static int
is_acceptable_chain(SSL_CTX *ctx, X509 *cert, STACK_OF(X509) * chain)
{
    SSL_CTX *trial;
    int result;

    if (sk_X509_num(chain) == 0)
        return 1;
    trial = SSL_CTX_new(SSL_CTX_get_ssl_method(ctx));
    if (trial == NULL)
        return 0;
    SSL_CTX_set_security_level(trial, SSL_CTX_get_security_level(ctx));
    result = SSL_CTX_use_certificate(trial, cert) && SSL_CTX_set1_chain(trial, chain);
    SSL_CTX_free(trial);
    return result;
}

static PyObject *
put_chain(PyObject *self, X509 *cert, STACK_OF(X509) * chain)
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(self, &hold);

    if (ctx == NULL)
        return NULL;
    return ssl_context_done(self, &hold,
                            is_acceptable_chain(ctx, cert, chain)
                                && SSL_CTX_use_certificate(ctx, cert)
                                && SSL_CTX_set1_chain(ctx, sk_X509_num(chain) > 0 ? chain : NULL));
}

PyObject *
context_use_certificate_chain_file(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *kwnames)
{
    UTIL_PARAMS("use_certificate_chain_file", 1, 1, "certfile");
    PyObject *result = NULL;
    STACK_OF(X509) *chain = NULL;
    X509 *cert = NULL;
    file_args file;

    if (bind_file(self, &params, args, nargs, kwnames, &file) < 0)
        goto done;
    DETACHED(chain = files_read_certificates(PyBytes_AS_STRING(file.path), &file.asker));
    if (chain == NULL) {
        util_raise(ssl_state_of(self)->Error);
        goto done;
    }
    cert = sk_X509_shift(chain);
    result = put_chain(self, cert, chain);
done:
    X509_free(cert);
    sk_X509_pop_free(chain, X509_free);
    release_file(&file);
    return result;
}

PyObject *
context_add_extra_chain_cert(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames)
{
    UTIL_PARAMS("add_extra_chain_cert", 1, 1, "certobj");
    ssl_state *state = ssl_state_of(self);
    PyObject *given;
    util_hold hold;
    SSL_CTX *ctx;
    X509 *cert;
    int success;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (cert = state->crypto->as_x509(state->crypto, given, "certobj", state->Error)) == NULL)
        return NULL;
    ctx = ssl_context_write(self, &hold);
    if (ctx == NULL) {
        X509_free(cert);
        return NULL;
    }
    success = SSL_CTX_add_extra_chain_cert(ctx, cert) == 1; /* takes it over */
    if (!success)
        X509_free(cert);
    return ssl_context_done(self, &hold, success);
}

/* ---- keys ---- */

static PyObject *
put_key(PyObject *self, EVP_PKEY *key)
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(self, &hold);

    return ctx == NULL ? NULL : ssl_context_done(self, &hold, SSL_CTX_use_PrivateKey(ctx, key));
}

PyObject *
context_use_privatekey(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("use_privatekey", 1, 1, "pkey");
    ssl_state *state = ssl_state_of(self);
    PyObject *given, *result;
    EVP_PKEY *key;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (key = state->crypto->as_private_key(state->crypto, given, "pkey", state->Error))
               == NULL)
        return NULL;
    result = put_key(self, key);
    EVP_PKEY_free(key);
    return result;
}

PyObject *
context_use_privatekey_file(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    UTIL_PARAMS("use_privatekey_file", 1, 2, "keyfile", "filetype");
    PyObject *result = NULL;
    EVP_PKEY *key = NULL;
    file_args file;

    if (bind_file(self, &params, args, nargs, kwnames, &file) < 0)
        goto done;
    DETACHED(key = files_read_key(PyBytes_AS_STRING(file.path), file.type, &file.asker));
    result = key == NULL ? util_raise(ssl_state_of(self)->Error) : put_key(self, key);
done:
    EVP_PKEY_free(key);
    release_file(&file);
    return result;
}

PyObject *
context_check_privatekey(PyObject *self, PyObject *unused)
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_read(self, &hold);

    return ctx == NULL ? NULL : ssl_context_done(self, &hold, SSL_CTX_check_private_key(ctx));
}

/* ---- key exchange ---- */

PyObject *
context_load_tmp_dh(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_tmp_dh", 1, 1, "dhfile");
    PyObject *result = NULL;
    EVP_PKEY *parameters = NULL;
    util_hold hold;
    file_args file;
    SSL_CTX *ctx;

    if (bind_file(self, &params, args, nargs, kwnames, &file) < 0)
        goto done;
    DETACHED(parameters = files_read_parameters(PyBytes_AS_STRING(file.path)));
    if (parameters == NULL) {
        util_raise(ssl_state_of(self)->Error);
        goto done;
    }
    if (!EVP_PKEY_is_a(parameters, "DH") && !EVP_PKEY_is_a(parameters, "DHX")) {
        util_raise_reason(ssl_state_of(self)->Error, "SSL routines",
                          "not Diffie-Hellman parameters");
        goto done;
    }
    ctx = ssl_context_write(self, &hold);
    if (ctx == NULL)
        goto done;
    if (SSL_CTX_set0_tmp_dh_pkey(ctx, parameters)) {
        parameters = NULL; /* taken over */
        result = ssl_context_done(self, &hold, 1);
    } else
        result = ssl_context_done(self, &hold, 0);
done:
    EVP_PKEY_free(parameters);
    release_file(&file);
    return result;
}

/* The name of a curve, which any object may have. */
static PyObject *
curve_name(PyObject *curve)
{
    PyObject *name = util_get(curve, "name"), *result;

    if (name == NULL || !PyUnicode_Check(name)) {
        if (name != NULL || PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_Format(PyExc_TypeError, "curve must have a name, which %.100s has not",
                         Py_TYPE(curve)->tp_name);
        Py_XDECREF(name);
        return NULL;
    }
    result = util_as_identifier(name, "curve");
    Py_DECREF(name);
    return result;
}

/* Its number; two of NIST's curves have a second name elsewhere. */
static int
curve_number(const char *text)
{
    EC_GROUP *group;
    int number;

    if (strcmp(text, "secp192r1") == 0)
        text = "prime192v1";
    else if (strcmp(text, "secp256r1") == 0)
        text = "prime256v1";
    number = OBJ_txt2nid(text);
    group = number == NID_undef ? NULL : EC_GROUP_new_by_curve_name(number);
    EC_GROUP_free(group);
    return group == NULL ? NID_undef : number;
}

PyObject *
context_set_tmp_ecdh(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_tmp_ecdh", 1, 1, "curve");
    PyObject *given, *name;
    util_hold hold;
    SSL_CTX *ctx;
    int number;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    if (PyObject_TypeCheck(given, ssl_state_of(self)->crypto->Curve_Type)
        && PyErr_WarnEx(PyExc_DeprecationWarning,
                        "curves of OpenSSL.crypto are deprecated here, use any object with a name",
                        1)
               < 0)
        return NULL;
    name = curve_name(given);
    if (name == NULL)
        return NULL;
    util_errors_clear();
    number = curve_number(PyBytes_AS_STRING(name));
    Py_DECREF(name);
    if (number == NID_undef)
        return util_raise(ssl_state_of(self)->Error);
    ctx = ssl_context_write(self, &hold);
    if (ctx == NULL)
        return NULL;
    SSL_CTX_set1_groups(ctx, &number, 1); /* a curve that TLS has no group for changes nothing */
    util_rwlock_release(&hold);
    if (util_errors_swallow() < 0)
        return NULL;
    Py_RETURN_NONE;
}
