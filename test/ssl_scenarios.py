"""Connections of every kind for test_faults.py and test_leaks.py: see fault_scenarios.py.

What is asked of a peer, or of a callback, must not be skipped because memory has run out.  So a
scenario here goes on after a failure, as a careless program would, and an end that then takes its
handshake for done must have seen all that it asked for.
"""

import contextlib
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import support
from OpenSSL import SSL, _util, crypto, tsafe

lib, NULL = _util.lib, _util.ffi.NULL
PROBLEMS = (MemoryError, SSL.Error)
TLS_1_2, TLS_1_3 = SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION


def _nothing(connection):
    pass


def _is_through(connection):
    """Whether it takes its handshake for done, and sends."""
    try:
        return connection.send(b"x") == 1
    except (*PROBLEMS, ZeroDivisionError):
        return False


def _shake(client, server, check=_nothing, problems=PROBLEMS):
    """Shake hands; *check* is called with each end that takes the handshake for done, be it after a
    failure and another try."""
    failure = None
    try:
        support.handshake(client, server)
    except problems as error:
        failure = error
        if not support.is_memory(client):  # which nobody has to wait for
            raise
        for _ in range(2):
            with contextlib.suppress(*problems, AssertionError):
                support.handshake(client, server)
    for end in (client, server):
        if failure is None or _is_through(end):
            check(end)
    if failure is not None:
        raise failure


def _must_fail(exception, client, server, refuser):
    """Shake hands, which the one end must refuse, at the second try too."""
    problems = (MemoryError, SSL.Error, exception)
    failure = None
    for _ in range(3):
        try:
            support.handshake(client, server)
        except problems as error:
            failure = failure or error
        except AssertionError:  # it stands still
            if failure is None:
                raise
        assert not _is_through(refuser), "what must be refused is accepted"
    assert failure is not None
    if isinstance(failure, MemoryError):
        raise failure


def _part(one, other):
    """Without which a session does not count."""
    for _ in range(2):
        for connection in (one, other):
            with contextlib.suppress(SSL.WantReadError):
                connection.shutdown()
        support.pump(one, other)


def _tell(source, target, data=b"data"):
    assert support.transfer(source, target, data) == data


def _look(*connections):
    """Take in what comes after a handshake, such as tickets."""
    for connection in connections:
        support.refused(SSL.WantReadError, connection.recv, 1)


def _noting(seen):
    """A callback for set_verify that leaves the judgement to OpenSSL and notes who was shown."""

    def verify(connection, cert, error, depth, ok):
        seen.append(depth)
        return ok

    return verify


def _common_name(cert):
    return cert.get_subject().CN


# ---- who they are ----


def _client_certificates(version):
    pki = support.pki()
    server, client = support.server_context(pki.ec_server, verify=pki.ca), support.client_context()
    client.use_certificate_chain_file(pki.deep.chain_path)
    client.use_privatekey_file(pki.deep.key_path)
    client.set_max_proto_version(version)
    seen = {"client": [], "server": []}
    client.set_verify(SSL.VERIFY_PEER, _noting(seen["client"]))
    server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _noting(seen["server"]))
    server.add_client_ca(pki.ca.x509())

    def scenario():
        for depths in seen.values():
            depths.clear()
        one, two = support.memory_pair(client, server)

        def check(end):
            # A root that OpenSSL has no memory to recognize as its own issuer is not shown.
            assert 0 in seen["client" if end is one else "server"]
            assert SSL._verify_result(end) == 0
            assert _common_name(end.get_peer_certificate()) == "localhost"

        _shake(one, two, check)
        _tell(one, two)
        assert len(two.get_verified_chain()) == 3
        assert len(two.get_peer_cert_chain()) == 1
        assert one.get_verify_mode() == SSL.VERIFY_PEER

    return scenario


def client_certificates_tls_1_2():
    return _client_certificates(TLS_1_2)


def client_certificates_tls_1_3():
    return _client_certificates(TLS_1_3)


