"""What test_faults.py runs with failing allocations.

Each function here prepares something and gives back the scenario: a function without arguments that
does a piece of work, checks it, and lets go of everything.  test_leaks.py runs them many times.
"""

import ctypes
import datetime
import os

import support
from OpenSSL import SSL, crypto, rand

PEM, ASN1, TEXT = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1, crypto.FILETYPE_TEXT


def random_numbers():
    path = str(support.fresh_path())

    def scenario():
        rand.add(b"x" * 20, 3)
        rand.seed(b"y" * 20000)
        assert len(rand.bytes(100)) == 100
        assert len(rand.bytes(100000)) == 100000
        assert rand.write_file(path) == 1024
        assert rand.load_file(path) == 1024
        assert rand.load_file("/nowhere/at/all") == -1
        assert rand.egd("/nowhere/at/all") == -1
        assert rand.status() == 1
        rand.cleanup()

    return scenario


def key_generation():
    def scenario():
        key = crypto.PKey()
        key.generate_key(crypto.TYPE_RSA, 512)

        assert key.type() == crypto.TYPE_RSA
        assert key.check()

    return scenario


def small_dsa_keys():
    def scenario():
        key = crypto.PKey()
        key.generate_key(crypto.TYPE_DSA, 512)
        assert crypto.sign(key, b"data", "sha1")
        support.refused(crypto.Error, key.generate_key, crypto.TYPE_DSA, 100)

    return scenario


def curves():
    def scenario():
        found = crypto.get_elliptic_curve("prime256v1")
        assert found in crypto.get_elliptic_curves()
        assert found.from_nid(None, found._nid) is found
        assert found._to_EC_KEY()
        assert found in found._get_elliptic_curves(None)
        assert found in found._load_elliptic_curves(None)
        support.refused(ValueError, crypto.get_elliptic_curve, "no such curve")

    return scenario


def key_loading():
    pem, der = support.pki().ec_server.key_pem, support.pki().ec_server.key_der
    public = support.openssl("pkey", "-pubout", stdin=pem)

    def scenario():
        key = crypto.load_privatekey(PEM, pem)

        # Of two encodings OpenSSL takes the other one when memory for the first is not there.
        assert crypto.dump_privatekey(ASN1, crypto.load_privatekey(ASN1, der))
        assert crypto.dump_publickey(PEM, crypto.load_publickey(PEM, public)) == public
        assert crypto.dump_publickey(PEM, key) == public
        assert key.bits() == 256

    return scenario


def _encrypted(pem):
    """With one round, since OpenSSL 3.0 allocates in each."""
    return support.openssl(
        *("pkcs8", "-topk8", "-v2", "aes-128-cbc", "-iter", 1, "-passout", "pass:secret"),
        stdin=pem,
    )


def key_decryption():
    pem = support.pki().ec_server.key_pem
    locked = _encrypted(pem)

    def scenario():
        assert crypto.dump_privatekey(PEM, crypto.load_privatekey(PEM, locked, b"secret")) == pem
        crypto.load_privatekey(PEM, locked, lambda *args: b"secret")
        support.refused(crypto.Error, crypto.load_privatekey, PEM, locked, b"wrong")
        support.refused(ZeroDivisionError, crypto.load_privatekey, PEM, locked, lambda *args: 1 / 0)

    return scenario


def key_encryption():
    pem = support.pki().ec_server.key_pem

    def scenario():
        key = crypto.load_privatekey(PEM, pem)
        support.refused(
            ZeroDivisionError,
            crypto.dump_privatekey,
            *(PEM, key, "aes-128-cbc", lambda *args: 1 / 0),
        )
        locked = crypto.dump_privatekey(PEM, key, "aes-128-cbc", lambda *args: b"hidden")
        assert b"ENCRYPTED" in locked

    return scenario


def key_text():
    pem = support.pki().server.key_pem

    def scenario():
        assert crypto.dump_privatekey(TEXT, crypto.load_privatekey(PEM, pem))

    return scenario


