"""The built modules against their stubs: names, kinds, signatures, documentation."""

import ast
import importlib
import inspect
import pydoc
import re
import textwrap

import pytest

import support

STUBS = sorted(support.PACKAGE.glob("*.pyi"))
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def statements(body):
    """What *body* holds, and what stands below its if statements."""
    for node in body:
        if isinstance(node, ast.If):
            yield from statements([*node.body, *node.orelse])
        else:
            yield node


def definitions(body):
    """{name: node} of what a stub's module or class defines; of overloads and setters the first."""
    found = {}
    for node in statements(body):
        if isinstance(node, DEFINITIONS):
            found.setdefault(node.name, node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, node)
    return found


def load(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path)), importlib.import_module(
        f"OpenSSL.{path.stem}"
    )


def is_public(name):
    return not name.startswith("_")


def decorated(node, name):
    return any(ast.unparse(item).endswith(name) for item in node.decorator_list)


def bases_of(tree, node):
    """The class and those of the same stub that it inherits from."""
    classes = definitions(tree.body)
    yield node
    for base in node.bases:
        if isinstance(base, ast.Name) and isinstance(classes.get(base.id), ast.ClassDef):
            yield from bases_of(tree, classes[base.id])


def stub_members(tree, node):
    found = {}
    for one in bases_of(tree, node):
        for name, member in definitions(one.body).items():
            found.setdefault(name, member)
    return found


def functions():
    """(where, stub's node, built object, whether the first parameter is bound away)"""
    for path in STUBS:
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            if isinstance(node, ast.FunctionDef):
                yield f"{path.stem}.{name}", node, getattr(module, name, None), False
            elif isinstance(node, ast.ClassDef):
                cls = getattr(module, name, None)
                for member, inner in definitions(node.body).items():
                    if isinstance(inner, ast.FunctionDef) and not decorated(inner, "property"):
                        where = f"{path.stem}.{name}.{member}"
                        bound = not decorated(inner, "staticmethod")
                        yield where, inner, getattr(cls, member, None), bound


def stub_signature(node, bound):
    """[(name, kind, default as text)]"""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults = [None] * (len(positional) - len(spec.defaults)) + spec.defaults
    found = [
        (item.arg, "named", None if default is None else ast.unparse(default))
        for item, default in zip(positional, defaults, strict=True)
    ]
    if bound:
        del found[0]
    if spec.vararg:
        found.append((spec.vararg.arg, "*", None))
    for item, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        found.append((item.arg, "only", None if default is None else ast.unparse(default)))
    if spec.kwarg:
        found.append((spec.kwarg.arg, "**", None))
    return found


KINDS = {
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "named",
    inspect.Parameter.KEYWORD_ONLY: "only",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
    inspect.Parameter.POSITIONAL_ONLY: "positional",
}


def built_signature(function, bound):
    found = [
        (
            parameter.name,
            KINDS[parameter.kind],
            None if parameter.default is parameter.empty else repr(parameter.default),
        )
        for parameter in inspect.signature(function).parameters.values()
    ]
    # A class method is bound already.
    return found[1:] if bound and not inspect.isbuiltin(function) else found


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
class TestNames:
    def test_what_the_stub_has_is_there(self, path):
        tree, module = load(path)
        missing = [
            name
            for name, node in definitions(tree.body).items()
            if not hasattr(module, name)
            # The stub's own type variables and aliases.
            and (is_public(name) or isinstance(node, DEFINITIONS))
        ]
        assert missing == []

    def test_what_is_there_is_in_the_stub(self, path):
        tree, module = load(path)
        public = {name for name in vars(module) if is_public(name)}
        assert public - definitions(tree.body).keys() == set()

    def test_members(self, path):
        tree, module = load(path)
        wrong = []
        for name, node in definitions(tree.body).items():
            cls = getattr(module, name, None)
            if not isinstance(node, ast.ClassDef) or cls is None:
                continue
            expected = stub_members(tree, node)
            wrong += [
                f"{name}.{member} is missing"
                for member in expected
                if not hasattr(cls, member) and member != "__getattr__"  # the slot has another name
            ]
            wrong += [
                f"{name}.{member} is not in the stub"
                for member in vars(cls)
                if is_public(member) and member not in expected
            ]
        assert wrong == []

    def test_kinds(self, path):
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            built = getattr(module, name, None)
            if isinstance(node, ast.ClassDef):
                assert isinstance(built, type), name
            elif isinstance(node, ast.FunctionDef):
                assert callable(built), name
                assert not isinstance(built, type), name
            elif isinstance(node, ast.AnnAssign) and is_public(name):
                kind = ast.unparse(node.annotation).removeprefix("Final[").removesuffix("]")
                if kind in ("int", "str", "bytes"):
                    assert type(built).__name__ == kind, name

    def test_constants_have_the_values_that_the_stub_gives(self, path):
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            value = node.value if isinstance(node, ast.AnnAssign) else None
            if isinstance(value, ast.Constant) and value.value is not ...:
                assert getattr(module, name) == value.value, name


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
class TestClasses:
    def classes(self, path):
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            if isinstance(node, ast.ClassDef) and hasattr(module, name):
                yield name, getattr(module, name)

    def test_names(self, path):
        for name, cls in self.classes(path):
            assert cls.__module__ == f"OpenSSL.{path.stem}"
            assert cls.__name__ == cls.__qualname__ == name

    def test_bases(self, path):
        tree, _ = load(path)
        for name, cls in self.classes(path):
            node = definitions(tree.body)[name]
            bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases] or ["object"]
            assert [base.__name__ for base in cls.__bases__] == bases, name


