#include "crypto/curve.h"
#include "crypto/pem.h"
#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/share.h"

/* The functions of the module, each defined where its subject lives. */
static PyMethodDef crypto_methods[] = {
    UTIL_ROW(crypto, load_certificate),
    UTIL_ROW(crypto, dump_certificate),
    UTIL_ROW(crypto, load_privatekey),
    UTIL_ROW(crypto, dump_privatekey),
    UTIL_ROW(crypto, load_publickey),
    UTIL_ROW(crypto, dump_publickey),
    UTIL_ROW_NOARGS(crypto, get_elliptic_curves),
    UTIL_ROW(crypto, get_elliptic_curve),
    UTIL_ROW(crypto, X509_verify_cert_error_string),
    UTIL_ROW(crypto, load_certificate_request),
    UTIL_ROW(crypto, dump_certificate_request),
    UTIL_ROW(crypto, load_crl),
    UTIL_ROW(crypto, dump_crl),
    UTIL_ROW(crypto, sign),
    UTIL_ROW(crypto, verify),
    UTIL_ROW(crypto, load_pkcs7_data),
    UTIL_ROW(crypto, load_pkcs12),
    {NULL},
};

static const util_constant crypto_constants[] = {
    {"FILETYPE_PEM", X509_FILETYPE_PEM},
    {"FILETYPE_ASN1", X509_FILETYPE_ASN1},
    {"FILETYPE_TEXT", 65535}, /* ours: OpenSSL has no such file type */
    {"TYPE_RSA", EVP_PKEY_RSA},
    {"TYPE_DSA", EVP_PKEY_DSA},
    {"TYPE_DH", EVP_PKEY_DH},
    {"TYPE_EC", EVP_PKEY_EC},
    {NULL, 0},
};

static int
crypto_exec(PyObject *module)
{
    crypto_state *state = PyModule_GetState(module);

    util_watch_forks();
    if (util_start_openssl() < 0
        || util_add_exception(module, "OpenSSL.crypto.Error", error_doc, NULL, &state->Error) < 0
        || util_add_constants(module, crypto_constants) < 0
        || util_add_type(module, &pkey_spec, &state->PKey_Type) < 0
        || util_add_type(module, &curve_spec, &state->Curve_Type) < 0
        || util_add_type(module, &x509_spec, &state->X509_Type) < 0
        || util_add_type(module, &name_spec, &state->X509Name_Type) < 0
        || util_add_type(module, &extension_spec, &state->X509Extension_Type) < 0
        || util_add_type(module, &request_spec, &state->X509Req_Type) < 0
        || util_add_type(module, &crl_spec, &state->CRL_Type) < 0
        || util_add_type(module, &revoked_spec, &state->Revoked_Type) < 0
        || util_add_type(module, &pkcs7_spec, &state->PKCS7_Type) < 0
        || util_add_type(module, &pkcs12_spec, &state->PKCS12_Type) < 0
        || util_add_type(module, &spki_spec, &state->SPKI_Type) < 0
        || util_add_type(module, &store_spec, &state->X509Store_Type) < 0
        || util_add_type(module, &storectx_spec, &state->X509StoreContext_Type) < 0
        || util_add_subtype(module, &storectx_error_spec, PyExc_Exception,
                            (PyTypeObject **)&state->X509StoreContextError)
               < 0
        || util_add_namespace(module, "X509StoreFlags", x509storeflags_doc, crypto_store_flags) < 0
        || util_add_alias(module, "PKeyType", state->PKey_Type) < 0
        || util_add_alias(module, "X509Type", state->X509_Type) < 0
        || util_add_alias(module, "X509NameType", state->X509Name_Type) < 0
        || util_add_alias(module, "X509ExtensionType", state->X509Extension_Type) < 0
        || util_add_alias(module, "X509ReqType", state->X509Req_Type) < 0
        || util_add_alias(module, "CRLType", state->CRL_Type) < 0
        || util_add_alias(module, "PKCS7Type", state->PKCS7_Type) < 0
        || util_add_alias(module, "PKCS12Type", state->PKCS12_Type) < 0
        || util_add_alias(module, "NetscapeSPKIType", state->SPKI_Type) < 0
        || util_add_alias(module, "X509StoreType", state->X509Store_Type) < 0
        || util_add_functions(module, crypto_native_methods) < 0
        || crypto_add_api(module, state) < 0)
        return -1;
    return 0;
}

UTIL_STATE_FUNCTIONS(crypto, CRYPTO_STATE)

static PyModuleDef_Slot crypto_slots[] = {
    {Py_mod_exec, crypto_exec},
    UTIL_SLOT_INTERPRETERS UTIL_SLOT_GIL{0, NULL},
};

PyModuleDef crypto_module = {
    PyModuleDef_HEAD_INIT,          .m_name = "OpenSSL.crypto",  .m_doc = crypto_module_doc,
    .m_size = sizeof(crypto_state), .m_methods = crypto_methods, .m_slots = crypto_slots,
    .m_traverse = crypto_traverse,  .m_clear = crypto_clear,     .m_free = crypto_free,
};

PyMODINIT_FUNC PyInit_crypto(void);

PyMODINIT_FUNC
PyInit_crypto(void)
{
    return PyModuleDef_Init(&crypto_module);
}
