"""OpenSSL's random number generator.

The generator seeds itself from the operating system, so that nothing here has to be called before
keys are made or connections opened.  What :func:`add`, :func:`seed`, :func:`load_file` and
:func:`egd` mix in comes on top of that and can never make it worse.
"""

import builtins

from _typeshed import ReadableBuffer, StrOrBytesPath

class Error(Exception):
    """A failure of OpenSSL's random number generator.

    Its one argument is a list of ``(library, function, reason)`` triples of :class:`str`, oldest
    first and never empty; what OpenSSL leaves out is ``""``.
    """

def add(buffer: ReadableBuffer, entropy: float) -> None:
    """Mix bytes into the state of the generator.

    :param buffer: :class:`bytes` or another contiguous buffer.
    :param entropy: a lower bound of the randomness in *buffer*, in bytes; see :rfc:`1750`.  OpenSSL
        since 1.1.1 counts on none of it.
    :raises TypeError: if *buffer* is no buffer (``str`` is none) or *entropy* no number.
    :raises Error: if the generator fails.

    Wraps ``RAND_add``.
    """

def bytes(num_bytes: int) -> builtins.bytes:
    """Random bytes, fit for keys.

    :param num_bytes: how many.
    :returns: so many bytes.
    :raises ValueError: if *num_bytes* is negative.
    :raises MemoryError: if there is no room for so many.
    :raises Error: if the generator fails.

    Wraps ``RAND_bytes``.
    """

def cleanup() -> None:
    """Do nothing, since OpenSSL frees its generators itself.

    It erased the state of the generator when there was one only.  The generator goes on working.

    Stands for ``RAND_cleanup``.
    """

def egd(path: StrOrBytesPath, bytes: int = 255) -> int:
    """Mix in random bytes from an entropy gathering daemon.

    :param path: the UNIX socket on which the daemon listens.
    :param bytes: how many bytes to ask for.
    :returns: how many were got; -1 if there is no daemon, or it does not answer as one within ten
        seconds.
    :raises TypeError: if *path* is no path or *bytes* no integer.
    :raises ValueError: if *path* contains a NUL or *bytes* is negative.
    :raises Error: if the generator fails.

    Stands for ``RAND_query_egd_bytes``, which OpenSSL is built without.
    """

def load_file(filename: StrOrBytesPath, maxbytes: int = -1) -> int:
    """Mix the content of a file into the state of the generator.

    :param filename: the path of the file.
    :param maxbytes: how many bytes to read; all of them if it is negative.  Of a device, which has
        no end, that is 256.
    :returns: how many were read; -1 if the file cannot be read.
    :raises TypeError: if *filename* is no path or *maxbytes* no integer.
    :raises ValueError: if *filename* contains a NUL.
    :raises Error: if the generator fails.

    Does what ``RAND_load_file`` does, but signals interrupt it.
    """

def seed(buffer: ReadableBuffer) -> None:
    """Mix bytes into the state of the generator, as :func:`add` with their number as the entropy.

    :param buffer: :class:`bytes` or another contiguous buffer.
    :raises TypeError: if *buffer* is no buffer (``str`` is none).
    :raises Error: if the generator fails.

    Wraps ``RAND_seed``.
    """

def status() -> int:
    """Whether the generator has been seeded with enough data: 1 or 0.

    Wraps ``RAND_status``.
    """

def write_file(filename: StrOrBytesPath) -> int:
    """Write 1024 random bytes to a file, with which :func:`load_file` can seed the generator again.

    The file is made or replaced, and nobody but its owner may read it (mode 0600).

    :param filename: the path of the file.
    :returns: 1024; -1 if the file cannot be written, is no regular file, or the generator has no
        seed.
    :raises TypeError: if *filename* is no path.
    :raises ValueError: if *filename* contains a NUL.

    Does what ``RAND_write_file`` does, but a longer file does not keep its end.
    """
