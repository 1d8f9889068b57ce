"""TLS under asyncio: a Connection that works in memory, between a transport and a protocol.

    python asyncio_tls.py FOLDER                    a server, which sends back what it gets
    python asyncio_tls.py FOLDER PORT [MEBIBYTES]   a client of it

FOLDER is what make_certificates.py has written.  open_connection() and start_server() are as
asyncio's own, but take a Context; the streams that they give are asyncio's.
"""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys

import echo_client
import echo_server

from OpenSSL import SSL

PATIENCE = 10  # seconds for the handshake, and for the peer's good-bye


class Transport(asyncio.Transport):
    """What the application's protocol gets: plain text goes in here."""

    def __init__(self, secure):
        super().__init__({"connection": secure.connection})
        self.secure = secure

    def get_extra_info(self, name, default=None):
        return super().get_extra_info(name) or self.secure.wire.get_extra_info(name, default)

    def get_protocol(self):
        return self.secure.application

    def write(self, data):
        self.secure.write(data)

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.secure.finish()

    def close(self):
        self.secure.close()

    def abort(self):
        self.secure.wire.abort()

    def is_closing(self):
        return self.secure.closing or self.secure.wire.is_closing()

    def pause_reading(self):
        self.secure.pause()

    def resume_reading(self):
        self.secure.resume()

    def is_reading(self):
        return not self.secure.paused

    def get_write_buffer_size(self):
        return len(self.secure.waiting) + self.secure.wire.get_write_buffer_size()

    def get_write_buffer_limits(self):
        return self.secure.wire.get_write_buffer_limits()

    def set_write_buffer_limits(self, high=None, low=None):
        self.secure.wire.set_write_buffer_limits(high, low)


class Secure(asyncio.Protocol):
    """The protocol of the transport below, the wire; *application* is the protocol above.

    *ready* is a future: the Transport for the application, when hands are shaken.
    """

    def __init__(self, connection, application):
        self.loop = asyncio.get_running_loop()
        self.ready = self.loop.create_future()
        self.connection = connection
        self.application = application
        self.wire = None
        self.waiting = bytearray()  # plain text that cannot be encrypted just now
        self.shaken = False  # hands; from then on the application knows of us
        self.full = False  # the wire takes no more for now
        self.paused = False  # the application reads no more for now
        self.finishing = self.finished = False  # it writes no more; the peer has been told
        self.ended = False  # the peer writes no more
        self.closing = False  # the application has closed its transport
        self.error = None
        self.timer = None

    # ---- called from below ----

    def connection_made(self, transport):
        self.wire = transport
        self.limit_time()
        self.work(self.shake_hands)

    def data_received(self, data):
        self.connection.bio_write(data)
        self.work(self.shake_hands, self.send, self.receive)

    def eof_received(self):
        self.connection.bio_shutdown()
        self.work(self.shake_hands, self.send, self.receive)
        return True  # the wire stays open in the other direction: we close it

    def connection_lost(self, error):
        self.timer.cancel()
        error = self.error or error
        if self.shaken:
            self.application.connection_lost(error)
        elif not self.ready.done():
            self.ready.set_exception(error or ConnectionAbortedError("closed in the handshake"))

    def pause_writing(self):
        self.full = True
        if self.shaken:
            self.application.pause_writing()

    def resume_writing(self):
        self.full = False
        if self.shaken:
            self.application.resume_writing()

    # ---- called from above ----

    def write(self, data):
        if self.finishing:
            raise RuntimeError("nothing can be written after the end")
        self.waiting += data
        self.work(self.send)

    def finish(self):
        self.finishing = True
        self.work(self.send)

    def close(self):
        """Say good-bye, and wait for the peer's: else what it sends would reset the connection."""
        if not self.closing:
            self.closing = True
            self.limit_time()
            self.finish()
            self.resume()

    def pause(self):
        self.paused = True
        self.wire.pause_reading()

    def resume(self):
        self.paused = False
        self.wire.resume_reading()
        self.loop.call_soon(self.work, self.receive)  # what lies in OpenSSL

    # ---- in between ----

    def work(self, *steps):
        """Do what can be done now, and send what came of it."""
        if self.wire.is_closing():
            return
        try:
            for step in steps:
                with contextlib.suppress(SSL.WantReadError):
                    step()
        except SSL.Error as error:
            self.error = error
        finally:  # whatever is raised, by a callback too: there may be an alert to send
            self.flush()
        if self.error or (self.closing and self.finished and self.ended):
            self.wire.close()

    def flush(self):
        with contextlib.suppress(SSL.WantReadError):  # there is no more
            while True:
                self.wire.write(self.connection.bio_read(65536))

    def shake_hands(self):
        if not self.shaken:
            self.connection.do_handshake()
            self.shaken = True
            self.timer.cancel()
            transport = Transport(self)
            self.application.connection_made(transport)
            if self.full:
                self.application.pause_writing()
            if not self.ready.done():
                self.ready.set_result(transport)

    def send(self):
        while self.waiting:
            sent = self.connection.send(self.waiting)
            del self.waiting[:sent]
        if self.finishing and not self.finished:
            self.connection.shutdown()
            self.finished = True

    def receive(self):
        while self.shaken and not self.ended and not self.paused:
            try:
                data = self.connection.recv(65536)
            except SSL.ZeroReturnError:
                self.end()
            except SSL.SysCallError:  # cut off; who has closed does not mind
                if not self.closing:
                    raise
                self.ended = True
            else:
                if not self.closing:
                    self.application.data_received(data)

    def end(self):
        self.ended = True
        if not self.closing and not self.application.eof_received():
            self.close()

    def limit_time(self):
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.loop.call_later(PATIENCE, self.give_up)

    def give_up(self):
        self.error = TimeoutError("the peer does not answer")
        self.wire.abort()