# What does its work without a function of OpenSSL's.
WITHOUT_OPENSSL = {
    *("accept", "close", "connect", "makefile", "sock_shutdown"),
    *("bio_read", "bio_write", "bio_shutdown"),
    *("get_app_data", "set_app_data", "get_context", "set_store", "all_reasons"),
    *("set_npn_advertise_callback", "set_npn_select_callback", "get_next_proto_negotiated"),
    *("to_cryptography", "from_cryptography", "to_cryptography_key", "from_cryptography_key"),
    "connect_ex",
}


def methods(path):
    """(name, the stub's definition, what was built) of all public functions and methods."""
    tree, module = load(path)
    for name, node in definitions(tree.body).items():
        if not is_public(name):
            continue
        if isinstance(node, ast.FunctionDef):
            yield name, node, getattr(module, name)
        elif isinstance(node, ast.ClassDef):
            for member, inner in definitions(node.body).items():
                if isinstance(inner, ast.FunctionDef) and is_public(member):
                    yield f"{name}.{member}", inner, getattr(getattr(module, name), member)


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
class TestDocs:
    def test_module(self, path):
        assert load(path)[1].__doc__.strip()

    def test_functions_and_classes(self, path):
        tree, module = load(path)
        silent = [
            name
            for name, node in definitions(tree.body).items()
            if isinstance(node, DEFINITIONS)
            and is_public(name)
            and not (getattr(module, name, None).__doc__ or "").strip()
        ]
        assert silent == []

    def test_members(self, path):
        tree, module = load(path)
        silent = [
            f"{name}.{member}"
            for name, node in definitions(tree.body).items()
            if isinstance(node, ast.ClassDef) and is_public(name)
            for member, inner in definitions(node.body).items()
            if isinstance(inner, ast.FunctionDef)
            and is_public(member)
            and not (getattr(getattr(module, name), member).__doc__ or "").strip()
        ]
        assert silent == []

    def test_text_is_the_stub_s(self, path):
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            if isinstance(node, ast.FunctionDef) and is_public(name):
                assert inspect.getdoc(getattr(module, name)) == ast.get_docstring(node), name

    def test_text_of_the_module_and_its_classes_is_the_stub_s(self, path):
        """Behind that of a class stands that of its constructor, if it has one."""
        tree, module = load(path)
        assert inspect.getdoc(module) == ast.get_docstring(tree)
        for name, node in definitions(tree.body).items():
            if isinstance(node, ast.ClassDef) and hasattr(module, name):
                members = definitions(node.body)
                init = members.get("__init__", members.get("__new__"))
                texts = [ast.get_docstring(one) for one in (node, init) if one is not None]
                expected = "\n\n".join(filter(None, texts))
                assert inspect.cleandoc(getattr(module, name).__doc__) == expected, name

    def test_text_of_an_alias_is_that_of_what_it_names(self, path):
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            if isinstance(node, ast.Assign) and is_public(name):
                assert pydoc.getdoc(getattr(module, name)) == pydoc.getdoc(
                    getattr(module, ast.unparse(node.value))
                ), name
            elif isinstance(node, ast.ClassDef) and hasattr(module, name):
                cls = getattr(module, name)
                for alias, inner in definitions(node.body).items():
                    if isinstance(inner, ast.Assign) and is_public(alias):
                        original = getattr(cls, ast.unparse(inner.value))
                        assert pydoc.getdoc(getattr(cls, alias)) == pydoc.getdoc(original), alias

    def test_text_of_members_is_the_stub_s(self, path):
        """What ``help`` shows, and what an editor shows, which reads the stub."""
        for where, node, built in methods(path):
            text = ast.get_docstring(node)
            assert inspect.getdoc(built) == text, where
            helped = pydoc.render_doc(built, renderer=pydoc.plaintext)
            helped = re.sub(
                " +$", "", helped, flags=re.MULTILINE
            )  # of which some versions have none
            assert textwrap.indent(text, "    ").strip() in helped, where

    def test_text_is_complete(self, path):
        """Each parameter, the result, and OpenSSL's function, where there are any."""
        gaps = []
        for where, node, _ in methods(path):
            text = ast.get_docstring(node)
            names = [one.arg for one in [*node.args.posonlyargs, *node.args.args]]
            names += [one.arg for one in node.args.kwonlyargs]
            borrowed = re.search(r"\b[Aa]s (for |in )?:(meth|func):|Like :meth:", text)
            for name in {*names} - {"self", "cls"}:
                if not borrowed and f":param {name}:" not in text and f"*{name}*" not in text:
                    gaps.append(f"{where}: {name}")
            returns = ast.unparse(node.returns)
            if len(names) > 1 and returns != "None" and not borrowed and ":returns: " not in text:
                gaps.append(f"{where}: what it returns")
            has_none = where.rpartition(".")[2] in WITHOUT_OPENSSL or where.startswith("PKCS12.")
            if not has_none and not re.search(r"``[A-Za-z0-9]+_\w+``", text):
                gaps.append(f"{where}: OpenSSL's function")
        assert gaps == []


class TestSignatures:
    @pytest.mark.parametrize(
        ("where", "node", "built", "bound"),
        functions(),
        ids=lambda item: item if isinstance(item, str) else " ",
    )
    def test_function(self, where, node, built, bound):
        name = where.rpartition(".")[2]
        if name.startswith("__"):
            return  # slots: CPython writes their signatures
        assert built is not None
        assert built_signature(built, bound) == stub_signature(node, bound)

    @pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
    def test_constructors(self, path):
        tree, module = load(path)
        for name, node in definitions(tree.body).items():
            if isinstance(node, ast.ClassDef):
                members = definitions(node.body)
                init = members.get("__init__", members.get("__new__"))
                if init is not None and hasattr(module, name):
                    assert built_signature(getattr(module, name), False) == stub_signature(
                        init, True
                    ), name
