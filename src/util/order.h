/* The order in which a thread takes locks.  In debug builds it fails an assertion to ask for one
   out of order, or to wait for the network with what others would wait for. */
#ifndef UTIL_ORDER_H
#define UTIL_ORDER_H
#include "util/python.h"

/* What is taken first stands first.  Of the settings' locks a thread may hold several. */
typedef enum {
    UTIL_ORDER_TURN,
    UTIL_ORDER_MUTEX,
    UTIL_ORDER_SETTINGS,
    UTIL_ORDER_STORE,
    UTIL_ORDERS,
} util_order;

/* How many a thread holds.  Each module counts its own: from one to another only Python leads. */
typedef struct {
    signed char of[UTIL_ORDERS];
} util_held;

#ifdef NDEBUG

#define UTIL_ORDER_ASK(order) ((void)0)
#define UTIL_ORDER_TAKE(order) ((void)0)
#define UTIL_ORDER_GIVE(order) ((void)0)
#define UTIL_ORDER_WAIT(order) ((void)0)
#define UTIL_ORDER_BEGIN(before) ((void)(before))
#define UTIL_ORDER_END(before) ((void)(before))

#else

#define UTIL_ORDER_ASK(order) util_order_ask(order)   /* about to wait for one */
#define UTIL_ORDER_TAKE(order) util_order_take(order) /* it is ours */
#define UTIL_ORDER_GIVE(order) util_order_give(order)
/* About to wait for the network: nothing of this kind, or behind it, is held. */
#define UTIL_ORDER_WAIT(order) util_order_wait(order)
/* Around what runs Python: that may use other objects, in this order from its beginning. */
#define UTIL_ORDER_BEGIN(before) util_order_begin(before)
#define UTIL_ORDER_END(before) util_order_end(before)

void util_order_ask(util_order order);
void util_order_take(util_order order);
void util_order_give(util_order order);
void util_order_wait(util_order order);
void util_order_begin(util_held *before);
void util_order_end(const util_held *before);

#endif

#endif
