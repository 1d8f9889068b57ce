#!/usr/bin/env python3
"""Benchmark driver for one TLS implementation in one interpreter.

    bench.py --impl openssl|ssl --certs DIR --bundle FILE serve
    bench.py ... once NAME N           one workload, N operations (callgrind, profilers)
    bench.py ... mem KIND N            bytes of RSS per object
    bench.py ... profile NAME N        cProfile of one workload
    bench.py ... httpd [asyncio|twisted|twisted-web]   TLS server for workload G; prints its port

--impl openssl imports the package ``OpenSSL`` found on sys.path and uses only
the public pyOpenSSL 26.4 API, so any drop-in can be put on PYTHONPATH.
--impl ssl uses the standard library.  "serve" speaks the same line protocol as
limit.c.  OPENSSL_CONF must name bench.cnf before the interpreter starts.
"""

import argparse
import gc
import json
import os
import socket
import sys
import threading
from time import perf_counter_ns as wall_ns
from time import process_time_ns as cpu_ns

CHUNK = 32768  # bio_read / recv buffer size everywhere (Twisted's 2**15)
BATCH = int(os.environ.get("BENCH_BATCH", 256))  # calls timed together in the single-call workloads
RSA_CERT, TLS12, WITH_CB, WITH_INFO, RELEASE = 1, 2, 4, 8, 16
HOST = "bench.test"
MB64 = 64 << 20


toggle = None  # set under callgrind: count only between start() and stop()


class Timer:
    __slots__ = ("c0", "cpu", "w0", "wall")

    def __init__(self):
        self.wall = self.cpu = 0

    def start(self):
        self.c0 = cpu_ns()
        self.w0 = wall_ns()
        if toggle:
            toggle.cg_on()

    def stop(self):
        if toggle:
            toggle.cg_off()
        self.wall += wall_ns() - self.w0
        self.cpu += cpu_ns() - self.c0


def rss():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def slurp(path):
    with open(path, "rb") as f:
        return f.read()