def certificates_of_connections():
    """Each end has its certificate and its trust from nobody but the Connection."""
    pki = support.pki()
    server, client = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
    for context in (server, client):
        context.get_cert_store().add_cert(pki.ec_ca.x509())
    credentials = [(one.x509(), one.pkey()) for one in (pki.ec_client, pki.ec_server)]
    mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT

    def scenario():
        seen = []
        pair = support.memory_pair(client, server)
        for end, (cert, key) in zip(pair, credentials):
            end.use_certificate(cert)
            end.use_privatekey(key)
            end.set_verify(mode, _noting(seen))
            assert end.get_verify_mode() == mode

        def check(end):
            assert 0 in seen and SSL._verify_result(end) == 0
            peer = "localhost" if end is pair[0] else "client"
            assert _common_name(end.get_peer_certificate()) == peer

        _shake(*pair, check)
        support.refused(SSL.Error, pair[0].use_privatekey, credentials[1][1])

    return scenario


def servername_switches_the_context():
    """To one that has another certificate, and to clients that must show one."""
    pki = support.pki()
    first, second = support.server_context(pki.other), support.server_context(pki.ec_server)
    second.load_verify_locations(pki.ec_ca.cert_path)
    client = support.client_context(credential=pki.ec_client)
    first.set_alpn_select_callback(lambda connection, names: b"first")
    second.set_alpn_select_callback(lambda connection, names: b"second")
    client.set_alpn_protos([b"first", b"second"])
    seen = []
    verify = _noting(seen)  # not made inside of a callback: CPython 3.13 may crash there

    def switch(connection):
        assert connection.get_servername() == b"localhost"
        connection.set_context(second)
        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verify)

    first.set_tlsext_servername_callback(switch)

    def scenario():
        seen.clear()
        one, two = support.memory_pair(client, first)
        one.set_tlsext_host_name(b"localhost")

        def check(end):
            assert SSL._verify_result(end) == 0
            assert end.get_alpn_proto_negotiated() == b"second"
            if end is two:
                assert seen and end.get_context() is second
                assert _common_name(end.get_peer_certificate()) == "client"

        _shake(one, two, check)
        _tell(two, one)

    return scenario


