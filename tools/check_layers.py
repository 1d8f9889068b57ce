"""Check the C sources against the rules of the house.

    python tools/check_layers.py [FOLDER]      the folder that holds src/, by default the checkout

Which file may include what, which names only one file may use, that nothing but constants is
static, and a few habits.  Every complaint is a line ``FILE:LINE: what``; the exit status tells
whether there was any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MAX_LINES = 500

# What a file of each folder may include: patterns of whole names.
INCLUDES = {
    "util": r"util/\w+\.h",
    "crypto": r"(util|crypto)/\w+\.h|crypto_doc\.h",
    "rand": r"(util|rand)/\w+\.h|rand_doc\.h",
    "ssl": r"(util|ssl)/\w+\.h|crypto/api\.h|ssl_doc\.h",
}

# Python and OpenSSL come in through one door each.
DOORS = {
    r"(Python|structmember|internal/.*|cpython/.*)\.?h?": "util/python.h",
    r"openssl/.*": "util/openssl.h",
}


class Rule(NamedTuple):
    """A name that only some files may use."""

    pattern: str
    files: str  # a pattern of those that may, below src/
    why: str
    scope: str = ""  # the folder that the rule is about, all if empty
    directives: bool = False  # only preprocessor lines are looked at


RULES = [
    Rule(r"\bPY_VERSION_HEX\b", r"util/python\.h", "versions of Python are told apart there"),
    Rule(
        r"\bOPENSSL_(VERSION_\w+|NO_\w+)\b",
        r"util/openssl\.h",
        "versions of OpenSSL are told apart there",
        directives=True,
    ),
    Rule(
        r"\b(PyEval_(Save|Restore|Acquire|Release)\w*|PyGILState_\w+|PyMutex\w*|PyThread_\w+"
        r"|_Thread_local|thread_local|Py_(BEGIN|END)_ALLOW_THREADS)\b",
        r"util/(thread|lock|rwlock|order|share)\.[ch]",
        "threads and locks live there",
    ),
    Rule(
        r"\bpthread_\w+\b",
        r"util/(lock|circle)\.c|util/thread\.h|ssl/wait\.c",
        "threads and locks live there",
    ),
    Rule(
        r"\bERR_(?!LIB_|R_)[a-zA-Z]\w*\b",
        r"util/error\.[ch]",
        "OpenSSL's error queue is read there",
    ),
    Rule(
        r"\bPyModule_Add\w*\b|\bPyErr_NewException\w*\b",
        r"util/module\.[ch]",
        "modules are filled there",
    ),
    Rule(
        r"\bPy_BEGIN_CRITICAL_SECTION\w*\b",
        r"util/(object|python)\.h|crypto/\w+\.c|ssl/connection\.c",
        "the method tables lock",
    ),
    Rule(r"\bPyArg_\w+\b", r"", "util_bind and the converters take arguments apart"),
    Rule(
        r"\bSSL_((read|write|peek)(_ex2?)?|sendfile|do_handshake|shutdown"
        r"|renegotiate(_abbreviated)?)\s*\(",
        r"ssl/(io|step|renegotiation)\.c",
        "io_run alone drives a connection",
        "ssl",
    ),
    Rule(
        r"\bBIO_(?!ADDR)\w+\b",
        r"ssl/(transport\.[ch]|files\.c)",
        "what is under a connection, and what is in files, is known there",
        "ssl",
    ),
    Rule(
        r"\b(poll|fcntl)\s*\(",
        r"ssl/(transport|wait)\.c",
        "descriptors are handled there",
        "ssl",
    ),
]

# CPython's tables are not const only because its functions take plain pointers.
TABLES = r"\bPy(MethodDef|MemberDef|GetSetDef|Type_Slot|Type_Spec|ModuleDef|ModuleDef_Slot)\b"

# Variables that may change: (file, name): why it is right.
CHANGING: dict[tuple[str, str], str] = {
    ("util/thread.c", "mine"): "per thread: the state to come back with, and how deep in callbacks",
    ("util/lock.h", "util_unwanted"): "which process the locks are used in",
    ("util/lock.c", "util_unwanted"): "the same",
    (
        "util/lock.h",
        "util_guards",
    ): "per thread, in debug builds: what it must not hold while it waits",
    ("util/lock.c", "util_guards"): "the same",
    ("util/order.c", "held"): "per thread, in debug builds: how many locks of each kind it holds",
    ("util/order.c", "outside"): "the same, before its callback",
    ("util/share.c", "util_shares"): "the same",
    ("util/lock.c", "fork_once"): "makes the handler that a child runs, once in a process",
    ("util/lock.c", "survivor"): "the thread that a child began with",
    ("util/circle.c", "gate"): "around the list of threads that wait in callbacks",
    ("util/circle.c", "waits"): "that list",
    ("ssl/wait.c", "bell_key"): "the key of a per-thread descriptor that must be closed at its end",
    ("ssl/wait.c", "bell_once"): "makes that key, once in a process",
    ("ssl/wait.c", "have_key"): "whether it could be made",
}

TOKEN = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""", re.DOTALL | re.VERBOSE
)


def blank(text: str) -> str:
    """As many spaces and line ends as *text* has."""
    return re.sub(r"[^\n]", " ", text)


