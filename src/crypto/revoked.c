#include "crypto/state.h"
#include "crypto_doc.h"
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"

#include <limits.h>
#include <string.h>

typedef struct {
    UTIL_HEAD
    X509_REVOKED *ptr; /* replaced by set_reason */
} RevokedObject;

UTIL_OWNER(revoked, RevokedObject, X509_REVOKED, X509_REVOKED_free)

static X509_REVOKED *
entry_of(PyObject *self)
{
    return ((RevokedObject *)self)->ptr;
}

PyObject *
crypto_revoked_wrap(PyTypeObject *type, X509_REVOKED *taken)
{
    return revoked_wrap(type, taken);
}

X509_REVOKED *
crypto_revoked_copy(PyObject *revoked, PyObject *exc)
{
    X509_REVOKED *copy;

    util_errors_clear();
    UTIL_READING(revoked, copy = X509_REVOKED_dup(entry_of(revoked)));
    return copy == NULL ? util_raise_new(exc) : copy;
}

static PyObject *
revoked_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    X509_REVOKED *entry = X509_REVOKED_new();

    if (entry != NULL)
        return revoked_wrap(type, entry);
    util_errors_clear();
    return PyErr_NoMemory();
}

/* ---- serial number ---- */

static PyObject *
from_serial(const ASN1_INTEGER *serial)
{
    size_t size = (size_t)ASN1_STRING_length(serial);
    PyObject *digits = size == 0 ? PyBytes_FromString("00")
                                 : util_from_hex(ASN1_STRING_get0_data(serial), size, 0);
    PyObject *result;

    if (digits == NULL || ASN1_STRING_type(serial) != V_ASN1_NEG_INTEGER)
        return digits;
    result = PyBytes_FromString("-");
    PyBytes_ConcatAndDel(&result, digits);
    return result;
}

static PyObject *
revoked_get_serial(PyObject *self, PyObject *unused)
{
    PyObject *result;

    UTIL_READING(self, result = from_serial(X509_REVOKED_get0_serialNumber(entry_of(self))));
    return result;
}

/* As much of it as is hexadecimal counts. */
static ASN1_INTEGER *
as_serial(PyObject *value)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial = NULL;
    int digits;

    if (util_check_bytes(value, "hex_str") < 0)
        return NULL;
    util_errors_clear();
    digits = BN_hex2bn(&number, PyBytes_AS_STRING(value));
    if (digits > 0)
        serial = BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    if (serial != NULL)
        return serial;
    if (digits > 0 || util_errors_pending()) {
        util_errors_clear();
        PyErr_NoMemory();
    } else
        PyErr_SetString(PyExc_ValueError, "hex_str does not begin with a hexadecimal number");
    return NULL;
}

static PyObject *
revoked_set_serial(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_serial", 1, 1, "hex_str");
    ASN1_INTEGER *serial;
    PyObject *given;
    int done;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0 || (serial = as_serial(given)) == NULL)
        return NULL;
    UTIL_WRITING(self, done = X509_REVOKED_set_serialNumber(entry_of(self), serial));
    ASN1_INTEGER_free(serial);
    return crypto_none_or_raise(self, done);
}

/* ---- date ---- */

static PyObject *
revoked_get_rev_date(PyObject *self, PyObject *unused)
{
    PyObject *date;

    UTIL_READING(self,
                 date = util_from_asn1_time(X509_REVOKED_get0_revocationDate(entry_of(self))));
    return date;
}

static PyObject *
revoked_set_rev_date(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_rev_date", 1, 1, "when");
    ASN1_TIME *when;
    PyObject *given;
    int done;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (when = util_as_asn1_time(given, "when")) == NULL)
        return NULL;
    util_errors_clear();
    UTIL_WRITING(self, done = X509_REVOKED_set_revocationDate(entry_of(self), when));
    ASN1_TIME_free(when);
    return crypto_none_or_raise(self, done);
}

/* ---- reason ---- */

