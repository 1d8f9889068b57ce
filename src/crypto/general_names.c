#include "crypto/extension.h"
#include "util/convert.h"
#include "util/error.h"

#include <string.h>

/* OpenSSL's own printer stops at a NUL, so that b"good.example\0.evil.example" would look
   good.  The kinds that are text are therefore printed here, with all their bytes. */

static PyObject *
decoded(const char *text, Py_ssize_t size)
{
    return PyUnicode_DecodeUTF8(text, size, "surrogateescape");
}

static PyObject *
with_prefix(const char *prefix, const ASN1_STRING *string)
{
    PyObject *text =
        decoded((const char *)ASN1_STRING_get0_data(string), ASN1_STRING_length(string));
    PyObject *result = NULL;

    if (text != NULL)
        result = PyUnicode_FromFormat("%s:%U", prefix, text);
    Py_XDECREF(text);
    return result;
}

PyObject *
crypto_printed(crypto_state *state, int (*print)(crypto_state *, BIO *, void *), void *what)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PyObject *result = NULL;
    char *text;
    long size;
    int done;

    if (bio == NULL)
        return util_raise_new(state->Error);
    util_errors_clear();
    done = print(state, bio, what);
    if (done >= 0 && util_errors_swallow() == 0) { /* it goes on when memory has run out */
        size = BIO_get_mem_data(bio, &text);
        result = done ? decoded(text, size) : Py_NewRef(Py_None);
    }
    BIO_free(bio);
    return result;
}

static int
print_name(crypto_state *state, BIO *bio, void *name)
{
    if (GENERAL_NAME_print(bio, name))
        return 1;
    util_raise(state->Error);
    return -1;
}

static PyObject *
printed_name(crypto_state *state, GENERAL_NAME *name)
{
    PyObject *text = crypto_printed(state, print_name, name), *result;
    Py_ssize_t size;

    if (text == NULL)
        return NULL;
    size = PyUnicode_GET_LENGTH(text);
    while (size > 0 && PyUnicode_READ_CHAR(text, size - 1) == '\n')
        size--;
    result = PyUnicode_Substring(text, 0, size);
    Py_DECREF(text);
    return result;
}

/* What the printer left out, behind a NUL of which it has only what comes before. */
static PyObject *
with_rest(PyObject *text, const ASN1_TYPE *value)
{
    const char *data, *nul;
    PyObject *rest, *result;
    int size;

    if (text == NULL || (value->type != V_ASN1_UTF8STRING && value->type != V_ASN1_IA5STRING))
        return text;
    data = (const char *)ASN1_STRING_get0_data(value->value.asn1_string);
    size = ASN1_STRING_length(value->value.asn1_string);
    nul = size == 0 ? NULL : memchr(data, '\0', (size_t)size);
    if (nul == NULL || PyUnicode_FindChar(text, 0, 0, PyUnicode_GET_LENGTH(text), 1) >= 0)
        return text;
    rest = decoded(nul, data + size - nul);
    result = rest == NULL ? NULL : PyUnicode_Concat(text, rest);
    Py_XDECREF(rest);
    Py_DECREF(text);
    return result;
}

static PyObject *
text_of(crypto_state *state, GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_EMAIL:
        return with_prefix("email", name->d.rfc822Name);
    case GEN_DNS:
        return with_prefix("DNS", name->d.dNSName);
    case GEN_URI:
        return with_prefix("URI", name->d.uniformResourceIdentifier);
    case GEN_OTHERNAME:
        return with_rest(printed_name(state, name), name->d.otherName->value);
    default:
        return printed_name(state, name);
    }
}

static PyObject *
joined(crypto_state *state, GENERAL_NAMES *names)
{
    int count = sk_GENERAL_NAME_num(names);
    PyObject *parts = PyList_New(0), *separator, *result = NULL;

    for (int i = 0; parts != NULL && i < count; i++) {
        PyObject *text = text_of(state, sk_GENERAL_NAME_value(names, i));

        if (text == NULL || PyList_Append(parts, text) < 0)
            Py_CLEAR(parts);
        Py_XDECREF(text);
    }
    if (parts == NULL)
        return NULL;
    separator = PyUnicode_FromString(", ");
    if (separator != NULL)
        result = PyUnicode_Join(separator, parts);
    Py_XDECREF(separator);
    Py_DECREF(parts);
    return result;
}

PyObject *
crypto_extension_hex(X509_EXTENSION *extension)
{
    const ASN1_STRING *data = X509_EXTENSION_get_data(extension);
    PyObject *hex =
        util_from_hex(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data), ':');
    PyObject *result = NULL;

    if (hex != NULL)
        result = PyUnicode_FromEncodedObject(hex, "ascii", NULL);
    Py_XDECREF(hex);
    return result;
}

PyObject *
crypto_general_names_text(crypto_state *state, X509_EXTENSION *extension)
{
    GENERAL_NAMES *names;
    PyObject *result;

    util_errors_clear();
    names = X509V3_EXT_d2i(extension);
    if (names == NULL)
        return util_errors_swallow() < 0 ? NULL : crypto_extension_hex(extension);
    result = joined(state, names);
    GENERAL_NAMES_free(names);
    return result;
}