def names_that_are_checked():
    """By what other packages find in OpenSSL._util."""
    client, server = support.client_context(), support.server_context()
    demanding = support.client_context()
    lib.X509_VERIFY_PARAM_set1_host(lib.SSL_CTX_get0_param(demanding._context), b"another", 7)

    def pair(set_name, *args):
        one, two = support.memory_pair(client, server)
        param = lib.SSL_get0_param(one._ssl)
        lib.X509_VERIFY_PARAM_set_hostflags(param, lib.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        assert set_name(param, *args) == 1
        return one, two

    def scenario():
        one, two = pair(lib.X509_VERIFY_PARAM_set1_host, b"localhost", 9)
        _shake(one, two)
        assert lib.SSL_get_verify_result(one._ssl) == lib.X509_V_OK
        one, two = pair(lib.X509_VERIFY_PARAM_set1_host, b"another", 7)
        _must_fail(SSL.Error, one, two, one)
        one, two = pair(lib.X509_VERIFY_PARAM_set1_ip, bytes([127, 0, 0, 2]), 4)
        _must_fail(SSL.Error, one, two, one)
        one, two = support.memory_pair(demanding, server)
        _must_fail(SSL.Error, one, two, one)

    return scenario


# ---- what they agree about ----


def alpn():
    client, server = support.client_context(), support.server_context()
    client.set_alpn_protos([b"h2", b"http/1.1"])
    answers = {(b"h2", b"http/1.1"): b"http/1.1", (b"x",): SSL.NO_OVERLAPPING_PROTOCOLS}
    server.set_alpn_select_callback(lambda connection, names: answers[tuple(names)])

    def scenario():
        for own, expected in ((None, b"http/1.1"), ([b"x"], b"")):
            one, two = support.memory_pair(client, server)
            if own:
                one.set_alpn_protos(own)

            def check(end, expected=expected):
                assert end.get_alpn_proto_negotiated() == expected

            _shake(one, two, check)
        assert one.get_next_proto_negotiated() == b""

    return scenario


def _ocsp(version):
    client, server = support.client_context(), support.server_context()
    client.set_max_proto_version(version)
    responses, seen = [bytes.fromhex("30030a0106"), b""], []  # OpenSSL 3.6 passes on no other kind

    def judge(connection, response, data):
        seen.append(response)
        return data

    server.set_ocsp_server_callback(lambda connection, data: data[-1], responses)
    client.set_ocsp_client_callback(judge, True)

    def scenario():
        for _ in responses:
            responses.reverse()
            seen.clear()
            one, two = support.memory_pair(client, server)
            one.request_ocsp()

            def check(end, pair=(one, two)):
                if end is pair[0]:
                    assert seen == responses[-1:]

            _shake(one, two, check)

    return scenario


def ocsp_tls_1_2():
    return _ocsp(TLS_1_2)


def ocsp_tls_1_3():
    return _ocsp(TLS_1_3)


def keying_material():
    client, server = support.client_context(), support.server_context()

    def scenario():
        pair = support.connected("memory", client, server)
        for context in (None, b"", b"context"):
            first, second = (end.export_keying_material(b"label", 40, context) for end in pair)
            assert first == second and len(first) == 40

    return scenario


def what_is_told():
    """Key log lines and information, of a Context and of a Connection."""
    client, server = support.client_context(), support.server_context()
    lines, told = [], []
    for context in (client, server):
        context.set_keylog_callback(lambda connection, line: lines.append(line.split()[0]))
        context.set_info_callback(lambda connection, where, value: told.append(where))

    def scenario():
        lines.clear()
        told.clear()
        one, two = support.memory_pair(client, server)
        mine = []
        one.set_info_callback(lambda connection, where, value: mine.append(where))
        _shake(one, two)
        assert len(lines) == 2 * len(set(lines)) == 10
        for calls in (told, mine):
            assert {SSL.SSL_CB_HANDSHAKE_START, SSL.SSL_CB_HANDSHAKE_DONE} <= set(calls)

    return scenario


# ---- taking up a session ----


def _resumption(version, options, mode):
    pki = support.pki()
    client = support.client_context(credential=pki.ec_client)
    client.set_max_proto_version(version)
    seen = []
    client.set_verify(SSL.VERIFY_PEER, _noting(seen))
    root, cert, key = pki.ec_ca.x509(), pki.ec_server.x509(), pki.ec_server.pkey()

    def check(end):
        assert SSL._verify_result(end) == 0
        assert end.get_peer_certificate() is not None

    def scenario():
        server = SSL.Context(SSL.TLS_METHOD)  # which keeps sessions
        server.set_options(options)
        server.set_session_cache_mode(mode)
        assert server.get_session_cache_mode() == mode
        server.set_session_id(b"id")
        server.use_certificate(cert)
        server.use_privatekey(key)
        server.get_cert_store().add_cert(root)
        server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _noting([]))
        one, two = support.memory_pair(client, server)
        _shake(one, two, check)
        _look(one)
        session = one.get_session()
        _part(one, two)
        seen.clear()
        for _ in range(2):
            one, two = support.memory_pair(client, server)
            one.set_session(session)
            _shake(one, two, check)
            _tell(one, two)
            _tell(two, one)
            _part(one, two)
        # Where there is no memory to read a ticket, all is shown anew.
        return not seen

    assert scenario()
    return scenario


def resumption_by_id():
    return _resumption(TLS_1_2, SSL.OP_NO_TICKET, SSL.SESS_CACHE_SERVER)


def resumption_by_ticket_tls_1_2():
    return _resumption(TLS_1_2, 0, SSL.SESS_CACHE_OFF)


def resumption_tls_1_3():
    return _resumption(TLS_1_3, 0, SSL.SESS_CACHE_BOTH)


