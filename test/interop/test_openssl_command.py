"""The openssl command: what test/crypto does not ask of it.

``asn1parse``, which sees what is in an encoding without knowing what it means; ``ca`` with our
requests, keys and certificates; ``dgst``, ``smime`` and ``pkey``; and fields of every sort, drawn
by hypothesis, through our encoding and the command's eyes.
"""

import datetime
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from OpenSSL import crypto

PEM, ASN1 = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1

few = settings(max_examples=20)  # each starts a process or two


def parsed(der):
    """[(tag, value)] of an encoding, as asn1parse sees it; bytes are hexadecimal."""
    text = support.openssl("asn1parse", "-inform", "DER", "-dump", stdin=der).decode("latin-1")
    values, at = [], None
    for line in text.splitlines():
        if match := re.match(r" *\d+:d=.*?(?:prim|cons): (.*?)\s*(?::(.*))?$", line):
            at = [match[1], match[2] or ""]
            values.append(at)
        else:  # a hexadecimal dump: number, bytes, characters
            at[1] += re.sub(r"[ -]", "", line.strip()[7:55])
    return [tuple(one) for one in values]


def of_tag(values, *tags):
    return [value for tag, value in values if tag in tags]


def time_of(text):
    """A time in the form that our getters have."""
    if len(text) == 13:
        return (b"19" if text >= "5" else b"20") + text.encode()
    return text.encode()


# ---- things of ours ----

KINDS = ["rsa", "ec", "ed25519", "ed448"]


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def key(kind):
    return crypto.load_privatekey(PEM, support.new_key(kind))


def digest_for(key):
    return None if key.type() > 1000 else "sha256"


def certificate(key, *, serial=1, start=b"20240229123000Z", end=b"20510228123000Z", **more):
    cert = crypto.X509()
    cert.set_version(2)
    cert.set_serial_number(serial)
    for name, value in more.get("subject", {"CN": "ours"}).items():
        setattr(cert.get_subject(), name, value)
    cert.set_issuer(cert.get_subject())
    cert.set_notBefore(start)
    cert.set_notAfter(end)
    cert.set_pubkey(key)
    cert.add_extensions(more.get("extensions", ()))
    cert.sign(key, digest_for(key))
    return cert


def make_request(key, extensions=(), **subject):
    request = crypto.X509Req()
    request.set_pubkey(key)
    for name, value in subject.items():
        setattr(request.get_subject(), name, value)
    request.add_extensions(extensions)
    request.sign(key, digest_for(key))
    return request


def extension(name, value, critical=False):
    return crypto.X509Extension(name, critical, value)


def public(key):
    return crypto.dump_publickey(ASN1, key)


# ---- what is in an encoding ----

