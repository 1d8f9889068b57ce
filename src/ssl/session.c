#include "ssl/state.h"
#include "ssl_doc.h"
#include "util/args.h"

/* Session: opaque; what get_session gives and set_session takes. */

PyObject *
ssl_session_wrap(ssl_state *state, SSL_SESSION *taken, PyObject *context, int unverified)
{
    SessionObject *self = (SessionObject *)state->Session_Type->tp_alloc(state->Session_Type, 0);

    if (self == NULL) {
        SSL_SESSION_free(taken);
        return NULL;
    }
    self->ptr = taken;
    self->context = Py_NewRef(context);
    self->unverified = (char)unverified;
    return (PyObject *)self;
}

static int
session_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((SessionObject *)op)->context);
    return util_object_traverse(op, visit, arg);
}

static int
session_clear(PyObject *op)
{
    Py_CLEAR(((SessionObject *)op)->context);
    return util_object_clear(op);
}

static void
session_dealloc(PyObject *op)
{
    util_object_dealloc_start(op);
    SSL_SESSION_free(((SessionObject *)op)->ptr);
    session_clear(op);
    util_object_dealloc_end(op);
}

static PyObject *
get_handle(PyObject *op, void *unused)
{
    return util_handle_new(op, ((SessionObject *)op)->ptr, "SSL_SESSION *");
}

static PyGetSetDef session_getset[] = {
    {"_session", get_handle, NULL, NULL, NULL},
    {NULL},
};

static PyMemberDef session_members[] = {UTIL_MEMBERS(SessionObject), {NULL}};

static PyType_Slot session_slots[] = {
    {Py_tp_doc, (char *)session_doc},   {Py_tp_init, util_init_nothing},
    {Py_tp_traverse, session_traverse}, {Py_tp_clear, session_clear},
    {Py_tp_dealloc, session_dealloc},   {Py_tp_members, session_members},
    {Py_tp_getset, session_getset},     {0, NULL},
};

PyType_Spec session_spec = {
    .name = "OpenSSL.SSL.Session",
    .basicsize = sizeof(SessionObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = session_slots,
};