def sessions_of_unverified_peers():
    """They are not taken up where the peer must be verified."""
    pki = support.pki()
    client, server = support.client_context(), support.server_context(pki.other)
    server.set_session_id(b"id")

    def scenario():
        one, two = support.memory_pair(client, server)
        one.set_verify(SSL.VERIFY_NONE)
        support.handshake(one, two)
        _look(one)
        session = one.get_session()
        _part(one, two)
        one, two = support.memory_pair(client, server)
        support.refused(ValueError, one.set_session, session)
        _must_fail(SSL.Error, one, two, one)
        one, two = support.memory_pair(client, server)
        one.set_verify(SSL.VERIFY_NONE)
        one.set_session(session)
        one.set_verify(SSL.VERIFY_PEER)
        _must_fail(SSL.Error, one, two, one)

    return scenario


# ---- while it lasts ----


def renegotiations():
    """Asked for by each end, and by a server that wants to know its client."""
    pki = support.pki()
    client, server = support.client_context(credential=pki.ec_client), support.server_context()
    server.load_verify_locations(pki.ec_ca.cert_path)
    server.set_session_id(b"id")
    for context in (client, server):
        context.set_max_proto_version(TLS_1_2)
        context.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
    server.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # else the first session would be taken up
    server.set_options(SSL.OP_NO_TICKET)

    def scenario():
        pair = support.memory_pair(client, server)
        _shake(*pair)
        one, two = pair
        two.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _noting([]))
        for number, end in enumerate((two, one), 1):
            assert end.renegotiate() is True
            assert end.renegotiate_pending()
            assert end.renegotiate() is False
            for _ in range(4):
                _try_to_shake(end)
                support.pump(one, two)
                _look(one, two)
                support.pump(one, two)
            assert end.total_renegotiations() >= 1 and not end.renegotiate_pending()
            assert two.get_peer_certificate() is not None
            _tell(one, two)
            _tell(two, one)

    return scenario


def _try_to_shake(connection):
    with contextlib.suppress(SSL.WantReadError):
        connection.do_handshake()


def key_updates():
    client, server = support.client_context(), support.server_context()

    def scenario():
        one, two = support.connected("memory", client, server)
        for end, other in ((one, two), (two, one)):
            for ask in (False, True):
                end.key_update(ask)
                _tell(end, other)
                _tell(other, end)
        support.refused(SSL.Error, one.renegotiate)

    return scenario


def ends():
    """How connections end: properly, one side first, cut, or as if."""
    contexts = support.client_context(), support.server_context()

    def scenario():
        one, two = support.connected("memory", *contexts)
        assert one.shutdown() is False
        assert one.get_shutdown() & SSL.SENT_SHUTDOWN
        support.pump(one, two)
        support.refused(SSL.ZeroReturnError, two.recv, 1)
        _tell(two, one)
        assert two.shutdown() is True
        support.pump(one, two)
        assert one.shutdown() is True
        support.refused(SSL.Error, one.send, b"x")
        one, two = support.connected("memory", *contexts)
        _look(one)
        assert one.want_read() and not one.want_write()
        one.bio_shutdown()
        support.refused(SSL.SysCallError, one.recv, 1)
        two.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
        assert two.shutdown() is True

    return scenario


# ---- datagrams ----


def datagrams():
    """A cookie, a handshake with certificates of both, a datagram that is lost, data."""
    pki, method = support.pki(), SSL.DTLS_METHOD
    server = support.server_context(method=method, verify=pki.ec_ca)
    client = support.client_context(method=method, credential=pki.ec_client)
    for context in (client, server):
        context.set_options(SSL.OP_NO_QUERY_MTU)
    seen = []

    def verify(connection, cookie):
        seen.append(cookie)
        return cookie == b"cookie"

    server.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
    client.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")

    def check(end):
        assert SSL._verify_result(end) == 0 and end.get_peer_certificate() is not None

    def scenario():
        seen.clear()
        server.set_cookie_generate_callback(lambda connection: b"cookie")
        server.set_cookie_verify_callback(verify)
        one, two = support.memory_pair(client, server)
        for connection in (one, two):
            connection.set_options(SSL.OP_NO_TICKET)
            connection.set_ciphertext_mtu(1400)
        support.refused(SSL.WantReadError, one.do_handshake)
        support.move(one, two)
        support.refused(SSL.WantReadError, two.DTLSv1_listen)
        support.move(two, one)
        assert not seen
        support.refused(SSL.WantReadError, one.do_handshake)
        support.move(one, two)
        two.DTLSv1_listen()
        assert seen == [b"cookie"]
        _shake(one, two, check)
        assert one.get_protocol_version() == two.get_protocol_version()
        assert one.get_selected_srtp_profile() == b"SRTP_AES128_CM_SHA1_80"
        assert 1000 < one.get_cleartext_mtu() < 1400
        assert one.DTLSv1_get_timeout() is None and one.DTLSv1_handle_timeout() is False
        one.send(b"lost")
        one.bio_read(10000)
        _tell(one, two)
        _tell(two, one)
        one.shutdown()
        support.pump(one, two)
        support.refused(SSL.ZeroReturnError, two.recv, 1)

    return scenario


