"""What each recipe is trained with: the settings that tune chose, and proposals."""

from dataclasses import dataclass

import numpy as np
import yaml
from jaxtyping import Int8

from components.errors import ArtefactError
from components.labelers.table import proposed_states, read_proposals
from components.recipes.assume_negative import AssumeNegative
from components.recipes.ignore_unknown import IgnoreUnknown
from components.recipes.recipe import Recipe
from components.training.data import Schedule
from pipelines.layout import Layout
from pipelines.learning import LearningData, schedule_of
from pipelines.method import ATTEMPTED
from pipelines.pseudo_label import tuned_candidate
from pipelines.settings import Settings
from pipelines.sweep_problem import task_of
from tuning.attempts import ATTEMPTS


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe, how long and how freely it trains, and what it is given."""

    recipe: Recipe
    schedule: Schedule
    proposals: Int8[np.ndarray, "examples labels"]


def plan_of(name: str, settings: Settings, layout: Layout, data: LearningData) -> Plan:
    """The plan of a trained recipe.

    Raises:
        ArtefactError: If tune made no choice for it, or among other attempts.
    """
    nothing = np.zeros_like(data.train.labels.states)
    if name in ATTEMPTED:
        return _attempted(name, settings, layout, data)
    schedule = schedule_of(settings.train)
    if name == "vlpl":
        proposals = proposed_states(read_proposals(layout.proposals), data.train.labels)
        return Plan(tuned_candidate(layout, data).recipe, schedule, proposals)
    baselines: dict[str, Recipe] = {
        "assume_negative": AssumeNegative(),
        "ignore_unknown": IgnoreUnknown(),
    }
    return Plan(baselines[name], schedule, nothing)


def _attempted(
    name: str,
    settings: Settings,
    layout: Layout,
    data: LearningData,
) -> Plan:
    tuned_candidate(layout, data)  # refuses what was tuned for another encoder or vocabulary
    kept = yaml.safe_load(layout.tuned.read_text(encoding="utf-8")).get("methods", {}).get(name)
    task = task_of(data, schedule_of(settings.train))
    attempts = ATTEMPTS[name](task)
    if kept is None or kept["attempt"] >= len(attempts):
        raise ArtefactError(f"{layout.tuned} has no choice for {name}; run `efuda run tune`.")
    attempt = attempts[kept["attempt"]]
    if attempt.describe() != kept["settings"]:
        raise ArtefactError(
            f"{layout.tuned} chose settings for {name} that are not offered any more; "
            "run `efuda run --force tune`."
        )
    return Plan(attempt.recipe, attempt.schedule(task.schedule), attempt.propose(task))
