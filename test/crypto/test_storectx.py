"""OpenSSL.crypto.X509StoreContext and X509StoreContextError, against ``openssl verify``."""

import copy
import datetime
import gc
import pickle
import re
import subprocess
import sys
import threading
import weakref

import pytest

import support
from OpenSSL import crypto
from OpenSSL.crypto import X509Store, X509StoreContext, X509StoreContextError, X509StoreFlags

FLAGS = {
    "-partial_chain": X509StoreFlags.PARTIAL_CHAIN,
    "-crl_check": X509StoreFlags.CRL_CHECK,
    "-crl_check_all": X509StoreFlags.CRL_CHECK_ALL,
    "-x509_strict": X509StoreFlags.X509_STRICT,
    "-ignore_critical": X509StoreFlags.IGNORE_CRITICAL,
    "-check_ss_sig": X509StoreFlags.CHECK_SS_SIGNATURE,
    "-allow_proxy_certs": X509StoreFlags.ALLOW_PROXY_CERTS,
    "-explicit_policy": X509StoreFlags.EXPLICIT_POLICY,
}


def trusting(*credentials):
    store = X509Store()
    for credential in credentials:
        store.add_cert(credential.x509())
    return store


def failure(context):
    with pytest.raises(X509StoreContextError) as caught:
        context.verify_certificate()
    return caught.value


def subjects(chain):
    return [cert.get_subject().CN for cert in chain]


class TestNew:
    @pytest.mark.parametrize("store", [None, 1, object(), "store"])
    def test_store_of_wrong_type(self, pki, store):
        with pytest.raises(TypeError, match="store"):
            X509StoreContext(store, pki.server.x509())

    @pytest.mark.parametrize("cert", [None, 1, object(), b"cert"])
    def test_certificate_of_wrong_type(self, cert):
        with pytest.raises(TypeError, match="certificate"):
            X509StoreContext(X509Store(), cert)

    @pytest.mark.parametrize("chain", [42, 1.0, object(), [None], ["cert"], "chain"])
    def test_chain_of_wrong_type(self, pki, chain):
        with pytest.raises(TypeError):
            X509StoreContext(X509Store(), pki.server.x509(), chain)

    def test_arguments(self, pki):
        with pytest.raises(TypeError):
            X509StoreContext()
        with pytest.raises(TypeError):
            X509StoreContext(X509Store())
        with pytest.raises(TypeError):
            X509StoreContext(X509Store(), pki.server.x509(), None, None)
        X509StoreContext(store=X509Store(), certificate=pki.server.x509(), chain=None)

    def test_without_init(self, pki):
        context = X509StoreContext.__new__(X509StoreContext)
        for call in (
            context.verify_certificate,
            context.get_verified_chain,
            lambda: context.set_store(X509Store()),
        ):
            with pytest.raises(ValueError, match="initialized"):
                call()
        for name in ("_store", "_cert", "_chain"):
            with pytest.raises(AttributeError):
                getattr(context, name)
        context.__init__(trusting(pki.ca), pki.server.x509())
        context.verify_certificate()

    def test_init_again(self, pki):
        context = X509StoreContext(trusting(pki.ca), pki.server.x509())
        with pytest.raises(TypeError):
            context.__init__(1, 2)
        context.verify_certificate()
        context.__init__(X509Store(), pki.server.x509())
        assert failure(context).errors[0] == 20

    def test_subclass(self, pki):
        class Mine(X509StoreContext):
            def __init__(self, cert):
                super().__init__(trusting(pki.ca), cert)

        Mine(pki.server.x509()).verify_certificate()

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_no_copies(self, pki, duplicate):
        with pytest.raises(TypeError):
            duplicate(X509StoreContext(X509Store(), pki.server.x509()))

    def test_collected(self, pki):
        context = X509StoreContext(X509Store(), pki.server.x509(), [])
        context._store.me = context
        gone = weakref.ref(context)
        del context
        gc.collect()
        assert gone() is None

    def test_private_names(self, pki):
        store, cert, other = X509Store(), pki.server.x509(), pki.ca.x509()
        context = X509StoreContext(store, cert, [other])
        assert context._store is store
        assert context._cert is cert
        assert context._chain[0] is other
        assert X509StoreContext(store, cert)._chain is None


