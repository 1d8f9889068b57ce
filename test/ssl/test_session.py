"""Sessions: what a client takes up again."""

import copy
import ctypes
import gc
import pickle
import weakref

import pytest

import support
from OpenSSL import SSL

VERSIONS = [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION]


@pytest.fixture(params=VERSIONS, ids=["TLSv1.2", "TLSv1.3"])
def contexts(request):
    """(client, server) of one version, both verifying nothing but the server."""
    client, server = support.client_context(), support.server_context()
    client.set_max_proto_version(request.param)
    server.set_session_id(b"unity-test")
    return client, server


def shake(contexts, session=None, prepare=None):
    client, server = support.memory_pair(*contexts)
    if prepare is not None:
        prepare(client)
    if session is not None:
        client.set_session(session)
    support.handshake(client, server)
    assert support.transfer(server, client, b"x") == b"x"  # TLS 1.3: the tickets come along
    return client, server


def certificates_sent(contexts, session=None):
    """How often the server's certificate was verified: not at all when it was taken up again."""
    seen = []
    client, server = support.memory_pair(*contexts)
    client.set_verify(SSL.VERIFY_PEER, lambda *args: seen.append(args[3]) or args[-1])
    if session is not None:
        client.set_session(session)
    support.handshake(client, server)
    return len(seen)


class TestType:
    def test_empty(self):
        session = SSL.Session()
        with pytest.raises(ValueError, match="session"):
            SSL.Connection(support.client_context(False)).set_session(session)

    def test_no_arguments(self):
        with pytest.raises(TypeError):
            SSL.Session(1)

    def test_object(self):
        class Mine(SSL.Session):
            pass

        session = Mine()
        session.anything = 1
        assert weakref.ref(session)() is session
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(session)

    def test_handle(self, contexts):
        client, _ = shake(contexts)
        assert client.get_session()._session


class TestGetSession:
    def test_none(self):
        assert SSL.Connection(support.client_context(False)).get_session() is None

    def test_is_new_each_time(self, contexts):
        client, server = shake(contexts)
        one, two = client.get_session(), client.get_session()
        assert type(one) is SSL.Session and one is not two
        assert type(server.get_session()) is SSL.Session

    @pytest.mark.parametrize("good_bye", [True, False])
    def test_counts_if_its_connection_ended_well(self, contexts, good_bye):
        client, _ = shake(contexts)
        session = client.get_session()
        if good_bye:
            client.shutdown()
        del client
        gc.collect()
        assert (certificates_sent(contexts, session) == 0) is good_bye

    def test_outlives_its_connection(self, contexts):
        client, _ = shake(contexts)
        session = client.get_session()
        client.set_shutdown(SSL.SENT_SHUTDOWN)  # or OpenSSL thinks that something went wrong
        del client
        gc.collect()
        assert certificates_sent(contexts, session) == 0

    def test_outlives_all(self):
        """A session outlives its Connection and holds its Context, which then goes with it."""
        context = support.client_context()
        client, _ = support.connected("memory", context)
        session, reference = client.get_session(), weakref.ref(context)
        del client, context
        gc.collect()
        assert reference() is not None
        other = SSL.Connection(reference())
        other.set_session(session)
        del session, other
        gc.collect()
        assert reference() is None


