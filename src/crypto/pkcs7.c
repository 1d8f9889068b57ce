#include "crypto/pem.h"
#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"

typedef struct {
    UTIL_HEAD
    PKCS7 *ptr;
} PKCS7Object;

UTIL_OWNER(pkcs7, PKCS7Object, PKCS7, PKCS7_free)

PyObject *
crypto_load_pkcs7_data(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("load_pkcs7_data", 2, 2, "type", "buffer");
    crypto_state *state = PyModule_GetState(module);
    crypto_passphrase none = {NULL};
    PyObject *given[2];
    PKCS7 *message;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    message = crypto_load(state, &crypto_pkcs7, given[0], given[1], &none);
    return message == NULL ? NULL : pkcs7_wrap(state->PKCS7_Type, message);
}

/* Nothing changes a PKCS7 once it has been read, so nothing here needs the lock. */
static int
type_of(PyObject *self)
{
    return OBJ_obj2nid(((PKCS7Object *)self)->ptr->type);
}

static PyObject *
pkcs7_get_type_name(PyObject *self, PyObject *unused)
{
    return PyBytes_FromString(util_short_name(((PKCS7Object *)self)->ptr->type));
}

static PyObject *
pkcs7_type_is_data(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(type_of(self) == NID_pkcs7_data);
}

static PyObject *
pkcs7_type_is_enveloped(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(type_of(self) == NID_pkcs7_enveloped);
}

static PyObject *
pkcs7_type_is_signed(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(type_of(self) == NID_pkcs7_signed);
}

static PyObject *
pkcs7_type_is_signedAndEnveloped(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(type_of(self) == NID_pkcs7_signedAndEnveloped);
}

static PyMethodDef pkcs7_methods[] = {
    UTIL_ROW_NOARGS(pkcs7, get_type_name),
    UTIL_ROW_NOARGS(pkcs7, type_is_data),
    UTIL_ROW_NOARGS(pkcs7, type_is_enveloped),
    UTIL_ROW_NOARGS(pkcs7, type_is_signed),
    UTIL_ROW_NOARGS(pkcs7, type_is_signedAndEnveloped),
    {NULL},
};

static PyObject *
pkcs7_get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, ((PKCS7Object *)self)->ptr, "PKCS7 *");
}

static PyGetSetDef pkcs7_getset[] = {
    {"_pkcs7", pkcs7_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyType_Slot pkcs7_slots[] = {
    UTIL_OWNER_SLOTS(pkcs7),
    {Py_tp_methods, pkcs7_methods},
    {Py_tp_getset, pkcs7_getset},
    {0, NULL},
};

PyType_Spec pkcs7_spec = {
    .name = "OpenSSL.crypto.PKCS7",
    .basicsize = sizeof(PKCS7Object),
    .flags = UTIL_SEALED_FLAGS,
    .slots = pkcs7_slots,
};
