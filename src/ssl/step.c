#include "ssl/step.h"

#include "util/error.h"

static int
call(SSL *ssl, io_op *op)
{
    int result;

    switch (op->kind) {
    case IO_READ:
        return SSL_read_ex(ssl, op->data, op->size, &op->done);
    case IO_PEEK:
        return SSL_peek_ex(ssl, op->data, op->size, &op->done);
    case IO_WRITE: {
        size_t done = 0;

        result = SSL_write_ex(ssl, op->data + op->done, op->size - op->done, &done);
        op->done += done;
        return result;
    }
    case IO_HANDSHAKE:
        return SSL_do_handshake(ssl);
    case IO_SHUTDOWN:
        result = SSL_shutdown(ssl);
        op->answer = result == 1;
        return result == 0 ? 1 : result;
    case IO_LISTEN: {
        BIO_ADDR *peer = BIO_ADDR_new();

        result = peer == NULL ? -1 : DTLSv1_listen(ssl, peer);
        BIO_ADDR_free(peer);
        return result;
    }
    case IO_TIMEOUT:
        result = (int)DTLSv1_handle_timeout(ssl);
        op->answer = result == 1;
        return result == 0 ? 1 : result;
    default:
        return SSL_key_update(ssl, (int)op->size) ? SSL_do_handshake(ssl) : 0;
    }
}

/* Reading and writing would do the first handshake themselves.  But after one that could not even
   begin, OpenSSL takes itself to be inside of it for ever: it would write what it is given as it
   is, without a key. */
static int
begin_and_call(const ConnectionObject *self, io_op *op)
{
    int moves_data = op->kind == IO_READ || op->kind == IO_PEEK || op->kind == IO_WRITE;

    if (moves_data && !self->established && !SSL_is_init_finished(self->ptr)) {
        int result = SSL_do_handshake(self->ptr);

        if (result <= 0 && util_errors_first_is(ERR_LIB_SSL, SSL_R_CONNECTION_TYPE_NOT_SET))
            util_errors_clear(); /* the call itself says it in its way */
        else if (result <= 0 || self->raised)
            return result;
    }
    return call(self->ptr, op);
}

/* The end came without close_notify.  OpenSSL says so once, in a way that depends on its
   version, and then fails for other reasons; we remember it. */
static int
is_cut(const ConnectionObject *self, const io_op *op)
{
    if (op->error == SSL_ERROR_SSL
        && util_errors_first_is(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING))
        return 1;
    return (op->error == SSL_ERROR_SSL || op->error == SSL_ERROR_SYSCALL) && self->transport.eof
           && op->sys == 0 && !util_errors_pending();
}

static void
say_that_it_is_cut(ConnectionObject *self, io_op *op)
{
    util_errors_clear();
    self->cut = 1;
    self->quick = 0;
    op->error = SSL_ERROR_SYSCALL;
    op->sys = 0;
}

/* From 4.0 on OpenSSL does nothing any more after the system has failed, and says nothing either:
   we say again what there is to say.  Of a close_notify that came before, a read goes on
   telling. */
static void
repeat_what_failed(const ConnectionObject *self, io_op *op)
{
    int reads = op->kind == IO_READ || op->kind == IO_PEEK;

    op->sys = self->lost;
    op->error = reads && (SSL_get_shutdown(self->ptr) & SSL_RECEIVED_SHUTDOWN)
                    ? SSL_ERROR_ZERO_RETURN
                    : SSL_ERROR_SYSCALL;
}

static void
name_the_error(ConnectionObject *self, io_op *op, int result)
{
    op->error = SSL_get_error(self->ptr, result);
    op->sys = self->transport.sys;
    if (!self->established && (op->error == SSL_ERROR_SSL || op->error == SSL_ERROR_SYSCALL)
        && util_errors_first_is(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE))
        self->bare = 1;
    if (op->kind == IO_LISTEN && result == 0)
        op->error = SSL_ERROR_WANT_READ; /* no cookie yet: a datagram was answered */
    else if (is_cut(self, op))
        say_that_it_is_cut(self, op);
    else if (op->error == SSL_ERROR_NONE)
        op->error = SSL_ERROR_SSL;
    else if (op->error == SSL_ERROR_ZERO_RETURN && op->sys != 0)
        op->error = SSL_ERROR_SYSCALL; /* what fails after a close_notify is taken for one */
    else if (op->error == SSL_ERROR_SSL && self->lost != 0 && !util_errors_pending())
        repeat_what_failed(self, op);
    if (op->error == SSL_ERROR_SYSCALL && op->sys != 0)
        self->lost = op->sys;
}

void
ssl_step_failed(ConnectionObject *self, io_op *op, int result)
{
    if (result <= 0)
        name_the_error(self, op, result);
    if (self->raised)
        op->error = IO_RAISED;
}

/* The first handshake ran out of memory.  From OpenSSL 3.2 on the SSL may be without its record
   layers then, and reading or writing would crash. */
static void
say_that_it_is_bare(io_op *op)
{
    util_errors_clear();
    util_errors_push(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
    op->error = SSL_ERROR_SSL;
    op->sys = 0;
}

static UTIL_INSIDE void
step_unguarded(ConnectionObject *self, io_op *op)
{
    int result;

    if (self->cut) {
        say_that_it_is_cut(self, op);
        return;
    }
    if (self->bare) {
        say_that_it_is_bare(op);
        return;
    }
    util_errors_clear();
    self->transport.sys = self->transport.heard = 0;
    self->transport.answering = op->kind == IO_READ || op->kind == IO_PEEK;
    self->raised = 0;
    result = begin_and_call(self, op);
    op->error = IO_DONE;
    ssl_step_failed(self, op, result);
}

/* The same while nobody changes the Context, for as long as the SSL may look into it. */
void
ssl_step(ConnectionObject *self, io_op *op)
{
    ContextObject *context = (ContextObject *)self->context,
                  *first = (ContextObject *)self->home_context;
    util_hold now, home = {0};

    if (self->settled) {
        step_unguarded(self, op);
        return;
    }
    op->error = IO_RAISED;
    if (util_read_lock(&context->lock, &now) < 0)
        return;
    self->locked_context = self->context;
    if (first == context || util_read_lock(&first->lock, &home) == 0) {
        step_unguarded(self, op);
        self->listened = op->kind == IO_LISTEN && op->error == IO_DONE;
        if (SSL_is_init_finished(self->ptr)) {
            self->established = self->transport.hushed = 1;
            self->bare = 0;
            self->settled = SSL_version(self->ptr) == TLS1_3_VERSION;
            self->quick = self->settled && self->transport.kind == TRANSPORT_MEMORY;
        }
        util_rwlock_release(&home);
    }
    self->locked_context = NULL;
    for (int i = 0; i < 2; i++)
        if (self->entered[i].lock != NULL) {
            util_rwlock_release(&self->entered[i]);
            self->entered[i] = (util_hold){0};
        }
    util_rwlock_release(&now);
}
