import numpy as np
import pytest

from benchmarks.zero_label import Photographs, figures_of, halves, measured
from components.metrics.ranking import average_precision
from components.training.task import Names
from tests.components.methods.region_world import region_task
from tests.components.methods.untrained import head_of, logits_of


def photographs(with_regions=True):
    task = region_task()
    held = task.holdout
    names = Names(vectors=task.names.vectors, temperature=task.names.temperature)
    regions = held.regions if with_regions else None
    return Photographs(held.vectors, regions, held.truth, held.known, names)


def within(figure):
    return figure.low is not None and figure.low <= figure.value <= (figure.high or 0.0)


def test_figures_are_those_of_the_heads_and_differences_are_theirs():
    seen = photographs()
    found = measured(seen, seen, 20)
    task = seen.unlabelled()
    for name, value in found.value.items():
        logits = logits_of(head_of(name, task), region_task())
        expected = np.nanmean(average_precision(logits, seen.truth, seen.known))
        assert value == pytest.approx(expected, abs=1e-5)
    told = {figure.name: figure for figure in figures_of("toy", found)}
    gain = found.value["two_readings"] - found.value["zero_shot"]
    assert told["two_readings_minus_plain_toy"].value == pytest.approx(gain)
    assert told["best_minus_plain_toy"].value == pytest.approx(gain)
    for figure in told.values():
        assert within(figure)


def test_no_label_reaches_a_head():
    seen = photographs()
    assert not seen.unlabelled().states.any()
    others = Photographs(seen.vectors, seen.regions, ~seen.truth, seen.known, seen.names)
    for name in measured(seen, seen, 1).value:
        first, second = (
            logits_of(head_of(name, each.unlabelled()), region_task()) for each in (seen, others)
        )
        np.testing.assert_array_equal(first, second)


def test_without_regions_normalised_is_the_best_and_halves_are_drawn():
    seen = photographs(with_regions=False)
    found = measured(seen, seen, 5)
    assert found.best == "zero_shot_normalised"
    [figure] = halves("toy", seen, 3)
    assert figure.name == "zero_shot_normalised_minus_plain_toy_halves"
    assert within(figure)
