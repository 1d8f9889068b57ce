#include "ssl/turns.h"

#include "ssl/wait.h"
#include "util/circle.h"

/* One that waits, on its own stack, linked from the connection while it waits. */
struct ssl_waiter {
    ssl_waiter *next;
    uintptr_t thread;
    int bell;
    short events;     /* of the descriptor; 0: waits for news of any kind */
    signed char turn; /* which turn it waits for, or -1 */
    char granted;
};

enum {
    NO_TURN = -1,
    BREATH_MS = 1 /* of who has a flood of datagrams: long enough for another to take the mutex */
};

/* In a child, those who waited or had a turn are gone. */
static void
enter(ConnectionObject *self)
{
    if (!util_guard_lock(&self->gate))
        return;
    self->waiters = NULL;
    atomic_store(&self->turn_of[TURN_READ], 0);
    atomic_store(&self->turn_of[TURN_WRITE], 0);
}

/* ---- the list; the gate is held ---- */

static void
join(ConnectionObject *self, ssl_waiter *waiter)
{
    ssl_waiter **link = &self->waiters;

    while (*link != NULL)
        link = &(*link)->next;
    *link = waiter; /* at the end: first come, first served */
}

static void
leave(ConnectionObject *self, ssl_waiter *waiter)
{
    ssl_waiter **link = &self->waiters;

    while (*link != NULL && *link != waiter)
        link = &(*link)->next;
    if (*link != NULL) /* not lost in a fork */
        *link = waiter->next;
}

static int
is_listed(const ConnectionObject *self, const ssl_waiter *waiter)
{
    const ssl_waiter *w = self->waiters;

    while (w != NULL && w != waiter)
        w = w->next;
    return w != NULL;
}

/* The turn goes straight to the one who waits longest, so that nobody overtakes. */
static void
pass_on(ConnectionObject *self, ssl_turn turn)
{
    for (ssl_waiter *w = self->waiters; w != NULL; w = w->next)
        if (w->turn == (signed char)turn && !w->granted) {
            w->granted = 1;
            atomic_store(&self->turn_of[turn], w->thread);
            wait_ring(w->bell);
            return;
        }
    atomic_store(&self->turn_of[turn], 0);
}

static void
ring(ConnectionObject *self, short events)
{
    for (ssl_waiter *w = self->waiters; w != NULL; w = w->next)
        if (w->turn == NO_TURN && (w->events == 0 || (w->events & events) != 0))
            wait_ring(w->bell);
}

static int
is_called_off(ConnectionObject *self, unsigned since)
{
    return atomic_load(&self->calls_off) != since;
}

/* ---- turns ---- */

/* Wait until the turn is ours.  The gate is held before and after. */
static turn_result
wait_for_turn(ConnectionObject *self, ssl_waiter *me, ssl_turn turn, unsigned since)
{
    while (!me->granted) {
        wait_result how;
        int raised;

        if (!is_listed(self, me)) { /* at first, and in the child of a signal handler's fork */
            if (atomic_load(&self->turn_of[turn]) == 0) {
                atomic_store(&self->turn_of[turn], me->thread);
                break;
            }
            me->next = NULL;
            me->bell = wait_bell();
            join(self, me);
        }
        util_guard_unlock(&self->gate);
        how = wait_for(-1, 0, me->bell, -1);
        raised = how == WAIT_SIGNAL && util_check_signals() < 0;
        enter(self);
        if (raised)
            return TURN_RAISED;
        if (is_called_off(self, since))
            return TURN_CALLED_OFF;
    }
    return TURN_OK;
}

turn_result
turn_take(ConnectionObject *self, ssl_turn turn, unsigned since)
{
    ssl_waiter me = {.thread = util_thread_id(), .bell = -1, .turn = (signed char)turn};
    turn_result result;
    util_wait wait;

    UTIL_ORDER_ASK(UTIL_ORDER_TURN);
    enter(self);
    if (atomic_load(&self->turn_of[turn]) == 0) {
        atomic_store(&self->turn_of[turn], me.thread);
        util_guard_unlock(&self->gate);
        UTIL_ORDER_TAKE(UTIL_ORDER_TURN);
        return TURN_OK;
    }
    if (util_wait_begin(&wait, &self->turn_of[turn]) < 0) {
        util_guard_unlock(&self->gate);
        util_raise_circle();
        return TURN_RAISED;
    }
    result = wait_for_turn(self, &me, turn, since);
    leave(self, &me);
    if (result != TURN_OK && me.granted)
        pass_on(self, turn);
    util_guard_unlock(&self->gate);
    util_wait_end(&wait);
    if (result == TURN_OK)
        UTIL_ORDER_TAKE(UTIL_ORDER_TURN);
    return result;
}

void
turn_give(ConnectionObject *self, ssl_turn turn)
{
    UTIL_ORDER_GIVE(UTIL_ORDER_TURN);
    enter(self);
    pass_on(self, turn);
    if (turn == TURN_READ)
        ring(self, 0); /* a renegotiation may wait for the reader: now it may drive itself */
    util_guard_unlock(&self->gate);
}

int
turn_is_taken(ConnectionObject *self, ssl_turn turn)
{
    int taken;

    enter(self);
    taken = atomic_load(&self->turn_of[turn]) != 0;
    util_guard_unlock(&self->gate);
    return taken;
}

/* ---- waiting and news ---- */

turn_result
turn_wait(ConnectionObject *self, short events, int milliseconds, unsigned since)
{
    ssl_waiter me = {.bell = wait_bell(), .events = events, .turn = NO_TURN};
    turn_result result = TURN_OK;
    int fd = events == 0 ? -1 : self->transport.fd,
        flooded = transport_is_flooded(&self->transport);
    wait_result how;

    /* Listed before the mutex is given back: news cannot fall in between. */
    enter(self);
    if (is_called_off(self, since)) {
        util_guard_unlock(&self->gate);
        return TURN_CALLED_OFF;
    }
    join(self, &me);
    util_guard_unlock(&self->gate);
    util_mutex_unlock(&self->mutex);
    UTIL_ORDER_WAIT(UTIL_ORDER_MUTEX);
    how =
        flooded ? wait_for(-1, 0, me.bell, BREATH_MS) : wait_for(fd, events, me.bell, milliseconds);
    if ((how == WAIT_SIGNAL || flooded) && util_check_signals() < 0)
        result = TURN_RAISED;
    enter(self);
    leave(self, &me);
    util_guard_unlock(&self->gate);
    if (result == TURN_RAISED || util_mutex_lock(&self->mutex) < 0)
        return TURN_RAISED;
    return is_called_off(self, since) ? TURN_CALLED_OFF : TURN_OK;
}

void
turn_news(ConnectionObject *self, short events)
{
    enter(self);
    ring(self, events);
    util_guard_unlock(&self->gate);
}

void
turn_call_off(ConnectionObject *self)
{
    enter(self);
    atomic_fetch_add(&self->calls_off, 1);
    for (ssl_waiter *w = self->waiters; w != NULL; w = w->next)
        wait_ring(w->bell);
    util_guard_unlock(&self->gate);
}
