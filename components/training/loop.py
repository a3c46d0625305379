"""The one training loop. It runs every recipe and knows none of them.

Every random choice is drawn from (seed, epoch), and the whole state can be
kept between epochs, so a fit that is killed and resumed ends with the same
head as one that was not.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Int64
from torch import nn

from components.errors import InputError
from components.models.heads.head import Head
from components.training.checkpoint import FitState, copied, optimizer_tensors, restore_optimizer
from components.training.inference import head_logits, holdout_score
from components.training.learner import Learner
from components.training.recipe import Recipe
from components.training.settings import Schedule
from components.training.steps import ALONE, Steps, Workers
from components.training.task import Holdout, Task

Wrap = Callable[[nn.Module], nn.Module]
OnCheckpoint = Callable[[FitState], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class FitResult:
    """The head of the epoch that did best on the hold-out."""

    head: Head
    best_epoch: int
    best_score: float
    history: list[dict[str, int | float]]


def fit(
    recipe: Recipe,
    task: Task,
    shared: Schedule,
    *,
    seed: int,
    state: FitState | None = None,
    on_checkpoint: OnCheckpoint | None = None,
    wrap: Wrap | None = None,
    workers: Workers = ALONE,
) -> FitResult:
    """Train a recipe's head from its start, which is close to zero-shot.

    Args:
        recipe: Builds what is trained.
        task: What it learns from. The hold-out's mean average precision, after each epoch,
            picks the head that is returned; the start takes part as epoch 0.
        shared: Length, speed and precision, as all methods share them; the recipe's
            settings may shorten it.
        seed: Of the start, the order of examples and the choice of views.
        state: A kept state to go on from.
        on_checkpoint: Is given the state every ``checkpoint_every`` epochs, and at the end.
        wrap: Makes the learner data-parallel; every worker must call ``fit``.
        workers: Which part of each batch is this process's.

    Raises:
        InputError: If the recipe needs region vectors and there are none.
    """
    schedule = recipe.schedule(shared)
    if not task.has_regions:
        task = replace(task, regions=())
    _check_regions(recipe, task)
    with _seeded(seed, -1):
        learner = recipe.build(task)
    anchors = [each.detach().clone() for each in learner.anchored()]
    resumed = state is not None
    state = state or FitState(learner=copied(learner.state_dict()))
    learner.load_state_dict(state.learner)
    device = torch.device(schedule.device)
    learner.to(device)
    optimizer = _optimizer(learner, schedule)
    restore_optimizer(optimizer, state.optimizer)
    model = wrap(learner) if wrap else learner
    if recipe.reads.regions == "none":
        task = replace(task, regions=())  # what nothing reads is not gathered
    steps = Steps(task, _taught(recipe, learner, task), schedule, device, seed, workers)
    if not resumed:
        _judge(state, learner, task.holdout, device, 0.0)
    while state.epoch < schedule.epochs:
        with _seeded(seed, state.epoch):
            learner.start_epoch(state.epoch, lambda head: steps.scored(head))
            loss = steps.epoch(state.epoch, model, learner, optimizer, anchors)
        state.epoch += 1
        _judge(state, learner, task.holdout, device, loss)
        due = state.epoch % schedule.checkpoint_every == 0
        if on_checkpoint and (due or state.epoch == schedule.epochs):
            state.learner = copied(learner.state_dict())
            state.optimizer = optimizer_tensors(optimizer)
            on_checkpoint(state)
    head = learner.head().cpu()
    head.load_state_dict(state.best_head)
    return FitResult(
        head=head.eval(),
        best_epoch=state.best_epoch,
        best_score=state.best_score,
        history=state.history,
    )


def _check_regions(recipe: Recipe, task: Task) -> None:
    if recipe.reads.regions == "required" and not task.regions:
        raise InputError(
            f"Recipe {recipe.name} reads region vectors and the images have none; set "
            "embed.regions to true and run `efuda run embed`, or take it out of train.recipes."
        )


def _taught(recipe: Recipe, learner: Learner, task: Task) -> Int64[np.ndarray, " rows"]:
    """Places of the images that batches are made of; all, if none teaches anything."""
    every = np.arange(len(task.states))
    if recipe.reads.unlabelled:
        return every
    taught = np.flatnonzero(learner.taught_rows(task))
    return taught if len(taught) else every


@contextmanager
def _seeded(seed: int, epoch: int) -> Generator[None]:
    """Torch's own generators, for what a learner draws itself."""
    with torch.random.fork_rng():
        torch.manual_seed(seed * 1_000_003 + epoch + 500_000)
        yield


def _optimizer(learner: Learner, schedule: Schedule) -> torch.optim.Optimizer:
    """Adam with a group for each factor; groups and parameters keep their order."""
    factors = learner.rate_factors()
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in learner.named_parameters():
        if parameter.requires_grad:
            fitting = [factor for prefix, factor in factors.items() if name.startswith(prefix)]
            groups.setdefault(fitting[0] if fitting else 1.0, []).append(parameter)
    return torch.optim.Adam(
        [{"params": members, "factor": factor} for factor, members in groups.items()],
        lr=schedule.learning_rate,
    )


def _judge(
    state: FitState, learner: Learner, holdout: Holdout, device: torch.device, loss: float
) -> None:
    """Score the head as it is now; keep it if the hold-out likes it best."""
    head = learner.head()
    logits = head_logits(head, holdout.vectors, holdout.regions, device, holdout.pictures)
    score = holdout_score(logits, holdout)
    state.history.append({"epoch": state.epoch, "loss": loss, "holdout_mAP": score})
    if score > state.best_score:
        state.best_score, state.best_epoch = score, state.epoch
        state.best_head = copied(head.state_dict())
