"""What a search on Ray Tune tells of itself, failed and gone on with."""

import pytest

from components.training.settings import Schedule
from project.ray_session import ray_session
from tests.components.methods.region_world import region_task
from tuning.ray_trials import search_on_ray
from tuning.search import trials_of

SCHEDULE = Schedule(epochs=1, batch_size=50, learning_rate=0.01, min_steps=1)


class LostError(Exception):
    """As if a trial were lost."""


@pytest.mark.ray
@pytest.mark.slow
def test_a_search_that_goes_on_tells_of_every_trial_once(tmp_path):
    task = region_task()
    trials = trials_of("entropy", task)
    before, after = [], []

    def lose_one(trial, score):
        before.append(trial)
        if len(before) == 2:
            raise LostError

    def search(on_trial):
        return search_on_ray(
            trials,
            task,
            SCHEDULE,
            seed=0,
            storage=tmp_path,
            name="search",
            max_concurrent=1,
            on_trial=on_trial,
        )

    with ray_session(2):
        with pytest.raises(RuntimeError, match="1 trials failed"):
            search(lose_one)
        outcomes = search(lambda trial, score: after.append((trial, score)))
    assert len(before) == len(trials)
    assert sorted(repr(trial) for trial, _ in after) == sorted(map(repr, trials))
    scores = {repr(outcome.trial): outcome.score for outcome in outcomes}
    assert all(scores[repr(trial)] == pytest.approx(score) for trial, score in after)
