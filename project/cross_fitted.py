"""Scores that train leaves for calibrate: of images, by models that had not met them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float32, Int8

from components.atomic import atomic_path
from components.errors import ArtefactError

FILE_NAME = "cross-fitted.npz"
"""Beside the taggers of the recipe."""
THIN_HOLDOUT = 300
"""Labelled hold-out images from which on they calibrate alone (docs/results/calibration.md)."""
MOST_IMAGES = 2000
"""Training images that help to calibrate: more would say no more of a label's curve."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossFittedScores:
    """Logits of a recipe's cross-fitted models, by content hash of the image."""

    fingerprint: str
    """Hash of all that they were made from."""
    holdout: tuple[str, ...]
    holdout_logits: Float32[np.ndarray, "examples labels"]
    training: tuple[str, ...]
    training_logits: Float32[np.ndarray, "others labels"]
    states: Int8[np.ndarray, "others labels"]
    """Known cells of the training images."""

    def save(self, directory: Path) -> None:
        """Write one file."""
        directory.mkdir(parents=True, exist_ok=True)
        arrays: Mapping[str, np.ndarray] = {
            "fingerprint": np.array(self.fingerprint),
            "holdout": np.array(self.holdout, np.str_),
            "holdout_logits": self.holdout_logits,
            "training": np.array(self.training, np.str_),
            "training_logits": self.training_logits,
            "states": self.states,
        }
        with atomic_path(directory / FILE_NAME) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, directory: Path) -> "CrossFittedScores | None":
        """Read what :meth:`save` wrote; None where nothing was.

        Raises:
            ArtefactError: If the file is damaged.
        """
        path = directory / FILE_NAME
        if not path.exists():
            return None
        try:
            # NumPy leaves a file that it opened itself open where the content is damaged.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                return cls(
                    fingerprint=str(kept["fingerprint"]),
                    holdout=tuple(kept["holdout"].tolist()),
                    holdout_logits=kept["holdout_logits"],
                    training=tuple(kept["training"].tolist()),
                    training_logits=kept["training_logits"],
                    states=kept["states"],
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as fault:
            raise ArtefactError(
                f"{path} holds no cross-fitted scores ({fault!r}); remove it and run "
                "`efuda run train`."
            ) from None
