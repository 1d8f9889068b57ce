#include "crypto/curve.h"

#include "crypto_doc.h"
#include "util/args.h"
#include "util/error.h"
#include "util/object.h"

/* A curve is its number and name, nothing of OpenSSL's: what uses it asks by number. */
typedef struct {
    PyObject_HEAD
    int nid;
    PyObject *name;
} CurveObject;

/* ---- all of them ---- */

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

/* A tuple: nobody outside gets it, so that it holds curves and nothing else. */
static PyObject *
new_tuple(crypto_state *state)
{
    size_t count = EC_get_builtin_curves(NULL, 0);
    EC_builtin_curve *known = PyMem_Calloc(count, sizeof *known);
    PyObject *curves = NULL;

    if (known == NULL)
        return PyErr_NoMemory();
    EC_get_builtin_curves(known, count);
    curves = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; curves != NULL && i < count; i++) {
        PyObject *curve = new_curve(state, known[i].nid);

        if (curve == NULL)
            Py_CLEAR(curves);
        else
            PyTuple_SET_ITEM(curves, (Py_ssize_t)i, curve);
    }
    PyMem_Free(known);
    return curves;
}

/* Made when first asked for, and the same objects ever after: they are compared by identity. */
static PyObject *
all_curves(crypto_state *state)
{
    PyObject *made, *curves;

    UTIL_WITH(state->Curve_Type, curves = Py_XNewRef(state->curves));
    if (curves != NULL || (made = new_tuple(state)) == NULL)
        return curves;
    Py_BEGIN_CRITICAL_SECTION(state->Curve_Type);
    if (state->curves == NULL) /* else another thread, or a finalizer in this one, was quicker */
        state->curves = Py_NewRef(made);
    curves = Py_NewRef(state->curves);
    Py_END_CRITICAL_SECTION();
    Py_DECREF(made);
    return curves;
}

/* A set for the caller to keep and change. */
static PyObject *
set_of_curves(crypto_state *state)
{
    PyObject *curves = all_curves(state);
    PyObject *set = curves == NULL ? NULL : PySet_New(curves);

    Py_XDECREF(curves);
    return set;
}

PyObject *
crypto_get_elliptic_curves(PyObject *module, PyObject *unused)
{
    return set_of_curves(PyModule_GetState(module));
}

/* The curve that *is* says 1 of, or NULL; without an exception if there is none. */
static PyObject *
find_curve(crypto_state *state, int (*is)(CurveObject *, PyObject *), PyObject *wanted)
{
    PyObject *curves = all_curves(state), *found = NULL;
    int same = 0;

    for (Py_ssize_t i = 0; curves != NULL && same == 0 && i < PyTuple_GET_SIZE(curves); i++) {
        PyObject *curve = PyTuple_GET_ITEM(curves, i);

        same = is((CurveObject *)curve, wanted);
        if (same > 0)
            found = Py_NewRef(curve);
    }
    Py_XDECREF(curves);
    return found;
}

static void
raise_unknown(const char *message, PyObject *wanted)
{
    PyObject *args = PyErr_Occurred() ? NULL : Py_BuildValue("(sO)", message, wanted);

    if (args != NULL)
        PyErr_SetObject(PyExc_ValueError, args);
    Py_XDECREF(args);
}

static int
is_named(CurveObject *curve, PyObject *name)
{
    return PyObject_RichCompareBool(curve->name, name, Py_EQ);
}

PyObject *
crypto_get_elliptic_curve(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    UTIL_PARAMS("get_elliptic_curve", 1, 1, "name");
    PyObject *given[1], *curve;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    curve = find_curve(PyModule_GetState(module), is_named, given[0]);
    if (curve == NULL)
        raise_unknown("unknown curve name", given[0]);
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

/* ---- upstream's internal names; *lib* is its own, ours needs none ---- */

static int
has_nid(CurveObject *curve, PyObject *nid)
{
    PyObject *own = PyLong_FromLong(curve->nid);
    int same = own == NULL ? -1 : PyObject_RichCompareBool(own, nid, Py_EQ);

    Py_XDECREF(own);
    return same;
}

static PyObject *
curve_from_nid(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("from_nid", 2, 2, "lib", "nid");
    PyObject *given[2], *curve;

    if (util_bind(&params, args, nargs, kwnames, given) < 0)
        return NULL;
    curve = find_curve(crypto_state_of_type((PyTypeObject *)type), has_nid, given[1]);
    if (curve == NULL)
        raise_unknown("unknown curve number", given[1]);
    return curve;
}

static PyObject *
curve_get_set(PyObject *type, PyObject *lib)
{
    return set_of_curves(crypto_state_of_type((PyTypeObject *)type));
}

/* Whether OpenSSL can work with the curve. */
static PyObject *
curve_to_EC_KEY(PyObject *op, PyObject *unused)
{
    EC_GROUP *group;

    util_errors_clear();
    group = EC_GROUP_new_by_curve_name(((CurveObject *)op)->nid);
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
    UTIL_CLASS_ROW_OF(from_nid, curve_from_nid, curve_from_nid_doc),
    {"_get_elliptic_curves", curve_get_set, METH_CLASS | METH_O, NULL},
    {"_load_elliptic_curves", curve_get_set, METH_CLASS | METH_O, NULL},
    {"_to_EC_KEY", curve_to_EC_KEY, METH_NOARGS, NULL},
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
