/* The one shape of a Python object that owns an OpenSSL object. */
#ifndef UTIL_OBJECT_H
#define UTIL_OBJECT_H
#include "util/python.h"
#ifdef Py_GIL_DISABLED
#include "util/share.h"
#define UTIL_SHARE util_share share;
#else
#define UTIL_SHARE
#endif

/* Every public type can be subclassed, given attributes and referenced weakly. */
#define UTIL_HEAD       \
    PyObject_HEAD       \
    PyObject *dict;     \
    PyObject *weakrefs; \
    UTIL_SHARE

typedef struct {
    UTIL_HEAD
} util_object;

#define UTIL_MEMBERS(Object)                                                         \
    {"__dictoffset__", Py_T_PYSSIZET, offsetof(Object, dict), Py_READONLY},          \
    {                                                                                \
        "__weaklistoffset__", Py_T_PYSSIZET, offsetof(Object, weakrefs), Py_READONLY \
    }

/* The head's part of traverse, clear and dealloc. */
static inline int
util_object_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((util_object *)self)->dict);
    return 0;
}

static inline int
util_object_clear(PyObject *self)
{
    Py_CLEAR(((util_object *)self)->dict);
    return 0;
}

static inline void
util_object_dealloc_start(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    if (((util_object *)self)->weakrefs != NULL)
        PyObject_ClearWeakRefs(self);
    util_object_clear(self);
}

static inline void
util_object_dealloc_end(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    type->tp_free(self);
    Py_DECREF(type);
}

/* Around the whole of a dealloc whose type holds what a program gives it: a chain of such objects,
   each the app data of the next, can be longer than the stack is deep.  The object is untracked
   first, since the interpreter may put it aside and come back. */
#define UTIL_DEALLOC_BEGIN(self, dealloc) \
    PyObject_GC_UnTrack(self);            \
    Py_TRASHCAN_BEGIN(self, dealloc)
#define UTIL_DEALLOC_END Py_TRASHCAN_END

/* An attribute of any object, and what a method gives back. */
PyObject *util_get(PyObject *object, const char *name);
PyObject *util_call(PyObject *object, const char *method, PyObject *const *args, size_t count);

/* For a private attribute such as _x509: an OpenSSL._util.Handle, which knows the address, the
   kind *name* of what is there, and its owner; None for NULL. */
PyObject *util_handle_new(PyObject *owner, const void *pointer, const char *name);

/* Defines PREFIX_members, PREFIX_wrap, PREFIX_traverse, PREFIX_clear and PREFIX_dealloc for a
   type that owns one pointer and nothing else.  wrap takes the pointer over always: if it
   fails it has freed it. */
#define UTIL_OWNER(prefix, Object, Pointer, release)                         \
    static PyMemberDef prefix##_members[] = {UTIL_MEMBERS(Object), {NULL}};  \
    static PyObject *prefix##_wrap(PyTypeObject *type, Pointer *pointer)     \
    {                                                                        \
        Object *self = (Object *)type->tp_alloc(type, 0);                    \
        if (self == NULL)                                                    \
            release(pointer);                                                \
        else                                                                 \
            self->ptr = pointer;                                             \
        return (PyObject *)self;                                             \
    }                                                                        \
    static int prefix##_traverse(PyObject *self, visitproc visit, void *arg) \
    {                                                                        \
        return util_object_traverse(self, visit, arg);                       \
    }                                                                        \
    static int prefix##_clear(PyObject *self)                                \
    {                                                                        \
        return util_object_clear(self);                                      \
    }                                                                        \
    static void prefix##_dealloc(PyObject *self)                             \
    {                                                                        \
        util_object_dealloc_start(self);                                     \
        release(((Object *)self)->ptr);                                      \
        util_object_dealloc_end(self);                                       \
    }

