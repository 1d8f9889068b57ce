/* The methods of Connection, which live in several files: one list, from which come their
   declarations and the rows of the type's table. */
#ifndef SSL_CONNECTION_H
#define SSL_CONNECTION_H
#include "ssl/state.h"

/* X: takes parameters.  X0: takes none. */
/* clang-format off */
#define CONNECTION_LIFE_METHODS(X, X0)                                                     \
    X0(get_app_data) X(set_app_data) X(connect) X(connect_ex) \
    X0(accept) X0(close) X(makefile) X(sock_shutdown) X0(set_connect_state)                \
    X0(set_accept_state)

#define CONNECTION_CONTEXT_METHODS(X, X0) X0(get_context) X(set_context)

#define CONNECTION_IO_METHODS(X, X0)                                                       \
    X(recv) X(recv_into) X(send) X(sendall) X0(do_handshake) X0(shutdown) X(bio_read)      \
    X(bio_write) X0(bio_shutdown) X0(renegotiate) X(key_update) X0(DTLSv1_listen)          \
    X0(DTLSv1_handle_timeout)

#define CONNECTION_INFO_METHODS(X, X0)                                                     \
    X0(pending) X0(want_read) X0(want_write) X0(get_shutdown) X0(get_verify_mode)          \
    X0(get_protocol_version) X0(get_protocol_version_name) X0(get_state_string)            \
    X0(state_string) X0(renegotiate_pending) X0(total_renegotiations)                      \
    X0(get_cleartext_mtu) X0(DTLSv1_get_timeout) X0(get_cipher_name) X0(get_cipher_bits)   \
    X0(get_cipher_version) X0(get_cipher_list) X0(get_group_name) X0(get_servername)       \
    X0(get_alpn_proto_negotiated) X0(get_next_proto_negotiated)                            \
    X0(get_selected_srtp_profile)

#define CONNECTION_SECRET_METHODS(X, X0)                                                   \
    X0(client_random) X0(server_random) X0(master_key) X0(get_finished)                    \
    X0(get_peer_finished) X(export_keying_material)

#define CONNECTION_PEER_METHODS(X, X0)                                                     \
    X(get_peer_certificate) X(get_certificate) X(get_peer_cert_chain) X(get_verified_chain) \
    X(get_client_ca_list) X0(get_session) X(set_session)

#define CONNECTION_SETTING_METHODS(X, X0)                                                  \
    X(set_verify) X(set_info_callback) X(use_certificate) X(use_privatekey)                \
    X(set_tlsext_host_name) X(set_alpn_protos) X0(request_ocsp) X(set_options)             \
    X(set_shutdown) X(set_ciphertext_mtu)

/* clang-format on */

#define CONNECTION_DECLARE(name)                                                         \
    PyObject *connection_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, \
                                PyObject *kwnames);
#define CONNECTION_DECLARE_NOARGS(name) \
    PyObject *connection_##name(PyObject *self, PyObject *unused);

CONNECTION_LIFE_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_CONTEXT_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_IO_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_INFO_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_SECRET_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_PEER_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)
CONNECTION_SETTING_METHODS(CONNECTION_DECLARE, CONNECTION_DECLARE_NOARGS)

/* Before a first handshake: drop the session if its peer was not verified and is to be. */
void connection_forget_unverified(SSL *ssl);

#endif
