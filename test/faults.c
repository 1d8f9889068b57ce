/* _faults: allocations that fail when they are told to, and an account of OpenSSL's.

   Must be imported before anything that uses OpenSSL, hashlib included. */
#define _GNU_SOURCE /* dladdr */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <openssl/crypto.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

/* ---- which allocation fails ---- */

enum { OPENSSL = 1, PYTHON = 2 };

static atomic_int armed;      /* OPENSSL | PYTHON */
static atomic_int lasting;    /* whether all that come after the first fail, too */
static atomic_long countdown; /* how many go well before */
static atomic_long asked;     /* how many there were since arm() */
static pthread_t victim;      /* the only thread whose allocations count */
static char failed_at[256];   /* where the first failed */

/* ---- who asked ---- */

#define MAX_CALLERS 100
#define MAX_RECORDED 1000000

typedef struct {
    int depth;
    uintptr_t at[MAX_CALLERS]; /* the innermost first */
} callers;

static uint64_t *recorded; /* NULL unless asked for */
static long recorded_count;

static _Unwind_Reason_Code
note_caller(struct _Unwind_Context *frame, void *arg)
{
    callers *all = arg;

    if (all->depth == MAX_CALLERS)
        return _URC_END_OF_STACK;
    all->at[all->depth++] = (uintptr_t)_Unwind_GetIP(frame);
    return _URC_NO_REASON;
}

static void
find_callers(callers *all)
{
    all->depth = 0;
    _Unwind_Backtrace(note_caller, all);
}

/* A number for each chain of callers, not 0. */
static uint64_t
hash_of(const callers *all)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a, by words */

    for (int i = 0; i < all->depth; i++)
        hash = (hash ^ all->at[i]) * 0x100000001b3;
    return hash | 1;
}

/* Whether one of them is a function of the package that is tested. */
static int
are_of_package(const callers *all)
{
    Dl_info info;

    for (int i = 0; i < all->depth; i++)
        if (dladdr((void *)all->at[i], &info) && info.dli_fname != NULL
            && strstr(info.dli_fname, "/OpenSSL/") != NULL)
            return 1;
    return 0;
}

#ifdef Py_GIL_DISABLED
/* Whether it is a list's room for its items, without which a free-threaded CPython lets go of a
   list that is not complete. */
static int
are_of_list(const callers *all)
{
    Dl_info info;

    for (int i = 0; i < all->depth && i < 12; i++) {
        if (!dladdr((void *)all->at[i], &info) || info.dli_sname == NULL)
            continue;
        if (strcmp(info.dli_sname, "PyList_New") == 0)
            return 1;
        if (strcmp(info.dli_sname, "_PyObject_GC_New") == 0)
            return 0;
    }
    return 0;
}
#else
#define are_of_list(all) 0
#endif

/* What the interpreter needs for itself, outside of the package's functions, does not fail: it may
   not bear it.  CPython 3.13 lets go of a code object twice when there is no room for the function
   that a "def" or "lambda" makes of it. */
static int
are_to_fail(const callers *all)
{
    return are_of_package(all) && !are_of_list(all);
}

static int
may_fail(int whose)
{
    callers all;

    if (whose != PYTHON)
        return 1;
    find_callers(&all);
    return are_to_fail(&all);
}

static int
is_called_by(const char *function)
{
    callers all;
    Dl_info info;

    find_callers(&all);
    for (int i = 0; i < all.depth; i++)
        if (dladdr((void *)all.at[i], &info) && info.dli_sname != NULL
            && strcmp(info.dli_sname, function) == 0)
            return 1;
    return 0;
}

/* Whose failure OpenSSL itself does not survive.  That of OSSL_STORE_open gives a reference too
   many back to a method that all share, so that some failures later it is freed.  A session for
   which there is no room in the cache's table goes onto the cache's list, without a reference. */
static int
is_deadly(const char *file)
{
    return file != NULL
           && (strstr(file, "store/store_lib.c") != NULL
               || (strstr(file, "lhash/lhash.c") != NULL && is_called_by("SSL_CTX_add_session")));
}

static int
fails(int whose, const char *file, int line)
{
    long left;

    if (!(atomic_load(&armed) & whose) || !pthread_equal(victim, pthread_self()) || is_deadly(file))
        return 0;
    if (recorded != NULL && recorded_count < MAX_RECORDED) {
        callers all;

        find_callers(&all);
        recorded[recorded_count++] = whose != PYTHON || are_to_fail(&all) ? hash_of(&all) : 0;
    }
    atomic_fetch_add(&asked, 1);
    left = atomic_fetch_sub(&countdown, 1);
    if (left > 0 || (left < 0 && !atomic_load(&lasting)) || !may_fail(whose))
        return 0;
    if (left == 0)
        snprintf(failed_at, sizeof failed_at, "%s:%d", file, line);
    return 1;
}

