"""Published settings of the loss, used as they stand."""

from pipelines.tune import stage as tune
from project.settings import load_settings
from tests.projects.learning_project import make_project


def test_published_loss_settings_are_used_as_they_stand(tmp_path):
    fixed = {"theta": 0.3, "alpha": 0.2, "beta": 0.7}
    layout = make_project(tmp_path, tune={"fixed": fixed})
    tuned = tune.run(load_settings(layout.params), layout)
    assert tuned["num_trials"] == 1
    assert tuned["labeler"]["theta"] == 0.3
    assert (tuned["recipe"]["alpha"], tuned["recipe"]["beta"]) == (0.2, 0.7)
    assert tuned["best"] == tuned["published"]
