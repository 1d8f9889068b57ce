#include "crypto/name.h"

#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

#include <string.h>

/* Either a name of its own, or a view of the name inside another object.  A view keeps no
   pointer: it asks its owner each time, so that nothing can dangle, and an edit is made on a
   copy that is put back whole.  The owner's critical section guards both. */
typedef struct {
    UTIL_HEAD
    X509_NAME *ptr; /* NULL for a view */
    PyObject *owner;
    const name_source *source;
} NameObject;

static PyObject *
guard_of(PyObject *op)
{
    PyObject *owner = ((NameObject *)op)->owner;

    return owner == NULL ? op : owner;
}

static const X509_NAME *
name_get(PyObject *op)
{
    NameObject *self = (NameObject *)op;
    const X509_NAME *name = self->owner == NULL ? self->ptr : self->source->get(self->owner);

    if (name == NULL)
        PyErr_SetString(PyExc_ValueError, "this X509Name is not initialized");
    return name;
}

/* *edited* is taken over. */
static int
name_put(PyObject *op, X509_NAME *edited)
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
    X509_NAME *copy = NULL;
    const X509_NAME *now;

    Py_BEGIN_CRITICAL_SECTION(guard_of(name));
    now = name_get(name);
    if (now != NULL && (copy = X509_NAME_dup(now)) == NULL)
        util_raise_new(exc);
    Py_END_CRITICAL_SECTION();
    return copy;
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
    Py_BEGIN_CRITICAL_SECTION(op);
    old = self->ptr;
    self->ptr = copy;
    Py_END_CRITICAL_SECTION();
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

/* ---- attributes ---- */

/* What most programs ask for, found without OpenSSL's tables. */
static const struct {
    char name[3];
    int nid;
} common_fields[] = {
    {"CN", NID_commonName}, {"O", NID_organizationName}, {"OU", NID_organizationalUnitName},
    {"C", NID_countryName}, {"L", NID_localityName},     {"ST", NID_stateOrProvinceName},
};

static int
nid_of(PyObject *attribute)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(attribute, &size);
    int nid;

    if (text == NULL) { /* a surrogate: no name that OpenSSL knows */
        PyErr_Clear();
        return NID_undef;
    }
    if (text[0] == '_' || strlen(text) != (size_t)size)
        return NID_undef;
    for (size_t i = 0; size <= 2 && i < Py_ARRAY_LENGTH(common_fields); i++)
        if (strcmp(text, common_fields[i].name) == 0)
            return common_fields[i].nid;
    util_errors_mark();
    nid = OBJ_txt2nid(text);
    util_errors_forget();
    return nid;
}

/* The first entry's value; None without one. */
static PyObject *
value_of(const X509_NAME *name, int nid, PyObject *exc)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    const ASN1_STRING *string;

    if (at < 0)
        Py_RETURN_NONE;
    string = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    if (ASN1_STRING_type(string) == V_ASN1_UTF8STRING)
        return PyUnicode_DecodeUTF8((const char *)ASN1_STRING_get0_data(string),
                                    ASN1_STRING_length(string), "surrogateescape");
    return util_from_asn1_text(string, exc);
}

static PyObject *
name_getattro(PyObject *op, PyObject *attribute)
{
    const X509_NAME *name;
    PyObject *result = NULL;
    int nid = nid_of(attribute);

    if (nid == NID_undef)
        return PyObject_GenericGetAttr(op, attribute);
    Py_BEGIN_CRITICAL_SECTION(guard_of(op));
    name = name_get(op);
    if (name != NULL)
        result = value_of(name, nid, crypto_state_of(op)->Error);
    Py_END_CRITICAL_SECTION();
    return result;
}

/* The new value goes to the end, then the old one goes: a refused value changes nothing. */
static int
replace_entry(X509_NAME *name, int nid, const char *value, Py_ssize_t size)
{
    int old = X509_NAME_get_index_by_NID(name, nid, -1);

    if (!X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)value,
                                    (int)size, -1, 0))
        return 0;
    if (old >= 0)
        X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, old));
    return 1;
}

