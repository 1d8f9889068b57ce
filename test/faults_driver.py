"""Run one scenario again and again, failing another allocation each time.

    python faults_driver.py SCENARIO WHOSE LIMIT PROGRESS

SCENARIO is a function of fault_scenarios.py or ssl_scenarios.py.  WHOSE is "openssl", "python" or
"both": whose allocations fail; with "lasting" OpenSSL's, and all that come after; or several of
these with commas between.  LIMIT is how many points are tried at most, spread evenly; 0 tries them
all.  PROGRESS is a file for what is tried at the moment.  Prints a JSON object for each of WHOSE:
the outcomes, and what went wrong.

Without arguments it prints which public functions and methods no scenario calls.
"""

import _faults  # isort: skip: must come before whatever uses OpenSSL

import collections
import gc
import inspect
import json
import os
import sys
import traceback

import fault_scenarios
import ssl_scenarios
import support
from OpenSSL import SSL, _util, crypto, rand, tsafe

SCENARIOS = support.scenarios(fault_scenarios, ssl_scenarios)

WHOSE = {
    "openssl": (_faults.OPENSSL, False),
    "python": (_faults.PYTHON, False),
    "both": (_faults.OPENSSL | _faults.PYTHON, False),
    "lasting": (_faults.OPENSSL, True),
}
ACCEPTED = (MemoryError, crypto.Error, crypto.X509StoreContextError, rand.Error, SSL.Error)
ALIKE = 3  # how many allocations by the same callers are tried
FEW = 2000  # allocations of Python's that are all tried
REPEATS = 4  # what grows every time leaks, what grows once is a cache
NOISE = 2  # Python's blocks in free lists and the like
# By whose callers a block is known that OpenSSL itself loses when memory runs out, and since when.
# In a program in plain C, too: a number of an RSA key that is not made (4.0's function has no name,
# but its file has); the extensions of a request that is not printed to its end.  And a response of
# OCSP that a client has no room to keep; where the decoder's callers lack names, by the scenario.
LOSING = [
    callers
    for since, callers in (
        (0x30300000, {"RSA_generate_multi_prime_key"}),
        (0x40000000, {"EVP_PKEY_generate", "crypto/bn/bn_lib.c"}),
        (0x30600000, {"X509_REQ_print_ex"}),
        (0x30600000, {"ASN1_item_d2i_ex", "SSL_do_handshake"}),
        (0x30600000, {"ASN1_item_d2i_ex", "ocsp"}),
    )
    if SSL.OPENSSL_VERSION_NUMBER >= since
]


def ours():
    """How many objects of our types are alive."""
    return sum(
        type(item).__module__.startswith("OpenSSL") and not isinstance(item, type)
        for item in gc.get_objects()
    )


def is_interpreters(error):
    """Whether others lost the MemoryError.

    CPython 3.11 itself does when a function of Python's starts, and what is written in Rust panics.
    """
    if type(error).__name__ == "PanicException":
        return True
    return isinstance(error, SystemError) and str(error).startswith(
        ("<function ", "error return without exception set")
    )


