#include "util/thread.h"

/* All of a thread that we remember. */
typedef struct {
    PyThreadState *detached; /* not NULL exactly while it is inside OpenSSL on our behalf */
    int callbacks;           /* how deep it is in them */
} memory;

static _Thread_local memory mine;

/* ---- leaving and coming back ---- */

void
util_detach(void)
{
    assert(mine.detached == NULL);
    mine.detached = PyEval_SaveThread();
}

void
util_attach(void)
{
    PyThreadState *state = mine.detached;

    assert(state != NULL);
    mine.detached = NULL;
    PyEval_RestoreThread(state);
}

int
util_is_detached(void)
{
    return mine.detached != NULL;
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
    PyThreadState *state = mine.detached;

    cb->was_detached = state != NULL;
    if (state != NULL) {
        mine.detached = NULL;
        PyEval_RestoreThread(state);
    } else if (!is_pythons_thread())
        return 0; /* a thread that Python never saw: nothing to raise into */
    mine.callbacks++;
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
    mine.callbacks--;
    if (cb->was_detached)
        mine.detached = PyEval_SaveThread();
}

int
util_in_callback(void)
{
    return mine.callbacks > 0;
}

int
util_check_signals(void)
{
    int was_detached = util_is_detached(), result;
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
