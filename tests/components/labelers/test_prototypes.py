"""Mean images of labels."""

import numpy as np
import pytest

from components.labelers.prototypes import Prototypes
from tests.components.labelers.labelled_images import NUM_LABELS, states_of_truth, unit, world


def test_an_image_left_out_of_its_prototypes_against_fitting_without_it():
    vectors, names, truth = world(num_images=12)
    prototypes = Prototypes.fit(vectors, states_of_truth(truth), names, text_weight=3.0)
    found = prototypes.similarity_without_own(vectors, states_of_truth(truth))
    centred = (vectors - prototypes.centre) / prototypes.scale
    centred_names = unit(names - names.mean(axis=0))
    for row in range(12):
        for label in range(NUM_LABELS):
            others = truth[:, label] & (np.arange(12) != row)
            direction = centred[others].sum(axis=0) + 3.0 * centred_names[label]
            cosine = direction @ centred[row] / np.linalg.norm(direction)
            assert found[row, label] == pytest.approx(
                cosine / np.linalg.norm(centred[row]), abs=1e-4
            )


def test_a_label_without_images_is_its_name_and_without_either_is_nothing():
    vectors, names, truth = world()
    truth[:, 2] = False
    by_name = Prototypes.fit(vectors, states_of_truth(truth), names, text_weight=1.0)
    direction = unit(names - names.mean(axis=0))[2]
    assert by_name.directions[2] == pytest.approx(direction, abs=1e-6)
    nothing = Prototypes.fit(vectors, states_of_truth(truth), names, text_weight=0.0)
    assert not nothing.similarity(vectors)[:, 2].any()
    assert nothing.num_images[2] == 0


def test_a_single_image_and_a_single_label_stay_finite():
    vectors, names, truth = world()
    for rows, labels in ((slice(0, 1), slice(None)), (slice(None), slice(0, 1))):
        prototypes = Prototypes.fit(
            vectors[rows], states_of_truth(truth)[rows, labels], names[labels]
        )
        assert np.isfinite(prototypes.similarity(vectors)).all()
        own = prototypes.similarity_without_own(vectors[rows], states_of_truth(truth)[rows, labels])
        assert np.isfinite(own).all()
