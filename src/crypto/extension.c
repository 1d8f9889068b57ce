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
    PyObject *list;

    if (Py_TYPE(value)->tp_iter == NULL && !PySequence_Check(value))
        return PyErr_Format(PyExc_TypeError, "extensions must be iterable, not %.100s",
                            Py_TYPE(value)->tp_name);
    list = PySequence_List(value);
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

static int
nid_of_name(const char *kind)
{
    int nid;

    util_errors_mark();
    nid = OBJ_txt2nid(kind);
    util_errors_forget();
    return nid;
}

/* A certificate that has no public key yet would give the hash of nothing. */
static int
has_key(X509 *cert)
{
    return cert != NULL && ASN1_STRING_length(X509_get0_pubkey_bitstr(cert)) > 0;
}

/* *kind* by name or, for what OpenSSL has no name for, by number; then the value must be
   spelled out, as DER: or ASN1:.  There is always a context, which some kinds look into. */
static X509_EXTENSION *
parse(const char *kind, const char *value, X509 *issuer, X509 *subject)
{
    X509V3_CONF_METHOD no_database = {no_string, no_section, NULL, NULL};
    int nid = nid_of_name(kind);
    X509V3_CTX ctx;

    if (nid == NID_subject_key_identifier && !has_key(subject))
        subject = NULL;
    X509V3_set_ctx(&ctx, issuer, subject, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    if (nid != NID_proxyCertInfo) { /* may name a file to be read; fails without a database */
        ctx.db_meth = &no_database;
        ctx.db = &ctx; /* anything but NULL: there is a database, and nothing in it */
    }
    return X509V3_EXT_nconf(NULL, &ctx, kind, value);
}

static X509 *
cert_of(PyObject *given)
{
    return given == NULL ? NULL : ((X509Object *)given)->ptr;
}

/* Of what "email:move" does: it takes addresses out of the subject.  For its writer. */
static X509_EXTENSION *
parse_and_change(const char *kind, const char *value, X509 *issuer, PyObject *subject)
{
    X509_EXTENSION *extension;

    if (!crypto_x509_own(subject))
        return NULL;
    extension = parse(kind, value, issuer, cert_of(subject));
    if (i2d_X509_NAME(X509_get_subject_name(cert_of(subject)), NULL) > 0) /* as in name.c */
        return extension;
    X509_EXTENSION_free(extension);
    return NULL;
}

static X509_EXTENSION *
make_and_change(const char *kind, const char *value, PyObject *issuer, PyObject *subject)
{
    X509_EXTENSION *extension = NULL;
    X509 *copy = NULL;

    if (issuer != NULL)
        UTIL_READING(issuer, copy = crypto_x509_copy(cert_of(issuer)));
    if (issuer == NULL || copy != NULL)
        UTIL_WRITING(subject, extension = parse_and_change(kind, value, copy, subject));
    X509_free(copy);
    return extension;
}

static X509_EXTENSION *
make(PyObject *kind_bytes, int critical, PyObject *value, PyObject *issuer, PyObject *subject)
{
    static const char word[] = "critical,";
    const char *kind = PyBytes_AS_STRING(kind_bytes), *text = PyBytes_AS_STRING(value);
    int add_word = critical && strncmp(text, word, strlen(word)) != 0;
    PyObject *whole = PyBytes_FromFormat("%s%s", add_word ? word : "", text);
    X509_EXTENSION *extension;

    if (whole == NULL)
        return NULL;
    text = PyBytes_AS_STRING(whole);
    util_errors_clear();
    if (subject != NULL && strstr(text, "move") != NULL)
        extension = make_and_change(kind, text, issuer, subject);
    else
        UTIL_READING2(issuer, subject,
                      extension = parse(kind, text, cert_of(issuer), cert_of(subject)));
    Py_DECREF(whole);
    return extension;
}

/* NULL for None, too. */
static int
check_cert(crypto_state *state, PyObject **given, const char *name)
{
    if (*given == Py_None)
        *given = NULL;
    return *given == NULL ? 0 : util_check_instance(*given, state->X509_Type, name);
}

/* 0: there was one already. */
static int
put(PyObject *op, X509_EXTENSION *made)
{
    ExtensionObject *self = (ExtensionObject *)op;
    int empty;

    Py_BEGIN_CRITICAL_SECTION(op);
    empty = self->ptr == NULL;
    if (empty)
        self->ptr = made;
    Py_END_CRITICAL_SECTION();
    return empty;
}

static int
extension_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UTIL_PARAMS("X509Extension", 3, 5, "type_name", "critical", "value", "subject", "issuer");
    crypto_state *state = crypto_state_of(op);
    PyObject *given[5], *kind = NULL, *value = NULL;
    X509_EXTENSION *made = NULL;
    int critical, result = -1;

    if (util_bind_tuple(&params, args, kwargs, given) < 0
        || (kind = util_as_plain_bytes(given[0], "type_name")) == NULL
        || util_as_truth(given[1], &critical) < 0
        || (value = util_as_plain_bytes(given[2], "value")) == NULL
        || check_cert(state, &given[3], "subject") < 0
        || check_cert(state, &given[4], "issuer") < 0)
        goto done;
    made = make(kind, critical, value, given[4], given[3]);
    if (made == NULL) {
        util_raise(state->Error);
    } else if (put(op, made)) {
        result = 0;
    } else {
        X509_EXTENSION_free(made);
        PyErr_SetString(PyExc_ValueError, "this X509Extension is already initialized");
    }
done:
    Py_XDECREF(kind);
    Py_XDECREF(value);
    return result;
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

    return extension == NULL
               ? NULL
               : PyBytes_FromString(util_short_name(X509_EXTENSION_get_object(extension)));
}

