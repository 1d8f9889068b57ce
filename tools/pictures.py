"""Draw the manual's pictures, each from a few lines of text: pictures.py FOLDER.

doc/conf.py calls draw_all().
"""

import re
import sys
from pathlib import Path

from plots import svg, text

LINE, HELD, WAITS, PALE = "#9aa5b1", "#2a6f97", "#e0a458", "#eef2f5"
WIDTH = 520  # a narrow window shows it at three quarters of its size

# A layer in each line, and what is in it.  -> looks into its neighbour.
LAYERS = """
Python: your program = or Twisted, Scrapy, urllib3 ...
this package: OpenSSL.SSL = TLS, DTLS | OpenSSL.crypto = certificates | OpenSSL.rand = random bytes
the system's OpenSSL: libssl | libcrypto
the system: sockets | files of certificates | openssl.cnf
"""

SOURCES = """
a module each: src/ssl = OpenSSL.SSL -> src/crypto = OpenSSL.crypto | src/rand = OpenSSL.rand
in each of them: src/util = arguments, errors, locks, leaving the interpreter
other people's: Python.h | openssl/*.h
"""

# > and < are messages, to the server and to the client; c and s is what happens at the two ends.
HANDSHAKE = """
> hello: name, protocols, ciphers
s set_tlsext_servername_callback
s set_alpn_select_callback
s set_ocsp_server_callback
< hello, certificate, OCSP answer, finished
c set_verify
c set_ocsp_client_callback
> certificate, if asked for; finished
c do_handshake returns
s set_verify
s do_handshake returns
< tickets
c they arrive with the first recv
"""

# Time goes from left to right: = something is held, . it is waited for.
LOCKS = """
Thread 1: connection.recv(100), and the peer is slow
turn to read            ==================================================
mutex                   ==                  ==                          ==
network                   ..................  ..........................
Thread 2: connection.sendall(data), meanwhile
turn to write                 ==============================
mutex                         ==    ==      ..==    ========
network                         ....  ......    ....
Thread 3: other.do_handshake(), with the same Context
turn to write               ======================================
mutex                       ====            ====            ======
Context, to read            ====            ====            ..====
network                         ............    ............
Thread 4: context.set_verify(...), and later context.use_certificate(...)
Context, to write                            ...==         ===
"""


def rectangle(x, y, width, height, colour, line="none"):
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2" fill="{colour}" '
        f'stroke="{line}"/>'
    )


def arrow(start, end, y):
    tip = end - 9 if end > start else end + 9
    return [
        f'<path d="M{start} {y} H{tip}" stroke="{HELD}" stroke-width="2"/>',
        f'<path d="M{tip} {y - 5} L{end} {y} L{tip} {y + 5} z" fill="{HELD}"/>',
    ]


def bold(x, y, words, anchor="start"):
    return f'<g font-weight="bold">{text(x, y, words, anchor)}</g>'


def layers(lines):
    """Boxes, one row above the other: whoever is above uses what is below."""
    parts, y = [], 0
    for line in lines.strip().splitlines():
        name, _, row = line.partition(": ")
        boxes, gap = re.split(r" \| | -> ", row), 28 if "->" in row else 8
        width = (WIDTH - 2 - gap * (len(boxes) - 1)) / len(boxes)
        parts.append(text(1, y + 16, name))
        for place, box in enumerate(boxes):
            x = 1 + place * (width + gap)
            if f"-> {box}" in row:
                parts += arrow(round(x - gap, 1), round(x, 1), y + 45)
            title, _, about = box.partition(" = ")
            parts.append(rectangle(round(x, 1), y + 23, round(width, 1), 44, PALE, LINE))
            middle = round(x + width / 2, 1)
            parts.append(bold(middle, y + (42 if about else 50), title, "middle"))
            if about:
                parts.append(text(middle, y + 60, about, "middle"))
        y += 78
    return svg(WIDTH, y, parts)


def sequence(lines):
    """Two ends, what goes back and forth, and what happens at each, from top to bottom."""
    left, right, y = 30, WIDTH - 30, 44
    parts = []
    for line in lines.strip().splitlines():
        kind, _, words = line.partition(" ")
        if kind in "<>":
            start, end = (left, right) if kind == ">" else (right, left)
            parts.append(text(WIDTH // 2, y, words, "middle"))
            y += 9
            parts += arrow(start, end, y)
            y += 26
        else:
            x, anchor = (left, "start") if kind == "c" else (right, "end")
            parts.append(f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{WAITS}"/>')
            parts.append(text(x + (10 if kind == "c" else -10), y, words, anchor))
            y += 24
    poles = [
        f'<path d="M{x} 28 V{y - 6}" stroke="{LINE}" stroke-width="2"/>' for x in (left, right)
    ]
    titles = [bold(left, 18, "Client", "middle"), bold(right, 18, "Server", "middle")]
    return svg(WIDTH, y, [*titles, *poles, *parts])


def runs(bar):
    """(start, length, character) of whatever is not a space."""
    return [(one.start(), len(one[0]), one[0][0]) for one in re.finditer(r"=+|\.+", bar)]


def timeline(lines):
    """Who holds what while, and who waits for it."""
    left, step, y = 124, (WIDTH - 126) / 50, 20
    parts = [
        *(rectangle(left, 2, 12, 12, HELD), text(left + 18, 13, "holds it")),
        *(rectangle(left + 110, 5, 12, 6, WAITS), text(left + 128, 13, "waits for it")),
        text(WIDTH - 1, 13, "time \N{RIGHTWARDS ARROW}", "end"),
    ]
    for line in lines.strip().splitlines():
        if ": " in line:
            y += 30
            parts.append(bold(1, y, line))
            y += 4
            continue
        name, bar = line[:24].strip(), line[24:]
        y += 17
        parts.append(text(left - 8, y, name, "end"))
        for start, length, kind in runs(bar):
            x, width = round(left + start * step, 1), round(length * step, 1)
            if kind == "=":
                parts.append(rectangle(x, y - 11, width, 12, HELD))
            else:
                parts.append(rectangle(x, y - 8, width, 6, WAITS))
    return svg(WIDTH, y + 8, parts)


PICTURES = {
    "layers": (layers, LAYERS),
    "sources": (layers, SOURCES),
    "handshake": (sequence, HANDSHAKE),
    "locks": (timeline, LOCKS),
}


def draw_all(folder):
    folder.mkdir(exist_ok=True)
    for name, (draw, lines) in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw(lines), encoding="utf-8")


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]))