/* ---- OpenSSL's blocks: each has a head, so that those that are left can be named ---- */

typedef struct head {
    struct head *before, *after;
    callers *from; /* NULL unless traced */
    const char *file;
    size_t size;
    long serial;
    int line;
    _Alignas(max_align_t) unsigned char content[];
} head;

static head ring = {&ring, &ring, NULL, "", 0, 0, 0};
static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static long blocks, bytes, serial;
static atomic_int traced; /* whether they note by whom they were made */

static void
link_in(head *block)
{
    pthread_mutex_lock(&ring_lock);
    block->serial = ++serial;
    block->before = ring.before;
    block->after = &ring;
    ring.before->after = block;
    ring.before = block;
    blocks++;
    bytes += (long)block->size;
    pthread_mutex_unlock(&ring_lock);
}

static void
link_out(head *block)
{
    pthread_mutex_lock(&ring_lock);
    block->before->after = block->after;
    block->after->before = block->before;
    blocks--;
    bytes -= (long)block->size;
    pthread_mutex_unlock(&ring_lock);
}

static head *
head_of(void *content)
{
    return (head *)((char *)content - offsetof(head, content));
}

static void *
openssl_malloc(size_t size, const char *file, int line)
{
    head *block;

    if (size == 0 || fails(OPENSSL, file, line) || (block = malloc(sizeof(head) + size)) == NULL)
        return NULL;
    block->file = file;
    block->line = line;
    block->size = size;
    block->from = atomic_load(&traced) ? malloc(sizeof(callers)) : NULL;
    if (block->from != NULL)
        find_callers(block->from);
    memset(block->content, 0xcb, size); /* nobody may count on zeros */
    link_in(block);
    return block->content;
}

static void
openssl_free(void *content, const char *file, int line)
{
    if (content == NULL)
        return;
    link_out(head_of(content));
    memset(content, 0xdb, head_of(content)->size);
    free(head_of(content)->from);
    free(head_of(content));
}

static void *
openssl_realloc(void *content, size_t size, const char *file, int line)
{
    void *fresh;

    if (content == NULL)
        return CRYPTO_malloc(size, file, line); /* as OpenSSL's own does: a failure is queued */
    if (size == 0) {
        openssl_free(content, file, line);
        return NULL;
    }
    fresh = openssl_malloc(size, file, line); /* always moves: nobody may count on staying */
    if (fresh != NULL) {
        size_t before = head_of(content)->size;

        memcpy(fresh, content, before < size ? before : size);
        openssl_free(content, file, line);
    }
    return fresh;
}

/* ---- CPython's allocators, of the domains that need the interpreter ---- */

static PyMemAllocatorEx originals[2];

static void *
python_malloc(void *domain, size_t size)
{
    PyMemAllocatorEx *original = domain;

    return fails(PYTHON, "python", 0) ? NULL : original->malloc(original->ctx, size);
}

static void *
python_calloc(void *domain, size_t count, size_t size)
{
    PyMemAllocatorEx *original = domain;

    return fails(PYTHON, "python", 0) ? NULL : original->calloc(original->ctx, count, size);
}

static void *
python_realloc(void *domain, void *block, size_t size)
{
    PyMemAllocatorEx *original = domain;

    return fails(PYTHON, "python", 0) ? NULL : original->realloc(original->ctx, block, size);
}

static void
python_free(void *domain, void *block)
{
    PyMemAllocatorEx *original = domain;

    original->free(original->ctx, block);
}

/* ---- the interface ---- */

/* arm(n, whose, lasting=False): the n-th allocation from here on fails, counted from 0. */
static PyObject *
arm(PyObject *self, PyObject *args)
{
    long n;
    int whose, all = 0;

    if (!PyArg_ParseTuple(args, "li|p", &n, &whose, &all))
        return NULL;
    victim = pthread_self();
    failed_at[0] = '\0';
    atomic_store(&asked, 0);
    atomic_store(&lasting, all);
    atomic_store(&countdown, n);
    atomic_store(&armed, whose);
    Py_RETURN_NONE;
}

/* disarm(): how many allocations there were since arm(), and where the one that failed was. */
static PyObject *
disarm(PyObject *self, PyObject *unused)
{
    atomic_store(&armed, 0);
    return Py_BuildValue("ls", atomic_load(&asked), failed_at);
}

