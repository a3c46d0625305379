"""Text vectors of the label names, kept beside the image vectors.

The stages that learn then need no encoder, only arrays.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from components.array_file import read_arrays, write_arrays
from components.errors import ArtefactError

REMEDY = "run `efuda run embed`"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelVectors:
    """One unit vector a label, and the encoder they belong to."""

    encoder_id: str
    vocabulary_hash: str
    temperature: float
    """Softmax temperature natural to this encoder's cosines."""
    vectors: Float32[np.ndarray, "labels embed"]

    def save(self, path: Path) -> None:
        """Write one safetensors file."""
        notes = {
            "encoder_id": self.encoder_id,
            "vocabulary_hash": self.vocabulary_hash,
            "temperature": self.temperature,
        }
        write_arrays(path, {"vectors": self.vectors}, notes)

    @classmethod
    def load(cls, path: Path) -> "LabelVectors":
        """Read what :meth:`save` wrote.

        Raises:
            ArtefactError: If it is not there or cannot be read.
        """
        arrays, notes = read_arrays(path, REMEDY)
        try:
            return cls(
                encoder_id=notes["encoder_id"],
                vocabulary_hash=notes["vocabulary_hash"],
                temperature=float(notes["temperature"]),
                vectors=arrays["vectors"],
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise ArtefactError(f"{path} holds no label vectors ({fault}); {REMEDY}.") from None
