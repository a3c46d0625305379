import numpy as np
import pytest

from components.search.relevance import RelevanceScale, typical_lead


def test_relevance_is_between_the_level_and_a_typical_best():
    best = np.array([[0.9, 0.5], [0.8, 0.6]])
    levels = np.array([0.1, 0.2])
    assert typical_lead(best, levels, are_members=False) == pytest.approx(0.7)
    assert typical_lead(best, levels, are_members=True) == pytest.approx(0.4)
    assert typical_lead(best[:, :1], levels, are_members=True) is None
    scale = RelevanceScale({"text": 0.5})
    scores = np.array([0.9, 0.35, 0.0], np.float32)
    relevance = scale.relevance("text", 0.1, scores)
    assert relevance is not None
    assert relevance.tolist() == pytest.approx([1, 0.5, 0])
    assert scale.relevance("image", 0.1, scores) is None
