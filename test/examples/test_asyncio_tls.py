"""doc/examples/asyncio_tls.py: TLS in memory under asyncio's transports and streams."""

import asyncio
import contextlib
import os
import socket
import ssl

import pytest

import support
from OpenSSL import SSL

PROGRAM = "asyncio_tls.py"
BLOCK = os.urandom(65536)
HOST = "127.0.0.1"


@pytest.fixture
def tls(monkeypatch):
    """The program as a module."""
    monkeypatch.syspath_prepend(str(support.EXAMPLES))
    import asyncio_tls

    monkeypatch.setattr(asyncio_tls, "PATIENCE", support.TIMEOUT)
    return asyncio_tls


def run(work, expected=()):
    """Run a coroutine to its end; asyncio reports nothing meanwhile but these exceptions."""
    reports = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reports.append(context)
        )
        return await asyncio.wait_for(work, support.TIMEOUT)

    result = asyncio.run(main())
    assert [type(report.get("exception")) for report in reports] == list(expected), reports
    return result


@contextlib.asynccontextmanager
async def serving(tls, serve_client, context=None):
    """The port of a server."""
    context = context or support.server_context()
    server = await tls.start_server(context, serve_client, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def connect(tls, port, context=None):
    return tls.open_connection(context or support.client_context(), HOST, port, "localhost")


async def close(writer):
    writer.close()
    await writer.wait_closed()


async def exchange(reader, writer, data=b"hello"):
    writer.write(data)
    await writer.drain()
    assert await reader.readexactly(len(data)) == data


class TestPrograms:
    def test_server_and_client(self):
        folder = support.example_certificates()
        with support.Example(PROGRAM, folder) as server:
            for client in (PROGRAM, "echo_client.py"):
                output = support.run_file(
                    support.EXAMPLES / client, folder, server.port, 2, **support.UNFINISHED
                )
                assert "echoed   2 MiB each way, hashes equal" in output
                assert "server   Example Server of Example, verified" in output
        assert server.output == ""


class TestPeers:
    """Python's own ssl under asyncio at the other end."""

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_standard_client(self, tls, pki, version):
        trust = ssl.create_default_context(cafile=pki.ec_ca.cert_path)
        context = support.server_context()
        context.set_max_proto_version(version)

        async def work():
            async with serving(tls, tls.echo, context) as port:
                reader, writer = await asyncio.open_connection(
                    HOST, port, ssl=trust, server_hostname="localhost"
                )
                for size in (1, 16384, 16385, 65536):
                    await exchange(reader, writer, BLOCK[:size])
                await close(writer)

        run(work())

    def test_standard_server(self, tls, pki):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pki.ec_server.cert_path, pki.ec_server.key_path)

        async def work():
            async with await asyncio.start_server(tls.echo, HOST, 0, ssl=context) as server:
                port = server.sockets[0].getsockname()[1]
                reader, writer = await connect(tls, port)
                await exchange(reader, writer, BLOCK)
                connection = writer.get_extra_info("connection")
                assert connection.get_protocol_version_name() == "TLSv1.3"
                assert writer.get_extra_info("peername") == (HOST, port)
                assert writer.get_extra_info("nothing", 7) == 7
                await close(writer)

        run(work())

    def test_many(self, tls):
        async def one(port, number):
            reader, writer = await connect(tls, port)
            for _ in range(5):
                await exchange(reader, writer, BLOCK[: number * 700])
            await close(writer)

        async def work():
            async with serving(tls, tls.echo) as port:
                await asyncio.gather(*(one(port, number) for number in range(50)))

        run(work())


class TestBackpressure:
    def test_writer_waits_for_reader(self, tls):
        """Nobody keeps more than a bounded amount; nothing is lost."""

        async def work():
            begin = asyncio.Event()
            received = asyncio.get_running_loop().create_future()
            kept = []

            async def slow(reader, writer):
                transport = writer.transport
                await reader.readexactly(1)
                await begin.wait()
                kept.append(transport.is_reading())
                count = 1
                while data := await reader.read(65536):
                    count += len(data)
                received.set_result(count)
                await close(writer)

            async with serving(tls, slow) as port:
                reader, writer = await connect(tls, port)
                transport = writer.transport
                count = 0
                while not transport.secure.full:
                    writer.write(BLOCK)
                    count += len(BLOCK)
                    assert count < 64 << 20
                    await asyncio.sleep(0)
                _, high = transport.get_write_buffer_limits()
                assert high < transport.get_write_buffer_size() < high + 2 * len(BLOCK)
                drain = asyncio.create_task(writer.drain())
                await asyncio.sleep(0)
                assert not drain.done()
                begin.set()
                await drain
                writer.write_eof()
                assert await received == count
                assert kept == [False]
                assert await reader.read() == b""
                await close(writer)

        run(work())

    def test_limits(self, tls):
        async def work():
            async with serving(tls, tls.echo) as port:
                reader, writer = await connect(tls, port)
                writer.transport.set_write_buffer_limits(high=1000, low=10)
                assert writer.transport.get_write_buffer_limits() == (10, 1000)
                await exchange(reader, writer)
                await close(writer)

        run(work())


