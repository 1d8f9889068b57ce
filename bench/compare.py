#!/usr/bin/env python3
"""Runs every peer side by side on the same work and prints ratios.

    compare.py --bundle CA.pem                       limit, stdlib ssl, the OpenSSL package on sys.path
    compare.py --bundle CA.pem \
        --peer limit --peer ssl=ssl \
        --peer pyopenssl=openssl \
        --peer ours=openssl,pythonpath=BUILD_DIR     ... and a drop-in from BUILD_DIR
        [--quick] [--rounds N] [--budget SECONDS] [--only GLOB,GLOB] [--skip GLOB,...] [--json FILE] [--markdown FILE]

A peer is NAME=IMPL[,python=PATH][,pythonpath=DIR][,works=GLOB][,env:K=V]; IMPL is openssl
or ssl (see bench.py); the bare word "limit" is the C program; with works a peer takes part
in these workloads alone.  Peers run as
long-lived workers; within a round each peer takes one sample of a workload in
turn (order rotates), and a peer's ratio is taken round by round against the
limit's (or the baseline's) sample of the same round.  Ratios > 1 mean faster.

Single-threaded workloads (A, B, C, F) are compared by CPU time, which other
load on the machine disturbs least; D and H by wall time; G by the server's CPU
time per request, wall given beside it.
"""

import argparse
import fnmatch
import json
import os
import platform
import statistics as st
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NOTES = """\
stdlib ssl sets SSL_MODE_RELEASE_BUFFERS on every context (C_xfer_16k_release is the like-for-like limit) and
  SSL_OP_ALL, which pads a 256..511 byte ClientHello to 512 (seen in B_t13_resumed c2s); its session-id context makes
  tickets 16..31 bytes longer (s2c).  Its SSLObject has no sendall: *_1m loops over write() in Python, as SSLSocket.sendall does.
stdlib ssl has no verify and no info callback, and selects ALPN in C: B_*_cb* do less work there (see "callbacks").
stdlib ssl's F_load_cas parses the certificates into one context's store, the others make 1 object each.
limit B_t13_resumed and pyOpenSSL's mark the client shut down without sending close_notify (else SSL_free spoils the
  session); stdlib ssl copies the session instead.
G: stdlib ssl runs under asyncio, another framework; the limit is an epoll loop which gathers up to 256 KiB of records per send().
G: every server runs with glibc's MALLOC_TOP_PAD_/TRIM/MMAP thresholds raised.  At the defaults Twisted's large joins give
  memory back and fault it in again on each download, which costs several times the TLS work and hides it (--plain-malloc).
limit F_digest, F_serial, F_not_after, F_has_expired, F_*_cn do the library work only; no Python object can be made
  in that time: see P_* (cost of a trivial C method call, of one returning 64 new bytes, of a raise/except) for the floor.""".splitlines()


QUICK = [
    "A",
    "B_t13_ecdsa",
    "B_t13_resumed",
    "B_t13_ecdsa_cb",
    "C_xfer_64",
    "C_xfer_16k",
    "C_xfer_1m",
    "C_xferinto_16k",
    "C_send_64",
    "C_recv_64",
    "C_bio_86",
    "C_wantread",
    "D_sock_16k",
    "D_pingpong_32",
    "E",
    "F_load_pem",
    "F_subject_cn",
    "F_digest",
    "F_verify_chain",
    "F_key_ec",
    "F_ctx_new",
    "G",
    "H_hs_1",
    "H_hs_2",
    "H_xfer_1",
    "H_xfer_2",
    "P_call",
]


