"""Context's life, and settings that change while connections are at work."""

import copy
import gc
import pickle
import threading
import weakref

import pytest

import support
from OpenSSL import SSL

NO_ARGUMENTS = [
    "get_app_data",
    "get_cert_store",
    "get_session_cache_mode",
    "get_timeout",
    "get_verify_depth",
    "get_verify_mode",
    "check_privatekey",
    "set_default_verify_paths",
]


def call(*args):
    return None


def path(name="cert_path"):
    return getattr(support.pki().ec_server, name)


def cert():
    return support.pki().ec_server.x509()


# For every method of Context arguments that it would take, or what makes them.
ARGUMENTS = {
    "set_options": (0,),
    "set_mode": (0,),
    "clear_mode": (0,),
    "set_min_proto_version": (0,),
    "set_max_proto_version": (0,),
    "set_cipher_list": (b"ALL",),
    "set_tls13_ciphersuites": (b"TLS_AES_256_GCM_SHA384",),
    "set_session_id": (b"x",),
    "set_session_cache_mode": (0,),
    "set_timeout": (1,),
    "set_tlsext_use_srtp": (b"SRTP_AES128_CM_SHA1_80",),
    "set_alpn_protos": ([b"x"],),
    "set_verify_depth": (1,),
    "use_certificate": lambda: (cert(),),
    "use_certificate_file": lambda: (path(),),
    "use_certificate_chain_file": lambda: (path(),),
    "add_extra_chain_cert": lambda: (cert(),),
    "use_privatekey": lambda: (support.pki().ec_server.pkey(),),
    "use_privatekey_file": lambda: (path("key_path"),),
    "set_passwd_cb": (call,),
    "load_tmp_dh": lambda: (path(),),
    "set_tmp_ecdh": (type("Curve", (), {"name": "prime256v1"})(),),
    "load_verify_locations": lambda: (path(),),
    "load_client_ca": lambda: (str(path()).encode(),),
    "set_client_ca_list": ([],),
    "add_client_ca": lambda: (cert(),),
    "set_verify": (0,),
    "set_info_callback": (call,),
    "set_keylog_callback": (call,),
    "set_tlsext_servername_callback": (call,),
    "set_alpn_select_callback": (call,),
    "set_ocsp_server_callback": (call,),
    "set_ocsp_client_callback": (call,),
    "set_cookie_generate_callback": (call,),
    "set_cookie_verify_callback": (call,),
    "_fallback_default_verify_paths": lambda: ([path()], []),
    **{name: () for name in NO_ARGUMENTS if name != "get_app_data"},
}


def arguments(name):
    given = ARGUMENTS[name]
    return given() if callable(given) else given


def methods():
    return {
        name
        for name in dir(SSL.Context)
        if callable(getattr(SSL.Context, name)) and not name.startswith("__")
    }


