"""Which modules of ours a module imports, and those import, and so on: read, not run.

Imports inside functions count, and so do those by a computed name, where the name is
written as an f-string: ``import_module(f"a.{x}.b")`` imports every module ``a.*.b``.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

OURS = ("bench", "components", "project", "tuning")
"""Packages that the bench may import; everything else comes with its own version."""

Follow = Callable[[str, str], bool]
"""Whether an import is followed, by the names of the importing and the imported module."""


def import_closure(start: str, root: Path, follow: Follow) -> dict[str, Path]:
    """Files by the names of their modules, ``start`` included, in the order of names.

    Args:
        start: Dotted name of a module.
        root: The folder in which the packages lie.
        follow: Asked for every import.
    """
    found: dict[str, Path] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        file = module_file(name, root)
        assert file is not None, f"{name} is no module in {root}"
        found[name] = file
        waiting += [each for each in imported(name, file, root) if follow(name, each)]
    return dict(sorted(found.items()))


def module_file(name: str, root: Path) -> Path | None:
    """The file of a module or package of ours; None for anything else."""
    if name.partition(".")[0] not in OURS:
        return None
    path = root.joinpath(*name.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


@cache
def imported(name: str, file: Path, root: Path) -> tuple[str, ...]:
    """Modules of ours that a module names, with the packages around them.

    Raises:
        ValueError: If it imports by a name that cannot be read from its text.
    """
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    named: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            named |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif _is_import_module(node):
            named |= set(_computed(node, file, root))
    around = {parent for each in named for parent in _with_packages(each)}
    return tuple(sorted(each for each in around if module_file(each, root)))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[: end + 1]) for end in range(len(parts)))


def _is_import_module(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="import_module") | ast.Attribute(attr="import_module")):
            return True
        case _:
            return False


def _computed(call: ast.AST, file: Path, root: Path) -> Iterator[str]:
    match call:
        case ast.Call(args=[ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Call(args=[ast.JoinedStr(values=parts), *_]):
            pattern = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts
            )
            for path in root.glob(pattern.replace(".", "/") + ".py"):
                yield ".".join(path.relative_to(root).with_suffix("").parts)
        case _:
            raise ValueError(
                f"{file} imports a module whose name cannot be read; write it as an f-string, so "
                "that the bench knows which code its rows depend on."
            )