class TestVerifyCertificate:
    def test_valid(self, pki):
        assert X509StoreContext(trusting(pki.ca), pki.server.x509()).verify_certificate() is None

    def test_arguments(self, pki):
        with pytest.raises(TypeError):
            X509StoreContext(X509Store(), pki.server.x509()).verify_certificate(1)

    def test_again_and_again(self, pki):
        store = X509Store()
        context = X509StoreContext(store, pki.deep.x509(), [pki.intermediate.x509()])
        for _ in range(3):
            assert failure(context).errors[0] == 20
        store.add_cert(pki.ca.x509())
        for _ in range(3):
            context.verify_certificate()
        store.set_time(datetime.datetime(1990, 1, 1))
        assert failure(context).errors[0] == 9

    @pytest.mark.parametrize("sequence", [list, tuple, iter])
    def test_chain(self, pki, sequence):
        store = trusting(pki.ca)
        chain = [pki.intermediate.x509(), pki.other_ca.x509(), pki.ca.x509()]
        context = X509StoreContext(store, pki.deep.x509(), sequence(chain))
        del chain[:]
        gc.collect()
        context.verify_certificate()

    def test_empty_chain(self, pki):
        X509StoreContext(trusting(pki.ca), pki.server.x509(), []).verify_certificate()
        X509StoreContext(trusting(pki.ca), pki.server.x509(), None).verify_certificate()

    def test_chain_is_not_trusted(self, pki):
        context = X509StoreContext(X509Store(), pki.server.x509(), [pki.ca.x509()])
        assert failure(context).errors[0] == 19

    def test_incomplete_certificate(self, pki):
        error = failure(X509StoreContext(trusting(pki.ca), crypto.X509()))
        assert error.errors == [1, 0, str(error)]
        assert isinstance(error.certificate, crypto.X509)

    def test_incomplete_certificate_in_the_chain(self, pki):
        store = trusting(pki.ca)
        chain = [crypto.X509(), pki.intermediate.x509(), crypto.X509()]
        X509StoreContext(store, pki.deep.x509(), chain).verify_certificate()

    def test_certificate_made_here(self, pki):
        key = pki.ec_ca.pkey()
        cert = crypto.X509()
        cert.get_subject().CN = "made here"
        cert.set_issuer(pki.ec_ca.x509().get_subject())
        cert.set_pubkey(key)
        cert.gmtime_adj_notBefore(-60)
        cert.gmtime_adj_notAfter(3600)
        cert.sign(key, "sha256")
        context = X509StoreContext(trusting(pki.ec_ca), cert)
        context.verify_certificate()
        cert.gmtime_adj_notAfter(-1)
        cert.sign(key, "sha256")
        assert str(failure(context)) == "certificate has expired"

    def test_error(self, pki):
        context = X509StoreContext(trusting(pki.ca), pki.expired.x509())
        error = failure(context)
        assert type(error) is X509StoreContextError
        assert str(error) == "certificate has expired"
        assert error.args == ("certificate has expired",)
        assert error.errors == [10, 0, "certificate has expired"]
        assert error.certificate.digest("sha256") == pki.expired.x509().digest("sha256")
        assert error.certificate is not context._cert

    def test_certificate_of_the_error_is_independent(self, pki):
        context = X509StoreContext(X509Store(), pki.server.x509())
        error = failure(context)
        del context
        gc.collect()
        error.certificate.get_subject().CN = "changed"
        error = failure(X509StoreContext(X509Store(), pki.server.x509()))
        assert error.certificate.get_subject().CN == "localhost"

    def test_depth_and_certificate_of_an_error_above(self, pki):
        old = support.ca("Old CA", issuer=pki.ca, start=support.stamp(-9), end=support.stamp(-1))
        context = X509StoreContext(trusting(pki.ca), old.issue("young").x509(), [old.x509()])
        error = failure(context)
        assert error.errors == [10, 1, "certificate has expired"]
        assert error.certificate.get_subject().CN == "Old CA"

    def test_runs_in_parallel(self, pki):
        """One context in many threads."""
        context = X509StoreContext(trusting(pki.ca), pki.deep.x509(), [pki.intermediate.x509()])

        def work():
            for _ in range(50):
                context.verify_certificate()
                assert subjects(context.get_verified_chain())[0] == "localhost"

        def swap():
            for _ in range(50):
                context.set_store(trusting(pki.ca))

        support.run_together(*[work] * 4, swap)

    def test_others_run_meanwhile(self, pki):
        """The interpreter is let go while it verifies."""
        context = X509StoreContext(trusting(pki.ca), pki.server.x509())
        go, ran = threading.Event(), []

        def other():
            go.wait()
            ran.append(True)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)  # nobody else runs unless the interpreter is let go
        try:
            with support.Threads() as threads:
                threads.start(other)
                go.set()
                for _ in range(10_000):  # the machine may have other things to do
                    context.verify_certificate()
                    if ran:
                        break
                assert ran
        finally:
            sys.setswitchinterval(interval)


