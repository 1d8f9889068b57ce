/* Taking turns on one connection, and waiting without holding it up. */
#ifndef SSL_TURNS_H
#define SSL_TURNS_H
#include "ssl/state.h"

typedef enum { TURN_READ, TURN_WRITE } ssl_turn;

/* All of these are called detached. */

typedef enum {
    TURN_OK,
    TURN_RAISED,     /* a signal handler raised; the mutex is not held then */
    TURN_CALLED_OFF, /* close() or shutdown() of another thread */
} turn_result;

/* Become the one reader or writer.  The mutex is not held.  *since*: what calls_off was when
   the operation began. */
turn_result turn_take(ConnectionObject *self, ssl_turn turn, unsigned since);
void turn_give(ConnectionObject *self, ssl_turn turn);

/* Wait for the descriptor, or for another thread's news when *events* is 0.  The mutex is
   held before, and after unless TURN_RAISED. */
turn_result turn_wait(ConnectionObject *self, short events, int milliseconds, unsigned since);

/* News for others: what of the descriptor this thread's step has used up or served. */
void turn_news(ConnectionObject *self, short events);

/* Everybody who waits shall give up. */
void turn_call_off(ConnectionObject *self);

/* Whether another thread reads just now. */
int turn_is_taken(ConnectionObject *self, ssl_turn turn);

#endif
