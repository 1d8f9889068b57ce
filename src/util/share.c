#include "util/share.h"

#ifndef NDEBUG
_Thread_local int util_shares;
#endif

/* Whoever sleeps is detached, for the holder's sake. */
static void
pause_once(int turn)
{
    int detach = turn >= UTIL_POLITE && !util_is_detached();

    if (detach)
        util_detach();
    util_let_others_run(turn);
    if (detach)
        util_attach();
}

/* A fork stops the world first, so nobody is inside: all that a child can find is a writer that
   waited, detached. */
static uint64_t
renewed(util_share *share)
{
    uint64_t unwanted = atomic_load(&util_unwanted), was = atomic_load(share);

    while (util_whose(was) != util_whose(unwanted))
        if (atomic_compare_exchange_weak(share, &was, unwanted))
            return unwanted;
    return was;
}

void
util_share_read_slowly(util_share *share)
{
    uint64_t was = renewed(share);
    int turn = 0;

    while ((was & UTIL_SHARE_WRITER) || !atomic_compare_exchange_strong(share, &was, was + 1)) {
        if (was & UTIL_SHARE_WRITER)
            pause_once(turn++);
        was = renewed(share);
    }
}

/* First it keeps new readers out, then it waits for those inside. */
void
util_share_write_slowly(util_share *share)
{
    uint64_t was = renewed(share);
    int turn = 0;

    while ((was & UTIL_SHARE_WRITER)
           || !atomic_compare_exchange_strong(share, &was, was + UTIL_SHARE_WRITER)) {
        if (was & UTIL_SHARE_WRITER)
            pause_once(turn++);
        was = renewed(share);
    }
    for (turn = 0; util_how_many(atomic_load(share)) != UTIL_SHARE_WRITER; turn++)
        pause_once(turn);
}

void
util_share_read2(util_share *one, util_share *other)
{
    util_share *first = (uintptr_t)one < (uintptr_t)other ? one : other;
    util_share *second = first == one ? other : one;

    assert(util_shares == 0);
    if (first != NULL && first != second) {
        UTIL_COUNT_SHARES(1);
        util_share_read_slowly(first);
    }
    if (second != NULL) {
        UTIL_COUNT_SHARES(1);
        util_share_read_slowly(second);
    }
}

void
util_share_read2_end(util_share *one, util_share *other)
{
    if (one != NULL && one != other)
        util_share_read_end(one);
    if (other != NULL)
        util_share_read_end(other);
}
