from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.errors import InputError
from tests.projects.published_projects import make
from tests.projects.published_sets import write_formatted


@pytest.fixture(autouse=True)
def no_repository(monkeypatch):
    """DVC takes a second to make one, and test_create.py sees that it does."""
    monkeypatch.setattr("efuda.new_project.create.make_repository", lambda directory: None)


def pickled(folder: Path) -> None:
    np.save(folder / "formatted_val_images.npy", np.array(["a", "b", "c"], object))


def narrow(folder: Path) -> None:
    np.save(folder / "formatted_val_labels.npy", np.zeros((3, 80)))


def signed(folder: Path) -> None:
    np.save(folder / "formatted_val_labels.npy", np.full((3, 81), -1.0))


@pytest.mark.parametrize(
    ("damage", "message"),
    [(pickled, "never read"), (narrow, r"shape \(3, 80\)"), (signed, "only 0 and 1")],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, damage: Callable[[Path], None], message):
    data = write_formatted(tmp_path / "nus", 81)
    damage(data)
    with pytest.raises(InputError, match=message):
        make(tmp_path / "project", "nuswide-single-positive", data)
