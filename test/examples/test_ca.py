"""The certificate authority of the examples, as its users run it."""

import contextlib
import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

import support
from OpenSSL import crypto

PROGRAM = support.EXAMPLES / "ca.py"
PEM = crypto.FILETYPE_PEM
SECRET = "correct horse"


def run(folder, *args, check=True, secret=SECRET):
    return support.run_file(PROGRAM, folder, *args, check=check, CA_PASSPHRASE=secret)


def refused(folder, *args, **options):
    result = run(folder, *args, check=False, **options)
    assert result.returncode == 1, result.stdout
    assert result.stdout.splitlines()[-1].startswith("ca.py: ")
    return result.stdout


def verify(folder, name, *options):
    """What the openssl command says of a certificate, with revocation checked everywhere."""
    return subprocess.run(
        [
            *("openssl", "verify", "-crl_check_all", "-x509_strict", "-CAfile", "root.pem"),
            *("-untrusted", "intermediate.pem", "-CRLfile", "crls.pem", *options, f"{name}.pem"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=support.TIMEOUT,
    )


def load(folder, name):
    return crypto.load_certificate(PEM, Path(folder, f"{name}.pem").read_bytes())


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """An authority that has done everything once; not to be changed."""
    folder = tmp_path_factory.mktemp("ca") / "here"
    return folder, run(folder, "demo")


@pytest.fixture
def fresh(shared, tmp_path):
    """A copy to work with."""
    subprocess.run(["cp", "-a", shared[0], tmp_path / "ca"], check=True)
    return tmp_path / "ca"


class TestDemo:
    @pytest.mark.parametrize(
        ("name", "purpose"),
        [
            ("www.example.org", "sslserver"),
            ("far.example.org", "sslserver"),
            ("Alice", "sslclient"),
        ],
    )
    def test_good(self, shared, name, purpose):
        result = verify(shared[0], name, "-purpose", purpose)
        assert result.returncode == 0, result.stderr
        other = {"sslserver": "sslclient", "sslclient": "sslserver"}[purpose]
        assert verify(shared[0], name, "-purpose", other).returncode != 0

    def test_names(self, shared):
        for name in ("www.example.org", "example.org"):
            assert verify(shared[0], "www.example.org", "-verify_hostname", name).returncode == 0
        assert verify(shared[0], "www.example.org", "-verify_ip", "192.0.2.1").returncode == 0
        result = verify(shared[0], "www.example.org", "-verify_hostname", "evil.example")
        assert result.returncode != 0
        assert verify(shared[0], "Alice", "-verify_email", "alice@example.org").returncode == 0

    def test_revoked(self, shared):
        result = verify(shared[0], "old.example.org")
        assert result.returncode != 0 and "certificate revoked" in result.stderr
        pem = (shared[0] / "crls.pem").read_bytes().split(b"-----BEGIN")[2]
        (entry,) = crypto.load_crl(PEM, b"-----BEGIN" + pem).get_revoked()
        assert entry.get_reason() == b"Superseded"
        serial = load(shared[0], "old.example.org").get_serial_number()
        assert int(entry.get_serial(), 16) == serial

    def test_secrets_are_kept(self, shared):
        folder, _ = shared
        for path in [*folder.glob("*.key"), *folder.glob("*.p12")]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for name in ("root", "intermediate"):
            pem = (folder / f"{name}.key").read_bytes()
            assert b"ENCRYPTED" in pem
            crypto.load_privatekey(PEM, pem, SECRET.encode())

    def test_container_for_browsers(self, shared):
        folder, output = shared
        passphrase = re.search(r"the passphrase of Alice.p12 is (\S+)", output)[1]
        text = support.openssl(
            *("pkcs12", "-in", folder / "Alice.p12", "-passin", f"pass:{passphrase}"),
            *("-nodes", "-info", "-clcerts"),
        ).decode()
        assert "friendlyName: Alice" in text
        assert text.count("BEGIN CERTIFICATE") == 1 and "PRIVATE KEY" in text
        container = crypto.load_pkcs12((folder / "Alice.p12").read_bytes(), passphrase.encode())
        assert len(container.get_ca_certificates()) == 2

    def test_our_own_store_agrees(self, shared):
        folder, _ = shared
        store = crypto.X509Store()
        store.add_cert(load(folder, "root"))
        for pem in (folder / "crls.pem").read_bytes().split(b"-----BEGIN")[1:]:
            store.add_crl(crypto.load_crl(PEM, b"-----BEGIN" + pem))
        flags = crypto.X509StoreFlags
        store.set_flags(flags.CRL_CHECK | flags.CRL_CHECK_ALL)
        for name, expected in (
            ("www.example.org", contextlib.nullcontext()),
            ("old.example.org", pytest.raises(crypto.X509StoreContextError, match="revoked")),
        ):
            context = crypto.X509StoreContext(
                store, load(folder, name), [load(folder, "intermediate")]
            )
            with expected:
                context.verify_certificate()


class TestCommands:
    def test_one_after_the_other(self, tmp_path):
        folder = tmp_path / "new" / "ca"
        run(folder, "init", "Somebody & Sons")
        run(folder, "server", "a.example", "*.a.example", "2001:db8::1")
        assert verify(folder, "a.example", "-verify_hostname", "x.a.example").returncode == 0
        assert verify(folder, "a.example", "-verify_ip", "2001:db8::1").returncode == 0
        run(folder, "revoke", folder / "a.example.pem")
        assert "revoked" in verify(folder, "a.example").stderr
        assert load(folder, "root").get_subject().CN == "Somebody & Sons Root"

    def test_again(self, fresh):
        """A renewed certificate does not take the old one out of reach."""
        old = load(fresh, "www.example.org")
        run(fresh, "server", "www.example.org")
        assert verify(fresh, "www.example.org").returncode == 0
        name = f"issued/{old.get_serial_number():x}"
        assert verify(fresh, name).returncode == 0
        run(fresh, "revoke", fresh / f"{name}.pem", "keyCompromise")
        assert "revoked" in verify(fresh, name).stderr
        assert verify(fresh, "www.example.org").returncode == 0

    def test_lists_are_renewed(self, fresh):
        before = (fresh / "crls.pem").read_bytes()
        (fresh / "crls.pem").unlink()
        run(fresh, "crl")
        after = (fresh / "crls.pem").read_bytes()
        assert len(after) == len(before) and after.count(b"BEGIN X509 CRL") == 2
        assert "revoked" in verify(fresh, "old.example.org").stderr
        assert verify(fresh, "www.example.org").returncode == 0

    def test_revoked_twice(self, fresh):
        entries = []
        for reason in ("superseded", "keyCompromise"):
            run(fresh, "revoke", fresh / "old.example.org.pem", reason)
            index = json.loads((fresh / "index.json").read_text())
            entries += [facts for facts in index.values() if "revoked" in facts]
        assert entries[0]["revoked"] == entries[1]["revoked"]
        assert entries[1]["reason"] == "keyCompromise"

    def test_request_of_openssl(self, fresh, tmp_path):
        key, request = tmp_path / "key.pem", tmp_path / "request.pem"
        key.write_bytes(support.new_key("ec"))
        support.openssl(
            *("req", "-new", "-key", key, "-subj", "/CN=ec.example", "-out", request),
            *("-addext", "subjectAltName=DNS:ec.example", "-addext", "basicConstraints=CA:TRUE"),
        )
        run(fresh, "sign", request)
        assert verify(fresh, "ec.example", "-purpose", "sslserver").returncode == 0
        cert = load(fresh, "ec.example")
        texts = [str(cert.get_extension(n)) for n in range(cert.get_extension_count())]
        assert "CA:FALSE" in texts and "CA:TRUE" not in texts and "DNS:ec.example" in texts


class TestRefused:
    def test_second_authority(self, fresh):
        before = (fresh / "root.pem").read_bytes()
        assert "there is an authority" in refused(fresh, "init", "Another")
        assert (fresh / "root.pem").read_bytes() == before

    @pytest.mark.parametrize(
        "name", ["a.example, IP:192.0.2.9", "a b", "", "a-.example", "a.example\n", "a..example"]
    )
    def test_names_that_are_none(self, fresh, name):
        assert "is no name of a host" in refused(fresh, "server", "good.example", name)
        assert not (fresh / "good.example.pem").exists()

    @pytest.mark.parametrize("address", ["alice", "a@b, DNS:evil.example", "@"])
    def test_addresses_that_are_none(self, fresh, address):
        assert "is no address" in refused(fresh, "client", "Bob", address)

    def test_wrong_passphrase(self, fresh):
        before = (fresh / "index.json").read_text()
        refused(fresh, "server", "b.example", secret="wrong")
        assert (fresh / "index.json").read_text() == before

    def test_foreign_certificate(self, fresh, pki):
        assert "was not issued here" in refused(fresh, "revoke", pki.ec_server.cert_path)
        assert "was not issued here" in refused(fresh, "revoke", fresh / "intermediate.pem")

    def test_requests(self, fresh, tmp_path):
        path = tmp_path / "request.pem"
        key = crypto.load_privatekey(PEM, support.new_key("ec"))

        def write(key, names=(b"DNS:x.example",), forge=False):
            request = crypto.X509Req()
            request.get_subject().CN = "x.example"
            request.set_pubkey(key)
            request.add_extensions(
                [crypto.X509Extension(b"subjectAltName", False, name) for name in names]
            )
            request.sign(key, "sha256")
            if forge:
                request.get_subject().CN = "y.example"
            path.write_bytes(crypto.dump_certificate_request(PEM, request))

        write(key, ())
        assert "subjectAltName" in refused(fresh, "sign", path)
        write(key, (b"DNS:x.example", b"DNS:y.example"))
        assert "subjectAltName" in refused(fresh, "sign", path)
        write(key, forge=True)
        refused(fresh, "sign", path)
        weak = crypto.PKey()
        weak.generate_key(crypto.TYPE_RSA, 1024)
        write(weak)
        assert "has only 1024 bits" in refused(fresh, "sign", path)
        path.write_text("no request")
        refused(fresh, "sign", path)
        refused(fresh, "sign", tmp_path / "nothing")

    def test_usage(self, tmp_path):
        result = support.run_file(PROGRAM, tmp_path, check=False)
        assert result.returncode == 2 and "usage" in result.stdout
