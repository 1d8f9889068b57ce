#include "crypto/extension.h"

#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

#include <string.h>

typedef struct {
    UTIL_HEAD
    X509_EXTENSION *ptr; /* NULL before __init__; set once */
} ExtensionObject;

UTIL_OWNER(extension, ExtensionObject, X509_EXTENSION, X509_EXTENSION_free)

PyObject *
crypto_extension_wrap(PyTypeObject *type, X509_EXTENSION *taken)
{
    return extension_wrap(type, taken);
}

X509_EXTENSION *
crypto_extension_borrow(PyObject *extension)
{
    return ((ExtensionObject *)extension)->ptr;
}

PyObject *
crypto_as_extensions(crypto_state *state, PyObject *value)
{
    PyObject *list = PySequence_List(value);

    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);

        if (!PyObject_TypeCheck(item, state->X509Extension_Type)
            || crypto_extension_borrow(item) == NULL) {
            PyErr_Format(PyExc_ValueError,
                         "extensions must have X509Extension objects only, not %.100s",
                         Py_TYPE(item)->tp_name);
            Py_CLEAR(list);
        }
    }
    return list;
}

/* ---- making one from text, as in OpenSSL's configuration files ---- */

/* A database without any section: what refers to one fails. */
static char *
no_string(void *database, const char *section, const char *name)
{
    return NULL;
}

static STACK_OF(CONF_VALUE) * no_section(void *database, const char *section)
{
    return NULL;
}

static X509V3_CONF_METHOD no_database = {no_string, no_section, NULL, NULL};

/* *kind* by name or, for what OpenSSL has no name for, by number; then the value must be
   spelled out, as DER: or ASN1:. */
static X509_EXTENSION *
parse(const char *kind, int critical, const char *value, X509 *issuer, X509 *subject)
{
    static const char word[] = "critical,";
    int add_word = critical && strncmp(value, word, strlen(word)) != 0;
    PyObject *whole = PyBytes_FromFormat("%s%s", add_word ? word : "", value);
    X509_EXTENSION *extension = NULL;
    X509V3_CTX ctx;

    if (whole == NULL)
        return NULL;
    X509V3_set_ctx(&ctx, issuer, subject, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    if (OBJ_txt2nid(kind) != NID_proxyCertInfo) { /* whose value could name a file to be read */
        ctx.db_meth = &no_database;
        ctx.db = &ctx; /* anything but NULL: there is a database, and nothing in it */
    }
    extension = X509V3_EXT_nconf(NULL, &ctx, kind, PyBytes_AS_STRING(whole));
    Py_DECREF(whole);
    return extension;
}

/* A certificate, or NULL for None. */
static int
check_cert(crypto_state *state, PyObject **given, const char *name)
{
    if (*given == Py_None)
        *given = NULL;
    return *given == NULL ? 0 : util_check_instance(*given, state->X509_Type, name);
}

/* In the critical sections of those certificates that there are. */
static X509 *
cert_of(PyObject *cert)
{
    return cert == NULL ? NULL : ((X509Object *)cert)->ptr;
}

static int
extension_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("X509Extension", 3, 5, "type_name", "critical", "value", "subject", "issuer");
    ExtensionObject *self = (ExtensionObject *)op;
    crypto_state *state = crypto_state_of(op);
    PyObject *given[5], *kind = NULL, *value = NULL;
    PyObject **subject = &given[3], **issuer = &given[4];
    X509_EXTENSION *made = NULL;
    int critical;

    if (util_bind_tuple(&params, args, kwargs, given) < 0)
        return -1;
    if (self->ptr != NULL) {
        PyErr_SetString(PyExc_ValueError, "this X509Extension is already initialized");
        return -1;
    }
    if ((kind = util_as_plain_bytes(given[0], "type_name")) == NULL
        || util_as_truth(given[1], &critical) < 0
        || (value = util_as_plain_bytes(given[2], "value")) == NULL
        || check_cert(state, subject, "subject") < 0 || check_cert(state, issuer, "issuer") < 0)
        goto done;
    util_errors_clear();
    UTIL_WITH2(*subject == NULL ? op : *subject, *issuer == NULL ? op : *issuer,
               made = parse(PyBytes_AS_STRING(kind), critical, PyBytes_AS_STRING(value),
                            cert_of(*issuer), cert_of(*subject)));
    if (made == NULL)
        util_raise(state->Error);
    else if (self->ptr != NULL) { /* another thread was quicker */
        X509_EXTENSION_free(made);
        made = NULL;
        PyErr_SetString(PyExc_ValueError, "this X509Extension is already initialized");
    } else
        self->ptr = made;
done:
    Py_XDECREF(kind);
    Py_XDECREF(value);
    return made == NULL ? -1 : 0;
}

