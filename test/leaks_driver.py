"""Run one scenario many times and tell how much the heap has grown.

    PYTHONMALLOC=malloc GLIBC_TUNABLES=glibc.malloc.tcache_count=0 \\
        python leaks_driver.py SCENARIO ROUNDS

SCENARIO is a function of fault_scenarios.py.  Prints the growth in bytes for each of three times
ROUNDS, after some rounds in which caches are filled.
"""

import ctypes
import gc
import sys

import fault_scenarios


class Mallinfo2(ctypes.Structure):
    """What glibc tells of its heap."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Mallinfo2


def in_use():
    """Bytes that are allocated at this moment."""
    gc.collect()
    info = libc.mallinfo2()
    return info.uordblks + info.hblkhd


def main(name, rounds):
    scenario = getattr(fault_scenarios, name)()
    for _ in range(max(20, rounds // 5)):
        scenario()
    in_use()
    before = in_use()
    for _ in range(3):
        for _ in range(rounds):
            scenario()
        after = in_use()
        print(after - before)
        before = after


main(sys.argv[1], int(sys.argv[2]))
