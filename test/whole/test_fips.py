"""OpenSSL's FIPS provider and no other, as a configuration may have it: what it offers works, what
it does not is refused with words that say so."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import support

CONFIGURATION = (Path(__file__).parent / "fips.cnf").read_text()

START = """
import json
import sys
from pathlib import Path
import support
from OpenSSL import SSL, crypto

ca, cert, key, chain = sys.argv[1:]
"""

HANDSHAKE = f"""{START}
version = SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION
told = []
for number in version:
    client, server = (SSL.Context(SSL.TLS_METHOD) for _ in range(2))
    server.use_certificate_chain_file(chain)
    server.use_privatekey_file(key)
    client.load_verify_locations(ca)
    client.set_verify(SSL.VERIFY_PEER)
    client.set_max_proto_version(number)
    one, other = support.connected("memory", client, server)
    data = support.transfer(one, other, b"x" * 40000) + support.transfer(other, one, b"y")
    told.append((one.get_protocol_version_name(), one.get_cipher_name(), len(data)))
print(json.dumps([support.queued_errors(), told]))
"""

REFUSALS = f"""{START}
FILES = [Path(path).read_bytes() for path in (cert, key)]
CERT = crypto.load_certificate(crypto.FILETYPE_PEM, FILES[0])
KEY = crypto.load_privatekey(crypto.FILETYPE_PEM, FILES[1])


def dump(cipher):
    return crypto.dump_privatekey(crypto.FILETYPE_PEM, KEY, cipher, b"secret secret")


def write_container():
    container = crypto.PKCS12()
    container.set_certificate(CERT)
    container.set_privatekey(KEY)
    container.export(b"secret secret")


def shake(prepare):
    client, server = support.client_context(False), SSL.Context(SSL.TLS_METHOD)
    server.use_certificate(CERT)
    server.use_privatekey(KEY)
    prepare(client)
    support.connected("memory", client, server)


def only_tls_1(context):
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_max_proto_version(SSL.TLS1_VERSION)


def only_chacha(context):
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_tls13_ciphersuites(b"TLS_CHACHA20_POLY1305_SHA256")


WAYS = dict(
    fingerprint=lambda: CERT.digest("md5"),
    signature=lambda: crypto.sign(KEY, b"data", "md5"),
    no_digest=lambda: CERT.digest("md6"),
    rsa=lambda: crypto.PKey().generate_key(crypto.TYPE_RSA, 1024),
    dsa=lambda: crypto.PKey().generate_key(crypto.TYPE_DSA, 1024),
    cipher=lambda: dump("bf-cbc"),
    no_cipher=lambda: dump("aes-257"),
    writing=write_container,
    reading=lambda: crypto.load_pkcs12(bytes.fromhex(CONTAINER), b"secret"),
    cipher_list=lambda: SSL.Context(SSL.TLS_METHOD).set_cipher_list(b"CHACHA20"),
    suite=lambda: shake(only_chacha),
    version=lambda: shake(only_tls_1),
)

found = {{}}
for name, way in WAYS.items():
    try:
        way()
    except Exception as error:
        found[name] = [type(error).__module__, type(error).__name__, str(error)]
    if left := support.queued_errors():
        found[name] = ["left", name, repr(left)]
dump("aes-256-cbc")
CERT.digest("sha256")
shake(lambda context: None)
print(json.dumps([support.queued_errors(), found]))
"""

REFUSED = {
    "fingerprint": ("ValueError", "digest_name is a digest that no active provider .* offers"),
    "signature": ("ValueError", "digest is a digest that no active provider of OpenSSL offers"),
    "no_digest": ("ValueError", "digest_name is no digest that is known"),
    "rsa": ("OpenSSL.crypto.Error", "rsa routines.*(invalid modulus|key size too small)"),
    "dsa": ("OpenSSL.crypto.Error", "dsa routines|digital envelope routines"),
    "cipher": ("ValueError", "cipher is one that no active provider of OpenSSL offers"),
    "no_cipher": ("ValueError", "cipher is no name of a cipher that is known"),
    "writing": ("OpenSSL.crypto.Error", "no active provider .* key derivation of PKCS #12"),
    "reading": ("OpenSSL.crypto.Error", "no active provider .* key derivation of PKCS #12"),
    "cipher_list": ("OpenSSL.SSL.Error", "no cipher match"),
    "suite": ("OpenSSL.SSL.Error", "no ciphers available"),
    "version": ("OpenSSL.SSL.Error", "no suitable digest|no protocols|unsupported protocol"),
}


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    """The path of one that activates the provider, by which it was looked at first."""
    said = support.openssl("version", "-m").decode()
    module = Path(re.search('"(.*)"', said)[1], "fips.so")
    if not module.exists():
        pytest.skip(f"there is no {module}: on Debian 13 it is in openssl-provider-fips")
    folder = tmp_path_factory.mktemp("fips")
    installed, path = folder / "installed.cnf", folder / "openssl.cnf"
    command = ["openssl", "fipsinstall", "-module", module, "-out", installed]
    result = subprocess.run(command, capture_output=True, text=True, timeout=support.TIMEOUT)
    if result.returncode:
        pytest.skip(f"openssl fipsinstall: {result.stderr.strip()}")
    path.write_text(CONFIGURATION.format(installed=installed))
    active = "import support; print(support.libcrypto.OSSL_PROVIDER_available(None, b'fips'))"
    if support.run_script(active, OPENSSL_CONF=str(path)) != "1\n":
        pytest.skip(f"{module} is not for the OpenSSL that is tested")
    return str(path)


def run(code, configuration, credential):
    files = credential.root.cert_path, credential.cert_path, credential.key_path
    told = support.run_script(code, *files, credential.chain_path, OPENSSL_CONF=configuration)
    left, told = json.loads(told)
    assert left == []
    return told


class TestHandshake:
    @pytest.mark.parametrize("kind", ["server", "ec_server"])
    def test_works(self, configuration, pki, kind):
        first, second = run(HANDSHAKE, configuration, getattr(pki, kind))
        assert first[0] == "TLSv1.2" and "AES" in first[1]
        assert second[0] == "TLSv1.3" and "AES" in second[1]
        assert first[2] == second[2] == 40001


class TestRefusals:
    @pytest.fixture(scope="class")
    def found(self, configuration, pki, tmp_path_factory):
        path = tmp_path_factory.mktemp("container") / "all.p12"
        files = "-in", pki.server.cert_path, "-inkey", pki.server.key_path
        support.openssl("pkcs12", "-export", *files, "-out", path, "-passout", "pass:secret")
        code = f"CONTAINER = {path.read_bytes().hex()!r}\n{REFUSALS}"
        return run(code, configuration, pki.server)

    @pytest.mark.parametrize("way", REFUSED)
    def test_says_what(self, found, way):
        kind, words = REFUSED[way]
        module, name, said = found[way]
        assert f"{module}.{name}".removeprefix("builtins.") == kind
        assert re.search(words, said), said
