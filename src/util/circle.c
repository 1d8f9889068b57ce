#include "util/circle.h"

#include "util/lock.h"

#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static util_wait *waits; /* on the stacks of those who wait */

static const util_wait *
wait_of(uintptr_t thread)
{
    const util_wait *w = waits;

    while (w != NULL && w->thread != thread)
        w = w->next;
    return w;
}

/* Whether *owner* waits for someone who waits for ... who waits for this thread.  An owner that
   has just been given what it waited for is still listed: it ends the search. */
static int
leads_here(const atomic_uintptr_t *owner)
{
    const util_wait *w;
    uintptr_t thread = atomic_load(owner);

    for (w = waits; w != NULL; w = w->next) { /* so many steps at most */
        const util_wait *next = wait_of(thread);

        if (next == NULL || atomic_load(next->owner) == thread)
            break;
        thread = atomic_load(next->owner);
        if (thread == util_thread_id())
            return 1;
    }
    return 0;
}

int
util_wait_begin(util_wait *wait, const atomic_uintptr_t *owner)
{
    int circle;

    *wait = (util_wait){NULL, NULL, util_thread_id()};
    if (!util_in_callback())
        return 0;
    pthread_mutex_lock(&gate);
    circle = leads_here(owner);
    if (!circle) {
        *wait = (util_wait){waits, owner, util_thread_id()};
        waits = wait;
    }
    pthread_mutex_unlock(&gate);
    return circle ? -1 : 0;
}

void
util_wait_end(util_wait *wait)
{
    util_wait **link = &waits;

    if (wait->owner == NULL)
        return;
    pthread_mutex_lock(&gate);
    while (*link != NULL && *link != wait)
        link = &(*link)->next;
    if (*link != NULL) /* not lost in a fork */
        *link = wait->next;
    pthread_mutex_unlock(&gate);
}

int
util_raise_circle(void)
{
    return util_raise_here(PyExc_RuntimeError,
                           "callbacks of two connections wait for each other's connection");
}

void
util_waits_forget(void)
{
    gate = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    waits = NULL;
}
