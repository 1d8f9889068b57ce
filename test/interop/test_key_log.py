"""A key log of ours decrypts what went over the network: by RFC 5246 and 8446, not by OpenSSL."""

import hashlib
import hmac

import pytest

import support
from interop import peers
from OpenSSL import SSL

aead = pytest.importorskip("cryptography.hazmat.primitives.ciphers.aead")

SUITES = {"1.2": b"ECDHE-ECDSA-AES128-GCM-SHA256", "1.3": b"TLS_AES_128_GCM_SHA256"}
KEY, SALT = 16, 4
DATA = 23
SECRETS = {"client": b"CLIENT_TRAFFIC_SECRET_0", "server": b"SERVER_TRAFFIC_SECRET_0"}


def expand(secret, label, size):
    """HKDF-Expand-Label without a context: one block is enough."""
    label = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0"
    return hmac.digest(secret, info + b"\1", hashlib.sha256)[:size]


def prf(secret, seed, size):
    """TLS 1.2's P_SHA256."""
    out, block = b"", seed
    while len(out) < size:
        block = hmac.digest(secret, block, hashlib.sha256)
        out += hmac.digest(secret, block + seed, hashlib.sha256)
    return out[:size]


class Tap:
    """A recording of one direction: what comes by, record by record."""

    def __init__(self):
        self.stream = b""

    def records(self):
        rest = self.stream
        while rest:
            size = 5 + int.from_bytes(rest[3:5], "big")
            yield rest[:5], rest[5:size]
            rest = rest[size:]


def decrypt_13(lines, sender, tap):
    """All data of one direction, TLS 1.3: records that its last key does not fit are older."""
    secret = lines[SECRETS[sender]]
    cipher = aead.AESGCM(expand(secret, b"key", KEY))
    iv = int.from_bytes(expand(secret, b"iv", 12), "big")
    data, number = b"", 0
    for header, body in tap.records():
        if header[0] != DATA:
            continue
        try:
            plain = cipher.decrypt((iv ^ number).to_bytes(12, "big"), body, header)
        except Exception:
            assert number == 0
            continue
        number += 1
        plain = plain.rstrip(b"\0")
        if plain[-1] == DATA:
            data += plain[:-1]
    return data


def decrypt_12(lines, sender, tap, randoms):
    """The same, TLS 1.2: the record's first bytes are the rest of its nonce."""
    client, server = randoms
    block = prf(lines[b"CLIENT_RANDOM"], b"key expansion" + server + client, 2 * (KEY + SALT))
    at = 0 if sender == "client" else 1
    cipher = aead.AESGCM(block[at * KEY :][:KEY])
    salt = block[2 * KEY + at * SALT :][:SALT]
    data, number = b"", 1  # after Finished
    for header, body in tap.records():
        if header[0] == DATA:
            size = len(body) - 8 - 16
            known = number.to_bytes(8, "big") + header[:3] + size.to_bytes(2, "big")
            data += cipher.decrypt(salt + body[:8], body[8:], known)
            number += 1
    return data


def carry(source, target, tap):
    try:
        while True:
            piece = source.bio_read(65536)
            tap.stream += piece
            target.bio_write(piece)
    except SSL.WantReadError:
        pass


@pytest.mark.parametrize("logs", ["client", "server"])
def test_decrypts(version, logs):
    contexts = {"client": support.client_context(), "server": support.server_context()}
    for context in contexts.values():
        peers.limit(context, version)
        if version == "1.3":
            context.set_tls13_ciphersuites(SUITES[version])
        else:
            context.set_cipher_list(SUITES[version])
    lines = {}

    def log(connection, line):
        label, random, secret = line.split(b" ")
        assert bytes.fromhex(random.decode()) == connection.client_random()
        lines[label] = bytes.fromhex(secret.decode())

    contexts[logs].set_keylog_callback(log)
    client, server = support.memory_pair(contexts["client"], contexts["server"])
    up, down = Tap(), Tap()
    done = set()
    while len(done) < 2:
        for one, other, tap in ((client, server, up), (server, client, down)):
            try:
                one.do_handshake()
                done.add(one)
            except SSL.WantReadError:
                pass
            carry(one, other, tap)
    for number in range(5):
        client.send(b"question %d" % number)
        carry(client, server, up)
        server.send(b"answer %d" % number)
        carry(server, client, down)
    if version == "1.3":
        found = decrypt_13(lines, "client", up), decrypt_13(lines, "server", down)
    else:
        randoms = client.client_random(), client.server_random()
        found = (
            decrypt_12(lines, "client", up, randoms),
            decrypt_12(lines, "server", down, randoms),
        )
    assert found[0] == b"".join(b"question %d" % number for number in range(5))
    assert found[1] == b"".join(b"answer %d" % number for number in range(5))
