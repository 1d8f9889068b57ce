"""Build the three extension modules.

What OpenSSL to build against is told, in this order, by ``build_ext -I ... -L ...``, by the
environment variable OPENSSL_DIR (its ``include`` and ``lib``), or by pkg-config; without any of
them the compiler's own search path decides.  Switches, all by environment, for developers:

    PYOPENSSL_DEBUG=1             -O0 and assertions
    PYOPENSSL_SANITIZE=LIST       address,undefined or thread
    PYOPENSSL_COVERAGE=1          count which lines run (gcov)
    PYOPENSSL_WERROR=1            warnings are errors
    PYOPENSSL_JOBS=N              how many compilers run at once (2)
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, SetupError

sys.path.insert(0, str(Path(__file__).parent / "tools"))
import docstrings

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    "-Wno-missing-field-initializers",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wundef",
    "-Wvla",
    "-Wcast-function-type",
]
DEFINES = ["-DOPENSSL_API_COMPAT=30000", "-DOPENSSL_NO_DEPRECATED"]
STUBS = ["OpenSSL/crypto.pyi", "OpenSSL/rand.pyi", "OpenSSL/SSL.pyi"]

CHECKS = {
    "Python's headers": "#include <Python.h>\nint main(void) { return 0; }\n",
    "OpenSSL's headers": "#include <openssl/ssl.h>\n",
    "OpenSSL 3.0 or newer": """#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "too old"
#endif
""",
}
HELP = """\
pyOpenSSL cannot be built here: {what}


It needs a C compiler and the headers of OpenSSL 3.0 or newer and of Python.

    Debian, Ubuntu      apt-get install gcc libssl-dev python3-dev
    Fedora              dnf install gcc openssl-devel python3-devel
    Alpine              apk add gcc musl-dev openssl-dev python3-dev
    macOS               xcode-select --install; brew install openssl@3

An OpenSSL that lies elsewhere, as Homebrew's in "$(brew --prefix openssl@3)", is chosen with
OPENSSL_DIR=/its/prefix, with PKG_CONFIG_PATH, or with
"python setup.py build_ext -I/its/prefix/include -L/its/prefix/lib".  INSTALL tells more.
"""


def sources(*folders):
    """The C files of some folders, in a stable order."""
    return sorted(str(path) for folder in folders for path in Path(folder).glob("*.c"))


def headers():
    return sorted(str(path) for path in Path("src").rglob("*.h"))


def extension(name, files, libraries):
    return Extension(name, files, libraries=libraries, depends=headers())


def product():
    util = "src/util"
    return [
        extension("OpenSSL.crypto", sources(util, "src/crypto"), ["crypto"]),
        extension("OpenSSL.rand", sources(util, "src/rand"), ["crypto"]),
        extension("OpenSSL.SSL", sources(util, "src/ssl"), ["ssl", "crypto"]),
    ]


def test_modules():
    """Modules that only tests import: util's edges, and allocations that fail."""
    found = []
    if Path("test/probe.c").exists():
        found.append(extension("_probe", ["test/probe.c", *sources("src/util")], ["crypto"]))
    if Path("test/faults.c").exists():
        found.append(extension("_faults", ["test/faults.c"], ["crypto"]))
    return found


class Variant:
    """The flags that the environment asks for, and a name for the folder of what they make."""

    def __init__(self, environ):
        self.compile, self.link, words = [], [], []
        sanitize = environ.get("PYOPENSSL_SANITIZE", "")
        if sanitize:
            words.append(sanitize.replace(",", "-"))
            self.compile += ["-O1", "-g", "-UNDEBUG", "-fno-omit-frame-pointer"]
            self.compile += [f"-fsanitize={sanitize}", "-fno-sanitize-recover=all"]
            self.link += [f"-fsanitize={sanitize}"]
        if environ.get("PYOPENSSL_COVERAGE"):
            words.append("coverage")
            # Asserts stay out: nobody can make one fail, so they would count as never reached.
            self.compile += ["-O0", "-g", "-DNDEBUG", "--coverage", "-fprofile-update=atomic"]
            self.link += ["--coverage"]
        if environ.get("PYOPENSSL_DEBUG"):
            words.append("debug")
            self.compile += ["-O0", "-g", "-UNDEBUG"]
        if environ.get("PYOPENSSL_WERROR"):
            self.compile += ["-Werror"]
        self.name = f"{'-'.join(words) or 'release'}-{sysconfig.get_config_var('SOABI')}"


