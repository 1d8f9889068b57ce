"""Objects that know each other may go in any order, and go when nobody wants them any more."""

import contextlib
import gc
import itertools
import os
import weakref

import pytest

import support
from OpenSSL import SSL, crypto

PEM = crypto.FILETYPE_PEM


def go_in_order(make, uses, order):
    """Make objects, drop them in that order, and use all that are left after each step."""
    objects = make()
    for name in order:
        del objects[name]
        gc.collect(0)
        for left, thing in objects.items():
            uses[left](thing)


def every_order(make, uses):
    for order in itertools.permutations(uses):
        go_in_order(make, uses, order)


class TestCertificates:
    USES = {
        "cert": lambda cert: crypto.dump_certificate(PEM, cert),
        "subject": lambda name: (name.CN, setattr(name, "OU", "changed"), name.der()),
        "issuer": lambda name: (hash, repr(name), name.get_components()),
        "extension": str,
        "key": lambda key: crypto.dump_publickey(PEM, key),
        "copy": lambda name: name.CN,
    }

    def make(self):
        cert = support.pki().deep.x509()
        subject = cert.get_subject()
        return {
            "cert": cert,
            "subject": subject,
            "issuer": cert.get_issuer(),
            "extension": cert.get_extension(0),
            "key": cert.get_pubkey(),
            "copy": crypto.X509Name(subject),
        }

    def test_every_order(self):
        every_order(self.make, self.USES)

    def test_view_outlives_its_certificate(self):
        name = support.pki().server.x509().get_subject()
        gc.collect()
        assert name.CN == "localhost"
        name.CN = "changed"
        assert name.CN == "changed"

    def test_subject_is_replaced_under_a_view(self):
        cert = support.pki().server.x509()
        other = crypto.X509Name(cert.get_issuer())
        name = cert.get_subject()
        for _ in range(10):
            cert.set_subject(other)
            assert name == other
            name.CN = "edited"
            cert.set_subject(name)
            assert cert.get_subject().CN == "edited"
        del cert, other
        gc.collect()
        assert name.CN == "edited"

    def test_revoked_outlives_its_list(self):
        authority = support.ca("Revoking CA")
        authority.revoke(authority.issue("revoked"))
        [revoked] = crypto.load_crl(PEM, authority.crl_pem()).get_revoked()
        gc.collect()
        assert revoked.get_serial()
        assert revoked.get_rev_date()


class TestStores:
    USES = {
        "store": lambda store: store.add_cert(support.pki().ca.x509()),
        "context": lambda context: context.verify_certificate(),
        "cert": lambda cert: cert.get_serial_number(),
        "root": lambda cert: crypto.dump_certificate(PEM, cert),
        "chain": lambda chain: [cert.get_subject().CN for cert in chain],
        "verified": lambda chain: [cert.get_issuer().CN for cert in chain],
    }

    def make(self):
        pki = support.pki()
        store, root, cert = crypto.X509Store(), pki.ca.x509(), pki.deep.x509()
        store.add_cert(root)
        chain = [pki.intermediate.x509()]
        context = crypto.X509StoreContext(store, cert, chain)
        return {
            "store": store,
            "context": context,
            "cert": cert,
            "root": root,
            "chain": chain,
            "verified": context.get_verified_chain(),
        }

    def test_every_order(self):
        every_order(self.make, self.USES)


def use_connection(connection):
    connection.get_cipher_list()
    connection.get_app_data()
    connection.get_context()
    with contextlib.suppress(SSL.Error):
        connection.send(b"x")
    with contextlib.suppress(SSL.Error):
        connection.recv(1)


def use_session(session):
    connection = SSL.Connection(support.client_context(), None)
    with pytest.raises(ValueError, match="(?i)context"):
        connection.set_session(session)  # of another Context


class TestConnections:
    USES = {
        "client": use_connection,
        "server": use_connection,
        "client_context": lambda context: SSL.Connection(context, None),
        "store": lambda store: store.add_cert(support.pki().ca.x509()),
        "session": use_session,
        "chain": lambda chain: [cert.get_subject().CN for cert in chain],
    }

    def make(self, kind="memory"):
        client, server = support.connected(kind)
        with contextlib.suppress(SSL.WantReadError):
            support.transfer(server, client, b"x")  # tickets come with data
        context = client.get_context()
        return {
            "client": client,
            "server": server,
            "client_context": context,
            "store": context.get_cert_store(),
            "session": client.get_session(),
            "chain": client.get_verified_chain(),
        }

    def test_many_orders(self):
        # All of them would take a minute: every seventh has each object in each place.
        for order in itertools.islice(itertools.permutations(self.USES), 0, None, 7):
            go_in_order(self.make, self.USES, order)

    def test_store_outlives_its_context(self):
        store = SSL.Context(SSL.TLS_METHOD).get_cert_store()
        gc.collect()
        store.add_cert(support.pki().ec_ca.x509())
        crypto.X509StoreContext(store, support.pki().ec_server.x509()).verify_certificate()

    def test_session_is_resumed_after_its_connection_is_gone(self):
        context, server_context = support.client_context(), support.server_context()
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        client, server = support.connected("memory", context, server_context)
        session, secret = client.get_session(), client.master_key()
        client.shutdown()  # else OpenSSL takes the session for a broken one
        del client, server
        gc.collect()
        client, server = support.memory_pair(context, server_context)
        client.set_session(session)
        del session
        gc.collect()
        support.handshake(client, server)
        assert client.master_key() == server.master_key() == secret


