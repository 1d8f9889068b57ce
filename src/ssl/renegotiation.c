#include "ssl/step.h"
#include "ssl/turns.h"

#include <errno.h>
#include <poll.h>

enum { LATER_DATA = 1 << 20 /* how much a renegotiation may have to read past */ };

/* A renegotiation, TLS 1.2.  Only a read may drive it: SSL_write and SSL_do_handshake fail when
   application data comes in between.  Whoever reads does so anyway; without a reader we look
   ahead, and put aside what the peer has sent meanwhile, for recv to find. */

int
renegotiation_is_due(const ConnectionObject *self, const io_op *op)
{
    return self->established && !self->settled && (op->kind == IO_WRITE || op->kind == IO_HANDSHAKE)
           && (self->renegotiate_asked || SSL_in_init(self->ptr));
}

/* OpenSSL begins between two records only, and counts when it does. */
void
renegotiation_look(ConnectionObject *self)
{
    if (self->renegotiate_asked && SSL_total_renegotiations(self->ptr) != self->renegotiations)
        self->renegotiate_asked = 0;
}

static void
put_aside(ConnectionObject *self, io_op *op)
{
    char record[RECORD];
    io_op take = {.kind = IO_READ, .data = record, .size = sizeof record};

    if (self->later.size >= LATER_DATA) {
        op->error = SSL_ERROR_WANT_READ;
        return;
    }
    ssl_step(self, &take);
    if (take.error == IO_DONE && queue_put(&self->later, record, take.done, 0) < 0) {
        self->transport.sys = ENOMEM;
        take.error = SSL_ERROR_SYSCALL;
        take.sys = ENOMEM;
    }
    op->error = take.error;
    op->sys = take.sys;
}

static int
has_reader(ConnectionObject *self)
{
    return self->transport.kind != TRANSPORT_MEMORY && turn_is_taken(self, TURN_READ);
}

void
renegotiation_drive(ConnectionObject *self, io_op *op)
{
    char ahead;

    while (renegotiation_is_due(self, op)) {
        io_op peek = {.kind = IO_PEEK, .data = &ahead, .size = 1};

        if (has_reader(self)) { /* whom io_renegotiate has told */
            op->error = IO_ELSEWHERE;
            return;
        }
        ssl_step(self, &peek);
        renegotiation_look(self);
        op->error = peek.error;
        op->sys = peek.sys;
        if (peek.error == IO_DONE)
            put_aside(self, op);
        if (op->error != IO_DONE
            && (op->error != SSL_ERROR_WANT_READ || renegotiation_is_due(self, op)))
            return;
    }
    op->error = IO_DONE;
}

int
io_renegotiate(ConnectionObject *self)
{
    int result = SSL_renegotiate(self->ptr);

    if (result == 1) {
        self->renegotiate_asked = 1;
        self->renegotiations = SSL_total_renegotiations(self->ptr);
        if (self->transport.kind != TRANSPORT_MEMORY)
            turn_news(self, POLLIN);
    }
    return result;
}