NAMES = st.dictionaries(
    st.sampled_from(["CN", "O", "OU", "L", "ST", "title"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    min_size=1,
    max_size=6,
)
TIMES = st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(9999, 12, 31)).map(
    lambda moment: moment.strftime("%Y%m%d%H%M%SZ").encode()
)
NUMBERS = st.lists(st.integers(0, 2**40), min_size=1, max_size=6).map(
    lambda rest: ".".join(map(str, [1, 3, 6, 1, 4, 1, *rest]))
)
EXTENSIONS = st.lists(
    st.tuples(NUMBERS, st.binary(min_size=1, max_size=60), st.booleans()), max_size=5
)


def octets(content):
    """DER of an OCTET STRING."""
    return b"\x04" + bytes([len(content)]) + content


def drawn(extensions):
    return [
        extension(number.encode(), b"DER:" + octets(content).hex(":").encode(), critical)
        for number, content, critical in extensions
    ]


def shown(extensions):
    return [(one.get_short_name(), one.get_critical(), one.get_data()) for one in extensions]


class TestAsn1parse:
    @few
    @given(NAMES, st.integers(0, 2**159), TIMES, TIMES, EXTENSIONS)
    def test_certificate(self, subject, serial, start, end, extensions):
        key = support.pki().ec_ca.pkey()
        made = drawn(extensions)
        cert = certificate(
            key, serial=serial, start=start, end=end, subject=subject, extensions=made
        )
        der = crypto.dump_certificate(ASN1, cert)
        values = parsed(der)
        version, number, *_ = of_tag(values, "INTEGER")
        assert (int(version, 16), int(number, 16)) == (2, serial)
        times = of_tag(values, "UTCTIME", "GENERALIZEDTIME")
        assert list(map(time_of, times)) == [start, end]
        # Numbers that openssl has a name for would be shown by it: compare what has none.
        numbers = of_tag(values, "OBJECT")
        assert [number for number in numbers if number[0] == "1"] == [
            each[0] for each in extensions
        ]
        assert of_tag(values, "OCTET STRING") == [
            octets(content).hex() for _, content, _ in extensions
        ]
        assert len(of_tag(values, "BOOLEAN")) == sum(critical for *_, critical in extensions)
        again = crypto.load_certificate(ASN1, der)
        found = [again.get_extension(i) for i in range(again.get_extension_count())]
        assert shown(found) == shown(made)
        assert [one.get_data() for one in found] == [octets(each[1]) for each in extensions]

    @few
    @given(NAMES, EXTENSIONS)
    def test_request(self, subject, extensions):
        made = drawn(extensions)
        request = make_request(support.pki().ec_ca.pkey(), made, **subject)
        der = crypto.dump_certificate_request(ASN1, request)
        values = parsed(der)
        assert of_tag(values, "INTEGER") == ["00"]
        numbers = of_tag(values, "OBJECT")
        assert [number for number in numbers if number[0] == "1"] == [
            each[0] for each in extensions
        ]
        assert ("Extension Request" in numbers) == bool(extensions)
        again = crypto.load_certificate_request(ASN1, der)
        assert shown(again.get_extensions()) == shown(made)
        assert again.get_subject().get_components() == [
            (name.encode(), value.encode()) for name, value in subject.items()
        ]

    @few
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2**159),
                TIMES,
                st.sampled_from([None, *crypto.Revoked().all_reasons()]),
            ),
            max_size=8,
        ),
        TIMES,
        TIMES,
    )
    def test_list(self, entries, last, following):
        authority = support.pki().ec_ca
        crl = crypto.CRL()
        for serial, date, reason in entries:
            revoked = crypto.Revoked()
            revoked.set_serial(b"%x" % serial)
            revoked.set_rev_date(date)
            revoked.set_reason(reason)
            crl.add_revoked(revoked)
        crl.set_lastUpdate(last)
        crl.set_nextUpdate(following)
        crl.sign(authority.x509(), authority.pkey(), b"sha256")
        der = crypto.dump_crl(ASN1, crl)
        values = parsed(der)
        numbers = of_tag(values, "INTEGER")
        has_reasons = any(reason for *_, reason in entries)
        if has_reasons:
            assert numbers.pop(0) == "01"  # version 2
        assert sorted(int(number, 16) for number in numbers) == sorted(e[0] for e in entries)
        times = list(map(time_of, of_tag(values, "UTCTIME", "GENERALIZEDTIME")))
        assert times[:2] == [last, following]
        assert sorted(zip((int(number, 16) for number in numbers), times[2:])) == sorted(
            entry[:2] for entry in entries
        )
        codes = [
            *(b"unspecified", b"keyCompromise", b"CACompromise", b"affiliationChanged"),
            *(b"superseded", b"cessationOfOperation", b"certificateHold", None, b"removeFromCRL"),
        ]
        reasons = [value for value in of_tag(values, "OCTET STRING") if value.startswith("0a01")]
        assert sorted(int(value[-2:], 16) for value in reasons) == sorted(
            codes.index(reason) for *_, reason in entries if reason
        )

    @pytest.mark.parametrize(
        "spelled, described",
        [
            ("UTF8String:n\u00e4me", "UTF8:n\u00e4me"),
            ("BMPString:abc", "BMP:abc"),
            ("PRINTABLESTRING:abc", "PRINTABLE:abc"),
            ("IA5STRING:a@b", "IA5:a@b"),
            ("INTEGER:0x123456789012345678901234567890", "INT:0x123456789012345678901234567890"),
            ("INTEGER:-5", "INT:-5"),
            ("ENUMERATED:5", "ENUM:5"),
            ("BOOLEAN:TRUE", "BOOL:TRUE"),
            ("NULL", "NULL"),
            ("OID:1.2.3.4", "OBJECT:1.2.3.4"),
            ("FORMAT:HEX,OCTETSTRING:010203", "FORMAT:HEX,OCT:010203"),
            ("FORMAT:BITLIST,BITSTRING:1,5", "FORMAT:BITLIST,BITSTR:1,5"),
            ("UTCTIME:240229123000Z", "UTC:240229123000Z"),
            ("GENERALIZEDTIME:20240229123000Z", "GENTIME:20240229123000Z"),
            ("EXPLICIT:2,INTEGER:1", "EXP:2,INT:1"),
            ("IMPLICIT:2,UTF8:x", "IMP:2,UTF8:x"),
        ],
    )
    def test_generated(self, spelled, described, tmp_path):
        """The bytes that ASN1: makes of a description are those that asn1parse -genstr makes."""
        path = tmp_path / "der"
        text = "FORMAT:UTF8," + described if "UTF8:n" in described else described
        support.openssl("asn1parse", "-noout", "-genstr", text, "-out", path)
        text = "FORMAT:UTF8," + spelled if "UTF8String:n" in spelled else spelled
        made = extension(b"1.2.3.4.5", b"ASN1:" + text.encode())
        assert made.get_data() == path.read_bytes()

    def test_keys(self, key, kind):
        """The object identifiers and the numbers in a key, private and public."""
        lines = crypto.dump_privatekey(PEM, key)
        der = support.openssl("pkey", "-outform", "DER", "-traditional", stdin=lines)
        assert crypto.dump_privatekey(ASN1, key) == der
        values = parsed(public(key))
        names = {"rsa": ["rsaEncryption"], "ec": ["id-ecPublicKey", "prime256v1"]}
        assert of_tag(values, "OBJECT") == names.get(kind, [kind.upper()])
        (bits,) = of_tag(values, "BIT STRING")
        assert bits.lower() == public(key)[-len(bits) // 2 :].hex()

    def test_spkac(self, pki):
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(pki.server.pkey())
        spki.sign(pki.server.pkey(), "sha384")
        der = support.openssl("base64", "-d", "-A", stdin=spki.b64_encode())
        values = parsed(der)
        assert of_tag(values, "OBJECT") == ["rsaEncryption", "sha384WithRSAEncryption"]
        assert public(pki.server.pkey()) in der

    def test_container(self, pki):
        """What protects a container, and whose password it takes."""
        container = crypto.PKCS12()
        container.set_certificate(pki.server.x509())
        container.set_privatekey(pki.server.pkey())
        der = container.export(b"secret", iter=3000, maciter=5000)
        values = parsed(der)
        assert of_tag(values, "INTEGER")[0] == "03"
        assert "pkcs7-data" in of_tag(values, "OBJECT")
        assert int(of_tag(values, "INTEGER")[-1], 16) == 5000


# ---- openssl x509, crl and req, on whatever hypothesis draws ----


class TestFields:
    @few
    @given(NAMES, st.integers(-(2**159), 2**159), TIMES)
    def test_x509(self, subject, serial, when):
        cert = certificate(
            support.pki().ec_ca.pkey(), serial=serial, start=when, end=when, subject=subject
        )
        options = ("-serial", "-dates", "-subject", "-nameopt", "RFC2253,dump_all,dump_der")
        text = support.openssl(
            "x509", "-noout", *options, stdin=crypto.dump_certificate(PEM, cert)
        ).decode()
        found = dict(line.split("=", 1) for line in text.splitlines())
        assert int(found["serial"], 16) == serial
        moment = datetime.datetime.strptime(when.decode(), "%Y%m%d%H%M%SZ")
        for label in ("notBefore", "notAfter"):
            theirs = datetime.datetime.strptime(found[label], "%b %d %H:%M:%S %Y GMT")
            assert theirs == moment
        values = re.findall(r"(\w+)=#0C([0-9A-F]+)", found["subject"])[::-1]
        assert [name for name, _ in values] == list(subject)
        for (_, dumped), value in zip(values, subject.values()):
            assert bytes.fromhex(dumped)[-len(value.encode()) :] == value.encode()

    @few
    @given(NAMES)
    def test_req(self, subject):
        """A subject of any text, made by the command, is read by us as it was meant."""
        request = make_request(support.pki().ec_ca.pkey(), **subject)
        text = support.openssl(
            *("req", "-noout", "-verify", "-subject", "-nameopt", "RFC2253,dump_all,dump_der"),
            stdin=crypto.dump_certificate_request(PEM, request),
        ).decode()
        values = re.findall(r"(\w+)=#0C([0-9A-F]+)", text)[::-1]
        assert [(name, bytes.fromhex(dumped)[-1:]) for name, dumped in values] == [
            (name, value.encode()[-1:]) for name, value in subject.items()
        ]

    @few
    @given(
        st.text(
            st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]),
            min_size=1,
            max_size=20,
        )
    )
    def test_made_by_req(self, value):
        """What -subj is given comes out of our getters."""
        escaped = re.sub(r"([\\/+=])", r"\\\1", value)
        key = support.pki().ec_ca.key_path
        pem = support.openssl(
            *("req", "-new", "-key", key, "-utf8", "-subj", f"/O=x/CN={escaped}"),
        )
        loaded = crypto.load_certificate_request(PEM, pem)
        assert loaded.get_subject().CN == value
        assert loaded.get_subject().get_components()[0] == (b"O", b"x")


