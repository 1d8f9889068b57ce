"""pymongo's sockets over pyOpenSSL, without a database."""

import socket
import ssl
import threading

import pytest
import trustme
from pymongo import pyopenssl_context

authority = trustme.CA()


@pytest.fixture
def server():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        plain, _ = listener.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as secure:
                while data := secure.recv(65536):
                    secure.sendall(data)
        except OSError:
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(30)
    listener.close()


def client(trusted, tmp_path):
    context = pyopenssl_context.SSLContext(pyopenssl_context.PROTOCOL_SSLv23)
    context.verify_mode = ssl.CERT_REQUIRED
    if trusted:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        context.load_verify_locations(str(tmp_path / "ca.pem"))
    return context


@pytest.mark.parametrize("timeout", [None, 10])
def test_echo(server, tmp_path, timeout):
    plain = socket.create_connection(("127.0.0.1", server), timeout)
    plain.settimeout(timeout)
    secure = client(True, tmp_path).wrap_socket(plain, server_hostname="localhost")
    data = bytes(range(256)) * 400
    secure.sendall(data)
    buffer = bytearray(len(data))
    got = 0
    while got < len(data):
        got += secure.recv_into(memoryview(buffer)[got:])
    assert buffer == data
    secure.close()


def test_untrusted(server, tmp_path):
    plain = socket.create_connection(("127.0.0.1", server), 10)
    with pytest.raises(Exception, match="certificate verify failed"):
        client(False, tmp_path).wrap_socket(plain, server_hostname="localhost")
    plain.close()
