/* A lock for many readers or one writer.
   Same rules as for the mutex.  The lock knows who holds it, through structs on their C stacks, so
   that it may be shared by our modules, each of which has its own copy of this code: a thread that
   holds the lock already and asks again, from a callback, gets it without touching it; one that
   reads and asks to write gets a RuntimeError, since it would wait for itself. */
#ifndef UTIL_RWLOCK_H
#define UTIL_RWLOCK_H
#include "util/lock.h"

typedef struct util_waiter util_waiter;
typedef struct util_hold util_hold;

typedef struct {
    util_guard guard;
    util_hold *holds;
    util_order order;
    int readers, writers_waiting, writing;
    util_waiter *waiters;
} util_rwlock;

struct util_hold {
    util_hold *next;
    util_rwlock *lock; /* NULL inside another hold of the same thread */
    uintptr_t thread;
};

void util_rwlock_init(util_rwlock *lock, util_order order);
int util_read_lock(util_rwlock *lock, util_hold *hold);
int util_write_lock(util_rwlock *lock, util_hold *hold);
void util_rwlock_release_own(util_hold *hold);

static inline void
util_rwlock_release(util_hold *hold)
{
    if (hold->lock != NULL) /* else an outer hold goes on */
        util_rwlock_release_own(hold);
}

#endif
