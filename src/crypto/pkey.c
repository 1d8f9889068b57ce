#include "crypto/interop.h"
#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/error.h"
#include "util/thread.h"

UTIL_OWNER(pkey, PKeyObject, EVP_PKEY, EVP_PKEY_free)

PyObject *
crypto_pkey_wrap(PyTypeObject *type, EVP_PKEY *taken, int only_public)
{
    PyObject *self = pkey_wrap(type, taken);

    if (self != NULL) {
        ((PKeyObject *)self)->only_public = (char)only_public;
        ((PKeyObject *)self)->initialized = 1;
    }
    return self;
}

static PyObject *
pkey_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return pkey_wrap(type, NULL); /* empty until generate_key */
}

/* ---- for others ---- */

EVP_PKEY *
crypto_pkey_get1_part(PyObject *pkey, int *only_public)
{
    PKeyObject *self = (PKeyObject *)pkey;
    EVP_PKEY *key;

    Py_BEGIN_CRITICAL_SECTION(pkey);
    *only_public = self->only_public;
    key = self->ptr;
    if (key != NULL && !EVP_PKEY_up_ref(key))
        key = NULL;
    Py_END_CRITICAL_SECTION();
    return key;
}

EVP_PKEY *
crypto_pkey_get1(PyObject *pkey)
{
    int only_public;

    return crypto_pkey_get1_part(pkey, &only_public);
}

EVP_PKEY *
crypto_as_pkey(crypto_state *state, PyObject *value, const char *name)
{
    EVP_PKEY *key;

    if (util_check_instance(value, state->PKey_Type, name) < 0)
        return NULL;
    key = crypto_pkey_get1(value);
    if (key == NULL)
        util_raise_reason(state->Error, "digital envelope routines", "no key set");
    return key;
}

EVP_PKEY *
crypto_as_signer(crypto_state *state, PyObject *value, const char *name)
{
    EVP_PKEY *key;
    int only_public;

    if (util_check_instance(value, state->PKey_Type, name) < 0)
        return NULL;
    key = crypto_pkey_get1_part(value, &only_public);
    if (key != NULL && !only_public)
        return key;
    PyErr_Format(PyExc_ValueError,
                 key == NULL ? "%s is an empty key" : "%s has only its public part", name);
    EVP_PKEY_free(key);
    return NULL;
}

/* ---- making a key ---- */

static EVP_PKEY *
generate_rsa(int bits)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
}

/* Below 2048 bits DSA keys are as FIPS 186-2 had them; unless told so, OpenSSL refuses to make one
   whose size 186-4 does not have. */
static int
set_dsa_rules(EVP_PKEY_CTX *ctx, int bits)
{
    char rules[] = "fips186_2";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_FFC_TYPE, rules, 0),
                           OSSL_PARAM_construct_end()};

    return bits >= 2048 || EVP_PKEY_CTX_set_params(ctx, params) > 0;
}

/* DSA needs parameters first, which take most of the time. */
static EVP_PKEY *
generate_dsa(int bits)
{
    EVP_PKEY_CTX *parameters_ctx = NULL, *key_ctx = NULL;
    EVP_PKEY *parameters = NULL, *key = NULL;

    parameters_ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    if (parameters_ctx == NULL || EVP_PKEY_paramgen_init(parameters_ctx) <= 0
        || EVP_PKEY_CTX_set_dsa_paramgen_bits(parameters_ctx, bits) <= 0
        || EVP_PKEY_paramgen(parameters_ctx, &parameters) <= 0)
        goto done;
    key_ctx = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
    if (key_ctx == NULL || EVP_PKEY_keygen_init(key_ctx) <= 0 || !set_dsa_rules(key_ctx, bits)
        || EVP_PKEY_keygen(key_ctx, &key) <= 0)
        key = NULL;
done:
    EVP_PKEY_CTX_free(parameters_ctx);
    EVP_PKEY_CTX_free(key_ctx);
    EVP_PKEY_free(parameters);
    return key;
}

static EVP_PKEY *
generate(int type, int bits)
{
    return type == EVP_PKEY_RSA ? generate_rsa(bits) : generate_dsa(bits);
}

/* The new key is put in its place when it is there: an old one is not lost by a failure. */
static void
replace(PKeyObject *self, EVP_PKEY *key)
{
    EVP_PKEY *old;

    Py_BEGIN_CRITICAL_SECTION(self);
    old = self->ptr;
    self->ptr = key;
    self->only_public = 0;
    self->initialized = 1;
    Py_END_CRITICAL_SECTION();
    EVP_PKEY_free(old);
}