class OpenSSL:
    """Where the headers and libraries are, unless the command line tells."""

    def __init__(self, environ):
        self.include, self.lib, self.rpath = [], [], []
        prefix = environ.get("OPENSSL_DIR")
        if prefix:
            if not Path(prefix, "include/openssl/ssl.h").exists():
                found = f"there is no include/openssl/ssl.h in OPENSSL_DIR, {prefix}"
                raise SetupError(HELP.format(what=found))
            self.include = [str(Path(prefix, "include"))]
            self.lib = [
                str(Path(prefix, name)) for name in ("lib64", "lib") if Path(prefix, name).is_dir()
            ]
            self.rpath = self.lib
        else:
            for flag in self.pkg_config(environ.get("PKG_CONFIG", "pkg-config")):
                if flag.startswith("-I"):
                    self.include.append(flag[2:])
                elif flag.startswith("-L"):
                    self.lib.append(flag[2:])

    @staticmethod
    def pkg_config(program):
        command = [*shlex.split(program), "--cflags", "--libs", "openssl"]
        if shutil.which(command[0]) is None:
            return []
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return shlex.split(answer.stdout) if answer.returncode == 0 else []


class BuildExt(build_ext):
    """build_ext that compiles each file once, only when it must, and several at a time.

    The objects of src/util are the same for every module; an object is made again when its command,
    its source or any header that it read has changed.
    """

    source_folder = "."

    def initialize_options(self):
        super().initialize_options()
        self.variant = Variant(os.environ)

    def finalize_options(self):
        base = self.get_finalized_command("build").build_base
        ours = Path(base, self.variant.name)
        if self.build_temp is None:
            self.build_temp = str(ours / "objects")
        if self.build_lib is None and self.inplace:
            self.build_lib = str(ours / "modules")
        told = bool(self.include_dirs or self.library_dirs)
        super().finalize_options()
        # Python's own folders come as system headers instead, see command().
        self.python_headers = list(
            dict.fromkeys(sysconfig.get_path(name) for name in ("include", "platinclude"))
        )
        ignored = {*self.python_headers, str(Path(sys.exec_prefix, "include"))}
        self.include_dirs = [path for path in self.include_dirs if path not in ignored]
        if not told:
            found = OpenSSL(os.environ)
            # First of all: where Python is a shared library, its folder, the system's, is here too.
            self.include_dirs[:0] = found.include
            self.library_dirs[:0] = found.lib
            self.rpath += found.rpath
        self.doc_headers = str(Path(base, "doc-headers"))

    def command(self):
        """The compiler and every flag but the names of files."""
        macros = [
            f"-D{name}={value}" if value is not None else f"-D{name}"
            for name, value in self.define or ()
        ]
        macros += [f"-U{name}" for name in self.undef or ()]
        includes = [f"-I{path}" for path in ("src", self.doc_headers, *self.include_dirs)]
        system = [word for path in self.python_headers for word in ("-isystem", path)]
        return [
            *self.compiler.compiler_so,
            "-std=c11",
            "-fvisibility=hidden",
            "-fno-plt",  # a callback makes a dozen calls out of the module: straight ones
            *DEFINES,
            *WARNINGS,
            *self.variant.compile,
            *macros,
            *includes,
            *system,
        ]

    def build_extensions(self):
        self.check_extensions_list(self.extensions)
        for stub in STUBS:
            if Path(stub).exists():
                name = f"{Path(stub).stem.lower()}_doc.h"
                try:
                    docstrings.write(Path(stub), Path(self.doc_headers, name))
                except docstrings.StubError as error:
                    raise SetupError(str(error)) from None
        self.compile([source for ext in self.extensions for source in ext.sources])
        for ext in self.extensions:
            self.link(ext)

    def object_of(self, source):
        return Path(self.build_temp, source).with_suffix(".o")

    def compile(self, files):
        command = self.command()
        stale = [source for source in dict.fromkeys(files) if self.is_stale(source, command)]
        if stale:
            self.check_headers(command)
        jobs = int(os.environ.get("PYOPENSSL_JOBS", "2"))
        with ThreadPoolExecutor(jobs) as pool:
            failed = [
                source
                for source, good in pool.map(lambda s: (s, self.compile_one(s, command)), stale)
                if not good
            ]
        if failed:
            raise CompileError(f"not compiled: {', '.join(failed)}")

    def is_stale(self, source, command):
        """Whether the object is older than what it was made from, or made with other flags."""
        made = self.object_of(source)
        try:
            if self.force or made.with_suffix(".cmd").read_text() != shlex.join(command):
                return True
            rule = made.with_suffix(".d").read_text().replace("\\\n", " ")
            inputs = rule.partition(":")[2].replace("\\ ", "\0").split()
            then = made.stat().st_mtime_ns
            return any(os.stat(path.replace("\0", " ")).st_mtime_ns > then for path in inputs)
        except FileNotFoundError:
            return True

    def compile_one(self, source, command):
        made = self.object_of(source)
        recipe = made.with_suffix(".cmd")
        made.parent.mkdir(parents=True, exist_ok=True)
        recipe.unlink(missing_ok=True)
        full = [*command, "-MMD", "-MF", str(made.with_suffix(".d")), "-c", source, "-o", str(made)]
        result = subprocess.run(
            full, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        print(
            f"{shlex.join(full) if self.verbose else f'compile {source}'}\n{result.stdout}",
            end="",
            flush=True,
        )
        if result.returncode == 0:
            recipe.write_text(shlex.join(command))
        return result.returncode == 0

    def check_headers(self, command):
        """Say in one message what is missing, rather than in a thousand."""
        for what, text in CHECKS.items():
            probe = [*command, "-E", "-x", "c", "-"]
            try:
                result = subprocess.run(
                    probe, input=text, capture_output=True, text=True, check=False
                )
                good = result.returncode == 0
            except FileNotFoundError:
                what, good = "a C compiler", False
            if not good:
                compiler = shlex.join(self.compiler.compiler_so[:1])
                raise SetupError(HELP.format(what=f"{what} cannot be found by\n    {compiler}"))

    def link(self, ext):
        objects = [str(self.object_of(source)) for source in ext.sources]
        target = Path(self.get_ext_fullpath(ext.name))
        recipe = Path(self.build_temp, f"{ext.name}.link")
        words = [
            *self.compiler.linker_so,
            *objects,
            str(target),
            *self.compiler.library_dirs,
            *self.compiler.runtime_library_dirs,
            *ext.libraries,
            *self.variant.link,
        ]
        try:
            made = target.stat().st_mtime_ns
            if (
                not self.force
                and recipe.read_text() == shlex.join(words)
                and all(os.stat(path).st_mtime_ns <= made for path in objects)
            ):
                return
        except FileNotFoundError:
            pass
        if not self.verbose:
            print(f"link {target}", flush=True)
        target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.compiler.link_shared_object(
                objects,
                str(target),
                libraries=self.get_libraries(ext),
                extra_postargs=self.variant.link,
                export_symbols=self.get_export_symbols(ext),
                build_temp=self.build_temp,
                target_lang="c",
            )
        except LinkError:
            found = f"{ext.name} cannot be linked with {' and '.join(ext.libraries)}, see above"
            raise SetupError(HELP.format(what=found)) from None
        recipe.write_text(shlex.join(words))

    def copy_extensions_to_source(self):
        """Put what changed beside the Python files, so that no running test sees half a file."""
        for ext in self.extensions:
            name = self.get_ext_filename(ext.name)
            made, place = Path(self.build_lib, name), Path(self.source_folder, name)
            if place.exists() and self.identity(place) == self.identity(made):
                continue
            fresh = place.with_suffix(".new")
            shutil.copy2(made, fresh)
            os.replace(fresh, place)

    @staticmethod
    def identity(path):
        status = path.stat()
        return status.st_mtime_ns, status.st_size


class BuildTest(BuildExt):
    """build_test: the modules that only tests import, into test/ or, if given, --build-lib."""

    description = "build the modules that only the tests import"
    source_folder = "test"

    def initialize_options(self):
        super().initialize_options()
        self.inplace = True

    def finalize_options(self):
        self.inplace = self.build_lib is None
        super().finalize_options()
        self.extensions = test_modules()


setup(
    license="Apache-2.0",
    ext_modules=product(),
    cmdclass={"build_ext": BuildExt, "build_test": BuildTest},
)
