"""Penalised logistic regression, against a general optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from components.errors import InputError
from components.labelers.ridge_logistic import fit_ridge_logistic


def test_ridge_logistic_against_a_general_optimiser():
    rng = np.random.default_rng(3)
    features = rng.normal(2.0, 3.0, size=(200, 3)).astype(np.float32)
    truth = rng.random(200) < 0.3

    def blocks():
        yield features[:70], truth[:70]
        yield features[70:], truth[70:]

    found = fit_ridge_logistic(blocks, ridge=2.0)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)

    def loss(b):
        z = b[0] + standard @ b[1:]
        return (np.logaddexp(0, z) - truth * z).sum() + (b[1:] ** 2).sum()

    best = minimize(loss, np.zeros(4), options={"gtol": 1e-8}).x
    assert found.intercept == pytest.approx(best[0], abs=1e-4)
    assert found.coefficients == pytest.approx(best[1:], abs=1e-4)
    summed = found.intercept + found.contributions(features).sum(axis=1)
    assert found.log_odds(features) == pytest.approx(summed, abs=1e-4)


def test_a_feature_that_never_varies_takes_no_part():
    features = np.column_stack([np.full(8, 0.3), np.arange(8)]).astype(np.float32)
    truth = np.arange(8) % 3 == 0
    found = fit_ridge_logistic(lambda: iter([(features, truth)]), ridge=1.0)
    assert found.coefficients[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("truth", [np.ones(4, bool), np.zeros(4, bool)])
def test_fitting_needs_both_signs(truth):
    with pytest.raises(InputError, match="both signs"):
        fit_ridge_logistic(lambda: iter([(np.ones((4, 1), np.float32), truth)]), ridge=1.0)
