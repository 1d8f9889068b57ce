#include "crypto/container.h"
#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"
#include "util/thread.h"

/* What is put in comes out as the very same objects: a PKCS12 holds nothing but Python objects,
   and OpenSSL's container exists only while it is read or written. */
typedef struct {
    PyObject *key, *cert, *cacerts, *friendlyname; /* NULL: none */
} container_parts;

typedef struct {
    UTIL_HEAD
    container_parts parts;
} PKCS12Object;

/* ---- life ---- */

static PyMemberDef pkcs12_members[] = {UTIL_MEMBERS(PKCS12Object), {NULL}};

static int
pkcs12_traverse(PyObject *self, visitproc visit, void *arg)
{
    const container_parts *parts = &((PKCS12Object *)self)->parts;

    Py_VISIT(parts->key);
    Py_VISIT(parts->cert);
    Py_VISIT(parts->cacerts);
    Py_VISIT(parts->friendlyname);
    return util_object_traverse(self, visit, arg);
}

static void
clear_parts(container_parts *parts)
{
    Py_CLEAR(parts->key);
    Py_CLEAR(parts->cert);
    Py_CLEAR(parts->cacerts);
    Py_CLEAR(parts->friendlyname);
}

static int
pkcs12_clear(PyObject *self)
{
    clear_parts(&((PKCS12Object *)self)->parts);
    return util_object_clear(self);
}

static void
pkcs12_dealloc(PyObject *self)
{
    util_object_dealloc_start(self);
    pkcs12_clear(self);
    util_object_dealloc_end(self);
}

/* ---- what is in it ---- */

static PyObject *
get(PyObject *part)
{
    return Py_NewRef(part == NULL ? Py_None : part);
}

/* Put a new reference, NULL or None in the place of what *slot* has. */
static PyObject *
set(PyObject **slot, PyObject *taken)
{
    if (taken == Py_None)
        Py_CLEAR(taken);
    Py_XSETREF(*slot, taken);
    Py_RETURN_NONE;
}

static PyObject *
pkcs12_get_privatekey(PyObject *self, PyObject *unused)
{
    return get(((PKCS12Object *)self)->parts.key);
}
UTIL_LOCKED_NOARGS(pkcs12, get_privatekey)

static PyObject *
pkcs12_get_certificate(PyObject *self, PyObject *unused)
{
    return get(((PKCS12Object *)self)->parts.cert);
}
UTIL_LOCKED_NOARGS(pkcs12, get_certificate)

static PyObject *
pkcs12_get_ca_certificates(PyObject *self, PyObject *unused)
{
    return get(((PKCS12Object *)self)->parts.cacerts);
}
UTIL_LOCKED_NOARGS(pkcs12, get_ca_certificates)

static PyObject *
pkcs12_get_friendlyname(PyObject *self, PyObject *unused)
{
    return get(((PKCS12Object *)self)->parts.friendlyname);
}
UTIL_LOCKED_NOARGS(pkcs12, get_friendlyname)

static PyObject *
pkcs12_set_privatekey(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_privatekey", 1, 1, "pkey");
    PyObject *pkey;

    if (util_bind(&params, args, nargs, kwnames, &pkey) < 0)
        return NULL;
    if (pkey != Py_None && util_check_instance(pkey, crypto_state_of(self)->PKey_Type, "pkey") < 0)
        return NULL;
    return set(&((PKCS12Object *)self)->parts.key, Py_NewRef(pkey));
}
UTIL_LOCKED(pkcs12, set_privatekey)

static PyObject *
pkcs12_set_certificate(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_certificate", 1, 1, "cert");
    PyObject *cert;

    if (util_bind(&params, args, nargs, kwnames, &cert) < 0)
        return NULL;
    if (cert != Py_None && util_check_instance(cert, crypto_state_of(self)->X509_Type, "cert") < 0)
        return NULL;
    return set(&((PKCS12Object *)self)->parts.cert, Py_NewRef(cert));
}
UTIL_LOCKED(pkcs12, set_certificate)

static PyObject *
pkcs12_set_ca_certificates(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *kwnames)
{
    UTIL_PARAMS("set_ca_certificates", 1, 1, "cacerts");
    PyObject *cacerts, *copy = NULL;

    if (util_bind(&params, args, nargs, kwnames, &cacerts) < 0)
        return NULL;
    if (cacerts != Py_None) {
        copy = util_as_instances(cacerts, crypto_state_of(self)->X509_Type, "cacerts");
        if (copy == NULL)
            return NULL;
    }
    return set(&((PKCS12Object *)self)->parts.cacerts, copy);
}
UTIL_LOCKED(pkcs12, set_ca_certificates)

static PyObject *
pkcs12_set_friendlyname(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_friendlyname", 1, 1, "name");
    PyObject *given, *name = NULL;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    if (given != Py_None) {
        name = util_as_plain_bytes(given, "name");
        if (name == NULL)
            return NULL;
    }
    return set(&((PKCS12Object *)self)->parts.friendlyname, name);
}
UTIL_LOCKED(pkcs12, set_friendlyname)

