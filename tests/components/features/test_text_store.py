import numpy as np
import pytest

from components.errors import ArtefactError
from components.features.store import FeatureStore
from components.features.text_store import TextStore


class Counting:
    """Gives each text a vector of its own, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts):
        self.asked += texts
        vectors = np.array([[len(text), text.count("a"), 1.0] for text in texts], np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_each_text_is_encoded_once_and_comes_back_in_any_order(tmp_path):
    texts, encode = TextStore(FeatureStore(tmp_path, "toy-1")), Counting()
    assert texts.add(["a cat", "a dog", "a cat"], encode) == 2
    assert texts.add(["a dog", "a banana"], encode) == 1
    assert encode.asked == ["a cat", "a dog", "a banana"]
    found = texts.load(["a banana", "a cat", "a banana"])
    np.testing.assert_allclose(found, encode(["a banana", "a cat", "a banana"]), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_texts_of_another_encoder_are_not_there(tmp_path):
    TextStore(FeatureStore(tmp_path, "toy-1")).add(["a cat"], Counting())
    with pytest.raises(ArtefactError):
        TextStore(FeatureStore(tmp_path, "toy-2")).load(["a cat"])


def test_a_run_that_was_cut_off_keeps_its_finished_shards(tmp_path, monkeypatch):
    monkeypatch.setattr("components.features.text_store._SHARD", 2)
    texts, encode = TextStore(FeatureStore(tmp_path, "toy-1")), Counting()

    def killed(shards):
        yield shards[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        texts.add(["one", "two", "three"], encode, killed)
    encode.asked.clear()
    assert texts.add(["one", "two", "three"], encode) == 1
    assert encode.asked == ["three"]
