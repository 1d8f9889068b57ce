"""doc/examples/twisted_echo.py: a server and a client with Twisted."""

import socket

import pytest

import support

pytest.importorskip("twisted.internet.ssl")
pytest.importorskip("idna")

PROGRAM = "twisted_echo.py"


@pytest.fixture(scope="module")
def folder():
    return support.example_certificates()


def run(name, *args, **options):
    return support.run_file(support.EXAMPLES / name, *args, **options, **support.UNFINISHED)


class TestServer:
    def test_clients(self, folder):
        with support.Example(PROGRAM, folder) as server:
            for client in ("twisted_echo.py", "echo_client.py", "asyncio_tls.py"):
                output = run(client, folder, server.port, 2)
                assert "server   Example Server of Example, verified" in output
                assert "echoed   2 MiB each way, hashes equal" in output
        assert server.output == ""

    def test_client_without_tls(self, folder):
        with support.Example(PROGRAM, folder) as server:
            with socket.create_connection(("127.0.0.1", server.port), support.TIMEOUT) as plain:
                plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
                while plain.recv(100):
                    pass
            assert "echoed   1 MiB" in run(PROGRAM, folder, server.port, 1)
        assert server.output.startswith("a client is lost: [('SSL routines', '', 'http request')]")


class TestClient:
    @pytest.mark.parametrize("server", ["echo_server.py", "nonblocking_server.py"])
    def test_servers(self, folder, server):
        with support.Example(server, folder) as running:
            output = run(PROGRAM, folder, running.port, 2)
        assert "ALPN     echo/1" in output
        assert "echoed   2 MiB each way, hashes equal" in output

    @pytest.mark.parametrize(
        ("names", "trusted", "reason"),
        [
            ("DNS:localhost", True, None),
            ("DNS:elsewhere.example", True, "VerificationError"),
            ("DNS:localhost", False, "certificate verify failed"),
        ],
    )
    def test_verifies(self, tmp_path, pki, names, trusted, reason):
        """Its server's authority, and its name."""
        server = support.leaf(pki.ec_ca, names=names)
        (tmp_path / "ca.pem").write_bytes((pki.ec_ca if trusted else pki.other_ca).cert_pem)
        (tmp_path / "server.pem").write_bytes(server.cert_pem)
        (tmp_path / "server.key").write_bytes(server.key_pem)
        with support.Example(PROGRAM, tmp_path) as running:
            result = run(PROGRAM, tmp_path, running.port, 1, check=False)
        if reason is None:
            assert result.returncode == 0, result.stdout
            assert result.stdout.endswith("hashes equal\n")
        else:
            assert result.returncode == 1
            assert reason in result.stdout and "hashes" not in result.stdout
