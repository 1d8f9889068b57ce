#include "crypto/curve.h"

#include "crypto_doc.h"
#include "util/args.h"
#include "util/error.h"

/* A curve is its number and name, nothing of OpenSSL's: what uses it asks by number. */
typedef struct {
    PyObject_HEAD
    int nid;
    PyObject *name;
} CurveObject;

/* ---- the set of all ---- */

static PyObject *
new_curve(crypto_state *state, int nid)
{
    CurveObject *self = (CurveObject *)state->Curve_Type->tp_alloc(state->Curve_Type, 0);
    const char *name = OBJ_nid2sn(nid);

    if (self == NULL)
        return NULL;
    self->nid = nid;
    self->name = PyUnicode_FromString(name == NULL ? "UNDEF" : name);
    if (self->name == NULL)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *
new_set(crypto_state *state)
{
    size_t count = EC_get_builtin_curves(NULL, 0);
    EC_builtin_curve *curves = PyMem_Calloc(count, sizeof *curves);
    PyObject *set = PySet_New(NULL);

    if (curves == NULL)
        PyErr_NoMemory();
    else
        count = EC_get_builtin_curves(curves, count);
    if (curves == NULL)
        Py_CLEAR(set);
    for (size_t i = 0; set != NULL && i < count; i++) {
        PyObject *curve = new_curve(state, curves[i].nid);

        if (curve == NULL || PySet_Add(set, curve) < 0)
            Py_CLEAR(set);
        Py_XDECREF(curve);
    }
    PyMem_Free(curves);
    return set;
}

/* Made when first asked for, and the same objects ever after: they are compared by identity. */
static PyObject *
all_curves(crypto_state *state)
{
    PyObject *set, *lost = NULL;

    if (state->curves == NULL) {
        set = new_set(state);
        if (set == NULL)
            return NULL;
        Py_BEGIN_CRITICAL_SECTION(state->Curve_Type);
        if (state->curves == NULL)
            state->curves = set;
        else
            lost = set; /* another thread was quicker */
        Py_END_CRITICAL_SECTION();
        Py_XDECREF(lost);
    }
    return state->curves;
}

PyObject *
crypto_get_elliptic_curves(PyObject *module, PyObject *unused)
{
    return Py_XNewRef(all_curves(PyModule_GetState(module)));
}

PyObject *
crypto_get_elliptic_curve(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    UTIL_PARAMS("get_elliptic_curve", 1, 1, "name");
    PyObject *given[1], *set, *iterator, *curve;

    if (util_bind(&params, args, nargs, kwnames, given) < 0
        || (set = all_curves(PyModule_GetState(module))) == NULL
        || (iterator = PyObject_GetIter(set)) == NULL)
        return NULL;
    while ((curve = PyIter_Next(iterator)) != NULL) {
        int same = PyObject_RichCompareBool(((CurveObject *)curve)->name, given[0], Py_EQ);

        if (same == 1)
            break;
        Py_CLEAR(curve);
        if (same < 0)
            break;
    }
    Py_DECREF(iterator);
    if (curve == NULL && !PyErr_Occurred()) {
        PyObject *args_of_error = Py_BuildValue("(sO)", "unknown curve name", given[0]);

        if (args_of_error != NULL)
            PyErr_SetObject(PyExc_ValueError, args_of_error);
        Py_XDECREF(args_of_error);
    }
    return curve;
}

/* ---- the type ---- */

static int
curve_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static void
curve_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    Py_CLEAR(((CurveObject *)op)->name);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
curve_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<Curve %R>", ((CurveObject *)op)->name);
}

static PyObject *
curve_get_name(PyObject *op, void *unused)
{
    return Py_NewRef(((CurveObject *)op)->name);
}

static PyObject *
curve_get_nid(PyObject *op, void *unused)
{
    return PyLong_FromLong(((CurveObject *)op)->nid);
}

/* Whether OpenSSL can work with the curve; upstream's internal name for asking. */
static PyObject *
curve__to_EC_KEY(PyObject *op, PyObject *unused)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(((CurveObject *)op)->nid);

    if (group == NULL)
        return util_raise(crypto_state_of(op)->Error);
    EC_GROUP_free(group);
    return Py_NewRef(op);
}

static PyGetSetDef curve_getset[] = {
    {"name", curve_get_name, NULL, curve_name_doc, NULL},
    {"_nid", curve_get_nid, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef curve_methods[] = {
    {"_to_EC_KEY", curve__to_EC_KEY, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot curve_slots[] = {
    {Py_tp_doc, (char *)curve_doc},
    {Py_tp_traverse, curve_traverse},
    {Py_tp_dealloc, curve_dealloc},
    {Py_tp_repr, curve_repr},
    {Py_tp_methods, curve_methods},
    {Py_tp_getset, curve_getset},
    {0, NULL},
};

PyType_Spec curve_spec = {
    .name = "OpenSSL.crypto._EllipticCurve",
    .basicsize = sizeof(CurveObject),
    .flags = UTIL_SEALED_FLAGS,
    .slots = curve_slots,
};
