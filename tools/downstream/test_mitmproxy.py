"""mitmproxy between a client and a server, which it verifies."""

import http.server
import ssl
import subprocess
import sys
import threading

import pytest
import trustme

BODY = b"hello " * 20000
MITMDUMP = "import sys; from mitmproxy.tools.main import mitmdump; sys.exit(mitmdump())"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path_factory.mktemp("ca") / "ca.pem")
    return authority


@pytest.fixture(scope="module")
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


class Proxy:
    def __init__(self, folder, *options):
        self.folder = folder
        command = [sys.executable, "-P", "-c", MITMDUMP, "--set", f"confdir={folder}", *options]
        self.process = subprocess.Popen(
            [*command, "--listen-host", "127.0.0.1", "-p", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in self.process.stdout:
            if "listening at" in line:
                self.address = line.split()[-1].rstrip(".")
                return
        raise AssertionError("it does not listen")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.process.terminate()
        self.output, _ = self.process.communicate(timeout=30)

    def fetch(self, port, *options):
        command = ["curl", "-sS", "-m", "20", "--proxy", f"http://{self.address}", *options]
        command += ["--cacert", self.folder / "mitmproxy-ca-cert.pem", f"https://localhost:{port}/"]
        return subprocess.run(command, capture_output=True, timeout=30).stdout


@pytest.mark.parametrize("options", [(), ("--tls-max", "1.2"), ("--http1.1",)])
def test_trusted(tmp_path, authority, server, options):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Proxy(tmp_path, "--set", f"ssl_verify_upstream_trusted_ca={tmp_path}/ca.pem") as proxy:
        assert proxy.fetch(server, *options) == BODY


def test_wrong_name(tmp_path, server, authority):
    """The name is verified, with what is set through SSL._lib."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other.socket = context.wrap_socket(other.socket, server_side=True)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    with Proxy(tmp_path, "--set", f"ssl_verify_upstream_trusted_ca={tmp_path}/ca.pem") as proxy:
        assert b"hostname mismatch" in proxy.fetch(other.server_port)
    other.shutdown()
    other.server_close()
    assert "Certificate verify failed: hostname mismatch" in proxy.output


def test_untrusted(tmp_path, server):
    with Proxy(tmp_path) as proxy:
        assert BODY[:6] not in proxy.fetch(server)
    assert "Certificate verify failed: unable to get local issuer certificate" in proxy.output
