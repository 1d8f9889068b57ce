"""A small certificate authority in a folder.

    python ca.py FOLDER init "Example Ltd"                 a root, and an intermediate below it
    python ca.py FOLDER server www.example.org 192.0.2.1   a key and a certificate for a server
    python ca.py FOLDER client "Alice" alice@example.org   the same for a person, also for browsers
    python ca.py FOLDER sign request.pem                   for a server that keeps its key at home
    python ca.py FOLDER revoke server.pem keyCompromise    declare a certificate void
    python ca.py FOLDER crl                                renew the revocation lists, from cron
    python ca.py FOLDER demo                               all of it

Who trusts FOLDER/root.pem can check what was issued, revocation included:

    openssl verify -crl_check_all -CAfile root.pem -untrusted intermediate.pem \\
        -CRLfile crls.pem www.example.org.pem

The authorities' keys are encrypted with the passphrase in the variable CA_PASSPHRASE, or typed in.
"""

import argparse
import contextlib
import fcntl
import getpass
import ipaddress
import json
import os
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from OpenSSL import crypto

PEM = crypto.FILETYPE_PEM
DAY = 24 * 3600
ROOT_DAYS, INTERMEDIATE_DAYS, LEAF_DAYS, LIST_DAYS = 7300, 3650, 397, 30
BITS = 2048

HOST = re.compile(
    r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
MAIL = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)


class Refused(Exception):
    """What was asked for will not be done."""


def new_key():
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, BITS)
    return key


def extension(name, value, critical=False, **certificates):
    return crypto.X509Extension(name.encode(), critical, value.encode(), **certificates)


def names_of(words):
    """The value of a subjectAltName for names of hosts and addresses.

    A comma would begin another name, so nothing is taken that is not clearly a name.
    """
    parts = []
    for word in words:
        try:
            parts.append(f"IP:{ipaddress.ip_address(word)}")
        except ValueError:
            if not HOST.fullmatch(word.lower()):
                raise Refused(f"{word!r} is no name of a host") from None
            parts.append(f"DNS:{word.lower()}")
    return ", ".join(parts)


def make_request(key, common_name, alternative_names):
    """A request, as it would be made by who keeps the key."""
    request = crypto.X509Req()
    request.get_subject().CN = common_name
    request.set_pubkey(key)
    request.add_extensions([extension("subjectAltName", alternative_names)])
    request.sign(key, "sha256")
    return request


def new_certificate(subject, key, days):
    cert = crypto.X509()
    cert.set_version(2)  # counted from zero
    cert.set_serial_number(secrets.randbits(158) + 1)  # not to be guessed (RFC 5280: 20 bytes)
    cert.set_subject(subject)
    cert.set_pubkey(key)
    cert.gmtime_adj_notBefore(-3600)  # clocks differ
    cert.gmtime_adj_notAfter(days * DAY)
    return cert


