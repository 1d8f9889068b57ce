"""doc/messages.rst: each message that it shows is what is really raised, and none is left out.

An entry of the page is a heading with fields below it.  ``Exception`` is what is raised, as a
traceback ends with it; ``From 3.2`` is the same for that version of OpenSSL and later ones, ``Or``
for some; ``Note`` is what stands below it.  Dots stand for what depends on the machine.
"""

import re
import socket
import subprocess
import traceback
from pathlib import Path

import pytest

import support
from OpenSSL import SSL, crypto

PAGE = Path(__file__).resolve().parent.parent / "doc" / "messages.rst"
VERSION = tuple(
    map(int, SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode().split()[1].split(".")[:2])
)

SCENARIOS = {}


def shows(title):
    """The function that brings about what the entry with this heading is about."""

    def enter(function):
        assert title not in SCENARIOS
        SCENARIOS[title] = function
        return function

    return enter


def fail(client, server=None):
    """Shake hands in memory; what the client's end raises, and what the server's."""
    ends = support.memory_pair(client, server)
    raised = [None, None]
    for _ in range(10):
        for index, end in enumerate(ends):
            try:
                if raised[index] is None:
                    end.do_handshake()
                    end.recv(1)
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                raised[index] = error
        support.pump(*ends)
    return raised


def raise_of(client, server, which):
    raise fail(client, server)[which]


# ---- keys, certificates, files ----


@shows("A key that is not this certificate's")
def _(pki):
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(pki.server.x509())
    context.use_privatekey(pki.client.pkey())


@shows("A key of another kind than the certificate's")
def _(pki):
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(pki.server.x509())
    context.use_privatekey(pki.ec_server.pkey())
    context.check_privatekey()


@shows("No certificate was chosen")
def _(pki):
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_privatekey(pki.server.pkey())
    context.check_privatekey()


def locked(pki):
    return crypto.dump_privatekey(crypto.FILETYPE_PEM, pki.server.pkey(), "aes-256-cbc", b"right")


@shows("A wrong passphrase for a key")
def _(pki):
    crypto.load_privatekey(crypto.FILETYPE_PEM, locked(pki), b"wrong")


@shows("A key wants a passphrase")
def _(pki):
    crypto.load_privatekey(crypto.FILETYPE_PEM, locked(pki))


@shows("A passphrase that is text")
def _(pki):
    crypto.load_privatekey(crypto.FILETYPE_PEM, locked(pki), "right")


@shows("A private key that cannot be read")
def _(pki):
    crypto.load_privatekey(crypto.FILETYPE_PEM, pki.server.key_pem.replace(b"\n", rb"\n"))


@shows("A wrong passphrase for a container")
def _(pki):
    container = crypto.PKCS12()
    container.set_certificate(pki.server.x509())
    crypto.load_pkcs12(container.export(b"right"), b"wrong")


@shows("A container of another age")
def _(pki):
    command = ["openssl", "pkcs12", "-export", "-legacy", "-certpbe", "RC2-40-CBC"]
    command += ["-in", pki.server.cert_path, "-inkey", pki.server.key_path, "-passout", "pass:pw"]
    made = subprocess.run(command, capture_output=True, timeout=support.TIMEOUT)
    if made.returncode != 0:
        pytest.skip("the openssl command has no legacy provider")
    crypto.load_pkcs12(made.stdout, b"pw")


@shows("A name where the contents belong")
def _(pki):
    crypto.load_certificate(crypto.FILETYPE_PEM, str(pki.server.cert_path).encode())


@shows("PEM that is damaged")
def _(pki):
    crypto.load_certificate(crypto.FILETYPE_PEM, pki.server.cert_pem.replace(b"MII", b"M?I", 1))


@shows("PEM where DER belongs")
def _(pki):
    crypto.load_certificate(crypto.FILETYPE_ASN1, pki.server.cert_pem)


@shows("A file that is not there")
def _(pki):
    SSL.Context(SSL.TLS_METHOD).use_certificate_chain_file("nowhere.pem")


@shows("A file without a certificate in it")
def _(pki):
    SSL.Context(SSL.TLS_METHOD).use_certificate_chain_file(pki.server.key_path)


@shows("A file of authorities that is not there")
def _(pki):
    SSL.Context(SSL.TLS_METHOD).load_verify_locations("nowhere.pem")


def weak(pki):
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 1024)
    return support.leaf(pki.ca, key=crypto.dump_privatekey(crypto.FILETYPE_PEM, key))


