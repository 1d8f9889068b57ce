#include "ssl/io.h"

#include "ssl/error.h"
#include "ssl/step.h"
#include "ssl/turns.h"
#include "util/error.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

/* One SSL is used by one thread at a time: every call into it is made with the connection's
   mutex held.  Nothing is waited for with the mutex held: the transport never blocks, and
   when it has nothing, the mutex is given back before the thread waits (turns.c).  A thread
   that reads or writes holds the turn of its direction until its operation is done, so that
   a record that was begun is finished by the one who began it. */

enum { SLICE = 4 * RECORD }; /* of a long sendall: then other threads get the interpreter */

static ssl_turn
turn_of(io_kind kind)
{
    return kind == IO_READ || kind == IO_PEEK ? TURN_READ : TURN_WRITE;
}

/* ---- one round: everything that can be done now ---- */

static int
take_later(ConnectionObject *self, io_op *op)
{
    const char *data;

    if (turn_of(op->kind) != TURN_READ || queue_is_empty(&self->later))
        return 0;
    op->error = IO_DONE;
    if (op->kind == IO_READ) {
        op->done = queue_get(&self->later, op->data, op->size, 0);
        return 1;
    }
    op->done = queue_peek(&self->later, &data);
    if (op->done > op->size)
        op->done = op->size;
    memcpy(op->data, data, op->done);
    return 1;
}

static UTIL_INSIDE void
call_ssl(ConnectionObject *self, io_op *op)
{
    if (take_later(self, op))
        return;
    if (renegotiation_is_due(self, op)) {
        renegotiation_drive(self, op);
        if (op->error != IO_DONE)
            return;
    }
    ssl_step(self, op);
    renegotiation_look(self);
}

/* The same, and word of it to those who wait for what this step has moved. */
static void
call_and_tell(ConnectionObject *self, io_op *op)
{
    const ssl_transport *transport = &self->transport;
    uint64_t in = transport->in, out = transport->out;
    short events;

    call_ssl(self, op);
    if (op->error == SSL_ERROR_SSL)
        op->verdict = SSL_get_verify_result(self->ptr);
    events = (short)((transport->in != in ? POLLIN : 0) | (transport->out != out ? POLLOUT : 0));
    if (events != 0)
        turn_news(self, events);
}

/* What SSL has taken is what is sent: a retry may not ask for less, nor, unless the mode
   allows it, for bytes elsewhere. */
static int
is_bad_retry(const ConnectionObject *self, const io_op *op)
{
    return op->size < self->accepted
           || (op->data != self->accepted_data
               && !(SSL_get_mode(self->ptr) & SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER));
}

/* Go on with a send, or a close_notify, that an earlier call began and whose output was not
   out yet.  0: it cannot be gone on with. */
static int
take_up(ConnectionObject *self, io_op *op)
{
    if (op->kind == IO_WRITE && self->accepted > 0) {
        if (is_bad_retry(self, op)) {
            op->error = IO_BAD_RETRY;
            return 0;
        }
        op->done = self->accepted;
    } else if (op->kind != IO_SHUTDOWN || !self->alerting)
        return 1;
    op->flushing = 1;
    op->target = self->transport.queued;
    self->accepted = 0;
    self->alerting = 0;
    return 1;
}

static void
leave_for_later(ConnectionObject *self, io_op *op)
{
    if (!op->flushing || op->error != SSL_ERROR_WANT_WRITE)
        return;
    if (op->kind == IO_WRITE && !op->all) {
        self->accepted = op->done;
        self->accepted_data = op->data;
    } else if (op->kind == IO_SHUTDOWN)
        self->alerting = 1;
}

/* Whether all of an operation's output has reached the kernel; for an operation on the whole
   of a buffer, whether that was all. */
static int
is_out(const ConnectionObject *self, io_op *op)
{
    if (self->transport.out < op->target)
        return 0;
    op->flushing = 0;
    op->error = IO_DONE;
    return op->kind != IO_WRITE || !op->all || op->done == op->size;
}

/* A server's handshake in TLS 1.3 is over before its tickets are out.  That a client has gone which
   wants none is no failure, as OpenSSL has it: what it has sent can still be read. */
static int
is_short_of_tickets(const ConnectionObject *self, const io_op *op)
{
    return op->kind == IO_HANDSHAKE && self->settled && SSL_is_server(self->ptr)
           && (self->transport.sys == EPIPE || self->transport.sys == ECONNRESET);
}

