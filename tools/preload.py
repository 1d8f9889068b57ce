"""A pytest plugin for sanitized runs: import others' modules where LeakSanitizer does not look.

What they keep until the process ends is not ours to report, and its stacks are too short to name
them in tools/lsan.supp.
"""

import contextlib
import ctypes
import importlib

lsan = ctypes.CDLL(None)
lsan.__lsan_disable()
try:
    for name in (
        "cryptography.x509",
        "cryptography.hazmat.primitives.serialization.pkcs12",
        "twisted.internet.ssl",
        "service_identity",
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
finally:
    lsan.__lsan_enable()
