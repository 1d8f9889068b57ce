"""A server that knows its clients by their certificates, and three who call, one of them twice.

python mutual_tls.py
"""

import socket
import threading
import time

from make_certificates import new_certificate, new_key

from OpenSSL import SSL, crypto


def authority(name):
    """A root that signs others."""
    key = new_key()
    cert = new_certificate(name, key, serial=1, years=10)
    cert.set_issuer(cert.get_subject())
    cert.add_extensions([crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE")])
    cert.sign(key, "sha256")
    return cert, key


def issue(root, root_key, name, serial, usage):
    """A certificate for a server (serverAuth) or for a client (clientAuth), and its key."""
    key = new_key()
    cert = new_certificate(name, key, serial, years=1)
    cert.set_issuer(root.get_subject())
    cert.add_extensions([crypto.X509Extension(b"extendedKeyUsage", False, usage)])
    cert.sign(root_key, "sha256")
    return cert, key


def server_context(credential, clients_root):
    """Nobody comes in without a certificate below *clients_root*."""
    cert, key = credential
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate(cert)
    context.use_privatekey(key)
    context.get_cert_store().add_cert(clients_root)
    context.set_client_ca_list([clients_root.get_subject()])
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    context.set_session_id(b"members only")
    return context


def client_context(servers_root, credential=None):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.get_cert_store().add_cert(servers_root)
    context.set_verify(SSL.VERIFY_PEER)
    if credential is not None:
        cert, key = credential
        context.use_certificate(cert)
        context.use_privatekey(key)
    return context


def revoke(root, root_key, cert):
    """The authority's list, in PEM, with this certificate on it."""
    entry = crypto.Revoked()
    entry.set_serial(b"%x" % cert.get_serial_number())
    entry.set_rev_date(time.strftime("%Y%m%d%H%M%SZ", time.gmtime()).encode())
    crl = crypto.CRL()
    crl.add_revoked(entry)
    return crl.export(root, root_key, days=30, digest=b"sha256")


def heed_list(context, pem):
    """From now on this Context's connections refuse who is on the list."""
    store = context.get_cert_store()
    store.add_crl(crypto.load_crl(crypto.FILETYPE_PEM, pem))
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK)


MEMBERS = {"alice": "full", "bob": "guest"}


def welcome(connection):
    """Who it is, the certificate says; what that one may do, we do."""
    name = connection.get_peer_certificate().get_subject().CN
    if name not in MEMBERS:
        return f"{name} is not a member"
    return f"welcome {name}, {MEMBERS[name]} member"


def serve(listener, context, count, refused):
    """Serve so many clients; *refused* takes why some were not let in."""
    for _ in range(count):
        plain, _ = listener.accept()
        connection = SSL.Connection(context, plain)
        connection.set_accept_state()
        try:
            connection.do_handshake()
            connection.sendall(welcome(connection).encode())
            connection.shutdown()
        except SSL.Error as error:
            refused.append(error.args[0][0][-1])
        connection.close()


def call(address, context):
    """What the server says, or why it does not."""
    connection = SSL.Connection(context, socket.create_connection(address))
    connection.set_connect_state()
    try:
        connection.do_handshake()
        return connection.recv(1000).decode()
    except SSL.Error as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def main():
    root = authority("Example Root")
    stranger_root = authority("Another Root")
    server = issue(*root, "server", 2, b"serverAuth")
    callers = {
        "alice": issue(*root, "alice", 3, b"clientAuth"),
        "nobody": None,
        "a stranger": issue(*stranger_root, "alice", 3, b"clientAuth"),
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = server_context(server, root[0])
        refused = []
        thread = threading.Thread(target=serve, args=(listener, context, len(callers) + 1, refused))
        thread.start()
        for name, credential in callers.items():
            answer = call(listener.getsockname(), client_context(root[0], credential))
            print(f"{name}: {answer}")
        heed_list(context, revoke(*root, callers["alice"][0]))
        answer = call(listener.getsockname(), client_context(root[0], callers["alice"]))
        print(f"alice, revoked: {answer}")
        thread.join()
    for reason in refused:
        print("server: refused:", reason)


if __name__ == "__main__":
    main()
