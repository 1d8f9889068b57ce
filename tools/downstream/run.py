"""Run tests of packages that use OpenSSL, with this package and with the original.

    python tools/downstream/run.py [NAME...]

Each gets an environment of its own in build/downstream, with the newest original.  The tests come
from its source archive, or are those of the file test_NAME.py here.  Prints how many passed and
failed, and which tests end differently; the status is 1 if one of them is worse with ours.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/downstream"
ORIGINAL = "pyOpenSSL==26.4.0"


class Project(NamedTuple):
    name: str
    version: str
    needs: tuple[str, ...] = ()  # beside pytest
    tests: tuple[str, ...] = ()  # arguments for pytest; without any, the file here
    original: str = ORIGINAL


PROJECTS = [
    Project("service-identity", "26.1.0", ("idna",), ("tests",)),
    Project(
        "urllib3",
        "1.26.20",
        ("idna", "tornado", "PySocks", "trustme", "flaky", "mock", "pytest-freezegun")
        + ("python-dateutil", "brotli", "six"),
        ("test/contrib/test_pyopenssl.py", "test/contrib/test_pyopenssl_dependencies.py"),
    ),
    Project(
        "urllib3",
        "2.8.0",
        ("idna", "PySocks", "trustme", "pytest-socket", "h2", "httpx", "hypercorn", "quart")
        + ("quart-trio", "trio", "anyio"),
        # That one wants three connections to be slow enough for three threads.
        ("test/contrib/test_pyopenssl.py", "test/contrib/test_pyopenssl_dependencies.py")
        + ("-k", "not probe_blocked_per_thread"),
    ),
    Project(
        "cheroot",
        "11.1.2",
        (
            "trustme",
            "requests",
            "requests-unixsocket",
            "pytest-rerunfailures",
            "portend",
            "pypytools",
        )
        + ("jaraco.text", "jaraco.context", "pytest-mock", "requests-toolbelt"),
        ("cheroot/test/test_ssl.py", "-o", "addopts="),
    ),
    Project(
        "pyftpdlib",
        "2.2.0",
        ("psutil", "pytest-instafail", "pytest-xdist", "pyasyncore; python_version >= '3.12'"),
        ("tests/test_functional_ssl.py", "-o", "addopts="),
    ),
    Project(
        "Scrapy",
        "2.19.0",
        ("Twisted[http2]", "testfixtures", "pexpect", "sybil", "pytest-twisted", "pytest-xdist")
        + ("psutil", "pyftpdlib", "httpx", "pytest-asyncio", "pygments", "pytest-rerunfailures"),
        ("tests/test_utils_ssl.py", "tests/test_core_downloader.py")
        + ("tests/test_downloader_handler_twisted_http11.py",)
        + ("tests/test_downloader_handler_twisted_http2.py", "tests/test_http2_client_protocol.py")
        + ("--reactor=default", "-k", "not RealWebsite"),
    ),
    Project("acme", "5.9.0", (), ("src/acme", "--import-mode=importlib")),
    Project(
        "google-auth",
        "2.38.0",
        ("urllib3<2", "requests", "mock", "freezegun", "responses", "pytest-localserver", "cffi")
        + ("oauth2client", "flask", "aiohttp", "aioresponses", "cryptography", "pyu2f"),
        ("tests/transport/test__mtls_helper.py", "tests/transport/test__custom_tls_signer.py")
        + ("tests/transport/test_urllib3.py", "tests/transport/test_requests.py"),
    ),
    # The last with certificates of OpenSSL's; later ones have those of cryptography.
    Project("josepy", "1.15.0", (), ("tests",), "pyOpenSSL==24.3.0"),
    Project("treq", "26.7.0", ("idna", "Twisted[tls]", "httpbin"), ("src/treq/test",)),
    Project("eventlet", "0.41.3", (), ("tests/openssl_test.py",)),
    Project(
        "pymongo",
        "4.20.0",
        ("trustme", "service-identity", "requests", "cryptography", "pymongo[ocsp]"),
    ),
    Project("pysaml2", "7.5.5"),
    Project("impacket", "0.13.1"),
    Project("CherryPy", "18.10.0", ("trustme",)),
    Project("requests", "2.32.5", ("trustme", "urllib3==1.26.20")),
    Project("matrix-synapse", "1.163.2", ("trustme",)),
    # The newest for CPython 3.11; it wants an older original.
    Project("mitmproxy", "11.0.2", ("trustme",), (), "pyOpenSSL"),
]


def call(command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def prepare(project):
    """The folder of a project: its interpreter is in venv, its sources in source."""
    folder = BUILD / f"{project.name}-{project.version}"
    ready = folder / "ready"
    if ready.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    call([sys.executable, "-m", "venv", folder / "venv"])
    python = folder / "venv/bin/python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--cache-dir", ROOT / "build/pip"]
    wanted = f"{project.name}=={project.version}"
    call([*pip, "install", "-q", wanted, project.original, "pytest", "pytest-timeout"])
    if project.needs:
        call([*pip, "install", "-q", *project.needs, wanted, project.original])
    source = folder / "source"
    source.mkdir()
    if project.tests:
        call([*pip, "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder, wanted])
        (archive,) = folder.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        source.rmdir()
        (unpacked,) = {path for path in folder.iterdir() if (path / "PKG-INFO").exists()}
        unpacked.rename(source)
    ready.touch()
    return folder


def run(folder, project, ours):
    """{test: passed, failed or skipped}; None if the process crashed."""
    report = folder / ("ours.xml" if ours else "original.xml")
    report.unlink(missing_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if ours:
        environment["PYTHONPATH"] = str(ROOT)
    command = [folder / "venv/bin/python", "-P", "-m", "pytest", "-q", "-W", "ignore"]
    command += ["-p", "no:cacheprovider", "--timeout", "100", f"--junitxml={report}"]
    command += project.tests or [HERE / f"test_{project.name}.py", f"--rootdir={folder}"]
    with open(report.with_suffix(".log"), "wb") as log:
        subprocess.run(
            [str(word) for word in command],
            cwd=folder / "source",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=1200,
        )
    if not report.exists():
        return None
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        tags = {part.tag for part in case}
        outcome = "failed" if tags & {"failure", "error"} else "passed"
        if "skipped" in tags and outcome == "passed":
            outcome = "skipped"
        found[f"{case.get('classname')}.{case.get('name')}"] = outcome
    return found


def count(found):
    if found is None:
        return "crashed"
    outcomes = list(found.values())
    return f"{outcomes.count('passed')} passed, {outcomes.count('failed')} failed"


def main(names):
    worse = []
    for project in PROJECTS:
        if names and project.name not in names:
            continue
        folder = prepare(project)
        ours, original = (run(folder, project, which) for which in (True, False))
        title = f"{project.name} {project.version}"
        print(f"{title:26} ours {count(ours):24} original {count(original)}", flush=True)
        if ours is None:
            worse.append(title)
            continue
        for test in sorted(ours):
            before = "missing" if original is None else original.get(test, "missing")
            if ours[test] == "failed" and before != "failed":
                worse.append(f"{title} {test}")
                print(f"    {test}: {ours[test]}, with the original {before}", flush=True)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