class TestEnd:
    def test_half_closed(self, tls):
        """An answer comes through after the question's end."""

        async def answer(reader, writer):
            question = await reader.read()
            writer.write(question.upper() * 10000)
            await close(writer)

        async def work():
            async with serving(tls, answer) as port:
                reader, writer = await connect(tls, port)
                writer.write(b"why?")
                assert writer.can_write_eof()
                writer.write_eof()
                with pytest.raises(RuntimeError):
                    writer.write(b"more")
                assert await reader.read() == b"WHY?" * 10000
                await close(writer)
                state = writer.get_extra_info("connection").get_shutdown()
                assert state == SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN

        run(work())

    def test_closed_with_much_to_send(self, tls):
        async def work():
            received = asyncio.get_running_loop().create_future()

            async def count(reader, writer):
                received.set_result(len(await reader.read()))
                await close(writer)

            async with serving(tls, count) as port:
                reader, writer = await connect(tls, port)
                writer.write(BLOCK * 50)
                await close(writer)
                assert writer.is_closing()
                assert await received == len(BLOCK) * 50

        run(work())

    def test_closed_while_the_peer_sends(self, tls):
        """What comes then is thrown away, and the peer learns of it in order."""

        async def work():
            async with serving(tls, tls.echo) as port:
                reader, writer = await connect(tls, port)
                writer.write(BLOCK * 10)
                await close(writer)

        run(work())

    def test_cut(self, tls):
        """Without a good-bye it is an error for who reads."""

        async def abort(reader, writer):
            await exchange(reader, writer, b"x" * 5)
            writer.transport.secure.wire.close()
            with contextlib.suppress(SSL.Error):
                await writer.wait_closed()

        async def work():
            async with serving(tls, abort) as port:
                reader, writer = await connect(tls, port)
                await exchange(reader, writer, b"x" * 5)
                with pytest.raises(SSL.SysCallError, match="Unexpected EOF"):
                    await reader.read()
                writer.close()
                with pytest.raises(SSL.SysCallError):
                    await writer.wait_closed()

        run(work())

    def test_aborted(self, tls, capfd):
        async def work():
            async with serving(tls, tls.echo) as port:
                reader, writer = await connect(tls, port)
                await exchange(reader, writer)
                writer.transport.abort()
                await writer.wait_closed()

        run(work())


class TestFailures:
    def test_untrusted(self, tls, pki, capfd):
        async def work():
            async with serving(tls, tls.echo) as port:
                with pytest.raises(SSL.Error, match="certificate verify failed"):
                    await connect(tls, port, support.client_context(pki.other_ca))
                reader, writer = await connect(tls, port)
                await exchange(reader, writer)
                await close(writer)

        run(work())
        assert "no handshake: [('SSL routines', '', 'tls" in capfd.readouterr().err

    def test_callback_raises(self, tls, capfd):
        """The exception comes out, and the peer gets an alert."""
        context = support.client_context()
        context.set_verify(SSL.VERIFY_PEER, lambda *args: 1 / 0)

        async def work():
            async with serving(tls, tls.echo) as port:
                with pytest.raises(ZeroDivisionError):
                    await connect(tls, port, context)

        run(work(), [ZeroDivisionError])
        assert "alert" in capfd.readouterr().err

    def test_no_tls(self, tls, capfd):
        async def work():
            async with serving(tls, tls.echo) as port:
                reader, writer = await asyncio.open_connection(HOST, port)
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                await reader.read()
                await close(writer)

        run(work())
        assert "http request" in capfd.readouterr().err

    @pytest.mark.parametrize("end", [False, True])
    def test_mute_server(self, tls, monkeypatch, end):
        if not end:
            monkeypatch.setattr(tls, "PATIENCE", 0.2)

        async def work():
            with socket.create_server((HOST, 0)) as listener:
                task = asyncio.create_task(connect(tls, listener.getsockname()[1]))
                if end:
                    listener.setblocking(False)
                    plain, _ = await asyncio.get_running_loop().sock_accept(listener)
                    plain.close()
                with pytest.raises(SSL.SysCallError if end else TimeoutError):
                    await task

        run(work())

    def test_peer_that_does_not_say_goodbye(self, tls, monkeypatch):
        async def work():
            hold = asyncio.Event()

            async def rude(reader, writer):
                writer.transport.secure.pause()
                await hold.wait()
                writer.transport.abort()
                await writer.wait_closed()

            async with serving(tls, rude) as port:
                reader, writer = await connect(tls, port)
                monkeypatch.setattr(tls, "PATIENCE", 0.3)
                writer.close()
                with pytest.raises(TimeoutError, match="does not answer"):
                    await writer.wait_closed()
                hold.set()

        run(work())

    def test_cancelled(self, tls):
        async def work():
            with socket.create_server((HOST, 0)) as listener:
                listener.setblocking(False)
                task = asyncio.create_task(connect(tls, listener.getsockname()[1]))
                plain, _ = await asyncio.get_running_loop().sock_accept(listener)
                with plain:
                    await asyncio.get_running_loop().sock_recv(plain, 1)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task

        run(work())
