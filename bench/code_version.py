"""A hash of the code that learns and scores; rows of other code are not taken for its own."""

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEARNING = (
    "components",
    "bench/cell.py",
    "bench/proposals",
    "bench/test_figures.py",
    "bench/protocols.py",
    "bench/sketch_cell.py",
    "tuning",
)


@cache
def code_version() -> str:
    """Twelve hex digits; comments, docstrings and layout do not change them."""
    digest = sha256()
    for place in LEARNING:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
            digest.update(meaning(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:12]


def meaning(source: str) -> str:
    """A program without what changes nothing: comments, docstrings, line breaks."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                line
                for line in node.body
                if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            ]
    return ast.dump(tree)