class TestGetVerifiedChain:
    def test_chain(self, pki):
        context = X509StoreContext(trusting(pki.ca), pki.deep.x509(), [pki.intermediate.x509()])
        for _ in range(2):
            chain = context.get_verified_chain()
            assert type(chain) is list
            assert subjects(chain) == ["localhost", "Middle CA", "RSA CA"]
            assert all(type(cert) is crypto.X509 for cert in chain)

    def test_outlives_everything(self, pki):
        chain = X509StoreContext(trusting(pki.ca), pki.server.x509()).get_verified_chain()
        gc.collect()
        assert subjects(chain) == ["localhost", "RSA CA"]

    def test_change_of_an_item(self, pki):
        """Nobody else sees it."""
        store, cert = trusting(pki.ca), pki.server.x509()
        context = X509StoreContext(store, cert)
        for item in context.get_verified_chain():
            item.get_subject().CN = "changed"
        assert subjects(context.get_verified_chain()) == ["localhost", "RSA CA"]
        assert cert.get_subject().CN == "localhost"

    def test_superfluous_certificates(self, pki):
        extra = [pki.ec_ca.x509(), pki.other_ca.x509()]
        context = X509StoreContext(trusting(pki.ca, pki.ec_ca), pki.server.x509(), extra)
        assert subjects(context.get_verified_chain()) == ["localhost", "RSA CA"]

    def test_partial(self, pki):
        store = trusting(pki.intermediate)
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
        chain = X509StoreContext(store, pki.deep.x509()).get_verified_chain()
        assert subjects(chain) == ["localhost", "Middle CA"]

    def test_not_valid(self, pki):
        with pytest.raises(X509StoreContextError) as caught:
            X509StoreContext(X509Store(), pki.server.x509()).get_verified_chain()
        assert caught.value.errors[:2] == [20, 0]


class TestSetStore:
    def test_other_store(self, pki):
        context = X509StoreContext(X509Store(), pki.server.x509())
        failure(context)
        store = trusting(pki.ca)
        assert context.set_store(store=store) is None
        assert context._store is store
        context.verify_certificate()

    @pytest.mark.parametrize("store", [None, 1, object()])
    def test_wrong_type(self, pki, store):
        context = X509StoreContext(trusting(pki.ca), pki.server.x509())
        with pytest.raises(TypeError, match="store"):
            context.set_store(store)
        context.verify_certificate()

    def test_old_store_goes(self, pki):
        store = X509Store()
        gone = weakref.ref(store)
        context = X509StoreContext(store, pki.server.x509())
        del store
        assert gone() is not None
        context.set_store(X509Store())
        assert gone() is None


class TestX509StoreContextError:
    def test_made_by_hand(self):
        cert = crypto.X509()
        error = X509StoreContextError("why", [1, 2, "why"], cert)
        assert error.args == ("why",)
        assert str(error) == "why"
        assert error.errors == [1, 2, "why"]
        assert error.certificate is cert
        error = X509StoreContextError(message="why", errors=[], certificate=None)
        assert (error.errors, error.certificate) == ([], None)

    def test_bases(self):
        assert X509StoreContextError.__bases__ == (Exception,)
        assert X509StoreContextError.__module__ == "OpenSSL.crypto"
        assert not issubclass(X509StoreContextError, crypto.Error)

    def test_arguments(self):
        for args in ((), ("why",), ("why", []), ("why", [], None, None)):
            with pytest.raises(TypeError):
                X509StoreContextError(*args)

    def test_without_init(self):
        error = X509StoreContextError.__new__(X509StoreContextError)
        with pytest.raises(AttributeError):
            error.errors  # noqa: B018
        with pytest.raises(AttributeError):
            error.certificate  # noqa: B018

    def test_attributes_can_be_set(self):
        error = X509StoreContextError("why", [], None)
        error.errors, error.certificate, error.more = [1], 2, 3
        assert (error.errors, error.certificate, error.more) == ([1], 2, 3)

    def test_subclass(self):
        class MineError(X509StoreContextError):
            def __init__(self):
                super().__init__("mine", [], None)

        assert str(MineError()) == "mine"

    def test_collected(self):
        error = X509StoreContextError("why", [], None)
        error.errors.append(error)
        gone = weakref.ref(error)
        del error
        gc.collect()
        assert gone() is None