static const struct {
    int code;
    const char *name, *shown;
} reasons[] = {
    {CRL_REASON_UNSPECIFIED, "unspecified", "Unspecified"},
    {CRL_REASON_KEY_COMPROMISE, "keyCompromise", "Key Compromise"},
    {CRL_REASON_CA_COMPROMISE, "CACompromise", "CA Compromise"},
    {CRL_REASON_AFFILIATION_CHANGED, "affiliationChanged", "Affiliation Changed"},
    {CRL_REASON_SUPERSEDED, "superseded", "Superseded"},
    {CRL_REASON_CESSATION_OF_OPERATION, "cessationOfOperation", "Cessation Of Operation"},
    {CRL_REASON_CERTIFICATE_HOLD, "certificateHold", "Certificate Hold"},
    {CRL_REASON_REMOVE_FROM_CRL, "removeFromCRL", "Remove From CRL"},
    /* Of attribute certificates: not listed, but what get_reason says can be set. */
    {CRL_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn", "Privilege Withdrawn"},
    {CRL_REASON_AA_COMPROMISE, "AACompromise", "AA Compromise"},
};
enum { LISTED_REASONS = 8 };

static PyObject *
revoked_all_reasons(PyObject *self, PyObject *unused)
{
    PyObject *list = PyList_New(LISTED_REASONS);

    for (int i = 0; list != NULL && i < LISTED_REASONS; i++) {
        PyObject *name = PyBytes_FromString(reasons[i].name);

        if (name == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, name);
    }
    return list;
}

/* Case and spaces do not matter: the printed form is taken too. */
static int
is_same(const char *text, const char *end, const char *name)
{
    for (; text < end; text++) {
        if (*text == ' ')
            continue;
        if (*name == '\0' || Py_TOLOWER(*text) != Py_TOLOWER(*name))
            return 0;
        name++;
    }
    return *name == '\0';
}

static int
as_reason(PyObject *value)
{
    const char *text;

    if (util_check_bytes(value, "reason, if it is not None,") < 0)
        return -1;
    text = PyBytes_AS_STRING(value);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(reasons); i++)
        if (is_same(text, text + PyBytes_GET_SIZE(value), reasons[i].name))
            return reasons[i].code;
    PyErr_SetString(PyExc_ValueError, "reason must be one of all_reasons()");
    return -1;
}

static PyObject *
shown(long code)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(reasons); i++)
        if (reasons[i].code == code)
            return PyBytes_FromString(reasons[i].shown);
    return PyBytes_FromFormat("%ld", code);
}

/* For what is no reason. */
static PyObject *
content(const ASN1_STRING *value)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PyObject *result = NULL;

    if (bio != NULL && ASN1_STRING_print(bio, value))
        result = util_from_bio(bio);
    else
        PyErr_NoMemory();
    util_errors_clear();
    BIO_free(bio);
    return result;
}

/* OpenSSL's printer shows something else when memory runs out. */
static PyObject *
text_of(util_extension *reason)
{
    ASN1_ENUMERATED *value = X509V3_EXT_d2i(reason);
    int64_t code = 0;
    int readable = value != NULL && ASN1_ENUMERATED_get_int64(&code, value) && code >= LONG_MIN
                   && code <= LONG_MAX;

    ASN1_ENUMERATED_free(value);
    if (readable)
        return shown((long)code);
    return util_errors_swallow() < 0 ? NULL : content(X509_EXTENSION_get_data(reason));
}

static PyObject *
reason_of(const X509_REVOKED *entry)
{
    int at = X509_REVOKED_get_ext_by_NID(entry, NID_crl_reason, -1);

    return at < 0 ? Py_NewRef(Py_None) : text_of(X509_REVOKED_get_ext(entry, at));
}

static PyObject *
revoked_get_reason(PyObject *self, PyObject *unused)
{
    PyObject *reason;

    util_errors_clear();
    UTIL_READING(self, reason = reason_of(entry_of(self)));
    return reason;
}

/* All before that index. */
static void
drop_reasons(X509_REVOKED *entry, int end)
{
    int at;

    while ((at = X509_REVOKED_get_ext_by_NID(entry, NID_crl_reason, -1)) >= 0 && at < end) {
        X509_EXTENSION_free(X509_REVOKED_delete_ext(entry, at));
        end--;
    }
}

