#include "util/lock.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

/* Sets an exception, attached or not; without a text that memory ran out. */
static int
raise_here(PyObject *exc, const char *text)
{
    util_callback cb;

    if (util_callback_enter(&cb)) {
        if (text == NULL)
            PyErr_NoMemory();
        else
            PyErr_SetString(exc, text);
        util_callback_leave(&cb);
    }
    return -1;
}

/* Wait for a CPython lock, detached; *limit* is in microseconds, negative for none. */
static PyLockStatus
wait_once(PyThread_type_lock lock, PY_TIMEOUT_T limit)
{
    int was_attached = !util_is_detached();
    PyLockStatus result;

    if (was_attached)
        util_detach();
    result = PyThread_acquire_lock_timed(lock, limit, 1);
    if (was_attached)
        util_attach();
    return result;
}

/* ---- forks ---- */

enum { RENEWING = 0xFFFFFFFF, LOST = 0xFFFFFFFE }; /* no process has these numbers */

util_wanted util_unwanted;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static uintptr_t survivor; /* the thread that this process began with, if by a fork */

static uint64_t
unwanted_of(uint32_t process)
{
    return (uint64_t)process << 32;
}

static uint64_t
unwanted_here(void)
{
    return unwanted_of((uint32_t)getpid());
}

static void
in_child(void)
{
    survivor = util_thread_id();
    atomic_store(&util_unwanted, unwanted_here());
}

/* Without memory for a handler it stays 0, and every lock is taken slowly. */
static void
watch_forks(void)
{
    if (pthread_atfork(NULL, NULL, in_child) == 0)
        atomic_store(&util_unwanted, unwanted_here());
}

static uint64_t
make_unwanted(void)
{
    pthread_once(&fork_once, watch_forks);
    return unwanted_here();
}

/* 1: the lock is a parent's, and the caller, one only, makes it new; the others wait here. */
static int
is_inherited(util_wanted *wanted)
{
    uint64_t was = atomic_load(wanted);
    uint32_t here;

    if (util_whose(was) == util_whose(atomic_load(&util_unwanted)))
        return 0;
    here = util_whose(unwanted_here());
    while (util_whose(was) != here && util_whose(was) != LOST) {
        if (util_whose(was) != RENEWING
            && atomic_compare_exchange_strong(wanted, &was, unwanted_of(RENEWING)))
            return 1;
        sched_yield();
        was = atomic_load(wanted);
    }
    return 0;
}

/* ---- the mutex ----
   Free or not is one atomic number, so that the usual case costs no call.  Who finds it
   taken is counted in and waits for a hand-over: whoever unlocks a mutex that is wanted
   passes it on. */

/* A lock that is held until somebody has something to hand over. */
static PyThread_type_lock
new_hand_over(void)
{
    PyThread_type_lock lock = PyThread_allocate_lock();

    if (lock != NULL)
        PyThread_acquire_lock(lock, WAIT_LOCK);
    return lock;
}

/* The old one may be in any state, even held inside by a thread that is gone: it stays behind. */
static void
renew_hand_over(PyThread_type_lock *next)
{
    PyThread_type_lock fresh = new_hand_over();

    if (fresh != NULL)
        *next = fresh;
}

int
util_mutex_init(util_mutex *mutex)
{
    atomic_init(&mutex->wanted, make_unwanted());
    atomic_init(&mutex->owner, 0);
    mutex->next = new_hand_over();
    return mutex->next == NULL ? -1 : 0;
}

void
util_mutex_destroy(util_mutex *mutex)
{
    if (mutex->next != NULL)
        PyThread_free_lock(mutex->next);
    mutex->next = NULL;
}

static void
own(util_mutex *mutex)
{
    atomic_store_explicit(&mutex->owner, util_thread_id(), memory_order_relaxed);
}

/* The survivor may have forked from inside a callback: then it holds the mutex still. */
static void
renew_mutex(util_mutex *mutex)
{
    uintptr_t owner;

    if (!is_inherited(&mutex->wanted))
        return;
    owner = atomic_load(&mutex->owner);
    renew_hand_over(&mutex->next);
    if (owner == 0)
        atomic_store(&mutex->wanted, unwanted_here());
    else if (owner == survivor)
        atomic_store(&mutex->wanted, unwanted_here() + 1);
    else {
        atomic_store(&mutex->owner, 0);
        atomic_store(&mutex->wanted, unwanted_of(LOST));
    }
}