class TestInit:
    METHODS = [
        SSL.SSLv23_METHOD,
        SSL.TLSv1_METHOD,
        SSL.TLSv1_1_METHOD,
        SSL.TLSv1_2_METHOD,
        SSL.TLS_METHOD,
        SSL.TLS_SERVER_METHOD,
        SSL.TLS_CLIENT_METHOD,
        SSL.DTLS_METHOD,
        SSL.DTLS_SERVER_METHOD,
        SSL.DTLS_CLIENT_METHOD,
    ]

    @pytest.mark.parametrize("method", METHODS)
    def test_method(self, method):
        SSL.Context(method)
        SSL.Context(method=method)

    @pytest.mark.parametrize("method", [0, -1, SSL.SSLv2_METHOD, SSL.SSLv3_METHOD, 13, 2**31 - 1])
    def test_unknown(self, method):
        with pytest.raises(ValueError, match="No such protocol"):
            SSL.Context(method)

    @pytest.mark.parametrize("method", ["", None, 7.0, b"7", object()])
    def test_wrong_type(self, method):
        with pytest.raises(TypeError, match="method"):
            SSL.Context(method)

    def test_out_of_range(self):
        with pytest.raises(OverflowError, match="method"):
            SSL.Context(2**70)

    def test_arguments(self):
        for args, kwargs in (((), {}), ((7, 7), {}), ((), {"what": 7})):
            with pytest.raises(TypeError):
                SSL.Context(*args, **kwargs)

    @pytest.mark.parametrize(
        "method, version",
        [
            (SSL.TLSv1_2_METHOD, "TLSv1.2"),
            (SSL.TLS_METHOD, "TLSv1.3"),
            (SSL.SSLv23_METHOD, "TLSv1.3"),
        ],
    )
    def test_version(self, method, version):
        server, client = support.server_context(), support.client_context(method=method)
        one, _ = support.connected("memory", client, server)
        assert one.get_protocol_version_name() == version

    def test_old_versions_need_a_low_level(self):
        for method, version in ((SSL.TLSv1_METHOD, "TLSv1"), (SSL.TLSv1_1_METHOD, "TLSv1.1")):
            server = support.server_context(support.pki().server, method)
            client = support.client_context(support.pki().ca, method)
            for context in (server, client):
                context.set_cipher_list(b"ALL:@SECLEVEL=0")
            one, _ = support.connected("memory", client, server)
            assert one.get_protocol_version_name() == version

    def test_roles(self):
        client, _ = support.connected(
            "memory",
            support.client_context(method=SSL.TLS_CLIENT_METHOD),
            support.server_context(method=SSL.TLS_SERVER_METHOD),
        )
        assert client.get_cipher_name()

    def test_defaults(self):
        context = SSL.Context(SSL.TLS_METHOD)
        assert context.get_verify_mode() == SSL.VERIFY_NONE
        assert context.get_verify_depth() == -1
        assert context.get_session_cache_mode() == SSL.SESS_CACHE_SERVER
        assert context.get_timeout() == 7200
        assert context.set_options(0) == 0x120000
        assert context.set_mode(0) & 3 == (
            SSL.MODE_ENABLE_PARTIAL_WRITE | SSL.MODE_ACCEPT_MOVING_WRITE_BUFFER
        )
        assert context.get_app_data() is None

    def test_once(self):
        context = SSL.Context(SSL.TLS_METHOD)
        connection = SSL.Connection(context)
        context.set_timeout(17)
        with pytest.raises(ValueError, match="already"):
            context.__init__(SSL.TLS_METHOD)
        assert context.get_timeout() == 17
        assert connection.get_context() is context

    def test_once_in_threads(self):
        """Of several threads that initialize one Context, one succeeds."""
        context = SSL.Context.__new__(SSL.Context)

        def initialize():
            try:
                context.__init__(SSL.TLS_METHOD)
            except ValueError:
                return False
            return True

        assert sorted(support.run_together(*[initialize] * 4)) == [False, False, False, True]


class TestWithoutInit:
    def test_every_method_is_known(self):
        known = set(ARGUMENTS) | {
            "get_app_data",
            "set_app_data",
            "_check_env_vars_set",
            "set_npn_advertise_callback",
            "set_npn_select_callback",
        }
        assert methods() == known

    @pytest.mark.parametrize(
        "name",
        sorted(
            methods()
            - {
                "get_app_data",
                "set_app_data",
                "_check_env_vars_set",
                "set_npn_advertise_callback",
                "set_npn_select_callback",
            }
        ),
    )
    def test_method(self, name):
        context = SSL.Context.__new__(SSL.Context)
        with pytest.raises((ValueError, SSL.Error)) as caught:
            getattr(context, name)(*arguments(name))
        if name != "load_tmp_dh":  # which finds no parameters in the file
            assert "__init__" in str(caught.value)

    def test_as_argument(self):
        with pytest.raises(ValueError, match="__init__"):
            SSL.Connection(SSL.Context.__new__(SSL.Context))
        connection = SSL.Connection(support.client_context(False))
        with pytest.raises(ValueError, match="__init__"):
            connection.set_context(SSL.Context.__new__(SSL.Context))

    def test_subclass_that_forgets(self):
        class Forgetful(SSL.Context):
            def __init__(self):
                pass

        with pytest.raises(ValueError, match="Forgetful.__init__"):
            Forgetful().set_options(0)


