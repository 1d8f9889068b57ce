#include "ssl/constants.h"
#include "ssl/state.h"
#include "ssl_doc.h"
#include "util/args.h"

/* Definition of the module.

   What is there once for the whole process, whatever the number of interpreters:
   - OpenSSL's own globals;
   - index 0 of an SSL's ex data, SSL_get_app_data, which is OpenSSL's for the application: a
     pointer to the Connection, borrowed, NULL once the Connection is being freed;
   - the BIO_METHODs of transport.c, made on first use and never changed.
   All else is in the module's state or in the objects. */

/* ---- functions ---- */

static PyObject *
ssl_OpenSSL_version(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("OpenSSL_version", 1, 1, "type");
    PyObject *given;
    int type;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || util_as_int(given, "type", &type) < 0)
        return NULL;
    return PyBytes_FromString(OpenSSL_version(type));
}

static PyMethodDef ssl_methods[] = {
    UTIL_ROW(ssl, OpenSSL_version),
    UTIL_ROW_OF(SSLeay_version, ssl_OpenSSL_version, ssl_SSLeay_version_doc),
    {NULL},
};

/* ---- what the module is filled with ---- */

static int
add_exceptions(PyObject *module, ssl_state *state)
{
    const struct {
        const char *name, *doc;
        PyObject **slot;
    } derived[] = {
        {"OpenSSL.SSL.ZeroReturnError", zeroreturnerror_doc, &state->ZeroReturnError},
        {"OpenSSL.SSL.WantReadError", wantreaderror_doc, &state->WantReadError},
        {"OpenSSL.SSL.WantWriteError", wantwriteerror_doc, &state->WantWriteError},
        {"OpenSSL.SSL.WantX509LookupError", wantx509lookuperror_doc, &state->WantX509LookupError},
        {"OpenSSL.SSL.SysCallError", syscallerror_doc, &state->SysCallError},
    };

    if (util_add_exception(module, "OpenSSL.SSL.Error", error_doc, NULL, &state->Error) < 0)
        return -1;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(derived); i++)
        if (util_add_exception(module, derived[i].name, derived[i].doc, state->Error,
                               derived[i].slot)
            < 0)
            return -1;
    return 0;
}

static int
add_types(PyObject *module, ssl_state *state)
{
    if (util_add_type(module, &context_spec, &state->Context_Type) < 0
        || util_add_type(module, &connection_spec, &state->Connection_Type) < 0
        || util_use_getattr(state->Connection_Type) < 0
        || util_add_type(module, &session_spec, &state->Session_Type) < 0)
        return -1;
    if (util_add_alias(module, "ContextType", state->Context_Type) < 0
        || util_add_alias(module, "ConnectionType", state->Connection_Type) < 0)
        return -1;
    return 0;
}

/* NO_OVERLAPPING_PROTOCOLS is nothing but itself, with a class that gives it a name. */
static int
add_no_overlap(PyObject *module, ssl_state *state)
{
    static const util_constant nothing[] = {{NULL, 0}};
    PyObject *class;

    if (util_add_namespace(module, "_NoOverlappingProtocols", _nooverlappingprotocols_doc, nothing)
        < 0)
        return -1;
    class = PyObject_GetAttrString(module, "_NoOverlappingProtocols");
    if (class == NULL)
        return -1;
    state->no_overlap = PyObject_CallNoArgs(class);
    Py_DECREF(class);
    if (state->no_overlap == NULL)
        return -1;
    return util_add_alias(module, "NO_OVERLAPPING_PROTOCOLS", state->no_overlap);
}

static int
add_constants(PyObject *module, ssl_state *state)
{
    if (util_add_constants(module, ssl_constants) < 0
        || util_add_namespace(module, "X509VerificationCodes", x509verificationcodes_doc,
                              ssl_verification_codes)
               < 0)
        return -1;
    return add_no_overlap(module, state);
}

