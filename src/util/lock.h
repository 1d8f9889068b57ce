/* The locks: a mutex, and a guard for a few instructions. */
#ifndef UTIL_LOCK_H
#define UTIL_LOCK_H
#include "util/thread.h"

#include <stdatomic.h>

/* ---- what all of them use ---- */

/* Sets an exception, attached or not; without a text that memory ran out.  -1. */
int util_raise_here(PyObject *exc, const char *text);

/* Wait for a CPython lock, detached; *limit* is in microseconds, negative for none. */
PyLockStatus util_wait_once(PyThread_type_lock lock, PY_TIMEOUT_T limit);

/* For what is about to be free: its holder is computing, on another processor or about to go on
   with this one.  The first so many times this only yields, then it sleeps. */
enum { UTIL_POLITE = 100 };
void util_let_others_run(int so_often);

/* ---- forks ----
   A child has one thread only, the one that forked.  What the others held when it was made, or
   waited for on their stacks, is nobody's there: each lock sees to that when it is first asked
   for in the child.  So a lock begins with one number, made of the process that the rest is about,
   in the upper half, and how many hold the lock or wait for it, in the lower one. */
typedef _Atomic uint64_t util_wanted;

extern util_wanted util_unwanted; /* of this process, once forks are watched */

void util_watch_forks(void); /* any lock that is made does so */

static inline uint32_t
util_how_many(uint64_t wanted)
{
    return (uint32_t)wanted;
}

static inline uint32_t
util_whose(uint64_t wanted)
{
    return (uint32_t)(wanted >> 32);
}

/* ---- a mutex ----
   May be asked for attached or detached; is never waited for while attached; the
   wait ends with -1 and an exception when a signal handler raises.  If another thread held it
   when this process was made by a fork, what it guards is half done: RuntimeError, always. */
typedef struct {
    util_wanted wanted;
    atomic_uintptr_t owner;
    /* Made by the first who waits, released once for each hand-over to one that waits. */
    _Atomic(PyThread_type_lock) next;
} util_mutex;

void util_mutex_init(util_mutex *mutex);
void util_mutex_destroy(util_mutex *mutex);
int util_mutex_lock_slowly(util_mutex *mutex);
/* Whether it went down in a fork with the thread that held it. */
int util_mutex_is_lost(util_mutex *mutex);

/* In a child a new thread may have the number of one that held it and is gone. */
static inline int
util_mutex_is_mine(util_mutex *mutex)
{
    return atomic_load_explicit(&mutex->owner, memory_order_relaxed) == util_thread_id()
           && !util_mutex_is_lost(mutex);
}

/* 1 if it was free. */
static inline int
util_mutex_trylock(util_mutex *mutex)
{
    uint64_t unwanted = atomic_load_explicit(&util_unwanted, memory_order_relaxed);

    if (!atomic_compare_exchange_strong(&mutex->wanted, &unwanted, unwanted + 1))
        return 0;
    atomic_store_explicit(&mutex->owner, util_thread_id(), memory_order_relaxed);
    UTIL_ORDER_TAKE(UTIL_ORDER_MUTEX);
    return 1;
}

static inline int
util_mutex_lock(util_mutex *mutex)
{
    assert(!util_mutex_is_mine(mutex));
    return util_mutex_trylock(mutex) ? 0 : util_mutex_lock_slowly(mutex);
}

static inline void
util_mutex_unlock(util_mutex *mutex)
{
    assert(util_mutex_is_mine(mutex));
    UTIL_ORDER_GIVE(UTIL_ORDER_MUTEX);
    atomic_store_explicit(&mutex->owner, 0, memory_order_relaxed);
    if (util_how_many(atomic_fetch_sub(&mutex->wanted, 1)) > 1)
        PyThread_release_lock(atomic_load(&mutex->next));
}

/* ---- a guard ----
   For state that is looked at and left within a few instructions: nothing is waited for, no
   Python is run and no other lock is asked for while it is held.  Who finds it taken asks again. */
typedef struct {
    util_wanted wanted;
} util_guard;

void util_guard_init(util_guard *guard);
int util_guard_lock_slowly(util_guard *guard);

/* In debug builds: how many this thread holds, so that whatever waits can tell. */
#ifdef NDEBUG
#define UTIL_COUNT_GUARDS(by) ((void)0)
#else
extern _Thread_local int util_guards;
#define UTIL_COUNT_GUARDS(by) (util_guards += (by))
#endif

/* 1: for the first time in a child, so what it guards may speak of threads that are gone. */
static inline int
util_guard_lock(util_guard *guard)
{
    uint64_t unwanted = atomic_load_explicit(&util_unwanted, memory_order_relaxed);

    UTIL_COUNT_GUARDS(1);
    if (atomic_compare_exchange_strong(&guard->wanted, &unwanted, unwanted + 1))
        return 0;
    return util_guard_lock_slowly(guard);
}

static inline void
util_guard_unlock(util_guard *guard)
{
    uint64_t wanted = atomic_load_explicit(&guard->wanted, memory_order_relaxed);

    UTIL_COUNT_GUARDS(-1);
    atomic_store_explicit(&guard->wanted, wanted - 1, memory_order_release); /* it is ours alone */
}

#endif