class TestObject:
    def test_subclass(self):
        class Mine(SSL.Context):
            def __init__(self, name):
                super().__init__(SSL.TLS_METHOD)
                self.name = name

        mine = Mine("x")
        assert mine.name == "x" and mine.get_timeout() == 7200
        assert SSL.Connection(mine).get_context() is mine

    def test_attributes_and_weak_references(self):
        context = SSL.Context(SSL.TLS_METHOD)
        context.anything = 1
        reference = weakref.ref(context)
        assert reference() is context and context.anything == 1
        del context
        gc.collect()
        assert reference() is None

    def test_identity(self):
        one, two = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
        assert one == one and one != two and len({one, two}) == 2

    def test_is_not_copied(self):
        context = SSL.Context(SSL.TLS_METHOD)
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                duplicate(context)

    def test_handle(self):
        assert SSL.Context(SSL.TLS_METHOD)._context
        with pytest.raises(AttributeError):
            SSL.Context(SSL.TLS_METHOD)._context = None

    @pytest.mark.parametrize("name", NO_ARGUMENTS)
    def test_no_arguments(self, name):
        with pytest.raises(TypeError):
            getattr(SSL.Context(SSL.TLS_METHOD), name)(None)

    def test_cycle(self):
        """A Context whose callables and data lead back to it goes."""
        context = SSL.Context(SSL.TLS_METHOD)

        def call(*args):
            return context  # noqa: F821

        for name in (
            "set_info_callback",
            "set_keylog_callback",
            "set_tlsext_servername_callback",
            "set_alpn_select_callback",
            "set_cookie_generate_callback",
            "set_cookie_verify_callback",
        ):
            getattr(context, name)(call)
        context.set_ocsp_client_callback(call, context)
        context.set_verify(SSL.VERIFY_PEER, call)
        context.set_passwd_cb(call, context)
        context.set_app_data(context)
        context.itself = context
        connection = SSL.Connection(context)
        context.connection = connection
        reference = weakref.ref(context), weakref.ref(connection), weakref.ref(call)
        del context, call, connection
        gc.collect()
        assert [one() for one in reference] == [None] * 3


class TestAppData:
    def test_identity(self):
        context, data = SSL.Context(SSL.TLS_METHOD), object()
        assert context.set_app_data(data) is None
        assert context.get_app_data() is data
        context.set_app_data(data=None)
        assert context.get_app_data() is None

    def test_released(self):
        class Data:
            pass

        context, data = SSL.Context(SSL.TLS_METHOD), Data()
        reference = weakref.ref(data)
        context.set_app_data(data)
        context.set_app_data(1)
        del data
        assert reference() is None

    def test_deleter_that_asks(self):
        class Data:
            def __del__(self):
                seen.append(context.get_app_data())

        seen = []
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_app_data(Data())
        context.set_app_data("new")
        assert seen == ["new"]

    def test_in_a_callback(self):
        server = support.server_context()
        server.set_tlsext_servername_callback(lambda connection: server.set_app_data(connection))
        _, connection = support.connected("memory", None, server)
        assert server.get_app_data() is connection
        server.set_app_data(None)

    def test_arguments(self):
        with pytest.raises(TypeError):
            SSL.Context(SSL.TLS_METHOD).set_app_data()


