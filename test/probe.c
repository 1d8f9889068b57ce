/* _probe: every function of src/util within reach of the tests. */
#include "util/args.h"
#include "util/convert.h"
#include "util/error.h"
#include "util/module.h"
#include "util/object.h"
#include "util/openssl.h"
#include "util/rwlock.h"
#include "util/share.h"

#include <pthread.h>

#define probe_module_doc "The inside of src/util, for its tests."

#define PROBE_STATE(X)          \
    X(PyTypeObject, Owner_Type) \
    X(PyTypeObject, Mutex_Type) \
    X(PyTypeObject, RWLock_Type) X(PyTypeObject, Share_Type)

typedef struct {
    PROBE_STATE(UTIL_STATE_FIELD)
} probe_state;

#define FUNCTION(name) static PyObject *probe_##name(PyObject *self, PyObject *args)
#define BINDING(name)                                                                      \
    static PyObject *probe_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, \
                                  PyObject *kwnames)

/* ---- args.h: binding ---- */

static PyObject *
from_values(PyObject *const *values, Py_ssize_t count)
{
    PyObject *result = PyTuple_New(count);

    for (Py_ssize_t i = 0; result != NULL && i < count; i++)
        PyTuple_SET_ITEM(result, i, Py_NewRef(values[i] == NULL ? Py_Ellipsis : values[i]));
    return result;
}

#define BOUND(count)                                          \
    PyObject *values[UTIL_MAX_PARAMS];                        \
    if (util_bind(&params, args, nargs, kwnames, values) < 0) \
        return NULL;                                          \
    return from_values(values, count)

BINDING(bind_one)
{
    UTIL_PARAMS("bind_one", 1, 1, "only");
    BOUND(1);
}

BINDING(bind_three)
{
    UTIL_PARAMS("bind_three", 1, 3, "first", "second", "third");
    BOUND(3);
}

BINDING(bind_eight)
{
    UTIL_PARAMS("bind_eight", 8, 8, "a", "b", "c", "d", "e", "f", "g", "h");
    BOUND(8);
}

BINDING(bind_named)
{
    UTIL_KEYWORD_PARAMS("bind_named", 2, "one", "two");
    BOUND(2);
}

FUNCTION(bind_tuple)
{
    UTIL_PARAMS("bind_tuple", 1, 3, "first", "second", "third");
    PyObject *positional, *named, *values[3];

    if (!PyArg_ParseTuple(args, "O!O", &PyTuple_Type, &positional, &named)
        || util_bind_tuple(&params, positional, named == Py_None ? NULL : named, values) < 0)
        return NULL;
    return from_values(values, 3);
}