/* ---- asking ---- */

static X509_EXTENSION *
extension_of(PyObject *self)
{
    X509_EXTENSION *extension = ((ExtensionObject *)self)->ptr;

    if (extension == NULL)
        PyErr_SetString(PyExc_ValueError, "this X509Extension is not initialized");
    return extension;
}

static PyObject *
extension_get_critical(PyObject *self, PyObject *unused)
{
    X509_EXTENSION *extension = extension_of(self);

    return extension == NULL ? NULL : PyLong_FromLong(X509_EXTENSION_get_critical(extension));
}

static int
nid_of(X509_EXTENSION *extension)
{
    return OBJ_obj2nid(X509_EXTENSION_get_object(extension));
}

static PyObject *
extension_get_short_name(PyObject *self, PyObject *unused)
{
    X509_EXTENSION *extension = extension_of(self);
    const char *name;

    if (extension == NULL)
        return NULL;
    name = OBJ_nid2sn(nid_of(extension));
    return PyBytes_FromString(name == NULL ? "UNDEF" : name);
}

static PyObject *
extension_get_data(PyObject *self, PyObject *unused)
{
    X509_EXTENSION *extension = extension_of(self);

    return extension == NULL ? NULL : util_from_asn1_octets(X509_EXTENSION_get_data(extension));
}

/* What OpenSSL prints; of what it cannot read, the bytes. */
static PyObject *
printed(crypto_state *state, X509_EXTENSION *extension)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PyObject *result = NULL;
    char *text;
    long size;
    int done;

    if (bio == NULL)
        return util_raise_new(state->Error);
    util_errors_clear();
    done = X509V3_EXT_print(bio, extension, X509V3_EXT_DUMP_UNKNOWN, 0);
    if (util_errors_swallow() < 0) /* it goes on when memory has run out */
        done = -1;
    if (done > 0) {
        size = BIO_get_mem_data(bio, &text);
        result = PyUnicode_DecodeUTF8(text, size, "surrogateescape");
    } else if (done == 0) {
        util_raise_reason(state->Error, "X509 V3 routines", "extension cannot be printed");
    }
    BIO_free(bio);
    return result;
}

static PyObject *
extension_str(PyObject *self)
{
    X509_EXTENSION *extension = extension_of(self);
    crypto_state *state = crypto_state_of(self);

    if (extension == NULL)
        return NULL;
    if (nid_of(extension) == NID_subject_alt_name)
        return crypto_general_names_text(state, extension);
    return printed(state, extension);
}

/* ---- private names that other packages look at ---- */

static PyObject *
extension_get_handle(PyObject *self, void *unused)
{
    X509_EXTENSION *extension = extension_of(self);

    return extension == NULL ? NULL : util_handle_new(self, extension, "X509_EXTENSION *");
}

static PyObject *
extension_get_nid(PyObject *self, void *unused)
{
    X509_EXTENSION *extension = extension_of(self);

    return extension == NULL ? NULL : PyLong_FromLong(nid_of(extension));
}

static PyGetSetDef extension_getset[] = {
    {"_extension", extension_get_handle, NULL, NULL, NULL},
    {"_nid", extension_get_nid, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef extension_methods[] = {
    UTIL_ROW_NOARGS(extension, get_critical),
    UTIL_ROW_NOARGS(extension, get_short_name),
    UTIL_ROW_NOARGS(extension, get_data),
    {NULL},
};

static PyType_Slot extension_slots[] = {
    UTIL_OWNER_SLOTS(extension),      {Py_tp_init, extension_init},
    {Py_tp_str, extension_str},       {Py_tp_methods, extension_methods},
    {Py_tp_getset, extension_getset}, {0, NULL},
};

PyType_Spec extension_spec = {
    .name = "OpenSSL.crypto.X509Extension",
    .basicsize = sizeof(ExtensionObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = extension_slots,
};
