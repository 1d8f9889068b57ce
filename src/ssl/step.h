/* One call into the SSL, and what became of it.  Only io.c and renegotiation.c step. */
#ifndef SSL_STEP_H
#define SSL_STEP_H
#include "ssl/io.h"

/* op->error: OpenSSL's SSL_ERROR_x, which are positive, or one of these. */
enum {
    IO_DONE = 0,
    IO_RAISED = -1,    /* an exception is set */
    IO_CLOSED = -2,    /* close() came first */
    IO_GIVEN_UP = -3,  /* shutdown() of another thread wants the connection */
    IO_ELSEWHERE = -4, /* another thread is at it: wait for its news */
    IO_BAD_RETRY = -5,
};

enum { RECORD = SSL3_RT_MAX_PLAIN_LENGTH };

/* The mutex is held; attached or detached. */
void ssl_step(ConnectionObject *self, io_op *op);
/* After a call of OpenSSL's that returned *result*, if that is 0 or less, or a callback raised. */
void ssl_step_failed(ConnectionObject *self, io_op *op, int result);

/* ---- renegotiation.c ---- */

/* Whether *op* has to see a renegotiation through first; and to do so: op->error is IO_DONE
   when it is over, or what it needs. */
int renegotiation_is_due(const ConnectionObject *self, const io_op *op);
void renegotiation_drive(ConnectionObject *self, io_op *op);
/* After every step. */
void renegotiation_look(ConnectionObject *self);

#endif