# ---- openssl ca ----


class Authority:
    """A database for ``openssl ca``, around an authority that we have made."""

    def __init__(self, folder):
        self.folder = folder
        self.key = crypto.load_privatekey(PEM, support.new_key("rsa"))
        self.cert = certificate(
            self.key,
            subject={"O": "Ours", "CN": "Authority"},
            extensions=[extension(b"basicConstraints", b"CA:TRUE", True)],
        )
        (folder / "key").write_bytes(crypto.dump_privatekey(PEM, self.key))
        (folder / "cert").write_bytes(crypto.dump_certificate(PEM, self.cert))
        (folder / "index").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("07\n")
        (folder / "config").write_text(
            support.CA_CONFIG.format(folder=folder, extensions="", digest="sha256")
            .replace("rand_serial = yes", f"serial = {folder}/serial")
            .replace("[any]", f"copy_extensions = copy\ncrlnumber = {folder}/crlnumber\n[any]")
        )

    def __call__(self, *options):
        files = ("-keyfile", self.folder / "key", "-cert", self.folder / "cert")
        options = ("-batch", "-notext", "-config", self.folder / "config", *files, *options)
        return support.openssl("ca", *options)


class TestCa:
    @pytest.fixture(scope="class")
    def authority(self, tmp_path_factory):
        return Authority(tmp_path_factory.mktemp("ca"))

    def check(self, authority, cert):
        store = crypto.X509Store()
        store.add_cert(authority.cert)
        crypto.X509StoreContext(store, cert).verify_certificate()
        assert cert.get_issuer() == authority.cert.get_subject()

    def test_issues_for_our_request(self, authority, kind, key, tmp_path):
        wanted = [
            extension(b"subjectAltName", b"DNS:a.example, IP:192.0.2.1", True),
            extension(b"1.2.3.4.5", b"DER:0500"),
        ]
        request = make_request(key, wanted, C="DE", CN=f"asked with {kind}")
        path = tmp_path / "request"
        path.write_bytes(crypto.dump_certificate_request(PEM, request))
        number = int((authority.folder / "serial").read_text(), 16)
        pem = authority(
            *("-in", path, "-startdate", "20240229123000Z", "-enddate", "20510228123000Z"),
        )
        cert = crypto.load_certificate(PEM, pem)
        self.check(authority, cert)
        assert cert.get_subject() == request.get_subject()
        assert cert.get_serial_number() == number
        assert public(cert.get_pubkey()) == public(key)
        assert shown(cert.get_extension(i) for i in range(2)) == shown(wanted)
        assert (cert.get_notBefore(), cert.get_notAfter()) == (
            *(b"20240229123000Z", b"20510228123000Z"),
        )

    def test_issues_for_our_spkac(self, authority, pki, tmp_path):
        spki = crypto.NetscapeSPKI()
        spki.set_pubkey(pki.server.pkey())
        spki.sign(pki.server.pkey(), "sha256")
        path = tmp_path / "spkac"
        path.write_bytes(b"SPKAC=" + spki.b64_encode() + b"\nCN=from a browser\nO=Org\n")
        out = tmp_path / "cert"
        authority("-spkac", path, "-out", out, "-days", 30)
        cert = crypto.load_certificate(ASN1, out.read_bytes())  # -spkac writes DER
        self.check(authority, cert)
        assert sorted(cert.get_subject().get_components()) == [
            *((b"CN", b"from a browser"), (b"O", b"Org")),
        ]
        assert public(cert.get_pubkey()) == public(pki.server.pkey())

    @pytest.mark.parametrize("issuer", ["ours", "theirs"])
    def test_revokes(self, issuer, tmp_path):
        """Certificates that we or the command issued, revoked by the command for every reason."""
        authority = Authority(tmp_path)
        reasons = [
            *("unspecified", "keyCompromise", "CACompromise", "affiliationChanged"),
            *("superseded", "cessationOfOperation", "certificateHold", "removeFromCRL"),
        ]
        wanted = {}
        key = support.pki().ec_server.pkey()
        for number, reason in enumerate(reasons):
            path = tmp_path / reason
            if issuer == "ours":
                cert = certificate(key, serial=2**100 + number, subject={"CN": reason})
                cert.set_issuer(authority.cert.get_subject())
                cert.sign(authority.key, "sha256")
                path.write_bytes(crypto.dump_certificate(PEM, cert))
            else:
                request = tmp_path / "request"
                request.write_bytes(
                    crypto.dump_certificate_request(PEM, make_request(key, CN=reason))
                )
                path.write_bytes(authority("-in", request, "-days", 10))
                cert = crypto.load_certificate(PEM, path.read_bytes())
            authority("-revoke", path, "-crl_reason", reason)
            wanted[cert.get_serial_number()] = reason
        crl = crypto.load_crl(PEM, authority("-gencrl", "-crldays", "10"))
        assert crl.get_issuer() == authority.cert.get_subject()
        found = {}
        now = datetime.datetime.now(datetime.UTC)
        for entry in crl.get_revoked():
            reason = entry.get_reason()
            found[int(entry.get_serial(), 16)] = reason and reason.decode().replace(" ", "").lower()
            when = datetime.datetime.strptime(entry.get_rev_date().decode(), "%Y%m%d%H%M%S%z")
            assert abs((now - when).total_seconds()) < 3600
        # The command leaves out the reason that says nothing.
        assert found == {
            serial: None if reason == "unspecified" and found[serial] is None else reason.lower()
            for serial, reason in wanted.items()
        }
        text = crypto.dump_crl(crypto.FILETYPE_TEXT, crl).decode()
        assert re.search(r"CRL Number: \s*7\b", text)
        # Re-issued by us: the command takes it, with the same entries.
        again = crl.export(authority.cert, authority.key, PEM, 5, b"sha512")
        listed = support.openssl(
            *("crl", "-noout", "-text", "-CAfile", authority.folder / "cert"), stdin=again
        ).decode()
        assert {int(s, 16) for s in re.findall(r"Serial Number: (\w+)", listed)} == set(wanted)
        assert "sha512WithRSAEncryption" in listed


