"""The main job from end to end: certificates, a server, and three kinds of client.

    python demo.py [MEBIBYTES]

Everything is made in a temporary folder and served on 127.0.0.1.
"""

import socket
import ssl
import subprocess
import sys
import tempfile
import threading

import echo_client
import echo_server
import make_certificates

from OpenSSL import SSL, __version__


def start_server(folder):
    listener = socket.create_server(("127.0.0.1", 0))
    context = echo_server.make_context(folder)
    threading.Thread(target=echo_server.serve, args=(listener, context), daemon=True).start()
    return listener


def try_openssl_command(folder, port):
    """The stock command as a client: it verifies, sends a line and gets it back."""
    command = [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost"),
        *("-CAfile", f"{folder}/ca.pem", "-verify_return_error", "-verify_hostname", "localhost"),
        *("-alpn", "echo/1", "-quiet", "-no_ign_eof"),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        process.stdin.write(b"hello from s_client\n")
        process.stdin.flush()
        line = process.stdout.readline()
        process.stdin.close()
    if line != b"hello from s_client\n":
        raise AssertionError(f"s_client got {line!r}")
    print("  openssl s_client: verified, echoed")


def try_standard_library(folder, port):
    """Python's own ssl as a client."""
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.set_alpn_protocols(["echo/2"])
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(b"hello from ssl")
            echoed, protocol = secure.recv(100), secure.selected_alpn_protocol()
            secure.unwrap()
    if (echoed, protocol) != (b"hello from ssl", "echo/2"):
        raise AssertionError(f"ssl got {echoed!r} by {protocol!r}")
    print("  Python's ssl: verified, echoed")


def main(mebibytes):
    version = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    print(f"pyOpenSSL {__version__} on {version}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        print("Making an authority, and a server's certificate with an encrypted key ...")
        make_certificates.write_all(folder)
        with start_server(folder) as listener:
            port = listener.getsockname()[1]
            print(f"Serving on port {port}.  Our own client:")
            echo_client.main(folder, port, mebibytes)
            print("Others' clients:")
            try_openssl_command(folder, port)
            try_standard_library(folder, port)
    print("All of it works.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 64)
