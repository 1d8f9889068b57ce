#include "ssl/queue.h"

#include "util/openssl.h"
#include "util/thread.h"

#include <string.h>

enum { FIRST_CAPACITY = 4 };

static ssl_piece *
piece_at(const ssl_queue *queue, unsigned at)
{
    return &queue->pieces[at & (queue->capacity - 1)];
}

UTIL_APART static int
grow(ssl_queue *queue)
{
    unsigned capacity = queue->capacity ? queue->capacity * 2 : FIRST_CAPACITY;
    ssl_piece *pieces = OPENSSL_malloc(capacity * sizeof *pieces);

    if (pieces == NULL)
        return -1;
    for (unsigned at = queue->spent; at != queue->tail; at++)
        pieces[at & (capacity - 1)] = *piece_at(queue, at);
    OPENSSL_free(queue->pieces);
    queue->pieces = pieces;
    queue->capacity = capacity;
    return 0;
}

/* A place at the end for another piece, of so many bytes. */
static ssl_piece *
new_piece(ssl_queue *queue, size_t size)
{
    if (queue->tail - queue->spent == queue->capacity && grow(queue) < 0)
        return NULL;
    queue->size += size;
    return piece_at(queue, queue->tail++);
}

int
queue_put_bytes(ssl_queue *queue, PyObject *bytes)
{
    size_t size = (size_t)PyBytes_GET_SIZE(bytes);
    ssl_piece *piece = new_piece(queue, size);

    if (piece == NULL)
        return -1;
    *piece = (ssl_piece){Py_NewRef(bytes), PyBytes_AS_STRING(bytes), size, 0};
    return 0;
}

static int
put_object(ssl_queue *queue, const char *data, size_t size)
{
    PyObject *bytes = PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
    int result;

    if (bytes == NULL) {
        PyErr_Clear(); /* the caller reports it in OpenSSL's way */
        return -1;
    }
    result = queue_put_bytes(queue, bytes);
    Py_DECREF(bytes);
    return result;
}

static int
put_copy(ssl_queue *queue, const char *data, size_t size)
{
    size_t room = size < QUEUE_SHARED ? QUEUE_SHARED : size;
    char *copy = room == QUEUE_SHARED ? queue->spare : NULL;
    ssl_piece *piece;

    if (copy != NULL)
        queue->spare = NULL;
    else if ((copy = OPENSSL_malloc(room)) == NULL)
        return -1;
    piece = new_piece(queue, size);
    if (piece == NULL) {
        OPENSSL_free(copy);
        return -1;
    }
    *piece = (ssl_piece){NULL, memcpy(copy, data, size), size, room - size};
    return 0;
}

int
queue_put(ssl_queue *queue, const char *data, size_t size, int whole)
{
    if (!whole && !queue_is_empty(queue)) {
        ssl_piece *last = piece_at(queue, queue->tail - 1);

        if (size <= last->room) {
            memcpy(last->data + last->size, data, size);
            last->size += size;
            last->room -= size;
            queue->size += size;
            return 0;
        }
    }
    if (size > QUEUE_SHARED && !util_is_detached())
        return put_object(queue, data, size);
    return put_copy(queue, data, size);
}

/* Ours goes at once, Python's when we are attached. */
void
queue_finish_first(ssl_queue *queue)
{
    ssl_piece *piece = piece_at(queue, queue->head++);

    queue->start = 0;
    if (piece->bytes != NULL)
        return;
    if (queue->spent == queue->head - 1 && queue->capacity == FIRST_CAPACITY)
        queue->spent++; /* nothing that queue_let_go would have to do */
    if (queue->spare == NULL && piece->size + piece->room == QUEUE_SHARED)
        queue->spare = piece->data;
    else
        OPENSSL_free(piece->data);
}

void
queue_let_go(ssl_queue *queue)
{
    while (queue->spent != queue->head)
        Py_XDECREF(piece_at(queue, queue->spent++)->bytes);
    if (queue->spent == queue->tail && queue->capacity > FIRST_CAPACITY) {
        OPENSSL_free(queue->pieces); /* a burst is over */
        queue->pieces = NULL;
        queue->capacity = 0;
    }
}

void
queue_clear(ssl_queue *queue)
{
    while (!queue_is_empty(queue))
        queue_finish_first(queue);
    queue_let_go(queue);
    OPENSSL_free(queue->spare);
    OPENSSL_free(queue->pieces);
    *queue = (ssl_queue){0};
}

size_t
queue_peek(const ssl_queue *queue, const char **data)
{
    const ssl_piece *piece;

    if (queue_is_empty(queue))
        return 0;
    piece = piece_at(queue, queue->head);
    *data = piece->data + queue->start;
    return piece->size - queue->start;
}

void
queue_drop(ssl_queue *queue, size_t size)
{
    while (size > 0) {
        size_t left = piece_at(queue, queue->head)->size - queue->start;

        if (size < left) {
            queue->start += size;
            queue->size -= size;
            return;
        }
        size -= left;
        queue->size -= left;
        queue_finish_first(queue);
    }
}

size_t
queue_get(ssl_queue *queue, char *data, size_t size, int whole)
{
    size_t done = 0;

    while (done < size && !queue_is_empty(queue)) {
        const ssl_piece *piece = piece_at(queue, queue->head);
        size_t there = piece->size - queue->start;
        size_t part = there < size - done ? there : size - done;

        memcpy(data + done, piece->data + queue->start, part);
        done += part;
        if (part < there && !whole) {
            queue->start += part;
            queue->size -= part;
            break;
        }
        queue->size -= there;
        queue_finish_first(queue);
        if (whole)
            break;
    }
    return done;
}

size_t
queue_fitting(const ssl_queue *queue, size_t limit)
{
    size_t sum = 0, start = queue->start;

    for (unsigned at = queue->head; at != queue->tail; at++) {
        size_t more = piece_at(queue, at)->size - start;

        if (sum + more > limit)
            break;
        sum += more;
        start = 0;
    }
    return sum;
}

/* As many whole pieces as fit, so that the usual case, one piece, needs no copy; what does
   not fit at all is cut. */
PyObject *
queue_get_bytes(ssl_queue *queue, size_t size, int whole)
{
    ssl_piece *first = piece_at(queue, queue->head);
    size_t there = first->size - queue->start, take;
    PyObject *result;

    if (whole)
        take = there < size ? there : size;
    else if (queue->size <= size)
        take = queue->size;
    else if ((take = queue_fitting(queue, size)) == 0)
        take = size;
    if (take == first->size && queue->start == 0 && first->bytes != NULL) {
        result = Py_NewRef(first->bytes);
        queue_drop(queue, take);
        return result;
    }
    result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)take);
    if (result != NULL
        && (take != there || !queue_get_part(queue, PyBytes_AS_STRING(result), take)))
        queue_get(queue, PyBytes_AS_STRING(result), take, whole);
    return result;
}
