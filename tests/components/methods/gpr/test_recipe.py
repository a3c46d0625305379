from dataclasses import replace

import pytest

from components.errors import InputError
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.gpr.recipe import attempts, propose
from components.methods.gpr.settings import GPRSettings
from tests.components.methods.region_world import region_task


def test_regions_stand_for_crops_whatever_the_block(monkeypatch):
    task = region_task()
    settings = GPRSettings(labeler=MultiCrop(theta=0.2))
    whole = propose(settings, task).states
    assert (whole == 1).any()
    assert not whole[task.states != 0].any()
    monkeypatch.setattr("components.methods.gpr.recipe.rows_at_once", lambda *_: 7)
    assert (propose(settings, task).states == whole).all()


def test_crops_without_regions_say_what_to_do():
    task = replace(region_task(), regions=())
    with pytest.raises(InputError, match="embed regions"):
        propose(GPRSettings(), task)
    assert not any(isinstance(each.labeler, MultiCrop) for each in attempts(task))


def test_negatives_replace_those_of_the_labeler():
    task = region_task()
    labeler = SoftmaxThreshold(theta=0.2, negative_share=0.5)
    plain, labelwise = (
        propose(GPRSettings(labeler=labeler, negatives=negatives), task).states
        for negatives in (None, LabelwiseNegatives(share=0.4))
    )
    assert ((plain == 1) == (labelwise == 1)).all()
    unknown = (task.states == 0).sum(axis=0)
    assert ((labelwise == -1).sum(axis=0) <= 0.4 * unknown).all()
    assert (labelwise == -1).any()


def test_the_number_of_labels_is_read_off_a_hold_out_with_absences_only():
    task = region_task()
    verified, observed = (
        attempts(replace(task, holdout=replace(task.holdout, rule=rule)))
        for rule in ("verified", "observed")
    )
    number = (task.holdout.states == 1).sum(axis=1).mean()
    assert verified[0].expected_positives == pytest.approx(number)
    assert observed[0].expected_positives is None
