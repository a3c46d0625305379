"""Text vectors of the label names, kept beside the image vectors.

The stages that learn then need no encoder, only arrays.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from components.atomic import atomic_path
from components.errors import ArtefactError


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
            "temperature": repr(self.temperature),
        }
        with atomic_path(path) as temporary:
            save_file({"vectors": np.ascontiguousarray(self.vectors)}, temporary, metadata=notes)

    @classmethod
    def load(cls, path: Path) -> "LabelVectors":
        """Read what :meth:`save` wrote."""
        try:
            with safe_open(path, framework="np") as opened:
                notes = opened.metadata()
                vectors = opened.get_tensor("vectors")
        except (OSError, SafetensorError) as fault:
            raise ArtefactError(
                f"{path} cannot be read ({fault}); run `efuda run embed`."
            ) from None
        return cls(
            encoder_id=notes["encoder_id"],
            vocabulary_hash=notes["vocabulary_hash"],
            temperature=float(notes["temperature"]),
            vectors=vectors,
        )
