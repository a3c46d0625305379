"""The one training loop. It runs every recipe and knows none of them.

Every random choice is drawn from (seed, epoch), and the whole state can be
kept between epochs, so a fit that is killed and resumed ends with the same
head as one that was not.
"""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from components.errors import InputError
from components.metrics.ranking import average_precision
from components.models.heads.head import Head
from components.models.images import Images, images_of, rows_at_once
from components.recipes.recipe import Recipe
from components.training.data import Holdout, Names, Regions, Schedule, TrainingSet
from components.training.learner import Batch, Learner, Start
from components.training.state import FitState, copied, optimizer_tensors, restore_optimizer

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

    head: Head
    best_epoch: int
    best_score: float
    history: list[dict[str, int | float]]


def fit(
    recipe: Recipe,
    data: TrainingSet,
    holdout: Holdout,
    names: Names,
    schedule: Schedule,
    *,
    seed: int,
    state: FitState | None = None,
    on_checkpoint: OnCheckpoint | None = None,
    wrap: Wrap | None = None,
    workers: Workers = Workers(),
) -> FitResult:
    """Train a recipe's head from its start, which is close to zero-shot.

    Args:
        recipe: Builds what is trained.
        data: What it learns from.
        holdout: Its mean average precision, after each epoch, picks the head
            that is returned; the start takes part as epoch 0.
        names: Text vectors of the label names.
        schedule: Length, speed and precision.
        seed: Of the start, the order of examples and the choice of views.
        state: A kept state to go on from.
        on_checkpoint: Is given the state every ``checkpoint_every`` epochs, and at the end.
        wrap: Makes the learner data-parallel; every worker must call ``fit``.
        workers: Which part of each batch is this process's.

    Raises:
        InputError: If the recipe needs region vectors and there are none.
    """
    _check_regions(recipe, data, holdout)
    if not recipe.reads_regions or holdout.regions is None:
        data = replace(data, regions=())
    with _seeded(seed, -1):
        learner = recipe.build(Start(data, names))
    anchors = [each.detach().clone() for each in learner.anchored()]
    resumed = state is not None
    state = state or FitState(learner=copied(learner.state_dict()))
    learner.load_state_dict(state.learner)
    device = torch.device(schedule.device)
    learner.to(device)
    optimizer = _optimizer(learner, schedule)
    restore_optimizer(optimizer, state.optimizer)
    model = wrap(learner) if wrap else learner
    rows = np.arange(len(data.states)) if recipe.reads_unlabelled else data.taught_rows
    steps = _Steps(data, rows, schedule, device, seed, workers)
    if not resumed:
        _judge(state, learner, holdout, device, 0.0)
    while state.epoch < schedule.epochs:
        with _seeded(seed, state.epoch):
            learner.start_epoch(state.epoch, lambda head: steps.scored(head))
            loss = steps.epoch(state.epoch, model, learner, optimizer, anchors)
        state.epoch += 1
        _judge(state, learner, holdout, device, loss)
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


def _check_regions(recipe: Recipe, data: TrainingSet, holdout: Holdout) -> None:
    if recipe.needs_regions and (not data.regions or holdout.regions is None):
        raise InputError(
            f"Recipe {recipe.name} reads region vectors and the images have none; set "
            "embed.regions to true and run `efuda run embed`, or take a recipe of whole images "
            "(assume_negative, ignore_unknown, entropy, vlpl)."
        )


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
    score = holdout_score(head_logits(head, holdout.vectors, holdout.regions, device), holdout)
    state.history.append({"epoch": state.epoch, "loss": loss, "holdout_mAP": score})
    if score > state.best_score:
        state.best_score, state.best_epoch = score, state.epoch
        state.best_head = copied(head.state_dict())


def head_logits(
    head: Head,
    vectors: Float32[np.ndarray, "examples embed"],
    regions: Regions | None,
    device: torch.device | str = "cpu",
) -> Float32[np.ndarray, "examples labels"]:
    """Logits of many images, some rows at a time; regions are read only if needed."""
    head = head.to(device).eval()
    num_regions = regions.shape[1] if head.needs_regions and regions is not None else 1
    step = rows_at_once(num_regions, int(head.settings()["num_labels"]))
    parts: list[np.ndarray] = []
    with torch.inference_mode():
        for start in range(0, max(len(vectors), 1), step):
            rows = np.arange(start, min(start + step, len(vectors)))
            read = regions[rows] if head.needs_regions and regions is not None else None
            parts.append(head(images_of(vectors[rows], read, device)).float().cpu().numpy())
    return np.concatenate(parts)


