#include "crypto/name.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

#include <limits.h>
#include <string.h>

/* A name's fields, which are its attributes. */

/* What most programs ask for, found without OpenSSL's tables. */
static const struct {
    char name[3];
    int nid;
} common_fields[] = {
    {"CN", NID_commonName}, {"O", NID_organizationName}, {"OU", NID_organizationalUnitName},
    {"C", NID_countryName}, {"L", NID_localityName},     {"ST", NID_stateOrProvinceName},
};

/* NID_undef: it is no field; -1: an exception is set. */
static int
nid_of(PyObject *attribute)
{
    const char *text;
    Py_ssize_t size;
    int nid;

    text = PyUnicode_AsUTF8AndSize(attribute, &size);
    if (text == NULL) { /* a surrogate is in no name that OpenSSL knows */
        if (!PyErr_ExceptionMatches(PyExc_UnicodeError))
            return -1;
        PyErr_Clear();
        return NID_undef;
    }
    if (text[0] == '_' || strlen(text) != (size_t)size)
        return NID_undef;
    for (size_t i = 0; size <= 2 && i < Py_ARRAY_LENGTH(common_fields); i++)
        if (strcmp(text, common_fields[i].name) == 0)
            return common_fields[i].nid;
    util_errors_clear();
    nid = OBJ_txt2nid(text);
    return nid == NID_undef && util_errors_swallow() < 0 ? -1 : nid;
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
    util_errors_clear();
    return util_from_asn1_text(string, exc);
}

static PyObject *
value_now(PyObject *op, int nid)
{
    PyObject *exc = crypto_state_of(op)->Error, *result;
    const X509_NAME *name;

    UTIL_READING(crypto_name_holder(op), name = crypto_name_get(op);
                 result = name == NULL ? NULL : value_of(name, nid, exc));
    return result;
}

/* In the original the fields come after all that Python finds by itself.  The type's own
   methods are no fields, so it is only a subclass that must be asked first. */
PyObject *
crypto_name_getattro(PyObject *op, PyObject *attribute)
{
    PyObject *found = NULL;
    int subclass = Py_TYPE(op)->tp_base != &PyBaseObject_Type, nid;

    if (subclass) {
        found = PyObject_GenericGetAttr(op, attribute);
        if (found != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError))
            return found;
        PyErr_Clear();
    }
    nid = PyUnicode_Check(attribute) ? nid_of(attribute) : NID_undef;
    if (nid < 0)
        return NULL;
    return nid == NID_undef ? PyObject_GenericGetAttr(op, attribute) : value_now(op, nid);
}

static int
raise_no_field(PyObject *attribute)
{
    PyErr_Format(PyExc_AttributeError, "X509Name has no field %R", attribute);
    return -1;
}

PyObject *
crypto_name_getattr(PyObject *op, PyObject *attribute)
{
    int nid = PyUnicode_Check(attribute) ? nid_of(attribute) : NID_undef;

    if (nid == NID_undef)
        nid = raise_no_field(attribute);
    return nid < 0 ? NULL : value_now(op, nid);
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
edit(PyObject *op, int nid, const char *value, Py_ssize_t size)
{
    const X509_NAME *now = crypto_name_get(op);
    X509_NAME *copy = now == NULL ? NULL : X509_NAME_dup(now);

    if (copy != NULL && replace_entry(copy, nid, value, size))
        return crypto_name_put(op, copy);
    X509_NAME_free(copy);
    return 0;
}

static int
set_value(PyObject *op, int nid, const char *value, Py_ssize_t size)
{
    int done;

    util_errors_clear();
    UTIL_WRITING(crypto_name_holder(op), done = edit(op, nid, value, size));
    if (done)
        return 0;
    util_raise(crypto_state_of(op)->Error);
    return -1;
}

/* The value's bytes, borrowed from it. */
static const char *
text_of(PyObject *value, Py_ssize_t *size)
{
    const char *text;

    if (PyUnicode_Check(value)) {
        text = PyUnicode_AsUTF8AndSize(value, size);
    } else {
        if (util_check_bytes(value, "the value of a name's field, if it is no str,") < 0)
            return NULL;
        text = PyBytes_AS_STRING(value);
        *size = PyBytes_GET_SIZE(value);
    }
    if (text != NULL && *size > INT_MAX) {
        PyErr_SetString(PyExc_ValueError, "the value of a name's field is too long");
        return NULL;
    }
    return text;
}

int
crypto_name_setattro(PyObject *op, PyObject *attribute, PyObject *value)
{
    const char *text;
    Py_ssize_t size;
    int nid;

    /* A private attribute, or no name at all, which it says. */
    if (!PyUnicode_Check(attribute)
        || (PyUnicode_GET_LENGTH(attribute) > 0 && PyUnicode_READ_CHAR(attribute, 0) == '_'))
        return PyObject_GenericSetAttr(op, attribute, value);
    nid = nid_of(attribute);
    if (nid < 0)
        return -1;
    if (nid == NID_undef)
        return raise_no_field(attribute);
    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "field %U of an X509Name cannot be deleted", attribute);
        return -1;
    }
    text = text_of(value, &size);
    return text == NULL ? -1 : set_value(op, nid, text, size);
}