static int
set_value(PyObject *op, int nid, const char *value, Py_ssize_t size)
{
    const X509_NAME *now;
    X509_NAME *copy;
    int done = 0;

    util_errors_clear();
    Py_BEGIN_CRITICAL_SECTION(guard_of(op));
    now = name_get(op);
    copy = now == NULL ? NULL : X509_NAME_dup(now);
    if (copy != NULL && replace_entry(copy, nid, value, size))
        done = name_put(op, copy);
    else
        X509_NAME_free(copy);
    Py_END_CRITICAL_SECTION();
    if (done)
        return 0;
    util_raise(crypto_state_of(op)->Error);
    return -1;
}

static int
name_setattro(PyObject *op, PyObject *attribute, PyObject *value)
{
    int nid = nid_of(attribute);
    const char *text;
    Py_ssize_t size;

    if (nid == NID_undef) {
        if (PyUnicode_GET_LENGTH(attribute) > 0 && PyUnicode_READ_CHAR(attribute, 0) == '_')
            return PyObject_GenericSetAttr(op, attribute, value);
        PyErr_Format(PyExc_AttributeError, "X509Name has no field %R", attribute);
        return -1;
    }
    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "field %U of an X509Name cannot be deleted", attribute);
        return -1;
    }
    if (PyUnicode_Check(value)) {
        text = PyUnicode_AsUTF8AndSize(value, &size);
        if (text == NULL)
            return -1;
    } else {
        if (util_check_bytes(value, "the value of a name's field, if it is no str,") < 0)
            return -1;
        text = PyBytes_AS_STRING(value);
        size = PyBytes_GET_SIZE(value);
    }
    if (size > INT_MAX) {
        PyErr_SetString(PyExc_ValueError, "the value of a name's field is too long");
        return -1;
    }
    return set_value(op, nid, text, size);
}

/* ---- methods; the guard is held ---- */

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

static PyObject *
component(const X509_NAME *name, int at)
{
    util_name_entry *entry = X509_NAME_get_entry(name, at);
    const char *field = OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)));
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);

    return Py_BuildValue("(yy#)", field, (const char *)ASN1_STRING_get0_data(value),
                         (Py_ssize_t)ASN1_STRING_length(value));
}

static PyObject *
components(const X509_NAME *name, crypto_state *state)
{
    int count = X509_NAME_entry_count(name);
    PyObject *list = PyList_New(count);

    for (int at = 0; list != NULL && at < count; at++) {
        PyObject *pair = component(name, at);

        if (pair == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, at, pair);
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
    PyObject *result = NULL;
    const X509_NAME *name;

    Py_BEGIN_CRITICAL_SECTION(guard_of(op));
    name = name_get(op);
    if (name != NULL)
        result = question(name, crypto_state_of(op));
    Py_END_CRITICAL_SECTION();
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
    return ask(op, components);
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
    int order = 0;

    if (!PyObject_TypeCheck(other, state->X509Name_Type))
        Py_RETURN_NOTIMPLEMENTED;
    Py_BEGIN_CRITICAL_SECTION2(guard_of(op), guard_of(other));
    left = name_get(op);
    right = left == NULL ? NULL : name_get(other);
    if (right != NULL)
        order = X509_NAME_cmp(left, right);
    Py_END_CRITICAL_SECTION2();
    if (PyErr_Occurred())
        return NULL;
    if (order < -1)
        return util_raise(state->Error);
    Py_RETURN_RICHCOMPARE(order, 0, how);
}

/* ---- private names that other packages look at ---- */

static PyObject *
name_get_handle(PyObject *op, void *unused)
{
    const X509_NAME *name = name_get(op);

    return name == NULL ? NULL : util_handle_new(op, (void *)name, "X509_NAME *");
}

static PyGetSetDef name_getset[] = {
    {"_name", name_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef name_methods[] = {
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
    {Py_tp_getattro, name_getattro},
    {Py_tp_setattro, name_setattro},
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