def garbage():
    loaders = [crypto.load_certificate, crypto.load_privatekey, crypto.load_publickey]
    broken = [
        (kind, junk)
        for kind in (PEM, ASN1)
        for junk in (b"", b"junk", b"-----BEGIN X-----\nYQ==\n")
    ]

    def scenario():
        for load in loaders:
            for kind, junk in broken:
                support.refused(crypto.Error, load, kind, junk)

    return scenario


def signatures():
    credential = support.pki().ec_server

    def scenario():
        key, cert = credential.pkey(), credential.x509()
        signature = crypto.sign(key, b"data", "sha256")
        assert crypto.verify(cert, signature, b"data", "sha256") is None
        support.refused(crypto.Error, crypto.verify, cert, signature, b"other", "sha256")
        support.refused(ValueError, crypto.sign, key, b"data", "no such digest")

    return scenario


def certificate_making():
    pem = support.pki().ec_server.key_pem

    def scenario():
        key = crypto.load_privatekey(PEM, pem)
        cert = crypto.X509()
        cert.set_version(2)
        cert.set_serial_number(1 << 100)
        cert.gmtime_adj_notBefore(0)
        cert.gmtime_adj_notAfter(3600)
        cert.set_notBefore(b"20200101000000Z")
        cert.set_notAfter(b"20991231235959Z")
        cert.set_subject(crypto.X509().get_subject())
        subject = cert.get_subject()
        subject.CN = "common name"
        subject.O = "organization"
        cert.set_issuer(subject)
        cert.set_pubkey(key)
        constraints = crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE, pathlen:3")
        key_id = crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=cert)
        # An iterator, since CPython 3.11 leaks a list that it has no memory to copy.
        cert.add_extensions(iter((constraints, key_id)))
        cert.sign(key, "sha256")
        copy = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        assert copy.get_serial_number() == 1 << 100
        assert copy.get_subject().CN == copy.get_issuer().CN == "common name"
        assert copy.get_extension_count() == 2
        assert not copy.has_expired()

    return scenario


def certificate_reading():
    pem, der = support.pki().server.cert_pem, support.pki().server.cert_der

    def scenario():
        cert = crypto.load_certificate(PEM, pem)
        assert crypto.dump_certificate(ASN1, cert) == der
        assert b"Signature Algorithm" in crypto.dump_certificate(TEXT, cert)
        assert cert.get_version() == 2
        assert cert.get_serial_number() > 0
        assert cert.get_signature_algorithm() == b"sha256WithRSAEncryption"
        assert len(cert.digest("sha256")) == 95
        assert cert.get_notBefore() < cert.get_notAfter()
        assert cert.get_pubkey().type() == crypto.TYPE_RSA
        assert cert.subject_name_hash() != 0
        for index in range(cert.get_extension_count()):
            extension = cert.get_extension(index)
            assert extension.get_short_name()
            assert extension.get_data()
            assert str(extension)

    return scenario


def certificate_changing():
    der, pem = support.pki().server.cert_der, support.pki().ec_server.key_pem

    def scenario():
        cert, key = crypto.load_certificate(ASN1, der), crypto.load_privatekey(PEM, pem)
        cert.set_serial_number(-(1 << 90))
        cert.get_subject().CN = "before"
        crypto.X509Store().add_cert(cert)  # from now on it is lent
        cert.get_issuer().CN = "after"
        cert.set_pubkey(key)
        cert.add_extensions(iter((crypto.X509Extension(b"nsComment", False, b"x"),)))
        before = crypto.dump_certificate(ASN1, cert)
        support.refused(crypto.Error, cert.sign, key, "shake256")
        assert crypto.dump_certificate(ASN1, cert) == before
        cert.sign(key, "sha256")
        again = crypto.load_certificate(ASN1, crypto.dump_certificate(ASN1, cert))
        assert again.get_serial_number() == -(1 << 90)
        assert (again.get_subject().CN, again.get_issuer().CN) == ("before", "after")
        assert str(again.get_extension(again.get_extension_count() - 1)) == "x"
        again.gmtime_adj_notAfter(-5)
        assert again.has_expired()

    return scenario


