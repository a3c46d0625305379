import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from components.errors import InputError
from components.methods.gpr.multi_crop import MultiCrop

SHAPE = (7, 5)
CROPS = (7, 4, 5)
logits_of = arrays(np.float32, SHAPE, elements=st.floats(-9, 9, width=32))
crops_of = arrays(np.float32, CROPS, elements=st.floats(-9, 9, width=32))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
NOTHING_KNOWN = np.zeros(SHAPE, np.int8)


@settings(max_examples=40, deadline=None)
@given(logits_of, crops_of, states_of)
def test_multi_crop_against_a_slow_reference(logits, crops, known):
    labeler = MultiCrop(theta=0.25, eta=0.3, top_k=2)
    found = labeler.propose(logits, crops, known)
    whole, local = softmax(logits, axis=1), softmax(crops, axis=2)
    for row in range(SHAPE[0]):
        seen = [whole[row, k] for k in range(SHAPE[1]) if known[row, k] == 1]
        limit = min(0.3, max(seen)) if seen else 0.3
        final = []
        for label in range(SHAPE[1]):
            of_crops = local[row, :, label]
            picked = max(of_crops) if max(of_crops) > limit else min(of_crops)
            final.append((whole[row, label] + picked) / 2)
        if any(abs(local[row].max(axis=0) - limit) < 1e-6) or _close(final, 0.25):
            continue
        assert found.scores[row] == pytest.approx(final, rel=1e-5)
        top = sorted(range(SHAPE[1]), key=lambda k: -final[k])[:2]
        for label in range(SHAPE[1]):
            expected = label in top and final[label] >= 0.25 and known[row, label] == 0
            assert found.states[row, label] == int(expected)


def _close(values, limit):
    ordered = np.sort(values)
    return (np.diff(ordered) < 1e-6).any() or (np.abs(ordered - limit) < 1e-6).any()


def test_a_crop_finds_what_the_whole_image_misses():
    whole = np.array([[9, 8, 0, 0, 0]], np.float32)
    crops = np.zeros((1, 4, 5), np.float32)
    crops[0, 0, 2] = crops[0, 1, 0] = 9
    scores = MultiCrop().scores(whole, crops, np.zeros((1, 5), np.int8))
    assert scores[0, 2] > scores[0, 1] > scores[0, 3]


def test_multi_crop_without_crops_says_what_to_do():
    with pytest.raises(InputError, match="embed regions"):
        MultiCrop().propose(
            np.zeros(SHAPE, np.float32), np.zeros((7, 0, 5), np.float32), NOTHING_KNOWN
        )


@pytest.mark.parametrize("wrong", [{"theta": 1.0}, {"eta": 1.0}, {"top_k": 0}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        MultiCrop(**wrong)
