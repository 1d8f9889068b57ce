"""Programs as they were written when the manual was young, for Python 3: see classic/."""

import contextlib
import select
import socket
import ssl
import subprocess
import sys
import xmlrpc.client
from pathlib import Path

import pytest

import support
from OpenSSL import SSL, crypto

HERE = Path(__file__).with_name("classic")


@pytest.fixture(scope="module")
def folder():
    path = support.fresh_path()
    path.mkdir()
    assert support.run_file(HERE / "certificates.py", path) == ""
    return path


def client(folder, port, said, name="client"):
    """What the classic client prints."""
    command = [sys.executable, *support.STRICT, HERE / "client.py", folder, str(port), name]
    result = subprocess.run(
        command,
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=support.TIMEOUT,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def our_context(folder, name="client"):
    context = SSL.Context(SSL.SSLv23_METHOD)
    context.load_verify_locations(folder / "CA.cert")
    context.set_verify(SSL.VERIFY_PEER)
    if name:
        context.use_privatekey_file(folder / f"{name}.pkey")
        context.use_certificate_file(folder / f"{name}.cert")
    return context


class TestCertificates:
    @pytest.mark.parametrize("name", ["CA", "server", "client"])
    def test_command_verifies(self, folder, name):
        said = support.openssl("verify", "-CAfile", folder / "CA.cert", folder / f"{name}.cert")
        assert said.decode() == f"{folder / name}.cert: OK\n"

    def test_are_of_the_first_version(self, folder):
        pem = (folder / "server.cert").read_bytes()
        cert = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
        assert (cert.get_version(), cert.get_extension_count()) == (0, 0)
        assert cert.get_issuer().CN == "Certificate Authority"


class TestServer:
    def test_client(self, folder):
        with support.Example(HERE / "server.py", folder) as server:
            said = client(folder, server.port, "hello\nand again\n")
            client(
                folder, server.port, "bye\n"
            )  # until then it has noticed that the first has gone
        assert "shown: Simple server\n" in said
        assert said.endswith("back: hello\nback: and again\n")
        assert "shown: Simple client\n" in server.output
        assert "gone: well\n" in server.output

    def test_many_at_once(self, folder):
        context = our_context(folder)
        with support.Example(HERE / "server.py", folder) as server:
            ends = [SSL.Connection(context, server.connect()) for _ in range(5)]
            for end in ends:
                end.set_connect_state()
            for round_ in range(3):
                for number, end in enumerate(ends):
                    end.sendall(b"%d of %d" % (round_, number))
                for number, end in reversed(list(enumerate(ends))):
                    assert end.recv(100) == b"%d of %d" % (round_, number)
            data = bytes(range(256)) * 1000
            ends[0].sendall(data)
            assert b"".join(iter_received(ends[0], len(data))) == data
            for end in ends:
                end.shutdown()
                assert select.select([end], [], [], support.TIMEOUT)[0]
                with pytest.raises(SSL.ZeroReturnError):
                    end.recv(1)
                end.close()
        assert server.output.count("gone: well\n") == 5

    def test_who_shows_nothing_is_refused(self, folder):
        with support.Example(HERE / "server.py", folder) as server:
            end = SSL.Connection(our_context(folder, None), server.connect())
            end.set_connect_state()
            with pytest.raises(SSL.Error):
                end.do_handshake()  # in TLS 1.3 it is over before the server has refused
                end.recv(1)
            end.close()
            assert client(folder, server.port, "hello\n").endswith("back: hello\n")
        assert "peer did not return a certificate" in server.output


def iter_received(end, size):
    while size:
        data = end.recv(size)
        size -= len(data)
        yield data


class TestXmlRpc:
    @pytest.fixture
    def proxy(self, folder):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(folder / "CA.cert")
        context.check_hostname = False  # it is no host's name

        def call(server):
            url = f"https://127.0.0.1:{server.port}"
            return xmlrpc.client.ServerProxy(url, context=context)

        return call

    def test_calls(self, folder, proxy):
        with support.Example(HERE / "xmlrpc_server.py", folder) as server:
            with proxy(server) as remote:
                assert remote.add(2, 3) == 5
                assert remote.reverse(list(range(20000))) == list(range(20000))[::-1]
                assert remote.reverse("tls" * 100000) == "slt" * 100000
                assert "add" in remote.system.listMethods()
                with pytest.raises(xmlrpc.client.Fault, match="no such thing"):
                    remote.fail()
            with proxy(server) as one, proxy(server) as other:
                assert one.add("a", "b") + other.add("c", "d") == "abcd"
        assert server.output == ""

    def test_client_without_tls(self, folder, proxy):
        with support.Example(HERE / "xmlrpc_server.py", folder) as server:
            with socket.create_connection(("127.0.0.1", server.port), support.TIMEOUT) as plain:
                plain.sendall(b"POST /RPC2 HTTP/1.0\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):  # not all of it has been read
                    while plain.recv(100):
                        pass
            with proxy(server) as remote:
                assert remote.add(1, 1) == 2
        assert server.output == "lost: [('SSL routines', '', 'http request')]\n"