/* The new one goes to the end, then the old ones go: a failure changes nothing. */
static int
put_reason(X509_REVOKED *entry, int code)
{
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
    X509_EXTENSION *reason = NULL;
    int done = 0;

    if (value != NULL && ASN1_ENUMERATED_set(value, code))
        reason = X509V3_EXT_i2d(NID_crl_reason, 0, value);
    if (reason != NULL)
        done = X509_REVOKED_add_ext(entry, reason, -1);
    if (done)
        drop_reasons(entry, X509_REVOKED_get_ext_count(entry) - 1);
    X509_EXTENSION_free(reason);
    ASN1_ENUMERATED_free(value);
    return done;
}

/* Serial number and date alone. */
static X509_REVOKED *
bare_copy(const X509_REVOKED *entry)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_REVOKED_get0_serialNumber(entry));
    ASN1_TIME *date = ASN1_STRING_dup(X509_REVOKED_get0_revocationDate(entry));
    X509_REVOKED *copy = X509_REVOKED_new();

    if (serial == NULL || date == NULL || copy == NULL
        || !X509_REVOKED_set_serialNumber(copy, serial)
        || (ASN1_STRING_length(date) > 0 && !X509_REVOKED_set_revocationDate(copy, date))) {
        X509_REVOKED_free(copy);
        copy = NULL;
    }
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(date);
    return copy;
}

static int
has_others(const X509_REVOKED *entry)
{
    int count = 0;

    for (int at = -1; (at = X509_REVOKED_get_ext_by_NID(entry, NID_crl_reason, at)) >= 0;)
        count++;
    return X509_REVOKED_get_ext_count(entry) > count;
}

/* Older versions keep a list of extensions that has become empty, and encode it, which is wrong. */
static int
remove_reason(RevokedObject *self)
{
    X509_REVOKED *bare;

    if (has_others(self->ptr)) {
        drop_reasons(self->ptr, INT_MAX);
        return 1;
    }
    bare = bare_copy(self->ptr);
    if (bare == NULL)
        return 0;
    X509_REVOKED_free(self->ptr);
    self->ptr = bare;
    return 1;
}

static PyObject *
revoked_set_reason(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("set_reason", 1, 1, "reason");
    PyObject *given;
    int code = -1, done;

    if (util_bind(&params, args, nargs, kwnames, &given) < 0
        || (given != Py_None && (code = as_reason(given)) < 0))
        return NULL;
    util_errors_clear();
    UTIL_WRITING(self, done = code < 0 ? remove_reason((RevokedObject *)self)
                                       : put_reason(entry_of(self), code));
    return crypto_none_or_raise(self, done);
}

/* ---- the type ---- */

static PyObject *
revoked_get_handle(PyObject *self, void *unused)
{
    return util_handle_new(self, entry_of(self), "X509_REVOKED *");
}

static PyObject *
revoked_get_reasons(PyObject *self, void *unused)
{
    return revoked_all_reasons(self, NULL);
}

static PyGetSetDef revoked_getset[] = {
    {"_crl_reasons", revoked_get_reasons, NULL, NULL, NULL},
    {"_revoked", revoked_get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef revoked_methods[] = {
    UTIL_ROW_NOARGS(revoked, get_serial),   UTIL_ROW(revoked, set_serial),
    UTIL_ROW_NOARGS(revoked, get_rev_date), UTIL_ROW(revoked, set_rev_date),
    UTIL_ROW_NOARGS(revoked, all_reasons),  UTIL_ROW_NOARGS(revoked, get_reason),
    UTIL_ROW(revoked, set_reason),          {NULL},
};

static PyType_Slot revoked_slots[] = {
    UTIL_OWNER_SLOTS(revoked),       {Py_tp_new, revoked_new},
    {Py_tp_init, util_init_nothing}, {Py_tp_methods, revoked_methods},
    {Py_tp_getset, revoked_getset},  {0, NULL},
};

PyType_Spec revoked_spec = {
    .name = "OpenSSL.crypto.Revoked",
    .basicsize = sizeof(RevokedObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = revoked_slots,
};
