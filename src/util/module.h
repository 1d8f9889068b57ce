/* Module state, written once as a list of its objects; and what a module is filled from. */
#ifndef UTIL_MODULE_H
#define UTIL_MODULE_H
#include "util/python.h"

#define UTIL_STATE_FIELD(type, name) type *name;
#define UTIL_STATE_VISIT(type, name) Py_VISIT(state->name);
#define UTIL_STATE_CLEAR(type, name) Py_CLEAR(state->name);

/* Defines MODULE_traverse, MODULE_clear and MODULE_free from one list. */
#define UTIL_STATE_FUNCTIONS(module, LIST)                                   \
    static int module##_traverse(PyObject *self, visitproc visit, void *arg) \
    {                                                                        \
        module##_state *state = PyModule_GetState(self);                     \
        LIST(UTIL_STATE_VISIT)                                               \
        return 0;                                                            \
    }                                                                        \
    static int module##_clear(PyObject *self)                                \
    {                                                                        \
        module##_state *state = PyModule_GetState(self);                     \
        LIST(UTIL_STATE_CLEAR)                                               \
        return 0;                                                            \
    }                                                                        \
    static void module##_free(void *self)                                    \
    {                                                                        \
        module##_clear(self);                                                \
    }

/* First of all in a module: ImportError if the library that was loaded is older than the one it
   was built with, or another major version.  And OpenSSL shall not clean up when the process exits,
   since daemon threads may still be using it then.  (Without effect if another module has used it
   before.) */
int util_start_openssl(void);

typedef struct {
    const char *name;
    long long value;
} util_constant;

int util_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **slot);
/* The same for a type with a base. */
int util_add_subtype(PyObject *module, PyType_Spec *spec, PyObject *base, PyTypeObject **slot);
/* Have Python ask the type's method __getattr__ for what it does not find, as it does for a class
   written in Python.  Does nothing where that is slower than a tp_getattro. */
int util_use_getattr(PyTypeObject *type);
int util_add_alias(PyObject *module, const char *name, void *object);
/* *full_name* as "OpenSSL.SSL.Error"; base NULL means Exception. */
int util_add_exception(PyObject *module, const char *full_name, const char *doc, PyObject *base,
                       PyObject **slot);
int util_add_functions(PyObject *module, PyMethodDef *functions);
int util_add_constants(PyObject *module, const util_constant *constants);
/* A plain class whose only content are constants, as X509StoreFlags. */
int util_add_namespace(PyObject *module, const char *name, const char *doc,
                       const util_constant *constants);

#endif
