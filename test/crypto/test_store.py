"""OpenSSL.crypto.X509Store and X509StoreFlags."""

import contextlib
import copy
import datetime
import gc
import os
import pickle
import threading
import weakref

import pytest

import support
from OpenSSL import SSL, crypto
from OpenSSL.crypto import X509Store, X509StoreContext, X509StoreContextError, X509StoreFlags

UTC = datetime.UTC


def verdict(store, credential, chain=None):
    """What verification says: None, or its message."""
    try:
        X509StoreContext(store, credential.x509(), chain).verify_certificate()
    except X509StoreContextError as error:
        return str(error)
    return None


def trusting(*credentials):
    store = X509Store()
    for credential in credentials:
        store.add_cert(credential.x509())
    return store


def hashed(*contents):
    """A folder with PEM files under the names that OpenSSL looks for."""
    folder = support.fresh_path()
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number}.pem").write_bytes(content)
    support.openssl("rehash", folder)
    return folder


def cryptography_crl(pem):
    x509 = pytest.importorskip("cryptography.x509")
    return x509.load_pem_x509_crl(pem)


class TestType:
    def test_alias(self):
        assert crypto.X509StoreType is X509Store
        assert X509Store.__name__ == "X509Store"
        assert X509Store.__module__ == "OpenSSL.crypto"
        assert type(X509Store()) is X509Store

    def test_takes_no_arguments(self):
        with pytest.raises(TypeError):
            X509Store(1)
        with pytest.raises(TypeError):
            X509Store(name=1)

    def test_made_without_init(self):
        X509Store.__new__(X509Store).set_flags(0)

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, duplicate):
        with pytest.raises(TypeError):
            duplicate(X509Store())

    def test_subclass(self, pki):
        class Mine(X509Store):
            def __init__(self, name):
                super().__init__()
                self.name = name

        store = Mine("x")
        store.add_cert(pki.ca.x509())
        assert verdict(store, pki.server) is None

    def test_collected(self):
        store = X509Store()
        store.me = store
        gone = weakref.ref(store)
        del store
        gc.collect()
        assert gone() is None

    def test_handle(self):
        store = X509Store()
        assert store._store
        assert int(store._store) > 0
        assert store._store == store._store
        assert store._store != X509Store()._store
        with pytest.raises(AttributeError):
            store._store = 1


class TestX509StoreFlags:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("CRL_CHECK", 0x4),
            ("CRL_CHECK_ALL", 0x8),
            ("IGNORE_CRITICAL", 0x10),
            ("X509_STRICT", 0x20),
            ("ALLOW_PROXY_CERTS", 0x40),
            ("POLICY_CHECK", 0x80),
            ("EXPLICIT_POLICY", 0x100),
            ("INHIBIT_MAP", 0x400),
            ("NOTIFY_POLICY", 0x800),
            ("CHECK_SS_SIGNATURE", 0x4000),
            ("PARTIAL_CHAIN", 0x80000),
            ("CB_ISSUER_CHECK", 0),
        ],
    )
    def test_value(self, name, value):
        assert getattr(X509StoreFlags, name) == value
        assert type(getattr(X509StoreFlags, name)) is int


class TestAddCert:
    @pytest.mark.parametrize("cert", [None, 1.0, "cert", b"cert", object(), X509Store()])
    def test_wrong_type(self, cert):
        with pytest.raises(TypeError, match="cert"):
            X509Store().add_cert(cert)

    def test_trusted(self, pki):
        store = X509Store()
        assert verdict(store, pki.server) is not None
        assert store.add_cert(pki.ca.x509()) is None
        assert verdict(store, pki.server) is None

    def test_by_name(self, pki):
        X509Store().add_cert(cert=pki.ca.x509())

    def test_twice(self, pki):
        store = trusting(pki.ca, pki.ca)
        cert = pki.ca.x509()
        store.add_cert(cert)
        store.add_cert(cert)
        assert verdict(store, pki.server) is None

    def test_incomplete(self):
        with pytest.raises(crypto.Error):
            X509Store().add_cert(crypto.X509())

    def test_outlives_the_certificate(self, pki):
        cert = pki.ca.x509()
        store = X509Store()
        store.add_cert(cert)
        del cert
        gc.collect()
        assert verdict(store, pki.server) is None

    def test_a_later_change_does_not_reach_it(self, pki):
        cert = pki.ca.x509()
        subject = cert.get_subject()
        store = X509Store()
        store.add_cert(cert)
        subject.CN = "changed"
        cert.set_serial_number(12345)
        assert verdict(store, pki.server) is None
        root = X509StoreContext(store, pki.server.x509()).get_verified_chain()[-1]
        assert root.get_subject().CN == "RSA CA"
        assert cert.get_subject().CN == subject.CN == "changed"
        assert cert.get_serial_number() == 12345


