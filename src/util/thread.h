/* Leaving Python for OpenSSL, and coming back from inside it. */
#ifndef UTIL_THREAD_H
#define UTIL_THREAD_H
#include "util/order.h"

#include <pthread.h>

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
    util_held held;
} util_callback;

int util_callback_enter(util_callback *cb);
void util_callback_leave(const util_callback *cb);

/* Whether this thread runs one. */
int util_in_callback(void);

/* Run pending signal handlers, attached or not.  -1: one raised. */
int util_check_signals(void);

/* A number of the calling thread's own, never 0, the same in all of our modules. */
static inline uintptr_t
util_thread_id(void)
{
#if defined __x86_64__ && (__GNUC__ >= 11 || __clang_major__ >= 14)
    return (uintptr_t)__builtin_thread_pointer(); /* the same, without a call */
#else
    return (uintptr_t)pthread_self();
#endif
}

#endif