# ---- what the openssl command says ----


class Case:
    """A certificate, and what is known when it is verified."""

    def __init__(self, leaf, *, trusted=(), untrusted=(), crls=(), flags=(), directory=False):
        self.leaf = leaf
        self.trusted = trusted
        self.untrusted = untrusted
        self.crls = crls
        self.flags = flags
        self.directory = directory

    def folder(self):
        folder = support.fresh_path()
        folder.mkdir()
        contents = [*(one.cert_pem for one in self.trusted), *self.crls]
        for number, content in enumerate(contents):
            (folder / f"{number}.pem").write_bytes(content)
        support.openssl("rehash", folder)
        return folder

    @staticmethod
    def file(contents):
        path = support.fresh_path(".pem")
        path.write_bytes(b"".join(contents))
        return path

    def by_command(self):
        """(number, depth, message), or None."""
        command = ["openssl", "verify", "-no-CAfile", "-no-CApath", "-no-CAstore", *self.flags]
        if self.directory:
            command += ["-CApath", self.folder()]
        else:
            if self.trusted:
                command += ["-CAfile", self.file(one.cert_pem for one in self.trusted)]
            for crl in self.crls:
                command += ["-CRLfile", self.file([crl])]
        if self.untrusted:
            command += ["-untrusted", self.file(one.cert_pem for one in self.untrusted)]
        result = subprocess.run(
            [*map(str, command), str(self.leaf.cert_path)],
            capture_output=True,
            text=True,
            timeout=support.TIMEOUT,
        )
        found = re.search(r"^error (\d+) at (\d+) depth lookup: (.*)$", result.stderr, re.MULTILINE)
        assert (found is None) == (result.returncode == 0), result.stderr
        return found and (int(found[1]), int(found[2]), found[3])

    def by_us(self):
        store = X509Store()
        if self.directory:
            store.load_locations(None, self.folder())
        else:
            for one in self.trusted:
                store.add_cert(one.x509())
            for crl in self.crls:
                store.load_locations(self.file([crl]))
        for flag in self.flags:
            store.set_flags(FLAGS[flag])
        untrusted = [one.x509() for one in self.untrusted]
        context = X509StoreContext(store, self.leaf.x509(), untrusted)
        try:
            chain = context.get_verified_chain()
        except X509StoreContextError as error:
            return (*error.errors[:2], str(error))
        assert chain[0].digest("sha256") == self.leaf.x509().digest("sha256")
        return None


def valid(pki):
    return Case(pki.server, trusted=[pki.ca]), None


def valid_by_way_of_another(pki):
    return Case(pki.deep, trusted=[pki.ca], untrusted=[pki.intermediate]), None


def valid_all_trusted(pki):
    return Case(pki.deep, trusted=[pki.ca, pki.intermediate]), None


def valid_in_a_directory(pki):
    return Case(pki.deep, trusted=[pki.ca, pki.intermediate], directory=True), None


def valid_root(pki):
    return Case(pki.ca, trusted=[pki.ca]), None


def nothing_trusted(pki):
    return Case(pki.server), 20


def another_trusted(pki):
    return Case(pki.server, trusted=[pki.other_ca]), 20


def another_in_a_directory(pki):
    return Case(pki.server, trusted=[pki.other_ca], directory=True), 20


def expired(pki):
    return Case(pki.expired, trusted=[pki.ca]), 10


def not_yet_valid(pki):
    return Case(pki.future, trusted=[pki.ca]), 9


def missing_intermediate(pki):
    return Case(pki.deep, trusted=[pki.ca]), 20