int
util_mutex_is_lost(util_mutex *mutex)
{
    renew_mutex(mutex);
    return util_whose(atomic_load(&mutex->wanted)) == LOST;
}

/* As long as signal handlers let us.  1: one of them has forked and we are the child. */
static int
wait_for(util_mutex *mutex)
{
    uint64_t here = unwanted_here();

    while (wait_once(mutex->next, -1) == PY_LOCK_INTR) {
        int raised = util_check_signals() < 0;

        if (unwanted_here() != here)
            return 1;
        if (raised)
            return -1;
    }
    return 0;
}

/* A signal handler raised while we waited.  If others are counted, the hand-over goes to one
   of them and we can leave; if we are the only one, it is ours already or about to be. */
static void
leave_queue(util_mutex *mutex)
{
    uint64_t wanted = atomic_load(&mutex->wanted);

    while (util_how_many(wanted) > 1)
        if (atomic_compare_exchange_weak(&mutex->wanted, &wanted, wanted - 1))
            return;
    PyThread_acquire_lock(mutex->next, WAIT_LOCK);
    own(mutex);
    util_mutex_unlock(mutex);
}

int
util_mutex_lock(util_mutex *mutex)
{
    int result;

    assert(!util_mutex_is_mine(mutex));
    do {
        if (util_mutex_is_lost(mutex))
            return raise_here(PyExc_RuntimeError,
                              "another thread was using this object when the process was forked");
        result = util_how_many(atomic_fetch_add(&mutex->wanted, 1)) > 0 ? wait_for(mutex) : 0;
    } while (result > 0);
    if (result < 0)
        leave_queue(mutex);
    else
        own(mutex);
    return result;
}

/* ---- a guard: for a few instructions, so that waiting needs no ceremony ---- */

int
util_guard_init(util_guard *guard)
{
    atomic_init(&guard->wanted, make_unwanted());
    guard->next = new_hand_over();
    return guard->next == NULL ? -1 : 0;
}

void
util_guard_destroy(util_guard *guard)
{
    if (guard->next != NULL)
        PyThread_free_lock(guard->next);
    guard->next = NULL;
}

/* Nobody forks with a guard in hand, so its owner, if it has one, is gone. */
int
util_guard_lock_slowly(util_guard *guard)
{
    if (is_inherited(&guard->wanted)) {
        renew_hand_over(&guard->next);
        atomic_store(&guard->wanted, unwanted_here() + 1);
        return 1;
    }
    if (util_how_many(atomic_fetch_add(&guard->wanted, 1)) > 0)
        PyThread_acquire_lock(guard->next, WAIT_LOCK);
    return 0;
}

/* ---- readers and a writer ---- */

struct util_waiter {
    util_waiter *next;
    PyThread_type_lock wake; /* held while there is nothing to wake for */
    int woken;
};

int
util_rwlock_init(util_rwlock *lock)
{
    *lock = (util_rwlock){0};
    return util_guard_init(&lock->guard);
}

void
util_rwlock_destroy(util_rwlock *lock)
{
    util_guard_destroy(&lock->guard);
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
        result = raise_here(NULL, NULL);
        enter(lock);
        return result;
    }
    PyThread_acquire_lock(waiter.wake, WAIT_LOCK);
    waiter.next = lock->waiters;
    lock->waiters = &waiter;
    lock->writers_waiting += writing;
    util_guard_unlock(&lock->guard);
    status = wait_once(waiter.wake, writing || !*patient ? -1 : PATIENCE);
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
    unsigned long thread = PyThread_get_thread_ident();

    while (hold != NULL && hold->thread != thread)
        hold = hold->next;
    return hold;
}

static int
rw_acquire(util_rwlock *lock, util_hold *hold, int writing)
{
    int result = 0, patient = 1;

    while (!is_free_for(lock, writing, patient) && result == 0)
        result = wait_turn(lock, writing, &patient);
    if (result == 0) {
        *hold = (util_hold){lock->holds, lock, PyThread_get_thread_ident()};
        lock->holds = hold;
        lock->writing = writing;
        lock->readers += !writing;
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
        return raise_here(PyExc_RuntimeError, "neither a context nor its store can be changed from "
                                              "inside a callback of its own handshake");
    return result;
}

void
util_rwlock_release(util_hold *hold)
{
    util_rwlock *lock = hold->lock;
    util_hold **link;

    if (lock == NULL) /* an outer hold goes on */
        return;
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
