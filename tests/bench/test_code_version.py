"""Which edits make the bench measure again: those of code that the cell runs."""

import ast
import shutil
from pathlib import Path

import pytest

from bench.code_version import CATALOG, code_version, meaning

ROOT = Path(__file__).parents[2]
PACKAGES = ("bench", "components", "project", "serving", "tuning")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they lie in site-packages: side by side, somewhere else."""
    root = tmp_path_factory.mktemp("site-packages")
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, root / name, ignore=lambda folder, names: set(names) & {"__pycache__"}
        )
    return root


def version_after(
    installed: Path, tmp_path: Path, file: str, old: str, new: str, method: str
) -> str:
    root = tmp_path / "edited"
    shutil.copytree(installed, root)
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return code_version(method, root)


def test_it_does_not_depend_on_where_the_packages_lie(installed: Path) -> None:
    assert code_version("gpr", installed) == code_version("gpr")


@pytest.mark.parametrize(
    ("file", "added", "changed"),
    [
        ("components/metrics/ranking.py", "x = 1\n", {"gpr", "entropy", "platt"}),
        ("bench/sketch_cell.py", "x = 1\n", {"gpr", "entropy", "platt"}),
        ("components/methods/gpr/recipe.py", "x = 1\n", {"gpr"}),
        ("components/methods/gpr/loss.py", "x = 1\n", {"gpr"}),
        ("components/methods/entropy/settings.py", "x = 1\n", {"entropy"}),
        ("components/metrics/ranking.py", "# only words\n", set()),
        ("serving/app.py", "x = 1\n", set()),
        ("bench/page.py", "x = 1\n", set()),
        ("components/search/exact.py", "x = 1\n", set()),
    ],
)
def test_an_edit_counts_for_the_methods_that_run_it(
    installed: Path, tmp_path: Path, file: str, added: str, changed: set[str]
) -> None:
    found = set()
    for number, method in enumerate(("gpr", "entropy", "platt")):
        before = code_version(method, installed)
        folder = tmp_path / str(number)
        text = (installed / file).read_text("utf-8")
        if before != version_after(installed, folder, file, text, text + added, method):
            found.add(method)
    assert found == changed


def test_a_new_row_of_the_catalog_leaves_the_others_as_they_were(
    installed: Path, tmp_path: Path
) -> None:
    file = CATALOG.replace(".", "/") + ".py"
    more = '_ROWS = (\n    Method(name="newest", title="newest", settings=EntropySettings),'
    args = (installed, tmp_path, file, "_ROWS = (", more)
    assert version_after(*args, "gpr") == code_version("gpr", installed)


def test_a_changed_row_counts_for_its_own_method(installed: Path, tmp_path: Path) -> None:
    file = CATALOG.replace(".", "/") + ".py"
    args = (installed, tmp_path, file, 'name="entropy",', 'name="entropy", trial_epochs=3,')
    assert version_after(*args, "entropy") != code_version("entropy", installed)
    shutil.rmtree(tmp_path / "edited")
    assert version_after(*args, "gpr") == code_version("gpr", installed)


def test_comments_and_layout_mean_nothing() -> None:
    one = 'def f(x):\n    """Words."""\n    return x + 1  # more words\n'
    same, other = "def f(x):\n    return (x + 1)\n", "def f(x):\n    return x + 2\n"
    assert meaning(ast.parse(one)) == meaning(ast.parse(same))
    assert meaning(ast.parse(one)) != meaning(ast.parse(other))