# ---- openssl dgst, smime and pkey ----


class TestDgst:
    @pytest.mark.parametrize("kind", ["rsa", "ec"], scope="module", indirect=True)
    @pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512", "sha3-256"])
    def test_signatures(self, key, kind, digest, tmp_path):
        data, signature, path = tmp_path / "data", tmp_path / "signature", tmp_path / "key"
        data.write_bytes(b"some\0data" * 1000)
        path.write_bytes(crypto.dump_privatekey(PEM, key))
        other = tmp_path / "public"
        other.write_bytes(crypto.dump_publickey(PEM, key))
        signature.write_bytes(crypto.sign(key, data.read_bytes(), digest))
        said = support.openssl(
            "dgst", f"-{digest}", "-verify", other, "-signature", signature, data
        )
        assert said == b"Verified OK\n"
        theirs = support.openssl("dgst", f"-{digest}", "-sign", path, data)
        cert = certificate(key)
        crypto.verify(cert, theirs, data.read_bytes(), digest)
        with pytest.raises(crypto.Error):
            crypto.verify(cert, theirs, data.read_bytes() + b"x", digest)

    @pytest.mark.parametrize("digest", ["md5", "sha1", "sha224", "sha384", "sha512", "sha3-512"])
    def test_digest_of_a_certificate(self, pki, digest):
        der = pki.server.cert_der
        said = support.openssl("dgst", f"-{digest}", "-hex", stdin=der).decode().split()[-1]
        ours = pki.server.x509().digest(digest)
        assert ours == bytes.fromhex(said).hex(":").upper().encode()
        assert said == hashlib.new(digest.replace("sha3-", "sha3_"), der).hexdigest()