class TestSetSession:
    @pytest.mark.parametrize("wrong", [123, "hello", object(), None, b"x"])
    def test_wrong_type(self, wrong):
        with pytest.raises(TypeError, match="session"):
            SSL.Connection(support.client_context(False)).set_session(wrong)

    def test_takes_up(self, contexts):
        client, _ = shake(contexts)
        session = client.get_session()
        assert certificates_sent(contexts) > 0
        assert certificates_sent(contexts, session) == 0

    def test_master_key(self, contexts):
        """With TLS 1.2 both connections share the secret."""
        client, _ = shake(contexts)
        again, server = shake(contexts, client.get_session())
        if again.get_protocol_version() == SSL.TLS1_2_VERSION:
            assert again.master_key() == client.master_key() == server.master_key()

    def test_none_is_shared(self, contexts):
        """OpenSSL writes to a session while it is in use: each connection has one of its own."""
        native = ctypes.PyDLL(SSL.__file__)
        native.SSL_get_session.restype = ctypes.c_void_p
        client, _ = shake(contexts)
        session = client.get_session()
        connections = [SSL.Connection(contexts[0]) for _ in range(2)]
        for connection in connections:
            connection.set_session(session)
        places = [native.SSL_get_session(ctypes.c_void_p(one._ssl)) for one in connections]
        assert len({*places, int(session._session)}) == 3

    def test_several_connections(self, contexts):
        """One session for many connections, in threads: each works on its own copy."""
        client, _ = shake(contexts)
        session = client.get_session()

        def use():
            for _ in range(10):
                shake(contexts, session)

        support.run_together(use, use, use)

    def test_other_context(self, contexts):
        client, _ = shake(contexts)
        session = client.get_session()
        other = SSL.Connection(support.client_context())
        with pytest.raises(ValueError, match="Context"):
            other.set_session(session)
        assert other.get_session() is None

    def test_other_version(self):
        """A session of TLS 1.2 does not make a connection of TLS 1.3 only."""
        client, server = support.client_context(), support.server_context()
        server.set_session_id(b"x")
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        one, _ = shake((client, server))
        session = one.get_session()
        client.set_max_proto_version(0)
        client.set_min_proto_version(SSL.TLS1_3_VERSION)
        two, peer = support.memory_pair(client, server)
        try:
            two.set_session(session)
            support.handshake(two, peer)
        except SSL.Error as error:
            assert error.args[0]
        else:
            assert two.get_protocol_version() == SSL.TLS1_3_VERSION

    def test_under_another_name(self, contexts):
        """TLS 1.2 goes on under the old one, which the callback hears too."""
        heard = []
        contexts[1].set_tlsext_servername_callback(lambda conn: heard.append(conn.get_servername()))
        one = shake(contexts, prepare=lambda client: client.set_tlsext_host_name(b"one"))
        session = one[0].get_session()
        two = shake(contexts, session, lambda client: client.set_tlsext_host_name(b"two"))
        old = two[0].get_protocol_version() == SSL.TLS1_2_VERSION
        assert two[0].get_verified_chain() is None  # it was taken up
        assert heard == [b"one", b"one" if old else b"two"]
        assert two[1].get_servername() == heard[1]

    def test_from_a_server(self, contexts):
        """A server's session is one as well; nothing crashes."""
        _, server = shake(contexts)
        connection = SSL.Connection(contexts[1])
        connection.set_session(server.get_session())

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_in_the_midst_of_a_handshake(self, contexts, version):
        """What it has come to stands in the session that would be put away."""
        client, server = shake(contexts)
        kept = {contexts[0]: client.get_session(), contexts[1]: server.get_session()}
        refused = []

        def told(connection, where, value):
            with pytest.raises(SSL.Error) as caught:
                connection.set_session(kept[connection.get_context()])
            refused.append(caught.value.args[0][0][2])

        for context in contexts:
            context.set_info_callback(told)
            context.set_max_proto_version(version)
        client, server = support.memory_pair(*contexts)
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        told(client, 0, 0)
        support.handshake(client, server)
        assert set(refused) == {"a handshake is under way"} and len(refused) > 10

    def test_not_initialized(self, contexts):
        client, _ = shake(contexts)
        with pytest.raises(SSL.Error, match="uninitialized"):
            SSL.Connection.__new__(SSL.Connection).set_session(client.get_session())


