"""How Sphinx makes the manual.  `make docs` runs it; every broken reference is an error.

The reference pages are made from the built modules, whose docstrings come from the stubs.  Types
come from the stubs too: a C function knows the names and defaults of its parameters, no more.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import docstrings  # noqa: E402
import pictures  # noqa: E402
import plots  # noqa: E402
from OpenSSL import version as about  # noqa: E402

STUBS = {name: ROOT / "OpenSSL" / f"{name}.pyi" for name in ("crypto", "rand", "SSL")}

pictures.draw_all(ROOT / "doc/pictures")
plots.draw(ROOT / "doc/performance.csv", ROOT / "doc/pictures/instructions.svg")

project = about.__title__
author = about.__author__
copyright = about.__copyright__.removeprefix("Copyright ")
release = about.__version__

extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {
    "description": about.__summary__,
    "fixed_sidebar": True,
    "body_max_width": "860px",
    "page_width": "1220px",
    "sidebar_width": "230px",
}
html_static_path = ["static"]
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_copy_source = False

default_role = "code"
highlight_language = "python"
add_module_names = False
autodoc_member_order = "groupwise"
toc_object_entries = False
maximum_signature_line_length = 90
python_use_unqualified_type_names = True

# What belongs to somebody else: the standard library, cryptography, OpenSSL's C functions.
OTHERS = (
    "asyncio|builtins|collections|cryptography|datetime|io|os|select|signal|socket|ssl|threading|typing"
    "|urllib"
)
nitpick_ignore_regex = [("py:.*", rf"({OTHERS})(\..*)?")]
nitpick_ignore = []


def signatures(stub, module):
    """The names of a stub's functions and classes with their typed signatures."""

    def of(node, bound):
        spec = node.args
        if bound and "staticmethod" not in docstrings.decorators(node):
            (spec.posonlyargs or spec.args).pop(0)
        returns = ast.unparse(node.returns) if node.returns else None
        return f"({ast.unparse(spec)})", returns

    found = {}
    for node in docstrings.flatten(ast.parse(stub.read_text(encoding="utf-8")).body):
        if isinstance(node, docstrings.Function):
            found.setdefault(f"{module}.{node.name}", of(node, False))
        elif isinstance(node, ast.ClassDef):
            name = f"{module}.{node.name}"
            for item in docstrings.flatten(node.body):
                if isinstance(item, docstrings.Function):
                    typed = of(item, True)
                    found.setdefault(f"{name}.{item.name}", typed)
                    if item.name in ("__init__", "__new__"):
                        found.setdefault(name, (typed[0], None))
    return found


def foreign_types(stub):
    """The names that a stub imports or makes to write its annotations, and private classes."""
    for node in docstrings.flatten(ast.parse(stub.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            yield node.name


SIGNATURES = {}
for name, stub in STUBS.items():
    SIGNATURES |= signatures(stub, f"OpenSSL.{name}")
    nitpick_ignore += [("py:class", foreign) for foreign in foreign_types(stub)]


def typed_signature(app, what, name, target, options, signature, returns):
    """Give autodoc the stub's signature in the place of the one without types."""
    return SIGNATURES.get(name, (signature, returns))


def setup(app):
    app.connect("autodoc-process-signature", typed_signature)
