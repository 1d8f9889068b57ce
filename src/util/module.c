#include "util/module.h"

#include "util/object.h"
#include "util/openssl.h"

#include <string.h>

static PyGetSetDef dict_getset = {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict,
                                  NULL, NULL};

/* An offset alone lets attributes be set; vars() wants to see the dictionary, too.  It cannot
   be set through the type, whose own __dict__ is in the way. */
static int
show_dict(PyTypeObject *type)
{
    PyObject *descriptor;
    int failed;

    if (type->tp_dictoffset == 0)
        return 0;
    descriptor = PyDescr_NewGetSet(type, &dict_getset);
    failed = descriptor == NULL || PyDict_SetItemString(type->tp_dict, "__dict__", descriptor) < 0;
    Py_XDECREF(descriptor);
    PyType_Modified(type);
    return failed ? -1 : 0;
}

/* 0xMNN00PP0: the major version in the highest four bits, the minor one in the next eight. */
static int
is_too_old(unsigned long built, unsigned long found)
{
    return found >> 28 != built >> 28 || found >> 20 < built >> 20;
}

int
util_start_openssl(void)
{
    if (is_too_old(UTIL_BUILT_WITH, OpenSSL_version_num())) {
        PyErr_Format(PyExc_ImportError, "pyOpenSSL was built with %s and cannot run with %s",
                     OPENSSL_VERSION_TEXT, OpenSSL_version(OPENSSL_VERSION));
        return -1;
    }
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    return 0;
}

int
util_add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **slot)
{
    return util_add_subtype(module, spec, NULL, slot);
}

int
util_add_subtype(PyObject *module, PyType_Spec *spec, PyObject *base, PyTypeObject **slot)
{
    *slot = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, base);
    if (*slot == NULL || show_dict(*slot) < 0)
        return -1;
    return PyModule_AddType(module, *slot);
}

#if UTIL_QUICK_GETATTR
/* To set it is what makes the type look; that it is in the table of methods does not. */
int
util_use_getattr(PyTypeObject *type)
{
    PyObject *method = util_get((PyObject *)type, "__getattr__");
    int failed =
        method == NULL || PyObject_SetAttrString((PyObject *)type, "__getattr__", method) < 0;

    Py_XDECREF(method);
    return failed ? -1 : 0;
}
#else
int
util_use_getattr(PyTypeObject *type)
{
    return 0;
}
#endif

int
util_add_alias(PyObject *module, const char *name, void *object)
{
    return PyModule_AddObjectRef(module, name, object);
}

int
util_add_exception(PyObject *module, const char *full_name, const char *doc, PyObject *base,
                   PyObject **slot)
{
    *slot = PyErr_NewExceptionWithDoc(full_name, doc, base, NULL);
    return *slot == NULL ? -1 : PyModule_AddObjectRef(module, strrchr(full_name, '.') + 1, *slot);
}

static int
add_number(PyObject *target, const util_constant *constant,
           int (*add)(PyObject *, const char *, PyObject *))
{
    PyObject *value = PyLong_FromLongLong(constant->value);
    int failed = value == NULL || add(target, constant->name, value) < 0;

    Py_XDECREF(value);
    return failed ? -1 : 0;
}

int
util_add_functions(PyObject *module, PyMethodDef *functions)
{
    return PyModule_AddFunctions(module, functions);
}

int
util_add_constants(PyObject *module, const util_constant *constants)
{
    for (; constants->name != NULL; constants++)
        if (add_number(module, constants, PyModule_AddObjectRef) < 0)
            return -1;
    return 0;
}

int
util_add_namespace(PyObject *module, const char *name, const char *doc,
                   const util_constant *constants)
{
    PyObject *type, *content = NULL;
    int result = -1;

    content = Py_BuildValue("{sssNss}", "__doc__", doc, "__module__",
                            PyModule_GetNameObject(module), "__qualname__", name);
    if (content == NULL)
        return -1;
    for (; constants->name != NULL; constants++)
        if (add_number(content, constants, PyDict_SetItemString) < 0)
            goto done;
    type = PyObject_CallFunction((PyObject *)&PyType_Type, "s()O", name, content);
    if (type != NULL) {
        result = PyModule_AddObjectRef(module, name, type);
        Py_DECREF(type);
    }
done:
    Py_DECREF(content);
    return result;
}
