"""Turn a stub into a C header: one macro for each docstring in it.

    python tools/docstrings.py OpenSSL/crypto.pyi build/doc-headers/crypto/crypto_doc.h

The stub is the only place where a signature and its text are written down.  A method's text begins
with its signature in the form that CPython takes for ``__text_signature__``, so that
``inspect.signature`` and ``help`` know every parameter.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

# The C prefix of a class where it is not the class's name in lower case.
PREFIXES = {
    "X509Name": "name",
    "X509Extension": "extension",
    "X509Req": "request",
    "X509StoreContext": "storectx",
    "X509Store": "store",
    "NetscapeSPKI": "spki",
    "_EllipticCurve": "curve",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class StubError(Exception):
    """The stub cannot be turned into a header."""


def class_prefix(name: str) -> str:
    """The prefix of the C functions and macros of the class *name*."""
    return PREFIXES.get(name, name.lower())


def decorators(node: Function) -> set[str]:
    """The last components of the names of a function's decorators."""
    return {ast.unparse(item).partition("(")[0].rpartition(".")[2] for item in node.decorator_list}


def parameters(node: Function, receiver: str | None) -> list[str]:
    """The parameters as CPython's text signatures write them, annotations dropped.

    *receiver* is what stands for the first one: ``$self``, ``$type``, ``$module`` or nothing.
    """
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults))
    defaults += spec.defaults

    def text(argument: ast.arg, default: ast.expr | None) -> str:
        if default is None:
            return argument.arg
        if isinstance(default, ast.Constant) and default.value is ...:
            raise StubError(f"{node.name}: the default of {argument.arg} must be spelled out")
        return f"{argument.arg}={ast.unparse(default)}"

    parts = [text(argument, default) for argument, default in zip(positional, defaults)]
    if receiver in ("$self", "$type"):
        parts[0] = receiver
    elif receiver is not None:
        parts.insert(0, receiver)
    only = len(spec.posonlyargs) + (receiver == "$module" and bool(spec.posonlyargs))
    if only or receiver is not None:
        parts.insert(max(only, 1), "/")
    if spec.vararg is not None:
        parts.append(f"*{spec.vararg.arg}")
    elif spec.kwonlyargs:
        parts.append("*")
    parts += [
        text(argument, default) for argument, default in zip(spec.kwonlyargs, spec.kw_defaults)
    ]
    if spec.kwarg is not None:
        parts.append(f"**{spec.kwarg.arg}")
    return parts


def signature(name: str, node: Function, receiver: str | None) -> str:
    """The head of a docstring that gives CPython the signature."""
    return f"{name}({', '.join(parameters(node, receiver))})\n--\n\n"


def flatten(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of *body*, and those below its ``if`` statements, in order."""
    for node in body:
        if isinstance(node, ast.If):
            yield from flatten(node.body)
            yield from flatten(node.orelse)
        else:
            yield node


class Member:
    """One documented name of a module or class: how it is bound, and its first docstring."""

    def __init__(self, node: Function, receiver: str | None):
        self.node = node
        self.receiver = receiver
        self.text = ast.get_docstring(node)

    def document(self, name: str) -> str:
        """The text under *name*, which may be an alias."""
        if "property" in decorators(self.node):
            return self.text or ""
        return signature(name, self.node, self.receiver) + (self.text or "")


def receiver_of(node: Function, in_class: bool) -> str | None:
    """What the first parameter of *node* stands for."""
    if not in_class:
        return "$module"
    if "staticmethod" in decorators(node):
        return None
    return "$type" if "classmethod" in decorators(node) or node.name == "__new__" else "$self"


def members(body: list[ast.stmt], in_class: bool) -> dict[str, Member | str]:
    """The functions, documented attributes and aliases of *body*; of overloads the first wins."""
    found: dict[str, Member | str] = {}
    attribute = None
    for node in flatten(body):
        if isinstance(node, Function):
            if {"setter", "deleter"} & decorators(node):
                continue
            first = found.setdefault(node.name, Member(node, receiver_of(node, in_class)))
            if isinstance(first, Member) and first.text is None:
                first.text = ast.get_docstring(node)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            original = found.get(node.value.id)
            for target in node.targets:
                if isinstance(original, Member) and isinstance(target, ast.Name):
                    found.setdefault(target.id, original)
        elif attribute is not None and isinstance(node, ast.Expr):
            if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                found.setdefault(attribute, ast.get_docstring(ast.Module([node], [])) or "")
        attribute = None
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            attribute = node.target.id
    return found


def documents(tree: ast.Module, module: str) -> Iterator[tuple[str, str]]:
    """Pairs of a macro's name (without ``_doc``) and its text."""
    missing = []

    def body_documents(body: list[ast.stmt], prefix: str, owner: str) -> Iterator[tuple[str, str]]:
        for name, member in members(body, owner != "").items():
            text = member if isinstance(member, str) else member.text
            if text:
                yield f"{prefix}_{name}", text if isinstance(member, str) else member.document(name)
            elif not name.startswith("_") and not owner.startswith("_"):
                missing.append(f"{owner}.{name}" if owner else name)

    text = ast.get_docstring(tree)
    if text is None:
        missing.append("the module")
    else:
        yield f"{module}_module", text
    for node in flatten(tree.body):
        if isinstance(node, ast.ClassDef):
            prefix = class_prefix(node.name)
            text = ast.get_docstring(node)
            found = members(node.body, True)
            init = found.get("__init__") or found.get("__new__")
            if text is None and not node.name.startswith("_"):
                missing.append(node.name)
            if isinstance(init, Member) and text is not None:
                head = f"{node.name}({', '.join(parameters(init.node, None)[1:])})\n--\n\n"
                text = head + "\n\n".join(filter(None, (text, init.text)))
            if text is not None:
                yield prefix, text
            for name, member_text in body_documents(node.body, prefix, node.name):
                if name not in (f"{prefix}___init__", f"{prefix}___new__"):
                    yield name, member_text
    yield from body_documents(tree.body, module, "")
    if missing:
        raise StubError(f"without a docstring: {', '.join(missing)}")


def literal(text: str) -> str:
    """*text* as C string literals, a line each, ready to follow ``#define NAME``."""
    lines = []
    for line in text.splitlines(keepends=True):
        # "??x" would be a trigraph under -std=c11.
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?")
        lines.append('    "' + escaped.replace("\t", "\\t").replace("\n", "\\n") + '"')
    return " \\\n".join(["", *lines]) if lines else ' ""'


def header(stub: Path) -> str:
    """The text of the header for *stub*."""
    module = stub.stem.lower()
    tree = ast.parse(stub.read_text(encoding="utf-8"), str(stub))
    lines = [f"/* Made from {stub.as_posix()}: edit that. */"]
    seen: dict[str, str] = {}
    try:
        for name, text in documents(tree, module):
            if seen.setdefault(name, text) != text:
                raise StubError(f"two different texts for {name}_doc")
            lines.append(f"#define {name}_doc{literal(text)}")
    except StubError as error:
        raise StubError(f"{stub}: {error}") from None
    return "\n".join(lines) + "\n"


def write(stub: Path, target: Path) -> bool:
    """Bring *target* up to date with *stub*; tell whether it changed."""
    text = header(stub)
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    try:
        write(Path(sys.argv[1]), Path(sys.argv[2]))
    except StubError as error:
        sys.exit(str(error))
