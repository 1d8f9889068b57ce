/* Where the generator's seed comes from and goes to: memory, files, a daemon.
   Everything here may run detached.  0 or a count is success, -1 failure; then an exception (a
   signal's handler raised) or an entry on OpenSSL's queue (its generator failed) may tell more. */
#ifndef RAND_SEED_H
#define RAND_SEED_H
#include "util/python.h"

/* Mixes bytes into the generator; RAND_add itself does not tell whether it did. */
int rand_mix(const void *data, int size, double entropy);

/* At most *wanted* bytes of a file, or all of it if that is negative. */
long rand_load(const char *path, long wanted);
/* Makes the file one of 1024 random bytes that only its owner may read. */
long rand_save(const char *path);

/* Asks an entropy gathering daemon that listens on a UNIX socket. */
long rand_query_egd(const char *path, long wanted);

#endif
