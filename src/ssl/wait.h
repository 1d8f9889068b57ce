/* Waiting for a descriptor, or for another thread's word.  Only wait.c polls. */
#ifndef SSL_WAIT_H
#define SSL_WAIT_H

/* A thread's bell: what another thread rings to end this thread's wait.  One for each thread
   that ever waited, closed when the thread ends; -1 if there is none to be had, and then a
   wait looks up by itself every now and then. */
int wait_bell(void);
void wait_ring(int bell);

typedef enum { WAIT_READY, WAIT_TIMEOUT, WAIT_SIGNAL } wait_result;

/* Until fd (-1: nothing to watch) is ready for *events*, or the bell rings, or
   *milliseconds* (-1: no end) have gone. */
wait_result wait_for(int fd, short events, int bell, int milliseconds);

/* Whether fd is ready now. */
int wait_is_ready(int fd, short events);

#endif
