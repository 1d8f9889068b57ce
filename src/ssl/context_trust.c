#include "ssl/context.h"
#include "ssl/files.h"
#include "util/args.h"
#include "util/error.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whom a Context trusts, and whom a server says that it trusts. */

/* ---- trusted certificates ---- */

static int
add_trusted(SSL_CTX *ctx, STACK_OF(X509_INFO) * list, const char *folder)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);

    for (int i = 0; i < sk_X509_INFO_num(list); i++) {
        const X509_INFO *info = sk_X509_INFO_value(list, i);

        if ((info->x509 != NULL && !X509_STORE_add_cert(store, info->x509))
            || (info->crl != NULL && !X509_STORE_add_crl(store, info->crl)))
            return 0;
    }
    return folder == NULL || SSL_CTX_load_verify_dir(ctx, folder);
}

static int
has_trusted(STACK_OF(X509_INFO) * list)
{
    for (int i = 0; i < sk_X509_INFO_num(list); i++)
        if (sk_X509_INFO_value(list, i)->x509 != NULL || sk_X509_INFO_value(list, i)->crl != NULL)
            return 1;
    return 0;
}

static PyObject *
load_trusted(PyObject *self, const char *path, const char *folder)
{
    ssl_state *state = ssl_state_of(self);
    STACK_OF(X509_INFO) *list = NULL;
    PyObject *result = NULL;
    util_hold hold;
    SSL_CTX *ctx;

    if (path == NULL && folder == NULL)
        return util_raise_reason(state->Error, "SSL routines", "neither cafile nor capath given");
    if (path != NULL) {
        util_errors_clear();
        DETACHED(list = files_read_trusted(path));
        if (list == NULL)
            return util_raise(state->Error);
        if (!has_trusted(list)) {
            util_raise_reason(state->Error, "x509 certificate routines",
                              "no certificate or crl found");
            goto done;
        }
    }
    ctx = ssl_context_write(self, &hold);
    if (ctx != NULL)
        result = ssl_context_done(self, &hold, add_trusted(ctx, list, folder));
done:
    sk_X509_INFO_pop_free(list, X509_INFO_free);
    return result;
}

/* A path or NULL for None, as a new reference. */
static int
as_path_or_none(PyObject *value, const char *name, PyObject **path)
{
    *path = NULL;
    if (value == NULL || value == Py_None)
        return 0;
    *path = util_as_path(value, name);
    return *path == NULL ? -1 : 0;
}

static const char *
text_of(PyObject *path)
{
    return path == NULL ? NULL : PyBytes_AS_STRING(path);
}

PyObject *
context_load_verify_locations(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    UTIL_PARAMS("load_verify_locations", 1, 2, "cafile", "capath");
    PyObject *given[2], *file = NULL, *folder = NULL, *result = NULL;

    if (util_bind(&params, args, nargs, kwnames, given) == 0
        && as_path_or_none(given[0], "cafile", &file) == 0
        && as_path_or_none(given[1], "capath", &folder) == 0)
        result = load_trusted(self, text_of(file), text_of(folder));
    Py_XDECREF(file);
    Py_XDECREF(folder);
    return result;
}

/* ---- the default places ---- */

PyObject *
context__check_env_vars_set(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    UTIL_PARAMS("_check_env_vars_set", 2, 2, "dir_env_var", "file_env_var");
    PyObject *given[2], *name;
    int found = 0;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    for (int i = 0; i < 2; i++) {
        name = util_as_identifier(given[i], params.names[i]);
        if (name == NULL)
            return NULL;
        found |= getenv(PyBytes_AS_STRING(name)) != NULL;
        Py_DECREF(name);
    }
    return PyBool_FromLong(found);
}

/* The first of some paths that leads to a file of this kind, new; NULL, perhaps without an
   exception. */
