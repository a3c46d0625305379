"""Each folder of code says what lives there."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ["bench", "components", "efuda", "examples", "pipelines", "project", "serving", "tuning"]


def test_every_folder_says_what_lives_there_and_what_it_may_import():
    silent, closed = [], []
    for package in PACKAGES:
        for file in (ROOT / package).rglob("__init__.py"):
            words = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
            place = file.parent.relative_to(ROOT).as_posix()
            if not words or not words.split("\n")[0].endswith("."):
                silent.append(place)
            elif package in {"bench", "components", "examples", "pipelines"}:
                closed += [place] * ("import" not in words and "leaf" not in words)
    assert silent == []
    # A method's folder is described by its paper; that of all methods says what holds for each.
    assert [place for place in closed if not place.startswith("components/methods/")] == []
