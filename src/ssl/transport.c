#define _GNU_SOURCE
#include "ssl/transport.h"

#include "ssl/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* CPython ignores SIGPIPE anyway */
#endif

enum {
    PIPE_PIECE = 4096,  /* what a pipe that is ready takes without blocking: PIPE_BUF */
    MEMORY_MTU = 1472,  /* an Ethernet frame's room for a datagram */
    FALLBACK_MTU = 548, /* what every IPv4 host must take */
    AT_ONCE = 1000,     /* reads in one step; then others, and signals, have their turn */
    BACKLOG = 1 << 18   /* bytes of answers that a peer does not read; then nobody listens to it */
};

/* ---- the descriptor ---- */

static int
would_block(int number)
{
    return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

/* Why it is not ready: one that is open for the other direction alone never will be. */
static int
reason_to_wait(int fd, int other)
{
    int flags = fcntl(fd, F_GETFL);

    return flags != -1 && (flags & O_ACCMODE) == other ? EBADF : EAGAIN;
}

/* These never block, whatever the descriptor's flags say, and leave the flags alone. */
static ssize_t
receive(ssl_transport *self, char *data, size_t size)
{
    if (self->kind == TRANSPORT_SOCKET)
        return recv(self->fd, data, size, MSG_DONTWAIT);
    if (!wait_is_ready(self->fd, POLLIN)) {
        errno = reason_to_wait(self->fd, O_WRONLY);
        return -1;
    }
    return read(self->fd, data, size);
}

static ssize_t
transmit(ssl_transport *self, const char *data, size_t size)
{
    if (self->kind == TRANSPORT_SOCKET)
        return send(self->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!wait_is_ready(self->fd, POLLOUT)) {
        errno = reason_to_wait(self->fd, O_RDONLY);
        return -1;
    }
    return write(self->fd, data, size < PIPE_PIECE ? size : PIPE_PIECE);
}

/* What cannot go now can never go: drop it, so that nobody waits for it. */
static int
give_up(ssl_transport *self, int number)
{
    self->sys = number;
    if (!self->datagrams)
        self->broken = number;
    queue_drop(&self->outgoing, self->outgoing.size);
    self->out = self->queued; /* nobody waits for it any more */
    return -1;
}

int
transport_flush(ssl_transport *self)
{
    const char *data;
    size_t size;

    if (self->broken)
        return give_up(self, self->broken);
    while ((size = queue_peek(&self->outgoing, &data)) > 0) {
        ssize_t sent = transmit(self, data, size);

        if (sent < 0)
            return would_block(errno) ? 0 : give_up(self, errno);
        queue_drop(&self->outgoing, (size_t)sent);
        self->out += (uint64_t)sent;
    }
    self->answers = 0;
    return 0;
}

int
transport_is_flushed(const ssl_transport *self)
{
    return self->kind == TRANSPORT_MEMORY || queue_is_empty(&self->outgoing);
}

int
transport_blocks(const ssl_transport *self)
{
    int flags;

    if (self->kind == TRANSPORT_MEMORY)
        return 0;
    flags = fcntl(self->fd, F_GETFL);
    return flags != -1 && !(flags & O_NONBLOCK);
}

int
transport_patience(const ssl_transport *self, short events)
{
    struct timeval limit;
    socklen_t size = sizeof limit;

    if (self->kind != TRANSPORT_SOCKET
        || getsockopt(self->fd, SOL_SOCKET, events & POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO, &limit,
                      &size)
               < 0
        || (limit.tv_sec == 0 && limit.tv_usec == 0) || limit.tv_sec > INT_MAX / 1000 - 1)
        return -1;
    return (int)(limit.tv_sec * 1000 + (limit.tv_usec + 999) / 1000);
}

void
transport_open(ssl_transport *self, int fd, int dtls)
{
    int type = 0;
    socklen_t size = sizeof type;

    self->fd = fd;
    self->datagrams = (char)dtls;
    if (fd < 0)
        self->kind = TRANSPORT_MEMORY;
    else if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 || errno != ENOTSOCK)
        self->kind = TRANSPORT_SOCKET;
    else
        self->kind = TRANSPORT_FILE;
}