def names():
    cert = support.pki().server.x509()

    def scenario():
        name = cert.get_subject()
        copy = crypto.X509Name(name)
        assert copy == name
        copy.CN = "h\u00e9llo"
        copy.emailAddress = "a@example.com"
        assert copy.CN == "h\u00e9llo"
        assert copy != name
        assert len(copy.get_components()) == 3
        assert copy.hash() != name.hash()
        assert copy.der()
        assert "CN=" in repr(copy)
        support.refused(AttributeError, setattr, copy, "nonsense", "x")
        support.refused(AttributeError, getattr, copy, "nonsense")
        support.refused(crypto.Error, setattr, copy, "C", "too long")
        assert copy.C is None

    return scenario


def extensions():
    values = [
        (b"keyUsage", b"digitalSignature, keyEncipherment"),
        (b"extendedKeyUsage", b"serverAuth, 1.2.3.4"),
        (b"subjectAltName", b"DNS:example.com, IP:127.0.0.1, email:a@example.com, URI:http://a/"),
        (b"nameConstraints", b"permitted;DNS:example.com"),
        (b"certificatePolicies", b"1.2.3.4"),
    ]

    def scenario():
        for name, value in values:
            extension = crypto.X509Extension(name, False, value)
            assert extension.get_short_name() == name
            assert extension.get_critical() == 0
            assert str(extension)
        name = bytes.fromhex("300fa00d06032a0304a0060c046100 6263")
        other = crypto.X509Extension(b"subjectAltName", False, b"DER:" + name.hex(":").encode())
        assert str(other) == other._subjectAltNameString()
        support.refused(crypto.Error, crypto.X509Extension, b"keyUsage", False, b"no such usage")
        support.refused(crypto.Error, crypto.X509Extension, b"noSuchName", False, b"x")

    return scenario


def pkcs12():
    leaf, authority = support.pki().ec_server, support.pki().ec_ca
    key, cert, others = leaf.pkey(), leaf.x509(), [authority.x509()]
    old = support.openssl(
        *("pkcs12", "-export", "-in", leaf.cert_path, "-inkey", leaf.key_path, "-iter", 1),
        *("-certfile", authority.cert_path, "-name", "old", "-passout", "pass:pw"),
    )

    def scenario():
        p12 = crypto.PKCS12()
        p12.set_privatekey(key)
        p12.set_certificate(cert)
        p12.set_ca_certificates(iter(others))
        p12.set_friendlyname(b"a name")
        again = crypto.load_pkcs12(p12.export(b"passphrase", 1, 1), b"passphrase")
        # OpenSSL goes on without the name when there is no memory for it.
        assert again.get_friendlyname() in (b"a name", None)
        assert again.get_privatekey() is not None
        assert again.get_certificate() is not None
        assert len(again.get_ca_certificates()) == 1
        again.set_ca_certificates(iter(crypto.load_pkcs12(old, b"pw").get_ca_certificates()))
        assert crypto.load_pkcs12(again.export(None, 1, 1), b"").get_certificate() is not None
        for wrong in (b"junk", old[:-100], old):
            support.refused(crypto.Error, crypto.load_pkcs12, wrong, b"another")

    return scenario


def pkcs7():
    leaf = support.pki().ec_server
    options = ("-signer", leaf.cert_path, "-inkey", leaf.key_path, "-outform", "PEM")
    pem = support.openssl("smime", "-sign", *options, stdin=b"hello")
    der = support.openssl("pkcs7", "-outform", "DER", stdin=pem)

    def scenario():
        for kind, data in ((PEM, pem), (ASN1, der)):
            message = crypto.load_pkcs7_data(kind, data)
            assert message.get_type_name() == b"pkcs7-signedData"
            assert message.type_is_signed()
            assert not message.type_is_data()
            assert not message.type_is_enveloped()
            assert not message.type_is_signedAndEnveloped()
            support.refused(crypto.Error, crypto.load_pkcs7_data, kind, data[:100])

    return scenario


def netscape_spki():
    key = support.pki().ec_server.pkey()

    def scenario():
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(key)
        spki.sign(key, "sha256")
        again = crypto.NetscapeSPKI(spki.b64_encode())
        assert again.verify(again.get_pubkey()) is True
        again.__init__(spki.b64_encode())
        support.refused(crypto.Error, crypto.NetscapeSPKI().b64_encode)
        support.refused(crypto.Error, crypto.NetscapeSPKI, "junk")

    return scenario


