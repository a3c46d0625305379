"""All that changes while the encoder is trained, and its checkpoint."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from open_clip import CLIP
from torch import Tensor, nn

from components.atomic import atomic_path
from examples.cards.encoder_model import MODEL_CONFIG, load_weights, new_model
from examples.cards.training_words import word_table

FIRST_REGION_SCALE = 10.0
FIRST_BIAS = -4.0
LENGTH = 14.0
"""Of the vectors that the classifiers are given."""


class Heads(nn.Module):
    """What helps to train and is thrown away: classifiers by number, and a scale.

    A free row for each subject is learnt sooner than a text tower, and leads the images.
    """

    def __init__(self, embed: int, subjects: int) -> None:
        super().__init__()
        self.region_scale = nn.Parameter(torch.tensor(math.log(FIRST_REGION_SCALE)))
        self.images = nn.Linear(embed, subjects)
        self.regions = nn.Linear(embed, subjects + 1)
        nn.init.constant_(self.images.bias, FIRST_BIAS)

    def forward(self, images: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of subjects for unit vectors."""
        return self.images(LENGTH * images), self.regions(LENGTH * regions)


@dataclass(slots=True)
class Training:
    """All that changes while training, so that a checkpoint holds it."""

    model: CLIP
    heads: Heads
    optimizer: torch.optim.AdamW
    generator: torch.Generator
    rng: np.random.Generator
    step: int
    seen_s: float
    """Seconds of training so far, over all runs."""
    log: list[dict[str, float]]


def _optimizer(model: CLIP, heads: Heads, rate: float) -> torch.optim.AdamW:
    parts = [*model.parameters(), *heads.parameters()]
    groups = [
        {"params": [p for p in parts if p.ndim >= 2], "weight_decay": 0.1},
        {"params": [p for p in parts if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-6)


def new_training(seed: int, rate: float, start: Path | None, state_file: Path) -> Training:
    """Fresh weights, those of ``--start``, or the checkpoint that this run left."""
    model = new_model(seed)
    if start:
        load_weights(model, start)
    model.visual = model.visual.to(memory_format=torch.channels_last)
    heads = Heads(MODEL_CONFIG["embed_dim"], len(word_table().subjects))
    optimizer = _optimizer(model, heads, rate)
    generator = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    training = Training(model.train(), heads, optimizer, generator, rng, 0, 0.0, [])
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        generator.set_state(state["generator"])
        rng.bit_generator.state = json.loads(state["rng"])
        heads.load_state_dict(state["heads"])
        training.step, training.seen_s = state["step"], state["seen_s"]
        training.log = state["log"]
        print(f"goes on from step {training.step}", flush=True)
    return training


def save_state(training: Training, state_file: Path) -> None:
    """All that :func:`new_training` takes up again."""
    state = {
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "generator": training.generator.get_state(),
        "rng": json.dumps(training.rng.bit_generator.state),
        "heads": training.heads.state_dict(),
        "step": training.step,
        "seen_s": training.seen_s,
        "log": training.log,
    }
    with atomic_path(state_file) as temporary:
        torch.save(state, temporary)
