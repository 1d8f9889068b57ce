/* OpenSSL's error queue as a Python exception.  Only error.c touches the queue. */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H
#include "util/openssl.h"
#include "util/python.h"

/* Empties the queue into exc([(library, function, reason), ...]); a pending exception wins,
   exhausted memory is MemoryError, an empty queue still gives one triple.
   Returns NULL always, so that a caller can return it. */
void *util_raise(PyObject *exc);

/* The same for a failure that OpenSSL does not queue: one triple, the queue dropped. */
void *util_raise_reason(PyObject *exc, const char *library, const char *reason);

/* Adds a note to the pending exception, below its message; without memory for it, none.  *format*
   as PyUnicode_FromFormat has it. */
void util_note(const char *format, ...);

/* MemoryError, the queue dropped. */
void *util_raise_memory(void);

/* For a constructor: an empty queue means that memory ran out. */
void *util_raise_new(PyObject *exc);

/* Around calls whose failure is an answer and no error. */
void util_errors_mark(void);
void util_errors_forget(void); /* drops what came since the mark */

/* After a failure that is an answer, too: drops the queue, but if memory ran out it is no answer:
   -1 with a MemoryError. */
int util_errors_swallow(void);

/* Before a call whose result is read from the queue, and after a swallowed failure. */
void util_errors_clear(void);

/* Empties the queue too, and tells whether an allocation failed among what was there. */
int util_errors_no_memory(void);

/* Puts an entry there: what has failed before fails again, and so do tests. */
void util_errors_push(int library, int reason);

/* The queue's oldest entry, or its newest: is there one, and is it this? */
int util_errors_pending(void);
int util_errors_first_is(int library, int reason);
int util_errors_last_is(int library, int reason);

#endif