def stores():
    pki = support.pki()
    root, crl = pki.ec_ca.cert_pem, pki.ec_ca.crl_pem()
    path, folder = str(pki.ec_ca.cert_path), str(support.directory())

    def scenario():
        store = crypto.X509Store()
        store.add_cert(crypto.load_certificate(PEM, root))
        store.add_crl(crypto.load_crl(PEM, crl))
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
        # CPython makes a new string to ask a time zone, which its cache of methods keeps.
        store.set_time(datetime.datetime(2030, 1, 1))
        store.load_locations(path, folder)
        support.refused(crypto.Error, store.load_locations, "/nowhere/at/all")
        support.refused(TypeError, store.add_cert, None)
        assert store._store

    return scenario


def verification():
    pki = support.pki()
    store = crypto.X509Store()
    store.add_cert(pki.ca.x509())
    leaf, middle, stranger = pki.deep.x509(), pki.intermediate.x509(), pki.other.x509()

    def scenario():
        context = crypto.X509StoreContext(store, leaf, [middle, crypto.X509()])
        context.verify_certificate()
        assert len(context.get_verified_chain()) == 3
        context.set_store(store)
        context = crypto.X509StoreContext(store, stranger)
        try:
            context.verify_certificate()
        except crypto.X509StoreContextError as error:
            assert error.errors[0] == 20
            assert error.certificate.get_subject().CN == "localhost"
            assert crypto.X509_verify_cert_error_string(20) in str(error)
        else:
            raise AssertionError("a stranger is trusted")

    return scenario


def copy_on_write():
    pem = support.pki().ec_server.cert_pem

    def scenario():
        cert = crypto.load_certificate(PEM, pem)
        crypto.X509Store().add_cert(cert)
        cert.set_serial_number(5)
        assert cert.get_serial_number() == 5

    return scenario


def request_making():
    pem = support.pki().ec_server.key_pem

    def scenario():
        key = crypto.load_privatekey(PEM, pem)
        request = crypto.X509Req()
        request.set_version(0)
        request.get_subject().CN = "common name"
        request.set_pubkey(key)
        for value in (b"CA:TRUE", b"CA:FALSE"):
            one = crypto.X509Extension(b"basicConstraints", True, value)
            request.add_extensions(iter((one,)))
        request.sign(key, "sha256")
        assert request.verify(request.get_pubkey())
        assert [str(one) for one in request.get_extensions()] == ["CA:TRUE", "CA:FALSE"]
        loaded = crypto.load_certificate_request(
            ASN1, crypto.dump_certificate_request(ASN1, request)
        )
        assert crypto.dump_certificate_request(PEM, loaded)
        assert crypto.dump_certificate_request(TEXT, loaded)
        assert loaded.get_version() == 0 and loaded.get_subject().CN == "common name"
        support.refused(crypto.Error, crypto.load_certificate_request, PEM, b"junk")

    return scenario


def objects_of_cryptography():
    pki = support.pki()
    cert, key, crl = pki.ec_server.x509(), pki.ec_server.pkey(), pki.ec_ca.crl_pem()
    request, crl = crypto.X509Req(), crypto.load_crl(PEM, crl)
    request.set_pubkey(key)
    request.sign(key, "sha256")
    others = [one.to_cryptography() for one in (cert, request, crl)]
    other_key = key.to_cryptography_key()

    def scenario():
        for one, other in zip((cert, request, crl), others):
            assert type(one).from_cryptography(other)
            assert one.to_cryptography() == other
        assert crypto.PKey.from_cryptography_key(other_key).type() == key.type()
        assert key.to_cryptography_key()

    return scenario