void
transport_close(ssl_transport *self)
{
    queue_clear(&self->incoming);
    queue_clear(&self->outgoing);
}

/* ---- the BIO: OpenSSL's side ---- */

static int
fail(BIO *bio, ssl_transport *self, int number, int retry)
{
    if (would_block(number))
        BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    else
        self->sys = errno = number; /* OpenSSL looks there when tickets could not be sent */
    return 0;
}

UTIL_APART static int
read_memory(BIO *bio, ssl_transport *self, char *data, size_t size, size_t *done)
{
    *done = queue_get(&self->incoming, data, size, self->datagrams);
    if (*done > 0)
        return 1;
    return self->eof ? 0 : fail(bio, self, EAGAIN, BIO_FLAGS_READ);
}

/* Datagrams may also go over what has an end, such as a stream. */
static int
is_for_datagrams(const ssl_transport *self)
{
    int type = 0;
    socklen_t size = sizeof type;

    return self->datagrams && getsockopt(self->fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
           && type == SOCK_DGRAM;
}

UTIL_APART static int
read_descriptor(BIO *bio, ssl_transport *self, char *data, size_t size, size_t *done)
{
    ssize_t got;

    do {
        if (++self->heard > AT_ONCE || transport_is_clogged(self))
            return fail(bio, self, EAGAIN, BIO_FLAGS_READ);
        got = receive(self, data, size);
    } while (got == 0 && is_for_datagrams(self)); /* an empty one is nothing */
    if (got < 0)
        return fail(bio, self, errno, BIO_FLAGS_READ);
    if (got == 0) {
        self->eof = 1;
        return 0;
    }
    *done = (size_t)got;
    self->in += *done;
    return 1;
}

static int
bio_read(BIO *bio, char *data, size_t size, size_t *done)
{
    ssl_transport *self = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    *done = size;
    if (!self->datagrams && !self->dead && queue_get_part(&self->incoming, data, size))
        return 1;
    *done = 0;
    if (self->dead)
        return fail(bio, self, ECONNABORTED, 0);
    return self->kind == TRANSPORT_MEMORY ? read_memory(bio, self, data, size, done)
                                          : read_descriptor(bio, self, data, size, done);
}

/* Nothing can be written any more, but there may be something to read: from 4.0 on OpenSSL would
   refuse to.  So once the handshake is over it does not get to know; whoever writes is told by
   transport_flush. */
static int
fail_to_write(BIO *bio, ssl_transport *self, int number)
{
    if (!self->datagrams)
        self->broken = number; /* the SSL has half a record now: it must not go on */
    if (self->datagrams || !self->hushed)
        return fail(bio, self, number, 0);
    return 1;
}

UTIL_APART static int
write_descriptor(BIO *bio, ssl_transport *self, const char *data, size_t size)
{
    ssize_t sent = 0;

    if (self->broken)
        return fail_to_write(bio, self, self->broken);
    if (queue_is_empty(&self->outgoing)) {
        sent = transmit(self, data, size);
        if (sent < 0 && !would_block(errno))
            return fail_to_write(bio, self, errno);
        if (sent < 0)
            sent = 0;
        self->out += (uint64_t)sent;
    }
    if ((size_t)sent < size
        && queue_put(&self->outgoing, data + sent, size - (size_t)sent, self->datagrams) < 0)
        return fail(bio, self, ENOMEM, 0);
    self->queued += size;
    if (self->answering && (size_t)sent < size)
        self->answers += size - (size_t)sent;
    return 1;
}

/* Never refuses, unless for good: a record that is half sent inside the SSL breaks when a key
   update or a renegotiation comes in.  What the kernel does not take waits in our queue. */
static int
bio_write(BIO *bio, const char *data, size_t size, size_t *done)
{
    ssl_transport *self = BIO_get_data(bio);
    int result;

    BIO_clear_retry_flags(bio);
    if (self->dead)
        result = fail(bio, self, ECONNABORTED, 0);
    else if (self->kind != TRANSPORT_MEMORY)
        result = write_descriptor(bio, self, data, size);
    else if (queue_put(&self->outgoing, data, size, self->datagrams) < 0)
        result = fail(bio, self, ENOMEM, 0);
    else
        result = 1;
    *done = result ? size : 0;
    return result ? 1 : -1; /* 0 would be taken for success from OpenSSL 3.2 on */
}

/* How much goes whole to a peer that the socket is connected with, as far as the system knows;
   0: it does not. */
static long
path_mtu(int fd)
{
#if defined(SO_DOMAIN) && defined(IP_MTU) && defined(IPV6_MTU)
    int domain = 0, mtu = 0;
    socklen_t size = sizeof domain;

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0)
        return 0;
    size = sizeof mtu;
    if (domain == AF_INET && getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &size) == 0)
        return mtu - (20 + 8);
    size = sizeof mtu;
    if (domain == AF_INET6 && getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &size) == 0)
        return mtu - (40 + 8);
