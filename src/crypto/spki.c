#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"
#include "util/thread.h"

typedef struct {
    UTIL_HEAD
    NETSCAPE_SPKI *ptr; /* replaced by __init__ only */
} SPKIObject;

UTIL_OWNER(spki, SPKIObject, NETSCAPE_SPKI, NETSCAPE_SPKI_free)

static NETSCAPE_SPKI *
spki_of(PyObject *self)
{
    return ((SPKIObject *)self)->ptr;
}

/* ---- life ---- */

static PyObject *
spki_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    NETSCAPE_SPKI *empty = NETSCAPE_SPKI_new();

    if (empty == NULL) {
        util_errors_clear();
        return PyErr_NoMemory();
    }
    return spki_wrap(type, empty);
}

/* How many bytes a base64 text stands for. */
static int
decoded_size(const char *text)
{
    int digits = 0, padding = 0;

    for (; *text != '\0'; text++) {
        padding += *text == '=';
        digits += *text != '=' && !Py_ISSPACE(*text);
    }
    return (digits + padding) / 4 * 3 - padding;
}

static NETSCAPE_SPKI *
decode(crypto_state *state, PyObject *enc)
{
    PyObject *text = util_as_identifier(enc, "enc");
    NETSCAPE_SPKI *result;

    if (text == NULL)
        return NULL;
    util_errors_clear();
    result = NETSCAPE_SPKI_b64_decode(PyBytes_AS_STRING(text), -1);
    if (result == NULL) {
        util_raise(state->Error);
    } else if (i2d_NETSCAPE_SPKI(result, NULL) > decoded_size(PyBytes_AS_STRING(text))) {
        NETSCAPE_SPKI_free(result); /* OpenSSL puts zeros in the place of what is missing */
        result = util_raise_reason(state->Error, "asn1 encoding routines", "too short");
    }
    Py_DECREF(text);
    return result;
}

static int
spki_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("NetscapeSPKI", 0, 1, "enc");
    NETSCAPE_SPKI *decoded, *old;
    PyObject *enc;

    if (util_bind_tuple(&params, args, kwargs, &enc) < 0)
        return -1;
    if (enc == NULL || enc == Py_None)
        return 0;
    decoded = decode(crypto_state_of(self), enc);
    if (decoded == NULL)
        return -1;
    UTIL_WRITING(self, old = spki_of(self); ((SPKIObject *)self)->ptr = decoded);
    NETSCAPE_SPKI_free(old);
    return 0;
}

/* ---- methods ---- */

static PyObject *
spki_b64_encode(PyObject *self, PyObject *unused)
{
    PyObject *exc = crypto_state_of(self)->Error, *der, *result;
    Py_ssize_t size;

    util_errors_clear();
    UTIL_READING(self, der = UTIL_FROM_I2D(i2d_NETSCAPE_SPKI, spki_of(self), exc));
    if (der == NULL)
        return NULL;
    size = (PyBytes_GET_SIZE(der) + 2) / 3 * 4;
    result = PyBytes_FromStringAndSize(NULL, size); /* has room for a NUL too */
    if (result != NULL)
        EVP_EncodeBlock((unsigned char *)PyBytes_AS_STRING(result),
                        (const unsigned char *)PyBytes_AS_STRING(der), (int)PyBytes_GET_SIZE(der));
    Py_DECREF(der);
    return result;
}

static PyObject *
spki_get_pubkey(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    EVP_PKEY *key;

    util_errors_clear();
    UTIL_READING(self, key = NETSCAPE_SPKI_get_pubkey(spki_of(self)));
    if (key == NULL)
        return util_raise(state->Error);
    return crypto_pkey_wrap(state->PKey_Type, key, 1);
}

static PyObject *
spki_set_pubkey(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_pubkey", 1, 1, "pkey");
    crypto_state *state = crypto_state_of(self);
    PyObject *pkey;
    EVP_PKEY *key;
    int good;

    if (util_bind(&params, args, nargs, kwnames, &pkey) < 0
        || (key = crypto_as_pkey(state, pkey, "pkey")) == NULL)
        return NULL;
    util_errors_clear();
    UTIL_WRITING(self, good = NETSCAPE_SPKI_set_pubkey(spki_of(self), key));
    EVP_PKEY_free(key);
    if (!good)
        return util_raise(state->Error);
    Py_RETURN_NONE;
}

