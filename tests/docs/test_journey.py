"""The developers' page tells which functions a method's name passes through; this runs them."""

import re
import sys
from pathlib import Path

from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.settings import load_settings
from tests.projects.learning_project import make_project

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "developers.md"
ROW = re.compile(r"^\| \d+ \| `([\w.]+)` \| `([\w/.]+)` \|", re.MULTILINE)


def written() -> list[tuple[str, str]]:
    text = PAGE.read_text(encoding="utf-8")
    between = text.partition("<!-- journey -->")[2].partition("<!-- end of journey -->")[0]
    return [(file, function) for function, file in ROW.findall(between)]


def test_the_name_of_a_method_travels_as_the_page_says(tmp_path):
    steps = written()
    layout = make_project(tmp_path, train={"recipes": ["entropy"], "seeds": [0], "epochs": 1})
    tune.run(load_settings(layout.params), layout)
    called: list[tuple[str, str]] = []

    def note(frame, event, _argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT)):
            step = (Path(code.co_filename).relative_to(ROOT).as_posix(), code.co_qualname)
            if step in steps and step not in called:
                called.append(step)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        train.run(load_settings(layout.params), layout)
    finally:
        sys.setprofile(before)
    assert called == steps


def test_it_is_no_longer_than_ten_functions_and_six_files_before_the_method_s_own():
    *road, own = written()
    assert own[0].startswith("components/methods/")
    assert len(road) <= 10
    assert len({file for file, _ in road}) <= 6
