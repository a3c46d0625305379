"""The gradient steps of one fit."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from components.models.heads.head import Head
from components.models.images import Images
from components.training.inference import head_logits
from components.training.learner import Batch, Learner
from components.training.prefetch import loaded_ahead
from components.training.settings import Schedule
from components.training.task import Task

Places = tuple[Tensor, Tensor]
"""Rows of the training set, and the view of each."""


@dataclass(frozen=True, slots=True)
class Workers:
    """This process's place among those that train together."""

    rank: int = 0
    count: int = 1


ALONE = Workers()


class Steps:
    """Batches of a task, and what is done with each."""

    def __init__(
        self,
        task: Task,
        rows: Int64[np.ndarray, " rows"],
        schedule: Schedule,
        device: torch.device,
        seed: int,
        workers: Workers,
    ) -> None:
        self.task = task
        self.rows = torch.from_numpy(rows)
        self.schedule = schedule
        self.device = device
        self.seed = seed
        self.workers = workers
        self.views = torch.from_numpy(task.views).to(device)
        self.states = torch.from_numpy(task.states).to(device)
        self.per_epoch = max(math.ceil(len(rows) / schedule.batch_size), schedule.min_steps)
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=schedule.precision == "float16" and device.type == "cuda"
        )

    def scored(self, head: Head) -> Float32[np.ndarray, "examples labels"]:
        """Logits of all training images, original view."""
        regions = self.task.regions[0] if self.task.regions else None
        return head_logits(head, self.task.views[0], regions, self.device, self.task.pictures)

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
        for step, (place, pixels) in enumerate(self._loaded(self._places(generator))):
            rate = self._rate(number * self.per_epoch + step)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
            batch = self._batch(*place, pixels, number)
            total += self._step(batch, model, optimizer)
            pull_back(learner, anchors, rate * self.schedule.pull)
            learner.after_step()
        return total / self.per_epoch

    def _places(self, generator: torch.Generator) -> Iterator[Places]:
        """This worker's rows of each step of an epoch, and the views they are seen in."""
        for rows in self._batches(generator):
            view = torch.randint(len(self.views), rows.shape, generator=generator)
            yield self._share(rows), self._share(view)

    def _loaded(self, places: Iterator[Places]) -> Iterator[tuple[Places, Tensor | None]]:
        pictures = self.task.pictures
        if pictures is None:
            return loaded_ahead(places, None)
        return loaded_ahead(
            places, lambda place: pictures.pixels(place[0].numpy(), place[1].numpy())
        )

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

    def _batch(self, rows: Tensor, view: Tensor, pixels: Tensor | None, epoch: int) -> Batch:
        regions = None
        if self.task.regions and pixels is None:
            regions = self._regions(rows.numpy(), view.numpy())
        rows, view = rows.to(self.device), view.to(self.device)
        if pixels is not None:
            pixels = pixels.to(self.device, non_blocking=True)
        images = Images(self.views[view, rows], regions, pixels)
        return Batch(images, self.states[rows], rows, epoch, self.schedule.epochs)

    def _regions(self, rows: np.ndarray, view: np.ndarray) -> Tensor:
        gathered = np.empty((len(rows), *self.task.regions[0].shape[1:]), np.float32)
        for number, regions in enumerate(self.task.regions):
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


@torch.no_grad()
def pull_back(learner: Learner, anchors: list[Tensor], strength: float) -> None:
    """Move what is anchored towards where it started, at most all the way."""
    factors = learner.pull_factors()
    for parameter, anchor in zip(learner.anchored(), anchors, strict=True):
        if factors is None:
            parameter.lerp_(anchor, min(strength, 1.0))
        else:
            parameter.lerp_(anchor, (strength * factors).clamp(max=1.0)[:, None])
