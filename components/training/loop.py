"""The one training loop. It runs every recipe and knows none of them.

Every random choice is drawn from (seed, epoch), and the whole state can be
kept between epochs, so a fit that is killed and resumed ends with the same
head as one that was not.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from components.metrics.ranking import average_precision
from components.recipes.recipe import Recipe
from components.training.data import Holdout, Schedule, TrainingSet
from components.training.linear_head import Standardiser, zero_shot_head
from components.training.state import FitState, optimizer_tensors, restore_optimizer

Wrap = Callable[[nn.Module], nn.Module]
OnCheckpoint = Callable[[FitState], None]


@dataclass(frozen=True, slots=True)
class Workers:
    """This process's place among those that train together."""

    rank: int = 0
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FitResult:
    """The head of the epoch that did best on the hold-out."""

    weight: Float32[np.ndarray, "labels embed"]
    bias: Float32[np.ndarray, " labels"]
    best_epoch: int
    best_score: float
    history: list[dict[str, int | float]]


def fit(
    recipe: Recipe,
    data: TrainingSet,
    holdout: Holdout,
    label_vectors: Float32[np.ndarray, "labels embed"],
    schedule: Schedule,
    *,
    seed: int,
    state: FitState | None = None,
    on_checkpoint: OnCheckpoint | None = None,
    wrap: Wrap | None = None,
    workers: Workers = Workers(),
) -> FitResult:
    """Train a linear head from its zero-shot start.

    Args:
        recipe: Supplies the loss.
        data: What it learns from.
        holdout: Its mean average precision, after each epoch, picks the head
            that is returned; the zero-shot start takes part as epoch 0.
        label_vectors: Text vectors of the label names, unit length.
        schedule: Length, speed and precision.
        seed: Of the order of examples and the choice of views.
        state: A kept state to go on from.
        on_checkpoint: Is given the state every ``checkpoint_every`` epochs, and at the end.
        wrap: Makes the module data-parallel; every worker must call ``fit``.
        workers: Which part of each batch is this process's.
    """
    space = Standardiser.of(data.views[0])
    start = _start(data, label_vectors, space)
    resumed = state is not None
    state = state or _fresh_state(start)
    device = torch.device(schedule.device)
    head = nn.Linear(state.weight.shape[1], state.weight.shape[0])
    head.load_state_dict({"weight": state.weight, "bias": state.bias})
    head.to(device)
    model = wrap(head) if wrap else head
    optimizer = torch.optim.Adam(head.parameters(), lr=schedule.learning_rate)
    restore_optimizer(optimizer, state.optimizer)
    steps = _Steps(recipe, data, space, schedule, device, seed, workers)
    judged = torch.from_numpy(space.apply(holdout.vectors)).to(device)
    anchor = start[0].to(device)
    if not resumed:
        _judge(state, head, judged, holdout, 0.0)
    while state.epoch < schedule.epochs:
        loss = steps.epoch(state.epoch, model, head, optimizer, anchor)
        state.epoch += 1
        _judge(state, head, judged, holdout, loss)
        due = state.epoch % schedule.checkpoint_every == 0
        if on_checkpoint and (due or state.epoch == schedule.epochs):
            state.optimizer = optimizer_tensors(optimizer)
            on_checkpoint(state)
    weight, bias = space.fold(state.best_weight.numpy(), state.best_bias.numpy())
    return FitResult(
        weight=weight,
        bias=bias,
        best_epoch=state.best_epoch,
        best_score=state.best_score,
        history=state.history,
    )


def _start(
    data: TrainingSet, label_vectors: Float32[np.ndarray, "labels embed"], space: Standardiser
) -> tuple[Tensor, Tensor]:
    share = np.maximum((data.states == 1).mean(axis=0), 1 / max(len(data.states), 1))
    weight, bias = zero_shot_head(
        space.apply(data.views[0]), label_vectors, share.astype(np.float32)
    )
    return torch.from_numpy(weight), torch.from_numpy(bias)