class Driver:
    def __init__(self, name, scenario, whose):
        self.subject = name.partition("_")[0]
        self.scenario = scenario
        self.whose = whose
        self.outcomes = collections.Counter()
        self.problems = []
        self.reported = set()

    def attempt(self, n):
        """Run with the n-th allocation failing; the exception, and how many there were."""
        error = place = None
        mask, lasting = WHOSE[self.whose]
        _faults.arm(n, mask, lasting)
        try:
            self.scenario()
        except BaseException as caught:
            error = caught
        asked, where = _faults.disarm()
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            place = next((f.line for f in reversed(frames) if "scenario" in f.filename), None)
            error.__traceback__ = error.__context__ = None
        return error, asked, f"{where} in {place!r}", support.queued_errors()

    def complain(self, n, where, what):
        if (where, what) not in self.reported:
            self.reported.add((where, what))
            self.problems.append(f"allocation {n}, at {where}: {what}")

    def measure(self):
        gc.collect()
        support.libcrypto.ERR_clear_error()  # frees what the queue's empty places still hold
        return _faults.blocks()[0], sys.getallocatedblocks(), ours()

    def since(self, serial):
        """Where the blocks were made that are new and ours to free, and how many are OpenSSL's."""
        places, lost = set(), 0
        for where, _, callers in _faults.since(serial):
            traits = {where.partition(":")[0], self.subject, *callers}
            if any(losing <= traits for losing in LOSING):
                lost += 1
            else:
                places.add(where)
        return ", ".join(sorted(places)), lost

    def grows(self, n, before):
        """Whether doing it again loses blocks again, each time."""
        for repeat in range(REPEATS):
            serial = _faults.blocks()[2]
            _faults.trace(repeat == REPEATS - 1)  # which is slow
            self.attempt(n)
            _faults.trace(False)
            after = self.measure()
            openssl, python, objects = (now - then for now, then in zip(after, before))
            places, lost = self.since(serial)
            openssl -= lost
            if openssl <= 0 and python <= NOISE and objects <= 0:
                return None
            before = after
        return f"{openssl} OpenSSL blocks ({places}), {python} Python's, {objects} objects"

    def point(self, n):
        """One failure; False if it was not reached."""
        before = self.measure()
        error, asked, where, queued = self.attempt(n)
        if asked <= n:
            return False
        kind = "success" if error is None else type(error).__name__
        self.outcomes[kind] += 1
        if error is not None and not isinstance(error, ACCEPTED) and not is_interpreters(error):
            self.complain(n, where, f"raises {error!r}")
        if queued:
            self.complain(n, where, f"{kind} leaves on the queue {queued}")
        error = None
        after = self.measure()
        if after[0] > before[0] or after[1] > before[1] + NOISE or after[2] > before[2]:
            lost = self.grows(n, after)
            if lost:
                self.complain(n, where, f"{kind} leaks {lost}")
        return True

    def points(self, limit):
        """Which allocations to fail: of those with the same callers the first few.

        Of Python's all, if they are few, since their numbers differ a little from time to time.
        """
        self.measure()  # as before each attempt: with full free lists the numbers would be others
        _faults.record(WHOSE[self.whose][0])
        self.scenario()
        recorded = _faults.recorded()
        if self.whose == "python" and limit == 0 and len(recorded) < FEW:
            return range(len(recorded))
        seen = collections.Counter()
        chosen = []
        for n, callers in enumerate(recorded):
            seen[callers] += 1
            if callers and seen[callers] <= ALIKE:
                chosen.append(n)
        step = 1 if limit == 0 else -(-len(chosen) // limit)
        return chosen[::step]

    def run(self, limit, progress):
        for _ in range(20):  # each place on the queue keeps its buffer
            support.libcrypto.ERR_new()
            support.libcrypto.ERR_set_error(6, 100, b"%s", b"x" * 200)
        support.queued_errors()
        for _ in range(3):  # what is made once and kept
            error, _, where, queued = self.attempt(sys.maxsize)
            if error is not None or queued:
                raise SystemExit(f"fails as it is, {where}: {error!r} {queued}")
        chosen = self.points(limit)
        gc.collect()
        gc.freeze()
        for n in chosen:
            os.pwrite(progress, b"%-10d %-10s" % (n, self.whose.encode()), 0)
            if not self.point(n):
                break
        gc.unfreeze()
        return {
            "whose": self.whose,
            "points": self.outcomes.total(),
            "outcomes": self.outcomes,
            "problems": self.problems,
        }


def functions(module):
    """The qualified names of an extension module's public functions and methods."""
    for name, item in vars(module).items():
        if inspect.isbuiltin(item) and name[0] != "_":
            yield name
        elif inspect.isclass(item) and item.__name__ == name:  # no alias
            for method in vars(item):
                if method[0] != "_" and callable(getattr(item, method)):
                    yield f"{name}.{method}"


def functions_in_python(cls):
    """Those that a class of ours is made of."""
    for item in vars(cls).values():
        if inspect.isfunction(item):
            yield f"{cls.__module__}.{item.__qualname__}"


def expected():
    for module in (crypto, rand, SSL):
        yield from functions(module)
    for cls in (tsafe.Connection, type(_util.lib)):
        yield from functions_in_python(cls)


def not_called():
    """The functions and methods that no scenario calls."""
    called = set()

    def note(frame, event, what):
        if event == "c_call":
            called.add(what.__qualname__)
        elif event == "call":
            called.add(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}")

    for prepare in SCENARIOS.values():
        scenario = prepare()
        sys.setprofile(note)
        scenario()
        sys.setprofile(None)
    return [name for name in expected() if name not in called]


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(*not_called(), sep="\n")
        raise SystemExit
    name, whose, limit, progress_path = sys.argv[1:]
    progress = os.open(progress_path, os.O_RDWR | os.O_CREAT)
    scenario = SCENARIOS[name]()
    for one in whose.split(","):
        print(json.dumps(Driver(name, scenario, one).run(int(limit), progress)))
