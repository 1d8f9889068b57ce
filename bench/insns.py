#!/usr/bin/env python3
"""Instructions per operation, by callgrind: repeatable where the clock is not.

    insns.py --bundle CA.pem [--peer ...as compare.py...] [--only GLOB,...] [--json FILE]
        [--gate PEER]

With --gate the exit status tells whether that peer kept to the gates of TARGETS.md.

Each workload runs twice in one process under valgrind: the first time uncounted,
to warm up.  Only the timed part is counted.  The cost is split by the shared
object that ran it.  Valgrind has no AVX-512/VAES, so bulk encryption takes other
code than on the bare machine, and it counts a "rep stos" once per byte (libssl
clears 2.5 KiB so per SSL_write): read the rows for what lies outside libssl,
libcrypto and libc.
"""

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile

import compare

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = {
    "B_t13_ecdsa": 40,
    "B_t13_resumed": 40,
    "B_t12_ecdsa": 40,
    "B_t13_ecdsa_cb": 40,
    "B_t13_ecdsa_cbinfo": 40,
    "C_send_64": 2048,
    "C_recv_64": 2048,
    "C_recvinto_64": 2048,
    "C_bio_86": 2048,
    "C_wantread": 2000,
    "C_pending": 4000,
    "C_xfer_64": 2000,
    "C_xfer_16k": 400,
    "C_send_16k": 128,
    "C_recv_16k": 128,
    "F_load_pem": 200,
    "F_load_der": 200,
    "F_dump_pem": 500,
    "F_dump_der": 500,
    "F_subject_cn": 500,
    "F_digest": 500,
    "F_serial": 500,
    "F_has_expired": 500,
    "F_verify_chain": 40,
    "F_key_ec": 100,
    "F_ctx_new": 40,
    "F_load_req": 200,
    "F_dump_req": 500,
    "F_verify_req": 100,
    "F_load_crl": 2,
    "F_dump_crl": 20,
    "F_get_revoked": 2,
    "F_make_crl": 2,
    "F_verify_crl": 20,
    "F_load_p12": 10,
    "F_export_p12": 10,
    "F_sign": 100,
    "F_verify": 100,
    "P_call": 4000,
    "P_bytes": 4000,
    "P_raise": 4000,
    "P_peek": 4000,
}

# Records: at most so many instructions more than the plain C program needs for the same work,
# CPython's loop around them (FLOOR on 3.14) and, for an exception, its raising (RAISE) included;
# what another interpreter needs more for these two is measured and added, and so is one look at the
# error queue (PEEKING).  The C program uses BIO_s_mem, so that a transport which does with less is
# credited with the difference.
GATES = {
    "C_send_64": 450,
    "C_recv_64": 680,
    "C_recvinto_64": 570,
    "C_bio_86": 800,
    "C_wantread": 1900,
    "C_pending": 420,
}
FLOOR, RAISE = 349, 1690
PEEKING = ("C_send_64", "C_recv_64", "C_recvinto_64", "C_wantread")

# Handshakes: at most so many outside libssl, libcrypto and libc.  (Of those the number varies
# with the signatures by more than this.)  Before CPython 3.14 the benchmark's own Python takes more.
HANDSHAKE_GATES = {
    "B_t13_ecdsa": 20000,
    "B_t13_ecdsa_cb": 26000,
    "B_t13_ecdsa_cbinfo": 72000,
}
OLD_HANDSHAKE_GATES = {
    "B_t13_ecdsa": 32500,
    "B_t13_ecdsa_cb": 38500,
    "B_t13_ecdsa_cbinfo": 91000,
}


def group(ob):
    b = os.path.basename(ob)
    if b.startswith("libssl"):
        return "libssl"
    if b.startswith("libcrypto"):
        return "libcrypto"
    if b.startswith(
        (
            "libc.so",
            "libc-",
            "ld-linux",
            "libpthread",
            "vgpreload",
            "libm.so",
            "libgcc",
            "linux-vdso",
            "?",
        )
    ):
        return "libc"
    if "_cffi_backend" in b:
        return "cffi backend"
    if b.startswith("_rust"):
        return "cffi glue (_rust)"
    if b.startswith(("python", "libpython")):
        return "python"
    if b.startswith("limit"):
        return "limit"
    return "module"


