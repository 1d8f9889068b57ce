#include "crypto/interop.h"
#include "crypto/name.h"
#include "crypto/state.h"
#include "util/args.h"
#include "util/error.h"

/* What SSL gets of this module.  It has to work after the module has been cleared, as happens at
   the end of an interpreter: so nothing here looks at the state. */

static X509 *
as_x509(const crypto_api *api, PyObject *value, const char *name, PyObject *exc)
{
    if (PyObject_TypeCheck(value, api->X509_Type))
        return crypto_x509_lend(value, exc);
    return crypto_interop_as_x509(value, name, exc);
}

static EVP_PKEY *
as_private_key(const crypto_api *api, PyObject *value, const char *name, PyObject *exc)
{
    int only_public = 0;
    EVP_PKEY *key;

    if (PyObject_TypeCheck(value, api->PKey_Type)) {
        key = crypto_pkey_get1_part(value, &only_public);
    } else if ((key = crypto_interop_as_pkey(value, name, exc, &only_public)) == NULL)
        return NULL;
    if (key != NULL && !only_public)
        return key;
    PyErr_Format(PyExc_ValueError, key == NULL ? "%s is empty" : "%s has only its public part",
                 name);
    EVP_PKEY_free(key);
    return NULL;
}

static X509_NAME *
as_name(const crypto_api *api, PyObject *value, const char *name, PyObject *exc)
{
    if (PyObject_TypeCheck(value, api->X509Name_Type))
        return crypto_name_copy(value, exc);
    return crypto_interop_as_name(value, name, exc);
}

static PyObject *
x509_to_cryptography(X509 *cert, PyObject *exc)
{
    return crypto_interop_from_x509(cert, exc);
}

static PyObject *
name_to_cryptography(const X509_NAME *name, PyObject *exc)
{
    return crypto_interop_from_name(name, exc);
}

/* ---- the capsule ---- */

static void
api_free(crypto_api *api)
{
    Py_XDECREF(api->X509_Type);
    Py_XDECREF(api->X509Name_Type);
    Py_XDECREF(api->X509Store_Type);
    Py_XDECREF(api->PKey_Type);
    Py_XDECREF(api->Curve_Type);
    PyMem_Free(api);
}

static void
capsule_free(PyObject *capsule)
{
    api_free(PyCapsule_GetPointer(capsule, CRYPTO_API_NAME));
}

int
crypto_add_api(PyObject *module, crypto_state *state)
{
    crypto_api *api = PyMem_Malloc(sizeof *api);
    PyObject *capsule;
    int result;

    if (api == NULL) {
        util_raise_memory();
        return -1;
    }
    *api = (crypto_api){
        .version = CRYPTO_API_VERSION,
        .X509_Type = (PyTypeObject *)Py_XNewRef(state->X509_Type),
        .X509Name_Type = (PyTypeObject *)Py_XNewRef(state->X509Name_Type),
        .X509Store_Type = (PyTypeObject *)Py_XNewRef(state->X509Store_Type),
        .PKey_Type = (PyTypeObject *)Py_XNewRef(state->PKey_Type),
        .Curve_Type = (PyTypeObject *)Py_XNewRef(state->Curve_Type),
        .x509_wrap = crypto_x509_wrap_lent,
        .name_wrap = crypto_name_wrap,
        .store_wrap = crypto_store_wrap,
        .as_x509 = as_x509,
        .as_private_key = as_private_key,
        .as_name = as_name,
        .x509_to_cryptography = x509_to_cryptography,
        .name_to_cryptography = name_to_cryptography,
    };
    capsule = PyCapsule_New(api, CRYPTO_API_NAME, capsule_free);
    if (capsule == NULL) {
        api_free(api);
        return -1;
    }
    result = util_add_alias(module, "_api", capsule);
    Py_DECREF(capsule);
    return result;
}