/* Their rows in the type's slots. */
#define UTIL_OWNER_SLOTS(prefix)                                            \
    {Py_tp_doc, (char *)prefix##_doc}, {Py_tp_members, prefix##_members},   \
        {Py_tp_traverse, prefix##_traverse}, {Py_tp_clear, prefix##_clear}, \
    {                                                                       \
        Py_tp_dealloc, prefix##_dealloc                                     \
    }

#define UTIL_TYPE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
/* Copying or pickling would duplicate a pointer. */
#define UTIL_SEALED_FLAGS \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION)

/* ---- reading and writing ----
   Run one expression that reads, or changes, what an object owns: readers go side by side, who
   changes it is alone.  With the global lock nobody else runs, and both are nothing but the
   expression, which must keep to the rules in share.h all the same: nothing in it runs Python
   code, nor makes an object that the garbage collector tracks (on CPython 3.11 that may run a
   finalizer, and this change what is being read), as long as there is something left to read. */
#ifdef Py_GIL_DISABLED
static inline util_share *
util_share_of(PyObject *object)
{
    return object == NULL ? NULL : &((util_object *)object)->share;
}
#define UTIL_AS_HOLDER(object, begin, end, ...)                 \
    do {                                                        \
        util_share *held = util_share_of((PyObject *)(object)); \
        begin(held);                                            \
        __VA_ARGS__;                                            \
        end(held);                                              \
    } while (0)
#define UTIL_READING(object, ...) \
    UTIL_AS_HOLDER(object, util_share_read, util_share_read_end, __VA_ARGS__)
#define UTIL_WRITING(object, ...) \
    UTIL_AS_HOLDER(object, util_share_write, util_share_write_end, __VA_ARGS__)
#define UTIL_READING2(one, other, ...)                                         \
    do {                                                                       \
        util_share *held = util_share_of(one), *beside = util_share_of(other); \
        util_share_read2(held, beside);                                        \
        __VA_ARGS__;                                                           \
        util_share_read2_end(held, beside);                                    \
    } while (0)
#else
#define UTIL_READING(object, ...) \
    do {                          \
        __VA_ARGS__;              \
    } while (0)
#define UTIL_WRITING(object, ...) UTIL_READING(object, __VA_ARGS__)
/* Two, which may be one, or NULL. */
#define UTIL_READING2(one, other, ...) UTIL_READING(one, __VA_ARGS__)
#endif

/* ---- taking references ----
   Run one expression in an object's critical section: for references to Python objects, which
   take a few instructions to take, and may run anything when they are dropped. */
#define UTIL_WITH(object, ...)             \
    do {                                   \
        Py_BEGIN_CRITICAL_SECTION(object); \
        __VA_ARGS__;                       \
        Py_END_CRITICAL_SECTION();         \
    } while (0)

/* ---- rows of a method table ---- */

/* A method with parameters takes (self, args, nargs, kwnames), one without (self, unused). */
#define UTIL_ROW_OF(name, function, doc)                                                 \
    {                                                                                    \
#name, (PyCFunction)(void (*)(void))function, METH_FASTCALL | METH_KEYWORDS, doc \
    }
#define UTIL_ROW_NOARGS_OF(name, function, doc) \
    {                                           \
#name, function, METH_NOARGS, doc       \
    }

/* A class method's self is the type, that of a Python subclass perhaps. */
#define UTIL_CLASS_ROW_OF(name, function, doc)                                                    \
    {                                                                                             \
#name, (PyCFunction)(void (*)(void))function, METH_CLASS | METH_FASTCALL | METH_KEYWORDS, \
            doc                                                                                   \
    }

/* Rows whose function does its own locking, or needs none. */
#define UTIL_ROW(prefix, name) UTIL_ROW_OF(name, prefix##_##name, prefix##_##name##_doc)
#define UTIL_ROW_NOARGS(prefix, name) \
    UTIL_ROW_NOARGS_OF(name, prefix##_##name, prefix##_##name##_doc)

/* Rows whose function runs in the object's critical section.  Bodies never lock: on a
   free-threaded build the row holds a wrapper, elsewhere the function itself.  The first
   macro stands behind the function, the second in the table. */
#ifdef Py_GIL_DISABLED
#define UTIL_LOCKED(prefix, name)                                                               \
    static PyObject *prefix##_##name##_locked(PyObject *self, PyObject *const *a, Py_ssize_t n, \
                                              PyObject *kw)                                     \
    {                                                                                           \
        PyObject *result;                                                                       \
        Py_BEGIN_CRITICAL_SECTION(self);                                                        \
        result = prefix##_##name(self, a, n, kw);                                               \
        Py_END_CRITICAL_SECTION();                                                              \
        return result;                                                                          \
    }
#define UTIL_LOCKED_NOARGS(prefix, name)                                        \
    static PyObject *prefix##_##name##_locked(PyObject *self, PyObject *unused) \
    {                                                                           \
        PyObject *result;                                                       \
        Py_BEGIN_CRITICAL_SECTION(self);                                        \
        result = prefix##_##name(self, unused);                                 \
        Py_END_CRITICAL_SECTION();                                              \
        return result;                                                          \
    }
#define UTIL_LOCKED_ROW(prefix, name) \
    UTIL_ROW_OF(name, prefix##_##name##_locked, prefix##_##name##_doc)
#define UTIL_LOCKED_ROW_NOARGS(prefix, name) \
    UTIL_ROW_NOARGS_OF(name, prefix##_##name##_locked, prefix##_##name##_doc)
#else
#define UTIL_LOCKED(prefix, name)
#define UTIL_LOCKED_NOARGS(prefix, name)
#define UTIL_LOCKED_ROW(prefix, name) UTIL_ROW(prefix, name)
#define UTIL_LOCKED_ROW_NOARGS(prefix, name) UTIL_ROW_NOARGS(prefix, name)
#endif

#endif