class TestAtWork:
    """Settings while connections exist: upstream refuses them, here they count from the next
    connection on."""

    @pytest.mark.parametrize("name", sorted(ARGUMENTS))
    def test_every_setter(self, name):
        context = support.server_context()
        client, server = support.connected("memory", None, context)
        if name == "load_tmp_dh":
            with pytest.raises(SSL.Error):
                context.load_tmp_dh(*arguments(name))
        else:
            getattr(context, name)(*arguments(name))
        assert support.transfer(client, server, b"still here") == b"still here"

    def test_later_connections_see_it(self):
        context = support.server_context()
        before = SSL.Connection(context)
        context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
        after = SSL.Connection(context)
        old, new = before.get_cipher_list(), after.get_cipher_list()
        assert "ECDHE-ECDSA-AES128-GCM-SHA256" in new
        assert len([name for name in new if not name.startswith("TLS_")]) == 1
        assert old == new or len(old) > len(new)

    def test_mode_stays(self):
        context = support.client_context(False)
        before = SSL.Connection(context)
        context.set_verify(SSL.VERIFY_PEER)
        assert before.get_verify_mode() == SSL.VERIFY_NONE
        assert SSL.Connection(context).get_verify_mode() == SSL.VERIFY_PEER

    SETTERS = [
        "set_options",
        "set_timeout",
        "set_verify",
        "set_cipher_list",
        "use_certificate_file",
        "use_privatekey_file",
        "set_info_callback",
        "load_verify_locations",
        "set_alpn_protos",
        "set_passwd_cb",
        "set_default_verify_paths",
    ]

    @pytest.mark.parametrize("name", SETTERS)
    def test_not_from_its_own_handshake(self, name):
        server = support.server_context()
        server.set_tlsext_servername_callback(
            lambda connection: getattr(server, name)(*arguments(name))
        )
        with pytest.raises(RuntimeError, match="callback"):
            support.connected("memory", None, server)

    def test_getters_from_its_own_handshake(self):
        seen = []
        server = support.server_context()
        server.set_tlsext_servername_callback(
            lambda connection: seen.append(
                (
                    server.get_timeout(),
                    server.get_verify_mode(),
                    server.get_verify_depth(),
                    server.get_session_cache_mode(),
                    server.check_privatekey(),
                    server.get_cert_store() is not None,
                )
            )
        )
        support.connected("memory", None, server)
        assert seen == [(7200, 0, -1, 2, None, True)]

    def test_another_context_from_a_handshake(self):
        """Any other Context may be made, changed and used from inside a callback."""
        other = support.server_context()

        def switch(connection):
            other.set_timeout(99)
            SSL.Connection(SSL.Context(SSL.TLS_METHOD))
            SSL.Connection(server)
            connection.set_context(other)

        server = support.server_context()
        server.set_tlsext_servername_callback(switch)
        _, connection = support.connected("memory", None, server)
        assert connection.get_context() is other and other.get_timeout() == 99

    def test_from_another_thread_during_a_handshake(self):
        """A setter waits until the step of the handshake is over, then it counts."""
        server = support.server_context()
        started, finished = threading.Event(), threading.Event()

        def change():
            started.wait(support.TIMEOUT)
            server.set_timeout(55)
            finished.set()

        def callback(connection):
            started.set()
            assert not finished.wait(0.05)

        server.set_tlsext_servername_callback(callback)
        with support.Threads() as threads:
            threads.start(change)
            support.connected("memory", None, server)
        assert server.get_timeout() == 55

    @pytest.mark.parametrize("version", ["TLS 1.2", "TLS 1.3"])
    def test_the_list_of_ciphers_during_a_handshake(self, version):
        """It is looked up again when the answer comes: what was offered must be in it still."""
        if version == "TLS 1.2":
            name, number = "set_cipher_list", SSL.TLS1_2_VERSION
            chosen, other = "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"
        else:
            name, number = "set_tls13_ciphersuites", SSL.TLS1_3_VERSION
            chosen, other = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"
        context, server = support.client_context(), support.server_context()
        context.set_max_proto_version(number)
        getattr(server, name)(chosen.encode())

        def started(after):
            getattr(context, name)(f"{chosen}:{other}".encode())
            pair = support.memory_pair(context, server)
            with pytest.raises(SSL.WantReadError):
                pair[0].do_handshake()
            getattr(context, name)(after.encode())
            return pair

        pair = started(chosen)
        support.handshake(*pair)
        assert pair[0].get_cipher_name() == chosen
        with pytest.raises(SSL.Error, match="wrong cipher returned"):
            support.handshake(*started(other))

    def test_threads(self):
        """One Context, configured by some threads and used by others."""
        server = support.server_context()
        client = support.client_context(False)
        pki = support.pki()

        def configure():
            for number in range(60):
                server.set_timeout(number + 1)
                server.use_certificate_chain_file(pki.ec_server.chain_path)
                server.use_privatekey_file(pki.ec_server.key_path)
                server.set_alpn_protos([b"x%d" % number])
                server.set_alpn_select_callback(lambda connection, names: names[0])
                server.set_cipher_list(b"ALL" if number % 2 else b"HIGH")
                server.set_verify(SSL.VERIFY_NONE, lambda *args: True)
                server.load_verify_locations(pki.ec_ca.cert_path)

        def use():
            for _ in range(30):
                one, two = support.connected("memory", client, server)
                assert support.transfer(one, two, b"x") == b"x"

        support.run_together(configure, configure, use, use)