/* record(whose): from here on note who asks; recorded(): [number of the callers] of each, 0 for
   those that are not to fail. */
static PyObject *
record(PyObject *self, PyObject *args)
{
    long whose = PyLong_AsLong(args);

    if (whose == -1 && PyErr_Occurred())
        return NULL;
    if (recorded == NULL && (recorded = malloc(MAX_RECORDED * sizeof *recorded)) == NULL)
        return PyErr_NoMemory();
    recorded_count = 0;
    victim = pthread_self();
    atomic_store(&countdown, LONG_MAX);
    atomic_store(&armed, (int)whose);
    Py_RETURN_NONE;
}

static PyObject *
get_recorded(PyObject *self, PyObject *unused)
{
    PyObject *list;

    atomic_store(&armed, 0);
    list = PyList_New(recorded == NULL ? 0 : recorded_count);
    for (long i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *number = PyLong_FromUnsignedLongLong(recorded[i]);

        if (number == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, number);
    }
    free(recorded);
    recorded = NULL;
    return list;
}

/* blocks(): how many blocks and bytes OpenSSL has, and the number of the last block. */
static PyObject *
count_blocks(PyObject *self, PyObject *unused)
{
    return Py_BuildValue("lll", blocks, bytes, serial);
}

/* trace(on): whether OpenSSL's blocks note from here on by whom they are made. */
static PyObject *
trace(PyObject *self, PyObject *arg)
{
    int on = PyObject_IsTrue(arg);

    if (on < 0)
        return NULL;
    atomic_store(&traced, on);
    Py_RETURN_NONE;
}

/* [name] of those that have one. */
static PyObject *
names_of(const callers *all)
{
    PyObject *list = PyList_New(0);
    Dl_info info;

    for (int i = 0; list != NULL && all != NULL && i < all->depth; i++) {
        PyObject *name;

        if (!dladdr((void *)all->at[i], &info) || info.dli_sname == NULL)
            continue;
        name = PyUnicode_FromString(info.dli_sname);
        if (name == NULL || PyList_Append(list, name) < 0)
            Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

/* since(serial): [(where, size, [name of a caller])] of the blocks made after that one that are
   still there. */
static PyObject *
since(PyObject *self, PyObject *args)
{
    PyObject *list = PyList_New(0);
    long first = PyLong_AsLong(args);

    if (list == NULL || (first == -1 && PyErr_Occurred()))
        goto failed;
    for (head *at = ring.before; at != &ring && at->serial > first; at = at->before) {
        PyObject *item =
            Py_BuildValue("NnN", PyUnicode_FromFormat("%s:%d", at->file ? at->file : "?", at->line),
                          (Py_ssize_t)at->size, names_of(at->from));

        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_XDECREF(item);
            goto failed;
        }
        Py_DECREF(item);
    }
    return list;
failed:
    Py_XDECREF(list);
    return NULL;
}

static PyMethodDef faults_methods[] = {
    {"arm", arm, METH_VARARGS},
    {"disarm", disarm, METH_NOARGS},
    {"record", record, METH_O},
    {"recorded", get_recorded, METH_NOARGS},
    {"blocks", count_blocks, METH_NOARGS},
    {"trace", trace, METH_O},
    {"since", since, METH_O},
    {NULL},
};

static PyModuleDef faults_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_faults",
    .m_doc = "Allocations that fail when they are told to.",
    .m_size = -1,
    .m_methods = faults_methods,
};

static void
replace_allocators(void)
{
    const PyMemAllocatorDomain domains[] = {PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};

    for (int i = 0; i < 2; i++) {
        PyMemAllocatorEx ours = {&originals[i], python_malloc, python_calloc, python_realloc,
                                 python_free};

        PyMem_GetAllocator(domains[i], &originals[i]);
        PyMem_SetAllocator(domains[i], &ours);
    }
}

PyMODINIT_FUNC PyInit__faults(void);

PyMODINIT_FUNC
PyInit__faults(void)
{
    PyObject *module;

    if (!CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free)) {
        PyErr_SetString(PyExc_ImportError, "OpenSSL has allocated memory already");
        return NULL;
    }
    module = PyModule_Create(&faults_module);
    if (module == NULL || PyModule_AddIntConstant(module, "OPENSSL", OPENSSL) < 0
        || PyModule_AddIntConstant(module, "PYTHON", PYTHON) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
#ifdef Py_GIL_DISABLED
    PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    replace_allocators();
    return module;
}
