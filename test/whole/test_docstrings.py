"""tools/docstrings.py: from a stub to the macros of a C header."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import support

TOOL = Path(__file__).resolve().parents[2] / "tools" / "docstrings.py"


def run(stub, target):
    return subprocess.run(
        [sys.executable, TOOL, stub, target],
        capture_output=True,
        text=True,
        timeout=support.TIMEOUT,
        check=False,
    )


@pytest.fixture
def macros(tmp_path):
    """A function that turns the text of a stub into the macros of its header."""

    def make(text, name="crypto"):
        stub, target = tmp_path / f"{name}.pyi", tmp_path / "made" / f"{name}_doc.h"
        stub.write_text('"""The module."""\n' + text, encoding="utf-8")
        result = run(stub, target)
        assert result.returncode == 0, result.stderr
        header = target.read_text(encoding="utf-8").replace("\\\n", "").replace("\\?", "?")
        defines = re.findall(r"^#define (\w+)((?: +\"(?:[^\"\\]|\\.)*\")+)$", header, re.MULTILINE)
        assert len(defines) == header.count("#define")
        return {macro: ast.literal_eval(f"({value})") for macro, value in defines}

    return make


@pytest.fixture
def refusal(tmp_path):
    """A function that gives what the tool says about a stub it must refuse."""

    def make(text):
        stub, target = tmp_path / "crypto.pyi", tmp_path / "crypto_doc.h"
        stub.write_text(text, encoding="utf-8")
        result = run(stub, target)
        assert result.returncode != 0
        assert "Traceback" not in result.stderr
        assert not target.exists()
        return result.stderr

    return make


def signature(doc):
    """What inspect makes of the signature at the head of a docstring."""
    head, found, _ = doc.partition("\n--\n\n")
    assert found
    # What inspect.signature calls for a function written in C; only a C type can carry the text.
    return str(inspect._signature_fromstr(inspect.Signature, object(), head[head.index("(") :]))


class TestNames:
    def test_of_functions_start_with_the_module(self, macros):
        text = 'def load(buffer: bytes) -> int:\n    """Load it."""\n'
        assert set(macros(text)) == {"crypto_module_doc", "crypto_load_doc"}

    def test_of_the_module_are_lower_case(self, macros):
        text = 'def OpenSSL_version(kind: int = 0) -> bytes:\n    """Which."""\n'
        assert set(macros(text, "SSL")) == {"ssl_module_doc", "ssl_OpenSSL_version_doc"}

    @pytest.mark.parametrize(
        ("name", "prefix"),
        [
            ("X509", "x509"),
            ("X509Name", "name"),
            ("X509Extension", "extension"),
            ("X509Req", "request"),
            ("X509Store", "store"),
            ("X509StoreContext", "storectx"),
            ("NetscapeSPKI", "spki"),
            ("_EllipticCurve", "curve"),
            ("PKCS12", "pkcs12"),
            ("Connection", "connection"),
        ],
    )
    def test_of_classes(self, macros, name, prefix):
        text = f'class {name}:\n    """It."""\n    def go(self) -> None:\n        """Go."""\n'
        made = macros(text)
        assert made[f"{prefix}_doc"] == "It."
        assert made[f"{prefix}_go_doc"] == "go($self, /)\n--\n\nGo."


class TestSignatures:
    @pytest.mark.parametrize(
        ("parameters", "expected"),
        [
            ("self", "(self, /)"),
            ("self, version: int", "(self, /, version)"),
            ("self, a: int, b: str | None = None", "(self, /, a, b=None)"),
            ("self, a: int = -1, b: bytes = b''", "(self, /, a=-1, b=b'')"),
            ("self, a: int = 0, *, flag: bool = False", "(self, /, a=0, *, flag=False)"),
            ("self, *args: object, **kwargs: object", "(self, /, *args, **kwargs)"),
            ("self, *rest: int, last: int", "(self, /, *rest, last)"),
            ("self, a: int, /, b: int", "(self, a, /, b)"),
        ],
    )
    def test_of_methods(self, macros, parameters, expected):
        made = macros(
            f'class C:\n    """It."""\n    def go({parameters}) -> None:\n        """Go."""\n'
        )
        assert signature(made["c_go_doc"]) == expected

    def test_of_functions(self, macros):
        made = macros('def f(a: int, b: int = 2) -> None:\n    """F."""\n')
        assert made["crypto_f_doc"] == "f($module, /, a, b=2)\n--\n\nF."

    def test_of_class_methods(self, macros):
        made = macros(
            'class C:\n    """It."""\n    @classmethod\n    def make(cls, a: int) -> C:\n        """Make."""\n'
        )
        assert made["c_make_doc"] == "make($type, /, a)\n--\n\nMake."

    def test_of_static_methods(self, macros):
        made = macros(
            'class C:\n    """It."""\n    @staticmethod\n    def make(a: int) -> C:\n        """Make."""\n'
        )
        assert made["c_make_doc"] == "make(a)\n--\n\nMake."

    def test_of_a_class_is_that_of_its_constructor(self, macros):
        made = macros(
            'class C:\n    """It."""\n    def __init__(self, a: int, b: int = 1) -> None: ...\n'
        )
        assert made["c_doc"] == "C(a, b=1)\n--\n\nIt."
        assert signature(made["c_doc"]) == "(a, b=1)"
        assert set(made) == {"crypto_module_doc", "c_doc"}

    def test_of_an_overload_is_the_first(self, macros):
        made = macros(
            'from typing import overload\nclass C:\n    """It."""\n'
            "    @overload\n    def get(self, a: int) -> int: ...\n"
            '    @overload\n    def get(self, a: int, b: str) -> str:\n        """Get."""\n'
        )
        assert made["c_get_doc"] == "get($self, /, a)\n--\n\nGet."


class TestText:
    def test_of_a_property_has_no_signature(self, macros):
        made = macros(
            'class C:\n    """It."""\n    @property\n    def size(self) -> int:\n        """How much."""\n'
            "    @size.setter\n    def size(self, value: int) -> None: ...\n"
        )
        assert made["c_size_doc"] == "How much."

    def test_of_an_attribute_stands_below_it(self, macros):
        made = macros(
            'class C:\n    """It."""\n    size: int\n    """How much."""\n    plain: int\n'
        )
        assert made["c_size_doc"] == "How much."
        assert "c_plain_doc" not in made

    def test_of_an_alias_has_its_own_name(self, macros):
        made = macros(
            'class C:\n    """It."""\n    def recv(self, n: int) -> bytes:\n        """Receive."""\n'
            "    read = recv\n"
        )
        assert made["c_read_doc"] == "read($self, /, n)\n--\n\nReceive."

    def test_below_a_condition_is_found(self, macros):
        made = macros(
            'import sys\nif sys.version_info >= (3, 12):\n    def f() -> None:\n        """F."""\n'
        )
        assert made["crypto_f_doc"] == "f($module, /)\n--\n\nF."

    def test_survives_as_it_is(self, macros):
        text = 'Quote "this", back\\slash, ??= a trigraph, tab\there.\n\nPlain:\n    indented, \u00e9\u2014.'
        made = macros(f"def f() -> None:\n    {text!r}\n")
        assert made["crypto_f_doc"].partition("\n--\n\n")[2].expandtabs() == text.expandtabs()

    def test_compiles(self, tmp_path):
        stub, target = tmp_path / "crypto.pyi", tmp_path / "crypto_doc.h"
        stub.write_text('"""Say "??/" and\n\n``\\\\0``\u2026"""\n', encoding="utf-8")
        assert run(stub, target).returncode == 0
        program = tmp_path / "show.c"
        program.write_text(
            '#include <stdio.h>\n#include "crypto_doc.h"\n'
            "int main(void) { return fputs(crypto_module_doc, stdout) < 0; }\n"
        )
        subprocess.run(
            ["cc", "-std=c11", program, "-o", tmp_path / "show"],
            check=True,
            timeout=support.TIMEOUT,
        )
        shown = subprocess.run(
            [tmp_path / "show"], capture_output=True, check=True, timeout=support.TIMEOUT
        )
        assert shown.stdout.decode() == 'Say "??/" and\n\n``\\0``\u2026'

    def test_is_written_only_when_it_changes(self, tmp_path):
        stub, target = tmp_path / "crypto.pyi", tmp_path / "crypto_doc.h"
        stub.write_text('"""One."""\n')
        run(stub, target)
        before = target.stat().st_mtime_ns
        run(stub, target)
        assert target.stat().st_mtime_ns == before
        stub.write_text('"""Two."""\n')
        run(stub, target)
        assert '"Two."' in target.read_text()


class TestRefusals:
    def test_name_everything_without_a_docstring(self, refusal):
        said = refusal(
            "def f() -> None: ...\nclass C:\n    def go(self) -> None: ...\n    def _own(self) -> None: ...\n"
            "    def __len__(self) -> int: ...\n"
        )
        assert "without a docstring: the module, C, C.go, f\n" in said

    def test_of_an_unspelled_default(self, refusal):
        said = refusal('"""M."""\ndef f(a: int = ...) -> None:\n    """F."""\n')
        assert "f: the default of a must be spelled out" in said

    def test_of_two_texts_for_one_macro(self, refusal):
        said = refusal(
            '"""M."""\nclass Crypto:\n    """C."""\n    def f(self) -> None:\n        """F."""\n'
            'def f() -> None:\n    """Other."""\n'
        )
        assert "two different texts for crypto_f_doc" in said