SOCKET_STEPS = {
    "close the connection": lambda state: state["client"].close(),
    "close the socket": lambda state: state["socket"].close(),
    "shut down": lambda state: state["client"].shutdown(),
    "drop the connection": lambda state: state.pop("client"),
    "drop the socket": lambda state: state.pop("socket"),
    "drop the peer": lambda state: state.pop("server").close(),
}


class TestSockets:
    @pytest.mark.parametrize("kind", ["socketpair", "tcp"])
    def test_every_order(self, kind):
        for order in itertools.permutations(SOCKET_STEPS):
            client, server = support.connected(kind)
            for one in (client, server):
                one.setblocking(False)
            state = {"client": client, "server": server, "socket": client._socket}
            keep = client._socket
            del client, server, one
            for step in order:
                with contextlib.suppress(KeyError, SSL.Error, OSError):
                    SOCKET_STEPS[step](state)
                gc.collect(0)
                if "client" in state:
                    with contextlib.suppress(SSL.Error, OSError, ValueError):
                        use_connection(state["client"])
            keep.close()

    def test_descriptor_that_became_another_file_is_left_alone(self, tmp_path):
        client, server = support.connected("socketpair")
        number = client.fileno()
        client.close()
        path = tmp_path / "file"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
        if descriptor != number:
            os.dup2(descriptor, number)
            os.close(descriptor)
        for name, *args in ("send", b"secret"), ("recv", 10), ("shutdown",), ("do_handshake",):
            with contextlib.suppress(SSL.Error, OSError, ValueError):
                getattr(client, name)(*args)
        del client
        gc.collect()
        os.close(number)  # it is still open
        assert path.read_bytes() == b""
        server.close()


def cycle_through(name):
    """An object that refers to itself through what the name tells."""
    if name == "an attribute":
        cert = support.pki().ec_server.x509()
        cert.myself = cert
        return cert
    if name == "an attribute of a view":
        cert = support.pki().ec_server.x509()
        cert.view = cert.get_subject()
        return cert
    context = support.client_context()
    if name == "Context.set_app_data":
        context.set_app_data(context)
    elif name == "Context.set_passwd_cb":
        context.set_passwd_cb(lambda *args: context)
    elif name == "the passphrase's data":
        context.set_passwd_cb(lambda *args: None, context)
    elif name == "Context.set_verify":
        context.set_verify(SSL.VERIFY_PEER, lambda *args: context)
    elif name in CONTEXT_CALLBACKS:
        getattr(context, name.partition(".")[2])(lambda *args: context)
    else:
        connection = SSL.Connection(context, None)
        connection.set_connect_state()
        with contextlib.suppress(SSL.WantReadError):
            connection.do_handshake()
        if name == "Connection.set_app_data":
            connection.set_app_data(connection)
        elif name == "Connection.set_verify":
            connection.set_verify(SSL.VERIFY_PEER, lambda *args: connection)
        elif name == "Connection.set_info_callback":
            connection.set_info_callback(lambda *args: connection)
        elif name == "its Context":
            context.set_app_data(connection)
        elif name == "its socket":

            class Holder:
                def fileno(self):
                    return 0

            holder = Holder()
            holder.connection = connection = SSL.Connection(context, holder)
        return connection
    return context


CONTEXT_CALLBACKS = [
    "Context.set_info_callback",
    "Context.set_keylog_callback",
    "Context.set_tlsext_servername_callback",
    "Context.set_alpn_select_callback",
    "Context.set_ocsp_client_callback",
    "Context.set_ocsp_server_callback",
    "Context.set_cookie_generate_callback",
    "Context.set_cookie_verify_callback",
]


class TestCycles:
    @pytest.mark.parametrize(
        "name",
        [
            "an attribute",
            "an attribute of a view",
            "Context.set_app_data",
            "Context.set_passwd_cb",
            "the passphrase's data",
            "Context.set_verify",
            *CONTEXT_CALLBACKS,
            "Connection.set_app_data",
            "Connection.set_verify",
            "Connection.set_info_callback",
            "its Context",
            "its socket",
        ],
    )
    def test_is_collected(self, name):
        gc.disable()
        try:
            reference = weakref.ref(cycle_through(name))
            assert reference() is not None, "there was no cycle"
            gc.collect()
            assert reference() is None
        finally:
            gc.enable()

    def test_replaced_callbacks_go_at_once(self):
        context = support.client_context()
        for name in ("set_verify", *[item.partition(".")[2] for item in CONTEXT_CALLBACKS]):
            references = []
            for _ in range(3):

                def callback(*args):
                    return True

                references.append(weakref.ref(callback))
                mode = (SSL.VERIFY_PEER,) if name == "set_verify" else ()
                getattr(context, name)(*mode, callback)
                del callback
            assert [reference() is None for reference in references] == [True, True, False], name


class TestNothingIsKept:
    @pytest.mark.parametrize("kind", list(support.PAIRS))
    def test_connections_go_with_their_last_reference(self, kind):
        gc.collect()
        gc.disable()
        try:
            client, server = support.connected(kind)
            references = [weakref.ref(item) for item in (client, server, client.get_context())]
            if kind != "memory":
                client.close()
                server.close()
            del client, server
            assert [reference() for reference in references] == [None] * 3
        finally:
            gc.enable()

    def test_callback_arguments(self):
        """What a callback was given goes when it lets go of it."""
        context, seen = support.client_context(), []

        def verify(connection, cert, error, depth, ok):
            seen.append(weakref.ref(cert))
            return ok

        context.set_verify(SSL.VERIFY_PEER, verify)
        support.connected("memory", context)
        gc.collect()
        assert len(seen) == 2
        assert [reference() for reference in seen] == [None, None]
