"""Passphrases, as bytes and as callables: what they are asked, and what may go wrong."""

import contextlib
import functools
import gc
import os
import pty
import sys

import pytest

import support
from OpenSSL import crypto

PEM, ASN1 = crypto.FILETYPE_PEM, crypto.FILETYPE_ASN1
SECRET = b"correct horse"


@pytest.fixture(scope="module")
def key():
    return crypto.load_privatekey(PEM, support.new_key("ec"))


@pytest.fixture(scope="module")
def encrypted(key):
    return crypto.dump_privatekey(PEM, key, "aes-256-cbc", SECRET)


def public(key):
    return crypto.dump_publickey(PEM, key)


class Stop(BaseException):
    pass


class TestLoad:
    def test_bytes(self, key, encrypted):
        assert public(crypto.load_privatekey(PEM, encrypted, SECRET)) == public(key)

    def test_callable_is_asked_once_with_false(self, key, encrypted):
        asked = []

        def ask(*args):
            asked.append(args)
            return SECRET

        assert public(crypto.load_privatekey(PEM, encrypted, passphrase=ask)) == public(key)
        assert asked == [(False,)]

    @pytest.mark.parametrize("error", [ArithmeticError, KeyboardInterrupt, SystemExit, Stop])
    def test_what_a_callable_raises_comes_out(self, encrypted, error):
        raised = error("mine")

        def ask(writing):
            raise raised

        with pytest.raises(error) as caught:
            crypto.load_privatekey(PEM, encrypted, ask)
        assert caught.value is raised

    @pytest.mark.parametrize("answer", [3, "text", None, bytearray(SECRET), object()])
    def test_a_callable_must_give_bytes(self, encrypted, answer):
        with pytest.raises(ValueError, match="bytes"):
            crypto.load_privatekey(PEM, encrypted, lambda writing: answer)

    @pytest.mark.parametrize("ask", [lambda: SECRET, lambda *, writing: SECRET, int, print])
    def test_callables_of_a_wrong_shape(self, encrypted, ask):
        with pytest.raises((TypeError, ValueError)):
            crypto.load_privatekey(PEM, encrypted, ask)

    def test_a_subclass_of_bytes(self, key, encrypted):
        class Mine(bytes):
            pass

        for passphrase in (Mine(SECRET), lambda writing: Mine(SECRET)):
            assert public(crypto.load_privatekey(PEM, encrypted, passphrase)) == public(key)

    def test_empty(self, key):
        pem = crypto.dump_privatekey(PEM, key, "aes-256-cbc", b"")
        assert public(crypto.load_privatekey(PEM, pem, lambda writing: b"")) == public(key)
        for passphrase in (None, b"x"):
            with pytest.raises(crypto.Error):
                crypto.load_privatekey(PEM, pem, passphrase)

    def test_a_callable_that_lets_go_of_itself(self, encrypted):
        class Ask:
            def __call__(self, writing):
                holder.clear()
                gc.collect()
                return SECRET

        holder = [Ask()]
        assert crypto.load_privatekey(PEM, encrypted, holder[0])
        assert holder == []

    def test_each_thread_has_its_own_exception(self, encrypted):
        def work(number):
            def ask(writing):
                raise LookupError(number)

            for _ in range(20):
                with pytest.raises(LookupError) as caught:
                    crypto.load_privatekey(PEM, encrypted, ask)
                assert caught.value.args == (number,)

        support.run_together(*[functools.partial(work, number) for number in range(4)])

    def test_too_long(self, encrypted):
        for passphrase in (b"a" * 1025, lambda writing: b"a" * 1025):
            with pytest.raises(ValueError, match="too long"):
                crypto.load_privatekey(PEM, encrypted, passphrase)

    def test_as_long_as_may_be(self, key):
        longest = bytes(range(256)) * 4
        pem = crypto.dump_privatekey(PEM, key, "aes-256-cbc", longest)
        assert public(crypto.load_privatekey(PEM, pem, longest)) == public(key)
        with pytest.raises(crypto.Error):
            crypto.load_privatekey(PEM, pem, longest[:-1])

    def test_nul_counts(self, key):
        pem = crypto.dump_privatekey(PEM, key, "aes-256-cbc", b"before\0after")
        assert public(crypto.load_privatekey(PEM, pem, lambda writing: b"before\0after"))
        with pytest.raises(crypto.Error):
            crypto.load_privatekey(PEM, pem, b"before")

    def test_wrong(self, encrypted):
        with pytest.raises(crypto.Error) as caught:
            crypto.load_privatekey(PEM, encrypted, b"wrong")
        assert caught.value.args[0]

    @pytest.mark.parametrize("wrong", ["text", 1, object(), []])
    def test_wrong_type_comes_before_parsing(self, wrong):
        with pytest.raises(TypeError, match="passphrase"):
            crypto.load_privatekey(PEM, b"junk", wrong)

    def test_order_of_checks(self, encrypted):
        with pytest.raises(ValueError, match="type"):
            crypto.load_privatekey(100, encrypted, object())
        with pytest.raises(ValueError, match="FILETYPE_PEM"):
            crypto.load_privatekey(ASN1, encrypted, "text")

    def test_not_asked_for_a_plain_key(self, key):
        plain = crypto.dump_privatekey(PEM, key)

        def ask(writing):
            raise AssertionError

        assert public(crypto.load_privatekey(PEM, plain, ask)) == public(key)

    def test_traditional_encryption(self, key):
        pem = support.openssl(
            "ec",
            "-aes128",
            "-passout",
            "pass:old",
            stdin=crypto.dump_privatekey(PEM, key),
        )
        assert b"DEK-Info" in pem
        assert public(crypto.load_privatekey(PEM, pem, b"old")) == public(key)

    def test_a_callable_that_loads_another_key(self, key, encrypted):
        def ask(writing):
            crypto.load_privatekey(PEM, encrypted, lambda writing: SECRET)
            return SECRET

        assert public(crypto.load_privatekey(PEM, encrypted, ask)) == public(key)