def contexts():
    pki = support.pki()
    cert, key, root = pki.ec_server.x509(), pki.ec_server.pkey(), pki.ec_ca.x509()

    def scenario():
        context = SSL.Context(SSL.TLS_METHOD)
        context.use_certificate(cert)
        context.use_privatekey(key)
        context.check_privatekey()
        context.add_extra_chain_cert(root)
        context.get_cert_store().add_cert(root)
        context.load_verify_locations(str(pki.ca.cert_path))
        context.set_cipher_list(b"ECDHE+AESGCM")
        context.set_options(SSL.OP_NO_TICKET)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_alpn_protos([b"h2", b"http/1.1"])
        context.set_verify(SSL.VERIFY_PEER, lambda *args: True)
        context.set_session_id(b"id")
        context.set_app_data(context)  # a cycle
        support.refused(SSL.Error, context.set_cipher_list, b"no such cipher")
        support.refused(SSL.Error, context.load_verify_locations, "/nowhere/at/all")
        assert context.get_verify_mode() == SSL.VERIFY_PEER
        assert SSL.Connection(context, None).get_cipher_list()

    return scenario


def _echo(client_context, server_context, protocol, check):
    """A handshake and some data over memory, made from Contexts anew each time."""

    def scenario():
        client, server = support.memory_pair(client_context(), server_context())
        support.handshake(client, server)
        assert client.get_protocol_version_name() == protocol
        assert support.transfer(client, server, b"ping" * 1000) == b"ping" * 1000
        assert support.transfer(server, client, b"pong" * 10000) == b"pong" * 10000
        check(client, server)
        client.shutdown()
        support.pump(client, server)
        support.refused(SSL.ZeroReturnError, server.recv, 1)

    return scenario


def _contexts(version):
    cert, key, root = [convert() for convert in (_ec().x509, _ec().pkey, support.pki().ec_ca.x509)]

    def client():
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_max_proto_version(version)
        context.get_cert_store().add_cert(root)
        context.set_verify(SSL.VERIFY_PEER, lambda conn, cert, error, depth, ok: ok)
        context.set_alpn_protos([b"a", b"b"])
        return context

    def server():
        context = SSL.Context(SSL.TLS_METHOD)
        context.use_certificate(cert)
        context.use_privatekey(key)
        context.set_alpn_select_callback(lambda conn, offered: offered[-1])
        context.set_tlsext_servername_callback(lambda conn: conn.get_servername())
        return context

    return client, server


def _ec():
    return support.pki().ec_server


def handshake_tls_1_3():
    def check(client, server):
        assert client.get_peer_certificate().get_subject().CN == "localhost"
        assert len(client.get_peer_cert_chain()) == 1
        assert len(client.get_verified_chain()) == 2
        assert client.get_alpn_proto_negotiated() == b"b"
        assert client.get_session() is not None
        assert client.get_finished() == server.get_peer_finished()

    return _echo(*_contexts(SSL.TLS1_3_VERSION), "TLSv1.3", check)


def handshake_tls_1_2():
    def check(client, server):
        assert client.get_cipher_name() == server.get_cipher_name()
        assert client.master_key() == server.master_key()
        assert client.export_keying_material(b"label", 20)

    return _echo(*_contexts(SSL.TLS1_2_VERSION), "TLSv1.2", check)


def handshake_refused():
    client_context, server_context = _contexts(SSL.TLS1_3_VERSION)
    trusting_nobody = support.pki().other_ca.x509()

    def shake(context):
        support.handshake(*support.memory_pair(context, server_context()))

    def scenario():
        context = SSL.Context(SSL.TLS_METHOD)
        context.get_cert_store().add_cert(trusting_nobody)
        context.set_verify(SSL.VERIFY_PEER)
        support.refused(SSL.Error, shake, context)
        context = client_context()
        context.set_verify(SSL.VERIFY_PEER, lambda *args: 1 / 0)
        support.refused(ZeroDivisionError, shake, context)

    return scenario


def revocation_entries():
    def scenario():
        revoked = crypto.Revoked()
        revoked.set_serial(b"abcdef0123456789abcdef")
        revoked.set_rev_date(b"20240229123000Z")
        revoked.set_reason(b"superseded")
        revoked.set_reason(b"Key Compromise")
        assert revoked.get_reason() == b"Key Compromise"
        revoked.set_reason(None)
        assert revoked.get_reason() is None
        assert revoked.get_serial() == b"ABCDEF0123456789ABCDEF"
        assert revoked.get_rev_date() == b"20240229123000Z"
        assert len(revoked.all_reasons()) == 8
        support.refused(ValueError, revoked.set_serial, b"x")
        support.refused(ValueError, revoked.set_reason, b"blue")

    return scenario


