#include "util/thread.h"

/* All of a thread that we remember.  `detached` is non-NULL exactly while the thread is
   inside OpenSSL on our behalf; its address also serves as the thread's identity. */
static _Thread_local PyThreadState *detached;

/* ---- leaving and coming back ---- */

void
util_detach(void)
{
    assert(detached == NULL);
    detached = PyEval_SaveThread();
}

void
util_attach(void)
{
    PyThreadState *state = detached;

    assert(state != NULL);
    detached = NULL;
    PyEval_RestoreThread(state);
}

int
util_is_detached(void)
{
    return detached != NULL;
}

static int
is_pythons_thread(void)
{
#if UTIL_ONE_CURRENT_STATE
    return PyGILState_GetThisThreadState() != NULL;
#else
    return PyThreadState_GetUnchecked() != NULL;
#endif
}

int
util_callback_enter(util_callback *cb)
{
    cb->was_detached = detached != NULL;
    if (cb->was_detached)
        util_attach();
    else if (!is_pythons_thread())
        return 0; /* a thread that Python never saw: nothing to raise into */
    if (!PyErr_Occurred())
        return 1;
    util_callback_leave(cb); /* an earlier callback of this call has failed */
    return 0;
}

void
util_callback_leave(const util_callback *cb)
{
    if (cb->was_detached)
        util_detach();
}

int
util_check_signals(void)
{
    int was_detached = detached != NULL, result;

    if (was_detached)
        util_attach();
    result = PyErr_Occurred() ? -1 : PyErr_CheckSignals();
    if (was_detached)
        util_detach();
    return result;
}

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
    int was_attached = detached == NULL;
    PyLockStatus result;

    if (was_attached)
        util_detach();
    result = PyThread_acquire_lock_timed(lock, limit, 1);
    if (was_attached)
        util_attach();
    return result;
}

/* The same as long as signal handlers let us. */
static int
wait_for(PyThread_type_lock lock)
{
    while (wait_once(lock, -1) == PY_LOCK_INTR)
        if (util_check_signals() < 0)
            return -1;
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

int
util_mutex_init(util_mutex *mutex)
{
    atomic_init(&mutex->wanted, 0);
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

uintptr_t
util_thread_id(void)
{
    return (uintptr_t)&detached;
}

static void
own(util_mutex *mutex)
{
    atomic_store_explicit(&mutex->owner, util_thread_id(), memory_order_relaxed);
}

/* A signal handler raised while we waited.  If others are counted, the hand-over goes to one
   of them and we can leave; if we are the only one, it is ours already or about to be. */
static void
leave_queue(util_mutex *mutex)
{
    int wanted = atomic_load(&mutex->wanted);

    while (wanted > 1)
        if (atomic_compare_exchange_weak(&mutex->wanted, &wanted, wanted - 1))
            return;
    PyThread_acquire_lock(mutex->next, WAIT_LOCK);
    own(mutex);
    util_mutex_unlock(mutex);
}

int
util_mutex_lock(util_mutex *mutex)
{
    assert(!util_mutex_is_mine(mutex));
    if (atomic_fetch_add(&mutex->wanted, 1) > 0 && wait_for(mutex->next) < 0) {
        leave_queue(mutex);
        return -1;
    }
    own(mutex);
    return 0;
}

/* ---- a guard: for a few instructions, so that waiting needs no ceremony ---- */

int
util_guard_init(util_guard *guard)
{
    atomic_init(&guard->wanted, 0);
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
forget(util_rwlock *lock, util_waiter *waiter)
{
    util_waiter **link = &lock->waiters;

    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
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
        util_guard_lock(&lock->guard);
        return result;
    }
    PyThread_acquire_lock(waiter.wake, WAIT_LOCK);
    waiter.next = lock->waiters;
    lock->waiters = &waiter;
    lock->writers_waiting += writing;
    util_guard_unlock(&lock->guard);
    status = wait_once(waiter.wake, writing || !*patient ? -1 : PATIENCE);
    util_guard_lock(&lock->guard);
    lock->writers_waiting -= writing;
    forget(lock, &waiter);
    PyThread_free_lock(waiter.wake);
    if (status == PY_LOCK_FAILURE)
        *patient = 0;
    if (status == PY_LOCK_INTR) {
        /* The handler may want to read: neither it nor others shall let us go first. */
        wake_all(lock);
        util_guard_unlock(&lock->guard);
        result = util_check_signals();
        util_guard_lock(&lock->guard);
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
    util_guard_lock(&lock->guard);
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
    util_guard_lock(&lock->guard);
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
    util_guard_lock(&lock->guard);
    link = &lock->holds;
    while (*link != hold)
        link = &(*link)->next;
    *link = hold->next;
    if (lock->writing)
        lock->writing = 0;
    else
        lock->readers--;
    if (lock->readers == 0 && lock->waiters != NULL)
        wake_all(lock);
    util_guard_unlock(&lock->guard);
}
