import numpy as np
import pytest

from components.errors import ArtefactError
from components.labels.vocabulary import Vocabulary
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger


def tagger():
    return Tagger(
        recipe="vlpl",
        seed=2,
        encoder_id="toy-1",
        vocabulary=Vocabulary(("cat", "dog")),
        head=LinearHead.of(
            np.array([[1, 0, 0], [0, 2, 0]], np.float32),
            np.array([0.5, -0.5], np.float32),
        ),
        fingerprint="f",
    )


def test_logits_by_hand_and_round_trip(tmp_path):
    tagger().save(tmp_path / "tagger")
    found = Tagger.load(tmp_path / "tagger")
    assert found.logits(np.array([[1.0, 2.0, 3.0]])).tolist() == [[1.5, 3.5]]
    assert (found.recipe, found.seed, found.vocabulary) == ("vlpl", 2, tagger().vocabulary)


def test_a_damaged_head_is_named(tmp_path):
    tagger().save(tmp_path / "tagger")
    (tmp_path / "tagger" / "head.safetensors").write_bytes(b"\0" * 4)
    with pytest.raises(ArtefactError, match=r"head\.safetensors"):
        Tagger.load(tmp_path / "tagger")