static PyObject *
pkey_generate_key(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("generate_key", 2, 2, "type", "bits");
    crypto_state *state = crypto_state_of(self);
    PyObject *given[2];
    EVP_PKEY *key = NULL;
    int type, bits;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "type", &type) < 0 || util_as_int(given[1], "bits", &bits) < 0)
        return NULL;
    if (type != EVP_PKEY_RSA && type != EVP_PKEY_DSA) {
        PyErr_SetString(state->Error, "No such key type");
        return NULL;
    }
    if (bits <= 0 && type == EVP_PKEY_RSA) {
        PyErr_SetString(PyExc_ValueError, "bits must be positive");
        return NULL;
    }
    if (bits <= 0)
        return util_raise_reason(state->Error, "dsa routines", "bad ffc parameters");
    util_errors_clear();
    DETACHED(key = generate(type, bits));
    if (key == NULL)
        return util_raise(state->Error);
    util_errors_clear(); /* the search for primes leaves some behind */
    replace((PKeyObject *)self, key);
    Py_RETURN_NONE;
}

/* ---- asking ---- */

/* The newest algorithms have no number of their own in EVP_PKEY, but a name that has one. */
static int
type_of(const EVP_PKEY *key)
{
    int type = EVP_PKEY_get_base_id(key);
    const char *name;

    if (type > 0)
        return type;
    name = EVP_PKEY_get0_type_name(key);
    if (name == NULL)
        return NID_undef;
    type = OBJ_sn2nid(name);
    return type != NID_undef ? type : OBJ_ln2nid(name);
}

static PyObject *
ask_number(PyObject *self, int (*ask)(const EVP_PKEY *))
{
    EVP_PKEY *key = crypto_pkey_get1(self);
    int answer = 0;

    if (key != NULL) {
        util_errors_mark();
        answer = ask(key);
        util_errors_forget();
        EVP_PKEY_free(key);
    }
    return PyLong_FromLong(answer);
}

static PyObject *
pkey_type(PyObject *self, PyObject *unused)
{
    return ask_number(self, type_of);
}

/* When memory runs out while a key is loaded, OpenSSL goes on without what it would remember. */
static int
bits_of(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);

    if (bits == 0)
        EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_BITS, &bits);
    return bits;
}

static PyObject *
pkey_bits(PyObject *self, PyObject *unused)
{
    return ask_number(self, bits_of);
}

/* 1: consistent; the primes and the exponents too. */
static int
check_rsa(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int result = ctx != NULL && EVP_PKEY_pairwise_check(ctx) > 0 && EVP_PKEY_check(ctx) > 0;

    EVP_PKEY_CTX_free(ctx);
    return result;
}

static PyObject *
pkey_check(PyObject *self, PyObject *unused)
{
    crypto_state *state = crypto_state_of(self);
    int only_public, good = 0;
    EVP_PKEY *key = crypto_pkey_get1_part(self, &only_public);

    if (key == NULL || only_public || type_of(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        PyErr_SetString(PyExc_TypeError, "only RSA private keys can be checked");
        return NULL;
    }
    util_errors_clear();
    DETACHED(good = check_rsa(key));
    EVP_PKEY_free(key);
    if (!good)
        return util_raise(state->Error);
    util_errors_clear();
    Py_RETURN_TRUE;
}

/* ---- private names that other packages look at ---- */

static PyObject *
pkey_get_handle(PyObject *self, void *unused)
{
    EVP_PKEY *key = ((PKeyObject *)self)->ptr;

    if (key == NULL)
        Py_RETURN_NONE;
    return util_handle_new(self, key, "EVP_PKEY *");
}

static PyObject *
pkey_get_only_public(PyObject *self, void *unused)
{
    return PyBool_FromLong(((PKeyObject *)self)->only_public);
}

static PyObject *
pkey_get_initialized(PyObject *self, void *unused)
{
    return PyBool_FromLong(((PKeyObject *)self)->initialized);
}

static PyGetSetDef pkey_getset[] = {
    {"_pkey", pkey_get_handle, NULL, NULL, NULL},
    {"_only_public", pkey_get_only_public, NULL, NULL, NULL},
    {"_initialized", pkey_get_initialized, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef pkey_methods[] = {
    UTIL_ROW(pkey, generate_key),
    UTIL_ROW_NOARGS(pkey, type),
    UTIL_ROW_NOARGS(pkey, bits),
    UTIL_ROW_NOARGS(pkey, check),
    UTIL_ROW_NOARGS_OF(to_cryptography_key, crypto_pkey_to_cryptography_key,
                       pkey_to_cryptography_key_doc),
    UTIL_CLASS_ROW_OF(from_cryptography_key, crypto_pkey_from_cryptography_key,
                      pkey_from_cryptography_key_doc),
    {NULL},
};

static PyType_Slot pkey_slots[] = {
    UTIL_OWNER_SLOTS(pkey),        {Py_tp_new, pkey_new},       {Py_tp_init, util_init_nothing},
    {Py_tp_methods, pkey_methods}, {Py_tp_getset, pkey_getset}, {0, NULL},
};

PyType_Spec pkey_spec = {
    .name = "OpenSSL.crypto.PKey",
    .basicsize = sizeof(PKeyObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = pkey_slots,
};
