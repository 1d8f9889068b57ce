"""src/util/order.c: in debug builds locks are taken in one order, or the process ends."""

import itertools
import signal
import threading

import _probe
import pytest

import support
from OpenSSL import SSL, crypto

# In the order in which they must be taken; the turn of a connection comes before them.
LOCKS = {"mutex": "Mutex()", "settings": "RWLock(2)", "store": "RWLock(3)"}

asserts = pytest.mark.skipif(not _probe.asserts(), reason="built without assertions")


def made(names):
    return tuple(eval(f"_probe.{LOCKS[name]}") for name in names)


def ends(code):
    """It is ended by an assertion of order.c."""
    result = support.run_script(f"import _probe\n{code}", check=False, **support.UNFINISHED)
    assert result.returncode == -signal.SIGABRT, result.stdout
    assert "order.c" in result.stdout
    return True


def hold(names):
    locks = ", ".join(f"_probe.{LOCKS[name]}" for name in names)
    return f"_probe.hold(({locks},), lambda: None)"


class TestOrder:
    @pytest.mark.parametrize(
        "names",
        [names for count in (1, 2, 3) for names in itertools.combinations(LOCKS, count)],
        ids=" ".join,
    )
    def test_one_after_the_other(self, names):
        assert _probe.hold(made(names), lambda: "held") == "held"

    def test_several_contexts(self):
        assert _probe.hold(made(["settings", "settings", "store"]), lambda: "held") == "held"

    @asserts
    @pytest.mark.parametrize(
        "names",
        [*((two, one) for one, two in itertools.combinations(LOCKS, 2)), ("store", "store")],
        ids=" ".join,
    )
    def test_the_other_way(self, names):
        assert ends(hold(names))

    @asserts
    def test_two_connections(self):
        assert ends(hold(["mutex", "mutex"]))

    @pytest.mark.parametrize("name", LOCKS)
    def test_a_callback_begins_anew(self, name):
        """It may use other objects, whatever is held outside of it."""

        def inside():
            return _probe.hold(made(LOCKS), lambda: "held")

        assert _probe.hold(made([name]), inside) == "held"
        assert _probe.hold(made(LOCKS), inside) == "held"

    @asserts
    def test_but_has_an_order_too(self):
        assert ends(
            f"_probe.hold((_probe.{LOCKS['mutex']},), lambda: {hold(['store', 'settings'])})"
        )

    def test_a_handler_of_signals_begins_anew(self):
        """It runs in a thread that holds one lock and waits for another."""

        class Inside(support.Interruption):
            def _handle(self, number, frame):
                _probe.hold(made(LOCKS), lambda: None)
                self.handled.set()

        locks = made(["mutex", "settings"])

        def until():
            support.wait_until(lambda: locks[1].look()[3])
            interruption.strike()

        with Inside() as interruption, support.Threads() as threads:
            inside = threading.Event()
            threads.start(locks[1].write, lambda: (inside.set(), until()), True)
            assert inside.wait(support.TIMEOUT)
            _probe.hold(locks, lambda: None)

    @asserts
    def test_nobody_waits_for_the_network_with_a_mutex(self):
        assert ends("_probe.wait_holding(_probe.Mutex())")

    def test_a_context_before_a_store(self):
        """The callback of a handshake, which reads its Context, verifies with a store, with
        the Context's own, and makes another connection."""
        client, server = support.client_context(), support.server_context()
        store = crypto.X509Store()
        store.add_cert(support.pki().ec_ca.x509())
        verified = []

        def verify(connection, cert, error, depth, ok):
            if depth == 0:
                crypto.X509StoreContext(store, cert).verify_certificate()
                crypto.X509StoreContext(client.get_cert_store(), cert).verify_certificate()
                store.set_flags(0)
                support.connected("memory", support.client_context(), server)
                verified.append(cert)
            return ok

        client.set_verify(SSL.VERIFY_PEER, verify)
        support.connected("memory", client, server)
        assert len(verified) == 1