/* A passphrase is stretched in a way that is for PKCS #12 alone, and not in every provider. */
static const char without_kdf[] = "unsupported: no active provider of OpenSSL has the key "
                                  "derivation of PKCS #12, as with the FIPS provider alone";

static int
is_without_kdf(void)
{
    EVP_KDF *kdf;

    if (!util_errors_first_is(ERR_LIB_EVP, ERR_R_UNSUPPORTED))
        return 0;
    util_errors_mark();
    kdf = EVP_KDF_fetch(NULL, "PKCS12KDF", NULL);
    util_errors_forget();
    EVP_KDF_free(kdf);
    return kdf == NULL;
}

/* ---- writing ---- */

/* OpenSSL takes the passphrase up to its end, as we take care that there is no NUL in it. */
static int
as_passphrase(PyObject *value, PyObject **bytes)
{
    *bytes = NULL;
    if (value == NULL || value == Py_None)
        return 0;
    *bytes = util_as_warned_bytes(value, "passphrase");
    return *bytes == NULL ? -1 : 0;
}

static int
collect_certificate(PyObject *cert, container_contents *contents,
                    int (*add)(container_contents *, X509 *))
{
    int good;

    UTIL_READING(cert, good = add(contents, ((X509Object *)cert)->ptr));
    return good;
}

static int
collect(crypto_state *state, const container_parts *parts, container_contents *contents)
{
    Py_ssize_t others = parts->cacerts ? PyTuple_GET_SIZE(parts->cacerts) : 0;
    int good = 1;

    if (parts->key != NULL && (contents->key = crypto_private_part(state, parts->key)) == NULL)
        return -1;
    if (parts->cert != NULL)
        good = collect_certificate(parts->cert, contents, container_add_own);
    for (Py_ssize_t i = 0; good && i < others; i++)
        good = collect_certificate(PyTuple_GET_ITEM(parts->cacerts, i), contents,
                                   container_add_authority);
    if (!good)
        util_raise_new(state->Error);
    else if (container_is_empty(contents))
        util_raise_reason(state->Error, "PKCS12 routines", "there is nothing to export");
    else
        return 0;
    return -1;
}

/* With references of their own: another thread may put others in their places. */
static container_parts
new_references(const container_parts *parts)
{
    return (container_parts){Py_XNewRef(parts->key), Py_XNewRef(parts->cert),
                             Py_XNewRef(parts->cacerts), Py_XNewRef(parts->friendlyname)};
}

static container_parts
parts_of(PyObject *self)
{
    container_parts parts;

    UTIL_WITH(self, parts = new_references(&((PKCS12Object *)self)->parts));
    return parts;
}

static PyObject *
seal(crypto_state *state, PyObject *self, container_contents *contents)
{
    container_parts parts = parts_of(self);
    PyObject *result = NULL;
    PKCS12 *p12 = NULL;

    util_errors_clear();
    if (parts.friendlyname != NULL)
        contents->name = PyBytes_AS_STRING(parts.friendlyname);
    if (collect(state, &parts, contents) < 0)
        goto done;
    DETACHED(p12 = container_seal(contents));
    if (p12 == NULL && is_without_kdf())
        util_raise_reason(state->Error, "PKCS12 routines", without_kdf);
    else if (p12 == NULL)
        util_raise_new(state->Error);
    else
        result = UTIL_FROM_I2D(i2d_PKCS12, p12, state->Error);
done:
    PKCS12_free(p12);
    container_discard(contents);
    clear_parts(&parts);
    return result;
}

static PyObject *
pkcs12_export(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("export", 0, 3, "passphrase", "iter", "maciter");
    container_contents contents = {.iter = PKCS12_DEFAULT_ITER, .maciter = 1};
    PyObject *values[3], *passphrase, *result = NULL;

    if (util_bind(&params, args, nargs, kwnames, values) < 0
        || as_passphrase(values[0], &passphrase) < 0)
        return NULL;
    if (passphrase != NULL)
        contents.passphrase = PyBytes_AS_STRING(passphrase);
    if ((values[1] == NULL || util_as_int(values[1], "iter", &contents.iter) == 0)
        && (values[2] == NULL || util_as_int(values[2], "maciter", &contents.maciter) == 0))
        result = seal(crypto_state_of(self), self, &contents);
    Py_XDECREF(passphrase);
    return result;
}

/* ---- reading ---- */

static void
raise_unreadable(crypto_state *state, const container_findings *findings)
{
    if (findings->refused != NULL)
        util_raise_reason(state->Error, "PKCS12 routines", findings->refused);
    else if (is_without_kdf())
        util_raise_reason(state->Error, "PKCS12 routines", without_kdf);
    else if (util_errors_first_is(ERR_LIB_EVP, ERR_R_UNSUPPORTED))
        util_raise_reason(state->Error, "digital envelope routines",
                          "unsupported: old files, encrypted with RC2, can be read only where "
                          "OpenSSL's legacy provider is active");
    else
        util_raise(state->Error);
}

