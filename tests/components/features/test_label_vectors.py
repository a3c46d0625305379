import numpy as np
import pytest
from safetensors.numpy import save_file

from components.errors import ArtefactError
from components.features.label_vectors import LabelVectors

KEPT = LabelVectors(
    encoder_id="toy-1", vocabulary_hash="v", temperature=0.01, vectors=np.eye(3, dtype=np.float32)
)


def test_label_vectors_round_trip_and_damage(tmp_path):
    KEPT.save(tmp_path / "labels.safetensors")
    found = LabelVectors.load(tmp_path / "labels.safetensors")
    assert (found.encoder_id, found.temperature) == ("toy-1", 0.01)
    np.testing.assert_array_equal(found.vectors, KEPT.vectors)
    (tmp_path / "labels.safetensors").write_bytes(b"half a fi")
    with pytest.raises(ArtefactError, match="efuda run embed"):
        LabelVectors.load(tmp_path / "labels.safetensors")


def test_the_same_vectors_are_the_same_bytes_each_time(tmp_path):
    path = tmp_path / "labels.safetensors"
    written = set()
    for _ in range(16):
        KEPT.save(path)
        written.add(path.read_bytes())
    assert len(written) == 1


def test_files_of_earlier_versions_are_read(tmp_path):
    path = tmp_path / "labels.safetensors"
    notes = {"encoder_id": "toy-1", "vocabulary_hash": "v", "temperature": repr(0.01)}
    save_file({"vectors": KEPT.vectors}, path, metadata=notes)
    assert LabelVectors.load(path).temperature == 0.01
    save_file({"vectors": KEPT.vectors}, path, metadata={"another": "file"})
    with pytest.raises(ArtefactError, match="holds no label vectors"):
        LabelVectors.load(path)