def parse(path):
    """Self cost by object from a callgrind.out file."""
    names, cur, tot, skip = {}, None, {}, False
    with open(path, errors="replace") as f:
        for line in f:
            c = line[0]
            if c in "0123456789+-*":
                if skip:
                    skip = False
                    continue
                p = line.split()
                if len(p) >= 2 and cur is not None:
                    tot[cur] = tot.get(cur, 0) + int(p[1])
            elif line.startswith("ob="):
                m = re.match(r"ob=\((\d+)\)(?: (.*))?", line.rstrip())
                if m.group(2):
                    names[m.group(1)] = m.group(2)
                cur = m.group(1)
            elif line.startswith("cob="):
                m = re.match(r"cob=\((\d+)\)(?: (.*))?", line.rstrip())
                if m.group(2):
                    names[m.group(1)] = m.group(2)
            elif line.startswith("calls="):
                skip = True
    out = {}
    for k, v in tot.items():
        g = group(names.get(k, "?"))
        out[g] = out.get(g, 0) + v
    return out


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--peer", action="append")
    ap.add_argument("--certs", default=os.environ.get("BENCH_CERTS", os.path.join(HERE, "certs")))
    ap.add_argument("--bundle", default=os.environ.get("BENCH_BUNDLE", ""))
    ap.add_argument("--only", default="*")
    ap.add_argument("--json")
    ap.add_argument("--gate", metavar="PEER")
    o = ap.parse_args()
    subprocess.run(["sh", os.path.join(HERE, "mkcerts.sh"), o.certs], check=True)
    o.limit = os.path.join(HERE, "limit-cg")
    o.certs = os.path.abspath(o.certs)
    peers = [compare.Peer(s, o) for s in (o.peer or ["limit", "ssl=ssl", "pyopenssl=openssl"])]
    names = [n for n in COUNTS if any(fnmatch.fnmatch(n, g) for g in o.only.split(","))]
    res = {}
    groups = [
        "python",
        "module",
        "cffi backend",
        "cffi glue (_rust)",
        "limit",
        "libssl",
        "libcrypto",
        "libc",
    ]
    print("| workload | peer | instructions/op | x limit | " + " | ".join(groups) + " |")
    print("|---|---|--:|--:|" + "--:|" * len(groups), flush=True)
    for w in names:
        for p in peers:
            if w.startswith("P_") and (p.impl == "limit") != (w == "P_peek"):
                continue
            if p.impl == "ssl" and w.startswith("F_") and "ctx" not in w:
                continue
            n, t = COUNTS[w], None
            with tempfile.NamedTemporaryFile(prefix="cg") as out:
                env = p.environ()
                env["BENCH_TOGGLE"] = os.path.join(HERE, "toggle.so")
                env["BENCH_BATCH"] = "2048" if "64" in w or "86" in w else "32"
                r = subprocess.run(
                    [
                        "valgrind",
                        "--tool=callgrind",
                        "--instr-atstart=no",
                        f"--callgrind-out-file={out.name}",
                        *p.cmd("once", w, str(n)),
                    ],
                    env=env,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                if r.returncode == 0:
                    t = parse(out.name)
            if not t:
                print(f"| {w} | {p.name} | n/a |" + " |" * (len(groups) + 1), flush=True)
                continue
            v = {g: t.get(g, 0) / n for g in groups}
            total = sum(v.values())
            res.setdefault(w, {})[p.name] = {"total": total, **v}
            lim = res[w].get("limit", {}).get("total")
            print(
                f"| {w} | {p.name} | {total:.0f} | {f'{total / lim:.2f}' if lim else ''} | "
                + " | ".join(f"{v[g]:.0f}" if v[g] >= 0.5 else "" for g in groups)
                + " |",
                flush=True,
            )
    if o.json:
        with open(o.json, "w") as f:
            json.dump(res, f, indent=1)
    return bool(o.gate and missed(res, next(p for p in peers if p.name == o.gate)))


def handshake_gates(peer):
    """Those for the peer's interpreter."""
    code = "import sys; print(sys.version_info >= (3, 14))"
    said = subprocess.run([peer.python, "-c", code], capture_output=True, text=True, check=True)
    return HANDSHAKE_GATES if said.stdout == "True\n" else OLD_HANDSHAKE_GATES


def outside(row):
    """Instructions that are neither OpenSSL's nor the C library's."""
    return sum(row.get(name, 0) for name in ("python", "module"))


def more_than(results, name, peer, usual):
    """How much more than on 3.14 this interpreter needs for what a P_ workload does."""
    return max(0, outside(results[name][peer]) - usual) if name in results else 0


def missed(results, one):
    """Print how the peer stands to its gates; the number of those that it missed."""
    peer = one.name
    peek = results["P_peek"]["limit"]["total"] if "P_peek" in results else 0
    loop = more_than(results, "P_call", peer, FLOOR)
    exception = more_than(results, "P_raise", peer, RAISE) - loop
    print(
        f"\nGates for {peer} (+{loop:.0f} for this interpreter's loop, +{exception:.0f} to raise,"
        f" +{peek:.0f} for a look at the error queue):"
    )
    count = 0
    for name, gate in {**GATES, **handshake_gates(one)}.items():
        row = results.get(name, {})
        if peer not in row or "limit" not in row:
            print(f"  {name}: not measured")
            count += 1
            continue
        if name in GATES:
            have = row[peer]["total"] - row["limit"]["total"]
            gate += loop + (exception if name == "C_wantread" else 0)
            gate += peek if name in PEEKING else 0
        else:
            have = outside(row[peer])
        good = have <= gate
        print(f"  {name}: {have:.0f} of {gate:.0f}{'' if good else '  TOO MANY'}")
        count += not good
    return count


if __name__ == "__main__":
    sys.exit(main())
