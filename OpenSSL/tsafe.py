"""A Connection whose calls come one after another, whatever the number of threads.

A plain :class:`OpenSSL.SSL.Connection` can be used by several threads at once, and better: here no
thread can send as long as another waits in :meth:`~OpenSSL.SSL.Connection.recv` for data to come.
This is for programs that hold ``_lock`` themselves, to make several calls that nobody interrupts.
"""

from __future__ import annotations

from _thread import RLock  # threading is slow to import

from OpenSSL import SSL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Connection"]


class Connection:
    """An :class:`OpenSSL.SSL.Connection` made of the arguments, with a lock around each call."""

    def __init__(self, *args: Any) -> None:
        self._ssl_conn = SSL.Connection(*args)
        self._lock = RLock()

    def __getattr__(self, name: str) -> Any:
        if name in ("_ssl_conn", "_lock"):  # __init__ has not been called
            raise AttributeError(name)
        with self._lock:
            value = getattr(self._ssl_conn, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                return value(*args, **kwargs)

        call.__name__ = name
        call.__doc__ = value.__doc__
        return call
