#include "rand/seed.h"

#include "util/error.h"
#include "util/openssl.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define FILE_BLOCK 4096        /* how much is read from a file at once */
#define BLOCKS_PER_LOOK 1024   /* how many are read between two looks for signals */
#define SPECIAL_FILE_BYTES 256 /* what is taken of a device, which never ends */
#define SEED_FILE_BYTES 1024   /* what rand_save() writes */
#define EGD_SILENCE 10         /* seconds until a daemon that says nothing counts as absent */
#define EGD_AT_ONCE 255        /* the most that one request can ask for */
#define EGD_NON_BLOCKING 1     /* the two requests: what there is, */
#define EGD_BLOCKING 2         /* and all that was asked for, however long it takes */

/* Repeats a system call as long as signals interrupt it and their handlers do not raise. */
#define UNINTERRUPTED(result, call) \
    do                              \
        (result) = (call);          \
    while ((result) < 0 && errno == EINTR && util_check_signals() == 0)

int
rand_mix(const void *data, int size, double entropy)
{
    util_errors_clear();
    RAND_add(data, size, entropy);
    return util_errors_pending() ? -1 : 0;
}

/* ---- files ---- */

/* How much there is in an open file of which everything is wanted. */
static long
size_of(int fd)
{
    struct stat about;

    if (fstat(fd, &about) < 0)
        return -1;
    if (!S_ISREG(about.st_mode))
        return SPECIAL_FILE_BYTES;
    return about.st_size > 0 && about.st_size < LONG_MAX ? (long)about.st_size : LONG_MAX;
}

static long
mix_from(int fd, long wanted)
{
    unsigned char block[FILE_BLOCK];
    long total = 0, blocks = 0;
    ssize_t got = 1;

    if (wanted < 0)
        wanted = size_of(fd);
    while (total < wanted && got > 0) {
        size_t step = wanted - total < FILE_BLOCK ? (size_t)(wanted - total) : FILE_BLOCK;

        UNINTERRUPTED(got, read(fd, block, step));
        if (got > 0) {
            total += got;
            if (rand_mix(block, (int)got, (double)got) < 0)
                got = -1;
            else if (++blocks % BLOCKS_PER_LOOK == 0 && util_check_signals() < 0)
                got = -1;
        }
    }
    OPENSSL_cleanse(block, sizeof block);
    return got < 0 || wanted < 0 ? -1 : total;
}

long
rand_load(const char *path, long wanted)
{
    long result;
    int fd;

    if (wanted == 0)
        return 0;
    UNINTERRUPTED(fd, open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (fd < 0)
        return -1;
    result = mix_from(fd, wanted);
    close(fd);
    return result;
}

static int
write_all(int fd, const unsigned char *at, size_t size)
{
    ssize_t put = 0;

    while (size > 0 && put >= 0) {
        UNINTERRUPTED(put, write(fd, at, size));
        if (put > 0) {
            at += put;
            size -= (size_t)put;
        }
    }
    return put < 0 ? -1 : 0;
}

/* Whatever the file was before, nobody may read what is written now. */
static long
save_to(int fd)
{
    unsigned char secret[SEED_FILE_BYTES];
    struct stat about;
    long result = -1;

    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && fchmod(fd, S_IRUSR | S_IWUSR) == 0
        && ftruncate(fd, 0) == 0 && RAND_priv_bytes(secret, sizeof secret) == 1
        && write_all(fd, secret, sizeof secret) == 0)
        result = sizeof secret;
    OPENSSL_cleanse(secret, sizeof secret);
    return result;
}

long
rand_save(const char *path)
{
    /* Not blocking, so that a pipe in the file's place is refused rather than waited for. */
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    long result;
    int fd;

    UNINTERRUPTED(fd, open(path, flags, S_IRUSR | S_IWUSR));
    if (fd < 0)
        return -1;
    result = save_to(fd);
    return close(fd) < 0 && errno != EINTR ? -1 : result;
}

/* ---- the entropy gathering daemon ----
   OpenSSL is built without its client nowadays, so this is one.  A request is two bytes: which,
   and how much.  The answer to the first kind begins with a byte that says how much follows; the
   answer to the second is as long as was asked for. */

static int
egd_connect(const char *path)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    const struct timeval silence = {.tv_sec = EGD_SILENCE};
    int fd, failed;

    if (strlen(path) >= sizeof where.sun_path)
        return -1; /* no socket can have such a name */
    strcpy(where.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    failed = fcntl(fd, F_SETFD, FD_CLOEXEC) < 0
             || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence) < 0
             || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence) < 0;
    if (!failed)
        UNINTERRUPTED(failed, connect(fd, (struct sockaddr *)&where, sizeof where));
    if (failed) {
        close(fd);
        return -1;
    }
    return fd;
}

static int
egd_send(int fd, unsigned char request, unsigned char size)
{
    const unsigned char command[2] = {request, size};
    ssize_t put;

    UNINTERRUPTED(put, send(fd, command, sizeof command, MSG_NOSIGNAL));
    return put == (ssize_t)sizeof command ? 0 : -1;
}

static int
egd_receive(int fd, unsigned char *at, size_t size)
{
    ssize_t got = 1;

    while (size > 0 && got > 0) {
        UNINTERRUPTED(got, recv(fd, at, size, 0));
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
    return size > 0 ? -1 : 0;
}

/* What the daemon has, or else what it makes: how much that is, or -1. */
static int
egd_ask(int fd, unsigned char *data, unsigned char size)
{
    unsigned char there;

    if (egd_send(fd, EGD_NON_BLOCKING, size) < 0 || egd_receive(fd, &there, 1) < 0 || there > size)
        return -1;
    if (there > 0)
        return egd_receive(fd, data, there) < 0 ? -1 : there;
    if (egd_send(fd, EGD_BLOCKING, size) < 0 || egd_receive(fd, data, size) < 0)
        return -1;
    return size;
}

long
rand_query_egd(const char *path, long wanted)
{
    unsigned char data[EGD_AT_ONCE];
    long total = 0;
    int fd = egd_connect(path), got = 0;

    if (fd < 0)
        return -1;
    while (total < wanted && got >= 0) {
        long step = wanted - total < EGD_AT_ONCE ? wanted - total : EGD_AT_ONCE;

        got = egd_ask(fd, data, (unsigned char)step);
        if (got > 0 && rand_mix(data, got, got) < 0)
            got = -1;
        if (got > 0)
            total += got;
    }
    OPENSSL_cleanse(data, sizeof data);
    close(fd);
    return total == 0 && got < 0 ? -1 : total; /* what came before it fell silent counts */
}
