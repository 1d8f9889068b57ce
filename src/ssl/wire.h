/* Lists of protocol names as TLS writes them: each behind a byte with its length. */
#ifndef SSL_WIRE_H
#define SSL_WIRE_H
#include "util/python.h"

/* Of an iterable of bytes: the wire form as bytes.  ValueError when it is empty or too long,
   or a name is longer than 255 bytes.  An empty name is let through, for OpenSSL to refuse. */
PyObject *wire_from_protocols(PyObject *protocols, const char *name);

/* The wire form as a list of bytes; what does not fit is left out. */
PyObject *wire_as_protocols(const unsigned char *data, size_t size);

/* Where in the wire form a name is, or NULL. */
const unsigned char *wire_find(const unsigned char *data, size_t size, const char *wanted,
                               size_t length);

#endif
