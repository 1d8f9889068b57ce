#include "crypto/passphrase.h"

#include "util/thread.h"

#include <string.h>

int
crypto_passphrase_init(crypto_passphrase *self, PyObject *given)
{
    self->answer = given == Py_None ? NULL : given;
    if (self->answer == NULL || PyBytes_Check(self->answer) || PyCallable_Check(self->answer))
        return 0;
    PyErr_Format(PyExc_TypeError, "passphrase must be bytes or callable, not %.100s",
                 Py_TYPE(given)->tp_name);
    return -1;
}

/* No byte is left out: a passphrase that was cut would open what it should not. */
static int
copy(char *buffer, int size, PyObject *passphrase)
{
    Py_ssize_t length;

    if (!PyBytes_Check(passphrase)) {
        PyErr_Format(PyExc_ValueError, "the passphrase callback must return bytes, not %.100s",
                     Py_TYPE(passphrase)->tp_name);
        return -1;
    }
    length = PyBytes_GET_SIZE(passphrase);
    if (length > size) {
        PyErr_Format(PyExc_ValueError, "the passphrase is too long: at most %d bytes", size);
        return -1;
    }
    memcpy(buffer, PyBytes_AS_STRING(passphrase), (size_t)length);
    return (int)length;
}

static int
ask(char *buffer, int size, int writing, PyObject *answer)
{
    PyObject *passphrase;
    int length = -1;

    if (PyBytes_Check(answer))
        return copy(buffer, size, answer);
    Py_INCREF(answer);
    passphrase = PyObject_CallFunctionObjArgs(answer, writing ? Py_True : Py_False, NULL);
    if (passphrase != NULL)
        length = copy(buffer, size, passphrase);
    Py_XDECREF(passphrase);
    Py_DECREF(answer);
    return length;
}

int
crypto_passphrase_ask(char *buffer, int size, int writing, void *self)
{
    PyObject *answer = ((crypto_passphrase *)self)->answer;
    util_callback cb;
    int length = -1;

    if (answer != NULL && util_callback_enter(&cb)) {
        length = ask(buffer, size, writing, answer);
        util_callback_leave(&cb);
    }
    return length;
}
