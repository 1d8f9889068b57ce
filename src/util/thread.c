#include "util/thread.h"

/* All of a thread that we remember.  `detached` is non-NULL exactly while the thread is
   inside OpenSSL on our behalf. */
static _Thread_local PyThreadState *detached;
static _Thread_local int callbacks; /* how deep we are in them */

/* ---- leaving and coming back ---- */

void
util_detach(void)
{
    assert(detached == NULL);
    detached = PyEval_SaveThread();
}

void
util_attach(void)
{
    PyThreadState *state = detached;

    assert(state != NULL);
    detached = NULL;
    PyEval_RestoreThread(state);
}

int
util_is_detached(void)
{
    return detached != NULL;
}

static int
is_pythons_thread(void)
{
#if UTIL_ONE_CURRENT_STATE
    return PyGILState_GetThisThreadState() != NULL;
#else
    return PyThreadState_GetUnchecked() != NULL;
#endif
}

int
util_callback_enter(util_callback *cb)
{
    cb->was_detached = detached != NULL;
    if (cb->was_detached)
        util_attach();
    else if (!is_pythons_thread())
        return 0; /* a thread that Python never saw: nothing to raise into */
    callbacks++;
    UTIL_ORDER_BEGIN(&cb->held);
    if (!PyErr_Occurred())
        return 1;
    util_callback_leave(cb); /* an earlier callback of this call has failed */
    return 0;
}

void
util_callback_leave(const util_callback *cb)
{
    UTIL_ORDER_END(&cb->held);
    callbacks--;
    if (cb->was_detached)
        util_detach();
}

int
util_in_callback(void)
{
    return callbacks > 0;
}

int
util_check_signals(void)
{
    int was_detached = detached != NULL, result;
    util_held held;

    if (was_detached)
        util_attach();
    UTIL_ORDER_BEGIN(&held);
    result = PyErr_Occurred() ? -1 : PyErr_CheckSignals();
    UTIL_ORDER_END(&held);
    if (was_detached)
        util_detach();
    return result;
}