def holdout_score(logits: Float32[np.ndarray, "examples labels"], holdout: Holdout) -> float:
    """Mean average precision over the labels that have a positive; 0 if none has."""
    each = average_precision(logits, holdout.truth, holdout.known)
    return float(np.nanmean(each)) if np.isfinite(each).any() else 0.0


class _Steps:
    """The gradient steps of one fit."""

    def __init__(
        self,
        data: TrainingSet,
        rows: Int64[np.ndarray, " rows"],
        schedule: Schedule,
        device: torch.device,
        seed: int,
        workers: Workers,
    ) -> None:
        self.data = data
        self.rows = torch.from_numpy(rows)
        self.schedule = schedule
        self.device = device
        self.seed = seed
        self.workers = workers
        self.views = torch.from_numpy(data.views).to(device)
        self.states = torch.from_numpy(data.states).to(device)
        self.proposals = torch.from_numpy(data.proposals).to(device)
        self.weights = None if data.weights is None else torch.from_numpy(data.weights).to(device)
        self.per_epoch = max(math.ceil(len(rows) / schedule.batch_size), schedule.min_steps)
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=schedule.precision == "float16" and device.type == "cuda"
        )

    def scored(self, head: Head) -> Float32[np.ndarray, "examples labels"]:
        """Logits of all training images, original view."""
        regions = self.data.regions[0] if self.data.regions else None
        return head_logits(head, self.data.views[0], regions, self.device)

    def epoch(
        self,
        number: int,
        model: nn.Module,
        learner: Learner,
        optimizer: torch.optim.Optimizer,
        anchors: list[Tensor],
    ) -> float:
        """One pass over the examples, or some over few; the mean loss of the batches."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        anchors = [each.to(self.device) for each in anchors]
        model.train()
        total = 0.0
        for step, rows in enumerate(self._batches(generator)):
            rate = self._rate(number * self.per_epoch + step)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
            view = torch.randint(len(self.views), rows.shape, generator=generator)
            batch = self._batch(self._share(rows), self._share(view), number)
            total += self._step(batch, model, optimizer)
            with torch.no_grad():
                for parameter, anchor in zip(learner.anchored(), anchors, strict=True):
                    parameter.lerp_(anchor, min(rate * self.schedule.weight_decay, 1.0))
            learner.after_step()
        return total / self.per_epoch

    def _batches(self, generator: torch.Generator) -> Iterator[Tensor]:
        """Rows of each step of an epoch."""
        given = 0
        while given < self.per_epoch:
            order = self.rows[torch.randperm(len(self.rows), generator=generator)]
            for rows in order.split(self.schedule.batch_size)[: self.per_epoch - given]:
                given += 1
                yield rows

    def _rate(self, step: int) -> float:
        """Cosine decay from the learning rate to 0."""
        done = step / max(self.per_epoch * self.schedule.epochs, 1)
        return self.schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    def _share(self, batch: Tensor) -> Tensor:
        """This worker's part; a batch smaller than the workers goes to all of them."""
        part = batch[self.workers.rank :: self.workers.count]
        return part if len(part) else batch

    def _batch(self, rows: Tensor, view: Tensor, epoch: int) -> Batch:
        regions = self._regions(rows.numpy(), view.numpy()) if self.data.regions else None
        rows, view = rows.to(self.device), view.to(self.device)
        proposals = self.proposals[rows]
        weights = (
            torch.ones(proposals.shape, device=self.device)
            if self.weights is None
            else self.weights[rows]
        )
        images = Images(self.views[view, rows], regions)
        return Batch(images, self.states[rows], proposals, weights, rows, epoch)

    def _regions(self, rows: np.ndarray, view: np.ndarray) -> Tensor:
        gathered = np.empty((len(rows), *self.data.regions[0].shape[1:]), np.float32)
        for number, regions in enumerate(self.data.regions):
            own = view == number
            if own.any():
                gathered[own] = regions[rows[own]]
        return torch.from_numpy(gathered).to(self.device)

    def _step(self, batch: Batch, model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        with self._precision():
            loss = model(batch)
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
