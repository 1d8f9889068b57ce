/* What is under the SSL: a socket, another descriptor, or a pair of queues in memory. */
#ifndef SSL_TRANSPORT_H
#define SSL_TRANSPORT_H
#include "ssl/queue.h"
#include "util/openssl.h"

typedef enum {
    TRANSPORT_MEMORY,
    TRANSPORT_SOCKET,
    TRANSPORT_FILE, /* a descriptor that is no socket */
} transport_kind;

typedef struct {
    transport_kind kind;
    int fd;
    char datagrams; /* one read, one write: one datagram */
    char eof;       /* nothing more will come in */
    char dead;      /* a callback failed where OpenSSL takes no for an answer: nothing moves */
    char hushed;    /* a write that fails is not told to OpenSSL: see write_descriptor */
    int broken;     /* errno of a write that failed for good */
    int sys;        /* errno of what failed last */
    int heard;      /* reads in this step */
    char answering; /* this step only reads: what it writes, the peer has asked for */
    size_t answers; /* bytes of such output that wait for the kernel */
    uint64_t in, queued,
        out; /* of a descriptor: bytes read; bytes taken from OpenSSL; bytes gone to the kernel */
    ssl_queue incoming; /* memory: what bio_write brought */
    ssl_queue outgoing; /* memory: what bio_read will fetch; else: what the kernel did not take */
} ssl_transport;

/* Put a BIO on *transport* under the SSL.  -1: memory ran out, nothing raised. */
int transport_attach(ssl_transport *transport, SSL *ssl);
/* What kind of thing a descriptor is. */
void transport_open(ssl_transport *transport, int fd, int dtls);
void transport_close(ssl_transport *transport);

/* Send what the kernel takes now of the output.  -1: it failed for good, sys tells why. */
int transport_flush(ssl_transport *transport);
int transport_is_flushed(const ssl_transport *transport);
/* Whether this step has read more often than it may: OpenSSL goes on while bad datagrams come, or
   records that bring no data. */
int transport_is_flooded(const ssl_transport *transport);
/* Whether the peer must read what it has asked for, before anything more is read of it. */
int transport_is_clogged(const ssl_transport *transport);
/* Whether the user wants this descriptor to block. */
int transport_blocks(const ssl_transport *transport);
/* How many milliseconds one wait of a socket that blocks may take, by its options SO_RCVTIMEO and
   SO_SNDTIMEO; -1: for ever. */
int transport_patience(const ssl_transport *transport, short events);

#endif