def revocation_lists():
    authority = support.pki().ec_ca

    def scenario():
        cert, key = authority.x509(), authority.pkey()
        crl, revoked = crypto.CRL(), crypto.Revoked()
        revoked.set_serial(b"2")
        revoked.set_rev_date(b"20240229123000Z")
        revoked.set_reason(b"superseded")
        crl.add_revoked(revoked)
        der = crl.export(cert, key, ASN1)
        loaded = crypto.load_crl(ASN1, der)
        revoked.set_serial(b"1")
        loaded.add_revoked(revoked)
        loaded.set_version(1)
        loaded.set_lastUpdate(b"20240101000000Z")
        loaded.set_nextUpdate(b"20240201000000Z")
        loaded.sign(cert, key, "sha256")
        assert [one.get_serial() for one in loaded.get_revoked()] == [b"01", b"02"]
        assert crypto.dump_crl(PEM, loaded) and crypto.dump_crl(TEXT, loaded)
        assert loaded.get_issuer() == cert.get_subject()
        crypto.X509Store().add_crl(loaded)
        support.refused(crypto.Error, crypto.load_crl, PEM, b"junk")
        support.refused(crypto.Error, crl.export, cert, crypto.PKey())

    return scenario


class _Curve:
    name = "secp256r1"


def _nothing(*args):
    return None


def context_options():
    other = SSL.Context(SSL.TLS_METHOD)

    def scenario():
        context = SSL.Context(SSL.TLSv1_2_METHOD)
        assert context.set_options(SSL.OP_NO_TICKET) & SSL.OP_NO_TICKET
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        context.set_min_proto_version(0)
        context.set_cipher_list(b"ECDHE+AESGCM")
        support.refused(SSL.Error, context.set_cipher_list, b"imaginary")
        context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        context.set_session_id(b"x")
        context.set_session_id(bytearray(b"y"))
        context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
        context.set_alpn_protos([b"h2", b"http/1.1"])
        support.refused(SSL.Error, context.set_alpn_protos, [b""])
        context.set_verify_depth(3)
        other.set_tmp_ecdh(_Curve())
        context.set_app_data([])
        assert context.get_timeout() == context.set_timeout(100)
        assert context.get_verify_mode() == SSL.VERIFY_NONE
        support.refused(ValueError, context.__init__, SSL.TLS_METHOD)

    return scenario


def context_keys():
    leaf = support.pki().deep
    cert, key, issuer = leaf.x509(), leaf.pkey(), support.pki().intermediate.x509()
    # os.fspath takes a MemoryError for a TypeError, so all paths are str.
    cert_path, chain_path = str(leaf.cert_path), str(leaf.chain_path)
    secret, parameters = str(support.fresh_path()), str(support.fresh_path())
    with open(secret, "wb") as file:
        file.write(_encrypted(leaf.key_pem))
    support.openssl(
        *("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"),
        *("-out", parameters),
    )

    def scenario():
        context = SSL.Context(SSL.TLS_METHOD)
        context.use_certificate(cert)
        context.add_extra_chain_cert(issuer)
        context.use_privatekey(key)
        context.use_certificate_file(cert_path)
        context.use_certificate_chain_file(chain_path)
        context.set_passwd_cb(lambda size, writing, data: b"secret", [])
        context.use_privatekey_file(secret)
        context.check_privatekey()
        context.load_tmp_dh(parameters)
        support.refused(SSL.Error, context.use_privatekey_file, cert_path)
        context.set_passwd_cb(_nothing)
        support.refused(SSL.Error, context.use_privatekey_file, secret)

    return scenario