class Authority:
    """The files of an authority, all in one folder."""

    def __init__(self, folder, passphrase):
        self.folder = Path(folder)
        self.passphrase = passphrase

    # ---- files ----

    def write(self, name, data, secret=False):
        """Whole or not at all; *secret*: for nobody else to read."""
        path = self.folder / name
        draft = self.folder / f"{name}.new"
        mode = 0o600 if secret else 0o644
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        print(f"wrote {path}")

    def certificate(self, name):
        return crypto.load_certificate(PEM, (self.folder / f"{name}.pem").read_bytes())

    def key(self, name):
        pem = (self.folder / f"{name}.key").read_bytes()
        return crypto.load_privatekey(PEM, pem, self.passphrase())

    def keep(self, name, cert, key):
        pem = crypto.dump_privatekey(PEM, key, "aes-256-cbc", self.passphrase())
        self.write(f"{name}.key", pem, secret=True)
        self.write(f"{name}.pem", crypto.dump_certificate(PEM, cert))

    @contextlib.contextmanager
    def index(self):
        """What was issued and revoked, {serial number: facts}, for one process at a time.

        Changes are kept, unless something fails.
        """
        path = self.folder / "index.json"
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = path.read_text() if path.exists() else "{}"
            index = json.loads(before)
            yield index
            after = json.dumps(index, indent=1)
            if after != before:
                self.write("index.json", after.encode())

    # ---- making authorities ----

    def init(self, organization):
        (self.folder / "issued").mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self.folder / "root.pem").exists():
            raise Refused(f"there is an authority in {self.folder}")
        root_key, key = new_key(), new_key()
        root = self.make_authority(f"{organization} Root", root_key, ROOT_DAYS, "CA:TRUE")
        self.keep("root", root, root_key)
        issuing = self.make_authority(
            f"{organization} Issuing CA",
            key,
            INTERMEDIATE_DAYS,
            "CA:TRUE, pathlen:0",
            root,
            root_key,
        )
        self.keep("intermediate", issuing, key)
        self.renew_lists()

    def make_authority(self, common_name, key, days, constraints, issuer=None, issuer_key=None):
        request = crypto.X509Req()  # for an empty name to fill
        request.get_subject().CN = common_name
        cert = new_certificate(request.get_subject(), key, days)
        issuer = issuer or cert
        cert.set_issuer(issuer.get_subject())
        cert.add_extensions(
            [
                extension("basicConstraints", constraints, critical=True),
                extension("keyUsage", "keyCertSign, cRLSign", critical=True),
                extension("subjectKeyIdentifier", "hash", subject=cert),
            ]
        )
        # Its own is needed in the certificate before others can refer to it.
        cert.add_extensions([extension("authorityKeyIdentifier", "keyid:always", issuer=issuer)])
        cert.sign(issuer_key or key, "sha256")
        return cert

    # ---- issuing ----

    def issue(self, request, usage):
        """Sign a request.  Of its extensions only the names are taken over."""
        key = request.get_pubkey()
        request.verify(key)  # whoever asks has the private key
        is_rsa = key.type() == crypto.TYPE_RSA
        if is_rsa and key.bits() < BITS:
            raise Refused(f"the key has only {key.bits()} bits")
        names = [
            one for one in request.get_extensions() if one.get_short_name() == b"subjectAltName"
        ]
        if len(names) != 1:
            raise Refused("the request must have one extension with names, subjectAltName")
        issuer = self.certificate("intermediate")
        cert = new_certificate(request.get_subject(), key, LEAF_DAYS)
        cert.set_issuer(issuer.get_subject())
        key_usage = "digitalSignature, keyEncipherment" if is_rsa else "digitalSignature"
        cert.add_extensions(
            [
                extension("basicConstraints", "CA:FALSE", critical=True),
                extension("keyUsage", key_usage, critical=True),
                extension("extendedKeyUsage", usage),
                extension("subjectKeyIdentifier", "hash", subject=cert),
                extension("authorityKeyIdentifier", "keyid:always", issuer=issuer),
                *names,
            ]
        )
        cert.sign(self.key("intermediate"), "sha256")
        return self.register(cert, str(names[0]))

    def register(self, cert, names):
        """Write it down, then write it; gives back the name of its files.

        The intermediate comes behind it, as servers want it.
        """
        serial, subject = f"{cert.get_serial_number():x}", cert.get_subject().CN or "certificate"
        with self.index() as index:
            expires = cert.get_notAfter().decode()
            index[serial] = {"subject": subject, "names": names, "expires": expires}
        name = re.sub(r"[^\w.@-]", "_", subject).lstrip(".")
        if name in ("", "root", "intermediate", "crls"):
            name = f"{name}-{serial}"
        pem = crypto.dump_certificate(PEM, cert)
        self.write(f"issued/{serial}.pem", pem)
        self.write(
            f"{name}.pem", pem + crypto.dump_certificate(PEM, self.certificate("intermediate"))
        )
        print(f"for {subject}: {names}")
        return name

    def server(self, names):
        key = new_key()
        name = self.issue(make_request(key, names[0], names_of(names)), "serverAuth")
        self.write(f"{name}.key", crypto.dump_privatekey(PEM, key), secret=True)

    def client(self, person, address):
        if not MAIL.fullmatch(address):
            raise Refused(f"{address!r} is no address for mail")
        key = new_key()
        request = make_request(key, person, f"email:{address}")
        name = self.issue(request, "clientAuth, emailProtection")
        self.write(f"{name}.key", crypto.dump_privatekey(PEM, key), secret=True)
        container = crypto.PKCS12()
        container.set_privatekey(key)
        container.set_certificate(self.certificate(name))
        container.set_ca_certificates([self.certificate("intermediate"), self.certificate("root")])
        container.set_friendlyname(person.encode())
        passphrase = secrets.token_urlsafe(12)
        self.write(f"{name}.p12", container.export(passphrase.encode(), maciter=2048), secret=True)
        print(f"the passphrase of {name}.p12 is {passphrase}")

    def sign(self, path):
        request = crypto.load_certificate_request(PEM, Path(path).read_bytes())
        self.issue(request, "serverAuth")

    # ---- revoking ----

    def revoke(self, path, reason):
        cert = crypto.load_certificate(PEM, Path(path).read_bytes())
        with self.index() as index:
            facts = index.get(f"{cert.get_serial_number():x}")
            if facts is None or cert.get_issuer() != self.certificate("intermediate").get_subject():
                raise Refused(f"{path} was not issued here")
            facts.setdefault("revoked", datetime.now(UTC).strftime("%Y%m%d%H%M%SZ"))
            facts["reason"] = reason
        self.renew_lists()

    def renew_lists(self):
        """Sign both lists anew; they are needed as long as certificates are checked."""
        issued = crypto.CRL()
        with self.index() as index:  # held, so that an older list does not come last
            for serial, facts in index.items():
                if "revoked" in facts:
                    issued.add_revoked(self.entry(serial, facts))
            lists = b"".join(
                crl.export(self.certificate(name), self.key(name), days=LIST_DAYS, digest="sha256")
                for name, crl in (("root", crypto.CRL()), ("intermediate", issued))
            )
            self.write("crls.pem", lists)

    def entry(self, serial, facts):
        entry = crypto.Revoked()
        entry.set_serial(serial.encode())
        entry.set_rev_date(facts["revoked"].encode())
        if facts["reason"] != "unspecified":  # RFC 5280: better left out
            entry.set_reason(facts["reason"].encode())
        return entry


