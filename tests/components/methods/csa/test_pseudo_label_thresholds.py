import numpy as np

from components.methods.csa.pseudo_label_thresholds import class_thresholds, prior_share


def test_cap_calls_as_many_present_as_known_images_let_expect():
    states = np.zeros((20, 2), np.int8)
    states[:4] = [[1, 1], [1, -1], [-1, -1], [-1, -1]]
    scores = np.random.default_rng(0).permuted(np.linspace(0, 1, 40)).reshape(20, 2)
    scores = scores.astype(np.float32)
    found = class_thresholds("cap", scores, states, beta=0.5, expected_positives=1.0)
    assert (scores >= found)[4:].sum(axis=0).tolist() == [8, 4]


def test_a_label_without_known_negative_is_expected_as_often_as_it_was_written_down():
    states = np.zeros((20, 3), np.int8)
    states[:4, 0] = states[4:6, 1] = 1
    np.testing.assert_allclose(prior_share(states, 1.5), [1.0, 0.5, 0.0])
    scores = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    for policy in ("cap", "f_beta"):
        found = class_thresholds(policy, scores, states, beta=0.5, expected_positives=0.75)
        chosen = ((scores >= found) & (states == 0)).sum(axis=0)
        assert chosen.tolist() == [8, 4, 0]


def test_f_beta_separates_what_known_cells_separate():
    states = np.array([[1], [1], [-1], [-1], [0]], np.int8)
    scores = np.array([[0.9], [0.6], [0.3], [0.1], [0.5]], np.float32)
    found = class_thresholds("f_beta", scores, states, beta=0.5, expected_positives=1.0)
    assert 0.3 < found[0] <= 0.6
