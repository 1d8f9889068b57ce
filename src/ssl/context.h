/* The methods of Context, which live in several files: one list, from which come their
   declarations and the rows of the type's table. */
#ifndef SSL_CONTEXT_H
#define SSL_CONTEXT_H
#include "ssl/state.h"

/* The SSL_CTX with the Context's lock held, or NULL with an exception and nothing held.
   Give the lock back with util_rwlock_release.  Run no Python code in between. */
SSL_CTX *ssl_context_read(PyObject *self, util_hold *hold);
SSL_CTX *ssl_context_write(PyObject *self, util_hold *hold);

/* Give the lock back; None if *success*, else Error from OpenSSL's queue. */
PyObject *ssl_context_done(PyObject *self, util_hold *hold, int success);

/* X: takes parameters.  X0: takes none. */
/* clang-format off */
#define CONTEXT_OPTION_METHODS(X, X0)                                                      \
    X(set_options) X(set_mode) X(clear_mode) X(set_min_proto_version)                      \
    X(set_max_proto_version) X(set_cipher_list) X(set_tls13_ciphersuites)                  \
    X(set_session_id) X(set_session_cache_mode) X0(get_session_cache_mode) X(set_timeout)  \
    X0(get_timeout) X(set_tlsext_use_srtp) X(set_alpn_protos) X0(get_verify_mode)          \
    X(set_verify_depth) X0(get_verify_depth)

#define CONTEXT_KEY_METHODS(X, X0)                                                         \
    X(use_certificate) X(use_certificate_file) X(use_certificate_chain_file)               \
    X(add_extra_chain_cert) X(use_privatekey) X(use_privatekey_file) X0(check_privatekey)  \
    X(set_passwd_cb) X(load_tmp_dh) X(set_tmp_ecdh)

#define CONTEXT_TRUST_METHODS(X, X0)                                                       \
    X(load_verify_locations) X0(set_default_verify_paths) X(_check_env_vars_set)           \
    X(_fallback_default_verify_paths) X0(get_cert_store) X(load_client_ca)                 \
    X(set_client_ca_list) X(add_client_ca)

#define CONTEXT_CALLBACK_METHODS(X, X0)                                                    \
    X(set_verify) X(set_info_callback) X(set_keylog_callback)                              \
    X(set_tlsext_servername_callback) X(set_alpn_select_callback)                          \
    X(set_ocsp_server_callback) X(set_ocsp_client_callback)                                \
    X(set_cookie_generate_callback) X(set_cookie_verify_callback)                          \
    X(set_npn_advertise_callback) X(set_npn_select_callback)

/* clang-format on */
#define CONTEXT_DECLARE(name)                                                         \
    PyObject *context_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, \
                             PyObject *kwnames);
#define CONTEXT_DECLARE_NOARGS(name) PyObject *context_##name(PyObject *self, PyObject *unused);

CONTEXT_OPTION_METHODS(CONTEXT_DECLARE, CONTEXT_DECLARE_NOARGS)
CONTEXT_KEY_METHODS(CONTEXT_DECLARE, CONTEXT_DECLARE_NOARGS)
CONTEXT_TRUST_METHODS(CONTEXT_DECLARE, CONTEXT_DECLARE_NOARGS)
CONTEXT_CALLBACK_METHODS(CONTEXT_DECLARE, CONTEXT_DECLARE_NOARGS)

#endif
