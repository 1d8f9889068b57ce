#include "crypto/state.h"
#include "util/args.h"
#include "util/error.h"

#include <string.h>

/* Private functions behind OpenSSL._util.lib, for other packages that call OpenSSL through it. */

/* ERR_raise as somebody else's code would do it. */
static PyObject *
native_push_error(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_push_error", 2, 2, "library", "reason");
    PyObject *given[2];
    int library, reason;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "library", &library) < 0
        || util_as_int(given[1], "reason", &reason) < 0)
        return NULL;
    util_errors_push(library, reason);
    Py_RETURN_NONE;
}

/* Raise what lies on the queue. */
static PyObject *
native_raise_errors(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_raise_errors", 1, 1, "exception_type");
    PyObject *given[1];

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    if (!PyExceptionClass_Check(given[0])) {
        PyErr_SetString(PyExc_TypeError, "exception_type must be a class of exceptions");
        return NULL;
    }
    return util_raise(given[0]);
}

/* Where certificates are looked for by default: (file, folder, and their variables). */
static PyObject *
native_default_places(PyObject *module, PyObject *unused)
{
    return Py_BuildValue("(yyyy)", X509_get_default_cert_file(), X509_get_default_cert_dir(),
                         X509_get_default_cert_file_env(), X509_get_default_cert_dir_env());
}

/* The OpenSSL whose headers were used, which may be older than the one that is loaded. */
static PyObject *
native_built_with(PyObject *module, PyObject *unused)
{
    return PyUnicode_FromString(OPENSSL_VERSION_TEXT);
}

/* The number of a name or dotted OID; 0 if there is none. */
static PyObject *
native_nid(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_nid", 1, 1, "name");
    PyObject *given[1], *name;
    int nid;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (name = util_as_identifier(given[0], "name")) == NULL)
        return NULL;
    util_errors_mark();
    nid = OBJ_txt2nid(PyBytes_AS_STRING(name));
    util_errors_forget();
    Py_DECREF(name);
    return PyLong_FromLong(nid);
}

/* Its (short, long) names, None for a number that nothing has. */
static PyObject *
native_nid_names(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_nid_names", 1, 1, "nid");
    const char *short_name, *long_name;
    PyObject *given[1];
    int nid;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "nid", &nid) < 0)
        return NULL;
    util_errors_mark();
    short_name = OBJ_nid2sn(nid);
    long_name = OBJ_nid2ln(nid);
    util_errors_forget();
    return Py_BuildValue("(yy)", short_name, long_name);
}

/* Which kinds of string new names may use; False for an unknown word.  For the whole process. */
static PyObject *
native_set_string_mask(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_set_string_mask", 1, 1, "mask");
    PyObject *given[1], *mask;
    int known;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (mask = util_as_identifier(given[0], "mask")) == NULL)
        return NULL;
    util_errors_mark();
    known = ASN1_STRING_set_default_mask_asc(PyBytes_AS_STRING(mask));
    util_errors_forget();
    Py_DECREF(mask);
    return PyBool_FromLong(known);
}

/* How many certificates there are in a store; revocation lists are not counted. */
static PyObject *
native_count_trusted(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_count_trusted", 1, 1, "store");
    crypto_state *state = PyModule_GetState(module);
    STACK_OF(X509) * all;
    PyObject *given[1];
    int count;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_check_instance(given[0], state->X509Store_Type, "store") < 0)
        return NULL;
    all = X509_STORE_get1_all_certs(((StoreObject *)given[0])->ptr);
    if (all == NULL)
        return util_raise_new(state->Error);
    count = sk_X509_num(all);
    sk_X509_pop_free(all, X509_free);
    return PyLong_FromLong(count);
}

/* One of the numbers that a key is made of, as BN_bn2hex writes it; None: it has none of that
   name. */
static PyObject *
native_key_number(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_key_number", 2, 2, "key", "name");
    PyObject *given[2], *name = NULL, *result = NULL;
    BIGNUM *number = NULL;
    EVP_PKEY *key = NULL;
    char *digits = NULL;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (name = util_as_identifier(given[1], "name")) == NULL
        || (key = crypto_as_pkey(PyModule_GetState(module), given[0], "key")) == NULL)
        goto done;
    util_errors_clear();
    if (EVP_PKEY_get_bn_param(key, PyBytes_AS_STRING(name), &number)) {
        digits = BN_bn2hex(number);
        result = digits == NULL ? util_raise_memory() : PyBytes_FromString(digits);
    } else if (util_errors_swallow() == 0)
        result = Py_NewRef(Py_None);
done:
    if (digits != NULL)
        OPENSSL_clear_free(digits, strlen(digits));
    BN_clear_free(number);
    EVP_PKEY_free(key);
    Py_XDECREF(name);
    return result;
}

/* The number of a key's curve; 0: there is none. */
static PyObject *
native_curve(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_curve", 1, 1, "key");
    char name[80] = "";
    int nid = NID_undef;
    PyObject *given[1];
    EVP_PKEY *key;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (key = crypto_as_pkey(PyModule_GetState(module), given[0], "key")) == NULL)
        return NULL;
    util_errors_clear();
    if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL))
        nid = OBJ_txt2nid(name);
    EVP_PKEY_free(key);
    return util_errors_swallow() < 0 ? NULL : PyLong_FromLong(nid);
}

/* What NIST calls a curve, or None. */
static PyObject *
native_nist_name(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("_nist_name", 1, 1, "nid");
    PyObject *given[1];
    int nid;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || util_as_int(given[0], "nid", &nid) < 0)
        return NULL;
    return Py_BuildValue("y", EC_curve_nid2nist(nid));
}

PyMethodDef crypto_native_methods[] = {
    UTIL_ROW_OF(_push_error, native_push_error, NULL),
    UTIL_ROW_OF(_raise_errors, native_raise_errors, NULL),
    UTIL_ROW_NOARGS_OF(_default_places, native_default_places, NULL),
    UTIL_ROW_NOARGS_OF(_built_with, native_built_with, NULL),
    UTIL_ROW_OF(_nid, native_nid, NULL),
    UTIL_ROW_OF(_nid_names, native_nid_names, NULL),
    UTIL_ROW_OF(_set_string_mask, native_set_string_mask, NULL),
    UTIL_ROW_OF(_count_trusted, native_count_trusted, NULL),
    UTIL_ROW_OF(_key_number, native_key_number, NULL),
    UTIL_ROW_OF(_curve, native_curve, NULL),
    UTIL_ROW_OF(_nist_name, native_nist_name, NULL),
    {NULL},
};