/* Whether the operation is over; if not, *events* is what to wait for. */
static int
one_round(ConnectionObject *self, io_op *op, short *events)
{
    ssl_transport *transport = &self->transport;
    int writes = turn_of(op->kind) == TURN_WRITE;

    for (;;) {
        if (atomic_load_explicit(&self->closed, memory_order_relaxed)) {
            op->error = IO_CLOSED;
            return 1;
        }
        if (transport_flush(transport) < 0 && writes) {
            op->error = is_short_of_tickets(self, op) ? IO_DONE : SSL_ERROR_SYSCALL;
            op->sys = transport->sys;
            return 1;
        }
        if (op->flushing && is_out(self, op))
            return 1;
        if (writes && !transport_is_flushed(transport)) {
            op->error = SSL_ERROR_WANT_WRITE; /* earlier output goes first */
            *events = POLLOUT;
            return 0;
        }
        call_and_tell(self, op);
        if (op->error == SSL_ERROR_WANT_READ && transport_is_clogged(transport))
            op->error = SSL_ERROR_WANT_WRITE;
        if (op->error != IO_DONE || !writes)
            break;
        op->flushing = 1;
        op->target = transport->queued;
    }
    *events = op->error == SSL_ERROR_WANT_READ ? POLLIN : op->error == IO_ELSEWHERE ? 0 : POLLOUT;
    if (*events != 0 && !transport_is_flushed(transport))
        *events |= POLLOUT; /* nobody else may be there to send it */
    return op->error != SSL_ERROR_WANT_READ && op->error != SSL_ERROR_WANT_WRITE
           && op->error != IO_ELSEWHERE;
}

/* ---- whole operations ---- */

/* Memory never blocks and cannot be closed, so there is no turn to take and nothing to flush: what
   cannot be done now is an error. */
static void
memory_round(ConnectionObject *self, io_op *op)
{
    do
        call_ssl(self, op);
    while (op->error == IO_DONE && op->kind == IO_WRITE && op->all && op->done < op->size);
    if (op->error == SSL_ERROR_SSL)
        op->verdict = SSL_get_verify_result(self->ptr);
}

static void
run_in_memory(ConnectionObject *self, io_op *op)
{
    size_t size = op->size;
    int slices = op->kind == IO_WRITE && op->all && self->established;
    int short_work = self->established
                     && (turn_of(op->kind) == TURN_READ || slices || size <= RECORD
                         || (SSL_get_mode(self->ptr) & SSL_MODE_ENABLE_PARTIAL_WRITE));

    if (!short_work) {
        DETACHED(memory_round(self, op));
        return;
    }
    if (slices && size > SLICE)
        op->size = SLICE;
    memory_round(self, op);
    while (op->error == IO_DONE && slices && op->size < size) {
        util_detach(); /* let others run: a record takes less than a switch, many do not */
        util_attach();
        op->size = size - op->size > SLICE ? op->size + SLICE : size;
        memory_round(self, op);
    }
}

static void
run_memory(ConnectionObject *self, io_op *op)
{
    if (util_mutex_lock(&self->mutex) < 0) {
        op->error = IO_RAISED;
        return;
    }
    run_in_memory(self, op);
    queue_tidy(&self->transport.incoming);
    queue_tidy(&self->transport.outgoing);
    queue_tidy(&self->later);
    util_mutex_unlock(&self->mutex);
}

/* DTLS resends what was lost, if nobody else sees to it. */
static int
datagram_timer(ConnectionObject *self)
{
    struct timeval left;

    if (!self->transport.datagrams || !DTLSv1_get_timeout(self->ptr, &left))
        return -1;
    return (int)(left.tv_sec * 1000 + left.tv_usec / 1000) + 1;
}

/* A wait that the socket's options bound: it begins anew whenever a byte has moved. */
typedef struct {
    uint64_t moved;
    int64_t end; /* -1: there is no wait yet, or no bound */
} wait_limit;

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* How long to wait now, -1 for ever; 0: the bound is reached. */
static int
left_to_wait(const ConnectionObject *self, wait_limit *limit, short events)
{
    const ssl_transport *transport = &self->transport;
    uint64_t moved = events & POLLIN ? transport->in : transport->out;
    int patience = events == 0 ? -1 : transport_patience(transport, events);
    int64_t left;

    if (patience < 0) {
        limit->end = -1;
        return -1;
    }
    if (limit->end < 0 || moved != limit->moved)
        *limit = (wait_limit){moved, now_ms() + patience};
    left = limit->end - now_ms();
    return left > 0 ? (int)left : 0;
}