def _fresh_state(start: tuple[Tensor, Tensor]) -> FitState:
    weight, bias = start
    return FitState(weight.clone(), bias.clone(), weight.clone(), bias.clone())


def _judge(state: FitState, head: nn.Linear, judged: Tensor, holdout: Holdout, loss: float) -> None:
    """Take the head's weights into the state; keep them if the hold-out likes them best."""
    with torch.no_grad():
        logits = head(judged).float().cpu().numpy()
    state.weight = head.weight.detach().cpu().clone()
    state.bias = head.bias.detach().cpu().clone()
    score = holdout_score(logits, holdout)
    state.history.append({"epoch": state.epoch, "loss": loss, "holdout_mAP": score})
    if score > state.best_score:
        state.best_score, state.best_epoch = score, state.epoch
        state.best_weight, state.best_bias = state.weight.clone(), state.bias.clone()


def holdout_score(logits: Float32[np.ndarray, "examples labels"], holdout: Holdout) -> float:
    """Mean average precision over the labels that have a positive; 0 if none has."""
    each = average_precision(logits, holdout.truth, holdout.known)
    return float(np.nanmean(each)) if np.isfinite(each).any() else 0.0


class _Steps:
    """The gradient steps of one fit."""

    def __init__(
        self,
        recipe: Recipe,
        data: TrainingSet,
        space: Standardiser,
        schedule: Schedule,
        device: torch.device,
        seed: int,
        workers: Workers,
    ) -> None:
        self.recipe = recipe
        self.schedule = schedule
        self.device = device
        self.seed = seed
        self.workers = workers
        self.views = torch.from_numpy(space.apply(data.views)).to(device)
        self.states = torch.from_numpy(data.states).to(device)
        self.proposals = torch.from_numpy(data.proposals).to(device)
        self.per_epoch = math.ceil(len(self.states) / schedule.batch_size)
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=schedule.precision == "float16" and device.type == "cuda"
        )

    def epoch(
        self,
        number: int,
        model: nn.Module,
        head: nn.Linear,
        optimizer: torch.optim.Optimizer,
        anchor: Tensor,
    ) -> float:
        """One pass over the examples; the mean loss of its batches."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        order = torch.randperm(len(self.states), generator=generator)
        view = torch.randint(len(self.views), order.shape, generator=generator)
        total = 0.0
        for step in range(self.per_epoch):
            rate = self._rate(number * self.per_epoch + step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = slice(step * self.schedule.batch_size, (step + 1) * self.schedule.batch_size)
            rows, chosen = self._share(order[batch]), self._share(view[batch])
            total += self._step(rows, chosen, model, optimizer)
            with torch.no_grad():
                head.weight.lerp_(anchor, rate * self.schedule.weight_decay)
        return total / self.per_epoch

    def _rate(self, step: int) -> float:
        """Cosine decay from the learning rate to 0."""
        done = step / max(self.per_epoch * self.schedule.epochs, 1)
        return self.schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    def _share(self, batch: Tensor) -> Tensor:
        """This worker's part; a batch smaller than the workers goes to all of them."""
        part = batch[self.workers.rank :: self.workers.count]
        return (part if len(part) else batch).to(self.device)

    def _step(
        self, rows: Tensor, view: Tensor, model: nn.Module, optimizer: torch.optim.Optimizer
    ) -> float:
        with self._precision():
            logits = model(self.views[view, rows])
        loss = self.recipe.loss(logits.float(), self.states[rows], self.proposals[rows])
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(optimizer)
        self.scaler.update()
        return float(loss.detach())

    def _precision(self) -> AbstractContextManager[object]:
        if self.schedule.precision == "float32":
            return nullcontext()
        dtype = getattr(torch, self.schedule.precision)
        return torch.autocast(self.device.type, dtype=dtype)
