from components.training.checkpoint import FitState
from components.training.loop import fit
from components.training.settings import Schedule
from tests.components.methods.making import recipe_of
from tests.components.training.vectors_in_a_cone import task_of_vectors

SCHEDULE = Schedule(epochs=6, batch_size=32, learning_rate=0.01, checkpoint_every=2)


def test_a_state_of_another_fit_is_not_taken(tmp_path):
    task = task_of_vectors()
    fit(
        recipe_of("assume_negative"),
        task,
        SCHEDULE,
        seed=0,
        on_checkpoint=lambda state: state.save(tmp_path / "state", "one"),
    )
    assert FitState.load(tmp_path / "state", "another") is None
    assert FitState.load(tmp_path / "nothing", "one") is None