class TestNobodyIsAskedOnTheTerminal:
    CODE = """
import base64, pathlib, sys
from OpenSSL import crypto
pem = pathlib.Path(sys.argv[1]).read_bytes()
try:
    crypto.load_privatekey(crypto.FILETYPE_PEM, pem)
except crypto.Error as error:
    assert error.args[0]
    print("Error")

# Anything in PEM can be encrypted, in the old way.
header = b"Proc-Type: 4,ENCRYPTED\\nDEK-Info: AES-128-CBC," + b"00" * 16 + b"\\n\\n"
for label, load in (
    (b"CERTIFICATE", crypto.load_certificate),
    (b"RSA PRIVATE KEY", crypto.load_privatekey),
    (b"PUBLIC KEY", crypto.load_publickey),
    (b"CERTIFICATE REQUEST", crypto.load_certificate_request),
    (b"X509 CRL", crypto.load_crl),
    (b"PKCS7", crypto.load_pkcs7_data),
):
    block = [b"-----BEGIN ", label, b"-----\\n", header, b"YWJj" * 8, b"\\n-----END ", label]
    try:
        load(crypto.FILETYPE_PEM, b"".join(block) + b"-----\\n")
    except crypto.Error as error:
        assert error.args[0]
        print(label.decode().replace(" ", "-"))

# And a key that is encrypted has an encoding too.
der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
for load in (crypto.load_privatekey, crypto.load_publickey):
    try:
        load(crypto.FILETYPE_ASN1, der)
    except crypto.Error:
        print("DER")
"""

    @pytest.mark.filterwarnings("ignore:This process")  # pytest-timeout has a thread
    def test_with_a_terminal(self, encrypted, tmp_path):
        path = tmp_path / "key.pem"
        path.write_bytes(encrypted)
        command = [sys.executable, "-c", self.CODE, str(path)]
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.executable, command)
        output = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while part := os.read(terminal, 1000):
                output += part
        os.waitpid(child, 0)
        os.close(terminal)
        assert output.decode().split() == [
            *("Error", "CERTIFICATE", "RSA-PRIVATE-KEY", "PUBLIC-KEY", "CERTIFICATE-REQUEST"),
            *("X509-CRL", "PKCS7", "DER", "DER"),
        ]


class TestDump:
    def test_the_command_can_read_it(self, key, encrypted):
        plain = support.openssl("pkey", "-passin", "pass:correct horse", stdin=encrypted)
        assert plain == crypto.dump_privatekey(PEM, key)

    def test_callable_is_asked_with_true(self, key):
        asked = []
        pem = crypto.dump_privatekey(
            type=PEM,
            pkey=key,
            cipher="aes-128-cbc",
            passphrase=lambda writing: asked.append(writing) or SECRET,
        )
        assert asked == [True]
        assert public(crypto.load_privatekey(PEM, pem, SECRET)) == public(key)

    @pytest.mark.parametrize("error", [ArithmeticError, KeyboardInterrupt, SystemExit, Stop])
    def test_what_a_callable_raises_comes_out(self, key, error):
        raised = error("mine")

        def ask(writing):
            raise raised

        with pytest.raises(error) as caught:
            crypto.dump_privatekey(PEM, key, "aes-128-cbc", ask)
        assert caught.value is raised

    @pytest.mark.parametrize("answer", [3, "text", None, b"a" * 1025])
    def test_wrong_answers(self, key, answer):
        with pytest.raises(ValueError):
            crypto.dump_privatekey(PEM, key, "aes-128-cbc", lambda writing: answer)

    def test_order_of_checks(self, key):
        with pytest.raises(TypeError, match="pkey"):
            crypto.dump_privatekey(crypto.FILETYPE_TEXT, object(), "no cipher")
        with pytest.raises(TypeError, match="passphrase"):
            crypto.dump_privatekey(100, key, "no cipher")
        with pytest.raises(ValueError, match="cipher"):
            crypto.dump_privatekey(PEM, key, "no cipher", "text")
        with pytest.raises(ValueError, match="FILETYPE_PEM"):
            crypto.dump_privatekey(ASN1, key, "aes-128-cbc", "text")
        with pytest.raises(TypeError, match="passphrase"):
            crypto.dump_privatekey(PEM, key, "aes-128-cbc", "text")
        with pytest.raises(TypeError, match="passphrase"):
            crypto.dump_privatekey(PEM, key, None, "text")
        for pkey in (key, crypto.PKey()):
            with pytest.raises(ValueError, match="type"):
                crypto.dump_privatekey(100, pkey)

    def test_without_a_cipher_it_is_not_used(self, key):
        assert crypto.dump_privatekey(PEM, key, None, SECRET) == crypto.dump_privatekey(PEM, key)

    def test_nul_in_the_name_of_a_cipher(self, key):
        with pytest.raises(ValueError, match="cipher"):
            crypto.dump_privatekey(PEM, key, "aes-128-cbc\0x", SECRET)
