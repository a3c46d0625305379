from dataclasses import replace

from components.training.loop import fit
from tests.components.methods.making import recipe_of
from tests.components.methods.region_world import SCHEDULE, region_task


def test_proposals_of_trm_ml_wait_for_the_warm_up():
    task = region_task(hidden=0.8)
    eager, late, never = (
        fit(recipe, task, replace(SCHEDULE, epochs=2), seed=0).history
        for recipe in (
            recipe_of("trm_ml", warm_up_epochs=0, theta=0.02, theta_negative=0.01),
            recipe_of("trm_ml", warm_up_epochs=2, theta=0.02, theta_negative=0.01),
            recipe_of("trm_ml", proposal_weight=0.0),
        )
    )
    assert late == never
    assert eager[1]["loss"] != late[1]["loss"]