def datagrams_without_a_good_cookie():
    server = support.server_context(method=SSL.DTLS_METHOD)
    client = support.client_context(method=SSL.DTLS_METHOD)
    server.set_cookie_generate_callback(lambda connection: b"cookie")
    server.set_cookie_verify_callback(lambda connection, cookie: False)

    def scenario():
        one, two = support.memory_pair(client, server)
        for _ in range(3):
            support.refused(SSL.WantReadError, one.do_handshake)
            support.move(one, two)
            support.refused(SSL.WantReadError, two.DTLSv1_listen)
            support.move(two, one)

    return scenario


# ---- what must be refused ----


def _refusals(version):
    """(exception, client's Context, server's Context, who refuses, what to do before) for each."""
    pki = support.pki()
    required = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    made = []

    def add(refuser, exception=SSL.Error, before=_nothing, credential=None, **options):
        client = support.client_context(credential=options.pop("client", None))
        client.set_max_proto_version(version)
        server = support.server_context(credential, **options)
        made.append((exception, client, server, refuser, before))
        return client, server

    return pki, required, made, add


def _scenario_of(made):
    def scenario():
        for exception, client, server, refuser, before in made:
            pair = support.memory_pair(client, server)
            before(pair[0])
            _must_fail(exception, *pair, pair[refuser])

    return scenario


CLIENT, SERVER = 0, 1


def _strangers(version):
    """Certificates that nobody vouches for, or that are not there."""
    pki, required, made, add = _refusals(version)
    add(CLIENT, credential=pki.other)
    add(SERVER, client=pki.other, verify=pki.ec_ca)
    add(SERVER, verify=pki.ec_ca)
    return _scenario_of(made)


def strangers_tls_1_2():
    return _strangers(TLS_1_2)


def strangers_tls_1_3():
    return _strangers(TLS_1_3)


def _doubts(version):
    """Callbacks that say no, though OpenSSL would say yes."""
    pki, required, made, add = _refusals(version)
    client, _ = add(CLIENT)
    client.set_verify(SSL.VERIFY_PEER, lambda *args: False)
    _, server = add(SERVER, client=pki.ec_client, verify=pki.ec_ca)
    server.set_verify(required, lambda *args: 0)
    client, server = add(CLIENT, before=lambda one: one.request_ocsp())
    server.set_ocsp_server_callback(lambda connection, data: b"response")
    client.set_ocsp_client_callback(lambda connection, response, data: False)
    return _scenario_of(made)


def doubts_tls_1_2():
    return _doubts(TLS_1_2)


def doubts_tls_1_3():
    return _doubts(TLS_1_3)


def exceptions_of_callbacks():
    pki, required, made, add = _refusals(TLS_1_3)

    def fail(*args):
        raise ZeroDivisionError

    for setter in (
        *("set_alpn_select_callback", "set_tlsext_servername_callback", "set_info_callback"),
        *("set_keylog_callback", "set_ocsp_server_callback"),
    ):
        client, server = add(SERVER, ZeroDivisionError, before=lambda one: one.request_ocsp())
        client.set_alpn_protos([b"x"])
        getattr(server, setter)(fail)
    client, server = add(CLIENT, ZeroDivisionError, before=lambda one: one.request_ocsp())
    client.set_ocsp_client_callback(fail)
    return _scenario_of(made)


