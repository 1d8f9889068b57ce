"""impacket's own certificate, the TLS that it wraps clients in, and its clients' connections."""

import socket
import threading

import pytest
from impacket.examples.ntlmrelayx.utils import ssl as utils
from impacket.mqtt import MQTTConnection

from OpenSSL import SSL, crypto


@pytest.fixture
def certificate(tmp_path):
    path = tmp_path / "own.pem"
    utils.generateImpacketCert(str(path))
    return path


class Wrapped(utils.SSLServerMixin):
    def __init__(self, plain, path):
        self.socksSocket = plain
        self.wrapClientConnection(str(path))


def test_certificate(certificate):
    pem = certificate.read_bytes()
    cert = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
    assert cert.get_subject().CN == "impacket"
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate_file(str(certificate))
    context.use_privatekey_file(str(certificate))
    context.check_privatekey()


def echo(connection):
    connection.sendall(connection.recv(100))
    connection.shutdown()


def test_server_makes_what_it_lacks(tmp_path):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wrapped = Wrapped(theirs, tmp_path / "new.pem")
        thread = threading.Thread(target=echo, args=(wrapped.socksSocket,))
        thread.start()
        client = SSL.Connection(SSL.Context(SSL.TLS_METHOD), ours)
        client.set_connect_state()
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        with pytest.raises(SSL.ZeroReturnError):
            client.recv(100)
        thread.join()


def test_client(certificate):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            plain, _ = listener.accept()
            with plain:
                echo(Wrapped(plain, certificate).socksSocket)

        thread = threading.Thread(target=serve)
        thread.start()
        client = MQTTConnection("127.0.0.1", listener.getsockname()[1], isSSL=True)  # connects
        connection = client.getSocket()
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        assert connection.get_peer_certificate().get_subject().CN == "impacket"
        thread.join()
        connection.close()