class TestUnverified:
    """A peer that was not verified once is not taken as verified later."""

    @pytest.fixture
    def unverified(self):
        client, server = support.client_context(False), support.server_context()
        server.set_session_id(b"x")
        connection, _ = shake((client, server))
        return client, server, connection.get_session()

    def test_is_taken_up_unverified(self, unverified):
        client, server, session = unverified
        one, _ = shake((client, server), session)
        assert one.get_verified_chain() is None

    def test_context_asks_for_more(self, unverified):
        client, server, session = unverified
        client.set_verify(SSL.VERIFY_PEER)
        connection = SSL.Connection(client)
        with pytest.raises(ValueError, match="verified"):
            connection.set_session(session)
        assert connection.get_session() is None
        pair = support.memory_pair(client, server)
        with pytest.raises(ValueError, match="verified"):
            pair[0].set_session(session)
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.handshake(*pair)

    def test_connection_asks_for_more(self, unverified):
        client, server, session = unverified
        pair = support.memory_pair(client, server)
        pair[0].set_session(session)
        pair[0].set_verify(SSL.VERIFY_PEER)
        assert pair[0].get_session() is None
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.handshake(*pair)

    def test_connection_asks_for_more_when_it_is_offered(self, unverified):
        client, server, session = unverified
        pair = support.memory_pair(client, server)
        pair[0].set_session(session)
        with pytest.raises(SSL.WantReadError):
            pair[0].do_handshake()
        with pytest.raises(ValueError, match="too late"):
            pair[0].set_verify(SSL.VERIFY_PEER)
        assert pair[0].get_verify_mode() == SSL.VERIFY_NONE
        pair = support.memory_pair(client, server)
        with pytest.raises(SSL.WantReadError):
            pair[0].do_handshake()
        pair[0].set_verify(SSL.VERIFY_PEER)  # a full handshake heeds it
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.handshake(*pair)

    def test_connection_asks_for_more_too_late(self, unverified):
        """What it has come to without is not forgotten."""
        client, server, _ = unverified
        connection, _ = shake((client, server))
        before = connection.get_peer_certificate(), connection.master_key()
        connection.set_verify(SSL.VERIFY_PEER)
        assert connection.get_session() is not None
        assert connection.get_peer_certificate().digest("sha256") == before[0].digest("sha256")
        assert connection.master_key() == before[1]

    def test_connection_begins_anew(self, unverified):
        """With the session that it has, unless that is of a peer that nobody verified."""
        client, server, _ = unverified
        connection, _ = shake((client, server))
        connection.set_verify(SSL.VERIFY_PEER)
        connection.set_connect_state()
        assert connection.get_session() is None
        peer = SSL.Connection(server)
        peer.set_accept_state()
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            support.handshake(connection, peer)

    def test_verified_though_not_asked(self):
        """Trusted roots are looked at in any case, so this one may be taken up."""
        client, server = support.client_context(), support.server_context()
        server.set_session_id(b"x")
        client.set_verify(SSL.VERIFY_NONE)
        connection, _ = shake((client, server))
        session = connection.get_session()
        client.set_verify(SSL.VERIFY_PEER)
        assert certificates_sent((client, server), session) == 0

    def test_accepted_by_a_callback(self):
        """What a callback has accepted stays accepted."""
        client, server = support.client_context(support.pki().other_ca), support.server_context()
        server.set_session_id(b"x")
        client.set_verify(SSL.VERIFY_PEER, lambda *args: True)
        connection, _ = shake((client, server))
        shake((client, server), connection.get_session())


class TestWithoutCertificate:
    """A client's session of the time before it had to show a certificate does not spare it that."""

    MUST_SHOW = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT

    @pytest.fixture(params=[0, SSL.OP_NO_TICKET], ids=["tickets", "no tickets"])
    def known(self, request, contexts):
        client, server = contexts
        server.load_verify_locations(support.pki().ec_ca.cert_path)
        server.set_options(request.param)
        alive = shake(contexts)  # a session dies with a connection that was not shut down
        yield client, server, alive[0].get_session()

    def refused(self, client, server):
        with pytest.raises(SSL.Error, match="peer did not return a certificate"):
            support.handshake(client, server)
        support.pump(client, server)
        with pytest.raises(SSL.Error, match="alert (certificate required|handshake failure)"):
            client.do_handshake()
        assert support.queued_errors() == []

    def test_context_asks(self, known):
        client, server, session = known
        server.set_verify(self.MUST_SHOW)
        pair = support.memory_pair(client, server)
        pair[0].set_session(session)
        self.refused(*pair)

    def test_connection_asks(self, known):
        client, server, session = known
        pair = support.memory_pair(client, server)
        pair[0].set_session(session)
        pair[1].set_verify(self.MUST_SHOW)
        self.refused(*pair)

    def test_servername_callback_asks(self, known):
        client, server, session = known
        server.set_tlsext_servername_callback(lambda conn: conn.set_verify(self.MUST_SHOW))
        pair = support.memory_pair(client, server)
        pair[0].set_session(session)
        self.refused(*pair)

    def test_asked_but_not_demanded(self, known):
        client, server, session = known
        server.set_verify(SSL.VERIFY_PEER)
        assert certificates_sent((client, server), session) == 0

    def test_shown_before(self, known):
        _, server, _ = known
        server.set_verify(self.MUST_SHOW)
        client = support.client_context(credential=support.pki().ec_client)
        connection, _ = shake((client, server))
        assert certificates_sent((client, server), connection.get_session()) == 0


class TestCache:
    def test_server_without_cache_or_tickets(self):
        """Then nothing is taken up again, and the handshake is a full one."""
        client, server = support.client_context(), support.server_context()
        client.set_max_proto_version(SSL.TLS1_2_VERSION)
        server.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        server.set_options(SSL.OP_NO_TICKET)
        connection, _ = shake((client, server))
        assert certificates_sent((client, server), connection.get_session()) > 0


def test_in_a_circle_with_its_context():
    context = support.client_context()
    client, _ = support.connected("memory", context)
    context.set_app_data(client.get_session())
    gone = weakref.ref(context)
    del client, _, context
    gc.collect()
    assert gone() is None
