#include "util/order.h"

#ifndef NDEBUG

static _Thread_local util_held held, outside; /* outside: before this callback, if it is in one */

void
util_order_wait(util_order order)
{
    for (int behind = (int)order; behind < UTIL_ORDERS; behind++)
        assert(held.of[behind] <= outside.of[behind]);
}

void
util_order_ask(util_order order)
{
    assert(order < UTIL_ORDERS);
    util_order_wait(order == UTIL_ORDER_SETTINGS ? UTIL_ORDER_STORE : order);
}

void
util_order_take(util_order order)
{
    util_order_ask(order);
    held.of[order]++;
}

void
util_order_give(util_order order)
{
    assert(held.of[order] > 0);
    held.of[order]--;
}

void
util_order_begin(util_held *before)
{
    *before = outside;
    outside = held;
}

void
util_order_end(const util_held *before)
{
    outside = *before;
}

#endif
