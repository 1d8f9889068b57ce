#include "util/lock.h"

#include "util/circle.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#ifndef NDEBUG
_Thread_local int util_guards;
#endif

/* ---- what all of them use ---- */

int
util_raise_here(PyObject *exc, const char *text)
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

PyLockStatus
util_wait_once(PyThread_type_lock lock, PY_TIMEOUT_T limit)
{
    int was_attached = !util_is_detached();
    PyLockStatus result;

    assert(util_guards == 0);
    if (was_attached)
        util_detach();
    result = PyThread_acquire_lock_timed(lock, limit, 1);
    if (was_attached)
        util_attach();
    return result;
}

void
util_let_others_run(int so_often)
{
    static const struct timespec moment = {0, 50000};

    if (so_often < UTIL_POLITE)
        sched_yield();
    else
        nanosleep(&moment, NULL); /* where yielding is not for threads of a lower priority */
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
    util_waits_forget();
    atomic_store(&util_unwanted, unwanted_here());
}

/* Without memory for a handler it stays 0, and every lock is taken slowly. */
static void
add_handler(void)
{
    if (pthread_atfork(NULL, NULL, in_child) == 0)
        atomic_store(&util_unwanted, unwanted_here());
}

void
util_watch_forks(void)
{
    pthread_once(&fork_once, add_handler);
}

static uint64_t
make_unwanted(void)
{
    util_watch_forks();
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
   passes it on.  Who asks again at once may get it before one that must be woken: that keeps
   two busy threads fast, so a loop without end has to pause now and then (turn_wait). */

/* There is a lock that is held until somebody has something to hand over.  -1: no memory. */
static int
make_hand_over(util_mutex *mutex)
{
    PyThread_type_lock fresh, none = NULL;

    if (atomic_load(&mutex->next) != NULL)
        return 0;
    fresh = PyThread_allocate_lock();
    if (fresh == NULL)
        return -1;
    PyThread_acquire_lock(fresh, WAIT_LOCK);
    if (!atomic_compare_exchange_strong(&mutex->next, &none, fresh))
        PyThread_free_lock(fresh); /* another came first */
    return 0;
}

void
util_mutex_init(util_mutex *mutex)
{
    atomic_init(&mutex->wanted, make_unwanted());
    atomic_init(&mutex->owner, 0);
    atomic_init(&mutex->next, NULL);
}

void
util_mutex_destroy(util_mutex *mutex)
{
    if (atomic_load(&mutex->next) != NULL)
        PyThread_free_lock(atomic_load(&mutex->next));
    atomic_store(&mutex->next, NULL);
}

static void
own(util_mutex *mutex)
{
    atomic_store_explicit(&mutex->owner, util_thread_id(), memory_order_relaxed);
    UTIL_ORDER_TAKE(UTIL_ORDER_MUTEX);
}

/* The survivor may have forked from inside a callback: then it holds the mutex still.  The old
   hand-over may be in any state, even held inside by a thread that is gone: it stays behind. */
static void
renew_mutex(util_mutex *mutex)
{
    uintptr_t owner;

    if (!is_inherited(&mutex->wanted))
        return;
    owner = atomic_load(&mutex->owner);
    atomic_store(&mutex->next, NULL);
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

/* As long as signal handlers let us.  In the child of one that has forked nobody waits any more. */
enum { FORKED = 1, RAISED = -1, FORKED_AND_RAISED = -2 };

static int
wait_for(util_mutex *mutex)
{
    uint64_t here = unwanted_here();

    while (util_wait_once(atomic_load(&mutex->next), -1) == PY_LOCK_INTR) {
        int raised = util_check_signals() < 0;

        if (unwanted_here() != here)
            return raised ? FORKED_AND_RAISED : FORKED;
        if (raised)
            return RAISED;
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
    PyThread_acquire_lock(atomic_load(&mutex->next), WAIT_LOCK);
    own(mutex);
    util_mutex_unlock(mutex);
}

int
util_mutex_lock_slowly(util_mutex *mutex)
{
    util_wait wait;
    int result;

    assert(util_guards == 0);
    UTIL_ORDER_ASK(UTIL_ORDER_MUTEX);
    do {
        if (util_mutex_is_lost(mutex))
            return util_raise_here(PyExc_RuntimeError, "another thread was using this object when "
                                                       "the process was forked");
        if (util_mutex_trylock(mutex))
            return 0;
        if (make_hand_over(mutex) < 0)
            return util_raise_here(NULL, NULL);
        if (util_wait_begin(&wait, &mutex->owner) < 0)
            return util_raise_circle();
        result = util_how_many(atomic_fetch_add(&mutex->wanted, 1)) > 0 ? wait_for(mutex) : 0;
        util_wait_end(&wait);
    } while (result == FORKED);
    if (result == 0)
        own(mutex);
    else if (result == RAISED)
        leave_queue(mutex);
    return result;
}

/* ---- a guard: for a few instructions, so that waiting needs no ceremony ---- */

void
util_guard_init(util_guard *guard)
{
    atomic_init(&guard->wanted, make_unwanted());
}

/* Nobody forks with a guard in hand, so its owner, if it has one, is gone. */
int
util_guard_lock_slowly(util_guard *guard)
{
    for (int tries = 0;; tries += tries < INT_MAX) {
        uint64_t unwanted = unwanted_here();

        if (is_inherited(&guard->wanted)) {
            atomic_store(&guard->wanted, unwanted_here() + 1);
            return 1;
        }
        if (atomic_compare_exchange_strong(&guard->wanted, &unwanted, unwanted + 1))
            return 0;
        util_let_others_run(tries);
    }
}