def no_agreement():
    """Neither cipher nor version nor protocol in common, and what is no TLS at all."""
    pki, required, made, add = _refusals(TLS_1_2)
    client, server = add(SERVER)
    client.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
    server.set_cipher_list(b"ECDHE-RSA-AES256-GCM-SHA384")
    _, server = add(SERVER)
    server.set_min_proto_version(TLS_1_3)
    client, server = add(SERVER)
    client.set_alpn_protos([b"x"])
    server.set_alpn_select_callback(lambda connection, names: b"not offered")
    refused = _scenario_of(made)
    context = support.server_context()

    def scenario():
        refused()
        server = SSL.Connection(context)
        server.set_accept_state()
        server.bio_write(b"GET / HTTP/1.0\r\n\r\n")
        support.refused(SSL.Error, server.do_handshake)
        assert not _is_through(server)

    return scenario


# ---- sockets ----


def _socket_pair(stack, client, server, blocking):
    """Two Connections over sockets that are closed with the stack, whatever fails."""
    sockets = [stack.enter_context(one) for one in socket.socketpair()]
    for one in sockets:
        one.setblocking(blocking)
    pair = [SSL.Connection(*args) for args in zip((client, server), sockets)]
    pair[0].set_connect_state()
    pair[1].set_accept_state()
    return pair


def sockets_that_do_not_block():
    contexts = support.client_context(), support.server_context()

    def scenario():
        with contextlib.ExitStack() as stack:
            one, two = _socket_pair(stack, *contexts, False)
            _shake(one, two)
            data = b"data" * 100000
            _tell(one, two, data)
            _tell(two, one, data)
            buffer = bytearray(4)
            assert one.sendall(b"more") == 4
            assert two.recv_into(buffer, 4) == 4 and buffer == b"more"
            assert one.write(b"more") == 4 and two.read(10) == b"more"
            support.refused(SSL.WantReadError, two.recv, 1)
            one.shutdown()
            support.refused(SSL.ZeroReturnError, two.recv, 1)

    return scenario


def sockets_that_block():
    """This thread's end meets another's."""
    contexts = support.client_context(), support.server_context()
    workers = ThreadPoolExecutor(1)

    def echo(server):
        with contextlib.suppress(SSL.Error), contextlib.closing(server):
            while data := server.recv(1000):
                server.sendall(data)

    def scenario():
        with contextlib.ExitStack() as stack:
            client, server = _socket_pair(stack, *contexts, True)
            running = workers.submit(echo, server)
            stack.callback(running.result, support.TIMEOUT)
            stack.enter_context(contextlib.closing(client))
            client.do_handshake()
            assert client.sendall(b"data" * 10000) == 40000
            received = b""
            while len(received) < 40000:
                received += client.recv(100000)
            assert received == b"data" * 10000
            client.shutdown()

    return scenario


def sockets_that_connect():
    contexts = support.client_context(), support.server_context()

    def scenario():
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            address, listening = listener.getsockname(), SSL.Connection(contexts[1], listener)
            for method in ("connect", "connect_ex"):
                plain = stack.enter_context(socket.socket())
                client = SSL.Connection(contexts[0], plain)
                assert not getattr(client, method)(address)
                server, peer = listening.accept()
                stack.enter_context(contextlib.closing(server))
                assert peer == client.getsockname()
                assert server.get_context() is contexts[1]
                _shake(client, server)
                support.refused(NotImplementedError, client.makefile)
                client.sock_shutdown(socket.SHUT_WR)
                support.refused(SSL.SysCallError, server.recv, 1)
                assert not client.close()
                support.refused(SSL.SysCallError, client.recv, 1)

    return scenario


def connections_of_tsafe():
    contexts = support.client_context(), support.server_context()

    def scenario():
        one, two = (tsafe.Connection(context, None) for context in contexts)
        one.set_connect_state()
        two.set_accept_state()
        _shake(one, two)
        _tell(one, two)
        support.refused(AttributeError, getattr, one, "nothing")

    return scenario


