/* A queue of buffers in memory: what goes in comes out, if possible without a copy. */
#ifndef SSL_QUEUE_H
#define SSL_QUEUE_H
#include "util/python.h"

#include <stdint.h>
#include <string.h>

/* What is shorter shares a piece with what comes before and after it. */
enum { QUEUE_SHARED = 1024 };

typedef struct {
    PyObject *bytes; /* whose memory it is; NULL: ours, from OPENSSL_malloc */
    char *data;
    size_t size, room; /* room: how much may still be appended */
} ssl_piece;

typedef struct {
    char *spare;                /* QUEUE_SHARED bytes that were used and will be again */
    ssl_piece *pieces;          /* a ring; NULL while nothing was ever queued */
    unsigned capacity;          /* a power of two */
    unsigned spent, head, tail; /* counters: [spent, head) is read but not yet let go of */
    size_t start;               /* how much of the piece at head was read already */
    size_t size;                /* bytes in [head, tail), without those */
} ssl_queue;

static inline int
queue_is_empty(const ssl_queue *queue)
{
    return queue->head == queue->tail;
}

/* Append a copy; if that is long and we are attached it is a new bytes object, so that it can
   be handed out as it is.  With *whole* it is a piece of its own.  -1: memory ran out, nothing
   raised. */
int queue_put(ssl_queue *queue, const char *data, size_t size, int whole);
/* Append the very object. */
int queue_put_bytes(ssl_queue *queue, PyObject *bytes);

/* The first piece has been read. */
void queue_finish_first(ssl_queue *queue);

/* Move *size* bytes out of the first piece, if it has as many: as records are read, usually. */
static inline int
queue_get_part(ssl_queue *queue, char *data, size_t size)
{
    const ssl_piece *first;
    size_t there;

    if (queue_is_empty(queue))
        return 0;
    first = &queue->pieces[queue->head & (queue->capacity - 1)];
    there = first->size - queue->start;
    if (there < size)
        return 0;
    memcpy(data, first->data + queue->start, size);
    queue->start += size;
    queue->size -= size;
    if (there == size)
        queue_finish_first(queue);
    return 1;
}

/* Move up to *size* bytes out; with *whole*, from one piece only, whose rest is dropped. */
size_t queue_get(ssl_queue *queue, char *data, size_t size, int whole);
/* How many bytes the pieces have that fit into *size* whole. */
size_t queue_fitting(const ssl_queue *queue, size_t size);
/* The same as a new bytes object, or NULL with an exception; attached only. */
PyObject *queue_get_bytes(ssl_queue *queue, size_t size, int whole);
/* The next piece's bytes, to be looked at; and to drop some of them. */
size_t queue_peek(const ssl_queue *queue, const char **data);
void queue_drop(ssl_queue *queue, size_t size);

/* Let go of what was read.  Attached only: Python objects cannot be let go of before. */
void queue_let_go(ssl_queue *queue);

static inline void
queue_tidy(ssl_queue *queue)
{
    if (queue->spent != queue->head)
        queue_let_go(queue);
}

void queue_clear(ssl_queue *queue);

#endif
