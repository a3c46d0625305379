"""What each recipe is trained with: the settings that tune chose, and proposals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from jaxtyping import Int8

from components.errors import ArtefactError
from components.labelers.table import proposed_states, read_proposals
from components.methods.assume_negative.recipe import AssumeNegative
from components.methods.ignore_unknown.recipe import IgnoreUnknown
from components.training.data import Schedule
from components.training.recipe import Recipe
from pipelines.pseudo_label.stage import tuned_candidate
from project.caption_recipes import CAPTION_RECIPES
from project.layout import Layout
from project.learning_task import LearningData, schedule_of
from project.method import ATTEMPTED
from project.settings import Settings
from project.sweep_problem import task_of
from tuning.attempts import ATTEMPTS
from tuning.from_captions import caption_recipes, caption_schedule


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe, how long and how freely it trains, and what it is given."""

    recipe: Recipe
    schedule: Schedule
    proposals: Int8[np.ndarray, "examples labels"]
    reads: str = ""
    """Hash of what the recipe reads beside labels and vectors, such as captions."""


def plan_of(name: str, settings: Settings, layout: Layout, data: LearningData) -> Plan:
    """The plan of a trained recipe.

    Raises:
        ArtefactError: If tune made no choice for it, or among other attempts.
    """
    nothing = np.zeros_like(data.train.labels.states)
    if name in CAPTION_RECIPES:
        return _from_captions(name, settings, layout, data)
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
    task = task_of(data, schedule_of(settings.train))
    attempts = ATTEMPTS[name](task)
    attempt = attempts[_kept_choice(name, layout, data, [each.describe() for each in attempts])]
    return Plan(attempt.recipe, attempt.schedule(task.schedule), attempt.propose(task))


def _from_captions(name: str, settings: Settings, layout: Layout, data: LearningData) -> Plan:
    task = task_of(data, schedule_of(settings.train))
    recipes = caption_recipes(task)
    place = _kept_choice(name, layout, data, [each.settings() for each in recipes])
    return Plan(
        recipes[place],
        caption_schedule(task),
        np.zeros_like(task.states),
        data.captions.fingerprint if data.captions else "",
    )


def _kept_choice(
    name: str, layout: Layout, data: LearningData, offered: list[dict[str, Any]]
) -> int:
    """The place of the settings that tune chose, among those on offer.

    Raises:
        ArtefactError: If it made no choice, or among other settings.
    """
    tuned_candidate(layout, data)  # refuses what was tuned for another encoder or vocabulary
    kept = yaml.safe_load(layout.tuned.read_text(encoding="utf-8")).get("methods", {}).get(name)
    if kept is None or kept["attempt"] >= len(offered):
        raise ArtefactError(f"{layout.tuned} has no choice for {name}; run `efuda run tune`.")
    if offered[kept["attempt"]] != kept["settings"]:
        raise ArtefactError(
            f"{layout.tuned} chose settings for {name} that are not offered any more; "
            "run `efuda run --force tune`."
        )
    return kept["attempt"]
