"""A hash of the code that learns and scores; rows of other code are not taken for its own."""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

from bench.import_closure import import_closure

ROOT = Path(__file__).parents[1]
"""Where the packages lie, in the source tree as in an installed wheel."""
START = "bench.cell"
CATALOG = "components.methods.catalog"


@cache
def code_version(method: str, root: Path = ROOT) -> str:
    """Twelve hex digits over all code that measuring a cell of a method imports.

    Comments, docstrings and layout do not change them, nor do the folders and
    rows of other methods that the catalog alone refers to.
    """

    def follow(importing: str, name: str) -> bool:
        return importing != CATALOG or not _of_another(name, method)

    digest = sha256()
    for name, file in import_closure(START, root, follow).items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if name == CATALOG:
            tree = _OneMethod(method).visit(tree)
        digest.update(f"\0{name}\0{meaning(tree)}".encode())
    return digest.hexdigest()[:12]


def meaning(tree: ast.Module) -> str:
    """A program without what changes nothing: comments, docstrings, line breaks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                line
                for line in node.body
                if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            ]
    return ast.dump(tree)


def _of_another(module: str, method: str) -> bool:
    """Whether a module lies in the folder of another method."""
    parts = module.split(".")
    return parts[:2] == ["components", "methods"] and len(parts) > 3 and parts[2] != method


class _OneMethod(ast.NodeTransformer):
    """The catalog as if a method were its only row."""

    def __init__(self, method: str) -> None:
        self._method = method

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if _of_another(node.module or "", self._method) else node

    def visit_Call(self, node: ast.Call) -> ast.AST | None:
        match node:
            case ast.Call(func=ast.Name(id="Method"), keywords=keywords):
                names = [each.value for each in keywords if each.arg == "name"]
                if any(isinstance(n, ast.Constant) and n.value != self._method for n in names):
                    return None
            case _:
                pass
        return self.generic_visit(node)