# ---- settings ----


def functions_and_settings():
    def scenario():
        assert SSL.OpenSSL_version(SSL.SSLEAY_VERSION) == SSL.SSLeay_version(SSL.SSLEAY_VERSION)
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        assert not context.clear_mode(SSL.MODE_RELEASE_BUFFERS) & SSL.MODE_RELEASE_BUFFERS
        before = context.set_session_cache_mode(SSL.SESS_CACHE_BOTH)
        assert context.get_session_cache_mode() == SSL.SESS_CACHE_BOTH != before
        context.set_verify_depth(7)
        assert context.get_verify_depth() == 7
        for setter in (context.set_npn_advertise_callback, context.set_npn_select_callback):
            support.refused(NotImplementedError, setter, _nothing)
        connection = SSL.Connection(context)
        for holder in (context, connection):
            data = [holder]  # a cycle
            holder.set_app_data(data)
            assert holder.get_app_data() is data
        assert connection.get_context() is context
        connection.set_context(SSL.Context(SSL.TLS_METHOD))
        assert connection.get_context() is not context
        assert connection.set_options(SSL.OP_NO_TICKET) & SSL.OP_NO_TICKET
        assert connection.want_read() == connection.want_write() == 0
        assert connection.get_protocol_version() > TLS_1_2
        assert connection.get_shutdown() == connection.total_renegotiations() == 0
        support.refused(AttributeError, connection.connect, None)
        support.refused(TypeError, context.set_app_data)

    return scenario


def _succeed(answer):
    """There 0 is what an exception is elsewhere."""
    if answer != 1:
        raise SSL.Error