/* Where set_default_verify_paths looks if OpenSSL was built, for a wheel, to look where nothing
   is.  Private, but other packages and tests look at them. */
static int
add_places(PyObject *module)
{
    const struct {
        const char *name;
        PyObject *value;
    } places[] = {
        {"_CRYPTOGRAPHY_MANYLINUX_CA_DIR",
         PyBytes_FromString("/opt/pyca/cryptography/openssl/certs")},
        {"_CRYPTOGRAPHY_MANYLINUX_CA_FILE",
         PyBytes_FromString("/opt/pyca/cryptography/openssl/cert.pem")},
        {"_CERTIFICATE_FILE_LOCATIONS",
         Py_BuildValue("[sssss]", "/etc/ssl/certs/ca-certificates.crt",
                       "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                       "/etc/pki/tls/cacert.pem",
                       "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")},
        {"_CERTIFICATE_PATH_LOCATIONS", Py_BuildValue("[s]", "/etc/ssl/certs")},
    };
    int result = 0;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(places); i++) {
        if (places[i].value == NULL
            || (result == 0 && util_add_alias(module, places[i].name, places[i].value) < 0))
            result = -1;
        Py_XDECREF(places[i].value);
    }
    return result;
}

/* What is used of other modules. */

static int
import_crypto(ssl_state *state)
{
    PyObject *module = PyImport_ImportModule("OpenSSL.crypto");

    if (module == NULL)
        return -1;
    state->crypto_capsule = PyObject_GetAttrString(module, "_api");
    Py_DECREF(module);
    if (state->crypto_capsule == NULL)
        return -1;
    state->crypto = PyCapsule_GetPointer(state->crypto_capsule, CRYPTO_API_NAME);
    if (state->crypto == NULL)
        return -1;
    if (state->crypto->version != CRYPTO_API_VERSION) {
        PyErr_SetString(PyExc_ImportError,
                        "OpenSSL.crypto and OpenSSL.SSL are of different builds");
        return -1;
    }
    return 0;
}

static int
import_errorcode(ssl_state *state)
{
    PyObject *module = PyImport_ImportModule("errno");

    if (module == NULL)
        return -1;
    state->errorcode = PyObject_GetAttrString(module, "errorcode");
    Py_DECREF(module);
    return state->errorcode == NULL ? -1 : 0;
}

static int
make_no_calls(ssl_state *state)
{
    state->no_calls = PyTuple_New(SSL_CALLS);
    if (state->no_calls == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < SSL_CALLS; i++)
        PyTuple_SET_ITEM(state->no_calls, i, Py_NewRef(Py_None));
    return 0;
}

static int
ssl_exec(PyObject *module)
{
    ssl_state *state = PyModule_GetState(module);

    if (util_start_openssl() < 0 || import_crypto(state) < 0 || import_errorcode(state) < 0
        || make_no_calls(state) < 0 || add_exceptions(module, state) < 0
        || add_types(module, state) < 0 || add_constants(module, state) < 0
        || add_places(module) < 0 || util_add_functions(module, ssl_native_methods) < 0)
        return -1;
    return 0;
}

UTIL_STATE_FUNCTIONS(ssl, SSL_STATE)

static PyModuleDef_Slot ssl_slots[] = {
    {Py_mod_exec, ssl_exec},
    UTIL_SLOT_INTERPRETERS UTIL_SLOT_GIL{0, NULL},
};

PyModuleDef ssl_module = {
    PyModuleDef_HEAD_INIT,       .m_name = "OpenSSL.SSL",  .m_doc = ssl_module_doc,
    .m_size = sizeof(ssl_state), .m_methods = ssl_methods, .m_slots = ssl_slots,
    .m_traverse = ssl_traverse,  .m_clear = ssl_clear,     .m_free = ssl_free,
};

PyMODINIT_FUNC PyInit_SSL(void);

PyMODINIT_FUNC
PyInit_SSL(void)
{
    return PyModuleDef_Init(&ssl_module);
}
