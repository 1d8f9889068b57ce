"""A client that tells what happens on the wire, and leaves the keys for Wireshark.

SSLKEYLOGFILE=keys.txt python trace.py HOST PORT [CAFILE]
"""

import os
import socket
import sys

from OpenSSL import SSL, crypto


def keep_keys(context, path):
    """Append the secrets of each connection to a file that Wireshark reads."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(connection, line):
        os.write(descriptor, line + b"\n")

    context.set_keylog_callback(write)


def tell(connection, where, value):
    """Each step of the handshake, and each alert."""
    if where & SSL.SSL_CB_ALERT:
        way = "said" if where & SSL.SSL_CB_WRITE else "heard"
        level = "fatal" if value >> 8 == 2 else "warning"
        print(f"  {way} alert {value & 255} ({level})")
    elif where & SSL.SSL_CB_LOOP:
        print(" ", connection.get_state_string().decode())
    elif where & SSL.SSL_CB_HANDSHAKE_DONE:
        print("  done")


def judge(connection, cert, number, depth, ok):
    """Each certificate, and what is wrong with it; the verdict is OpenSSL's."""
    name = "/".join(
        value.decode(errors="replace") for _, value in cert.get_subject().get_components()
    )
    words = crypto.X509_verify_cert_error_string(number) if number else "good"
    print(f"  certificate {depth}: {name}: {words}")
    return ok


def main(host, port, cafile=None):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if cafile is None:
        context.set_default_verify_paths()
    else:
        context.load_verify_locations(cafile)
    context.set_verify(SSL.VERIFY_PEER, judge)
    context.set_info_callback(tell)
    if os.environ.get("SSLKEYLOGFILE"):
        keep_keys(context, os.environ["SSLKEYLOGFILE"])
    connection = SSL.Connection(context, socket.create_connection((host, port)))
    connection.set_tlsext_host_name(host.encode("idna"))
    connection.set_connect_state()
    try:
        connection.do_handshake()
        print(connection.get_protocol_version_name(), connection.get_cipher_name())
        connection.shutdown()
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:4])
