"""A client that knows whom it talks to, in ten lines.

python first_client.py HOST PORT
"""

import socket
import sys

from service_identity.pyopenssl import verify_hostname

from OpenSSL import SSL

host, port = sys.argv[1:]
context = SSL.Context(SSL.TLS_CLIENT_METHOD)
context.set_default_verify_paths()
context.set_verify(SSL.VERIFY_PEER)
connection = SSL.Connection(context, socket.create_connection((host, port)))
connection.set_tlsext_host_name(host.encode())
connection.set_connect_state()
connection.do_handshake()
verify_hostname(connection, host)
print(connection.get_protocol_version_name(), connection.get_cipher_name())
connection.close()