class Peer:
    def __init__(self, spec, o):
        name, _, rest = spec.partition("=")
        parts = rest.split(",") if rest else []
        self.name = name
        self.impl = parts[0] if parts else "limit"
        self.python, self.env = sys.executable, {}
        self.works = "*"
        self.pyflags = ["-s", "-W", "ignore"]
        for p in parts[1:]:
            k, _, v = p.partition("=")
            if k == "python":
                self.python = v
            elif k == "pythonpath":
                self.env["PYTHONPATH"] = v
            elif k == "works":
                self.works = v
            elif k == "flags":
                self.pyflags += v.split()
            elif k.startswith("env:"):
                self.env[k[4:]] = v
            else:
                sys.exit(f"compare.py: what is {p!r} in peer {spec!r}?")
        self.o = o
        self.proc = None
        self.failed = {}

    def environ(self):
        e = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        e["OPENSSL_CONF"] = os.path.join(HERE, "bench.cnf")
        e["PYTHONHASHSEED"] = "0"
        e.update(self.env)
        return e

    def cmd(self, *args):
        o = self.o
        if self.impl == "limit":
            if args[0] == "httpd":
                return [o.limit, "httpd", o.certs]
            return [o.limit, args[0], o.certs, o.bundle, *args[1:]]
        return [
            self.python,
            *self.pyflags,
            os.path.join(HERE, "bench.py"),
            "--impl",
            self.impl,
            "--certs",
            o.certs,
            "--bundle",
            o.bundle,
            *args,
        ]

    def start(self):
        self.proc = subprocess.Popen(
            self.cmd("serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=self.environ(),
        )
        self.order = fnmatch.filter(self.ask("list").split(), self.works)
        self.names = set(self.order) - set(self.failed)

    def ask(self, line):
        self.proc.stdin.write(line + "\n")
        self.proc.stdin.flush()
        r = self.proc.stdout.readline()
        if not r:
            raise EOFError
        return r.strip()

    def sample(self, name, n):
        try:
            r = self.ask(f"run {name} {n}")
        except (EOFError, OSError):
            r = f"n/a worker died, status {self.proc.wait()}"
            self.start()
        if r.startswith("n/a"):
            self.names.discard(name)
            self.failed[name] = r[4:]
            return None
        w, c = r.split()
        return int(w), int(c)

    def stop(self):
        if self.proc:
            self.proc.stdin.close()
            self.proc.wait()

    def once(self, *args):
        r = subprocess.run(
            self.cmd(*args), stdout=subprocess.PIPE, text=True, env=self.environ(), check=True
        )
        return r.stdout.strip()


def med(v):
    return st.median(v) if v else None


def quart(v):
    if len(v) < 4:
        return (min(v), max(v))
    q = st.quantiles(v, n=4, method="inclusive")
    return (q[0], q[2])


def clock_of(name):
    return 0 if name[0] in "DH" else 1  # index into (wall, cpu)


class Run:
    def __init__(self, o, peers):
        self.o, self.peers = o, peers
        self.whole = [p for p in peers if p.works == "*"]  # who takes part in A, E and G
        self.t0 = time.monotonic()
        self.data = {}  # workload -> peer -> [(wall/op, cpu/op), ...]
        self.out = []

    def say(self, *a):
        line = " ".join(str(x) for x in a)
        print(line, flush=True)
        self.out.append(line)

    def elapsed(self):
        return time.monotonic() - self.t0

    def want(self, name):
        o = self.o
        return any(fnmatch.fnmatch(name, g) for g in o.only) and not any(
            fnmatch.fnmatch(name, g) for g in o.skip
        )

    # ---- micro workloads ----
    def micro(self, budget, rounds, passes):
        peers = self.peers
        for p in peers:
            p.start()
        names = []
        for p in peers:  # keep the drivers' order
            for n in p.order:
                if n not in names and self.want(n):
                    names.append(n)
        names.sort(key=lambda n: n[0])
        cells = sum(n in p.names for n in names for p in peers)
        if not cells:
            for p in peers:
                p.stop()
            return
        target = min(0.4, max(0.015, 0.80 * budget / (cells * (rounds * passes + 0.7))))
        end = time.monotonic() + budget
        count = {}
        for ps in range(passes):
            for name in names:
                if ps and time.monotonic() > end:
                    continue
                who = [p for p in peers if name in p.names]
                for p in who:
                    if (name, p.name) not in count:
                        count[name, p.name] = self.calibrate(p, name, target)
                who = [p for p in who if name in p.names]
                for r in range(rounds):
                    k = (r + ps) % max(1, len(who))
                    got = {}
                    for p in who[k:] + who[:k]:
                        n = count[name, p.name]
                        s = p.sample(name, n)
                        if s is None:
                            continue
                        got[p.name] = (s[0] / n, s[1] / n)
                    for q, v in got.items():
                        self.data.setdefault(name, {}).setdefault(q, []).append(v)
        self.names = names
        self.infos = {
            n: {p.name: json.loads(p.ask(f"info {n}")) for p in peers if n in p.names}
            for n in names
            if n.startswith("B_")
        }
        for p in peers:
            p.stop()

    def calibrate(self, p, name, target):
        """A count which makes one request, untimed parts and all, last about target seconds."""
        n = 1
        while True:
            t = time.perf_counter()
            s = p.sample(name, n)
            t = max(time.perf_counter() - t, 1e-6)
            if s is None:
                return 0
            if t > target / 4 or n >= 1 << 24:
                return max(1, int(n * target / t))
            n = min(n * 100, max(n * 2, int(n * target / 3 / t)))

    # ---- A ----
    def imports(self, runs):
        res = {}
        rows = []
        for p in self.whole:
            if p.impl == "limit":
                continue
            mod = "import ssl" if p.impl == "ssl" else "import OpenSSL.SSL, OpenSSL.crypto"
            rows.append((p.name, p, mod))
        if rows:
            rows.insert(0, ("bare python", rows[0][1], "pass"))
        for name, p, mod in rows:
            r = subprocess.run(
                [p.python, *p.pyflags, "-c", mod + "\nprint(open('/proc/self/statm').read())"],
                env=p.environ(),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            res[name] = {
                "rss": int(r.stdout.split()[1]) * os.sysconf("SC_PAGESIZE"),
                "wall": [],
                "cpu": [],
            }
        for i in range(runs):
            k = i % len(rows) if rows else 0
            for name, p, mod in rows[k:] + rows[:k]:
                t = time.perf_counter()
                pr = subprocess.Popen([p.python, *p.pyflags, "-c", mod], env=p.environ())
                _, status, ru = os.wait4(pr.pid, 0)
                pr.returncode = 0
                if status:
                    raise SystemExit(f"compare.py: {mod} failed in {name}")
                res[name]["wall"].append(time.perf_counter() - t)
                res[name]["cpu"].append(ru.ru_utime + ru.ru_stime)
        self.imp = res

    # ---- E ----
    def memory(self, kinds):
        self.memres = {}
        for kind, n in kinds:
            for p in self.whole:
                v = json.loads(p.once("mem", kind, str(n)))["bytes"]
                self.memres.setdefault(kind, {})[p.name] = v

    # ---- G ----
    def servers(self, rounds, plan):
        procs, self.serv = [], {}
        tool = self.o.limit
        try:
            for p in self.whole:
                kinds = (
                    [""]
                    if p.impl == "limit"
                    else ["asyncio"]
                    if p.impl == "ssl"
                    else ["twisted", "twisted-web"]
                )
                for kind in kinds:
                    env = p.environ()
                    if not self.o.plain_malloc:
                        env.update(
                            MALLOC_TOP_PAD_=str(64 << 20),
                            MALLOC_TRIM_THRESHOLD_=str(128 << 20),
                            MALLOC_MMAP_THRESHOLD_=str(32 << 20),
                        )
                    pr = subprocess.Popen(
                        p.cmd(*["httpd", kind][: 1 + bool(kind)]),
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                        env=env,
                    )
                    line = pr.stdout.readline()
                    if not line.strip():
                        pr.stdin.close()
                        pr.wait()
                        self.say(f"G: no server for {p.name} {kind}")
                        continue
                    procs.append((f"{p.name}{'/' + kind if kind else ''}", pr, int(line)))
            env = dict(os.environ, OPENSSL_CONF=os.path.join(HERE, "bench.cnf"))
            for mode, conns, n in plan:
                for r in range(rounds):
                    k = r % len(procs)
                    for name, pr, port in procs[k:] + procs[:k]:
                        out = subprocess.run(
                            [tool, "client", str(port), mode, str(conns), str(n)],
                            env=env,
                            stdout=subprocess.PIPE,
                            text=True,
                            check=True,
                        ).stdout
                        self.serv.setdefault(mode, {}).setdefault(name, []).append(json.loads(out))
        finally:
            for _, pr, _ in procs:
                pr.stdin.close()
                pr.wait()

    # ---- report ----
    def report(self):
        say = self.say
        names = [p.name for p in self.peers]
        ref = "limit" if "limit" in names else names[0]
        base = self.o.baseline if self.o.baseline in names else None
        res = {}

        if getattr(self, "imp", None):
            say(
                "\n### A. import, whole process (CPU ms; wall ms; RSS MiB added over bare python)\n"
            )
            say("| what | CPU ms | over bare | wall ms | RSS added MiB |")
            say("|---|--:|--:|--:|--:|")
            b = self.imp["bare python"]
            for n, r in self.imp.items():
                say(
                    f"| {n} | {med(r['cpu']) * 1e3:.1f} | {(med(r['cpu']) - med(b['cpu'])) * 1e3:.1f} | {med(r['wall']) * 1e3:.1f} "
                    f"| {(r['rss'] - b['rss']) / 2**20:.1f} |"
                )

        if self.data:
            others = [n for n in names if n != ref]
            say(
                f"\n### B, C, D, F, H. Speed relative to {ref} (= 1.00): median of per-round ratios [quartiles], "
                "ratio of the least samples, median time\n"
            )
            head = f"| workload | {ref} | " + " | ".join(others)
            if base:
                head += " | " + " | ".join(f"{n} vs {base}" for n in others if n != base)
            say(head + " |")
            say("|---|" + "--:|" * (head.count("|") - 1))
            for w in self.names:
                d = self.data.get(w, {})
                k = clock_of(w)
                row = [w]
                refv = d.get(ref)
                row.append(fmt(med([v[k] for v in refv]), w) if refv else "n/a")
                for n in others:
                    v = d.get(n)
                    if not v:
                        row.append("n/a")
                    elif not refv:
                        row.append(fmt(med([x[k] for x in v]), w))
                    else:
                        rr = [a[k] / b[k] for a, b in zip(refv, v)]
                        q = quart(rr)
                        least = min(x[k] for x in refv) / min(x[k] for x in v)
                        row.append(
                            f"{med(rr):.3f} [{q[0]:.2f}..{q[1]:.2f}] {least:.3f} {fmt(med([x[k] for x in v]), w)}"
                        )
                if base:
                    bv = d.get(base)
                    for n in others:
                        if n == base:
                            continue
                        v = d.get(n)
                        if v and bv:
                            rr = [a[k] / b[k] for a, b in zip(bv, v)]
                            row.append(
                                f"{med(rr):.2f}x {min(x[k] for x in bv) / min(x[k] for x in v):.2f}x"
                            )
                        else:
                            row.append("n/a")
                say("| " + " | ".join(row) + " |")
                res[w] = d
            both = [w for w in self.names if w[0] in "DH" and self.data.get(w, {}).get(ref)]
            if both:
                say(
                    "\nThe same D and H samples by CPU time of the whole process (steadier when the machine is shared):"
                )
                for w in both:
                    d = self.data[w]
                    say(
                        f"  {w}: {ref} {fmt(med([v[1] for v in d[ref]]), w)}; "
                        + ", ".join(
                            f"{n} {med([a[1] / b[1] for a, b in zip(d[ref], d[n])]):.3f}"
                            for n in others
                            if n in d
                        )
                    )
            two = [w for w in self.names if w in ("H_hs_2", "H_xfer_2")]
            if two:
                say(
                    "\nThread scaling, 2 threads over 1: throughput by wall (2.00 is ideal, given 2 free cores) / CPU per operation (1.00 is ideal):"
                )
                for w in two:
                    one = self.data.get(w[:-1] + "1", {})
                    d = self.data[w]
                    say(
                        "  "
                        + w
                        + ": "
                        + ", ".join(
                            f"{n} {med([a[0] / b[0] for a, b in zip(one[n], d[n])]):.2f} / {med([b[1] / a[1] for a, b in zip(one[n], d[n])]):.2f}"
                            for n in names
                            if n in d and n in one
                        )
                    )
            say("\nMB/s by CPU time where a size applies:")
            for w, size in (
                ("C_xfer_1k", 1024),
                ("C_xfer_16k", 16384),
                ("C_xfer_1m", 1 << 20),
                ("C_xferinto_1m", 1 << 20),
                ("D_sock_16k", 64 << 20),
                ("D_sock_256k", 64 << 20),
            ):
                if w in self.data:
                    k = clock_of(w)
                    say(
                        f"  {w}: "
                        + ", ".join(
                            f"{n} {size / med([v[k] for v in self.data[w][n]]) * 1e3:.0f}"
                            for n in names
                            if n in self.data[w]
                        )
                    )

        if getattr(self, "memres", None):
            say(
                "\n### E. Memory (bytes of RSS per object; in brackets relative to the limit, lower is better)\n"
            )
            say("| kind | " + " | ".join(names) + " |")
            say("|---|" + "--:|" * len(names))
            for kind, d in self.memres.items():
                lv = d.get(ref)
                say(
                    f"| {kind} | "
                    + " | ".join(
                        "n/a"
                        if d.get(n) is None
                        else f"{d[n]:.0f}" + (f" ({d[n] / lv:.2f})" if lv and n != ref else "")
                        for n in names
                    )
                    + " |"
                )

        if getattr(self, "serv", None):
            say(
                "\n### G. TLS servers on loopback, C client (server CPU us per operation; operations/s by wall; ratio = limit CPU / peer CPU)\n"
            )
            say(
                f"| mode | server | CPU us/op median | least | of limit | same framework, vs {self.o.baseline} | by least | ops/s | MB/s |"
            )
            say("|---|---|--:|--:|--:|--:|--:|--:|--:|")
            for mode, d in self.serv.items():
                lim = d.get("limit")

                def per_op(r):
                    return max(r["server_cpu_ns"], 1) / r["ops"]  # a coarse CPU clock can say 0

                def col(refs, rs):
                    if not refs:
                        return ""
                    rr = [per_op(a) / per_op(b) for a, b in zip(refs, rs)]
                    q = quart(rr)
                    return f"{med(rr):.2f} [{q[0]:.2f}..{q[1]:.2f}]"

                for n, rs in d.items():
                    same = d.get(f"{self.o.baseline}/{n.partition('/')[2]}")
                    least = min(map(per_op, rs)) / 1e3
                    sl = (
                        ""
                        if same is rs or not same
                        else f"{min(map(per_op, same)) / 1e3 / least:.2f}"
                    )
                    say(
                        f"| {mode} | {n} | {med([per_op(r) for r in rs]) / 1e3:.1f} | {least:.1f} | {col(lim, rs)} "
                        f"| {'' if same is rs else col(same, rs)} | {sl} | {med([r['ops'] / r['wall_ns'] * 1e9 for r in rs]):.0f} "
                        f"| {med([r['bytes'] / r['wall_ns'] * 1e3 for r in rs]):.1f} |"
                    )
            for mode, d in self.serv.items():
                seen = {(r["cipher"], r["group"]) for rs in d.values() for r in rs}
                say(f"  {mode}: negotiated {', '.join(' '.join(x) for x in seen)}")

        if getattr(self, "infos", None):
            say("\n### Are the peers doing the same work?\n")
            for w, d in self.infos.items():
                lv = d.get(ref)
                for n, v in d.items():
                    diff = [
                        f"{k} {v.get(k)} (limit {lv[k]})"
                        for k in lv or ()
                        if v.get(k) is not None
                        and v.get(k) != lv[k]
                        and not (k in ("s2c", "c2s") and abs(v[k] - lv[k]) <= 4)
                    ]
                    if "error" in v:
                        say(f"  - {n}: {v['error']}")
                    elif n == ref:
                        say(
                            f"- {w}: {v['version']} {v['cipher']} {v['group']} client->server {v['c2s']} B, server->client "
                            f"{v['s2c']} B, resumed {v['reused']}, peer verified {v['verified']}, "
                            f"callbacks verify/SNI/ALPN/info {v['callbacks']}"
                        )
                    elif diff:
                        say(f"  - {n} differs: " + "; ".join(diff))
                    else:
                        say(
                            f"  - {n}: the same"
                            + (
                                ""
                                if v.get("group")
                                else " (group not visible in its API: the sizes show it)"
                            )
                        )
            say("\nKnown differences:")
            for line in NOTES:
                say("  " + line if line.startswith("  ") else "- " + line)
        for p in self.peers:
            for w, why in p.failed.items():
                say(f"FAILED {p.name} {w}: {why}")
        say(f"\nTook {self.elapsed():.0f} s.")


def fmt(ns, w):
    if ns is None:
        return "n/a"
    if ns < 1e3:
        return f"{ns:.0f} ns"
    if ns < 1e6:
        return f"{ns / 1e3:.2f} us"
    return f"{ns / 1e6:.2f} ms"


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--peer", action="append")
    ap.add_argument("--certs", default=os.environ.get("BENCH_CERTS", os.path.join(HERE, "certs")))
    ap.add_argument("--bundle", default=os.environ.get("BENCH_BUNDLE"))
    ap.add_argument("--limit", default=os.environ.get("BENCH_LIMIT", os.path.join(HERE, "limit")))
    ap.add_argument("--baseline", default="pyopenssl", help="peer for the second set of ratios")
    ap.add_argument("--quick", action="store_true")
    ap.add_argument("--rounds", type=int)
    ap.add_argument("--passes", type=int)
    ap.add_argument("--budget", type=float, help="seconds for the micro workloads B C D F H")
    ap.add_argument("--only", default="*", help="globs of workloads; A, E, G stand for themselves")
    ap.add_argument("--skip", default="")
    ap.add_argument(
        "--plain-malloc",
        action="store_true",
        help="G: leave glibc's malloc at its defaults (see the notes)",
    )
    ap.add_argument("--json")
    ap.add_argument("--markdown")
    o = ap.parse_args()
    o.only, o.skip = o.only.split(","), [g for g in o.skip.split(",") if g]
    if not o.bundle:
        sys.exit("compare.py: --bundle (a PEM file of CA certificates) or BENCH_BUNDLE is needed")
    o.limit, o.certs, o.bundle = map(os.path.abspath, (o.limit, o.certs, o.bundle))
    subprocess.run(["sh", os.path.join(HERE, "mkcerts.sh"), o.certs], check=True)
    if not os.path.exists(o.limit):
        subprocess.run(["make", "-C", HERE, "limit"], check=True, stdout=subprocess.DEVNULL)
    peers = [Peer(s, o) for s in (o.peer or ["limit", "ssl=ssl", "pyopenssl=openssl"])]
    run = Run(o, peers)
    q = o.quick
    run.say(
        f"{time.strftime('%Y-%m-%d %H:%M')} {platform.machine()} {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    )
    for p in peers:
        if p.impl != "limit":
            run.say(f"- {p.name}: {p.once('version')}")
    if q and o.only == ["*"]:
        o.only = QUICK
    spent = []
    if run.want("A"):
        run.imports(6 if q else 20)
    spent.append(run.elapsed())
    run.micro(o.budget or (25 if q else 225), o.rounds or 3, o.passes or (1 if q else 3))
    spent.append(run.elapsed())
    if run.want("E"):
        run.memory(
            [("conn", 200), ("context", 200), ("x509", 4000)]
            if q
            else [
                ("conn", 2000),
                ("conn_used", 1000),
                ("conn_used_release", 1000),
                ("context", 500),
                ("x509", 10000),
            ]
        )
    spent.append(run.elapsed())
    if run.want("G"):
        run.servers(
            2 if q else 5,
            [("keepalive", 8, 800), ("download", 4, 16), ("newconn", 1, 60)]
            if q
            else [("keepalive", 8, 2000), ("download", 4, 40), ("newconn", 1, 120)],
        )
    spent.append(run.elapsed())
    run.report()
    run.say(
        "  of which A %.0f, B C D F H %.0f, E %.0f, G %.0f s"
        % tuple(b - a for a, b in zip([0, *spent], spent))
    )
    if o.json:
        with open(o.json, "w") as f:
            json.dump(
                {
                    "when": time.time(),
                    "load": os.getloadavg(),
                    "peers": [p.name for p in peers],
                    "samples_ns_wall_cpu": run.data,
                    "import": getattr(run, "imp", None),
                    "memory": getattr(run, "memres", None),
                    "servers": getattr(run, "serv", None),
                    "same_work": getattr(run, "infos", None),
                },
                f,
                indent=1,
            )
    if o.markdown:
        with open(o.markdown, "w") as f:
            f.write("\n".join(run.out) + "\n")


if __name__ == "__main__":
    main()