static PyObject *
extension_get_data(PyObject *self, PyObject *unused)
{
    X509_EXTENSION *extension = extension_of(self);

    return extension == NULL ? NULL : util_from_asn1_octets(X509_EXTENSION_get_data(extension));
}

/* Whether a NUL lies inside of a name of a GeneralName's kind, all of which are tagged. */
static int
holds_name_with_nul(X509_EXTENSION *extension)
{
    const ASN1_STRING *data = X509_EXTENSION_get_data(extension);
    const unsigned char *at = ASN1_STRING_get0_data(data), *end = at + ASN1_STRING_length(data);
    int found = 0;

    util_errors_mark();
    while (!found && at < end) {
        int tag, class, how;
        long size;

        how = ASN1_get_object(&at, &size, &tag, &class, end - at);
        if (how & 0x80) /* broken */
            break;
        if (how & V_ASN1_CONSTRUCTED) /* what it is made of comes next */
            continue;
        found = class == V_ASN1_CONTEXT_SPECIFIC && memchr(at, '\0', (size_t)size) != NULL;
        at += size;
    }
    util_errors_forget();
    return found;
}

/* 3.0 calls a NUL in a name a failed allocation, so only without one is that believed. */
static int
print_extension(crypto_state *state, BIO *bio, void *extension)
{
    int done = X509V3_EXT_print(bio, extension, X509V3_EXT_DUMP_UNKNOWN, 0);

    if (done || !util_errors_first_is(ERR_LIB_X509V3, ERR_R_MALLOC_FAILURE)
        || holds_name_with_nul(extension))
        return done != 0;
    util_raise_memory();
    return -1;
}

/* What OpenSSL prints; of what it cannot read, one with a NUL in a name for instance, the bytes. */
static PyObject *
printed(crypto_state *state, X509_EXTENSION *extension)
{
    PyObject *text = crypto_printed(state, print_extension, extension);

    if (text != Py_None)
        return text;
    Py_DECREF(text);
    return crypto_extension_hex(extension);
}

/* Whether it is a text that OpenSSL would print up to a NUL: nsComment and its like. */
static int
hides_a_rest(X509_EXTENSION *extension)
{
    const ASN1_STRING *data = X509_EXTENSION_get_data(extension);
    const unsigned char *at = ASN1_STRING_get0_data(data);
    int tag, class, broken;
    long size;

    util_errors_mark();
    broken = ASN1_get_object(&at, &size, &tag, &class, ASN1_STRING_length(data)) & 0x80;
    util_errors_forget();
    return !broken && class == V_ASN1_UNIVERSAL && tag == V_ASN1_IA5STRING && size > 0
           && memchr(at, '\0', (size_t)size) != NULL;
}

static PyObject *
extension_str(PyObject *self)
{
    X509_EXTENSION *extension = extension_of(self);
    crypto_state *state = crypto_state_of(self);

    if (extension == NULL)
        return NULL;
    if (nid_of(extension) == NID_subject_alt_name || nid_of(extension) == NID_issuer_alt_name)
        return crypto_general_names_text(state, extension);
    return hides_a_rest(extension) ? crypto_extension_hex(extension) : printed(state, extension);
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

/* What str() gives of it, and ValueError of an extension of another kind. */
static PyObject *
extension_subject_alt_name(PyObject *self, PyObject *unused)
{
    X509_EXTENSION *extension = extension_of(self);

    if (extension == NULL)
        return NULL;
    if (nid_of(extension) != NID_subject_alt_name) {
        PyErr_SetString(PyExc_ValueError, "this X509Extension is no subjectAltName");
        return NULL;
    }
    return crypto_general_names_text(crypto_state_of(self), extension);
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
    UTIL_ROW_NOARGS_OF(_subjectAltNameString, extension_subject_alt_name, NULL),
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
