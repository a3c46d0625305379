from pathlib import Path

import numpy as np
import pytest

from components.errors import ArtefactError
from project.cross_fitted import FILE_NAME, CrossFittedScores


def scores() -> CrossFittedScores:
    return CrossFittedScores(
        fingerprint="abc",
        holdout=("one", "two"),
        holdout_logits=np.array([[0.5, -1], [2, 3]], np.float32),
        training=(),
        training_logits=np.zeros((0, 2), np.float32),
        states=np.zeros((0, 2), np.int8),
    )


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    assert CrossFittedScores.load(tmp_path) is None
    scores().save(tmp_path / "efuda")
    read = CrossFittedScores.load(tmp_path / "efuda")
    assert read is not None
    assert (read.fingerprint, read.holdout, read.training) == ("abc", ("one", "two"), ())
    np.testing.assert_array_equal(read.holdout_logits, scores().holdout_logits)


@pytest.mark.parametrize("content", [b"", b"PK not a table", b"\x93NUMPY"])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(ArtefactError, match="efuda run train"):
        CrossFittedScores.load(tmp_path)
