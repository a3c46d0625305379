import pytest

from components.data.examples import read_quarantine
from tests.projects.published_projects import make, prepared
from tests.projects.published_sets import write, write_cub


@pytest.fixture(autouse=True)
def no_repository(monkeypatch):
    """DVC takes a second to make one, and test_create.py sees that it does."""
    monkeypatch.setattr("efuda.new_project.create.make_repository", lambda directory: None)


@pytest.mark.parametrize(
    ("damage", "reason", "detail"),
    [
        ("x 4 1 3 27.7\n", "bad_row", "contradicts"),
        ("9 9 maybe 3 1\n", "bad_row", "is not an image, an attribute"),
        ("77 1 1 3 1.0\n", "unknown_image", "that no list names"),
    ],
)
def test_bad_lines_of_cub_are_set_aside(tmp_path, damage, reason, detail):
    data = write_cub(tmp_path / "birds")
    path = data / "CUB_200_2011" / "attributes" / "image_attribute_labels.txt"
    damage = damage.replace("x 4 1", "1 4 1")  # image 1, attribute 4 was absent
    write(path, path.read_text("utf-8") + damage)
    layout = make(tmp_path / "project", "cub-single-positive", data)
    prepared(layout)
    [fault] = read_quarantine(layout.quarantine)
    assert fault.reason == reason
    assert detail in fault.detail
