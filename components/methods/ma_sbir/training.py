"""Fitting the modality vectors to frozen, cached vectors, without sketch-photo pairs.

As released: AdamW at 5e-3 with decay 0.1, the first 5 % of the steps warmed up, then
constant, batch 256. Ours: batches draw every (class, modality) alike (the release does
not shuffle), and the encoder stays frozen, so of the contrast only its scale is learned.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from components.errors import InputError
from components.methods.ma_sbir.losses import Pairs, TermWeights, total_loss
from components.methods.ma_sbir.modalities import Modality, ModalityTable

INITIAL_LOG_SCALE = 2.6592
INITIAL_SPREAD = 0.02
RELEASED_WEIGHTS = TermWeights()
RELEASED_EPOCHS = 100
RELEASED_BATCH = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class ModalitySchedule:
    """Length and speed of a fit."""

    num_steps: int = 200
    batch_size: int = RELEASED_BATCH
    learning_rate: float = 5e-3
    weight_decay: float = 0.1
    warm_up_share: float = 0.05
    weights: TermWeights = RELEASED_WEIGHTS


@dataclass(frozen=True, slots=True)
class SeenImages:
    """Photographs and sketches of the seen classes, and the classes' texts."""

    images: Float[Tensor, "examples embed"]
    modality: Int64[Tensor, " examples"]
    classes: Int64[Tensor, " examples"]
    class_texts: Float[Tensor, "classes embed"]

    def check(self) -> None:
        """Refuse what no modality vector can be learned from.

        Raises:
            InputError: Without sketches or without photographs, or with vectors
                that are not of unit length.
        """
        kinds = set(self.modality.tolist())
        if kinds != {Modality.PHOTO, Modality.SKETCH}:
            names = sorted(Modality(kind).name.lower() for kind in kinds) or ["nothing"]
            raise InputError(
                f"Modality vectors need photographs and sketches; there are {', '.join(names)}."
            )
        lengths = self.images.norm(dim=1)
        if not torch.allclose(lengths, torch.ones_like(lengths), atol=1e-2):
            raise InputError("Image vectors must be of unit length; normalise them first.")


@dataclass(frozen=True, slots=True)
class FittedModalities:
    """The vectors, the discriminator that judged them, and the loss of each step."""

    table: ModalityTable
    discriminator: nn.Linear
    losses: list[float]


def fit_modalities(
    seen: SeenImages,
    schedule: ModalitySchedule,
    *,
    seed: int,
    start: Float[Tensor, "modalities embed"] | None = None,
) -> FittedModalities:
    """Learn modality vectors and discriminator.

    Args:
        seen: What may be learned from; no row is ever paired with another image.
        schedule: Length, speed and weights.
        seed: Of the start and of the batches; the same seed gives the same vectors.
        start: The first vectors; by default small random ones.
    """
    seen.check()
    draw = torch.Generator().manual_seed(seed)
    table, discriminator = _start(seen.images, draw, start)
    log_scale = nn.Parameter(torch.tensor(INITIAL_LOG_SCALE, dtype=seen.images.dtype))
    optimizer = torch.optim.AdamW(
        [*table.parameters(), *discriminator.parameters(), log_scale],
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
    )
    chance = _balanced_chance(seen)
    losses: list[float] = []
    for step in range(schedule.num_steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate * _warm_up(step, schedule)
        rows = torch.multinomial(chance, schedule.batch_size, replacement=True, generator=draw)
        pairs = pairs_of(seen, rows)
        loss = total_loss(table, discriminator, pairs, log_scale.exp(), schedule.weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return FittedModalities(table, discriminator, losses)


def pairs_of(seen: SeenImages, rows: Int64[Tensor, " batch"]) -> Pairs:
    """The images at ``rows``, each with its class's text."""
    classes = seen.classes[rows]
    return Pairs(
        images=seen.images[rows],
        texts=seen.class_texts[classes],
        image_modality=seen.modality[rows],
        text_modality=torch.full_like(rows, Modality.TEXT),
        classes=classes,
    )


def _start(
    images: Float[Tensor, "examples embed"],
    draw: torch.Generator,
    start: Float[Tensor, "modalities embed"] | None,
) -> tuple[ModalityTable, nn.Linear]:
    """Table and discriminator before the first step, in the images' type."""
    embed_dim = images.shape[1]
    if start is None:
        start = torch.randn(len(Modality), embed_dim, generator=draw) * INITIAL_SPREAD
    table = ModalityTable(start.to(images.dtype))
    discriminator = nn.Linear(embed_dim, len(Modality), dtype=images.dtype)
    bound = 1 / math.sqrt(embed_dim)
    with torch.no_grad():
        # Drawn again, so that nothing hangs on the global generator.
        for parameter in discriminator.parameters():
            parameter.uniform_(-bound, bound, generator=draw)
    return table, discriminator


def _balanced_chance(seen: SeenImages) -> Float[Tensor, " examples"]:
    group = seen.classes * len(Modality) + seen.modality
    _, place, sizes = group.unique(return_inverse=True, return_counts=True)
    return 1.0 / sizes[place].to(torch.float32)


def _warm_up(step: int, schedule: ModalitySchedule) -> float:
    num_warm = max(1, round(schedule.warm_up_share * schedule.num_steps))
    return min(1.0, (step + 1) / num_warm)
