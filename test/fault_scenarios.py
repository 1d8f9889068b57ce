"""What test_faults.py runs with failing allocations.

Each function here prepares something and gives back the scenario: a function without arguments that
does a piece of work, checks it, and lets go of everything.  test_leaks.py runs them many times.
"""

import ctypes

import support
from OpenSSL import rand


def random_numbers():
    path = str(support.fresh_path())

    def scenario():
        rand.add(b"x" * 20, 3)
        rand.seed(b"y" * 20000)
        assert len(rand.bytes(100)) == 100
        assert len(rand.bytes(100000)) == 100000
        assert rand.write_file(path) == 1024
        assert rand.load_file(path) == 1024
        assert rand.load_file("/nowhere/at/all") == -1
        assert rand.egd("/nowhere/at/all") == -1
        assert rand.status() == 1

    return scenario


def _leak_of_python():
    leaked = []
    return lambda: leaked.append(bytes(10))


def _leak_of_openssl():
    allocate = support.libcrypto.CRYPTO_malloc
    allocate.restype = ctypes.c_void_p
    return lambda: allocate(10, None, 0)