def demo(authority):
    authority.init("Example")
    authority.server(["www.example.org", "example.org", "192.0.2.1"])
    authority.server(["old.example.org"])
    authority.client("Alice", "alice@example.org")
    path = authority.folder / "request.pem"
    request = make_request(new_key(), "far.example.org", names_of(["far.example.org"]))
    path.write_bytes(crypto.dump_certificate_request(PEM, request))
    authority.sign(path)
    authority.revoke(authority.folder / "old.example.org.pem", "superseded")


def ask_passphrase():
    """Asked for once, and only if it is needed."""
    known = []

    def passphrase():
        if not known:
            typed = os.environ.get("CA_PASSPHRASE") or getpass.getpass("Authority's passphrase: ")
            if not typed:
                raise Refused("there must be a passphrase")
            known.append(typed.encode())
        return known[0]

    return passphrase


def parse(args):
    parser = argparse.ArgumentParser(description="A small certificate authority in a folder.")
    parser.add_argument("folder")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("organization")
    commands.add_parser("server").add_argument("names", nargs="+")
    client = commands.add_parser("client")
    client.add_argument("person")
    client.add_argument("address")
    commands.add_parser("sign").add_argument("path")
    revoke = commands.add_parser("revoke")
    revoke.add_argument("path")
    reasons = [reason.decode() for reason in crypto.Revoked().all_reasons()]
    reasons.remove("removeFromCRL")  # of lists that only tell what has changed
    revoke.add_argument("reason", nargs="?", default="unspecified", choices=reasons)
    commands.add_parser("crl")
    commands.add_parser("demo")
    return parser.parse_args(args)


def main(args):
    given = vars(parse(args))
    authority = Authority(given.pop("folder"), ask_passphrase())
    command = given.pop("command")
    try:
        if command == "demo":
            demo(authority)
        elif command == "crl":
            authority.renew_lists()
        else:
            getattr(authority, command)(**given)
    except (Refused, OSError, crypto.Error) as error:
        sys.exit(f"ca.py: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