def functions_of_the_shim():
    """Those of OpenSSL._util.lib."""
    pki = support.pki()
    cert, key, root = pki.ec_server.x509(), pki.ec_server.pkey(), pki.ec_ca.x509()
    parameters = str(support.fresh_path())
    support.openssl(
        *("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"),
        *("-out", parameters),
    )
    file = parameters.encode()
    os.environ["SSL_CERT_FILE"] = str(pki.ec_ca.cert_path)  # the system's own are many

    def contexts():
        context = SSL.Context(SSL.TLS_METHOD)
        ctx = context._context
        assert lib.SSL_CTX_set_options(ctx, SSL.OP_NO_TICKET) & SSL.OP_NO_TICKET
        assert lib.SSL_CTX_get_options(ctx) & SSL.OP_NO_TICKET
        assert lib.SSL_CTX_set_mode(ctx, SSL.MODE_RELEASE_BUFFERS) == lib.SSL_CTX_get_mode(ctx)
        assert lib.SSL_CTX_get_verify_mode(ctx) == SSL.VERIFY_NONE
        _succeed(lib.SSL_CTX_set_min_proto_version(ctx, TLS_1_2))
        _succeed(lib.SSL_CTX_set_max_proto_version(ctx, TLS_1_2))
        assert lib.SSL_CTX_set_max_proto_version(ctx, 0x7777) == 0
        _succeed(lib.SSL_CTX_set_cipher_list(ctx, b"ECDHE+AESGCM"))
        assert lib.SSL_CTX_set_cipher_list(ctx, b"nothing") == 0
        _succeed(lib.SSL_CTX_set_ciphersuites(ctx, b"TLS_AES_128_GCM_SHA256"))
        _succeed(lib.SSL_CTX_set_ecdh_auto(ctx, 1))
        _succeed(lib.SSL_CTX_set1_groups_list(ctx, b"P-256"))
        assert lib.SSL_CTX_set1_curves_list(ctx, b"nothing") == 0
        _succeed(lib.SSL_CTX_set1_sigalgs_list(ctx, b"RSA+SHA256"))
        assert lib.SSL_CTX_set1_sigalgs_list(ctx, b"nothing") == 0
        lib.SSL_CTX_set_post_handshake_auth(ctx, 1)
        _succeed(lib.SSL_CTX_set_default_verify_paths(ctx))
        bio = lib.BIO_new_file(file, b"r")
        numbers = lib.PEM_read_bio_DHparams(bio, NULL, NULL, NULL)
        _succeed(numbers != NULL)
        _succeed(lib.SSL_CTX_set_tmp_dh(ctx, numbers))
        assert lib.BIO_free(bio) == 1 and lib.DH_free(numbers) is None
        param = lib.SSL_CTX_get0_param(ctx)
        lib.X509_VERIFY_PARAM_set_hostflags(param, lib.X509_CHECK_FLAG_NO_WILDCARDS)
        _succeed(lib.X509_VERIFY_PARAM_set1_host(param, b"name", 4))
        assert lib.X509_VERIFY_PARAM_set1_host(param, b"a\0b", 3) == 0
        _succeed(lib.X509_VERIFY_PARAM_set1_ip(param, bytes(4), 4))
        assert lib.X509_VERIFY_PARAM_set1_ip(param, b"123", 3) == 0
        connection = SSL.Connection(context)
        assert lib.SSL_get0_param(connection._ssl).owner is connection
        assert lib.SSL_get_verify_result(connection._ssl) == 0

    def objects():
        assert lib.X509_NAME_oneline(cert.get_subject()._name, NULL, 0).endswith(b"/CN=localhost")
        store = crypto.X509Store()
        store.add_cert(root)
        trusted = lib.X509_STORE_get0_objects(store._store)
        _succeed(lib.sk_X509_OBJECT_num(trusted))
        assert lib.EVP_PKEY_id(key._pkey) == lib.EVP_PKEY_EC
        assert lib.EVP_PKEY_bits(key._pkey) == 256
        _succeed(lib.ASN1_STRING_set_default_mask_asc(b"utf8only"))
        nid = lib.OBJ_txt2nid(b"commonName")
        assert (lib.OBJ_nid2sn(nid), lib.OBJ_nid2ln(nid)) == (b"CN", b"commonName")
        assert lib.OPENSSL_free(nid) is None
        assert lib.X509_verify_cert_error_string(0) == b"ok"
        assert lib.OpenSSL_version(0)
        assert lib.X509_get_default_cert_file() and lib.X509_get_default_cert_dir()
        assert lib.X509_get_default_cert_file_env() and lib.X509_get_default_cert_dir_env()
        lib.ERR_put_error(lib.ERR_LIB_EVP, 0, 1112, b"", 10)
        support.refused(crypto.Error, _util.exception_from_error_queue, crypto.Error)

    def scenario():
        contexts()
        objects()

    return scenario


def keys_through_the_shim():
    rsa, ec = support.pki().server.pkey(), support.pki().ec_server.pkey()
    dsa = crypto.PKey()
    dsa.generate_key(crypto.TYPE_DSA, 1024)
    contexts = support.client_context(), support.server_context()
    lib.SSL_CTX_set1_groups_list(contexts[0]._context, b"P-256")  # a hybrid has no DER

    def numbers(function, key, count):
        places = [_util.ffi.new("BIGNUM **") for _ in range(count)]
        function(key, *places)
        for place in places:
            assert int(lib.BN_bn2hex(place[0]), 16) > 0

    def scenario():
        key = lib.EVP_PKEY_get1_RSA(rsa._pkey)
        numbers(lib.RSA_get0_key, key, 3)
        numbers(lib.RSA_get0_factors, key, 2)
        key = lib.EVP_PKEY_get1_DSA(dsa._pkey)
        numbers(lib.DSA_get0_pqg, key, 3)
        numbers(lib.DSA_get0_key, key, 2)
        group = lib.EC_KEY_get0_group(lib.EVP_PKEY_get1_EC_KEY(ec._pkey))
        nid = lib.EC_GROUP_get_curve_name(group)
        assert lib.EC_curve_nid2nist(nid) == b"P-256"
        client, server = support.connected("memory", *contexts)
        place = _util.ffi.new("EVP_PKEY **")
        _succeed(lib.SSL_get_peer_tmp_key(client._ssl, place))
        assert lib.EVP_PKEY_free(place[0]) is None

    return scenario