@shows("A key that is too small")
def _(pki):
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=2")
    context.use_certificate(weak(pki).x509())


@shows("A peer whose key is too small")
def _(pki):
    server = SSL.Context(SSL.TLS_METHOD)
    server.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    credential = weak(pki)
    server.use_certificate(credential.x509())
    server.use_privatekey(credential.pkey())
    client = support.client_context(pki.ca)
    client.set_cipher_list(b"DEFAULT:@SECLEVEL=2")
    raise_of(client, server, 0)


@shows("An algorithm that is not active")
def _(pki):
    crypto.dump_privatekey(crypto.FILETYPE_PEM, pki.server.pkey(), "bf-cbc", b"secret")


@shows("A digest that nobody knows")
def _(pki):
    crypto.X509().sign(pki.server.pkey(), "sha257")


@shows("A signature that is not of this data")
def _(pki):
    signature = crypto.sign(pki.server.pkey(), b"what was signed", "sha256")
    crypto.verify(pki.server.x509(), signature, b"something else", "sha256")


@shows("A signature by another key")
def _(pki):
    signature = crypto.sign(pki.ec_client.pkey(), b"data", "sha256")
    crypto.verify(pki.ec_server.x509(), signature, b"data", "sha256")


@shows("A request that somebody has changed")
def _(pki):
    request = crypto.X509Req()
    request.set_pubkey(pki.server.pkey())
    request.sign(pki.server.pkey(), "sha256")
    request.get_subject().CN = "another"
    request.verify(pki.server.pkey())


@shows("A field that no name has")
def _(pki):
    pki.server.x509().get_subject().commonname = "www.example.com"


@shows("A value that is too long for its field")
def _(pki):
    pki.server.x509().get_subject().C = "Germany"


@shows("An extension's value that cannot be read")
def _(pki):
    crypto.X509Extension(b"basicConstraints", True, b"CA:perhaps")


@shows("A time in another form")
def _(pki):
    pki.server.x509().set_notAfter(b"2027-01-01")


@shows("A certificate that leads to nobody who is trusted")
def _(pki):
    crypto.X509StoreContext(crypto.X509Store(), pki.server.x509()).verify_certificate()


# ---- arguments ----


@shows("Text where bytes belong")
def _(pki):
    support.client_context(pki.ca).set_alpn_protos(["h2"])


@shows("A server's name as text")
def _(pki):
    support.memory_pair()[0].set_tlsext_host_name("www.example.com")


@shows("Text to send")
def _(pki):
    client, _ = support.connected()
    client.send("hello")


@shows("A connection as a file")
def _(pki):
    support.memory_pair()[0].makefile()


@shows("A list of ciphers that has none")
def _(pki):
    SSL.Context(SSL.TLS_METHOD).set_cipher_list(b"RC4-MD5")


@shows("A protocol that is gone")
def _(pki):
    SSL.Context(SSL.SSLv3_METHOD)


# ---- the handshake ----


@shows("An authority that is not known")
def _(pki):
    raise_of(support.client_context(pki.other_ca), support.server_context(pki.server), 0)


