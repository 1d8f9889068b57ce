"""Run by the original's interpreter: does with one of its Connections what the other end says.

Each line of input, JSON as all of them, is a list, the name of a method and its arguments, and is
answered with one line, ["result", ...] or ["error", class, arguments].  Bytes travel as
{"hex": ...}.  The first is ["new", WISH]: a Connection as the dictionary WISH has it.
"""

import json
import socket
import sys

from OpenSSL import SSL, crypto


def pack(value):
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, crypto.X509):
        return pack(crypto.dump_certificate(crypto.FILETYPE_ASN1, value))
    if isinstance(value, (list, tuple)):
        return [pack(item) for item in value]
    return value


def unpack(value):
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(value, list):
        return [unpack(item) for item in value]
    return value


class Peer:
    """A Connection, and what its callbacks have seen."""

    def __init__(self, wish):
        self.wish = wish
        self.seen = {"keys": [], "names": [], "offered": [], "staple": []}
        self.context = self.make_context()
        self.connection = self.make_connection()

    def make_context(self):
        wish = self.wish
        context = SSL.Context(getattr(SSL, wish["method"]))
        context.set_options(wish.get("options", 0))
        if "version" in wish:
            context.set_min_proto_version(wish["version"])
            context.set_max_proto_version(wish["version"])
        if "chain" in wish:
            context.use_certificate_chain_file(wish["chain"])
            context.use_privatekey_file(wish["key"])
        if "trusted" in wish:
            context.load_verify_locations(wish["trusted"])
            context.set_verify(
                SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if wish["server"] else 0)
            )
        if wish["server"]:
            context.set_session_id(b"original")
        self.set_callbacks(context)
        return context

    def set_callbacks(self, context):
        seen, wish = self.seen, self.wish
        context.set_keylog_callback(lambda _, line: seen["keys"].append(line))
        if "srtp" in wish:
            context.set_tlsext_use_srtp(unpack(wish["srtp"]))
        context.set_cookie_generate_callback(lambda _: b"cookie")
        context.set_cookie_verify_callback(lambda _, cookie: cookie == b"cookie")
        if wish["server"]:
            context.set_tlsext_servername_callback(
                lambda connection: seen["names"].append(connection.get_servername())
            )
            if "alpn" in wish:
                context.set_alpn_select_callback(
                    lambda _, offered: (seen["offered"].extend(offered), unpack(wish["alpn"]))[1]
                )
            if "staple" in wish:
                context.set_ocsp_server_callback(lambda _, data: unpack(wish["staple"]))
        else:
            if "alpn" in wish:
                context.set_alpn_protos(unpack(wish["alpn"]))
            context.set_ocsp_client_callback(
                lambda _, staple, data: seen["staple"].append(staple) or True
            )

    def make_connection(self):
        port = self.wish.get("port")
        end = None if port is None else socket.create_connection(("127.0.0.1", port))
        connection = SSL.Connection(self.context, end)
        if self.wish["server"]:
            connection.set_accept_state()
        else:
            connection.set_connect_state()
        return connection

    # ---- beside the Connection's methods ----

    def ask(self, what):
        """What callbacks were given."""
        return self.seen[what]

    def again(self):
        """A new Connection, with the session of the one before it if it is a client's."""
        session = None if self.wish["server"] else self.connection.get_session()
        self.connection = self.make_connection()
        if session is not None:
            self.connection.set_session(session)

    def receive(self, size):
        """Exactly so many bytes."""
        data = b""
        while len(data) < size:
            data += self.connection.recv(size - len(data))
        return data

    def run(self, name, *args):
        method = getattr(self, name, None) or getattr(self.connection, name)
        return method(*map(unpack, args))


def main():
    peer = None
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            if name == "new":
                peer = Peer(*args)
                answer = "result", None
            else:
                answer = "result", pack(peer.run(name, *args))
        except Exception as error:
            answer = "error", type(error).__name__, pack(error.args)
        print(json.dumps(answer), flush=True)


main()