async def open_connection(context, host, port, name):
    """A client's streams, (reader, writer), when hands are shaken with the server called *name*."""
    connection = SSL.Connection(context)
    connection.set_tlsext_host_name(name.encode("ascii"))
    connection.set_connect_state()
    reader = asyncio.StreamReader()
    application = asyncio.StreamReaderProtocol(reader)
    loop = asyncio.get_running_loop()
    wire, secure = await loop.create_connection(lambda: Secure(connection, application), host, port)
    try:
        transport = await secure.ready
    except BaseException:
        wire.abort()
        raise
    return reader, asyncio.StreamWriter(transport, application, reader, loop)


async def start_server(context, serve_client, host, port):
    """A server; ``await serve_client(reader, writer)`` is done for each client."""

    def report(ready):
        if ready.exception():
            print("no handshake:", ready.exception(), file=sys.stderr)

    def make():
        connection = SSL.Connection(context)
        connection.set_accept_state()
        reader = asyncio.StreamReader()
        secure = Secure(connection, asyncio.StreamReaderProtocol(reader, serve_client))
        secure.ready.add_done_callback(report)
        return secure

    return await asyncio.get_running_loop().create_server(make, host, port)


async def echo(reader, writer):
    """Send back what comes, no faster than it is taken."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except (SSL.Error, OSError) as error:
        print("a client is lost:", error, file=sys.stderr)


async def serve(folder):
    context = echo_server.make_context(folder)
    async with await start_server(context, echo, "127.0.0.1", 0) as server:
        print("listening on port", server.sockets[0].getsockname()[1], flush=True)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()


async def ask(folder, port, mebibytes=64):
    """Send, and receive meanwhile; then say good-bye, and make sure that the server does so too."""
    context = echo_client.make_context(folder)
    reader, writer = await open_connection(context, "127.0.0.1", port, "localhost")
    for what, value in echo_client.describe(writer.get_extra_info("connection")):
        print(f"  {what:8} {value}")
    sent, received = hashlib.sha256(), hashlib.sha256()

    async def send():
        for _ in range(mebibytes * 16):
            block = os.urandom(65536)
            sent.update(block)
            writer.write(block)
            await writer.drain()

    sending = asyncio.create_task(send())
    for _ in range(mebibytes * 16):
        received.update(await reader.readexactly(65536))
    await sending
    writer.write_eof()
    if await reader.read() or sent.digest() != received.digest():
        raise AssertionError("what came back is not what was sent")
    writer.close()
    await writer.wait_closed()
    print(f"  echoed   {mebibytes} MiB each way, hashes equal")


if __name__ == "__main__":
    numbers = map(int, sys.argv[2:])
    asyncio.run(ask(sys.argv[1], *numbers) if sys.argv[2:] else serve(sys.argv[1]))
