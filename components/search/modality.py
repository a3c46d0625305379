"""Sketch queries: moving a sketch's vector from the sketches to the photographs.

Encoders place line drawings apart from photographs of the same things. After
MA-SBIR (arXiv 2401.04860, section 3: the converted query
``norm(z - m_sketch + m_photo)``) the mean of the one kind is exchanged for
the mean of the other. Here the means are measured, not learned.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from components.errors import ArtefactError

FILE_NAME = "modality.safetensors"
SketchSource = Literal["sketches", "line_drawings", "none"]


@dataclass(frozen=True, slots=True)
class ModalityMeans:
    """Mean unit vector of the photographs and of the sketches.

    ``sketch_source`` says whose mean the second is: the project's own
    ``sketches``, or ``line_drawings`` made of its own photographs; with
    ``none`` there was neither, and queries stay as they are.
    """

    photo: Float32[np.ndarray, " embed"]
    sketch: Float32[np.ndarray, " embed"]
    sketch_source: SketchSource

    def as_photo(
        self, vectors: Float[np.ndarray, "queries embed"]
    ) -> Float32[np.ndarray, "queries embed"]:
        """Sketch vectors as if of photographs, of length 1."""
        moved = np.asarray(vectors, np.float32) - self.sketch + self.photo
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        # A sketch that equals the mean of sketches says nothing: it stays itself.
        kept = np.where(lengths > 1e-6, moved, vectors)
        return (kept / np.linalg.norm(kept, axis=1, keepdims=True)).astype(np.float32)

    def save(self, directory: Path) -> None:
        """Write the means into ``directory``."""
        tensors = {"photo": self.photo, "sketch": self.sketch}
        metadata = {"sketch_source": self.sketch_source}
        save_file(tensors, directory / FILE_NAME, metadata=metadata)

    @classmethod
    def load(cls, directory: Path) -> "ModalityMeans":
        """Read what :meth:`save` wrote."""
        path = directory / FILE_NAME
        try:
            with safe_open(path, framework="numpy") as file:
                source = file.metadata()["sketch_source"]
                return cls(file.get_tensor("photo"), file.get_tensor("sketch"), source)
        except (OSError, SafetensorError, KeyError, TypeError) as fault:
            raise ArtefactError(f"{path} cannot be read ({fault}); index again.") from None