/* What is signed, alone: the original may change while the copy is being signed. */
static NETSCAPE_SPKI *
unsigned_copy(const NETSCAPE_SPKI *spki)
{
    NETSCAPE_SPKI *copy;
    NETSCAPE_SPKAC *content;

    if (i2d_NETSCAPE_SPKAC(spki->spkac, NULL) < 0) /* the next call says: no memory */
        return NULL;
    content = ASN1_item_dup(ASN1_ITEM_rptr(NETSCAPE_SPKAC), spki->spkac);
    copy = NETSCAPE_SPKI_new();
    if (copy == NULL || content == NULL) {
        NETSCAPE_SPKAC_free(content);
        NETSCAPE_SPKI_free(copy);
        return NULL;
    }
    NETSCAPE_SPKAC_free(copy->spkac);
    copy->spkac = content;
    return copy;
}

static void
swap_signatures(NETSCAPE_SPKI *one, NETSCAPE_SPKI *other)
{
    ASN1_BIT_STRING *signature = one->signature;
    X509_ALGOR algorithm = one->sig_algor;

    one->signature = other->signature;
    one->sig_algor = other->sig_algor;
    other->signature = signature;
    other->sig_algor = algorithm;
}

static PyObject *
spki_sign(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("sign", 2, 2, "pkey", "digest");
    crypto_state *state = crypto_state_of(self);
    NETSCAPE_SPKI *copy = NULL;
    EVP_PKEY *key = NULL;
    EVP_MD *md = NULL;
    PyObject *values[2], *result = NULL;
    int good = 0;

    if (util_bind(&params, args, nargs, kwnames, values) < 0)
        return NULL;
    key = crypto_as_signer(state, values[0], "pkey");
    if (key == NULL || crypto_as_signing_digest(key, values[1], "digest", &md) < 0)
        goto done;
    util_errors_clear();
    UTIL_READING(self, copy = unsigned_copy(spki_of(self)));
    if (copy != NULL)
        DETACHED(good = NETSCAPE_SPKI_sign(copy, key, md) > 0);
    if (!good) {
        crypto_raise_unsigned(state->Error);
        goto done;
    }
    UTIL_WRITING(self, swap_signatures(spki_of(self), copy));
    result = Py_NewRef(Py_None);
done:
    NETSCAPE_SPKI_free(copy);
    EVP_MD_free(md);
    EVP_PKEY_free(key);
    return result;
}

static PyObject *
spki_verify(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("verify", 1, 1, "key");
    crypto_state *state = crypto_state_of(self);
    PyObject *value;
    EVP_PKEY *key;
    int good;

    if (util_bind(&params, args, nargs, kwnames, &value) < 0
        || (key = crypto_as_pkey(state, value, "key")) == NULL)
        return NULL;
    util_errors_clear();
    UTIL_READING(self, good = NETSCAPE_SPKI_verify(spki_of(self), key));
    EVP_PKEY_free(key);
    return crypto_verdict(state, good > 0, Py_True, "x509 certificate routines");
}

/* ---- the type ---- */

static PyMethodDef spki_methods[] = {
    UTIL_ROW_NOARGS(spki, b64_encode),
    UTIL_ROW_NOARGS(spki, get_pubkey),
    UTIL_ROW(spki, set_pubkey),
    UTIL_ROW(spki, sign),
    UTIL_ROW(spki, verify),
    {NULL},
};

static PyObject *
spki_get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, ((SPKIObject *)self)->ptr, "NETSCAPE_SPKI *");
}

static PyGetSetDef spki_getset[] = {
    {"_spki", spki_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyType_Slot spki_slots[] = {
    {Py_tp_new, spki_new},         {Py_tp_init, spki_init},     UTIL_OWNER_SLOTS(spki),
    {Py_tp_methods, spki_methods}, {Py_tp_getset, spki_getset}, {0, NULL},
};

PyType_Spec spki_spec = {
    .name = "OpenSSL.crypto.NetscapeSPKI",
    .basicsize = sizeof(SPKIObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = spki_slots,
};