@shows("An authority that was made anew")
def _(pki):
    old, new = pki.ca.pkey(), pki.server.pkey()
    root, leaf = crypto.X509(), crypto.X509()
    for cert, name, key in ((root, "Root", new), (leaf, "localhost", new)):
        cert.set_version(2)
        cert.set_pubkey(key)
        cert.get_subject().CN = name
        cert.set_issuer(root.get_subject())
        cert.gmtime_adj_notBefore(0)
        cert.gmtime_adj_notAfter(3600)
        if cert is root:
            cert.add_extensions([crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE")])
        cert.sign(new if cert is root else old, "sha256")
    client, server = support.client_context(False), SSL.Context(SSL.TLS_METHOD)
    client.get_cert_store().add_cert(root)
    client.set_verify(SSL.VERIFY_PEER)
    server.use_certificate(leaf)
    server.use_privatekey(new)
    raise_of(client, server, 0)


@shows("A peer that signed itself")
def _(pki):
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    cert = crypto.X509()
    cert.set_version(2)
    cert.set_pubkey(key)
    cert.get_subject().CN = "localhost"
    cert.set_issuer(cert.get_subject())
    cert.gmtime_adj_notBefore(0)
    cert.gmtime_adj_notAfter(3600)
    cert.sign(key, "sha256")
    server = SSL.Context(SSL.TLS_METHOD)
    server.use_certificate(cert)
    server.use_privatekey(key)
    raise_of(support.client_context(pki.ca), server, 0)


@shows("A chain with a link missing")
def _(pki):
    server = SSL.Context(SSL.TLS_METHOD)
    server.use_certificate_file(pki.deep.cert_path)
    server.use_privatekey_file(pki.deep.key_path)
    raise_of(support.client_context(pki.ca), server, 0)


@shows("A peer whose time is over")
def _(pki):
    raise_of(support.client_context(pki.ca), support.server_context(pki.expired), 0)


@shows("A peer whose time has not come")
def _(pki):
    raise_of(support.client_context(pki.ca), support.server_context(pki.future), 0)


@shows("A certificate for something else")
def _(pki):
    server = support.server_context(support.leaf(pki.ca, usage="clientAuth"))
    raise_of(support.client_context(pki.ca), server, 0)


@shows("A verify callback that forgets to answer")
def _(pki):
    client = support.client_context(pki.ca)
    client.set_verify(SSL.VERIFY_PEER, lambda connection, cert, error, depth, ok: None)
    raise_of(client, support.server_context(pki.server), 0)


@shows("Another host than was asked for")
def _(pki):
    pyopenssl = pytest.importorskip("service_identity.pyopenssl")
    server = support.server_context(pki.server)
    client, _ = support.connected("memory", support.client_context(pki.ca), server)
    pyopenssl.verify_hostname(client, "www.example.com")


@shows("A certificate with a common name only")
def _(pki):
    pyopenssl = pytest.importorskip("service_identity.pyopenssl")
    server = support.server_context(support.leaf(pki.ca, names=None))
    client, _ = support.connected("memory", support.client_context(pki.ca), server)
    pyopenssl.verify_hostname(client, "localhost")


@shows("The peer does not know our authority")
def _(pki):
    raise_of(support.client_context(pki.other_ca), support.server_context(pki.server), 1)


@shows("The peer says that our certificate is bad")
def _(pki):
    raise_of(support.client_context(pki.ca), support.server_context(pki.expired), 1)


@shows("A client without a certificate")
def _(pki):
    server = support.server_context(pki.server, verify=pki.ca)
    raise_of(support.client_context(pki.ca), server, 1)


@shows("A server that wants a certificate")
def _(pki):
    server = support.server_context(pki.server, verify=pki.ca)
    raise_of(support.client_context(pki.ca), server, 0)


def one_version(context, version):
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    return context


def versions(pki):
    client = one_version(support.client_context(pki.ca), SSL.TLS1_2_VERSION)
    return client, one_version(support.server_context(pki.server), SSL.TLS1_3_VERSION)


@shows("No common version")
def _(pki):
    raise_of(*versions(pki), 1)


@shows("No common version, seen from the client")
def _(pki):
    raise_of(*versions(pki), 0)


def ciphers(pki):
    client = one_version(support.client_context(pki.ca), SSL.TLS1_2_VERSION)
    client.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256")
    server = one_version(support.server_context(pki.server), SSL.TLS1_2_VERSION)
    server.set_cipher_list(b"ECDHE-RSA-AES256-GCM-SHA384")
    return client, server


@shows("No common cipher")
def _(pki):
    raise_of(*ciphers(pki), 1)


@shows("No common cipher, seen from the client")
def _(pki):
    raise_of(*ciphers(pki), 0)


@shows("A server without a certificate")
def _(pki):
    raise_of(support.client_context(pki.ca), SSL.Context(SSL.TLS_METHOD), 1)


def told(alert):
    """A client that hears this fatal alert in place of the server's answer."""
    client, _ = support.memory_pair()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    client.bio_write(bytes([21, 3, 3, 0, 2, 2, alert]))
    client.do_handshake()


@shows("A name that the server does not serve")
def _(pki):
    told(112)


@shows("The peer has failed")
def _(pki):
    def choose(connection):
        raise LookupError("no such name")

    server = support.server_context(pki.server)
    server.set_tlsext_servername_callback(choose)
    client, server = support.memory_pair(support.client_context(pki.ca), server)
    client.set_tlsext_host_name(b"www.example.com")
    with pytest.raises(LookupError):
        support.handshake(client, server)
    support.pump(client, server)
    client.do_handshake()


@shows("A server from before 2010")
def _(pki):
    client, _ = support.memory_pair(one_version(support.client_context(pki.ca), SSL.TLS1_2_VERSION))
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    # Its hello: a version, a random number, no session, ECDHE-RSA-AES128-GCM-SHA256, no extensions.
    hello = b"\3\3" + bytes(32) + b"\0" + b"\xc0\x2f" + b"\0"
    client.bio_write(b"\x16\3\3\0%c\2\0\0%c" % (len(hello) + 4, len(hello)) + hello)
    client.do_handshake()


@shows("A server with small Diffie-Hellman numbers")
def _(pki):
    parameters = support.fresh_path(".pem")
    kind = ("-algorithm", "DHX", "-pkeyopt", "dh_rfc5114:1")  # 1024 bits
    support.openssl("genpkey", "-genparam", *kind, "-out", parameters)
    client = one_version(support.client_context(pki.ca), SSL.TLS1_2_VERSION)
    client.set_cipher_list(b"DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=2")
    # From 4.0 on the two otherwise find a group that both know by its name.
    client.set_tmp_ecdh(type("Curve", (), {"name": "prime256v1"}))
    server = one_version(support.server_context(pki.server), SSL.TLS1_2_VERSION)
    server.load_tmp_dh(parameters)
    raise_of(client, server, 0)


@shows("A client that speaks plain HTTP")
def _(pki):
    _, server = support.memory_pair()
    server.bio_write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    server.do_handshake()


@shows("A client that speaks something else")
def _(pki):
    _, server = support.memory_pair()
    server.bio_write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    server.do_handshake()


@shows("A server that does not speak TLS")
def _(pki):
    client, _ = support.memory_pair()
    client.bio_write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    client.do_handshake()


@shows("A server that speaks first")
def _(pki):
    client, _ = support.memory_pair()
    client.bio_write(b"220 mail.example.com ESMTP\r\n")
    client.do_handshake()


@shows("A client that comes back")
def _(pki):
    server = support.server_context(pki.server, verify=pki.ca)
    client = support.client_context(pki.ca, credential=pki.client)
    client.set_max_proto_version(SSL.TLS1_2_VERSION)
    one, other = support.connected("memory", client, server)
    one.shutdown()
    again, other = support.memory_pair(client, server)
    again.set_session(one.get_session())
    support.handshake(again, other)


@shows("A callback that raises")
def _(pki):
    def judge(connection, cert, error, depth, ok):
        raise LookupError("no such customer")

    client = support.client_context(pki.ca)
    client.set_verify(SSL.VERIFY_PEER, judge)
    support.handshake(*support.memory_pair(client, support.server_context(pki.server)))


@shows("Neither client nor server")
def _(pki):
    SSL.Connection(support.client_context(pki.ca)).do_handshake()


# ---- using a connection ----


@shows("Nothing there yet")
def _(pki):
    client, server = support.connected("socketpair")
    client.setblocking(False)
    server.setblocking(False)
    client.recv(100)
    client.recv(100)


@shows("No room to write")
def _(pki):
    client, server = support.connected("socketpair")
    client.setblocking(False)
    while True:
        client.send(bytes(16384))


@shows("Less than before after WantWriteError")
def _(pki):
    client, server = support.connected("socketpair")
    client.setblocking(False)
    with pytest.raises(SSL.WantWriteError):
        while True:
            client.send(bytes(16384))
    client.send(bytes(10))


@shows("The peer is done")
def _(pki):
    client, server = support.connected("socketpair")
    server.shutdown()
    client.recv(100)


def contexts(pki):
    return support.client_context(pki.ca), support.server_context(pki.server)


@shows("The peer has gone without a word")
def _(pki):
    client, server = support.connected("socketpair", *contexts(pki))
    server.close()
    client.recv(100)


@shows("The peer has broken off")
def _(pki):
    client, server = support.connected("tcp", *contexts(pki))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.close()
    client.recv(100)


@shows("Writing to a peer that has gone")
def _(pki):
    client, server = support.connected("socketpair", *contexts(pki))
    server.close()
    client.send(b"hello")


@shows("Bytes that are not the peer's")
def _(pki):
    client, server = support.connected()
    client.send(b"hello")
    record = bytearray(client.bio_read(1000))
    record[-1] ^= 1
    server.bio_write(record)
    server.recv(100)


@shows("Nobody listens")
def _(pki):
    with socket.socket() as silent, socket.socket() as plain:
        silent.bind(("127.0.0.1", 0))  # so that nobody else listens there
        SSL.Connection(support.client_context(pki.ca), plain).connect(silent.getsockname())


@shows("A connection that was closed here")
def _(pki):
    client, server = support.connected("socketpair")
    client.close()
    client.recv(100)


@shows("Sending after shutdown")
def _(pki):
    client, server = support.connected()
    client.shutdown()
    client.send(b"hello")


@shows("Renegotiation with TLS 1.3")
def _(pki):
    client, server = support.connected()
    client.renegotiate()
    client.do_handshake()


@shows("A session of another Context")
def _(pki):
    client, server = support.connected("memory", *contexts(pki))
    server.send(b"a ticket comes along")
    support.pump(client, server)
    client.recv(100)
    SSL.Connection(support.client_context(pki.ca)).set_session(client.get_session())


@shows("A callback that uses its own connection")
def _(pki):
    def judge(connection, cert, error, depth, ok):
        connection.recv(100)

    client = support.client_context(pki.ca)
    client.set_verify(SSL.VERIFY_PEER, judge)
    support.handshake(*support.memory_pair(client, support.server_context(pki.server)))


# ---- the page ----

ENTRY = re.compile(r"^(\S.*)\n~{3,}\n\n((?::.*\n(?:[ ]+\S.*\n)*)+)", re.MULTILINE)
FIELD = re.compile(r"^:([^:]+): (.*\n(?:[ ]+\S.*\n)*)", re.MULTILINE)
ENTRIES = {
    title: [(name, " ".join(text.split())) for name, text in FIELD.findall(body)]
    for title, body in ENTRY.findall(PAGE.read_text())
}


def matches(shown, said):
    """Whether a text of the page, between its marks, is what was said; dots stand for anything."""
    assert shown.startswith("``") and shown.endswith("``"), shown
    parts = re.escape(shown[2:-2]).replace(re.escape("..."), ".*")
    return re.fullmatch(parts, said, re.DOTALL) is not None


def expected(fields):
    """The texts that the page has for this version of OpenSSL: messages, and notes below them."""
    messages, notes, newest = [], [], (0, 0)
    for name, text in fields:
        if name == "Exception":
            messages = [text]
        elif name == "Note":
            notes = [text]
        elif name == "Or":
            (notes or messages).append(text)
        elif name.startswith("From "):
            version = tuple(map(int, name.removeprefix("From ").split(".")))
            if newest < version <= VERSION:
                newest, messages = version, [text]
    return messages, notes


@pytest.fixture(autouse=True)
def no_sockets_left(monkeypatch):
    """What a scenario has opened is closed when it has raised."""
    opened = []
    pair = support._pair

    def keep(client_socket, server_socket, client, server):
        opened.extend(one for one in (client_socket, server_socket) if one is not None)
        return pair(client_socket, server_socket, client, server)

    monkeypatch.setattr(support, "_pair", keep)
    yield
    for one in opened:
        one.close()


class TestPage:
    @pytest.mark.parametrize("title", SCENARIOS)
    def test_is_what_is_raised(self, title, pki):
        messages, notes = expected(ENTRIES[title])
        with pytest.raises(BaseException) as raised:
            SCENARIOS[title](pki)
        if isinstance(raised.value, pytest.skip.Exception):
            raise raised.value
        said = "".join(traceback.format_exception_only(raised.value)).strip()
        for note in getattr(raised.value, "__notes__", []):
            said = said.removesuffix(note).rstrip("\n")
        assert any(matches(text, said) for text in messages), said
        found = getattr(raised.value, "__notes__", [])
        assert len(found) == bool(notes)
        assert all(any(matches(text, note) for text in notes) for note in found), found

    def test_has_nothing_else(self):
        assert list(ENTRIES) != []
        assert set(ENTRIES) == set(SCENARIOS)
        assert PAGE.read_text().count("\n~~~") == len(ENTRIES)

    def test_every_entry_has_a_cause_and_a_cure(self):
        for title, fields in ENTRIES.items():
            names = [name for name, _ in fields]
            assert names[0] == "Exception", title
            assert names[-2:] == ["Cause", "Cure"], title
            assert set(names) <= {"Exception", "Or", "Note", "Cause", "Cure"} | {
                name for name in names if re.fullmatch(r"From \d+\.\d+", name)
            }

    def test_one_that_is_wrong_is_noticed(self):
        assert matches("``A: [..., 'b']``", "A: [1, 'b']")
        assert not matches("``A: [..., 'b']``", "A: [1, 'c']")
        fields = [("Exception", "``a``"), ("From 3.2", "``b``"), ("From 99.0", "``c``")]
        assert expected(fields)[0] in (["``a``"], ["``b``"])
