/* The one place that includes Python.h and papers over its versions. */
#ifndef UTIL_PYTHON_H
#define UTIL_PYTHON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if PY_VERSION_HEX < 0x030b0000
#error "CPython 3.11 or newer is needed"
#endif

#include <stddef.h>

/* Tables hold functions of several types, cast by way of void (*)(void).  From clang 16 on
   -Wcast-function-type brings a variant along that lets no way pass. */
#if defined(__clang__) && defined(__has_warning)
#if __has_warning("-Wcast-function-type-strict")
#pragma clang diagnostic ignored "-Wcast-function-type-strict"
#endif
#endif

/* Descriptions of members moved into Python.h, under new names, with 3.12. */
#if PY_VERSION_HEX < 0x030c0000
#define UTIL_ONE_CURRENT_STATE 1 /* for all threads, where later versions have one for each */
#include <structmember.h>
#define Py_T_PYSSIZET T_PYSSIZET
#define Py_T_OBJECT_EX T_OBJECT_EX
#define Py_T_BOOL T_BOOL
#define Py_READONLY READONLY
#else
#define UTIL_ONE_CURRENT_STATE 0
#endif

/* Whether a type with a method __getattr__ keeps the interpreter's short cuts to its other methods,
   which one with a tp_getattro never has. */
#define UTIL_QUICK_GETATTR (PY_VERSION_HEX >= 0x030c0000)

/* A pending exception as one object, from 3.12 on. */
#if PY_VERSION_HEX < 0x030c0000
static inline PyObject *
PyErr_GetRaisedException(void)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != NULL && traceback != NULL)
        PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

static inline void
PyErr_SetRaisedException(PyObject *value)
{
    PyErr_SetObject((PyObject *)Py_TYPE(value), value);
    Py_DECREF(value);
}
#endif

/* A small int, without a call; -1: it is none, or negative. */
static inline Py_ssize_t
util_small_size(PyObject *value)
{
#if PY_VERSION_HEX >= 0x030c0000
    if (PyLong_CheckExact(value) && PyUnstable_Long_IsCompact((PyLongObject *)value))
        return PyUnstable_Long_CompactValue((PyLongObject *)value);
#else
    (void)value;
#endif
    return -1;
}

/* Python's integers as bytes: a public interface from 3.13 on. */
#if PY_VERSION_HEX >= 0x030d0000
#define HAVE_LONG_NATIVE_BYTES 1
#else
#define HAVE_LONG_NATIVE_BYTES 0
#endif

#if PY_VERSION_HEX < 0x030d0000
#define Py_BEGIN_CRITICAL_SECTION(op) \
    {                                 \
        (void)(op);
#define Py_END_CRITICAL_SECTION() }
#define Py_BEGIN_CRITICAL_SECTION2(a, b) \
    {                                    \
        (void)(a);                       \
        (void)(b);
#define Py_END_CRITICAL_SECTION2() }
#define PyThreadState_GetUnchecked _PyThreadState_UncheckedGet /* 3.12; see thread.c for 3.11 */
#define PyUnicode_EqualToUTF8(u, s) (PyUnicode_CompareWithASCIIString((u), (s)) == 0)
#endif

/* From 3.14 on every dealloc has it by itself. */
#ifndef Py_TRASHCAN_BEGIN
#define Py_TRASHCAN_BEGIN(op, dealloc)
#define Py_TRASHCAN_END
#endif

/* A function that a hot one calls seldom: inside of it, it would cost it registers. */
#if defined(__GNUC__)
#define UTIL_APART __attribute__((noinline))
#define UTIL_INSIDE inline __attribute__((always_inline)) /* the contrary */
#else
#define UTIL_APART
#define UTIL_INSIDE inline
#endif

/* Module slots that newer interpreters know; older ones see nothing. */
#ifdef Py_mod_multiple_interpreters
#define UTIL_SLOT_INTERPRETERS {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define UTIL_SLOT_INTERPRETERS
#endif
#ifdef Py_mod_gil
#define UTIL_SLOT_GIL {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#else
#define UTIL_SLOT_GIL
#endif

#endif
