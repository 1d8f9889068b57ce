/* Driving the SSL: lock, call, unlock, wait, repeat.  Speaks OpenSSL. */
#ifndef SSL_IO_H
#define SSL_IO_H
#include "ssl/state.h"

typedef enum {
    IO_READ,
    IO_PEEK,
    IO_WRITE,
    IO_HANDSHAKE,
    IO_SHUTDOWN,
    IO_LISTEN,     /* DTLSv1_listen */
    IO_TIMEOUT,    /* DTLSv1_handle_timeout; answer: whether anything was sent again */
    IO_KEY_UPDATE, /* size: the kind of update */
} io_kind;

typedef struct {
    io_kind kind;
    char *data; /* IO_READ, IO_PEEK: where to; IO_WRITE: what */
    size_t size;
    int all;     /* IO_WRITE: not less than everything */
    size_t done; /* bytes moved */
    int answer;  /* IO_SHUTDOWN: whether the peer's close_notify has come too; IO_TIMEOUT */

    /* io.c's own */
    int error, sys;
    long verdict; /* after a failure: X509_V_x, what became of the peer's certificate */
    int flushing; /* SSL has done its part; what is left is output up to *target* */
    uint64_t target;
} io_op;

/* 0, or -1 with an exception.  data stays the caller's. */
int io_run(ConnectionObject *self, io_op *op);

/* The connection is closed from this side: nobody may touch the descriptor any more, and
   those that wait give up. */
int io_close(ConnectionObject *self);

/* SSL_renegotiate, to be carried out by the next calls.  The mutex is held. */
int io_renegotiate(ConnectionObject *self);

#endif