class TestAddCrl:
    @pytest.mark.parametrize("crl", [None, 1.0, "crl", object(), crypto.X509()])
    def test_wrong_type(self, crl):
        with pytest.raises(TypeError, match="crl"):
            X509Store().add_crl(crl)

    def test_a_certificate_of_cryptography(self, pki):
        x509 = pytest.importorskip("cryptography.x509")
        with pytest.raises(TypeError, match="crl"):
            X509Store().add_crl(x509.load_pem_x509_certificate(pki.ca.cert_pem))

    @pytest.fixture(scope="class")
    def revoking(self):
        """An authority, one whom it revoked, and one whom it did not."""
        issuer = support.ca("Revoking CA")
        bad, good = issuer.issue("bad"), issuer.issue("good")
        issuer.revoke(bad)
        return issuer, bad, good

    def test_list_of_cryptography(self, revoking):
        issuer, bad, good = revoking
        store = trusting(issuer)
        crl = cryptography_crl(issuer.crl_pem())
        assert store.add_crl(crl) is None
        store.add_crl(crl=crl)
        assert verdict(store, bad) is None  # not asked for yet
        store.set_flags(X509StoreFlags.CRL_CHECK)
        assert verdict(store, bad) == "certificate revoked"
        assert verdict(store, good) is None

    def test_no_list(self, revoking):
        issuer, bad, _ = revoking
        store = trusting(issuer)
        store.set_flags(X509StoreFlags.CRL_CHECK)
        with pytest.raises(X509StoreContextError) as caught:
            X509StoreContext(store, bad.x509()).verify_certificate()
        assert str(caught.value) == "unable to get certificate CRL"
        assert caught.value.certificate.get_subject().CN == "bad"

    def test_incomplete_list_beside_a_good_one(self, revoking, pki):
        issuer, _, good = revoking
        store = trusting(issuer)
        store.add_crl(cryptography_crl(pki.ca.crl_pem()))
        store.set_flags(X509StoreFlags.CRL_CHECK)
        assert verdict(store, good) == "unable to get certificate CRL"


class TestSetFlags:
    @pytest.mark.parametrize("flags", [None, 1.0, "1", object()])
    def test_wrong_type(self, flags):
        with pytest.raises(TypeError, match="flags"):
            X509Store().set_flags(flags)

    @pytest.mark.parametrize("flags", [-1, 2**64])
    def test_out_of_range(self, flags):
        with pytest.raises(OverflowError, match="flags"):
            X509Store().set_flags(flags)

    def test_partial_chain(self, pki):
        store = trusting(pki.intermediate)
        assert verdict(store, pki.deep) == "unable to get issuer certificate"
        assert store.set_flags(flags=X509StoreFlags.PARTIAL_CHAIN) is None
        assert verdict(store, pki.deep) is None

    def test_adds_to_those_before(self, pki):
        store = trusting(pki.intermediate)
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
        store.set_flags(X509StoreFlags.X509_STRICT)
        store.set_flags(0)
        assert verdict(store, pki.deep) is None