/* The friendly name of the key's certificate becomes the container's. */
static int
take_name(container_parts *parts, X509 *cert)
{
    int size = 0;
    const char *name = (const char *)X509_alias_get0(cert, &size);

    if (name == NULL)
        return 0;
    parts->friendlyname = PyBytes_FromStringAndSize(name, size);
    return parts->friendlyname == NULL ? -1 : 0;
}

static int
take_own(crypto_state *state, container_parts *parts, container_findings *findings)
{
    X509 *plain;

    if (findings->key != NULL) {
        parts->key = crypto_pkey_wrap(state->PKey_Type, findings->key, 0);
        findings->key = NULL;
        if (parts->key == NULL)
            return -1;
    }
    if (findings->cert == NULL)
        return 0;
    if (take_name(parts, findings->cert) < 0)
        return -1;
    plain = X509_dup(findings->cert); /* without the container's name and id */
    if (plain == NULL) {
        util_raise_new(state->Error);
        return -1;
    }
    parts->cert = crypto_x509_wrap(state->X509_Type, plain);
    return parts->cert == NULL ? -1 : 0;
}

static int
take_others(crypto_state *state, container_parts *parts, container_findings *findings)
{
    int size = sk_X509_num(findings->others);

    if (size <= 0)
        return 0;
    parts->cacerts = PyTuple_New(size);
    if (parts->cacerts == NULL)
        return -1;
    for (int i = 0; i < size; i++) {
        PyObject *item = crypto_x509_wrap(state->X509_Type, sk_X509_shift(findings->others));

        if (item == NULL)
            return -1;
        PyTuple_SET_ITEM(parts->cacerts, i, item);
    }
    return 0;
}

PyObject *
crypto_load_pkcs12(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_pkcs12", 1, 2, "buffer", "passphrase");
    crypto_state *state = PyModule_GetState(module);
    PyObject *values[2], *passphrase = NULL, *result = NULL;
    container_findings findings = {0};
    Py_buffer view = {0};
    int good;

    if (util_bind(&params, args, nargs, kwnames, values) < 0
        || as_passphrase(values[1], &passphrase) < 0
        || util_as_ascii_buffer(values[0], "buffer", &view) < 0)
        goto done;
    util_errors_clear();
    DETACHED(good = container_open(view.buf, (long)view.len,
                                   passphrase ? PyBytes_AS_STRING(passphrase) : NULL, &findings));
    if (!good) {
        raise_unreadable(state, &findings);
        goto done;
    }
    util_errors_clear(); /* trying both kinds of no passphrase leaves some */
    result = PyType_GenericAlloc(state->PKCS12_Type, 0);
    if (result != NULL
        && (take_own(state, &((PKCS12Object *)result)->parts, &findings) < 0
            || take_others(state, &((PKCS12Object *)result)->parts, &findings) < 0))
        Py_CLEAR(result);
done:
    container_drop(&findings);
    PyBuffer_Release(&view);
    Py_XDECREF(passphrase);
    return result;
}

/* ---- the type ---- */

static PyObject *
pkcs12_get_part(PyObject *self, void *offset)
{
    PyObject *part;

    UTIL_WITH(self, part = get(*(PyObject **)((char *)self + (size_t)offset)));
    return part;
}

static PyGetSetDef pkcs12_getset[] = {
    {"_pkey", pkcs12_get_part, NULL, NULL, (void *)offsetof(PKCS12Object, parts.key)},
    {"_cert", pkcs12_get_part, NULL, NULL, (void *)offsetof(PKCS12Object, parts.cert)},
    {"_cacerts", pkcs12_get_part, NULL, NULL, (void *)offsetof(PKCS12Object, parts.cacerts)},
    {"_friendlyname", pkcs12_get_part, NULL, NULL,
     (void *)offsetof(PKCS12Object, parts.friendlyname)},
    {NULL},
};

static PyMethodDef pkcs12_methods[] = {
    UTIL_ROW(pkcs12, export),
    UTIL_LOCKED_ROW_NOARGS(pkcs12, get_ca_certificates),
    UTIL_LOCKED_ROW_NOARGS(pkcs12, get_certificate),
    UTIL_LOCKED_ROW_NOARGS(pkcs12, get_friendlyname),
    UTIL_LOCKED_ROW_NOARGS(pkcs12, get_privatekey),
    UTIL_LOCKED_ROW(pkcs12, set_ca_certificates),
    UTIL_LOCKED_ROW(pkcs12, set_certificate),
    UTIL_LOCKED_ROW(pkcs12, set_friendlyname),
    UTIL_LOCKED_ROW(pkcs12, set_privatekey),
    {NULL},
};

static PyType_Slot pkcs12_slots[] = {
    {Py_tp_new, PyType_GenericNew},  {Py_tp_init, util_init_nothing}, UTIL_OWNER_SLOTS(pkcs12),
    {Py_tp_methods, pkcs12_methods}, {Py_tp_getset, pkcs12_getset},   {0, NULL},
};

PyType_Spec pkcs12_spec = {
    .name = "OpenSSL.crypto.PKCS12",
    .basicsize = sizeof(PKCS12Object),
    .flags = UTIL_TYPE_FLAGS,
    .slots = pkcs12_slots,
};
