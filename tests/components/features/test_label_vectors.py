import numpy as np
import pytest

from components.errors import ArtefactError
from components.features.label_vectors import LabelVectors


def test_label_vectors_round_trip_and_damage(tmp_path):
    kept = LabelVectors(
        encoder_id="toy-1",
        vocabulary_hash="v",
        temperature=0.01,
        vectors=np.eye(3, dtype=np.float32),
    )
    kept.save(tmp_path / "labels.safetensors")
    found = LabelVectors.load(tmp_path / "labels.safetensors")
    assert (found.encoder_id, found.temperature) == ("toy-1", 0.01)
    np.testing.assert_array_equal(found.vectors, kept.vectors)
    (tmp_path / "labels.safetensors").write_bytes(b"half a fi")
    with pytest.raises(ArtefactError, match="efuda run embed"):
        LabelVectors.load(tmp_path / "labels.safetensors")
