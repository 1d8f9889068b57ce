"""Secure connections: OpenSSL's libssl."""

from typing import Any

class Connection:
    """One end of a TLS connection.

    With *socket* it works over that socket: a :class:`socket.socket`, a descriptor, or whatever
    has a ``fileno()`` method.  Without, it works in memory: what :meth:`bio_write` is given
    comes in, and what goes out is fetched with :meth:`bio_read`.

    Unknown attributes are looked up on the socket, so that ``bind``, ``listen``, ``getpeername``,
    ``settimeout`` and ``fileno`` are there.

    One thread may read while another writes and a third asks or closes; two readers, or two
    writers, take turns.

    :param context: the :class:`Context` whose settings the connection starts with
    :param socket: what to work over; None for memory
    :raises TypeError: *context* is no Context, or *socket* has no descriptor
    :raises ValueError: the descriptor is negative; the Connection is already initialized

    Made with ``SSL_new``.
    """

    def __init__(self, context: Context, socket: Any = None) -> None: ...
    def get_context(self) -> Context:
        """The Context in force: the one given, or that of the last :meth:`set_context`."""

    def set_context(self, context: Context) -> None:
        """Go on with another Context, as a servername callback does.

        Its certificate, key and servername and ALPN callbacks count from now on; verification,
        options and session matters stay with the Context that the Connection was made with.

        :raises TypeError: *context* is no Context

        ``SSL_set_SSL_CTX``.
        """

    def get_app_data(self) -> Any:
        """What :meth:`set_app_data` was given last; None before."""

    def set_app_data(self, data: Any) -> None:
        """Keep any object with the connection, for callbacks to find."""

    def connect(self, addr: Any) -> Any:
        """Become the client, and connect the socket.

        The handshake comes with :meth:`do_handshake`, or with the first reading or writing.

        :param addr: what the socket's own ``connect`` takes
        :returns: what that returns
        :raises AttributeError: the connection works in memory
        """

    def connect_ex(self, addr: Any) -> int:
        """Like :meth:`connect`, with the socket's ``connect_ex``: an error number, 0 for none."""

    def accept(self) -> tuple[Connection, Any]:
        """Accept a connection on the listening socket.

        :returns: a new Connection, in the server's role and with the same Context, and the
            peer's address
        :raises AttributeError: the connection works in memory
        """

    def close(self) -> None:
        """Close the socket, without a word to the peer (that is :meth:`shutdown`).

        The descriptor is not touched any more, even if it is given to another file; threads
        that wait in a method of this connection get ``SysCallError(EBADF, 'EBADF')`` at once.

        :raises AttributeError: the connection works in memory
        """

    def makefile(self, *args: Any, **kwargs: Any) -> Any:
        """There is no file object on a Connection.

        :raises NotImplementedError: always
        """

    def sock_shutdown(self, *args: Any, **kwargs: Any) -> Any:
        """The socket's own ``shutdown``, which :meth:`shutdown` hides.

        :raises AttributeError: the connection works in memory
        """

    def set_connect_state(self) -> None:
        """Become the client.  ``SSL_set_connect_state``."""

    def set_accept_state(self) -> None:
        """Become the server.  ``SSL_set_accept_state``."""

    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """Receive data, shaking hands first if that was not done.

        :param bufsiz: how many bytes at most; one record, 16384 bytes, is the most that comes
        :param flags: ``socket.MSG_PEEK`` leaves the data to be received again; other flags
            do nothing
        :returns: 1 to *bufsiz* bytes; ``b""`` only if *bufsiz* is 0
        :raises WantReadError: nothing is there, and the socket does not block
        :raises ZeroReturnError: the peer has closed the connection properly
        :raises SysCallError: ``(-1, "Unexpected EOF")``: it is closed without a word;
            ``(errno, name)``: the socket failed
        :raises Error: the connection failed
        :raises ValueError: *bufsiz* is negative
        :raises OverflowError: *bufsiz* is over 2**31-1

        ``SSL_read_ex``, ``SSL_peek_ex``.
        """

    read = recv
    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int | None = None) -> int:
        """Receive data straight into a buffer.

        :param buffer: a writable contiguous buffer; bytes behind what was received stay as
            they are
        :param nbytes: how many bytes at most, if less than the buffer's size
        :param flags: as in :meth:`recv`
        :returns: the number of bytes received
        :raises TypeError: the buffer cannot be written to

        Otherwise as :meth:`recv`.  ``SSL_read_ex``, ``SSL_peek_ex``.
        """

    def send(self, buf: Any, flags: int = 0) -> int:
        """Send data, shaking hands first if that was not done.

        :param buf: bytes or another contiguous buffer of at most 2**31-1 bytes
        :param flags: ignored
        :returns: how many bytes were sent: one record, 16384 bytes, at most, unless
            MODE_ENABLE_PARTIAL_WRITE was cleared
        :raises WantWriteError: the socket takes no more now and does not block; call again
            with the same data
        :raises WantReadError: the handshake needs the peer's answer first
        :raises SysCallError: the socket failed
        :raises Error: the connection failed, or is shut down, or a retry came with less data
        :raises ValueError: *buf* is too long

        ``SSL_write_ex``.
        """

    write = send
    def sendall(self, buf: Any, flags: int = 0) -> int:
        """Send all of the data.

        The same as :meth:`send` until nothing is left; data of other threads does not come in
        between.  On a socket that does not block, an exception leaves it unknown how much was
        sent.

        :returns: the number of bytes, which is the data's length

        ``SSL_write_ex``.
        """

    def do_handshake(self) -> None:
        """Shake hands, or carry a renegotiation out.  Does nothing when that was done.

        :raises WantReadError: the peer's answer is not there yet
        :raises WantWriteError: the socket takes no more now
        :raises SysCallError: the socket failed, or the peer closed it
        :raises Error: no agreement; the role is not set; a certificate was refused

        A callback's exception comes out as it was raised.  ``SSL_do_handshake``.
        """

    def shutdown(self) -> bool:
        """Tell the peer that nothing more will be sent, or wait for it to say so.

        The first call sends close_notify; the second waits for the peer's.  Threads that wait
        in another method of this connection get an Error.

        :returns: whether the peer has closed its direction too
        :raises WantReadError: the peer's close_notify is not there yet
        :raises SysCallError: the socket failed
        :raises Error: there is no connection, or a handshake is going on

        ``SSL_shutdown``.
        """

    def renegotiate(self) -> bool:
        """Ask for a new handshake on this connection, up to TLS 1.2.

        It is carried out by :meth:`do_handshake`, or by the next reading or writing.

        :returns: False if one is pending already
        :raises Error: TLS 1.3 has no renegotiation

        ``SSL_renegotiate``.
        """

    def key_update(self, request_peer: bool = False) -> None:
        """Go on with new keys for what we send, in TLS 1.3.

        :param request_peer: whether the peer shall do the same
        :raises Error: the connection is not TLS 1.3, or not established

        ``SSL_key_update``.
        """

    def bio_read(self, bufsiz: int) -> bytes:
        """Fetch what is to go to the peer.

        As much as is there: whole writes of OpenSSL, as many as fit into *bufsiz*, or *bufsiz*
        bytes if the first one does not.  With DTLS, one datagram.

        :param bufsiz: how many bytes at most
        :returns: 1 to *bufsiz* bytes; ``b""`` only if *bufsiz* is 0
        :raises WantReadError: there is nothing to send
        :raises TypeError: the connection has a socket
        :raises ValueError: *bufsiz* is negative
        """

    def bio_write(self, buf: Any) -> int:
        """Hand in what came from the peer.  With DTLS, one datagram.

        :param buf: bytes, which are kept without a copy until they are read, or another
            contiguous buffer
        :returns: the number of bytes
        :raises TypeError: the connection has a socket
        """

    def bio_shutdown(self) -> None:
        """The peer will send nothing more: what was handed in is read, then comes the end.

        :raises TypeError: the connection has a socket
        """

    def DTLSv1_listen(self) -> None:
        """Answer ClientHellos with cookies until one comes with a valid cookie.

        :raises WantReadError: none has come yet
        :raises Error: the connection is not DTLS

        ``DTLSv1_listen``.
        """

    def DTLSv1_handle_timeout(self) -> bool:
        """Send again what the peer has not answered in time.

        :returns: whether anything was due
        :raises Error: too many attempts

        ``DTLSv1_handle_timeout``.
        """

    def pending(self) -> int:
        """How many bytes :meth:`recv` can give without reading from the peer.  ``SSL_pending``."""
