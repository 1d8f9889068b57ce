"""What is done with a revocation list costs no more for each entry of a long one: instructions are
counted, which do not depend on the machine or what else it does."""

import ctypes
import re
import shutil
import subprocess
import sys

import pytest

import support

SMALL, LARGE = 300, 3000
ALLOWED = 13  # times as much, for ten times as many: sorting takes a little more than that

STEPS = f"""
import support
from OpenSSL import crypto

authority = support.pki().ec_ca
cert, key = authority.x509(), authority.pkey()
leaf = support.pki().ec_server.x509()


def work(count):
    crl, revoked = crypto.CRL(), crypto.Revoked()
    revoked.set_rev_date(b"20240229123000Z")
    for number in range(count):  # in no order
        revoked.set_serial(b"%x" % (number * 7919 % 1000003 + 1))
        crl.add_revoked(revoked)
    loaded = crypto.load_crl(crypto.FILETYPE_ASN1, crl.export(cert, key, crypto.FILETYPE_ASN1))
    assert len(loaded.get_revoked()) == count
    crl.sign(cert, key, "sha256")
    crypto.dump_crl(crypto.FILETYPE_PEM, crl)
    store = crypto.X509Store()
    store.add_cert(cert)
    store.add_crl(loaded)
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    crypto.X509StoreContext(store, leaf).verify_certificate()


for count in ({SMALL}, {SMALL}, {LARGE}):  # the first time caches are filled
    work(count)
"""
# The C functions, of which the last ends what is counted together.
FUNCTIONS = [
    "crl_add_revoked",
    "crypto_crl_export",
    "crypto_load_crl",
    "crl_get_revoked",
    "crypto_crl_sign",
    "crypto_dump_crl",
    "store_add_crl",
    "storectx_verify_certificate",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3 * support.TIMEOUT),
    pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed"),
    pytest.mark.skipif(
        hasattr(ctypes.CDLL(None), "__asan_init"), reason="valgrind bears no AddressSanitizer"
    ),
]


def costs(path):
    """Instructions in each of the functions, with what they call."""
    text = subprocess.run(
        ["callgrind_annotate", "--inclusive=yes", "--threshold=100", path],
        capture_output=True,
        text=True,
        check=True,
        timeout=support.TIMEOUT,
    ).stdout
    found = {}
    for name in FUNCTIONS:
        match = re.search(rf"^ *([\d,]+) .*:{name}(?: |$)", text, re.MULTILINE)
        assert match, name
        found[name] = int(match[1].replace(",", ""))
    return found


def test_revocation_lists(tmp_path):
    out = tmp_path / "callgrind"
    support.pki().ec_ca.x509()
    subprocess.run(
        [
            *("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"),
            f"--dump-after={FUNCTIONS[-1]}",
            *(sys.executable, "-P", "-c", STEPS),
        ],
        check=True,
        timeout=2 * support.TIMEOUT,
    )
    small, large = (costs(f"{out}.{part}") for part in (2, 3))
    grown = {name: round(large[name] / small[name], 1) for name in FUNCTIONS}
    assert all(times < ALLOWED for times in grown.values()), grown
    # and it is these that do it, since a fixed part would hide what grows
    assert grown["crl_get_revoked"] > LARGE / SMALL / 2, grown
