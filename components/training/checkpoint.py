"""The state of an unfinished fit, kept as safetensors and JSON."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from components.atomic import atomic_directory, read_json, write_json


@dataclass(slots=True)
class FitState:
    """Everything that the next epoch depends on."""

    learner: dict[str, Tensor]
    best_head: dict[str, Tensor] = field(default_factory=dict)
    epoch: int = 0
    """Epochs finished."""
    best_epoch: int = 0
    best_score: float = float("-inf")
    history: list[dict[str, int | float]] = field(default_factory=list)
    optimizer: dict[str, Tensor] = field(default_factory=dict)

    def save(self, directory: Path, fingerprint: str) -> None:
        """Write it; ``fingerprint`` says which fit it belongs to."""
        tensors = {
            f"{part}.{name}": value
            for part, values in (
                ("learner", self.learner),
                ("best_head", self.best_head),
                ("optimizer", self.optimizer),
            )
            for name, value in values.items()
        }
        with atomic_directory(directory) as temporary:
            contiguous = {
                name: value.detach().cpu().contiguous() for name, value in tensors.items()
            }
            save_file(contiguous, temporary / "state.safetensors")
            write_json(
                temporary / "state.json",
                {
                    "fingerprint": fingerprint,
                    "epoch": self.epoch,
                    "best_epoch": self.best_epoch,
                    "best_score": self.best_score,
                    "history": self.history,
                },
            )

    @classmethod
    def load(cls, directory: Path, fingerprint: str) -> "FitState | None":
        """The state kept for this very fit, or None."""
        if not (directory / "state.json").exists():
            return None
        kept = read_json(directory / "state.json")
        if kept["fingerprint"] != fingerprint:
            return None
        tensors = load_file(directory / "state.safetensors")
        return cls(
            learner=_part(tensors, "learner."),
            best_head=_part(tensors, "best_head."),
            optimizer=_part(tensors, "optimizer."),
            epoch=kept["epoch"],
            best_epoch=kept["best_epoch"],
            best_score=kept["best_score"],
            history=kept["history"],
        )


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU, which later steps leave alone."""
    return {name: value.detach().cpu().clone() for name, value in tensors.items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as flat tensors, ``<parameter>.<name>``."""
    return {
        f"{number}.{name}": torch.as_tensor(value).clone()
        for number, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what :func:`optimizer_tensors` took."""
    if not tensors:
        return
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        number, field_name = name.split(".", 1)
        state.setdefault(int(number), {})[field_name] = value
    full = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": full["param_groups"]})
