"""setup.py: what it builds, what it builds again, and what it says when it cannot."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import support

pytest.importorskip("setuptools")

ROOT = Path(__file__).resolve().parents[2]

MODULE = """\
#include <Python.h>
#include <openssl/opensslv.h>
#include "util/answer.h"
#include "{lower}_doc.h"

static PyModuleDef it = {{
    PyModuleDef_HEAD_INIT, .m_name = "OpenSSL.{name}", .m_doc = {lower}_module_doc,
}};

PyMODINIT_FUNC PyInit_{name}(void);

PyMODINIT_FUNC
PyInit_{name}(void)
{{
    PyObject *module = PyModule_Create(&it);

    PyModule_AddIntConstant(module, "answer", util_answer());
    PyModule_AddIntConstant(module, "version", OPENSSL_VERSION_MAJOR);
    return module;
}}
"""


@pytest.fixture
def project(tmp_path):
    """A small project with our build files: three modules of one function, which util has."""
    top = tmp_path / "project"
    for name in ("setup.py", "pyproject.toml", "README", "LICENSE", "OpenSSL/version.py"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, top / name)
    (top / "tools").mkdir()
    shutil.copy(ROOT / "tools/docstrings.py", top / "tools")
    (top / "OpenSSL/__init__.py").touch()
    for name in ("crypto", "rand", "SSL"):
        (top / f"OpenSSL/{name}.pyi").write_text(f'"""The {name} module."""\n')
        folder = top / "src" / name.lower()
        folder.mkdir(parents=True)
        (folder / f"{name.lower()}.c").write_text(MODULE.format(name=name, lower=name.lower()))
    (top / "src/util").mkdir()
    (top / "src/util/answer.h").write_text("int util_answer(void);\n")
    (top / "src/util/answer.c").write_text(
        '#include "util/answer.h"\n\nint\nutil_answer(void)\n{\n    return 42;\n}\n'
    )
    return top


def setup(top, *arguments, good=True, **environ):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYOPENSSL_")}
    for name in ("OPENSSL_DIR", "CFLAGS", "LDFLAGS"):
        clean.pop(name, None)
    result = subprocess.run(
        [sys.executable, "setup.py", *arguments],
        cwd=top,
        env={**clean, **environ},
        capture_output=True,
        text=True,
        timeout=2 * support.TIMEOUT - 10,
        check=False,
    )
    said = result.stdout + result.stderr
    assert (result.returncode == 0) == good, said
    return said


def build(top, *arguments, **options):
    return setup(top, "-q", "build_ext", "--inplace", *arguments, **options)


def ask(top, expression):
    code = f"from OpenSSL import crypto, rand, SSL; print({expression})"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=top,
        env={**os.environ, "PYTHONPATH": str(top)},
        capture_output=True,
        text=True,
        timeout=support.TIMEOUT,
        check=True,
    )
    return result.stdout.strip()


def compiled(said):
    return sorted(line.split()[1] for line in said.splitlines() if line.startswith("compile "))


class TestBuilding:
    def test_makes_three_modules_with_their_docs(self, project):
        said = build(project)
        assert "warning" not in said
        assert compiled(said) == [
            "src/crypto/crypto.c",
            "src/rand/rand.c",
            "src/ssl/ssl.c",
            "src/util/answer.c",
        ]
        assert ask(project, "crypto.answer, rand.answer, SSL.__doc__") == ("42 42 The SSL module.")

    def test_does_nothing_twice(self, project):
        build(project)
        before = {path: path.stat() for path in project.rglob("*.so")}
        assert build(project) == ""
        assert {path: path.stat() for path in project.rglob("*.so")} == before

    def test_builds_again_what_reads_a_changed_header(self, project):
        build(project)
        (project / "src/util/answer.h").write_text("int util_answer(void); /* new */\n")
        assert len(compiled(build(project))) == 4

    def test_builds_again_what_a_changed_docstring_is_for(self, project):
        build(project)
        (project / "OpenSSL/rand.pyi").write_text('"""Changed."""\n')
        assert compiled(build(project)) == ["src/rand/rand.c"]
        assert ask(project, "rand.__doc__") == "Changed."

    def test_builds_again_what_a_changed_source_is_for(self, project):
        build(project)
        source = project / "src/util/answer.c"
        source.write_text(source.read_text().replace("42", "43"))
        assert compiled(build(project)) == ["src/util/answer.c"]
        assert ask(project, "crypto.answer, rand.answer, SSL.answer") == "43 43 43"

    def test_keeps_variants_apart_and_puts_the_asked_one_in_place(self, project):
        source = project / "src/util/answer.c"
        source.write_text(
            "#include <assert.h>\nint util_answer(void);\n\nint\nutil_answer(void)\n{\n"
            "    int debug = 0;\n\n    assert((debug = 1));\n    return debug;\n}\n"
        )
        assert len(compiled(build(project))) == 4
        assert ask(project, "SSL.answer") == "0"
        assert len(compiled(build(project, PYOPENSSL_DEBUG="1"))) == 4
        assert ask(project, "SSL.answer") == "1"
        assert compiled(build(project)) == []
        assert ask(project, "SSL.answer") == "0"

    def test_shows_a_compiler_warning_and_goes_on(self, project):
        source = project / "src/util/answer.c"
        source.write_text(source.read_text().replace("return 42", "int unused = 1; return 42"))
        assert "unused" in build(project)
        build(project, PYOPENSSL_WERROR="1", good=False)

    def test_stops_at_a_compiler_error(self, project):
        (project / "src/util/answer.c").write_text("broken\n")
        assert "not compiled: src/util/answer.c" in build(project, good=False)

    def test_stops_at_a_missing_docstring(self, project):
        (project / "OpenSSL/rand.pyi").write_text("")
        said = build(project, good=False)
        assert "OpenSSL/rand.pyi: without a docstring: the module" in said
        assert "Traceback" not in said


class TestFindingOpenSSL:
    @pytest.fixture
    def other(self, tmp_path):
        """The prefix of an OpenSSL that calls itself version 99; its library is the system's."""
        prefix = tmp_path / "other"
        (prefix / "include/openssl").mkdir(parents=True)
        (prefix / "lib").mkdir()
        (prefix / "include/openssl/ssl.h").touch()
        (prefix / "include/openssl/opensslv.h").write_text(
            "#define OPENSSL_VERSION_MAJOR 99\n#define OPENSSL_VERSION_NUMBER 0x63000000L\n"
        )
        return prefix

    def test_by_openssl_dir(self, project, other):
        build(project, OPENSSL_DIR=str(other))
        assert ask(project, "crypto.version") == "99"

    def test_by_the_command_line(self, project, other):
        build(project, f"-I{other}/include", f"-L{other}/lib", OPENSSL_DIR="/nowhere")
        assert ask(project, "crypto.version") == "99"

    def test_by_pkg_config(self, project, other):
        program = other / "pkg-config"
        program.write_text(f"#!/bin/sh\necho -I{other}/include -L{other}/lib -lssl -lcrypto\n")
        program.chmod(0o755)
        build(project, PKG_CONFIG=str(program))
        assert ask(project, "crypto.version") == "99"

    def test_by_the_default_path(self, project):
        build(project, PKG_CONFIG="/nowhere/pkg-config")
        assert int(ask(project, "crypto.version")) in range(3, 99)

    @pytest.mark.parametrize("text", [None, "#define OPENSSL_VERSION_NUMBER 0x1010117fL\n"])
    def test_that_is_missing_or_too_old_is_told_in_one_screen(self, project, other, text):
        if text is None:
            (other / "include/openssl/ssl.h").write_text("#error missing\n")
        else:
            (other / "include/openssl/opensslv.h").write_text(text)
        said = build(project, OPENSSL_DIR=str(other), good=False)
        assert "libssl-dev" in said
        assert "openssl-devel" in said
        assert "apk add" in said
        assert "brew install openssl@3" in said
        assert "OPENSSL_DIR" in said and "brew --prefix openssl@3" in said  # which is not linked in
        assert len(said.splitlines()) < 24
        assert "Traceback" not in said

    def test_an_openssl_dir_without_it(self, project):
        """The system's own must not be taken in its place without a word."""
        said = build(project, OPENSSL_DIR="/nowhere", good=False)
        assert "there is no include/openssl/ssl.h in OPENSSL_DIR, /nowhere\n" in said
        assert "libssl-dev" in said
        assert "Traceback" not in said

    def test_libraries_that_are_missing(self, project, other):
        """Headers without the library: the linker says what it looks for."""
        (other / "lib/libcrypto.so").write_text("not a library")
        said = build(project, OPENSSL_DIR=str(other), good=False)
        assert "cannot be linked with crypto, see above" in said
        assert "libssl-dev" in said
        assert "Traceback" not in said

    def test_without_a_compiler_is_told_too(self, project):
        said = build(project, CC="/nowhere/cc", good=False)
        assert "a C compiler cannot be found" in said


