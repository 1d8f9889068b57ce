/* The methods of Connection, which live in several files: one list, from which come their
   declarations and the rows of the type's table. */
#ifndef SSL_CONNECTION_H
#define SSL_CONNECTION_H
#include "ssl/state.h"

/* X: takes parameters.  X0: takes none. */
#define CONNECTION_LIFE_METHODS(X, X0)                                                     \
    X0(get_context) X(set_context) X0(get_app_data) X(set_app_data) X(connect) X(connect_ex) \
    X0(accept) X0(close) X(makefile) X(sock_shutdown) X0(set_connect_state)                \
    X0(set_accept_state)

#define CONNECTION_IO_METHODS(X, X0)                                                       \
    X(recv) X(recv_into) X(send) X(sendall) X0(do_handshake) X0(shutdown) X(bio_read)      \
    X(bio_write) X0(bio_shutdown) X0(renegotiate) X(key_update) X0(DTLSv1_listen)          \
    X0(DTLSv1_handle_timeout)

#define CONNECTION_INFO_METHODS(X, X0)                                                     \
    X0(pending)

#define CONNECTION_SETTING_METHODS(X, X0)

#define CONNECTION_DECLARE(name)                                                            \
    PyObject *connection_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs,    \
                                PyObject *kwnames);
#define CONNECTION_DECLARE_NOARGS(name) \
    PyObject *connection_##name(PyObject *self, PyObject *unused);

CONNECTION_LIFE_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_IO_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_INFO_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_SETTING_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)

#endif