FUNCTION(init_nothing)
{
    PyObject *object, *positional, *named;

    if (!PyArg_ParseTuple(args, "OO!O", &object, &PyTuple_Type, &positional, &named))
        return NULL;
    if (util_init_nothing(object, positional, named == Py_None ? NULL : named) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- args.h: converters ---- */

FUNCTION(as_int)
{
    int result;

    return util_as_int(args, "number", &result) < 0 ? NULL : PyLong_FromLong(result);
}

FUNCTION(as_long)
{
    long result;

    return util_as_long(args, "number", &result) < 0 ? NULL : PyLong_FromLong(result);
}

FUNCTION(as_options)
{
    uint64_t result;

    return util_as_options(args, "number", &result) < 0 ? NULL
                                                        : PyLong_FromUnsignedLongLong(result);
}

FUNCTION(as_size)
{
    Py_ssize_t result;

    return util_as_size(args, "number", &result) < 0 ? NULL : PyLong_FromSsize_t(result);
}

FUNCTION(as_fd)
{
    int result;

    return util_as_fd(args, "file", &result) < 0 ? NULL : PyLong_FromLong(result);
}

FUNCTION(as_truth)
{
    int result;

    return util_as_truth(args, &result) < 0 ? NULL : PyBool_FromLong(result);
}

static PyObject *
from_view(int failed, Py_buffer *view)
{
    PyObject *result;

    if (failed < 0)
        return NULL;
    result = PyBytes_FromStringAndSize(view->buf, view->len);
    PyBuffer_Release(view);
    return result;
}

FUNCTION(as_buffer)
{
    Py_buffer view;

    return from_view(util_as_buffer(args, "data", &view), &view);
}

FUNCTION(as_ascii_buffer)
{
    Py_buffer view;

    return from_view(util_as_ascii_buffer(args, "data", &view), &view);
}

FUNCTION(as_warned_buffer)
{
    Py_buffer view;

    return from_view(util_as_warned_buffer(args, "data", &view), &view);
}

/* Fills the buffer with "x". */
FUNCTION(as_writable)
{
    Py_buffer view;

    if (util_as_writable(args, "data", &view) < 0)
        return NULL;
    memset(view.buf, 'x', (size_t)view.len);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

FUNCTION(as_path)
{
    return util_as_path(args, "path");
}

FUNCTION(as_identifier)
{
    return util_as_identifier(args, "name");
}

FUNCTION(as_plain_bytes)
{
    return util_as_plain_bytes(args, "data");
}

FUNCTION(as_warned_bytes)
{
    return util_as_warned_bytes(args, "data");
}

FUNCTION(as_instances)
{
    PyObject *value, *type;

    if (!PyArg_ParseTuple(args, "OO!", &value, &PyType_Type, &type))
        return NULL;
    return util_as_instances(value, (PyTypeObject *)type, "values");
}

FUNCTION(check_instance)
{
    PyObject *value, *type;

    if (!PyArg_ParseTuple(args, "OO!", &value, &PyType_Type, &type))
        return NULL;
    return util_check_instance(value, (PyTypeObject *)type, "value") < 0 ? NULL
                                                                         : Py_NewRef(Py_None);
}

FUNCTION(check_callable)
{
    return util_check_callable(args, "callback") < 0 ? NULL : Py_NewRef(Py_None);
}

FUNCTION(check_bytes)
{
    return util_check_bytes(args, "data") < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- convert.h ---- */

FUNCTION(from_bio)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PyObject *result = NULL;
    char *data;
    Py_ssize_t size;

    if (bio != NULL && PyBytes_AsStringAndSize(args, &data, &size) == 0
        && (size == 0 || BIO_write(bio, data, (int)size) == size))
        result = util_from_bio(bio);
    BIO_free(bio);
    return result;
}

static ASN1_STRING *
string_of(int type, const char *data, Py_ssize_t size)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);

    if (string != NULL && ASN1_STRING_set(string, data, (int)size) == 0) {
        ASN1_STRING_free(string);
        return NULL;
    }
    return string;
}

/* string(what, type, content): what is text, octets or time. */
FUNCTION(from_string)
{
    const char *what, *data;
    ASN1_STRING *string;
    PyObject *result;
    Py_ssize_t size;
    int type;

    if (!PyArg_ParseTuple(args, "siy#", &what, &type, &data, &size))
        return NULL;
    string = string_of(type, data, size);
    if (string == NULL)
        return util_raise_new(PyExc_ValueError);
    if (strcmp(what, "text") == 0)
        result = util_from_asn1_text(string, PyExc_ValueError);
    else if (strcmp(what, "octets") == 0)
        result = util_from_asn1_octets(string);
    else
        result = util_from_asn1_time(string);
    ASN1_STRING_free(string);
    return result;
}

FUNCTION(from_no_time)
{
    return util_from_asn1_time(NULL);
}

/* (type, content) of what comes of it. */
FUNCTION(as_asn1_time)
{
    ASN1_TIME *time = util_as_asn1_time(args, "when");
    PyObject *result;

    if (time == NULL)
        return NULL;
    result = Py_BuildValue("iN", ASN1_STRING_type(time), util_from_asn1_octets(time));
    ASN1_TIME_free(time);
    return result;
}

FUNCTION(as_bignum)
{
    BIGNUM *number = util_as_bignum(args, "number");
    PyObject *result = NULL;
    char *text;

    if (number == NULL)
        return NULL;
    text = BN_bn2hex(number);
    if (text != NULL)
        result = PyUnicode_FromString(text);
    else
        util_raise_new(PyExc_ValueError);
    OPENSSL_free(text);
    BN_free(number);
    return result;
}

FUNCTION(from_bignum)
{
    const char *text = PyUnicode_AsUTF8(args);
    BIGNUM *number = NULL;
    PyObject *result;

    if (text == NULL)
        return NULL;
    if (BN_hex2bn(&number, text) == 0)
        return util_raise_new(PyExc_ValueError);
    result = util_from_bignum(number);
    BN_free(number);
    return result;
}

FUNCTION(as_asn1_integer)
{
    ASN1_INTEGER *number = util_as_asn1_integer(args, "number");
    PyObject *result;

    if (number == NULL)
        return NULL;
    result = UTIL_FROM_I2D(i2d_ASN1_INTEGER, number, PyExc_ValueError);
    ASN1_INTEGER_free(number);
    return result;
}

FUNCTION(from_asn1_integer)
{
    const unsigned char *at;
    ASN1_INTEGER *number;
    PyObject *result;

    if (!PyBytes_Check(args))
        return PyErr_Format(PyExc_TypeError, "bytes");
    at = (const unsigned char *)PyBytes_AS_STRING(args);
    number = d2i_ASN1_INTEGER(NULL, &at, PyBytes_GET_SIZE(args));
    if (number == NULL)
        return util_raise(PyExc_ValueError);
    result = util_from_asn1_integer(number);
    ASN1_INTEGER_free(number);
    return result;
}

static int
refuse_to_encode(const void *object, unsigned char **out)
{
    ERR_raise(ERR_LIB_ASN1, ASN1_R_ENCODE_ERROR);
    return -1;
}

FUNCTION(from_failing_i2d)
{
    return util_from_i2d(refuse_to_encode, "", PyExc_ValueError);
}

FUNCTION(from_hex)
{
    const unsigned char *data;
    Py_ssize_t size;
    int separator;

    if (!PyArg_ParseTuple(args, "y#i", &data, &size, &separator))
        return NULL;
    return util_from_hex(data, (size_t)size, (char)separator);
}

/* ---- error.h ---- */

FUNCTION(push)
{
    int library, reason;

    if (!PyArg_ParseTuple(args, "ii", &library, &reason))
        return NULL;
    ERR_raise(library, reason);
    Py_RETURN_NONE;
}

FUNCTION(raise)
{
    return util_raise(args);
}

FUNCTION(raise_new)
{
    return util_raise_new(args);
}

FUNCTION(raise_reason)
{
    PyObject *exc;
    const char *library, *reason;

    if (!PyArg_ParseTuple(args, "Oss", &exc, &library, &reason))
        return NULL;
    return util_raise_reason(exc, library, reason);
}

/* The same while an exception is pending already: raise_over(how, pending). */
FUNCTION(raise_over)
{
    const char *how;
    PyObject *pending;

    if (!PyArg_ParseTuple(args, "sO", &how, &pending))
        return NULL;
    PyErr_SetNone(pending);
    if (strcmp(how, "raise") == 0)
        return util_raise(PyExc_ValueError);
    if (strcmp(how, "new") == 0)
        return util_raise_new(PyExc_ValueError);
    return util_raise_reason(PyExc_ValueError, "library", "reason");
}

FUNCTION(mark)
{
    util_errors_mark();
    Py_RETURN_NONE;
}

FUNCTION(forget)
{
    util_errors_forget();
    Py_RETURN_NONE;
}

FUNCTION(drop)
{
    util_errors_clear();
    Py_RETURN_NONE;
}

FUNCTION(swallow)
{
    return util_errors_swallow() < 0 ? NULL : Py_NewRef(Py_None);
}

FUNCTION(pending)
{
    return PyBool_FromLong(util_errors_pending());
}

FUNCTION(first_is)
{
    int library, reason;

    if (!PyArg_ParseTuple(args, "ii", &library, &reason))
        return NULL;
    return PyBool_FromLong(util_errors_first_is(library, reason));
}

FUNCTION(last_is)
{
    int library, reason;

    if (!PyArg_ParseTuple(args, "ii", &library, &reason))
        return NULL;
    return PyBool_FromLong(util_errors_last_is(library, reason));
}

/* ---- thread.h: leaving and coming back ---- */

/* What OpenSSL would call: whether the callable could be run, and did not raise. */
static int
trampoline(PyObject *callable, PyObject **result)
{
    util_callback cb;
    int ran = 0;

    if (util_callback_enter(&cb)) {
        Py_XSETREF(*result, PyObject_CallNoArgs(callable));
        ran = *result != NULL;
        util_callback_leave(&cb);
    }
    return ran;
}

static PyObject *
result_or_exception(PyObject *result)
{
    if (PyErr_Occurred())
        Py_CLEAR(result);
    return result;
}

/* Calls it from inside a DETACHED region. */
FUNCTION(detached)
{
    PyObject *result = NULL;

    DETACHED(trampoline(args, &result));
    return result_or_exception(result);
}

/* Calls it as a callback that comes while nothing was detached. */
FUNCTION(attached)
{
    PyObject *result = NULL;

    trampoline(args, &result);
    return result_or_exception(result);
}

/* Two callbacks in one region: the number of those that ran, or the first's exception. */
FUNCTION(detached_twice)
{
    PyObject *one, *two, *result = NULL;
    int ran = 0;

    if (!PyArg_ParseTuple(args, "OO", &one, &two))
        return NULL;
    DETACHED(ran = trampoline(one, &result); ran += trampoline(two, &result));
    Py_XDECREF(result);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(ran);
}

FUNCTION(is_detached)
{
    int inside, outside = util_is_detached();

    DETACHED(inside = util_is_detached());
    return Py_BuildValue("ii", outside, inside);
}

static void *
foreign(void *answer)
{
    util_callback cb;

    *(int *)answer = util_callback_enter(&cb);
    if (*(int *)answer)
        util_callback_leave(&cb);
    return NULL;
}

/* Whether a callback may run Python in a thread that Python never saw. */
FUNCTION(enter_in_foreign_thread)
{
    pthread_t thread;
    int answer = -1;

    if (pthread_create(&thread, NULL, foreign, &answer) == 0)
        DETACHED(pthread_join(thread, NULL));
    return PyLong_FromLong(answer);
}

/* check_signals(detached): it is asked until one has come. */
FUNCTION(check_signals)
{
    int failed = 0;

    if (PyObject_IsTrue(args))
        DETACHED(failed = util_check_signals());
    else
        failed = util_check_signals();
    return failed < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- thread.h: the locks ---- */

typedef struct {
    UTIL_HEAD
    util_mutex mutex;
} MutexObject;

static PyObject *
mutex_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    MutexObject *self = (MutexObject *)type->tp_alloc(type, 0);

    if (self != NULL)
        util_mutex_init(&self->mutex);
    return (PyObject *)self;
}

static void
mutex_dealloc(PyObject *self)
{
    util_object_dealloc_start(self);
    util_mutex_destroy(&((MutexObject *)self)->mutex);
    util_object_dealloc_end(self);
}

/* lock(detached): asked for attached or detached. */
static PyObject *
mutex_lock(PyObject *self, PyObject *detached)
{
    util_mutex *mutex = &((MutexObject *)self)->mutex;
    int failed;

    if (PyObject_IsTrue(detached))
        DETACHED(failed = util_mutex_lock(mutex));
    else
        failed = util_mutex_lock(mutex);
    return failed < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
mutex_trylock(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(util_mutex_trylock(&((MutexObject *)self)->mutex));
}

static PyObject *
mutex_unlock(PyObject *self, PyObject *unused)
{
    util_mutex_unlock(&((MutexObject *)self)->mutex);
    Py_RETURN_NONE;
}

static PyObject *
mutex_is_mine(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(util_mutex_is_mine(&((MutexObject *)self)->mutex));
}

/* How many hold it or wait for it. */
static PyObject *
mutex_wanted(PyObject *self, PyObject *unused)
{
    return PyLong_FromUnsignedLong(
        util_how_many(atomic_load(&((MutexObject *)self)->mutex.wanted)));
}

static PyMethodDef mutex_methods[] = {
    {"lock", mutex_lock, METH_O},          {"trylock", mutex_trylock, METH_NOARGS},
    {"unlock", mutex_unlock, METH_NOARGS}, {"is_mine", mutex_is_mine, METH_NOARGS},
    {"wanted", mutex_wanted, METH_NOARGS}, {NULL},
};

static PyMemberDef mutex_members[] = {UTIL_MEMBERS(MutexObject), {NULL}};

static PyType_Slot mutex_slots[] = {
    {Py_tp_new, mutex_new},
    {Py_tp_dealloc, mutex_dealloc},
    {Py_tp_traverse, util_object_traverse},
    {Py_tp_clear, util_object_clear},
    {Py_tp_methods, mutex_methods},
    {Py_tp_members, mutex_members},
    {0, NULL},
};

static PyType_Spec mutex_spec = {
    .name = "_probe.Mutex",
    .basicsize = sizeof(MutexObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = mutex_slots,
};

typedef struct {
    UTIL_HEAD
    util_rwlock lock;
} RWLockObject;

static PyObject *
rwlock_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int order = UTIL_ORDER_SETTINGS;
    RWLockObject *self;

    if (!PyArg_ParseTuple(args, "|i", &order))
        return NULL;
    self = (RWLockObject *)type->tp_alloc(type, 0);
    if (self != NULL)
        util_rwlock_init(&self->lock, (util_order)order);
    return (PyObject *)self;
}

static void
rwlock_dealloc(PyObject *self)
{
    util_object_dealloc_start(self);
    util_object_dealloc_end(self);
}

typedef int (*rw_lock)(util_rwlock *, util_hold *);

/* Lock, call back, release. */
static int
hold_and_call(RWLockObject *self, rw_lock lock, PyObject *callable, PyObject **result)
{
    util_hold hold;

    if (lock(&self->lock, &hold) < 0)
        return -1;
    trampoline(callable, result);
    util_rwlock_release(&hold);
    return 0;
}

static PyObject *
held(PyObject *op, PyObject *args, rw_lock lock)
{
    RWLockObject *self = (RWLockObject *)op;
    PyObject *callable, *result = NULL;
    int failed, detached;

    if (!PyArg_ParseTuple(args, "Op", &callable, &detached))
        return NULL;
    if (detached)
        DETACHED(failed = hold_and_call(self, lock, callable, &result));
    else
        failed = hold_and_call(self, lock, callable, &result);
    if (failed < 0)
        return NULL;
    return result_or_exception(result);
}

static PyObject *
rwlock_read(PyObject *self, PyObject *args)
{
    return held(self, args, util_read_lock);
}

static PyObject *
rwlock_write(PyObject *self, PyObject *args)
{
    return held(self, args, util_write_lock);
}

/* (readers, writers that wait, whether one writes, how many wait) */
static PyObject *
rwlock_look(PyObject *self, PyObject *unused)
{
    util_rwlock *lock = &((RWLockObject *)self)->lock;
    util_rwlock seen;

    util_guard_lock(&lock->guard);
    seen = *lock;
    util_guard_unlock(&lock->guard);
    return Py_BuildValue("iiii", seen.readers, seen.writers_waiting, seen.writing,
                         seen.waiters != NULL);
}

static PyMethodDef rwlock_methods[] = {
    {"read", rwlock_read, METH_VARARGS},
    {"write", rwlock_write, METH_VARARGS},
    {"look", rwlock_look, METH_NOARGS},
    {NULL},
};

static PyMemberDef rwlock_members[] = {UTIL_MEMBERS(RWLockObject), {NULL}};

static PyType_Slot rwlock_slots[] = {
    {Py_tp_new, rwlock_new},
    {Py_tp_dealloc, rwlock_dealloc},
    {Py_tp_traverse, util_object_traverse},
    {Py_tp_clear, util_object_clear},
    {Py_tp_methods, rwlock_methods},
    {Py_tp_members, rwlock_members},
    {0, NULL},
};

static PyType_Spec rwlock_spec = {
    .name = "_probe.RWLock",
    .basicsize = sizeof(RWLockObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = rwlock_slots,
};

/* ---- order.h ---- */

static int lock_in_turn(PyObject *locks, Py_ssize_t at, PyObject *callable, PyObject **result);

static int
lock_this_one(PyObject *one, PyObject *locks, Py_ssize_t at, PyObject *callable, PyObject **result)
{
    util_hold hold;

    if (PyObject_HasAttrString(one, "trylock")) {
        if (util_mutex_lock(&((MutexObject *)one)->mutex) < 0)
            return -1;
        lock_in_turn(locks, at + 1, callable, result);
        util_mutex_unlock(&((MutexObject *)one)->mutex);
        return 0;
    }
    if (util_read_lock(&((RWLockObject *)one)->lock, &hold) < 0)
        return -1;
    lock_in_turn(locks, at + 1, callable, result);
    util_rwlock_release(&hold);
    return 0;
}

static int
lock_in_turn(PyObject *locks, Py_ssize_t at, PyObject *callable, PyObject **result)
{
    if (at < PyTuple_GET_SIZE(locks))
        return lock_this_one(PyTuple_GET_ITEM(locks, at), locks, at, callable, result);
    trampoline(callable, result);
    return 0;
}

/* hold(locks, callable): takes mutexes and readers' locks one after the other and calls back. */
FUNCTION(hold)
{
    PyObject *locks, *callable, *result = NULL;

    if (!PyArg_ParseTuple(args, "O!O", &PyTuple_Type, &locks, &callable)
        || lock_in_turn(locks, 0, callable, &result) < 0)
        return NULL;
    return result_or_exception(result);
}

/* As if the network were waited for with a mutex in hand. */
FUNCTION(wait_holding)
{
    util_mutex *mutex = &((MutexObject *)args)->mutex;

    if (util_mutex_lock(mutex) < 0)
        return NULL;
    UTIL_ORDER_WAIT(UTIL_ORDER_MUTEX);
    util_mutex_unlock(mutex);
    Py_RETURN_NONE;
}

/* Whether assertions are compiled in. */
FUNCTION(asserts)
{
#ifdef NDEBUG
    Py_RETURN_FALSE;
#else
    Py_RETURN_TRUE;
#endif
}

/* ---- share.h ---- */

typedef struct {
    UTIL_HEAD
    util_share held;
} ShareObject;

static util_share *
share_of(PyObject *self)
{
    return &((ShareObject *)self)->held;
}

static PyObject *
share_read(PyObject *self, PyObject *callable)
{
    PyObject *result = NULL;

    util_share_read(share_of(self));
    trampoline(callable, &result);
    util_share_read_end(share_of(self));
    return result_or_exception(result);
}

static PyObject *
share_write(PyObject *self, PyObject *callable)
{
    PyObject *result = NULL;

    util_share_write(share_of(self));
    trampoline(callable, &result);
    util_share_write_end(share_of(self));
    return result_or_exception(result);
}

/* (another or None, callable) */
static PyObject *
share_read2(PyObject *self, PyObject *args)
{
    PyObject *other, *callable, *result = NULL;
    util_share *beside;

    if (!PyArg_ParseTuple(args, "OO", &other, &callable))
        return NULL;
    beside = other == Py_None ? NULL : share_of(other);
    util_share_read2(share_of(self), beside);
    trampoline(callable, &result);
    util_share_read2_end(share_of(self), beside);
    return result_or_exception(result);
}

/* (whether it is another process's, whether a writer is inside or waits, readers) */
static PyObject *
share_look(PyObject *self, PyObject *unused)
{
    uint64_t now = atomic_load(share_of(self));

    return Py_BuildValue("iii", util_whose(now) != util_whose(atomic_load(&util_unwanted)),
                         (now & UTIL_SHARE_WRITER) != 0,
                         (int)util_how_many(now & ~UTIL_SHARE_WRITER));
}

static PyMethodDef share_methods[] = {
    {"read", share_read, METH_O},
    {"write", share_write, METH_O},
    {"read2", share_read2, METH_VARARGS},
    {"look", share_look, METH_NOARGS},
    {NULL},
};

static PyMemberDef share_members[] = {UTIL_MEMBERS(ShareObject), {NULL}};

static void
share_dealloc(PyObject *self)
{
    util_object_dealloc_start(self);
    util_object_dealloc_end(self);
}

static PyType_Slot share_slots[] = {
    {Py_tp_dealloc, share_dealloc},   {Py_tp_traverse, util_object_traverse},
    {Py_tp_clear, util_object_clear}, {Py_tp_methods, share_methods},
    {Py_tp_members, share_members},   {0, NULL},
};

static PyType_Spec share_spec = {
    .name = "_probe.Share",
    .basicsize = sizeof(ShareObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = share_slots,
};

/* As a reader of any object of ours: call something.  No code of ours would. */
FUNCTION(reading)
{
    PyObject *object, *callable, *result = NULL;

    if (!PyArg_ParseTuple(args, "OO", &object, &callable))
        return NULL;
    UTIL_READING(object, trampoline(callable, &result));
    return result_or_exception(result);
}

/* ---- object.h ---- */

typedef struct {
    UTIL_HEAD
    BIGNUM *ptr;
} OwnerObject;

static atomic_long owned; /* how many numbers the owners have */

static void
release_number(BIGNUM *number)
{
    if (number != NULL)
        atomic_fetch_sub(&owned, 1);
    BN_free(number);
}

#define owner_doc "Owner()\n--\n\nOwns a number."
#define owner_add_doc "add($self, /, number)\n--\n\nAdds to the number."
#define owner_get_doc "get($self, /)\n--\n\nThe number."

UTIL_OWNER(owner, OwnerObject, BIGNUM, release_number)

static PyObject *
owner_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    BIGNUM *number = BN_new();

    if (number == NULL)
        return PyErr_NoMemory();
    atomic_fetch_add(&owned, 1);
    return owner_wrap(type, number);
}

static PyObject *
owner_add(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    UTIL_PARAMS("add", 1, 1, "number");
    PyObject *value;
    int number;

    if (util_bind(&params, args, nargs, kwnames, &value) < 0
        || util_as_int(value, "number", &number) < 0)
        return NULL;
    if (!BN_add_word(((OwnerObject *)self)->ptr, (BN_ULONG)number))
        return util_raise_new(PyExc_ValueError);
    Py_RETURN_NONE;
}
UTIL_LOCKED(owner, add)

static PyObject *
owner_get(PyObject *self, PyObject *unused)
{
    return util_from_bignum(((OwnerObject *)self)->ptr);
}
UTIL_LOCKED_NOARGS(owner, get)

static PyMethodDef owner_methods[] = {
    UTIL_LOCKED_ROW(owner, add),
    UTIL_LOCKED_ROW_NOARGS(owner, get),
    {NULL},
};

static PyType_Slot owner_slots[] = {
    UTIL_OWNER_SLOTS(owner),
    {Py_tp_new, owner_new},
    {Py_tp_init, util_init_nothing},
    {Py_tp_methods, owner_methods},
    {0, NULL},
};

static PyType_Spec owner_spec = {
    .name = "_probe.Owner",
    .basicsize = sizeof(OwnerObject),
    .flags = UTIL_TYPE_FLAGS,
    .slots = owner_slots,
};

FUNCTION(owned)
{
    return PyLong_FromLong(atomic_load(&owned));
}

/* ---- module.h ---- */

static const util_constant numbers[] = {{"ONE", 1},
                                        {"MINUS", -1},
                                        {"LARGE", 0x7fffffffffffffff},
                                        {NULL, 0}};

static const util_constant constants[] = {
    {"LIB_EVP", ERR_LIB_EVP},
    {"LIB_PEM", ERR_LIB_PEM},
    {"LIB_SYS", ERR_LIB_SYS},
    {"NO_START_LINE", PEM_R_NO_START_LINE},
    {"MALLOC_FAILURE", ERR_R_MALLOC_FAILURE},
    {NULL, 0},
};

/* Fills any module: fill(module, type), the type made and the one found under an alias. */
FUNCTION(fill)
{
    PyObject *module, *error = NULL, *special = NULL;
    int failed;

    if (!PyArg_ParseTuple(args, "O", &module))
        return NULL;
    failed = util_add_constants(module, numbers) < 0
             || util_add_exception(module, "some.package.Error", "It failed.", NULL, &error) < 0
             || util_add_exception(module, "some.package.Special", "So.", error, &special) < 0
             || util_add_alias(module, "Alias", error) < 0
             || util_add_namespace(module, "Numbers", "Some numbers.", numbers) < 0;
    Py_XDECREF(error);
    Py_XDECREF(special);
    return failed ? NULL : Py_NewRef(Py_None);
}

/* ---- the module ---- */

#define ROW(name, flags)                                        \
    {                                                           \
#name, (PyCFunction)(void (*)(void))probe_##name, flags \
    }
#define CALLED(name) ROW(name, METH_O)
#define PARSED(name) ROW(name, METH_VARARGS)
#define SIMPLE(name) ROW(name, METH_NOARGS)
#define BOUND_ROW(name) ROW(name, METH_FASTCALL | METH_KEYWORDS)

static PyMethodDef probe_methods[] = {
    BOUND_ROW(bind_one),
    BOUND_ROW(bind_three),
    BOUND_ROW(bind_eight),
    BOUND_ROW(bind_named),
    PARSED(bind_tuple),
    PARSED(init_nothing),
    CALLED(as_int),
    CALLED(as_long),
    CALLED(as_options),
    CALLED(as_size),
    CALLED(as_fd),
    CALLED(as_truth),
    CALLED(as_buffer),
    CALLED(as_ascii_buffer),
    CALLED(as_warned_buffer),
    CALLED(as_writable),
    CALLED(as_path),
    CALLED(as_identifier),
    CALLED(as_plain_bytes),
    CALLED(as_warned_bytes),
    PARSED(as_instances),
    PARSED(check_instance),
    CALLED(check_callable),
    CALLED(check_bytes),
    CALLED(from_bio),
    PARSED(from_string),
    SIMPLE(from_no_time),
    CALLED(as_asn1_time),
    CALLED(as_bignum),
    CALLED(from_bignum),
    CALLED(as_asn1_integer),
    CALLED(from_asn1_integer),
    SIMPLE(from_failing_i2d),
    PARSED(from_hex),
    PARSED(push),
    {"raise_", probe_raise, METH_O},
    CALLED(raise_new),
    PARSED(raise_reason),
    PARSED(raise_over),
    SIMPLE(mark),
    SIMPLE(forget),
    SIMPLE(drop),
    SIMPLE(swallow),
    SIMPLE(pending),
    PARSED(first_is),
    PARSED(last_is),
    CALLED(detached),
    CALLED(attached),
    PARSED(detached_twice),
    SIMPLE(is_detached),
    SIMPLE(enter_in_foreign_thread),
    CALLED(check_signals),
    PARSED(hold),
    CALLED(wait_holding),
    SIMPLE(asserts),
    SIMPLE(owned),
    PARSED(fill),
    PARSED(reading),
    {NULL},
};

static int
probe_exec(PyObject *module)
{
    probe_state *state = PyModule_GetState(module);

    util_watch_forks();
    if (util_add_type(module, &owner_spec, &state->Owner_Type) < 0
        || util_add_type(module, &mutex_spec, &state->Mutex_Type) < 0
        || util_add_type(module, &rwlock_spec, &state->RWLock_Type) < 0
        || util_add_type(module, &share_spec, &state->Share_Type) < 0
        || util_add_constants(module, constants) < 0)
        return -1;
    return 0;
}

UTIL_STATE_FUNCTIONS(probe, PROBE_STATE)

static PyModuleDef_Slot probe_slots[] = {
    {Py_mod_exec, probe_exec},
    UTIL_SLOT_INTERPRETERS UTIL_SLOT_GIL{0, NULL},
};

static PyModuleDef probe_module = {
    PyModuleDef_HEAD_INIT,         .m_name = "_probe",         .m_doc = probe_module_doc,
    .m_size = sizeof(probe_state), .m_methods = probe_methods, .m_slots = probe_slots,
    .m_traverse = probe_traverse,  .m_clear = probe_clear,     .m_free = probe_free,
};

PyMODINIT_FUNC PyInit__probe(void);

PyMODINIT_FUNC
PyInit__probe(void)
{
    return PyModuleDef_Init(&probe_module);
}
