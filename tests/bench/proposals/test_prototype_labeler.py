import numpy as np

from bench.proposals.prototype_labeler import PrototypeLabeler
from tests.components.labelers.labelled_images import NUM_LABELS, states_of_truth, world


def test_prototype_labeler_proposes_only_unknown_cells():
    vectors, names, truth = world()
    fitted = PrototypeLabeler().fit(vectors[:40], states_of_truth(truth)[:40], names)
    known = np.zeros((20, NUM_LABELS), np.int8)
    known[:, 0] = -1
    proposals = fitted.propose(vectors[40:], known)
    assert not proposals.states[:, 0].any()
    chosen = proposals.states == 1
    assert truth[40:][chosen].mean() > 0.7
