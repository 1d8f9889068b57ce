/* What SSL_get_error said, as an exception. */
#ifndef SSL_ERROR_H
#define SSL_ERROR_H
#include "ssl/state.h"

/* error: SSL_ERROR_x, asked before anything else ran; sys: errno of the transport, or 0.
   Returns NULL always.  A pending exception (a callback's) wins. */
void *ssl_raise(ssl_state *state, int error, int sys);

#endif