def context_trust():
    root = support.pki().ca
    cert, name = root.x509(), root.x509().get_subject()
    path, folder = str(root.cert_path), str(support.directory())
    garbage = str(root.key_path)
    os.environ["SSL_CERT_FILE"] = path  # the system's own are many

    def scenario():
        context = SSL.Context(SSL.TLS_METHOD)
        context.load_verify_locations(path, folder)
        support.refused(SSL.Error, context.load_verify_locations, garbage)
        context.set_default_verify_paths()
        context._fallback_default_verify_paths([path], [folder])
        context.load_client_ca(path.encode())
        context.set_client_ca_list([name, name])
        context.add_client_ca(cert)
        context.get_cert_store().add_cert(cert)
        connection = SSL.Connection(context)
        connection.set_accept_state()
        assert len(connection.get_client_ca_list()) == 3
        assert len(connection.get_cipher_list()) > 3

    return scenario


QUESTIONS = [
    "get_peer_certificate",
    "get_certificate",
    "get_peer_cert_chain",
    "get_verified_chain",
    "get_client_ca_list",
    "get_cipher_list",
    "get_cipher_name",
    "get_cipher_bits",
    "get_cipher_version",
    "get_protocol_version_name",
    "get_state_string",
    "state_string",
    "get_group_name",
    "get_servername",
    "get_alpn_proto_negotiated",
    "client_random",
    "server_random",
    "master_key",
    "get_finished",
    "get_peer_finished",
    "get_session",
    "get_selected_srtp_profile",
    "pending",
    "renegotiate_pending",
    "DTLSv1_get_timeout",
]


def connection_callbacks():
    """A handshake in which everybody is called, and all that can be asked afterwards."""
    server = support.server_context(verify=support.pki().ec_ca)
    client = support.client_context(credential=support.pki().ec_client)
    response = bytes.fromhex("30030a0103")

    def yes(*args):
        return True

    def scenario():
        server.set_verify(SSL.VERIFY_PEER, yes)
        server.set_tlsext_servername_callback(lambda one: one.set_context(server))
        server.set_alpn_select_callback(lambda one, names: names[-1])
        server.set_ocsp_server_callback(lambda one, data: response, [])
        server.set_info_callback(_nothing)
        client.set_verify(SSL.VERIFY_PEER, yes)
        client.set_alpn_protos([b"one", b"two"])
        client.set_ocsp_client_callback(yes)
        client.set_keylog_callback(_nothing)
        one, two = support.memory_pair(client, server)
        one.set_verify(SSL.VERIFY_PEER, yes)
        one.set_info_callback(_nothing)
        one.set_tlsext_host_name(b"localhost")
        one.set_alpn_protos([b"three", b"two"])
        one.request_ocsp()
        support.handshake(one, two)
        for connection in (one, two):
            for question in QUESTIONS:
                getattr(connection, question)()
        assert one.get_alpn_proto_negotiated() == b"two"
        assert len(one.export_keying_material(b"label", 100, b"context")) == 100

    return scenario


def connection_sessions():
    server, client = support.server_context(), support.client_context()
    server.set_session_id(b"x")
    client.set_max_proto_version(SSL.TLS1_2_VERSION)

    def scenario():
        one, two = support.connected("memory", client, server)
        session = one.get_session()
        again, _ = support.memory_pair(client, server)
        again.set_session(session)
        support.handshake(again, _)
        support.refused(ValueError, again.set_session, SSL.Session())

    return scenario


def connection_cookies():
    server, client = (
        make(method=SSL.DTLS_METHOD) for make in (support.server_context, support.client_context)
    )
    for context in (server, client):
        context.set_options(SSL.OP_NO_QUERY_MTU)
    server.set_cookie_generate_callback(lambda one: b"cookie")
    server.set_cookie_verify_callback(lambda one, cookie: cookie == b"cookie")

    def scenario():
        one, two = support.memory_pair(client, server)
        for connection in (one, two):
            connection.set_ciphertext_mtu(1400)
        for expected in (SSL.WantReadError, None):
            support.refused(SSL.WantReadError, one.do_handshake)
            two.bio_write(one.bio_read(10000))
            if expected is None:
                two.DTLSv1_listen()
            else:
                support.refused(expected, two.DTLSv1_listen)
                support.move(two, one)

    return scenario


def _leak_of_python():
    leaked = []
    return lambda: leaked.append(bytes(10))


def _leak_of_openssl():
    allocate = support.libcrypto.CRYPTO_malloc
    allocate.restype = ctypes.c_void_p
    return lambda: allocate(10, None, 0)