class TestSmime:
    """Messages between holders of certificates that we have made."""

    @pytest.fixture(scope="class")
    def paths(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("smime")
        key = crypto.load_privatekey(PEM, support.new_key("rsa"))
        usage = extension(b"extendedKeyUsage", b"emailProtection")
        cert = certificate(key, subject={"emailAddress": "a@b.example"}, extensions=[usage])
        (folder / "key").write_bytes(crypto.dump_privatekey(PEM, key))
        (folder / "cert").write_bytes(crypto.dump_certificate(PEM, cert))
        return folder / "cert", folder / "key"

    @pytest.mark.parametrize("command", ["smime", "cms"])
    def test_signed(self, paths, command):
        cert, key = paths
        options = ("-sign", "-signer", cert, "-inkey", key, "-nodetach", "-outform", "PEM")
        message = support.openssl(command, *options, stdin=b"hello\n")
        message = message.replace(b"CMS-----", b"PKCS7-----")
        loaded = crypto.load_pkcs7_data(PEM, message)
        assert loaded.get_type_name() == b"pkcs7-signedData" and loaded.type_is_signed()
        said = support.openssl("smime", "-verify", "-CAfile", cert, "-inform", "PEM", stdin=message)
        assert said.replace(b"\r", b"") == b"hello\n"

    @pytest.mark.parametrize("command", ["smime", "cms"])
    def test_enveloped(self, paths, command):
        cert, key = paths
        der = support.openssl(
            *(command, "-encrypt", "-aes256", "-outform", "DER", cert), stdin=b"secret\n"
        )
        loaded = crypto.load_pkcs7_data(ASN1, der)
        assert loaded.get_type_name() == b"pkcs7-envelopedData" and loaded.type_is_enveloped()
        said = support.openssl(
            *(command, "-decrypt", "-inform", "DER", "-recip", cert, "-inkey", key), stdin=der
        )
        assert said.replace(b"\r", b"") == b"secret\n"

    def test_certificates_only(self, paths):
        pem = support.openssl("crl2pkcs7", "-nocrl", "-certfile", paths[0])
        loaded = crypto.load_pkcs7_data(PEM, pem)
        assert loaded.type_is_signed() and not loaded.type_is_data()
        listed = support.openssl("pkcs7", "-print_certs", stdin=pem)
        block = listed[listed.index(b"-----BEGIN") :].strip() + b"\n"
        assert block == paths[0].read_bytes()


class TestPkey:
    """The numbers in a key are the same in the command's eyes, whoever made it."""

    def text(self, pem, *options):
        return support.openssl("pkey", "-noout", "-text", *options, stdin=pem).decode()

    def test_ours(self, key, kind):
        text = self.text(crypto.dump_privatekey(PEM, key))
        whole = self.text(crypto.dump_publickey(PEM, key), "-pubin")
        bits = re.search(r"\((\d+) bit", text)
        if bits:
            assert int(bits[1]) == key.bits()
        # What the public key's text shows is a part of the private key's.
        dumped = re.sub(r"[^0-9a-f]", "", "".join(re.findall(r"^    +(.*)$", whole, re.MULTILINE)))
        if kind != "rsa":
            assert public(key).hex().endswith(dumped)
            assert dumped in re.sub(r"[^0-9a-f]", "", text)
        else:
            assert dumped in public(key).hex()
        assert support.openssl("pkey", "-check", "-noout", stdin=crypto.dump_privatekey(PEM, key))

    @pytest.mark.parametrize("made", ["RSA", "DSA"])
    def test_generated(self, made):
        key = crypto.PKey()
        key.generate_key(getattr(crypto, f"TYPE_{made}"), 1024)
        text = self.text(crypto.dump_privatekey(PEM, key))
        assert re.search(r"Private-Key: \((\d+) bit", text)[1] == "1024"
        if made == "RSA":
            assert "publicExponent: 65537 (0x10001)" in text
            assert key.check() is True
        said = support.openssl("pkey", "-check", "-noout", stdin=crypto.dump_privatekey(PEM, key))
        assert b"is valid" in said

    @pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "des3", "camellia-256-cbc"])
    def test_encrypted(self, key, cipher):
        pem = crypto.dump_privatekey(PEM, key, cipher, b"p word")
        plain = support.openssl("pkey", "-passin", "pass:p word", stdin=pem)
        assert plain == crypto.dump_privatekey(PEM, key)
        theirs = support.openssl(
            *("pkcs8", "-topk8", "-v2", cipher, "-passout", "pass:p word"), stdin=plain
        )
        loaded = crypto.load_privatekey(PEM, theirs, b"p word")
        assert public(loaded) == public(key)