def without(text: str, strings: bool) -> str:
    """The text with comments, and strings too if asked, replaced by spaces."""

    def replace(match: re.Match[str]) -> str:
        token = match.group()
        if token[0] == "/":
            return blank(token)
        return token[0] + blank(token[1:-1]) + token[-1] if strings else token

    return TOKEN.sub(replace, text)


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def directives(code: str) -> str:
    """Only the preprocessor's lines, the rest blank; continued lines included."""
    kept = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
    result, end = [], 0
    for match in kept.finditer(code):
        result += [blank(code[end : match.start()]), match.group()]
        end = match.end()
    return "".join([*result, blank(code[end:])])


def file_scope(code: str) -> Iterator[tuple[int, str]]:
    """Position and text of what stands outside every brace and the preprocessor's lines.

    One piece for each declaration; of a function only the head, of a variable nothing behind "=".
    """
    code = re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda match: blank(match.group()),
        code,
        flags=re.MULTILINE,
    )
    depth, start = 0, 0
    for position, letter in enumerate(code):
        if letter == "{":
            if depth == 0:
                yield start, code[start:position]
            depth += 1
        elif letter == "}":
            depth -= 1
            start = position + 1
        elif letter == ";" and depth == 0:
            yield start, code[start:position]
            start = position + 1


def variables(code: str) -> Iterator[tuple[int, str]]:
    """Position and declaration of every variable that lives as long as the process."""
    for position, piece in file_scope(code):
        macros = re.match(r"(\s*[A-Z][A-Z0-9_]*\([^()]*\))*\s*", piece)
        offset = macros.end() if macros else 0
        declaration = piece[offset:].partition("=")[0]
        words = declaration.split()
        if not words or words[0] in ("static", "typedef", "extern", "struct", "union", "enum"):
            continue
        if "(" not in declaration and len(words) > 1:
            yield position + offset, declaration
    for match in re.finditer(r"\bstatic\b([^;={(]*)(\(\s*\*)?([({;=])?", code):
        if match.group(2) or match.group(3) != "(":
            yield match.start(), match.group(1) + (match.group(2) or "")


def is_constant(declaration: str) -> bool:
    """Whether the variable itself, not only what it points to, is const."""
    return "const" in declaration.rpartition("*")[2].split()


def check(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Complaints about one file, *path* being its name below src/."""
    folder = path.partition("/")[0]
    commented = without(text, strings=False)
    code = without(text, strings=True)

    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]*)', commented, re.MULTILINE):
        line, kind, name = line_of(text, match.start()), *match.groups()
        door = next((door for pattern, door in DOORS.items() if re.fullmatch(pattern, name)), None)
        if door is not None:
            if path != door:
                yield line, f"includes <{name}>: only {door} may"
        elif kind == '"' and not re.fullmatch(INCLUDES.get(folder, ""), name):
            yield line, f'includes "{name}": {folder} may not'

    for rule in RULES:
        if rule.scope not in ("", folder) or re.fullmatch(rule.files, path):
            continue
        for match in re.finditer(rule.pattern, directives(code) if rule.directives else code):
            name = match.group().rstrip("( ")
            yield line_of(text, match.start()), f"uses {name}: {rule.why}"

    if not re.fullmatch(r"util/args\.[ch]", path):
        # Methods hand it on as it came; nobody else looks inside.
        handed = re.sub(r"PyObject \*kwnames|\bn?args, kwnames\b", lambda m: blank(m.group()), code)
        for match in re.finditer(r"\bkwnames\b", handed):
            yield line_of(text, match.start()), "looks into kwnames: util_bind does"

    for position, declaration in variables(code):
        name = re.search(r"(\w+)\s*(\[[^\]]*\]\s*)*$", declaration)
        known = name is not None and (path, name.group(1)) in CHANGING
        if not known and not re.search(TABLES, declaration) and not is_constant(declaration):
            shown = " ".join(declaration.split())
            yield line_of(text, position), f"a variable that may change: {shown}"

    for match in TOKEN.finditer(text):
        if match.group().startswith("//"):
            yield line_of(text, match.start()), "a // comment"
    for match in re.finditer(r"\b(TODO|FIXME|XXX)\b", text):
        yield line_of(text, match.start()), f"unfinished: {match.group()}"
    for match in re.finditer(r"^.{101,}$", text, re.MULTILINE):
        yield line_of(text, match.start()), "a line of more than 100 characters"
    for match in re.finditer(r"\t|[ ]+$", text, re.MULTILINE):
        yield line_of(text, match.start()), "a tab or a space at the end of a line"
    if text.count("\n") > MAX_LINES:
        yield MAX_LINES, f"{text.count(chr(10))} lines: which two jobs does this file do?"


def main(root: Path) -> int:
    found = False
    for path in sorted((root / "src").rglob("*.[ch]")):
        name = path.relative_to(root / "src").as_posix()
        for line, complaint in sorted(set(check(name, path.read_text(encoding="utf-8")))):
            print(f"src/{name}:{line}: {complaint}")
            found = True
    return int(found)


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).resolve().parent.parent)
    sys.exit(main(Path(folder)))
