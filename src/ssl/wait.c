#define _GNU_SOURCE /* pipe2, eventfd */
#include "ssl/wait.h"

#include "util/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

enum { LOOK_UP_MS = 50 }; /* without a bell */

typedef struct {
    int read_end, write_end;
    pid_t owner; /* after a fork the child shares its parent's bells: it makes its own */
} bell;

static pthread_key_t bell_key;
static pthread_once_t bell_once = PTHREAD_ONCE_INIT;
static int have_key;

static void
close_bell(bell *self)
{
    if (self->read_end >= 0)
        close(self->read_end);
    if (self->write_end >= 0 && self->write_end != self->read_end)
        close(self->write_end);
    self->read_end = self->write_end = -1;
}

static void
thread_ends(void *self)
{
    close_bell(self);
    OPENSSL_free(self);
}

static void
make_key(void)
{
    have_key = pthread_key_create(&bell_key, thread_ends) == 0;
}

static void
open_bell(bell *self)
{
    self->owner = getpid();
#ifdef __linux__
    self->read_end = self->write_end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
#else
    int ends[2];

    self->read_end = self->write_end = -1;
    if (pipe(ends) == 0) {
        for (int i = 0; i < 2; i++) {
            fcntl(ends[i], F_SETFD, FD_CLOEXEC);
            fcntl(ends[i], F_SETFL, O_NONBLOCK);
        }
        self->read_end = ends[0];
        self->write_end = ends[1];
    }
#endif
}

static bell *
my_bell(void)
{
    bell *self;

    pthread_once(&bell_once, make_key);
    if (!have_key)
        return NULL;
    self = pthread_getspecific(bell_key);
    if (self == NULL) {
        self = OPENSSL_malloc(sizeof *self);
        if (self == NULL)
            return NULL;
        *self = (bell){-1, -1, 0};
        if (pthread_setspecific(bell_key, self) != 0) {
            OPENSSL_free(self);
            return NULL;
        }
    }
    if (self->owner != getpid()) {
        close_bell(self);
        open_bell(self);
    } else if (self->read_end < 0)
        open_bell(self);
    return self;
}

int
wait_bell(void)
{
    bell *self = my_bell();

    return self == NULL ? -1 : self->write_end;
}

void
wait_ring(int bell_fd)
{
    const uint64_t one = 1;
    ssize_t ignored;

    if (bell_fd < 0)
        return;
    ignored = write(bell_fd, &one, sizeof one); /* full means: rung already */
    (void)ignored;
}

static void
silence(int fd)
{
    char heard[64];

    while (read(fd, heard, sizeof heard) == (ssize_t)sizeof heard)
        ;
}

wait_result
wait_for(int fd, short events, int bell_fd, int milliseconds)
{
    struct pollfd watched[2];
    nfds_t count = 0;
    bell *self = bell_fd < 0 ? NULL : my_bell();
    int ready;

    if (self != NULL)
        watched[count++] = (struct pollfd){self->read_end, POLLIN, 0};
    else if (milliseconds < 0 || milliseconds > LOOK_UP_MS)
        milliseconds = LOOK_UP_MS;
    if (fd >= 0)
        watched[count++] = (struct pollfd){fd, events, 0};
    ready = poll(watched, count, milliseconds);
    if (ready < 0)
        return errno == EINTR ? WAIT_SIGNAL : WAIT_READY; /* what is wrong shows at the next try */
    if (self != NULL && watched[0].revents != 0)
        silence(self->read_end);
    return ready == 0 ? WAIT_TIMEOUT : WAIT_READY;
}

int
wait_is_ready(int fd, short events)
{
    struct pollfd watched = {fd, events, 0};

    return poll(&watched, 1, 0) != 0;
}