class TestSetTime:
    @pytest.mark.parametrize("when", [None, 0, 1.0, "2020", datetime.date(2020, 1, 1)])
    def test_wrong_type(self, when):
        with pytest.raises(TypeError, match="vfy_time"):
            X509Store().set_time(when)

    @pytest.fixture
    def years(self):
        """An authority for long, one whom it signed for 2020 alone."""
        issuer = support.ca("Old CA", start="20000101000000Z", end="20990101000000Z")
        return issuer, issuer.issue("2020", start="20200101000000Z", end="20201231235959Z")

    def test_naive_is_utc(self, years):
        issuer, leaf = years
        store = trusting(issuer)
        assert verdict(store, leaf) == "certificate has expired"
        assert store.set_time(vfy_time=datetime.datetime(2020, 1, 1)) is None
        assert verdict(store, leaf) is None
        store.set_time(datetime.datetime(2019, 12, 31, 23, 59, 59))
        assert verdict(store, leaf).startswith("certificate is not yet valid")
        store.set_time(datetime.datetime(2020, 12, 31, 23, 59, 58, 999999))
        assert verdict(store, leaf) is None
        store.set_time(datetime.datetime(2021, 1, 1))
        assert verdict(store, leaf) == "certificate has expired"

    def test_to_the_second(self, years):
        issuer, _ = years
        leaf = issuer.issue("noon", start="20200601120000Z", end="20210101000000Z")
        store = trusting(issuer)
        store.set_time(datetime.datetime(2020, 6, 1, 11, 59, 59))
        assert verdict(store, leaf).startswith("certificate is not yet valid")
        store.set_time(datetime.datetime(2020, 6, 1, 12))
        assert verdict(store, leaf) is None

    @pytest.mark.parametrize("hours", [-11.5, 0, 5.75, 14])
    def test_aware_is_converted(self, years, hours):
        issuer, leaf = years
        zone = datetime.timezone(datetime.timedelta(hours=hours))
        start = datetime.datetime(2020, 1, 1, tzinfo=UTC).astimezone(zone)
        store = trusting(issuer)
        store.set_time(start)
        assert verdict(store, leaf) is None
        store.set_time(start - datetime.timedelta(seconds=1))
        assert verdict(store, leaf).startswith("certificate is not yet valid")

    def test_zone_without_an_offset_is_naive(self, years):
        class Nowhere(datetime.tzinfo):
            def utcoffset(self, when):
                return None

        issuer, leaf = years
        store = trusting(issuer)
        store.set_time(datetime.datetime(2020, 6, 1, tzinfo=Nowhere()))
        assert verdict(store, leaf) is None

    def test_zone_that_raises(self, years):
        class Broken(datetime.tzinfo):
            def utcoffset(self, when):
                raise ZeroDivisionError

        store = trusting(years[0])
        with pytest.raises(ZeroDivisionError):
            store.set_time(datetime.datetime(2020, 6, 1, tzinfo=Broken()))
        assert verdict(store, years[1]) == "certificate has expired"

    @pytest.mark.parametrize("year", [1, 1969, 1970, 9999])
    def test_far_away(self, years, year):
        store = trusting(years[0])
        store.set_time(datetime.datetime(year, 1, 1))
        assert verdict(store, years[1]).startswith(
            ("certificate is not yet valid", "certificate has expired")
        )

    def test_subclass(self, years):
        class Mine(datetime.datetime):
            pass

        store = trusting(years[0])
        store.set_time(Mine(2020, 6, 1))
        assert verdict(store, years[1]) is None

    def test_flags_stay(self, pki):
        store = trusting(pki.intermediate)
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(datetime.datetime.now(UTC))
        assert verdict(store, pki.deep) is None


