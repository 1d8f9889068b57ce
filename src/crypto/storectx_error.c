#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"

/* X509StoreContextError: its one argument is the message, the rest are attributes. */
typedef struct {
    PyBaseExceptionObject base;
    PyObject *errors, *certificate;
    PyObject *weakrefs;
} ErrorObject;

static PyTypeObject *
base_type(void)
{
    return (PyTypeObject *)PyExc_Exception;
}

static int
error_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("X509StoreContextError", 3, 3, "message", "errors", "certificate");
    ErrorObject *self = (ErrorObject *)op;
    PyObject *given[3], *message;
    int result;

    if (util_bind_tuple(&params, args, kwargs, given) < 0)
        return -1;
    message = PyTuple_Pack(1, given[0]);
    if (message == NULL)
        return -1;
    result = base_type()->tp_init(op, message, NULL);
    Py_DECREF(message);
    if (result == 0) {
        Py_XSETREF(self->errors, Py_NewRef(given[1]));
        Py_XSETREF(self->certificate, Py_NewRef(given[2]));
    }
    return result;
}

static int
error_traverse(PyObject *op, visitproc visit, void *arg)
{
    ErrorObject *self = (ErrorObject *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->errors);
    Py_VISIT(self->certificate);
    return base_type()->tp_traverse(op, visit, arg);
}

static int
error_clear(PyObject *op)
{
    ErrorObject *self = (ErrorObject *)op;

    Py_CLEAR(self->errors);
    Py_CLEAR(self->certificate);
    return base_type()->tp_clear(op);
}

static void
error_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    if (((ErrorObject *)op)->weakrefs != NULL)
        PyObject_ClearWeakRefs(op);
    error_clear(op);
    base_type()->tp_dealloc(op);
    Py_DECREF(type);
}

static PyMemberDef error_members[] = {
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(ErrorObject, weakrefs), Py_READONLY},
    {"errors", Py_T_OBJECT_EX, offsetof(ErrorObject, errors), 0, x509storecontexterror_errors_doc},
    {"certificate", Py_T_OBJECT_EX, offsetof(ErrorObject, certificate), 0,
     x509storecontexterror_certificate_doc},
    {NULL},
};

static PyType_Slot error_slots[] = {
    {Py_tp_doc, (char *)x509storecontexterror_doc},
    {Py_tp_init, error_init},
    {Py_tp_traverse, error_traverse},
    {Py_tp_clear, error_clear},
    {Py_tp_dealloc, error_dealloc},
    {Py_tp_members, error_members},
    {0, NULL},
};

PyType_Spec storectx_error_spec = {
    .name = "OpenSSL.crypto.X509StoreContextError",
    .basicsize = sizeof(ErrorObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = error_slots,
};
