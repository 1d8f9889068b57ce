"""The package's names, its version among them."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import OpenSSL
import support
from OpenSSL import SSL, version

NAMES = ["author", "copyright", "email", "license", "summary", "title", "uri", "version"]


@pytest.mark.parametrize("name", [f"__{name}__" for name in NAMES])
def test_is_a_str_here_and_in_version(name):
    assert type(getattr(version, name)) is str
    assert getattr(OpenSSL, name) == getattr(version, name)
    assert name in version.__all__
    assert name in OpenSSL.__all__


def test_version_is_plain():
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", OpenSSL.__version__)
    assert OpenSSL.__title__ == "pyOpenSSL"


def test_import_star_gives_the_modules():
    scope = {}
    exec("from OpenSSL import *", scope)
    for name in ("SSL", "crypto", "rand", "version"):
        assert scope[name] is sys.modules[f"OpenSSL.{name}"]


class TestWrongLibrary:
    """Who cannot be imported says why."""

    @pytest.fixture
    def package(self, tmp_path):
        """A copy of the package."""
        shutil.copytree(support.PACKAGE, tmp_path / "OpenSSL")
        return tmp_path / "OpenSSL"

    @staticmethod
    def said(package, **environment):
        environment["PYTHONPATH"] = str(package.parent)
        result = subprocess.run(
            [sys.executable, "-P", "-c", "import OpenSSL"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=support.TIMEOUT,
            check=False,
        )
        assert result.returncode == 1, result.stderr
        return result.stderr[result.stderr.index("ImportError: ") :].splitlines()

    def test_not_built(self, package):
        for path in package.glob("*.so"):
            path.unlink()
        error, note = self.said(package)
        assert "cannot import name" in error
        assert note == "pyOpenSSL's modules that are written in C are not here: build them."

    def test_missing(self, package):
        changed = 0
        for path in package.glob("*.so"):
            code = path.read_bytes()
            name = re.search(rb"libcrypto\.so\.(\d)\0", code)
            if name is not None:
                path.write_bytes(code.replace(name[0], name[0].replace(name[1], b"9")))
                changed += 1
        if not changed:
            pytest.skip("the library has another name here")
        error, note = self.said(package)
        words = (
            "libcrypto.so.9: cannot open shared object file|shared library libcrypto.so.9: No such"
        )
        assert re.search(words, error), error  # of glibc, of musl
        assert note == "pyOpenSSL was built with another OpenSSL than the one here: see INSTALL."

    @pytest.mark.parametrize(
        ("number", "fits"),
        [
            ("OPENSSL_VERSION_NUMBER", True),
            ("OPENSSL_VERSION_NUMBER & 0xfff00000", True),
            ("OPENSSL_VERSION_NUMBER + 0x00100000", True),
            ("OPENSSL_VERSION_NUMBER - 0x00100000", False),
            ("OPENSSL_VERSION_NUMBER + 0x10000000", False),
        ],
    )
    def test_of_another_version(self, package, tmp_path, number, fits):
        compiler = shutil.which("cc") or pytest.skip("needs a compiler")
        source, shim = tmp_path / "shim.c", tmp_path / "shim.so"
        number = number.replace("OPENSSL_VERSION_NUMBER", f"{SSL.OPENSSL_VERSION_NUMBER:#x}ul")
        source.write_text(f"unsigned long OpenSSL_version_num(void) {{ return {number}; }}\n")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", shim, source], check=True)
        preload = f"{os.environ.get('LD_PRELOAD', '')} {shim}".strip()
        if fits:
            support.run_script("import OpenSSL", LD_PRELOAD=preload)
            return
        [error] = self.said(package, LD_PRELOAD=preload)
        assert error.startswith("ImportError: pyOpenSSL was built with OpenSSL ")
        assert " and cannot run with OpenSSL " in error


def test_import_is_silent_and_brings_in_no_cryptography():
    found = support.run_script(
        "import sys, OpenSSL\n"
        "print([n for n in sys.modules if n.partition('.')[0] in ('cryptography', 'cffi')])"
    )
    assert found == "[]\n"
