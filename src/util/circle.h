/* Threads that would wait for each other for ever. */
#ifndef UTIL_CIRCLE_H
#define UTIL_CIRCLE_H
#include "util/python.h"

#include <stdatomic.h>

/* Inside a callback a thread holds what drives the callback: the mutex of a connection and its
   turn.  Who waits for another's from there says so first, so that the one who would close the
   circle is told instead of waiting.  Nobody else can be part of one. */
typedef struct util_wait {
    struct util_wait *next;
    const atomic_uintptr_t *owner; /* where stands whom this thread waits for; NULL: not listed */
    uintptr_t thread;
} util_wait;

/* -1: it would be a circle; nothing is raised yet. */
int util_wait_begin(util_wait *wait, const atomic_uintptr_t *owner);
void util_wait_end(util_wait *wait);

/* RuntimeError.  -1. */
int util_raise_circle(void);

/* In a child nobody waits yet. */
void util_waits_forget(void);

#endif
