/* A lock for what many read and few change, on builds without the global lock: one number, and
   readers go side by side.
   What runs under it is C, and ends by itself: no Python code, no other lock of ours, and nothing
   that is waited for.  So it needs to know neither its holders nor signals, and cannot be part of
   a circle.  Making bytes, str and int of what is read is allowed, and so is raising, for neither
   runs Python code on these builds; so is OpenSSL with its own locks. */
#ifndef UTIL_SHARE_H
#define UTIL_SHARE_H
#include "util/lock.h"

/* Whose process it is, in the upper half (see lock.h); a bit that a writer is inside or waits for
   the readers to leave; how many readers there are.  Zero is free.
   A module that has some watches forks before the first is used. */
typedef util_wanted util_share;

#define UTIL_SHARE_WRITER ((uint64_t)1 << 31)

void util_share_read_slowly(util_share *share);
void util_share_write_slowly(util_share *share);

/* In debug builds: how many this thread holds.  A reader that asks again would wait for a writer
   that waits for it. */
#ifdef NDEBUG
#define UTIL_COUNT_SHARES(by) ((void)0)
#else
extern _Thread_local int util_shares;
#define UTIL_COUNT_SHARES(by) (util_shares += (by))
#endif

static inline void
util_share_read(util_share *share)
{
    uint64_t unwanted = atomic_load_explicit(&util_unwanted, memory_order_relaxed);
    uint64_t was = atomic_load_explicit(share, memory_order_relaxed);

    assert(util_shares == 0);
    UTIL_COUNT_SHARES(1);
    if (was - unwanted >= UTIL_SHARE_WRITER
        || !atomic_compare_exchange_strong_explicit(share, &was, was + 1, memory_order_acquire,
                                                    memory_order_relaxed))
        util_share_read_slowly(share);
}

static inline void
util_share_read_end(util_share *share)
{
    UTIL_COUNT_SHARES(-1);
    atomic_fetch_sub_explicit(share, 1, memory_order_release);
}

static inline void
util_share_write(util_share *share)
{
    uint64_t unwanted = atomic_load_explicit(&util_unwanted, memory_order_relaxed);

    assert(util_shares == 0);
    UTIL_COUNT_SHARES(1);
    if (!atomic_compare_exchange_strong_explicit(share, &unwanted, unwanted + UTIL_SHARE_WRITER,
                                                 memory_order_acquire, memory_order_relaxed))
        util_share_write_slowly(share);
}

static inline void
util_share_write_end(util_share *share)
{
    UTIL_COUNT_SHARES(-1);
    atomic_fetch_sub_explicit(share, UTIL_SHARE_WRITER, memory_order_release);
}

/* Two for reading, in one order for all threads; they may be one, or NULL. */
void util_share_read2(util_share *one, util_share *other);
void util_share_read2_end(util_share *one, util_share *other);

#endif
