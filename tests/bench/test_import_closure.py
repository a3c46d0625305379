"""The modules that a module imports, found in its text."""

from pathlib import Path

import pytest

from bench.import_closure import import_closure

FILES = {
    "bench/__init__.py": "",
    "bench/cell.py": """
        import json, torch
        from bench import rows
        import components.losses.plain as plain
        def measure():
            from tuning.search import choose
    """,
    "bench/rows.py": "from . import words\nfrom .table import draw",
    "bench/words.py": "",
    "bench/table.py": "",
    "bench/page.py": "import serving.page",
    "components/__init__.py": "",
    "components/losses/__init__.py": "from components.errors import Fault",
    "components/losses/plain.py": "",
    "components/errors.py": "class Fault(Exception): ...",
    "components/methods/__init__.py": "",
    "components/methods/catalog.py": """
        import importlib
        def recipe(name):
            return importlib.import_module(f"components.methods.{name}.recipe")
    """,
    "components/methods/one/__init__.py": "",
    "components/methods/one/recipe.py": "from components.methods.one.loss import loss",
    "components/methods/one/loss.py": "",
    "components/methods/two/__init__.py": "",
    "components/methods/two/recipe.py": "",
    "components/methods/two/never.py": "",
    "serving/page.py": "",
    "torch/__init__.py": "",
    "tuning/__init__.py": "",
    "tuning/search.py": "from components.methods.catalog import recipe",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        write(tmp_path / name, text)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = text.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    path.write_text("\n".join(line[indent:] for line in lines) + "\n")


def closure(root: Path) -> dict[str, Path]:
    return import_closure("bench.cell", root, lambda importing, name: True)


def test_it_holds_all_that_is_imported_and_nothing_else(root: Path) -> None:
    left_out = {"bench/page.py", "components/methods/two/never.py", "serving/page.py"}
    left_out |= {"torch/__init__.py"}
    files = {path.relative_to(root).as_posix() for path in closure(root).values()}
    assert files == set(FILES) - left_out


def test_an_import_that_is_not_followed_is_left_out_with_what_it_alone_imports(root: Path) -> None:
    def follow(importing: str, name: str) -> bool:
        return not name.startswith("components.methods.one")

    found = set(import_closure("bench.cell", root, follow))
    one = {name for name in closure(root) if name.startswith("components.methods.one")}
    assert "components.methods.one.loss" in one
    assert found == set(closure(root)) - one


def test_a_name_that_cannot_be_read_is_refused(root: Path) -> None:
    write(root / "tuning" / "search.py", "import importlib\nimportlib.import_module(given)")
    with pytest.raises(ValueError, match=r"search\.py imports a module whose name cannot be read"):
        closure(root)


def test_a_constant_name_of_another_package_is_none_of_ours(root: Path) -> None:
    write(root / "tuning" / "search.py", 'import importlib\nimportlib.import_module("faiss")')
    assert "components.methods.catalog" not in closure(root)