class Base:
    """What both adaptors share: names, sockets, threads, the floor workloads."""

    def __init__(self, certs, bundle):
        self.certs, self.bundle = certs, bundle
        self.counts = [0, 0, 0, 0]
        hs = self.w_hs
        self.works = {
            "P_call": (self.w_call0, 0, 0),
            "P_bytes": (self.w_bytes, 64, 0),
            "P_raise": (self.w_raise, 0, 0),
            "B_t13_ecdsa": (hs, 0, 0),
            "B_t13_rsa": (hs, RSA_CERT, 0),
            "B_t12_ecdsa": (hs, TLS12, 0),
            "B_t13_resumed": (hs, 0, 1),
            "B_t13_ecdsa_cb": (hs, WITH_CB, 0),
            "B_t13_ecdsa_cbinfo": (hs, WITH_CB | WITH_INFO, 0),
            "C_xfer_1": (self.w_xfer, 1, 0),
            "C_xfer_64": (self.w_xfer, 64, 0),
            "C_xfer_1k": (self.w_xfer, 1024, 0),
            "C_xfer_16k": (self.w_xfer, 16384, 0),
            "C_xfer_1m": (self.w_xfer_big, 1048576, 0),
            "C_xferinto_64": (self.w_xferinto, 64, 0),
            "C_xferinto_16k": (self.w_xferinto, 16384, 0),
            "C_xferinto_1m": (self.w_xferinto_big, 1048576, 0),
            "C_xfer_16k_release": (self.w_xfer, 16384, RELEASE),
            "C_send_64": (self.w_call, 64, "send"),
            "C_recv_64": (self.w_call, 64, "recv"),
            "C_recvinto_64": (self.w_call, 64, "into"),
            "C_send_16k": (self.w_call, 16384, "send"),
            "C_recv_16k": (self.w_call, 16384, "recv"),
            "C_recvinto_16k": (self.w_call, 16384, "into"),
            "C_bio_86": (self.w_bio, 86, 0),
            "C_bio_16406": (self.w_bio, 16406, 0),
            "C_wantread": (self.w_wantread, 0, 0),
            "C_pending": (self.w_pending, 0, 0),
            "D_sock_16k": (self.w_sock, 16384, MB64),
            "D_sock_256k": (self.w_sock, 262144, MB64),
            "D_pingpong_32": (self.w_sock, 32, 0),
            "H_hs_1": (self.w_threads, 1, "hs"),
            "H_hs_2": (self.w_threads, 2, "hs"),
            "H_xfer_1": (self.w_threads, 1, "xfer"),
            "H_xfer_2": (self.w_threads, 2, "xfer"),
        }

    def cpath(self, name):
        return os.path.join(self.certs, name)

    def run(self, name, n):
        fn, a, b = self.works[name]
        t = Timer()
        fn(n, t, a, b)
        return t

    # P: what any Python-callable costs, whatever is behind it
    def w_call0(self, n, t, a, b):
        f = [].clear  # a C method without arguments (METH_NOARGS)
        t.start()
        for _ in range(n):
            f()
        t.stop()

    def w_bytes(self, n, t, a, b):
        f = memoryview(bytes(a)).tobytes  # a C method returning new bytes
        t.start()
        for _ in range(n):
            f()
        t.stop()

    def w_raise(self, n, t, a, b):
        f = set().pop  # a C method which raises
        t.start()
        for _ in range(n):
            try:
                f()
            except KeyError:
                pass
        t.stop()

    # H
    def w_threads(self, n, t, threads, kind):
        per = -(-n // threads)
        ctxs = self.ctx_pair(0)
        ready, go = threading.Barrier(threads + 1), threading.Barrier(threads + 1)

        def body():
            pair = None if kind == "hs" else self.open_pair(ctxs)
            ready.wait()
            go.wait()
            if kind == "hs":
                for _ in range(per):
                    self.shake(self.new_pair(ctxs))
            else:
                self.loop_xfer(pair, per, bytes(16384))

        ths = [threading.Thread(target=body) for _ in range(threads)]
        for th in ths:
            th.start()
        ready.wait()
        t.start()
        go.wait()
        for th in ths:
            th.join()
        t.stop()

    # D
    def w_sock(self, n, t, chunk, total):
        ctxs = self.ctx_pair(0)
        a, b = socket.socketpair()
        c, s = self.sock_pair(ctxs, a, b)
        th = threading.Thread(target=s.do_handshake)
        th.start()
        c.do_handshake()
        th.join()
        msg = bytes(chunk)
        want = total * n

        def server():
            recv, send = s.recv, s.send
            if total:
                left = want
                while left:
                    left -= len(recv(chunk))
                send(b"k")
            else:
                for _ in range(n):
                    d = recv(16384)
                    send(d)

        th = threading.Thread(target=server)
        t.start()
        th.start()
        if total:
            sendall = c.sendall
            for _ in range(want // chunk):
                sendall(msg)
            assert c.recv(16) == b"k"
        else:
            recv, send = c.recv, c.send
            for _ in range(n):
                send(msg)
                recv(16384)
        th.join()
        t.stop()
        a.close()
        b.close()
        c.close()
        s.close()

    # E
    def mem(self, kind, n):
        keep = []
        if kind.startswith("conn"):
            ctxs = self.ctx_pair(RELEASE if "release" in kind else 0)
            used = "used" in kind
            for _ in range(32):
                keep.append(self.open_pair(ctxs))
            gc.collect()
            r0 = rss()
            for _ in range(n):
                p = self.open_pair(ctxs)
                if used:
                    self.both_ways(p, bytes(16384))
                keep.append(p)
            gc.collect()
            r1 = rss()
            return (r1 - r0) / (2 * n)
        make = self.make_context if kind == "context" else self.make_x509
        if make is None:
            return None
        make()
        gc.collect()
        r0 = rss()
        for _ in range(n):
            keep.append(make())
        gc.collect()
        return (rss() - r0) / n


# What an original may have lost: a name of OpenSSL.crypto, and the workloads that need it.
OBJECTS = {
    "load_certificate_request": ["load_req", "dump_req", "verify_req"],
    "load_crl": ["load_crl", "dump_crl", "get_revoked", "make_crl", "verify_crl"],
    "load_pkcs12": ["load_p12", "export_p12"],
    "sign": ["sign", "verify"],
}


# ---------------------------------------------------------------------------
class OpenSSLImpl(Base):
    def __init__(self, certs, bundle):
        from OpenSSL import SSL, crypto

        self.SSL, self.crypto = SSL, crypto
        self.WantRead = SSL.WantReadError
        super().__init__(certs, bundle)
        for name in [
            "load_pem",
            "load_der",
            "dump_pem",
            "dump_der",
            "subject_cn",
            "issuer_cn",
            "digest",
            "serial",
            "not_after",
            "has_expired",
            "verify_chain",
            "key_ec",
            "key_rsa",
            "gen_rsa2048",
            "load_cas",
            "ctx_new",
            "ctx_certkey",
            "ctx_bundle",
        ]:
            self.works["F_" + name] = (self.w_crypto, name, 0)
        for need, names in OBJECTS.items():
            for name in names if hasattr(crypto, need) else ():
                self.works["F_" + name] = (self.w_objects, name, 0)

    def version(self):
        import OpenSSL

        return f"OpenSSL package {OpenSSL.__version__}; {self.SSL.OpenSSL_version(self.SSL.OPENSSL_VERSION).decode()}"

    def base_ctx(self, flags):
        SSL = self.SSL
        x = SSL.Context(SSL.TLS_METHOD)
        v = SSL.TLS1_2_VERSION if flags & TLS12 else SSL.TLS1_3_VERSION
        x.set_min_proto_version(v)
        x.set_max_proto_version(v)
        if flags & TLS12:
            x.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
        if flags & RELEASE:
            x.set_mode(SSL.MODE_RELEASE_BUFFERS)
        return x

    def ctx_pair(self, flags):
        SSL = self.SSL
        kind = "rsa" if flags & RSA_CERT else "ec"
        c, s = self.base_ctx(flags), self.base_ctx(flags)
        s.use_certificate_chain_file(self.cpath(kind + "cert.pem"))
        s.use_privatekey_file(self.cpath(kind + "key.pem"))
        c.load_verify_locations(self.cpath("rsaroot.pem" if flags & RSA_CERT else "eccaroot.pem"))
        n = self.counts
        if flags & WITH_CB:

            def verify(conn, cert, err, depth, ok):
                n[0] += 1
                return ok

            def sni(conn):
                n[1] += 1

            def alpn(conn, protos):
                n[2] += 1
                return b"http/1.1"

            c.set_verify(SSL.VERIFY_PEER, verify)
            s.set_tlsext_servername_callback(sni)
            s.set_alpn_select_callback(alpn)
            c.set_alpn_protos([b"h2", b"http/1.1"])
        else:
            c.set_verify(SSL.VERIFY_PEER)
        if flags & WITH_INFO:

            def info(conn, where, ret):
                n[3] += 1

            c.set_info_callback(info)
            s.set_info_callback(info)
        return c, s

    def new_pair(self, ctxs):
        Connection = self.SSL.Connection
        c = Connection(ctxs[0], None)
        s = Connection(ctxs[1], None)
        c.set_connect_state()
        s.set_accept_state()
        c.set_tlsext_host_name(b"bench.test")
        return c, s

    def shake(self, pair):
        c, s = pair
        WantRead = self.WantRead
        dc = ds = False
        while True:
            if not dc:
                try:
                    c.do_handshake()
                    dc = True
                except WantRead:
                    pass
            if dc and ds:
                break
            s.bio_write(c.bio_read(CHUNK))
            if not ds:
                try:
                    s.do_handshake()
                    ds = True
                except WantRead:
                    pass
            c.bio_write(s.bio_read(CHUNK))
            if dc and ds:
                break
        try:
            c.recv(CHUNK)
        except WantRead:
            pass
        else:
            raise AssertionError("data after the handshake")

    def open_pair(self, ctxs):
        p = self.new_pair(ctxs)
        self.shake(p)
        return p

    def w_hs(self, n, t, flags, resume):
        ctxs = self.ctx_pair(flags)
        new_pair, shake = self.new_pair, self.shake
        p = self.open_pair(ctxs)
        sess = p[0].get_session() if resume else None
        both = self.SSL.SENT_SHUTDOWN | self.SSL.RECEIVED_SHUTDOWN
        p[0].set_shutdown(both)
        del p
        t.start()
        if sess is None:
            for _ in range(n):
                shake(new_pair(ctxs))
        else:
            for _ in range(n):
                p = new_pair(ctxs)
                p[0].set_session(sess)
                shake(p)
                sess = p[0].get_session()  # OpenSSL's client uses a TLS 1.3 session once
                p[0].set_shutdown(both)  # or SSL_free marks the session as not resumable
                del p
        t.stop()

    def info(self, name):
        fn, flags, resume = self.works[name]
        if fn != self.w_hs:
            return {}
        ctxs = self.ctx_pair(flags)
        got = [0, 0]
        sess = None
        if resume:  # a chain of two resumptions; the second one is reported
            for _ in range(2):
                p = self.new_pair(ctxs)
                if sess:
                    p[0].set_session(sess)
                self.shake(p)
                sess = p[0].get_session()
                p[0].set_shutdown(self.SSL.SENT_SHUTDOWN | self.SSL.RECEIVED_SHUTDOWN)
                del p
        self.counts[:] = [0, 0, 0, 0]
        c, s = self.new_pair(ctxs)
        if resume:
            c.set_session(sess)

        class Tap:  # counts the bytes which each side writes
            def __init__(self, conn, i):
                self.conn, self.i = conn, i
                self.__dict__.update(
                    {k: getattr(conn, k) for k in ("do_handshake", "bio_write", "recv")}
                )

            def bio_read(self, n):
                d = self.conn.bio_read(n)
                got[self.i] += len(d)
                return d

        self.shake((Tap(c, 0), Tap(s, 1)))
        group = c.get_group_name() if hasattr(c, "get_group_name") else None
        cert = c.get_peer_certificate()
        return {
            "version": c.get_protocol_version_name(),
            "cipher": c.get_cipher_name(),
            "group": group and group.lower(),
            "c2s": got[0],
            "s2c": got[1],
            "reused": got[0]
            > got[
                1
            ],  # pyOpenSSL has no session_reused(); a resumed server flight has no certificate
            "verified": cert is not None,
            "callbacks": list(self.counts),
        }

    # C
    def loop_xfer(self, pair, n, msg):
        c, s = pair
        send, bio_read, bio_write, recv = c.send, c.bio_read, s.bio_write, s.recv
        for _ in range(n):
            send(msg)
            bio_write(bio_read(CHUNK))
            recv(CHUNK)

    def w_xfer(self, n, t, size, flags):
        p = self.open_pair(self.ctx_pair(flags))
        msg = bytes(size)
        self.loop_xfer(p, 1, msg)
        t.start()
        self.loop_xfer(p, n, msg)
        t.stop()

    def w_xferinto(self, n, t, size, flags):
        c, s = p = self.open_pair(self.ctx_pair(flags))
        msg, buf = bytes(size), bytearray(CHUNK)
        self.loop_xfer(p, 1, msg)
        send, bio_read, bio_write, recv_into = c.send, c.bio_read, s.bio_write, s.recv_into
        t.start()
        for _ in range(n):
            send(msg)
            bio_write(bio_read(CHUNK))
            recv_into(buf)
        t.stop()

    def wire_size(self, c, s, msg):
        WantRead = self.WantRead
        c.sendall(msg)
        wire = 0
        try:
            while True:
                d = c.bio_read(CHUNK)
                wire += len(d)
                s.bio_write(d)
        except WantRead:
            pass
        left = len(msg)
        while left:
            left -= len(s.recv(CHUNK))
        return wire

    def w_xfer_big(self, n, t, size, flags):
        c, s = self.open_pair(self.ctx_pair(flags))
        msg = bytes(size)
        sendall, bio_read, bio_write, recv = c.sendall, c.bio_read, s.bio_write, s.recv
        wire = self.wire_size(c, s, msg)
        t.start()
        for _ in range(n):
            sendall(msg)
            left = wire
            while left:
                left -= bio_write(bio_read(CHUNK))
            left = size
            while left:
                left -= len(recv(CHUNK))
        t.stop()

    def w_xferinto_big(self, n, t, size, flags):
        c, s = self.open_pair(self.ctx_pair(flags))
        msg, buf = bytes(size), bytearray(CHUNK)
        sendall, bio_read, bio_write, recv_into = c.sendall, c.bio_read, s.bio_write, s.recv_into
        wire = self.wire_size(c, s, msg)
        t.start()
        for _ in range(n):
            sendall(msg)
            left = wire
            while left:
                left -= bio_write(bio_read(CHUNK))
            left = size
            while left:
                left -= recv_into(buf)
        t.stop()

    def both_ways(self, pair, msg):
        c, s = pair
        self.loop_xfer((c, s), 1, msg)
        self.loop_xfer((s, c), 1, msg)

    def w_call(self, n, t, size, which):
        c, s = self.open_pair(self.ctx_pair(0))
        msg, buf = bytes(size), bytearray(CHUNK)
        send, recv, recv_into, WantRead = c.send, s.recv, s.recv_into, self.WantRead
        batch = 16 if size > 4096 else BATCH
        for i in range(0, n, batch):
            k = min(batch, n - i)
            r = range(k)
            if which == "send":
                t.start()
                for _ in r:
                    send(msg)
                t.stop()
            else:
                for _ in r:
                    send(msg)
            try:
                while True:
                    s.bio_write(c.bio_read(CHUNK))
            except WantRead:
                pass
            if which == "recv":
                t.start()
                for _ in r:
                    recv(CHUNK)
                t.stop()
            elif which == "into":
                t.start()
                for _ in r:
                    recv_into(buf)
                t.stop()
            else:
                for _ in r:
                    recv(CHUNK)

    def w_bio(self, n, t, size, b):
        # bio_read of exactly one record, bio_write of it
        c, s = self.open_pair(self.ctx_pair(0))
        msg = bytes(size - 22)
        send, bio_read, bio_write, recv = c.send, c.bio_read, s.bio_write, s.recv
        batch = 16 if size > 4096 else BATCH
        for i in range(0, n, batch):
            r = range(min(batch, n - i))
            for _ in r:
                send(msg)
            t.start()
            for _ in r:
                bio_write(bio_read(size))
            t.stop()
            for _ in r:
                recv(CHUNK)

    def w_wantread(self, n, t, a, b):
        c, s = self.open_pair(self.ctx_pair(0))
        recv, WantRead = s.recv, self.WantRead
        t.start()
        for _ in range(n):
            try:
                recv(CHUNK)
            except WantRead:
                pass
        t.stop()

    def w_pending(self, n, t, a, b):
        c, s = self.open_pair(self.ctx_pair(0))
        pending = c.pending
        t.start()
        for _ in range(n):
            pending()
        t.stop()

    # D
    def sock_pair(self, ctxs, a, b):
        Connection = self.SSL.Connection
        c, s = Connection(ctxs[0], a), Connection(ctxs[1], b)
        c.set_connect_state()
        s.set_accept_state()
        c.set_tlsext_host_name(b"bench.test")
        return c, s

    # E
    def make_context(self):
        return self.SSL.Context(self.SSL.TLS_METHOD)

    def make_x509(self):
        if not hasattr(self, "_pem"):
            self._pem = slurp(self.cpath("eccert.pem"))
        return self.crypto.load_certificate(self.crypto.FILETYPE_PEM, self._pem)

    # F
    def w_crypto(self, n, t, name, b):
        C, S = self.crypto, self.SSL
        PEM, DER = C.FILETYPE_PEM, C.FILETYPE_ASN1
        load_certificate, dump_certificate, load_privatekey = (
            C.load_certificate,
            C.dump_certificate,
            C.load_privatekey,
        )
        pem, der = slurp(self.cpath("eccert.pem")), slurp(self.cpath("eccert.der"))
        ek, rk = slurp(self.cpath("eckey.pem")), slurp(self.cpath("rsakey.pem"))
        x = load_certificate(PEM, pem)
        r = range(n)
        if name == "load_pem":
            t.start()
            for _ in r:
                load_certificate(PEM, pem)
            t.stop()
        elif name == "load_der":
            t.start()
            for _ in r:
                load_certificate(DER, der)
            t.stop()
        elif name == "dump_pem":
            t.start()
            for _ in r:
                dump_certificate(PEM, x)
            t.stop()
        elif name == "dump_der":
            t.start()
            for _ in r:
                dump_certificate(DER, x)
            t.stop()
        elif name == "subject_cn":
            assert x.get_subject().CN == HOST
            t.start()
            for _ in r:
                x.get_subject().CN
            t.stop()
        elif name == "issuer_cn":
            t.start()
            for _ in r:
                x.get_issuer().CN
            t.stop()
        elif name == "digest":
            t.start()
            for _ in r:
                x.digest("sha256")
            t.stop()
        elif name == "serial":
            t.start()
            for _ in r:
                x.get_serial_number()
            t.stop()
        elif name == "not_after":
            t.start()
            for _ in r:
                x.get_notAfter()
            t.stop()
        elif name == "has_expired":
            t.start()
            for _ in r:
                x.has_expired()
            t.stop()
        elif name == "verify_chain":
            root, inter, leaf = (
                load_certificate(PEM, slurp(self.cpath(f)))
                for f in ("eccaroot.pem", "ecint.pem", "ecleaf.pem")
            )
            store = C.X509Store()
            store.add_cert(root)
            chain = [inter]
            X509StoreContext = C.X509StoreContext
            X509StoreContext(store, leaf, chain).verify_certificate()
            t.start()
            for _ in r:
                X509StoreContext(store, leaf, chain).verify_certificate()
            t.stop()
        elif name in ("key_ec", "key_rsa"):
            k = ek if name == "key_ec" else rk
            t.start()
            for _ in r:
                load_privatekey(PEM, k)
            t.stop()
        elif name == "gen_rsa2048":
            t.start()
            for _ in r:
                k = C.PKey()
                k.generate_key(C.TYPE_RSA, 2048)
            t.stop()
        elif name == "load_cas":
            cas = split_pem(slurp(self.bundle))
            t.start()
            for _ in r:
                for c in cas:
                    load_certificate(PEM, c)
            t.stop()
        elif name == "ctx_new":
            t.start()
            for _ in r:
                S.Context(S.TLS_METHOD)
            t.stop()
        elif name == "ctx_certkey":
            cf, kf = self.cpath("eccert.pem"), self.cpath("eckey.pem")
            t.start()
            for _ in r:
                c = S.Context(S.TLS_METHOD)
                c.use_certificate_chain_file(cf)
                c.use_privatekey_file(kf)
            t.stop()
        elif name == "ctx_bundle":
            bundle = self.bundle
            t.start()
            for _ in r:
                S.Context(S.TLS_METHOD).load_verify_locations(bundle)
            t.stop()
        else:
            raise KeyError(name)

    # F: requests, revocation lists, containers, signatures
    def object_work(self, name):
        """A function that does it once."""
        C = self.crypto
        PEM, DER = C.FILETYPE_PEM, C.FILETYPE_ASN1

        def file(name):
            return slurp(self.cpath(name))

        def cert(name):
            return C.load_certificate(PEM, file(name))

        key = C.load_privatekey(PEM, file("eckey.pem"))
        if name.endswith("_req"):
            pem = file("ecreq.pem")
            load, dump = C.load_certificate_request, C.dump_certificate_request
            req = load(PEM, pem)
            return {
                "load_req": lambda: load(PEM, pem),
                "dump_req": lambda: dump(PEM, req),
                "verify_req": lambda: req.verify(key),
            }[name]
        if name == "verify_crl":  # a look-up among the list's entries
            store = C.X509Store()
            store.add_cert(cert("eccaroot.pem"))
            store.add_crl(C.load_crl(DER, file("many.crl")))
            store.set_flags(C.X509StoreFlags.CRL_CHECK)
            leaf, chain, Context = cert("ecleaf.pem"), [cert("ecint.pem")], C.X509StoreContext
            return lambda: Context(store, leaf, chain).verify_certificate()
        if name in OBJECTS["load_crl"]:
            der = file("many.crl")
            load, dump = C.load_crl, C.dump_crl
            crl = load(DER, der)
            entries = crl.get_revoked() if name == "make_crl" else ()
            issuer, issuer_key = cert("ecint.pem"), C.load_privatekey(PEM, file("ecintkey.pem"))

            def make():
                fresh = C.CRL()
                add_revoked = fresh.add_revoked
                for one in entries:
                    add_revoked(one)
                fresh.set_lastUpdate(b"20240229123000Z")
                fresh.set_nextUpdate(b"20400229123000Z")
                fresh.sign(issuer, issuer_key, b"sha256")

            return {
                "load_crl": lambda: load(DER, der),
                "dump_crl": lambda: dump(DER, crl),
                "get_revoked": crl.get_revoked,
                "make_crl": make,
            }[name]
        if name in OBJECTS["load_pkcs12"]:
            der, load = file("ec.p12"), C.load_pkcs12
            p12 = load(der, b"bench")
            return {
                "load_p12": lambda: load(der, b"bench"),
                "export_p12": lambda: p12.export(b"bench"),
            }[name]
        leaf, data = cert("ecleaf.pem"), bytes(1000)
        sign, verify = C.sign, C.verify
        signature = sign(key, data, "sha256")
        return {
            "sign": lambda: sign(key, data, "sha256"),
            "verify": lambda: verify(leaf, signature, data, "sha256"),
        }[name]

    def w_objects(self, n, t, name, b):
        work = self.object_work(name)
        work()
        t.start()
        for _ in range(n):
            work()
        t.stop()


def split_pem(data):
    end = b"-----END CERTIFICATE-----\n"
    return [
        b"-----BEGIN CERTIFICATE-----" + p.split(b"-----BEGIN CERTIFICATE-----", 1)[1] + end
        for p in data.split(end)
        if b"BEGIN CERTIFICATE" in p
    ]


# ---------------------------------------------------------------------------
class SslImpl(Base):
    def __init__(self, certs, bundle):
        import ssl

        self.ssl = ssl
        self.WantRead = ssl.SSLWantReadError
        super().__init__(certs, bundle)
        del self.works["C_xfer_16k_release"]  # always on in stdlib ssl, compare with C_xfer_16k
        for name in ["ctx_new", "ctx_certkey", "ctx_bundle", "load_cas"]:
            self.works["F_" + name] = (self.w_crypto, name, 0)

    def version(self):
        return f"stdlib ssl of {sys.version.split()[0]}; {self.ssl.OPENSSL_VERSION}"

    def base_ctx(self, flags, server):
        ssl = self.ssl
        x = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        v = ssl.TLSVersion.TLSv1_2 if flags & TLS12 else ssl.TLSVersion.TLSv1_3
        x.minimum_version = x.maximum_version = v
        if flags & TLS12:
            x.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        return x

    def ctx_pair(self, flags):
        kind = "rsa" if flags & RSA_CERT else "ec"
        c, s = self.base_ctx(flags, False), self.base_ctx(flags, True)
        s.load_cert_chain(self.cpath(kind + "cert.pem"), self.cpath(kind + "key.pem"))
        c.check_hostname = False  # the pyOpenSSL API has no hostname check either
        c.load_verify_locations(self.cpath("rsaroot.pem" if flags & RSA_CERT else "eccaroot.pem"))
        n = self.counts
        if flags & WITH_CB:

            def sni(obj, name, ctx):
                n[1] += 1

            s.sni_callback = sni
            s.set_alpn_protocols(["http/1.1"])
            c.set_alpn_protocols(["h2", "http/1.1"])
        return c, s

    def new_pair(self, ctxs, session=None):
        BIO = self.ssl.MemoryBIO
        ci, co, si, so = BIO(), BIO(), BIO(), BIO()
        c = ctxs[0].wrap_bio(ci, co, False, HOST, session)
        s = ctxs[1].wrap_bio(si, so, True)
        return c, s, ci, co, si, so

    def shake(self, pair):
        c, s, ci, co, si, so = pair
        WantRead = self.WantRead
        dc = ds = False
        while True:
            if not dc:
                try:
                    c.do_handshake()
                    dc = True
                except WantRead:
                    pass
            if dc and ds:
                break
            si.write(co.read(CHUNK))
            if not ds:
                try:
                    s.do_handshake()
                    ds = True
                except WantRead:
                    pass
            ci.write(so.read(CHUNK))
            if dc and ds:
                break
        try:
            c.read(CHUNK)
        except WantRead:
            pass
        else:
            raise AssertionError("data after the handshake")

    def open_pair(self, ctxs):
        p = self.new_pair(ctxs)
        self.shake(p)
        return p

    def w_hs(self, n, t, flags, resume):
        ctxs = self.ctx_pair(flags)
        new_pair, shake = self.new_pair, self.shake
        p = self.open_pair(ctxs)
        sess = p[0].session if resume else None
        del p
        t.start()
        if sess is None:
            for _ in range(n):
                shake(new_pair(ctxs))
        else:
            for _ in range(n):
                p = new_pair(ctxs, sess)
                shake(p)
                sess = p[0].session
                del p
        t.stop()

    def info(self, name):
        fn, flags, resume = self.works[name]
        if fn != self.w_hs:
            return {}
        ctxs = self.ctx_pair(flags)
        sess = None
        if resume:
            for _ in range(2):
                p = self.new_pair(ctxs, sess)
                self.shake(p)
                sess = p[0].session
                del p
        self.counts[:] = [0, 0, 0, 0]
        c, s, ci, co, si, so = self.new_pair(ctxs, sess)
        got = [0, 0]

        class Tap:
            def __init__(self, bio, i):
                self.bio, self.i = bio, i

            def read(self, n):
                d = self.bio.read(n)
                got[self.i] += len(d)
                return d

        self.shake((c, s, ci, Tap(co, 0), si, Tap(so, 1)))
        group = c.group() if hasattr(c, "group") else None
        return {
            "version": c.version(),
            "cipher": c.cipher()[0],
            "group": group and group.lower(),
            "c2s": got[0],
            "s2c": got[1],
            "reused": c.session_reused,
            "verified": c.getpeercert(True) is not None,
            "callbacks": list(self.counts),
        }

    # C
    def loop_xfer(self, pair, n, msg):
        c, s, ci, co, si, so = pair
        send, bio_read, bio_write, recv = c.write, co.read, si.write, s.read
        for _ in range(n):
            send(msg)
            bio_write(bio_read(CHUNK))
            recv(CHUNK)

    def w_xfer(self, n, t, size, flags):
        p = self.open_pair(self.ctx_pair(flags))
        msg = bytes(size)
        self.loop_xfer(p, 1, msg)
        t.start()
        self.loop_xfer(p, n, msg)
        t.stop()

    def w_xferinto(self, n, t, size, flags):
        c, s, ci, co, si, so = p = self.open_pair(self.ctx_pair(flags))
        msg, buf = bytes(size), bytearray(CHUNK)
        self.loop_xfer(p, 1, msg)
        send, bio_read, bio_write, recv = c.write, co.read, si.write, s.read
        t.start()
        for _ in range(n):
            send(msg)
            bio_write(bio_read(CHUNK))
            recv(CHUNK, buf)
        t.stop()

    def wire_size(self, p, msg):
        c, s, ci, co, si, so = p
        self.sendall(c.write, msg)
        wire = co.pending
        si.write(co.read())
        left = len(msg)
        while left:
            left -= len(s.read(CHUNK))
        return wire

    @staticmethod
    def sendall(write, msg):
        # SSLObject has no sendall: what SSLSocket.sendall does in Python
        mv = memoryview(msg)
        off, n = 0, len(mv)
        while off < n:
            off += write(mv[off:])

    def w_xfer_big(self, n, t, size, flags):
        p = self.open_pair(self.ctx_pair(flags))
        c, s, ci, co, si, so = p
        msg = bytes(size)
        sendall, write, bio_read, bio_write, recv = self.sendall, c.write, co.read, si.write, s.read
        wire = self.wire_size(p, msg)
        t.start()
        for _ in range(n):
            sendall(write, msg)
            left = wire
            while left:
                left -= bio_write(bio_read(CHUNK))
            left = size
            while left:
                left -= len(recv(CHUNK))
        t.stop()

    def w_xferinto_big(self, n, t, size, flags):
        p = self.open_pair(self.ctx_pair(flags))
        c, s, ci, co, si, so = p
        msg, buf = bytes(size), bytearray(CHUNK)
        sendall, write, bio_read, bio_write, recv = self.sendall, c.write, co.read, si.write, s.read
        wire = self.wire_size(p, msg)
        t.start()
        for _ in range(n):
            sendall(write, msg)
            left = wire
            while left:
                left -= bio_write(bio_read(CHUNK))
            left = size
            while left:
                left -= recv(CHUNK, buf)
        t.stop()

    def both_ways(self, pair, msg):
        c, s, ci, co, si, so = pair
        self.loop_xfer((c, s, ci, co, si, so), 1, msg)
        self.loop_xfer((s, c, si, so, ci, co), 1, msg)

    def w_call(self, n, t, size, which):
        c, s, ci, co, si, so = self.open_pair(self.ctx_pair(0))
        msg, buf = bytes(size), bytearray(CHUNK)
        send, recv = c.write, s.read
        batch = 16 if size > 4096 else BATCH
        for i in range(0, n, batch):
            r = range(min(batch, n - i))
            if which == "send":
                t.start()
                for _ in r:
                    send(msg)
                t.stop()
            else:
                for _ in r:
                    send(msg)
            si.write(co.read())
            if which == "recv":
                t.start()
                for _ in r:
                    recv(CHUNK)
                t.stop()
            elif which == "into":
                t.start()
                for _ in r:
                    recv(CHUNK, buf)
                t.stop()
            else:
                for _ in r:
                    recv(CHUNK)

    def w_bio(self, n, t, size, b):
        c, s, ci, co, si, so = self.open_pair(self.ctx_pair(0))
        msg = bytes(size - 22)
        send, bio_read, bio_write, recv = c.write, co.read, si.write, s.read
        batch = 16 if size > 4096 else BATCH
        for i in range(0, n, batch):
            r = range(min(batch, n - i))
            for _ in r:
                send(msg)
            t.start()
            for _ in r:
                bio_write(bio_read(size))
            t.stop()
            for _ in r:
                recv(CHUNK)

    def w_wantread(self, n, t, a, b):
        s = self.open_pair(self.ctx_pair(0))[1]
        recv, WantRead = s.read, self.WantRead
        t.start()
        for _ in range(n):
            try:
                recv(CHUNK)
            except WantRead:
                pass
        t.stop()

    def w_pending(self, n, t, a, b):
        c = self.open_pair(self.ctx_pair(0))[0]
        pending = c.pending
        t.start()
        for _ in range(n):
            pending()
        t.stop()

    # D
    def sock_pair(self, ctxs, a, b):
        c = ctxs[0].wrap_socket(a, server_hostname=HOST, do_handshake_on_connect=False)
        s = ctxs[1].wrap_socket(b, server_side=True, do_handshake_on_connect=False)
        return c, s

    # E
    def make_context(self):
        return self.ssl.SSLContext(self.ssl.PROTOCOL_TLS_CLIENT)

    make_x509 = None

    # F
    def w_crypto(self, n, t, name, b):
        ssl = self.ssl
        SSLContext, SERVER, CLIENT = (
            ssl.SSLContext,
            ssl.PROTOCOL_TLS_SERVER,
            ssl.PROTOCOL_TLS_CLIENT,
        )
        cf, kf, bundle = self.cpath("eccert.pem"), self.cpath("eckey.pem"), self.bundle
        r = range(n)
        if name == "ctx_new":
            t.start()
            for _ in r:
                SSLContext(CLIENT)
            t.stop()
        elif name == "ctx_certkey":
            t.start()
            for _ in r:
                SSLContext(SERVER).load_cert_chain(cf, kf)
            t.stop()
        elif name == "ctx_bundle":
            t.start()
            for _ in r:
                SSLContext(CLIENT).load_verify_locations(bundle)
            t.stop()
        elif name == "load_cas":
            cas = [p.decode() for p in split_pem(slurp(bundle))]
            t.start()
            for _ in r:
                load = SSLContext(CLIENT).load_verify_locations
                for c in cas:
                    load(None, None, c)
            t.stop()


# ---------------------------------------------------------------------------
SMALL = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"
BIG_BODY = b"x" * (1 << 20)
BIG = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1048576\r\n\r\n" + BIG_BODY


def answer(request):
    if request.startswith(b"GET /big"):
        return BIG
    if request.startswith(b"GET /stat"):
        v = str(cpu_ns()).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(v), v)
    return SMALL


def stop_when_stdin_closes():
    def wait():
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def httpd(impl, kind):
    stop_when_stdin_closes()
    if kind == "asyncio":
        import asyncio

        class Proto(asyncio.Protocol):
            def connection_made(self, tr):
                self.tr, self.buf = tr, b""

            def data_received(self, data):
                self.buf += data
                if self.buf.endswith(b"\r\n\r\n"):
                    req, self.buf = self.buf, b""
                    self.tr.write(answer(req))

        async def main():
            srv = await asyncio.get_running_loop().create_server(
                Proto, "127.0.0.1", 0, ssl=impl.ctx_pair(RELEASE)[1], backlog=128
            )
            print(srv.sockets[0].getsockname()[1], flush=True)
            await srv.serve_forever()

        asyncio.run(main())
        return
    from twisted.internet import endpoints, protocol, reactor
    from twisted.internet.interfaces import IOpenSSLContextFactory
    from zope.interface import implementer

    ctx = impl.ctx_pair(RELEASE)[1]

    @implementer(IOpenSSLContextFactory)
    class CtxFactory:
        def getContext(self):
            return ctx

    if kind == "twisted":

        class Proto(protocol.Protocol):
            buf = b""

            def connectionMade(self):
                self.transport.setTcpNoDelay(True)

            def dataReceived(self, data):
                self.buf += data
                if self.buf.endswith(b"\r\n\r\n"):
                    req, self.buf = self.buf, b""
                    self.transport.write(answer(req))

        factory = protocol.Factory.forProtocol(Proto)
    else:
        from twisted.web import resource, server

        class Leaf(resource.Resource):
            isLeaf = True

            def render_GET(self, request):
                request.setHeader(b"content-type", b"text/plain")
                if request.path == b"/big":
                    return BIG_BODY
                if request.path == b"/stat":
                    return str(cpu_ns()).encode()
                return b"Hello, world!"

        factory = server.Site(Leaf())
        factory.displayTracebacks = False
    ep = endpoints.SSL4ServerEndpoint(reactor, 0, CtxFactory(), interface="127.0.0.1", backlog=128)
    ep.listen(factory).addCallback(lambda p: print(p.getHost().port, flush=True))
    reactor.run()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--impl", choices=("openssl", "ssl"), required=True)
    ap.add_argument("--certs", default=os.environ.get("BENCH_CERTS", "certs"))
    ap.add_argument("--bundle", default=os.environ.get("BENCH_BUNDLE", ""))
    ap.add_argument("command", choices=("serve", "once", "mem", "profile", "httpd", "version"))
    ap.add_argument("args", nargs="*")
    o = ap.parse_args()
    if not os.environ.get("OPENSSL_CONF"):
        sys.exit(
            "bench.py: set OPENSSL_CONF to bench.cnf: without it the peers do not negotiate the same"
        )
    impl = (OpenSSLImpl if o.impl == "openssl" else SslImpl)(o.certs, o.bundle)
    if o.command == "version":
        print(impl.version())
    elif o.command == "mem":
        print(json.dumps({"bytes": impl.mem(o.args[0], int(o.args[1]))}))
    elif o.command == "once":
        if os.environ.get("BENCH_TOGGLE"):
            import ctypes

            global toggle
            impl.run(o.args[0], int(o.args[1]))  # warm up
            toggle = ctypes.PyDLL(os.environ["BENCH_TOGGLE"])
            toggle.cg_on, toggle.cg_off  # bind them now
        print(impl.run(o.args[0], int(o.args[1])).wall)
    elif o.command == "profile":
        import cProfile
        import pstats

        pr = cProfile.Profile()
        pr.enable()
        impl.run(o.args[0], int(o.args[1]))
        pr.disable()
        pstats.Stats(pr).sort_stats("tottime").print_stats(25)
    elif o.command == "httpd":
        httpd(impl, o.args[0] if o.args else "twisted")
    else:
        out = sys.stdout
        for line in sys.stdin:
            w = line.split()
            if not w or w[0] == "quit":
                break
            if w[0] == "list":
                print(*impl.works, file=out, flush=True)
            elif w[0] == "info":
                try:
                    r = json.dumps(impl.info(w[1])) if w[1] in impl.works else "{}"
                except Exception as e:
                    r = json.dumps({"error": repr(e)})
                print(r, file=out, flush=True)
            elif w[0] == "run":
                if w[1] not in impl.works:
                    print("n/a", file=out, flush=True)
                    continue
                try:
                    t = impl.run(w[1], int(w[2]))
                except (
                    Exception
                ) as e:  # a young drop-in may lack or break a feature: report it, go on
                    print("n/a", repr(e).replace("\n", " "), file=out, flush=True)
                else:
                    print(t.wall, t.cpu, file=out, flush=True)


if __name__ == "__main__":
    main()
