import numpy as np
import pytest

from components.errors import ArtefactError, InputError
from components.labels.vocabulary import Vocabulary
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from tests.components.models.drawn_heads import KINDS, LABELS, REGIONS, drawn_head, drawn_images


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


REGION_KINDS = [kind for kind in KINDS if drawn_head(kind).needs_regions]


def tagger_of(kind):
    names = Vocabulary(tuple(f"label {number}" for number in range(LABELS)))
    return Tagger(recipe="toy", seed=0, encoder_id="toy-1", vocabulary=names, head=drawn_head(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_tagger_gives_the_same_logits(tmp_path, kind):
    tagger = tagger_of(kind)
    vectors, regions = drawn_images()
    tagger.save(tmp_path / "tagger")
    loaded = Tagger.load(tmp_path / "tagger")
    expected = tagger.logits(vectors, regions)
    assert expected.std() > 0.1
    np.testing.assert_array_equal(loaded.logits(vectors, regions), expected)
    scores = loaded.region_scores(regions[0], 2)
    assert scores.shape == (REGIONS,)
    assert scores.std() > 0
    np.testing.assert_array_equal(scores, tagger.region_scores(regions[0], 2))


@pytest.mark.parametrize("kind", REGION_KINDS)
def test_a_tagger_of_regions_asks_for_them(kind):
    with pytest.raises(InputError, match=r"embed\.regions"):
        tagger_of(kind).logits(drawn_images()[0])


def test_a_tagger_of_whole_images_does_without_regions():
    vectors, regions = drawn_images()
    assert set(KINDS) - set(REGION_KINDS) == {"linear", "normalised"}
    tagger = tagger_of("linear")
    np.testing.assert_array_equal(tagger.logits(vectors), tagger.logits(vectors, regions))
