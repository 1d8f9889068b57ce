#include "crypto/name.h"

#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

const X509_NAME *
crypto_name_get(PyObject *op)
{
    NameObject *self = (NameObject *)op;
    const X509_NAME *name = self->owner == NULL ? self->ptr : self->source->get(self->owner);

    if (name == NULL)
        PyErr_SetString(PyExc_ValueError, "this X509Name is not initialized");
    return name;
}

int
crypto_name_put(PyObject *op, X509_NAME *edited)
{
    NameObject *self = (NameObject *)op;
    int done;

    /* Readers would encode a changed name when they need it, several at once. */
    if (i2d_X509_NAME(edited, NULL) < 0) {
        X509_NAME_free(edited);
        return 0;
    }
    if (self->owner == NULL) {
        X509_NAME_free(self->ptr);
        self->ptr = edited;
        return 1;
    }
    done = self->source->put(self->owner, edited);
    X509_NAME_free(edited);
    return done;
}

/* ---- making ---- */

PyObject *
crypto_name_view(crypto_state *state, PyObject *owner, const name_source *source)
{
    NameObject *self = (NameObject *)state->X509Name_Type->tp_alloc(state->X509Name_Type, 0);

    if (self != NULL) {
        self->owner = Py_NewRef(owner);
        self->source = source;
    }
    return (PyObject *)self;
}

PyObject *
crypto_name_wrap(PyTypeObject *type, X509_NAME *taken)
{
    NameObject *self = (NameObject *)type->tp_alloc(type, 0);

    if (self == NULL)
        X509_NAME_free(taken);
    else
        self->ptr = taken;
    return (PyObject *)self;
}

X509_NAME *
crypto_name_copy(PyObject *name, PyObject *exc)
{
    const X509_NAME *now;
    X509_NAME *copy;

    util_errors_clear();
    UTIL_READING(crypto_name_holder(name), now = crypto_name_get(name);
                 copy = now == NULL ? NULL : X509_NAME_dup(now));
    return copy == NULL && now != NULL ? util_raise_new(exc) : copy;
}

X509_NAME *
crypto_as_name(crypto_state *state, PyObject *value, const char *name)
{
    if (util_check_instance(value, state->X509Name_Type, name) < 0)
        return NULL;
    return crypto_name_copy(value, state->Error);
}

static int
name_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("X509Name", 1, 1, "name");
    NameObject *self = (NameObject *)op;
    X509_NAME *copy, *old;
    PyObject *given[1];

    if (util_bind_tuple(&params, args, kwargs, given) < 0)
        return -1;
    if (self->owner != NULL) {
        PyErr_SetString(PyExc_ValueError, "this X509Name is already initialized");
        return -1;
    }
    copy = crypto_as_name(crypto_state_of(op), given[0], "name");
    if (copy == NULL)
        return -1;
    UTIL_WRITING(op, old = self->ptr; self->ptr = copy);
    X509_NAME_free(old);
    return 0;
}

static int
name_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((NameObject *)op)->owner);
    return util_object_traverse(op, visit, arg);
}

/* The owner stays: a view is immutable in this, and a cycle goes through the owner's dict. */
static void
name_dealloc(PyObject *op)
{
    NameObject *self = (NameObject *)op;

    util_object_dealloc_start(op);
    X509_NAME_free(self->ptr);
    Py_CLEAR(self->owner);
    util_object_dealloc_end(op);
}

/* ---- methods: questions for a reader, who must not make what the garbage collector tracks ---- */

static PyObject *
hash(const X509_NAME *name, crypto_state *state)
{
    int done = 0;
    unsigned long number = X509_NAME_hash_ex(name, NULL, NULL, &done);

    return done ? PyLong_FromUnsignedLong(number) : util_raise(state->Error);
}

static int
encode(const void *name, unsigned char **at)
{
    return i2d_X509_NAME(name, at);
}

static PyObject *
der(const X509_NAME *name, crypto_state *state)
{
    return util_from_i2d(encode, name, state->Error);
}

/* Short names and values in turn, as bytes; NULL or one of them NULL: no memory. */
static PyObject **
parts_of(const X509_NAME *name, int *count)
{
    PyObject **parts;

    *count = 2 * X509_NAME_entry_count(name);
    parts = PyMem_Calloc((size_t)*count + 1, sizeof *parts);
    for (int at = 0; parts != NULL && at < *count; at += 2) {
        util_name_entry *entry = X509_NAME_get_entry(name, at / 2);

        parts[at] = PyBytes_FromString(util_short_name(X509_NAME_ENTRY_get_object(entry)));
        parts[at + 1] = util_from_asn1_octets(X509_NAME_ENTRY_get_data(entry));
        if (parts[at] == NULL || parts[at + 1] == NULL)
            break;
    }
    return parts;
}

