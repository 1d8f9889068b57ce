"""Run one scenario many times and tell how much the heap has grown.

    PYTHONMALLOC=malloc GLIBC_TUNABLES=glibc.malloc.tcache_count=0 \\
        python leaks_driver.py SCENARIO ROUNDS LIMIT PATIENCE

SCENARIO is a function of fault_scenarios.py or ssl_scenarios.py, or "operations" or "connections":
then all of operations.py or connections.py are measured, and before the numbers of each are printed
its name and the process's memory in KiB, which is of pages, before and after.  After some rounds in
which caches are filled, prints the growth in bytes for each ROUNDS, until it is less than LIMIT or
PATIENCE seconds of the processor are over: a leak shows every time, while a heap that settles, as
it does for thousands of rounds, grows less and less.
"""

import ctypes
import gc
import sys
import time

import connections
import fault_scenarios
import operations
import ssl_scenarios
import support


class Mallinfo2(ctypes.Structure):
    """What glibc tells of its heap."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


COLLECTIONS = {"operations": operations, "connections": connections}

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Mallinfo2


def in_use():
    """Bytes that are allocated at this moment."""
    gc.collect()
    info = libc.mallinfo2()
    return info.uordblks + info.hblkhd


def growths(scenario, rounds, limit, patience):
    """Of the heap, for each *rounds*."""
    for _ in range(max(20, rounds // 5)):
        scenario()
    in_use()
    before, growth, end = in_use(), limit, time.process_time() + patience
    while growth >= limit and time.process_time() < end:
        for _ in range(rounds):
            scenario()
        after = in_use()
        growth = after - before
        yield growth
        before = after


def main(name, *numbers):
    if name in COLLECTIONS:
        for label, function in COLLECTIONS[name].all_of_them().items():
            before = support.resident()
            found = list(growths(function, *numbers))
            print(f"{label}: {before} {support.resident()}:", *found, flush=True)
    else:
        scenarios = support.scenarios(fault_scenarios, ssl_scenarios)
        prepare = scenarios.get(name) or getattr(fault_scenarios, name)
        for growth in growths(prepare(), *numbers):
            print(growth, flush=True)  # what waits to be written would count as in use


main(sys.argv[1], *map(int, sys.argv[2:]))
