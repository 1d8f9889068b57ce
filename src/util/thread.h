/* Leaving Python for OpenSSL, coming back from inside it, and the locks. */
#ifndef UTIL_THREAD_H
#define UTIL_THREAD_H
#include "util/python.h"

#include <stdatomic.h>

/* ---- leaving and coming back ---- */

/* Run one expression with the thread detached from the interpreter. */
#define DETACHED(...)  \
    do {               \
        util_detach(); \
        __VA_ARGS__;   \
        util_attach(); \
    } while (0)

void util_detach(void);
void util_attach(void);

/* Whether this thread is inside a DETACHED region, that is, may not touch Python. */
int util_is_detached(void);

/* A callback's first and last line.  enter() says whether Python may be run. */
typedef struct {
    int was_detached;
} util_callback;

int util_callback_enter(util_callback *cb);
void util_callback_leave(const util_callback *cb);

/* Run pending signal handlers, attached or not.  -1: one raised. */
int util_check_signals(void);

/* ---- a mutex ----
   May be asked for attached or detached; is never waited for while attached; the
   wait ends with -1 and an exception when a signal handler raises. */
typedef struct {
    atomic_int wanted; /* how many hold it or wait for it */
    atomic_uintptr_t owner;
    PyThread_type_lock next; /* released once for each hand-over to one that waits */
} util_mutex;

int util_mutex_init(util_mutex *mutex); /* -1: no memory, nothing raised */
void util_mutex_destroy(util_mutex *mutex);
int util_mutex_lock(util_mutex *mutex);

/* A number of the calling thread's own. */
uintptr_t util_thread_id(void);

static inline int
util_mutex_is_mine(const util_mutex *mutex)
{
    return atomic_load_explicit(&mutex->owner, memory_order_relaxed) == util_thread_id();
}

/* 1 if it was free. */
static inline int
util_mutex_trylock(util_mutex *mutex)
{
    int nobody = 0;

    if (!atomic_compare_exchange_strong(&mutex->wanted, &nobody, 1))
        return 0;
    atomic_store_explicit(&mutex->owner, util_thread_id(), memory_order_relaxed);
    return 1;
}

static inline void
util_mutex_unlock(util_mutex *mutex)
{
    assert(util_mutex_is_mine(mutex));
    atomic_store_explicit(&mutex->owner, 0, memory_order_relaxed);
    if (atomic_fetch_sub(&mutex->wanted, 1) > 1)
        PyThread_release_lock(mutex->next);
}

/* ---- a guard ----
   For state that is looked at and left within a few instructions: nothing is waited for, no
   Python is run and no other lock is asked for while it is held. */
typedef struct {
    atomic_int wanted;
    PyThread_type_lock next;
} util_guard;

int util_guard_init(util_guard *guard); /* -1: no memory, nothing raised */
void util_guard_destroy(util_guard *guard);

static inline void
util_guard_lock(util_guard *guard)
{
    if (atomic_fetch_add(&guard->wanted, 1) > 0)
        PyThread_acquire_lock(guard->next, WAIT_LOCK);
}

static inline void
util_guard_unlock(util_guard *guard)
{
    if (atomic_fetch_sub(&guard->wanted, 1) > 1)
        PyThread_release_lock(guard->next);
}

/* ---- many readers or one writer ----
   Same rules.  The lock knows who holds it, through structs on their C stacks, so that it may
   be shared by our modules, each of which has its own copy of this code: a thread that holds
   the lock already and asks again, from a callback, gets it without touching it; one that reads
   and asks to write gets a RuntimeError, since it would wait for itself. */
typedef struct util_waiter util_waiter;
typedef struct util_hold util_hold;

typedef struct {
    util_guard guard;
    util_hold *holds;
    int readers, writers_waiting, writing;
    util_waiter *waiters;
} util_rwlock;

struct util_hold {
    util_hold *next;
    util_rwlock *lock; /* NULL inside another hold of the same thread */
    unsigned long thread;
};

int util_rwlock_init(util_rwlock *lock); /* -1: no memory, nothing raised */
void util_rwlock_destroy(util_rwlock *lock);
int util_read_lock(util_rwlock *lock, util_hold *hold);
int util_write_lock(util_rwlock *lock, util_hold *hold);
void util_rwlock_release(util_hold *hold);

#endif