static PyObject *
pairs_of(PyObject **parts, int count)
{
    PyObject *list = PyList_New(count / 2);

    for (int at = 0; list != NULL && at < count; at += 2) {
        PyObject *pair = NULL;

        if (parts[at] != NULL && parts[at + 1] != NULL)
            pair = PyTuple_Pack(2, parts[at], parts[at + 1]);
        if (pair == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, at / 2, pair);
    }
    return list;
}

static PyObject *
representation(const X509_NAME *name, crypto_state *state)
{
    char *line = X509_NAME_oneline(name, NULL, 0);
    PyObject *result;

    if (line == NULL)
        return util_raise_new(state->Error);
    result = PyUnicode_FromFormat("<X509Name object '%s'>", line);
    OPENSSL_free(line);
    return result;
}

static PyObject *
ask(PyObject *op, PyObject *(*question)(const X509_NAME *, crypto_state *))
{
    crypto_state *state = crypto_state_of(op);
    const X509_NAME *name;
    PyObject *result;

    util_errors_clear();
    UTIL_READING(crypto_name_holder(op), name = crypto_name_get(op);
                 result = name == NULL ? NULL : question(name, state));
    return result;
}

static PyObject *
name_hash(PyObject *op, PyObject *unused)
{
    return ask(op, hash);
}

static PyObject *
name_der(PyObject *op, PyObject *unused)
{
    return ask(op, der);
}

static PyObject *
name_get_components(PyObject *op, PyObject *unused)
{
    PyObject **parts = NULL, *result = NULL;
    const X509_NAME *name;
    int count = 0;

    UTIL_READING(crypto_name_holder(op), name = crypto_name_get(op);
                 if (name != NULL) parts = parts_of(name, &count));
    if (name != NULL)
        result = parts == NULL ? PyErr_NoMemory() : pairs_of(parts, count);
    for (int at = 0; parts != NULL && at < count; at++)
        Py_XDECREF(parts[at]);
    PyMem_Free(parts);
    return result;
}

static PyObject *
name_repr(PyObject *op)
{
    return ask(op, representation);
}

static PyObject *
name_richcompare(PyObject *op, PyObject *other, int how)
{
    crypto_state *state = crypto_state_of(op);
    const X509_NAME *left, *right;
    int order;

    if (!PyObject_TypeCheck(other, state->X509Name_Type))
        Py_RETURN_NOTIMPLEMENTED;
    util_errors_clear();
    UTIL_READING2(crypto_name_holder(op), crypto_name_holder(other), left = crypto_name_get(op);
                  right = left == NULL ? NULL : crypto_name_get(other);
                  order = right == NULL ? 0 : X509_NAME_cmp(left, right));
    if (PyErr_Occurred())
        return NULL;
    if (order < -1)
        return util_raise(state->Error);
    Py_RETURN_RICHCOMPARE(order, 0, how);
}

/* ---- private names that other packages look at ---- */

/* The address is good until the name is changed. */
static PyObject *
name_get_handle(PyObject *op, void *unused)
{
    const X509_NAME *name;

    UTIL_READING(crypto_name_holder(op), name = crypto_name_get(op));
    return name == NULL ? NULL : util_handle_new(op, name, "X509_NAME *");
}

static PyGetSetDef name_getset[] = {
    {"_name", name_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef name_methods[] = {
    {"__getattr__", crypto_name_getattr, METH_O, NULL},
    UTIL_ROW_NOARGS(name, hash),
    UTIL_ROW_NOARGS(name, der),
    UTIL_ROW_NOARGS(name, get_components),
    {NULL},
};

static PyMemberDef name_members[] = {UTIL_MEMBERS(NameObject), {NULL}};

static PyType_Slot name_slots[] = {
    {Py_tp_doc, (char *)name_doc},
    {Py_tp_init, name_init},
    {Py_tp_traverse, name_traverse},
    {Py_tp_clear, util_object_clear},
    {Py_tp_dealloc, name_dealloc},
    {Py_tp_getattro, crypto_name_getattro},
    {Py_tp_setattro, crypto_name_setattro},
    {Py_tp_richcompare, name_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_repr, name_repr},
    {Py_tp_methods, name_methods},
    {Py_tp_members, name_members},
    {Py_tp_getset, name_getset},
    {0, NULL},
};

PyType_Spec name_spec = {
    .name = "OpenSSL.crypto.X509Name",
    .basicsize = sizeof(NameObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = name_slots,
};
