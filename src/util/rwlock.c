#include "util/rwlock.h"

struct util_waiter {
    util_waiter *next;
    PyThread_type_lock wake; /* held while there is nothing to wake for */
    int woken;
};

void
util_rwlock_init(util_rwlock *lock, util_order order)
{
    *lock = (util_rwlock){.order = order};
    util_guard_init(&lock->guard);
}

/* Hold the guard.  In a child the lists lead to the stacks of threads that are gone: they are
   not even walked.  So a callback that forks loses its hold in the child. */
static void
enter(util_rwlock *lock)
{
    if (!util_guard_lock(&lock->guard))
        return;
    lock->holds = NULL;
    lock->waiters = NULL;
    lock->readers = lock->writers_waiting = lock->writing = 0;
}

/* Writers go first, since readers come in crowds.  But a reader that lets one go first does so
   with patience only: the writer may wait for a reader who has another lock, or the mutex of a
   connection, and waits for this one. */
enum { PATIENCE = 10000 /* microseconds */ };

static int
is_free_for(const util_rwlock *lock, int writing, int patient)
{
    if (writing)
        return lock->readers == 0 && !lock->writing;
    return !lock->writing && (lock->writers_waiting == 0 || !patient);
}

/* Everybody looks again.  The guard is held. */
static void
wake_all(util_rwlock *lock)
{
    for (util_waiter *w = lock->waiters; w != NULL; w = w->next) {
        if (!w->woken)
            PyThread_release_lock(w->wake);
        w->woken = 1;
    }
}

static void
forget(util_rwlock *lock, util_waiter *waiter, int writing)
{
    util_waiter **link = &lock->waiters;

    while (*link != NULL && *link != waiter)
        link = &(*link)->next;
    if (*link != NULL) { /* not lost in a fork */
        *link = waiter->next;
        lock->writers_waiting -= writing;
    }
}

/* One more wait, until the lock may be free, a signal's handler has run or a reader's patience
   is at its end.  The guard is held before and after. */
static int
wait_turn(util_rwlock *lock, int writing, int *patient)
{
    util_waiter waiter = {.wake = PyThread_allocate_lock()};
    PyLockStatus status;
    int result = 0;

    if (waiter.wake == NULL) {
        util_guard_unlock(&lock->guard);
        result = util_raise_here(NULL, NULL);
        enter(lock);
        return result;
    }
    PyThread_acquire_lock(waiter.wake, WAIT_LOCK);
    waiter.next = lock->waiters;
    lock->waiters = &waiter;
    lock->writers_waiting += writing;
    util_guard_unlock(&lock->guard);
    status = util_wait_once(waiter.wake, writing || !*patient ? -1 : PATIENCE);
    enter(lock);
    forget(lock, &waiter, writing);
    PyThread_free_lock(waiter.wake);
    if (status == PY_LOCK_FAILURE)
        *patient = 0;
    if (status == PY_LOCK_INTR) {
        /* The handler may want to read: neither it nor others shall let us go first. */
        wake_all(lock);
        util_guard_unlock(&lock->guard);
        result = util_check_signals();
        enter(lock);
    }
    return result;
}

/* This thread's hold.  The guard is held. */
static const util_hold *
held_already(const util_rwlock *lock)
{
    const util_hold *hold = lock->holds;
    uintptr_t thread = util_thread_id();

    while (hold != NULL && hold->thread != thread)
        hold = hold->next;
    return hold;
}

static int
rw_acquire(util_rwlock *lock, util_hold *hold, int writing)
{
    int result = 0, patient = 1;

    UTIL_ORDER_ASK(lock->order);
    while (!is_free_for(lock, writing, patient) && result == 0)
        result = wait_turn(lock, writing, &patient);
    if (result == 0) {
        *hold = (util_hold){lock->holds, lock, util_thread_id()};
        lock->holds = hold;
        lock->writing = writing;
        lock->readers += !writing;
        UTIL_ORDER_TAKE(lock->order);
    }
    return result;
}

int
util_read_lock(util_rwlock *lock, util_hold *hold)
{
    int result = 0;

    *hold = (util_hold){0};
    enter(lock);
    if (held_already(lock) == NULL)
        result = rw_acquire(lock, hold, 0);
    util_guard_unlock(&lock->guard);
    return result;
}

int
util_write_lock(util_rwlock *lock, util_hold *hold)
{
    int result = 0, reading;

    *hold = (util_hold){0};
    enter(lock);
    reading = held_already(lock) != NULL && !lock->writing;
    if (held_already(lock) == NULL)
        result = rw_acquire(lock, hold, 1);
    util_guard_unlock(&lock->guard);
    if (reading)
        return util_raise_here(PyExc_RuntimeError,
                               "neither a context nor its store can be changed from "
                               "inside a callback of its own handshake");
    return result;
}

void
util_rwlock_release_own(util_hold *hold)
{
    util_rwlock *lock = hold->lock;
    util_hold **link;

    UTIL_ORDER_GIVE(lock->order);
    enter(lock);
    link = &lock->holds;
    while (*link != NULL && *link != hold)
        link = &(*link)->next;
    if (*link != NULL) { /* not lost in a fork */
        *link = hold->next;
        if (lock->writing)
            lock->writing = 0;
        else
            lock->readers--;
    }
    if (lock->readers == 0 && lock->waiters != NULL)
        wake_all(lock);
    util_guard_unlock(&lock->guard);
}
