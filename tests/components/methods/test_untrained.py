"""What holds for every method that is not trained."""

from dataclasses import replace

import numpy as np
import pytest

from components.errors import InputError
from components.labels.vocabulary import Vocabulary
from components.methods.catalog import METHODS
from components.models.tagger import Tagger
from components.training.inference import holdout_score
from tests.components.methods.region_world import region_task
from tests.components.methods.untrained import (
    UNTRAINED,
    drawn_task,
    head_of,
    logits_of,
    with_names,
)


@pytest.mark.parametrize("method", UNTRAINED)
def test_no_label_is_read(method):
    task = region_task()
    unlabelled = replace(task, states=np.zeros_like(task.states))
    first, second = (logits_of(head_of(method, each), task) for each in (task, unlabelled))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("method", UNTRAINED)
def test_it_ranks_better_than_its_opposite(method):
    task = region_task()
    logits = logits_of(head_of(method, task), task)
    assert holdout_score(logits, task.holdout) > holdout_score(-logits, task.holdout) + 0.1


@pytest.mark.parametrize("method", UNTRAINED)
def test_one_picture_alone_has_the_scores_that_it_has_among_many(method):
    task = region_task()
    head = head_of(method, task)
    many = logits_of(head, task)
    for row in (0, 7):
        held = replace(
            task.holdout,
            vectors=task.holdout.vectors[[row]],
            states=task.holdout.states[[row]],
            regions=np.asarray(task.holdout.regions)[[row]],
        )
        alone = logits_of(head, replace(task, holdout=held))
        np.testing.assert_allclose(alone[0], many[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("method", UNTRAINED)
def test_a_tagger_keeps_it_bit_for_bit(method, tmp_path):
    task = region_task()
    names = Vocabulary(tuple("abcde"))
    tagger = Tagger(
        recipe=method, seed=0, encoder_id="x", vocabulary=names, head=head_of(method, task)
    )
    tagger.save(tmp_path / "tagger")
    kept = Tagger.load(tmp_path / "tagger")
    held = task.holdout
    np.testing.assert_array_equal(
        kept.logits(held.vectors, held.regions), tagger.logits(held.vectors, held.regions)
    )


@pytest.mark.parametrize("method", UNTRAINED)
@pytest.mark.parametrize("count", [1, 2])
def test_one_name_or_two_are_ranked_better_than_at_random(method, count):
    task = with_names(region_task(examples=600), count)
    logits = logits_of(head_of(method, task), task)
    assert np.isfinite(logits).all()
    assert holdout_score(logits, task.holdout) > holdout_score(-logits, task.holdout) + 0.1


@pytest.mark.parametrize("method", UNTRAINED)
@pytest.mark.parametrize("images", [0, 1, 2])
def test_hardly_any_training_image_gives_scores_all_the_same(method, images):
    task = drawn_task(0, images=images, names=12)
    logits = logits_of(head_of(method, task), task)
    assert np.isfinite(logits).all()
    assert all(len(np.unique(column)) == len(column) for column in logits.T)


@pytest.mark.parametrize("method", UNTRAINED)
def test_copies_of_one_picture_and_of_one_name_blow_nothing_up(method):
    task = drawn_task(1, images=6, names=12)
    same = replace(
        task,
        views=np.repeat(task.views[:, :1], 6, axis=1),
        regions=(np.repeat(np.asarray(task.regions[0])[:1], 6, axis=0),),
    )
    assert np.abs(logits_of(head_of(method, same), same)).max() < 1e3
    equal = replace(same.names, vectors=np.repeat(task.names.vectors[:1], 12, axis=0))
    alike = replace(task, names=equal)
    logits = logits_of(head_of(method, alike), alike)
    assert np.isfinite(logits).all()
    assert np.abs(logits).max() < 1e3
    np.testing.assert_allclose(logits, logits[:, :1].repeat(12, axis=1), atol=1e-4)


@pytest.mark.parametrize("method", UNTRAINED)
def test_it_is_not_trained_and_trained_ones_are_no_head(method):
    row, task = METHODS[method], region_task()
    with pytest.raises(InputError, match="is not trained"):
        row.recipe(row.settings())
    with pytest.raises(InputError, match="before it is trained"):
        METHODS["efuda"].untrained_head(METHODS["efuda"].settings(), task)


@pytest.mark.parametrize("method", UNTRAINED)
def test_without_regions_those_that_read_them_say_so(method):
    row = METHODS[method]
    task = replace(region_task(), regions=())
    assert row.applies_to(task) == (row.reads.regions != "required")
    if row.applies_to(task):
        row.untrained_head(row.settings(), task)
    else:
        with pytest.raises(InputError, match=r"embed\.regions"):
            row.untrained_head(row.settings(), task)