static PyObject *
first_existing(PyObject *paths, const char *name, mode_t kind)
{
    PyObject *all = PySequence_Tuple(paths), *path = NULL;
    struct stat status;

    for (Py_ssize_t i = 0; all != NULL && i < PyTuple_GET_SIZE(all); i++) {
        path = util_as_path(PyTuple_GET_ITEM(all, i), name);
        if (path == NULL
            || (stat(PyBytes_AS_STRING(path), &status) == 0 && (status.st_mode & S_IFMT) == kind))
            break;
        Py_CLEAR(path);
    }
    Py_XDECREF(all);
    return path;
}

PyObject *
context__fallback_default_verify_paths(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                       PyObject *kwnames)
{
    UTIL_PARAMS("_fallback_default_verify_paths", 2, 2, "file_path", "dir_path");
    PyObject *given[2], *file, *folder = NULL, *result = NULL;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    file = first_existing(given[0], "file_path", S_IFREG);
    if (file != NULL || !PyErr_Occurred())
        folder = first_existing(given[1], "dir_path", S_IFDIR);
    if (!PyErr_Occurred())
        result = file == NULL && folder == NULL
                     ? Py_NewRef(Py_None)
                     : load_trusted(self, text_of(file), text_of(folder));
    Py_XDECREF(file);
    Py_XDECREF(folder);
    return result;
}

/* Whether OpenSSL was built to look where wheels of `cryptography` look, which is nowhere. */
static int
looks_nowhere(PyObject *module)
{
    const struct {
        const char *name, *path;
    } places[] = {
        {"_CRYPTOGRAPHY_MANYLINUX_CA_DIR", X509_get_default_cert_dir()},
        {"_CRYPTOGRAPHY_MANYLINUX_CA_FILE", X509_get_default_cert_file()},
    };
    int same = 1;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(places) && same == 1; i++) {
        PyObject *expected = util_get(module, places[i].name);

        if (expected == NULL)
            return -1;
        same = PyBytes_Check(expected) && strcmp(PyBytes_AS_STRING(expected), places[i].path) == 0;
        Py_DECREF(expected);
    }
    return same;
}

static PyObject *
fall_back(PyObject *self, PyObject *module)
{
    PyObject *files = util_get(module, "_CERTIFICATE_FILE_LOCATIONS");
    PyObject *folders = util_get(module, "_CERTIFICATE_PATH_LOCATIONS");
    PyObject *result = NULL;

    if (files != NULL && folders != NULL)
        result =
            util_call(self, "_fallback_default_verify_paths", (PyObject *[]){files, folders}, 2);
    Py_XDECREF(files);
    Py_XDECREF(folders);
    return result;
}

PyObject *
context_set_default_verify_paths(PyObject *self, PyObject *unused)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &ssl_module), *answer, *ask;
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(self, &hold);
    int success, told, nowhere;

    if (ctx == NULL)
        return NULL;
    DETACHED(success = SSL_CTX_set_default_verify_paths(ctx)); /* reads a file */
    answer = ssl_context_done(self, &hold, success);
    if (answer == NULL)
        return NULL;
    Py_DECREF(answer);
    ask = util_get(self, "_check_env_vars_set");
    answer = ask == NULL ? NULL
                         : PyObject_CallFunction(ask, "ss", X509_get_default_cert_dir_env(),
                                                 X509_get_default_cert_file_env());
    Py_XDECREF(ask);
    told = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(answer);
    if (told < 0 || (nowhere = looks_nowhere(module)) < 0)
        return NULL;
    if (told || !nowhere)
        Py_RETURN_NONE;
    return fall_back(self, module);
}

PyObject *
context_get_cert_store(PyObject *self, PyObject *unused)
{
    const crypto_api *crypto = ssl_state_of(self)->crypto;
    util_hold hold;
    SSL_CTX *ctx = ssl_context_read(self, &hold);
    X509_STORE *store;

    if (ctx == NULL)
        return NULL;
    store = SSL_CTX_get_cert_store(ctx);
    X509_STORE_up_ref(store);
    util_rwlock_release(&hold);
    return crypto->store_wrap(crypto->X509Store_Type, store, self, &((ContextObject *)self)->lock);
}

/* ---- the names that a server sends ---- */

