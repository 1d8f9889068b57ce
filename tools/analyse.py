"""Run clang-tidy and cppcheck over the C sources, with the flags that setup.py compiles them with.

python tools/analyse.py [FILE...]      src/ and the test modules by default
"""

import os
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docstrings

ROOT = Path(__file__).resolve().parent.parent
DEFINES = ["-DOPENSSL_API_COMPAT=30000", "-DOPENSSL_NO_DEPRECATED"]
INCLUDES = ["-Isrc", "-Ibuild/doc-headers"]
CPPCHECK = [
    "cppcheck",
    "--quiet",
    "--error-exitcode=1",
    "--enable=warning,performance,portability",
    "--inline-suppr",
    "--std=c11",
    "--library=python",
    "--suppress=normalCheckLevelMaxBranches",
    # The compiler tells, and knows the macros that return.
    "--suppress=missingReturn",
    # Who waits is in a list while it waits, and stands on its own stack.
    "--suppress=autoVariables",
    # The other sides of the #ifs are for other versions.
    "-DPY_VERSION_HEX=0x030d0000",
    "-DOPENSSL_VERSION_NUMBER=0x30500000L",
]


def run(command: list[str]) -> tuple[bool, str]:
    result = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode == 0, result.stdout


def tidy(path: str) -> tuple[bool, str]:
    program = str(Path(sys.executable).parent / "clang-tidy")
    headers = ["-isystem", sysconfig.get_path("include")]
    good, said = run(
        [program, "--quiet", path, "--", "-std=c11", *DEFINES, *INCLUDES, *headers, "-UNDEBUG"]
    )
    # It counts, on every run, the warnings that it does not show.
    lines = [line for line in said.splitlines() if not line.endswith("warnings generated.")]
    return good, "\n".join(lines)


def write_doc_headers() -> None:
    """What the sources include and setup.py makes; nothing may have been built yet."""
    for stub in (ROOT / "OpenSSL").glob("*.pyi"):
        docstrings.write(stub, ROOT / "build/doc-headers" / f"{stub.stem.lower()}_doc.h")


def main(names: list[str]) -> int:
    write_doc_headers()
    files = names or sorted(
        str(path.relative_to(ROOT))
        for folder in ("src", "test")
        for path in (ROOT / folder).rglob("*.c")
    )
    jobs = max(1, min(2, os.cpu_count() or 1))
    failed = False
    with ThreadPoolExecutor(jobs) as pool:
        for good, said in pool.map(tidy, files):
            if not good:
                print(said)
                failed = True
    good, said = run([*CPPCHECK, f"-j{jobs}", *DEFINES, *INCLUDES, *files])
    if not good:
        print(said)
    return int(failed or not good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