#endif
    return 0;
}

static long
query_mtu(const ssl_transport *self)
{
    if (!self->datagrams)
        return 0;
    return self->kind == TRANSPORT_MEMORY ? MEMORY_MTU : path_mtu(self->fd);
}

UTIL_APART static long
describe(BIO *bio, int command, void *pointer)
{
    ssl_transport *self = BIO_get_data(bio);

    switch (command) {
    case BIO_CTRL_EOF:
        return self->eof && queue_is_empty(&self->incoming);
    case BIO_CTRL_PENDING:
        return (long)self->incoming.size;
    case BIO_CTRL_WPENDING:
        return (long)self->outgoing.size;
    case BIO_CTRL_DGRAM_QUERY_MTU:
        return query_mtu(self);
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return FALLBACK_MTU;
    default: /* BIO_C_GET_FD */
        if (self->kind == TRANSPORT_MEMORY)
            return -1;
        if (pointer != NULL)
            *(int *)pointer = self->fd;
        return self->fd;
    }
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
#ifdef BIO_CTRL_GET_KTLS_SEND
    if (command == BIO_CTRL_GET_KTLS_SEND)
        return 0; /* asked up to nine times for each record */
#endif
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP:
        return 1;
    case BIO_CTRL_EOF:
    case BIO_CTRL_PENDING:
    case BIO_CTRL_WPENDING:
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
    case BIO_C_GET_FD:
        return describe(bio, command, pointer);
    default:
        return 0;
    }
}

static int
bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *
make_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pyOpenSSL");

    if (method != NULL
        && !(BIO_meth_set_read_ex(method, bio_read) && BIO_meth_set_write_ex(method, bio_write)
             && BIO_meth_set_ctrl(method, bio_ctrl) && BIO_meth_set_create(method, bio_create))) {
        BIO_meth_free(method);
        method = NULL;
    }
    return method;
}

/* Process-wide, as BIO types are; made by the first Connection, never freed. */
static BIO_METHOD *
bio_method(void)
{
    static _Atomic(BIO_METHOD *) made;
    BIO_METHOD *method = atomic_load(&made), *none = NULL;

    if (method != NULL)
        return method;
    method = make_method();
    if (method != NULL && !atomic_compare_exchange_strong(&made, &none, method)) {
        BIO_meth_free(method);
        method = none;
    }
    return method;
}

int
transport_is_flooded(const ssl_transport *self)
{
    return self->heard > AT_ONCE;
}

int
transport_is_clogged(const ssl_transport *self)
{
    return self->answers > BACKLOG;
}

int
transport_attach(ssl_transport *self, SSL *ssl)
{
    const BIO_METHOD *method = bio_method();
    BIO *bio = method == NULL ? NULL : BIO_new(method);

    if (bio == NULL)
        return -1;
    BIO_set_data(bio, self);
    SSL_set_bio(ssl, bio, bio);
    return 0;
}
