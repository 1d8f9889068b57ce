"""requests on urllib3 1.26, which is told to use OpenSSL."""

import http.server
import ssl
import threading

import pytest
import requests
import trustme
import urllib3.contrib.pyopenssl

from OpenSSL import SSL


@pytest.fixture(autouse=True)
def injected():
    urllib3.contrib.pyopenssl.inject_into_urllib3()
    yield
    urllib3.contrib.pyopenssl.extract_from_urllib3()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        peer = self.connection.getpeercert()
        self.send_header("Client", str(bool(peer)))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def url(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://localhost:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def session(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    with requests.Session() as session:
        session.verify = str(path)
        session.trust_env = False
        yield session


def test_connection_is_ours(session, url):
    response = session.post(url, data=b"hello", stream=True)
    assert isinstance(response.raw.connection.sock.connection, SSL.Connection)
    assert response.content == b"hello"


def test_much(session, url):
    data = bytes(range(256)) * 8000
    for _ in range(3):
        assert session.post(url, data=data).content == data


def test_unknown_authority(session, url):
    with pytest.raises(requests.exceptions.SSLError):
        session.post(url, data=b"x", verify=True)


def test_wrong_host(session, url):
    with pytest.raises(requests.exceptions.SSLError, match="match"):
        session.post(url.replace("localhost", "127.0.0.1"), data=b"x")


def test_certificate(session, url, authority, tmp_path):
    path = tmp_path / "client.pem"
    authority.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(path)
    assert session.post(url, data=b"x").headers["Client"] == "False"
    response = session.post(url, data=b"x", cert=str(path), headers={"Connection": "close"})
    session.close()
    response = session.post(url, data=b"x", cert=str(path))
    assert response.headers["Client"] == "True"