static void
free_names(STACK_OF(X509_NAME) * names)
{
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

/* Takes the list over. */
static PyObject *
put_names(PyObject *self, STACK_OF(X509_NAME) * names)
{
    util_hold hold;
    SSL_CTX *ctx = ssl_context_write(self, &hold);

    if (ctx == NULL) {
        free_names(names);
        return NULL;
    }
    SSL_CTX_set_client_CA_list(ctx, names);
    return ssl_context_done(self, &hold, 1);
}

static int
contains(const STACK_OF(X509_NAME) * names, const X509_NAME *name)
{
    for (int i = 0; i < sk_X509_NAME_num(names); i++)
        if (X509_NAME_cmp(sk_X509_NAME_value(names, i), name) == 0)
            return 1;
    return 0;
}

/* Takes the name over, in failure too. */
static int
push(STACK_OF(X509_NAME) * names, X509_NAME *name)
{
    if (name != NULL && sk_X509_NAME_push(names, name))
        return 1;
    X509_NAME_free(name);
    return 0;
}

/* The subjects of a file's certificates, each once.  Detached. */
static STACK_OF(X509_NAME) * read_names(const char *path)
{
    ssl_asker nobody = {NULL, NULL};
    STACK_OF(X509) *certs = files_read_certificates(path, &nobody);
    STACK_OF(X509_NAME) *names = certs == NULL ? NULL : sk_X509_NAME_new_null();

    for (int i = 0; names != NULL && i < sk_X509_num(certs); i++) {
        const X509_NAME *name = X509_get_subject_name(sk_X509_value(certs, i));

        if (!contains(names, name) && !push(names, X509_NAME_dup(name))) {
            free_names(names);
            names = NULL;
        }
    }
    sk_X509_pop_free(certs, X509_free);
    return names;
}

PyObject *
context_load_client_ca(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_client_ca", 1, 1, "cafile");
    STACK_OF(X509_NAME) * names;
    PyObject *given, *path;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0)
        return NULL;
    path = PyUnicode_Check(given) ? util_as_warned_bytes(given, "cafile")
                                  : util_as_path(given, "cafile");
    if (path == NULL)
        return NULL;
    util_errors_clear();
    DETACHED(names = read_names(PyBytes_AS_STRING(path)));
    Py_DECREF(path);
    return names == NULL ? util_raise(ssl_state_of(self)->Error) : put_names(self, names);
}

static STACK_OF(X509_NAME) * copy_names(ssl_state *state, PyObject *all)
{
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    if (names == NULL)
        return util_raise_new(state->Error);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(all); i++) {
        X509_NAME *name = state->crypto->as_name(state->crypto, PyTuple_GET_ITEM(all, i),
                                                 "certificate_authorities", state->Error);

        if (name == NULL || !push(names, name)) {
            free_names(names);
            return util_raise_new(state->Error); /* keeps what as_name has raised */
        }
    }
    return names;
}

PyObject *
context_set_client_ca_list(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *kwnames)
{
    UTIL_PARAMS("set_client_ca_list", 1, 1, "certificate_authorities");
    STACK_OF(X509_NAME) * names;
    PyObject *given, *all;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (all = PySequence_Tuple(given)) == NULL)
        return NULL;
    names = copy_names(ssl_state_of(self), all);
    Py_DECREF(all);
    return names == NULL ? NULL : put_names(self, names);
}

PyObject *
context_add_client_ca(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add_client_ca", 1, 1, "certificate_authority");
    ssl_state *state = ssl_state_of(self);
    PyObject *given, *result = NULL;
    util_hold hold;
    SSL_CTX *ctx;
    X509 *cert;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (cert = state->crypto->as_x509(state->crypto, given, params.names[0], state->Error))
               == NULL)
        return NULL;
    ctx = ssl_context_write(self, &hold);
    if (ctx != NULL)
        result = ssl_context_done(self, &hold, SSL_CTX_add_client_CA(ctx, cert));
    X509_free(cert);
    return result;
}
