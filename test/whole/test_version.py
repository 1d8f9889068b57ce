"""The package's names, its version among them."""

import re
import sys

import pytest

import OpenSSL
import support
from OpenSSL import version

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


def test_import_is_silent_and_brings_in_no_cryptography():
    found = support.run_script(
        "import sys, OpenSSL\n"
        "print([n for n in sys.modules if n.partition('.')[0] in ('cryptography', 'cffi')])"
    )
    assert found == "[]\n"
