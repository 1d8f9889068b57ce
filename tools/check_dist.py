"""Look at what `make dist` has made, as those who get it will: check_dist.py FOLDER.

In FOLDER are the source archive and the wheel that was made from it.  Names, contents and metadata
are what they should be; twine accepts both; and each of them, installed into an environment of its
own, works.  Needs the network, for twine and for what pip builds the archive with.
"""

import email
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TWINE = "twine==7.0.0"
VERSION = re.search(r'__version__ = "(.*)"', (ROOT / "OpenSSL/version.py").read_text())[1]
PAPERS = {"LICENSE", "README", "INSTALL", "ChangeLog", "SECURITY.md"}
MADE = {"PKG-INFO", "setup.cfg"}
PYTHON_FILES = {path.name for path in (ROOT / "OpenSSL").glob("*.py*")} | {"py.typed"}
PRIVATE = re.compile(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----\s[A-Za-z0-9+/=\s]{100}", re.MULTILINE)


class DistError(Exception):
    """Something that must not go out."""


def demand(condition, complaint):
    if not condition:
        raise DistError(complaint)


def run(*command, **options):
    return subprocess.run(
        [*map(str, command)], check=True, stdout=subprocess.PIPE, text=True, **options
    ).stdout


def no_secrets(name, content):
    demand(not PRIVATE.search(content), f"{name} has a private key in it")


def tracked():
    """What git knows, or None outside of a clone."""
    try:
        names = run("git", "ls-files", "-z", cwd=ROOT, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return {name for name in names.split("\0") if name}


def check_archive(path):
    demand(path.name == f"pyopenssl-{VERSION}.tar.gz", f"{path.name}: the name")
    with tarfile.open(path) as archive:
        files = [member for member in archive if not member.isdir()]
        demand(all(member.isfile() for member in files), f"{path.name} has links in it")
        contents = {
            member.name.partition("/")[2]: archive.extractfile(member).read() for member in files
        }
    names = {name for name in contents if not name.startswith("pyOpenSSL.egg-info/")} - MADE
    known = tracked()
    if known is not None:
        demand(names <= known, f"not in the repository: {sorted(names - known)}")
        left_out = {name for name in known - names if not name.startswith(".git")}
        demand(not left_out, f"left out: {sorted(left_out)}")
    demand(names >= PAPERS, f"missing: {sorted(PAPERS - names)}")
    for name, content in contents.items():
        no_secrets(name, content)
    return f"{path.name}: {len(names)} files, all of them the repository's; no private key"


def check_metadata(text):
    found = email.message_from_string(text)
    required = found.get_all("Requires-Dist", [])
    demand(found["Name"] == "pyOpenSSL" and found["Version"] == VERSION, "name or version")
    demand(found["Requires-Python"] == ">=3.11", "the version of Python")
    demand(required == ['cryptography; extra == "cryptography"'], f"it requires {required}")
    demand("Apache-2.0" in (found["License"] or found["License-Expression"]), "the licence")
    demand(found["Description-Content-Type"] == "text/x-rst", "the description")


def check_wheel(path):
    demand(path.name.startswith(f"pyopenssl-{VERSION}-cp3"), f"{path.name}: the name")
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    info = f"pyopenssl-{VERSION}.dist-info/"
    package = {name.removeprefix("OpenSSL/") for name in contents if not name.startswith(info)}
    modules = {name for name in package if name.endswith(".so")}
    demand({name.partition(".")[0] for name in modules} == {"SSL", "crypto", "rand"}, "modules")
    demand(package - modules == PYTHON_FILES, f"it installs {sorted(package - modules)}")
    demand(
        any(name.startswith(info) and name.endswith("/LICENSE") for name in contents), "no licence"
    )
    for name, content in contents.items():
        no_secrets(name, content)
    check_metadata(contents[f"{info}METADATA"].decode())
    return f"{path.name}: {len(package)} files in OpenSSL; requires nothing"


ASK = """
import OpenSSL
from OpenSSL import SSL
assert OpenSSL.__version__ == {version!r}
print(OpenSSL.__file__, SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode())
"""


def check_installation(path, folder):
    """Install it where nothing else is, and do something with it."""
    venv.create(folder, clear=True, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", path)
    shown = run(python, "-m", "pip", "show", "-f", "pyOpenSSL")
    demand(re.search(r"^Requires: *$", shown, re.MULTILINE), f"pip shows:\n{shown}")
    said = run(python, "-P", "-c", ASK.format(version=VERSION), cwd=folder)
    demand(said.startswith(str(folder)), f"not what was installed: {said}")
    run(python, ROOT / "doc/examples/demo.py", "1", cwd=folder)
    run(python, "-P", "-m", "OpenSSL.debug", cwd=folder)
    return f"{path.name}: installed by itself, made a connection"


def check_twine(paths, folder):
    venv.create(folder, clear=True, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", TWINE)
    run(python, "-m", "twine", "check", "--strict", *paths)
    return f"{TWINE}: nothing to complain about"


def main(folder):
    [archive] = folder.glob("*.tar.gz")
    [wheel] = folder.glob("*.whl")
    work = folder / "check"
    for check, *arguments in (
        (check_archive, archive),
        (check_wheel, wheel),
        (check_twine, [archive, wheel], work / "twine"),
        (check_installation, wheel, work / "wheel"),
        (check_installation, archive, work / "archive"),
    ):
        print(check(*arguments), flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve())
    except DistError as error:
        sys.exit(f"check_dist: {error}")