class TestLoadLocations:
    @pytest.mark.parametrize("path", [1, 1.0, object(), ["x"], bytearray(b"x")])
    def test_wrong_type(self, path):
        with pytest.raises(TypeError, match="cafile"):
            X509Store().load_locations(path)
        with pytest.raises(TypeError, match="capath"):
            X509Store().load_locations(None, path)

    def test_nul(self):
        with pytest.raises(ValueError, match="cafile"):
            X509Store().load_locations("a\0b")
        with pytest.raises(ValueError, match="capath"):
            X509Store().load_locations(None, b"a\0b")

    def test_nothing(self):
        with pytest.raises(TypeError):
            X509Store().load_locations()
        for args in ((None,), (None, None)):
            with pytest.raises(crypto.Error) as caught:
                X509Store().load_locations(*args)
            assert caught.value.args[0][0][0] == "x509 certificate routines"

    @pytest.mark.parametrize("kind", [os.fspath, os.fsencode, lambda path: path])
    def test_file(self, pki, kind):
        store = X509Store()
        assert store.load_locations(kind(pki.ca.cert_path)) is None
        assert verdict(store, pki.server) is None

    @pytest.mark.parametrize("kind", [os.fspath, os.fsencode, lambda path: path])
    def test_directory(self, pki, kind):
        store = X509Store()
        folder = hashed(pki.ca.cert_pem)
        assert store.load_locations(cafile=None, capath=kind(folder)) is None
        assert verdict(store, pki.server) is None

    def test_both(self, pki):
        store = X509Store()
        store.load_locations(pki.ec_ca.cert_path, hashed(pki.ca.cert_pem))
        assert verdict(store, pki.server) is None
        assert verdict(store, pki.ec_server) is None
        assert verdict(store, pki.other) is not None

    def test_accumulates(self, pki):
        store = X509Store()
        store.load_locations(pki.ca.cert_path)
        store.load_locations(pki.ec_ca.cert_path)
        store.load_locations(None, hashed(pki.other_ca.cert_pem))
        store.load_locations(None, hashed())
        for credential in (pki.server, pki.ec_server, pki.other):
            assert verdict(store, credential) is None

    def test_directory_is_read_when_it_is_needed(self, pki):
        folder = support.fresh_path()
        store = X509Store()
        store.load_locations(None, folder)
        assert verdict(store, pki.server) == "unable to get local issuer certificate"
        folder.mkdir()
        (folder / "ca.pem").write_bytes(pki.ca.cert_pem)
        support.openssl("rehash", folder)
        assert verdict(store, pki.server) is None

    def test_revocation_list_in_a_file_and_a_directory(self):
        issuer = support.ca("Revoking CA")
        bad = issuer.issue("bad")
        issuer.revoke(bad)
        both = issuer.cert_pem + issuer.crl_pem()
        path = support.fresh_path()
        path.write_bytes(both)
        for where in ((path, None), (None, hashed(issuer.cert_pem, issuer.crl_pem()))):
            store = X509Store()
            store.load_locations(*where)
            store.set_flags(X509StoreFlags.CRL_CHECK)
            assert verdict(store, bad) == "certificate revoked"

    def test_non_ascii_path(self, pki):
        path = support.fresh_path("-\N{SNOWMAN}\udcff")
        path.write_bytes(pki.ca.cert_pem)
        store = X509Store()
        store.load_locations(path)
        assert verdict(store, pki.server) is None

    @pytest.mark.parametrize(
        "content",
        [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    )
    def test_garbage(self, content):
        path = support.fresh_path()
        path.write_bytes(content)
        with pytest.raises(crypto.Error) as caught:
            X509Store().load_locations(path)
        assert caught.value.args[0]

    def test_missing_file(self):
        with pytest.raises(crypto.Error) as caught:
            X509Store().load_locations("/nowhere/at/all")
        assert any("No such file" in reason for _, _, reason in caught.value.args[0])

    def test_a_refused_file_leaves_no_trace(self, pki):
        path = support.fresh_path()
        path.write_bytes(pki.ca.cert_pem + pki.ca.cert_pem.replace(b"MII", b"AII"))
        store = X509Store()
        with pytest.raises(crypto.Error):
            store.load_locations(path)
        assert verdict(store, pki.server) is not None

    def test_a_refused_directory_leaves_no_trace(self, pki):
        store = X509Store()
        with pytest.raises(crypto.Error) as caught:
            store.load_locations(pki.ca.cert_path, "")
        assert caught.value.args[0][-1][2] == "invalid directory"
        assert verdict(store, pki.server) is not None


@contextlib.contextmanager
def ended(event):
    """Sets it at the end, however that comes."""
    try:
        yield
    finally:
        event.set()


class TestOfContext:
    """The X509Store that Context.get_cert_store gives."""

    def test_same_store(self, pki):
        context = SSL.Context(SSL.TLS_METHOD)
        one, other = context.get_cert_store(), context.get_cert_store()
        assert type(one) is X509Store
        assert one._store == other._store
        one.add_cert(pki.ca.x509())
        assert verdict(other, pki.server) is None

    def test_outlives_the_context(self, pki):
        store = SSL.Context(SSL.TLS_METHOD).get_cert_store()
        gc.collect()
        store.add_cert(pki.ca.x509())
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
        assert verdict(store, pki.server) is None

    def test_cycle_through_the_context(self):
        context = SSL.Context(SSL.TLS_METHOD)
        store = context.get_cert_store()
        context.store, store.me = store, store
        gone = weakref.ref(context), weakref.ref(store)
        del context, store
        gc.collect()
        assert [one() for one in gone] == [None, None]

    def test_settings_reach_the_handshake(self, pki):
        context = support.client_context()
        context.get_cert_store().set_time(datetime.datetime(1990, 1, 1))
        with pytest.raises(SSL.Error):
            support.connected("memory", client=context)
        context.get_cert_store().set_time(datetime.datetime.now(UTC))
        support.connected("memory", client=context)

    def test_inside_a_callback_of_its_handshake(self, pki):
        """Adding and verifying work; what would wait for the handshake itself is refused."""
        context = support.client_context()
        found = []

        def verify(connection, cert, number, depth, good):
            store = connection.get_context().get_cert_store()
            store.add_cert(pki.other_ca.x509())
            found.append(verdict(store, pki.other))
            for call in (
                lambda: store.set_flags(0),
                lambda: store.set_time(datetime.datetime.now(UTC)),
                lambda: store.load_locations(pki.ca.cert_path),
            ):
                with pytest.raises(RuntimeError, match="callback"):
                    call()
            return good

        context.set_verify(SSL.VERIFY_PEER, verify)
        support.connected("memory", client=context)
        assert found
        assert set(found) == {None}
        context.get_cert_store().load_locations(pki.ca.cert_path)

    def test_while_others_shake_hands(self, pki):
        context = support.client_context()
        server = support.server_context()
        store = context.get_cert_store()
        done = threading.Event()

        def shake():
            with ended(done):
                for _ in range(30):
                    support.connected("memory", client=context, server=server)

        def change():
            now = datetime.datetime.now(UTC)
            while not done.is_set():
                store.set_flags(X509StoreFlags.X509_STRICT)
                store.set_time(now)
                store.load_locations(pki.ca.cert_path)
                store.add_cert(pki.other_ca.x509())
                assert verdict(store, pki.ec_server) is None

        with support.Threads() as threads:
            threads.start(shake)
            threads.start(shake)
            threads.start(change)


class TestThreads:
    def test_verify_while_adding(self, pki):
        """Readers get the right answer while others add, set and load."""
        store = trusting(pki.ca)
        folder = hashed(pki.ec_ca.cert_pem)
        done = threading.Event()
        leaf, later = pki.server.x509(), pki.other.x509()
        root, now = pki.other_ca.x509(), datetime.datetime.now(UTC)

        def verify():
            count = 0
            while not done.is_set() or count < 100:
                assert X509StoreContext(store, leaf).verify_certificate() is None
                count += 1

        def change():
            with ended(done):
                for number in range(100):
                    store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
                    store.set_time(now)
                    if number % 10 == 0:
                        store.load_locations(None, folder)
                        store.load_locations(pki.ec_ca.cert_path)
                    store.add_cert(root)

        with support.Threads() as threads:
            for _ in range(4):
                threads.start(verify)
            threads.start(change)
        assert X509StoreContext(store, later).verify_certificate() is None
        assert verdict(store, pki.ec_server) is None

    def test_change_a_certificate_that_is_verified(self, pki):
        """What is being verified is not what is being changed."""
        cert, root = pki.server.x509(), pki.ca.x509()
        store = X509Store()
        store.add_cert(root)
        done = threading.Event()

        def verify():
            valid = 0
            while not done.is_set():
                with contextlib.suppress(X509StoreContextError):
                    X509StoreContext(store, cert, [root, cert]).verify_certificate()
                    valid += 1
            return valid

        def change():
            with ended(done):
                for number in range(200):
                    for one in (cert, root):
                        one.get_subject().CN = f"number {number}"
                        one.set_issuer(one.get_subject())
                        one.set_serial_number(number + 1)

        with support.Threads() as threads:
            for _ in range(3):
                threads.start(verify)
            threads.start(change)
        assert cert.get_subject().CN == root.get_issuer().CN == "number 199"
        assert verdict(store, pki.server) is None
