"""What each method tries on the hold-out: a few settings, written down before any result."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8

from components.labelers.softmax_threshold import SoftmaxThreshold
from components.labels.states import ABSENT
from components.recipes.assume_negative import AssumeNegative
from components.recipes.csa import CSA
from components.recipes.efuda import Efuda
from components.recipes.entropy import Entropy
from components.recipes.ignore_unknown import IgnoreUnknown
from components.recipes.recipe import Recipe
from components.recipes.trm_ml import TRMML
from components.recipes.vlpl import VLPL
from tuning.task import Task

PULLS = (10.0, 30.0, 100.0)
"""Weight decay towards zero-shot; few labels want more of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A recipe, how strongly it is held at zero-shot, and who proposes for it."""

    recipe: Recipe
    pull: float
    labeler: SoftmaxThreshold | None = None
    most_epochs: int | None = None
    """Where all images teach, an epoch is long, and fewer of them do."""

    def describe(self) -> dict[str, Any]:
        """All its settings as plain values."""
        labeler = {} if self.labeler is None else {"labeler": asdict(self.labeler)}
        return {**asdict(self.recipe), "weight_decay": self.pull, **labeler}  # type: ignore[call-overload]

    def propose(self, task: Task) -> Int8[np.ndarray, "examples labels"]:
        """Proposals for unknown cells; none without a labeler."""
        if self.labeler is None:
            return np.zeros_like(task.states)
        return self.labeler.propose(zero_shot_logits(task), task.states).states


def zero_shot_logits(task: Task) -> Float32[np.ndarray, "examples labels"]:
    """Cosine ÷ temperature of the training images, mean over views."""
    cosines = np.mean([view @ task.names.vectors.T for view in task.views], axis=0)
    return (cosines / task.names.temperature).astype(np.float32)


def _pulled(recipe: Recipe) -> list[Attempt]:
    return [Attempt(recipe=recipe, pull=pull) for pull in PULLS]


def _vlpl(task: Task) -> list[Attempt]:
    """The published settings, and others with pseudo-negatives, which the paper describes."""
    published = SoftmaxThreshold(theta=0.3)
    wider = SoftmaxThreshold(theta=0.3, negative_share=0.4)
    return [
        *(Attempt(recipe=VLPL(), pull=pull, labeler=published) for pull in PULLS),
        *(
            Attempt(recipe=VLPL(beta_negative=weight), pull=10.0, labeler=wider)
            for weight in (0.1, 0.3)
        ),
        Attempt(recipe=VLPL(alpha=0.03, beta_negative=0.3), pull=10.0, labeler=wider),
    ]


def _trm_ml(task: Task) -> list[Attempt]:
    return [
        Attempt(recipe=TRMML(), pull=10.0),
        Attempt(recipe=TRMML(distillation_weight=0.0), pull=10.0),
        Attempt(recipe=TRMML(theta_negative=0.003), pull=30.0),
    ]


def _csa(task: Task) -> list[Attempt]:
    settings = (CSA(), CSA(whole="trained"))
    return [Attempt(recipe=each, pull=0.0, most_epochs=24) for each in settings]


def _efuda(task: Task) -> list[Attempt]:
    """Labels that nobody denied anywhere need a weight for silence; others have none."""
    silent = not (task.states == ABSENT).any()
    weights = (0.1, 0.3, 1.0) if silent else (0.3,)
    middle = [Attempt(recipe=Efuda(unknown_weight=each), pull=10.0) for each in weights]
    return [*middle, *(Attempt(recipe=Efuda(), pull=pull) for pull in (3.0, 30.0, 100.0))]


ATTEMPTS: dict[str, Callable[[Task], list[Attempt]]] = {
    "assume_negative": lambda task: _pulled(AssumeNegative()),
    "ignore_unknown": lambda task: _pulled(IgnoreUnknown()),
    "entropy": lambda task: _pulled(Entropy()),
    "vlpl": _vlpl,
    "trm_ml": _trm_ml,
    "csa": _csa,
    "efuda": _efuda,
}