class TestTestModules:
    def test_go_beside_the_tests(self, project):
        (project / "test").mkdir()
        probe = MODULE.format(name="_probe", lower="crypto").replace("OpenSSL._probe", "_probe")
        (project / "test/probe.c").write_text(probe)
        setup(project, "-q", "build_ext", "--inplace", "build_test")
        assert [path.name.partition(".")[0] for path in (project / "test").glob("*.so")] == [
            "_probe"
        ]

    def test_go_elsewhere_if_told(self, project):
        (project / "test").mkdir()
        probe = MODULE.format(name="_probe", lower="crypto").replace("OpenSSL._probe", "_probe")
        (project / "test/probe.c").write_text(probe)
        setup(project, "-q", "build_ext", "-b", "tree", "build_test", "-b", "tree")
        assert not list((project / "test").glob("*.so"))
        assert not list((project / "OpenSSL").glob("*.so"))
        assert len(list((project / "tree").glob("_probe*.so"))) == 1
        assert len(list((project / "tree/OpenSSL").glob("*.so"))) == 3


class TestDistribution:
    def test_archive_has_the_sources_and_no_products(self, project):
        shutil.copy(ROOT / "MANIFEST.in", project)
        (project / "test").mkdir()
        (project / "test/test_it.py").touch()
        build(project)
        setup(project, "-q", "sdist")
        (archive,) = (project / "dist").iterdir()
        with tarfile.open(archive) as content:
            names = {name.partition("/")[2] for name in content.getnames()}
        assert {"setup.py", "src/ssl/ssl.c", "src/util/answer.h", "OpenSSL/SSL.pyi"} <= names
        assert {"tools/docstrings.py", "test/test_it.py", "LICENSE", "README"} <= names
        assert not [name for name in names if name.endswith((".so", "_doc.h", ".o"))]

    def test_wheel_has_modules_stubs_and_metadata(self, project):
        (project / "OpenSSL/py.typed").touch()
        setup(project, "-q", "bdist_wheel")
        (wheel,) = (project / "dist").iterdir()
        with zipfile.ZipFile(wheel) as content:
            names = content.namelist()
            (metadata,) = (
                content.read(name).decode() for name in names if name.endswith("/METADATA")
            )
        version = {}
        exec((ROOT / "OpenSSL/version.py").read_text(), version)
        assert len([name for name in names if name.endswith(".so")]) == 3
        assert {"OpenSSL/SSL.pyi", "OpenSSL/py.typed"} <= set(names)
        assert wheel.name.lower().startswith(f"pyopenssl-{version['__version__']}-")
        head = metadata.partition("\n\n")[0].splitlines()
        assert "Name: pyOpenSSL" in head
        assert any("Apache-2.0" in line for line in head if line.startswith("License"))
        required = [line for line in head if line.startswith("Requires-Dist")]
        assert required == ['Requires-Dist: cryptography; extra == "cryptography"']
