"""The C sources keep the rules of the house, and each rule is one that can be broken."""

import subprocess
import sys
from pathlib import Path

import pytest

import support

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "check_layers.py"


def run(root):
    return subprocess.run(
        [sys.executable, TOOL, root],
        capture_output=True,
        text=True,
        timeout=support.TIMEOUT,
        check=False,
    )


@pytest.fixture
def complaints(tmp_path):
    """A function that gives the complaints about one file with a text."""

    def check(name, text):
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        result = run(tmp_path)
        assert result.stderr == ""
        assert result.returncode == (1 if result.stdout else 0)
        return result.stdout.splitlines()

    return check


def test_the_sources_are_clean():
    result = run(ROOT)
    assert result.stdout == ""
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("util/a.c", '#include "crypto/api.h"', 'includes "crypto/api.h": util may not'),
        ("util/a.c", '#include "crypto_doc.h"', 'includes "crypto_doc.h": util may not'),
        ("crypto/a.c", '#include "ssl/state.h"', 'includes "ssl/state.h": crypto may not'),
        ("crypto/a.c", '#include "name.h"', 'includes "name.h": crypto may not'),
        ("rand/a.c", '#include "crypto/api.h"', 'includes "crypto/api.h": rand may not'),
        ("ssl/a.c", '#include "crypto/state.h"', 'includes "crypto/state.h": ssl may not'),
        ("ssl/a.c", "#include <Python.h>", "includes <Python.h>: only util/python.h may"),
        (
            "util/a.c",
            "#  include <openssl/ssl.h>",
            "includes <openssl/ssl.h>: only util/openssl.h may",
        ),
        ("util/a.c", "#if PY_VERSION_HEX > 1", "uses PY_VERSION_HEX"),
        ("ssl/a.c", "#if 1 && \\\n OPENSSL_VERSION_NUMBER", "uses OPENSSL_VERSION_NUMBER"),
        ("ssl/a.c", "#ifdef OPENSSL_NO_EC", "uses OPENSSL_NO_EC"),
        ("ssl/a.c", "void f(void) { PyEval_SaveThread(); }", "uses PyEval_SaveThread"),
        ("ssl/a.c", "void f(void) { PyGILState_Ensure(); }", "uses PyGILState_Ensure"),
        ("ssl/a.c", "void f(PyMutex *m);", "uses PyMutex"),
        ("ssl/a.c", "void f(void) { PyThread_get_thread_ident(); }", "uses PyThread_get"),
        ("ssl/a.c", "void f(void) { Py_BEGIN_ALLOW_THREADS }", "uses Py_BEGIN_ALLOW_THREADS"),
        ("ssl/a.c", "static _Thread_local int x;", "uses _Thread_local"),
        ("ssl/a.c", "void f(void) { pthread_mutex_lock(&m); }", "uses pthread_mutex_lock"),
        ("crypto/a.c", "void f(void) { ERR_clear_error(); }", "uses ERR_clear_error"),
        ("crypto/a.c", 'void f(void) { PyModule_AddObject(m, "x", o); }', "uses PyModule_Add"),
        (
            "crypto/a.c",
            'void f(void) { PyErr_NewException("x", 0, 0); }',
            "uses PyErr_NewException",
        ),
        ("rand/a.c", "void f(void) { Py_BEGIN_CRITICAL_SECTION(o); }", "uses Py_BEGIN_CRITICAL"),
        ("crypto/a.c", 'void f(void) { PyArg_ParseTuple(a, ""); }', "uses PyArg_ParseTuple"),
        ("crypto/a.c", "void f(void) { PyTuple_GET_SIZE(kwnames); }", "looks into kwnames"),
        ("ssl/a.c", "void f(void) { SSL_read (s, b, 1); }", "uses SSL_read: io_run"),
        ("ssl/a.c", "void f(void) { SSL_write_ex(s, b, 1, &n); }", "uses SSL_write_ex: io_run"),
        ("ssl/a.c", "void f(void) { SSL_do_handshake(s); }", "uses SSL_do_handshake: io_run"),
        ("ssl/a.c", "void f(void) { BIO_free(b); }", "uses BIO_free"),
        ("ssl/a.c", "void f(void) { poll(p, 1, 0); }", "uses poll"),
        ("util/a.c", "static int count;", "a variable that may change: int count"),
        ("util/a.c", "int count = 0;", "a variable that may change: int count"),
        (
            "util/a.c",
            "void\nf(void)\n{\n    static int count = 1;\n}",
            "a variable that may change: int count",
        ),
        ("util/a.c", "static const char *name;", "a variable that may change: const char *name"),
        (
            "util/a.c",
            'static const char *names[] = {"a"};',
            "a variable that may change: const char *names[]",
        ),
        ("util/a.c", "static int (*hook)(void);", "a variable that may change: int (*"),
        ("util/a.c", "static struct { int a; } it;", "a variable that may change: struct"),
        ("util/a.c", "int f(void); // why", "a // comment"),
        ("util/a.c", "/* TODO: more */", "unfinished: TODO"),
        ("util/a.c", "/* FIXME */", "unfinished: FIXME"),
        ("util/a.c", "/* XXX */", "unfinished: XXX"),
        ("util/a.c", "int f(void);\t", "a tab"),
        ("util/a.c", "/* " + 95 * "a" + " */", "a line of more than 100"),
        ("util/a.c", "\n" * 500, "501 lines"),
    ],
)
def test_a_rule_fires(complaints, name, text, complaint):
    said = complaints(name, text + "\n")
    assert any(line.partition(": ")[2].startswith(complaint) for line in said), said
    assert len(said) <= 2, said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("util/python.h", "#include <Python.h>\n#if PY_VERSION_HEX < 1\n#endif"),
        ("util/openssl.h", "#include <openssl/ssl.h>\n#ifdef OPENSSL_NO_EC\n#endif"),
        ("util/thread.c", "static _Thread_local memory mine;\nvoid f(PyMutex *m);"),
        ("util/error.c", "void f(void) { ERR_clear_error(); }"),
        ("util/args.c", "void f(void) { PyTuple_GET_SIZE(kwnames); }"),
        ("ssl/io.c", "void f(void) { SSL_read(s, b, 1); }"),
        ("ssl/transport.c", "#include <poll.h>\nvoid f(void) { poll(p, 1, BIO_NOCLOSE); }"),
        ("ssl/a.c", '#include "crypto/api.h"\n#include "util/args.h"\n#include "ssl_doc.h"'),
        ("crypto/a.c", "void f(BIO *b) { BIO_free(b); }"),
        (
            "crypto/a.c",
            "PyObject *f(PyObject *kwnames) { util_bind(&p, args, nargs, kwnames, given); }",
        ),
        ("ssl/a.c", '/* "SSL_read(s) and ERR_get_error // and static int x;" */'),
        ("ssl/a.c", 'const char *f(void) { return "// ERR_get_error()"; }'),
        ("ssl/constants.c", "#ifdef SSL_OP_X\n#endif\nint f(void) { return SSL_ERROR_SSL; }"),
        ("util/a.c", "static const int count = 1;"),
        ("util/a.c", 'static const char *const names[] = {"a"};'),
        ("util/a.c", "static const struct { int a; } rows[] = {{1}};"),
        ("util/a.c", "static PyMethodDef a_methods[] = {{NULL}};\nPyModuleDef a_module = {0};"),
        ("util/a.c", "static int\nf(const char *a, int b)\n{\n    int c = 1;\n    return c;\n}"),
        ("util/a.c", "static inline int f(void) { return 1; }\nstatic int g(void);"),
        ("util/a.c", "typedef struct {\n    int a;\n} thing;\nextern int f(void);\nstruct b;"),
        ("util/a.c", "UTIL_OWNER(x509, X509Object, X509, X509_free)\n\nstatic int f(void);"),
        ("util/a.c", "int f(void);\n" * 500),
    ],
)
def test_what_is_right_is_let_through(complaints, name, text):
    assert complaints(name, text + ("" if text.endswith("\n") else "\n")) == []
