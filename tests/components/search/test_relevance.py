import numpy as np
import pytest

from components.search.relevance import RelevanceScale, best_leads


def test_relevance_is_between_the_level_and_a_typical_best():
    best = np.array([[0.9, 0.5], [0.8, 0.6]])
    levels = np.array([0.1, 0.2])
    outside = best_leads(best, levels, are_members=False)
    assert outside is not None
    assert (outside.typical, outside.low) == pytest.approx((0.7, 0.6 + 0.02 * 0.2))
    members = best_leads(best, levels, are_members=True)
    assert members is not None
    assert (members.typical, members.low) == pytest.approx((0.4, 0.4))
    assert best_leads(best[:, :1], levels, are_members=True) is None
    scale = RelevanceScale({"text": 0.5})
    scores = np.array([0.9, 0.35, 0.0], np.float32)
    relevance = scale.relevance("text", 0.1, scores)
    assert relevance is not None
    assert relevance.tolist() == pytest.approx([1, 0.5, 0])
    assert scale.relevance("image", 0.1, scores) is None


def test_what_leads_by_less_than_nearly_all_background_queries_is_not_close():
    rng = np.random.default_rng(0)
    best = np.stack([rng.uniform(0.5, 0.9, 400), np.zeros(400)], axis=1)
    leads = best_leads(best, np.full(400, 0.1), are_members=False)
    assert leads is not None
    scale = RelevanceScale({"text": leads.typical}, {"text": leads.low})
    close = [scale.is_close("text", 0.1, float(score)) for score in best[:, 0]]
    assert close.count(False) == 8  # a fiftieth
    assert scale.is_close("image", 0.1, 0.9) is None