def missing_root(pki):
    return Case(pki.deep, trusted=[pki.intermediate]), 2


def missing_root_allowed(pki):
    return Case(pki.deep, trusted=[pki.intermediate], flags=["-partial_chain"]), None


def self_signed(pki):
    return Case(pki.other_ca, trusted=[pki.ca]), 18


def self_signed_above(pki):
    return Case(pki.deep, untrusted=[pki.intermediate, pki.ca]), 19


def no_authority_above(pki):
    """A leaf that signs."""
    return Case(pki.ec_server.issue("below a leaf"), trusted=[pki.ec_ca, pki.ec_server]), 79


def path_too_long(pki):
    limits = "basicConstraints = critical, CA:TRUE, pathlen:0\n"
    top = support.ca("Short CA", extensions=limits)
    middle = support.ca("Too much CA", issuer=top)
    return Case(middle.issue("x"), trusted=[top], untrusted=[middle]), 25


def name_not_permitted(pki):
    limits = "nameConstraints = critical, permitted;DNS:example.com\n"
    top = support.ca("Narrow CA", extensions=limits)
    return Case(top.issue("x", names="DNS:example.org"), trusted=[top]), 47


def forged(pki):
    """The issuer's name, another key, and no key identifier to tell."""
    real, fake = support.ca("Twin CA"), support.ca("Twin CA")
    leaf = fake.issue("x", extensions="authorityKeyIdentifier = none\n")
    return Case(leaf, trusted=[real]), 7


def unknown_critical(pki):
    odd = "1.2.3.4 = critical, ASN1:NULL\n"
    return Case(pki.ec_ca.issue("x", extensions=odd), trusted=[pki.ec_ca]), 34


def unknown_critical_ignored(pki):
    odd = "1.2.3.4 = critical, ASN1:NULL\n"
    leaf = pki.ec_ca.issue("x", extensions=odd)
    return Case(leaf, trusted=[pki.ec_ca], flags=["-ignore_critical"]), None


def expired_intermediate(pki):
    old = support.ca("Old CA", issuer=pki.ca, start=support.stamp(-9), end=support.stamp(-1))
    return Case(old.issue("x"), trusted=[pki.ca], untrusted=[old]), 10


def no_policy(pki):
    return Case(pki.server, trusted=[pki.ca], flags=["-explicit_policy"]), 43


def revoked(pki):
    issuer = support.ca("Revoking CA")
    leaf = issuer.issue("x")
    issuer.revoke(leaf)
    return Case(leaf, trusted=[issuer], crls=[issuer.crl_pem()], flags=["-crl_check"]), 23


def revoked_in_a_directory(pki):
    case, number = revoked(pki)
    case.directory = True
    return case, number


def not_revoked(pki):
    issuer = support.ca("Revoking CA")
    leaf, other = issuer.issue("x"), issuer.issue("y")
    issuer.revoke(other)
    return Case(leaf, trusted=[issuer], crls=[issuer.crl_pem()], flags=["-crl_check"]), None


def no_list(pki):
    return Case(pki.server, trusted=[pki.ca], flags=["-crl_check"]), 3


def no_list_for_the_intermediate(pki):
    case = Case(
        pki.deep,
        trusted=[pki.ca],
        untrusted=[pki.intermediate],
        crls=[pki.intermediate.crl_pem()],
        flags=["-crl_check", "-crl_check_all"],
    )
    return case, 3


CASES = [
    valid,
    valid_by_way_of_another,
    valid_all_trusted,
    valid_in_a_directory,
    valid_root,
    nothing_trusted,
    another_trusted,
    another_in_a_directory,
    expired,
    not_yet_valid,
    missing_intermediate,
    missing_root,
    missing_root_allowed,
    self_signed,
    self_signed_above,
    no_authority_above,
    path_too_long,
    name_not_permitted,
    forged,
    unknown_critical,
    unknown_critical_ignored,
    expired_intermediate,
    no_policy,
    revoked,
    revoked_in_a_directory,
    not_revoked,
    no_list,
    no_list_for_the_intermediate,
]


class TestPeer:
    @pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
    def test_same_verdict_as_the_command(self, pki, make):
        case, number = make(pki)
        ours = case.by_us()
        assert ours == case.by_command()
        assert (None if ours is None else ours[0]) == number