static int
sooner(int one, int other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

static turn_result
rounds(ConnectionObject *self, io_op *op, unsigned since)
{
    turn_result result = TURN_OK;
    wait_limit limit = {0, -1};
    short events;
    int left;

    if (!take_up(self, op))
        return TURN_OK;
    while (result == TURN_OK && !one_round(self, op, &events)) {
        if (!transport_blocks(&self->transport)) {
            if (op->error == IO_ELSEWHERE)
                op->error = SSL_ERROR_WANT_READ;
            break;
        }
        left = left_to_wait(self, &limit, events);
        if (left == 0)
            break;
        result = turn_wait(self, events, sooner(left, datagram_timer(self)), since);
        if (result == TURN_OK && self->transport.datagrams)
            DTLSv1_handle_timeout(self->ptr); /* does nothing before its time */
    }
    if (result == TURN_OK)
        leave_for_later(self, op);
    return result;
}

/* Detached. */
static void
run_descriptor(ConnectionObject *self, io_op *op)
{
    ssl_turn turn = turn_of(op->kind);
    unsigned since;
    turn_result result;

    if (op->kind == IO_SHUTDOWN)
        turn_call_off(self);
    since = atomic_load(&self->calls_off);
    result = turn_take(self, turn, since);
    if (result == TURN_OK) {
        if (util_mutex_lock(&self->mutex) < 0)
            result = TURN_RAISED;
        else if ((result = rounds(self, op, since)) != TURN_RAISED)
            util_mutex_unlock(&self->mutex);
        turn_give(self, turn);
    }
    if (result == TURN_RAISED)
        op->error = IO_RAISED;
    else if (result == TURN_CALLED_OFF)
        op->error = atomic_load(&self->closed) ? IO_CLOSED : IO_GIVEN_UP;
}

/* "certificate verify failed" is all that OpenSSL says, whatever is wrong with it, but for what a
   signature that does not fit has put before it. */
static void
raise_failure(ssl_state *state, const io_op *op)
{
    int refused = op->error == SSL_ERROR_SSL && op->verdict != X509_V_OK
                  && util_errors_last_is(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);

    ssl_raise(state, op->error, op->sys);
    if (refused)
        util_note("the peer's certificate: %s", X509_verify_cert_error_string(op->verdict));
}

static int
fail(ConnectionObject *self, io_op *op)
{
    ssl_state *state = ssl_state_of((PyObject *)self);

    if (op->error == IO_RAISED && PyErr_Occurred())
        util_errors_clear();
    else if (op->error == IO_CLOSED)
        ssl_raise(state, SSL_ERROR_SYSCALL, EBADF);
    else if (op->error == IO_GIVEN_UP)
        util_raise_reason(state->Error, "SSL routines", "protocol is shutdown");
    else if (op->error == IO_BAD_RETRY)
        util_raise_reason(state->Error, "SSL routines",
                          op->size < self->accepted ? "bad length" : "bad write retry");
    else
        raise_failure(state, op);
    return -1;
}

static inline int
is_quick(const ConnectionObject *self)
{
    return atomic_load_explicit(&self->quick, memory_order_relaxed);
}

/* The most frequent case, straight: a record over memory, the handshake long done, and no
   other thread in the way. */
static int
run_quickly(ConnectionObject *self, io_op *op)
{
    int result;

    if (!is_quick(self) || op->kind > IO_WRITE || op->size > RECORD
        || !util_mutex_trylock(&self->mutex))
        return 0;
    if (!is_quick(self)) { /* any more */
        util_mutex_unlock(&self->mutex);
        return 0;
    }
    util_errors_clear();
    self->transport.sys = 0;
    self->raised = 0;
    if (op->kind == IO_WRITE)
        result = SSL_write_ex(self->ptr, op->data, op->size, &op->done);
    else if (op->kind == IO_READ)
        result = SSL_read_ex(self->ptr, op->data, op->size, &op->done);
    else
        result = SSL_peek_ex(self->ptr, op->data, op->size, &op->done);
    op->error = IO_DONE;
    if (result <= 0 || self->raised)
        ssl_step_failed(self, op, result);
    queue_tidy(&self->transport.incoming);
    util_mutex_unlock(&self->mutex);
    return 1;
}

int
io_run(ConnectionObject *self, io_op *op)
{
    if (run_quickly(self, op))
        return op->error == IO_DONE ? 0 : fail(self, op);
    if (self->ptr == NULL || util_mutex_is_mine(&self->mutex)) {
        util_raise_reason(ssl_state_of((PyObject *)self)->Error, "SSL routines",
                          self->ptr == NULL
                              ? "uninitialized"
                              : "called from inside a callback of the same connection");
        return -1;
    }
    if (self->transport.kind == TRANSPORT_MEMORY)
        run_memory(self, op);
    else
        DETACHED(run_descriptor(self, op));
    return op->error == IO_DONE ? 0 : fail(self, op);
}

int
io_close(ConnectionObject *self)
{
    /* Inside a callback; or in a child, whose copy of the SSL another thread has left half done. */
    int nested = util_mutex_is_mine(&self->mutex) || util_mutex_is_lost(&self->mutex);

    atomic_store(&self->closed, 1);
    turn_call_off(self);
    if (!nested && util_mutex_lock(&self->mutex) < 0)
        return -1;
    if (self->transport.fd >= 0 && !nested)
        transport_flush(&self->transport); /* what the kernel takes at once; no waiting */
    self->transport.fd = -1;
    if (!nested)
        util_mutex_unlock(&self->mutex);
    return 0;
}
